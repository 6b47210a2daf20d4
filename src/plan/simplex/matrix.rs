//! The matrix of a model by columns.

use super::super::model::Model;

/// The columns of a model, shared by every state of a search.
#[derive(Debug)]
pub(in crate::plan) struct Matrix {
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
        for alike in &model.alike {
            let common = alike.iter().filter_map(|column| matrix.scale.get(*column)).copied().fold(0.0, f64::max);
            for column in alike {
                matrix.scale[*column] = common;
            }
        }
        matrix
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
