//! `decisions.toml` and the options that say the same: `accept`, `reject` and `later` list names of lines, `[quantity]` says
//! of how many shares a line is accepted.

use std::sync::Arc;

use super::{BAD_QUANTITY, Choice, DECIDED_TWICE, Decision, Decisions};
use crate::config::{Fields, Kind, NodeValue, Param, parse};
use crate::diagnostics::{Diagnostic, Place, Sink, Source, SourceKind};
use crate::units::{NumberStyle, Shares, parse_number};

/// The keys of the file.
pub const PARAMS: &[Param] = &[
    Param::optional("as-of", Kind::Date, "The day of the proposal that was decided on."),
    Param::optional(
        "accept",
        Kind::Texts,
        "Names of lines that are done, at the quantity proposed or that of [quantity].",
    ),
    Param::optional("reject", Kind::Texts, "Names of lines that are not done: nothing later counts on them either."),
    Param::optional("later", Kind::Texts, "Names of lines that are not done in this run."),
    Param::optional("quantity", Kind::Table, "Shares of lines that are accepted, by name."),
];

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Names of lines.
    pub accept: Vec<String>,
    /// Names of lines.
    pub reject: Vec<String>,
    /// Names of lines.
    pub later: Vec<String>,
    /// `NAME=SHARES`.
    pub quantity: Vec<String>,
}

/// Reads the text of a `decisions.toml`. Every problem goes to the sink.
pub fn read(source: &Arc<Source>, sink: &mut Sink) -> Decisions {
    let table = parse(source, sink);
    let fields = Fields::new(&table, "decisions", None, PARAMS, sink);
    let as_of = fields.date("as-of").zip(fields.place("as-of"));
    let lists = Choice::ALL.map(|choice| (choice, fields.texts(choice.id()).unwrap_or_default()));
    let quantities = table.table("quantity");
    let mut found = Decisions { as_of, ..Decisions::default() };
    for (choice, names) in lists {
        for (id, place) in names {
            add(&mut found, Decision { id, choice, quantity: None, place: Some(place) }, sink);
        }
    }
    for (id, node) in quantities.iter().flat_map(|table| &table.entries) {
        match &node.value {
            NodeValue::Number(text) | NodeValue::Text(text) => {
                quantity(&mut found, id, text, node.place.clone(), sink);
            }
            other => {
                let message = format!("the quantity of `{id}` is a number of shares, not {}", other.type_name());
                let hint = "a name with a dot stands in quotes: \"sell-BRK.B-417-2020-01-02\" = 3";
                sink.push(Diagnostic::error(BAD_QUANTITY, message).at(node.place.clone()).hint(hint));
            }
        }
    }
    found
}

impl Options {
    /// Returns what the options decide.
    pub fn decisions(&self, sink: &mut Sink) -> Decisions {
        let mut found = Decisions::default();
        for (choice, names) in
            [(Choice::Accept, &self.accept), (Choice::Reject, &self.reject), (Choice::Later, &self.later)]
        {
            for id in names {
                let place = given(&format!("--{}", choice.id()), id);
                add(&mut found, Decision { id: id.clone(), choice, quantity: None, place: Some(place) }, sink);
            }
        }
        for text in &self.quantity {
            let place = given("--quantity", text);
            match text.rsplit_once('=') {
                Some((id, shares)) => quantity(&mut found, id, shares, place, sink),
                None => sink.push(
                    Diagnostic::error(BAD_QUANTITY, format!("`{text}` is not of the form ID=SHARES"))
                        .at(place)
                        .hint("for example `--quantity sell-NVDA-417-2026-03-03=12`"),
                ),
            }
        }
        found
    }
}

/// Returns the place of an option.
fn given(option: &str, value: &str) -> Place {
    let text = format!("{option} {value}");
    Place::new(&Source::of(SourceKind::CommandLine, option, text.as_str()), option.len() + 1..text.len())
}

fn add(found: &mut Decisions, decision: Decision, sink: &mut Sink) {
    match found.of(&decision.id) {
        Some(known) if known.choice != decision.choice => {
            let (one, other) = (known.choice.done(), decision.choice.done());
            let message = format!("`{}` is {one} and {other}", decision.id);
            let mut problem = Diagnostic::error(DECIDED_TWICE, message).hint("decide it once");
            if let Some(place) = &decision.place {
                problem = problem.at(place.clone());
            }
            if let Some(place) = &known.place {
                problem = problem.with(place.clone(), format!("it is {one} here"));
            }
            sink.push(problem);
        }
        Some(_) => {}
        None => found.decide(decision),
    }
}

/// A quantity accepts its line.
fn quantity(found: &mut Decisions, id: &str, text: &str, place: Place, sink: &mut Sink) {
    let shares = parse_number(text, NumberStyle::Point).ok().flatten().filter(|_| !text.contains(['%', '$']));
    let Some(shares) = shares.map(Shares).filter(|shares| shares.is_positive()) else {
        let message = format!("`{text}` is no number of shares above zero");
        let hint = "give the shares to trade, or reject the line";
        sink.push(Diagnostic::error(BAD_QUANTITY, message).at(place).hint(hint));
        return;
    };
    let known = found.of(id).map_or(Choice::Accept, |known| known.choice);
    let own = found.of(id).and_then(|known| known.place.clone());
    if known != Choice::Accept {
        add(found, Decision { id: id.to_owned(), choice: Choice::Accept, quantity: None, place: Some(place) }, sink);
        return;
    }
    found.decide(Decision {
        id: id.trim().to_owned(),
        choice: Choice::Accept,
        quantity: Some(shares),
        place: own.or(Some(place)),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let mut sink = Sink::default();
        read(&Source::file("decisions.toml", text), &mut sink);
        sink.items.iter().map(|item| format!("{} {}", item.code.id, item.message)).collect()
    }

    #[test]
    fn what_cannot_be_meant_is_said_where_it_stands() {
        for (text, said) in [
            ("acept = []", "unknown-key `acept` is not a key of [decisions]"),
            ("accept = [\"a\"]\nreject = [\"A\"]", "decided-twice `A` is accepted and rejected"),
            ("reject = [\"a\"]\n[quantity]\na = 3", "decided-twice `a` is rejected and accepted"),
            ("[quantity]\na = -3", "bad-quantity `-3` is no number of shares above zero"),
            (
                "[quantity]\nsell-BRK.B-417 = 3",
                "bad-quantity the quantity of `sell-BRK` is a number of shares, not a table",
            ),
            ("accept = [3]", "wrong-type `accept` takes a list of texts in quotes"),
        ] {
            assert_eq!(problems(text), [said], "{text}");
        }
    }

    #[test]
    fn options_say_the_same_as_a_file() {
        let mut sink = Sink::default();
        let options = Options {
            accept: vec!["a".to_owned()],
            reject: vec!["b".to_owned()],
            later: vec![],
            quantity: vec!["c=2".to_owned()],
        };
        let found = options.decisions(&mut sink);
        assert_eq!(
            found.toml(),
            "accept = [\n  \"a\",\n  \"c\",\n]\nreject = [\n  \"b\",\n]\n\n[quantity]\n\"c\" = 2\n"
        );
        Options { quantity: vec!["c".to_owned()], ..Options::default() }.decisions(&mut sink);
        assert_eq!(sink.items.len(), 1);
    }
}
