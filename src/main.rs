//! The `broaden` command: parse, run, exit status.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let command = cli::Cli::parse();
    cli::run(command).into()
}
