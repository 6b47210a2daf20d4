//! Proposals as text and files: one format per file, each a pure function of the proposal.

pub mod book;
pub mod checklist;
pub mod exposure;
pub mod html;
pub mod ibkr;
pub mod json;
pub mod markdown;
pub mod orders;
mod page;
pub mod signals;
pub mod text;
pub mod ticket;

use crate::proposal::Proposal;

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Columns of the terminal, for text.
    pub width: usize,
    /// Whether escape codes may be used, for text.
    pub colour: bool,
}

/// A format of `broaden advise`.
pub struct Renderer {
    /// As in `--format`.
    pub id: &'static str,
    /// Ending of a file name that picks it for `-o`; the longest that fits wins.
    pub ending: &'static str,
    /// Whether it says warnings and notes itself.
    pub says: bool,
    /// Whether it shows the price ladder.
    pub ladder: bool,
    /// Draws the proposal.
    pub render: fn(&Proposal, Options) -> String,
}

/// Every format.
pub static RENDERERS: &[Renderer] = &[
    Renderer { id: "text", ending: ".txt", says: true, ladder: false, render: text::render },
    Renderer { id: "json", ending: ".json", says: true, ladder: true, render: json::render },
    Renderer { id: "html", ending: ".html", says: true, ladder: true, render: html::render },
    Renderer { id: "ticket", ending: ".ticket.txt", says: false, ladder: false, render: ticket::render },
    Renderer { id: "md", ending: ".md", says: true, ladder: true, render: markdown::render },
    Renderer { id: "csv", ending: ".csv", says: false, ladder: false, render: orders::render },
    Renderer { id: "ibkr", ending: ".ibkr.csv", says: false, ladder: false, render: ibkr::render },
];

/// Returns the format of a file name.
pub fn by_name(name: &str) -> Option<&'static Renderer> {
    let fits = RENDERERS.iter().filter(|renderer| name.to_lowercase().ends_with(renderer.ending));
    fits.max_by_key(|renderer| renderer.ending.len())
}

use crate::diagnostics::text::neutral;
pub use crate::diagnostics::text::plain;

/// Wraps the lines of a text that are longer than a width; what goes on stands so much further in. A word longer than a line,
/// such as the path of a file, is broken.
pub fn wrapped(text: &str, width: usize, further: usize) -> String {
    let mut page = page::Page { text: String::new(), options: Options { width, colour: false } };
    for line in text.lines() {
        let indent = line.chars().take_while(|c| *c == ' ').count().min(width / 4);
        if line.chars().count() <= width {
            page.text.push_str(line);
            page.text.push('\n');
            continue;
        }
        let room = width.saturating_sub(indent + further).max(1);
        let pieces = line.split_whitespace().flat_map(|word| {
            let characters: Vec<char> = word.chars().collect();
            characters.chunks(room).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>()
        });
        page.hanging(indent, indent + further, &pieces.collect::<Vec<_>>().join(" "));
    }
    page.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_ending_picks_the_format() {
        assert_eq!(by_name("a.csv").map(|r| r.id), Some("csv"));
        assert_eq!(by_name("a.ibkr.csv").map(|r| r.id), Some("ibkr"));
        assert!(by_name("a.pages").is_none());
    }

    #[test]
    fn long_lines_are_wrapped_and_long_words_broken() {
        let text = format!("  a row of many words that runs over {}\nshort\n", "x".repeat(50));
        let expected = format!(
            "  a row of many words that runs over\n      {}\n      {}\nshort\n",
            "x".repeat(34),
            "x".repeat(16)
        );
        assert_eq!(wrapped(&text, 40, 4), expected);
        assert_eq!(wrapped("short\n\n  row\n", 40, 4), "short\n\n  row\n");
    }

    #[test]
    fn formulas_and_direction_marks_are_neutralised() {
        assert_eq!(neutral("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(neutral("\t=1"), "' =1");
        assert_eq!(neutral("a\u{202e}b\u{1b}c"), "ab c");
    }
}
