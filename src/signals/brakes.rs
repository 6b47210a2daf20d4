//! Brakes: readings of the economy and of prices that slow the rotation down or stop it.
//!
//! A macro value is used from the day it came out, in the vintage of that day where the files have vintages. Missing
//! months lie between their neighbours and are tagged; an imputed value alone never stops. Data that are older than
//! their next release plus ten days count as caution.

mod claims;
mod curve;
mod hy_oas;
mod inflation;
mod jobs;
mod nfci;
mod sahm;
mod spy_trend;
mod vix;

use std::sync::Arc;

use chrono::{Days, NaiveDate};

use super::{Context, Reading, kind_of};
use crate::config::{Document, Fields, Param};
use crate::diagnostics::Sink;
use crate::market::macros::MacroRow;
use crate::market::wanted::Want;

/// How hard a brake is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Off.
    #[default]
    None,
    /// Half speed.
    Caution,
    /// No rotation.
    Stop,
}

impl Level {
    /// Returns the word of reports and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::Caution => "caution",
            Level::Stop => "stop",
        }
    }
}

/// What a brake's stop is worth in the combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// Two of these in stop are a stop.
    Stop,
    /// As [`Vote::Stop`]; and its stop with any other caution is a stop.
    Lead,
    /// Never more than a caution.
    Caution,
}

/// A brake on one session.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BrakeDay {
    /// `None` without enough data.
    pub value: Option<f64>,
    /// The period the value is of.
    pub as_of: Option<NaiveDate>,
    /// As the brake alone sees it.
    pub level: Level,
    /// A newer value should be out for more than ten days.
    pub stale: bool,
    /// A missing month was put in between its neighbours.
    pub imputed: bool,
    /// Past values were revised after that day, and only the revised ones are in the files.
    pub revised: bool,
}

/// A brake on every session.
#[derive(Clone, Debug, Default)]
pub struct BrakeTrack {
    /// One per session.
    pub days: Vec<BrakeDay>,
    /// Files or series used.
    pub inputs: Vec<String>,
    /// Why there is no value at all.
    pub missing: Option<String>,
}

/// What a leaf makes of the rows known on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// The reading.
    pub value: f64,
    /// The newest period in it.
    pub as_of: NaiveDate,
    /// What it means.
    pub level: Level,
    /// A missing month is in it.
    pub imputed: bool,
}

/// One brake, built from its table.
pub trait Brake: std::fmt::Debug + Send + Sync {
    /// Returns its readings; one of a day may use only what was known at that day's close.
    fn track(&self, context: &Context<'_>) -> BrakeTrack;
    /// Returns what it needs to be in the market files.
    fn wants(&self) -> Vec<Want>;
}

/// A kind of brake: the one line of the registry that a new leaf needs.
pub struct BrakeKind {
    /// The word of the config.
    pub kind: &'static str,
    /// What `broaden explain KIND` prints.
    pub doc: &'static str,
    /// What the value is printed with.
    pub unit: &'static str,
    /// What its stop is worth.
    pub vote: Vote,
    /// The brake is on below its thresholds, not above.
    pub below: bool,
    /// Every key.
    pub params: &'static [Param],
    /// Builds one from its table; `None` after a problem was reported.
    pub build: fn(&mut Fields<'_>) -> Option<Box<dyn Brake>>,
}

/// Every kind of brake.
pub static BRAKES: &[&BrakeKind] = &[
    &sahm::KIND,
    &inflation::KIND,
    &jobs::KIND,
    &curve::KIND,
    &nfci::KIND,
    &hy_oas::KIND,
    &vix::KIND,
    &spy_trend::KIND,
    &claims::KIND,
];

/// The keys of every brake, with the leaf's own.
macro_rules! brake_params {
    ($($own:expr),* $(,)?) => {
        &[
            Param::required("kind", Kind::Text, "The leaf that implements the brake."),
            Param::with_default("enabled", Kind::Flag, "true", "`false` turns the brake off."),
            $($own),*
        ]
    };
}
use brake_params;

/// One configured brake.
#[derive(Clone, Debug)]
pub struct BrakeEntry {
    /// `brakes.sahm`.
    pub id: String,
    /// `sahm`.
    pub kind: &'static str,
    /// What the value is printed with.
    pub unit: &'static str,
    /// What its stop is worth.
    pub vote: Vote,
    /// On below its thresholds, not above.
    pub below: bool,
    /// The value from which it is at caution.
    pub caution: Option<f64>,
    /// The value from which it is at stop; `None` for brakes that never stop.
    pub stop: Option<f64>,
    brake: Arc<dyn Brake>,
}

/// Reads `[brakes.*]`.
pub fn configure(document: &Document, sink: &mut Sink) -> Vec<BrakeEntry> {
    let mut brakes = Vec::new();
    for (name, node, table) in super::section(document, "brakes", sink) {
        let id = format!("brakes.{name}");
        let kinds: Vec<&str> = BRAKES.iter().map(|kind| kind.kind).collect();
        let Some(index) = kind_of(&id, node.key_place.clone(), table, &kinds, sink) else { continue };
        let Some(kind) = BRAKES.get(index) else { continue };
        let mut fields = Fields::new(table, id.clone(), Some(node.key_place.clone()), kind.params, sink);
        let built = (kind.build)(&mut fields);
        let number = |fields: &Fields<'_>, name: &str| {
            kind.params.iter().any(|param| param.name == name).then(|| fields.number(name)).flatten()
        };
        let (caution, stop) = (number(&fields, "caution"), number(&fields, "stop"));
        if let (Some(caution), Some(stop)) = (caution, stop)
            && (if kind.below { stop > caution } else { stop < caution })
        {
            let order = if kind.below { "above" } else { "below" };
            let [said_stop, said_caution] = ["stop", "caution"].map(|key| fields.said(key));
            fields.reject_together(
                &["stop", "caution"],
                format!("`stop` of [{id}], {said_stop}, lies {order} its `caution`, {said_caution}"),
                "a stop is the harder of the two: give both",
            );
            continue;
        }
        if let (Some(brake), Some(true)) = (built, fields.flag("enabled")) {
            let (BrakeKind { kind, unit, vote, below, .. }, brake) = (kind, Arc::from(brake));
            brakes.push(BrakeEntry { id, kind, unit, vote: *vote, below: *below, caution, stop, brake });
        }
    }
    brakes
}

/// Thresholds are met from this much before them: sums of decimals are not exact in binary.
const EPSILON: f64 = 1e-9;

/// Returns the level of a value that is bad when high.
fn above(value: f64, caution: f64, stop: f64) -> Level {
    match () {
        () if value >= stop - EPSILON => Level::Stop,
        () if value >= caution - EPSILON => Level::Caution,
        () => Level::None,
    }
}

/// Days after the expected release of the next value on which the last one is stale.
const GRACE: u64 = 10;

/// Returns the track of a macro series: a leaf's measure of the rows known on each session, computed anew only when
/// something new is known.
fn released(context: &Context<'_>, id: &str, measure: impl Fn(&[MacroRow]) -> Option<Measure>) -> BrakeTrack {
    let Some(series) = context.market.macro_series(id) else {
        let days = vec![BrakeDay::default(); context.sessions.len()];
        return BrakeTrack { days, missing: Some(format!("no {id} in the market files")), ..BrakeTrack::default() };
    };
    let mut days = Vec::with_capacity(context.sessions.len());
    let mut last: Option<(usize, BrakeDay, Option<NaiveDate>)> = None;
    for session in context.sessions {
        let knowledge = series.knowledge(*session);
        let (day, overdue) = match last {
            Some((known, day, overdue)) if known == knowledge => (day, overdue),
            _ => {
                let known = series.known(*session);
                let mut day = BrakeDay { revised: known.revised, ..BrakeDay::default() };
                if let Some(measure) = measure(&known.rows) {
                    let Measure { value, as_of, level, imputed } = measure;
                    // What was put in between cannot stop anything by itself.
                    let level = if imputed { level.min(Level::Caution) } else { level };
                    day = BrakeDay { value: Some(value), as_of: Some(as_of), level, imputed, ..day };
                }
                let overdue = series.next_release(&known).and_then(|due| due.checked_add_days(Days::new(GRACE)));
                last = Some((knowledge, day, overdue));
                (day, overdue)
            }
        };
        let stale = overdue.is_some_and(|overdue| *session > overdue);
        let level = if stale { Level::Caution } else { day.level };
        days.push(BrakeDay { stale, level, ..day });
    }
    BrakeTrack { days, inputs: series.files(), missing: None }
}

/// Returns the values of the rows that have one, the last `count` of them.
fn tail(rows: &[MacroRow], count: usize) -> Vec<(NaiveDate, f64)> {
    let mut tail: Vec<(NaiveDate, f64)> =
        rows.iter().rev().filter_map(|row| Some((row.reference, row.value?))).take(count).collect();
    tail.reverse();
    tail
}

impl BrakeEntry {
    /// Returns what it needs to be in the market files.
    pub fn wants(&self) -> Vec<Want> {
        self.brake.wants()
    }

    /// Returns its readings on every session of a context.
    pub fn track(&self, context: &Context<'_>) -> BrakeTrack {
        let mut track = self.brake.track(context);
        track.days.resize(context.sessions.len(), BrakeDay::default());
        track
    }

    /// Returns what it read on the last session.
    pub fn reading(&self, track: &BrakeTrack) -> Reading {
        let day = track.days.last().copied().unwrap_or_default();
        let mut notes: Vec<String> = track.missing.iter().cloned().collect();
        if day.value.is_none() && track.missing.is_none() {
            notes.push("not enough history yet".to_owned());
        }
        if day.stale {
            notes.push("a newer value should be out; counts as caution".to_owned());
        }
        if day.imputed {
            notes.push("a missing month is taken from its neighbours".to_owned());
        }
        if day.revised && day.value.is_some() {
            notes.push("revised data: not exactly what was known then".to_owned());
        }
        Reading {
            id: self.id.clone(),
            kind: self.kind,
            value: day.value,
            as_of: day.as_of,
            coverage: None,
            stale: day.stale,
            inputs: track.inputs.clone(),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::testing::{brake, setup, weekdays};

    #[test]
    fn broken_tables_are_reported_and_left_out() {
        let (setup, codes) =
            setup("[brakes.a]\nkind = \"sahmm\"\n[brakes.b]\nkind = \"sahm\"\ncaution = 0.5\nstop = 0.3\n");
        assert_eq!(codes, ["no-signals", "unknown-kind", "impossible-value"]);
        assert!(setup.brakes.is_empty());
    }

    /// A caution beyond the usual stop is shown where it is written, and not in the built-in defaults.
    #[test]
    fn a_value_that_conflicts_with_a_default_is_shown_in_the_users_file() {
        let defaults = Document::defaults();
        let mut seen = 0;
        for (name, _, table) in defaults.root.table("brakes").unwrap().tables() {
            let level = |key: &str| match &table.get(key)?.value {
                crate::config::NodeValue::Number(text) => text.parse::<f64>().ok(),
                _ => None,
            };
            let (Some(caution), Some(stop)) = (level("caution"), level("stop")) else { continue };
            for key in ["caution", "stop"] {
                // Each where the other is, and a little further.
                let value =
                    if key == "caution" { stop + (stop - caution) / 8.0 } else { caution - (stop - caution) / 8.0 };
                let mut sink = Sink::default();
                let text = format!("[brakes.{name}]\n{key} = {value:?}\n");
                let source = crate::diagnostics::Source::file("broaden.toml", text);
                let document = Document::load(Some(source), &[], &mut sink);
                configure(&document, &mut sink);
                let found: Vec<String> =
                    sink.items.iter().filter_map(|item| Some(item.place.as_ref()?.locator())).collect();
                assert_eq!(found, [format!("broaden.toml:2:{}", key.len() + 4)], "{name} {key} = {value}");
                let said = &sink.items[0].message;
                assert!(said.contains("(the default)") && said.contains("lies"), "{said}");
                seen += 1;
            }
        }
        assert!(seen >= 10, "{seen}");
    }

    #[test]
    fn a_late_release_is_caution() {
        let days = format!("date,SPY\n{}", weekdays(60, |_| "300".to_owned()));
        // The reading of Friday 2019-12-27 came out on 2020-01-01; the next was due on 01-08, plus ten days.
        let nfci: String =
            (0..20).map(|week| format!("2019-{:02}-{:02},-0.6\n", 8 + week / 4, 2 + 7 * (week % 4))).collect();
        let found = brake(
            "kind = \"nfci\"",
            &[("f.csv", &days), ("NFCI.csv", &format!("Date,Value\n{nfci}2019-12-27,-0.6\n"))],
        );
        assert_eq!((found[0].level, found[0].value, found[0].stale), (Level::None, Some(-0.6), false));
        let first = found.iter().position(|day| day.stale).unwrap();
        assert_eq!(first, 13, "2020-01-20, the first weekday after 01-18");
        assert_eq!(found[first].level, Level::Caution);
    }

    #[test]
    fn a_series_that_is_not_there_brakes_nothing_and_says_so() {
        let days = format!("date,SPY\n{}", weekdays(5, |_| "300".to_owned()));
        let found = brake("kind = \"sahm\"", &[("f.csv", &days)]);
        assert!(found.iter().all(|day| day.value.is_none() && day.level == Level::None));
    }
}
