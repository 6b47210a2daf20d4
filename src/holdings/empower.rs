//! Empower (Personal Capital): holdings of linked accounts.

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::Columns;
use super::{Detection, Found, ReaderEntry};
use crate::units::Money;

/// What the reader does.
pub const DOC: &str =
    "Reads the holdings file of Empower: accounts by name, funds of plans by name only, no cost basis, no date.";

/// The registry entry.
pub const READER: ReaderEntry =
    ReaderEntry { id: "empower", broker: "Empower holdings", doc: DOC, needs: NEEDS, detect, read };

const NEEDS: &[&[&str]] =
    &[&["account"], &["ticker"], &["name"], &["shares"], &["price"], &["1 day %", "1 day $"], &["value"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut header: Option<(Columns, Cells)> = None;
    for row in table.rows().filter(|row| !row.is_blank()) {
        if let Some(names) = Columns::of_if(&row, "ticker").filter(|names| names.has(NEEDS)) {
            let cells = Cells {
                width: names.width(),
                symbol: names.find(&["ticker"]),
                name: names.find(&["name"]),
                quantity: names.find(&["shares"]),
                price: names.find(&["price"]),
                value: names.find(&["value"]),
                ..Cells::default()
            };
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
        let name = row.get(names.find(&["account"])).into_owned();
        let index = found.account(&name, |account| {
            account.broker = "empower".to_owned();
            account.layout = "holdings".to_owned();
            account.name = Some(name.clone());
            account.place = Some(row.place());
        });
        let cash = row.get(cells.symbol).eq_ignore_ascii_case("cash");
        let position = cells.position(&row, None, report);
        if let Some(account) = found.accounts.get_mut(index) {
            if cash {
                let amount = position.value.unwrap_or_default();
                let before = account.cash_in("USD").unwrap_or(Money::ZERO);
                account.cash = vec![("USD".to_owned(), before + amount)];
            } else {
                account.positions.push(position);
            }
        }
    }
    for account in &mut found.accounts {
        draft::close(account, None, report);
    }
    found
}
