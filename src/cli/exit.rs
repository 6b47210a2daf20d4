//! What the exit status means.

use std::process::ExitCode;

use broaden::diagnostics::text::plain;

use super::ui::Ui;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Done,
    /// Ran, and the answer is no: a check failed, warnings under `--strict`, cash is short.
    No,
    /// Could not run: usage, unreadable or invalid input.
    CouldNot,
    /// `advise --exit-code`: trades are proposed.
    Trades,
    /// Ctrl-C: what was finished is told.
    Interrupted,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(match status {
            Status::Done => 0,
            Status::No => 1,
            Status::CouldNot => 2,
            Status::Trades => 3,
            // What shells say of a program that Ctrl-C ended.
            Status::Interrupted => 130,
        })
    }
}

/// Reports an error that stopped the command.
pub fn failed(error: &anyhow::Error, ui: &mut Ui) -> Status {
    // On one line, whatever names are in it.
    ui.say(&plain(&format!("error: {error:#}")));
    Status::CouldNot
}
