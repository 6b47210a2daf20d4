//! Dates as brokers print them: `09:04 PM ET, 2026/09/05`, `Nov-08-2025 7:54 p.m ET`, `September 4, 2026`, `20260904`.

use chrono::NaiveDate;

/// A moment as printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The day.
    pub date: NaiveDate,
    /// The day with time and zone where printed: `2026-09-05T21:04 America/New_York`.
    pub text: String,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Returns the month of an English name or its beginning, from 1.
pub fn month(word: &str) -> Option<u32> {
    let lower = word.to_ascii_lowercase();
    let start = lower.get(..3)?;
    lower.chars().all(|c| c.is_ascii_alphabetic()).then_some(())?;
    MONTHS.iter().position(|name| *name == start).map(|index| index as u32 + 1)
}

fn year(text: &str) -> Option<i32> {
    let number: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(number),
        2 => Some(2000 + number),
        _ => None,
    }
}

/// Reads a date that stands alone in one word: `2026-09-05`, `2026/09/05`, `9/5/2026`, `09/05/26`, `Nov-08-2025`,
/// `08-Nov-2025`, `20260905`. Slashes are read the American way, month first.
pub fn date(text: &str) -> Option<NaiveDate> {
    let word = text.trim();
    if word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return ymd(word.get(..4)?, word.get(4..6)?, word.get(6..)?);
    }
    let parts: Vec<&str> = word.split(['-', '/']).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    if let Some(month) = month(a) {
        return NaiveDate::from_ymd_opt(year(c)?, month, b.parse().ok()?);
    }
    if let Some(month) = month(b) {
        return NaiveDate::from_ymd_opt(year(c)?, month, a.parse().ok()?);
    }
    if a.len() == 4 { ymd(a, b, c) } else { ymd(c, a, b) }
}

/// In which order a file writes the numbers of its days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    MonthFirst,
    DayFirst,
    /// It may be either: what could be both is of unknown day.
    Either,
}

/// Returns the two numbers and the year of a day such as `25/11/2025`, with or without a time, and whether points stand
/// between them, which no country does that writes the month first.
fn numbers(text: &str) -> Option<(u32, u32, i32, bool)> {
    let timed = |c: char| c.is_alphabetic() && !"aAmMpPTZ".contains(c);
    let text = text.trim();
    if !(6..=25).contains(&text.len()) || !text.starts_with(|c: char| c.is_ascii_digit()) || text.contains(timed) {
        return None;
    }
    let word = text.split([' ', ',', ';', 'T']).next()?;
    let separator = word.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '-' | '.'))?;
    let mut parts = word.split(separator);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next().filter(|_| parts.clone().next().is_none())?);
    let point = separator == '.';
    let short = a.len() <= 2 && b.len() <= 2 && (c.len() == 4 || c.len() == 2 && !point);
    let (a, b) = (a.parse().ok().filter(|_| short)?, b.parse().ok()?);
    Some((a, b, year(c)?, point))
}

/// Returns whether a day could be another one with its month first than with its day first.
pub fn is_ambiguous(text: &str) -> bool {
    numbers(text).is_some_and(|(a, b, _, point)| a != b && a <= 12 && b <= 12 && !point)
}

/// Returns the order in which the days of a column are written, by those that can be read in one order alone; `None` where
/// none of them is of that kind.
pub fn order<'t>(cells: impl Iterator<Item = &'t str>) -> Option<Order> {
    let (mut months, mut days) = (false, false);
    for (a, b, _, point) in cells.filter_map(numbers) {
        days |= point || a > 12 && b <= 12;
        months |= b > 12 && a <= 12 && !point;
    }
    match (months, days) {
        (true, true) => Some(Order::Either),
        (true, false) => Some(Order::MonthFirst),
        (false, true) => Some(Order::DayFirst),
        (false, false) => None,
    }
}

/// Like [`leading`], with the numbers in a known order.
pub fn in_order(text: &str, order: Order) -> Option<NaiveDate> {
    let Some((a, b, year, point)) = numbers(text) else { return leading(text) };
    let (month, day) = match order {
        _ if point => (b, a),
        Order::MonthFirst => (a, b),
        Order::DayFirst => (b, a),
        Order::Either if a > 12 => (b, a),
        Order::Either if b > 12 || a == b => (a, b),
        Order::Either => return None,
    };
    NaiveDate::from_ymd_opt(year, month, day)
}

fn ymd(y: &str, m: &str, d: &str) -> Option<NaiveDate> {
    if m.len() > 2 || d.len() > 2 {
        return None;
    }
    NaiveDate::from_ymd_opt(year(y)?, m.parse().ok()?, d.parse().ok()?)
}

/// Reads the date at the beginning of a cell that may go on with a time: `08/24/2020 13:22:52`, `2023-07-07, 15:39:46`,
/// `20260904;093100`, `2024-01-02T00:00`.
pub fn leading(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    date(text.split([' ', ',', ';', 'T']).next()?).or_else(|| spelled(text))
}

/// `Jul 9, 2023`, `09 Jul 2023`, `9-Jul-2023`.
fn spelled(text: &str) -> Option<NaiveDate> {
    let words: Vec<&str> = text.split([' ', ',', '-']).filter(|word| !word.is_empty()).collect();
    let [first, second, third, ..] = words.as_slice() else { return None };
    let (month, day) = match month(first) {
        Some(month) => (month, second),
        None => (month(second)?, first),
    };
    NaiveDate::from_ymd_opt(year(third).filter(|_| third.len() == 4)?, month, day.parse().ok()?)
}

/// Returns the day of a serial number of Excel, which counts from the end of 1899.
pub fn serial(text: &str) -> Option<NaiveDate> {
    let days: i64 = text.trim().parse().ok().filter(|days| (20_000..80_000).contains(days))?;
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_signed(chrono::TimeDelta::days(days))
}

/// Finds the last date in a sentence, with the time and zone that stand beside it.
pub fn find(text: &str) -> Option<When> {
    find_in_order(text, Order::MonthFirst)
}

/// Like [`find`], with the numbers of a day in a known order.
pub fn find_in_order(text: &str, order: Order) -> Option<When> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"'))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = None;
    for (index, word) in words.iter().enumerate() {
        let at = |offset: usize| words.get(index + offset).copied().unwrap_or("");
        let spelled = || {
            let month = month(word)?;
            let day: u32 = at(1).parse().ok().filter(|_| at(1).len() <= 2)?;
            NaiveDate::from_ymd_opt(year(at(2)).filter(|_| at(2).len() == 4)?, month, day)
        };
        // `2026-09-05T10:11` and `20260905` count as one word; a bare number of eight digits may be an account.
        let single = || {
            let bare = word.bytes().all(|byte| byte.is_ascii_digit());
            let word = word.split('T').next()?;
            let told = if numbers(word).is_some() { in_order(word, order) } else { date(word) };
            told.filter(|_| !bare)
        };
        if let Some(date) = single().or_else(spelled) {
            found = Some(date);
        }
    }
    let date = found?;
    let (mut time, mut afternoon, mut zone) = (None, None, "");
    for word in &words {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "pm" | "p.m" | "p.m." => afternoon = Some(true),
            "am" | "a.m" | "a.m." => afternoon = Some(false),
            "et" | "est" | "edt" => zone = " America/New_York",
            _ => {
                let clock = lower.split_once('t').map_or(lower.as_str(), |(_, clock)| clock);
                time = time.or_else(|| clock_of(clock));
                if let Some(offset) = word.strip_prefix("GMT").filter(|rest| rest.starts_with(['+', '-'])) {
                    zone = offset;
                }
            }
        }
    }
    let mut text = date.format("%Y-%m-%d").to_string();
    if let Some((hour, minute, second)) = time {
        let hour = match (afternoon, hour) {
            (Some(true), 1..=11) => hour + 12,
            (Some(false), 12) => 0,
            _ => hour,
        };
        text.push_str(&format!("T{hour:02}:{minute:02}"));
        if let Some(second) = second {
            text.push_str(&format!(":{second:02}"));
        }
        text.push_str(zone);
    }
    Some(When { date, text })
}

/// Finds a date in a file's name: `m1-Holdings-Oct-07-2026.csv`, `positions_2026-09-05.csv`.
pub fn in_name(name: &str) -> Option<NaiveDate> {
    let stem = name.rsplit(['/', '\\']).next()?;
    let parts: Vec<&str> = stem.split(['-', '_', '.', ' ']).collect();
    let long_year =
        |window: &[&str]| window.iter().any(|part| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_digit()));
    parts.windows(3).filter(|window| long_year(window)).find_map(|window| date(&window.join("-")))
}

fn clock_of(word: &str) -> Option<(u32, u32, Option<u32>)> {
    let mut parts = word.split(':');
    let hour: u32 = parts.next()?.parse().ok().filter(|hour| *hour < 24)?;
    let minute: u32 = parts.next().filter(|part| part.len() == 2)?.parse().ok().filter(|minute| *minute < 60)?;
    let second = parts.next().and_then(|part| part.get(..2)?.parse().ok());
    Some((hour, minute, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_every_broker_are_read() {
        for (text, wanted) in [
            (
                "Positions for account Individual ...417 as of 09:04 PM ET, 2026/09/05",
                "2026-09-05T21:04 America/New_York",
            ),
            ("Positions for account X XXXX-4321 as of 02:45 AM ET, 12/21/2020", "2020-12-21T02:45 America/New_York"),
            ("Date downloaded Nov-08-2025 7:54 p.m ET", "2025-11-08T19:54 America/New_York"),
            ("Date downloaded Jul-31-2026 at 8:24 p.m ET", "2026-07-31T20:24 America/New_York"),
            ("Date downloaded 07/30/2021 2:26 PM ET", "2021-07-30T14:26 America/New_York"),
            ("Generated at Feb 15 2026 09:24 PM ET", "2026-02-15T21:24 America/New_York"),
            ("Generated at 01/18/2019 10:23:53 AM ET", "2019-01-18T10:23:53 America/New_York"),
            ("Statement for 12345678SCHW (Individual) on 9/29/26 22:14:27", "2026-09-29T22:14:27"),
            ("As of 2026-05-11 10:11 GMT-04:00", "2026-05-11T10:11-04:00"),
            ("September 4, 2026", "2026-09-04"),
            ("April 1, 2025 - March 3, 2026", "2026-03-03"),
            ("12:05 AM ET, 2026/01/02", "2026-01-02T00:05 America/New_York"),
        ] {
            assert_eq!(find(text).map(|when| when.text).as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(find("no date here, account 20260904"), None);
    }

    #[test]
    fn one_day_that_can_be_read_in_one_order_alone_decides_for_its_column() {
        let told = |cells: &[&str]| order(cells.iter().copied());
        assert_eq!(told(&["05/12/2025", "25/11/2025"]), Some(Order::DayFirst));
        assert_eq!(told(&["05/12/2025", "11/25/2025 10:00 AM", "-", "2025-11-25"]), Some(Order::MonthFirst));
        assert_eq!(told(&["11/25/2025", "25-11-25"]), Some(Order::Either));
        assert_eq!(told(&["5.2.2025"]), Some(Order::DayFirst));
        assert_eq!(told(&["05/12/2025", "2025-11-25", "12.5", "1,234.56", "T 4 1/4 11/15/34", "20251125"]), None);
        let day = |text: &str, order| in_order(text, order).map(|day| day.to_string()).unwrap_or_default();
        assert_eq!(day("05/12/2025", Order::DayFirst), "2025-12-05");
        assert_eq!(day("05/12/2025 15:00", Order::MonthFirst), "2025-05-12");
        assert_eq!(day("05/12/2025", Order::Either), "");
        assert_eq!(
            (day("25/11/2025", Order::Either), day("05/05/2025", Order::Either)),
            ("2025-11-25".into(), "2025-05-05".into())
        );
        assert_eq!(
            (day("5.2.2025", Order::MonthFirst), day("2025-11-25", Order::DayFirst)),
            ("2025-02-05".into(), "2025-11-25".into())
        );
        assert!(is_ambiguous("05/12/2025") && !is_ambiguous("25/12/2025") && !is_ambiguous("05/05/25"));
        assert_eq!(find_in_order("As of 05/12/2026", Order::DayFirst).unwrap().text, "2026-12-05");
    }

    #[test]
    fn cells_begin_with_a_date() {
        let day = |text: &str| leading(text).map(|date| date.to_string());
        assert_eq!(day("08/24/2020 13:22:52").as_deref(), Some("2020-08-24"));
        assert_eq!(day("2023-07-07, 15:39:46").as_deref(), Some("2023-07-07"));
        assert_eq!(day("20230403;095853").as_deref(), Some("2023-04-03"));
        assert_eq!(day("2024-01-02T00:00").as_deref(), Some("2024-01-02"));
        assert_eq!(day("13/45/2020"), None);
        for text in ["Jul 9, 2023", "09 Jul 2023", "9-Jul-2023", "July 9, 2023"] {
            assert_eq!(day(text).as_deref(), Some("2023-07-09"), "{text}");
        }
        assert_eq!(
            (day("Jul 2023"), serial("45116").map(|day| day.to_string()).as_deref()),
            (None, Some("2023-07-09"))
        );
        assert_eq!(in_name("a/m1-Holdings-Oct-07-2026.csv").unwrap().to_string(), "2026-10-07");
        assert_eq!(in_name("Individual-Positions-2026-11-20-101112.csv").unwrap().to_string(), "2026-11-20");
        assert_eq!(in_name("yahoo-quotes.csv"), None);
    }
}
