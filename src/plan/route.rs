//! Destination and route: the cheapest way from what is held to a household inside its limits, over the runs and tax
//! years up to a date. What is proposed is the slice of this run; at the next run all is planned again.
//!
//! ```text
//! Problem -> calendar (runs, stages) -> groups (lots alike) -> program (columns, rows, tax of every year)
//!         -> search (levels in order; regimes, sides, reasons) -> answer (dollars by stage, lot and year)
//! ```
//!
//! Prices stand still, and nothing is forecast. With the deadline fixed, the rest of the best route is open to the next
//! run, so what it is announced to cost does not grow but by the shares that rounding leaves.

mod answer;
mod calendar;
mod deadline;
mod groups;
mod levels;
mod program;
mod search;
pub(super) mod year;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Blackout;
use super::draft::Draft;
use crate::model::Symbol;
use crate::units::{Money, Shares};
pub(crate) use answer::tax_of_years;
pub use deadline::{LAST_OWN_YEAR, end_of_tax_year};
use program::{Owed, Program};
use search::Candidate;

/// How often one runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Each seven days.
    Weekly,
    /// Each month, on the day of the month of the first run.
    Monthly,
}

/// How far a plan looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// How often one runs.
    pub cadence: Cadence,
    /// The day by which limits and targets are to be met; `None` chooses the first 31 January after which one more year
    /// would bring them no closer and save less than 0.05% of the household.
    pub by: Option<NaiveDate>,
    /// Dollars sold earlier in this run's period: the turnover limit is of the period.
    pub used_turnover: Money,
    /// What it costs that a dollar which must be sold is not, per dollar and year.
    pub wait_price: f64,
    /// What it is worth to pay a dollar of tax a year later.
    pub discount: f64,
    /// Net short-term gain that earlier runs realised this year: it is in `TaxSettings::realised_short`, and counts to the
    /// budgets of the year.
    pub realised_short: Money,
    /// Net long-term gain of the same.
    pub realised_long: Money,
    /// Days on which a symbol is neither sold nor bought: a run is no reason to forget those to come.
    pub blackouts: Vec<Blackout>,
}

impl Route {
    /// Whether a symbol is not traded on some day between two.
    pub(super) fn is_closed(&self, symbol: &Symbol, first: NaiveDate, last: NaiveDate) -> bool {
        self.blackouts.iter().any(|own| own.symbol == *symbol && own.from <= last && first <= own.to)
    }
}

impl Default for Route {
    fn default() -> Self {
        Route {
            cadence: Cadence::Weekly,
            by: None,
            used_turnover: Money::ZERO,
            wait_price: 0.02,
            discount: 0.03,
            realised_short: Money::ZERO,
            realised_long: Money::ZERO,
            blackouts: Vec::new(),
        }
    }
}

/// A sale of a later stage, or of this run before shares are rounded.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteSale {
    /// Key of the account.
    pub account: String,
    /// What.
    pub symbol: Symbol,
    /// Which lot: its place in [`Problem::lots`](super::Problem::lots).
    pub lot: usize,
    /// How many shares, in fractions.
    pub quantity: Shares,
}

/// A purchase of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteBuy {
    /// Key of the account.
    pub account: String,
    /// What.
    pub symbol: Symbol,
    /// How many shares, in fractions.
    pub quantity: Shares,
}

/// Runs that are planned together, and what they trade.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteStage {
    /// Day of the first run.
    pub first: NaiveDate,
    /// Day of the last.
    pub last: NaiveDate,
    /// How many.
    pub runs: usize,
    /// What is sold.
    pub sells: Vec<RouteSale>,
    /// What is bought.
    pub buys: Vec<RouteBuy>,
    /// Dollars sold.
    pub sold: Money,
    /// Least dollars that must still be sold afterwards, each once.
    pub still_to_sell: Money,
}

/// What a calendar year of the route comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteYear {
    /// Tax with the route minus tax without.
    pub tax: Money,
    /// Net short-term gain that the route realises.
    pub short: Money,
    /// Net long-term gain that it realises.
    pub long: Money,
}

impl RouteYear {
    /// Whether the route realises nothing in it.
    pub fn is_idle(&self) -> bool {
        self.short.is_zero() && self.long.is_zero()
    }
}

/// A lot that is sold later, and why not now.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// Its place in [`Problem::lots`](super::Problem::lots).
    pub lot: usize,
    /// First run that sells it.
    pub until: NaiveDate,
    /// What it waits for.
    pub cause: WaitCause,
}

/// What a sale waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitCause {
    /// Its gain turns long-term.
    LongTerm,
    /// A lock, a blackout or a wash-sale window ends.
    Window,
    /// It was decided for a later run.
    Decided,
    /// The next tax year begins.
    TaxYear,
    /// The turnover limit has no room before, or nothing is lost by it.
    Turnover,
}

/// The route, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutePlan {
    /// The day by which limits and targets are to be met.
    pub by: NaiveDate,
    /// Every stage, this run first.
    pub stages: Vec<RouteStage>,
    /// Every tax year of the route, and those after it in which a loss that is carried on still counts.
    pub years: BTreeMap<i32, RouteYear>,
    /// Tax of all years.
    pub tax: Money,
    /// Half-spreads of all trades.
    pub trading_cost: Money,
    /// The price of waiting.
    pub wait_cost: Money,
    /// Most that is sold in a run; `None` without a turnover limit.
    pub per_run: Option<Money>,
    /// Yearly price of a dollar that waits.
    pub wait_price: f64,
    /// Dollars sold.
    pub sold: Money,
    /// Runs until the last that trades, 0 when none does.
    pub runs: usize,
    /// Day of the last run that trades.
    pub done_by: Option<NaiveDate>,
    /// Least dollars that must be sold to be inside every limit, each once, before the route.
    pub to_sell: Money,
    /// The same when the route ends.
    pub to_sell_at_deadline: Money,
    /// Dollars above each cap when the route ends, by limit id.
    pub over_at_deadline: BTreeMap<String, Money>,
    /// Dollars below each target when the route ends, by symbol.
    pub gaps_at_deadline: BTreeMap<Symbol, Money>,
    /// What no allowed sale cures, by limit id.
    pub cannot: BTreeMap<String, Money>,
    /// What is sold later, and why.
    pub waits: Vec<Wait>,
    /// Limits and budgets that the route stops at, by limit id: without them it would be cheaper, shorter or nearer.
    pub forced_by: Vec<String>,
    /// Whether no route can be better.
    pub proven: bool,
}

/// The best route with this run's trades, in basis points by trade of the ground.
pub(super) struct Routed {
    pub plan: RoutePlan,
    pub amounts: Vec<f64>,
    pub binding: Vec<usize>,
    pub notes: Vec<String>,
    pub opinion: Opinion,
}

/// What the general solver says of a program.
pub(super) enum Opinion {
    /// It was not asked: the program is too large for it, or nobody wanted to know.
    NotAsked,
    /// It comes to the same to the cent.
    Same,
    /// It found nothing to compare with.
    NoAnswer,
    /// The difference in words.
    Different(String),
}

/// Columns up to which the general solver is asked too.
const MOST_ASKED: usize = 2_000;

/// The room of a pin where the usual one leaves a difference.
const CLOSER: f64 = 1e-12;

/// Solves the levels that ask for something once more with the general solver.
fn second_opinion(program: &Program, model: &super::model::Model, values: &[f64]) -> Opinion {
    if model.columns.len() > MOST_ASKED {
        return Opinion::NotAsked;
    }
    // What is kept of a level without keeping its value is in the rows of the model.
    let is_wish = |level: &levels::Level| level.aim <= levels::Aim::Cost && level.kept.is_empty();
    let wishes = || program.levels.iter().zip(values).filter(|(level, _)| is_wish(level));
    let objectives: Vec<&[(usize, f64)]> = wishes().map(|(level, _)| level.expression.as_slice()).collect();
    let asked = |pin: f64| super::solve::levels(model, &objectives, pin).ok().map(|(values, _)| values);
    let Some(mut others) = asked(super::solve::PIN) else { return Opinion::NoAnswer };
    let cent = 0.01 * program.scale;
    let find = |others: &[f64]| wishes().zip(others).position(|((_, own), other)| (*own - *other).abs() > cent);
    // The room that each pin leaves adds up over the levels, in a large household to cents: with less of it that is told
    // from another answer.
    if find(&others).is_some()
        && let Some(closer) = asked(CLOSER)
    {
        others = closer;
    }
    let apart = find(&others).and_then(|at| wishes().zip(others.iter().copied()).nth(at));
    apart.map_or(Opinion::Same, |((level, own), other)| {
        let dollars =
            |value: f64| Money(crate::units::Decimal::from_f64_retain(value / program.scale).unwrap_or_default());
        let (own, other) = (dollars(*own).dollars(), dollars(other).dollars());
        let by = super::solve::NAME;
        Opinion::Different(format!("two solvers differ at {:?}: {own}, and {other} by {by}", level.aim))
    })
}

/// Finds the best route. `None` when not even a first program can be solved.
pub(super) fn solve(draft: &Draft<'_>, route: &Route, twice: bool) -> Option<Routed> {
    let until = |owed: Owed| match route.by {
        Some(by) => Candidate::new(Program::new(draft, route, by.max(draft.ground.problem.as_of), owed)),
        None => deadline::choose(draft, route, owed),
    };
    let beyond = if Owed::is_any(draft) { owed(&mut until(Owed::Forgiven)) } else { 0.0 };
    // And the tax that an earlier attempt left missing.
    let mut candidate = until(Owed::Raised(beyond + draft.margin_of(super::verify::SET_ASIDE)));
    let least = order_sizes(draft, &candidate.program);
    let (mut best, is_complete) = candidate.best(&least, draft.max_trades.map(|(_, most)| most))?;
    // That an exceeded cap asks for its own repair is no obstacle to it.
    let asks = |limit: usize| {
        draft.bounds.iter().any(|bound| bound.limit == limit && bound.counted && bound.constant > bound.most)
    };
    best.binding.retain(|limit| !asks(*limit));
    let Candidate { program, matrix, .. } = candidate;
    let mut notes = Vec::new();
    if !is_complete {
        notes.push("the search for a route stopped at its limit of nodes: a cheaper route may exist".to_owned());
    }
    let plan = answer::plan(draft, route, &program, &best, is_complete);
    let amounts = answer::this_run(draft, &program, &best.x);
    let asked = || second_opinion(&program, &search::chosen(&program, &matrix, &least, &best), &best.values);
    let opinion = if twice { asked() } else { Opinion::NotAsked };
    if let Opinion::Different(words) = &opinion {
        notes.push(words.clone());
    }
    Some(Routed { plan, amounts, binding: best.binding, notes, opinion })
}

/// What is owed beyond what the best route sells in this run when nothing is, in basis points.
fn owed(candidate: &mut Candidate) -> f64 {
    let x = candidate.searched().best.as_ref().map(|best| best.x.clone()).unwrap_or_default();
    let raised =
        |terms: &[(usize, f64)]| terms.iter().map(|(column, of)| of * x.get(*column).unwrap_or(&0.0)).sum::<f64>();
    candidate.program.owed.values().map(|(terms, owed)| (owed - raised(terms)).max(0.0)).sum()
}

/// The size that each order of this run must have: the smallest order, in whole steps.
fn order_sizes(draft: &Draft<'_>, program: &Program) -> Vec<f64> {
    let ground = &draft.ground;
    let step = |order: &program::OrderRow| {
        let trade = ground
            .trades
            .iter()
            .find(|trade| trade.account == order.account && trade.symbol == order.symbol && trade.side == order.side);
        trade.map_or(0.0, |trade| trade.unit * Shares(trade.step).to_f64())
    };
    let least = |order: &program::OrderRow| {
        let step = step(order);
        if step > 0.0 { (draft.min_trade / step - 1e-9).ceil().max(0.0) * step } else { draft.min_trade }
    };
    program.orders.iter().map(least).collect()
}
