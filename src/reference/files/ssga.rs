//! SSGA (SPDR): a spreadsheet or CSV with `Ticker Symbol:` and `Holdings:` above `Name,Ticker,Identifier,SEDOL,Weight,...`.

use super::grid::{Input, cell, date, percent};
use super::{Format, FundFile, Reading, Row, class_of, rows, ticker};
use crate::reference::sector_named;

/// The layout.
pub const FORMAT: Format = Format {
    id: "ssga",
    doc: "\
State Street (SPDR) daily holdings, xlsx as published or saved as CSV, seen 2026. Recognised by the line \"Ticker
Symbol:\" and the columns Name, Ticker and Weight.
The date is in the line \"Holdings:\". The sector column is a dash, so sectors come from the instrument table; what is not
in it goes by the fund's sector weights.
Cash is a row without a ticker; escrow rows carry a CUSIP in its place.",
    read,
};

fn read(input: &Input) -> Option<Reading> {
    let grid = input.grid()?;
    let header = grid.header(&["Name", "Ticker", "Weight"])?;
    let mut fund = FundFile::default();
    for cells in grid.above(header) {
        match cell(cells, Some(0)) {
            "Ticker Symbol:" => fund.ticker = ticker(cell(cells, Some(1))),
            "Fund Name:" => fund.name = Some(cell(cells, Some(1)).to_owned()),
            "Holdings:" => fund.as_of = date(cell(cells, Some(1))),
            _ => {}
        }
    }
    fund.ticker.as_ref()?;
    let column = |names: &[&str]| grid.column(header, names);
    let (name, symbol, weight) = (column(&["Name"]), column(&["Ticker"]), column(&["Weight"]));
    let (sector, currency) = (column(&["Sector"]), column(&["Local Currency"]));
    (fund.rows, fund.skipped) = rows(grid, header, |cells| {
        let text = cell(cells, weight);
        if text.is_empty() {
            return None;
        }
        let Some(weight) = percent(text) else {
            return Some(Err(format!("the weight of {} is not a number", cell(cells, name))));
        };
        let money = cell(cells, currency);
        Some(Ok(Row {
            ticker: ticker(cell(cells, symbol)),
            name: cell(cells, name).to_owned(),
            sector: sector_named(cell(cells, sector)),
            weight,
            class: class_of(cell(cells, name), ""),
            american: money.is_empty() || money == "USD",
        }))
    });
    Some(Reading::Funds(vec![fund]))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::text as sample;
    use super::*;

    pub(crate) const SAMPLE: &str = "\
Fund Name:,SPDR\u{ae} ZZ Test ETF,,,,,,
Ticker Symbol:,ZZT,,,,,,
Holdings:,As of 04-Sep-2026,,,,,,
,,,,,,,
Name,Ticker,Identifier,SEDOL,Weight,Sector,Shares Held,Local Currency
NVIDIA CORP,NVDA,67066G104,2379504,40.0,-,1.0,USD
ALPHABET INC CL A,GOOGL,02079K305,BYVY8G0,25.0,-,1.0,USD
JPMORGAN CHASE + CO,JPM,46625H100,2190385,20.0,-,1.0,USD
QUAINT QUARRIES,QXQX,999999999,-,10.0,-,1.0,USD
US DOLLAR,-,999USDZ92,-,5.0,-,1.0,USD
,,,,,,,
\"Past performance is not a reliable indicator of future performance.\",,,,,,,
";

    #[test]
    fn cash_has_no_ticker_and_the_legal_text_is_no_row() {
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", SAMPLE))) else { panic!("not read") };
        let fund = &funds[0];
        assert_eq!((fund.rows.len(), fund.skipped.len()), (5, 0));
        assert_eq!((fund.ticker.as_deref(), fund.as_of), (Some("ZZT"), date("2026-09-04")));
        assert_eq!(fund.rows.last().map(|row| row.class), Some(super::super::Class::Cash));
    }
}
