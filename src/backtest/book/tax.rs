//! The tax of a year: paid in April from cash, or from what costs least to sell.

use std::collections::BTreeSet;

use chrono::Datelike;

use super::{Book, Decision, Scene, add_cash};
use crate::backtest::ledger::Ledger;
use crate::household::Flows;
use crate::model::{Side, Term};
use crate::plan::{self, Plan, PlannedSale, Problem};
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
        let due = self.ledger.tax(year);
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
    fn raise(&mut self, need: Money, session: usize, scene: &Scene<'_>) {
        self.reprice(session, scene.tape);
        let problem = self.problem(scene.day(session), &Flows::none(&self.portfolio), scene);
        let taxed: BTreeSet<&String> =
            problem.accounts.iter().filter(|account| account.kind.is_taxable()).map(|account| &account.id).collect();
        let mut plan = Plan { sells: cheapest(&problem, |account| taxed.contains(account), need), ..Plan::default() };
        plan.sells.sort();
        let why = |sale: &PlannedSale| {
            ((sale.account.clone(), sale.symbol.clone(), Side::Sell), "tax of the year before".to_owned())
        };
        let reasons = plan.sells.iter().map(why).collect();
        self.execute(&Decision { problem, plan, reasons }, session, scene);
    }

    /// Returns the tax that sales of a year made due and that is not paid; below zero where they save some.
    pub fn unpaid(&self, year: i32) -> Money {
        if year > self.paid { self.ledger.tax_on_sales(year) } else { Money::ZERO }
    }

    /// Returns the tax that is owed and not paid on a day, and what would come on top if everything were sold at its close.
    pub fn owed(&mut self, session: usize, scene: &Scene<'_>) -> (Money, Money) {
        let day = scene.day(session);
        self.reprice(session, scene.tape);
        let due = |ledger: &Ledger| {
            let years = self.paid + 1..=day.year();
            years.map(|year| ledger.tax(year)).sum::<Money>()
        };
        let owed = due(&self.ledger);
        let problem = self.problem(day, &Flows::none(&self.portfolio), scene);
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

/// Returns the sales in some accounts that cost least tax per dollar, for some cash.
pub fn cheapest(problem: &Problem, is_own: impl Fn(&String) -> bool, mut need: Money) -> Vec<PlannedSale> {
    let prices = trades::Taxed::first(problem);
    let mut lots: Vec<_> = problem
        .lots
        .iter()
        .filter(|lot| lot.locked.is_none() && is_own(&lot.account))
        .map(|lot| (prices.per_dollar(lot).unwrap_or(1.0), lot))
        .collect();
    lots.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
    let mut sales = Vec::new();
    for (_, lot) in lots {
        if !need.is_positive() {
            break;
        }
        // A thousandth more than needed pays the spread. What is worth nothing raises nothing.
        let wanted = need.decimal() * Decimal::new(1_001, 3);
        let Some(price) = problem.securities.get(&lot.symbol).map(|security| security.price) else { continue };
        let Some(wanted) = wanted.checked_div(price.decimal()) else { continue };
        let quantity = lot.quantity.min(Shares(wanted.ceil()));
        need -= price * quantity;
        let (account, symbol) = (lot.account.clone(), lot.symbol.clone());
        sales.push(PlannedSale { account, symbol, lot: lot.id, quantity });
    }
    sales
}
