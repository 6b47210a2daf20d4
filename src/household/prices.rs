//! One price for each thing to be traded at: the newest that an export prints, else the last close of the market files.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{PRICED, PRICES_DIFFER, STALE_PRICE};
use crate::diagnostics::{Diagnostic, Sink, counted};
use crate::market::Market;
use crate::market::layouts::is_weekday;
use crate::model::{Account, Portfolio, Position, Symbol};
use crate::units::{Decimal, Money, Price, Shares};

/// A price as an export prints it.
#[derive(Clone, Debug)]
pub(super) struct Quote {
    pub price: Price,
    day: Option<NaiveDate>,
    account: String,
}

/// Returns the newest price of every tradable holding; of one day, that of the account first by name, whatever the order
/// of the files.
pub(super) fn newest_prices(portfolio: &Portfolio) -> BTreeMap<Symbol, Quote> {
    let mut quotes: BTreeMap<Symbol, Quote> = BTreeMap::new();
    for (account, symbol, price) in quoted(portfolio) {
        let quote = Quote { price, day: account.as_of, account: account.label() };
        match quotes.get_mut(&symbol) {
            Some(known) if (quote.day, &known.account) <= (known.day, &quote.account) => {}
            Some(known) => *known = quote,
            None => drop(quotes.insert(symbol, quote)),
        }
    }
    quotes
}

/// Every tradable holding with its price.
fn quoted(portfolio: &Portfolio) -> impl Iterator<Item = (&Account, Symbol, Price)> {
    portfolio.accounts.iter().flat_map(|account| {
        let tradable = account.positions.iter().filter(|position| position.obstacle().is_none());
        tradable.filter_map(move |position| Some((account, position.canonical.clone()?, position.unit_price()?)))
    })
}

/// A close or rate that is older than these days prices nothing.
pub(super) const OLDEST_CLOSE: i64 = 92;
/// One that is more sessions older than the day of the answer is warned about.
const FRESH: usize = 5;

/// Returns whether more than five sessions, which are weekdays here, lie after a day up to another.
pub(super) fn is_stale(day: NaiveDate, as_of: NaiveDate) -> bool {
    let weekdays = day.iter_days().skip(1).take_while(|next| *next <= as_of).filter(|next| is_weekday(*next));
    weekdays.take(FRESH + 1).count() > FRESH
}

/// Gives what has no price that of another export, and where none prints one the last close of the market files. What has
/// a price keeps it, older or not: its printed value counts in every figure, and only trades are at the newest price.
pub fn fill_prices(portfolio: &mut Portfolio, market: &Market, as_of: NaiveDate, sink: &mut Sink) {
    let newest = newest_prices(portfolio);
    check(portfolio, &newest, sink);
    let mut filled: BTreeMap<Symbol, String> = BTreeMap::new();
    let mut stale: BTreeMap<Symbol, NaiveDate> = BTreeMap::new();
    for position in portfolio.accounts.iter_mut().flat_map(|account| account.positions.iter_mut()) {
        let Some((symbol, shares)) = position.canonical.clone().zip(position.quantity) else { continue };
        let quote = newest.get(&symbol);
        if position.is_unpriced() {
            let close = || {
                let (day, price) = market.price(&symbol, as_of)?;
                if as_of.signed_duration_since(day).num_days() > OLDEST_CLOSE {
                    return None;
                }
                if is_stale(day, as_of) {
                    stale.insert(symbol.clone(), day);
                }
                Some((price, format!("{symbol} {} (close of {day})", price.dollars())))
            };
            let of_export =
                |quote: &Quote| (quote.price, format!("{symbol} {} (as in {})", quote.price.dollars(), quote.account));
            let Some((price, words)) = quote.map(of_export).or_else(close) else { continue };
            put(position, price, shares);
            filled.insert(symbol, words);
        }
    }
    if !filled.is_empty() {
        let words: Vec<&str> = filled.values().map(String::as_str).take(8).collect();
        let more = filled.len().saturating_sub(words.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!("priced from elsewhere, since their files print no price: {}{more}", words.join(", "));
        sink.push(Diagnostic::note(PRICED, message).hint("give an export that prints prices to be certain"));
    }
    if let Some((symbol, day)) = stale.iter().min_by_key(|(_, day)| **day) {
        let what = counted(stale.len(), "holding is", "holdings are");
        let message = format!("{what} priced at closes older than five sessions, the oldest {symbol} of {day}");
        let hint = "save newer closes, or let `broaden fetch` get them";
        sink.push(Diagnostic::warning(STALE_PRICE, message).hint(hint));
    }
}

fn put(position: &mut Position, price: Price, shares: Shares) {
    position.price = Some(price);
    position.value = Some((price * shares).to_cents());
    position.value_computed = true;
    position.details.value_base = None;
}

/// Returns by how much a value differs from another, where that is more than the half percent of a day's noise.
fn apart(own: Money, other: Money) -> Option<Money> {
    let apart = (own - other).abs();
    (apart.decimal() * Decimal::from(200) > other.abs().decimal()).then_some(apart)
}

/// Warns where accounts print different prices of one thing: it is traded at the newest.
fn check(portfolio: &Portfolio, newest: &BTreeMap<Symbol, Quote>, sink: &mut Sink) {
    for account in &portfolio.accounts {
        for position in account.positions.iter().filter(|position| position.obstacle().is_none()) {
            let (Some(symbol), Some(price), Some(shares)) =
                (&position.canonical, position.unit_price(), position.quantity)
            else {
                continue;
            };
            let Some(quote) = newest.get(symbol) else { continue };
            let Some(apart) = apart(price * shares, quote.price * shares) else { continue };
            let message = format!(
                "{symbol} is at {} in {} and at {} in {}",
                price.dollars(),
                account.label(),
                quote.price.dollars(),
                quote.account
            );
            let problem = Diagnostic::warning(PRICES_DIFFER, message).hint(format!(
                "the newer price is traded at, and the printed value counts, which is {} away from it: give exports of one day",
                apart.dollars()
            ));
            sink.push(position.place.clone().into_iter().fold(problem, Diagnostic::at));
        }
    }
}

/// Replaces the prices of what can be traded, and the values with them.
pub fn reprice(portfolio: &mut Portfolio, prices: &BTreeMap<Symbol, Price>) {
    for position in portfolio.accounts.iter_mut().flat_map(|account| account.positions.iter_mut()) {
        let price = position.canonical.as_ref().and_then(|symbol| prices.get(symbol)).copied();
        if let (Some(price), Some(quantity), None) = (price, position.quantity, position.obstacle()) {
            position.price = Some(price);
            position.value = Some((price * quantity).to_cents());
            position.details.value_base = None;
        }
    }
}
