//! What the market says, in full: for `broaden signals`.

mod chart;
mod json;

use std::collections::BTreeMap;

use chrono::NaiveDate;

pub use chart::chart;
pub use json::json;

use super::text::ramp;
use super::{Options, plain};
use crate::model::Symbol;
use crate::rules::gates::Gate;
use crate::rules::sleeves::{Stance, Tilt};
use crate::rules::strength::{BrakeReading, ScorePart, Strength};
use crate::signals::Reading;
use crate::signals::drivers::DriverReading;
use crate::signals::screen::{Outcome, Verdict};

/// Everything that is said.
pub struct Outlook<'a> {
    /// The day.
    pub as_of: NaiveDate,
    /// The signals, brakes and the strength.
    pub strength: &'a Strength,
    /// Which sleeves take part.
    pub gates: &'a BTreeMap<Symbol, Gate>,
    /// What the economy does to their shares.
    pub tilts: &'a BTreeMap<Symbol, Tilt>,
    /// What changed in the economy.
    pub drivers: &'a BTreeMap<String, DriverReading>,
    /// The user's view of the central bank.
    pub stance: Stance,
    /// Listed stocks, the best first.
    pub screened: &'a [(Symbol, Option<Verdict>)],
}

/// Returns it as text; on a terminal the last years of the strength are drawn.
pub fn render(outlook: &Outlook<'_>, options: Options, terminal: bool) -> String {
    let strength = outlook.strength;
    let mut text = format!("strength {:.2} as of {}", strength.value.0, outlook.as_of);
    if let Some((date, value)) = strength.previous {
        text.push_str(&format!(", was {value:.2} on {date}"));
    }
    text.push('\n');
    if let Some(why) = &strength.frozen {
        text.push_str(&format!("  frozen: {why}\n"));
    }
    if !strength.data {
        text.push_str("  no market data: rotation is off\n");
    }
    text.push_str("\nsignals\n");
    strength.parts.iter().for_each(|part| text.push_str(&signal(part)));
    if let Some(score) = strength.score {
        text.push_str(&format!(
            "  score {score:.3} x {:.2} for brakes: the strength goes to {:.3}\n",
            strength.multiplier, strength.target
        ));
    }
    let reasons = strength.brake.reasons.join("; ");
    let reasons = if reasons.is_empty() { reasons } else { format!(" ({reasons})") };
    text.push_str(&format!("\nbrakes: {}{reasons}\n", strength.brake.level.word()));
    strength.brakes.iter().for_each(|reading| text.push_str(&brake(reading)));
    if !outlook.gates.is_empty() {
        text.push_str("\nsleeves\n");
    }
    for (symbol, gate) in outlook.gates {
        let state = if gate.open { "in" } else { "out" };
        let since = gate.since.map_or_else(String::new, |day| format!(" since {day}"));
        text.push_str(&format!("  {:8} {:3} {}{since}", plain(symbol.as_str()), state, gate.reason));
        if let Some(distance) = gate.distance() {
            text.push_str(&format!("; {distance}"));
        }
        let tilt = outlook.tilts.get(symbol).map(Tilt::words).unwrap_or_default();
        if !tilt.is_empty() {
            text.push_str(&format!("; {tilt}"));
        }
        text.push('\n');
    }
    if !outlook.drivers.is_empty() {
        text.push_str(&format!("\ndrivers (fed-stance {})\n", outlook.stance.word()));
    }
    outlook.drivers.values().for_each(|driver| text.push_str(&driver_line(driver)));
    if !outlook.screened.is_empty() {
        text.push_str("\nscreen\n");
    }
    outlook.screened.iter().for_each(|(symbol, verdict)| text.push_str(&screened(symbol, verdict.as_ref())));
    text.push_str(&format!("\nstrength over the last year  {}\n", chart::sparkline(&strength.path)));
    if terminal {
        text.push_str(&chart(strength, Some(chart::RECENT), options.width));
    }
    text
}

fn signal(part: &ScorePart) -> String {
    let drawn = part.ramp.map_or_else(|| "for information".to_owned(), |ends| ramp(ends, part.score));
    let adds = match part.ramp {
        Some(_) => format!("{:.2} x {:.2} adds {:.2}", part.score, part.weight, part.contribution),
        None => String::new(),
    };
    let (name, value) = (name(&part.reading), value(&part.reading, part.unit));
    let row = format!("  {name:22} {value:>11}  {drawn:28} {adds:24} {}", part.distance);
    format!("{}{}", row.trim_end(), remarks(&part.reading))
}

fn brake(brake: &BrakeReading) -> String {
    let (name, value) = (name(&brake.reading), value(&brake.reading, brake.unit));
    let row = format!("  {name:22} {value:>11}  {:8} {}", brake.state.word(), brake.distance);
    format!("{}{}", row.trim_end(), remarks(&brake.reading))
}

fn driver_line(driver: &DriverReading) -> String {
    let reading = driver.reading.map_or_else(|| "unknown".to_owned(), |reading| format!("{reading:+.2}"));
    let value = driver.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    let change = driver.change.map_or_else(String::new, |change| format!(", changed by {change:+.2}"));
    let mut words: Vec<String> = driver.as_of.iter().map(ToString::to_string).collect();
    words.extend(driver.note.clone());
    let words = if words.is_empty() { String::new() } else { format!("  ({})", words.join("; ")) };
    format!("  {:22} {reading:>11}  {} {value}{change}{words}\n", plain(&driver.name), plain(&driver.series))
}

fn screened(symbol: &Symbol, verdict: Option<&Verdict>) -> String {
    let symbol = plain(symbol.as_str());
    let Some(verdict) = verdict else { return format!("  {symbol:8} unknown: no file has figures of it\n") };
    let list = |wanted: Outcome, word: &str| {
        let tests = verdict.tests.iter().filter(|test| test.outcome == wanted);
        let names: Vec<String> = tests.map(|test| format!("{} ({})", test.name, test.reason)).collect();
        if names.is_empty() { String::new() } else { format!("\n           {word}: {}", names.join(", ")) }
    };
    let known = verdict.as_of.map_or_else(String::new, |day| format!(", figures of {day}"));
    format!(
        "  {symbol:8} {:.2} passed{known}{}{}{}\n",
        verdict.score,
        list(Outcome::Pass, "pass"),
        list(Outcome::Fail, "fail"),
        list(Outcome::Unknown, "unknown")
    )
}

fn name(reading: &Reading) -> &str {
    reading.id.split_once('.').map_or(reading.id.as_str(), |(_, name)| name)
}

fn value(reading: &Reading, unit: &str) -> String {
    reading.value.map_or_else(|| "unknown".to_owned(), |value| format!("{value:.2} {unit}").trim_end().to_owned())
}

/// Says of which day the value is, how much of the universe it covers, and what else a reader should know.
fn remarks(reading: &Reading) -> String {
    let mut words = Vec::new();
    words.extend(reading.as_of.map(|date| date.to_string()));
    words.extend(reading.coverage.map(|share| format!("coverage {:.0}%", share * 100.0)));
    words.extend(reading.stale.then(|| "stale".to_owned()));
    words.extend(reading.note.clone());
    if words.is_empty() { "\n".to_owned() } else { format!("  ({})\n", words.join("; ")) }
}
