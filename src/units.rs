//! Money, prices, shares and weights: how they count, how the numbers of broker files are read, and how they are printed.
//!
//! Decimals throughout: a sum of cents is exact. Arithmetic saturates instead of panicking, and [`parse_number`]
//! refuses magnitudes at which saturation could ever be reached by honest data.

mod print;
mod read;

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

pub use read::{NumberError, NumberStyle, is_null, parse_number};
pub(crate) use read::{shortened, unstarred};
pub use rust_decimal::Decimal;
use rust_decimal::RoundingStrategy;

/// Numbers beyond this are refused when read: no household holds a trillion of anything, and below it no product of
/// two inputs can overflow a 96-bit decimal.
pub const LARGEST_INPUT: i64 = 1_000_000_000_000;

/// Digits kept after the decimal point when a file prints more (Wealthsimple prints 30).
pub const MOST_DECIMALS: u32 = 12;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Decimal);

        impl $name {
            /// Nothing at all.
            pub const ZERO: Self = Self(Decimal::ZERO);
            /// Returns the amount without its unit.
            pub fn decimal(self) -> Decimal {
                self.0
            }
            /// Returns the nearest binary float, for signals, weights and the linear program only.
            pub fn to_f64(self) -> f64 {
                rust_decimal::prelude::ToPrimitive::to_f64(&self.0).unwrap_or(0.0)
            }
            /// Returns the magnitude.
            pub fn abs(self) -> Self {
                Self(self.0.abs())
            }
            /// Returns whether the amount is exactly nothing.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }
            /// Returns whether the amount is below zero.
            pub fn is_negative(self) -> bool {
                // By its sign: to compare two decimals of different scales takes longer.
                self.0.is_sign_negative() && !self.0.is_zero()
            }
            /// Returns whether the amount is above zero.
            pub fn is_positive(self) -> bool {
                self.0.is_sign_positive() && !self.0.is_zero()
            }
            /// Returns whether the magnitude is above a whole number.
            pub fn exceeds(self, limit: i64) -> bool {
                // Whatever the scale, a mantissa within the limit is an amount within it.
                self.0.mantissa().unsigned_abs() > u128::from(limit.unsigned_abs()) && self.0.abs() > Decimal::from(limit)
            }
        }
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self::ZERO, Add::add)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

quantity! {
    /// An amount of money in the account's currency.
    Money
}
quantity! {
    /// Money per share (per 100 of face for bonds, per underlying share for options).
    Price
}
quantity! {
    /// A number of shares, or face amount for bonds, or contracts for options. Negative when short.
    Shares
}

impl Mul<Shares> for Price {
    type Output = Money;
    fn mul(self, shares: Shares) -> Money {
        Money(self.0.saturating_mul(shares.0))
    }
}

impl Mul<Price> for Shares {
    type Output = Money;
    fn mul(self, price: Price) -> Money {
        price * self
    }
}

impl Money {
    /// Returns the amount rounded to the cent, half away from zero.
    pub fn to_cents(self) -> Self {
        Self(self.0.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    }
    /// Returns a fraction of the amount, unrounded. A weight that is not a number gives nothing.
    pub fn times(self, factor: Decimal) -> Self {
        Self(self.0.saturating_mul(factor))
    }
    /// Returns this amount as a fraction of a whole, `None` when the whole is zero.
    pub fn share_of(self, whole: Money) -> Option<Weight> {
        (!whole.is_zero()).then(|| Weight(self.to_f64() / whole.to_f64()))
    }
    /// Returns the money nearest to a float of the linear program or an exposure, rounded to the cent.
    pub fn from_f64(value: f64) -> Self {
        Money(Decimal::from_f64_retain(value).unwrap_or_default()).to_cents()
    }
}

/// A fraction of a whole, 1 = all of it. Printed as a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Weight(pub f64);
