//! The pictures: small SVGs whose horizontal places are percents, so that one drawing fits a phone and a page.
//!
//! Only geometry is here; the markup is in `templates/picture/`. Each picture has a title and stands in a table whose
//! cells say the same in numbers.

use askama::Template;
use chrono::{Datelike, NaiveDate};

use super::label::Label;

/// Returns a place between the left (0) and the right (1) edge.
fn place(fraction: f64) -> String {
    let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
    format!("{:.2}%", fraction * 100.0)
}

/// The scale that the bars of one table share: from zero to a round weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis(f64);

impl Axis {
    /// Returns the scale that holds every value.
    pub fn holding(values: impl IntoIterator<Item = f64>) -> Axis {
        const ROUND: [f64; 10] = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0];
        let most = values.into_iter().filter(|value| value.is_finite()).fold(0.0, f64::max);
        let round = ROUND.into_iter().find(|round| *round >= most * 1.02);
        Axis(round.unwrap_or_else(|| (most * 2.0).ceil() / 2.0))
    }

    fn place(self, value: f64) -> String {
        place(value / self.0)
    }

    /// Returns the ticks: at nothing, in the middle, and at the top.
    pub fn ticks(self) -> Ticks {
        let text = |share: f64| {
            let percent = (self.0 * share * 1000.0).round() / 10.0;
            if percent.fract() == 0.0 { format!("{percent:.0}%") } else { format!("{percent:.1}%") }
        };
        Ticks { low: text(0.0), middle: text(0.5), high: text(1.0) }
    }
}

/// The head of a column of bars.
#[derive(Template)]
#[template(path = "picture/ticks.html")]
pub(super) struct Ticks {
    low: String,
    middle: String,
    high: String,
}

/// Weights now and after the plan, against a cap and a benchmark.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weights {
    pub now: Option<f64>,
    pub after: Option<f64>,
    pub cap: Option<f64>,
    pub benchmark: Option<f64>,
}

impl Weights {
    /// Returns the values that the scale must hold.
    pub fn values(self) -> impl Iterator<Item = f64> {
        [self.now, self.after, self.cap, self.benchmark].into_iter().flatten()
    }

    /// Draws them.
    pub fn bar(self, title: &str, axis: Axis) -> Bar {
        let percent = |weight: f64| crate::units::Weight(weight).percent();
        let mut parts = Vec::new();
        for (what, weight) in
            [("now", self.now), ("after", self.after), ("limit", self.cap), ("benchmark", self.benchmark)]
        {
            parts.extend(weight.map(|weight| format!("{what} {}", percent(weight))));
        }
        let at = |weight: Option<f64>| weight.map(|weight| axis.place(weight));
        Bar {
            title: Label::words(format!("{title}: {}", parts.join(", "))),
            now: at(self.now),
            after: at(self.after),
            cap: at(self.cap),
            benchmark: at(self.benchmark),
        }
    }
}

/// One row of a bar chart.
#[derive(Template)]
#[template(path = "picture/bar.html")]
pub(super) struct Bar {
    title: Label,
    now: Option<String>,
    after: Option<String>,
    cap: Option<String>,
    benchmark: Option<String>,
}

/// Where a signal stands between the ends of its ramp.
#[derive(Template)]
#[template(path = "picture/ramp.html")]
pub(super) struct Ramp {
    title: Label,
    low: String,
    high: String,
    /// Width of the filled part.
    fill: String,
}

/// The ramp is drawn between these shares of the width, to leave room for a marker at either end.
const RAMP: (f64, f64) = (0.03, 0.94);

impl Ramp {
    /// Draws a score of 0 to 1 between the values that give 0 and 1.
    pub fn new(name: &str, (low, high): (f64, f64), score: f64) -> Ramp {
        let at = RAMP.0 + RAMP.1 * if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 };
        Ramp {
            title: Label::words(format!("{name}: score {score:.2}, 0 at {low} and 1 at {high}")),
            low: low.to_string(),
            high: high.to_string(),
            fill: place(at),
        }
    }
}

/// A gain to the right of zero, a loss to the left.
#[derive(Template)]
#[template(path = "picture/gain.html")]
pub(super) struct Gain {
    title: Label,
    zero: String,
    left: String,
    width: String,
    loss: bool,
}

impl Gain {
    /// Draws an amount on the scale from the largest loss to the largest gain of a table.
    pub fn new(title: impl ToString, amount: f64, (least, most): (f64, f64)) -> Gain {
        let (least, most) = (least.min(0.0), most.max(0.0));
        let range = if most > least { most - least } else { 1.0 };
        let at = |value: f64| (value - least) / range;
        let (left, right) = if amount < 0.0 { (at(amount), at(0.0)) } else { (at(0.0), at(amount)) };
        Gain {
            title: Label::words(title),
            zero: place(at(0.0)),
            left: place(left),
            width: place(right - left),
            loss: amount < 0.0,
        }
    }
}

/// The rotation strength over time, as steps.
#[derive(Template)]
#[template(path = "picture/path.html")]
pub(super) struct Path {
    title: Label,
    description: Label,
    /// Points of the line in a field of 1000 by 100.
    points: String,
    years: Vec<(String, String)>,
}

impl Path {
    /// Draws a path of at least two days; `None` for less, where there is nothing to see.
    pub fn new(path: &[(NaiveDate, f64)]) -> Option<Path> {
        let ((first, _), (last, value)) = (*path.first()?, *path.last()?);
        let days = (last - first).num_days();
        if days < 1 {
            return None;
        }
        let at = |date: NaiveDate| (date - first).num_days() as f64 / days as f64;
        let mut points = String::new();
        let mut before: Option<f64> = None;
        for (date, strength) in changes(path) {
            let (x, y) = (at(date) * 1000.0, 100.0 - 100.0 * strength.clamp(0.0, 1.0));
            if let Some(old) = before {
                points.push_str(&format!("{x:.1},{old:.1} "));
            }
            points.push_str(&format!("{x:.1},{y:.1} "));
            before = Some(y);
        }
        points.push_str(&format!("1000,{:.1}", before.unwrap_or(100.0)));
        let span = last.year() - first.year();
        let step = span / 6 + 1;
        let years = (first.year() + 1..=last.year())
            .filter(|year| (year - first.year() - 1) % step == 0)
            .filter_map(|year| Some((at(NaiveDate::from_ymd_opt(year, 1, 1)?), year.to_string())))
            // The text would be cut at the edges.
            .filter(|(at, _)| (0.05..=0.95).contains(at))
            .map(|(at, year)| (place(at), year))
            .collect();
        Some(Path {
            title: Label::words(format!("Rotation strength from {first} to {last}")),
            description: Label::words(format!(
                "A line of steps between 0 and 1. It ends at {value:.2}. The table below lists the latest changes."
            )),
            points,
            years,
        })
    }
}

/// Returns the days on which a path changes, the first day included.
pub(super) fn changes(path: &[(NaiveDate, f64)]) -> Vec<(NaiveDate, f64)> {
    let mut list: Vec<(NaiveDate, f64)> = Vec::new();
    for (date, value) in path.iter().filter(|(_, value)| value.is_finite()) {
        if list.last().is_none_or(|(_, last)| last != value) {
            list.push((*date, *value));
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn axes_end_at_a_round_weight() {
        for (most, top) in
            [(0.0, 0.02), (0.613, 0.8), (0.2, 0.3), (0.19, 0.2), (1.0, 1.0), (1.01, 1.5), (2.4, 2.5), (f64::NAN, 0.02)]
        {
            assert_eq!(Axis::holding([most]), Axis(top), "{most}");
        }
        assert_eq!(Axis(0.05).ticks().middle, "2.5%");
    }

    #[test]
    fn bars_are_as_long_as_their_weight() {
        let weights = Weights { now: Some(0.6), after: Some(0.4), cap: Some(-1.0), benchmark: None };
        let bar = weights.bar("tech", Axis(0.8));
        assert_eq!((bar.now.as_deref(), bar.after.as_deref()), (Some("75.00%"), Some("50.00%")));
        assert_eq!(bar.cap.as_deref(), Some("0.00%"), "nothing is drawn outside the picture");
        assert_eq!(bar.title.to_string(), "tech: now 60.0%, after 40.0%, limit -100.0%");
    }

    #[test]
    fn gains_go_right_and_losses_left() {
        let gain = Gain::new("", 300.0, (-100.0, 300.0));
        assert_eq!((gain.zero, gain.left, gain.width), ("25.00%".into(), "25.00%".into(), "75.00%".into()));
        let loss = Gain::new("", -100.0, (-100.0, 300.0));
        assert_eq!((loss.left, loss.width, loss.loss), ("0.00%".into(), "25.00%".into(), true));
        assert_eq!(Gain::new("", 0.0, (0.0, 0.0)).width, "0.00%");
    }

    #[test]
    fn paths_are_steps() {
        let path =
            [(day("2024-01-01"), 0.0), (day("2024-01-02"), 0.0), (day("2024-01-06"), 0.5), (day("2024-01-11"), 0.5)];
        assert_eq!(Path::new(&path).unwrap().points, "0.0,100.0 500.0,100.0 500.0,50.0 1000,50.0");
        assert!(Path::new(&path[..1]).is_none());
        assert_eq!(changes(&path).len(), 2);
    }

    #[test]
    fn years_are_marked_without_crowding() {
        let path = [(day("2006-06-01"), 0.0), (day("2026-06-01"), 1.0)];
        let years: Vec<String> = Path::new(&path).unwrap().years.into_iter().map(|(_, year)| year).collect();
        assert_eq!(years, ["2011", "2015", "2019", "2023"]);
    }
}
