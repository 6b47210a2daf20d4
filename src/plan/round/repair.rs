//! Repairing broken hard limits after the first rounding.

use super::count::{is_less, over, small};
use super::{MOST_PAIRED, MOST_STEPS, Score, Table};

impl Table<'_, '_> {
    /// Repairs broken hard limits, each time by the move that does most: alone, and where that does nothing in pairs.
    pub(super) fn repair(&mut self) {
        let mut score = self.score();
        for _ in 0..MOST_STEPS {
            if score.first() == Some(&0.0) {
                return;
            }
            self.sum_up();
            let candidates = self.candidates();
            let suspects = self.suspects(&candidates);
            let alone = suspects.iter().flat_map(|index| [vec![(*index, 1)], vec![(*index, -1)]]);
            let best = self.best(alone, &score).or_else(|| {
                let mut together = Vec::new();
                for first in suspects.iter().take(MOST_PAIRED) {
                    for second in candidates.iter().take(2 * MOST_PAIRED).filter(|second| *second != first) {
                        let pairs = self.pairs(*first, *second).into_iter();
                        together.extend(pairs.map(|(one, other)| vec![(*first, one), (*second, other)]));
                    }
                }
                self.best(together.into_iter(), &score)
            });
            let Some((moves, next)) = best else { return };
            for (index, change) in moves {
                self.shift(index, change);
            }
            score = next;
        }
    }

    /// The candidates that have a part in something broken.
    pub(super) fn suspects(&self, candidates: &[usize]) -> Vec<usize> {
        let tight: Vec<bool> =
            (self.accounts.iter()).map(|account| account.reserve - account.cash > account.shortfall - 0.005).collect();
        let is_suspect = |trade: &usize| {
            let Some(piece) = self.pieces.get(*trade) else { return false };
            let order = self.orders.get(piece.order).copied().unwrap_or(0.0);
            let (sold, bought) = self.sides.get(piece.identity).copied().unwrap_or((0.0, 0.0));
            piece.bounds.iter().any(|(limit, _)| self.limits.get(*limit).is_some_and(|limit| limit.broken > 0.0))
                || small(order, self.min_trade) > 0.0
                || over(sold.min(bought)) > 0.0
                || tight.get(piece.account).copied().unwrap_or(false)
        };
        let found: Vec<usize> = candidates.iter().copied().filter(is_suspect).collect();
        // What is broken may belong to no trade alone: the tax, or the number of orders.
        if found.is_empty() { candidates.to_vec() } else { found }
    }

    /// Returns the moves with the best score, if it is better than what is.
    pub(super) fn best(
        &mut self,
        all: impl Iterator<Item = Vec<(usize, i64)>>,
        score: &Score,
    ) -> Option<(Vec<(usize, i64)>, Score)> {
        let mut best: Option<(Vec<(usize, i64)>, Score)> = None;
        for moves in all {
            if !moves.iter().all(|(index, change)| self.can(*index, *change)) {
                continue;
            }
            for (index, change) in &moves {
                self.shift(*index, *change);
            }
            let next = self.score();
            for (index, change) in moves.iter().rev() {
                self.shift(*index, -change);
            }
            let repaired = next.first() < score.first();
            if repaired && best.as_ref().is_none_or(|(_, best)| is_less(&next, best)) {
                best = Some((moves, next));
            }
        }
        best
    }
}
