//! The exposure stage against the worked case F05, and the properties that hold for any household.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "exposure/verb.rs"]
mod verb;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use broaden::config::Document;
use broaden::diagnostics::{Sink, Source};
use broaden::exposure::{self, Exposure, Slice};
use broaden::model::{Account, AssetKind, Portfolio, Position, RawFile, Sector, Symbol};
use broaden::reference::{GICS_IT, MAG7, Registry, TECH_BROAD};
use broaden::units::{Decimal, Money, Weight};
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::Value;

fn registry(text: &str) -> Registry {
    let mut sink = Sink::default();
    let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
    let registry = Registry::load(&document, &[], None, &mut sink);
    assert!(sink.items.is_empty(), "{:?}", sink.items);
    registry
}

/// The table alone, built once.
fn bundled() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::bundled)
}

fn money(text: &str) -> Money {
    Money(text.parse().unwrap())
}

fn position(symbol: &str, kind: AssetKind, value: Money) -> Position {
    let mut position = Position::new(kind, symbol);
    position.symbol = Some(symbol.into());
    position.canonical = Some(Symbol::new(symbol));
    position.value = Some(value);
    position
}

fn account(cash: Option<Money>, positions: Vec<Position>) -> Account {
    let mut account = Account::new("test", "test");
    account.cash = cash.map(|amount| ("USD".to_owned(), amount)).into_iter().collect();
    account.positions = positions;
    account
}

fn household(accounts: Vec<Account>) -> Portfolio {
    Portfolio { accounts, ..Portfolio::default() }
}

fn measure(portfolio: &Portfolio, registry: &Registry) -> Exposure {
    exposure::measure(portfolio, registry, &Symbol::new("SPY"))
}

#[track_caller]
fn near(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-9, "{left} is not {right}");
}

fn numbers(value: &Value) -> BTreeMap<String, f64> {
    value.as_object().unwrap().iter().map(|(key, value)| (key.clone(), value.as_f64().unwrap())).collect()
}

/// The sector the case gives, as the config takes it; `X` and the benchmark's REST have none.
fn case_sector(code: &str) -> Option<&'static str> {
    match code {
        "IT" => Some("45"),
        "COMM" => Some("50"),
        "DISC" => Some("25"),
        "IND" => Some("20"),
        _ => None,
    }
}

fn toml_weights(weights: &BTreeMap<String, f64>) -> String {
    weights.iter().map(|(symbol, weight)| format!("{symbol} = {weight}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn worked_case_f05_concentration() {
    let case: Value = serde_json::from_str(include_str!("../cases/F05_concentration.json")).unwrap();
    let mut text = String::new();
    for (fund, holdings) in case["fund_holdings"].as_object().unwrap() {
        text += &format!("[instruments.{fund}]\nholdings = {{ {} }}\n", toml_weights(&numbers(holdings)));
    }
    text += &format!("[instruments.BENCH]\nholdings = {{ {} }}\n", toml_weights(&numbers(&case["benchmark"])));
    for (symbol, code) in case["gics"].as_object().unwrap() {
        if let (Some(sector), true) = (case_sector(code.as_str().unwrap()), symbol.starts_with("OTHER")) {
            text += &format!("[instruments.{symbol}]\nsector = \"{sector}\"\n");
        }
    }
    text += "[instruments.XLI]\nholdings = { XLI_ISSUER = 1.0 }\n[instruments.XLI_ISSUER]\nsector = \"20\"\n";
    let registry = registry(&text);

    let mut positions = Vec::new();
    let mut cash = None;
    for (symbol, weight) in numbers(&case["weights"]) {
        let value = Money::from_f64(weight * 1_000_000.0);
        match symbol.as_str() {
            "CASH" => cash = Some(value),
            "QQQ" | "XLI" => positions.push(position(&symbol, AssetKind::Etf, value)),
            _ => positions.push(position(&symbol, AssetKind::Equity, value)),
        }
    }
    let found = exposure::measure(&household(vec![account(cash, positions)]), &registry, &Symbol::new("BENCH"));
    let expected = &case["expected"];
    let expect = |key: &str| expected[key].as_f64().unwrap();

    let issuers: BTreeMap<&str, f64> = found.issuers.iter().map(|i| (i.issuer.as_str(), i.weight.0)).collect();
    for (symbol, weight) in numbers(&expected["lookthrough"]) {
        match symbol.as_str() {
            "CASH" => near(found.cash_weight.0, weight),
            "GOOGL" => near(issuers["alphabet"], weight),
            "XLI" => near(issuers["XLI_ISSUER"], weight),
            _ => near(issuers[symbol.as_str()], weight),
        }
    }
    near(found.theme(GICS_IT).0, expect("tech_gics_it"));
    near(found.theme(TECH_BROAD).0, expect("tech_broad_it_plus_m7"));
    near(found.theme(MAG7).0, expect("mag7"));
    near(found.hhi_lines, expect("hhi_lines_incl_cash"));
    near(found.effective_lines().unwrap(), expect("effective_n_lines"));
    near(found.hhi_invested, expect("hhi_lines_invested_only"));
    near(1.0 / found.hhi_invested, expect("effective_n_invested_only"));
    near(found.top_lines(3).0, expect("top3_lines"));
    near(found.active_share.high, expect("active_share"));
    near(found.active_share.low, expect("active_share"));
    let largest = &expected["largest_issuer_lookthrough"];
    assert_eq!(found.issuers[0].issuer, largest[0].as_str().unwrap());
    near(found.issuers[0].weight.0, largest[1].as_f64().unwrap());
    for (symbol, active) in numbers(&expected["active_weight"]) {
        let id = registry.issuer(&Symbol::new(&symbol));
        near(issuers[id.as_str()] - found.benchmark.issuers[&id], active);
    }
    // The "X" of the case has a name but no sector.
    near(found.unclassified.0, 0.111);
}

#[test]
fn a_household_is_measured_with_its_benchmark() {
    let roth = account(Some(money("1000")), vec![position("VOO", AssetKind::Etf, money("4000"))]);
    let mut taxable = account(
        Some(money("500")),
        vec![
            position("GOOG", AssetKind::Equity, money("1000")),
            position("GOOGL", AssetKind::Equity, money("1000")),
            position("BND", AssetKind::Etf, money("1000")),
            position("SPAXX", AssetKind::MoneyMarket, money("1000")),
            position("NVDA 261218C00200000", AssetKind::Option, money("-500")),
        ],
    );
    taxable.pending = Some(money("1000"));
    let found = measure(&household(vec![roth, taxable]), &registry(""));
    assert_eq!((found.value, found.cash), (money("10000"), money("3500")));
    let alphabet = found.issuers.iter().find(|issuer| issuer.issuer == "alphabet").unwrap();
    let through = found.benchmark.issuers["alphabet"] * 0.4;
    near(alphabet.weight.0, 0.2 + through);
    near(alphabet.through_funds.0, through);
    assert_eq!(alphabet.name, "Alphabet");
    near(found.non_equity.0, 0.1);
    near(found.derivatives.0, -0.05);
    assert_eq!(found.derivative_positions.len(), 1);
    near(found.tech().0, 0.2 + 0.4 * found.benchmark.themes[TECH_BROAD]);
    near(found.themes[TECH_BROAD].through_funds.0, 0.4 * found.benchmark.themes[TECH_BROAD]);
    let first: Vec<&str> = found.themes[TECH_BROAD].contributions.iter().map(|c| c.label.as_str()).collect();
    assert_eq!(first, ["VOO", "GOOG", "GOOGL"]);
    assert_eq!(found.coverage, 1.0);
    assert_eq!(found.interval(TECH_BROAD), None);

    let by_account = exposure::by_account(
        &household(vec![
            account(None, vec![position("XLE", AssetKind::Etf, money("5"))]),
            account(None, vec![position("NVDA", AssetKind::Equity, money("95"))]),
        ]),
        &registry(""),
        &Symbol::new("SPY"),
    );
    assert_eq!(by_account.iter().map(|one| one.tech().0).collect::<Vec<_>>(), [0.0, 1.0]);
    assert_eq!(by_account[1].themes[TECH_BROAD].contributions[0].account, 1);
}

#[test]
fn the_unknown_is_listed_with_what_it_hides_and_widens_the_interval() {
    let found = measure(
        &household(vec![account(
            None,
            vec![
                position("ZZZZZ", AssetKind::MutualFund, money("30")),
                position("QQQZZ", AssetKind::Equity, money("10")),
                position("NVDA", AssetKind::Equity, money("60")),
            ],
        )]),
        &registry(""),
    );
    near(found.unclassified.0, 0.4);
    near(found.coverage, 0.6);
    assert_eq!(found.unknown.iter().map(|c| c.amount().dollars()).collect::<Vec<_>>(), ["$30.00", "$10.00"]);
    assert!(found.unknown[0].config_lines().starts_with("[instruments.ZZZZZ]\nlike = "));
    assert_eq!(found.interval(TECH_BROAD), Some((Weight(0.6), Weight(1.0))));
    // A stock of an unknown sector is an issuer all the same; a fund is not.
    assert!(found.issuers.iter().any(|issuer| issuer.issuer == "QQQZZ"));
    assert!(!found.issuers.iter().any(|issuer| issuer.issuer == "ZZZZZ"));
}

#[test]
fn foreign_lines_without_a_rate_are_in_no_figure() {
    let mut euro = position("SAP", AssetKind::Equity, money("100"));
    euro.currency = "EUR".into();
    let mut converted = euro.clone();
    converted.details.value_base = Some(money("110"));
    let mut mixed = account(Some(money("10")), vec![euro, converted, position("NVDA", AssetKind::Equity, money("80"))]);
    mixed.cash.push(("EUR".to_owned(), money("7")));
    let found = measure(&household(vec![mixed]), &registry(""));
    assert_eq!(found.value, money("200"));
    assert_eq!(found.unvalued, ["EUR cash in test", "SAP"]);
    // SAP on another exchange may be another company: classified only when its ISIN or the config says so.
    near(found.unclassified.0, 0.55);
}

#[test]
fn leveraged_and_inverse_funds_count_with_their_multiple() {
    let of = |symbol: &str| {
        measure(&household(vec![account(None, vec![position(symbol, AssetKind::Etf, money("100"))])]), &registry(""))
    };
    let (one, three, minus) = (of("QQQ"), of("TQQQ"), of("SQQQ"));
    near(three.tech().0, 3.0 * one.tech().0);
    near(minus.tech().0, -3.0 * one.tech().0);
    near(three.leverage.0, 2.0);
    near(minus.leverage.0, -4.0);
    assert!(minus.themes[TECH_BROAD].low.0 <= minus.themes[TECH_BROAD].high.0);
}

#[test]
fn an_empty_household_has_no_weights_and_no_nonsense() {
    let found = measure(&Portfolio::default(), &registry(""));
    assert_eq!(found.value, Money::ZERO);
    assert_eq!((found.tech(), found.effective_lines(), found.effective_issuers()), (Weight(0.0), None, None));
    let debit = measure(&household(vec![account(Some(money("-10")), Vec::new())]), &registry(""));
    assert_eq!(debit.tech(), Weight(0.0));
}

#[test]
fn points_over_a_cap_are_given_in_dollars() {
    let found = measure(
        &household(vec![account(Some(money("40")), vec![position("NVDA", AssetKind::Equity, money("60"))])]),
        &registry(""),
    );
    let (points, dollars) = found.over(TECH_BROAD, Weight(0.45));
    near(points.0, 0.15);
    assert_eq!(dollars, money("15.00"));
    assert_eq!(found.over(TECH_BROAD, Weight(0.70)), (Weight(0.0), Money::ZERO));
    let active = found.active_sectors();
    near(active[&Sector::InformationTechnology].0, 0.6 - found.benchmark.sectors[&Sector::InformationTechnology]);
    near(active[&Sector::Energy].0, -found.benchmark.sectors[&Sector::Energy]);
}

#[test]
fn what_a_reader_must_know_is_reported() {
    let registry = registry("");
    let mut blank = position("VTI", AssetKind::Etf, money("1"));
    blank.value = None;
    let accounts = vec![account(
        None,
        vec![
            position("RSP", AssetKind::Etf, money("90")),
            position("ZZZZZ", AssetKind::MutualFund, money("10")),
            blank,
        ],
    )];
    let found = exposure::measure(&household(accounts), &registry, &Symbol::new("SPPY"));
    let mut sink = Sink::default();
    exposure::check(&found, NaiveDate::from_ymd_opt(2026, 11, 20), &mut sink);
    exposure::check_benchmark(&found, &Document::defaults(), &mut sink);
    let said: Vec<String> = sink.items.iter().map(|d| format!("{} {}", d.code.id, d.message)).collect();
    assert_eq!(
        said,
        [
            "unvalued-position VTI has no value in the household's currency",
            "low-coverage only 90.0% of the value is known by name or fund; unknown: ZZZZZ ($10.00)",
            "fund-data-aged what your funds hold is looked up in data of 2026-03-01 or later, 264 days old",
            "unknown-benchmark the benchmark `SPPY` is not known, so what is relative to it does not hold: `above-benchmark` of \
             [limits.issuer], `base` of [limits.mag7], `base` of [limits.tech], `min` of [limits.tech]",
        ]
    );
    let quiet = measure(&household(vec![account(Some(money("1")), Vec::new())]), &registry);
    let mut sink = Sink::default();
    exposure::check(&quiet, NaiveDate::from_ymd_opt(2026, 11, 20), &mut sink);
    assert!(sink.items.is_empty());
}

#[test]
fn a_figure_for_tech_leaves_no_interval() {
    let registry = registry("[instruments.ZZZFX]\ntech = \"36%\"\n");
    let one = position("ZZZFX", AssetKind::MutualFund, money("100"));
    let found = measure(&household(vec![account(None, vec![one])]), &registry);
    near(found.tech().0, 0.36);
    near(found.unclassified.0, 0.64);
    assert_eq!(found.interval(TECH_BROAD), None);
}

#[test]
fn an_override_of_what_nobody_holds_is_a_warning() {
    let text = "[instruments.ZZZFX]\nlike = \"SPY\"\n[instruments.ZZZZF]\ntech = \"30%\"\n[instruments.NVDA]\nissuer = \"nv\"\n";
    let mut sink = Sink::default();
    let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
    let registry = Registry::load(&document, &[], None, &mut sink);
    let portfolio = household(vec![account(
        None,
        vec![
            position("ZZZFX", AssetKind::MutualFund, money("1")),
            position("ZZZZX", AssetKind::MutualFund, money("1")),
        ],
    )]);
    let found = measure(&portfolio, &registry);
    exposure::check_overrides(&found, &portfolio, &registry, &document, &mut sink);
    let said: Vec<String> = sink.items.iter().map(|d| format!("{} {:?}", d.message, d.hint)).collect();
    // NVDA is inside ZZZFX, which is like SPY.
    assert_eq!(said, ["nothing you hold is [instruments.ZZZZF] Some(\"did you mean `ZZZZX`?\")"]);
}

/// The sum over positions is what the linear program sees: value times fraction, per symbol.
#[test]
fn fractions_per_symbol_give_the_measured_weights() {
    let registry = registry("");
    let held = [("VTI", "700"), ("GOOG", "200"), ("TQQQ", "100")];
    let positions = held.iter().map(|(symbol, value)| position(symbol, AssetKind::Etf, money(value))).collect();
    let found = measure(&household(vec![account(None, positions)]), &registry);
    let sum = |fraction: &dyn Fn(&Symbol) -> f64| -> f64 {
        held.iter().map(|(symbol, value)| fraction(&Symbol::new(symbol)) * money(value).to_f64() / 1000.0).sum()
    };
    near(sum(&|symbol| registry.theme_fraction(symbol, TECH_BROAD)), found.tech().0);
    let financials = found.sectors[&Sector::Financials].0;
    near(sum(&|symbol| registry.sector_fraction(symbol, Sector::Financials)), financials);
    let alphabet = found.issuers.iter().find(|issuer| issuer.issuer == "alphabet").unwrap().weight.0;
    near(sum(&|symbol| registry.issuer_fraction(symbol, "alphabet")), alphabet);
}

/// Three files of 3,000 lines each and 1,000 positions.
#[test]
fn a_large_household_with_large_funds_is_measured() {
    let fund = |ticker: &str| {
        let mut text = String::from("Fund Name:,Large,,\nTicker Symbol:,");
        text += &format!("{ticker},,\nHoldings:,As of 04-Sep-2026,,\nName,Ticker,Weight,Sector\n");
        for line in 0..3000 {
            text += &format!("Stock {line},S{line:04},0.0333,Energy\n");
        }
        RawFile::new(format!("{ticker}.csv"), text.into_bytes())
    };
    let files = [fund("AAAX"), fund("BBBX"), fund("CCCX")];
    let mut sink = Sink::default();
    let registry = Registry::load(&Document::defaults(), &files, None, &mut sink);
    assert!(sink.items.is_empty(), "{:?}", sink.items);
    let names: Vec<String> = registry.symbols().iter().map(|symbol| symbol.to_string()).collect();
    let mut positions: Vec<Position> =
        names.iter().take(997).map(|name| position(name, AssetKind::Equity, money("100"))).collect();
    positions.extend(["AAAX", "BBBX", "CCCX"].map(|name| position(name, AssetKind::Etf, money("1000"))));
    let portfolio = household(vec![account(None, positions)]);
    // How long it takes is measured in `benches/exposure.rs`.
    assert!(measure(&portfolio, &registry).issuers.len() > 3000);
}

/// VOO takes SPY's file as it is, SSO twice its own contents; what is shared still counts with the weight of each.
#[test]
fn funds_of_one_index_share_a_file_and_keep_their_weights() {
    let text = "Fund Name:,SPDR S&P 500 ETF Trust,,\nTicker Symbol:,SPY,,\nHoldings:,As of 04-Sep-2026,,\n\
                Name,Ticker,Weight,Sector\nNvidia,NVDA,60,-\nExxon Mobil,XOM,40,-\n";
    let file = RawFile::new("spy.csv", text.as_bytes().to_vec());
    let mut sink = Sink::default();
    let registry = Registry::load(&Document::defaults(), std::slice::from_ref(&file), None, &mut sink);
    assert!(sink.items.is_empty(), "{:?}", sink.items);
    let held = [("SPY", "50"), ("VOO", "30"), ("FXAIX", "10"), ("XOM", "10")];
    let positions = held.map(|(symbol, value)| {
        position(symbol, if symbol == "XOM" { AssetKind::Equity } else { AssetKind::Etf }, money(value))
    });
    let found = measure(&household(vec![account(None, positions.to_vec())]), &registry);
    let issuer = |name: &str| found.issuers.iter().find(|one| one.issuer == name).unwrap();
    near(issuer("NVDA").weight.0, 0.9 * 0.6);
    near(issuer("XOM").weight.0, 0.9 * 0.4 + 0.1);
    near(issuer("XOM").through_funds.0, 0.9 * 0.4);
    near(found.theme(TECH_BROAD).0, 0.9 * 0.6);
    near(whole(&found), 1.0);
    // Twice the index, inverse, and a fund of funds.
    for (symbol, share) in [("SSO", 2.0), ("SH", -1.0)] {
        let parts = registry.look_through(&Symbol::new(symbol));
        near(parts.sectors.values().sum::<f64>() + parts.non_equity + parts.cash + parts.unclassified, share);
    }
    near(registry.issuer_fraction(&Symbol::new("PREIX"), "NVDA"), 0.6);
    // 34% of AOR is IVV, and nothing else in it names Exxon.
    near(registry.issuer_fraction(&Symbol::new("AOR"), "XOM"), 0.34 * 0.4);
    // The user's word on one of them is not lost on the way to the shared file.
    let source = Source::file("broaden.toml", "[instruments.VOO]\nmultiple = 2\n");
    let registry = Registry::load(&Document::load(Some(source), &[], &mut sink), &[file], None, &mut sink);
    for (symbol, multiple) in [("SPY", 1.0), ("VOO", 2.0), ("IVV", 1.0)] {
        near(registry.issuer_fraction(&Symbol::new(symbol), "NVDA"), multiple * 0.6);
    }
}

const TICKERS: [&str; 24] = [
    "NVDA", "AAPL", "GOOG", "GOOGL", "BRK.B", "JPM", "XOM", "SPY", "VOO", "QQQ", "TQQQ", "SQQQ", "VTI", "VXUS", "BND",
    "GLD", "VFIFX", "XLK", "XLE", "IWM", "FCNTX", "SPAXX", "UNKNOWNX", "AOA",
];

prop_compose! {
    fn any_account()(cash in -5_000i64..200_000, rows in prop::collection::vec((0..TICKERS.len(), 1i64..10_000_000), 0..20))
        -> Account
    {
        let kind = |symbol: &str| if symbol.len() == 3 || symbol.len() > 4 { AssetKind::Etf } else { AssetKind::Equity };
        let positions = rows
            .into_iter()
            .map(|(index, cents)| position(TICKERS[index], kind(TICKERS[index]), Money(Decimal::new(cents, 2))))
            .collect();
        account(Some(Money(Decimal::new(cash, 2))), positions)
    }
}

fn whole(found: &Exposure) -> f64 {
    found.sectors.values().map(|weight| weight.0).sum::<f64>()
        + found.non_equity.0
        + found.cash_weight.0
        + found.derivatives.0
        + found.unclassified.0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_make_the_whole_and_contributions_the_theme(accounts in prop::collection::vec(any_account(), 1..4)) {
        let registry = bundled();
        let portfolio = household(accounts);
        let found = measure(&portfolio, registry);
        prop_assume!(found.value.is_positive());
        prop_assert!((whole(&found) - 1.0 - found.leverage.0).abs() < 1e-9);
        let held = || portfolio.accounts.iter().flat_map(|account| &account.positions);
        for (id, theme) in &found.themes {
            // Worked out apart from the measuring: value times the fraction of the instrument, over the whole.
            let dollars: f64 = held()
                .map(|one| one.value.unwrap().to_f64() * registry.theme_fraction(one.canonical.as_ref().unwrap(), id))
                .sum();
            prop_assert!((dollars / found.value.to_f64() - theme.weight.0).abs() < 1e-9, "{id}");
            let sum: f64 = theme.contributions.iter().map(|one| one.weight.0).sum();
            prop_assert_eq!(sum, theme.weight.0);
            prop_assert!(theme.contributions.windows(2).all(|pair| pair[0].weight.0 >= pair[1].weight.0));
            prop_assert!(theme.low.0 <= theme.high.0 + 1e-9);
        }
        let sum = |slice: Slice| -> f64 {
            exposure::contributions_to(&portfolio, registry, &slice).iter().map(|one| one.weight.0).sum()
        };
        for (sector, weight) in &found.sectors {
            prop_assert!((sum(Slice::Sector(*sector)) - weight.0).abs() < 1e-9);
        }
        for issuer in found.issuers.iter().take(5) {
            prop_assert!((sum(Slice::Issuer(issuer.issuer.clone())) - issuer.weight.0).abs() < 1e-9);
        }
        prop_assert!((sum(Slice::Theme(MAG7.to_owned())) - found.theme(MAG7).0).abs() < 1e-9);
        // Accounts, weighted by their value, make the household.
        let parts = exposure::by_account(&portfolio, registry, &Symbol::new("SPY"));
        let tech: f64 = parts.iter().map(|one| one.tech().0 * one.value.to_f64()).sum();
        let odd = parts.iter().any(|one| !one.value.is_positive());
        prop_assert!(odd || (tech / found.value.to_f64() - found.tech().0).abs() < 1e-9);
        prop_assert!(found.active_share.low <= found.active_share.high + 1e-12);
    }

    #[test]
    fn order_and_scale_do_not_matter(one in any_account()) {
        let registry = bundled();
        let found = measure(&household(vec![one.clone()]), registry);
        let mut turned = one.clone();
        turned.positions.reverse();
        let other = measure(&household(vec![turned]), registry);
        prop_assert_eq!(&found.sectors, &other.sectors);
        prop_assert_eq!(&found.issuers, &other.issuers);
        prop_assert_eq!(found.hhi_lines, other.hhi_lines);
        let mut tenfold = one;
        for position in &mut tenfold.positions {
            position.value = position.value.map(|value| value.times(Decimal::TEN));
        }
        for (_, amount) in &mut tenfold.cash {
            *amount = amount.times(Decimal::TEN);
        }
        let larger = measure(&household(vec![tenfold]), registry);
        prop_assert!((larger.tech().0 - found.tech().0).abs() < 1e-9);
    }

    #[test]
    fn every_instrument_is_made_of_its_multiple(index in 0..TICKERS.len()) {
        let registry = bundled();
        let symbol = Symbol::new(TICKERS[index]);
        let parts = registry.look_through(&symbol);
        let total = parts.sectors.values().sum::<f64>() + parts.non_equity + parts.cash + parts.unclassified;
        let multiple = registry.get(&symbol).map_or(1.0, |instrument| instrument.multiple);
        prop_assert!((total - multiple).abs() < 1e-9);
    }
}
