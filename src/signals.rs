//! What the market says: signals, brakes and sleeve gates, each a pure function of history up to a date.
//!
//! [`configure`] reads `[signals.*]` and `[brakes.*]`; [`history`] computes the value of every signal and brake on
//! every session up to a date. A value of a day uses nothing that was not known at that day's close, so appending
//! later rows never changes it.

mod ad_line;
mod brakes;
pub mod breadth;
pub mod drivers;
mod highs_lows;
mod mcclellan;
mod pct_above_ma;
mod ratio;
mod ratio_trend;
pub mod screen;
#[cfg(test)]
pub mod testing;
mod track;
pub mod trend;
mod zweig;

use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::{Document, Fields, Kind, MISSING_KEY, Node, NodeValue, Param, Table, UNKNOWN_KIND, WRONG_TYPE};
use crate::diagnostics::{Diagnostic, Sink, nearest};
use crate::market::Market;
use crate::market::wanted::Want;

pub use track::{Context, Track};

pub use brakes::{BRAKES, Brake, BrakeDay, BrakeEntry, BrakeKind, BrakeTrack, Level, Vote};

crate::codes! {
    WEIGHTS "signal-weights" "The weights of the signals do not add up to 100%; they are scaled so that they do. Signals with weight 0 are for information.";
    NARROW_RAMP "narrow-ramp" "The ramp of a signal in percent (0 to 100) lies between -1 and 1, so its score would be 0 or 1 and nothing between. `ramp = [40, 70]` is 40% to 70%.";
    NO_SIGNALS "no-signals" "No signal has a weight, so there is no score and the rotation strength stays at 0.";
}

/// What a signal or brake read on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// As in the config: `signals.breadth-200`.
    pub id: String,
    /// The leaf: `pct-above-ma`.
    pub kind: &'static str,
    /// `None` when the data do not give one; `note` says why.
    pub value: Option<f64>,
    /// The day the value is of.
    pub as_of: Option<NaiveDate>,
    /// Share of the universe with data, where that means something.
    pub coverage: Option<f64>,
    /// Older than it should be on the as-of date.
    pub stale: bool,
    /// Files and series used.
    pub inputs: Vec<String>,
    /// What else a reader should know: imputed months, revised data, why there is no value.
    pub note: Option<String>,
}

/// One signal, built from its table.
pub trait Signal: std::fmt::Debug + Send + Sync {
    /// Returns its values; a value of a day may use only what was known at that day's close.
    fn track(&self, context: &Context<'_>) -> Track;
    /// Returns what it needs to be in the market files.
    fn wants(&self) -> Vec<Want>;
}

/// A kind of signal: the one line of the registry that a new leaf needs.
pub struct SignalKind {
    /// The word of the config.
    pub kind: &'static str,
    /// What `broaden explain KIND` prints.
    pub doc: &'static str,
    /// What the value is printed with.
    pub unit: &'static str,
    /// Every key.
    pub params: &'static [Param],
    /// Builds one from its table; `None` after a problem was reported.
    pub build: fn(&mut Fields<'_>) -> Option<Box<dyn Signal>>,
}

/// Every kind of signal.
pub static SIGNALS: &[&SignalKind] = &[
    &pct_above_ma::KIND,
    &ad_line::KIND,
    &ratio_trend::KIND,
    &ratio::KIND,
    &highs_lows::KIND,
    &mcclellan::KIND,
    &zweig::KIND,
];

/// The keys of every signal, with the leaf's own.
macro_rules! signal_params {
    ($($own:expr),* $(,)?) => {
        &[
            Param::required("kind", Kind::Text, "The leaf that implements the signal."),
            Param::with_default("enabled", Kind::Flag, "true", "`false` turns the signal off."),
            Param::with_default("weight", Kind::Weight, "0", "Part of the score; 0 is for information only."),
            Param::optional("ramp", Kind::Pair, "Score 0 at the first value, 1 at the second, straight between."),
            $($own),*
        ]
    };
}
use signal_params;

/// The key of signals that may be asked to last.
const SUSTAINED: Param =
    Param::with_default("sustained", Kind::Flag, "false", "Let the score count only in a sustained improvement.");
/// How long it has to last.
const CONFIRM: Param = Param::with_default(
    "confirm",
    Kind::Integer(1, 60),
    "3",
    "Days in a row that begin or end a sustained improvement.",
);

/// Reads `sustained` and `confirm`: the days of confirmation when it is asked for.
#[expect(clippy::option_option, reason = "the outer option is a problem that was reported")]
fn sustained(fields: &Fields<'_>) -> Option<Option<usize>> {
    let confirm = usize::try_from(fields.integer("confirm")?).ok()?;
    Some(fields.flag("sustained")?.then_some(confirm))
}

/// One configured signal.
#[derive(Clone, Debug)]
pub struct SignalEntry {
    /// `signals.breadth-200`.
    pub id: String,
    /// `pct-above-ma`.
    pub kind: &'static str,
    /// What the value is printed with.
    pub unit: &'static str,
    /// Part of the score; all weights add up to 1, or are all 0.
    pub weight: f64,
    /// Values of score 0 and 1.
    pub ramp: Option<(f64, f64)>,
    /// Where the weight comes from: `broaden.toml:14`, `default`.
    pub origin: String,
    signal: Arc<dyn Signal>,
}

impl SignalEntry {
    /// Returns what it needs to be in the market files.
    pub fn wants(&self) -> Vec<Want> {
        self.signal.wants()
    }

    /// Returns what its values depend on: its kind and the leaf's own keys, without ramp and weight.
    pub fn reads(&self) -> String {
        format!("{:?}", self.signal)
    }

    /// Returns the score of a value, from 0 to 1: `clamp((x - from) / (to - from), 0, 1)`.
    pub fn score(&self, value: f64) -> f64 {
        self.ramp.map_or(0.0, |(from, to)| ((value - from) / (to - from)).clamp(0.0, 1.0))
    }
}

/// The configured signals and brakes, in id order.
#[derive(Clone, Debug, Default)]
pub struct SignalSetup {
    /// `[signals.*]` that are enabled.
    pub signals: Vec<SignalEntry>,
    /// `[brakes.*]` that are enabled.
    pub brakes: Vec<BrakeEntry>,
    /// `[drivers.*]` that are enabled.
    pub drivers: Vec<drivers::Driver>,
    /// Stocks to be ranked by the screen.
    pub screened: Vec<crate::model::Symbol>,
}

impl SignalSetup {
    /// Returns what every driver reads on a day, by name.
    pub fn readings(
        &self,
        market: &Market,
        as_of: NaiveDate,
    ) -> std::collections::BTreeMap<String, drivers::DriverReading> {
        self.drivers.iter().map(|driver| (driver.name.clone(), driver.read(market, as_of))).collect()
    }
}

/// Reads `[signals.*]`, `[brakes.*]`, `[drivers.*]` and `[screen]`. Every problem is pushed to the sink; broken tables are left out.
pub fn configure(document: &Document, sink: &mut Sink) -> SignalSetup {
    let mut signals: Vec<SignalEntry> = Vec::new();
    for (name, node, table) in section(document, "signals", sink) {
        let id = format!("signals.{name}");
        let kinds: Vec<&str> = SIGNALS.iter().map(|kind| kind.kind).collect();
        let Some(index) = kind_of(&id, node.key_place.clone(), table, &kinds, sink) else { continue };
        let Some(kind) = SIGNALS.get(index) else { continue };
        let mut fields = Fields::new(table, id.clone(), Some(node.key_place.clone()), kind.params, sink);
        let built = (kind.build)(&mut fields);
        let (enabled, weight, ramp) = (fields.flag("enabled"), fields.weight("weight"), fields.pair("ramp"));
        if let (Some(weight), None, false) = (weight, ramp, fields.is_given("ramp"))
            && weight.0 > 0.0
        {
            fields.reject_together(
                &["ramp", "weight"],
                format!("[{id}] has a weight and needs a `ramp`"),
                "for example ramp = [40, 70]: score 0 at 40, 1 at 70",
            );
            continue;
        }
        if ramp.is_some_and(|(from, to)| from == to) {
            fields.reject(
                "ramp",
                "a ramp needs two different values",
                "for example ramp = [40, 70]: score 0 at 40, 1 at 70",
            );
            continue;
        }
        // What is measured from 0 to 100 never lies between two fractions: the score would be 0 or 1 on every day.
        if let Some((from, to)) = ramp.filter(|(from, to)| kind.unit == "%" && from.abs().max(to.abs()) <= 1.0) {
            let message = format!("the ramp of [{id}] is {from} to {to}, and what it measures goes from 0 to 100");
            let hint = format!("write ramp = [{:.0}, {:.0}] if you mean percent", 100.0 * from, 100.0 * to);
            let problem = Diagnostic::warning(NARROW_RAMP, message).hint(hint);
            let problem = fields.place("ramp").into_iter().fold(problem, Diagnostic::at);
            fields.sink().push(problem);
        }
        let origin = fields.origin("weight");
        if let (Some(signal), Some(true), Some(weight)) = (built, enabled, weight) {
            let signal = Arc::from(signal);
            signals.push(SignalEntry { id, kind: kind.kind, unit: kind.unit, weight: weight.0, ramp, origin, signal });
        }
    }
    let total: f64 = signals.iter().map(|entry| entry.weight).sum();
    if total <= 0.0 {
        sink.push(Diagnostic::warning(NO_SIGNALS, "no signal has a weight, so the rotation strength stays at 0"));
    } else if (total - 1.0).abs() > 1e-9 {
        let message = format!("the weights of the signals add up to {:.0}%, and are scaled to 100%", total * 100.0);
        sink.push(Diagnostic::note(WEIGHTS, message));
        signals.iter_mut().for_each(|entry| entry.weight /= total);
    }
    SignalSetup {
        signals,
        brakes: brakes::configure(document, sink),
        drivers: drivers::configure(document, sink),
        screened: screen::configure(document, sink),
    }
}

/// Returns the tables of a section. What is not a table there has no meaning and is reported.
fn section<'a>(document: &'a Document, name: &str, sink: &mut Sink) -> Vec<(&'a str, &'a Node, &'a Table)> {
    let mut tables = Vec::new();
    match document.root.get(name).map(|node| (&node.value, node)) {
        Some((NodeValue::Table(table), _)) => {
            for (key, node) in &table.entries {
                match &node.value {
                    NodeValue::Table(table) => tables.push((key.as_str(), node, table)),
                    _ => sink.push(not_a_table(&format!("{name}.{key}"), node)),
                }
            }
        }
        Some((_, node)) => sink.push(not_a_table(name, node)),
        None => {}
    }
    tables
}

fn not_a_table(path: &str, node: &Node) -> Diagnostic {
    Diagnostic::error(WRONG_TYPE, format!("`{path}` is {}, and should be a table", node.value.type_name()))
        .at(node.key_place.clone())
        .hint("write [signals.breadth-200] or [brakes.sahm], with the keys below it")
}

/// Returns the index of a table's kind among the known ones; an unknown one is reported with the nearest.
fn kind_of(
    id: &str,
    place: crate::diagnostics::Place,
    table: &Table,
    kinds: &[&str],
    sink: &mut Sink,
) -> Option<usize> {
    let list = || kinds.join(", ");
    let Some(node) = table.get("kind") else {
        // One without a kind may be meant for another of a like name.
        let defaults = Document::defaults();
        let near = id.split_once('.').and_then(|(section, name)| {
            let names = defaults.root.table(section)?.entries.keys().map(String::as_str);
            Some(format!("did you mean [{section}.{}]? Else ", nearest(name, names)?))
        });
        let hint = format!("{}one of {}", near.unwrap_or_default(), list());
        sink.push(Diagnostic::error(MISSING_KEY, format!("[{id}] needs `kind`")).at(place).hint(hint));
        return None;
    };
    let word = match &node.value {
        NodeValue::Text(text) => text.as_str(),
        _ => "",
    };
    let found = kinds.iter().position(|kind| *kind == word);
    if found.is_none() {
        let hint = nearest(word, kinds.iter().copied())
            .map_or_else(|| format!("one of {}", list()), |kind| format!("did you mean `{kind}`?"));
        let message = format!("`{word}` is not a kind that [{id}] can have");
        sink.push(Diagnostic::error(UNKNOWN_KIND, message).at(node.place.clone()).hint(hint));
    }
    found
}

/// Sessions for which a value may stand in for missing newer ones.
pub const CARRY: usize = 5;
/// Calendar days after which the last value of a daily series is stale.
const STALE_DAYS: i64 = 7;

/// Every value of every signal and brake.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Days of trading up to the as-of date.
    pub sessions: Vec<NaiveDate>,
    /// In the order of the setup.
    pub signals: Vec<Track>,
    /// In the order of the setup.
    pub brakes: Vec<BrakeTrack>,
    /// The date asked for.
    pub as_of: Option<NaiveDate>,
}

/// Computes the values of every signal and brake on every session up to a date.
pub fn history(setup: &SignalSetup, market: &Market, as_of: NaiveDate) -> History {
    history_with(setup, market, as_of, &breadth::Counter::new(market, as_of))
}

/// As [`history`], with counts that the caller wants to use too.
pub fn history_with(setup: &SignalSetup, market: &Market, as_of: NaiveDate, counter: &breadth::Counter<'_>) -> History {
    let all = market.sessions();
    let sessions = all.get(..all.partition_point(|session| *session <= as_of)).unwrap_or_default();
    let context = Context { market, sessions, counter };
    let fill = |mut track: Track| {
        track.values.resize(sessions.len(), None);
        track
    };
    History {
        sessions: sessions.to_vec(),
        signals: setup.signals.iter().map(|entry| fill(entry.signal.track(&context))).collect(),
        brakes: setup.brakes.iter().map(|entry| entry.track(&context)).collect(),
        as_of: Some(as_of),
    }
}

impl History {
    /// Returns the value of a signal on a session, or the last one at most [`CARRY`] sessions before, with its session.
    pub fn value(&self, signal: usize, session: usize) -> Option<(usize, f64)> {
        let values = &self.signals.get(signal)?.values;
        let first = session.saturating_sub(CARRY);
        (first..=session).rev().find_map(|index| values.get(index).copied().flatten().map(|value| (index, value)))
    }

    /// Returns whether a signal's value of a session may count.
    pub fn counts(&self, signal: usize, session: usize) -> bool {
        self.signals.get(signal).is_none_or(|track| track.counts.get(session).copied().unwrap_or(true))
    }

    /// Returns what a signal read on the last session.
    pub fn reading(&self, entry: &SignalEntry, signal: usize) -> Reading {
        let last = self.sessions.len().checked_sub(1);
        let found = last.and_then(|last| self.value(signal, last));
        let as_of = found.and_then(|(session, _)| self.sessions.get(session)).copied();
        let track = self.signals.get(signal);
        let age = as_of.zip(self.as_of).map(|(day, today)| (today - day).num_days());
        let mut note = track.and_then(|track| track.note.clone());
        if found.is_none() {
            let last = track.and_then(|track| track.values.iter().rposition(Option::is_some));
            let ended = last.and_then(|index| self.sessions.get(index));
            let files = track.map(|track| track.inputs.join(", ")).filter(|files| !files.is_empty());
            let why = match (ended, files) {
                (Some(day), Some(files)) => Some(format!("{files} gives no value after {day}")),
                (None, _) if note.is_none() => Some("not enough history yet".to_owned()),
                _ => None,
            };
            note = match (why, note) {
                (Some(why), Some(note)) => Some(format!("{why}; {note}")),
                (why, note) => why.or(note),
            };
        }
        Reading {
            id: entry.id.clone(),
            kind: entry.kind,
            value: found.map(|(_, value)| value),
            as_of,
            coverage: last.and_then(|last| track?.coverage.get(last).copied().flatten()),
            stale: age.is_some_and(|age| age > STALE_DAYS),
            inputs: track.map(|track| track.inputs.clone()).unwrap_or_default(),
            note,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{problems, setup};
    use super::*;

    #[test]
    fn the_defaults_are_sound() {
        let mut sink = Sink::default();
        let setup = configure(&Document::defaults(), &mut sink);
        assert!(sink.items.is_empty(), "{:?}", sink.items);
        assert!((setup.signals.iter().map(|entry| entry.weight).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(setup.brakes.len() >= 8);
    }

    #[test]
    fn every_problem_of_a_table_is_reported() {
        assert_eq!(problems("kind = \"pct-above-mb\""), ["unknown-kind"]);
        assert_eq!(problems("window = 5"), ["missing-key"]);
        assert_eq!(problems("kind = \"pct-above-ma\"\nweight = 0.5"), ["impossible-value"]);
        assert_eq!(problems("kind = \"pct-above-ma\"\nramp = [40, 40]"), ["impossible-value"]);
        assert_eq!(problems("kind = \"pct-above-ma\"\nwindow = 0\nrampp = 1"), ["unknown-key", "impossible-value"]);
    }

    #[test]
    fn what_is_not_a_table_is_reported() {
        assert_eq!(
            setup("[signals]\nbreadth = 5\n[brakes]\nsahm = true\n").1,
            ["wrong-type", "no-signals", "wrong-type"]
        );
    }

    /// Breadth is in percent of the stocks; z is not.
    #[test]
    fn a_ramp_of_fractions_on_percents_is_told() {
        assert_eq!(problems("kind = \"pct-above-ma\"\nramp = [0.4, 0.7]"), ["narrow-ramp"]);
        assert_eq!(problems("kind = \"pct-above-ma\"\nramp = [40, 70]"), [""; 0]);
        assert_eq!(problems("kind = \"new-highs-lows\"\nramp = [-0.1, 0.2]"), ["narrow-ramp"]);
        assert_eq!(problems("kind = \"ad-line\"\nramp = [0, 1]"), [""; 0]);
    }

    #[test]
    fn weights_are_scaled_and_the_ramp_is_straight() {
        let table = "kind = \"pct-above-ma\"\nweight = 0.3\nramp = [40, 70]";
        let (setup, codes) =
            setup(&format!("[signals.a]\n{table}\n[signals.b]\n{table}\n[signals.off]\n{table}\nenabled = false\n"));
        assert_eq!(codes, ["signal-weights"]);
        let weights: Vec<f64> = setup.signals.iter().map(|entry| entry.weight).collect();
        assert_eq!(weights, [0.5, 0.5]);
        let score = |value: f64| setup.signals[0].score(value);
        assert_eq!((score(30.0), score(55.0), score(90.0)), (0.0, 0.5, 1.0));
    }

    #[test]
    fn nothing_with_a_weight_is_a_warning() {
        assert_eq!(setup("").1, ["no-signals"]);
    }

    #[test]
    fn every_kind_documents_itself_and_its_keys() {
        let kinds =
            SIGNALS.iter().map(|k| (k.kind, k.doc, k.params)).chain(BRAKES.iter().map(|k| (k.kind, k.doc, k.params)));
        for (kind, doc, params) in kinds {
            assert!(doc.lines().count() >= 5, "{kind}");
            assert!(params.iter().all(|param| param.doc.ends_with('.')), "{kind}");
        }
    }
}
