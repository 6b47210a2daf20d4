//! Holdings as JSON: what `broaden holdings --json` prints.
//!
//! Amounts are decimal strings as the file has them; unknown is null. Account numbers are cut to their last four
//! characters. `value` is what the file prints; where it prints none, `computed_value` is quantity times price.

use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::diagnostics::Diagnostic;
use crate::model;
use crate::units::{Money, Price, Shares};

/// The accounts, files and problems of a run, written without a copy of them in between.
#[derive(Serialize)]
pub struct View<'a> {
    schema: u8,
    as_of: Option<Text<NaiveDate>>,
    #[serde(serialize_with = "accounts")]
    accounts: &'a [model::Account],
    trades: usize,
    files: Vec<File<'a>>,
    diagnostics: Vec<Problem<'a>>,
}

impl<'a> View<'a> {
    /// Returns what a run has read and what was wrong with it.
    pub fn new(portfolio: &'a model::Portfolio, diagnostics: &'a [Diagnostic]) -> Self {
        let file = |file: &'a model::InputFile| File { name: file.name(), sha256: file.sha256(), role: file.role };
        View {
            schema: 1,
            as_of: portfolio.as_of.map(Text),
            accounts: &portfolio.accounts,
            trades: portfolio.trades.len(),
            files: portfolio.files.iter().map(file).collect(),
            diagnostics: diagnostics.iter().map(Problem::new).collect(),
        }
    }
}

/// Returns the accounts, files and problems of a run as a value.
pub fn view(portfolio: &model::Portfolio, diagnostics: &[Diagnostic]) -> Value {
    serde_json::to_value(View::new(portfolio, diagnostics)).unwrap_or(Value::Null)
}

/// Anything that is printed as text.
struct Text<T>(T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    sha256: &'a str,
    role: &'a str,
}

fn accounts<S: Serializer>(accounts: &[model::Account], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(accounts.iter().map(Account::new))
}

#[derive(Serialize)]
struct Account<'a> {
    name: Option<&'a str>,
    id: Option<String>,
    mask: Option<String>,
    label: String,
    kind: &'a str,
    broker: &'a str,
    layout: &'a str,
    as_of: Option<String>,
    base_currency: &'a str,
    cash: Cash<'a>,
    pending: Option<Text<Money>>,
    reported_total: Option<Text<Money>>,
    #[serde(serialize_with = "positions")]
    positions: &'a [model::Position],
}

/// One amount, or one per currency where the broker keeps them apart.
#[derive(Serialize)]
#[serde(untagged)]
enum Cash<'a> {
    One(Option<Text<Money>>),
    Several(Vec<CashIn<'a>>),
}

#[derive(Serialize)]
struct CashIn<'a> {
    currency: &'a str,
    amount: Text<Money>,
}

impl<'a> Account<'a> {
    fn new(account: &'a model::Account) -> Self {
        let tail = account.tail();
        let cash = if account.cash_per_currency {
            let one = |(currency, amount): &'a (String, Money)| CashIn { currency, amount: Text(*amount) };
            Cash::Several(account.cash.iter().map(one).collect())
        } else {
            Cash::One(account.cash_in(&account.base_currency).map(Text))
        };
        Account {
            name: account.name.as_deref(),
            id: tail.as_ref().map(|tail| format!("...{tail}")),
            mask: account.mask.clone().or(tail),
            label: account.label(),
            kind: account.kind.id(),
            broker: &account.broker,
            layout: &account.layout,
            as_of: account.as_of_text.clone().or_else(|| account.as_of.map(|day| day.to_string())),
            base_currency: &account.base_currency,
            cash,
            pending: account.pending.map(Text),
            reported_total: account.reported_total.map(Text),
            positions: &account.positions,
        }
    }
}

fn positions<S: Serializer>(positions: &[model::Position], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(positions.iter().map(Position::new))
}

#[derive(Serialize)]
struct Position<'a> {
    symbol: Option<&'a str>,
    canonical: Option<&'a str>,
    name: &'a str,
    kind: &'a str,
    quantity: Option<Text<Shares>>,
    price: Option<Text<Price>>,
    value: Option<Text<Money>>,
    computed_value: Option<Text<Money>>,
    value_base: Option<Text<Money>>,
    cost_basis: Option<Text<Money>>,
    currency: &'a str,
    isin: Option<&'a str>,
    cusip: Option<&'a str>,
    multiplier: Option<u32>,
    core: bool,
    held_in: Option<&'a str>,
    tradable: bool,
    not_traded_because: Option<&'a str>,
    lots: Vec<Lot<'a>>,
}

impl<'a> Position<'a> {
    fn new(position: &'a model::Position) -> Self {
        let obstacle = position.obstacle();
        let value = position.value.map(Text);
        let (printed, computed) = if position.value_computed { (None, value) } else { (value, None) };
        Position {
            symbol: position.symbol.as_deref(),
            canonical: position.canonical.as_ref().map(model::Symbol::as_str),
            name: &position.name,
            kind: position.kind.id(),
            quantity: position.quantity.map(Text),
            price: position.price.map(Text),
            value: printed,
            computed_value: computed,
            value_base: position.details.value_base.map(Text),
            cost_basis: position.cost_basis.map(Text),
            currency: &position.currency,
            isin: position.details.isin.as_deref(),
            cusip: position.details.cusip.as_deref(),
            multiplier: position.details.multiplier,
            core: position.core,
            held_in: position.held_in.map(model::HeldIn::word),
            tradable: position.kind.is_tradable() && obstacle.is_none(),
            not_traded_because: obstacle,
            lots: position.lots.iter().map(Lot::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct Lot<'a> {
    id: &'a str,
    opened: Option<Text<NaiveDate>>,
    quantity: Text<Shares>,
    cost_basis: Option<Text<Money>>,
    unit_cost: Option<Text<Price>>,
    term: Option<&'a str>,
    wash_sale: bool,
    disallowed_loss: Option<Text<Money>>,
    locked_until: Option<Text<NaiveDate>>,
}

impl<'a> Lot<'a> {
    fn new(lot: &'a model::Lot) -> Self {
        Lot {
            id: &lot.id,
            opened: lot.opened.map(Text),
            quantity: Text(lot.quantity),
            cost_basis: lot.cost_basis.map(Text),
            unit_cost: lot.unit_cost.map(Text),
            term: lot.term.map(|term| term.id()),
            wash_sale: lot.wash_sale,
            disallowed_loss: lot.disallowed_loss.map(Text),
            locked_until: lot.locked_until.map(Text),
        }
    }
}

/// A problem: code, severity, message, place and hint.
#[derive(Serialize)]
struct Problem<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    place: Option<String>,
    related: Vec<Related<'a>>,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Related<'a> {
    place: String,
    shows: &'a str,
}

impl<'a> Problem<'a> {
    fn new(diagnostic: &'a Diagnostic) -> Self {
        Problem {
            code: diagnostic.code.id,
            severity: diagnostic.severity.word(),
            message: &diagnostic.message,
            place: diagnostic.place.as_ref().map(|place| place.locator()),
            related: diagnostic
                .related
                .iter()
                .map(|(place, shows)| Related { place: place.locator(), shows })
                .collect(),
            hint: diagnostic.hint.as_deref(),
        }
    }
}
