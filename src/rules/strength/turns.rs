//! How often the strength changed and turned, from its own history: what a cap that glides with it has done.

use chrono::NaiveDate;

use crate::diagnostics::counted;
use crate::units::Weight;

/// The strength over all sessions of which something is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turns {
    /// The first of them.
    pub since: NaiveDate,
    /// The last.
    pub until: NaiveDate,
    /// How many.
    pub sessions: usize,
    /// How often it took another value.
    pub changes: usize,
    /// How often it changed its direction: rose after a fall, or fell after a rise.
    pub turns: usize,
    /// The highest it was.
    pub highest: f64,
}

impl Turns {
    /// Counts along a path; `None` for an empty one.
    pub fn of(path: &[(NaiveDate, f64)]) -> Option<Turns> {
        let ((since, first), (until, _)) = (path.first()?, path.last()?);
        let (mut before, mut rising, mut found) = (*first, None, (0, 0));
        for (_, value) in path.iter().filter(|(_, value)| value.is_finite()) {
            if (value - before).abs() > 1e-12 {
                let rises = *value > before;
                found.0 += 1;
                found.1 += usize::from(rising.is_some_and(|rising| rising != rises));
                (before, rising) = (*value, Some(rises));
            }
        }
        let highest = path.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let (changes, turns) = found;
        Some(Turns { since: *since, until: *until, sessions: path.len(), changes, turns, highest })
    }

    /// Says it: `since 2016-06-01 (1,956 sessions, 7.8 years) the strength changed 121 times and turned 61 times; it was 0.63
    /// at most`.
    pub fn words(&self) -> String {
        let years = (self.until - self.since).num_days() as f64 / 365.25;
        format!(
            "since {} ({}, {years:.1} years) the strength changed {} and turned {}; it was {:.2} at most",
            self.since,
            counted(self.sessions, "session", "sessions"),
            counted(self.changes, "time", "times"),
            counted(self.turns, "time", "times"),
            self.highest
        )
    }
}

/// Returns on which part of the sessions of a path the strength was at a value or above; `None` for an empty path.
pub(super) fn reached(path: &[(NaiveDate, f64)], at: f64) -> Option<Weight> {
    let count = path.iter().filter(|(_, value)| *value >= at - 1e-9).count();
    (!path.is_empty()).then(|| Weight(count as f64 / path.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_and_turns_are_counted_along_the_path() {
        let day = |n: u32| NaiveDate::from_ymd_opt(2026, 1, n).unwrap();
        let values = [0.0, 0.25, 0.25, 0.5, 0.4, 0.4, 0.6, 0.6, 0.2, 0.1];
        let path: Vec<_> = values.iter().zip(1..).map(|(value, n)| (day(n), *value)).collect();
        // Up, up, down, up, down, down: six changes, three turns.
        let found = Turns::of(&path).unwrap();
        assert_eq!((found.sessions, found.changes, found.turns, found.highest), (10, 6, 3, 0.6));
        assert_eq!(reached(&path, 0.4), Some(Weight(0.5)));
        assert_eq!(Turns::of(&[]), None);
        assert_eq!(
            found.words(),
            "since 2026-01-01 (10 sessions, 0.0 years) the strength changed 6 times and turned 3 times; it was 0.60 at most"
        );
    }
}
