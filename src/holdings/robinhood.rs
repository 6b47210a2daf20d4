//! Robinhood: there is no holdings file, so the activity file is replayed.

use super::draft;
use super::input::Input;
use super::ledger::{Event, Ledger};
use super::options;
use super::report::Report;
use super::table::{Columns, Row};
use super::{Detection, Found, REFUSED, ReaderEntry, dates};
use crate::diagnostics::Diagnostic;
use crate::model::Account;
use crate::units::{Money, NumberStyle, Shares, parse_number};

/// What the reader does.
pub const DOC: &str = "Replays the activity file of Robinhood into holdings: purchases, sales, splits, options, transfers, mergers. Cash is\n\
the sum of all amounts, so the file must begin on the day the account was opened. A sale from several lots leaves the\n\
lots and their cost unknown, since the file does not say which were sold.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "robinhood",
    broker: "Robinhood activity",
    doc: DOC,
    download: "Account > Reports and statements > Reports, from the first day on",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["activity date"], &["instrument"], &["trans code"], &["quantity"], &["amount"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("robinhood", "activity");
    let mut ledger = Ledger::default();
    let mut removed = Ledger::tolerant();
    let header = table.rows().map(|row| (Columns::of(&row), row)).find(|(names, _)| names.has(NEEDS));
    let Some((names, header_row)) = header else { return Found::default() };
    account.place = Some(header_row.place());
    let mut cash = Money::ZERO;
    let mut rows: Vec<(Option<chrono::NaiveDate>, Row<'_>)> = table
        .rows()
        .filter(|row| !row.is_blank() && row.line() > header_row.line())
        // The disclaimer below the rows stands in a cell that no column has.
        .filter(|row| !(row.only().is_some() && row.len() > names.width()))
        .map(|row| (dates::leading(row.get(names.find(&["activity date"]))), row))
        .collect();
    // Newest first in the file.
    rows.reverse();
    rows.sort_by_key(|(date, _)| *date);
    for (date, row) in rows {
        if !report.fits_exactly(&row, names.width()) {
            continue;
        }
        account.as_of = account.as_of.max(date);
        if let Some(amount) = row.number(names.find(&["amount"]), report) {
            cash += Money(amount);
        }
        movement(date, &row, &names, &mut ledger, &mut removed, report);
    }
    account.cash.push(("USD".to_owned(), cash));
    account.positions = ledger.positions(report);
    removed.positions(report);
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}

fn movement(
    date: Option<chrono::NaiveDate>,
    row: &Row<'_>,
    names: &Columns,
    ledger: &mut Ledger,
    removed: &mut Ledger,
    report: &mut Report,
) {
    let code = row.get(names.find(&["trans code"])).to_owned();
    let text = row.get(names.find(&["quantity"]));
    let leaves = text.ends_with('S');
    let Ok(Some(quantity)) = parse_number(text.trim_end_matches('S'), NumberStyle::Point) else {
        // Dividends, deposits and fees move cash alone.
        return;
    };
    let quantity = Shares(if leaves { -quantity } else { quantity });
    let amount = row.number(names.find(&["amount"]), report).map(Money);
    let description = row.get(names.find(&["description"]));
    let title = description.lines().next().unwrap_or("").trim().to_owned();
    let instrument = row.get(names.find(&["instrument"])).to_owned();
    let option = options::parse(&title).is_some();
    let symbol = if option { title.clone() } else { instrument };
    let event = |quantity: Shares, cost: Option<Money>, opens_short: bool| Event {
        symbol: symbol.clone(),
        name: title.clone(),
        date,
        quantity,
        cost,
        opens_short,
        place: row.place(),
    };
    let paid = amount.map(|amount| -amount);
    match code.as_str() {
        "Buy" | "BTO" | "BTC" => ledger.add(event(quantity.abs(), paid, false)),
        "Sell" => ledger.add(event(-quantity.abs(), paid, false)),
        "STO" | "STC" => ledger.add(event(-quantity.abs(), paid, true)),
        "SPR" | "SPL" => ledger.split(&symbol, quantity, row.place()),
        "OEXP" | "OASGN" | "OEXCS" | "OCA" => {
            // What is held of the contract ends; the sign in the file varies.
            let held = ledger.quantity(&symbol);
            let size = Shares(quantity.decimal().abs().min(held.decimal().abs()));
            ledger.add(event(if held.is_negative() { size } else { -size }, None, true));
        }
        "ACATI" | "SOFF" | "REC" | "MRGS" | "SXCH" | "ACATS" | "ACATO" => {
            if quantity.is_negative() && ledger.quantity(&symbol).abs() < quantity.abs() {
                // A merger of a holding that is older than the file.
                removed.remove(event(quantity, None, false));
            } else {
                ledger.add(event(quantity, None, false));
            }
        }
        _ => report.push(
            Diagnostic::error(REFUSED, format!("what `{code}` does to {quantity} {symbol} is not known"))
                .at(row.place())
                .hint("leave the account out, or write it as TOML by hand"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, portfolio};

    const HEAD: &str = "\"Activity Date\",\"Process Date\",\"Settle Date\",\"Instrument\",\"Description\",\"Trans Code\",\"Quantity\",\"Price\",\"Amount\"\n";

    #[test]
    fn what_is_sold_without_ever_being_bought_is_refused() {
        assert_eq!(
            errors(&format!("{HEAD}\"9/4/2026\",\"\",\"\",\"VTI\",\"Vanguard\",\"Sell\",\"5\",\"$1.00\",\"$5.00\"\n")),
            ["incomplete-history"]
        );
        assert_eq!(
            errors(&format!("{HEAD}\"9/4/2026\",\"\",\"\",\"VTI\",\"Vanguard\",\"XYZ\",\"5\",\"\",\"\"\n")),
            ["refused-file"]
        );
    }

    #[test]
    fn an_option_that_expires_is_gone() {
        let (read, sink) = portfolio(&[&format!(
            "{HEAD}\"9/4/2026\",\"\",\"\",\"VTI\",\"VTI 9/4/2026 Call $200.00\",\"OEXP\",\"1S\",\"\",\"\"\n\
             \"8/4/2026\",\"\",\"\",\"VTI\",\"VTI 9/4/2026 Call $200.00\",\"STO\",\"1\",\"$3.10\",\"$309.95\"\n"
        )]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        assert!(read.accounts[0].positions.is_empty());
        assert_eq!(read.accounts[0].cash_in("USD").unwrap().dollars(), "$309.95");
    }
}
