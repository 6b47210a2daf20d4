//! Trading 212: the export of a pie.

use super::body::{Body, ColumnMap};
use super::draft;
use super::input::Input;
use super::report::Report;
use super::{Detection, Found, ReaderEntry, totals};
use crate::model::Account;
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the export of a pie of Trading 212. The file names no currency (XXX is shown), so nothing in it is traded.\n\
The row `Total` is a checksum.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "trading212-pie",
    broker: "Trading 212 pie",
    doc: DOC,
    download: "the pie > the three dots > Export",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["slice"], &["invested value"], &["value"], &["owned quantity"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

const MAP: ColumnMap = ColumnMap {
    symbol: &["slice"],
    name: &["name"],
    quantity: &["owned quantity"],
    value: &["value"],
    cost: &["invested value"],
    ..ColumnMap::NONE
};

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let Some(body) = Body::of(&table, NEEDS, &MAP, report) else { return Found::default() };
    let mut account = Account::new("trading212", "pie");
    account.base_currency = "XXX".to_owned();
    let mut total_place = None;
    for row in body.rows() {
        if !body.fits(&row, report) {
            continue;
        }
        if totals::says_total(row.get(body.cells.symbol)) && row.is_null(body.cells.quantity) {
            account.reported_total = row.number(body.cells.value, report).map(Money);
            account.name = Some(row.get(body.cells.name).to_owned()).filter(|name| !name.is_empty());
            total_place = Some(row.place());
            continue;
        }
        let mut position = body.cells.position(&row, None, report);
        position.currency = "XXX".into();
        account.positions.push(position);
    }
    account.place = Some(body.place);
    draft::close(&mut account, total_place, report);
    Found { accounts: vec![account], ..Found::default() }
}
