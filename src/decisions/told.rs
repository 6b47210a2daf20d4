//! What decisions come to: the decided lines, the others that changed, and because of which decision each did.

use std::collections::BTreeSet;

use super::resolve::shares_in;
use super::{ChangedLine, Decided, DecidedLine, Decisions, resolve};
use crate::diagnostics::Sink;
use crate::plan::{self, Plan, Problem};
use crate::trades::{Line, lines};

/// Most decisions that are each taken back to see what they changed.
const MOST_ALONE: usize = 12;

/// Compares the plan around decisions with the one without. Where `asks_why`, each decision is taken back alone and planned
/// again, so that a changed line has its cause.
pub fn told(
    (problem, base): (&Problem, &Plan),
    plan: &Plan,
    decisions: &Decisions,
    decided: Vec<DecidedLine>,
    passed: BTreeSet<String>,
    asks_why: bool,
) -> Decided {
    let lines = lines(problem);
    let is_decided = |line: &&Line| decided.iter().any(|own| own.id == line.id);
    let changed: Vec<&Line> =
        lines.iter().filter(|line| !is_decided(line) && shares_in(base, line) != shares_in(plan, line)).collect();
    let names: Vec<String> = decisions.iter().map(|decision| decision.id.clone()).collect();
    let without: Vec<(&String, Plan)> = match asks_why && !changed.is_empty() && (2..=MOST_ALONE).contains(&names.len())
    {
        true => names.iter().filter_map(|name| Some((name, without(problem, base, decisions, name)?))).collect(),
        false => Vec::new(),
    };
    let because = |line: &Line| {
        let own = without.iter().filter(|(_, other)| shares_in(other, line) != shares_in(plan, line));
        let own: Vec<String> = own.map(|(name, _)| (*name).clone()).collect();
        if own.is_empty() { names.clone() } else { own }
    };
    let changed = changed.into_iter().map(|line| ChangedLine {
        id: line.id.clone(),
        account: line.account.clone(),
        side: line.side,
        symbol: line.symbol.clone(),
        before: shares_in(base, line),
        after: shares_in(plan, line),
        because: because(line),
    });
    let changed = changed.collect();
    let now = |own: &DecidedLine| lines.iter().find(|line| line.id == own.id).map(|line| shares_in(plan, line));
    let decided = decided.into_iter().map(|own| DecidedLine { now: now(&own).unwrap_or_default(), ..own });
    Decided {
        lines: decided.collect(),
        changed,
        before: base.outcome.clone(),
        route_tax: base.route.as_ref().map(|route| route.tax),
        route_runs: base.route.as_ref().map(|route| route.runs),
        passed,
    }
}

fn without(problem: &Problem, base: &Plan, decisions: &Decisions, name: &str) -> Option<Plan> {
    let mut others = decisions.clone();
    others.undo(name);
    let resolved = resolve(problem, base, &others, &mut Sink::default())?;
    plan::solve(&resolved.problem).ok()
}
