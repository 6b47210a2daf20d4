//! A floor under an exposure: the core that no plan gives up.

use crate::model::Measure;
use crate::plan::draft::{Bound, Draft};

/// Printed by `broaden explain exposure-floor`.
pub const DOC: &str = "\
Keeps an exposure at or above a weight of the portfolio value after trading costs: E' >= floor * V'. Hard: no trim goes
below it, whatever the caps and targets ask, and none goes to where only the costs of the plan would make room. An exposure that is below its floor before the plan is not bought up for
it, and the floor then does not act.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::ExposureFloor { coefficients, floor } = measure else { return };
    let exposure = draft.ground.exposure(coefficients);
    let least = 10_000.0 * floor.0;
    if exposure < least - 1e-9 {
        return;
    }
    let terms = draft.exposure_terms(coefficients).into_iter().map(|(trade, value)| (trade, -value)).collect();
    draft.bound(Bound {
        limit,
        terms,
        // Of the value before costs, which is a little stricter: else trades that do nothing but cost would lower the floor,
        // and let a little more go.
        cost: if draft.at_gross_value { 0.0 } else { -floor.0 },
        constant: least.min(exposure) - exposure,
        most: 0.0,
        worst: 0.0,
        counted: false,
        state: false,
    });
}

#[cfg(test)]
mod tests {
    use crate::plan::testing::Household;
    use crate::units::Decimal;

    #[test]
    fn the_core_is_never_sold() {
        let mut home = Household::ira(&[("NVDA", 100, 500), ("AGG", 100, 500)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.20, 0.0);
        assert_eq!(home.sold(&home.plan(), "NVDA"), "300");
        home.floor("core", &[("NVDA", 1.0)], 0.35);
        assert_eq!(home.sold(&home.plan(), "NVDA"), "150");
    }

    /// Costs of a dollar would lower a floor of 35% by 35 cents: no sale of anything else is made for that.
    #[test]
    fn nothing_is_sold_only_to_lower_the_floor_by_its_cost() {
        for whole_shares in [true, false] {
            let mut home = Household::ira(&[("NVDA", 100, 500), ("XLF", 50, 600), ("AGG", 100, 200)]);
            home.problem.whole_shares = whole_shares;
            home.problem.caps_after_costs = false;
            home.cap("tech", &[("NVDA", 1.0)], 0.20, 0.0);
            home.floor("core", &[("NVDA", 1.0)], 0.35);
            for security in home.problem.securities.values_mut() {
                security.half_spread_bps = Decimal::from(50);
            }
            let plan = home.plan();
            assert_eq!((home.sold(&plan, "NVDA").as_str(), home.sold(&plan, "XLF").as_str()), ("150", "0"));
        }
    }
}
