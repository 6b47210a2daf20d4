//! `broaden signals`: what the market says, and its history.

use std::path::PathBuf;

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::report::{Options, signals};
use broaden::signals::screen::Screen;
use broaden::{market, pipeline, rules};

use super::exit::Status;
use super::inputs::{self, gather};
use super::ui::Ui;

/// Show what the market says, and its history
#[derive(clap::Args)]
pub struct Args {
    /// Folders or files; a household folder's market/ is used
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: inputs::Options,
    /// Write one row per session: breadth counts, every signal and brake, and the strength; `-` is standard output
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Print everything as JSON
    #[arg(long, conflicts_with = "history")]
    json: bool,
    /// Draw the strength and the brakes of every quarter of the files
    #[arg(long, conflicts_with_all = ["history", "json"])]
    chart: bool,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let mut inputs = gather(&[], &args.options, &mut sink)?;
    for path in &args.paths {
        // A household folder brings its config and market along; a bare folder of prices is a market by itself.
        let mut found = Sink::default();
        let own = gather(std::slice::from_ref(path), &args.options, &mut found)?;
        if own.market.is_empty() || !path.is_dir() {
            let options = inputs::Options { market: vec![path.clone()], ..args.options.clone() };
            inputs.market.extend(gather(&[], &options, &mut sink)?.market);
        } else {
            inputs.market.extend(own.market);
            inputs.config = inputs.config.or(own.config);
        }
    }
    inputs::protect(args.history.iter().map(PathBuf::as_path), &inputs)?;
    let setup = pipeline::configure(&inputs, &mut sink);
    let market = market::load_with(&inputs.market, &setup.splits, &mut sink);
    if !sink.has_errors() {
        let as_of = inputs.as_of.or(market.last_session()).unwrap_or(inputs.today);
        if let Some(path) = &args.history {
            let (csv, strength) = rules::strength::history_csv(&market, &setup.signals, &setup.rotation, as_of);
            if path.as_os_str() == "-" {
                ui.answer(&csv)?;
            } else {
                ui.write_file(path, &csv)?;
            }
            if let Some(turns) = strength.turns() {
                ui.say(&turns.words());
            }
        } else {
            let strength = pipeline::strength_of(&setup, &market, as_of);
            let (sleeves, drivers) = (&setup.rules.sleeves, setup.signals.readings(&market, as_of));
            let outlook = signals::Outlook {
                as_of,
                strength: &strength,
                gates: &rules::sleeves::gates(sleeves, |symbol| {
                    rules::gates::gate(symbol, &market, as_of, &setup.rotation)
                }),
                tilts: &sleeves.tilts(&drivers),
                drivers: &drivers,
                stance: sleeves.stance,
                screened: &Screen::new(&market).rank(&setup.signals.screened, as_of),
            };
            let options = Options { width: ui.width(), colour: ui.colour() };
            ui.answer(&match () {
                () if args.json => signals::json(&outlook),
                () if args.chart => signals::chart(&strength, None, options.width),
                () => signals::render(&outlook, options, ui.is_terminal()),
            })?;
        }
    }
    ui.diagnostics(&sink.items);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}
