//! A small linear program: columns with bounds and sparse entries, rows with bounds, objectives to be minimised one
//! after the other. Every number is in basis points of the portfolio value, so that coefficients stay near one.

/// A variable.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub lo: f64,
    pub hi: f64,
    /// Row and coefficient; each row at most once.
    pub entries: Vec<(usize, f64)>,
}

/// `lo <= sum(coefficient * column) <= hi`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub lo: f64,
    pub hi: f64,
    /// Index of the limit in the problem that the row stands for.
    pub limit: Option<usize>,
}

/// A linear function of columns.
pub(super) type Expression = Vec<(usize, f64)>;

/// The program.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Where the simplex starts: columns that are basic in a row in which their coefficient is one or minus one.
    pub basics: Vec<(usize, usize)>,
    /// Columns that start at their upper bound.
    pub high: Vec<usize>,
    /// Columns that differ in nothing but what they cost, the cheapest first: they look equally good to an objective that
    /// does not know the cost, so the first of them are used, and the objectives that follow find little to change.
    pub alike: Vec<Vec<usize>>,
}

impl Model {
    /// Adds a variable and returns its index.
    pub fn column(&mut self, lo: f64, hi: f64) -> usize {
        self.columns.push(Column { lo, hi, entries: Vec::new() });
        self.columns.len() - 1
    }

    /// Adds a row and returns its index. Columns named twice add up.
    pub fn row(
        &mut self,
        lo: f64,
        hi: f64,
        limit: Option<usize>,
        terms: impl IntoIterator<Item = (usize, f64)>,
    ) -> usize {
        let row = self.rows.len();
        self.rows.push(Row { lo, hi, limit });
        for (column, coefficient) in terms {
            let Some(column) = self.columns.get_mut(column) else { continue };
            if coefficient == 0.0 {
                continue;
            }
            match column.entries.last_mut() {
                Some((last, value)) if *last == row => *value += coefficient,
                _ => column.entries.push((row, coefficient)),
            }
        }
        row
    }
}
