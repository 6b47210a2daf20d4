//! One file per finding: what it is, when it is said, its words and its figures.

mod alternatives;
mod asked;
mod changes;
mod decided;
pub(super) mod doubt;
mod excluded;
mod head;
mod ladder;
pub(super) mod left;
mod market;
mod missing;
mod nothing;
mod orders;
pub(super) mod overshot;
mod owned;
mod pace;
mod quiet;
mod read;
mod record;
mod reversal;
mod route;
mod short;
mod since;
mod stops;
mod takes;
pub(super) mod unsold;
mod untraded;
mod warnings;
pub(super) mod wrong;

pub(crate) use left::idle_cash;
pub use market::ramp;
pub use overshot::{Overshot, overshot};
pub(crate) use unsold::unsold;

use super::brief::Section;
use crate::proposal::Proposal;

/// Most rows of a list before the rest is counted.
pub(super) const MOST_ROWS: usize = 8;

/// Says something of a proposal, or nothing.
pub type Finding = fn(&Proposal) -> Option<Section>;

/// Every finding, in the order of a document within each place.
pub static FINDINGS: &[Finding] = &[
    head::find,
    warnings::find,
    short::find,
    asked::find,
    route::find,
    orders::find,
    decided::find,
    stops::find,
    since::find,
    owned::find,
    doubt::find,
    takes::find,
    market::find,
    missing::find,
    excluded::find,
    changes::find,
    left::find,
    unsold::find,
    overshot::find,
    alternatives::find,
    pace::find,
    nothing::find,
    reversal::find,
    untraded::find,
    wrong::find,
    ladder::find,
    read::find,
    quiet::find,
    record::find,
];
