//! Ready-made breadth: advances and declines, percent above an average, the A-D line, one column each.

use super::{Input, Layout, is_weekday};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::market::pieces::Pieces;
use crate::market::special::Breadth;
use crate::market::{BAD_CELLS, cells};

/// Ready-made breadth series.
pub const LAYOUT: Layout = Layout {
    id: "breadth-series",
    doc: "`date,advancing,declining,unchanged` (Nasdaq Trader: `Date,Advances,Declines,Unchanged`), \
          `date,pct_above_ma200`; a `trading_day` column with 0 marks copies on holidays.",
    recognises: |input| {
        let columns = columns(input);
        let both = [Breadth::Advances, Breadth::Declines].iter().all(|kind| columns.iter().any(|(_, k)| k == kind));
        input.head.date.is_some() && (both || columns.iter().any(|(_, kind)| matches!(kind, Breadth::PercentAbove(_))))
    },
    read,
};

fn columns(input: &Input<'_>) -> Vec<(usize, Breadth)> {
    let kind = |key: &str| match key {
        "adv" | "advances" | "advancing" | "advancers" => Some(Breadth::Advances),
        "dec" | "declines" | "declining" | "decliners" => Some(Breadth::Declines),
        "unch" | "unchanged" => Some(Breadth::Unchanged),
        _ => {
            let rest = key.strip_prefix("pctabove").or_else(|| key.strip_prefix("percentabove"))?;
            let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
            digits.parse().ok().map(Breadth::PercentAbove)
        }
    };
    input.head.keys.iter().enumerate().filter_map(|(index, key)| Some((index, kind(key)?))).collect()
}

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let rows = input.dated(sink);
    let trading = input.head.column(&["tradingday"]);
    let mut bad = None;
    for (column, kind) in columns(input) {
        let mut values = Vec::with_capacity(rows.len());
        for row in &rows {
            let holiday = trading.is_some_and(|column| row.cell(column) == "0");
            if holiday || !is_weekday(row.stamp.date) {
                continue;
            }
            match cells::number(row.cell(column)) {
                Ok(Some(value)) => values.push((row.stamp.date, value)),
                Ok(None) => {}
                Err(_) => {
                    bad.get_or_insert(row.line);
                }
            }
        }
        pieces.add_breadth(kind, input.name(), values);
    }
    if let Some(line) = bad {
        let message = "cells of this file are not numbers and are read as missing, the first in this line";
        sink.push(Diagnostic::warning(BAD_CELLS, message).at(Place::line(&input.text.source, line)));
    }
}

#[cfg(test)]
mod tests {
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
        let content =
            "Date,Advances,Declines,Unchanged\n8/19/2026 0:00:00,2210,2051,140\n8/20/2026 0:00:00,1907,2399,133\n";
        let (market, _) = market(&[("daily2026.csv", content)]);
        assert_eq!(market.breadth(Breadth::Advances).unwrap().values, [2210.0, 1907.0]);
        assert_eq!(market.breadth(Breadth::Declines).unwrap().values, [2051.0, 2399.0]);
    }

    #[test]
    fn a_series_saved_as_bars_is_known_by_its_ticker() {
        let content = "Time,Open,High,Low,Last,Change,%Chg,Volume\n2007-01-02,77.85,1,1,77.85,0.0,,0\n2007-01-03,77.27,1,1,77.27,-0.58,,0\n";
        let (market, _) = market(&[("S&P_500_Stocks_Above_200-Day_Average_$S5TH.csv", content)]);
        assert_eq!(market.breadth(Breadth::PercentAbove(200)).unwrap().values, [77.85, 77.27]);
    }
}
