//! The way of the applied strength to its target: cadence, confirmation, steps.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{Cadence, Rotation};

/// Sessions of a week without a holiday.
const SESSIONS_OF_A_WEEK: usize = 5;

/// Returns the next applied strength on the way to a target: unchanged within the deadband, else at most a step.
pub fn glide(applied: f64, target: f64, step: f64, deadband: f64) -> f64 {
    let gap = target - applied;
    // A target of exactly 0 is reached: the deadband would else keep a remainder for ever.
    if gap.abs() <= deadband + 1e-12 && !(target == 0.0 && gap != 0.0) {
        applied
    } else {
        applied + gap.clamp(-step, step)
    }
}

/// Says on which sessions the strength may change, knowing only the sessions so far.
pub fn is_run(cadence: Cadence, before: Option<NaiveDate>, day: NaiveDate) -> bool {
    let Some(before) = before else { return true };
    match cadence {
        Cadence::Daily => true,
        Cadence::Weekly => {
            // A week that ended without a Friday session is made up as soon as the next one begins.
            let ended_early = before.iso_week() != day.iso_week() && before.weekday() != Weekday::Fri;
            day.weekday() == Weekday::Fri || ended_early
        }
        Cadence::Monthly => (before.year(), before.month()) != (day.year(), day.month()),
    }
}

/// The applied strength and what is needed to take the next step.
#[derive(Default)]
pub(super) struct Glide {
    pub(super) applied: f64,
    pub(super) previous: Option<(NaiveDate, f64)>,
    /// Runs in a row that asked for more.
    pub(super) asked: usize,
    /// Session and day of the last step.
    last_step: Option<(usize, NaiveDate)>,
    pub(super) last_run: Option<NaiveDate>,
}

impl Glide {
    /// Takes one run to a target.
    pub(super) fn run(&mut self, rotation: &Rotation, session: usize, day: NaiveDate, target: f64, at_once: bool) {
        let next = if at_once { target } else { glide(self.applied, target, rotation.step, rotation.deadband) };
        self.asked = if next > self.applied { self.asked + 1 } else { 0 };
        // A week counts as its five sessions, holidays or not: a step every Friday stays one every Friday.
        let weeks = i64::try_from(rotation.spacing.max(SESSIONS_OF_A_WEEK)).unwrap_or(i64::MAX / 7);
        let spaced = self
            .last_step
            .is_none_or(|(at, on)| session - at >= rotation.spacing || 5 * (day - on).num_days() >= 7 * weeks);
        let rises = next > self.applied && self.asked >= rotation.confirm && spaced;
        let falls = next < self.applied && (spaced || at_once);
        if rises || falls {
            self.previous = Some((self.last_run.unwrap_or(day), self.applied));
            self.applied = next.clamp(0.0, 1.0);
            self.last_step = Some((session, day));
        }
        self.last_run = Some(day);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of 0.1 to a target of 1 on 60 weekdays from a Monday without holidays: one on the first session, then every
    /// `spacing` sessions that are runs. On Fridays (sessions 4, 9, 14, ...) ten sessions are every other one.
    #[test]
    fn steps_are_as_far_apart_as_is_said() {
        let steps = |spacing: usize, cadence: Cadence| {
            let rotation = Rotation { spacing, cadence, confirm: 1, step: 0.01, ..Rotation::default() };
            let monday: NaiveDate = "2024-01-08".parse().unwrap();
            let days: Vec<NaiveDate> =
                monday.iter_days().filter(|day| day.weekday().number_from_monday() < 6).take(60).collect();
            let (mut glide, mut found, mut before) = (Glide::default(), Vec::new(), None);
            for (session, day) in days.into_iter().enumerate() {
                if is_run(cadence, before.replace(day), day) {
                    let applied = glide.applied;
                    glide.run(&rotation, session, day, 1.0, false);
                    found.extend((glide.applied > applied).then_some(session));
                }
            }
            found
        };
        assert_eq!(steps(1, Cadence::Daily).len(), 60);
        assert_eq!(steps(5, Cadence::Daily)[..4], [0, 5, 10, 15]);
        assert_eq!(steps(10, Cadence::Daily)[..4], [0, 10, 20, 30]);
        assert_eq!(steps(5, Cadence::Weekly)[..4], [0, 9, 14, 19]);
        assert_eq!(steps(10, Cadence::Weekly)[..4], [0, 14, 24, 34]);
        assert_eq!(steps(250, Cadence::Weekly), [0]);
    }
}
