//! The program's own portfolio files in TOML: accounts with positions and lots, or lots alone for a broker's export.

mod write;

use chrono::NaiveDate;

use super::input::Input;
use super::lots::LotFile;
use super::report::Report;
use super::{Detection, Found, ReaderEntry, draft, identity};
use crate::config::{Document, Fields, Kind, Node, NodeValue, Param, Table, UNKNOWN_KEY, WRONG_TYPE};
use crate::diagnostics::{Diagnostic, Place, Sink, SourceKind, nearest};
use crate::model::{
    Account, AccountKindOrigin, AssetKind, Currency, HeldIn, Lot, Position, Symbol, TaxTreatment, Term,
};
use crate::units::{Decimal, Money, Price, Shares, is_null};
pub use write::to_toml;

/// What the reader does.
pub const DOC: &str = "Reads portfolios in TOML, as `broaden import FILES -o portfolio.toml` writes them:\n\
[[account]] with name, kind, cash; [[account.position]] with symbol, quantity, price; [[account.position.lot]] with\n\
opened, quantity, cost-basis, locked-until, inherited, gift-value, hold. Amounts may be numbers or texts. A position without lots is one lot of\n\
unknown date. A file of [[lots]] (account, symbol, and [[lots.lot]]) adds the lots that a broker's positions file\n\
lacks; the shares must agree.";

/// The registry entry.
pub const READER: ReaderEntry =
    ReaderEntry { id: "broaden", broker: "broaden portfolio (TOML)", doc: DOC, download: "", needs: &[], detect, read };

const KINDS: &[&str] = &["taxable", "traditional", "roth", "hsa", "401k"];
const ASSETS: &[&str] = &["equity", "etf", "mutual_fund", "money_market", "cash", "bond", "option", "crypto", "other"];
const HELD_IN: &[&str] = &["Cash", "Margin", "Short"];

const ACCOUNT: &[Param] = &[
    Param::optional("name", Kind::Text, "Name of the account."),
    Param::optional("id", Kind::Text, "Number of the account; outputs show its last four characters."),
    Param::optional("mask", Kind::Text, "Last characters of the number, where the number itself is not kept."),
    Param::optional(
        "kind",
        Kind::Choice(KINDS),
        "How it is taxed; without it the name decides, and the guess is printed.",
    ),
    Param::optional("cash", Kind::SignedMoney, "Cash; negative for a margin debit."),
    Param::optional("cash-in", Kind::Table, "Cash by currency: { USD = 100, CAD = 20 }."),
    Param::optional("currency", Kind::Text, "Currency of totals; USD without it."),
    Param::optional("pending", Kind::SignedMoney, "Unsettled money."),
    Param::optional("reported-total", Kind::SignedMoney, "The total that the broker printed."),
    Param::optional("as-of", Kind::When, "Day of the figures, with the time where known."),
    Param::optional("broker", Kind::Text, "Where the figures come from."),
    Param::optional("layout", Kind::Text, "Layout of the file they come from."),
    Param::optional("position", Kind::Text, "The holdings, as [[account.position]]."),
];

const POSITION: &[Param] = &[
    Param::optional("symbol", Kind::Text, "Ticker; absent for funds known by name only."),
    Param::optional("name", Kind::Text, "Description."),
    Param::optional("kind", Kind::Choice(ASSETS), "What it is; without it symbol and name decide."),
    Param::optional("quantity", Kind::SignedMoney, "Shares, face or contracts; without it the sum of the lots."),
    Param::optional("price", Kind::SignedMoney, "Price per share, per 100 of face, or per underlying share."),
    Param::optional("value", Kind::SignedMoney, "Market value; without it quantity times price."),
    Param::optional("value-base", Kind::SignedMoney, "Market value in the account's currency."),
    Param::optional("cost-basis", Kind::SignedMoney, "Total cost; without it unknown, or the sum of the lots."),
    Param::optional("currency", Kind::Text, "ISO code; the account's without it."),
    Param::optional("isin", Kind::Text, "ISIN."),
    Param::optional("cusip", Kind::Text, "CUSIP."),
    Param::optional("multiplier", Kind::Integer(1, 1_000_000), "Units of the underlying per contract."),
    Param::with_default("core", Kind::Flag, "false", "The sweep position, which is the account's cash."),
    Param::optional("held-in", Kind::Choice(HELD_IN), "Cash, Margin or Short, where the broker splits a holding."),
    Param::optional("lot", Kind::Text, "The lots, as [[account.position.lot]]."),
];

const LOT: &[Param] = &[
    Param::optional("id", Kind::Text, "Unique in the position; the opening date without it."),
    Param::optional("opened", Kind::Date, "Trade date of the purchase."),
    Param::required("quantity", Kind::SignedMoney, "Shares left in the lot."),
    Param::optional("cost-basis", Kind::SignedMoney, "Total cost of the lot; without it unknown."),
    Param::optional("unit-cost", Kind::SignedMoney, "Cost per share, where a broker prints that."),
    Param::optional("term", Kind::Choice(&["short", "long"]), "The broker's own word on the holding period."),
    Param::with_default("wash-sale", Kind::Flag, "false", "The lot replaced one sold at a loss."),
    Param::optional("disallowed-loss", Kind::SignedMoney, "Loss added to the cost by a wash sale."),
    Param::optional("locked-until", Kind::Date, "Not to be sold before this day (vesting, ESPP, Rule 144)."),
    Param::optional(
        "hold",
        Kind::Text,
        "Why the lot is not to be sold at all, such as \"ESPP: part of the gain is wages\"; shown beside it.",
    ),
    Param::with_default("inherited", Kind::Flag, "false", "Inherited: a sale is long-term whenever it is made."),
    Param::optional(
        "gift-value",
        Kind::Money,
        "Of a gift whose giver paid more than it was worth: its value that day, the basis of a loss. `opened` and `cost-basis` are the giver's.",
    ),
];

const LOTS: &[Param] = &[
    Param::required("account", Kind::Text, "The account, by number, mask (\"...417\") or name."),
    Param::required("symbol", Kind::Text, "Ticker."),
    Param::optional("lot", Kind::Text, "The lots, as [[lots.lot]]."),
];

/// The tables of a portfolio.
const TABLES: [&str; 2] = ["account", "lots"];

fn detect(input: &Input<'_>) -> Detection {
    // In a file called so a name that is nearly one of ours is a slip, and told with its line.
    let is_toml = input.source.name.to_lowercase().ends_with(".toml");
    let is_table = |line: &str| {
        let name = line.strip_prefix("[[").and_then(|rest| rest.split([']', '.']).next()).unwrap_or_default().trim();
        TABLES.contains(&name) || is_toml && nearest(name, TABLES).is_some()
    };
    let mut lines = input.text().lines().take(400).map(str::trim_start);
    match lines.clone().find(|line| !line.is_empty() && !line.starts_with('#')) {
        // No export begins so, whatever the names of holdings below look like.
        Some(first) if is_table(first) => Detection::Only,
        _ => Detection::when(lines.any(is_table)),
    }
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut sink = Sink::default();
    let document = Document::load(Some(input.source.clone()), &[], &mut sink);
    // The document holds the defaults of the config too; only what this file says counts.
    let said = document.root.entries.iter().filter(|(_, node)| node.place.source.kind == SourceKind::File);
    let mut found = Found { own: true, ..Found::default() };
    if !sink.has_errors() {
        for (key, node) in said {
            match key.as_str() {
                "account" => {
                    for (table, place) in list(node, "account", &mut sink) {
                        found.accounts.push(account(table, &place, &mut sink, report));
                    }
                }
                "lots" => {
                    for (table, place) in list(node, "lots", &mut sink) {
                        found.lots.extend(lots(table, &place, &mut sink));
                    }
                }
                other => {
                    let hint = match nearest(other, TABLES) {
                        Some(near) => format!("did you mean [[{near}]]?"),
                        None => "a portfolio has [[account]] or [[lots]]; rules belong into broaden.toml".to_owned(),
                    };
                    let message = format!("`{other}` is not part of a portfolio file");
                    sink.push(Diagnostic::error(UNKNOWN_KEY, message).at(node.key_place.clone()).hint(hint));
                }
            }
        }
    }
    for item in sink.items {
        report.push(item);
    }
    found
}

/// The tables of a list of tables; anything else is an error.
fn list<'a>(node: &'a Node, name: &str, sink: &mut Sink) -> Vec<(&'a Table, Place)> {
    let NodeValue::List(items) = &node.value else {
        sink.push(
            Diagnostic::error(WRONG_TYPE, format!("`{name}` is a list of tables"))
                .at(node.place.clone())
                .hint(format!("write [[{name}]]")),
        );
        return Vec::new();
    };
    let mut tables = Vec::new();
    for item in items {
        match &item.value {
            NodeValue::Table(table) => tables.push((table, item.place.clone())),
            _ => {
                sink.push(Diagnostic::error(WRONG_TYPE, format!("`{name}` is a list of tables")).at(item.place.clone()))
            }
        }
    }
    tables
}

/// Takes a list of tables out of a table, since [`Fields`] knows no such type.
fn split<'a>(table: &'a Table, key: &str, path: &str, sink: &mut Sink) -> (Table, Vec<(&'a Table, Place)>) {
    let others = table.entries.iter().filter(|(name, _)| *name != key);
    let rest = Table { entries: others.map(|(name, node)| (name.clone(), node.clone())).collect() };
    let items = table.get(key).map(|node| list(node, path, sink)).unwrap_or_default();
    (rest, items)
}

fn account(table: &Table, place: &Place, sink: &mut Sink, report: &mut Report) -> Account {
    let (rest, positions) = split(table, "position", "account.position", sink);
    let mut fields = Fields::new(&rest, "account", Some(place.clone()), ACCOUNT, sink);
    let mut account = Account::new(
        fields.text("broker").unwrap_or_else(|| "broaden".to_owned()),
        fields.text("layout").unwrap_or_else(|| "toml".to_owned()),
    );
    account.name = fields.text("name");
    account.id = fields.text("id");
    account.mask = fields.text("mask");
    if let Some(kind) = fields.text("kind").and_then(|id| TaxTreatment::from_id(&id)) {
        account.kind = kind;
        account.kind_origin = AccountKindOrigin::Config(fields.place("kind"));
    }
    if let Some(currency) = currency(&mut fields) {
        account.base_currency = currency.to_string();
    }
    if let Some(cash) = fields.money("cash") {
        account.cash.push((account.base_currency.clone(), cash));
    }
    if let Some((table, place)) = fields.table("cash-in") {
        account.cash_per_currency = true;
        account.cash = currencies(table, &place, &account.base_currency, fields.sink());
    }
    account.pending = fields.money("pending");
    account.reported_total = fields.money("reported-total");
    if let Some(text) = fields.text("as-of") {
        account.as_of = text.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
        if account.as_of.is_none() {
            fields.reject(
                "as-of",
                format!("`{text}` does not begin with a date"),
                "write a date such as \"2026-11-20\"",
            );
        } else {
            account.as_of_text = Some(text);
        }
    }
    account.place = Some(place.clone());
    let base = Currency::from(&account.base_currency);
    account.positions = positions.into_iter().map(|(table, place)| position(table, &place, base, sink)).collect();
    let total_place = account.place.clone();
    draft::close(&mut account, total_place, report);
    account
}

fn currencies(table: &Table, place: &Place, base: &str, sink: &mut Sink) -> Vec<(String, Money)> {
    let mut rows = Vec::new();
    for (code, node) in &table.entries {
        let amount = match &node.value {
            NodeValue::Number(text) | NodeValue::Text(text) => text.parse::<Decimal>().ok(),
            _ => None,
        };
        match amount {
            Some(amount) => rows.push((code.clone(), Money(amount))),
            None => sink
                .push(Diagnostic::error(WRONG_TYPE, format!("the cash in {code} is not an amount")).at(place.clone())),
        }
    }
    rows.sort_by_key(|(code, _)| code != base);
    rows
}

/// Reads the key `currency`.
fn currency(fields: &mut Fields<'_>) -> Option<Currency> {
    let text = fields.text("currency")?;
    // In small letters it would be foreign, and a household of dollars not traded.
    let currency = if text.eq_ignore_ascii_case(&Currency::USD) { Currency::USD } else { Currency::from(&text) };
    if currency == Currency::UNKNOWN && text != *Currency::UNKNOWN {
        fields.reject("currency", format!("`{text}` is no currency"), "give its ISO 4217 code, like EUR");
    }
    Some(currency)
}

fn position(table: &Table, place: &Place, base: Currency, sink: &mut Sink) -> Position {
    let (rest, lots) = split(table, "lot", "account.position.lot", sink);
    let mut fields = Fields::new(&rest, "account.position", Some(place.clone()), POSITION, sink);
    let kind = fields.text("kind").and_then(|id| asset(&id));
    let (symbol, name) = (fields.text("symbol"), fields.text("name").unwrap_or_default());
    let mut position = identity::identify(symbol.as_deref().unwrap_or(""), name.as_str(), kind);
    // A broker's `NA` is no symbol; one that was written here is a ticker, as National Bank of Canada's is.
    if let Some(ticker) = symbol.as_ref().filter(|text| is_null(text) && text.chars().all(|c| c.is_ascii_uppercase())) {
        position.symbol = Some(ticker.as_str().into());
        position.canonical = Some(Symbol::new(ticker));
    }
    position.symbol = symbol.or(position.symbol);
    position.kind = kind.unwrap_or(position.kind);
    position.name = name;
    if position.symbol.is_none() && position.name.is_empty() {
        fields.reject("symbol", "a position needs a symbol or a name", "give the ticker");
    }
    position.quantity = fields.money("quantity").map(|amount| Shares(amount.decimal()));
    position.price = fields.money("price").map(|amount| Price(amount.decimal()));
    position.value = fields.money("value");
    if let Some(value) = fields.money("value-base") {
        position.details.value_base = Some(value);
    }
    position.cost_basis = fields.money("cost-basis");
    position.currency = currency(&mut fields).unwrap_or(base);
    if let Some(isin) = fields.text("isin") {
        position.details.isin = Some(isin.into());
    }
    if let Some(cusip) = fields.text("cusip") {
        position.details.cusip = Some(cusip.into());
    }
    if let Some(units) = fields.integer("multiplier").and_then(|units| u32::try_from(units).ok()) {
        position.details.multiplier = Some(units);
    }
    position.core = fields.flag("core").unwrap_or(false);
    position.held_in = fields.text("held-in").and_then(|word| HeldIn::from_word(&word));
    position.place = Some(place.clone());
    position.lots =
        lots.into_iter().filter_map(|(table, place)| lot(table, &place, "account.position.lot", sink)).collect();
    let held: Shares = position.lots.iter().map(|lot| lot.quantity).sum();
    match position.quantity {
        Some(quantity) if !position.lots.is_empty() && quantity != held => sink.push(
            Diagnostic::error(
                super::LOTS_DISAGREE,
                format!(
                    "the lots of {} add up to {} shares, the position has {}",
                    position.label(),
                    held.text(),
                    quantity.text()
                ),
            )
            .at(place.clone())
            .hint("leave `quantity` out to take the sum of the lots"),
        ),
        None if !position.lots.is_empty() => position.quantity = Some(held),
        _ => {}
    }
    position
}

fn lot(table: &Table, place: &Place, path: &str, sink: &mut Sink) -> Option<Lot> {
    let fields = Fields::new(table, path, Some(place.clone()), LOT, sink);
    let quantity = fields.money("quantity")?;
    let mut lot = Lot::new(fields.text("id").unwrap_or_default(), Shares(quantity.decimal()));
    lot.opened = fields.date("opened");
    lot.cost_basis = fields.money("cost-basis");
    lot.unit_cost = fields.money("unit-cost").map(|amount| Price(amount.decimal()));
    lot.term = fields.text("term").map(|term| if term == "short" { Term::Short } else { Term::Long });
    lot.wash_sale = fields.flag("wash-sale").unwrap_or(false);
    lot.disallowed_loss = fields.money("disallowed-loss");
    lot.locked_until = fields.date("locked-until");
    lot.hold = fields.text("hold");
    lot.gift_value = fields.money("gift-value");
    lot.place = Some(place.clone());
    // Inherited shares are long-term from the first day (IRC 1223(9)), and no purchase that a wash sale would count.
    if fields.flag("inherited").unwrap_or(false) {
        (lot.opened, lot.term) = (None, Some(Term::Long));
    }
    Some(lot)
}

fn lots(table: &Table, place: &Place, sink: &mut Sink) -> Option<LotFile> {
    let (rest, items) = split(table, "lot", "lots.lot", sink);
    let fields = Fields::new(&rest, "lots", Some(place.clone()), LOTS, sink);
    let mut file = LotFile::new(fields.text("symbol")?);
    file.key = Some(fields.text("account")?);
    file.place = Some(place.clone());
    file.lots = items.into_iter().filter_map(|(table, place)| lot(table, &place, "lots.lot", sink)).collect();
    Some(file)
}

fn asset(id: &str) -> Option<AssetKind> {
    [
        AssetKind::Equity,
        AssetKind::Etf,
        AssetKind::MutualFund,
        AssetKind::MoneyMarket,
        AssetKind::Cash,
        AssetKind::Bond,
        AssetKind::Option,
        AssetKind::Crypto,
        AssetKind::Other,
    ]
    .into_iter()
    .find(|kind| kind.id() == id)
}

/// Returns the document of a text that is a config by mistake; used to say so.
pub fn is_config(text: &str) -> bool {
    let sections = Document::defaults();
    text.lines().filter_map(|line| line.trim().strip_prefix('[')).any(|section| {
        let name = section.split(['.', ']']).next().unwrap_or("");
        sections.root.get(name).is_some()
            || matches!(name, "accounts" | "limits" | "signals" | "brakes" | "household" | "sleeve")
    })
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one, portfolio};
    use crate::model::Account;

    #[test]
    fn what_the_user_calls_a_stock_is_no_option_whatever_its_name() {
        let text = "[[account]]\n[[account.position]]\nsymbol = \"VTI 100 17 JUN 26 480 CALL\"\nkind = \"equity\"\nquantity = 3\n";
        let position = &one(text).positions[0];
        assert_eq!((position.kind.id(), position.details.multiplier), ("equity", None));
        let position = &one(&text.replace("kind = \"equity\"\n", "")).positions[0];
        assert_eq!((position.kind.id(), position.details.multiplier), ("option", Some(100)));
    }

    #[test]
    fn a_hand_written_portfolio_is_read() {
        let account = one(
            "[[account]]\nname = \"Roth\"\nid = \"Z12345678\"\nkind = \"roth\"\ncash = 250.11\nas-of = \"2026-11-20\"\n\
             [[account.position]]\nsymbol = \"NVDA\"\nprice = 182.33\n\
             [[account.position.lot]]\nopened = 2024-01-02\nquantity = 10\ncost-basis = \"500\"\n\
             [[account.position.lot]]\nopened = 2024-01-02\nquantity = 2.5\nlocked-until = 2027-01-01\n",
        );
        assert_eq!(account.label(), "...5678 Roth");
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$250.11");
        let position = &account.positions[0];
        assert_eq!((position.quantity.unwrap().text().as_str(), position.cost_basis), ("12.5", None));
        assert_eq!(position.value.unwrap().dollars(), "$2,279.13");
        let ids: Vec<&str> = position.lots.iter().map(|lot| lot.id.as_str()).collect();
        assert_eq!(ids, ["2024-01-02", "2024-01-02#2"]);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(errors("[[account]]\nnam = \"x\"\n"), ["unknown-key"]);
        assert_eq!(
            errors(
                "[[account]]\n[[account.position]]\nsymbol = \"A\"\nquantity = 3\n[[account.position.lot]]\nquantity = 2\n"
            ),
            ["lots-disagree"]
        );
        assert_eq!(
            errors("[[account]]\n[[account.position]]\nquantity = \"many\"\n"),
            ["wrong-type", "impossible-value"]
        );
        assert_eq!(errors("[[account]\n"), ["config-syntax"]);
        let position = "[[account]]\n[[account.position]]\nsymbol = \"VTI\"\nquantity = 1\n";
        for (line, found) in [
            ("currency = \"US dollar\"", vec!["impossible-value"]),
            ("currency = \"EUR\"", vec![]),
            ("currency = \"usd\"", vec![]),
            ("held-in = \"Marge\"", vec!["impossible-value"]),
            ("held-in = \"Margin\"", vec![]),
        ] {
            assert_eq!(errors(&format!("{position}{line}\n")), found, "{line}");
        }
        assert_eq!(errors("[[account]]\nas-of = \"soon\"\n"), ["impossible-value"]);
        assert_eq!(errors("[[account]]\ncurrency = \"euros\"\n"), ["impossible-value", "foreign-currency"]);
    }

    /// Shares of a stock listed abroad, held in an account there, are not priced in dollars because nobody says so.
    #[test]
    fn a_position_is_in_the_currency_of_its_account() {
        let text = "[[account]]\nid = \"E1\"\ncurrency = \"EUR\"\ncash = 5\n[[account.position]]\nsymbol = \"ASML\"\nquantity = 1\n\
            price = 700\n[[account.position]]\nsymbol = \"NVDA\"\nquantity = 1\nprice = 180\ncurrency = \"usd\"\n\
            [[account.position]]\nsymbol = \"000CVR000\"\ncusip = \"58507M107\"\nquantity = 1\nprice = 1\n";
        let (read, _) = portfolio(&[text]);
        let currencies = |account: &Account| -> Vec<String> {
            account.positions.iter().map(|position| position.currency.to_string()).collect()
        };
        assert_eq!(currencies(&read.accounts[0]), ["EUR", "USD", "EUR"]);
        let (again, _) = portfolio(&[&super::write::to_toml(&read)]);
        assert_eq!(currencies(&again.accounts[0]), ["EUR", "USD", "EUR"]);
        assert_eq!(again.accounts[0].positions[2].details.cusip.as_deref(), Some("58507M107"));
        let (dollars, sink) = portfolio(&[&text.replace("EUR", "usd")]);
        assert_eq!((currencies(&dollars.accounts[0])[0].as_str(), sink.has_errors()), ("USD", false));
        assert_eq!(dollars.accounts[0].base_currency, "USD");
    }
}
