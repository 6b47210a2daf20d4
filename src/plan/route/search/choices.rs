//! What a linear program cannot decide: what each choice does to it, and which are open in a solution.

use super::{DUST, Search};
use crate::plan::model::Expression;
use crate::plan::route::year::Affine;
use crate::plan::simplex::Simplex;

/// A tax that is this many basis points too low is wrong.
const WRONG: f64 = 1e-6;
/// A reason that is this near to its bounds is there.
const NEAR: f64 = 1e-6;

/// A choice that a linear program cannot make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A year's results lie in a regime.
    Regime {
        year: usize,
        regime: usize,
    },
    /// A term of a year's tax is one of its pieces.
    Piece {
        year: usize,
        regime: usize,
        term: usize,
        piece: usize,
    },
    /// An identity is only sold, or only bought.
    SellOnly(usize),
    BuyOnly(usize),
    /// A reason to sell losses is there, or is not.
    Tight(usize),
    Loose(usize),
    /// An order of this run or of the route is of at least the smallest size, or is not placed.
    Open(usize),
    Close(usize),
}

impl Search<'_> {
    pub fn apply(&self, choice: Choice, simplex: &mut Simplex) {
        let mut close = |columns: &Expression| {
            for (column, _) in columns {
                simplex.bound_column(*column, 0.0, 0.0);
            }
        };
        match choice {
            Choice::SellOnly(side) => self.program.sides.get(side).into_iter().for_each(|(_, bought)| close(bought)),
            Choice::BuyOnly(side) => self.program.sides.get(side).into_iter().for_each(|(sold, _)| close(sold)),
            Choice::Close(order) => self.program.orders.get(order).into_iter().for_each(|own| close(&own.columns)),
            Choice::Open(order) => {
                if let (Some(own), Some(least)) = (self.program.orders.get(order), self.least.get(order)) {
                    simplex.bound_row(own.row, *least, f64::INFINITY);
                }
            }
            Choice::Tight(reason) => {
                for (row, _, lo, hi) in self.program.reasons.get(reason).iter().flat_map(|own| &own.conditions) {
                    simplex.bound_row(*row, *lo, *hi);
                }
            }
            // Taken together in `close_losses`.
            Choice::Loose(_) => {}
            Choice::Regime { year, regime } => {
                let Some(block) = self.program.years.get(year) else { return };
                let Some(entered) = block.regimes.get(regime) else { return };
                for (row, lo, hi) in &entered.rows {
                    simplex.bound_row(*row, *lo, *hi);
                }
                for column in &entered.closed {
                    simplex.bound_column(*column, 0.0, 0.0);
                }
                for row in &block.below {
                    simplex.bound_row(*row, f64::NEG_INFINITY, f64::INFINITY);
                }
            }
            Choice::Piece { year, regime, term, piece } => {
                let entered = self.program.years.get(year).and_then(|block| block.regimes.get(regime));
                let piece = entered.and_then(|own| own.pieces.get(term)).and_then(|term| term.get(piece));
                if let Some((row, lo)) = piece {
                    simplex.bound_row(*row, *lo, *lo);
                }
            }
        }
    }

    /// The ways to decide what a solution leaves open, the likeliest first; none when it is a route.
    pub fn undecided(&self, x: &[f64], made: &[Choice]) -> Vec<Vec<Choice>> {
        let sides = self.program.sides.iter().enumerate();
        let both = sides.map(|(side, (sold, bought))| (side, Self::sum(sold, x), Self::sum(bought, x)));
        let widest = both
            .filter(|(_, sold, bought)| sold.min(*bought) > DUST)
            .max_by(|one, other| one.1.min(one.2).total_cmp(&other.1.min(other.2)).then(other.0.cmp(&one.0)));
        if let Some((side, sold, bought)) = widest {
            let (sell, buy) = (vec![Choice::SellOnly(side)], vec![Choice::BuyOnly(side)]);
            return if sold >= bought { vec![sell, buy] } else { vec![buy, sell] };
        }
        if let Some(choices) = self.unneeded(x, made) {
            return choices;
        }
        self.mistaxed(x, made).or_else(|| self.overtaxed(x, made)).unwrap_or_default()
    }

    /// Whether a reason to sell losses is there.
    pub fn is_there(&self, reason: usize, x: &[f64]) -> bool {
        let Some(reason) = self.program.reasons.get(reason) else { return false };
        let near = NEAR;
        reason.conditions.iter().all(|(_, terms, lo, hi)| {
            let sum = Self::sum(terms, x);
            sum >= lo - near && sum <= hi + near
        })
    }

    /// A loss that is sold without a reason: each of its reasons may be made to hold, or none of them does.
    fn unneeded(&self, x: &[f64], made: &[Choice]) -> Option<Vec<Vec<Choice>>> {
        let at = |column: &usize| x.get(*column).copied().unwrap_or(0.0);
        let sold = |columns: &[usize]| columns.iter().map(at).sum::<f64>();
        let lost = self
            .program
            .losses
            .iter()
            .filter(|loss| !loss.reasons.iter().any(|reason| self.is_there(*reason, x)))
            .map(|loss| (sold(&loss.columns), loss))
            .filter(|(sold, _)| *sold > DUST)
            .reduce(|most, own| if own.0 > most.0 { own } else { most })?
            .1;
        let is_open = |reason: &usize| !made.contains(&Choice::Loose(*reason));
        let mut ways: Vec<Vec<Choice>> =
            lost.reasons.iter().filter(|r| is_open(r)).map(|reason| vec![Choice::Tight(*reason)]).collect();
        ways.push(lost.reasons.iter().filter(|r| is_open(r)).map(|reason| Choice::Loose(*reason)).collect());
        Some(ways)
    }

    /// The year whose tax is most understated, or whose carry is wrong: each of its regimes, that of its results first.
    fn mistaxed(&self, x: &[f64], made: &[Choice]) -> Option<Vec<Vec<Choice>>> {
        let scale = self.program.scale;
        let at = |column: usize| x.get(column).copied().unwrap_or(0.0);
        let wrong = self.program.years.iter().enumerate().filter(|(_, block)| block.regimes.len() > 1);
        let wrong = wrong.filter_map(|(place, block)| {
            if made.iter().any(|choice| matches!(choice, Choice::Regime { year, .. } if *year == place)) {
                return None;
            }
            let (tax, short, long) = block.function.of(at(block.short) / scale, at(block.long) / scale);
            let apart = (scale * tax - at(block.tax)).abs();
            let carry = (scale * short - at(block.carry.0)).abs() + (scale * long - at(block.carry.1)).abs();
            (apart.max(carry) > WRONG).then_some((apart + carry, place, block))
        });
        let (_, year, block) = wrong.reduce(|most, own| if own.0 > most.0 { own } else { most })?;
        let (short, long) = (at(block.short) / scale, at(block.long) / scale);
        let mut regimes: Vec<usize> = (0..block.regimes.len()).collect();
        // The regime of the results first; of the others those with more loss later.
        regimes.sort_by_key(|place| {
            let holds = block.regimes.get(*place).is_some_and(|own| own.regime.holds(short, long, 1e-3));
            (!holds, *place)
        });
        Some(regimes.into_iter().map(|regime| vec![Choice::Regime { year, regime }]).collect())
    }

    /// A year whose tax is overstated, so that its budget is used up on paper only and a reason to sell losses: each piece
    /// that a term can be, the nearest first.
    fn overtaxed(&self, x: &[f64], made: &[Choice]) -> Option<Vec<Vec<Choice>>> {
        if !made.iter().any(|choice| matches!(choice, Choice::Tight(_))) {
            return None;
        }
        let at = |column: usize| x.get(column).copied().unwrap_or(0.0);
        self.program.years.iter().enumerate().find_map(|(year, block)| {
            let of_year = |choice: &Choice| match choice {
                Choice::Regime { year: own, regime } if *own == year => Some(*regime),
                _ => None,
            };
            let regime = made.iter().find_map(of_year).unwrap_or(0);
            let terms = block.terms.iter().zip(&block.regimes.get(regime)?.regime.terms).enumerate();
            terms.into_iter().find_map(|(term, (column, pieces))| {
                let above = |(a, b, constant): &Affine| {
                    at(*column) - a * at(block.short) - b * at(block.long) - constant * self.program.scale
                };
                let mut ways: Vec<(f64, usize)> = pieces.iter().map(above).zip(0..).collect();
                ways.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
                ways.first().filter(|(above, _)| *above > WRONG)?;
                let way = |(_, piece)| vec![Choice::Piece { year, regime, term, piece }];
                Some(ways.into_iter().map(way).collect())
            })
        })
    }

    /// Closes the losses that have no reason left.
    pub fn close_losses(&self, made: &[Choice], simplex: &mut Simplex) {
        for loss in &self.program.losses {
            if loss.reasons.iter().all(|reason| made.contains(&Choice::Loose(*reason))) {
                for column in &loss.columns {
                    simplex.bound_column(*column, 0.0, 0.0);
                }
            }
        }
    }
}
