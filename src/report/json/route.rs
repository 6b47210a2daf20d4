//! The route as data: what is sold and bought in each stage, by tax year, and what it waits for.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::money;
use crate::explain::words;
use crate::model::Side;
use crate::plan::{RoutePlan, RouteStage, WaitCause};
use crate::proposal::{Deadline, Proposal};

#[derive(Serialize, JsonSchema)]
pub(super) struct RouteWire {
    /// The day by which limits and targets are to be met.
    pub by: String,
    /// Runs until the last that trades, and its day.
    pub runs: usize,
    pub done_by: Option<String>,
    /// Tax of all years, of which the plan's `outcome` has what this run adds.
    pub tax: String,
    pub years: BTreeMap<i32, RouteYearWire>,
    pub trading_cost: String,
    /// Dollars sold in all stages.
    pub sold: String,
    /// Most that is sold in a run; null without a turnover limit.
    pub per_run: Option<String>,
    /// What a dollar that waits costs in a year, as a fraction, and what waiting comes to.
    pub wait_price: f64,
    pub wait_cost: String,
    /// Least dollars that must be sold to be inside every limit, each once: before the route, and when it ends.
    pub to_sell: String,
    pub to_sell_at_deadline: String,
    /// Dollars above each cap when the route ends, by limit.
    pub over_at_deadline: BTreeMap<String, String>,
    /// What no allowed sale cures, by limit.
    pub cannot: BTreeMap<String, String>,
    /// Limits and budgets without which it would be cheaper, shorter or nearer.
    pub forced_by: Vec<String>,
    /// Whether no route can be better.
    pub proven: bool,
    /// This run first.
    pub stages: Vec<RouteStageWire>,
    pub waits: Vec<RouteWaitWire>,
}

/// The whole way, done by another day.
#[derive(Serialize, JsonSchema)]
pub(super) struct DeadlineWire {
    pub by: String,
    /// Tax of all years.
    pub tax: String,
    /// The price of waiting.
    pub wait_cost: String,
    /// Dollars sold.
    pub sold: String,
    /// Least dollars that must then still be sold, each once.
    pub left: String,
    /// Runs until the last that trades, and its day.
    pub runs: usize,
    pub done_by: Option<String>,
}

impl DeadlineWire {
    pub fn new(by: NaiveDate, found: &Deadline) -> DeadlineWire {
        DeadlineWire {
            by: by.to_string(),
            tax: money(found.tax),
            wait_cost: money(found.wait_cost),
            sold: money(found.sold),
            left: money(found.left),
            runs: found.runs,
            done_by: found.done_by.map(|day| day.to_string()),
        }
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RouteYearWire {
    /// Tax with the route minus tax without.
    pub tax: String,
    pub short_gain: String,
    pub long_gain: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RouteStageWire {
    /// Day of the first run and of the last.
    pub first: String,
    pub last: String,
    pub runs: usize,
    pub sold: String,
    /// Least dollars that must still be sold afterwards, each once.
    pub still_to_sell: String,
    pub orders: Vec<RouteOrderWire>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RouteOrderWire {
    /// `sell` or `buy`.
    pub side: String,
    pub account: String,
    pub symbol: String,
    /// As in `trades`; null for a purchase.
    pub lot: Option<String>,
    /// In fractions of shares after this run; null for what has no price.
    pub shares: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct RouteWaitWire {
    pub account: String,
    pub symbol: String,
    pub lot: String,
    /// First run that sells it.
    pub until: String,
    /// `long-term`, `window`, `decided`, `tax-year` or `turnover`.
    pub cause: String,
}

/// Returns the route of a proposal; `None` for the plan of a single run.
pub(super) fn route(proposal: &Proposal) -> Option<RouteWire> {
    let route: &RoutePlan = proposal.plan.route.as_ref()?;
    let lots = &proposal.problem.lots;
    let by_id =
        |map: &BTreeMap<String, crate::units::Money>| map.iter().map(|(id, own)| (id.clone(), money(*own))).collect();
    let lot_name = |lot: usize| lots.get(lot).map(|lot| lot.words());
    let stage = |stage: &RouteStage| {
        let sells = stage.sells.iter().map(|sale| RouteOrderWire {
            side: words::verb(Side::Sell).to_owned(),
            account: sale.account.clone(),
            symbol: sale.symbol.to_string(),
            lot: lot_name(sale.lot),
            shares: Some(sale.quantity.text()),
        });
        let buys = stage.buys.iter().map(|buy| RouteOrderWire {
            side: words::verb(Side::Buy).to_owned(),
            account: buy.account.clone(),
            symbol: buy.symbol.to_string(),
            lot: None,
            shares: Some(buy.quantity.text()).filter(|_| !proposal.problem.in_dollars.contains(&buy.symbol)),
        });
        RouteStageWire {
            first: stage.first.to_string(),
            last: stage.last.to_string(),
            runs: stage.runs,
            sold: money(stage.sold),
            still_to_sell: money(stage.still_to_sell),
            orders: sells.chain(buys).collect(),
        }
    };
    let waits = route.waits.iter().filter_map(|wait| {
        let lot = lots.get(wait.lot)?;
        Some(RouteWaitWire {
            account: lot.account.clone(),
            symbol: lot.symbol.to_string(),
            lot: lot.words(),
            until: wait.until.to_string(),
            cause: match wait.cause {
                WaitCause::LongTerm => "long-term",
                WaitCause::Window => "window",
                WaitCause::Decided => "decided",
                WaitCause::TaxYear => "tax-year",
                WaitCause::Turnover => "turnover",
            }
            .to_owned(),
        })
    });
    let years = route.years.iter().map(|(year, own)| {
        (*year, RouteYearWire { tax: money(own.tax), short_gain: money(own.short), long_gain: money(own.long) })
    });
    Some(RouteWire {
        by: route.by.to_string(),
        runs: route.runs,
        done_by: route.done_by.map(|day| day.to_string()),
        tax: money(route.tax),
        years: years.collect(),
        trading_cost: money(route.trading_cost),
        sold: money(route.sold),
        per_run: route.per_run.map(money),
        wait_price: route.wait_price,
        wait_cost: money(route.wait_cost),
        to_sell: money(route.to_sell),
        to_sell_at_deadline: money(route.to_sell_at_deadline),
        over_at_deadline: by_id(&route.over_at_deadline),
        cannot: by_id(&route.cannot),
        forced_by: route.forced_by.clone(),
        proven: route.proven,
        stages: route.stages.iter().map(stage).collect(),
        waits: waits.collect(),
    })
}
