//! Fidelity: `Portfolio_Positions_*.csv` in all its views and eras, with one row per account and holding.

use std::cell::LazyCell;

use super::draft::{self, Cells};
use super::input::Input;
use super::percent::{self, Share};
use super::report::Report;
use super::table::{Columns, Row, Table};
use super::{Detection, Found, ReaderEntry, cores, dates, kinds};
use crate::model::{Account, AssetKind, HeldIn, Position};
use crate::units::{Decimal, Money, NumberStyle, parse_number};

/// What the reader does.
pub const DOC: &str = "Reads Portfolio_Positions files of Fidelity: the legacy view, those of 2021 and 2022-2025, the lower-case one of\n\
2026, the view with investment types and the dividend view, which has no cost basis.\n\
Core positions (SPAXX**, FCASH**) are the account's cash. `Pending activity` is kept apart. A holding split into\n\
Cash and Margin stays two rows. A BROKERAGELINK row is skipped when the BrokerageLink account is in the file, since\n\
it would count twice. The file has no totals; the percents of the account are the checksum.";

/// The registry entry.
pub const READER: ReaderEntry =
    ReaderEntry { id: "fidelity-positions", broker: "Fidelity positions", doc: DOC, needs: NEEDS, detect, read };

const ACCOUNT: &[&str] = &["account number", "account name/number"];
const SYMBOL: &[&str] = &["symbol"];
const QUANTITY: &[&str] = &["quantity"];
const PRICE: &[&str] = &["last price"];
const VALUE: &[&str] = &["current value"];
const PERCENT: &[&str] = &["percent of account"];
/// Symbols of rows that are no positions.
const PENDING: &str = "pending activity";
const LINK: &str = "brokeragelink";
const NEEDS: &[&[&str]] = &[ACCOUNT, SYMBOL, QUANTITY, VALUE];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut when = None;
    let mut header: Option<Header> = None;
    let mut shares: Vec<Vec<Share>> = Vec::new();
    let linked = LazyCell::new(|| {
        table.rows().any(|row| {
            (0..2).any(|column| contains(&row.text(column), "brokeragelink"))
                && !row.text(2).eq_ignore_ascii_case("BROKERAGELINK")
        })
    });
    let linked: &dyn Fn() -> bool = &|| *linked;
    let mut next = 0;
    while let Some(row) = table.row(next) {
        if let Some(header) = header.as_ref().filter(|header| header.is_plain(&row)) {
            let number = row.get(header.account);
            if !number.is_empty()
                && let Some((account, shares)) = account_of(&number, &row, header, &mut found, &mut shares)
            {
                next = header.plain_rows(&table, next, account, shares, report);
                continue;
            }
        }
        next += 1;
        if row.is_blank() {
            continue;
        }
        if let Some(names) = Columns::of_if(&row, "account").filter(|names| names.has(NEEDS)) {
            let cells = Cells {
                width: names.width(),
                symbol: names.find(SYMBOL),
                name: names.find(&["description"]),
                kind: names.find(&["investment type"]),
                quantity: names.find(QUANTITY),
                price: names.find(PRICE),
                value: names.find(VALUE),
                cost: names.find(&["cost basis total", "cost basis"]),
                cost_per_share: names.find(&["average cost basis", "cost basis per share"]),
            };
            header = Some(Header {
                width: names.width(),
                cells,
                account: names.find(ACCOUNT),
                name: names.find(&["account name"]),
                percent: names.find(PERCENT),
                held_in: names.find(&["type"]),
                layout: layout(&row, &names),
            });
            continue;
        }
        if let Some(text) = row.only() {
            if text.to_lowercase().contains("date downloaded") {
                when = dates::find(&text);
            } else if text.len() < 60 {
                report.skipped(&row, "it is a single text");
            }
            continue;
        }
        let Some(header) = &header else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        let number = row.get(header.account);
        if number.is_empty() {
            report.skipped(&row, "it names no account");
            continue;
        }
        let made = account_of(&number, &row, header, &mut found, &mut shares);
        let Some((account, shares)) = made else { continue };
        let cells = &header.cells;
        let mut counts_only = || {
            let value = read_quietly(&row, cells.value).map(Money);
            shares.push(Share { row: row.index as u32, value, percent: read_quietly(&row, header.percent) });
        };
        match row.get(cells.symbol).as_ref() {
            word if word.eq_ignore_ascii_case(PENDING) => {
                counts_only();
                if report.fits(&row, header.width, &[cells.value])
                    && let Some(amount) = row.number(cells.value, report)
                {
                    account.pending = Some(account.pending.unwrap_or_default() + Money(amount));
                }
            }
            word if word.eq_ignore_ascii_case(LINK) && linked() => {
                counts_only();
                report.skipped(&row, "the BrokerageLink account is in the file too, and its money would count twice");
            }
            _ if report.fits(&row, header.width, &cells.needed()) => {
                let (position, share) = header.holding(&row, report);
                account.positions.push(position);
                shares.push(share);
            }
            _ => {}
        }
    }
    for account in &mut found.accounts {
        account.as_of = when.as_ref().map(|when| when.date);
        account.as_of_text = when.as_ref().map(|when| when.text.clone());
        draft::check_total(account, None, report);
    }
    if !report.has_errors() {
        let symbol = header.as_ref().and_then(|header| header.cells.symbol);
        for (account, shares) in found.accounts.iter().zip(&shares) {
            percent::check(shares, &account.label(), &table, symbol, report);
        }
    }
    report.sort();
    found
}

/// The columns of a view, found once: the header is looked up in every row.
struct Header {
    /// Cells up to the last named column.
    width: usize,
    cells: Cells,
    account: Option<usize>,
    name: Option<usize>,
    percent: Option<usize>,
    held_in: Option<usize>,
    layout: &'static str,
}

/// Returns the account of a row and what its rows say of their shares of it.
fn account_of<'f>(
    number: &str,
    row: &Row<'_>,
    header: &Header,
    found: &'f mut Found,
    shares: &'f mut Vec<Vec<Share>>,
) -> Option<(&'f mut Account, &'f mut Vec<Share>)> {
    let index = found.account(number, |account| {
        (account.name, account.id) = identity(number, &row.get(header.name));
        account.broker = "fidelity".to_owned();
        header.layout.clone_into(&mut account.layout);
        account.place = Some(row.place());
    });
    shares.resize_with(shares.len().max(index + 1), Vec::new);
    found.accounts.get_mut(index).zip(shares.get_mut(index))
}

/// Returns whether a text holds a word, in any case.
fn contains(text: &str, word: &str) -> bool {
    text.len() >= word.len()
        && text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Returns the number of a cell; what is no number is reported where the cell is read as part of the position.
fn read_quietly(row: &Row<'_>, column: Option<usize>) -> Option<Decimal> {
    parse_number(&row.get(column), NumberStyle::Point).ok().flatten()
}

impl Header {
    /// Returns whether a row is a position at first sight, as almost every row of a long file is: only a position has a
    /// number of shares.
    fn is_plain(&self, row: &Row<'_>) -> bool {
        let word = row.get(self.cells.symbol);
        row.counts(self.cells.quantity)
            && ![PENDING, LINK].iter().any(|other| word.eq_ignore_ascii_case(other))
            && row.fits(self.width, &self.cells.needed())
    }

    /// Makes positions of the plain rows from one on that are of its account. Returns the number of the row behind them.
    fn plain_rows(
        &self,
        table: &Table<'_>,
        from: usize,
        account: &mut Account,
        shares: &mut Vec<Share>,
        report: &mut Report,
    ) -> usize {
        let number = table.at(from).get(self.account);
        let is_plain = |row: &Row<'_>| row.get(self.account) == number && self.is_plain(row);
        let nothing = || (Position::new(AssetKind::Other, ""), Share { row: 0, value: None, percent: None });
        let mut made = (std::mem::take(&mut account.positions), std::mem::take(shares));
        let make = |row: &Row<'_>, report: &mut Report| self.holding(row, report);
        let next = cores::each_plain_row(table, from, &mut made, report, is_plain, make, nothing);
        (account.positions, *shares) = made;
        next
    }

    /// Returns the position of a row that fits the header, and its share of the account.
    fn holding(&self, row: &Row<'_>, report: &mut Report) -> (Position, Share) {
        let cells = &self.cells;
        let symbol = row.get(cells.symbol);
        let said = symbol.eq_ignore_ascii_case(LINK).then_some(AssetKind::Other);
        let mut position = cells.position(row, said, report);
        position.held_in = HeldIn::from_word(&row.get(self.held_in));
        // A core row prints a value and no quantity; a money fund that was bought has both.
        let held = || row.get(cells.name).get(..8).is_some_and(|start| start.eq_ignore_ascii_case("HELD IN "));
        if position.quantity.is_none() && (symbol.ends_with("**") || held()) {
            position.core = true;
            if !position.kind.is_cash() {
                let fund = kinds::guess(position.symbol.as_deref(), "") == AssetKind::MoneyMarket;
                position.kind = if fund { AssetKind::MoneyMarket } else { AssetKind::Cash };
            }
        }
        draft::complete(&mut position, report);
        let value = position.value.filter(|_| !position.value_computed);
        (position, Share { row: row.index as u32, value, percent: read_quietly(row, self.percent) })
    }
}

/// The legacy first column may hold `Individual X12345678`, later ones the number alone.
fn identity(number: &str, name: &str) -> (Option<String>, Option<String>) {
    let name = (!name.is_empty()).then(|| name.to_owned());
    match number.rsplit_once([' ', '/']) {
        Some((words, last)) if last.bytes().any(|byte| byte.is_ascii_digit()) => {
            (name.or_else(|| Some(words.trim().to_owned())), Some(last.to_owned()))
        }
        _ => (name, Some(number.to_owned())),
    }
}

fn layout(row: &Row<'_>, names: &Columns) -> &'static str {
    let has = |name: &str| names.find(&[name]).is_some();
    let lower = (0..row.len()).any(|column| row.text(column).starts_with("Account number"));
    match () {
        () if has("account name/number") => "legacy",
        () if has("ex-date") && lower => "2026-dividend-view",
        () if has("ex-date") => "dividend-view",
        () if has("investment type") => "investment-type",
        () if lower => "2026-lowercase",
        () if has("cost basis") => "2021",
        () => "2022-2025",
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one};
    use crate::model::AssetKind;

    const HEAD: &str = "\u{feff}Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Type\r\n";

    #[test]
    fn core_pending_and_rows_with_one_field_more_are_read() {
        let account = one(&format!(
            "{HEAD}Z12345678,Individual,SPAXX**,HELD IN MONEY MARKET,,,$100.00,,Cash,\r\n\
             Z12345678,Individual,SPRXX,FIDELITY MONEY MARKET,10,$1.00,$10.00,$10.00,Cash,\r\n\
             Z12345678,Individual,Pending Activity,,,,$662.16\r\n\r\n\"Date downloaded Nov-08-2025 7:54 p.m ET\"\r\n"
        ));
        assert_eq!(account.pending.unwrap().dollars(), "$662.16");
        let core: Vec<bool> = account.positions.iter().map(|position| position.core).collect();
        assert_eq!(core, [true, false]);
        assert_eq!(account.positions[1].kind, AssetKind::MoneyMarket);
        assert_eq!(account.label(), "...5678 Individual");
    }

    #[test]
    fn problems_of_several_accounts_stand_in_the_order_of_the_file() {
        let file = format!(
            "{HEAD}Z1,A,VTI,X,x1,$302.10,$1.00,$1.00,Cash,\r\nZ2,B,VTI,X,1,250,$302.10,$302.10,$1.00,Cash,\r\n\
             Z1,A,BND,X,1,$3.00,y3,$1.00,Cash,\r\n"
        );
        assert_eq!(errors(&file), ["bad-number", "long-row", "bad-number"]);
    }

    /// An unquoted comma in the description moves every cell behind it by one; what is a number and what is not tells.
    #[test]
    fn text_where_the_cost_of_one_share_belongs_is_an_error() {
        let head = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,\
            Average Cost Basis,Type\n";
        let row = |cells: &str| errors(&format!("{head}Z1,A,VTI,X,{cells}\n"));
        assert_eq!(row("1,$302.10,$302.10,$200.00,$200.00,Cash"), [""; 0]);
        assert_eq!(row("1,$302.10,,$200.00,Cash,"), ["bad-number"]);
    }

    #[test]
    fn an_unquoted_thousands_comma_is_an_error() {
        assert_eq!(errors(&format!("{HEAD}Z1,A,VTI,X,1,250,$302.10,$377625.00,$1.00,Cash,\r\n")), ["long-row"]);
    }
}
