//! Cash that is owed, in whole shares.

use super::{DUST, SLACK, Table};
use crate::model::Side;
use crate::units::{Decimal, Money};

/// Most steps that a sale gives up for another.
const MOST_LESS: usize = 100;

impl Table<'_, '_> {
    /// Where cash is owed, sales are rounded up until it is there.
    pub(super) fn raise_cash(&mut self) {
        let problem = self.draft.ground.problem;
        for (place, home) in self.draft.ground.accounts.iter().enumerate() {
            let Some(home) = problem.accounts.get(*home) else { continue };
            if home.cash + home.flow >= home.reserve {
                continue;
            }
            let own = |index: &usize| self.trade(*index).is_some_and(|trade| trade.account == place);
            let sales: Vec<usize> = self.of_side(Side::Sell).into_iter().filter(own).collect();
            for index in self.partial(&sales) {
                let more = self.one_more(index);
                if self.misses_cash(place) && (self.may_add(index, more) || self.makes_room(place, index, more)) {
                    self.set(index, self.held(index) + more);
                }
            }
        }
    }

    /// Whether an account has less than must stay in it, with the tax that is set aside.
    fn misses_cash(&self, place: usize) -> bool {
        let problem = self.draft.ground.problem;
        let home = self.draft.ground.accounts.get(place).and_then(|index| problem.accounts.get(*index));
        home.is_none_or(|home| {
            let cash = self.cash().get(place).copied().unwrap_or_default();
            let is_due = problem.set_aside_tax && home.kind.is_taxable();
            let due = if is_due { self.tax().max(Money::ZERO) } else { Money::ZERO };
            cash < home.reserve + due
        })
    }

    /// Sells less in another account, where that makes room for more of a sale that raises cash. One that owes cash itself keeps
    /// what it needs of its sales.
    fn makes_room(&mut self, place: usize, index: usize, more: Decimal) -> bool {
        let problem = self.draft.ground.problem;
        let owes = |place: usize| {
            let home = self.draft.ground.accounts.get(place).and_then(|index| problem.accounts.get(*index));
            home.is_none_or(|home| home.cash + home.flow < home.reserve)
        };
        for other in self.of_side(Side::Sell) {
            let Some(trade) = self.trade(other).filter(|own| own.account != place) else { continue };
            let (account, is_owing) = (trade.account, owes(trade.account));
            let of_order = self.draft.ground.orders.get(trade.order).map_or(&[][..], |order| &order.trades);
            let before = self.held(other);
            for _ in 0..MOST_LESS {
                let less = self.held(other).min(trade.step);
                self.set(other, self.held(other) - less);
                let left = self.placed(of_order);
                let is_small = left > DUST && left < self.draft.min_trade - SLACK;
                if less.is_zero() || is_small || is_owing && self.misses_cash(account) {
                    break;
                }
                if self.may_add(index, more) {
                    return true;
                }
            }
            self.set(other, before);
        }
        false
    }
}
