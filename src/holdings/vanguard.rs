//! Vanguard: `OfxDownload.csv` with brokerage accounts, employer plans and 529 or old fund accounts, each a table of
//! its own, followed by tables of transactions that are no positions.

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::Columns;
use super::totals::{Above, RowKind};
use super::{Detection, Found, ReaderEntry};
use crate::model::AssetKind;

/// What the reader does.
pub const DOC: &str = "Reads OfxDownload.csv of Vanguard: brokerage accounts, employer plans (funds by name only), 529 and old\n\
fund accounts. The file has no date, no cost basis and no cash row: the settlement fund VMFXX is a row like any other.\n\
The transactions below the positions are not read.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "vanguard",
    broker: "Vanguard OfxDownload",
    doc: DOC,
    download: "My Accounts > Activity & Statements > Download center > spreadsheet-compatible CSV",
    needs: BROKERAGE,
    detect,
    read,
};

const VALUE: &[&str] = &["total value"];
const BROKERAGE: &[&[&str]] =
    &[&["account number"], &["investment name"], &["symbol"], &["shares"], &["share price"], VALUE];
const PLAN: &[&[&str]] = &[&["plan number"], &["plan name"], &["fund name"], &["shares"], &["price"], VALUE];
const FUND: &[&[&str]] = &[&["fund account number"], &["fund name"], &["price"], &["shares"], VALUE];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when([BROKERAGE, PLAN, FUND].iter().any(|columns| input.has(columns)))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut section: Option<(Columns, Cells, &str)> = None;
    let mut transactions = false;
    let mut above = Above::default();
    for row in table.rows().filter(|row| !row.is_blank()) {
        let names = Columns::of_if(&row, "account number")
            .or_else(|| Columns::of_if(&row, "plan number"))
            .or_else(|| Columns::of_if(&row, "fund account number"));
        if let Some(names) = names {
            let layout = [(BROKERAGE, "ofxdownload"), (PLAN, "401k"), (FUND, "529")]
                .into_iter()
                .find(|(columns, _)| names.has(columns))
                .map(|(_, layout)| layout);
            transactions = layout.is_none();
            if transactions {
                report.skipped(&row, "the table that begins here holds transactions, not positions");
            }
            let cells = Cells {
                width: names.width(),
                symbol: names.find(&["symbol"]),
                name: names.find(&["investment name", "fund name"]),
                quantity: names.find(&["shares"]),
                price: names.find(&["share price", "price"]),
                value: names.find(VALUE),
                cost: names.find(&["cost basis", "total cost"]),
                ..Cells::default()
            };
            section = layout.map(|layout| (names, cells, layout));
            continue;
        }
        if transactions {
            continue;
        }
        let Some((names, cells, layout)) = &section else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        if above.next(&row, cells, report) == RowKind::Total || !report.fits(&row, names.width(), &cells.needed()) {
            continue;
        }
        let number = row.get(names.find(&["account number", "plan number", "fund account number"]));
        let index = found.account(number, |account| {
            account.broker = "vanguard".to_owned();
            account.layout = (*layout).to_owned();
            account.id = Some(number.to_owned());
            account.name = names.find(&["plan name"]).map(|column| row.text(column).to_owned());
            account.place = Some(row.place());
        });
        let said = (*layout != "ofxdownload").then_some(AssetKind::MutualFund);
        let position = cells.position(&row, said, report);
        if let Some(account) = found.accounts.get_mut(index) {
            if *layout == "529" {
                account.name = Some("529 or fund account".to_owned()).filter(|_| account.name.is_none());
            }
            account.positions.push(position);
        }
    }
    for account in &mut found.accounts {
        draft::close(account, None, report);
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::one;
    use crate::model::AssetKind;

    #[test]
    fn a_column_before_that_of_the_account_makes_no_accounts() {
        let account = one("#,Account Number,Investment Name,Symbol,Shares,Share Price,Total Value,\n\
            1,12345678,VANGUARD TOTAL STOCK MARKET,VTI,10,300,3000,\n2,12345678,VANGUARD TOTAL BOND,BND,10,70,700,\n");
        assert_eq!((account.label().as_str(), account.positions.len()), ("...5678", 2));
    }

    #[test]
    fn fund_accounts_with_signed_dollars_are_read() {
        let account = one("Fund Account Number,Fund Name,Price,Shares,Total Value\n\
            0123-88041234567,Aggressive Growth,$19.64,10,$196.40\n\n\
            Account Number,Trade Date,Process Date,Transaction Type,Fund Name,Price,Shares,Total\n\
            0123-88041234567,09/01/2026,09/01/2026,Sell,Aggressive Growth,$19.64,72.588,$-1425.63\n");
        assert_eq!((account.layout.as_str(), account.positions.len()), ("529", 1));
        assert_eq!(account.positions[0].kind, AssetKind::MutualFund);
        assert_eq!(account.label(), "...4567 529 or fund account");
    }
}
