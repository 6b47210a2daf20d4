//! The problems of one file, bounded: a hostile file cannot make a million of them.

use std::collections::BTreeMap;

use super::table::Row;
use super::{LONG_ROW, SHORT_ROW, SKIPPED_ROW};
use crate::diagnostics::{Diagnostic, Place, Severity, Sink};

/// Problems of one kind shown per file; the rest is counted.
const SHOWN: usize = 20;

/// Collects the problems of one file.
#[derive(Default)]
pub struct Report {
    items: Vec<Diagnostic>,
    counts: BTreeMap<&'static str, (usize, Option<Diagnostic>)>,
}

impl Report {
    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let (count, last) = self.counts.entry(diagnostic.code.id).or_default();
        *count += 1;
        if *count <= SHOWN {
            self.items.push(diagnostic);
        } else {
            *last = Some(diagnostic);
        }
    }

    /// Notes that a row is not used, and why.
    pub fn skipped(&mut self, row: &Row<'_>, reason: impl AsRef<str>) {
        let message = format!("line {} is not used: {}", row.line(), reason.as_ref());
        self.push(Diagnostic::note(SKIPPED_ROW, message).at(row.place()));
    }

    /// Reports a row that does not fit its header: a cell that is needed lies beyond its end, or it has cells that the
    /// header does not name. Returns whether it fits.
    pub fn fits(&mut self, row: &Row<'_>, header_cells: usize, needed: &[Option<usize>]) -> bool {
        if row.fits(header_cells, needed) {
            return true;
        }
        let surplus = row.has_surplus(header_cells);
        let message = match row.len() {
            cells if cells == header_cells => "the file ends inside a number".to_owned(),
            cells => format!("the row has {cells} cells, its header {header_cells}"),
        };
        let hint = if surplus {
            "a comma inside a cell was not quoted, so that cells stand in the wrong columns; download the file again"
        } else {
            "the file is cut off or was edited; download it again"
        };
        let code = if surplus { LONG_ROW } else { SHORT_ROW };
        self.push(Diagnostic::error(code, message).at(row.place()).hint(hint));
        false
    }

    /// Like [`Report::fits`] for files that no spreadsheet has saved again: a row shorter than its header lost a cell.
    pub fn fits_exactly(&mut self, row: &Row<'_>, header_cells: usize) -> bool {
        self.fits(row, header_cells, &[header_cells.checked_sub(1)])
    }

    /// Returns the problems kept so far.
    #[cfg(test)]
    pub fn items(&self) -> &[Diagnostic] {
        &self.items
    }

    /// Returns whether any problem is an error.
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|item| item.severity == Severity::Error)
    }

    /// Hands the problems on, with a count of those not shown.
    pub fn finish(self, sink: &mut Sink) {
        for item in self.items {
            sink.push(item);
        }
        for (count, last) in self.counts.into_values() {
            if let Some(last) = last {
                let file = last.place.as_ref().map(|place: &Place| place.source.name.clone()).unwrap_or_default();
                let rest = count - SHOWN;
                let message = format!("{rest} more of `{}` in {file} are not shown", last.code.id);
                sink.push(Diagnostic::new(last.severity, last.code, message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_problems_are_twenty_and_a_count() {
        let mut report = Report::default();
        for index in 0..1000 {
            report.push(Diagnostic::error(SHORT_ROW, format!("row {index}")));
        }
        let mut sink = Sink::default();
        report.finish(&mut sink);
        assert_eq!(sink.items.len(), 21);
        assert_eq!(sink.items[20].message, "980 more of `short-row` in  are not shown");
    }
}
