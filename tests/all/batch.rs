//! A book of households: each as `advise` alone would have it, in order, whatever is wrong with others.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Ran, copy_demo, run_in, says};

fn lines(ran: &Ran) -> Vec<Value> {
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn household(id: &str, shares: u32) -> Value {
    json!({ "id": id, "account": [{ "name": "Joint", "kind": "taxable", "cash": "1000.00", "as-of": "2026-11-20",
        "position": [{ "symbol": "NVDA", "price": "182.33", "lot": [{ "opened": "2024-01-10", "quantity": shares, "cost-basis": "3000.00" }] },
            { "symbol": "KO", "price": "71.20", "lot": [{ "opened": "2025-02-10", "quantity": 50, "cost-basis": "3000.00" }] }] }] })
}

fn book(folder: &Path, count: u32) {
    let text: Vec<String> = (1..=count).map(|at| household(&format!("h{at}"), 40 + at).to_string()).collect();
    fs::write(folder.join("book.jsonl"), text.join("\n")).unwrap();
}

#[test]
fn a_household_of_a_book_is_advised_as_alone() {
    let folder = tempfile::tempdir().unwrap();
    copy_demo(&folder.path().join("book/demo"));
    fs::create_dir(folder.path().join("book/none")).unwrap();
    let alone = run_in(folder.path(), &["advise", "book/demo", "--json"]).done().json();
    let ran = run_in(folder.path(), &["batch", "book", "--what-if", "--html", "page.html"]);
    assert_eq!(ran.status, Some(1), "{}", ran.said);
    let found = lines(&ran);
    assert_eq!(found[0]["proposal"], alone);
    assert_eq!((&found[0]["id"], &found[0]["status"], found.len()), (&json!("demo"), &json!("planned"), 2));
    assert_eq!((&found[1]["id"], &found[1]["status"]), (&json!("none"), &json!("failed")));
    assert_eq!(found[1]["diagnostics"][0]["code"], "no-holdings");
    assert_eq!(found[0]["summary"]["tax"], alone["plan"]["outcome"]["tax"]);
    // Several limits are over by the same dollars, which are to be sold once.
    let route = &alone["plan"]["route"];
    assert_eq!(found[0]["summary"]["to_sell"], route["to_sell"]);
    assert_eq!(found[0]["summary"]["still_to_sell"], route["stages"][0]["still_to_sell"]);
    let [now, then] =
        [&route["to_sell"], &route["stages"][0]["still_to_sell"]].map(|sum| sum.as_str().unwrap().replace(',', ""));
    let digits = |text: &str| text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect::<String>();
    let said = ran.said.lines().find(|line| line.contains("over limits: 1, to sell $")).unwrap().to_owned();
    assert!(digits(&said).contains(&now) && digits(&said).ends_with(&then), "{said} {now} {then}");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    says(&page, &["tech-broad (limits.tech)", "no-holdings"]);
    // Without what-ifs the plan is the same.
    let plain = lines(&run_in(folder.path(), &["batch", "book"]));
    for part in ["plan", "verdicts", "exposure", "do_not_buy", "config", "inputs"] {
        assert_eq!(plain[0]["proposal"][part], alone[part], "{part}");
    }
    let few = lines(&run_in(folder.path(), &["batch", "book", "--fields", "plan/outcome/tax,trades/symbol"]));
    assert_eq!(few[0]["proposal"]["plan"], json!({ "outcome": { "tax": alone["plan"]["outcome"]["tax"] } }));
    assert_eq!(few[0]["proposal"]["trades"].as_array().unwrap().len(), alone["trades"].as_array().unwrap().len());
}

#[test]
fn one_line_for_each_whatever_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let text: Vec<String> = (0..40_u32)
        .map(|at| match at % 4 {
            1 => "{\"id\": ".to_owned(),
            3 => household(&format!("h{at}"), 40).to_string().replace("182.33", "dear"),
            _ => household(&format!("h{at}"), 40).to_string(),
        })
        .collect();
    fs::write(folder.path().join("book.jsonl"), text.join("\n")).unwrap();
    let ran = run_in(folder.path(), &["batch", "book.jsonl", "--threads", "3"]);
    let found = lines(&ran);
    assert_eq!((ran.status, found.len()), (Some(1), 40));
    for (at, line) in found.iter().enumerate() {
        assert_eq!(line["at"], at + 1);
        assert_eq!(line["status"], if at % 2 == 0 { "planned" } else { "failed" });
    }
    assert_eq!(found[1]["diagnostics"][0]["code"], "bad-household");
    assert_eq!(found[3]["diagnostics"][0]["place"], "h3: account[0].position[0].price");
    says(&ran.said, &["40 households: 20 planned", "20 failed", "bad-household 10"]);
    let csv = run_in(folder.path(), &["batch", "book.jsonl", "--format", "orders-csv"]).out;
    assert!(csv.starts_with("household,status,account,side,symbol,") && csv.contains("\nh3,failed,"), "{csv}");
}

/// A blank line is no household: the answers are those of the book without it.
#[test]
fn blank_lines_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    book(folder.path(), 3);
    let whole = run_in(folder.path(), &["batch", "book.jsonl"]);
    assert_eq!((whole.status, lines(&whole).len()), (Some(0), 3));
    let text = fs::read_to_string(folder.path().join("book.jsonl")).unwrap();
    fs::write(folder.path().join("book.jsonl"), format!("\n{}\r\n \t\n\n", text.replace('\n', "\n\n"))).unwrap();
    assert_eq!(run_in(folder.path(), &["batch", "book.jsonl"]).out, whole.out);
}

/// Whatever is left of a file, going on with it comes to the same bytes; and not with another book.
#[test]
fn a_run_that_was_stopped_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    book(folder.path(), 20);
    run_in(folder.path(), &["batch", "book.jsonl", "-o", "whole.jsonl"]).done();
    let whole = fs::read(folder.path().join("whole.jsonl")).unwrap();
    let part = folder.path().join("part.jsonl");
    let resume = &["batch", "book.jsonl", "-o", "part.jsonl", "--resume"];
    for length in [0, 1, whole.len() / 3, whole.len() - 1, whole.len()] {
        fs::write(&part, &whole[..length]).unwrap();
        run_in(folder.path(), resume).done();
        assert!(fs::read(&part).unwrap() == whole, "cut at {length}");
    }
    says(&run_in(folder.path(), &["batch", "book.jsonl", "-o", "part.jsonl"]).refused(), &["is there already"]);
    let other = run_in(folder.path(), &[&resume[..], &["--set", "limits.tech.base=10%"]].concat()).refused();
    says(&other, &["line 1: h1 was planned with other files, options or version"]);
    book(folder.path(), 19);
    says(&run_in(folder.path(), resume).refused(), &["line 20 is of h20, and the book has no more households"]);
    assert!(fs::read(&part).unwrap() == whole);
    // What is cut off is the beginning of a line of a book, and no file of somebody's that has no end of a line.
    for text in ["a note of mine", "{\"schema\": 1}", "\u{7f}ELF"] {
        fs::write(&part, text).unwrap();
        says(&run_in(folder.path(), resume).refused(), &["line 1 is no line of a book"]);
        assert_eq!(fs::read_to_string(&part).unwrap(), text);
    }
    // Shards share it out.
    book(folder.path(), 20);
    let shards = ["1/3", "2/3", "3/3"].map(|shard| run_in(folder.path(), &["batch", "book.jsonl", "--shard", shard]));
    let mut all: Vec<Value> = shards.iter().flat_map(lines).collect();
    all.sort_by_key(|line| line["at"].as_u64());
    let text: String = all.iter().map(|line| line["id"].as_str().unwrap().to_owned() + " ").collect();
    assert_eq!((all.len(), text.starts_with("h1 h2 h3 ")), (20, true));
}

/// Who writes a household may not be who runs the program.
#[cfg(unix)]
#[test]
fn no_household_reads_what_is_elsewhere() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(elsewhere.path().join("secret"), "root:x:0\n").unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("link")).unwrap();
    fs::create_dir(folder.path().join("own")).unwrap();
    fs::write(folder.path().join("own/broaden.toml"), "[limits.issuer]\nmax = \"9%\"\n").unwrap();
    std::os::unix::fs::symlink("own", folder.path().join("inside")).unwrap();
    let lines_of: Vec<String> = ["link/secret", "inside/broaden.toml", "own/../../secret"]
        .iter()
        .map(|config| {
            let mut one = household(config, 40);
            one["config"] = json!(config);
            one.to_string()
        })
        .collect();
    fs::write(folder.path().join("book.jsonl"), lines_of.join("\n")).unwrap();
    let ran = run_in(folder.path(), &["batch", "book.jsonl"]);
    let found = lines(&ran);
    let status: Vec<&str> = found.iter().map(|line| line["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["failed", "planned", "failed"], "{}", ran.out);
    says(found[0]["diagnostics"][0]["message"].as_str().unwrap(), &["a link leads away from the folder you are in"]);
    assert!(!ran.out.contains("root:x"));
}
