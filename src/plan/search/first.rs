//! The start of a very large program, from the general solver's solution.
//!
//! Nothing but the start is taken from it: the simplex goes through the same levels from there, proves each, and breaks
//! the ties. So every level, and with the tie-break every trade, comes to what it would from its own start. No answer is
//! only a slower start.

use super::super::program::Level;
use super::super::simplex::Simplex;
use super::super::solve;
use super::Search;

impl Search<'_, '_> {
    /// Puts the simplex where the general solver says that some levels are least, one after the other.
    pub(super) fn start_from_the_general_solver(&mut self, simplex: &mut Simplex<'_>, levels: &[Level]) {
        let mut model = self.program.model.clone();
        simplex.copy_bounds(&mut model);
        let objectives: Vec<_> = levels.iter().map(|level| level.expression.as_slice()).collect();
        if let Ok((_, x)) = solve::levels(&model, &objectives) {
            simplex.start_from(&x);
            self.started = true;
        }
    }
}
