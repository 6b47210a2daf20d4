//! Which lot is meant: a number inside the program, and where the lot comes from for whoever reads about it.

use super::Symbol;
use crate::diagnostics::Place;

/// Names a lot of one problem: its place in the order of the lots. It means nothing outside of it, and is never printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LotId(u32);

impl LotId {
    /// Returns the id of the lot at an index.
    pub fn new(index: usize) -> Self {
        LotId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Returns the index of the lot.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where a lot comes from: which position of its account, which lot of that, and the line of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LotOrigin {
    /// The position in the account, from 0.
    pub position: usize,
    /// The lot in the position, from 0; `None` where the file has no lots and the whole position is taken as one.
    pub lot: Option<usize>,
    /// What the file calls the lot: an id of the broker's, or its date.
    pub own: String,
    /// The part of it that a written call pledges, kept apart from the rest.
    pub is_pledged: bool,
    /// The line that says so.
    pub place: Option<Place>,
}

impl LotOrigin {
    /// Returns how reports name the lot of a symbol: `AAPL #1.2 2025-12-11`.
    pub fn words(&self, symbol: &Symbol) -> String {
        let lot = self.lot.map_or_else(String::new, |lot| format!(".{lot}"));
        let own = if self.own.is_empty() { String::new() } else { format!(" {}", self.own) };
        let pledged = if self.is_pledged { " (pledged)" } else { "" };
        format!("{symbol} #{}{lot}{own}{pledged}", self.position)
    }

    /// Returns the same with the account before it, as JSON and the table of orders have it: `...417 AAPL #1.2 2025-12-11`.
    pub fn words_in(&self, account: &str, symbol: &Symbol) -> String {
        format!("{account} {}", self.words(symbol))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_the_position_the_lot_and_what_the_file_calls_it() {
        let own = || LotOrigin { position: 1, lot: Some(2), own: "2025-12-11".to_owned(), ..LotOrigin::default() };
        let words = |origin: LotOrigin| origin.words(&Symbol::new("AAPL"));
        assert_eq!(words(own()), "AAPL #1.2 2025-12-11");
        assert_eq!(words(LotOrigin { is_pledged: true, ..own() }), "AAPL #1.2 2025-12-11 (pledged)");
        assert_eq!(words(LotOrigin { position: 3, ..LotOrigin::default() }), "AAPL #3");
    }
}
