//! One signal or brake alone, over files given as text.

use super::*;
use crate::diagnostics::Source;

/// Configures exactly the tables of a text, without the defaults' signals and brakes.
pub fn setup(config: &str) -> (SignalSetup, Vec<String>) {
    let mut sink = Sink::default();
    let mut document = Document::defaults();
    document.root.entries.remove("signals");
    document.root.entries.remove("brakes");
    let own = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut Sink::default());
    for section in ["signals", "brakes"] {
        if let Some(node) = own.root.get(section) {
            let mut node = node.clone();
            if let crate::config::NodeValue::Table(table) = &mut node.value {
                table.entries.retain(|_, node| node.key_place.source.name == "broaden.toml");
            }
            document.root.entries.insert(section.to_owned(), node);
        }
    }
    let setup = configure(&document, &mut sink);
    (setup, sink.items.iter().map(|item| item.code.id.to_owned()).collect())
}

/// Returns the values of `[signals.probe]` on every session of the files.
pub fn values(table: &str, files: &[(&str, &str)]) -> Vec<Option<f64>> {
    let (market, _) = crate::market::layouts::testing::market(files);
    let (setup, problems) = setup(&format!("[signals.probe]\n{table}\n"));
    assert_eq!(setup.signals.len(), 1, "{problems:?}");
    let Some(last) = market.last_session() else { return Vec::new() };
    history(&setup, &market, last).signals[0].values.clone()
}

/// Returns the days of `[brakes.probe]` on every session of the files.
pub fn brake(table: &str, files: &[(&str, &str)]) -> Vec<BrakeDay> {
    let (market, _) = crate::market::layouts::testing::market(files);
    let (setup, problems) = setup(&format!("[brakes.probe]\n{table}\n"));
    assert_eq!(setup.brakes.len(), 1, "{problems:?}");
    let Some(last) = market.last_session() else { return Vec::new() };
    history(&setup, &market, last).brakes[0].days.clone()
}

/// Returns the codes of the problems of `[signals.probe]`.
pub fn problems(table: &str) -> Vec<String> {
    let codes = setup(&format!("[signals.probe]\n{table}\n")).1;
    codes.into_iter().filter(|code| code != "no-signals").collect()
}

/// Returns rows for so many weekdays from 2020-01-01, each with what a function gives.
pub fn weekdays(count: usize, cells: impl Fn(usize) -> String) -> String {
    let days = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap().iter_days();
    let days = days.filter(|day| crate::market::layouts::is_weekday(*day)).take(count);
    days.enumerate().map(|(index, day)| format!("{day},{}\n", cells(index))).collect()
}
