//! The only place that calls the stages in order: files in, a [`Proposal`] out.
//!
//! Nothing here reads a clock or a disk: the caller hands in the bytes and the date.

mod checklist;
mod decided;
mod exact;
mod kept;
mod measured;
mod middle;
mod open;
mod rotation;
mod sections;
mod tickers;
mod twin;
mod waiting;

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use crate::compare;
use crate::config::{self, Document};
use crate::decisions::{self, Decisions};
use crate::diagnostics::{Code, Diagnostic, Sink, Source, text};
use crate::explain;
use crate::exposure::{self, Exposure};
use crate::holdings;
use crate::household::{self, Flows, Household, Read};
use crate::market::{self, Market};
use crate::model::{InputFile, Portfolio, RawFile, Symbol};
use crate::plan::{self, Plan, Problem};
use crate::proposal::{Asked, ConfigValue, Distributions, Proposal, SignalPath, Wanted};
use crate::reference;
use crate::rules::{self, strength};
use crate::signals::{self, SignalSetup};
use crate::trades;
use crate::units::{Decimal, Money};

pub use crate::household::{RESERVE_SHORT, Setup, WhatIf, in_scope, preferred};
pub use checklist::checklist;
use checklist::missing;
pub use kept::Kept;
pub use measured::measured;
pub use middle::{Weather, problem, verdicts};
pub use open::without_lots;
pub use sections::{config_schema, explained, explained_key};
pub use tickers::check_config;
pub use twin::{Given, Twin};

crate::codes! {
    NO_DATE "no-date" "No file says which day its figures are of, and the day decides holding periods. `--as-of DATE` sets it; without it today is used.";
    PLAN_FAILED "plan-failed" "The optimiser gave no plan that passes the independent check, so none is shown. The files and the config of the run are worth a bug report.";
    EXCLUDED "much-excluded" "More than 2% of the portfolio's value is in things that are shown and counted but never traded (options, bonds, foreign lines, unpriced lines). The plan steers only the rest.";
    OTHER_DAY "other-day" "The holdings of an account are of another day than the answer, by more than a week. Prices and quantities are taken as they are.";
    IMPOSSIBLE_DAY "impossible-day" "The day of the answer lies outside 1990 to 2100, so a date was mistyped.";
    NEGATIVE_VALUE "negative-value" "The debts are as large as everything owned, or larger, or nothing that is owned has a value: weights mean nothing. After withdrawals that leave less than a thousandth there is nothing to choose either.";
    IN_DOLLARS "ordered-in-dollars" "What is bought has no price in the files, so the order is of dollars and not of shares. A basket file needs both, so it has no such order: it is placed by hand, or `broaden fetch` gets the price.";
    UNWINDING "unwinding" "A stop with `on-stop = \"glide\"` or `\"exit\"` sells sleeves, and often at short-term gains. The tax stands here before the trades, so that it is not a surprise.";
    STRAY_REMOVAL "unknown-override" "`--without` takes the path of a config table or key, like `limits.tech`.";
}

/// Returns the diagnostics of every stage, and those of the way through them.
pub fn codes() -> Vec<Code> {
    [
        config::CODES,
        holdings::CODES,
        market::CODES,
        reference::CODES,
        exposure::CODES,
        signals::CODES,
        rules::CODES,
        plan::CODES,
        decisions::CODES,
        household::CODES,
        compare::CODES,
        twin::CODES,
        CODES,
    ]
    .concat()
}

/// Every section of the config.
pub const SECTIONS: &[&str] = &[
    "household",
    "accounts",
    "tax",
    "signals",
    "brakes",
    "drivers",
    "rotation",
    "screen",
    "splits",
    "market",
    "fetch",
    "limits",
    "sleeves",
    "sleeve",
    "route",
    "trading",
    "themes",
    "instruments",
    "import",
];

/// Those that hold one table per name.
const SECTIONS_OF_TABLES: &[&str] =
    &["signals", "brakes", "drivers", "limits", "sleeve", "accounts", "themes", "instruments", "import"];

/// Everything a run is made from.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Broker exports, own TOML, lots and trades files.
    pub holdings: Vec<RawFile>,
    /// Price, breadth and macro files.
    pub market: Vec<RawFile>,
    /// Issuers' holdings files of funds.
    pub funds: Vec<RawFile>,
    /// The user's config.
    pub config: Option<Arc<Source>>,
    /// `limits.tech.min=0.25`, one per `--set`.
    pub overrides: Vec<String>,
    /// `limits.tech`, one per `--without`.
    pub without: Vec<String>,
    /// What is asked for this run only.
    pub what_if: WhatIf,
    /// What is decided about the lines of the proposal.
    pub decisions: Decisions,
    /// The JSON of an earlier proposal to compare with.
    pub previous: Option<RawFile>,
    /// How much is asked beside the plan itself.
    pub wanted: Wanted,
    /// The day of the answer; the latest date of the files when absent.
    pub as_of: Option<NaiveDate>,
    /// What to use when no file has a date.
    pub today: NaiveDate,
    /// The last day whose session is over: market files say nothing of later ones. Absent, whatever they say is used.
    pub over: Option<NaiveDate>,
}

/// Reads the config. Every problem of every section goes to the sink.
pub fn configure(inputs: &Inputs, sink: &mut Sink) -> Setup {
    configure_with(inputs, &Kept::default(), sink)
}

fn configure_with(inputs: &Inputs, kept: &Kept, sink: &mut Sink) -> Setup {
    let mut document = Document::load(inputs.config.clone(), &inputs.overrides, sink);
    for path in &inputs.without {
        if !document.remove(path) {
            let message = format!("`{path}` is not in the config");
            sink.push(Diagnostic::error(STRAY_REMOVAL, message).hint("`broaden config list` prints every key"));
        }
    }
    document.check_sections(SECTIONS, SECTIONS_OF_TABLES, sink);
    let accounts = holdings::read_settings(&document, sink);
    let imports = holdings::read_imports(&document, sink);
    let portfolio = holdings::read_with(&inputs.holdings, &accounts, &imports, sink);
    // Sectors are those of the day of the holdings, and fund data are as old as they were then.
    let undated = (!portfolio.accounts.is_empty()).then_some(inputs.today);
    let day = inputs.as_of.or(portfolio.as_of).or(undated);
    let registry = kept.registry(&document, &inputs.funds, day, sink);
    // Whoever asks of a day to come, or has an export of one, has another clock.
    let later = [inputs.as_of, portfolio.as_of].into_iter().flatten().filter(|day| *day > inputs.today).max();
    let mut setup = Setup::new(document, Read { accounts, imports, portfolio }, registry, sink);
    setup.given.until = inputs.over.map(|over| later.map_or(over, |later| later.max(over)));
    setup
}

/// Measures the exposure of a portfolio.
pub fn exposure(portfolio: &Portfolio, setup: &Setup) -> Exposure {
    exposure::measure(portfolio, &setup.registry, &setup.household.benchmark)
}

/// Returns the day of the answer: as told, else the latest date of the files, else today with a note.
pub fn as_of(inputs: &Inputs, portfolio: &Portfolio, sink: &mut Sink) -> NaiveDate {
    inputs.as_of.or(portfolio.as_of).unwrap_or_else(|| {
        let message = format!("no holdings file has a date; taken as of today, {}", inputs.today);
        sink.push(Diagnostic::note(NO_DATE, message).hint("`--as-of DATE` sets it"));
        inputs.today
    })
}

/// Runs every stage. `None` when something stops the run; the sink then says what.
pub fn advise(inputs: &Inputs, sink: &mut Sink) -> Option<Proposal> {
    advise_with(inputs, &Kept::default(), sink)
}

/// The same, with what was read before of the same files: other overrides and questions are answered sooner.
pub fn advise_with(inputs: &Inputs, kept: &Kept, sink: &mut Sink) -> Option<Proposal> {
    let previous = inputs.previous.as_ref().map(|file| (file, compare::read(file, sink)));
    let setup = configure_with(inputs, kept, sink);
    let mut proposal = propose(inputs, &setup, kept, sink)?;
    proposal.what_if = explain::what_if::find(&proposal, &inputs.wanted);
    if matches!(inputs.wanted, Wanted::Report | Wanted::Words | Wanted::Everything) {
        proposal.open = open::find(inputs, kept, &proposal);
        proposal.base = without_questions(inputs, kept).map(Box::new);
    }
    if let Some((file, before)) = previous {
        let keys = setup.document.entries().into_iter().map(|(key, _, _)| (text::key(&key), key)).collect();
        let (overrides, without) = (inputs.overrides.clone(), inputs.without.clone());
        let (what_if, decisions) = (inputs.what_if.clone(), inputs.decisions.clone());
        let question = compare::Question { overrides, without, what_if, decisions, as_of: inputs.as_of };
        let again = |question: &compare::Question| ask_again(inputs, question, kept);
        let rerun = compare::Rerun { question, keys, again: &again };
        proposal.since = Some(compare::compare(&rerun, &file.name, &before?, &proposal));
        proposal.files.push(InputFile::new(file, "previous"));
    }
    Some(proposal)
}

/// Returns the plan without what is asked for this run only; the decisions and the day stay. `None` where nothing is asked.
fn without_questions(inputs: &Inputs, kept: &Kept) -> Option<Proposal> {
    if inputs.overrides.is_empty() && inputs.without.is_empty() && inputs.what_if == WhatIf::default() {
        return None;
    }
    let (decisions, as_of) = (inputs.decisions.clone(), inputs.as_of);
    ask_again(inputs, &compare::Question { decisions, as_of, ..compare::Question::default() }, kept)
}

/// Answers another question from the same files; what the config says may change how they are read.
fn ask_again(inputs: &Inputs, question: &compare::Question, kept: &Kept) -> Option<Proposal> {
    let inputs = Inputs {
        overrides: question.overrides.clone(),
        without: question.without.clone(),
        what_if: question.what_if.clone(),
        decisions: question.decisions.clone(),
        as_of: question.as_of,
        ..inputs.clone()
    };
    let mut sink = Sink::default();
    let setup = configure_with(&inputs, kept, &mut sink);
    propose(&inputs, &setup, kept, &mut sink)
}

/// Runs every stage for the inputs alone.
fn propose(inputs: &Inputs, setup: &Setup, kept: &Kept, sink: &mut Sink) -> Option<Proposal> {
    let mut portfolio = setup.portfolio.clone();
    let market = &*kept.market(inputs, &setup.given, sink);
    if sink.has_errors() {
        return None;
    }
    let as_of = as_of(inputs, &portfolio, sink);
    household::fill_prices(&mut portfolio, market, as_of, sink);
    household::value_in_dollars(&mut portfolio, market, as_of, sink);
    household::reprice(&mut portfolio, &inputs.what_if.prices);
    let asked = inputs.what_if.answer(&portfolio, sink);
    let flows = Flows::new(&portfolio, setup, &asked);
    flows.check(&portfolio, setup, sink);
    Household::check_accounts(&portfolio, setup, &flows, sink);
    check_date(as_of, &portfolio, sink);
    household::check_deadline(as_of, setup, sink);
    household::check_lots(as_of, &portfolio, sink);
    let scope = in_scope(&flows.applied(&portfolio), setup);
    let exposure = exposure(&scope, setup);
    let before = exposure.value - flows.total();
    if !exposure.value.is_positive() {
        sink.push(worthless(exposure.value, flows.leave()));
    } else if flows.leave() && exposure.value < before.times(LEAST_LEFT) {
        sink.push(emptied(exposure.value, before));
    }
    exposure::check(&exposure, Some(as_of), sink);
    exposure::check_benchmark(&exposure, &setup.document, sink);
    tickers::check(setup, market, &exposure, sink);
    exposure::check_overrides(&exposure, &scope, &setup.registry, &setup.document, sink);
    let too_little = exposure::too_little_valued(&exposure, &scope);
    let is_held_back = too_little.is_some();
    too_little.into_iter().for_each(|problem| sink.push(problem));
    let history = kept.history(setup, market, as_of);
    let strength = strength::replay(&setup.rotation, &setup.signals, &history);
    let sleeves = &setup.rules.sleeves;
    let mut pool = Household::new(&portfolio, setup, market, as_of, (&asked, &flows), &inputs.what_if.prices);
    pool.order_in_dollars(setup);
    let without_market = market.is_empty();
    sleeves.check_prices(|symbol| pool.price(symbol).is_some() || (without_market && is_usual(symbol)), sink);
    household::check_trades(&portfolio.trades, &portfolio.accounts, sink);
    household::check_newer(&portfolio, setup, inputs.as_of.unwrap_or(inputs.today), sink);
    pool.check_entries(setup, exposure.value, sink);
    let stand_ins = sleeves.stand_ins();
    let each = household::distributions(&portfolio, &flows, setup);
    let mut distributions = Distributions { each, year: as_of.year(), ..Distributions::default() };
    let recorded = household::with_records(&setup.trading, &portfolio.trades, &portfolio.accounts, as_of);
    let settings = recorded.with_income(distributions.amount());
    let mut of_tax = Sink::default();
    let tax = settings.tax(as_of, &mut of_tax);
    // Where nothing is taxed no rate is asked for.
    let is_taxed = !distributions.amount().is_zero() || portfolio.accounts.iter().any(|own| own.kind.is_taxable());
    of_tax.items.retain(|item| is_taxed || item.code != plan::TAX_RATES_ASSUMED);
    sink.items.append(&mut of_tax.items);
    distributions.tax = settings.tax_on_income(&tax, as_of, distributions.amount());
    distributions.moves_brackets = tax.filing.is_some();
    household::check_replaced(&portfolio.trades, &portfolio.accounts, as_of, sink);
    household::check_gains(&portfolio.trades, &portfolio.accounts, &tax, as_of, sink);
    if sink.has_errors() {
        return None;
    }
    let weather = Weather::of(setup, market, as_of, strength);
    let verdicts = verdicts(setup, market, as_of, &exposure, &weather, &pool);
    let strength = weather.strength;
    let owed = household::owed(&setup.trading, &portfolio.trades, &portfolio.accounts, as_of);
    let mut problem = problem(setup, market, as_of, &verdicts, &strength, (&pool, &asked), (tax, owed));
    household::check_owed(owed, &problem, sink);
    household::check_neutral(&pool, &problem.limits, setup, sink);
    if is_held_back {
        household::hold_back(&mut problem);
    }
    let plan = match plan::solve_twice(&problem) {
        Ok(plan) => plan,
        Err(error) => {
            sink.push(Diagnostic::error(PLAN_FAILED, error.to_string()));
            return None;
        }
    };
    let (problem, plan) = covered(problem, plan);
    let proposed = exact::settle(problem, plan, &settings);
    let (problem, mut plan, exact_tax, decided) = decided::decide(proposed, inputs, &settings, sink)?;
    plan.binding = plan::what_stops(&problem, &plan);
    let trades = trades::trades(&problem, &plan, &verdicts, Some(&setup.trading.horizon));
    if rotation::unwinding(setup, &strength).is_some() {
        rotation::report_unwinding(&trades, sink);
    }
    let do_not_buy = trades::do_not_buy(&problem, &trades, &stand_ins);
    pool.check_losses(&problem, &plan, sink);
    banner(&pool, &exposure, sink);
    in_dollars(&trades, sink);
    let mut files = portfolio.files.clone();
    files.extend(market.files.iter().cloned());
    files.extend(inputs.funds.iter().map(|file| InputFile::new(file, "funds")));
    let config = inputs.config.iter().map(|source| RawFile::new(&source.name, source.text.clone().into_bytes()));
    files.extend(config.map(|file| InputFile::new(&file, "config")));
    if !inputs.decisions.is_empty() {
        files.push(InputFile::new(&RawFile::new("decisions", inputs.decisions.toml().into_bytes()), "decisions"));
    }
    let config = config_values(&setup.document);
    Some(Proposal {
        version: env!("CARGO_PKG_VERSION"),
        as_of,
        files,
        config_digest: digest(&config),
        config,
        asked: asked_for(inputs),
        base: None,
        since: None,
        exposure,
        paths: paths(&setup.signals, &history),
        strength,
        verdicts,
        trades,
        what_if: crate::proposal::WhatIf::default(),
        open: None,
        do_not_buy,
        distributions,
        exact_tax,
        decided,
        excluded: pool.excluded,
        problem,
        plan,
        portfolio,
        diagnostics: sink.items.clone(),
        missing: missing(setup, market, as_of),
        has_market: !market.is_empty(),
        has_config: inputs.config.is_some(),
    })
}

/// Says which orders have no shares, since no price is known.
fn in_dollars(trades: &[trades::Trade], sink: &mut Sink) {
    for trade in trades.iter().filter(|trade| trade.in_dollars) {
        let message = format!("{} in {} is an order in dollars: .ibkr.csv leaves it out", trade.words(), trade.account);
        sink.push(Diagnostic::note(IN_DOLLARS, message).hint("`broaden fetch` gets a price into the market folder"));
    }
}

/// Cash that is owed comes before all else: where a route leaves some of it missing, since the tax of its sales is known only
/// when they are whole shares, and this run alone would not, it is planned alone.
fn covered(problem: Problem, plan: Plan) -> (Problem, Plan) {
    let short = |plan: &Plan| plan.outcome.levels.cash_shortfall.to_cents();
    let alone = household::alone(&problem, plan.nothing.value).filter(|_| short(&plan).is_positive());
    let other = alone.and_then(|alone| plan::solve_twice(&alone).ok().map(|other| (alone, other)));
    other.filter(|(_, other)| short(other) < short(&plan)).unwrap_or((problem, plan))
}

/// Less of what was there than this is no household to plan for: everything is sold, and single shares are most of it.
const LEAST_LEFT: Decimal = Decimal::from_parts(1, 0, 0, false, 3);

/// Says that too little is left to plan with.
fn emptied(left: Money, before: Money) -> Diagnostic {
    let message =
        format!("after the withdrawals, {} of {} are left, too little to plan with", left.dollars(), before.dollars());
    Diagnostic::error(NEGATIVE_VALUE, message)
        .hint("withdraw less, or sell all of it yourself: nothing is left to choose")
}

/// Says that there is nothing to weigh.
fn worthless(value: Money, leave: bool) -> Diagnostic {
    let (after, withdraw) = if leave { ("after the withdrawals, ", "withdraw less, ") } else { ("", "") };
    let message = format!("{after}what is owned is worth {}, so no weight can be measured", value.dollars());
    Diagnostic::error(NEGATIVE_VALUE, message).hint(format!(
        "{withdraw}add the accounts or prices that are missing, or leave an account that is in debt out of scope in [accounts]",
    ))
}

/// Returns whether a sleeve is one of the defaults: `init` writes them, and before there are market files nobody asked
/// for them to be bought.
fn is_usual(symbol: &Symbol) -> bool {
    Document::defaults().root.table("sleeve").is_some_and(|sleeves| sleeves.get(symbol.as_str()).is_some())
}

/// Returns what was asked for this run only, as typed.
fn asked_for(inputs: &Inputs) -> Vec<Asked> {
    let asked = |option: &str, values: &[String]| -> Vec<Asked> {
        let one = |text: &String| {
            let (key, value) = text.split_once('=').map_or((text.as_str(), None), |(key, value)| (key, Some(value)));
            let value = value.map_or_else(|| text::key(key), |value| format!("{}={value}", text::key(key)));
            Asked { option: option.to_owned(), value }
        };
        values.iter().map(one).collect()
    };
    let mut list = asked("--set", &inputs.overrides);
    list.extend(asked("--without", &inputs.without));
    list.extend(inputs.what_if.words());
    list.extend(inputs.decisions.words().into_iter().map(|(option, value)| Asked { option, value }));
    list
}

/// Returns the values over time of the signals with a weight.
fn paths(setup: &SignalSetup, history: &signals::History) -> Vec<SignalPath> {
    let weighted = setup.signals.iter().zip(&history.signals).filter(|(entry, _)| entry.weight > 0.0);
    let points = |track: &signals::Track| {
        let days = history.sessions.iter().zip(&track.values);
        days.filter_map(|(day, value)| Some((*day, (*value)?))).collect()
    };
    weighted.map(|(entry, track)| SignalPath { id: entry.id.clone(), points: points(track) }).collect()
}

/// Warns of an answer for another day than that of the holdings, and refuses days no market was open on.
fn check_date(as_of: NaiveDate, portfolio: &Portfolio, sink: &mut Sink) {
    if !(1990..=2100).contains(&chrono::Datelike::year(&as_of)) {
        let message = format!("{as_of} is not a day broaden can plan for (1990 to 2100)");
        sink.push(
            Diagnostic::error(IMPOSSIBLE_DAY, message).hint("check `--as-of` and the dates in the holdings files"),
        );
    }
    for account in &portfolio.accounts {
        let Some(day) = account.as_of else { continue };
        let apart = as_of.signed_duration_since(day).num_days();
        if apart.abs() > 7 {
            let (label, when) = (account.label(), if apart > 0 { "before" } else { "after" });
            let message = format!("{label} is of {day}, {} days {when} the day of this answer, {as_of}", apart.abs());
            let mut problem = Diagnostic::warning(OTHER_DAY, message)
                .hint("prices and quantities are of that day; give a newer export");
            if let Some(place) = &account.place {
                problem = problem.at(place.clone());
            }
            sink.push(problem);
        }
    }
}

/// Replays the rotation strength up to a day.
pub fn strength_of(setup: &Setup, market: &Market, as_of: NaiveDate) -> strength::Strength {
    let history = signals::history(&setup.signals, market, as_of);
    strength::replay(&setup.rotation, &setup.signals, &history)
}

fn banner(pool: &Household, exposure: &Exposure, sink: &mut Sink) {
    let counted = pool.excluded.iter().filter(|holding| holding.counted);
    let excluded: Money = counted.filter_map(|holding| holding.value).map(|v| v.abs()).sum();
    if let Some(share) = excluded.share_of(exposure.value)
        && share.0 > 0.02
    {
        let message = format!("{} of the value ({}) is never traded", share.percent(), excluded.dollars());
        sink.push(Diagnostic::warning(EXCLUDED, message).hint("it is listed under SHOWN AND LEFT ALONE"));
    }
}

/// Returns every effective value of the config, account numbers masked.
fn config_values(document: &Document) -> Vec<ConfigValue> {
    let entries = document.entries().into_iter();
    entries.map(|(key, value, origin)| ConfigValue { key: text::key(&key), value, origin }).collect()
}

/// Returns the digest of every effective value of the config.
fn digest(config: &[ConfigValue]) -> String {
    let mut text = String::new();
    for value in config {
        let _ = writeln!(text, "{} = {}", value.key, value.value);
    }
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
