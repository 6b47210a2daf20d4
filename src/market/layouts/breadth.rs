//! Ready-made breadth: advances and declines, percent above an average, the A-D line, one column each.

use super::{Input, Layout, is_weekday};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::market::exchange::{self, Exchange};
use crate::market::pieces::Pieces;
use crate::market::special::{self, Breadth};
use crate::market::{BAD_CELLS, OTHER_MARKET, cells, names};

/// Ready-made breadth series.
pub const LAYOUT: Layout = Layout {
    id: "breadth-series",
    doc: "`date,advancing,declining,unchanged` (`nyse` or `nasdaq` in the file's name says of which exchange; Nasdaq Trader's `daily2026.csv` is of the Nasdaq, and used \
          where `advances-of` under [market] asks for it), \
          `date,pct_above_ma200`, `date,ad_line`, `Date,S&P500_Price,Breadth_Index_Raw` (a fraction); a `trading_day` column with 0 marks copies on holidays.",
    recognises: |input| {
        let columns = columns(input);
        let has = |kind| columns.iter().any(|(_, found)| *found == kind);
        let spelt = ["advances", "advancing", "advancers", "declines", "declining", "decliners", "netadvances"];
        let sure = columns.iter().any(|(_, kind)| matches!(kind, Breadth::PercentAbove(_) | Breadth::Line));
        // `ADV` or `DEC` alone may be shares in a panel of closes.
        let counts = has(Breadth::Advances) && has(Breadth::Declines) || input.head.column(&spelt).is_some();
        input.head.date.is_some() && (sure || counts)
    },
    read,
};

/// The column of tradermonty/market-breadth-analysis: a fraction of about 500 stocks above their 200-day average.
const RAW: &str = "breadthindexraw";

fn columns(input: &Input<'_>) -> Vec<(usize, Breadth)> {
    let kind = |name: &str, key: &str| match key {
        "adv" | "advances" | "advancing" | "advancers" | "advancingissues" => Some(Breadth::Advances),
        "dec" | "declines" | "declining" | "decliners" | "decliningissues" => Some(Breadth::Declines),
        "unch" | "unchanged" | "unchangedissues" => Some(Breadth::Unchanged),
        RAW => Some(Breadth::PercentAbove(200)),
        "netadvances" => Some(Breadth::Net),
        "adline" | "advancedeclineline" => Some(Breadth::Line),
        _ => {
            let rest = ["pctabove", "percentabove", "pct", "percent"].iter().find_map(|start| key.strip_prefix(start));
            let rest = rest.or_else(|| name.contains('%').then_some(key)).filter(|_| key.contains("above"))?;
            let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
            digits.parse().ok().map(Breadth::PercentAbove)
        }
    };
    let cells = input.head.names.iter().zip(&input.head.keys).enumerate();
    cells.filter_map(|(index, (name, key))| Some((index, kind(name, key)?))).collect()
}

/// Returns what says that a column is of another market than its kind is taken for: a word of its head or of the file's
/// name, or a `$TICKER` there that is not known.
fn other_market(input: &Input<'_>, column: usize) -> Option<String> {
    let head = input.head.names.get(column).and_then(|name| names::other_market(name));
    let word = head.or_else(|| names::other_market(input.stem())).map(str::to_owned);
    word.or_else(|| {
        names::symbol_hint(input.stem()).filter(|hint| hint.starts_with('$') && special::meaning(hint).is_none())
    })
}

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let rows = input.dated(sink);
    let trading = input.head.column(&["tradingday"]);
    let mut bad = None;
    for (column, kind) in columns(input) {
        let of = if exchange::is_counted(kind) { Exchange::of_table(input, column) } else { None };
        if let Some(word) = other_market(input, column).filter(|_| of.is_none()) {
            let message = format!("not used as {}: the name says that it is of another market, `{word}`", kind.name());
            sink.push(Diagnostic::warning(OTHER_MARKET, message).at(Place::whole(&input.text.source)));
            continue;
        }
        let mut values = Vec::with_capacity(rows.len());
        let is_raw = input.head.keys.get(column).is_some_and(|key| key == RAW);
        let factor = if is_raw { 100.0 } else { 1.0 };
        for row in &rows {
            let holiday = trading.is_some_and(|column| row.cell(column) == "0");
            if holiday || !is_weekday(row.stamp.date) {
                continue;
            }
            match cells::number(row.cell(column)) {
                Ok(Some(value)) => values.push((row.stamp.date, value * factor)),
                Ok(None) => {}
                Err(_) => {
                    bad.get_or_insert(row.line);
                }
            }
        }
        pieces.add_breadth((kind, of), input.name(), Some(Place::whole(&input.text.source)), values);
    }
    if let Some(line) = bad {
        let message = "cells of this file are not numbers and are read as missing, the first in this line";
        sink.push(Diagnostic::warning(BAD_CELLS, message).at(Place::line(&input.text.source, line)));
    }
}

#[cfg(test)]
mod tests {
    use crate::market::exchange::Exchange;
    use crate::market::layouts::testing::market;
    use crate::market::special::Breadth;

    #[test]
    fn ready_made_series_are_read_without_their_holidays() {
        let content = "date,pct_above_ma50,pct_above_ma200,source,trading_day\n2006-12-29,65.4,77.85,x,1\n2007-01-02,65.4,77.85,x,0\n";
        let (market, _) = market(&[("official.csv", content)]);
        assert_eq!(market.breadth(Breadth::PercentAbove(200)).unwrap().values, [77.85]);
    }

    #[test]
    fn counts_of_an_exchange_are_read() {
        let content = "Date,Advances,Declines,Unchanged\n8/19/2026,2210,2051,140\n8/20/2026,1907,2399,133\n";
        let (market, codes) = market(&[("nyse 2026.csv", content)]);
        assert_eq!(market.breadth(Breadth::Advances).unwrap().values, [2210.0, 1907.0]);
        assert_eq!(market.breadth(Breadth::Declines).unwrap().values, [2051.0, 2399.0]);
        assert_eq!(codes, [""; 0]);
    }

    /// The table of Nasdaq Trader says nowhere that it counts issues of Nasdaq; tickers and words say it. The config chooses,
    /// and what nothing names is told of.
    #[test]
    fn counts_of_another_exchange_are_not_those_of_this_one() {
        let table = "Date,Advances,Declines,Unchanged\n8/19/2026,2210,2051,140\n8/20/2026,1907,2399,133\n";
        let at_midnight = table.replace("2026,", "2026 0:00:00,");
        let bars = "Date,Close\n2026-08-19,2210\n2026-08-20,1907\n";
        let read = |advances, name: &str, text: &str| {
            let given = crate::market::Given { advances, ..Default::default() };
            let mut sink = crate::diagnostics::Sink::default();
            let files = [crate::model::RawFile::new(name, text.as_bytes())];
            let market = crate::market::load_with(&files, &given, &mut sink);
            let codes: Vec<&str> = sink.items.iter().map(|item| item.code.id).collect();
            let codes = codes.into_iter().filter(|code| *code != "market-unadjusted-only").collect::<Vec<_>>();
            (market.breadth(Breadth::Advances).is_some(), codes.join(" "))
        };
        let (used, refused) = ((true, String::new()), (false, "market-other-market".to_owned()));
        for (name, text) in [
            ("daily2026.csv", table),
            ("breadth.csv", &at_midnight),
            ("nasdaq.csv", table),
            ("$QSHU.csv", bars),
            ("ADVQ.csv", "20260819, 2210\n20260820, 1907\n"),
            ("x.csv", "date,SPY,ADVQ\n2026-08-19,600,2210\n2026-08-20,600,1907\n"),
        ] {
            assert_eq!(read(Exchange::Nyse, name, text), refused, "{name}");
            assert_eq!(read(Exchange::Nasdaq, name, text), used, "{name}");
        }
        for (name, text) in [("NYSE_Advancing_Stocks_$NSHU.csv", bars), ("nyse.csv", table), ("ADVN.csv", bars)] {
            assert_eq!(read(Exchange::Nyse, name, text), used, "{name}");
            assert_eq!(read(Exchange::Nasdaq, name, text), refused, "{name}");
        }
        assert_eq!(read(Exchange::Nyse, "breadth.csv", table), (true, "market-exchange".to_owned()));
        assert!(!read(Exchange::Nyse, "russell.csv", table).0);
    }

    #[test]
    fn breadth_of_another_market_is_not_that_of_this_one() {
        let rows = "2020-01-02,91.5\n2020-01-03,91.6\n";
        for (name, head) in [
            ("x.csv", "Nasdaq % above 200"),
            ("x.csv", "pct_above_200_ndx"),
            ("russell_2000.csv", "pct_above_ma200"),
            ("Stocks_$NDTH.csv", "pct_above_ma200"),
        ] {
            let (market, codes) = market(&[(name, &format!("date,{head}\n{rows}"))]);
            assert!(market.is_empty() && codes == ["warning market-other-market"], "{name} {head} {codes:?}");
        }
        let (own, codes) = market(&[("$S5TH.csv", &format!("date,pct_above_ma200\n{rows}"))]);
        assert!(own.breadth(Breadth::PercentAbove(200)).is_some(), "{codes:?}");
    }

    #[test]
    fn a_ready_made_line_and_single_columns_are_read() {
        let (line, codes) = market(&[("nyse.csv", "Date,Advance-Decline Line,% Above 50 DMA\n2020-01-02,-150,61.5\n")]);
        assert_eq!(line.breadth(Breadth::Line).unwrap().values, [-150.0], "{codes:?}");
        assert_eq!(line.breadth(Breadth::PercentAbove(50)).unwrap().values, [61.5]);
        let (one, _) = market(&[("a.csv", "date,declining\n2020-01-02,1500\n")]);
        assert_eq!(one.breadth(Breadth::Declines).unwrap().values, [1500.0]);
        let panel = "date,ADV,NET\n2020-01-02,6.5,61.5\n";
        assert!(market(&[("p.csv", panel)]).0.panel().is_some());
    }

    #[test]
    fn counts_are_told_from_shares_by_their_whole_numbers() {
        let rows =
            |close: &str| format!("time,open,high,low,close,Volume,Volume MA\n2020-01-02,930,930,930,{close},,\n");
        let (counts, _) = market(&[("USI_ADV, 1D.csv", &rows("930")), ("DECL.csv", &rows("850"))]);
        assert_eq!(counts.breadth(Breadth::Advances).unwrap().values, [930.0]);
        assert_eq!(counts.breadth(Breadth::Declines).unwrap().values, [850.0]);
        assert!(market(&[("ADV.csv", &rows("9.35"))]).0.breadth(Breadth::Advances).is_none());
    }

    #[test]
    fn zeros_and_impossible_percentages_are_missing() {
        let content = "date,pct_above_ma200\n2020-01-02,55\n2020-01-03,0.0\n2020-01-06,155\n";
        assert_eq!(market(&[("s.csv", content)]).0.breadth(Breadth::PercentAbove(200)).unwrap().values, [55.0]);
    }

    #[test]
    fn copies_of_the_day_before_are_no_session() {
        let counts = "date,advances,declines\n2020-01-02,900,800\n2020-01-03,900,800\n2020-01-06,900,700\n";
        let (read, codes) = market(&[("nyse.csv", counts)]);
        assert_eq!(read.breadth(Breadth::Advances).unwrap().values.len(), 2);
        assert!(codes.contains(&"note market-non-sessions".to_owned()), "{codes:?}");
        let series = "date,pct_above_ma200\n2020-01-17,55\n2020-01-20,55\n2020-01-21,56\n";
        let fund = "date,SPY,RSP\n2020-01-17,300,1\n2020-01-21,301,1\n";
        let (read, codes) = market(&[("s.csv", series), ("f.csv", fund)]);
        assert_eq!(read.breadth(Breadth::PercentAbove(200)).unwrap().values, [55.0, 56.0]);
        assert!(codes.contains(&"note market-non-sessions".to_owned()), "{codes:?}");
    }

    #[test]
    fn a_series_saved_as_bars_is_known_by_its_ticker() {
        let content = "Time,Open,High,Low,Last,Change,%Chg,Volume\n2007-01-02,77.85,1,1,77.85,0.0,,0\n2007-01-03,77.27,1,1,77.27,-0.58,,0\n";
        let (market, _) = market(&[("S&P_500_Stocks_Above_200-Day_Average_$S5TH.csv", content)]);
        assert_eq!(market.breadth(Breadth::PercentAbove(200)).unwrap().values, [77.85, 77.27]);
    }
}
