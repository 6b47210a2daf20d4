//! The book in `docs/`, the README and their companions: what is made from the registries is as it is made, what they
//! point at is there, and the commands they show are commands.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod pages;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn book() -> PathBuf {
    root().join("docs/src")
}

/// Every file below a folder that ends in `.md`, by its path from the root.
fn markdown(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// What is written for people: the book, and what stands beside it.
fn texts() -> BTreeMap<PathBuf, String> {
    let mut paths = Vec::new();
    markdown(&book(), &mut paths);
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "python/README.md", "fuzz/README.md"] {
        paths.push(root().join(name));
    }
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// `UPDATE_GOLDEN=1 cargo test docs::` rewrites them; what the registries no longer hold is removed by hand.
#[test]
fn the_made_pages_are_as_they_are_made() {
    let mut different = Vec::new();
    for (name, text) in pages::pages() {
        let path = book().join(&name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != text {
            different.push(name);
        }
    }
    assert!(different.is_empty(), "the registries changed: {different:?}; UPDATE_GOLDEN=1, and read the difference");
}

#[test]
fn every_reader_is_on_one_page() {
    let mut placed: Vec<&str> = pages::BROKERS.iter().flat_map(|broker| broker.2).copied().collect();
    let mut readers: Vec<&str> = broaden::holdings::READERS.iter().map(|reader| reader.id).collect();
    placed.sort_unstable();
    readers.sort_unstable();
    assert_eq!(placed, readers);
}

/// `SUMMARY.md` is the table of contents: a page that is not in it is not in the book.
#[test]
fn every_page_is_in_the_summary() {
    let mut all = Vec::new();
    markdown(&book(), &mut all);
    let all: BTreeSet<String> =
        all.iter().map(|path| path.strip_prefix(book()).unwrap().display().to_string()).collect();
    let summary = fs::read_to_string(book().join("SUMMARY.md")).unwrap();
    let listed: Vec<String> = links(&summary).into_iter().map(|(_, target)| target).collect();
    let once: BTreeSet<String> = listed.iter().cloned().chain(["SUMMARY.md".to_owned()]).collect();
    assert_eq!(listed.len() + 1, once.len(), "a page is listed twice");
    assert_eq!(all, once);
}

/// A text without its fenced blocks.
fn without_fences(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The links of a text, with the number of their line.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for (at, _) in line.match_indices("](") {
            let rest = &line[at + 2..];
            let target = rest.split_once(')').map_or(rest, |(target, _)| target);
            found.push((number + 1, target.to_owned()));
        }
    }
    found
}

/// The name that a heading has as a target, as mdBook and GitHub give it.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().replace('\\', "");
    let kept = |c: char| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    };
    text.to_lowercase().chars().filter_map(kept).collect()
}

#[test]
fn links_lead_somewhere() {
    let texts = texts();
    let mut broken = Vec::new();
    for (path, text) in &texts {
        for (number, target) in links(&without_fences(text)) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let to = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let there = to.exists();
            let anchored = anchor.is_empty()
                || fs::read_to_string(&to).is_ok_and(|text| {
                    without_fences(&text).lines().any(|line| line.starts_with('#') && slug(line) == anchor)
                });
            // A page of the book stands alone on its site: it may not lead out of it by a path.
            let inside = !path.starts_with(book()) || to.canonicalize().is_ok_and(|to| to.starts_with(book()));
            if !(there && anchored && inside) {
                broken.push(format!("{}: {target} (text line {number})", shown(path)));
            }
        }
        for (at, _) in text.match_indices("{{#include ") {
            let name = text[at + 11..].split(['}', ':']).next().unwrap();
            if !path.parent().unwrap().join(name).exists() {
                broken.push(format!("{}: includes {name}", shown(path)));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_link_that_leads_nowhere_would_be_found() {
    assert_eq!(links("a [b](c.md#d) e [f](g)"), [(1, "c.md#d".to_owned()), (1, "g".to_owned())]);
    assert_eq!(slug("## What it reads, and why"), "what-it-reads-and-why");
    assert_eq!(slug("### E\\*TRADE"), "etrade");
    assert_eq!(without_fences("a\n```sh\n[b](c)\n```\nd"), "a\nd\n");
}

/// Folders of this repository whose files are named in texts.
const FOLDERS: [&str; 10] =
    ["src/", "tests/", "examples/", "benches/", "schema/", "templates/", "docs/", "python/", ".ci/", "portfolios/"];

/// What stands in backticks and looks like a file of the repository is one. The history of changes may name what was.
#[test]
fn paths_that_are_named_exist() {
    let mut missing = Vec::new();
    for (path, text) in texts().into_iter().filter(|(path, _)| !path.ends_with("CHANGELOG.md")) {
        for span in without_fences(&text).split('`').skip(1).step_by(2) {
            let named = FOLDERS.iter().any(|folder| span.starts_with(folder));
            if named && !span.contains(['<', '*', ' ', '$']) && !root().join(span).exists() {
                missing.push(format!("{}: {span}", shown(&path)));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The lines of fenced and indented blocks and the spans in backticks that run the program, without their comments.
fn commands(text: &str) -> Vec<Vec<String>> {
    let spans = without_fences(text);
    let spans = spans.split('`').skip(1).step_by(2);
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("$ "));
    let mut found = Vec::new();
    for line in lines.chain(spans) {
        let line = line.split(" #").next().unwrap_or_default();
        for part in line.split(['|', ';']) {
            let words: Vec<String> = part.split_whitespace().map(str::to_owned).collect();
            let at = words.iter().position(|word| word == "broaden");
            let begins = at.is_some_and(|at| at == 0 || words[at - 1].ends_with('='));
            if let Some(at) = at.filter(|_| begins) {
                found.push(words[at + 1..].to_vec());
            }
        }
    }
    found
}

/// Each shown command names a verb, and options of that verb.
#[test]
fn commands_that_are_shown_are_commands() {
    let mut wrong = Vec::new();
    for (path, text) in texts().into_iter().filter(|(path, _)| !path.ends_with("CHANGELOG.md")) {
        for words in commands(&text) {
            let Some(verb) = words.first().filter(|word| word.chars().all(|c| c.is_ascii_lowercase())) else {
                continue;
            };
            let help = root().join(format!("tests/help/{verb}--help.txt"));
            let Ok(help) = fs::read_to_string(help) else {
                // A sentence may go on after the name of the program.
                if crate::usage::VERBS.contains(&verb.as_str()) || words.iter().any(|word| word.starts_with("--")) {
                    wrong.push(format!("{}: broaden {}", shown(&path), words.join(" ")));
                }
                continue;
            };
            for option in words.iter().filter(|word| word.starts_with("--") && word.len() > 2) {
                let name = option.split('=').next().unwrap().trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
                if !help.contains(&format!("{name} ")) && !help.contains(&format!("{name}\n")) {
                    wrong.push(format!("{}: broaden {verb} has no {name}", shown(&path)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_command_that_is_none_would_be_found() {
    let text =
        "Run `broaden advise x --exit-code`:\n\n    broaden check y --strict   # silent\n    $ parallel broaden a\n";
    let found: Vec<String> = commands(text).iter().map(|words| words.join(" ")).collect();
    assert_eq!(found, ["check y --strict", "advise x --exit-code"]);
}
