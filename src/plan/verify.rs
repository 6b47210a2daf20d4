//! The independent checker: whether a list of trades may be shown to anyone.
//!
//! It shares no code with the model, the solver or the rounding: it walks through the trades in decimals, as a broker
//! would book them, and compares with the limits as they are written. A purchase is booked rounded up to the cent and a
//! sale rounded down.

mod average;
mod figures;
mod limits;
mod risk;
mod route;
mod wash;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Months, NaiveDate};
use rust_decimal::RoundingStrategy::{ToNegativeInfinity, ToPositiveInfinity};
use rust_decimal::prelude::FromPrimitive;

use super::{Plan, PlanLot, Problem};
use crate::model::{LotId, Side, Symbol, Term};
use crate::units::{Decimal, Money, Shares};

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Id of the limit, or the name of a rule that always holds: `lots`, `cash`, `both-sides`, `wash-sale`, ...
    pub rule: String,
    /// What is wrong, with amounts.
    pub message: String,
    /// By how many dollars, where it is a bound on them; else nothing.
    pub by: Money,
}

/// The rule that what a plan adds to the tax stays in cash.
pub(super) const SET_ASIDE: &str = "set-aside-tax";

/// Weights and coefficients come from floats; a thousandth of a cent is no breach.
const SLACK: Decimal = Decimal::from_parts(1, 0, 0, false, 5);

struct Checker<'a> {
    problem: &'a Problem,
    plan: &'a Plan,
    lots: BTreeMap<LotId, &'a PlanLot>,
    breaches: Vec<Breach>,
}

/// Checks a plan against everything that must hold. An empty list means that it may be shown.
pub(super) fn verify(problem: &Problem, plan: &Plan) -> Vec<Breach> {
    let lots = problem.lots.iter().map(|lot| (lot.id, lot)).collect();
    let mut checker = Checker { problem, plan, lots, breaches: Vec::new() };
    checker.lots();
    checker.purchases();
    checker.both_sides();
    checker.cash();
    checker.wash_sales();
    checker.average_cost();
    checker.limits();
    checker.figures();
    checker.route();
    checker.breaches
}

impl<'a> Checker<'a> {
    fn breach(&mut self, rule: impl Into<String>, message: String) {
        self.breaches.push(Breach { rule: rule.into(), message, by: Money::ZERO });
    }

    fn lot(&self, id: LotId) -> Option<&'a PlanLot> {
        self.lots.get(&id).copied()
    }

    fn price(&self, symbol: &Symbol) -> Decimal {
        self.problem.securities.get(symbol).map_or(Decimal::ZERO, |security| security.price.decimal())
    }

    fn is_step(&self, account: &str, quantity: Shares) -> bool {
        let step = match self.problem.accounts.iter().find(|own| own.id == account) {
            Some(own) if self.problem.whole_shares => own.increment,
            _ => Decimal::new(1, 3),
        };
        quantity.decimal().checked_rem(step).is_some_and(|rest| rest.is_zero())
    }

    /// Every sale is of a lot that is there, unlocked, of a known basis where that is taxed, and not larger than it.
    fn lots(&mut self) {
        let mut sold: BTreeMap<LotId, Decimal> = BTreeMap::new();
        for sale in &self.plan.sells {
            let Some(lot) = self.lot(sale.lot) else {
                self.breach("lots", format!("there is no lot {} of {}", sale.lot.index(), sale.symbol));
                continue;
            };
            let (quantity, basis, locked) = (lot.quantity, lot.basis, lot.locked.clone());
            if lot.account != sale.account || lot.symbol != sale.symbol {
                self.breach("lots", format!("lot `{}` is another holding", lot.words()));
            }
            if let Some(reason) = locked {
                self.breach("lots", format!("lot `{}` is locked: {reason}", lot.words()));
            }
            if !sale.quantity.is_positive() {
                self.breach("lots", format!("{} shares of `{}` are no sale", sale.quantity, lot.words()));
            }
            let average = self.problem.average_cost.contains(&(sale.account.clone(), sale.symbol.clone()));
            if !average && !self.is_step(&sale.account, sale.quantity) && sale.quantity != quantity {
                self.breach("lots", format!("{} shares of `{}` are not a whole step", sale.quantity, lot.words()));
            }
            let account = self.problem.accounts.iter().find(|account| account.id == sale.account);
            match account {
                None => self.breach("lots", format!("there is no account `{}`", sale.account)),
                Some(account) => {
                    if account.do_not_sell.contains(&sale.symbol) {
                        self.breach("do-not-sell", format!("{} is not sold in {}", sale.symbol, sale.account));
                    }
                    if account.kind.is_taxable() && basis.is_none() {
                        self.breach("lots", format!("the basis of `{}` is unknown", lot.words()));
                    }
                }
            }
            let total = sold.entry(sale.lot).or_default();
            *total += sale.quantity.decimal();
            if *total > quantity.decimal() {
                let total = *total;
                self.breach("lots", format!("{total} of {quantity} shares of `{}` are sold", lot.words()));
            }
        }
    }

    fn purchases(&mut self) {
        let mut seen = BTreeSet::new();
        for buy in &self.plan.buys {
            if !buy.quantity.is_positive() || !self.is_step(&buy.account, buy.quantity) {
                self.breach("buys", format!("{} shares of {} are no purchase", buy.quantity, buy.symbol));
            }
            if !seen.insert((&buy.account, &buy.symbol)) {
                self.breach("buys", format!("{} is bought twice in {}", buy.symbol, buy.account));
            }
            let home = self.problem.accounts.iter().find(|account| account.id == buy.account);
            let neutral = home.and_then(|home| self.problem.neutral_in(home));
            let is_meant = self.problem.buyable.contains(&buy.symbol) || neutral == Some(&buy.symbol);
            if !is_meant || !self.problem.securities.contains_key(&buy.symbol) {
                self.breach("buys", format!("{} may not be bought", buy.symbol));
            }
            let allowed = home.is_some_and(|account| {
                account.menu.as_ref().is_none_or(|menu| menu.contains(&buy.symbol))
                    && !account.do_not_buy.contains(&buy.symbol)
            });
            if !allowed {
                self.breach("buys", format!("{} may not be bought in {}", buy.symbol, buy.account));
            }
        }
    }

    fn identity<'s>(&self, symbol: &'s Symbol) -> &'s str
    where
        'a: 's,
    {
        let priced = self.problem.securities.get(symbol).map(|security| security.identity.as_str());
        let known = priced.or_else(|| self.problem.identities.get(symbol).map(String::as_str));
        known.unwrap_or(symbol.as_str())
    }

    fn both_sides(&mut self) {
        let sold: BTreeSet<&str> = self.plan.sells.iter().map(|sale| self.identity(&sale.symbol)).collect();
        for buy in &self.plan.buys {
            if sold.contains(self.identity(&buy.symbol)) {
                self.breach("both-sides", format!("{} is bought and sold in one plan", buy.symbol));
            }
        }
    }

    /// Half of the spread of a trade.
    fn spread(&self, symbol: &Symbol, quantity: Shares) -> Decimal {
        let bps = self.problem.securities.get(symbol).map_or(Decimal::ZERO, |security| security.half_spread_bps);
        self.price(symbol) * quantity.decimal() * bps * Decimal::new(1, 4)
    }

    fn orders(&self) -> BTreeMap<(String, Symbol, Side), Decimal> {
        let mut orders: BTreeMap<(String, Symbol, Side), Decimal> = BTreeMap::new();
        for sale in &self.plan.sells {
            let dollars = self.price(&sale.symbol) * sale.quantity.decimal();
            *orders.entry((sale.account.clone(), sale.symbol.clone(), Side::Sell)).or_default() += dollars;
        }
        for buy in &self.plan.buys {
            let dollars = self.price(&buy.symbol) * buy.quantity.decimal();
            *orders.entry((buy.account.clone(), buy.symbol.clone(), Side::Buy)).or_default() += dollars;
        }
        orders
    }

    /// Cash per account after the trades, as a broker books them.
    fn cash_left(&self) -> BTreeMap<String, Decimal> {
        let mut left: BTreeMap<String, Decimal> = BTreeMap::new();
        for account in &self.problem.accounts {
            left.insert(account.id.clone(), account.cash.decimal() + account.flow.decimal());
        }
        for sale in &self.plan.sells {
            let amount = self.price(&sale.symbol) * sale.quantity.decimal() - self.spread(&sale.symbol, sale.quantity);
            *left.entry(sale.account.clone()).or_default() += amount.round_dp_with_strategy(2, ToNegativeInfinity);
        }
        for buy in &self.plan.buys {
            let amount = self.price(&buy.symbol) * buy.quantity.decimal() + self.spread(&buy.symbol, buy.quantity);
            *left.entry(buy.account.clone()).or_default() -= amount.round_dp_with_strategy(2, ToPositiveInfinity);
        }
        for (account, _, _) in self.orders().keys() {
            *left.entry(account.clone()).or_default() -= self.problem.ticket.decimal();
        }
        left
    }

    /// Cash after the trades is never below the reserve, or what was there when that is less.
    fn cash(&mut self) {
        let left = self.cash_left();
        let mut over_reserve = Decimal::ZERO;
        let mut worse = Vec::new();
        for account in &self.problem.accounts {
            let before = account.cash.decimal() + account.flow.decimal();
            let least = account.reserve.decimal().min(before);
            let after = left.get(&account.id).copied().unwrap_or_default();
            if after < least {
                worse.push(format!("{after} is left in {}, below {least}", account.id));
            }
            if account.kind.is_taxable() {
                over_reserve += (after - account.reserve.decimal()).max(Decimal::ZERO);
            }
        }
        for message in worse {
            self.breach("cash", message);
        }
        if self.problem.set_aside_tax {
            let due = self.tax();
            // What a withdrawal misses is missing without the plan too.
            let short = self.problem.accounts.iter().any(|account| account.cash + account.flow < account.reserve);
            if due > over_reserve + SLACK && !short {
                let (due, left) = (Money(due).dollars(), Money(over_reserve).dollars());
                self.breach(SET_ASIDE, format!("{due} of tax is due and {left} is left"));
            }
        }
    }

    fn gain_of(&self, lot: &PlanLot, quantity: Shares) -> Option<Decimal> {
        let basis = lot.basis?.decimal();
        let share = quantity.decimal().checked_div(lot.quantity.decimal())?;
        Some(self.price(&lot.symbol) * quantity.decimal() - basis * share)
    }

    /// Net short- and long-term gain in taxable accounts.
    fn realised(&self) -> (Decimal, Decimal) {
        let (mut short, mut long) = (Decimal::ZERO, Decimal::ZERO);
        for sale in &self.plan.sells {
            let Some(lot) = self.lot(sale.lot) else { continue };
            let taxable = self.problem.accounts.iter().any(|a| a.id == lot.account && a.kind.is_taxable());
            let Some(gain) = self.gain_of(lot, sale.quantity).filter(|_| taxable) else { continue };
            let is_long = match (lot.acquired, lot.term) {
                (Some(acquired), _) => self.problem.as_of >= first_long_day(acquired),
                (None, Some(term)) => term == Term::Long,
                (None, None) => gain < Decimal::ZERO,
            };
            if is_long {
                long += gain;
            } else {
                short += gain;
            }
        }
        (short, long)
    }

    /// The year's tax, written as the cases of Schedule D rather than as its lines.
    fn year(&self, short: Decimal, long: Decimal) -> Decimal {
        let tax = &self.problem.tax;
        let net = short + long;
        if net < Decimal::ZERO {
            return -tax.ordinary_rate * (-net).min(tax.loss_limit.decimal());
        }
        match (short >= Decimal::ZERO, long >= Decimal::ZERO) {
            (true, true) => tax.short_rate * short + tax.long_rate * long,
            (true, false) => tax.short_rate * net,
            _ => tax.long_rate * net,
        }
    }

    fn tax(&self) -> Decimal {
        let tax = &self.problem.tax;
        let before_short = tax.realised_short.decimal() - tax.carry_short.decimal();
        let before_long = tax.realised_long.decimal() - tax.carry_long.decimal();
        let (short, long) = self.realised();
        let year = chrono::Datelike::year(&self.problem.as_of);
        let of = |short, long| self.tax_of_year(year, short, long);
        of(before_short + short, before_long + long) - of(before_short, before_long)
    }

    /// The value of everything before trades.
    fn value_before(&self) -> Decimal {
        let cash = self.problem.accounts.iter().map(|account| account.cash.decimal() + account.flow.decimal());
        let lots = self.problem.lots.iter().map(|lot| self.price(&lot.symbol) * lot.quantity.decimal());
        let fixed = self.problem.fixed.iter().map(|holding| holding.value.decimal());
        cash.chain(lots).chain(fixed).sum()
    }
}

fn fraction(value: f64) -> Decimal {
    // Below a thousand the trillionths of a float are whole and fit; the general conversion is slow.
    if value.abs() < 1e3 {
        return Decimal::new((value * 1e12).round() as i64, 12);
    }
    Decimal::from_f64(value).unwrap_or_default().round_dp(12)
}

/// The day after the purchase, a year later.
fn first_long_day(acquired: NaiveDate) -> NaiveDate {
    let start = acquired.checked_add_days(Days::new(1)).unwrap_or(acquired);
    let year = start.checked_add_months(Months::new(12)).unwrap_or(start);
    // chrono moves 29 February to the 28th; the period runs through it.
    if chrono::Datelike::day(&year) == chrono::Datelike::day(&start) {
        year
    } else {
        year.checked_add_days(Days::new(1)).unwrap_or(year)
    }
}
