//! What whole shares add to the program: rows that every whole-share plan satisfies and fractional ones do not.
//!
//! Where all trades of a symbol go in the same step, its value is `held + step * k` with a whole number `k`, and a row
//! about that symbol alone can be rounded (Chvatal-Gomory; mixed-integer rounding, Nemhauser and Wolsey 1990):
//!
//! ```text
//! k <= r                      becomes  k <= floor(r)
//! excess >= step * (k - r)    becomes  excess >= (1 - f) * step * (k - floor(r)),   f = r - floor(r)
//! gap >= step * (m - k)       implies  gap >= f * step * (ceil(m) - k),             f = m - floor(m)
//! ```
//!
//! A target with a cap at the same weight is then bought down to the last whole share below it, and the optimum of the
//! program with these rows is a bound that fractional plans do not reach.

use super::super::draft::Bound;
use super::{Builder, Expression};
use crate::model::Side;
use crate::units::Shares;

/// A value this many dollars from a whole number of steps is that number.
const NEAR: f64 = 1e-6;

/// What is known of the continuous plan.
#[derive(Clone, Debug)]
pub(in crate::plan) struct Whole {
    /// Its trades.
    pub amounts: Vec<f64>,
    /// Its trading cost: the value at which caps and targets of the rounded plan are judged.
    pub cost: f64,
    /// A little more, at which limits that may not be broken are judged.
    pub most_cost: f64,
}

impl Builder<'_, '_> {
    /// The trading cost by which the portfolio value is known to shrink.
    pub(super) fn planned_cost(&self) -> f64 {
        self.parts.whole.as_ref().map_or(0.0, |whole| whole.cost)
    }

    /// Basis points of one step of a symbol, if all its open trades go in such steps.
    fn step_of(&self, symbol: usize) -> Option<f64> {
        let ground = &self.draft.ground;
        let trades = ground.by_symbol.get(symbol)?;
        let mut open = trades.iter().filter_map(|trade| ground.trades.get(*trade)).filter(|trade| trade.most > 0.0);
        let first = open.clone().next()?;
        let is_whole = open.all(|trade| {
            let rest = trade.shares.map(|shares| shares.checked_rem(trade.step).is_some_and(|rest| rest.is_zero()));
            trade.step == first.step && rest.unwrap_or(true)
        });
        is_whole.then(|| first.unit * Shares(first.step).to_f64())
    }

    /// Change of a symbol by the continuous plan.
    fn change_of(&self, symbol: usize, amounts: &[f64]) -> f64 {
        let ground = &self.draft.ground;
        let trades = ground.by_symbol.get(symbol).into_iter().flatten();
        trades
            .filter_map(|trade| Some((ground.trades.get(*trade)?, amounts.get(*trade)?)))
            .map(|(trade, amount)| if trade.side == Side::Buy { *amount } else { -amount })
            .sum()
    }

    /// The trades of a symbol with their open columns, buys positive.
    fn change_terms(&self, symbol: usize, factor: f64) -> Expression {
        let ground = &self.draft.ground;
        let trades = ground.by_symbol.get(symbol).into_iter().flatten();
        trades
            .filter_map(|trade| Some((self.column_of(*trade)?, ground.trades.get(*trade)?)))
            .map(|(column, trade)| (column, if trade.side == Side::Buy { factor } else { -factor }))
            .collect()
    }

    /// The one symbol that a limit is about, with its coefficient.
    fn alone(&self, bound: &Bound) -> Option<(usize, f64)> {
        // The linear functions of one risk cap share their excess.
        if self.draft.bounds.iter().filter(|other| other.limit == bound.limit).count() > 1 {
            return None;
        }
        let trade = |index: usize| self.draft.ground.trades.get(index);
        let (first, value) = bound.terms.first()?;
        let (symbol, beta) = (trade(*first)?.symbol, value.abs());
        let is_alone = bound.terms.iter().all(|(index, value)| {
            trade(*index).is_some_and(|trade| {
                let signed = if trade.side == Side::Buy { beta } else { -beta };
                trade.symbol == symbol && *value == signed
            })
        });
        let trades = self.draft.ground.by_symbol.get(symbol)?;
        (is_alone && trades.len() == bound.terms.len() && beta > 0.0).then_some((symbol, beta))
    }

    /// Whether the trading cost is part of caps and targets: then they are about all trades, and nothing can be rounded.
    fn costs_move(&self) -> bool {
        !self.draft.at_gross_value && self.cost.is_some()
    }

    /// Writes a bound on one symbol for whole shares, if it is one. Returns whether it did.
    pub(super) fn whole_bound(&mut self, bound: &Bound, excess: &mut Expression) -> bool {
        let Some(whole) = &self.parts.whole else { return false };
        if self.costs_move() {
            return false;
        }
        let Some((symbol, beta)) = self.alone(bound) else { return false };
        let Some(step) = self.step_of(symbol) else { return false };
        let is_hard = bound.worst <= 0.0;
        let cost = bound.cost * if is_hard { whole.most_cost } else { whole.cost };
        let room = (bound.most - bound.constant - cost) / (beta * step);
        let near = NEAR * self.draft.ground.scale / step;
        let most = (room + near).floor();
        let change = self.change_of(symbol, &whole.amounts);
        if is_hard {
            let terms = self.change_terms(symbol, 1.0);
            self.model.row(f64::NEG_INFINITY, step * most, Some(bound.limit), terms);
        } else if beta * change > bound.most - bound.constant + 1e-7 {
            // Even fractions leave an excess: whole shares hardly matter to it.
            return false;
        } else {
            let slope = beta * (1.0 - (room - most).max(0.0));
            let mut terms = self.change_terms(symbol, slope);
            let over = self.model.column(0.0, bound.worst);
            terms.push((over, -1.0));
            self.model.high.push(over);
            if bound.counted {
                excess.push((over, 1.0));
            }
            self.model.row(f64::NEG_INFINITY, slope * step * most, Some(bound.limit), terms);
        }
        if let Some(ceiling) = self.ceilings.get_mut(symbol) {
            *ceiling = ceiling.min(most);
        }
        true
    }

    /// Writes what whole shares leave of the gap of a target, unless a limit keeps the symbol below it anyway.
    pub(super) fn whole_gap(&mut self, symbol: usize, missing: f64, gap: usize) {
        let Some(whole) = &self.parts.whole else { return };
        if self.costs_move() {
            return;
        }
        let Some(step) = self.step_of(symbol) else { return };
        let near = NEAR * self.draft.ground.scale / step;
        let steps = missing / step;
        let below = (steps + near).floor();
        let part = steps - below;
        let ceiling = self.ceilings.get(symbol).copied().unwrap_or(f64::INFINITY);
        if part <= near || ceiling <= below {
            return;
        }
        let change = self.change_of(symbol, &whole.amounts);
        if part * (step * (below + 1.0) - change) <= (missing - change).max(0.0) + 1e-7 {
            return;
        }
        let mut terms = self.change_terms(symbol, part);
        terms.push((gap, 1.0));
        self.model.row(part * step * (below + 1.0), f64::INFINITY, None, terms);
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::testing::{Household, dollars};

    /// 3,000 of 10,000 in shares of 700 is 4.29 shares: 4 with a cap there, and the 200 that are left are no one's fault.
    #[test]
    fn the_bound_knows_what_whole_shares_cannot_reach() {
        let mut home = Household::ira(&[("AGG", 100, 40)]).with_cash(6_000);
        home.price("XLI", 700);
        home.target("XLI", 0.30);
        home.cap("pos", &[("XLI", 1.0)], 0.30, 0.0);
        let plan = home.plan();
        assert_eq!(home.bought(&plan, "XLI"), "4");
        assert_eq!(plan.outcome.levels.gaps, dollars(200));
        assert_eq!(plan.bound.map(|levels| levels.gaps), Some(dollars(0)));
        assert_eq!(plan.whole_bound.map(|levels| levels.gaps), Some(dollars(200)));
    }

    /// Without the cap a fifth share closes the gap, unless cash ends at four.
    #[test]
    fn a_gap_may_be_closed_by_a_share_too_many() {
        let mut home = Household::ira(&[("AGG", 100, 40)]).with_cash(6_000);
        home.price("XLI", 700);
        home.target("XLI", 0.30);
        let plan = home.plan();
        assert_eq!(home.bought(&plan, "XLI"), "5");
        assert_eq!(plan.whole_bound.map(|levels| levels.gaps), Some(dollars(0)));
        home.problem.accounts[0].reserve = dollars(3_000);
        let plan = home.plan();
        assert_eq!(home.bought(&plan, "XLI"), "4");
        assert_eq!(plan.whole_bound.map(|levels| levels.gaps), Some(dollars(200)));
    }

    /// 5,500 in shares of 300 under a cap of 4,000: 13 fit, so 5 of 18 are sold, and nothing is left above the cap.
    #[test]
    fn an_excess_ends_below_its_cap() {
        let mut home = Household::ira(&[("NVDA", 300, 18)]).with_cash(4_600);
        home.cap("nvda", &[("NVDA", 1.0)], 0.40, 0.0);
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "NVDA"), "5");
        let bound = plan.whole_bound.unwrap();
        assert_eq!((bound.excess, bound.turnover), (dollars(0), dollars(1_500)));
        assert_eq!(plan.bound.map(|levels| levels.turnover), Some(dollars(1_400)));
    }
}
