//! A bound on a weight: a weight of its own, or so many points above the benchmark's.

use std::fmt;

use crate::config::{Node, NodeValue};
use crate::units::Weight;

/// As the config gives it: `"45%"`, `0.45`, `"benchmark + 8"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// The same on every day.
    Fixed(Weight),
    /// The benchmark's own weight of the day and this on top, below zero for less.
    Benchmark(Weight),
}

impl Bound {
    /// Reads a value of the config; `None` for what is no bound.
    pub fn of(node: &Node) -> Option<Bound> {
        as_bound(node)
    }

    /// Returns the weight on a day on which the benchmark has this; `None` where that is not known.
    pub fn at(self, benchmark: Option<f64>) -> Option<f64> {
        match self {
            Bound::Fixed(weight) => Some(weight.0),
            Bound::Benchmark(more) => Some((benchmark? + more.0).clamp(0.0, 1.0)),
        }
    }

    /// Returns the weight that holds on every day, if it is one.
    pub fn fixed(self) -> Option<Weight> {
        match self {
            Bound::Fixed(weight) => Some(weight),
            Bound::Benchmark(_) => None,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Fixed(weight) => f.write_str(&weight.percent()),
            Bound::Benchmark(Weight(0.0)) => f.write_str("the benchmark's weight"),
            Bound::Benchmark(more) => {
                let side = if more.0 < 0.0 { "below" } else { "above" };
                write!(f, "{:.1} points {side} the benchmark's weight", 100.0 * more.0.abs())
            }
        }
    }
}

/// Whether points are less than one and have no unit: `0.08` is 8% in every other key, and would be 0.08 of a point here.
fn is_fraction(points: &str) -> bool {
    points.trim().parse::<f64>().is_ok_and(|points| points > 0.0 && points < 1.0)
}

/// Returns what to write for `benchmark + 0.08`, where a value is that.
pub(super) fn meant(node: &Node) -> Option<String> {
    let NodeValue::Text(text) = &node.value else { return None };
    let more = text.trim().strip_prefix("benchmark")?.trim();
    let (sign, points) =
        more.split_at_checked(1).filter(|(sign, points)| matches!(*sign, "+" | "-") && is_fraction(points))?;
    let points = points.trim();
    let hundred = points.parse::<f64>().ok().map(|own| 100.0 * own)?;
    let hundred = format!("{hundred:.4}");
    let hundred = hundred.trim_end_matches('0').trim_end_matches('.');
    Some(format!(
        "points are whole percents: \"benchmark {sign} {hundred}\" for {hundred} points; \"benchmark {sign} {points}%\" if you mean less than one"
    ))
}

/// Reads `benchmark`, `benchmark + 8`, `benchmark - 2`: points, with a percent sign or without.
pub(super) fn as_bound(node: &Node) -> Option<Bound> {
    if let Some(weight) = super::value::as_weight(node) {
        return Some(Bound::Fixed(Weight(weight)));
    }
    let NodeValue::Text(text) = &node.value else { return None };
    let more = text.trim().strip_prefix("benchmark")?.trim();
    let (sign, points) = match more.split_at_checked(1) {
        None => return Some(Bound::Benchmark(Weight(0.0))),
        Some(("+", points)) => (1.0, points),
        Some(("-", points)) => (-1.0, points),
        Some(_) => return None,
    };
    if is_fraction(points) {
        return None;
    }
    let points = points.trim().trim_end_matches("points").trim_end_matches('%').trim();
    let points: f64 = points.parse().ok().filter(|points: &f64| (0.0..=100.0).contains(points))?;
    Some(Bound::Benchmark(Weight(sign * points / 100.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::diagnostics::{Sink, Source};

    /// 0.08 is 8% elsewhere: without a unit it is refused here, with one it is what it says.
    #[test]
    fn less_than_a_point_needs_its_unit() {
        let node = |text: &str| {
            let source = Source::file("b.toml", format!("base = \"{text}\"\n"));
            parse(&source, &mut Sink::default()).entries.remove("base").unwrap()
        };
        let read = |text: &str| as_bound(&node(text)).map(|bound| bound.to_string());
        assert_eq!(read("benchmark + 8").as_deref(), Some("8.0 points above the benchmark's weight"));
        assert_eq!(read("benchmark + 0").as_deref(), Some("the benchmark's weight"));
        assert_eq!(read("benchmark + 0.5%").as_deref(), Some("0.5 points above the benchmark's weight"));
        assert_eq!(read("benchmark - 0.5 points").as_deref(), Some("0.5 points below the benchmark's weight"));
        for wrong in ["benchmark + 0.08", "benchmark - 0.5", "benchmark + 800"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        let meant = meant(&node("benchmark + 0.08")).unwrap();
        assert!(meant.contains("\"benchmark + 8\" for 8 points") && meant.contains("\"benchmark + 0.08%\""), "{meant}");
        assert_eq!(super::meant(&node("benchmark + 8")), None);
    }
}
