//! The verification suite: whether this build works out what was worked out by hand, what was published, what can be counted
//! again, and what an independent checker finds of its plans.
//!
//! ```text
//! cargo run --release --example verify
//! cargo run --release --example verify -- my-cases/ --households 100000
//! ```
//!
//! One line per part, each failure in words before it, and a last line `N passed, N failed`; exits 1 on any failure. Paths
//! are worked cases of your own, run beside those of `tests/cases`. What each part proves is in `docs/src/verify.md`.
#![expect(clippy::print_stdout, reason = "an example prints")]

#[path = "support/case.rs"]
mod case;
#[path = "support/market_tables.rs"]
mod market_tables;
#[path = "support/published.rs"]
mod published;
#[path = "support/random.rs"]
#[expect(dead_code, reason = "shared with other examples")]
mod random;
#[path = "support/tables.rs"]
mod tables;
#[path = "support/worked.rs"]
mod worked;

use std::panic::catch_unwind;
use std::path::Path;

use broaden::config::Document;
use broaden::diagnostics::Sink;
use broaden::model::RawFile;
use broaden::plan::{evaluate, solve, verify};
use broaden::rules::strength;
use broaden::units::{Decimal, Shares};
use broaden::{market, signals};
use published::{Compared, breadth, federal};
use random::{Shape, household};

/// Of this repository; `cargo run` may be given from any folder of it.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn main() {
    let mut paths = vec![format!("{ROOT}/tests/cases")];
    let mut households = 2_000;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--households" {
            households = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(households);
        } else {
            paths.push(argument);
        }
    }
    let parts: [(&str, Compared); 4] = [
        ("worked cases", worked_cases(&paths)),
        ("federal tables", of_file("tests/published/federal.csv", |text| federal(&text))),
        ("breadth, counted again", of_file("portfolios/demo/market/stocks.csv", |text| breadth(&text, &history()))),
        ("plans, by the checker", checked(households)),
    ];
    let (mut passed, mut failed) = (0, 0);
    for (name, compared) in &parts {
        for problem in compared.different.iter().take(20) {
            println!("FAILED  {name}: {problem}");
        }
        println!("{name:<24}{} passed, {} failed", compared.equal, compared.different.len());
        passed += compared.equal;
        // A part in which nothing was compared proves nothing.
        failed += compared.different.len() + usize::from(compared.equal == 0 && compared.different.is_empty());
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        std::process::exit(1);
    }
}

/// What is made of a file of the repository.
fn of_file(name: &str, compare: impl FnOnce(String) -> Compared) -> Compared {
    match std::fs::read_to_string(Path::new(ROOT).join(name)) {
        Ok(text) => compare(text),
        Err(error) => Compared { equal: 0, different: vec![format!("{name}: {error}")] },
    }
}

/// Cases that were worked out by hand.
fn worked_cases(paths: &[String]) -> Compared {
    let mut compared = Compared::default();
    let files = worked::files(paths).unwrap_or_else(|error| {
        compared.different.push(error);
        Vec::new()
    });
    for file in files {
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let cases = worked::cases(&file).unwrap_or_else(|error| {
            compared.different.push(format!("{name}: {error}"));
            Vec::new()
        });
        for case in cases {
            match worked::run(&name, &case) {
                Some(Ok(())) => compared.equal += 1,
                Some(Err(problems)) => compared.different.push(format!("{name}: {}", problems.join("; "))),
                None => compared.different.push(format!("{name}: nothing runs such a case")),
            }
        }
    }
    compared
}

/// The history of breadth over the demo's market, as `broaden signals --history` writes it.
fn history() -> String {
    let folder = Path::new(ROOT).join("portfolios/demo/market");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<RawFile> = entries
        .filter_map(|entry| {
            let bytes = std::fs::read(entry.path()).ok()?;
            Some(RawFile::new(entry.file_name().to_string_lossy().into_owned(), bytes))
        })
        .collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    let mut sink = Sink::default();
    let document = Document::load(None, &[], &mut sink);
    let setup = signals::configure(&document, &mut sink);
    let rotation = strength::configure(&document, &mut sink);
    let market = market::load(&files, &mut sink);
    let last = market.last_session();
    last.map(|last| strength::history_csv(&market, &setup, &rotation, last).0).unwrap_or_default()
}

/// Plans of invented households, each by the checker; and each spoiled, which the checker must find.
fn checked(households: u64) -> Compared {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let workers: Vec<_> = (0..threads)
        .map(|worker| {
            std::thread::spawn(move || {
                let mut compared = Compared::default();
                for seed in (0..households).filter(|seed| seed % threads == worker) {
                    match catch_unwind(|| problem_of(seed)) {
                        Ok(None) => compared.equal += 1,
                        Ok(Some(words)) => compared.different.push(format!("household {seed}: {words}")),
                        Err(_) => compared.different.push(format!("household {seed}: the program broke off")),
                    }
                }
                compared
            })
        })
        .collect();
    let mut all = Compared::default();
    for worker in workers {
        match worker.join() {
            Ok(one) => {
                all.equal += one.equal;
                all.different.extend(one.different);
            }
            Err(_) => all.different.push("a thread stopped".to_owned()),
        }
    }
    all
}

/// What is wrong with the plan of an invented household.
fn problem_of(seed: u64) -> Option<String> {
    let problem = household(seed, if seed.is_multiple_of(2) { Shape::Plain } else { Shape::Full });
    let mut plan = match solve(&problem) {
        Ok(plan) => plan,
        Err(error) => return Some(error.to_string()),
    };
    if let Some(breach) = verify(&problem, &plan).first() {
        return Some(format!("{}: {}", breach.rule, breach.message));
    }
    if evaluate(&problem, &plan.sells, &plan.buys) != plan.outcome {
        return Some("the figures are not those of the trades".to_owned());
    }
    // One share more of the first order, and nothing else changed: the figures are no longer those of the trades.
    let spoiled = match (plan.sells.first_mut(), plan.buys.first_mut()) {
        (Some(sale), _) => Some(&mut sale.quantity),
        (None, Some(buy)) => Some(&mut buy.quantity),
        (None, None) => None,
    };
    let shares = spoiled?;
    *shares = Shares(shares.0 + Decimal::ONE);
    verify(&problem, &plan).is_empty().then(|| "a spoiled plan passes the checker".to_owned())
}
