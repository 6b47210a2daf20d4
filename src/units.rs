//! Money, prices, shares and weights, and how the numbers of broker files are read.
//!
//! Decimals throughout: a sum of cents is exact. Arithmetic saturates instead of panicking, and [`parse_number`]
//! refuses magnitudes at which saturation could ever be reached by honest data.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

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
                self.0 < Decimal::ZERO
            }
            /// Returns whether the amount is above zero.
            pub fn is_positive(self) -> bool {
                self.0 > Decimal::ZERO
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
    /// Returns `$1,234.56`, with the sign before the dollar.
    pub fn dollars(self) -> String {
        grouped(self.0, 2, "$")
    }
    /// Writes what [`Money::dollars`] returns.
    pub fn write_dollars(self, text: &mut String) {
        write_grouped(text, self.0, 2, "$");
    }
    /// Returns `$1,234` for amounts where cents say nothing.
    pub fn whole_dollars(self) -> String {
        grouped(self.0, 0, "$")
    }
}

impl Price {
    /// Returns `$182.33`, with more decimals only where the price has them.
    pub fn dollars(self) -> String {
        let mut text = String::with_capacity(24);
        self.write_dollars(&mut text);
        text
    }
    /// Writes what [`Price::dollars`] returns.
    pub fn write_dollars(self, text: &mut String) {
        let scale = if self.0.scale() <= 2 { 2 } else { self.0.normalize().scale().clamp(2, 6) };
        write_grouped(text, self.0, scale, "$");
    }
}

impl Shares {
    /// Returns `1,250` or `87.7157`: no trailing zeros.
    pub fn text(self) -> String {
        let mut text = String::with_capacity(24);
        self.write_text(&mut text);
        text
    }
    /// Writes what [`Shares::text`] returns.
    pub fn write_text(self, text: &mut String) {
        let normal = if self.0.scale() == 0 { self.0 } else { self.0.normalize() };
        write_grouped(text, normal, normal.scale(), "");
    }
}

fn grouped(value: Decimal, decimals: u32, unit: &str) -> String {
    let mut text = String::with_capacity(24);
    write_grouped(&mut text, value, decimals, unit);
    text
}

/// Writes a number with thousands separators and so many decimals, rounded half away from zero. From the digits of its
/// mantissa: a table of fifty thousand rows has a quarter of a million numbers, and formatting each as a decimal first
/// takes longer than reading the file.
fn write_grouped(text: &mut String, value: Decimal, decimals: u32, unit: &str) {
    let rounded = match value.scale() <= decimals {
        true => value,
        false => value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero),
    };
    if rounded.is_sign_negative() && !rounded.is_zero() {
        text.push('-');
    }
    text.push_str(unit);
    let (mantissa, scale) = (rounded.mantissa().unsigned_abs(), rounded.scale() as usize);
    // From the last to the first; 96 bits have at most 29.
    let (mut digits, mut count, mut rest) = ([0_u8; 32], 0, mantissa);
    for digit in &mut digits {
        // Almost every number fits into 64 bits, whose division is far quicker.
        (*digit, rest) = match u64::try_from(rest) {
            Ok(0) => break,
            Ok(narrow) => ((narrow % 10) as u8, u128::from(narrow / 10)),
            Err(_) => ((rest % 10) as u8, rest / 10),
        };
        count += 1;
    }
    // A place is the number of digits behind it.
    for place in (0..count.max(scale + 1)).rev() {
        if place + 1 == scale {
            text.push('.');
        }
        text.push(char::from(b'0' + digits.get(place).copied().unwrap_or(0)));
        if place > scale && (place - scale).is_multiple_of(3) {
            text.push(',');
        }
    }
    if scale == 0 && decimals > 0 {
        text.push('.');
    }
    text.extend((scale..decimals as usize).map(|_| '0'));
}

/// A fraction of a whole, 1 = all of it. Printed as a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Weight(pub f64);

impl Weight {
    /// Returns `45.0%`: one decimal, the unit of every weight on screen.
    pub fn percent(self) -> String {
        let rounded = (self.0 * 1000.0).round() / 10.0;
        format!("{:.1}%", rounded + 0.0)
    }
}

/// How a file writes its decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberStyle {
    /// `1,234.56`.
    Point,
    /// `1.234,56` or `1 234,56`.
    Comma,
}

/// Why a cell is not a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is something else.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// The magnitude is beyond anything a household holds.
    #[error("`{0}` is larger than broaden accepts (one trillion)")]
    TooLarge(String),
}

/// Texts that say "unknown" in broker files. Unknown is not zero.
const NULLS: [&str; 14] = [
    "",
    "-",
    "--",
    "---",
    "n/a",
    "#n/a",
    "na",
    "incomplete",
    "not applicable",
    "null",
    "none",
    "not available",
    "\u{2014}",
    "\u{2013}",
];

/// Trims, which most cells do not need.
pub(crate) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [one] if one.is_ascii_graphic() => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Returns whether a cell says that the value is not known.
pub fn is_null(text: &str) -> bool {
    let text = trimmed(text);
    // Every null begins with one of these.
    if text.len() > 14 || !matches!(text.bytes().next(), None | Some(b'-' | b'n' | b'N' | b'#' | b'i' | b'I' | 0xe2)) {
        return false;
    }
    NULLS.iter().any(|null| text.eq_ignore_ascii_case(null))
}

/// Reads a number as brokers print it: `$1,234.56`, `-$1.00`, `$-1425.63`, `($700.00)`, `+0.57%`, `.1250`, `3.70E-09`,
/// `1 950,60`. Nulls (`--`, `N/A`, `Incomplete`, empty) are `Ok(None)`. A percent sign is dropped, not applied.
///
/// # Errors
/// [`NumberError`] for text that is not a number or is beyond [`LARGEST_INPUT`].
pub fn parse_number(text: &str, style: NumberStyle) -> Result<Option<Decimal>, NumberError> {
    if style == NumberStyle::Point
        && let Some(value) = plain_number(text)
    {
        return Ok(Some(value));
    }
    if is_null(text) {
        return Ok(None);
    }
    let bad = || NumberError::NotANumber(shortened(text));
    let trimmed = text.trim();
    if trimmed.len() > 100 {
        return Err(bad());
    }
    // Spreadsheets write `$(700.00)` where brokers write `($700.00)`.
    let inner = trimmed.strip_prefix('$').map_or(trimmed, str::trim_start);
    let (body, bracketed) = match inner.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (trimmed, false),
    };
    let mut negative = bracketed;
    let mut signs = usize::from(bracketed);
    let mut plain = String::new();
    let (group, point) = match style {
        NumberStyle::Point => (',', '.'),
        NumberStyle::Comma => ('.', ','),
    };
    let mut previous = ' ';
    let mut groups: Option<u32> = None;
    for character in body.chars() {
        match character {
            '-' | '\u{2212}' if plain.is_empty() => {
                negative = true;
                signs += 1;
            }
            '+' if plain.is_empty() => signs += 1,
            '-' | '+' if matches!(previous, 'e' | 'E') => plain.push(character),
            '$' | '%' => {}
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' => {}
            digit if digit.is_ascii_digit() => {
                plain.push(digit);
                groups = groups.map(|digits| if plain.contains(['.', 'e']) { digits } else { digits + 1 });
            }
            'e' | 'E' if !plain.is_empty() => plain.push('e'),
            other if other == point => plain.push('.'),
            other if other == group && !plain.contains('.') && groups.is_none_or(|digits| digits == 3) => {
                groups = Some(0)
            }
            _ => return Err(bad()),
        }
        previous = character;
    }
    // `182,33` is a decimal comma, and no hundred times as much.
    if groups.is_some_and(|digits| digits != 3) {
        return Err(bad());
    }
    if signs > 1 || !plain.chars().any(|c| c.is_ascii_digit()) {
        return Err(bad());
    }
    let value = if plain.contains('e') {
        Decimal::from_scientific(&plain).map_err(|_| bad())?
    } else {
        // More digits than a decimal holds are cut, never rounded into the next unit.
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        if fraction.contains('.') {
            return Err(bad());
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 13 {
            return Err(NumberError::TooLarge(shortened(text)));
        }
        let kept: String = fraction.chars().take(MOST_DECIMALS as usize).collect();
        let whole = if whole.is_empty() { "0" } else { whole };
        let joined = if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") };
        joined.parse::<Decimal>().map_err(|_| bad())?
    };
    let value = if value.scale() > MOST_DECIMALS { value.round_dp(MOST_DECIMALS) } else { value };
    if value.abs() > Decimal::from(LARGEST_INPUT) {
        return Err(NumberError::TooLarge(shortened(text)));
    }
    Ok(Some(if negative && !value.is_zero() { -value } else { value }))
}

/// The common case without a copy: `-$1,234.56`, `302.10`, `+0.57%`, of at most 18 digits.
fn plain_number(text: &str) -> Option<Decimal> {
    let (mut value, mut whole, mut decimals) = (0_i64, 0_u32, None::<u32>);
    let (mut negative, mut signed, mut percent) = (false, false, false);
    // Digits since the last group separator, once there is one.
    let mut group = None::<u32>;
    for byte in trimmed(text).bytes() {
        match byte {
            _ if percent => return None,
            b'0'..=b'9' => {
                value = value * 10 + i64::from(byte - b'0');
                match &mut decimals {
                    Some(count) => *count += 1,
                    None => {
                        whole += 1;
                        group = group.map(|digits| digits + 1);
                    }
                }
                if whole > 11 || decimals > Some(6) {
                    return None;
                }
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            b',' if whole > 0 && decimals.is_none() && group.is_none_or(|digits| digits == 3) => group = Some(0),
            b'$' if whole == 0 && decimals.is_none() => {}
            b'-' | b'+' if whole == 0 && decimals.is_none() && !signed => {
                negative = byte == b'-';
                signed = true;
            }
            b'%' if whole > 0 => percent = true,
            _ => return None,
        }
    }
    // `182,33` is a decimal comma, and no hundred times as much.
    if group.is_some_and(|digits| digits != 3) {
        return None;
    }
    let decimals = decimals.unwrap_or(0);
    (whole + decimals > 0).then(|| Decimal::new(if negative { -value } else { value }, decimals))
}

/// Returns a text as a message shows it: without control characters, and its first forty only.
pub(crate) fn shortened(text: &str) -> String {
    let mut characters = text.trim().chars().filter(|c| !c.is_control());
    let mut shown: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        parse_number(text, NumberStyle::Point).unwrap().map(|value| value.normalize().to_string())
    }

    #[test]
    fn broker_numbers_are_read() {
        for (text, value) in [
            ("$1,234.56", "1234.56"),
            ("-$1.00", "-1"),
            ("$-1425.63", "-1425.63"),
            ("+$1.12", "1.12"),
            ("($700.00)", "-700"),
            ("(500.00)", "-500"),
            (" $(82.20) ", "-82.2"),
            (".1250", "0.125"),
            ("-.02", "-0.02"),
            ("1,784.87", "1784.87"),
            ("+0.57%", "0.57"),
            ("-100.0000", "-100"),
            (" 12 ", "12"),
            ("3.70E-09", "0.000000003700"),
            ("0.123456789012345678901234567890", "0.123456789012"),
        ] {
            assert_eq!(
                read(text).as_deref(),
                Some(value.trim_end_matches('0')).filter(|v| v.contains('.')).or(Some(value)),
                "{text}"
            );
        }
        assert_eq!(parse_number("1 950,60", NumberStyle::Comma).unwrap().unwrap().to_string(), "1950.60");
        assert_eq!(parse_number("1\u{a0}950,60", NumberStyle::Comma).unwrap().unwrap().to_string(), "1950.60");
    }

    #[test]
    fn the_quick_way_reads_what_the_careful_way_reads() {
        for text in ["-$1,234.56", "302.10", "+0.57%", ".5", "-.02", "5.", "$-3", "0", "12,345,678,901.123456"] {
            let careful = parse_number(&format!(" '{text}"), NumberStyle::Point).unwrap();
            assert!(plain_number(text).is_some(), "{text}");
            assert_eq!(plain_number(text).map(|n| n.to_string()), careful.map(|n| n.to_string()), "{text}");
        }
        for text in ["", "-", "--5", "1.2.3", "(5)", "1%2", "$", "1e5", ",5", "5-"] {
            assert_eq!(plain_number(text), None, "{text}");
        }
    }

    #[test]
    fn unknown_is_not_zero() {
        for text in ["", "--", "N/A", "n/a", "Incomplete", "not applicable", "null", "#N/A"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "182,33",
            "1,5",
            "12,34,5",
            "1,2345",
            "$1,23.50",
            "abc",
            "1.2.3",
            "12x",
            "--5",
            "$",
            "e5",
            "1e999",
            "9999999999999999",
            "(-5)",
        ] {
            assert!(parse_number(text, NumberStyle::Point).is_err(), "{text}");
        }
    }

    #[test]
    fn money_prints_grouped_with_the_sign_first() {
        let money = |text: &str| Money(text.parse().unwrap()).dollars();
        assert_eq!(money("1234567.891"), "$1,234,567.89");
        assert_eq!(money("-0.5"), "-$0.50");
        assert_eq!(money("-0.001"), "$0.00");
        assert_eq!(money("0"), "$0.00");
        assert_eq!(money("1000"), "$1,000.00");
        assert_eq!(money("999999.995"), "$1,000,000.00");
        assert_eq!(money("-0.05"), "-$0.05");
        assert_eq!(money("12345678901234567890123456.78"), "$12,345,678,901,234,567,890,123,456.78");
        assert_eq!(Money("-1234.5".parse().unwrap()).whole_dollars(), "-$1,235");
        let price = |text: &str| Price(text.parse().unwrap()).dollars();
        assert_eq!(
            ["5", "0.1", "98.765000", "0.000001234"].map(price),
            ["$5.00", "$0.10", "$98.765", "$0.000001"].map(str::to_owned)
        );
        let shares = |text: &str| Shares(text.parse().unwrap()).text();
        assert_eq!(
            ["1250", "87.71570", "-0.008", "0.00", "1000000.5"].map(shares),
            ["1,250", "87.7157", "-0.008", "0", "1,000,000.5"].map(str::to_owned)
        );
    }
}
