//! What is read of the files of a run, kept for the next question about the same files: prices are read once, however often a
//! limit is moved, and however many households share them.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::NaiveDate;

use super::{Inputs, Setup};
use crate::config::{Document, Node};
use crate::diagnostics::{Diagnostic, Sink};
use crate::market::{self, Given, Market};
use crate::model::RawFile;
use crate::reference::{Bundle, Registry};
use crate::signals::{self, History};

/// What was read. It belongs to the market and fund files it was first used with, and to no others; households and configs may
/// be many, on many threads.
#[derive(Default)]
pub struct Kept {
    bundle: OnceLock<Bundle>,
    registries: Shelf<OfInstruments, Told<Registry>>,
    markets: Shelf<Given, Told<Market>>,
    histories: Shelf<OfHistory, Arc<History>>,
}

/// What a registry depends on: sections of the config, and the day.
type OfInstruments = (Vec<Option<Node>>, Option<NaiveDate>);

/// What a history of signals depends on: how the market was read, sections of the config as text, and the day.
type OfHistory = (Given, Vec<Option<String>>, NaiveDate);

/// Something read, and what was wrong with it.
type Told<T> = (Arc<T>, Arc<Vec<Diagnostic>>);

/// The sections that signals, brakes and drivers are configured by.
const OF_SIGNALS: [&str; 4] = ["signals", "brakes", "drivers", "screen"];
/// The sections that say what instruments are.
const OF_INSTRUMENTS: [&str; 2] = ["instruments", "themes"];

impl Kept {
    /// Returns what instruments are, by the config, the funds' files and the day.
    pub(super) fn registry(
        &self,
        document: &Document,
        funds: &[RawFile],
        day: Option<NaiveDate>,
        sink: &mut Sink,
    ) -> Arc<Registry> {
        let sections = OF_INSTRUMENTS.map(|name| document.root.get(name).cloned());
        let read = || {
            let bundle = self.bundle.get_or_init(Bundle::read).clone();
            told(|sink| Registry::with(bundle, document, funds, day, sink))
        };
        tell(self.registries.get((sections.to_vec(), day), read), sink)
    }

    /// Returns the market of the files; its problems go to the sink as if it were read now.
    pub(super) fn market(&self, inputs: &Inputs, given: &Given, sink: &mut Sink) -> Arc<Market> {
        let read = || told(|sink| market::load_with(&inputs.market, given, sink));
        tell(self.markets.get(given.clone(), read), sink)
    }

    /// Returns the history of the signals up to a day, of the market of these settings.
    pub(super) fn history(&self, setup: &Setup, market: &Market, as_of: NaiveDate) -> Arc<History> {
        // By what it says, wherever it stands: each household of a book may have a copy of one config.
        let sections = OF_SIGNALS.map(|name| setup.document.root.get(name).map(|node| node.value.toml()));
        let compute = || Arc::new(signals::history(&setup.signals, market, as_of));
        self.histories.get((setup.given.clone(), sections.to_vec(), as_of), compute)
    }
}

fn told<T>(read: impl FnOnce(&mut Sink) -> T) -> Told<T> {
    let mut own = Sink::default();
    let found = Arc::new(read(&mut own));
    (found, Arc::new(own.items))
}

fn tell<T>((found, problems): Told<T>, sink: &mut Sink) -> Arc<T> {
    problems.iter().for_each(|problem| sink.push(problem.clone()));
    found
}

/// Most answers of one kind that are kept: a book may ask for as many days as it has households.
const MOST: usize = 16;

/// Answers by what they were asked for; the oldest goes when there are too many.
struct Shelf<K, V>(Mutex<Vec<(K, Arc<OnceLock<V>>)>>);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Shelf(Mutex::default())
    }
}

impl<K: PartialEq, V: Clone> Shelf<K, V> {
    /// Returns the answer, found now if it was not before; who asks for another one meanwhile does not wait.
    fn get(&self, key: K, find: impl FnOnce() -> V) -> V {
        // Nothing is found under the lock, so whoever panicked while holding it left it whole.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match kept.iter().find(|(known, _)| *known == key) {
            Some((_, place)) => Arc::clone(place),
            None => {
                if kept.len() >= MOST {
                    kept.remove(0);
                }
                let place = Arc::new(OnceLock::new());
                kept.push((key, Arc::clone(&place)));
                place
            }
        };
        drop(kept);
        place.get_or_init(find).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_once_and_the_oldest_is_forgotten() {
        let shelf: Shelf<usize, usize> = Shelf::default();
        let mut found = Vec::new();
        for key in [0, 1, 0, 1].into_iter().chain(2..=MOST).chain([0]) {
            assert_eq!(
                shelf.get(key, || {
                    found.push(key);
                    key * 10
                }),
                key * 10
            );
        }
        let expected: Vec<usize> = (0..=MOST).chain([0]).collect();
        assert_eq!(found, expected);
    }

    /// Many threads share it.
    #[test]
    fn it_can_be_shared() {
        fn shared<T: Send + Sync>() {}
        shared::<Kept>();
    }
}
