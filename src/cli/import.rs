//! `broaden import`: exports into one portfolio file.

use std::path::PathBuf;

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::{holdings, pipeline};

use super::exit::Status;
use super::inputs::{Common, gather, named};
use super::outputs::Outputs;
use super::ui::Ui;

/// Turn broker exports into one portfolio file in TOML
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    /// Where to write; standard output when absent or `-`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let gathered = gather(&*ui.disk, &named(&args.common.paths)?, &args.common.options, &mut sink)?;
    let output = args.output.as_deref().filter(|path| path.as_os_str() != "-");
    gathered.guard.check(&*ui.disk, output)?;
    let setup = pipeline::configure(&gathered.inputs, &mut sink);
    ui.diagnostics(&sink.items);
    if sink.has_errors() {
        return Ok(Status::CouldNot);
    }
    let text = holdings::to_toml(&setup.portfolio);
    match output {
        Some(path) => {
            let mut outputs = Outputs::new(&*ui.disk);
            outputs.stage(path, text.as_bytes())?;
            outputs.commit()?;
        }
        None => ui.answer(&text)?,
    }
    Ok(Status::Done)
}
