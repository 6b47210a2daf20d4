//! Orders as CSV, for a spreadsheet: one row per order and lot, sells before buys.
//!
//! Columns: `account`, `side`, `symbol`, `quantity`, `price` (used), `limit` (worth trying), `value`, `lot`, `opened`,
//! `term`, `gain`, `reasons`, `repays` (by how much a year, as a fraction, what is bought must do better to repay the tax)
//! `id` (the name by which the line is decided), `cost` (of a share of the lot) and `as-of` (the day of the proposal):
//! what `broaden record` reads again. What has no price is ordered in dollars: its `quantity`, `price` and `limit` are blank,
//! and filled in once it is bought.
//! Cells that a spreadsheet would take for a formula begin with an apostrophe.

use super::{Options, neutral};
use crate::explain::words;
use crate::proposal::Proposal;
use crate::trades::Trade;

/// Its columns.
pub(super) const HEADER: [&str; 16] = [
    "account", "side", "symbol", "quantity", "price", "limit", "value", "lot", "opened", "term", "gain", "reasons",
    "repays", "id", "cost", "as-of",
];

/// Returns the orders.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let header = HEADER.map(str::to_owned).to_vec();
    write(std::iter::once(header).chain(rows(proposal)).collect())
}

/// Returns a row for each order and lot.
pub(super) fn rows(proposal: &Proposal) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut trades: Vec<_> = proposal.trades.iter().collect();
    trades.sort_by_key(|trade| trade.side);
    for trade in trades {
        let lot = trade.lot.as_ref();
        let reasons: Vec<String> =
            trade.reasons().map(|reason| format!("{}: {}", reason.id, reason.evidence)).collect();
        rows.push(vec![
            trade.account.clone(),
            words::verb(trade.side).to_owned(),
            trade.symbol.to_string(),
            trade.shares().map(|shares| shares.decimal().normalize().to_string()).unwrap_or_default(),
            trade.known(trade.price).map(|price| price.decimal().normalize().to_string()).unwrap_or_default(),
            trade.known(trade.limit_hint).map(|price| price.to_string()).unwrap_or_default(),
            format!("{:.2}", trade.value.decimal()),
            lot.map(|lot| lot.origin.words_in(&trade.account, &trade.symbol)).unwrap_or_default(),
            lot.and_then(|lot| lot.opened).map(|date| date.to_string()).unwrap_or_default(),
            lot.map(|lot| lot.term.id().to_owned()).unwrap_or_default(),
            // A negative amount is a number, not a formula: it is written as it is.
            lot.and_then(|lot| lot.gain).map(|gain| format!("{:.2}", gain.decimal())).unwrap_or_default(),
            reasons.join("; "),
            lot.and_then(|lot| lot.worth.as_ref())
                .map(|worth| format!("{:.4}", worth.break_even.if_taxed_later))
                .unwrap_or_default(),
            trade.id.clone(),
            cost(trade),
            proposal.as_of.to_string(),
        ]);
    }
    rows
}

/// Returns what a share of the lot of a sale cost, where its gain is known.
fn cost(trade: &Trade) -> String {
    let gain = trade.lot.as_ref().and_then(|lot| lot.gain);
    let cost = gain.and_then(|gain| (trade.value - gain).decimal().checked_div(trade.quantity.decimal()));
    cost.map(|cost| cost.round_dp(6).normalize().to_string()).unwrap_or_default()
}

/// Writes rows as CSV; text cells are neutralised, cells that are numbers are not.
pub(super) fn write(rows: Vec<Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = row.iter().map(|cell| if cell.parse::<f64>().is_ok() { cell.clone() } else { neutral(cell) });
        // Writing to memory does not fail.
        let _ = writer.write_record(cells);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}
