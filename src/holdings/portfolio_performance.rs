//! Portfolio Performance: all transactions, in English or German, replayed.

use super::draft;
use super::input::Input;
use super::kinds;
use super::ledger::{Event, Ledger};
use super::report::Report;
use super::table::{Columns, Row};
use super::{BAD_DATE, Detection, Found, REFUSED, ReaderEntry, dates};
use crate::diagnostics::Diagnostic;
use crate::model::Account;
use crate::units::{Money, NumberStyle, Shares};

/// What the reader does.
pub const DOC: &str = "Replays the transactions of Portfolio Performance (English or German) into lots. Deposits, dividends, interest, fees\n\
and taxes move no shares. The file has no prices and names no account. Stock splits are events there and not in this\n\
export, so shares from before a split are wrong: the program cannot see that.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "portfolio-performance",
    broker: "Portfolio Performance transactions",
    doc: DOC,
    needs: NEEDS,
    detect,
    read,
};

const DATE: &[&str] = &["date", "datum"];
const TYPE: &[&str] = &["type", "typ"];
const SHARES: &[&str] = &["shares", "stück"];
const NAME: &[&str] = &["security name", "wertpapiername", "security", "wertpapier"];
const TICKER: &[&str] = &["ticker symbol", "ticker-symbol", "ticker"];
const NEEDS: &[&[&str]] = &[DATE, TYPE, SHARES, &["isin"], NAME];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut table = input.table(report);
    let header =
        table.rows().map(|row| (row.line(), row.place(), Columns::of(&row))).find(|(_, _, names)| names.has(NEEDS));
    let Some((line, place, names)) = header else { return Found::default() };
    let german = names.find(&["datum"]).is_some();
    table.style = match names.find(&["value", "wert"]) {
        Some(column) => table.decimal_style(column..column + 1),
        None => NumberStyle::Point,
    };
    let mut account = Account::new("portfolio-performance", if german { "transactions-de" } else { "transactions-en" });
    account.place = Some(place);
    let mut ledger = Ledger::default();
    let mut facts = std::collections::BTreeMap::new();
    let mut rows: Vec<(chrono::NaiveDate, Row<'_>)> = Vec::new();
    for row in table.rows().filter(|row| !row.is_blank() && row.line() > line) {
        match dates::leading(&row.get(names.find(DATE))) {
            Some(date) => rows.push((date, row)),
            None => report.push(Diagnostic::error(BAD_DATE, "the transaction has no date").at(row.place())),
        }
    }
    rows.sort_by_key(|(date, row)| (*date, row.line()));
    for (date, row) in rows {
        let word = row.get(names.find(TYPE)).to_lowercase();
        let sign = match word.as_str() {
            "buy" | "kauf" | "delivery (inbound)" | "einlieferung" | "transfer (inbound)" | "umbuchung (eingang)" => 1,
            "sell"
            | "verkauf"
            | "delivery (outbound)"
            | "auslieferung"
            | "transfer (outbound)"
            | "umbuchung (ausgang)" => -1,
            "deposit"
            | "removal"
            | "dividend"
            | "interest"
            | "interest charge"
            | "fees"
            | "fees refund"
            | "taxes"
            | "tax refund"
            | "einlage"
            | "entnahme"
            | "dividende"
            | "zinsen"
            | "zinsbelastung"
            | "gebühren"
            | "gebührenerstattung"
            | "steuern"
            | "steuerrückerstattung" => 0,
            other => {
                report.push(
                    Diagnostic::error(REFUSED, format!("the transaction type `{other}` is not known"))
                        .at(row.place())
                        .hint("export in English or German"),
                );
                0
            }
        };
        if sign == 0 || !report.fits(&row, names.width(), &[names.find(SHARES), names.find(NAME)]) {
            continue;
        }
        let Some(quantity) = row.number(names.find(SHARES), report) else {
            report.skipped(&row, "it has no number of shares");
            continue;
        };
        let value = row.number(names.find(&["value", "wert"]), report).map(|value| Money(value.abs()));
        let (isin, ticker, name) =
            (row.get(names.find(&["isin"])), row.get(names.find(TICKER)), row.get(names.find(NAME)));
        let symbol = [&ticker, &isin, &name]
            .into_iter()
            .find(|text| !text.is_empty())
            .map(|text| text.to_string())
            .unwrap_or_default();
        let currency = row.get(names.find(&["transaction currency", "buchungswährung"])).into_owned();
        facts.insert(symbol.clone(), (isin.into_owned(), currency, !ticker.is_empty()));
        let quantity = Shares(quantity.abs());
        ledger.add(Event {
            symbol,
            name: name.into_owned(),
            date: Some(date),
            quantity: if sign > 0 { quantity } else { -quantity },
            cost: value.filter(|_| sign > 0),
            opens_short: false,
            place: row.place(),
        });
    }
    account.positions = ledger.positions(report);
    for position in &mut account.positions {
        // The lots hold what was paid; no cost basis is printed.
        position.cost_basis = None;
        let Some((isin, currency, ticker)) = position.symbol.as_ref().and_then(|symbol| facts.get(symbol)) else {
            continue;
        };
        position.isin = Some(isin.clone()).filter(|isin| kinds::is_isin(isin));
        if currency.len() == 3 {
            position.currency.clone_from(currency);
            account.base_currency.clone_from(currency);
        }
        if !ticker {
            position.symbol = None;
            position.canonical = None;
        }
    }
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, portfolio};

    #[test]
    fn german_exports_with_semicolons_and_decimal_commas_are_read() {
        let text = "Datum;Typ;Wert;Buchungswährung;Gebühren;Stück;ISIN;WKN;Ticker-Symbol;Wertpapiername;Notiz\n\
            2024-01-02T00:00;Kauf;1.000,50;EUR;0,99;33,5;IE00BK5BQT80;A2PKXG;VWCE.DE;Vanguard All-World UCITS ETF;\n\
            2024-02-02T00:00;Dividende;10,00;EUR;;;IE00BK5BQT80;A2PKXG;VWCE.DE;Vanguard All-World UCITS ETF;\n\
            2024-03-02T00:00;Verkauf;400,00;EUR;;3,5;IE00BK5BQT80;A2PKXG;VWCE.DE;Vanguard All-World UCITS ETF;\n";
        let (read, sink) = portfolio(&[text]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let position = &read.accounts[0].positions[0];
        assert_eq!((position.quantity.unwrap().text().as_str(), position.currency.as_str()), ("30", "EUR"));
        assert_eq!(position.lots[0].cost_basis.unwrap().dollars(), "$895.97");
        assert_eq!(errors(&text.replace("Verkauf", "Tausch"))[0], "refused-file");
    }
}
