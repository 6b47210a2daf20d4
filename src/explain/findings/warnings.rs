//! What must be known before acting: warnings of the run, and cash that lies idle.

use super::left::idle_cash;
use crate::diagnostics::{Diagnostic, Severity};
use crate::explain::brief::{Place, Section};
use crate::proposal::Proposal;

/// Says it, the gravest first.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let mut raised: Vec<&Diagnostic> =
        proposal.diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Note).collect();
    raised.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let raised = raised.into_iter().map(|item| format!("{}: {}", item.severity.word(), said(item, true)));
    let idle = idle_cash(proposal).map(|words| format!("warning: {words}"));
    Section::new("warnings", "Know before you act", Place::Head).words(idle.into_iter().chain(raised)).if_any()
}

/// Says a diagnostic in a line, with its place, and its hint where that is wanted.
pub fn said(item: &Diagnostic, hinted: bool) -> String {
    let place = item.place.as_ref().map_or_else(String::new, |place| format!(" ({})", place.locator()));
    let after = if item.message.ends_with('?') { " " } else { "; " };
    let hint = item.hint.as_ref().filter(|_| hinted).map_or_else(String::new, |hint| format!("{after}{hint}"));
    format!("{}{place}{hint}", item.message)
}
