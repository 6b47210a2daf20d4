//! What the household is made of, for `broaden exposure`: a page for the terminal and JSON.

mod chart;
pub mod json;
mod tables;

use chrono::NaiveDate;

use super::Options;
use super::page::Page;
use crate::diagnostics::{Diagnostic, counted};
use crate::exposure::{Exposure, ScoredLine};
use crate::model::{Subject, TaxTreatment};
use crate::proposal::Flow;
use crate::reference::TECH_BROAD;
use crate::rules::Verdict;
use crate::units::{Money, Weight};

/// Everything measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Version of the program.
    pub version: &'static str,
    /// The day the answer is for.
    pub as_of: NaiveDate,
    /// The household.
    pub household: Exposure,
    /// Each account by itself; contributions count accounts in this order.
    pub accounts: Vec<MeasuredAccount>,
    /// Accounts that are in no figure.
    pub left_out: Vec<LeftOut>,
    /// Deposits and withdrawals of `[accounts]`; every figure is after them.
    pub flows: Vec<Flow>,
    /// Ids of the themes, each with what it counts.
    pub themes: Vec<(String, String)>,
    /// Caps on what is owned, with what they are held against.
    pub caps: Vec<Verdict>,
    /// Stocks held with at least 3%, scored.
    pub winners: Vec<ScoredLine>,
    /// What the reader must know.
    pub diagnostics: Vec<Diagnostic>,
}

/// One account.
#[derive(Clone, Debug)]
pub struct MeasuredAccount {
    /// As it is called in every output.
    pub label: String,
    /// How it is taxed.
    pub kind: TaxTreatment,
    /// Its figures.
    pub exposure: Exposure,
}

/// An account that is in no figure.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// As it is called in every output.
    pub label: String,
    /// Why.
    pub why: String,
    /// What it is worth in dollars, as far as the files say.
    pub value: Option<Money>,
}

/// What to list in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Each account.
    Account,
    /// Each issuer, through funds too.
    Issuer,
    /// Each sector.
    Sector,
    /// Each theme, with every position that adds to it.
    Theme,
}

/// What the page shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// One table in full instead of the overview.
    pub by: Option<By>,
    /// Also how the household would stand under the diversification rules of funds.
    pub fund_rules: bool,
}

/// Positions shown in the overview; the rest is one line.
const MOST_POSITIONS: usize = 15;
/// Rows of a table in full; the rest is one line.
const MOST_ROWS: usize = 60;

/// Returns the page.
pub fn render(measured: &Measured, choice: Choice, options: Options) -> String {
    let mut page = Page { text: String::new(), options };
    head(&mut page, measured);
    match choice.by {
        Some(By::Account) => tables::accounts(&mut page, measured),
        Some(By::Issuer) => tables::issuers(&mut page, measured, MOST_ROWS),
        Some(By::Sector) => tables::sectors(&mut page, measured),
        Some(By::Theme) => {
            for (id, about) in &measured.themes {
                tables::contributions(&mut page, measured, id, about, MOST_ROWS);
            }
        }
        None => {
            tables::themes(&mut page, measured);
            if let Some((id, about)) = measured.themes.iter().find(|(id, _)| id == TECH_BROAD) {
                tables::contributions(&mut page, measured, id, about, MOST_POSITIONS);
            }
            tables::sectors(&mut page, measured);
            tables::issuers(&mut page, measured, MOST_POSITIONS);
            concentration(&mut page, measured);
            winners(&mut page, measured);
            stress(&mut page, measured);
        }
    }
    if choice.fund_rules {
        tables::fund_rules(&mut page, measured);
    }
    unknown(&mut page, measured);
    page.text
}

fn head(page: &mut Page, measured: &Measured) {
    let household = &measured.household;
    let count = measured.accounts.len();
    let accounts = counted(count, "account", "accounts");
    page.line(format!("exposure as of {}    {accounts}    {}", measured.as_of, household.value.dollars()));
    if let Some((_, about)) = measured.themes.iter().find(|(id, _)| id == TECH_BROAD) {
        page.sentence(0, &format!("tech here is {TECH_BROAD}: {about}"));
    }
    let cash = household.cash.share_of(household.value).unwrap_or_default();
    page.sentence(
        0,
        &format!(
            "weights are of {}, cash included ({} is cash); {} is known by name or fund{}",
            if household.unvalued.is_empty() { "all of it" } else { "what is valued" },
            cash.percent(),
            Weight(household.coverage).percent(),
            household.as_of.map_or_else(String::new, |day| format!("; oldest fund data {day}"))
        ),
    );
    if household.short.0 < 0.0 || household.cash.is_negative() {
        let mut below = Vec::new();
        if household.short.0 < 0.0 {
            below.push(format!("sold short {}", household.short.percent()));
        }
        if household.cash.is_negative() {
            let to_raise = measured.flows.iter().any(|flow| flow.to_raise.is_positive());
            let what = if to_raise { "cash below zero" } else { "borrowed cash" };
            below.push(format!("{what} {}", cash.percent()));
        }
        page.sentence(0, &format!("weights are of the net value and can be above 100%: {}", below.join(", ")));
    }
    if let Some(words) = Flow::words(&measured.flows) {
        page.sentence(0, &words);
    }
    for account in &measured.left_out {
        let value = account.value.map_or_else(|| "of unknown value".to_owned(), Money::dollars);
        page.sentence(0, &format!("{}, {value}: {}", account.label, account.why));
    }
}

fn concentration(page: &mut Page, measured: &Measured) {
    let (household, benchmark) = (&measured.household, &measured.household.benchmark);
    page.heading("CONCENTRATION", "");
    let number = |n: Option<f64>| n.map_or_else(String::new, |n| format!("{n:.1}"));
    let weight = |w: Weight| w.percent();
    let mut theirs: Vec<f64> = benchmark.issuers.values().copied().collect();
    theirs.sort_by(|a, b| b.total_cmp(a));
    let top = |count: usize| match theirs.is_empty() {
        true => String::new(),
        false => Weight(theirs.iter().take(count).sum()).percent(),
    };
    let row = |label: &str, you: String, other: String| vec![label.to_owned(), you, other];
    let active = household.active_share;
    let active = match (active.high - active.low).abs() < 0.0005 {
        true => weight(Weight(active.high)),
        false => format!("{} to {}", weight(Weight(active.low)), weight(Weight(active.high))),
    };
    page.table(
        2,
        "<>>",
        &[
            row("", "you".to_owned(), name_of(measured)),
            row(
                "effective number of issuers",
                number(household.effective_issuers()),
                number(benchmark.effective_issuers),
            ),
            row("effective number of lines", number(household.effective_lines()), String::new()),
            row("largest issuer", weight(household.top_issuers(1)), top(1)),
            row("5 largest issuers", weight(household.top_issuers(5)), top(5)),
            row("10 largest issuers", weight(household.top_issuers(10)), top(10)),
            row("5 largest lines", weight(household.top_lines(5)), String::new()),
            row("active share", active, String::new()),
        ],
    );
}

/// The benchmark's name for a column.
fn name_of(measured: &Measured) -> String {
    let symbol = &measured.household.benchmark.symbol;
    if symbol.is_empty() { "benchmark".to_owned() } else { symbol.clone() }
}

fn winners(page: &mut Page, measured: &Measured) {
    if measured.winners.is_empty() {
        return;
    }
    page.heading("WINNERS", "0 to 1; from 0.6 extreme; ranks and explains only");
    let signed = |part: Option<f64>| part.map_or_else(|| "unknown".to_owned(), |part| signed(Weight(part)));
    let mut rows = vec![
        ["", "score", "weight", &format!("year vs {}", name_of(measured)), "vs 200-day", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    for line in &measured.winners {
        let remark = match (line.winner.extreme, line.winner.known < 1.0 - 1e-9) {
            (true, _) => "extreme",
            (false, true) => "not all of it is known",
            (false, false) => "",
        };
        rows.push(vec![
            line.label.clone(),
            format!("{:.2}", line.winner.score),
            line.weight.percent(),
            signed(line.excess_return),
            signed(line.stretch),
            remark.to_owned(),
        ]);
    }
    page.table(2, "<>>>><", &rows);
}

/// Returns a percentage with its sign.
fn signed(weight: Weight) -> String {
    let text = weight.percent();
    if text.starts_with('-') || text == "0.0%" { text } else { format!("+{text}") }
}

fn stress(page: &mut Page, measured: &Measured) {
    page.heading("WHAT IT WOULD COST", "at today's weights; no forecast");
    for line in measured.household.stress() {
        let (dollars, change) = (line.dollars.whole_dollars(), signed(line.change));
        page.sentence(2, &format!("{dollars} ({change}): {}", line.scenario.assumes));
    }
}

fn unknown(page: &mut Page, measured: &Measured) {
    let household = &measured.household;
    let shown: Vec<_> = household.unknown.iter().filter(|one| one.weight.0.abs() >= 0.0005).collect();
    if !shown.is_empty() {
        let hidden: Money = shown.iter().map(|one| one.amount()).sum();
        page.heading("NOT KNOWN", &format!("{} hidden; add the lines to broaden.toml", hidden.whole_dollars()));
        let mut seen = std::collections::BTreeSet::new();
        for one in shown {
            page.sentence(2, &format!("{} in {}: {}", one.label, label(measured, one.account), one.amount().dollars()));
            if seen.insert(one.label.clone()) {
                for line in one.config_lines().lines() {
                    page.line(format!("      {line}"));
                }
            }
        }
    }
    for label in &household.unvalued {
        page.sentence(2, &format!("{label} has no value in the household's currency and is in no figure"));
    }
}

/// The label of an account by its place in the portfolio.
fn label(measured: &Measured, account: usize) -> &str {
    measured.accounts.get(account).map_or("", |account| account.label.as_str())
}

/// The cap on something, where one is configured.
fn cap(measured: &Measured, about: impl Fn(&Subject) -> bool) -> Option<&Verdict> {
    measured.caps.iter().find(|verdict| verdict.is_cap() && about(&verdict.subject))
}

/// Says how far a cap is exceeded, in points and dollars; nothing when it is kept.
fn over(measured: &Measured, verdict: Option<&Verdict>) -> String {
    match verdict.and_then(Verdict::over).filter(|over| *over > 0.0005) {
        Some(over) => {
            let dollars = Money::from_f64(over * measured.household.value.to_f64()).whole_dollars();
            format!("over by {:.1}, {dollars}", over * 100.0)
        }
        None => String::new(),
    }
}
