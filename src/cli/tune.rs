//! `broaden tune`: many settings through the same backtest.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use broaden::backtest::{self, Axis};
use broaden::diagnostics::Sink;

use super::backtest::Past;
use super::exit::Status;
use super::inputs::{self, gather, named};
use super::outputs::{Outputs, shown};
use super::ui::Ui;

/// Try values of the config on the past, and say how far to trust the best
///
/// Every combination of the values goes through the same backtest. The answer says how likely the best of them is only the
/// luckiest: cross-validation, a walk forward, and a Sharpe ratio deflated by the number of trials, all against the config
/// as it is.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden tune household/ --vary limits.tech.min=25%..40%/5%
  broaden tune household/ --vary rotation.step=0.1..0.5/0.1 --vary \"signals.breadth-200.ramp=[[35,65],[40,70]]\"
  broaden tune household/ --today --vary limits.issuer.max=5%..15%/1%")]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them with broaden.toml and market/; with --start a folder of
    /// prices does [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: inputs::Options,
    /// A key of the config and its values: FROM..TO/STEP, or a list in brackets (can be repeated)
    #[arg(long, value_name = "KEY=VALUES", required = true)]
    vary: Vec<String>,
    /// Show how the orders of today change instead of the past
    #[arg(long, conflicts_with_all = ["start", "from", "to", "apply", "json"])]
    today: bool,
    /// Write the best setting into broaden.toml, when it is not worse than what is there on any held-out measure
    #[arg(long)]
    apply: bool,
    /// Write it although it is
    #[arg(long, requires = "apply")]
    anyway: bool,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// Settings run at once [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: Option<u16>,
    #[command(flatten)]
    past: Past,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let disk = ui.disk.clone();
    let mut sink = Sink::default();
    let axes: Vec<Axis> = args.vary.iter().filter_map(|given| Axis::read(given, &mut sink)).collect();
    if args.today {
        let gathered = gather(&*disk, &named(&args.paths)?, &args.options, &mut sink)?;
        let mut text = String::new();
        for axis in axes.iter().filter(|_| !sink.has_errors()).collect::<Vec<_>>() {
            if let Some(ladder) = backtest::today(&gathered.inputs, axis, &mut sink) {
                text.push_str(&backtest::ladder(&ladder));
            }
        }
        ui.diagnostics(&sink.items);
        ui.answer(&text)?;
        return Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done });
    }
    let gathered = args.past.gather(&args.paths, &args.options, ui, &mut sink)?;
    let config = args.apply.then(|| config(&args.paths, &args.options)).transpose()?;
    if let Some(path) = &config {
        gathered.guard.check_own(&*disk, path)?;
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.map_or(cores, usize::from);
    let bar = indicatif::ProgressBar::new(0);
    if let Ok(style) = indicatif::ProgressStyle::with_template("{pos} of {len} settings, {eta} left") {
        bar.set_style(style);
    }
    let done = |done: usize, all: usize| {
        bar.set_length(u64::try_from(all).unwrap_or(0));
        bar.set_position(u64::try_from(done).unwrap_or(0));
    };
    let found = if sink.has_errors() {
        None
    } else {
        backtest::tune(&gathered.inputs, &args.past.spec(), &axes, threads, &done, &mut sink)
    };
    bar.finish_and_clear();
    ui.diagnostics(&sink.items);
    let Some(tuning) = found else { return Ok(Status::CouldNot) };
    if args.json {
        ui.answer_json(&backtest::tuning_json(&tuning))?;
    } else {
        ui.answer(&backtest::tuning_text(&tuning, ui.width()))?;
    }
    let Some(path) = config else { return Ok(Status::Done) };
    if !tuning.trust.objections.is_empty() && !args.anyway {
        ui.say(&format!(
            "{} is as it was: the best setting does not pass. --anyway writes it nevertheless",
            shown(&path)
        ));
        return Ok(Status::No);
    }
    let bytes = disk.read(&path, 1 << 20).with_context(|| format!("could not read {}", shown(&path)))?;
    let text = String::from_utf8(bytes).map_err(|_| anyhow!("{} is not UTF-8 text", shown(&path)))?;
    let settings = tuning.settings(tuning.best());
    let text = backtest::with_settings(&text, &settings).map_err(|why| anyhow!("{}: {why}", shown(&path)))?;
    let mut outputs = Outputs::new(&*disk);
    outputs.stage(&path, text.as_bytes())?;
    outputs.commit()?;
    let words: Vec<String> = settings.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    ui.say(&format!("{} has {} now", shown(&path), words.join(", ")));
    Ok(Status::Done)
}

/// The config that `--apply` changes: the one that is named, or that stands in the household's folder.
fn config(paths: &[PathBuf], options: &inputs::Options) -> Result<PathBuf> {
    if let Some(path) = &options.config {
        return Ok(path.clone());
    }
    let folders = paths.iter().map(PathBuf::as_path).chain([Path::new(".")]);
    let mut found = folders.map(|folder| folder.join("broaden.toml")).filter(|path| path.is_file());
    match found.next().filter(|_| !options.no_config) {
        Some(path) => Ok(path),
        None => bail!("--apply needs a broaden.toml: name one with --config, or write one with `broaden init`"),
    }
}
