//! Wealthfolio: snapshots of holdings, several dates in a file.

use super::body::{Body, ColumnMap};
use super::draft;
use super::input::Input;
use super::report::Report;
use super::table::Row;
use super::totals::{Above, RowKind};
use super::{Detection, Found, ReaderEntry, currencies, dates};
use crate::model::{Account, Currency};
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the holdings file of Wealthfolio: the snapshot of the latest date; older ones are skipped. $CASH rows are cash.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "wealthfolio",
    broker: "Wealthfolio holdings",
    doc: DOC,
    download: "",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["date"], &["symbol"], &["quantity"], &["price"], &["currency"]];

fn detect(input: &Input<'_>) -> Detection {
    // A file with more columns is somebody else's.
    Detection::when(input.headers.iter().any(|names| names.has(NEEDS) && names.width() == NEEDS.len()))
}

const MAP: ColumnMap = ColumnMap { symbol: &["symbol"], quantity: &["quantity"], price: &["price"], ..ColumnMap::NONE };

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let Some(body) = Body::of(&table, NEEDS, &MAP, report) else { return Found::default() };
    let mut account = Account::new("wealthfolio", "holdings");
    account.cash_per_currency = true;
    let day = |row: &Row<'_>| dates::leading(body.text(row, &["date"]));
    account.as_of = body.rows().filter_map(|row| day(&row)).max();
    let mut above = Above::default();
    for row in body.rows() {
        if !body.fits(&row, report) {
            continue;
        }
        if day(&row) != account.as_of {
            report.skipped(&row, "it belongs to an older snapshot");
            continue;
        }
        let currency = currencies::of_cell(&row, body.column(&["currency"]), report).unwrap_or(Currency::USD);
        if row.get(body.cells.symbol).starts_with("$CASH") {
            let cash = row.number(body.cells.quantity, report);
            account.cash.extend(cash.map(|cash| (currency.to_string(), Money(cash))));
            continue;
        }
        match above.next(&row, &body.cells, report) {
            RowKind::Position => {}
            RowKind::Total => continue,
            RowKind::Cash(_, amount) => {
                account.cash.push((currency.to_string(), amount));
                continue;
            }
        }
        let mut position = body.cells.position(&row, None, report);
        position.currency = currency;
        account.positions.push(position);
    }
    account.place = Some(body.place);
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}
