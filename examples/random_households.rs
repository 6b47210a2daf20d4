//! Plans for many random households, each checked: by the independent checker, against doing nothing, against the
//! continuous bound, and against the same household with its rows in another order.
//!
//! ```text
//! cargo run --release --example random_households -- 100000 [first seed]
//! ```
//!
//! The last line says how many plans failed; exits 1 if any did.
#![expect(clippy::print_stdout, reason = "an example prints")]

#[path = "support/bounds.rs"]
mod bounds;
#[path = "support/random.rs"]
mod random;

use std::panic::catch_unwind;

use bounds::beats_bound;
use broaden::plan::{Problem, evaluate, solve, verify};
use random::{Dice, Shape, household};

/// The same household with every list in another order.
fn shuffled(problem: &Problem, seed: u64) -> Problem {
    let mut dice = Dice::new(seed ^ 0x5eed);
    let mut other = problem.clone();
    dice.shuffle(&mut other.accounts);
    dice.shuffle(&mut other.lots);
    dice.shuffle(&mut other.limits);
    dice.shuffle(&mut other.targets);
    dice.shuffle(&mut other.buyable);
    dice.shuffle(&mut other.trades);
    other
}

/// What is wrong with the plan of a household.
fn problems(seed: u64) -> (Vec<String>, bool) {
    let shape = if seed.is_multiple_of(2) { Shape::Plain } else { Shape::Full };
    let mut problem = household(seed, shape);
    // Half of them to the letter of the formulas, half as `advise` plans.
    problem.caps_after_costs = seed % 4 < 2;
    let mut found = Vec::new();
    let plan = match solve(&problem) {
        Ok(plan) => plan,
        Err(error) => return (vec![error.to_string()], false),
    };
    found.extend(verify(&problem, &plan).into_iter().map(|breach| format!("{}: {}", breach.rule, breach.message)));
    if evaluate(&problem, &plan.sells, &plan.buys) != plan.outcome {
        found.push("the outcome is not that of the trades".to_owned());
    }
    for (id, excess) in &plan.outcome.excess {
        let before = plan.nothing.excess.get(id).copied().unwrap_or_default();
        // What is over its cap already may grow by the cap's share of the trading costs.
        let costs = if problem.caps_after_costs { 0.0 } else { plan.outcome.trading_cost.to_f64() };
        if excess.to_f64() > before.to_f64() + costs + 1e-4 {
            found.push(format!("the excess over {id} grows"));
        }
    }
    found.extend(beats_bound(&problem, &plan));
    match solve(&shuffled(&problem, seed)) {
        Ok(other) if (&other.sells, &other.buys) == (&plan.sells, &plan.buys) => {}
        _ => found.push("another order of the rows gives another plan".to_owned()),
    }
    (found, !plan.notes.is_empty())
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let count = arguments.next().unwrap_or(10_000);
    let first = arguments.next().unwrap_or(0);
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let started = std::time::Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|worker| {
            std::thread::spawn(move || {
                let (mut failed, mut noted) = (Vec::new(), 0_u64);
                for seed in (first..first + count).filter(|seed| seed % threads == worker) {
                    match catch_unwind(|| problems(seed)) {
                        Ok((found, has_notes)) => {
                            noted += u64::from(has_notes);
                            failed.extend((!found.is_empty()).then(|| (seed, found.join("; "))));
                        }
                        Err(_) => failed.push((seed, "panic".to_owned())),
                    }
                }
                (failed, noted)
            })
        })
        .collect();
    let mut failed = Vec::new();
    let mut noted = 0;
    for worker in workers {
        match worker.join() {
            Ok((some, notes)) => {
                failed.extend(some);
                noted += notes;
            }
            Err(_) => failed.push((0, "a worker stopped".to_owned())),
        }
    }
    failed.sort();
    for (seed, problem) in failed.iter().take(20) {
        println!("seed {seed}: {problem}");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{noted} plans carry a note; {:.0} plans/s", 2.0 * count as f64 / seconds);
    println!("{count} households, {} failed", failed.len());
    if !failed.is_empty() {
        std::process::exit(1);
    }
}
