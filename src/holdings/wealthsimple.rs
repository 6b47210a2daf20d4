//! Wealthsimple: the holdings report, 21 columns and up to 30 decimals.

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::Columns;
use super::{Detection, Found, ReaderEntry, dates};
use crate::units::{Money, Shares};

/// What the reader does.
pub const DOC: &str = "Reads the holdings report of Wealthsimple. SHORT rows print a positive quantity and become negative. Cost is the\n\
book value in the market's currency.";

/// The registry entry.
pub const READER: ReaderEntry =
    ReaderEntry { id: "wealthsimple", broker: "Wealthsimple holdings report", doc: DOC, needs: NEEDS, detect, read };

const NEEDS: &[&[&str]] =
    &[&["account number"], &["symbol"], &["quantity"], &["position direction"], &["market price"], &["market value"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut header: Option<(Columns, Cells)> = None;
    let mut when = None;
    for row in table.rows().filter(|row| !row.is_blank()) {
        if let Some(names) = Columns::of_if(&row, "account number").filter(|names| names.has(NEEDS)) {
            let cells = Cells {
                width: names.width(),
                symbol: names.find(&["symbol"]),
                name: names.find(&["name"]),
                kind: names.find(&["security type"]),
                quantity: names.find(&["quantity"]),
                price: names.find(&["market price"]),
                value: names.find(&["market value"]),
                cost: names.find(&["book value (market)"]),
                ..Cells::default()
            };
            header = Some((names, cells));
            continue;
        }
        if let Some(text) = row.only() {
            when = dates::find(&text).or(when);
            continue;
        }
        let Some((names, cells)) = &header else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        if !report.fits(&row, names.width(), &cells.needed()) {
            continue;
        }
        let number = row.get(names.find(&["account number"])).into_owned();
        let index = found.account(&number, |account| {
            account.broker = "wealthsimple".to_owned();
            account.layout = "holdings-report".to_owned();
            account.name = Some(row.get(names.find(&["account name"])).into_owned()).filter(|name| !name.is_empty());
            account.id = Some(number.clone());
            account.base_currency = "CAD".to_owned();
            account.place = Some(row.place());
        });
        let mut position = cells.position(&row, None, report);
        let currency = row.get(names.find(&["market value currency", "market price currency"]));
        if !currency.is_empty() {
            position.currency = currency.into_owned();
        }
        if row.get(names.find(&["position direction"])).eq_ignore_ascii_case("SHORT") {
            position.quantity = position.quantity.map(|quantity| -quantity.abs());
            position.value = position.value.map(|value: Money| -value.abs());
        }
        if position.currency == "CAD" {
            position.value_base = position.value;
        }
        if let Some(account) = found.accounts.get_mut(index) {
            if position.kind.is_cash()
                && position.quantity.is_some_and(|quantity: Shares| Some(Money(quantity.decimal())) == position.value)
            {
                account.cash.push((position.currency.clone(), position.value.unwrap_or_default()));
            } else {
                account.positions.push(position);
            }
        }
    }
    for account in &mut found.accounts {
        account.as_of = when.as_ref().map(|when: &dates::When| when.date);
        account.as_of_text = when.as_ref().map(|when| when.text.clone());
        draft::close(account, None, report);
    }
    found
}
