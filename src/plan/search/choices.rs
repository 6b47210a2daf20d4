//! The choices that a linear program cannot make, and how a program is held to them: sell or buy a symbol, place an order
//! of at least the minimum or none.

use super::super::simplex::Simplex;
use super::Search;
use crate::model::Side;

/// Amounts below this many basis points are no trade.
const DUST: f64 = 1e-7;

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
    pub(super) fn apply(&self, choice: Choice, simplex: &mut Simplex) {
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
        Undecided::default()
    }
}
