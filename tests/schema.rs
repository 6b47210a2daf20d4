//! The JSON proposal against its published schema, and the schema against the types that print it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

fn published() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/proposal.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, broaden::report::json::schema()).unwrap();
    }
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    assert_eq!(published(), broaden::report::json::schema(), "run with UPDATE_GOLDEN=1");
}

#[test]
fn proposals_keep_to_the_schema() {
    let schema: Value = serde_json::from_str(&published()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for arguments in [
        vec!["advise", "portfolios/demo", "--json"],
        vec!["advise", "portfolios/demo/Portfolio_Positions_Nov-20-2026.csv", "--json", "--no-config"],
        vec!["advise", "tests/exports/schwab-positions-2026-single-margin-options.csv", "--json"],
    ] {
        let output = Command::cargo_bin("broaden").unwrap().current_dir(root).args(&arguments).output().unwrap();
        let proposal: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        let problems: Vec<String> = validator.iter_errors(&proposal).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{arguments:?}: {problems:?}");
        assert_eq!(proposal["schema"], 1);
    }
}

/// A schema that accepts anything would make the test above worthless.
#[test]
fn the_schema_refuses_a_number_for_money() {
    let schema: Value = serde_json::from_str(&published()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("portfolios/demo/expected/advise.json")).unwrap();
    let mut proposal: Value = serde_json::from_str(&text).unwrap();
    assert!(validator.is_valid(&proposal));
    proposal["plan"]["outcome"]["tax"] = Value::from(12.5);
    assert!(!validator.is_valid(&proposal));
}
