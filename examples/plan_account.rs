//! One plan as a whole process, for timing beside other rebalancers: reads an account of lots, prices and target weights
//! (or makes a synthetic one of the same kind), plans it in whole shares with a $100 minimum trade, and prints what the
//! levels of the plan come to, beside the bounds that no plan can be below.
//!
//! ```text
//! cargo run --release --example plan_account -- account.json
//! cargo run --release --example plan_account -- 5000 500       # lots, tickers
//! ```
//!
//! The file: `{"today": "2026-06-01", "cash": 5000, "prices": {"T000": 12.34}, "targets": {"T000": 0.02},
//! "lots": [{"tax_lot_id": "L0", "identifier": "T000", "quantity": 10, "cost_basis": 100.5, "date": "2024-01-31"}]}`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

#[path = "support/large.rs"]
#[expect(dead_code, reason = "shared with the bench, which also plans families")]
mod large;
#[path = "support/random.rs"]
#[expect(dead_code, reason = "shared with other examples; only the dice are thrown here")]
mod random;

use broaden::plan::{Levels, Problem, solve};
use broaden::units::Money;
use serde_json::Value;

/// A level of the objective: its name, and where its value stands.
type Level = (&'static str, fn(&Levels) -> Money);

fn read(path: &str) -> Result<Problem, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let table: Value = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
    large::account(&table).ok_or_else(|| format!("{path}: not an account of lots, prices and targets"))
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let problem = match (arguments.first(), numbers.as_slice()) {
        (_, [lots, tickers]) => Ok(large::drifted_account(*lots, *tickers)),
        (Some(path), []) => read(path),
        _ => Err("usage: plan_account ACCOUNT.json, or plan_account LOTS TICKERS".to_owned()),
    };
    let plan = match problem.and_then(|problem| solve(&problem).map_err(|error| error.to_string())) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    let value = plan.outcome.value.to_f64();
    println!("{} sales, {} purchases, value ${value:.2}", plan.sells.len(), plan.buys.len());
    let fractions = plan.bound.unwrap_or_default();
    let levels: [Level; 5] = [
        ("cash shortfall", |levels| levels.cash_shortfall),
        ("excess", |levels| levels.excess),
        ("gaps", |levels| levels.gaps),
        ("largest gap", |levels| levels.largest_gap),
        ("tax and cost", |levels| levels.cost),
    ];
    println!("{:14} {:>12} {:>12} {:>9}", "", "plan", "fractions", "gap, bp");
    for (name, level) in levels {
        let [own, fractions] = [&plan.outcome.levels, &fractions].map(|levels| level(levels).to_f64());
        println!("{name:14} {own:12.2} {fractions:12.2} {:9.3}", (own - fractions) / value * 1e4);
    }
    for note in &plan.notes {
        println!("note: {note}");
    }
}
