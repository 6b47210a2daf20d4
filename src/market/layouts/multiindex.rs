//! yfinance's `download(...).to_csv()`: two or three header lines, `Price,...` and `Ticker,...` in either order.

use std::collections::BTreeMap;

use super::{Head, Input, Layout, bars};
use crate::diagnostics::Sink;
use crate::market::cells::{self, DateOrder};
use crate::market::pieces::{Bars, Basis, Pieces};
use crate::market::text;

/// yfinance downloads.
pub const LAYOUT: Layout = Layout {
    id: "yfinance-download",
    doc: "yfinance's download saved as csv: `Price,Close,High,...` over `Ticker,SPY,SPY,...` over `Date,,,`. Its closes \
          contain the dividends unless there is an `Adj Close` column too.",
    recognises: |input| header(input).is_some(),
    read,
};

/// Field and ticker of each column, and the line of the last header row.
struct Columns {
    fields: Vec<String>,
    tickers: Vec<String>,
    last: usize,
}

fn header(input: &Input<'_>) -> Option<Columns> {
    let (mut fields, mut tickers, mut last) = (None, None, 0);
    for line in input.text.lines().take(6) {
        let cells = text::cells(line.text, b',');
        let first = cells.first().map(|cell| text::key(cell)).unwrap_or_default();
        if cells::stamp(cells.first().map_or("", |cell| cell), DateOrder::MonthFirst).is_some() {
            break;
        }
        match first.as_str() {
            "price" if fields.is_none() => fields = Some(cells.iter().map(|cell| text::key(cell)).collect()),
            "ticker" => tickers = Some(cells.iter().map(|cell| cell.to_string()).collect()),
            _ => {}
        }
        last = line.number;
    }
    Some(Columns { fields: fields?, tickers: tickers?, last })
}

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let Some(columns) = header(input) else { return };
    let body = Input {
        text: input.text,
        head: Head { line: columns.last, delimiter: b',', names: Vec::new(), keys: Vec::new(), date: Some(0) },
    };
    let rows = body.dated(sink);
    let mut symbols: BTreeMap<&str, (Option<usize>, Option<usize>)> = BTreeMap::new();
    for (index, (field, ticker)) in columns.fields.iter().zip(&columns.tickers).enumerate().skip(1) {
        let entry = symbols.entry(ticker.as_str()).or_default();
        match field.as_str() {
            "close" => entry.0 = Some(index),
            "adjclose" => entry.1 = Some(index),
            _ => {}
        }
    }
    for (name, (close, adjusted)) in symbols {
        if !name.is_empty() && (close.is_some() || adjusted.is_some()) {
            let basis = if adjusted.is_some() { Basis::Unadjusted } else { Basis::Adjusted };
            let mut bars = Bars::new(name, basis, input);
            bars::fill(input, &rows, close, adjusted, &mut bars, sink);
            pieces.add_bars(bars);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::model::Symbol;

    #[test]
    fn both_orders_of_the_header_lines_are_read() {
        for content in [
            "Price,Open,Close\nTicker,SPY,SPY\nDate,,\n2020-01-02,1,10.5\n2020-01-03,1,11\n",
            "Ticker,SPY,SPY\nPrice,Open,Close\nDate,,\n2020-01-02,1,10.5\n2020-01-03,1,11\n",
        ] {
            let (market, codes) = market(&[("x.csv", content)]);
            let series = market.returns(&Symbol::new("SPY")).unwrap_or_else(|| panic!("{codes:?}"));
            assert_eq!(series.values, [105_000_000_000, 110_000_000_000]);
            assert!(codes.iter().any(|code| code == "note market-adjusted-only"), "{codes:?}");
        }
    }
}
