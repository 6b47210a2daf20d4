//! What variants of a config have in common: signals, gates and drivers are computed once for the whole history.
//!
//! A value of a day uses nothing that was not known at its close (`signals`), so the history up to the end holds that of
//! every day before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::tape::Tape;
use crate::household::Setup;
use crate::market::Market;
use crate::model::Symbol;
use crate::pipeline::Weather;
use crate::rules::gates::{Gate, Replay};
use crate::rules::strength::{self, Day, is_run};
use crate::signals::drivers::DriverReading;
use crate::signals::{self, History};

/// Values that are made once for each key.
struct Memo<T>(Mutex<BTreeMap<String, Arc<T>>>);

impl<T> Memo<T> {
    fn get(&self, key: String, make: impl FnOnce() -> T) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert_with(|| Arc::new(make())).clone()
    }
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo(Mutex::default())
    }
}

/// By session, for those on which the rules may be asked.
type BySession<T> = BTreeMap<usize, T>;

/// What is known of a market, whatever the config asks of it.
pub struct Shared<'m> {
    market: &'m Market,
    /// Closes and dividends.
    pub tape: Tape<'m>,
    histories: Memo<History>,
    gates: Memo<BySession<BTreeMap<Symbol, Gate>>>,
    readings: Memo<BySession<BTreeMap<String, DriverReading>>>,
}

impl<'m> Shared<'m> {
    /// Opens a market.
    pub fn new(market: &'m Market) -> Self {
        Shared {
            market,
            tape: Tape::new(market),
            histories: Memo::default(),
            gates: Memo::default(),
            readings: Memo::default(),
        }
    }

    /// Returns what the market says to a config on every session from `first` to `last`.
    pub fn climate(&self, setup: &Setup, first: usize, last: usize) -> Climate {
        let days = self.tape.days;
        let end = days.get(last).copied().unwrap_or_default();
        let reads: Vec<String> = setup.signals.signals.iter().map(signals::SignalEntry::reads).collect();
        let key = format!("{last} {reads:?} {:?}", setup.signals.brakes);
        let history = self.histories.get(key, || signals::history(&setup.signals, self.market, end));
        let rotation = &setup.rotation;
        let asked = |session: &usize| {
            let before = session.checked_sub(1).and_then(|before| days.get(before)).copied();
            days.get(*session).is_some_and(|day| is_run(rotation.cadence, before, *day))
        };
        let sessions = (first..=last).filter(asked);
        let sleeves: Vec<&Symbol> = setup.rules.sleeves.sleeves.iter().map(|sleeve| &sleeve.symbol).collect();
        let span = format!("{first} {last} {:?}", rotation.cadence);
        let gates = self.gates.get(format!("{span} {} {sleeves:?}", rotation.confirm), || {
            let replay = |symbol: &&Symbol| ((*symbol).clone(), Replay::new(symbol, self.market, end, rotation));
            let replays: Vec<(Symbol, Replay)> = sleeves.iter().map(replay).collect();
            let on = |session: usize| {
                let day = days.get(session).copied().unwrap_or_default();
                (session, replays.iter().map(|(symbol, own)| (symbol.clone(), own.on(day))).collect())
            };
            sessions.clone().map(on).collect()
        });
        let readings = self.readings.get(format!("{span} {:?}", setup.signals.drivers), || {
            let on = |session| {
                let day = days.get(session).copied().unwrap_or_default();
                (session, setup.signals.readings(self.market, day))
            };
            sessions.map(on).collect()
        });
        Climate { days: strength::days(rotation, &setup.signals, &history), gates, readings }
    }
}

/// What the market says to one config, day by day.
pub struct Climate {
    /// The strength of every session of the files.
    pub days: Vec<Day>,
    gates: Arc<BySession<BTreeMap<Symbol, Gate>>>,
    readings: Arc<BySession<BTreeMap<String, DriverReading>>>,
}

impl Climate {
    /// Returns what a decision at the close of a session knows.
    pub fn weather(&self, session: usize, setup: &Setup) -> Option<Weather> {
        Some(Weather {
            strength: self.days.get(session)?.strength(&setup.rotation),
            gates: self.gates.get(&session)?.clone(),
            tilts: setup.rules.sleeves.tilts(self.readings.get(&session)?),
        })
    }
}
