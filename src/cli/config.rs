//! `broaden config`: what is in effect, and from where.

use std::path::PathBuf;

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::pipeline;

use super::exit::Status;
use super::inputs::{Options, gather};
use super::ui::Ui;

/// Show the effective config, or where it is
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Print every effective value with its origin
    List(Paths),
    /// Print the file that is used
    Path(Paths),
}

#[derive(clap::Args)]
struct Paths {
    /// Holdings or a folder, to find the config beside them
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let (What::List(paths) | What::Path(paths)) = &args.what;
    let mut sink = Sink::default();
    let mut inputs = gather(&paths.paths, &paths.options, &mut sink)?;
    if let What::Path(_) = args.what {
        let text = inputs.config.as_ref().map_or("no config file; the defaults hold", |source| &source.name);
        ui.answer(&format!("{text}\n"))?;
        return Ok(Status::Done);
    }
    inputs.holdings.clear();
    let setup = pipeline::configure(&inputs, &mut sink);
    let mut text = String::new();
    for (path, value, origin) in setup.document.entries() {
        text.push_str(&format!("{path} = {value}  # {origin}\n"));
    }
    ui.answer(&text)?;
    ui.diagnostics(&sink.items);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}
