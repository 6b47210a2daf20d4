//! Themes: named sets of stocks that are counted together, by GICS sector, by company, or by including another theme.

use std::collections::{BTreeMap, BTreeSet};

use super::{Instrument, Registry, THEME_CYCLE, UNKNOWN_SECTOR, UNKNOWN_THEME, sector_named};
use crate::config::{Document, Fields, Kind, Param};
use crate::diagnostics::{Diagnostic, Place, Sink, nearest};
use crate::model::{Sector, Symbol};

/// The keys of `[themes.NAME]`.
pub const THEME_PARAMS: &[Param] = &[
    Param::with_default(
        "sectors",
        Kind::Texts,
        "[]",
        "GICS sectors that count: ids, two-digit codes, or vendors' names.",
    ),
    Param::with_default(
        "members",
        Kind::Symbols,
        "[]",
        "Companies that count, each with all its share classes, and funds that count as a whole.",
    ),
    Param::with_default("themes", Kind::Texts, "[]", "Other themes that count as a whole."),
    Param::optional("about", Kind::Text, "What the theme counts, in one line, for reports."),
    Param::optional("as-of", Kind::Date, "The day the list of members was made."),
];

/// What a theme is, for `broaden explain theme`.
pub const THEME_DOC: &str = "\
A theme is a set of stocks that are counted together: by GICS sector, by company (with all its share classes), or by
including other themes. The weight of a theme is the sum over positions of value times the fraction of the position's
dollars that count, funds looked through.

Three are built in and can be changed: gics-it (sector 45, comparable with published sector weights), mag7 (the
Magnificent Seven, a dated list), and tech-broad (sector 45 and mag7), which the tech cap uses.

Where a fund's holdings are not fully known, the weight is what is known, and an interval says how high it could be.";

/// One theme, resolved: what it includes is part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Theme {
    /// What it counts, in one line.
    pub about: String,
    /// Sectors that count as a whole.
    pub sectors: BTreeSet<Sector>,
    /// Issuer ids that count.
    pub issuers: BTreeSet<String>,
    /// Sectors of the companies that count although their sector does not; `None` for one whose sector is unknown.
    outside: BTreeSet<Option<Sector>>,
    /// All companies outside the sectors are ones the bundled table names in every fund that holds them.
    always_named: bool,
    /// Instruments put in by hand under `[instruments]`.
    by_hand: BTreeSet<Symbol>,
}

/// The issuers that the bundled constituents name wherever they are held.
const NAMED: [&str; 7] = ["AAPL", "MSFT", "NVDA", "AMZN", "alphabet", "META", "TSLA"];

impl Theme {
    /// Returns whether an instrument counts as a whole. Funds do so only when the user says it; else they are opened.
    pub fn counts(&self, instrument: &Instrument) -> bool {
        if instrument.kind.is_fund() {
            return self.by_hand.contains(&instrument.symbol);
        }
        self.issuers.contains(&instrument.issuer)
            || instrument.sector.is_some_and(|sector| self.sectors.contains(&sector))
            || self.by_hand.contains(&instrument.symbol)
    }

    /// Returns whether the unnamed rest of a fund in a sector may hold companies that count.
    pub(crate) fn may_hide_in(&self, sector: Sector, closed: bool) -> bool {
        !(closed && self.always_named) && (self.outside.contains(&Some(sector)) || self.outside.contains(&None))
    }
}

#[derive(Default)]
struct Declared {
    theme: Theme,
    includes: Vec<(String, Place)>,
    about: Option<String>,
    members: Vec<Symbol>,
}

/// Returns the themes of the config; the built-in ones come with its defaults.
pub(crate) fn load(document: &Document, registry: &Registry, sink: &mut Sink) -> BTreeMap<String, Theme> {
    let mut declared: BTreeMap<String, Declared> = BTreeMap::new();
    if let Some(section) = document.root.table("themes") {
        for (id, node, table) in section.tables() {
            let mut fields =
                Fields::new(table, format!("themes.{id}"), Some(node.key_place.clone()), THEME_PARAMS, sink);
            let mut one = Declared { about: fields.text("about"), ..Declared::default() };
            one.includes = fields.texts("themes").unwrap_or_default();
            for (text, place) in fields.texts("sectors").unwrap_or_default() {
                match sector_named(&text) {
                    Some(sector) => {
                        one.theme.sectors.insert(sector);
                    }
                    None => fields.sink().push(unknown_sector(&text).at(place)),
                }
            }
            one.members = fields.symbols("members").unwrap_or_default().into_iter().map(|(symbol, _)| symbol).collect();
            // A fund that is listed counts as a whole, a company with all its share classes.
            for symbol in &one.members {
                match registry.get(symbol).is_some_and(|known| known.kind.is_fund()) {
                    true => one.theme.by_hand.insert(symbol.clone()),
                    false => one.theme.issuers.insert(registry.issuer(symbol)),
                };
            }
            declared.insert(id.to_owned(), one);
        }
    }
    add_by_hand(document, &mut declared, sink);
    let ids: Vec<String> = declared.keys().cloned().collect();
    ids.into_iter()
        .map(|id| {
            let mut theme = resolve(&id, &declared, &mut Vec::new(), sink);
            theme.about =
                declared.get(&id).and_then(|one| one.about.clone()).unwrap_or_else(|| describe(&theme, registry));
            finish(&mut theme, registry);
            (id, theme)
        })
        .collect()
}

/// `[instruments.X] themes = [...]`: membership said at the instrument.
fn add_by_hand(document: &Document, declared: &mut BTreeMap<String, Declared>, sink: &mut Sink) {
    let Some(section) = document.root.table("instruments") else { return };
    for (symbol, _, table) in section.tables() {
        let Some(crate::config::NodeValue::List(items)) = table.get("themes").map(|node| &node.value) else { continue };
        for item in items {
            let crate::config::NodeValue::Text(id) = &item.value else { continue };
            match declared.get_mut(id) {
                Some(one) => {
                    one.theme.by_hand.insert(Symbol::new(symbol));
                }
                None => {
                    sink.push(unknown_theme(id, declared.keys().map(String::as_str)).at(item.place.clone()));
                }
            }
        }
    }
}

fn resolve(id: &str, declared: &BTreeMap<String, Declared>, path: &mut Vec<String>, sink: &mut Sink) -> Theme {
    let Some(one) = declared.get(id) else { return Theme::default() };
    let mut theme = one.theme.clone();
    path.push(id.to_owned());
    for (other, place) in &one.includes {
        if path.contains(other) {
            sink.push(
                Diagnostic::error(THEME_CYCLE, format!("theme `{other}` includes itself"))
                    .at(place.clone())
                    .hint(format!("the way round is {} -> {other}", path.join(" -> "))),
            );
        } else if declared.contains_key(other) {
            let inner = resolve(other, declared, path, sink);
            theme.sectors.extend(inner.sectors);
            theme.issuers.extend(inner.issuers);
            theme.by_hand.extend(inner.by_hand);
        } else if path.len() == 1 {
            sink.push(unknown_theme(other, declared.keys().map(String::as_str)).at(place.clone()));
        }
    }
    path.pop();
    theme
}

fn finish(theme: &mut Theme, registry: &Registry) {
    let mut named = true;
    for entry in registry.entries.values() {
        let instrument = &entry.instrument;
        let listed = theme.issuers.contains(&instrument.issuer) || theme.by_hand.contains(&instrument.symbol);
        if listed
            && !instrument.kind.is_fund()
            && !instrument.sector.is_some_and(|sector| theme.sectors.contains(&sector))
        {
            theme.outside.insert(instrument.sector);
            named &= NAMED.contains(&instrument.issuer.as_str());
        }
    }
    let strangers = theme.issuers.iter().any(|issuer| registry.of_issuer(issuer).is_none());
    if strangers {
        theme.outside.insert(None);
    }
    theme.always_named = named && !strangers;
}

/// Says what counts from what is resolved, so that the line stays true when the user changes a part.
fn describe(theme: &Theme, registry: &Registry) -> String {
    let mut parts: Vec<String> = theme.sectors.iter().map(|s| format!("GICS {} {}", s.code(), s.id())).collect();
    let outside =
        |issuer: &&String| registry.issuer_sector(issuer).is_none_or(|sector| !theme.sectors.contains(&sector));
    let mut names: Vec<String> =
        theme.issuers.iter().filter(outside).map(|issuer| registry.issuer_name(issuer)).collect();
    names.extend(theme.by_hand.iter().map(Symbol::to_string));
    names.sort();
    parts.extend(names);
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// Returns the error for a sector that is none.
pub fn unknown_sector(text: &str) -> Diagnostic {
    let near = nearest(text, Sector::ALL.iter().map(|sector| sector.id()));
    Diagnostic::error(UNKNOWN_SECTOR, format!("`{text}` is not a GICS sector")).hint(match near {
        Some(id) => format!("did you mean `{id}`?"),
        None => format!("one of {}", Sector::ALL.map(|s| format!("{} {}", s.code(), s.id())).join(", ")),
    })
}

/// Returns the error for a theme that is not declared.
pub fn unknown_theme<'a>(text: &str, known: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let list = "themes are listed by `broaden exposure --themes`";
    Diagnostic::error(UNKNOWN_THEME, format!("`{text}` is not a theme")).hint(match nearest(text, known) {
        Some(id) => format!("did you mean `{id}`? {list}"),
        None => list.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;
    use crate::reference::TECH_BROAD;

    fn registry(text: &str) -> (Registry, Vec<String>) {
        let mut sink = Sink::default();
        let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
        let registry = Registry::load(&document, &[], None, &mut sink);
        let problems =
            sink.items.iter().map(|d| format!("{} {} {}", d.code.id, d.message, d.hint.clone().unwrap_or_default()));
        (registry, problems.collect())
    }

    #[test]
    fn the_three_built_in_themes_count_what_they_say() {
        let (registry, problems) = registry("");
        assert_eq!(problems, Vec::<String>::new());
        let counted = |symbol: &str| {
            registry.get(&Symbol::new(symbol)).unwrap().themes.iter().cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(counted("NVDA"), "gics-it mag7 tech-broad");
        assert_eq!(counted("GOOG"), "mag7 tech-broad");
        assert_eq!(counted("TSLA"), "mag7 tech-broad");
        assert_eq!(counted("IBM"), "gics-it tech-broad");
        assert_eq!(counted("XOM"), "");
        let about = |id: &str| registry.theme(id).unwrap().about.clone();
        assert_eq!(about("mag7"), "Alphabet, Amazon, Apple, Meta Platforms, Microsoft, NVIDIA, Tesla");
        assert_eq!(about("tech-broad"), "GICS 45 information-technology, Alphabet, Amazon, Meta Platforms, Tesla");
    }

    #[test]
    fn a_theme_of_the_users_counts_all_share_classes() {
        let (registry, problems) = registry("[themes.ads]\nmembers = [\"GOOGL\", \"META\"]\n");
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(registry.theme_fraction(&Symbol::new("GOOG"), "ads"), 1.0);
        assert_eq!(registry.theme("ads").unwrap().about, "Alphabet, Meta Platforms");
    }

    #[test]
    fn a_listed_fund_and_a_listed_stranger_count_as_a_whole() {
        let (registry, _) = registry("[themes.ai]\nmembers = [\"AIQ\", \"ZZZQ\"]\n");
        for symbol in ["AIQ", "ZZZQ"] {
            assert_eq!(registry.theme_fraction(&Symbol::new(symbol), "ai"), 1.0);
        }
        assert_eq!(registry.theme_fraction(&Symbol::new("BOTZ"), "ai"), 0.0);
    }

    #[test]
    fn unknown_names_and_circles_are_errors_with_a_suggestion() {
        let (_, problems) = registry(
            "[themes.a]\nthemes = [\"tech-brod\", \"b\"]\nsectors = [\"energi\"]\n[themes.b]\nthemes = [\"a\"]\n\
             [instruments.IBM]\nthemes = [\"mag8\"]\n",
        );
        let text = problems.join("\n");
        assert!(text.contains("unknown-theme `tech-brod` is not a theme did you mean `tech-broad`?"), "{text}");
        assert!(text.contains("unknown-sector `energi` is not a GICS sector did you mean `energy`?"), "{text}");
        assert!(text.contains("theme-cycle theme `a` includes itself"), "{text}");
        assert!(text.contains("`mag8` is not a theme did you mean `mag7`?"), "{text}");
    }

    #[test]
    fn the_magnificent_seven_are_the_users_to_change() {
        let (registry, _) = registry("[themes.mag7]\nmembers = [\"AAPL\", \"WMT\"]\n");
        assert_eq!(registry.theme_fraction(&Symbol::new("WMT"), TECH_BROAD), 1.0);
        assert_eq!(registry.theme_fraction(&Symbol::new("AMZN"), TECH_BROAD), 0.0);
    }
}
