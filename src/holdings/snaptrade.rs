//! SnapTrade: the holdings of linked accounts (JSON).

use serde_json::Value;

use super::input::Input;
use super::report::Report;
use super::value::{self, items, text};
use super::{Detection, Found, ReaderEntry, accounts, currencies, dates, draft, identity, kinds};
use crate::diagnostics::Place;
use crate::model::{Account, AssetKind, Currency, Position};
use crate::units::{Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads the holdings of SnapTrade (JSON), of one account or of several. Cost is units times the average purchase price;\n\
cash is that of the balances, by currency. The total value of an account is compared with the sum.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "snaptrade",
    broker: "SnapTrade holdings (JSON)",
    doc: DOC,
    download: "",
    needs: &[],
    detect,
    read,
};

fn detect(input: &Input<'_>) -> Detection {
    let text = input.text();
    let has = ["\"positions\"", "\"balances\"", "\"average_purchase_price\"", "\"units\""];
    Detection::when(text.trim_start().starts_with(['{', '[']) && has.iter().all(|key| text.contains(key)))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut found = Found::default();
    let Some(root) = value::root(input, report) else { return found };
    let entries = root.as_array().map_or(std::slice::from_ref(&root), Vec::as_slice);
    found.accounts = entries.iter().map(|entry| account(entry, input, report)).collect();
    found
}

fn account(entry: &Value, input: &Input<'_>, report: &mut Report) -> Account {
    let mut account = Account::new("snaptrade", "holdings-json");
    let said = entry.get("account").unwrap_or(&Value::Null);
    let (name, raw) = (text(said, "name"), said.pointer("/meta/type").and_then(Value::as_str).unwrap_or_default());
    let named =
        if accounts::guess(name).is_none() && !raw.is_empty() { format!("{name} ({raw})") } else { name.to_owned() };
    account.name = Some(named).filter(|name| !name.is_empty());
    account.id = Some(text(said, "number").to_owned()).filter(|number| !number.is_empty());
    account.place = Some(Place::whole(input.source));
    account.cash_per_currency = true;
    let synced = said.pointer("/sync_status/holdings/last_successful_sync").and_then(Value::as_str);
    account.as_of = synced.and_then(dates::leading);
    if let Some(total) = entry.get("total_value") {
        account.reported_total = value::number(total, "value", "the account", input, report).map(Money);
        account.base_currency = code(total).unwrap_or(Currency::USD).to_string();
    }
    for balance in items(entry, "balances") {
        let cash = value::number(balance, "cash", "a balance", input, report);
        let code = balance.get("currency").and_then(code).unwrap_or(Currency::USD);
        account.cash.extend(cash.map(|cash| (code.to_string(), Money(cash))));
    }
    for held in items(entry, "positions") {
        account.positions.push(position(held, false, input, report));
    }
    for held in items(entry, "option_positions") {
        account.positions.push(position(held, true, input, report));
    }
    draft::close(&mut account, None, report);
    account
}

/// Returns the currency of an object that has it as a text or as an object with its code.
fn code(value: &Value) -> Option<Currency> {
    let currency = value.get("currency").unwrap_or(value);
    let code = currency.as_str().unwrap_or_else(|| text(currency, "code"));
    (!code.is_empty()).then(|| currencies::named(code))
}

fn position(held: &Value, option: bool, input: &Input<'_>, report: &mut Report) -> Position {
    let listed = held.get("symbol").unwrap_or(&Value::Null);
    // The listing of a position holds the instrument as a second symbol.
    let inner =
        listed.get(if option { "option_symbol" } else { "symbol" }).filter(|inner| inner.is_object()).unwrap_or(listed);
    let symbol = if option { text(inner, "ticker") } else { text(inner, "symbol") };
    let name = [text(inner, "description"), text(listed, "description")]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default();
    let mut number = |key: &str| value::number(held, key, symbol, input, report);
    let (units, price, average) = (number("units"), number("price"), number("average_purchase_price"));
    let said = match inner.pointer("/type/code").and_then(Value::as_str).unwrap_or_default() {
        _ if option => Some(AssetKind::Option),
        "et" => Some(AssetKind::Etf),
        "oef" | "cef" | "mf" => Some(AssetKind::MutualFund),
        "bnd" => Some(AssetKind::Bond),
        "crypto" => Some(AssetKind::Crypto),
        "cs" | "ad" | "ps" => Some(kinds::security(symbol, name)),
        _ => None,
    };
    let mut position = identity::identify(symbol, name, said);
    position.quantity = units.map(Shares);
    position.price = price.map(Price);
    // The purchase price of an option is that of a contract, its price that of a share.
    let each = |units| if option { Some(units) } else { position.unit_factor().checked_mul(units) };
    let cost = units.and_then(each).zip(average).and_then(|(units, average)| units.checked_mul(average));
    position.cost_basis = cost.map(Money);
    position.currency = held.get("currency").and_then(code).or_else(|| code(inner)).unwrap_or(Currency::USD);
    position.place = Some(Place::whole(input.source));
    position
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};

    const FILE: &str = r#"{"account": {"id": "x", "name": "Roth IRA", "number": "Q6542138", "institution_name": "Example",
        "sync_status": {"holdings": {"last_successful_sync": "2026-11-20T10:00:00Z"}}},
      "balances": [{"currency": {"code": "USD"}, "cash": 300.71, "buying_power": 410.71}],
      "positions": [{"symbol": {"symbol": {"symbol": "VTI", "raw_symbol": "VTI", "description": "Vanguard Total Stock Market ETF",
        "currency": {"code": "USD"}, "type": {"code": "et", "description": "ETF"}}}, "units": 10.5, "price": 300, "open_pnl": 1050.0, "average_purchase_price": 200}],
      "option_positions": [{"symbol": {"option_symbol": {"ticker": "VTI   261218C00310000"}}, "price": 3, "units": 1, "average_purchase_price": 250}],
      "orders": [], "total_value": {"value": 3750.71, "currency": "USD"}}"#;

    #[test]
    fn positions_options_and_cash_add_up_to_the_total() {
        let account = one(FILE);
        assert_eq!(
            (account.label().as_str(), account.as_of.unwrap().to_string().as_str()),
            ("...2138 Roth IRA", "2026-11-20")
        );
        let told: Vec<_> = account
            .positions
            .iter()
            .map(|position| {
                (position.label(), position.value.unwrap().dollars(), position.cost_basis.unwrap().dollars())
            })
            .collect();
        let row = |label: &str, value: &str, cost: &str| (label.to_owned(), value.to_owned(), cost.to_owned());
        assert_eq!(told, [row("VTI", "$3,150.00", "$2,100.00"), row("VTI   261218C00310000", "$300.00", "$250.00")]);
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$300.71");
        let (again, count) = (one(&format!("[{FILE}]")), account.positions.len());
        assert_eq!((again.label(), again.positions.len(), again.cash), (account.label(), count, account.cash));
        assert_eq!(errors(&FILE.replace("3750.71", "4750.71")), ["total-gap"]);
        assert_eq!(errors(&FILE.replace("\"units\": 10.5", "\"units\": \"many\"")).first(), Some(&"bad-json"));
        assert_eq!(errors(&FILE[..FILE.len() - 20]), ["bad-json"]);
    }
}
