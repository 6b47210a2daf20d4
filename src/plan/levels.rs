//! The levels of the objective in dollars.

use crate::units::{Decimal, Money};

/// The value of each level of the objective, in dollars, in order of importance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    /// Cash that a withdrawal or reserve misses.
    pub cash_shortfall: Money,
    /// Sum over caps of the dollars above them.
    pub excess: Money,
    /// Sum over targets of the dollars missing. The target of a sleeve is what `[sleeves] return-to` brings it to, which may
    /// be less than the weight that rotation gives it.
    pub gaps: Money,
    /// Largest of them.
    pub largest_gap: Money,
    /// Incremental tax above zero, plus trading cost.
    pub cost: Money,
    /// Bought plus sold.
    pub turnover: Money,
    /// Incremental tax with its sign.
    pub signed_tax: Money,
}

/// A level as an aim: its name in reports, and where its value stands.
pub type Aim = (&'static str, fn(&Levels) -> Money);

/// The aims of a plan in the order of importance. The last two only choose between plans that are equally good.
pub const AIMS: [Aim; 7] = [
    ("cash shortfall", |levels| levels.cash_shortfall),
    ("excess over caps", |levels| levels.excess),
    ("gaps of sleeves", |levels| levels.gaps),
    ("largest gap", |levels| levels.largest_gap),
    ("tax above zero and trading cost", |levels| levels.cost),
    ("bought and sold", |levels| levels.turnover),
    ("tax with its sign", |levels| levels.signed_tax),
];

/// Dollars of a level to the millionth: at the least of a level a cent of it can be worth hundreds of dollars of the next.
pub(super) fn millionths(dollars: f64) -> Money {
    let rounded = Decimal::from_f64_retain(dollars).unwrap_or_default().round_dp(6);
    // Nothing has no sign: `-0.00` is for floats.
    if rounded.is_zero() { Money::ZERO } else { Money(rounded) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_sign() {
        for dollars in [-0.0, -1e-9, 0.0] {
            assert_eq!(millionths(dollars).decimal().to_string(), Money::ZERO.decimal().to_string(), "{dollars}");
        }
        assert_eq!(millionths(-0.0000014), Money(Decimal::new(-1, 6)));
    }
}
