//! Lists in JSON as tables: what interfaces of brokers and trackers answer (Alpaca, Monarch and their like) is a list of
//! objects with plain names, which reads as a table with a header does.

use serde_json::Value;

use super::generic::{is_apart, role_named};
use super::unique;
use super::workbook::Sheet;
use crate::diagnostics::text::plain;

/// A list is looked for no deeper than this.
const DEEPEST: usize = 6;
/// More lists than these are no household's.
const MOST_LISTS: usize = 20;
/// More columns than these are no table.
const MOST_COLUMNS: usize = 200;

/// Returns the lists of objects in a text of JSON that are not inside one another, each as a table named by its key; none
/// for another text.
pub fn tables(text: &str) -> Vec<Sheet> {
    let mut found = Vec::new();
    if let Some(root) = text.trim_start().starts_with(['{', '[']).then(|| unique::value(text.as_bytes()).ok()).flatten()
    {
        look(&root, "", DEEPEST, &mut found);
    }
    found
}

fn look(value: &Value, name: &str, deep: usize, found: &mut Vec<Sheet>) {
    match value {
        // What is closed or watched is not held.
        Value::Array(_) if is_apart(&spaced(name)) => {}
        Value::Array(items) if items.iter().any(Value::is_object) && found.len() < MOST_LISTS => {
            let rows = of_accounts(items).unwrap_or_else(|| items.iter().map(|item| cells(item, DEEPEST)).collect());
            found.push(Sheet { name: plain(name), text: table(&rows), money: None, hidden: false });
        }
        Value::Object(fields) if deep > 0 => fields.iter().for_each(|(name, value)| look(value, name, deep - 1, found)),
        _ => {}
    }
}

/// Writes the objects as rows below their names. A name inside another object stands for itself where no other has it.
fn table(rows: &[Vec<(&str, String)>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !names.contains(name) && names.len() < MOST_COLUMNS {
            names.push(name);
        }
    }
    let header: Vec<String> = names.iter().map(|name| cell(&spaced(name))).collect();
    let mut text = header.join("\t");
    for row in rows {
        let of = |name: &&str| row.iter().find(|(found, _)| found == name).map_or("", |(_, text)| text.as_str());
        let line: Vec<&str> = names.iter().map(of).collect();
        text.push('\n');
        text.push_str(&line.join("\t"));
    }
    text.push('\n');
    text
}

/// Lists of holdings inside an account, and what the account is called.
const HELD: &[&str] = &["holdings", "positions", "assets", "securities", "stocks", "investments"];
const CALLED: &[&str] =
    &["name", "account_name", "accountName", "displayName", "nickname", "label", "account", "type", "id"];

/// Returns the holdings of accounts that have a list of them each, with the account of each and its cash; `None` for
/// another list.
fn of_accounts(items: &[Value]) -> Option<Vec<Vec<(&str, String)>>> {
    let mut rows = Vec::new();
    for item in items {
        let fields = item.as_object()?;
        // What has a symbol or shares of its own is a holding: a fund with its contents.
        if fields.keys().any(|key| matches!(role_named(&spaced(key)), Some("symbol" | "quantity"))) {
            return None;
        }
        let mut lists = fields.iter().filter(|(key, _)| HELD.contains(&&*key.to_lowercase()));
        let held = lists.find_map(|(_, list)| list.as_array().filter(|list| list.iter().all(Value::is_object)))?;
        let name = CALLED.iter().find_map(|key| scalar(fields.get(*key)?)).unwrap_or_default();
        let inner: Vec<Vec<(&str, String)>> = held.iter().map(|holding| cells(holding, DEEPEST)).collect();
        let named =
            |role: &str| inner.iter().flatten().map(|(key, _)| *key).find(|key| role_named(&spaced(key)) == Some(role));
        let cash =
            fields.iter().find(|(key, _)| key.to_lowercase().contains("cash")).and_then(|(_, cash)| scalar(cash));
        let symbol = named("symbol").unwrap_or("symbol");
        let quantity = named("quantity").unwrap_or("quantity");
        let cash = cash.map(|cash| vec![(symbol, "CASH".to_owned()), (quantity, cash)]);
        for mut row in inner.into_iter().chain(cash) {
            row.retain(|(key, _)| role_named(&spaced(key)) != Some("account"));
            row.push(("account name", name.clone()));
            rows.push(row);
        }
    }
    (!rows.is_empty()).then_some(rows)
}

/// Returns the values of an object by name, its own before those of the objects inside it.
fn cells(item: &Value, deep: usize) -> Vec<(&str, String)> {
    let Some(fields) = item.as_object() else { return Vec::new() };
    let mut found: Vec<(&str, String)> = Vec::new();
    for (name, value) in fields {
        found.extend(scalar(value).map(|text| (name.as_str(), text)));
    }
    for (key, value) in fields.iter().filter(|(_, value)| value.is_object() && deep > 0) {
        // Whose a holding is, is not what it is called.
        if key.to_lowercase().contains("account") {
            let called =
                ["name", "displayName", "display_name"].into_iter().filter_map(|name| value.get(name)?.as_str());
            found.extend(called.take(1).map(|name| ("account name", cell(name))));
            continue;
        }
        // `"price": {"amount": 300, "currency": "USD"}`
        if let Some(amount) = ["amount", "value"].into_iter().filter_map(|name| value.get(name)).find_map(scalar) {
            let code = value.get("currency").and_then(Value::as_str).map(|code| ("currency", cell(code)));
            found.extend(code.filter(|_| !found.iter().any(|(name, _)| *name == "currency")));
            found.push((key, amount));
            continue;
        }
        for (name, text) in cells(value, deep - 1) {
            // Nothing that is a list of holdings has so many fields that looking through them takes time.
            if found.len() < MOST_COLUMNS && !found.iter().any(|(other, _)| *other == name) {
                found.push((name, text));
            }
        }
    }
    found
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(cell(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(word) => Some(word.to_string()),
        _ => None,
    }
}

/// Returns the amounts called cash that a text of JSON has beside its lists: no table has a place for them.
pub fn cash_beside(text: &str) -> Option<String> {
    fn look(value: &Value, deep: usize) -> Option<String> {
        let fields = value.as_object().filter(|_| deep > 0)?;
        fields.iter().find_map(|(name, value)| {
            let zero = || value.as_str().and_then(|text| text.parse::<f64>().ok()).or(value.as_f64()) == Some(0.0);
            let of_cash = name.to_lowercase().contains("cash") && !value.is_array() && !value.is_null() && !zero();
            if of_cash { Some(name.clone()) } else { look(value, deep - 1) }
        })
    }
    look(&serde_json::from_str(text).ok()?, DEEPEST)
}

/// `costBasis` and `cost_basis` are `cost basis`.
fn spaced(name: &str) -> String {
    let mut out = String::new();
    for (at, character) in name.chars().enumerate() {
        let upper = character.is_uppercase() && at > 0 && !out.ends_with(' ');
        if upper && out.ends_with(|last: char| last.is_lowercase()) {
            out.push(' ');
        }
        out.push(if character == '_' { ' ' } else { character.to_ascii_lowercase() });
    }
    out
}

fn cell(text: &str) -> String {
    let line: String = text.trim().chars().take(1000).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.starts_with('"') { format!("\"{}\"", line.replace('"', "\"\"")) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holdings::testing::{errors, one, portfolio};
    use crate::units::Money;

    #[test]
    fn objects_are_rows_and_their_names_the_header() {
        let text = r#"{"meta": {"a": 1}, "data": {"holdings": [{"id": 1, "costBasis": "2.50", "security": {"id": 7, "ticker": "A\tB"}}, {"last_price": 3}]}}"#;
        let found = tables(text);
        assert_eq!((found.len(), found[0].name.as_str()), (1, "holdings"));
        assert_eq!(found[0].text, "cost basis\tid\tticker\tlast price\n2.50\t1\tA B\t\n\t\t\t3\n");
        assert!(tables("a,b\n").is_empty() && tables("{").is_empty() && tables("[1, 2]").is_empty());
    }

    #[test]
    fn what_is_closed_is_no_list_of_holdings_and_a_key_twice_is_none() {
        let text = r#"{"open": [{"symbol": "VTI", "quantity": 10, "price": 300}], "closed": [{"symbol": "AAPL", "quantity": 5, "price": 200}]}"#;
        assert_eq!(one(text).positions[0].label(), "VTI");
        assert!(!errors(r#"[{"symbol": "VTI", "quantity": 10, "quantity": 100, "price": 300}]"#).is_empty());
    }

    #[test]
    fn accounts_have_lists_of_their_own() {
        let text = r#"{"accounts": [{"name": "Brokerage", "cash": 500, "holdings": [{"symbol": "VTI", "quantity": 10, "price": 300, "value": 3000}]},
            {"name": "Roth IRA", "holdings": [{"symbol": "AAPL", "quantity": 5, "price": 200, "value": 1000}]}, {"name": "Empty", "holdings": []}]}"#;
        let (read, sink) = portfolio(&[text]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let told: Vec<_> = read.accounts.iter().map(|own| (own.label(), own.kind.id(), own.positions.len())).collect();
        assert_eq!(told, [("Brokerage".to_owned(), "taxable", 1), ("Roth IRA".to_owned(), "roth", 1)]);
        assert_eq!(read.accounts[0].cash_in("USD").unwrap().dollars(), "$500.00");
        let fund =
            r#"[{"symbol": "VTI", "quantity": 10, "price": 300, "holdings": [{"symbol": "AAPL", "quantity": 1000}]}]"#;
        assert_eq!(one(fund).positions[0].label(), "VTI");
    }

    #[test]
    fn positions_of_an_interface_are_holdings_and_its_orders_are_none() {
        let position = |symbol: &str, side: &str, qty: &str, value: &str| {
            format!(
                r#"{{"asset_id": "9", "symbol": "{symbol}", "exchange": "NASDAQ", "asset_class": "us_equity", "qty": "{qty}", "avg_entry_price": "100.0",
                   "side": "{side}", "market_value": "{value}", "cost_basis": "1000", "unrealized_pl": "1000", "current_price": "200", "lastday_price": "199"}}"#
            )
        };
        let account =
            one(&format!("[{}, {}]", position("AAPL", "long", "10", "2000"), position("MSFT", "long", "1.5", "300")));
        let told: Vec<_> = account
            .positions
            .iter()
            .map(|position| {
                (position.label(), position.value.unwrap().dollars(), position.cost_basis.map(Money::dollars))
            })
            .collect();
        let cost = || Some("$1,000.00".to_owned());
        assert_eq!(
            told,
            [("AAPL".to_owned(), "$2,000.00".to_owned(), cost()), ("MSFT".to_owned(), "$300.00".to_owned(), cost())]
        );
        // Holdings say whose they are, and are not called after it.
        let owned = |name: &str, symbol: &str| {
            format!(
                r#"{{"account": {{"id": "1", "displayName": "{name}"}}, "security": {{"name": "Apple Inc", "ticker": "{symbol}"}}, "quantity": 1, "value": 200}}"#
            )
        };
        let (read, _) = portfolio(&[&format!("[{}, {}]", owned("Roth IRA", "AAPL"), owned("Brokerage", "AAPL"))]);
        let told: Vec<_> = read
            .accounts
            .iter()
            .map(|account| (account.label(), account.kind.id(), account.positions[0].name.clone()))
            .collect();
        let account = |label: &str, kind| (label.to_owned(), kind, "Apple Inc".to_owned());
        assert_eq!(told, [account("Brokerage", "taxable"), account("Roth IRA", "roth")]);
        let order = position("AAPL", "buy", "10", "2000");
        assert_eq!(errors(&format!("[{order}, {}]", order.replace("buy", "sell"))), ["refused-file"]);
    }

    #[test]
    fn amounts_in_objects_are_called_after_them_and_cash_beside_a_list_is_missed() {
        let money = |amount: u32| format!(r#"{{"amount": {amount}, "currency": "USD"}}"#);
        let position =
            format!(r#"{{"symbol": "VTI", "quantity": 10, "price": {}, "value": {}}}"#, money(300), money(3000));
        assert_eq!(one(&format!("[{position}]")).positions[0].value.unwrap().dollars(), "$3,000.00");
        assert_eq!(errors(&format!(r#"{{"cash": {{"total": 500}}, "positions": [{position}]}}"#)), ["no-cash"]);
        assert_eq!(errors(&format!(r#"{{"cash": 0, "positions": [{position}]}}"#)), [""; 0]);
    }

    #[test]
    fn the_holdings_of_a_tracker_are_read_with_their_cash() {
        let node = |ticker: &str, name: &str, quantity: &str, basis: &str, value: &str, price: &str| {
            format!(
                r#"{{"node": {{"id": "1", "quantity": {quantity}, "basis": {basis}, "totalValue": {value}, "holdings": [{{"id": "2", "ticker": "X", "quantity": 1}}],
                   "security": {{"id": "3", "name": "{name}", "ticker": "{ticker}", "currentPrice": {price}}}}}}}"#
            )
        };
        let text = format!(
            r#"{{"data": {{"portfolio": {{"aggregateHoldings": {{"edges": [{}, {}]}}}}}}}}"#,
            node("VTI", "Vanguard Total Stock Market ETF", "10", "2000", "3000", "300"),
            node("CUR:USD", "U S Dollar", "500.5", "null", "500.5", "1")
        );
        let (read, sink) = portfolio(&[&text]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let account = &read.accounts[0];
        assert_eq!((account.positions.len(), account.cash_in("USD").unwrap().dollars().as_str()), (1, "$500.50"));
        assert_eq!(account.positions[0].cost_basis.unwrap().dollars(), "$2,000.00");
    }
}
