//! Money, prices, shares and weights as every output prints them.

use rust_decimal::RoundingStrategy;

use super::{Decimal, Money, Price, Shares, Weight};

impl Money {
    /// Returns `$1,234.56`, with the sign before the dollar.
    pub fn dollars(self) -> String {
        grouped(self.0, 2, "$")
    }
    /// Returns `$1,234` for amounts where cents say nothing.
    pub fn whole_dollars(self) -> String {
        grouped(self.0, 0, "$")
    }
}

impl Price {
    /// Returns `$182.33`, with more decimals only where the price has them.
    pub fn dollars(self) -> String {
        grouped(self.0, self.0.normalize().scale().clamp(2, 6), "$")
    }
}

impl Shares {
    /// Returns `1,250` or `87.7157`: no trailing zeros.
    pub fn text(self) -> String {
        let normal = self.0.normalize();
        grouped(normal, normal.scale(), "")
    }
}

/// Returns a number with thousands separators and so many decimals, rounded half away from zero.
fn grouped(value: Decimal, decimals: u32, unit: &str) -> String {
    let rounded = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "-" } else { "" };
    let digits = format!("{:.*}", decimals as usize, rounded.abs());
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut text = format!("{sign}{unit}");
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
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
}
