//! Economic series: FRED and ALFRED downloads, the Chicago Fed's NFCI, and plain `date,value` files.

use super::{Input, Layout};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::market::cells;
use crate::market::macros::{self, MacroRow};
use crate::market::pieces::Pieces;
use crate::market::{BAD_CELLS, NO_SYMBOL};
use chrono::NaiveDate;

/// FRED and its relatives.
pub const LAYOUT: Layout = Layout {
    id: "macro-series",
    doc: "`observation_date,UNRATE` as FRED saves it (older files `DATE,UNRATE`), ALFRED's `UNRATE_20260103`, several \
          series in one file, the Chicago Fed's NFCI file, or `Date,Value` named after its series (`NFCI.csv`). A date \
          in the file name (`UNRATE_2026-01-03.csv`) is the day the vintage was saved.",
    recognises: |input| {
        let head = &input.head;
        let Some(date) = head.date else { return false };
        let known = || head.names.iter().skip(date + 1).filter(|name| macros::is_known(split_vintage(name).0)).count();
        let fred = head.keys.get(date).is_some_and(|key| key == "observationdate" || key == "fridayofweek");
        fred || (head.keys.len() == date + 2 && head.keys.last().is_some_and(|key| key == "value"))
            || known() > 0 && known() + date + 1 == head.names.len()
    },
    read,
};

/// Splits `NFCI_20230714` or `CPIAUCSL_2025-12-13` into the series and the day it was saved.
pub fn split_vintage(name: &str) -> (&str, Option<NaiveDate>) {
    if let Some((id, date)) = name.rsplit_once('_')
        && let Some(stamp) = cells::stamp(date, cells::DateOrder::MonthFirst)
    {
        return (id, Some(stamp.date));
    }
    (name, None)
}

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let head = &input.head;
    let rows = input.dated(sink);
    let date = head.date.unwrap_or(0);
    let (stem, saved) = split_vintage(input.stem());
    let mut bad = None;
    for (column, name) in head.names.iter().enumerate().skip(date + 1) {
        let (id, vintage) = if name.eq_ignore_ascii_case("value") {
            match series_hint(stem) {
                Some(id) => (id, saved),
                None => {
                    let message = "neither the content nor the name of this file says which series it holds";
                    let hint = "name it after its series, for example NFCI.csv or UNRATE.csv";
                    sink.push(Diagnostic::warning(NO_SYMBOL, message).at(Place::whole(&input.text.source)).hint(hint));
                    return;
                }
            }
        } else {
            let (id, vintage) = split_vintage(name);
            (id.to_owned(), vintage.or(saved))
        };
        let mut values: Vec<MacroRow> = Vec::with_capacity(rows.len());
        for row in &rows {
            let value = cells::number(row.cell(column)).unwrap_or_else(|_| {
                bad.get_or_insert(row.line);
                None
            });
            values.push(MacroRow { reference: row.stamp.date, value, available: None });
        }
        pieces.add_macro(&id, vintage, input.name(), values);
    }
    if let Some(line) = bad {
        let message = "cells of this file are not numbers and are read as missing, the first in this line";
        sink.push(Diagnostic::warning(BAD_CELLS, message).at(Place::line(&input.text.source, line)));
    }
}

/// Returns the series that a file name hints at: the known one it contains, else the name itself if it looks like one.
fn series_hint(stem: &str) -> Option<String> {
    let upper = stem.to_uppercase();
    let known = upper.split(['_', '-', ' ', '.']).find(|token| macros::is_known(token)).map(str::to_owned);
    known.or_else(|| {
        let plain =
            (2..=20).contains(&stem.len()) && stem.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        plain.then(|| stem.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;

    #[test]
    fn every_spelling_of_a_series_is_read() {
        for (name, content) in [
            ("a.csv", "observation_date,UNRATE\n2025-09-01,4.4\n2025-10-01,\n2025-11-01,4.5\n"),
            ("a.csv", "DATE,UNRATE\r\n2025-09-01,4.4\r\n2025-10-01,.\r\n2025-11-01,4.5\r\n"),
            ("UNRATE.csv", "Date,Value\n2025-09-01,4.4\n2025-11-01,4.5\n"),
            ("fred_unrate.csv", "date,value\n2025-09-01,4.4\n2025-11-01,4.5\n"),
            ("a.csv", "observation_date,UNRATE_20260103\n2025-09-01,4.4\n2025-11-01,4.5\n"),
        ] {
            let (market, codes) = market(&[(name, content)]);
            let series = market.macro_series("UNRATE").unwrap_or_else(|| panic!("{content} {codes:?}"));
            let known = series.known("2026-02-01".parse().unwrap());
            let values: Vec<f64> = known.rows.iter().filter_map(|row| row.value).collect();
            assert_eq!(values, [4.4, 4.5], "{content}");
        }
    }

    #[test]
    fn a_chicago_fed_file_holds_several_series() {
        let content =
            "Friday_of_Week,NFCI,ANFCI,Risk\n06/26/2026,-0.505,-0.492,-0.592\n07/03/2026,-0.515,-0.506,-0.594\n";
        let (market, _) = market(&[("nfci-data-series-csv.csv", content)]);
        assert!(market.macro_series("NFCI").is_some() && market.macro_series("ANFCI").is_some());
    }

    #[test]
    fn a_nameless_series_and_text_are_reported() {
        assert_eq!(market(&[("my numbers.csv", "date,value\n2025-09-01,4.4\n")]).1, ["warning market-no-symbol"]);
        let (_, codes) = market(&[("a.csv", "observation_date,UNRATE\n2025-09-01,x\n")]);
        assert_eq!(codes, ["warning market-bad-cells"]);
    }
}
