//! Worked trade cases: JSON with inputs, policy and the expected plan, as a [`Problem`] and back.

use std::collections::{BTreeMap, BTreeSet};

use broaden::model::{Limit, LotId, LotOrigin, Measure, PastTrade, Reaction, Side, Symbol, Target, TaxTreatment};
use broaden::plan::{
    Cadence, Decided, Filing, Income, Mode, Plan, PlanAccount, PlanLot, Problem, Route, RoutePlan, Security,
    TaxSettings, WashSales, solve, verify,
};
use broaden::tax::FilingStatus;
use broaden::units::{Decimal, Money, Price, Shares, Weight};
use serde_json::{Map, Value, json};

/// What went wrong, in words.
pub type Problems = Vec<String>;

/// The fields of a policy that are understood.
const POLICY: &[&str] = &[
    "tech_cap",
    "tech_floor",
    "position_caps",
    "sector_caps",
    "sleeve_targets",
    "sleeve_max",
    "buy_list",
    "do_not_sell",
    "do_not_buy",
    "gain_budget",
    "tax_budget",
    "max_turnover",
    "min_trade",
    "max_trades",
    "whole_shares",
    "no_sells",
    "set_aside_tax",
    "st_lock_days",
    "wash_sale",
    "cap_trigger",
    "price",
    "no_trade_band",
    "ticket",
    "route",
    "neutral",
];

/// Returns a number given as a number or as text.
pub fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => text.trim().parse().ok().or_else(|| Decimal::from_scientific(text.trim()).ok()),
        Value::Number(number) => {
            let text = number.to_string();
            text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
        }
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    decimal(value).map(|value| Money(value).to_f64())
}

fn money(table: &Value, key: &str) -> Money {
    Money(table.get(key).and_then(decimal).unwrap_or_default())
}

fn text(table: &Value, key: &str) -> String {
    table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn entries(table: &Value, key: &str) -> Vec<(String, Value)> {
    let map = table.get(key).and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    map.into_iter().collect()
}

fn list(table: &Value, key: &str) -> Vec<Value> {
    table.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn symbols(table: &Value, key: &str) -> Vec<Symbol> {
    list(table, key).iter().filter_map(Value::as_str).map(Symbol::new).collect()
}

fn limit(id: impl Into<String>, kind: &'static str, measure: Measure) -> Limit {
    Limit { id: id.into(), kind, measure, origin: "case".to_owned() }
}

/// Reads a case.
pub fn problem(case: &Value) -> Result<Problem, Problems> {
    let mut problems = Vec::new();
    let policy = case.get("policy").cloned().unwrap_or_else(|| json!({}));
    for (key, _) in policy.as_object().into_iter().flatten() {
        if !POLICY.contains(&key.as_str()) {
            problems.push(format!("the policy field `{key}` is not understood"));
        }
    }
    let as_of = match text(case, "as_of").parse() {
        Ok(date) => date,
        Err(_) => return Err(vec!["`as_of` is not a date".to_owned()]),
    };
    let increment = Decimal::ONE;
    let accounts = list(case, "accounts")
        .iter()
        .map(|account| {
            let kind = match text(account, "kind").as_str() {
                "ira" => Some(TaxTreatment::Traditional),
                word => TaxTreatment::from_id(word),
            };
            if kind.is_none() {
                problems.push(format!("`{}` is not a kind of account", text(account, "kind")));
            }
            PlanAccount {
                id: text(account, "id"),
                kind: kind.unwrap_or(TaxTreatment::Taxable),
                cash: money(account, "cash"),
                flow: money(account, "flow"),
                reserve: money(account, "reserve"),
                menu: match account.get("no_buys").and_then(Value::as_bool) {
                    Some(true) => Some(Vec::new()),
                    _ => account.get("menu").map(|_| symbols(account, "menu")),
                },
                neutral: None,
                do_not_buy: symbols(account, "do_not_buy"),
                do_not_sell: symbols(account, "do_not_sell"),
                increment,
            }
        })
        .collect();
    let mut securities = BTreeMap::new();
    let mut tech = BTreeMap::new();
    let mut issuers: BTreeMap<String, BTreeMap<Symbol, f64>> = BTreeMap::new();
    let mut sectors: BTreeMap<String, BTreeMap<Symbol, f64>> = BTreeMap::new();
    for (name, security) in entries(case, "securities") {
        let symbol = Symbol::new(&name);
        match security.get("price").and_then(decimal) {
            None => problems.push(format!("{name} has no price")),
            Some(price) => {
                let identity = text(&security, "identity_group");
                securities.insert(
                    symbol.clone(),
                    Security {
                        price: Price(price),
                        half_spread_bps: security.get("half_spread_bps").and_then(decimal).unwrap_or_default(),
                        identity: if identity.is_empty() { name.clone() } else { identity },
                    },
                );
            }
        }
        tech.insert(symbol.clone(), security.get("tech").and_then(float).unwrap_or(0.0));
        for (key, into) in [("issuer", &mut issuers), ("sector", &mut sectors)] {
            for (id, weight) in entries(&security, key) {
                into.entry(id).or_default().insert(symbol.clone(), float(&weight).unwrap_or(0.0));
            }
            if let Some(id) = security.get(key).and_then(Value::as_str) {
                into.entry(id.to_owned()).or_default().insert(symbol.clone(), 1.0);
            }
        }
    }
    let lots = list(case, "lots")
        .iter()
        .zip(0..)
        .map(|(lot, index)| PlanLot {
            id: LotId::new(index),
            origin: LotOrigin { own: text(lot, "id"), ..LotOrigin::default() },
            account: text(lot, "account"),
            symbol: Symbol::new(&text(lot, "symbol")),
            quantity: Shares(lot.get("qty").and_then(decimal).unwrap_or_default()),
            basis: lot.get("basis").and_then(decimal).map(Money),
            acquired: text(lot, "acquired").parse().ok(),
            term: None,
            unlocks: None,
            locked: lot.get("locked").and_then(|locked| match locked {
                Value::Bool(true) => Some("locked".to_owned()),
                Value::String(reason) => Some(reason.clone()),
                _ => None,
            }),
        })
        .collect();
    let trades = list(case, "trades")
        .iter()
        .filter_map(|trade| {
            let side = if text(trade, "side") == "sell" { Side::Sell } else { Side::Buy };
            Some(PastTrade {
                date: text(trade, "date").parse().ok()?,
                account: text(trade, "account"),
                symbol: Symbol::new(&text(trade, "symbol")),
                side,
                quantity: Shares(trade.get("qty").and_then(decimal).unwrap_or_default()),
                gain: trade.get("gain").and_then(decimal).map(Money),
                outside: false,
                place: None,
                details: Default::default(),
            })
        })
        .collect();
    let trigger = Weight(policy.get("cap_trigger").and_then(float).unwrap_or(0.0));
    let mut limits = Vec::new();
    if let Some(cap) = policy.get("tech_cap").and_then(float) {
        let coefficients = tech.clone();
        limits.push(limit("tech", "theme-cap", Measure::ExposureCap { coefficients, cap: Weight(cap), trigger }));
    }
    if let Some(floor) = policy.get("tech_floor").and_then(float) {
        let measure = Measure::ExposureFloor { coefficients: tech.clone(), floor: Weight(floor) };
        limits.push(limit("tech_floor", "theme-floor", measure));
    }
    for (name, cap) in entries(&policy, "position_caps") {
        let mut coefficients = issuers.get(&name).cloned().unwrap_or_default();
        coefficients.entry(Symbol::new(&name)).or_insert(1.0);
        let cap = Weight(float(&cap).unwrap_or(0.0));
        limits.push(limit(format!("pos:{name}"), "issuer-cap", Measure::ExposureCap { coefficients, cap, trigger }));
    }
    for (name, cap) in entries(&policy, "sector_caps") {
        let coefficients = sectors.get(&name).cloned().unwrap_or_default();
        let cap = Weight(float(&cap).unwrap_or(0.0));
        limits.push(limit(format!("sector:{name}"), "sector-cap", Measure::ExposureCap { coefficients, cap, trigger }));
    }
    for (name, cap) in entries(&policy, "sleeve_max") {
        let measure = Measure::BuyCap { symbols: vec![Symbol::new(&name)], cap: Weight(float(&cap).unwrap_or(0.0)) };
        limits.push(limit(format!("max:{name}"), "sleeve-cap", measure));
    }
    let amount = |key: &str| policy.get(key).and_then(decimal);
    if let Some(budget) = amount("gain_budget") {
        limits.push(limit("gain_budget", "gain-budget", Measure::GainBudget(Money(budget))));
    }
    if let Some(budget) = amount("tax_budget") {
        limits.push(limit("tax_budget", "tax-budget", Measure::TaxBudget(Money(budget))));
    }
    if let Some(most) = policy.get("max_turnover").and_then(float) {
        limits.push(limit("max_turnover", "turnover", Measure::Turnover(Weight(most))));
    }
    if let Some(least) = amount("min_trade") {
        limits.push(limit("min_trade", "min-trade", Measure::MinTrade(Money(least))));
    }
    if let Some(most) = policy.get("max_trades").and_then(Value::as_u64) {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        limits.push(limit("max_trades", "max-trades", Measure::MaxTrades(most)));
    }
    let flag = |key: &str| policy.get(key).and_then(Value::as_bool).unwrap_or(false);
    if flag("no_sells") {
        limits.push(limit("no_sells", "buy-only", Measure::BuyOnly));
    }
    for symbol in symbols(&policy, "do_not_sell") {
        limits.push(limit(format!("do_not_sell {symbol}"), "do-not-sell", Measure::DoNotSell(vec![symbol])));
    }
    for symbol in symbols(&policy, "do_not_buy") {
        limits.push(limit(format!("do_not_buy {symbol}"), "do-not-buy", Measure::DoNotBuy(vec![symbol])));
    }
    let rate = |key: &str| case.get("tax").and_then(|tax| tax.get(key)).and_then(decimal).unwrap_or_default();
    let tax = TaxSettings {
        short_rate: rate("st_rate"),
        long_rate: rate("lt_rate"),
        ordinary_rate: rate("ordinary_rate"),
        loss_limit: match case.get("tax").and_then(|tax| tax.get("loss_limit").or(tax.get("ordinary_offset_limit"))) {
            Some(limit) => Money(decimal(limit).unwrap_or_default()),
            None => filing(case).map_or(Money(Decimal::from(3_000)), |filing| filing.status.loss_limit()),
        },
        realised_short: Money(rate("ytd_st")),
        realised_long: Money(rate("ytd_lt")),
        carry_short: Money(rate("carry_st")),
        carry_long: Money(rate("carry_lt")),
        filing: filing(case),
        deferral_weight: 1.0,
    };
    let price = policy.get("price").filter(|price| price.is_object());
    let mode = price.map_or(Mode::Lexicographic, |price| Mode::Priced {
        cap: price.get("cap").and_then(decimal).unwrap_or_default(),
        target: price.get("target").and_then(decimal).unwrap_or_default(),
    });
    let mut result = Problem {
        as_of,
        accounts,
        securities,
        lots,
        fixed: Vec::new(),
        limits,
        targets: Vec::new(),
        buyable: symbols(&policy, "buy_list"),
        tax,
        trades,
        identities: BTreeMap::new(),
        average_cost: BTreeSet::new(),
        wash_sales: match text(&policy, "wash_sale").as_str() {
            "warn" | "ignore" => WashSales::Warn,
            _ => WashSales::Block,
        },
        caps_after_costs: policy.get("route").is_none(),
        whole_shares: flag("whole_shares"),
        near_long_term_days: policy
            .get("st_lock_days")
            .and_then(Value::as_u64)
            .and_then(|days| u32::try_from(days).ok())
            .unwrap_or(0),
        set_aside_tax: flag("set_aside_tax"),
        kept_for_tax: Money::ZERO,
        ticket: money(&policy, "ticket"),
        mode,
        sleeves: BTreeSet::new(),
        trim_order: BTreeMap::new(),
        route: policy.get("route").map(route),
        neutral: policy.get("neutral").and_then(Value::as_str).map(Symbol::new),
        elsewhere: BTreeMap::new(),
        in_dollars: BTreeSet::new(),
        decided: Decided::default(),
    };
    result.targets = targets(&policy, &result);
    if problems.is_empty() { Ok(result) } else { Err(problems) }
}

/// The route of a policy.
fn route(route: &Value) -> Route {
    let number = |key: &str, default: f64| route.get(key).and_then(float).unwrap_or(default);
    Route {
        cadence: if text(route, "cadence") == "monthly" { Cadence::Monthly } else { Cadence::Weekly },
        by: text(route, "by").parse().ok(),
        used_turnover: money(route, "used_turnover"),
        wait_price: number("wait_price", 0.02),
        discount: number("discount", 0.03),
        ..Route::default()
    }
}

/// Filing status and incomes, where the case has them.
fn filing(case: &Value) -> Option<Filing> {
    let tax = case.get("tax")?;
    let status = match text(tax, "filing").as_str() {
        "head" => FilingStatus::HeadOfHousehold,
        word => FilingStatus::from_id(word)?,
    };
    let rate = |key: &str| tax.get(key).and_then(decimal).unwrap_or_default();
    let years = entries(tax, "years").into_iter().filter_map(|(year, income)| {
        let magi = income.get("magi").and_then(decimal).map(Money);
        Some((year.parse().ok()?, Income { taxable: money(&income, "taxable_income"), magi }))
    });
    let (state_short, state_long) = (rate("state_st_rate"), rate("state_lt_rate"));
    Some(Filing { status, state_short, state_long, years: years.collect() })
}

/// Sleeve targets, after the no-trade bands: inside its band a target is off, outside it leads back to the target, to
/// the edge or half-way.
fn targets(policy: &Value, problem: &Problem) -> Vec<Target> {
    let mut weights: BTreeMap<String, f64> = entries(policy, "sleeve_targets")
        .into_iter()
        .filter_map(|(name, weight)| float(&weight).map(|weight| (name, weight)))
        .collect();
    let value = broaden::plan::evaluate(problem, &[], &[]).value.to_f64();
    for (name, band) in entries(policy, "no_trade_band") {
        let number = |key: &str| band.get(key).and_then(float);
        let Some(target) = number("target").or_else(|| weights.get(&name).copied()) else { continue };
        let symbol = Symbol::new(&name);
        let held: f64 = problem
            .lots
            .iter()
            .filter(|lot| lot.symbol == symbol)
            .filter_map(|lot| problem.securities.get(&symbol).map(|security| (security.price * lot.quantity).to_f64()))
            .sum();
        let weight = number("weight").unwrap_or(if value > 0.0 { held / value } else { 0.0 });
        let half = number("abs").unwrap_or(f64::INFINITY).min(number("rel").unwrap_or(f64::INFINITY) * target);
        if (weight - target).abs() <= half + 1e-12 {
            weights.remove(&name);
            continue;
        }
        let back = match text(&band, "return_to").as_str() {
            "edge" => target - half,
            "half" | "halfway" => target - half / 2.0,
            _ => target,
        };
        weights.insert(name, back);
    }
    let target = |(name, weight): (String, f64)| Target {
        id: format!("under:{name}"),
        symbol: Symbol::new(&name),
        weight: Weight(weight),
        reaction: Reaction::Fill,
        origin: "case".to_owned(),
    };
    weights.into_iter().map(target).collect()
}

fn tech_weight(case: &Value, problem: &Problem, plan: Option<&Plan>) -> f64 {
    let mut value: BTreeMap<Symbol, f64> = BTreeMap::new();
    let worth = |symbol: &Symbol, quantity: Shares| {
        problem.securities.get(symbol).map_or(0.0, |security| (security.price * quantity).to_f64())
    };
    for lot in &problem.lots {
        *value.entry(lot.symbol.clone()).or_default() += worth(&lot.symbol, lot.quantity);
    }
    for sale in plan.map(|plan| plan.sells.as_slice()).unwrap_or_default() {
        *value.entry(sale.symbol.clone()).or_default() -= worth(&sale.symbol, sale.quantity);
    }
    for buy in plan.map(|plan| plan.buys.as_slice()).unwrap_or_default() {
        *value.entry(buy.symbol.clone()).or_default() += worth(&buy.symbol, buy.quantity);
    }
    let tech: f64 = entries(case, "securities")
        .iter()
        .map(|(name, security)| {
            let fraction = security.get("tech").and_then(float).unwrap_or(0.0);
            fraction * value.get(&Symbol::new(name)).copied().unwrap_or(0.0)
        })
        .sum();
    let whole = match plan {
        Some(plan) => plan.outcome.value.to_f64(),
        None => broaden::plan::evaluate(problem, &[], &[]).value.to_f64(),
    };
    if whole > 0.0 { tech / whole } else { 0.0 }
}

/// The plan of a case as the JSON that independent models are compared with.
pub fn printed(case: &Value, problem: &Problem, plan: &Plan) -> Value {
    let money = |amount: Money| Money(amount.decimal().round_dp(6)).to_f64();
    let outcome = &plan.outcome;
    let levels = &outcome.levels;
    let table = |amounts: &BTreeMap<String, Money>| -> Map<String, Value> {
        amounts.iter().map(|(id, amount)| (id.clone(), json!(money(*amount)))).collect()
    };
    let own = |id: LotId| problem.lots.iter().find(|lot| lot.id == id).map(|lot| lot.origin.own.as_str());
    let mut printed = json!({
        "id": text(case, "id"),
        "levels": {
            "cash_shortfall": money(levels.cash_shortfall),
            "violations": money(levels.excess),
            "deviations": money(levels.gaps),
            "max_deviation": money(levels.largest_gap),
            "cost": money(levels.cost),
            "turnover": money(levels.turnover),
            "true_tax": money(levels.signed_tax),
        },
        "sells": plan.sells.iter().map(|s| json!([s.account, s.symbol.as_str(), own(s.lot), s.quantity.to_f64()])).collect::<Vec<_>>(),
        "buys": plan.buys.iter().map(|b| json!([b.account, b.symbol.as_str(), b.quantity.to_f64()])).collect::<Vec<_>>(),
        "tax": money(outcome.tax),
        "realized_st": money(outcome.realised_short),
        "realized_lt": money(outcome.realised_long),
        "tech_before": tech_weight(case, problem, None),
        "tech_after": tech_weight(case, problem, Some(plan)),
        "violations": table(&outcome.excess),
        "deviations": table(&outcome.gaps),
        "cash_after": table(&outcome.cash),
        "spread_cost": money(levels.cost - outcome.tax.max(Money::ZERO)),
        "value_after": money(outcome.value),
    });
    if let (Some(route), Some(table)) = (&plan.route, printed.as_object_mut()) {
        table.extend(route_printed(problem, route));
    }
    printed
}

/// What of a route the cases know.
fn route_printed(problem: &Problem, route: &RoutePlan) -> Map<String, Value> {
    let money = |amount: Money| json!(Money(amount.decimal().round_dp(4)).to_f64());
    let later = route.stages.iter().skip(1).flat_map(|stage| stage.sells.iter().map(move |sale| (stage, sale)));
    let later = later.map(|(stage, sale)| {
        let lot = problem.lots.get(sale.lot).map_or("", |lot| lot.origin.own.as_str());
        let year = stage.first.format("%Y").to_string();
        json!([year, sale.account, sale.symbol.as_str(), lot, sale.quantity.to_f64()])
    });
    let table = |amounts: &mut dyn Iterator<Item = (String, Money)>| -> Value {
        Value::Object(amounts.map(|(id, amount)| (id, money(amount))).collect())
    };
    let mut map = Map::new();
    let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
    put("later", later.collect());
    put("tax", money(route.tax));
    put("tax_by_year", table(&mut route.years.iter().map(|(year, own)| (year.to_string(), own.tax))));
    put(
        "gains_by_year",
        route.years.iter().map(|(year, own)| json!([year, own.short.to_f64(), own.long.to_f64()])).collect(),
    );
    put("runs", json!(route.runs));
    put("by", json!(route.by.to_string()));
    put("done_by", json!(route.done_by.map(|day| day.to_string())));
    put("to_sell_at_deadline", money(route.to_sell_at_deadline));
    put("over_at_deadline", table(&mut route.over_at_deadline.iter().map(|(id, over)| (id.clone(), *over))));
    put("gaps_at_deadline", table(&mut route.gaps_at_deadline.iter().map(|(id, gap)| (id.to_string(), *gap))));
    put("cannot", table(&mut route.cannot.iter().map(|(id, over)| (id.clone(), *over))));
    put("wait_cost", money(route.wait_cost));
    put("trading_cost", money(route.trading_cost));
    put("sold", money(route.sold));
    put("proven", json!(route.proven));
    put("notes", json!(route.stages.len()));
    map
}

/// Solves a case; a plan that fails the independent check is a problem.
pub fn solved(problem: &Problem) -> Result<Plan, Problems> {
    let plan = solve(problem).map_err(|error| vec![error.to_string()])?;
    let breaches: Problems = verify(problem, &plan).into_iter().map(|b| format!("{}: {}", b.rule, b.message)).collect();
    if breaches.is_empty() { Ok(plan) } else { Err(breaches) }
}

/// Runs a trade case and compares it with its expectation.
pub fn check(case: &Value) -> Result<(), Problems> {
    let problem = problem(case)?;
    let plan = solved(&problem)?;
    let got = printed(case, &problem, &plan);
    let Some(expected) = case.get("expected").and_then(Value::as_object) else {
        return Err(vec!["the case expects nothing".to_owned()]);
    };
    let shares = expected.get("tolerance_shares").and_then(float).unwrap_or(0.0).max(0.002);
    // T20: quantities are rounded to a thousandth of a share, which moves dollars by more than a cent.
    let dollars = if expected.contains_key("tolerance_shares") { 0.25 } else { 0.01 };
    let mut problems = Vec::new();
    for (key, wanted) in expected {
        match key.as_str() {
            "sells" | "buys" => compare_trades(key, wanted, &got, shares, &mut problems),
            "tolerance_shares" | "share_tolerance" | "tolerance" | "today" => {}
            "later" => compare_trades(key, &by_year(wanted), &got, shares, &mut problems),
            "by" | "done_by" => {
                if got.get(key) != Some(wanted) {
                    problems.push(format!("{key} is {:?}, expected {wanted}", got.get(key)));
                }
            }
            "dual_gain_budget_violation_per_dollar" => compare_dual(case, &got, wanted, &mut problems),
            "tech_after" | "tech_before" => {
                let tolerance = if dollars > 0.01 { 5e-6 } else { 1e-6 };
                compare(key, wanted, got.get(key), tolerance, &mut problems);
            }
            "violations" | "deviations" | "cash_after" | "levels" | "tax_by_year" | "over_at_deadline"
            | "gaps_at_deadline" => {
                for (id, wanted) in wanted.as_object().into_iter().flatten() {
                    let found = got.get(key).and_then(|table| table.get(id));
                    compare(&format!("{key}.{id}"), wanted, found, dollars, &mut problems);
                }
            }
            _ if got.get(key).is_some() => compare(key, wanted, got.get(key), dollars, &mut problems),
            _ => problems.push(format!("`{key}` is expected and not compared")),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Sales of later stages by tax year: how they are gathered in stages is free.
fn by_year(later: &Value) -> Value {
    let row = |row: &Value| {
        let mut row = row.as_array().cloned().unwrap_or_default();
        let year = row.first().and_then(Value::as_str).and_then(|day| day.get(..4)).map(|year| json!(year));
        if let (Some(first), Some(year)) = (row.first_mut(), year) {
            *first = year;
        }
        Value::Array(row)
    };
    later.as_array().into_iter().flatten().map(row).collect()
}

fn compare(name: &str, wanted: &Value, found: Option<&Value>, tolerance: f64, problems: &mut Problems) {
    match (float(wanted), found.and_then(float)) {
        (Some(wanted), Some(found)) if (wanted - found).abs() <= tolerance + 1e-12 => {}
        (wanted, found) => problems.push(format!("{name} is {found:?}, expected {wanted:?}")),
    }
}

fn compare_trades(key: &str, wanted: &Value, got: &Value, tolerance: f64, problems: &mut Problems) {
    let table = |value: Option<&Value>| -> BTreeMap<String, f64> {
        let mut table = BTreeMap::new();
        for row in value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_array) {
            if let Some((quantity, names)) = row.split_last() {
                let name: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
                *table.entry(name.join(" ")).or_insert(0.0) += float(quantity).unwrap_or(f64::NAN);
            }
        }
        table
    };
    let (wanted, found) = (table(Some(wanted)), table(got.get(key)));
    let same = wanted.len() == found.len()
        && wanted
            .iter()
            .all(|(name, quantity)| found.get(name).is_some_and(|found| (found - quantity).abs() <= tolerance + 1e-12));
    if !same {
        problems.push(format!("{key} are {found:?}, expected {wanted:?}"));
    }
}

/// What one more dollar of gain budget does to the excess, by solving again.
fn compare_dual(case: &Value, got: &Value, wanted: &Value, problems: &mut Problems) {
    let more = 100;
    let mut changed = case.clone();
    let budget = changed.get_mut("policy").and_then(|policy| policy.get_mut("gain_budget"));
    if let Some(budget) = budget
        && let Some(amount) = decimal(budget)
    {
        *budget = json!((amount + Decimal::from(more)).to_string());
    }
    let excess = |printed: &Value| printed.get("levels").and_then(|levels| levels.get("violations")).and_then(float);
    let again = problem(&changed).and_then(|problem| solved(&problem).map(|plan| printed(&changed, &problem, &plan)));
    match (again.as_ref().ok().and_then(excess), excess(got), float(wanted)) {
        (Some(after), Some(before), Some(wanted)) if ((after - before) / f64::from(more) - wanted).abs() < 1e-6 => {}
        (after, before, _) => {
            problems.push(format!("the excess goes from {before:?} to {after:?} for {more} of budget"))
        }
    }
}
