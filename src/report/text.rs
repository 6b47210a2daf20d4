//! The report for the terminal: one screen for a small household, grouped so that the eye finds what is owned, what
//! the market says, what to do, what it costs and what remains.

mod after;
mod orders;
mod since;
mod state;

use super::Options;
use super::page::Page;
use crate::diagnostics::counted;
use crate::model::AccountKindOrigin;
use crate::proposal::{Asked, DISCLAIMER, Flow, Proposal};

pub(super) use state::ramp;

/// Most rows of a list before the rest is counted.
const MOST_ROWS: usize = 8;

/// Returns the report.
pub fn render(proposal: &Proposal, options: Options) -> String {
    let mut page = Page { text: String::new(), options };
    header(&mut page, proposal);
    state::owned(&mut page, proposal);
    state::market(&mut page, proposal);
    orders::write(&mut page, proposal);
    if let Some(changes) = &proposal.since {
        since::write(&mut page, changes);
    }
    after::changes(&mut page, proposal);
    after::left(&mut page, proposal);
    after::quiet_rules(&mut page, proposal);
    after::excluded(&mut page, proposal);
    after::record(&mut page, proposal);
    page.text
}

fn header(page: &mut Page, proposal: &Proposal) {
    let count = proposal.portfolio.accounts.len();
    page.line(format!(
        "broaden {}    as of {}    {}    {}",
        proposal.version,
        proposal.as_of,
        counted(count, "account", "accounts"),
        proposal.exposure.value.dollars()
    ));
    page.sentence(0, DISCLAIMER);
    if !proposal.asked.is_empty() {
        let asked: Vec<String> = proposal.asked.iter().map(Asked::text).collect();
        page.sentence(0, &format!("WHAT IF, for this run only: {}", asked.join("  ")));
    }
    if let Some(words) = Flow::words(&proposal.flows()) {
        page.sentence(0, &words);
    }
    for account in &proposal.portfolio.accounts {
        let how = match &account.kind_origin {
            AccountKindOrigin::Config(_) => continue,
            AccountKindOrigin::GuessedFromName => "from its name",
            AccountKindOrigin::Assumed => "assumed: nothing says otherwise",
        };
        let text = format!("{} read as {} ({how}); set [accounts] to change", account.label(), account.kind.id());
        page.sentence(0, &text);
    }
}
