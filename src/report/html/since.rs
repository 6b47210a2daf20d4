//! What was asked for this run only, and what changed since an earlier proposal.

use super::label::Label;
use crate::model::Side;
use crate::proposal::{Cause, Proposal};

/// Most differences that are listed.
const MOST: usize = 40;

/// The section.
pub(super) struct Since {
    pub name: Label,
    pub as_of: Label,
    pub same: usize,
    pub orders: Vec<Changed>,
    pub causes: Vec<Label>,
    pub notes: Vec<Label>,
}

/// One order that is not what it was.
pub(super) struct Changed {
    pub what: Label,
    pub before: Label,
    pub after: Label,
    pub because: Vec<Label>,
}

/// Returns the options of this run, without their dashes: a label would take those for a formula.
pub(super) fn asked(proposal: &Proposal) -> Vec<Label> {
    proposal.asked.iter().map(|asked| Label::words(asked.text().trim_start_matches('-'))).collect()
}

fn cause(cause: &Cause) -> Label {
    Label::words(format!("{}: {}", cause.kind, cause.words()))
}

impl Since {
    pub fn new(proposal: &Proposal) -> Option<Since> {
        let since = proposal.since.as_ref()?;
        let shares = |text: &Option<String>| Label::name(text.as_deref().unwrap_or("none"));
        let orders = since.orders.iter().map(|order| {
            let verb = if order.side == Side::Sell { "sell" } else { "buy" };
            Changed {
                what: Label::words(format!("{verb} {} in {}", order.symbol, order.account)),
                before: shares(&order.before),
                after: shares(&order.after),
                because: order.because.iter().map(Label::words).collect(),
            }
        });
        Some(Since {
            name: Label::name(&since.name),
            as_of: Label::name(&since.as_of),
            same: since.same,
            orders: orders.collect(),
            causes: since.causes.iter().take(MOST).map(cause).collect(),
            notes: since.notes.iter().map(Label::words).collect(),
        })
    }
}
