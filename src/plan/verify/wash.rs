//! Wash sales and gains about to turn long-term, as the checker sees them.

use chrono::{Days, NaiveDate};

use super::{Checker, first_long_day};
use crate::model::{Side, Symbol};
use crate::plan::{PlanLot, WashSales};
use crate::units::Decimal;

impl Checker<'_> {
    /// No loss is sold with a replacement in its window, nothing is bought that was sold at a loss, and no gain is sold
    /// days before it turns long-term.
    pub(super) fn wash_sales(&mut self) {
        let (from, to) = (
            self.problem.as_of.checked_sub_days(Days::new(30)).unwrap_or(self.problem.as_of),
            self.problem.as_of.checked_add_days(Days::new(30)).unwrap_or(self.problem.as_of),
        );
        let inside = |date: NaiveDate| (from..=to).contains(&date);
        let mut found = Vec::new();
        let recent: Vec<&PlanLot> = self.problem.lots.iter().filter(|lot| lot.acquired.is_some_and(inside)).collect();
        for sale in &self.plan.sells {
            let Some(lot) = self.lot(sale.lot) else { continue };
            let taxable = self.problem.accounts.iter().any(|a| a.id == lot.account && a.kind.is_taxable());
            let Some(gain) = self.gain_of(lot, lot.quantity).filter(|_| taxable) else { continue };
            if gain > Decimal::ZERO
                && let Some(acquired) = lot.acquired
            {
                let wait = first_long_day(acquired).signed_duration_since(self.problem.as_of).num_days();
                if wait > 0 && wait <= i64::from(self.problem.near_long_term_days) {
                    found.push((
                        "near-long-term",
                        format!("the gain of `{}` turns long-term in {wait} days", lot.words()),
                    ));
                }
            }
            if gain >= Decimal::ZERO || self.problem.wash_sales != WashSales::Block {
                continue;
            }
            let identity = self.identity(&lot.symbol);
            let same_purchase = |account: &str, symbol: &Symbol, date: NaiveDate| {
                account == lot.account && *symbol == lot.symbol && Some(date) == lot.acquired
            };
            let by_lot = recent.iter().find(|other| {
                self.identity(&other.symbol) == identity
                    && other.acquired.is_some_and(|date| !same_purchase(&other.account, &other.symbol, date))
            });
            let by_trade = self.problem.trades.iter().find(|trade| {
                trade.side == Side::Buy
                    && self.identity(&trade.symbol) == identity
                    && inside(trade.date)
                    && (trade.outside || !same_purchase(&trade.account, &trade.symbol, trade.date))
            });
            if by_lot.is_some() || by_trade.is_some() {
                found.push(("wash-sale", format!("the loss of `{}` has a replacement", lot.words())));
            }
        }
        if self.problem.wash_sales == WashSales::Block {
            for buy in &self.plan.buys {
                let identity = self.identity(&buy.symbol);
                let sold = self.problem.trades.iter().any(|trade| {
                    let shielded = self.problem.accounts.iter().any(|a| a.id == trade.account && !a.kind.is_taxable());
                    trade.side == Side::Sell
                        && self.identity(&trade.symbol) == identity
                        && trade.date >= from
                        && trade.date <= self.problem.as_of
                        && trade.gain.is_none_or(|gain| gain.decimal() < Decimal::ZERO)
                        && (trade.outside || !shielded)
                });
                if sold {
                    found.push(("wash-sale", format!("{} was sold at a loss in the last 30 days", buy.symbol)));
                }
            }
        }
        for (rule, message) in found {
            self.breach(rule, message);
        }
    }
}
