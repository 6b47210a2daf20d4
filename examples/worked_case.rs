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
#[path = "support/worked.rs"]
mod worked;

use serde_json::Value;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let print = arguments.iter().any(|argument| argument == "--print");
    arguments.retain(|argument| argument != "--print");
    if arguments.is_empty() {
        eprintln!("usage: worked_case [--print] PATH...");
        std::process::exit(2);
    }
    let files = worked::files(&arguments).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2);
    });
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for file in files {
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match worked::cases(&file) {
            Err(error) => {
                failed += 1;
                eprintln!("FAILED  {name}: {error}");
            }
            Ok(cases) => {
                for case in cases {
                    let id = case.get("id").and_then(Value::as_str).unwrap_or(&name).to_owned();
                    let result = if print {
                        if !worked::is_trades(&case) {
                            skipped += 1;
                            continue;
                        }
                        case::problem(&case).and_then(|problem| {
                            case::solved(&problem).map(|plan| println!("{}", case::printed(&case, &problem, &plan)))
                        })
                    } else if let Some(result) = worked::run(&name, &case) {
                        result
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
