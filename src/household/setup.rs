//! The settings of every stage that a household is planned with.

use crate::config::{self, Document};
use crate::holdings::{AccountSettings, ImportMapping};
use crate::model::Portfolio;
use crate::plan;
use crate::reference::Registry;
use crate::rules::{RuleSet, strength};
use crate::signals::SignalSetup;

/// The config, checked, the holdings, and everything else that is read before the first stage.
pub struct Setup {
    /// The effective config.
    pub document: Document,
    /// `[household]`.
    pub household: config::Household,
    /// `[accounts]`.
    pub accounts: Vec<AccountSettings>,
    /// `[import.*]`.
    pub imports: Vec<ImportMapping>,
    /// The holdings: their day decides which sectors and fund data hold.
    pub portfolio: Portfolio,
    /// Instruments and themes.
    pub registry: Registry,
    /// `[signals]` and `[brakes]`.
    pub signals: SignalSetup,
    /// `[rotation]`.
    pub rotation: strength::Rotation,
    /// `[limits]` and `[sleeves]`.
    pub rules: RuleSet,
    /// `[tax]` and `[trading]`.
    pub trading: plan::Settings,
}
