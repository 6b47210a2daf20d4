use super::*;
use crate::config::Document;
use crate::model::Sector;
use crate::reference::{Composition, MAG7, TECH_BROAD};

fn sample(name: &str) -> RawFile {
    let path = format!("{}/tests/fund_files/{name}", env!("CARGO_MANIFEST_DIR"));
    RawFile { name: name.to_owned(), bytes: std::fs::read(path).unwrap() }
}

fn text(name: &str, text: &str) -> RawFile {
    RawFile { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
}

fn load(files: &[RawFile], as_of: Option<&str>, config: &str) -> (Registry, Vec<String>) {
    let mut sink = Sink::default();
    let document = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut sink);
    let as_of = as_of.map(|text| text.parse().unwrap());
    let registry = Registry::load(&document, files, as_of, &mut sink);
    (registry, sink.items.iter().map(|d| format!("{} {}", d.code.id, d.message)).collect())
}

fn parts(registry: &Registry, symbol: &str) -> Composition {
    registry.look_through(&Symbol::new(symbol))
}

#[track_caller]
fn near(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-9, "{left} is not {right}");
}

/// A whole fund of five lines in each issuer's layout: 40% NVIDIA, 25% Alphabet (two classes), 20% JPMorgan, 10% a stock
/// nobody knows, 5% cash.
const INVESCO: &str = "\
Fund Ticker,Security Identifier,Holding Ticker,Shares/Par Value,MarketValue,Weight,Name,Class of Shares,Sector,Date
ZZT,67066G104,NVDA     ,\"1,000\",\"182,330.00\",40.000,NVIDIA Corp,Common Stock,Information Technology,09/04/2026
ZZT,02079K305,GOOGL    ,\"10\",\"1.00\",15.000,Alphabet Inc,Common Stock,Communication Services,09/04/2026
ZZT,02079K107,GOOG     ,\"10\",\"1.00\",10.000,Alphabet Inc,Common Stock,Communication Services,09/04/2026
ZZT,02079K107,GOOG     ,\"10\",\"1.00\",10.000,Alphabet Inc,Common Stock,Communication Services,09/04/2026
ZZT,46625H100,JPM      ,\"10\",\"1.00\",20.000,JPMorgan Chase & Co,Common Stock,Financials,09/04/2026
ZZT,999999999,QXQX     ,\"10\",\"1.00\",10.000,Quaint Quarries Inc,Common Stock,Materials,09/04/2026
ZZT,-CASH-,,\"1\",\"1.00\",5.000,Cash/Receivables/Payables,Currency,Cash,09/04/2026
";

const ISHARES: &str = "\u{feff}ZZ Test Fund ETF
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

const SSGA: &str = "\
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

const VANGUARD: &str = "\
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

/// As filed: prefixes, references, a stock, a fund, a bond, a repo and a future, whose value is its gain.
const NPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
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
fn a_filing_is_read_by_category() {
    let config = "[instruments.ZZT]\nholdings-file = \"primary_doc.xml\"\n";
    let (registry, problems) = load(&[text("filings/primary_doc.xml", NPORT)], Some("2026-07-31"), config);
    assert_eq!(problems, Vec::<String>::new());
    let fund = parts(&registry, "ZZT");
    near(fund.issuers["T"], 0.40);
    near(fund.issuers["NVDA"], 0.095);
    near(fund.non_equity, 0.405);
    near(fund.cash, 0.10);
    assert_eq!(fund.as_of, NaiveDate::from_ymd_opt(2026, 6, 30));
}

#[test]
fn every_layout_gives_the_same_exact_look_through() {
    let config = "[instruments.ZZT]\nholdings-file = \"ishares.csv\"\n";
    for (file, sector_known) in [
        (text("invesco.csv", INVESCO), true),
        (text("ishares.csv", ISHARES), true),
        (text("ssga.csv", SSGA), false),
        (sample("ssga-zzt.xlsx"), false),
        (text("vanguard.csv", VANGUARD), false),
    ] {
        let name = file.name.clone();
        let config = if name == "ishares.csv" { config } else { "" };
        let (registry, problems) = load(&[file], Some("2026-09-20"), config);
        assert_eq!(problems, Vec::<String>::new(), "{name}");
        let fund = parts(&registry, "ZZT");
        near(fund.issuers["NVDA"], 0.40);
        near(fund.issuers["alphabet"], 0.25);
        near(fund.cash, 0.05);
        near(fund.sectors[&Sector::Financials], 0.20);
        assert!((fund.themes[TECH_BROAD] - 0.65).abs() < 1e-9, "{name}: {fund:?}");
        assert!((fund.theme_range[MAG7].1 - 0.65).abs() < 1e-9, "{name}: {fund:?}");
        match sector_known {
            true => near(fund.sectors[&Sector::Materials], 0.10),
            false => near(fund.unclassified, 0.10),
        }
        assert_eq!(fund.as_of, NaiveDate::from_ymd_opt(2026, 9, 4), "{name}");
        assert!(!fund.issuers.contains_key("AI"), "{name}: a Paris ticker is not C3.ai");
    }
}

#[test]
fn what_a_file_does_not_classify_goes_by_the_funds_sectors() {
    let config = "[instruments.ZZT]\nsectors = { energy = \"60%\", utilities = \"40%\" }\n";
    let files = [text("ssga.csv", SSGA)];
    let (registry, _) = load(&files, None, "");
    near(parts(&registry, "ZZT").unclassified, 0.10);
    let (registry, _) = load(&files, None, config);
    let fund = parts(&registry, "ZZT");
    near(fund.sectors[&Sector::Energy], 0.06);
    near(fund.sectors[&Sector::Utilities], 0.04);
    near(fund.issuers["QXQX"], 0.10);
    let origin = &registry.get(&Symbol::new("ZZT")).unwrap().origin;
    assert_eq!(origin, "broaden.toml:1, ssga.csv as of 2026-09-04");
}

#[test]
fn a_truncated_file_is_filled_from_the_table_and_said() {
    let (registry, problems) = load(&[sample("etf-ishares-IVV_holdings-2026.csv")], Some("2026-09-20"), "");
    assert_eq!(problems, ["contents-sum the weights of IVV add up to 9.0%"]);
    let (ivv, spy) = (parts(&registry, "IVV"), parts(&registry, "SPY"));
    near(ivv.issuers["AAPL"], 0.0715);
    near(ivv.issuers["berkshire"], 0.0165);
    near(ivv.issuers["NVDA"], spy.issuers["NVDA"]);
    assert!((ivv.themes[TECH_BROAD] - spy.themes[TECH_BROAD]).abs() < 0.01);
}

#[test]
fn a_filing_without_tickers_is_matched_by_name() {
    let file = sample("etf-sec-nport-primary_doc.xml");
    let (_, problems) = load(std::slice::from_ref(&file), None, "");
    assert!(problems[0].starts_with("fund-file-unnamed "), "{problems:?}");
    let config = "[instruments.EXMPX]\nkind = \"mutual-fund\"\nholdings-file = \"etf-sec-nport-primary_doc.xml\"\n";
    let (registry, problems) = load(&[file], None, config);
    assert_eq!(problems, ["contents-sum the weights of EXMPX add up to 25.1%"]);
    let fund = parts(&registry, "EXMPX");
    near(fund.issuers["AAPL"], 0.243_083_083_083_08 + 0.002_430_830_830_83);
    assert!((fund.non_equity - 0.00506756756757).abs() < 1e-12);
    // The holdings date, not the end of the fiscal year.
    assert_eq!(fund.as_of, NaiveDate::from_ymd_opt(2026, 6, 30));
    let label = registry.get(&Symbol::new("EXMPX")).unwrap();
    assert!(label.origin.starts_with("broaden.toml:"));
}

#[test]
fn old_data_are_said_and_very_old_data_give_way() {
    let at = |as_of: &str| {
        let (registry, problems) = load(&[text("VOO.csv", &VANGUARD.replace("(ZZT)", "(VOO)"))], Some(as_of), "");
        (registry.get(&Symbol::new("VOO")).unwrap().origin.clone(), problems)
    };
    assert_eq!(at("2026-10-19"), ("VOO.csv as of 2026-09-04".to_owned(), vec![]));
    assert_eq!(at("2026-10-20").1, ["fund-data-old the holdings of VOO are of 2026-09-04, 46 days old"]);
    // Newer than the table, however old: still the best there is.
    assert!(at("2027-09-20").0.starts_with("VOO.csv"));
    let old = text("VOO.csv", &VANGUARD.replace("(ZZT)", "(VOO)").replace("09/04/2026", "09/30/2025"));
    let (registry, problems) = load(&[old], Some("2026-09-20"), "");
    assert!(problems[0].contains("355 days old; the newer built-in ones are used"), "{problems:?}");
    assert!(registry.get(&Symbol::new("VOO")).unwrap().origin.starts_with("bundled"));
}

#[test]
fn the_newer_of_two_files_wins_in_any_order() {
    let older =
        text("a.csv", &SSGA.replace("04-Sep-2026", "04-Aug-2026").replace("40.0", "30.0").replace("25.0", "35.0"));
    let newer = text("b.csv", SSGA);
    for files in [[older.clone(), newer.clone()], [newer, older]] {
        for as_of in [None, Some("2026-09-10")] {
            let (registry, _) = load(&files, as_of, "");
            near(parts(&registry, "ZZT").issuers["NVDA"], 0.40);
        }
    }
}

#[test]
fn funds_are_found_by_name_or_by_the_file_name() {
    let by_name = text("holdings.csv", &ISHARES.replace("ZZ Test Fund ETF", "iShares Core S&P 500 ETF"));
    let (registry, _) = load(&[by_name], None, "");
    assert!(registry.get(&Symbol::new("IVV")).unwrap().origin.starts_with("holdings.csv"));
    let bare = text("ishares_IWM_holdings_2026-09-04.csv", ISHARES.split_once("\u{a0}\n").unwrap().1);
    let (registry, problems) = load(&[bare], None, "");
    assert_eq!(problems, Vec::<String>::new());
    let origin = &registry.get(&Symbol::new("IWM")).unwrap().origin;
    assert!(origin.ends_with("as of 2026-09-04"), "{origin}");
}

#[test]
fn funds_of_funds_are_opened_to_depth_three() {
    let config = "\
[instruments.L1]\nholdings = { L2 = 1.0 }\n[instruments.L2]\nholdings = { L3 = 1.0 }\n\
[instruments.L3]\nholdings = { NVDA = 1.0 }\n[instruments.L0]\nholdings = { L1 = 1.0 }\n\
[instruments.RING]\nholdings = { RONG = 1.0 }\n[instruments.RONG]\nholdings = { RING = 1.0 }\n";
    let (registry, problems) = load(&[], None, config);
    assert_eq!(problems, Vec::<String>::new());
    near(parts(&registry, "L1").issuers["NVDA"], 1.0);
    near(parts(&registry, "L0").unclassified, 1.0);
    near(parts(&registry, "RING").unclassified, 1.0);
    let wrapper = parts(&registry, "VFIFX");
    near(wrapper.non_equity, 0.10);
    near(wrapper.issuers["NVDA"], 0.54 * parts(&registry, "VTI").issuers["NVDA"]);
}

#[test]
fn other_files_and_broken_rows_are_reported_not_guessed() {
    let broken = INVESCO.replace("20.000,JPM", "many,JPM");
    let (registry, problems) = load(&[text("x.csv", "a,b\n1,2\n"), text("y.csv", &broken)], None, "");
    assert_eq!(
        problems,
        [
            "fund-file-unreadable this is not a fund holdings file broaden knows",
            "fund-rows-skipped the weight of JPMorgan Chase & Co is not a number",
            "contents-sum the weights of ZZT add up to 80.0%",
        ]
    );
    near(parts(&registry, "ZZT").unclassified, 0.20);
    // What is missing may hold anything, so the interval is wider.
    near(parts(&registry, "ZZT").theme_range[TECH_BROAD].1, 0.85);
}

#[test]
fn the_users_own_instruments_come_as_csv() {
    let csv = "Symbol,Sector,Name,Kind\nZZA,Consumer Cyclical,Zed Apparel,\nZZF,45,Zed Tech Fund,etf\nZZB,nowhere,,\n";
    let (registry, problems) = load(&[text("mine.csv", csv)], None, "[instruments.ZZA]\nissuer = \"zed\"\n");
    assert_eq!(problems, ["unknown-sector `nowhere` is not a GICS sector"]);
    let zza = registry.get(&Symbol::new("ZZA")).unwrap();
    assert_eq!((zza.sector, zza.name.as_str()), (Some(Sector::ConsumerDiscretionary), "Zed Apparel"));
    assert_eq!(registry.get(&Symbol::new("ZZF")).unwrap().origin, "mine.csv:3");
    near(registry.theme_fraction(&Symbol::new("ZZF"), TECH_BROAD), 1.0);
}

#[test]
fn a_link_to_a_file_that_is_not_there_is_a_warning() {
    let (_, problems) = load(&[], None, "[instruments.ZZT]\nholdings-file = \"zzt.csv\"\n");
    assert_eq!(problems, ["unmatched-entry no holdings file is named `zzt.csv`"]);
}

#[test]
fn every_format_is_documented() {
    for format in FORMATS {
        assert!(format.doc.lines().count() >= 4, "{}", format.id);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_a_reader_fail(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), cut in 0usize..2000) {
        let read = |bytes: Vec<u8>| {
            let file = RawFile { name: "x".to_owned(), bytes };
            FORMATS.iter().filter_map(|format| (format.read)(&Input::new(&file))).count()
        };
        read(bytes.clone());
        for whole in [INVESCO, ISHARES, SSGA, VANGUARD, NPORT] {
            let mut damaged = whole.as_bytes().get(..cut.min(whole.len())).unwrap_or_default().to_vec();
            damaged.extend_from_slice(&bytes);
            read(damaged);
        }
        let mut workbook = b"PK\x03\x04".to_vec();
        workbook.extend_from_slice(&bytes);
        read(workbook);
    }
}
