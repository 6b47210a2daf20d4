//! Cash comes first: a withdrawal that the accounts can cover under the limits is covered, in whole shares too.

use crate::program;

use program::{DEMO, cents};
use serde_json::Value;

fn advise(arguments: &[&str]) -> Value {
    program::run(&[&["advise", DEMO, "--json"], arguments].concat()).json()
}

fn shortfall(arguments: &[&str]) -> i64 {
    cents(&advise(arguments)["plan"]["outcome"]["levels"]["cash_shortfall"])
}

/// The turnover limit leaves room for one share: what the taxable account must sell more, the Roth must sell less.
#[test]
fn a_withdrawal_near_the_turnover_limit_is_covered_in_whole_shares() {
    let withdraw = "accounts.\"...417\".withdraw=20000";
    for reserve in ["household.cash-reserve=1%", "household.cash-reserve=0%"] {
        assert_eq!(shortfall(&["--set", withdraw, "--set", reserve]), 0, "{reserve}");
    }
}

/// In fractions as in whole shares, no sleeve is bought beyond its target only because spending shrinks other targets.
#[test]
fn fractions_buy_no_sleeve_beyond_its_target() {
    let bought = |fractions: &[&str]| {
        let proposal = advise(&[&["--deposit", "roth=50000"], fractions].concat());
        let trades = proposal["trades"].as_array().unwrap().iter();
        let of_kre = trades.filter(|trade| trade["symbol"] == "KRE" && trade["side"] == "buy");
        of_kre.map(|trade| trade["value"].as_str().unwrap().parse::<f64>().unwrap()).sum::<f64>()
    };
    let (whole, fractions) = (bought(&[]), bought(&["--set", "trading.whole-shares=false"]));
    assert!(whole > 0.0 && (fractions - whole).abs() < 100.0, "{whole} {fractions}");
}

/// Turnover makes rotation gradual; it does not keep anyone's money. The more is withdrawn, the more is sold for it.
#[test]
fn a_large_withdrawal_is_covered_beyond_the_turnover_limit() {
    let sold = |amount: &str| {
        let proposal = advise(&["--withdraw", amount]);
        let outcome = &proposal["plan"]["outcome"];
        (cents(&outcome["levels"]["cash_shortfall"]), cents(&outcome["sold"]))
    };
    let (small, medium, large) = (sold("...417=20000"), sold("...417=60000"), sold("...417=200000"));
    assert_eq!((small.0, medium.0, large.0), (0, 0, 0), "{small:?} {medium:?} {large:?}");
    assert!(small.1 < medium.1 && medium.1 < large.1, "{small:?} {medium:?} {large:?}");
    assert_eq!(sold("roth=50000").0, 0);
}
