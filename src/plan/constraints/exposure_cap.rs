//! A cap on an exposure after look-through: a theme, a sector, an issuer, a position.

use crate::model::Measure;
use crate::plan::draft::{Bound, Draft};
use crate::plan::ground::is_active;

/// Printed by `broaden explain exposure-cap`.
pub const DOC: &str = "\
Caps the weight of an exposure: dollars of exposure per dollar held, funds looked through, at most the cap times the
portfolio value after trading costs. E' <= cap * V' + v, with the excess v no larger than it is without trades.
A cap that is broken by more than its trigger is active: its excess is brought down first, before anything else but
cash, and what contributes to it may be sold. A cap that is kept, or broken by less than its trigger, is never made
worse. What cannot be repaired within the hard limits is reported in dollars.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::ExposureCap { coefficients, cap, trigger } = measure else { return };
    let exposure = draft.ground.exposure(coefficients);
    let most = 10_000.0 * cap.0;
    let terms = draft.exposure_terms(coefficients);
    draft.bound(Bound {
        limit,
        terms,
        cost: if draft.ground.problem.caps_after_costs { cap.0 } else { 0.0 },
        constant: exposure,
        most,
        worst: (exposure - most).max(0.0),
        counted: is_active(exposure, cap.0, trigger.0),
        state: true,
    });
}

#[cfg(test)]
mod tests {
    use crate::plan::testing::{Household, dollars};

    #[test]
    fn a_broken_cap_is_repaired_and_a_kept_one_left_alone() {
        let mut home = Household::ira(&[("NVDA", 100, 500), ("AGG", 100, 500)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "NVDA"), "100");
        assert_eq!(plan.outcome.excess["tech"], dollars(0));
        home.cap("tech", &[("NVDA", 1.0)], 0.50, 0.0);
        assert!(home.plan().sells.is_empty());
    }

    #[test]
    fn inside_its_trigger_a_cap_does_not_act() {
        let mut home = Household::ira(&[("NVDA", 100, 404), ("AGG", 100, 596)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.005);
        assert!(home.plan().sells.is_empty());
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.003);
        assert_eq!(home.sold(&home.plan(), "NVDA"), "4");
    }
}
