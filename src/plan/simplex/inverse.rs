//! The inverse of a basis as a product of sparse elementary matrices (product form; Chvatal, Linear Programming, chapter
//! 7), and its renewal from scratch.
//!
//! In these programs nearly every column of a basis is alone in some row, or has one row that no other column has left:
//! taken in that order they need no elimination at all, and what remains is a handful of columns.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::matrix::Matrix;

/// A pivot smaller than this is refused.
pub(super) const PIVOT: f64 = 1e-8;
/// A lone entry smaller than this is no pivot before the others had their turn.
const SOUND: f64 = 1e-5;

/// A vector that knows which of its places may be other than zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Sparse {
    pub values: Vec<f64>,
    pub touched: Vec<usize>,
    is_touched: Vec<bool>,
}

impl Sparse {
    pub fn new(height: usize) -> Self {
        Sparse { values: vec![0.0; height], touched: Vec::new(), is_touched: vec![false; height] }
    }

    #[inline]
    pub fn add(&mut self, row: usize, value: f64) {
        if !self.is_touched[row] {
            self.is_touched[row] = true;
            self.touched.push(row);
        }
        self.values[row] += value;
    }

    pub fn clear(&mut self) {
        for row in self.touched.drain(..) {
            self.values[row] = 0.0;
            self.is_touched[row] = false;
        }
    }

    /// Puts a column of the program, or the slack of a row, in.
    pub fn load(&mut self, matrix: &Matrix, variable: usize) {
        self.clear();
        if variable >= matrix.width() {
            self.add(variable - matrix.width(), 1.0);
        } else {
            for (row, value) in matrix.column(variable) {
                self.add(row, value);
            }
        }
    }

    /// Returns the places that are other than zero.
    pub fn entries(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.touched.iter().map(|row| (*row, self.values[*row])).filter(|(_, value)| *value != 0.0)
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

/// The inverse.
#[derive(Clone, Debug, Default)]
pub(super) struct Inverse {
    etas: Vec<Eta>,
    rows: Vec<usize>,
    values: Vec<f64>,
    renewed_at: usize,
}

/// A basis in an order that can be factored: the variable of each position, and those that depend on others.
pub(super) struct Ordered {
    pub basis: Vec<usize>,
    pub dropped: Vec<usize>,
}

impl Inverse {
    /// Returns how many changes were made since the last renewal.
    pub fn age(&self) -> usize {
        self.etas.len() - self.renewed_at
    }

    /// Replaces the variable of a position by one whose column, seen through the inverse, is given.
    pub fn replace(&mut self, position: usize, column: &Sparse) {
        let pivot = column.values[position];
        let from = self.rows.len();
        for (row, value) in column.entries() {
            if row != position && value.abs() > 1e-14 {
                self.rows.push(row);
                self.values.push(-value / pivot);
            }
        }
        if from == self.rows.len() && pivot == 1.0 {
            return;
        }
        self.etas.push(Eta { row: position, pivot: 1.0 / pivot, from, to: self.rows.len() });
    }

    /// Solves `B y = column` in place.
    pub fn forward(&self, column: &mut Sparse) {
        for eta in &self.etas {
            self.apply(eta, column);
        }
    }

    #[inline]
    fn apply(&self, eta: &Eta, column: &mut Sparse) {
        let value = column.values[eta.row];
        if value == 0.0 {
            return;
        }
        column.values[eta.row] = value * eta.pivot;
        for (row, factor) in self.rows[eta.from..eta.to].iter().zip(&self.values[eta.from..eta.to]) {
            column.add(*row, factor * value);
        }
    }

    /// Solves `y B = row` in place.
    pub fn backward(&self, row: &mut [f64]) {
        for eta in self.etas.iter().rev() {
            let mut value = row[eta.row] * eta.pivot;
            for (index, factor) in self.rows[eta.from..eta.to].iter().zip(&self.values[eta.from..eta.to]) {
                value += row[*index] * factor;
            }
            row[eta.row] = value;
        }
    }

    /// Factors a basis anew. Variables that depend on others are dropped, and slacks take their places.
    pub fn renew(&mut self, matrix: &Matrix, variables: &[usize], work: &mut Sparse) -> Ordered {
        let (width, height) = (matrix.width(), matrix.height());
        self.etas.clear();
        self.rows.clear();
        self.values.clear();
        let mut basis: Vec<usize> = (width..width + height).collect();
        let mut dropped = Vec::new();
        let mut taken = vec![false; height];
        let mut columns = Vec::new();
        for variable in variables.iter().copied() {
            if variable >= width {
                taken[variable - width] = true;
            } else {
                columns.push(variable);
            }
        }
        // A canonical order, whatever way led to this basis.
        columns.sort_unstable();
        // The eta of each row, for columns that meet it later.
        let mut eta_of = vec![usize::MAX; height];
        for (column, lone) in order(matrix, &columns, &taken) {
            work.load(matrix, column);
            self.forward_from(work, &eta_of);
            let row = lone.filter(|row| work.values[*row].abs() > PIVOT).or_else(|| {
                // The largest pivot among the free rows, the first of equals.
                let free = work.entries().filter(|(row, value)| !taken[*row] && value.abs() > PIVOT);
                free.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()).then(b.0.cmp(&a.0))).map(|(row, _)| row)
            });
            let Some(row) = row else {
                dropped.push(column);
                continue;
            };
            taken[row] = true;
            basis[row] = column;
            let count = self.etas.len();
            self.replace(row, work);
            if self.etas.len() > count {
                eta_of[row] = count;
            }
        }
        work.clear();
        self.renewed_at = self.etas.len();
        Ordered { basis, dropped }
    }

    /// [`Self::forward`] while every row has at most one eta: visits only those that matter, in order.
    fn forward_from(&self, column: &mut Sparse, eta_of: &[usize]) {
        let mut open: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
        open.extend(column.touched.iter().map(|row| eta_of[*row]).filter(|eta| *eta != usize::MAX).map(Reverse));
        while let Some(Reverse(index)) = open.pop() {
            let known = column.touched.len();
            self.apply(&self.etas[index], column);
            let new = column.touched[known..].iter().map(|row| eta_of[*row]);
            open.extend(new.filter(|eta| *eta != usize::MAX && *eta > index).map(Reverse));
        }
    }
}

/// The structural columns of a basis in an order that fills in little, with the row of those that have no choice.
fn order(matrix: &Matrix, columns: &[usize], taken: &[bool]) -> Vec<(usize, Option<usize>)> {
    let mut by_row: Vec<Vec<usize>> = vec![Vec::new(); taken.len()];
    let mut open = vec![0_usize; columns.len()];
    for (place, column) in columns.iter().enumerate() {
        for (row, _) in matrix.column(*column).filter(|(row, _)| !taken[*row]) {
            by_row[row].push(place);
            open[place] += 1;
        }
    }
    let mut row_open: Vec<usize> = by_row.iter().map(Vec::len).collect();
    let mut row_done = taken.to_vec();
    let mut done = vec![false; columns.len()];
    let mut ordered = Vec::with_capacity(columns.len());
    let mut lone_columns: Vec<usize> = (0..columns.len()).rev().filter(|place| open[*place] == 1).collect();
    let mut lone_rows: Vec<usize> = (0..taken.len()).rev().filter(|row| row_open[*row] == 1).collect();
    loop {
        let (place, row) = if let Some(place) = lone_columns.pop() {
            let row = matrix.column(columns[place]).find(|(row, _)| !row_done[*row]);
            match row {
                Some((row, value)) if !done[place] && value.abs() > SOUND => (place, row),
                _ => continue,
            }
        } else if let Some(row) = lone_rows.pop() {
            let place = by_row[row].iter().copied().find(|place| !done[*place]);
            let Some(place) = place.filter(|_| !row_done[row]) else { continue };
            let value = matrix.column(columns[place]).find(|(own, _)| *own == row);
            if value.is_none_or(|(_, value)| value.abs() <= SOUND) {
                continue;
            }
            (place, row)
        } else {
            break;
        };
        done[place] = true;
        row_done[row] = true;
        ordered.push((columns[place], Some(row)));
        for other in &by_row[row] {
            open[*other] -= 1;
            if open[*other] == 1 && !done[*other] {
                lone_columns.push(*other);
            }
        }
        for (other, _) in matrix.column(columns[place]).filter(|(other, _)| !row_done[*other]) {
            row_open[other] -= 1;
            if row_open[other] == 1 {
                lone_rows.push(other);
            }
        }
    }
    let mut rest: Vec<usize> = (0..columns.len()).filter(|place| !done[*place]).collect();
    rest.sort_by_key(|place| (open[*place], columns[*place]));
    ordered.extend(rest.into_iter().map(|place| (columns[place], None)));
    ordered
}

#[cfg(test)]
mod tests {
    use super::{Inverse, Sparse};
    use crate::plan::model::Model;
    use crate::plan::simplex::Matrix;

    /// Columns (2, 1, 0), (1, 1, 1), (0, 3, 1) and (4, 2, 0), which is twice the first.
    fn matrix() -> Matrix {
        let mut model = Model::default();
        for _ in 0..4 {
            model.column(0.0, 1.0);
        }
        for terms in
            [vec![(0, 2.0), (1, 1.0), (3, 4.0)], vec![(0, 1.0), (1, 1.0), (2, 3.0), (3, 2.0)], vec![(1, 1.0), (2, 1.0)]]
        {
            model.row(0.0, 0.0, None, terms);
        }
        Matrix::new(&model)
    }

    #[test]
    fn a_basis_times_its_inverse_is_the_identity() {
        let matrix = matrix();
        let mut work = Sparse::new(3);
        // Slack 5 is that of the second row.
        for variables in [[0, 1, 2], [0, 5, 2], [1, 2, 4]] {
            let mut inverse = Inverse::default();
            let ordered = inverse.renew(&matrix, &variables, &mut work);
            assert!(ordered.dropped.is_empty(), "{variables:?}");
            for (position, variable) in ordered.basis.iter().enumerate() {
                work.load(&matrix, *variable);
                inverse.forward(&mut work);
                for row in 0..3 {
                    let wanted = if row == position { 1.0 } else { 0.0 };
                    assert!((work.values[row] - wanted).abs() < 1e-12, "{variables:?}: {:?}", work.values);
                }
            }
            // Prices of the rows: each column costs what was asked.
            let mut prices = vec![1.0, 2.0, 3.0];
            inverse.backward(&mut prices);
            for (position, variable) in ordered.basis.iter().enumerate() {
                work.load(&matrix, *variable);
                let cost: f64 = work.entries().map(|(row, value)| prices[row] * value).sum();
                assert!((cost - (position as f64 + 1.0)).abs() < 1e-12, "{variables:?}");
            }
        }
    }

    #[test]
    fn a_column_that_depends_on_others_is_dropped() {
        let matrix = matrix();
        let ordered = Inverse::default().renew(&matrix, &[0, 3, 2], &mut Sparse::new(3));
        assert_eq!(ordered.dropped.len(), 1);
        assert!(ordered.basis.iter().any(|variable| *variable >= 4));
    }
}
