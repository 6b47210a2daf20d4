//! Large households for speed: a family with funds, caps and targets, and the synthetic account that other rebalancers are
//! timed with (one taxable account, lots spread over tickers, a target weight for each).

use std::collections::{BTreeMap, BTreeSet};

use broaden::model::{Limit, LotId, LotOrigin, Measure, Reaction, Symbol, Target, TaxTreatment};
use broaden::plan::{Decided, Mode, PlanAccount, PlanLot, Problem, Security, TaxSettings, WashSales};
use broaden::units::{Decimal, Money, Price, Shares, Weight};
use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::random::Dice;

fn limit(id: String, measure: Measure) -> Limit {
    Limit { id, kind: "bench", measure, origin: "bench".to_owned() }
}

fn home(id: &str, kind: TaxTreatment, cash: i64) -> PlanAccount {
    PlanAccount {
        id: id.to_owned(),
        kind,
        cash: Money(Decimal::from(cash)),
        flow: Money::ZERO,
        reserve: Money::ZERO,
        menu: None,
        neutral: None,
        do_not_buy: Vec::new(),
        do_not_sell: Vec::new(),
        increment: Decimal::ONE,
    }
}

fn empty(accounts: Vec<PlanAccount>) -> Problem {
    let rate = |percent| Decimal::new(percent, 2);
    Problem {
        as_of: NaiveDate::from_ymd_opt(2026, 6, 1).unwrap_or_default(),
        accounts,
        securities: BTreeMap::new(),
        lots: Vec::new(),
        fixed: Vec::new(),
        limits: Vec::new(),
        targets: Vec::new(),
        buyable: Vec::new(),
        tax: TaxSettings {
            short_rate: rate(41),
            long_rate: rate(26),
            ordinary_rate: rate(37),
            loss_limit: Money(Decimal::from(3_000)),
            realised_short: Money::ZERO,
            realised_long: Money::ZERO,
            carry_short: Money::ZERO,
            carry_long: Money::ZERO,
            filing: None,
            deferral_weight: 1.0,
        },
        trades: Vec::new(),
        identities: BTreeMap::new(),
        average_cost: BTreeSet::new(),
        wash_sales: WashSales::Block,
        caps_after_costs: false,
        whole_shares: true,
        near_long_term_days: 0,
        set_aside_tax: false,
        kept_for_tax: Money::ZERO,
        ticket: Money::ZERO,
        mode: Mode::Lexicographic,
        sleeves: BTreeSet::new(),
        trim_order: BTreeMap::new(),
        route: None,
        neutral: None,
        elsewhere: BTreeMap::new(),
        in_dollars: BTreeSet::new(),
        decided: Decided::default(),
    }
}

fn lots(dice: &mut Dice, problem: &mut Problem, count: usize, tickers: usize, homes: &[&str]) {
    let symbols: Vec<Symbol> = (0..tickers).map(|index| Symbol::new(&format!("T{index:03}"))).collect();
    for symbol in &symbols {
        let price = Price(Decimal::new(dice.between(1_500, 60_000), 2));
        let security = Security { price, half_spread_bps: Decimal::ONE, identity: symbol.to_string() };
        problem.securities.insert(symbol.clone(), security);
    }
    for index in 0..count {
        let pick = if index < tickers { Some(&symbols[index]) } else { dice.pick(&symbols) };
        let Some(symbol) = pick else { continue };
        let shares = Decimal::from(dice.between(1, 60));
        let price = problem.securities[symbol].price;
        // Basis over price: mostly below one, some losses.
        let ratio = Decimal::new(dice.between(35, 130) + dice.between(0, 40) - 20, 2);
        let days = u64::try_from(dice.between(40, 1_500)).unwrap_or(40);
        problem.lots.push(PlanLot {
            id: LotId::new(problem.lots.len()),
            origin: LotOrigin { own: format!("L{index}"), ..LotOrigin::default() },
            account: homes[index % homes.len()].to_owned(),
            symbol: symbol.clone(),
            quantity: Shares(shares),
            basis: Some((price * Shares(shares)).times(ratio).to_cents()),
            acquired: problem.as_of.checked_sub_days(Days::new(days)),
            term: None,
            locked: None,
            unlocks: None,
        });
    }
}

/// A target for each ticker, a cap where it is held above its target: the drift problem of the shared timing account.
pub fn drifted_account(count: usize, tickers: usize) -> Problem {
    let mut dice = Dice::new(7);
    let mut problem = empty(vec![home("A", TaxTreatment::Taxable, 5_000)]);
    lots(&mut dice, &mut problem, count, tickers, &["A"]);
    let weights: Vec<f64> = (0..tickers).map(|_| dice.between(50, 150) as f64).collect();
    let sum: f64 = weights.iter().sum::<f64>() / 0.99;
    let symbols: Vec<Symbol> = problem.securities.keys().cloned().collect();
    let targets = symbols.into_iter().zip(weights.into_iter().map(|weight| weight / sum));
    drift(&mut problem, targets.collect());
    problem
}

/// Every target with a cap at the same weight, and a minimum trade of 100 dollars.
fn drift(problem: &mut Problem, targets: Vec<(Symbol, f64)>) {
    for (symbol, weight) in &targets {
        let coefficients = BTreeMap::from([(symbol.clone(), 1.0)]);
        let measure = Measure::ExposureCap { coefficients, cap: Weight(*weight), trigger: Weight(0.0) };
        problem.limits.push(limit(format!("pos:{symbol}"), measure));
        problem.targets.push(Target {
            id: format!("under:{symbol}"),
            symbol: symbol.clone(),
            weight: Weight(*weight),
            reaction: Reaction::Fill,
            origin: "bench".to_owned(),
        });
    }
    problem.buyable = targets.into_iter().map(|(symbol, _)| symbol).collect();
    problem.limits.push(limit("min_trade".to_owned(), Measure::MinTrade(Money(Decimal::from(100)))));
}

/// The drift problem of an account given as JSON; `None` when something is missing or of another type.
#[allow(dead_code, reason = "the bench makes its own accounts")]
pub fn account(table: &Value) -> Option<Problem> {
    let number = |value: &Value| value.to_string().parse::<Decimal>().ok();
    let cash = number(table.get("cash")?)?;
    let mut problem = empty(vec![home("A", TaxTreatment::Taxable, 0)]);
    problem.accounts.first_mut()?.cash = Money(cash);
    problem.as_of = table.get("today")?.as_str()?.parse().ok()?;
    for (name, price) in table.get("prices")?.as_object()? {
        let security = Security { price: Price(number(price)?), half_spread_bps: Decimal::ONE, identity: name.clone() };
        problem.securities.insert(Symbol::new(name), security);
    }
    for lot in table.get("lots")?.as_array()? {
        let text = |key: &str| lot.get(key).and_then(Value::as_str);
        problem.lots.push(PlanLot {
            id: LotId::new(problem.lots.len()),
            origin: LotOrigin { own: text("tax_lot_id")?.to_owned(), ..LotOrigin::default() },
            account: "A".to_owned(),
            symbol: Symbol::new(text("identifier")?),
            quantity: Shares(number(lot.get("quantity")?)?.normalize()),
            basis: Some(Money(number(lot.get("cost_basis")?)?)),
            acquired: Some(text("date")?.parse().ok()?),
            term: None,
            locked: None,
            unlocks: None,
        });
    }
    let targets = table.get("targets")?.as_object()?.iter();
    drift(
        &mut problem,
        targets.map(|(name, weight)| Some((Symbol::new(name), weight.as_f64()?))).collect::<Option<_>>()?,
    );
    Some(problem)
}

/// A family: four accounts, tech and issuer caps with look-through, ten funds with targets, budgets and a minimum trade.
pub fn family(count: usize, tickers: usize) -> Problem {
    let mut dice = Dice::new(11);
    let homes = ["IRA", "Joint", "Roth", "Taxable"];
    let mut problem = empty(vec![
        home("IRA", TaxTreatment::Traditional, 1_200),
        home("Joint", TaxTreatment::Taxable, 3_000),
        home("Roth", TaxTreatment::Roth, 800),
        home("Taxable", TaxTreatment::Taxable, 2_000),
    ]);
    lots(&mut dice, &mut problem, count, tickers, &homes);
    let mut tech: BTreeMap<Symbol, f64> = BTreeMap::new();
    for (index, symbol) in problem.securities.keys().enumerate() {
        tech.insert(symbol.clone(), if index % 5 < 3 { 1.0 } else { 0.0 });
    }
    for index in 0..10 {
        let symbol = Symbol::new(&format!("FUND{index}"));
        let price = Price(Decimal::new(dice.between(2_500, 30_000), 2));
        let security = Security { price, half_spread_bps: Decimal::ONE, identity: symbol.to_string() };
        problem.securities.insert(symbol.clone(), security);
        tech.insert(symbol.clone(), dice.between(0, 15) as f64 / 100.0);
        problem.buyable.push(symbol.clone());
        problem.targets.push(Target {
            id: format!("sleeve.{symbol}"),
            symbol,
            weight: Weight(0.02),
            reaction: Reaction::Fill,
            origin: "bench".to_owned(),
        });
    }
    for symbol in tech.iter().filter(|(_, share)| **share == 1.0).map(|(symbol, _)| symbol.clone()).collect::<Vec<_>>()
    {
        let mut coefficients = BTreeMap::from([(symbol.clone(), 1.0)]);
        for index in 0..10 {
            coefficients.insert(Symbol::new(&format!("FUND{index}")), 0.01);
        }
        let measure = Measure::ExposureCap { coefficients, cap: Weight(0.05), trigger: Weight(0.0) };
        problem.limits.push(limit(format!("issuer.{symbol}"), measure));
    }
    let cap = Measure::ExposureCap { coefficients: tech.clone(), cap: Weight(0.45), trigger: Weight(0.005) };
    problem.limits.push(limit("tech".to_owned(), cap));
    problem.limits.push(limit("core".to_owned(), Measure::ExposureFloor { coefficients: tech, floor: Weight(0.25) }));
    problem.limits.push(limit("turnover".to_owned(), Measure::Turnover(Weight(0.15))));
    problem.limits.push(limit("gains".to_owned(), Measure::GainBudget(Money(Decimal::from(20_000)))));
    problem.limits.push(limit("min_trade".to_owned(), Measure::MinTrade(Money(Decimal::from(500)))));
    problem.set_aside_tax = true;
    problem
}
