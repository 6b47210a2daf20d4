//! Ghostfolio: the JSON export, whose activities are replayed.

use serde_json::Value;

use super::draft;
use super::input::Input;
use super::ledger::{Event, Ledger};
use super::report::Report;
use super::value::{self, decimal, items, text};
use super::{BAD_JSON, Detection, Found, REFUSED, ReaderEntry, dates};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Money, Shares};

/// What the reader does.
pub const DOC: &str = "Replays the activities of a Ghostfolio export (JSON) into lots, per account; the latest balance is its cash. The\n\
file has no prices. Dividends, interest and fees move no shares.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "ghostfolio",
    broker: "Ghostfolio export (JSON)",
    doc: DOC,
    download: "",
    needs: &[],
    detect,
    read,
};

fn detect(input: &Input<'_>) -> Detection {
    let text = input.text();
    Detection::when(
        text.trim_start().starts_with('{')
            && text.contains("\"activities\"")
            && text.contains("\"unitPrice\"") | text.contains("\"platformId\""),
    )
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let place = Place::whole(input.source);
    let Some(root) = value::root(input, report) else { return Found::default() };
    let mut found = Found::default();
    let day = root.get("meta").and_then(|meta| dates::leading(text(meta, "date")));
    let currency = root.pointer("/user/settings/currency").and_then(Value::as_str).unwrap_or("USD");
    for entry in items(&root, "accounts") {
        let id = text(entry, "id");
        found.account(id, |account| {
            account.name = Some(text(entry, "name").to_owned()).filter(|name| !name.is_empty());
            account.base_currency = entry.get("currency").and_then(Value::as_str).unwrap_or(currency).to_owned();
            let latest = items(entry, "balances").iter().max_by_key(|balance| text(balance, "date"));
            let balance =
                latest.and_then(|balance| balance.get("value")).or_else(|| entry.get("balance")).and_then(decimal);
            account.cash = balance.map(|amount| (account.base_currency.clone(), Money(amount))).into_iter().collect();
        });
    }
    let mut activities: Vec<&Value> = items(&root, "activities").iter().collect();
    activities.sort_by_key(|activity| text(activity, "date"));
    let mut ledgers = std::collections::BTreeMap::<usize, Ledger>::new();
    let mut currencies = std::collections::BTreeMap::new();
    for activity in activities {
        let sign = match text(activity, "type") {
            "BUY" => 1,
            "SELL" => -1,
            "DIVIDEND" | "FEE" | "INTEREST" | "ITEM" | "LIABILITY" => continue,
            other => {
                report.push(
                    Diagnostic::error(REFUSED, format!("the activity type `{other}` is not known"))
                        .at(place.clone())
                        .hint("leave the account out"),
                );
                continue;
            }
        };
        let (symbol, quantity) = (text(activity, "symbol"), activity.get("quantity").and_then(decimal));
        let Some(quantity) = quantity.filter(|_| !symbol.is_empty()) else {
            report.push(
                Diagnostic::error(BAD_JSON, "an activity has no symbol or no quantity")
                    .at(place.clone())
                    .hint("export it again"),
            );
            continue;
        };
        let index = found.account(text(activity, "accountId"), |_| {});
        let price = activity.get("unitPrice").and_then(decimal);
        let fee = activity.get("fee").and_then(decimal).unwrap_or_default();
        let paid = price.and_then(|price| price.checked_mul(quantity)).map(|paid| Money(paid) + Money(fee));
        currencies.insert(symbol.to_owned(), text(activity, "currency").to_owned());
        ledgers.entry(index).or_default().add(Event {
            symbol: symbol.to_owned(),
            name: String::new(),
            date: dates::leading(text(activity, "date")),
            quantity: Shares(if sign > 0 { quantity } else { -quantity }),
            cost: paid.filter(|_| sign > 0),
            opens_short: false,
            place: place.clone(),
        });
    }
    for (index, account) in found.accounts.iter_mut().enumerate() {
        "ghostfolio".clone_into(&mut account.broker);
        "export-json".clone_into(&mut account.layout);
        account.as_of = day;
        account.place = Some(place.clone());
        account.positions = ledgers.remove(&index).unwrap_or_default().positions(report);
        for position in &mut account.positions {
            // The lots hold what was paid; the tracker prints no cost basis.
            position.cost_basis = None;
            if let Some(currency) = position
                .symbol
                .as_ref()
                .and_then(|symbol| currencies.get(symbol.as_str()))
                .filter(|code| code.len() == 3)
            {
                position.currency = currency.clone().into();
            }
        }
        draft::close(account, None, report);
    }
    let ids: Vec<(String, usize)> = found.index.iter().map(|(id, index)| (id.clone(), *index)).collect();
    for (id, index) in ids {
        if let Some(account) = found.accounts.get_mut(index) {
            account.id = Some(id).filter(|id| !id.is_empty());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::errors;

    #[test]
    fn broken_files_are_named() {
        assert_eq!(errors("{\"accounts\": [{\"platformId\": null}], \"activities\": ["), ["bad-json"]);
        assert_eq!(
            errors("{\"activities\": [{\"type\": \"SWAP\", \"unitPrice\": 1}]}"),
            ["refused-file", "no-holdings"][..1]
        );
    }
}
