//! What each instrument is: sector, issuer, themes, fund contents, identity for wash sales. One registry, one
//! look-through function.
//!
//! Three layers, later ones win: the table compiled into the program, issuers' holdings files, and the user's
//! `[instruments]` and `[themes]`. Every entry says where it comes from.

mod compose;
pub mod files;
mod history;
mod instrument;
mod names;
mod overrides;
mod table;
mod taxonomy;
mod themes;
mod tickers;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;

use crate::config::Document;
use crate::diagnostics::Sink;
use crate::model::{Position, RawFile, Sector, Symbol};

pub(crate) use compose::{MOST_OF_A_FUND, add as accumulate, add_all as accumulate_all};
pub(crate) use files::archive;
pub use files::{FORMATS, Format};
pub use instrument::{Composition, Instrument, InstrumentKind};
pub(crate) use instrument::{Contents, Held, Holding};
pub use overrides::{INSTRUMENT_DOC, INSTRUMENT_PARAMS};
pub use taxonomy::sector_named;
pub use themes::{THEME_DOC, THEME_PARAMS, Theme, unknown_sector, unknown_theme};
pub use tickers::{is_etf, is_listed, of_cusip, share_class};

/// The theme that counts for the default cap: GICS 45 plus the Magnificent Seven outside it.
pub const TECH_BROAD: &str = "tech-broad";
/// GICS sector 45.
pub const GICS_IT: &str = "gics-it";
/// The Magnificent Seven.
pub const MAG7: &str = "mag7";

/// Wrappers are opened this many levels deep: a fund of funds of funds.
pub const DEPTH: u32 = 3;
/// Fund data older than this many days is worth a warning.
pub const OLD_AFTER_DAYS: i64 = 45;
/// Fund data older than this many days is not used when something newer is known.
pub const STALE_AFTER_DAYS: i64 = 120;

crate::codes! {
    UNKNOWN_THEME "unknown-theme" "The theme is neither built in (tech-broad, gics-it, mag7) nor declared under [themes]. `broaden exposure --themes` lists what there is.";
    UNKNOWN_SECTOR "unknown-sector" "The sector is not one of the eleven of GICS. Write its two-digit code (\"45\"), its id (\"information-technology\"), or the name Yahoo, Morningstar or Nasdaq use.";
    THEME_CYCLE "theme-cycle" "A theme includes itself through the `themes` of another one, so what it counts is not defined.";
    UNKNOWN_INSTRUMENT "unknown-instrument" "`like` names an instrument that is neither in the bundled table nor under [instruments].";
    CONTENTS_SUM "contents-sum" "The weights of what a fund holds do not add up to about 100%. More is scaled down; less leaves the rest unclassified.";
    FUND_FILE_UNREADABLE "fund-file-unreadable" "The file is not a fund holdings file broaden knows, so it is not used: iShares CSV, Invesco CSV, SSGA (SPDR) xlsx or CSV, Vanguard CSV, SEC N-PORT XML, a table of another issuer with tickers, names and weights, or a CSV with the columns symbol and sector.";
    FUND_FILE_UNNAMED "fund-file-unnamed" "The holdings file does not say which fund it is of. Name it: `holdings-file = \"FILE\"` under [instruments.TICKER].";
    FUND_FILE_EMPTY "fund-file-empty" "The holdings file has its header and no holdings below it. Issuers hand out such files for days they have no data of.";
    FUND_DATA_OLD "fund-data-old" "The holdings of a fund are more than 45 days old. Funds publish newer ones; beyond 120 days the newest data known are used instead, and said so.";
    FUND_ROWS_SKIPPED "fund-rows-skipped" "Rows of a holdings file could not be read and are not in any figure; what they hide is treated as the unknown rest of the fund.";
}

/// What the registry is, for `broaden explain reference`.
pub const DOC: &str = "\
The registry says what each instrument is: sector, issuer, themes, what a fund holds, which are substantially identical
for wash sales. There is one registry and one look-through, so every figure of a fund agrees.

Built in is a dated table written for broaden: the S&P 500 and other widely held US stocks by GICS sector, and funds
with rounded, approximate sector weights and biggest constituents. Issuers' holdings files replace a fund's contents
with exact ones; [instruments] and [themes] in broaden.toml win over both. Every entry says where it comes from.

GICS changes are honoured by the as-of date: Communication Services from 2018-09-29, payment networks in Financials from
2023-03-18. Share classes are one issuer (GOOG and GOOGL). Class shares are written BRK.B whatever the file's spelling.";

/// The texts of `broaden explain` of this stage; layouts of holdings files are in [`FORMATS`].
pub const DOCS: &[(&str, &str)] = &[("reference", DOC), ("instrument", INSTRUMENT_DOC), ("theme", THEME_DOC)];

/// An instrument with what it holds. Contents of the bundled table and compositions are made when first asked for.
#[derive(Clone, Debug)]
struct Entry {
    instrument: Instrument,
    bundled: Option<table::Bundled>,
    /// Shared by the funds of an index that take one file.
    contents: OnceLock<Option<Arc<Contents>>>,
    composition: OnceLock<Box<Composition>>,
    /// The fund whose file this one takes.
    file_of: Option<Symbol>,
    /// How many levels of other funds are inside it; no more than [`DEPTH`] are counted.
    height: OnceLock<u32>,
}

impl Entry {
    fn new(instrument: Instrument, contents: Option<Contents>) -> Self {
        let contents = OnceLock::from(contents.map(Arc::new));
        Entry {
            instrument,
            bundled: None,
            contents,
            composition: OnceLock::new(),
            file_of: None,
            height: OnceLock::new(),
        }
    }

    fn bundled(instrument: Instrument, bundled: table::Bundled) -> Self {
        let (contents, composition) = (OnceLock::new(), OnceLock::new());
        Entry { instrument, bundled: Some(bundled), contents, composition, file_of: None, height: OnceLock::new() }
    }

    fn contents(&self) -> Option<&Contents> {
        let read = || self.bundled.map(|bundled| Arc::new(bundled.read(&mut Vec::new())));
        self.contents.get_or_init(read).as_deref()
    }
}

/// The bundled table, before anything of a run changes it.
#[derive(Clone)]
pub struct Bundle(BTreeMap<Symbol, Entry>);

impl Bundle {
    /// Reads the table: it takes as long as a short export does.
    pub fn read() -> Self {
        Bundle(table::entries())
    }
}

/// The instruments, themes and fund contents known in this run.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: BTreeMap<Symbol, Entry>,
    themes: BTreeMap<String, Theme>,
    /// An instrument of each issuer whose id is no ticker of its own.
    groups: BTreeMap<String, Symbol>,
    /// Tickers by the telling words of their names; made when something has only a name.
    names: OnceLock<BTreeMap<String, Symbol>>,
}

impl Registry {
    /// Returns the registry of the bundled table, the config's `[instruments]` and `[themes]`, and issuers' holdings
    /// files. `as_of` decides GICS membership and the age of fund data.
    pub fn load(document: &Document, funds: &[RawFile], as_of: Option<NaiveDate>, sink: &mut Sink) -> Registry {
        Self::with(Bundle::read(), document, funds, as_of, sink)
    }

    /// Like [`Registry::load`], with the bundled table read before.
    pub fn with(
        bundle: Bundle,
        document: &Document,
        funds: &[RawFile],
        as_of: Option<NaiveDate>,
        sink: &mut Sink,
    ) -> Registry {
        let mut registry = Registry { entries: bundle.0, ..Registry::default() };
        registry.sectors_of(as_of);
        let links = overrides::file_links(document);
        files::apply(&mut registry, funds, &links, as_of, sink);
        overrides::apply(&mut registry, document, sink);
        registry.index();
        registry.themes = themes::load(document, &registry, sink);
        registry.assign_themes();
        registry
    }

    /// Returns the registry of the bundled table and the default themes alone.
    pub fn bundled() -> Registry {
        Self::load(&Document::defaults(), &[], None, &mut Sink::default())
    }

    /// Gives every stock the sector of a day: the bundled table has those of today.
    fn sectors_of(&mut self, as_of: Option<NaiveDate>) {
        for (symbol, entry) in &mut self.entries {
            let sector = &mut entry.instrument.sector;
            *sector = sector.map(|today| history::sector_on(symbol.as_str(), today, as_of));
        }
    }

    /// Finds the issuers again and forgets the names, after entries were added.
    fn index(&mut self) {
        self.names = OnceLock::new();
        self.groups = BTreeMap::new();
        for (symbol, entry) in &self.entries {
            let issuer = &entry.instrument.issuer;
            if issuer != symbol.as_str() && !self.groups.contains_key(issuer) {
                self.groups.insert(issuer.clone(), symbol.clone());
            }
        }
    }

    /// Returns the ticker with exactly this name, going by its telling words.
    fn named(&self, name: &str) -> Option<&Symbol> {
        let index = || {
            let mut names: BTreeMap<String, (usize, Symbol)> = BTreeMap::new();
            for (symbol, entry) in &self.entries {
                // Of the classes of a fund, the one whose name is nothing but the fund's.
                let candidate = (entry.instrument.name.len(), symbol.clone());
                let best = names.entry(names::key(&entry.instrument.name)).or_insert_with(|| candidate.clone());
                if candidate.0 < best.0 {
                    *best = candidate;
                }
            }
            names.into_iter().map(|(key, (_, symbol))| (key, symbol)).collect()
        };
        self.names.get_or_init(index).get(&names::key(name))
    }

    /// Returns an instrument of an issuer: the one whose ticker is the issuer's id, else the first in ticker order.
    fn of_issuer(&self, issuer: &str) -> Option<&Instrument> {
        let own =
            self.get(&Symbol::new(issuer)).filter(|known| known.issuer == issuer && known.symbol.as_str() == issuer);
        own.or_else(|| self.groups.get(issuer).and_then(|symbol| self.get(symbol)))
    }

    fn assign_themes(&mut self) {
        let Registry { entries, themes, .. } = self;
        for entry in entries.values_mut() {
            let instrument = &mut entry.instrument;
            let counted = themes.iter().filter(|(_, theme)| theme.counts(instrument));
            instrument.themes = counted.map(|(id, _)| id.clone()).collect();
        }
    }

    /// Returns an instrument.
    pub fn get(&self, symbol: &Symbol) -> Option<&Instrument> {
        self.entries.get(symbol).map(|entry| &entry.instrument)
    }

    /// Returns the ticker under which a position is known: its own, or that of the instrument with exactly its name
    /// (employer plans print names only). Foreign lines are not taken for the US stock with the same letters.
    pub fn resolve(&self, position: &Position) -> Option<Symbol> {
        let own = position.canonical.clone().or_else(|| position.symbol.as_deref().map(Symbol::new));
        let Some(own) = own else {
            let named = Symbol::new(&position.name);
            let by_name = || self.named(&position.name).cloned();
            return Some(named).filter(|symbol| self.entries.contains_key(symbol)).or_else(by_name);
        };
        let american =
            position.currency == "USD" || position.details.isin.as_deref().is_some_and(|isin| isin.starts_with("US"));
        let entry = self.entries.get(&own)?;
        (american || !entry.instrument.origin.starts_with(table::ORIGIN)).then_some(own)
    }

    /// Returns the name of an issuer: `NVIDIA`; the id itself when unknown.
    pub fn issuer_name(&self, issuer: &str) -> String {
        match self.of_issuer(issuer) {
            Some(fund) if fund.kind.is_fund() => fund.name.clone(),
            // Share classes share one issuer, whose name is without the class.
            Some(stock) => names::without_class(&stock.name),
            None => issuer.to_owned(),
        }
    }

    /// Returns the sector of an issuer.
    pub fn issuer_sector(&self, issuer: &str) -> Option<Sector> {
        self.of_issuer(issuer).and_then(|instrument| instrument.sector)
    }

    /// Returns the issuer id of a ticker; the ticker itself when unknown.
    pub fn issuer(&self, symbol: &Symbol) -> String {
        self.get(symbol).map_or_else(|| symbol.to_string(), |instrument| instrument.issuer.clone())
    }

    /// Returns what one dollar of an instrument is made of. An unknown symbol is all `unclassified`.
    ///
    /// ```
    /// use broaden::model::{Sector, Symbol};
    /// use broaden::reference::{Registry, TECH_BROAD};
    ///
    /// let registry = Registry::bundled();
    /// let spy = registry.look_through(&Symbol::new("SPY"));
    /// assert!(spy.themes[TECH_BROAD] > spy.sectors[&Sector::InformationTechnology]);
    /// assert_eq!(registry.look_through(&Symbol::new("NOSUCH")).unclassified, 1.0);
    /// ```
    pub fn look_through(&self, symbol: &Symbol) -> Composition {
        match self.composition(symbol) {
            Some(composition) => composition.clone(),
            None => compose::unknown(self),
        }
    }

    /// Returns the composition of a stock that is not in the table: one issuer of an unknown sector.
    pub(crate) fn stranger(&self, label: &str) -> Composition {
        let symbol = Symbol::new(label);
        match self.entries.contains_key(&symbol) {
            // A foreign line with the letters of a US stock.
            true => Composition {
                issuers: BTreeMap::from([(format!("{label} (foreign)"), 1.0)]),
                unnamed: BTreeMap::new(),
                anonymous: 0.0,
                ..compose::unknown(self)
            },
            false => compose::stock(self, &symbol, None),
        }
    }

    /// Returns the composition of something nothing is known about but its ticker or name, which themes may list.
    pub(crate) fn unknown_parts(&self, label: &str) -> Composition {
        let mut parts = compose::unknown(self);
        let symbol = Symbol::new(label);
        for (id, theme) in &self.themes {
            if !self.entries.contains_key(&symbol) && theme.issuers.contains(symbol.as_str()) {
                parts.themes.insert(id.clone(), 1.0);
                parts.theme_range.insert(id.clone(), (1.0, 1.0));
            }
        }
        parts
    }

    /// Returns what one dollar of a known instrument is made of, computed once.
    pub fn composition(&self, symbol: &Symbol) -> Option<&Composition> {
        let entry = self.entries.get(symbol)?;
        let entry = self.twin(entry).unwrap_or(entry);
        Some(entry.composition.get_or_init(|| Box::new(compose::compose(self, entry))))
    }

    /// Returns the fund whose file another takes, where everything else that decides their compositions is the same too.
    fn twin(&self, entry: &Entry) -> Option<&Entry> {
        let other = self.entries.get(entry.file_of.as_ref()?)?;
        let same = match (entry.contents.get(), other.contents.get()) {
            (Some(Some(own)), Some(Some(its))) => Arc::ptr_eq(own, its),
            _ => false,
        };
        let (own, its) = (&entry.instrument, &other.instrument);
        let alike = own.multiple.to_bits() == its.multiple.to_bits() && own.themes == its.themes && own.kind.is_fund();
        (same && alike && its.kind.is_fund() && other.file_of.is_none()).then_some(other)
    }

    /// Returns the dollars of a theme per dollar of an instrument, as far as they are known; 0 for an unknown one that
    /// the theme does not list.
    pub fn theme_fraction(&self, symbol: &Symbol, theme: &str) -> f64 {
        match self.composition(symbol) {
            Some(parts) => parts.themes.get(theme).copied().unwrap_or(0.0),
            None => f64::from(self.theme(theme).is_some_and(|theme| theme.issuers.contains(symbol.as_str()))),
        }
    }

    /// Returns the dollars of a sector per dollar of an instrument; 0 for an unknown one.
    pub fn sector_fraction(&self, symbol: &Symbol, sector: Sector) -> f64 {
        self.composition(symbol).and_then(|parts| parts.sectors.get(&sector)).copied().unwrap_or(0.0)
    }

    /// Returns the dollars of an issuer per dollar of an instrument, through funds too. A stock that is not in the
    /// registry still is its own issuer.
    pub fn issuer_fraction(&self, symbol: &Symbol, issuer: &str) -> f64 {
        match self.composition(symbol) {
            Some(parts) => parts.issuers.get(issuer).copied().unwrap_or(0.0),
            None => f64::from(symbol.as_str() == issuer),
        }
    }

    /// Returns the wash-sale identity of a symbol: its group (an index, or the company of share classes), else the
    /// symbol.
    pub fn identity(&self, symbol: &Symbol) -> String {
        self.get(symbol).and_then(|instrument| instrument.identity_group.clone()).unwrap_or_else(|| symbol.to_string())
    }

    /// Returns the theme ids, each with what it counts, in one line.
    pub fn themes(&self) -> Vec<(String, String)> {
        self.themes.iter().map(|(id, theme)| (id.clone(), theme.about.clone())).collect()
    }

    /// Returns a theme.
    pub fn theme(&self, id: &str) -> Option<&Theme> {
        self.themes.get(id)
    }

    /// Returns every known ticker, for suggestions.
    pub fn symbols(&self) -> Vec<&Symbol> {
        self.entries.keys().collect()
    }
}
