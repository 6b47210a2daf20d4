//! Questions for one run, without editing a file: what they change, and that they are seen in the report.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use crate::program;

use program::{DEMO, Ran, cents};
use serde_json::Value;

fn run(arguments: &[&str]) -> Ran {
    program::run(&[&["advise", DEMO], arguments].concat())
}

fn proposal(arguments: &[&str]) -> Value {
    run(&[&["--json"], arguments].concat()).done().json()
}

fn text(arguments: &[&str]) -> String {
    run(arguments).out
}

/// Runs, checks that there is no answer, and returns what was said.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    run(arguments).refused()
}

fn trades(proposal: &Value) -> Vec<(String, String, String)> {
    let word = |trade: &Value, key: &str| trade[key].as_str().unwrap().to_owned();
    let all = proposal["trades"].as_array().unwrap().iter();
    all.map(|trade| (word(trade, "account"), word(trade, "side"), word(trade, "symbol"))).collect()
}

#[test]
fn what_is_kept_is_sold_nowhere() {
    let sells =
        |found: &Value| trades(found).iter().filter(|(_, side, symbol)| side == "sell" && symbol == "NVDA").count();
    assert!(sells(&proposal(&[])) > 0);
    let kept = proposal(&["--keep", "nvda"]);
    assert_eq!(sells(&kept), 0);
    assert_eq!(kept["asked"][0]["option"], "--keep");
    assert!(text(&["--keep", "NVDA"]).contains("WHAT IF, for this run only: --keep NVDA\n"));
}

#[test]
fn only_one_account_is_traded_in_and_all_are_counted() {
    let (all, one) = (proposal(&[]), proposal(&["--only", "roth"]));
    assert!(trades(&one).iter().all(|(account, ..)| account == "...5432 ROTH IRA"), "{:?}", trades(&one));
    assert!(!trades(&one).is_empty());
    assert_eq!(all["exposure"]["value"], one["exposure"]["value"]);
    // Both named is the same as neither.
    assert_eq!(trades(&proposal(&["--only", "roth", "--only", "...417"])), trades(&all));
}

#[test]
fn deposits_and_withdrawals_move_the_cash_of_their_account() {
    let cash = |found: &Value, plan: &str, account: &str| cents(&found["plan"][plan]["cash"][account]);
    let (roth, own) = ("...5432 ROTH IRA", "...417 Individual");
    let plain = proposal(&[]);
    let more = proposal(&["--deposit", "5432=7000", "--deposit", "roth=$500.25"]);
    assert_eq!(cash(&more, "nothing", roth) - cash(&plain, "nothing", roth), 750_025);
    assert_eq!(cash(&more, "nothing", own), cash(&plain, "nothing", own));
    let less = proposal(&["--withdraw", "individual=9000"]);
    assert_eq!(cash(&plain, "nothing", own) - cash(&less, "nothing", own), 900_000);
    assert!(cash(&less, "outcome", own) >= 0 && less["plan"]["outcome"]["levels"]["cash_shortfall"] == "0.00");
}

#[test]
fn they_add_to_what_the_config_says() {
    let set = ["--set", "accounts.\"...5432\".deposit=1000"];
    let cash = |found: &Value| cents(&found["plan"]["nothing"]["cash"]["...5432 ROTH IRA"]);
    let both = proposal(&[&set[..], &["--deposit", "5432=500"]].concat());
    assert_eq!(cash(&both) - cash(&proposal(&[])), 150_000);
    let asked: Vec<&str> =
        both["asked"].as_array().unwrap().iter().map(|one| one["option"].as_str().unwrap()).collect();
    assert_eq!(asked, ["--set", "--deposit"]);
}

#[test]
fn near_misses_get_suggestions_and_no_answer() {
    for (arguments, parts) in [
        (&["--keep", "NVDIA"][..], &["[unknown-ticker]", "did you mean `NVDA`?"][..]),
        (&["--only", "ROHT IRA"], &["[unknown-account]", "did you mean `ROTH IRA`?", "...417 Individual"]),
        (
            &["--deposit", "5000"],
            &["[ambiguous-account]", "--deposit ACCOUNT=5000", "...417 Individual, ...5432 ROTH IRA"],
        ),
        (&["--withdraw", "roth=all"], &["[bad-amount]", "`all` is not an amount", "--> --withdraw:1:17"]),
        (&["--withdraw", "roth=1000000"], &["[withdrawal-too-large]", "$1,000,000.00"]),
        // Every mistake in one run.
        (&["--keep", "NVDIA", "--deposit", "5000"], &["[unknown-ticker]", "[ambiguous-account]"]),
    ] {
        let said = refused(arguments);
        for part in parts {
            assert!(said.contains(part), "`{part}` is not in:\n{said}");
        }
    }
}

#[test]
fn account_numbers_are_masked_where_they_are_repeated() {
    let said = refused(&["--deposit", "123456789=5"]);
    assert!(said.contains("...6789") && !said.contains("123456789"), "{said}");
}
