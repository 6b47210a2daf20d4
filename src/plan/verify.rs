//! The independent checker: whether a list of trades may be shown to anyone.
//!
//! It shares no code with the model, the solver or the rounding: it walks through the trades in decimals, as a broker
//! would book them, and compares with the limits as they are written. A purchase is booked rounded up to the cent and a
//! sale rounded down.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Months, NaiveDate};
use rust_decimal::RoundingStrategy::{ToNegativeInfinity, ToPositiveInfinity};
use rust_decimal::prelude::FromPrimitive;

use super::{Plan, PlanLot, Problem, WashSales};
use crate::model::{Measure, Side, Symbol, Term};
use crate::units::{Decimal, Shares};

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Id of the limit, or the name of a rule that always holds: `lots`, `cash`, `both-sides`, `wash-sale`, ...
    pub rule: String,
    /// What is wrong, with amounts.
    pub message: String,
}

/// Weights and coefficients come from floats; a thousandth of a cent is no breach.
const SLACK: Decimal = Decimal::from_parts(1, 0, 0, false, 5);

struct Checker<'a> {
    problem: &'a Problem,
    plan: &'a Plan,
    lots: BTreeMap<&'a str, &'a PlanLot>,
    breaches: Vec<Breach>,
}

/// Checks a plan against everything that must hold. An empty list means that it may be shown.
pub(super) fn verify(problem: &Problem, plan: &Plan) -> Vec<Breach> {
    let lots = problem.lots.iter().map(|lot| (lot.id.as_str(), lot)).collect();
    let mut checker = Checker { problem, plan, lots, breaches: Vec::new() };
    checker.lots();
    checker.purchases();
    checker.both_sides();
    checker.cash();
    checker.wash_sales();
    checker.limits();
    checker.breaches
}

impl<'a> Checker<'a> {
    fn breach(&mut self, rule: impl Into<String>, message: String) {
        self.breaches.push(Breach { rule: rule.into(), message });
    }

    fn lot(&self, id: &str) -> Option<&'a PlanLot> {
        self.lots.get(id).copied()
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
        let mut sold: BTreeMap<&str, Decimal> = BTreeMap::new();
        for sale in &self.plan.sells {
            let Some(lot) = self.lot(&sale.lot) else {
                self.breach("lots", format!("there is no lot `{}`", sale.lot));
                continue;
            };
            let (quantity, basis, locked) = (lot.quantity, lot.basis, lot.locked.clone());
            if lot.account != sale.account || lot.symbol != sale.symbol {
                self.breach("lots", format!("lot `{}` is another holding", sale.lot));
            }
            if let Some(reason) = locked {
                self.breach("lots", format!("lot `{}` is locked: {reason}", sale.lot));
            }
            if !sale.quantity.is_positive() {
                self.breach("lots", format!("{} shares of `{}` are no sale", sale.quantity, sale.lot));
            }
            if !self.is_step(&sale.account, sale.quantity) && sale.quantity != quantity {
                self.breach("lots", format!("{} shares of `{}` are not a whole step", sale.quantity, sale.lot));
            }
            let account = self.problem.accounts.iter().find(|account| account.id == sale.account);
            match account {
                None => self.breach("lots", format!("there is no account `{}`", sale.account)),
                Some(account) => {
                    if account.do_not_sell.contains(&sale.symbol) {
                        self.breach("do-not-sell", format!("{} is not sold in {}", sale.symbol, sale.account));
                    }
                    if account.kind.is_taxable() && basis.is_none() {
                        self.breach("lots", format!("the basis of `{}` is unknown", sale.lot));
                    }
                }
            }
            let total = sold.entry(&sale.lot).or_default();
            *total += sale.quantity.decimal();
            if *total > quantity.decimal() {
                let total = *total;
                self.breach("lots", format!("{total} of {quantity} shares of `{}` are sold", sale.lot));
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
            if !self.problem.buyable.contains(&buy.symbol) || !self.problem.securities.contains_key(&buy.symbol) {
                self.breach("buys", format!("{} may not be bought", buy.symbol));
            }
            let allowed =
                self.problem.accounts.iter().find(|account| account.id == buy.account).is_some_and(|account| {
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
        self.problem.securities.get(symbol).map_or(symbol.as_str(), |security| security.identity.as_str())
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

    /// Cash after the trades, per account: never below the reserve, or what was there when that is less.
    fn cash(&mut self) {
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
                self.breach("set-aside-tax", format!("{due} of tax is due and {over_reserve} is left"));
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
            let Some(lot) = self.lot(&sale.lot) else { continue };
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
        self.year(before_short + short, before_long + long) - self.year(before_short, before_long)
    }

    /// No loss is sold with a replacement in its window, nothing is bought that was sold at a loss, and no gain is sold
    /// days before it turns long-term.
    fn wash_sales(&mut self) {
        let (from, to) = (
            self.problem.as_of.checked_sub_days(Days::new(30)).unwrap_or(self.problem.as_of),
            self.problem.as_of.checked_add_days(Days::new(30)).unwrap_or(self.problem.as_of),
        );
        let inside = |date: NaiveDate| (from..=to).contains(&date);
        let mut found = Vec::new();
        let recent: Vec<&PlanLot> = self.problem.lots.iter().filter(|lot| lot.acquired.is_some_and(inside)).collect();
        for sale in &self.plan.sells {
            let Some(lot) = self.lot(&sale.lot) else { continue };
            let taxable = self.problem.accounts.iter().any(|a| a.id == lot.account && a.kind.is_taxable());
            let Some(gain) = self.gain_of(lot, lot.quantity).filter(|_| taxable) else { continue };
            if gain > Decimal::ZERO
                && let Some(acquired) = lot.acquired
            {
                let wait = first_long_day(acquired).signed_duration_since(self.problem.as_of).num_days();
                if wait > 0 && wait <= i64::from(self.problem.near_long_term_days) {
                    found.push(("near-long-term", format!("the gain of `{}` turns long-term in {wait} days", lot.id)));
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
                found.push(("wash-sale", format!("the loss of `{}` has a replacement", lot.id)));
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
                        && !shielded
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

    fn limits(&mut self) {
        let mut before: BTreeMap<Symbol, Decimal> = BTreeMap::new();
        let mut value = Decimal::ZERO;
        for account in &self.problem.accounts {
            value += account.cash.decimal() + account.flow.decimal();
        }
        for lot in &self.problem.lots {
            let worth = self.price(&lot.symbol) * lot.quantity.decimal();
            value += worth;
            *before.entry(lot.symbol.clone()).or_default() += worth;
        }
        for holding in &self.problem.fixed {
            value += holding.value.decimal();
            *before.entry(holding.symbol.clone()).or_default() += holding.value.decimal();
        }
        let mut after = before.clone();
        let (mut sold, mut cost) = (Decimal::ZERO, Decimal::ZERO);
        for sale in &self.plan.sells {
            let dollars = self.price(&sale.symbol) * sale.quantity.decimal();
            *after.entry(sale.symbol.clone()).or_default() -= dollars;
            sold += dollars;
            cost += self.spread(&sale.symbol, sale.quantity);
        }
        for buy in &self.plan.buys {
            *after.entry(buy.symbol.clone()).or_default() += self.price(&buy.symbol) * buy.quantity.decimal();
            cost += self.spread(&buy.symbol, buy.quantity);
        }
        let orders = self.orders();
        cost += self.problem.ticket.decimal() * Decimal::from(orders.len());
        let value_after = value - cost;
        let exposure = |coefficients: &BTreeMap<Symbol, f64>, held: &BTreeMap<Symbol, Decimal>| -> Decimal {
            coefficients
                .iter()
                .filter_map(|(symbol, beta)| held.get(symbol).map(|value| *value * fraction(*beta)))
                .sum()
        };
        let mut found = Vec::new();
        for limit in &self.problem.limits {
            let broken = match &limit.measure {
                Measure::ExposureCap { coefficients, cap, .. } => {
                    let cap = fraction(cap.0);
                    let was = (exposure(coefficients, &before) - cap * value).max(Decimal::ZERO);
                    let is = (exposure(coefficients, &after) - cap * value_after).max(Decimal::ZERO);
                    // An excess that was there may grow by what trading costs take from the value, not by exposure.
                    let costs_count = was > Decimal::ZERO || !self.problem.caps_after_costs;
                    let allowed = if costs_count { was + cap * cost } else { was };
                    (is > allowed + SLACK).then(|| format!("the excess grows from {was} to {is}"))
                }
                Measure::ExposureFloor { coefficients, floor } => {
                    let floor = fraction(floor.0);
                    let was = exposure(coefficients, &before) - floor * value;
                    let is = exposure(coefficients, &after) - floor * value_after;
                    (was >= Decimal::ZERO && is < -SLACK).then(|| format!("{is} below the floor"))
                }
                Measure::BuyCap { symbols, cap } => {
                    let sum = |held: &BTreeMap<Symbol, Decimal>| -> Decimal {
                        symbols.iter().collect::<BTreeSet<_>>().iter().filter_map(|s| held.get(*s).copied()).sum()
                    };
                    let bought = self.plan.buys.iter().any(|buy| symbols.contains(&buy.symbol));
                    let over = sum(&after) - fraction(cap.0) * value_after;
                    (bought && over > SLACK).then(|| format!("{over} above the maximum"))
                }
                Measure::Turnover(most) => {
                    let most = (fraction(most.0) * value).max(Decimal::ZERO);
                    (sold > most + SLACK).then(|| format!("{sold} is sold, more than {most}"))
                }
                Measure::GainBudget(budget) => {
                    let (short, long) = self.realised();
                    let most = budget.decimal().max(Decimal::ZERO);
                    (short + long > most + SLACK).then(|| format!("{} of gain, more than {most}", short + long))
                }
                Measure::TaxBudget(budget) => {
                    let tax = self.tax();
                    let most = budget.decimal().max(Decimal::ZERO);
                    (tax > most + SLACK).then(|| format!("{tax} of tax, more than {most}"))
                }
                Measure::MinTrade(least) => orders
                    .iter()
                    .find(|(_, dollars)| **dollars < least.decimal() - SLACK)
                    .map(|((account, symbol, _), dollars)| format!("{dollars} of {symbol} in {account} is too small")),
                Measure::MaxTrades(most) => {
                    (orders.len() > *most as usize).then(|| format!("{} orders, more than {most}", orders.len()))
                }
                Measure::BuyOnly => (!self.plan.sells.is_empty()).then(|| "something is sold".to_owned()),
                Measure::DoNotSell(symbols) => (self.plan.sells.iter())
                    .find(|sale| symbols.contains(&sale.symbol))
                    .map(|sale| format!("{} is sold", sale.symbol)),
                Measure::DoNotBuy(symbols) => (self.plan.buys.iter())
                    .find(|buy| symbols.contains(&buy.symbol))
                    .map(|buy| format!("{} is bought", buy.symbol)),
            };
            if let Some(message) = broken {
                found.push((limit.id.clone(), message));
            }
        }
        for (rule, message) in found {
            self.breach(rule, message);
        }
    }
}

fn fraction(value: f64) -> Decimal {
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
