//! The choices that a linear program cannot make, and how a program is held to them: sell or buy a symbol, place an order
//! of at least the minimum or none, and how many whole shares.

use super::super::ground::Trade;
use super::super::simplex::Simplex;
use super::Search;
use crate::model::Side;
use crate::units::Shares;

/// Amounts below this many basis points are no trade.
const DUST: f64 = 1e-7;
/// A value this many dollars from a whole number of steps is that number.
const NEAR: f64 = 1e-5;
/// Dollars of a step that is worth a choice.
const SMALL: f64 = 1.0;

/// A choice that a linear program cannot make.
#[derive(Clone, Copy, Debug)]
pub(super) enum Choice {
    /// The order is not placed.
    Close(usize),
    /// The order is placed, with at least the minimum.
    Open(usize),
    /// The identity is only sold.
    SellOnly(usize),
    /// The identity is only bought.
    BuyOnly(usize),
    /// At most so many basis points are traded.
    Most(Part, f64),
    /// At least so many basis points are traded.
    Least(Part, f64),
}

/// What has a whole number of shares.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Order(usize),
    Trade(usize),
}

/// What a solution leaves open.
#[derive(Debug, Default)]
pub(super) struct Undecided {
    /// The two ways to decide each, the likelier first.
    pub choices: Vec<(Choice, Choice)>,
    /// Orders that must have a row of their own before they can be decided.
    pub orders: Vec<usize>,
}

/// Returns some choices and one more.
pub(super) fn with(choices: &[Choice], choice: Choice) -> Vec<Choice> {
    choices.iter().copied().chain([choice]).collect()
}

impl Search<'_, '_> {
    pub(super) fn apply(&self, choice: Choice, simplex: &mut Simplex<'_>) {
        let orders = &self.draft.ground.orders;
        let mut close = |order: usize| {
            let trades = orders.get(order).map(|order| order.trades.as_slice()).unwrap_or_default();
            for column in trades.iter().filter_map(|trade| self.program.trades.get(*trade).copied().flatten()) {
                simplex.bound_column(column, 0.0, 0.0);
            }
            if let Some(flag) = self.program.order_flags.get(order).copied().flatten() {
                simplex.bound_column(flag, 0.0, 0.0);
            }
        };
        let side = |identity: usize, side: Side| {
            let matching = orders.iter().enumerate();
            matching.filter(move |(_, order)| order.identity == identity && order.side == side).map(|(index, _)| index)
        };
        match choice {
            Choice::Close(order) => close(order),
            Choice::SellOnly(identity) => side(identity, Side::Buy).for_each(&mut close),
            Choice::BuyOnly(identity) => side(identity, Side::Sell).for_each(&mut close),
            Choice::Open(order) => {
                if let Some(row) = self.program.order_rows.get(order).copied().flatten() {
                    simplex.tighten_row(row, self.draft.min_trade, f64::INFINITY);
                }
                if let Some(flag) = self.program.order_flags.get(order).copied().flatten() {
                    simplex.bound_column(flag, 1.0, 1.0);
                }
            }
            Choice::Most(part, most) => self.tighten(part, f64::NEG_INFINITY, most, simplex),
            Choice::Least(part, least) => self.tighten(part, least, f64::INFINITY, simplex),
        }
    }

    fn tighten(&self, part: Part, lo: f64, hi: f64, simplex: &mut Simplex<'_>) {
        let column = |trade: usize| self.program.trades.get(trade).copied().flatten();
        match part {
            Part::Trade(trade) => {
                if let Some(column) = column(trade) {
                    simplex.tighten_column(column, lo, hi);
                }
            }
            Part::Order(order) => {
                if let Some(row) = self.program.order_rows.get(order).copied().flatten() {
                    simplex.tighten_row(row, lo, hi);
                }
            }
        }
    }

    /// Dollars of each order, in basis points.
    fn placed(&self, amounts: &[f64]) -> Vec<f64> {
        let orders = self.draft.ground.orders.iter();
        orders.map(|order| order.trades.iter().filter_map(|trade| amounts.get(*trade)).sum()).collect()
    }

    /// Orders that are neither nothing nor large enough.
    fn small_orders(&self, amounts: &[f64]) -> Vec<usize> {
        let least = self.draft.min_trade;
        if least <= 0.0 {
            return Vec::new();
        }
        let placed = self.placed(amounts).into_iter().enumerate();
        placed.filter(|(_, amount)| *amount > DUST && *amount < least - DUST).map(|(order, _)| order).collect()
    }

    /// Returns what a solution leaves open.
    pub(super) fn undecided(&self, amounts: &[f64], flags: &[f64]) -> Undecided {
        let small = self.small_orders(amounts);
        let unwritten = |order: &usize| self.program.order_rows.get(*order).copied().flatten().is_none();
        let unwritten: Vec<usize> = small.iter().copied().filter(unwritten).collect();
        if !unwritten.is_empty() {
            return Undecided { choices: Vec::new(), orders: unwritten };
        }
        let only = |choices: Vec<(Choice, Choice)>| Undecided { choices, orders: Vec::new() };
        let orders = &self.draft.ground.orders;
        let placed = self.placed(amounts);
        let identities = 1 + orders.iter().map(|order| order.identity).max().unwrap_or(0);
        let mut sides = vec![(0.0_f64, 0.0_f64); identities];
        for (order, amount) in orders.iter().zip(&placed) {
            if let Some((sold, bought)) = sides.get_mut(order.identity) {
                match order.side {
                    Side::Sell => *sold += amount,
                    Side::Buy => *bought += amount,
                }
            }
        }
        let mut both: Vec<(f64, usize, bool)> = sides
            .iter()
            .enumerate()
            .map(|(identity, (sold, bought))| (sold.min(*bought), identity, sold >= bought))
            .filter(|(both, _, _)| *both > DUST)
            .collect();
        both.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        if !both.is_empty() {
            let choices = both.into_iter().map(|(_, identity, sells)| {
                let (sell, buy) = (Choice::SellOnly(identity), Choice::BuyOnly(identity));
                if sells { (sell, buy) } else { (buy, sell) }
            });
            return only(choices.collect());
        }
        let least = self.draft.min_trade;
        let mut small: Vec<(f64, usize)> =
            small.into_iter().filter_map(|order| placed.get(order).map(|amount| (*amount, order))).collect();
        small.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        if !small.is_empty() {
            let choices = small.into_iter().map(|(amount, order)| {
                let (open, close) = (Choice::Open(order), Choice::Close(order));
                if 2.0 * amount >= least { (open, close) } else { (close, open) }
            });
            // Opening one may make room for others: decide only those of one kind at once.
            return only(choices.take(8).collect());
        }
        let too_many = self
            .draft
            .max_trades
            .is_some_and(|(_, most)| placed.iter().filter(|amount| **amount > DUST).count() > most as usize);
        if self.program.has_tickets || too_many {
            let loose = placed
                .iter()
                .zip(flags)
                .enumerate()
                .filter(|(_, (amount, flag))| **amount > DUST && **flag < 1.0 - 1e-7)
                .max_by(|a, b| a.1.0.total_cmp(b.1.0).then(b.0.cmp(&a.0)));
            if let Some((order, _)) = loose {
                return only(vec![(Choice::Open(order), Choice::Close(order))]);
            }
        }
        if self.is_whole { self.fraction(amounts, &placed) } else { Undecided::default() }
    }

    /// The order that is furthest from a whole number of shares, in dollars; then the lot.
    fn fraction(&self, amounts: &[f64], placed: &[f64]) -> Undecided {
        let ground = &self.draft.ground;
        let near = NEAR * ground.scale;
        let mut widest = near;
        let mut part: Option<(Part, f64, f64)> = None;
        for (index, (order, placed)) in ground.orders.iter().zip(placed).enumerate() {
            let (whole, step) = match order.trades.as_slice() {
                [trade] => (Part::Trade(*trade), ground.trades.get(*trade).map(step_of)),
                trades => {
                    let trades = trades.iter().filter_map(|trade| ground.trades.get(*trade));
                    (Part::Order(index), common_step(trades))
                }
            };
            // Steps of less than a dollar are as good as none.
            let Some(step) = step.filter(|step| *step >= SMALL * ground.scale) else { continue };
            let (below, mut away) = split(*placed, step);
            let mut above = (below + 1.0) * step;
            match whole {
                Part::Trade(trade) => {
                    // A lot may be sold with its fraction.
                    let most = ground.trades.get(trade).map_or(0.0, |trade| trade.most);
                    (above, away) = (above.min(most), away.min((most - placed).abs()));
                }
                // Without a row of its own an order cannot be held to a number of shares.
                Part::Order(_) if self.program.order_rows.get(index).copied().flatten().is_none() => away = 0.0,
                Part::Order(_) => {}
            }
            if away > widest {
                widest = away;
                part = Some((whole, below * step, above));
            }
        }
        if part.is_none() {
            for (index, (trade, amount)) in ground.trades.iter().zip(amounts).enumerate() {
                let step = step_of(trade);
                if step < SMALL * ground.scale {
                    continue;
                }
                let (below, away) = split(*amount, step);
                let away = away.min((trade.most - amount).abs());
                if away > widest {
                    widest = away;
                    part = Some((Part::Trade(index), below * step, ((below + 1.0) * step).min(trade.most)));
                }
            }
        }
        let Some((part, below, above)) = part else { return Undecided::default() };
        let amount = match part {
            Part::Order(order) => placed.get(order),
            Part::Trade(trade) => amounts.get(trade),
        };
        let (less, more) = (Choice::Most(part, below), Choice::Least(part, above));
        let is_nearer_above = amount.is_some_and(|amount| amount - below > above - amount);
        let choices = vec![if is_nearer_above { (more, less) } else { (less, more) }];
        Undecided { choices, orders: Vec::new() }
    }
}

/// Basis points of a step.
fn step_of(trade: &Trade) -> f64 {
    trade.unit * Shares(trade.step).to_f64()
}

/// Basis points of the step that all trades of an order go in, if their sum does too.
fn common_step<'t>(mut trades: impl Iterator<Item = &'t Trade>) -> Option<f64> {
    let first = trades.next()?;
    let is_whole = |trade: &Trade| {
        let rest = trade.shares.map(|shares| shares.checked_rem(trade.step).is_some_and(|rest| rest.is_zero()));
        trade.step == first.step && rest.unwrap_or(true)
    };
    (is_whole(first) && trades.all(is_whole)).then(|| step_of(first))
}

/// Whole steps below an amount, and how far the amount is from a whole number of them.
fn split(amount: f64, step: f64) -> (f64, f64) {
    let steps = amount / step;
    let below = steps.floor();
    (below, (steps - below).min(below + 1.0 - steps) * step)
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::plan::testing::{Household, dollars};
    use crate::units::Weight;

    /// A limit of 1,000 on sales: 9 at 110 leave 10 unused, 3 at 110 and 3 at 220 leave 10; one at 340 and three at 220 none.
    #[test]
    fn shares_are_combined_until_a_limit_is_used_up() {
        let mut home = Household::ira(&[("NVDA", 110, 100), ("MSFT", 220, 100), ("AMD", 340, 100)]);
        home.cap("tech", &[("NVDA", 1.0), ("MSFT", 1.0), ("AMD", 1.0)], 0.10, 0.0);
        home.limit("turnover", Measure::Turnover(Weight(1_000.0 / 67_000.0)));
        let plan = home.plan();
        assert_eq!(plan.outcome.sold, dollars(1_000));
    }
}
