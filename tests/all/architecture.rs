//! What must stay true of the sources, read from the sources: layers, registries, and who may print, solve or look at
//! the clock.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up; a stage uses only what stands before it.
const LAYERS: [&str; 18] = [
    "units",
    "diagnostics",
    "model",
    "config",
    "tax",
    "market",
    "reference",
    "holdings",
    "exposure",
    "signals",
    "rules",
    "plan",
    "trades",
    "proposal",
    "explain",
    "report",
    "pipeline",
    "cli",
];

/// Stages above that may be named by a lower one, with the reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Files that are compiled for tests only: declared as modules right under `#[cfg(test)]`.
fn test_modules(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[0].trim() == "#[cfg(test)]") {
            let name = pair[1].trim_start_matches("pub").trim_start_matches("(crate)").trim();
            if let Some(name) = name.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
                found.push(path.with_extension("").join(format!("{name}.rs")));
            }
        }
    }
    found
}

/// Every source with its path below `src`, without comments and without its tests.
fn code() -> Vec<(String, String)> {
    let all = sources(&root());
    let tests = test_modules(&all);
    let files: Vec<PathBuf> = all.into_iter().filter(|path| !tests.contains(path)).collect();
    let text = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    files.iter().map(|path| (path.strip_prefix(root()).unwrap().display().to_string(), text(path))).collect()
}

fn layer(path: &str) -> Option<usize> {
    let stage = path.split(['/', '.']).next()?;
    LAYERS.iter().position(|name| *name == stage)
}

#[test]
fn a_stage_uses_only_the_stages_below_it() {
    let mut wrong = Vec::new();
    for (path, code) in code() {
        let Some(own) = layer(&path) else { continue };
        for (above, name) in LAYERS.iter().enumerate().skip(own + 1) {
            let named = [format!("crate::{name}::"), format!("crate::{name};"), format!("broaden::{name}::")];
            if named.iter().any(|used| code.contains(used.as_str())) && !EXCEPTIONS.contains(&(LAYERS[own], name)) {
                wrong.push(format!("{path} uses `{name}`, which stands above it ({above} > {own})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_belongs_to_a_layer() {
    let stray: Vec<String> = code().into_iter().map(|(path, _)| path).filter(|path| layer(path).is_none()).collect();
    assert_eq!(stray, ["lib.rs", "main.rs"]);
}

/// Where a word may stand in code; everywhere else it is a mistake.
fn only_in(word: &str, allowed: &[&str]) {
    let found: Vec<String> = code()
        .into_iter()
        .filter(|(path, code)| code.contains(word) && !allowed.iter().any(|place| path.starts_with(place)))
        .map(|(path, _)| path)
        .collect();
    assert!(found.is_empty(), "`{word}` stands in {}", found.join(", "));
}

#[test]
fn only_the_solver_file_names_the_solver() {
    only_in("good_lp", &["plan/solve.rs"]);
    only_in("microlp", &["plan/solve.rs"]);
}

/// The checker would prove nothing if it asked the model.
#[test]
fn the_checker_shares_no_code_with_the_model() {
    let model = ["ground", "draft", "program", "search", "simplex", "round::", "outcome::", "average::", "crate::tax"];
    let checker: Vec<(String, String)> =
        code().into_iter().filter(|(path, _)| path.starts_with("plan/verify")).collect();
    assert!(checker.len() >= 6);
    for (path, code) in checker {
        for word in model {
            assert!(!code.contains(word), "{path} names `{word}`");
        }
    }
}

#[test]
fn only_ui_prints() {
    for word in ["println!", "eprintln!", "print!(", "io::stdout", "io::stderr"] {
        only_in(word, &["cli/ui.rs"]);
    }
}

#[test]
fn only_the_command_line_sees_clock_disk_and_arguments() {
    for word in
        ["SystemTime", "Instant::now", "Utc::now", "Local::now", "std::fs", "fs::read", "std::env::", "process::exit"]
    {
        only_in(word, &["cli", "main.rs"]);
    }
}

#[test]
fn nothing_opens_the_network() {
    for word in ["std::net", "TcpStream", "ureq", "reqwest"] {
        only_in(word, &["cli/fetch"]);
    }
}

/// A leaf that nobody registered would be dead code with documentation.
#[test]
fn every_leaf_is_registered_and_documented() {
    for (folder, registry) in [("rules/limits", "rules.rs"), ("report", "report.rs"), ("cli", "cli.rs")] {
        let listed = fs::read_to_string(root().join(registry)).unwrap();
        let leaves = sources(&root().join(folder)).into_iter();
        for path in leaves.filter(|path| path.parent() == Some(&root().join(folder))) {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(
                listed.contains(&format!("{name}::")) || listed.contains(&format!("mod {name};")),
                "{registry} does not name {name}"
            );
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//! "), "{} does not begin with what it is", path.display());
        }
    }
}

/// Below 1.15.3 good_lp resolves to a microlp that calls wrong answers optimal.
#[test]
fn the_lock_file_has_a_sound_solver() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let version = |name: &str| {
        let at = lock.find(&format!("name = \"{name}\"\nversion = \"")).unwrap();
        let text = lock[at..].lines().nth(1).unwrap().trim_start_matches("version = \"").trim_end_matches('"');
        text.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>()
    };
    assert!(version("good_lp") >= vec![1, 15, 3]);
    assert!(version("microlp") >= vec![0, 6, 0]);
    // Optional; 1.14 calls wrong answers optimal.
}

#[test]
fn each_direct_dependency_says_why() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut lines = Vec::new();
    let mut inside = false;
    let mut previous = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        } else if inside && line.contains('=') && !previous.starts_with('#') {
            lines.push(line);
        }
        previous = line;
    }
    assert!(lines.is_empty(), "without a reason: {lines:?}");
}
