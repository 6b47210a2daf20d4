//! `broaden init`: a commented config with every default, and a sample household.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use broaden::config::TEMPLATE;

use super::exit::Status;
use super::outputs::{Outputs, shown};
use super::ui::Ui;

/// A small household in the program's own format.
const SAMPLE: &str = include_str!("init/sample.toml");

/// What to put in the market folder.
const MARKET: &str = include_str!("init/market.md");

/// Write a commented config with every default, and a sample household
///
/// Asks nothing and writes over nothing. The sample goes to a folder of its own, which is not read with yours.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden init
  broaden init household/
  broaden advise household/sample/")]
pub struct Args {
    /// The folder to write broaden.toml and sample/ in
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    if !args.folder.is_dir() {
        bail!("there is no folder {}; make it first", shown(&args.folder));
    }
    let path = args.folder.join("broaden.toml");
    if path.exists() {
        bail!("{} exists already; it is not overwritten", shown(&path));
    }
    let sample = args.folder.join("sample");
    let holdings = sample.join("holdings.toml");
    let disk = ui.disk.clone();
    let mut outputs = Outputs::new(&*disk);
    let is_new = !holdings.exists();
    if is_new {
        ui.disk.make_folder(&sample, false).with_context(|| format!("could not make {}", shown(&sample)))?;
        outputs.stage(&holdings, SAMPLE.as_bytes())?;
    }
    let market = args.folder.join("market");
    // A folder without a file may be that of a run that was stopped.
    let is_visible = |path: &PathBuf| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let there = if market.exists() {
        ui.disk.list(&market).with_context(|| format!("could not read {}", shown(&market)))?
    } else {
        Vec::new()
    };
    let with_market = !there.iter().any(is_visible);
    if with_market {
        ui.disk.make_folder(&market, false).with_context(|| format!("could not make {}", shown(&market)))?;
        outputs.stage(&market.join("README.md"), MARKET.as_bytes())?;
    }
    outputs.stage(&path, TEMPLATE.as_bytes())?;
    outputs.commit()?;
    let sample_words = if is_new { "a household to try" } else { "it was there, and is left as it is" };
    for words in [
        format!("wrote {}: every rule with its default", shown(&path)),
        format!("{}{}: {sample_words}", if is_new { "wrote " } else { "" }, shown(&holdings)),
        if with_market {
            format!("wrote {}: which market files to save there", shown(&market.join("README.md")))
        } else {
            String::new()
        },
        format!("next: broaden advise {}, or broaden advise YOUR-EXPORT.csv", shown(&sample)),
    ] {
        ui.say(&words);
    }
    Ok(Status::Done)
}
