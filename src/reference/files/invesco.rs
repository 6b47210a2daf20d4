//! Invesco: `Fund Ticker,Security Identifier,Holding Ticker,Shares/Par Value,MarketValue,Weight,Name,...,Sector,Date`.

use std::collections::BTreeSet;

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
    let mut seen: BTreeSet<&Vec<String>> = BTreeSet::new();
    let tickers: BTreeSet<&str> = grid.lines.iter().skip(header + 1).map(|(_, cells)| cell(cells, Some(of))).collect();
    let repeated: BTreeSet<usize> =
        grid.lines.iter().filter(|(_, cells)| !seen.insert(cells)).map(|(line, _)| *line).collect();
    for fund in tickers.into_iter().filter(|fund| !fund.is_empty() && fund.len() <= 8) {
        let mut file = FundFile { ticker: Some(fund.to_owned()), ..FundFile::default() };
        let own = |cells: &[String]| cell(cells, Some(of)) == fund;
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
