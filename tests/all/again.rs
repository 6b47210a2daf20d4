//! An earlier answer looked at again: what changed since and why, and whether a record gives the same bytes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use crate::program;

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

/// A copy of the demo household, to be changed.
struct Household {
    folder: TempDir,
}

impl Household {
    fn new() -> Household {
        let folder = TempDir::new().unwrap();
        program::copy_demo(&folder.path().join("house"));
        Household { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.path(name), text.replace(from, to)).unwrap();
    }

    /// Returns the status, the answer and what was said.
    fn advise(&self, arguments: &[&str]) -> (i32, String, String) {
        let ran = program::run_in(self.folder.path(), &[&["advise"], arguments].concat());
        (ran.status.unwrap(), ran.out, ran.said)
    }

    /// Keeps the answer of the household as it is.
    fn keep(&self, arguments: &[&str]) {
        let (status, _, said) = self.advise(&[&["house", "-o", "before.json"], arguments].concat());
        assert_eq!(status, 0, "{said}");
    }

    fn since(&self, arguments: &[&str]) -> Value {
        let (status, answer, said) = self.advise(&[&["house", "--diff", "before.json", "--json"], arguments].concat());
        assert_eq!(status, 0, "{said}");
        serde_json::from_str::<Value>(&answer).unwrap()["since"].clone()
    }

    fn records(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.path("records")).unwrap().map(|entry| entry.unwrap().path());
        let mut list: Vec<PathBuf> = all.filter(|path| !path.ends_with("inputs")).collect();
        list.sort();
        list
    }
}

/// The reasons of the order of a symbol.
fn because(since: &Value, side: &str, symbol: &str) -> Vec<String> {
    let orders = since["orders"].as_array().unwrap().iter();
    let mut own = orders.filter(|order| order["side"] == side && order["symbol"] == symbol);
    let found = own.next().unwrap_or_else(|| panic!("{side} {symbol} did not change: {since}"));
    found["because"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_changed_is_said() {
    let house = Household::new();
    house.keep(&[]);
    let since = house.since(&[]);
    assert_eq!((since["orders"].as_array().unwrap().len(), since["causes"].as_array().unwrap().len()), (0, 0));
    let (_, text, _) = house.advise(&["house", "--diff", "before.json"]);
    let same = since["same"].as_u64().unwrap();
    assert!(same > 5, "{same}");
    let line =
        format!("SINCE AN EARLIER PROPOSAL   before.json of 2026-11-20: no order changed, {same} orders the same\n");
    assert!(text.contains(&line), "{text}");
}

#[test]
fn a_changed_number_of_the_config_is_the_reason() {
    let house = Household::new();
    house.change("house/broaden.toml", "[trading]", "[route]\nhorizon = \"this-run\"\n\n[trading]");
    house.keep(&[]);
    house.change("house/broaden.toml", "[trading]", "[limits.turnover]\nmax = \"8%\"\n\n[trading]");
    let since = house.since(&[]);
    assert_eq!(because(&since, "sell", "NVDA"), ["limits.turnover.max \"5%\" -> \"8%\""]);
    let cause = &since["causes"][0];
    assert_eq!((&cause["kind"], &cause["origin"]), (&"config".into(), &"house/broaden.toml:21".into()));
    let (_, text, _) = house.advise(&["house", "--diff", "before.json"]);
    assert!(text.contains("      because limits.turnover.max \"5%\" -> \"8%\"\n"), "{text}");
    assert!(text.contains("  config: limits.turnover.max \"5%\" -> \"8%\" (house/broaden.toml:21)\n"), "{text}");
}

#[test]
fn a_question_that_was_asked_is_the_reason() {
    let house = Household::new();
    house.keep(&["--keep", "AAPL"]);
    assert_eq!(because(&house.since(&[]), "sell", "AAPL"), ["asked before: --keep AAPL"]);
    house.keep(&[]);
    assert_eq!(because(&house.since(&["--keep", "AAPL"]), "sell", "AAPL"), ["asked now: --keep AAPL"]);
}

#[test]
fn the_day_and_the_market_of_that_day_are_the_reason() {
    let house = Household::new();
    house.keep(&["--as-of", "2026-11-13"]);
    let reasons = because(&house.since(&[]), "buy", "KRE");
    assert_eq!(reasons, ["the day 2026-11-13 -> 2026-11-20 and its market (rotation strength 0.35 -> 0.46)"]);
}

#[test]
fn a_price_is_the_reason() {
    let house = Household::new();
    house.change("house/broaden.toml", "[trading]", "[route]\nhorizon = \"this-run\"\n\n[trading]");
    house.keep(&[]);
    // AAPL at $200 instead of $268.40 is below its cap; the file's figures must agree with each other.
    let name = "house/Individual-Positions-2026-11-20.csv";
    let text = fs::read_to_string(house.path(name)).unwrap();
    let row = text.lines().find(|line| line.starts_with("\"AAPL\"")).unwrap().to_owned();
    let changed = row.replace("268.40", "200.00").replace("$34,892.00", "$26,000.00");
    assert_ne!(row, changed);
    house.change(name, &row, &changed);
    let reasons = because(&house.since(&["--set", "household.cash-reserve=1%"]), "sell", "AAPL");
    assert_eq!(reasons, ["prices"]);
}

#[test]
fn what_is_owned_is_what_is_left_to_be_the_reason() {
    let house = Household::new();
    house.keep(&[]);
    let name = "house/Portfolio_Positions_Nov-20-2026.csv";
    let text = fs::read_to_string(house.path(name)).unwrap();
    let row = text.lines().find(|line| line.contains(",NVDA,")).unwrap().to_owned();
    let changed = row.replace(",45,", ",20,").replace("$8204.85", "$3646.60");
    assert_ne!(row, changed);
    house.change(name, &row, &changed);
    let since = house.since(&[]);
    let orders = since["orders"].as_array().unwrap();
    let own = orders.iter().find(|o| o["account"] == "...5432 ROTH IRA" && o["symbol"] == "NVDA").unwrap();
    assert_eq!(own["because"][0], "what is owned: NVDA in ...5432 ROTH IRA 45 -> 20");
}

#[test]
fn what_is_no_proposal_is_refused_with_its_place() {
    let house = Household::new();
    for (text, part) in [
        ("not json", "not-a-proposal"),
        (
            "{\n  \"schema\": 3, \"version\": \"9\", \"as_of\": \"\", \"accounts\": [], \"strength\": {\"value\": 0, \"brake\": \"\", \"frozen\": null, \"parts\": []}, \"trades\": []}",
            "schema 3",
        ),
    ] {
        fs::write(house.path("other.json"), text).unwrap();
        let (status, answer, said) = house.advise(&["house", "--diff", "other.json"]);
        assert_eq!((status, answer.as_str()), (2, ""), "{said}");
        assert!(said.contains(part) && said.contains("other.json"), "{said}");
    }
    let (status, _, said) = house.advise(&["house", "--diff", "missing.json"]);
    assert!(status == 2 && said.contains("there is no such file"), "{said}");
}

#[test]
fn a_proposal_of_the_version_before_is_compared_too() {
    let house = Household::new();
    house.keep(&[]);
    let mut before: serde_json::Value = serde_json::from_slice(&fs::read(house.path("before.json")).unwrap()).unwrap();
    before["schema"] = 1.into();
    before["trades"][0]["quantity"] = "1".into();
    for trade in before["trades"].as_array_mut().unwrap() {
        trade.as_object_mut().unwrap().remove("id");
    }
    fs::write(house.path("before.json"), before.to_string()).unwrap();
    assert_eq!(house.since(&[])["orders"].as_array().unwrap().len(), 1);
}

#[test]
fn a_proposal_with_orders_of_nothing_or_amounts_that_are_none_is_refused() {
    let house = Household::new();
    house.keep(&[]);
    let text = fs::read_to_string(house.path("before.json")).unwrap();
    let first = text.split("\"trades\": [").nth(1).unwrap();
    let quantity = first.lines().find(|line| line.contains("\"quantity\"")).unwrap().trim();
    let number = quantity.split('"').nth(3).unwrap();
    let order = |odd: &str| {
        let (head, tail) = text.split_once("\"trades\": [").unwrap();
        let tail = tail.replacen(quantity, &quantity.replace(number, odd), 1);
        format!("{head}\"trades\": [{tail}")
    };
    let price = |odd: &str| text.replacen("\"AAPL\": \"268.4\"", &format!("\"AAPL\": \"{odd}\""), 1);
    for (changed, part) in [
        (order("-12"), "an order of `-12` shares of "),
        (order("0"), "an order of `0` shares of "),
        (order("NaN"), "an order of `NaN` shares of "),
        (order("1e400"), "an order of `1e400` shares of "),
        (order(""), "an order of `` shares of "),
        (price("cheap"), "`cheap` is no price of AAPL"),
        (price("-1"), "`-1` is no price of AAPL"),
        (text.replacen("\"as_of\": \"2026-11-20\"", "\"as_of\": \"2026-11-31\"", 1), "`2026-11-31` is no day"),
        (text.replacen("\"side\": \"sell\"", "\"side\": \"short\"", 1), "`short` is no side of an order"),
    ] {
        assert_ne!(changed, text, "{part}");
        fs::write(house.path("odd.json"), changed).unwrap();
        let (status, answer, said) = house.advise(&["house", "--diff", "odd.json"]);
        assert_eq!((status, answer.as_str()), (2, ""), "{said}");
        assert!(said.contains("error[not-a-proposal]") && said.contains(part) && said.contains("odd.json:"), "{said}");
    }
}

#[test]
fn a_record_gives_the_same_bytes_after_its_files_have_changed() {
    let house = Household::new();
    let (_, first, said) = house.advise(&[
        "house",
        "--json",
        "--record",
        "records",
        "--deposit",
        "roth=500",
        "--set",
        "limits.turnover.max=6%",
    ]);
    assert!(said.contains("recorded in records/2026-11-20-"), "{said}");
    let record = house.records().remove(0);
    let printed = said.split("recorded in ").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
    assert_eq!(house.path(printed), record, "the path is printed as it is");
    assert_eq!(fs::read_to_string(record.join("proposal.json")).unwrap(), first);
    house.change("house/broaden.toml", "min-trade = 500", "min-trade = 9000");
    fs::remove_file(house.path("house/market/NFCI.csv")).unwrap();
    let (status, again, said) = house.advise(&["--replay", record.to_str().unwrap(), "--json"]);
    assert_eq!((status, again), (0, first), "{said}");
    assert!(said.contains("the same proposal, byte for byte"), "{said}");
    assert!(said.contains("note: house/broaden.toml has changed since"), "{said}");
    assert!(said.contains("note: house/market/NFCI.csv is not there now"), "{said}");
    assert!(!said.contains("stocks.csv"), "what did not change is not named: {said}");
}

/// What a lower cap would have proposed on the day of a record, and that it is the cap that changed it; the record stays.
#[test]
fn a_record_is_asked_with_another_threshold() {
    let house = Household::new();
    house.advise(&["house", "--record", "records"]);
    let record = house.records().remove(0);
    let before = fs::read(record.join("proposal.json")).unwrap();
    house.change("house/broaden.toml", "min-trade = 500", "min-trade = 9000");
    let set = ["--set", "limits.tech.base=35%", "--set", "limits.tech.min=35%"];
    let run = |more: &[&str]| house.advise(&[&["--replay", record.to_str().unwrap()], &set[..], more].concat());
    let (status, answer, said) = run(&["--json"]);
    assert_eq!(status, 0, "{said}");
    assert!(!said.contains("byte for byte") && !said.contains("another proposal"), "{said}");
    let asked: Value = serde_json::from_str(&answer).unwrap();
    let orders = asked["since"]["orders"].as_array().unwrap();
    let because = |order: &Value| order["because"].as_array().unwrap() == &["3 values of the config together"];
    assert!(orders.len() > 2 && orders.iter().all(because), "{}", asked["since"]);
    let causes: Vec<&str> =
        asked["since"]["causes"].as_array().unwrap().iter().filter_map(|own| own["subject"].as_str()).collect();
    // The strength at which a cap above the benchmark is at its least goes with it.
    assert_eq!(causes, ["limits.tech.base", "limits.tech.full", "limits.tech.min"]);
    // No time has passed in which anything could have been done.
    let (_, text, _) = run(&[]);
    assert!(!text.contains("was to be left"), "{text}");
    assert!(!asked["since"].to_string().contains("min-trade"), "the files are those of the record: {}", asked["since"]);
    let (status, text, _) = run(&[]);
    assert_eq!(status, 0);
    assert!(text.contains("limits.tech.base"), "{text}");
    assert_eq!(fs::read(record.join("proposal.json")).unwrap(), before);
}

#[test]
fn records_are_never_written_over_and_share_their_copies() {
    let house = Household::new();
    let run = |arguments: &[&str]| house.advise(&[&["house", "--record", "records"], arguments].concat()).2;
    run(&[]);
    let copies = || fs::read_dir(house.path("records/inputs")).unwrap().count();
    let (before, stamp) = (copies(), fs::metadata(house.records()[0].join("run.json")).unwrap().modified().unwrap());
    assert!(run(&[]).contains("holds this run already"));
    assert_eq!(fs::metadata(house.records()[0].join("run.json")).unwrap().modified().unwrap(), stamp);
    run(&["--keep", "NVDA"]);
    assert_eq!((house.records().len(), copies()), (2, before));
    assert!(
        !house.records().iter().any(|path| path.to_string_lossy().contains(".record-")),
        "nothing is left half written"
    );
}

#[test]
fn a_record_that_was_tampered_with_is_not_replayed() {
    let house = Household::new();
    house.advise(&["house", "--record", "records"]);
    let record = house.records().remove(0);
    let replay = || house.advise(&["--replay", record.to_str().unwrap()]);
    let run: Value = serde_json::from_str(&fs::read_to_string(record.join("run.json")).unwrap()).unwrap();
    let copy = house.path("records/inputs").join(run["inputs"][0]["sha256"].as_str().unwrap());
    let bytes = fs::read(&copy).unwrap();
    fs::write(&copy, [&bytes[..], b"\n"].concat()).unwrap();
    let (status, answer, said) = replay();
    assert_eq!((status, answer.as_str()), (2, ""));
    assert!(said.contains("the copy of house/Individual-Positions-2026-11-20.csv was changed"), "{said}");
    fs::remove_file(&copy).unwrap();
    assert!(replay().2.contains("is missing"));
    fs::write(&copy, &bytes).unwrap();
    assert_eq!(replay().0, 0);
    // What decides no answer, but is read.
    for (name, from, to, part) in [
        ("config.toml", "\"5%\"", "\"50%\"", "config.toml was changed after it was recorded"),
        (
            "run.json",
            "\"version\": \"0",
            "\"version\": \"9",
            "run.json was changed after it was recorded: it says version 9",
        ),
    ] {
        let path = record.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
        let (status, answer, said) = replay();
        assert!((status, answer.as_str()) == (2, "") && said.contains(part), "{said}");
        fs::write(&path, text).unwrap();
    }
    assert_eq!(replay().0, 0);
    fs::write(record.join("proposal.json"), "{}").unwrap();
    assert!(replay().2.contains("was changed after it was recorded"));
    let (status, _, said) = house.advise(&["--replay", "house"]);
    assert!(status == 2 && said.contains("is not a record"), "{said}");
}

/// A record whose answer is another one says where, and ends with the status of a no.
#[test]
fn another_answer_from_the_same_inputs_is_a_no() {
    let house = Household::new();
    house.advise(&["house", "--record", "records"]);
    let record = house.records().remove(0);
    let (path, answer) = (record.join("run.json"), record.join("proposal.json"));
    let own = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let other = fs::read_to_string(&answer).unwrap().replace(&own, "\"version\": \"0.0.9\"");
    let digest = |text: &str| {
        use sha2::{Digest, Sha256};
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let mut run: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    run["proposal_sha256"] = digest(&other).into();
    run["version"] = "0.0.9".into();
    fs::write(&answer, other).unwrap();
    fs::write(&path, run.to_string()).unwrap();
    let (status, _, said) = house.advise(&["--replay", record.to_str().unwrap()]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("recorded by broaden 0.0.9, this is") && said.contains("first in line 3"), "{said}");
}

#[test]
fn records_are_not_put_where_the_next_run_would_read_them() {
    let house = Household::new();
    let (status, _, said) = house.advise(&["house", "--record", "house/market"]);
    assert!(status == 2 && said.contains("would be read by the next run"), "{said}");
}
