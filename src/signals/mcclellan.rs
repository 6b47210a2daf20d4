//! `mcclellan`: the McClellan oscillator and its summation, for information.

use super::breadth::{self, Origin};
use super::{Context, Signal, SignalKind, Track, signal_params, trend};
use crate::config::{Kind, Param};
use crate::market::wanted::Want;

/// What `broaden explain mcclellan` prints.
pub const DOC: &str = "\
The McClellan oscillator: the faster minus the slower exponential average of ratio-adjusted net advances.

  RANA = 1000 * (A - D) / (A + D)        oscillator = EMA19(RANA) - EMA39(RANA)

Averages are seeded with the first value and the first 39 results are not used. Above 0 breadth improves; beyond 70 to
100 it is stretched. The summation is the running sum of the oscillator. For information: the thresholds are those of
the New York exchange and do not carry over to other lists of stocks.

Keys: measure (oscillator or summation), source; weight (0 by default) and ramp as for every signal.";

/// Results before the slower average has forgotten its seed.
const WARM_UP: usize = 39;

/// The registry's entry.
pub const KIND: SignalKind = SignalKind {
    kind: "mcclellan",
    doc: DOC,
    unit: "",
    params: signal_params![
        Param::with_default(
            "measure",
            Kind::Choice(&["oscillator", "summation"]),
            "\"oscillator\"",
            "The oscillator or its running sum."
        ),
        Param::with_default(
            "source",
            Kind::Choice(Origin::WORDS),
            "\"auto\"",
            "Count the panel, or use ready-made advances and declines."
        ),
    ],
    build: |fields| {
        let summation = fields.text("measure")? == "summation";
        Some(Box::new(McClellan { summation, origin: Origin::from_word(&fields.text("source")?) }))
    },
};

#[derive(Debug)]
struct McClellan {
    summation: bool,
    origin: Origin,
}

/// Returns the oscillator for each pair of advances and declines.
fn oscillator(counts: &[(f64, f64)]) -> Vec<f64> {
    let rana: Vec<f64> = counts.iter().map(|(up, down)| 1000.0 * (up - down) / (up + down).max(1.0)).collect();
    trend::ema(&rana, 19).iter().zip(trend::ema(&rana, 39)).map(|(fast, slow)| fast - slow).collect()
}

fn summation(oscillator: &[f64]) -> Vec<f64> {
    let running = oscillator.iter().scan(0.0, |sum, value| {
        *sum += value;
        Some(*sum)
    });
    running.collect()
}

impl Signal for McClellan {
    fn wants(&self) -> Vec<Want> {
        Want::advances()
    }

    fn track(&self, context: &Context<'_>) -> Track {
        let Some(days) = breadth::advance_decline(context, self.origin, breadth::COMPARABLE) else {
            return Track::nothing("no panel of closes and no ready-made advances and declines");
        };
        let oscillator = oscillator(&days.counts);
        let found = if self.summation { summation(&oscillator) } else { oscillator };
        let warm = found.iter().enumerate().map(|(index, value)| (index >= WARM_UP).then_some(*value));
        let track = Track::of(context, days.sessions.iter().copied().zip(warm));
        Track { inputs: days.inputs, ..track }
    }
}

#[cfg(test)]
mod tests {
    use super::{oscillator, summation};
    use crate::signals::testing::values;

    #[test]
    fn the_worked_oscillator_is_reproduced() {
        let up = [300, 280, 150, 320, 250, 410, 120, 260, 330, 305].map(f64::from);
        let down = [190, 210, 340, 170, 240, 80, 370, 230, 165, 185].map(f64::from);
        let counts: Vec<(f64, f64)> = up.into_iter().zip(down).collect();
        let expected = [
            0.0, -4.081633, -34.081633, -24.867347, -31.15051, -3.713801, -39.420519, -41.181232, -28.875293,
            -22.631108,
        ];
        let sums = [
            0.0,
            -4.081633,
            -38.163266,
            -63.030613,
            -94.181123,
            -97.894924,
            -137.315443,
            -178.496675,
            -207.371968,
            -230.003076,
        ];
        let found = oscillator(&counts);
        for (index, value) in expected.iter().enumerate() {
            assert!((found[index] - value).abs() < 1e-6, "{index}: {}", found[index]);
            assert!((summation(&found)[index] - sums[index]).abs() < 1e-5, "{index}");
        }
    }

    #[test]
    fn the_warm_up_is_not_shown() {
        let file = format!(
            "date,advancing,declining\n{}",
            crate::signals::testing::weekdays(45, |n| format!("{},{}", 300 + n, 200))
        );
        let found = values("kind = \"mcclellan\"", &[("ad.csv", &file)]);
        assert!(found[38].is_none() && found[39].is_some());
    }
}
