//! Text that comes from files, made fit to be shown: no control or direction marks, no formula, a sane length.
//!
//! Views hold such text as [`Label`] only, and the templates escape it, so nothing a file says can become markup.

use std::fmt;

use crate::report::{neutral, plain};

/// Most characters of the head of a column.
const SHORT: usize = 12;
/// Most characters of a name.
const NAME: usize = 60;
/// Most characters of a sentence.
const WORDS: usize = 600;

/// A text that may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::report) struct Label(String);

impl Label {
    /// Returns the head of a column: the ticker of the benchmark.
    pub fn short(text: impl ToString) -> Self {
        Label(cut(&neutral(&text.to_string()), SHORT))
    }

    /// Returns a name: a ticker, an account, an id.
    pub fn name(text: impl ToString) -> Self {
        Label(cut(&neutral(&text.to_string()), NAME))
    }

    /// Returns a figure of a table: an amount below zero is a number, not a formula.
    pub fn figure(text: impl ToString) -> Self {
        let text = text.to_string();
        let number =
            text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c == '$' || c.is_ascii_digit()));
        Label(cut(&if number { plain(&text) } else { neutral(&text) }, NAME))
    }

    /// Returns a sentence: evidence, a warning, a user's reason.
    pub fn words(text: impl ToString) -> Self {
        Label(cut(&neutral(&text.to_string()), WORDS))
    }
}

impl Label {
    /// Returns whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Keeps the first characters of a text and says that it was cut.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.trim().to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}\u{2026}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_marked() {
        assert_eq!(Label::name("x".repeat(60)).to_string(), "x".repeat(60));
        assert_eq!(Label::name("\u{1F4B0}".repeat(10_000)).to_string().chars().count(), 60);
        assert!(Label::words("word ".repeat(5_000)).to_string().ends_with("word\u{2026}"));
    }

    #[test]
    fn formulas_and_marks_do_not_survive() {
        assert_eq!(Label::name("=HYPERLINK(1)").to_string(), "'=HYPERLINK(1)");
        assert_eq!(Label::name("a\u{202e}b\nc").to_string(), "ab c");
    }
}
