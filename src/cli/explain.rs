//! `broaden explain`: words, and everything a plan holds.

use std::path::{Path, PathBuf};

use anyhow::Result;
use broaden::diagnostics::{Code, Sink, nearest};
use broaden::proposal::{Proposal, Wanted};
use broaden::{explain, pipeline, report};

use super::exit::Status;
use super::inputs::{self, Options, Questions, gather, here};
use super::ui::Ui;

/// Explain the plan, or a ticker, lot, rule, signal, brake, account, config key or diagnostic
#[derive(clap::Args)]
#[command(after_long_help = "\
Without NAME the whole plan of the PATH is explained; without either, that of the folder you are
in when it holds a broaden.toml, and otherwise the words that need no household are listed.

Examples:
  broaden explain household/
  broaden explain NVDA household/
  broaden explain \"NVDA 2021-11-04\" household/
  broaden explain limits.tech household/
  broaden explain breadth-200 household/
  broaden explain roth household/ --deposit roth=7000
  broaden explain theme-cap
  broaden explain --list")]
pub struct Args {
    /// What to explain: a ticker, a lot (`NVDA 2021-11-04`), a rule, limit, signal, brake, account, key or diagnostic
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Holdings or a folder: the household whose plan is explained
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// List every word that can be explained without a household
    #[arg(long)]
    list: bool,
    // Last, since its heading holds for everything after it.
    #[command(flatten)]
    questions: Questions,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    // `broaden explain household/`: paths alone mean the whole plan.
    let mut paths = args.paths.clone();
    let mut name = args.name.as_deref();
    if let Some(first) = name.filter(|first| Path::new(first).exists() && explain::find(first, &codes()).is_err()) {
        paths.insert(0, PathBuf::from(first));
        name = None;
    }
    if name.is_none() && paths.is_empty() {
        paths.extend(here());
    }
    if args.list || (name.is_none() && paths.is_empty()) {
        ui.answer(&fit(words(), ui))?;
        return Ok(Status::Done);
    }
    let mut near = None;
    if !paths.is_empty() {
        let mut sink = Sink::default();
        let mut inputs = gather(&*ui.disk, &paths, &args.options, &mut sink)?.inputs;
        inputs.what_if = args.questions.what_if();
        inputs.wanted = name.map_or(Wanted::Everything, |name| Wanted::About(name.to_owned()));
        let proposal = if sink.has_errors() { None } else { pipeline::advise(&inputs, &mut sink) };
        let Some(proposal) = proposal else {
            ui.diagnostics(&sink.items);
            return Ok(Status::CouldNot);
        };
        let Some(name) = name else {
            let options = report::Options { width: ui.told_width().unwrap_or(WHOLE_LINES), colour: ui.colour() };
            ui.answer(&(shown(&proposal, "") + &report::text::draw(&explain::whole(&proposal), options)))?;
            return Ok(Status::Done);
        };
        if let Some(text) = pipeline::explained(&proposal, name) {
            ui.answer(&fit(shown(&proposal, &text), ui))?;
            return Ok(Status::Done);
        }
        let names = explain::names(&proposal);
        near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    }
    let name = name.unwrap_or_default();
    if let Some(text) = pipeline::explained_key(name) {
        ui.answer(&filled(text, ui))?;
        return Ok(Status::Done);
    }
    match explain::find(name, &codes()) {
        Ok(topics) => {
            let text: Vec<String> =
                topics.iter().map(|topic| format!("{} ({})\n\n{}", topic.name, topic.group, topic.text)).collect();
            let text = text.join("\n\n");
            ui.answer(&filled(text, ui))?;
            Ok(Status::Done)
        }
        Err(word) => {
            let hint = near.or(word).map_or_else(
                || match paths.is_empty() {
                    true => "`broaden explain --list` lists every word; tickers and rule ids need a PATH too".to_owned(),
                    false => "the household has no ticker, lot, order, rule, account or key of this name; `broaden explain --list` \
                              lists the other words"
                        .to_owned(),
                },
                |near| format!("did you mean `{near}`?"),
            );
            let name = report::plain(name);
            ui.say(&format!("error: there is nothing to explain under `{name}`\nhint: {hint}"));
            Ok(Status::CouldNot)
        }
    }
}

/// Where nobody told a width, as in a file, lines are kept whole.
const WHOLE_LINES: usize = 10_000;

/// Wraps what is longer than the terminal.
fn fit(text: String, ui: &Ui) -> String {
    match ui.told_width() {
        Some(width) => report::wrapped(&text, width, 4),
        None => text,
    }
}

/// Fills the paragraphs of a text anew, as wide as the terminal.
fn filled(text: String, ui: &Ui) -> String {
    match ui.told_width() {
        Some(width) => report::wrapped(&unwrapped(&text), width, 0),
        None => text,
    }
}

/// Lines of a paragraph are longer than this.
const WRAPPED_AT: usize = 60;

/// Puts each paragraph of a text into one line, to be wrapped anew. Lines further in stand by themselves.
fn unwrapped(text: &str) -> String {
    let mut out = String::new();
    let mut above = "";
    for line in text.lines() {
        let flows = |line: &str| !line.is_empty() && !line.starts_with(' ');
        // A short line ends its paragraph, or is a title.
        if flows(line) && flows(above) && above.chars().count() > WRAPPED_AT {
            out.push(' ');
        } else if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line);
        above = line;
    }
    out + "\n"
}

/// Returns the diagnostics of the whole program.
fn codes() -> Vec<Code> {
    [pipeline::codes().as_slice(), broaden::backtest::CODES, inputs::CODES, super::batch::CODES].concat()
}

/// Returns the words that can be explained without a household, by group.
fn words() -> String {
    let mut text = String::new();
    let mut group = "";
    // Two stages may raise a diagnostic of one name, each for its own reason; both are printed when it is asked for.
    let mut topics = explain::topics(&codes());
    topics.dedup_by(|one, other| (one.group, &one.name) == (other.group, &other.name));
    for topic in topics {
        if topic.group != group {
            group = topic.group;
            text.push_str(&format!("\n{group}s\n"));
        }
        text.push_str(&format!("  {}\n", topic.name));
    }
    text
}

/// Returns an explanation without what could move a cursor, and with the questions it answers.
fn shown(proposal: &Proposal, text: &str) -> String {
    let asked: Vec<String> = proposal.asked.iter().map(broaden::proposal::Asked::text).collect();
    let head = if asked.is_empty() { String::new() } else { format!("what if: {}\n", asked.join("  ")) };
    let mut out = String::new();
    for line in (head + text).lines() {
        out.push_str(report::plain(line).trim_end());
        out.push('\n');
    }
    out
}
