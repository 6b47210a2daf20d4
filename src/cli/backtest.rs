//! `broaden backtest`: what the rules would have done.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use broaden::backtest::{self, Answer, Spec};
use broaden::diagnostics::Sink;
use broaden::model::TaxTreatment;
use broaden::pipeline::Inputs;
use broaden::units::{Decimal, Money, NumberStyle, parse_number};
use chrono::NaiveDate;

use super::exit::Status;
use super::inputs::{self, Gathered, gather, gather_market, here};
use super::interrupt::Interrupt;
use super::outputs::{Outputs, shown};
use super::ui::Ui;

/// Show what the rules would have done, after tax and costs
///
/// The same household, signals, rules, plan and trades as `advise`, on every run of the cadence since --from, beside
/// holding, SPY, RSP, fixed shares, the rules without brakes or rotation, and a twin that pays no tax and no costs.
/// Hypothetical: it says what rules did to the past, not what they will do.
#[derive(clap::Args)]
#[command(after_long_help = "\
Examples:
  broaden backtest household/
  broaden backtest household/ --set limits.tech.min=25% --from 2012-01-03
  broaden backtest market/ --start \"60% QQQ, 40% VOO\" --cash 100000 --from 2012-01-03
  broaden backtest household/ -o backtest.html --values values.csv --orders orders.csv
  broaden backtest household/ --from 2012-01-03 --deposit 500")]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them with broaden.toml and market/; with --start a folder of
    /// prices does [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: inputs::Options,
    #[command(flatten)]
    past: Past,
    #[command(flatten)]
    answers: Answers,
    /// Write the value of every row on every day as CSV
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// Write every order as CSV
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
}

/// How an answer is given.
#[derive(clap::Args, Clone, Debug)]
pub struct Answers {
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// Also write the answer to a file; the extension picks the format: html, json, txt (can be repeated)
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
}

/// How an answer is written.
type Render = fn(&dyn Answer) -> Result<String>;

/// A file of an answer, and how it is made.
type Target<'a> = (&'a Path, Render);

fn render(path: &Path) -> Result<Render> {
    match path.extension().and_then(|end| end.to_str()) {
        Some("html") => Ok(|answer| Ok(answer.html())),
        Some("json") => Ok(|answer| Ok(serde_json::to_string_pretty(&answer.json())? + "\n")),
        Some("txt") => Ok(|answer| Ok(answer.text(100))),
        _ => bail!("{}: the end of the name picks the format: html, json, txt", shown(path)),
    }
}

impl Answers {
    /// Finds the format of each file by its extension, before any work is done.
    ///
    /// # Errors
    /// When it has none of them.
    pub fn targets(&self) -> Result<Vec<Target<'_>>> {
        self.output.iter().map(|path| Ok((path.as_path(), render(path)?))).collect()
    }

    /// Returns the files that are written.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.output.iter()
    }

    /// Stages the files and gives the answer.
    ///
    /// # Errors
    /// Whatever the disk or standard output says.
    pub fn give(
        &self,
        targets: &[Target<'_>],
        answer: &dyn Answer,
        outputs: &mut Outputs<'_>,
        ui: &mut Ui,
    ) -> Result<()> {
        for (path, render) in targets {
            outputs.stage(path, render(answer)?.as_bytes())?;
        }
        if self.json { ui.answer_json(&answer.json()) } else { ui.answer(&answer.text(ui.width())) }
    }
}

/// Which past, and from what.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "The past")]
pub struct Past {
    /// Begin with shares of --cash instead of the household, as in "60% QQQ, 40% VOO"
    #[arg(long, value_name = "SHARES")]
    start: Option<String>,
    /// What --start begins with, in dollars
    #[arg(long, value_name = "AMOUNT", default_value = "100000", value_parser = amount)]
    cash: Money,
    /// How the account of --start is taxed
    #[arg(long, value_name = "KIND", default_value = "taxable", value_parser = kind)]
    kind: TaxTreatment,
    /// The first day [default: that of the holdings, else of the market files]
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// The last day [default: that of the market files]
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Keep dividends in cash, instead of buying more of what paid them
    #[arg(long)]
    cash_dividends: bool,
    /// What comes with the first run of every month; ACCOUNT is needed where there are several (can be repeated)
    #[arg(long, value_name = "[ACCOUNT=]AMOUNT")]
    deposit: Vec<String>,
    /// What leaves with the first run of every month (can be repeated)
    #[arg(long, value_name = "[ACCOUNT=]AMOUNT")]
    withdraw: Vec<String>,
    /// Sessions between a decision and its trades; 0 is for comparing with programs that trade at the close they look at
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=20), hide_short_help = true)]
    lag: u16,
    /// Variants you have tried before this run: they count in every answer
    #[arg(long, value_name = "N", default_value_t = 0, hide_short_help = true)]
    tried: u32,
}

fn amount(text: &str) -> Result<Money, String> {
    let found = parse_number(text, NumberStyle::Point).ok().flatten().filter(|amount| *amount > Decimal::ZERO);
    found.map(Money).ok_or_else(|| "an amount of dollars above zero, as in 100000".to_owned())
}

fn kind(text: &str) -> Result<TaxTreatment, String> {
    TaxTreatment::from_id(text).ok_or_else(|| "taxable, roth, traditional-ira, ... as in [accounts]".to_owned())
}

impl Past {
    /// Returns what is asked: whether each run is planned alone, or as [route] says.
    pub fn spec(&self, alone: bool) -> Spec {
        Spec {
            start: self.start.clone(),
            cash: self.cash,
            kind: self.kind,
            from: self.from,
            to: self.to,
            reinvest: !self.cash_dividends,
            lag: usize::from(self.lag),
            alone,
            tried: usize::try_from(self.tried).unwrap_or(usize::MAX),
            deposit: self.deposit.clone(),
            withdraw: self.withdraw.clone(),
        }
    }

    /// Reads what a backtest needs: with a start of its own the household's holdings are none of it.
    pub fn gather(&self, paths: &[PathBuf], options: &inputs::Options, ui: &Ui, sink: &mut Sink) -> Result<Gathered> {
        if self.start.is_none() {
            return gather(&*ui.disk, &inputs::named(paths)?, options, sink);
        }
        let here = if paths.is_empty() && options.market.is_empty() { here() } else { None };
        let paths: Vec<PathBuf> = paths.iter().cloned().chain(here).collect();
        if paths.is_empty() && options.market.is_empty() {
            bail!("name a folder of prices, or a household folder with a market/");
        }
        let mut gathered = gather_market(&*ui.disk, &paths, options, sink);
        gathered.inputs = Inputs { holdings: Vec::new(), ..gathered.inputs };
        Ok(gathered)
    }
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let disk = ui.disk.clone();
    let mut sink = Sink::default();
    let gathered = args.past.gather(&args.paths, &args.options, ui, &mut sink)?;
    let targets = args.answers.targets()?;
    let files = args.answers.files().chain(&args.values).chain(&args.orders);
    gathered.guard.check(&*disk, files.map(PathBuf::as_path))?;
    let interrupt = Interrupt::listen()?;
    let (spec, has_errors) = (args.past.spec(false), sink.has_errors());
    let report = if has_errors {
        None
    } else {
        let bar = indicatif::ProgressBar::new_spinner();
        if let Ok(style) = indicatif::ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.set_message("the files and the rules of every day");
        // Without a thread of its own the line moves on with each row.
        let begins = |row: &str| {
            bar.set_message(row.to_owned());
            bar.tick();
        };
        let report = backtest::backtest_with(&gathered.inputs, &spec, interrupt.flag(), &begins, &mut sink);
        bar.finish_and_clear();
        report
    };
    ui.diagnostics(&sink.items);
    let stopped = interrupt.is_set() && report.as_ref().is_none_or(|report| report.rows.len() < report.all);
    if stopped {
        ui.say("interrupted: no file is written");
    }
    let Some(report) = report else { return Ok(if stopped { Status::Interrupted } else { Status::CouldNot }) };
    let mut outputs = Outputs::new(&*disk);
    if stopped {
        args.answers.give(&[], &report, &mut outputs, ui)?;
        return Ok(Status::Interrupted);
    }
    for (path, text) in [(&args.values, backtest::csv::values(&report)), (&args.orders, backtest::csv::orders(&report))]
    {
        if let Some(path) = path {
            outputs.stage(path, text.as_bytes())?;
        }
    }
    args.answers.give(&targets, &report, &mut outputs, ui)?;
    outputs.commit()?;
    Ok(Status::Done)
}
