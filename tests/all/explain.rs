//! Explanations through the command line, from files made by hand: numbers that can be checked on paper.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use crate::program;

use std::fs;
use std::path::Path;

use program::{DEMO, ONLY_TECH, run_in, says};
use tempfile::TempDir;

/// The household of the worked case F03: $100,000, half of it NVDA. The IRA's 50 shares cost nothing to sell, 100 in the
/// taxable account have a gain of 10%, 350 one of 80%; the long-term rate is 15%. A point of the cap is ten shares: $0,
/// then 10% x 15% x $1,000 = $15, then 80% x 15% x $1,000 = $120.
const HOLDINGS: &str = r#"
[[account]]
name = "Individual"
id = "A1111"
kind = "taxable"
cash = 0
as-of = 2026-06-30

[[account.position]]
symbol = "NVDA"
price = 100
lot = [
    { opened = 2020-01-02, quantity = 100, cost-basis = "9000" },
    { opened = 2020-01-03, quantity = 350, cost-basis = "7000" },
]

[[account.position]]
symbol = "AGG"
kind = "etf"
price = 100
lot = [{ opened = 2020-01-02, quantity = 500, cost-basis = "50000" }]

[[account]]
name = "IRA"
id = "B2222"
kind = "traditional"
cash = 0
as-of = 2026-06-30

[[account.position]]
symbol = "NVDA"
price = 100
quantity = 50
cost-basis = 1000
"#;

struct Household {
    folder: TempDir,
}

impl Household {
    fn new() -> Household {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("holdings.toml"), HOLDINGS).unwrap();
        let config = ONLY_TECH.replace("[trading]\n", "[trading]\ndo-not-sell = [\"AGG\"]\n");
        fs::write(folder.path().join("broaden.toml"), config).unwrap();
        Household { folder }
    }

    fn explain(&self, arguments: &[&str]) -> String {
        said(self.folder.path(), &[&["explain"], arguments].concat())
    }
}

#[track_caller]
fn said(folder: &Path, arguments: &[&str]) -> String {
    run_in(folder, arguments).done().out
}

#[test]
fn the_price_ladder_of_a_cap() {
    let text = Household::new().explain(&["limits.tech", "."]);
    says(
        &text,
        &[
            " 50.0% ->  45.0%  $0.00 a point\n",
            " 45.0% ->  35.0%  $15.00 a point\n",
            " 35.0% ->  30.0%  $120.00 a point\n",
        ],
    );
    let at_35 = Household::new().explain(&["limits.tech", ".", "--set", "limits.tech.base=35%"]);
    says(&at_35, &["The next point of this cap costs $120.00 in tax; the last one cost $15.00."]);
}

/// The issuer cap of 10% asks for sales down to the floor of tech, 25%, whatever the theme's cap is: 250 shares, 50 of them of
/// the IRA, 100 for $150 and 100 for $1,200. A point of the theme's cap costs nothing more, which is not to say nothing.
#[test]
fn a_cap_that_costs_nothing_more_is_said_to_cost_what_others_do() {
    let issuer = ["--set", "limits.issuer.enabled=true", "--set", "limits.issuer.trigger=0%"];
    // A fund with some tech would leave the floor of the core more room.
    let cash = ["--set", "sleeves.neutral=cash"];
    let text = Household::new().explain(&[&["limits.tech", "."], &issuer[..], &cash[..]].concat());
    says(&text, &["costs no tax beyond the $1,350.00 that other limits cost (each point solved again)\n"]);
    assert!(!text.contains("costs no tax ("), "{text}");
}

#[test]
fn the_smallest_set_of_limits_that_conflict() {
    let house = Household::new();
    let set = ["--set", "limits.tech.base=40%"];
    let none = house.explain(&[&["limits.tech", "."], &set[..]].concat());
    assert!(!none.contains("cannot hold together"), "{none}");
    let config =
        house.explain(&[&["limits.tech", ".", "--set", "trading.do-not-sell=[\"AGG\", \"NVDA\"]"], &set[..]].concat());
    says(&config, &["  these cannot hold together: limits.tech, trading.do-not-sell NVDA\n"]);
    let asked = house.explain(&[&["limits.tech", ".", "--keep", "NVDA"], &set[..]].concat());
    says(
        &asked,
        &["what if: --set limits.tech.base=40%  --keep NVDA\n", "cannot hold together: limits.tech, --keep NVDA\n"],
    );
    let turnover = house.explain(&[&["limits.tech", ".", "--set", "limits.turnover.max=1%"], &set[..]].concat());
    says(&turnover, &["cannot hold together: limits.tech, limits.turnover\n"]);
}

#[test]
fn a_lot_is_explained_down_to_its_place_and_the_next_one() {
    let house = Household::new();
    let text = house.explain(&["NVDA 2020-01-02", ".", "--set", "limits.tech.base=40%"]);
    says(
        &text,
        &[
            "NVDA: lot of 2020-01-02, 100 in ...1111 Individual: 1.5 cents of tax per dollar sold; the plan sells 50\n",
            "100 x $100.00 = $10,000.00, cost $9,000.00, gain $1,000.00\n",
            "long-term on 2026-06-30: rate 15.0%\n",
            "lot of 2020-01-03, 350 in ...1111 Individual: 12.0 cents of tax per dollar sold; kept\n",
            "  its tax is repaid by 0.07% more a year over 10 years (0.16% if never taxed otherwise)\n",
            // 50 shares of the low lot instead: 50 x $80 x 15%.
            "without this lot: tax $600.00 instead of $75.00",
            "holdings.toml:13:",
        ],
    );
}

#[test]
fn a_lot_that_is_kept_says_why() {
    let text = Household::new().explain(&["NVDA 2020-01-03", ".", "--set", "limits.tech.base=40%"]);
    says(&text, &["\n  it is kept: other lots and holdings cost less for tech-broad\n"]);
    let text = Household::new().explain(&["NVDA 2020-01-03", ".", "--set", "limits.tech.base=90%"]);
    says(&text, &["not for sale: no broken limit asks for it\n"]);
}

/// An account where nothing is sold is not said to be sold in first.
#[test]
fn what_is_not_so_is_not_said_of_an_account() {
    let text = Household::new().explain(&["ira", "."]);
    says(&text, &["  sales here are not taxed\n"]);
}

#[test]
fn each_kind_of_name_has_an_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, part) in [
        ("NVDA", "if it were kept (--keep NVDA): tax"),
        ("limits.issuer.NVDA", "without it"),
        ("issuer.NVDA", "before the plan 16.4%"),
        ("limits.issuer.MSFT", "points from its bound"),
        ("limits.turnover", "with a point more (6.0%)"),
        ("sleeve.XLE", "behind SPY"),
        ("signals.breadth-200", "with its score at 0 the strength would go to"),
        ("breadth-200", "ramp 40 to 70"),
        ("sahm", "from caution at"),
        ("rotation", "score 0.462 x 1.00"),
        ("...5432", "sales here are not taxed"),
        ("roth", "cash $2,150.33 + sales $11,965.80 - purchases $13,195.61, less spreads = $917.97"),
        ("household.cash-reserve", "\"1%\"  (portfolios/demo/broaden.toml:5)"),
        ("fund-data-aged", "hand in the issuer's holdings file"),
        ("tech-broad", "limits.tech: 62.0% is over"),
        ("NVIDIA", "limits.issuer.NVDA: 16.4% is over"),
        ("theme-cap", "theme-cap (limit)"),
        ("AAPL #1.2 2025-12-11", "AAPL: lot of 2025-12-11, 20 in ...417"),
        ("...417 Individual AAPL #1.2 2025-12-11", "AAPL: lot of 2025-12-11, 20 in ...417"),
        ("SPAXX", "it counts as cash (portfolios/demo/"),
        ("cash", "an order that raises cash, which no limit asks for"),
        ("sleeves.neutral", "the fund that takes what is sold and goes to no sleeve"),
        ("sleeves.neutral", "it is not set"),
        ("route.by", "it is not set, and has no default"),
        ("tax.budget", "tax.budget: Most tax on gains in a calendar year"),
        ("household.cash-reserve", "household.cash-reserve: Share of each account that stays in cash."),
    ] {
        says(&said(root, &["explain", name, DEMO]), &[part]);
    }
    let later = said(root, &["explain", "fund-data-aged", "portfolios/demo", "--as-of", "2027-06-30"]);
    says(&later, &["raised once in this run"]);
}

#[test]
fn the_whole_plan_is_compared_with_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = said(root, &["explain", DEMO]);
    says(
        &text,
        &[
            "doing nothing",
            "if gains were not taxed",
            "only accounts without tax",
            "what stops it from doing more",
            "these cannot hold together: limits.tech, limits.turnover",
            "WHAT DID NOT FIRE, THE NEAREST FIRST   22 rules\n  limits.issuer.MSFT",
            "WHAT WOULD MAKE THIS PLAN WRONG\n",
            "if it is reversed: about",
        ],
    );
    // Without a name or a path, the household of the folder one is in.
    assert_eq!(
        said(&root.join("portfolios/demo"), &["explain"]).lines().next(),
        text.lines().next(),
        "the plan of the folder"
    );
}

#[test]
fn unknown_names_get_the_nearest_of_the_household() {
    let said = program::run(&["explain", "limits.turnovr", DEMO]).refused();
    says(&said, &["did you mean `limits.turnover`?"]);
    // Who named the household is not asked to.
    let said = program::run(&["explain", "nothingofthiskind", DEMO]).refused();
    assert!(said.contains("the household has no ticker, lot, order") && !said.contains("need a PATH"), "{said}");
    says(&program::run(&["explain", "nothingofthiskind"]).refused(), &["need a PATH too"]);
    says(&program::run(&["explain", "route.by"]).done().out, &["route.by (config key)"]);
}

/// Every code that a stage or the command line declares, read from the sources.
fn declared_codes(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            declared_codes(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // The macro itself is written with a `$` before what a stage writes as `NAME "id" "Explanation.";`.
        for block in text.split("codes! {\n").skip(1) {
            let lines = block.lines().take_while(|line| *line != "}");
            found.extend(lines.filter_map(|line| line.split('"').nth(1)).map(str::to_owned));
        }
    }
}

#[test]
fn every_diagnostic_of_the_program_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut codes = Vec::new();
    declared_codes(&root.join("src"), &mut codes);
    assert!(codes.len() > 90, "{codes:?}");
    let list = said(root, &["explain", "--list"]);
    let listed: Vec<&str> = list.lines().map(str::trim).collect();
    let lacking: Vec<&String> = codes.iter().filter(|code| !listed.contains(&code.as_str())).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    says(&said(root, &["explain", "much-excluded"]), &["much-excluded (diagnostic)", "More than 2%"]);
}

/// In all $100,000, of which $90,000 leave the account with $45,000 of NVDA and $50,000 of AGG.
#[test]
fn what_a_withdrawal_needs_is_in_every_comparison() {
    let asked = ["--withdraw", "1111=90000", "--set", "limits.turnover.max=5%", "--set", "trading.do-not-sell=[]"];
    let explain = |arguments: &[&str]| Household::new().explain(&[arguments, &["."], &asked[..]].concat());
    // 5% of $100,000 and the $90,000 are more than the $10,000 that stay: a point more is not less.
    let turnover = explain(&["limits.turnover"]);
    says(&turnover, &["\n  with a point more of what stays: "]);
    let line = turnover.lines().find(|line| line.contains("with a point more")).unwrap();
    assert!(!line.contains("less is sold"), "{line}");
    says(&explain(&["AGG"]), &["  if it were kept (--keep AGG): ", "; cash would be short by $45,000.00"]);
    let whole = explain(&[]);
    let row = |name: &str| whole.lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_owned();
    says(&row("doing nothing"), &["  cash short $90,000.00"]);
    says(&row("only accounts without tax"), &["  cash short $90,000.00"]);
    assert!(!row("this plan").contains("cash short"), "{whole}");
}

/// A cap is what it caps, not what it is called: under another name (as long, so that columns stay) every format says the same.
#[test]
fn a_cap_under_another_name_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEMO);
    for file in fs::read_dir(&demo).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let own = fs::read_to_string(demo.join("broaden.toml")).unwrap();
    let named = |named: &str, other: &str, verb: &str, format: &[&str]| {
        let cap = |name: &str, on: bool| {
            format!(
                "[limits.{name}]\nkind = \"theme-cap\"\ntheme = \"tech-broad\"\nbase = \"45%\"\nmin = \"30%\"\nfull = 1\n\
                 floor = \"25%\"\ntrigger = \"1%\"\nenabled = {on}\n"
            )
        };
        fs::write(folder.path().join("broaden.toml"), format!("{own}{}{}", cap(named, true), cap(other, false)))
            .unwrap();
        let text = said(folder.path(), &[&[verb, "."], format].concat());
        // The values of the config are listed by key.
        let text = text.split_once("\"inputs\": [").map_or(text.as_str(), |(_, rest)| rest);
        let is_digest = |line: &str| line.split(|c: char| !c.is_ascii_hexdigit()).any(|run| run.len() >= 64);
        let of_config = |line: &str| ["onfig", "broaden.toml", "sha256"].iter().any(|word| line.contains(word));
        let without_digest = |line: &&str| !of_config(line) && !is_digest(line);
        text.lines()
            .filter(without_digest)
            .map(|line| line.replace(&format!("limits.{named}"), "CAP") + "\n")
            .collect::<String>()
    };
    let formats: [(&str, &[&str], &str); 5] = [
        ("advise", &[], "\nDOING NOTHING"),
        ("advise", &["--format", "md"], "\n## Doing nothing\n"),
        ("advise", &["--format", "html"], "Doing nothing</bdi></h2>"),
        ("advise", &["--json"], "\"nothing\": {"),
        ("explain", &[], "THE PRICE LADDER   of CAP"),
    ];
    for (verb, format, part) in formats {
        let before = named("tech", "tilt", verb, format);
        assert!(before.contains(part), "{format:?}: {before}");
        assert_eq!(before, named("tilt", "tech", verb, format), "{format:?}");
        // Without any cap on a theme nothing that is always shown is missing.
        if verb == "advise" {
            let none = ["--without", "limits.tech", "--without", "limits.tilt", "--without", "limits.mag7"];
            let text = said(folder.path(), &[&[verb, "."], format, &none].concat());
            assert!(text.contains(part), "{format:?}: {text}");
        }
    }
}

#[test]
fn a_brokers_name_means_its_files_with_the_way_to_them() {
    let folder = TempDir::new().unwrap();
    let explain = |word: &str| run_in(folder.path(), &["explain", word]).done().out;
    for (word, parts) in [
        ("fidelity", ["fidelity-positions (file format)", "fidelity-statement (file format)"]),
        ("Schwab", ["schwab-positions (file format)", "Download: Accounts > Positions > Export"]),
        ("ofx", ["ofx (file format)", "Download: the broker's download page"]),
    ] {
        let text = explain(word);
        assert!(parts.iter().all(|part| text.contains(part)), "{word}: {text}");
    }
}
