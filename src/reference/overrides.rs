//! `[instruments.SYMBOL]`: what the user knows better. Keys that are not given keep what the table says.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CONTENTS_SUM, Contents, Entry, Held, Holding, Instrument, InstrumentKind, Registry, UNKNOWN_INSTRUMENT,
    sector_named, themes,
};
use crate::config::{Document, Fields, IMPOSSIBLE_VALUE, Kind, Node, NodeValue, Param, Table};
use crate::diagnostics::{Diagnostic, Place, Sink, SourceKind, nearest};
use crate::model::{Sector, Symbol};
use crate::units::{NumberStyle, parse_number};

/// The keys of `[instruments.SYMBOL]`.
pub const INSTRUMENT_PARAMS: &[Param] = &[
    Param::optional("name", Kind::Text, "The name shown in reports."),
    Param::optional("kind", Kind::Choice(&["stock", "etf", "mutual-fund", "money-market"]), "What it is."),
    Param::optional("sector", Kind::Text, "GICS sector: id, two-digit code in quotes, or a vendor's name for it."),
    Param::optional("issuer", Kind::Text, "Issuer id; instruments with the same id count as one issuer."),
    Param::optional(
        "themes",
        Kind::Texts,
        "Themes it belongs to as a whole, beside those it is in by sector or company.",
    ),
    Param::optional(
        "identity",
        Kind::Text,
        "Wash-sale group: instruments with the same one are substantially identical.",
    ),
    Param::optional(
        "multiple",
        Kind::Number(-5.0, 5.0),
        "Exposure per dollar: 3 for a triple leveraged fund, -1 for an inverse one.",
    ),
    Param::optional(
        "like",
        Kind::Symbol,
        "Another instrument with the same contents, such as \"SPY\" for an index trust.",
    ),
    Param::optional(
        "sectors",
        Kind::Table,
        "Weights of a fund by sector; `bonds`, `other` and `cash` are allowed too.",
    ),
    Param::optional("holdings", Kind::Table, "Weights of a fund by ticker; what they leave goes by `sectors`."),
    Param::optional("tech", Kind::Weight, "Your own figure for gics-it and tech-broad, used as it is."),
    Param::optional(
        "holdings-file",
        Kind::Text,
        "Name of the holdings file that is of this fund, where the file does not say.",
    ),
    Param::optional("as-of", Kind::Date, "The day of these figures."),
];

/// What an instrument entry does, for `broaden explain instrument`.
pub const INSTRUMENT_DOC: &str = "\
[instruments.SYMBOL] says what an instrument is, over the bundled table, key by key. A fund known by its name only (an
employer plan) is written with its name in quotes.

A stock needs a sector. A fund takes `like` (the same contents as another), or `sectors` (its sector weights), or
`holdings` (weights by ticker, looked through), or `tech` (your own figure for the tech share). What is left of 100% is
unclassified: it counts in the value, in no sector, and widens the interval of tech.

identity puts instruments into one wash-sale group. multiple is the exposure per dollar of a leveraged fund.";

/// A list of holdings that names this much of a fund is taken as the whole.
const FULL_LIST: f64 = 0.98;

/// Returns which holdings file is of which fund, as far as the config says.
pub(crate) fn file_links(document: &Document) -> BTreeMap<String, (Symbol, Place)> {
    let mut links = BTreeMap::new();
    for (symbol, _, table) in document.root.table("instruments").into_iter().flat_map(Table::tables) {
        let Some(node) = table.get("holdings-file") else { continue };
        if let NodeValue::Text(file) = &node.value {
            links.insert(file.clone(), (Symbol::new(symbol), node.place.clone()));
        }
    }
    links
}

/// Applies the entries of the config.
pub(crate) fn apply(registry: &mut Registry, document: &Document, sink: &mut Sink) {
    let Some(section) = document.root.table("instruments") else { return };
    // Entries may be like one another: what an entry is like comes before it.
    let mut waiting: Vec<(&str, &Node, &Table)> = section.tables().collect();
    while !waiting.is_empty() {
        let names: BTreeSet<Symbol> = waiting.iter().map(|(id, ..)| Symbol::new(id)).collect();
        let blocked = |table: &Table| like(table).is_some_and(|symbol| names.contains(&symbol));
        let (mut later, mut ready): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(.., table)| blocked(table));
        if ready.is_empty() {
            // A ring, or an entry that is like itself: taken in order, against what is known so far.
            ready = std::mem::take(&mut later);
        }
        for (id, node, table) in ready {
            entry(registry, id, &node.key_place, table, sink);
        }
        waiting = later;
    }
    for (id, node) in &section.entries {
        if !matches!(node.value, NodeValue::Table(_)) {
            sink.push(
                Diagnostic::error(
                    crate::config::WRONG_TYPE,
                    format!("[instruments] takes one table per instrument, and `{id}` is none"),
                )
                .at(node.key_place.clone())
                .hint(format!("write [instruments.{id}] and its keys below")),
            );
        }
    }
}

fn like(table: &Table) -> Option<Symbol> {
    match table.get("like").map(|node| &node.value) {
        Some(NodeValue::Text(symbol)) => Some(Symbol::new(symbol)),
        _ => None,
    }
}

fn entry(registry: &mut Registry, id: &str, place: &Place, table: &Table, sink: &mut Sink) {
    let symbol = Symbol::new(id);
    let mut fields = Fields::new(table, format!("instruments.{id}"), Some(place.clone()), INSTRUMENT_PARAMS, sink);
    let known = registry.entries.get(&symbol);
    let mut instrument = known.map_or_else(|| blank(&symbol), |entry| entry.instrument.clone());
    let mut contents = known.and_then(|entry| entry.contents.clone());
    let was_fund = known.is_some_and(|entry| entry.instrument.kind.is_fund());
    let from_file = known.is_some_and(|entry| !entry.instrument.origin.starts_with(super::table::ORIGIN));
    instrument.origin = match from_file {
        true => format!("{}, {}", origin(place), instrument.origin),
        false => origin(place),
    };
    if let Some(name) = fields.text("name") {
        instrument.name = name;
    }
    if let Some(issuer) = fields.text("issuer") {
        instrument.issuer = issuer;
    }
    if let Some(group) = fields.text("identity") {
        instrument.identity_group = Some(group);
    }
    if let Some(multiple) = fields.number("multiple") {
        instrument.multiple = multiple;
    }
    let as_of = fields.date("as-of");
    let tech = fields.weight("tech").map(|weight| weight.0);
    let kind = fields.text("kind");
    if let Some(like) = fields.symbol("like") {
        match registry.entries.get(&like) {
            Some(other) => {
                contents = other.contents.clone();
                instrument.sector = other.instrument.sector;
                instrument.kind = other.instrument.kind;
                if !fields.is_given("multiple") {
                    instrument.multiple = other.instrument.multiple;
                }
            }
            None => {
                let mut problem = Diagnostic::error(UNKNOWN_INSTRUMENT, format!("`{like}` is not a known instrument"));
                if let Some(place) = fields.place("like") {
                    problem = problem.at(place);
                }
                let near = nearest(like.as_str(), registry.entries.keys().map(Symbol::as_str));
                fields.sink().push(match near {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint("give `sectors` or `holdings` instead"),
                });
            }
        }
    }
    let sector = fields.text("sector").and_then(|text| {
        let found = sector_named(&text);
        if found.is_none() {
            let problem = themes::unknown_sector(&text);
            let place = fields.place("sector");
            fields.sink().push(match place {
                Some(place) => problem.at(place),
                None => problem,
            });
        }
        found
    });
    if let Some(weights) = table.table("sectors") {
        let mut own = contents.take().unwrap_or_default();
        (own.sectors, own.non_equity, own.cash) = (BTreeMap::new(), 0.0, 0.0);
        own.full_list &= from_file;
        for (key, weight) in read_weights(weights, "sectors", fields.sink()) {
            match (key.as_str(), sector_named(&key)) {
                (_, Some(sector)) => *own.sectors.entry(sector).or_default() += weight,
                ("bonds" | "bond" | "other" | "commodities", _) => own.non_equity += weight,
                ("cash", _) => own.cash += weight,
                _ => {
                    if let Some(node) = weights.get(&key) {
                        fields.sink().push(themes::unknown_sector(&key).at(node.key_place.clone()));
                    }
                }
            }
        }
        if !own.full_list {
            fit(&mut own, registry);
        }
        (own.pool, own.as_of) = (symbol.to_string(), as_of);
        contents = Some(own);
    }
    if let Some(weights) = table.table("holdings") {
        let mut own = contents.take().unwrap_or_default();
        let read = read_weights(weights, "holdings", fields.sink());
        own.holdings = read
            .into_iter()
            .map(|(key, weight)| Holding { what: Held::Symbol(Symbol::new(&key), None), weight })
            .collect();
        own.full_list = own.holdings.iter().map(|holding| holding.weight).sum::<f64>() >= FULL_LIST;
        own.closed = false;
        if own.full_list && table.get("sectors").is_none() {
            // A full list says more than the table's sector weights: what has no sector stays unclassified.
            (own.sectors, own.non_equity, own.cash) = (BTreeMap::new(), 0.0, 0.0);
        }
        (own.pool, own.as_of) = (symbol.to_string(), as_of);
        contents = Some(own);
    }
    if let Some(tech) = tech {
        let own = contents.get_or_insert_with(|| Contents { pool: symbol.to_string(), as_of, ..Contents::default() });
        own.tech = Some(tech);
        if own.sectors.is_empty() && own.holdings.is_empty() {
            own.sectors.insert(Sector::InformationTechnology, tech);
        }
    }
    match kind.as_deref() {
        Some("stock") => instrument.kind = InstrumentKind::Stock,
        Some("etf") => instrument.kind = InstrumentKind::Etf,
        Some("mutual-fund") => instrument.kind = InstrumentKind::MutualFund,
        Some("money-market") => instrument.kind = InstrumentKind::MoneyMarket,
        _ if contents.is_some() && !was_fund && !instrument.kind.is_fund() => instrument.kind = InstrumentKind::Etf,
        _ => {}
    }
    if let Some(sector) = sector {
        match instrument.kind.is_fund() {
            true => {
                let sectors = BTreeMap::from([(sector, 1.0)]);
                contents = Some(Contents { sectors, pool: symbol.to_string(), as_of, ..Contents::default() });
            }
            false => instrument.sector = Some(sector),
        }
    }
    if instrument.kind == InstrumentKind::Stock {
        contents = None;
    }
    registry.entries.insert(symbol, Entry::new(instrument, contents));
}

/// Makes the holdings known from the table fit sector weights given by the user, who knows better.
fn fit(contents: &mut Contents, registry: &Registry) {
    let sector = |holding: &Holding| match &holding.what {
        Held::Symbol(symbol, in_file) => registry.get(symbol).and_then(|known| known.sector).or(*in_file),
        _ => None,
    };
    let mut named: BTreeMap<Sector, f64> = BTreeMap::new();
    contents.holdings.retain(|holding| sector(holding).is_some());
    for holding in &contents.holdings {
        if let Some(sector) = sector(holding) {
            *named.entry(sector).or_default() += holding.weight;
        }
    }
    for holding in &mut contents.holdings {
        if let Some(sector) = sector(holding) {
            let room = contents.sectors.get(&sector).copied().unwrap_or(0.0);
            let named = named.get(&sector).copied().unwrap_or(0.0);
            holding.weight *= if named > room { room / named } else { 1.0 };
        }
    }
}

fn blank(symbol: &Symbol) -> Instrument {
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

fn origin(place: &Place) -> String {
    match place.source.kind {
        SourceKind::File => format!("{}:{}", place.source.name, place.line_column().0),
        SourceKind::CommandLine => place.source.name.clone(),
        SourceKind::BuiltIn => "default".to_owned(),
    }
}

/// Reads `{ KEY = "30%", ... }`; more than the whole is scaled down with a warning.
fn read_weights(table: &Table, name: &str, sink: &mut Sink) -> Vec<(String, f64)> {
    let mut weights = Vec::new();
    for (key, node) in &table.entries {
        let value = match &node.value {
            NodeValue::Text(text) => text
                .trim()
                .strip_suffix('%')
                .and_then(|percent| parse_number(percent, NumberStyle::Point).ok().flatten())
                .map(|percent| crate::units::Money(percent).to_f64() / 100.0),
            NodeValue::Number(number) => number.parse::<f64>().ok(),
            _ => None,
        };
        match value {
            Some(weight) if (0.0..=1.0).contains(&weight) => weights.push((key.clone(), weight)),
            _ => sink.push(
                Diagnostic::error(IMPOSSIBLE_VALUE, format!("`{key}` in `{name}` takes a weight from 0% to 100%"))
                    .at(node.place.clone())
                    .hint("weights are written \"30%\" or 0.3"),
            ),
        }
    }
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    if total > 1.0 + 1e-9 {
        if total > 1.02 {
            let place = table.entries.values().next().map(|node| node.key_place.clone());
            let problem = Diagnostic::warning(
                CONTENTS_SUM,
                format!("the weights in `{name}` add up to {}", crate::units::Weight(total).percent()),
            )
            .hint("they are scaled to 100%; correct the one that is too large");
            sink.push(match place {
                Some(place) => problem.at(place),
                None => problem,
            });
        }
        weights.iter_mut().for_each(|(_, weight)| *weight /= total);
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;
    use crate::reference::{Composition, TECH_BROAD};

    fn load(text: &str) -> (Registry, Vec<String>) {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
        let registry = Registry::load(&document, &[], None, &mut sink);
        (registry, sink.items.iter().map(|d| format!("{} {}", d.code.id, d.message)).collect())
    }

    fn parts(text: &str, symbol: &str) -> Composition {
        let (registry, problems) = load(text);
        assert_eq!(problems, Vec::<String>::new());
        registry.look_through(&Symbol::new(symbol))
    }

    #[test]
    fn an_override_shows_where_it_comes_from() {
        let (registry, _) = load("\n[instruments.NVDA]\nissuer = \"nvidia\"\n");
        let nvda = registry.get(&Symbol::new("NVDA")).unwrap();
        assert_eq!(
            (nvda.origin.as_str(), nvda.issuer.as_str(), nvda.name.as_str()),
            ("broaden.toml:2", "nvidia", "NVIDIA")
        );
        assert_eq!(nvda.sector, Some(Sector::InformationTechnology));
        assert!(registry.get(&Symbol::new("AAPL")).unwrap().origin.starts_with("bundled 20"));
    }

    #[test]
    fn a_fund_takes_sectors_holdings_or_a_figure_for_tech() {
        let fund = parts("[instruments.ZZZFX]\nsectors = { Technology = \"40%\", bonds = 0.5 }\n", "ZZZFX");
        assert_eq!((fund.themes[TECH_BROAD], fund.non_equity), (0.4, 0.5));
        assert!((fund.unclassified - 0.1).abs() < 1e-12);
        assert!((fund.theme_range[TECH_BROAD].1 - 0.5).abs() < 1e-12);

        let fund = parts("[instruments.ZZZFX]\nholdings = { NVDA = \"10%\", XLE = \"50%\" }\n", "ZZZFX");
        assert_eq!((fund.themes[TECH_BROAD], fund.issuers["NVDA"], fund.sectors[&Sector::Energy]), (0.1, 0.1, 0.5));

        let fund = parts("[instruments.ZZZFX]\ntech = \"36%\"\n", "ZZZFX");
        assert_eq!((fund.themes[TECH_BROAD], fund.theme_range[TECH_BROAD]), (0.36, (0.36, 0.36)));
        assert!((fund.unclassified - 0.64).abs() < 1e-12);
    }

    #[test]
    fn sector_weights_of_the_users_hold_exactly_for_known_funds_too() {
        for fund in ["SPY", "VFIFX"] {
            let text =
                format!("[instruments.{fund}]\nsectors = {{ information-technology = 0.3, financials = 0.7 }}\n");
            let found = parts(&text, fund);
            assert!((found.sectors[&Sector::InformationTechnology] - 0.3).abs() < 1e-12, "{found:?}");
            assert!((found.sectors[&Sector::Financials] - 0.7).abs() < 1e-12 && found.sectors.len() == 2);
        }
        let names = parts("[instruments.SPY]\nsectors = { information-technology = 1.0 }\n", "SPY").issuers;
        assert!(names["NVDA"] > 0.0 && !names.contains_key("JPM"));
    }

    #[test]
    fn entries_may_be_like_one_another_in_any_order() {
        let (registry, problems) = load(
            "[instruments.AAA]\nlike = \"BBB\"\n[instruments.BBB]\nlike = \"CCC\"\n[instruments.CCC]\nlike = \"TQQQ\"\n",
        );
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(registry.look_through(&Symbol::new("AAA")), registry.look_through(&Symbol::new("TQQQ")));
        let (_, ring) = load("[instruments.AAA]\nlike = \"BBB\"\n[instruments.BBB]\nlike = \"AAA\"\n");
        assert_eq!(ring.len(), 1, "{ring:?}");
    }

    #[test]
    fn a_fund_known_by_name_is_like_another() {
        let text = "[instruments.\"Large Cap Index Trust\"]\nlike = \"SPY\"\n";
        let (registry, problems) = load(text);
        assert_eq!(problems, Vec::<String>::new());
        let trust = registry.look_through(&Symbol::new("large cap index trust"));
        assert_eq!(trust, registry.look_through(&Symbol::new("SPY")));
    }

    #[test]
    fn leverage_and_identity_are_the_users_to_say() {
        let text =
            "[instruments.AAA]\nkind = \"etf\"\nsector = \"45\"\nmultiple = -2\nidentity = \"tech-2x-inverse\"\n";
        let (registry, _) = load(text);
        assert_eq!(registry.theme_fraction(&Symbol::new("AAA"), TECH_BROAD), -2.0);
        assert_eq!(registry.identity(&Symbol::new("AAA")), "tech-2x-inverse");
    }

    #[test]
    fn mistakes_are_all_reported_at_once() {
        let (_, problems) = load(
            "[instruments.AAA]\nsector = \"Tec\"\nlike = \"SPPY\"\n[instruments.BBB]\nsectors = { energy = 30, moon = \"5%\" }\n\
             holdings = { NVDA = \"90%\", AAPL = \"30%\" }\n[instruments]\nCCC = 1\n",
        );
        let text = problems.join("\n");
        for part in [
            "unknown-sector `Tec`",
            "unknown-instrument `SPPY`",
            "impossible-value `energy` in `sectors`",
            "unknown-sector `moon`",
            "contents-sum the weights in `holdings` add up to 120.0%",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
