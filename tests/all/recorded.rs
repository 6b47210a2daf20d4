//! Hostile files for `record` and `--diff`: each is refused or said, and nothing is written that nobody meant.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::program;

use program::{Ran, copy_demo, run_in, says};
use serde_json::Value;
use tempfile::TempDir;

const HEAD: &str = "account,side,symbol,quantity,price,opened,cost,as-of\n";

struct House(TempDir);

impl House {
    fn new() -> House {
        let folder = TempDir::new().unwrap();
        copy_demo(&folder.path().join("house"));
        House(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn record(&self, bytes: &[u8], more: &[&str]) -> Ran {
        fs::write(self.path("orders.csv"), bytes).unwrap();
        run_in(self.0.path(), &[&["record", "orders.csv", "house"], more].concat())
    }

    fn trades(&self) -> Option<String> {
        fs::read_to_string(self.path("house/trades.csv")).ok()
    }

    /// Checks that a file is refused with some words, and that nothing is written.
    #[track_caller]
    fn refuses(&self, bytes: &[u8], words: &[&str]) {
        let before = self.trades();
        let said = self.record(bytes, &[]).refused();
        says(&said, words);
        assert!(!said.contains('\u{1b}') && !said.contains('\u{7}'), "{said:?}");
        assert!(said.len() < 4_000, "{} bytes are said", said.len());
        assert_eq!(self.trades(), before);
    }
}

#[test]
fn what_cannot_be_read_or_be_a_trade_is_refused_as_a_whole() {
    let house = House::new();
    let good = "...417 Individual,sell,NVDA,20,182.33,2026-03-03,196.55,2026-11-20\n";
    house.refuses(b"", &["error[empty-file]"]);
    house.refuses(&[0, 159, 146, 150, 0, 1, 2, 3].repeat(50_000), &["error[binary-file]"]);
    house.refuses(b"PK\x03\x04 no workbook", &["error["]);
    house.refuses(b"ticker,foo\nNVDA,3\n", &["error[bad-trade]", "lists no trades", "orders.csv"]);
    // One bad row, and the good one is not taken either.
    for (row, words) in [
        ("...417 Individual,sell,NV", "the trade has no number of shares"),
        ("sell,...417 Individual,NVDA,20,182.33", "is not a side of a trade"),
        ("...417 Individual,sell,\"NVDA,20,182.33", "error[unclosed-quote]"),
        ("...417 Individual,sell,NVDA,999999999999999999999999999,182.33,,,2026-11-20", "larger than broaden accepts"),
        ("...417 Individual,buy,NVDA,-20,182.33,,,2026-11-20", "cannot be bought"),
        ("...417 Individual,sell,NVDA,20,182.33,,,2099-11-20", "is still to come"),
        ("...417 Individual,buy,=HYPERLINK(1),20,182.33,,,2026-11-20", "is not a ticker"),
        ("...417 Individual,buy,NV\u{1b}[31mDA\u{7},20,182.33,,,2026-11-20", "is not a ticker"),
        ("...999 Stranger,sell,NVDA,20,182.33,,,2026-11-20", "no account of the household matches"),
        ("Z12345678901,sell,NVDA,20,182.33,,,2026-11-20", "no account of the household matches"),
    ] {
        house.refuses(format!("{HEAD}{good}{row}\n").as_bytes(), &[words, "orders.csv:3"]);
    }
    let said = house.record(format!("{HEAD}Z12345678901,sell,NVDA,20,182.33,,,2026-11-20\n").as_bytes(), &[]).refused();
    assert!(!said.contains("Z12345678901"), "{said}");
    house
        .refuses(format!("{HEAD}...417 Individual,sell,NVDA,20,182.33,,,soon\n").as_bytes(), &["`soon` is not a date"]);
}

/// Larger than any list of trades, one byte more than is read at all, and one that is merely long.
#[test]
fn a_large_file_is_read_or_refused_and_never_half_read() {
    let house = House::new();
    let row = "...417 Individual,dividend,NVDA,0,0,,,2026-11-20\n";
    let text = HEAD.replace("side", "action") + &row.repeat((60 << 20) / row.len());
    house.refuses(text.as_bytes(), &["error[file-too-large]", "more rows or cells"]);
    house.refuses(&vec![b'x'; (64 << 20) + 1], &["error[too-large]"]);
    let text = HEAD.replace("side", "action") + &row.repeat(100_000);
    let ran = house.record(text.as_bytes(), &[]).done();
    says(&ran.said, &["100000 rows of orders.csv neither bought nor sold anything", "recorded 0 trades"]);
    assert_eq!(house.trades(), None);
}

/// A trader's years, all in one file: each row is held against the others, and again adds nothing.
#[test]
fn tens_of_thousands_of_trades_are_recorded_in_seconds() {
    let house = House::new();
    let row = |at: usize| {
        format!(
            "...417 Individual,sell,A{at},1,10,,,2026-11-20\n...417 Individual,buy,XLI,{},5{:02},,,2026-11-20\n",
            at + 1,
            at % 100
        )
    };
    let text: String = HEAD.to_owned() + &(0..20_000).map(row).collect::<String>();
    let begun = Instant::now();
    says(&house.record(text.as_bytes(), &[]).done().said, &["recorded 40000 trades"]);
    says(&house.record(text.as_bytes(), &[]).done().said, &["40000 trades were there already"]);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn what_is_possible_and_odd_is_recorded_and_said() {
    let house = House::new();
    let rows = "...417 Individual,sell,NVDA,100000,182.33,2026-03-03,196.55,2026-11-20\n\
                ...417 Individual,buy,XLI,5,1.5302,,,2026-11-20\n\
                ...417 Individual,buy,XLF,5,53.2,,,2026-11-20\n\
                ...417 Individual,buy,XLF,5,53.2,,,2026-11-20\n\
                ...417 Individual,sell,VOO,1,6.1,2020-01-02,3,2026-11-20\n";
    let ran = house.record(format!("{HEAD}{rows}").as_bytes(), &[]).done();
    says(
        &ran.said,
        &[
            "100,000 shares of NVDA are sold in ...417 Individual, which holds",
            "VOO is recorded at $6.1, and the files have it at $",
            "the same trade of XLF stands here twice; it is recorded as two",
            "recorded 5 trades",
        ],
    );
    // What is held is sold without a word, and again adds nothing.
    let house = House::new();
    let rows = "...417 Individual,sell,NVDA,20,182.33,2026-03-03,196.55,2026-11-20\n";
    let of = ["--proposed", "2026-11-20"];
    let ran = house.record(format!("{HEAD}{rows}").as_bytes(), &of).done();
    assert!(!ran.said.contains("odd-trade"), "{}", ran.said);
    let written = house.trades();
    let again = house.record(format!("{HEAD}{rows}").as_bytes(), &[]).done();
    says(&again.said, &["recorded 0 trades", "1 trade was there already"]);
    // Nor are 20 and 20 more than was held: they are the same.
    assert!(!again.said.contains("odd-trade"), "{}", again.said);
    // Nor under another day.
    let again = house.record(format!("{HEAD}{rows}").as_bytes(), &[&of[..], &["--date", "2026-11-23"]].concat()).done();
    let words = "20 NVDA sold in ...417 is recorded already for the same proposal, on 2026-11-20, and not added again";
    says(&again.said, &["warning[recorded-already]", words, "recorded 0 trades"]);
    assert!(!again.said.contains("odd-trade"), "{}", again.said);
    assert_eq!(house.trades(), written);
}

/// Of a lot of 20 shares 12 are recorded, and then 20 more of it: two exports would have to tell.
#[test]
fn what_was_recorded_before_counts_to_what_is_sold() {
    let house = House::new();
    let row = |shares: u32, day: &str| {
        format!("{HEAD}...417 Individual,sell,NVDA,{shares},182.33,2026-03-03,196.55,{day}\n").into_bytes()
    };
    let first = house.record(&row(12, "2026-11-20"), &[]).done();
    assert!(!first.said.contains("odd-trade"), "{}", first.said);
    let words =
        "32 shares of NVDA of 2026-03-03 are sold, 12 of them recorded before, in ...417 Individual, which holds 20";
    says(&house.record(&row(20, "2026-11-24"), &[]).done().said, &["warning[odd-trade]", words]);
    // A day on which it cannot have been done.
    let sunday = house.record(&row(1, "2026-11-22"), &[]).done();
    says(&sunday.said, &["the trade is of 2026-11-22, a Sunday, when no market is open"]);
    let early = house.record(&row(2, "2026-11-18"), &["--proposed", "2026-11-20"]).done();
    says(&early.said, &["the trade is of 2026-11-18, and carries out a proposal of 2026-11-20"]);
}

/// What was sold after an export is in it still. On its own day only what was bought and is not there says so.
#[test]
fn holdings_that_are_older_than_what_was_done_are_refused() {
    let trade = |side: &str, symbol: &str, day: &str| {
        format!("{HEAD}...417 Individual,{side},{symbol},20,182.33,,,{day}\n").into_bytes()
    };
    let house = House::new();
    house.record(&trade("sell", "NVDA", "2026-11-20"), &[]).done();
    run_in(house.0.path(), &["advise", "house"]).done();
    house.record(&trade("sell", "NVDA", "2026-11-23"), &[]).done();
    let words = "...417 Individual is of 2026-11-20, and trades.csv has 1 trade in it since, the last of 2026-11-23";
    for day in [&[][..], &["--as-of", "2026-11-24"]] {
        let said = run_in(house.0.path(), &[&["advise", "house"], day].concat()).refused();
        says(&said, &["error[older-than-trades]", words, "--as-of 2026-11-20 shows how it stood then"]);
    }
    run_in(house.0.path(), &["advise", "house", "--as-of", "2026-11-20"]).done();
    let house = House::new();
    house.record(&trade("buy", "XLB", "2026-11-20"), &[]).done();
    says(&run_in(house.0.path(), &["advise", "house"]).refused(), &["has 1 trade in it since, the last of 2026-11-20"]);
}

/// What is there is read in more shapes than rows are added in; none of it is lost for that, or read as something else.
#[test]
fn a_file_of_trades_that_no_row_can_be_added_to_stays_as_it_is() {
    let house = House::new();
    let row = format!("{HEAD}...417 Individual,sell,NVDA,20,182.33,2026-03-03,196.55,2026-11-20\n");
    let own = "date,account,side,symbol,quantity,gain\n2026-11-02,...417,buy,VTI,5,\n";
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(own.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for (bytes, words) in [
        (wide.as_slice(), "is not UTF-8 text"),
        (b"date,account,side,symbol,quantity,gain\n2026-11-02,...417 caf\xe9,buy,VTI,5,\n", "is not UTF-8 text"),
        (own.replace(',', ";").as_bytes(), "no row can be added to"),
    ] {
        fs::write(house.path("house/trades.csv"), bytes).unwrap();
        let ran = house.record(row.as_bytes(), &[]);
        assert_eq!(ran.status, Some(2), "{}", ran.said);
        says(&ran.said, &[words, "trades.csv"]);
        assert_eq!(fs::read(house.path("house/trades.csv")).unwrap(), bytes);
    }
    // A mark at the beginning, as spreadsheets write it, and no end of the last line are no such shapes.
    let marked = format!("\u{feff}{}", own.trim_end());
    fs::write(house.path("house/trades.csv"), &marked).unwrap();
    house.record(row.as_bytes(), &[]).done();
    // What was there is there, and the columns that the sale needs are added at the end.
    let text = house.trades().unwrap();
    let (head, row) = marked.split_once('\n').unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], [format!("{head},price,lot,term"), format!("{row},,,")], "{text}");
    assert_eq!(lines.len(), 3, "{text}");
}

#[test]
fn trades_are_not_added_to_themselves_and_known_beside_a_file_too() {
    let house = House::new();
    let row = format!("{HEAD}...417 Individual,sell,NVDA,20,182.33,2026-03-03,196.55,2026-11-20\n");
    house.record(row.as_bytes(), &[]).done();
    let written = house.trades();
    let run = |arguments: &[&str]| run_in(house.0.path(), arguments);
    for name in ["house/trades.csv", "house/../house/trades.csv"] {
        says(&run(&["record", name, "house"]).refused(), &["is the file that is added to"]);
    }
    let holdings = "house/Individual-Positions-2026-11-20.csv";
    for paths in [&[holdings][..], &[holdings, "house/trades.csv"], &[holdings, "house/./trades.csv"]] {
        let again = run(&[&["record", "orders.csv"], paths].concat()).done();
        says(&again.said, &["recorded 0 trades", "1 trade was there already"]);
    }
    assert_eq!(house.trades(), written);
    // Under the name of the file stands another one of the household.
    #[cfg(unix)]
    {
        fs::remove_file(house.path("house/trades.csv")).unwrap();
        fs::hard_link(house.path(holdings), house.path("house/trades.csv")).unwrap();
        let said = house.record(row.as_bytes(), &[]);
        assert_eq!(said.status, Some(2), "{}", said.said);
        assert!(fs::read_to_string(house.path(holdings)).unwrap().contains("NVDA"));
    }
}

/// A name that a spreadsheet would run is none in trades.csv, and the account is found by it all the same.
#[test]
fn a_name_of_an_account_is_no_formula_in_what_is_written() {
    let folder = TempDir::new().unwrap();
    let own = "Account,Symbol,Shares,Price\n=SUM(A1),NVDA,100,100\n";
    fs::write(folder.path().join("own.csv"), own).unwrap();
    fs::write(folder.path().join("broaden.toml"), "").unwrap();
    let row = format!("{HEAD}=SUM(A1),sell,NVDA,2,100,,,2026-11-20\n");
    fs::create_dir(folder.path().join("orders")).unwrap();
    fs::write(folder.path().join("orders/done.csv"), row).unwrap();
    let record = || run_in(folder.path(), &["record", "orders/done.csv", "."]).done().said;
    says(&record(), &["recorded 1 trade "]);
    let text = fs::read_to_string(folder.path().join("trades.csv")).unwrap();
    assert!(text.contains(",'=SUM(A1),sell,NVDA,2,100"), "{text}");
    says(&record(), &["recorded 0 trades", "1 trade was there already"]);
}

#[test]
fn a_hostile_earlier_proposal_is_refused_or_shown_as_text() {
    let house = House::new();
    let advise = |more: &[&str]| run_in(house.0.path(), &[&["advise", "house"], more].concat());
    let diff = |bytes: &[u8]| {
        fs::write(house.path("earlier.json"), bytes).unwrap();
        advise(&["--diff", "earlier.json"])
    };
    let now = advise(&["--json"]).done();
    let text = now.out.as_bytes();
    for (bytes, words) in [
        (&b""[..], "is not a proposal"),
        (&text[..text.len() / 2], "is not a proposal"),
        (&[0, 255, 254, 1][..], "is not a proposal"),
        (b"[]", "is not a proposal"),
        (b"{\"schema\": 2}", "is not a proposal"),
        (&b"[".repeat(200_000), "is not a proposal"),
        (&vec![b' '; (64 << 20) + 1], "error[too-large]"),
    ] {
        let said = diff(bytes).refused();
        says(&said, &[words, "earlier.json"]);
        assert!(said.len() < 4_000, "{} bytes are said", said.len());
    }
    // Names of an earlier run move no cursor, wherever they are said.
    let mut earlier: Value = now.json();
    let trade = &mut earlier["trades"][0];
    trade["symbol"] = "NV\u{1b}[2J\u{202e}DA".into();
    trade["account"] = "...417 \u{1b}]0;owned\u{7}".into();
    let ran = diff(earlier.to_string().as_bytes()).done();
    says(&ran.out, &["SINCE AN EARLIER PROPOSAL", "gone", "new"]);
    assert!(
        !ran.out.contains('\u{1b}') && !ran.out.contains('\u{202e}') && !ran.out.contains('\u{7}'),
        "{:?}",
        ran.out
    );
    // Without a change nothing changed, and an answer is never put over what it is compared with.
    says(&diff(text).done().out, &["no order changed"]);
    let said = advise(&["--diff", "earlier.json", "-o", "earlier.json"]).refused();
    says(&said, &["earlier.json is one of the files that are read"]);
}
