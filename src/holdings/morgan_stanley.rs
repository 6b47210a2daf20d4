//! Morgan Stanley, and E*TRADE since it moved there: holdings as a workbook or CSV, with its summary above the table.

use super::accounts::split_label;
use super::body::{Body, ColumnMap};
use super::input::Input;
use super::report::Report;
use super::totals::{Above, RowKind};
use super::{Detection, Found, ReaderEntry, dates, draft, kinds, options};
use crate::model::{Account, AssetKind};
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the holdings of Morgan Stanley (and of E*TRADE since it moved there), as xlsx or CSV. The line `Holdings for\n\
Account` names the account and the day. The product type tells bonds and cash; of stocks, funds and options symbol and\n\
name decide. The adjusted cost is the cost where there is one. The total market value is a checksum.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "morgan-stanley",
    broker: "Morgan Stanley holdings",
    doc: DOC,
    download: "Accounts > Holdings > the download icon > Excel or CSV",
    needs: NEEDS,
    detect: |input| Detection::when(input.has(NEEDS)),
    read,
};

const NEEDS: &[&[&str]] = &[&["name"], &["product type"], &["symbol"], &["quantity"], &["market value ($)"]];

const MAP: ColumnMap = ColumnMap {
    symbol: &["symbol"],
    name: &["name"],
    quantity: &["quantity"],
    price: &["last ($)"],
    value: &["market value ($)"],
    cost: &["adjusted cost ($)", "total cost ($)"],
    gain: &["unrealized gain/loss ($)"],
    ..ColumnMap::NONE
};

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("morgan-stanley", "holdings");
    let mut total_place = None;
    // The rows above the header are read here and passed over below.
    for row in input.head.rows() {
        let text = row.joined();
        if let Some((_, whose)) = text.split_once("Holdings for Account") {
            let label = whose.split(" as of ").next().unwrap_or(whose);
            (account.name, account.mask) = split_label(label.trim_start_matches([':', ' ']));
            let when = dates::find(&text);
            account.as_of = when.as_ref().map(|when| when.date);
            account.as_of_text = when.map(|when| when.text);
        }
        if let Some(at) = row.texts().position(|text| text.starts_with("Total Market Value")) {
            account.reported_total = row.quiet(Some(at + 1)).map(Money);
            total_place = Some(row.place());
        }
    }
    let Some(body) = Body::of(&table, NEEDS, &MAP, &mut Report::default()) else { return Found::default() };
    body.refuse_several_accounts(report);
    let mut above = Above::default();
    for row in body.rows() {
        if row.only().is_some() {
            report.skipped(&row, "it is a single text");
            continue;
        }
        let product = body.text(&row, &["product type"]).to_lowercase();
        let kind = above.next(&row, &body.cells, report);
        if kind == RowKind::Total || !body.fits(&row, report) {
            continue;
        }
        let nameless = row.is_null(body.cells.symbol);
        match kind {
            RowKind::Cash(currency, amount) => account.cash.push((currency, amount)),
            // The bank deposit program and what else has no ticker.
            _ if product.contains("cash") && nameless => {
                account.cash.extend(row.number(body.cells.value, report).map(|cash| ("USD".to_owned(), Money(cash))));
            }
            _ => {
                let mut position = body.cells.position(&row, said(&product, row.get(body.cells.symbol)), report);
                let cusip = body.text(&row, &["cusip"]);
                position.details.cusip = Some(cusip).filter(|cusip| kinds::is_cusip(cusip)).map(Into::into);
                account.positions.push(position);
            }
        }
    }
    account.place = Some(body.place);
    draft::close(&mut account, total_place, report);
    Found { accounts: vec![account], ..Found::default() }
}

fn said(product: &str, symbol: &str) -> Option<AssetKind> {
    let has = |words: &[&str]| words.iter().any(|word| product.contains(word));
    match () {
        () if options::parse(symbol).is_some() => Some(AssetKind::Option),
        () if has(&["cash", "money market", "mmf"]) => Some(AssetKind::MoneyMarket),
        () if has(&["bond", "fixed income", "municipal", "government", "treasur", "certificate"]) => {
            Some(AssetKind::Bond)
        }
        () if has(&["mutual fund"]) => Some(AssetKind::MutualFund),
        () if has(&["alternative", "structured", "annuit", "insurance"]) => Some(AssetKind::Other),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};
    use crate::holdings::workbook::testing::{excel, rows};
    use crate::model::{AssetKind, RawFile};

    const TABLE: &str = "All Product Type By Security\n\
        Holdings for Account Family Trust - 9001 as of 11/20/2026 4:00 PM ET\n\nHolding Summary\n\
        Total Market Value:|6550|Accrued Interest*:|0|Total Cost:|3400|Adjusted Cost:|3400\n\n\
        Name|Product Type|Open Order|Symbol|CUSIP|Last ($)|As of|Quantity|Market Value ($)|Today's Change (%)|Today's Change ($)|Total Cost ($)|Adjusted Cost ($)|Unrealized Gain/Loss (%)|Unrealized Gain/Loss ($)|Accrued Interest\n\
        VANGUARD TOTAL STOCK MARKET ETF|ETFs / CEFs|No|VTI|922908769|300|11/20/2026|10|3000|0|0|2000|2000|50|1000|-\n\
        APPLE INC|Stocks / Options|No|AAPL|037833100|200|11/20/2026|10|2000|0|0|1400|1400|42.86|600|-\n\
        US TREASURY BILL DUE 12/24/26|Government Securities|No|-|912797KX4|98|11/20/2026|1000|980|0|0|-|-|-|-|-\n\
        MORGAN STANLEY BANK N.A.|Cash, MMF and BDP|No|-|-|-|11/20/2026|-|570|-|-|-|-|-|-|-\n\
        Total|||||||||||||||\n";

    fn csv() -> String {
        TABLE.replace("Cash, MMF and BDP", "\"Cash, MMF and BDP\"").replace('|', ",")
    }

    #[test]
    fn the_csv_and_the_workbook_hold_the_same() {
        let account = one(&csv());
        assert_eq!(
            (account.label().as_str(), account.as_of.unwrap().to_string().as_str()),
            ("...9001 Family Trust", "2026-11-20")
        );
        let told: Vec<_> =
            account.positions.iter().map(|held| (held.label(), held.kind, held.value.unwrap().dollars())).collect();
        assert_eq!(
            told,
            [
                ("VTI".to_owned(), AssetKind::Etf, "$3,000.00".to_owned()),
                ("AAPL".to_owned(), AssetKind::Equity, "$2,000.00".to_owned()),
                ("US TREASURY BILL DUE 12/24/26".to_owned(), AssetKind::Bond, "$980.00".to_owned()),
            ]
        );
        assert_eq!(account.positions[0].cost_basis.unwrap().dollars(), "$2,000.00");
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$570.00");
        let file = RawFile::new("Holdings.xlsx", excel(&[("Holdings", &rows(TABLE))]));
        let mut sink = crate::diagnostics::Sink::default();
        let read = crate::holdings::read(&[file], &[], &mut sink);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let again = &read.accounts[0];
        assert_eq!(
            (again.label(), again.cash.clone(), again.reported_total),
            (account.label(), account.cash, account.reported_total)
        );
        let values: Vec<_> =
            again.positions.iter().map(|held| (held.label(), held.kind, held.value.unwrap().dollars())).collect();
        assert_eq!(values, told);
        assert_eq!(errors(&csv().replace("6550", "7550")), ["total-gap"]);
        let two = "Account,Name,Product Type,Symbol,Quantity,Market Value ($)\n1,V,ETFs / CEFs,VTI,10,3000\n2,N,Stocks,NVDA,10,1800\n";
        assert_eq!(errors(two), ["refused-file"]);
    }
}
