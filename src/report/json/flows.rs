//! What comes and goes, and what of it is income.

use schemars::JsonSchema;
use serde::Serialize;

use super::money;
use crate::proposal::{Distributions, Flow};

#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct FlowWire {
    pub account: String,
    /// Positive for what comes, negative for what leaves.
    pub amount: String,
    /// What a withdrawal takes beyond the cash that is there, and sales must raise.
    pub to_raise: String,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct DistributionsWire {
    /// The calendar year whose income they are.
    pub year: i32,
    /// What they add to the tax of the year; no part of the tax of the plan.
    pub tax: String,
    pub each: Vec<DistributionWire>,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::report) struct DistributionWire {
    pub account: String,
    pub amount: String,
    /// What of it is withheld for the tax.
    pub withheld: String,
}

pub(super) fn distributions(found: &Distributions) -> Option<DistributionsWire> {
    let each = found.each.iter().map(|own| DistributionWire {
        account: own.account.clone(),
        amount: money(own.amount),
        withheld: money(own.withheld),
    });
    (!found.each.is_empty()).then(|| DistributionsWire {
        year: found.year,
        tax: money(found.tax),
        each: each.collect(),
    })
}

pub(in crate::report) fn flow(flow: &Flow) -> FlowWire {
    FlowWire { account: flow.account.clone(), amount: money(flow.amount), to_raise: money(flow.to_raise) }
}
