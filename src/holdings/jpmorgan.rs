//! J.P. Morgan and Chase: one account, 71 columns, no account number.

use super::body::{Body, ColumnMap};
use super::draft;
use super::input::Input;
use super::report::Report;
use super::table::Row;
use super::totals::{Above, RowKind};
use super::{DUPLICATE_ACCOUNT, Detection, Found, ReaderEntry, dates};
use crate::diagnostics::Diagnostic;
use crate::model::{Account, AssetKind};
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the positions file of J.P. Morgan (Chase). US DOLLAR is cash, deposit sweeps are money funds. The asset\n\
class does not tell a stock from a fund, so symbol and description decide; a fixed income row without a ticker is a\n\
bond. The file names no account: give its kind in [accounts] by the name `jpmorgan`.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "jpmorgan",
    broker: "J.P. Morgan positions",
    doc: DOC,
    download: "Investments > Positions > Export as CSV",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["asset class"], &["ticker"], &["cusip"], &["base ccy"], &["quantity"], &["value"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

const MAP: ColumnMap = ColumnMap {
    symbol: &["ticker"],
    name: &["description"],
    quantity: &["quantity"],
    price: &["price"],
    value: &["value"],
    cost: &["cost"],
    ..ColumnMap::NONE
};

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let Some(body) = Body::of(&table, NEEDS, &MAP, report) else { return Found::default() };
    body.refuse_several_accounts(report);
    let mut account = Account::new("jpmorgan", "positions");
    let mut above = Above::default();
    let notes = |row: &Row<'_>| row.text(0).eq_ignore_ascii_case("FOOTNOTES");
    if let Some(row) = body.rows().skip_while(|row| !notes(row)).find(|row| row.quiet(body.cells.quantity).is_some()) {
        let message = "positions stand below the footnotes, so the file is two downloads in one";
        let error = Diagnostic::error(DUPLICATE_ACCOUNT, message).at(row.place());
        report.push(error.hint("keep the newer of the two in the file"));
    }
    for row in body.rows().take_while(|row| !notes(row)) {
        if above.next(&row, &body.cells, report) == RowKind::Total || !body.fits(&row, report) {
            continue;
        }
        account.as_of = account.as_of.max(dates::leading(body.text(&row, &["as of"])));
        let (class, name) = (body.text(&row, &["asset class"]).to_lowercase(), row.get(body.cells.name));
        let currency = Some(body.text(&row, &["base ccy"])).filter(|code| code.len() == 3).unwrap_or("USD");
        if class.contains("cash") && name.eq_ignore_ascii_case("US DOLLAR") {
            account.cash.extend(row.number(body.cells.value, report).map(|cash| (currency.to_owned(), Money(cash))));
            continue;
        }
        let said = match () {
            () if class.contains("cash") => Some(AssetKind::MoneyMarket),
            () if class.contains("fixed income") && row.is_null(body.cells.symbol) => Some(AssetKind::Bond),
            () => None,
        };
        let mut position = body.cells.position(&row, said, report);
        position.details.cusip = Some(body.text(&row, &["cusip"])).filter(|cusip| cusip.len() == 9).map(Into::into);
        position.details.isin =
            Some(body.text(&row, &["isin"])).filter(|isin| super::kinds::is_isin(isin)).map(Into::into);
        position.currency = currency.into();
        account.positions.push(position);
    }
    account.place = Some(body.place);
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}
