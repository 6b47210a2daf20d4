//! `broaden init`: a commented config with every default.

use std::path::PathBuf;

use anyhow::{Result, bail};
use broaden::config::TEMPLATE;

use super::exit::Status;
use super::ui::Ui;

/// Write a commented config with every default
#[derive(clap::Args)]
pub struct Args {
    /// The folder to write broaden.toml in
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
    ui.say(&format!("wrote {}; next: broaden advise YOUR-EXPORT.csv", path.display()));
    Ok(Status::Done)
}
