//! Covering the last dollars of an account that is short of cash where a limit on sales has no room left: it sells one
//! step more, another account sells less, and buys less with what it does not raise.

use super::{Score, Table};
use crate::model::Side;

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
        0
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
