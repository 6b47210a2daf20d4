//! Every sample of every broker, field by field against what it is known to hold.
//!
//! The samples hold invented data in the brokers' layouts; `EXPECTED.json` is their truth. Where it is wrong or stricter than
//! the file, the difference is listed in [`DIFFERENT`] with the reason.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail like the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use broaden::diagnostics::{Severity, Sink};
use broaden::holdings::{self, json};
use broaden::model::RawFile;
use broaden::units::Decimal;
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/exports")
}

fn sample(name: &str) -> RawFile {
    RawFile::new(name.to_owned(), fs::read(folder().join(name)).unwrap())
}

fn read(names: &[&str]) -> (Value, Sink) {
    let files: Vec<RawFile> = names.iter().map(|name| sample(name)).collect();
    let mut sink = Sink::default();
    let portfolio = holdings::read(&files, &[], &mut sink);
    (json::view(&portfolio, &sink.items), sink)
}

fn expected() -> BTreeMap<String, Value> {
    let text = fs::read_to_string(folder().join("EXPECTED.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Differences from `EXPECTED.json` that are meant: sample, path, what we say, and why.
const DIFFERENT: &[(&str, &str, &str, &str)] = &[
    ("degiro-Portfolio-en.csv", "NL0010273215.kind", "equity", "ASML Holding N.V. is a company, not a fund"),
    ("degiro-Portfolio-nl.csv", "NL0010273215.kind", "equity", "ASML Holding N.V. is a company, not a fund"),
    ("ibkr-flex-v1-positions-cash.csv", "VTI.kind", "etf", "its SubCategory says ETF"),
    ("ibkr-flex-v1-positions-cash.csv", "VXUS.kind", "etf", "its SubCategory says ETF"),
    (
        "etrade-PortfolioDownload-lots-expanded.csv",
        "BRK.B.lots[1].cost_basis",
        "null",
        "a price paid of 0.00 beside a gain of 0.00 on $2,989 is an unknown cost, not a cost of nothing",
    ),
];

fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// Equal as numbers where both are numbers, as days where one is longer, else as texts; empty is null.
fn same(ours: &Value, theirs: &Value) -> bool {
    let null = |value: &Value| value.is_null() || value.as_str() == Some("");
    match (decimal(ours), decimal(theirs)) {
        _ if null(ours) && null(theirs) => true,
        // Thirty printed decimals are kept to twelve.
        (Some(a), Some(b)) => (a - b).abs() < Decimal::new(1, 12),
        _ => ours == theirs,
    }
}

/// `2026-08-03`, `20260803;093100` and `2026-08-03, 09:31:00` are the same day.
fn day(value: &Value) -> Option<String> {
    let digits: String = value.as_str()?.chars().filter(char::is_ascii_digit).take(8).collect();
    Some(digits)
}

fn find<'a>(items: &'a Value, keys: &[&str], wanted: &Value) -> Vec<&'a Value> {
    items
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| {
            keys.iter().all(|key| wanted.get(*key).is_none_or(|value| value.is_null() || same(&item[*key], value)))
        })
        .collect()
}

struct Check<'a> {
    sample: &'a str,
    problems: Vec<String>,
    compared: usize,
}

impl Check<'_> {
    fn field(&mut self, path: &str, ours: &Value, theirs: &Value) {
        self.compared += 1;
        let shown = ours.as_str().map_or_else(|| ours.to_string(), str::to_owned);
        if let Some((_, _, meant, _)) = DIFFERENT.iter().find(|(sample, p, ..)| *sample == self.sample && *p == path) {
            if *meant != shown {
                self.problems.push(format!("{}: {path} is {ours}, meant {meant}", self.sample));
            }
        } else if !same(ours, theirs) {
            self.problems.push(format!("{}: {path} is {ours}, expected {theirs}", self.sample));
        }
    }

    fn account(&mut self, ours: &Value, theirs: &Value) {
        for (key, value) in theirs.as_object().unwrap() {
            match key.as_str() {
                "positions" | "notes" | "id" => {}
                "cash" if value.is_array() => {
                    for row in value.as_array().unwrap() {
                        let found = find(&ours["cash"], &["currency"], row);
                        self.field("cash", found.first().map_or(&Value::Null, |row| &row["amount"]), &row["amount"]);
                    }
                    self.field(
                        "cash rows",
                        &Value::from(ours["cash"].as_array().map_or(0, Vec::len)),
                        &Value::from(value.as_array().unwrap().len()),
                    );
                }
                _ => self.field(key, &ours[key], value),
            }
        }
        let (positions, wanted) = (&ours["positions"], theirs["positions"].as_array().unwrap());
        self.field(
            "number of positions",
            &Value::from(positions.as_array().unwrap().len()),
            &Value::from(wanted.len()),
        );
        for position in wanted {
            let label =
                ["symbol", "isin", "name", "cusip"].iter().find_map(|key| position[*key].as_str()).unwrap_or("?");
            let found = find(positions, &["symbol", "isin", "name", "quantity", "held_in"], position);
            let [found] = found.as_slice() else {
                self.problems.push(format!("{}: {} positions are {label} {position}", self.sample, found.len()));
                continue;
            };
            for (key, value) in position.as_object().unwrap() {
                if key != "lots" {
                    self.field(&format!("{label}.{key}"), &found[key], value);
                }
            }
            if let Some(lots) = position.get("lots").and_then(Value::as_array) {
                self.lots(label, &found["lots"], lots);
            }
        }
    }

    fn lots(&mut self, label: &str, ours: &Value, theirs: &[Value]) {
        let ours = ours.as_array().unwrap();
        self.field(&format!("{label} lots"), &Value::from(ours.len()), &Value::from(theirs.len()));
        for (index, (lot, wanted)) in ours.iter().zip(theirs).enumerate() {
            for (key, value) in wanted.as_object().unwrap() {
                let path = format!("{label}.lots[{index}].{key}");
                match key.as_str() {
                    "opened" => self.field(&path, &Value::from(day(&lot["opened"])), &Value::from(day(value))),
                    "unit_cost" => {
                        self.field(&path, &lot["unit_cost"], value);
                        let cost = decimal(value).unwrap() * decimal(&lot["quantity"]).unwrap();
                        self.field(
                            &format!("{label}.lots[{index}].cost_basis"),
                            &lot["cost_basis"],
                            &Value::from(cost.to_string()),
                        );
                    }
                    _ => self.field(&path, &lot[key], value),
                }
            }
        }
    }
}

/// Compares what was read of a sample with what it is known to hold. `view` is the JSON of `broaden holdings`.
fn check<'a>(name: &'a str, truth: &Value, view: &Value) -> Check<'a> {
    let mut check = Check { sample: name, problems: Vec::new(), compared: 0 };
    let errors: Vec<&Value> =
        view["diagnostics"].as_array().unwrap().iter().filter(|item| item["severity"] == "error").collect();
    let accounts = view["accounts"].as_array().unwrap();
    if let Some(wanted) = truth.get("accounts").and_then(Value::as_array) {
        check.field("number of accounts", &Value::from(accounts.len()), &Value::from(wanted.len()));
        // A ledger that cannot be replayed is refused with the reason.
        if wanted.is_empty() == errors.is_empty() {
            check.problems.push(format!("{name}: {} accounts are known, the errors are {errors:?}", wanted.len()));
        }
        for account in wanted {
            let tail = account.get("id").and_then(Value::as_str).map(|id| {
                let id: Vec<char> = id.chars().filter(|c| c.is_alphanumeric()).collect();
                Value::from(id[id.len().saturating_sub(4)..].iter().collect::<String>())
            });
            let found: Vec<&Value> = accounts
                .iter()
                .filter(|ours| {
                    tail.as_ref().is_none_or(|tail| ours["id"].as_str().unwrap_or("").ends_with(tail.as_str().unwrap()))
                })
                .filter(|ours| account.get("name").is_none_or(|name| name.is_null() || ours["name"] == *name))
                .collect();
            match found.as_slice() {
                [ours] => {
                    check.account(ours, account);
                    for key in ["broker", "layout", "as_of", "base_currency"] {
                        if let Some(value) = truth.get(key) {
                            check.field(key, &ours[key], value);
                        }
                    }
                }
                _ => check.problems.push(format!("{name}: {} accounts are {}", found.len(), account["id"])),
            }
        }
    } else {
        let lots: Vec<Value> = truth["lots"].as_array().unwrap().clone();
        check.field("layout", &accounts[0]["layout"], &truth["layout"]);
        check.field("as_of", &accounts[0]["as_of"], &truth["as_of"]);
        check.field("symbol", &accounts[0]["positions"][0]["symbol"], &truth["symbol"]);
        check.lots("SCHA", &accounts[0]["positions"][0]["lots"], &lots);
        if !errors.is_empty() {
            check.problems.push(format!("{name}: {errors:?}"));
        }
    }
    check
}

/// Compares every sample, read in some way, with what it is known to hold.
fn check_every_sample(view_of: impl Fn(&str) -> Value) {
    let (mut problems, mut compared) = (Vec::new(), 0);
    let truths = expected();
    for name in samples() {
        let check = check(&name, &truths[&name], &view_of(&name));
        compared += check.compared;
        problems.extend(check.problems);
    }
    assert!(compared > 1000, "only {compared} fields were compared");
    assert!(problems.is_empty(), "{} of {compared} fields differ:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn every_sample_holds_what_it_is_known_to_hold() {
    check_every_sample(|name| read(&[name]).0);
}

/// The same through the program, as a user's script would ask it.
#[test]
fn the_program_prints_what_every_sample_is_known_to_hold() {
    check_every_sample(|name| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_broaden"))
            .current_dir(folder())
            .args(["holdings", name, "--json", "--no-config"])
            .output()
            .unwrap();
        let view: Value = serde_json::from_slice(&output.stdout).unwrap();
        let failed = view["diagnostics"].as_array().unwrap().iter().any(|item| item["severity"] == "error");
        assert_eq!(output.status.code(), Some(if failed { 2 } else { 0 }), "{name}");
        view
    });
}

/// What is odd in the samples; every other one is read without a warning.
const ODD: &[(&str, &[&str])] = &[
    ("degiro-Portfolio-en.csv", &["foreign-currency"]),
    ("degiro-Portfolio-nl.csv", &["foreign-currency"]),
    ("etrade-PortfolioDownload-lots-expanded.csv", &["unknown-cost"]),
    ("portfolio-performance-en.csv", &["foreign-currency"]),
    ("questrade-activities.csv", &["refused-file"]),
    ("robinhood-activity.csv", &["incomplete-history"]),
    ("trading212-pie-export.csv", &["foreign-currency"]),
    ("webull-orders.csv", &["refused-file"]),
    ("wealthsimple-holdings-report.csv", &["foreign-currency", "foreign-currency"]),
    ("yahoo-quotes.csv", &["unknown-cost"]),
];

fn samples() -> Vec<String> {
    expected().into_keys().filter(|name| !name.starts_with("etf-") && !name.starts_with("orders-")).collect()
}

/// The samples and the layouts written from descriptions.
fn samples_and_layouts() -> Vec<String> {
    let layouts = fs::read_dir(folder().join("../layouts")).unwrap();
    let mut names: Vec<String> =
        layouts.map(|entry| format!("../layouts/{}", entry.unwrap().file_name().to_string_lossy())).collect();
    names.retain(|name| !name.ends_with("EXPECTED.txt"));
    names.sort();
    [samples(), names].concat()
}

#[test]
fn samples_warn_about_what_is_odd_in_them_and_nothing_else() {
    for name in samples() {
        let (_, sink) = read(&[&name]);
        let codes: Vec<&str> =
            sink.items.iter().filter(|item| item.severity > Severity::Note).map(|item| item.code.id).collect();
        let odd = ODD.iter().find(|(sample, _)| *sample == name).map_or(&[][..], |(_, codes)| codes);
        assert_eq!(codes, odd, "{name}: {:?}", sink.items.iter().map(|item| &item.message).collect::<Vec<_>>());
    }
}

#[test]
fn no_output_shows_an_account_number() {
    for name in samples_and_layouts() {
        let (view, sink) = read(&[&name]);
        let portfolio = holdings::read(&[sample(&name)], &[], &mut Sink::default());
        let text = format!("{view}{}", holdings::to_toml(&portfolio));
        let messages: String = sink.items.iter().map(|item| item.message.as_str()).collect();
        for account in &portfolio.accounts {
            if let Some(id) = account.id.as_ref().filter(|id| id.len() > 4) {
                assert!(!text.contains(id.as_str()) && !messages.contains(id.as_str()), "{name} shows {id}");
            }
        }
    }
}

#[test]
fn imported_portfolios_read_back_the_same() {
    for name in samples_and_layouts() {
        let mut sink = Sink::default();
        let first = holdings::read(&[sample(&name)], &[], &mut sink);
        let text = holdings::to_toml(&first);
        let file = RawFile::new("portfolio.toml", text.clone().into_bytes());
        let mut sink = Sink::default();
        let second = holdings::read(&[file], &[], &mut sink);
        if first.accounts.is_empty() {
            continue;
        }
        assert!(!sink.has_errors(), "{name}: {:?}\n{text}", sink.items.iter().map(|i| &i.message).collect::<Vec<_>>());
        let (mut before, mut after) = (json::view(&first, &[]), json::view(&second, &[]));
        for view in [&mut before, &mut after] {
            view["files"] = Value::Null;
            view["trades"] = Value::Null;
        }
        let lines = |view: &Value| serde_json::to_string_pretty(view).unwrap();
        let (before, after) = (lines(&before), lines(&after));
        let differ: Vec<_> = before.lines().zip(after.lines()).filter(|(a, b)| a != b).collect();
        assert!(before == after, "{name}: {differ:?}");
    }
}

#[test]
fn several_formats_become_one_portfolio_that_reads_back_the_same() {
    let names = [
        "ofx-vanguard-sgml.qfx",
        "ofx-plan-xml.qfx",
        "own-sheet.xlsx",
        "plaid-holdings.json",
        "wealthfront-open-lots.csv",
    ];
    let files: Vec<RawFile> = names.iter().map(|name| sample(&format!("../layouts/{name}"))).collect();
    let mut sink = Sink::default();
    let first = holdings::read(&files, &[], &mut sink);
    assert!(!sink.has_errors() && first.accounts.len() == 5, "{:?}", first.accounts.len());
    let text = holdings::to_toml(&first);
    let second = holdings::read(&[RawFile::new("all.toml", text.clone().into_bytes())], &[], &mut sink);
    assert!(!sink.has_errors());
    assert_eq!(holdings::to_toml(&second), text);
    let worth = |portfolio: &broaden::model::Portfolio| -> Decimal {
        let positions = portfolio.accounts.iter().flat_map(|account| &account.positions);
        let cash = portfolio.accounts.iter().flat_map(|account| &account.cash).map(|(_, cash)| cash.decimal());
        positions.filter_map(|position| position.value).map(|value| value.decimal()).chain(cash).sum()
    };
    // 20,288 + 2,967 + 3.03 + 900 + 1,234.56 + 8,150 + 5,000.
    assert_eq!((worth(&first), worth(&second)), (Decimal::new(3_854_259, 2), Decimal::new(3_854_259, 2)));
}

/// Positions files of so many rows: Schwab's layout, which quotes every cell, and Fidelity's, which quotes none.
fn large_files(rows: usize) -> [(&'static str, String); 2] {
    let mut schwab = String::from(
        "\"Positions for account Individual ...417 as of 09:04 PM ET, 2026/09/05\"\n\n\"Symbol\",\"Description\",\"Qty (Quantity)\",\"Price\",\"Price Chng $ (Price Change $)\",\"Price Chng % (Price Change %)\",\"Mkt Val (Market Value)\",\"Day Chng $ (Day Change $)\",\"Day Chng % (Day Change %)\",\"Cost Basis\",\"Gain $ (Gain/Loss $)\",\"Gain % (Gain/Loss %)\",\"Ratings\",\"Reinvest?\",\"Reinvest Capital Gains?\",\"% of Acct (% of Account)\",\"Asset Type\",\n",
    );
    let mut fidelity = String::from(
        "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Last Price Change,Current Value,Today's Gain/Loss Dollar,Today's Gain/Loss Percent,Total Gain/Loss Dollar,Total Gain/Loss Percent,Percent Of Account,Cost Basis Total,Average Cost Basis,Type\r\n",
    );
    for index in 0..rows {
        schwab.push_str(&format!(
            "\"S{index}\",\"A COMPANY WITH A LONG NAME INC CLASS A\",\"1,250\",\"302.10\",\"-1.25\",\"-0.41%\",\"$377,625.00\",\"-$1,562.50\",\"-0.41%\",\"$251,340.10\",\"$126,284.90\",\"50.24%\",\"--\",\"Yes\",\"N/A\",\"0.01%\",\"Equity\",\n"
        ));
        fidelity.push_str(&format!(
            "Z12345678,Individual,S{index},A COMPANY WITH A LONG NAME INC CLASS A,1250,$302.10,-$1.25,$377625.00,-$1562.50,-0.41%,+$126284.90,+50.24%,0.00%,$251340.10,$201.07,Cash,\r\n"
        ));
    }
    let total = Decimal::from(rows) * Decimal::from(377_625);
    schwab.push_str(&format!("\"Positions Total\",\"\",\"--\",\"--\",\"--\",\"--\",\"{total}\",\"--\",\"--\",\"--\",\"--\",\"--\",\"--\",\"--\",\"--\",\"--\",\"--\",\n"));
    [("schwab.csv", schwab), ("fidelity.csv", fidelity)]
}

/// A household has tens to hundreds of rows; far longer files must still be answered at once.
#[test]
#[ignore = "a measurement, meant for a release build"]
fn long_files_are_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for (rows, most) in [(5_000, 100), (50_000, 600)] {
        for (name, text) in large_files(rows) {
            let path = folder.path().join(name);
            fs::write(&path, &text).unwrap();
            let mut times: Vec<_> = (0..11)
                .map(|_| {
                    let start = std::time::Instant::now();
                    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_broaden"));
                    let output = program.args(["holdings", "--no-config"]).arg(&path).output().unwrap();
                    assert!(output.status.success() && !output.stdout.is_empty());
                    start.elapsed()
                })
                .collect();
            times.sort();
            println!("{name}, {rows} rows, {} bytes: {:?}", text.len(), times[5]);
            assert!(times[5].as_millis() < most, "{name}, {rows} rows: {:?}", times[5]);
        }
    }
}

/// An OFX file and a workbook of so many positions.
fn large_binary_files(rows: usize) -> [(&'static str, Vec<u8>); 2] {
    let id = |row: usize| format!("{row:08}Q");
    let held = |row: usize| {
        format!(
            "<POSSTOCK><INVPOS><SECID><UNIQUEID>{}<UNIQUEIDTYPE>CUSIP</SECID><HELDINACCT>CASH<POSTYPE>LONG<UNITS>1250<UNITPRICE>302.10<MKTVAL>377625.00<DTPRICEASOF>20261120</INVPOS></POSSTOCK>\n",
            id(row)
        )
    };
    let known = |row: usize| {
        format!(
            "<STOCKINFO><SECINFO><SECID><UNIQUEID>{}<UNIQUEIDTYPE>CUSIP</SECID><SECNAME>A COMPANY WITH A LONG NAME INC CLASS A<TICKER>S{row}</SECINFO></STOCKINFO>\n",
            id(row)
        )
    };
    let all = |of: &dyn Fn(usize) -> String| (0..rows).map(of).collect::<String>();
    let ofx = format!(
        "OFXHEADER:100\n\n<OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><DTASOF>20261120<CURDEF>USD<INVACCTFROM><BROKERID>example.com<ACCTID>12345678</INVACCTFROM><INVPOSLIST>{}</INVPOSLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1><SECLISTMSGSRSV1><SECLIST>{}</SECLIST></SECLISTMSGSRSV1></OFX>\n",
        all(&held),
        all(&known)
    );
    let mut table = vec![["Symbol", "Name", "Shares", "Price", "Value", "Cost Basis"].map(str::to_owned).to_vec()];
    let row = |row: usize| {
        let cells =
            [&format!("S{row}"), "A COMPANY WITH A LONG NAME INC CLASS A", "1250", "302.10", "377625.00", "251340.10"];
        cells.map(str::to_owned).to_vec()
    };
    table.extend((0..rows).map(row));
    [("large.ofx", ofx.into_bytes()), ("large.xlsx", crate::layouts::workbook(&table))]
}

#[test]
#[ignore = "a measurement, meant for a release build"]
fn long_ofx_files_and_workbooks_are_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in large_binary_files(5_000) {
        let path = folder.path().join(name);
        fs::write(&path, &bytes).unwrap();
        let mut times: Vec<_> = (0..11)
            .map(|_| {
                let start = std::time::Instant::now();
                let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_broaden"));
                let output = program.args(["holdings", "--no-config"]).arg(&path).output().unwrap();
                let rows =
                    String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with(" S")).count();
                assert!(output.status.success() && rows == 5_000, "{rows}");
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("{name}, 5000 rows, {} bytes: {:?}", bytes.len(), times[5]);
        assert!(times[5].as_millis() < 200, "{name}: {:?}", times[5]);
    }
}

#[test]
fn every_row_of_a_long_file_is_read_and_printed() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in large_files(5_000) {
        let path = folder.path().join(name);
        fs::write(&path, &text).unwrap();
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_broaden"));
        let output = program.args(["holdings", "--no-config"]).arg(&path).output().unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        let rows: Vec<&str> = answer.lines().filter(|line| line.starts_with(" S")).collect();
        assert_eq!(rows.len(), 5_000);
        assert!(rows.iter().all(|row| row.ends_with("$377,625.00  $251,340.10     -")), "{:?}", rows.first());
        let broken = text.replacen("302.10", "3o2.10", 1);
        let file = RawFile::new(name, broken.into_bytes());
        let mut sink = Sink::default();
        holdings::read(&[file], &[], &mut sink);
        let error = sink.items.iter().find(|item| item.severity == Severity::Error).unwrap();
        assert!(error.place.as_ref().unwrap().text().ends_with("3o2.10"), "{:?}", error.place);
    }
}

/// Small deterministic random numbers (xorshift), so that a failure can be repeated from its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// Cells that have broken readers before, and bytes that mean something to one.
const NASTY: &[&str] = &[
    "\"",
    ",",
    "\n",
    "\r\n",
    "\"\"",
    ";",
    "\t",
    "--",
    "-",
    "999999999999999999",
    "1e999",
    "-0",
    "0.0000000000000000000000000001",
    "$",
    "\u{feff}",
    "\u{a0}",
    "é",
    "\u{202e}",
    "<",
    "&amp;",
    "[[account]]\n",
    "{",
    "]",
    "Total",
    "CASH",
    "01/01/0000",
    "99/99/9999",
    "VTI261218C300",
];

/// Changes a text at a few random places: cuts, repeats, swaps and nasty insertions.
fn mutate(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=dice.roll(6) {
        let at = dice.roll(out.len() + 1);
        match dice.roll(7) {
            0 => out.truncate(at),
            1 => {
                let nasty = NASTY[dice.roll(NASTY.len())].as_bytes();
                out.splice(at..at, nasty.iter().copied());
            }
            2 if !out.is_empty() => {
                let index = dice.roll(out.len());
                out[index] = dice.roll(256) as u8;
            }
            3 => {
                let end = (at + dice.roll(200)).min(out.len());
                let piece = out[at..end].to_vec();
                let to = dice.roll(out.len() + 1);
                out.splice(to..to, piece);
            }
            4 => {
                let end = (at + dice.roll(80)).min(out.len());
                out.drain(at..end);
            }
            5 => {
                // A whole cell is replaced.
                let start = out[..at].iter().rposition(|byte| *byte == b',').map_or(0, |comma| comma + 1);
                let end = out[start..]
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'\n'))
                    .map_or(out.len(), |length| start + length);
                out.splice(start..end, NASTY[dice.roll(NASTY.len())].bytes());
            }
            _ => {
                // A whole line is moved.
                let start = out[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                let end =
                    out[start..].iter().position(|byte| *byte == b'\n').map_or(out.len(), |length| start + length + 1);
                let line: Vec<u8> = out.drain(start..end).collect();
                let to = dice.roll(out.len() + 1);
                out.splice(to..to, line);
            }
        }
    }
    out
}

/// Reads damaged samples; the outcome may be anything but a panic, and everything printed from it must work.
fn torture(name: &str, seed: u64, rounds: usize) -> usize {
    let original = sample(name);
    let mut dice = Dice(seed | 1);
    let mut read_well = 0;
    for _ in 0..rounds {
        let file = RawFile::new(name.to_owned(), mutate(original.bytes(), &mut dice));
        let mut sink = Sink::default();
        let portfolio = holdings::read(&[file], &[], &mut sink);
        read_well += usize::from(!sink.has_errors());
        let _ = json::view(&portfolio, &sink.items).to_string();
        let text = holdings::to_toml(&portfolio);
        for item in sink.items.iter().take(5) {
            let _ = broaden::diagnostics::render(item, false);
        }
        if !sink.has_errors() && !portfolio.accounts.is_empty() {
            let mut again = Sink::default();
            let file = RawFile::new("x.toml", text.clone().into_bytes());
            let second = holdings::read(&[file], &[], &mut again);
            let errors: Vec<_> =
                again.items.iter().filter(|item| item.severity == Severity::Error).map(|item| &item.message).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}\n{text}");
            let again = holdings::to_toml(&second);
            let differ = text.lines().zip(again.lines()).find(|(a, b)| a != b);
            assert!(again == text, "{name}: {differ:?}\n{text}");
        }
    }
    read_well
}

#[test]
fn damaged_samples_never_panic() {
    for (index, name) in samples_and_layouts().iter().enumerate() {
        torture(name, 7919 * (index as u64 + 1), 60);
    }
}

#[test]
fn no_reader_panics_on_the_file_of_another() {
    let mut dice = Dice(77);
    for name in samples_and_layouts() {
        for reader in holdings::READERS {
            for bytes in [sample(&name).bytes().to_vec(), mutate(sample(&name).bytes(), &mut dice)] {
                let file = RawFile::new(name.clone(), bytes);
                let mut sink = Sink::default();
                let portfolio = holdings::read_as(reader.id, &file, &mut sink);
                let _ = json::view(&portfolio, &sink.items).to_string();
            }
        }
    }
}

/// `BROADEN_TORTURE_SECONDS=600 cargo test torture -- --ignored --nocapture` runs each sample that long;
/// `BROADEN_TORTURE_ONLY=ofx` those with that in their name.
#[test]
#[ignore = "runs for as long as it is told to"]
fn torture_for_long() {
    let seconds: u64 = std::env::var("BROADEN_TORTURE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let seed: u64 = std::env::var("BROADEN_TORTURE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let only = std::env::var("BROADEN_TORTURE_ONLY").unwrap_or_default();
    for name in samples_and_layouts().into_iter().filter(|name| name.contains(&only)) {
        let start = std::time::Instant::now();
        let (mut rounds, mut well) = (0, 0);
        while start.elapsed().as_secs() < seconds {
            well += torture(&name, seed.wrapping_mul(1_000_003).wrapping_add(rounds as u64 + 17), 200);
            rounds += 200;
        }
        println!("{name}: {rounds} damaged files, {well} read without an error, no panic");
    }
}

#[test]
fn hostile_files_are_refused_quickly() {
    let start = std::time::Instant::now();
    let read = |text: String| {
        let mut sink = Sink::default();
        let start = std::time::Instant::now();
        let shown: String = text.chars().take(30).collect();
        holdings::read(&[RawFile::new("x.csv", text.into_bytes())], &[], &mut sink);
        println!("{shown:?} {:?} {:?}", start.elapsed(), sink.items.first().map(|item| item.code.id));
        assert!(sink.items.len() < 200);
    };
    read("\"a,".repeat(2_000_000));
    read(" \"a\n".repeat(1_000_000));
    let quotes = "\"a,".repeat(4_000);
    read(format!("Symbol,Name,Quantity,Price\n{}", format!("{quotes}\n").repeat(1_000)));
    read(format!(
        "\"Positions for account X ...417 as of 2026/09/05\"\n\"Symbol\",\"Description\",\"Quantity\",\"Price\",\"Market Value\"\n{}",
        format!("{quotes}\n").repeat(1_000)
    ));
    read(",".repeat(4_000_000));
    read("[".repeat(1_000_000));
    read(format!("[[account]]\nx = {}", "[".repeat(1_000_000)));
    read(format!("{{\"activities\":[{{\"unitPrice\":{}", "[".repeat(1_000_000)));
    read("<FlexQueryResponse>".repeat(100_000));
    let head = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total\n";
    let rows: String = (0..50_000).map(|index| format!("A{index},X,VTI,X,1,1,1,x\n")).collect();
    read(format!("{head}{rows}"));
    read(format!("{head}{}", "A1,X,VTI,X\n".repeat(100_000)));
    read(
        "Symbol,Cusip,Acquisition Date,Quantity,Cost Basis,M1 Tax Lot Id\n".to_owned()
            + &(0..50_000).map(|index| format!("S{index},,2024-01-02,1,1,{index}\n")).collect::<String>(),
    );
    let elapsed = start.elapsed();
    assert!(elapsed.as_secs() < 60, "{elapsed:?}");
    println!("{elapsed:?}");
}
