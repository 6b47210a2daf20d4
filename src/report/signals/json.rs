//! `broaden signals --json`.

use serde::Serialize;

use super::Outlook;
use crate::rules::strength::{BrakeReading, ScorePart};
use crate::signals::Reading;
use crate::signals::screen::{Outcome, Verdict};

#[derive(Serialize)]
struct Wire<'a> {
    schema: u32,
    version: &'static str,
    as_of: String,
    data: bool,
    strength: f64,
    previous: Option<Previous>,
    score: Option<f64>,
    multiplier: f64,
    target: f64,
    frozen: Option<&'a str>,
    /// How often the strength changed, on the sessions with a score.
    changes: Option<usize>,
    /// How often it changed its direction.
    turns: Option<usize>,
    signals: Vec<SignalWire<'a>>,
    brake: &'static str,
    brake_reasons: &'a [String],
    brakes: Vec<BrakeWire<'a>>,
    fed_stance: &'static str,
    sleeves: Vec<SleeveWire<'a>>,
    drivers: Vec<DriverWire<'a>>,
    screen: Vec<ScreenWire<'a>>,
}

#[derive(Serialize)]
struct Previous {
    date: String,
    strength: f64,
}

/// What every reading has.
#[derive(Serialize)]
struct ReadingWire<'a> {
    id: &'a str,
    kind: &'a str,
    value: Option<f64>,
    unit: &'a str,
    as_of: Option<String>,
    coverage: Option<f64>,
    stale: bool,
    inputs: &'a [String],
    note: Option<&'a str>,
}

impl<'a> ReadingWire<'a> {
    fn of(reading: &'a Reading, unit: &'a str) -> Self {
        ReadingWire {
            id: &reading.id,
            kind: reading.kind,
            value: reading.value,
            unit,
            as_of: reading.as_of.map(|day| day.to_string()),
            coverage: reading.coverage,
            stale: reading.stale,
            inputs: &reading.inputs,
            note: reading.note.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct SignalWire<'a> {
    #[serde(flatten)]
    reading: ReadingWire<'a>,
    ramp: Option<[f64; 2]>,
    score: f64,
    weight: f64,
    contribution: f64,
    distance: &'a str,
    origin: &'a str,
}

#[derive(Serialize)]
struct BrakeWire<'a> {
    #[serde(flatten)]
    reading: ReadingWire<'a>,
    state: &'static str,
    caution: Option<f64>,
    stop: Option<f64>,
    distance: &'a str,
    nearness: Option<f64>,
}

#[derive(Serialize)]
struct SleeveWire<'a> {
    symbol: &'a str,
    open: bool,
    since: Option<String>,
    as_of: Option<String>,
    value_vs_sma200: Option<f64>,
    momentum_126_vs_spy: Option<f64>,
    z126: Option<f64>,
    reason: &'a str,
    distance: Option<String>,
    /// The share is multiplied by this for what changed in the economy.
    multiplier: f64,
    effects: Vec<EffectWire<'a>>,
}

#[derive(Serialize)]
struct EffectWire<'a> {
    driver: &'a str,
    sensitivity: f64,
    reading: Option<f64>,
    effect: Option<f64>,
}

#[derive(Serialize)]
struct DriverWire<'a> {
    name: &'a str,
    series: &'a str,
    value: Option<f64>,
    as_of: Option<String>,
    change: Option<f64>,
    reading: Option<f64>,
    fed: bool,
    note: Option<&'a str>,
}

#[derive(Serialize)]
struct ScreenWire<'a> {
    symbol: &'a str,
    /// Share of the six tests passed; absent when no file has figures.
    score: Option<f64>,
    as_of: Option<String>,
    tests: Vec<TestWire<'a>>,
}

#[derive(Serialize)]
struct TestWire<'a> {
    name: &'a str,
    outcome: &'static str,
    reason: &'a str,
}

/// Returns everything as JSON; missing is null, ids as in the config.
pub fn json(outlook: &Outlook<'_>) -> String {
    let strength = outlook.strength;
    let wire = Wire {
        schema: 1,
        version: env!("CARGO_PKG_VERSION"),
        as_of: outlook.as_of.to_string(),
        data: strength.data,
        strength: strength.value.0,
        previous: strength.previous.map(|(date, strength)| Previous { date: date.to_string(), strength }),
        score: strength.score,
        multiplier: strength.multiplier,
        target: strength.target,
        frozen: strength.frozen.as_deref(),
        changes: strength.turns().map(|turns| turns.changes),
        turns: strength.turns().map(|turns| turns.turns),
        signals: strength.parts.iter().map(signal).collect(),
        brake: strength.brake.level.word(),
        brake_reasons: &strength.brake.reasons,
        brakes: strength.brakes.iter().map(brake).collect(),
        fed_stance: outlook.stance.word(),
        sleeves: sleeves(outlook),
        drivers: drivers(outlook),
        screen: outlook.screened.iter().map(|(symbol, verdict)| screen(symbol.as_str(), verdict.as_ref())).collect(),
    };
    let mut text = serde_json::to_string_pretty(&wire).unwrap_or_default();
    text.push('\n');
    text
}

fn signal(part: &ScorePart) -> SignalWire<'_> {
    SignalWire {
        reading: ReadingWire::of(&part.reading, part.unit),
        ramp: part.ramp.map(|(from, to)| [from, to]),
        score: part.score,
        weight: part.weight,
        contribution: part.contribution,
        distance: &part.distance,
        origin: &part.origin,
    }
}

fn brake(brake: &BrakeReading) -> BrakeWire<'_> {
    BrakeWire {
        reading: ReadingWire::of(&brake.reading, brake.unit),
        state: brake.state.word(),
        caution: brake.caution,
        stop: brake.stop,
        distance: &brake.distance,
        nearness: brake.nearness,
    }
}

fn sleeves<'a>(outlook: &'a Outlook<'_>) -> Vec<SleeveWire<'a>> {
    let wire = outlook.gates.iter().map(|(symbol, gate)| {
        let tilt = outlook.tilts.get(symbol);
        let parts = tilt.map(|tilt| tilt.parts.as_slice()).unwrap_or_default();
        SleeveWire {
            symbol: symbol.as_str(),
            open: gate.open,
            since: gate.since.map(|day| day.to_string()),
            as_of: gate.as_of.map(|day| day.to_string()),
            value_vs_sma200: gate.value_vs_sma200,
            momentum_126_vs_spy: gate.momentum_126_vs_spy,
            z126: gate.z126,
            reason: &gate.reason,
            distance: gate.distance(),
            multiplier: tilt.map_or(1.0, |tilt| tilt.multiplier),
            effects: parts
                .iter()
                .map(|part| EffectWire {
                    driver: &part.driver.name,
                    sensitivity: part.sensitivity,
                    reading: part.driver.reading,
                    effect: part.effect,
                })
                .collect(),
        }
    });
    wire.collect()
}

fn drivers<'a>(outlook: &'a Outlook<'_>) -> Vec<DriverWire<'a>> {
    let wire = outlook.drivers.values().map(|driver| DriverWire {
        name: &driver.name,
        series: &driver.series,
        value: driver.value,
        as_of: driver.as_of.map(|day| day.to_string()),
        change: driver.change,
        reading: driver.reading,
        fed: driver.fed,
        note: driver.note.as_deref(),
    });
    wire.collect()
}

fn screen<'a>(symbol: &'a str, verdict: Option<&'a Verdict>) -> ScreenWire<'a> {
    let word = |outcome| match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Unknown => "unknown",
    };
    let tests = verdict.map(|verdict| verdict.tests.as_slice()).unwrap_or_default();
    ScreenWire {
        symbol,
        score: verdict.map(|verdict| verdict.score),
        as_of: verdict.and_then(|verdict| verdict.as_of).map(|day| day.to_string()),
        tests: tests
            .iter()
            .map(|test| TestWire { name: test.name, outcome: word(test.outcome), reason: &test.reason })
            .collect(),
    }
}
