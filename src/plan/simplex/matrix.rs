//! The matrix of a model, by columns and by rows.

use super::super::model::Model;

/// The columns of a model, shared by every state of a search.
#[derive(Debug)]
pub(in crate::plan) struct Matrix {
    starts: Vec<usize>,
    rows: Vec<usize>,
    values: Vec<f64>,
    /// The same by rows: where each begins, the columns, and their values.
    by_row: (Vec<usize>, Vec<usize>, Vec<f64>),
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
            by_row: Default::default(),
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
        matrix.by_row = matrix.transposed();
        for alike in &model.alike {
            let common = alike.iter().filter_map(|column| matrix.scale.get(*column)).copied().fold(0.0, f64::max);
            for column in alike {
                matrix.scale[*column] = common;
            }
        }
        matrix
    }

    fn transposed(&self) -> (Vec<usize>, Vec<usize>, Vec<f64>) {
        let mut starts = vec![0; self.height + 1];
        self.rows.iter().for_each(|row| starts[row + 1] += 1);
        for row in 0..self.height {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let (mut columns, mut values) = (vec![0; self.rows.len()], vec![0.0; self.rows.len()]);
        for column in 0..self.starts.len() - 1 {
            for (row, value) in self.column(column) {
                columns[next[row]] = column;
                values[next[row]] = value;
                next[row] += 1;
            }
        }
        (starts, columns, values)
    }

    /// Returns the columns and coefficients of a row.
    #[inline]
    pub(super) fn row(&self, index: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (starts, columns, values) = &self.by_row;
        let range = starts[index]..starts[index + 1];
        columns[range.clone()].iter().copied().zip(values[range].iter().copied())
    }

    pub(super) fn width(&self) -> usize {
        self.scale.len()
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Returns the rows and coefficients of a column.
    #[inline]
    pub(super) fn column(&self, index: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[index]..self.starts[index + 1];
        self.rows[range.clone()].iter().copied().zip(self.values[range].iter().copied())
    }

    /// Returns what a reduced cost is worth: per unit of length of the column.
    #[inline]
    pub(super) fn scale(&self, variable: usize) -> f64 {
        self.scale.get(variable).copied().unwrap_or(std::f64::consts::FRAC_1_SQRT_2)
    }
}
