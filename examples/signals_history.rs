//! Prints the history of breadth, signals, brakes and strength over market files, one row per session.
//!
//! `cargo run --release --example signals_history -- market/*.csv`

use std::io::Write;

use broaden::config::Document;
use broaden::diagnostics::{Sink, render};
use broaden::model::RawFile;
use broaden::{market, rules::strength, signals};

fn main() -> anyhow::Result<()> {
    let mut files = Vec::new();
    for path in std::env::args().skip(1) {
        files.push(RawFile { bytes: std::fs::read(&path)?, name: path });
    }
    let mut sink = Sink::default();
    let document = Document::load(None, &[], &mut sink);
    let setup = signals::configure(&document, &mut sink);
    let rotation = strength::configure(&document, &mut sink);
    let market = market::load(&files, &mut sink);
    let csv = market.last_session().map(|last| strength::history_csv(&market, &setup, &rotation, last));
    std::io::stdout().lock().write_all(csv.unwrap_or_default().as_bytes())?;
    let mut errors = std::io::stderr().lock();
    for item in &sink.items {
        writeln!(errors, "{}", render(item, false))?;
    }
    Ok(())
}
