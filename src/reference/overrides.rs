//! `[instruments.SYMBOL]`: what the user knows better. Keys that are not given keep what the table says.

mod contents;

use std::collections::{BTreeMap, BTreeSet};

use super::{Contents, Entry, Instrument, InstrumentKind, Registry, UNKNOWN_INSTRUMENT, sector_named, themes};
use crate::config::{Document, Fields, Kind, Node, NodeValue, Param, Table};
use crate::diagnostics::{Diagnostic, Place, Sink, SourceKind, nearest};
use crate::model::{Sector, Symbol};

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
    let from_file = known.is_some_and(|entry| !entry.instrument.origin.starts_with(super::table::ORIGIN));
    let mut instrument = known.map_or_else(|| Instrument::unknown(&symbol), |entry| entry.instrument.clone());
    let mut contents = known.and_then(|entry| entry.contents().cloned());
    instrument.origin = match from_file {
        true => format!("{}, {}", origin(place), instrument.origin),
        false => origin(place),
    };
    if let Some(other) = likeness(registry, &symbol, &mut fields) {
        contents = other.contents().cloned();
        let other = &other.instrument;
        (instrument.kind, instrument.sector, instrument.multiple) = (other.kind, other.sector, other.multiple);
        if !other.kind.is_fund() {
            // The same share under another ticker, such as a foreign listing.
            instrument.issuer.clone_from(&other.issuer);
            instrument.identity_group = other.identity_group.clone().or_else(|| Some(other.symbol.to_string()));
        }
    }
    instrument.name = fields.text("name").unwrap_or(instrument.name);
    instrument.issuer = fields.text("issuer").unwrap_or(instrument.issuer);
    instrument.identity_group = fields.text("identity").or(instrument.identity_group);
    instrument.multiple = fields.number("multiple").unwrap_or(instrument.multiple);
    let sector = sector(&mut fields);
    contents = contents::read(contents, &symbol, table, from_file, registry, &mut fields);
    instrument.kind = match fields.text("kind").as_deref() {
        Some("stock") => InstrumentKind::Stock,
        Some("etf") => InstrumentKind::Etf,
        Some("mutual-fund") => InstrumentKind::MutualFund,
        Some("money-market") => InstrumentKind::MoneyMarket,
        _ if contents.is_some() && !instrument.kind.is_fund() => InstrumentKind::Etf,
        _ => instrument.kind,
    };
    if instrument.kind == InstrumentKind::Stock {
        if let Some(key) = ["sectors", "holdings", "tech"].into_iter().find(|key| fields.is_given(key)) {
            fields.reject(
                key,
                format!("a stock takes `sector`, not `{key}`"),
                "leave `kind` out, or say which kind of fund it is",
            );
        }
        instrument.sector = sector.or(instrument.sector);
        contents = None;
    } else if let Some(sector) = sector {
        let pool = symbol.to_string();
        contents = Some(Contents {
            sectors: [(sector, 1.0)].into(),
            pool,
            as_of: fields.date("as-of"),
            ..Contents::default()
        });
    }
    registry.entries.insert(symbol, Entry::new(instrument, contents));
}

/// Returns the entry an instrument is like.
fn likeness<'a>(registry: &'a Registry, symbol: &Symbol, fields: &mut Fields) -> Option<&'a Entry> {
    let like = fields.symbol("like")?;
    if like == *symbol {
        let message = format!("{symbol} is `like` itself, which says nothing of it");
        fields.reject("like", message, "name another instrument with the same contents, or leave the key out");
        return None;
    }
    let found = registry.entries.get(&like);
    if found.is_none() {
        let problem = Diagnostic::error(UNKNOWN_INSTRUMENT, format!("`{like}` is not a known instrument"));
        let near = nearest(like.as_str(), registry.entries.keys().map(Symbol::as_str));
        let hint = near.map_or_else(
            || "give `sectors` or `holdings` instead".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        report(fields, "like", problem.hint(hint));
    }
    found
}

fn sector(fields: &mut Fields) -> Option<Sector> {
    let text = fields.text("sector")?;
    let found = sector_named(&text);
    if found.is_none() {
        report(fields, "sector", themes::unknown_sector(&text));
    }
    found
}

fn report(fields: &mut Fields, key: &str, problem: Diagnostic) {
    let placed = match fields.place(key) {
        Some(place) => problem.at(place),
        None => problem,
    };
    fields.sink().push(placed);
}

fn origin(place: &Place) -> String {
    match place.source.kind {
        SourceKind::File | SourceKind::CommandLine => place.origin(),
        SourceKind::BuiltIn => "default".to_owned(),
    }
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
    fn a_foreign_listing_is_the_same_issuer() {
        let (registry, _) = load("[instruments.\"NVD.DE\"]\nlike = \"NVDA\"\n");
        let listing = registry.get(&Symbol::new("NVD.DE")).unwrap();
        assert_eq!((listing.issuer.as_str(), registry.identity(&listing.symbol).as_str()), ("NVDA", "NVDA"));
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
             holdings = { NVDA = \"90%\", AAPL = \"30%\" }\n[instruments.CCC]\nkind = \"stock\"\ntech = 0.5\n",
        );
        let text = problems.join("\n");
        for part in [
            "unknown-sector `Tec`",
            "unknown-instrument `SPPY`",
            "impossible-value `energy` in `sectors`",
            "unknown-sector `moon`",
            "contents-sum the weights in `holdings` add up to 120.0%",
            "impossible-value a stock takes `sector`, not `tech`",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
