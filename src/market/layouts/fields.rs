//! A wide table of bars, a column per ticker and field: `AAPL.Open,AAPL.Close` (quantmod), `Close_AAPL` (yfinance with
//! its header lines joined).

use std::collections::BTreeMap;

use super::{Input, Layout, bars, splits};
use crate::diagnostics::Sink;
use crate::market::names;
use crate::market::pieces::{Bars, Basis, Pieces};
use crate::market::text;

/// Bars of many tickers in one row.
pub const LAYOUT: Layout = Layout {
    id: "wide-bars",
    doc: "A column per ticker and field, `AAPL.Open,AAPL.Close,...`, `AAPL_Close` or `Close AAPL`: the closes are used, \
          and the adjusted ones where there are any.",
    recognises: |input| columns(input).is_some(),
    read,
};

const CLOSE: [&str; 2] = ["close", "price"];
const ADJUSTED: [&str; 3] = ["adjclose", "adjusted", "adjustedclose"];
const OTHERS: [&str; 5] = ["open", "high", "low", "volume", "vwap"];

/// Columns of the close and of the adjusted close, by ticker.
type Closes<'a> = BTreeMap<&'a str, (Option<usize>, Option<usize>)>;

/// Finds those columns; `None` unless every column has a ticker and a field.
fn columns<'a>(input: &'a Input<'_>) -> Option<Closes<'a>> {
    let date = input.head.date?;
    let mut found = Closes::new();
    for (index, name) in input.head.names.iter().enumerate().skip(date + 1).filter(|(_, name)| !name.is_empty()) {
        let (ticker, field) = split(name)?;
        let entry = found.entry(ticker).or_default();
        match () {
            () if CLOSE.contains(&field.as_str()) => entry.0 = Some(index),
            () if ADJUSTED.contains(&field.as_str()) => entry.1 = Some(index),
            () => {}
        }
    }
    found.values().any(|(close, adjusted)| close.or(*adjusted).is_some()).then_some(found)
}

/// Takes `AAPL.Open` or `Close AAPL` apart.
fn split(name: &str) -> Option<(&str, String)> {
    let is_field = |key: &String| [&CLOSE[..], &ADJUSTED, &OTHERS].concat().contains(&key.as_str());
    let separators = name.char_indices().filter(|(_, c)| matches!(c, '.' | '_' | ' ' | ':'));
    separators.map(|(at, _)| (name.get(..at).unwrap_or(""), name.get(at + 1..).unwrap_or(""))).find_map(
        |(before, after)| {
            let behind = Some((before, text::key(after))).filter(|(ticker, key)| !ticker.is_empty() && is_field(key));
            let ahead = || Some((after, text::key(before))).filter(|(ticker, key)| !ticker.is_empty() && is_field(key));
            behind.or_else(ahead)
        },
    )
}

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let rows = input.dated(sink);
    for (ticker, (close, adjusted)) in columns(input).unwrap_or_default() {
        let basis = match adjusted {
            Some(_) => Basis::Unadjusted,
            None => Basis::said_by(&input.text.comments(), input.stem()),
        };
        if close.or(adjusted).is_some() {
            let mut bars = Bars::new(names::plain(ticker), basis, input);
            bars::fill(input, &rows, close, adjusted, &mut bars, sink);
            splits::by_adjusted(&mut bars, sink);
            pieces.add_bars(bars);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::model::Symbol;

    #[test]
    fn only_the_closes_of_every_spelling_are_used() {
        for head in
            ["AAPL.Open,AAPL.Close,AAPL.Volume", "Open_AAPL,Close_AAPL,Volume_AAPL", "Open AAPL,Close AAPL,Volume AAPL"]
        {
            let content = format!("Date,{head}\n2020-01-02,9,10,1000\n2020-01-03,9,11,1000\n");
            let (market, codes) = market(&[("x.csv", &content)]);
            assert_eq!(
                market.closes(&Symbol::new("AAPL")).unwrap().values,
                [100_000_000_000, 110_000_000_000],
                "{codes:?}"
            );
            assert_eq!(market.panel().map_or(0, |panel| panel.columns.len()), 1);
        }
    }

    #[test]
    fn a_class_of_shares_is_not_a_field() {
        assert_eq!(super::split("BRK.B"), None);
        assert_eq!(super::split("BRK.B.Close"), Some(("BRK.B", "close".to_owned())));
    }
}
