//! Everything a run found, as plain data: what explanations and reports are made from.

mod distribution;
mod flow;
mod open;
mod since;
mod snapshot;
mod what_if;

pub use distribution::{Distribution, Distributions};
pub use flow::Flow;
pub use open::{Open, Takes, Unsaid};
pub use since::{Cause, DoneOrder, Drift, LotChange, OrderChange, Since};
pub(crate) use snapshot::cut;
pub use snapshot::{
    AccountShot, AskedShot, ConfigShot, LotShot, OutcomeShot, PlanShot, PositionShot, SCHEMA, SignalShot, Snapshot,
    StrengthShot, TradeShot,
};

pub use what_if::{Circumstance, Deadline, Difference, Looser, Rung, Wanted, WhatIf};

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::decisions::Decided;
use crate::diagnostics::{Diagnostic, counted};
use crate::exposure::Exposure;
use crate::model::{InputFile, Portfolio, Side, Subject, Symbol};
use crate::plan::{ExactTax, Plan, Problem};
use crate::reference::TECH_BROAD;
use crate::rules::Verdict;
use crate::rules::strength::Strength;
use crate::trades::{DoNotBuy, Reason, Trade};
use crate::units::{Money, Price, Shares, Weight};

/// Said once in every output.
pub const DISCLAIMER: &str =
    "A calculation from your rules and files; not investment or tax advice; nothing is executed.";

/// A holding that is shown and counted, but never traded.
#[derive(Clone, Debug, PartialEq)]
pub struct Excluded {
    /// Label of the account.
    pub account: String,
    /// Ticker or name.
    pub label: String,
    /// Its value; `None` when unknown, and then it is in no figure.
    pub value: Option<Money>,
    /// Why.
    pub why: String,
    /// Whether its value is in the figures.
    pub counted: bool,
}

/// Something asked for one run only: `--keep NVDA`, `--set limits.turnover.max=10%`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The option, with its dashes.
    pub option: String,
    /// Its value, account numbers masked.
    pub value: String,
}

impl Asked {
    /// Returns it as typed.
    pub fn text(&self) -> String {
        format!("{} {}", self.option, self.value)
    }
}

/// One effective value of the config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigValue {
    /// Its dotted path.
    pub key: String,
    /// As TOML.
    pub value: String,
    /// Where it comes from: `broaden.toml:14`, `--set`, `default`.
    pub origin: String,
}

/// The values of one signal over time.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalPath {
    /// As in the config: `signals.breadth-200`.
    pub id: String,
    /// Sessions with a value.
    pub points: Vec<(NaiveDate, f64)>,
}

/// Market data that the config wants and no file has.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingData {
    /// The name to save it under.
    pub save_as: String,
    /// What it is for: `breadth-200`, `brake sahm`.
    pub wanted_for: Vec<String>,
    /// The part of the rotation strength that hangs on it, from 0 to 1.
    pub weight: f64,
    /// Where it is to be had by hand; several ways after semicolons.
    pub by_hand: String,
}

/// The answer of `broaden advise`.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Version of the program.
    pub version: &'static str,
    /// The day the answer is for.
    pub as_of: NaiveDate,
    /// Every file read, with its digest.
    pub files: Vec<InputFile>,
    /// SHA-256 of the effective config.
    pub config_digest: String,
    /// The effective config, in path order.
    pub config: Vec<ConfigValue>,
    /// What was asked for this run only.
    pub asked: Vec<Asked>,
    /// The plan without what was asked; `None` where nothing was, or only the orders are wanted.
    pub base: Option<Box<Proposal>>,
    /// What changed since an earlier proposal, where one was given.
    pub since: Option<Since>,
    /// What is owned, as the files say it: before deposits and withdrawals.
    pub portfolio: Portfolio,
    /// How much of it is what, after deposits and withdrawals, as every figure below.
    pub exposure: Exposure,
    /// What the market says.
    pub strength: Strength,
    /// The history of its signals, those with a weight.
    pub paths: Vec<SignalPath>,
    /// Every rule's finding, fired or not.
    pub verdicts: Vec<Verdict>,
    /// What the plan was asked.
    pub problem: Problem,
    /// What it answered.
    pub plan: Plan,
    /// The same as orders.
    pub trades: Vec<Trade>,
    /// What decisions about its lines came to, where there were any.
    pub decided: Option<Decided>,
    /// What the plan would be under other circumstances.
    pub what_if: WhatIf,
    /// What nobody has said and the answer hangs on; `None` where nothing is open, or nobody asked.
    pub open: Option<Open>,
    /// What must not be bought afterwards.
    pub do_not_buy: Vec<DoNotBuy>,
    /// The tax by the federal tables; `None` without a filing status and income, or for a year without tables.
    pub exact_tax: Option<ExactTax>,
    /// Withdrawals that are income.
    pub distributions: Distributions,
    /// What was left alone.
    pub excluded: Vec<Excluded>,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
    /// Market data that the config wants and no file has, what carries weight first.
    pub missing: Vec<MissingData>,
    /// Whether `--market` or a `market/` folder was given.
    pub has_market: bool,
    /// Whether a config file was found.
    pub has_config: bool,
}

impl Proposal {
    /// Returns the price of a symbol that is held or may be bought; `None` too where it is ordered in dollars.
    pub fn price(&self, symbol: &Symbol) -> Option<Price> {
        let problem = &self.problem;
        let security = problem.securities.get(symbol).filter(|_| !problem.in_dollars.contains(symbol))?;
        Some(security.price)
    }

    /// Returns shares of a symbol in words, as dollars where it is ordered in dollars.
    pub fn amount(&self, symbol: &Symbol, shares: Shares) -> String {
        let dollars = || Money(shares.decimal()).whole_dollars();
        if self.problem.in_dollars.contains(symbol) { dollars() } else { shares.text() }
    }

    /// Returns the price of every symbol that is held or may be bought, as the JSON writes it.
    pub fn prices(&self) -> std::collections::BTreeMap<String, String> {
        let known = self.problem.securities.keys().filter_map(|symbol| Some((symbol, self.price(symbol)?)));
        known.map(|(symbol, price)| (symbol.to_string(), price.decimal().normalize().to_string())).collect()
    }

    /// Returns the deposits and withdrawals that every figure is after.
    pub fn flows(&self) -> Vec<Flow> {
        Flow::of(&self.problem.accounts)
    }

    /// Returns the orders: one symbol, one side, one account, however many lots, as `max-trades` counts them.
    pub fn orders(&self) -> BTreeSet<(&str, Side, &Symbol)> {
        self.trades.iter().map(|trade| (trade.account.as_str(), trade.side, &trade.symbol)).collect()
    }

    /// Counts the orders in words, and the lines they stand in where lots make more of them: `8 orders (9 lines, by lot)`.
    pub fn counted_orders(&self) -> String {
        let orders = self.orders().len();
        let lots =
            if self.trades.len() > orders { format!(" ({} lines, by lot)", self.trades.len()) } else { String::new() };
        format!("{}{lots}", counted(orders, "order", "orders"))
    }

    /// Returns the cap on what a subject is, where there is one.
    pub fn cap_on(&self, about: impl Fn(&Subject) -> bool) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.is_cap() && about(&verdict.subject))
    }

    /// Returns the cap that the report is about: that of tech, under whatever name; else that of another theme, of anything
    /// else that is measured through look-through, the one furthest over its bound.
    pub fn leading_cap(&self) -> Option<&Verdict> {
        let tech = self.cap_on(|about| matches!(about, Subject::Theme(id) if id == TECH_BROAD));
        let over = |verdict: &&Verdict| verdict.over().unwrap_or(f64::MIN);
        let most = |themes: bool| {
            let caps = self.verdicts.iter().filter(|verdict| match verdict.subject {
                Subject::Theme(_) => verdict.is_cap() && themes,
                Subject::Household(_) => false,
                _ => verdict.is_cap() && !themes,
            });
            // Of equals the first by id.
            caps.reduce(|a, b| if over(&b) > over(&a) { b } else { a })
        };
        tech.or_else(|| most(true)).or_else(|| most(false))
    }

    /// Returns what an order is made for, and what it serves besides. A limit is the reason of a sale only if the plan without
    /// it sells another number of these shares; where none of them is alone, they are together.
    pub fn reasons<'t>(&self, trade: &'t Trade) -> (Vec<&'t Reason>, Vec<&'t Reason>) {
        let decides = |reason: &&Reason| match self.what_if.without.get(&reason.id) {
            Some(found) => {
                let changes = |difference: &Difference| difference.sales.iter().any(|(sold, ..)| *sold == trade.symbol);
                found.as_ref().is_some_and(changes)
            }
            // Nobody asked.
            None => true,
        };
        if trade.side == Side::Buy || !trade.reasons().any(|reason| decides(&reason)) {
            return (trade.reasons().collect(), Vec::new());
        }
        trade.reasons().partition(decides)
    }

    /// Returns whether a cap that is exceeded after the plan acts: by no more than its trigger, nothing is sold for it.
    pub fn acts(&self, id: &str) -> bool {
        let verdict = self.verdicts.iter().find(|verdict| verdict.id == id);
        let fires = verdict.and_then(|verdict| Some(verdict.bound?.0 + verdict.trigger?.0));
        fires.is_none_or(|fires| self.plan.outcome.weights.get(id).is_none_or(|weight| *weight > fires))
    }

    /// Returns how many holdings have no value, and so count in no figure.
    pub fn without_value(&self) -> usize {
        self.excluded.iter().filter(|holding| holding.value.is_none()).count()
    }

    /// Returns the loss of the household if everything in a theme falls by a fraction, before and after the plan.
    pub fn stress(&self, limit: &str, fall: f64) -> Option<(Money, Money)> {
        let before = self.plan.nothing.weights.get(limit)? * self.plan.nothing.value.to_f64();
        let after = self.plan.outcome.weights.get(limit)? * self.plan.outcome.value.to_f64();
        Some((Money::from_f64(before * fall), Money::from_f64(after * fall)))
    }

    /// Returns the trading cost as booked: what the trades are worth less what they leave in cash, where every order is
    /// rounded to the cent against you. Cash before, plus sales, less purchases, less this, is cash after, to the cent.
    pub fn booked_cost(&self) -> Money {
        let before: Money = self.problem.accounts.iter().map(|account| account.cash + account.flow).sum();
        let after: Money = self.plan.outcome.cash.values().copied().sum();
        before + self.plan.outcome.sold - self.plan.outcome.bought - after
    }

    /// Returns the weight of cash before and after the plan; `None` where there is no plan to tell.
    pub fn cash_weights(&self) -> Option<(Weight, Weight)> {
        let (plan, exposure) = (&self.plan, &self.exposure);
        if plan.outcome.cash.is_empty() || plan.nothing.cash.is_empty() {
            return None;
        }
        let sum = |outcome: &crate::plan::Outcome| outcome.cash.values().copied().sum::<Money>();
        let after = exposure.cash + sum(&plan.outcome) - sum(&plan.nothing);
        Some((exposure.cash.share_of(exposure.value)?, after.share_of(plan.outcome.value)?))
    }

    /// Returns what making the plan and undoing it would cost: the tax is not given back, and the spread is paid twice.
    pub fn reversal_cost(&self) -> Money {
        let tax = if self.plan.outcome.tax.is_positive() { self.plan.outcome.tax } else { Money::ZERO };
        tax + self.plan.outcome.trading_cost + self.plan.outcome.trading_cost
    }
}
