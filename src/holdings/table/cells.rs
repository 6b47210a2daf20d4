//! The ends of cells, and of those in quotes, as brokers write them.

use memchr::memchr2;
use smallvec::SmallVec;

/// The cells of a row: those of almost every row need no memory of their own.
pub type Cells = SmallVec<[CellEnd; 24]>;
/// More cells than this in one row are no export.
pub const MOST_CELLS: usize = 4096;

/// A quoted cell longer than this was never closed.
pub const LONGEST_QUOTED: usize = 16 * 1024;

/// Where a cell ends: at its delimiter or the end of its line. It begins behind the end of the cell before it, so that a
/// cell takes four bytes. Files are too small for the two highest bits, which tell how to read the cell.
#[derive(Clone, Copy)]
pub struct CellEnd(u32);

/// The cell is quoted.
pub const QUOTED: u32 = 1 << 31;
/// It holds quotes of its own, doubled or not, or a spreadsheet's protection.
pub const MARKED: u32 = 1 << 30;

impl CellEnd {
    pub fn new(end: usize, quoted: bool, marked: bool) -> Self {
        CellEnd(end as u32 | if quoted { QUOTED } else { 0 } | if marked { MARKED } else { 0 })
    }
    pub fn at(self) -> usize {
        (self.0 & !(QUOTED | MARKED)) as usize
    }
    pub fn is(self, bit: u32) -> bool {
        self.0 & bit != 0
    }
}

/// Bytes of a row that may be searched in vain for the end of quotes: a hostile one opens them in each of its cells.
const VAIN_SEARCH: usize = LONGEST_QUOTED;

/// What is known of a cell.
pub struct Cell {
    pub end: CellEnd,
    /// Line ends inside.
    pub lines: usize,
    /// Where it opens a quote that never ends.
    pub unclosed: Option<usize>,
}

/// Returns the cell that begins at a byte. Only the bytes before `limit` are searched for the end of its quotes.
pub fn next(bytes: &[u8], start: usize, delimiter: u8, limit: usize) -> Cell {
    let at = |index: usize| bytes.get(index).copied();
    let mut begin = start;
    while at(begin) == Some(b' ') {
        begin += 1;
    }
    let opens = at(begin) == Some(b'"');
    if opens && let Some(Quoted { after, marked, lines }) = close(bytes, begin, delimiter, limit) {
        return Cell { end: CellEnd::new(after, true, marked), lines, unclosed: None };
    }
    let rest = bytes.get(start..).unwrap_or_default();
    let end = start + memchr2(delimiter, b'\n', rest).unwrap_or(rest.len());
    Cell { end: CellEnd::new(end, false, at(begin) == Some(b'=')), lines: 0, unclosed: opens.then_some(begin) }
}

/// Returns the cells of a row that is known to end at a byte.
pub fn of_row(bytes: &[u8], start: usize, end: usize, delimiter: u8) -> Cells {
    let row = bytes.get(start..end).unwrap_or_default();
    if row.len() < MOST_CELLS && memchr2(b'"', b'=', row).is_none() {
        return unquoted(row, start, delimiter);
    }
    let mut cells = Cells::new();
    let (mut position, mut budget) = (start, VAIN_SEARCH);
    while position <= end && cells.len() < MOST_CELLS {
        let cell = next(bytes, position, delimiter, if budget > 0 { end } else { 0 });
        // Each of them was searched to the end of the row.
        budget = budget.saturating_sub(cell.unclosed.map_or(0, |open| end - open.min(end)));
        cells.push(cell.end);
        position = cell.end.at() + 1;
    }
    cells
}

/// Returns the cells of a row without quotes, in which every delimiter ends one. Eight bytes are looked at together: a
/// search for each of seventeen cells takes three times as long.
fn unquoted(row: &[u8], start: usize, delimiter: u8) -> Cells {
    const SEVEN_BITS: u64 = u64::from_ne_bytes([0x7f; 8]);
    let mut cells = Cells::new();
    let mut push = |end: usize| cells.push(CellEnd::new(start + end, false, false));
    let (words, rest) = row.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let other = u64::from_le_bytes(*word) ^ u64::from_ne_bytes([delimiter; 8]);
        // The highest bit of each byte that is zero in `other`, and no other bit: no sum is carried into the next byte.
        let mut found = !(((other & SEVEN_BITS) + SEVEN_BITS) | other | SEVEN_BITS);
        while found != 0 {
            push(8 * index + found.trailing_zeros() as usize / 8);
            found &= found - 1;
        }
    }
    let behind = row.len() - rest.len();
    rest.iter().enumerate().filter(|(_, byte)| **byte == delimiter).for_each(|(index, _)| push(behind + index));
    push(row.len());
    cells
}

/// What is known of a quoted cell.
struct Quoted {
    /// Where the delimiter or the line end stands.
    after: usize,
    /// It holds quotes of its own, doubled or not.
    marked: bool,
    /// Line ends inside.
    lines: usize,
}

/// Finds the end of the quoted cell that opens at a byte.
fn close(bytes: &[u8], open: usize, delimiter: u8, limit: usize) -> Option<Quoted> {
    let limit = bytes.len().min(limit).min(open + LONGEST_QUOTED);
    let (mut index, mut marked, mut lines) = (open + 1, false, 0);
    loop {
        index += memchr2(b'"', b'\n', bytes.get(index..limit)?)?;
        if bytes.get(index) == Some(&b'\n') {
            lines += 1;
            index += 1;
            continue;
        }
        if bytes.get(index + 1) == Some(&b'"') {
            marked = true;
            index += 2;
            continue;
        }
        let mut after = index + 1;
        while matches!(bytes.get(after), Some(b' ' | b'\r')) {
            after += 1;
        }
        match bytes.get(after) {
            None | Some(b'\n') => return Some(Quoted { after, marked, lines }),
            Some(byte) if *byte == delimiter => return Some(Quoted { after, marked, lines }),
            // A quote at the beginning of a line opens the first cell of the next row: this one was never closed.
            Some(_) if bytes.get(index - 1) == Some(&b'\n') => return None,
            Some(_) => {
                marked = true;
                index += 1;
            }
        }
    }
}
