//! Wealthsimple: the holdings report, 21 columns and up to 30 decimals.

use super::body::{Body, ColumnMap};
use super::draft;
use super::input::Input;
use super::report::Report;
use super::totals::{Above, RowKind};
use super::{Detection, Found, ReaderEntry, dates};
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the holdings report of Wealthsimple. SHORT rows print a positive quantity and become negative. Cost is the\n\
book value in the market's currency.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "wealthsimple",
    broker: "Wealthsimple holdings report",
    doc: DOC,
    download: "Activity > Documents > Holdings report",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] =
    &[&["account number"], &["symbol"], &["quantity"], &["position direction"], &["market price"], &["market value"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

const MAP: ColumnMap = ColumnMap {
    symbol: &["symbol"],
    name: &["name"],
    kind: &["security type"],
    quantity: &["quantity"],
    price: &["market price"],
    value: &["market value"],
    cost: &["book value (market)"],
    ..ColumnMap::NONE
};

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let Some(body) = Body::of(&table, NEEDS, &MAP, report) else { return Found::default() };
    let mut found = Found::default();
    let mut when: Option<dates::When> = None;
    let mut above = Above::default();
    for row in body.rows() {
        if let Some(text) = row.only() {
            when = dates::find(text).or(when);
            continue;
        }
        if above.next(&row, &body.cells, report) == RowKind::Total || !body.fits(&row, report) {
            continue;
        }
        let number = body.text(&row, &["account number"]);
        let index = found.account(number, |account| {
            account.broker = "wealthsimple".to_owned();
            account.layout = "holdings-report".to_owned();
            account.name = Some(body.text(&row, &["account name"]).to_owned()).filter(|name| !name.is_empty());
            account.id = Some(number.to_owned());
            account.base_currency = "CAD".to_owned();
            account.place = Some(row.place());
        });
        let mut position = body.cells.position(&row, None, report);
        let currency = body.text(&row, &["market value currency", "market price currency"]);
        if !currency.is_empty() {
            position.currency = currency.into();
        }
        if body.text(&row, &["position direction"]).eq_ignore_ascii_case("SHORT") {
            position.quantity = position.quantity.map(|quantity| -quantity.abs());
            position.value = position.value.map(|value| -value.abs());
        }
        if position.currency == "CAD" {
            position.details.value_base = position.value;
        }
        if let Some(account) = found.accounts.get_mut(index) {
            let amount = position.quantity.map(|quantity| Money(quantity.decimal()));
            if position.kind.is_cash() && amount.is_some() && amount == position.value {
                account.cash.push((position.currency.to_string(), position.value.unwrap_or_default()));
            } else {
                account.positions.push(position);
            }
        }
    }
    for account in &mut found.accounts {
        account.as_of = when.as_ref().map(|when| when.date);
        account.as_of_text = when.as_ref().map(|when| when.text.clone());
        draft::close(account, None, report);
    }
    found
}
