//! Tickers of the config that mean nothing here: a limit, a theme, a brake or a restriction that names one does not hold for
//! what was meant, and nothing else would say so.

use std::collections::BTreeSet;

use super::Setup;
use super::sections::sections;
use crate::config::{Form, Kind, Node, NodeValue, Param, Table, UNMATCHED};
use crate::diagnostics::{Diagnostic, Place, Sink, SourceKind, nearest};
use crate::exposure::{self, Exposure};
use crate::market::Market;
use crate::model::{Position, Symbol};

/// What is asked of by itself, with words of its own: nobody holds it, it has no price, nothing is like it.
const TOLD: &[(&str, &str)] = &[
    ("household", "benchmark"),
    ("trading", "do-not-sell"),
    ("trading", "employer-stock"),
    ("sleeves", "neutral"),
    ("sleeves", "safe"),
    ("accounts", "neutral"),
    ("accounts", "average-cost"),
    ("instruments", "like"),
];

/// Tables whose keys are tickers.
const KEYED: &[(&str, &str)] = &[("trading", "blackout"), ("trading", "spreads")];

/// A ticker as the config has it.
struct Named {
    symbol: Symbol,
    /// `except` of `[limits.issuer]`.
    key: String,
    place: Place,
}

/// Warns of tickers that are not held, in no market file and not known.
pub fn check(setup: &Setup, market: &Market, exposure: &Exposure, sink: &mut Sink) {
    let registry = &setup.registry;
    let positions = || setup.portfolio.accounts.iter().flat_map(|account| &account.positions);
    let held: BTreeSet<Symbol> = positions().filter_map(|position: &Position| position.canonical.clone()).collect();
    let inside = |symbol: &Symbol| exposure.issuers.iter().any(|own| own.issuer == symbol.as_str());
    let is_known = |symbol: &Symbol| {
        held.contains(symbol)
            || registry.get(symbol).is_some()
            || market.closes(symbol).or_else(|| market.returns(symbol)).is_some()
            || registry.issuer_sector(symbol.as_str()).is_some()
            || inside(symbol)
    };
    for Named { symbol, key, place } in named(&setup.document.root) {
        if is_known(&symbol) {
            continue;
        }
        let message = format!("`{symbol}` in {key} is neither held, nor in a market file, nor known");
        // Few mistype the first letter, and a table of thousands has something near to every other word.
        let first = symbol.as_str().chars().next();
        let known = registry.symbols();
        let alike = known.iter().map(|known| known.as_str()).filter(|known| known.chars().next() == first);
        let near =
            nearest(symbol.as_str(), held.iter().map(Symbol::as_str)).or_else(|| nearest(symbol.as_str(), alike));
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("check the spelling; if it is right, say what it is in [instruments.{symbol}]"),
        };
        sink.push(Diagnostic::warning(UNMATCHED, message).at(place).hint(hint));
    }
}

/// The same with the benchmark, for a backtest, which measures no household of today.
pub fn check_config(setup: &Setup, market: &Market, sink: &mut Sink) {
    let exposure = super::exposure(&setup.portfolio, setup);
    exposure::check_benchmark(&exposure, &setup.document, sink);
    check(setup, market, &exposure, sink);
}

/// Every ticker that the user wrote, in the order of the sections.
fn named(root: &Table) -> Vec<Named> {
    let mut found = Vec::new();
    for (section, form) in sections() {
        let Some(table) = root.table(section) else { continue };
        match form {
            Form::Keys(params) => of_table(section, section, table, params, &mut found),
            Form::Named(params, _) => {
                for (name, _, own) in table.tables() {
                    of_table(section, &format!("{section}.{name}"), own, params, &mut found);
                }
            }
            Form::Kinds(kinds) => {
                for (name, _, own) in table.tables().filter(|(_, _, own)| is_on(own)) {
                    let of_kind = kinds.iter().find(|(kind, ..)| text(own.get("kind")) == Some(kind));
                    let params = of_kind.map_or(&[][..], |(.., params)| params);
                    of_table(section, &format!("{section}.{name}"), own, params, &mut found);
                }
            }
            Form::Own(_) => {}
        }
    }
    found
}

fn is_on(table: &Table) -> bool {
    !matches!(table.get("enabled").map(|node| &node.value), Some(NodeValue::Flag(false)))
}

fn text(node: Option<&Node>) -> Option<&str> {
    match &node?.value {
        NodeValue::Text(text) => Some(text),
        _ => None,
    }
}

fn of_table(section: &str, path: &str, table: &Table, params: &[Param], found: &mut Vec<Named>) {
    let is_written = |place: &Place| place.source.kind != SourceKind::BuiltIn;
    let mut add = |key: &str, word: &str, place: &Place| {
        if is_written(place) {
            // Accounts are not named in what is printed.
            let path = crate::diagnostics::text::key(path);
            found.push(Named { symbol: Symbol::new(word), key: format!("`{key}` of [{path}]"), place: place.clone() });
        }
    };
    for param in params.iter().filter(|param| !TOLD.contains(&(section, param.name))) {
        let Some(node) = table.get(param.name) else { continue };
        match (&node.value, param.kind) {
            (NodeValue::Text(word), Kind::Symbol | Kind::Preference) => add(param.name, word, &node.place),
            (NodeValue::List(items), Kind::Symbols | Kind::Preference) => {
                let words = items.iter().filter_map(|item| Some((text(Some(item))?, &item.place)));
                words.for_each(|(word, place)| add(param.name, word, place));
            }
            (NodeValue::Table(inner), Kind::Table) if KEYED.contains(&(section, param.name)) => {
                inner.entries.iter().for_each(|(word, node)| add(param.name, word, &node.key_place));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;
    use crate::model::RawFile;
    use crate::pipeline::{self, Inputs};

    /// What is said of tickers by a household of NVDA and QQQ with such a config, and the lines it is said of.
    fn said(config: &str) -> Vec<String> {
        let holdings = "Symbol,Shares,Price,Value\nNVDA,10,100,1000\nQQQ,10,100,1000\n";
        let inputs = Inputs {
            holdings: vec![RawFile::new("h.csv", holdings.as_bytes().to_vec())],
            config: Some(Source::file("broaden.toml", config)),
            today: "2026-11-20".parse().unwrap(),
            ..Inputs::default()
        };
        let mut sink = Sink::default();
        let setup = pipeline::configure(&inputs, &mut sink);
        let market =
            crate::market::load(&[RawFile::new("m.csv", b"date,SPY,ZZZQ\n2026-11-20,600,5\n".to_vec())], &mut sink);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let exposure = pipeline::exposure(&setup.portfolio, &setup);
        let mut sink = Sink::default();
        check(&setup, &market, &exposure, &mut sink);
        let words = sink.items.iter().map(|item| {
            let line = item.place.as_ref().map_or_else(String::new, Place::locator);
            format!("{line} {} | {}", item.message, item.hint.clone().unwrap_or_default())
        });
        words.collect()
    }

    /// Each list of tickers of the config, with one that is misspelt and one that is not.
    #[test]
    fn a_misspelt_ticker_is_told_wherever_it_stands() {
        let rest = "is neither held, nor in a market file, nor known | did you mean";
        for (config, key, wrong, meant) in [
            ("[limits.issuer]\nexcept = [\"NVIDA\", \"NVDA\"]", "`except` of [limits.issuer]", "NVIDA", "NVDA"),
            (
                "[limits.p]\nkind = \"position-cap\"\nmax = \"5%\"\nsymbols = [\"NVIDA\"]",
                "`symbols` of [limits.p]",
                "NVIDA",
                "NVDA",
            ),
            (
                "[limits.g]\nkind = \"group-cap\"\nmax = \"5%\"\nmembers = [\"QQQX\", \"QQQ\"]",
                "`members` of [limits.g]",
                "QQQX",
                "QQQ",
            ),
            ("[limits.cyclicals]\nsymbols = [\"XLII\", \"XLB\"]", "`symbols` of [limits.cyclicals]", "XLII", "XLI"),
            ("[themes.semis]\nmembers = [\"NVIDA\", \"AVGO\"]", "`members` of [themes.semis]", "NVIDA", "NVDA"),
            ("[brakes.spy-trend]\nof = \"QQQQ\"", "`of` of [brakes.spy-trend]", "QQQQ", "QQQ"),
            ("[sleeve.XLI]\nsubstitute = \"VISS\"", "`substitute` of [sleeve.XLI]", "VISS", "VIS"),
            ("[signals.equal-weight]\nof = \"RSPP\"", "`of` of [signals.equal-weight]", "RSPP", "RSP"),
            ("[trading]\ndo-not-buy = [\"NVIDA\"]", "`do-not-buy` of [trading]", "NVIDA", "NVDA"),
            ("[trading]\nrestricted = [\"NVIDA\"]", "`restricted` of [trading]", "NVIDA", "NVDA"),
            ("[trading]\nspreads = { NVIDA = 3, KRE = 3 }", "`spreads` of [trading]", "NVIDA", "NVDA"),
            ("[screen]\nstocks = [\"NVIDA\"]", "`stocks` of [screen]", "NVIDA", "NVDA"),
        ] {
            let found = said(config);
            assert_eq!(found.len(), 1, "{config}: {found:?}");
            assert!(found[0].contains(&format!("`{wrong}` in {key} {rest}")), "{found:?}");
            assert!(found[0].starts_with("broaden.toml:"), "{found:?}");
            let near = found[0].rsplit('`').nth(1).unwrap();
            assert!(near == meant || key.contains("brakes") || key.contains("signals"), "{found:?}");
        }
    }

    #[test]
    fn what_is_held_priced_or_known_is_not() {
        assert_eq!(said(""), [""; 0]);
        assert_eq!(
            said("[limits.g]\nkind = \"group-cap\"\nmax = \"5%\"\nmembers = [\"ZZZQ\", \"IWM\", \"nvda\"]"),
            [""; 0]
        );
        assert_eq!(said("[instruments.PRIV]\nsector = \"energy\"\n[themes.own]\nmembers = [\"PRIV\"]"), [""; 0]);
        assert_eq!(
            said("[limits.p]\nkind = \"position-cap\"\nenabled = false\nmax = \"5%\"\nsymbols = [\"NVIDA\"]"),
            [""; 0]
        );
    }
}
