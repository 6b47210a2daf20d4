//! The plan around what was decided, beside the plan that was decided on.

use super::{Inputs, PLAN_FAILED, exact};
use crate::decisions::{self, Decided};
use crate::diagnostics::{Diagnostic, Sink};
use crate::plan::{self, ExactTax, Plan, Problem, Settings};
use crate::proposal::Wanted;

/// What a run plans, with the tax by the tables and what decisions came to.
pub(super) type Answer = (Problem, Plan, Option<ExactTax>, Option<Decided>);

/// Plans again around the decisions of a run, where there are any. `None` where one cannot be.
pub(super) fn decide(
    (problem, base, exact_tax): (Problem, Plan, Option<ExactTax>),
    inputs: &Inputs,
    settings: &Settings,
    sink: &mut Sink,
) -> Option<Answer> {
    let decisions = &inputs.decisions;
    if decisions.is_empty() {
        return Some((problem, base, exact_tax, None));
    }
    let resolved = decisions::resolve(&problem, &base, decisions, sink)?;
    // Accepting what is proposed changes nothing else.
    let (after, plan, exact_tax) = if resolved.agrees(&base) {
        (resolved.problem, base.clone(), exact_tax)
    } else {
        match plan::solve_twice(&resolved.problem) {
            Ok(plan) => exact::settle(resolved.problem, plan, settings),
            Err(error) => {
                sink.push(Diagnostic::error(PLAN_FAILED, error.to_string()));
                return None;
            }
        }
    };
    let passed = decisions::check(&after, &plan, decisions, sink);
    if sink.has_errors() {
        return None;
    }
    let asks_why = inputs.wanted != Wanted::Orders;
    let told = decisions::told((&problem, &base), &plan, decisions, resolved.lines, passed, asks_why);
    Some((after, plan, exact_tax, Some(told)))
}
