//! One price for each thing: the newest that an export prints.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::PRICES_DIFFER;
use crate::diagnostics::{Diagnostic, Sink};
use crate::model::{Account, Portfolio, Symbol};
use crate::units::{Decimal, Price};

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

/// Warns where accounts print different prices of one thing: the plan has one price for each, and what is measured from
/// the printed values differs by as much.
pub(super) fn check(portfolio: &Portfolio, sink: &mut Sink) {
    let newest = newest_prices(portfolio);
    for account in &portfolio.accounts {
        for position in account.positions.iter().filter(|position| position.obstacle().is_none()) {
            let (Some(symbol), Some(price), Some(shares)) =
                (&position.canonical, position.unit_price(), position.quantity)
            else {
                continue;
            };
            let Some(quote) = newest.get(symbol) else { continue };
            let (own, at_newest) = (price * shares, quote.price * shares);
            let apart = (own - at_newest).abs();
            if apart.decimal() * Decimal::from(200) <= at_newest.abs().decimal() {
                continue;
            }
            let message = format!(
                "{symbol} is at {} in {} and at {} in {}",
                price.dollars(),
                account.label(),
                quote.price.dollars(),
                quote.account
            );
            let problem = Diagnostic::warning(PRICES_DIFFER, message).hint(format!(
                "the plan trades at the newer price; the printed value is {} away from it: give exports of one day",
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
