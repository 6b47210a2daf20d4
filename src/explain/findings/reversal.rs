//! What making the plan and undoing it would cost.

use crate::explain::brief::{Place, Section};
use crate::proposal::Proposal;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    if proposal.trades.is_empty() {
        return None;
    }
    let cost = proposal.reversal_cost().whole_dollars();
    let aside = format!("would cost about {cost}: the tax is not given back, and spreads are paid again");
    Some(Section::new("reversal", "Reversing this", Place::After).aside(aside))
}
