//! Plaid: the answer of its interface for investment holdings (JSON), which programs that link accounts keep.

use std::collections::HashMap;

use serde_json::Value;

use super::input::Input;
use super::report::Report;
use super::value::{self, items, text};
use super::{
    BAD_JSON, Detection, Found, ReaderEntry, SKIPPED_ROW, accounts, currencies, dates, draft, identity, kinds,
};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind, Currency, Position};
use crate::units::{Decimal, Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads the investment holdings of Plaid (JSON): accounts, securities and holdings, as `/investments/holdings/get` answers.\n\
Securities that are cash become cash in their currency. The balance of an account is compared with the sum of its\n\
holdings. Accounts that are not for investing are left out.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "plaid",
    broker: "Plaid investment holdings (JSON)",
    doc: DOC,
    download: "",
    needs: &[],
    detect,
    read,
};

fn detect(input: &Input<'_>) -> Detection {
    let text = input.text();
    let has = ["\"holdings\"", "\"securities\"", "\"security_id\"", "\"institution_value\""];
    Detection::when(text.trim_start().starts_with('{') && has.iter().all(|key| text.contains(key)))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut found = Found::default();
    let Some(root) = value::root(input, report) else { return found };
    let securities: HashMap<&str, &Value> =
        items(&root, "securities").iter().map(|security| (text(security, "security_id"), security)).collect();
    for entry in items(&root, "accounts") {
        let kind = text(entry, "type");
        if !matches!(kind, "investment" | "brokerage" | "") {
            let message = format!("the account `{}` is not used: it is a {kind} account", name(entry));
            report.push(Diagnostic::note(SKIPPED_ROW, message).at(Place::whole(input.source)));
            continue;
        }
        found.account(text(entry, "account_id"), |account| {
            *account = Account::new("plaid", "holdings-json");
            account.name = Some(name(entry)).filter(|name| !name.is_empty());
            account.mask = Some(text(entry, "mask").to_owned()).filter(|mask| !mask.is_empty());
            account.place = Some(Place::whole(input.source));
            if let Some(balances) = entry.get("balances") {
                account.base_currency = currency(balances).unwrap_or(Currency::USD).to_string();
                account.reported_total = balances.get("current").and_then(value::decimal).map(Money);
            }
        });
    }
    for holding in items(&root, "holdings") {
        let Some(index) = found.index.get(text(holding, "account_id")).copied() else {
            bad("a holding is of an account that the file does not list", input, report);
            continue;
        };
        let Some(security) = securities.get(text(holding, "security_id")) else {
            bad("a holding is of a security that the file does not list", input, report);
            continue;
        };
        let Some(account) = found.accounts.get_mut(index) else { continue };
        account.as_of = account.as_of.max(dates::leading(text(holding, "institution_price_as_of")));
        match position(holding, security, input, report) {
            Held::Cash(currency, amount) => account.cash.push((currency, amount)),
            Held::Position(position) => account.positions.push(*position),
        }
    }
    for account in &mut found.accounts {
        draft::close(account, None, report);
    }
    found
}

/// Returns the name of an account, with how it is taxed where the name alone does not say.
fn name(entry: &Value) -> String {
    let (name, subtype) = (text(entry, "name"), text(entry, "subtype"));
    match accounts::guess(name) {
        None if !subtype.is_empty() => format!("{name} ({subtype})"),
        _ => name.to_owned(),
    }
}

fn currency(value: &Value) -> Option<Currency> {
    let code = [text(value, "iso_currency_code"), text(value, "unofficial_currency_code")];
    code.into_iter().find(|code| !code.is_empty()).map(currencies::named)
}

fn bad(message: &str, input: &Input<'_>, report: &mut Report) {
    report.push(Diagnostic::error(BAD_JSON, message).at(Place::whole(input.source)).hint("fetch the holdings again"));
}

enum Held {
    Cash(String, Money),
    Position(Box<Position>),
}

fn position(holding: &Value, security: &Value, input: &Input<'_>, report: &mut Report) -> Held {
    let (symbol, title, kind) = (text(security, "ticker_symbol"), text(security, "name"), text(security, "type"));
    let what = if symbol.is_empty() { title } else { symbol };
    let mut number = |key: &str| value::number(holding, key, what, input, report);
    let (quantity, price) = (number("quantity"), number("institution_price"));
    let (worth, cost) = (number("institution_value"), number("cost_basis"));
    let code = currency(holding).or_else(|| currency(security)).unwrap_or(Currency::USD);
    // What has the kind of cash and another price than one is mislabelled: `USD` is a fund of semiconductors too.
    let one = price.is_none_or(|price| price == Decimal::ONE);
    let fund = matches!(kinds::guess(Some(symbol), title), AssetKind::MoneyMarket) && !symbol.starts_with("CUR:");
    if kind == "cash" && one && !fund {
        let coded = kinds::cash_currency(symbol, "").filter(|_| symbol.contains(':'));
        return Held::Cash(coded.unwrap_or_else(|| code.to_string()), Money(worth.or(quantity).unwrap_or_default()));
    }
    let said = match kind {
        "etf" => Some(AssetKind::Etf),
        "mutual fund" if fund => Some(AssetKind::MoneyMarket),
        "mutual fund" => Some(AssetKind::MutualFund),
        "cash" if one => Some(AssetKind::MoneyMarket),
        "fixed income" => Some(AssetKind::Bond),
        "cryptocurrency" => Some(AssetKind::Crypto),
        "derivative" => Some(AssetKind::Option),
        "loan" => Some(AssetKind::Other),
        "equity" => Some(kinds::security(symbol, title)),
        _ => None,
    };
    let numbers = (quantity, price, worth);
    let mut position = identity::identify(symbol, title, identity::priced(symbol, title, said, numbers));
    position.quantity = quantity.map(Shares);
    position.price = price.map(Price);
    position.value = worth.map(Money);
    position.cost_basis = cost.map(Money);
    position.currency = code;
    position.details.cusip = Some(text(security, "cusip")).filter(|cusip| kinds::is_cusip(cusip)).map(Into::into);
    position.details.isin = Some(text(security, "isin")).filter(|isin| kinds::is_isin(isin)).map(Into::into);
    position.place = Some(Place::whole(input.source));
    Held::Position(Box::new(position))
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one, portfolio};
    use crate::model::{AssetKind, TaxTreatment};

    fn file(balance: &str) -> String {
        format!(
            r#"{{"accounts": [
              {{"account_id": "a1", "balances": {{"available": 5000, "current": {balance}, "iso_currency_code": "USD"}}, "mask": "5555", "name": "Plaid IRA", "subtype": "ira", "type": "investment"}},
              {{"account_id": "a2", "balances": {{"current": 110}}, "mask": "0000", "name": "Checking", "subtype": "checking", "type": "depository"}}],
            "holdings": [
              {{"account_id": "a1", "cost_basis": 2000, "institution_price": 300.5, "institution_price_as_of": "2026-11-20", "institution_value": 3005, "iso_currency_code": "USD", "quantity": 10, "security_id": "s1", "unofficial_currency_code": null}},
              {{"account_id": "a1", "cost_basis": null, "institution_price": 1, "institution_price_as_of": "2026-11-20", "institution_value": 5000, "iso_currency_code": "USD", "quantity": 5000, "security_id": "s2"}},
              {{"account_id": "a1", "cost_basis": 100, "institution_price": 50, "institution_value": 500, "iso_currency_code": "USD", "quantity": 10, "security_id": "s3"}}],
            "securities": [
              {{"security_id": "s1", "ticker_symbol": "VTI", "name": "Vanguard Total Stock Market ETF", "type": "etf", "cusip": "922908769", "is_cash_equivalent": false}},
              {{"security_id": "s2", "ticker_symbol": "CUR:USD", "name": "U S Dollar", "type": "cash", "is_cash_equivalent": true}},
              {{"security_id": "s3", "ticker_symbol": "USD", "name": "ProShares Ultra Semiconductors", "type": "cash"}}],
            "item": {{}}, "request_id": "r"}}"#
        )
    }

    #[test]
    fn holdings_join_their_accounts_and_securities() {
        let account = one(&file("8505"));
        assert_eq!((account.label().as_str(), account.kind), ("...5555 Plaid IRA", TaxTreatment::Traditional));
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$5,000.00");
        assert_eq!(account.as_of.unwrap().to_string(), "2026-11-20");
        let told: Vec<_> =
            account.positions.iter().map(|position| (position.label(), position.value.unwrap().dollars())).collect();
        assert_eq!(told, [("VTI".to_owned(), "$3,005.00".to_owned()), ("USD".to_owned(), "$500.00".to_owned())]);
        assert!(account.positions[1].kind.is_tradable() && account.positions[0].kind == AssetKind::Etf);
        assert_eq!(account.positions[0].cost_basis.unwrap().dollars(), "$2,000.00");
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        assert_eq!(errors(&file("9505")), ["total-gap"]);
        assert_eq!(
            errors(&file("8505").replace("\"security_id\": \"s3\", \"ticker", "\"security_id\": \"s4\", \"ticker")),
            ["bad-json", "total-gap"]
        );
        assert_eq!(
            errors(&file("8505").replace("\"quantity\": 10,", "\"quantity\": \"ten\",")).first(),
            Some(&"bad-json")
        );
        let (_, sink) = portfolio(&[&file("8505")]);
        assert!(sink.items.iter().any(|item| item.message.contains("`Checking (checking)` is not used")));
    }
}
