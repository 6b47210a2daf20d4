//! A household as one JSON text: the twin of a portfolio file in TOML, with its config and its past trades.
//!
//! It is written out as the TOML and CSV that the readers know, so that JSON means what TOML means; each line remembers the
//! key it comes from, and every message names that: `smith: account[0].position[2].quantity`.

use std::collections::BTreeSet;
use std::path::{Component, Path};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::diagnostics::text::plain;
use crate::diagnostics::{Diagnostic, Place, Sink, Source, SourceKind, nearest};
use crate::holdings::unique;
use crate::model::RawFile;

crate::codes! {
    BAD_LINE "bad-household" "A household in JSON is one object on one line: `id`, the `account` and `lots` of a portfolio file in TOML, and, where wanted, `trades` and `config`. The message says what is wrong; `broaden batch --help` shows one.";
}

/// The keys of a household.
const KEYS: [&str; 5] = ["id", "account", "lots", "trades", "config"];

/// A household that was read from JSON.
#[derive(Clone, Debug, Default)]
pub struct Twin {
    /// As the text has it, for whoever joins answers to questions by it.
    pub id: Option<String>,
    /// The holdings and past trades.
    pub holdings: Vec<RawFile>,
    /// Its config.
    pub config: Given,
}

/// How a household comes to its config.
#[derive(Clone, Debug, Default)]
pub enum Given {
    /// It has none of its own.
    #[default]
    None,
    /// It names a file, below the folder one is in.
    Path(String),
    /// It brings it along.
    Inline(Arc<Source>),
}

impl Twin {
    /// Reads a household. What it is called is known even where the rest cannot be used.
    pub fn read(text: &[u8], sink: &mut Sink) -> Twin {
        let mut twin = Twin::default();
        // As some editors begin a file.
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut object = match unique::value(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => {
                sink.push(wrong("", "it is no JSON object", "write {\"id\": ..., \"account\": [...]}"));
                return twin;
            }
            Err(error) => {
                let message = format!("it is not JSON: {error}");
                sink.push(wrong("", message, "write one household as one object on one line"));
                return twin;
            }
        };
        twin.id = match object.get("id") {
            Some(Value::String(id)) if !id.trim().is_empty() => Some(id.clone()),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => {
                sink.push(wrong("", "it has no `id`", "give it one, a text; the line of the answer has the same"));
                None
            }
        };
        let name = plain(twin.id.as_deref().unwrap_or_default());
        for key in object.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let hint = match nearest(key, KEYS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a household has {}", KEYS.join(", ")),
            };
            sink.push(wrong(&name, format!("`{key}` is no part of a household"), hint));
        }
        let mut portfolio = Writer::default();
        for key in ["account", "lots"] {
            // Taken out, since a large one is not to be held twice.
            match object.remove(key) {
                None | Some(Value::Null) => {}
                Some(value) if is_tables(&value) => {
                    portfolio.table(&Map::from_iter([(key.to_owned(), value)]), &Spot::default());
                }
                Some(_) => {
                    let message = format!("`{key}` is no list of objects, or an empty one");
                    sink.push(wrong(&name, message, format!("what is [[{key}]] in TOML is a list of objects here")));
                }
            }
        }
        let portfolio = portfolio.whole(&name, sink).filter(|portfolio| !portfolio.text.is_empty());
        if let Some(portfolio) = portfolio {
            twin.holdings.push(RawFile::new(&*name, portfolio.text.into_bytes()).made_of(portfolio.keys.into()));
        }
        match object.get("trades") {
            None | Some(Value::Null) => {}
            Some(Value::Array(rows)) if rows.is_empty() => {}
            Some(Value::Array(rows)) => twin.holdings.extend(trades(&name, rows, sink)),
            Some(_) => sink.push(wrong(&name, "`trades` is no list", TRADES)),
        }
        twin.config = match object.get("config") {
            None | Some(Value::Null) => Given::None,
            Some(Value::String(path)) if is_below(path) => Given::Path(path.clone()),
            Some(Value::String(path)) => {
                let message = format!("`config` names `{path}`, which is not below the folder you are in");
                sink.push(wrong(&name, message, "name a file by its path from there, without `..`"));
                Given::None
            }
            Some(Value::Object(table)) => {
                let mut config = Writer::default();
                config.table(table, &Spot { header: String::new(), shown: "config".to_owned() });
                config.whole(&name, sink).map_or(Given::None, |config| {
                    Given::Inline(Source::made_of(SourceKind::File, &name, config.text, config.keys.into()))
                })
            }
            Some(_) => {
                let hint = "give the tables of broaden.toml as an object, or the path of a file";
                sink.push(wrong(&name, "`config` is neither an object nor a path", hint));
                Given::None
            }
        };
        twin
    }
}

fn wrong(name: &str, message: impl Into<String>, hint: impl Into<String>) -> Diagnostic {
    let problem = Diagnostic::error(BAD_LINE, message).hint(hint);
    if name.is_empty() { problem } else { problem.at(Place::whole(&Source::file(name, ""))) }
}

/// Whether a path stays below the folder that it is taken from: who writes a household may not be who runs the program.
fn is_below(path: &str) -> bool {
    let mut parts = Path::new(path).components().filter(|part| *part != Component::CurDir).peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

const TRADES: &str =
    "give the rows of trades.csv as objects: {\"date\": \"2026-11-02\", \"account\": ..., \"side\": \"sell\", ...}";

/// Writes past trades as the table that `broaden record` keeps.
fn trades(name: &str, rows: &[Value], sink: &mut Sink) -> Option<RawFile> {
    let mut columns: BTreeSet<&str> = BTreeSet::new();
    for (at, row) in rows.iter().enumerate() {
        match row {
            Value::Object(row) => columns.extend(row.keys().map(String::as_str)),
            _ => sink.push(wrong(name, format!("`trades[{at}]` is no object"), TRADES)),
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(&columns);
    let mut keys = vec!["trades".to_owned()];
    for (at, row) in rows.iter().enumerate() {
        let cells = columns.iter().map(|column| match row.get(column) {
            None | Some(Value::Null) => String::new(),
            // One row is one line.
            Some(Value::String(text)) => text.replace(['\n', '\r'], " "),
            Some(other) => other.to_string(),
        });
        let _ = writer.write_record(cells.collect::<Vec<_>>());
        keys.push(format!("trades[{at}]"));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    Some(RawFile::new(format!("{name} trades"), bytes).made_of(keys.into()))
}

/// Where in the document one is: as a header of TOML, and as it is shown.
#[derive(Clone, Default)]
struct Spot {
    header: String,
    shown: String,
}

impl Spot {
    fn below(&self, key: &str) -> Spot {
        let dotted =
            |before: &str, key: &str| if before.is_empty() { key.to_owned() } else { format!("{before}.{key}") };
        Spot { header: dotted(&self.header, &bare(key)), shown: dotted(&self.shown, &plain(key)) }
    }
}

/// TOML, line by line, with the key that each comes from.
#[derive(Default)]
struct Writer {
    text: String,
    keys: Vec<String>,
    /// How long both would be together.
    length: usize,
}

/// The longest text with its keys: each line has all keys above it, and may be far shorter than they are.
const LONGEST: usize = 64 << 20;

impl Writer {
    fn is_too_long(&self) -> bool {
        self.length > LONGEST
    }

    /// Says so where it is, and returns it where not.
    fn whole(self, name: &str, sink: &mut Sink) -> Option<Self> {
        if self.is_too_long() {
            let message = "its keys are far longer than those of any household";
            sink.push(wrong(name, message, "write one household as one object on one line"));
            return None;
        }
        Some(self)
    }

    fn line(&mut self, line: &str, key: &str) {
        self.length += key.len() + line.len();
        if self.is_too_long() {
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.keys.push(key.to_owned());
    }

    /// Writes a table: its plain values first, since what follows a header belongs to it.
    fn table(&mut self, table: &Map<String, Value>, path: &Spot) {
        let is_plain = |value: &Value| !value.is_object() && !is_tables(value);
        for (key, value) in table.iter().filter(|(_, value)| is_plain(value)) {
            if self.is_too_long() {
                return;
            }
            // Unknown, and so not said.
            let Some(text) = inline(value) else { continue };
            self.line(&format!("{} = {text}", bare(key)), &path.below(key).shown);
        }
        for (key, value) in table.iter().filter(|(_, value)| !is_plain(value)) {
            let below = path.below(key);
            match value {
                Value::Array(items) => {
                    for (at, item) in items.iter().enumerate() {
                        if self.is_too_long() {
                            return;
                        }
                        let one = Spot { shown: format!("{}[{at}]", below.shown), ..below.clone() };
                        self.line(&format!("[[{}]]", below.header), &one.shown);
                        item.as_object().iter().for_each(|item| self.table(item, &one));
                    }
                }
                Value::Object(inner) => {
                    self.line(&format!("[{}]", below.header), &below.shown);
                    self.table(inner, &below);
                }
                _ => {}
            }
        }
    }
}

/// Whether a list is one of tables, such as accounts.
fn is_tables(value: &Value) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(Value::is_object))
}

/// A value on one line; `None` for null.
fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => quoted(text),
        // Whole numbers beyond those of TOML are still numbers.
        Value::Number(number) if number.is_u64() && !number.is_i64() => format!("{number}.0"),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().filter_map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let entries = table.iter().filter_map(|(key, value)| Some(format!("{} = {}", bare(key), inline(value)?)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    })
}

/// A key, in quotes where it needs them.
fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if plain { key.to_owned() } else { quoted(key) }
}

/// A text of JSON is one of TOML, but for one character.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holdings;

    fn read(text: &str) -> (Twin, Vec<String>) {
        let mut sink = Sink::default();
        let twin = Twin::read(text.as_bytes(), &mut sink);
        (twin, sink.items.into_iter().map(|item| item.message).collect())
    }

    /// What TOML says and what JSON says is the same portfolio.
    #[test]
    fn json_means_what_toml_means() {
        let toml = "[[account]]\nname = \"A \\\"quoted\\\"\"\nmask = \"417\"\nkind = \"roth\"\ncash-in = { USD = 1.5, CAD = \"2\" }\n\
            [[account.position]]\nsymbol = \"NVDA\"\nprice = \"180.25\"\n[[account.position.lot]]\nopened = \"2024-01-02\"\n\
            quantity = 3\ncost-basis = 300.15\n[[account.position]]\nsymbol = \"XLI\"\nquantity = 1\nprice = 150\n\
            [[account]]\nname = \"B\"\ncash = -3\n";
        let value: toml::Value = toml::from_str(toml).unwrap();
        let mut json = serde_json::to_value(value).unwrap();
        json["id"] = "smith".into();
        json["account"][1]["reported-total"] = Value::Null;
        let (twin, problems) = read(&json.to_string());
        assert_eq!((problems, twin.id.as_deref()), (vec![], Some("smith")));
        let portfolio = |file: &RawFile| {
            let mut sink = Sink::default();
            let found = holdings::read(std::slice::from_ref(file), &[], &mut sink);
            assert!(!sink.has_errors(), "{:?}", sink.items);
            holdings::to_toml(&found)
        };
        assert_eq!(portfolio(&twin.holdings[0]), portfolio(&RawFile::new("p.toml", toml.as_bytes())));
    }

    #[test]
    fn a_mistake_is_named_by_its_key() {
        let text = r#"{"id": "smith", "account": [{"name": "A"}, {"cash": "1", "position": [{"symbol": "NVDA", "quantty": 1}]}],
            "config": {"limits": {"tech": {"bse": "45%"}}}, "trades": [{"date": "2026-01-02", "account": "A", "side": "hold", "symbol": "NVDA", "quantity": 1}]}"#;
        let (twin, problems) = read(text);
        assert!(problems.is_empty(), "{problems:?}");
        let Given::Inline(config) = twin.config else { unreachable!("it is inline") };
        let inputs = crate::pipeline::Inputs { holdings: twin.holdings, config: Some(config), ..Default::default() };
        let mut sink = Sink::default();
        crate::pipeline::configure(&inputs, &mut sink);
        let places: Vec<String> = sink.items.iter().filter_map(|item| Some(item.place.as_ref()?.locator())).collect();
        for place in
            ["smith: account[1].position[0].quantty", "smith: config.limits.tech.bse", "smith trades: trades[0]"]
        {
            assert!(places.iter().any(|found| found == place), "{place} is not in {places:?}");
        }
    }

    /// Each line of a household remembers all keys above it.
    #[test]
    fn what_is_remembered_is_bounded() {
        let rows: Vec<String> = (0..100_000).map(|at| format!("\"k{at}\": 1")).collect();
        for shape in ["\"config\": {\"KEY\": {ROWS}}", "\"account\": [{\"KEY\": [{ROWS}]}]"] {
            let text = shape.replace("KEY", &"k".repeat(1_000)).replace("ROWS", &rows.join(", "));
            let (twin, problems) = read(&format!("{{\"id\": 1, {text}}}"));
            assert_eq!(problems, ["its keys are far longer than those of any household"]);
            assert!(twin.holdings.is_empty() && matches!(twin.config, Given::None));
        }
        let (twin, problems) = read("\u{feff}{\"id\": 1, \"account\": [{\"cash\": 1}]}");
        assert_eq!((problems.len(), twin.holdings.len()), (0, 1));
    }

    #[test]
    fn what_is_no_household_is_refused() {
        for (text, said) in [
            ("{", "it is not JSON"),
            ("[]", "it is no JSON object"),
            ("{}", "it has no `id`"),
            (r#"{"id": "a", "account": [{"cash": 1, "cash": 2}]}"#, "`cash` stands there twice"),
            (r#"{"id": "a", "acount": []}"#, "`acount` is no part of a household"),
            (r#"{"id": "a", "account": {}}"#, "`account` is no list"),
            (r#"{"id": "a", "account": [], "lots": null}"#, "or an empty one"),
            (r#"{"id": "a", "trades": {}}"#, "`trades` is no list"),
            (r#"{"id": "a", "trades": [1]}"#, "`trades[0]` is no object"),
            (r#"{"id": "a", "config": 1}"#, "neither an object nor a path"),
            (r#"{"id": "a", "config": "/etc/passwd"}"#, "not below the folder"),
            (r#"{"id": "a", "config": "a/../../b"}"#, "not below the folder"),
            (r#"{"id": "a", "config": "."}"#, "not below the folder"),
        ] {
            let (_, problems) = read(text);
            assert!(problems.len() == 1 && problems[0].contains(said), "{text}: {problems:?}");
        }
        assert!(
            matches!(read(r#"{"id": 7, "config": "./a/b.toml"}"#).0.config, Given::Path(path) if path == "./a/b.toml")
        );
    }
}
