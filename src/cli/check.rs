//! `broaden check`: silent when well.

use anyhow::Result;
use broaden::diagnostics::{Diagnostic, Severity, Sink};
use broaden::pipeline;

use super::exit::Status;
use super::inputs::{Common, gather, named};
use super::ui::Ui;

/// Say nothing when files and config are in order
///
/// Checks that every file is read and its totals agree, that everything is classified and priced, that prices and
/// holdings are of the day of the answer (--as-of), and that the config has no mistake.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    common: Common,
}

/// Warnings of the advice that are no fault of a file or the config: a default that applies, a debit, bonds and options
/// that are left alone. A household that means them would never see silence.
const NO_FAULT: [&str; 3] = [TAX_RATES_ASSUMED, pipeline::RESERVE_SHORT.id, pipeline::EXCLUDED.id];
/// No fault either, and not what a config that is read key by key would be thought to say.
const OWN_BASE: &str = "own-base";
const TAX_RATES_ASSUMED: &str = "tax-rates-assumed";

fn is_fault(item: &&Diagnostic) -> bool {
    item.severity == Severity::Error || item.severity == Severity::Warning && !NO_FAULT.contains(&item.code.id)
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let inputs = gather(&*ui.disk, &named(&args.common.paths)?, &args.common.options, &mut sink)?.inputs;
    let could_gather = !sink.has_errors();
    if could_gather {
        pipeline::advise(&inputs, &mut sink);
    }
    let faults: Vec<_> = sink.items.iter().filter(is_fault).cloned().collect();
    let said = sink.items.iter().filter(|item| is_fault(item) || item.code.id == OWN_BASE);
    ui.diagnostics(&said.cloned().collect::<Vec<_>>());
    Ok(match (sink.has_errors(), faults.is_empty()) {
        (true, _) => Status::CouldNot,
        (false, false) => Status::No,
        (false, true) => Status::Done,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_named_exists() {
        assert!(broaden::plan::CODES.iter().any(|code| code.id == TAX_RATES_ASSUMED));
        assert!(broaden::config::CODES.iter().any(|code| code.id == OWN_BASE));
    }
}
