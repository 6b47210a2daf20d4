//! What the plan changes: each limit before and after, and cash.

use crate::explain::brief::{Place, Section, Table};
use crate::model::Subject;
use crate::proposal::Proposal;
use crate::units::Weight;

/// A change of weight that is worth a row, if nothing else is.
const WORTH: f64 = 0.005;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    if proposal.trades.is_empty() {
        return None;
    }
    let mut table = Table::new("<>>>", &["", "before", "after", "limit"]);
    for verdict in proposal.verdicts.iter().filter(|verdict| !verdict.is_target()) {
        let of = |outcome: &crate::plan::Outcome| outcome.weights.get(&verdict.id).copied();
        let (Some(before), Some(after)) = (of(&proposal.plan.nothing), of(&proposal.plan.outcome)) else { continue };
        if verdict.fired || (before - after).abs() >= WORTH {
            // What purchases of a list of tickers are about is what its id names in short.
            let name = match verdict.subject {
                Subject::Symbols(_) => verdict.id.clone(),
                _ => format!("{} ({})", verdict.subject, verdict.id),
            };
            let limit = verdict.bound.map_or_else(String::new, Weight::percent);
            table.row([name, Weight(before).percent(), Weight(after).percent(), limit]);
        }
    }
    if let Some((before, after)) = proposal.cash_weights() {
        table.row(["cash".to_owned(), before.percent(), after.percent(), String::new()]);
    }
    Section::new("changes", "What changes", Place::After).table(table).if_any()
}
