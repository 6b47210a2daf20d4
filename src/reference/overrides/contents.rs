//! What the user says a fund holds: `sectors`, `holdings`, `tech`.

use std::collections::BTreeMap;

use crate::config::{Fields, IMPOSSIBLE_VALUE, NodeValue, Table};
use crate::diagnostics::{Diagnostic, Sink};
use crate::model::{Sector, Symbol};
use crate::reference::{CONTENTS_SUM, Contents, Held, Holding, Registry, sector_named, themes};
use crate::units::{Money, NumberStyle, Weight, parse_number};

/// A list of holdings that names this much of a fund is taken as the whole.
const FULL_LIST: f64 = 0.98;

/// Returns the contents of a fund with the user's keys over what was known.
pub(crate) fn read(
    before: Option<Contents>,
    symbol: &Symbol,
    table: &Table,
    from_file: bool,
    registry: &Registry,
    fields: &mut Fields,
) -> Option<Contents> {
    let tech = fields.weight("tech").map(|weight| weight.0);
    let (sectors, holdings) = (table.table("sectors"), table.table("holdings"));
    if sectors.is_none() && holdings.is_none() && tech.is_none() {
        return before;
    }
    let mut own = before.unwrap_or_default();
    if sectors.is_some() || holdings.is_some() || own.pool.is_empty() {
        (own.pool, own.as_of) = (symbol.to_string(), fields.date("as-of"));
    }
    if let Some(weights) = sectors {
        (own.sectors, own.non_equity, own.cash) = (BTreeMap::new(), 0.0, 0.0);
        read_sectors(weights, &mut own, fields.sink());
        // A full list of an issuer's file stands, and the weights place what it does not classify; else they are the
        // fund's, and the table's constituents have to fit.
        own.full_list &= from_file;
        if !own.full_list {
            fit(&mut own, registry);
        }
    }
    if let Some(weights) = holdings {
        let held = |(key, weight): (String, f64)| Holding { what: Held::Symbol(Symbol::new(&key), None), weight };
        own.holdings = read_weights(weights, "holdings", fields.sink()).into_iter().map(held).collect();
        own.full_list = own.holdings.iter().map(|holding| holding.weight).sum::<f64>() >= FULL_LIST;
        own.closed = false;
        if own.full_list && sectors.is_none() {
            // A full list says more than the table's sector weights: what has no sector stays unclassified.
            (own.sectors, own.non_equity, own.cash) = (BTreeMap::new(), 0.0, 0.0);
        }
    }
    if let Some(tech) = tech {
        own.tech = Some(tech);
        if own.sectors.is_empty() && own.holdings.is_empty() {
            own.sectors.insert(Sector::InformationTechnology, tech);
        }
    }
    Some(own)
}

fn read_sectors(table: &Table, own: &mut Contents, sink: &mut Sink) {
    for (key, weight) in read_weights(table, "sectors", sink) {
        match (key.as_str(), sector_named(&key)) {
            (_, Some(sector)) => *own.sectors.entry(sector).or_default() += weight,
            ("bonds" | "bond" | "other" | "commodities", _) => own.non_equity += weight,
            ("cash", _) => own.cash += weight,
            _ => {
                if let Some(node) = table.get(&key) {
                    sink.push(themes::unknown_sector(&key).at(node.key_place.clone()));
                }
            }
        }
    }
}

/// Makes the holdings known from the table fit sector weights given by the user, who knows better.
fn fit(contents: &mut Contents, registry: &Registry) {
    let sector = |holding: &Holding| match &holding.what {
        Held::Symbol(symbol, in_file) => registry.get(symbol).and_then(|known| known.sector).or(*in_file),
        _ => None,
    };
    let mut named: BTreeMap<Sector, f64> = BTreeMap::new();
    contents.holdings.retain(|holding| sector(holding).is_some());
    for holding in &contents.holdings {
        if let Some(sector) = sector(holding) {
            *named.entry(sector).or_default() += holding.weight;
        }
    }
    for holding in &mut contents.holdings {
        if let Some(sector) = sector(holding) {
            let room = contents.sectors.get(&sector).copied().unwrap_or(0.0);
            let named = named.get(&sector).copied().unwrap_or(0.0);
            holding.weight *= if named > room { room / named } else { 1.0 };
        }
    }
}

/// Reads `{ KEY = "30%", ... }`; more than the whole is scaled down with a warning.
fn read_weights(table: &Table, name: &str, sink: &mut Sink) -> Vec<(String, f64)> {
    let mut weights = Vec::new();
    for (key, node) in &table.entries {
        let value = match &node.value {
            NodeValue::Text(text) => text
                .trim()
                .strip_suffix('%')
                .and_then(|percent| parse_number(percent, NumberStyle::Point).ok().flatten())
                .map(|percent| Money(percent).to_f64() / 100.0),
            NodeValue::Number(number) => number.parse::<f64>().ok(),
            _ => None,
        };
        match value {
            Some(weight) if (0.0..=1.0).contains(&weight) => weights.push((key.clone(), weight)),
            _ => sink.push(
                Diagnostic::error(IMPOSSIBLE_VALUE, format!("`{key}` in `{name}` takes a weight from 0% to 100%"))
                    .at(node.place.clone())
                    .hint("weights are written \"30%\" or 0.3"),
            ),
        }
    }
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    if total > 1.0 + 1e-9 {
        if total > 1.02 {
            let place = table.entries.values().next().map(|node| node.key_place.clone());
            let problem = Diagnostic::warning(
                CONTENTS_SUM,
                format!("the weights in `{name}` add up to {}", Weight(total).percent()),
            )
            .hint("they are scaled to 100%; correct the one that is too large");
            sink.push(match place {
                Some(place) => problem.at(place),
                None => problem,
            });
        }
        weights.iter_mut().for_each(|(_, weight)| *weight /= total);
    }
    weights
}
