//! `broaden explain`: words, rules, tickers.

use std::path::PathBuf;

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::{explain, pipeline};

use super::exit::Status;
use super::inputs::{Options, gather};
use super::ui::Ui;

/// Explain a rule, a signal, a diagnostic or a ticker
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden explain theme-cap
  broaden explain NVDA household/
  broaden explain limits.tech household/
  broaden explain household/")]
pub struct Args {
    /// What to explain; every word that can be explained when absent
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Holdings or a folder, to explain a ticker or a rule of that household's plan
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let Some(name) = &args.name else {
        let mut text = String::new();
        let mut group = "";
        for topic in explain::topics() {
            if topic.group != group {
                group = topic.group;
                text.push_str(&format!("\n{group}s\n"));
            }
            text.push_str(&format!("  {}\n", topic.name));
        }
        ui.answer(&text)?;
        return Ok(Status::Done);
    };
    // `broaden explain household/`: a path alone means the whole plan.
    let alone = args.paths.is_empty() && std::path::Path::new(name).exists();
    let paths = if alone { vec![PathBuf::from(name)] } else { args.paths.clone() };
    if !paths.is_empty() {
        let mut sink = Sink::default();
        let inputs = gather(&paths, &args.options, &mut sink)?;
        let proposal = if sink.has_errors() { None } else { pipeline::advise(&inputs, &mut sink) };
        let Some(proposal) = proposal else {
            ui.diagnostics(&sink.items);
            return Ok(Status::CouldNot);
        };
        if alone {
            ui.answer(&explain::whole(&proposal))?;
            return Ok(Status::Done);
        }
        if let Some(text) = explain::in_proposal(&proposal, name) {
            ui.answer(&text)?;
            return Ok(Status::Done);
        }
    }
    match explain::find(name) {
        Ok(topics) => {
            let text: Vec<String> =
                topics.iter().map(|topic| format!("{} ({})\n\n{}", topic.name, topic.group, topic.text)).collect();
            ui.answer(&text.join("\n\n"))?;
            Ok(Status::Done)
        }
        Err(near) => {
            let hint = near.map_or_else(
                || "`broaden explain` lists every word; tickers and rule ids need a PATH too".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            ui.say(&format!("error: there is nothing to explain under `{name}`\nhint: {hint}"));
            Ok(Status::CouldNot)
        }
    }
}
