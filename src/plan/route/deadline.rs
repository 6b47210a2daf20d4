//! The day by which limits are met, where none is given.

use chrono::{Datelike, NaiveDate};

use super::levels::Aim;
use super::program::Program;
use super::{Route, search};
use crate::model::Measure;
use crate::plan::draft::Draft;
use crate::plan::simplex::Matrix;

/// What one more year must save to be worth it, in basis points of the household: absolute, so that planning again does
/// not push the day away.
const WORTH: f64 = 5.0;
/// Years that are tried after the coming 31 January, and where a budget of a year forces more.
const YEARS: i32 = 1;
const FORCED_YEARS: i32 = 9;
/// Basis points that bring a limit or target no closer.
const CLOSER: f64 = 1e-3;

/// The levels of a program with their values.
type Values = Vec<(Aim, f64)>;

/// Returns the program until the first 31 January after which one more year brings limits and targets no closer and saves
/// less than it is worth. At most three tax years; more only while a budget keeps them from being met.
pub(super) fn choose(draft: &Draft<'_>, route: &Route) -> Program {
    let problem = draft.ground.problem;
    let as_of = problem.as_of;
    let this = i32::from((as_of.month(), as_of.day()) > (1, 31));
    let end = |years: i32| NaiveDate::from_ymd_opt(as_of.year() + this + years, 1, 31).unwrap_or(as_of).max(as_of);
    let has_budget =
        problem.limits.iter().any(|limit| matches!(limit.measure, Measure::GainBudget(_) | Measure::TaxBudget(_)));
    let mut program = Program::new(draft, route, end(0));
    let Some(mut relaxed) = least(&program) else { return program };
    if is_met(&relaxed) && program.sales.is_empty() {
        return program;
    }
    let mut found: Option<Values> = None;
    for years in 1..=FORCED_YEARS {
        let next = Program::new(draft, route, end(years));
        let Some(next_relaxed) = least(&next) else { break };
        // Most often one more year is worth nothing, and the programs without their choices show it as well as the routes.
        let may_be_forced = years > YEARS && has_budget && !is_met(&relaxed);
        if !may_be_forced && !is_worth(&relaxed, &next_relaxed) {
            break;
        }
        let Some(own) = found.take().or_else(|| values(&program)) else { break };
        if years > YEARS && (!has_budget || is_met(&own)) {
            break;
        }
        let Some(longer) = values(&next) else { break };
        if !is_worth(&own, &longer) {
            break;
        }
        (program, relaxed, found) = (next, next_relaxed, Some(longer));
    }
    program
}

/// Whether one more year brings limits or targets closer, or saves what it must.
fn is_worth(values: &[(Aim, f64)], found: &[(Aim, f64)]) -> bool {
    let early = |aim: Aim| aim < Aim::Cost && aim != Aim::LargestGap;
    let nearer = values.iter().zip(found).any(|((aim, one), (_, two))| early(*aim) && *two < one - CLOSER);
    let cost = |values: &[(Aim, f64)]| values.last().map_or(0.0, |(_, cost)| *cost);
    nearer || cost(values) - cost(found) > WORTH
}

/// Values of the levels up to the cost that no route is better than.
fn least(program: &Program) -> Option<Values> {
    let least = search::least(program, &Matrix::new(&program.model), Aim::Cost)?;
    Some(program.levels.iter().map(|level| level.aim).zip(least).collect())
}

/// Values of the levels up to the cost.
fn values(program: &Program) -> Option<Values> {
    let matrix = Matrix::new(&program.model);
    let best = search::until(program, &matrix, Aim::Cost).best?;
    Some(program.levels.iter().map(|level| level.aim).zip(best.values).collect())
}

fn is_met(values: &[(Aim, f64)]) -> bool {
    values.iter().all(|(aim, value)| *aim >= Aim::Cost || *aim == Aim::LargestGap || *value <= 1e-6)
}
