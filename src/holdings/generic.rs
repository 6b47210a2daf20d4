//! Any other table: columns mapped by the user in `[import.NAME]`, or by names that leave no doubt.

use std::collections::BTreeMap;

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Delimiter, Row, plain};
use super::totals::{self, Above, RowKind};
use super::{BAD_DATE, BAD_NUMBER, COLUMNS_BY_NAME, Found, currencies, dates, transactions};
use crate::config::{Document, Fields, Kind, Param};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::model::{Currency, Lot};
use crate::units::{Money, NumberStyle};

/// What the mapping does.
pub const DOC: &str = "Reads any table with a header. [import.NAME] in broaden.toml says which column is what:\n\
[import.sheet]\nsymbol = \"Ticker\"\nquantity = \"Shares\"\nprice = \"Price\"\nvalue = \"Value\"\ncost = \"Cost\"\naccount = \"Account\"\n\
A row whose symbol is CASH (or one of `cash-symbols`) is cash. A last row without a symbol is the total, a checksum.\n\
Without a mapping a table is read if its names leave no doubt (Symbol or Ticker, Shares or Quantity, Price or Value),\n\
and a note says which column was taken for what.";

/// The keys of `[import.NAME]`.
pub const PARAMS: &[Param] = &[
    Param::optional("symbol", Kind::Text, "Name of the column with the ticker."),
    Param::required("quantity", Kind::Text, "Name of the column with the number of shares."),
    Param::optional("name", Kind::Text, "Name of the column with the description."),
    Param::optional("kind", Kind::Text, "Name of the column with the kind of security."),
    Param::optional("price", Kind::Text, "Name of the column with the price per share."),
    Param::optional("value", Kind::Text, "Name of the column with the market value."),
    Param::optional("cost", Kind::Text, "Name of the column with the total cost."),
    Param::optional("cost-per-share", Kind::Text, "Name of the column with the cost per share."),
    Param::optional("gain", Kind::Text, "Name of the column with the unrealised gain, where no column has the cost."),
    Param::optional("account", Kind::Text, "Name of the column with the account's name or number."),
    Param::optional("currency", Kind::Text, "Name of the column with the currency; USD without it."),
    Param::optional("opened", Kind::Text, "Name of the column with the purchase date, where each row is a lot."),
    Param::with_default("decimal", Kind::Choice(&["point", "comma"]), "\"point\"", "Decimal separator of the numbers."),
    Param::with_default("cash-symbols", Kind::Texts, "[\"CASH\"]", "Symbols that mean cash."),
    Param::optional("as-of", Kind::Date, "Day of the figures, where the file has none."),
];

/// Which column is what.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportMapping {
    /// NAME of `[import.NAME]`; empty for columns taken by their plain names.
    pub name: String,
    columns: BTreeMap<&'static str, String>,
    comma: bool,
    cash: Vec<String>,
    as_of: Option<chrono::NaiveDate>,
    place: Option<Place>,
}

#[rustfmt::skip]
const ROLES: [&str; 12] = [
    "symbol", "quantity", "name", "kind", "price", "value", "cost", "cost-per-share", "gain", "account", "currency", "opened",
];

/// Names that leave no doubt, for tables without a mapping; compared by their letters and digits alone.
#[rustfmt::skip]
const PLAIN: [(&str, &[&str]); 12] = [
    ("symbol", &["symbol", "ticker", "ticker symbol", "stock symbol", "instrument symbol", "symbol/cusip"]),
    ("quantity", &[
        "quantity", "shares", "qty", "units", "# of shares", "no. of shares", "number of shares", "share count",
        "shares owned", "shares held", "position",
    ]),
    ("name", &[
        "name", "description", "security", "security name", "company", "company name", "asset name", "fund name",
        "security description",
    ]),
    ("kind", &["asset type", "security type", "asset class", "type", "instrument type", "product type", "category"]),
    ("price", &[
        "price", "last price", "current price", "share price", "market price", "close", "closing price", "last",
        "unit price", "price per share", "price $", "last price $",
    ]),
    ("value", &[
        "value", "market value", "current value", "total value", "amount", "mkt value", "mkt val", "position value",
        "market value $", "value $", "balance",
    ]),
    ("cost", &[
        "cost", "cost basis", "total cost", "cost basis total", "total cost basis", "book cost", "book value",
        "purchase value", "amount invested", "invested", "cost basis $", "adjusted cost",
    ]),
    ("cost-per-share", &[
        "cost per share", "avg cost", "average cost", "unit cost", "cost/share", "avg price", "average price",
        "avg cost basis", "average cost basis", "average cost per share", "average buy price", "avg buy price",
        "purchase price", "buy price", "cost basis per share", "cost basis/share", "avg entry price", "price paid",
    ]),
    ("gain", &[
        "gain", "gain/loss", "gain/loss $", "total gain", "total gain $", "unrealized gain", "unrealized gain/loss",
        "unrealised gain", "unrealized p/l", "unrealized pnl", "unrealized pl", "total gain/loss", "total gain/loss dollar",
        "unrealized gain $", "profit", "profit/loss", "total return $",
    ]),
    ("account", &["account", "account name", "account number", "portfolio"]),
    ("currency", &["currency", "ccy", "currency code"]),
    ("opened", &[
        "opened", "open date", "date opened", "purchase date", "date purchased", "bought", "acquired", "date acquired",
        "acquired date", "acquisition date", "buy date", "date of purchase",
    ]),
];

/// Names that say the table holds quotes or the contents of a fund.
const NOT_HOLDINGS: &[&str] = &["weight", "weight (%)", "sedol", "open", "high", "low", "volume"];

/// Returns the letters and digits of a name, and the signs that tell an amount from a percent or a count.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '#' | '%')).flat_map(char::to_lowercase).collect()
}

/// Reads the `[import]` section of a config.
pub fn read_imports(document: &Document, sink: &mut Sink) -> Vec<ImportMapping> {
    let Some(section) = document.root.table("import") else { return Vec::new() };
    let mut all = Vec::new();
    for (name, node, table) in section.tables() {
        let fields = Fields::new(table, format!("import.{name}"), Some(node.key_place.clone()), PARAMS, sink);
        let columns = ROLES.iter().filter_map(|role| Some((*role, plain(&fields.text(role)?)))).collect();
        let cash = fields.texts("cash-symbols").unwrap_or_default().into_iter().map(|(text, _)| text).collect();
        all.push(ImportMapping {
            name: name.to_owned(),
            columns,
            comma: fields.text("decimal").as_deref() == Some("comma"),
            cash,
            as_of: fields.date("as-of"),
            place: Some(node.key_place.clone()),
        });
    }
    all
}

impl ImportMapping {
    /// Returns the mapping that the plain names of a header suggest, if they leave no doubt.
    fn of(names: &Columns) -> Option<Self> {
        if names.find(NOT_HOLDINGS).is_some() {
            return None;
        }
        let role = |(role, alternatives): &(&'static str, &[&str])| {
            let found = alternatives.iter().find_map(|known| names.names().find(|name| bare(name) == bare(known)))?;
            Some((*role, found.to_owned()))
        };
        let columns: BTreeMap<&'static str, String> = PLAIN.iter().filter_map(role).collect();
        let enough = columns.contains_key("symbol")
            && columns.contains_key("quantity")
            && (columns.contains_key("price") || columns.contains_key("value"));
        enough.then(|| ImportMapping {
            name: String::new(),
            columns,
            comma: false,
            cash: vec!["CASH".to_owned()],
            as_of: None,
            place: None,
        })
    }

    fn column(&self, names: &Columns, role: &str) -> Option<usize> {
        names.find(&[self.columns.get(role)?.as_str()])
    }

    fn fits(&self, names: &Columns) -> bool {
        self.columns.values().all(|name| names.find(&[name.as_str()]).is_some())
    }

    /// Returns whether the user says that a symbol is cash.
    fn is_cash(&self, symbol: &str) -> bool {
        !self.name.is_empty() && self.cash.iter().any(|cash| cash.eq_ignore_ascii_case(symbol.trim()))
    }
}

/// Returns the user's mapping whose columns a file has.
pub fn mapped<'m>(input: &Input<'_>, imports: &'m [ImportMapping]) -> Vec<&'m ImportMapping> {
    imports.iter().filter(|import| input.headers.iter().any(|names| import.fits(names))).collect()
}

/// Returns the mapping that the file's own names suggest.
pub fn by_names(input: &Input<'_>) -> Option<ImportMapping> {
    input.headers.iter().find_map(ImportMapping::of)
}

/// Reads a file with a mapping.
pub fn read(input: &Input<'_>, mapping: &ImportMapping, report: &mut Report) -> Found {
    let mut table = input.table(report);
    if mapping.comma {
        table.style = NumberStyle::Comma;
    }
    let mut found = Found::default();
    let header = table.rows().map(|row| (Columns::of(&row), row)).find(|(names, _)| mapping.fits(names));
    let Some((names, header_row)) = header else { return found };
    let role = |role: &str| mapping.column(&names, role);
    let cells = Cells {
        width: names.width(),
        symbol: role("symbol"),
        name: role("name"),
        kind: role("kind"),
        quantity: role("quantity"),
        price: role("price"),
        value: role("value"),
        cost: role("cost"),
        cost_per_share: role("cost-per-share"),
        gain: role("gain"),
    };
    let rows: Vec<Row<'_>> = table
        .rows()
        .filter(|row| !row.is_blank() && row.line() > header_row.line() && !row.text(0).starts_with('#'))
        .collect();
    let mapped = ROLES.map(role);
    let mut as_of = mapping.as_of;
    match transactions::look(&header_row, &names, &cells, &mapped, &rows) {
        transactions::Found::Transactions(place, why) => {
            report.push(transactions::refuse(input, place, &why));
            return found;
        }
        transactions::Found::Day(day) => as_of = as_of.or(Some(day)),
        transactions::Found::Nothing => {}
    }
    if mapping.name.is_empty() && input.delimiter == Delimiter::Semicolon && thousands(&rows, &cells, report) {
        return found;
    }
    if mapping.name.is_empty() {
        let taken: Vec<String> = mapping.columns.iter().map(|(role, name)| format!("`{name}` is the {role}")).collect();
        let used: Vec<Option<usize>> = mapping.columns.keys().map(|role| mapping.column(&names, role)).collect();
        let unused: Vec<String> = (0..names.width())
            .filter(|column| !used.contains(&Some(*column)))
            .map(|column| header_row.get(Some(column)))
            .filter(|name| !name.trim().is_empty())
            .map(|name| format!("`{}`", name.trim()))
            .collect();
        let unused = if unused.is_empty() { String::new() } else { format!("; not used: {}", unused.join(", ")) };
        report.push(
            Diagnostic::note(
                COLUMNS_BY_NAME,
                format!("no broker's format; read by its column names: {}{unused}", taken.join(", ")),
            )
            .at(header_row.place())
            .hint("say otherwise in [import.NAME] of broaden.toml"),
        );
    }
    let layout = if mapping.name.is_empty() { "google-sheets" } else { mapping.name.as_str() };
    let mut above = Above::default();
    for row in rows {
        let symbol = row.get(cells.symbol);
        if let Some(only) = row.only() {
            // A download that is cut off ends in a single cell, and a remark has several words.
            if row.is_cut(names.width()) && !only.contains(' ') {
                report.fits(&row, names.width(), &[]);
            } else if !totals::says_total(only) {
                report.skipped(&row, "it is a single text");
            }
            continue;
        }
        let kind = if mapping.is_cash(symbol) {
            let amount = row.quiet(cells.value).or_else(|| row.quiet(cells.quantity));
            RowKind::Cash("USD".to_owned(), Money(amount.unwrap_or_default()))
        } else {
            above.next(&row, &cells, report)
        };
        if kind == RowKind::Total || !report.fits(&row, names.width(), &cells.needed()) {
            continue;
        }
        let label = row.get(role("account")).to_owned();
        let index = found.account(&label, |account| {
            account.broker = "generic".to_owned();
            account.layout = layout.to_owned();
            let number = label.len() >= 5
                && label.bytes().filter(u8::is_ascii_digit).count() * 2 > label.len()
                && !label.contains(' ');
            if number {
                account.id = Some(label.clone());
            } else {
                account.name = Some(label.clone()).filter(|label| !label.is_empty());
            }
            account.as_of = as_of;
            account.place = Some(row.place());
        });
        let Some(account) = found.accounts.get_mut(index) else { continue };
        let currency = currencies::of_cell(&row, role("currency"), report);
        if let RowKind::Cash(code, amount) = kind {
            let code = currency.map_or(code, |currency| currency.to_string());
            account.cash.push((code, amount));
            continue;
        }
        let mut position = cells.position(&row, None, report);
        // A ticker of another country's exchange is quoted in that country's money.
        let exchange = currencies::of_exchange(symbol).map(Currency::from);
        position.currency = currency.or(exchange).unwrap_or(Currency::USD);
        if let Some((opened, quantity)) = role("opened").zip(position.quantity.filter(|quantity| !quantity.is_zero())) {
            let mut lot = Lot::new(String::new(), quantity);
            let day = row.text(opened);
            lot.opened = dates::leading(day).or_else(|| dates::serial(day));
            if lot.opened.is_none() && !day.trim().is_empty() {
                let problem = Diagnostic::warning(BAD_DATE, format!("`{}` is not a date", day.trim()));
                report.push(
                    problem.at(row.place()).hint("the lot is taken as of unknown date: short-term if it has a gain"),
                );
            }
            lot.cost_basis = position.cost_basis;
            lot.place = position.place.clone();
            position.lots.push(lot);
        }
        account.positions.push(position);
    }
    for account in &mut found.accounts {
        draft::close(account, None, report);
    }
    found
}

/// Reports, in a file with semicolons, numbers such as `1.000` that are one thousand where a comma is the decimal sign, and
/// one where a point is: nothing in the file says which.
fn thousands(rows: &[Row<'_>], cells: &Cells, report: &mut Report) -> bool {
    let columns = [cells.quantity, cells.price, cells.value, cells.cost, cells.cost_per_share];
    let numbers = || rows.iter().flat_map(|row| columns.into_iter().flatten().map(move |column| (*row, column)));
    let grouped = |text: &str| {
        let mut groups = text.split('.');
        groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && {
            let mut rest = groups.peekable();
            rest.peek().is_some() && rest.all(|group| group.len() == 3)
        }
    };
    let digits = |row: &Row<'_>, column| row.text(column).trim_start_matches(['-', '+', '$']).to_owned();
    let told = numbers().any(|(row, column)| {
        let text = digits(&row, column);
        text.contains(['.', ',']) && !grouped(&text)
    });
    let doubtful = numbers().find(|(row, column)| grouped(&digits(row, *column)));
    let Some((row, column)) = doubtful.filter(|_| !told) else { return false };
    let message = format!("`{}` may be thousands or decimals: nothing in the file says which", row.text(column));
    report.push(
        Diagnostic::error(BAD_NUMBER, message)
            .at(row.cell_place(column))
            .hint("map the columns with [import.NAME] in broaden.toml, with decimal = \"comma\" or \"point\""),
    );
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;
    use crate::holdings::{self, testing::portfolio};
    use crate::model::RawFile;

    #[test]
    fn a_mapping_decides_which_column_is_what() {
        let mut sink = Sink::default();
        let config = "[import.sheet]\nsymbol = \"Wertpapier\"\nquantity = \"Menge\"\nvalue = \"Wert\"\naccount = \"Depot\"\ndecimal = \"comma\"\nopened = \"Kauf\"\ncash-symbols = [\"Konto\"]\n";
        let document = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut sink);
        let imports = read_imports(&document, &mut sink);
        let file = RawFile::new(
            "x.csv",
            b"Depot;Wertpapier;Kauf;Menge;Wert\nRoth;VTI;2024-01-02;10,5;1.050,00\nRoth;Konto;;;12,34\n;;;;1.062,34\n"
                .to_vec(),
        );
        let read = holdings::read_with(&[file], &[], &imports, &mut sink);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let account = &read.accounts[0];
        assert_eq!((account.layout.as_str(), account.cash_in("USD").unwrap().dollars().as_str()), ("sheet", "$12.34"));
        assert_eq!(account.positions[0].lots[0].quantity.text(), "10.5");
    }

    #[test]
    fn plain_names_are_read_with_a_note_and_transactions_are_not() {
        let (read, sink) = portfolio(&["Ticker,Shares,Price\nVTI,10,300\n"]);
        assert_eq!(read.accounts[0].positions[0].value.unwrap().dollars(), "$3,000.00");
        assert!(sink.items.iter().any(|item| item.code.id == "columns-by-name"));
        let (_, sink) = portfolio(&["Ticker,Shares,Price,Action\nVTI,10,300,Buy\n"]);
        assert!(sink.items.iter().any(|item| item.code.id == "refused-file"));
    }

    #[test]
    fn currencies_are_read_as_they_are_written_or_the_row_has_no_dollars() {
        let (read, sink) = portfolio(&[
            "Symbol,Name,Shares,Price,Value,Currency\nSAP,SAP SE,100,200,20000,Euro\nSHEL,Shell PLC,100,25,2500,£\n\
            RY,Royal Bank,100,150,15000,C$\nX,X,1,1,1,Brass\nVTI,Vanguard Total Stock Market ETF,10,300,3000,US$\n",
        ]);
        let found: Vec<&str> = read.accounts[0].positions.iter().map(|position| position.currency.as_str()).collect();
        assert_eq!(found, ["EUR", "GBP", "CAD", "XXX", "USD"]);
        assert!(sink.items.iter().any(|item| item.code.id == "foreign-currency" && item.message.contains("`Brass`")));
        let (read, _) = portfolio(&["Symbol,Shares,Price\nVFV.TO,10,100\nTSE:SHOP,1,100\nBRK.B,1,400\n"]);
        let found: Vec<&str> = read.accounts[0].positions.iter().map(|position| position.currency.as_str()).collect();
        assert_eq!(found, ["CAD", "CAD", "USD"]);
    }

    #[test]
    fn a_last_row_without_its_cells_is_cut_off() {
        let errors = crate::holdings::testing::errors;
        assert_eq!(errors("Symbol,Shares,Price\nVTI,10,300\nS000015X"), ["short-row"]);
        assert_eq!(errors("Symbol,Shares,Price\nVTI,10,300\nwritten by hand"), [""; 0]);
    }

    #[test]
    fn thousands_that_may_be_decimals_are_in_doubt() {
        let errors = crate::holdings::testing::errors;
        assert_eq!(
            errors("Symbol;Shares;Price;Value\nAAPL;1.000;250;250.000\nMSFT;2.000;400;800.000\n"),
            ["bad-number"]
        );
        assert_eq!(errors("Symbol;Shares;Price;Value\nAAPL;1.000;250;250.00\n"), [""; 0]);
        assert_eq!(errors("Symbol,Shares,Price,Value\nAAPL,1.000,250,250.000\n"), [""; 0]);
    }

    #[test]
    fn a_cost_that_is_not_printed_follows_from_the_gain() {
        let (read, _) = portfolio(&[
            "Ticker,Shares,Price,Value,Unrealized Gain/Loss\nVTI,10,300,3000,1000\nBND,10,70,700,-50\nX,1,1,1,0\n",
        ]);
        let costs: Vec<_> =
            read.accounts[0].positions.iter().map(|position| position.cost_basis.map(Money::dollars)).collect();
        assert_eq!(costs, [Some("$2,000.00".to_owned()), Some("$750.00".to_owned()), None]);
    }
}
