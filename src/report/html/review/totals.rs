//! What the whole plan comes to: the figures that follow each change.

use askama::Template;

use crate::explain::words;
use crate::proposal::Proposal;
use crate::report::html::label::Label;
use crate::units::{Money, Weight};

/// The figures.
#[derive(Template)]
#[template(path = "review/totals.html")]
pub(super) struct Totals {
    figures: Vec<Figure>,
    /// What is left, or why there is nothing to do.
    summary: Label,
}

/// The first of them again, where they can be seen from every line.
#[derive(Template)]
#[template(
    source = "{% for figure in figures %}<span><bdi>{{ figure.name }}</bdi> <strong>{{ figure.value }}</strong></span> {% endfor %}",
    ext = "html"
)]
pub(super) struct Bar {
    figures: Vec<Figure>,
}

/// Figures of the bar.
const FIRST: usize = 5;

impl Bar {
    pub fn new(proposal: &Proposal) -> Bar {
        Bar { figures: Totals::new(proposal).figures.into_iter().take(FIRST).collect() }
    }
}

/// A figure, and the name that explains it.
struct Figure {
    name: Label,
    value: String,
    note: Label,
    why: Option<Label>,
}

impl Totals {
    pub fn new(proposal: &Proposal) -> Totals {
        let plan = &proposal.plan;
        let (outcome, nothing) = (&plan.outcome, &plan.nothing);
        let figure = |name: &str, value: String, note: String, why: Option<&str>| Figure {
            name: Label::name(name),
            value,
            note: Label::words(note),
            why: why.map(Label::name),
        };
        let mut figures = Vec::new();
        if let Some(cap) = proposal.leading_cap() {
            let now = cap.measured.map_or_else(|| "unknown".to_owned(), Weight::percent);
            let after = outcome
                .weights
                .get(&cap.id)
                .map_or_else(String::new, |after| format!(" \u{2192} {}", Weight(*after).percent()));
            let bound = cap.bound.map_or_else(String::new, |bound| format!("limit {}", bound.percent()));
            figures.push(figure(&cap.subject.to_string(), now + &after, bound, Some(&cap.id)));
        }
        let left = outcome.excess.values().filter(|excess| excess.to_cents().is_positive()).count();
        let was = nothing.excess.values().filter(|excess| excess.to_cents().is_positive()).count();
        let over = format!(
            "by at most {}, now {}",
            outcome.furthest_over().whole_dollars(),
            nothing.furthest_over().whole_dollars()
        );
        figures.push(figure("limits exceeded", format!("{was} \u{2192} {left}"), over, None));
        let tax = if outcome.tax.is_negative() { "tax saved this year" } else { "tax this year" };
        let exact = proposal.exact_tax.as_ref().map(|tax| format!(", {} by the tables", tax.exact.dollars()));
        let all =
            plan.route.as_ref().map_or_else(String::new, |route| format!("whole route: {}", words::tax(route.tax)));
        figures.push(figure(tax, outcome.tax.abs().dollars(), all + &exact.unwrap_or_default(), None));
        let bought =
            format!("buys {}, trading cost {}", outcome.bought.whole_dollars(), outcome.trading_cost.dollars());
        figures.push(figure("sells", outcome.sold.whole_dollars(), bought, None));
        let cash = |cash: &std::collections::BTreeMap<String, Money>| cash.values().copied().sum::<Money>();
        let reserve: Money = proposal.problem.accounts.iter().map(|account| account.reserve).sum();
        let must = format!("{} now, {} must stay", cash(&nothing.cash).whole_dollars(), reserve.whole_dollars());
        figures.push(figure("cash after", cash(&outcome.cash).whole_dollars(), must, None));
        let strength = &proposal.strength;
        let (value, note) = match strength.data {
            true => (format!("{:.2}", strength.value.0), format!("brakes: {}", strength.brake.level.word())),
            false => ("off".to_owned(), "no market data".to_owned()),
        };
        figures.push(figure("rotation strength", value, note, Some("rotation")));
        let said = match proposal.trades.is_empty() {
            true => std::iter::once(words::summary(proposal)).chain(words::why_nothing(proposal)).collect(),
            false => vec![words::summary(proposal)],
        };
        let summary = said.iter().map(|words: &String| words::sentence(words) + ".").collect::<Vec<_>>().join(" ");
        Totals { figures, summary: Label::words(summary) }
    }
}
