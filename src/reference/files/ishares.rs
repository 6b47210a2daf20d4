//! iShares: `Ticker,Name,Sector,Asset Class,...,Weight (%),...,Location,Exchange,...`, preamble and footer optional.

use super::grid::{Input, cell, date, percent};
use super::{Class, Format, FundFile, Reading, Row, class_of, rows, ticker};
use crate::reference::sector_named;

/// The layout.
pub const FORMAT: Format = Format {
    id: "ishares",
    doc: "\
iShares holdings CSV (`IVV_holdings.csv`), seen 2020 to 2026. Recognised by the columns Name, Asset Class and
\"Weight (%)\" (or \"Market Weight\"), in any order. The date is in \"Fund Holdings as of\" above the header, the fund's name in the first line; some copies
begin with the header and have neither. Class shares are written BRKB. Cash rows (USD, XTSLA) and futures follow the
stocks. Bond funds have no ticker column. The legal text at the end is not read.",
    read,
};

/// Some funds (IJH, IJR) were seen with the second name.
const WEIGHT: &[&str] = &["Weight (%)", "Market Weight"];

fn read(input: &Input) -> Option<Reading> {
    let grid = input.grid()?;
    let header = WEIGHT.iter().find_map(|weight| grid.header(&["Name", "Asset Class", weight]))?;
    let column = |names: &[&str]| grid.column(header, names);
    let (symbol, name, sector) = (column(&["Ticker", "Issuer Ticker"]), column(&["Name"]), column(&["Sector"]));
    let (class, weight) = (column(&["Asset Class"]), column(WEIGHT));
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
        let listed = super::is_american(&market);
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
    fn the_weight_may_be_called_market_weight_and_the_quantity_shares() {
        let older = SAMPLE.replace("Weight (%)", "Market Weight").replace(",Quantity,", ",Shares,");
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("IJH_holdings.csv", &older))) else {
            panic!("not read")
        };
        assert_eq!((funds[0].rows.len(), funds[0].skipped.len()), (6, 0));
        assert!((funds[0].rows[0].weight - 0.40).abs() < 1e-12);
        let other_order = "iShares Russell 1000 ETF\nFund Holdings as of,\"Apr 16, 2020\"\n\u{a0}\n\
            Ticker,Name,Asset Class,Weight (%),Price,Shares,Market Value,Notional Value,Sector,SEDOL,ISIN,Exchange\n\
            \"BRKB\",\"BERKSHIRE HATHAWAY INC CLASS B\",\"Equity\",\"1.50\",\"1\",\"1\",\"1\",\"1\",\"Financials\",\"2073390\",\"US0846707026\",\"New York Stock Exchange Inc.\"\n";
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", other_order))) else { panic!("not read") };
        assert_eq!(funds[0].as_of, date("2020-04-16"));
        assert_eq!(funds[0].rows[0].ticker.as_deref(), Some("BRKB"));
        assert!(funds[0].rows[0].american);
    }

    #[test]
    fn bond_funds_have_no_ticker_column() {
        let bonds = "\u{feff}iShares ZZ Bond ETF\nFund Holdings as of,\"Sep 04, 2026\"\n\u{a0}\n\
            Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Par Value,CUSIP,ISIN,SEDOL,Price,Location,\
            Exchange,Currency,Duration,YTM (%),FX Rate,Maturity,Coupon (%),Mod. Duration,Market Currency\n\
            \"TREASURY NOTE\",\"Treasuries\",\"Fixed Income\",\"1\",\"99.00\",\"1\",\"1\",\"91282CJZ5\",\"US91282CJZ59\",\"BS6\",\"98.1\",\
            \"United States\",\"-\",\"USD\",\"7.1\",\"4.1\",\"1.00\",\"Feb 15, 2034\",\"4.00\",\"7.1\",\"USD\"\n\
            \"BLK CSH FND TREASURY SL AGENCY\",\"Cash and/or Derivatives\",\"Money Market\",\"1\",\"1.00\",\"1\",\"1\",\"-\",\"-\",\"-\",\
            \"100\",\"United States\",\"-\",\"USD\",\"0.1\",\"4.3\",\"1.00\",\"-\",\"4.3\",\"0.1\",\"USD\"\n\
            \u{a0}\n\"The content contained herein is owned or licensed by BlackRock.\nSee \"\"Terms\"\".\"\n";
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", bonds))) else { panic!("not read") };
        let classes: Vec<Class> = funds[0].rows.iter().map(|row| row.class).collect();
        assert_eq!(classes, [Class::NonEquity, Class::Cash]);
        assert_eq!((funds[0].name.as_deref(), funds[0].skipped.len()), (Some("iShares ZZ Bond ETF"), 0));
    }
}
