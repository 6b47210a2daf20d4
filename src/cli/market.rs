//! `broaden market`: the checklist of the market folder.

use std::path::PathBuf;

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::{market, pipeline};

use super::exit::Status;
use super::inputs::{Options, gather};
use super::ui::Ui;

/// Show what the config wants of the market folder, which file serves it, and where the rest is to be had
///
/// One line per thing that the signals, brakes, drivers and sleeves want: the file that serves it, its last day and
/// age. For what is missing: the name to save it under, where it is to be had by hand, and whether `broaden fetch`
/// gets it.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden market household/
  broaden market --market prices/ --json")]
pub struct Args {
    /// A household folder with broaden.toml and market/
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let inputs = gather(&*ui.disk, &args.paths, &args.options, &mut sink)?.inputs;
    // A folder without holdings has a market too.
    sink.items.retain(|item| item.code.id != super::inputs::NO_HOLDINGS.id);
    let setup = pipeline::configure(&inputs, &mut sink);
    let market = market::load_with(&inputs.market, &setup.given, &mut sink);
    if !sink.has_errors() {
        // The age of a file is that of today: a folder that ended a year ago is a year old.
        let as_of = inputs.as_of.unwrap_or(inputs.today);
        let list = pipeline::checklist(&setup, &market, as_of, super::fetch::source_of);
        if args.json {
            ui.answer(&list.json())?;
        } else {
            ui.answer(&list.text())?;
        }
    }
    ui.diagnostics(&sink.items);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}
