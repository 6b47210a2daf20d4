//! `broaden` reads what you own, measures how much of it is really tech, reads how broad the market's advance is,
//! applies your rotation rules, and proposes lot-level, whole-share trades, with the reason, tax and cost of each.
//!
//! # One way through the house
//!
//! ```text
//! holdings -> exposure -> signals -> rules -> household -> plan -> trades -> explain -> report
//! (below all of them: units, diagnostics, model, config, market, reference)
//! ```
//!
//! Each stage takes plain data by reference and returns plain data. A file imports only layers below its own;
//! `tests/all/architecture.rs` enforces it.
//!
//! # Invariants
//!
//! * The library never prints, never reads the clock, never opens the network, never exits.
//! * No stage after [`holdings`] knows a broker; no stage after [`market`] knows a vendor.
//! * Money, prices and shares are decimals. Binary floats live only inside signals, exposure weights and the linear
//!   program; what is printed is recomputed from decimals after rounding.
//! * A trade cannot exist without a reason. A verdict that did not fire is kept, with its distance to firing.
//! * Same inputs, same bytes out: inputs are sorted canonically, ties are broken by a documented order, no wall-clock
//!   limit decides an answer.
//! * Unknown is not zero: a missing basis, price or sector is reported and handled by a stated rule.
//! * Doing nothing is always an allowed plan, and is always shown for comparison.

#[cfg(test)]
extern crate self as broaden;

pub mod compare;
pub mod config;
pub mod diagnostics;
pub mod explain;
pub mod exposure;
pub mod holdings;
pub mod household;
pub mod market;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod proposal;
pub mod reference;
pub mod report;
pub mod rules;
pub mod signals;
pub mod tax;
pub mod trades;
pub mod units;
