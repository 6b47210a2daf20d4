//! Charles Schwab: lot details of one symbol of one account.

use super::accounts::split_label;
use super::input::Input;
use super::lots::LotFile;
use super::report::Report;
use super::table::Columns;
use super::{BAD_DATE, Detection, Found, NO_HOLDINGS, NO_TOTAL, ReaderEntry, TOTAL_GAP, dates};
use crate::diagnostics::Diagnostic;
use crate::model::{Account, Lot, Term};
use crate::units::{Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads a lot details file of Charles Schwab: the tax lots of one symbol in one account.\n\
They join the position of that symbol in the positions file; the shares must agree.\n\
The wide form with wash-sale columns is read too: the disallowed loss is already part of the cost basis.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "schwab-lots",
    broker: "Charles Schwab lot details",
    doc: DOC,
    download: "Accounts > Positions > click the cost basis of a holding > Export",
    needs: NEEDS,
    detect,
    read,
};

const OPENED: &[&str] = &["open date", "opened date"];
const QUANTITY: &[&str] = &["quantity", "qty (quantity)", "qty"];
const COST: &[&str] = &["cost basis"];
const NEEDS: &[&[&str]] = &[OPENED, QUANTITY, COST];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS) && input.head.rows().any(|row| row.text(0).contains("Lot Details")))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("schwab", "lot-details");
    let mut lots = LotFile::new(String::new());
    let (mut header, mut total): (Option<Columns>, bool) = (None, false);
    for row in table.rows().filter(|row| !row.is_blank()) {
        let first = row.text(0);
        if let Some((symbol, rest)) = first.split_once(" Lot Details") {
            let when = dates::find(first);
            symbol.trim().clone_into(&mut lots.symbol);
            let label = rest.split(" as of ").next().unwrap_or("").trim();
            (account.name, account.mask) = split_label(label.strip_prefix("for ").unwrap_or(label));
            account.as_of = when.as_ref().map(|when| when.date);
            account.as_of_text = when.map(|when| when.text);
            account.place = Some(row.place());
            lots.place = Some(row.place());
            continue;
        }
        let names = Columns::of(&row);
        if names.has(NEEDS) {
            if names.find(&["disallowed loss"]).is_some() {
                "lot-details-wide".clone_into(&mut account.layout);
            }
            header = Some(names);
            continue;
        }
        let Some(names) = &header else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        let quantity = names.find(QUANTITY);
        if first.eq_ignore_ascii_case("total") {
            total = true;
            let sum: Shares = lots.lots.iter().map(|lot| lot.quantity).sum();
            if let Some(total) = row.number(quantity, report).map(Shares).filter(|total| *total != sum) {
                report.push(
                    Diagnostic::warning(
                        TOTAL_GAP,
                        format!(
                            "{}: the total row says {} shares, the lots add up to {}",
                            lots.symbol,
                            total.text(),
                            sum.text()
                        ),
                    )
                    .at(row.place())
                    .hint("a lot is missing or changed; download the file again"),
                );
            }
            continue;
        }
        if !report.fits(&row, names.width(), &[quantity, names.find(COST)]) {
            continue;
        }
        let opened = dates::leading(first);
        if opened.is_none() && !row.is_null(Some(0)) {
            report.push(Diagnostic::error(BAD_DATE, format!("`{first}` is not a date")).at(row.cell_place(0)));
        }
        let Some(shares) = row.number(quantity, report) else {
            report.skipped(&row, "it has no quantity");
            continue;
        };
        let mut lot = Lot::new(first.trim_end_matches(" 00:00:00").to_owned(), Shares(shares));
        lot.opened = opened;
        lot.cost_basis = row.number(names.find(COST), report).map(Money);
        lot.unit_cost = row.number(names.find(&["cost/share"]), report).map(Price);
        lot.disallowed_loss = row.number(names.find(&["disallowed loss"]), report).map(Money);
        lot.wash_sale = lot.disallowed_loss.is_some_and(|loss| !loss.is_zero());
        lot.term = match row.get(names.find(&["holding period"])).to_lowercase() {
            text if text.starts_with("short") => Some(Term::Short),
            text if text.starts_with("long") => Some(Term::Long),
            _ => None,
        };
        lot.place = Some(row.place());
        lots.lots.push(lot);
        if lots.price.is_none() {
            lots.price = row.number(names.find(&["price"]), report).map(Price);
        }
    }
    if !total && !lots.lots.is_empty() && !report.has_errors() {
        let message =
            format!("the lots of {} end without the total row that the broker prints below them", lots.symbol);
        let warning = Diagnostic::warning(NO_TOTAL, message).hint("the file may be cut off; download it again");
        report.push(lots.place.iter().fold(warning, |warning, place| warning.at(place.clone())));
    }
    if lots.lots.is_empty() {
        let message = format!("the file ends before its first lot: it holds no lots of {}", lots.symbol);
        let error = Diagnostic::error(NO_HOLDINGS, message).hint("download it again");
        report.push(lots.place.iter().fold(error, |error, place| error.at(place.clone())));
        return Found { role: "lots", ..Found::default() };
    }
    Found { lots: vec![lots.of(account)], ..Found::default() }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};

    #[test]
    fn a_file_cut_off_behind_its_header_is_not_a_position_of_nothing() {
        let head = "\"VTI Lot Details for Individual ...417 as of 02:45 AM ET, 08/25/2020\"\n\n\
            \"Open Date\",\"Quantity\",\"Price\",\"Cost Basis\"\n";
        assert_eq!(errors(head), ["no-holdings"]);
    }

    #[test]
    fn lots_alone_make_a_position() {
        let text = "\"SCHA Lot Details for XXXX-4321 as of 02:45 AM ET, 10/25/2020\"\n\n\
             \"Open Date\",\"Quantity\",\"Price\",\"Cost/Share\",\"Market Value\",\"Cost Basis\",\"Holding Period\",\n\
             \"08/31/2020 00:00:00\",\"24\",\"$70.00\",\"$77.00\",\"$1,680.00\",\"$1,848.00\",\"Short Term\",\n\
             \"08/30/2019 13:42:07\",\"16\",\"$70.00\",\"$60.00\",\"$1,120.00\",\"$960.00\",\"Long Term\",\n\
             \"Total\",\"40\",\"--\",\"--\",\"$2,800.00\",\"$2,808.00\",\"--\",\n";
        assert_eq!(errors(text.split("\"Total").next().unwrap()), ["no-total"]);
        let account = one(text);
        let position = &account.positions[0];
        assert_eq!(position.quantity.unwrap().text(), "40");
        assert_eq!(position.cost_basis.unwrap().dollars(), "$2,808.00");
        assert_eq!(position.lots[1].opened.unwrap().to_string(), "2019-08-30");
        assert_eq!(position.value.unwrap().dollars(), "$2,800.00");
    }
}
