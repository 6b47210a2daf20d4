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
        draft.close("it is already at its maximum weight", |trade, symbol| {
            trade.side == Side::Buy && symbols.contains(symbol)
        });
        return;
    }
    let terms = draft.terms(|trade| match (inside.get(trade.symbol), trade.side) {
        (Some(true), Side::Buy) => 1.0,
        (Some(true), Side::Sell) => -1.0,
        _ => 0.0,
    });
    draft.bounds.push(Bound {
        limit,
        terms,
        cost: cap.0,
        constant: held,
        most,
        worst: 0.0,
        counted: false,
        state: false,
    });
}

#[cfg(test)]
mod tests {
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
    }
}
