//! Yahoo Finance: a portfolio as quotes, one row per purchase.

use std::collections::BTreeMap;

use super::draft;
use super::input::Input;
use super::ledger::{Event, Ledger};
use super::report::Report;
use super::table::Columns;
use super::{Detection, Found, ReaderEntry, currencies, dates, kinds};
use crate::model::Account;
use crate::units::{Decimal, Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads a portfolio of Yahoo Finance. Each row is a purchase and becomes a lot with its commission; SELL rows are taken\n\
off. When a sale could have come from several lots, which ones is not in the file: the shares are right, the lots and\n\
the cost are unknown. Rows without a quantity are only watched. The currency follows from the exchange suffix.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "yahoo",
    broker: "Yahoo Finance portfolio",
    doc: DOC,
    download: "My Portfolio > Export",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["symbol"], &["current price"], &["trade date"], &["purchase price"], &["quantity"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("yahoo", "portfolio");
    let mut header: Option<Columns> = None;
    let (mut ledger, mut prices) = (Ledger::default(), BTreeMap::new());
    for row in table.rows().filter(|row| !row.is_blank()) {
        if let Some(names) = Columns::of_if(&row, "symbol").filter(|names| names.has(NEEDS)) {
            account.place = Some(row.place());
            header = Some(names);
            continue;
        }
        let Some(names) = &header else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        let column = |name: &str| names.find(&[name]);
        let symbol = row.get(column("symbol")).to_owned();
        if !report.fits(&row, names.width(), &[column("quantity"), column("purchase price"), column("commission")]) {
            continue;
        }
        let Some(quantity) = row.number(column("quantity"), report) else {
            report.skipped(&row, "it has no quantity: the symbol is only watched");
            continue;
        };
        let word = row.get(column("transaction type")).to_uppercase();
        let one = row.quiet(column("current price")).is_none_or(|price| price == Decimal::ONE);
        if symbol.starts_with("$$CASH") || one && kinds::cash_currency(&symbol, "").is_some() {
            let amount = if matches!(word.as_str(), "WITHDRAWAL" | "SELL" | "FEE") { -quantity } else { quantity };
            let before = account.cash_in("USD").unwrap_or(Money::ZERO);
            account.cash = vec![("USD".to_owned(), before + Money(amount))];
            continue;
        }
        account.as_of = account.as_of.max(dates::leading(row.get(column("date"))));
        if let Some(price) = row.number(column("current price"), report) {
            prices.insert(symbol.clone(), Price(price));
        }
        let paid = row.number(column("purchase price"), report).map(|price| Price(price) * Shares(quantity));
        let commission = Money(row.number(column("commission"), report).unwrap_or_default());
        let sold = word.starts_with("SELL");
        ledger.add(Event {
            symbol,
            name: String::new(),
            date: dates::leading(row.get(column("trade date"))),
            quantity: Shares(if sold { -quantity } else { quantity }),
            cost: if sold { None } else { paid.map(|paid| paid + commission) },
            opens_short: false,
            place: row.place(),
        });
    }
    account.positions = ledger.positions(report);
    for position in &mut account.positions {
        position.price = position.symbol.as_ref().and_then(|symbol| prices.get(symbol.as_str())).copied();
        position.currency = position.symbol.as_deref().and_then(currencies::of_exchange).unwrap_or("USD").into();
    }
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}
