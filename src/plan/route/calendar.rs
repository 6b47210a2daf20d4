//! The runs of a route, and the stages that they are gathered in.
//!
//! A stage is a stretch of runs within one tax year in which no lot changes its class and no purchase its permission; this
//! run is one of its own. What is sold within a stage is sold as early as the turnover limit lets it.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::Cadence;

/// Some runs that are planned together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stage {
    pub first: NaiveDate,
    pub last: NaiveDate,
    pub runs: usize,
    /// Ends of months inside: after how many of the runs, and how many months end there.
    pub months: Vec<(usize, u32)>,
    /// Months that end between this stage and the next.
    pub months_after: u32,
}

/// Returns the days of the runs from one day to another, both included.
pub(super) fn runs(from: NaiveDate, cadence: Cadence, by: NaiveDate) -> Vec<NaiveDate> {
    let next = |count: u32| match cadence {
        Cadence::Weekly => from.checked_add_days(Days::new(7 * u64::from(count))),
        Cadence::Monthly => from.checked_add_months(Months::new(count)),
    };
    let later = (1..).map_while(next).take_while(|day| *day <= by);
    std::iter::once(from).chain(later).collect()
}

fn month(day: NaiveDate) -> i32 {
    day.year() * 12 + day.month0() as i32
}

/// Gathers runs into stages. `change` says what it would lose to gather a run with the one before it: nothing where
/// nothing changes. Runs of different tax years are never gathered; of the other changes the `most` that matter most begin
/// a stage.
pub(super) fn stages(days: &[NaiveDate], most: usize, change: impl Fn(NaiveDate, NaiveDate) -> f64) -> Vec<Stage> {
    let pairs = days.windows(2).enumerate().filter_map(|(place, pair)| match pair {
        [one, two] => Some((place + 1, *one, *two)),
        _ => None,
    });
    let mut changes: Vec<(f64, usize)> = Vec::new();
    let mut starts = vec![0, 1];
    for (place, one, two) in pairs {
        if one.year() != two.year() {
            starts.push(place);
        } else {
            changes.push((change(one, two), place));
        }
    }
    changes.retain(|(weight, _)| *weight > 0.0);
    changes.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let room = most.saturating_sub(starts.len());
    starts.extend(changes.into_iter().take(room).map(|(_, place)| place));
    starts.retain(|place| *place < days.len());
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([days.len()]);
    let mut stages = Vec::new();
    for (from, to) in starts.iter().copied().zip(ends) {
        let Some(own) = days.get(from..to) else { continue };
        let (Some(first), Some(last)) = (own.first(), own.last()) else { continue };
        let between = |(place, pair): (usize, &[NaiveDate])| match pair {
            [one, two] => Some((place + 1, u32::try_from(month(*two) - month(*one)).unwrap_or(0))),
            _ => None,
        };
        let months = own.windows(2).enumerate().filter_map(between).filter(|(_, ends)| *ends > 0).collect();
        let months_after = days.get(to).map_or(0, |next| u32::try_from(month(*next) - month(*last)).unwrap_or(0));
        stages.push(Stage { first: *first, last: *last, runs: own.len(), months, months_after });
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn stages_end_with_the_year_and_where_something_changes() {
        let days = runs(day("2026-11-02"), Cadence::Weekly, day("2027-01-31"));
        assert_eq!(days.len(), 13);
        let long = day("2026-12-07");
        let stages = stages(&days, 9, |one, two| f64::from(u8::from(one < long && two >= long)));
        let found: Vec<(String, usize)> = stages.iter().map(|stage| (stage.first.to_string(), stage.runs)).collect();
        let wanted = [("2026-11-02", 1), ("2026-11-09", 4), ("2026-12-07", 4), ("2027-01-04", 4)];
        assert_eq!(found, wanted.map(|(day, runs)| (day.to_owned(), runs)));
        assert_eq!((stages[1].months.clone(), stages[1].months_after), (vec![], 1));
        assert_eq!((stages[2].months.clone(), stages[2].months_after), (vec![], 1));
    }

    #[test]
    fn months_end_inside_a_stage_too() {
        let days = runs(day("2026-01-31"), Cadence::Monthly, day("2026-06-30"));
        assert_eq!(days[1], day("2026-02-28"));
        let stages = stages(&days, 2, |_, _| 1.0);
        assert_eq!((stages.len(), stages[1].runs, stages[1].months.len()), (2, 5, 4));
    }
}
