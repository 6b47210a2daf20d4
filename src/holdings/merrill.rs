//! Merrill Edge: `ExportData*.csv` in four layouts, with cells joined by `" ,"` and two numbers in one cell.

use super::draft::{self, Cells};
use super::identity;
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row};
use super::totals::{Above, RowKind};
use super::{BAD_NUMBER, Detection, Found, ReaderEntry, SKIPPED_ROW, TOTAL_GAP, accounts, dates};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AccountKindOrigin, AssetKind, Position};
use crate::units::{Decimal, Money, NumberStyle, Price, Shares, parse_number};

/// What the reader does.
pub const DOC: &str = "Reads ExportData files of Merrill Edge: the flat one and the tax-lot one of July 2026, the one of August 2026\n\
with symbol and name in one cell, and the older one with a row per account and security.\n\
The cost basis is `Total client investment`, not the cumulative return. Money accounts and the cash balance are cash;\n\
pending activity is kept apart.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "merrill",
    broker: "Merrill Edge ExportData",
    doc: DOC,
    download: "Portfolio & Statements > Holdings > Download",
    needs: FLAT,
    detect,
    read,
};

const FLAT: &[&[&str]] = &[&["symbol"], &["quantity"], &["price"], &["value"], &["total client investment"]];
const JOINED: &[&[&str]] = &[&["positions"], &["quantity"], &["price"], &["value"], &["total client investment"]];
const LOTS: &[&[&str]] = &[&["symbol"], &["quantity"], &["unit cost"], &["cost basis"], &["price"], &["value"]];
const PRICE: &[&str] = &["price", "price ($)"];
const VALUE: &[&str] = &["value", "value ($)"];
const OLD: &[&[&str]] = &[&["cob date"], &["symbol"], &["security description"], &["account #"], &["quantity"], VALUE];

fn detect(input: &Input<'_>) -> Detection {
    let titled = input.begins("Exported on:");
    Detection::when(input.has(JOINED) || input.has(FLAT) || input.has(OLD) || titled && input.has(LOTS))
}

/// Rows that are no securities.
const BALANCES: &[&str] = &["balances", "total", "money accounts", "cash balance", "pending activity"];

#[derive(Default)]
struct Reading {
    when: Option<dates::When>,
    label: String,
    label_place: Option<Place>,
    account_value: Option<Money>,
    cash: Option<Money>,
    pending: Option<Money>,
    totals: usize,
    above: Above,
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut reading = Reading::default();
    let mut header: Option<(Columns, Cells, &str)> = None;
    let mut waiting = "";
    for row in table.rows().filter(|row| !row.is_blank()) {
        let names = Columns::of(&row);
        let layout = [(OLD, "older"), (JOINED, "positions-2026-08"), (FLAT, "flat-2026-07"), (LOTS, "tax-lot")]
            .into_iter()
            .find(|(columns, _)| names.has(columns))
            .map(|(_, layout)| layout);
        if let Some(layout) = layout {
            let cells = Cells {
                width: names.width(),
                symbol: names.find(&["symbol", "positions"]),
                name: names.find(&["description", "security description"]),
                quantity: names.find(&["quantity"]),
                price: names.find(PRICE),
                value: names.find(VALUE),
                cost: names.find(&["total client investment", "cost basis"]),
                ..Cells::default()
            };
            header = Some((names, cells, layout));
            continue;
        }
        let first = row.text(0);
        let lower = first.to_lowercase();
        if let Some(rest) = lower.strip_prefix("exported on:") {
            reading.when = dates::find(&rest.to_uppercase());
        } else if lower.starts_with("selected account(s):") {
            first.split_once(':').map_or("", |(_, label)| label).trim().clone_into(&mut reading.label);
            reading.label_place = Some(row.place());
        } else if row.text(1) == "Account Value" {
            reading.label = first.to_owned();
            reading.label_place = Some(row.place());
            waiting = "value";
        } else if lower == "cash balance" && row.text(1).to_lowercase() == "pending activity" {
            waiting = "cash";
        } else if waiting == "value" && first == reading.label {
            reading.account_value = amount(&row, Some(1), report).map(Money);
            waiting = "";
        } else if waiting == "cash" {
            reading.cash = amount(&row, Some(0), report).map(Money);
            reading.pending = amount(&row, Some(1), report).map(Money);
            waiting = "";
        } else if let Some((names, cells, layout)) = &header {
            holding(&row, names, cells, layout, &mut reading, &mut found, report);
        } else {
            report.skipped(&row, "it stands before the header");
        }
    }
    for account in &mut found.accounts {
        if account.as_of.is_none() {
            account.as_of = reading.when.as_ref().map(|when| when.date);
            account.as_of_text = reading.when.as_ref().map(|when| when.text.clone());
        }
        draft::close(account, account.place.clone(), report);
    }
    found
}

/// The first number of a cell such as `+$17.29 +0.25%` or `$57.7950 03:27 PM ET`.
fn amount(row: &Row<'_>, column: Option<usize>, report: &mut Report) -> Option<Decimal> {
    let column = column?;
    let text = row.text(column);
    let first = text.split_whitespace().next().unwrap_or("");
    parse_number(first, NumberStyle::Point).unwrap_or_else(|problem| {
        report.push(
            Diagnostic::error(BAD_NUMBER, problem.to_string())
                .at(row.cell_place(column))
                .hint("download the file again"),
        );
        None
    })
}

/// Returns the account that a row belongs to, made on its first row.
fn account<'f>(
    label: &str,
    reading: &Reading,
    layout: &str,
    found: &'f mut Found,
    place: Place,
) -> Option<&'f mut Account> {
    let index = found.account(label, |account| {
        account.broker = "merrill".to_owned();
        account.layout = layout.to_owned();
        // `CMA-Edge 7AA-11B22`: the number is the last word.
        match label.rsplit_once(' ') {
            Some((name, number)) if number.bytes().any(|byte| byte.is_ascii_digit()) => {
                account.name = Some(name.to_owned());
                account.id = Some(number.to_owned());
            }
            None if label.bytes().filter(u8::is_ascii_digit).count() >= 4 => account.id = Some(label.to_owned()),
            _ => account.name = Some(label.to_owned()).filter(|label| !label.is_empty()),
        }
        account.cash = reading.cash.map(|cash| ("USD".to_owned(), cash)).into_iter().collect();
        account.pending = reading.pending;
        account.reported_total = reading.account_value;
        account.place = reading.label_place.clone().or(Some(place));
    });
    found.accounts.get_mut(index)
}

fn holding(
    row: &Row<'_>,
    names: &Columns,
    cells: &Cells,
    layout: &str,
    reading: &mut Reading,
    found: &mut Found,
    report: &mut Report,
) {
    let label = match names.find(&["account #"]) {
        Some(column) => {
            format!("{} {}", row.get(names.find(&["account nickname"])), row.text(column)).trim().to_owned()
        }
        None => reading.label.clone(),
    };
    let Some(account) = account(&label, reading, layout, found, row.place()) else { return };
    // How an account is registered says how it is taxed, where its nickname may say anything.
    if let Some(kind) = accounts::of_type(row.get(names.find(&["account registration"]))) {
        (account.kind, account.kind_origin) = (kind, AccountKindOrigin::Config(None));
    }
    let text = row.get(cells.symbol);
    // The words of the balances stand in the first column, whichever that is in the view.
    let text = if text.is_empty() {
        row.texts().find(|text| BALANCES.contains(&&*text.to_lowercase())).unwrap_or("")
    } else {
        text
    };
    match text.to_lowercase().as_str() {
        "balances" => return,
        "" => {
            let worth = row.quiet(cells.value).filter(|value| !value.is_zero());
            match worth {
                Some(value) => report.push(
                    Diagnostic::warning(
                        SKIPPED_ROW,
                        format!("a row without a symbol is not used: {} are missing", Money(value).dollars()),
                    )
                    .at(row.place())
                    .hint("download it again with the column of symbols in the view"),
                ),
                None => report.skipped(row, "it has no symbol"),
            }
            return;
        }
        "total" => {
            let total = amount(row, cells.value, report).map(Money);
            reading.totals += 1;
            // One per account; a file full of them is not added up again and again.
            if reading.totals <= 100 {
                check_positions(account, total, row, report);
            }
            return;
        }
        "money accounts" | "cash balance" => {
            account.cash.extend(amount(row, cells.value, report).map(|cash| ("USD".to_owned(), Money(cash))));
            return;
        }
        "pending activity" => {
            account.pending = amount(row, cells.value, report).map(Money);
            return;
        }
        _ => {}
    }
    if reading.above.next(row, cells, report) == RowKind::Total || !report.fits(row, names.width(), &cells.needed()) {
        return;
    }
    // `JEPI !  Executed Buy` tells of an order; `VTI VANGUARD TOTAL ...` joins symbol and name.
    let text = text.split(" !").next().unwrap_or("").trim();
    let (symbol, name) = match layout {
        "positions-2026-08" => text.split_once(' ').unwrap_or((text, "")),
        _ => (text, ""),
    };
    let described = row.get(cells.name);
    let name = if name.is_empty() { described } else { name };
    let upper = name.to_uppercase();
    let sweep =
        upper.contains("DIRECT DEPOSIT PROGR") || upper.contains("BANK DEPOSIT") || upper.contains("DEPOSIT PROGRAM");
    let mut position: Position = identity::identify(symbol, name, sweep.then_some(AssetKind::Cash));
    position.core = sweep;
    if let Some(cusip) = Some(row.get(names.find(&["cusip #"]))).filter(|cusip| cusip.len() == 9) {
        position.details.cusip = Some(cusip.into());
    }
    position.quantity = amount(row, cells.quantity, report).map(Shares);
    position.price = amount(row, cells.price, report).map(Price);
    position.value = amount(row, cells.value, report).map(Money);
    position.cost_basis = amount(row, cells.cost, report).map(Money);
    position.place = Some(row.place());
    if let Some(day) = dates::leading(row.get(names.find(&["cob date"]))) {
        account.as_of = account.as_of.max(Some(day));
    }
    account.positions.push(position);
}

/// The total row below the positions: of the positions alone in the newest layout, of everything in the flat one.
fn check_positions(account: &mut Account, total: Option<Money>, row: &Row<'_>, report: &mut Report) {
    let Some(total) = total else { return };
    let positions: Money = account.positions.iter().filter_map(|position| position.value).sum();
    let cash: Money = account.cash.iter().map(|(_, cash)| *cash).sum();
    if account.reported_total.is_none() {
        account.reported_total = Some(if total == positions { total + cash } else { total });
    } else if (total - positions).abs() > Money(Decimal::new(2, 2)) {
        report.push(
            Diagnostic::warning(
                TOTAL_GAP,
                format!(
                    "the total row says {}, the positions above add up to {}",
                    total.dollars(),
                    positions.dollars()
                ),
            )
            .at(row.place())
            .hint("a row is missing or changed; download the file again"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::one;

    #[test]
    fn the_flat_layout_with_spaced_quotes_is_read() {
        let account = one("Exported on: 07/31/2026 08:48 PM ET \n,\nSelected account(s):CMA-Edge 7AA-11B22 \n,\n\
             \"Symbol \" ,\"Description\" ,\"Price\" ,\"Quantity\" ,\"Day's Price $ Chg % Chg\" ,\"Value\" ,\"Cumulative Investment Return $\" ,\"Total Client Investment\" ,\"Unrealized Gain/Loss $ Chg % Chg\" \n\
             \"JEPI !  Executed Buy\" ,\"JPMORGAN EQUITY PREMIUM\" ,\"$50.00\" ,\"10\" ,\"+$0.29 +0.25%\" ,\"$500.00\" ,\"$999.00\" ,\"$450.00\" ,\"+$50.00 +11.1%\" \n\
             \"Balances\" ,\"\" \n\"Money accounts\" ,\"\" ,\"\" ,\"\" ,\"\" ,\"$25.00\" \n\"Total\" ,\"\" ,\"\" ,\"\" ,\"\" ,\"$525.00\" \n");
        assert_eq!((account.layout.as_str(), account.label().as_str()), ("flat-2026-07", "...1B22 CMA-Edge"));
        assert_eq!(account.positions[0].symbol.as_deref(), Some("JEPI"));
        assert_eq!(account.positions[0].cost_basis.unwrap().dollars(), "$450.00");
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$25.00");
        assert_eq!(account.reported_total.unwrap().dollars(), "$525.00");
    }

    /// The columns stand in the order of the view, and the words of the balances in the first of them.
    #[test]
    fn another_column_may_stand_first() {
        let account = one("Exported on: 07/31/2026 08:48 PM ET \n,\nSelected account(s):CMA-Edge 7AA-11B22 \n,\n\
             \"Description\" ,\"Symbol \" ,\"Price\" ,\"Quantity\" ,\"Value\" ,\"Total Client Investment\" \n\
             \"JPMORGAN EQUITY PREMIUM\" ,\"JEPI\" ,\"$50.00\" ,\"10\" ,\"$500.00\" ,\"$450.00\" \n\
             \"Balances\" ,\"\" \n\"Money accounts\" ,\"\" ,\"\" ,\"\" ,\"$25.00\" \n\"Total\" ,\"\" ,\"\" ,\"\" ,\"$525.00\" \n");
        assert_eq!(account.positions.len(), 1);
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$25.00");
        assert_eq!(account.reported_total.unwrap().dollars(), "$525.00");
    }

    #[test]
    fn the_older_layout_has_a_row_per_account_and_security() {
        let text = "COB Date,Security #,Symbol,CUSIP #,Security Description,Account Nickname,Account Registration,Account #,Quantity,Price,Value,Unrealized Gain/Loss\n\
             07/31/2020,1,VTI,922908769,VANGUARD TOTAL,My IRA,IRRA,7AA-11B22,10,$150.00,\"$1,500.00\",$1.00\n";
        let account = one(text);
        assert_eq!(account.label(), "...1B22 My IRA");
        assert_eq!(account.as_of.unwrap().to_string(), "2020-07-31");
        // The registration tells where the nickname does not.
        for (registration, kind) in
            [("IRRA", "traditional"), ("Roth IRA", "roth"), ("CMA", "taxable"), ("X", "taxable")]
        {
            let named = text.replace("My IRA,IRRA", &format!("Beach house,{registration}"));
            assert_eq!(one(&named).kind.id(), kind, "{registration}");
        }
    }
}
