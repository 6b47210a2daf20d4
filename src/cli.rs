//! The command line: one file per verb. Only `ui` prints, only `exit` knows exit codes, only this layer touches the
//! clock and the disk.

mod advise;
mod backtest;
mod batch;
mod check;
mod completions;
mod config;
mod disk;
mod edit;
mod exit;
mod explain;
mod exposure;
#[cfg(test)]
mod faults;
mod fetch;
mod holdings;
mod import;
mod init;
mod inputs;
mod interrupt;
mod market;
mod outputs;
mod record;
#[cfg(feature = "review")]
mod review;
mod run_record;
mod setup;
mod signals;
mod tune;
mod ui;

use clap::{Parser, Subcommand};

use exit::Status;
use ui::{Colour, Ui};

/// Portfolio rebalancing advisor: how much of it is really tech, how broad the advance is, which lots to trim.
///
/// Reads your broker's exports, applies the rules of broaden.toml, and proposes trades with the reason, tax and cost of
/// each. A calculation from your rules and files; not investment or tax advice; it never places an order, and nothing
/// leaves your machine but the names of the tickers and series that `fetch` asks for.
#[derive(Parser)]
#[command(version, long_version = env!("BROADEN_VERSION"), propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

#[derive(Subcommand)]
enum Verb {
    /// Propose trades for a household: the main job
    Advise(Box<advise::Args>),
    /// Advise a book of households: one line of JSON for each
    Batch(Box<batch::Args>),
    /// Review a plan on a page of this machine: decide its lines, ask what if, save
    #[cfg(feature = "review")]
    Review(review::Args),
    /// Say nothing when files and config are in order
    Check(check::Args),
    /// Record trades that were made, in trades.csv
    Record(record::Args),
    /// Show what the files say is owned
    Holdings(holdings::Args),
    /// Measure how much is tech, by sector, theme and issuer
    Exposure(exposure::Args),
    /// Show what the market says, and its history
    Signals(signals::Args),
    /// Show what the market folder holds and lacks
    Market(market::Args),
    /// Show what the rules would have done, after tax and costs
    Backtest(backtest::Args),
    /// Try values of the config on the past, and say how far to trust the best
    Tune(tune::Args),
    /// Fill and update the market folder from public sources
    Fetch(fetch::Args),
    /// Explain the plan, or a ticker, lot, rule, signal, account or diagnostic
    Explain(explain::Args),
    /// Turn broker exports into one portfolio file in TOML
    Import(import::Args),
    /// Write a commented config with every default
    Init(init::Args),
    /// Answer a few questions, and have them written into broaden.toml
    Setup(setup::Args),
    /// Show the effective config, its schema, or where it is
    Config(config::Args),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(completions::ManArgs),
}

/// Runs the command and returns how it ended.
pub fn run(cli: Cli) -> Status {
    let mut ui = Ui::new(cli.color);
    run_with(cli.verb, &mut ui)
}

fn run_with(verb: Verb, ui: &mut Ui) -> Status {
    let done = match verb {
        Verb::Advise(args) => advise::run(&args, ui),
        Verb::Batch(args) => batch::run(&args, ui),
        #[cfg(feature = "review")]
        Verb::Review(args) => review::run(&args, ui),
        Verb::Check(args) => check::run(&args, ui),
        Verb::Record(args) => record::run(&args, ui),
        Verb::Holdings(args) => holdings::run(&args, ui),
        Verb::Exposure(args) => exposure::run(&args, ui),
        Verb::Signals(args) => signals::run(&args, ui),
        Verb::Market(args) => market::run(&args, ui),
        Verb::Backtest(args) => backtest::run(&args, ui),
        Verb::Tune(args) => tune::run(&args, ui),
        Verb::Fetch(args) => fetch::run(&args, ui),
        Verb::Explain(args) => explain::run(&args, ui),
        Verb::Import(args) => import::run(&args, ui),
        Verb::Init(args) => init::run(&args, ui),
        Verb::Setup(args) => setup::run(&args, ui),
        Verb::Config(args) => config::run(&args, ui),
        Verb::Completions(args) => completions::run(&args, ui),
        Verb::Man(args) => completions::man(&args, ui),
    };
    match done {
        Ok(status) => status,
        Err(error) => exit::failed(&error, ui),
    }
}
