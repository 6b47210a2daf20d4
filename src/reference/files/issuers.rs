//! The other issuers: one table of holdings below a header, whose columns each calls by its own names.

use std::collections::BTreeMap;

use super::grid::{Grid, Input, cell, date, percent};
use super::{Class, Format, FundFile, Reading, Row, class_of, rows, ticker};
use crate::reference::sector_named;

/// The layout.
pub const FORMAT: Format = Format {
    id: "issuers",
    doc: "\
Holdings tables of further issuers, as they publish them: ARK (`date,fund,company,ticker,cusip,shares,market value ($),
weight (%)`), iShares of other countries (`Ticker,Name,Weight (%),Sector,Location of Risk,Exchange`), Schwab (`Fund
Name,Symbol,...,Percent of Assets`), Global X (`% of Net Assets,Ticker,Name`), VanEck (`Holding Name,Ticker,...,% of Net
Assets`), First Trust (`Security Name,Identifier,...,Weighting`), Direxion and ProShares (`TradeDate,AccountTicker,
StockTicker,SecurityDescription,...,HoldingsPercent`), JPMorgan, Avantis and the lists of stockanalysis and etfdb.
Recognised by a column of weights beside one of tickers or names, so such a file is never your own table of instruments.
The fund is a column, the title above the header, or the ticker in the file's name.",
    read,
};

const WEIGHT: &[&str] = &[
    "weight (%)",
    "weight(%)",
    "weight",
    "weights",
    "weighting",
    "% weight",
    "market weight",
    "% of net assets",
    "% of fund",
    "% of assets",
    "percent of assets",
    "percent of net assets",
    "percentage of fund",
    "portfolio weight",
    "portfolio %",
    "holdingspercent",
    "holdings percent",
    "weight %",
    "% tna",
    "% assets",
    "allocation",
    "gewichtung (%)",
];
const TICKER: &[&str] = &[
    "ticker",
    "symbol",
    "issuer ticker",
    "emittententicker",
    "stockticker",
    "stock ticker",
    "holding ticker",
    "identifier",
];
const NAME: &[&str] = &[
    "name",
    "company",
    "company name",
    "holding name",
    "security name",
    "holding",
    "security description",
    "securitydescription",
    "description",
    "security",
    "issuer name",
    "fund name",
];
const FUND: &[&str] = &["fund", "fund ticker", "accountticker", "account ticker", "etf ticker", "fund symbol"];
const DATE: &[&str] = &["date", "tradedate", "trade date", "as of date", "as of"];
const SECTOR: &[&str] = &["sector", "gics sector", "sektor"];
const CLASS: &[&str] = &["asset class", "asset type", "security type", "type", "assetgroup", "anlageklasse"];
const PLACE: &[&str] = &["location of risk", "location", "country", "standort"];
const EXCHANGE: &[&str] = &["exchange", "börse"];

/// Returns the day that a cell above the header says: `08/18/2026`, `Holdings of the Fund as of 8/18/2026`.
fn day_of(text: &str) -> Option<chrono::NaiveDate> {
    let at = text.to_ascii_lowercase().find("as of").map(|at| at + "as of".len());
    date(text.get(at.unwrap_or(0)..)?.trim_matches([':', ' ', '"']))
}

/// Returns the ticker at the end of a title: `Schwab U.S. Large-Cap Growth ETF (SCHG)`.
fn ticker_of(title: &str) -> Option<String> {
    let inner = title.trim().strip_suffix(')')?.rsplit_once('(')?.1;
    let is_ticker = (2..=5).contains(&inner.len()) && inner.bytes().all(|byte| byte.is_ascii_uppercase());
    is_ticker.then(|| inner.to_owned())
}

/// What a line without a ticker is by its name.
fn class_by_name(name: &str) -> Option<Class> {
    let name = name.to_uppercase();
    let has = |words: &[&str]| name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word));
    match () {
        () if has(&["SWAP", "SWAPS", "FUTURE", "FUTURES", "FORWARD", "TRS"]) => Some(Class::NonEquity),
        () if has(&["CASH", "REPO"]) || name.contains("MONEY MARKET") || name.contains("TREASURY BILL") => {
            Some(Class::Cash)
        }
        () => None,
    }
}

fn header(grid: &Grid) -> Option<usize> {
    let has = |line: usize, names: &[&str]| grid.column(line, names).is_some();
    (0..grid.lines.len().min(40)).find(|line| has(*line, WEIGHT) && (has(*line, TICKER) || has(*line, NAME)))
}

fn read(input: &Input) -> Option<Reading> {
    let grid = input.grid()?;
    let header = header(grid)?;
    let column = |names: &[&str]| grid.column(header, names);
    let (symbol, name, weight) = (column(TICKER), column(NAME), column(WEIGHT));
    let (of, day, sector, class) = (column(FUND), column(DATE), column(SECTOR), column(CLASS));
    let (place, exchange) = (column(PLACE), column(EXCHANGE));
    let mut above = FundFile::default();
    for (at, cells) in grid.above(header).enumerate() {
        let first = cell(cells, Some(0)).trim_start_matches('\u{feff}').trim();
        let day = cells.iter().find_map(day_of);
        above.as_of = above.as_of.or(day);
        let says_day = day.is_some() && ticker_of(first).is_none();
        if at == 0 && !first.is_empty() && !says_day {
            above.name = Some(first.to_owned());
        }
        above.ticker = above.ticker.take().or_else(|| ticker_of(first));
    }
    // German files have a comma before the decimals.
    let weights = || grid.lines.iter().skip(header + 1).map(|(_, cells)| cell(cells, weight));
    let is_comma = weights().any(|text| text.contains(',')) && !weights().any(|text| text.contains('.'));
    // A file may hold several funds, each with its ticker on its rows.
    let mut funds: BTreeMap<String, FundFile> = BTreeMap::new();
    let body = || grid.lines.iter().skip(header + 1);
    for fund in body().map(|(_, cells)| cell(cells, of).to_owned()).collect::<std::collections::BTreeSet<String>>() {
        if of.is_some() && (fund.is_empty() || fund.len() > 8) {
            continue;
        }
        let own = |cells: &csv::StringRecord| of.is_none() || cell(cells, of) == fund;
        let mut file = FundFile {
            ticker: if of.is_some() { Some(fund.clone()) } else { above.ticker.clone() },
            name: above.name.clone(),
            as_of: above.as_of.or_else(|| body().filter(|(_, cells)| own(cells)).find_map(|(_, c)| date(cell(c, day)))),
            ..FundFile::default()
        };
        (file.rows, file.skipped) = rows(grid, header, |cells| {
            let (name, text) = (cell(cells, name), cell(cells, weight));
            let symbol = ticker(cell(cells, symbol));
            if !own(cells) || text.is_empty() || name.is_empty() && symbol.is_none() {
                return None;
            }
            let number = if is_comma { text.replace(',', ".") } else { text.to_owned() };
            let Some(weight) = percent(&number) else {
                return Some(Err(format!("the weight of {name} is not a number")));
            };
            let kind = format!("{} {}", cell(cells, class), cell(cells, sector));
            let (place, market) = (cell(cells, place).to_uppercase(), cell(cells, exchange).to_uppercase());
            let american = if place.is_empty() {
                market.is_empty() || super::is_american(&market)
            } else {
                super::is_american(&market)
                    || matches!(place.as_str(), "UNITED STATES" | "US" | "USA" | "VEREINIGTE STAATEN")
            };
            let found = class_of(name, &kind);
            let by_name = class_by_name(name).filter(|_| found == Class::Equity && symbol.is_none());
            let found = if found == Class::Equity && name.to_uppercase().starts_with("CASH") {
                Class::Cash
            } else {
                by_name.unwrap_or(found)
            };
            Some(Ok(Row {
                ticker: symbol.map(|symbol| symbol.trim_end_matches(" US").to_owned()),
                name: name.to_owned(),
                sector: sector_named(cell(cells, sector)),
                weight,
                class: found,
                american,
            }))
        });
        if !file.rows.is_empty() || !file.skipped.is_empty() {
            funds.insert(fund, file);
        }
    }
    (!funds.is_empty()).then(|| Reading::Funds(funds.into_values().collect()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::text as sample;
    use super::*;

    fn one(name: &str, content: &str) -> FundFile {
        let Some(Reading::Funds(mut funds)) = read(&Input::new(&sample(name, content))) else {
            panic!("not read: {content}")
        };
        assert_eq!(funds.len(), 1);
        funds.pop().unwrap()
    }

    #[test]
    fn the_tables_of_each_issuer_are_read() {
        for (content, ticker, day) in [
            (
                "date,fund,company,ticker,cusip,shares,market value ($),weight (%)\n08/18/2026,ARKK,TESLA INC,TSLA,88160R101,\"1\",\"$5\",60.00%\n08/18/2026,ARKK,AMD,AMD,007903107,\"1\",\"$1.00\",40.00%\n",
                Some("ARKK"),
                Some("2026-08-18"),
            ),
            (
                "Fund Holdings as of,\"Aug 18, 2026\"\n\nTicker,Name,Weight (%),Sector,Location of Risk,Exchange\nTSLA,TESLA INC,60,Consumer Discretionary,United States,NASDAQ\nAMD,AMD,40,Information Technology,United States,NASDAQ\n",
                None,
                Some("2026-08-18"),
            ),
            (
                "% of Net Assets,Ticker,Name,SEDOL,Market Price ($),Shares Held,Market Value ($)\n60.00,TSLA,TESLA INC,1,1,1,1\n40.00,AMD,AMD,2,1,1,1\n",
                None,
                None,
            ),
            (
                "Holding Name,Ticker,Shares,Market Value (US$),% of Net Assets\nTesla Inc,TSLA US,1,1,60.00%\nAmd,AMD US,1,1,40.00%\n",
                None,
                None,
            ),
            (
                "Security Name,Identifier,CUSIP,Shares,Market Value,Weighting\nTesla,TSLA,1,1,$1,60.00%\nAMD,AMD,1,1,$1,40.00%\n",
                None,
                None,
            ),
            (
                "TradeDate,AccountTicker,StockTicker,SecurityDescription,Shares,Price,MarketValue,Cusip,HoldingsPercent\n8/18/2026,ZZX,TSLA,TESLA INC,1,1,1,1,60\n8/18/2026,ZZX,AMD,AMD,1,1,1,1,40\n",
                Some("ZZX"),
                None,
            ),
        ] {
            let fund = one("x.csv", content);
            let found: Vec<(Option<&str>, f64, bool)> =
                fund.rows.iter().map(|row| (row.ticker.as_deref(), row.weight, row.american)).collect();
            assert_eq!(found, [(Some("TSLA"), 0.6, true), (Some("AMD"), 0.4, true)], "{content}");
            assert_eq!(fund.ticker.as_deref(), ticker, "{content}");
            if day.is_some() {
                assert_eq!(fund.as_of.map(|day| day.to_string()).as_deref(), day, "{content}");
            }
        }
    }

    #[test]
    fn dates_tickers_and_numbers_are_read_as_each_country_and_issuer_writes_them() {
        let rows = "\"NVDA\",\"NVIDIA CORP\",\"60,5\",\"Vereinigte Staaten\"\n\"AI\",\"AIR LIQUIDE SA\",\"39,50\",\"Frankreich\"\n";
        let german = one(
            "x.csv",
            &format!("Fondspositionen per,\"18.Aug.2026\"\n\nEmittententicker,Name,Gewichtung (%),Standort\n{rows}"),
        );
        let found: Vec<(Option<&str>, f64, bool)> =
            german.rows.iter().map(|row| (row.ticker.as_deref(), row.weight, row.american)).collect();
        assert_eq!(found, [(Some("NVDA"), 0.605, true), (Some("AI"), 0.395, false)]);
        let table = "Name,Ticker,Weight\nNVIDIA,NVDA,100%\n";
        for (title, ticker) in [
            ("iShares Core ETF\nFund Holdings as of,\"18/Aug/2026\"\n", None),
            ("\"Fund Holdings - Schwab Growth ETF (SCHG)\",\"as of 08/18/2026\"\n", Some("SCHG")),
            ("First Trust Fund (FDN)\nHoldings of the Fund as of 8/18/2026\n", Some("FDN")),
            ("VanEck Semiconductor ETF,,\nDaily Holdings (%),08/18/2026,\n", None),
        ] {
            let fund = one("x.csv", &format!("{title}{table}"));
            assert_eq!((fund.ticker.as_deref(), fund.as_of), (ticker, date("2026-08-18")), "{title}");
        }
        let swap = one(
            "x.csv",
            "Name,Ticker,Weight\nSEMICONDUCTOR SWAP,,200%\nDREYFUS GOVT CASH MAN INS,,40%\nNVIDIA,NVDA,60%\n",
        );
        let classes: Vec<Class> = swap.rows.iter().map(|row| row.class).collect();
        assert_eq!(classes, [Class::NonEquity, Class::Cash, Class::Equity]);
    }

    #[test]
    fn foreign_tickers_stay_abroad_and_a_table_without_weights_is_another() {
        let fund = one(
            "XWD_holdings.csv",
            "Ticker,Name,Weight (%),Sector,Location of Risk,Exchange\nAI,AIR LIQUIDE SA,100,Materials,France,Euronext Paris\n",
        );
        assert!(!fund.rows[0].american);
        assert!(read(&Input::new(&sample("mine.csv", "symbol,sector\nAI,45\n"))).is_none());
    }
}
