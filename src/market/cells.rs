//! Cells of market files: closes as exact scaled integers, and dates in every order vendors write them.

use chrono::NaiveDate;

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

/// The order of day and month where both are digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `05/09/2025` is May 9, as American vendors write it.
    MonthFirst,
    /// `09-05-2025` is May 9.
    DayFirst,
}

/// A date cell: its day if that is certain, and the time of day when one is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The day.
    pub date: NaiveDate,
    /// Minutes after midnight, as printed.
    pub minutes: Option<u16>,
}

/// Reads `2025-05-09` from bytes: the fast path of every panel row.
pub fn iso(cell: &[u8]) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = cell else { return None };
    ymd(&[*y1, *y2, *y3, *y4, *m1, *m2, *d1, *d2])
}

fn ymd(digits: &[u8]) -> Option<NaiveDate> {
    if digits.len() != 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |part: &[u8]| part.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let (year, rest) = digits.split_at(4);
    let (month, day) = rest.split_at(2);
    sensible(NaiveDate::from_ymd_opt(i32::try_from(number(year)).ok()?, number(month), number(day))?)
}

/// Days before 1900 and after 2200 are misread numbers, not dates.
fn sensible(date: NaiveDate) -> Option<NaiveDate> {
    use chrono::Datelike;
    (1900..2200).contains(&date.year()).then_some(date)
}

/// Reads a date in any form vendors write: ISO with or without time and zone, `YYYYMMDD`, `MM/DD/YYYY`,
/// `DD-MM-YYYY`, `May 08, 2026`, epoch seconds.
pub fn stamp(text: &str, order: DateOrder) -> Option<Stamp> {
    let text = text.trim().trim_matches('"');
    let bytes = text.as_bytes();
    let day = |date| Some(Stamp { date, minutes: None });
    if let Some(date) = bytes.get(..10).and_then(iso) {
        return Some(Stamp { date, minutes: text.get(11..).and_then(minutes) });
    }
    if bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit) {
        return day(ymd(bytes)?);
    }
    if (9..=10).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit) {
        let seconds: i64 = text.parse().ok()?;
        // Epoch stamps of daily bars are the opening or midnight in New York: five hours west stays on the day.
        let time = chrono::DateTime::from_timestamp(seconds, 0)?.naive_utc();
        return day(sensible(time.date())?);
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%b %d, %Y") {
        return day(sensible(date)?);
    }
    let (date, time) = text.split_once(' ').unwrap_or((text, ""));
    let (first, second, year) = digits(date)?;
    let (month, day) = match order {
        DateOrder::MonthFirst => (first, second),
        DateOrder::DayFirst => (second, first),
    };
    let date = sensible(NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?)?;
    Some(Stamp { date, minutes: minutes(time) })
}

fn minutes(text: &str) -> Option<u16> {
    let mut parts = text.trim().split([':', '-', '+', '.', 'Z']);
    let hours: u16 = parts.next()?.trim().parse().ok()?;
    let minutes: u16 = parts.next()?.trim().parse().ok()?;
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Returns the three numbers of `5/9/2025` or `09-05-2025`.
fn digits(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split(['/', '-', '.']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Some((first.parse().ok()?, second.parse().ok()?, year.parse().ok()?))
}

/// Decides the order of day and month over a whole file, and says whether that is certain: by a number above 12, else
/// by the reading that puts no trade on a weekend.
pub fn sniff_order<'a>(cells: impl Iterator<Item = &'a str>) -> (DateOrder, bool) {
    let (mut month_first, mut day_first, mut undecided) = (false, false, false);
    // Weekend days under each reading.
    let mut weekends = (0_usize, 0_usize);
    let weekend = |cell: &str, order| {
        use chrono::{Datelike, Weekday};
        let day = stamp(cell, order).map(|stamp| stamp.date.weekday());
        usize::from(matches!(day, Some(Weekday::Sat | Weekday::Sun)))
    };
    for cell in cells {
        let cell = cell.trim();
        let date = cell.split_once(' ').map_or(cell, |(date, _)| date);
        if let Some((first, second, _)) = digits(date) {
            day_first |= first > 12;
            month_first |= second > 12;
            undecided |= first != second;
            weekends.0 += weekend(cell, DateOrder::MonthFirst);
            weekends.1 += weekend(cell, DateOrder::DayFirst);
        }
    }
    match (month_first, day_first) {
        (true, false) => (DateOrder::MonthFirst, true),
        (false, true) => (DateOrder::DayFirst, true),
        (true, true) => (DateOrder::MonthFirst, false),
        (false, false) => match weekends {
            (0, 1..) => (DateOrder::MonthFirst, true),
            (1.., 0) => (DateOrder::DayFirst, true),
            _ => (DateOrder::MonthFirst, !undecided),
        },
    }
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
    fn dates_of_every_vendor_are_read() {
        let may9 = NaiveDate::from_ymd_opt(2025, 5, 9).unwrap();
        for (text, order) in [
            ("2025-05-09", DateOrder::MonthFirst),
            ("20250509", DateOrder::MonthFirst),
            ("05/09/2025", DateOrder::MonthFirst),
            ("5/9/2025 0:00:00", DateOrder::MonthFirst),
            ("09-05-2025", DateOrder::DayFirst),
            ("2025-05-09 00:00:00-04:00", DateOrder::MonthFirst),
            ("2025-05-09T13:30:00Z", DateOrder::MonthFirst),
            ("May 09, 2025", DateOrder::MonthFirst),
            ("1746792000", DateOrder::MonthFirst),
        ] {
            assert_eq!(stamp(text, order).map(|s| s.date), Some(may9), "{text}");
        }
        assert_eq!(stamp("2025-05-09T13:30:00Z", DateOrder::MonthFirst).unwrap().minutes, Some(810));
        for text in ["141778", "Downloaded from Barchart.com", "", "13/13/2025", "0001-01-01"] {
            assert_eq!(stamp(text, DateOrder::MonthFirst), None, "{text}");
        }
    }

    #[test]
    fn the_whole_file_decides_day_and_month() {
        assert_eq!(sniff_order(["05/09/2025", "05/13/2025"].into_iter()), (DateOrder::MonthFirst, true));
        assert_eq!(sniff_order(["09-05-2025", "13-05-2025"].into_iter()), (DateOrder::DayFirst, true));
        // June 5, 2025 is a Thursday, May 6 a Tuesday: nothing settles it. September 5 is a Friday, May 9 too.
        assert_eq!(sniff_order(["05/06/2025"].into_iter()), (DateOrder::MonthFirst, false));
        // January 2 and 3, 2020 were a Thursday and a Friday; February 1 and March 1 were weekend days.
        assert_eq!(sniff_order(["1/2/2020 16:00:00", "1/3/2020"].into_iter()), (DateOrder::MonthFirst, true));
        assert_eq!(sniff_order(["02/01/2020", "03/01/2020"].into_iter()), (DateOrder::DayFirst, true));
    }

    #[test]
    fn series_numbers_are_read() {
        assert_eq!(number("3.33B"), Ok(Some(3.33e9)));
        assert_eq!(number("."), Ok(None));
        assert_eq!(number("-0.47504"), Ok(Some(-0.47504)));
        assert_eq!(number("abc"), Err(NotANumber));
    }
}
