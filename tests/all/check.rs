//! `broaden check` from outside: silent when well, and one word for each thing that is not.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use crate::program;

use std::fs;

use tempfile::TempDir;

const EXPORT: &str = "\"Positions for account Individual ...417 as of 09:04 PM ET, 2026/09/05\"\n\n\
    \"Symbol\",\"Description\",\"Qty (Quantity)\",\"Price\",\"Mkt Val (Market Value)\",\"Cost Basis\",\"Asset Type\",\n\
    \"VTI\",\"VANGUARD TOTAL STOCK MARKET ETF\",\"10\",\"300.00\",\"$3,000.00\",\"$900.00\",\"ETFs & Closed End Funds\",\n\
    \"Cash & Cash Investments\",\"--\",\"--\",\"--\",\"$100.00\",\"--\",\"Cash and Money Market\",\n\
    \"Positions Total\",\"\",\"--\",\"--\",\"$3,100.00\",\"$900.00\",\"--\",\n";

/// Returns the exit status and everything that was printed.
fn check(export: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("export.csv");
    fs::write(&path, export).unwrap();
    let ran = program::run(&[&["check", path.to_str().unwrap()], arguments].concat());
    (ran.status, ran.out + &ran.said)
}

#[test]
fn a_good_export_without_a_config_is_well() {
    assert_eq!(check(EXPORT, &[]), (Some(0), String::new()));
}

#[test]
fn a_margin_debit_and_a_bond_are_no_fault() {
    let export = EXPORT.replace("$100.00", "-$100.00").replace("$3,100.00", "$7,900.00").replace(
        "\"Cash &",
        "\"91282CLW9\",\"US TREASURY NOTE 4.25% 11/15/34\",\"5,000\",\"100.00\",\"$5,000.00\",\"$4,990.00\",\"Fixed Income\",\n\"Cash &",
    );
    assert_eq!(check(&export, &[]), (Some(0), String::new()));
}

/// A default that goes with another one is said to be gone, and that is no fault.
#[test]
fn a_base_of_ones_own_is_said_not_to_move() {
    let (status, said) = check(EXPORT, &["--set", "limits.tech.base=75%"]);
    let words = "the usual `min` and `full` do not apply to a `base` of your own in [limits.tech]";
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("note[own-base]") && said.contains(words), "{said}");
    let whole = ["limits.tech.base=75%", "limits.tech.min=benchmark", "limits.tech.full=0.4"];
    let whole: Vec<&str> = whole.iter().flat_map(|key| ["--set", key]).collect();
    assert_eq!(check(EXPORT, &whole), (Some(0), String::new()));
}

#[test]
fn each_thing_that_is_not_well_is_said_and_exits_with_1() {
    for (export, arguments, code) in [
        (EXPORT.replace("$3,100.00", "$3,200.00"), vec![], "warning[total-gap]"),
        (
            EXPORT.replace("VTI", "QZQZQ").replace("VANGUARD TOTAL STOCK MARKET ETF", "X"),
            vec![],
            "warning[low-coverage]",
        ),
        (
            EXPORT.replace("300.00\",\"$3,000.00", "--\",\"--").replace("$3,100.00", "$100.00"),
            vec![],
            "warning[unvalued-position]",
        ),
        (EXPORT.to_owned(), vec!["--as-of", "2026-11-05"], "warning[other-day]"),
    ] {
        let (status, text) = check(&export, &arguments);
        assert_eq!(status, Some(1), "{code}: {text}");
        assert!(text.contains(code), "{code}: {text}");
    }
}

#[test]
fn what_cannot_be_read_exits_with_2() {
    let (status, text) = check(&EXPORT.replace("300.00\"", "x\""), &[]);
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("error[bad-number]"), "{text}");
}

#[test]
fn a_terabyte_of_garbage_is_refused_by_its_size() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("garbage.csv");
    // A hole, which takes no room; to read it would take all memory.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let said = program::run(&["holdings", path.to_str().unwrap()]).refused();
    assert!(said.contains("error[too-large]"));
}
