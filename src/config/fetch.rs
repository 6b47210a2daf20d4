//! `[fetch]`: the addresses of the sources of market data, for a mirror or another place of the same files.

use std::collections::BTreeMap;

use super::{Document, Fields, Kind, Node, NodeValue, Param, Table, WRONG_TYPE};
use crate::diagnostics::{Diagnostic, Sink};

/// Keys of `[fetch]`: an address a source, and the files with the keys of two.
pub const PARAMS: &[Param] = &[
    Param::with_default("fred", Kind::Text, "\"https://fred.stlouisfed.org\"", "Economic series."),
    Param::with_default("cboe", Kind::Text, "\"https://cdn.cboe.com\"", "The history of the VIX."),
    Param::with_default("yahoo", Kind::Text, "\"https://query1.finance.yahoo.com\"", "Daily closes."),
    Param::with_default(
        "nasdaq",
        Kind::Text,
        "\"https://api.nasdaq.com\"",
        "Daily closes, where the first does not answer.",
    ),
    Param::with_default(
        "tiingo",
        Kind::Text,
        "\"https://api.tiingo.com\"",
        "Daily closes, before the two without a key, where there is a key.",
    ),
    Param::with_default(
        "alphavantage",
        Kind::Text,
        "\"https://www.alphavantage.co\"",
        "The last hundred daily closes, after the others, where there is a key.",
    ),
    Param::optional(
        "tiingo-key-file",
        Kind::Text,
        "A file in the household's folder, readable by you alone, with the key of Tiingo; or BROADEN_TIINGO_KEY in the environment.",
    ),
    Param::optional(
        "alphavantage-key-file",
        Kind::Text,
        "The same for Alpha Vantage; or BROADEN_ALPHAVANTAGE_KEY in the environment.",
    ),
    Param::with_default(
        "breadth",
        Kind::Text,
        "\"https://raw.githubusercontent.com/tradermonty/market-breadth-analysis/main/market_breadth_data.csv\"",
        "Percent of stocks above their 200-day average; the whole address of the table.",
    ),
    Param::with_default(
        "members",
        Kind::Text,
        "\"https://raw.githubusercontent.com/fja05680/sp500/master/sp500_ticker_start_end.csv\"",
        "Members of the S&P 500 with their days; the whole address of the table.",
    ),
    Param::with_default(
        "companies",
        Kind::Text,
        "\"https://raw.githubusercontent.com/datasets/s-and-p-500-companies/main/data/constituents.csv\"",
        "The members of today, where the other table cannot be had; the whole address.",
    ),
    Param::with_default(
        "unicorn",
        Kind::Text,
        "\"https://unicorn.us.com\"",
        "Advances and declines of the NYSE from 1965 to February 2020; asked only where `sources` names it.",
    ),
    Param::optional(
        "diary",
        Kind::Text,
        "Where the market diary of the NYSE is asked for advances and declines of the last two sessions, which are added to nyse-diary.csv. The terms of the usual address, \"https://www.wsj.com\", forbid programs: without this key nobody is asked.",
    ),
    Param::optional(
        "sources",
        Kind::Table,
        "Which sources to ask for a series or ticker, in this order: { SPY = [\"nasdaq\", \"yahoo\"], NSHU = \"unicorn\" }.",
    ),
];

/// The sources that can be chosen.
const SOURCES: [&str; 8] = ["fred", "cboe", "yahoo", "nasdaq", "tiingo", "alphavantage", "breadth", "unicorn"];

/// Where each source is, where its key is kept, and which are chosen for what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    of: Vec<(&'static str, String)>,
    chosen: BTreeMap<String, Vec<String>>,
}

impl Addresses {
    /// Returns the address of a source; empty for one that is not known.
    pub fn of(&self, source: &str) -> &str {
        self.of.iter().find(|(name, _)| *name == source).map_or("", |(_, address)| address)
    }

    /// Returns the sources chosen for a series or ticker, in the order to be asked.
    pub fn chosen(&self, name: &str) -> Option<&[String]> {
        self.chosen.get(&name.to_uppercase()).map(Vec::as_slice)
    }
}

/// Reads `[fetch]`. Every problem is pushed to the sink.
pub fn configure(document: &Document, sink: &mut Sink) -> Addresses {
    let none = Table::default();
    let place = document.root.get("fetch").map(|node| node.key_place.clone());
    let fields = Fields::new(document.root.table("fetch").unwrap_or(&none), "fetch", place, PARAMS, sink);
    let texts = PARAMS.iter().filter(|param| param.kind == Kind::Text);
    let of = texts.filter_map(|param| Some((param.name, fields.text(param.name)?))).collect();
    let mut chosen = BTreeMap::new();
    let asked = document.root.table("fetch").and_then(|table| table.table("sources")).unwrap_or(&none);
    for (name, node) in &asked.entries {
        let list = match &node.value {
            NodeValue::List(list) => list.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let word = |node: &Node| match &node.value {
            NodeValue::Text(word) if SOURCES.contains(&word.as_str()) => Some(word.clone()),
            _ => None,
        };
        match list.iter().map(word).collect::<Option<Vec<String>>>() {
            Some(words) => drop(chosen.insert(name.to_uppercase(), words)),
            None => sink.push(
                Diagnostic::error(WRONG_TYPE, format!("`sources` of [fetch] names no source for {name}"))
                    .at(node.place.clone())
                    .hint(format!("write one or a list of {}", SOURCES.join(", "))),
            ),
        }
    }
    Addresses { of, chosen }
}
