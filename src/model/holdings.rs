//! What is owned: lots in positions in accounts, as the files say it.

use std::cmp::Ordering;
use std::sync::OnceLock;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::{Currency, Details, HeldIn, RawFile, Symbol};
use crate::diagnostics::{Place, text};
use crate::units::{Money, Price, Shares};

/// How an account is taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaxTreatment {
    /// Gains are taxed when realised.
    Taxable,
    /// Traditional IRA and its kin: no tax on trades inside.
    Traditional,
    /// Roth IRA: no tax on trades inside.
    Roth,
    /// Health savings account: no tax on trades inside.
    Hsa,
    /// Employer plan with its own fund menu: no tax on trades inside.
    K401,
}

impl TaxTreatment {
    /// Every treatment.
    pub const ALL: [TaxTreatment; 5] =
        [TaxTreatment::Taxable, TaxTreatment::Traditional, TaxTreatment::Roth, TaxTreatment::Hsa, TaxTreatment::K401];
    /// Returns the word used in config, JSON and reports.
    pub fn id(self) -> &'static str {
        match self {
            TaxTreatment::Taxable => "taxable",
            TaxTreatment::Traditional => "traditional",
            TaxTreatment::Roth => "roth",
            TaxTreatment::Hsa => "hsa",
            TaxTreatment::K401 => "401k",
        }
    }
    /// Returns the treatment with an id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|treatment| treatment.id() == id)
    }
    /// Returns whether a sale inside is a taxable event.
    pub fn is_taxable(self) -> bool {
        self == TaxTreatment::Taxable
    }
    /// Returns whether what leaves the account is income, since it was never taxed.
    pub fn is_income_when_withdrawn(self) -> bool {
        matches!(self, TaxTreatment::Traditional | TaxTreatment::K401 | TaxTreatment::Hsa)
    }
}

/// How the tax treatment of an account is known.
#[derive(Clone, Debug, PartialEq)]
pub enum AccountKindOrigin {
    /// `[accounts]` in the config, or the account's own TOML.
    Config(Option<Place>),
    /// Read from words in the account's name; printed, because a wrong guess costs tax.
    GuessedFromName,
    /// Nothing says; taken as taxable, the careful reading.
    Assumed,
}

/// What kind of thing a position is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum AssetKind {
    Equity,
    Etf,
    MutualFund,
    MoneyMarket,
    Cash,
    Bond,
    Option,
    Crypto,
    Other,
}

impl AssetKind {
    /// Returns the word used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            AssetKind::Equity => "equity",
            AssetKind::Etf => "etf",
            AssetKind::MutualFund => "mutual_fund",
            AssetKind::MoneyMarket => "money_market",
            AssetKind::Cash => "cash",
            AssetKind::Bond => "bond",
            AssetKind::Option => "option",
            AssetKind::Crypto => "crypto",
            AssetKind::Other => "other",
        }
    }
    /// Returns whether the plan may trade it: stocks and funds with shares. Options, bonds, crypto and the rest are
    /// shown and left alone.
    pub fn is_tradable(self) -> bool {
        matches!(self, AssetKind::Equity | AssetKind::Etf | AssetKind::MutualFund)
    }
    /// Returns whether it is cash for the purposes of the plan.
    pub fn is_cash(self) -> bool {
        matches!(self, AssetKind::Cash | AssetKind::MoneyMarket)
    }
}

/// Whether a gain on a lot is short or long, as the broker printed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// Held one year or less.
    Short,
    /// Held more than one year.
    Long,
}

impl Term {
    /// Returns `short` or `long`.
    pub fn id(self) -> &'static str {
        match self {
            Term::Short => "short",
            Term::Long => "long",
        }
    }
}

/// Shares bought at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Lot {
    /// Unique in the position; the opening date where nothing better is known.
    pub id: String,
    /// Trade date of the purchase; `None` when the file does not say.
    pub opened: Option<NaiveDate>,
    /// Shares left.
    pub quantity: Shares,
    /// Total cost; `None` when unknown. Unknown is not zero.
    pub cost_basis: Option<Money>,
    /// Cost per share as the file prints it, where it prints that and not the total.
    pub unit_cost: Option<Price>,
    /// The broker's own word on the holding period.
    pub term: Option<Term>,
    /// The broker marks the lot as the replacement of a wash sale.
    pub wash_sale: bool,
    /// Loss disallowed by a wash sale, already part of the cost basis.
    pub disallowed_loss: Option<Money>,
    /// Not to be sold before this date (RSU, ESPP, Rule 144).
    pub locked_until: Option<NaiveDate>,
    /// Why the lot is not to be sold at all, in the user's words.
    pub hold: Option<String>,
    /// Market value of the lot on the day it was given, where that was below the giver's cost: the basis of a loss.
    pub gift_value: Option<Money>,
    /// Where the file says so.
    pub place: Option<Place>,
}

impl Lot {
    /// Returns a lot of which only the shares are known.
    pub fn new(id: impl Into<String>, quantity: Shares) -> Self {
        Lot {
            id: id.into(),
            opened: None,
            quantity,
            cost_basis: None,
            unit_cost: None,
            term: None,
            wash_sale: false,
            disallowed_loss: None,
            locked_until: None,
            hold: None,
            gift_value: None,
            place: None,
        }
    }
}

/// One holding of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The symbol as the broker spells it, without footnote marks; `None` for funds known by name only.
    pub symbol: Option<String>,
    /// The canonical ticker, where there is one.
    pub canonical: Option<Symbol>,
    /// The broker's description.
    pub name: String,
    /// What it is.
    pub kind: AssetKind,
    /// Shares, face or contracts; `None` for a core cash row that prints only a value.
    pub quantity: Option<Shares>,
    /// Price per share, per 100 of face, or per underlying share.
    pub price: Option<Price>,
    /// Market value as printed, else quantity times price; in `currency`.
    pub value: Option<Money>,
    /// The file prints no value; `value` is quantity times price.
    pub value_computed: bool,
    /// Total cost as printed; `None` when unknown.
    pub cost_basis: Option<Money>,
    /// ISO code; `USD` unless the file says otherwise.
    pub currency: Currency,
    /// What few positions have.
    pub details: Details,
    /// The account's sweep position, which is its cash.
    pub core: bool,
    /// Where the broker splits a holding.
    pub held_in: Option<HeldIn>,
    /// The lots; empty when the file has none (the plan then sees one lot of unknown date).
    pub lots: Vec<Lot>,
    /// Where the file says so.
    pub place: Option<Place>,
}

impl Position {
    /// Returns a position of which only the kind and name are known.
    pub fn new(kind: AssetKind, name: impl Into<String>) -> Self {
        Position {
            symbol: None,
            canonical: None,
            name: name.into(),
            kind,
            quantity: None,
            price: None,
            value: None,
            value_computed: false,
            cost_basis: None,
            currency: Currency::USD,
            details: Details::default(),
            core: false,
            held_in: None,
            lots: Vec::new(),
            place: None,
        }
    }

    /// Returns the shortest name that means the position: ticker, else symbol, else name.
    pub fn label(&self) -> String {
        self.canonical.as_ref().map(Symbol::as_str).or(self.symbol.as_deref()).unwrap_or(&self.name).to_owned()
    }
}

/// One account of the household.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The number or id as the file prints it; never shown unmasked.
    pub id: Option<String>,
    /// The broker's own mask (`417` of `...417`).
    pub mask: Option<String>,
    /// The name as printed.
    pub name: Option<String>,
    /// Its place among the accounts that would be called the same, from 1; 0 for one that is called so alone.
    pub namesake: usize,
    /// How it is taxed.
    pub kind: TaxTreatment,
    /// How that is known.
    pub kind_origin: AccountKindOrigin,
    /// Cash by currency, first the base currency; negative for a margin debit; empty when the file has no cash row.
    pub cash: Vec<(String, Money)>,
    /// The broker keeps cash in several currencies, each with its own row.
    pub cash_per_currency: bool,
    /// ISO code of the currency of totals; `USD` unless the file says otherwise.
    pub base_currency: String,
    /// Unsettled money the broker shows apart.
    pub pending: Option<Money>,
    /// The total the broker prints.
    pub reported_total: Option<Money>,
    /// The holdings, in file order.
    pub positions: Vec<Position>,
    /// `schwab`, `fidelity`, ...; `broaden` for the program's own TOML.
    pub broker: String,
    /// The layout of the broker's file.
    pub layout: String,
    /// The day the figures are of.
    pub as_of: Option<NaiveDate>,
    /// The date as the file gives it, with time and zone where printed.
    pub as_of_text: Option<String>,
    /// Where the account begins.
    pub place: Option<Place>,
}

impl Account {
    /// Returns an account of which nothing is known yet.
    pub fn new(broker: impl Into<String>, layout: impl Into<String>) -> Self {
        Account {
            id: None,
            mask: None,
            name: None,
            namesake: 0,
            kind: TaxTreatment::Taxable,
            kind_origin: AccountKindOrigin::Assumed,
            cash: Vec::new(),
            cash_per_currency: false,
            base_currency: "USD".to_owned(),
            pending: None,
            reported_total: None,
            positions: Vec::new(),
            broker: broker.into(),
            layout: layout.into(),
            as_of: None,
            as_of_text: None,
            place: None,
        }
    }

    /// Returns the last four characters of the account's number or mask.
    pub fn tail(&self) -> Option<String> {
        let digits = self.id.as_deref().or(self.mask.as_deref())?;
        let characters: Vec<char> = digits.chars().filter(|c| c.is_alphanumeric()).collect();
        let start = characters.len().saturating_sub(4);
        characters.get(start..).map(|tail| tail.iter().collect())
    }

    /// Returns `...8812 Roth IRA`: what every output calls the account, `Brokerage (2)` where several would be called the
    /// same. What may be a number in the name is masked too.
    pub fn label(&self) -> String {
        let label = self.own_label();
        if self.namesake > 0 { format!("{label} ({})", self.namesake) } else { label }
    }

    /// Returns its label, as if no other account were called so.
    pub(crate) fn own_label(&self) -> String {
        let name = self.name.as_deref().map(text::shortened).unwrap_or_default();
        match (self.tail(), name.is_empty()) {
            (Some(tail), true) => format!("...{tail}"),
            (Some(tail), false) => format!("...{tail} {name}"),
            (None, false) => name,
            (None, true) => self.broker.clone(),
        }
    }

    /// Returns the cash in a currency, `None` when the file has none.
    pub fn cash_in(&self, currency: &str) -> Option<Money> {
        let mut rows = self.cash.iter().filter(|(code, _)| code == currency).peekable();
        rows.peek()?;
        Some(rows.map(|(_, amount)| *amount).sum())
    }
}

/// Buying or selling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Side {
    Sell,
    Buy,
}

/// A trade already made, from `trades.csv`: what wash sales and the year's gains need.
#[derive(Clone, Debug, PartialEq)]
pub struct PastTrade {
    /// Trade date.
    pub date: NaiveDate,
    /// Account as the user writes it.
    pub account: String,
    /// What.
    pub symbol: Symbol,
    /// Bought (dividend reinvestment and vests too) or sold.
    pub side: Side,
    /// How many.
    pub quantity: Shares,
    /// Realised gain of a sale, negative for a loss; `None` when not given.
    pub gain: Option<Money>,
    /// The trade happened in an account outside the files (spouse, another broker).
    pub outside: bool,
    /// Where the file says so.
    pub place: Option<Place>,
    /// What a record says beyond that.
    pub details: TradeDetails,
}

/// What a recorded trade says about itself; none of it is known of a trade that only wash sales need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TradeDetails {
    /// Dollars a share.
    pub price: Option<Price>,
    /// When the lot that was sold was bought.
    pub opened: Option<NaiveDate>,
    /// How long it was held. With it the gain counts to the tax year.
    pub term: Option<Term>,
    /// The day of the proposal that it carries out.
    pub proposed: Option<NaiveDate>,
}

impl PastTrade {
    /// Returns the day whose turnover it uses: that of the proposal that it carries out, where this is known. Who runs on Friday
    /// and trades on Monday uses the turnover of the week that has passed.
    pub fn day_of_run(&self) -> NaiveDate {
        self.details.proposed.map_or(self.date, |proposed| proposed.min(self.date))
    }
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct InputFile {
    file: RawFile,
    /// `holdings`, `market`, `config`, ...
    pub role: &'static str,
    sha256: OnceLock<String>,
}

impl InputFile {
    /// Returns a file and what it was used for.
    pub fn new(file: &RawFile, role: &'static str) -> Self {
        InputFile { file: file.clone(), role, sha256: OnceLock::new() }
    }

    /// Returns its name, as the user gave it.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// Returns the digest of the bytes as they were on disk, in lower-case hex. It is made when it is first asked for:
    /// that of a long file takes a third of the time in which it is read, and not every verb shows it.
    pub fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| Sha256::digest(self.file.bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// By what was read and what for; whether its digest is made already says nothing.
impl PartialEq for InputFile {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for InputFile {}

impl PartialOrd for InputFile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for InputFile {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.role, &self.file).cmp(&(other.role, &other.file))
    }
}

/// The household: every account, at a date.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Portfolio {
    /// Sorted by label, then id.
    pub accounts: Vec<Account>,
    /// Latest date of any account; `None` when no file has one.
    pub as_of: Option<NaiveDate>,
    /// Trades of the last 31 days, from `trades.csv`.
    pub trades: Vec<PastTrade>,
    /// What was read.
    pub files: Vec<InputFile>,
}
