//! Look-through: what one dollar of an instrument is made of.
//!
//! `e = sum of weight x holding`, opened to [`DEPTH`] levels of wrappers. The rest a fund does not name is spread by its
//! sector weights where they are known, else it is unclassified; it never gets an issuer. Leverage multiplies at the
//! end, so that every view of a fund agrees.

use std::collections::BTreeMap;

use super::{Composition, Contents, DEPTH, Entry, GICS_IT, Held, InstrumentKind, Registry, TECH_BROAD};
use crate::model::{Sector, Symbol};

/// The most that a fund may hold of one company at the end of a quarter (IRC 851(b)(3)).
pub(crate) const MOST_OF_A_FUND: f64 = 0.25;

/// Weights below this are rounding.
const DUST: f64 = 1e-12;

/// Returns the composition of an entry.
pub(crate) fn compose(registry: &Registry, entry: &Entry) -> Composition {
    let mut parts = open(registry, entry, 0);
    parts.sectors.retain(|_, weight| weight.abs() > DUST);
    parts.issuers.retain(|_, weight| weight.abs() > DUST);
    parts.themes.retain(|_, weight| weight.abs() > DUST);
    parts.unnamed.retain(|_, weight| weight.abs() > DUST);
    parts
}

/// Returns the composition of something nothing is known about.
pub(crate) fn unknown(registry: &Registry) -> Composition {
    let unnamed = BTreeMap::from([((String::new(), None), 1.0)]);
    let mut parts = Composition { unclassified: 1.0, anonymous: 1.0, unnamed, ..Composition::default() };
    for id in registry.themes.keys() {
        parts.theme_range.insert(id.clone(), (0.0, 1.0));
    }
    parts
}

fn open(registry: &Registry, entry: &Entry, depth: u32) -> Composition {
    let instrument = &entry.instrument;
    let mut parts = match (entry.contents(), instrument.kind) {
        (Some(contents), _) => fund(registry, contents, depth),
        (None, InstrumentKind::MoneyMarket) => Composition { cash: 1.0, ..Composition::default() },
        (None, InstrumentKind::Stock) => stock(registry, &instrument.symbol, instrument.sector),
        (None, _) => Composition { anonymous: MOST_OF_A_FUND, ..unknown(registry) },
    };
    // A fund may also be put into a theme by hand.
    if instrument.kind.is_fund() {
        for theme in &instrument.themes {
            parts.themes.insert(theme.clone(), 1.0);
            parts.theme_range.insert(theme.clone(), (1.0, 1.0));
        }
    }
    if instrument.multiple != 1.0 { times(parts, instrument.multiple) } else { parts }
}

/// Returns the composition of a stock, known or not.
pub(crate) fn stock(registry: &Registry, symbol: &Symbol, in_file: Option<Sector>) -> Composition {
    let mut parts = Composition::default();
    if !add_stock(registry, symbol, in_file, 1.0, &mut parts) {
        parts.unclassified = 1.0;
        for (id, _) in registry.themes.iter().filter(|(_, theme)| !theme.sectors.is_empty()) {
            parts.theme_range.entry(id.clone()).or_default().1 = 1.0;
        }
    }
    parts
}

/// Adds a stock with its issuer, sector and themes. Returns whether its sector is known; if not, it is in no sector yet.
fn add_stock(registry: &Registry, symbol: &Symbol, in_file: Option<Sector>, weight: f64, to: &mut Composition) -> bool {
    let known = registry.get(symbol);
    let sector = known.and_then(|instrument| instrument.sector).or(in_file);
    let issuer = known.map_or(symbol.as_str(), |instrument| &instrument.issuer);
    bump(&mut to.issuers, issuer, weight);
    if let Some(sector) = sector {
        *to.sectors.entry(sector).or_default() += weight;
    }
    for (id, theme) in &registry.themes {
        let counts = known.is_some_and(|instrument| instrument.themes.contains(id))
            || theme.issuers.contains(issuer)
            || sector.is_some_and(|sector| theme.sectors.contains(&sector));
        if counts {
            bump(&mut to.themes, id, weight);
            raise(to, id, weight, weight);
        }
    }
    sector.is_some()
}

fn bump(map: &mut BTreeMap<String, f64>, key: &str, weight: f64) {
    match map.get_mut(key) {
        Some(sum) => *sum += weight,
        None => {
            map.insert(key.to_owned(), weight);
        }
    }
}

fn fund(registry: &Registry, contents: &Contents, depth: u32) -> Composition {
    let mut parts = Composition { as_of: contents.as_of, ..Composition::default() };
    let named: f64 = contents.holdings.iter().map(|holding| holding.weight).sum();
    // A list that is a little over the whole is rounding, and brought back; the loader has warned of more.
    let scale = if named > 1.0 { 1.0 / named } else { 1.0 };
    let mut placed: BTreeMap<Sector, f64> = BTreeMap::new();
    let mut nameless = 0.0;
    let mut whole = Vec::new();
    for holding in &contents.holdings {
        let weight = holding.weight * scale;
        match &holding.what {
            Held::Symbol(symbol, in_file) => {
                match registry.entries.get(symbol).filter(|entry| entry.instrument.kind.is_fund()) {
                    Some(entry) if depth + 1 >= DEPTH => add(&mut parts, &surface(registry, entry), weight),
                    // What nothing of is cut off here is the same as by itself, and opened once.
                    Some(entry) if depth + 1 + height(registry, entry, DEPTH) < DEPTH => {
                        whole.extend(registry.composition(symbol).map(|parts| (parts, weight)));
                    }
                    Some(entry) => add(&mut parts, &open(registry, entry, depth + 1), weight),
                    // A stock whose sector nobody gives is placed with the rest, but keeps its name.
                    None if !add_stock(registry, symbol, *in_file, weight, &mut parts) => nameless += weight,
                    None => {}
                }
            }
            Held::Sector(sector) => {
                parts.sectors.entry(*sector).and_modify(|w| *w += weight).or_insert(weight);
                *parts.unnamed.entry((contents.pool.clone(), Some(*sector))).or_default() += weight;
                for (id, theme) in &registry.themes {
                    if theme.sectors.contains(sector) {
                        *parts.themes.entry(id.clone()).or_default() += weight;
                        raise(&mut parts, id, weight, weight);
                    }
                }
            }
            Held::Cash => parts.cash += weight,
            Held::NonEquity => parts.non_equity += weight,
            Held::Unknown => nameless += weight,
        }
    }
    add_all(&mut parts, &whole);
    for (sector, weight) in &parts.sectors {
        placed.insert(*sector, *weight);
    }
    let rest = (1.0 - named * scale).max(0.0) + nameless;
    place_rest(registry, contents, &placed, rest, rest - nameless, &mut parts);
    if contents.holdings.is_empty() && !contents.closed {
        parts.anonymous = MOST_OF_A_FUND * (parts.sectors.values().sum::<f64>() + parts.unclassified);
    }
    if let Some(tech) = contents.tech {
        for id in [TECH_BROAD, GICS_IT] {
            parts.themes.insert(id.to_owned(), tech);
            parts.theme_range.insert(id.to_owned(), (tech, tech));
        }
    }
    parts
}

/// Returns how many levels of other funds are inside a fund: 0 where it holds none. [`DEPTH`] stands for that many, for
/// more and for funds that hold each other; `most` levels are looked at.
fn height(registry: &Registry, entry: &Entry, most: u32) -> u32 {
    if let Some(known) = entry.height.get() {
        return *known;
    }
    let fund = |symbol| registry.entries.get(symbol).filter(|entry| entry.instrument.kind.is_fund());
    let mut levels = 0;
    for holding in entry.contents().map_or(&[][..], |contents| &contents.holdings) {
        let Held::Symbol(symbol, _) = &holding.what else { continue };
        let Some(inner) = fund(symbol) else { continue };
        levels = levels.max(match most.checked_sub(1) {
            Some(rest) => (1 + height(registry, inner, rest)).min(DEPTH),
            None => DEPTH,
        });
        if levels == DEPTH {
            break;
        }
    }
    // What fewer levels were looked at of may only seem as high.
    if levels < DEPTH || most == DEPTH {
        return *entry.height.get_or_init(|| levels);
    }
    levels
}

/// Spreads what is not named: by the sector weights of the fund, less what is named already where the weights are of
/// the whole fund; what has no weights at all is unclassified. `without_issuer` is the part that has no issuer either.
fn place_rest(
    registry: &Registry,
    contents: &Contents,
    placed: &BTreeMap<Sector, f64>,
    rest: f64,
    without_issuer: f64,
    parts: &mut Composition,
) {
    if rest <= DUST {
        return;
    }
    let taken = |whole: f64, named: f64| if contents.full_list { whole } else { (whole - named).max(0.0) };
    let room: BTreeMap<Sector, f64> = contents
        .sectors
        .iter()
        .map(|(sector, whole)| (*sector, taken(*whole, placed.get(sector).copied().unwrap_or(0.0))))
        .collect();
    let non_equity = taken(contents.non_equity, parts.non_equity);
    let cash = taken(contents.cash, parts.cash);
    let known: f64 = contents.sectors.values().sum::<f64>() + contents.non_equity + contents.cash;
    let unknown = taken((1.0 - known).max(0.0), 0.0);
    let space = room.values().sum::<f64>() + non_equity + cash + unknown;
    let anonymous = without_issuer / rest;
    if space <= DUST || known <= DUST {
        lose(registry, contents, rest, anonymous, parts);
        return;
    }
    let share = rest / space;
    for (sector, room) in room {
        let weight = room * share;
        *parts.sectors.entry(sector).or_default() += weight;
        *parts.unnamed.entry((contents.pool.clone(), Some(sector))).or_default() += weight * anonymous;
        for (id, theme) in &registry.themes {
            if theme.sectors.contains(&sector) {
                *parts.themes.entry(id.clone()).or_default() += weight;
                raise(parts, id, weight, weight);
            } else if theme.may_hide_in(sector, contents.closed) {
                raise(parts, id, 0.0, weight * anonymous);
            }
        }
    }
    parts.non_equity += non_equity * share;
    parts.cash += cash * share;
    lose(registry, contents, unknown * share, anonymous, parts);
}

fn lose(registry: &Registry, contents: &Contents, weight: f64, anonymous: f64, parts: &mut Composition) {
    if weight > DUST {
        parts.unclassified += weight;
        *parts.unnamed.entry((contents.pool.clone(), None)).or_default() += weight * anonymous;
        for (id, theme) in &registry.themes {
            // A stock with a name but no sector is in a theme of companies or it is not.
            raise(parts, id, 0.0, if theme.sectors.is_empty() { weight * anonymous } else { weight });
        }
    }
}

fn raise(parts: &mut Composition, theme: &str, low: f64, high: f64) {
    match parts.theme_range.get_mut(theme) {
        Some(range) => (range.0, range.1) = (range.0 + low, range.1 + high),
        None => {
            parts.theme_range.insert(theme.to_owned(), (low, high));
        }
    }
}

/// Returns a wrapper by its own sector weights, without opening it.
fn surface(registry: &Registry, entry: &Entry) -> Composition {
    let shallow = entry.contents().map(|contents| Contents {
        holdings: Vec::new(),
        full_list: true,
        closed: false,
        ..contents.clone()
    });
    let parts = shallow.map_or_else(|| unknown(registry), |contents| fund(registry, &contents, DEPTH));
    if entry.instrument.multiple != 1.0 { times(parts, entry.instrument.multiple) } else { parts }
}

/// Adds parts of other compositions, whose lists of names may be long.
pub(crate) fn add_all(to: &mut Composition, all: &[(&Composition, f64)]) {
    let own = std::mem::take(&mut to.issuers);
    let mut sums =
        Sums { sorted: own.iter().map(|(issuer, share)| (issuer.as_str(), *share)).collect(), new: BTreeMap::new() };
    for (part, weight) in all {
        sums.add(&part.issuers, *weight);
        add_unnamed(to, part, *weight);
    }
    sums.settle();
    to.issuers = sums.sorted.into_iter().map(|(issuer, share)| (issuer.to_owned(), share)).collect();
}

/// Sums by name. A household has a few lists of thousands of names, its funds, and thousands of lists of one, its stocks.
struct Sums<'a> {
    sorted: Vec<(&'a str, f64)>,
    /// Of short lists, until a long one comes: to make room for each name in the sorted ones would take long.
    new: BTreeMap<&'a str, f64>,
}

impl<'a> Sums<'a> {
    /// Adds a list.
    fn add(&mut self, part: &'a BTreeMap<String, f64>, weight: f64) {
        // A short list is looked up; else both are walked through once.
        if part.len() < (self.sorted.len() + self.new.len()) / 16 {
            for (issuer, share) in part {
                match self.sorted.binary_search_by(|(known, _)| (*known).cmp(issuer)) {
                    Ok(at) => self.sorted.iter_mut().skip(at).take(1).for_each(|(_, sum)| *sum += share * weight),
                    Err(_) => *self.new.entry(issuer).or_default() += share * weight,
                }
            }
        } else {
            self.settle();
            self.merge(part.iter().map(|(issuer, share)| (issuer.as_str(), share * weight)));
        }
    }

    /// Puts the new names among the sorted ones.
    fn settle(&mut self) {
        let new = std::mem::take(&mut self.new);
        self.merge(new.into_iter());
    }

    /// Adds names that are sorted too.
    fn merge(&mut self, part: impl ExactSizeIterator<Item = (&'a str, f64)>) {
        if part.len() == 0 {
            return;
        }
        let mut out = Vec::with_capacity(self.sorted.len() + part.len());
        let mut known = std::mem::take(&mut self.sorted).into_iter().peekable();
        for (issuer, share) in part {
            while let Some(before) = known.next_if(|(name, _)| *name < issuer) {
                out.push(before);
            }
            let sum = known.next_if(|(name, _)| *name == issuer).map_or(0.0, |(_, sum)| sum);
            out.push((issuer, sum + share));
        }
        out.extend(known);
        self.sorted = out;
    }
}

/// Adds a part of another composition.
pub(crate) fn add(to: &mut Composition, part: &Composition, weight: f64) {
    for (issuer, share) in &part.issuers {
        bump(&mut to.issuers, issuer, share * weight);
    }
    add_unnamed(to, part, weight);
}

/// Adds everything of a composition but its issuers.
fn add_unnamed(to: &mut Composition, part: &Composition, weight: f64) {
    for (sector, share) in &part.sectors {
        *to.sectors.entry(*sector).or_default() += share * weight;
    }
    for (theme, share) in &part.themes {
        bump(&mut to.themes, theme, share * weight);
    }
    for (theme, (low, high)) in &part.theme_range {
        raise(to, theme, low * weight, high * weight);
    }
    for (place, share) in &part.unnamed {
        *to.unnamed.entry(place.clone()).or_default() += share * weight;
    }
    to.non_equity += part.non_equity * weight;
    to.cash += part.cash * weight;
    to.unclassified += part.unclassified * weight;
    to.anonymous += part.anonymous * weight.abs();
    to.as_of = match (to.as_of, part.as_of) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
}

fn times(parts: Composition, multiple: f64) -> Composition {
    let mut out = Composition::default();
    add(&mut out, &parts, multiple);
    for range in out.theme_range.values_mut() {
        *range = (range.0.min(range.1), range.0.max(range.1));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;
    use crate::diagnostics::{Sink, Source};

    /// Funds of funds of funds, four of them; two that hold each other; and one that holds itself.
    const FUNDS: &str = "\
[instruments.OUTER]\nholdings = { WRAP = \"50%\", INNER = \"50%\" }
[instruments.WRAP]\nholdings = { MID = \"100%\" }
[instruments.MID]\nholdings = { INNER = \"80%\", JPM = \"20%\" }
[instruments.INNER]\nholdings = { NVDA = \"25%\" }\nsectors = { information-technology = \"25%\", energy = \"75%\" }
[instruments.RING]\nholdings = { GNIR = \"50%\", NVDA = \"50%\" }
[instruments.GNIR]\nholdings = { RING = \"50%\", VTI = \"50%\" }
[instruments.SELF]\nholdings = { SELF = \"60%\", VTI = \"40%\" }";

    fn registry() -> Registry {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", FUNDS)), &[], &mut sink);
        let registry = Registry::load(&document, &[], None, &mut sink);
        assert!(sink.items.is_empty(), "{:?}", sink.items);
        registry
    }

    fn level(registry: &Registry, symbol: &str) -> u32 {
        height(registry, registry.entries.get(&Symbol::new(symbol)).unwrap(), DEPTH)
    }

    #[test]
    fn a_fund_is_as_high_as_the_funds_inside_it() {
        let registry = registry();
        let of = |symbols: &[&str]| symbols.iter().map(|symbol| level(&registry, symbol)).collect::<Vec<_>>();
        assert_eq!(of(&["NVDA", "INNER", "SPY", "VTI", "VFIFX", "MID", "WRAP", "OUTER"]), [0, 0, 0, 1, 2, 1, 2, 3]);
        assert_eq!(of(&["RING", "GNIR", "SELF"]), [DEPTH; 3]);
    }

    #[test]
    fn what_is_the_fourth_level_down_is_known_by_its_sectors_only() {
        let (registry, nvda) = (registry(), "NVDA");
        let of = |symbol: &str| registry.look_through(&Symbol::new(symbol));
        // WRAP's INNER is the third level and opened; OUTER's, by way of WRAP, is the fourth, and its own the second.
        assert!((of("WRAP").issuers[nvda] - 0.2).abs() < 1e-12);
        let outer = of("OUTER");
        assert!((outer.issuers[nvda] - 0.125).abs() < 1e-12, "{:?}", outer.issuers);
        assert!((outer.sectors[&Sector::InformationTechnology] - 0.225).abs() < 1e-12);
        assert!((outer.sectors[&Sector::Energy] - 0.675).abs() < 1e-12);
    }

    /// What a fund is made of is taken ready where nothing of it is cut off, so it must not matter what was asked before.
    #[test]
    fn every_fund_is_the_same_whatever_was_opened_before_it() {
        let (clean, forth, back) = (registry(), registry(), registry());
        for symbol in back.symbols().into_iter().rev() {
            back.composition(symbol);
        }
        for symbol in forth.symbols() {
            let alone = clean.clone().look_through(symbol);
            let total = alone.sectors.values().sum::<f64>() + alone.non_equity + alone.cash + alone.unclassified;
            assert!((total - forth.get(symbol).unwrap().multiple).abs() < 1e-9, "{symbol}: {total}");
            assert_eq!(forth.composition(symbol), Some(&alone), "{symbol}");
            assert_eq!(back.composition(symbol), Some(&alone), "{symbol}");
        }
    }

    #[test]
    fn lists_of_names_add_up_in_any_length() {
        let list = |names: &[&str]| Composition {
            issuers: names.iter().map(|name| ((*name).to_owned(), 0.5)).collect(),
            ..Composition::default()
        };
        let long: Vec<String> = (0..64).map(|at| format!("N{at:02}")).collect();
        let long = list(&long.iter().map(String::as_str).collect::<Vec<_>>());
        let (short, strange) = (list(&["N07"]), list(&["A", "N07", "Z"]));
        let mut sum = list(&["M", "N63"]);
        add_all(&mut sum, &[(&long, 1.0), (&short, 2.0), (&strange, 4.0), (&long, 1.0)]);
        assert_eq!(sum.issuers.len(), 67);
        for (name, share) in [("A", 2.0), ("M", 0.5), ("N00", 1.0), ("N07", 4.0), ("N63", 1.5), ("Z", 2.0)] {
            assert_eq!(sum.issuers[name], share, "{name}");
        }
    }
}
