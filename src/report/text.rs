//! The report for the terminal: the sections of the brief, the answer last, where the eye is.

use super::Options;
use super::page::Page;
use crate::explain::brief::{Block, Place, Section, Table, brief};
use crate::proposal::Proposal;

/// The order of the places; what is only for those who look closer is left to the other formats and to `explain`.
const ORDER: [Place; 4] = [Place::Head, Place::State, Place::After, Place::Answer];

/// The last of the answer, so that the prompt stands under what is to be done and what that comes to.
const LAST: [&str; 2] = ["do", "short"];

/// Returns the report.
pub fn render(proposal: &Proposal, options: Options) -> String {
    let mut sections = brief(proposal);
    sections.sort_by_key(|section| LAST.iter().position(|id| *id == section.id).map_or(0, |place| place + 1));
    let ordered = ORDER.iter().flat_map(|place| sections.iter().filter(move |section| section.place == *place));
    draw(ordered, options)
}

/// Draws sections.
pub fn draw<'s>(sections: impl IntoIterator<Item = &'s Section>, options: Options) -> String {
    let mut page = Page { text: String::new(), options };
    for section in sections {
        let indent = match section.title.is_empty() {
            true => {
                page.sentence(0, &section.aside);
                0
            }
            false => {
                page.heading(&section.title.to_uppercase(), &section.aside);
                2
            }
        };
        for block in &section.blocks {
            match block {
                Block::Words(words) => page.sentence(indent, words),
                Block::Table(table) => draw_table(&mut page, indent, table),
                Block::Verbatim(words) => page.verbatim(indent, words),
            }
        }
    }
    page.text
}

fn draw_table(page: &mut Page, indent: usize, table: &Table) {
    let inner = if table.caption.is_empty() { indent } else { indent + 2 };
    if !table.caption.is_empty() {
        page.sentence(indent, &table.caption);
    }
    let head = (!table.head.is_empty()).then(|| table.head.clone());
    let notes = head.iter().map(|_| (&[][..], "")).chain(table.rows.iter().map(|row| (&row.notes[..], &*row.aside)));
    let cells: Vec<Vec<String>> = head.iter().cloned().chain(table.rows.iter().map(|row| row.cells.clone())).collect();
    for (row, (notes, aside)) in page.layout(inner, &table.sides, &cells).into_iter().zip(notes) {
        page.noted(inner, &row, aside);
        notes.iter().for_each(|note| page.sentence(inner + 4, note));
    }
}
