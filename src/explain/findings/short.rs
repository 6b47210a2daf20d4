//! The answer in short: what the orders come to, what they bring, what is left, and what to do next.

use crate::diagnostics::counted;
use crate::explain::brief::{Block, Place, Section};
use crate::explain::words;
use crate::proposal::Proposal;
use crate::units::{Decimal, Money, Weight};

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    if proposal.trades.is_empty() {
        return None;
    }
    let mut section = Section::new("short", "In short", Place::Answer)
        .words([words::summary(proposal)])
        .words(brings(proposal))
        .words(left(proposal))
        .words(invested(proposal))
        .words(proposal.distributions.short())
        .words(not_bought(proposal));
    if let Some(trade) = proposal.trades.first() {
        let next = format!("next: broaden explain {} PATH, -o report.html, -o orders.csv", trade.symbol);
        let decide = "decide: --accept, --reject or --later ID, --quantity ID=SHARES";
        section.blocks.extend([Block::Verbatim(next), Block::Verbatim(decide.to_owned())]);
    }
    Some(section)
}

/// Says what comes of the cap that leads.
fn brings(proposal: &Proposal) -> Option<String> {
    let cap = proposal.leading_cap()?;
    let of = |outcome: &crate::plan::Outcome| outcome.weights.get(&cap.id).map(|weight| Weight(*weight).percent());
    let (before, after) = (of(&proposal.plan.nothing)?, of(&proposal.plan.outcome)?);
    let limit = cap.bound.map_or_else(String::new, |bound| format!("; your limit is {}", bound.percent()));
    Some(format!("{} goes from {before} to {after}{limit}", cap.subject))
}

/// Cash of more than this part of the household that is invested in one run is worth a line.
const AT_ONCE: f64 = 0.2;

/// Says how much of the cash that was there is invested at once, where that is a large part of all that is owned.
fn invested(proposal: &Proposal) -> Option<String> {
    let outcome = &proposal.plan.outcome;
    let cash = outcome.bought - outcome.sold;
    let weight = cash.share_of(outcome.value).filter(|weight| weight.0 > AT_ONCE)?;
    let (cash, weight) = (cash.whole_dollars(), weight.percent());
    Some(format!("invests {cash} of cash at once, {weight} of what you own; `household.cash-reserve` keeps more of it"))
}

/// Says what stays over its limit, and how long the rest takes.
fn left(proposal: &Proposal) -> Option<String> {
    let cent = crate::explain::what_if::CENT;
    let excess = proposal.plan.outcome.excess.iter();
    let over = excess.filter(|(id, over)| **over > cent && proposal.acts(id)).map(|(_, over)| over);
    let over: Vec<&Money> = over.collect();
    let most = over.iter().max()?;
    let limits = counted(over.len(), "limit is", "limits are");
    let by = if over.len() > 1 { "by at most" } else { "by" };
    let runs = proposal.plan.route.as_ref().filter(|route| route.runs > 1).and_then(|route| {
        let more = counted(route.runs - 1, "more run", "more runs");
        let (day, never) = (route.done_by?, route.to_sell_at_deadline);
        let some_stays = route.cannot.values().any(|stays| *stays > Money(Decimal::ONE));
        Some(if never > Money(Decimal::ONE) {
            format!("; what of it is sold takes {more}, until {day}; {} stays", never.whole_dollars())
        } else if some_stays {
            format!("; what of it can be sold takes {more}, until {day}")
        } else {
            format!("; the rest takes {more}, until {day}")
        })
    });
    Some(format!("{limits} still exceeded, {by} {}{}", most.whole_dollars(), runs.unwrap_or_default()))
}

/// Says what must not be bought meanwhile.
fn not_bought(proposal: &Proposal) -> Option<String> {
    let stops: Vec<String> =
        proposal.do_not_buy.iter().map(|stop| format!("{} until {}", stop.symbol, stop.until)).collect();
    (!stops.is_empty()).then(|| format!("do not buy {} (wash sale)", stops.join(", ")))
}
