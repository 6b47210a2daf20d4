//! What must be known before acting: warnings of the run, cash that lies idle, what withdrawals cost, and cash that is not to
//! be spent.

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
    let kept = proposal.problem.kept_for_tax;
    let kept = kept.is_positive().then(|| {
        let kept = kept.whole_dollars();
        format!("Of the cash, {kept} stays for the tax of sales that trades.csv records; it is due in April")
    });
    let words = idle.into_iter().chain(raised).chain(proposal.distributions.words()).chain(kept);
    Section::new("warnings", "Know before you act", Place::Head).words(words).if_any()
}

/// Says a diagnostic in a line, with its place, and its hint where that is wanted.
pub fn said(item: &Diagnostic, hinted: bool) -> String {
    let place = item.place.as_ref().map_or_else(String::new, |place| format!(" ({})", place.locator()));
    let after = if item.message.ends_with('?') { " " } else { "; " };
    let hint = item.hint.as_ref().filter(|_| hinted).map_or_else(String::new, |hint| format!("{after}{hint}"));
    format!("{}{place}{hint}", item.message)
}
