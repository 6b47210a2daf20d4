//! What a plan means for wash sales after it: what not to buy back, and until when.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Plan, Problem};
use crate::model::{Side, Symbol};
use crate::tax;
use crate::units::Money;

/// Returns the symbols that must not be bought anywhere in the household (dividend reinvestment included), each with the
/// first day on which they may be bought again: everything of the identity of a loss that the plan sells, or that was
/// sold in the last 30 days, in a taxable account. A past sale with an unknown result counts as a loss.
pub fn do_not_buy_until(problem: &Problem, plan: &Plan) -> BTreeMap<Symbol, NaiveDate> {
    let is_taxable = |id: &str| problem.accounts.iter().any(|account| account.id == id && account.kind.is_taxable());
    let is_shielded = |id: &str| problem.accounts.iter().any(|account| account.id == id && !account.kind.is_taxable());
    let planned = plan
        .sells
        .iter()
        .filter(|sale| is_taxable(&sale.account))
        .filter(|sale| {
            let gain = plan.outcome.gains.get(&sale.lot).and_then(|(_, gain)| *gain);
            gain.is_some_and(Money::is_negative)
        })
        .map(|sale| (&sale.symbol, problem.as_of));
    let past = problem
        .trades
        .iter()
        .filter(|trade| trade.side == Side::Sell && trade.gain.is_none_or(Money::is_negative))
        .filter(|trade| !is_shielded(&trade.account) && trade.date <= problem.as_of)
        .filter(|trade| tax::in_wash_window(problem.as_of, trade.date))
        .map(|trade| (&trade.symbol, trade.date));
    let identity = |symbol: &Symbol| problem.securities.get(symbol).map(|security| security.identity.clone());
    let mut until: BTreeMap<Symbol, NaiveDate> = BTreeMap::new();
    for (symbol, date) in planned.chain(past) {
        let group = identity(symbol);
        let kin = problem.securities.iter().filter(|(_, own)| group.as_ref() == Some(&own.identity));
        let kin = kin.map(|(symbol, _)| symbol).chain([symbol]);
        for symbol in kin {
            let first = until.entry(symbol.clone()).or_insert_with(|| tax::do_not_buy_until(date));
            *first = (*first).max(tax::do_not_buy_until(date));
        }
    }
    until
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::Household;

    #[test]
    fn a_loss_that_is_sold_is_not_bought_back_for_a_month() {
        let mut home = Household::taxable(&[("NVDA", 100, 500, 120), ("AGG", 100, 500, 100)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        let plan = home.plan();
        let until = do_not_buy_until(&home.problem, &plan);
        assert_eq!(until, BTreeMap::from([(Symbol::new("NVDA"), "2026-07-31".parse().unwrap())]));
        let mut gain = Household::taxable(&[("NVDA", 100, 500, 20), ("AGG", 100, 500, 100)]);
        gain.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        assert!(do_not_buy_until(&gain.problem, &gain.plan()).is_empty());
    }
}
