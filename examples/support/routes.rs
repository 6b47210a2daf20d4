//! Random households with a route, as case files: what an independent model is compared on.

use serde_json::{Value, json};

use super::random::Dice;

/// Symbol, dollars a share, percent of tech, percent of the seven largest.
const SYMBOLS: [(&str, i64, i64, i64); 7] = [
    ("NVDA", 100, 100, 100),
    ("MSFT", 200, 100, 100),
    ("QQQ", 50, 60, 40),
    ("SMH", 80, 100, 20),
    ("VTV", 50, 10, 0),
    ("XOM", 100, 0, 0),
    ("AGG", 100, 0, 0),
];

/// Returns the case of a seed.
pub fn case(seed: u64) -> Value {
    let mut dice = Dice::new(seed ^ 0x0123_4567);
    let accounts = dice.between(1, 3);
    let kinds = ["taxable", "roth", "traditional"];
    let account = |index: i64, dice: &mut Dice| {
        let kind = kinds.get(usize::try_from(index).unwrap_or(0)).copied().unwrap_or("roth");
        json!({ "id": format!("A{index}"), "kind": kind, "cash": dice.between(0, 4_000).to_string(), "flow": "0" })
    };
    let homes: Vec<Value> = (0..accounts).map(|index| account(index, &mut dice)).collect();
    let mut lots = Vec::new();
    let mut add = |dice: &mut Dice, index: i64, symbol: &(&str, i64, i64, i64)| {
        let (name, price, ..) = *symbol;
        let shares = dice.between(5, 60) * 2_000 / price;
        let percent = *dice.pick(&[20, 45, 70, 85, 95, 104, 118, 140]).unwrap_or(&70);
        let days = *dice.pick(&[2_000, 1_200, 700, 340, 300, 250, 200, 150, 90]).unwrap_or(&700);
        let opened = chrono::NaiveDate::from_ymd_opt(2026, 6, 1)
            .and_then(|day| day.checked_sub_days(chrono::Days::new(days + dice.below(25))));
        let id = format!("L{}", lots.len());
        lots.push(json!({
            "id": id,
            "account": format!("A{index}"),
            "symbol": name,
            "qty": shares.to_string(),
            "basis": (shares * price * percent / 100).to_string(),
            "acquired": opened.map(|day| day.to_string()),
        }));
    };
    for index in 0..accounts {
        for _ in 0..dice.between(2, 4) {
            let symbol = *dice.pick(&SYMBOLS).unwrap_or(&SYMBOLS[0]);
            for _ in 0..dice.between(1, 2) {
                add(&mut dice, index, &symbol);
            }
        }
    }
    let mut securities = serde_json::Map::new();
    for (name, price, tech, seven) in SYMBOLS {
        securities.insert(
            name.to_owned(),
            json!({
                "price": price.to_string(),
                "tech": format!("{}", tech as f64 / 100.0),
                "issuer": { "SEVEN": seven as f64 / 100.0 },
            }),
        );
    }
    for (name, tech) in [("XLI", "0"), ("XLF", "0"), ("RSP", "0.15")] {
        securities.insert(name.to_owned(), json!({ "price": "100", "tech": tech, "issuer": {} }));
    }
    let by = ["2026-06-01", "2026-07-31", "2026-12-31", "2027-01-31"];
    let mut route = json!({ "cadence": "weekly" });
    if dice.chance(70) {
        route["by"] = json!(dice.pick(&by));
    }
    if dice.chance(15) {
        route["used_turnover"] = json!("1500");
    }
    let cap = |dice: &mut Dice, low: i64, high: i64| format!("0.{:02}", dice.between(low, high));
    let mut policy = json!({ "tech_cap": cap(&mut dice, 15, 45), "route": route });
    if dice.chance(60) {
        policy["position_caps"] = json!({ "SEVEN": cap(&mut dice, 8, 30) });
    }
    if dice.chance(60) {
        policy["sleeve_targets"] = json!({ "XLI": cap(&mut dice, 2, 8), "XLF": cap(&mut dice, 2, 8) });
        policy["buy_list"] = json!(["XLI", "XLF"]);
    }
    if dice.chance(60) {
        policy["neutral"] = json!("RSP");
    }
    if dice.chance(75) {
        policy["max_turnover"] = json!(*dice.pick(&["0.02", "0.05", "0.10"]).unwrap_or(&"0.05"));
    }
    if dice.chance(20) {
        policy["do_not_sell"] = json!(["SMH"]);
    }
    if dice.chance(15) {
        policy["gain_budget"] = json!(dice.between(1, 8).saturating_mul(1_000).to_string());
    } else if dice.chance(15) {
        policy["tax_budget"] = json!(dice.between(1, 8).saturating_mul(250).to_string());
    }
    let mut tax = json!({ "st_rate": "0.37", "lt_rate": "0.15", "ordinary_rate": "0.37" });
    if dice.chance(30) {
        let income = |income: i64| json!({ "taxable_income": income.to_string() });
        let income = income(*dice.pick(&[30_000, 45_000, 90_000, 180_000, 500_000]).unwrap_or(&90_000));
        tax = json!({ "filing": dice.pick(&["single", "joint"]), "years": { "2026": income } });
    }
    if dice.chance(25) {
        tax["ytd_lt"] = json!(dice.between(-8, 8).saturating_mul(1_000).to_string());
    }
    if dice.chance(15) {
        tax["carry_st"] = json!(dice.between(1, 9).saturating_mul(1_000).to_string());
    }
    json!({
        "id": format!("random {seed}"),
        "as_of": "2026-06-01",
        "accounts": homes,
        "securities": securities,
        "lots": lots,
        "policy": policy,
        "tax": tax,
        "expected": {},
    })
}
