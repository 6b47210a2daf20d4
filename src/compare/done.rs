//! What became of an earlier proposal: which of its orders were carried out, by the recorded trades, and how far the caps are
//! from where it meant to bring them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::holdings::key_matches;
use crate::model::{PastTrade, Side, Symbol};
use crate::proposal::{DoneOrder, Drift, Proposal, Snapshot};
use crate::units::{Decimal, NumberStyle, Shares, parse_number};

/// Points of a weight that are no drift.
const STILL: f64 = 0.0005;

/// Returns the orders of an earlier proposal with what was done of each, and what was done that it did not propose. Nothing
/// where no trade is recorded since.
pub(super) fn done(before: &Snapshot, proposal: &Proposal) -> Vec<DoneOrder> {
    let Ok(from) = before.as_of.parse::<NaiveDate>() else { return Vec::new() };
    let accounts = &proposal.portfolio.accounts;
    let home = |trade: &PastTrade| {
        let own = accounts.iter().find(|account| !trade.outside && key_matches(&trade.account, account));
        own.map(|account| account.label())
    };
    let mut done: BTreeMap<(String, Side, Symbol), Shares> = BTreeMap::new();
    for trade in proposal.portfolio.trades.iter().filter(|own| own.date >= from && own.date <= proposal.as_of) {
        if let Some(account) = home(trade) {
            *done.entry((account, trade.side, trade.symbol.clone())).or_default() += trade.quantity;
        }
    }
    if done.is_empty() {
        return Vec::new();
    }
    let mut found: BTreeMap<(String, Side, Symbol), (Shares, Shares)> = BTreeMap::new();
    for trade in &before.trades {
        let number = |text: &String| parse_number(text, NumberStyle::Point).ok().flatten();
        // What was ordered in dollars has a price once it is held.
        let bought = || {
            let price = proposal.price(&Symbol::new(&trade.symbol))?;
            Some(number(trade.value.as_ref()?)?.checked_div(price.decimal())?.round())
        };
        let shares = trade.quantity.as_ref().and_then(number).or_else(bought).unwrap_or(Decimal::ZERO);
        let side = if trade.side == "sell" { Side::Sell } else { Side::Buy };
        let key = (trade.account.clone(), side, Symbol::new(&trade.symbol));
        found.entry(key).or_default().0 += Shares(shares);
    }
    for (key, shares) in done {
        found.entry(key).or_default().1 += shares;
    }
    let order = |((account, side, symbol), (proposed, done)): ((String, Side, Symbol), (Shares, Shares))| DoneOrder {
        account,
        side,
        symbol: symbol.to_string(),
        proposed,
        done,
    };
    found.into_iter().map(order).collect()
}

/// Returns the weights of what is capped, as the earlier plan meant to leave them and as they are, where they differ.
pub(super) fn drift(before: &Snapshot, proposal: &Proposal) -> Vec<Drift> {
    let Some(plan) = &before.plan else { return Vec::new() };
    // On the same day nothing has been done of it yet.
    if before.as_of == proposal.as_of.to_string() && done(before, proposal).is_empty() {
        return Vec::new();
    }
    let now = &proposal.plan.nothing.weights;
    let drift = |(id, planned): (&String, &f64)| {
        let now = now.get(id).copied()?;
        ((now - planned).abs() >= STILL).then(|| Drift { id: id.clone(), planned: *planned, now })
    };
    let mut found: Vec<Drift> = plan.outcome.weights.iter().filter_map(drift).collect();
    found.sort_by(|a, b| (b.now - b.planned).abs().total_cmp(&(a.now - a.planned).abs()).then(a.id.cmp(&b.id)));
    found
}
