//! What a route that is under way sells for its targets alone buys these, and not what takes the rest.

use super::Builder;
use crate::units::Money;

impl Builder<'_, '_> {
    /// In every account the neutral fund is paid for by the cash at hand and by what limits ask for. Otherwise something would be
    /// sold to bring a little cash to the smallest order.
    pub(super) fn paying(&mut self) {
        let ground = &self.draft.ground;
        for (place, index) in ground.accounts.iter().enumerate() {
            let Some(home) = ground.problem.accounts.get(*index) else { continue };
            let of_account = |group: usize| self.group(group).filter(|group| group.account == place);
            let is_paying = |group: usize| of_account(group).is_some_and(|own| ground.paying.contains(&own.symbol));
            let neutral = self.neutral_in(home);
            let is_target = neutral.is_some_and(|symbol| self.wished.contains_key(&symbol));
            if is_target || !self.program.sales.iter().any(|sale| is_paying(sale.group)) {
                continue;
            }
            let mut terms = self.program.sold(|sale| match of_account(sale.group) {
                Some(group) if !is_paying(sale.group) => group.spread - 1.0,
                _ => 0.0,
            });
            for purchase in &self.program.purchases {
                let trade = ground.trades.get(purchase.trade);
                let trade = trade.filter(|trade| trade.account == place && Some(trade.symbol) == neutral);
                terms.extend(trade.map(|trade| (purchase.column, 1.0 + trade.spread)));
            }
            let cash = self.dollars((home.cash + home.flow - home.reserve).max(Money::ZERO));
            self.program.model.row(f64::NEG_INFINITY, cash, None, terms);
        }
    }
}
