//! Explanations: of words, and of everything a proposal holds. What is asked is answered by solving again (`what_if`);
//! each file here turns the answer about one kind of thing into lines that end in numbers and places.

mod account;
pub mod brief;
mod findings;
mod glossary;
pub(crate) mod reasons;
mod rule;
mod signal;
mod ticker;
mod topics;
pub mod what_if;
mod whole;
pub mod words;

pub use findings::{Overshot, overshot, ramp};
pub(crate) use findings::{idle_cash, unsold};
pub use topics::{Topic, find, topics};
pub use whole::whole;

use crate::diagnostics::counted;
use crate::model::Symbol;
use crate::proposal::Proposal;
use crate::units::Money;

/// Returns what the proposal knows of a ticker, lot, rule, limit, signal, brake, account, config key or diagnostic;
/// `None` when it holds nothing of that name.
pub fn in_proposal(proposal: &Proposal, name: &str) -> Option<String> {
    let mut lines = Vec::new();
    lines.extend(rule::lines(proposal, name));
    lines.extend(signal::lines(proposal, name));
    lines.extend(ticker::lines(proposal, name));
    lines.extend(account::lines(proposal, name));
    lines.extend(of_reason(proposal, name));
    lines.extend(config(proposal, name));
    lines.extend(diagnostics(proposal, name));
    if lines.is_empty() {
        lines.extend(benchmark(proposal, name));
    }
    (!lines.is_empty()).then(|| lines.join("\n") + "\n")
}

/// Reasons of orders that are no rule, each with what it means.
const REASONS: [(&str, &str); 2] = [
    (
        "cash",
        "an order that raises cash, which no limit asks for: for what is owed or paid out, for the reserve, or for what sleeves \
         lack",
    ),
    ("sleeves.neutral", "the fund that takes what is sold and goes to no sleeve, so that it is not left in cash"),
];

/// Returns what a reason that is no rule means, and the orders that it is the reason of.
fn of_reason(proposal: &Proposal, name: &str) -> Vec<String> {
    let Some((id, meaning)) = REASONS.iter().find(|(id, _)| id.eq_ignore_ascii_case(name)) else { return Vec::new() };
    let orders = proposal.trades.iter().filter_map(|trade| {
        let reason = trade.reasons().find(|reason| reason.id == *id)?;
        let verb = words::verb(trade.side);
        Some(format!("  {verb} {} {} in {}: {}", trade.amount(), trade.symbol, trade.account, reason.evidence))
    });
    let mut lines: Vec<String> = std::iter::once(format!("{id}: {meaning}")).chain(orders).collect();
    if lines.len() == 1 {
        lines.push("  it is the reason of no order of this run".to_owned());
    }
    lines
}

/// Returns what the benchmark is, of which nothing need be held.
fn benchmark(proposal: &Proposal, name: &str) -> Option<String> {
    let own = &proposal.exposure.benchmark.symbol;
    let what = "the benchmark (household.benchmark): its own weights, looked through, stand beside yours";
    (!own.is_empty() && own.eq_ignore_ascii_case(name)).then(|| format!("{own} is {what}"))
}

/// Returns every name that [`in_proposal`] answers to, for suggestions.
pub fn names(proposal: &Proposal) -> Vec<String> {
    let mut list: Vec<String> = proposal.verdicts.iter().map(|verdict| verdict.id.clone()).collect();
    list.extend(proposal.problem.limits.iter().map(|limit| limit.id.clone()));
    list.extend(proposal.strength.parts.iter().map(|part| part.reading.id.clone()));
    list.extend(proposal.strength.brakes.iter().map(|brake| brake.reading.id.clone()));
    list.extend(proposal.problem.securities.keys().map(Symbol::to_string));
    list.extend(proposal.portfolio.accounts.iter().map(crate::model::Account::label));
    list.extend(proposal.config.iter().map(|value| value.key.clone()));
    list.extend(REASONS.iter().map(|(id, _)| (*id).to_owned()));
    list.sort();
    list.dedup();
    list
}

/// Returns a value of the config, or the values of a table, with their places.
fn config(proposal: &Proposal, name: &str) -> Vec<String> {
    let below = format!("{name}.");
    let values = proposal.config.iter().filter(|value| value.key == name || value.key.starts_with(&below));
    let lines: Vec<String> =
        values.map(|value| format!("  {} = {}  ({})", value.key, value.value, value.origin)).collect();
    if lines.is_empty() { lines } else { std::iter::once("in the config:".to_owned()).chain(lines).collect() }
}

/// Returns how often a diagnostic was raised in the run, and where.
fn diagnostics(proposal: &Proposal, name: &str) -> Vec<String> {
    let raised = proposal.diagnostics.iter().filter(|item| item.code.id.eq_ignore_ascii_case(name));
    let line = |item: &crate::diagnostics::Diagnostic| {
        let place = item.place.as_ref().map_or_else(String::new, |place| format!(" ({})", place.locator()));
        format!("  {}: {}{place}", item.severity.word(), item.message)
    };
    let lines: Vec<String> = raised.map(line).collect();
    if lines.is_empty() {
        return lines;
    }
    let head = std::iter::once(format!("{name}, raised {} in this run:", times(lines.len())));
    let text = proposal.diagnostics.iter().find(|item| item.code.id.eq_ignore_ascii_case(name));
    head.chain(lines).chain(text.map(|item| format!("  {}", item.code.explanation))).collect()
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { counted(count, "time", "times") }
}

/// Says how an amount with something differs from that without it, about the plan without.
fn more_or_less(difference: Money) -> String {
    let word = if difference.is_negative() { "more" } else { "less" };
    if difference.is_zero() { "as much is".to_owned() } else { format!("{} {word} is", difference.abs().dollars()) }
}

fn lower_or_higher(difference: Money) -> String {
    let word = if difference.is_negative() { "higher" } else { "lower" };
    if difference.is_zero() { "the same".to_owned() } else { format!("{} {word}", difference.abs().dollars()) }
}
