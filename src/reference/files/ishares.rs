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

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::text as sample;
    use super::*;

    pub(crate) const SAMPLE: &str = "\u{feff}ZZ Test Fund ETF
Fund Holdings as of,\"Sep 04, 2026\"
Inception Date,\"May 15, 2000\"
\u{a0}
Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Quantity,Price,Location,Exchange,Currency,FX Rate,Market Currency,Accrual Date
\"NVDA\",\"NVIDIA CORP\",\"Information Technology\",\"Equity\",\"1\",\"40.00\",\"1\",\"1\",\"1\",\"United States\",\"NASDAQ\",\"USD\",\"1.00\",\"USD\",\"-\"
\"GOOGL\",\"ALPHABET INC CLASS A\",\"Communication\",\"Equity\",\"1\",\"25.00\",\"1\",\"1\",\"1\",\"United States\",\"NASDAQ\",\"USD\",\"1.00\",\"USD\",\"-\"
\"JPM\",\"JPMORGAN CHASE & CO\",\"Financials\",\"Equity\",\"1\",\"20.00\",\"1\",\"1\",\"1\",\"United States\",\"New York Stock Exchange Inc.\",\"USD\",\"1.00\",\"USD\",\"-\"
\"AI\",\"QUAINT QUARRIES\",\"Materials\",\"Equity\",\"1\",\"10.00\",\"1\",\"1\",\"1\",\"France\",\"Nyse Euronext - Euronext Paris\",\"USD\",\"1.00\",\"EUR\",\"-\"
\"XTSLA\",\"BLK CSH FND TREASURY SL AGENCY\",\"Cash and/or Derivatives\",\"Money Market\",\"1\",\"5.00\",\"1\",\"1\",\"1\",\"United States\",\"-\",\"USD\",\"1.00\",\"USD\",\"-\"
\"ESZ6\",\"S&P500 EMINI DEC 26\",\"Cash and/or Derivatives\",\"Futures\",\"0.00\",\"0.00\",\"1\",\"1\",\"1\",\"-\",\"Index And Options Market\",\"USD\",\"1.00\",\"USD\",\"-\"
\u{a0}
\"The content contained herein is owned or licensed by its owner.
Holdings subject to change. \u{201c}Funds\u{201d}
";

    #[test]
    fn the_footer_is_not_read_and_foreign_tickers_are_marked() {
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", SAMPLE))) else { panic!("not read") };
        let fund = &funds[0];
        assert_eq!((fund.rows.len(), fund.skipped.len()), (6, 0));
        assert_eq!((fund.name.as_deref(), fund.as_of), (Some("ZZ Test Fund ETF"), date("2026-09-04")));
        let abroad: Vec<&str> = fund.rows.iter().filter(|row| !row.american).map(|row| row.name.as_str()).collect();
        assert_eq!(abroad, ["QUAINT QUARRIES", "S&P500 EMINI DEC 26"]);
    }

    #[test]
    fn bond_funds_have_no_ticker_column() {
        let bonds = "Name,Sector,Asset Class,Market Value,Weight (%),Location\n\
                     TREASURY NOTE,Treasury,Fixed Income,1,99.00,United States\nUSD CASH,Cash and/or Derivatives,Cash,1,1.00,-\n";
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", bonds))) else { panic!("not read") };
        let classes: Vec<Class> = funds[0].rows.iter().map(|row| row.class).collect();
        assert_eq!(classes, [Class::NonEquity, Class::Cash]);
    }
}
