//! What a backtest must not flatter: tax, money that comes and goes, orders that wait, and chance.

use broaden::backtest::{Answer, Course, NEVER, Strategy, backtest};
use broaden::diagnostics::{Sink, Source};
use broaden::model::{RawFile, Side};
use broaden::pipeline::Inputs;
use broaden::units::{Decimal, Money, Shares};

use super::{PLAIN, Spec, WITHOUT_ROUTE, borrowed, by_chance, day, dollars, on, rotating, rows, start};

/// Prices that grow by chance, and a dividend of a hundredth of the price every sixtieth session.
fn payers(seed: u64, growth: f64) -> Vec<(&'static str, String)> {
    let [closes, breadth] = by_chance(seed, growth, "2021-12-31");
    let mut lines = closes.1.lines();
    let mut with = format!("{}\n", lines.next().unwrap());
    for (session, line) in lines.enumerate() {
        let mut cells = line.split(',');
        let date = cells.next().unwrap();
        let kept = 0.99_f64.powi(-i32::try_from(session / 60).unwrap());
        let prices: Vec<String> = cells.map(|cell| format!("{:.6}", cell.parse::<f64>().unwrap() * kept)).collect();
        with.push_str(&format!("{date},{}\n", prices.join(",")));
    }
    vec![closes, ("f-adj.csv", with), breadth]
}

/// With one rate for everything, all tax is that rate of all that was gained, whatever was sold when: no lot, wash sale,
/// dividend, carried loss or payment in April is lost or counted twice, however long orders wait.
#[test]
fn all_tax_is_the_rate_of_all_gains() {
    let config = "[tax]\nshort-rate = 0.3\nlong-rate = 0.3\nordinary-rate = 0.3\n[trading]\nhalf-spread-bps = 0\nwash-sale = \"warn\"\n";
    let mut washed = Money::ZERO;
    let usual = [(0, true, false), (1, true, true), (1, false, false), (2, true, false), (5, true, true)];
    // Orders of the first session of April wait until after the middle of the month, when the tax of the year is raised.
    let waiting = (6..18).map(|seed| (seed, 11, true, false));
    for (seed, lag, reinvest, by_rules) in
        usual.map(|(lag, own, rules)| (5, lag, own, rules)).into_iter().chain(waiting)
    {
        let files = payers(seed, 0.0006);
        let spec = Spec { lag, reinvest, ..rotating() };
        let course = on(&format!("{config}{WITHOUT_ROUTE}"), &borrowed(&files), &spec, |ground, setup| {
            let fixed = Strategy::Fixed(broaden::backtest::weights(&ground.start));
            ground.course(setup, if by_rules { &Strategy::Rules } else { &fixed }, &ground.start)
        });
        let end = *course.values.last().unwrap();
        let tax = (course.tax_paid + course.owed + course.to_sell).to_f64();
        let gained = (end + course.tax_paid).to_f64() - 100_000.0;
        let case = format!("{seed} {lag} {reinvest} {by_rules}: {tax} of {gained}, {} orders", course.orders.len());
        assert!(gained > 5_000.0 && course.orders.len() > 10, "{case}");
        assert!((tax - 0.3 * gained).abs() < 1.0, "{case}");
        washed += course.disallowed;
    }
    assert!(washed.is_positive(), "no loss was washed");
}

/// All in QQQ, which doubles in February 2020; the tech cap sells it down week after week.
fn sold_down(config: &str) -> Course {
    let prices = rows("2019-01-02", "2021-05-28", |date| {
        if date >= day("2020-02-03") { "200,100,100" } else { "100,100,100" }.to_owned()
    });
    let config = format!(
        "[tax]\nshort-rate = 0.4\nlong-rate = 0.2\nordinary-rate = 0.4\n[rotation]\nenabled = false\n\
         [splits]\nQQQ = [\"2020-02-03 none\"]\n[limits.tech]\nbase = \"30%\"\nmin = \"30%\"\n[limits.turnover]\nmax = \"50%\"\n{config}"
    );
    let inputs = Inputs {
        market: vec![RawFile::new("f.csv", format!("date,QQQ,RSP,SPY\n{prices}").as_bytes())],
        config: Some(Source::file("broaden.toml", config)),
        today: day("2026-01-01"),
        ..Inputs::default()
    };
    let spec = Spec { from: Some(day("2019-12-02")), cash: dollars(100_000), ..start("100% QQQ", true, 1) };
    let mut report = backtest(&inputs, &spec, &NEVER, &mut Sink::default()).unwrap();
    report.rows.remove(0).course
}

/// The tax of a sale stays in cash until April: nothing is sold for it then. Whoever does not set it aside sells.
#[test]
fn the_tax_of_a_sale_is_not_invested_the_week_after() {
    let april = |course: &Course| course.orders.iter().filter(|order| order.reason == "tax of the year before").count();
    let kept = sold_down("");
    assert!(
        kept.taxes[&2020] > dollars(1_000) && kept.tax_paid == kept.taxes[&2020] + kept.taxes[&2019],
        "{:?}",
        kept.taxes
    );
    assert_eq!(april(&kept), 0);
    let spent = sold_down("[trading]\nset-aside-tax = false\n");
    assert!(april(&spent) > 0);
    // Whatever is not kept is invested: RSP is bought with what QQQ brought.
    let bought: Money =
        spent.orders.iter().filter(|order| order.side == Side::Buy).map(|order| order.price * order.quantity).sum();
    assert!(bought > spent.sold.times(Decimal::new(90, 2)), "{bought:?} of {:?}", spent.sold);
}

/// $1,000 come every month, or leave, and the config brings $500 at once: the same money in every row. What comes is no gain:
/// all of it grows at the rate of the fund, 0.02% a session.
#[test]
fn money_that_comes_is_no_gain_and_comes_to_all() {
    let prices = rows("2019-01-02", "2020-12-31", |date| {
        let days = (date - day("2019-01-02")).num_days();
        let sessions = days / 7 * 5 + (days % 7).min(4);
        let price = 100.0 * 1.0002_f64.powi(i32::try_from(sessions).unwrap());
        format!("{price:.4},{price:.4},{price:.4}")
    });
    let text = format!("date,SPY,RSP,QQQ\n{prices}");
    let report = |more: Spec| {
        let inputs = Inputs {
            market: vec![RawFile::new("f.csv", text.as_bytes())],
            config: Some(Source::file(
                "broaden.toml",
                "[tax]\nshort-rate = 0\nlong-rate = 0\nordinary-rate = 0\n[trading]\nwhole-shares = false\nmin-trade = 0\nhalf-spread-bps = 0\n[accounts.Start]\ndeposit = 500\n",
            )),
            today: day("2026-01-01"),
            ..Inputs::default()
        };
        let mut sink = Sink::default();
        let report = backtest(&inputs, &Spec { cash: dollars(100_000), ..more }, &NEVER, &mut sink);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        report.unwrap()
    };
    let spec = || start("100% SPY", true, 1);
    let alone = report(spec());
    for (amount, more) in [
        (1_000, Spec { deposit: vec!["1000".to_owned()], ..spec() }),
        (-1_000, Spec { withdraw: vec!["1000".to_owned()], ..spec() }),
    ] {
        let found = report(more);
        assert_eq!(found.rows.len(), alone.rows.len());
        for (row, before) in found.rows.iter().zip(&alone.rows) {
            let all: Money = row.course.flows.iter().copied().sum();
            assert_eq!(all, dollars(500 + 24 * amount), "{}", row.name);
            assert_eq!(before.course.flows.iter().copied().sum::<Money>(), dollars(500), "{}", row.name);
            let (own, its) = (row.course.after_tax(), before.course.after_tax());
            assert!(its > 0.04 && (own - its).abs() < 1e-3, "{}: {own} and {its}", row.name);
        }
        assert!(found.text(100).contains("Money comes and goes"));
    }
}

/// Funds and breadth by chance, without tax and costs: rotation by such signals neither earns nor loses, beyond what chance
/// does over as many worlds.
#[test]
fn noise_instead_of_signals_has_no_edge() {
    let config = format!(
        "[tax]\nshort-rate = 0\nlong-rate = 0\nordinary-rate = 0\n[trading]\nhalf-spread-bps = 0\n{WITHOUT_ROUTE}"
    );
    let leads: Vec<f64> = (1..=24)
        .map(|seed| {
            let files = by_chance(seed, 0.0, "2020-06-30");
            let run = |enabled: bool| {
                let config = config.replace("[rotation]\n", &format!("[rotation]\nenabled = {enabled}\n"));
                on(&config, &borrowed(&files), &rotating(), |ground, setup| {
                    let course = ground.course(setup, &Strategy::Rules, &ground.start);
                    (course.values.last().unwrap().to_f64() / 100_000.0).ln()
                })
            };
            run(true) - run(false)
        })
        .collect();
    let (mean, deviation) = broaden::backtest::moments(&leads);
    let t = mean / deviation * (leads.len() as f64).sqrt();
    assert!(deviation > 0.001 && t.abs() < 2.0, "mean {mean}, deviation {deviation}, t {t}");
}

/// $9,000 a month from $100,000 that stands still: after the twelfth month nothing is left. No row is compared with another
/// that has paid more, and nothing grows by 1,000% a year from nothing.
#[test]
fn money_that_runs_out_is_said_and_nothing_is_compared() {
    let text = format!("date,SPY,RSP\n{}", rows("2019-01-02", "2020-12-31", |_| "100,100".to_owned()));
    let inputs = Inputs {
        market: vec![RawFile::new("f.csv", text.as_bytes())],
        config: Some(Source::file("broaden.toml", "[trading]\nmin-trade = 0\n")),
        today: day("2026-01-01"),
        ..Inputs::default()
    };
    let spec = Spec { cash: dollars(100_000), withdraw: vec!["9000".to_owned()], ..start("100% SPY", true, 1) };
    let mut sink = Sink::default();
    assert!(backtest(&inputs, &spec, &NEVER, &mut sink).is_none());
    let said: Vec<&str> = sink.items.iter().map(|item| item.message.as_str()).collect();
    assert!(said.iter().any(|said| said.starts_with("the money runs out on 2019-12-0")), "{said:?}");
}

/// 3,000 of 4,000 shares must go, within $10,000 of tax a year: in 2026 losses and cheap gains first and as much more as the
/// budget buys, 2,087 shares; 525 in 2027, and the rest in 2028. What is paid each April makes the household smaller, so
/// that the cap asks for the 27 shares of the tax too.
#[test]
fn a_sale_over_years_keeps_to_the_budget_of_each() {
    let prices = rows("2026-10-01", "2028-12-29", |_| "100,100".to_owned());
    let lot = |opened: &str, quantity: u32, cost: u32| {
        format!("{{ opened = {opened}, quantity = {quantity}, cost-basis = {} }}", quantity * cost)
    };
    let lots = [
        lot("2020-01-02", 2_000, 20),
        lot("2021-01-04", 1_000, 60),
        lot("2026-03-02", 600, 95),
        lot("2026-03-03", 400, 120),
    ];
    let holdings = format!(
        "[[account]]\nname = 'Individual'\nkind = 'taxable'\ncash = 0\nas-of = 2026-11-02\n\
         [[account.position]]\nsymbol = 'NVDA'\nprice = 100\nlot = [{}]\n\
         [[account.position]]\nsymbol = 'AGG'\nprice = 100\nlot = [{}]\n",
        lots.join(", "),
        lot("2020-01-02", 6_000, 100)
    );
    let config = "[tax]\nshort-rate = 0.408\nlong-rate = 0.238\nordinary-rate = 0.408\nbudget = \"$10,000 a year\"\n\
                  [trading]\nhalf-spread-bps = 0\ndo-not-sell = [\"AGG\"]\nwash-sale = \"warn\"\n\
                  [rotation]\nenabled = false\n[limits.tech]\nbase = \"10%\"\nmin = \"10%\"\nfloor = 0\ntrigger = 0\n\
                  [limits.turnover]\nmax = \"100%\"\n[limits.worth]\nmax = \"100%\"\n";
    let inputs = Inputs {
        holdings: vec![RawFile::new("holdings.toml", holdings.as_bytes())],
        market: vec![RawFile::new("f.csv", format!("date,NVDA,AGG\n{prices}").as_bytes())],
        config: Some(Source::file("broaden.toml", config)),
        without: ["mag7", "issuer", "sector"].map(|name| format!("limits.{name}")).to_vec(),
        today: day("2026-11-02"),
        ..Inputs::default()
    };
    let mut sink = Sink::default();
    let report = backtest(&inputs, &Spec::default(), &NEVER, &mut sink);
    assert!(!sink.has_errors(), "{:?}", sink.items);
    let course = &report.as_ref().unwrap().rows[0].course;
    let sold = |year: i32| -> Shares {
        let own = course.orders.iter().filter(|order| order.day.to_string().starts_with(&year.to_string()));
        own.map(|order| order.quantity).sum()
    };
    let found = [2026, 2027, 2028].map(|year| (sold(year).to_f64(), course.taxes[&year].to_f64()));
    let close = |found: (f64, f64), shares: f64, tax: f64, within: f64| {
        (found.0 - shares).abs() <= within && (found.1 - tax).abs() <= 20.0 * within
    };
    assert!(close(found[0], 2_087.0, 10_000.0, 1.0) && found[0].1 <= 10_000.0, "{found:?}");
    assert!(close(found[1], 525.0, 10_000.0, 1.0) && found[1].1 <= 10_000.0, "{found:?}");
    assert!(close(found[2], 387.0 + 20.0, 7_370.0 + 20.0 * 19.04, 2.0), "{found:?}");
}

/// The page has the pictures and needs neither script nor network; what a name says is text.
#[test]
fn the_page_has_pictures_and_no_script() {
    let files = by_chance(3, 0.0, "2020-06-30");
    let market = files.iter().map(|(name, text)| RawFile::new(*name, text.as_bytes())).collect();
    let config = Some(Source::file("broaden.toml", format!("{PLAIN}{WITHOUT_ROUTE}")));
    let inputs = Inputs { market, config, today: day("2026-01-01"), ..Inputs::default() };
    let report = backtest(&inputs, &rotating(), &NEVER, &mut Sink::default()).unwrap();
    let page = report.html();
    for heading in ["Value at each close", "Fall from the highest value before", "Part that is tech", "Year by year"] {
        assert!(page.contains(heading), "{heading}");
    }
    assert_eq!(page.matches("<polyline class=\"l0\"").count(), 6, "a line and its key in three pictures");
    assert!(!page.contains("<script") && !page.contains("http:") && !page.contains("https:"));
    for sentence in ["Hypothetical", "Survivorship", "variants tried"] {
        assert!(page.contains(sentence), "{sentence}");
    }
}

/// No tax, no costs, fractions of a share.
const FREE: &str = "[tax]\nshort-rate = 0\nlong-rate = 0\nordinary-rate = 0\n[trading]\nwhole-shares = false\n\
                    increment = 0.000001\nhalf-spread-bps = 0\n";

/// The closes of some columns of a file, day after day.
fn columns<const N: usize>(text: &str, names: [&str; N]) -> Vec<(String, [f64; N])> {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let heads = lines.next().unwrap();
    let places = names.map(|name| heads.iter().position(|head| *head == name).unwrap());
    lines.map(|cells| (cells[0].to_owned(), places.map(|place| cells[place].parse().unwrap()))).collect()
}

/// What is held with its dividends reinvested grows as the closes that contain them.
#[test]
fn holding_is_the_total_return() {
    let files = payers(9, 0.0004);
    let spec = Spec { cash: dollars(1_000_000), ..start("100% SPY", true, 1) };
    let course =
        on(FREE, &borrowed(&files), &spec, |ground, setup| ground.course(setup, &Strategy::Hold, &ground.start));
    let with = columns(&files[1].1, ["SPY"]);
    assert_eq!(with.len(), course.values.len());
    for ((date, [close]), value) in with.iter().zip(&course.values) {
        let (own, its) = (value.to_f64() / 1_000_000.0, close / with[0].1[0]);
        assert!((own / its - 1.0).abs() < 1e-5, "{date}: {own} and {its}");
    }
}

/// Fixed shares restored on the first session of every month at its close, reckoned again in floating point.
#[test]
fn fixed_shares_are_those_of_a_model_of_ten_lines() {
    let files = by_chance(4, 0.0, "2020-06-30");
    let spec = Spec { lag: 0, from: None, cash: dollars(100_000_000), ..rotating() };
    let course = on(FREE, &borrowed(&files), &spec, |ground, setup| {
        let fixed = Strategy::Fixed(broaden::backtest::weights(&ground.start));
        ground.course(setup, &fixed, &ground.start)
    });
    let prices = columns(&files[0].1, ["QQQ", "SPY"]);
    let shares = |value: f64, at: [f64; 2]| [value * 0.7 / at[0], value * 0.3 / at[1]];
    let worth = |held: [f64; 2], at: [f64; 2]| held[0] * at[0] + held[1] * at[1];
    let mut held = shares(100_000_000.0, prices[0].1);
    let mut month = prices[0].0[..7].to_owned();
    for ((date, at), value) in prices.iter().zip(&course.values) {
        if date[..7] != month {
            (held, month) = (shares(worth(held, *at), *at), date[..7].to_owned());
        }
        let its = worth(held, *at);
        assert!((value.to_f64() / its - 1.0).abs() < 1e-6, "{date}: {} and {its}", value.to_f64());
    }
    assert!(course.orders.len() > 40);
}
