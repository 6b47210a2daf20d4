//! E*TRADE: `PortfolioDownload.csv` in its views, with lots when they were expanded on screen.

use super::accounts::split_label;
use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row};
use super::totals::{Above, RowKind};
use super::{Detection, Found, REFUSED, ReaderEntry, UNKNOWN_COST, dates, lots};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, Lot};
use crate::units::{Money, Price, Shares, is_null};

/// What the reader does.
pub const DOC: &str = "Reads PortfolioDownload.csv of E*TRADE, whatever the view and its column order.\n\
Rows that begin with a date are lots of the row above, and are not counted again. The file has no cost column: cost is\n\
quantity times price paid. A price paid of 0.00 beside a gain of zero on a holding that has value means that the\n\
broker does not know the cost, so it is unknown.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "etrade",
    broker: "E*TRADE PortfolioDownload",
    doc: DOC,
    download: "Accounts > Portfolios > Download",
    needs: NEEDS,
    detect,
    read,
};

const QUANTITY: &[&str] = &["quantity", "qty #"];
const PAID: &[&str] = &["price paid $"];
const VALUE: &[&str] = &["value $"];
const PRICE: &[&str] = &["last price $", "price $"];
const NEEDS: &[&[&str]] = &[&["symbol"], QUANTITY, VALUE];

/// The dollar sign at the end of its names is the broker's mark; which of them a view has is the user's choice.
fn is_header(names: &Columns) -> bool {
    names.has(&[&["symbol"], QUANTITY]) && (names.find(VALUE).is_some() || names.find(PRICE).is_some())
}

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.headers.iter().any(is_header))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("etrade", "portfolio-download");
    let mut header: Option<(Columns, Cells)> = None;
    let mut total_place: Option<Place> = None;
    let (mut summary, mut accounts) = (false, 0);
    let mut above = Above::default();
    for row in table.rows().filter(|row| !row.is_blank()) {
        let first = row.text(0).to_owned();
        let names = Columns::of_if(&row, "symbol");
        if let Some(names) = names.filter(is_header) {
            if names.find(&["qty #"]).is_some() {
                "portfolio-download-qty#".clone_into(&mut account.layout);
            }
            let cells = Cells {
                width: names.width(),
                symbol: names.find(&["symbol"]),
                quantity: names.find(QUANTITY),
                price: names.find(PRICE),
                value: names.find(VALUE),
                cost_per_share: names.find(PAID),
                ..Cells::default()
            };
            header = Some((names, cells));
            continue;
        }
        if first.to_lowercase().starts_with("generated at") {
            let when = dates::find(&first);
            account.as_of = when.as_ref().map(|when| when.date);
            account.as_of_text = when.map(|when| when.text);
            continue;
        }
        let Some((names, cells)) = &header else {
            // The lines below this header are the accounts; everything else before the real header is screen furniture.
            if first == "Account" && row.text(1).starts_with("Net Account Value") {
                summary = true;
                continue;
            }
            summary &= row.quiet(Some(1)).is_some();
            if summary {
                accounts += 1;
                (account.name, account.mask) = split_label(&first);
                account.place = Some(row.place());
                account.reported_total = row.number(Some(1), report).map(Money);
            }
            if accounts == 2 && summary {
                let message = "the file is of several accounts, and does not say in which each position is";
                report.push(
                    Diagnostic::error(REFUSED, message)
                        .at(row.place())
                        .hint("choose one account above the positions and download it; then the next one"),
                );
            }
            continue;
        };
        match first.as_str() {
            "CASH" if row.is_null(cells.quantity) => {
                if let Some(amount) = last_number(&row, cells.value, report) {
                    account.cash.push(("USD".to_owned(), amount));
                }
            }
            "TOTAL" => {
                account.reported_total = last_number(&row, cells.value, report).or(account.reported_total);
                total_place = Some(row.place());
            }
            _ => {
                if !report.fits(&row, names.width(), &cells.needed()) {
                    continue;
                }
                let is_lot = dates::date(&first).is_some() || is_null(&first);
                match if is_lot { RowKind::Position } else { above.next(&row, cells, report) } {
                    RowKind::Position => {}
                    RowKind::Total => continue,
                    RowKind::Cash(currency, amount) => {
                        account.cash.push((currency, amount));
                        continue;
                    }
                }
                let mut position = cells.position(&row, None, report);
                let gain = row.number(names.find(&["total gain $"]), report);
                let paid = row.number(cells.cost_per_share, report);
                let worth = position.value.is_some_and(|value| !value.is_zero());
                let unknown =
                    worth && paid.is_some_and(|paid| paid.is_zero()) && gain.is_none_or(|gain| gain.is_zero());
                if unknown {
                    position.cost_basis = None;
                    unknown_cost(&row, report);
                }
                let mut lot = Lot::new(String::new(), position.quantity.unwrap_or(Shares::ZERO));
                lot.opened = dates::date(&first);
                lot.unit_cost = paid.map(Price);
                lot.place = Some(row.place());
                if !is_lot {
                    // A view with an acquisition date per row shows lots as rows.
                    if let Some(opened) = dates::date(row.get(names.find(&["date acquired"]))) {
                        lot.opened = Some(opened);
                        lot.cost_basis = position.cost_basis;
                        position.lots.push(lot);
                    }
                    account.positions.push(position);
                } else if let Some(parent) = account.positions.last_mut() {
                    lot.cost_basis = match (unknown, lot.unit_cost) {
                        (false, Some(each)) => Some((each * lot.quantity).times(parent.unit_factor())),
                        _ => None,
                    };
                    parent.lots.push(lot);
                } else {
                    report.push(lots::orphan(&row));
                }
            }
        }
    }
    account.positions.iter_mut().for_each(|position| lots::check(position, report));
    if total_place.is_none() {
        draft::no_total(&Account { reported_total: None, ..account.clone() }, report);
    }
    if account.place.is_none() {
        account.place = table.row(0).map(|row| row.place());
    }
    draft::close(&mut account, total_place, report);
    Found { accounts: vec![account], ..Found::default() }
}

/// CASH and TOTAL rows have one cell more than the header, and some views put the value elsewhere.
fn last_number(row: &Row<'_>, value: Option<usize>, report: &mut Report) -> Option<Money> {
    let column = value.filter(|column| !row.is_null(Some(*column)));
    let column = column.or_else(|| (1..row.len()).rev().find(|column| !row.text(*column).is_empty()));
    row.number(column, report).map(Money)
}

fn unknown_cost(row: &Row<'_>, report: &mut Report) {
    report.push(
        Diagnostic::warning(
            UNKNOWN_COST,
            "a price paid of 0.00 without a gain is an unknown cost, not a cost of nothing",
        )
        .at(row.place())
        .hint("look the cost up at the broker and give it in a [[lots]] file"),
    );
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};

    const HEAD: &str = "View Summary - standard\nSymbol,Security type(s),Sort by,Sort order,\n,All,Symbol,Asc,\n\
        Symbol,Qty #,Value $,Price Paid $,Last Price $,Total Gain $\n";

    #[test]
    fn the_value_may_stand_in_the_middle_and_lots_are_not_counted_twice() {
        let account = one(&format!(
            "{HEAD}VTI,10,3000.00,100.00,300.00,2000.00\n     01/02/2024,4,1200.00,50.00,300.00,1000.00\n     --,6,1800.00,133.33,300.00,1000.02\n\
             CASH,,67.83,,,,\nTOTAL,,3067.83,,,2000.00,\n"
        ));
        assert_eq!(account.positions.len(), 1);
        let position = &account.positions[0];
        assert_eq!(position.cost_basis.unwrap().dollars(), "$1,000.00");
        assert_eq!(position.lots[0].cost_basis.unwrap().dollars(), "$200.00");
        assert_eq!((position.lots[1].opened, position.lots[1].id.as_str()), (None, "undated"));
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$67.83");
    }

    #[test]
    fn lots_rounded_in_their_last_digit_are_read_and_a_stock_called_cash_is_a_stock() {
        let account = one(&format!(
            "{HEAD}VTI,1.0000,300.00,200.00,300.00,100.00\n     01/05/2024,.3333,99.99,200.00,300.00,33.33\n\
             02/05/2024,.3333,99.99,200.00,300.00,33.33\n     03/05/2024,.3333,99.99,200.00,300.00,33.33\n\
             CASH,10,800.00,50.00,80.00,300.00\nCash & Equivalents,,67.83,,,\nTOTAL,,1167.83,,,400.00,\n"
        ));
        let lots: Vec<String> = account.positions[0].lots.iter().map(|lot| lot.quantity.text()).collect();
        assert_eq!(lots, ["0.3333", "0.3333", "0.3334"]);
        assert_eq!((account.positions.len(), account.cash_in("USD").unwrap().dollars().as_str()), (2, "$67.83"));
    }

    #[test]
    fn lots_that_lack_shares_and_costs_of_nothing_are_named() {
        assert_eq!(
            errors(&format!(
                "{HEAD}VTI,10,3000.00,100.00,300.00,2000.00\n     01/02/2024,4,1200.00,50.00,300.00,1000.00\n"
            )),
            ["lots-disagree"]
        );
        assert_eq!(
            errors(&format!("{HEAD}VTI,10,3000.00,0.00,300.00,.0000\nTOTAL,,3000.00,,,.0000,\n")),
            ["unknown-cost"]
        );
    }

    #[test]
    fn a_file_of_two_accounts_does_not_say_whose_its_positions_are() {
        let summary = "Account Summary\nAccount,Net Account Value,Total Gain $\n\"Individual Brokerage -1111\",100,0\n";
        let rows = format!("{HEAD}VTI,1,100,50,100,50\nTOTAL,,100,,,50\n");
        assert_eq!(one(&format!("{summary}{rows}")).mask.as_deref(), Some("1111"));
        assert_eq!(errors(&format!("{summary}\"Roth IRA -2222\",200,0\n{rows}")), ["refused-file"]);
    }
}
