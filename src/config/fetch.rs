//! `[fetch]`: the addresses of the sources of market data, for a mirror or another place of the same files.

use super::{Document, Fields, Kind, Param, Table};
use crate::diagnostics::Sink;

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
];

/// Where each source is, and where its key is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses(Vec<(&'static str, String)>);

impl Addresses {
    /// Returns the address of a source; empty for one that is not known.
    pub fn of(&self, source: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == source).map_or("", |(_, address)| address)
    }
}

/// Reads `[fetch]`. Every problem is pushed to the sink.
pub fn configure(document: &Document, sink: &mut Sink) -> Addresses {
    let none = Table::default();
    let place = document.root.get("fetch").map(|node| node.key_place.clone());
    let fields = Fields::new(document.root.table("fetch").unwrap_or(&none), "fetch", place, PARAMS, sink);
    Addresses(PARAMS.iter().filter_map(|param| Some((param.name, fields.text(param.name)?))).collect())
}
