//! `broaden init`: a commented config with every default, and a sample household.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use broaden::config::TEMPLATE;

use super::exit::Status;
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
        bail!("there is no folder {}; make it first", args.folder.display());
    }
    let path = args.folder.join("broaden.toml");
    if path.exists() {
        bail!("{} exists already; it is not overwritten", path.display());
    }
    ui.write_file(&path, TEMPLATE)?;
    ui.say(&format!("wrote {}: every rule with its default", path.display()));
    let sample = args.folder.join("sample");
    if sample.exists() {
        ui.say(&format!("{} exists already; it is left as it is", sample.display()));
    } else {
        std::fs::create_dir(&sample).with_context(|| format!("could not make {}", sample.display()))?;
        ui.write_file(&sample.join("holdings.toml"), SAMPLE)?;
        ui.say(&format!("wrote {}: a household to try", sample.join("holdings.toml").display()));
    }
    let market = args.folder.join("market");
    if !market.exists() {
        std::fs::create_dir(&market).with_context(|| format!("could not make {}", market.display()))?;
        ui.write_file(&market.join("README.md"), MARKET)?;
        ui.say(&format!("wrote {}: which market files to save there", market.join("README.md").display()));
    }
    ui.say(&format!("next: broaden advise {}, or broaden advise YOUR-EXPORT.csv", sample.display()));
    Ok(Status::Done)
}
