//! Wealthfolio: snapshots of holdings, several dates in a file.

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::Columns;
use super::{Detection, Found, ReaderEntry, dates};
use crate::model::Account;
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the holdings file of Wealthfolio: the snapshot of the latest date; older ones are skipped. $CASH rows are cash.";

/// The registry entry.
pub const READER: ReaderEntry =
    ReaderEntry { id: "wealthfolio", broker: "Wealthfolio holdings", doc: DOC, needs: NEEDS, detect, read };

const NEEDS: &[&[&str]] = &[&["date"], &["symbol"], &["quantity"], &["price"], &["currency"]];

fn detect(input: &Input<'_>) -> Detection {
    // A file with more columns is somebody else's.
    Detection::when(input.headers.iter().any(|names| names.has(NEEDS) && names.width() == NEEDS.len()))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("wealthfolio", "holdings");
    account.cash_per_currency = true;
    let header = table.rows().map(|row| (Columns::of(&row), row)).find(|(names, _)| names.has(NEEDS));
    let Some((names, header_row)) = header else { return Found::default() };
    account.place = Some(header_row.place());
    let column = |name: &str| names.find(&[name]);
    let cells = Cells {
        width: names.width(),
        symbol: column("symbol"),
        quantity: column("quantity"),
        price: column("price"),
        ..Cells::default()
    };
    let rows = || table.rows().filter(|row| !row.is_blank() && row.line() > header_row.line());
    account.as_of = rows().filter_map(|row| dates::leading(&row.get(column("date")))).max();
    for row in rows() {
        if !report.fits(&row, names.width(), &cells.needed()) {
            continue;
        }
        if dates::leading(&row.get(column("date"))) != account.as_of {
            report.skipped(&row, "it belongs to an older snapshot");
            continue;
        }
        let currency = row.get(column("currency")).into_owned();
        if row.get(cells.symbol).starts_with("$CASH") {
            account.cash.extend(row.number(cells.quantity, report).map(|cash| (currency, Money(cash))));
            continue;
        }
        let mut position = cells.position(&row, None, report);
        position.currency = currency.into();
        account.positions.push(position);
    }
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}
