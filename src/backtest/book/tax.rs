//! The tax of a year: paid in April from cash, or from what costs least to sell.

use chrono::Datelike;

use super::{Book, Decision, Scene, add_cash};
use crate::backtest::ledger::Ledger;
use crate::model::{Side, Term};
use crate::plan::{self, Plan, PlannedSale};
use crate::trades;
use crate::units::{Decimal, Money, Shares};

impl Book {
    /// Pays the tax of the year before, from the middle of April on: from cash, else from sales of what costs least tax.
    /// A loss that saves tax on wages brings money.
    pub fn pay(&mut self, session: usize, scene: &Scene<'_>) {
        let day = scene.day(session);
        let year = day.year() - 1;
        if self.paid >= year || (day.month(), day.day()) < (4, 15) {
            return;
        }
        self.paid = year;
        let due = self.ledger.tax(year, Money::ZERO, Money::ZERO);
        if due.is_zero() {
            return;
        }
        self.tax_paid += due;
        let cash: Money = self.taxed().filter_map(|account| account.cash_in("USD")).sum();
        if due > cash {
            self.raise(due - cash.max(Money::ZERO), session, scene);
        }
        let mut left = due;
        self.changed();
        let count = self.taxed().count();
        let taxed = self.portfolio.accounts.iter_mut().filter(|account| account.kind.is_taxable());
        for (index, account) in taxed.enumerate() {
            let cash = account.cash_in("USD").unwrap_or_default();
            let part = if index + 1 == count || left.is_negative() { left } else { left.min(cash.max(Money::ZERO)) };
            add_cash(account, -part);
            left -= part;
        }
    }

    fn taxed(&self) -> impl Iterator<Item = &crate::model::Account> {
        self.portfolio.accounts.iter().filter(|account| account.kind.is_taxable())
    }

    /// Sells in taxed accounts what costs least tax per dollar, until some cash is there.
    fn raise(&mut self, mut need: Money, session: usize, scene: &Scene<'_>) {
        self.reprice(session, scene.tape);
        let day = scene.day(session);
        let problem = self.problem(day, scene);
        let taxed: Vec<&str> = problem
            .accounts
            .iter()
            .filter(|account| account.kind.is_taxable())
            .map(|account| account.id.as_str())
            .collect();
        let prices = trades::Taxed::first(&problem);
        let mut lots: Vec<_> = problem
            .lots
            .iter()
            .filter(|lot| lot.locked.is_none() && taxed.contains(&lot.account.as_str()))
            .map(|lot| (prices.per_dollar(lot).unwrap_or(1.0), lot))
            .collect();
        lots.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        let mut plan = Plan::default();
        for (_, lot) in lots {
            let Some(price) = problem.securities.get(&lot.symbol).map(|security| security.price) else { continue };
            if !need.is_positive() {
                break;
            }
            // A thousandth more than needed pays the spread.
            let wanted = need.decimal() * Decimal::new(1_001, 3) / price.decimal();
            let quantity = lot.quantity.min(Shares(wanted.ceil()));
            need -= price * quantity;
            let (account, symbol) = (lot.account.clone(), lot.symbol.clone());
            plan.sells.push(PlannedSale { account, symbol, lot: lot.id, quantity });
        }
        plan.sells.sort();
        let why = |sale: &PlannedSale| {
            ((sale.account.clone(), sale.symbol.clone(), Side::Sell), "tax of the year before".to_owned())
        };
        let reasons = plan.sells.iter().map(why).collect();
        self.execute(&Decision { problem, plan, reasons }, session, scene);
    }

    /// Returns the tax that is owed and not paid on a day, and what would come on top if everything were sold at its close.
    pub fn owed(&mut self, session: usize, scene: &Scene<'_>) -> (Money, Money) {
        let day = scene.day(session);
        self.reprice(session, scene.tape);
        let due = |ledger: &Ledger| {
            let years = self.paid + 1..=day.year();
            years.map(|year| ledger.tax(year, Money::ZERO, Money::ZERO)).sum::<Money>()
        };
        let owed = due(&self.ledger);
        let problem = self.problem(day, scene);
        let sale = |lot: &plan::PlanLot| PlannedSale {
            account: lot.account.clone(),
            symbol: lot.symbol.clone(),
            lot: lot.id,
            quantity: lot.quantity,
        };
        let all: Vec<PlannedSale> = problem.lots.iter().map(sale).collect();
        let outcome = plan::evaluate(&problem, &all, &[]);
        let mut sold = self.ledger.clone();
        sold.realise(day, Term::Short, outcome.realised_short);
        sold.realise(day, Term::Long, outcome.realised_long);
        (owed, due(&sold) - owed)
    }
}
