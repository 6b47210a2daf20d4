//! The mandate as linear bounds over the possible trades: what every constraint leaf writes into, and what both the
//! linear programs and the rounding read.

use super::constraints::worth::Worth;
use super::ground::{Ground, Trade};
use crate::model::{Measure, Reaction, Side, Symbol};
use std::collections::BTreeMap;

use chrono::NaiveDate;

/// `constant + sum(coefficient * trade) + cost * trading cost <= most + excess`, with `0 <= excess <= worst`.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// Index of the limit in the problem.
    pub limit: usize,
    /// Trade and coefficient.
    pub terms: Vec<(usize, f64)>,
    /// Coefficient of the trading cost, by which the portfolio value shrinks.
    pub cost: f64,
    pub constant: f64,
    pub most: f64,
    /// Largest excess allowed: zero for limits on actions, what doing nothing has for repaired ones.
    pub worst: f64,
    /// Whether the excess is to be repaired.
    pub counted: bool,
    /// A limit on the resulting state rather than on actions.
    pub state: bool,
}

/// Least share in a cap of what is sold for it where the rest of it may not be.
const LEAST: f64 = 0.2;

/// The ground with the limits applied.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub ground: Ground<'a>,
    pub bounds: Vec<Bound>,
    /// Whether caps and targets are planned at the portfolio value before trading costs, and those costs accounted for when
    /// shares are rounded. With them in the program (`caps_after_costs`) its levels are exact to the cent of the costs, but a
    /// level may then be improved by spending (every target shrinks with the value) or by not trading (every cap does):
    /// right to the letter for a plan that is compared with the formulas, and wrong for anyone's money.
    pub at_gross_value: bool,
    /// Smallest order, in basis points.
    pub min_trade: f64,
    /// Most orders, with the limit that says so.
    pub max_trades: Option<(usize, u32)>,
    /// Most incremental tax, with the limit that says so, in basis points.
    pub tax_budget: Option<(usize, f64)>,
    /// What a sale may cost.
    pub worth: Option<Worth>,
    /// What some rules are kept by, beyond what they ask.
    margins: Margins,
}

/// Basis points by which a plan in fractions stays inside a rule, by rule: whole shares and cents broke it without.
pub(super) type Margins = BTreeMap<String, f64>;

impl<'a> Draft<'a> {
    /// Applies every limit of the problem, in id order.
    pub fn new(ground: Ground<'a>, margins: &Margins) -> Self {
        let at_gross_value = !ground.problem.caps_after_costs;
        let margins = margins.clone();
        let (bounds, min_trade, max_trades, tax_budget, worth) = (Vec::new(), 0.0, None, None, None);
        let mut draft = Draft { ground, bounds, at_gross_value, min_trade, max_trades, tax_budget, worth, margins };
        let problem = draft.ground.problem;
        let limits = &problem.limits;
        let mut order: Vec<usize> = (0..limits.len()).collect();
        order.sort_by_key(|index| limits.get(*index).map(|limit| &limit.id));
        for index in order {
            if let Some(limit) = limits.get(index) {
                for constraint in super::CONSTRAINTS {
                    (constraint.apply)(&limit.measure, index, &mut draft);
                }
            }
        }
        draft.drop_small_targets();
        draft.drop_small_orders();
        draft
    }

    /// Returns by how many basis points more than it asks a limit is kept.
    pub fn margin(&self, limit: usize) -> f64 {
        let id = self.ground.problem.limits.get(limit).map(|limit| limit.id.as_str());
        id.map_or(0.0, |id| self.margin_of(id))
    }

    /// The same of a rule that no limit stands for.
    pub fn margin_of(&self, rule: &str) -> f64 {
        self.margins.get(rule).copied().unwrap_or(0.0)
    }

    /// Adds a bound. Its margin is taken from what it may be exceeded by, or else from its room.
    pub fn bound(&mut self, bound: Bound) {
        let margin = self.margin(bound.limit);
        let worst = (bound.worst - margin).max(0.0);
        let inside = (bound.most - margin).max(bound.constant.min(bound.most));
        let most = if bound.worst > 0.0 { bound.most } else { inside };
        self.bounds.push(Bound { most, worst, ..bound });
    }

    /// Forbids trades.
    pub fn close(&mut self, reason: &str, mut which: impl FnMut(&Trade, &Symbol) -> bool) {
        for trade in &mut self.ground.trades {
            let Some(symbol) = self.ground.symbols.get(trade.symbol) else { continue };
            if trade.most <= 0.0 || !which(trade, symbol) {
                continue;
            }
            trade.most = 0.0;
            match trade.lot.and_then(|lot| self.ground.problem.lots.get(lot)) {
                Some(lot) => self.ground.held_back.insert(lot.id, reason.to_owned()),
                None => self.ground.not_bought.insert((*symbol).clone(), reason.to_owned()),
            };
        }
    }

    /// Returns the change of an exposure by every trade.
    pub fn exposure_terms(&self, coefficients: &BTreeMap<Symbol, f64>) -> Vec<(usize, f64)> {
        let mut terms = Vec::new();
        for (symbol, beta) in coefficients.iter().filter(|(_, beta)| **beta != 0.0) {
            let Ok(index) = self.ground.symbols.binary_search(&symbol) else { continue };
            for trade in self.ground.by_symbol.get(index).into_iter().flatten() {
                let is_buy = self.ground.trades.get(*trade).is_some_and(|trade| trade.side == Side::Buy);
                terms.push((*trade, if is_buy { *beta } else { -beta }));
            }
        }
        terms
    }

    /// Purchases that may add to what is at a cap or above it, with what each adds: those of what takes the rest, where it has
    /// little of it. All cash would wait else, for a stock of which the fund has two tenths of a percent: until it is inside its
    /// cap, and for good where it was sold down to it. What has more of it waits: a purchase that makes a household which is too
    /// far in tech more so is no advice.
    pub fn harmless(&self, bound: &Bound) -> Vec<(usize, f64)> {
        let problem = self.ground.problem;
        let measure = problem.limits.get(bound.limit).map(|limit| &limit.measure);
        let Some(Measure::ExposureCap { cap, .. }) = measure else {
            return Vec::new();
        };
        let takes_the_rest = |index: usize| {
            let trade = self.ground.trades.get(index).filter(|trade| trade.side == Side::Buy)?;
            let home = problem.accounts.get(*self.ground.accounts.get(trade.account)?)?;
            Some(problem.neutral_in(home)? == *self.ground.symbols.get(trade.symbol)?)
        };
        let is_harmless = |(index, value): &&(usize, f64)| {
            problem.adds_little(*value, *cap) && takes_the_rest(*index).unwrap_or_default()
        };
        bound.terms.iter().filter(is_harmless).copied().collect()
    }

    /// Returns how far a cap stays exceeded when all is sold that cures it ([`Draft::cures`]).
    pub fn incurable(&self, bound: &Bound, last: NaiveDate) -> f64 {
        self.cures(bound, last).map_or(0.0, |(left, _)| left)
    }

    /// Where a sale must earn its tax, a fund with little of what is over cures nothing: what may not be sold of one stock would
    /// sell every fund that has a trace of it, thirty dollars for one. Returns how far a cap stays exceeded with all of the
    /// rest sold up to a day, and how much of each symbol that is; `None` where the cap can be met with it.
    pub fn cures(&self, bound: &Bound, last: NaiveDate) -> Option<(f64, BTreeMap<usize, f64>)> {
        let limits = &self.ground.problem.limits;
        let is_cap = matches!(limits.get(bound.limit).map(|own| &own.measure), Some(Measure::ExposureCap { .. }));
        let must_earn = limits.iter().any(|own| matches!(own.measure, Measure::Worth(_)));
        let mut left = bound.constant - bound.most;
        let mut curing: BTreeMap<usize, f64> = BTreeMap::new();
        for (index, value) in bound.terms.iter().filter(|_| is_cap && must_earn && bound.counted) {
            let Some(trade) = self.ground.trades.get(*index).filter(|trade| trade.side == Side::Sell) else { continue };
            let is_open = trade.opens.is_none_or(|day| day <= last);
            if is_open && -value >= LEAST {
                left += value * trade.most;
                *curing.entry(trade.symbol).or_default() += trade.most;
            }
        }
        let is_left = is_cap && must_earn && bound.counted && left > 0.0;
        is_left.then(|| (left.min(bound.worst), curing))
    }

    /// Returns the trades with the coefficients of a function, zeros left out.
    pub fn terms(&self, coefficient: impl Fn(&Trade) -> f64) -> Vec<(usize, f64)> {
        let terms = self.ground.trades.iter().enumerate().map(|(index, trade)| (index, coefficient(trade)));
        terms.filter(|(_, coefficient)| *coefficient != 0.0).collect()
    }

    /// Returns the most that can be spent in an account, in basis points: its cash and everything it may sell.
    pub fn power(&self, account: usize) -> f64 {
        let problem = self.ground.problem;
        let Some(home) = self.ground.accounts.get(account).and_then(|index| problem.accounts.get(*index)) else {
            return 0.0;
        };
        let sales: f64 = (self.ground.trades.iter())
            .filter(|trade| trade.account == account && trade.side == Side::Sell)
            .map(|trade| trade.most)
            .sum();
        (self.ground.scale * (home.cash + home.flow - home.reserve).to_f64() + sales).max(0.0)
    }

    /// Returns how far trades can lift what a bound bounds: every sale at its most, all money of each account in the worst
    /// purchase. Most issuer caps are farther away.
    pub fn reach(&self, bound: &Bound, powers: &[f64]) -> f64 {
        let mut reach = bound.constant;
        let mut worst_buy = vec![0.0_f64; powers.len()];
        for (index, value) in &bound.terms {
            let Some(trade) = self.ground.trades.get(*index) else { continue };
            if *value <= 0.0 || trade.most <= 0.0 {
                continue;
            }
            match trade.side {
                Side::Sell => reach += value * trade.most,
                Side::Buy => {
                    if let Some(worst) = worst_buy.get_mut(trade.account) {
                        *worst = worst.max(*value);
                    }
                }
            }
        }
        reach + worst_buy.iter().zip(powers).map(|(worst, power)| worst * power).sum::<f64>()
    }

    /// What a target misses may be less than the smallest order: a route never buys it, and keeps no cash for it. A single run
    /// buys more than is missing.
    fn drop_small_targets(&mut self) {
        if self.ground.problem.route.is_none() {
            return;
        }
        let mut missing: BTreeMap<&Symbol, f64> = BTreeMap::new();
        for target in self.ground.problem.targets.iter().filter(|target| target.reaction == Reaction::Fill) {
            *missing.entry(&target.symbol).or_default() += 10_000.0 * target.weight.0;
        }
        for (symbol, held) in self.ground.symbols.iter().zip(&self.ground.held) {
            missing.entry(symbol).and_modify(|missing| *missing -= held);
        }
        let small = 1e-9..self.min_trade - 1e-9;
        missing.retain(|symbol, missing| small.contains(missing) && !self.ground.problem.is_neutral(symbol));
        self.close("less than the smallest order is missing", |trade, symbol| {
            trade.side == Side::Buy && missing.contains_key(symbol)
        });
    }

    /// An order that cannot reach the minimum trade is no order.
    fn drop_small_orders(&mut self) {
        if self.min_trade <= 0.0 {
            return;
        }
        let powers: Vec<f64> = (0..self.ground.accounts.len()).map(|account| self.power(account)).collect();
        for order in &self.ground.orders {
            let sellable: f64 =
                order.trades.iter().filter_map(|trade| self.ground.trades.get(*trade)).map(|trade| trade.most).sum();
            let most =
                sellable.min(powers.get(order.account).copied().unwrap_or(0.0).max(if order.side == Side::Sell {
                    f64::INFINITY
                } else {
                    0.0
                }));
            if most < self.min_trade - 1e-9 {
                for trade in &order.trades {
                    let Some(trade) = self.ground.trades.get_mut(*trade) else { continue };
                    trade.most = 0.0;
                    if let Some(lot) = trade.lot.and_then(|lot| self.ground.problem.lots.get(lot)) {
                        let why = "all that is for sale of it here is below the smallest order".to_owned();
                        self.ground.held_back.entry(lot.id).or_insert(why);
                    }
                }
            }
        }
    }
}
