//! What it takes to get the same answer again: every file with its digest, the config's, and what solved the plan.

use crate::explain::brief::{Place, Section, Table};
use crate::proposal::Proposal;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let mut table = Table::new("<<<", &["file", "role", "SHA-256"]);
    for file in &proposal.files {
        table.row([file.name().to_owned(), file.role.to_owned(), file.sha256().to_owned()]);
    }
    let words = format!("SHA-256 of the effective config: {}", proposal.config_digest);
    Section::new("record", "Files read", Place::Appendix).words([solved(proposal), words]).table(table).if_any()
}

fn solved(proposal: &Proposal) -> String {
    let plan = &proposal.plan;
    if plan.bound.is_none() && plan.route.is_none() {
        return "nothing had to be solved".to_owned();
    }
    format!("solved by {}", plan.solver)
}
