//! What must not be bought after the plan, lest a loss be disallowed (IRC 1091).

use crate::explain::brief::{Place, Section};
use crate::explain::words;
use crate::proposal::Proposal;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let aside = "in any account of the household (wash sale); turn off dividend reinvestment of these too";
    Section::new("do-not-buy", "Do not buy", Place::Answer)
        .aside(aside)
        .words(proposal.do_not_buy.iter().map(words::stop))
        .if_any()
}
