//! `broaden backtest`: what the rules would have done.

use std::path::PathBuf;

use anyhow::{Result, bail};
use broaden::backtest::{self, Spec};
use broaden::diagnostics::Sink;
use broaden::model::TaxTreatment;
use broaden::pipeline::Inputs;
use broaden::units::{Decimal, Money, NumberStyle, parse_number};
use chrono::NaiveDate;

use super::exit::Status;
use super::inputs::{self, Gathered, gather, gather_market, here};
use super::outputs::Outputs;
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
  broaden backtest household/ --values values.csv --orders orders.csv")]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them with broaden.toml and market/; with --start a folder of
    /// prices does [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: inputs::Options,
    #[command(flatten)]
    past: Past,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    /// Write the value of every row on every day as CSV
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// Write every order as CSV
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
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
    /// Sessions between a decision and its trades; 0 is for comparing with programs that trade at the close they look at
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=20))]
    lag: u16,
    /// Plan every run as [route] says, over the coming runs and years: far slower
    #[arg(long)]
    route: bool,
    /// Variants you have tried before this run: they count in every answer
    #[arg(long, value_name = "N", default_value_t = 0)]
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
    /// Returns what is asked.
    pub fn spec(&self) -> Spec {
        Spec {
            start: self.start.clone(),
            cash: self.cash,
            kind: self.kind,
            from: self.from,
            to: self.to,
            reinvest: !self.cash_dividends,
            lag: usize::from(self.lag),
            route: self.route,
            tried: usize::try_from(self.tried).unwrap_or(usize::MAX),
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
    gathered.guard.check(&*disk, args.values.iter().chain(&args.orders).map(PathBuf::as_path))?;
    let report =
        if sink.has_errors() { None } else { backtest::backtest(&gathered.inputs, &args.past.spec(), &mut sink) };
    ui.diagnostics(&sink.items);
    let Some(report) = report else { return Ok(Status::CouldNot) };
    let mut outputs = Outputs::new(&*disk);
    for (path, text) in [(&args.values, backtest::csv::values(&report)), (&args.orders, backtest::csv::orders(&report))]
    {
        if let Some(path) = path {
            outputs.stage(path, text.as_bytes())?;
        }
    }
    if args.json {
        ui.answer_json(&backtest::json(&report))?;
    } else {
        ui.answer(&backtest::text(&report, ui.width()))?;
    }
    outputs.commit()?;
    Ok(Status::Done)
}
