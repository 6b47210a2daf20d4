//! What the market says: each signal on its ramp, the brakes, and the rotation strength over time.

use super::history::History;
use super::label::Label;
use super::picture::{Path, Ramp, changes};
use crate::explain::words;
use crate::proposal::Proposal;
use crate::rules::Verdict;
use crate::rules::strength::{BrakeReading, ScorePart};
use crate::signals::{Level, Reading};

/// Most changes of the strength that are listed.
const LATEST: usize = 8;

/// The section.
pub(super) struct Market {
    pub data: bool,
    pub strength: String,
    pub previous: Option<String>,
    pub signals: Vec<Signal>,
    /// How the score becomes the strength aimed at.
    pub score: Option<String>,
    pub brake: &'static str,
    pub brake_reasons: Vec<Label>,
    pub brakes: Vec<Brake>,
    pub frozen: Option<Label>,
    /// How often the strength changed and turned.
    pub turns: Option<Label>,
    pub histories: Vec<History>,
    pub path: Option<Path>,
    pub changes: Vec<(String, String)>,
    pub inside: Vec<Label>,
    pub outside: Vec<(Label, Label)>,
}

/// One signal.
pub(super) struct Signal {
    pub name: Label,
    pub kind: &'static str,
    /// What a reader should know: the date, staleness, coverage, distance, notes.
    pub state: Vec<Label>,
    pub value: String,
    pub adds: String,
    pub ramp: Option<Ramp>,
}

/// One brake.
pub(super) struct Brake {
    pub name: Label,
    pub state: Vec<Label>,
    pub value: String,
    pub thresholds: String,
    pub level: &'static str,
    pub on: bool,
}

impl Market {
    pub fn new(proposal: &Proposal) -> Market {
        let strength = &proposal.strength;
        let latest = changes(&strength.path);
        let score = strength.score.map(|score| {
            let product = score * strength.multiplier;
            format!("score {score:.2} \u{d7} {:.2} (brakes) = {product:.2}", strength.multiplier)
        });
        let sleeves: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| verdict.is_sleeve()).collect();
        let outside = sleeves.iter().filter(|sleeve| sleeve.bound.is_none());
        Market {
            data: strength.data,
            strength: format!("{:.2}", strength.value.0),
            previous: strength.previous.map(|(date, value)| format!("{value:.2} on {date}")),
            signals: strength.parts.iter().map(|part| signal(part, proposal.strength.weight_of(part))).collect(),
            score,
            brake: strength.brake.level.word(),
            brakes: strength.brakes.iter().map(brake).collect(),
            brake_reasons: strength.brake.reasons.iter().map(Label::words).collect(),
            frozen: strength.frozen.as_ref().map(Label::words),
            turns: strength.turns().map(|turns| Label::words(words::sentence(&turns.words()))),
            histories: histories(proposal),
            path: Path::new(&strength.path),
            changes: latest
                .iter()
                .rev()
                .take(LATEST)
                .map(|(day, value)| (day.to_string(), format!("{value:.2}")))
                .collect(),
            inside: sleeves.iter().filter(|v| v.bound.is_some()).map(|v| Label::name(v.subject.to_string())).collect(),
            outside: outside
                .map(|v| (Label::name(v.subject.to_string()), Label::words(v.evidence.trim_start_matches("out: "))))
                .collect(),
        }
    }
}

fn histories(proposal: &Proposal) -> Vec<History> {
    let part = |id: &str| proposal.strength.parts.iter().find(|part| part.reading.id == id);
    let paths = proposal.paths.iter().enumerate();
    paths.filter_map(|(index, path)| History::new(index, path, part(&path.id)?)).collect()
}

fn signal(part: &ScorePart, weight: f64) -> Signal {
    let reading = &part.reading;
    let ramp = part.ramp.filter(|_| reading.value.is_some());
    Signal {
        name: Label::name(name(reading)),
        kind: reading.kind,
        state: state(reading, &part.distance),
        value: value(reading, part.unit),
        adds: match (reading.value, part.ramp) {
            (Some(_), Some(_)) => format!("{:.2} \u{d7} {weight:.2} = {:.2}", part.score, part.contribution),
            (_, None) => "for information".to_owned(),
            (None, _) => "\u{2013}".to_owned(),
        },
        ramp: ramp.map(|ramp| Ramp::new(name(reading), ramp, part.score)),
    }
}

fn brake(brake: &BrakeReading) -> Brake {
    let unit = |text: f64| value_words(text, brake.unit);
    let threshold = |word: &str, at: Option<f64>| at.map(|at| format!("{word} {}", unit(at)));
    let thresholds: Vec<String> =
        [threshold("caution", brake.caution), threshold("stop", brake.stop)].into_iter().flatten().collect();
    Brake {
        name: Label::name(name(&brake.reading)),
        state: state(&brake.reading, &brake.distance),
        value: value(&brake.reading, brake.unit),
        thresholds: thresholds.join(", "),
        level: brake.state.word(),
        on: brake.state != Level::None,
    }
}

fn name(reading: &Reading) -> &str {
    reading.id.split_once('.').map_or(reading.id.as_str(), |(_, name)| name)
}

fn value(reading: &Reading, unit: &str) -> String {
    reading.value.map_or_else(|| "unknown".to_owned(), |value| value_words(value, unit))
}

pub(super) fn value_words(value: f64, unit: &str) -> String {
    if unit == "%" { format!("{value:.2}%") } else { format!("{value:.2} {unit}").trim_end().to_owned() }
}

/// Returns what a reader should know of a reading besides its value.
fn state(reading: &Reading, distance: &str) -> Vec<Label> {
    let mut words = Vec::new();
    words.extend(reading.stale.then(|| "STALE, older than it should be".to_owned()));
    words.extend(reading.as_of.map(|date| format!("of {date}")));
    words.extend(reading.coverage.map(|share| format!("{:.0}% of the universe has data", share * 100.0)));
    words.extend((!distance.is_empty()).then(|| distance.to_owned()));
    words.extend(reading.note.clone());
    words.into_iter().map(Label::words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_signal_is_not_a_zero() {
        let reading = Reading {
            id: "signals.ad-line".to_owned(),
            kind: "ad-line",
            value: None,
            as_of: None,
            coverage: Some(0.41),
            stale: true,
            inputs: Vec::new(),
            note: Some("no breadth file".to_owned()),
        };
        let part = ScorePart {
            reading,
            unit: "z",
            ramp: Some((0.0, 2.0)),
            score: 0.0,
            weight: 0.2,
            contribution: 0.0,
            distance: String::new(),
            origin: "default".to_owned(),
        };
        let signal = signal(&part, 0.2);
        assert_eq!((signal.value.as_str(), signal.adds.as_str()), ("unknown", "\u{2013}"));
        assert!(signal.ramp.is_none());
        let state: Vec<String> = signal.state.iter().map(ToString::to_string).collect();
        assert_eq!(state, ["STALE, older than it should be", "41% of the universe has data", "no breadth file"]);
    }
}
