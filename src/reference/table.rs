//! The instrument table compiled into the program: stocks, funds and their biggest constituents, as compact text.
//!
//! The texts say their date and source themselves. GICS sectors follow the as-of date; fund contents are of the table's
//! date. Reading the names and sectors of everything is cheap; what a fund holds is read when it is first asked for.

mod contents;

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Instrument, InstrumentKind};
use crate::model::{Sector, Symbol};
pub(crate) use contents::Bundled;

const STOCKS: &str = include_str!("table/stocks.txt");
const FUNDS: &str = include_str!("table/funds.txt");

/// How the origin of a bundled entry begins.
pub(crate) const ORIGIN: &str = "bundled";

/// Returns the bundled entries, with the sectors of today.
pub(crate) fn entries() -> BTreeMap<Symbol, Entry> {
    let mut table = Table::default();
    table.stocks(STOCKS);
    table.funds(FUNDS);
    table.entries
}

/// Returns the tickers of the exchange traded funds of the table.
pub(crate) fn etfs() -> impl Iterator<Item = &'static str> {
    FUNDS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut columns = line.split('|').map(str::trim);
        let (symbol, flags) = (columns.next()?, columns.nth(1)?);
        flags.split_whitespace().any(|flag| flag == "etf").then_some(symbol)
    })
}

/// Returns the tickers of the stocks of the table.
pub(crate) fn stocks() -> impl Iterator<Item = &'static str> {
    let lines = STOCKS.lines().filter(|line| !line.starts_with(['#', '[']));
    lines.flat_map(|line| line.split(';')).filter_map(|item| item.split_whitespace().next())
}

#[derive(Default)]
struct Table {
    entries: BTreeMap<Symbol, Entry>,
    /// Lines that say nothing; a test holds this empty.
    problems: Vec<String>,
}

impl Table {
    fn stocks(&mut self, text: &str) {
        let origin = format!("{ORIGIN} {}", header(text, "date"));
        let mut sector = None;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(heading) = line.strip_prefix('[') {
                if !heading.starts_with('+') {
                    sector = heading.get(..2).and_then(|code| code.parse().ok()).and_then(Sector::from_code);
                }
                continue;
            }
            for item in line.split(';').map(str::trim).filter(|item| !item.is_empty()) {
                let (named, issuer) = match item.split_once(" = ") {
                    Some((named, issuer)) => (named, Some(issuer.trim())),
                    None => (item, None),
                };
                let (Some((symbol, name)), Some(today)) = (named.split_once(' '), sector) else {
                    self.problems.push(item.to_owned());
                    continue;
                };
                // Classes of one company and old tickers are taken as substantially identical: the careful reading.
                let class_of = issuer.filter(|issuer| *issuer != symbol).map(str::to_owned);
                self.add(Entry::new(
                    Instrument {
                        symbol: Symbol::new(symbol),
                        name: name.trim().to_owned(),
                        kind: InstrumentKind::Stock,
                        issuer: issuer.unwrap_or(symbol).to_owned(),
                        sector: Some(today),
                        themes: BTreeSet::new(),
                        identity_group: class_of,
                        multiple: 1.0,
                        origin: origin.clone(),
                    },
                    None,
                ));
            }
        }
    }

    fn funds(&mut self, text: &'static str) {
        let mut same_as = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let mut columns = line.split('|').map(str::trim);
            let (Some(symbol), Some(name), Some(flags), Some(inside), None) =
                (columns.next(), columns.next(), columns.next(), columns.next(), columns.next())
            else {
                self.problems.push(line.to_owned());
                continue;
            };
            let date = contents::row_date(flags);
            let mut instrument = Instrument {
                symbol: Symbol::new(symbol),
                name: name.to_owned(),
                kind: InstrumentKind::Etf,
                issuer: symbol.to_owned(),
                sector: None,
                themes: BTreeSet::new(),
                identity_group: None,
                multiple: 1.0,
                origin: format!("{ORIGIN} {date}"),
            };
            let mut closed = true;
            for flag in flags.split_whitespace() {
                match (flag, flag.strip_prefix('x').and_then(|n| n.parse().ok()), flag.strip_prefix("id=")) {
                    ("etf", ..) => instrument.kind = InstrumentKind::Etf,
                    ("fund", ..) => instrument.kind = InstrumentKind::MutualFund,
                    ("money", ..) => instrument.kind = InstrumentKind::MoneyMarket,
                    ("open", ..) => closed = false,
                    (from, ..) if from.starts_with("from=") => {}
                    (_, Some(multiple), _) => instrument.multiple = multiple,
                    (.., Some(group)) => instrument.identity_group = Some(group.to_owned()),
                    _ => self.problems.push(line.to_owned()),
                }
            }
            if let Some(other) = inside.strip_prefix('=') {
                same_as.push((instrument.symbol.clone(), Symbol::new(other)));
            }
            let bundled = Bundled { symbol, inside, closed, date };
            self.add(Entry::bundled(instrument, bundled));
        }
        // A fund that is the same as another is as old as the other.
        for (symbol, other) in same_as {
            let origin = self.entries.get(&other).map(|entry| entry.instrument.origin.clone());
            if let (Some(entry), Some(origin)) = (self.entries.get_mut(&symbol), origin) {
                entry.instrument.origin = origin;
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        if let Some(other) = self.entries.insert(entry.instrument.symbol.clone(), entry) {
            self.problems.push(format!("{} twice", other.instrument.symbol));
        }
    }
}

/// Returns `# key: value` of a text's head.
fn header<'a>(text: &'a str, key: &str) -> &'a str {
    let marked =
        text.lines().filter(|line| line.starts_with('#')).filter_map(|line| line.split_once(&format!("{key}: ")));
    marked.map(|(_, value)| value.split_whitespace().next().unwrap_or_default()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::reference::{Registry, TECH_BROAD};

    fn table() -> Table {
        let mut table = Table::default();
        table.stocks(STOCKS);
        table.funds(FUNDS);
        table
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let mut table = table();
        for entry in table.entries.values() {
            if let Some(bundled) = entry.bundled {
                bundled.read(&mut table.problems);
            }
        }
        assert_eq!(table.problems, Vec::<String>::new());
    }

    #[test]
    fn constituents_are_known_and_fit_the_funds_sectors() {
        let (table, lists) = (table(), contents::lists(&mut Vec::new()));
        let mut wrong = Vec::new();
        for (fund, list) in &lists {
            let Some(contents) = table.entries.get(&Symbol::new(fund)).and_then(|entry| entry.contents()) else {
                wrong.push(format!("{fund} is not a fund"));
                continue;
            };
            let mut by_sector: BTreeMap<Sector, f64> = BTreeMap::new();
            for (symbol, weight) in list {
                match table.entries.get(symbol).and_then(|entry| entry.instrument.sector) {
                    Some(sector) => *by_sector.entry(sector).or_default() += weight,
                    None => wrong.push(format!("{fund}: {symbol} is unknown")),
                }
            }
            for (sector, named) in by_sector {
                let whole = contents.sectors.get(&sector).copied().unwrap_or(0.0);
                if named > whole + 0.005 {
                    wrong.push(format!("{fund}: {sector:?} {named:.3} named of {whole:.3}"));
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn rounded_sector_weights_add_up_to_about_the_whole() {
        for line in FUNDS.lines().filter(|line| !line.starts_with('#') && !line.contains('=') || line.contains("id=")) {
            let Some(contents) = line.split('|').nth(3).map(str::trim).filter(|c| !c.starts_with('=')) else {
                continue;
            };
            let total: f64 = contents
                .trim_start_matches('+')
                .split_whitespace()
                .filter_map(contents::weighted)
                .map(|(_, w)| w)
                .sum();
            assert!((97.4..=102.6).contains(&total), "{line}: {total}");
        }
    }

    #[test]
    fn a_row_is_as_old_as_the_source_it_names() {
        let mut sources = 0;
        for line in FUNDS.lines().filter(|line| !line.starts_with('#')) {
            let flags = line.split('|').nth(2).unwrap_or_default();
            for source in flags.split_whitespace().filter_map(|flag| flag.strip_prefix("from=")) {
                assert!(FUNDS.contains(&format!("# from {source}: ")), "{source} is not described");
                let day = NaiveDate::parse_from_str(&format!("{}-01", contents::row_date(flags)), "%Y-%m-%d");
                assert!(day.is_ok(), "{line}");
                sources += 1;
            }
        }
        assert!(sources > 20, "{sources}");
        let table = table();
        let origin = |symbol: &str| table.entries.get(&Symbol::new(symbol)).map(|e| e.instrument.origin.clone());
        assert_eq!(origin("IWM").as_deref(), Some("bundled 2025-11"));
        // The same as IWM, from the same source; a row that names none is of the table's date.
        assert_eq!(origin("VTWO").as_deref(), Some("bundled 2025-11"));
        assert_eq!(origin("SIZE").as_deref(), Some("bundled 2025-12"));
        let inside = |symbol: &str| table.entries.get(&Symbol::new(symbol)).and_then(|e| e.contents()).unwrap().as_of;
        assert_eq!(inside("VTWO"), NaiveDate::from_ymd_opt(2025, 11, 1));
        assert_eq!(inside("SIZE"), NaiveDate::from_ymd_opt(2025, 12, 1));
    }

    #[test]
    fn target_date_funds_hold_more_stocks_the_later_their_date() {
        let registry = Registry::bundled();
        for (family, symbols) in [
            ("T. Rowe Price", "TRRBX TRRHX TRRCX TRRJX TRRDX TRRKX TRRMX TRRNX TRRLX"),
            ("American Funds", "AACTX AADTX AAETX AAFTX AAGTX AAHTX AALTX AAMTX AANTX AAOTX"),
            ("American Funds R-6", "RFDTX RFETX RFFTX RFGTX RFHTX RFITX RFKTX RFUTX"),
            ("Vanguard", "VTINX VTWNX VTTVX VTHRX VTTHX VFORX VTIVX VFIFX VFFVX VTTSX VLXVX VSVNX"),
        ] {
            let stocks = |symbol| registry.look_through(&Symbol::new(symbol)).sectors.values().sum::<f64>();
            let shares: Vec<f64> = symbols.split(' ').map(stocks).collect();
            assert!(shares.is_sorted(), "{family}: {shares:?}");
            assert!(shares.iter().all(|share| (0.25..1.0).contains(share)), "{family}: {shares:?}");
        }
    }

    #[test]
    fn the_table_is_as_large_as_it_says() {
        let (table, lists) = (table(), contents::lists(&mut Vec::new()));
        let funds = table.entries.values().filter(|entry| entry.instrument.kind.is_fund()).count();
        assert!(table.entries.len() - funds >= 653 && funds >= 150 && lists.len() >= 40);
    }

    #[test]
    fn every_instrument_adds_up_to_its_multiple() {
        let registry = Registry::bundled();
        for symbol in registry.symbols() {
            let (parts, instrument) = (registry.look_through(symbol), registry.get(symbol).unwrap());
            let total = parts.sectors.values().sum::<f64>() + parts.non_equity + parts.cash + parts.unclassified;
            assert!((total - instrument.multiple).abs() < 1e-9, "{symbol}: {total}");
            let named: f64 = parts.issuers.values().sum();
            let unnamed: f64 = parts.unnamed.values().sum();
            let rest = named + unnamed + parts.non_equity + parts.cash;
            assert!((rest - instrument.multiple).abs() < 1e-9, "{symbol}: {named} named, {unnamed} unnamed");
            for (id, (low, high)) in &parts.theme_range {
                let central = parts.themes.get(id).copied().unwrap_or(0.0);
                assert!(low - 1e-9 <= central && central <= high + 1e-9, "{symbol} {id}: {low} {central} {high}");
            }
        }
    }

    #[test]
    fn an_old_portfolio_is_read_with_the_sectors_of_its_day() {
        let on = |date: &str| {
            let document = crate::config::Document::defaults();
            Registry::load(&document, &[], Some(date.parse().unwrap()), &mut crate::diagnostics::Sink::default())
        };
        let visa = Symbol::new("V");
        assert_eq!(on("2022-12-30").theme_fraction(&visa, TECH_BROAD), 1.0);
        assert_eq!(on("2023-12-29").theme_fraction(&visa, TECH_BROAD), 0.0);
    }

    #[test]
    fn wash_sale_groups_join_the_same_index_and_share_classes_only() {
        let registry = Registry::bundled();
        let same =
            |one: &str, other: &str| registry.identity(&Symbol::new(one)) == registry.identity(&Symbol::new(other));
        for (one, other) in
            [("SPY", "VFIAX"), ("QQQ", "QQQM"), ("IWM", "VTWO"), ("VTI", "VTSAX"), ("GOOG", "GOOGL"), ("FB", "META")]
        {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in
            [("VTI", "ITOT"), ("VTI", "SCHB"), ("SPY", "SSO"), ("SPY", "RSP"), ("XLI", "VIS"), ("SMH", "SOXX")]
        {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    /// What issuers' files and filings say: 7.57 + 5.02 + 13.13 + 1.55 + 6.60 + 3.35 + 3.24 + 3.51 of FELG, 9.30 + 10.24 +
    /// 8.66 + 5.09 + 4.40 + 3.51 of IGM, eight of a hundred of QQQE, twice the 12.64 + 11.09 + 7.23 of XLK, twice 43.9 of
    /// NVIDIA.
    #[test]
    fn funds_that_were_not_known_by_name_have_their_seven() {
        let registry = Registry::bundled();
        let seven = |symbol: &str| 100.0 * registry.theme_fraction(&Symbol::new(symbol), "mag7");
        for (fund, weight) in [
            ("FELG", 43.97),
            ("FELC", 32.45),
            ("IGM", 41.2),
            ("QQQE", 8.0),
            ("ROM", 61.9),
            ("USD", 87.9),
            ("XSD", 2.36),
        ] {
            assert!((seven(fund) - weight).abs() < 0.15, "{fund}: {}", seven(fund));
        }
        // Names not known: an interval, and one company may be a quarter.
        for fund in ["SPMO", "ROBO", "VWUAX", "PRGFX", "AMCPX", "FDSVX", "DFAU", "QTUM", "PRSCX", "ANWPX"] {
            let parts = registry.look_through(&Symbol::new(fund));
            let (low, high) = parts.theme_range["mag7"];
            assert!(low == 0.0 && high > 0.3 && parts.anonymous > 0.2, "{fund}: {low} {high} {}", parts.anonymous);
        }
        let spmo = registry.look_through(&Symbol::new("SPMO"));
        assert!((spmo.sectors[&Sector::InformationTechnology] - 0.437).abs() < 1e-3);
    }

    #[test]
    fn tech_through_the_main_funds_is_near_their_published_weights() {
        let registry = Registry::bundled();
        let tech = |symbol: &str| (registry.theme_fraction(&Symbol::new(symbol), TECH_BROAD) * 1000.0).round() / 10.0;
        // 39.9 of sector 45, plus 3.01 + 2.41 + 2.42 + 3.69 + 1.51 of the seven outside it.
        assert!((tech("SPY") - 52.9).abs() < 0.1, "{}", tech("SPY"));
        assert_eq!(tech("VOO"), tech("SPY"));
        // 58.5, plus 3.27 + 3.03 + 3.23 + 4.35 + 2.9.
        assert!((tech("QQQ") - 75.3).abs() < 0.1, "{}", tech("QQQ"));
        assert_eq!(tech("XLK"), 100.0);
        assert_eq!(tech("XLE"), 0.0);
        assert_eq!(tech("TQQQ"), (registry.theme_fraction(&Symbol::new("QQQ"), TECH_BROAD) * 3000.0).round() / 10.0);
    }
}
