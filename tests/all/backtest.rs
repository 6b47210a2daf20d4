//! Backtests of a few months that can be reckoned by hand, and of the demo household.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]
#![expect(clippy::indexing_slicing, reason = "a test stops where it fails")]

mod honest;
mod stopped;

use broaden::backtest::{Axis, Course, Ground, NEVER, Spec, Strategy, Work, tune, weights};
use broaden::diagnostics::{Sink, Source};
use broaden::household::Setup;
use broaden::market;
use broaden::model::{RawFile, Side};
use broaden::pipeline::{self, Inputs};
use broaden::units::{Decimal, Money};
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Whole shares, no spread, 40% short-term and 20% long-term.
const PLAIN: &str = "[tax]\nshort-rate = 0.4\nlong-rate = 0.2\nordinary-rate = 0.4\n[trading]\nhalf-spread-bps = 0\n\
                     [splits]\nSPY = [\"2019-01-15 none\", \"2019-12-16 none\", \"2019-12-20 none\", \"2020-01-20 none\"]\nRSP = [\"2019-11-15 none\"]\n";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dollars(amount: i64) -> Money {
    Money(Decimal::from(amount))
}

/// Rows of `date,...` for every weekday from a day to another.
fn rows(from: &str, to: &str, row: impl Fn(NaiveDate) -> String) -> String {
    let days = std::iter::successors(Some(day(from)), |day| day.checked_add_days(Days::new(1)));
    let days = days.take_while(|date| *date <= day(to));
    let days = days.filter(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun));
    days.map(|date| format!("{date},{}\n", row(date))).collect()
}

/// Runs something on a market, a config and a start.
fn on<T>(config: &str, files: &[(&str, &str)], spec: &Spec, ask: impl FnOnce(&Ground<'_>, &Setup) -> T) -> T {
    let market = files.iter().map(|(name, text)| RawFile::new(*name, text.as_bytes())).collect();
    let inputs = Inputs {
        market,
        config: Some(Source::file("broaden.toml", config)),
        today: day("2026-01-01"),
        ..Inputs::default()
    };
    let mut sink = Sink::default();
    let setup = pipeline::configure(&inputs, &mut sink);
    let market = market::load_with(&inputs.market, &setup.given, &mut sink);
    let ground = Ground::new(spec, &setup, &market, &mut sink);
    assert!(!sink.has_errors(), "{:?}", sink.items);
    ask(&ground.unwrap(), &setup)
}

fn course(files: &[(&str, &str)], spec: &Spec, is_fixed: bool) -> Course {
    on(PLAIN, files, spec, |ground, setup| {
        let strategy = if is_fixed { Strategy::Fixed(weights(&ground.start)) } else { Strategy::Hold };
        ground.course(setup, &strategy, &ground.start)
    })
}

fn start(shares: &str, reinvest: bool, lag: usize) -> Spec {
    Spec { start: Some(shares.to_owned()), cash: dollars(10_000), reinvest, lag, ..Spec::default() }
}

fn value(course: &Course, on: &str) -> Money {
    course.values[course.days.iter().position(|own| *own == day(on)).unwrap()].to_cents()
}

/// 100 shares at 100; 2 a share are paid on 2019-12-16, when the price falls to 98.
fn payer() -> [(&'static str, String); 2] {
    let paid = |date: NaiveDate| date >= day("2019-12-16");
    let closes = rows("2019-12-02", "2020-05-29", |date| if paid(date) { "98" } else { "100" }.to_owned());
    // Closes with dividends are those without them, before the ex-date less 2 of 100.
    let with = rows("2019-12-02", "2020-05-29", |_| "98".to_owned());
    [("f.csv", format!("date,SPY\n{closes}")), ("f-adj.csv", format!("date,SPY\n{with}"))]
}

fn borrowed<'a>(files: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    files.iter().map(|(name, text)| (*name, text.as_str())).collect()
}

/// $200 come, $40 of tax are owed for 2019 and paid on the fifteenth of April from the cash.
#[test]
fn a_dividend_is_paid_and_its_tax_goes_in_april() {
    let course = course(&borrowed(&payer()), &start("100% SPY", false, 1), false);
    assert_eq!(value(&course, "2019-12-13"), dollars(10_000));
    assert_eq!(value(&course, "2019-12-16"), dollars(10_000));
    assert_eq!(value(&course, "2020-04-14"), dollars(10_000));
    assert_eq!(value(&course, "2020-04-15"), dollars(9_960));
    assert_eq!((course.tax_paid, course.owed), (dollars(40), Money::ZERO));
    assert_eq!(course.taxes[&2019], dollars(40));
    // All of it sold: 100 shares of 100 at 98 are a loss of $200, long-term in nothing: it saves $80 on wages.
    assert_eq!(course.liquidated(), dollars(9_960 + 80));
}

/// Reinvested, there is no cash: one share of 98 is sold for the $40, at a loss of 2 that the reinvested dividend is too old
/// to wash.
#[test]
fn a_reinvested_dividend_buys_shares_and_its_tax_sells_one() {
    let course = course(&borrowed(&payer()), &start("100% SPY", true, 1), false);
    assert_eq!(value(&course, "2020-04-14"), dollars(10_000));
    assert_eq!(value(&course, "2020-04-15"), dollars(9_960));
    assert_eq!(course.orders.len(), 1);
    let sale = &course.orders[0];
    assert_eq!((sale.side, sale.quantity.decimal(), sale.gain), (Side::Sell, Decimal::ONE, Some(dollars(-2))));
    assert_eq!(sale.reason, "tax of the year before");
}

/// Half in each; SPY doubles, and 12 of its 50 shares are sold the day after the first session of the next month: bought on
/// 2019-01-02, they are long-term from 2020-01-03 on.
#[test]
fn a_gain_is_long_term_after_a_year_and_a_day() {
    let sold_in = |doubled: &str| {
        let rows = rows("2019-01-02", "2020-03-31", |date| {
            if date >= day(doubled) { "200,100" } else { "100,100" }.to_owned()
        });
        let course = course(&[("f.csv", &format!("date,SPY,RSP\n{rows}"))], &start("50% SPY, 50% RSP", true, 1), true);
        let sale = course.orders.iter().find(|order| order.side == Side::Sell).unwrap().clone();
        assert_eq!((sale.quantity.decimal(), sale.gain), (Decimal::from(12), Some(dollars(1_200))));
        (sale.day.to_string(), course.taxes[&sale.day.year()])
    };
    assert_eq!(sold_in("2019-12-20"), ("2020-01-02".to_owned(), dollars(480)));
    assert_eq!(sold_in("2020-01-20"), ("2020-02-04".to_owned(), dollars(240)));
}

/// December 3: 8 SPY are sold at 90 that cost 100, and 12 RSP bought at 60. January 2: 10 SPY are bought back at 60, and 10
/// RSP sold at 60 that cost 100. The loss of $80 of the old year is washed by the first purchase, and the $400 of the new
/// year by the second, each within 30 days.
#[test]
fn a_wash_sale_reaches_over_the_end_of_a_year() {
    let rows = rows("2019-10-01", "2020-01-15", |date| {
        match date {
            date if date < day("2019-11-15") => "100,100",
            date if date < day("2019-12-16") => "90,60",
            _ => "60,60",
        }
        .to_owned()
    });
    let course = course(&[("f.csv", &format!("date,SPY,RSP\n{rows}"))], &start("50% SPY, 50% RSP", true, 1), true);
    let orders: Vec<String> = course
        .orders
        .iter()
        .map(|order| {
            format!("{} {:?} {} {}", order.day, order.side, order.quantity.decimal().normalize(), order.symbol)
        })
        .collect();
    assert_eq!(
        orders,
        ["2019-12-03 Sell 8 SPY", "2019-12-03 Buy 12 RSP", "2020-01-02 Sell 10 RSP", "2020-01-02 Buy 10 SPY"]
    );
    assert_eq!(course.disallowed, dollars(480));
    assert_eq!((course.taxes[&2019], course.taxes[&2020]), (Money::ZERO, Money::ZERO));
    // What was disallowed is in the basis of what is held: 52 SPY and 52 RSP at 60 are worth 6,240; they cost 4,200 and 680
    // for SPY, and 4,000 and 720 and 400 for RSP. The loss of 3,760 saves $1,200 now and is carried on.
    assert_eq!(course.liquidated() - course.kept(), dollars(1_200));
}

/// Nobody trades at the close that is looked at, unless asked to: with no lag the orders are of the first session of the
/// month, and with two of the third.
#[test]
fn orders_come_as_late_as_they_should() {
    let rows = rows("2019-01-02", "2019-03-29", |date| {
        if date >= day("2019-01-15") { "200,100" } else { "100,100" }.to_owned()
    });
    let text = format!("date,SPY,RSP\n{rows}");
    let first = |lag| {
        let course = course(&[("f.csv", &text)], &start("50% SPY, 50% RSP", true, lag), true);
        course.orders.iter().find(|order| order.side == Side::Sell).unwrap().day.to_string()
    };
    assert_eq!([0, 1, 2].map(first), ["2019-02-01", "2019-02-04", "2019-02-05"]);
}

#[test]
fn a_start_that_means_nothing_says_so() {
    let codes = |text: &str, from: Option<NaiveDate>| {
        let rows = rows("2019-01-02", "2019-03-29", |_| "100".to_owned());
        let files = vec![RawFile::new("f.csv", format!("date,SPY\n{rows}").as_bytes())];
        let inputs = Inputs { market: files, today: day("2026-01-01"), ..Inputs::default() };
        let spec = Spec { start: Some(text.to_owned()), from, ..Spec::default() };
        let mut sink = Sink::default();
        assert!(broaden::backtest::backtest(&inputs, &spec, &NEVER, &mut sink).is_none());
        sink.items
            .iter()
            .map(|item| item.code.id.to_owned())
            .filter(|id| id.starts_with("backtest"))
            .collect::<Vec<_>>()
    };
    assert_eq!(codes("SPY", None), ["backtest-start"]);
    assert_eq!(codes("60% SPY, 50% SPY", None), ["backtest-start"]);
    assert_eq!(codes("-5% SPY", None), ["backtest-start"]);
    assert_eq!(codes("", None), ["backtest-start"]);
    assert_eq!(codes("100% NOSUCH", None), ["backtest-no-close"]);
    assert_eq!(codes("100% SPY", Some(day("2019-03-29"))), ["backtest-no-span"]);
    assert_eq!(codes("100% SPY", Some(day("2030-01-01"))), ["backtest-no-span"]);
}

/// 50 shares of SPY go from 100 to 110; 100 of what the files do not know stay at 50, and are told of.
#[test]
fn a_holding_without_a_close_is_kept_as_it_is() {
    let rows = rows("2019-01-02", "2019-03-29", |date| if date < day("2019-02-01") { "100" } else { "110" }.to_owned());
    let lot = |symbol: &str, price: u32, shares: u32| {
        format!(
            "[[account.position]]\nsymbol = '{symbol}'\nprice = {price}\n\
             lot = [{{ opened = 2018-01-02, quantity = {shares}, cost-basis = 1000 }}]\n"
        )
    };
    let holdings = "[[account]]\nname = 'Individual'\nkind = 'taxable'\ncash = 0\nas-of = 2019-01-02\n".to_owned()
        + &lot("SPY", 100, 50)
        + &lot("WIDGET", 50, 100);
    let inputs = Inputs {
        holdings: vec![RawFile::new("holdings.toml", holdings.as_bytes())],
        market: vec![RawFile::new("f.csv", format!("date,SPY\n{rows}").as_bytes())],
        today: day("2026-01-01"),
        ..Inputs::default()
    };
    let mut sink = Sink::default();
    let report =
        broaden::backtest::backtest(&inputs, &Spec { reinvest: true, ..Spec::default() }, &NEVER, &mut sink).unwrap();
    let told = sink.items.iter().find(|item| item.code.id == "backtest-no-close").unwrap();
    assert!(told.message.contains("WIDGET, 50.0% of the holdings"), "{}", told.message);
    let hold = report.rows.iter().find(|row| row.name.contains("hold")).unwrap();
    assert_eq!(value(&hold.course, "2019-03-29"), dollars(10_500));
    let orders = || report.rows.iter().flat_map(|row| &row.course.orders);
    assert!(orders().all(|order| order.symbol.as_str() != "WIDGET"));
}

/// Two years of five funds and a series of breadth that wander by chance, up to a day.
fn wandering(to: &str) -> [(&'static str, String); 2] {
    by_chance(11, 0.0, to)
}

/// The same by another chance, with so much growth a day.
fn by_chance(seed: u64, growth: f64, to: &str) -> [(&'static str, String); 2] {
    let names = ["SPY", "RSP", "IWM", "QQQ", "XLI", "XLE"];
    let mut x = seed;
    let mut next = move || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (x >> 11) as f64 / 2_f64.powi(53) - 0.5
    };
    let (mut prices, mut percent) = ([100.0; 6], 55.0_f64);
    let (mut closes, mut breadth) = (format!("date,{}\n", names.join(",")), "date,pct_above_ma200\n".to_owned());
    for line in rows("2018-01-02", to, |_| String::new()).lines() {
        percent = (percent + 6.0 * next()).clamp(20.0, 90.0);
        breadth.push_str(&format!("{line}{percent:.2}\n"));
        prices.iter_mut().for_each(|price| *price *= 1.0 + growth + 0.03 * next());
        let row: Vec<String> = prices.iter().map(|price| format!("{price:.2}")).collect();
        closes.push_str(&format!("{line}{}\n", row.join(",")));
    }
    [("f.csv", closes), ("s.csv", breadth)]
}

fn rotating() -> Spec {
    Spec { from: Some(day("2019-01-02")), cash: dollars(100_000), ..start("70% QQQ, 30% SPY", true, 1) }
}

const WITHOUT_ROUTE: &str = "[route]\nhorizon = \"this-run\"\n[rotation]\nconfirm = 1\n[limits.turnover]\nmax = 0.5\n";

/// Forty of a hundred dollars lie in cash and no rule asks for anything: on the first day they go to the neutral fund, 39 shares
/// at 100 beside a reserve of 1%, as `advise` has it.
#[test]
fn idle_cash_is_invested_where_no_rule_asks_for_anything() {
    let rows = rows("2018-01-02", "2019-03-29", |_| "100,100".to_owned());
    let files = [("f.csv", format!("date,SPY,RSP\n{rows}"))];
    let spec = Spec { from: Some(day("2019-01-02")), ..start("60% SPY", true, 1) };
    on(&format!("{PLAIN}[rotation]\nenabled = false\n"), &borrowed(&files), &spec, |ground, setup| {
        let course = ground.course(setup, &Strategy::Rules, &ground.start);
        let found: Vec<_> = course.orders.iter().map(|own| (own.symbol.as_str(), own.quantity.decimal())).collect();
        assert_eq!(found, [("RSP", Decimal::from(39))]);
    });
}

/// What is decided on a day does not change when later days are added to the files.
#[test]
fn a_day_knows_nothing_of_later_ones() {
    let rules = |to: &str| {
        let files = wandering(to);
        on(&format!("{PLAIN}{WITHOUT_ROUTE}"), &borrowed(&files), &rotating(), |ground, setup| {
            ground.course(setup, &Strategy::Rules, &ground.start)
        })
    };
    let (all, part) = (rules("2020-06-30"), rules("2019-11-29"));
    assert_eq!(all.values[..part.values.len()], part.values[..]);
    let before = |course: &Course| {
        course.orders.iter().filter(|order| order.day <= day("2019-11-29")).cloned().collect::<Vec<_>>()
    };
    assert!(before(&all).len() > 3, "{}", before(&all).len());
    assert_eq!(before(&all), before(&part));
}

/// The same signals one session later are other decisions: the answer hangs on the day on which they are known.
#[test]
fn late_signals_change_the_answer() {
    let files = wandering("2020-06-30");
    on(&format!("{PLAIN}{WITHOUT_ROUTE}"), &borrowed(&files), &rotating(), |ground, setup| {
        let mut climate = ground.shared.climate(setup, ground.span.first, ground.span.last);
        let on_time = ground.course_in(setup, &climate, &Strategy::Rules, &ground.start);
        climate.days.rotate_right(1);
        let late = ground.course_in(setup, &climate, &Strategy::Rules, &ground.start);
        assert_ne!(on_time.values, late.values);
    });
}

/// One thread or three: the same answer to the last bit.
#[test]
fn a_tuning_is_the_same_for_any_number_of_threads() {
    let files = wandering("2020-06-30");
    let market = files.iter().map(|(name, text)| RawFile::new(*name, text.as_bytes())).collect();
    let config = Some(Source::file("broaden.toml", format!("{PLAIN}{WITHOUT_ROUTE}").as_str()));
    let inputs = Inputs { market, config, today: day("2026-01-01"), ..Inputs::default() };
    let mut sink = Sink::default();
    let axes: Vec<Axis> = ["limits.tech.base=30%..50%/10%", "rotation.step=[0.1,0.5]"]
        .iter()
        .filter_map(|given| Axis::read(given, &mut sink))
        .collect();
    let run = |threads, known| {
        let work = Work { threads, known, done: &|_, _, _| {}, stop: &NEVER };
        tune(&inputs, &rotating(), &axes, work, &mut Sink::default()).unwrap()
    };
    let (one, three) = (run(1, Vec::new()), run(3, Vec::new()));
    assert_eq!(one, three);
    // Gone on with from some that are finished, in whatever order.
    let known = [4, 1, 2].map(|index| one.trials[index].clone()).to_vec();
    assert_eq!(run(2, known), one);
    assert_eq!(one.trials.len(), 6);
    assert_eq!(one.trials[5].at, [2, 1]);
    let wrong = Axis::read("limits.tech.bse=30%..40%/10%", &mut sink).unwrap();
    let mut sink = Sink::default();
    let work = || Work { threads: 1, known: Vec::new(), done: &|_, _, _| {}, stop: &NEVER };
    assert!(tune(&inputs, &rotating(), &[wrong], work(), &mut sink).is_none());
    assert!(sink.has_errors());
    let mut sink = Sink::default();
    let twice = [axes[0].clone(), axes[0].clone()];
    assert!(tune(&inputs, &rotating(), &twice, work(), &mut sink).is_none());
    assert!(sink.items.iter().any(|item| item.message == "`limits.tech.base` is varied twice"), "{:?}", sink.items);
}
