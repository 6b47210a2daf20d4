//! The history of a signal as a line over the band of its ramp, and the same in words.

use askama::Template;
use chrono::{Datelike, NaiveDate};

use super::label::Label;
use crate::proposal::SignalPath;
use crate::rules::strength::ScorePart;

/// Sessions drawn: about two years.
const SESSIONS: usize = 504;
/// Most points of a line; a screen shows no more.
const POINTS: usize = 252;

/// A signal over time.
#[derive(Template)]
#[template(path = "picture/history.html")]
pub(super) struct History {
    /// Unique in the page, for the labels of the picture.
    index: usize,
    title: Label,
    /// The same in words, for the caption and for those who do not see it.
    pub words: Label,
    /// Points of the line in a field of 1000 by 100.
    points: String,
    /// Top and height of the band between the ends of the ramp, in the same field.
    band: Option<(String, String)>,
    low: String,
    high: String,
    years: Vec<(String, String)>,
}

impl History {
    /// Draws a signal; `None` with fewer than two values, where there is nothing to see.
    pub fn new(index: usize, path: &SignalPath, part: &ScorePart) -> Option<History> {
        let from = path.points.len().saturating_sub(SESSIONS);
        let shown: Vec<(NaiveDate, f64)> =
            path.points.iter().skip(from).copied().filter(|(_, value)| value.is_finite()).collect();
        let ((first, _), (last, value)) = (*shown.first()?, *shown.last()?);
        let days = (last - first).num_days();
        if days < 1 {
            return None;
        }
        let extreme = |better: fn(&f64, &f64) -> bool| {
            shown.iter().copied().reduce(|best, next| if better(&next.1, &best.1) { next } else { best })
        };
        let ((low_day, low), (high_day, high)) = (extreme(|a, b| a < b)?, extreme(|a, b| a > b)?);
        let ends = part.ramp.map(|(from, to)| (from.min(to), from.max(to)));
        let bottom = ends.map_or(low, |(from, _)| low.min(from));
        let top = ends.map_or(high, |(_, to)| high.max(to));
        let span = if top > bottom { top - bottom } else { 1.0 };
        let y = |value: f64| 100.0 - 100.0 * (value - bottom) / span;
        let x = |day: NaiveDate| 1000.0 * (day - first).num_days() as f64 / days as f64;
        let step = shown.len().div_ceil(POINTS).max(1);
        // The last value is always a point.
        let drawn = shown.iter().enumerate().filter(|(at, _)| (shown.len() - 1 - at).is_multiple_of(step));
        let points: Vec<String> = drawn.map(|(_, (day, value))| format!("{:.1},{:.1}", x(*day), y(*value))).collect();
        let name = part.reading.id.strip_prefix("signals.").unwrap_or(&part.reading.id);
        let number = |value: f64| super::market::value_words(value, part.unit);
        let ramp = part.ramp.map_or_else(String::new, |(from, to)| {
            format!("; the band is its ramp, {from} (score 0) to {to} (score 1)")
        });
        Some(History {
            index,
            title: Label::words(format!("{name} from {first} to {last}")),
            words: Label::words(format!(
                "{name}: {} on {last}, score {:.2}; lowest {} on {low_day}, highest {} on {high_day}{ramp}",
                number(value),
                part.score,
                number(low),
                number(high)
            )),
            points: points.join(" "),
            band: ends.map(|(from, to)| (format!("{:.1}", y(to)), format!("{:.1}", y(from) - y(to)))),
            low: number(bottom),
            high: number(top),
            years: years_between(first, last),
        })
    }
}

/// Returns the beginnings of the years between two days, with their places.
fn years_between(first: NaiveDate, last: NaiveDate) -> Vec<(String, String)> {
    let days = (last - first).num_days().max(1) as f64;
    (first.year() + 1..=last.year())
        .filter_map(|year| {
            let at = (NaiveDate::from_ymd_opt(year, 1, 1)? - first).num_days() as f64 / days;
            // At the left stands the lowest value; at the right the text would be cut.
            (0.15..=0.95).contains(&at).then(|| (format!("{:.2}%", at * 100.0), year.to_string()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::Reading;

    fn part(ramp: Option<(f64, f64)>) -> ScorePart {
        let reading = Reading {
            id: "signals.breadth".to_owned(),
            kind: "pct-above-ma",
            value: Some(55.0),
            as_of: None,
            coverage: None,
            stale: false,
            inputs: Vec::new(),
            note: None,
        };
        ScorePart {
            reading,
            unit: "%",
            ramp,
            score: 0.5,
            weight: 0.3,
            contribution: 0.15,
            distance: String::new(),
            origin: "default".to_owned(),
        }
    }

    fn path(values: &[(&str, f64)]) -> SignalPath {
        let points = values.iter().map(|(day, value)| (day.parse().unwrap(), *value)).collect();
        SignalPath { id: "signals.breadth".to_owned(), points }
    }

    /// From 20 to 80 with a ramp of 40 to 70: the band lies from a sixth below the top to a third above the bottom.
    #[test]
    fn the_line_and_the_band_share_a_scale() {
        let path = path(&[("2024-01-01", 20.0), ("2024-01-06", 80.0), ("2024-01-11", 50.0)]);
        let history = History::new(0, &path, &part(Some((40.0, 70.0)))).unwrap();
        assert_eq!(history.points, "0.0,100.0 500.0,0.0 1000.0,50.0");
        assert_eq!(history.band, Some(("16.7".to_owned(), "50.0".to_owned())));
        assert_eq!(
            history.words.to_string(),
            "breadth: 50.00% on 2024-01-11, score 0.50; lowest 20.00% on 2024-01-01, highest 80.00% on 2024-01-06; the \
             band is its ramp, 40 (score 0) to 70 (score 1)"
        );
    }

    #[test]
    fn one_value_is_no_history_and_many_are_thinned_out() {
        assert!(History::new(0, &path(&[("2024-01-01", 1.0)]), &part(None)).is_none());
        let first: NaiveDate = "2020-01-01".parse().unwrap();
        let points = (0..2_000).map(|day| (first + chrono::Days::new(day), day as f64)).collect();
        let history = History::new(0, &SignalPath { id: String::new(), points }, &part(None)).unwrap();
        assert_eq!(history.points.split(' ').count(), POINTS);
        assert!(history.points.ends_with("1000.0,0.0"), "the last value is there");
    }
}
