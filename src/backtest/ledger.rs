//! What is owed to the tax office: gains by calendar year, losses carried forward, wash sales, dividends.
//!
//! A loss is disallowed as far as the same was bought within 30 days before or after it, also across the end of a year
//! (IRC 1091): the amount goes to the basis of the replacement, whose holding period then includes that of what was sold
//! (IRC 1223(3)), or is lost where the replacement is in an account without tax (Rev. Rul. 2008-5).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::model::{Symbol, Term};
use crate::plan::{self, TaxSettings};
use crate::tax::in_wash_window;
use crate::units::{Decimal, Money, Shares};

/// What a calendar year realised.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Year {
    /// Net short-term gain, before carryforwards.
    pub short: Money,
    /// Net long-term gain, before carryforwards.
    pub long: Money,
    /// Dividends of taxed accounts.
    pub dividends: Money,
}

/// A purchase, for wash sales.
#[derive(Clone, Debug)]
pub struct Bought {
    /// The account, by its place in the portfolio.
    pub account: usize,
    /// What.
    pub symbol: Symbol,
    /// Its wash-sale identity.
    pub identity: String,
    /// When.
    pub date: NaiveDate,
    /// Shares that replace nothing yet.
    pub left: Shares,
}

/// A sale at a loss, for wash sales.
#[derive(Clone, Debug)]
pub struct Lost {
    /// Account, symbol and day of the purchase that was sold: no replacement of itself (Rev. Rul. 56-602).
    pub own: (usize, Symbol, Option<NaiveDate>),
    /// Its wash-sale identity.
    pub identity: String,
    /// When.
    pub date: NaiveDate,
    /// How long it was held.
    pub term: Term,
    /// Loss per share, positive.
    pub per_share: Decimal,
    /// Shares whose loss still counts.
    pub left: Shares,
}

/// A loss that does not count: what the replacement's basis gains.
#[derive(Clone, Debug, PartialEq)]
pub struct Disallowed {
    /// The account of the replacement.
    pub account: usize,
    /// What.
    pub symbol: Symbol,
    /// When the replacement was bought.
    pub bought: NaiveDate,
    /// How much of it replaces.
    pub shares: Shares,
    /// The loss.
    pub loss: Money,
    /// Days for which what was sold had been held.
    pub held: i64,
}

/// The books of all years.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Rates and what is carried in from before the first year.
    settings: TaxSettings,
    first: i32,
    /// What was realised before the first day, which is not owed here.
    before: Year,
    years: BTreeMap<i32, Year>,
    bought: Vec<Bought>,
    lost: Vec<Lost>,
    /// All losses that were disallowed.
    pub disallowed: Money,
}

impl Ledger {
    /// Opens the books on a day, with what the settings say of that year and those before.
    pub fn new(settings: TaxSettings, day: NaiveDate) -> Ledger {
        let before = Year { short: settings.realised_short, long: settings.realised_long, dividends: Money::ZERO };
        let first = day.year();
        let years = BTreeMap::from([(first, before)]);
        Ledger { settings, first, before, years, bought: Vec::new(), lost: Vec::new(), disallowed: Money::ZERO }
    }

    /// Returns what a year realised.
    pub fn year(&self, year: i32) -> Year {
        self.years.get(&year).copied().unwrap_or_default()
    }

    /// Books a gain, or a loss below zero.
    pub fn realise(&mut self, day: NaiveDate, term: Term, gain: Money) {
        let year = self.years.entry(day.year()).or_default();
        match term {
            Term::Short => year.short += gain,
            Term::Long => year.long += gain,
        }
    }

    /// Books a dividend of a taxed account.
    pub fn dividend(&mut self, day: NaiveDate, amount: Money) {
        self.years.entry(day.year()).or_default().dividends += amount;
    }

    /// Returns the losses carried into a year: short-term and long-term, positive.
    fn carried(&self, year: i32) -> (Money, Money) {
        let mut carry = (self.settings.carry_short, self.settings.carry_long);
        for past in self.first..year {
            let own = self.year(past);
            let netted = plan::netted(&self.settings, past, own.short - carry.0, own.long - carry.1);
            carry = (netted.carry_short, netted.carry_long);
        }
        carry
    }

    /// Returns the settings of a plan on a day: what its year has realised, and what is carried into it.
    pub fn settings(&self, day: NaiveDate) -> TaxSettings {
        let (own, (carry_short, carry_long)) = (self.year(day.year()), self.carried(day.year()));
        let (realised_short, realised_long) = (own.short, own.long);
        TaxSettings { realised_short, realised_long, carry_short, carry_long, ..self.settings.clone() }
    }

    /// Returns the tax of a year; below zero where a loss saves tax on wages. Dividends are taken as qualified: taxed at the
    /// long-term rate, and not netted with losses.
    pub fn tax(&self, year: i32) -> Money {
        self.tax_on_sales(year) + self.year(year).dividends.times(self.settings.long_rate).to_cents()
    }

    /// Returns the same without that of dividends.
    pub fn tax_on_sales(&self, year: i32) -> Money {
        let carry = self.carried(year);
        let of = |own: Year| plan::netted(&self.settings, year, own.short - carry.0, own.long - carry.1).tax;
        let before = if year == self.first { of(self.before) } else { Money::ZERO };
        (of(self.year(year)) - before).to_cents()
    }

    /// Books a sale at a loss: purchases of the last 30 days replace it.
    pub fn lose(&mut self, mut sale: Lost) -> Vec<Disallowed> {
        self.forget(sale.date);
        let mut found = Vec::new();
        for bought in &mut self.bought {
            found.extend(matched(&mut sale, bought));
        }
        self.lost.push(sale.clone());
        self.disallow(&found, sale.date, sale.term);
        found
    }

    /// Books a purchase: it replaces what was sold at a loss in the last 30 days.
    pub fn buy(&mut self, mut bought: Bought) -> Vec<Disallowed> {
        self.forget(bought.date);
        let mut found = Vec::new();
        let mut years = Vec::new();
        for sale in &mut self.lost {
            if let Some(one) = matched(sale, &mut bought) {
                years.push((sale.date, sale.term));
                found.push(one);
            }
        }
        self.bought.push(bought);
        for (one, (day, term)) in found.iter().zip(years) {
            self.disallow(std::slice::from_ref(one), day, term);
        }
        found
    }

    /// The loss was never realised: the year of the sale loses it.
    fn disallow(&mut self, found: &[Disallowed], day: NaiveDate, term: Term) {
        for one in found {
            self.realise(day, term, one.loss);
            self.disallowed += one.loss;
        }
    }

    fn forget(&mut self, day: NaiveDate) {
        self.bought.retain(|bought| in_wash_window(day, bought.date));
        self.lost.retain(|lost| in_wash_window(day, lost.date));
    }
}

/// Takes from both what one replaces of the other.
fn matched(sale: &mut Lost, bought: &mut Bought) -> Option<Disallowed> {
    let is_own = sale.own == (bought.account, bought.symbol.clone(), Some(bought.date));
    let shares = sale.left.min(bought.left);
    if is_own || sale.identity != bought.identity || !in_wash_window(sale.date, bought.date) || !shares.is_positive() {
        return None;
    }
    sale.left -= shares;
    bought.left -= shares;
    Some(Disallowed {
        account: bought.account,
        symbol: bought.symbol.clone(),
        bought: bought.date,
        shares,
        loss: Money(shares.decimal().saturating_mul(sale.per_share)).to_cents(),
        held: sale.own.2.map_or(0, |opened| (sale.date - opened).num_days()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn dollars(amount: i64) -> Money {
        Money(Decimal::from(amount))
    }

    fn ledger() -> Ledger {
        let settings = TaxSettings {
            short_rate: Decimal::new(40, 2),
            long_rate: Decimal::new(20, 2),
            ordinary_rate: Decimal::new(40, 2),
            loss_limit: dollars(3_000),
            realised_short: Money::ZERO,
            realised_long: Money::ZERO,
            carry_short: Money::ZERO,
            carry_long: Money::ZERO,
            filing: None,
            deferral_weight: 1.0,
        };
        Ledger::new(settings, day("2020-06-01"))
    }

    /// A loss of 10,000: 3,000 of it save 1,200 of tax on wages, 7,000 are carried; the gain of 5,000 of the next year
    /// leaves nothing to tax, 2,000 more save 800, and nothing is left.
    #[test]
    fn losses_are_carried_forward() {
        let mut ledger = ledger();
        ledger.realise(day("2020-09-01"), Term::Short, dollars(-10_000));
        ledger.realise(day("2021-09-01"), Term::Long, dollars(5_000));
        assert_eq!(ledger.tax(2020), dollars(-1_200));
        assert_eq!(ledger.settings(day("2021-12-01")).carry_short, dollars(7_000));
        assert_eq!(ledger.tax(2021), dollars(-800));
        assert_eq!(ledger.settings(day("2022-01-01")).carry_short, Money::ZERO);
        ledger.dividend(day("2022-03-01"), dollars(500));
        ledger.realise(day("2022-04-01"), Term::Short, dollars(1_000));
        assert_eq!((ledger.tax(2022), ledger.tax_on_sales(2022)), (dollars(400 + 100), dollars(400)));
    }

    /// 100 shares sold at a loss of 5 each on December 20, 60 bought back on January 10: 300 of the 500 do not count in the
    /// old year, and 200 do.
    #[test]
    fn a_wash_sale_reaches_back_over_the_end_of_the_year() {
        let mut ledger = ledger();
        let fund = Symbol::new("QQQ");
        ledger.realise(day("2020-12-20"), Term::Short, dollars(-500));
        let sale = Lost {
            own: (0, fund.clone(), Some(day("2020-08-22"))),
            identity: "nasdaq-100".to_owned(),
            date: day("2020-12-20"),
            term: Term::Short,
            per_share: Decimal::from(5),
            left: Shares(Decimal::from(100)),
        };
        assert_eq!(ledger.lose(sale), []);
        let bought = |date: &str, shares: i64| Bought {
            account: 0,
            symbol: fund.clone(),
            identity: "nasdaq-100".to_owned(),
            date: day(date),
            left: Shares(Decimal::from(shares)),
        };
        let found = ledger.buy(bought("2021-01-10", 60));
        assert_eq!((found[0].loss, found[0].held), (dollars(300), 120));
        assert_eq!(ledger.year(2020).short, dollars(-200));
        // January 20 is the 31st day.
        assert_eq!(ledger.buy(bought("2021-01-20", 60)), []);
        assert_eq!(ledger.disallowed, dollars(300));
    }
}
