//! Typed reading of one table: every problem of the table in one go, unknown keys with a suggestion.

mod bound;
mod value;

use chrono::NaiveDate;

use super::{IMPOSSIBLE_VALUE, MISSING_KEY, Node, NodeValue, PLAIN_ONE, Table, UNKNOWN_KEY};
use crate::diagnostics::{Diagnostic, Place, Sink, SourceKind, nearest};
use crate::model::Symbol;
use crate::units::{Money, Weight};
pub use bound::Bound;
use bound::as_bound;
use value::{as_date, as_decimal, as_integer, as_number, as_weight, as_yearly, check};

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// `"45%"` or `0.45`, from 0 to 1.
    Weight,
    /// A weight, or points above the benchmark's: `"45%"`, `"benchmark + 8"`.
    Bound,
    /// A number within bounds.
    Number(f64, f64),
    /// A whole number within bounds.
    Integer(i64, i64),
    /// An amount of dollars, zero or more.
    Money,
    /// An amount of dollars, zero or more, of each calendar year: `"$10,000 a year"`, or the amount alone.
    Yearly,
    /// An amount of dollars of either sign.
    SignedMoney,
    /// `true` or `false`.
    Flag,
    /// Free text.
    Text,
    /// A date, `2026-11-20`.
    Date,
    /// A date, with or without a time, bare or in quotes; the leaf reads it.
    When,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A ticker.
    Symbol,
    /// A list of tickers.
    Symbols,
    /// A ticker, or a list of them, the first before the others.
    Preference,
    /// A list of texts.
    Texts,
    /// A list of dates.
    Dates,
    /// Two numbers `[from, to]`.
    Pair,
    /// A table the stage reads by itself.
    Table,
}

/// What holds when a key is not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fallback {
    /// The table means nothing without it.
    Required,
    /// Absence is meaningful.
    Optional,
    /// This TOML value.
    Value(&'static str),
}

/// One key of a table: the single place where it is documented.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Kebab-case.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds when it is not given.
    pub fallback: Fallback,
    /// One sentence: meaning and unit.
    pub doc: &'static str,
}

impl Param {
    /// Returns a key that must be given.
    pub const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Param {
        Param { name, kind, fallback: Fallback::Required, doc }
    }
    /// Returns a key that may be absent.
    pub const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Param {
        Param { name, kind, fallback: Fallback::Optional, doc }
    }
    /// Returns a key with a default, written as TOML.
    pub const fn with_default(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Param {
        Param { name, kind, fallback: Fallback::Value(default), doc }
    }
}

/// Reads the keys of one table. Wrong values are pushed to the sink; getters then return `None`, so that a leaf reads
/// `let window = fields.integer("window")?;` after reading everything it wants checked.
pub struct Fields<'a> {
    table: &'a Table,
    /// The dotted path of the table, its id everywhere.
    pub path: String,
    place: Option<Place>,
    params: &'static [Param],
    sink: &'a mut Sink,
}

impl<'a> Fields<'a> {
    /// Checks a table against its keys: unknown keys, missing keys, and every value's type and range.
    /// `place` is where the table's header stands; `None` for a table that is absent altogether.
    pub fn new(
        table: &'a Table,
        path: impl Into<String>,
        place: Option<Place>,
        params: &'static [Param],
        sink: &'a mut Sink,
    ) -> Self {
        let fields = Fields { table, path: path.into(), place, params, sink };
        for (key, node) in &table.entries {
            if !params.iter().any(|param| param.name == key) {
                let mut diagnostic =
                    Diagnostic::error(UNKNOWN_KEY, format!("`{key}` is not a key of [{}]", fields.path))
                        .at(node.key_place.clone());
                let names = || params.iter().map(|param| param.name);
                diagnostic = match nearest(key, names()) {
                    Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
                    None => {
                        diagnostic.hint(format!("[{}] takes {}", fields.path, names().collect::<Vec<_>>().join(", ")))
                    }
                };
                fields.sink.push(diagnostic);
            }
        }
        for param in params {
            match table.get(param.name) {
                Some(node) => match check(param, node) {
                    Err(problem) => fields.sink.push(*problem),
                    Ok(()) => plain_one(param, node).into_iter().for_each(|problem| fields.sink.push(problem)),
                },
                None if param.fallback == Fallback::Required => {
                    let mut diagnostic =
                        Diagnostic::error(MISSING_KEY, format!("[{}] needs `{}`", fields.path, param.name))
                            .hint(param.doc);
                    if let Some(place) = &fields.place {
                        diagnostic = diagnostic.at(place.clone());
                    }
                    fields.sink.push(diagnostic);
                }
                None => {}
            }
        }
        fields
    }

    /// Returns whether a key is given by the user or a default of the template (not merely by its fallback).
    pub fn is_given(&self, name: &str) -> bool {
        self.table.get(name).is_some()
    }

    /// Returns the place of a value, for problems a leaf finds itself; the table's place when it is not given.
    pub fn place(&self, name: &str) -> Option<Place> {
        self.table.get(name).map(|node| node.place.clone()).or_else(|| self.place.clone())
    }

    /// Returns where a value comes from, in words: `broaden.toml:14`, `--set`, `default`.
    pub fn origin(&self, name: &str) -> String {
        self.table.get(name).map_or_else(|| "default".to_owned(), |node| node.place.origin())
    }

    /// Returns where the first of some keys stands that the user wrote, since a built-in default cannot be put right; else where
    /// the first of them does.
    pub fn place_of_any(&self, names: &[&str]) -> Option<Place> {
        self.own(names).next().map(|(_, place)| place).or_else(|| self.place(names.first()?))
    }

    /// The keys of some that the user wrote, in their order.
    fn own<'n>(&self, names: &'n [&str]) -> impl Iterator<Item = (&'n str, Place)> {
        let place = |name: &&'n str| Some((*name, self.table.get(name)?.place.clone()));
        names.iter().filter_map(place).filter(|(_, place)| place.source.kind != SourceKind::BuiltIn)
    }

    /// Returns the value of a key as it is written, and that it is the default where the user wrote none: `35 (the default)`.
    pub fn said(&self, name: &str) -> String {
        let Some(node) = self.node(name) else { return "nothing".to_owned() };
        let is_own = self.table.get(name).is_some_and(|own| own.place.source.kind != SourceKind::BuiltIn);
        format!("{}{}", node.value.toml().trim_matches('"'), if is_own { "" } else { " (the default)" })
    }

    /// Reports a problem of values that do not go together, at the first that the user wrote.
    pub fn reject_together(&mut self, names: &[&str], message: impl Into<String>, hint: impl Into<String>) {
        let mut diagnostic = Diagnostic::error(IMPOSSIBLE_VALUE, message).hint(hint);
        diagnostic.place = self.place_of_any(names);
        for (name, place) in self.own(names).skip(1) {
            diagnostic = diagnostic.with(place, format!("`{name}`"));
        }
        self.sink.push(diagnostic);
    }

    /// Reports a problem of a value.
    pub fn reject(&mut self, name: &str, message: impl Into<String>, hint: impl Into<String>) {
        let mut diagnostic = Diagnostic::error(IMPOSSIBLE_VALUE, message).hint(hint);
        if let Some(place) = self.place(name) {
            diagnostic = diagnostic.at(place);
        }
        self.sink.push(diagnostic);
    }

    /// Returns the sink, for problems with codes of the stage's own.
    pub fn sink(&mut self) -> &mut Sink {
        self.sink
    }

    /// Returns the node of a key, or of its default. `None` when absent or wrong.
    fn node(&self, name: &str) -> Option<Node> {
        let param = self.params.iter().find(|param| param.name == name);
        debug_assert!(param.is_some(), "`{name}` is not declared for [{}]", self.path);
        let param = param?;
        if let Some(node) = self.table.get(name) {
            return check(param, node).is_ok().then(|| node.clone());
        }
        match param.fallback {
            Fallback::Value(text) => default_node(text),
            _ => None,
        }
    }

    /// Returns a weight as a fraction.
    pub fn weight(&self, name: &str) -> Option<Weight> {
        as_weight(&self.node(name)?).map(Weight)
    }
    /// Returns a bound on a weight.
    pub fn bound(&self, name: &str) -> Option<Bound> {
        as_bound(&self.node(name)?)
    }
    /// Returns a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        as_number(&self.node(name)?)
    }
    /// Returns a whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        as_integer(&self.node(name)?)
    }
    /// Returns an amount of money.
    pub fn money(&self, name: &str) -> Option<Money> {
        as_decimal(&self.node(name)?).map(Money)
    }
    /// Returns an amount of dollars of each calendar year.
    pub fn yearly(&self, name: &str) -> Option<Money> {
        as_yearly(&self.node(name)?).map(Money)
    }
    /// Returns a flag.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.node(name)?.value {
            NodeValue::Flag(flag) => Some(flag),
            _ => None,
        }
    }
    /// Returns a text or a choice.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.node(name)?.value {
            NodeValue::Text(text) => Some(text),
            NodeValue::Date(text) if self.params.iter().any(|param| param.name == name && param.kind == Kind::When) => {
                Some(text)
            }
            _ => None,
        }
    }
    /// Returns a date.
    pub fn date(&self, name: &str) -> Option<NaiveDate> {
        as_date(&self.node(name)?)
    }
    /// Returns a ticker.
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        self.text(name).map(|text| Symbol::new(&text))
    }
    /// Returns tickers, each with its place.
    pub fn symbols(&self, name: &str) -> Option<Vec<(Symbol, Place)>> {
        Some(self.texts(name)?.into_iter().map(|(text, place)| (Symbol::new(&text), place)).collect())
    }
    /// Returns tickers in order of preference.
    pub fn preference(&self, name: &str) -> Option<Vec<Symbol>> {
        let one = || self.symbol(name).map(|symbol| vec![symbol]);
        one().or_else(|| Some(self.symbols(name)?.into_iter().map(|(symbol, _)| symbol).collect()))
    }
    /// Returns texts, each with its place.
    pub fn texts(&self, name: &str) -> Option<Vec<(String, Place)>> {
        match self.node(name)?.value {
            NodeValue::List(items) => Some(
                items
                    .into_iter()
                    .filter_map(|item| match item.value {
                        NodeValue::Text(text) => Some((text, item.place)),
                        _ => None,
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
    /// Returns dates.
    pub fn dates(&self, name: &str) -> Option<Vec<NaiveDate>> {
        match self.node(name)?.value {
            NodeValue::List(items) => Some(items.iter().filter_map(as_date).collect()),
            _ => None,
        }
    }
    /// Returns two numbers.
    pub fn pair(&self, name: &str) -> Option<(f64, f64)> {
        match &self.node(name)?.value {
            NodeValue::List(items) => match items.as_slice() {
                [from, to] => Some((as_number(from)?, as_number(to)?)),
                _ => None,
            },
            _ => None,
        }
    }
    /// Returns a nested table with the place of its header.
    pub fn table(&self, name: &str) -> Option<(&'a Table, Place)> {
        let node = self.table.get(name)?;
        match &node.value {
            NodeValue::Table(table) => Some((table, node.key_place.clone())),
            _ => None,
        }
    }
}

/// Weights of which all is as usual as a part, and those that are warned of by a rule of their own.
const ALL_IS_USUAL: [&str; 6] = ["weight", "min-weight", "min-coverage", "p-never-taxed", "tech", "trigger"];

/// Warns of a plain 1 for a percentage: it is all, and was perhaps meant as one percent.
fn plain_one(param: &Param, node: &Node) -> Option<Diagnostic> {
    let is_weight = matches!(param.kind, Kind::Weight | Kind::Bound) && !ALL_IS_USUAL.contains(&param.name);
    let is_own = node.place.source.kind != SourceKind::BuiltIn;
    let is_one = matches!(&node.value, NodeValue::Number(text) if text == "1");
    (is_weight && is_own && is_one).then(|| {
        let message = format!("`{}` is 1, which as a plain number means 100%", param.name);
        let hint = "write \"1%\" if you mean a percent, and \"100%\" if you mean all";
        Diagnostic::warning(PLAIN_ONE, message).at(node.place.clone()).hint(hint)
    })
}

fn default_node(text: &str) -> Option<Node> {
    let text = format!("value = {text}\n");
    let source = crate::diagnostics::Source::of(SourceKind::BuiltIn, "default", text);
    super::tree::parse(&source, &mut Sink::default()).entries.remove("value")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;
    use crate::diagnostics::Source;

    const PARAMS: &[Param] = &[
        Param::required("max", Kind::Weight, "Highest weight."),
        Param::with_default("window", Kind::Integer(1, 500), "200", "Sessions."),
        Param::optional("of", Kind::Symbol, "Numerator."),
    ];

    fn read(text: &str) -> (Option<Weight>, Option<i64>, Vec<String>) {
        let mut sink = Sink::default();
        let source = Source::file("broaden.toml", text);
        let document = Document::load(Some(source), &[], &mut sink);
        let empty = Table::default();
        let table = document.root.table("probe").unwrap_or(&empty);
        let fields = Fields::new(table, "probe", None, PARAMS, &mut sink);
        let (max, window) = (fields.weight("max"), fields.integer("window"));
        (max, window, sink.items.iter().map(|d| format!("{} {}", d.code.id, d.message)).collect())
    }

    #[test]
    fn weights_are_percents_or_fractions() {
        assert_eq!(read("[probe]\nmax = \"45%\"").0, Some(Weight(0.45)));
        assert_eq!(read("[probe]\nmax = 0.45").0, Some(Weight(0.45)));
        assert_eq!(
            read("[probe]\nmax = 45").2,
            ["impossible-value `max` is a weight from 0% to 100%, and 45 as a plain number means 4500.0%"]
        );
        assert_eq!(read("[probe]\nmax = \"-5%\"").2.len(), 1);
    }

    /// A plain 1 is all, and a fraction or a percent is what it says.
    #[test]
    fn a_plain_one_is_said_to_be_all() {
        let said = |value: &str| read(&format!("[probe]\nmax = {value}")).2;
        assert_eq!(said("1"), ["plain-one `max` is 1, which as a plain number means 100%"]);
        for usual in ["\"1%\"", "\"100%\"", "1.0", "0.01", "0"] {
            assert_eq!(said(usual), [""; 0], "{usual}");
        }
        assert_eq!(read("[probe]\nmax = 0.5\nwindow = 1").2, [""; 0]);
    }

    #[test]
    fn all_problems_of_a_table_come_at_once() {
        let (_, window, problems) = read("[probe]\nmaxx = 1\nwindow = \"two\"");
        assert_eq!(window, None);
        assert_eq!(
            problems,
            [
                "unknown-key `maxx` is not a key of [probe]",
                "missing-key [probe] needs `max`",
                "wrong-type `window` takes a whole number, not the text \"two\""
            ]
        );
    }

    #[test]
    fn a_number_of_hundreds_of_digits_is_shortened() {
        let long = "9".repeat(300);
        for (text, said) in [
            (format!("max = {long}"), "impossible-value `max` is a weight from 0% to 100%, not 9999"),
            (format!("max = 0.1\nwindow = {long}"), "wrong-type `window` takes a whole number, not 9999"),
        ] {
            let problems = read(&format!("[probe]\n{text}")).2;
            assert!(problems[0].starts_with(said) && problems[0].len() < 110, "{problems:?}");
        }
    }

    #[test]
    fn an_amount_beyond_all_is_said_to_be_too_large_and_a_percentage_is_none() {
        let read = |kind, text| {
            let param = Param::optional("quantity", kind, "Shares.");
            let source = Source::file("p.toml", format!("quantity = \"{text}\"\n"));
            let node = super::super::tree::parse(&source, &mut Sink::default()).entries.remove("quantity").unwrap();
            check(&param, &node).unwrap_err().message
        };
        let large = "`quantity`: `1e20` is larger than broaden accepts (one trillion)";
        assert_eq!((read(Kind::SignedMoney, "1e20"), read(Kind::Money, "1e20")), (large.to_owned(), large.to_owned()));
        assert_eq!(read(Kind::SignedMoney, "5%"), "`quantity` takes a number such as 500, not the text \"5%\"");
        assert!(read(Kind::Yearly, "5%").ends_with("not the text \"5%\""));
    }

    #[test]
    fn fallbacks_hold_when_a_key_is_absent() {
        assert_eq!(read("[probe]\nmax = 0.1").1, Some(200));
    }
}
