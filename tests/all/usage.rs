//! How the command is used: its help, a closed pipe, and the first steps of somebody who has read the README.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn broaden() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_broaden"));
    command.env("NO_COLOR", "1").env("COLUMNS", "100").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn help(arguments: &[&str]) -> String {
    let output = broaden().args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

pub const VERBS: [&str; 19] = [
    "advise",
    "batch",
    "review",
    "check",
    "record",
    "holdings",
    "exposure",
    "signals",
    "market",
    "backtest",
    "tune",
    "fetch",
    "explain",
    "import",
    "init",
    "setup",
    "config",
    "completions",
    "man",
];

/// `UPDATE_GOLDEN=1 cargo test usage::` rewrites them.
#[test]
fn the_help_of_every_verb_is_as_it_was_read_last() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut different = Vec::new();
    for verb in [&[""][..], &VERBS].concat() {
        for flag in ["-h", "--help"] {
            let arguments: Vec<&str> = [verb, flag].into_iter().filter(|part| !part.is_empty()).collect();
            let text = help(&arguments);
            let name = format!("{}{flag}.txt", if verb.is_empty() { "broaden" } else { verb });
            if update {
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(&name), &text).unwrap();
            }
            if fs::read_to_string(folder.join(&name)).unwrap_or_default() != text {
                different.push(name);
            }
        }
    }
    assert!(different.is_empty(), "the help changed: {different:?}; read it, then UPDATE_GOLDEN=1");
}

#[test]
fn the_short_help_is_one_screen() {
    for verb in [&[""][..], &VERBS].concat() {
        let arguments: Vec<&str> = [verb, "-h"].into_iter().filter(|part| !part.is_empty()).collect();
        let lines = help(&arguments).lines().count();
        assert!(lines <= 50, "{verb} -h has {lines} lines");
    }
}

#[test]
fn the_verbs_of_this_test_are_all_there_are() {
    let text = help(&["-h"]);
    let (_, list) = text.split_once("Commands:\n").unwrap();
    let names: Vec<&str> = list.lines().map_while(|line| line.strip_prefix("  ")?.split_whitespace().next()).collect();
    let known: Vec<&str> = names.iter().copied().filter(|name| *name != "help").collect();
    for verb in known {
        assert!(VERBS.contains(&verb) || verb == "backtest" || verb == "tune", "{verb} has no golden help");
    }
}

/// `broaden advise | head -1` is no error.
#[test]
fn a_closed_pipe_is_no_error() {
    for arguments in [&["advise", "portfolios/demo"][..], &["explain", "--list"], &["config", "list"], &["man"]] {
        let mut child = broaden().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8_lossy(&output.stderr).contains("error"), "{arguments:?}");
    }
}

#[test]
fn init_writes_a_config_and_a_sample_that_work() {
    let folder = tempfile::TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let output = broaden().current_dir(folder.path()).args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    assert_eq!(run(&["init"]).0, Some(0));
    let (status, text, said) = run(&["advise", "sample"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(text.contains("...0417 Individual, taxable") || text.contains("...0417"), "{text}");
    assert!(!said.contains("error") && !said.contains("warning[unmatched"), "{said}");
    // The sample is not part of the household beside it.
    let (status, _, said) = run(&["advise", "."]);
    assert!(status == Some(2) && said.contains("no holdings"), "{said}");
    let (status, _, said) = run(&["init"]);
    assert!(status == Some(2) && said.contains("is not overwritten"), "{said}");
}

/// One export and nothing else: one line says that rotation is off, and the next command.
#[test]
fn first_contact_names_the_next_command() {
    let export = "tests/exports/etrade-PortfolioDownload-lots-expanded.csv";
    let text = help(&["advise", export, "--no-config"]);
    assert!(text.contains("WHAT THE MARKET SAYS   rotation is off: there is no breadth data\n"), "{text}");
    assert!(text.contains(&format!("next: broaden advise {export} --market FOLDER")), "{text}");
}
