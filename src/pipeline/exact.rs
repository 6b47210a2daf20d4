//! The plan once more with the rates its gains really meet, where those are far from the assumed ones.

use crate::plan::{self, ExactTax, Plan, Problem, Settings};
use crate::units::Money;

/// Adds the tax by the federal tables to a plan, after making it again with the effective rates if they are more than two
/// points from those assumed (domain brief 8.3). Once: the second plan's own difference is shown and not chased.
pub(super) fn settle(problem: Problem, plan: Plan, settings: &Settings) -> (Problem, Plan, Option<ExactTax>) {
    let exact = |problem: &Problem, plan: &Plan| {
        let (short, long) = (plan.outcome.realised_short, plan.outcome.realised_long);
        settings.exact(problem.as_of, &problem.tax, short, long)
    };
    // Where the plan knows the brackets, its tax is exact.
    if problem.tax.filing.is_some() {
        let tax = plan.outcome.tax;
        let exact =
            exact(&problem, &plan).map(|found| ExactTax { planned: tax.to_cents(), exact: tax.to_cents(), ..found });
        return (problem, plan, exact);
    }
    let Some(first) = exact(&problem, &plan) else { return (problem, plan, None) };
    let (short, long) = (plan.outcome.realised_short, plan.outcome.realised_long);
    let Some(tax) = settings.effective(problem.as_of, &problem.tax, short, long) else {
        return (problem, plan, Some(first));
    };
    let again = Problem { tax, ..problem.clone() };
    let Ok(second_plan) = plan::solve(&again) else { return (problem, plan, Some(first)) };
    let Some(second) = exact(&again, &second_plan) else { return (problem, plan, Some(first)) };
    let key = |plan: &Plan, exact: &ExactTax| {
        let levels = &plan.outcome.levels;
        let cost = exact.exact.max(Money::ZERO) + plan.outcome.trading_cost;
        [levels.cash_shortfall, levels.excess, levels.gaps, levels.largest_gap, cost].map(Money::to_cents)
    };
    // Trades that the truer rates only make dearer are no better plan.
    if key(&second_plan, &second) > key(&plan, &first) {
        return (problem, plan, Some(first));
    }
    let first_rates = Some(first.rates);
    (again, second_plan, Some(ExactTax { first_rates, ..second }))
}
