//! What may be done with a holding, and how orders may look: the limits of `[trading]`, locks, pledges, the basis that
//! counts.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Setup;
use crate::diagnostics::Place;
use crate::model::{Account, AssetKind, Limit, Lot, Measure, Position, Symbol};
use crate::plan::{PlanLot, TradingSettings};
use crate::reference::InstrumentKind;
use crate::units::{Decimal, Money, Price, Shares};

/// Returns the smallest order: in dollars, or as a share of the value where that is more.
pub(super) fn smallest_order(trading: &TradingSettings, value: Money) -> Money {
    let share = value.times(Decimal::from_f64_retain(trading.min_trade_share.0).unwrap_or_default()).to_cents();
    trading.min_trade.max(share)
}

/// Returns the limits on orders of `[trading]`.
pub(super) fn action_limits(
    trading: &TradingSettings,
    value: Money,
    as_of: NaiveDate,
    keep: &[(Symbol, Place)],
) -> Vec<Limit> {
    let list = |symbols: &[(Symbol, Place)]| symbols.iter().map(|(symbol, _)| symbol.clone()).collect::<Vec<_>>();
    let mut limits = Vec::new();
    let mut add = |name: &str, measure, origin: &str| {
        limits.push(Limit { id: format!("trading.{name}"), kind: "trading", measure, origin: origin.to_owned() });
    };
    let least = smallest_order(trading, value);
    if least.is_positive() {
        add("min-trade", Measure::MinTrade(least), &trading.min_trade_origin);
    }
    add("max-trades", Measure::MaxTrades(trading.max_trades), &trading.max_trades_origin);
    if trading.buy_only {
        add("buy-only", Measure::BuyOnly, &trading.buy_only_origin);
    }
    if let Some((_, place)) = trading.restricted.first() {
        // Their lots are locked one by one.
        add("restricted", Measure::DoNotBuy(list(&trading.restricted)), &place.origin());
    }
    let windows: Vec<_> = trading.blackouts.iter().filter(|window| window.covers(as_of)).collect();
    if let Some(first) = windows.first() {
        let symbols = windows.iter().map(|window| window.symbol.clone()).collect();
        add("blackout", Measure::DoNotBuy(symbols), &first.place.origin());
    }
    if let Some((_, place)) = trading.do_not_sell.first() {
        add("do-not-sell", Measure::DoNotSell(list(&trading.do_not_sell)), &place.origin());
    }
    if let Some((_, place)) = trading.do_not_buy.first() {
        add("do-not-buy", Measure::DoNotBuy(list(&trading.do_not_buy)), &place.origin());
    }
    if !keep.is_empty() {
        // A limit of its own: what stands in the way should say where it comes from.
        let (id, origin) = ("--keep".to_owned(), "--keep".to_owned());
        limits.push(Limit { id, kind: "trading", measure: Measure::DoNotSell(list(keep)), origin });
    }
    limits
}

/// Returns half of the spread of a symbol: its own of `spreads`, none for mutual funds, which trade at their value.
pub(super) fn half_spread(symbol: &Symbol, setup: &Setup) -> Decimal {
    let trading = &setup.trading.trading;
    let own = trading.spreads.iter().find(|(name, _)| name == symbol).map(|(_, spread)| *spread);
    let is_mutual = setup.registry.get(symbol).is_some_and(|i| i.kind == InstrumentKind::MutualFund);
    own.unwrap_or(if is_mutual { Decimal::ZERO } else { trading.half_spread_bps })
}

/// Returns why a symbol is not sold on a day: restricted, or in a blackout.
pub(super) fn hands_off(symbol: &Symbol, setup: &Setup, as_of: NaiveDate) -> Option<String> {
    let trading = &setup.trading.trading;
    let restricted = trading.restricted.iter().any(|(own, _)| own == symbol);
    let window = trading.blackouts.iter().find(|window| window.symbol == *symbol && window.covers(as_of));
    let blackout = window.map(|window| format!("in a blackout until {}", window.to));
    restricted.then(|| "restricted in [trading]".to_owned()).or(blackout)
}

/// Returns the basis of a lot. A gift that was worth less than the giver paid has two: the giver's for a gain and the
/// value of the day for a loss; between them there is neither (IRC 1015(a)).
pub(super) fn basis(lot: &Lot, price: Price) -> Option<Money> {
    let (givers, value) = (lot.cost_basis?, price * lot.quantity);
    match lot.gift_value.filter(|gift| *gift < givers) {
        Some(gift) if value < givers => Some(value.max(gift)),
        _ => Some(givers),
    }
}

/// Returns why a position is never traded, `None` when it may be.
pub(super) fn untradable(position: &Position, setup: &Setup) -> Option<String> {
    if position.kind.is_cash() {
        return Some("cash equivalent, not spent by the plan".to_owned());
    }
    if let Some(why) = position.obstacle() {
        return Some(why.to_owned());
    }
    let multiple =
        position.canonical.as_ref().and_then(|symbol| setup.registry.get(symbol)).map_or(1.0, |i| i.multiple);
    if multiple != 1.0 {
        return Some("leveraged and inverse funds are not traded".to_owned());
    }
    position.quantity.is_none_or(Shares::is_zero).then(|| "no shares".to_owned())
}

/// Returns the shares that written calls of an account pledge, by underlying: they must stay.
pub(super) fn pledged(account: &Account) -> BTreeMap<Symbol, Shares> {
    let mut shares: BTreeMap<Symbol, Shares> = BTreeMap::new();
    for position in account.positions.iter().filter(|position| position.kind == AssetKind::Option) {
        let Some(quantity) = position.quantity.filter(|quantity| quantity.is_negative()) else { continue };
        let Some((underlying, true)) = crate::holdings::underlying(position) else { continue };
        let multiplier = Decimal::from(position.details.multiplier.unwrap_or(100));
        *shares.entry(underlying).or_default() += Shares(-quantity.decimal() * multiplier);
    }
    shares
}

/// Locks the newest lots up to a number of shares, splitting one where needed.
pub(super) fn pledge(lots: &mut Vec<PlanLot>, shares: Shares) {
    let mut left = shares;
    let mut split = Vec::new();
    for lot in lots.iter_mut().rev() {
        if !left.is_positive() {
            break;
        }
        let locked = lot.quantity.min(left);
        left -= locked;
        let why = "pledged to a written call".to_owned();
        if locked == lot.quantity {
            lot.locked = Some(why);
        } else {
            let part = locked.decimal() / lot.quantity.decimal();
            let basis = lot.basis.map(|basis| basis.times(part).to_cents());
            split.push(PlanLot {
                id: format!("{} (pledged)", lot.id),
                quantity: locked,
                basis,
                locked: Some(why),
                ..lot.clone()
            });
            lot.quantity -= locked;
            lot.basis = lot.basis.zip(basis).map(|(whole, part)| whole - part);
        }
    }
    lots.extend(split);
}
