//! The files of funds, read as they are published.

use super::*;
use crate::config::Document;
use crate::model::Sector;
use crate::reference::{Composition, MAG7, TECH_BROAD};

fn sample(name: &str) -> RawFile {
    let path = format!("{}/tests/fund_files/{name}", env!("CARGO_MANIFEST_DIR"));
    RawFile::new(name.to_owned(), std::fs::read(path).unwrap())
}

pub(super) fn text(name: &str, text: &str) -> RawFile {
    RawFile::new(name.to_owned(), text.as_bytes().to_vec())
}

pub(super) fn load(files: &[RawFile], as_of: Option<&str>, config: &str) -> (Registry, Vec<String>) {
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

#[test]
fn a_filing_is_read_by_category() {
    let config = "[instruments.ZZT]\nholdings-file = \"primary_doc.xml\"\n";
    let (registry, problems) =
        load(&[text("filings/primary_doc.xml", nport::tests::SAMPLE)], Some("2026-07-31"), config);
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
        (text("invesco.csv", invesco::tests::SAMPLE), true),
        (text("ishares.csv", ishares::tests::SAMPLE), true),
        (text("ssga.csv", ssga::tests::SAMPLE), false),
        (sample("ssga-zzt.xlsx"), false),
        (text("vanguard.csv", vanguard::tests::SAMPLE), false),
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
    let files = [text("ssga.csv", ssga::tests::SAMPLE)];
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
        let (registry, problems) =
            load(&[text("VOO.csv", &vanguard::tests::SAMPLE.replace("(ZZT)", "(VOO)"))], Some(as_of), "");
        (registry.get(&Symbol::new("VOO")).unwrap().origin.clone(), problems)
    };
    assert_eq!(at("2026-10-19"), ("VOO.csv as of 2026-09-04".to_owned(), vec![]));
    assert_eq!(at("2026-10-20").1, ["fund-data-old the holdings of VOO are of 2026-09-04, 46 days old"]);
    // Newer than the table, however old: still the best there is.
    assert!(at("2027-09-20").0.starts_with("VOO.csv"));
    let old = text("VOO.csv", &vanguard::tests::SAMPLE.replace("(ZZT)", "(VOO)").replace("09/04/2026", "09/30/2025"));
    let (registry, problems) = load(&[old], Some("2026-09-20"), "");
    assert!(problems[0].contains("355 days old; the newer built-in ones are used"), "{problems:?}");
    assert!(registry.get(&Symbol::new("VOO")).unwrap().origin.starts_with("bundled"));
}

#[test]
fn funds_of_the_same_index_share_one_file() {
    let (registry, _) = load(&[text("spy.csv", &ssga::tests::SAMPLE.replace("ZZT", "SPY"))], None, "");
    assert_eq!(parts(&registry, "VOO"), parts(&registry, "SPY"));
    let origin = |symbol: &str| registry.get(&Symbol::new(symbol)).unwrap().origin.clone();
    assert_eq!(origin("VFIAX"), "spy.csv as of 2026-09-04 (SPY, same index)");
    // Three times the index is not the index, and a fund with a file of its own keeps it.
    assert!(origin("UPRO").starts_with("bundled"));
    let own = text("voo.csv", &vanguard::tests::SAMPLE.replace("(ZZT)", "(VOO)"));
    let (registry, _) = load(&[text("spy.csv", &ssga::tests::SAMPLE.replace("ZZT", "SPY")), own], None, "");
    assert_eq!(registry.get(&Symbol::new("VOO")).unwrap().origin, "voo.csv as of 2026-09-04");
}

#[test]
fn the_newer_of_two_files_wins_in_any_order() {
    let older = text(
        "a.csv",
        &ssga::tests::SAMPLE.replace("04-Sep-2026", "04-Aug-2026").replace("40.0", "30.0").replace("25.0", "35.0"),
    );
    let newer = text("b.csv", ssga::tests::SAMPLE);
    for files in [[older.clone(), newer.clone()], [newer, older]] {
        for as_of in [None, Some("2026-09-10")] {
            let (registry, _) = load(&files, as_of, "");
            near(parts(&registry, "ZZT").issuers["NVDA"], 0.40);
        }
    }
}

#[test]
fn funds_are_found_by_name_or_by_the_file_name() {
    let by_name = text("holdings.csv", &ishares::tests::SAMPLE.replace("ZZ Test Fund ETF", "iShares Core S&P 500 ETF"));
    let (registry, _) = load(&[by_name], None, "");
    assert!(registry.get(&Symbol::new("IVV")).unwrap().origin.starts_with("holdings.csv"));
    let bare = text("ishares_IWM_holdings_2026-09-04.csv", ishares::tests::SAMPLE.split_once("\u{a0}\n").unwrap().1);
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
    let broken = invesco::tests::SAMPLE.replace("20.000,JPM", "many,JPM");
    let (registry, problems) = load(&[text("x.csv", "a,b\n1,2\n"), text("y.csv", &broken)], None, "");
    assert_eq!(
        problems,
        [
            "fund-file-unreadable x.csv is not a fund holdings file that broaden knows, and is not used",
            "fund-rows-skipped the weight of JPMorgan Chase & Co is not a number",
            "contents-sum the weights of ZZT add up to 80.0%",
        ]
    );
    near(parts(&registry, "ZZT").unclassified, 0.20);
    // What is missing may hold anything, so the interval is wider.
    near(parts(&registry, "ZZT").theme_range[TECH_BROAD].1, 0.85);
}

/// Whatever a file claims, a dollar of the fund stays a dollar and no figure is nonsense.
#[test]
fn absurd_weights_are_said_and_stay_finite() {
    let weights = |weights: &[&str]| {
        let rows: Vec<String> =
            weights.iter().enumerate().map(|(at, w)| format!("Stock {at},S{at},{w},Energy\n")).collect();
        let head = "Fund Name:,Z,,\nTicker Symbol:,ZZT,,\nHoldings:,As of 04-Sep-2026,,\nName,Ticker,Weight,Sector\n";
        let (registry, problems) = load(&[text("z.csv", &format!("{head}{}", rows.concat()))], Some("2026-09-20"), "");
        (parts(&registry, "ZZT"), problems)
    };
    let whole =
        |fund: &Composition| fund.sectors.values().sum::<f64>() + fund.non_equity + fund.cash + fund.unclassified;
    for (given, said) in [
        (&["150", "150"][..], "the weights of ZZT add up to 300.0%"),
        (&["130", "-60"], "the weights of ZZT add up to 70.0%"),
        (&["-50", "-50"], "the weights of ZZT add up to -100.0%"),
        (&["NaN", "inf", "100"], "the weight of Stock 0 is not a number, and 1 row more"),
        (&["1e300", "100"], "the weight of Stock 0 is not a number"),
        (&["0.2", "0.2", "0.2", "0.2", "0.1", "0.1"], "they are fractions where percents belong"),
    ] {
        let (fund, problems) = weights(given);
        assert!(problems.iter().any(|problem| problem.contains(said)), "{given:?}: {problems:?}");
        near(whole(&fund), 1.0);
        assert!(fund.sectors.values().all(|weight| weight.is_finite()));
    }
    // Long and short that make a whole are taken as they are.
    let (fund, problems) = weights(&["130", "-30"]);
    assert_eq!(problems, Vec::<String>::new());
    near(fund.issuers["S1"], -0.30);
}

#[test]
fn a_file_for_a_day_without_data_is_not_used() {
    let empty = ishares::tests::SAMPLE.replace("\"Sep 04, 2026\"", "\"-\"");
    let empty: String = empty.lines().take(5).map(|line| format!("{line}\n")).collect();
    let (registry, problems) = load(&[text("IVV_holdings.csv", &empty)], Some("2026-09-20"), "");
    assert_eq!(problems, ["fund-file-empty the file lists no holdings, so it is not used"]);
    assert!(registry.get(&Symbol::new("IVV")).unwrap().origin.starts_with("bundled"));
}

#[test]
fn a_link_to_a_file_that_is_not_there_is_a_warning() {
    let (_, problems) = load(&[], None, "[instruments.ZZT]\nholdings-file = \"zzt.csv\"\n");
    assert_eq!(problems, ["unmatched-entry no holdings file is named `zzt.csv`"]);
}

#[test]
fn every_sample_is_of_one_layout() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fund_files");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut count = 0;
    for name in names {
        let file = sample(&name);
        let input = Input::new(&file);
        // Tables of other issuers and of the user are what fits nothing else.
        let layouts = FORMATS.iter().filter(|format| {
            ![own::FORMAT.id, issuers::FORMAT.id].contains(&format.id) && (format.read)(&input).is_some()
        });
        let layouts: Vec<&str> = layouts.map(|format| format.id).collect();
        assert_eq!(layouts.len(), 1, "{name}: {layouts:?}");
        count += 1;
    }
    assert!(count > 4, "{count}");
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
            let file = RawFile::new("x", bytes);
            FORMATS.iter().filter_map(|format| (format.read)(&Input::new(&file))).count()
        };
        read(bytes.clone());
        for whole in [invesco::tests::SAMPLE, ishares::tests::SAMPLE, ssga::tests::SAMPLE, vanguard::tests::SAMPLE, nport::tests::SAMPLE] {
            let mut damaged = whole.as_bytes().get(..cut.min(whole.len())).unwrap_or_default().to_vec();
            damaged.extend_from_slice(&bytes);
            read(damaged);
        }
        let mut workbook = b"PK\x03\x04".to_vec();
        workbook.extend_from_slice(&bytes);
        read(workbook);
    }
}
