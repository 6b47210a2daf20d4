//! What is to be recorded, against what the household's files say: it may be true all the same, and is said.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::append::fresh;
use super::{BAD_DATE, ODD_TRADE, key_matches};
use crate::diagnostics::{Diagnostic, Sink};
use crate::model::{Account, PastTrade, Portfolio, Position, Side, Symbol};
use crate::units::{Decimal, Shares};

/// Days that a trade may be later than the newest file and the clock: a settlement over a holiday.
const AHEAD: u64 = 7;
/// How many times the price of the files a price may be, and how small a part of it.
const APART: Decimal = Decimal::TWO;

/// Checks trades before they are recorded, but for those that are there already, since they are not recorded again. A day that
/// is still to come is an error; the rest are warnings.
pub fn check(trades: &[PastTrade], portfolio: &Portfolio, today: NaiveDate, sink: &mut Sink) {
    let newest = portfolio.as_of.map_or(today, |day| day.max(today));
    let last = newest.checked_add_days(Days::new(AHEAD)).unwrap_or(newest);
    let mut sold: BTreeMap<(&str, &Symbol, Option<NaiveDate>), (Shares, &PastTrade)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let new: BTreeSet<usize> = fresh(&portfolio.trades, trades).new.into_iter().collect();
    for (at, trade) in trades.iter().enumerate() {
        let is_first =
            seen.insert((trade.date, &trade.account, trade.side, &trade.symbol, trade.quantity, trade.details));
        if !new.contains(&at) {
            continue;
        }
        if trade.date > last {
            let message = format!("the trade is of {}, which is still to come", trade.date);
            sink.push(placed(Diagnostic::error(BAD_DATE, message), trade).hint("put the day right"));
        }
        if let Some(proposed) = trade.details.proposed.filter(|proposed| *proposed > trade.date) {
            let message = format!("the trade is of {}, and carries out a proposal of {proposed}", trade.date);
            sink.push(placed(Diagnostic::warning(ODD_TRADE, message), trade).hint("put the day right in trades.csv"));
        } else if matches!(trade.date.weekday(), Weekday::Sat | Weekday::Sun) {
            let message =
                format!("the trade is of {}, a {}, when no market is open", trade.date, trade.date.format("%A"));
            sink.push(placed(Diagnostic::warning(ODD_TRADE, message), trade).hint("put the day right in trades.csv"));
        }
        if trade.side == Side::Sell {
            let lots = BTreeSet::from([None, trade.details.opened]);
            for lot in lots {
                sold.entry((&trade.account, &trade.symbol, lot)).or_insert((Shares::ZERO, trade)).0 += trade.quantity;
            }
        }
        if let Some(problem) = odd_price(trade, portfolio) {
            sink.push(problem);
        }
        if !is_first {
            let message = format!("the same trade of {} stands here twice; it is recorded as two", trade.symbol);
            let problem = placed(Diagnostic::warning(ODD_TRADE, message), trade);
            sink.push(problem.hint("delete one of the rows in trades.csv when it was made once"));
        }
    }
    let mut other: BTreeMap<(Side, &Symbol), Vec<&PastTrade>> = BTreeMap::new();
    let bought = new.iter().filter_map(|at| trades.get(*at)).filter(|own| own.side == Side::Buy);
    // Sales of now are summed already.
    for trade in portfolio.trades.iter().chain(bought) {
        other.entry((trade.side, &trade.symbol)).or_default().push(trade);
    }
    let mut said: BTreeSet<(&str, &Symbol)> = BTreeSet::new();
    for ((account, symbol, lot), (shares, trade)) in sold {
        let Some(home) = portfolio.accounts.iter().find(|home| key_matches(account, home)) else { continue };
        // An export of a later day no longer has what was sold.
        if home.as_of.is_none_or(|day| day > trade.date) || said.contains(&(account, symbol)) {
            continue;
        }
        let since = |side: Side| -> Shares {
            let own = other.get(&(side, symbol)).into_iter().flatten();
            let own = own.filter(|own| key_matches(&own.account, home) && home.as_of <= Some(own.date));
            let of_lot = |own: &&&PastTrade| {
                let opened = if side == Side::Buy { Some(own.date) } else { own.details.opened };
                lot.is_none() || opened == lot
            };
            own.filter(of_lot).map(|own| own.quantity).sum()
        };
        let Some(held) = held(home, symbol, lot) else { continue };
        let (held, before) = (held + since(Side::Buy), since(Side::Sell));
        if shares + before > held {
            let (shares, held, home) = ((shares + before).text(), held.text(), home.label());
            let of = lot.map_or(String::new(), |day| format!(" of {day}"));
            let also = if before.is_positive() {
                format!(", {} of them recorded before,", before.text())
            } else {
                String::new()
            };
            let message =
                format!("{shares} shares of {symbol}{of} are sold{also} in {home}, which holds {held} by its files");
            let problem = placed(Diagnostic::warning(ODD_TRADE, message), trade);
            sink.push(problem.hint("it is recorded; put it right in trades.csv when it is a mistake"));
            said.insert((account, symbol));
        }
    }
}

/// What an account holds of a symbol by its files, or of its lots of a day; `None` where they say nothing of that day.
fn held(account: &Account, symbol: &Symbol, lot: Option<NaiveDate>) -> Option<Shares> {
    let Some(day) = lot else {
        return Some(positions(account, symbol).filter_map(|position| position.quantity).sum());
    };
    let lots = || positions(account, symbol).flat_map(|position| &position.lots);
    let of_day = || lots().filter(|lot| lot.opened == Some(day));
    of_day().next()?;
    Some(of_day().map(|lot| lot.quantity).sum())
}

fn positions<'a>(account: &'a Account, symbol: &'a Symbol) -> impl Iterator<Item = &'a Position> {
    account.positions.iter().filter(move |position| position.canonical.as_ref() == Some(symbol))
}

/// Says that a price is far from that of the files, which a slip of a key or a split makes it.
fn odd_price(trade: &PastTrade, portfolio: &Portfolio) -> Option<Diagnostic> {
    let price = trade.details.price?.decimal();
    let known = portfolio.accounts.iter().flat_map(|account| positions(account, &trade.symbol));
    let known = known.filter_map(|position| position.price).next()?.decimal();
    let apart = price > known.checked_mul(APART)? || price.checked_mul(APART)? < known;
    apart.then(|| {
        let (price, known) = (price.normalize(), known.normalize());
        let message = format!("{} is recorded at ${price}, and the files have it at ${known}", trade.symbol);
        let problem = placed(Diagnostic::warning(ODD_TRADE, message), trade);
        problem.hint("put it right in trades.csv when it is a mistake: the gain goes by it")
    })
}

fn placed(problem: Diagnostic, trade: &PastTrade) -> Diagnostic {
    trade.place.clone().into_iter().fold(problem, Diagnostic::at)
}
