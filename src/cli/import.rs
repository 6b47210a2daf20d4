//! `broaden import`: exports into one portfolio file.

use std::path::PathBuf;

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::{holdings, pipeline};

use super::exit::Status;
use super::inputs::{Common, gather, protect};
use super::ui::Ui;

/// Turn broker exports into one portfolio file in TOML
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    /// Where to write; standard output when absent
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let inputs = gather(&args.common.paths, &args.common.options, &mut sink)?;
    protect(args.output.iter().map(PathBuf::as_path), &inputs)?;
    let setup = pipeline::configure(&inputs, &mut sink);
    ui.diagnostics(&sink.items);
    if sink.has_errors() {
        return Ok(Status::CouldNot);
    }
    let text = holdings::to_toml(&setup.portfolio);
    match &args.output {
        Some(path) => ui.write_file(path, &text)?,
        None => ui.answer(&text)?,
    }
    Ok(Status::Done)
}
