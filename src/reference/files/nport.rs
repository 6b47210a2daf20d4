//! SEC N-PORT: the quarterly holdings every US fund files, `primary_doc.xml`.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::grid::{Input, date, percent};
use super::{Class, Format, FundFile, Reading, Row};

/// The layout.
pub const FORMAT: Format = Format {
    id: "nport",
    doc: "\
SEC form N-PORT (primary_doc.xml), public about 60 days after the quarter. Recognised by the element edgarSubmission with
invstOrSecs. The date of the holdings is repPdDate, not repPdEnd (the fiscal year's end). There are no tickers: holdings
are matched by name, and those without a match keep their name and go by the fund's sector weights. The fund's ticker is
not in the file either; say it with holdings-file under [instruments.TICKER]. One security may be several entries.",
    read,
};

#[derive(Default)]
struct Entry {
    name: String,
    title: String,
    weight: Option<f64>,
    class: String,
    ticker: Option<String>,
}

fn read(input: &Input) -> Option<Reading> {
    let text = input.text();
    let head = text.get(..text.len().min(2000)).unwrap_or(&text);
    if !head.contains("edgarSubmission") && !head.contains("invstOrSec") {
        return None;
    }
    let mut reader = Reader::from_str(&text);
    let mut fund = FundFile::default();
    let mut entry: Option<Entry> = None;
    let mut path: Vec<String> = Vec::new();
    let mut content = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                let name = local(tag.name().as_ref());
                if name == "invstOrSec" {
                    entry = Some(Entry::default());
                }
                path.push(name);
                content.clear();
            }
            Ok(Event::Empty(tag)) => {
                let value =
                    || tag.attributes().flatten().find(|a| a.key.as_ref() == "value").map(|a| a.value.to_string());
                match (&mut entry, local(tag.name().as_ref()).as_str()) {
                    (Some(entry), "ticker") => entry.ticker = value(),
                    // In place of assetCat when the category is the filer's own.
                    (Some(entry), "assetConditional") => entry.class = "OTHER".to_owned(),
                    _ => {}
                }
            }
            Ok(Event::Text(part)) => content.push_str(&part.xml10_content()),
            Ok(Event::GeneralRef(name)) => content.push_str(match name.xml10_content().as_ref() {
                "amp" => "&",
                "apos" => "'",
                _ => " ",
            }),
            Ok(Event::End(_)) => {
                let closed = path.pop().unwrap_or_default();
                let value = content.trim().to_owned();
                content.clear();
                let parent = path.last().map(String::as_str);
                match (&mut entry, closed.as_str(), parent) {
                    (Some(entry), "name", Some("invstOrSec")) => entry.name = value,
                    (Some(entry), "title", Some("invstOrSec")) => entry.title = value,
                    (Some(entry), "pctVal", Some("invstOrSec")) => entry.weight = percent(&value),
                    (Some(entry), "assetCat", Some("invstOrSec")) => entry.class = value,
                    (Some(_), "invstOrSec", _) => {
                        if let Some(done) = entry.take() {
                            finish(done, &mut fund, text.get(..byte(reader.buffer_position())).unwrap_or_default());
                        }
                    }
                    (None, "repPdDate", _) => fund.as_of = date(&value),
                    (None, "seriesName", _) => fund.name = Some(value),
                    _ => {}
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    (!fund.rows.is_empty()).then_some(Reading::Funds(vec![fund]))
}

fn byte(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

fn finish(entry: Entry, fund: &mut FundFile, before: &str) {
    let name = if entry.name.is_empty() || entry.name == "N/A" { entry.title } else { entry.name };
    let Some(weight) = entry.weight else {
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        fund.skipped.push((line, format!("{name} has no pctVal")));
        return;
    };
    let class = match entry.class.as_str() {
        "EC" | "EP" | "" => Class::Equity,
        "STIV" | "RA" => Class::Cash,
        _ => Class::NonEquity,
    };
    fund.rows.push(Row { ticker: entry.ticker, name, sector: None, weight, class, american: true });
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::text as sample;
    use super::*;

    /// As filed: prefixes, references, a stock, a fund, a bond, a repo and a future, whose value is its gain.
    pub(crate) const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<nport:edgarSubmission xmlns:nport="http://www.sec.gov/edgar/nport"><nport:formData><nport:genInfo>
<nport:seriesName>ZZ Test Fund</nport:seriesName><nport:repPdEnd>2026-12-31</nport:repPdEnd>
<nport:repPdDate>2026-06-30</nport:repPdDate></nport:genInfo><nport:invstOrSecs>
<nport:invstOrSec><nport:name>AT&amp;T Inc.</nport:name><nport:pctVal>40.0</nport:pctVal><nport:assetCat>EC</nport:assetCat></nport:invstOrSec>
<nport:invstOrSec><nport:name>N/A</nport:name><nport:title>Vanguard Total Bond Market II Index Fund</nport:title><nport:pctVal>20.0</nport:pctVal><nport:assetCat>EC</nport:assetCat></nport:invstOrSec>
<nport:invstOrSec><nport:name>United States Treasury</nport:name><nport:pctVal>20.0</nport:pctVal><nport:assetCat>DBT</nport:assetCat><nport:debtSec><nport:pctVal>9</nport:pctVal></nport:debtSec></nport:invstOrSec>
<nport:invstOrSec><nport:name>A Bank repo</nport:name><nport:pctVal>10.0</nport:pctVal><nport:assetCat>RA</nport:assetCat></nport:invstOrSec>
<nport:invstOrSec><nport:name>Q Corp</nport:name><nport:identifiers><nport:ticker value="NVDA"/></nport:identifiers><nport:pctVal>9.5</nport:pctVal><nport:assetCat>EC</nport:assetCat></nport:invstOrSec>
<nport:invstOrSec><nport:name>E-mini</nport:name><nport:pctVal>0.5</nport:pctVal><nport:assetConditional desc="x" assetCat="OTHER"/></nport:invstOrSec>
</nport:invstOrSecs></nport:formData></nport:edgarSubmission>"#;

    #[test]
    fn a_default_namespace_shorts_and_one_security_twice_are_read() {
        let filing = r#"<?xml version="1.0"?>
<edgarSubmission xmlns="http://www.sec.gov/edgar/nport" xmlns:com="http://www.sec.gov/edgar/common"><formData>
<genInfo><seriesName>ZZ</seriesName><repPdEnd>2026-12-31</repPdEnd><repPdDate>2026-06-30</repPdDate></genInfo><invstOrSecs>
<invstOrSec><name>NVIDIA Corp</name><title>NVIDIA Corp</title><cusip>67066G104</cusip><identifiers><isin value="US67066G1040"/></identifiers>
<balance>10.0</balance><units>NS</units><curCd>USD</curCd><valUSD>1.0</valUSD><pctVal>60.5</pctVal><payoffProfile>Long</payoffProfile><assetCat>EC</assetCat><invCountry>US</invCountry></invstOrSec>
<invstOrSec><name>NVIDIA Corp</name><pctVal>4.5E1</pctVal><payoffProfile>Long</payoffProfile><assetCat>EC</assetCat></invstOrSec>
<invstOrSec><name>APPLE INC</name><pctVal>-5.5</pctVal><payoffProfile>Short</payoffProfile><assetCat>EC</assetCat></invstOrSec>
</invstOrSecs></formData></edgarSubmission>"#;
        let config = "[instruments.ZZT]\nholdings-file = \"zz.xml\"\n";
        let (registry, problems) = super::super::tests::load(&[sample("zz.xml", filing)], Some("2026-07-31"), config);
        assert_eq!(problems, Vec::<String>::new());
        let fund = registry.look_through(&crate::model::Symbol::new("ZZT"));
        assert!((fund.issuers["NVDA"] - 1.055).abs() < 1e-12 && (fund.issuers["AAPL"] + 0.055).abs() < 1e-12);
    }

    #[test]
    fn the_holdings_date_is_not_the_fiscal_years_end() {
        let Some(Reading::Funds(funds)) = read(&Input::new(&sample("x.xml", SAMPLE))) else { panic!("not read") };
        let fund = &funds[0];
        assert_eq!((fund.name.as_deref(), fund.as_of), (Some("ZZ Test Fund"), date("2026-06-30")));
        let names: Vec<&str> = fund.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names[..2], ["AT&T Inc.", "Vanguard Total Bond Market II Index Fund"]);
        assert_eq!(
            fund.rows.iter().map(|row| row.class).collect::<Vec<_>>(),
            [Class::Equity, Class::Equity, Class::NonEquity, Class::Cash, Class::Equity, Class::NonEquity]
        );
    }
}
