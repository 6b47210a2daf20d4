//! What the signals and brakes of the last session say, with the distance to the next change.

use super::{BrakeReading, Rotation, ScorePart, Strength, glide, score};
use crate::signals::{BrakeEntry, BrakeTrack, History, Level, SignalEntry, SignalSetup};

/// Prints a number of a signal or brake with its unit: `61.2%`, `z 1.50`, `0.23pp`.
pub(super) fn number(value: f64, unit: &str) -> String {
    match unit {
        "%" => format!("{value:.1}%"),
        "z" => format!("z {value:.2}"),
        "k" => format!("{value:.0}k"),
        _ => format!("{value:.2}{unit}"),
    }
}

pub(super) fn parts(rotation: &Rotation, setup: &SignalSetup, history: &History) -> Vec<ScorePart> {
    let last = history.sessions.len().checked_sub(1);
    let available = last.map_or(0.0, |last| score(rotation, setup, history, last).1);
    let part = |(index, entry): (usize, &SignalEntry)| {
        let reading = history.reading(entry, index);
        let found = last.and_then(|last| history.value(index, last));
        let counts = found.is_none_or(|(session, _)| history.counts(index, session));
        let score = found.filter(|_| counts).map_or(0.0, |(_, value)| entry.score(value));
        let contribution = if available > 0.0 { entry.weight * score / available } else { 0.0 };
        ScorePart {
            distance: ramp_distance(entry, reading.value),
            reading,
            unit: entry.unit,
            ramp: entry.ramp,
            score,
            weight: entry.weight,
            contribution,
            origin: entry.origin.clone(),
        }
    };
    setup.signals.iter().enumerate().map(part).collect()
}

fn ramp_distance(entry: &SignalEntry, value: Option<f64>) -> String {
    let (Some((from, to)), Some(value)) = (entry.ramp, value) else { return String::new() };
    let distance = |end: f64| number((value - end).abs(), if entry.unit == "z" { "" } else { entry.unit });
    match entry.score(value) {
        score if score <= 0.0 => format!("{} from scoring (from {})", distance(from), number(from, entry.unit)),
        score if score >= 1.0 => format!("{} past full score ({})", distance(to), number(to, entry.unit)),
        _ => format!("{} to full score, {} to none", distance(to), distance(from)),
    }
}

pub(super) fn brakes(setup: &SignalSetup, history: &History) -> Vec<BrakeReading> {
    let reading = |(entry, track): (&BrakeEntry, &BrakeTrack)| {
        let reading = entry.reading(track);
        let state = track.days.last().map_or(Level::None, |day| day.level);
        let next = match state {
            Level::None => entry.caution.map(|bound| (bound, "caution")),
            Level::Caution => entry.stop.map(|bound| (bound, "stop")),
            Level::Stop => None,
        };
        let gap = |bound: f64| reading.value.map(|value| if entry.below { value - bound } else { bound - value });
        let (distance, nearness) = match next.and_then(|(bound, word)| Some((gap(bound)?, bound, word))) {
            Some((gap, bound, word)) if gap > 0.0 => {
                let text = format!("{} from {word} at {}", number(gap, entry.unit), number(bound, entry.unit));
                (text, Some(gap / bound.abs().max(1e-9)))
            }
            Some((_, bound, word)) => {
                (format!("past {}; {word} needs its other condition too", number(bound, entry.unit)), Some(0.0))
            }
            None => (String::new(), (state == Level::Stop).then_some(0.0)),
        };
        BrakeReading { reading, unit: entry.unit, state, caution: entry.caution, stop: entry.stop, distance, nearness }
    };
    setup.brakes.iter().zip(&history.brakes).map(reading).collect()
}

impl Strength {
    /// Says where the score takes the strength, or why it stays: `score 0.292 x 0.50 for brakes: the strength goes to 0.146`.
    pub fn heads(&self, rotation: &Rotation) -> Option<String> {
        let (score, value, target) = (self.score?, self.value.0, self.target);
        let stays = || format!("the strength stays at {value:.3}");
        let place = if !rotation.enabled {
            format!("rotation is turned off, so {}", stays())
        } else if self.frozen.is_some() {
            format!("{target:.3}, and {} while rotation is frozen", stays())
        } else if (target - value).abs() < 5e-4 {
            format!("the strength is at {target:.3}")
        } else if rotation.step == 0.0 {
            format!("{target:.3}, and {}: `step` is 0", stays())
        } else if glide(value, target, rotation.step, rotation.deadband) == value {
            format!("{target:.3}, and {}: that is within the deadband of {}", stays(), rotation.deadband)
        } else {
            format!("the strength goes to {target:.3}")
        };
        Some(format!("score {score:.3} x {:.2} for brakes: {place}", self.multiplier))
    }
}
