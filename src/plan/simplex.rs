//! A bounded-variable primal simplex for short, wide programs, made for minimising several objectives in order.
//!
//! Why our own beside good_lp: after one objective is optimal, every nonbasic variable with a nonzero reduced cost is
//! frozen where it stands. What is left is exactly the set of optimal solutions, so the next objective starts from the
//! same basis, with no slack that leaks from level to level and no second start. A general solver behind an interface
//! gives neither reduced costs nor warm starts. The basis is kept as a product of sparse elementary matrices (product
//! form of the inverse; Chvatal, Linear Programming, chapter 7), renewed every few dozen steps; prices are Dantzig's with
//! static scaling, Bland's rule ends cycles. `tests` compare every level with microlp's.

use super::model::Model;

/// A basic variable may stand this far outside its bounds, in basis points.
const FEASIBLE: f64 = 1e-9;
/// A reduced cost smaller than this is none.
const OPTIMAL: f64 = 1e-9;
/// A reduced cost smaller than this is a tie for the objectives that follow: a dollar moved costs less than a third of a
/// millionth of a dollar of the earlier goal. Such prices come from trading costs that shrink the portfolio value, and
/// bear no meaning.
const TIED: f64 = 3e-7;
/// A pivot smaller than this is refused.
const PIVOT: f64 = 1e-8;
/// Steps between renewals of the basis.
const RENEW: usize = 50;
/// Steps without progress before Bland's rule.
const STALLED: usize = 60;

/// Why there is no solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// No point satisfies the rows and bounds.
    Infeasible,
    /// The steps or the numbers ran away; nothing is known.
    Numerical,
}

/// The matrix of a model by columns, shared by every state of a search.
#[derive(Debug)]
pub(super) struct Matrix {
    starts: Vec<usize>,
    rows: Vec<usize>,
    values: Vec<f64>,
    /// 1 / the length of each column, for pricing.
    scale: Vec<f64>,
    height: usize,
}

impl Matrix {
    pub fn new(model: &Model) -> Self {
        let mut matrix = Matrix {
            starts: vec![0],
            rows: Vec::new(),
            values: Vec::new(),
            scale: Vec::new(),
            height: model.rows.len(),
        };
        for column in &model.columns {
            let mut square = 1.0;
            for (row, value) in &column.entries {
                matrix.rows.push(*row);
                matrix.values.push(*value);
                square += value * value;
            }
            matrix.starts.push(matrix.rows.len());
            matrix.scale.push(1.0 / f64::sqrt(square));
        }
        matrix
    }

    fn width(&self) -> usize {
        self.scale.len()
    }

    fn column(&self, index: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = match (self.starts.get(index), self.starts.get(index + 1)) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        };
        let rows = self.rows.get(range.clone()).unwrap_or_default();
        let values = self.values.get(range).unwrap_or_default();
        rows.iter().copied().zip(values.iter().copied())
    }
}

/// One elementary matrix: the identity but for column `row`.
#[derive(Clone, Debug)]
struct Eta {
    row: usize,
    pivot: f64,
    from: usize,
    to: usize,
}

/// Where a search stood, to start another from: also in a program with more columns and rows at the end.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    width: usize,
    x: Vec<f64>,
    basis: Vec<usize>,
}

/// A basis with its point. Variables are the columns, then one slack per row (`row + slack = 0`).
#[derive(Clone, Debug)]
pub(super) struct Simplex<'m> {
    matrix: &'m Matrix,
    lo: Vec<f64>,
    hi: Vec<f64>,
    x: Vec<f64>,
    basis: Vec<usize>,
    is_basic: Vec<bool>,
    frozen: Vec<bool>,
    etas: Vec<Eta>,
    eta_rows: Vec<usize>,
    eta_values: Vec<f64>,
    renewed_at: usize,
    stalled: usize,
    steps: usize,
}

impl<'m> Simplex<'m> {
    /// Returns the state in which every column stands at the bound nearest to zero, but for the start of the model.
    pub fn new(model: &Model, matrix: &'m Matrix) -> Self {
        let (width, height) = (matrix.width(), matrix.height);
        let mut lo: Vec<f64> = model.columns.iter().map(|column| column.lo).collect();
        let mut hi: Vec<f64> = model.columns.iter().map(|column| column.hi).collect();
        lo.extend(model.rows.iter().map(|row| -row.hi));
        hi.extend(model.rows.iter().map(|row| -row.lo));
        let x = lo.iter().zip(&hi).map(|(lo, hi)| 0.0_f64.clamp(*lo, lo.max(*hi))).collect();
        let mut state = Simplex {
            matrix,
            lo,
            hi,
            x,
            basis: (width..width + height).collect(),
            is_basic: (0..width + height).map(|variable| variable >= width).collect(),
            frozen: vec![false; width + height],
            etas: Vec::new(),
            eta_rows: Vec::new(),
            eta_values: Vec::new(),
            renewed_at: 0,
            stalled: 0,
            steps: 0,
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
        Standing { width: self.matrix.width(), x: self.x.clone(), basis: self.basis.clone() }
    }

    /// Takes over the basis of another search; [`Self::restore`] then makes it fit the bounds.
    pub fn adopt(&mut self, standing: &Standing) {
        let (width, height) = (self.matrix.width(), self.matrix.height);
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
    }

    /// Changes the bounds of a column.
    pub fn bound_column(&mut self, column: usize, lo: f64, hi: f64) {
        self.bound(column, lo, hi);
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
        self.renew()?;
        let costs = vec![0.0; self.matrix.width()];
        self.run(&costs, true)
    }

    /// Minimises a linear function from a feasible point and returns its least value.
    pub fn minimise(&mut self, objective: &[(usize, f64)]) -> Result<f64, Stop> {
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

    /// Keeps the objective at its least value from now on: freezes every variable that costs something. Calls `binding`
    /// with the row of each slack among them.
    pub fn freeze(&mut self, objective: &[(usize, f64)], mut binding: impl FnMut(usize)) {
        let width = self.matrix.width();
        let mut costs = vec![0.0; width];
        for (column, cost) in objective {
            costs[*column] += cost;
        }
        let prices = self.prices(&costs, false);
        for variable in 0..self.x.len() {
            if self.is_basic[variable] || self.frozen[variable] {
                continue;
            }
            if self.reduced(variable, &costs, &prices).abs() > TIED {
                self.frozen[variable] = true;
                if variable >= width {
                    binding(variable - width);
                }
            }
        }
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
        self.backward(&mut prices);
        prices
    }

    fn reduced(&self, variable: usize, costs: &[f64], prices: &[f64]) -> f64 {
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

    fn run(&mut self, costs: &[f64], repairing: bool) -> Result<(), Stop> {
        let (width, height) = (self.matrix.width(), self.matrix.height);
        let none = vec![0.0; width];
        let costs = if repairing { none.as_slice() } else { costs };
        let most = self.steps + 20 * (width + height) + 2_000;
        let mut column = vec![0.0; height];
        self.stalled = 0;
        let movable: Vec<usize> = (0..width + height)
            .filter(|variable| !self.frozen[*variable] && self.hi[*variable] > self.lo[*variable])
            .collect();
        loop {
            if self.etas.len() > self.renewed_at + RENEW {
                self.renew()?;
            }
            if repairing && self.infeasibility() <= FEASIBLE {
                return Ok(());
            }
            self.steps += 1;
            if self.steps > most {
                return Err(Stop::Numerical);
            }
            let prices = self.prices(costs, repairing);
            let careful = self.stalled > STALLED;
            let Some((entering, direction)) = self.entering(&movable, costs, &prices, careful) else {
                if !repairing {
                    return Ok(());
                }
                // The basis may have drifted: renew once before giving up.
                if self.etas.len() > self.renewed_at {
                    self.renew()?;
                    continue;
                }
                return if self.infeasibility() > 1e-7 { Err(Stop::Infeasible) } else { Ok(()) };
            };
            column.fill(0.0);
            self.scatter(entering, &mut column);
            self.forward(&mut column);
            self.step(entering, direction, &column, repairing, careful)?;
        }
    }

    /// Chooses the variable that enters and the way it moves.
    fn entering(&self, movable: &[usize], costs: &[f64], prices: &[f64], careful: bool) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        let mut most = 0.0;
        for variable in movable.iter().copied() {
            if self.is_basic[variable] {
                continue;
            }
            let reduced = self.reduced(variable, costs, prices);
            let direction = if reduced < -OPTIMAL && self.x[variable] < self.hi[variable] {
                1.0
            } else if reduced > OPTIMAL && self.x[variable] > self.lo[variable] {
                -1.0
            } else {
                continue;
            };
            if careful {
                return Some((variable, direction));
            }
            let gain =
                reduced.abs() * self.matrix.scale.get(variable).copied().unwrap_or(std::f64::consts::FRAC_1_SQRT_2);
            if gain > most {
                most = gain;
                best = Some((variable, direction));
            }
        }
        best
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

    fn step(
        &mut self,
        entering: usize,
        direction: f64,
        column: &[f64],
        repairing: bool,
        careful: bool,
    ) -> Result<(), Stop> {
        // First the longest step within the tolerance, then the largest pivot among those that stop before it (Harris).
        let mut longest = f64::INFINITY;
        for (position, value) in column.iter().enumerate() {
            if value.abs() > PIVOT {
                longest = longest.min(self.room(self.basis[position], -direction * value, repairing, FEASIBLE));
            }
        }
        let own = self.hi[entering] - self.lo[entering];
        let mut leaving: Option<usize> = None;
        let mut largest = 0.0;
        let mut length = f64::INFINITY;
        if longest < own {
            for (position, value) in column.iter().enumerate() {
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
            for (position, value) in column.iter().enumerate() {
                self.x[self.basis[position]] -= direction * own * value;
            }
            self.x[entering] = if direction > 0.0 { self.hi[entering] } else { self.lo[entering] };
            self.stalled = 0;
            return Ok(());
        };
        self.stalled = if length > 1e-12 { 0 } else { self.stalled + 1 };
        let gone = self.basis[position];
        for (position, value) in column.iter().enumerate() {
            if *value != 0.0 {
                self.x[self.basis[position]] -= direction * length * value;
            }
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
        self.remember(position, column);
        Ok(())
    }

    fn remember(&mut self, position: usize, column: &[f64]) {
        let pivot = column[position];
        let from = self.eta_rows.len();
        for (row, value) in column.iter().enumerate() {
            if row != position && value.abs() > 1e-14 {
                self.eta_rows.push(row);
                self.eta_values.push(-value / pivot);
            }
        }
        self.etas.push(Eta { row: position, pivot: 1.0 / pivot, from, to: self.eta_rows.len() });
    }

    fn scatter(&self, variable: usize, into: &mut [f64]) {
        let width = self.matrix.width();
        if variable >= width {
            into[variable - width] = 1.0;
        } else {
            for (row, value) in self.matrix.column(variable) {
                into[row] += value;
            }
        }
    }

    /// Solves `B y = column` in place.
    fn forward(&self, column: &mut [f64]) {
        for eta in &self.etas {
            let value = column[eta.row];
            if value == 0.0 {
                continue;
            }
            column[eta.row] = value * eta.pivot;
            for (row, factor) in self.eta_rows[eta.from..eta.to].iter().zip(&self.eta_values[eta.from..eta.to]) {
                column[*row] += factor * value;
            }
        }
    }

    /// Solves `y B = row` in place.
    fn backward(&self, row: &mut [f64]) {
        for eta in self.etas.iter().rev() {
            let mut value = row[eta.row] * eta.pivot;
            for (index, factor) in self.eta_rows[eta.from..eta.to].iter().zip(&self.eta_values[eta.from..eta.to]) {
                value += row[*index] * factor;
            }
            row[eta.row] = value;
        }
    }

    /// Factors the basis anew and recomputes the basics.
    fn renew(&mut self) -> Result<(), Stop> {
        let (width, height) = (self.matrix.width(), self.matrix.height);
        self.etas.clear();
        self.eta_rows.clear();
        self.eta_values.clear();
        let mut taken = vec![false; height];
        let mut structural: Vec<usize> = Vec::new();
        for variable in self.basis.iter().copied() {
            if variable >= width {
                taken[variable - width] = true;
            } else {
                structural.push(variable);
            }
        }
        let mut basis: Vec<usize> = (width..width + height).collect();
        structural
            .sort_by_key(|variable| (self.matrix.column(*variable).filter(|(row, _)| !taken[*row]).count(), *variable));
        let mut column = vec![0.0; height];
        for variable in structural {
            column.fill(0.0);
            self.scatter(variable, &mut column);
            self.forward(&mut column);
            // The largest pivot among the free rows, the first of equals.
            let mut best: Option<usize> = None;
            for (row, value) in column.iter().enumerate() {
                if *value != 0.0 && !taken[row] && best.is_none_or(|best| value.abs() > column[best].abs()) {
                    best = Some(row);
                }
            }
            match best {
                Some(row) if column[row].abs() > PIVOT => {
                    taken[row] = true;
                    basis[row] = variable;
                    self.remember(row, &column);
                }
                // The column depends on others: it leaves the basis where it stands nearest.
                _ => {
                    self.is_basic[variable] = false;
                    let (lo, hi) = (self.lo[variable], self.hi[variable]);
                    let x = self.x[variable];
                    self.x[variable] = if lo.is_finite() && (x - lo).abs() <= (hi - x).abs() {
                        lo
                    } else if hi.is_finite() {
                        hi
                    } else {
                        x
                    };
                }
            }
        }
        for variable in &basis {
            self.is_basic[*variable] = true;
        }
        self.basis = basis;
        self.renewed_at = self.etas.len();
        self.place_basics();
        if self.x.iter().any(|value| !value.is_finite()) { Err(Stop::Numerical) } else { Ok(()) }
    }

    fn place_basics(&mut self) {
        let (width, height) = (self.matrix.width(), self.matrix.height);
        let mut rest = vec![0.0; height];
        for variable in 0..width {
            let x = self.x[variable];
            if !self.is_basic[variable] && x != 0.0 {
                for (row, value) in self.matrix.column(variable) {
                    rest[row] -= value * x;
                }
            }
        }
        for (row, left) in rest.iter_mut().enumerate() {
            if !self.is_basic[width + row] {
                *left -= self.x[width + row];
            }
        }
        self.forward(&mut rest);
        for (position, value) in rest.into_iter().enumerate() {
            self.x[self.basis[position]] = value;
        }
    }
}
