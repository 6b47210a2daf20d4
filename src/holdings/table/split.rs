//! From a text to the ends of its cells.

use std::ops::Range;

use memchr::{memchr, memchr2};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::cells::{CellEnd, LONGEST_QUOTED, Quoted, close};

/// Bytes that may be searched in vain for the end of quotes: a hostile file opens one in every line.
const VAIN_SEARCH: usize = 4 * 1024 * 1024;
/// Quotes never closed that are remembered.
const MOST_UNCLOSED: usize = 100;
/// More cells than this in one row, or in a file, are no export.
const MOST_CELLS: (usize, usize) = (4096, 16_000_000);
/// More rows than this are no household's, and would take more memory than a file of this size should.
pub const MOST_ROWS: usize = 500_000;

/// Where a row of a part begins; it ends with its last cell, where the next begins.
#[derive(Clone, Copy, Default)]
pub struct RowStart {
    /// Its first cell.
    pub cell: u32,
    /// Line ends before it, in its part.
    pub line: u32,
    /// Its first byte.
    pub byte: u32,
}

/// Rows that follow each other. A long text is split in several parts at once, one for each core.
pub struct Part {
    pub cells: Vec<CellEnd>,
    pub rows: Vec<RowStart>,
    /// Where it begins, and where the row behind it does.
    start: usize,
    end: usize,
    /// Line ends in it, and before it.
    lines: usize,
    pub lines_before: usize,
    /// Rows before it.
    pub rows_before: usize,
    /// Where quotes begin that never end.
    pub unclosed: Vec<usize>,
    /// There are more rows or cells than any export has.
    pub overfull: bool,
}

/// From so many bytes on the cores are worth waking.
const LONG: usize = 512 * 1024;
/// More parts than this would only take memory.
const MOST_PARTS: usize = 8;

/// Splits a text. In a long one each core begins at some line end as if a row began there, which is almost always so;
/// where it was inside quotes, the part before says where its last row ends, and the part is split again from there. So
/// the rows are those that one core finds.
pub fn split(bytes: &[u8], delimiter: u8) -> Vec<Part> {
    let alone = || vec![Part::split(bytes, 0..bytes.len(), delimiter, usize::MAX)];
    // Two for each, in case one of them is late.
    let count = if bytes.len() < LONG { 1 } else { (2 * rayon::current_num_threads()).min(MOST_PARTS) };
    if count < 2 {
        return alone();
    }
    let line_after = |place: usize| memchr(b'\n', bytes.get(place..).unwrap_or_default()).map(|end| place + end + 1);
    let mut bounds: Vec<usize> = (1..count).filter_map(|part| line_after(bytes.len() / count * part)).collect();
    bounds.dedup();
    bounds.insert(0, 0);
    bounds.push(bytes.len());
    let ranges: Vec<Range<usize>> = bounds.iter().zip(bounds.iter().skip(1)).map(|(start, end)| *start..*end).collect();
    let mut parts: Vec<Part> =
        ranges.par_iter().map(|range| Part::split(bytes, range.clone(), delimiter, usize::MAX)).collect();
    let (mut start, mut lines, mut rows, mut cells) = (0, 0, 0, 0);
    for (part, range) in parts.iter_mut().zip(ranges) {
        if part.start != start {
            *part = Part::split(bytes, start..range.end.max(start), delimiter, usize::MAX);
        }
        (part.lines_before, part.rows_before) = (lines, rows);
        start = part.end;
        lines += part.lines;
        rows += part.rows.len();
        cells += part.cells.len();
    }
    // Only one that sees the whole can tell what is too much.
    let strange = parts.iter().any(|part| part.overfull || !part.unclosed.is_empty());
    if strange || cells >= MOST_CELLS.1 || rows > MOST_ROWS { alone() } else { parts }
}

impl Part {
    /// Without rows.
    pub const EMPTY: Part = Part {
        cells: Vec::new(),
        rows: Vec::new(),
        start: 0,
        end: 0,
        lines: 0,
        lines_before: 0,
        rows_before: 0,
        unclosed: Vec::new(),
        overfull: false,
    };

    /// Returns a row: where it begins, and the cell behind its last.
    pub fn row(&self, index: usize) -> Option<(RowStart, usize)> {
        let row = self.rows.get(index)?;
        Some((*row, self.rows.get(index + 1).map_or(self.cells.len(), |next| next.cell as usize)))
    }

    /// Splits the rows that begin in a range.
    pub fn split(bytes: &[u8], range: Range<usize>, delimiter: u8, most_rows: usize) -> Self {
        let mut part = Part { start: range.start, ..Part::EMPTY };
        if most_rows == usize::MAX {
            part.cells.reserve(range.len() / 10);
            part.rows.reserve(range.len() / 200);
        }
        let at = |index: usize| bytes.get(index).copied();
        let (mut position, mut line, mut budget) = (range.start, 0, VAIN_SEARCH);
        while position < range.end && part.rows.len() < most_rows {
            let (first, start, row_line) = (part.cells.len(), position, line);
            let end = loop {
                let mut begin = position;
                while at(begin) == Some(b' ') {
                    begin += 1;
                }
                let opens = at(begin) == Some(b'"');
                let quoted = if opens && budget > 0 { close(bytes, begin, delimiter) } else { None };
                if opens && quoted.is_none() {
                    budget = budget.saturating_sub(LONGEST_QUOTED);
                    if part.unclosed.len() < MOST_UNCLOSED {
                        part.unclosed.push(begin);
                    }
                }
                let stop = if let Some(Quoted { after, marked, lines }) = quoted {
                    line += lines;
                    part.cells.push(CellEnd::new(after, true, marked));
                    after
                } else {
                    let rest = bytes.get(position..).unwrap_or_default();
                    let length = memchr2(delimiter, b'\n', rest).unwrap_or(rest.len());
                    part.cells.push(CellEnd::new(position + length, false, at(begin) == Some(b'=')));
                    position + length
                };
                let full = part.cells.len() - first >= MOST_CELLS.0 || part.cells.len() >= MOST_CELLS.1;
                if at(stop) == Some(delimiter) && !full {
                    position = stop + 1;
                } else {
                    part.overfull |= full;
                    break stop;
                }
            };
            part.rows.push(RowStart { cell: first as u32, line: row_line as u32, byte: start as u32 });
            part.overfull |= part.rows.len() > MOST_ROWS;
            position = end + 1;
            line += 1;
            if part.overfull {
                break;
            }
        }
        part.end = position;
        part.lines = line;
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, cells and first byte of each row; ends of cells; unclosed quotes; whether it is too much.
    type Shape = (Vec<(usize, usize, u32)>, Vec<usize>, Vec<usize>, bool);

    fn shape(parts: &[Part]) -> Shape {
        let rows = parts.iter().flat_map(|part| {
            (0..part.rows.len())
                .filter_map(|index| part.row(index))
                .map(|(row, last)| (part.lines_before + row.line as usize, last - row.cell as usize, row.byte))
        });
        let cells = parts.iter().flat_map(|part| part.cells.iter().map(|cell| cell.at())).collect();
        let unclosed = parts.iter().flat_map(|part| part.unclosed.iter().copied()).collect();
        (rows.collect(), cells, unclosed, parts.iter().any(|part| part.overfull))
    }

    /// Texts whose rows span lines, so that most of the places where a core may begin are inside quotes.
    #[test]
    fn a_long_text_has_the_same_rows_on_any_number_of_cores() {
        let line = "\"a, b\",\"two\nlines\n\" ,12,=\"07\"\r\n\n";
        let cases = [
            line.repeat(2 * LONG / line.len()),
            format!("x,\"{}\",y\nlast", "z,\n".repeat(4000)).repeat(2 * LONG / 12_000),
            format!("x,\"{}\",y\nlast", "z,\n".repeat(LONG / 2)),
            format!("{}\"never,closed\n{}", line.repeat(LONG / line.len()), "1,2,3\n".repeat(LONG / 6)),
            "\n".repeat(2 * LONG),
            "1,2\n".repeat(LONG),
            ",".repeat(2 * LONG),
        ];
        for text in &cases {
            let bytes = text.as_bytes();
            let alone = [Part::split(bytes, 0..bytes.len(), b',', usize::MAX)];
            for cores in [1, 2, 3, 5] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(cores).build().unwrap();
                let parts = pool.install(|| split(bytes, b','));
                assert!(shape(&parts) == shape(&alone), "{cores} cores, {}", &text[..40]);
            }
        }
    }
}
