//! The page of `broaden review`: where one stands, what to do, what it costs, and what if. Drawn from a proposal alone, whole
//! or in the parts that another plan changes, so that nothing on it can differ from what `advise` says.

mod frontier;
mod lines;
mod thresholds;
mod totals;
mod way;

use std::collections::BTreeMap;

use askama::Template;

use super::label::Label;
use super::market::Market;
use super::section::{Section, View};
use super::spread::Spread;
use crate::diagnostics::{Diagnostic, Severity};
use crate::explain::brief::{self, Place};
use crate::proposal::Proposal;
use crate::trades::Trade;

pub use thresholds::{Threshold, Unit, thresholds};

/// The look of the page: that of the report, and its own.
pub const STYLE: &str =
    concat!(include_str!("../../../templates/report/style.css"), include_str!("../../../templates/review/style.css"));
/// What the page does.
pub const SCRIPT: &str = include_str!("../../../templates/review/script.js");

/// What is shown.
#[derive(Clone, Copy)]
pub struct Screen<'p> {
    /// The plan.
    pub proposal: &'p Proposal,
    /// The trades before the last change, and what was changed.
    pub before: Option<(&'p [Trade], &'p str)>,
    /// Why the last change could not be made.
    pub problems: &'p [Diagnostic],
    /// The rules as the files say them: what a slider returns to.
    pub thresholds: &'p [Threshold],
    /// Where those stand that were moved, by key.
    pub places: &'p BTreeMap<String, f64>,
}

/// The page.
#[derive(Template)]
#[template(path = "review/page.html")]
struct Page<'p> {
    as_of: String,
    lead: Label,
    thresholds: &'p [Threshold],
    places: &'p BTreeMap<String, f64>,
    parts: BTreeMap<&'static str, String>,
}

impl Page<'_> {
    /// A part that is not drawn is empty.
    fn part(&self, name: &str) -> &str {
        self.parts.get(name).map_or("", String::as_str)
    }

    /// Which of the choices is taken.
    fn choice(&self, threshold: &Threshold) -> usize {
        self.place(threshold).max(0.0) as usize
    }

    /// Where a slider stands.
    fn place(&self, threshold: &Threshold) -> f64 {
        self.places.get(&threshold.key).copied().unwrap_or(threshold.place)
    }
}

/// What went wrong, or must be known before acting.
#[derive(Template)]
#[template(path = "review/problems.html")]
struct Problems {
    errors: Vec<(Label, Label)>,
    sections: Vec<Section>,
}

/// What the decisions come to.
#[derive(Template)]
#[template(path = "review/decided.html")]
struct Decided {
    sections: Vec<Section>,
}

#[derive(Template)]
#[template(path = "review/exposure.html")]
struct Exposure {
    spread: Spread,
}

#[derive(Template)]
#[template(path = "report/market.html")]
struct Strength {
    has_market: bool,
    market: Market,
}

/// Returns the whole page.
pub fn page(screen: Screen<'_>) -> String {
    let proposal = screen.proposal;
    let head = brief::brief(proposal).into_iter().find(|section| section.id == "head");
    let page = Page {
        as_of: proposal.as_of.to_string(),
        lead: head.map(|head| Label::words(head.aside)).unwrap_or_default(),
        thresholds: screen.thresholds,
        places: screen.places,
        parts: parts(screen),
    };
    page.render().unwrap_or_default()
}

/// Returns the parts of the page that depend on the plan, by the id of their element. Writing to memory does not fail.
pub fn parts(screen: Screen<'_>) -> BTreeMap<&'static str, String> {
    let proposal = screen.proposal;
    let draw = |part: Result<String, askama::Error>| part.unwrap_or_default();
    [
        ("problems", draw(problems(screen).render())),
        ("totals", draw(totals::Totals::new(proposal).render())),
        ("bar", draw(totals::Bar::new(proposal).render())),
        ("lines", draw(lines::Lines::new(proposal, screen.before).render())),
        ("decided", draw(Decided { sections: said(proposal, |section| section.id == "decided") }.render())),
        ("way", draw(way::Way::new(proposal).render())),
        ("frontier", draw(frontier::Frontier::new(proposal).render())),
        ("exposure", draw(Exposure { spread: Spread::new(proposal) }.render())),
        ("strength", draw(Strength { has_market: proposal.has_market, market: Market::new(proposal) }.render())),
    ]
    .into()
}

fn problems(screen: Screen<'_>) -> Problems {
    let errors = screen.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let errors = errors.map(|problem| {
        let hint = problem.hint.as_ref().map(Label::words).unwrap_or_default();
        (Label::words(&problem.message), hint)
    });
    let sections = said(screen.proposal, |section| section.place == Place::Head && section.id != "head");
    Problems { errors: errors.collect(), sections }
}

/// Returns sections of the report.
fn said(proposal: &Proposal, wanted: impl Fn(&brief::Section) -> bool) -> Vec<Section> {
    brief::brief(proposal).iter().filter(|section| wanted(section)).map(Section::new).collect()
}
