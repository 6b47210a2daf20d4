//! yfinance's `download(...).to_csv()` and its relatives: header lines of fields and of tickers, in either order.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Head, Input, Layout, bars};
use crate::diagnostics::Sink;
use crate::market::dates::{self, DateOrder};
use crate::market::pieces::{Bars, Basis, Pieces};
use crate::market::{names, text};

/// yfinance downloads.
pub const LAYOUT: Layout = Layout {
    id: "yfinance-download",
    doc: "yfinance's download saved as csv: `Price,Close,High,...` over `Ticker,SPY,SPY,...` over `Date,,,`, in any \
          order, with lines said twice or an index column. Its closes contain the dividends unless there is an `Adj \
          Close` column too. `Ticker,SPY,RSP` over `Date,,` are closes alone.",
    recognises: |input| header(input).is_some(),
    read,
};

/// Field and ticker of each column, the column of the date, and the line of the last header row.
struct Columns {
    fields: Vec<String>,
    tickers: Vec<String>,
    date: usize,
    last: usize,
}

/// Most header lines that a file may begin with.
const LONGEST: usize = 6;
const CLOSES: [&str; 2] = ["close", "adjclose"];
const OTHER_FIELDS: [&str; 8] = ["open", "high", "low", "volume", "price", "dividends", "stocksplits", "capitalgains"];

fn header(input: &Input<'_>) -> Option<Columns> {
    let mut rows: Vec<Vec<Cow<'_, str>>> = Vec::new();
    let (mut last, mut date) = (0, None);
    for line in input.text.lines().take(LONGEST + 1) {
        if line.text.len() > text::LONGEST_HEADER {
            return None;
        }
        let cells = text::cells(line.text, b',');
        // Beside an index column the date is the second cell.
        date = (0..2)
            .find(|column| cells.get(*column).is_some_and(|cell| dates::stamp(cell, DateOrder::MonthFirst).is_some()));
        if date.is_some() {
            break;
        }
        last = line.number;
        rows.push(cells);
    }
    let date = date.filter(|_| rows.len() >= 2)?;
    let keys = |row: &[Cow<'_, str>]| row.iter().skip(date + 1).map(|cell| text::key(cell)).collect::<Vec<String>>();
    let is_field = |key: &String| CLOSES.contains(&key.as_str()) || OTHER_FIELDS.contains(&key.as_str());
    let fields = rows.iter().find(|row| keys(row).iter().any(|key| CLOSES.contains(&key.as_str())));
    let tickers = rows.iter().find(|row| {
        let keys = keys(row);
        let first = row.get(date).map(|cell| text::key(cell)).unwrap_or_default();
        matches!(first.as_str(), "ticker" | "tickers" | "symbol" | "symbols" | "")
            && keys.iter().any(|key| !key.is_empty())
            && !keys.iter().any(is_field)
    });
    // Without a line of tickers the file's name says whose prices they are.
    let named = || {
        let first = fields.and_then(|row| row.get(date)).map(|cell| text::key(cell));
        let hint = names::symbol_hint(input.stem()).filter(|_| first.as_deref() == Some("price"))?;
        Some(rows.first()?.iter().map(|_| Cow::Owned(hint.clone())).collect::<Vec<Cow<'_, str>>>())
    };
    let tickers = tickers.cloned().or_else(named)?;
    // A name that stands once over several columns is written in the first of them.
    let mut current = String::new();
    let mut spread = |cell: &Cow<'_, str>| {
        if !cell.is_empty() {
            current = cell.to_string();
        }
        current.clone()
    };
    let tickers: Vec<String> = match fields {
        Some(_) => tickers.iter().skip(date + 1).map(&mut spread).collect(),
        None => tickers.iter().skip(date + 1).map(|cell| cell.to_string()).collect(),
    };
    let fields = match fields {
        Some(fields) => keys(fields),
        None => tickers.iter().map(|_| CLOSES.first().map_or_else(String::new, |close| (*close).to_owned())).collect(),
    };
    Some(Columns { fields, tickers, date, last })
}

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let Some(columns) = header(input) else { return };
    let head =
        Head { line: columns.last, delimiter: b',', names: Vec::new(), keys: Vec::new(), date: Some(columns.date) };
    let body = Input { text: input.text, head };
    let rows = body.dated(sink);
    let mut symbols: BTreeMap<&str, (Option<usize>, Option<usize>)> = BTreeMap::new();
    for (index, (field, ticker)) in columns.fields.iter().zip(&columns.tickers).enumerate() {
        let entry = symbols.entry(names::plain(ticker)).or_default();
        let column = index + columns.date + 1;
        match field.as_str() {
            "close" => entry.0 = Some(column),
            "adjclose" => entry.1 = Some(column),
            _ => {}
        }
    }
    let closes_alone = columns.fields.iter().all(|field| field == "close");
    for (name, (close, adjusted)) in symbols {
        if !name.is_empty() && (close.is_some() || adjusted.is_some()) {
            let basis = match () {
                () if adjusted.is_some() => Basis::Unadjusted,
                () if closes_alone => Basis::said_by(&input.text.comments(), input.stem()),
                () => Basis::Adjusted,
            };
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
    fn every_order_of_the_header_lines_is_read() {
        for content in [
            "Price,Open,Close\nTicker,SPY,SPY\nDate,,\n2020-01-02,1,10.5\n2020-01-03,1,11\n",
            "Ticker,SPY,SPY\nPrice,Open,Close\nDate,,\n2020-01-02,1,10.5\n2020-01-03,1,11\n",
            "Price,Open,Close\nTicker,SPY,SPY\nPrice,Open,Close\nDate,,\n2020-01-02,1,10.5\n2020-01-03,1,11\n",
            "Price,Price,Open,Close\nTicker,Ticker,SPY,SPY\nDate,Date,,\n0,2020-01-02,1,10.5\n1,2020-01-03,1,11\n",
            ",SPY,\n,Open,Close\nDate,,\n2020-01-02,1,10.5\n2020-01-03,1,11\n",
        ] {
            let (market, codes) = market(&[("x.csv", content)]);
            let series = market.returns(&Symbol::new("SPY")).unwrap_or_else(|| panic!("{content} {codes:?}"));
            assert_eq!(series.values, [105_000_000_000, 110_000_000_000], "{content}");
            assert!(codes.iter().any(|code| code == "note market-adjusted-only"), "{codes:?}");
        }
    }

    #[test]
    fn the_file_s_name_serves_where_no_line_has_the_ticker() {
        let content = "Price,Close,Open\nDate,,\n2020-01-02,10.5,1\n";
        assert!(market(&[("SPY.csv", content)]).0.returns(&Symbol::new("SPY")).is_some());
        assert_eq!(market(&[("my prices.csv", content)]).1, ["warning market-unrecognised"]);
    }

    #[test]
    fn closes_of_several_tickers_alone_and_both_kinds_of_closes_are_told_apart() {
        let (alone, codes) = market(&[("x.csv", "Ticker,RSP,SPY\nDate,,\n2020-01-02,50,100\n2020-01-03,51,101\n")]);
        assert_eq!(alone.closes(&Symbol::new("RSP")).unwrap().values.len(), 2, "{codes:?}");
        let both = "Price,Adj Close,Close\nTicker,SPY,SPY\nDate,,\n2020-01-02,9,10.5\n";
        let (both, _) = market(&[("x.csv", both)]);
        let spy = Symbol::new("SPY");
        assert_eq!(both.closes(&spy).unwrap().values, [105_000_000_000]);
        assert_eq!(both.returns(&spy).unwrap().values, [90_000_000_000]);
    }
}
