//! Diagnostics as text, with the user's line and a caret.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::text::{masked, masked_texts, plain};
use super::{Diagnostic, Place, Severity};

/// Longest line shown whole; a longer one (a hostile or minified file) is named by place only.
const LONGEST_LINE: usize = 400;

/// Returns a diagnostic as text: severity, message and code, then the place with its line, then the hint.
pub fn render(diagnostic: &Diagnostic, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = plain(&diagnostic.message);
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let excerpts: Vec<Excerpt> = diagnostic
        .place
        .iter()
        .map(|place| Excerpt::new(place, String::new(), true))
        .chain(diagnostic.related.iter().map(|(place, label)| Excerpt::new(place, plain(label), false)))
        .collect();
    let hint = diagnostic.hint.as_deref().map(plain);
    let mut group = Group::with_title(level.primary_title(message.as_str()).id(diagnostic.code.id));
    for excerpt in &excerpts {
        let kind = if excerpt.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        match &excerpt.span {
            Some(span) => {
                let mut annotation = kind.span(span.clone());
                if !excerpt.label.is_empty() {
                    annotation = annotation.label(excerpt.label.as_str());
                }
                group = group.element(
                    Snippet::source(excerpt.text.as_str())
                        .line_start(excerpt.line)
                        .path(excerpt.name.as_str())
                        .annotation(annotation),
                );
            }
            None => group = group.element(Origin::path(excerpt.name.as_str())),
        }
    }
    if let Some(hint) = &hint {
        group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
    }
    let mut text = renderer.render(&[group]);
    text.push('\n');
    text
}

struct Excerpt {
    name: String,
    text: String,
    line: usize,
    span: Option<std::ops::Range<usize>>,
    label: String,
    primary: bool,
}

impl Excerpt {
    /// Cuts the one line that holds the place out of its source.
    fn new(place: &Place, label: String, primary: bool) -> Self {
        let text = &place.source.text;
        let (line, column) = place.line_column();
        let name = plain(&place.source.name);
        let span = place.span();
        if span == (0..0) {
            return Excerpt { name, text: String::new(), line: 1, span: None, label, primary };
        }
        let start = text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let end = text.get(span.start..).and_then(|after| after.find('\n')).map_or(text.len(), |at| span.start + at);
        let shown = text.get(start..end).unwrap_or("").trim_end_matches('\r');
        if shown.len() > LONGEST_LINE {
            return Excerpt {
                name: format!("{name}:{line}:{column}"),
                text: String::new(),
                line,
                span: None,
                label,
                primary,
            };
        }
        let from = span.start - start;
        let to = (span.end.max(span.start) - start).clamp(from, shown.len().max(from));
        // A config is full of thresholds that look like numbers of accounts; those stand in its texts.
        let is_config = place.source.name.to_lowercase().ends_with(".toml")
            && !["id", "name", "account"].iter().any(|key| shown.contains(key));
        let safe = if is_config { masked_texts(&plain(shown)) } else { masked(&plain(shown)) };
        // Replacing control characters keeps the length unless some were removed; then the caret marks the line.
        let span = if safe.len() == shown.len() { from.min(safe.len())..to.min(safe.len()) } else { 0..safe.len() };
        Excerpt { name, text: safe, line, span: Some(span), label, primary }
    }
}
