//! The report as one HTML file that needs no script and no network: on a screen, on a phone, printed, light or dark.
//!
//! Each section is a view (plain data, made from the proposal by the file of its name) and a template
//! (`templates/report/`). Templates escape everything they print; text from files is a `Label`, made fit to be
//! shown; pictures are SVGs of a few lines (`picture`). The page forbids scripts and every connection by its own
//! content security policy.

mod after;
mod history;
pub(super) mod label;
mod ladder;
mod market;
pub(super) mod orders;
mod picture;
mod record;
mod rules;
mod since;
mod spread;

use askama::Template;

use super::Options;
use crate::diagnostics::{Severity, counted};
use crate::model::AccountKindOrigin;
use crate::proposal::{DISCLAIMER, Flow, Proposal};
use crate::units::Weight;
use label::Label;

/// The page.
#[derive(Template)]
#[template(path = "report/page.html")]
struct Page {
    version: &'static str,
    as_of: String,
    disclaimer: &'static str,
    value: String,
    households: String,
    figures: Vec<Figure>,
    warnings: Vec<Warning>,
    has_market: bool,
    asked: Vec<Label>,
    flows: Option<Label>,
    since: Option<since::Since>,
    orders: orders::Orders,
    spread: spread::Spread,
    market: market::Market,
    after: after::After,
    rules: rules::Rules,
    record: record::Record,
}

/// A number at the top.
struct Figure {
    name: Label,
    value: String,
    note: Label,
}

/// Something the reader should know before trusting a number.
struct Warning {
    severity: &'static str,
    message: Label,
    place: Option<Label>,
    hint: Option<Label>,
}

/// Returns the report.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let count = proposal.portfolio.accounts.len();
    let page = Page {
        version: proposal.version,
        as_of: proposal.as_of.to_string(),
        disclaimer: DISCLAIMER,
        value: proposal.exposure.value.dollars(),
        households: counted(count, "account", "accounts"),
        figures: figures(proposal),
        warnings: warnings(proposal),
        has_market: proposal.has_market,
        asked: since::asked(proposal),
        flows: Flow::words(&proposal.flows()).map(Label::words),
        since: since::Since::new(proposal),
        orders: orders::Orders::new(proposal),
        spread: spread::Spread::new(proposal),
        market: market::Market::new(proposal),
        after: after::After::new(proposal),
        rules: rules::Rules::new(proposal),
        record: record::Record::new(proposal),
    };
    // Writing to memory does not fail.
    page.render().unwrap_or_default()
}

fn figures(proposal: &Proposal) -> Vec<Figure> {
    let outcome = &proposal.plan.outcome;
    let figure =
        |name: &str, value: String, note: String| Figure { name: Label::name(name), value, note: Label::words(note) };
    let mut list = Vec::new();
    if let Some(cap) = proposal.leading_cap() {
        let now = cap.measured.map_or_else(|| "unknown".to_owned(), Weight::percent);
        let after = outcome.weights.get(&cap.id).map(|weight| format!(" \u{2192} {}", Weight(*weight).percent()));
        let limit = cap.bound.map_or_else(String::new, |bound| format!("limit {}", bound.percent()));
        list.push(figure(&cap.subject.to_string(), format!("{now}{}", after.unwrap_or_default()), limit));
    }
    let strength = &proposal.strength;
    if strength.data {
        let before = strength.previous.map_or_else(String::new, |(date, value)| format!("was {value:.2} on {date}"));
        list.push(figure("rotation strength", format!("{:.2}", strength.value.0), before));
    } else {
        list.push(figure("rotation", "off".to_owned(), "no market data".to_owned()));
    }
    let bought = format!("buys {}", outcome.bought.whole_dollars());
    list.push(figure("sells", outcome.sold.whole_dollars(), bought));
    let cost = format!("trading cost {}", outcome.trading_cost.dollars());
    let name = if outcome.tax.is_negative() { "tax saved" } else { "tax" };
    list.push(figure(name, outcome.tax.abs().dollars(), cost));
    list
}

/// Returns the warnings and notes of the run, the gravest first, and the guesses about accounts.
fn warnings(proposal: &Proposal) -> Vec<Warning> {
    let mut found: Vec<&crate::diagnostics::Diagnostic> = proposal.diagnostics.iter().collect();
    found.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let mut list: Vec<Warning> = found
        .into_iter()
        .map(|diagnostic| Warning {
            severity: diagnostic.severity.word(),
            message: Label::words(&diagnostic.message),
            place: diagnostic.place.as_ref().map(|place| Label::name(place.locator())),
            hint: diagnostic.hint.as_ref().map(Label::words),
        })
        .collect();
    for account in &proposal.portfolio.accounts {
        let how = match &account.kind_origin {
            AccountKindOrigin::Config(_) => continue,
            AccountKindOrigin::GuessedFromName => "from its name",
            AccountKindOrigin::Assumed => "assumed: nothing says otherwise",
        };
        list.push(Warning {
            severity: Severity::Note.word(),
            message: Label::words(format!("{} is read as {} ({how})", account.label(), account.kind.id())),
            place: None,
            hint: Some(Label::words("a wrong guess costs tax; set [accounts] to change it")),
        });
    }
    list
}
