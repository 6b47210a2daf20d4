//! What the config wants of the market folder and what serves it, for `broaden market`.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Setup;
use crate::market::wanted::{Thing, Want};
use crate::market::{Breadth, Market, REFERENCE_FUND, rates};
use crate::model::{Position, Symbol};
use crate::report::checklist::{Checklist, Row};

/// Returns the checklist of a config over a market. `source` names the source that a fetch takes a thing from.
pub fn checklist(
    setup: &Setup,
    market: &Market,
    as_of: NaiveDate,
    source: impl Fn(&Thing) -> Option<String>,
) -> Checklist {
    let mut wants: Vec<(Want, String, f64)> = Vec::new();
    let mut add = |list: Vec<Want>, name: &str, weight: f64| {
        let part = weight / list.len().max(1) as f64;
        wants.extend(list.into_iter().map(|want| (want, name.to_owned(), part)));
    };
    for entry in &setup.signals.signals {
        // What is only for information asks for nothing that no other asks for, unless it is there.
        let name = entry.id.strip_prefix("signals.").unwrap_or(&entry.id);
        let information = entry.weight <= 0.0;
        let list = entry.wants().into_iter().filter(|want| !information || want.served(market).is_some()).collect();
        add(list, name, entry.weight);
    }
    for entry in &setup.signals.brakes {
        add(entry.wants(), &entry.id.replace("brakes.", "brake "), 0.0);
    }
    for driver in &setup.signals.drivers {
        add(vec![driver.wants()], &format!("driver {}", driver.name), 0.0);
    }
    let reference = Symbol::new(REFERENCE_FUND);
    let sleeves = &setup.rules.sleeves;
    for sleeve in &sleeves.sleeves {
        add(vec![Want::closes(&sleeve.symbol)], &format!("sleeve {}", sleeve.symbol), 0.0);
    }
    if !sleeves.sleeves.is_empty() {
        add(vec![Want::closes(&reference)], "sleeves", 0.0);
    }
    for (want, name) in unpriced(setup) {
        add(vec![want], &name, 0.0);
    }
    let mut rows: Vec<Row> = Vec::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (want, name, weight) in wants {
        let served = want.served(market);
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
