//! What the rules would have done: the same household, signals, rules, plan and trades as `advise`, day after day over the
//! market files, after costs and tax, beside what else could have been done.
//!
//! ```text
//! shared (signals, once) -> climate (of a config) -> course (of a strategy): book, ledger, strategy -> figures -> text, json, csv, html
//! ```
//!
//! Signals are those of a close, trades are made at the next one. What funds hold is taken from today's tables on every
//! day, and said. Nothing here is a forecast.

mod book;
mod course;
pub mod csv;
mod figures;
mod html;
mod json;
mod ledger;
pub mod overfit;
mod picture;
mod shared;
mod start;
mod strategy;
mod tape;
mod text;
mod today;
mod tune;
mod tuned;
mod vary;

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{Datelike, NaiveDate};

use crate::diagnostics::{Diagnostic, Sink};
use crate::household::{self, Answered, Flows, Setup, WhatIf, in_scope};
use crate::market::{self, Market};
use crate::model::{Lot, Portfolio, Position, Symbol, TaxTreatment};
use crate::pipeline::{self, Inputs};
use crate::plan::TaxSettings;
use crate::rules::strength::Turns;
use crate::signals::Level;
use crate::tax::YEARS;
use crate::units::{Money, Shares, Weight};

pub use book::{Book, Decision, Order, Scene};
pub use course::{Course, Span, Strategy, run, states};
pub use figures::{Figures, figures, moments, returns};
pub use ledger::{Bought, Disallowed, Ledger, Lost, Year};
pub use shared::{Climate, Shared};
pub use start::{all_in, of_household, of_text, weights};
pub use strategy::Weights;
pub use tape::{Quotes, Tape};
pub use today::{Ladder, render as ladder, today};
pub use tune::{Trial, Trust, Tuning, Work, tune};
pub use vary::{Axis, combinations};

crate::codes! {
    BAD_START "backtest-start" "`--start` is a list of percentages and tickers that add up to at most 100%: `60% QQQ, 40% VOO`. What is left stays cash.";
    NO_CLOSE "backtest-no-close" "A backtest begins with holdings that have a price on its first day, and one of them has none there: it was listed later, or the market files lack it. What a household holds so keeps the price it has and is not traded; what `--start` names must have one.";
    RESTATED "backtest-restated" "The backtest begins before the day of the holdings, when they were bought at other prices or not at all. It takes the weights of that day as if bought on the first one, with fresh lots.";
    BAD_VARY "tune-vary" "`--vary` takes a key of the config and its values: a range with a step, `limits.tech.min=25%..40%/5%`, or a list in brackets, `rotation.confirm=[1,2,3]`.";
    TOO_MANY "tune-too-many" "All combinations of the values are run, and there are more than a run takes. So many trials also make the best of them mean nothing.";
    RAN_OUT "backtest-ran-out" "More leaves every month than is there in one of the rows. What comes after cannot be compared: growth of nothing is no figure, and rows that still have something would pay out more.";
    NO_SPAN "backtest-no-span" "The market files have no two sessions between the first and the last day of the backtest.";
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Spec {
    /// What is held at the beginning, as `60% QQQ, 40% VOO`; the household when absent.
    pub start: Option<String>,
    /// Its cash.
    pub cash: Money,
    /// How its account is taxed.
    pub kind: TaxTreatment,
    /// The first day; that of the holdings when absent.
    pub from: Option<NaiveDate>,
    /// The last day; that of the files when absent.
    pub to: Option<NaiveDate>,
    /// Dividends buy more of what paid them.
    pub reinvest: bool,
    /// Sessions between a decision and its trades.
    pub lag: usize,
    /// Each run is planned alone, which is faster than a route and not what `advise` does; what it leaves of the cash is
    /// invested as on a route.
    pub alone: bool,
    /// Variants tried before this run, by the user's own count.
    pub tried: usize,
    /// `[ACCOUNT=]AMOUNT` that comes with the first run of every month.
    pub deposit: Vec<String>,
    /// The same that leaves.
    pub withdraw: Vec<String>,
}

impl Default for Spec {
    fn default() -> Self {
        Spec {
            start: None,
            cash: Money(100_000.into()),
            kind: TaxTreatment::Taxable,
            from: None,
            to: None,
            reinvest: true,
            lag: 1,
            alone: false,
            tried: 0,
            deposit: Vec::new(),
            withdraw: Vec::new(),
        }
    }
}

/// One line of the comparison.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// What happened.
    pub course: Course,
    /// Its figures.
    pub figures: Figures,
}

/// What a backtest found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The rules first, and what they are compared with.
    pub rows: Vec<Row>,
    /// Parts of the sessions without brake, at caution and at stop.
    pub states: [f64; 3],
    /// How often the strength changed and turned.
    pub turns: Option<Turns>,
    /// Mean strength over the sessions.
    pub strength: f64,
    /// What everybody should know who reads it.
    pub caveats: Vec<String>,
    /// Variants run here and before.
    pub tried: usize,
    /// How many rows there are when nothing interrupts it.
    pub all: usize,
}

/// An answer about the past, however it is given.
pub trait Answer {
    /// For a terminal of a width.
    fn text(&self, width: usize) -> String;
    /// For programs.
    fn json(&self) -> serde_json::Value;
    /// As a page with pictures that needs no network and no script.
    fn html(&self) -> String;
}

impl Answer for Report {
    fn text(&self, width: usize) -> String {
        text::render(self, width)
    }
    fn json(&self) -> serde_json::Value {
        json::render(self)
    }
    fn html(&self) -> String {
        html::backtest(self)
    }
}

impl Answer for Tuning {
    fn text(&self, width: usize) -> String {
        tuned::render(self, width)
    }
    fn json(&self) -> serde_json::Value {
        tuned::json(self)
    }
    fn html(&self) -> String {
        html::tuning(self)
    }
}

/// Everything that is the same for each variant.
pub struct Ground<'m> {
    /// What variants have in common.
    pub shared: Shared<'m>,
    /// The market files.
    pub market: &'m Market,
    /// What is held at the beginning.
    pub start: Portfolio,
    /// From when to when.
    pub span: Span,
    /// Dividends buy more of what paid them.
    pub reinvest: bool,
    /// What comes and goes every month.
    pub monthly: Answered,
    /// Runs are planned alone for speed only: what a route would buy with the cash that is left is bought.
    pub invests: bool,
    /// Once it is set nothing goes on; what was under way is worth nothing.
    pub stop: &'m AtomicBool,
}

/// What is never set.
pub static NEVER: AtomicBool = AtomicBool::new(false);

impl<'m> Ground<'m> {
    /// Finds the days and what is held on the first. `None` after problems went to the sink.
    pub fn new(spec: &Spec, setup: &Setup, market: &'m Market, sink: &mut Sink) -> Option<Ground<'m>> {
        let shared = Shared::new(market);
        let tape = &shared.tape;
        let end = spec.to.map_or(tape.days.len(), |to| tape.days.partition_point(|day| *day <= to));
        let owned = if spec.start.is_none() { setup.portfolio.as_of } else { None };
        let first = spec.from.or(owned).map_or(0, |from| tape.session(from));
        if first + 1 >= end {
            let day = |day: Option<&NaiveDate>| day.map_or_else(|| "nothing".to_owned(), NaiveDate::to_string);
            let message = format!(
                "no two sessions from {} to {}; the market files go from {} to {}",
                spec.from.or(owned).map_or_else(|| "the first day".to_owned(), |day| day.to_string()),
                spec.to.map_or_else(|| "the last day".to_owned(), |day| day.to_string()),
                day(tape.days.first()),
                day(tape.days.last())
            );
            sink.push(Diagnostic::error(NO_SPAN, message).hint("choose other days with --from and --to"));
            return None;
        }
        let start = match &spec.start {
            Some(text) => start::of_text(text, spec.cash, spec.kind, first, tape, sink)?,
            None => start::of_household(&in_scope(&setup.portfolio, setup), first, tape, sink)?,
        };
        let (deposit, withdraw) = (spec.deposit.clone(), spec.withdraw.clone());
        let monthly = WhatIf { deposit, withdraw, ..WhatIf::default() }.answer(&start, sink);
        let span = Span { first, last: end - 1, lag: spec.lag };
        let (reinvest, invests, stop) = (spec.reinvest, false, &NEVER);
        (!sink.has_errors()).then_some(Ground { shared, market, start, span, reinvest, monthly, invests, stop })
    }

    /// Returns whether money comes or goes.
    fn comes_and_goes(&self, setup: &Setup) -> bool {
        !Flows::new(&self.start, setup, &self.monthly).is_none()
    }

    /// Returns whether it was stopped.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Runs a strategy of a config.
    pub fn course(&self, setup: &Setup, strategy: &Strategy, start: &Portfolio) -> Course {
        let climate = self.shared.climate(setup, self.span.first, self.span.last);
        self.course_in(setup, &climate, strategy, start)
    }

    /// As [`Ground::course`], in a climate of the caller's.
    pub fn course_in(&self, setup: &Setup, climate: &Climate, strategy: &Strategy, start: &Portfolio) -> Course {
        let (tape, reinvest, monthly) = (&self.shared.tape, self.reinvest, &self.monthly);
        let invests = self.invests && !setup.trading.route.looks_ahead;
        let scene = Scene { setup, market: self.market, tape, reinvest, monthly, invests, stop: self.stop };
        let day = tape.days.get(self.span.first).copied().unwrap_or_default();
        run(&scene, climate, strategy, (start, &tax(setup, &self.start, day)), self.span)
    }
}

/// Returns rates for all years, flat ones, or those of the tables, of which the oldest serve the years before them; and what
/// is realised in the year of the first day, by the config and by the trades that the household has recorded.
pub fn tax(setup: &Setup, start: &Portfolio, day: NaiveDate) -> TaxSettings {
    let settings = household::with_records(&setup.trading, &start.trades, &start.accounts, day);
    let first = YEARS.iter().min().and_then(|year| NaiveDate::from_ymd_opt(*year, 1, 1)).unwrap_or(day);
    let rates = settings.tax(day.max(first), &mut Sink::default());
    let own = settings.tax(day, &mut Sink::default());
    TaxSettings { realised_short: own.realised_short, realised_long: own.realised_long, ..rates }
}

/// Returns the inputs of a variant: some keys set, some left out.
pub fn variant(inputs: &Inputs, set: &[&str], without: &[&str]) -> Inputs {
    let mut own = inputs.clone();
    own.overrides.extend(set.iter().map(|text| (*text).to_owned()));
    own.without.extend(without.iter().map(|text| (*text).to_owned()));
    own
}

/// Keys that make trading free.
const FREE: &[&str] = &[
    "tax.short-rate=0",
    "tax.long-rate=0",
    "tax.ordinary-rate=0",
    "tax.state-short-rate=0",
    "tax.state-long-rate=0",
    "trading.ticket=0",
    "trading.half-spread-bps=0",
    "trading.spreads={}",
];

/// Makes a plan look at its own run alone.
const THIS_RUN: &str = "route.horizon=\"this-run\"";

/// Returns the inputs with every run planned alone, where that is asked for; and whether the config asks for a route, which
/// would put idle cash into the neutral fund.
fn planned(inputs: &Inputs, spec: &Spec) -> (Inputs, bool) {
    if !spec.alone {
        return (inputs.clone(), false);
    }
    let looks_ahead = pipeline::configure(inputs, &mut Sink::default()).trading.route.looks_ahead;
    (variant(inputs, &[THIS_RUN], &[]), looks_ahead)
}

/// Runs the rules and what they are compared with, until it is stopped: then the rows that are finished are the report. `None`
/// without the first of them, or when something is wrong; the sink then says what.
pub fn backtest(inputs: &Inputs, spec: &Spec, stop: &AtomicBool, sink: &mut Sink) -> Option<Report> {
    backtest_with(inputs, spec, stop, &|_| {}, sink)
}

/// The same; `begins` is told of each row that begins, in words.
pub fn backtest_with(
    inputs: &Inputs,
    spec: &Spec,
    stop: &AtomicBool,
    begins: &dyn Fn(&str),
    sink: &mut Sink,
) -> Option<Report> {
    let (inputs, invests) = &planned(inputs, spec);
    let setup = pipeline::configure(inputs, sink);
    let market = market::load_with(&inputs.market, &setup.given, sink);
    pipeline::check_config(&setup, &market, sink);
    if sink.has_errors() {
        return None;
    }
    let ground = Ground { invests: *invests, stop, ..Ground::new(spec, &setup, &market, sink)? };
    let quiet =
        |set: &[&str], without: &[&str]| pipeline::configure(&variant(inputs, set, without), &mut Sink::default());
    let (mut rows, mut all) = (Vec::new(), 0);
    let mut row = |name: &str, about: &str, run: &dyn Fn() -> Course| {
        all += 1;
        begins(about);
        let course = run();
        if ground.stopped() {
            return;
        }
        let figures = course.figures();
        rows.push(Row { name: name.to_owned(), about: about.to_owned(), course, figures });
    };
    let climate = ground.shared.climate(&setup, ground.span.first, ground.span.last);
    row("rules", "your rules as they are", &|| ground.course_in(&setup, &climate, &Strategy::Rules, &ground.start));
    let no_brakes = quiet(&[], &["brakes"]);
    row("no brakes", "the rules without brakes", &|| ground.course(&no_brakes, &Strategy::Rules, &ground.start));
    let off = quiet(&["rotation.enabled=false"], &[]);
    row("strength 0", "the rules without rotation", &|| ground.course(&off, &Strategy::Rules, &ground.start));
    let free = quiet(FREE, &[]);
    row("free twin", "the rules with no tax and no costs", &|| ground.course(&free, &Strategy::Rules, &ground.start));
    let fixed = Strategy::Fixed(start::weights(&ground.start));
    row("fixed", "the first day's shares, restored every month", &|| ground.course(&setup, &fixed, &ground.start));
    row("hold", "nothing sold, dividends as above", &|| ground.course(&setup, &Strategy::Hold, &ground.start));
    for (name, about) in
        [("SPY", "all of it in SPY from the first day"), ("RSP", "all of it in RSP from the first day")]
    {
        let tape = &ground.shared.tape;
        if let Some(start) = start::all_in(&ground.start, &Symbol::new(name), ground.span.first, tape) {
            row(name, about, &|| ground.course(&setup, &Strategy::Hold, &start));
        }
    }
    let first = rows.iter().filter_map(|row| Some((row.course.ran_out?, row.name.as_str()))).min();
    if let Some((day, name)) = first {
        sink.push(ran_out(day, name));
        return None;
    }
    if rows.is_empty() {
        return None;
    }
    let days = climate.days.get(ground.span.first..=ground.span.last).unwrap_or_default();
    let levels: Vec<Level> = days.iter().map(|day| day.level).collect();
    let path: Vec<(NaiveDate, f64)> = days.iter().map(|day| (day.day, day.value)).collect();
    let values: Vec<f64> = days.iter().map(|day| day.value).collect();
    Some(Report {
        from: path.first()?.0,
        to: path.last()?.0,
        tried: spec.tried + rows.len(),
        states: states(&levels),
        turns: Turns::of(&path),
        strength: moments(&values).0,
        caveats: caveats(spec, &ground, &setup),
        rows,
        all,
    })
}

/// Says that what leaves is more than there is.
fn ran_out(day: NaiveDate, name: &str) -> Diagnostic {
    let message = format!("the money runs out on {day} in `{name}`: no more is there than is to leave");
    Diagnostic::error(RAN_OUT, message)
        .hint("let less leave (`--withdraw`, `withdraw` of [accounts]), or end before that day")
}

/// What everybody should know who reads it.
fn caveats(spec: &Spec, ground: &Ground<'_>, setup: &Setup) -> Vec<String> {
    let mut list = vec![
        "Hypothetical: nobody traded this. What was good in the past need not be good in the future.".to_owned(),
        match (ground.market.members().is_some(), ground.market.panel().is_some_and(market::Panel::is_universe)) {
            (true, _) => "Breadth counts who was a member on each day; tickers without closes are still missing.".to_owned(),
            (false, true) => "Survivorship: breadth is counted over today's list of stocks, which makes the past look better; a membership file would say who was a member when.".to_owned(),
            (false, false) => "Breadth is what the files give ready-made; which stocks it was counted over is theirs to say.".to_owned(),
        },
        "Survivorship: what is held and bought here still exists, and was chosen by somebody who knows how it went.".to_owned(),
        "What funds hold, sectors and issuers are those of the built-in tables, today's, on every day.".to_owned(),
        match spec.lag {
            0 => "Orders are carried out at the very close they were decided from, which nobody can do.".to_owned(),
            1 => "Decided at the close of a day, carried out at the next day's close.".to_owned(),
            more => format!("Decided at the close of a day, carried out at the close {more} sessions later."),
        },
        "Dividends are taxed as qualified, at the long-term rate; cash earns nothing; fund prices are their closes.".to_owned(),
    ];
    let years = ground.start.as_of.map_or(0, |day| day.year());
    if setup.trading.profile.is_some() && YEARS.iter().min().is_some_and(|first| years < *first) {
        list.push(format!(
            "Years before {} are taxed by that year's federal tables.",
            YEARS.iter().min().unwrap_or(&0)
        ));
    }
    let losses = "A year's net loss saves tax on wages up to its limit, and that money comes in.";
    list.push(format!(
        "The tax of a year is paid in the middle of April, from cash or from what costs least tax to sell. {losses}"
    ));
    list.extend(unknown_cost(&ground.start));
    if ground.comes_and_goes(setup) {
        let days = &ground.shared.tape.days;
        let span = days.get(ground.span.first).zip(days.get(ground.span.last));
        let of = span.map_or("a year", |(first, last)| text::of_what((*first, *last)));
        list.push(format!("Money comes and goes with the first run of a month, in every row; `all sold, {of}` is the rate at which all of it would have grown to the end. What leaves accounts without tax is not taxed as income."));
    }
    let all: Vec<&Symbol> = ground
        .start
        .accounts
        .iter()
        .flat_map(|account| &account.positions)
        .filter_map(|position| position.canonical.as_ref())
        .filter(|symbol| ground.market.closes(symbol).is_some() && !ground.market.has_dividends(symbol))
        .collect();
    if !all.is_empty() {
        let names: Vec<&str> = all.iter().take(8).map(|symbol| symbol.as_str()).collect();
        list.push(format!("Without dividends, since no file has their closes with them: {}.", names.join(", ")));
    }
    list
}

/// Says how much of what is held has no known cost: sold here it is taxed with nothing.
fn unknown_cost(start: &Portfolio) -> Option<String> {
    let positions = || start.accounts.iter().filter(|own| own.kind.is_taxable()).flat_map(|own| &own.positions);
    let part = |position: &Position| {
        let unknown = |lot: &&Lot| lot.cost_basis.is_none();
        let lots: Shares = position.lots.iter().filter(unknown).map(|lot| lot.quantity).sum();
        let bare = position.lots.is_empty() && position.cost_basis.is_none();
        let shares = if bare { position.quantity.unwrap_or_default() } else { lots };
        position.unit_price().filter(|_| position.kind.is_tradable()).map_or(Money::ZERO, |price| price * shares)
    };
    let unknown: Money = positions().map(part).sum();
    let share = unknown.share_of(positions().filter_map(Position::base_value).sum())?;
    let words = format!(
        "The cost of {} of what is held and taxed is not known: its sale is taken as taxed with nothing, which flatters every row.",
        share.percent()
    );
    unknown.is_positive().then_some(words)
}

/// Returns a fraction in percent with a sign.
fn signed(fraction: f64) -> String {
    let text = Weight(fraction).percent();
    if fraction >= 0.0 { format!("+{text}") } else { text }
}
