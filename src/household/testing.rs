//! Settings of the text of a config, for the tests of this stage.

use crate::config::Document;
use crate::diagnostics::{Sink, Source};
use crate::holdings::read_settings;
use crate::household::{Read, Setup};
use crate::model::{
    Account, AssetKind, PastTrade, Portfolio, Position, Side, Symbol, TaxTreatment, Term, TradeDetails,
};
use crate::reference::{Bundle, Registry};
use crate::units::{Decimal, Money, Price, Shares};

/// Returns the settings that a config makes; one with a problem has none.
pub(super) fn setup(text: &str) -> Setup {
    let mut sink = Sink::default();
    let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
    let accounts = read_settings(&document, &mut sink);
    let registry = Registry::with(Bundle::read(), &document, &[], None, &mut sink);
    let read = Read { accounts, imports: Vec::new(), portfolio: Portfolio::default() };
    let setup = Setup::new(document, read, registry.into(), &mut sink);
    assert!(!sink.has_errors(), "{:?}", sink.items);
    setup
}

/// Returns whole dollars.
pub(super) fn dollars(amount: i64) -> Money {
    Money(Decimal::from(amount))
}

/// Returns shares of a ticker at a price of whole dollars.
pub(super) fn position(symbol: &str, shares: i64, price: i64) -> Position {
    let mut position = Position::new(AssetKind::Etf, symbol);
    (position.symbol, position.canonical) = (Some(symbol.to_owned()), Some(Symbol::new(symbol)));
    (position.quantity, position.price) = (Some(Shares(Decimal::from(shares))), Some(Price(Decimal::from(price))));
    position.value = Some(dollars(shares * price));
    position
}

/// Returns a taxed account with a name, some cash and some positions.
pub(super) fn account(name: &str, cash: i64, positions: Vec<Position>) -> Account {
    let mut account = Account::new("file", "own");
    (account.name, account.kind) = (Some(name.to_owned()), TaxTreatment::Taxable);
    (account.cash, account.positions) = (vec![("USD".to_owned(), dollars(cash))], positions);
    account
}

/// Returns a recorded sale of 10 NVDA at 100 in `Joint`, with its gain and for how long it was held.
pub(super) fn sale(day: &str, gain: i64, term: Term) -> PastTrade {
    PastTrade {
        date: day.parse().unwrap(),
        account: "Joint".to_owned(),
        symbol: Symbol::new("NVDA"),
        side: Side::Sell,
        quantity: Shares(Decimal::TEN),
        gain: Some(dollars(gain)),
        outside: false,
        place: None,
        details: TradeDetails { term: Some(term), price: Some(Price(Decimal::ONE_HUNDRED)), ..TradeDetails::default() },
    }
}
