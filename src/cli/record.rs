//! `broaden record`: trades that were made, into `trades.csv`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use broaden::decisions::{self, Choice};
use broaden::diagnostics::{Diagnostic, Place, Severity, Sink, Source, counted};
use broaden::holdings::{self, activity, key_matches};
use broaden::model::{Account, PastTrade, RawFile, Side, TradeDetails};
use broaden::pipeline::{self, Inputs};
use broaden::proposal::Wanted;
use broaden::tax;
use chrono::NaiveDate;

use super::disk::folder_of;
use super::exit::Status;
use super::inputs::{LARGEST, Options, gather, named, read};
use super::outputs::{Outputs, is_same, shown, unchanged};
use super::ui::Ui;

/// The file that is added to.
const TRADES: &str = "trades.csv";

/// Record trades that were made, in trades.csv
///
/// From then on they count: to the turnover of the week, to the gains of the tax year and what is carried forward, and to
/// wash sales. What is there already is not added again, and nothing that is there is changed.
#[derive(clap::Args)]
#[command(after_long_help = "\
FILE is one of:
  orders.csv of `broaden advise -o orders.csv`, as written, or with quantities and prices edited and rows deleted
  a decisions.toml: what it accepts, at the prices of the files
  your broker's list of activity as CSV: Schwab, Fidelity, E*TRADE, Vanguard, Interactive Brokers, Robinhood

Examples:
  broaden record orders.csv household/ --date 2026-11-23
  broaden record decisions.toml household/ --date 2026-11-23
  broaden record ~/Downloads/Accounts_History.csv household/ --proposed 2026-11-20
  broaden record activity.csv household/ --account ...417")]
pub struct Args {
    /// What was done: orders.csv, decisions.toml, or a broker's list of activity
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The household whose trades.csv is added to [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
    /// The day of trades that have none in the file, and of orders.csv, whose day is that of the proposal
    #[arg(long, value_name = "DATE")]
    date: Option<NaiveDate>,
    /// The day of the proposal that they carry out, where the file does not say: they use the turnover of its week
    #[arg(long, value_name = "DATE")]
    proposed: Option<NaiveDate>,
    /// Whose trades they are, where the file does not say
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

/// Runs the verb.
pub fn run(args: &Args, ui: &mut Ui) -> Result<Status> {
    let disk = ui.disk.clone();
    let paths = named(&args.paths)?;
    let Some(first) = paths.first().filter(|path| path.as_os_str() != "-") else {
        bail!("name the household's folder")
    };
    let folder = if first.is_dir() { first.as_path() } else { folder_of(first) };
    let target = folder.join(TRADES);
    let mut sink = Sink::default();
    let Some(file) = read(&*disk, &args.file, LARGEST, &mut sink) else {
        ui.diagnostics(&sink.items);
        return Ok(Status::CouldNot);
    };
    let gathered = gather(&*disk, &paths, &args.options, &mut sink)?;
    gathered.guard.check_own(&*disk, &target)?;
    let mut inputs = gathered.inputs;
    // It may stand among the holdings, and is none.
    inputs.holdings.retain(|own| own.name != file.name || own.bytes() != file.bytes());
    let old = if disk.metadata(&target).is_ok() { read(&*disk, &target, LARGEST, &mut sink) } else { None };
    let text = match old.as_ref().map(RawFile::text) {
        None => String::new(),
        Some(Some(text)) => text.to_owned(),
        Some(None) => bail!("{} is not UTF-8 text, so nothing is added to it: save it as CSV in UTF-8", shown(&target)),
    };
    if is_same(&*disk, &args.file, &target) {
        bail!("{} is the file that is added to: what it says is recorded", shown(&target));
    }
    // Beside a file that is named it is not read otherwise, and what is there would be added again.
    inputs.holdings.extend(old.filter(|_| !gathered.guard.reads(&*disk, &target)));
    let setup = pipeline::configure(&inputs, &mut sink);
    let portfolio = setup.portfolio;
    let is_toml = args.file.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
    let mut others = 0;
    let mut trades = if sink.has_errors() {
        Vec::new()
    } else if is_toml {
        accepted(&file, &inputs, args.date, &mut sink)
    } else {
        let found = activity::read(&file, args.date, args.account.as_deref(), &mut sink);
        others = found.others;
        found.trades
    };
    trades.iter_mut().for_each(|trade| trade.details.proposed = trade.details.proposed.or(args.proposed));
    name_accounts(&mut trades, &portfolio.accounts, &mut sink);
    holdings::check_recorded(&trades, &portfolio, inputs.today, &mut sink);
    // How the household's files were read is the report's to say.
    let said: Vec<Diagnostic> = sink.items.iter().filter(|item| item.severity != Severity::Note).cloned().collect();
    ui.diagnostics(&said);
    if sink.has_errors() {
        return Ok(Status::CouldNot);
    }
    if others > 0 {
        let rows = counted(others, "row", "rows");
        ui.say(&format!("{rows} of {} neither bought nor sold anything", shown(&args.file)));
    }
    let Some(found) = holdings::append_trades(&text, &portfolio.trades, &trades) else {
        let target = shown(&target);
        bail!(
            "no row can be added to {target} so that it is read as it is meant; nothing is written. Save it with commas between its columns, under the header {}",
            holdings::TRADES_HEADER.join(",")
        );
    };
    for (trade, day) in &found.on_another_day {
        let (shares, side) =
            (trade.quantity.decimal().normalize(), if trade.side == Side::Buy { "bought" } else { "sold" });
        let message = format!(
            "{shares} {} {side} in {} is recorded already for the same proposal, on {day}, and not added again",
            trade.symbol, trade.account
        );
        let problem = Diagnostic::warning(holdings::RECORDED_ALREADY, message);
        let hint = format!("for another day correct the row in {TRADES}; if it was done twice, add it there by hand");
        ui.diagnostics(&[problem.hint(hint)]);
    }
    if found.added > 0 {
        let mut outputs = Outputs::new(&*disk);
        outputs.stage_private(&target, found.text.as_bytes())?;
        unchanged(&*disk, &target, &text)?;
        outputs.commit()?;
    }
    let known = match found.known {
        0 => String::new(),
        known => format!("; {} there already", counted(known, "trade was", "trades were")),
    };
    ui.say(&format!("recorded {} in {}{known}", counted(found.added, "trade", "trades"), shown(&target)));
    Ok(Status::Done)
}

/// The trades of the lines that are accepted, as the plan around the decisions has them.
fn accepted(file: &RawFile, inputs: &Inputs, day: Option<NaiveDate>, sink: &mut Sink) -> Vec<PastTrade> {
    let source = Source::file(&file.name, file.text().unwrap_or_default());
    let decisions = decisions::read(&source, sink);
    let inputs = Inputs { decisions, wanted: Wanted::Orders, ..inputs.clone() };
    let Some(proposal) = pipeline::advise(&inputs, sink) else { return Vec::new() };
    let lines = proposal.decided.as_ref().map(|decided| decided.lines.as_slice()).unwrap_or_default();
    let is_accepted = |id: &str| lines.iter().any(|line| line.id == id && line.choice == Choice::Accept);
    let day = day.unwrap_or(proposal.as_of);
    let trade = |own: &broaden::trades::Trade| {
        let opened = own.lot.as_ref().and_then(|lot| lot.opened);
        let term = own.lot.as_ref().map(|lot| opened.map_or(lot.term, |opened| tax::term_on(opened, day)));
        PastTrade {
            date: day,
            account: own.account.clone(),
            symbol: own.symbol.clone(),
            side: own.side,
            quantity: own.quantity,
            gain: own.lot.as_ref().and_then(|lot| lot.gain),
            outside: false,
            place: None,
            details: TradeDetails { price: Some(own.price), opened, term, proposed: Some(proposal.as_of) },
        }
    };
    let accepted: Vec<_> = proposal.trades.iter().filter(|own| is_accepted(&own.id)).collect();
    for own in accepted.iter().filter(|own| own.in_dollars) {
        let message = format!("{} has no price in the files, so how many shares were bought is not known", own.words());
        let problem = Diagnostic::error(holdings::BAD_TRADE, message).at(Place::whole(&source));
        sink.push(problem.hint("record an orders.csv with its quantity and price filled in, or your broker's list"));
    }
    accepted.into_iter().map(trade).collect()
}

/// Names the accounts of trades as the household does, by the end of their number. One that is not in the files is said.
fn name_accounts(trades: &mut [PastTrade], accounts: &[Account], sink: &mut Sink) {
    for trade in trades {
        match accounts.iter().find(|account| key_matches(&trade.account, account)) {
            Some(account) => {
                trade.account = match (account.tail(), &account.name) {
                    (Some(tail), _) => format!("...{tail}"),
                    (None, Some(name)) => name.clone(),
                    (None, None) => account.label(),
                };
            }
            None => {
                let name = broaden::diagnostics::text::shortened(&trade.account);
                let message = format!("no account of the household matches `{name}`");
                let mut problem = Diagnostic::error(holdings::UNKNOWN_HOME, message);
                if let Some(place) = &trade.place {
                    problem = problem.at(place.clone());
                }
                let labels: Vec<String> = accounts.iter().map(Account::label).collect();
                sink.push(
                    problem.hint(format!("accounts in the files: {}; `--account NAME` says it", labels.join(", "))),
                );
            }
        }
    }
}
