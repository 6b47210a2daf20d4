//! What the plan would be under other circumstances: found once, before anything is rendered, in fractions of shares, so that
//! a difference is never the rounding to whole ones.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::model::{LotId, Symbol};
use crate::plan::{Outcome, RoutePlan};
use crate::units::{Money, Shares, Weight};

/// How much is asked beside the plan itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// What every report shows.
    #[default]
    Report,
    /// The same without the price ladder, which words alone have no use for and which takes most of the time.
    Words,
    /// The orders alone.
    Orders,
    /// Everything.
    Everything,
    /// What bears on one name: a ticker, a lot, a rule.
    About(String),
}

/// Other circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Circumstance {
    /// Gains cost nothing.
    Untaxed,
    /// Only accounts without tax are traded.
    ShelteredOnly,
    /// All that may be sold at once, whatever bounds the orders of one run.
    AllNow,
}

impl Circumstance {
    /// Returns its name in the JSON.
    pub fn id(self) -> &'static str {
        match self {
            Circumstance::Untaxed => "untaxed",
            Circumstance::ShelteredOnly => "sheltered-only",
            Circumstance::AllNow => "all-now",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatIf {
    /// What the plan does in fractions of shares: everything else here is compared with it.
    pub fractions: Option<Outcome>,
    /// The plan under other circumstances.
    pub alternatives: BTreeMap<Circumstance, Outcome>,
    /// What the way to the limits costs when it is to be done by a day, by that day: this run, each end of January
    /// before the plan's own day, and that. Empty where no run but this one is planned.
    pub deadlines: BTreeMap<NaiveDate, Deadline>,
    /// The price ladder of a cap, from the highest cap down, by id.
    pub ladders: BTreeMap<String, Vec<Rung>>,
    /// What leaving a limit or target out changes, by id; `None` where it changes nothing.
    pub without: BTreeMap<String, Option<Difference>>,
    /// The smallest set of limits that cannot hold together with a cap that stays broken, by its id.
    pub conflicts: BTreeMap<String, Vec<String>>,
    /// A limit on actions a little looser, by id.
    pub looser: BTreeMap<String, Looser>,
    /// What the plan would do if a ticker were sold in no account.
    pub kept: BTreeMap<Symbol, Outcome>,
    /// What the plan would do if a lot were not for sale, by its id.
    pub lots: BTreeMap<LotId, Outcome>,
}

impl WhatIf {
    /// Takes in other answers to the same proposal.
    pub(crate) fn take(&mut self, mut other: WhatIf) {
        self.alternatives.append(&mut other.alternatives);
        self.deadlines.append(&mut other.deadlines);
        self.ladders.append(&mut other.ladders);
        self.without.append(&mut other.without);
        self.conflicts.append(&mut other.conflicts);
        self.looser.append(&mut other.looser);
        self.kept.append(&mut other.kept);
        self.lots.append(&mut other.lots);
        self.fractions = self.fractions.take().or(other.fractions);
    }
}

/// What the way to the limits costs when it is to be done by a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Tax of all years.
    pub tax: Money,
    /// The price of waiting.
    pub wait_cost: Money,
    /// Dollars sold.
    pub sold: Money,
    /// Least dollars that must still be sold on that day to be inside every limit, each once.
    pub left: Money,
    /// Runs until the last that trades.
    pub runs: usize,
    /// Day of the last run that trades.
    pub done_by: Option<NaiveDate>,
}

impl From<&RoutePlan> for Deadline {
    fn from(route: &RoutePlan) -> Deadline {
        Deadline {
            tax: route.tax,
            wait_cost: route.wait_cost,
            sold: route.sold,
            left: route.to_sell_at_deadline,
            runs: route.runs,
            done_by: route.done_by,
        }
    }
}

/// One rung of a price ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// The cap asked for.
    pub cap: Weight,
    /// Tax of the plan with that cap.
    pub tax: Money,
    /// Tax of the last step down, `None` on the first rung.
    pub marginal: Option<Money>,
    /// What stays above the cap.
    pub excess: Money,
}

/// What leaving a limit or target out changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Symbols of which another number of shares would be sold over all accounts: with it, without it.
    pub sales: Vec<(Symbol, Shares, Shares)>,
    /// The same for purchases.
    pub buys: Vec<(Symbol, Shares, Shares)>,
    /// Tax with it minus tax without it.
    pub tax: Money,
    /// Dollars sold with it minus without it.
    pub sold: Money,
}

/// A limit on actions that is a little looser.
#[derive(Clone, Debug, PartialEq)]
pub struct Looser {
    /// By how much, in words.
    pub by: String,
    /// What the plan does then.
    pub outcome: Outcome,
}
