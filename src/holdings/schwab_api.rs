//! Charles Schwab's Trader API: the answer of `/accounts?fields=positions` (JSON), which programs save.

use serde_json::Value;

use super::input::Input;
use super::report::Report;
use super::value::{self, items, text};
use super::{Detection, Found, NO_CASH, ReaderEntry, draft, identity, kinds};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind, Position};
use crate::units::{Decimal, Money, Shares};

/// What the reader does.
pub const DOC: &str = "Reads the accounts of Charles Schwab's Trader API (JSON), of one account or of several, with\n\
`fields=positions`. Shares are those held long less those owed, cost is shares times the average price. Cash is that of\n\
`currentBalances`, and the liquidation value is compared with the sum.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "schwab-api",
    broker: "Charles Schwab Trader API (JSON)",
    doc: DOC,
    download: "",
    needs: &[],
    detect,
    read,
};

fn detect(input: &Input<'_>) -> Detection {
    let text = input.text();
    let has = ["\"securitiesAccount\"", "\"currentBalances\""];
    Detection::when(text.trim_start().starts_with(['{', '[']) && has.iter().all(|key| text.contains(key)))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut found = Found::default();
    let Some(root) = value::root(input, report) else { return found };
    let entries = root.as_array().map_or(std::slice::from_ref(&root), Vec::as_slice);
    let held = entries.iter().filter_map(|entry| entry.get("securitiesAccount"));
    found.accounts = held.map(|entry| account(entry, input, report)).collect();
    found
}

fn account(entry: &Value, input: &Input<'_>, report: &mut Report) -> Account {
    let mut account = Account::new("schwab", "trader-api");
    let number = ["accountNumber", "accountId"].map(|key| text(entry, key)).into_iter().find(|text| !text.is_empty());
    account.id = number.map(str::to_owned);
    account.place = Some(Place::whole(input.source));
    for held in items(entry, "positions") {
        account.positions.push(position(held, input, report));
    }
    let balances = entry.get("currentBalances").unwrap_or(&Value::Null);
    account.reported_total = value::number(balances, "liquidationValue", "the account", input, report).map(Money);
    match cash(balances, &account, input, report) {
        Some(cash) => account.cash.push(("USD".to_owned(), cash)),
        None => report.push(
            Diagnostic::warning(NO_CASH, format!("{}: the balances have no cash", account.label()))
                .at(Place::whole(input.source))
                .hint("what is there or owed is missing from every figure"),
        ),
    }
    draft::close(&mut account, None, report);
    account
}

/// Returns the cash of the balances. What is owed on margin stands beside it, and a sweep fund may be in the cash or be a
/// position: of these sums the one counts that makes the whole.
fn cash(balances: &Value, account: &Account, input: &Input<'_>, report: &mut Report) -> Option<Money> {
    let mut read = |key: &str| value::number(balances, key, "the balances", input, report).map(Money);
    let (cash, total, owed, fund) =
        (read("cashBalance"), read("totalCash"), read("marginBalance"), read("moneyMarketFund"));
    let bare = cash.or(total)?;
    let (owed, fund) = (owed.unwrap_or_default(), fund.unwrap_or_default());
    let sums = [bare, bare + owed, bare + fund, bare + owed + fund, total.unwrap_or(bare), owed];
    let held: Money = account.positions.iter().filter_map(|position| position.value).sum();
    let whole =
        |cash: &Money| account.reported_total.is_some_and(|total| (total - held - *cash).abs() <= Money(Decimal::ONE));
    Some(sums.into_iter().find(whole).unwrap_or(bare))
}

fn position(held: &Value, input: &Input<'_>, report: &mut Report) -> Position {
    let instrument = held.get("instrument").unwrap_or(&Value::Null);
    let (symbol, name) = (text(instrument, "symbol"), text(instrument, "description"));
    let what = if symbol.is_empty() { name } else { symbol };
    let mut number = |key: &str| value::number(held, key, what, input, report);
    let (long, short) = (number("longQuantity"), number("shortQuantity"));
    let worth = number("marketValue");
    let paid = [number("taxLotAverageLongPrice"), number("averageLongPrice"), number("averagePrice")];
    let owed = [number("taxLotAverageShortPrice"), number("averageShortPrice"), number("averagePrice")];
    let quantity = match (long, short) {
        (None, None) => None,
        (long, short) => Some(long.unwrap_or_default() - short.unwrap_or_default().abs()),
    };
    let is_short = quantity.is_some_and(|quantity| quantity.is_sign_negative());
    let each = if is_short { owed } else { paid }.into_iter().flatten().find(|each| !each.is_zero());
    let said = match text(instrument, "assetType") {
        "EQUITY" => Some(kinds::security(symbol, name)),
        "COLLECTIVE_INVESTMENT" => Some(AssetKind::Etf),
        "MUTUAL_FUND" => Some(AssetKind::MutualFund),
        "OPTION" => Some(AssetKind::Option),
        "FIXED_INCOME" => Some(AssetKind::Bond),
        "CASH_EQUIVALENT" => Some(AssetKind::MoneyMarket),
        "CURRENCY" => Some(AssetKind::Cash),
        "FUTURE" | "FOREX" | "INDEX" => Some(AssetKind::Other),
        _ => None,
    };
    let mut position = identity::identify(symbol, name, said);
    position.quantity = quantity.map(Shares);
    position.value = worth.map(Money);
    let units = quantity.and_then(|quantity| quantity.checked_mul(position.unit_factor()));
    position.cost_basis = units.zip(each).and_then(|(units, each)| units.checked_mul(each)).map(Money);
    position.details.cusip = Some(text(instrument, "cusip")).filter(|cusip| kinds::is_cusip(cusip)).map(Into::into);
    position.place = Some(Place::whole(input.source));
    if text(instrument, "assetType") == "FUTURE" {
        draft::without_notional(&mut position, report);
    }
    position
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};

    fn file(cash: &str, total: &str) -> String {
        let held = |instrument: &str, long: &str, short: &str, average: &str, value: &str| {
            format!(
                r#"{{"shortQuantity": {short}, "averagePrice": {average}, "longQuantity": {long}, "instrument": {{{instrument}}}, "marketValue": {value}}}"#
            )
        };
        format!(
            r#"[{{"securitiesAccount": {{"type": "MARGIN", "accountNumber": "12345678", "positions": [{}, {}, {}],
            "initialBalances": {{"cashBalance": 1}}, "currentBalances": {{{cash}, "liquidationValue": {total}}}}},
            "aggregatedBalance": {{"liquidationValue": {total}}}}}]"#,
            held(
                r#""assetType": "COLLECTIVE_INVESTMENT", "cusip": "922908769", "symbol": "VTI""#,
                "10",
                "0",
                "200",
                "3000"
            ),
            held(r#""assetType": "EQUITY", "symbol": "AAPL", "description": "APPLE INC""#, "0", "5", "150", "-1000"),
            held(
                r#""assetType": "OPTION", "symbol": "SPY   261218C00500000", "putCall": "CALL", "underlyingSymbol": "SPY""#,
                "2",
                "0",
                "5",
                "1200"
            ),
        )
    }

    #[test]
    fn positions_long_and_short_add_up_to_the_liquidation_value() {
        let account = one(&file(r#""cashBalance": 250"#, "3450"));
        assert_eq!(account.label(), "...5678");
        let told: Vec<_> = account
            .positions
            .iter()
            .map(|held| (held.label(), held.quantity.unwrap().text(), held.cost_basis.unwrap().dollars()))
            .collect();
        let row = |label: &str, shares: &str, cost: &str| (label.to_owned(), shares.to_owned(), cost.to_owned());
        let option = row("SPY   261218C00500000", "2", "$1,000.00");
        assert_eq!(told, [row("VTI", "10", "$2,000.00"), row("AAPL", "-5", "-$750.00"), option]);
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$250.00");
    }

    #[test]
    fn what_is_owed_on_margin_is_in_the_cash_and_a_gap_is_told() {
        let account = one(&file(r#""cashBalance": 0, "marginBalance": -700"#, "2500"));
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "-$700.00");
        assert_eq!(errors(&file(r#""cashBalance": 250"#, "9450")), ["total-gap"]);
        assert_eq!(errors(&file(r#""equity": 250"#, "3450")), ["no-cash", "total-gap"]);
    }
}
