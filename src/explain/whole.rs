//! The plan as a whole: beside what it would be under other circumstances, what bound it, what each rule changed, what
//! did not fire, and what would make it wrong.

use super::brief::{Place, Section};
use super::findings::{self, FINDINGS};
use super::{rule, signal, words};
use crate::proposal::{Flow, Proposal};

/// Sections of the report that the explanation has too, with those of its own between them.
const SHARED: [&str; 7] = ["alternatives", "overshot", "unsold", "ladder", "quiet", "wrong", "record"];

/// Returns the explanation of the plan as a whole.
pub fn whole(proposal: &Proposal) -> Vec<Section> {
    let mut shared: Vec<Section> = FINDINGS.iter().filter_map(|finding| finding(proposal)).collect();
    shared.retain(|section| SHARED.contains(&section.id.as_str()));
    let at = shared.iter().position(|section| section.place == Place::Appendix).unwrap_or(shared.len());
    let last = shared.split_off(at);
    let own = [Some(strength(proposal)), orders(proposal), rules(proposal), limits(proposal)];
    std::iter::once(head(proposal)).chain(shared).chain(own.into_iter().flatten()).chain(last).collect()
}

fn head(proposal: &Proposal) -> Section {
    let plan = &proposal.plan;
    let aside = format!("plan of {}: {}", proposal.as_of, proposal.counted_orders());
    // Where everything is reached, what binds has a price all the same: it keeps the plan from a cheaper way.
    let reached = findings::left::left(proposal).is_empty();
    let binds = if reached { "what makes it dearer" } else { "what stops it from doing more" };
    let binds = (!plan.binding.is_empty()).then(|| format!("{binds}: {}", plan.binding.join(", ")));
    Section::new("plan", "", Place::Head).aside(aside).words(Flow::words(&proposal.flows())).words(binds)
}

fn strength(proposal: &Proposal) -> Section {
    let mut lines = signal::whole(proposal).into_iter();
    let title = lines.next().unwrap_or_default();
    Section::new("strength", &words::sentence(&title), Place::State).words(lines.map(|line| line.trim().to_owned()))
}

/// Returns the orders with the ids of what asks for them.
fn orders(proposal: &Proposal) -> Option<Section> {
    let order = |trade: &crate::trades::Trade| {
        let lot = trade.lot.as_ref().and_then(|lot| lot.opened);
        let lot = lot.map_or_else(String::new, |day| format!(", lot of {day}"));
        let ids: Vec<&str> = trade.reasons().map(|reason| reason.id.as_str()).collect();
        let (verb, quantity, why) = (words::verb(trade.side), trade.amount(), ids.join(", "));
        format!("{verb} {quantity} {} in {}{lot}: {why}", trade.symbol, trade.account)
    };
    Section::new("orders", "What asks for each order", Place::Answer).words(proposal.trades.iter().map(order)).if_any()
}

/// Returns what each rule that fired changed.
fn rules(proposal: &Proposal) -> Option<Section> {
    let mut section = Section::new("rules", "What each rule that fired changed", Place::Appendix)
        .aside("each left out and solved again, in fractions of shares");
    for verdict in proposal.verdicts.iter().filter(|verdict| verdict.fired) {
        let found = proposal.what_if.without.get(&verdict.id);
        let without = found.map(|found| format!("; {}", rule::without(proposal, found.as_ref()).trim()));
        let conflict = rule::conflict_line(proposal, &verdict.id).map(|line| format!("; {}", line.trim()));
        let said = format!("{}: {} (from {})", verdict.id, verdict.evidence, verdict.origin);
        section = section.words([said + &without.unwrap_or_default() + &conflict.unwrap_or_default()]);
    }
    section.if_any()
}

/// Returns what the limits on actions changed, those that did.
fn limits(proposal: &Proposal) -> Option<Section> {
    let ruled = |id: &str| proposal.verdicts.iter().any(|verdict| verdict.fired && verdict.id == id);
    let own = proposal.problem.limits.iter().filter(|limit| !ruled(&limit.id));
    let changed = own.filter_map(|limit| {
        let found = proposal.what_if.without.get(&limit.id)?.as_ref()?;
        Some(format!("{} (from {}): {}", limit.id, limit.origin, rule::without(proposal, Some(found)).trim()))
    });
    Section::new("limits", "What other limits changed", Place::Appendix).words(changed).if_any()
}
