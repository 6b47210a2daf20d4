//! A wide panel: one row per session, one column per ticker (`date,AAPL,MSFT,...`).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Dropped, Input, Layout, bars, is_weekday, last_sensible};
use crate::diagnostics::{Diagnostic, Place, Sink, counted};
use crate::market::cells::{self, NONE};
use crate::market::dates::{self, DateOrder};
use crate::market::macros::{self, MacroRow, Vintage};
use crate::market::pieces::{Basis, Pieces, is_sparse};
use crate::market::special::{self, Special};
use crate::market::text::Line;
use crate::market::{BAD_CELLS, BAD_ROWS, DUPLICATES, IMPOSSIBLE, NON_SESSIONS, halves, names, text, universe};
use crate::model::Symbol;

/// Wide panels of closes.
pub const LAYOUT: Layout = Layout {
    id: "wide-panel",
    doc: "A table of closes, `date,TICKER1,TICKER2,...`, blank where there was no price. `# adjusted closes` in a first \
          line, or `adj` in the file's name, says that dividends are worked into the closes.",
    recognises: |input| {
        input.head.date.is_some_and(|date| {
            let names = || input.head.names.iter().skip(date + 1);
            names().len() > 0 && names().all(|name| looks_like_ticker(name)) && !has_bars(names().map(|name| &**name))
        })
    },
    read,
};

/// A wide file as read: rows in date order, a column of scaled closes per ticker.
#[derive(Clone, Debug, Default)]
pub struct WideFile {
    /// The file's name.
    pub name: String,
    /// What its closes are.
    pub basis: Basis,
    /// The rows.
    pub sessions: Vec<NaiveDate>,
    /// The columns, each as long as the rows; [`NONE`] where blank.
    pub columns: BTreeMap<Symbol, Vec<i64>>,
    /// Columns that are certainly no stocks: indices (`$SPX`), and heads that no ticker has (`us_ppi_yoy`).
    pub others: BTreeSet<Symbol>,
    /// For diagnostics.
    pub place: Option<Place>,
}

/// Words of bars that are no tickers. `LOW` and `OPEN` are, so two words are needed, and a table of few columns.
const BAR_WORDS: [&str; 12] = [
    "open",
    "high",
    "low",
    "close",
    "adjclose",
    "volume",
    "vol",
    "dividend",
    "dividends",
    "nav",
    "closingprice",
    "totalreturn",
];

/// Returns whether a table has the columns of bars, so that its columns are no tickers whatever the close is called.
fn has_bars<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    names.filter(|name| BAR_WORDS.contains(&text::key(name).as_str())).count() >= 2
}

fn looks_like_ticker(name: &str) -> bool {
    let body = name.trim_start_matches(['^', '$']);
    name.is_empty()
        || !body.is_empty()
            && body.len() <= 16
            && body.chars().all(|c| c.is_ascii_alphanumeric() || ".-/ =_:^".contains(c))
}

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let source = &input.text.source;
    let delimiter = input.head.delimiter;
    let date_column = input.head.date.unwrap_or(0);
    let names: Vec<&str> = input.head.names.iter().skip(date_column + 1).map(|name| &**name).collect();
    let prices: Vec<bool> = names.iter().map(|name| meaning(name).is_none()).collect();
    let lines: Vec<Line<'_>> = input.rows().collect();
    // Only files that are not ISO need a look at all dates to tell day from month.
    let iso = |line: &str| date_column == 0 && line.as_bytes().get(..10).and_then(dates::iso).is_some();
    let order = if lines.iter().all(|line| iso(line.text)) {
        dates::DateOrder::MonthFirst
    } else {
        let first = |line: &str| text::cells(line, delimiter).get(date_column).map(|cell| cell.to_string());
        let dates: Vec<String> = lines.iter().filter_map(|line| first(line.text)).collect();
        input.order(dates.iter().map(String::as_str), sink)
    };
    let form = Form { delimiter, date_column, order, prices: &prices };
    let (early, late) = lines.split_at(lines.len() / 2);
    let (mut rows, late) = halves::both((&early, &late), |lines| form.read(lines));
    rows.append(late);
    let Rows { sessions, columns, dropped, weekend, bad } = rows;
    dropped.report(input, sink);
    input.report_empty(sessions.is_empty() && weekend.is_empty(), date_column, sink);
    bad.report(input, sink);
    if let Some(date) = weekend.first() {
        let message =
            format!("{} on a Saturday or Sunday left out, the first {date}", counted(weekend.len(), "row", "rows"));
        sink.push(Diagnostic::note(NON_SESSIONS, message).at(Place::whole(source)));
    }
    let special = add_special(input, &names, pieces, order);
    let mut by_symbol: BTreeMap<Symbol, Vec<i64>> = BTreeMap::new();
    let mut others = BTreeSet::new();
    for (name, column) in names.iter().zip(columns) {
        if name.is_empty() || special.contains(name) {
            continue;
        }
        let symbol = Symbol::new(names::plain(name).trim_start_matches('$'));
        if name.starts_with(['$', '^']) || !names::can_be_stock(names::plain(name)) {
            others.insert(symbol.clone());
        }
        if by_symbol.contains_key(&symbol) {
            let message = format!("{symbol} has more than one column; the first is used");
            sink.push(Diagnostic::warning(DUPLICATES, message).at(Place::line(source, input.head.line)));
            continue;
        }
        by_symbol.insert(symbol, column);
    }
    let basis = Basis::said_by(&input.text.comments(), input.stem());
    let place = Some(Place::whole(source));
    let mut file = WideFile { name: input.name().to_owned(), basis, sessions, columns: by_symbol, others, place };
    file.sort(sink);
    if let Some(last) = last_sensible(file.sessions.clone()) {
        let until = file.sessions.partition_point(|day| *day <= last);
        if let Some(day) = file.sessions.get(until) {
            let message =
                format!("{day} lies years after {last}, the last of the other days: a mistyped year; left out");
            sink.push(Diagnostic::warning(BAD_ROWS, message).at(Place::whole(source)));
        }
        file.sessions.truncate(until);
        file.columns.values_mut().for_each(|column| column.truncate(until));
    }
    if is_sparse(&file.sessions) {
        sink.push(bars::weekly(input));
        return;
    }
    if let Some(what) = file.other_than_closes(input.stem()) {
        let message = format!("{what}, not closes; the file is not used");
        sink.push(Diagnostic::warning(IMPOSSIBLE, message).at(Place::whole(source)));
        return;
    }
    pieces.wide.push(file);
}

/// What is known about the rows of a file.
struct Form<'a> {
    delimiter: u8,
    date_column: usize,
    order: DateOrder,
    /// Columns of closes; the others are read for themselves.
    prices: &'a [bool],
}

/// Rows as read.
struct Rows {
    sessions: Vec<NaiveDate>,
    columns: Vec<Vec<i64>>,
    dropped: Dropped,
    weekend: Vec<NaiveDate>,
    bad: BadCells,
}

impl Rows {
    fn append(&mut self, mut later: Rows) {
        self.sessions.append(&mut later.sessions);
        self.columns.iter_mut().zip(&mut later.columns).for_each(|(column, later)| column.append(later));
        self.weekend.append(&mut later.weekend);
        self.dropped.append(&later.dropped);
        self.bad.append(&later.bad);
    }
}

impl Form<'_> {
    fn read(&self, lines: &[Line<'_>]) -> Rows {
        let column = || Vec::with_capacity(2 * lines.len() + 1);
        let mut rows = Rows {
            sessions: Vec::with_capacity(2 * lines.len() + 1),
            columns: self.prices.iter().map(|_| column()).collect(),
            dropped: Dropped::default(),
            weekend: Vec::new(),
            bad: BadCells::default(),
        };
        for line in lines {
            self.row(line, &mut rows);
        }
        rows
    }

    fn row(&self, line: &Line<'_>, rows: &mut Rows) {
        let unquoted;
        let bytes = if line.text.contains('"') {
            // Thousands separators inside quotes: rebuilt without them, so that one loop reads every file.
            // The comma of `Nov 02, 2026` belongs to the date, which is put as ISO.
            let separator = char::from(self.delimiter);
            let parts = text::cells(line.text, self.delimiter).into_iter().enumerate().map(|(index, cell)| {
                let date = (index == self.date_column).then(|| dates::stamp(&cell, self.order)).flatten();
                date.map_or_else(|| cell.replace(separator, ""), |stamp| stamp.date.to_string())
            });
            unquoted = parts.collect::<Vec<_>>().join(&separator.to_string());
            unquoted.as_bytes()
        } else {
            line.text.as_bytes()
        };
        let mut cells = cells::Cells::new(bytes, self.delimiter);
        let cell = std::iter::from_fn(|| cells.next_bytes()).nth(self.date_column).unwrap_or_default();
        let stamp = || dates::stamp(std::str::from_utf8(cell).unwrap_or_default(), self.order);
        let Some(date) = dates::iso(cell).or_else(|| stamp().map(|stamp| stamp.date)) else {
            rows.dropped.undated(line.number);
            return;
        };
        rows.dropped.dated(line.number);
        if !is_weekday(date) {
            rows.weekend.push(date);
            return;
        }
        rows.sessions.push(date);
        for (column, is_price) in rows.columns.iter_mut().zip(self.prices) {
            let close = cells.next_close();
            column.push(close.unwrap_or_else(|| if *is_price { rows.bad.add(line.number) } else { NONE }));
        }
    }
}

/// Returns what a column is that holds no prices.
fn meaning(name: &str) -> Option<Special> {
    special::meaning(name).or_else(|| macros::known_id(name).map(Special::Macro))
}

/// Takes the columns out that are no prices: economic series and ready-made breadth between the funds.
fn add_special<'a>(input: &Input<'_>, names: &[&'a str], pieces: &mut Pieces, order: DateOrder) -> Vec<&'a str> {
    let date_column = input.head.date.unwrap_or(0);
    let place = || Some(Place::whole(&input.text.source));
    let found: Vec<(usize, &str, Special)> = (names.iter().enumerate())
        .filter_map(|(index, name)| Some((date_column + 1 + index, *name, meaning(name)?)))
        .collect();
    for (column, name, special) in &found {
        let value = |line: &str| {
            let cells = text::cells(line, input.head.delimiter);
            let date = dates::stamp(cells.get(date_column)?, order)?.date;
            Some((date, cells::number(cells.get(*column)?).ok()??)).filter(|(date, _)| is_weekday(*date))
        };
        let mut values: Vec<(NaiveDate, f64)> = input.rows().filter_map(|line| value(line.text)).collect();
        values.sort_by_key(|(date, _)| *date);
        match special {
            Special::Breadth(kind) => {
                pieces.add_breadth((*kind, Some(special::exchange(name))), input.name(), place(), values);
            }
            Special::Macro(id) => {
                let row = |(reference, value)| MacroRow { reference, value: Some(value), available: None };
                let rows = values.into_iter().map(row).collect();
                pieces.add_macro(id, Vintage { file: input.name().to_owned(), rows, ..Vintage::default() }, place());
            }
        }
    }
    found.into_iter().map(|(_, name, _)| name).collect()
}

/// Words at the end of a file's name that say what its columns hold.
const CONTENTS: [&str; 10] =
    ["open", "opens", "high", "highs", "low", "lows", "volume", "volumes", "returns", "dividends"];
/// Nearly all volumes are larger, and whole.
const SMALLEST_VOLUME: i64 = 10_000 * cells::SCALE;

impl WideFile {
    /// Returns what a table of many names holds where those are no closes: by its name, or by its numbers.
    fn other_than_closes(&self, stem: &str) -> Option<String> {
        if self.columns.len() < universe::SMALLEST {
            return None;
        }
        let lower = stem.to_lowercase();
        let mut words = lower.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
        if let Some(word) = words.next_back().filter(|word| CONTENTS.contains(word)) {
            return Some(format!("its name says that its columns are `{word}`"));
        }
        let closes = || self.columns.values().flatten().filter(|close| **close != NONE);
        let volumes = closes().filter(|close| **close >= SMALLEST_VOLUME && **close % cells::SCALE == 0).count();
        (volumes * 10 > closes().count() * 9)
            .then(|| "nearly all of its numbers are whole and large, as volumes are".to_owned())
    }

    /// Brings the rows into date order and merges rows of the same day. Cells of one day that disagree become blank.
    fn sort(&mut self, sink: &mut Sink) {
        if self.sessions.is_sorted_by(|a, b| a < b) {
            return;
        }
        let mut order: Vec<usize> = (0..self.sessions.len()).collect();
        order.sort_by_key(|index| self.sessions.get(*index));
        let sorted: Vec<NaiveDate> = order.iter().filter_map(|index| self.sessions.get(*index).copied()).collect();
        let mut disagree: Option<(NaiveDate, Symbol)> = None;
        for (symbol, column) in &mut self.columns {
            let (mut merged, mut refused, mut previous) = (Vec::with_capacity(sorted.len()), false, None);
            for (date, index) in sorted.iter().zip(&order) {
                let close = column.get(*index).copied().unwrap_or(NONE);
                if previous != Some(*date) {
                    merged.push(close);
                    (previous, refused) = (Some(*date), false);
                } else if let Some(last) = merged.last_mut() {
                    if *last == NONE && !refused {
                        *last = close;
                    } else if close != NONE && close != *last {
                        (*last, refused) = (NONE, true);
                        disagree.get_or_insert((*date, symbol.clone()));
                    }
                }
            }
            *column = merged;
        }
        let mut unique = sorted.clone();
        unique.dedup();
        if unique.len() < sorted.len() {
            let mut diagnostic = match &disagree {
                Some((date, symbol)) => Diagnostic::warning(
                    DUPLICATES,
                    format!("days occur twice with different closes, first {symbol} on {date}; those are not used"),
                ),
                None => Diagnostic::note(
                    DUPLICATES,
                    format!(
                        "merged: {}",
                        counted(
                            sorted.len() - unique.len(),
                            "repeated row that says the same",
                            "repeated rows that say the same"
                        )
                    ),
                ),
            };
            diagnostic.place = self.place.clone();
            sink.push(diagnostic);
        }
        self.sessions = unique;
    }
}

/// Cells that hold neither a price nor a blank.
#[derive(Default)]
struct BadCells {
    count: usize,
    first: usize,
}

impl BadCells {
    fn add(&mut self, line: usize) -> i64 {
        if self.count == 0 {
            self.first = line;
        }
        self.count += 1;
        NONE
    }
    fn append(&mut self, later: &BadCells) {
        if self.count == 0 {
            self.first = later.first;
        }
        self.count += later.count;
    }
    fn report(&self, input: &Input<'_>, sink: &mut Sink) {
        if self.count > 0 {
            let cells = counted(self.count, "cell is no price and is", "cells are no prices and are");
            let message = format!("{cells} read as missing, the first in this line");
            sink.push(Diagnostic::warning(BAD_CELLS, message).at(Place::line(&input.text.source, self.first)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;

    #[test]
    fn a_panel_is_read_whatever_its_order_and_spelling() {
        let plain = "date,AAA,BRK-B\n2020-01-02,10.5,\n2020-01-03,11,200\n";
        let turned =
            ",Date,AAA,BRK/B\r\n2,01/13/2020,12,\r\n1,01/03/2020,\"$1,1\",200\r\n0,01/02/2020,10.50,N/A\r\n,,,\r\n"
                .replace("$1,1", "$11");
        let (first, codes) = market(&[("p.csv", plain)]);
        assert_eq!(codes.iter().filter(|c| c.contains("bad")).count(), 0);
        let (second, _) = market(&[("p.csv", &turned)]);
        let (first, second) = (first.panel().unwrap(), second.panel().unwrap());
        assert_eq!(first.sessions[..], second.sessions[..2]);
        assert_eq!(first.columns[1].symbol.as_str(), "BRK.B");
        assert_eq!(first.columns[1].closes, [0, 2_000_000_000_000]);
        assert_eq!(second.columns[0].closes, [105_000_000_000, 110_000_000_000, 120_000_000_000]);
    }

    #[test]
    fn series_between_the_funds_go_where_they_belong() {
        let content = "date,SPY,T10Y2Y,$S5TH,VIX\n2020-01-02,300,-0.25,55.5,12\n2020-01-03,301,-0.5,.,13\n";
        let (read, codes) = market(&[("all.csv", content)]);
        assert_eq!(read.closes(&crate::model::Symbol::new("SPY")).unwrap().values.len(), 2);
        let known = read.macro_series("T10Y2Y").unwrap().known("2020-02-01".parse().unwrap());
        assert_eq!(known.rows.iter().filter_map(|row| row.value).collect::<Vec<f64>>(), [-0.25, -0.5]);
        assert_eq!(read.breadth(crate::market::Breadth::PercentAbove(200)).unwrap().values, [55.5]);
        assert!(read.macro_series("VIXCLS").is_some() && !codes.iter().any(|c| c.contains("bad")), "{codes:?}");
    }

    #[test]
    fn exchanges_in_the_header_are_taken_off() {
        let (read, _) = market(&[("p.csv", "date,NYSE:JPM,AAPL.US\n2020-01-02,100,75\n")]);
        let names: Vec<&str> = read.panel().unwrap().columns.iter().map(|c| c.symbol.as_str()).collect();
        assert_eq!(names, ["AAPL", "JPM"]);
    }

    #[test]
    fn repeated_days_are_merged_or_refused() {
        let (same, codes) = market(&[("p.csv", "date,AAA\n2020-01-02,10\n2020-01-02,10\n2020-01-03,11\n")]);
        assert!(codes.contains(&"note market-duplicates".to_owned()), "{codes:?}");
        assert_eq!(same.panel().unwrap().columns[0].closes.len(), 2);
        let (differ, codes) =
            market(&[("p.csv", "date,AAA\n2020-01-02,10\n2020-01-02,12\n2020-01-02,12\n2020-01-03,11\n")]);
        assert!(codes.contains(&"warning market-duplicates".to_owned()), "{codes:?}");
        assert_eq!(differ.panel().unwrap().columns[0].closes, [0, 110_000_000_000]);
    }

    #[test]
    fn days_and_months_that_nothing_tells_apart_are_reported() {
        let (_, codes) = market(&[("p.csv", "date,AAA\n05/06/2025,10\n")]);
        assert!(codes.contains(&"warning market-ambiguous-dates".to_owned()), "{codes:?}");
    }

    #[test]
    fn weekend_rows_and_text_are_left_out() {
        let (read, codes) =
            market(&[("p.csv", "date,AAA\n2020-01-03,10\n2020-01-04,10\n2020-01-06,x\n2020-01-07,9\n")]);
        assert_eq!(read.panel().unwrap().sessions.len(), 3);
        for code in ["note market-non-sessions", "warning market-bad-cells"] {
            assert!(codes.iter().any(|found| found == code), "{code} in {codes:?}");
        }
    }
}
