//! The rules that did not fire, the nearest first.

use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section};
use crate::proposal::Proposal;
use crate::rules::Verdict;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let mut quiet: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| !verdict.fired).collect();
    quiet.sort_by(|a, b| b.nearness().total_cmp(&a.nearness()).then_with(|| a.id.cmp(&b.id)));
    let aside = counted(quiet.len(), "rule", "rules");
    let line = |verdict: &Verdict| format!("{}: {} (from {})", verdict.id, verdict.evidence, verdict.origin);
    Section::new("quiet", "What did not fire, the nearest first", Place::Appendix)
        .aside(aside)
        .words(quiet.into_iter().map(line))
        .if_any()
}
