//! Portfolio Performance: all transactions, in English, German, French, Spanish, Italian or Dutch, replayed.

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
pub const DOC: &str = "Replays the transactions of Portfolio Performance (English, German, French, Spanish, Italian, Dutch) into lots. In the\n\
last four the columns are known by their places. Deposits, dividends, interest, fees and taxes move no shares. The file has no prices and names no account. Stock splits are events there and not in this\n\
export, so shares from before a split are wrong: the program cannot see that.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "portfolio-performance",
    broker: "Portfolio Performance transactions",
    doc: DOC,
    download: "",
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

/// The places of the columns in today's export, whatever its language; ISIN and WKN are never translated.
const PLACES: [(usize, &str); 2] = [(10, "isin"), (11, "wkn")];
const WIDTH: usize = 15;

/// Where the columns are.
struct Places {
    date: Option<usize>,
    kind: Option<usize>,
    value: Option<usize>,
    currency: Option<usize>,
    shares: Option<usize>,
    isin: Option<usize>,
    ticker: Option<usize>,
    name: Option<usize>,
    width: usize,
    layout: &'static str,
}

impl Places {
    /// Returns the columns of a header, by name in English and German, else by place.
    fn of(names: &Columns) -> Option<Self> {
        if names.has(NEEDS) {
            let german = names.find(&["datum"]).is_some();
            return Some(Places {
                date: names.find(DATE),
                kind: names.find(TYPE),
                value: names.find(&["value", "wert"]),
                currency: names.find(&["transaction currency", "buchungswährung"]),
                shares: names.find(SHARES),
                isin: names.find(&["isin"]),
                ticker: names.find(TICKER),
                name: names.find(NAME),
                width: names.width(),
                layout: if german { "transactions-de" } else { "transactions-en" },
            });
        }
        let placed = names.width() == WIDTH && PLACES.iter().all(|(place, name)| names.find(&[name]) == Some(*place));
        placed.then_some(Places {
            date: Some(0),
            kind: Some(1),
            value: Some(2),
            currency: Some(3),
            shares: Some(9),
            isin: Some(10),
            ticker: Some(12),
            name: Some(13),
            width: WIDTH,
            layout: "transactions",
        })
    }
}

/// Words of transactions that bring shares.
const IN: &[&str] = &[
    "buy",
    "delivery (inbound)",
    "transfer (inbound)",
    "kauf",
    "einlieferung",
    "umbuchung (eingang)",
    "achat",
    "distribution (entrante)",
    "transfert (entrant)",
    "compra",
    "entrega (entrada)",
    "transferencia (entrada)",
    "trasferimento titoli (in entrata)",
    "trasferimento (in entrata)",
    "koop",
    "levering (inkomend)",
    "overboeking (inkomend)",
];
/// Words of transactions that take shares.
const OUT: &[&str] = &[
    "sell",
    "delivery (outbound)",
    "transfer (outbound)",
    "verkauf",
    "auslieferung",
    "umbuchung (ausgang)",
    "vente",
    "distribution (sortante)",
    "transfert (sortant)",
    "venta",
    "entrega (salida)",
    "transferencia (salida)",
    "vendi",
    "trasferimento titoli (in uscita)",
    "trasferimento (in uscita)",
    "verkoop",
    "levering (uitgaand)",
    "overboeking (uitgaand)",
];
/// Words of transactions that move cash alone.
#[rustfmt::skip]
const CASH: &[&str] = &[
    "deposit", "removal", "dividend", "interest", "interest charge", "fees", "fees refund", "taxes", "tax refund",
    "einlage", "entnahme", "dividende", "zinsen", "zinsbelastung", "gebühren", "gebührenerstattung", "steuern",
    "steuerrückerstattung",
    "dépôt", "retrait", "intérêts", "frais d'intérêts", "frais", "remboursement de frais", "impôts / taxes",
    "remboursement impôts / taxes",
    "depósito", "dividendo", "intereses", "cargo intereses", "comisiones", "devolución comisiones", "impuestos",
    "devolución impuestos",
    "deposita", "rimozione", "interesse", "interesse passivo", "commissioni", "rimborso commissioni", "tasse",
    "rimborso tasse",
    "storting", "opname", "rente", "rentekosten", "kosten", "terugbetaling kosten", "belastingen",
    "terugbetaling belastingen",
];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.headers.iter().any(|names| Places::of(names).is_some()))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut table = input.table(report);
    let header = table.rows().find_map(|row| Some((row.line(), row.place(), Places::of(&Columns::of(&row))?)));
    let Some((line, place, at)) = header else { return Found::default() };
    table.style = match at.value {
        Some(column) => table.decimal_style(column..column + 1),
        None => NumberStyle::Point,
    };
    let mut account = Account::new("portfolio-performance", at.layout);
    account.place = Some(place);
    let mut ledger = Ledger::default();
    let mut facts = std::collections::BTreeMap::new();
    let mut rows: Vec<(chrono::NaiveDate, Row<'_>)> = Vec::new();
    for row in table.rows().filter(|row| !row.is_blank() && row.line() > line) {
        match dates::leading(row.get(at.date)) {
            Some(date) => rows.push((date, row)),
            None => report.push(Diagnostic::error(BAD_DATE, "the transaction has no date").at(row.place())),
        }
    }
    rows.sort_by_key(|(date, _)| *date);
    for (date, row) in rows {
        let word = row.get(at.kind).to_lowercase();
        let sign = match word.as_str() {
            word if IN.contains(&word) => 1,
            word if OUT.contains(&word) => -1,
            word if CASH.contains(&word) => 0,
            other => {
                report.push(
                    Diagnostic::error(REFUSED, format!("the transaction type `{other}` is not known"))
                        .at(row.place())
                        .hint("export in English"),
                );
                0
            }
        };
        if sign == 0 || !report.fits(&row, at.width, &[at.shares, at.name]) {
            continue;
        }
        let Some(quantity) = row.number(at.shares, report) else {
            report.skipped(&row, "it has no number of shares");
            continue;
        };
        let value = row.number(at.value, report).map(|value| Money(value.abs()));
        let (isin, ticker, name) = (row.get(at.isin), row.get(at.ticker), row.get(at.name));
        let symbol = [&ticker, &isin, &name]
            .into_iter()
            .find(|text| !text.is_empty())
            .map(|text| text.to_string())
            .unwrap_or_default();
        let currency = row.get(at.currency).to_owned();
        facts.insert(symbol.clone(), (isin.to_owned(), currency, !ticker.is_empty()));
        let quantity = Shares(quantity.abs());
        ledger.add(Event {
            symbol,
            name: name.to_owned(),
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
        let Some((isin, currency, ticker)) = position.symbol.as_ref().and_then(|symbol| facts.get(symbol.as_str()))
        else {
            continue;
        };
        position.details.isin = Some(isin.as_str()).filter(|isin| kinds::is_isin(isin)).map(Box::from);
        if currency.len() == 3 {
            position.currency = currency.clone().into();
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
        assert_eq!((position.quantity.unwrap().text().as_str(), &*position.currency), ("30", "EUR"));
        assert_eq!(position.lots[0].cost_basis.unwrap().dollars(), "$895.97");
        assert_eq!(errors(&text.replace("Verkauf", "Tausch"))[0], "refused-file");
    }

    #[test]
    fn other_languages_are_read_by_the_places_of_their_columns() {
        let text = "Date;Type;Valeur;Devise;Montant brut;Devise brut;Taux;Frais;Impôts;Parts;ISIN;WKN;Symbole;Nom;Note\n\
            2024-01-02T00:00;Achat;\u{202f}1\u{202f}000,50;EUR;;;;0,99;;33,5;IE00BK5BQT80;A2PKXG;VWCE.DE;Vanguard;\n\
            2024-02-02T00:00;Dividende;10,00;EUR;;;;;;;IE00BK5BQT80;A2PKXG;VWCE.DE;Vanguard;\n\
            2024-03-02T00:00;Vente;400,00;EUR;;;;;;3,5;IE00BK5BQT80;A2PKXG;VWCE.DE;Vanguard;\n";
        let (read, sink) = portfolio(&[text]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let position = &read.accounts[0].positions[0];
        assert_eq!((position.quantity.unwrap().text().as_str(), &*position.currency), ("30", "EUR"));
        assert_eq!(position.lots[0].cost_basis.unwrap().dollars(), "$895.97");
    }
}
