//! `broaden exposure`: how much of it is what.

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::pipeline;
use broaden::report::{Options as Drawing, exposure};

use super::exit::Status;
use super::inputs::{Options, gather, named};
use super::ui::Ui;

/// Measure how much is tech, by sector, theme and issuer
#[derive(clap::Args)]
#[command(after_long_help = HELP)]
pub struct Args {
    /// Broker exports, TOML portfolios, or folders that hold them
    /// [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    paths: Vec<std::path::PathBuf>,
    #[command(flatten)]
    options: Options,
    /// List one thing in full
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Option<By>,
    /// Everything as JSON, whatever --by says: money as text, weights as fractions, unknown as null
    #[arg(long, conflicts_with = "themes")]
    json: bool,
    /// Add how it would stand under the diversification rules of funds (5/25/50, 75-5-10, 5/10/40)
    #[arg(long)]
    fund_rules: bool,
    /// List the themes, each with what it counts
    #[arg(long)]
    themes: bool,
}

const HELP: &str = "\
Examples:
  broaden exposure household/                   what is tech, what adds to it, sectors, issuers
  broaden exposure household/ --by theme        every position of every theme
  broaden exposure export.csv --by account
  broaden exposure export.csv --json | jq '.household.themes[\"tech-broad\"].weight'

Fields of --json (in full: schema/exposure.json):
  as_of, themes (id: what it counts), left_out, winners, diagnostics
  flows[]           account, amount, to_raise: what comes and goes first, by [accounts]
  household, and accounts[].measures:
    value, cash (money as text); cash_weight, coverage, unclassified, non_equity, derivatives, leverage, short (fractions)
    sectors.ID      weight, benchmark, active
    themes.ID       weight, through_funds, low, high, benchmark, contributions[] that add up to weight
    issuers[]       issuer, name, weight, through_funds, benchmark, active; largest first
    lines[]         label, value, weight, fund
    concentration   hhi_lines, hhi_issuers, effective_lines, effective_issuers, top_*_issuers, active_share_low, _high
    stress[]        id, assumes, change, dollars
    fund_rules[]    id, largest, large_together, holds
    unknown[]       label, value, hidden, config (the lines of broaden.toml that would classify it)
  caps[]            id, subject, measured, cap, benchmark, over, over_dollars
  benchmark         symbol, as_of, sectors, themes, issuers

`broaden explain exposure`, `stress`, `winner`, `active-share` and `diversification` say how each is computed.";

/// What to list in full.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum By {
    /// Each account
    Account,
    /// Each issuer, through funds too
    Issuer,
    /// Each sector
    Sector,
    /// Each theme, with every position that adds to it
    Theme,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let mut sink = Sink::default();
    let paths = if args.themes { args.paths.clone() } else { named(&args.paths)? };
    let inputs = gather(&*ui.disk, &paths, &args.options, &mut sink)?.inputs;
    // What could not be read is not measured as if it were not there.
    let could_gather = !sink.has_errors();
    let setup = pipeline::configure(&inputs, &mut sink);
    let by = args.by.map(|by| match by {
        By::Account => exposure::By::Account,
        By::Issuer => exposure::By::Issuer,
        By::Sector => exposure::By::Sector,
        By::Theme => exposure::By::Theme,
    });
    if args.themes {
        let themes = setup.registry.themes();
        let longest = themes.iter().map(|(id, _)| id.chars().count()).max().unwrap_or(0);
        let lines: String = themes
            .iter()
            .map(|(id, counts)| format!("{}\n", broaden::report::plain(&format!("{id:longest$}  {counts}"))))
            .collect();
        ui.answer(&lines)?;
    } else if could_gather && let Some(measured) = pipeline::measured(&inputs, &setup, &mut sink) {
        let drawing = Drawing { width: ui.width(), colour: ui.colour() };
        let choice = exposure::Choice { by, fund_rules: args.fund_rules };
        ui.answer(&match args.json {
            true => exposure::json::render(&measured),
            false => exposure::render(&measured, choice, drawing),
        })?;
    }
    ui.diagnostics(&sink.items);
    Ok(if sink.has_errors() { Status::CouldNot } else { Status::Done })
}
