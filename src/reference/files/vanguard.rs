//! Vanguard: `,SEDOL,HOLDINGS,TICKER,% OF FUNDS*,SUB-INDUSTRY,COUNTRY,...` in sections for stocks, bonds and reserves.

use super::grid::{Input, cell, date, percent};
use super::{Class, Format, FundFile, Reading, Row, class_of, ticker};

/// The layout.
pub const FORMAT: Format = Format {
    id: "vanguard",
    doc: "\
Vanguard holdings CSV, seen 2024 to 2025. Recognised by the columns TICKER and \"% OF FUNDS*\" (older: Ticker and \"% of
fund*\"). The fund is in a title such as \"S&P 500 ETF (VOO)\", the date in \"Equity,as of 09/30/2025\". Sections (equity,
fixed income, short-term reserves) each have a header. Class shares are written BRK/B, unknown cells ---. Sub-industries
are not used: sectors come from the instrument table.",
    read,
};

const WEIGHT: &[&str] = &["% OF FUNDS*", "% of fund*", "% of funds*", "% OF FUND*"];

fn read(input: &Input) -> Option<Reading> {
    let grid = input.grid()?;
    let header = WEIGHT.iter().find_map(|weight| grid.header(&["SEDOL", weight]))?;
    let mut fund = FundFile::default();
    for cells in grid.above(header) {
        let title = cells.iter().find(|text| !text.is_empty()).unwrap_or_default();
        if let Some((name, rest)) = title.rsplit_once('(') {
            fund.ticker = rest.strip_suffix(')').and_then(ticker);
            fund.name = Some(name.trim().to_owned());
        }
    }
    let mut line_header = None;
    let mut section = Class::Equity;
    for (at, (line, cells)) in grid.lines.iter().enumerate() {
        let dated = cells.iter().find(|text| text.to_lowercase().starts_with("as of"));
        if let Some(text) = dated {
            fund.as_of = fund.as_of.or_else(|| date(text));
            let title = cell(cells, Some(0)).to_lowercase();
            section = match title {
                title if title.starts_with("fixed income") || title.starts_with("bond") => Class::NonEquity,
                title if title.starts_with("short-term reserves") || title.starts_with("cash") => Class::Cash,
                _ => Class::Equity,
            };
            continue;
        }
        if grid.column(at, WEIGHT).is_some() {
            line_header = Some(at);
            continue;
        }
        let Some(header) = line_header else { continue };
        let column = |names: &[&str]| grid.column(header, names);
        let text = cell(cells, column(WEIGHT));
        if text.is_empty() {
            continue;
        }
        let name = cell(cells, column(&["HOLDINGS", "Holding name"])).to_owned();
        let Some(weight) = percent(text) else {
            fund.skipped.push((*line, format!("the weight of {name} is not a number")));
            continue;
        };
        let country = cell(cells, column(&["COUNTRY"]));
        let class = if section == Class::Equity { class_of(&name, "") } else { section };
        fund.rows.push(Row {
            ticker: ticker(cell(cells, column(&["TICKER"]))),
            name,
            sector: None,
            weight,
            class,
            american: country.is_empty() || country == "US" || country == "---",
        });
    }
    (!fund.rows.is_empty()).then_some(Reading::Funds(vec![fund]))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::text as sample;
    use super::*;

    pub(crate) const SAMPLE: &str = "\
Holdings details

ZZ Test ETF (ZZT)


Equity,as of 09/04/2026

,SEDOL,HOLDINGS,TICKER,% OF FUNDS*,SUB-INDUSTRY,COUNTRY,SECURITYDEPOSITORYRECEIPTTYPE,MARKET VALUE*,SHARES
,=\"2379504\",NVIDIA Corp.,NVDA,40.00 %,Semiconductors,US,---,\"$1.00 \",\"6\"
,2379504,Alphabet Inc. Class A,GOOGL,25.00 %,Interactive Media & Services,US,---,\"$1.00 \",\"6\"
,2379504,JPMorgan Chase & Co.,JPM,20.00 %,Diversified Banks,US,---,\"$1.00 \",\"3.70E-09\"
,---,Quaint Quarries,---,10.00 %,---,US,---,\"$1.00 \",\"6\"

Short-term reserves,as of 09/04/2026

,SEDOL,HOLDINGS,TICKER,% OF FUNDS*,SUB-INDUSTRY,COUNTRY,SECURITYDEPOSITORYRECEIPTTYPE,MARKET VALUE*,SHARES
,---,CMT Market Liquidity Rate,---,5.00 %,---,---,---,\"$1.00\",\"4\"
";

    #[test]
    fn the_older_names_of_the_columns_are_read() {
        let older = "\"Holding details\"\n\nZZ Total Test Index Fund (ZZTAX)\n\n\"Stock holdings\",\"as of 12/31/2018\"\n\n\
            ,SEDOL,Ticker,Holding name,Shares,Market value,% of fund*,Sector,Country,\n\
            ,=\"2588173\",MSFT,Microsoft Corp.,\"1,000 \",\"$1,000 \",70.00000%,---,US,\n\
            ,=\"2073390\",BRK/B,Berkshire Hathaway Inc. Class B,\"3.70E-09\",\"$1 \",29.99999%,---,US,\n\
            ,---,---,Escrow Dairy,10,$0,1.0E-05%,---,---,\n";
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", older))) else { panic!("not read") };
        let fund = &funds[0];
        assert_eq!((fund.ticker.as_deref(), fund.as_of), (Some("ZZTAX"), date("2018-12-31")));
        assert_eq!((fund.rows.len(), fund.skipped.len()), (3, 0));
        assert_eq!(fund.rows[1].ticker.as_deref(), Some("BRK/B"));
        assert!((fund.rows[1].weight - 0.299_999_9).abs() < 1e-12 && fund.rows[2].weight < 1e-6);
    }

    #[test]
    fn sections_say_what_their_rows_are() {
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", SAMPLE))) else { panic!("not read") };
        let fund = &funds[0];
        assert_eq!((fund.ticker.as_deref(), fund.as_of), (Some("ZZT"), date("2026-09-04")));
        assert_eq!(
            fund.rows.iter().map(|row| row.class == Class::Cash).collect::<Vec<_>>(),
            [false, false, false, false, true]
        );
        let bonds = SAMPLE.replace("Equity,as of", "Fixed income - securities,as of");
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.csv", &bonds))) else { panic!("not read") };
        assert_eq!(funds[0].rows[0].class, Class::NonEquity);
    }
}
