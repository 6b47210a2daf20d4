//! Runs worked cases (JSON with inputs and expectations) through the library and compares.
//!
//! ```text
//! cargo run --release --example worked_case -- tests/cases
//! cargo run --release --example worked_case -- --print tests/cases/T04_gain_budget_binds.json
//! ```
//!
//! One line per case and a last line `N passed, N failed`; exits 1 on any failure. With `--print` nothing is compared and
//! each trade case becomes one line of JSON.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

#[path = "support/case.rs"]
mod case;
#[path = "support/market_tables.rs"]
mod market_tables;
#[path = "support/tables.rs"]
mod tables;

use std::path::{Path, PathBuf};

use serde_json::Value;

fn files(paths: &[String]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        let path = Path::new(path);
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
            let mut inside: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
            inside.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.to_owned());
        }
    }
    Ok(files)
}

/// The cases of a file: one object, a list of them, or one per line.
fn cases(file: &Path) -> Result<Vec<Value>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(list)) => Ok(list),
        Ok(value) => Ok(vec![value]),
        Err(error) => {
            let lines: Result<Vec<Value>, _> =
                text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect();
            lines.map_err(|_| error.to_string())
        }
    }
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let print = arguments.iter().any(|argument| argument == "--print");
    arguments.retain(|argument| argument != "--print");
    if arguments.is_empty() {
        eprintln!("usage: worked_case [--print] PATH...");
        std::process::exit(2);
    }
    let files = files(&arguments).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2);
    });
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for file in files {
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let runner = tables::RUNNERS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, runner)| *runner);
        let is_case = |case: &Value| case.get("lots").is_some() && case.get("policy").is_some();
        match cases(&file) {
            Err(error) => {
                failed += 1;
                eprintln!("FAILED  {name}: {error}");
            }
            Ok(cases) => {
                for case in cases {
                    let id = case.get("id").and_then(Value::as_str).unwrap_or(&name).to_owned();
                    let result = if print {
                        if !is_case(&case) {
                            skipped += 1;
                            continue;
                        }
                        case::problem(&case).and_then(|problem| {
                            case::solved(&problem).map(|plan| println!("{}", case::printed(&case, &problem, &plan)))
                        })
                    } else if let Some(runner) = runner {
                        runner(&case)
                    } else if is_case(&case) {
                        case::check(&case)
                    } else {
                        skipped += 1;
                        println!("skipped {name}: no runner");
                        continue;
                    };
                    match result {
                        Ok(()) => {
                            passed += 1;
                            if !print {
                                println!("ok      {id}");
                            }
                        }
                        Err(problems) => {
                            failed += 1;
                            let line = format!("FAILED  {id}: {}", problems.join("; "));
                            if print { eprintln!("{line}") } else { println!("{line}") }
                        }
                    }
                }
            }
        }
    }
    if !print {
        if skipped > 0 {
            println!("{skipped} skipped");
        }
        println!("{passed} passed, {failed} failed");
    }
    if failed > 0 {
        std::process::exit(1);
    }
}
