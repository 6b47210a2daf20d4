//! A basket file for Interactive Brokers' BasketTrader: the one retail upload format that is documented
//! (ibkrguides.com, "Manually Create a Basket File"). Sells before buys; lots are chosen in the tax optimizer.

use std::collections::BTreeMap;

use super::{Options, orders};
use crate::model::Side;
use crate::proposal::Proposal;
use crate::units::Shares;

/// Returns the basket. Sales of several lots of one symbol in one account are one order there. What is ordered in dollars has
/// neither a quantity nor a limit, without which no order can be loaded: it is left out.
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
    for trade in proposal.trades.iter().filter(|trade| !trade.in_dollars) {
        let key = (trade.side, trade.account.clone(), trade.symbol.clone());
        orders_by_key.entry(key).or_insert((Shares::ZERO, trade.limit_hint)).0 += trade.quantity;
    }
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for ((side, account, symbol), (quantity, limit)) in orders_by_key {
        rows.push(vec![
            if side == Side::Sell { "SELL" } else { "BUY" }.to_owned(),
            quantity.decimal().normalize().to_string(),
            // Class shares are spelt with a space there.
            symbol.as_str().replace('.', " "),
            "STK".to_owned(),
            "SMART".to_owned(),
            "USD".to_owned(),
            "DAY".to_owned(),
            "LMT".to_owned(),
            limit.to_string(),
            format!("broaden-{}", proposal.as_of),
            account,
        ]);
    }
    orders::write(rows)
}
