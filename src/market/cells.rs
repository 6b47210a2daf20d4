//! Cells of market files: closes as exact scaled integers, numbers of series.

use crate::units::{Decimal, NumberStyle, Price, parse_number};

/// Closes are kept as whole numbers of 10^-10 dollars, so that `close * N` compares exactly with a sum of N closes.
/// Digits after the tenth are float noise of the vendors (`41.790000915527344`) and are rounded away.
pub const SCALE: i64 = 10_000_000_000;

/// Decimal digits of [`SCALE`].
const DIGITS: u32 = 10;

/// A close that is not there. A price of exactly zero means the same in vendors' files.
pub const NONE: i64 = 0;

/// Returns the price of a scaled close.
pub fn to_price(close: i64) -> Price {
    Price(Decimal::new(close, DIGITS).normalize())
}

/// Returns the float of a scaled close, for ratios and trends only.
pub fn to_f64(close: i64) -> f64 {
    close as f64 / SCALE as f64
}

/// Returns whether two closes of a day are not the same: files round to half a cent per hundred dollars.
pub fn differ(one: i64, two: i64) -> bool {
    let (a, b) = (to_f64(one), to_f64(two));
    one != NONE && two != NONE && (a - b).abs() > 5e-5 * a.max(b)
}

/// Reads a close. [`NONE`] for blanks, nulls and zero; `None` for text, negative prices and prices beyond
/// 900 million.
pub fn close(cell: &[u8]) -> Option<i64> {
    // No cell holds this byte, so the whole is one cell.
    Cells::new(cell, 0).next_close()
}

/// The cells of a line, read one by one without copying.
pub struct Cells<'a> {
    rest: Option<&'a [u8]>,
    delimiter: u8,
}

/// `10^(10 - n)` for a close with n decimals.
const POWERS: [i64; DIGITS as usize + 1] =
    [SCALE, 1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

impl<'a> Cells<'a> {
    /// Returns the cells of a line without quotes.
    pub fn new(line: &'a [u8], delimiter: u8) -> Self {
        Cells { rest: Some(line), delimiter }
    }

    /// Returns the next cell as it is; `None` after the last.
    pub fn next_bytes(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = rest.iter().position(|byte| *byte == self.delimiter);
        let (cell, after) = end.map_or((rest, None), |end| (rest.get(..end).unwrap_or_default(), rest.get(end + 1..)));
        self.rest = after;
        Some(cell)
    }

    /// Returns the next cell as a close; [`NONE`] after the last. Digits with an optional point, the form of almost
    /// every cell, are read while the end of the cell is looked for; anything else takes a second look.
    pub fn next_close(&mut self) -> Option<i64> {
        let Some(rest) = self.rest else { return Some(NONE) };
        let (mut value, mut whole, mut point): (i64, usize, Option<usize>) = (0, 0, None);
        let mut end = rest.len();
        for (index, byte) in rest.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    // Eighteen digits fit whatever they are.
                    value = value.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
                    whole += 1;
                }
                b'.' if point.is_none() => point = Some(whole),
                byte if *byte == self.delimiter => {
                    end = index;
                    break;
                }
                _ => return self.next_bytes().and_then(slow),
            }
        }
        let decimals = point.map_or(0, |point| whole - point);
        let power = POWERS.get(decimals).filter(|_| whole <= 18 && (whole > 0 || end == 0) && point != Some(0));
        let Some(power) = power else { return self.next_bytes().and_then(slow) };
        self.rest = if end < rest.len() { rest.get(end + 1..) } else { None };
        value.checked_mul(*power)
    }
}

fn slow(cell: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(cell).ok()?.trim();
    if is_null(text) {
        return Some(NONE);
    }
    let value = parse_number(text, NumberStyle::Point).ok()?;
    let Some(value) = value else { return Some(NONE) };
    let scaled = value.checked_mul(Decimal::from(SCALE))?.round();
    i64::try_from(scaled).ok().filter(|close| *close >= 0)
}

/// Returns whether a cell of a market file says that there is no value: the broker nulls, and the lone point of FRED.
pub fn is_null(text: &str) -> bool {
    let text = text.trim();
    text == "." || text.eq_ignore_ascii_case("nan") || crate::units::is_null(text)
}

/// A cell that is neither a number nor a blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number")]
pub struct NotANumber;

/// Reads a number of a macro or breadth series; `Ok(None)` for nulls. `3.33B` and its like are multiplied out.
pub fn number(text: &str) -> Result<Option<f64>, NotANumber> {
    let text = text.trim();
    if is_null(text) {
        return Ok(None);
    }
    if let Ok(value) = text.parse::<f64>() {
        return if value.is_finite() { Ok(Some(value)) } else { Err(NotANumber) };
    }
    let (body, factor) = match text.as_bytes().last() {
        Some(b'K') => (text.trim_end_matches('K'), 1e3),
        Some(b'M') => (text.trim_end_matches('M'), 1e6),
        Some(b'B') => (text.trim_end_matches('B'), 1e9),
        _ => (text, 1.0),
    };
    let value = parse_number(body, NumberStyle::Point).map_err(|_| NotANumber)?;
    let float = |value: Decimal| rust_decimal::prelude::ToPrimitive::to_f64(&value);
    Ok(value.and_then(float).map(|value| value * factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closes_are_exact() {
        for (cell, value) in [
            ("182.33", 1_823_300_000_000),
            ("$438.73", 4_387_300_000_000),
            ("7,408.30", 74_083_000_000_000),
            (" 550", 5_500_000_000_000),
            ("41.790000915527344", 417_900_009_155),
            ("", NONE),
            (".", NONE),
            ("N/A", NONE),
            ("0.0", NONE),
            ("NaN", NONE),
        ] {
            assert_eq!(close(cell.as_bytes()), Some(value), "{cell}");
        }
        for cell in ["abc", "-5", "1.2.3", "99999999999999"] {
            assert_eq!(close(cell.as_bytes()), None, "{cell}");
        }
        assert_eq!(to_price(1_823_300_000_000).to_string(), "182.33");
    }

    #[test]
    fn series_numbers_are_read() {
        assert_eq!(number("3.33B"), Ok(Some(3.33e9)));
        assert_eq!(number("."), Ok(None));
        assert_eq!(number("-0.47504"), Ok(Some(-0.47504)));
        assert_eq!(number("abc"), Err(NotANumber));
    }
}
