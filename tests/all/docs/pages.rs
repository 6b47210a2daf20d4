//! The pages of the book that are made from the registries: every verb, key, rule, format, word and diagnostic.

use std::fmt::Write;
use std::path::Path;

use broaden::config::TEMPLATE;
use broaden::explain::{Topic, topics};
use broaden::holdings::READERS;
use broaden::{backtest, pipeline};
use serde_json::Value;

/// What every made page begins with.
const MADE: &str =
    "<!-- Made from the registries by `UPDATE_GOLDEN=1 cargo test docs::`; an edit here is lost. -->\n\n";

/// A broker's page: the name of its file, its title, and the readers of its files.
type Broker = (&'static str, &'static str, &'static [&'static str]);

/// Every reader has its place on one page; `every_reader_is_on_one_page` says when one has none.
pub const BROKERS: [Broker; 27] = [
    ("schwab", "Charles Schwab", &["schwab-positions", "schwab-lots", "schwab-api"]),
    ("fidelity", "Fidelity", &["fidelity-positions", "fidelity-statement"]),
    ("vanguard", "Vanguard", &["vanguard"]),
    ("interactive-brokers", "Interactive Brokers", &["ibkr-statement", "ibkr-flex", "ibkr-portfolio-analyst"]),
    ("etrade", "E*TRADE", &["etrade"]),
    ("merrill", "Merrill", &["merrill"]),
    ("morgan-stanley", "Morgan Stanley", &["morgan-stanley"]),
    ("jpmorgan", "J.P. Morgan", &["jpmorgan"]),
    ("thinkorswim", "thinkorswim", &["thinkorswim"]),
    ("m1", "M1", &["m1-holdings", "m1-lots"]),
    ("empower", "Empower", &["empower"]),
    ("wealthfront", "Wealthfront", &["wealthfront-lots"]),
    ("robinhood", "Robinhood", &["robinhood"]),
    ("wealthsimple", "Wealthsimple", &["wealthsimple"]),
    ("trading212", "Trading 212", &["trading212-pie", "trading212-history"]),
    ("degiro", "DEGIRO", &["degiro"]),
    ("webull", "Webull", &["webull-orders"]),
    ("questrade", "Questrade", &["questrade-activities"]),
    ("tsp", "Thrift Savings Plan", &["tsp-transactions"]),
    ("ofx", "Any broker or plan with OFX or QFX", &["ofx"]),
    ("yahoo", "Yahoo Finance", &["yahoo"]),
    ("wealthfolio", "Wealthfolio", &["wealthfolio"]),
    ("ghostfolio", "Ghostfolio", &["ghostfolio"]),
    ("portfolio-performance", "Portfolio Performance", &["portfolio-performance"]),
    ("aggregators", "Plaid and SnapTrade", &["plaid", "snaptrade"]),
    ("plain-text-accounting", "beancount and hledger", &["beancount", "hledger"]),
    ("own", "Files of broaden itself", &["broaden", "trades", "orders"]),
];

/// Every made page, by its path below `docs/src`.
pub fn pages() -> Vec<(String, String)> {
    let mut all = topics(&[pipeline::codes().as_slice(), backtest::CODES].concat());
    all.extend(of_the_command_line(&all));
    all.sort_by(|one, other| (one.group, &one.name).cmp(&(other.group, &other.name)));
    let mut pages = vec![
        ("verbs.md".to_owned(), verbs()),
        ("config.md".to_owned(), config()),
        ("rules.md".to_owned(), rules(&all)),
        ("market-files.md".to_owned(), market_files(&all)),
        ("words.md".to_owned(), list(&all, "report word", WORDS)),
        ("diagnostics.md".to_owned(), list(&all, "diagnostic", DIAGNOSTICS)),
        ("brokers.md".to_owned(), brokers()),
    ];
    pages.extend(BROKERS.iter().map(|broker| (format!("brokers/{}.md", broker.0), broker_page(broker))));
    for (_, text) in &mut pages {
        *text = format!("{MADE}{}\n", text.trim_end());
    }
    pages
}

/// The diagnostics that only the program itself has, asked of it.
fn of_the_command_line(known: &[Topic]) -> Vec<Topic> {
    let list = crate::program::run(&["explain", "--list"]).done().out;
    let diagnostics = list.split("\n\n").find(|group| group.trim_start().starts_with("diagnostics\n"));
    let names = diagnostics.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("  "));
    let others = names.filter(|name| !known.iter().any(|topic| topic.group == "diagnostic" && topic.name == *name));
    let explained = others.map(|name| {
        let told = crate::program::run(&["explain", name]).done().out;
        let (_, text) = told.split_once("\n\n").unwrap_or_default();
        Topic {
            name: name.to_owned(),
            group: "diagnostic",
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    });
    explained.collect()
}

const WORDS: &str = "# Words of the report\n\nEvery heading and column, in a sentence or two. `broaden explain \"what was left\"` says the same.\n";
const DIAGNOSTICS: &str = "# Diagnostics\n\nEvery error, warning and note has a name in brackets. A message says what, where and what to do; here is what each means.\n`broaden explain NAME` says the same.\n";

/// A page of one group of words: each with its text.
fn list(all: &[Topic], group: &str, head: &str) -> String {
    let mut text = head.to_owned();
    for topic in all.iter().filter(|topic| topic.group == group) {
        let _ = write!(text, "\n**{}**: {}\n", topic.name, prose(&topic.text).trim());
    }
    text
}

/// The help of every verb, which is held against the program where it is kept.
fn verbs() -> String {
    let mut text = String::from("# Every verb\n\nAs `broaden VERB --help` prints it; `-h` is shorter.\n");
    for verb in std::iter::once("").chain(crate::usage::VERBS) {
        let name = if verb.is_empty() { "broaden" } else { verb };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/help/{name}--help.txt"));
        let help = std::fs::read_to_string(path).unwrap_or_default();
        let title = if verb.is_empty() { "broaden".to_owned() } else { format!("broaden {verb}") };
        let _ = write!(text, "\n## {title}\n\n```text\n{}```\n", trimmed(&help));
    }
    text
}

/// Without blanks at the ends of lines.
fn trimmed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The config: the template whole, and the keys of each section.
fn config() -> String {
    let schema: Value = serde_json::from_str(&pipeline::config_schema()).unwrap_or_default();
    let mut text = String::from(
        "# Every key of the config\n\n`broaden init household/` writes this file as `broaden.toml`, with every key at its default. Delete what you do not\nchange: what is not there is at its default, but for what goes with a `base` of `[limits.tech]` or a `max` of `[limits.issuer]`,\nas is said there. `broaden config list household/` prints what is in effect and from where,\n`broaden config schema` a JSON Schema for editors. Kinds of limits, signals and brakes, and their keys, are on\n[their own page](rules.md).\n\n## The file\n\n```toml\n",
    );
    text.push_str(TEMPLATE);
    text.push_str("```\n");
    for section in pipeline::SECTIONS {
        let about = &schema["properties"][*section];
        let (named, table) = match &about["additionalProperties"] {
            Value::Object(table) => (true, Value::Object(table.clone())),
            _ => (false, about.clone()),
        };
        let rows = rows(&table);
        if rows.is_empty() {
            continue;
        }
        let name = if named { format!("[{section}.NAME]") } else { format!("[{section}]") };
        let _ = write!(text, "\n## {name}\n\n{HEADER}{rows}");
    }
    text
}

const HEADER: &str = "| key | takes | default | what it is |\n|---|---|---|---|\n";

/// The rows of a table of keys.
fn rows(table: &Value) -> String {
    let required: Vec<&str> = table["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut text = String::new();
    // A constant `kind` names its table; any other says how an account is taxed, or what an instrument is.
    let keys = table["properties"].as_object().into_iter().flatten();
    for (key, about) in keys.filter(|(_, about)| about["const"].is_null()) {
        let default = match &about["default"] {
            _ if required.contains(&key.as_str()) => "must be given".to_owned(),
            Value::Null => String::new(),
            value => format!("`{value}`"),
        };
        let doc = about["description"].as_str().unwrap_or_default();
        let _ = writeln!(text, "| `{key}` | {} | {default} | {} |", takes(about), cell(doc));
    }
    text
}

/// What a key takes, in words.
fn takes(about: &Value) -> String {
    if let Some(words) = about["enum"].as_array() {
        return words
            .iter()
            .map(|word| format!("`{}`", word.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(", ");
    }
    if let Some(forms) = about["oneOf"].as_array() {
        if forms.iter().any(|form| form["type"] == "array") {
            return "a ticker, or a list of them".to_owned();
        }
        let pattern = forms.iter().find_map(|form| form["pattern"].as_str()).unwrap_or_default();
        return match (pattern.contains("benchmark"), pattern.is_empty()) {
            (true, _) => "a weight, or `benchmark + 8`",
            (false, false) => "a weight: `\"45%\"` or `0.45`",
            (false, true) => "dollars",
        }
        .to_owned();
    }
    let range = match (&about["minimum"], &about["maximum"]) {
        (Value::Null, _) | (_, Value::Null) => String::new(),
        (least, most) => format!(", {least} to {most}"),
    };
    let kind = match about["type"].as_str() {
        Some("boolean") => "true or false",
        Some("string") if about["pattern"].is_string() => "a day, `2026-11-20`",
        Some("string") => "text",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("array") if about["maxItems"] == 2 => "two numbers",
        Some("array") => "a list of texts",
        Some("object") => "a table",
        _ => "dollars, either sign",
    };
    format!("{kind}{range}")
}

/// A text that fits into one cell of a table.
fn cell(text: &str) -> String {
    prose(text).split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// Limits, signals, brakes, and what they measure.
fn rules(all: &[Topic]) -> String {
    let mut text = String::from(
        "# Every rule\n\nA table of the config says by its `kind` which of these it is. `broaden explain KIND` prints the same; with a household\nthe answer has its numbers: `broaden explain limits.tech household/`.\n",
    );
    let groups = [
        ("limit", "Limits"),
        ("rotation rule", "Rotation"),
        ("signal", "Signals"),
        ("brake", "Brakes"),
        ("measure", "What is measured"),
        ("plan measure", "What the plan holds limits against"),
    ];
    for (group, title) in groups {
        let _ = write!(text, "\n## {title}\n");
        for topic in all.iter().filter(|topic| topic.group == group) {
            let _ = write!(text, "\n### {}\n\n{}\n", topic.name, prose(&topic.text).trim());
        }
    }
    text
}

/// Files of the market and of funds.
fn market_files(all: &[Topic]) -> String {
    let mut text = String::from(
        "# Market and fund files\n\nFiles of `market/` and `funds/` are known by their content, whatever they are called. `broaden market household/` says what\nyour config wants, what is there, and where the rest is to be had.\n",
    );
    for (group, title) in [("market file", "Market files"), ("fund file", "What a fund holds")] {
        let _ = write!(text, "\n## {title}\n");
        for topic in all.iter().filter(|topic| topic.group == group) {
            let _ = write!(text, "\n### {}\n\n{}\n", topic.name, prose(&topic.text).trim());
        }
    }
    text
}

/// All brokers in one table.
fn brokers() -> String {
    let mut text = String::from(
        "# Every broker\n\nFiles are recognised by their content. `broaden holdings FILE` shows what was read; `broaden explain NAME` has the way\nthrough the menus, as below. What is not recognised is refused, and `[import.NAME]` in [the config](config.md) maps the\ncolumns of any other table.\n\n| from | file | the way to it |\n|---|---|---|\n",
    );
    for (slug, title, readers) in BROKERS {
        for (index, id) in readers.iter().enumerate() {
            let from = if index == 0 { format!("[{}](brokers/{slug}.md)", escaped(title)) } else { String::new() };
            let way = READERS.iter().find(|reader| reader.id == *id).map_or("", |reader| reader.download);
            let _ = writeln!(text, "| {from} | `{id}` | {} |", escaped(way).replace('|', "\\|"));
        }
    }
    text
}

/// The page of one broker.
fn broker_page(broker: &Broker) -> String {
    let (_, title, readers) = broker;
    let mut text = format!("# {}\n", escaped(title));
    for reader in readers.iter().filter_map(|id| READERS.iter().find(|reader| reader.id == *id)) {
        let _ = write!(text, "\n## {}\n\n", escaped(reader.broker));
        if !reader.download.is_empty() {
            let _ = write!(text, "**The way to the file**: {}.\n\n", escaped(reader.download));
        }
        let _ = writeln!(text, "{}", prose(reader.doc).trim());
        if !reader.needs.is_empty() {
            let columns: Vec<String> = reader
                .needs
                .iter()
                .map(|names| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "))
                .collect();
            let _ = write!(text, "\nColumns it cannot do without: {}.\n", columns.join(", "));
        }
        let _ = write!(text, "\n`broaden explain {}` says the same.\n", reader.id);
    }
    text.push_str(
        "\nThen `broaden holdings FILE` shows what was read, and `broaden advise FILE` is the first answer.\n",
    );
    text
}

/// An explanation as Markdown: what is indented stands as it is, the rest flows.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in text.lines().map(str::trim_end).chain(std::iter::once("")) {
        let indented = line.starts_with("  ");
        if indented != inside && !(inside && line.is_empty()) {
            out.push_str(if indented { "\n```text\n" } else { "```\n\n" });
            inside = indented;
        }
        let line = if inside { line.to_owned() } else { escaped(line) };
        out.push_str(&line);
        out.push('\n');
    }
    if inside {
        out.push_str("```\n");
    }
    while let Some(at) = out.find("\n\n\n") {
        out.replace_range(at..at + 3, "\n\n");
    }
    out.replace("\n\n```\n", "\n```\n")
}

/// A text in which Markdown finds nothing to set, but for what stands in backticks.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        if index % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for c in part.chars() {
            if matches!(c, '*' | '_' | '<' | '[' | ']') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}
