//! Rows of what was held and is no more: a column that says when it was closed, or that it is open no longer.

use super::part::Part;
use crate::diagnostics::Diagnostic;
use crate::holdings::report::Report;
use crate::holdings::table::Row;
use crate::holdings::{SKIPPED_ROW, dates};
use crate::units::is_null;

/// Columns in which a day, or a word, says that a holding was given up.
#[rustfmt::skip]
const ENDED: &[&str] = &[
    "closed", "closed?", "is closed", "closed on", "closed at", "closed date", "date closed", "sold", "sold?", "is sold", "sold on",
    "exited", "exited on", "exited?", "liquidated", "disposed", "disposed on", "ended",
];
/// Columns that say whether it is held.
#[rustfmt::skip]
const HELD: &[&str] = &[
    "open", "open?", "is open", "still open", "still open?", "held", "held?", "still held", "still held?", "owned", "owned?",
    "still owned", "still owned?", "own?", "active", "active?", "is active", "holding?", "currently held",
];

const YES: &[&str] = &["y", "yes", "true", "x", "1", "\u{2713}", "\u{2714}", "closed", "sold", "exited"];
const NO: &[&str] = &["n", "no", "false", "0", "closed", "sold", "inactive", "exited"];

/// Returns whether a cell of a column of [`ENDED`] says that a holding is no more: a day, or a word. A bare number is a day
/// only under a name that says so; elsewhere it is an amount, and `1` may be of shares.
fn is_ended(name: &str, cell: &str) -> bool {
    let orders = [dates::Order::MonthFirst, dates::Order::DayFirst];
    let is_of_days = name.split_whitespace().any(|word| matches!(word, "date" | "on"));
    let day = || {
        let serial = dates::serial(cell);
        if serial.is_some() { is_of_days } else { orders.iter().any(|order| dates::in_order(cell, *order).is_some()) }
    };
    !is_null(cell) && cell != "1" && (YES.contains(&cell.to_lowercase().as_str()) || day())
}

impl Part<'_, '_> {
    /// Takes the rows out that a column says are held no more, and says how many.
    pub fn leave_closed_out(&mut self, report: &mut Report) {
        let named = |list: &[&str]| -> Vec<usize> {
            let columns = self.names.names().enumerate().filter(|(_, name)| list.contains(name));
            columns.map(|(column, _)| column).filter(|column| !self.cells.needed().contains(&Some(*column))).collect()
        };
        let ended = named(ENDED);
        let words = |column: &usize| {
            let mut filled = self.rows.iter().map(|row| row.text(*column).to_lowercase()).filter(|cell| !is_null(cell));
            // Of prices at the opening none is such a word.
            filled.all(|cell| YES.contains(&cell.as_str()) || NO.contains(&cell.as_str()) || cell == "open")
        };
        let held: Vec<usize> = named(HELD).into_iter().filter(words).collect();
        if ended.is_empty() && held.is_empty() {
            return;
        }
        let told = |row: &Row<'_>| {
            let gone = |column: &&usize| is_ended(&self.header.text(**column).to_lowercase(), row.text(**column));
            let not = |column: &&usize| NO.contains(&row.text(**column).to_lowercase().as_str());
            ended.iter().find(gone).or_else(|| held.iter().find(not)).copied()
        };
        let Some((first, column)) = self.rows.iter().find_map(|row| Some((*row, told(row)?))) else { return };
        self.over = Some(column);
        let before = self.rows.len();
        let (name, cell) = (self.header.text(column), first.text(column));
        self.rows.retain(|row| told(row).is_none());
        let count = before - self.rows.len();
        let rows = if count == 1 { "a row is".to_owned() } else { format!("{count} rows are") };
        let message = format!("{rows} held no more and not counted: `{name}` says `{cell}`");
        report.push(
            Diagnostic::warning(SKIPPED_ROW, message)
                .at(first.place())
                .hint("call the column otherwise if it says something else"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{portfolio, problems};

    #[test]
    fn a_trade_that_was_closed_is_not_held() {
        for (columns, open, closed) in [
            ("Closed", "", "2026-03-01"),
            ("Closed", "-", "25/03/2026"),
            ("Closed?", "no", "Yes"),
            ("Sold", "", "x"),
            ("Closed on", "", "46082"),
            ("Open?", "Y", "N"),
            ("Still held", "TRUE", "FALSE"),
            ("Active", "1", "0"),
        ] {
            let text = format!(
                "Symbol,Buy Date,Shares,Buy Price,Current Price,{columns}\nVTI,2024-01-02,10,200,300,{open}\n\
                 NVDA,2024-01-02,100,90,180,{closed}\nBND,2024-01-02,10,70,70,{open}\n"
            );
            let (read, sink) = portfolio(&[&text]);
            let held: Vec<_> = read.accounts[0].positions.iter().map(|held| held.label()).collect();
            assert_eq!(held, ["VTI", "BND"], "{columns}");
            let warnings = sink.items.iter().filter(|item| item.code.id == "skipped-row").count();
            assert_eq!(warnings, 1, "{columns}");
        }
        // When all are closed nothing is held.
        let text = "Symbol,Shares,Price,Closed\nNVDA,100,180,2026-03-01\n";
        assert_eq!(problems(&[text]), ["skipped-row", "no-holdings"]);
    }

    #[test]
    fn a_price_in_such_a_column_closes_nothing() {
        for (column, cell) in [
            ("Closed", "179.50"),
            ("Open", "181.25"),
            ("Held", "10"),
            ("Sold", "1"),
            ("Sold", "45000"),
            ("Liquidated", "45000"),
        ] {
            let text = format!("Symbol,Shares,Price,Value,Cost Basis,{column}\nNVDA,10,180,1800,900,{cell}\n");
            assert_eq!(portfolio(&[&text]).0.accounts[0].positions.len(), 1, "{column}");
        }
    }
}
