//! One golden run per sample household. `UPDATE_GOLDEN=1 cargo test golden::` rewrites them; read the difference
//! as the change itself.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;

#[track_caller]
fn golden(name: &str, arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::cargo_bin("broaden")
        .unwrap()
        .current_dir(root)
        .args(arguments)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    same(name, &String::from_utf8(output.stdout).unwrap());
}

#[track_caller]
fn same(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("portfolios/demo/expected").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if text != expected {
        let line = text.lines().zip(expected.lines()).position(|(a, b)| a != b).unwrap_or_default();
        let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
        panic!("{name} differs in line {}:\n  now:      {}\n  expected: {}", line + 1, at(text), at(&expected));
    }
}

#[test]
fn the_demo_report() {
    golden("advise.txt", &["advise", "portfolios/demo"]);
}

/// What a program reads first of the JSON; its shape is held by the schema.
const FIGURES: [&str; 20] = [
    "/schema",
    "/as_of",
    "/exposure/value",
    "/exposure/cash",
    "/exposure/themes/tech-broad/weight",
    "/strength/value",
    "/strength/score",
    "/plan/outcome/levels/excess",
    "/plan/outcome/levels/gaps",
    "/plan/outcome/tax",
    "/plan/outcome/sold",
    "/plan/outcome/bought",
    "/plan/outcome/weights/limits.tech",
    "/plan/nothing/levels/excess",
    "/plan/reversal_cost",
    "/what_if/alternatives/all-now/tax",
    "/trades/0/symbol",
    "/trades/0/quantity",
    "/trades/0/lot/gain",
    "/do_not_buy/0/until",
];

/// Lists the keys of objects, so many levels deep.
fn keys(json: &serde_json::Value, path: &str, depth: usize, text: &mut String) {
    let Some(object) = json.as_object().filter(|_| depth > 0) else { return };
    for (key, value) in object.iter().filter(|(key, _)| !key.contains('.')) {
        text.push_str(&format!("{path}/{key}\n"));
        if key != "prices" && key != "config" {
            keys(value, &format!("{path}/{key}"), depth - 1, text);
        }
    }
}

#[test]
fn the_demo_proposal() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::cargo_bin("broaden").unwrap();
    let output = command.current_dir(root).args(["advise", "portfolios/demo", "--json"]).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut text = String::new();
    keys(&json, "", 2, &mut text);
    for figure in FIGURES {
        text.push_str(&format!("{figure} = {}\n", json.pointer(figure).unwrap()));
    }
    same("advise.json.txt", &text);
}

#[test]
fn the_demo_without_market_data() {
    golden(
        "advise-first-contact.txt",
        &["advise", "portfolios/demo/Individual-Positions-2026-11-20.csv", "--no-config"],
    );
}

#[test]
fn the_checklist_of_the_demo_and_of_an_empty_household() {
    golden("market.txt", &["market", "portfolios/demo", "--as-of", "2026-11-23"]);
    let empty = tempfile::tempdir().unwrap();
    golden("market-empty.txt", &["market", empty.path().to_str().unwrap(), "--as-of", "2026-11-23", "--no-config"]);
}

/// Narrow and wide; on a terminal the text is the same with codes for colour around its headings. That width changes nothing
/// but where lines are wrapped is held by `narrow`.
#[test]
fn the_demo_report_at_80_and_120_columns() {
    for width in [80, 120] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let run = |colour: &str| {
            let mut command = Command::cargo_bin("broaden").unwrap();
            let command = command.current_dir(root).args(["advise", "portfolios/demo", "--color", colour]);
            String::from_utf8(command.env("COLUMNS", width.to_string()).output().unwrap().stdout).unwrap()
        };
        let (plain, coloured) = (run("never"), run("always"));
        assert!(coloured.contains("\u{1b}[") && !plain.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
        let longest = plain.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= width, "{longest} columns at {width}");
    }
}

#[test]
fn the_demo_explained() {
    golden("explain.txt", &["explain", "portfolios/demo"]);
    golden("explain-NVDA.txt", &["explain", "NVDA", "portfolios/demo"]);
}

#[test]
fn the_demo_as_orders() {
    for (format, name) in
        [("csv", "orders.csv"), ("ibkr", "orders.ibkr.csv"), ("ticket", "orders.ticket.txt"), ("md", "advise.md")]
    {
        golden(name, &["advise", "portfolios/demo", "--format", format]);
    }
}

/// The book shows what the program prints, not what it once printed.
#[test]
fn the_book_shows_the_demo_report() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = fs::read_to_string(root.join("portfolios/demo/expected/advise.txt")).unwrap();
    let path = root.join("docs/src/report.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("```text\n").unwrap();
    let (shown, after) = rest.split_once("```\n").unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, format!("{before}```text\n{expected}```\n{after}")).unwrap();
    } else {
        assert_eq!(shown, expected);
    }
}

/// The README shows some parts of it, each whole.
#[test]
fn the_readme_shows_parts_of_the_demo_report() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = fs::read_to_string(root.join("portfolios/demo/expected/advise.txt")).unwrap();
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("```text\n").unwrap();
    let (shown, after) = rest.split_once("```\n").unwrap();
    let now: Vec<&str> = shown
        .trim_end()
        .split("\n\n")
        .map(|part| {
            // The words of its heading; what stands beside one may change.
            let heading = part.lines().next().unwrap().split("  ").next().unwrap();
            expected.trim_end().split("\n\n").find(|part| part.starts_with(heading)).unwrap_or_default()
        })
        .collect();
    let now = now.join("\n\n") + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, format!("{before}```text\n{now}```\n{after}")).unwrap();
    } else {
        assert_eq!(shown, now);
    }
}
