//! The price ladder of the main cap: what each point of it costs in tax, each solved again.

use super::label::Label;
use super::picture::Gain;
use crate::explain::what_if::{self, CENT};
use crate::proposal::Proposal;

/// The section; nothing where there is no cap to climb.
pub(super) struct Ladder {
    pub cap: Label,
    pub rows: Vec<Rung>,
    /// Why it ends, where it ends early.
    pub end: Option<Label>,
}

/// Neighbouring points of one price.
pub(super) struct Rung {
    pub from: String,
    pub to: String,
    pub per_point: String,
    pub tax: String,
    pub picture: Gain,
}

impl Ladder {
    pub fn new(proposal: &Proposal) -> Option<Ladder> {
        let cap = proposal.leading_cap()?;
        let rungs = proposal.what_if.ladders.get(&cap.id)?;
        let steps = what_if::steps(rungs);
        let prices = || steps.iter().map(|step| step.per_point.to_f64());
        let range = (prices().fold(0.0_f64, f64::min), prices().fold(0.0_f64, f64::max));
        let rows = steps.iter().map(|step| {
            let (from, to) = (step.from.percent(), step.to.percent());
            let per_point = step.per_point.dollars();
            let tax = rungs.iter().find(|rung| rung.cap == step.to).map_or_else(String::new, |rung| rung.tax.dollars());
            let picture = Gain::new(format!("{from} to {to}: {per_point} a point"), step.per_point.to_f64(), range);
            Rung { from, to, per_point, tax, picture }
        });
        let end = rungs.iter().find(|rung| rung.excess > CENT).map(|rung| {
            let (cap, left) = (rung.cap.percent(), rung.excess.whole_dollars());
            Label::words(format!("A cap of {cap} cannot be reached in this run: {left} would stay over it."))
        });
        Some(Ladder { cap: Label::name(&cap.id), rows: rows.collect(), end })
    }
}
