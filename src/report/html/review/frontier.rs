//! What each weight of the main theme costs in tax, drawn: today, this plan and the cap are marked.

use askama::Template;

use crate::explain::what_if::CENT;
use crate::proposal::Proposal;
use crate::report::html::label::Label;
use crate::units::{Money, Weight};

/// The picture, and the same in a table.
#[derive(Template)]
#[template(path = "review/frontier.html")]
pub(super) struct Frontier {
    /// What is capped.
    subject: Label,
    title: Label,
    points: String,
    marks: Vec<Mark>,
    rows: Vec<(String, String)>,
    /// Ends of the scales.
    weights: (String, String),
    taxes: (String, String),
    zero: String,
}

struct Mark {
    class: &'static str,
    words: String,
    x: String,
    y: Option<String>,
}

/// A weight and the tax that it takes.
type Point = (f64, f64);

impl Frontier {
    pub fn new(proposal: &Proposal) -> Frontier {
        let cap = proposal.leading_cap();
        let outcome = &proposal.plan.outcome;
        let after = cap.and_then(|cap| outcome.weights.get(&cap.id)).map(|weight| (*weight, outcome.tax.to_f64()));
        let today = cap.and_then(|cap| proposal.plan.nothing.weights.get(&cap.id)).map(|weight| (*weight, 0.0));
        let rungs = cap.and_then(|cap| proposal.what_if.ladders.get(&cap.id));
        let reached = rungs.into_iter().flatten().filter(|rung| rung.excess <= CENT);
        let mut curve: Vec<Point> = reached.map(|rung| (rung.cap.0, rung.tax.to_f64())).collect();
        curve.sort_by(|one, other| other.0.total_cmp(&one.0));
        let bound = cap.and_then(|cap| cap.bound).map(|bound| bound.0);
        let weights = range(
            curve
                .iter()
                .map(|point| point.0)
                .chain(today.map(|point| point.0))
                .chain(after.map(|point| point.0))
                .chain(bound),
        );
        let taxes = range(curve.iter().map(|point| point.1).chain([0.0]).chain(after.map(|point| point.1)));
        let x = |weight: f64| (weights.1 - weight) / (weights.1 - weights.0);
        let y = |tax: f64| (taxes.1 - tax) / (taxes.1 - taxes.0);
        let percent = |weight: f64| Weight(weight).percent();
        let dollars = |tax: f64| Money::from_f64(tax).dollars();
        let at = |class, name, point: Point| Mark {
            class,
            words: format!("{name}: {} for {} of tax", percent(point.0), dollars(point.1)),
            x: place(x(point.0)),
            y: Some(format!("{:.1}", 12.0 + 140.0 * y(point.1))),
        };
        let line = |bound: f64| Mark {
            class: "cap",
            words: format!("limit: {}", percent(bound)),
            x: place(x(bound)),
            y: None,
        };
        let marks: Vec<Mark> = [
            bound.map(line),
            today.map(|point| at("now", "today", point)),
            after.map(|point| at("after", "this plan", point)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let subject = cap.map_or_else(Label::default, |cap| Label::name(cap.subject.to_string()));
        let said: Vec<&str> = marks.iter().map(|mark| mark.words.as_str()).collect();
        Frontier {
            title: Label::words(format!("{subject} against the tax of reaching it in this run. {}", said.join("; "))),
            subject,
            points: curve
                .iter()
                .map(|(weight, tax)| format!("{:.1},{:.1}", 1000.0 * x(*weight), 100.0 * y(*tax)))
                .collect::<Vec<_>>()
                .join(" "),
            rows: curve.iter().map(|(weight, tax)| (percent(*weight), dollars(*tax))).collect(),
            weights: (percent(weights.1), percent(weights.0)),
            taxes: (dollars(taxes.1), dollars(taxes.0)),
            zero: format!("{:.1}", 12.0 + 140.0 * y(0.0)),
            marks,
        }
    }
}

/// Returns the ends of a scale that holds every value and is never empty.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        (0.0, 1.0)
    } else if high - low < 1e-9 {
        (low - 0.01, high + 0.01)
    } else {
        (low, high)
    }
}

/// A place between the left and the right edge, with room for a mark at either end.
fn place(fraction: f64) -> String {
    format!("{:.2}%", 3.0 + 94.0 * fraction.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_holds_what_there_is() {
        assert_eq!(range([0.2, 0.5, f64::NAN].into_iter()), (0.2, 0.5));
        assert_eq!(range(std::iter::empty()), (0.0, 1.0));
        let (low, high) = range([0.3].into_iter());
        assert!(low < 0.3 && 0.3 < high);
        assert_eq!((place(0.0), place(1.0)), ("3.00%".to_owned(), "97.00%".to_owned()));
    }
}
