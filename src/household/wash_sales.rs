//! What wash sales (IRC 1091) see beyond the lots of the plan: purchases in accounts and positions that are not traded,
//! options to buy, what was bought on a day that no file says, and replacements that this very plan sells.

use chrono::{Days, NaiveDate};

use super::{SOLD_REPLACEMENT, Setup, UNDATED_REPLACEMENT, WASH_SALE};
use crate::diagnostics::{Diagnostic, Sink};
use crate::holdings::{contract, option_contract};
use crate::model::{AssetKind, Lot, PastTrade, Position, Side, Symbol, Term};
use crate::plan::{self, Plan, PlanLot, Problem, WashSales};
use crate::units::{Decimal, Money, Shares};

/// Shares of one contract, where nothing else is said.
const CONTRACT: Decimal = Decimal::ONE_HUNDRED;

/// Something held that may have been bought within the window of a sale: no file says when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Undated {
    account: String,
    symbol: Symbol,
    /// What it counts as.
    identity: String,
    /// It is an option to buy the symbol.
    option: bool,
}

/// What a position says about purchases: those it dates, unless the plan has its lots, and whether there are others.
pub(super) fn purchases(
    account: &str,
    position: &Position,
    has_lots_in_plan: bool,
    setup: &Setup,
) -> (Vec<PastTrade>, Option<Undated>) {
    let is_option = position.kind == AssetKind::Option;
    let Some(quantity) = position.quantity.filter(|shares| shares.is_positive()) else { return Default::default() };
    let symbol = match contract(position).filter(|_| is_option) {
        Some(contract) if contract.call => Some(Symbol::new(&contract.underlying)),
        _ if is_option || position.kind.is_cash() => None,
        _ => setup.registry.resolve(position).or_else(|| position.canonical.clone()),
    };
    let Some(symbol) = symbol else { return Default::default() };
    let each = if is_option { position.details.multiplier.map_or(CONTRACT, Decimal::from) } else { Decimal::ONE };
    let bought = |lot: &Lot| {
        Some(PastTrade {
            date: lot.opened?,
            account: account.to_owned(),
            symbol: symbol.clone(),
            side: Side::Buy,
            quantity: Shares(lot.quantity.decimal().checked_mul(each)?),
            gain: None,
            // A contract is never the purchase of the very shares that are sold.
            outside: is_option,
            place: lot.place.clone().or_else(|| position.place.clone()),
            details: Default::default(),
        })
    };
    let dated = position.lots.iter().filter_map(bought).filter(|_| !has_lots_in_plan).collect();
    // What a broker calls long-term is older than any window.
    let unknown = |lot: &Lot| lot.opened.is_none() && lot.term != Some(Term::Long);
    let all: Shares = position.lots.iter().map(|lot| lot.quantity).sum();
    let undated = position.lots.iter().any(unknown) || all < quantity;
    let identity = setup.registry.identity(&symbol);
    (dated, undated.then(|| Undated { account: account.to_owned(), symbol, identity, option: is_option }))
}

/// Returns a trade of options to buy as the purchase of what they are on: "a contract or option so to acquire" counts like
/// the shares (IRC 1091(a)). Any other trade is returned as it is.
pub(super) fn of_contract(trade: &PastTrade) -> PastTrade {
    match option_contract(trade.symbol.as_str()).filter(|contract| contract.call && trade.side == Side::Buy) {
        Some(contract) => PastTrade {
            symbol: Symbol::new(&contract.underlying),
            quantity: Shares(trade.quantity.decimal().saturating_mul(CONTRACT)),
            outside: true,
            ..trade.clone()
        },
        None => trade.clone(),
    }
}

/// Says what a plan's losses depend on: what is washed where the plan only warns, what may have been bought lately, and
/// what must be remembered of replacements that are sold.
pub(super) fn check(undated: &[Undated], problem: &Problem, plan: &Plan, sink: &mut Sink) {
    if problem.wash_sales == WashSales::Warn {
        washed(problem, plan, sink);
    }
    ask(undated, problem, plan, sink);
    remember(problem, plan, sink);
}

/// Warns of every loss of the plan that is not wholly deductible, in dollars.
fn washed(problem: &Problem, plan: &Plan, sink: &mut Sink) {
    for washed in plan::washed(problem, plan) {
        let message = format!(
            "of the loss of {} on {}, {} is deductible now, {} is added to the basis of the replacement, {} is lost for good",
            washed.loss.dollars(),
            washed.symbol,
            washed.allowed.dollars(),
            washed.deferred.dollars(),
            washed.lost.dollars()
        );
        sink.push(
            Diagnostic::warning(WASH_SALE, message)
                .hint("the tax shown counts the whole loss; [trading] wash-sale = \"block\" leaves such lots alone"),
        );
    }
}

/// The losses of a plan in taxed accounts, by what they count as: the symbol, the dollars.
fn losses<'p>(problem: &'p Problem, plan: &Plan) -> Vec<(&'p str, &'p Symbol, Money)> {
    let mut found: Vec<(&str, &Symbol, Money)> = Vec::new();
    for sale in &plan.sells {
        let taxable = problem.accounts.iter().any(|account| account.id == sale.account && account.kind.is_taxable());
        let gain = plan.outcome.gains.get(&sale.lot).and_then(|(_, gain)| *gain);
        let Some(loss) = gain.filter(|gain| taxable && gain.is_negative()).map(Money::abs) else { continue };
        let Some((symbol, security)) = problem.securities.get_key_value(&sale.symbol) else { continue };
        match found.iter_mut().find(|(_, own, _)| *own == symbol) {
            Some((_, _, sum)) => *sum += loss,
            None => found.push((security.identity.as_str(), symbol, loss)),
        }
    }
    found
}

/// Asks whether what is held with no purchase date was bought within the window of a loss.
fn ask(undated: &[Undated], problem: &Problem, plan: &Plan, sink: &mut Sink) {
    let first = problem.as_of.checked_sub_days(Days::new(30)).unwrap_or(problem.as_of);
    for (identity, symbol, loss) in losses(problem, plan) {
        let mut asked = Vec::new();
        for held in undated.iter().filter(|held| held.identity == identity) {
            // What is sold with the loss was a replacement all the same, if it was bought within the window.
            if asked.contains(&held) {
                continue;
            }
            asked.push(held);
            let what = if held.option { format!("an option to buy {}", held.symbol) } else { held.symbol.to_string() };
            let or = if held.option { "was it" } else { "was any of it, or a dividend," };
            let message = format!(
                "{symbol} is sold at a loss of {}, and {} holds {what} with no purchase date: {or} bought since {first}?",
                loss.dollars(),
                held.account
            );
            sink.push(Diagnostic::warning(UNDATED_REPLACEMENT, message).hint(
                "if so the loss is not deductible, and lost for good where the account is an IRA: put the purchase in \
                 trades.csv (date,account,symbol,side,quantity), or give the lots, and run again",
            ));
        }
    }
}

/// Notes what is sold within 30 days of its purchase while the same is held at a loss elsewhere: once the lot is gone no
/// file says that it was a replacement, and it still is one.
fn remember(problem: &Problem, plan: &Plan, sink: &mut Sink) {
    let identity = |symbol: &Symbol| problem.securities.get(symbol).map(|security| security.identity.as_str());
    let last = |date: NaiveDate| date.checked_add_days(Days::new(30)).unwrap_or(date);
    for sale in &plan.sells {
        let Some(lot) = problem.lots.iter().find(|lot| lot.id == sale.lot) else { continue };
        let Some(bought) = lot.acquired.filter(|date| last(*date) > problem.as_of) else { continue };
        let at_loss = |other: &PlanLot| {
            let taxable = problem.accounts.iter().any(|a| a.id == other.account && a.kind.is_taxable());
            let price = problem.securities.get(&other.symbol).map(|security| security.price);
            let value = price.map(|price| price * other.quantity);
            let sold = plan.sells.iter().any(|sale| sale.lot == other.id && sale.quantity == other.quantity);
            taxable && !sold && other.basis.zip(value).is_some_and(|(basis, value)| value < basis)
        };
        let others = problem.lots.iter().filter(|other| other.id != lot.id);
        if !others.filter(|other| identity(&other.symbol) == identity(&lot.symbol)).any(at_loss) {
            continue;
        }
        let (account, symbol, shares) = (&sale.account, &sale.symbol, sale.quantity.text());
        let message = format!(
            "the {shares} {symbol} sold in {account} were bought on {bought}: until {} they are a replacement of {symbol} sold at a loss, sold or not",
            last(bought)
        );
        sink.push(
            Diagnostic::note(SOLD_REPLACEMENT, message)
                .hint(format!("once they are sold, put `{bought},{account},{symbol},buy,{shares}` in trades.csv")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(symbol: &str, side: Side) -> PastTrade {
        PastTrade {
            date: "2026-11-20".parse().unwrap(),
            account: "Individual".to_owned(),
            symbol: Symbol::new(symbol),
            side,
            quantity: Shares(Decimal::TWO),
            gain: None,
            outside: false,
            place: None,
            details: Default::default(),
        }
    }

    /// Two contracts on 100 shares each; a put is no option to buy, and a call that is sold acquires nothing.
    #[test]
    fn a_call_bought_is_a_purchase_of_its_shares() {
        let of = |symbol: &str, side| {
            let found = of_contract(&trade(symbol, side));
            (found.symbol.to_string(), found.quantity.text(), found.outside)
        };
        assert_eq!(of("AAPL270115C00250000", Side::Buy), ("AAPL".to_owned(), "200".to_owned(), true));
        assert_eq!(of("AAPL270115P00250000", Side::Buy).0, "AAPL270115P00250000");
        assert_eq!(of("AAPL270115C00250000", Side::Sell).0, "AAPL270115C00250000");
        assert_eq!(of("AAPL", Side::Buy), ("AAPL".to_owned(), "2".to_owned(), false));
    }
}
