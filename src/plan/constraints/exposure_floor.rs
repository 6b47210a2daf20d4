//! A floor under an exposure: the core that no plan gives up.

use crate::model::Measure;
use crate::plan::draft::{Bound, Draft};

/// Printed by `broaden explain exposure-floor`.
pub const DOC: &str = "\
Keeps an exposure at or above a weight of the portfolio value after trading costs: E' >= floor * V'. Hard: no trim goes
below it, whatever the caps and targets ask. An exposure that is below its floor before the plan is not bought up for
it, and the floor then does not act.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::ExposureFloor { coefficients, floor } = measure else { return };
    let exposure = draft.ground.exposure(coefficients);
    let least = 10_000.0 * floor.0;
    if exposure < least - 1e-9 {
        return;
    }
    let terms = draft.exposure_terms(coefficients).into_iter().map(|(trade, value)| (trade, -value)).collect();
    draft.bounds.push(Bound {
        limit,
        terms,
        cost: -floor.0,
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

    #[test]
    fn the_core_is_never_sold() {
        let mut home = Household::ira(&[("NVDA", 100, 500), ("AGG", 100, 500)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.20, 0.0);
        assert_eq!(home.sold(&home.plan(), "NVDA"), "300");
        home.floor("core", &[("NVDA", 1.0)], 0.35);
        assert_eq!(home.sold(&home.plan(), "NVDA"), "150");
    }
}
