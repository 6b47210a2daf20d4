//! Where the lines of a text begin, found once: a hostile file has a problem at each of a hundred thousand places, and
//! each is shown with its line and column.

use std::ops::Range;
use std::sync::OnceLock;

/// Bytes from one count of characters to the next: a whole file may be one line.
const STEP: usize = 4096;

/// The index of a text, made when it is first asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(OnceLock<Index>);

/// It says nothing that the text does not.
impl PartialEq for Lines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Lines {}

#[derive(Clone, Debug)]
struct Index {
    /// The byte at which each line begins.
    starts: Vec<u32>,
    /// The characters before each multiple of [`STEP`] bytes.
    counts: Vec<u32>,
}

/// Bytes that begin a character.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// No file that is read has four gigabytes.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Index {
    fn new(text: &str) -> Index {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| narrow(at + 1))).collect();
        let mut before = 0;
        let counts = text.as_bytes().chunks(STEP).map(|chunk| {
            let count = narrow(before);
            before += characters(chunk);
            count
        });
        let counts = counts.collect();
        Index { starts, counts }
    }

    /// Returns how many characters begin before a byte.
    fn characters_before(&self, text: &str, byte: usize) -> usize {
        let Some((step, count)) = self.counts.get(byte / STEP).map(|count| (byte / STEP, *count)) else {
            return characters(text.as_bytes());
        };
        count as usize + characters(text.as_bytes().get(step * STEP..byte).unwrap_or_default())
    }
}

impl Lines {
    fn index(&self, text: &str) -> &Index {
        self.0.get_or_init(|| Index::new(text))
    }

    /// Returns the line and column of a byte, counted from 1.
    pub(super) fn of(&self, text: &str, byte: usize) -> (usize, usize) {
        let index = self.index(text);
        let line = index.starts.partition_point(|start| *start as usize <= byte);
        let start = index.starts.get(line.saturating_sub(1)).map_or(0, |start| *start as usize);
        let column = index.characters_before(text, byte) - index.characters_before(text, start) + 1;
        (line, column)
    }

    /// Returns the bytes of a line, counted from 1, without its ending.
    pub(super) fn span(&self, text: &str, line: usize) -> Option<Range<usize>> {
        let starts = &self.index(text).starts;
        let start = *starts.get(line.checked_sub(1)?)? as usize;
        let end = starts.get(line).map_or(text.len(), |next| *next as usize);
        let kept = text.get(start..end)?.trim_end_matches(['\n', '\r']).len();
        Some(start..start + kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against counting from the beginning each time, in texts longer than a step.
        #[test]
        fn a_place_is_the_same_however_it_is_counted(
            parts in proptest::collection::vec("[a\u{e9}\u{20ac}\u{1f600}\n\r]{0,9}", 1..40), times in 1_usize..80, at in 0.0..1.0_f64
        ) {
            let text = parts.concat().repeat(times);
            let mut byte = (text.len() as f64 * at) as usize;
            while !text.is_char_boundary(byte) {
                byte -= 1;
            }
            let before = &text[..byte];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            let lines = Lines::default();
            prop_assert_eq!(lines.of(&text, byte), (line, column));
            let span = lines.span(&text, line).unwrap();
            let expected = text.split('\n').nth(line - 1).unwrap().trim_end_matches('\r');
            prop_assert_eq!(&text[span], expected);
        }
    }
}
