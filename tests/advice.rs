//! What the advice must do and must not, seen from outside: each test is a mistake that was once made.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

fn run(arguments: &[&str]) -> (String, String) {
    let mut command = Command::cargo_bin("broaden").unwrap();
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).env("NO_COLOR", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn proposal(arguments: &[&str]) -> Value {
    serde_json::from_str(&run(arguments).0).unwrap()
}

fn cents(value: &Value) -> i64 {
    value.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// An account of own TOML, in a folder of its own.
fn household(text: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("household.toml");
    fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

#[test]
fn frozen_rotation_buys_nothing_and_leaves_the_gliding_cap_alone() {
    let frozen = proposal(&["advise", "portfolios/demo", "--as-of", "2027-01-15", "--json"]);
    assert!(frozen["strength"]["frozen"].is_string());
    let sides: Vec<&str> = frozen["trades"].as_array().unwrap().iter().map(|t| t["side"].as_str().unwrap()).collect();
    assert!(!sides.contains(&"buy"), "{sides:?}");
    let verdicts = frozen["verdicts"].as_array().unwrap();
    let fired = |id: &str| verdicts.iter().find(|verdict| verdict["id"] == id).unwrap()["fired"].as_bool().unwrap();
    assert!(!fired("limits.tech") && fired("limits.issuer.NVDA"), "single issuers are still capped");
}

#[test]
fn cash_after_is_cash_before_with_the_trades_booked_to_the_cent() {
    let found = proposal(&["advise", "portfolios/demo", "--json"]);
    let (outcome, nothing) = (&found["plan"]["outcome"], &found["plan"]["nothing"]);
    let cash = |plan: &Value| plan["cash"].as_object().unwrap().values().map(cents).sum::<i64>();
    let booked = cash(nothing) + cents(&outcome["sold"]) - cents(&outcome["bought"]) - cash(outcome);
    assert_eq!(cents(&outcome["trading_cost"]), booked, "one figure in every output");
    let (text, _) = run(&["advise", "portfolios/demo"]);
    assert!(text.contains(&format!("cost ${}.{:02}\n", booked / 100, booked % 100)), "{booked} cents");
}

#[test]
fn a_lot_bought_after_the_day_of_the_plan_is_not_sold() {
    let text = r#"
[[account]]
name = "Individual"
id = "A1"
kind = "taxable"
cash = 0
as-of = 2026-11-20

[[account.position]]
symbol = "NVDA"
price = 100
lot = [
    { opened = 2026-11-18, quantity = 100, cost-basis = "12000" },
    { opened = 2020-01-02, quantity = 100, cost-basis = "1000" },
]
"#;
    let (_folder, path) = household(text);
    let sold = |day: &str| {
        let found = proposal(&["advise", &path, "--no-config", "--json", "--as-of", day]);
        let trades = found["trades"].as_array().unwrap().clone();
        trades.iter().map(|t| t["lot"]["opened"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(!sold("2026-11-17").is_empty());
    assert!(sold("2026-11-17").iter().all(|day| day == "2020-01-02"), "{:?}", sold("2026-11-17"));
}

#[test]
fn hostile_names_reach_no_terminal() {
    let text = "[[account]]\nname = \"Evil \\u001B[2J\\u202E gro\"\nid = \"A1\"\nkind = \"roth\"\ncash = 5\nas-of = 2026-11-20\n";
    let (_folder, path) = household(text);
    for verb in ["holdings", "advise", "exposure"] {
        let (out, said) = run(&[verb, &path, "--no-config"]);
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{verb}: {out:?}");
        assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{verb}: {said:?}");
    }
}

/// The report names a second solver only when it was asked.
#[test]
fn the_solver_named_is_the_solver_used() {
    let found = proposal(&["advise", "portfolios/demo", "--json"]);
    let asked =
        found["plan"]["notes"].as_array().unwrap().iter().any(|note| note.as_str().unwrap().contains("microlp"));
    assert_eq!(found["plan"]["solver"].as_str().unwrap().contains("microlp"), asked);
}

#[test]
fn a_position_that_contradicts_itself_has_one_value_everywhere_and_is_not_traded() {
    let text = r#"
[[account]]
name = "Individual"
kind = "taxable"
cash = 1000
as-of = 2026-06-30

[[account.position]]
symbol = "NVDA"
quantity = 10
price = 100
value = 50000

[[account.position]]
symbol = "AGG"
quantity = 500
price = 98
"#;
    let (_folder, path) = household(text);
    let (found, said) = run(&["advise", &path, "--json"]);
    let found: Value = serde_json::from_str(&found).unwrap();
    // $50,000 as printed + 500 x $98 + $1,000; by its shares NVDA would be worth $1,000.
    assert_eq!(cents(&found["exposure"]["value"]), 10_000_000);
    assert_eq!(cents(&found["plan"]["nothing"]["value"]), 10_000_000);
    let tech = |weights: &Value| weights["limits.tech"].as_f64().unwrap();
    assert!((tech(&found["plan"]["nothing"]["weights"]) - 0.5).abs() < 1e-9);
    let excluded = &found["excluded"][0];
    assert_eq!((excluded["label"].as_str(), cents(&excluded["value"])), (Some("NVDA"), 5_000_000));
    assert!(found["trades"].as_array().unwrap().iter().all(|trade| trade["symbol"] != "NVDA"));
    for part in ["warning[value-gap]", "$49,000.00 are unexplained"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_file_without_positions_gives_no_advice() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("m1.csv"), "Symbol,Name,Quantity,Avg. Price,Cost Basis,Value\n").unwrap();
    let mut command = Command::cargo_bin("broaden").unwrap();
    let output = command.current_dir(folder.path()).args(["advise", "m1.csv"]).env("NO_COLOR", "1").output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("error[no-holdings]: m1.csv holds no positions and no cash"), "{said}");
}

/// A deposit of $7,000 is part of the cash after: $13,513 of $428,966.
#[test]
fn a_deposit_is_in_the_cash_of_the_html_report() {
    let folder = tempfile::TempDir::new().unwrap();
    let report = folder.path().join("report.html");
    let output = assert_cmd::Command::cargo_bin("broaden")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["advise", "portfolios/demo", "--deposit", "roth=7000", "-o"])
        .arg(&report)
        .output()
        .unwrap();
    assert!(output.status.success());
    let html = std::fs::read_to_string(report).unwrap();
    assert!(html.contains("cash: now 2.0%, after 3.2%"));
}
