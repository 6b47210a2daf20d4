//! `broaden check`: silent when well.

use anyhow::Result;
use broaden::diagnostics::{Severity, Sink};
use broaden::pipeline;

use super::exit::Status;
use super::inputs::{Common, gather};
use super::ui::Ui;

/// Say nothing when files and config are in order
///
/// Checks that every file is read, totals agree, everything is classified and priced, and the config has no mistake.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let inputs = gather(&args.common.paths, &args.common.options, &mut sink)?;
    let could_gather = !sink.has_errors();
    if could_gather {
        pipeline::advise(&inputs, &mut sink);
    }
    let serious: Vec<_> = sink.items.iter().filter(|item| item.severity > Severity::Note).cloned().collect();
    ui.diagnostics(&serious);
    Ok(match (sink.has_errors(), serious.is_empty()) {
        (true, _) => Status::CouldNot,
        (false, false) => Status::No,
        (false, true) => Status::Done,
    })
}
