//! The steps of the primal method: what enters, how far it goes, what leaves.

use super::inverse::{PIVOT, Sparse};
use super::{CANDIDATES, FEASIBLE, OPTIMAL, RENEW, STALLED, Simplex, Stop};

impl Simplex {
    /// Walks to a feasible point, or from one to where the costs are least.
    pub(super) fn run(&mut self, costs: &[f64], repairing: bool) -> Result<(), Stop> {
        let (width, height) = (self.matrix.width(), self.matrix.height());
        let none = vec![0.0; width];
        let costs = if repairing { none.as_slice() } else { costs };
        let most = self.steps + 20 * (width + height) + 2_000;
        let mut column = Sparse::new(height);
        self.stalled = 0;
        let movable: Vec<usize> = (0..width + height)
            .filter(|variable| !self.frozen[*variable] && self.hi[*variable] > self.lo[*variable])
            .collect();
        let mut candidates: Vec<(f64, usize)> = Vec::new();
        let mut prices: Option<Vec<f64>> = None;
        loop {
            if self.inverse.age() > RENEW {
                self.renew()?;
                prices = None;
            }
            if repairing && self.infeasibility() <= FEASIBLE {
                return Ok(());
            }
            self.steps += 1;
            if self.steps > most {
                return Err(Stop::Numerical);
            }
            let current = prices.take().unwrap_or_else(|| self.prices(costs, repairing));
            let careful = self.stalled > STALLED;
            let entering = if careful {
                let first = |variable: &usize| {
                    self.attraction(*variable, costs, &current).map(|(_, direction)| (*variable, direction))
                };
                movable.iter().find_map(first)
            } else {
                match self.best(&mut candidates, costs, &current) {
                    None => {
                        self.reduce(costs, &current);
                        self.collect(&movable, &mut candidates)
                    }
                    best => best,
                }
            };
            let Some((entering, direction)) = entering else {
                if !repairing {
                    if careful {
                        self.reduce(costs, &current);
                    }
                    return Ok(());
                }
                // The basis may have drifted: renew once before giving up.
                if self.inverse.age() > 0 {
                    self.renew()?;
                    continue;
                }
                return if self.infeasibility() > 1e-7 { Err(Stop::Infeasible) } else { Ok(()) };
            };
            column.load(&self.matrix, entering);
            self.inverse.forward(&mut column);
            let is_pivot = self.step(entering, direction, &column, repairing, careful)?;
            // While the basis stays, so do its prices.
            prices = (!is_pivot && !repairing).then_some(current);
        }
    }

    /// What it is worth to move a nonbasic variable, and which way; `None` when it is worth nothing.
    #[inline]
    fn attraction(&self, variable: usize, costs: &[f64], prices: &[f64]) -> Option<(f64, f64)> {
        if self.is_basic[variable] {
            return None;
        }
        self.worth(variable, self.reduced_cost(variable, costs, prices))
    }

    /// The same of a reduced cost.
    #[inline]
    fn worth(&self, variable: usize, reduced: f64) -> Option<(f64, f64)> {
        let direction = if reduced < -OPTIMAL && self.x[variable] < self.hi[variable] {
            1.0
        } else if reduced > OPTIMAL && self.x[variable] > self.lo[variable] {
            -1.0
        } else {
            return None;
        };
        Some((reduced.abs() * self.matrix.scale(variable), direction))
    }

    /// The best of the candidates and the way it moves. Those that are worth nothing any more are struck off.
    fn best(&self, candidates: &mut Vec<(f64, usize)>, costs: &[f64], prices: &[f64]) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        let mut most = 0.0;
        candidates.retain(|(_, variable)| {
            let Some((gain, direction)) = self.attraction(*variable, costs, prices) else { return false };
            if gain > most {
                most = gain;
                best = Some((*variable, direction));
            }
            true
        });
        best
    }

    /// Looks at every variable that may move and keeps the most promising. Returns the best of them and the way it moves.
    fn collect(&self, movable: &[usize], candidates: &mut Vec<(f64, usize)>) -> Option<(usize, f64)> {
        candidates.clear();
        let worth = |variable: usize| self.worth(variable, self.reduced[variable]);
        let open = movable.iter().filter(|variable| !self.is_basic[**variable]);
        candidates.extend(open.filter_map(|variable| worth(*variable).map(|(gain, _)| (gain, *variable))));
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if candidates.len() > CANDIDATES {
            candidates.select_nth_unstable_by(CANDIDATES, order);
            candidates.truncate(CANDIDATES);
        }
        candidates.sort_unstable_by(order);
        candidates.first().and_then(|(_, variable)| Some((*variable, worth(*variable)?.1)))
    }

    /// How far a basic variable lets the entering one go, when it changes by `rate` per unit.
    fn room(&self, variable: usize, rate: f64, repairing: bool, slack: f64) -> f64 {
        let (x, lo, hi) = (self.x[variable], self.lo[variable], self.hi[variable]);
        let end = if rate > 0.0 {
            if repairing && x < lo - FEASIBLE {
                lo
            } else if repairing && x > hi + FEASIBLE {
                return f64::INFINITY;
            } else {
                hi
            }
        } else if repairing && x > hi + FEASIBLE {
            hi
        } else if repairing && x < lo - FEASIBLE {
            return f64::INFINITY;
        } else {
            lo
        };
        let gap = if rate > 0.0 { end - x } else { x - end };
        if gap.is_finite() { (gap.max(0.0) + slack) / rate.abs() } else { f64::INFINITY }
    }

    /// Moves the entering variable as far as it goes. Returns whether the basis changed.
    fn step(
        &mut self,
        entering: usize,
        direction: f64,
        column: &Sparse,
        repairing: bool,
        careful: bool,
    ) -> Result<bool, Stop> {
        // First the longest step within the tolerance, then the largest pivot among those that stop before it (Harris).
        let mut longest = f64::INFINITY;
        for (position, value) in column.entries() {
            if value.abs() > PIVOT {
                longest = longest.min(self.room(self.basis[position], -direction * value, repairing, FEASIBLE));
            }
        }
        let own = self.hi[entering] - self.lo[entering];
        let mut leaving: Option<usize> = None;
        let mut largest = 0.0;
        let mut length = f64::INFINITY;
        if longest < own {
            for (position, value) in column.entries() {
                if value.abs() <= PIVOT {
                    continue;
                }
                let variable = self.basis[position];
                let room = self.room(variable, -direction * value, repairing, 0.0);
                if room > longest {
                    continue;
                }
                let better = match leaving {
                    None => true,
                    Some(previous) if careful => room < length || (room <= length && variable < self.basis[previous]),
                    Some(_) => value.abs() > largest,
                };
                if better {
                    leaving = Some(position);
                    largest = value.abs();
                    length = room;
                }
            }
        }
        let Some(position) = leaving else {
            if !own.is_finite() {
                return Err(Stop::Numerical);
            }
            // The entering variable goes from one bound to the other.
            for (position, value) in column.entries() {
                self.x[self.basis[position]] -= direction * own * value;
            }
            self.x[entering] = if direction > 0.0 { self.hi[entering] } else { self.lo[entering] };
            self.stalled = 0;
            return Ok(false);
        };
        self.stalled = if length > 1e-12 { 0 } else { self.stalled + 1 };
        let gone = self.basis[position];
        for (position, value) in column.entries() {
            self.x[self.basis[position]] -= direction * length * value;
        }
        self.x[entering] += direction * length;
        // The leaving variable stands exactly at the bound it met.
        let (lo, hi) = (self.lo[gone], self.hi[gone]);
        let met = if (self.x[gone] - lo).abs() <= (self.x[gone] - hi).abs() { lo } else { hi };
        if met.is_finite() {
            self.x[gone] = met;
        }
        self.is_basic[gone] = false;
        self.is_basic[entering] = true;
        self.basis[position] = entering;
        self.inverse.replace(position, column);
        Ok(true)
    }
}
