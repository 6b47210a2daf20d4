//! How much net gain a plan may realise.

use crate::model::Measure;
use crate::plan::draft::{Bound, Draft};

/// Printed by `broaden explain gain-budget`.
pub const DOC: &str = "\
The net gain that is realised in taxable accounts, short- and long-term together, is at most a number of dollars: of each
calendar year, or of the run where it is planned alone. Hard. Losses sold in the same year make room for gains.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::GainBudget(budget) = measure else { return };
    let terms = draft.terms(|trade| trade.gain.map_or(0.0, |(_, gain)| gain));
    // A negative budget would ask for losses; doing nothing must stay allowed.
    let most = (draft.ground.scale * budget.to_f64()).max(0.0);
    draft.bound(Bound { limit, terms, cost: 0.0, constant: 0.0, most, worst: 0.0, counted: false, state: false });
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::plan::testing::{Household, dollars};

    #[test]
    fn a_trim_stops_when_the_budget_is_used_up() {
        let mut home = Household::taxable(&[("NVDA", 100, 500, 20), ("AGG", 100, 500, 100)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        home.limit("gains", Measure::GainBudget(dollars(4_000)));
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "NVDA"), "50");
        assert_eq!(plan.outcome.realised_long, dollars(4_000));
        home.limit("gains", Measure::GainBudget(dollars(40_000)));
        assert_eq!(home.sold(&home.plan(), "NVDA"), "100");
    }
}
