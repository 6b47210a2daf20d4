//! Prints the history of breadth, signals, brakes and strength over market files, one row per session.
//!
//! `cargo run --release --example signals_history -- [--config broaden.toml] [--chart] market/*.csv`

use std::io::Write;

use broaden::config::Document;
use broaden::diagnostics::{Sink, Source, render};
use broaden::model::RawFile;
use broaden::{market, rules::strength, signals};

fn main() -> anyhow::Result<()> {
    let (mut files, mut config, mut chart) = (Vec::new(), None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--chart" => chart = true,
            "--config" => {
                let path = arguments.next().unwrap_or_default();
                config = Some(Source::file(path.clone(), std::fs::read_to_string(path)?));
            }
            _ => {
                let bytes = std::fs::read(&argument)?;
                files.push(RawFile::new(argument, bytes));
            }
        }
    }
    let mut sink = Sink::default();
    let document = Document::load(config, &[], &mut sink);
    let setup = signals::configure(&document, &mut sink);
    let rotation = strength::configure(&document, &mut sink);
    let market = market::load(&files, &mut sink);
    let mut out = std::io::stdout().lock();
    if let Some(last) = market.last_session() {
        if chart {
            let strength = strength::replay(&rotation, &setup, &signals::history(&setup, &market, last));
            // One row per month: the strength as a bar, and the brake that held.
            let mut month = String::new();
            for ((day, value), level) in strength.path.iter().zip(&strength.levels) {
                let name = day.format("%Y-%m").to_string();
                if name != month {
                    let bar = "#".repeat((value * 40.0).round() as usize);
                    writeln!(out, "{day} {value:.2} {bar:<40} {}", level.word())?;
                    month = name;
                }
            }
        } else {
            out.write_all(strength::history_csv(&market, &setup, &rotation, last).0.as_bytes())?;
        }
    }
    let mut errors = std::io::stderr().lock();
    for item in &sink.items {
        writeln!(errors, "{}", render(item, false))?;
    }
    Ok(())
}
