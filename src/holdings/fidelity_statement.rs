//! Fidelity: the monthly statement as CSV, with section names between its rows.

use std::collections::BTreeMap;

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row};
use super::{Detection, Found, ReaderEntry, TOTAL_GAP, dates, totals};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind, Position};
use crate::units::{Decimal, Money};

/// What the reader does.
pub const DOC: &str = "Reads the monthly statement of Fidelity as CSV. Section names (Stocks, Mutual Funds, Bonds, Options, Core Account)\n\
stand between the rows and say what they hold; the core account is cash. `not applicable` is unknown. Subtotals are\n\
compared with the rows above them, and the summary of accounts above the positions with each account's sum.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "fidelity-statement",
    broker: "Fidelity monthly statement",
    doc: DOC,
    download: "Accounts & Trade > Statements > Download as CSV",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["symbol/cusip"], &["description"], &["quantity"], &["price"], &["ending value"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

/// The kind that a section name says, `None` for a text that is no section; `Some(None)` where symbols decide.
fn section(text: &str) -> Option<Option<AssetKind>> {
    Some(match text.to_lowercase().as_str() {
        "stocks" | "stock" | "common stock" | "equity" | "exchange traded products" | "etfs" => None,
        "mutual funds" | "mutual fund" | "stock funds" | "bond funds" => Some(AssetKind::MutualFund),
        "bonds" | "bond" | "fixed income" => Some(AssetKind::Bond),
        "options" | "option" => Some(AssetKind::Option),
        "core account" | "core accounts" => Some(AssetKind::MoneyMarket),
        "other" | "others" => Some(AssetKind::Other),
        _ => return None,
    })
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut header: Option<(Columns, Cells)> = None;
    let (mut kind, mut core) = (None, false);
    let mut number = String::new();
    let (mut when, mut since) = (None, 0_usize);
    let mut summary = Summary::default();
    for row in table.rows().filter(|row| !row.is_blank()) {
        if let Some(names) = Columns::of_if(&row, "symbol/cusip").filter(|names| names.has(NEEDS)) {
            let cells = Cells {
                symbol: names.find(&["symbol/cusip"]),
                name: names.find(&["description"]),
                quantity: names.find(&["quantity"]),
                price: names.find(&["price"]),
                value: names.find(&["ending value"]),
                cost: names.find(&["cost basis"]),
                ..Cells::default()
            };
            header = Some((names, cells));
            continue;
        }
        let first = row.text(0).to_owned();
        let Some((names, cells)) = &header else {
            when = dates::find(&first).or(when);
            summary.row(&row, report);
            continue;
        };
        if let Some(only) = row.only() {
            if let Some(says) = section(only) {
                (kind, core) = (says, only.to_lowercase().starts_with("core account"));
            } else if only.len() <= 20 && only.bytes().any(|byte| byte.is_ascii_digit()) {
                // The number of the account whose holdings follow.
                // It may stand again before each of its sections.
                number = only.to_owned();
                let known = found.index.get(&number).and_then(|index| found.accounts.get(*index));
                (kind, core, since) = (None, false, known.map_or(0, |account| account.positions.len()));
            } else {
                report.skipped(&row, "it is a single text");
            }
            continue;
        }
        let index = found.account(&number, |account: &mut Account| {
            "fidelity".clone_into(&mut account.broker);
            "statement".clone_into(&mut account.layout);
            account.id = Some(number.clone()).filter(|number| !number.is_empty());
            account.place = Some(row.place());
        });
        let Some(account) = found.accounts.get_mut(index) else { continue };
        if totals::says_total(&first) && row.is_null(cells.quantity) {
            let printed = row.number(cells.value, report).map(Money);
            subtotal(&account.positions, since, printed, &row, report);
            since = account.positions.len();
            continue;
        }
        if report.fits(&row, names.width(), &cells.needed()) {
            let mut position = cells.position(&row, kind, report);
            position.core = core;
            account.positions.push(position);
        }
    }
    for account in &mut found.accounts {
        account.as_of = when.as_ref().map(|when| when.date);
        account.as_of_text = when.as_ref().map(|when| when.text.clone());
        let printed = account.id.as_ref().and_then(|number| summary.accounts.remove(number));
        let mut place = None;
        if let Some(printed) = printed {
            account.name = printed.name;
            account.reported_total = printed.total;
            place = Some(printed.place);
        }
        draft::close(account, place, report);
    }
    found
}

/// The table of accounts above the positions.
#[derive(Default)]
struct Summary {
    header: Option<Columns>,
    accounts: BTreeMap<String, Printed>,
}

/// What it says of an account.
struct Printed {
    name: Option<String>,
    total: Option<Money>,
    place: Place,
}

impl Summary {
    fn row(&mut self, row: &Row<'_>, report: &mut Report) {
        const TOTAL: &[&str] = &["ending net value", "ending mkt value", "ending market value"];
        if let Some(names) = Columns::of_if(row, "account").filter(|names| names.has(&[&["account"], TOTAL])) {
            self.header = Some(names);
        } else if let Some(names) = &self.header
            && row.filled(2) == 2
        {
            let name = row.get(names.find(&["account type"]));
            let printed = Printed {
                name: Some(name.to_owned()).filter(|name| !name.is_empty()),
                total: row.number(names.find(TOTAL), report).map(Money),
                place: row.place(),
            };
            self.accounts.insert(row.get(names.find(&["account"])).to_owned(), printed);
        }
    }
}

/// A total is that of its section, or that of the account.
fn subtotal(all: &[Position], since: usize, printed: Option<Money>, row: &Row<'_>, report: &mut Report) {
    let gap_to = |rows: &[Position], printed: Money| {
        let sum: Money = rows.iter().filter_map(|position| position.value).sum();
        Some(printed - sum).filter(|gap| gap.abs() > Money(Decimal::new(2, 2)))
    };
    let section = all.get(since..).unwrap_or_default();
    let Some(gap) = printed.and_then(|printed| gap_to(all, printed).and(gap_to(section, printed))) else { return };
    report.push(
        Diagnostic::warning(TOTAL_GAP, format!("{}: the rows above differ by {}", row.text(0), gap.dollars()))
            .at(row.place())
            .hint("a row is missing or changed; download the file again"),
    );
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one, portfolio};
    use crate::model::AssetKind;

    const TEXT: &str = "Symbol/CUSIP,Description,Quantity,Price,Beginning Value,Ending Value,Cost Basis\n\nX12345678\nStocks\n\
        VTI,VANGUARD TOTAL STOCK MARKET,10,300,2900,3000,not applicable\nSubtotal of Stocks,,,,2900,3000,\n\n\
        Core Account\nSPAXX,FIDELITY GOVERNMENT MONEY MARKET,50,1,50,50,not applicable\nSubtotal of Core Account,,,,50,50,\n";

    #[test]
    fn sections_say_what_the_rows_are() {
        let account = one(TEXT);
        assert_eq!((account.label().as_str(), account.layout.as_str()), ("...5678", "statement"));
        assert_eq!((account.positions[0].kind, account.positions[0].cost_basis), (AssetKind::Etf, None));
        assert!(account.positions[1].core && account.positions[1].kind == AssetKind::MoneyMarket);
        assert_eq!(errors(&TEXT.replace("2900,3000,\n", "2900,3100,\n")), ["total-gap"]);
        let summary = "Account Type,Account,Ending mkt Value\nRoth IRA,X12345678,3050\n\n";
        let account = one(&format!("{summary}{TEXT}"));
        assert_eq!(account.label(), "...5678 Roth IRA");
        assert_eq!(errors(&format!("{}{TEXT}", summary.replace("3050", "4050"))), ["total-gap"]);
    }

    #[test]
    fn a_subtotal_counts_from_its_section_where_the_account_stands_again_above_it() {
        let again = TEXT.replace("Core Account\nSPAXX", "X12345678\nCore Account\nSPAXX");
        assert_eq!(one(&again).positions.len(), 2);
        // Another account between them changes nothing.
        let other = "Y87654321\nStocks\nBND,VANGUARD TOTAL BOND,10,70,690,700,not applicable\nSubtotal of Stocks,,,,690,700,\n\n";
        let (read, sink) = portfolio(&[&again.replace("\n\nX12345678\nCore", &format!("\n\n{other}X12345678\nCore"))]);
        assert_eq!(read.accounts.iter().map(|account| account.positions.len()).collect::<Vec<_>>(), [1, 2]);
        assert!(!sink.items.iter().any(|item| item.code.id == "total-gap"), "{:?}", sink.items);
        assert_eq!(errors(&again.replace(",50,50,\n", ",50,60,\n")), ["total-gap"]);
    }
}
