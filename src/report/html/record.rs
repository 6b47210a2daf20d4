//! The run record: what it takes to get the same answer again, and how good the answer is.

use super::label::Label;
use crate::plan::{AIMS, Levels, Mode};
use crate::proposal::Proposal;
use crate::units::Money;

/// The section.
pub(super) struct Record {
    pub version: &'static str,
    pub as_of: String,
    pub config: Label,
    pub has_config: bool,
    pub solver: Label,
    pub files: Vec<(Label, Label, Label)>,
    pub levels: Vec<Level>,
    pub proven: bool,
}

/// One level of the objective.
pub(super) struct Level {
    pub name: &'static str,
    pub nothing: String,
    pub plan: String,
    pub fractions: String,
}

impl Record {
    pub fn new(proposal: &Proposal) -> Record {
        let plan = &proposal.plan;
        let least = |bound: &Option<Levels>, of: fn(&Levels) -> Money| {
            bound.as_ref().map_or_else(|| "\u{2013}".to_owned(), |bound| of(bound).dollars())
        };
        // With prices the aims behind the first are one sum, whose parts have no least of their own.
        let is_priced = matches!(proposal.problem.mode, Mode::Priced { .. });
        let levels = AIMS.into_iter().enumerate().map(|(place, (name, of))| {
            let known = |bound| if is_priced && place > 0 { least(&None, of) } else { least(bound, of) };
            Level {
                name,
                nothing: of(&plan.nothing.levels).dollars(),
                plan: of(&plan.outcome.levels).dollars(),
                fractions: known(&plan.bound),
            }
        });
        let file = |file: &crate::model::InputFile| {
            (Label::name(file.name()), Label::name(file.role), Label::words(file.sha256()))
        };
        Record {
            version: proposal.version,
            as_of: proposal.as_of.to_string(),
            config: Label::words(&proposal.config_digest),
            has_config: proposal.has_config,
            solver: Label::name(&plan.solver),
            files: proposal.files.iter().map(file).collect(),
            levels: levels.collect(),
            proven: plan.bound.is_some(),
        }
    }
}
