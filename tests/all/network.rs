//! No verb but `fetch` opens a socket, whatever it does: seen from the system's side, by strace.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::CommandCargoExt;

use crate::fetch::{Server, household};

/// Runs the program under strace; returns the calls of the network that it made. `None` where strace is not installed,
/// which CI does not accept.
fn calls(folder: &Path, arguments: &[&str]) -> Option<String> {
    let log = folder.join("calls.log");
    let program = Command::cargo_bin("broaden").unwrap();
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=network", "-o"]).arg(&log).arg(program.get_program()).args(arguments);
    let status = command.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if status.is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "strace is not installed");
        return None;
    }
    let text = fs::read_to_string(&log).unwrap_or_default();
    let _ = fs::remove_file(&log);
    Some(text.lines().filter(|line| line.contains('(')).collect::<Vec<_>>().join("\n"))
}

#[test]
fn no_verb_but_fetch_opens_a_socket() {
    // What is seen when one does; where nothing is, the system lets nobody look.
    let server = Server::start();
    let house = household(&server);
    let Some(seen) = calls(house.path(), &["fetch", ".", "--only", "SPY"]) else { return };
    if !(seen.contains("socket(AF_INET") && seen.contains("connect(")) {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "strace sees nothing: {seen}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("portfolios/demo").display().to_string();
    let demo = demo.as_str();
    for arguments in [
        vec!["advise", demo, "-o", "a.html", "-o", "b.json", "-o", "c.csv"],
        vec!["signals", demo, "--history", "h.csv"],
        vec!["market", demo],
        vec!["exposure", demo],
        vec!["holdings", demo],
        vec!["check", demo],
        vec!["explain", demo],
        vec!["explain", "--list"],
        vec!["import", demo, "-o", "d.toml"],
        vec!["init", "."],
        vec!["config", "list"],
        vec!["fetch", ".", "--dry-run"],
        vec!["fetch", ".", "--offline"],
    ] {
        assert_eq!(calls(folder.path(), &arguments).as_deref(), Some(""), "{arguments:?}");
    }
}
