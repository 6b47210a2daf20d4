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
    use crate::model::{LotId, Measure, Symbol};
    use crate::plan::Route;
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

    /// A share of BRK.A is $7,000 of $100,000, and $5,000 may be sold in a run: no run of a route ever sells one, and none is
    /// promised. What is accepted, or 7%, sells it.
    #[test]
    fn a_share_that_is_more_than_a_run_may_sell_is_promised_by_no_route() {
        let mut home = Household::ira(&[("BRK.A", 7_000, 7), ("NVDA", 100, 210), ("AGG", 100, 300)]);
        home.cap("brk", &[("BRK.A", 1.0)], 0.10, 0.0);
        home.cap("nvda", &[("NVDA", 1.0)], 0.10, 0.0);
        home.limit("turnover", Measure::Turnover(Weight(0.05)));
        home.problem.route = Some(Route::default());
        let plan = home.plan();
        assert_eq!(["BRK.A", "NVDA"].map(|own| home.sold(&plan, own)), ["0", "50"].map(str::to_owned));
        assert_eq!(plan.held_back[&LotId::new(0)], "a share of it costs more than turnover lets a run sell");
        let way = plan.route.unwrap();
        assert_eq!((way.sold, way.cannot["brk"]), (dollars(11_000), dollars(39_000)));
        home.limit("turnover", Measure::Turnover(Weight(0.07)));
        let way = home.plan().route.unwrap();
        assert_eq!(way.sold, dollars(50_000));
    }
}
