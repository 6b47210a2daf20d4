//! TOML as a tree in which every key and value remembers its place, and the merging of layers.

mod duplicate;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use toml::de::{DeTable, DeValue};

use super::{OWN_BASE, SYNTAX, TEMPLATE, UNKNOWN_KEY, UNKNOWN_OVERRIDE, WRONG_TYPE};
use crate::diagnostics::{Diagnostic, Place, Sink, Source, SourceKind, nearest};

/// A value with the places of its key and itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: NodeValue,
    /// Where the key stands.
    pub key_place: Place,
    /// Where the value stands.
    pub place: Place,
}

/// What a TOML value can be.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are TOML's")]
pub enum NodeValue {
    Text(String),
    /// Integers and floats, with the digits as written.
    Number(String),
    Flag(bool),
    Date(String),
    List(Vec<Node>),
    Table(Table),
}

impl NodeValue {
    /// Returns the word for the type, with its article.
    pub fn type_name(&self) -> &'static str {
        match self {
            NodeValue::Text(_) => "a text",
            NodeValue::Number(_) => "a number",
            NodeValue::Flag(_) => "true or false",
            NodeValue::Date(_) => "a date",
            NodeValue::List(_) => "a list",
            NodeValue::Table(_) => "a table",
        }
    }
}

impl NodeValue {
    /// Returns the value as TOML.
    pub fn toml(&self) -> String {
        match self {
            NodeValue::Text(text) => format!("{text:?}"),
            NodeValue::Number(text) | NodeValue::Date(text) => text.clone(),
            NodeValue::Flag(flag) => flag.to_string(),
            NodeValue::List(items) => {
                format!("[{}]", items.iter().map(|item| item.value.toml()).collect::<Vec<_>>().join(", "))
            }
            NodeValue::Table(table) => {
                let entries = table.entries.iter().map(|(key, node)| format!("{key:?} = {}", node.value.toml()));
                format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A TOML table, in key order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The entries.
    pub entries: BTreeMap<String, Node>,
}

impl Table {
    /// Returns the entry of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.get(key)
    }
    /// Returns a table of the table.
    pub fn table(&self, key: &str) -> Option<&Table> {
        match &self.get(key)?.value {
            NodeValue::Table(table) => Some(table),
            _ => None,
        }
    }
    /// Returns the entries that are tables, by name: the instances of a section such as `[limits.*]`.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &Node, &Table)> {
        self.entries.iter().filter_map(|(name, node)| match &node.value {
            NodeValue::Table(table) => Some((name.as_str(), node, table)),
            _ => None,
        })
    }

    /// Returns the kind that the table says it is of.
    fn kind(&self) -> Option<&str> {
        match &self.get("kind")?.value {
            NodeValue::Text(kind) => Some(kind),
            _ => None,
        }
    }

    fn merge(&mut self, over: Table) {
        // The keys of one kind are not those of another: a table that is made another begins empty.
        if over.kind().is_some_and(|kind| self.kind().is_some_and(|own| own != kind)) {
            self.entries.clear();
        }
        for (key, node) in over.entries {
            match (self.entries.get_mut(&key), node) {
                (
                    Some(Node { value: NodeValue::Table(below), key_place, place }),
                    Node { value: NodeValue::Table(above), key_place: k, place: p },
                ) => {
                    below.merge(above);
                    (*key_place, *place) = (k, p);
                }
                (_, node) => {
                    self.entries.insert(key, node);
                }
            }
        }
    }
}

/// The effective config: the defaults, under the user's file, under the command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The merged tree.
    pub root: Table,
    /// The user's file, if there is one.
    pub file: Option<Arc<Source>>,
}

impl Document {
    /// Merges the defaults, a user's file and overrides (`limits.tech.min=0.25`). Problems of every layer are pushed to
    /// the sink; what could be read is still returned.
    pub fn load(file: Option<Arc<Source>>, overrides: &[String], sink: &mut Sink) -> Document {
        // Read once: a book has a document for each household. A mistake in it would stop every test.
        static DEFAULTS: OnceLock<Table> = OnceLock::new();
        let read = || parse(&Source::of(SourceKind::BuiltIn, "default", TEMPLATE), &mut Sink::default());
        let mut root = DEFAULTS.get_or_init(read).clone();
        if let Some(source) = &file {
            root.merge(parse(source, sink));
        }
        for text in overrides {
            match override_text(text) {
                Some(toml) => {
                    let source = Source::of(SourceKind::CommandLine, "--set", toml);
                    root.merge(parse(&source, sink));
                }
                None => sink.push(
                    Diagnostic::error(UNKNOWN_OVERRIDE, format!("`{text}` is not of the form KEY=VALUE"))
                        .hint("for example `--set limits.tech.min=0.25`"),
                ),
            }
        }
        drop_companions(&mut root, DEFAULTS.get_or_init(read), sink);
        Document { root, file }
    }

    /// Returns the document of the defaults alone.
    pub fn defaults() -> Document {
        Self::load(None, &[], &mut Sink::default())
    }

    /// Returns every value with its dotted path, its TOML text and where it comes from, in path order.
    pub fn entries(&self) -> Vec<(String, String, String)> {
        let mut list = Vec::new();
        collect(&self.root, "", &mut list);
        list
    }

    /// Reports top-level names that no stage reads.
    ///
    /// `of_tables` are the sections that hold one table per name, like `[limits.*]`: anything else in them would
    /// silently replace a default.
    pub fn check_sections(&self, known: &[&str], of_tables: &[&str], sink: &mut Sink) {
        for (name, node) in &self.root.entries {
            if known.contains(&name.as_str()) {
                shape(name, node, of_tables.contains(&name.as_str()), sink);
                continue;
            }
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("sections are {}", known.join(", ")),
            };
            let message = format!("`{name}` is not a section of the config");
            sink.push(Diagnostic::error(UNKNOWN_KEY, message).at(node.key_place.clone()).hint(hint));
        }
    }

    /// Removes the table or key at a dotted path; used by leave-one-out. Returns whether there was one.
    pub fn remove(&mut self, path: &str) -> bool {
        let mut parts: Vec<&str> = path.split('.').collect();
        let Some(last) = parts.pop() else { return false };
        let mut table = &mut self.root;
        for part in parts {
            match table.entries.get_mut(part) {
                Some(Node { value: NodeValue::Table(inner), .. }) => table = inner,
                _ => return false,
            }
        }
        table.entries.remove(last).is_some()
    }
}

/// Defaults that belong to the default of another key: table, that key, and they. Who writes a cap that is not above the
/// benchmark has not asked to have it tightened, and who writes another `max` means it for every issuer.
const COMPANIONS: &[Companions] = &[
    Companions {
        table: "tech",
        key: "base",
        names: &[
            ("min", "the cap does not move with the rotation; set `min` and `full` to let it"),
            ("full", "the cap is at `min` at a strength of 1; set `full` for less"),
        ],
    },
    Companions {
        table: "issuer",
        key: "max",
        names: &[("above-benchmark", "what is large in the benchmark is capped like the others; set it to allow more")],
    },
];

struct Companions {
    table: &'static str,
    key: &'static str,
    /// Each with what it means that it is gone, and the way out.
    names: &'static [(&'static str, &'static str)],
}

/// Takes the defaults out that belong to one that the user replaced, so that what is listed is what holds; it is said, since
/// what is not in the file is else at its default.
fn drop_companions(root: &mut Table, defaults: &Table, sink: &mut Sink) {
    let of = |root: &Table, table: &str, key: &str| root.table("limits")?.table(table)?.get(key).cloned();
    for Companions { table, key, names } in COMPANIONS {
        let (Some(own), Some(usual)) = (of(root, table, key), of(defaults, table, key)) else { continue };
        if is_alike(&own.value, &usual.value) {
            continue;
        }
        let Some(Node { value: NodeValue::Table(limits), .. }) = root.entries.get_mut("limits") else { continue };
        let Some(Node { value: NodeValue::Table(limit), .. }) = limits.entries.get_mut(*table) else { continue };
        let is_usual = |node: &Node| node.place.source.kind == SourceKind::BuiltIn;
        let gone: Vec<_> = names.iter().filter(|(name, _)| limit.get(name).is_some_and(is_usual)).collect();
        limit.entries.retain(|name, _| !gone.iter().any(|(own, _)| own == name));
        let is_off = matches!(limit.get("enabled").map(|node| &node.value), Some(NodeValue::Flag(false)));
        let Some((_, hint)) = gone.first().filter(|_| !is_off) else { continue };
        let verb = if gone.len() == 1 { "does" } else { "do" };
        let gone: Vec<String> = gone.iter().map(|(name, _)| format!("`{name}`")).collect();
        let gone = gone.join(" and ");
        let message = format!("the usual {gone} {verb} not apply to a `{key}` of your own in [limits.{table}]");
        sink.push(Diagnostic::note(OWN_BASE, message).at(own.place).hint(*hint));
    }
}

/// Whether two bounds are the same weight, or both above the benchmark.
fn is_alike(own: &NodeValue, usual: &NodeValue) -> bool {
    let weight = |value: &NodeValue| {
        let (NodeValue::Text(text) | NodeValue::Number(text)) = value else { return None };
        let percent = text.trim().strip_suffix('%').and_then(|percent| percent.trim().parse::<f64>().ok());
        percent.map(|percent| percent / 100.0).or_else(|| text.trim().parse().ok())
    };
    let is_relative =
        |value: &NodeValue| matches!(value, NodeValue::Text(text) if text.trim().starts_with("benchmark"));
    let same = weight(own).zip(weight(usual)).is_some_and(|(own, usual)| (own - usual).abs() < 1e-12);
    same || is_relative(own) && is_relative(usual)
}

/// Reports a section that is no table, or holds something that is none where it should hold tables.
fn shape(name: &str, node: &Node, of_tables: bool, sink: &mut Sink) {
    let wrong = |path: &str, node: &Node| {
        let message = format!("[{path}] is a table, not {}", node.value.type_name());
        Diagnostic::error(WRONG_TYPE, message).at(node.place.clone()).hint(format!(
            "write its keys under [{path}]; `enabled = false` there turns a signal, brake, limit or sleeve off"
        ))
    };
    match &node.value {
        NodeValue::Table(table) if of_tables => {
            for (key, inner) in &table.entries {
                if !matches!(inner.value, NodeValue::Table(_)) {
                    sink.push(wrong(&format!("{name}.{key}"), inner));
                }
            }
        }
        NodeValue::Table(_) => {}
        _ => sink.push(wrong(name, node)),
    }
}

fn collect(table: &Table, path: &str, list: &mut Vec<(String, String, String)>) {
    for (key, node) in &table.entries {
        let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let key = if plain { key.clone() } else { format!("{key:?}") };
        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
        match &node.value {
            NodeValue::Table(inner) => collect(inner, &path, list),
            value => list.push((path, value.toml(), node.place.origin())),
        }
    }
}

/// Turns `limits.tech.min=25%` into TOML, quoting the value when it is not TOML by itself.
fn override_text(text: &str) -> Option<String> {
    let (key, value) = text.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    if key.is_empty() || value.is_empty() {
        return None;
    }
    // A key with quotes is TOML already: `accounts."...417".reserve`.
    let key = if key.contains('"') {
        key.to_owned()
    } else {
        key.split('.').map(|part| format!("{part:?}")).collect::<Vec<_>>().join(".")
    };
    let plain = format!("{key} = {value}\n");
    if toml::from_str::<toml::Table>(&plain).is_ok() { Some(plain) } else { Some(format!("{key} = {value:?}\n")) }
}

/// Reads a TOML text into a tree; every syntax problem goes to the sink.
pub(crate) fn parse(source: &Arc<Source>, sink: &mut Sink) -> Table {
    for (marks, what) in [(&['[', '{', '.'][..], "tables, lists and dots"), (&['=', ','], "keys and items of lists")] {
        let Some((at, _)) = source.text.match_indices(marks).nth(MOST) else { continue };
        let message = format!("there are more than {MOST} {what} before this");
        let hint = "a household has thousands of lots, not a hundred thousand: give the files one by one";
        sink.push(Diagnostic::error(SYNTAX, message).at(Place::new(source, at..at + 1)).hint(hint));
        return Table::default();
    }
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        let place = error.span().map_or_else(|| Place::whole(source), |span| Place::new(source, span));
        let message = error.message().lines().next().unwrap_or("not TOML");
        sink.push(match message == duplicate::SAID {
            true => duplicate::problem(source, place),
            false => Diagnostic::error(SYNTAX, message.to_owned()).at(place),
        });
    }
    Reading { source, sink, depth: 0 }.table(table.into_inner())
}

/// Most of what may begin a table or a list, and most keys and items: each takes up to a kilobyte, however short it is
/// written. Dots are of keys such as `a.b`, and counted in numbers too.
const MOST: usize = 150_000;

/// Longest key: an account may be named by its name, and a column by its heading.
const LONGEST_KEY: usize = 200;
/// How deep tables and lists may stand in each other.
const DEEPEST: usize = 8;

/// What is said of a value names all keys above it, so these are bounded: a megabyte of short values below one long key
/// would come to gigabytes.
struct Reading<'r> {
    source: &'r Arc<Source>,
    sink: &'r mut Sink,
    depth: usize,
}

impl Reading<'_> {
    /// What was read is given back piece by piece, so that a large file is not held twice.
    fn table(&mut self, table: DeTable<'_>) -> Table {
        let mut entries = BTreeMap::new();
        for (key, value) in table {
            let key_place = Place::new(self.source, key.span());
            if key.get_ref().len() > LONGEST_KEY {
                let message = format!("a key has more than {LONGEST_KEY} characters");
                self.sink.push(Diagnostic::error(SYNTAX, message).at(key_place));
                continue;
            }
            let place = Place::new(self.source, value.span());
            if let Some(node) = self.value(value.into_inner(), key_place, place) {
                entries.insert(key.into_inner().into_owned(), node);
            }
        }
        Table { entries }
    }

    /// Reads what stands in something else, where that is not too deep.
    fn inner<T>(&mut self, place: &Place, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth == DEEPEST {
            let message = format!("tables and lists stand more than {DEEPEST} deep in each other");
            self.sink.push(Diagnostic::error(SYNTAX, message).at(place.clone()));
            return None;
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        Some(found)
    }

    fn value(&mut self, value: DeValue<'_>, key_place: Place, place: Place) -> Option<Node> {
        let value = match value {
            DeValue::String(text) => NodeValue::Text(text.into_owned()),
            DeValue::Integer(number) if number.radix() == 10 => NodeValue::Number(number.as_str().replace('_', "")),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(value) => NodeValue::Number(value.to_string()),
                Err(_) => NodeValue::Text(number.as_str().to_owned()),
            },
            DeValue::Float(number) => NodeValue::Number(number.as_str().replace('_', "")),
            DeValue::Boolean(flag) => NodeValue::Flag(flag),
            DeValue::Datetime(date) => NodeValue::Date(date.to_string()),
            DeValue::Array(items) => NodeValue::List(self.inner(&place, |reading| {
                let one = |item: toml::Spanned<DeValue<'_>>| {
                    let place = Place::new(reading.source, item.span());
                    reading.value(item.into_inner(), key_place.clone(), place)
                };
                items.into_iter().filter_map(one).collect()
            })?),
            DeValue::Table(table) => NodeValue::Table(self.inner(&place, |reading| reading.table(table))?),
        };
        Some(Node { value, key_place, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A default that is written out changes nothing; one that is replaced takes with it what only meant something beside it,
    /// and neither is listed.
    #[test]
    fn defaults_that_belong_to_another_go_with_it() {
        let left = |overrides: &[&str]| {
            let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
            let entries = Document::load(None, &overrides, &mut Sink::default()).entries();
            let has = |key: &str| entries.iter().any(|(path, ..)| path == key);
            ["limits.tech.min", "limits.tech.full", "limits.issuer.above-benchmark"].map(has)
        };
        assert_eq!(left(&[]), [true; 3]);
        assert_eq!(left(&["limits.tech.base=benchmark + 5", "limits.issuer.max=0.1"]), [true; 3]);
        assert_eq!(left(&["limits.tech.base=45%", "limits.issuer.max=8%"]), [false; 3]);
        assert_eq!(left(&["limits.tech.base=45%", "limits.tech.min=30%"]), [true, false, true]);
        let said = |text: &str| -> Vec<String> {
            let mut sink = Sink::default();
            Document::load(Some(Source::file("c.toml", text)), &[], &mut sink);
            let line = |item: &Diagnostic| item.place.as_ref().map_or_else(String::new, Place::locator);
            sink.items
                .iter()
                .map(|item| format!("{} {} | {}", line(item), item.message, item.hint.clone().unwrap_or_default()))
                .collect()
        };
        assert_eq!(
            said("[limits.tech]\nbase = \"75%\""),
            [
                "c.toml:2:8 the usual `min` and `full` do not apply to a `base` of your own in [limits.tech] | the cap does not move with the rotation; set `min` and `full` to let it"
            ]
        );
        let of_full = said("[limits.tech]\nbase = \"75%\"\nmin = \"50%\"");
        assert!(of_full.len() == 1 && of_full[0].contains("the usual `full` does not"), "{of_full:?}");
        assert!(
            said("[limits.issuer]\nmax = 0.05")[0].contains("the usual `above-benchmark` does not apply to a `max`")
        );
        for quiet in
            ["", "[limits.tech]\nbase = \"benchmark + 5\"", TEMPLATE, "[limits.tech]\nenabled = false\nbase = \"75%\""]
        {
            assert_eq!(said(quiet), [""; 0]);
        }
    }

    #[test]
    fn a_table_that_is_made_another_kind_begins_empty() {
        let keys = |config: &str| {
            let document = Document::load(Some(Source::file("c.toml", config)), &[], &mut Sink::default());
            let brake = document.root.table("brakes").and_then(|brakes| brakes.table("hy-oas")).unwrap();
            brake.entries.keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys("[brakes.hy-oas]\nkind = \"vix\""), ["kind"]);
        assert!(keys("[brakes.hy-oas]\nkind = \"hy-oas\"").len() > 1);
        assert!(keys("[brakes.hy-oas]\nstop = 9").len() > 1);
    }

    /// A megabyte took gigabytes, since each value is told with all keys above it.
    #[test]
    fn keys_and_depth_are_bounded() {
        let problems = |text: String| {
            let mut sink = Sink::default();
            parse(&Source::file("c.toml", text), &mut sink);
            sink.items.iter().map(|item| item.message.clone()).collect::<Vec<_>>()
        };
        assert_eq!(problems(format!("[{}]\na = 1\n", "k".repeat(200))), [""; 0]);
        assert_eq!(problems(format!("[a.{}]\na = 1\n", "k".repeat(201))), ["a key has more than 200 characters"]);
        assert_eq!(problems("a = [[[[[[[[1]]]]]]]]".to_owned()), [""; 0]);
        let deep = ["tables and lists stand more than 8 deep in each other"];
        assert_eq!(problems("a = [[[[[[[[[1]]]]]]]]]".to_owned()), deep);
        assert_eq!(problems("[a.b.c.d.e.f.g.h]\ni = {}".to_owned()), deep);
        assert_eq!(problems(format!("a = [{}]", "{},".repeat(MOST - 1))), [""; 0]);
        let many = ["there are more than 150000 tables, lists and dots before this"];
        assert_eq!(problems(format!("a = [{}]", "{},".repeat(MOST))), many);
        assert_eq!(problems("a.b=1\n".repeat(MOST + 1)), many);
        assert_eq!(problems(format!("a = [{}]", "1,".repeat(MOST - 1))), [""; 0]);
        let many = ["there are more than 150000 keys and items of lists before this"];
        assert_eq!(problems(format!("a = [{}]", "1,".repeat(MOST + 1))), many);
        assert_eq!(problems((0..=MOST).map(|at| format!("k{at}=1\n")).collect()), many);
    }
}
