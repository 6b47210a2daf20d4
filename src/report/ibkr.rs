//! A basket file for Interactive Brokers' BasketTrader: the one retail upload format that is documented
//! (ibkrguides.com, "Manually Create a Basket File"). Sells before buys; lots are chosen in the tax optimizer.

use std::collections::BTreeMap;

use super::{Options, orders};
use crate::model::Side;
use crate::proposal::Proposal;
use crate::units::Shares;

/// Returns the basket. Sales of several lots of one symbol in one account are one order there.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let header = [
        "Action",
        "Quantity",
        "Symbol",
        "SecType",
        "Exchange",
        "Currency",
        "TimeInForce",
        "OrderType",
        "LmtPrice",
        "BasketTag",
        "OrderRef",
    ];
    let mut orders_by_key = BTreeMap::new();
    for trade in &proposal.trades {
        let key = (trade.side, trade.account.clone(), trade.symbol.clone());
        let limit = trade.known(trade.limit_hint);
        let entry = orders_by_key.entry(key).or_insert((trade.shares().map(|_| Shares::ZERO), limit));
        entry.0 = entry.0.zip(trade.shares()).map(|(sum, own)| sum + own);
    }
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for ((side, account, symbol), (quantity, limit)) in orders_by_key {
        rows.push(vec![
            if side == Side::Sell { "SELL" } else { "BUY" }.to_owned(),
            // What is ordered in dollars has neither: they are filled in before the basket is loaded.
            quantity.map(|shares| shares.decimal().normalize().to_string()).unwrap_or_default(),
            // Class shares are spelt with a space there.
            symbol.as_str().replace('.', " "),
            "STK".to_owned(),
            "SMART".to_owned(),
            "USD".to_owned(),
            "DAY".to_owned(),
            "LMT".to_owned(),
            limit.map(|limit| limit.to_string()).unwrap_or_default(),
            format!("broaden-{}", proposal.as_of),
            account,
        ]);
    }
    orders::write(rows)
}
