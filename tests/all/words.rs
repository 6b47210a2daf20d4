//! The words of the report: what stands where, who says what, and that `explain` answers all of it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::BTreeSet;
use std::fs;

use crate::program;

use program::{DEMO, Ran, copy_demo, run, run_in, says};
use serde_json::Value;
use tempfile::TempDir;

fn advise(more: &[&str]) -> Ran {
    run(&[&["advise", DEMO], more].concat()).done()
}

/// The headings of a report in text.
fn headings(text: &str) -> Vec<String> {
    let is_heading = |line: &&str| {
        line.chars().next().is_some_and(|first| first.is_ascii_uppercase())
            && line.split("   ").next().is_some_and(|title| title == title.to_uppercase())
    };
    text.lines().filter(is_heading).map(|line| line.split("   ").next().unwrap().to_owned()).collect()
}

/// The heads of the columns of a report, from its data.
fn columns(report: &Value) -> Vec<String> {
    let sections = report["brief"].as_array().unwrap().iter();
    let blocks = sections.flat_map(|section| section["blocks"].as_array().unwrap());
    let heads = blocks.filter_map(|block| block.get("table")?.get("head")?.as_array());
    heads.flatten().map(|head| head.as_str().unwrap().to_owned()).filter(|head| !head.is_empty()).collect()
}

#[test]
fn every_heading_and_column_is_explained() {
    let folder = TempDir::new().unwrap();
    let home = folder.path();
    copy_demo(home);
    let earlier = home.join("earlier.json.txt");
    fs::write(&earlier, advise(&["--json", "--set", "limits.turnover.max=3%"]).out).unwrap();
    let export = "Individual-Positions-2026-11-20.csv";
    let mut runs: Vec<Vec<&str>> = vec![
        vec![DEMO],
        vec![DEMO, "--no-config", "--set", "limits.turnover.max=10%"],
        vec![DEMO, "--reject", "sell-NVDA-417", "--quantity", "buy-XLI-417=20"],
        vec![DEMO, "--diff", earlier.to_str().unwrap()],
        vec![DEMO, "--set", "limits.tech.base=90%", "--set", "limits.issuer.max=90%"],
    ];
    let alone = home.join(export);
    runs.push(vec![alone.to_str().unwrap(), "--no-config"]);
    let mut words: BTreeSet<String> = BTreeSet::new();
    for paths in runs {
        let data = home.join("report.json");
        let text = run(&[&["advise", "-o", data.to_str().unwrap()], &paths[..]].concat()).done().out;
        let found = headings(&text);
        assert!(found.len() > 5, "{text}");
        words.extend(found);
        words.extend(columns(&serde_json::from_str(&fs::read_to_string(&data).unwrap()).unwrap()));
    }
    assert!(words.len() > 40, "{words:?}");
    let explained = |word: &&String| {
        // The benchmark's column bears its ticker, which is one of the household's.
        broaden::explain::find(word, &[]).is_ok() || run(&["explain", word, DEMO]).status == Some(0)
    };
    let unexplained: Vec<&String> = words.iter().filter(|word| !explained(word)).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    assert!(!explained(&&"what is not there".to_owned()));
    says(&run(&["explain", "WHAT WAS LEFT"]).done().out, &["limits that stay exceeded"]);
}

#[test]
fn the_orders_and_the_summary_come_last_and_digests_stay_in_the_record() {
    let text = advise(&[]).out;
    let found = headings(&text);
    assert_eq!(found[found.len() - 2..], ["WHAT TO DO", "IN SHORT"], "{found:?}");
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "{found:?}");
    let first = text.lines().next().unwrap();
    assert!(first.starts_with("broaden ") && first.ends_with("2 accounts, $421,970.98"), "{first}");
    let others = ["md", "json"].map(|format| advise(&["--format", format]).out.to_lowercase());
    let report: Value = serde_json::from_str(&others[1]).unwrap();
    let digest = report["inputs"][0]["sha256"].as_str().unwrap().to_owned();
    for hidden in [&digest[..8], "solved by", "simplex", "did not fire"] {
        assert!(!text.to_lowercase().contains(hidden), "{hidden}");
        others.iter().for_each(|other| says(other, &[hidden]));
    }
    says(&advise(&["--format", "html"]).out, &[&digest, "simplex"]);
    says(&run(&["explain", DEMO]).done().out, &[&digest, "solved by"]);
}

#[test]
fn reasons_are_sentences_and_names_come_after() {
    let text = advise(&[]).out;
    says(
        &text,
        &[
            "NVIDIA is 16.4% of all you own, through funds too; your limit is 11.5%",
            "it counts to mag7 and tech-broad too, and they are over their limits",
            "you own no XLI, and rotation wants 1.5% (industrials)",
            "(sell-NVDA-417-2026-03-03; limits.issuer.NVDA, limits.mag7, limits.tech)",
            "(buy-IWM-417; sleeve.IWM)",
        ],
    );
    // Without funds nothing is owned through them.
    let folder = TempDir::new().unwrap();
    let rows = "Account,Symbol,Shares,Price,Cost\nA1234,NVDA,100,100,10000\nA1234,XOM,100,100,10000\n";
    fs::write(folder.path().join("own.csv"), rows).unwrap();
    let text = run_in(folder.path(), &["advise", "own.csv", "--as-of", "2026-11-20"]).done().out;
    says(&text, &["is 50.0% of all you own; your limit is"]);
}

/// The base column is what a run without the question says.
#[test]
fn what_if_stands_beside_the_plan_without_it() {
    let plain = advise(&["--json"]).json();
    assert!(!advise(&[]).out.contains("WHAT IF"));
    let asked = ["--set", "limits.turnover.max=10%", "--keep", "NVDA"];
    let report = advise(&[&["--json"], &asked[..]].concat()).json();
    let section = report["brief"].as_array().unwrap().iter().find(|section| section["id"] == "asked").unwrap();
    assert_eq!(section["aside"], "--set limits.turnover.max=10%  --keep NVDA");
    let tables: Vec<&Value> =
        section["blocks"].as_array().unwrap().iter().filter_map(|block| block.get("table")).collect();
    let row = |name: &str| {
        let rows = tables[0]["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["cells"][0] == name).unwrap_or_else(|| panic!("{name}: {rows:?}"));
        [1, 2].map(|at| row["cells"][at].as_str().unwrap().replace(['$', ','], ""))
    };
    let tax = |report: &Value| report["plan"]["outcome"]["tax"].as_str().unwrap().to_owned();
    assert_eq!(row("tax of this run"), [tax(&plain), tax(&report)]);
    let orders = |report: &Value| {
        let lines = report["trades"].as_array().unwrap().iter();
        let names = lines.map(|line| format!("{}{}{}", line["account"], line["side"], line["symbol"]));
        names.collect::<BTreeSet<_>>().len().to_string()
    };
    assert_eq!(row("orders"), [orders(&plain), orders(&report)]);
    // Every line that differs, with the shares of both.
    let shares = |report: &Value, id: &str| {
        let lines = report["trades"].as_array().unwrap().iter().filter(|line| line["id"] == id);
        lines.map(|line| line["quantity"].as_str().unwrap().parse::<f64>().unwrap()).sum::<f64>()
    };
    for changed in tables[1]["rows"].as_array().unwrap() {
        let cell = |at: usize| changed["cells"][at].as_str().unwrap();
        let number = |at: usize| cell(at).replace(',', "").parse::<f64>().unwrap();
        assert_eq!([number(2), number(3)], [shares(&plain, cell(1)), shares(&report, cell(1))], "{}", cell(1));
        assert!(number(2) != number(3));
    }
    assert!(!row("orders changed")[1].is_empty() && row("orders changed")[1] != "0");
}
