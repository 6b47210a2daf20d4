//! One file per kind of limit: how it becomes linear bounds over the trades.
//!
//! Limits on actions are hard. Limits on the resulting state are repaired: the excess may not grow, and the objective
//! brings it down as far as the hard limits allow. Doing nothing keeps every one of them, so a plan always exists.

mod buy_cap;
mod buy_only;
mod do_not_buy;
mod do_not_sell;
mod exposure_cap;
mod exposure_floor;
mod gain_budget;
mod max_trades;
mod min_trade;
mod risk_cap;
mod tax_budget;
mod turnover;
pub(super) mod worth;

use super::draft::Draft;
use crate::model::Measure;

/// A kind of limit.
#[derive(Clone, Copy)]
pub struct Constraint {
    /// Its name, as in `broaden explain KIND`.
    pub kind: &'static str,
    /// What it does, why, and its formula.
    pub doc: &'static str,
    /// Writes a measure of this kind (and no other) into the draft; the number is the index of its limit.
    pub(super) apply: fn(&Measure, usize, &mut Draft<'_>),
}

/// Every kind of limit.
pub const CONSTRAINTS: &[Constraint] = &[
    Constraint { kind: "exposure-cap", doc: exposure_cap::DOC, apply: exposure_cap::apply },
    Constraint { kind: "risk-cap", doc: risk_cap::DOC, apply: risk_cap::apply },
    Constraint { kind: "exposure-floor", doc: exposure_floor::DOC, apply: exposure_floor::apply },
    Constraint { kind: "buy-cap", doc: buy_cap::DOC, apply: buy_cap::apply },
    Constraint { kind: "turnover", doc: turnover::DOC, apply: turnover::apply },
    Constraint { kind: "gain-budget", doc: gain_budget::DOC, apply: gain_budget::apply },
    Constraint { kind: "tax-budget", doc: tax_budget::DOC, apply: tax_budget::apply },
    Constraint { kind: "worth", doc: worth::DOC, apply: worth::apply },
    Constraint { kind: "min-trade", doc: min_trade::DOC, apply: min_trade::apply },
    Constraint { kind: "max-trades", doc: max_trades::DOC, apply: max_trades::apply },
    Constraint { kind: "buy-only", doc: buy_only::DOC, apply: buy_only::apply },
    Constraint { kind: "do-not-sell", doc: do_not_sell::DOC, apply: do_not_sell::apply },
    Constraint { kind: "do-not-buy", doc: do_not_buy::DOC, apply: do_not_buy::apply },
];

impl std::fmt::Debug for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind)
    }
}
