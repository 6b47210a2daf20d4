//! `broaden advise`: the main job.

use std::path::PathBuf;

use anyhow::{Result, bail};
use broaden::diagnostics::{Diagnostic, Severity, Sink};
use broaden::pipeline;
use broaden::proposal::Wanted;
use broaden::report::{self, RENDERERS, Renderer, by_name};

use super::exit::Status;
use super::inputs::{CONFIG_USED, Decided, LARGEST, Options, Questions, gather, named, read};
use super::outputs::{Guard, Outputs, shown};
use super::run_record::{self, Record};
use super::ui::Ui;

/// Propose trades for a household: the main job
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden advise Individual-Positions-2026-11-20.csv
  broaden advise household/ -o report.html -o orders.csv
  broaden advise household/ --set limits.turnover.max=10% --without limits.mag7
  broaden advise household/ --keep NVDA --deposit roth=7000
  broaden advise household/ --reject sell-NVDA-417 --quantity buy-XLI-417=20
  broaden advise household/ -o today.json --diff last-week.json
  broaden advise household/ --record records/
  broaden advise --replay records/2026-11-20-bkclcmdn
  broaden advise --replay records/2026-11-20-bkclcmdn --set limits.tech.min=25%")]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them with broaden.toml and market/; `-` is standard input
    /// [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// Also write the report to a file; the extension picks the format (can be repeated)
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Format of standard output
    #[arg(long, value_parser = formats())]
    format: Option<String>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Say what changed since an earlier run, and why; FILE is what that run wrote with -o FILE.json
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
    /// Keep a record of the run in a new folder below DIR: config, proposal, version and copies of the inputs
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Run a record again: is the answer the same, and what would --set change
    ///
    /// With --set or --without the answer is what those rules would have proposed on the day of the record, and says what of
    /// it differs from the record and why.
    #[arg(long, value_name = "RECORD", conflicts_with_all = REPLAY_TAKES_NO)]
    replay: Option<PathBuf>,
    /// Exit with 1 when there are warnings
    #[arg(long)]
    strict: bool,
    /// Exit with 3 when trades are proposed
    #[arg(long)]
    exit_code: bool,
    // Last, since a heading holds for everything after it.
    #[command(flatten)]
    questions: Questions,
    #[command(flatten)]
    decided: Decided,
}

/// A replay has everything from the record; other rules may be asked of it.
const REPLAY_TAKES_NO: [&str; 16] = [
    "paths",
    "config",
    "no_config",
    "market",
    "as_of",
    "keep",
    "only",
    "deposit",
    "withdraw",
    "decisions",
    "accept",
    "reject",
    "later",
    "quantity",
    "diff",
    "record",
];

fn formats() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(RENDERERS.iter().map(|renderer| renderer.id))
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let disk = ui.disk.clone();
    let targets = targets(&args.output)?;
    let mut sink = Sink::default();
    let replay = args.replay.as_deref().map(|path| Record::open(&*disk, path)).transpose()?;
    let otherwise = !(args.options.overrides.is_empty() && args.options.without.is_empty());
    let (mut inputs, guard) = match &replay {
        Some(record) => {
            let mut guard = Guard::default();
            record.folders().iter().for_each(|folder| guard.whole(folder));
            let mut inputs = record.inputs(&*disk)?;
            if otherwise {
                inputs.overrides.extend(args.options.overrides.iter().cloned());
                inputs.without.extend(args.options.without.iter().cloned());
                inputs.previous = Some(record.proposal());
            }
            (inputs, guard)
        }
        None => {
            let gathered = gather(&*disk, &named(&args.paths)?, &args.options, &mut sink)?;
            let (mut inputs, mut guard) = (gathered.inputs, gathered.guard);
            inputs.what_if = args.questions.what_if();
            inputs.decisions = args.decided.read(&*disk, &mut guard, &mut sink);
            if let Some(path) = &args.diff {
                guard.file(path);
                inputs.previous = read(&*disk, path, LARGEST, &mut sink);
            }
            (inputs, guard)
        }
    };
    guard.check(&*disk, args.output.iter().map(PathBuf::as_path))?;
    if let Some(folder) = &args.record {
        guard.check_folder(&*disk, folder)?;
    }
    let format = if args.json { "json" } else { args.format.as_deref().unwrap_or("text") };
    let renderer = RENDERERS.iter().find(|renderer| renderer.id == format);
    let has_ladder = targets.iter().map(|(_, renderer)| *renderer).chain(renderer).any(|renderer| renderer.ladder);
    // A record holds all that any report shows.
    if !has_ladder && args.record.is_none() && replay.is_none() {
        inputs.wanted = Wanted::Words;
    }
    let proposal = if sink.has_errors() {
        // The config's own mistakes are worth knowing in the same run.
        pipeline::configure(&inputs, &mut sink);
        None
    } else {
        pipeline::advise(&inputs, &mut sink)
    };
    let Some(proposal) = proposal else {
        ui.diagnostics(&sink.items);
        return Ok(Status::CouldNot);
    };
    // What the answer says is not said twice: on a terminal it would push the report out of sight. Where the rules come from,
    // when nobody named them, is said whatever the format.
    let says = renderer.is_some_and(|renderer| renderer.says);
    let is_there =
        |item: &&Diagnostic| says && item.code != CONFIG_USED && (item.severity == Severity::Note || ui.is_terminal());
    let unsaid: Vec<Diagnostic> = sink.items.iter().filter(|item| !is_there(item)).cloned().collect();
    ui.diagnostics(&unsaid);
    let mut outputs = Outputs::new(&*disk);
    for (path, renderer) in targets {
        let options = report::Options { width: 100, colour: false };
        outputs.stage(path, (renderer.render)(&proposal, options).as_bytes())?;
    }
    if let Some(renderer) = renderer {
        let options = report::Options { width: ui.width(), colour: ui.colour() };
        ui.answer(&(renderer.render)(&proposal, options))?;
    }
    // Only now: an answer that could not be given leaves every file as it was.
    let recorded = match &args.record {
        Some(folder) => Some(run_record::write(&*disk, folder, &inputs, &proposal)?),
        None => None,
    };
    outputs.commit()?;
    recorded.iter().for_each(|words| ui.say(words));
    if let Some(record) = replay.as_ref().filter(|_| !otherwise) {
        let (same, words) = record.compare(&*disk, &proposal);
        words.iter().for_each(|line| ui.say(line));
        if !same {
            return Ok(Status::No);
        }
    }
    let short = proposal.plan.outcome.levels.cash_shortfall.is_positive();
    Ok(if short || (args.strict && sink.count(Severity::Warning) > 0) {
        Status::No
    } else if args.exit_code && !proposal.trades.is_empty() {
        Status::Trades
    } else {
        Status::Done
    })
}

/// Finds the format of each file by its extension, before any work is done.
fn targets(paths: &[PathBuf]) -> Result<Vec<(&PathBuf, &'static Renderer)>> {
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(renderer) = by_name(name) else {
            let known: Vec<&str> = RENDERERS.iter().map(|renderer| renderer.ending).collect();
            bail!("{}: the end of the name picks the format: {}", shown(path), known.join(", "));
        };
        found.push((path, renderer));
    }
    Ok(found)
}
