//! What each point of the leading cap costs in tax.

use crate::explain::brief::{Place, Section};
use crate::explain::rule;
use crate::proposal::Proposal;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let cap = proposal.leading_cap()?;
    let lines = rule::ladder_lines(proposal, &cap.id).into_iter().map(|line| line.trim().to_owned());
    Section::new("ladder", "The price ladder", Place::Appendix).aside(format!("of {}", cap.id)).words(lines).if_any()
}
