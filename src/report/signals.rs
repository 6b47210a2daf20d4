//! What the market says, in full: for `broaden signals`.

mod chart;
mod json;

use std::collections::BTreeMap;

use chrono::NaiveDate;

pub use chart::chart;
pub use json::json;

use super::Options;
use super::page::Page;
use crate::explain::ramp;
use crate::model::Symbol;
use crate::rules::gates::Gate;
use crate::rules::sleeves::{Stance, Tilt};
use crate::rules::strength::{BrakeReading, Rotation, ScorePart, Strength};
use crate::signals::Reading;
use crate::signals::drivers::DriverReading;
use crate::signals::screen::{Outcome, Verdict};

/// Everything that is said.
pub struct Outlook<'a> {
    /// The day.
    pub as_of: NaiveDate,
    /// The signals, brakes and the strength.
    pub strength: &'a Strength,
    /// How the strength moves.
    pub rotation: &'a Rotation,
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
    let mut page = Page { text: String::new(), options };
    let before = strength.previous.map_or_else(String::new, |(date, value)| format!(", was {value:.2} on {date}"));
    page.line(format!("strength {:.2} as of {}{before}", strength.value.0, outlook.as_of));
    if let Some(why) = &strength.frozen {
        page.line(format!("  frozen: {why}"));
    }
    if !strength.data {
        page.line("  no market data: rotation is off");
    }
    if let Some(turns) = strength.turns() {
        page.sentence(2, &turns.words());
    }
    title(&mut page, "signals");
    let (rows, remarks): (Vec<_>, Vec<_>) =
        strength.parts.iter().map(|part| signal(part, strength.weight_of(part))).unzip();
    page.remarked(2, "<><<", &rows, &remarks);
    if let Some(heads) = strength.heads(outlook.rotation) {
        page.line(format!("  {heads}"));
    }
    let reasons = strength.brake.reasons.join("; ");
    let reasons = if reasons.is_empty() { reasons } else { format!(" ({reasons})") };
    title(&mut page, &format!("brakes: {}{reasons}", strength.brake.level.word()));
    let (rows, remarks): (Vec<_>, Vec<_>) = strength.brakes.iter().map(brake).unzip();
    page.remarked(2, "<><", &rows, &remarks);
    if !outlook.gates.is_empty() {
        title(&mut page, "sleeves");
    }
    let (rows, remarks): (Vec<_>, Vec<_>) = outlook.gates.iter().map(|gate| sleeve(outlook, gate)).unzip();
    page.remarked(2, "<<", &rows, &remarks);
    if !outlook.drivers.is_empty() {
        title(&mut page, &format!("drivers (fed-stance {})", outlook.stance.word()));
    }
    let (rows, remarks): (Vec<_>, Vec<_>) = outlook.drivers.values().map(driver).unzip();
    page.remarked(2, "<><", &rows, &remarks);
    if !outlook.screened.is_empty() {
        title(&mut page, "screen");
    }
    outlook.screened.iter().for_each(|(symbol, verdict)| screened(&mut page, symbol, verdict.as_ref()));
    page.line("");
    page.line(format!("strength over the last year  {}", chart::sparkline(&strength.path, options.width)));
    if terminal {
        page.text.push_str(&chart(strength, Some(chart::RECENT), options.width));
    }
    page.text
}

fn title(page: &mut Page, text: &str) {
    page.line("");
    page.line(text);
}

/// The cells of a row, and what is said behind it.
type Row = (Vec<String>, String);

fn signal(part: &ScorePart, weight: f64) -> Row {
    let drawn = part.ramp.map_or_else(|| "for information".to_owned(), |ends| ramp(ends, part.score));
    let adds = match part.ramp {
        Some(_) => format!("{:.2} x {weight:.2} adds {:.2}", part.score, part.contribution),
        None => String::new(),
    };
    let cells = vec![name(&part.reading), value(&part.reading, part.unit), drawn, adds];
    (cells, said(&part.distance, &remarks(&part.reading)))
}

fn brake(brake: &BrakeReading) -> Row {
    let cells = vec![name(&brake.reading), value(&brake.reading, brake.unit), brake.state.word().to_owned()];
    (cells, said(&brake.distance, &remarks(&brake.reading)))
}

fn sleeve(outlook: &Outlook<'_>, (symbol, gate): (&Symbol, &Gate)) -> Row {
    let since = gate.since.map_or_else(String::new, |day| format!(" since {day}"));
    let mut words = vec![format!("{}{since}", gate.reason)];
    words.extend(gate.distance());
    words.extend(outlook.tilts.get(symbol).map(Tilt::words).filter(|words| !words.is_empty()));
    (vec![symbol.to_string(), if gate.open { "in" } else { "out" }.to_owned()], words.join("; "))
}

fn driver(driver: &DriverReading) -> Row {
    let reading = driver.reading.map_or_else(|| "unknown".to_owned(), |reading| format!("{reading:+.2}"));
    let value = driver.value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    let change = driver.change.map_or_else(String::new, |change| format!(", changed by {change:+.2}"));
    let mut words: Vec<String> = driver.as_of.iter().map(ToString::to_string).collect();
    words.extend(driver.note.clone());
    (vec![driver.name.clone(), reading, format!("{} {value}{change}", driver.series)], bracketed(&words))
}

fn screened(page: &mut Page, symbol: &Symbol, verdict: Option<&Verdict>) {
    let Some(verdict) = verdict else {
        page.line(format!("  {symbol:8} unknown: no file has figures of it", symbol = symbol.to_string()));
        return;
    };
    let known = verdict.as_of.map_or_else(String::new, |day| format!(", figures of {day}"));
    page.line(format!("  {symbol:8} {:.2} passed{known}", verdict.score, symbol = symbol.to_string()));
    for (wanted, word) in [(Outcome::Pass, "pass"), (Outcome::Fail, "fail"), (Outcome::Unknown, "unknown")] {
        let tests = verdict.tests.iter().filter(|test| test.outcome == wanted);
        let names: Vec<String> = tests.map(|test| format!("{} ({})", test.name, test.reason)).collect();
        if !names.is_empty() {
            page.hanging(8, 10, &format!("{word}: {}", names.join(", ")));
        }
    }
}

fn name(reading: &Reading) -> String {
    reading.id.split_once('.').map_or(reading.id.as_str(), |(_, name)| name).to_owned()
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
    bracketed(&words)
}

fn bracketed(words: &[String]) -> String {
    if words.is_empty() { String::new() } else { format!("({})", words.join("; ")) }
}

fn said(distance: &str, remarks: &str) -> String {
    format!("{distance}  {remarks}").trim().to_owned()
}
