//! `zweig-thrust`: the breadth thrust of Martin Zweig, for information.

use super::breadth::{self, Origin};
use super::{Context, Signal, SignalKind, Track, signal_params, trend};
use crate::config::{Kind, Param};
use crate::market::wanted::Want;

/// What `broaden explain zweig-thrust` prints.
pub const DOC: &str = "\
The 10-day exponential average of advances / (advances + declines), seeded with the first value. A thrust is a move
from below 0.40 to above 0.615 within 10 sessions; the note of the reading tells of the last one.

For information only: on the New York exchange there were 14 to 20 since 1945, but the same rule on a list of 632
stocks fired 59 times. It does not carry over.

Keys: source; weight (0 by default) and ramp as for every signal.";

/// The registry's entry.
pub const KIND: SignalKind = SignalKind {
    kind: "zweig-thrust",
    doc: DOC,
    unit: "",
    params: signal_params![Param::with_default(
        "source",
        Kind::Choice(Origin::WORDS),
        "\"auto\"",
        "Count the panel, or use ready-made advances and declines."
    ),],
    build: |fields| Some(Box::new(Zweig { origin: Origin::from_word(&fields.text("source")?) })),
};

const LOW: f64 = 0.40;
const HIGH: f64 = 0.615;
const WITHIN: usize = 10;

#[derive(Debug)]
struct Zweig {
    origin: Origin,
}

fn average(counts: &[(f64, f64)]) -> Vec<f64> {
    let shares: Vec<f64> = counts.iter().map(|(up, down)| up / (up + down).max(1.0)).collect();
    trend::ema(&shares, 10)
}

/// Returns the index of the last thrust: the first value above 0.615 with one below 0.40 at most 10 sessions before.
fn last_thrust(averages: &[f64]) -> Option<usize> {
    let (mut low, mut found): (Option<usize>, Option<usize>) = (None, None);
    for (index, value) in averages.iter().enumerate() {
        if *value < LOW {
            low = Some(index);
        } else if *value > HIGH && low.is_some_and(|low| index - low <= WITHIN) {
            (low, found) = (None, Some(index));
        }
    }
    found
}

impl Signal for Zweig {
    fn wants(&self) -> Vec<Want> {
        Want::advances()
    }

    fn track(&self, context: &Context<'_>) -> Track {
        let Some(days) = breadth::advance_decline(context, self.origin, breadth::COMPARABLE) else {
            return Track::nothing("no panel of closes and no ready-made advances and declines");
        };
        let averages = average(&days.counts);
        let warm = averages.iter().enumerate().map(|(index, value)| (index >= WITHIN).then_some(*value));
        let mut track = Track::of(context, days.sessions.iter().copied().zip(warm));
        track.inputs = days.inputs;
        track.note = Some(match last_thrust(&averages).and_then(|index| days.sessions.get(index)) {
            Some(day) => format!("last thrust {day}"),
            None => "no thrust in the data".to_owned(),
        });
        track
    }
}

#[cfg(test)]
mod tests {
    use super::{average, last_thrust};

    #[test]
    fn the_worked_average_is_reproduced() {
        let up = [300, 280, 150, 320, 250, 410, 120, 260, 330, 305].map(f64::from);
        let down = [190, 210, 340, 170, 240, 80, 370, 230, 165, 185].map(f64::from);
        let counts: Vec<(f64, f64)> = up.into_iter().zip(down).collect();
        let expected =
            [0.612245, 0.604824, 0.550514, 0.569159, 0.55844, 0.609039, 0.542832, 0.54061, 0.563529, 0.574242];
        for (index, value) in expected.iter().enumerate() {
            assert!((average(&counts)[index] - value).abs() < 1e-6, "{index}");
        }
    }

    #[test]
    fn a_thrust_needs_ten_sessions_or_less() {
        let rise = |between: usize| [vec![0.39], vec![0.5; between], vec![0.62]].concat();
        assert_eq!(last_thrust(&rise(9)), Some(10));
        assert_eq!(last_thrust(&rise(10)), None);
    }
}
