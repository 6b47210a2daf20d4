//! Any other table: columns mapped by the user in `[import.NAME]`, or by names that leave no doubt.

mod closed;
mod days;
mod doubts;
mod lots;
#[cfg(test)]
mod misread;
mod part;
mod read;
#[cfg(test)]
mod tests;
mod titles;
mod whose;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

pub use read::read;
pub use titles::is_apart;

use super::draft::Cells;
use super::input::Input;
use super::table::{Columns, Row, plain};
use super::{currencies, kinds};
use crate::config::{Document, Fields, Kind, Param};
use crate::diagnostics::text::masked;
use crate::diagnostics::{Place, Sink};
use crate::model::Currency;

/// What the mapping does.
pub const DOC: &str = "Reads any table with a header. [import.NAME] in broaden.toml says which column is what:\n\
[import.sheet]\nsymbol = \"Ticker\"\nquantity = \"Shares\"\nprice = \"Price\"\nvalue = \"Value\"\ncost = \"Cost\"\naccount = \"Account\"\n\
A row whose symbol is CASH (or one of `cash-symbols`) is cash. A last row without a symbol is the total, a checksum.\n\
Without a mapping a table is read if its names leave no doubt: Symbol or Ticker, and Shares or Quantity; a list of\n\
these two alone is priced from the market files. A note says which column was taken for what. Lines that begin with #\n\
are remarks. A comma that can be nothing but the decimal point is one. Several tables under one another are read one by\n\
one; a line above a table names its account, a column `Owner` whose it is, and `Account Type` or `Tax Status` how it is taxed. What stands below `Sold`, `Closed`, `Watchlist`,\n\
`To buy` or `Target` is left out, and so is an account that is the sum of all others.";

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
    Param::optional(
        "owner",
        Kind::Text,
        "Name of the column with whose account it is: two people may have a `Roth IRA` each.",
    ),
    Param::optional(
        "account-type",
        Kind::Text,
        "Name of the column with the account's type, such as `Roth IRA` or `Tax-deferred`, which says how it is taxed.",
    ),
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
    /// Whose file it is.
    broker: &'static str,
    columns: BTreeMap<&'static str, String>,
    comma: bool,
    cash: Vec<String>,
    as_of: Option<chrono::NaiveDate>,
    place: Option<Place>,
}

#[rustfmt::skip]
const ROLES: [&str; 14] = [
    "symbol", "quantity", "name", "kind", "price", "value", "cost", "cost-per-share", "gain", "account", "account-type", "owner",
    "currency", "opened",
];

/// Names that leave no doubt, for tables without a mapping; compared by their letters and digits alone. The roles that a
/// mapping does not have tell accounts apart.
#[rustfmt::skip]
const PLAIN: [(&str, &[&str]); 16] = [
    ("symbol", &[
        "symbol", "ticker", "tickers", "ticker symbol", "stock symbol", "instrument symbol", "symbol/cusip", "stock ticker",
        "security ticker", "asset symbol", "security symbol", "sym", "financial instrument", "stock code", "security code", "code",
        "代码", "代號", "代号", "股票代码", "股票代號", "股票代号", "证券代码", "證券代號",
    ]),
    ("quantity", &[
        "quantity", "shares", "qty", "units", "# of shares", "no. of shares", "number of shares", "share count",
        "shares owned", "shares held", "position", "total shares", "total quantity", "amount of shares", "share quantity",
        "quantity owned", "quantity held", "units/shares", "shares/units", "number of units", "total units", "# shares", "current shares", "current quantity",
        "current qty", "net quantity", "net qty",
        "数量", "數量", "股数", "股數", "持股数量", "持仓数量",
    ]),
    ("name", &[
        "name", "description", "security", "security name", "company", "company name", "asset name", "fund name",
        "security description", "display name", "instrument name", "stock name", "fund", "investment", "investment name",
        "investment option", "investment choice", "fund option", "holding name",
        "名称", "名稱", "股票名称", "股票名稱", "证券名称", "證券名稱",
    ]),
    ("kind", &["asset type", "security type", "asset class", "type", "instrument type", "product type", "category"]),
    // What is called current or of the market goes before a bare word, which may be what was paid.
    ("price", &[
        "current price", "last price", "market price", "current share price", "latest price", "price", "share price", "last",
        "close", "closing price",
        "unit price", "price per share", "price $", "px", "last price $", "market price per share",
        "closing price per share", "unit value", "price per unit", "nav", "mkt price", "latest", "live price", "quote",
        "today's price", "todays price", "price today", "price/share", "market price/share", "px last", "spot price", "share value", "mark", "mark price", "现价", "現價", "最新价", "最新價", "价格", "市价",
        "最后价格", "最後價格",
    ]),
    ("value", &[
        "market value", "current value", "value", "total value", "amount", "mkt value", "mkt val", "position value",
        "market value $", "value $", "balance", "current market value", "total market value", "holding value", "equity", "current balance", "total balance", "ending balance",
        "holdings value", "ending value", "market val", "mv", "net value", "ending market value", "net liq", "netliq", "市值", "总市值",
        "總市值",
    ]),
    ("cost", &[
        "cost basis", "total cost", "cost basis total", "total cost basis", "cost", "book cost", "book value",
        "purchase value", "amount invested", "invested", "cost basis $", "adjusted cost", "total cost $", "invested amount",
        "original cost", "basis", "total basis", "tax cost", "amount paid", "total invested", "purchase cost", "net cost",
        "total purchase price", "adj cost basis", "adjusted cost basis", "acb", "总成本", "總成本",
    ]),
    ("cost-per-share", &[
        "cost per share", "avg cost", "average cost", "unit cost", "cost/share", "avg price", "average price",
        "avg cost basis", "average cost basis", "average cost per share", "average buy price", "avg buy price",
        "purchase price", "buy price", "cost basis per share", "cost basis/share", "avg entry price", "price paid",
        "average entry price", "entry price", "average purchase price", "avg purchase price", "average unit cost",
        "unit cost basis", "avg unit cost", "basis/share", "basis per share", "cost per unit", "avg cost/share", "average cost/share", "avg cost per share", "avg price paid", "average price paid", "book price",
        "成本价", "成本價", "平均成本", "单位成本", "買入均價", "买入均价",
    ]),
    ("gain", &[
        "total gain", "total gain $", "unrealized gain", "unrealized gain/loss",
        "unrealised gain", "unrealized p/l", "unrealized pnl", "unrealized pl", "total gain/loss", "total gain/loss dollar",
        "unrealized gain $", "total return $", "gain/loss $", "gain/loss", "gain", "profit/loss", "profit",
    ]),
    ("account", &["account", "account name", "acct", "acct name", "account nickname", "portfolio", "账户", "帳戶"]),
    ("account-number", &[
        "account number", "account #", "account no", "account num", "account id", "acct #", "acct no", "acct num",
        "acct number", "acct id",
    ]),
    ("account-type", &[
        "account type", "account registration", "registration", "tax status", "tax treatment", "tax type", "account tax status",
        "account tax type", "tax category", "tax bucket",
    ]),
    ("institution", &["institution", "institution name", "financial institution", "broker", "brokerage", "custodian"]),
    ("owner", &["owner", "account owner", "account holder", "owned by", "holder"]),
    ("currency", &["currency", "ccy", "currency code", "币种", "幣種", "货币", "貨幣"]),
    ("opened", &[
        "opened", "open date", "date opened", "purchase date", "date purchased", "bought", "acquired", "date acquired",
        "acquired date", "acquisition date", "buy date", "date of purchase",
    ]),
];

/// Names of columns with which a table of holdings needs no symbol.
const FUNDS: &[&str] = &[
    "fund",
    "fund name",
    "fund option",
    "investment",
    "investment name",
    "investment option",
    "security name",
    "asset name",
    "holding name",
];

/// Names that only the contents of a fund have.
#[rustfmt::skip]
pub const OF_A_FUND: &[&str] = &[
    "sedol", "figi", "identifier (figi)", "weightings", "% of net assets", "percent of net assets", "net assets", "netassets",
    "percent of assets", "% of assets", "% of fund", "% of funds", "percent of fund", "holdings percent", "holdingspercent",
    "shares outstanding", "sharesoutstanding", "creation units", "creationunits", "moneymarketflag", "notional value",
    "fund ticker", "fundticker", "exposure value (notional + gl)",
];

/// Names of weights and quotes: the table holds the contents of a fund, or prices, unless it says what was paid or whose
/// it is.
const NOT_HOLDINGS: &[&str] = &["weight", "weight (%)", "weight %", "weighting", "open", "high", "low", "volume"];

/// Of these the quotes.
const QUOTES: &[&str] = &["open", "high", "low", "volume"];

/// Columns by which funds tell their securities, and people hardly do.
const OF_SECURITIES: &[&str] = &[
    "cusip",
    "isin",
    "identifier",
    "security identifier",
    "country",
    "location",
    "exchange",
    "sector",
    "fund",
    "date",
    "coupon",
    "maturity",
    "class of shares",
    "shares/par value",
    "asset group",
];

/// The role of each plain name, and its rank among those of the role.
static ROLE_OF: LazyLock<HashMap<String, (&'static str, usize)>> = LazyLock::new(|| {
    let names =
        PLAIN.iter().flat_map(|(role, names)| names.iter().enumerate().map(move |(rank, name)| (name, *role, rank)));
    // Names that differ by their blanks alone are one.
    names.collect::<Vec<_>>().into_iter().rev().map(|(name, role, rank)| (bare(name), (role, rank))).collect()
});

/// Returns the letters and digits of a name, and the signs that tell an amount from a percent or a count. That it is in
/// dollars is what it would be anyway.
fn bare(name: &str) -> String {
    name.strip_suffix("(usd)")
        .unwrap_or(name)
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '#' | '%' | '€' | '£' | '¥' | '₹'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Returns the role of a column by its name, and the rank of the name. The currency that an amount is in may stand behind
/// it: `Value (EUR)`, `Price £`.
fn role_of(name: &str) -> Option<(&'static str, usize)> {
    let known = |name: &str| ROLE_OF.get(&bare(name)).copied();
    let of_currency = || {
        let (rest, _) = currencies::behind(name)?;
        known(rest).filter(|(role, _)| MONEY.contains(role))
    };
    known(name).or_else(of_currency)
}

/// Returns whether the name of a column says that its amounts are in another currency than the dollar.
fn is_foreign(name: &str) -> bool {
    currencies::behind(name).is_some_and(|(_, currency)| currency != Currency::USD)
}

/// The roles of amounts of money.
const MONEY: &[&str] = &["price", "value", "cost", "cost-per-share", "gain"];

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
            broker: "generic",
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
    /// Returns the mapping of a known layout: roles and the names of their columns.
    pub fn known(broker: &'static str, layout: &str, columns: &[(&'static str, &str)]) -> Self {
        ImportMapping {
            name: layout.to_owned(),
            broker,
            columns: columns.iter().map(|(role, name)| (*role, (*name).to_owned())).collect(),
            comma: false,
            cash: Vec::new(),
            as_of: None,
            place: None,
        }
    }

    /// Returns the mapping that the plain names of a header suggest, if they leave no doubt.
    fn of(names: &Columns) -> Option<Self> {
        if names.find(OF_A_FUND).is_some() {
            return None;
        }
        // Of two columns for one role the one counts whose name stands first in the list.
        let mut found: BTreeMap<&'static str, (usize, bool, &str)> = BTreeMap::new();
        for name in names.names() {
            let Some((role, rank)) = role_of(name) else { continue };
            // Of the same amount in several currencies that in dollars.
            let told = (rank, is_foreign(name), name);
            let best = found.entry(role).or_insert(told);
            *best = (*best).min(told);
        }
        // `Investment ticker symbol` is no name of the list, and leaves no doubt where no other column is.
        let said = |name: &&str| {
            let mut words = name.split(|c: char| !c.is_alphanumeric());
            words.any(|word| matches!(word, "ticker" | "symbol"))
                && !["underlying", "currency", "exchange", "old", "previous", "benchmark"]
                    .iter()
                    .any(|word| name.contains(word))
        };
        if !found.contains_key("symbol")
            && let Some(name) = names.names().find(said)
        {
            found.insert("symbol", (usize::MAX, false, name));
        }
        let columns: BTreeMap<&'static str, String> =
            found.into_iter().map(|(role, (.., name))| (role, name.to_owned())).collect();
        let owned = ["cost", "cost-per-share", "gain", "account", "account-number", "owner", "opened"]
            .iter()
            .any(|role| columns.contains_key(role));
        // Shares, a price and a value beside a weight are somebody's own where nothing is printed that funds print.
        let own = ["symbol", "quantity", "price", "value"].iter().all(|role| columns.contains_key(role))
            && names.find(QUOTES).is_none()
            && names.find(OF_SECURITIES).is_none();
        if names.find(NOT_HOLDINGS).is_some() && !owned && !own {
            return None;
        }
        // Employer plans print no tickers; what is not called a fund or an investment may be anything that is counted.
        let named = columns.get("name").is_some_and(|name| FUNDS.iter().any(|known| bare(name) == bare(known)));
        let valued = columns.contains_key("price") || columns.contains_key("value");
        let enough = columns.contains_key("quantity") && (columns.contains_key("symbol") || named && valued);
        enough.then(|| ImportMapping {
            name: String::new(),
            broker: "generic",
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

    /// Returns the currency that the name of a column says its amounts are in.
    fn currency(&self, role: &str) -> Option<Currency> {
        let name = self.columns.get(role)?;
        // A bare dollar sign stands for any money.
        let signed = name.trim_end_matches(')').ends_with('$');
        currencies::behind(name)
            .filter(|(rest, currency)| role_of(rest).is_some() && !(signed && *currency == Currency::USD))
            .map(|(_, currency)| currency)
    }

    fn fits(&self, names: &Columns) -> bool {
        self.columns.values().all(|name| names.find(&[name.as_str()]).is_some())
    }

    /// Returns where the columns of a position are.
    fn cells(&self, names: &Columns) -> Cells {
        let role = |role: &str| self.column(names, role);
        Cells {
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
        }
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

/// Returns the row of a header that has some columns of a table of holdings, with their names, and what it lacks.
pub fn nearly<'t>(input: &'t Input<'_>) -> Option<(Row<'t>, Vec<String>, &'static str)> {
    let rows = input.head.rows().zip(&input.headers).filter(|(row, _)| row.filled(2) == 2);
    let told = rows.map(|(row, names)| {
        let roles: Vec<(&'static str, String)> =
            names.names().filter_map(|name| Some((role_of(name)?.0, format!("`{name}`")))).collect();
        (row, roles)
    });
    let (row, roles) = told.filter(|(_, roles)| roles.len() >= 2).max_by_key(|(_, roles)| roles.len())?;
    let has = |wanted: &str| roles.iter().any(|(role, _)| *role == wanted);
    let lacks = match (has("symbol"), has("quantity")) {
        (false, false) => "no column with tickers and none with the number of shares",
        (false, true) => "no column with tickers",
        (true, false) => "no column with the number of shares",
        (true, true) => return None,
    };
    Some((row, roles.into_iter().map(|(_, name)| name).collect(), lacks))
}

/// Returns the header of a table of securities whose columns are called otherwise, as in another language, with their names.
pub fn foreign<'t>(input: &'t Input<'_>) -> Option<(Row<'t>, Vec<String>)> {
    let is_number = |text: &&str| text.bytes().any(|b| b.is_ascii_digit()) && !text.chars().any(char::is_alphabetic);
    let rows: Vec<Row<'_>> = input.head.rows().filter(|row| row.filled(3) > 2).collect();
    let is_security = |text: &str| {
        kinds::is_isin(text) || (2..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
    };
    let heads = |pair: &&[Row<'_>]| match pair {
        [head, below] => {
            let numbers = below.texts().filter(is_number).count();
            !head.texts().any(|text| is_number(&text)) && numbers > 1 && below.texts().any(is_security)
        }
        _ => false,
    };
    let header = rows.windows(2).find(heads)?.first().copied()?;
    let names = header.texts().filter(|name| !name.is_empty()).take(20).map(|name| format!("`{}`", masked(name)));
    Some((header, names.collect()))
}

/// Returns what a column of a plain name holds.
pub fn role_named(name: &str) -> Option<&'static str> {
    role_of(name).map(|(role, _)| role)
}

/// Returns whether a name is one that any table may have.
pub fn is_plain(name: &str) -> bool {
    role_of(name).is_some()
}
