//! Formats that are one plain table: a header, rows below it, each a position or a quirk of the broker.

use super::REFUSED;
use super::draft::Cells;
use super::report::Report;
use super::table::{Columns, Row, Table};
use crate::diagnostics::{Diagnostic, Place};

/// The names of the columns of a positions table; empty where the format has no such column.
pub struct ColumnMap {
    pub symbol: &'static [&'static str],
    pub name: &'static [&'static str],
    pub kind: &'static [&'static str],
    pub quantity: &'static [&'static str],
    pub price: &'static [&'static str],
    pub value: &'static [&'static str],
    pub cost: &'static [&'static str],
    pub cost_per_share: &'static [&'static str],
    /// What a sale would gain, from which a cost follows that is not printed.
    pub gain: &'static [&'static str],
}

impl ColumnMap {
    /// A format without columns, to be filled in.
    pub const NONE: Self = ColumnMap {
        symbol: &[],
        name: &[],
        kind: &[],
        quantity: &[],
        price: &[],
        value: &[],
        cost: &[],
        cost_per_share: &[],
        gain: &[],
    };

    /// Returns where the columns of a header are.
    pub fn cells(&self, names: &Columns) -> Cells {
        Cells {
            width: names.width(),
            symbol: names.find(self.symbol),
            name: names.find(self.name),
            kind: names.find(self.kind),
            quantity: names.find(self.quantity),
            price: names.find(self.price),
            value: names.find(self.value),
            cost: names.find(self.cost),
            cost_per_share: names.find(self.cost_per_share),
            gain: names.find(self.gain),
        }
    }
}

/// The rows below a header.
pub struct Body<'t> {
    /// The header's names.
    names: Columns,
    /// Where the columns of a position are.
    pub cells: Cells,
    /// Where the header stands.
    pub place: Place,
    /// The rows below, without blank ones and repeated headers.
    rows: Vec<Row<'t>>,
}

impl<'t> Body<'t> {
    /// Finds the header; rows above it are reported as not used. `None` without a header.
    pub fn of(table: &'t Table<'t>, needs: &[&[&str]], map: &ColumnMap, report: &mut Report) -> Option<Self> {
        let mut rows = table.rows().filter(|row| !row.is_blank());
        let (header, names) = loop {
            let row = rows.next()?;
            let names = Columns::of(&row);
            if names.has(needs) {
                break (row, names);
            }
            report.skipped(&row, "it stands before the header");
        };
        let cells = map.cells(&names);
        let repeated = |row: &Row<'t>| {
            row.get(cells.symbol).eq_ignore_ascii_case(header.get(cells.symbol)) && Columns::of(row).has(needs)
        };
        let rows = rows.filter(|row| !repeated(row)).collect();
        Some(Body { names, cells, place: header.place(), rows })
    }

    /// Returns the rows below, without blank ones and repeated headers.
    pub fn rows(&self) -> impl Iterator<Item = Row<'t>> {
        self.rows.iter().copied()
    }

    /// Returns where a column is that only this format has.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        self.names.find(names)
    }

    /// Returns the text of a column that only this format has.
    pub fn text(&self, row: &Row<'t>, names: &[&str]) -> &'t str {
        row.get(self.names.find(names))
    }

    /// Reports a file of several accounts, told apart by a column that the format of one account does not have.
    pub fn refuse_several_accounts(&self, report: &mut Report) {
        let Some(column) = self.column(&["account", "account number", "account name", "account #"]) else { return };
        let mut named = self.rows().filter(|row| !row.text(column).is_empty() && row.filled(3) == 3);
        let Some(first) = named.next() else { return };
        if let Some(other) = named.find(|row| row.text(column) != first.text(column)) {
            report.push(
                Diagnostic::error(REFUSED, "the file is of several accounts, and only files of one are known")
                    .at(other.cell_place(column))
                    .hint("download each account on its own, or map the columns with [import.NAME] in broaden.toml"),
            );
        }
    }

    /// Returns whether a row fits the header; one that does not is reported.
    pub fn fits(&self, row: &Row<'t>, report: &mut Report) -> bool {
        report.fits(row, self.cells.width, &self.cells.needed())
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::one;

    #[test]
    fn headers_may_repeat_and_rows_above_are_not_used() {
        let head = "Symbol,Name,Quantity,Avg. Price,Cost Basis,Value";
        let account = one(&format!("M1 Finance\n\n{head}\nVTI,V,1,1,1,2\n\n{head}\nBND,B,1,1,1,3\n"));
        let held: Vec<_> = account.positions.iter().map(|position| position.label()).collect();
        assert_eq!(held, ["VTI", "BND"]);
    }
}
