//! The limits: a row for each that trades can reach, and flags where orders are counted.

use std::collections::BTreeMap;

use super::{Builder, Expression};
use crate::model::Side;
use crate::plan::draft::Bound;

impl Builder<'_, '_> {
    /// Returns the excess of the counted caps.
    pub(super) fn bounds(&mut self) -> Expression {
        let mut excess = Vec::new();
        // The linear functions of one risk cap share their excess.
        let mut overs: BTreeMap<usize, usize> = BTreeMap::new();
        let powers: Vec<f64> = (0..self.draft.ground.accounts.len()).map(|account| self.draft.power(account)).collect();
        for bound in &self.draft.bounds {
            if bound.worst <= 0.0 && self.cannot_bind(bound, &powers) {
                continue;
            }
            let mut terms: Vec<(usize, f64)> = bound
                .terms
                .iter()
                .filter_map(|(trade, value)| self.column_of(*trade).map(|column| (column, *value)))
                .collect();
            if !(bound.state && self.draft.at_gross_value) {
                self.with_cost(&mut terms, bound.cost);
            }
            if bound.worst > 0.0 {
                let over = overs.get(&bound.limit).copied().unwrap_or_else(|| {
                    let over =
                        self.model.column(self.draft.incurable(bound, self.draft.ground.problem.as_of), bound.worst);
                    self.model.high.push(over);
                    if bound.counted {
                        excess.push((over, 1.0));
                    }
                    over
                });
                overs.insert(bound.limit, over);
                terms.push((over, -1.0));
            }
            self.model.row(f64::NEG_INFINITY, bound.most - bound.constant, Some(bound.limit), terms);
        }
        excess
    }

    /// Whether no trades at all can reach a bound: every sale at its most, all money of each account in the worst
    /// purchase. Most issuer caps are that far away.
    pub(super) fn cannot_bind(&self, bound: &Bound, powers: &[f64]) -> bool {
        let reach = self.draft.reach(bound, powers);
        let power: f64 = powers.iter().sum();
        // All that can be spent on trading, twice over.
        let dearest = self.open().map(|(_, trade)| trade.spread).fold(0.0, f64::max);
        let tickets = self.ticket * self.draft.ground.orders.len() as f64;
        reach + bound.cost.max(0.0) * (2.0 * power * dearest + tickets) < bound.most - 1e-6
    }

    /// One flag per order where orders are counted or cost a ticket: dollars <= most * flag.
    pub(super) fn order_flags(&mut self) {
        if self.ticket <= 0.0 && self.draft.max_trades.is_none() {
            return;
        }
        let powers: Vec<f64> = (0..self.draft.ground.accounts.len()).map(|account| self.draft.power(account)).collect();
        for (index, order) in self.draft.ground.orders.iter().enumerate() {
            let columns: Vec<usize> = order.trades.iter().filter_map(|trade| self.column_of(*trade)).collect();
            if columns.is_empty() {
                continue;
            }
            let most = match order.side {
                Side::Sell => order
                    .trades
                    .iter()
                    .filter_map(|trade| self.draft.ground.trades.get(*trade))
                    .map(|trade| trade.most)
                    .sum(),
                Side::Buy => powers.get(order.account).copied().unwrap_or(0.0),
            };
            let flag = self.model.column(0.0, 1.0);
            let terms = columns.into_iter().map(|column| (column, 1.0)).chain([(flag, -most)]);
            self.model.row(f64::NEG_INFINITY, 0.0, None, terms);
            if let Some(slot) = self.flags.get_mut(index) {
                *slot = Some(flag);
            }
        }
        if let Some((limit, most)) = self.draft.max_trades {
            let flags: Vec<(usize, f64)> = self.flags.iter().flatten().map(|flag| (*flag, 1.0)).collect();
            self.model.row(f64::NEG_INFINITY, f64::from(most), Some(limit), flags);
        }
    }
}
