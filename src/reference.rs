//! What each instrument is: sector, issuer, themes, fund contents, identity for wash sales. One registry, one
//! look-through function.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::config::Document;
use crate::diagnostics::Sink;
use crate::model::{RawFile, Sector, Symbol};

/// The theme that counts for the default cap: GICS 45 plus the Magnificent Seven outside it.
pub const TECH_BROAD: &str = "tech-broad";
/// GICS sector 45.
pub const GICS_IT: &str = "gics-it";
/// The Magnificent Seven.
pub const MAG7: &str = "mag7";

/// What kind of instrument it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum InstrumentKind {
    Stock,
    Etf,
    MutualFund,
    MoneyMarket,
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
    /// Issuer id: the same for all share classes (`alphabet` for GOOG and GOOGL). Funds have their own ticker.
    pub issuer: String,
    /// GICS sector of a stock.
    pub sector: Option<Sector>,
    /// Themes a stock belongs to.
    pub themes: BTreeSet<String>,
    /// Instruments with the same group are substantially identical for wash sales (`sp500` for SPY, VOO, IVV).
    pub identity_group: Option<String>,
    /// Exposure per dollar: 1, or 3 for a triple leveraged fund, or -1 for an inverse one.
    pub multiple: f64,
    /// Where the entry comes from: `bundled 2026-11`, `broaden.toml:40`, a holdings file.
    pub origin: String,
}

/// What one dollar of an instrument is made of, after look-through. The parts and `unclassified` add up to the
/// multiple of the instrument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Composition {
    /// By issuer id; what is only known by sector is not here.
    pub issuers: BTreeMap<String, f64>,
    /// By GICS sector.
    pub sectors: BTreeMap<Sector, f64>,
    /// By theme; themes overlap and do not add up.
    pub themes: BTreeMap<String, f64>,
    /// Bonds, commodities and other things without a sector.
    pub non_equity: f64,
    /// Cash inside a fund.
    pub cash: f64,
    /// What nothing is known about.
    pub unclassified: f64,
    /// Date of the oldest fund data used.
    pub as_of: Option<NaiveDate>,
}

/// The instruments, themes and fund contents known in this run.
#[derive(Clone, Debug, Default)]
pub struct Registry {}

impl Registry {
    /// Returns the registry of the bundled table, the config's `[instruments]` and `[themes]`, and issuers' holdings
    /// files. `as_of` decides GICS membership and the age of fund data.
    pub fn load(_document: &Document, _funds: &[RawFile], _as_of: Option<NaiveDate>, _sink: &mut Sink) -> Registry {
        Registry::default()
    }
    /// Returns the registry of the bundled table alone.
    pub fn bundled() -> Registry {
        Registry::default()
    }
    /// Returns an instrument.
    pub fn get(&self, _symbol: &Symbol) -> Option<&Instrument> {
        None
    }
    /// Returns the name of an issuer: `NVIDIA`; the id itself when unknown.
    pub fn issuer_name(&self, issuer: &str) -> String {
        issuer.to_owned()
    }
    /// Returns what one dollar of an instrument is made of. An unknown symbol is all `unclassified`.
    pub fn look_through(&self, _symbol: &Symbol) -> Composition {
        Composition { unclassified: 1.0, ..Composition::default() }
    }
    /// Returns the wash-sale identity of a symbol: its group, else the symbol.
    pub fn identity(&self, symbol: &Symbol) -> String {
        symbol.to_string()
    }
    /// Returns the theme ids, each with what it counts, in one line.
    pub fn themes(&self) -> Vec<(String, String)> {
        Vec::new()
    }
    /// Returns every known ticker, for suggestions.
    pub fn symbols(&self) -> Vec<&Symbol> {
        Vec::new()
    }
}
