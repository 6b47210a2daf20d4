//! When a lot turns long-term: by months, not by 365 days.
//!
//! The day after the trade date is day 1 and the trade date of the sale counts (Rev. Rul. 66-97, 70-598); a period
//! that starts on the last day of a month runs to month ends (Rev. Rul. 66-7).

use chrono::{Datelike, Days, NaiveDate};

use crate::model::Term;

/// Returns the first day on which a sale of shares bought on `acquired` is long-term: the day after the purchase plus
/// twelve months, 29 February becoming 1 March.
pub fn long_from(acquired: NaiveDate) -> NaiveDate {
    let start = acquired.checked_add_days(Days::new(1)).unwrap_or(acquired);
    let year = start.year() + 1;
    NaiveDate::from_ymd_opt(year, start.month(), start.day())
        .or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
        .unwrap_or(start)
}

/// Returns the term of a sale on a day.
pub fn term_on(acquired: NaiveDate, sale: NaiveDate) -> Term {
    if sale >= long_from(acquired) { Term::Long } else { Term::Short }
}

/// Returns the days from a date until a sale is long-term; `None` when it already is.
pub fn days_until_long(acquired: NaiveDate, date: NaiveDate) -> Option<u32> {
    u32::try_from(long_from(acquired).signed_duration_since(date).num_days()).ok().filter(|days| *days > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_year_is_twelve_months_and_a_day() {
        for (acquired, first) in [
            ("2025-06-30", "2026-07-01"),
            ("2024-02-28", "2025-03-01"),
            ("2024-02-29", "2025-03-01"),
            ("2023-02-28", "2024-03-01"),
            ("2024-02-27", "2025-02-28"),
            ("2025-12-31", "2027-01-01"),
        ] {
            assert_eq!(long_from(day(acquired)), day(first), "{acquired}");
            assert_eq!(term_on(day(acquired), day(first)), Term::Long);
            assert_eq!(term_on(day(acquired), day(first).pred_opt().unwrap()), Term::Short);
        }
        assert_eq!(days_until_long(day("2025-06-30"), day("2026-06-30")), Some(1));
        assert_eq!(days_until_long(day("2025-06-30"), day("2026-07-01")), None);
    }
}
