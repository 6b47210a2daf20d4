//! Any other table: columns mapped by the user in `[import.NAME]`, or by names that leave no doubt.

use std::collections::BTreeMap;

use super::draft::{self, Cells};
use super::input::Input;
use super::report::Report;
use super::table::{Columns, Row, plain};
use super::{BAD_DATE, COLUMNS_BY_NAME, Found, dates};
use crate::config::{Document, Fields, Kind, Param};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::model::Lot;
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

const ROLES: [&str; 11] =
    ["symbol", "quantity", "name", "kind", "price", "value", "cost", "cost-per-share", "account", "currency", "opened"];

/// Names that leave no doubt, for tables without a mapping.
const PLAIN: [(&str, &[&str]); 11] = [
    ("symbol", &["symbol", "ticker", "ticker symbol", "stock symbol"]),
    ("quantity", &["quantity", "shares", "qty", "units", "# of shares", "no. of shares"]),
    ("name", &["name", "description", "security", "security name", "company"]),
    ("kind", &["asset type", "security type", "asset class", "type"]),
    ("price", &["price", "last price", "current price", "share price", "market price", "close"]),
    ("value", &["value", "market value", "current value", "total value", "amount"]),
    ("cost", &["cost", "cost basis", "total cost", "cost basis total"]),
    ("cost-per-share", &["cost per share", "avg cost", "average cost", "unit cost", "cost/share", "avg price"]),
    ("account", &["account", "account name", "account number", "portfolio"]),
    ("currency", &["currency", "ccy"]),
    (
        "opened",
        &[
            "opened",
            "open date",
            "date opened",
            "purchase date",
            "date purchased",
            "bought",
            "acquired",
            "date acquired",
            "acquired date",
            "acquisition date",
        ],
    ),
];

/// Names that say the table holds transactions, quotes or fund contents, not holdings.
const NOT_HOLDINGS: &[&str] = &[
    "side",
    "action",
    "transaction type",
    "trans code",
    "activity type",
    "transaction date",
    "trade date",
    "weight",
    "weight (%)",
    "sedol",
    "open",
    "high",
    "low",
    "volume",
    "status",
    "time-in-force",
    "sector",
    "order type",
    "buy/sell",
];

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
        let columns: BTreeMap<&'static str, String> = PLAIN
            .iter()
            .filter_map(|(role, alternatives)| {
                Some((*role, (*alternatives.iter().find(|name| names.find(&[name]).is_some())?).to_owned()))
            })
            .collect();
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

    fn is_cash(&self, symbol: &str) -> bool {
        self.cash.iter().any(|cash| {
            cash.eq_ignore_ascii_case(symbol.trim().trim_start_matches('$')) || cash.eq_ignore_ascii_case(symbol.trim())
        })
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
    };
    let layout = if mapping.name.is_empty() { "google-sheets" } else { mapping.name.as_str() };
    let mut totals = 0;
    for row in table.rows().filter(|row| !row.is_blank() && row.line() > header_row.line()) {
        let symbol = row.get(cells.symbol);
        let word = symbol.to_lowercase();
        if matches!(word.as_str(), "total" | "totals" | "grand total" | "sum")
            || symbol.is_empty() && row.get(cells.name).is_empty()
        {
            totals += 1;
            // A file full of totals is not added up again and again.
            if totals <= 100 {
                total(&row, &cells, &found, report);
            }
            continue;
        }
        if row.only().is_some() {
            report.skipped(&row, "it is a single text");
            continue;
        }
        if !report.fits(&row, names.width(), &cells.needed()) {
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
            account.as_of = mapping.as_of;
            account.place = Some(row.place());
        });
        let Some(account) = found.accounts.get_mut(index) else { continue };
        let currency = Some(row.get(role("currency")))
            .filter(|code| code.len() == 3)
            .map_or_else(|| "USD".to_owned(), |code| code.to_uppercase());
        if mapping.is_cash(symbol) {
            let amount = row.number(cells.value, report).or_else(|| row.number(cells.quantity, report));
            if let Some(amount) = amount {
                let before = account.cash_in(&currency).unwrap_or(Money::ZERO);
                account.cash.retain(|(code, _)| *code != currency);
                account.cash.push((currency, before + Money(amount)));
            }
            continue;
        }
        let mut position = cells.position(&row, None, report);
        position.currency = currency.into();
        if let Some((opened, quantity)) = role("opened").zip(position.quantity.filter(|quantity| !quantity.is_zero())) {
            let mut lot = Lot::new(String::new(), quantity);
            let day = row.text(opened);
            lot.opened = dates::leading(day);
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

/// A row without a symbol is the total of what stands above it.
fn total(row: &Row<'_>, cells: &Cells, found: &Found, report: &mut Report) {
    let Some(printed) = row.number(cells.value, report).map(Money) else {
        report.skipped(row, "it names no security");
        return;
    };
    let sum: Money = found
        .accounts
        .iter()
        .map(|account| {
            let positions: Money = account.positions.iter().filter_map(|position| position.value).sum();
            let cash: Money = account.cash.iter().map(|(_, cash)| *cash).sum();
            positions + cash
        })
        .sum();
    if let Some(account) = found.accounts.last() {
        draft::compare(account, printed, sum, Some(row.place()), report);
    }
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
        assert_eq!(sink.items[0].code.id, "unrecognised-file");
    }
}
