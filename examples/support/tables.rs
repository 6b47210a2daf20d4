//! Function tables (`F*`) and the counterexample `X01`: one runner per file, found by the beginning of its name.

use broaden::rules::scenarios::{conditional_value_at_risk, mean_absolute_deviation};
use broaden::tax::{
    FilingStatus, GainIncome, LossSale, Purchase, Rates, brackets, break_even, federal_tax, long_from,
    match_wash_sales, net,
};
use broaden::units::{Money, Shares};
use serde_json::{Value, json};

use super::case::{Problems, decimal, printed, problem, solved};
use super::market_tables;

/// Runs one table.
pub type Runner = fn(&Value) -> Result<(), Problems>;

/// Every table that can be run: the beginning of the file name, and its runner. Add yours here.
pub const RUNNERS: &[(&str, Runner)] = &[
    ("F01", holding_period),
    ("F02", netting),
    ("F03", ladder),
    ("F04", federal),
    ("F05", market_tables::concentration),
    ("F06", market_tables::breadth),
    ("F07", market_tables::trend),
    ("F08", market_tables::sahm),
    ("F09", market_tables::rotation),
    ("F10", market_tables::bands),
    ("F11", break_evens),
    ("F12", wash_sales),
    ("F13", risk),
    ("X01", monotonicity),
];

fn rows(table: &Value) -> Vec<Value> {
    table.get("rows").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn number(row: &Value, key: &str) -> f64 {
    row.get(key).and_then(decimal).map_or(f64::NAN, |value| Money(value).to_f64())
}

fn money(row: &Value, key: &str) -> Money {
    Money(row.get(key).and_then(decimal).unwrap_or_default())
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn date(text: &str) -> Result<chrono::NaiveDate, Problems> {
    text.parse().map_err(|_| vec![format!("`{text}` is not a date")])
}

pub fn done(compared: usize, problems: Problems) -> Result<(), Problems> {
    match (compared, problems.is_empty()) {
        (0, _) => Err(vec!["nothing was compared".to_owned()]),
        (_, true) => Ok(()),
        _ => Err(problems),
    }
}

pub fn close(name: &str, found: f64, wanted: f64, tolerance: f64, problems: &mut Problems) {
    let apart = (found - wanted).abs();
    if apart.is_nan() || apart > tolerance + 1e-12 {
        problems.push(format!("{name} is {found}, expected {wanted}"));
    }
}

fn holding_period(table: &Value) -> Result<(), Problems> {
    let (mut compared, mut problems) = (0, Vec::new());
    for row in rows(table) {
        let first = long_from(date(text(&row, "acquired"))?);
        let wanted = (date(text(&row, "last_short_term_sale"))?, date(text(&row, "first_long_term_sale"))?);
        if (first.pred_opt(), first) != (Some(wanted.0), wanted.1) {
            problems.push(format!("{}: long from {first}", text(&row, "acquired")));
        }
        compared += 1;
    }
    done(compared, problems)
}

fn netting(table: &Value) -> Result<(), Problems> {
    let (mut compared, mut problems) = (0, Vec::new());
    let given = table.get("rates").cloned().unwrap_or_default();
    let rate = |key: &str| money(&given, key).decimal();
    let rates = Rates {
        short: rate("short"),
        long: rate("long"),
        ordinary: rate("ordinary"),
        loss_limit: money(&given, "limit"),
    };
    for row in rows(table) {
        let result = net(money(&row, "net_short"), money(&row, "net_long"), &rates);
        for (key, found) in [
            ("tax", result.tax),
            ("ordinary_offset", result.ordinary_offset),
            ("carry_short", result.carry_short),
            ("carry_long", result.carry_long),
        ] {
            close(key, found.to_f64(), number(&row, key), 0.001, &mut problems);
        }
        compared += 1;
    }
    done(compared, problems)
}

fn ladder(table: &Value) -> Result<(), Problems> {
    let (mut compared, mut problems) = (0, Vec::new());
    let mut last: Option<f64> = None;
    for row in rows(table) {
        let mut case = table.get("inputs").cloned().unwrap_or_default();
        let percent = number(&row, "tech_cap_pct");
        if let Some(policy) = case.get_mut("policy") {
            policy["tech_cap"] = json!(percent / 100.0);
        }
        let problem = problem(&case)?;
        let tax = solved(&problem)?.outcome.tax.to_f64();
        close(&format!("tax at {percent}%"), tax, number(&row, "tax"), 0.01, &mut problems);
        if let Some(last) = last {
            let marginal = number(&row, "marginal_tax_per_point");
            close(&format!("the point to {percent}%"), tax - last, marginal, 0.02, &mut problems);
        }
        last = Some(tax);
        compared += 1;
    }
    done(compared, problems)
}

fn federal(table: &Value) -> Result<(), Problems> {
    let (mut compared, mut problems) = (0, Vec::new());
    let statuses = [
        ("single", FilingStatus::Single),
        ("mfj", FilingStatus::Joint),
        ("mfs", FilingStatus::Separate),
        ("hoh", FilingStatus::HeadOfHousehold),
    ];
    let thresholds = table.get("thresholds").cloned().unwrap_or_default();
    for (year, per_status) in thresholds.get("ordinary_upper").and_then(Value::as_object).into_iter().flatten() {
        for (word, status) in statuses {
            let year_number: i32 = year.parse().map_err(|_| vec![format!("`{year}` is not a year")])?;
            let ours = brackets(year_number, status).map_err(|error| vec![error.to_string()])?;
            let long = &thresholds["ltcg_0_15_upper"][year][word];
            let deduction = &thresholds["standard_deduction"][year][word];
            if json!(ours.ordinary) != per_status[word]
                || json!(ours.long) != *long
                || json!(ours.standard_deduction) != *deduction
            {
                problems.push(format!("the tables of {year} {word} differ"));
            }
        }
    }
    for row in rows(table) {
        let word = text(&row, "status");
        let status = statuses.iter().find(|(name, _)| *name == word).map(|(_, status)| *status);
        let Some(status) = status else { return Err(vec![format!("`{word}` is not a filing status")]) };
        let year = number(&row, "year") as i32;
        let magi = money(&row, "magi_with_gains");
        let (short, long) = (money(&row, "net_short"), money(&row, "net_long"));
        let income = |net_short: Money, net_long: Money, magi: Money| GainIncome {
            ordinary_taxable: money(&row, "ordinary_taxable_income"),
            net_short,
            net_long,
            magi,
        };
        let tax = |income: &GainIncome| federal_tax(year, status, income).map_err(|error| vec![error.to_string()]);
        let with = tax(&income(short, long, magi))?;
        let without = tax(&income(Money::ZERO, Money::ZERO, magi - short - long))?;
        let wanted = row.get("result").cloned().unwrap_or_default();
        for (key, found) in [
            ("ordinary_tax", with.ordinary),
            ("at0", with.at_0),
            ("at15", with.at_15),
            ("at20", with.at_20),
            ("cg_tax", with.gains),
            ("niit", with.niit),
            ("total", with.total()),
        ] {
            close(key, found.to_f64(), number(&wanted, key), 0.005, &mut problems);
        }
        let incremental = with.total() - without.total();
        close("incremental", incremental.to_f64(), number(&row, "incremental_tax_of_gains"), 0.005, &mut problems);
        compared += 1;
    }
    done(compared, problems)
}

fn break_evens(table: &Value) -> Result<(), Problems> {
    let (mut compared, mut problems) = (0, Vec::new());
    for row in rows(table) {
        let (gain, rate) = (number(&row, "gain_fraction"), number(&row, "rate"));
        let Some(result) = break_even(gain, rate, rate, number(&row, "years"), number(&row, "growth")) else {
            return Err(vec!["no break-even".to_owned()]);
        };
        for (key, found) in [
            ("alpha_if_taxed_later_pct", result.if_taxed_later),
            ("alpha_if_never_taxed_pct", result.if_never_taxed),
            ("deferral_only_cost_pct_of_sale", result.deferral_cost),
        ] {
            close(key, 100.0 * found, number(&row, key), 0.000_51, &mut problems);
        }
        compared += 1;
    }
    done(compared, problems)
}

fn wash_sales(table: &Value) -> Result<(), Problems> {
    let (mut sales, mut purchases) = (Vec::new(), Vec::new());
    let list = |key: &str| table.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let amount = |value: &Value| decimal(value).unwrap_or_default();
    let (mut names, mut bought) = (Vec::new(), Vec::new());
    for row in list("sales") {
        let word = |index: usize| row.get(index).and_then(Value::as_str).unwrap_or_default();
        sales.push(LossSale {
            id: sales.len(),
            date: date(word(1))?,
            quantity: Shares(amount(&row[2])),
            loss_per_share: amount(&row[3]),
            own: None,
        });
        names.push(word(0).to_owned());
    }
    for row in list("buys") {
        let word = |index: usize| row.get(index).and_then(Value::as_str).unwrap_or_default();
        purchases.push(Purchase {
            id: purchases.len(),
            date: date(word(1))?,
            quantity: Shares(amount(&row[2])),
            tax_deferred: word(3) != "taxable",
        });
        bought.push(word(0).to_owned());
    }
    let (mut compared, mut problems) = (0, Vec::new());
    let results = match_wash_sales(&sales, &purchases);
    for wanted in list("expected") {
        let Some(found) = results.iter().find(|result| names[result.sale] == text(&wanted, "sale")) else {
            problems.push(format!("{} has no result", text(&wanted, "sale")));
            continue;
        };
        for (key, amount) in [("loss", found.loss), ("disallowed", found.disallowed), ("allowed", found.allowed)] {
            close(key, amount.to_f64(), number(&wanted, key), 0.001, &mut problems);
        }
        let matches = wanted.get("matches").and_then(Value::as_array).cloned().unwrap_or_default();
        if matches.len() != found.matches.len() {
            problems.push(format!("{} has {} matches", names[found.sale], found.matches.len()));
        }
        for (wanted, found) in matches.iter().zip(&found.matches) {
            if text(wanted, "purchase") != bought[found.purchase] {
                problems.push(format!("matched {}", bought[found.purchase]));
            }
            for (key, amount) in [
                ("shares", found.shares.to_f64()),
                ("disallowed", found.disallowed.to_f64()),
                ("basis_step_up", found.basis_step_up.to_f64()),
                ("permanently_lost", found.permanently_lost.to_f64()),
            ] {
                close(key, amount, number(wanted, key), 0.001, &mut problems);
            }
        }
        compared += 1;
    }
    done(compared, problems)
}

fn risk(table: &Value) -> Result<(), Problems> {
    let returns: Vec<f64> = table
        .get("scenario_returns")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect();
    let wanted = table.get("expected").cloned().unwrap_or_default();
    let mut problems = Vec::new();
    for (key, found) in [
        ("mad", mean_absolute_deviation(&returns)),
        ("cvar_50", conditional_value_at_risk(&returns, 0.5)),
        ("cvar_75", conditional_value_at_risk(&returns, 0.75)),
    ] {
        close(key, found.unwrap_or(f64::NAN), number(&wanted, key), 1e-9, &mut problems);
    }
    done(returns.len(), problems)
}

/// A lower cap can end with more tech, because a broken cap lets more be sold: at 20% only NVDA may fund the sleeves
/// (12.0% of tech is left), at 15% cheaper and less techy funds may be sold too. Several sets of those funds are equally
/// good at 15%, so only the order of the two results is certain.
fn monotonicity(case: &Value) -> Result<(), Problems> {
    let mut problems = Vec::new();
    let mut tech = Vec::new();
    for cap in ["0.20", "0.15"] {
        let mut case = case.clone();
        if let Some(policy) = case.get_mut("policy") {
            policy["tech_cap"] = json!(cap);
        }
        let problem = problem(&case)?;
        let plan = solved(&problem)?;
        tech.push(printed(&case, &problem, &plan).get("tech_after").and_then(Value::as_f64).unwrap_or(f64::NAN));
    }
    if let [loose, tight] = tech.as_slice() {
        close("tech at a cap of 20%", *loose, 0.120, 0.000_5, &mut problems);
        if !(loose < tight && *tight <= 0.15 + 1e-6) {
            problems.push(format!("tech at a cap of 15% is {tight}"));
        }
    }
    done(tech.len(), problems)
}
