//! How much tax a plan may cost.

use crate::model::Measure;
use crate::plan::draft::Draft;

/// Printed by `broaden explain tax-budget`.
pub const DOC: &str = "\
The incremental tax of sales, after Schedule D netting with what was realised before, is at most a number of dollars: of
each calendar year, or of the run where it is planned alone. Hard.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::TaxBudget(budget) = measure else { return };
    let most = (draft.ground.scale * budget.to_f64() - draft.margin(limit)).max(0.0);
    if draft.tax_budget.is_none_or(|(_, already)| most < already) {
        draft.tax_budget = Some((limit, most));
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::plan::testing::{Household, dollars};

    #[test]
    fn a_trim_stops_when_the_tax_reaches_its_budget() {
        let mut home = Household::taxable(&[("NVDA", 100, 500, 20), ("AGG", 100, 500, 100)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        home.limit("tax", Measure::TaxBudget(dollars(600)));
        let plan = home.plan();
        // 80 a share at 15% is 12 dollars of tax for each.
        assert_eq!(home.sold(&plan, "NVDA"), "50");
        assert_eq!(plan.outcome.tax, dollars(600));
        home.limit("tax", Measure::TaxBudget(dollars(6_000)));
        assert_eq!(home.sold(&home.plan(), "NVDA"), "100");
    }
}
