//! A key, or the head of a table, that stands in a text twice.

use std::sync::Arc;

use crate::config::SYNTAX;
use crate::diagnostics::{Diagnostic, Place, Source};
use crate::units::shortened;

/// What the reader of TOML says of a key that stands in its table twice.
pub(super) const SAID: &str = "duplicate key";

/// Says where the first of two equal keys, or heads of tables, stands.
pub(super) fn problem(source: &Arc<Source>, place: Place) -> Diagnostic {
    let (line, _) = place.line_column();
    let text = |at: usize| source.text.lines().nth(at).unwrap_or_default();
    let head = |line: &str| {
        let path = line.trim().strip_prefix('[')?.split(']').next()?;
        Some(path.split('.').map(|part| part.trim().trim_matches('"').to_owned()).collect::<Vec<_>>())
    };
    let key = |line: &str| Some(line.split_once('=')?.0.trim().trim_matches('"').to_owned());
    let own = text(line.saturating_sub(1));
    let above = || (0..line.saturating_sub(1)).rev();
    let first = match head(own) {
        Some(path) => above().find(|at| head(text(*at)).as_ref() == Some(&path)),
        // A key of this table stands below its head.
        None => above()
            .take_while(|at| head(text(*at)).is_none())
            .find(|at| key(text(*at)).is_some_and(|one| key(own) == Some(one))),
    };
    let (message, hint) = match head(own) {
        Some(_) => {
            ("stands there twice as a table", "put the keys of both under the first, and take the second head out")
        }
        None => ("stands in its table twice", "leave one of the two lines"),
    };
    let problem = Diagnostic::error(SYNTAX, format!("duplicate key: `{}` {message}", shortened(place.text())));
    let problem = problem.at(place).hint(hint);
    first.into_iter().fold(problem, |problem, at| problem.with(Place::line(source, at + 1), "the first"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::parse;
    use crate::diagnostics::Sink;

    #[test]
    fn of_two_equal_keys_the_first_is_shown() {
        let said = |text: &str| {
            let mut sink = Sink::default();
            parse(&Source::file("c.toml", text), &mut sink);
            let first = |item: &Diagnostic| item.related.first().map(|(place, _)| place.locator());
            let one = |item: &Diagnostic| (item.message.clone(), item.place.as_ref().unwrap().locator(), first(item));
            sink.items.iter().map(one).collect::<Vec<_>>()
        };
        let twice = |message: &str, at: &str, first: Option<&str>| {
            vec![(format!("duplicate key: {message}"), at.to_owned(), first.map(str::to_owned))]
        };
        let key = "`filing` stands in its table twice";
        assert_eq!(
            said("[tax]\nfiling = \"single\"\npaid = 1\nfiling = \"joint\"\n"),
            twice(key, "c.toml:4:1", Some("c.toml:2:1"))
        );
        // One of another table is not it.
        assert_eq!(
            said("[limits.a]\nmax = 1\n[limits.b]\n\"max\" = 2\nmax = 3\n"),
            twice("`max` stands in its table twice", "c.toml:5:1", Some("c.toml:4:1"))
        );
        assert_eq!(
            said("[limits.tech]\nbase = 1\n[themes.tech]\n[ limits . tech ] # again\nmin = 1\n"),
            twice("`tech` stands there twice as a table", "c.toml:4:12", Some("c.toml:1:1"))
        );
        assert_eq!(said("a = { b = 1, b = 2 }\n"), twice("`b` stands in its table twice", "c.toml:1:14", None));
    }
}
