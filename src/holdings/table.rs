//! Rows and cells of a delimited text, read by the csv crate, with the place of each.
//!
//! The crate tells the texts of a row's cells and where the row begins; where a cell stands is found again for the few
//! that a diagnostic points at. Newlines inside quotes belong to a cell (Robinhood), blanks around them do not (Merrill).

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord, Terminator};

use super::report::Report;
use super::{BAD_NUMBER, TOO_LARGE, UNCLOSED_QUOTE};
use crate::diagnostics::{Diagnostic, Place, Source};
use crate::units::{Decimal, NumberStyle, is_null, parse_number};

/// More rows than this are no household's.
const MOST_ROWS: usize = 200_000;
/// More cells than this in one row are no export.
const MOST_CELLS: usize = 4096;
/// Behind so many quotes that never end nothing more is read.
const MOST_UNCLOSED: usize = 5;
/// A quoted cell longer than this was never closed.
const LONGEST_QUOTED: usize = 16 * 1024;
/// Lines that are looked at whatever they hold: the names of columns may be years.
const FIRST_ROWS: usize = 200;
/// Bytes in which the first rows of a file are looked for.
const HEAD: usize = 256 * 1024;

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

/// The rows of a text that hold anything.
pub struct Table<'a> {
    source: &'a Arc<Source>,
    delimiter: u8,
    rows: Vec<Record>,
    /// Where quotes begin that never end.
    unclosed: Vec<usize>,
    /// There are more rows, or in one of them more cells, than any export has.
    overfull: bool,
    /// How its numbers are written.
    pub style: NumberStyle,
}

/// A row as it was read.
struct Record {
    cells: StringRecord,
    span: Range<usize>,
    line: usize,
}

impl<'a> Table<'a> {
    /// Reads the whole text; a quote that is never closed is an error.
    pub fn whole(source: &'a Arc<Source>, delimiter: Delimiter, report: &mut Report) -> Self {
        let table = Self::read(source, &source.text, delimiter, MOST_ROWS);
        for start in &table.unclosed {
            report.push(
                Diagnostic::error(UNCLOSED_QUOTE, "a quoted cell begins here and never ends")
                    .at(Place::new(source, *start..start + 1))
                    .hint("the file is cut off or was edited; download it again"),
            );
        }
        if table.overfull {
            report.push(
                Diagnostic::error(TOO_LARGE, "the file has more rows or cells than any brokerage export")
                    .at(Place::whole(source))
                    .hint("is it a brokerage export?"),
            );
        }
        table
    }

    /// Reads the first rows only.
    pub fn head(source: &'a Arc<Source>, delimiter: Delimiter, rows: usize) -> Self {
        let near = source.text.floor_char_boundary(HEAD);
        Self::read(source, source.text.get(..near).unwrap_or_default(), delimiter, rows)
    }

    fn read(source: &'a Arc<Source>, text: &str, delimiter: Delimiter, most_rows: usize) -> Self {
        let delimiter = delimiter.byte();
        let (rows, unclosed, style) = (Vec::new(), Vec::new(), NumberStyle::Point);
        let mut table = Table { source, delimiter, rows, unclosed, overfull: false, style };
        let text = tidy(text, delimiter);
        // A row whose quotes never end takes the rows behind it along, so these are read anew.
        let mut next = Some((0, 0));
        while let Some((start, lines)) = next {
            next = table.rows_from(&text, start, lines, most_rows);
        }
        table
    }

    /// Reads the rows from a byte on, so many lines behind the first. Where a quote never ends its row ends with the line;
    /// returned is where the next one begins.
    fn rows_from(&mut self, text: &str, start: usize, lines: usize, most_rows: usize) -> Option<(usize, usize)> {
        let rest = text.get(start..)?;
        let (mut reader, mut cells, mut from) = (reader(rest, self.delimiter), StringRecord::new(), 0);
        while reader.read_record(&mut cells).unwrap_or(false) {
            if self.rows.len() == most_rows || cells.len() > MOST_CELLS {
                self.overfull = true;
                return None;
            }
            // The crate passes over lines without anything.
            let end = reader.position().byte() as usize;
            let mut raw = rest.get(from..end)?.trim_start_matches('\n');
            let skipped = end - from - raw.len();
            let begin = start + from + skipped;
            let line = lines + skipped + cells.position().map_or(1, |position| position.line() as usize);
            from = end;
            raw = raw.strip_suffix('\n').unwrap_or(raw);
            let spread = raw.contains('\n') || end == rest.len();
            let open = Some(raw).filter(|_| spread).and_then(|raw| Places::of(raw, self.delimiter).unclosed);
            if let Some(open) = open {
                raw = raw.get(..open + raw.get(open..)?.find('\n').unwrap_or(raw.len() - open))?;
                self::reader(raw, self.delimiter).read_record(&mut cells).ok()?;
                self.unclosed.push(begin + open);
            }
            let span = begin..begin + raw.len();
            self.rows.push(Record { cells: cells.clone(), span, line });
            if open.is_some() {
                let lines = line + raw.matches('\n').count();
                return (self.unclosed.len() < MOST_UNCLOSED).then_some((begin + raw.len() + 1, lines));
            }
        }
        None
    }

    /// Returns the rows.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = Row<'_>> {
        self.rows.iter().map(|record| Row { table: self, record })
    }

    /// Returns a row, counted from 0.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        self.rows.get(index).map(|record| Row { table: self, record })
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

/// Reads rows of any number of cells.
fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(text.as_bytes())
}

/// Puts blanks before a quote to the other side of the delimiter (`a, "b, c"`), where the crate knows that they are not
/// part of a cell. Every other byte stays where it is.
fn tidy(text: &str, delimiter: u8) -> Cow<'_, str> {
    let (blank, tidied) = (format!("{} \"", char::from(delimiter)), format!(" {}\"", char::from(delimiter)));
    let mut text = Cow::Borrowed(text);
    // No more often than anybody aligns cells with blanks: each pass goes through the whole text.
    for _ in 0..20 {
        if !text.contains(&blank) {
            break;
        }
        text = text.replace(&blank, &tidied).into();
    }
    text
}

/// Where the cells of a row stand, told apart as the csv crate does.
struct Places {
    cells: Vec<Range<usize>>,
    /// Where a quote opens that never ends: the row ends before it does, or other text follows where it ends on another
    /// line, so that it is the opening quote of another cell.
    unclosed: Option<usize>,
}

impl Places {
    fn of(raw: &str, delimiter: u8) -> Self {
        let mut places = Places { cells: Vec::new(), unclosed: None };
        let (mut start, mut quoted, mut closed, mut lines) = (0, false, None, false);
        for (index, byte) in raw.bytes().enumerate() {
            match byte {
                // The first byte of a cell opens quotes, and the second of a pair stands for one.
                b'"' if !quoted && (index == start || closed.is_some_and(|closed| closed + 1 == index)) => {
                    quoted = true
                }
                b'"' if quoted => (quoted, closed) = (false, Some(index)),
                b'\n' => lines = true,
                _ if quoted && index - start > LONGEST_QUOTED && lines => break,
                _ if byte == delimiter && !quoted => {
                    places.cells.push(start..index);
                    (start, lines) = (index + 1, false);
                }
                b' ' | b'\r' => {}
                _ if !quoted && lines => {
                    quoted = true;
                    break;
                }
                _ => {}
            }
        }
        places.unclosed = quoted.then_some(start);
        places.cells.push(start..raw.len());
        places
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'t> {
    table: &'t Table<'t>,
    record: &'t Record,
}

impl<'t> Row<'t> {
    /// Returns the number of cells.
    pub fn len(&self) -> usize {
        self.record.cells.len()
    }
    /// Returns the line of its first character, counted from 1.
    pub fn line(&self) -> usize {
        self.record.line
    }
    fn raw(&self) -> &'t str {
        self.table.source.text.get(self.record.span.clone()).unwrap_or_default()
    }
    /// Returns where it stands.
    pub fn place(&self) -> Place {
        let start = self.record.span.start;
        Place::new(self.table.source, start..start + self.raw().trim_end().len())
    }
    /// Returns the cell of a column, trimmed; empty when the row is shorter.
    pub fn text(&self, column: usize) -> &'t str {
        let cell = self.record.cells.get(column).unwrap_or_default();
        let text = cell.trim();
        // Spreadsheets protect leading zeros as ="0123".
        let quoted = text.strip_prefix("=\"").or_else(|| text.strip_prefix('"').filter(|_| cell.starts_with(' ')));
        quoted.and_then(|rest| rest.strip_suffix('"')).map_or(text, str::trim)
    }
    /// Returns the cells, trimmed.
    pub fn texts(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        let row = *self;
        (0..self.len()).map(move |column| row.text(column))
    }
    /// Returns the cell of a column that may not exist.
    pub fn get(&self, column: Option<usize>) -> &'t str {
        column.map_or("", |column| self.text(column))
    }
    /// Returns where a cell stands, without its quotes and padding; the row when there is none.
    pub fn cell_place(&self, column: usize) -> Place {
        let places = Places::of(&tidy(self.raw(), self.table.delimiter), self.table.delimiter);
        let Some(span) = places.cells.get(column) else { return self.place() };
        let padded = self.raw().get(span.clone()).unwrap_or_default();
        let around = |c: char| c.is_whitespace() || c == '"';
        let before = padded.len() - padded.trim_start_matches(around).len();
        let start = self.record.span.start + span.start + before;
        Place::new(self.table.source, start..start + padded.trim_matches(around).len())
    }
    /// Returns the number of a column, `None` for a null; text that is no number is an error at the cell.
    pub fn number(&self, column: Option<usize>, report: &mut Report) -> Option<Decimal> {
        let column = column?;
        match parse_number(self.text(column), self.table.style) {
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
    /// Returns the shares or dollars of a column, which a percentage is not.
    pub fn amount(&self, column: Option<usize>, report: &mut Report) -> Option<Decimal> {
        let Some(place) = column.filter(|column| self.text(*column).contains('%')) else {
            return self.number(column, report);
        };
        let message = format!("`{}` is a percentage, and no number of shares or dollars", self.text(place));
        report.push(Diagnostic::error(BAD_NUMBER, message).at(self.cell_place(place)).hint("write the number itself"));
        None
    }
    /// Returns the number of a column, `None` also for text that is no number: to look at a row before it is read.
    pub fn quiet(&self, column: Option<usize>) -> Option<Decimal> {
        parse_number(self.get(column), self.table.style).ok().flatten()
    }
    /// Returns whether every cell is empty.
    pub fn is_blank(&self) -> bool {
        self.filled(1) == 0
    }
    /// Returns the only cell that is not empty, where there is exactly one.
    pub fn only(&self) -> Option<&'t str> {
        let mut filled = self.texts().filter(|text| !text.is_empty());
        filled.next().filter(|_| filled.next().is_none())
    }
    /// Returns all cells that are not empty as one text, as it was before a comma split it.
    pub fn joined(&self) -> String {
        self.texts().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    }
    /// Returns how many cells are not empty, counting no further than `most`.
    pub fn filled(&self, most: usize) -> usize {
        self.texts().filter(|text| !text.is_empty()).take(most).count()
    }
    /// Returns whether it holds numbers, in two cells at least, far below the first rows: then it is no header, and need not
    /// be looked at as one.
    pub fn is_data(&self) -> bool {
        let is_number = |text: &str| {
            text.bytes().any(|byte| byte.is_ascii_digit())
                && text.bytes().all(|byte| byte.is_ascii_digit() || b"$.,-+%() ".contains(&byte))
        };
        self.line() > FIRST_ROWS && (0..self.len()).filter(|column| is_number(self.text(*column))).nth(1).is_some()
    }
    /// Returns whether a cell says "unknown" or is empty.
    pub fn is_null(&self, column: Option<usize>) -> bool {
        is_null(self.get(column))
    }
    /// Returns whether it fits its header: every cell that is needed is there, and none that the header does not name.
    pub fn fits(&self, header_cells: usize, needed: &[Option<usize>]) -> bool {
        needed.iter().flatten().all(|column| *column < self.len())
            && !self.is_cut(header_cells)
            && !self.has_surplus(header_cells)
    }
    /// Returns whether the text ends inside it, before the last cell of its header or inside a number, as `$996.` of $996.44
    /// does: the download was cut off.
    pub fn is_cut(&self, header_cells: usize) -> bool {
        let text = &self.table.source.text;
        self.record.span.end >= text.len() && (self.len() < header_cells || ends_inside_number(text))
    }
    /// Returns whether it has cells beyond those that its header names.
    pub fn has_surplus(&self, header_cells: usize) -> bool {
        self.texts().skip(header_cells).any(|text| !text.is_empty())
    }
}

/// Whether a text ends with a mark that stands within a number or before it, after a digit or alone.
fn ends_inside_number(text: &str) -> bool {
    let mut back = text.chars().rev();
    match back.next() {
        Some('.') => back.next().is_some_and(|before| before.is_ascii_digit()),
        Some('$' | '(') => back.next().is_some_and(|before| matches!(before, ',' | ';' | '\t' | '(' | '-' | '"')),
        _ => false,
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
        Columns { names: row.texts().take(200).map(plain).collect() }
    }
    /// Returns the names in a row if one of its cells begins with a word, in any case.
    pub fn of_if(row: &Row<'_>, word: &str) -> Option<Self> {
        let begins = |text: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        row.texts().take(200).any(begins).then(|| Self::of(row))
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
    // A mark of the encoding may stand before the first name, within its quotes.
    for word in text.trim_start_matches('\u{feff}').split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out.trim_end_matches('*').trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let source = Source::file("x.csv", text);
        let mut report = Report::default();
        let table = Table::whole(&source, Delimiter::Comma, &mut report);
        table.rows().map(|row| (0..row.len()).map(|column| row.text(column).to_owned()).collect()).collect()
    }

    #[test]
    fn sloppy_quoting_is_read_as_meant() {
        assert_eq!(cells("\"a \" ,\"b,c\" ,\"\" \r\nd,e"), [vec!["a", "b,c", ""], vec!["d", "e"]]);
        assert_eq!(cells("\"say \"\"hi\"\"\",2\n"), [["say \"hi\"", "2"]]);
        assert_eq!(cells("a, \"b, c\",   \"\", \"d\""), [["a", "b, c", "", "d"]]);
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
        assert_eq!(Table::whole(&source, Delimiter::Comma, &mut report).rows().count(), MOST_ROWS);
        assert_eq!(report.items()[0].code, TOO_LARGE);
    }
}
