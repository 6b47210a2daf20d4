//! The report as Markdown: the sections of the brief, for notes and issue trackers.

use super::Options;
use crate::explain::brief::{Block, Place, Section, Table, brief};
use crate::proposal::Proposal;

/// Returns the report.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let mut text = format!("# Proposal of {}\n", proposal.as_of);
    for section in brief(proposal) {
        draw(&mut text, &section);
    }
    text
}

fn draw(text: &mut String, section: &Section) {
    if !section.title.is_empty() {
        let level = if section.place == Place::Appendix { "###" } else { "##" };
        text.push_str(&format!("\n{level} {}\n", escape(&section.title)));
    }
    if !section.aside.is_empty() {
        text.push_str(&format!("\n{}.\n", escape(&section.aside)));
    }
    // Sentences that follow each other are a list.
    let mut listed = false;
    for block in &section.blocks {
        match block {
            Block::Words(words) => {
                let start = if listed { "" } else { "\n" };
                text.push_str(&format!("{start}- {}\n", escape(words)));
            }
            Block::Table(table) => draw_table(text, table),
            // Indented text is taken as it is.
            Block::Verbatim(words) => text.push_str(&format!("\n    {}\n", super::plain(words))),
        }
        listed = matches!(block, Block::Words(_));
    }
}

fn draw_table(text: &mut String, table: &Table) {
    if !table.caption.is_empty() {
        text.push_str(&format!("\n**{}**\n", escape(&table.caption)));
    }
    let columns = table.sides.chars().count();
    let noted = table.rows.iter().any(|row| !row.aside.is_empty() || !row.notes.is_empty());
    let blank = String::new();
    let mut head: Vec<&str> = (0..columns).map(|at| table.head.get(at).unwrap_or(&blank).as_str()).collect();
    let mut sides: Vec<&str> = table.sides.chars().map(|side| if side == '>' { "---:" } else { "---" }).collect();
    if noted {
        head.push("");
        sides.push("---");
    }
    text.push('\n');
    row(text, &head);
    text.push_str(&format!("|{}|\n", sides.join("|")));
    for line in &table.rows {
        let mut cells: Vec<&str> = (0..columns).map(|at| line.cells.get(at).unwrap_or(&blank).as_str()).collect();
        let said: Vec<&str> = std::iter::once(&line.aside)
            .chain(&line.notes)
            .filter(|said| !said.is_empty())
            .map(String::as_str)
            .collect();
        let said = said.join("; ");
        if noted {
            cells.push(&said);
        }
        row(text, &cells);
    }
}

fn row(text: &mut String, cells: &[&str]) {
    for cell in cells {
        text.push_str("| ");
        text.push_str(&escape(cell.trim_start()));
        text.push(' ');
    }
    text.push_str("|\n");
}

/// Keeps text from becoming markup, a link or a new row.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in super::plain(text).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}
