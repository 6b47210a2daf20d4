//! The report as data: sections of facts in words and figures, each with its place. Text, Markdown, HTML and JSON draw the
//! same ones, and say nothing of their own; a new fact is a file in `findings` and its line in `FINDINGS`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::findings::FINDINGS;
use crate::proposal::Proposal;

/// Where a section stands. A document leads with the answer; a terminal ends with it, where the eye is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// What the answer is of and must be known before it.
    Head,
    /// What to do.
    Answer,
    /// What is owned and what the market says.
    State,
    /// What comes of it, beside the alternatives.
    After,
    /// For those who look closer.
    Appendix,
}

/// Facts that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Its name: `nothing`, `left`.
    pub id: String,
    /// Its heading, as in a sentence.
    pub title: String,
    /// The short answer beside the heading; empty where there is none.
    pub aside: String,
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// A sentence, without a full stop.
    Words(String),
    /// Figures in columns.
    Table(Table),
    /// Something to be copied, and so never wrapped.
    Verbatim(String),
}

/// Figures in columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// What all rows are of; empty where the heading says it.
    pub caption: String,
    /// The side of each column: `<` left, `>` right.
    pub sides: String,
    /// The heads of the columns; none where the figures speak for themselves.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// One text a column.
    pub cells: Vec<String>,
    /// What is said beside it; empty where nothing is.
    pub aside: String,
    /// What is said below it.
    pub notes: Vec<String>,
}

impl Section {
    /// Returns a section without facts.
    pub(super) fn new(id: &str, title: &str, place: Place) -> Section {
        let (id, title) = (id.to_owned(), title.to_owned());
        Section { id, title, aside: String::new(), place, blocks: Vec::new() }
    }

    /// Puts the short answer beside the heading.
    pub(super) fn aside(mut self, words: impl Into<String>) -> Section {
        self.aside = words.into();
        self
    }

    /// Adds sentences.
    pub(super) fn words(mut self, words: impl IntoIterator<Item = String>) -> Section {
        self.blocks.extend(words.into_iter().map(Block::Words));
        self
    }

    /// Adds a table.
    pub(super) fn table(mut self, table: Table) -> Section {
        if !table.rows.is_empty() {
            self.blocks.push(Block::Table(table));
        }
        self
    }

    /// Returns the section where it says anything beyond its heading.
    pub(super) fn if_any(self) -> Option<Section> {
        (!self.blocks.is_empty()).then_some(self)
    }
}

impl Table {
    /// Returns a table without rows.
    pub(super) fn new(sides: &str, head: &[&str]) -> Table {
        let head = head.iter().map(|cell| (*cell).to_owned()).collect();
        Table { sides: sides.to_owned(), head, ..Table::default() }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) -> &mut Row {
        self.rows.push(Row { cells: cells.into_iter().collect(), ..Row::default() });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }
}

/// Returns the report of a proposal, in the order of a document.
pub fn brief(proposal: &Proposal) -> Vec<Section> {
    let mut sections: Vec<Section> = FINDINGS.iter().filter_map(|finding| finding(proposal)).collect();
    sections.sort_by_key(|section| section.place);
    sections
}
