//! Schedule D: short with short, long with long, then across, then against ordinary income, the rest carried forward.
//!
//! IRC 1211(b) and 1212(b): a net loss reduces ordinary income by at most 3,000 dollars (1,500 filing separately), its
//! short-term part first; what is left keeps its character.

use crate::units::{Decimal, Money};

/// Flat marginal rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// On net short-term gain.
    pub short: Decimal,
    /// On net long-term gain.
    pub long: Decimal,
    /// What a dollar of loss against ordinary income saves.
    pub ordinary: Decimal,
    /// Most loss against ordinary income.
    pub loss_limit: Money,
}

/// A netted year.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Netting {
    /// Tax at the flat rates; negative when a loss saves tax on wages.
    pub tax: Money,
    /// Short-term gain that is taxed.
    pub taxable_short: Money,
    /// Long-term gain that is taxed.
    pub taxable_long: Money,
    /// Loss used against ordinary income.
    pub ordinary_offset: Money,
    /// Short-term loss carried forward, positive.
    pub carry_short: Money,
    /// Long-term loss carried forward, positive.
    pub carry_long: Money,
}

/// Nets a year's short- and long-term results, losses negative, each including its own carryforward.
pub fn net(short: Money, long: Money, rates: &Rates) -> Netting {
    let zero = Money::ZERO;
    let (short_gain, short_loss) = (short.max(zero), (-short).max(zero));
    let (long_gain, long_loss) = (long.max(zero), (-long).max(zero));
    let short_against_long = short_loss.min(long_gain);
    let long_against_short = long_loss.min(short_gain);
    let taxable_short = short_gain - long_against_short;
    let taxable_long = long_gain - short_against_long;
    let left_short = short_loss - short_against_long;
    let left_long = long_loss - long_against_short;
    let limit = rates.loss_limit.max(zero);
    let from_short = left_short.min(limit);
    let from_long = left_long.min(limit - from_short);
    let ordinary_offset = from_short + from_long;
    Netting {
        tax: taxable_short.times(rates.short) + taxable_long.times(rates.long) - ordinary_offset.times(rates.ordinary),
        taxable_short,
        taxable_long,
        ordinary_offset,
        carry_short: left_short - from_short,
        carry_long: left_long - from_long,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(amount: i64) -> Money {
        Money(Decimal::from(amount))
    }

    #[test]
    fn losses_net_across_before_they_reach_wages() {
        let rates = Rates {
            short: Decimal::new(37, 2),
            long: Decimal::new(15, 2),
            ordinary: Decimal::new(37, 2),
            loss_limit: dollars(3000),
        };
        // short, long -> tax, offset, carried short, carried long
        for (short, long, tax, offset, carry_short, carry_long) in [
            (10_000, 5_000, 4_450, 0, 0, 0),
            (-4_000, 10_000, 900, 0, 0, 0),
            (-10_000, 4_000, -1_110, 3_000, 3_000, 0),
            (4_000, -10_000, -1_110, 3_000, 0, 3_000),
            (-1_000, -500, -555, 1_500, 0, 0),
            (-2_000, -2_000, -1_110, 3_000, 0, 1_000),
            (3_000, -3_000, 0, 0, 0, 0),
        ] {
            let result = net(dollars(short), dollars(long), &rates);
            assert_eq!(result.tax, dollars(tax), "{short} {long}");
            assert_eq!(result.ordinary_offset, dollars(offset), "{short} {long}");
            assert_eq!((result.carry_short, result.carry_long), (dollars(carry_short), dollars(carry_long)));
        }
    }
}
