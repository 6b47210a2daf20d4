//! The tax of a plan by the federal tables, beside the flat rates that the plan was made with.
//!
//! The optimiser knows two flat rates; brackets, stacking and the net investment income tax would need more choices than
//! a linear program can make (domain brief 8.3). So the tax is worked out again after the plan, and where the rates that
//! the gains really meet are far from the assumed ones, the plan is made once more with those.

use chrono::{Datelike, NaiveDate};

use super::{Settings, TaxProfile};
use crate::plan::{TaxSettings, yearly};
use crate::tax::{GainIncome, Rates, brackets, federal_tax, net, table_year};
use crate::units::{Decimal, Money};

/// Difference of effective and assumed rate above which a plan is made again: two points.
const FAR: Decimal = Decimal::from_parts(2, 0, 0, false, 2);
/// No rate is scaled above this.
const MOST: Decimal = Decimal::from_parts(9, 0, 0, false, 1);

/// The tax of a plan, two ways.
#[derive(Clone, Debug, PartialEq)]
pub struct ExactTax {
    /// By the flat rates the plan was made with.
    pub planned: Money,
    /// By the federal tables, with stacking and NIIT, plus the state's flat rates.
    pub exact: Money,
    /// The year of the tables.
    pub year: i32,
    /// The document they come from.
    pub source: &'static str,
    /// The flat rates (short, long) the plan was made with.
    pub rates: (Decimal, Decimal),
    /// The rates of the first plan, when they were so far off that it was made again.
    pub first_rates: Option<(Decimal, Decimal)>,
}

impl Settings {
    /// Returns what more ordinary income adds to the tax of the year of a day, on top of what is realised so far: by the
    /// federal tables and the state's rate, else at the ordinary rate.
    pub fn tax_on_income(&self, tax: &TaxSettings, as_of: NaiveDate, more: Money) -> Money {
        let by_tables = || {
            let profile = self.profile.as_ref()?;
            let deduction = brackets(table_year(as_of.year()), profile.filing).ok()?.standard_deduction;
            let of = |more: Money| {
                let (ordinary_taxable, magi) = TaxProfile { more, ..profile.clone() }.of_this_year(deduction);
                let net_short = tax.realised_short - tax.carry_short;
                let net_long = tax.realised_long - tax.carry_long;
                let netted = net(net_short, net_long, &yearly::rates(tax));
                let magi = magi + netted.taxable_short + netted.taxable_long - netted.ordinary_offset;
                let income = GainIncome { ordinary_taxable, net_short, net_long, magi };
                Some(federal_tax(table_year(as_of.year()), profile.filing, &income).ok()?.total())
            };
            Some(of(more)? - of(Money::ZERO)? + more.times(self.state.0))
        };
        by_tables().unwrap_or_else(|| more.times(tax.ordinary_rate)).to_cents()
    }

    /// Returns the incremental tax of some realised gain with brackets, stacking and NIIT, plus the state's flat rates.
    /// `None` without a filing status and income, or for a year without tables.
    pub fn exact_tax(&self, as_of: NaiveDate, short: Money, long: Money) -> Option<Money> {
        let profile = self.profile.as_ref()?;
        let deduction = brackets(table_year(as_of.year()), profile.filing).ok()?.standard_deduction;
        let (ordinary_taxable, magi) = profile.of_this_year(deduction);
        let (state_short, state_long) = self.state;
        let state = Rates {
            short: state_short,
            long: state_long,
            ordinary: state_short,
            loss_limit: profile.filing.loss_limit(),
        };
        let year = |net_short: Money, net_long: Money| -> Option<Money> {
            let netted = net(net_short, net_long, &state);
            let gains = netted.taxable_short + netted.taxable_long - netted.ordinary_offset;
            let income = GainIncome { ordinary_taxable, net_short, net_long, magi: magi + gains };
            let federal = federal_tax(table_year(as_of.year()), profile.filing, &income).ok()?.total();
            Some(federal + yearly::state_tax(&netted, self.state, ordinary_taxable))
        };
        let (realised_short, realised_long) = self.realised(as_of);
        let (before_short, before_long) =
            (realised_short - self.flat.carry_short, realised_long - self.flat.carry_long);
        Some((year(before_short + short, before_long + long)? - year(before_short, before_long)?).to_cents())
    }

    /// Returns both figures for a plan that realises some gain. `None` where there is no exact tax.
    pub fn exact(&self, as_of: NaiveDate, tax: &TaxSettings, short: Money, long: Money) -> Option<ExactTax> {
        let exact = self.exact_tax(as_of, short, long)?;
        Some(ExactTax {
            planned: flat_tax(tax, short, long).to_cents(),
            exact,
            year: table_year(as_of.year()),
            source: brackets(table_year(as_of.year()), self.profile.as_ref()?.filing).ok()?.source,
            rates: (tax.short_rate, tax.long_rate),
            first_rates: None,
        })
    }

    /// Returns the flat rates at which the netting of a plan's gains gives their exact tax, when they are more than two
    /// points from those the plan was made with. Short-term gain meets the brackets first and long-term gain stacks on top
    /// of it, as in the law. A rate that the config states stays.
    pub fn effective(&self, as_of: NaiveDate, tax: &TaxSettings, short: Money, long: Money) -> Option<TaxSettings> {
        let zero = Money::ZERO;
        let gained = short.max(zero) + long.max(zero);
        let (exact, flat) = (self.exact_tax(as_of, short, long)?, flat_tax(tax, short, long));
        if !gained.is_positive() || (exact - flat).abs() <= gained.times(FAR) {
            return None;
        }
        let exact_short = self.exact_tax(as_of, short, zero)?;
        let flat_short = flat_tax(tax, short, zero);
        let scaled = |rate: Decimal, gain: Money, exact: Money, flat: Money| {
            if !gain.is_positive() || exact.is_negative() {
                return rate;
            }
            let scaled = if flat.is_positive() {
                exact.decimal().checked_div(flat.decimal()).and_then(|ratio| rate.checked_mul(ratio))
            } else {
                exact.decimal().checked_div(gain.decimal()).filter(|_| rate.is_zero())
            };
            scaled.map_or(rate, |rate| rate.min(MOST).round_dp(4))
        };
        let (given_short, given_long, _) = self.given;
        let mut again = tax.clone();
        if given_short.is_none() {
            again.short_rate = scaled(tax.short_rate, short, exact_short, flat_short);
        }
        if given_long.is_none() {
            again.long_rate = scaled(tax.long_rate, long, exact - exact_short, flat - flat_short);
        }
        (again != *tax).then_some(again)
    }
}

/// Returns the incremental tax of some realised gain at flat rates.
fn flat_tax(tax: &TaxSettings, short: Money, long: Money) -> Money {
    let rates =
        Rates { short: tax.short_rate, long: tax.long_rate, ordinary: tax.ordinary_rate, loss_limit: tax.loss_limit };
    let (before_short, before_long) = (tax.realised_short - tax.carry_short, tax.realised_long - tax.carry_long);
    net(before_short + short, before_long + long, &rates).tax - net(before_short, before_long, &rates).tax
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;
    use crate::diagnostics::{Sink, Source};

    fn dollars(amount: i64) -> Money {
        Money(Decimal::from(amount))
    }

    fn read(text: &str) -> (TaxSettings, Settings) {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
        let settings = super::super::settings(&document, &mut sink);
        let tax = settings.tax(day(), &mut sink);
        (tax, settings)
    }

    fn day() -> NaiveDate {
        "2026-06-30".parse().unwrap()
    }

    const SINGLE: &str = "[tax]\nfiling = \"single\"\ntaxable-income = 40000";

    #[test]
    fn the_exact_tax_knows_brackets_and_stacking() {
        let (_, settings) = read(SINGLE);
        // 9,450 of the gain is in the 0% zone, 10,550 at 15%; with 10,000 short-term on top nothing is left at 0%.
        assert_eq!(settings.exact_tax(day(), Money::ZERO, dollars(20_000)), Some(Money(Decimal::new(158_250, 2))));
        assert_eq!(settings.exact_tax(day(), dollars(10_000), dollars(20_000)), Some(dollars(4_200)));
        assert_eq!(read("").1.exact_tax(day(), dollars(1), dollars(1)), None);
    }

    #[test]
    fn rates_far_from_the_real_ones_are_replaced_by_them() {
        let (tax, settings) = read(SINGLE);
        // The next dollar of long-term gain is untaxed; 20,000 of them cost 1,582.50, that is 7.9125%.
        assert_eq!((tax.short_rate, tax.long_rate), (Decimal::new(12, 2), Decimal::ZERO));
        let again = settings.effective(day(), &tax, Money::ZERO, dollars(20_000)).unwrap();
        assert_eq!((again.short_rate, again.long_rate), (Decimal::new(12, 2), Decimal::new(791, 4)));
        // 9,000 stays in the 0% zone: the assumed rate is right.
        assert_eq!(settings.effective(day(), &tax, Money::ZERO, dollars(9_000)), None);
        let both = settings.exact(day(), &again, Money::ZERO, dollars(20_000)).unwrap();
        assert_eq!((both.planned, both.exact, both.year), (dollars(1_582), Money(Decimal::new(158_250, 2)), 2026));
        assert_eq!(both.source, "Rev. Proc. 2025-32");
    }

    #[test]
    fn each_class_gets_the_rate_it_meets() {
        let (tax, settings) = read("[tax]\nfiling = \"single\"\ntaxable-income = 195000\nmagi = 199000");
        // 24% and 15% for the next dollar. 100,000 short-term: 6,775 at 24%, 54,450 at 32%, 38,775 at 35%, and 99,000 over
        // the threshold of the net investment income tax.
        let (short, long) = (dollars(100_000), dollars(50_000));
        let again = settings.effective(day(), &tax, short, long).unwrap();
        let cents = |amount: i64| Money(Decimal::new(amount, 2));
        let of_short = cents(162_600 + 1_742_400 + 1_357_125) + dollars(99_000).times(Decimal::new(38, 3));
        assert_eq!(settings.exact_tax(day(), short, Money::ZERO), Some(of_short));
        assert_eq!(again.short_rate, (of_short.decimal() / short.decimal()).round_dp(4));
        assert_eq!(again.long_rate, Decimal::new(188, 3));
    }

    #[test]
    fn a_rate_that_is_stated_stays() {
        let (tax, settings) = read(&format!("{SINGLE}\nlong-rate = \"5%\""));
        assert_eq!(settings.effective(day(), &tax, Money::ZERO, dollars(60_000)), None);
        assert_eq!(settings.exact(day(), &tax, Money::ZERO, dollars(20_000)).unwrap().planned, dollars(1_000));
    }
}
