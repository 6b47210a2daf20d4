//! Holdings as JSON: what `broaden holdings --json` prints.
//!
//! Amounts are decimal strings as the file has them; unknown is null. Account numbers are cut to their last four
//! characters. `value` is what the file prints; where it prints none, `computed_value` is quantity times price.

use serde_json::{Value, json};

use crate::diagnostics::Diagnostic;
use crate::model::{Account, Lot, Portfolio, Position};
use crate::units::Money;

/// Returns the accounts, files and problems of a run.
pub fn view(portfolio: &Portfolio, diagnostics: &[Diagnostic]) -> Value {
    json!({
        "schema": 1,
        "as_of": portfolio.as_of.map(|day| day.to_string()),
        "accounts": portfolio.accounts.iter().map(account).collect::<Vec<_>>(),
        "trades": portfolio.trades.len(),
        "files": portfolio.files.iter().map(|file| json!({
            "name": file.name, "sha256": file.sha256, "role": file.role,
        })).collect::<Vec<_>>(),
        "diagnostics": diagnostics.iter().map(diagnostic).collect::<Vec<_>>(),
    })
}

fn account(account: &Account) -> Value {
    let cash = if account.cash_per_currency {
        account.cash.iter().map(|(currency, amount)| json!({"currency": currency, "amount": text(*amount)})).collect()
    } else {
        json!(account.cash_in(&account.base_currency).map(text))
    };
    let tail = account.tail();
    json!({
        "name": account.name,
        "id": tail.as_ref().map(|tail| format!("...{tail}")),
        "mask": account.mask.as_ref().or(tail.as_ref()),
        "label": account.label(),
        "kind": account.kind.id(),
        "broker": account.broker,
        "layout": account.layout,
        "as_of": account.as_of_text.clone().or_else(|| account.as_of.map(|day| day.to_string())),
        "base_currency": account.base_currency,
        "cash": cash,
        "pending": account.pending.map(text),
        "reported_total": account.reported_total.map(text),
        "positions": account.positions.iter().map(position).collect::<Vec<_>>(),
    })
}

fn position(position: &Position) -> Value {
    let (printed, computed) = if position.value_computed { (None, position.value) } else { (position.value, None) };
    json!({
        "symbol": position.symbol,
        "canonical": position.canonical.as_ref().map(|symbol| symbol.as_str()),
        "name": position.name,
        "kind": position.kind.id(),
        "quantity": position.quantity.map(|quantity| quantity.to_string()),
        "price": position.price.map(|price| price.to_string()),
        "value": printed.map(text),
        "computed_value": computed.map(text),
        "value_base": position.value_base.map(text),
        "cost_basis": position.cost_basis.map(text),
        "currency": position.currency,
        "isin": position.isin,
        "cusip": position.cusip,
        "multiplier": position.multiplier,
        "core": position.core,
        "held_in": position.held_in,
        "tradable": position.kind.is_tradable() && position.obstacle().is_none(),
        "not_traded_because": position.obstacle(),
        "lots": position.lots.iter().map(lot).collect::<Vec<_>>(),
    })
}

fn lot(lot: &Lot) -> Value {
    json!({
        "id": lot.id,
        "opened": lot.opened.map(|day| day.to_string()),
        "quantity": lot.quantity.to_string(),
        "cost_basis": lot.cost_basis.map(text),
        "unit_cost": lot.unit_cost.map(|price| price.to_string()),
        "term": lot.term.map(|term| term.id()),
        "wash_sale": lot.wash_sale,
        "disallowed_loss": lot.disallowed_loss.map(text),
        "locked_until": lot.locked_until.map(|day| day.to_string()),
    })
}

/// Returns a problem: code, severity, message, place and hint.
pub fn diagnostic(diagnostic: &Diagnostic) -> Value {
    json!({
        "code": diagnostic.code.id,
        "severity": diagnostic.severity.word(),
        "message": diagnostic.message,
        "place": diagnostic.place.as_ref().map(|place| place.locator()),
        "related": diagnostic.related.iter().map(|(place, shows)| json!({"place": place.locator(), "shows": shows})).collect::<Vec<_>>(),
        "hint": diagnostic.hint,
    })
}

fn text(money: Money) -> String {
    money.to_string()
}
