//! How much may be sold in one run.

use crate::model::{Measure, Side};
use crate::plan::draft::{Bound, Draft};

/// Printed by `broaden explain turnover`.
pub const DOC: &str = "\
Dollars sold at market price are at most a weight of the portfolio value before trades (one-way turnover). Hard: a large
rotation is spread over several runs, and what is left is reported.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::Turnover(most) = measure else { return };
    let terms = draft.terms(|trade| if trade.side == Side::Sell { 1.0 } else { 0.0 });
    draft.bound(Bound {
        limit,
        terms,
        cost: 0.0,
        constant: 0.0,
        most: 10_000.0 * most.0,
        worst: 0.0,
        counted: false,
        state: false,
    });
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::testing::{Household, dollars};
    use crate::units::Weight;

    #[test]
    fn a_trim_stops_at_the_turnover_limit() {
        let mut home = Household::ira(&[("NVDA", 100, 500), ("AGG", 100, 500)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        home.limit("turnover", Measure::Turnover(Weight(0.05)));
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "NVDA"), "50");
        assert_eq!(plan.outcome.excess["tech"], dollars(5_000));
        assert!(plan.binding.contains(&"turnover".to_owned()), "{:?}", plan.binding);
        home.limit("turnover", Measure::Turnover(Weight(0.15)));
        assert_eq!(home.sold(&home.plan(), "NVDA"), "100");
        assert_eq!(plan.sells[0].symbol, Symbol::new("NVDA"));
    }
}
