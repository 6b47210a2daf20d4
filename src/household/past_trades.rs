//! Trades already made, as the plan sees them: in whose account each was, and what may not be bought because of them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Setup;
use crate::config::UNMATCHED;
use crate::diagnostics::{Diagnostic, Sink};
use crate::holdings::key_matches;
use crate::model::{Account, PastTrade, Side, Symbol};
use crate::plan::WashSales;
use crate::tax;
use crate::units::Money;

/// Returns the trades with the labels of the accounts they were made in. One whose account no file has counts as made
/// outside: a purchase there is a replacement all the same. A sale in an account without tax that is in no figure says
/// nothing, since its loss was none.
pub(super) fn trades(trades: &[PastTrade], accounts: &[(&Account, String, bool)]) -> Vec<PastTrade> {
    let mut found = Vec::new();
    for trade in trades {
        let home = accounts.iter().find(|(account, _, _)| !trade.outside && key_matches(&trade.account, account));
        match home {
            Some((account, _, false)) if trade.side == Side::Sell && !account.kind.is_taxable() => {}
            Some((_, label, true)) => found.push(PastTrade { account: label.clone(), ..trade.clone() }),
            _ => found.push(PastTrade { outside: true, ..trade.clone() }),
        }
    }
    found
}

/// Warns of trades in accounts that no file has, once per account.
pub(crate) fn check(trades: &[PastTrade], accounts: &[Account], sink: &mut Sink) {
    let mut said = std::collections::BTreeSet::new();
    for trade in trades.iter().filter(|trade| !trade.outside && !trade.account.is_empty()) {
        if accounts.iter().any(|account| key_matches(&trade.account, account)) || !said.insert(&trade.account) {
            continue;
        }
        let name = crate::model::mask_digits(&trade.account);
        let message = format!("no account of the files matches `{name}`, so its trades count as made outside them");
        let problem = Diagnostic::warning(UNMATCHED, message)
            .hint("name the account as [accounts] does, or write yes in the `outside` column");
        sink.push(trade.place.clone().into_iter().fold(problem, Diagnostic::at));
    }
}

/// Returns why sleeves may not be bought now, because they were sold at a loss in the last 30 days; and why their
/// substitutes may not: the same, or do-not-buy, restricted, in a blackout. A sleeve that the user does not want is not
/// replaced.
pub(super) fn closed(
    sleeves: &[Symbol],
    substitutes: &[Symbol],
    trades: &[PastTrade],
    sheltered: impl Fn(&str) -> bool,
    setup: &Setup,
    as_of: NaiveDate,
) -> BTreeMap<Symbol, String> {
    let trading = &setup.trading.trading;
    let mut losses: BTreeMap<String, NaiveDate> = BTreeMap::new();
    for trade in trades.iter().filter(|_| trading.wash_sales == WashSales::Block) {
        let recent = tax::in_wash_window(as_of, trade.date) && trade.date <= as_of;
        let loss = trade.side == Side::Sell && trade.gain.is_none_or(Money::is_negative);
        if recent && loss && (trade.outside || !sheltered(&trade.account)) {
            let date = losses.entry(setup.registry.identity(&trade.symbol)).or_insert(trade.date);
            *date = (*date).max(trade.date);
        }
    }
    let listed = |list: &[(Symbol, _)], symbol: &Symbol| list.iter().any(|(own, _)| own == symbol);
    let sold = |symbol: &Symbol| {
        let date = losses.get(&setup.registry.identity(symbol))?;
        Some(format!("{symbol} was sold at a loss on {date}"))
    };
    let why = |symbol: &Symbol| {
        let window = trading.blackouts.iter().find(|window| window.symbol == *symbol && window.covers(as_of));
        sold(symbol)
            .or_else(|| listed(&trading.do_not_buy, symbol).then(|| format!("{symbol} is in do-not-buy")))
            .or_else(|| listed(&trading.restricted, symbol).then(|| format!("{symbol} is restricted")))
            .or_else(|| window.map(|window| format!("{symbol} is in a blackout until {}", window.to)))
    };
    let sleeves = sleeves.iter().filter_map(|symbol| Some((symbol.clone(), sold(symbol)?)));
    sleeves.chain(substitutes.iter().filter_map(|symbol| Some((symbol.clone(), why(symbol)?)))).collect()
}
