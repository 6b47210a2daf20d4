//! What must stay true of the sources, read from the sources: layers, registries, and who may print, solve or look at
//! the clock.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up; a stage uses only what stands before it.
const LAYERS: [&str; 22] = [
    "units",
    "diagnostics",
    "model",
    "config",
    "tax",
    "reference",
    "market",
    "holdings",
    "exposure",
    "signals",
    "rules",
    "plan",
    "trades",
    "decisions",
    "proposal",
    "household",
    "compare",
    "explain",
    "report",
    "pipeline",
    "backtest",
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
    let text = |path: &PathBuf| without_tests(&fs::read_to_string(path).unwrap());
    files.iter().map(|path| (path.strip_prefix(root()).unwrap().display().to_string(), text(path))).collect()
}

/// Leaves out comments and test modules, and nothing else: what stands below a test module is code too.
fn without_tests(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let module = lines.peek().is_some_and(|next| {
            next.trim_start().trim_start_matches("pub").trim_start_matches("(crate)").trim_start().starts_with("mod ")
        });
        if line.trim() == "#[cfg(test)]" && module {
            let indent = line.len() - line.trim_start().len();
            let open = lines.next().unwrap();
            // The formatter puts the end of a module under its beginning.
            while !open.ends_with(';') && lines.next().is_some_and(|line| line != format!("{:indent$}}}", "")) {}
        } else if !line.trim_start().starts_with("//") {
            kept.push(line);
        }
    }
    kept.join("\n")
}

#[test]
fn what_stands_below_a_test_module_is_looked_at() {
    let text =
        "a\n#[cfg(test)]\npub mod testing;\nb // c\n    #[cfg(test)]\n    mod tests {\n        d\n    }\n// e\nf";
    assert_eq!(without_tests(text), "a\nb // c\nf");
    let plan = code().into_iter().find(|(path, _)| path == "plan.rs").unwrap().1;
    assert!(plan.contains("pub fn solve(") && plan.contains("pub fn verify("));
}

/// The stages that a source names by `crate::` or `broaden::`, in groups too.
fn named_stages(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for root in ["crate::", "broaden::"] {
        for (at, _) in code.match_indices(root) {
            let rest = code.get(at + root.len()..).unwrap();
            let word = |text: &'_ str| text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
            let Some(group) = rest.strip_prefix('{') else {
                found.extend(rest.get(..word(rest)));
                continue;
            };
            let (mut depth, mut fresh) = (1, true);
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => fresh = true,
                    c if fresh && depth == 1 && !c.is_whitespace() => {
                        let name = group.get(at..).unwrap();
                        found.extend(name.get(..word(name)));
                        fresh = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        }
    }
    found
}

#[test]
fn a_stage_is_seen_however_it_is_named() {
    let code =
        "use crate::{plan::{self, Plan}, rules::Rule, cli};\nbroaden::report::text(crate::explain);\nuse crate::tax;";
    assert_eq!(named_stages(code), ["plan", "rules", "cli", "explain", "tax", "report"]);
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
        for name in named_stages(&code) {
            let above = LAYERS.iter().position(|layer| *layer == name).filter(|above| *above > own);
            if above.is_some() && !EXCEPTIONS.contains(&(LAYERS[own], name)) {
                wrong.push(format!("{path} uses `{name}`, which stands above it"));
            }
        }
        // Out of the stage by the back door.
        let out = "super::".repeat(path.matches('/').count() + 1);
        let stages = code.match_indices(&out).filter_map(|(at, _)| code.get(at + out.len()..));
        for rest in stages {
            if LAYERS.iter().any(|name| rest.starts_with(&format!("{name}::"))) {
                wrong.push(format!("{path} names another stage by `{out}`"));
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
    for word in ["std::net", "TcpStream", "TcpListener", "tokio", "ureq", "reqwest"] {
        only_in(word, &["cli/fetch", "cli/review/server.rs"]);
    }
}

/// The library listens to nothing, and of the command line one file does, on this machine alone.
#[test]
fn only_review_listens_and_only_to_this_machine() {
    only_in("TcpListener::bind", &["cli/review/server.rs"]);
    let code = code();
    let server = &code.iter().find(|(path, _)| path == "cli/review/server.rs").unwrap().1;
    assert_eq!(server.matches("::bind(").count(), 1);
    assert!(server.contains("TcpListener::bind((\"127.0.0.1\", 0))"));
}

/// The eight registries: where each is, where its leaves are, and what a leaf defines.
const REGISTRIES: [Registry; 8] = [
    Registry { opens: "pub static READERS", file: "holdings.rs", leaves: "holdings", defines: ": ReaderEntry" },
    Registry { opens: "pub const LAYOUTS", file: "market/layouts.rs", leaves: "market", defines: ": Layout" },
    Registry { opens: "pub static SIGNALS", file: "signals.rs", leaves: "signals", defines: ": SignalKind" },
    Registry {
        opens: "pub static BRAKES",
        file: "signals/brakes.rs",
        leaves: "signals/brakes",
        defines: ": BrakeKind",
    },
    Registry { opens: "pub static RULES", file: "rules.rs", leaves: "rules/limits", defines: ": RuleKind" },
    Registry { opens: "pub const CONSTRAINTS", file: "plan/constraints.rs", leaves: "plan/constraints", defines: "" },
    Registry { opens: "pub static RENDERERS", file: "report.rs", leaves: "report", defines: "fn render(proposal:" },
    Registry { opens: "enum Verb", file: "cli.rs", leaves: "cli", defines: "ui: &mut Ui) -> Result<Status>" },
];

struct Registry {
    opens: &'static str,
    file: &'static str,
    leaves: &'static str,
    defines: &'static str,
}

impl Registry {
    /// The modules named in the registry, with how many entries each has.
    fn listed(&self, code: &[(String, String)]) -> BTreeMap<String, usize> {
        let text = &code.iter().find(|(path, _)| path == self.file).unwrap().1;
        let (_, rest) = text.split_once(self.opens).unwrap();
        let (entries, _) = rest.split_once("\n]").or_else(|| rest.split_once("\n}")).unwrap();
        let mut found = BTreeMap::new();
        for line in entries.lines().filter(|line| line.contains("::")) {
            let (before, _) = line.rsplit_once("::").unwrap();
            let name = before.rsplit(|c: char| c != '_' && !c.is_alphanumeric()).next().unwrap();
            *found.entry(name.to_owned()).or_default() += 1;
        }
        found
    }

    /// The modules below the folder that define an entry, with how many.
    fn defined(&self, code: &[(String, String)]) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for (path, text) in code {
            let Some(name) = path.strip_prefix(&format!("{}/", self.leaves)) else { continue };
            let nested = name.contains('/') && self.leaves.contains('/');
            let own = text.lines().filter(|line| line.contains(self.defines) && !line.contains("impl ")).count();
            let own = if self.defines.is_empty() { 1 } else { own };
            if own > 0 && !nested && path != self.file {
                let name = name.rsplit('/').next().unwrap().trim_end_matches(".rs");
                *found.entry(name.to_owned()).or_default() += own;
            }
        }
        found
    }
}

/// A leaf that nobody registered would be documentation of something that does not exist.
#[test]
fn every_leaf_is_in_its_registry_and_says_what_it_is() {
    let code = code();
    for registry in REGISTRIES {
        let (listed, defined) = (registry.listed(&code), registry.defined(&code));
        assert!(listed.len() >= 6, "{}: {listed:?}", registry.opens);
        assert_eq!(listed, defined, "{}: as listed, and as defined", registry.opens);
    }
    for path in sources(&root()) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not begin with what it is", path.display());
    }
}

/// A newcomer finds the door: every path of the tables exists, and every registry is in the file that is named with it.
#[test]
fn the_tables_of_contributing_lead_somewhere() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(home.join("CONTRIBUTING.md")).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    let quoted = |row: &str| row.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut registries = 0;
    for row in &rows {
        for cell in row.split('|') {
            let words = quoted(cell);
            let paths: Vec<&String> = words.iter().filter(|word| word.contains('/')).collect();
            for path in &paths {
                // `<kind>.rs` stands for any leaf.
                let place = path.split('<').next().unwrap();
                assert!(home.join(place).exists(), "{place} does not exist: {row}");
            }
            if cell.contains(" in `")
                && let [name, path] = &words[..]
            {
                let code = fs::read_to_string(home.join(path)).unwrap();
                assert!(code.contains(name.as_str()), "{path} has no {name}");
                registries += 1;
            }
        }
    }
    assert!(rows.len() > 15 && registries >= 8, "{} rows, {registries} registries", rows.len());
    for registry in REGISTRIES {
        let name = registry.opens.rsplit(' ').next().unwrap();
        assert!(rows.iter().any(|row| row.contains(&format!("`{name}` in `src/{}`", registry.file))), "{name}");
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
