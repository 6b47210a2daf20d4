//! iShares: `Ticker,Name,Sector,Asset Class,...,Weight (%),...,Location,Exchange,...`, preamble and footer optional.

use super::grid::{Input, cell, date, percent};
use super::{Class, Format, FundFile, Reading, Row, class_of, rows, ticker};
use crate::reference::sector_named;

/// The layout.
pub const FORMAT: Format = Format {
    id: "ishares",
    doc: "\
iShares holdings CSV (`IVV_holdings.csv`), seen 2023 to 2026. Recognised by the columns Name, Asset Class and
\"Weight (%)\". The date is in \"Fund Holdings as of\" above the header, the fund's name in the first line; some copies
begin with the header and have neither. Class shares are written BRKB. Cash rows (USD, XTSLA) and futures follow the
stocks. Bond funds have no ticker column. The legal text at the end is not read.",
    read,
};

fn read(input: &Input) -> Option<Reading> {
    let grid = input.grid()?;
    let header = grid.header(&["Name", "Asset Class", "Weight (%)"])?;
    let column = |names: &[&str]| grid.column(header, names);
    let (symbol, name, sector) = (column(&["Ticker"]), column(&["Name"]), column(&["Sector"]));
    let (class, weight) = (column(&["Asset Class"]), column(&["Weight (%)"]));
    let (location, exchange) = (column(&["Location"]), column(&["Exchange"]));
    let mut fund = FundFile::default();
    for (at, cells) in grid.above(header).enumerate() {
        let first = cell(cells, Some(0)).trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if at == 0 && !first.is_empty() {
            fund.name = Some(first.to_owned());
        } else if first.eq_ignore_ascii_case("Fund Holdings as of") {
            fund.as_of = date(cell(cells, Some(1)));
        }
    }
    (fund.rows, fund.skipped) = rows(grid, header, |cells| {
        let kind = cell(cells, class);
        if kind.is_empty() {
            return None;
        }
        let Some(weight) = percent(cell(cells, weight)) else {
            return Some(Err(format!("the weight of {} is not a number", cell(cells, name))));
        };
        let industry = cell(cells, sector);
        let found = class_of(cell(cells, name), kind);
        let found = if found == Class::Equity && industry.starts_with("Cash and") { Class::Cash } else { found };
        let (place, market) = (cell(cells, location), cell(cells, exchange).to_uppercase());
        // Exactly: "Nyse Euronext - Euronext Paris" and "Nasdaq Omx Helsinki" are abroad.
        let listed =
            ["NASDAQ", "NEW YORK STOCK EXCHANGE INC.", "NYSE ARCA", "NYSE MKT", "CBOE BZX"].contains(&market.as_str());
        Some(Ok(Row {
            ticker: ticker(cell(cells, symbol)),
            name: cell(cells, name).to_owned(),
            sector: sector_named(industry),
            weight,
            class: found,
            american: listed || place.is_empty() || place == "United States",
        }))
    });
    Some(Reading::Funds(vec![fund]))
}
