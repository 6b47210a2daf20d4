//! Sales that cost more than they may, by hand.

use chrono::Datelike;

use crate::model::{LotId, Measure, Symbol, Term};
use crate::plan::testing::{Household, dollars};
use crate::plan::{Plan, Problem, Route};
use crate::units::{Decimal, Price, Shares, Weight};

fn worth(lots: &[(&str, i64, i64, i64)], caps: &[(&str, f64)], most: f64) -> Household {
    let mut home = Household::taxable(lots);
    home.price("RSP", 100);
    home.cap("tech", caps, 0.40, 0.0);
    home.problem.neutral = Some(Symbol::new("RSP"));
    home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
    home.limit("worth", Measure::Worth(Weight(most)));
    home
}

fn why(plan: &Plan, lot: usize) -> &str {
    plan.held_back.get(&LotId::new(lot)).map_or("", String::as_str)
}

/// Long-term at 15%: a basis of 20 is 12 cents a dollar. 10,000 of 50,000 must go.
#[test]
fn what_costs_more_a_dollar_is_left() {
    let lots = [("NVDA", 100, 500, 20), ("AGG", 100, 500, 100)];
    let mut home = worth(&lots, &[("NVDA", 1.0)], 0.13);
    assert_eq!(home.sold(&home.plan(), "NVDA"), "100");
    home.limit("worth", Measure::Worth(Weight(0.11)));
    let plan = home.plan();
    assert_eq!(home.sold(&plan, "NVDA"), "0");
    let route = plan.route.as_ref().unwrap();
    assert_eq!(
        (route.to_sell_at_deadline, route.forced_by.as_slice()),
        (dollars(10_000), ["worth".to_owned()].as_slice())
    );
    // The same in a run alone, and cash that is owed comes first.
    home.problem.route = None;
    assert_eq!((home.sold(&home.plan(), "NVDA"), home.plan().binding), ("0".to_owned(), vec!["worth".to_owned()]));
    home.problem.accounts[0].flow = dollars(-1_000);
    // 39,600 of 99,000 may stay.
    assert_eq!(home.sold(&home.plan(), "NVDA"), "104");
}

/// Of a loss of 4,000 3,000 save 37% of other income: 29.6 cents for a dollar of NVDA. The rest shelters the gain of 12 shares,
/// and 10 more of 800 that were carried forward. Where that income is taxed at 10%, all of it shelters: 50 and 10 shares.
#[test]
fn what_a_loss_shelters_is_sold() {
    let lots = [("NVDA", 100, 490, 20), ("SMH", 100, 10, 500), ("AGG", 100, 500, 100)];
    let mut home = worth(&lots, &[("NVDA", 1.0), ("SMH", 1.0)], 0.11);
    for (carried, rate) in [(0, 37), (800, 37), (0, 10), (800, 10)] {
        home.problem.tax.carry_long = dollars(carried);
        home.problem.tax.ordinary_rate = Decimal::new(rate, 2);
        for route in [home.problem.route.clone(), None] {
            let alone = Household { problem: Problem { route, ..home.problem.clone() } };
            let plan = alone.plan();
            let more = (if rate == 10 { 4_000 + carried } else { 1_000 + carried }) / 80;
            assert_eq!((alone.sold(&plan, "NVDA"), alone.sold(&plan, "SMH")), (more.to_string(), "10".to_owned()));
        }
    }
}

/// Of one holding the lots that are not too dear are sold, and sold now: 200 of 500 shares, a fifth of them at once.
#[test]
fn a_dear_lot_keeps_no_other_of_its_holding() {
    let lots = [("NVDA", 100, 300, 1), ("NVDA", 100, 200, 90), ("AGG", 100, 500, 100)];
    let mut home = worth(&lots, &[("NVDA", 1.0)], 0.07);
    home.limit("turnover", Measure::Turnover(Weight(0.04)));
    home.problem.route = Some(Route::default());
    home.cap("tech", &[("NVDA", 1.0)], 0.10, 0.0);
    let plan = home.plan();
    assert_eq!((home.sold(&plan, "NVDA").as_str(), plan.sells[0].lot), ("40", LotId::new(1)));
    let way = plan.route.unwrap();
    assert_eq!((way.sold, way.to_sell_at_deadline), (dollars(20_000), dollars(20_000)));
}

/// 48,000 of tech, and 40,000 allowed: NVDA takes 80 cents a dollar off it, QQQ 40. QQQ costs 12 cents a dollar, which
/// is too much where NVDA would do with half of the dollars, and not where there is no NVDA to sell, or too little.
#[test]
fn what_removes_less_may_cost_less() {
    for (nvda, qqq, sold) in [(300, 300, ["25", "0"]), (0, 800, ["0", "200"]), (20, 767, ["20", "160"])] {
        let lots = [("NVDA", 100, nvda, 60), ("QQQ", 100, qqq, 20), ("AGG", 100, 1_000 - nvda - qqq, 100)];
        let lots: Vec<_> = lots.into_iter().filter(|(_, _, shares, _)| *shares > 0).collect();
        let mut home = worth(&lots, &[("NVDA", 1.0), ("QQQ", 0.6), ("RSP", 0.2)], 0.20);
        if nvda == 300 {
            home.limit("few", Measure::GainBudget(dollars(1_000)));
        }
        let plan = home.plan();
        assert_eq!(["NVDA", "QQQ"].map(|symbol| home.sold(&plan, symbol)), sold, "{nvda}");
    }
}

/// NVDA gains 99 cents a dollar, and 12,000 of it must go. 20% of long-term gain begins at 545,500, and 3.8% more are due
/// from the first dollar on: 18.6 cents, and 23.6 beyond 5,500 of gain a year.
fn with_brackets(income: i64) -> Household {
    let lots = [("NVDA", 100, 400, 1), ("MSFT", 100, 120, 50), ("AGG", 100, 480, 100)];
    let mut home = worth(&lots, &[("NVDA", 1.0), ("MSFT", 1.0)], 0.20);
    home.limit("msft-stays", Measure::DoNotSell(vec![Symbol::new("MSFT")]));
    home.single(income);
    home
}

fn until(home: &Household, day: &str) -> Plan {
    let route = home.problem.route.clone().map(|route| Route { by: day.parse().ok(), ..route });
    Household { problem: Problem { route, ..home.problem.clone() } }.plan()
}

#[test]
fn what_is_dear_begins_where_its_bracket_does() {
    for (income, this_year, in_two_years) in [(540_000, 55, 65), (538_000, 75, 45), (546_000, 0, 0), (500_000, 120, 0)]
    {
        let home = with_brackets(income);
        let sold = home.sold(&home.plan(), "NVDA");
        assert_eq!(sold, this_year.to_string(), "{income}");
        // The next year has room of its own: 5,500 / 99 once more, by the newest tables.
        let plan = until(&home, "2027-01-31");
        let stages = &plan.route.as_ref().unwrap().stages;
        let shares = |year: i32| -> f64 {
            let of_year = stages.iter().filter(|stage| stage.first.year() == year);
            of_year.flat_map(|stage| &stage.sells).map(|sale| sale.quantity.to_f64()).sum()
        };
        let wanted = (f64::from(this_year), f64::from(in_two_years).min(f64::from(this_year)));
        assert!((shares(2026) - wanted.0).abs() < 1.0 && (shares(2027) - wanted.1).abs() < 1.0, "{income}");
    }
}

/// Gains that are not dear in any bracket stand beside it, in whichever week they are realised; others are in the way of it.
#[test]
fn what_was_realised_before_is_in_the_way_unless_it_is_not_dear() {
    let sold_before = |shares: i64, gain: i64| {
        let mut home = with_brackets(540_000);
        home.sold_yesterday("MSFT");
        let sale = home.problem.trades.last_mut().unwrap();
        sale.quantity = Shares(Decimal::from(shares));
        sale.gain = Some(dollars(gain));
        sale.details.price = Some(Price(Decimal::from(100)));
        sale.details.term = Some(Term::Long);
        home.problem.tax.realised_long = dollars(gain);
        home
    };
    // Half of it gain is 11.9 cents a dollar at 23.8%, and nine tenths are 21.4.
    for (shares, gain, sold) in [(100, 5_000, "55"), (50, 4_500, "10")] {
        let home = sold_before(shares, gain);
        assert_eq!(home.sold(&home.plan(), "NVDA"), sold, "{gain}");
    }
    // 7,000 went 1,500 beyond the bracket, and used as much of a loss of 2,000 up.
    let mut home = sold_before(71, 7_000);
    home.problem.tax.carry_long = dollars(2_000);
    assert_eq!(home.sold(&home.plan(), "NVDA"), "5");
    // What is sold out is known by its record.
    let mut home = sold_before(100, 5_000);
    home.problem.trades[0].symbol = Symbol::new("GONE");
    assert_eq!(home.sold(&home.plan(), "NVDA"), "55");
    // Without a record of it, it is in the way.
    let mut home = with_brackets(540_000);
    home.problem.tax.realised_long = dollars(5_000);
    assert_eq!(home.sold(&home.plan(), "NVDA"), "5");
}

/// A loss of 1,000 makes room for as much gain, in the year in which it is used.
#[test]
fn losses_widen_a_bracket() {
    let mut home = with_brackets(540_000);
    home.problem.tax.carry_long = dollars(1_000);
    assert_eq!(home.sold(&home.plan(), "NVDA"), "65");
    home.problem.route = None;
    assert_eq!(home.sold(&home.plan(), "NVDA"), "65");
}

/// 12 cents a dollar of NVDA are too much, and the 4,000 that SMH loses shelter it, which may be sold from 2027 on. A year of
/// waiting is dear, and the loss is worth nearly as much later as beside the gain: only the rule keeps NVDA.
#[test]
fn a_loss_shelters_nothing_before_it_is_sold() {
    let lots = [("NVDA", 100, 500, 20), ("SMH", 100, 10, 500), ("AGG", 100, 490, 100)];
    let mut home = worth(&lots, &[("NVDA", 1.0), ("SMH", 1.0)], 0.11);
    (home.problem.tax.loss_limit, home.problem.tax.ordinary_rate) = (dollars(4_000), Decimal::new(13, 2));
    home.problem.route = Some(Route { by: "2027-01-31".parse().ok(), wait_price: 0.10, ..Route::default() });
    let years = |home: &Household| -> Vec<i32> {
        let stages = home.plan().route.unwrap().stages;
        let sells = |symbol: &str, year: i32| {
            let of_year = stages.iter().filter(|stage| stage.first.year() == year);
            of_year.flat_map(|stage| &stage.sells).any(|sale| sale.symbol == Symbol::new(symbol))
        };
        [2026, 2027].into_iter().filter(|year| sells("NVDA", *year)).collect()
    };
    assert_eq!(years(&home), [2026]);
    let smh = &mut home.problem.lots[1];
    (smh.locked, smh.unlocks) = (Some("locked".to_owned()), "2027-01-02".parse().ok());
    assert_eq!(years(&home), [2027]);
}

/// A fund that is a third tech is not sold for tech where that is taxed; at a loss it is: 7,000 of tech are 20,588 of it.
#[test]
fn half_of_what_is_sold_must_be_of_what_is_over() {
    let shares = [("NVDA", 1.0), ("VOO", 0.34)];
    let lots = |basis| [("NVDA", 100, 300, 60), ("VOO", 100, 500, basis), ("AGG", 100, 200, 100)];
    for (basis, sold, because) in
        [(90, "0", "less than half of it is of what is over a limit, and its gain is taxed"), (110, "205", "")]
    {
        let mut home = worth(&lots(basis), &shares, 0.25);
        home.limit("nvda", Measure::DoNotSell(vec![Symbol::new("NVDA")]));
        home.problem.lots[1].term = Some(Term::Long);
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "VOO").as_str(), why(&plan, 1)), (sold, because));
    }
}

/// NVDA costs 14.85 cents a dollar, and stays over its cap of a tenth. Sold down to that, it would bring tech from 95,000 to
/// 25,000, which is no reason to keep SMH: tech may be 60,000, and SMH costs nothing. What it comes to is invested.
#[test]
fn what_is_too_dear_to_be_sold_keeps_nothing_else() {
    let lots = [("NVDA", 100, 800, 1), ("SMH", 100, 150, 100), ("AGG", 100, 50, 100)];
    let mut home = worth(&lots, &[("NVDA", 1.0), ("SMH", 1.0), ("RSP", 0.15)], 0.07);
    home.cap("nvda", &[("NVDA", 1.0)], 0.10, 0.0);
    let plan = home.plan();
    let sold = ["NVDA", "SMH"].map(|symbol| home.sold(&plan, symbol));
    assert_eq!((sold, home.bought(&plan, "RSP")), (["0".to_owned(), "150".to_owned()], "150".to_owned()));
    // And what must be sold to be inside every limit is said as before.
    assert_eq!(plan.route.unwrap().to_sell_at_deadline, dollars(70_000));
}

/// NVDA is 2,000 over its cap, and XLI misses 5,000: what is sold for the cap pays for as much of it as it comes to. What
/// has no gain is sold for the rest.
#[test]
fn no_tax_is_paid_for_a_target() {
    for (basis, sold) in [(10, "20"), (100, "50")] {
        let mut home = worth(&[("NVDA", 100, 420, basis), ("AGG", 100, 580, 100)], &[("NVDA", 1.0)], 0.25);
        home.target("XLI", 0.05);
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), home.bought(&plan, "XLI").as_str()), (sold, sold));
    }
}

/// 18,000 of cash and what is sold go to RSP, a fifth of it tech: 1,200 too many and 3,600 more are 6,000 of NVDA, net of
/// their own fifth. MSFT, which may not be sold, keeps the household from meeting every limit.
#[test]
fn cash_does_not_lie_idle_to_spare_the_tax_of_investing_it() {
    let lots = [("NVDA", 100, 412, 50), ("MSFT", 100, 200, 50), ("AGG", 100, 188, 100)];
    let mut home = worth(&lots, &[("NVDA", 1.0), ("RSP", 0.2)], 0.25).with_cash(20_000);
    home.cap("msft", &[("MSFT", 1.0)], 0.10, 0.0);
    home.limit("msft-stays", Measure::DoNotSell(vec![Symbol::new("MSFT")]));
    home.target("XLI", 0.02);
    let plan = home.plan();
    let traded = ["XLI", "RSP"].map(|symbol| home.bought(&plan, symbol));
    assert_eq!((home.sold(&plan, "NVDA").as_str(), traded), ("60", ["20".to_owned(), "240".to_owned()]));
}
