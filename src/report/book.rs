//! A household of a book on one line: what it is called, how it went, what the book's figures are made of, and the proposal
//! or as much of it as was asked for.

mod fields;

use serde::{Deserialize, Serialize};

use super::json::{escaped, money, on_one_line, value};
use super::orders;
use crate::diagnostics::Diagnostic;
use crate::proposal::{Proposal, cut};
use crate::units::{Money, Weight};

pub use fields::Fields;

/// How a household went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// There is a proposal.
    Planned,
    /// There is none; the diagnostics say why.
    Failed,
    /// The program broke off, which is a mistake in it.
    Panicked,
}

impl Status {
    /// Returns the word used in every format.
    pub fn word(self) -> &'static str {
        match self {
            Status::Planned => "planned",
            Status::Failed => "failed",
            Status::Panicked => "panicked",
        }
    }
}

/// A household, without its proposal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Its place in the book, from 1.
    pub at: u64,
    /// As the book calls it; `None` where that cannot be read.
    pub id: Option<String>,
    /// How it went.
    pub status: Status,
    /// A digest of all that the answer is made from.
    pub input: String,
    /// The figures of the proposal that a book adds up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Why there is no proposal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Problem>,
}

/// What went wrong, as in the JSON of a proposal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// Its kind.
    pub code: String,
    /// In words.
    pub message: String,
    /// Where: `file:line:column`, or the key of a household in JSON.
    pub place: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl From<&Diagnostic> for Problem {
    fn from(diagnostic: &Diagnostic) -> Self {
        Problem {
            severity: diagnostic.severity.word().to_owned(),
            code: diagnostic.code.id.to_owned(),
            message: diagnostic.message.clone(),
            place: diagnostic.place.as_ref().map(|place| place.locator()),
            hint: diagnostic.hint.clone(),
        }
    }
}

/// The figures of a proposal that a book adds up; amounts are texts with two decimals.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// What the household is worth.
    pub value: String,
    /// Orders, however many lots they are made of.
    pub orders: usize,
    /// Dollars sold.
    pub sold: String,
    /// Dollars bought.
    pub bought: String,
    /// Tax with the trades less tax without; negative where it is saved.
    pub tax: String,
    /// Spreads and tickets.
    pub trading_cost: String,
    /// Least dollars that must be sold to be inside every limit, each once; `None` where the plan looks at this run alone.
    pub to_sell: Option<String>,
    /// The same after the trades.
    pub still_to_sell: Option<String>,
    /// Each cap that is exceeded.
    pub over: Vec<Over>,
}

/// A cap that is exceeded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Over {
    /// As in the config.
    pub limit: String,
    /// What it is on, in words.
    pub subject: String,
    /// The weight measured.
    pub measured: Option<f64>,
    /// The cap.
    pub bound: Option<f64>,
    /// Dollars above it.
    pub excess: String,
    /// Dollars that stay above it after the trades.
    pub after: String,
}

impl Summary {
    /// Returns the figures of a proposal.
    pub fn of(proposal: &Proposal) -> Summary {
        let (plan, nothing) = (&proposal.plan.outcome, &proposal.plan.nothing);
        let route = proposal.plan.route.as_ref();
        let over = nothing.excess.iter().filter(|(_, excess)| !excess.to_cents().is_zero());
        let over = over.map(|(id, excess)| {
            let verdict = proposal.verdicts.iter().find(|verdict| verdict.id == *id);
            let weight = |weight: Option<Weight>| weight.map(|weight| cut(weight.0));
            Over {
                limit: id.clone(),
                subject: verdict.map_or_else(|| id.clone(), |verdict| verdict.subject.to_string()),
                measured: weight(verdict.and_then(|verdict| verdict.measured)),
                bound: weight(verdict.and_then(|verdict| verdict.bound)),
                excess: money(*excess),
                after: money(plan.excess.get(id).copied().unwrap_or(Money::ZERO)),
            }
        });
        Summary {
            value: money(proposal.exposure.value),
            orders: proposal.orders().len(),
            sold: money(plan.sold),
            bought: money(plan.bought),
            tax: money(plan.tax),
            trading_cost: money(plan.trading_cost),
            to_sell: route.map(|route| money(route.to_sell)),
            still_to_sell: route.and_then(|route| route.stages.first()).map(|run| money(run.still_to_sell)),
            over: over.collect(),
        }
    }
}

impl Line {
    /// Returns the line as JSON, with its proposal or the fields of it that are wanted.
    pub fn json(&self, proposal: Option<&Proposal>, fields: Option<&Fields>) -> String {
        let mut text = escaped(&serde_json::to_string(self).unwrap_or_default());
        if let Some(proposal) = proposal {
            let own = match fields {
                None => on_one_line(proposal),
                Some(fields) => escaped(&fields.of(value(proposal)).to_string()),
            };
            // Into the object, as its last.
            text.pop();
            text.push_str(",\"proposal\":");
            text.push_str(&own);
            text.push('}');
        }
        text.push('\n');
        text
    }

    /// Returns the line as rows of CSV, one for each order and lot; one without any says how it went.
    pub fn csv(&self, proposal: Option<&Proposal>) -> String {
        let own = [self.id.clone().unwrap_or_default(), self.status.word().to_owned()];
        let mut rows: Vec<Vec<String>> = proposal.map(orders::rows).unwrap_or_default();
        if rows.is_empty() {
            let why: Vec<String> = self
                .diagnostics
                .iter()
                .filter(|problem| problem.severity == "error")
                .map(|problem| format!("{}: {}", problem.code, problem.message))
                .collect();
            let cells = orders::HEADER.map(|column| if column == "reasons" { why.join("; ") } else { String::new() });
            rows.push(cells.to_vec());
        }
        orders::write(rows.into_iter().map(|row| own.iter().cloned().chain(row).collect()).collect())
    }
}

/// Returns the head of the CSV of a book.
pub fn csv_head() -> String {
    let columns = ["household", "status"].into_iter().chain(orders::HEADER);
    orders::write(vec![columns.map(str::to_owned).collect()])
}
