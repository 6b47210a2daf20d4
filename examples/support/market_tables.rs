//! Function tables about exposure, breadth, trends, brakes and rotation (F05 to F10), run through the library.

use std::collections::BTreeMap;

use broaden::config::Document;
use broaden::diagnostics::{Sink, Source};
use broaden::model::{Account, AssetKind, Portfolio, Position, RawFile, Symbol};
use broaden::reference::{GICS_IT, MAG7, Registry, TECH_BROAD};
use broaden::rules::{sleeves, strength};
use broaden::signals::breadth::{Counter, Question};
use broaden::signals::trend::{Hysteresis, ema, z};
use broaden::units::Money;
use broaden::{exposure, market, signals};
use serde_json::Value;

use super::case::Problems;
use super::tables::{close, done};

fn numbers(value: &Value) -> BTreeMap<String, f64> {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_f64()?))).collect()
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// Compares number by number; a different count is a problem of its own.
fn compare(name: &str, found: &[f64], wanted: &Value, tolerance: f64, problems: &mut Problems) -> usize {
    let wanted = list(wanted);
    if found.len() != wanted.len() {
        problems.push(format!("{name} has {} values, expected {}", found.len(), wanted.len()));
    }
    for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        close(&format!("{name}[{index}]"), *found, *wanted, tolerance, problems);
    }
    wanted.len()
}

fn document(text: &str) -> Document {
    Document::load(Some(Source::file("case.toml", text)), &[], &mut Sink::default())
}

/// F05: look-through, themes, concentration and active share of one small household.
pub fn concentration(table: &Value) -> Result<(), Problems> {
    let weights = |key: &str| {
        let parts: Vec<String> = numbers(key_of(table, key)).iter().map(|(s, w)| format!("{s} = {w}")).collect();
        parts.join(", ")
    };
    let mut text = format!("[instruments.BENCH]\nholdings = {{ {} }}\n", weights("benchmark"));
    for (fund, holdings) in table["fund_holdings"].as_object().into_iter().flatten() {
        let parts: Vec<String> = numbers(holdings).iter().map(|(s, w)| format!("{s} = {w}")).collect();
        text += &format!("[instruments.{fund}]\nholdings = {{ {} }}\n", parts.join(", "));
    }
    for (symbol, code) in table["gics"].as_object().into_iter().flatten() {
        let sector = match code.as_str() {
            Some("IT") => "45",
            Some("COMM") => "50",
            Some("DISC") => "25",
            _ => continue,
        };
        if symbol.starts_with("OTHER") {
            text += &format!("[instruments.{symbol}]\nsector = \"{sector}\"\n");
        }
    }
    text += "[instruments.XLI]\nholdings = { XLI_ISSUER = 1.0 }\n[instruments.XLI_ISSUER]\nsector = \"20\"\n";
    let registry = Registry::load(&document(&text), &[], None, &mut Sink::default());
    let mut account = Account::new("case", "case");
    for (symbol, weight) in numbers(&table["weights"]) {
        let value = Money::from_f64(weight * 1_000_000.0);
        if symbol == "CASH" {
            account.cash.push(("USD".to_owned(), value));
            continue;
        }
        let fund = matches!(symbol.as_str(), "QQQ" | "XLI");
        let mut position = Position::new(if fund { AssetKind::Etf } else { AssetKind::Equity }, symbol.clone());
        position.canonical = Some(Symbol::new(&symbol));
        position.symbol = Some(symbol);
        position.value = Some(value);
        account.positions.push(position);
    }
    let portfolio = Portfolio { accounts: vec![account], ..Portfolio::default() };
    let found = exposure::measure(&portfolio, &registry, &Symbol::new("BENCH"));
    let expected = &table["expected"];
    let mut problems = Vec::new();
    let mut compared = 0;
    let issuers: BTreeMap<&str, f64> = found.issuers.iter().map(|one| (one.issuer.as_str(), one.weight.0)).collect();
    for (symbol, weight) in numbers(&expected["lookthrough"]) {
        let id = match symbol.as_str() {
            "GOOGL" => "alphabet",
            "XLI" => "XLI_ISSUER",
            other => other,
        };
        let got = if id == "CASH" { found.cash_weight.0 } else { issuers.get(id).copied().unwrap_or(f64::NAN) };
        close(&symbol, got, weight, 1e-9, &mut problems);
        compared += 1;
    }
    for (key, got) in [
        ("tech_gics_it", found.theme(GICS_IT).0),
        ("tech_broad_it_plus_m7", found.theme(TECH_BROAD).0),
        ("mag7", found.theme(MAG7).0),
        ("hhi_lines_incl_cash", found.hhi_lines),
        ("effective_n_lines", found.effective_lines().unwrap_or(f64::NAN)),
        ("hhi_lines_invested_only", found.hhi_invested),
        ("top3_lines", found.top_lines(3).0),
        ("active_share", found.active_share.high),
    ] {
        close(key, got, expected[key].as_f64().unwrap_or(f64::NAN), 1e-9, &mut problems);
        compared += 1;
    }
    done(compared, problems)
}

fn key_of<'a>(table: &'a Value, key: &str) -> &'a Value {
    table.get(key).unwrap_or(&Value::Null)
}

/// F06: the A-D line, McClellan and Zweig averages from counts; percent above an average from a panel of closes.
pub fn breadth(table: &Value) -> Result<(), Problems> {
    let (up, down) = (list(&table["advancers"]), list(&table["decliners"]));
    let expected = &table["expected"];
    let mut problems = Vec::new();
    let net: Vec<f64> = up.iter().zip(&down).map(|(a, d)| a - d).collect();
    let running = |values: &[f64]| {
        let sums = values.iter().scan(0.0, |sum, value| {
            *sum += value;
            Some(*sum)
        });
        sums.collect::<Vec<f64>>()
    };
    let adjusted: Vec<f64> = up.iter().zip(&down).map(|(a, d)| 1000.0 * (a - d) / (a + d)).collect();
    let oscillator: Vec<f64> =
        ema(&adjusted, 19).iter().zip(ema(&adjusted, 39)).map(|(fast, slow)| fast - slow).collect();
    let share: Vec<f64> = up.iter().zip(&down).map(|(a, d)| a / (a + d)).collect();
    let mut compared = compare("ad_line", &running(&net), &expected["ad_line"], 1e-9, &mut problems);
    compared += compare("rana", &adjusted, &expected["ratio_adjusted_net_advances"], 1e-6, &mut problems);
    compared += compare("mcclellan", &oscillator, &expected["mcclellan_19_39_first_value_seed"], 1e-6, &mut problems);
    compared += compare("summation", &running(&oscillator), &expected["summation"], 1e-5, &mut problems);
    compared += compare("zweig", &ema(&share, 10), &expected["zweig_ema10_first_value_seed"], 1e-6, &mut problems);

    let above = &table["pct_above_sma"];
    let closes = above["closes"].as_object();
    let names: Vec<&String> = closes.into_iter().flatten().map(|(name, _)| name).collect();
    let mut text = format!("date,{}\n", names.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(","));
    for row in 0..5 {
        let cells: Vec<String> = names
            .iter()
            .map(|name| {
                above["closes"][name.as_str()][row].as_f64().map_or_else(String::new, |close| close.to_string())
            })
            .collect();
        text += &format!("2026-06-{:02},{}\n", 22 + row, cells.join(","));
    }
    let file = RawFile::new("panel.csv", text.into_bytes());
    let market = market::load(&[file], &mut Sink::default());
    let window = above["window"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let counter = Counter::new(&market, chrono::NaiveDate::MAX);
    let last = counter.count(Question::Above(window)).and_then(|counts| counts.tallies.last().copied());
    match last {
        Some(tally) => {
            close(
                "pct",
                tally.percent().unwrap_or(f64::NAN),
                above["pct"].as_f64().unwrap_or(0.0),
                1e-9,
                &mut problems,
            );
            let coverage = above["coverage"].as_f64().unwrap_or(0.0);
            close("coverage", tally.coverage().unwrap_or(f64::NAN), coverage, 1e-9, &mut problems);
            compared += 2;
        }
        None => problems.push("the panel was not counted".to_owned()),
    }
    done(compared, problems)
}

/// F07: the trend statistic, and the day-by-day trace of a state with hysteresis.
pub fn trend(table: &Value) -> Result<(), Problems> {
    let mut problems = Vec::new();
    let logs: Vec<f64> = list(&table["slope"]["ratio"]).into_iter().map(f64::ln).collect();
    let found = z(&logs, logs.len().saturating_sub(1)).last().copied().flatten();
    close("z", found.unwrap_or(f64::NAN), table["slope"]["z"].as_f64().unwrap_or(0.0), 1e-6, &mut problems);
    let state = &table["hysteresis"];
    let whole = |key: &str| state[key].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let machine = Hysteresis {
        enter: state["enter_at_or_above"].as_f64().unwrap_or(f64::NAN),
        leave: state["exit_at_or_below"].as_f64().unwrap_or(f64::NAN),
        confirm_enter: whole("confirm_enter"),
        confirm_leave: whole("confirm_exit"),
    };
    let readings: Vec<Option<f64>> = list(&state["series"]).into_iter().map(Some).collect();
    let wanted: Vec<bool> = state["state"].as_array().into_iter().flatten().filter_map(Value::as_bool).collect();
    if machine.run(&readings) != wanted {
        problems.push(format!("the states are {:?}", machine.run(&readings)));
    }
    done(1 + wanted.len(), problems)
}

/// F08: the Sahm indicator from monthly rates, on the day the last one is out.
pub fn sahm(table: &Value) -> Result<(), Problems> {
    let mut rates = String::from("observation_date,UNRATE\n");
    for (month, rate) in numbers(&table["unrate_first_release_style"]) {
        rates += &format!("{month}-01,{rate}\n");
    }
    let mut fund = String::from("date,SPY\n");
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap_or_default();
    for date in day("2024-06-03").iter_days().take_while(|date| *date <= day("2024-08-09")) {
        if !matches!(chrono::Datelike::weekday(&date), chrono::Weekday::Sat | chrono::Weekday::Sun) {
            fund += &format!("{date},500\n");
        }
    }
    let file = |name: &str, text: String| RawFile::new(name.to_owned(), text.into_bytes());
    let market = market::load(&[file("SPY.csv", fund), file("UNRATE.csv", rates)], &mut Sink::default());
    let setup = signals::configure(&document(""), &mut Sink::default());
    let history = signals::history(&setup, &market, day("2024-08-09"));
    let place = setup.brakes.iter().position(|brake| brake.id == "brakes.sahm");
    let found = place.and_then(|index| history.brakes.get(index)?.days.last()?.value);
    let wanted = numbers(&table["expected_indicator"]);
    let mut problems = Vec::new();
    close(
        "2024-07",
        found.unwrap_or(f64::NAN),
        wanted.get("2024-07").copied().unwrap_or(f64::NAN),
        5e-5,
        &mut problems,
    );
    done(wanted.len(), problems)
}

/// F09: signals to score to bands, and the gliding path of the applied strength.
pub fn rotation(table: &Value) -> Result<(), Problems> {
    let config = &table["config"];
    let mut problems = Vec::new();
    let mut compared = 0;
    let setup = signals::configure(&document(""), &mut Sink::default());
    let settings = strength::configure(&document(""), &mut Sink::default());
    let entry = |name: &str| {
        let id = match name {
            "pct_above_200dma" => "signals.breadth-200",
            "ad_line_z63" => "signals.ad-line",
            "rsp_spy_z63" => "signals.equal-weight",
            _ => "signals.small-cap",
        };
        setup.signals.iter().find(|signal| signal.id == id)
    };
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    for example in table["examples"].as_array().into_iter().flatten() {
        let score: f64 = numbers(&example["inputs"])
            .iter()
            .map(|(name, value)| entry(name).map_or(f64::NAN, |signal| signal.weight * signal.score(*value)))
            .sum();
        let multiplier = match example["brake"].as_str() {
            Some("caution") => settings.caution,
            Some("stop") => 0.0,
            _ => 1.0,
        };
        let (base, min) = (number(&config["tech_cap"]["base"]), number(&config["tech_cap"]["min"]));
        close("score", score, number(&example["score"]), 1e-9, &mut problems);
        close("strength", score * multiplier, number(&example["strength"]), 1e-9, &mut problems);
        let cap = broaden::rules::limits::theme_cap::gliding_cap(base, min, score * multiplier);
        close("tech_cap", cap, number(&example["tech_cap"]), 1e-9, &mut problems);
        compared += 3;
    }
    let glide = &table["glide"];
    let mut applied = number(&glide["start"]);
    for step in glide["path"].as_array().into_iter().flatten() {
        let (most, deadband) = (number(&config["max_step_per_run"]), number(&config["deadband"]));
        applied = strength::glide(applied, number(&step["target"]), most, deadband);
        close("applied", applied, number(&step["applied_strength"]), 1e-9, &mut problems);
        compared += 1;
    }
    done(compared, problems)
}

/// F10: the 5/25 band.
pub fn bands(table: &Value) -> Result<(), Problems> {
    let mut problems = Vec::new();
    let rows = table["rows"].as_array().cloned().unwrap_or_default();
    for row in &rows {
        let number = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
        let half_width = sleeves::band_half_width(number("target"));
        close("half_width", half_width, number("half_width"), 1e-9, &mut problems);
        close("low", number("target") - half_width, number("low"), 1e-9, &mut problems);
        close("high", number("target") + half_width, number("high"), 1e-9, &mut problems);
    }
    done(rows.len(), problems)
}
