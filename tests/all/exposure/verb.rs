//! `broaden exposure` as a whole program.

use super::*;
use assert_cmd::Command;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(arguments: &[&str], columns: &str) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("broaden").unwrap();
    command.current_dir(root()).arg("exposure").args(arguments).env("NO_COLOR", "1").env("COLUMNS", columns);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn json(arguments: &[&str]) -> Value {
    let (code, out, said) = run(&[arguments, &["--json"]].concat(), "100");
    assert_eq!(code, Some(0), "{said}");
    serde_json::from_str(&out).unwrap()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

/// A household in a folder of its own, with what nobody knows in it.
fn folder(name: &str, config: &str, positions: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("broaden.toml"), config).unwrap();
    let text =
        format!("[[account]]\nas-of = 2026-11-20\nname = \"Individual\"\nid = \"12345678\"\ncash = 1000\n{positions}");
    std::fs::write(folder.join("holdings.toml"), text).unwrap();
    folder
}

fn line(symbol: &str, shares: u32) -> String {
    format!("\n[[account.position]]\nsymbol = \"{symbol}\"\nquantity = {shares}\nprice = 100\n")
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = root().join("schema/exposure.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, broaden::report::exposure::json::schema()).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap();
    assert_eq!(published, broaden::report::exposure::json::schema(), "run with UPDATE_GOLDEN=1");
    let schema: Value = serde_json::from_str(&published).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut report = json(&["portfolios/demo"]);
    let problems: Vec<String> = validator.iter_errors(&report).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    // A schema that accepts anything would prove nothing.
    report["household"]["value"] = Value::from(12.5);
    assert!(!validator.is_valid(&report));
}

#[test]
fn json_adds_up_and_accounts_make_the_household() {
    let report = json(&["portfolios/demo"]);
    let household = &report["household"];
    let number = |value: &Value| value.as_f64().unwrap();
    for (id, theme) in household["themes"].as_object().unwrap() {
        let sum: f64 = theme["contributions"].as_array().unwrap().iter().map(|part| number(&part["weight"])).sum();
        assert!((sum - number(&theme["weight"])).abs() < 1e-7, "{id}: {sum}");
    }
    let sectors: f64 = household["sectors"].as_object().unwrap().values().map(|sector| number(&sector["weight"])).sum();
    let others = ["non_equity", "cash_weight", "derivatives", "unclassified"].map(|key| number(&household[key]));
    near_to(sectors + others.iter().sum::<f64>() - number(&household["leverage"]), 1.0);
    let accounts = report["accounts"].as_array().unwrap();
    let values: Decimal = accounts.iter().map(|account| decimal(&account["measures"]["value"])).sum();
    assert_eq!(values, decimal(&household["value"]));
    let tech: f64 = accounts
        .iter()
        .map(|account| number(&account["measures"]["themes"]["tech-broad"]["weight"]) * account_value(account))
        .sum();
    near_to(
        tech / account_value(&serde_json::json!({ "measures": household })),
        number(&household["themes"]["tech-broad"]["weight"]),
    );
    let cap = report["caps"].as_array().unwrap().iter().find(|cap| cap["id"] == "limits.tech").unwrap();
    near_to(number(&cap["measured"]) - number(&cap["cap"]), number(&cap["over"]));
    assert_eq!(household["fund_rules"].as_array().unwrap().len(), 3);
    assert!(!report["winners"].as_array().unwrap().is_empty());
}

fn account_value(account: &Value) -> f64 {
    account["measures"]["value"].as_str().unwrap().parse().unwrap()
}

fn near_to(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-6, "{left} is not {right}");
}

#[test]
fn what_is_printed_adds_up_as_printed() {
    let (code, out, said) = run(&["portfolios/demo", "--by", "theme"], "120");
    assert_eq!(code, Some(0), "{said}");
    let mut tables = 0;
    for table in out.split("WHAT ADDS TO ").skip(1) {
        // The last two numbers before the bar: dollars and percent that a position adds.
        let numbers = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().filter(|word| !word.starts_with('#')).collect();
            let percent: f64 = words.last()?.strip_suffix('%')?.parse().ok()?;
            let dollars: f64 = words.get(words.len() - 2)?.strip_prefix('$')?.replace(',', "").parse().ok()?;
            Some(((dollars).round(), (percent * 10.0).round()))
        };
        let rows: Vec<(f64, f64)> =
            table.lines().filter(|line| !line.contains("all of it")).filter_map(numbers).collect();
        let sum = table.lines().find(|line| line.contains("all of it")).and_then(numbers).unwrap();
        assert!(rows.len() > 3);
        assert_eq!((rows.iter().map(|row| row.0).sum::<f64>(), rows.iter().map(|row| row.1).sum::<f64>()), sum);
        tables += 1;
    }
    assert_eq!(tables, 3);
}

#[test]
fn lines_fit_the_terminal_and_bars_take_what_is_left() {
    for arguments in
        [&["--fund-rules"][..], &["--by", "account"], &["--by", "issuer"], &["--by", "sector"], &["--by", "theme"]]
    {
        for columns in [40usize, 47, 60, 72, 80, 100, 160] {
            let all = [&["portfolios/demo"], arguments].concat();
            let (_, out, _) = run(&all, &columns.to_string());
            let longest = out.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(longest <= columns, "{arguments:?} at {columns}: {longest}");
            assert!(!out.contains('\u{1b}'));
            assert!(columns < 160 || out.contains("########"), "{arguments:?} draws no bars");
        }
    }
}

/// The same rows stand in a narrow terminal, in the same order, whatever is wrapped or left out for room.
#[test]
fn a_narrow_terminal_loses_no_row() {
    let rows = |by: &str, columns: &str| -> Vec<(String, String)> {
        let (_, out, _) = run(&["portfolios/demo", "--by", by], columns);
        let first = |line: &str| {
            let mut words = line.split_whitespace();
            let name: String = words.next()?.chars().take(10).collect();
            let number = words.find(|word| word.ends_with('%') || word.starts_with('$'))?;
            Some((name, number.to_owned()))
        };
        out.lines().filter(|line| line.starts_with("  ") && !line.starts_with("     ")).filter_map(first).collect()
    };
    for (by, least) in [("account", 3), ("sector", 11), ("issuer", 40)] {
        let (narrow, wide) = (rows(by, "40"), rows(by, "160"));
        assert!(wide.len() >= least, "{by}: {wide:?}");
        assert_eq!(narrow, wide, "{by}");
    }
}

#[test]
fn shorts_are_said_and_weights_are_of_the_net_value() {
    let positions = "[[account.position]]\nsymbol = \"NVDA\"\nquantity = 100\nprice = 200\n[[account.position]]\nsymbol = \
                     \"XOM\"\nquantity = -50\nprice = 120\n";
    let house = folder("short", "", positions);
    let house = house.to_str().unwrap();
    // 20,000 long, 6,000 short and 1,000 of cash: 15,000 net.
    let (_, out, said) = run(&[house], "100");
    assert!(out.contains("can be above 100%: sold short -40.0%"), "{out}{said}");
    let figures = &json(&[house])["household"];
    let is = |value: &Value, wanted: f64| assert!((value.as_f64().unwrap() - wanted).abs() < 1e-6, "{value} {wanted}");
    assert_eq!(decimal(&figures["value"]), Decimal::from(15_000));
    is(&figures["short"], -0.4);
    is(&figures["themes"]["gics-it"]["weight"], 20.0 / 15.0);
    is(&figures["sectors"]["energy"]["weight"], -0.4);
    is(&figures["cash_weight"], 1.0 / 15.0);
    // What is short is none of the largest.
    is(&figures["concentration"]["top_5_issuers"], 20.0 / 15.0);
    let all: f64 = figures["sectors"].as_object().unwrap().values().map(|own| own["weight"].as_f64().unwrap()).sum();
    assert!((all + 1.0 / 15.0 - 1.0).abs() < 1e-6, "{all}");
}

#[test]
fn the_unknown_comes_with_the_lines_that_classify_it() {
    let positions = [line("NVDA", 50), line("ZZZFX", 40), line("QZZQ", 10)].concat();
    let unknown = folder("unknown", "", &positions);
    let (code, out, said) = run(&[unknown.to_str().unwrap()], "100");
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("NOT KNOWN"), "{out}");
    // In any wrapping.
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["ZZZFX", "[instruments.ZZZFX]", "[instruments.QZZQ]", "of the value is not known at all", "$4,000.00"]
    {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    let report = json(&[unknown.to_str().unwrap()]);
    assert_eq!(report["household"]["unknown"].as_array().unwrap().len(), 2);
    // The lines, once a sector is named, do what they say.
    let config = "[instruments.ZZZFX]\nlike = \"SPY\"\n[instruments.QZZQ]\nsector = \"energy\"\n";
    let known = folder("known", config, &positions);
    let (_, out, _) = run(&[known.to_str().unwrap()], "100");
    assert!(!out.contains("NOT KNOWN"), "{out}");
}

#[test]
fn absurd_overrides_are_errors_with_their_place() {
    let config = "[instruments.NVDA]\nsector = \"informaton-technology\"\n[instruments.spy]\nholdings = { NVDA = 1.5 }\n\
        [themes.a]\nthemes = [\"b\"]\n[themes.b]\nthemes = [\"a\"]\n[instruments.ZZZ]\nmultiple = 50\nsektor = \"45\"\n";
    let absurd = folder("absurd", config, &line("NVDA", 1));
    let (code, out, said) = run(&[absurd.to_str().unwrap()], "100");
    assert_eq!((code, out.as_str()), (Some(2), ""));
    for part in [
        "did you mean `information-technology`?",
        "broaden.toml:2:10",
        "takes a weight from 0% to 100%",
        "theme-cycle",
        "`multiple`",
        "did you mean `sector`?",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

/// Without `--as-of`, the day is that of the holdings.
#[test]
fn sectors_and_ages_are_of_the_day_of_the_holdings() {
    for (day, tech, age) in [("2022-12-30", 0.5, 59), ("2023-12-29", 0.0, 423)] {
        let household = folder("dated", "", &line("V", 10));
        let file = household.join("holdings.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("2026-11-20", day)).unwrap();
        std::fs::create_dir_all(household.join("funds")).unwrap();
        let fund = "Fund Name:,Z,,\nTicker Symbol:,ZZT,,\nHoldings:,As of 01-Nov-2022,,\nName,Ticker,Weight,Sector\n\
                    NVIDIA,NVDA,100.0,-\n";
        std::fs::write(household.join("funds/zzt.csv"), fund).unwrap();
        let (code, out, said) = run(&[household.to_str().unwrap(), "--json"], "100");
        assert_eq!(code, Some(0), "{said}");
        let report: Value = serde_json::from_str(&out).unwrap();
        near_to(report["household"]["themes"][GICS_IT]["weight"].as_f64().unwrap(), tech);
        assert!(said.contains(&format!("the holdings of ZZT are of 2022-11-01, {age} days old")), "{said}");
    }
}
