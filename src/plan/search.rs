//! The search for the best plan: the levels of the objective one after the other, over the pieces of the tax function
//! and over the choices a linear program cannot make (sell or buy a symbol, trade at least the minimum or not at all).
//!
//! Branch and bound over whole vectors of level values: a branch is cut as soon as one level is worse than the best
//! plan so far with the levels before it equal. It dives for a plan and goes on where most is promised, so that what is
//! left open when it is cut short bounds every plan. Nodes are counted, not timed, so that the answer never depends on
//! the machine.

mod choices;

use std::collections::BTreeSet;
use std::rc::Rc;

use super::draft::Draft;
use super::program::{Level, LevelKind, Parts, Program, Regime};
use super::simplex::{Matrix, Simplex, Standing, Stop};
use super::solve;
use choices::{Choice, with};

/// Level values closer than this are equal.
const TIE: f64 = 1e-7;
/// Most linear programs of a search.
const MOST_NODES: usize = 600;
/// The best plan of a search.
#[derive(Clone, Debug)]
pub(super) struct Best {
    /// One value per level, in basis points.
    pub values: Vec<f64>,
    /// Basis points of each trade.
    pub amounts: Vec<f64>,
    /// Flag of each order; 1 where orders have none.
    pub flags: Vec<f64>,
    /// Indices of the limits with a price in some level.
    pub binding: BTreeSet<usize>,
    /// Where the simplex stood.
    standing: Option<Rc<Standing>>,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub best: Option<Best>,
    /// Whether no plan can be better than `best`.
    pub complete: bool,
    /// Where the search was cut short: level values that no plan can be below in what was not searched.
    unsolved: Vec<Vec<f64>>,
    /// Programs solved by the second solver because the first stopped.
    pub second_opinions: usize,
}

impl Found {
    /// Returns level values that no plan can be below, if any are known.
    pub fn least(&self) -> Option<&[f64]> {
        let best = self.best.as_ref().map(|best| best.values.as_slice());
        let least = self.unsolved.iter().map(Vec::as_slice).chain(best);
        let least = least.reduce(|least, values| {
            // Of what has no values nothing is known.
            if values.is_empty() || !least.is_empty() && is_less(values, least) { values } else { least }
        });
        least.filter(|least| !least.is_empty())
    }
}

/// A search with what it takes to go on from it.
#[derive(Debug)]
pub(super) struct Searched {
    pub program: Program,
    pub found: Found,
}

struct Search<'s, 'a> {
    draft: &'s Draft<'a>,
    program: &'s Program,
    matrix: &'s Rc<Matrix>,
    best: Option<Best>,
    second_opinions: usize,
    /// Whether a program could not be solved.
    stopped: bool,
}

/// Searches for the best plan, first without the parts of the program that hardly ever matter.
pub(super) fn search(draft: &Draft<'_>) -> Searched {
    let mut parts = Parts::default();
    let mut from = None;
    loop {
        let program = Program::new(draft, &parts);
        if let Some(found) = attempt(draft, &program, &mut parts, &mut from) {
            return Searched { program, found };
        }
    }
}

fn for_another_program(standing: Rc<Standing>) -> Rc<Standing> {
    let mut standing = Rc::unwrap_or_clone(standing);
    standing.forget_matrix();
    Rc::new(standing)
}

/// Searches with some parts of the program; `None` when a solution shows that more are needed, which are then added.
fn attempt(draft: &Draft<'_>, program: &Program, parts: &mut Parts, from: &mut Option<Rc<Standing>>) -> Option<Found> {
    let matrix = Rc::new(Matrix::new(&program.model));
    let mut search = Search { draft, program, matrix: &matrix, best: None, second_opinions: 0, stopped: false };
    let mut found = Found::default();
    let mut open = vec![Node { choices: Vec::new(), from: from.take(), least: Vec::new() }];
    let mut nodes = 0;
    while let Some(node) = open.pop() {
        if let Some(best) = &search.best
            && !node.least.is_empty()
            && !is_less(&node.least, &best.values)
        {
            continue;
        }
        if nodes >= MOST_NODES {
            open.push(node);
            break;
        }
        nodes += 1;
        let solved = search.relax(&node.choices, node.from.as_deref());
        // What could not be solved is not known to be worse.
        if std::mem::take(&mut search.stopped) {
            found.unsolved.push(node.least);
        }
        let Some(solved) = solved else { continue };
        let open_gaps = program.untold_gaps.and_then(|level| solved.values.get(level)).is_some_and(|gaps| *gaps > TIE);
        let undecided = search.undecided(&solved.amounts, &solved.flags);
        let unwritten: Vec<usize> =
            undecided.orders.into_iter().filter(|order| !parts.orders.contains(order)).collect();
        if open_gaps || !unwritten.is_empty() {
            parts.largest |= open_gaps;
            parts.orders.extend(unwritten);
            *from = solved.standing.map(for_another_program);
            return None;
        }
        if undecided.choices.is_empty() {
            search.best = Some(solved);
            continue;
        }
        // The likely choices all at once, and every way to differ from them first at one.
        let mut likely = node.choices;
        for (choice, other) in undecided.choices {
            let choices = with(&likely, other);
            open.push(Node { choices, from: solved.standing.clone(), least: solved.values.clone() });
            likely.push(choice);
        }
        open.push(Node { choices: likely, from: solved.standing, least: solved.values });
    }
    found.unsolved.extend(open.into_iter().map(|node| node.least));
    found.complete = found.unsolved.is_empty();
    found.second_opinions = search.second_opinions;
    found.best = search.best;
    Some(found)
}

/// Choices whose program is still to be solved.
#[derive(Default)]
struct Node {
    choices: Vec<Choice>,
    /// Where the simplex stood without the last of them.
    from: Option<Rc<Standing>>,
    /// Level values without the last of them: no plan with these choices can have smaller ones. None for the first.
    least: Vec<f64>,
}

/// Compares a value of a level with the best plan's: worse, equal or better.
fn against(best: Option<f64>, value: f64) -> std::cmp::Ordering {
    match best {
        None => std::cmp::Ordering::Less,
        Some(best) if value > best + TIE * best.abs().max(1.0) => std::cmp::Ordering::Greater,
        Some(best) if value < best - TIE * best.abs().max(1.0) => std::cmp::Ordering::Less,
        Some(_) => std::cmp::Ordering::Equal,
    }
}

/// A descent through the levels that may be cut.
#[derive(Clone)]
struct Descent {
    simplex: Simplex,
    values: Vec<f64>,
    /// Already better than the best plan at some level.
    is_better: bool,
    binding: BTreeSet<usize>,
}

impl Search<'_, '_> {
    /// Solves the program under some choices; `None` when nothing better than the best plan is in it.
    fn relax(&mut self, choices: &[Choice], from: Option<&Standing>) -> Option<Best> {
        let mut simplex = Simplex::new(&self.program.model, self.matrix);
        for choice in choices {
            self.apply(*choice, &mut simplex);
        }
        if let Some(standing) = from {
            simplex.adopt(standing);
        }
        let known = self.best.as_ref().map(|best| best.values.clone());
        let is_better = known.is_none();
        let start = Descent { simplex, values: Vec::new(), is_better, binding: BTreeSet::new() };
        let levels = self.program.levels.as_slice();
        // Ties are broken for the best pieces of the tax function alone.
        let (wishes, tie_break) = levels.split_at(levels.len().saturating_sub(1));
        let first_taxed = match &self.program.tax {
            None => wishes.len(),
            Some(_) if self.program.tax_from_the_start => 0,
            Some(_) => wishes.iter().position(|level| level.needs_tax).unwrap_or(wishes.len()),
        };
        let (before, after) = wishes.split_at(first_taxed);
        let shared =
            if before.is_empty() { start } else { self.descend(start, before, known.as_deref(), choices, None)? };
        let mut tied: Vec<(Descent, Option<&Regime>)> = Vec::new();
        match &self.program.tax {
            None => tied.push((shared, None)),
            Some(tax) => {
                for regime in &tax.regimes {
                    let mut branch = shared.clone();
                    self.enter(regime, &mut branch.simplex);
                    let known = tied.first().map(|(best, _)| best.values.clone()).or_else(|| known.clone());
                    branch.is_better = known.as_ref().is_none_or(|known| is_less(&branch.values, known));
                    let Some(done) = self.descend(branch, after, known.as_deref(), choices, Some(regime)) else {
                        continue;
                    };
                    if done.is_better {
                        tied.clear();
                    }
                    tied.push((done, Some(regime)));
                }
            }
        }
        let mut best: Option<Descent> = None;
        for (mut branch, regime) in tied {
            let known = best.as_ref().map(|best| &best.values).or(known.as_ref());
            branch.is_better = known.is_none_or(|known| is_less(&branch.values, known));
            let known = known.cloned();
            best = self.descend(branch, tie_break, known.as_deref(), choices, regime).or(best);
        }
        best.map(|best| self.finish(best))
    }

    /// Minimises some levels in order. `None` when infeasible, worse, or no better than what is known.
    fn descend(
        &mut self,
        mut descent: Descent,
        levels: &[Level],
        known: Option<&[f64]>,
        choices: &[Choice],
        regime: Option<&Regime>,
    ) -> Option<Descent> {
        // A second opinion has all levels already.
        if descent.values.len() == self.program.levels.len() {
            return descent.is_better.then_some(descent);
        }
        match descent.simplex.restore() {
            Ok(()) => {}
            Err(Stop::Infeasible) => return None,
            Err(Stop::Numerical) => return self.second_opinion(descent, choices, regime, known),
        }
        for level in levels {
            let value = match descent.simplex.minimise(&level.expression) {
                Ok(value) => value,
                Err(_) => return self.second_opinion(descent, choices, regime, known),
            };
            let place = descent.values.len();
            descent.values.push(value);
            if !descent.is_better {
                match against(known.and_then(|known| known.get(place).copied()), value) {
                    std::cmp::Ordering::Greater => return None,
                    std::cmp::Ordering::Less => descent.is_better = true,
                    std::cmp::Ordering::Equal => {}
                }
            }
            let rows = &self.program.model.rows;
            // That an exceeded cap asks for its own repair is no obstacle to it.
            let repairs = level.kind == LevelKind::Excess;
            let asks =
                |limit: &usize| repairs && self.draft.bounds.iter().any(|bound| bound.limit == *limit && bound.counted);
            let binding = &mut descent.binding;
            // A limit binds when it has a price at a level that asks for something and does not get all of it.
            let open = value > TIE && level.kind.is_wish();
            descent.simplex.freeze(&level.expression, |row| {
                binding.extend(rows.get(row).and_then(|row| row.limit).filter(|limit| open && !asks(limit)));
            });
        }
        let all = descent.values.len() >= self.program.levels.len();
        (descent.is_better || !all).then_some(descent)
    }

    /// Asks the general solver, level by level from the start, when the simplex has given up.
    fn second_opinion(
        &mut self,
        mut descent: Descent,
        choices: &[Choice],
        regime: Option<&Regime>,
        known: Option<&[f64]>,
    ) -> Option<Descent> {
        self.second_opinions += 1;
        let mut fresh = Simplex::new(&self.program.model, self.matrix);
        for choice in choices {
            self.apply(*choice, &mut fresh);
        }
        if let Some(regime) = regime {
            self.enter(regime, &mut fresh);
        } else if self.program.tax.is_some() {
            // Without its regime the general solver could not be asked for all levels.
            self.stopped = true;
            return None;
        }
        let mut model = self.program.model.clone();
        fresh.copy_bounds(&mut model);
        let objectives: Vec<_> = self.program.levels.iter().map(|level| level.expression.as_slice()).collect();
        let Ok((values, x)) = solve::levels(&model, &objectives, solve::PIN) else {
            self.stopped = true;
            return None;
        };
        let is_better = known.is_none_or(|known| is_less(&values, known));
        fresh.set_values(&x);
        descent.simplex = fresh;
        descent.values = values;
        descent.is_better = is_better;
        is_better.then_some(descent)
    }

    fn finish(&self, descent: Descent) -> Best {
        let amounts = self
            .program
            .trades
            .iter()
            .map(|column| column.map_or(0.0, |column| descent.simplex.value(column)))
            .collect();
        let flags = (self.program.order_flags.iter())
            .map(|column| column.map_or(1.0, |column| descent.simplex.value(column)))
            .collect();
        let standing = Some(Rc::new(descent.simplex.standing()));
        Best { values: descent.values, amounts, flags, binding: descent.binding, standing }
    }

    fn enter(&self, regime: &Regime, simplex: &mut Simplex) {
        let Some(tax) = &self.program.tax else { return };
        simplex.bound_column(tax.short, regime.short.0, regime.short.1);
        simplex.bound_column(tax.long, regime.long.0, regime.long.1);
        simplex.bound_row(tax.net_row, regime.net.0, regime.net.1);
        for row in &regime.rows {
            simplex.bound_row(*row, 0.0, f64::INFINITY);
        }
    }
}

/// Returns whether a vector of level values is better than another, level by level.
pub(super) fn is_less(values: &[f64], known: &[f64]) -> bool {
    for (value, known) in values.iter().zip(known) {
        match against(Some(*known), *value) {
            std::cmp::Ordering::Less => return true,
            std::cmp::Ordering::Greater => return false,
            std::cmp::Ordering::Equal => {}
        }
    }
    false
}
