//! Invesco: `Fund Ticker,Security Identifier,Holding Ticker,Shares/Par Value,MarketValue,Weight,Name,...,Sector,Date`.

use std::collections::{BTreeSet, HashSet};

use csv::StringRecord;

use super::grid::{Input, cell, date, percent};
use super::{Class, Format, FundFile, Reading, Row, class_of, rows, ticker};
use crate::reference::sector_named;

/// The layout.
pub const FORMAT: Format = Format {
    id: "invesco",
    doc: "\
Invesco holdings CSV, seen 2018 to 2026. Recognised by the columns Fund Ticker (FundTicker before), Holding Ticker
(HoldingsTicker), Weight and Date.
Sectors are GICS and the date is on every row. Tickers are padded with spaces; cash has none. Rows that repeat another
one cell by cell are counted once.
One file may hold several funds; each replaces the built-in contents of its own.",
    read,
};

const FUND: &[&str] = &["Fund Ticker", "FundTicker"];
const HOLDING: &[&str] = &["Holding Ticker", "HoldingsTicker", "Holdings Ticker"];

fn read(input: &Input) -> Option<Reading> {
    let grid = input.grid()?;
    let header = grid.header(&["Weight", "Name", "Date"])?;
    let column = |names: &[&str]| grid.column(header, names);
    let (of, symbol, weights) = (column(FUND)?, column(HOLDING)?, column(&["Weight"]));
    let (name, sector, day) = (column(&["Name"]), column(&["Sector"]), column(&["Date"]));
    let class = column(&["Class of Shares"]);
    let mut funds: Vec<FundFile> = Vec::new();
    let mut seen: HashSet<Vec<&str>> = HashSet::new();
    let tickers: BTreeSet<&str> = grid.lines.iter().skip(header + 1).map(|(_, cells)| cell(cells, Some(of))).collect();
    let repeated: BTreeSet<usize> =
        grid.lines.iter().filter(|(_, cells)| !seen.insert(cells.iter().collect())).map(|(line, _)| *line).collect();
    for fund in tickers.into_iter().filter(|fund| !fund.is_empty() && fund.len() <= 8) {
        let mut file = FundFile { ticker: Some(fund.to_owned()), ..FundFile::default() };
        let own = |cells: &StringRecord| cell(cells, Some(of)) == fund;
        (file.rows, file.skipped) = rows(grid, header, |cells| {
            if !own(cells) {
                return None;
            }
            let Some(weight) = percent(cell(cells, weights)) else {
                return Some(Err(format!("the weight of {} is not a number", cell(cells, name))));
            };
            let symbol = ticker(cell(cells, Some(symbol)));
            let kind = format!("{} {}", cell(cells, class), cell(cells, sector));
            let class = class_of(cell(cells, name), &kind);
            let class = if symbol.is_none() && class == Class::Equity { Class::Cash } else { class };
            let name = cell(cells, name).to_owned();
            Some(Ok(Row {
                ticker: symbol,
                name,
                sector: sector_named(cell(cells, sector)),
                weight,
                class,
                american: true,
            }))
        });
        // Exact repetitions are an export's mistake.
        let extra = grid.lines.iter().filter(|(line, cells)| repeated.contains(line) && own(cells));
        for (_, cells) in extra {
            if let Some(at) = file.rows.iter().rposition(|row| row.name == cell(cells, name)) {
                file.rows.remove(at);
            }
        }
        file.as_of = grid.lines.iter().filter(|(_, cells)| own(cells)).find_map(|(_, cells)| date(cell(cells, day)));
        if !file.rows.is_empty() {
            funds.push(file);
        }
    }
    (!funds.is_empty()).then_some(Reading::Funds(funds))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::text as sample;
    use super::*;

    /// A whole fund of five lines in each issuer's layout: 40% NVIDIA, 25% Alphabet (two classes), 20% JPMorgan, 10% a stock
    /// nobody knows, 5% cash.
    pub(crate) const SAMPLE: &str = "\
Fund Ticker,Security Identifier,Holding Ticker,Shares/Par Value,MarketValue,Weight,Name,Class of Shares,Sector,Date
ZZT,67066G104,NVDA     ,\"1,000\",\"182,330.00\",40.000,NVIDIA Corp,Common Stock,Information Technology,09/04/2026
ZZT,02079K305,GOOGL    ,\"10\",\"1.00\",15.000,Alphabet Inc,Common Stock,Communication Services,09/04/2026
ZZT,02079K107,GOOG     ,\"10\",\"1.00\",10.000,Alphabet Inc,Common Stock,Communication Services,09/04/2026
ZZT,02079K107,GOOG     ,\"10\",\"1.00\",10.000,Alphabet Inc,Common Stock,Communication Services,09/04/2026
ZZT,46625H100,JPM      ,\"10\",\"1.00\",20.000,JPMorgan Chase & Co,Common Stock,Financials,09/04/2026
ZZT,999999999,QXQX     ,\"10\",\"1.00\",10.000,Quaint Quarries Inc,Common Stock,Materials,09/04/2026
ZZT,-CASH-,,\"1\",\"1.00\",5.000,Cash/Receivables/Payables,Currency,Cash,09/04/2026
";

    #[test]
    fn a_row_that_repeats_another_is_counted_once() {
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", SAMPLE))) else { panic!("not read") };
        assert_eq!((funds.len(), funds[0].rows.len()), (1, 6));
        assert_eq!(funds[0].rows[0].ticker.as_deref(), Some("NVDA"));
        assert_eq!(funds[0].rows.iter().filter(|row| row.class == Class::Cash).count(), 1);
    }

    #[test]
    fn the_layout_of_2018_is_read() {
        let old = "FundTicker,SecurityNum,HoldingsTicker,Shares,MarketValue,Weight,Name,Sector,Date\n\
            ZZT,67066G104,NVDA    ,\"1,000\",\"1,000.50\",60.000,NVIDIA Corp,Information Technology,9/7/2018\n\
            ZZT,02079K305,GOOGL   ,10,\"1.00\",35.000,Alphabet Inc,Information Technology,9/7/2018\n\
            ZZT,02079K305,GOOGL   ,10,\"1.00\",35.000,Alphabet Inc,Information Technology,9/7/2018\n\
            ZZT,,        ,5,\"5.00\",5.000,Cash Component,,9/7/2018\n";
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", old))) else { panic!("not read") };
        let fund = &funds[0];
        assert_eq!((fund.ticker.as_deref(), fund.as_of), (Some("ZZT"), date("2018-09-07")));
        let rows: Vec<(Option<&str>, Class)> = fund.rows.iter().map(|row| (row.ticker.as_deref(), row.class)).collect();
        assert_eq!(rows, [(Some("NVDA"), Class::Equity), (Some("GOOGL"), Class::Equity), (None, Class::Cash)]);
    }

    #[test]
    fn one_file_may_hold_several_funds_under_the_older_names_of_the_columns() {
        let older = SAMPLE.replace("Fund Ticker", "FundTicker").replace("Holding Ticker", "HoldingsTicker");
        let two = older.replace("ZZT,999999999", "YYT,999999999");
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", &two))) else { panic!("not read") };
        let tickers: Vec<_> = funds.iter().map(|fund| fund.ticker.as_deref().unwrap()).collect();
        assert_eq!(tickers, ["YYT", "ZZT"]);
    }
}
