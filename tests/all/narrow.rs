//! Narrow terminals: no line runs over, and nothing is left out for it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use crate::program;

use assert_cmd::Command;
use program::DEMO;

fn at(width: usize, arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("broaden").unwrap();
    let command = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    let output = command.env("NO_COLOR", "1").env("COLUMNS", width.to_string()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The text without what a width may change: white space, and the strength drawn in eighths.
fn said(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !('\u{2581}'..='\u{2588}').contains(c)).collect()
}

#[test]
fn signals_and_explanations_fit_and_leave_nothing_out() {
    for arguments in [
        &["signals", DEMO][..],
        &["signals", DEMO, "--chart"],
        &["explain", "NVDA", DEMO],
        &["explain", "roth", DEMO],
        &["explain", "sleeve"],
        &["explain", "exposure"],
        &["explain", "--list"],
    ] {
        let widest = at(160, arguments);
        for width in [40, 60] {
            let text = at(width, arguments);
            let over: Vec<&str> = text.lines().filter(|line| line.chars().count() > width).collect();
            assert!(over.is_empty(), "{arguments:?} at {width}:\n{}", over.join("\n"));
            // A chart draws its bars to the width.
            if !arguments.contains(&"--chart") {
                assert_eq!(said(&text), said(&widest), "{arguments:?} at {width}");
            }
        }
    }
}

/// A program that reads an explanation finds its lines whole.
#[test]
fn explanations_in_a_file_keep_their_lines() {
    let text = program::run(&["explain", "NVDA", DEMO]).done().out;
    assert!(text.lines().any(|line| line.chars().count() > 120), "{text}");
}

/// What is over its limit by six digits of dollars stands below its row where 80 columns have no room for it.
#[test]
fn the_columns_of_what_is_owned_stay_at_80_columns() {
    let text = at(80, &["advise", DEMO, "--set", "limits.tech.base=45%", "--set", "limits.tech.min=30%"]);
    let lines: Vec<&str> = text.lines().collect();
    let place = lines.iter().position(|line| line.starts_with("  tech-broad ")).unwrap();
    let columns = |line: &str| line.match_indices('%').map(|(at, _)| at).collect::<Vec<_>>();
    let mag7 = lines.iter().find(|line| line.starts_with("  mag7 ")).unwrap();
    assert_eq!(columns(lines[place]).len(), 3, "{text}");
    assert_eq!(columns(lines[place]), columns(mag7), "{text}");
    assert_eq!(lines[place + 1], "      over by 23.9 points, $100,828");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{text}");
}
