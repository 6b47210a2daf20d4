//! Economic series: FRED and ALFRED downloads, the Chicago Fed's NFCI, and plain `date,value` files.

use std::collections::BTreeMap;

use super::{Input, Layout};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::market::macros::{self, MacroRow, Period, Vintage};
use crate::market::names::series_hint;
use crate::market::pieces::Pieces;
use crate::market::{BAD_CELLS, NO_SYMBOL};
use crate::market::{cells, dates};
use chrono::NaiveDate;

/// FRED and its relatives.
pub const LAYOUT: Layout = Layout {
    id: "macro-series",
    doc: "`observation_date,UNRATE` as FRED saves it (older files `DATE,UNRATE`), ALFRED's `UNRATE_20260103`, several \
          series in one file, ALFRED's files with all vintages (`realtime_start`), the Chicago Fed's NFCI file, or `Date,Value` named after its series (`NFCI.csv`). A date \
          in the file name (`UNRATE_2026-01-03.csv`) is the day the vintage was saved.",
    recognises: |input| {
        let head = &input.head;
        let Some(date) = head.date else { return false };
        let known = || head.names.iter().skip(date + 1).filter(|name| macros::is_known(split_vintage(name).0)).count();
        let dated = head.keys.get(date).map(String::as_str);
        let fred = matches!(dated, Some("observationdate" | "fridayofweek" | "periodstartdate"))
            || head.column(&REALTIME).is_some();
        fred || (head.keys.len() == date + 2 && head.keys.last().is_some_and(|key| key == "value"))
            || known() > 0 && known() + date + 1 == head.names.len()
    },
    read,
};

/// Splits `NFCI_20230714` or `CPIAUCSL_2025-12-13` into the series and the day it was saved.
pub fn split_vintage(name: &str) -> (&str, Option<NaiveDate>) {
    if let Some((id, date)) = name.rsplit_once('_')
        && let Some(stamp) = dates::stamp(date, dates::DateOrder::MonthFirst)
    {
        return (id, Some(stamp.date));
    }
    (name, None)
}

/// Columns of ALFRED's files with all vintages: the days on which a value began and ceased to be the newest.
const REALTIME: [&str; 2] = ["realtimestart", "realtimestartdate"];

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let head = &input.head;
    let rows = input.dated(sink);
    let date = head.date.unwrap_or(0);
    let (stem, saved) = split_vintage(input.stem());
    let realtime = head.column(&REALTIME);
    let mut bad = None;
    for (column, name) in head.names.iter().enumerate() {
        if column == date
            || column < date && realtime.is_none()
            || name.is_empty()
            || is_realtime(head.keys.get(column))
        {
            continue;
        }
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
        let mut vintages: BTreeMap<Option<NaiveDate>, Vec<MacroRow>> = BTreeMap::new();
        for row in &rows {
            let value = cells::number(row.cell(column)).unwrap_or_else(|_| {
                bad.get_or_insert(row.line);
                None
            });
            let reference = row.stamp.date;
            if value.is_none() && !on_its_grid(&id, reference, head.names.len() - date) {
                continue;
            }
            let began = realtime.and_then(|column| dates::stamp(row.cell(column), dates::DateOrder::MonthFirst));
            let began = began.map(|stamp| stamp.date);
            vintages.entry(began.or(vintage)).or_default().push(MacroRow { reference, value, available: began });
        }
        if bad.is_none() && !vintages.is_empty() && vintages.values().flatten().all(|row| row.value.is_none()) {
            let message = format!("{id} has no value in this file, so what depends on it is unknown");
            sink.push(Diagnostic::warning(BAD_CELLS, message).at(Place::whole(&input.text.source)));
        }
        let partial = realtime.is_some();
        for (saved, rows) in vintages {
            let vintage = Vintage { saved, file: input.name().to_owned(), rows, partial };
            pieces.add_macro(&id, vintage, Some(Place::whole(&input.text.source)));
        }
    }
    if let Some(line) = bad {
        let message = "cells of this file are not numbers and are read as missing, the first in this line";
        sink.push(Diagnostic::warning(BAD_CELLS, message).at(Place::line(&input.text.source, line)));
    }
}

fn is_realtime(key: Option<&String>) -> bool {
    key.is_some_and(|key| key.starts_with("realtime"))
}

/// Returns whether a blank of a series is a period without a value. In a file of several series it may only be a row
/// that another, more frequent one needs.
fn on_its_grid(id: &str, day: NaiveDate, columns: usize) -> bool {
    let alone = columns <= 2;
    alone
        || match macros::period(id) {
            Some(Period::Monthly) => chrono::Datelike::day(&day) == 1,
            Some(Period::Daily) => true,
            Some(Period::Weekly) | None => false,
        }
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
    fn several_series_of_different_frequency_share_a_file() {
        let content = "observation_date,UNRATE,T10Y2Y\n2025-09-01,4.4,0.5\n2025-09-02,,0.6\n2025-10-01,,0.7\n2025-11-03,,0.8\n2025-11-01,4.5,\n";
        let (market, codes) = market(&[("fredgraph.csv", content)]);
        let rows = |id: &str| market.macro_series(id).unwrap().known("2026-02-01".parse().unwrap()).rows.into_owned();
        let rate: Vec<(String, Option<f64>)> =
            rows("UNRATE").iter().map(|row| (row.reference.to_string(), row.value)).collect();
        let month = |day: &str, value| (day.to_owned(), value);
        assert_eq!(rate, [month("2025-09-01", Some(4.4)), month("2025-10-01", None), month("2025-11-01", Some(4.5))]);
        assert_eq!(rows("T10Y2Y").iter().filter_map(|row| row.value).count(), 4, "{codes:?}");
    }

    #[test]
    fn every_vintage_of_a_file_counts_from_its_own_day() {
        for content in [
            "observation_date,PAYEMS_20250207,PAYEMS_20260211\n2025-01-01,159111,158952\n",
            "period_start_date,PAYEMS,realtime_start_date,realtime_end_date\n2025-01-01,159111,2025-02-07,2026-02-10\n2025-01-01,158952,2026-02-11,9999-12-31\n",
            "realtime_start,realtime_end,date,PAYEMS\n2025-02-07,2026-02-10,2025-01-01,159111\n2026-02-11,9999-12-31,2025-01-01,158952\n",
        ] {
            let (market, codes) = market(&[("a.csv", content)]);
            let series = market.macro_series("PAYEMS").unwrap_or_else(|| panic!("{content} {codes:?}"));
            let at = |day: &str| series.known(day.parse().unwrap()).rows.first().and_then(|row| row.value);
            assert_eq!((at("2025-02-06"), at("2025-02-07")), (None, Some(159_111.0)), "{content}");
            assert_eq!((at("2026-02-10"), at("2026-02-11")), (Some(159_111.0), Some(158_952.0)), "{content}");
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
        let (_, codes) = market(&[("a.csv", "observation_date,UNRATE\n2025-09-01,.\n2025-10-01,.\n")]);
        assert_eq!(codes, ["warning market-bad-cells"]);
    }
}
