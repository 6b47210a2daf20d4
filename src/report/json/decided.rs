//! What decisions came to, on the wire.

use schemars::JsonSchema;
use serde::Serialize;

use super::wire::OutcomeWire;
use super::{money, outcome};
use crate::decisions::Decided;
use crate::explain::words;
use crate::proposal::Proposal;
use crate::units::Shares;

#[derive(Serialize, JsonSchema)]
pub(super) struct DecidedWire {
    pub lines: Vec<DecidedLineWire>,
    /// Lines that nobody decided and that the decisions changed.
    pub changed: Vec<ChangedLineWire>,
    /// What the plan without decisions does; `plan.outcome` is that of the plan around them.
    pub before: OutcomeWire,
    pub route_tax_before: Option<String>,
    pub route_tax_after: Option<String>,
    /// Limits that the decisions go beyond, in words.
    pub passed: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct DecidedLineWire {
    pub id: String,
    /// `accept`, `reject` or `later`.
    pub choice: String,
    pub account: String,
    pub side: String,
    pub symbol: String,
    /// Shares of the plan without decisions, 0 where it was not in it.
    pub proposed: String,
    pub now: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ChangedLineWire {
    pub id: String,
    pub account: String,
    pub side: String,
    pub symbol: String,
    /// Shares of the plan without decisions, 0 where it was not in it.
    pub before: String,
    /// Shares now, 0 where it is gone.
    pub after: String,
    /// Names of the decisions without which it would be another quantity.
    pub because: Vec<String>,
}

/// Returns it.
pub(super) fn decided(proposal: &Proposal, decided: &Decided) -> DecidedWire {
    let shares = |shares: Shares| shares.decimal().normalize().to_string();
    DecidedWire {
        lines: decided
            .lines
            .iter()
            .map(|line| DecidedLineWire {
                id: line.id.clone(),
                choice: line.choice.id().to_owned(),
                account: line.account.clone(),
                side: words::verb(line.side).to_owned(),
                symbol: line.symbol.to_string(),
                proposed: shares(line.proposed),
                now: shares(line.now),
            })
            .collect(),
        changed: decided
            .changed
            .iter()
            .map(|line| ChangedLineWire {
                id: line.id.clone(),
                account: line.account.clone(),
                side: words::verb(line.side).to_owned(),
                symbol: line.symbol.to_string(),
                before: shares(line.before),
                after: shares(line.after),
                because: line.because.clone(),
            })
            .collect(),
        before: outcome(&decided.before),
        route_tax_before: decided.route_tax.map(money),
        route_tax_after: decided.route_tax.and(proposal.plan.route.as_ref()).map(|route| money(route.tax)),
        passed: decided.passed.iter().cloned().collect(),
    }
}
