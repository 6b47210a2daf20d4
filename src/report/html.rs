//! The report as one HTML file that needs no script and no network: on a screen, on a phone, printed, light or dark.
//!
//! Each section is a view (plain data, made from the proposal by the file of its name) and a template
//! (`templates/report/`). Templates escape everything they print; text from files is a `Label`, made fit to be
//! shown; pictures are SVGs of a few lines (`picture`). The page forbids scripts and every connection by its own
//! content security policy.

mod after;
pub mod book;
mod history;
pub(super) mod label;
mod ladder;
mod market;
pub(super) mod orders;
mod picture;
mod record;
pub mod review;
mod rules;
mod section;
mod spread;

use askama::Template;

use super::Options;
use crate::explain::brief::{Block, Place, brief};
use crate::proposal::Proposal;
use crate::units::Weight;
use label::Label;
use section::{Section, View};

/// The page.
#[derive(Template)]
#[template(path = "report/page.html")]
struct Page {
    as_of: String,
    /// What the answer is of.
    lead: Label,
    /// What it is not, what was asked, what it is made from.
    head: Vec<Label>,
    figures: Vec<Figure>,
    has_market: bool,
    warnings: Vec<Section>,
    orders: orders::Orders,
    /// What is said beside the orders, of what is owned, of what comes of it, and for those who look closer.
    answer: Vec<Section>,
    state: Vec<Section>,
    after: Vec<Section>,
    appendix: Vec<Section>,
    spread: spread::Spread,
    market: market::Market,
    cost: after::After,
    rules: rules::Rules,
    record: record::Record,
}

/// A number at the top.
struct Figure {
    name: Label,
    value: String,
    note: Label,
}

/// Sections that are drawn by files of their own here, with pictures or boxes to tick.
const PICTURED: [&str; 9] = ["head", "short", "do", "do-not-buy", "owned", "market", "ladder", "quiet", "record"];

/// Returns the report.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let sections = brief(proposal);
    let head = sections.iter().find(|section| section.id == "head");
    let of = |place: Place| -> Vec<Section> {
        let own = sections.iter().filter(|section| section.place == place && !PICTURED.contains(&section.id.as_str()));
        own.map(Section::new).collect()
    };
    let said = |block: &Block| match block {
        Block::Words(words) => Some(Label::words(words)),
        _ => None,
    };
    let page = Page {
        as_of: proposal.as_of.to_string(),
        lead: head.map(|head| Label::words(&head.aside)).unwrap_or_default(),
        head: head.iter().flat_map(|head| &head.blocks).filter_map(said).collect(),
        figures: figures(proposal),
        has_market: proposal.has_market,
        warnings: of(Place::Head),
        orders: orders::Orders::new(proposal),
        answer: of(Place::Answer),
        state: of(Place::State),
        after: of(Place::After),
        appendix: of(Place::Appendix),
        spread: spread::Spread::new(proposal),
        market: market::Market::new(proposal),
        cost: after::After::new(proposal),
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
