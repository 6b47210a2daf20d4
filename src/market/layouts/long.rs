//! Long tables: one row per symbol and day (Stooq bulk, `date,symbol,close`), or per series and period
//! (`series,ref,value,available_at`).

use std::collections::BTreeMap;

use super::{Input, Layout, Row, bars};
use crate::diagnostics::{Place, Sink};
use crate::market::cells;
use crate::market::dates::{self, DateOrder};
use crate::market::macros::{MacroRow, Vintage};
use crate::market::names;
use crate::market::pieces::Pieces;

/// Long price tables.
pub const PRICES: Layout = Layout {
    id: "long-prices",
    doc: "One row per symbol and day: Stooq's bulk files (`<TICKER>,<PER>,<DATE>,...`, `SPY.US`), or `date,symbol,close`.",
    recognises: |input| {
        let head = &input.head;
        let close = head.column(&bars::CLOSE).or(head.column(&bars::ADJUSTED));
        head.date.is_some() && head.column(&SYMBOL).is_some() && close.is_some()
    },
    read: read_prices,
};

/// Long macro tables with their own release dates.
pub const SERIES: Layout = Layout {
    id: "long-series",
    doc: "One row per series and period: `series,ref,value,available_at` with an optional `vintage`; the dates of release \
          are then the file's own.",
    recognises: |input| input.head.has(&["series", "value"]) && input.head.column(&REFERENCE).is_some(),
    read: read_series,
};

/// `Name` is that of Kaggle's table of the S&P 500.
const SYMBOL: [&str; 5] = ["ticker", "symbol", "tic", "stock", "name"];
const REFERENCE: [&str; 5] = ["ref", "date", "reference", "referenceperiod", "observationdate"];

fn read_prices(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let column = input.head.column(&SYMBOL).unwrap_or(0);
    let mut by_symbol: BTreeMap<String, Vec<Row<'_>>> = BTreeMap::new();
    for row in input.dated(sink) {
        let name = names::plain(row.cell(column)).to_owned();
        if !name.is_empty() {
            by_symbol.entry(name).or_default().push(row);
        }
    }
    for (name, rows) in by_symbol {
        bars::read_symbol(input, &rows, &name, pieces, sink);
    }
}

fn read_series(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let head = &input.head;
    let column = |names: &[&str]| head.column(names);
    let (series, value) = (column(&["series"]).unwrap_or(0), column(&["value"]).unwrap_or(0));
    let (available, vintage) =
        (column(&["availableat", "available", "released"]), column(&["vintage", "realtimestart"]));
    let with_date = Input {
        text: input.text,
        head: super::Head {
            line: head.line,
            delimiter: head.delimiter,
            names: head.names.clone(),
            keys: head.keys.clone(),
            date: column(&REFERENCE),
        },
    };
    let rows = with_date.dated(sink);
    let date = |row: &Row<'_>, column: Option<usize>| {
        column.and_then(|column| dates::stamp(row.cell(column), DateOrder::MonthFirst)).map(|stamp| stamp.date)
    };
    let mut tables: BTreeMap<(String, Option<chrono::NaiveDate>), Vec<MacroRow>> = BTreeMap::new();
    for row in &rows {
        let id = row.cell(series).to_owned();
        let value = cells::number(row.cell(value)).unwrap_or(None);
        let entry = MacroRow { reference: row.stamp.date, value, available: date(row, available) };
        tables.entry((id, date(row, vintage))).or_default().push(entry);
    }
    for ((id, saved), rows) in tables {
        let vintage = Vintage { saved, file: input.name().to_owned(), rows, partial: false };
        pieces.add_macro(&id, vintage, Some(Place::whole(&input.text.source)));
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::model::Symbol;

    #[test]
    fn bulk_prices_are_split_by_symbol() {
        let content = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\r\n\
                       SPY.US,D,20261001,000000,10,11,9,10.5,1000,0\r\nRSP.US,D,20261001,000000,1,1,1,7.5,1,0\r\n";
        let (market, _) = market(&[("bulk.txt", content)]);
        let price = |symbol: &str| market.price(&Symbol::new(symbol), "2026-10-01".parse().unwrap()).unwrap().1;
        assert_eq!((price("SPY").to_string(), price("RSP").to_string()), ("10.5".to_owned(), "7.5".to_owned()));
    }

    #[test]
    fn a_series_may_carry_its_own_release_dates() {
        let content =
            "series,ref,value,available_at\nUNRATE,2024-06-01,4.1,2024-07-05\nUNRATE,2024-07-01,4.3,2024-08-20\n";
        let (market, _) = market(&[("macro.csv", content)]);
        let count = |day: &str| market.macro_series("UNRATE").unwrap().known(day.parse().unwrap()).rows.len();
        assert_eq!((count("2024-07-04"), count("2024-07-05"), count("2024-08-19"), count("2024-08-20")), (0, 1, 1, 2));
    }
}
