//! Trading 212: the export of a pie.

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::Columns;
use super::{Detection, Found, ReaderEntry};
use crate::model::Account;
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the export of a pie of Trading 212. The file names no currency (XXX is shown), so nothing in it is traded.\n\
The row `Total` is a checksum.";

/// The registry entry.
pub const READER: ReaderEntry =
    ReaderEntry { id: "trading212-pie", broker: "Trading 212 pie", doc: DOC, needs: NEEDS, detect, read };

const NEEDS: &[&[&str]] = &[&["slice"], &["invested value"], &["value"], &["owned quantity"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("trading212", "pie");
    account.base_currency = "XXX".to_owned();
    let mut header: Option<(Columns, Cells)> = None;
    let mut total_place = None;
    for row in table.rows().filter(|row| !row.is_blank()) {
        if let Some(names) = Columns::of_if(&row, "slice").filter(|names| names.has(NEEDS)) {
            let cells = Cells {
                width: names.width(),
                symbol: names.find(&["slice"]),
                name: names.find(&["name"]),
                quantity: names.find(&["owned quantity"]),
                value: names.find(&["value"]),
                cost: names.find(&["invested value"]),
                ..Cells::default()
            };
            account.place = Some(row.place());
            header = Some((names, cells));
            continue;
        }
        let Some((names, cells)) = &header else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        if !report.fits(&row, names.width(), &cells.needed()) {
            continue;
        }
        if row.get(cells.symbol) == "Total" && row.is_null(cells.quantity) {
            account.reported_total = row.number(cells.value, report).map(Money);
            account.name = Some(row.get(cells.name).into_owned()).filter(|name| !name.is_empty());
            total_place = Some(row.place());
            continue;
        }
        let mut position = cells.position(&row, None, report);
        position.currency = "XXX".to_owned();
        account.positions.push(position);
    }
    draft::close(&mut account, total_place, report);
    Found { accounts: vec![account], ..Found::default() }
}
