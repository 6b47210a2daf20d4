//! Nothing that is not known is called fine: a limit that it may break is said to be so, in every format.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use crate::program;

use std::fs;

use program::{run_in, says};
use serde_json::Value;
use tempfile::TempDir;

/// $80,000 of a fund, $18,500 of bonds and $1,000 of cash; the fund is 80.4% of it.
fn folder(fund: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let text = format!(
        "[[account]]\nname = \"Individual\"\nkind = \"taxable\"\ncash = 1000\nas-of = 2026-11-27\n\
         [[account.position]]\nsymbol = \"{fund}\"\nprice = 40\n\
         lot = [{{ opened = 2023-12-01, quantity = 2000, cost-basis = 60000 }}]\n\
         [[account.position]]\nsymbol = \"BND\"\nprice = 74\n\
         lot = [{{ opened = 2023-12-01, quantity = 250, cost-basis = 18000 }}]\n"
    );
    fs::write(folder.path().join("holdings.toml"), text).unwrap();
    folder
}

/// Caps of 45% of tech and 30% of the seven.
const CAPS: [&str; 4] = ["--set", "limits.tech.base=45%", "--set", "limits.mag7.base=30%"];

fn output(folder: &TempDir, format: &[&str]) -> String {
    let ran = run_in(folder.path(), &[&["advise", "holdings.toml", "--no-config"], &CAPS[..], format].concat()).done();
    ran.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn verdict<'a>(proposal: &'a Value, id: &str) -> &'a Value {
    proposal["verdicts"].as_array().unwrap().iter().find(|verdict| verdict["id"] == id).unwrap()
}

/// 43% in technology, 19.5% in communication and 15.5% in consumer discretionary: all of it, 78.0 x 0.804 = 62.7%, could be
/// in the seven.
#[test]
fn a_fund_whose_names_are_not_listed_may_break_a_limit() {
    let folder = folder("VWUAX");
    for format in [&["--format", "text"][..], &["--format", "md"], &["--format", "html"], &["--format", "json"]] {
        let text = output(&folder, format);
        says(&text, &["may be broken: between 0.0% and 62.7%"]);
        assert!(!text.contains("very limit holds"), "{format:?}: {text}");
        assert!(!text.contains("-0.0"), "{format:?}: {text}");
    }
    says(
        &output(&folder, &["--format", "text"]),
        &["of 1 holding not every name is known", "what is in VWUAX is not known by name"],
    );
    let proposal: Value = serde_json::from_str(&output(&folder, &["--json"])).unwrap();
    let seven = verdict(&proposal, "limits.mag7");
    assert_eq!((&seven["state"], &seven["fired"]), (&Value::from("may-be-broken"), &Value::from(false)));
    assert_eq!(seven["low"], Value::from(0.0));
    // One company may be a quarter of a fund: 20.1% of the household.
    let company = verdict(&proposal, "limits.issuer.unnamed");
    assert_eq!(company["state"], "may-be-broken");
    assert!((company["high"].as_f64().unwrap() - 0.201).abs() < 5e-4, "{company}");
}

/// Known by its filing: 44.0% of the seven, which is 35.3% of the household.
#[test]
fn a_fund_that_is_known_breaks_it_outright() {
    let proposal: Value = serde_json::from_str(&output(&folder("FELG"), &["--json"])).unwrap();
    let seven = verdict(&proposal, "limits.mag7");
    assert_eq!(seven["state"], "broken");
    assert!((seven["measured"].as_f64().unwrap() - 0.353).abs() < 1e-3, "{seven}");
    assert!((verdict(&proposal, "limits.tech")["measured"].as_f64().unwrap() - 0.565).abs() < 0.05);
}

#[test]
fn exposure_says_why_it_is_an_interval() {
    let folder = folder("VWUAX");
    let text = run_in(folder.path(), &["exposure", "holdings.toml", "--no-config"]).done().out;
    says(&text, &["mag7 is between 0.0% and 62.7%: what is in VWUAX is not known by name"]);
    assert!(!text.contains("0.0% of the value is not known"), "{text}");
}

/// All of it is known: nothing may be broken.
#[test]
fn what_is_known_is_not_doubted() {
    let folder = folder("VTV");
    let proposal: Value = serde_json::from_str(&output(&folder, &["--json"])).unwrap();
    for verdict in proposal["verdicts"].as_array().unwrap() {
        assert_ne!(verdict["state"], "may-be-broken", "{verdict}");
    }
}
