//! How orders may look: the limits of `[trading]`, and what a trade loses to the spread.

use chrono::NaiveDate;

use super::Setup;
use crate::diagnostics::Place;
use crate::model::{Limit, Measure, Symbol};
use crate::plan::TradingSettings;
use crate::reference::InstrumentKind;
use crate::units::{Decimal, Money};

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
