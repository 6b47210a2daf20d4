//! The plan as a whole: beside what it would be under other circumstances, what bound it, what each rule changed, what
//! did not fire, and what would make it wrong.

use super::{rule, signal};
use crate::model::Side;
use crate::plan::Outcome;
use crate::proposal::{Circumstance, Flow, Proposal};
use crate::rules::Verdict;
use crate::tax::break_even;
use crate::units::{Money, Weight};

/// The years and the yearly growth that the break-even is stated for, where no sale says those of the config.
const HORIZON: (f64, f64) = (10.0, 0.06);
/// The lead of what is sold over what is bought for which the regret is stated.
const LEAD: f64 = 0.1;

/// Returns the explanation of the plan as a whole.
pub fn whole(proposal: &Proposal) -> String {
    let plan = &proposal.plan;
    let mut lines = vec![format!("plan of {}: {}", proposal.as_of, proposal.counted_orders())];
    lines.extend(Flow::words(&proposal.flows()));
    lines.push(summary("this plan", &plan.outcome));
    lines.push(summary("doing nothing", &plan.nothing));
    let found = &proposal.what_if;
    for (circumstance, name) in [
        (Circumstance::AllNow, "all of it now"),
        (Circumstance::ShelteredOnly, "only accounts without tax"),
        (Circumstance::Untaxed, "if gains were not taxed"),
    ] {
        lines.extend(found.alternatives.get(&circumstance).map(|other| summary(name, other)));
    }
    if !plan.binding.is_empty() {
        // Where everything is reached, what binds has a price all the same: it keeps the plan from a cheaper way.
        let binds =
            if super::left(proposal).is_empty() { "what makes it dearer" } else { "what stops it from doing more" };
        lines.push(format!("{binds}: {}", plan.binding.join(", ")));
    }
    lines.extend(super::overshot(proposal).iter().map(super::Overshot::text));
    lines.push(String::new());
    lines.extend(signal::whole(proposal));
    lines.push(String::new());
    for trade in &proposal.trades {
        let verb = if trade.side == Side::Sell { "sell" } else { "buy" };
        let lot =
            trade.lot.as_ref().and_then(|lot| lot.opened).map_or_else(String::new, |day| format!(", lot of {day}"));
        let ids: Vec<&str> = trade.reasons().map(|reason| reason.id.as_str()).collect();
        let (quantity, why) = (trade.quantity.text(), ids.join(", "));
        lines.push(format!("{verb} {quantity} {} in {}{lot}: {why}", trade.symbol, trade.account));
    }
    lines.push(String::new());
    lines
        .push("what each rule that fired changed (each left out and solved again, in fractions of shares):".to_owned());
    for verdict in proposal.verdicts.iter().filter(|verdict| verdict.fired) {
        lines.push(format!("{}: {} (from {})", verdict.id, verdict.evidence, verdict.origin));
        lines.extend(found.without.get(&verdict.id).map(|found| rule::without(found.as_ref())));
        lines.extend(rule::conflict_line(proposal, &verdict.id));
    }
    lines.extend(actions(proposal));
    if let Some(cap) = proposal.leading_cap() {
        lines.push(String::new());
        lines.push(format!("the ladder of {}:", cap.id));
        lines.extend(rule::ladder_lines(proposal, &cap.id));
    }
    lines.extend(quiet(proposal));
    lines.push(String::new());
    lines.extend(wrong(proposal));
    lines.join("\n") + "\n"
}

fn summary(name: &str, outcome: &Outcome) -> String {
    // A plan that does not raise what is withdrawn is no cheaper one.
    let short = Some(outcome.levels.cash_shortfall).filter(|short| short.is_positive());
    let short = short.map_or_else(String::new, |short| format!("  cash short {}", short.dollars()));
    format!(
        "  {name:28} sells {:>14}  tax {:>12}  over limits {:>14}  sleeves short {:>12}{short}",
        outcome.sold.dollars(),
        outcome.tax.dollars(),
        outcome.levels.excess.dollars(),
        outcome.levels.gaps.dollars()
    )
}

/// Returns what the limits on actions changed, those that did.
fn actions(proposal: &Proposal) -> Vec<String> {
    let ruled = |id: &str| proposal.verdicts.iter().any(|verdict| verdict.fired && verdict.id == id);
    let own = proposal.problem.limits.iter().filter(|limit| !ruled(&limit.id));
    let changed: Vec<String> = own
        .filter_map(|limit| Some((limit, proposal.what_if.without.get(&limit.id)?.as_ref()?)))
        .flat_map(|(limit, found)| [format!("{} (from {})", limit.id, limit.origin), rule::without(Some(found))])
        .collect();
    if changed.is_empty() {
        return changed;
    }
    [String::new(), "what other limits changed:".to_owned()].into_iter().chain(changed).collect()
}

/// Returns every rule that did not fire, the nearest first.
fn quiet(proposal: &Proposal) -> Vec<String> {
    let mut quiet: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| !verdict.fired).collect();
    if quiet.is_empty() {
        return Vec::new();
    }
    quiet.sort_by(|a, b| {
        let over = |verdict: &Verdict| verdict.over().unwrap_or(f64::NEG_INFINITY);
        over(b).total_cmp(&over(a)).then_with(|| a.id.cmp(&b.id))
    });
    let mut lines = vec![String::new(), "what did not fire, the nearest first:".to_owned()];
    lines.extend(
        quiet.into_iter().map(|verdict| format!("  {}: {} (from {})", verdict.id, verdict.evidence, verdict.origin)),
    );
    lines
}

/// Returns what would make the plan wrong, in dollars.
pub fn wrong(proposal: &Proposal) -> Vec<String> {
    let outcome = &proposal.plan.outcome;
    let mut lines = vec!["what would make this plan wrong:".to_owned()];
    if proposal.trades.is_empty() {
        lines.push("  it does nothing; it is wrong if what is over its limits falls before the next run".to_owned());
    } else {
        let regret = Money::from_f64(outcome.sold.to_f64() * LEAD).whole_dollars();
        lines.push(format!(
            "  if what is sold ({}) goes on to beat what is bought or kept in cash by 10%, {regret} is missed",
            outcome.sold.whole_dollars()
        ));
        lines.push(format!(
            "  if it is reversed: about {} is lost, the tax and twice the spread",
            proposal.reversal_cost().dollars()
        ));
    }
    let gain: Money = proposal.trades.iter().filter_map(|trade| trade.lot.as_ref()?.gain).sum();
    let taxed: Money = proposal
        .trades
        .iter()
        .filter(|trade| trade.lot.as_ref().is_some_and(|lot| lot.gain.is_some()))
        .map(|t| t.value)
        .sum();
    let assumed = proposal.trades.iter().find_map(|trade| trade.lot.as_ref()?.worth.as_ref());
    let (years, growth) = assumed.map_or(HORIZON, |worth| (worth.years, worth.growth));
    if gain.is_positive() && outcome.tax.is_positive() && taxed.is_positive() {
        let (share, rate) = (gain.to_f64() / taxed.to_f64(), outcome.tax.to_f64() / gain.to_f64());
        let later = crate::trades::rate_at_end(&proposal.problem, rate, years);
        if let Some(even) = break_even(share, rate, later, years, growth) {
            lines.push(format!(
                "  to make up for its tax over {years} years at {} growth, what is bought must do better by {:.2}% a year if \
                 the gain would be taxed later anyway, by {:.2}% if never",
                Weight(growth).percent(),
                even.if_taxed_later * 100.0,
                even.if_never_taxed * 100.0
            ));
        }
    }
    let near = proposal.strength.brakes.iter().filter(|brake| brake.nearness.is_some());
    if let Some(brake) = near.min_by(|a, b| a.nearness.unwrap_or(0.0).total_cmp(&b.nearness.unwrap_or(0.0))) {
        lines.push(format!("  if the economy turns: {} is {}", brake.reading.id, brake.distance));
    }
    for part in proposal.strength.parts.iter().filter(|part| part.weight > 0.0 && !part.distance.is_empty()) {
        lines.push(format!("  if the advance narrows again: {} is {}", part.reading.id, part.distance));
    }
    let unknown = 1.0 - proposal.exposure.coverage;
    if unknown > 0.0005 {
        lines.push(format!("  if what is not known ({:.1}% of the value) is tech", unknown * 100.0));
    }
    lines
}
