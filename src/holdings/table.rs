//! Rows and cells of a delimited text, with the place of each, tolerant of how brokers quote.
//!
//! The csv crate cannot give the bytes of a cell and misreads `"a" ,"b" ` (Merrill), so the splitting is done here:
//! a quoted cell ends at a quote that is followed, after spaces, by a delimiter or the end of the line; newlines
//! inside quotes belong to the cell (Robinhood). Only where the rows begin is kept: a row is split into its cells when it
//! is asked for, and no cell is copied before somebody asks for its text.

mod cells;
mod split;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use cells::{CellEnd, Cells, MARKED, QUOTED};
use split::Part;

use super::report::Report;
use super::{BAD_NUMBER, TOO_LARGE, UNCLOSED_QUOTE};
use crate::diagnostics::{Diagnostic, Place, Source};
use crate::model::Name;
use crate::units::{Decimal, NumberStyle, is_null, parse_number, trimmed};

/// What separates the cells of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delimiter {
    Comma,
    Tab,
    Semicolon,
}

impl Delimiter {
    fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Tab => b'\t',
            Delimiter::Semicolon => b';',
        }
    }
}

/// The rows of a text.
pub struct Table<'a> {
    source: &'a Arc<Source>,
    /// The same for each core. All places of a file count their references to its source, and where several cores count
    /// in one memory, that takes longer than to read the rows.
    sources: Vec<Arc<Source>>,
    delimiter: u8,
    parts: Vec<Part>,
    /// How its numbers are written.
    pub style: NumberStyle,
}

impl<'a> Table<'a> {
    /// Splits the whole text; a quote that is never closed is an error.
    pub fn whole(source: &'a Arc<Source>, delimiter: Delimiter, report: &mut Report) -> Self {
        let delimiter = delimiter.byte();
        let parts = split::split(source.text.as_bytes(), delimiter);
        let sources = match parts.len() {
            0 | 1 => Vec::new(),
            _ => (0..rayon::current_num_threads()).map(|_| Arc::new(Source::clone(source))).collect(),
        };
        let table = Table { source, sources, delimiter, parts, style: NumberStyle::Point };
        for start in table.parts.iter().flat_map(|part| &part.unclosed) {
            report.push(
                Diagnostic::error(UNCLOSED_QUOTE, "a quoted cell begins here and never ends")
                    .at(Place::new(source, *start..start + 1))
                    .hint("the file is cut off or was edited; download it again"),
            );
        }
        if table.parts.iter().any(|part| part.overfull) {
            report.push(
                Diagnostic::error(TOO_LARGE, "the file has more rows or cells than any brokerage export")
                    .at(Place::whole(source))
                    .hint("is it a brokerage export?"),
            );
        }
        table
    }

    /// Splits the first rows only.
    pub fn head(source: &'a Arc<Source>, delimiter: Delimiter, rows: usize) -> Self {
        let (bytes, delimiter) = (source.text.as_bytes(), delimiter.byte());
        let part = Part::split(bytes, 0..bytes.len(), delimiter, rows);
        Table { source, sources: Vec::new(), delimiter, parts: vec![part], style: NumberStyle::Point }
    }

    /// Returns the rows, blank ones too.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = Row<'_>> {
        self.parts.iter().flat_map(move |part| (0..part.rows.len()).filter_map(move |index| self.row_of(part, index)))
    }

    /// Returns a row, counted from 0.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        let part = self.parts.iter().rfind(|part| part.rows_before <= index)?;
        self.row_of(part, index - part.rows_before)
    }

    fn row_of<'t>(&'t self, part: &Part, index: usize) -> Option<Row<'t>> {
        let (row, end) = part.row(index)?;
        let (start, line) = (row.byte as usize, part.lines_before + row.line as usize + 1);
        let cells = cells::of_row(self.source.text.as_bytes(), start, end, self.delimiter);
        let source = rayon::current_thread_index().and_then(|core| self.sources.get(core)).unwrap_or(self.source);
        Some(Row { table: self, source, start, end, line, cells, index: part.rows_before + index })
    }

    /// Returns a row, counted from 0; one without cells beyond the last.
    pub fn at(&self, index: usize) -> Row<'_> {
        self.row(index).unwrap_or(Row {
            table: self,
            source: self.source,
            start: 0,
            end: 0,
            line: 0,
            cells: Cells::new(),
            index,
        })
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.parts.last().map_or(0, |part| part.rows_before + part.rows.len())
    }

    /// Returns how the numbers of some columns are written: the separator that has other than three digits behind it,
    /// or that comes last in a cell, is the decimal one. A point where nothing tells.
    pub fn decimal_style(&self, columns: Range<usize>) -> NumberStyle {
        for row in self.rows() {
            for column in columns.clone() {
                let text = row.text(column);
                if !text.bytes().any(|byte| byte.is_ascii_digit()) || text.chars().any(char::is_alphabetic) {
                    continue;
                }
                let behind = |separator: char| text.rsplit_once(separator).map(|(_, digits)| digits.trim_end().len());
                match (behind('.'), behind(',')) {
                    (Some(point), Some(comma)) => {
                        return if comma < point { NumberStyle::Comma } else { NumberStyle::Point };
                    }
                    (None, Some(digits)) if digits != 3 => return NumberStyle::Comma,
                    (Some(digits), None) if digits != 3 => return NumberStyle::Point,
                    _ => {}
                }
            }
        }
        NumberStyle::Point
    }

    /// Returns the largest number of cells in a row.
    pub fn widest(&self) -> usize {
        self.rows().map(|row| row.len()).max().unwrap_or(0)
    }
}

/// One row, split into its cells.
#[derive(Clone)]
pub struct Row<'t> {
    table: &'t Table<'t>,
    source: &'t Arc<Source>,
    /// Its first byte, and the one behind its last cell.
    start: usize,
    end: usize,
    line: usize,
    cells: Cells,
    /// Its number, from 0.
    pub index: usize,
}

impl<'t> Row<'t> {
    /// Returns the number of cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }
    /// Returns the line of its first character, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }
    /// Returns where it stands.
    pub fn place(&self) -> Place {
        let trimmed = self.source.text.get(self.start..self.end).map_or(0, |text| text.trim_end().len());
        Place::new(self.source, self.start..self.start + trimmed)
    }
    /// Returns the cell of a column, trimmed; empty when the row is shorter.
    pub fn text(&self, column: usize) -> Cow<'t, str> {
        let Some((end, span)) = self.cell(column) else { return Cow::Borrowed("") };
        let raw = self.within(span);
        if !end.is(MARKED) {
            return Cow::Borrowed(raw);
        }
        let plain = raw.replace("\"\"", "\"");
        // Spreadsheets protect leading zeros as ="0123".
        let inner = plain.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(&plain);
        Cow::Owned(inner.trim().to_owned())
    }
    fn raw(&self, column: usize) -> &'t str {
        self.cell(column).map_or("", |(_, span)| self.within(span))
    }
    fn within(&self, span: Range<usize>) -> &'t str {
        let text: &'t str = &self.source.text;
        trimmed(text.get(span).unwrap_or(""))
    }
    /// Returns the end of a cell and its bytes, without its quotes.
    fn cell(&self, column: usize) -> Option<(CellEnd, Range<usize>)> {
        let end = *self.cells.get(column)?;
        let start = match column {
            0 => self.start,
            _ => self.cells.get(column - 1)?.at() + 1,
        };
        let span = start..end.at();
        if !end.is(QUOTED) {
            return Some((end, span));
        }
        let cell = self.source.text.as_bytes().get(span.clone()).unwrap_or_default();
        if matches!(cell, [b'"', .., b'"']) {
            return Some((end, span.start + 1..span.end - 1));
        }
        let padding = |byte: &&u8| matches!(byte, b' ' | b'\r');
        let left = cell.iter().take_while(padding).count();
        let right = cell.iter().rev().take_while(padding).count();
        // Without the quotes themselves.
        Some((end, span.start + left + 1..(span.end - right).saturating_sub(1)))
    }
    /// Returns the cell of a column that may not exist.
    pub fn get(&self, column: Option<usize>) -> Cow<'t, str> {
        column.map_or(Cow::Borrowed(""), |column| self.text(column))
    }
    /// Returns the cell of a column that may not exist, as a name.
    pub fn name(&self, column: Option<usize>) -> Name {
        match column {
            Some(column) if self.cell(column).is_some_and(|(end, _)| !end.is(MARKED)) => {
                Name::at(self.cell_place(column))
            }
            _ => self.get(column).into_owned().into(),
        }
    }
    /// Returns where a cell stands, without its padding; the row when there is none.
    pub fn cell_place(&self, column: usize) -> Place {
        match self.cell(column) {
            Some((_, span)) => {
                let raw = self.source.text.get(span.clone()).unwrap_or("");
                let text = trimmed(raw);
                let before = if text.len() == raw.len() { 0 } else { raw.len() - raw.trim_start().len() };
                Place::new(self.source, span.start + before..span.start + before + text.len())
            }
            None => self.place(),
        }
    }
    /// Returns the number of a column, `None` for a null; text that is no number is an error at the cell.
    pub fn number(&self, column: Option<usize>, report: &mut Report) -> Option<Decimal> {
        let column = column?;
        let text = self.text(column);
        match parse_number(&text, self.table.style) {
            Ok(number) => number,
            Err(problem) => {
                report.push(
                    Diagnostic::error(BAD_NUMBER, problem.to_string())
                        .at(self.cell_place(column))
                        .hint("a number stood here when the broker wrote the file; download it again"),
                );
                None
            }
        }
    }
    /// Returns whether a cell begins as a number does: a quick way to know most rows of a long file.
    pub fn counts(&self, column: Option<usize>) -> bool {
        let cell = column.map_or("", |column| self.raw(column));
        matches!(cell.as_bytes(), [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..])
    }
    /// Returns whether every cell is empty.
    pub fn is_blank(&self) -> bool {
        (0..self.len()).all(|column| self.raw(column).is_empty())
    }
    /// Returns the only cell that is not empty, where there is exactly one.
    pub fn only(&self) -> Option<Cow<'t, str>> {
        let mut filled = (0..self.len()).filter(|column| !self.raw(*column).is_empty());
        match (filled.next(), filled.next()) {
            (Some(column), None) => Some(self.text(column)),
            _ => None,
        }
    }
    /// Returns all cells that are not empty as one text, as it was before a comma split it.
    pub fn joined(&self) -> String {
        let filled: Vec<Cow<'t, str>> =
            (0..self.len()).map(|column| self.text(column)).filter(|text| !text.is_empty()).collect();
        filled.join(", ")
    }
    /// Returns how many cells are not empty, counting no further than `most`.
    pub fn filled(&self, most: usize) -> usize {
        (0..self.len()).filter(|column| !self.raw(*column).is_empty()).take(most).count()
    }
    /// Returns whether a cell says "unknown" or is empty.
    pub fn is_null(&self, column: Option<usize>) -> bool {
        is_null(&self.get(column))
    }
    /// Returns whether it fits its header: every cell that is needed is there, and none that the header does not name.
    pub fn fits(&self, header_cells: usize, needed: &[Option<usize>]) -> bool {
        // Where the text ends inside the row, the download was cut off.
        let cut = self.len() < header_cells && self.end >= self.source.text.len();
        needed.iter().flatten().all(|column| *column < self.len())
            && self.len() > 0
            && !cut
            && !self.has_surplus(header_cells)
    }
    /// Returns whether it has cells beyond those that its header names.
    pub fn has_surplus(&self, header_cells: usize) -> bool {
        (header_cells..self.len()).any(|column| !self.text(column).is_empty())
    }
}

/// Column names of a header row, in lower case with single spaces.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    names: Vec<String>,
}

impl Columns {
    /// Returns the names in a row.
    pub fn of(row: &Row<'_>) -> Self {
        Columns { names: (0..row.len().min(200)).map(|column| plain(&row.text(column))).collect() }
    }
    /// Returns the names in a row if one of its cells begins with a word, in any case; spares building them for
    /// every row of a long file.
    pub fn of_if(row: &Row<'_>, word: &str) -> Option<Self> {
        let begins = |text: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let letter = word.bytes().next().unwrap_or_default().to_ascii_lowercase();
        let bytes = row.source.text.as_bytes();
        let mut start = row.start;
        let mut likely = row.cells.iter().take(200).enumerate().filter(|(_, end)| {
            let first = bytes.get(start + usize::from(end.is(QUOTED)));
            start = end.at() + 1;
            first.is_none_or(|byte| byte.to_ascii_lowercase() == letter || !byte.is_ascii_graphic() || *byte == b'"')
        });
        likely.any(|(column, _)| begins(row.raw(column))).then(|| Self::of(row))
    }
    /// Returns the first column with one of the names.
    pub fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|found| found == name))
    }
    /// Returns whether each of the columns is there, under one of its names.
    pub fn has(&self, columns: &[&[&str]]) -> bool {
        columns.iter().all(|names| self.find(names).is_some())
    }
    /// Returns how many of the columns are there.
    pub fn count(&self, columns: &[&[&str]]) -> usize {
        columns.iter().filter(|names| self.find(names).is_some()).count()
    }
    /// Returns the names, in column order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
    /// Returns the number of columns up to the last that has a name.
    pub fn width(&self) -> usize {
        self.names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1)
    }
}

/// Lower case, single spaces, no footnote stars.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out.trim_end_matches('*').trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::split::MOST_ROWS;
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let source = Source::file("x.csv", text);
        let mut report = Report::default();
        let table = Table::whole(&source, Delimiter::Comma, &mut report);
        table.rows().map(|row| (0..row.len()).map(|column| row.text(column).into_owned()).collect()).collect()
    }

    #[test]
    fn sloppy_quoting_is_read_as_meant() {
        assert_eq!(cells("\"a \" ,\"b,c\" ,\"\" \r\nd,e"), [vec!["a", "b,c", ""], vec!["d", "e"]]);
        assert_eq!(cells("\"say \"\"hi\"\"\",2\n"), [["say \"hi\"", "2"]]);
        assert_eq!(cells("\"12\" TV\",2\n"), [["12\" TV", "2"]]);
        assert_eq!(cells("\"two\nlines\",2\nx,y"), [vec!["two\nlines", "2"], vec!["x", "y"]]);
        assert_eq!(cells("=\"0012\",1"), [["0012", "1"]]);
        assert_eq!(cells("a,,"), [["a", "", ""]]);
    }

    #[test]
    fn a_quote_never_closed_is_named_with_its_place() {
        let source = Source::file("x.csv", "a,b\nc,\"d\ne,f\n");
        let mut report = Report::default();
        let table = Table::whole(&source, Delimiter::Comma, &mut report);
        assert_eq!(table.rows().count(), 3);
        assert_eq!(report.items()[0].code, UNCLOSED_QUOTE);
        assert_eq!(report.items()[0].place.as_ref().unwrap().locator(), "x.csv:2:3");
    }

    #[test]
    fn a_bad_number_points_at_its_cell() {
        let source = Source::file("x.csv", "a,b\n\"two\nlines\",  12x \n");
        let mut report = Report::default();
        let table = Table::whole(&source, Delimiter::Comma, &mut report);
        assert_eq!(table.row(1).unwrap().number(Some(1), &mut report), None);
        assert_eq!(report.items()[0].code, BAD_NUMBER);
        assert_eq!(report.items()[0].place.as_ref().unwrap().locator(), "x.csv:3:10");
    }

    #[test]
    fn a_row_of_a_million_commas_is_bounded() {
        let source = Source::file("x.csv", ",".repeat(1_000_000));
        let mut report = Report::default();
        assert!(Table::whole(&source, Delimiter::Comma, &mut report).widest() <= 4096);
        assert_eq!(report.items()[0].code, TOO_LARGE);
        let source = Source::file("x.csv", "a,1\n".repeat(MOST_ROWS + 5));
        let mut report = Report::default();
        assert_eq!(Table::whole(&source, Delimiter::Comma, &mut report).rows().count(), MOST_ROWS + 1);
        assert_eq!(report.items()[0].code, TOO_LARGE);
    }
}
