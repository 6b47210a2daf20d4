//! What an instrument is, what a fund holds, and what a dollar of either is made of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::model::{Sector, Symbol};

/// What kind of instrument it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum InstrumentKind {
    Stock,
    Etf,
    MutualFund,
    MoneyMarket,
}

impl InstrumentKind {
    /// Returns the word used in config and JSON.
    pub fn id(self) -> &'static str {
        match self {
            InstrumentKind::Stock => "stock",
            InstrumentKind::Etf => "etf",
            InstrumentKind::MutualFund => "mutual-fund",
            InstrumentKind::MoneyMarket => "money-market",
        }
    }
    /// Returns whether it is a wrapper of other things.
    pub fn is_fund(self) -> bool {
        self != InstrumentKind::Stock
    }
}

/// One instrument of the registry.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    /// Canonical ticker.
    pub symbol: Symbol,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: InstrumentKind,
    /// Issuer id: the same for all share classes (`alphabet` for GOOG and GOOGL). Others have their own ticker.
    pub issuer: String,
    /// GICS sector of a stock.
    pub sector: Option<Sector>,
    /// Themes a stock belongs to.
    pub themes: BTreeSet<String>,
    /// Instruments with the same group are substantially identical for wash sales (`sp500` for SPY, VOO, IVV).
    pub identity_group: Option<String>,
    /// Exposure per dollar: 1, or 3 for a triple leveraged fund, or -1 for an inverse one.
    pub multiple: f64,
    /// Where the entry comes from: `bundled 2026-05`, `broaden.toml:40`, a holdings file.
    pub origin: String,
}

impl Instrument {
    /// Returns a stock of which only the ticker is known.
    pub(crate) fn unknown(symbol: &Symbol) -> Instrument {
        Instrument {
            symbol: symbol.clone(),
            name: symbol.to_string(),
            kind: InstrumentKind::Stock,
            issuer: symbol.to_string(),
            sector: None,
            themes: BTreeSet::new(),
            identity_group: None,
            multiple: 1.0,
            origin: String::new(),
        }
    }
}

/// What one dollar of an instrument is made of, after look-through. The parts and `unclassified` add up to the
/// multiple of the instrument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Composition {
    /// By issuer id; what is only known by sector is not here.
    pub issuers: BTreeMap<String, f64>,
    /// By GICS sector.
    pub sectors: BTreeMap<Sector, f64>,
    /// By theme; themes overlap and do not add up. What is known: the low end for a fund that is not fully known.
    pub themes: BTreeMap<String, f64>,
    /// The lowest and highest each theme can be: apart from `themes` only where something is not known.
    pub theme_range: BTreeMap<String, (f64, f64)>,
    /// Bonds, commodities and other things without a sector.
    pub non_equity: f64,
    /// Cash inside a fund.
    pub cash: f64,
    /// What nothing is known about.
    pub unclassified: f64,
    /// What has no issuer, by whose unnamed rest it is: funds that track the same index share one.
    pub unnamed: BTreeMap<(String, Option<Sector>), f64>,
    /// The most that one company could weigh in what no company is known of: a quarter of a fund, all of what may be a stock.
    pub anonymous: f64,
    /// Date of the oldest fund data used.
    pub as_of: Option<NaiveDate>,
}

/// What a fund holds, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// Sector weights of the whole fund.
    pub sectors: BTreeMap<Sector, f64>,
    /// Bonds, commodities and the like, of the whole fund.
    pub non_equity: f64,
    /// Cash, of the whole fund.
    pub cash: f64,
    /// Named holdings.
    pub holdings: Vec<Holding>,
    /// The holdings are a full list and decide the sectors; the sector weights above only place the rest.
    pub full_list: bool,
    /// Members of the Magnificent Seven that are not named are not in the fund.
    pub closed: bool,
    /// The user's own figure for tech.
    pub tech: Option<f64>,
    /// Whose unnamed rest this fund's is: its own ticker, or that of the fund it is the same as.
    pub pool: String,
    /// The day the data are of.
    pub as_of: Option<NaiveDate>,
}

/// One line of a fund.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Holding {
    /// What it is.
    pub what: Held,
    /// Fraction of the fund.
    pub weight: f64,
}

/// What a line of a fund can be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Held {
    /// A ticker, with the sector the file gives.
    Symbol(Symbol, Option<Sector>),
    /// Something of which only the sector is known.
    Sector(Sector),
    /// Cash and collateral.
    Cash,
    /// Bonds, commodities, derivatives.
    NonEquity,
    /// Nothing is known.
    Unknown,
}
