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
    let points = points.trim().trim_end_matches("points").trim_end_matches('%').trim();
    let points: f64 = points.parse().ok().filter(|points: &f64| (0.0..=100.0).contains(points))?;
    Some(Bound::Benchmark(Weight(sign * points / 100.0)))
}
