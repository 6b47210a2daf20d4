//! The figures that are printed, worked out again from the trades.

use super::{Checker, SLACK};
use crate::units::{Decimal, Money};

/// Half a cent: figures are printed to the cent.
const HALF_A_CENT: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

impl Checker<'_> {
    /// The plan's own account of cash, gains, tax, money moved and cost is that of its trades.
    pub(super) fn figures(&mut self) {
        let outcome = &self.plan.outcome;
        let left = self.cash_left();
        let (short, long) = self.realised();
        let worth = |symbol, quantity: crate::units::Shares| self.price(symbol) * quantity.decimal();
        let sold: Decimal = self.plan.sells.iter().map(|sale| worth(&sale.symbol, sale.quantity)).sum();
        let bought: Decimal = self.plan.buys.iter().map(|buy| worth(&buy.symbol, buy.quantity)).sum();
        let before: Decimal =
            self.problem.accounts.iter().map(|account| account.cash.decimal() + account.flow.decimal()).sum();
        let after: Decimal = left.values().copied().sum();
        let mut wrong = Vec::new();
        let mut compare = |name: &str, said: Money, found: Decimal, most: Decimal| {
            if (said.decimal() - found).abs() > most {
                wrong.push(format!("{name} is {found}, and said to be {}", said.decimal()));
            }
        };
        for (account, found) in &left {
            compare(account, outcome.cash.get(account).copied().unwrap_or_default(), *found, Decimal::ZERO);
        }
        compare("the short-term gain", outcome.realised_short, short, SLACK);
        compare("the long-term gain", outcome.realised_long, long, SLACK);
        compare("the tax", outcome.tax, self.tax(), HALF_A_CENT);
        compare("what is sold", outcome.sold, sold, SLACK);
        compare("what is bought", outcome.bought, bought, SLACK);
        compare("the trading cost", outcome.trading_cost, before + sold - bought - after, SLACK);
        for message in wrong {
            self.breach("figures", message);
        }
    }
}
