//! The plan once more with the rates its gains really meet, where those are far from the assumed ones.

use crate::plan::{self, ExactTax, Plan, Problem, Settings};
use crate::units::Money;

/// Adds the tax by the federal tables to a plan, after making it again with the effective rates if they are more than two
/// points from those assumed (domain brief 8.3). Once: the second plan's own difference is shown and not chased.
pub(super) fn settle(problem: Problem, plan: Plan, settings: &Settings) -> (Problem, Plan, Option<ExactTax>) {
    let exact = |problem: &Problem, plan: &Plan| {
        let (short, long) = (plan.outcome.realised_short, plan.outcome.realised_long);
        let found = settings.exact(problem.as_of, &problem.tax, short, long)?;
        // Where the plan knows the brackets, its tax is exact.
        let tax = plan.outcome.tax.to_cents();
        Some(if problem.tax.filing.is_some() { ExactTax { planned: tax, exact: tax, ..found } } else { found })
    };
    let Some(first) = exact(&problem, &plan) else { return (problem, plan, None) };
    // A route meets each bracket on its way; a run by itself is planned at one rate.
    let is_far = problem.route.is_none() || problem.tax.filing.is_none();
    let effective = || {
        // At the rate of the first dollar a budget may allow what no bracket does: then it is asked what was meant.
        let flat =
            (plan.sells.is_empty() && problem.tax.filing.is_some()).then(|| without_brackets(&problem)).flatten();
        let outcome = &flat.as_ref().unwrap_or(&plan).outcome;
        settings.effective(problem.as_of, &problem.tax, outcome.realised_short, outcome.realised_long)
    };
    let Some(tax) = is_far.then(effective).flatten() else { return (problem, plan, Some(first)) };
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

/// Returns the plan at flat rates alone.
fn without_brackets(problem: &Problem) -> Option<Plan> {
    let mut flat = problem.clone();
    flat.tax.filing = None;
    plan::solve(&flat).ok()
}
