//! J.P. Morgan and Chase: one account, 71 columns, no account number.

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::Columns;
use super::{Detection, Found, ReaderEntry, dates};
use crate::model::{Account, AssetKind};
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the positions file of J.P. Morgan (Chase). US DOLLAR is cash, deposit sweeps are money funds. The asset\n\
class does not tell a stock from a fund, so symbol and description decide; a fixed income row without a ticker is a\n\
bond. The file names no account: give its kind in [accounts] by the name `jpmorgan`.";

/// The registry entry.
pub const READER: ReaderEntry =
    ReaderEntry { id: "jpmorgan", broker: "J.P. Morgan positions", doc: DOC, needs: NEEDS, detect, read };

const NEEDS: &[&[&str]] = &[&["asset class"], &["ticker"], &["cusip"], &["base ccy"], &["quantity"], &["value"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("jpmorgan", "positions");
    let mut header: Option<(Columns, Cells)> = None;
    let mut footnotes = false;
    for row in table.rows().filter(|row| !row.is_blank()) {
        footnotes |= row.text(0).eq_ignore_ascii_case("FOOTNOTES");
        if footnotes {
            continue;
        }
        if let Some(names) = Columns::of_if(&row, "asset class").filter(|names| names.has(NEEDS)) {
            let cells = Cells {
                width: names.width(),
                symbol: names.find(&["ticker"]),
                name: names.find(&["description"]),
                quantity: names.find(&["quantity"]),
                price: names.find(&["price"]),
                value: names.find(&["value"]),
                cost: names.find(&["cost"]),
                ..Cells::default()
            };
            account.place = Some(row.place());
            header = Some((names, cells));
            continue;
        }
        let Some((names, cells)) = &header else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        if !report.fits(&row, names.width(), &cells.needed()) {
            continue;
        }
        account.as_of = account.as_of.max(dates::leading(&row.get(names.find(&["as of"]))));
        let (class, name) = (row.get(names.find(&["asset class"])).to_lowercase(), row.get(cells.name));
        let currency = Some(row.get(names.find(&["base ccy"])))
            .filter(|code| code.len() == 3)
            .map_or_else(|| "USD".to_owned(), |code| code.into_owned());
        if class.contains("cash") && name.eq_ignore_ascii_case("US DOLLAR") {
            account.cash.extend(row.number(cells.value, report).map(|cash| (currency, Money(cash))));
            continue;
        }
        let said = match () {
            () if class.contains("cash") => Some(AssetKind::MoneyMarket),
            () if class.contains("fixed income") && row.is_null(cells.symbol) => Some(AssetKind::Bond),
            () => None,
        };
        let mut position = cells.position(&row, said, report);
        position.cusip = Some(row.get(names.find(&["cusip"])).into_owned()).filter(|cusip| cusip.len() == 9);
        position.isin = Some(row.get(names.find(&["isin"])).into_owned()).filter(|isin| super::kinds::is_isin(isin));
        position.currency = currency;
        account.positions.push(position);
    }
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}
