//! What the answer is of, and what it is not. The files with their digests and the solver stand in the record.

use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section};
use crate::explain::words::sentence;
use crate::proposal::{Asked, DISCLAIMER, Flow, Proposal};

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let count = proposal.portfolio.accounts.len();
    let aside = format!(
        "broaden {}, as of {}, {}, {}",
        proposal.version,
        proposal.as_of,
        counted(count, "account", "accounts"),
        proposal.exposure.value.dollars()
    );
    let mut words = vec![DISCLAIMER.trim_end_matches('.').to_owned()];
    if !proposal.asked.is_empty() {
        let asked: Vec<String> = proposal.asked.iter().map(Asked::text).collect();
        words.push(format!("WHAT IF, for this run only: {}", asked.join("  ")));
    }
    words.extend(Flow::words(&proposal.flows()).map(|flows| sentence(&flows)));
    if !proposal.has_config {
        words.push(
            "All rules are defaults: `broaden setup PATH` asks for what is yours, `broaden init` writes them all"
                .to_owned(),
        );
    }
    words.extend(proposal.plan.notes.iter().map(|note| sentence(note)));
    Some(Section::new("head", "", Place::Head).aside(aside).words(words))
}
