//! From a plan in fractions to shares that can be traded, conservatively.
//!
//! Sales are rounded down: never more is sold, and never more tax paid, than the plan in fractions says; what is left is
//! planned again at the next run. They are rounded up where cash is owed, and where a single run would leave a cap broken
//! by less than a share. Purchases are made from the cash that is there, what misses most first.

mod cash;
mod purchases;

use std::collections::BTreeMap;

use super::draft::{Bound, Draft};
use super::ground::Trade;
use super::outcome::{payment, proceeds};
use super::{PlannedBuy, PlannedSale};
use crate::model::{Measure, Reaction, Side, Target};
use crate::units::{Decimal, Money, Shares};

/// Amounts below this many basis points are no trade.
const DUST: f64 = 1e-7;
/// A part of a step that is missing because of floating point only.
const NEAR: f64 = 1e-5;
/// A bound is kept within this many basis points.
const SLACK: f64 = 1e-7;
/// Most steps that purchases are topped up by.
const MOST_STEPS: usize = 2_000;

/// Sells and buys in canonical order.
pub(super) type Trades = (Vec<PlannedSale>, Vec<PlannedBuy>);

/// The trades in shares.
struct Table<'d, 'a> {
    draft: &'d Draft<'a>,
    amounts: &'d [f64],
    /// Shares of each trade.
    shares: Vec<Decimal>,
    /// Left of each bound, in basis points.
    slack: Vec<f64>,
    /// Bounds and coefficients of each trade.
    bounds: Vec<Vec<(usize, f64)>>,
}

/// Rounds a plan: basis points by trade.
pub(super) fn round(draft: &Draft<'_>, amounts: &[f64]) -> Trades {
    let mut table = Table::new(draft, amounts);
    table.sales();
    table.raise_cash();
    if draft.ground.problem.route.is_none() {
        table.meet_caps();
    }
    table.purchases();
    table.trades()
}

/// What a bound leaves before any trade.
fn room(bound: &Bound) -> f64 {
    bound.most + bound.worst - bound.constant
}

impl<'d, 'a> Table<'d, 'a> {
    fn new(draft: &'d Draft<'a>, amounts: &'d [f64]) -> Self {
        let count = draft.ground.trades.len();
        let mut bounds: Vec<Vec<(usize, f64)>> = vec![Vec::new(); count];
        for (index, bound) in draft.bounds.iter().enumerate() {
            for (trade, value) in &bound.terms {
                if let Some(list) = bounds.get_mut(*trade) {
                    list.push((index, *value));
                }
            }
        }
        // What is planned to be paid for trading shrinks the value that a cap is a share of.
        let spread = |(index, trade): (usize, &Trade)| trade.spread * amounts.get(index).copied().unwrap_or(0.0);
        let cost: f64 = draft.ground.trades.iter().enumerate().map(spread).sum();
        // What the purchases of the neutral fund add to a cap, to the share.
        let bought = |(index, value): (usize, f64)| {
            let step = draft.ground.trades.get(index).map_or(0.0, |own| own.unit * Shares(own.step).to_f64());
            value * (amounts.get(index).copied().unwrap_or(0.0) + step)
        };
        let harmless = |bound| draft.harmless(bound).into_iter().map(bought).sum::<f64>();
        let slack = |bound| room(bound) + harmless(bound) - draft.used(bound) - bound.cost * cost;
        let slack = draft.bounds.iter().map(slack).collect();
        Table { draft, amounts, shares: vec![Decimal::ZERO; count], slack, bounds }
    }

    fn trade(&self, index: usize) -> Option<&'d Trade> {
        self.draft.ground.trades.get(index)
    }

    fn planned(&self, index: usize) -> f64 {
        self.amounts.get(index).copied().unwrap_or(0.0)
    }

    fn held(&self, index: usize) -> Decimal {
        self.shares.get(index).copied().unwrap_or_default()
    }

    /// Changes the shares of a trade.
    fn set(&mut self, index: usize, shares: Decimal) {
        let Some(trade) = self.trade(index) else { return };
        let moved = trade.unit * Shares(shares - self.held(index)).to_f64();
        if let Some(own) = self.shares.get_mut(index) {
            *own = shares;
        }
        for (bound, value) in self.bounds.get(index).into_iter().flatten() {
            if let Some(slack) = self.slack.get_mut(*bound) {
                *slack -= value * moved;
            }
        }
    }

    /// Whether every bound that more of a trade brings nearer has room for it.
    fn has_room(&self, index: usize, shares: Decimal) -> bool {
        let Some(trade) = self.trade(index) else { return false };
        let moved = trade.unit * Shares(shares).to_f64();
        self.bounds.get(index).into_iter().flatten().all(|(bound, value)| {
            let slack = self.slack.get(*bound).copied().unwrap_or(0.0);
            *value <= 0.0 || value * moved <= slack.max(0.0) + SLACK
        })
    }

    /// Whether more of a sale may be sold: there is room, and its order is not too small.
    fn may_add(&self, index: usize, more: Decimal) -> bool {
        let Some(trade) = self.trade(index) else { return false };
        let of_order = self.draft.ground.orders.get(trade.order).map_or(&[][..], |order| &order.trades);
        let added = trade.unit * Shares(more).to_f64();
        self.has_room(index, more) && self.placed(of_order) + added >= self.draft.min_trade - SLACK
    }

    /// Basis points of some trades.
    fn placed(&self, trades: &[usize]) -> f64 {
        let worth =
            |index: &usize| self.trade(*index).map_or(0.0, |trade| trade.unit * Shares(self.held(*index)).to_f64());
        trades.iter().map(worth).sum()
    }

    fn of_side(&self, side: Side) -> Vec<usize> {
        let trades = self.draft.ground.trades.iter().enumerate();
        trades
            .filter(|(index, trade)| trade.side == side && self.planned(*index) > DUST)
            .map(|(index, _)| index)
            .collect()
    }

    /// Whole steps of an amount, rounded down.
    fn steps_of(trade: &Trade, amount: f64) -> Decimal {
        let step = Shares(trade.step).to_f64();
        let steps = (amount / trade.unit / step + NEAR).floor().max(0.0);
        Decimal::from_f64_retain(steps).unwrap_or_default().round() * trade.step
    }

    fn sales(&mut self) {
        for index in self.of_side(Side::Sell) {
            let Some(trade) = self.trade(index) else { continue };
            let amount = self.planned(index);
            let all = trade.shares.filter(|_| amount >= trade.most * (1.0 - 1e-9) - DUST);
            let shares = all.unwrap_or_else(|| Self::steps_of(trade, amount).min(trade.shares.unwrap_or(Decimal::MAX)));
            self.set(index, shares);
        }
        // Rounding may leave an order below the smallest: as much as the plan has in fractions, or none of it.
        let least = self.draft.min_trade;
        for order in &self.draft.ground.orders {
            if order.side != Side::Sell || least <= 0.0 {
                continue;
            }
            let planned: f64 = order.trades.iter().map(|index| self.planned(*index)).sum();
            for index in self.partial(&order.trades) {
                let Some(trade) = self.trade(index) else { continue };
                let more = trade.unit * Shares(trade.step).to_f64();
                let now = self.placed(&order.trades);
                if now > 0.0
                    && now < least - SLACK
                    && now + more <= planned.max(least) + more
                    && self.has_room(index, trade.step)
                {
                    self.set(index, self.held(index) + trade.step);
                }
            }
            if self.placed(&order.trades) < least - SLACK {
                order.trades.iter().for_each(|index| self.set(*index, Decimal::ZERO));
            }
        }
    }

    /// Of some sales those with a part of a lot left, the least tax first.
    fn partial(&self, trades: &[usize]) -> Vec<usize> {
        let is_partial = |index: &usize| {
            let shares = self.trade(*index).and_then(|trade| trade.shares);
            self.planned(*index) > DUST && shares.is_some_and(|all| self.held(*index) < all)
        };
        let mut found: Vec<(f64, usize)> = (trades.iter().copied().filter(is_partial))
            .filter_map(|index| Some((self.trade(index)?.tax(&self.draft.ground.problem.tax), index)))
            .collect();
        found.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        found.into_iter().map(|(_, index)| index).collect()
    }

    /// A step more of a sale, or the whole rest of its lot where that is less.
    fn one_more(&self, index: usize) -> Decimal {
        let Some(trade) = self.trade(index) else { return Decimal::ZERO };
        let rest = trade.shares.unwrap_or(Decimal::MAX) - self.held(index);
        trade.step.min(rest)
    }

    /// A single run sells a share more where a cap that it meets in fractions would stay broken, or one that it leaves
    /// broken would be worse.
    fn meet_caps(&mut self) {
        for (place, bound) in self.draft.bounds.iter().enumerate().filter(|(_, bound)| bound.counted) {
            let planned: f64 = bound.terms.iter().map(|(index, value)| value * self.planned(*index)).sum();
            let worst = if bound.constant + planned > bound.most + SLACK { 0.0 } else { bound.worst };
            let sales: Vec<usize> =
                bound.terms.iter().filter(|(_, value)| *value < 0.0).map(|(index, _)| *index).collect();
            for index in self.partial(&sales) {
                // What is left of the bound beyond what doing nothing has is what a repaired cap lacks. Purchases follow.
                let bought: f64 = (bound.terms.iter())
                    .filter(|(index, _)| self.trade(*index).is_some_and(|trade| trade.side == Side::Buy))
                    .map(|(index, value)| value * self.planned(*index))
                    .sum();
                let slack = self.slack.get(place).copied().unwrap_or(0.0) - worst - bought;
                let more = self.one_more(index);
                let is_rounded = self
                    .trade(index)
                    .is_some_and(|trade| trade.unit * Shares(self.held(index)).to_f64() < self.planned(index) - DUST);
                if slack < -SLACK && is_rounded && self.may_add(index, more) && self.keeps_tax_budget(index, more) {
                    self.set(index, self.held(index) + more);
                }
            }
            // No purchase breaks it again.
            if let Some(slack) = self.slack.get_mut(place) {
                *slack -= worst;
            }
        }
    }

    fn keeps_tax_budget(&mut self, index: usize, more: Decimal) -> bool {
        let Some((_, budget)) = self.draft.tax_budget else { return true };
        self.set(index, self.held(index) + more);
        let tax = self.tax();
        self.set(index, self.held(index) - more);
        self.draft.ground.scale * tax.to_f64() <= budget + SLACK
    }

    fn tax(&self) -> Money {
        let sells = self.trades().0;
        super::evaluate(self.draft.ground.problem, &sells, &[]).tax
    }

    /// Cash of each account after the trades, as they are booked.
    fn cash(&self) -> Vec<Money> {
        let ground = &self.draft.ground;
        let problem = ground.problem;
        let had = |index: &usize| problem.accounts.get(*index).map_or(Money::ZERO, |home| home.cash + home.flow);
        let mut cash: Vec<Money> = ground.accounts.iter().map(had).collect();
        for (index, trade) in ground.trades.iter().enumerate() {
            let quantity = Shares(self.held(index));
            let Some(symbol) = ground.symbols.get(trade.symbol).filter(|_| quantity.is_positive()) else { continue };
            if let Some(cash) = cash.get_mut(trade.account) {
                *cash += match trade.side {
                    Side::Sell => proceeds(problem, symbol, quantity),
                    Side::Buy => -payment(problem, symbol, quantity),
                };
            }
        }
        for order in &ground.orders {
            let is_placed = order.trades.iter().any(|index| self.held(*index) > Decimal::ZERO);
            if let Some(cash) = cash.get_mut(order.account).filter(|_| is_placed) {
                *cash -= problem.ticket;
            }
        }
        cash
    }

    /// What of a purchase is planned and not made.
    fn planned_still(&self, _: &[usize], index: usize) -> f64 {
        self.planned(index) - self.placed(&[index])
    }

    /// Of a single run: what of the money that its account was to spend and does not, since a limit has no room for what rounding left
    /// unsold, another target there still misses.
    fn instead(&self, buys: &[usize], index: usize) -> f64 {
        let ground = &self.draft.ground;
        let Some(trade) = self.trade(index) else { return 0.0 };
        let Some(symbol) = ground.symbols.get(trade.symbol) else { return 0.0 };
        let is_target = |target: &&Target| target.symbol == **symbol && target.reaction == Reaction::Fill;
        let wished: f64 = ground.problem.targets.iter().filter(is_target).map(|target| target.weight.0).sum();
        let bought: f64 = ground.by_symbol.get(trade.symbol).map_or(0.0, |trades| {
            let is_buy = |index: &&usize| self.trade(**index).is_some_and(|trade| trade.side == Side::Buy);
            trades.iter().filter(is_buy).map(|index| self.placed(&[*index])).sum()
        });
        let gap = 10_000.0 * wished - ground.held.get(trade.symbol).copied().unwrap_or(0.0) - bought;
        let own = buys.iter().filter(|other| self.trade(**other).is_some_and(|own| own.account == trade.account));
        gap.min(own.map(|index| self.planned_still(buys, *index)).sum())
    }

    /// What misses most first, as long as the cash lasts: a quarter of the steps that it misses and can pay, at least one.
    fn top_up(
        &mut self,
        buys: &[usize],
        left: impl Fn(&Self) -> (Vec<Money>, Money),
        taxable: impl Fn(usize) -> bool,
        missing: impl Fn(&Self, &[usize], usize) -> f64,
    ) {
        let (mut free, mut pool) = left(self);
        for _ in 0..MOST_STEPS {
            let mut most: Option<(f64, usize, Decimal, Money)> = None;
            for index in buys {
                let Some(trade) = self.trade(*index) else { continue };
                let step = trade.unit * Shares(trade.step).to_f64();
                let missing = missing(self, buys, *index);
                if missing <= NEAR * step || most.as_ref().is_some_and(|(known, ..)| missing <= *known) {
                    continue;
                }
                let own = free.get(trade.account).copied().unwrap_or_default();
                let has = if taxable(trade.account) { own.min(pool) } else { own };
                let steps = missing.min(self.draft.ground.scale * has.to_f64()) / step;
                let many = Decimal::from_f64_retain((steps / 4.0).floor().max(1.0)).unwrap_or(Decimal::ONE);
                let ways = [many * trade.step, trade.step].into_iter().map(|more| (more, self.price_of(*index, more)));
                let way = ways.into_iter().find(|(more, price)| *price <= has && self.has_room(*index, *more));
                most = way.map(|(more, price)| (missing, *index, more, price)).or(most);
            }
            let Some((_, index, more, price)) = most else { return };
            let Some(trade) = self.trade(index) else { return };
            self.set(index, self.held(index) + more);
            if let Some(free) = free.get_mut(trade.account) {
                *free -= price;
            }
            if taxable(trade.account) {
                pool -= price;
            }
        }
    }

    /// What it costs to buy more of something, as it is booked.
    fn price_of(&self, index: usize, more: Decimal) -> Money {
        let ground = &self.draft.ground;
        let Some(symbol) = self.trade(index).and_then(|trade| ground.symbols.get(trade.symbol)) else {
            return Money::ZERO;
        };
        let (held, next) = (Shares(self.held(index)), Shares(self.held(index) + more));
        let paid = |quantity: Shares| match quantity.is_positive() {
            true => payment(ground.problem, symbol, quantity) + ground.problem.ticket,
            false => Money::ZERO,
        };
        paid(next) - paid(held)
    }

    /// Purchases below the smallest order are none, and of too many what takes the rest is left out, and then the smallest.
    fn drop_small(&mut self, buys: &[usize]) {
        let worth = |table: &Self, index: usize| {
            table.trade(index).map_or(0.0, |trade| trade.unit * Shares(table.held(index)).to_f64())
        };
        for index in buys {
            if worth(self, *index) < self.draft.min_trade - SLACK {
                self.set(*index, Decimal::ZERO);
            }
        }
        if let Some((_, most)) = self.draft.max_trades {
            let orders = self.draft.ground.orders.iter();
            let placed =
                orders.filter(|order| order.trades.iter().any(|index| self.held(*index) > Decimal::ZERO)).count();
            let mut open: Vec<usize> = buys.iter().copied().filter(|index| self.held(*index) > Decimal::ZERO).collect();
            let problem = self.draft.ground.problem;
            let is_target = |index: usize| {
                let symbol = self.trade(index).and_then(|trade| self.draft.ground.symbols.get(trade.symbol));
                symbol.is_none_or(|symbol| !problem.is_neutral(symbol))
            };
            open.sort_by(|one, other| {
                let by_worth = worth(self, *one).total_cmp(&worth(self, *other));
                is_target(*one).cmp(&is_target(*other)).then(by_worth).then(one.cmp(other))
            });
            for index in open.into_iter().take(placed.saturating_sub(most as usize)) {
                self.set(index, Decimal::ZERO);
            }
        }
    }

    fn trades(&self) -> Trades {
        let ground = &self.draft.ground;
        let problem = ground.problem;
        let mut sells = Vec::new();
        let mut buys: BTreeMap<(String, String), PlannedBuy> = BTreeMap::new();
        for (index, trade) in ground.trades.iter().enumerate() {
            let quantity = Shares(self.held(index));
            let home = ground.accounts.get(trade.account).and_then(|index| problem.accounts.get(*index));
            let (Some(home), Some(symbol)) = (home, ground.symbols.get(trade.symbol)) else { continue };
            if !quantity.is_positive() {
                continue;
            }
            let (account, symbol) = (home.id.clone(), (*symbol).clone());
            match trade.lot.and_then(|lot| problem.lots.get(lot)) {
                Some(lot) => sells.push(PlannedSale { account, symbol, lot: lot.id, quantity }),
                None => {
                    let key = (account.clone(), symbol.to_string());
                    buys.insert(key, PlannedBuy { account, symbol, quantity });
                }
            }
        }
        sells.sort();
        let mut buys: Vec<PlannedBuy> = buys.into_values().collect();
        buys.sort();
        (sells, buys)
    }
}

impl Draft<'_> {
    /// What of a bound is used up before this run, in basis points: the turnover limit is of the run's whole period, and
    /// the gain budget of the year.
    pub(super) fn used(&self, bound: &Bound) -> f64 {
        let Some(route) = &self.ground.problem.route else { return 0.0 };
        match self.ground.problem.limits.get(bound.limit).map(|limit| &limit.measure) {
            Some(Measure::Turnover(_)) => self.ground.scale * route.used_turnover.to_f64(),
            Some(Measure::GainBudget(_)) => self.ground.scale * (route.realised_short + route.realised_long).to_f64(),
            _ => 0.0,
        }
    }
}
