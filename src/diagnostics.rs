//! What went wrong, where, and what to do: problems are data until the last moment.
//!
//! A stage pushes every [`Diagnostic`] it finds into a [`Sink`] and carries on, so that one run reports them all.

mod lines;
mod render;
pub mod text;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use lines::Lines;
pub use render::render;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Note,
    /// The answer may be off; `--strict` refuses it.
    Warning,
    /// No answer is given.
    Error,
}

impl Severity {
    /// Returns the word used in reports and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// The name of a kind of problem. Each stage declares its own in a `CODES` list; `broaden explain CODE` prints the text.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Kebab-case, unique in the program.
    pub id: &'static str,
    /// What it means and what to do, in sentences.
    pub explanation: &'static str,
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Declares the codes of a stage and the list of them: `codes! { NAME "id" "Explanation."; }`.
#[macro_export]
macro_rules! codes {
    ($($name:ident $id:literal $explanation:literal;)*) => {
        $(#[doc = concat!("The diagnostic `", $id, "`; its explanation says what it means and what to do.")]
        pub const $name: $crate::diagnostics::Code = $crate::diagnostics::Code { id: $id, explanation: $explanation };)*
        /// Every code of this stage, for `broaden explain`.
        pub const CODES: &[$crate::diagnostics::Code] = &[$($name),*];
    };
}

/// Where a text came from; decides how a value's origin is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// Compiled into the program.
    BuiltIn,
    /// A file of the user's.
    File,
    /// `--set` and its relatives.
    CommandLine,
}

/// A text that was read, kept so that an error can show the user's own line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name as the user gave it.
    pub name: String,
    /// The decoded text; empty for binary formats.
    pub text: String,
    /// Where it came from.
    pub kind: SourceKind,
    lines: Lines,
    /// Where each line comes from, for a text that was made of something else.
    keys: Arc<[String]>,
}

impl Source {
    /// Returns a shared source of a user's file.
    pub fn file(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Self::of(SourceKind::File, name, text)
    }

    /// Returns a shared source of a text.
    pub fn of(kind: SourceKind, name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Self::made_of(kind, name, text, Arc::default())
    }

    /// Returns a shared source of a text that was made of something else, such as JSON: places are told by what each of its
    /// lines comes from.
    pub fn made_of(
        kind: SourceKind,
        name: impl Into<String>,
        text: impl Into<String>,
        keys: Arc<[String]>,
    ) -> Arc<Self> {
        Arc::new(Source { name: name.into(), text: text.into(), kind, lines: Lines::default(), keys })
    }
}

/// A byte range of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The text.
    pub source: Arc<Source>,
    start: u32,
    end: u32,
}

impl Place {
    /// Returns the place of a byte range, cut to the text.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let length = source.text.len();
        let start = span.start.min(length);
        // No file that is read has four gigabytes, and a household has a place for each of its positions.
        let narrow = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Place { source: source.clone(), start: narrow(start), end: narrow(span.end.clamp(start, length)) }
    }

    /// Returns the bytes meant; empty at 0 when the whole file is meant.
    pub fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Returns the text that stands there.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span()).unwrap_or_default()
    }

    /// Returns the place that means the file as a whole.
    pub fn whole(source: &Arc<Source>) -> Self {
        Place { source: source.clone(), start: 0, end: 0 }
    }

    /// Returns the place of a line (counted from 1) without its line ending.
    pub fn line(source: &Arc<Source>, line: usize) -> Self {
        match source.lines.span(&source.text, line) {
            Some(span) => Place::new(source, span),
            None => Place::whole(source),
        }
    }

    /// Returns the line and column of the start, counted from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        self.source.lines.of(&self.source.text, self.span().start)
    }

    /// Returns what the place comes from, where the text was made of something else: `account[0].position[2].quantity`.
    fn key(&self) -> Option<&str> {
        let (line, _) = self.line_column();
        self.source.keys.get(line.saturating_sub(1)).map(String::as_str)
    }

    /// Returns where a value comes from, in words: `broaden.toml:14`, `--set`, `default`.
    pub fn origin(&self) -> String {
        match self.source.kind {
            SourceKind::File if !self.source.keys.is_empty() => self.locator(),
            SourceKind::File => format!("{}:{}", self.source.name, self.line_column().0),
            SourceKind::BuiltIn | SourceKind::CommandLine => self.source.name.clone(),
        }
    }

    /// Returns `file:line:column`, or the file alone when the whole file is meant.
    pub fn locator(&self) -> String {
        if self.start == 0 && self.end == 0 {
            return self.source.name.clone();
        }
        if let Some(key) = self.key() {
            return format!("{}: {key}", self.source.name);
        }
        let (line, column) = self.line_column();
        format!("{}:{line}:{column}", self.source.name)
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in the user's words; one sentence without a final period.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// Other places that belong to it, each with what it shows.
    pub related: Vec<(Place, String)>,
    /// What to do.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Returns a problem of the given severity.
    pub fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        let message = text::said(&message.into());
        Diagnostic { code, severity, message, place: None, related: Vec::new(), hint: None }
    }
    /// Returns an error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }
    /// Returns a warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }
    /// Returns a note.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }
    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
    /// Adds another place.
    #[must_use]
    pub fn with(mut self, place: Place, shows: impl Into<String>) -> Self {
        self.related.push((place, text::plain(&shows.into())));
        self
    }
    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(text::said(&hint.into()));
        self
    }
}

/// Collects the problems of a run.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    /// In the order found.
    pub items: Vec<Diagnostic>,
    /// Where those of a kind of message and place are: a hostile file has a hundred thousand problems.
    seen: HashMap<u64, Vec<usize>>,
}

impl Sink {
    /// Adds a problem; one that says exactly what is already there is dropped.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let mut hasher = DefaultHasher::new();
        let place = diagnostic.place.as_ref().map(|place| (&place.source.name, place.start, place.end));
        (diagnostic.code.id, &diagnostic.message, place).hash(&mut hasher);
        let alike = self.seen.entry(hasher.finish()).or_default();
        if !alike.iter().any(|index| self.items.get(*index) == Some(&diagnostic)) {
            alike.push(self.items.len());
            self.items.push(diagnostic);
        }
    }
    /// Returns whether any problem is an error.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
    /// Returns how many problems have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.items.iter().filter(|item| item.severity == severity).count()
    }
}

/// Returns `1 order`, `2 orders`: a number with the word it counts.
///
/// ```
/// use broaden::diagnostics::counted;
///
/// assert_eq!(counted(1_usize, "order", "orders"), "1 order");
/// assert_eq!(counted(0_usize, "order", "orders"), "0 orders");
/// ```
pub fn counted<N: std::fmt::Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let word = if count == N::from(1) { one } else { many };
    format!("{count} {word}")
}

/// Candidates of about the length of a word that it is held against: a hostile file has a hundred thousand of each.
const CANDIDATES: usize = 500;

/// Longest word that is held against others, which takes the square of its length.
const LONGEST_WORD: usize = 200;

/// Returns the candidate most like a word, if it is a likely misspelling of it.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    if length > LONGEST_WORD {
        return None;
    }
    let close_in_length = |candidate: &&str| {
        let own = candidate.chars().count();
        own.abs_diff(length) <= mistakes(own)
    };
    candidates
        .into_iter()
        .filter(close_in_length)
        .take(CANDIDATES)
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            let own = candidate.chars().count();
            *distance <= mistakes(own) && *distance < own
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns how many letters of a word so long may be wrong.
fn mistakes(length: usize) -> usize {
    1 + length / 4
}
