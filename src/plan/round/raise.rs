//! Covering the last dollars of an account that is short of cash where a limit on sales has no room left: it sells one
//! step more, another account sells less, and buys less with what it does not raise; or three of its own sales change.

use super::{Score, Table};
use crate::model::{Measure, Side};

/// Most sales of an account that are combined, and sets of them that are tried.
const MOST_SALES: usize = 16;
const MOST_TRIED: usize = 5_000;

impl Table<'_, '_> {
    /// Makes the first such set of moves that makes things better. Returns the number of moves.
    pub(super) fn raise(&mut self, score: &mut Score) -> usize {
        let short: Vec<bool> = self.accounts.iter().map(|account| account.shortfall > 0.0).collect();
        if !short.contains(&true) {
            return 0;
        }
        let candidates = self.candidates();
        let sales: Vec<(usize, usize, f64)> = candidates
            .iter()
            .filter_map(|index| self.pieces.get(*index).map(|piece| (*index, piece)))
            .filter(|(_, piece)| piece.side == Side::Sell)
            .map(|(index, piece)| (index, piece.account, piece.price * piece.step))
            .collect();
        for (more, account, raised) in sales.iter().filter(|(_, own, _)| short.get(*own).copied().unwrap_or(false)) {
            for (less, other, price) in sales.iter().filter(|(_, other, _)| other != account) {
                let fewer = (raised / price).ceil().min(1e6) as i64;
                for fewer in [fewer, fewer + 1] {
                    let mut moves = vec![(*more, 1), (*less, -fewer)];
                    if !moves.iter().all(|(index, change)| self.can(*index, *change)) {
                        continue;
                    }
                    moves.extend(self.fewer_purchases(*other, price * fewer as f64));
                    if self.attempt(&moves, score) {
                        return 1;
                    }
                }
            }
        }
        let is_short = score.get(1).is_some_and(|missing| *missing > 0.0);
        let mut accounts = (0..short.len()).filter(|account| is_short && short.get(*account) == Some(&true));
        usize::from(accounts.any(|account| self.raise_alone(account, score)))
    }

    /// Changes three sales of an account, the sets that use most of what may still be sold first: what is missing is the
    /// tax too, which other lots owe less of. Returns whether that made things better.
    fn raise_alone(&mut self, account: usize, score: &mut Score) -> bool {
        let room = self.room_for_sales();
        let table = &*self;
        let is_own = |index: &usize| {
            table.pieces.get(*index).is_some_and(|piece| piece.side == Side::Sell && piece.account == account)
        };
        let own: Vec<usize> = table.candidates().into_iter().filter(is_own).take(MOST_SALES).collect();
        let changes = |index: usize| {
            let price = table.pieces.get(index).map_or(0.0, |piece| piece.price * piece.step);
            let can = [1, -1, 2, -2, 3, -3].into_iter().filter(move |change| table.can(index, *change));
            can.map(move |change| ((index, change), price * change as f64))
        };
        let mut found = Vec::new();
        for (place, first) in own.iter().enumerate() {
            for (next, second) in own.iter().enumerate().skip(place + 1) {
                for third in own.iter().skip(next + 1) {
                    for (one, raised) in changes(*first) {
                        for (two, more) in changes(*second) {
                            let sums = changes(*third).map(|(three, last)| (raised + more + last, [one, two, three]));
                            found.extend(sums.filter(|(raised, _)| *raised <= room));
                        }
                    }
                }
            }
        }
        found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        found.iter().take(MOST_TRIED).any(|(_, moves)| self.attempt(moves, score))
    }

    /// Dollars that may still be sold under the limits on sales.
    pub(super) fn room_for_sales(&self) -> f64 {
        let limits = &self.draft.ground.problem.limits;
        let bounds = self.draft.bounds.iter().zip(&self.limits);
        let of_sales = bounds.filter(|(bound, _)| {
            limits.get(bound.limit).is_some_and(|limit| matches!(limit.measure, Measure::Turnover(_)))
        });
        of_sales.map(|(_, limit)| limit.most - limit.constant).fold(f64::INFINITY, f64::min)
    }

    /// Purchases of an account lowered until its cash covers some dollars it no longer raises.
    fn fewer_purchases(&self, account: usize, dollars: f64) -> Vec<(usize, i64)> {
        let spare = self.accounts.get(account).map_or(0.0, |own| (own.cash - own.reserve).max(0.0));
        let mut missing = dollars - spare;
        let mut moves = Vec::new();
        for (index, piece) in self.pieces.iter().enumerate() {
            let is_bought = self.steps.get(index).is_some_and(|steps| *steps > 0);
            if missing <= 0.0 || piece.side != Side::Buy || piece.account != account || !is_bought {
                continue;
            }
            let price = piece.price * piece.step * (1.0 + piece.spread);
            let wanted = (missing / price).ceil().min(1e6) as i64;
            // As many as the window around the continuous plan allows.
            if let Some(steps) = (1..=wanted).rev().find(|steps| self.can(index, -steps)) {
                missing -= price * steps as f64;
                moves.push((index, -steps));
            }
        }
        moves
    }
}
