//! What the config wants of the market folder and what serves it, for `broaden market`.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Setup;
use crate::market::wanted::{Thing, Want};
use crate::market::{Breadth, MacroSeries, Market, REFERENCE_FUND, rates};
use crate::model::{Position, Symbol};
use crate::proposal::MissingData;
use crate::report::checklist::{Checklist, Row};
use crate::signals;

/// Returns the checklist of a config over a market. `source` names the source that a fetch takes a thing from.
pub fn checklist(
    setup: &Setup,
    market: &Market,
    as_of: NaiveDate,
    source: impl Fn(&Thing) -> Option<String>,
) -> Checklist {
    let mut wants: Vec<(Want, String, f64, Vec<String>)> = Vec::new();
    let mut add = |list: Vec<Want>, name: &str, weight: f64, inputs: &[String]| {
        let part = weight / list.len().max(1) as f64;
        wants.extend(list.into_iter().map(|want| (want, name.to_owned(), part, inputs.to_vec())));
    };
    // Which of several things a signal or brake goes by is its own to say.
    let history = signals::history(&setup.signals, market, as_of);
    for (entry, track) in setup.signals.signals.iter().zip(&history.signals) {
        // What is only for information asks for nothing that no other asks for, unless it is there.
        let name = entry.id.strip_prefix("signals.").unwrap_or(&entry.id);
        let information = entry.weight <= 0.0;
        let list = entry.wants().into_iter().filter(|want| !information || want.served(market).is_some()).collect();
        add(list, name, entry.weight, &track.inputs);
    }
    for (entry, track) in setup.signals.brakes.iter().zip(&history.brakes) {
        add(entry.wants(), &entry.id.replace("brakes.", "brake "), 0.0, &track.inputs);
    }
    for driver in &setup.signals.drivers {
        let series = market.macro_series(&driver.read(market, as_of).series);
        let inputs = series.map(MacroSeries::files).unwrap_or_default();
        add(vec![driver.wants()], &format!("driver {}", driver.name), 0.0, &inputs);
    }
    let reference = Symbol::new(REFERENCE_FUND);
    let sleeves = &setup.rules.sleeves;
    for sleeve in &sleeves.sleeves {
        add(vec![Want::closes(&sleeve.symbol)], &format!("sleeve {}", sleeve.symbol), 0.0, &[]);
    }
    if !sleeves.sleeves.is_empty() {
        add(vec![Want::closes(&reference)], "sleeves", 0.0, &[]);
    }
    for (want, name) in unpriced(setup) {
        add(vec![want], &name, 0.0, &[]);
    }
    let mut rows: Vec<Row> = Vec::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (want, name, weight, inputs) in wants {
        let served = want.used(market, &inputs).or_else(|| want.served(market));
        let (thing, files, last) = match &served {
            Some((thing, served)) => (*thing, served.files.clone(), Some(served.last)),
            None => (&want.thing, Vec::new(), None),
        };
        used.extend(files.iter().cloned());
        let save_as = thing.save_as();
        if let Some(row) = rows.iter_mut().find(|row| row.save_as == save_as && row.what == thing.words()) {
            row.weight += weight;
            if !row.wanted_for.contains(&name) {
                row.wanted_for.push(name);
            }
            continue;
        }
        let fetch = std::iter::once(thing).chain([&want.thing]).chain(&want.or).find_map(&source);
        rows.push(Row {
            wanted_for: vec![name],
            what: thing.words(),
            weight,
            files,
            last,
            age_days: last.map(|last| (as_of - last).num_days()),
            save_as,
            thing: thing.clone(),
            by_hand: thing.by_hand(),
            fetch,
        });
    }
    rows.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let held: BTreeSet<String> = setup
        .portfolio
        .accounts
        .iter()
        .flat_map(|account| &account.positions)
        .filter_map(|position| position.canonical.as_ref().map(ToString::to_string))
        .collect();
    // Breadth that is only for information, and prices of what is held, are of use.
    let useful = |what: &String| held.contains(what) || *what == Breadth::Unchanged.name();
    let unused = market
        .taken()
        .into_iter()
        .filter(|(file, what)| !used.contains(*file) && !what.iter().any(useful))
        .map(|(file, what)| (file.to_owned(), listed(&what)))
        .collect();
    Checklist { as_of, rows, unused }
}

/// What prices the holdings whose exports print no price, and what values those that are not in dollars.
fn unpriced(setup: &Setup) -> BTreeSet<(Want, String)> {
    let accounts = || setup.portfolio.accounts.iter();
    let positions = || accounts().flat_map(|account| &account.positions);
    let is_unpriced = |position: &&Position| position.is_unpriced();
    let closes = positions().filter(is_unpriced).filter_map(|position| position.canonical.as_ref());
    let closes = closes.map(|symbol| (Want::closes(symbol), format!("price of {symbol}")));
    let held = positions().filter(|position| position.details.value_base.is_none());
    let held = held.map(|position| position.currency.as_str());
    let cash = accounts().flat_map(|account| &account.cash).map(|(currency, _)| currency.as_str());
    let rates = held
        .chain(cash)
        .filter_map(|currency| Some((Want::series(rates::series_of(currency)?), format!("rate of {currency}"))));
    closes.chain(rates).collect()
}

fn listed(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    format!("{}{}", first.join(", "), if names.len() > 5 { ", ..." } else { "" })
}

/// Returns what the config wants of the market and no file has.
pub(super) fn missing(setup: &Setup, market: &Market, as_of: NaiveDate) -> Vec<MissingData> {
    let list = checklist(setup, market, as_of, |_| None);
    let missing = list.missing().map(|row| MissingData {
        save_as: row.save_as.clone(),
        wanted_for: row.wanted_for.clone(),
        weight: row.weight,
        by_hand: row.by_hand.clone(),
    });
    missing.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{Sink, Source};
    use crate::model::RawFile;
    use crate::pipeline::{self, Inputs};

    /// Of two sources the table names the one that is gone by, and the other is what nothing uses: the Sahm indicator before
    /// the rate it is made of, a driver's series before its fallback, a panel of stocks before the ready-made percent.
    #[test]
    fn the_file_named_is_the_one_that_is_used() {
        let config = "[sleeves]\ntotal = \"0%\"\n";
        let months = |from: i32, to: i32, value: &str| -> String {
            (from..=to)
                .flat_map(|year| (1..=12).map(move |month| (year, month)))
                .map(|(year, month)| format!("{year}-{month:02}-01,{value}\n"))
                .collect()
        };
        let days: Vec<String> = {
            let first: NaiveDate = "2023-01-02".parse().unwrap();
            first
                .iter_days()
                .filter(|day| !matches!(day.format("%u").to_string().as_str(), "6" | "7"))
                .take(400)
                .map(|day| day.to_string())
                .collect()
        };
        let stocks: String = (0..60).map(|stock| format!(",S{stock}")).collect();
        let rows = |cells: &str| days.iter().map(|day| format!("{day}{cells}\n")).collect::<String>();
        let files = [
            ("SAHMREALTIME.csv", format!("observation_date,SAHMREALTIME\n{}", months(2022, 2024, "0.1"))),
            ("UNRATE.csv", format!("observation_date,UNRATE\n{}2025-01-01,4\n", months(2022, 2024, "4"))),
            ("DFF.csv", format!("observation_date,DFF\n{}", rows(",5"))),
            ("FEDFUNDS.csv", format!("observation_date,FEDFUNDS\n{}2025-01-01,5\n", months(2022, 2024, "5"))),
            ("stocks.csv", format!("date{stocks}\n{}", rows(&",10".repeat(60)))),
            ("S5TH.csv", format!("Date,Close\n{}", rows(",50"))),
            ("SPY.csv", format!("Date,Close\n{}", rows(",400"))),
        ];
        let raw: Vec<RawFile> = files.into_iter().map(|(name, text)| RawFile::new(name, text.into_bytes())).collect();
        let inputs = Inputs {
            config: Some(Source::file("broaden.toml", config)),
            today: "2025-02-10".parse().unwrap(),
            ..Inputs::default()
        };
        let mut sink = Sink::default();
        let setup = pipeline::configure(&inputs, &mut sink);
        let market = crate::market::load_with(&raw, &setup.given, &mut sink);
        let list = checklist(&setup, &market, inputs.today, |_| None);
        let files_of = |name: &str| {
            let rows = list.rows.iter().filter(|row| row.wanted_for.iter().any(|own| own == name));
            rows.flat_map(|row| row.files.clone()).collect::<Vec<_>>()
        };
        assert_eq!(files_of("brake sahm"), ["SAHMREALTIME.csv"], "{:?}", sink.items);
        assert_eq!(files_of("driver rates"), ["DFF.csv"]);
        assert_eq!(files_of("breadth-200"), ["stocks.csv"]);
        let unused: Vec<&str> = list.unused.iter().map(|(file, _)| file.as_str()).collect();
        assert_eq!(unused, ["FEDFUNDS.csv", "S5TH.csv", "UNRATE.csv"]);
    }
}
