//! `[household]`: what is true of all accounts together.

use super::{Document, Fields, Kind, Param, Table};
use crate::diagnostics::Sink;
use crate::model::Symbol;
use crate::units::Weight;

/// Keys of `[household]`.
pub const PARAMS: &[Param] = &[
    Param::with_default("benchmark", Kind::Symbol, "\"SPY\"", "The fund whose figures are printed beside yours."),
    Param::with_default("cash-reserve", Kind::Weight, "\"1%\"", "Share of each account that stays in cash."),
];

/// The section as values.
#[derive(Clone, Debug, PartialEq)]
pub struct Household {
    /// The fund whose figures are printed beside yours.
    pub benchmark: Symbol,
    /// Share of each account that stays in cash.
    pub cash_reserve: Weight,
}

/// Reads `[household]`.
pub fn household(document: &Document, sink: &mut Sink) -> Household {
    let none = Table::default();
    let place = document.root.get("household").map(|node| node.key_place.clone());
    let fields = Fields::new(document.root.table("household").unwrap_or(&none), "household", place, PARAMS, sink);
    Household {
        benchmark: fields.symbol("benchmark").unwrap_or_else(|| Symbol::new("SPY")),
        cash_reserve: fields.weight("cash-reserve").unwrap_or_default(),
    }
}
