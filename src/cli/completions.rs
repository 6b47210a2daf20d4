//! `broaden completions` and `broaden man`: made from the same definitions as the help.

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use super::exit::Status;
use super::ui::Ui;

/// Print completions for a shell
#[derive(clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "broaden", &mut bytes);
    ui.answer(&String::from_utf8_lossy(&bytes))?;
    Ok(Status::Done)
}

/// Print the manual page
#[derive(clap::Args)]
pub struct ManArgs {}

/// Prints the manual page.
pub fn man(_: &ManArgs, ui: &mut Ui) -> Result<Status> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(super::Cli::command()).render(&mut bytes)?;
    ui.answer(&String::from_utf8_lossy(&bytes))?;
    Ok(Status::Done)
}
