//! M1: holdings, without price, cash and date.

use super::body::{Body, ColumnMap};
use super::draft;
use super::input::Input;
use super::report::Report;
use super::totals::{Above, RowKind};
use super::{Detection, Found, ReaderEntry};
use crate::model::Account;

/// What the reader does.
pub const DOC: &str = "Reads the holdings file of M1. It has no price (value divided by quantity is used), no cash and no date; its lots\n\
are in another file (open tax lots), which joins it.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "m1-holdings",
    broker: "M1 holdings",
    doc: DOC,
    download: "Invest > Holdings > Export to CSV",
    needs: NEEDS,
    detect,
    read,
};

const NEEDS: &[&[&str]] = &[&["symbol"], &["name"], &["quantity"], &["avg. price"], &["cost basis"], &["value"]];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

const MAP: ColumnMap = ColumnMap {
    symbol: &["symbol"],
    name: &["name"],
    quantity: &["quantity"],
    value: &["value"],
    cost: &["cost basis"],
    ..ColumnMap::NONE
};

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let Some(body) = Body::of(&table, NEEDS, &MAP, report) else { return Found::default() };
    body.refuse_several_accounts(report);
    let mut account = Account::new("m1", "holdings");
    let mut above = Above::default();
    for row in body.rows() {
        match above.next(&row, &body.cells, report) {
            RowKind::Total => {}
            RowKind::Cash(currency, amount) => account.cash.push((currency, amount)),
            RowKind::Position if body.fits(&row, report) => {
                account.positions.push(body.cells.position(&row, None, report));
            }
            RowKind::Position => {}
        }
    }
    account.place = Some(body.place);
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::portfolio;

    #[test]
    fn holdings_and_open_lots_become_one_account() {
        let holdings = "Symbol,Name,Quantity,Avg. Price,Cost Basis,Unrealized Gain ($),Unrealized Gain (%),Value\nVTI,Vanguard,10.5,100,1050.00,1,1,3150.00\n";
        let lots = "Symbol,Cusip,Acquisition Date,Quantity,Cost Basis,Short/Long Term Holding,Close Date,Wash Sale Indicator,M1 Tax Lot Id\n\
            VTI,922908769,2024-02-15,10,1000.00,Long,,false,1\nVTI,922908769,2026-05-10,.5,50.00,Short,,true,3\nVTI,922908769,2020-05-10,7,50.00,Long,2021-01-01,false,2\n";
        let (read, sink) = portfolio(&[lots, holdings]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let position = &read.accounts[0].positions[0];
        assert_eq!((read.accounts.len(), position.lots.len()), (1, 2));
        assert_eq!(position.unit_price().unwrap().dollars(), "$300.00");
        assert!(position.lots[1].wash_sale);
    }
}
