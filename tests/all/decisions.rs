//! Decisions about the lines of a proposal: what is accepted is done, what is rejected is not, the rest is planned around
//! them, and what that costs is said. Over a route and in a single run alike.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;

use broaden::plan::{Decided, Plan, Problem, Route, solve, verify};
use serde_json::Value;
use tempfile::TempDir;

use crate::plan::random::{Shape, household};
use crate::program::{self, DEMO, cents};

const NVDA: &str = "sell-NVDA-417-2026-03-03";
const ROTH: &str = "sell-NVDA-5432-undated";
const HORIZONS: [&str; 2] = ["route", "this-run"];

fn proposal(horizon: &str, arguments: &[&str]) -> Value {
    let set = format!("route.horizon={horizon}");
    program::run(&[&["advise", DEMO, "--json", "--set", &set], arguments].concat()).done().json()
}

fn quantity(proposal: &Value, id: &str) -> Option<String> {
    let own = proposal["trades"].as_array().unwrap().iter().find(|trade| trade["id"] == id)?;
    Some(own["quantity"].as_str().unwrap().to_owned())
}

fn ids(proposal: &Value) -> Vec<String> {
    proposal["trades"].as_array().unwrap().iter().map(|trade| trade["id"].as_str().unwrap().to_owned()).collect()
}

/// Every line of the plan has a name of its own, and accepting them all as they are changes nothing.
#[test]
fn what_is_accepted_as_a_whole_is_the_plan() {
    for horizon in HORIZONS {
        let plain = proposal(horizon, &[]);
        let ids = ids(&plain);
        assert!(ids.len() > 5);
        let accepts: Vec<&str> = ids.iter().flat_map(|id| ["--accept", id]).collect();
        let same = proposal(horizon, &accepts);
        let lines = |found: &Value| -> Vec<Value> {
            let key = |trade: &Value| serde_json::json!([trade["id"], trade["quantity"], trade["value"]]);
            found["trades"].as_array().unwrap().iter().map(key).collect()
        };
        assert_eq!(lines(&same), lines(&plain), "{horizon}");
        assert_eq!(same["plan"]["outcome"], plain["plan"]["outcome"], "{horizon}");
        assert_eq!(same["decided"]["changed"], serde_json::json!([]), "{horizon}");
        assert_eq!(same["decided"]["before"], plain["plan"]["outcome"], "{horizon}");
    }
}

/// 20 shares of a loss lot are accepted as 12, 45 untaxed ones rejected: the rest of the plan makes up for them, and what
/// is over the limits is more than before, by what the report says.
#[test]
fn the_rest_is_planned_around_what_is_decided() {
    for horizon in HORIZONS {
        let plain = proposal(horizon, &[]);
        let quantity_of = format!("{NVDA}=12");
        let found = proposal(horizon, &["--quantity", &quantity_of, "--reject", "sell-nvda-5432"]);
        assert_eq!(quantity(&found, NVDA).as_deref(), Some("12"), "{horizon}");
        assert_eq!(quantity(&found, ROTH), None, "{horizon}");
        let decided = &found["decided"];
        let lines: Vec<_> = decided["lines"].as_array().unwrap().iter().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[0]["choice"], &lines[0]["proposed"], &lines[0]["now"]),
            (&"accept".into(), &"20".into(), &"12".into())
        );
        assert_eq!(
            (&lines[1]["choice"], &lines[1]["proposed"], &lines[1]["now"]),
            (&"reject".into(), &"45".into(), &"0".into())
        );
        assert_eq!(decided["before"], plain["plan"]["outcome"], "{horizon}");
        // A route sells what is untaxed first and has less of it now; a single run pays for it.
        let key = if horizon == "route" { "excess" } else { "cost" };
        let level = |of: &Value| cents(&of["levels"][key]);
        assert!(level(&found["plan"]["outcome"]) > level(&decided["before"]), "{horizon}");
        // Something takes the room that the rejected shares leave.
        let changed = decided["changed"].as_array().unwrap();
        assert!(!changed.is_empty(), "{horizon}");
        for line in changed {
            let (id, after) = (line["id"].as_str().unwrap(), line["after"].as_str().unwrap());
            assert_eq!(quantity(&found, id).unwrap_or_else(|| "0".to_owned()), after);
            assert!(!line["because"].as_array().unwrap().is_empty());
        }
    }
}

/// What is put off is in no order of this run, and the route sells it later; what is rejected it never sells.
#[test]
fn a_route_counts_on_what_is_put_off_and_not_on_what_is_rejected() {
    let left = |argument: &str| {
        let found = proposal("route", &[argument, "sell-QQQM-5432", argument, "sell-NVDA-5432"]);
        assert_eq!(quantity(&found, ROTH), None);
        cents(&found["decided"]["route_tax_after"])
    };
    // Sales in the IRA cost no tax: without them the way is dearer.
    assert!(left("--later") < left("--reject"), "{} {}", left("--later"), left("--reject"));
}

#[test]
fn a_file_says_the_same_as_the_options_and_is_kept_in_the_record() {
    let folder = TempDir::new().unwrap();
    program::copy_demo(&folder.path().join("house"));
    let file = format!("reject = [\"{ROTH}\"]\n[quantity]\n\"{NVDA}\" = 12\n");
    fs::write(folder.path().join("decisions.toml"), file).unwrap();
    let run = |arguments: &[&str]| program::run_in(folder.path(), &[&["advise"], arguments].concat()).done();
    let by_file = run(&["house", "--json", "--decisions", "decisions.toml", "--record", "records"]).json();
    let quantity_of = format!("{NVDA}=12");
    let by_options = run(&["house", "--json", "--quantity", &quantity_of, "--reject", ROTH]).json();
    assert_eq!(by_file["trades"], by_options["trades"]);
    assert_eq!(by_file["decided"], by_options["decided"]);
    assert_eq!(by_file["asked"], by_options["asked"]);
    let mut records = fs::read_dir(folder.path().join("records")).unwrap().map(|entry| entry.unwrap().path());
    let record = records.find(|path| !path.ends_with("inputs")).unwrap();
    let again = run(&["--replay", record.to_str().unwrap()]);
    assert!(again.said.contains("the same proposal, byte for byte"), "{}", again.said);
    // An option over the file.
    let over = run(&["house", "--json", "--decisions", "decisions.toml", "--accept", ROTH]).json();
    assert_eq!(quantity(&over, ROTH).as_deref(), Some("45"));
}

#[test]
fn every_document_says_what_was_decided() {
    let folder = TempDir::new().unwrap();
    let files = ["a.md", "a.html", "a.txt"].map(|name| folder.path().join(name));
    let mut arguments = vec!["advise", DEMO, "--reject", ROTH];
    files.iter().for_each(|file| arguments.extend(["-o", file.to_str().unwrap()]));
    program::run(&arguments).done();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        assert!(text.to_lowercase().contains("your decisions"), "{}", file.display());
        for words in [ROTH, "as proposed", "as decided", "furthest over after", "because of"] {
            assert!(text.contains(words), "{}: {words}", file.display());
        }
    }
}

#[test]
fn a_decision_that_cannot_be_is_an_error_that_says_why() {
    for (arguments, said) in [
        (vec!["--accept", "sell-NVDA-417-2026-03-04"], "did you mean `sell-NVDA-417-2026-03-03`?"),
        (
            vec!["--quantity", "sell-NVDA-417-2026-03-03=21"],
            "21 shares of `sell-NVDA-417-2026-03-03` are to be sold, and 20 are held",
        ),
        (vec!["--quantity", "buy-XLI-417=5000"], "error[no-cash]"),
        (vec!["--quantity", "buy-XLI-417=1.5"], "trades in steps of 1, and 1.5 is none"),
        (vec!["--quantity", "buy-XLI-417=0"], "`0` is no number of shares above zero"),
        (vec!["--accept", NVDA, "--reject", "SELL-nvda-417-2026-03-03"], "error[decided-twice]"),
        (vec!["--accept", "buy-RSP-5432"], "is accepted as it is, and the plan does not have it"),
        (
            vec!["--quantity", "sell-NVDA-417-2026-03-03=5", "--quantity", "buy-SMH-417=1"],
            "`buy-SMH-417` is the name of no line",
        ),
    ] {
        let ran = program::run(&[&["advise", DEMO], arguments.as_slice()].concat());
        let found = ran.refused();
        assert!(found.contains(said), "{arguments:?}\n{found}");
    }
}

/// What is accepted beyond a limit is done, and the limit is named.
#[test]
fn more_than_a_limit_allows_is_done_and_said() {
    let ran = program::run(&["advise", DEMO, "--json", "--quantity", "sell-QQQM-5432-undated=60", "--accept", ROTH]);
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(ran.said.contains("decision-over-limit"), "{}", ran.said);
    assert_eq!(quantity(&found, "sell-QQQM-5432-undated").as_deref(), Some("60"));
    assert!(found["decided"]["passed"][0].as_str().unwrap().contains("limits.turnover"));
}

/// Every other sale as it is, and of every other purchase a share less.
fn some(plan: &Plan, problem: &Problem, purchases: bool) -> Decided {
    let mut decided = Decided { sells: plan.sells.iter().step_by(2).cloned().collect(), ..Decided::default() };
    if purchases {
        decided.buys = plan.buys.iter().skip(1).step_by(2).cloned().collect();
    }
    if problem.whole_shares {
        let less = |shares: &mut broaden::units::Shares| {
            let one = broaden::units::Shares(broaden::units::Decimal::ONE);
            if *shares > one {
                *shares -= one;
            }
        };
        decided.buys.iter_mut().for_each(|buy| less(&mut buy.quantity));
    }
    decided
}

/// Over random households, alone and over a route: what is accepted is in the plan as it is, and the whole passes the checker
/// that shares nothing with the planner. A plan that is rejected whole is not made.
#[test]
fn any_part_of_a_plan_can_be_accepted() {
    let mut fixed = 0;
    for seed in 0..240 {
        let shape = if seed % 2 == 0 { Shape::Plain } else { Shape::Full };
        let mut problem = household(seed, shape);
        if seed % 3 == 0 {
            problem.route =
                Some(Route { by: problem.as_of.checked_add_days(chrono::Days::new(60)), ..Route::default() });
        }
        let plan = solve(&problem).unwrap();
        let decided = some(&plan, &problem, seed % 4 < 2);
        let around = Problem { decided: decided.clone(), ..problem.clone() };
        let found = solve(&around).unwrap();
        for sale in &decided.sells {
            let own: Vec<_> = found.sells.iter().filter(|own| own.lot == sale.lot).collect();
            assert_eq!(own, [sale], "seed {seed}");
        }
        for buy in &decided.buys {
            let own: Vec<_> =
                found.buys.iter().filter(|own| own.account == buy.account && own.symbol == buy.symbol).collect();
            assert_eq!(own, [buy], "seed {seed}");
        }
        // What is accepted without what was proposed beside it may pass a limit by itself: that is said to the person.
        let alone = Plan { sells: decided.sells.clone(), buys: decided.buys.clone(), ..Plan::default() };
        let passed: Vec<String> = verify(&problem, &alone).into_iter().map(|breach| breach.rule).collect();
        let may_pass =
            |rule: &String| !["cash", "lots", "both-sides"].contains(&rule.as_str()) && passed.contains(rule);
        let breaches = verify(&around, &found).into_iter().filter(|breach| !may_pass(&breach.rule));
        let breaches: Vec<_> = breaches.map(|breach| breach.rule + ": " + &breach.message).collect();
        assert_eq!(breaches, [""; 0], "seed {seed}");
        fixed += decided.sells.len() + decided.buys.len();
        let mut none = problem.clone();
        none.decided.lots_later = problem.lots.iter().map(|lot| lot.id).collect();
        let symbols = || problem.buyable.iter().chain(&problem.neutral);
        none.decided.buys_later =
            problem.accounts.iter().flat_map(|own| symbols().map(|symbol| (own.id.clone(), symbol.clone()))).collect();
        let idle = solve(&none).unwrap();
        assert!(idle.sells.is_empty() && idle.buys.is_empty(), "seed {seed}");
    }
    assert!(fixed > 300, "{fixed}");
}

/// The sides keep apart: what is accepted as a sale is bought in no account.
#[test]
fn what_is_sold_by_decision_is_not_bought() {
    let found = proposal("route", &["--accept", NVDA]);
    let sold: Vec<&Value> = found["trades"].as_array().unwrap().iter().filter(|own| own["side"] == "sell").collect();
    assert!(sold.iter().any(|own| own["symbol"] == "NVDA"));
    let bought = found["trades"].as_array().unwrap().iter().filter(|own| own["side"] == "buy");
    assert!(bought.into_iter().all(|own| own["symbol"] != "NVDA"));
}
