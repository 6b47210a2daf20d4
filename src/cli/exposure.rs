//! `broaden exposure`: how much of it is what.

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::pipeline;
use broaden::units::Weight;

use super::exit::Status;
use super::inputs::{Options, gather};
use super::ui::Ui;

/// Measure how much is tech, by sector, theme and issuer
#[derive(clap::Args)]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them
    #[arg(value_name = "PATH", required_unless_present = "themes")]
    paths: Vec<std::path::PathBuf>,
    #[command(flatten)]
    options: Options,
    /// List the themes, each with what it counts
    #[arg(long)]
    themes: bool,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let inputs = gather(&args.paths, &args.options, &mut sink)?;
    let setup = pipeline::configure(&inputs, &mut sink);
    let mut text = String::new();
    if args.themes {
        for (id, counts) in setup.registry.themes() {
            text.push_str(&format!("{id:12} {counts}\n"));
        }
    } else {
        let portfolio = pipeline::portfolio(&inputs, &setup, &mut sink);
        if !sink.has_errors() {
            let exposure = pipeline::exposure(&pipeline::in_scope(&portfolio, &setup), &setup);
            text.push_str(&format!(
                "value {}, known {}\n",
                exposure.value.dollars(),
                Weight(exposure.coverage).percent()
            ));
            for (id, theme) in &exposure.themes {
                text.push_str(&format!(
                    "\n{id} {}, through funds {}\n",
                    theme.weight.percent(),
                    theme.through_funds.percent()
                ));
                for part in theme.contributions.iter().take(12) {
                    text.push_str(&bar(&part.label, part.weight));
                }
            }
            text.push_str("\nsectors\n");
            for (sector, weight) in &exposure.sectors {
                text.push_str(&bar(sector.id(), *weight));
            }
            text.push_str("\nissuers\n");
            for issuer in exposure.issuers.iter().take(10) {
                text.push_str(&bar(&issuer.name, issuer.weight));
            }
        }
    }
    ui.answer(&text)?;
    ui.diagnostics(&sink.items);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}

/// Draws a line of a bar chart: half a percent per mark.
fn bar(label: &str, weight: Weight) -> String {
    let label: String = label.chars().map(|c| if c.is_control() { ' ' } else { c }).take(28).collect();
    let marks = "#".repeat((weight.0.clamp(0.0, 1.0) * 50.0).round() as usize);
    format!("  {label:28} {:>6}  {marks}\n", weight.percent())
}
