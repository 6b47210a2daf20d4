//! Walks the records of a file with the `csv` crate and counts them: what reading a large export is measured against.
//!
//! `cargo build --release --example csv_walk`, then the ignored test `fifty_thousand_rows` of `tests/all/holdings.rs`.

#![expect(clippy::print_stdout, reason = "a program that says what it found")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let path = std::env::args().nth(1).unwrap_or_default();
    let Ok(reader) = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_path(path) else {
        return ExitCode::FAILURE;
    };
    println!("{}", reader.into_records().map_while(Result::ok).count());
    ExitCode::SUCCESS
}
