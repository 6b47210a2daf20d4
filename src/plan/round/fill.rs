//! Using up what cash is left: swaps of up to three purchases of one account that spend a little more, and of two sales
//! that raise a little more under a limit on sales. Which ones do is a matter of arithmetic over a few thousand sums;
//! only the best of them are tried on the table.

use super::{Score, Table};
use crate::model::Side;

/// Most purchases of an account that are combined, and shares by which each may change.
const MOST_BUYS: usize = 10;
const REACH: i64 = 3;
/// Most sales that are combined.
const MOST_SALES: usize = 40;
/// Sets that are tried of those that come nearest.
const MOST_TRIED: usize = 6;
/// Less than this many dollars is not worth a search.
const CRUMBS: f64 = 1.0;

type Moves = Vec<(usize, i64)>;

impl Table<'_, '_> {
    /// Fills every account, and raises cash where a limit on sales has room left. Returns the moves made.
    pub(super) fn fill(&mut self, score: &mut Score) -> usize {
        let mut made = 0;
        for account in 0..self.accounts.len() {
            while made < super::MOST_STEPS && self.fill_account(account, score) {
                made += 1;
            }
        }
        for moves in self.sales() {
            let Some(account) = moves.first().and_then(|(index, _)| self.pieces.get(*index)).map(|piece| piece.account)
            else {
                continue;
            };
            if self.sell_and_fill(&moves, account, score) {
                made += 1;
                break;
            }
        }
        made
    }

    fn left(&self, account: usize) -> f64 {
        self.accounts.get(account).map_or(0.0, |account| account.cash - account.reserve)
    }

    fn fill_account(&mut self, account: usize, score: &mut Score) -> bool {
        let left = self.left(account);
        self.purchases(account, left).iter().any(|moves| self.attempt(moves, score))
    }

    /// Makes some sales, fills the account with what they raise, and keeps both if that is better.
    fn sell_and_fill(&mut self, sales: &Moves, account: usize, score: &mut Score) -> bool {
        if !sales.iter().all(|(index, change)| self.can(*index, *change)) {
            return false;
        }
        for (index, change) in sales {
            self.shift(*index, *change);
        }
        let left = self.left(account);
        for moves in self.purchases(account, left) {
            if self.attempt(&moves, score) {
                return true;
            }
        }
        for (index, change) in sales.iter().rev() {
            self.shift(*index, -change);
        }
        false
    }

    /// The sets of purchases of an account that would use up most of some dollars, best first.
    fn purchases(&self, account: usize, left: f64) -> Vec<Moves> {
        if left < CRUMBS || !left.is_finite() {
            return Vec::new();
        }
        let mut buys: Vec<(bool, usize, f64)> = Vec::new();
        for (index, piece) in self.pieces.iter().enumerate() {
            let steps = self.steps.get(index).copied().unwrap_or(0);
            let is_open = piece.targets.iter().any(|target| self.is_open(*target));
            if piece.side == Side::Buy && piece.account == account && piece.most > 0 && (steps > 0 || is_open) {
                buys.push((!is_open, index, piece.price * piece.step * (1.0 + piece.spread)));
            }
        }
        // Those that something still asks for come first.
        buys.sort_by_key(|(is_closed, index, _)| (*is_closed, *index));
        let buys: Vec<(usize, f64)> =
            buys.into_iter().take(MOST_BUYS).map(|(_, index, price)| (index, price)).collect();
        let mut found = Nearest { most: left, best: Vec::new() };
        let changes = || (-REACH..=REACH).filter(|change| *change != 0);
        for (place, (first, price)) in buys.iter().enumerate() {
            for one in changes().filter(|change| self.can(*first, *change)) {
                let spent = price * one as f64;
                found.offer(spent, || vec![(*first, one)]);
                for (next, (second, price)) in buys.iter().enumerate().skip(place + 1) {
                    for two in changes().filter(|change| self.can(*second, *change)) {
                        let spent = spent + price * two as f64;
                        found.offer(spent, || vec![(*first, one), (*second, two)]);
                        for (third, price) in buys.iter().skip(next + 1) {
                            for three in changes() {
                                let spent = spent + price * three as f64;
                                if spent > 0.0 && spent <= left && self.can(*third, three) {
                                    found.offer(spent, || vec![(*first, one), (*second, two), (*third, three)]);
                                }
                            }
                        }
                    }
                }
            }
        }
        found.best.into_iter().map(|(_, moves)| moves).collect()
    }

    /// Pairs of sales of one account that raise a little more under the limit on what may be sold.
    fn sales(&self) -> Vec<Moves> {
        let room = self.room_for_sales();
        if !room.is_finite() || room < CRUMBS {
            return Vec::new();
        }
        let sold = self.pieces.iter().enumerate().filter(|(index, piece)| {
            piece.side == Side::Sell && self.steps.get(*index).is_some_and(|steps| *steps > 0)
        });
        let sales: Vec<(usize, usize, f64)> =
            sold.map(|(index, piece)| (index, piece.account, piece.price * piece.step)).take(MOST_SALES).collect();
        let mut found = Nearest { most: room, best: Vec::new() };
        for (place, (first, account, price)) in sales.iter().enumerate() {
            for one in [1, -1, 2, -2] {
                if !self.can(*first, one) {
                    continue;
                }
                let raised = price * f64::from(one as i32);
                found.offer(raised, || vec![(*first, one)]);
                for (second, own, price) in sales.iter().skip(place + 1) {
                    for two in [1, -1, 2, -2] {
                        if own == account && self.can(*second, two) {
                            found.offer(raised + price * f64::from(two as i32), || vec![(*first, one), (*second, two)]);
                        }
                    }
                }
            }
        }
        found.best.into_iter().map(|(_, moves)| moves).collect()
    }
}

/// The sets of moves that come nearest to some dollars from below, the first of equals in front.
struct Nearest {
    most: f64,
    best: Vec<(f64, Moves)>,
}

impl Nearest {
    fn offer(&mut self, dollars: f64, moves: impl FnOnce() -> Moves) {
        let is_full = self.best.len() >= MOST_TRIED;
        if dollars <= 0.0 || dollars > self.most || (is_full && self.best.last().is_some_and(|last| dollars <= last.0))
        {
            return;
        }
        let place = self.best.iter().position(|(other, _)| dollars > *other).unwrap_or(self.best.len());
        self.best.insert(place, (dollars, moves()));
        self.best.truncate(MOST_TRIED);
    }
}

#[cfg(test)]
mod tests {
    use super::Nearest;

    #[test]
    fn the_nearest_sets_are_kept_in_order() {
        let mut found = Nearest { most: 10.0, best: Vec::new() };
        for (index, dollars) in [3.0, 11.0, 9.0, 9.0, -1.0, 10.0, 1.0, 2.0, 4.0, 5.0].into_iter().enumerate() {
            found.offer(dollars, || vec![(index, 1)]);
        }
        let kept: Vec<(f64, usize)> = found.best.iter().map(|(dollars, moves)| (*dollars, moves[0].0)).collect();
        assert_eq!(kept, [(10.0, 5), (9.0, 2), (9.0, 3), (5.0, 9), (4.0, 8), (3.0, 0)]);
    }
}
