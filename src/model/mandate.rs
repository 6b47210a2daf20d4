//! What the rules ask of the plan: limits and targets, each with the id it has in the config.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Symbol;
use crate::units::{Money, Weight};

/// Whether a limit can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// A limit on actions: never broken.
    Hard,
    /// A limit on the resulting state: if broken, never made worse, and repaired as far as hard limits allow.
    Repaired,
}

/// A measure of risk over equally likely scenarios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Risk {
    /// Mean loss in the worst `1 - level` of the scenarios (conditional value at risk).
    Cvar {
        /// From 0 to below 1.
        level: f64,
    },
    /// Mean absolute deviation from the mean.
    Mad,
}

/// What a limit bounds.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// `sum(coefficient * value) <= cap * V'`, dollars of exposure per dollar held, after look-through. Repaired.
    ExposureCap {
        /// Per dollar of each held or buyable symbol; a symbol that is missing has none.
        coefficients: BTreeMap<Symbol, f64>,
        /// Highest weight of the post-trade value.
        cap: Weight,
        /// The cap acts only when exceeded by more than this; then it is repaired to the cap.
        trigger: Weight,
    },
    /// `sum(coefficient * value) >= floor * V'`; a plan may not push the exposure below, or further below. Hard.
    ExposureFloor {
        /// Per dollar of each held or buyable symbol.
        coefficients: BTreeMap<Symbol, f64>,
        /// Lowest weight of the post-trade value.
        floor: Weight,
    },
    /// Risk of the whole portfolio over past returns, at most `cap * V'`. Repaired.
    RiskCap {
        /// Which measure.
        risk: Risk,
        /// Return of each held or buyable symbol in each scenario; one that is missing does not move.
        returns: Arc<BTreeMap<Symbol, Vec<f64>>>,
        /// Highest risk as a weight of the post-trade value.
        cap: Weight,
        /// The cap acts only when exceeded by more than this; then it is repaired to the cap.
        trigger: Weight,
    },
    /// Buys may not lift the combined value of the symbols above the weight; nothing is sold for it. Hard.
    BuyCap {
        /// The symbols counted together.
        symbols: Vec<Symbol>,
        /// Highest weight of the portfolio value.
        cap: Weight,
    },
    /// Dollars sold over portfolio value. Hard.
    Turnover(Weight),
    /// Net realised gain of the plan, short and long together, in dollars. Hard.
    GainBudget(Money),
    /// Incremental tax of the plan, in dollars. Hard.
    TaxBudget(Money),
    /// Most tax and trading cost per dollar that must be sold: what costs more is left. Hard.
    Worth(Weight),
    /// Smallest trade, in dollars. Hard.
    MinTrade(Money),
    /// Most trades of a plan. Hard.
    MaxTrades(u32),
    /// Nothing is sold. Hard.
    BuyOnly,
    /// Never sold, in any account. Hard.
    DoNotSell(Vec<Symbol>),
    /// Never bought, in any account. Hard.
    DoNotBuy(Vec<Symbol>),
}

impl Measure {
    /// Returns how the limit is enforced.
    pub fn enforcement(&self) -> Enforcement {
        match self {
            Measure::ExposureCap { .. } | Measure::RiskCap { .. } => Enforcement::Repaired,
            _ => Enforcement::Hard,
        }
    }
}

/// A bound with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// As in the config: `limits.tech`; one per issuer for issuer caps: `limits.issuer.NVDA`.
    pub id: String,
    /// The leaf that made it: `theme-cap`.
    pub kind: &'static str,
    /// What it bounds.
    pub measure: Measure,
    /// Where the bound comes from, in words: `broaden.toml:14`, `default`, `--set`.
    pub origin: String,
}

/// What happens when a target is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The gap is filled as far as cash and limits allow.
    Fill,
    /// The holding is inside its no-trade band: shown, not traded.
    InsideBand,
}

/// A weight to be reached by buying.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// As in the config: `sleeve.XLI`.
    pub id: String,
    /// What to buy.
    pub symbol: Symbol,
    /// Lowest weight of the post-trade value; a gap below it is closed as far as limits allow.
    pub weight: Weight,
    /// Whether the gap is acted on.
    pub reaction: Reaction,
    /// Where the weight comes from, in words.
    pub origin: String,
}

/// Everything the rules ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mandate {
    /// In id order.
    pub limits: Vec<Limit>,
    /// In id order.
    pub targets: Vec<Target>,
    /// What may be bought at all, wherever the account allows it.
    pub buyable: Vec<Symbol>,
}
