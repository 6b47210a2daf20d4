//! `broaden signals`: what the market says, and its history.

use std::path::PathBuf;

use anyhow::Result;
use broaden::diagnostics::{Diagnostic, Sink};
use broaden::report::{Options, signals};
use broaden::signals::screen::Screen;
use broaden::{market, pipeline, rules};

use super::exit::Status;
use super::inputs::{self, TWO_DAYS, gather_market, here};
use super::outputs::Outputs;
use super::ui::Ui;

/// Show what the market says, and its history
#[derive(clap::Args)]
pub struct Args {
    /// Folders or files; a household folder's market/ is used [default: the folder you are in, when it has a broaden.toml]
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
    let here = if args.paths.is_empty() && args.options.market.is_empty() { here() } else { None };
    let paths: Vec<PathBuf> = args.paths.iter().cloned().chain(here).collect();
    let gathered = gather_market(&*ui.disk, &paths, &args.options, &mut sink);
    let mut inputs = gathered.inputs;
    let history = args.history.as_deref().filter(|path| path.as_os_str() != "-");
    gathered.guard.check(&*ui.disk, history)?;
    let of_holdings = pipeline::configure(&inputs, &mut Sink::default()).portfolio.as_of;
    // What is owned has no part in what the market says, but its day has in what `advise` says.
    inputs.holdings.clear();
    let setup = pipeline::configure(&inputs, &mut sink);
    let market = market::load_with(&inputs.market, &setup.given, &mut sink);
    if !sink.has_errors() {
        let as_of = inputs.as_of.or(market.last_session()).unwrap_or(inputs.today);
        if let Some(day) = of_holdings.filter(|day| *day != as_of && inputs.as_of.is_none()) {
            let message = format!(
                "this is of {as_of}, the last day of the market files; advise answers of {day}, the day of the holdings"
            );
            sink.push(Diagnostic::note(TWO_DAYS, message).hint(format!("--as-of {day} shows the market of that day")));
        }
        if let Some(path) = &args.history {
            let (csv, strength) = rules::strength::history_csv(&market, &setup.signals, &setup.rotation, as_of);
            if path.as_os_str() == "-" {
                ui.answer(&csv)?;
            } else {
                let mut outputs = Outputs::new(&*ui.disk);
                outputs.stage(path, csv.as_bytes())?;
                outputs.commit()?;
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
                rotation: &setup.rotation,
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
