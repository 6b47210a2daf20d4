//! The general solver, behind good_lp: a second opinion on the levels of the objective.
//!
//! The only file that names good_lp. It knows neither reduced costs nor warm starts, so each level is a program of its own
//! that pins the levels before it with a small slack; `simplex.rs` does the same without slack and faster. This one is
//! asked after it about every route that is not too large, and answers for a single run when that one gives up.

use good_lp::{Expression, ProblemVariables, ResolutionError, Solution, SolverModel, Variable, constraint, variable};

use super::model::Model;
use super::simplex::Stop;

/// Room left to a level that is pinned, in basis points and relative: with none the solver may find no point at all.
pub(super) const PIN: f64 = 1e-9;

/// Name of the solver.
pub(super) const NAME: &str = "microlp 0.6 through good_lp 1.15";

/// Minimises some objectives one after the other. Returns the value of each and the last solution.
pub(super) fn levels(model: &Model, objectives: &[&[(usize, f64)]], pin: f64) -> Result<(Vec<f64>, Vec<f64>), Stop> {
    let mut values: Vec<f64> = Vec::new();
    let mut x = vec![0.0; model.columns.len()];
    for (level, objective) in objectives.iter().enumerate() {
        if objective.is_empty() && level + 1 < objectives.len() {
            values.push(0.0);
            continue;
        }
        let pins: Vec<(&[(usize, f64)], f64)> =
            objectives.iter().zip(&values).filter(|(o, _)| !o.is_empty()).map(|(o, value)| (*o, *value)).collect();
        x = minimise(model, objective, (&pins, pin))?;
        values.push(objective.iter().map(|(column, cost)| cost * x.get(*column).copied().unwrap_or(0.0)).sum());
    }
    Ok((values, x))
}

/// Levels that are pinned, with their values.
type Pins<'p> = [(&'p [(usize, f64)], f64)];

fn minimise(model: &Model, objective: &[(usize, f64)], (pins, pin): (&Pins<'_>, f64)) -> Result<Vec<f64>, Stop> {
    let mut variables = ProblemVariables::new();
    let columns: Vec<Variable> =
        model.columns.iter().map(|column| variables.add(variable().min(column.lo).max(column.hi))).collect();
    let sum = |terms: &[(usize, f64)]| {
        let mut expression = Expression::with_capacity(terms.len());
        for (column, coefficient) in terms {
            if let Some(variable) = columns.get(*column) {
                expression.add_mul(*coefficient, *variable);
            }
        }
        expression
    };
    let mut rows: Vec<Vec<(usize, f64)>> = vec![Vec::new(); model.rows.len()];
    for (index, column) in model.columns.iter().enumerate() {
        for (row, value) in &column.entries {
            if let Some(row) = rows.get_mut(*row) {
                row.push((index, *value));
            }
        }
    }
    let mut problem = variables.minimise(sum(objective)).using(good_lp::solvers::microlp::microlp);
    for (row, terms) in model.rows.iter().zip(&rows) {
        if row.lo == row.hi {
            problem.add_constraint(constraint::eq(sum(terms), row.lo));
            continue;
        }
        if row.hi.is_finite() {
            problem.add_constraint(constraint::leq(sum(terms), row.hi));
        }
        if row.lo.is_finite() {
            problem.add_constraint(constraint::geq(sum(terms), row.lo));
        }
    }
    for (terms, value) in pins {
        problem.add_constraint(constraint::leq(sum(terms), value + pin * value.abs().max(1.0)));
    }
    match problem.solve() {
        Ok(solution) => Ok(columns.iter().map(|column| solution.value(*column)).collect()),
        Err(ResolutionError::Infeasible) => Err(Stop::Infeasible),
        Err(_) => Err(Stop::Numerical),
    }
}
