//! What the config can want of a market folder: under which name to save it, where it is to be had, what serves it.

use chrono::NaiveDate;

use super::{Breadth, Market};
use crate::model::Symbol;

/// Something to be in the market folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// Daily closes of a symbol.
    Closes(Symbol),
    /// An economic series, by its FRED id.
    Series(String),
    /// A ready-made series of breadth.
    Ready(Breadth),
    /// Closes of the stocks of an index.
    Panel,
}

/// What one signal, brake, driver or sleeve needs: a thing, or any of the others in its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    /// The usual one, which is asked for when none is there.
    pub thing: Thing,
    /// What serves as well.
    pub or: Vec<Thing>,
}

impl From<Thing> for Want {
    fn from(thing: Thing) -> Want {
        Want { thing, or: Vec::new() }
    }
}

impl Want {
    /// Returns the want of closes of a symbol.
    pub fn closes(symbol: &Symbol) -> Want {
        Thing::Closes(symbol.clone()).into()
    }
    /// Returns the want of an economic series.
    pub fn series(id: &str) -> Want {
        Thing::Series(super::macros::canonical(id)).into()
    }
    /// Returns the wants of counting advances and declines.
    pub fn advances() -> Vec<Want> {
        let or = vec![Thing::Panel, Thing::Ready(Breadth::Net), Thing::Ready(Breadth::Line)];
        [Breadth::Advances, Breadth::Declines].map(|kind| Want { thing: Thing::Ready(kind), or: or.clone() }).to_vec()
    }
    /// Returns what of it serves somebody who says which files or series are used; of several things in one file the first.
    pub fn used(&self, market: &Market, inputs: &[String]) -> Option<(&Thing, Served)> {
        let all = std::iter::once(&self.thing).chain(&self.or);
        let found = all.filter_map(|thing| Some((thing, thing.served(market)?)));
        let is_used = |served: &Served| served.files.iter().any(|file| inputs.contains(file));
        found.into_iter().find(|(_, served)| is_used(served))
    }
    /// Returns what serves it, and until when: of several the one that reaches furthest.
    pub fn served(&self, market: &Market) -> Option<(&Thing, Served)> {
        let all = std::iter::once(&self.thing).chain(&self.or);
        let found = all.filter_map(|thing| Some((thing, thing.served(market)?)));
        // Of those that reach as far the first.
        found.reduce(|best, next| if next.1.last > best.1.last { next } else { best })
    }
}

/// What serves a want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The files.
    pub files: Vec<String>,
    /// The last day or period with a value.
    pub last: NaiveDate,
}

/// The tickers of ready-made breadth, as Barchart has them.
const TICKERS: [(Breadth, &str, &str); 6] = [
    (Breadth::PercentAbove(200), "S5TH", "percent of S&P 500 stocks above their 200-day average"),
    (Breadth::PercentAbove(100), "S5OH", "percent of S&P 500 stocks above their 100-day average"),
    (Breadth::PercentAbove(50), "S5FI", "percent of S&P 500 stocks above their 50-day average"),
    (Breadth::PercentAbove(20), "S5TW", "percent of S&P 500 stocks above their 20-day average"),
    (Breadth::Advances, "NSHU", "advancing stocks of the NYSE"),
    (Breadth::Declines, "NSHD", "declining stocks of the NYSE"),
];

impl Thing {
    fn ticker(&self) -> Option<(&'static str, &'static str)> {
        let Thing::Ready(wanted) = self else { return None };
        TICKERS.iter().find(|(kind, ..)| kind == wanted).map(|(_, ticker, words)| (*ticker, *words))
    }

    /// Returns what it is, in words.
    pub fn words(&self) -> String {
        match self {
            Thing::Closes(symbol) => format!("daily closes of {symbol}"),
            Thing::Series(id) => format!("the series {id} of FRED"),
            Thing::Ready(kind) => self.ticker().map_or_else(|| kind.name(), |(_, words)| words.to_owned()),
            Thing::Panel => "daily closes of the stocks of an index".to_owned(),
        }
    }

    /// Returns whether its name is one that a site can have: it becomes part of an address and of the name of a file, and
    /// comes from a config or an export.
    pub fn is_plain(&self) -> bool {
        let is_name = |name: &str, marks: &[char]| {
            name.chars().all(|letter| letter.is_ascii_alphanumeric() || marks.contains(&letter))
                && name.starts_with(|first: char| first.is_ascii_alphanumeric())
                && name.len() <= 64
        };
        match self {
            Thing::Closes(symbol) => is_name(symbol.as_str(), &['.', '-', '/']),
            Thing::Series(id) => is_name(id, &['_', '-']),
            Thing::Ready(_) | Thing::Panel => true,
        }
    }

    /// Returns the name to save it under.
    pub fn save_as(&self) -> String {
        match self {
            Thing::Closes(symbol) => format!("{}.csv", symbol.as_str().replace(['.', '/'], "-")),
            Thing::Series(id) => format!("{id}.csv"),
            Thing::Ready(_) => self.ticker().map_or_else(|| "stocks.csv".to_owned(), |(name, _)| format!("{name}.csv")),
            Thing::Panel => "stocks.csv".to_owned(),
        }
    }

    /// Returns where it is to be had by hand, with the way through the site.
    pub fn by_hand(&self) -> String {
        match self {
            Thing::Closes(symbol) => format!(
                "nasdaq.com, {symbol}, Historical Quotes, MAX, Download Data; or investing.com, {symbol}, Historical Data, Download"
            ),
            Thing::Series(id) if id == "VIXCLS" => {
                "cboe.com, VIX, Historical Data, VIX_History.csv; or fred.stlouisfed.org/series/VIXCLS, Download, CSV"
                    .to_owned()
            }
            Thing::Series(id) => format!("fred.stlouisfed.org/series/{id}, Download, CSV (data)"),
            Thing::Ready(Breadth::PercentAbove(window)) if self.ticker().is_some() => format!(
                "barchart.com, ${}, Price History, Download; or investing.com, \"S&P 500 Stocks Above {window}-Day Average\", Historical Data, Download",
                self.ticker().map_or("", |(ticker, _)| ticker)
            ),
            Thing::Ready(_) => match self.ticker() {
                Some((ticker, _)) => {
                    format!("barchart.com, ${ticker}, Price History, Download (a free account has one a day)")
                }
                None => Thing::Panel.by_hand(),
            },
            Thing::Panel => {
                "no site has them in one file; `broaden fetch --constituents` gets those of the S&P 500".to_owned()
            }
        }
    }

    /// Returns the files that have it and its last day.
    pub fn served(&self, market: &Market) -> Option<Served> {
        match self {
            Thing::Closes(symbol) => {
                let last = market.returns(symbol)?.dates.last().copied()?;
                Some(Served { files: market.files_of(symbol).to_vec(), last })
            }
            Thing::Series(id) => {
                let series = market.macro_series(id)?;
                let rows = series.vintages.iter().flat_map(|vintage| &vintage.rows);
                let last = rows.filter(|row| row.value.is_some()).map(|row| row.reference).max()?;
                Some(Served { files: series.files(), last })
            }
            Thing::Ready(kind) => {
                let series = market.breadth(*kind)?;
                Some(Served { files: series.files.clone(), last: series.dates.last().copied()? })
            }
            Thing::Panel => {
                let panel = market.panel().filter(|panel| panel.is_universe())?;
                Some(Served { files: panel.files.clone(), last: panel.sessions.last().copied()? })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::layouts::testing::market;

    #[test]
    fn what_is_saved_under_the_name_asked_for_serves_the_want() {
        let day = "2026-11-20".parse::<NaiveDate>().ok();
        let spy = Symbol::new("SPY");
        for want in [Want::closes(&spy), Want::series("unrate"), Want::series("VIXCLS")]
            .into_iter()
            .chain(TICKERS.iter().map(|(kind, ..)| Thing::Ready(*kind).into()))
        {
            let content = match &want.thing {
                Thing::Series(id) => format!("observation_date,{id}\n2026-11-20,15\n"),
                _ => "Date,Close\n2026-11-20,50\n".to_owned(),
            };
            let name = want.thing.save_as();
            let (market, codes) = market(&[(&name, &content)]);
            let (_, served) = want.served(&market).unwrap_or_else(|| panic!("{name} {codes:?}"));
            assert_eq!((served.files, Some(served.last)), (vec![name], day));
        }
    }
}
