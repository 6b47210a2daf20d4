//! The first contact: an export alone, without a config, lots or a market.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use crate::program;

use std::fs;
use std::path::Path;

use program::{Ran, cents, run_in, says};
use serde_json::Value;
use tempfile::TempDir;

const MARKET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/portfolios/demo/market");
const EXPORT: &str = "Portfolio_Positions_Nov-20-2026.csv";

/// Two accounts heavy in tech, as Fidelity prints them: no lots.
const ROWS: &str = "\
Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Type
Z12345678,Individual - TOD,SPAXX**,HELD IN MONEY MARKET,,,$6200.00,,Cash,
Z12345678,Individual - TOD,NVDA,NVIDIA CORPORATION COM,200,$182.33,$36466.00,$6000.00,Cash,
Z12345678,Individual - TOD,AAPL,APPLE INC,150,$268.40,$40260.00,$15000.00,Cash,
Z12345678,Individual - TOD,VTI,VANGUARD TOTAL STOCK MARKET ETF,100,$327.50,$32750.00,$20000.00,Cash,
234567891,ROTH IRA,FCASH**,HELD IN FCASH,,,$412.00,,Cash,
234567891,ROTH IRA,SCHD,SCHWAB US DIVIDEND EQUITY ETF,400,$28.55,$11420.00,$10000.00,Cash,
";

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(EXPORT), ROWS).unwrap();
    folder
}

fn advise(folder: &Path, more: &[&str]) -> Ran {
    run_in(folder, &[&["advise", "."], more].concat()).done()
}

/// Returns the section of a report in JSON.
fn section(report: &Value, id: &str) -> Value {
    report["brief"].as_array().unwrap().iter().find(|section| section["id"] == id).unwrap().clone()
}

/// Returns the tax of the whole route, in cents, when all that is over the limits is sold.
fn tax(folder: &Path, more: &[&str]) -> i64 {
    cents(
        &advise(folder, &[&["--json", "--set", "limits.worth.max=100%"], more].concat()).json()["plan"]["route"]["tax"],
    )
}

fn whole(cents: i64) -> String {
    let dollars = (cents as f64 / 100.0).round() as i64;
    if dollars < 1_000 { format!("${dollars}") } else { format!("${},{:03}", dollars / 1_000, dollars % 1_000) }
}

/// The lots as they may be: all bought long ago.
const LONG_AGO: &str = "\
[[lots]]
account = \"...5678\"
symbol = \"NVDA\"
lot = [{ opened = 2019-03-12, quantity = 200, cost-basis = 6000 }]
[[lots]]
account = \"...5678\"
symbol = \"AAPL\"
lot = [{ opened = 2019-03-12, quantity = 150, cost-basis = 15000 }]
[[lots]]
account = \"...5678\"
symbol = \"VTI\"
lot = [{ opened = 2019-03-12, quantity = 100, cost-basis = 20000 }]
";

/// What is said of each end is what a run comes to in which it is written.
#[test]
fn the_range_of_tax_is_that_of_runs_in_which_all_is_known() {
    let folder = folder();
    let text = advise(folder.path(), &[]).out;
    let high = ["--set", "tax.short-rate=40.8%", "--set", "tax.long-rate=23.8%", "--set", "tax.ordinary-rate=37%"];
    let low = ["--set", "tax.short-rate=10%", "--set", "tax.long-rate=0%", "--set", "tax.ordinary-rate=10%"];
    let assumed = tax(folder.path(), &[]);
    let (dearest, low_rates) = (tax(folder.path(), &high), tax(folder.path(), &low));
    fs::write(folder.path().join("lots.toml"), LONG_AGO).unwrap();
    let (long_ago, cheapest) = (tax(folder.path(), &[]), tax(folder.path(), &low));
    assert!(
        cheapest < long_ago && long_ago < assumed && assumed < dearest,
        "{cheapest} {long_ago} {assumed} {dearest}"
    );
    let between = |low: i64, high: i64| format!("tax between {} and {}", whole(low), whole(high));
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let line = |begin: &str| *lines.iter().find(|line| line.contains(begin)).unwrap();
    assert!(line("WHAT IT WOULD TAKE").ends_with(&between(cheapest, dearest)), "{text}");
    assert!(line("your tax rates").ends_with(&between(low_rates, dearest)), "{text}");
    assert!(line("when you bought").ends_with(&between(long_ago, assumed)), "{text}");
    // With lots, the rates alone are open.
    let text = advise(folder.path(), &[]).out;
    assert!(!text.contains("when you bought"), "{text}");
    says(&text, &["your tax rates"]);
}

/// No file has a price of the fund that takes the rest: it is ordered in dollars, in every format, and no share of it is said.
#[test]
fn what_has_no_price_is_ordered_in_dollars() {
    let folder = folder();
    let config = "[limits.worth]\nenabled = false\n";
    fs::write(folder.path().join("broaden.toml"), config).unwrap();
    let orders = TempDir::new().unwrap();
    let path = |name: &str| orders.path().join(name).to_str().unwrap().to_owned();
    let names = ["o.csv", "o.ibkr.csv", "o.html", "o.ticket.txt"].map(path);
    let outputs: Vec<&str> = names.iter().flat_map(|name| ["-o", name.as_str()]).collect();
    let text = advise(folder.path(), &outputs).out;
    let read = |name: &str| fs::read_to_string(path(name)).unwrap();
    let report = advise(folder.path(), &["--json"]).json();
    let trades = report["trades"].as_array().unwrap();
    let buy = trades.iter().find(|own| own["side"] == "buy").unwrap();
    assert_eq!((&buy["quantity"], &buy["price"], &buy["limit_hint"]), (&Value::Null, &Value::Null, &Value::Null));
    assert!(report["prices"]["RSP"].is_null() && buy["symbol"] == "RSP", "{buy}");
    let dollars = whole(cents(&buy["value"]));
    let about = format!("about {dollars}");
    says(&text, &[&about, "RSP  no price", "RSP has no price in your files"]);
    let words = "RSP has no price in your files: divide the dollars by its price when you buy";
    says(&read("o.html"), &[&about, words]);
    let ticket = read("o.ticket.txt").split_whitespace().collect::<Vec<_>>().join(" ");
    says(&ticket, &[&format!("[ ] BUY {about} of RSP"), words]);
    for name in ["o.html", "o.ticket.txt"] {
        assert!(!read(name).contains("limit about no price") && !read(name).contains("used no price"), "{name}");
    }
    says(&read("o.csv"), &[&format!(",buy,RSP,,,,{}", buy["value"].as_str().unwrap())]);
    // Without shares and a limit no order can be loaded: it is left out, and that is said.
    let basket = read("o.ibkr.csv");
    assert!(!basket.contains("RSP"), "{basket}");
    let said = advise(folder.path(), &["--format", "ibkr"]).said;
    says(
        &said,
        &["note[ordered-in-dollars]", &format!("{about} of RSP in "), "an order in dollars: .ibkr.csv leaves it out"],
    );
    // What was bought is recorded in shares.
    says(&run_in(folder.path(), &["record", &path("o.csv"), "."]).refused(), &["the trade has no number of shares"]);
    let id = buy["id"].as_str().unwrap();
    fs::write(folder.path().join("decisions.toml"), format!("accept = [{id:?}]\n")).unwrap();
    says(&run_in(folder.path(), &["record", "decisions.toml", "."]).refused(), &["has no price in the files"]);
    // The first of several that has a price is bought, cash is kept where that is asked for, and no letters are taken for a fund.
    let with = |neutral: &str| {
        fs::write(folder.path().join("broaden.toml"), format!("{config}[sleeves]\nneutral = {neutral}\n")).unwrap();
        let ran = advise(folder.path(), &["--json"]);
        let report = ran.json();
        let trades = report["trades"].as_array().unwrap();
        let bought =
            trades.iter().find(|own| own["side"] == "buy").map(|own| own["symbol"].as_str().unwrap().to_owned());
        (bought, report["brief"].to_string() + &ran.said)
    };
    assert_eq!(with("[\"RSP\", \"SCHD\"]").0.unwrap(), "SCHD");
    assert_eq!(with("\"VTV\"").0.unwrap(), "VTV");
    let (bought, said) = with("\"cash\"");
    assert!(bought.is_none() && said.contains("it stays in cash, as sleeves.neutral says"), "{said}");
    let (bought, said) = with("\"RSPPP\"");
    assert!(
        bought.is_none() && said.contains("RSPPP is to take what sleeves do not, has no price and is not known"),
        "{said}"
    );
    let (_, said) = with("\"cash\"\nsafe = \"SGOVV\"");
    assert!(
        said.contains("SGOVV is to take deposits while the rotation is frozen, has no price and is not known"),
        "{said}"
    );
    let (_, said) = with("\"cash\"\nsafe = \"BIL\"");
    assert!(said.contains("BIL is to take deposits while the rotation is frozen, and has no price here"), "{said}");
}

/// RSP is about 15% tech: while tech is over its limit and stays so, idle cash does not make it more, and the report says why.
#[test]
fn idle_cash_makes_nothing_worse_that_is_over_its_limit() {
    let folder = folder();
    let ran = advise(folder.path(), &["--json"]);
    let report = ran.json();
    assert_eq!(report["trades"], serde_json::json!([]), "{report}");
    let (before, after) = (&report["plan"]["nothing"]["weights"], &report["plan"]["outcome"]["weights"]);
    assert!(before["limits.tech"].as_f64().unwrap() > 0.7 && before == after, "{before} {after}");
    let because = "RSP, which takes the rest, is not bought: more of it would add to tech-broad";
    says(&report["brief"].to_string(), &[because]);
}

/// Each line that is given can be pasted where it is said to go.
#[test]
fn the_lines_that_are_given_settle_what_they_are_given_for() {
    let folder = folder();
    let open = section(&advise(folder.path(), &["--json"]).json(), "takes");
    let tables = open["blocks"].as_array().unwrap().iter().filter_map(|block| block.get("table"));
    let rows: Vec<Value> = tables.flat_map(|table| table["rows"].as_array().unwrap().clone()).collect();
    assert_eq!(rows.len(), 2, "{open}");
    let (mut config, mut lots) = (String::new(), String::new());
    for row in &rows {
        let notes: Vec<&str> =
            row["notes"].as_array().unwrap().iter().skip(1).map(|note| note.as_str().unwrap()).collect();
        match notes.iter().position(|note| *note == "[[lots]]") {
            Some(at) => lots = notes[at..].join("\n").replace("YYYY-MM-DD", "2019-03-12"),
            None => config += &(notes.join("\n") + "\n"),
        }
    }
    fs::write(folder.path().join("broaden.toml"), config).unwrap();
    fs::write(folder.path().join("lots.toml"), lots).unwrap();
    let text = advise(folder.path(), &[]).out;
    for settled in ["your tax rates", "when you bought AAPL"] {
        assert!(!text.contains(settled), "{settled}: {text}");
    }
    // The other lots are still open.
    says(&text, &["when you bought NVDA and VTI"]);
}

#[test]
fn how_files_were_read_comes_once_and_after_the_report() {
    let folder = folder();
    let ran = advise(folder.path(), &[]);
    assert!(!ran.said.contains("note["), "{}", ran.said);
    says(&ran.said, &["warning[tax-rates-assumed]"]);
    let at = |words: &str| ran.out.find(words).unwrap();
    assert!(at("DOING NOTHING") < at("HOW YOUR FILES WERE READ") && at("HOW YOUR FILES WERE READ") < at("WHAT TO DO"));
    assert_eq!(ran.out.matches("ROTH IRA          roth").count(), 1, "{}", ran.out);
    // A format that says neither warnings nor notes has them beside it.
    says(&advise(folder.path(), &["--format", "csv"]).said, &["note[account-kind]", "warning[tax-rates-assumed]"]);
}

/// Without what was paid, nothing is sold, and the range is that of nothing gained and all of it.
#[test]
fn without_costs_both_ends_are_planned() {
    let folder = folder();
    let rows = ROWS.replace(",$6000.00,", ",,").replace(",$15000.00,", ",,").replace(",$20000.00,", ",,");
    fs::write(folder.path().join(EXPORT), rows).unwrap();
    let text = advise(folder.path(), &["--set", "tax.short-rate=37%", "--set", "tax.long-rate=20%"]).out;
    let all_gain = LONG_AGO.replace("opened = 2019-03-12, ", "").replace("6000", "0").replace("15000", "0");
    fs::write(folder.path().join("lots.toml"), all_gain.replace("20000", "0")).unwrap();
    let dearest = tax(folder.path(), &["--set", "tax.short-rate=37%", "--set", "tax.long-rate=20%"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    says(&text, &[&format!("what you paid for AAPL, NVDA and 1 other tax between $0 and {}", whole(dearest))]);
}

/// Scripts are told what to write, and where; nothing is asked and nothing written.
#[test]
fn setup_without_a_terminal_names_the_keys_and_the_file() {
    let folder = folder();
    let said = run_in(folder.path(), &["setup", "."]).refused();
    says(
        &said,
        &[
            "no terminal",
            "at the top of ./broaden.toml",
            "accounts.\"...7891\".kind = \"roth\"",
            "tax.filing",
            "\"1.0%\"",
        ],
    );
    assert!(!folder.path().join("broaden.toml").exists());
    // What it names can be written.
    let lines: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    fs::write(folder.path().join("broaden.toml"), lines.join("\n")).unwrap();
    says(&advise(folder.path(), &["--json"]).out, &["\"roth\""]);
    says(&run_in(folder.path(), &["setup", "missing/"]).refused(), &["could not read missing/"]);
    says(&run_in(folder.path(), &["setup"]).refused(), &["<PATH>"]);
}

/// Much of it in funds that are free to be sold, and few shares that are not.
const FUNDS: &str = "\
Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Type
Z12345678,Individual - TOD,SPAXX**,HELD IN MONEY MARKET,,,$3000.00,,Cash,
Z12345678,Individual - TOD,MSFT,X,200,$480,$96000.00,$9600.00,Cash,
Z12345678,Individual - TOD,QQQ,X,100,$600,$60000.00,$6000.00,Cash,
234567891,ROTH IRA,SPAXX**,HELD IN MONEY MARKET,,,$3000.00,,Cash,
234567891,ROTH IRA,AAPL,X,100,$268.4,$26840.00,$8052.00,Cash,
234567891,ROTH IRA,VOO,X,400,$620,$248000.00,$148800.00,Cash,
234567891,ROTH IRA,MSFT,X,400,$480,$192000.00,$172800.00,Cash,
234567891,ROTH IRA,QQQ,X,400,$600,$240000.00,$24000.00,Cash,
234567891,ROTH IRA,AMZN,X,20,$231.9,$4638.00,$5101.80,Cash,
";

/// The cheapest plan at each end may cost less than the one at what is taken, which is what is proposed.
#[test]
fn what_is_planned_lies_in_the_range_that_is_said() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(EXPORT), FUNDS).unwrap();
    fs::write(folder.path().join("broaden.toml"), "[tax]\nfiling = \"joint\"\ntaxable-income = 90000\n").unwrap();
    let text = advise(folder.path(), &["--market", MARKET]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    let dollars = |(_, rest): (&str, &str)| -> f64 {
        let digits: String =
            rest.chars().filter(|c| *c != ',').take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        digits.trim_end_matches('.').parse().unwrap()
    };
    let (_, range) = text.split_once("WHAT IT WOULD TAKE").unwrap();
    let (_, range) = range.split_once("tax between $").unwrap();
    let most = dollars(range.split_once(" and $").unwrap());
    let planned = dollars(range.split_once("as planned here: tax $").unwrap());
    assert!(planned > 4_000.0 && planned <= most + 1.0, "{planned} of at most {most}");
}
