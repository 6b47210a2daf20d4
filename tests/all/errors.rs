//! Every mistake a user can make with files and config: exit status 2, the place, what to do, and nothing written.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

const EXPORT: &str = include_str!("../../portfolios/demo/Individual-Positions-2026-11-20.csv");

/// A household folder of its own, with the demo's export unless told otherwise.
struct Household {
    folder: TempDir,
}

impl Household {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let household = Household { folder };
        household.write("positions.csv", EXPORT.as_bytes());
        household
    }

    fn empty() -> Self {
        Household { folder: TempDir::new().unwrap() }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn advise(&self, arguments: &[&str]) -> Output {
        fs::create_dir_all(self.path().join("out")).unwrap();
        Command::cargo_bin("broaden")
            .unwrap()
            .current_dir(self.path())
            .arg("advise")
            .args(arguments)
            .args(["-o", "out/report.html"])
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    /// Runs, checks that nothing was written and the status is 2, and returns what was said.
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.advise(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(!self.path().join("out/report.html").exists(), "something was written");
        said
    }
}

#[track_caller]
fn says(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}

#[test]
fn a_missing_file() {
    let said = Household::empty().fails(&["nowhere.csv"]);
    says(&said, &["error[missing-file]", "nowhere.csv", "there is no such file", "hint"]);
}

#[test]
fn a_folder_without_holdings() {
    let household = Household::empty();
    household.write("market/notes.md", b"nothing");
    let said = household.fails(&["."]);
    says(&said, &["error[no-holdings]", "no holdings in", "broaden init"]);
}

#[test]
fn an_empty_file() {
    let household = Household::empty();
    household.write("positions.csv", b"");
    says(&household.fails(&["positions.csv"]), &["error[", "positions.csv", "empty"]);
}

#[test]
fn a_binary_file() {
    let household = Household::empty();
    let bytes: Vec<u8> = (0..4096u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    household.write("positions.csv", &bytes);
    says(&household.fails(&["positions.csv"]), &["error[", "positions.csv"]);
}

#[test]
fn a_truncated_export() {
    let household = Household::empty();
    let cut = EXPORT.find("\"AAPL\"").unwrap() + 30;
    household.write("positions.csv", &EXPORT.as_bytes()[..cut]);
    says(&household.fails(&["positions.csv"]), &["error[", "positions.csv:5"]);
}

#[test]
fn a_number_that_is_not_one() {
    let household = Household::empty();
    household.write("positions.csv", EXPORT.replace("\"268.40\"", "\"26x.40\"").as_bytes());
    says(&household.fails(&["positions.csv"]), &["error[", "positions.csv:5:", "26x.40", "^^^^"]);
}

#[test]
fn an_unrecognised_file_lists_what_was_looked_for() {
    let household = Household::empty();
    household.write("positions.csv", b"What,How Many\nNVDA,12\n");
    says(
        &household.fails(&["positions.csv"]),
        &["error[unrecognised-file]", "positions.csv", "Charles Schwab positions", "Fidelity positions"],
    );
}

#[test]
fn a_misspelt_key() {
    let household = Household::new();
    household.write("broaden.toml", b"[limits.tech]\nbsae = \"40%\"\n");
    let said = household.fails(&["."]);
    says(&said, &["error[unknown-key]", "broaden.toml:2:1", "bsae = \"40%\"", "^^^^", "did you mean `base`?"]);
}

#[test]
fn a_misspelt_section_and_theme_come_in_one_run() {
    let household = Household::new();
    household.write(
        "broaden.toml",
        b"[limit.tech]\nbase = \"40%\"\n[limits.mine]\nkind = \"theme-cap\"\ntheme = \"tech-brod\"\nbase = \"30%\"\n",
    );
    let said = household.fails(&["."]);
    says(
        &said,
        &[
            "`limit` is not a section",
            "did you mean `limits`?",
            "`tech-brod` is not a theme",
            "did you mean `tech-broad`?",
        ],
    );
    says(&said, &["broaden.toml:1:2", "broaden.toml:5:9"]);
}

#[test]
fn a_negative_cap() {
    let household = Household::new();
    household.write("broaden.toml", b"[limits.issuer]\nmax = \"-5%\"\n");
    says(&household.fails(&["."]), &["error[impossible-value]", "broaden.toml:2:7", "from 0% to 100%"]);
}

/// What conflicts with a default is shown in the user's file: the default cannot be put right.
#[test]
fn a_value_that_conflicts_with_a_default() {
    let household = Household::new();
    for (text, parts) in [
        ("[brakes.vix]\ncaution = 40\n", ["error[impossible-value]", "broaden.toml:2:11", "35 (the default)"]),
        ("[brakes.inflation]\ncaution = 5\n", ["error[impossible-value]", "broaden.toml:2:11", "(the default)"]),
        ("[brakes.nfci]\ncaution = 1\n", ["error[impossible-value]", "broaden.toml:2:11", "0 (the default)"]),
        ("[limits.tech]\nmin = \"20%\"\n", ["error[cap-below-floor]", "broaden.toml:2:7", "floor of 25.0%"]),
        ("[limits.tech]\nfloor = \"90%\"\nbase = \"45%\"\n", ["error[cap-below-floor]", "broaden.toml:2:9", "45.0%"]),
    ] {
        household.write("broaden.toml", text.as_bytes());
        let said = household.fails(&["."]);
        says(&said, &parts);
        assert!(!said.contains("--> default"), "{said}");
    }
}

/// A fund that stands in for itself, or is like itself, says nothing.
#[test]
fn what_names_itself() {
    let household = Household::new();
    household.write("broaden.toml", b"[sleeve.XLI]\nsubstitute = \"xli\"\n[instruments.ZZZ]\nlike = \"ZZZ\"\n");
    let said = household.fails(&["."]);
    says(
        &said,
        &["broaden.toml:2:14", "the substitute of XLI is XLI itself", "broaden.toml:4:8", "ZZZ is `like` itself"],
    );
}

#[test]
fn a_key_that_stands_there_twice() {
    let household = Household::new();
    household.write("broaden.toml", b"[tax]\nshort-rate = 0.3\nlong-rate = 0.2\nshort-rate = 0.4\n");
    let said = household.fails(&["."]);
    says(
        &said,
        &["error[config-syntax]: duplicate key: `short-rate`", "broaden.toml:4:1", "the first", "leave one of"],
    );
}

#[test]
fn a_cap_below_the_floor() {
    let household = Household::new();
    household.write("broaden.toml", b"[limits.tech]\nmin = \"20%\"\nfloor = \"25%\"\n");
    let said = household.fails(&["."]);
    says(&said, &["error[cap-below-floor]", "broaden.toml:3:9", "floor of 25.0%", "cap of 20.0%"]);
}

#[test]
fn a_cap_written_as_a_plain_percent_number() {
    let household = Household::new();
    household.write("broaden.toml", b"[limits.issuer]\nmax = 10\n");
    says(&household.fails(&["."]), &["error[impossible-value]", "write \"10%\""]);
}

#[test]
fn a_sleeve_without_a_price() {
    let household = Household::new();
    household.write("broaden.toml", b"[sleeve.ZZZQ]\nmax = \"5%\"\n");
    says(&household.fails(&["."]), &["error[no-price]", "broaden.toml:1:9", "ZZZQ"]);
}

#[test]
fn broken_toml() {
    let household = Household::new();
    household.write("broaden.toml", b"[limits.tech\nbase = 1\n");
    says(&household.fails(&["."]), &["error[config-syntax]", "broaden.toml:1:"]);
}

#[test]
fn an_override_that_is_not_one() {
    let said = Household::new().fails(&[".", "--set", "limits.tech.min"]);
    says(&said, &["error[unknown-override]", "KEY=VALUE"]);
}

#[test]
fn a_removal_of_nothing() {
    says(&Household::new().fails(&[".", "--without", "limits.tehc"]), &["`limits.tehc` is not in the config"]);
}

#[test]
fn an_output_format_nobody_knows() {
    let household = Household::new();
    let output = Command::cargo_bin("broaden")
        .unwrap()
        .current_dir(household.path())
        .args(["advise", ".", "-o", "report.pages"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    says(&String::from_utf8(output.stderr).unwrap(), &["report.pages", "json"]);
}

#[test]
fn a_do_not_sell_entry_nobody_holds_is_a_warning() {
    let household = Household::new();
    household.write("broaden.toml", b"[trading]\ndo-not-sell = [\"AAPLE\"]\n");
    let output = household.advise(&["."]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    says(&said, &["warning[unmatched-entry]", "`AAPLE`", "did you mean `AAPL`?"]);
}

/// The caps were off without a word: each misspelt ticker is told where it stands.
#[test]
fn a_ticker_that_means_nothing_is_a_warning_wherever_it_stands() {
    let household = Household::new();
    household.write(
        "broaden.toml",
        b"[household]\nbenchmark = \"NOPE\"\n[limits.issuer]\nexcept = [\"NVIDA\"]\n[brakes.spy-trend]\nof = \"QQQQ\"\n",
    );
    let output = household.advise(&["."]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    says(&said, &["broaden.toml:4:11", "`NVIDA` in `except` of [limits.issuer]", "did you mean `NVDA`?"]);
    says(&said, &["`QQQQ` in `of` of [brakes.spy-trend] is neither held, nor in a market file, nor known"]);
    says(
        &said,
        &["warning[unknown-benchmark]", "broaden.toml:2:13", "does not hold: `above-benchmark` of [limits.issuer]"],
    );
}

#[test]
fn a_unit_that_is_not_that_of_the_key_is_told() {
    let fails = |text: &str| {
        let household = Household::new();
        household.write("broaden.toml", text.as_bytes());
        household.fails(&["."])
    };
    says(
        &fails("[limits.tech]\nbase = \"benchmark + 0.08\"\n"),
        &["error[impossible-value]", "less than one point from the benchmark", "\"benchmark + 8\""],
    );
    let nothing = fails("[limits.mag7]\nbase = \"benchmark - 80\"\n");
    says(&nothing, &["error[impossible-value]", "broaden.toml:2:8", "80.0 points below what SPY has of it"]);
    let household = Household::new();
    let text = b"[limits.issuer]\ntrigger = 0.5\n[signals.breadth-200]\nramp = [0.4, 0.7]\n";
    household.write("broaden.toml", text);
    let output = household.advise(&["."]);
    let said = String::from_utf8(output.stderr).unwrap();
    says(&said, &["warning[wide-trigger]", "broaden.toml:2:11", "warning[narrow-ramp]", "ramp = [40, 70]"]);
}

#[test]
fn a_section_of_the_wrong_shape_does_not_silently_drop_its_limits() {
    for text in ["limits = 5\n", "[limits]\ntech = false\n", "sleeve = []\n", "rotation = false\n", "tax = 1\n"] {
        let household = Household::new();
        household.write("broaden.toml", text.as_bytes());
        says(&household.fails(&["."]), &["error[wrong-type]", "broaden.toml:"]);
    }
    says(&Household::new().fails(&[".", "--set", "limits=5"]), &["error[wrong-type]"]);
}

#[test]
fn an_input_is_not_overwritten() {
    let household = Household::new();
    let output = Command::cargo_bin("broaden")
        .unwrap()
        .current_dir(household.path())
        .args(["advise", "positions.csv", "-o", "positions.csv"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(household.path().join("positions.csv")).unwrap(), EXPORT);
}

/// Whatever verb writes, no file of the run is its target, nor what the next run would read as prices.
#[test]
fn no_verb_writes_over_a_file_of_the_run() {
    let household = Household::new();
    let prices = household.write("market/SPY.csv", b"Date,Close\n2026-11-19,600\n2026-11-20,601\n");
    let config = household.write("broaden.toml", b"[household]\ncash-reserve = \"1%\"\n");
    for arguments in [
        ["advise", ".", "-o", "market/SPY.csv"],
        ["advise", ".", "-o", "market/report.csv"],
        ["import", ".", "-o", "positions.csv"],
        ["signals", ".", "--history", "broaden.toml"],
        ["signals", ".", "--history", "market/SPY.csv"],
    ] {
        let mut command = Command::cargo_bin("broaden").unwrap();
        let output = command.current_dir(household.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(fs::read_to_string(household.path().join("positions.csv")).unwrap(), EXPORT);
    assert!(fs::read_to_string(prices).unwrap().ends_with("601\n"));
    assert!(fs::read_to_string(config).unwrap().starts_with("[household]"));
}

/// A short option is worth less than nothing, and nobody asked to withdraw anything.
#[test]
fn an_account_below_zero_is_no_withdrawal() {
    let household = Household::new();
    household
        .write("short.toml", b"[[account]]\nname = \"Short\"\nkind = \"taxable\"\ncash = -215\nas-of = 2026-11-20\n");
    let said = String::from_utf8(household.advise(&["."]).stderr).unwrap();
    assert!(!said.contains("withdrawal-too-large"), "{said}");
}

#[test]
fn account_numbers_are_masked_in_excerpts_and_names() {
    let household = Household::empty();
    let export = EXPORT.replace("Individual ...417", "Individual 12345678901").replace("\"268.40\"", "\"26x.40\"");
    household.write("positions.csv", export.as_bytes());
    let said = household.fails(&["positions.csv"]);
    assert!(!said.contains("12345678901"), "{said}");
    household.write("positions.csv", EXPORT.replace("Individual ...417", "Individual 12345678901").as_bytes());
    let output = Command::cargo_bin("broaden")
        .unwrap()
        .current_dir(household.path())
        .args(["advise", "positions.csv", "--json"])
        .output()
        .unwrap();
    let all = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(all.contains("8901") && !all.contains("12345678901"), "{all}");
}

#[test]
fn impossible_days_and_withdrawals() {
    let by = |day: &str| format!("route.by={day}");
    says(
        &Household::new().fails(&[".", "--set", &by("9999-12-31")]),
        &["error[impossible-value]", "`route.by` is 9999-12-31, more than 10 years after", "--> --set:1"],
    );
    let passed = Household::new().advise(&[".", "--set", &by("2026-10-31")]);
    says(
        &String::from_utf8(passed.stderr).unwrap(),
        &["warning[past-deadline]: `route.by` is 2026-10-31, before 2026-11-"],
    );
    says(&Household::new().fails(&[".", "--as-of", "1900-01-01"]), &["error[impossible-day]"]);
    let household = Household::new();
    household.write("broaden.toml", b"[accounts.\"...417\"]\nwithdraw = 1000000000\n");
    says(&household.fails(&["."]), &["error[withdrawal-too-large]", "broaden.toml:1:"]);
    household.write("broaden.toml", b"[accounts.\"...417\"]\nreserve = 1\n[accounts.417]\nreserve = 2\n");
    says(&household.fails(&["."]), &["error[ambiguous-account]"]);
}

#[test]
fn quoted_keys_can_be_overridden() {
    let household = Household::new();
    let output = Command::cargo_bin("broaden")
        .unwrap()
        .current_dir(household.path())
        .args(["advise", ".", "--set", "accounts.\"...417\".reserve=100000"])
        .output()
        .unwrap();
    says(&String::from_utf8(output.stderr).unwrap(), &["warning[reserve-short]", "$100,000.00"]);
}

#[test]
fn a_share_to_keep_in_cash_that_is_not_there_is_said() {
    let household = Household::new();
    household.write("broaden.toml", b"[accounts.\"...417\"]\nreserve-share = \"90%\"\n");
    let output = Command::cargo_bin("broaden").unwrap().current_dir(household.path()).args(["advise", "."]).output();
    let text = String::from_utf8(output.unwrap().stderr).unwrap();
    says(&text, &["warning[reserve-short]", "broaden.toml:1:", "nothing is sold to build a reserve"]);
    // The share that every account keeps is not: it was the first thing that a new user read.
    household.write("broaden.toml", b"[household]\ncash-reserve = \"90%\"\n");
    let output = Command::cargo_bin("broaden").unwrap().current_dir(household.path()).args(["advise", "."]).output();
    let text = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(!text.contains("reserve-short"), "{text}");
}

/// Two accounts of different days in one file, by hand.
fn two_days(cash: &str, opened: &str) -> String {
    format!(
        "[[account]]\nname = \"Old\"\nid = \"A1111\"\nkind = \"taxable\"\ncash = {cash}\nas-of = 2026-06-24\n\
         [[account.position]]\nsymbol = \"NVDA\"\nprice = 100\n\
         lot = [{{ opened = {opened}, quantity = 100, cost-basis = \"9000\" }}]\n\
         [[account]]\nname = \"New\"\nid = \"B2222\"\nkind = \"traditional\"\ncash = 0\nas-of = 2026-06-26\n\
         [[account.position]]\nsymbol = \"NVDA\"\nprice = 120\nquantity = 50\ncost-basis = 1000\n"
    )
}

#[test]
fn the_newest_of_two_prices_is_traded_at_and_printed_values_count() {
    let household = Household::empty();
    household.write("holdings.toml", two_days("100000", "2020-01-02").as_bytes());
    let output = household.advise(&[".", "--as-of", "2026-06-26", "-o", "out/plan.json"]);
    // 100 x (120 - 100).
    let parts = ["warning[prices-differ]", "$100.00 in ...1111 Old and at $120.00 in ...2222 New", "$2,000.00 away"];
    says(&String::from_utf8(output.stderr).unwrap(), &parts);
    let plan: serde_json::Value =
        serde_json::from_slice(&fs::read(household.path().join("out/plan.json")).unwrap()).unwrap();
    assert_eq!(plan["plan"]["nothing"]["value"], "116000.00");
    // What is measured is what the files print: 100,000 and 100 x 100 + 50 x 120.
    let measured = Command::cargo_bin("broaden")
        .unwrap()
        .current_dir(household.path())
        .args(["exposure", ".", "--as-of", "2026-06-26", "--json"])
        .output()
        .unwrap();
    let measured: serde_json::Value = serde_json::from_slice(&measured.stdout).unwrap();
    assert_eq!(measured["household"]["value"], "116000.00");
    assert_eq!(
        measured["household"]["issuers"][0]["weight"].as_f64().map(|weight| (weight * 1e4).round()),
        Some(1379.0)
    );
    // Of one day it is the price of the account first by name, whichever stands first.
    let one_day = two_days("100000", "2020-01-02").replace("2026-06-24", "2026-06-26");
    household.write("holdings.toml", one_day.as_bytes());
    household.advise(&[".", "--as-of", "2026-06-26", "-o", "out/first.json"]);
    let at = one_day.rfind("[[account]]").unwrap();
    household.write("holdings.toml", format!("{}{}", &one_day[at..], &one_day[..at]).as_bytes());
    household.advise(&[".", "--as-of", "2026-06-26", "-o", "out/second.json"]);
    for name in ["out/first.json", "out/second.json"] {
        let plan: serde_json::Value = serde_json::from_slice(&fs::read(household.path().join(name)).unwrap()).unwrap();
        assert_eq!(plan["plan"]["nothing"]["value"], "116000.00", "{name}");
        assert_eq!(plan["prices"]["NVDA"], "100", "{name}");
    }
    // A half percent is the day's noise.
    let near = two_days("100000", "2020-01-02").replace("price = 120", "price = 100.4");
    household.write("holdings.toml", near.as_bytes());
    let output = household.advise(&[".", "--as-of", "2026-06-26"]);
    assert!(!String::from_utf8(output.stderr).unwrap().contains("prices-differ"));
}

#[test]
fn a_list_without_prices_is_priced_by_another_export_or_by_the_market_files() {
    let household = Household::empty();
    household.write("list.csv", b"# as of 2026-11-20\nticker,shares\nNVDA,100\nAAPL,150\nMSFT,100\nZZZQ,1\n");
    household.write("other.csv", b"# as of 2026-11-20\nName,Ticker,Shares,Price\nApple,AAPL,1,260\n");
    household.write(
        "market/stocks.csv",
        b"Date,AAPL,MSFT,NVDA\n2026-11-19,250,400,170\n2026-11-20,250,400,180\n2026-11-23,1,1,1\n",
    );
    let exposure = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("broaden").unwrap();
        let output =
            command.current_dir(household.path()).args(["exposure", ".", "--json"]).args(arguments).output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (answer["household"]["value"].clone(), String::from_utf8(output.stderr).unwrap())
    };
    // 100 x 180 + 151 x 260 + 100 x 400.
    let (value, said) = exposure(&["--as-of", "2026-11-20"]);
    assert_eq!(value, "97260.00");
    says(
        &said,
        &[
            "note[priced-elsewhere]",
            "AAPL $260.00 (as in generic (2))",
            "NVDA $180.00 (close of 2026-11-20)",
            "ZZZQ has no value",
        ],
    );
    // Five sessions after the last close, six, and four months.
    let (value, said) = exposure(&["--as-of", "2026-11-30"]);
    assert_eq!(value, "39460.00");
    assert!(!said.contains("stale-price"), "{said}");
    let (value, said) = exposure(&["--as-of", "2026-12-01"]);
    assert_eq!(value, "39460.00");
    says(&said, &["2 holdings are priced at closes older than five sessions, the oldest MSFT of 2026-11-23"]);
    let (value, said) = exposure(&["--as-of", "2027-03-20"]);
    assert_eq!(value, "39260.00");
    says(&said, &["NVDA has no value", "MSFT has no value"]);
}

/// What looks too large may be half as large when the rest has a price.
#[test]
fn no_order_is_proposed_while_more_than_a_tenth_has_no_value() {
    let household = Household::empty();
    let rows = |without: usize, all: usize| {
        let priced: String = (without..all).map(|row| format!("S{row}X,10,100,\n")).collect();
        let unpriced: String = (0..without).map(|row| format!("U{row}X,10,,\n")).collect();
        format!("# as of 2026-11-20\nticker,shares,price,cost\nNVDA,100,180,\n{priced}{unpriced}")
    };
    let orders = |text: &str| {
        household.write("list.csv", text.as_bytes());
        let output =
            household.advise(&["list.csv", "--format", "csv", "--no-config", "--set", "accounts.generic.kind=roth"]);
        let (orders, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        (orders.lines().count() - 1, said)
    };
    let (count, said) = orders(&rows(1, 9));
    assert!(count > 0 && said.contains("U0X has no value") && !said.contains("too-little-valued"), "{count} {said}");
    let (count, said) = orders(&rows(2, 9));
    assert_eq!(count, 0, "{said}");
    says(&said, &["warning[too-little-valued]", "2 of 10 positions have no value, so no order is proposed"]);
    // Nor is cash invested in the neutral fund.
    let cash = "# as of 2026-11-20\nticker,shares,price,cost\nRSP,100,190,\nCash,20000,1,\n";
    assert_eq!(orders(cash).0, 1);
    let (count, said) = orders(&format!("{cash}U0X,10,,\n"));
    assert!(count == 0 && said.contains("too-little-valued"), "{count} {said}");
    // By cost where it is known: 2 of 10 positions, and a hundredth of the money.
    let costs = rows(2, 9).replace(",10,,\n", ",10,,100\n");
    let (count, said) = orders(&costs);
    assert!(count > 0 && !said.contains("too-little-valued"), "{count} {said}");
}

#[test]
fn a_lot_of_the_future_is_said() {
    let household = Household::empty();
    household.write("holdings.toml", two_days("100000", "2030-01-02").as_bytes());
    let output = household.advise(&[".", "--as-of", "2026-06-26"]);
    says(&String::from_utf8(output.stderr).unwrap(), &["warning[future-lot]", "a lot of NVDA is of 2030-01-02"]);
}

#[test]
fn a_household_that_is_worth_nothing_is_refused() {
    let household = Household::empty();
    household.write("holdings.toml", two_days("-18000", "2020-01-02").as_bytes());
    says(
        &household.fails(&[".", "--as-of", "2026-06-26"]),
        &["error[negative-value]", "what is owned is worth -$2,000.00"],
    );
}

#[test]
fn fractions_come_in_the_increment_of_the_account() {
    let household = Household::new();
    let set = ["trading.whole-shares=false", "trading.increment=0.5", "route.horizon=this-run"]
        .map(|own| ["--set", own])
        .concat();
    let output = household.advise(&[&[".", "-o", "out/plan.json"], &set[..]].concat());
    assert!(output.status.success());
    let plan: serde_json::Value =
        serde_json::from_slice(&fs::read(household.path().join("out/plan.json")).unwrap()).unwrap();
    let trades = plan["trades"].as_array().unwrap();
    let shares = |trade: &serde_json::Value| trade["quantity"].as_str().unwrap().parse::<f64>().unwrap();
    assert!(trades.len() >= 2 && trades.iter().all(|trade| (2.0 * shares(trade)).fract() == 0.0), "{trades:?}");
}

#[test]
fn a_plain_table_is_read_with_its_purchase_dates_and_says_what_it_does_not_use() {
    let household = Household::empty();
    let table =
        "Ticker,Shares,Price,Cost Basis,Date Acquired,Beta\nNVDA,10,100,500,2015-03-02,2\nAGG,10,100,900,soon,0\n";
    household.write("table.csv", table.as_bytes());
    let output = household.advise(&[".", "--as-of", "2026-06-26"]);
    let said = String::from_utf8(output.stderr).unwrap();
    says(&said, &["warning[bad-date]", "`soon` is not a date"]);
    let report = String::from_utf8(output.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    says(&report, &["`date acquired` is the opened", "not used: `Beta`"]);
}

#[test]
fn a_folder_where_a_report_should_be_stops_before_anything_is_written() {
    let household = Household::new();
    fs::create_dir_all(household.path().join("out/dd.html")).unwrap();
    says(&household.fails(&[".", "-o", "out/good.csv", "-o", "out/dd.html"]), &["out/dd.html", "in the way"]);
}

#[test]
fn what_has_no_value_is_never_said_to_be_known() {
    let household = Household::empty();
    household.write("table.csv", b"Ticker,Shares,Price\nNVDA,10,\nAGG,10,100\n");
    let output = household.advise(&[".", "--as-of", "2026-06-26"]);
    let text = String::from_utf8(output.stdout).unwrap();
    says(&text, &["1 holding without a value in no figure", "this says nothing of the 1 holding without a value"]);
}
