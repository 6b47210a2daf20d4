//! How the files were read: what was taken from names, assumed, or left out, each with what would change it.

use super::warnings::said;
use crate::diagnostics::{Diagnostic, Severity};
use crate::explain::brief::{Place, Section, Table};
use crate::holdings;
use crate::model::{Account, AccountKindOrigin};
use crate::proposal::Proposal;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let why = |account: &Account| match account.kind_origin {
        AccountKindOrigin::Config(_) => None,
        AccountKindOrigin::GuessedFromName => Some("from its name"),
        AccountKindOrigin::Assumed => Some("assumed: nothing says how it is taxed"),
    };
    let mut table = Table::new("<<<", &["account", "read as", ""]);
    let mut guessed = None;
    for account in &proposal.portfolio.accounts {
        let Some(why) = why(account) else { continue };
        table.row([account.label(), account.kind.id().to_owned(), why.to_owned()]);
        guessed.get_or_insert_with(|| {
            let key = holdings::account_key(account);
            format!("a wrong guess costs tax; to change one: accounts.{key:?}.kind = \"roth\" in broaden.toml")
        });
    }
    // What the table says need not be said again.
    let is_note = |item: &&Diagnostic| item.severity == Severity::Note && item.code != holdings::KIND_GUESSED;
    let notes: Vec<&Diagnostic> = proposal.diagnostics.iter().filter(is_note).collect();
    let words = notes.iter().enumerate().map(|(index, note)| {
        // A hint is said once for neighbours that share it.
        let repeats = notes.get(index + 1).is_some_and(|next| next.hint == note.hint);
        said(note, !repeats)
    });
    Section::new("read", "How your files were read", Place::After).table(table).words(guessed).words(words).if_any()
}
