//! Limits that may be broken by what is not known: none of them is called fine.

use crate::explain::brief::{Place, Section};
use crate::proposal::Proposal;
use crate::rules::Verdict;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    Section::new("may-be-broken", "What may be broken", Place::State).words(doubts(proposal)).if_any()
}

/// Returns the caps that what is not known may break, the widest first.
fn doubtful(proposal: &Proposal) -> Vec<&Verdict> {
    let high = |verdict: &&Verdict| verdict.range.map_or(0.0, |(_, high)| high.0);
    let mut found: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| verdict.doubt().is_some()).collect();
    found.sort_by(|a, b| high(b).total_cmp(&high(a)).then_with(|| a.id.cmp(&b.id)));
    found
}

/// Says that every limit holds, or which may be broken, as the beginning of a sentence.
pub fn limits_hold(proposal: &Proposal) -> String {
    let doubtful = doubtful(proposal);
    let Some(first) = doubtful.first() else { return "every limit holds".to_owned() };
    let more = match doubtful.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let doubt = first.doubt().unwrap_or_default();
    format!("no limit is known to be broken, but {} {doubt}{more}", first.id)
}

/// Says of each cap that may be broken between what and what it lies, and how much of what is owned hides it.
pub fn doubts(proposal: &Proposal) -> Vec<String> {
    let says = |verdict: &Verdict| {
        let hidden = verdict.capped_theme().and_then(|id| proposal.exposure.themes.get(id));
        let hidden = hidden.map_or_else(String::new, |theme| format!("; {}", theme.hidden_words()));
        let bound = verdict.bound.map(|bound| format!(", limit {}", bound.percent())).unwrap_or_default();
        format!("{} ({}) {}{bound}{hidden}", verdict.id, verdict.subject, verdict.doubt().unwrap_or_default())
    };
    doubtful(proposal).into_iter().map(says).collect()
}
