//! A misspelt key, table or section: told with its line, and with what may be meant.

use broaden::config::Document;
use broaden::diagnostics::{Diagnostic, Place, Sink, Source, SourceKind};
use broaden::model::RawFile;
use broaden::pipeline::{self, Inputs};
use serde_json::Value;

/// What a config and a portfolio are told.
fn told(config: &str, portfolio: &str) -> Vec<Diagnostic> {
    let holdings = if portfolio.is_empty() { Vec::new() } else { vec![RawFile::new("p.toml", portfolio.as_bytes())] };
    let config = Some(Source::file("broaden.toml", config));
    let mut sink = Sink::default();
    pipeline::configure(&Inputs { holdings, config, ..Inputs::default() }, &mut sink);
    sink.items
}

/// Returns whether one of some problems stands there and asks for what is meant.
fn suggests(items: &[Diagnostic], locator: &str, meant: &str) -> bool {
    items.iter().any(|item| {
        let place = item.place.as_ref().is_some_and(|place| place.locator() == locator && !place.span().is_empty());
        place && item.hint.as_ref().is_some_and(|hint| hint.contains("did you mean") && hint.contains(meant))
    })
}

/// Swaps the second and the third letter.
fn misspelt(key: &str) -> String {
    let mut letters: Vec<char> = key.chars().collect();
    letters.swap(1, 2);
    letters.into_iter().collect()
}

/// Returns the keys of a table that are long enough to be recognised.
fn keys(table: &Value) -> Vec<String> {
    let all = table["properties"].as_object().into_iter().flat_map(|keys| keys.keys());
    all.filter(|key| key.len() > 3 && misspelt(key) != **key).cloned().collect()
}

/// Each key of each table of the config.
#[test]
fn every_key_of_the_config_is_recognised_when_two_letters_are_swapped() {
    let schema: Value = serde_json::from_str(&pipeline::config_schema()).unwrap();
    let mut tried = 0;
    let mut check = |head: &str, key: &str| {
        let text = format!("{head}\n{} = 1\n", misspelt(key));
        let line = text.lines().count();
        let items = told(&text, "");
        assert!(suggests(&items, &format!("broaden.toml:{line}:1"), ""), "{text}{items:?}");
        tried += 1;
    };
    let of_kinds = |section: &str| schema["$defs"].get(format!("{section}.new")).is_some();
    let sections = schema["properties"].as_object().unwrap();
    for (section, form) in sections.iter().filter(|(section, _)| !of_kinds(section)) {
        keys(form).iter().for_each(|key| check(&format!("[{section}]"), key));
        keys(&form["additionalProperties"]).iter().for_each(|key| check(&format!("[{section}.probe]"), key));
    }
    for (name, table) in schema["$defs"].as_object().unwrap() {
        let (section, kind) = name.split_once('.').unwrap();
        if kind != "new" {
            keys(table)
                .iter()
                .filter(|key| *key != "kind")
                .for_each(|key| check(&format!("[{section}.probe]\nkind = \"{kind}\""), key));
        }
    }
    assert!(tried > 150, "{tried}");
}

/// Sections, tables that are there by default, kinds, and the tables and keys of a portfolio.
#[test]
fn names_of_tables_are_recognised_too() {
    for (text, locator, meant) in [
        ("[limts.tech]\nbase = 0.4\n", "broaden.toml:1:2", "limits"),
        ("[limits.tehc]\nbase = 0.4\n", "broaden.toml:1:9", "[limits.tech]"),
        ("[signals.braedth-200]\nweight = 0.3\n", "broaden.toml:1:10", "[signals.breadth-200]"),
        ("[brakes.nfcii]\ncaution = 0.3\n", "broaden.toml:1:9", "[brakes.nfci]"),
        ("[limits.tech]\nkind = \"theme-cpa\"\n", "broaden.toml:2:8", "theme-cap"),
    ] {
        let items = told(text, "");
        assert!(suggests(&items, locator, meant), "{text}{items:?}");
    }
    let account = "[[account]]\nname = \"A\"\nkind = \"roth\"\ncash = 5\n";
    for (text, locator, meant) in [
        (account.replace("[[account]]", "[[acount]]"), "p.toml:1:3", "account"),
        (account.replace("name", "nmae"), "p.toml:2:1", "name"),
        (account.replace("\"roth\"", "\"roht\""), "p.toml:3:8", "roth"),
        (format!("{account}[[account.positon]]\nsymbol = \"KO\"\n"), "p.toml:5:11", "position"),
        (format!("{account}[[account.position]]\nsymobl = \"KO\"\n"), "p.toml:6:1", "symbol"),
        (format!("{account}[[lots]]\nacount = \"A\"\n"), "p.toml:6:1", "account"),
        (
            format!("{account}[[lots]]\naccount = \"A\"\nsymbol = \"KO\"\nlot = [{{ opend = 2020-01-02 }}]\n"),
            "p.toml:8:10",
            "opened",
        ),
    ] {
        let items = told("", &text);
        assert!(suggests(&items, locator, meant), "{text}{items:?}");
    }
}

/// Whatever one key is set to, a problem of it is shown in the user's file: nobody can put a built-in default right.
#[test]
fn no_problem_is_shown_in_the_defaults() {
    let mut problems = 0;
    for (key, ..) in Document::defaults().entries() {
        for value in ["0", "40", "-1", "\"99%\"", "\"benchmark - 50\""] {
            let text = format!("{key} = {value}\n");
            for item in told(&text, "") {
                let place = item.place.as_ref();
                let shown = place.into_iter().chain(item.related.iter().map(|(place, _)| place));
                let shown: Vec<String> =
                    shown.filter(|place| place.source.kind == SourceKind::BuiltIn).map(Place::locator).collect();
                assert!(shown.is_empty(), "{text}{} {shown:?}", item.message);
                problems += usize::from(place.is_some());
            }
        }
    }
    assert!(problems > 300, "{problems}");
}
