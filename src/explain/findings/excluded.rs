//! What is shown and counted, but never traded.

use crate::explain::brief::{Place, Section, Table};
use crate::proposal::Proposal;
use crate::units::Money;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let total: Money = proposal.excluded.iter().filter_map(|holding| holding.value).map(Money::abs).sum();
    let mut table = Table::new("<<>", &["account", "holding", "value"]);
    for holding in &proposal.excluded {
        let value = holding.value.map_or_else(|| "unknown".to_owned(), Money::dollars);
        table.row([holding.account.clone(), holding.label.clone(), value]).aside = holding.why.clone();
    }
    Section::new("excluded", "Shown and left alone", Place::State).aside(total.dollars()).table(table).if_any()
}
