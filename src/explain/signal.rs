//! A signal, a brake, or the rotation strength: from what was read to what it does to the strength.

use crate::proposal::Proposal;
use crate::rules::strength::{BrakeReading, ScorePart};
use crate::signals::Reading;

/// Latest values that are listed.
const LATEST: usize = 5;
/// Latest changes of the strength that are listed.
const CHANGES: usize = 5;

fn means(name: &str, id: &str) -> bool {
    id.eq_ignore_ascii_case(name) || id.split_once('.').is_some_and(|(_, tail)| tail.eq_ignore_ascii_case(name))
}

/// Returns what is known of the signal or brake; nothing when the name means none.
pub(super) fn lines(proposal: &Proposal, name: &str) -> Vec<String> {
    let strength = &proposal.strength;
    let mut lines = Vec::new();
    for part in strength.parts.iter().filter(|part| means(name, &part.reading.id)) {
        lines.extend(signal(proposal, part));
    }
    for brake in strength.brakes.iter().filter(|brake| means(name, &brake.reading.id)) {
        lines.extend(self::brake(brake));
    }
    if ["rotation", "strength", "score"].contains(&name) {
        lines.extend(whole(proposal));
    }
    lines
}

/// Returns the chain from the score to the applied strength.
pub(super) fn whole(proposal: &Proposal) -> Vec<String> {
    let strength = &proposal.strength;
    if !strength.data {
        return vec!["rotation is off: no market data (name a folder with --market)".to_owned()];
    }
    let mut lines = vec![format!("rotation strength {:.2}", strength.value.0)];
    for part in strength.parts.iter().filter(|part| part.weight > 0.0) {
        let value = part.reading.value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.2}{}", part.unit));
        lines.push(format!(
            "  {} {value}: score {:.2} x {:.2} adds {:.3} (weight from {})",
            part.reading.id,
            part.score,
            proposal.strength.weight_of(part),
            part.contribution,
            part.origin
        ));
    }
    match strength.score {
        Some(score) => lines.push(format!(
            "  score {score:.3} x {:.2} (brakes: {}) = {:.3}, where the strength goes by steps",
            strength.multiplier,
            strength.brake.level.word(),
            strength.target
        )),
        None => lines.push("  no score: too few signals have data, so the last strength is kept".to_owned()),
    }
    lines.extend(strength.brake.reasons.iter().map(|reason| format!("  {reason}")));
    lines.extend(strength.frozen.as_ref().map(|why| format!("  frozen: {why}")));
    let mut changes: Vec<(chrono::NaiveDate, f64)> = Vec::new();
    for (day, value) in &strength.path {
        if changes.last().is_none_or(|(_, last)| last != value) {
            changes.push((*day, *value));
        }
    }
    for (day, value) in changes.iter().rev().take(CHANGES) {
        lines.push(format!("  {value:.2} from {day}"));
    }
    lines
}

fn signal(proposal: &Proposal, part: &ScorePart) -> Vec<String> {
    let mut lines = head(&part.reading, part.unit);
    match part.ramp {
        Some((from, to)) => {
            lines.push(format!(
                "  ramp {from} to {to}: score {:.3} x weight {:.2} adds {:.3} to the score (weight from {})",
                part.score,
                proposal.strength.weight_of(part),
                part.contribution,
                part.origin
            ));
            if !part.distance.is_empty() {
                lines.push(format!("  {}", part.distance));
            }
            let available: f64 =
                proposal.strength.parts.iter().filter(|p| p.reading.value.is_some()).map(|p| p.weight).sum();
            if let Some(score) = proposal.strength.score.filter(|_| available > 0.0 && part.reading.value.is_some()) {
                let others = score - part.contribution;
                let full = others + part.weight / available;
                let at = |score: f64| score * proposal.strength.multiplier;
                lines.push(format!(
                    "  with its score at 0 the strength would go to {:.2}, at 1 to {:.2}; it goes to {:.2}",
                    at(others),
                    at(full),
                    proposal.strength.target
                ));
            }
        }
        None => lines.push("  for information: it has no part in the score".to_owned()),
    }
    if let Some(path) = proposal.paths.iter().find(|path| path.id == part.reading.id) {
        let latest = path.points.iter().rev().take(LATEST);
        lines.extend(latest.map(|(day, value)| format!("  {day}  {value:.2}{}", part.unit)));
    }
    lines
}

fn brake(brake: &BrakeReading) -> Vec<String> {
    let mut lines = head(&brake.reading, brake.unit);
    let threshold = |word: &str, at: Option<f64>| at.map(|at| format!("{word} at {at}{}", brake.unit));
    let thresholds: Vec<String> =
        [threshold("caution", brake.caution), threshold("stop", brake.stop)].into_iter().flatten().collect();
    let distance = if brake.distance.is_empty() { String::new() } else { format!("; {}", brake.distance) };
    lines.push(format!("  {} now; {}{distance}", brake.state.word(), thresholds.join(", ")));
    lines
}

fn head(reading: &Reading, unit: &str) -> Vec<String> {
    let value = reading.value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.2}{unit}"));
    let day = reading.as_of.map_or_else(String::new, |day| format!(" of {day}"));
    let stale = if reading.stale { ", STALE" } else { "" };
    let coverage =
        reading.coverage.map_or_else(String::new, |c| format!(", {:.0}% of the universe has data", c * 100.0));
    let mut lines = vec![format!("{} ({}): {value}{day}{stale}{coverage}", reading.id, reading.kind)];
    lines.extend(reading.note.as_ref().map(|note| format!("  {note}")));
    if !reading.inputs.is_empty() {
        lines.push(format!("  from {}", reading.inputs.join(", ")));
    }
    lines
}
