//! The tax of calendar years in decimals: by flat rates, or exactly by the federal tables where filing status and income
//! are given.

use crate::plan::{Filing, Income, TaxSettings};
use crate::tax::{Brackets, GainIncome, Netting, Rates, federal_tax_by, net};
use crate::units::{Decimal, Money};

/// Returns the filing, the income and the tables of a year. The newest of each holds on where a year has none of its own.
pub(super) fn income(settings: &TaxSettings, year: i32) -> Option<(&Filing, &Income, Brackets)> {
    let filing = settings.filing.as_ref()?;
    filing.of_year(year).map(|(income, tables)| (filing, income, tables))
}

/// Returns the modified adjusted gross income without gains.
pub(super) fn magi(income: &Income, tables: &Brackets) -> Money {
    income.magi.unwrap_or(income.taxable + Money(Decimal::from(tables.standard_deduction)))
}

/// Returns the flat rates for netting.
pub(super) fn rates(settings: &TaxSettings) -> Rates {
    Rates {
        short: settings.short_rate,
        long: settings.long_rate,
        ordinary: settings.ordinary_rate,
        loss_limit: settings.loss_limit,
    }
}

/// Returns the tax of a state on what netting leaves: at its rates, and a deduction saves nothing where there is no income.
pub(super) fn state_tax(netted: &Netting, (short, long): (Decimal, Decimal), income: Money) -> Money {
    let deducted = netted.ordinary_offset.min(income.max(Money::ZERO));
    netted.taxable_short.times(short) + netted.taxable_long.times(long) - deducted.times(short)
}

/// Returns the netting of a year's results, its tax by the tables where they hold.
pub(super) fn year(settings: &TaxSettings, year: i32, short: Money, long: Money) -> Netting {
    let mut netted = net(short, long, &rates(settings));
    if let Some((filing, income, tables)) = income(settings, year) {
        let gains = netted.taxable_short + netted.taxable_long - netted.ordinary_offset;
        let of = |short: Money, long: Money, gains: Money| {
            let ordinary_taxable = income.taxable;
            let magi = magi(income, &tables) + gains;
            federal_tax_by(
                &tables,
                filing.status,
                &GainIncome { ordinary_taxable, net_short: short, net_long: long, magi },
            )
            .total()
        };
        netted.tax = of(short, long, gains) - of(Money::ZERO, Money::ZERO, Money::ZERO)
            + state_tax(&netted, (filing.state_short, filing.state_long), income.taxable);
    }
    netted
}
