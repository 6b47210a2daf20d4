//! Advises on damaged households for as long as it is told to, and checks what comes of each: by the independent checker,
//! and from the files alone.
//!
//! ```text
//! cargo run --release --example damaged_households -- 600 [seed]
//! ```
//!
//! A household that breaks something is written beside, as `broken-SEED.txt`. Exits 1 if any did.
#![expect(clippy::print_stdout, reason = "an example prints")]

#[path = "support/whole.rs"]
mod whole;

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use whole::{Dice, Outcome, advise, mutated};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let seconds = arguments.next().unwrap_or(60);
    let mut seed = arguments.next().unwrap_or(1);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/households");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        texts.push(std::fs::read(entry?.path())?);
    }
    texts.sort();
    let started = Instant::now();
    let (mut refused, mut planned, mut orders, mut broken) = (0, 0, 0, 0);
    let mut longest = (Duration::ZERO, 0);
    while started.elapsed().as_secs() < seconds {
        seed += 1;
        let mut dice = Dice::new(seed);
        let pick = |dice: &mut Dice| texts.get(dice.below(texts.len())).cloned().unwrap_or_default();
        let (text, other) = (pick(&mut dice), pick(&mut dice));
        let damaged = mutated(&text, &other, &mut dice);
        let begun = Instant::now();
        let found = match catch_unwind(|| advise(&damaged)) {
            Ok(Outcome::Refused) => {
                refused += 1;
                None
            }
            Ok(Outcome::Planned(count)) => {
                planned += 1;
                orders += count;
                None
            }
            Ok(Outcome::Broken(words)) => Some(words.join("; ")),
            Err(_) => Some("a panic".to_owned()),
        };
        longest = longest.max((begun.elapsed(), seed));
        if let Some(words) = found {
            broken += 1;
            println!("seed {seed}: {words}");
            std::fs::write(format!("broken-{seed}.txt"), &damaged)?;
        }
    }
    println!(
        "{} households: {refused} refused, {planned} planned with {orders} orders, {broken} broken; the slowest, {}, took {:.2} s",
        refused + planned + broken,
        longest.1,
        longest.0.as_secs_f64()
    );
    if broken > 0 {
        std::process::exit(1);
    }
    Ok(())
}
