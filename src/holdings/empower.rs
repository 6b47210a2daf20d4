//! Empower (Personal Capital): holdings of linked accounts.

use super::body::{Body, ColumnMap};
use super::draft;
use super::input::Input;
use super::report::Report;
use super::totals::{Above, RowKind};
use super::{Detection, Found, ReaderEntry};

/// What the reader does.
pub const DOC: &str =
    "Reads the holdings file of Empower: accounts by name, funds of plans by name only, no cost basis, no date.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "empower",
    broker: "Empower holdings",
    doc: DOC,
    download: "Investing > Holdings > Export CSV",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] =
    &[&["account"], &["ticker"], &["name"], &["shares"], &["price"], &["1 day %", "1 day $"], &["value"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

const MAP: ColumnMap = ColumnMap {
    symbol: &["ticker"],
    name: &["name"],
    quantity: &["shares"],
    price: &["price"],
    value: &["value"],
    ..ColumnMap::NONE
};

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let Some(body) = Body::of(&table, NEEDS, &MAP, report) else { return Found::default() };
    let mut found = Found::default();
    let mut above = Above::default();
    for row in body.rows() {
        let kind = above.next(&row, &body.cells, report);
        if kind == RowKind::Total || !body.fits(&row, report) {
            continue;
        }
        let name = body.text(&row, &["account"]);
        let index = found.account(name, |account| {
            account.broker = "empower".to_owned();
            account.layout = "holdings".to_owned();
            account.name = Some(name.to_owned());
            account.place = Some(row.place());
        });
        let Some(account) = found.accounts.get_mut(index) else { continue };
        match kind {
            RowKind::Cash(currency, amount) => account.cash.push((currency, amount)),
            _ => account.positions.push(body.cells.position(&row, None, report)),
        }
    }
    for account in &mut found.accounts {
        draft::close(account, None, report);
    }
    found
}
