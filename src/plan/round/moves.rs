//! The moves of the search: which trades are worth moving, by how much, and whether a move made things better.

use super::count::is_less;
use super::{Score, Table, WINDOW};
use crate::model::Side;

impl Table<'_, '_> {
    pub(super) fn can(&self, index: usize, change: i64) -> bool {
        match (self.steps.get(index), self.window.get(index)) {
            (Some(steps), Some((least, most))) => (*least..=*most).contains(&(steps + change)),
            _ => false,
        }
    }

    /// Keeps every trade near its continuous answer and where it stands now.
    pub(super) fn narrow(&mut self, amounts: &[f64]) {
        let scale = self.draft.ground.scale;
        for (index, amount) in amounts.iter().enumerate() {
            let (Some(piece), Some(steps)) = (self.pieces.get(index), self.steps.get(index)) else { continue };
            let exact = if scale > 0.0 { amount / scale / piece.price / piece.step } else { 0.0 };
            let least = (exact.floor() as i64).min(*steps) - WINDOW;
            let most = (exact.ceil() as i64).max(*steps) + WINDOW;
            if let Some(window) = self.window.get_mut(index) {
                *window = (least.max(0), most.min(piece.most));
            }
        }
    }

    /// Makes some moves if they lead to a better score.
    pub(super) fn attempt(&mut self, moves: &[(usize, i64)], score: &mut Score) -> bool {
        if !moves.iter().all(|(index, change)| self.can(*index, *change)) {
            return false;
        }
        for (index, change) in moves {
            self.shift(*index, *change);
        }
        let next = self.score();
        if is_less(&next, score) {
            *score = next;
            return true;
        }
        for (index, change) in moves.iter().rev() {
            self.shift(*index, -change);
        }
        false
    }

    /// The trades worth moving: those in the plan, the neighbours of its sales, and purchases for open targets; first
    /// those that the continuous plan has in fractions.
    pub(super) fn candidates(&self) -> Vec<usize> {
        let mut chosen = Vec::new();
        for order in &self.draft.ground.orders {
            let used = order.trades.iter().any(|trade| self.steps.get(*trade).is_some_and(|steps| *steps > 0));
            let mut spare = 2;
            for trade in &order.trades {
                let (Some(steps), Some(piece)) = (self.steps.get(*trade), self.pieces.get(*trade)) else { continue };
                if piece.most == 0 {
                    continue;
                }
                if *steps > 0 {
                    chosen.push(*trade);
                } else if used && spare > 0 {
                    spare -= 1;
                    chosen.push(*trade);
                } else if piece.side == Side::Buy && piece.targets.iter().any(|target| self.is_open(*target)) {
                    chosen.push(*trade);
                }
            }
        }
        chosen.sort_by_key(|trade| (!self.fractional.get(*trade).copied().unwrap_or(false), *trade));
        chosen
    }

    pub(super) fn is_open(&self, target: usize) -> bool {
        self.targets.get(target).is_some_and(|target| target.gap > 0.0)
    }

    /// Steps of two trades that move about the same money, up and down, with and against each other.
    pub(super) fn pairs(&self, first: usize, second: usize) -> Vec<(i64, i64)> {
        let dollars = |index: usize| self.pieces.get(index).map_or(1.0, |piece| piece.price * piece.step);
        let ratio = dollars(first) / dollars(second);
        let (more, is_first) = if ratio >= 1.0 { (ratio, true) } else { (1.0 / ratio, false) };
        let (low, high) = ((more + 1e-9).floor().min(1e6) as i64, (more - 1e-9).ceil().min(1e6) as i64);
        let mut pairs = Vec::new();
        for many in [low, high] {
            for (one, other) in [(1, 1), (-1, -1), (1, -1), (-1, 1)] {
                let pair = if is_first { (one, other * many) } else { (one * many, other) };
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        pairs
    }

    /// Whether an account has the cash for its part of some moves, to a dollar: what it has not need not be tried.
    pub(super) fn is_affordable(&self, moves: &[(usize, i64)]) -> bool {
        let dollars = |index: &usize, change: i64| {
            self.pieces.get(*index).map_or((0, 0.0), |piece| {
                let value = piece.price * piece.step * change as f64;
                (piece.account, if piece.side == Side::Buy { -value } else { value })
            })
        };
        moves.iter().all(|(index, change)| {
            let (account, _) = dollars(index, *change);
            let in_account = moves.iter().map(|(index, change)| dollars(index, *change));
            let sum: f64 = in_account.filter(|(own, _)| *own == account).map(|(_, value)| value).sum();
            sum >= 0.0 || self.accounts.get(account).is_none_or(|own| own.cash - own.reserve + sum > -1.0)
        })
    }
}
