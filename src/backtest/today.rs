//! How the orders of today change as a threshold moves: the value at which each appears, grows or disappears.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::text::table;
use super::variant;
use super::vary::Axis;
use crate::diagnostics::Sink;
use crate::model::{Side, Symbol};
use crate::pipeline::{self, Inputs};
use crate::units::Shares;

/// An order, whatever its size.
type Order = (String, Side, Symbol);

/// The orders of today at each value of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    /// What was varied.
    pub axis: Axis,
    /// The orders of the config as it is.
    pub now: BTreeMap<Order, Shares>,
    /// The orders at each value; `None` where there is no answer.
    pub at: Vec<Option<BTreeMap<Order, Shares>>>,
}

/// Plans today at each value of a key, all others as they are. `None` after problems went to the sink.
pub fn today(inputs: &Inputs, axis: &Axis, sink: &mut Sink) -> Option<Ladder> {
    let orders = |inputs: &Inputs, sink: &mut Sink| {
        let proposal = pipeline::advise(inputs, sink)?;
        let mut found: BTreeMap<Order, Shares> = BTreeMap::new();
        for trade in &proposal.trades {
            *found.entry((trade.account.clone(), trade.side, trade.symbol.clone())).or_default() += trade.quantity;
        }
        Some(found)
    };
    let now = orders(inputs, sink)?;
    let of = |value: &String| orders(&variant(inputs, &[&format!("{}={value}", axis.key)], &[]), &mut Sink::default());
    Some(Ladder { axis: axis.clone(), now, at: axis.values.iter().map(of).collect() })
}

/// Draws it: a line per order, a column per value.
pub fn render(ladder: &Ladder) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "TODAY  shares of each order as {} moves\n", ladder.axis.key);
    let heads = ["", "as it is"].into_iter().map(str::to_owned).chain(ladder.axis.values.iter().cloned());
    let mut rows = vec![heads.collect::<Vec<_>>()];
    let all: BTreeSet<&Order> = ladder.at.iter().flatten().chain([&ladder.now]).flat_map(BTreeMap::keys).collect();
    let cell = |orders: Option<&BTreeMap<Order, Shares>>, order: &Order| match orders {
        Some(orders) => {
            orders.get(order).map_or_else(|| "-".to_owned(), |shares| shares.decimal().normalize().to_string())
        }
        None => "?".to_owned(),
    };
    let mut turns = Vec::new();
    for order in all {
        let (account, side, symbol) = order;
        let word = if *side == Side::Sell { "sell" } else { "buy" };
        let name = format!("{word} {symbol} in {account}");
        let cells = ladder.at.iter().map(|orders| cell(orders.as_ref(), order));
        rows.push([name.clone(), cell(Some(&ladder.now), order)].into_iter().chain(cells).collect());
        let there: Vec<bool> =
            ladder.at.iter().map(|orders| orders.as_ref().is_some_and(|orders| orders.contains_key(order))).collect();
        for (pair, values) in there.windows(2).zip(ladder.axis.values.windows(2)) {
            if let ([before, after], [from, to]) = (pair, values)
                && before != after
            {
                let what = if *after { "appears" } else { "disappears" };
                turns.push(format!("  {name} {what} between {from} and {to}"));
            }
        }
    }
    table(&mut out, &rows);
    if turns.is_empty() {
        out.push_str("\n  No order appears or disappears between these values.\n");
    } else {
        let _ = writeln!(out, "\n{}", turns.join("\n"));
    }
    out
}
