//! Money, prices, shares and weights as every output prints them.

use rust_decimal::RoundingStrategy;

use super::{Decimal, Money, Price, Shares, Weight};

impl Money {
    /// Returns `$1,234.56`, with the sign before the dollar.
    pub fn dollars(self) -> String {
        grouped(self.0, 2, "$")
    }
    /// Writes what [`Money::dollars`] returns, to the right of so many characters.
    pub fn write_dollars(self, line: &mut Vec<u8>, width: usize) {
        write_grouped(line, self.0, 2, "$", width);
    }
    /// Returns how many characters [`Money::dollars`] has.
    pub fn dollars_width(self) -> usize {
        grouped_width(self.0, 2, "$")
    }
    /// Returns `$1,234` for amounts where cents say nothing.
    pub fn whole_dollars(self) -> String {
        grouped(self.0, 0, "$")
    }
}

impl Price {
    /// Returns `$182.33`, with more decimals only where the price has them.
    pub fn dollars(self) -> String {
        grouped(self.0, self.decimals(), "$")
    }
    /// Writes what [`Price::dollars`] returns, to the right of so many characters.
    pub fn write_dollars(self, line: &mut Vec<u8>, width: usize) {
        write_grouped(line, self.0, self.decimals(), "$", width);
    }
    /// Returns how many characters [`Price::dollars`] has.
    pub fn dollars_width(self) -> usize {
        grouped_width(self.0, self.decimals(), "$")
    }
    fn decimals(self) -> u32 {
        if self.0.scale() <= 2 { 2 } else { self.0.normalize().scale().clamp(2, 6) }
    }
}

impl Shares {
    /// Returns `1,250` or `87.7157`: no trailing zeros.
    pub fn text(self) -> String {
        let normal = self.normal();
        grouped(normal, normal.scale(), "")
    }
    /// Writes what [`Shares::text`] returns, to the right of so many characters.
    pub fn write_text(self, line: &mut Vec<u8>, width: usize) {
        let normal = self.normal();
        write_grouped(line, normal, normal.scale(), "", width);
    }
    /// Returns how many characters [`Shares::text`] has.
    pub fn text_width(self) -> usize {
        let normal = self.normal();
        grouped_width(normal, normal.scale(), "")
    }
    fn normal(self) -> Decimal {
        if self.0.scale() == 0 { self.0 } else { self.0.normalize() }
    }
}

fn grouped(value: Decimal, decimals: u32, unit: &str) -> String {
    let mut text = Vec::new();
    write_grouped(&mut text, value, decimals, unit, grouped_width(value, decimals, unit));
    String::from_utf8(text).unwrap_or_default()
}

fn rounded(value: Decimal, decimals: u32) -> Decimal {
    match value.scale() <= decimals {
        true => value,
        false => value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero),
    }
}

/// Returns how many characters [`write_grouped`] writes.
fn grouped_width(value: Decimal, decimals: u32, unit: &str) -> usize {
    let value = rounded(value, decimals);
    let mantissa = value.mantissa().unsigned_abs();
    let digits = match u64::try_from(mantissa) {
        Ok(narrow) => narrow.checked_ilog10(),
        Err(_) => mantissa.checked_ilog10(),
    };
    let whole = digits.map_or(1, |digits| digits + 1).saturating_sub(value.scale()).max(1);
    let sign = u32::from(value.is_sign_negative() && mantissa != 0);
    unit.len() + (sign + whole + (whole - 1) / 3 + if decimals > 0 { decimals + 1 } else { 0 }) as usize
}

/// The digits of a mantissa, from the last to the first. Almost every number fits into 64 bits, whose division is far
/// quicker.
struct Digits {
    narrow: u64,
    /// The whole number, for as long as it does not fit.
    wide: u128,
}

impl Digits {
    fn of(mantissa: u128) -> Self {
        match u64::try_from(mantissa) {
            Ok(narrow) => Digits { narrow, wide: 0 },
            Err(_) => Digits { narrow: 0, wide: mantissa },
        }
    }

    fn are_used_up(&self) -> bool {
        self.narrow == 0 && self.wide == 0
    }

    /// Takes the last digits away, as many as the base has zeros.
    fn pop(&mut self, base: u16) -> u16 {
        if self.wide == 0 {
            let base = u64::from(base);
            let last = (self.narrow % base) as u16;
            self.narrow /= base;
            return last;
        }
        let base = u128::from(base);
        let last = (self.wide % base) as u16;
        self.wide /= base;
        if let Ok(narrow) = u64::try_from(self.wide) {
            (self.narrow, self.wide) = (narrow, 0);
        }
        last
    }
}

fn digit(value: u16) -> u8 {
    b'0' + (value % 10) as u8
}

/// Writes a number with thousands separators and so many decimals, rounded half away from zero, to the right of so many
/// characters.
fn write_grouped(line: &mut Vec<u8>, value: Decimal, decimals: u32, unit: &str, width: usize) {
    let start = line.len();
    let mut fill_in = |width: usize| {
        line.resize(start + width, b' ');
        fill(line.get_mut(start..).unwrap_or_default(), rounded(value, decimals), decimals, unit)
    };
    if !fill_in(width) {
        fill_in(grouped_width(value, decimals, unit));
    }
}

/// Writes a number where spaces are, from its last digit to its first and without a text in between: a table of fifty
/// thousand rows has a quarter of a million numbers. Returns whether there is room for all of it.
fn fill(places: &mut [u8], rounded: Decimal, decimals: u32, unit: &str) -> bool {
    let scale = rounded.scale();
    let mut digits = Digits::of(rounded.mantissa().unsigned_abs());
    let mut places = places.iter_mut().rev();
    let mut fits = true;
    let mut put = |byte: u8| match places.next() {
        Some(place) => *place = byte,
        None => fits = false,
    };
    (scale..decimals).for_each(|_| put(b'0'));
    (0..scale).for_each(|_| put(digit(digits.pop(10))));
    if decimals > 0 {
        put(b'.');
    }
    loop {
        let group = digits.pop(1000);
        let last = digits.are_used_up();
        put(digit(group));
        if !last || group >= 10 {
            put(digit(group / 10));
        }
        if !last || group >= 100 {
            put(digit(group / 100));
        }
        if last {
            break;
        }
        put(b',');
    }
    unit.bytes().rev().for_each(&mut put);
    if rounded.is_sign_negative() && !rounded.is_zero() {
        put(b'-');
    }
    fits
}

impl Weight {
    /// Returns `45.0%`: one decimal, the unit of every weight on screen.
    pub fn percent(self) -> String {
        let rounded = (self.0 * 1000.0).round() / 10.0;
        format!("{:.1}%", rounded + 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn whatever_its_size_a_number_prints_as_the_decimal_does() {
        for (mantissa, scale) in [(0, 0), (7, 0), (999, 0), (1000, 3), (123_456_789, 4), (i64::MAX, 2), (i64::MAX, 9)] {
            for wide in [0, 1, 77] {
                let value = Decimal::from_i128_with_scale(i128::from(mantissa) * 10_i128.pow(9) + wide, scale + 9);
                for decimals in [0, 2, 6, 9] {
                    let written = |width: usize| {
                        let mut line = b"x".to_vec();
                        write_grouped(&mut line, value, decimals, "", width);
                        String::from_utf8(line).unwrap()
                    };
                    let text = grouped(value, decimals, "");
                    assert_eq!((written(0), written(3)), (format!("x{text}"), format!("x{text:>3}")));
                    assert_eq!(written(120), format!("x{text:>120}"));
                    let plain = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
                    assert_eq!(grouped_width(value, decimals, ""), text.len(), "{text}");
                    assert_eq!(grouped_width(-value, decimals, "$"), text.len() + 1 + usize::from(!plain.is_zero()));
                    assert_eq!(text.replace(',', ""), format!("{plain:.*}", decimals as usize), "{value} {decimals}");
                    let whole = text.split('.').next().unwrap();
                    assert!(whole.rsplit(',').all(|group| group.len() <= 3), "{text}");
                    assert!(whole.split(',').skip(1).all(|group| group.len() == 3), "{text}");
                }
            }
        }
    }
}
