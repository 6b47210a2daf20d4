//! Federal income tax on gains with stacking and the net investment income tax, from dated tables.
//!
//! Long-term gain sits on top of ordinary taxable income in the 0/15/20% zones, short-term gain is ordinary income
//! (Qualified Dividends and Capital Gain Tax Worksheet). NIIT is 3.8% of the lesser of net investment income and MAGI
//! above a threshold that is not indexed (IRC 1411). A year that is not in the table is refused, never guessed.

use super::netting::{Rates, net};
use crate::units::{Decimal, Money};

/// How one files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilingStatus {
    /// Unmarried.
    Single,
    /// Married filing jointly, and qualifying surviving spouses.
    Joint,
    /// Married filing separately.
    Separate,
    /// Head of household.
    HeadOfHousehold,
}

impl FilingStatus {
    /// Every status.
    pub const ALL: [FilingStatus; 4] =
        [FilingStatus::Single, FilingStatus::Joint, FilingStatus::Separate, FilingStatus::HeadOfHousehold];
    /// Returns the word used in config.
    pub fn id(self) -> &'static str {
        match self {
            FilingStatus::Single => "single",
            FilingStatus::Joint => "joint",
            FilingStatus::Separate => "separate",
            FilingStatus::HeadOfHousehold => "head-of-household",
        }
    }
    /// Returns the status with an id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.id() == id)
    }
    /// Returns the MAGI above which the net investment income tax begins (IRC 1411(b), not indexed).
    pub fn niit_threshold(self) -> Money {
        Money(Decimal::from(match self {
            FilingStatus::Single | FilingStatus::HeadOfHousehold => 200_000,
            FilingStatus::Joint => 250_000,
            FilingStatus::Separate => 125_000,
        }))
    }
    /// Returns the most net loss against ordinary income (IRC 1211(b)).
    pub fn loss_limit(self) -> Money {
        Money(Decimal::from(if self == FilingStatus::Separate { 1_500 } else { 3_000 }))
    }
}

/// The rate above each ordinary top, from 10% up.
const ORDINARY_RATES: [u32; 7] = [10, 12, 22, 24, 32, 35, 37];
/// Percent.
const NIIT: Decimal = Decimal::from_parts(38, 0, 0, false, 3);

/// The lowest and the highest federal rates: on short-term gain, on long-term gain, on other income; on gains with the net
/// investment income tax.
pub const RATE_BOUNDS: [(Decimal, Decimal, Decimal); 2] = [
    (Decimal::from_parts(10, 0, 0, false, 2), Decimal::ZERO, Decimal::from_parts(10, 0, 0, false, 2)),
    (
        Decimal::from_parts(408, 0, 0, false, 3),
        Decimal::from_parts(238, 0, 0, false, 3),
        Decimal::from_parts(37, 0, 0, false, 2),
    ),
];

/// The tables of one year and status, upper ends in dollars of taxable income.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brackets {
    /// Tops of the 10, 12, 22, 24, 32 and 35% brackets; 37% above.
    pub ordinary: [u32; 6],
    /// Tops of the 0 and 15% zones of long-term gain; 20% above.
    pub long: [u32; 2],
    /// Standard deduction.
    pub standard_deduction: u32,
    /// The document the figures come from.
    pub source: &'static str,
}

/// The years in the table.
pub const YEARS: [i32; 3] = [2024, 2025, 2026];

/// Returns the year whose table serves a year: its own, or the newest for years that have none yet.
pub fn table_year(year: i32) -> i32 {
    YEARS.iter().copied().max().map_or(year, |newest| year.min(newest))
}

/// There is no table for a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "broaden has no federal tables for {0} (it has 2024 to 2026); give flat rates with [tax] short-rate and long-rate"
)]
pub struct UnknownYear(pub i32);

/// Returns the tables of a year.
///
/// # Errors
/// [`UnknownYear`] when the year is not in the table.
pub fn brackets(year: i32, status: FilingStatus) -> Result<Brackets, UnknownYear> {
    use FilingStatus::{HeadOfHousehold, Joint, Separate, Single};
    let (ordinary, long, standard_deduction) = match (year, status) {
        (2024, Single) => ([11_600, 47_150, 100_525, 191_950, 243_725, 609_350], [47_025, 518_900], 14_600),
        (2024, Joint) => ([23_200, 94_300, 201_050, 383_900, 487_450, 731_200], [94_050, 583_750], 29_200),
        (2024, Separate) => ([11_600, 47_150, 100_525, 191_950, 243_725, 365_600], [47_025, 291_850], 14_600),
        (2024, HeadOfHousehold) => ([16_550, 63_100, 100_500, 191_950, 243_700, 609_350], [63_000, 551_350], 21_900),
        (2025, Single) => ([11_925, 48_475, 103_350, 197_300, 250_525, 626_350], [48_350, 533_400], 15_750),
        (2025, Joint) => ([23_850, 96_950, 206_700, 394_600, 501_050, 751_600], [96_700, 600_050], 31_500),
        (2025, Separate) => ([11_925, 48_475, 103_350, 197_300, 250_525, 375_800], [48_350, 300_000], 15_750),
        (2025, HeadOfHousehold) => ([17_000, 64_850, 103_350, 197_300, 250_500, 626_350], [64_750, 566_700], 23_625),
        (2026, Single) => ([12_400, 50_400, 105_700, 201_775, 256_225, 640_600], [49_450, 545_500], 16_100),
        (2026, Joint) => ([24_800, 100_800, 211_400, 403_550, 512_450, 768_700], [98_900, 613_700], 32_200),
        (2026, Separate) => ([12_400, 50_400, 105_700, 201_775, 256_225, 384_350], [49_450, 306_850], 16_100),
        (2026, HeadOfHousehold) => ([17_700, 67_450, 105_700, 201_750, 256_200, 640_600], [66_200, 579_600], 24_150),
        _ => return Err(UnknownYear(year)),
    };
    let source = match year {
        2024 => "Rev. Proc. 2023-34",
        2025 => "Rev. Proc. 2024-40; standard deduction P.L. 119-21",
        _ => "Rev. Proc. 2025-32",
    };
    Ok(Brackets { ordinary, long, standard_deduction, source })
}

/// Returns the tables of a year, or of the nearest year that has some: next year's are not published yet in most of a year.
pub fn newest_brackets(year: i32, status: FilingStatus) -> Brackets {
    let [first, .., last] = YEARS;
    brackets(year.clamp(first, last), status).unwrap_or(Brackets {
        ordinary: [0; 6],
        long: [0; 2],
        standard_deduction: 0,
        source: "",
    })
}

/// A year's income with its gains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GainIncome {
    /// Taxable income without any capital gain, after deductions; below zero where these are larger, and then as much gain
    /// is not taxed.
    pub ordinary_taxable: Money,
    /// Net short-term result, losses negative.
    pub net_short: Money,
    /// Net long-term result, losses negative.
    pub net_long: Money,
    /// Modified adjusted gross income, gains included.
    pub magi: Money,
}

/// A year's federal tax.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FederalTax {
    /// On ordinary income and net short-term gain.
    pub ordinary: Money,
    /// Long-term gain in the 0% zone.
    pub at_0: Money,
    /// Long-term gain in the 15% zone.
    pub at_15: Money,
    /// Long-term gain in the 20% zone.
    pub at_20: Money,
    /// On long-term gain.
    pub gains: Money,
    /// Net investment income tax.
    pub niit: Money,
}

impl FederalTax {
    /// Returns everything together.
    pub fn total(&self) -> Money {
        self.ordinary + self.gains + self.niit
    }
}

fn percent(rate: u32) -> Decimal {
    Decimal::new(i64::from(rate), 2)
}

fn ordinary_tax(income: Money, tops: &[u32; 6]) -> Money {
    let mut below = Money::ZERO;
    let mut tax = Money::ZERO;
    for (index, rate) in ORDINARY_RATES.iter().enumerate() {
        let top = tops.get(index).map_or(income, |top| Money(Decimal::from(*top)).min(income));
        tax += (top - below).max(Money::ZERO).times(percent(*rate));
        below = below.max(top);
    }
    tax
}

/// Returns the exact federal tax of a year. Net investment income is taken to be the net gain.
///
/// # Errors
/// [`UnknownYear`] when the year is not in the table.
pub fn federal_tax(year: i32, status: FilingStatus, income: &GainIncome) -> Result<FederalTax, UnknownYear> {
    Ok(federal_tax_by(&brackets(year, status)?, status, income))
}

/// Returns the exact federal tax by some tables.
pub fn federal_tax_by(tables: &Brackets, status: FilingStatus, income: &GainIncome) -> FederalTax {
    let zero = Money::ZERO;
    let no_rates =
        Rates { short: Decimal::ZERO, long: Decimal::ZERO, ordinary: Decimal::ZERO, loss_limit: status.loss_limit() };
    let netted = net(income.net_short, income.net_long, &no_rates);
    let below = income.ordinary_taxable + netted.taxable_short - netted.ordinary_offset;
    let ordinary_income = below.max(zero);
    let long = netted.taxable_long;
    let [zero_top, fifteen_top] = tables.long.map(|top| Money(Decimal::from(top)));
    // Deductions that ordinary income does not use come off the gain.
    let at_0 = (zero_top - below).max(zero).min(long);
    let at_15 = (fifteen_top - ordinary_income.max(zero_top)).max(zero).min(long - at_0);
    let at_20 = long - at_0 - at_15;
    let investment = (netted.taxable_short + netted.taxable_long - netted.ordinary_offset).max(zero);
    let over = (income.magi - status.niit_threshold()).max(zero);
    FederalTax {
        ordinary: ordinary_tax(ordinary_income, &tables.ordinary),
        at_0,
        at_15,
        at_20,
        gains: at_15.times(percent(15)) + at_20.times(percent(20)),
        niit: investment.min(over).times(NIIT),
    }
}

/// Returns the marginal rates (short, long, ordinary) of the next dollar at an ordinary taxable income and MAGI.
///
/// # Errors
/// [`UnknownYear`] when the year is not in the table.
pub fn marginal_rates(
    year: i32,
    status: FilingStatus,
    ordinary_taxable: Money,
    magi: Money,
) -> Result<(Decimal, Decimal, Decimal), UnknownYear> {
    let tables = brackets(year, status)?;
    let above = |tops: &[u32]| tops.iter().filter(|top| ordinary_taxable >= Money(Decimal::from(**top))).count();
    let ordinary = match ordinary_taxable.is_negative() {
        true => Decimal::ZERO,
        false => percent(ORDINARY_RATES.get(above(&tables.ordinary)).copied().unwrap_or(37)),
    };
    let long = percent([0, 15, 20].get(above(&tables.long)).copied().unwrap_or(20));
    let niit = if magi >= status.niit_threshold() { NIIT } else { Decimal::ZERO };
    Ok((ordinary + niit, long + niit, ordinary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(amount: i64) -> Money {
        Money(Decimal::from(amount))
    }

    #[test]
    fn short_gain_pushes_long_gain_out_of_the_zero_zone() {
        let income = |short| GainIncome {
            ordinary_taxable: dollars(40_000),
            net_short: dollars(short),
            net_long: dollars(20_000),
            magi: dollars(76_100 + short),
        };
        let tax = federal_tax(2026, FilingStatus::Single, &income(0)).unwrap();
        assert_eq!(
            (tax.at_0, tax.at_15, tax.gains),
            (dollars(9_450), dollars(10_550), Money(Decimal::new(158_250, 2)))
        );
        let tax = federal_tax(2026, FilingStatus::Single, &income(10_000)).unwrap();
        assert_eq!((tax.at_0, tax.gains, tax.total()), (dollars(0), dollars(3_000), dollars(8_752)));
    }

    #[test]
    fn the_tables_give_the_published_cumulative_amounts() {
        // Tax at the start of the 37% bracket of 2026, as the Rev. Proc. prints it.
        for (status, cents) in [
            (FilingStatus::Single, 19_297_925),
            (FilingStatus::Joint, 20_658_350),
            (FilingStatus::Separate, 10_329_175),
            (FilingStatus::HeadOfHousehold, 19_117_100),
        ] {
            let tables = brackets(2026, status).unwrap();
            let top = dollars(i64::from(tables.ordinary[5]));
            assert_eq!(ordinary_tax(top, &tables.ordinary), Money(Decimal::new(cents, 2)), "{status:?}");
        }
    }

    /// Single, 2026, deductions 10,000 above ordinary income: the 0% zone of 49,450 takes 59,450 of long-term gain, and the
    /// next 1,000 are taxed at 15%. Of 12,000 of short-term gain 2,000 are taxed, at 10%.
    #[test]
    fn an_unused_deduction_widens_the_zone_without_tax() {
        let tax = |net_short: i64, net_long: i64| {
            let income = GainIncome {
                ordinary_taxable: dollars(-10_000),
                net_short: dollars(net_short),
                net_long: dollars(net_long),
                magi: dollars(50_000),
            };
            federal_tax(2026, FilingStatus::Single, &income).unwrap()
        };
        assert_eq!((tax(0, 59_450).total(), tax(0, 60_450).total()), (dollars(0), dollars(150)));
        assert_eq!(tax(12_000, 0).total(), dollars(200));
        let rates = marginal_rates(2026, FilingStatus::Single, dollars(-1), dollars(0)).unwrap();
        assert_eq!(rates, (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO));
    }

    #[test]
    fn years_to_come_are_served_by_the_newest_table() {
        assert_eq!([2023, 2024, 2026, 2027, 2031].map(table_year), [2023, 2024, 2026, 2026, 2026]);
    }

    #[test]
    fn an_unknown_year_is_refused() {
        assert_eq!(brackets(2027, FilingStatus::Single), Err(UnknownYear(2027)));
        assert!(marginal_rates(2023, FilingStatus::Joint, dollars(0), dollars(0)).is_err());
    }

    #[test]
    fn marginal_rates_add_niit_above_the_threshold() {
        let rates = marginal_rates(2026, FilingStatus::Joint, dollars(310_000), dollars(342_200)).unwrap();
        assert_eq!(rates, (Decimal::new(278, 3), Decimal::new(188, 3), Decimal::new(24, 2)));
    }
}
