//! A rule, limit or target: what it found, what it changed, what a point of it costs, what stands in its way.

use super::{lower_or_higher, more_or_less, what_if};
use crate::model::{Measure, Symbol};
use crate::plan::Problem;
use crate::proposal::{Difference, Proposal, Rung};
use crate::rules::Verdict;
use crate::units::{Money, Shares, Weight};

/// Most holdings that are named as what a cap measures.
const LARGEST: usize = 6;

/// Returns whether a name means an id: in full, or without its section.
fn means(name: &str, id: &str) -> bool {
    let tail = |section: &str| id.strip_prefix(section).is_some_and(|tail| tail.eq_ignore_ascii_case(name));
    id.eq_ignore_ascii_case(name) || tail("limits.") || tail("sleeve.") || tail("trading.")
}

/// Returns the ids of the rules, limits and targets that a name means.
pub(super) fn ids(proposal: &Proposal, name: &str) -> Vec<String> {
    // A ticker means the ticker, which names its sleeve and its caps.
    let ticker = proposal.problem.securities.contains_key(&Symbol::new(name));
    let meant = |id: &str| if ticker { id == name } else { means(name, id) };
    // What a rule is about is a name for it as well: `tech-broad`, `NVIDIA`.
    let about = |verdict: &Verdict| !ticker && verdict.subject.is_named(name);
    let verdicts = proposal.verdicts.iter().filter(|verdict| meant(&verdict.id) || about(verdict));
    let mut ids: Vec<String> = verdicts.map(|verdict| verdict.id.clone()).collect();
    let limits = proposal.problem.limits.iter().map(|limit| &limit.id);
    let targets = proposal.problem.targets.iter().map(|target| &target.id);
    for id in limits.chain(targets).filter(|id| meant(id)) {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    ids
}

/// Returns what is known of the rule; nothing when the name means none.
pub(super) fn lines(proposal: &Proposal, name: &str) -> Vec<String> {
    let limits = proposal.problem.limits.iter().map(|limit| (&limit.id, &limit.origin));
    let targets = proposal.problem.targets.iter().map(|target| (&target.id, &target.origin));
    let origins: std::collections::BTreeMap<&String, &String> = limits.chain(targets).collect();
    let mut lines = Vec::new();
    for id in ids(proposal, name) {
        match proposal.verdicts.iter().find(|verdict| verdict.id == id) {
            Some(verdict) => lines.extend(verdict_lines(proposal, verdict)),
            None => lines.extend(origins.get(&id).map(|origin| format!("{id} (from {origin})"))),
        }
        lines.extend(consequences(proposal, &id));
    }
    lines
}

/// Returns what a rule found.
fn verdict_lines(proposal: &Proposal, verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![format!("{}: {} (from {})", verdict.id, verdict.evidence, verdict.origin)];
    lines.extend(verdict.reason.as_ref().map(|reason| format!("  your reason: {reason}")));
    let plan = &proposal.plan;
    if let (Some(before), Some(after)) = (plan.nothing.weights.get(&verdict.id), plan.outcome.weights.get(&verdict.id))
    {
        let bound = verdict.bound.map_or_else(String::new, |bound| format!(", bound {}", bound.percent()));
        let (before, after) = (Weight(*before).percent(), Weight(*after).percent());
        lines.push(format!("  before the plan {before}, after it {after}{bound}"));
    }
    if !verdict.fired {
        lines.push(format!("  it asks for no trade{}", distance(verdict)));
    }
    for limit in &verdict.limits {
        if let Measure::ExposureCap { coefficients, .. } = &limit.measure {
            lines.extend(measured(&proposal.problem, coefficients));
        }
    }
    lines
}

/// Says how far a rule that did not fire is from firing.
pub(super) fn distance(verdict: &Verdict) -> String {
    match (verdict.measured, verdict.bound) {
        (Some(measured), Some(bound)) => {
            let points = (bound.0 - measured.0) * 100.0;
            let word = if points < 0.0 { "beyond" } else { "from" };
            format!("; {:.1} points {word} its bound", points.abs())
        }
        _ => String::new(),
    }
}

/// Returns the holdings that add most to a measure, with their part.
fn measured(problem: &Problem, coefficients: &std::collections::BTreeMap<Symbol, f64>) -> Vec<String> {
    let mut held: std::collections::BTreeMap<&Symbol, Money> = std::collections::BTreeMap::new();
    for lot in &problem.lots {
        if let Some(security) = problem.securities.get(&lot.symbol) {
            *held.entry(&lot.symbol).or_default() += security.price * lot.quantity;
        }
    }
    for fixed in &problem.fixed {
        *held.entry(&fixed.symbol).or_default() += fixed.value;
    }
    let part = |(symbol, value): (&Symbol, Money)| {
        let share = coefficients.get(symbol).copied().unwrap_or(0.0);
        (value.to_f64() * share, symbol.clone(), value, share)
    };
    let mut parts: Vec<_> = held.into_iter().map(part).filter(|(dollars, ..)| *dollars > 0.0).collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let line = |(dollars, symbol, value, share): &(f64, Symbol, Money, f64)| {
        let counted = Money::from_f64(*dollars).whole_dollars();
        format!("    {symbol}: {:.1}% of {} = {counted}", share * 100.0, value.whole_dollars())
    };
    let mut lines: Vec<String> = parts.iter().take(LARGEST).map(line).collect();
    if parts.len() > LARGEST {
        lines.push(format!("    and {} more", parts.len() - LARGEST));
    }
    if lines.is_empty() { lines } else { std::iter::once("  it counts:".to_owned()).chain(lines).collect() }
}

/// Returns what solving again says of a limit or target: what it changed, what the next point costs, what stands in
/// the way of keeping it.
fn consequences(proposal: &Proposal, id: &str) -> Vec<String> {
    let found = &proposal.what_if;
    let mut lines: Vec<String> =
        found.without.get(id).map(|found| without(proposal, found.as_ref())).into_iter().collect();
    lines.extend(ladder_lines(proposal, id));
    lines.extend(conflict_line(proposal, id));
    if let (Some(looser), Some(plan)) = (found.looser.get(id), &found.fractions) {
        let other = &looser.outcome;
        let (more, taxed) = (more_or_less(plan.sold - other.sold), lower_or_higher(plan.tax - other.tax));
        let (left, now) = (other.furthest_over().dollars(), plan.furthest_over().dollars());
        let by = &looser.by;
        lines.push(format!(
            "  {by}: {more} sold, tax is {taxed}, and {left} stays over the cap that is exceeded most instead of {now}"
        ));
    }
    lines
}

/// Says what the plan would be without a limit or target.
pub(super) fn without(proposal: &Proposal, found: Option<&Difference>) -> String {
    let Some(difference) = found else { return "  without it the plan is the same".to_owned() };
    let moved = |word: &str, list: &[(Symbol, Shares, Shares)]| {
        let one = |(symbol, with, without): &(Symbol, Shares, Shares)| {
            format!("{symbol} {} -> {}", proposal.amount(symbol, *with), proposal.amount(symbol, *without))
        };
        let list: Vec<String> = list.iter().map(one).collect();
        if list.is_empty() { String::new() } else { format!("; {word} {}", list.join(", ")) }
    };
    let elsewhere = if difference.sales.is_empty() && difference.buys.is_empty() {
        "; the same shares, in other lots or accounts"
    } else {
        ""
    };
    format!(
        "  without it {} sold and tax is {}{}{}{elsewhere}",
        more_or_less(difference.sold),
        lower_or_higher(difference.tax),
        moved("sold", &difference.sales),
        moved("bought", &difference.buys)
    )
}

/// Returns the price ladder of a cap: each step solved again, steps of the same price together.
pub(super) fn ladder_lines(proposal: &Proposal, id: &str) -> Vec<String> {
    let Some(rungs) = proposal.what_if.ladders.get(id) else { return Vec::new() };
    let steps = what_if::steps(rungs);
    let mut lines = Vec::new();
    // What other limits ask for is taxed whatever this cap is.
    let anyway = rungs.first().filter(|rung| rung.tax.is_positive());
    if steps.iter().any(|step| !step.per_point.is_zero()) {
        let beyond = anyway.map_or_else(String::new, |rung| {
            format!(", beyond the {} of the plan with a cap of {}", rung.tax.dollars(), rung.cap.percent())
        });
        lines.push(format!("  what a point of this cap costs in tax{beyond} (each point solved again):"));
        lines.extend(steps.iter().map(|step| {
            let saves = if step.per_point.is_negative() { "saves " } else { "" };
            let per = step.per_point.abs().dollars();
            format!("    {:>6} -> {:>6}  {saves}{per} a point", step.from.percent(), step.to.percent())
        }));
        lines.extend(sentence(rungs, proposal, id).map(|text| format!("  {text}")));
    } else if let (Some(first), Some(last)) = (steps.first(), steps.last()) {
        let (from, to) = (first.from.percent(), last.to.percent());
        let tax = anyway.map_or_else(
            || "no tax".to_owned(),
            |rung| format!("no tax beyond the {} that other limits cost", rung.tax.dollars()),
        );
        lines.push(format!("  lowering this cap from {from} to {to} costs {tax} (each point solved again)"));
    }
    if let Some(rung) = rungs.iter().find(|rung| rung.excess > what_if::CENT) {
        let left = rung.excess.whole_dollars();
        lines.push(format!("  a cap of {} cannot be reached in this run: {left} stays over it", rung.cap.percent()));
    }
    lines
}

/// Says what the next point would cost and what the last one did.
fn sentence(rungs: &[Rung], proposal: &Proposal, id: &str) -> Option<String> {
    let bound = proposal.verdicts.iter().find(|verdict| verdict.id == id)?.bound?;
    let at = rungs.iter().position(|rung| (rung.cap.0 - bound.0).abs() < 1e-9)?;
    let (last, next) = (rungs.get(at)?.marginal?, rungs.get(at + 1)?.marginal?);
    Some(point_words(next, last))
}

/// A point of a cap can make a plan cheaper: what it sells more has losses.
fn point_words(next: Money, last: Money) -> String {
    let paid = |price: Money, costs: &str, saves: &str| {
        let word = if price.to_cents().is_negative() { saves } else { costs };
        format!("{word} {}", price.abs().dollars())
    };
    format!(
        "The next point of this cap {} in tax; the last one {}.",
        paid(next, "costs", "saves"),
        paid(last, "cost", "saved")
    )
}

/// Says which limits cannot hold together with a cap that stays broken.
pub(super) fn conflict_line(proposal: &Proposal, id: &str) -> Option<String> {
    match proposal.what_if.conflicts.get(id)?.as_slice() {
        [] => None,
        [_] => {
            Some(format!("  {id} cannot be kept even with every other limit taken away: too little of it can be sold"))
        }
        several => Some(format!("  these cannot hold together: {}", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_costs_less_than_nothing_saves_tax() {
        let dollars = |amount: i64| Money(amount.into());
        let said = "The next point of this cap saves $12.00 in tax; the last one cost $30.00.";
        assert_eq!(point_words(dollars(-12), dollars(30)), said);
        let said = "The next point of this cap costs $0.00 in tax; the last one saved $5.00.";
        assert_eq!(point_words(Money::ZERO, dollars(-5)), said);
    }
}
