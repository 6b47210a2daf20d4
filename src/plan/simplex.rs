//! A bounded-variable primal simplex for short, wide programs, made for minimising several objectives in order.
//!
//! Why our own beside good_lp: after one objective is optimal, every nonbasic variable with a nonzero reduced cost is
//! frozen where it stands. What is left is exactly the set of optimal solutions, so the next objective starts from the
//! same basis, with no slack that leaks from level to level and no second start. A general solver behind an interface
//! gives neither reduced costs nor warm starts. Prices are Dantzig's with static scaling over a short list of candidates
//! (multiple pricing), ratios are Harris's, Bland's rule ends cycles. `crosscheck` compares every level with a general
//! solver's.

mod inverse;
mod matrix;
mod primal;

use std::rc::Rc;

use inverse::{Inverse, Sparse};
pub(super) use matrix::Matrix;

use super::model::Model;

/// A basic variable may stand this far outside its bounds, in basis points.
const FEASIBLE: f64 = 1e-9;
/// A reduced cost smaller than this is none.
const OPTIMAL: f64 = 1e-9;
/// A reduced cost smaller than this is a tie for the objectives that follow: a dollar moved costs less than a third of a
/// millionth of a dollar of the earlier goal. Such prices come from trading costs that shrink the portfolio value, and
/// bear no meaning.
const TIED: f64 = 3e-7;
/// Steps between renewals of the basis.
const RENEW: usize = 64;
/// Steps without progress before Bland's rule.
const STALLED: usize = 60;
/// Variables that are priced again before all others are looked at.
const CANDIDATES: usize = 40;

/// Why there is no solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// No point satisfies the rows and bounds.
    Infeasible,
    /// The steps or the numbers ran away; nothing is known.
    Numerical,
}

/// Where a search stood, to start another from: also in a program with more columns and rows at the end.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    width: usize,
    x: Vec<f64>,
    basis: Vec<usize>,
    /// Only for the same program.
    inverse: Option<Inverse>,
}

impl Standing {
    /// Makes it fit for another program.
    pub fn forget_matrix(&mut self) {
        self.inverse = None;
    }
}

/// A basis with its point. Variables are the columns, then one slack per row (`row + slack = 0`).
#[derive(Clone, Debug)]
pub(super) struct Simplex {
    matrix: Rc<Matrix>,
    lo: Vec<f64>,
    hi: Vec<f64>,
    x: Vec<f64>,
    basis: Vec<usize>,
    is_basic: Vec<bool>,
    frozen: Vec<bool>,
    inverse: Inverse,
    /// Whether the inverse is that of the basis.
    is_factored: bool,
    stalled: usize,
    steps: usize,
    /// The reduced cost of every variable at the end of the last run.
    reduced: Vec<f64>,
}

impl Simplex {
    /// Returns the state in which every column stands at the bound nearest to zero, but for the start of the model.
    pub fn new(model: &Model, matrix: &Rc<Matrix>) -> Self {
        let (width, height) = (matrix.width(), matrix.height());
        let mut lo: Vec<f64> = model.columns.iter().map(|column| column.lo).collect();
        let mut hi: Vec<f64> = model.columns.iter().map(|column| column.hi).collect();
        lo.extend(model.rows.iter().map(|row| -row.hi));
        hi.extend(model.rows.iter().map(|row| -row.lo));
        let x = lo.iter().zip(&hi).map(|(lo, hi)| 0.0_f64.clamp(*lo, lo.max(*hi))).collect();
        let mut state = Simplex {
            matrix: matrix.clone(),
            lo,
            hi,
            x,
            basis: (width..width + height).collect(),
            is_basic: (0..width + height).map(|variable| variable >= width).collect(),
            frozen: vec![false; width + height],
            inverse: Inverse::default(),
            is_factored: false,
            stalled: 0,
            steps: 0,
            reduced: Vec::new(),
        };
        for column in &model.high {
            state.x[*column] = state.hi[*column];
        }
        for (row, column) in &model.basics {
            state.basis[*row] = *column;
            state.is_basic[*column] = true;
            state.is_basic[width + row] = false;
            let slack = &mut state.x[width + row];
            *slack = 0.0_f64.clamp(state.lo[width + row], state.hi[width + row]);
        }
        state
    }

    /// Returns where this state stands.
    pub fn standing(&self) -> Standing {
        let inverse = self.is_factored.then(|| self.inverse.clone());
        Standing { width: self.matrix.width(), x: self.x.clone(), basis: self.basis.clone(), inverse }
    }

    /// Takes over the basis of another search; [`Self::restore`] then makes it fit the bounds.
    pub fn adopt(&mut self, standing: &Standing) {
        let (width, height) = (self.matrix.width(), self.matrix.height());
        let (old_width, old_height) = (standing.width, standing.basis.len());
        if old_width > width || old_height > height {
            return;
        }
        let renamed = |variable: usize| if variable < old_width { variable } else { variable - old_width + width };
        for (variable, x) in standing.x.iter().enumerate() {
            self.x[renamed(variable)] = *x;
        }
        self.basis = standing.basis.iter().map(|variable| renamed(*variable)).collect();
        self.basis.extend(width + old_height..width + height);
        self.is_basic.fill(false);
        for variable in &self.basis {
            self.is_basic[*variable] = true;
        }
        if let Some(inverse) = &standing.inverse {
            self.inverse = inverse.clone();
            self.is_factored = true;
        }
    }

    /// Changes the bounds of a column.
    pub fn bound_column(&mut self, column: usize, lo: f64, hi: f64) {
        self.bound(column, lo, hi);
    }

    /// Narrows the bounds of a row.
    pub fn tighten_row(&mut self, row: usize, lo: f64, hi: f64) {
        let slack = self.matrix.width() + row;
        self.bound(slack, (-hi).max(self.lo[slack]), (-lo).min(self.hi[slack]));
    }

    /// Writes the bounds of this state into a model.
    pub fn copy_bounds(&self, model: &mut Model) {
        let width = self.matrix.width();
        for (index, column) in model.columns.iter_mut().enumerate() {
            (column.lo, column.hi) = (self.lo[index], self.hi[index]);
        }
        for (index, row) in model.rows.iter_mut().enumerate() {
            (row.lo, row.hi) = (-self.hi[width + index], -self.lo[width + index]);
        }
    }

    /// Takes the values of another solver's solution, to be read with [`Self::value`].
    pub fn set_values(&mut self, values: &[f64]) {
        for (own, value) in self.x.iter_mut().zip(values) {
            *own = *value;
        }
    }

    /// Changes the bounds of a row.
    pub fn bound_row(&mut self, row: usize, lo: f64, hi: f64) {
        self.bound(self.matrix.width() + row, -hi, -lo);
    }

    fn bound(&mut self, variable: usize, lo: f64, hi: f64) {
        self.lo[variable] = lo;
        self.hi[variable] = hi;
    }

    /// Returns the value of a column.
    pub fn value(&self, column: usize) -> f64 {
        self.x[column]
    }

    /// Returns what a row comes to.
    pub fn row(&self, row: usize) -> f64 {
        -self.x[self.matrix.width() + row]
    }

    /// Returns the upper bound of a row.
    pub fn most_of_row(&self, row: usize) -> f64 {
        -self.lo[self.matrix.width() + row]
    }

    /// Moves the nonbasic variables inside their bounds and then finds a feasible point.
    pub fn restore(&mut self) -> Result<(), Stop> {
        for variable in 0..self.x.len() {
            if self.lo[variable] > self.hi[variable] + FEASIBLE {
                return Err(Stop::Infeasible);
            }
            if !self.is_basic[variable] {
                let value = self.x[variable].max(self.lo[variable]).min(self.hi[variable].max(self.lo[variable]));
                // A nonbasic variable stands at a bound, or at zero when it has none.
                let (to_lo, to_hi) = (value - self.lo[variable], self.hi[variable] - value);
                self.x[variable] = if to_lo <= to_hi && self.lo[variable].is_finite() {
                    self.lo[variable]
                } else if self.hi[variable].is_finite() {
                    self.hi[variable]
                } else {
                    value
                };
            }
        }
        if self.is_factored {
            self.place_basics();
        } else {
            self.renew()?;
        }
        let costs = vec![0.0; self.matrix.width()];
        self.run(&costs, true)
    }

    /// Minimises a linear function from a feasible point and returns its least value.
    pub fn minimise(&mut self, objective: &[(usize, f64)]) -> Result<f64, Stop> {
        let value = objective.iter().map(|(column, cost)| cost * self.x[*column]).sum();
        if self.is_least(objective) {
            return Ok(value);
        }
        let mut costs = vec![0.0; self.matrix.width()];
        for (column, cost) in objective {
            costs[*column] += cost;
        }
        self.run(&costs, false)?;
        if self.infeasibility() > 1e-6 {
            return Err(Stop::Numerical);
        }
        Ok(objective.iter().map(|(column, cost)| cost * self.x[*column]).sum())
    }

    /// Keeps the objective that was just minimised at its least value from now on: freezes every variable that costs
    /// something. Calls `binding` with the row of each slack among them.
    pub fn freeze(&mut self, objective: &[(usize, f64)], mut binding: impl FnMut(usize)) {
        if self.is_least(objective) {
            for (column, cost) in objective.iter().filter(|(_, cost)| *cost != 0.0) {
                let end = if *cost > 0.0 { self.lo[*column] } else { self.hi[*column] };
                (self.lo[*column], self.hi[*column]) = (end, end);
            }
            return;
        }
        let width = self.matrix.width();
        for variable in 0..self.x.len() {
            if self.is_basic[variable] || self.frozen[variable] {
                continue;
            }
            if self.reduced[variable].abs() > TIED {
                self.frozen[variable] = true;
                if variable >= width {
                    binding(variable - width);
                }
            }
        }
    }

    /// Whether the objective cannot be less within the bounds of its own columns: then nothing need be solved.
    fn is_least(&self, objective: &[(usize, f64)]) -> bool {
        objective.iter().all(|(column, cost)| {
            let x = self.x[*column];
            match cost.total_cmp(&0.0) {
                std::cmp::Ordering::Greater => x <= self.lo[*column] + FEASIBLE,
                std::cmp::Ordering::Less => x >= self.hi[*column] - FEASIBLE,
                std::cmp::Ordering::Equal => true,
            }
        })
    }

    fn infeasibility(&self) -> f64 {
        self.basis
            .iter()
            .map(|variable| {
                (self.lo[*variable] - self.x[*variable]).max(self.x[*variable] - self.hi[*variable]).max(0.0)
            })
            .fold(0.0, f64::max)
    }

    /// Prices of the rows: costs of the basics through the basis.
    fn prices(&self, costs: &[f64], repairing: bool) -> Vec<f64> {
        let mut prices: Vec<f64> = self
            .basis
            .iter()
            .map(|variable| {
                if repairing {
                    if self.x[*variable] < self.lo[*variable] - FEASIBLE {
                        -1.0
                    } else if self.x[*variable] > self.hi[*variable] + FEASIBLE {
                        1.0
                    } else {
                        0.0
                    }
                } else {
                    costs.get(*variable).copied().unwrap_or(0.0)
                }
            })
            .collect();
        self.inverse.backward(&mut prices);
        prices
    }

    fn reduced_cost(&self, variable: usize, costs: &[f64], prices: &[f64]) -> f64 {
        let width = self.matrix.width();
        if variable >= width {
            return -prices[variable - width];
        }
        let mut reduced = costs[variable];
        for (row, value) in self.matrix.column(variable) {
            reduced -= prices[row] * value;
        }
        reduced
    }

    /// Works the reduced costs of all variables out: by rows, most of which have no price.
    fn reduce(&mut self, costs: &[f64], prices: &[f64]) {
        self.reduced.clear();
        self.reduced.extend_from_slice(costs);
        self.reduced.extend(prices.iter().map(|price| -price));
        for (row, price) in prices.iter().enumerate().filter(|(_, price)| **price != 0.0) {
            for (column, value) in self.matrix.row(row) {
                self.reduced[column] -= price * value;
            }
        }
    }

    /// Factors the basis anew and recomputes the basics.
    fn renew(&mut self) -> Result<(), Stop> {
        let mut work = Sparse::new(self.matrix.height());
        let renewed = self.inverse.renew(&self.matrix, &self.basis, &mut work);
        for variable in renewed.dropped {
            // The column depends on others: it leaves the basis where it stands nearest.
            self.is_basic[variable] = false;
            let (lo, hi, x) = (self.lo[variable], self.hi[variable], self.x[variable]);
            self.x[variable] = if lo.is_finite() && (x - lo).abs() <= (hi - x).abs() {
                lo
            } else if hi.is_finite() {
                hi
            } else {
                x
            };
        }
        for variable in &renewed.basis {
            self.is_basic[*variable] = true;
        }
        self.basis = renewed.basis;
        self.is_factored = true;
        self.place_basics();
        if self.x.iter().any(|value| !value.is_finite()) { Err(Stop::Numerical) } else { Ok(()) }
    }

    fn place_basics(&mut self) {
        let (width, height) = (self.matrix.width(), self.matrix.height());
        let mut rest = Sparse::new(height);
        for variable in 0..width {
            let x = self.x[variable];
            if !self.is_basic[variable] && x != 0.0 {
                for (row, value) in self.matrix.column(variable) {
                    rest.add(row, -value * x);
                }
            }
        }
        for row in 0..height {
            if !self.is_basic[width + row] {
                rest.add(row, -self.x[width + row]);
            }
        }
        self.inverse.forward(&mut rest);
        for (variable, value) in self.basis.iter().zip(&rest.values) {
            self.x[*variable] = *value;
        }
    }
}
