//! Dates in every form vendors write them.

use chrono::NaiveDate;

/// The order of day and month where both are digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `05/09/2025` is May 9, as American vendors write it.
    MonthFirst,
    /// `09-05-2025` is May 9.
    DayFirst,
    /// `45786` is May 9, 2025: days are counted from the end of 1899, as spreadsheets keep them.
    Serial,
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
/// `DD-MM-YYYY`, `YYYY/MM/DD`, `May 08, 2026`, `8-May-2026`, epoch seconds or milliseconds.
pub fn stamp(text: &str, order: DateOrder) -> Option<Stamp> {
    let text = text.trim().trim_matches('"');
    let bytes = text.as_bytes();
    let day = |date| Some(Stamp { date, minutes: None });
    if order == DateOrder::Serial {
        return serial(text).and_then(day);
    }
    if let Some(date) = bytes.get(..10).and_then(iso) {
        return Some(Stamp { date, minutes: text.get(11..).and_then(minutes) });
    }
    if bytes.len() == 8 && bytes.iter().all(u8::is_ascii_digit) {
        return day(ymd(bytes)?);
    }
    if let Some(date) = epoch(text) {
        return day(date);
    }
    for form in ["%B %d, %Y", "%d %B %Y", "%d-%B-%Y", "%a %B %d %Y", "%a %d %B %Y", "%d-%B-%y", "%d %B %y"] {
        if let Ok(date) = NaiveDate::parse_from_str(text, form)
            && let Some(date) = sensible(date)
        {
            return day(date);
        }
    }
    // `Jan-19` is a month of 2019: its first day.
    if let Some((month, year)) = text.split_once('-')
        && let (true, [b'0'..=b'9', b'0'..=b'9']) = (month.len() == 3, year.as_bytes())
        && let Ok(date) = NaiveDate::parse_from_str(&format!("1-{text}"), "%d-%B-%y")
    {
        return day(sensible(date)?);
    }
    let (date, time) = text.split_once(' ').unwrap_or((text, ""));
    let (year, month, day) = match (digits(date)?, order) {
        ((year @ 1000.., month, day), _) => (year, month, day),
        ((day, month, year), DateOrder::DayFirst) => (year, month, day),
        ((month, day, year), _) => (year, month, day),
    };
    let date = sensible(NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?)?;
    Some(Stamp { date, minutes: minutes(time) })
}

/// Reads seconds or milliseconds since 1970, before which they are negative. Stamps of daily bars are the opening or
/// midnight in New York or London, all of which are on the same day in universal time.
fn epoch(text: &str) -> Option<NaiveDate> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let seconds = digits.len() == 9 || digits.len() == 10 || text.len() > digits.len() && digits.len() == 8;
    if !(seconds || digits.len() == 13) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    let time = chrono::DateTime::from_timestamp(if seconds { number } else { number.div_euclid(1000) }, 0)?;
    sensible(time.date_naive())
}

/// Reads a day as a spreadsheet keeps it, of 1954 to 2119; what is behind the point is the time of day.
fn serial(text: &str) -> Option<NaiveDate> {
    let (days, fraction) = text.split_once('.').unwrap_or((text, ""));
    if days.len() != 5 || !days.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let days = days.parse().ok().filter(|days| (20_000..80_000).contains(days))?;
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(chrono::Days::new(days))
}

fn minutes(text: &str) -> Option<u16> {
    let mut parts = text.trim().split([':', '-', '+', '.', 'Z']);
    let hours: u16 = parts.next()?.trim().parse().ok()?;
    let minutes: u16 = parts.next()?.trim().parse().ok()?;
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Returns the year that two digits mean: 70 and later were in the last century.
fn full_year(year: u32) -> u32 {
    match year {
        0..70 => 2000 + year,
        70..100 => 1900 + year,
        _ => year,
    }
}

/// Returns the three numbers of `5/9/2025`, `09-05-2025` or `2025/5/9`.
fn digits(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split(['/', '-', '.']);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    let lengths = (first.len(), second.len(), third.len());
    let short = matches!(lengths, (1..=2, 1..=2, 2)) && text.contains('/');
    if parts.next().is_some() || !(short || matches!(lengths, (1..=2, 1..=2, 4) | (4, 1..=2, 1..=2))) {
        return None;
    }
    let third = third.parse().ok()?;
    Some((first.parse().ok()?, second.parse().ok()?, if short { full_year(third) } else { third }))
}

/// Decides the order of day and month over a whole file, and says whether that is certain: by a number above 12 or points
/// between the numbers, else by the reading that puts no trade on a weekend. Days of a spreadsheet are told by there being
/// nothing else.
pub fn sniff_order<'a>(cells: impl Iterator<Item = &'a str>) -> (DateOrder, bool) {
    let (mut month_first, mut day_first, mut undecided) = (false, false, false);
    let (mut serials, mut others) = (0_usize, 0_usize);
    // Weekend days under each reading.
    let mut weekends = (0_usize, 0_usize);
    let weekend = |cell: &str, order| {
        use chrono::{Datelike, Weekday};
        let day = stamp(cell, order).map(|stamp| stamp.date.weekday());
        usize::from(matches!(day, Some(Weekday::Sat | Weekday::Sun)))
    };
    for cell in cells {
        let cell = cell.trim();
        match serial(cell.trim_matches('"')) {
            Some(_) => serials += 1,
            None => others += usize::from(stamp(cell, DateOrder::DayFirst).is_some()),
        }
        let date = cell.split_once(' ').map_or(cell, |(date, _)| date);
        if let Some((first @ ..1000, second, _)) = digits(date) {
            day_first |= first > 12 || date.contains('.');
            month_first |= second > 12;
            undecided |= first != second;
            weekends.0 += weekend(cell, DateOrder::MonthFirst);
            weekends.1 += weekend(cell, DateOrder::DayFirst);
        }
    }
    if serials > 0 && others == 0 {
        return (DateOrder::Serial, true);
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
            ("2025/5/9", DateOrder::DayFirst),
            ("May 9, 2025", DateOrder::MonthFirst),
            ("9-May-2025", DateOrder::MonthFirst),
            ("9 May 2025", DateOrder::MonthFirst),
            ("05/09/25", DateOrder::MonthFirst),
            ("9/5/25", DateOrder::DayFirst),
            ("9-May-25", DateOrder::MonthFirst),
            ("Fri May 09 2025", DateOrder::MonthFirst),
            ("1746792000", DateOrder::MonthFirst),
            ("1746792000000", DateOrder::MonthFirst),
        ] {
            assert_eq!(stamp(text, order).map(|s| s.date), Some(may9), "{text}");
        }
        assert_eq!(stamp("2025-05-09T13:30:00Z", DateOrder::MonthFirst).unwrap().minutes, Some(810));
        assert_eq!(
            stamp("-152668800", DateOrder::MonthFirst).map(|s| s.date.to_string()).as_deref(),
            Some("1965-03-01")
        );
        for text in [
            "141778",
            "9460800",
            "2025-5-9-1",
            "25-5-9",
            "Downloaded from Barchart.com",
            "",
            "13/13/2025",
            "0001-01-01",
        ] {
            assert_eq!(stamp(text, DateOrder::MonthFirst), None, "{text}");
        }
    }

    /// 45992 is 2025-12-01; a footer that counts rows is no day of a file with other dates.
    #[test]
    fn days_of_a_spreadsheet_are_read_where_there_is_nothing_else() {
        let date = |text: &str| stamp(text, DateOrder::Serial).map(|stamp| stamp.date.to_string());
        assert_eq!(date("45992").as_deref(), Some("2025-12-01"));
        assert_eq!(date("45992.6667").as_deref(), Some("2025-12-01"));
        assert_eq!([date("141778"), date("4599"), date("99999"), date("2025-12-01")], [None, None, None, None]);
        assert_eq!(sniff_order(["45992", "45993", ""].into_iter()), (DateOrder::Serial, true));
        assert_eq!(sniff_order(["2025-12-01", "45993"].into_iter()).0, DateOrder::MonthFirst);
        assert_eq!(sniff_order(["01.12.2025", "02.12.2025"].into_iter()), (DateOrder::DayFirst, true));
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
}
