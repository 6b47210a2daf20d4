//! A maximum for what is bought: per fund, or several together.

use std::collections::BTreeSet;

use crate::model::{Measure, Side};
use crate::plan::draft::{Bound, Draft};

/// Printed by `broaden explain buy-cap`.
pub const DOC: &str = "\
Buys may not lift the combined value of some symbols above a weight of the portfolio value: x' <= cap * V'. Hard, but it
binds purchases only: what is held above it is never sold for it, and is then not bought.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::BuyCap { symbols, cap } = measure else { return };
    let symbols: BTreeSet<_> = symbols.iter().collect();
    let inside: Vec<bool> = draft.ground.symbols.iter().map(|symbol| symbols.contains(*symbol)).collect();
    let held: f64 = draft.ground.held.iter().zip(&inside).filter(|(_, inside)| **inside).map(|(held, _)| held).sum();
    let most = 10_000.0 * cap.0;
    if held >= most {
        let id = draft.ground.problem.limits.get(limit).map_or("", |limit| limit.id.as_str());
        let reason = match symbols.len() {
            1 => format!("it is already at the maximum of {id}"),
            _ => format!("what {id} counts together is already at its maximum"),
        };
        draft.close(&reason, |trade, symbol| trade.side == Side::Buy && symbols.contains(symbol));
        return;
    }
    let terms = draft.terms(|trade| match (inside.get(trade.symbol), trade.side) {
        (Some(true), Side::Buy) => 1.0,
        (Some(true), Side::Sell) => -1.0,
        _ => 0.0,
    });
    draft.bound(Bound { limit, terms, cost: cap.0, constant: held, most, worst: 0.0, counted: false, state: false });
}

#[cfg(test)]
mod tests {
    use crate::model::Symbol;
    use crate::plan::testing::Household;

    #[test]
    fn buys_stop_at_the_maximum_and_nothing_is_sold_for_it() {
        let mut home = Household::ira(&[("XLI", 100, 50), ("AGG", 100, 850)]).with_cash(10_000);
        home.target("XLI", 0.10);
        assert_eq!(home.bought(&home.plan(), "XLI"), "50");
        home.buy_cap("sleeve", &["XLI"], 0.07);
        assert_eq!(home.bought(&home.plan(), "XLI"), "20");
        home.buy_cap("sleeve", &["XLI"], 0.04);
        let plan = home.plan();
        assert!(plan.sells.is_empty() && plan.buys.is_empty());
        assert_eq!(plan.not_bought[&Symbol::new("XLI")], "it is already at the maximum of sleeve");
    }

    #[test]
    fn what_is_counted_together_keeps_out_what_is_not_held() {
        let mut home = Household::ira(&[("XLI", 100, 50), ("AGG", 100, 850)]).with_cash(10_000);
        home.target("XLF", 0.10);
        home.buy_cap("cyclicals", &["XLI", "XLF"], 0.05);
        let plan = home.plan();
        assert!(plan.buys.is_empty());
        assert_eq!(plan.not_bought[&Symbol::new("XLF")], "what cyclicals counts together is already at its maximum");
    }
}
