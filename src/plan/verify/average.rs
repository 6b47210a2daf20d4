//! Holdings at average cost: oldest first, in whole steps together.

use std::collections::BTreeMap;

use super::Checker;
use crate::model::LotId;
use crate::units::{Decimal, Shares};

impl Checker<'_> {
    /// Of an average-cost holding a lot is only sold when the older ones are sold out. What is sold together is a whole
    /// step, or the older lots with what they have of a fraction and whole steps of the next.
    pub(super) fn average_cost(&mut self) {
        let mut found = Vec::new();
        for (account, symbol) in &self.problem.average_cost {
            let mut sold: BTreeMap<LotId, Decimal> = BTreeMap::new();
            for sale in self.plan.sells.iter().filter(|sale| sale.account == *account && sale.symbol == *symbol) {
                *sold.entry(sale.lot).or_default() += sale.quantity.decimal();
            }
            if sold.is_empty() {
                continue;
            }
            let mut lots: Vec<_> =
                self.problem.lots.iter().filter(|lot| lot.account == *account && lot.symbol == *symbol).collect();
            lots.sort_by_key(|lot| (lot.acquired, lot.id));
            let total: Decimal = sold.values().copied().sum();
            let (mut open, mut whole, mut is_step) = (false, Decimal::ZERO, self.is_step(account, Shares(total)));
            for lot in lots {
                let part = sold.get(&lot.id).copied().unwrap_or_default();
                if open && part > Decimal::ZERO {
                    found.push(format!("`{}` is sold before older shares of {symbol} in {account}", lot.words()));
                }
                open |= part < lot.quantity.decimal();
                whole += lot.quantity.decimal();
                is_step |= total >= whole && self.is_step(account, Shares(total - whole));
            }
            if !is_step {
                found.push(format!("{total} shares of {symbol} in {account} are not a whole step"));
            }
        }
        for message in found {
            self.breach("average-cost", message);
        }
    }
}
