//! Fidelity: `Portfolio_Positions_*.csv` in all its views and eras, with one row per account and holding.

use super::body::ColumnMap;
use super::draft::{self, Cells};
use super::input::Input;
use super::percent::{self, Share};
use super::report::Report;
use super::table::{Columns, Row};
use super::totals::{Above, RowKind};
use super::{Detection, Found, ReaderEntry, dates, kinds};
use crate::model::{AssetKind, HeldIn, Position};
use crate::units::{Decimal, Money};

/// What the reader does.
pub const DOC: &str = "Reads Portfolio_Positions files of Fidelity: the legacy view, those of 2021 and 2022-2025, the lower-case one of\n\
2026, the view with investment types and the dividend view, which has no cost basis.\n\
Core positions (SPAXX**, FCASH**) are the account's cash. `Pending activity` is kept apart. A holding split into\n\
Cash and Margin stays two rows. A BROKERAGELINK row is skipped when the BrokerageLink account is in the file, since\n\
it would count twice. The file has no totals; the percents of the account are the checksum.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "fidelity-positions",
    broker: "Fidelity positions",
    doc: DOC,
    download: "Accounts & Trade > Portfolio > Positions > the three dots > Download",
    needs: NEEDS,
    detect,
    read,
};

const ACCOUNT: &[&str] = &["account number", "account name/number"];
const SYMBOL: &[&str] = &["symbol"];
const QUANTITY: &[&str] = &["quantity"];
const PRICE: &[&str] = &["last price"];
const VALUE: &[&str] = &["current value"];
const PERCENT: &[&str] = &["percent of account"];
const NEEDS: &[&[&str]] = &[ACCOUNT, SYMBOL, QUANTITY, VALUE];

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.has(NEEDS))
}

const MAP: ColumnMap = ColumnMap {
    symbol: SYMBOL,
    name: &["description"],
    kind: &["investment type"],
    quantity: QUANTITY,
    price: PRICE,
    value: VALUE,
    cost: &["cost basis total", "cost basis"],
    cost_per_share: &["average cost basis", "cost basis per share"],
    gain: &["total gain/loss dollar", "total gain/loss $"],
};

/// The columns of a view.
struct Header {
    cells: Cells,
    account: Option<usize>,
    name: Option<usize>,
    percent: Option<usize>,
    held_in: Option<usize>,
    layout: &'static str,
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut found = Found::default();
    let mut when = None;
    let mut header: Option<Header> = None;
    let mut shares: Vec<Vec<Share<'_>>> = Vec::new();
    let mut above = Above::default();
    let names = table.rows().find_map(|row| Columns::of_if(&row, "account").filter(|names| names.has(NEEDS)));
    let column = |wanted: &[&str]| names.as_ref().and_then(|names| names.find(wanted));
    let (number, name, symbol) = (column(ACCOUNT), column(&["account name"]), column(SYMBOL));
    let linked = table.rows().any(|row| {
        [number, name].iter().any(|column| row.get(*column).to_lowercase().contains("brokeragelink"))
            && !row.get(symbol).eq_ignore_ascii_case("brokeragelink")
    });
    for row in table.rows().filter(|row| !row.is_blank()) {
        if let Some(names) = Columns::of_if(&row, "account").filter(|names| names.has(NEEDS)) {
            header = Some(Header {
                cells: MAP.cells(&names),
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
                when = dates::find(text);
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
        let index = found.account(number, |account| {
            (account.name, account.id) = identity(number, row.get(header.name));
            account.broker = "fidelity".to_owned();
            header.layout.clone_into(&mut account.layout);
            account.place = Some(row.place());
        });
        shares.resize_with(shares.len().max(index + 1), Vec::new);
        let Some((account, shares)) = found.accounts.get_mut(index).zip(shares.get_mut(index)) else { continue };
        let cells = &header.cells;
        let mut share = Share { row, value: row.quiet(cells.value).map(Money), percent: row.quiet(header.percent) };
        match row.get(cells.symbol).to_ascii_lowercase().as_str() {
            "pending activity" => {
                if report.fits(&row, cells.width, &[cells.value])
                    && let Some(amount) = row.number(cells.value, report)
                {
                    account.pending = Some(account.pending.unwrap_or_default() + Money(amount));
                }
            }
            "brokeragelink" if linked => {
                report.skipped(&row, "the BrokerageLink account is in the file too, and its money would count twice");
            }
            _ if kinds::is_borrowed(row.get(cells.symbol)) && row.is_null(cells.quantity) => {
                account.cash.extend(row.number(cells.value, report).map(|owed| ("USD".to_owned(), Money(owed))));
            }
            _ if above.next(&row, cells, report) == RowKind::Total => continue,
            _ if report.fits(&row, cells.width, &cells.needed()) => {
                let position = header.holding(&row, report);
                share.value = position.value.filter(|_| !position.value_computed);
                account.positions.push(position);
            }
            _ => continue,
        }
        shares.push(share);
    }
    for account in &mut found.accounts {
        account.as_of = when.as_ref().map(|when| when.date);
        account.as_of_text = when.as_ref().map(|when| when.text.clone());
        draft::check_total(account, None, report);
    }
    if !report.has_errors() {
        let symbol = header.as_ref().and_then(|header| header.cells.symbol);
        for (account, shares) in found.accounts.iter().zip(&shares) {
            percent::check(shares, &account.label(), symbol, report);
        }
    }
    found
}

impl Header {
    /// Returns the position of a row that fits the header.
    fn holding(&self, row: &Row<'_>, report: &mut Report) -> Position {
        let cells = &self.cells;
        let symbol = row.get(cells.symbol);
        let said = symbol.eq_ignore_ascii_case("brokeragelink").then_some(AssetKind::Other);
        let mut position = cells.position(row, said, report);
        position.held_in = HeldIn::from_word(row.get(self.held_in));
        // A core row has the mark of one, at a price of one if any; a money fund that was bought has its shares.
        let held = || row.get(cells.name).get(..8).is_some_and(|start| start.eq_ignore_ascii_case("HELD IN "));
        let one = position.price.is_none_or(|price| price.decimal() == Decimal::ONE);
        if symbol.ends_with("**") && one || position.quantity.is_none() && held() {
            position.core = true;
            if !position.kind.is_cash() {
                let fund = kinds::guess(position.symbol.as_deref(), "") == AssetKind::MoneyMarket;
                position.kind = if fund { AssetKind::MoneyMarket } else { AssetKind::Cash };
            }
        }
        draft::complete(&mut position, report);
        position
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
    let lower = row.texts().any(|text| text.starts_with("Account number"));
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
    fn what_is_owed_is_cash() {
        let account = one(&format!(
            "{HEAD}Z1,A,VTI,V,10,$300.00,$3000.00,$1.00,Margin,\r\nZ1,A,Margin balance,,,,-$500.00,,,\r\n"
        ));
        assert_eq!((account.positions.len(), account.cash_in("USD").unwrap().dollars()), (1, "-$500.00".to_owned()));
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
    fn the_cost_of_one_share_gives_that_of_all_where_it_stands_alone() {
        let head = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Average Cost Basis,Type\n";
        let cost =
            |cells: &str| one(&format!("{head}Z1,A,VTI,X,10,$300.00,$3000.00,{cells},Cash\n")).positions[0].cost_basis;
        assert_eq!(cost(",$200.00").map(|cost| cost.dollars()).as_deref(), Some("$2,000.00"));
        assert_eq!(cost("n/a,n/a"), None);
    }

    #[test]
    fn an_unquoted_thousands_comma_is_an_error() {
        assert_eq!(errors(&format!("{HEAD}Z1,A,VTI,X,1,250,$302.10,$377625.00,$1.00,Cash,\r\n")), ["long-row"]);
    }

    #[test]
    fn names_and_prices_tell_cash_from_stocks_that_look_like_it() {
        let account = one(&format!(
            "{HEAD}Z1,A,USD,PROSHARES TR PSHS ULTRA SEMICONDUCTORS,100,$100.00,$10000.00,$5000.00,Cash\r\n\
             Z1,A,CASH,PATHWARD FINANCIAL INC COM,100,$80.00,$8000.00,$5000.00,Cash\r\n\
             Z1,A,BTM,BITCOIN DEPOT INC COM CL A,100,$5.00,$500.00,$500.00,Cash\r\n\
             Z1,A,QPISQ**,FDIC INSURED DEPOSIT AT A BANK NOT COVERED BY SIPC,1000,$1.00,$1000.00,--,Cash\r\n"
        ));
        let told: Vec<_> = account.positions.iter().map(|position| (position.kind.is_cash(), position.core)).collect();
        assert_eq!(told, [(false, false), (false, false), (false, false), (true, true)]);
        assert!(account.positions.iter().take(3).all(|position| position.kind.is_tradable()));
    }

    #[test]
    fn a_total_is_no_position() {
        let row = "Z1,A,VTI,X,10,$300.00,$3000.00,$1.00,Cash,\r\n";
        assert_eq!(one(&format!("{HEAD}{row}Z1,A,Account Total,,,,$3000.00,,\r\n")).positions.len(), 1);
        assert_eq!(errors(&format!("{HEAD}{row}Z1,A,Account Total,,,,$4000.00,,\r\n")), ["total-gap"]);
    }
}
