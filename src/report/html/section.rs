//! The sections of the brief that need no picture, as views.

use super::label::Label;
use crate::explain::brief::{self, Block};

/// A section.
pub(super) struct Section {
    pub id: String,
    pub title: Label,
    pub aside: Label,
    pub blocks: Vec<View>,
}

/// A part of it: sentences in a row are one list.
pub(super) enum View {
    List(Vec<Label>),
    Table(Table),
    Verbatim(Label),
}

/// Figures.
pub(super) struct Table {
    pub caption: Label,
    /// The side of each column.
    sides: Vec<char>,
    pub head: Vec<Label>,
    pub rows: Vec<Row>,
}

impl Table {
    /// Returns whether a column is of words, which begin on the left.
    pub fn is_left(&self, column: &usize) -> bool {
        self.sides.get(*column) == Some(&'<')
    }
}

/// A row of figures: its name, what is said of it, and the figures.
pub(super) struct Row {
    pub name: Label,
    pub notes: Vec<Label>,
    pub cells: Vec<Label>,
}

impl Section {
    pub fn new(section: &brief::Section) -> Section {
        let title = Label::words(&section.title);
        let mut blocks: Vec<View> = Vec::new();
        for block in &section.blocks {
            match (block, blocks.last_mut()) {
                (Block::Words(words), Some(View::List(list))) => list.push(Label::words(words)),
                (Block::Words(words), _) => blocks.push(View::List(vec![Label::words(words)])),
                (Block::Table(found), _) => blocks.push(View::Table(table(found, &title))),
                (Block::Verbatim(words), _) => blocks.push(View::Verbatim(Label::words(words))),
            }
        }
        Section { id: section.id.clone(), aside: Label::words(&section.aside), blocks, title }
    }
}

fn table(table: &brief::Table, title: &Label) -> Table {
    let caption = if table.caption.is_empty() { title.clone() } else { Label::words(&table.caption) };
    let row = |row: &brief::Row| {
        let notes = std::iter::once(&row.aside).chain(&row.notes).filter(|note| !note.is_empty());
        Row {
            name: row.cells.first().map(Label::words).unwrap_or_default(),
            notes: notes.map(Label::words).collect(),
            cells: row.cells.iter().skip(1).map(Label::figure).collect(),
        }
    };
    let sides = table.sides.chars().collect();
    Table {
        caption,
        sides,
        head: table.head.iter().map(Label::name).collect(),
        rows: table.rows.iter().map(row).collect(),
    }
}
