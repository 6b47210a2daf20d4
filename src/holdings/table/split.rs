//! From a text to its rows.

use std::ops::Range;

use memchr::{memchr, memchr2};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::cells::{self, LONGEST_QUOTED, MOST_CELLS};

/// Bytes that may be searched in vain for the end of quotes: a hostile file opens one in every line.
const VAIN_SEARCH: usize = 4 * 1024 * 1024;
/// Quotes never closed that are remembered.
const MOST_UNCLOSED: usize = 100;
/// More rows than this are no household's, and would take more memory than a file of this size should.
pub const MOST_ROWS: usize = 500_000;

/// Where a row of a part begins.
#[derive(Clone, Copy)]
pub struct RowStart {
    /// Line ends before it, in its part.
    pub line: u32,
    /// Its first byte.
    pub byte: u32,
}

/// Rows that follow each other. A long text is split in several parts at once, one for each core.
pub struct Part {
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
    /// There are more rows, or in one of them more cells, than any export has.
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
    let (mut start, mut lines, mut rows) = (0, 0, 0);
    for (part, range) in parts.iter_mut().zip(ranges) {
        if part.start != start {
            *part = Part::split(bytes, start..range.end.max(start), delimiter, usize::MAX);
        }
        (part.lines_before, part.rows_before) = (lines, rows);
        start = part.end;
        lines += part.lines;
        rows += part.rows.len();
    }
    // Only one that sees the whole can tell what is too much.
    let strange = parts.iter().any(|part| part.overfull || !part.unclosed.is_empty());
    if strange || rows > MOST_ROWS { alone() } else { parts }
}

impl Part {
    /// Returns a row: where it begins, and the byte behind it.
    pub fn row(&self, index: usize) -> Option<(RowStart, usize)> {
        let row = self.rows.get(index)?;
        let next = self.rows.get(index + 1).map_or(self.end, |next| next.byte as usize);
        Some((*row, next.saturating_sub(1)))
    }

    /// Finds the rows that begin in a range.
    pub fn split(bytes: &[u8], range: Range<usize>, delimiter: u8, most_rows: usize) -> Self {
        let (lines_before, rows_before, unclosed) = (0, 0, Vec::new());
        let (start, end, lines, overfull) = (range.start, range.start, 0, false);
        let mut part = Part { rows: Vec::new(), start, end, lines, lines_before, rows_before, unclosed, overfull };
        if most_rows == usize::MAX {
            part.rows.reserve(range.len() / 100);
        }
        let mut budget = VAIN_SEARCH;
        while part.end < range.end && part.rows.len() < most_rows && !part.overfull {
            let start = part.end;
            part.rows.push(RowStart { line: part.lines as u32, byte: start as u32 });
            let end = certain_end(bytes, start, delimiter);
            part.end = 1 + end.unwrap_or_else(|| part.row_end(bytes, start, delimiter, &mut budget));
            part.lines += 1;
            part.overfull |= part.rows.len() > MOST_ROWS;
        }
        part
    }

    /// Goes from cell to cell to the end of a row.
    fn row_end(&mut self, bytes: &[u8], start: usize, delimiter: u8, budget: &mut usize) -> usize {
        let mut position = start;
        for _ in 0..MOST_CELLS {
            let cell = cells::next(bytes, position, delimiter, if *budget > 0 { usize::MAX } else { 0 });
            self.lines += cell.lines;
            if let Some(open) = cell.unclosed {
                *budget = budget.saturating_sub(LONGEST_QUOTED);
                if self.unclosed.len() < MOST_UNCLOSED {
                    self.unclosed.push(open);
                }
            }
            position = cell.end.at();
            if bytes.get(position) != Some(&delimiter) {
                return position;
            }
            position += 1;
        }
        self.overfull = true;
        position - 1
    }
}

/// Returns where a row ends that cannot go on behind its first line, as is so for almost every row, whatever its cells:
/// it has no quote, or its last quote is one that ends a cell. That is a quote with nothing but delimiters behind it, and
/// before it something that is no quote, of which it could be the second, and no delimiter, behind which it would open a
/// cell.
fn certain_end(bytes: &[u8], start: usize, delimiter: u8) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let Some(first) = memchr2(b'\n', b'"', rest) else { return Some(bytes.len()).filter(|_| rest.len() < MOST_CELLS) };
    let length = if rest.get(first) == Some(&b'\n') { first } else { first + memchr(b'\n', rest.get(first..)?)? };
    // A longer one may have too many cells, and a cell that is too long.
    let line = rest.get(..length).filter(|line| line.len() < MOST_CELLS)?;
    if first == length {
        return Some(start + length);
    }
    let last = line.iter().rposition(|byte| *byte != delimiter && !matches!(byte, b' ' | b'\r'))?;
    let before = line.get(..last)?.iter().rfind(|byte| **byte != b' ')?;
    let ends = line.get(last) == Some(&b'"') && *before != b'"' && *before != delimiter;
    ends.then_some(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, bytes and ends of cells of each row.
    type Rows = Vec<(usize, Range<usize>, Vec<usize>)>;

    /// With unclosed quotes, and whether it is too much.
    type Shape = (Rows, Vec<usize>, bool);

    fn shape(bytes: &[u8], parts: &[Part]) -> Shape {
        let rows = parts.iter().flat_map(|part| {
            (0..part.rows.len()).filter_map(|index| part.row(index)).map(|(row, end)| {
                let (start, line) = (row.byte as usize, part.lines_before + row.line as usize);
                let cells = cells::of_row(bytes, start, end, b',').iter().map(|cell| cell.at()).collect();
                (line, start..end, cells)
            })
        });
        let unclosed = parts.iter().flat_map(|part| part.unclosed.iter().copied()).collect();
        (rows.collect(), unclosed, parts.iter().any(|part| part.overfull))
    }

    /// Goes from cell to cell through all of a text, and knows the end of a row only when it is there.
    fn by_cells(bytes: &[u8]) -> (Rows, Vec<usize>) {
        let (mut rows, mut unclosed, mut position, mut line) = (Rows::new(), Vec::new(), 0, 0);
        while position < bytes.len() {
            let (start, first_line, mut ends) = (position, line, Vec::new());
            loop {
                let cell = cells::next(bytes, position, b',', usize::MAX);
                unclosed.extend(cell.unclosed);
                line += cell.lines;
                ends.push(cell.end.at());
                position = cell.end.at() + 1;
                if bytes.get(position - 1) != Some(&b',') {
                    break;
                }
            }
            rows.push((first_line, start..position - 1, ends));
            line += 1;
        }
        (rows, unclosed)
    }

    /// The texts of so few characters, and longer ones from a generator (xorshift): rows whose end is told from their
    /// first line alone are those that their cells have.
    #[test]
    fn the_end_of_a_row_is_where_its_cells_end() {
        const CHARACTERS: &[u8] = b"\"\"\",, \n\rax-=";
        let check = |text: &[u8]| {
            let part = Part::split(text, 0..text.len(), b',', usize::MAX);
            let (rows, unclosed) = by_cells(text);
            let found = shape(text, &[part]);
            assert_eq!((found.0, found.1), (rows, unclosed), "{:?}", String::from_utf8_lossy(text));
        };
        let short: Vec<u8> = b"\", \na".to_vec();
        for length in 1..=7_u32 {
            for mut number in 0..short.len().pow(length) {
                let mut text = Vec::new();
                for _ in 0..length {
                    text.push(short[number % short.len()]);
                    number /= short.len();
                }
                check(&text);
            }
        }
        let mut state = 88_172_645_463_325_252_u64;
        let mut roll = |sides: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % sides as u64) as usize
        };
        for round in 0..30_000 {
            // In every third of them there is no quote.
            let characters = if round % 3 == 0 { &CHARACTERS[3..] } else { CHARACTERS };
            let text: Vec<u8> = (0..60).map(|_| characters[roll(characters.len())]).collect();
            check(&text);
        }
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
                assert!(shape(bytes, &parts) == shape(bytes, &alone), "{cores} cores, {}", &text[..40]);
            }
        }
    }
}
