//! How much of an extreme winner a position is: a figure for ranking and explaining; trades come from caps and cost.
//!
//! `0.5 clamp((w/cap - 0.5)/0.5) + 0.25 clamp(r/0.40) + 0.25 clamp((price/SMA200 - 1)/0.30)`, each clamped to 0..1, where
//! w is the weight, cap the cap on a position, r the 12-month return over the benchmark's. Extreme from 0.6, with a
//! weight of at least 3%. (A default of this project, not a fact of finance.)

use crate::units::Weight;

/// What the winner score is, for `broaden explain winner`.
pub const DOC: &str = "\
The winner score ranks and explains positions; trades come from caps and cost, not from it.

score = 0.5 x clamp((w/cap - 0.5)/0.5) + 0.25 x clamp(r/0.40) + 0.25 x clamp((price/SMA200 - 1)/0.30)

w is the weight of the position, cap the cap on a position, r its 12-month return less the benchmark's; clamp cuts to
0..1. From 0.6, with a weight of at least 3%, a position is an extreme winner. A part that is not known adds nothing,
and the score says how much of it is known. The weights are a default of broaden, not a fact of finance.";

/// The weights of the three parts: size, return, stretch.
const PARTS: [f64; 3] = [0.5, 0.25, 0.25];
/// The score from which a position is an extreme winner.
const EXTREME: f64 = 0.6;
/// A position below this is never extreme.
const SMALLEST: f64 = 0.03;

/// The score of a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Winner {
    /// From 0 to 1; parts that are not known add nothing.
    pub score: f64,
    /// How much of the score could be computed, from 0 to 1.
    pub known: f64,
    /// Whether it counts as extreme.
    pub extreme: bool,
}

/// Scores a position. `excess_return` is the 12-month return less the benchmark's (0.40 is 40 points); `stretch` is
/// price over its 200-day average, less 1. Both are fractions, `None` when unknown.
pub fn winner(weight: Weight, cap: Weight, excess_return: Option<f64>, stretch: Option<f64>) -> Winner {
    let size = (cap.0 > 0.0).then(|| (weight.0 / cap.0 - 0.5) / 0.5);
    let parts = [size, excess_return.map(|r| r / 0.40), stretch.map(|s| s / 0.30)];
    let mut out = Winner { score: 0.0, known: 0.0, extreme: false };
    for (share, part) in PARTS.into_iter().zip(parts) {
        if let Some(part) = part.filter(|part| part.is_finite()) {
            out.score += share * part.clamp(0.0, 1.0);
            out.known += share;
        }
    }
    out.extreme = out.score >= EXTREME - 1e-12 && weight.0 >= SMALLEST;
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_follows_the_formula() {
        // Half a cap is nothing, a full cap half a point; 20 of 40 points of return an eighth; 15% of 30% an eighth.
        let full = winner(Weight(0.10), Weight(0.10), Some(0.20), Some(0.15));
        assert!((full.score - 0.75).abs() < 1e-12 && full.extreme);
        assert_eq!(winner(Weight(0.05), Weight(0.10), Some(0.0), Some(-0.2)).score, 0.0);
        assert_eq!(winner(Weight(0.50), Weight(0.10), Some(2.0), Some(2.0)).score, 1.0);
    }

    #[test]
    fn a_small_position_is_never_extreme_and_unknown_is_said() {
        assert!(!winner(Weight(0.02), Weight(0.02), Some(1.0), Some(1.0)).extreme);
        let unknown = winner(Weight(0.10), Weight(0.10), None, None);
        assert_eq!((unknown.score, unknown.known, unknown.extreme), (0.5, 0.5, false));
    }
}
