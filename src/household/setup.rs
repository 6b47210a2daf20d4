//! The settings of every stage that a household is planned with.

use std::sync::Arc;

use crate::config::{self, Document};
use crate::diagnostics::Sink;
use crate::holdings::{AccountSettings, ImportMapping};
use crate::model::Portfolio;
use crate::plan;
use crate::reference::Registry;
use crate::rules::{self, RuleSet, strength};
use crate::signals::{self, SignalSetup};

/// What is read of holdings files, and the two sections that say how.
pub struct Read {
    /// `[accounts]`.
    pub accounts: Vec<AccountSettings>,
    /// `[import.*]`.
    pub imports: Vec<ImportMapping>,
    /// The holdings.
    pub portfolio: Portfolio,
}

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
    pub registry: Arc<Registry>,
    /// What is told of the market files: `[splits]`, `[market]`, and until when they count.
    pub given: crate::market::Given,
    /// `[fetch]`.
    pub addresses: config::fetch::Addresses,
    /// `[signals]` and `[brakes]`.
    pub signals: SignalSetup,
    /// `[rotation]`.
    pub rotation: strength::Rotation,
    /// `[limits]` and `[sleeves]`.
    pub rules: RuleSet,
    /// `[tax]` and `[trading]`.
    pub trading: plan::Settings,
}

impl Setup {
    /// Reads what a config says to each stage; nothing but the config is read here. Every problem of every section goes to
    /// the sink.
    pub fn new(document: Document, read: Read, registry: Arc<Registry>, sink: &mut Sink) -> Setup {
        let Read { accounts, imports, portfolio } = read;
        let signals = signals::configure(&document, sink);
        let rules = rules::configure(&document, &registry, &signals.drivers, sink);
        Setup {
            household: config::household(&document, sink),
            given: crate::market::Given {
                advances: crate::market::exchange::configure(&document, sink),
                ..crate::market::jumps::configure(&document, sink).into()
            },
            addresses: config::fetch::configure(&document, sink),
            accounts,
            imports,
            portfolio,
            signals,
            rotation: strength::configure(&document, sink),
            trading: plan::settings(&document, sink),
            rules,
            registry,
            document,
        }
    }
}
