//! `broaden config`: what is in effect, and from where.

use std::path::PathBuf;

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::diagnostics::text::{key, plain};
use broaden::pipeline;

use super::exit::Status;
use super::inputs::{Options, gather};
use super::ui::Ui;

/// Show the effective config, its schema, or where it is
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden config list household/
  broaden config list household/ --set limits.tech.min=25%
  broaden config schema > broaden.schema.json
  broaden config path household/")]
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
    /// Print the JSON Schema of broaden.toml, for editors that complete and check TOML
    Schema,
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
    let paths = match &args.what {
        What::List(paths) | What::Path(paths) => paths,
        What::Schema => {
            ui.answer(&pipeline::config_schema())?;
            return Ok(Status::Done);
        }
    };
    let mut sink = Sink::default();
    let mut inputs = gather(&*ui.disk, &paths.paths, &paths.options, &mut sink)?.inputs;
    if let What::Path(_) = args.what {
        if sink.has_errors() {
            ui.diagnostics(&sink.items);
            return Ok(Status::CouldNot);
        }
        let text = inputs.config.as_ref().map_or("no config file; the defaults hold", |source| &source.name);
        ui.answer(&format!("{text}\n"))?;
        ui.diagnostics(&sink.items);
        return Ok(Status::Done);
    }
    // A config that cannot be read is never the defaults.
    let could_gather = !sink.has_errors();
    inputs.holdings.clear();
    let setup = pipeline::configure(&inputs, &mut sink);
    let mut text = String::new();
    for (path, value, origin) in setup.document.entries() {
        text.push_str(&plain(&format!("{} = {value}  # {origin}", key(&path))));
        text.push('\n');
    }
    if could_gather {
        ui.answer(&text)?;
    }
    ui.diagnostics(&sink.items);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}
