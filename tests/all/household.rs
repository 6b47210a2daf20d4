//! What the config says about a household, seen from outside: accounts, lots, lists, taxes, wash sales and risk.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use crate::program;

use std::fs;

use program::Ran;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with some files, and what `advise` makes of it.
struct Home(TempDir);

impl Home {
    fn new(files: &[(&str, &str)]) -> Home {
        let home = Home(TempDir::new().unwrap());
        for (name, text) in files {
            home.write(name, text);
        }
        home
    }

    /// The demo, to be changed.
    fn demo() -> Home {
        let home = Home::new(&[]);
        program::copy_demo(home.0.path());
        home
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        // What a run does on its own; what waits for a later run is told in the worked cases of routes.
        let alone = ["--set", "route.horizon=this-run"];
        program::run(&[&["advise", self.0.path().to_str().unwrap()], &alone[..], arguments].concat())
    }

    fn advise(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).json()
    }
}

/// Sells and buys as `-100 NVDA` and `50 XLI`, one per order.
fn orders(proposal: &Value) -> Vec<String> {
    let mut sums = std::collections::BTreeMap::new();
    for trade in proposal["trades"].as_array().unwrap() {
        let sign = if trade["side"] == "sell" { -1.0 } else { 1.0 };
        let quantity: f64 = trade["quantity"].as_str().unwrap().parse().unwrap();
        *sums.entry(trade["symbol"].as_str().unwrap().to_owned()).or_insert(0.0) += sign * quantity;
    }
    sums.into_iter().map(|(symbol, quantity)| format!("{quantity} {symbol}")).collect()
}

fn codes(proposal: &Value) -> Vec<String> {
    let items = proposal["diagnostics"].as_array().unwrap().iter();
    items.map(|item| item["code"].as_str().unwrap().to_owned()).collect()
}

/// 400 NVDA at 100 dollars that cost 50, long ago, and 60,000 of cash: 40% in one issuer, of which 10% may be.
const LOTS: &str = r#"
[[account]]
name = "Individual"
id = "A1"
kind = "taxable"
cash = 60000
as-of = 2026-11-20

[[account.position]]
symbol = "NVDA"
price = 100
lot = [{ opened = 2020-01-02, quantity = 400, cost-basis = "20000" }]
"#;

/// Flat rates, and no limit but that of a single issuer.
const CONFIG: &str = r#"
[tax]
short-rate = "40%"
long-rate = "20%"
[limits.issuer]
max = "10%"
above-benchmark = "0%"
[limits.turnover]
max = "100%"
[limits.tech]
enabled = false
[limits.mag7]
enabled = false
[trading]
half-spread-bps = 0
"#;

#[test]
fn what_is_in_a_list_or_a_blackout_is_left_alone() {
    let home = Home::new(&[("home.toml", LOTS), ("broaden.toml", CONFIG)]);
    assert_eq!(orders(&home.advise(&[])), ["-300 NVDA"]);
    for set in [
        "trading.restricted=[\"NVDA\"]",
        "trading.do-not-sell=[\"NVDA\"]",
        "trading.buy-only=true",
        "trading.blackout={NVDA = [\"2026-11-20\", \"2026-12-05\"]}",
        "trading.blackout={NVDA = [\"2026-01-01\", \"2026-01-31\", \"2026-11-01\", \"2026-11-20\"]}",
        "accounts.Individual.locked={NVDA = \"2026-11-21\"}",
        "accounts.Individual.do-not-sell=[\"NVDA\"]",
    ] {
        let found = home.advise(&["--set", set]);
        assert_eq!(orders(&found), [""; 0], "{set}");
        assert_eq!(found["plan"]["outcome"]["excess"]["limits.issuer.NVDA"], "30000.00", "{set}");
    }
    let outside = "trading.blackout={NVDA = [\"2026-11-21\", \"2026-12-05\"]}";
    assert_eq!(orders(&home.advise(&["--set", outside])), ["-300 NVDA"]);
}

#[test]
fn a_household_of_debts_is_refused() {
    let home = Home::new(&[("home.toml", &LOTS.replace("cash = 60000", "cash = -40001")), ("broaden.toml", CONFIG)]);
    let Ran { status, out, said } = home.run(&[]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(said.contains("what is owned is worth -$1.00"), "{said}");
}

#[test]
fn reserves_smallest_orders_and_spreads_may_be_shares_and_of_their_own() {
    let home = Home::demo();
    let cash = |set: &str| -> f64 {
        let no_sales = "limits.turnover.max=0%";
        let found = home.advise(&["--set", set, "--set", "household.cash-reserve=0%", "--set", no_sales]);
        found["plan"]["outcome"]["cash"]["...5432 ROTH IRA"].as_str().unwrap().parse().unwrap()
    };
    // The Roth is worth about 89,000 dollars and has 2,150 of cash, of which 370 could be spent: no order is that small.
    let (nothing, two) = (cash("accounts.\"...5432\".reserve-share=0%"), cash("accounts.\"...5432\".reserve-share=2%"));
    assert!(nothing < 600.0, "{nothing}");
    assert!((two - 2_150.33).abs() < 0.005, "{two}");
    let smallest = |set: &str| -> f64 {
        let found = home.advise(&["--set", set]);
        let mut sums = std::collections::BTreeMap::<_, f64>::new();
        for trade in found["trades"].as_array().unwrap() {
            let value: f64 = trade["value"].as_str().unwrap().parse().unwrap();
            *sums.entry((trade["account"].to_string(), trade["symbol"].to_string())).or_default() += value;
        }
        sums.into_values().fold(f64::INFINITY, f64::min)
    };
    assert!(smallest("trading.min-trade-share=0%") < 0.01 * 421_970.98);
    assert!(smallest("trading.min-trade-share=1%") >= 0.01 * 421_970.98);
    let cost = |set: &str| -> f64 {
        let found = home.advise(&["--set", set]);
        found["plan"]["outcome"]["trading_cost"].as_str().unwrap().parse().unwrap()
    };
    assert!(cost("trading.spreads={NVDA = 10}") > cost("trading.spreads={}") + 10.0);
}

#[test]
fn stock_of_the_employer_is_noted_and_one_that_nobody_holds_is_a_typo() {
    let home = Home::new(&[("home.toml", LOTS), ("broaden.toml", CONFIG)]);
    let noted = home.advise(&["--set", "trading.employer-stock=[\"NVDA\"]"]);
    let message = noted["diagnostics"].as_array().unwrap().iter().find(|item| item["code"] == "employer-stock");
    assert!(message.unwrap()["message"].as_str().unwrap().contains("NVDA is 40.0% of the portfolio"));
    assert!(codes(&home.advise(&["--set", "trading.employer-stock=[\"NVDI\"]"])).contains(&"unmatched-entry".into()));
}

#[test]
fn a_gain_about_to_turn_long_term_waits_and_the_saving_is_told() {
    let lots = LOTS.replace("2020-01-02", "2025-12-10");
    let home = Home::new(&[("home.toml", &lots), ("broaden.toml", CONFIG)]);
    let Ran { said, .. } = home.run(&[]);
    assert_eq!(orders(&home.advise(&[])), [""; 0], "{said}");
    // 20,000 of gain at 40% less 20%.
    let path = std::env::temp_dir().join(format!("broaden-near-{}.html", std::process::id()));
    home.run(&["-o", path.to_str().unwrap()]);
    let page = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(page.contains("turns long-term on 2026-12-11, in 21 days: waiting saves $4,000.00"));
    assert_eq!(orders(&home.advise(&["--set", "trading.near-long-term-days=20"])), ["-300 NVDA"]);
}

#[test]
fn inherited_shares_are_long_term_and_a_gift_may_have_two_bases() {
    let with = |lot: &str| {
        let text = LOTS.replace("{ opened = 2020-01-02, quantity = 400, cost-basis = \"20000\" }", lot);
        let home = Home::new(&[("home.toml", &text), ("broaden.toml", CONFIG)]);
        let found = home.advise(&["--set", "trading.near-long-term-days=0"]);
        let outcome = &found["plan"]["outcome"];
        let text = |key: &str| outcome[key].as_str().unwrap().to_owned();
        (orders(&found).join(" "), text("realised_short"), text("realised_long"))
    };
    let all = |short: &str, long: &str| ("-300 NVDA".to_owned(), short.to_owned(), long.to_owned());
    // Two weeks old: short-term, unless inherited.
    assert_eq!(with("{ opened = 2026-11-06, quantity = 400, cost-basis = 20000 }"), all("15000.00", "0.00"));
    let inherited = "{ opened = 2026-11-06, quantity = 400, cost-basis = 20000, inherited = true }";
    assert_eq!(with(inherited), all("0.00", "15000.00"));
    // The giver paid 60,000; worth 30,000 that day. Now it is worth 40,000: neither gain nor loss.
    let gift = |paid: u32, worth: u32| {
        format!("{{ opened = 2020-01-02, quantity = 400, cost-basis = {paid}, gift-value = {worth} }}")
    };
    assert_eq!(with(&gift(60_000, 30_000)), all("0.00", "0.00"));
    // Worth 50,000 that day: a loss of 10,000 on all, 7,500 on three quarters.
    assert_eq!(with(&gift(60_000, 50_000)), all("0.00", "-7500.00"));
    // It was worth more than the giver paid: the giver's basis.
    assert_eq!(with(&gift(20_000, 30_000)), all("0.00", "15000.00"));
    let held =
        "{ opened = 2020-01-02, quantity = 400, cost-basis = 20000, hold = \"ESPP: part of the gain is wages\" }";
    assert_eq!(with(held).0, "");
}

#[test]
fn a_fund_at_average_cost_has_one_basis_and_sells_its_oldest_shares() {
    // 300 old shares at 20 and 100 new ones at 140: 50 each on average.
    let lots = r#"[
    { opened = 2026-06-10, quantity = 100, cost-basis = "14000" },
    { opened = 2020-01-02, quantity = 200, cost-basis = "4000" },
    { opened = 2021-01-02, quantity = 100, cost-basis = "2000" },
]"#;
    let text = LOTS.replace("[{ opened = 2020-01-02, quantity = 400, cost-basis = \"20000\" }]", lots);
    let home = Home::new(&[("home.toml", &text), ("broaden.toml", CONFIG)]);
    // By lot: 100 at a short-term loss of 40 each, and 200 at a gain of 80.
    let by_lot = home.advise(&[]);
    assert_eq!(by_lot["plan"]["outcome"]["realised_short"], "-4000.00");
    assert_eq!(by_lot["plan"]["outcome"]["realised_long"], "16000.00");
    let average = home.advise(&["--set", "accounts.Individual.average-cost=[\"NVDA\"]"]);
    assert_eq!(orders(&average), ["-300 NVDA"]);
    assert_eq!(average["plan"]["outcome"]["realised_short"], "0.00");
    assert_eq!(average["plan"]["outcome"]["realised_long"], "15000.00");
    let typo = home.advise(&["--set", "accounts.Individual.average-cost=[\"VFIAX\"]"]);
    assert!(codes(&typo).contains(&"unmatched-entry".into()));
}

#[test]
fn the_tax_is_worked_out_again_by_the_tables() {
    let home = Home::new(&[
        ("home.toml", LOTS),
        (
            "broaden.toml",
            &CONFIG.replace("short-rate = \"40%\"\nlong-rate = \"20%\"", "filing = \"single\"\ntaxable-income = 40000"),
        ),
    ]);
    // 15,000 of gain: 9,450 are untaxed and 5,550 cost 15%: 832.50, which is 5.55%, far from the first dollar's 0%.
    let found = home.advise(&[]);
    let tax = &found["exact_tax"];
    assert_eq!((&tax["exact"], &tax["year"]), (&Value::from("832.50"), &Value::from(2026)));
    assert_eq!((&tax["planned"], &tax["long_rate"]), (&Value::from("832.50"), &Value::from("0.0555")));
    assert_eq!(tax["first_rates"], serde_json::json!(["0.12", "0"]));
    assert_eq!(found["plan"]["outcome"]["tax"], "832.50");
    // With a rate of one's own both are shown, and the plan keeps it.
    let own = home.advise(&["--set", "tax.long-rate=20%"]);
    assert_eq!(own["exact_tax"]["first_rates"], Value::Null);
    assert_eq!((&own["exact_tax"]["planned"], &own["exact_tax"]["exact"]), (&"3000.00".into(), &"832.50".into()));
    let Ran { out: text, .. } = home.run(&["--set", "tax.long-rate=20%"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("by the 2026 federal tables (Rev. Proc. 2025-32): $832.50"), "{text}");
    let path = home.0.path().join("../").join(format!("broaden-exact-{}.html", std::process::id()));
    home.run(&["--set", "tax.long-rate=20%", "-o", path.to_str().unwrap()]);
    let page = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(
        page.contains("tax $3,000.00, cost")
            && page.contains("by the 2026 federal tables (Rev. Proc. 2025-32): $832.50")
    );
    // No tables: refused, with the way out.
    let Ran { status, said, .. } = home.run(&["--as-of", "2027-01-10"]);
    assert_eq!(status, Some(0));
    assert!(said.contains("old-tax-table") && said.contains("those of 2026 are used"), "{said}");
}

/// 100 NVDA at a loss in the taxable account, and a purchase of NVDA in the Roth.
#[test]
fn trades_are_found_in_the_accounts_the_user_means() {
    let lots = LOTS.replace("cost-basis = \"20000\"", "cost-basis = \"80000\"")
        + "\n[[account]]\nname = \"Roth IRA\"\nid = \"Z8812\"\nkind = \"roth\"\ncash = 0\nas-of = 2026-11-20\n";
    let home = Home::new(&[("home.toml", &lots), ("broaden.toml", CONFIG)]);
    assert_eq!(orders(&home.advise(&[])), ["-300 NVDA"]);
    let trade = |row: &str| {
        home.write("trades.csv", &format!("date,account,symbol,side,quantity,gain,outside\n{row}\n"));
        home.advise(&[])
    };
    assert_eq!(orders(&trade("2026-11-05,...8812,NVDA,reinvest,0.4,,")), [""; 0]);
    assert_eq!(orders(&trade("2026-12-10,...8812,NVDA,vest,5,,")), [""; 0], "a vest to come");
    assert_eq!(orders(&trade("2026-11-05,wife,NVDA,buy,5,,yes")), [""; 0]);
    let unknown = trade("2026-11-05,wife,NVDA,buy,5,,");
    assert_eq!(orders(&unknown), [""; 0], "an unknown account is somebody's");
    assert!(codes(&unknown).contains(&"unmatched-entry".into()));
    // The purchase that made the lot is none.
    let fresh = lots.replace("2020-01-02", "2026-11-05");
    home.write("home.toml", &fresh);
    assert_eq!(orders(&trade("2026-11-05,A1,NVDA,buy,400,,")), ["-300 NVDA"]);
    assert_eq!(orders(&trade("2026-11-05,Individual,NVDA,buy,400,,")), ["-300 NVDA"]);
    assert_eq!(orders(&trade("2026-11-05,...8812,NVDA,buy,400,,")), [""; 0]);
    // Only warned about: 100 of the 300 shares were replaced in the Roth, and their loss of 100 each is gone.
    home.write("home.toml", &lots);
    home.write("broaden.toml", &CONFIG.replace("[trading]", "[trading]\nwash-sale = \"warn\""));
    let warned = trade("2026-11-05,...8812,NVDA,buy,100,,");
    assert_eq!(orders(&warned), ["-300 NVDA"]);
    let said = warned["diagnostics"].as_array().unwrap().iter().find(|item| item["code"] == "wash-sale").unwrap();
    assert_eq!(
        said["message"],
        "of the loss of $30,000.00 on NVDA, $20,000.00 is deductible now, $0.00 is added to the basis of the \
         replacement, $10,000.00 is lost for good"
    );
}

#[test]
fn a_sleeve_sold_at_a_loss_is_bought_as_its_substitute() {
    let home = Home::demo();
    let bought =
        |found: &Value| -> Vec<String> { orders(found).into_iter().filter(|order| !order.starts_with('-')).collect() };
    let has = |found: &Value, symbol: &str| bought(found).iter().any(|order| order.ends_with(&format!(" {symbol}")));
    assert!(has(&home.advise(&[]), "XLB"));
    home.write("trades.csv", "date,account,symbol,side,quantity,gain,outside\n2026-11-10,...417,XLB,sell,10,-50,\n");
    // Without a price of the substitute there is nothing to buy.
    let blocked = home.advise(&[]);
    assert!(!has(&blocked, "XLB") && !has(&blocked, "VAW"));
    home.write("market/more-funds.csv", "date,VAW\n2026-11-19,220.00\n2026-11-20,221.00\n");
    let found = home.advise(&[]);
    assert!(has(&found, "VAW") && !has(&found, "XLB"), "{:?}", bought(&found));
    let verdict = found["verdicts"].as_array().unwrap().iter().find(|v| v["id"] == "sleeve.XLB").unwrap().clone();
    assert!(verdict["evidence"].as_str().unwrap().ends_with("VAW stands in: XLB was sold at a loss on 2026-11-10"));
    let trade = found["trades"].as_array().unwrap().iter().find(|trade| trade["symbol"] == "VAW").unwrap().clone();
    assert_eq!(trade["reasons"][0]["id"], "sleeve.XLB");
    let stop = found["do_not_buy"].as_array().unwrap().iter().find(|stop| stop["symbol"] == "XLB").unwrap().clone();
    assert_eq!((&stop["until"], &stop["instead"]), (&"2026-12-11".into(), &"VAW".into()));
    for format in ["text", "html", "md", "ticket"] {
        let text = home.run(&["--format", format]).out.replace("<bdi>", "").replace("</bdi>", "");
        assert!(text.contains("VAW may stand in"), "{format}: {text}");
    }
    // What is bought of the substitute counts against the cap of the sleeves.
    let tight = home.advise(&["--set", "limits.cyclicals.max=2%"]);
    let sum: f64 = tight["plan"]["outcome"]["bought"].as_str().unwrap().parse().unwrap();
    assert!(has(&tight, "VAW") && sum > 5_000.0 && sum <= 0.02 * 421_970.98, "{sum}");
    // What is held of it fills the sleeve.
    let held = "\n[[account]]\nname = \"Other\"\nid = \"B7\"\nkind = \"roth\"\ncash = 0\nas-of = 2026-11-20\n\
                [[account.position]]\nsymbol = \"VAW\"\nprice = 221\nlot = [{ opened = 2026-01-05, quantity = 40 }]\n";
    home.write("other.toml", held);
    assert!(!has(&home.advise(&[]), "VAW"));
    // A user who does not want the sleeve's fund does not get another one either.
    fs::remove_file(home.0.path().join("trades.csv")).unwrap();
    fs::remove_file(home.0.path().join("other.toml")).unwrap();
    let unwanted = home.advise(&["--set", "trading.do-not-buy=[\"XLB\"]"]);
    assert!(!has(&unwanted, "XLB") && !has(&unwanted, "VAW"), "{:?}", bought(&unwanted));
}

#[test]
fn risk_caps_are_measured_over_the_market_folder_and_repaired() {
    let home = Home::demo();
    let config = fs::read_to_string(home.0.path().join("broaden.toml")).unwrap();
    let with = |limit: &str| {
        home.write("broaden.toml", &format!("{config}\n{limit}"));
        let found = home.advise(&["--set", "limits.turnover.max=50%"]);
        let verdict = found["verdicts"].as_array().unwrap().iter().find(|v| v["id"] == "limits.risk").unwrap().clone();
        let after = found["plan"]["outcome"]["weights"]["limits.risk"].as_f64();
        (verdict, after, found)
    };
    for kind in ["cvar-cap", "mad-cap"] {
        let (loose, _, _) = with(&format!("[limits.risk]\nkind = \"{kind}\"\nmax = \"50%\"\nweeks = 60\n"));
        assert_eq!(loose["fired"], false, "{loose}");
        let measured = loose["measured"].as_f64().unwrap();
        assert!(measured > 0.0, "{loose}");
        // A quarter less than it is.
        let cap = format!("{:.4}", 0.75 * measured);
        let (verdict, after, found) = with(&format!("[limits.risk]\nkind = \"{kind}\"\nmax = {cap}\nweeks = 60\n"));
        assert_eq!(verdict["fired"], true, "{verdict}");
        let cap: f64 = cap.parse().unwrap();
        assert!(after.unwrap() <= cap + 1e-6, "{after:?} {cap} {}", found["plan"]["outcome"]["excess"]);
    }
    // Without history it is off, and says so.
    home.write("broaden.toml", &format!("{config}\n[limits.risk]\nkind = \"mad-cap\"\nmax = 0.001\n"));
    fs::remove_dir_all(home.0.path().join("market")).unwrap();
    let found = home.advise(&[]);
    let verdict = found["verdicts"].as_array().unwrap().iter().find(|v| v["id"] == "limits.risk").unwrap();
    assert_eq!((&verdict["fired"], &verdict["evidence"]), (&false.into(), &"off: no weekly history of SPY".into()));
}
