//! Which positions make a slice of the household: a sector, an issuer or a theme.

use super::{Contribution, lines, sort};
use crate::model::{Portfolio, Sector};
use crate::reference::{Composition, Registry};
use crate::units::{Money, Weight};

/// A part of the household that positions add to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slice {
    /// A GICS sector.
    Sector(Sector),
    /// An issuer, by id.
    Issuer(String),
    /// A theme, by id.
    Theme(String),
}

impl Slice {
    fn fraction(&self, parts: &Composition) -> f64 {
        match self {
            Slice::Sector(sector) => parts.sectors.get(sector),
            Slice::Issuer(issuer) => parts.issuers.get(issuer),
            Slice::Theme(theme) => parts.themes.get(theme),
        }
        .copied()
        .unwrap_or(0.0)
    }
}

/// Returns what each position adds to a slice, largest first; they add up to the slice's weight.
pub fn contributions_to(portfolio: &Portfolio, registry: &Registry, slice: &Slice) -> Vec<Contribution> {
    let (lines, _) = lines::collect(portfolio, registry, None);
    let value: Money = lines.iter().map(|line| line.value).sum();
    let mut out = Vec::new();
    for line in lines.iter().filter(|line| line.kind == lines::LineKind::Invested) {
        let fraction = slice.fraction(&line.parts(registry));
        if let (Some(position), Some(weight), true) = (line.position, line.value.share_of(value), fraction != 0.0) {
            out.push(Contribution {
                account: line.account,
                position,
                label: line.label.clone(),
                value: line.value,
                fraction,
                weight: Weight(weight.0 * fraction),
                through_fund: line.through_fund,
            });
        }
    }
    sort(&mut out);
    out
}
