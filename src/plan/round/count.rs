//! What the trades on the table come to, in dollars as a broker books them, kept up to date move by move.

use super::{Limit, SLACK, Score, TIE, Table};
use crate::model::{Side, Term};

impl Table<'_, '_> {
    /// Changes the steps of a trade and everything that follows from it.
    pub(super) fn shift(&mut self, index: usize, change: i64) {
        let (Some(piece), Some(steps)) = (self.pieces.get(index), self.steps.get_mut(index)) else { return };
        let (from, to) = (piece.quantity(*steps), piece.quantity(*steps + change));
        *steps += change;
        let (was, is) = (from * piece.price, to * piece.price);
        let moved = is - was;
        self.spread += moved * piece.spread;
        self.turnover += moved;
        let cash = match piece.side {
            Side::Sell => cents_down(is * (1.0 - piece.spread)) - cents_down(was * (1.0 - piece.spread)),
            Side::Buy => cents_up(was * (1.0 + piece.spread)) - cents_up(is * (1.0 + piece.spread)),
        };
        if let Some(account) = self.accounts.get_mut(piece.account) {
            account.cash += cash;
        }
        if let Some((term, gain)) = piece.gain {
            match term {
                Term::Short => self.short += moved * gain,
                Term::Long => self.long += moved * gain,
            }
        }
        for (limit, value) in &piece.bounds {
            if let Some(limit) = self.limits.get_mut(*limit) {
                limit.constant += value * moved;
                let (broken, excess) = limit.parts(self.planned_cost, self.most_cost);
                self.broken += broken - limit.broken;
                self.excess += excess - limit.excess;
                (limit.broken, limit.excess) = (broken, excess);
            }
        }
        for target in &piece.targets {
            if let Some(target) = self.targets.get_mut(*target) {
                target.held += if piece.side == Side::Buy { moved } else { -moved };
                let gap = (target.weight * (self.value - self.planned_cost) - target.held).max(0.0);
                self.gaps += gap - target.gap;
                target.gap = gap;
            }
        }
        if let Some(order) = self.orders.get_mut(piece.order) {
            self.broken -= small(*order, self.min_trade);
            self.placed -= usize::from(*order > 0.0);
            *order += moved;
            if order.abs() < 1e-9 {
                *order = 0.0;
            }
            self.broken += small(*order, self.min_trade);
            self.placed += usize::from(*order > 0.0);
        }
        if let Some((sold, bought)) = self.sides.get_mut(piece.identity) {
            self.broken -= over(sold.min(*bought));
            match piece.side {
                Side::Sell => *sold += moved,
                Side::Buy => *bought += moved,
            }
            self.broken += over(sold.min(*bought));
        }
        if self.costs_move && self.cost() != self.planned_cost {
            self.planned_cost = self.cost();
            self.most_cost = self.planned_cost;
            self.sum_up();
        }
    }

    /// Fixes the costs at which limits and targets are judged, and sums everything up anew.
    pub(super) fn settle(&mut self) {
        self.planned_cost = self.cost();
        let whole = self.draft.ground.problem.whole_shares;
        let is_free = self.ticket == 0.0 && self.pieces.iter().all(|piece| piece.spread == 0.0);
        self.most_cost = match (whole && !self.costs_move, is_free) {
            (true, false) => 1.02 * self.planned_cost + self.ticket + 0.05,
            _ => self.planned_cost,
        };
        self.sum_up();
    }

    pub(super) fn sum_up(&mut self) {
        (self.broken, self.excess, self.gaps) = (0.0, 0.0, 0.0);
        for limit in &mut self.limits {
            (limit.broken, limit.excess) = limit.parts(self.planned_cost, self.most_cost);
            self.broken += limit.broken;
            self.excess += limit.excess;
        }
        for target in &mut self.targets {
            target.gap = (target.weight * (self.value - self.planned_cost) - target.held).max(0.0);
            self.gaps += target.gap;
        }
        self.broken += self.orders.iter().map(|order| small(*order, self.min_trade)).sum::<f64>();
        self.broken += self.sides.iter().map(|(sold, bought)| over(sold.min(*bought))).sum::<f64>();
        self.placed = self.orders.iter().filter(|order| **order > 0.0).count();
    }

    /// The levels in dollars, broken hard limits first. Smaller is better, in order.
    pub(super) fn score(&self) -> Score {
        let cost = self.cost();
        // Sums kept by adding and subtracting: less than a millionth of a cent is nothing.
        let mut broken = if self.broken > 1e-8 { self.broken } else { 0.0 };
        broken += (self.placed as f64 - self.max_trades).max(0.0) * 1e6;
        // A floor is of the value after costs, so it rises when the trades cost less than planned.
        for floor in self.limits.iter().filter(|limit| limit.cost < 0.0) {
            broken += over(floor.constant + floor.cost * cost.min(self.planned_cost) - floor.most - floor.worst);
        }
        let year = year(self.rates, self.before.0 + self.short, self.before.1 + self.long);
        let tax = year - self.without;
        let due = tax.max(0.0);
        broken += over(due - self.tax_budget);
        let mut shortfall = 0.0;
        let mut free = 0.0;
        let tickets = self.tickets_by_account();
        for (place, account) in self.accounts.iter().enumerate() {
            let left = account.cash - tickets.get(place).copied().unwrap_or(0.0) - account.reserve;
            let missing = (-left).max(0.0);
            // To the cent: half a cent is a rounding error of the sum, not of the account.
            broken += if missing > account.shortfall + 0.005 { missing - account.shortfall } else { 0.0 };
            shortfall += if missing > 0.005 { missing } else { 0.0 };
            if account.taxable {
                free += left.max(0.0);
            }
        }
        if self.draft.ground.problem.set_aside_tax {
            let missing = over(due - free);
            let raising = self.accounts.iter().any(|account| account.shortfall > 0.0);
            shortfall += missing;
            broken += if raising { 0.0 } else { missing };
        }
        match self.prices {
            None => {
                let largest = self.targets.iter().map(|target| target.gap).fold(0.0, f64::max);
                [broken, shortfall, self.excess, self.gaps, largest, due + cost, self.turnover, tax]
            }
            Some((cap, target)) => {
                let priced = cap * self.excess + target * self.gaps + due + cost;
                [broken, shortfall, priced, self.turnover, tax, 0.0, 0.0, 0.0]
            }
        }
    }

    pub(super) fn cost(&self) -> f64 {
        self.spread + self.ticket * self.placed as f64
    }

    pub(super) fn tickets_by_account(&self) -> Vec<f64> {
        if self.ticket <= 0.0 {
            return Vec::new();
        }
        let mut tickets = vec![0.0; self.accounts.len()];
        for (order, placed) in self.draft.ground.orders.iter().zip(&self.orders) {
            if *placed > 0.0
                && let Some(sum) = tickets.get_mut(order.account)
            {
                *sum += self.ticket;
            }
        }
        tickets
    }
}

impl Limit {
    /// Dollars by which the limit is broken, and by which its cap is exceeded.
    pub(super) fn parts(&self, planned_cost: f64, most_cost: f64) -> (f64, f64) {
        let cost = (self.cost * most_cost).max(self.cost * planned_cost);
        let above = self.constant + cost - self.most - self.worst;
        let excess = if self.counted { self.constant + self.cost * planned_cost - self.most } else { 0.0 };
        (over(above), excess.max(0.0))
    }
}

/// Dollars by which something is exceeded, if by more than nothing.
pub(super) fn over(excess: f64) -> f64 {
    if excess > SLACK { excess } else { 0.0 }
}

/// Dollars that an order lacks to be nothing or large enough.
pub(super) fn small(order: f64, least: f64) -> f64 {
    if order > 1e-9 { over(least - order) } else { 0.0 }
}

fn cents_down(dollars: f64) -> f64 {
    (dollars * 100.0 + 1e-6).floor() / 100.0
}

fn cents_up(dollars: f64) -> f64 {
    (dollars * 100.0 - 1e-6).ceil() / 100.0
}

/// The year's tax at flat rates (short, long, ordinary, limit).
pub(super) fn year((short_rate, long_rate, ordinary, limit): (f64, f64, f64, f64), short: f64, long: f64) -> f64 {
    let net = short + long;
    if net < 0.0 {
        -ordinary * (-net).min(limit)
    } else if long < 0.0 {
        short_rate * net
    } else if short < 0.0 {
        long_rate * net
    } else {
        short_rate * short + long_rate * long
    }
}

pub(super) fn is_less(one: &Score, other: &Score) -> bool {
    for (one, other) in one.iter().zip(other) {
        if one < &(other - TIE) {
            return true;
        }
        if one > &(other + TIE) {
            return false;
        }
    }
    false
}
