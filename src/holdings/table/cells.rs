//! The ends of cells, and of those in quotes, as brokers write them.

use memchr::memchr2;

/// A quoted cell longer than this was never closed.
pub const LONGEST_QUOTED: usize = 16 * 1024;

/// Where a cell ends: at its delimiter or the end of its line. It begins behind the end of the cell before it, so that a
/// cell takes four bytes; a long file has a million. Files are too small for the two highest bits, which tell how to read
/// the cell.
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

/// What is known of a quoted cell.
pub struct Quoted {
    /// Where the delimiter or the line end stands.
    pub after: usize,
    /// It holds quotes of its own, doubled or not.
    pub marked: bool,
    /// Line ends inside.
    pub lines: usize,
}

/// Finds the end of the quoted cell that opens at a byte.
pub fn close(bytes: &[u8], open: usize, delimiter: u8) -> Option<Quoted> {
    let limit = bytes.len().min(open + LONGEST_QUOTED);
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
