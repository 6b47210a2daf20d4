//! Random households with a route: writes them as case files with the answer, or carries each out run by run and checks
//! what a route promises.
//!
//! ```text
//! cargo run --release --example random_routes -- write 300 cases.jsonl   # one case a line, with `answer`
//! cargo run --release --example random_routes -- check 20000
//! cargo run --release --example random_routes -- check 1 453         # one household, from seed 453
//! cargo run --release --example random_routes -- check 20000 0 worth # with `limits.worth` beside the others
//! ```
//!
//! An independent model is compared with `write`: it reads each case, solves it, and finds in `answer` the tax of every
//! year, what is left to be sold at the deadline and what each limit is exceeded by. `check` exits 1 when a promise is
//! broken.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

#[path = "support/case.rs"]
#[expect(dead_code, reason = "shared with other examples")]
mod case;
#[path = "support/promises.rs"]
mod promises;
#[path = "support/random.rs"]
#[expect(dead_code, reason = "only the dice are thrown here")]
mod random;
#[path = "support/routes.rs"]
mod routes;

use std::io::Write;

fn write(count: u64, path: &str) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    for seed in 0..count {
        let mut case = routes::case(seed);
        let answer = case::problem(&case)
            .and_then(|problem| case::solved(&problem).map(|plan| case::printed(&case, &problem, &plan)));
        match answer {
            Ok(answer) => case["answer"] = answer,
            Err(problems) => println!("seed {seed}: {}", problems.join("; ")),
        }
        writeln!(file, "{case}")?;
    }
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.get(1).and_then(|count| count.parse().ok());
    match (arguments.first().map(String::as_str), count, arguments.get(2)) {
        (Some("write"), Some(count), Some(path)) => {
            if let Err(error) = write(count, path) {
                eprintln!("{path}: {error}");
                std::process::exit(1);
            }
        }
        (Some("check"), Some(count), first) => {
            let first: u64 = first.and_then(|first| first.parse().ok()).unwrap_or(0);
            let seeds = first..first.saturating_add(count);
            let must_earn = arguments.get(3).is_some_and(|word| word == "worth");
            let found = if must_earn { promises::check_worth(seeds) } else { promises::check(seeds) };
            found.broken.iter().take(20).for_each(|broken| println!("{broken}"));
            println!("{} of {count} trade, {} fall back, {} runs", found.trading, found.fallen, found.runs);
            println!("{count} households, {} failed", found.broken.len());
            if !found.broken.is_empty() {
                std::process::exit(1);
            }
        }
        _ => {
            eprintln!("usage: random_routes write COUNT FILE, or random_routes check COUNT [FIRST [worth]]");
            std::process::exit(2);
        }
    }
}
