//! Charles Schwab: positions of every era since 2020.
//!
//! A title, then for each account a label, a header and rows; columns are chosen by the user, so they are found by
//! name. 2020: `Quantity`, `Market Value`, `Security Type`; 2023 the same, padded; 2024: `Qty (Quantity)`; 2026:
//! `Asset Type` and `Positions Total`.

use super::accounts::split_label;
use super::body::ColumnMap;
use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row};
use super::{Detection, Found, NO_CASH, ReaderEntry, SKIPPED_ROW, dates, totals};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind};
use crate::units::Money;

/// What the reader does.
pub const DOC: &str = "Reads the positions file of Charles Schwab (one account or all accounts), of every era since 2020.\n\
Columns are found by name in any order, since the view is chosen by the user; the price column may be missing.\n\
`Incomplete` and `N/A` are unknown. Cash is the row `Cash & Cash Investments`, negative for a margin debit.\n\
The total row is compared with the sum of the rows.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "schwab-positions",
    broker: "Charles Schwab positions",
    doc: DOC,
    download: "Accounts > Positions > Export (at the top right)",
    needs: NEEDS,
    detect,
    read,
};

const SYMBOL: &[&str] = &["symbol"];
const QUANTITY: &[&str] = &["qty (quantity)", "quantity", "qty"];
const PRICE: &[&str] = &["price"];
const VALUE: &[&str] = &["mkt val (market value)", "market value", "mkt val"];
const KIND: &[&str] = &["asset type", "security type"];
const NEEDS: &[&[&str]] = &[SYMBOL, QUANTITY, VALUE, &["description"]];

fn is_header(columns: &Columns) -> bool {
    columns.has(&[SYMBOL, QUANTITY]) && (columns.find(VALUE).is_some() || columns.find(PRICE).is_some())
}

fn detect(input: &Input<'_>) -> Detection {
    let titled = input.begins("Positions for ");
    let own = |columns: &Columns| {
        columns.find(&["mkt val (market value)", "qty (quantity)"]).is_some()
            || columns.has(&[VALUE, KIND, &["day change $", "% of account", "reinvest dividends?"]])
    };
    let found = input.headers.iter().any(|columns| is_header(columns) && (titled || own(columns)));
    Detection::when(found)
}

const MAP: ColumnMap = ColumnMap {
    symbol: SYMBOL,
    name: &["description"],
    kind: KIND,
    quantity: QUANTITY,
    price: PRICE,
    value: VALUE,
    cost: &["cost basis"],
    cost_per_share: &["cost/share"],
    gain: &["gain $ (gain/loss $)", "gain/loss $"],
};

#[derive(Default)]
struct Reading {
    account: Option<Account>,
    /// The account that a line names, where only a header below it shows that it is one.
    next: Option<Account>,
    total_place: Option<Place>,
    /// Where the columns are.
    cells: Cells,
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut columns: Option<Columns> = None;
    let (mut when, mut all_accounts, mut titled) = (None, false, None);
    let mut reading = Reading::default();
    for row in table.rows().filter(|row| !row.is_blank()) {
        if starts(row.text(0), "positions for ") {
            // The comma before the date splits a title that lost its quotes.
            let title = row.joined();
            when = dates::find(&title);
            let subject = title.get("Positions for ".len()..).unwrap_or("");
            let subject = subject.split(" as of ").next().unwrap_or("");
            titled = subject.strip_prefix("account ").map(|label| (label.to_owned(), row.place()));
            all_accounts = titled.is_none();
            no_account(reading.next.take(), report);
            continue;
        }
        if let Some(header) = Columns::of_if(&row, "symbol").filter(is_header) {
            reading.cells = MAP.cells(&header);
            if let Some(next) = reading.next.take() {
                finish(&mut reading, &mut found, report);
                reading.account = Some(next);
            }
            if reading.account.is_none() {
                let (label, place) = titled.clone().unwrap_or((String::new(), row.place()));
                reading.account = Some(account(&label, place));
            }
            columns = Some(header);
            continue;
        }
        if let Some(label) = label(&row) {
            no_account(reading.next.take(), report);
            reading.next = Some(account(&label, row.place()));
            if split_label(&label).1.is_some() {
                finish(&mut reading, &mut found, report);
                reading.account = reading.next.take();
            }
            continue;
        }
        let cells = reading.cells;
        let (Some(account), true) = (&mut reading.account, columns.is_some()) else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        let symbol = row.get(cells.symbol);
        match symbol.to_ascii_lowercase().as_str() {
            "account total" | "positions total" | "total" => {
                account.reported_total = row.number(cells.value, report).map(Money);
                reading.total_place = Some(row.place());
            }
            "" => report.skipped(&row, "it has no symbol"),
            name if name.starts_with("cash & cash") || name.starts_with("cash and ") || name == "futures cash" => {
                match row.number(cells.value, report) {
                    Some(amount) => account.cash.push(("USD".to_owned(), Money(amount))),
                    None if cells.value.is_none() => report.push(
                        Diagnostic::warning(
                            NO_CASH,
                            "the view has no column of values, so what is in cash is not known",
                        )
                        .at(row.place())
                        .hint("download it again with the column `Mkt Val (Market Value)`"),
                    ),
                    None => {}
                }
            }
            _ if totals::says_total(symbol) && row.is_null(cells.price) => report.skipped(&row, "it is a total"),
            _ if report.fits(&row, cells.width, &cells.needed()) && report.fits(&row, cells.width, &[cells.kind]) => {
                let mut position = cells.position(&row, None, report);
                if symbol.starts_with("Futures ") {
                    position.kind = AssetKind::Other;
                }
                draft::complete(&mut position, report);
                account.positions.push(position);
            }
            _ => {}
        }
    }
    no_account(reading.next.take(), report);
    finish(&mut reading, &mut found, report);
    let layout = layout(columns.as_ref(), when.as_ref(), all_accounts);
    for account in &mut found.accounts {
        account.layout.clone_from(&layout);
        account.as_of = when.as_ref().map(|when| when.date);
        account.as_of_text = when.as_ref().map(|when| when.text.clone());
    }
    found
}

/// Notes that a line which might have named an account names none.
fn no_account(next: Option<Account>, report: &mut Report) {
    if let Some(place) = next.and_then(|account| account.place) {
        report.push(Diagnostic::note(SKIPPED_ROW, "a line is not used: it is a single text").at(place));
    }
}

fn finish(reading: &mut Reading, found: &mut Found, report: &mut Report) {
    if let Some(mut account) = reading.account.take() {
        // With a column of values, the total row has a total.
        if reading.cells.value.is_some() {
            draft::no_total(&account, report);
        }
        draft::check_total(&account, reading.total_place.take(), report);
        // Several cash rows (cash, futures cash) are one amount.
        if account.cash.len() > 1 {
            let sum = account.cash.iter().map(|(_, amount)| *amount).sum();
            account.cash = vec![("USD".to_owned(), sum)];
        }
        found.accounts.push(account);
    }
}

fn account(label: &str, place: Place) -> Account {
    let mut account = Account::new("schwab", "");
    (account.name, account.mask) = split_label(label);
    account.place = Some(place);
    account
}

/// A row that names an account: one cell, or several when the comma of a trust's name was not quoted.
fn label(row: &Row<'_>) -> Option<String> {
    if let Some(only) = row.only() {
        return Some(only.to_owned());
    }
    if row.filled(4) > 3 {
        return None;
    }
    let joined = row.joined();
    (split_label(&joined).1.is_some() && joined.contains("...")).then_some(joined)
}

fn starts(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

fn layout(columns: Option<&Columns>, when: Option<&dates::When>, all_accounts: bool) -> String {
    use chrono::Datelike;
    let year = when.map_or(2026, |when| when.date.year());
    let has = |name: &str| columns.is_some_and(|columns| columns.find(&[name]).is_some());
    let era = match () {
        () if has("asset type") => 2026,
        () if has("quantity") || has("market value") => {
            if year < 2023 {
                2020
            } else {
                2023
            }
        }
        () if has("security type") => 2025,
        () if year < 2026 => 2025,
        () => 2026,
    };
    format!("positions-{era}{}", if all_accounts { "-all-accounts" } else { "" })
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};

    const HEAD: &str = "\"Positions for account Individual ...417 as of 09:04 PM ET, 2026/09/05\"\n\n\
        \"Symbol\",\"Description\",\"Qty (Quantity)\",\"Price\",\"Mkt Val (Market Value)\",\"Cost Basis\",\"Asset Type\",\n";

    #[test]
    fn rows_cash_and_total_are_read() {
        let file = format!(
            "{HEAD}\"BRK/B\",\"BERKSHIRE\",\"1,000\",\"2.50\",\"$2,500.00\",\"Incomplete\",\"Equity\",\n\
             \"Cash & Cash Investments\",\"--\",\"--\",\"--\",\"-$500.00\",\"--\",\"Cash and Money Market\",\n\
             \"Positions Total\",\"\",\"--\",\"--\",\"$2,000.00\",\"$1.00\",\"--\",\n"
        );
        let account = one(&file);
        assert_eq!(account.label(), "...417 Individual");
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "-$500.00");
        let position = &account.positions[0];
        assert_eq!(position.canonical.as_ref().unwrap().as_str(), "BRK.B");
        assert_eq!((position.quantity.unwrap().text().as_str(), position.cost_basis), ("1,000", None));
        assert_eq!(account.reported_total.unwrap().dollars(), "$2,000.00");
        assert_eq!(account.layout, "positions-2026");
        assert_eq!(account.as_of_text.as_deref(), Some("2026-09-05T21:04 America/New_York"));
    }

    #[test]
    fn a_line_of_text_is_no_account() {
        let row = "\"VTI\",\"VANGUARD\",\"10\",\"$250.00\",\"$2,500.00\",\"$1.00\",\"Equity\",\n";
        let total = "\"Positions Total\",\"\",\"--\",\"--\",\"$2,500.00\",\"$1.00\",\"--\",\n";
        for file in [
            format!("My export\n\n{HEAD}{row}{total}"),
            format!("{HEAD}{row}{total}\nPrices are delayed and may differ.\n"),
            format!("{HEAD}Equities\n{row}{total}"),
        ] {
            let account = one(&file);
            assert_eq!((account.label().as_str(), account.positions.len()), ("...417 Individual", 1), "{file}");
        }
    }

    #[test]
    fn cash_without_a_column_of_values_is_told() {
        let file = "\"Positions for account Individual ...417 as of 09:04 PM ET, 2026/09/05\"\n\n\
            \"Symbol\",\"Qty (Quantity)\",\"Price\",\"Asset Type\",\n\"VTI\",\"10\",\"300.00\",\"Equity\",\n\
            \"Cash & Cash Investments\",\"--\",\"--\",\"Cash and Money Market\",\n";
        assert_eq!(errors(file), ["no-cash"]);
    }

    #[test]
    fn a_total_in_capitals_is_no_ticker_whatever_its_quantity() {
        let account = one(&format!(
            "{HEAD}\"VTI\",\"VANGUARD\",\"10\",\"$250.00\",\"$2,500.00\",\"$1.00\",\"Equity\",\n\
             \"TOTAL\",\"\",\"10\",\"--\",\"$2,500.00\",\"$1.00\",\"--\",\n"
        ));
        assert_eq!(account.positions.len(), 1);
        assert_eq!(account.reported_total.unwrap().dollars(), "$2,500.00");
    }

    #[test]
    fn a_row_that_was_cut_is_an_error() {
        assert_eq!(
            errors(&format!(
                "{HEAD}\"VTI\",\"VANGUARD\",\"1,25\n\"BND\",\"X\",\"1\",\"2\",\"$2.00\",\"$1.00\",\"Equity\",\n"
            )),
            ["unclosed-quote", "short-row"]
        );
        assert_eq!(errors(&format!("{HEAD}\"VTI\",\"VANGUARD\",\"1\"\n")), ["short-row"]);
        assert_eq!(
            errors(&format!("{HEAD}\"VTI\",\"VANGUARD\",\"x1\",\"2\",\"$2.00\",\"$1.00\",\"Equity\",\n")),
            ["bad-number"]
        );
    }

    #[test]
    fn padded_rows_and_an_unquoted_trust_are_read() {
        let file = "\"Positions for CUSTACCS as of 09:13 PM ET, 2023/06/04\",\"\",\"\",\"\",\"\"\n\"\",\"\"\n\
            Doe Family Trust, Jane Doe ...426,,,,\n\
            \"Symbol\",\"Description\",\"Quantity\",\"Market Value\",\"Security Type\"\n\
            \"VTI\",\"VANGUARD\",\"10\",\"$3,000.00\",\"ETFs & Closed End Funds\"\n\
            \"Account Total\",\"\",\"--\",\"$3,000.00\",\"--\"\n";
        let account = one(file);
        assert_eq!(account.name.as_deref(), Some("Doe Family Trust, Jane Doe"));
        assert_eq!(account.layout, "positions-2023-all-accounts");
        assert_eq!(account.positions[0].unit_price().unwrap().dollars(), "$300.00");
    }
}
