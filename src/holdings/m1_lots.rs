//! M1: open tax lots.

use std::collections::BTreeMap;

use super::input::Input;
use super::lots::LotFile;
use super::report::Report;
use super::table::Columns;
use super::{BAD_DATE, Detection, Found, ReaderEntry, dates};
use crate::diagnostics::Diagnostic;
use crate::model::{Account, Lot, Term};
use crate::units::{Money, Shares};

/// What the reader does.
pub const DOC: &str = "Reads the tax lots file of M1. Lots with a close date are sold and skipped. The lots join the holdings file; alone\n\
they make positions without a price.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "m1-lots",
    broker: "M1 open tax lots",
    doc: DOC,
    download: "Invest > Holdings > Tax lots > Export to CSV",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["symbol"], &["acquisition date"], &["quantity"], &["cost basis"], &["m1 tax lot id"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut header: Option<Columns> = None;
    let mut index = BTreeMap::new();
    let account = Account::new("m1", "open-tax-lots");
    for row in table.rows().filter(|row| !row.is_blank()) {
        if let Some(names) = Columns::of_if(&row, "symbol").filter(|names| names.has(NEEDS)) {
            header = Some(names);
            continue;
        }
        let Some(names) = &header else {
            report.skipped(&row, "it is a notice above the header");
            continue;
        };
        let column = |name: &str| names.find(&[name]);
        if !report.fits(&row, names.width(), &[column("quantity"), column("cost basis"), column("m1 tax lot id")]) {
            continue;
        }
        if !row.is_null(column("close date")) {
            report.skipped(&row, "the lot is closed");
            continue;
        }
        let Some(quantity) = row.number(column("quantity"), report) else {
            report.skipped(&row, "it has no quantity");
            continue;
        };
        let opened = row.get(column("acquisition date"));
        let mut lot = Lot::new(row.get(column("m1 tax lot id")).to_owned(), Shares(quantity));
        lot.opened = dates::leading(opened);
        if lot.opened.is_none() && !row.is_null(column("acquisition date")) {
            report.push(Diagnostic::error(BAD_DATE, format!("`{opened}` is not a date")).at(row.place()));
        }
        lot.cost_basis = row.number(column("cost basis"), report).map(Money);
        lot.term = match row.get(column("short/long term holding")).to_lowercase().as_str() {
            "long" => Some(Term::Long),
            "short" => Some(Term::Short),
            _ => None,
        };
        lot.wash_sale = row.get(column("wash sale indicator")).eq_ignore_ascii_case("true");
        lot.disallowed_loss = row.number(column("disallowed wash sale amount"), report).map(Money);
        lot.place = Some(row.place());
        let symbol = row.get(column("symbol")).to_owned();
        let at = *index.entry(symbol.clone()).or_insert_with(|| {
            let mut account = account.clone();
            account.place = Some(row.place());
            let mut file = LotFile::new(symbol).of(account);
            file.place = Some(row.place());
            found.lots.push(file);
            found.lots.len() - 1
        });
        if let Some(file) = found.lots.get_mut(at) {
            file.lots.push(lot);
        }
    }
    found
}
