//! What must be known before acting: warnings and notes of the run, guesses about accounts, and cash that lies idle.

use super::left::idle_cash;
use crate::diagnostics::Diagnostic;
use crate::explain::brief::{Place, Section};
use crate::model::AccountKindOrigin;
use crate::proposal::Proposal;

/// Says it, the gravest first.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let mut raised: Vec<&Diagnostic> = proposal.diagnostics.iter().collect();
    raised.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let raised = raised.into_iter().map(|diagnostic| {
        let place = diagnostic.place.as_ref().map_or_else(String::new, |place| format!(" ({})", place.locator()));
        let after = if diagnostic.message.ends_with('?') { " " } else { "; " };
        let hint = diagnostic.hint.as_ref().map_or_else(String::new, |hint| format!("{after}{hint}"));
        format!("{}: {}{place}{hint}", diagnostic.severity.word(), diagnostic.message)
    });
    let guessed = proposal.portfolio.accounts.iter().filter_map(|account| {
        let how = match &account.kind_origin {
            AccountKindOrigin::Config(_) => return None,
            AccountKindOrigin::GuessedFromName => "from its name",
            AccountKindOrigin::Assumed => "assumed: nothing says otherwise",
        };
        let (label, kind) = (account.label(), account.kind.id());
        Some(format!("note: {label} read as {kind} ({how}); a wrong guess costs tax, set [accounts] to change it"))
    });
    let idle = idle_cash(proposal).map(|words| format!("warning: {words}"));
    Section::new("warnings", "Know before you act", Place::Head)
        .words(idle.into_iter().chain(raised).chain(guessed))
        .if_any()
}
