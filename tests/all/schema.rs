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

/// The schema of `broaden.toml`, as published.
fn config_schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/config.json");
    let now = broaden::pipeline::config_schema();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &now).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), now, "run with UPDATE_GOLDEN=1");
    serde_json::from_str(&now).unwrap()
}

fn config(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn the_template_and_the_demo_keep_to_the_config_schema() {
    let validator = jsonschema::validator_for(&config_schema()).unwrap();
    let demo = include_str!("../../portfolios/demo/broaden.toml");
    let partial =
        "[limits.tech]\nmin = 0.25\n[signals.mine]\nkind = \"ad-line\"\n[accounts.\"...417\"]\nkind = \"roth\"\n";
    for text in [broaden::config::TEMPLATE, demo, partial] {
        let problems: Vec<String> = validator.iter_errors(&config(text)).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{problems:?}");
    }
}

/// What the config reader refuses, the schema refuses: a key, a section, a type, a range, a kind, a missing kind.
#[test]
fn the_config_schema_refuses_what_the_reader_refuses() {
    let validator = jsonschema::validator_for(&config_schema()).unwrap();
    for text in [
        "[limits.tech]\nbse = \"45%\"\n",
        "[limts.tech]\nbase = \"45%\"\n",
        "[limits.tech]\nbase = true\n",
        "[limits.tech]\nbase = 45\n",
        "[limits.mine]\nkind = \"theme-cup\"\n",
        "[limits.mine]\nmax = \"5%\"\n",
        "[trading]\nmode = \"fast\"\n",
        "[signals.breadth-200]\nramp = [40]\n",
    ] {
        assert!(!validator.is_valid(&config(text)), "{text}");
        let mut sink = broaden::diagnostics::Sink::default();
        let source = broaden::diagnostics::Source::file("broaden.toml", text);
        let inputs = broaden::pipeline::Inputs { config: Some(source), ..Default::default() };
        broaden::pipeline::configure(&inputs, &mut sink);
        assert!(sink.has_errors(), "{text}");
    }
}

/// Every section that the reader knows is in the schema, and no other.
#[test]
fn the_config_schema_has_every_section() {
    let schema = config_schema();
    let mut sections: Vec<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut known = broaden::pipeline::SECTIONS.to_vec();
    sections.sort_unstable();
    known.sort_unstable();
    assert_eq!(sections, known);
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
        assert_eq!(proposal["schema"], 2);
    }
}

/// A schema that accepts anything would make the test above worthless.
#[test]
fn the_schema_refuses_a_number_for_money() {
    let schema: Value = serde_json::from_str(&published()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let text = crate::program::run(&["advise", crate::program::DEMO, "--json"]).done().out;
    let mut proposal: Value = serde_json::from_str(&text).unwrap();
    assert!(validator.is_valid(&proposal));
    proposal["plan"]["outcome"]["tax"] = Value::from(12.5);
    assert!(!validator.is_valid(&proposal));
}
