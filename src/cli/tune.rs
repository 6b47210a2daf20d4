//! `broaden tune`: many settings through the same backtest.

mod finished;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use broaden::backtest::{self, Axis, Trial, Work};
use broaden::diagnostics::Sink;

use super::backtest::{Answers, Past};
use super::disk::Disk;
use super::edit::{as_toml, edited};
use super::exit::Status;
use super::inputs::{self, gather, named, read_text};
use super::interrupt::Interrupt;
use super::outputs::{Guard, Outputs, shown, unchanged};
use super::run_record;
use super::ui::Ui;
use finished::Finished;

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
  broaden tune household/ --vary @thresholds.txt --resume finished.jsonl -o tuned.html
  broaden tune household/ --today --vary limits.issuer.max=5%..15%/1%")]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them with broaden.toml and market/; with --start a folder of
    /// prices does [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: inputs::Options,
    /// A key of the config and its values: FROM..TO/STEP, or a list in brackets; @FILE has one a line (can be repeated)
    #[arg(long, value_name = "KEY=VALUES", required = true)]
    vary: Vec<String>,
    /// Show how the orders of today change instead of the past
    #[arg(long, conflicts_with_all = ["start", "from", "to", "apply", "json", "output", "resume"])]
    today: bool,
    /// Write the best setting into broaden.toml, when it is not worse than what is there on any measure, held out or not
    #[arg(long)]
    apply: bool,
    /// Write it although it is worse on some
    #[arg(long, requires = "apply")]
    anyway: bool,
    /// Keep finished settings in FILE as the run goes on, and go on from those that it has: nothing is lost when it is stopped
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    answers: Answers,
    /// Plan each run alone, as `advise` does not: a faster first look, from which nothing is applied
    ///
    /// What such a run leaves of the cash goes to the neutral fund, as on a route. The answer says what the difference is for
    /// the config as it is.
    #[arg(long, conflicts_with_all = ["apply", "today"])]
    alone: bool,
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
    let mut guard = Guard::default();
    // What a setting is measured against is then not what the file says, nor is it what the file would do with it.
    if args.apply && !(args.options.overrides.is_empty() && args.options.without.is_empty()) {
        bail!(
            "--apply writes what was tried beside broaden.toml as it is, and --set and --without try it beside another: write them into broaden.toml first, or run without --apply"
        );
    }
    let axes = axes(&*disk, &args.vary, &mut guard, &mut sink);
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
    guard.and(gathered.guard);
    let config = match (&gathered.config, &gathered.inputs.config) {
        _ if !args.apply => None,
        (Some(path), Some(source)) => Some((path, &source.text)),
        _ => bail!("--apply needs a broaden.toml: name one with --config, or write one with `broaden init`"),
    };
    if let Some((path, _)) = config {
        guard.check_own(&*disk, path)?;
    }
    let targets = args.answers.targets()?;
    guard.check(&*disk, args.answers.files().chain(&args.resume).map(PathBuf::as_path))?;
    let (inputs, spec) = (&gathered.inputs, args.past.spec(args.alone));
    let (finished, known) = match &args.resume {
        Some(path) if !sink.has_errors() => {
            let digest = run_record::digest(inputs, &format!("{spec:?} {axes:?}"));
            let (finished, known) = Finished::open(&*disk, path, &digest)?;
            (Some(finished), known)
        }
        _ => (None, Vec::new()),
    };
    let interrupt = Interrupt::listen()?;
    let (found, kept) = if sink.has_errors() {
        (None, Ok(()))
    } else {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = args.threads.map_or(cores, usize::from);
        let bar = indicatif::ProgressBar::new(0);
        let style = |template: &str| {
            let style = indicatif::ProgressStyle::with_template(template);
            style.into_iter().for_each(|style| bar.set_style(style));
        };
        style("the config as it is, before the settings");
        bar.tick();
        let finished = Mutex::new(finished);
        let done = |trial: &Trial, done: usize, all: usize| {
            finished.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(|file| file.add(trial));
            // How long it takes is known with the first.
            bar.set_length(u64::try_from(all).unwrap_or(0));
            bar.set_position(u64::try_from(done).unwrap_or(0));
            if done == 0 {
                bar.reset_eta();
                style("{pos} of {len} settings");
            } else {
                style("{pos} of {len} settings, {eta} left");
            }
        };
        let work = Work { threads, known, done: &done, stop: interrupt.flag() };
        let found = backtest::tune(inputs, &spec, &axes, work, &mut sink);
        bar.finish_and_clear();
        (found, finished.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Finished::settle))
    };
    ui.diagnostics(&sink.items);
    let mut outputs = Outputs::new(&*disk);
    if interrupt.is_set() && found.as_ref().is_none_or(|tuning| tuning.trials.len() < tuning.all) {
        if let Some(tuning) = &found {
            args.answers.give(&[], tuning, &mut outputs, ui)?;
        }
        kept?;
        ui.say(&match &args.resume {
            Some(path) => {
                format!("interrupted: the same command goes on from {}; no other file is written", shown(path))
            }
            None => "interrupted: no file is written; with --resume FILE the next run goes on from where this one ends"
                .to_owned(),
        });
        return Ok(Status::Interrupted);
    }
    let Some(tuning) = found else { return Ok(Status::CouldNot) };
    args.answers.give(&targets, &tuning, &mut outputs, ui)?;
    outputs.commit()?;
    // The answer of hours is given first.
    kept?;
    let Some((path, text)) = config else { return Ok(Status::Done) };
    if !tuning.trust.objections.is_empty() && !args.anyway {
        ui.say(&format!(
            "{} is as it was: the best setting does not pass. --anyway writes it nevertheless",
            shown(path)
        ));
        return Ok(Status::No);
    }
    let settings: Vec<(String, String)> =
        tuning.settings(tuning.best()).into_iter().map(|(key, value)| (key, as_toml(&value))).collect();
    let after = edited(text, &settings).with_context(|| shown(path))?;
    let mut outputs = Outputs::new(&*disk);
    outputs.stage(path, after.as_bytes())?;
    unchanged(&*disk, path, text)?;
    outputs.commit()?;
    let words: Vec<String> = settings.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    ui.say(&format!("{} has {} now", shown(path), words.join(", ")));
    Ok(Status::Done)
}

/// Reads what is to be varied, and the files that say it.
fn axes(disk: &dyn Disk, given: &[String], guard: &mut Guard, sink: &mut Sink) -> Vec<Axis> {
    let mut found = Vec::new();
    for text in given {
        let Some(path) = text.strip_prefix('@').map(Path::new) else {
            found.extend(Axis::read(text, sink));
            continue;
        };
        guard.file(path);
        found.extend(read_text(disk, path, sink).iter().flat_map(|source| Axis::lines(source, sink)));
    }
    found
}
