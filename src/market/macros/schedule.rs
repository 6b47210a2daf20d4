//! When the value of a period can first be known: the release calendars of the agencies.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// How often a series has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// Once a month; the reference date is its first day.
    Monthly,
    /// Once a week.
    Weekly,
    /// Every business day.
    Daily,
}

impl Period {
    /// Returns `monthly` and the like.
    pub fn word(self) -> &'static str {
        match self {
            Period::Monthly => "monthly",
            Period::Weekly => "weekly",
            Period::Daily => "daily",
        }
    }
}

/// When the value of a reference period can first be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The Employment Situation: third Friday after the week that contains the 12th, as a rule the first Friday of the
    /// next month; in January not before the 4th.
    Employment,
    /// The consumer price index: the 15th of the next month, the latest usual day.
    ConsumerPrices,
    /// So many days after the end of the month.
    AfterMonth(u8),
    /// So many days after the reference date.
    AfterDays(u8),
    /// The business day after.
    NextWeekday,
    /// On the day itself, at the close.
    SameDay,
}

/// What is known about a series by its FRED id.
pub(super) struct Known {
    pub id: &'static str,
    pub period: Period,
    pub release: Release,
    /// Past values change later: a file without vintages shows what was not known then.
    pub revised: bool,
}

const fn known(id: &'static str, period: Period, release: Release, revised: bool) -> Known {
    Known { id, period, release, revised }
}

/// The schedules: BLS, Chicago Fed (Wednesday for the week to the Friday before), Department of Labor (Thursday for
/// the week to the Saturday before), H.15 and ICE (next business day), H.10 (rates of
/// exchange, on Mondays for the week before).
pub(super) const TABLE: &[Known] = &[
    known("UNRATE", Period::Monthly, Release::Employment, true),
    known("PAYEMS", Period::Monthly, Release::Employment, true),
    known("SAHMREALTIME", Period::Monthly, Release::Employment, false),
    known("SAHMCURRENT", Period::Monthly, Release::Employment, true),
    known("CPIAUCSL", Period::Monthly, Release::ConsumerPrices, true),
    known("CPIAUCNS", Period::Monthly, Release::ConsumerPrices, false),
    known("CPILFESL", Period::Monthly, Release::ConsumerPrices, true),
    known("CPILFENS", Period::Monthly, Release::ConsumerPrices, false),
    known("U6RATE", Period::Monthly, Release::Employment, true),
    known("PCEPI", Period::Monthly, Release::AfterMonth(31), true),
    known("PCEPILFE", Period::Monthly, Release::AfterMonth(31), true),
    known("FEDFUNDS", Period::Monthly, Release::AfterMonth(3), false),
    known("NFCI", Period::Weekly, Release::AfterDays(5), true),
    known("ANFCI", Period::Weekly, Release::AfterDays(5), true),
    known("ICSA", Period::Weekly, Release::AfterDays(5), true),
    known("IC4WSA", Period::Weekly, Release::AfterDays(5), true),
    known("T10Y3M", Period::Daily, Release::NextWeekday, false),
    known("T10Y2Y", Period::Daily, Release::NextWeekday, false),
    known("DGS2", Period::Daily, Release::NextWeekday, false),
    known("DGS30", Period::Daily, Release::NextWeekday, false),
    known("T5YIE", Period::Daily, Release::NextWeekday, false),
    known("T10YIE", Period::Daily, Release::NextWeekday, false),
    known("BAA10Y", Period::Daily, Release::NextWeekday, false),
    known("DFEDTARU", Period::Daily, Release::NextWeekday, false),
    known("DGS10", Period::Daily, Release::NextWeekday, false),
    known("DGS3MO", Period::Daily, Release::NextWeekday, false),
    known("DFF", Period::Daily, Release::NextWeekday, false),
    known("BAMLH0A0HYM2", Period::Daily, Release::NextWeekday, false),
    known("BAMLC0A0CM", Period::Daily, Release::NextWeekday, false),
    known("DEXBZUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXCAUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXCHUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXDNUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXHKUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXINUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXJPUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXKOUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXMXUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXNOUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXSDUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXSFUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXSIUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXSZUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXTAUS", Period::Daily, Release::AfterDays(7), false),
    known("DEXUSAL", Period::Daily, Release::AfterDays(7), false),
    known("DEXUSEU", Period::Daily, Release::AfterDays(7), false),
    known("DEXUSNZ", Period::Daily, Release::AfterDays(7), false),
    known("DEXUSUK", Period::Daily, Release::AfterDays(7), false),
    known("DCOILBRENTEU", Period::Daily, Release::AfterDays(7), false),
    known("DCOILWTICO", Period::Daily, Release::AfterDays(7), false),
    known("VIXCLS", Period::Daily, Release::SameDay, false),
];

/// A kind of release, the month it is of, and the day it came out.
type Exception = (Release, (i32, u32), (i32, u32, u32));

/// Releases that did not follow the rule: the government shutdowns of autumn 2025 and early 2026. October 2025 has
/// no household survey and no consumer prices; its payrolls came with November's.
const EXCEPTIONS: &[Exception] = &[
    (Release::Employment, (2025, 9), (2025, 11, 20)),
    (Release::Employment, (2025, 10), (2025, 12, 16)),
    (Release::Employment, (2025, 11), (2025, 12, 16)),
    (Release::Employment, (2026, 1), (2026, 2, 11)),
    (Release::ConsumerPrices, (2025, 9), (2025, 10, 24)),
    (Release::ConsumerPrices, (2025, 10), (2025, 12, 18)),
    (Release::ConsumerPrices, (2025, 11), (2025, 12, 18)),
];

/// Returns whether an id is a series whose schedule is known.
pub fn is_known(id: &str) -> bool {
    known_id(id).is_some()
}

/// Returns the one spelling of the id of a series whose schedule is known.
pub fn known_id(id: &str) -> Option<&'static str> {
    TABLE.iter().map(|known| known.id).find(|known| known.eq_ignore_ascii_case(id))
}

/// Returns how often a series whose schedule is known has a value.
pub fn period(id: &str) -> Option<Period> {
    TABLE.iter().find(|known| known.id.eq_ignore_ascii_case(id)).map(|known| known.period)
}

/// What a series can be, wide of everything it has been: a value outside is in another unit, or another series.
const BOUNDS: &[(&str, f64, f64)] = &[
    ("UNRATE", 1.0, 50.0),
    ("U6RATE", 1.0, 60.0),
    ("PAYEMS", 20_000.0, 400_000.0),
    ("SAHMREALTIME", -5.0, 20.0),
    ("SAHMCURRENT", -5.0, 20.0),
    ("CPIAUCSL", 20.0, 2_000.0),
    ("CPIAUCNS", 9.0, 2_000.0),
    ("CPILFESL", 25.0, 2_000.0),
    ("CPILFENS", 25.0, 2_000.0),
    ("FEDFUNDS", -2.0, 30.0),
    ("NFCI", -3.0, 10.0),
    ("ANFCI", -5.0, 10.0),
    ("ICSA", 50_000.0, 20_000_000.0),
    ("IC4WSA", 50_000.0, 20_000_000.0),
    ("T10Y3M", -5.0, 6.0),
    ("T10Y2Y", -5.0, 6.0),
    ("BAMLH0A0HYM2", 1.0, 60.0),
    ("BAMLC0A0CM", 0.1, 30.0),
    ("VIXCLS", 5.0, 200.0),
    ("DEXUSEU", 0.5, 2.5),
    ("DEXUSUK", 0.8, 3.0),
    ("DEXUSAL", 0.3, 1.5),
    ("DEXJPUS", 50.0, 400.0),
    ("DEXCAUS", 0.8, 2.0),
    ("DEXSZUS", 0.4, 3.0),
    ("DEXHKUS", 7.0, 8.5),
    ("DEXCHUS", 4.0, 10.0),
    ("DEXINUS", 30.0, 200.0),
];

/// Returns the lowest and highest value that a series can have, where that is known.
pub fn bounds(id: &str) -> Option<(f64, f64)> {
    BOUNDS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(id)).map(|(_, low, high)| (*low, *high))
}

/// Returns how often a series comes whose values are so many days apart.
pub fn period_of_gap(days: i64) -> Period {
    match days {
        ..=4 => Period::Daily,
        5..=10 => Period::Weekly,
        _ => Period::Monthly,
    }
}

pub(super) fn add_month(date: NaiveDate) -> NaiveDate {
    date.checked_add_months(chrono::Months::new(1)).unwrap_or(date)
}

pub(super) fn next_weekday(date: NaiveDate) -> NaiveDate {
    let mut day = date.succ_opt().unwrap_or(date);
    while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
        day = day.succ_opt().unwrap_or(day);
    }
    day
}

fn plus(date: NaiveDate, days: u8) -> NaiveDate {
    date.checked_add_days(Days::new(u64::from(days))).unwrap_or(date)
}

/// Returns the day a period's value came out by the rule.
pub(super) fn released(release: Release, reference: NaiveDate) -> NaiveDate {
    let month = (reference.year(), reference.month());
    if let Some((_, _, (year, month, day))) = EXCEPTIONS.iter().find(|(r, m, _)| *r == release && *m == month)
        && let Some(date) = NaiveDate::from_ymd_opt(*year, *month, *day)
    {
        return date;
    }
    let first = reference.with_day(1).unwrap_or(reference);
    match release {
        Release::SameDay => reference,
        Release::NextWeekday => next_weekday(reference),
        Release::AfterDays(days) => plus(reference, days),
        Release::AfterMonth(days) => plus(add_month(first), days),
        Release::ConsumerPrices => {
            let day = plus(add_month(first), 14);
            if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) { next_weekday(day) } else { day }
        }
        Release::Employment => {
            let twelfth = plus(first, 11);
            let saturday = plus(twelfth, 6 - u8::try_from(twelfth.weekday().num_days_from_sunday()).unwrap_or(0));
            let friday = plus(saturday, 20);
            if friday.month() == 1 && friday.day() < 4 { plus(friday, 7) } else { friday }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn releases_follow_the_calendars_of_the_agencies() {
        for (release, reference, out) in [
            (Release::Employment, "2024-07-01", "2024-08-02"),
            (Release::Employment, "2024-10-01", "2024-11-01"),
            (Release::Employment, "2024-12-01", "2025-01-10"),
            (Release::Employment, "2025-05-01", "2025-06-06"),
            (Release::Employment, "2025-11-01", "2025-12-16"),
            (Release::ConsumerPrices, "2024-07-01", "2024-08-15"),
            (Release::AfterDays(5), "2024-08-02", "2024-08-07"),
            (Release::NextWeekday, "2024-08-02", "2024-08-05"),
            (Release::SameDay, "2024-08-02", "2024-08-02"),
        ] {
            assert_eq!(released(release, day(reference)), day(out), "{release:?} {reference}");
        }
    }
}
