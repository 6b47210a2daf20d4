//! What whole shares cost, where they make the plan clearly dearer than the best one in fractions.

use crate::explain::brief::{Place, Section};
use crate::explain::words::sentence;
use crate::proposal::Proposal;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let cost = proposal.plan.whole_cost.as_ref().filter(|_| !proposal.trades.is_empty())?;
    let aside = format!("cost {} more than fractions", cost.more().dollars());
    let words = sentence(&cost.text());
    Some(Section::new("whole-cost", &sentence(cost.shares), Place::After).aside(aside).words([words]))
}
