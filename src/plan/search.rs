//! The search for the best plan: the levels of the objective one after the other, over the pieces of the tax function
//! and over the choices a linear program cannot make (sell or buy a symbol, trade at least the minimum or not at all).
//!
//! Branch and bound over whole vectors of level values: a branch is cut as soon as one level is worse than the best
//! plan so far with the levels before it equal. Nodes are counted, not timed, so that the answer never depends on the
//! machine.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::program::{Level, Program, Regime};
use super::simplex::{Matrix, Simplex, Stop};
use super::solve;
use crate::model::Side;

/// Amounts below this many basis points are no trade.
const DUST: f64 = 1e-7;
/// Level values closer than this are equal.
const TIE: f64 = 1e-7;
/// Most linear programs of a search.
const MOST_NODES: usize = 600;

/// The best continuous plan.
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
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub best: Option<Best>,
    /// No plan can have smaller level values; equal to `best` unless the search was cut short.
    pub complete: bool,
    /// Programs solved by the second solver because the first stopped.
    pub second_opinions: usize,
}

/// A choice that a linear program cannot make.
#[derive(Clone, Copy, Debug)]
enum Choice {
    /// The order is not placed.
    Close(usize),
    /// The order is placed, with at least the minimum.
    Open(usize),
    /// The identity is only sold.
    SellOnly(usize),
    /// The identity is only bought.
    BuyOnly(usize),
}

struct Search<'s, 'a> {
    draft: &'s Draft<'a>,
    program: &'s Program,
    matrix: &'s Matrix,
    best: Option<Best>,
    second_opinions: usize,
    cut: bool,
}

/// Searches for the best plan.
pub(super) fn search(draft: &Draft<'_>, program: &Program) -> Found {
    let matrix = Matrix::new(&program.model);
    let mut search = Search { draft, program, matrix: &matrix, best: None, second_opinions: 0, cut: false };
    let mut stack: Vec<Vec<Choice>> = vec![Vec::new()];
    let mut nodes = 0;
    while let Some(choices) = stack.pop() {
        nodes += 1;
        if nodes > MOST_NODES {
            search.cut = true;
            break;
        }
        let Some(found) = search.relax(&choices) else { continue };
        match search.undecided(&found.amounts, &found.flags) {
            None => search.best = Some(found),
            Some((likely, other)) => {
                stack.push(with(&choices, other));
                stack.push(with(&choices, likely));
            }
        }
    }
    Found { best: search.best, complete: !search.cut, second_opinions: search.second_opinions }
}

fn with(choices: &[Choice], choice: Choice) -> Vec<Choice> {
    choices.iter().copied().chain([choice]).collect()
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
struct Descent<'m> {
    simplex: Simplex<'m>,
    values: Vec<f64>,
    /// Already better than the best plan at some level.
    is_better: bool,
    binding: BTreeSet<usize>,
}

impl<'s> Search<'s, '_> {
    /// Solves the program under some choices; `None` when nothing better than the best plan is in it.
    fn relax(&mut self, choices: &[Choice]) -> Option<Best> {
        let mut simplex = Simplex::new(&self.program.model, self.matrix);
        for choice in choices {
            self.apply(*choice, &mut simplex);
        }
        let known = self.best.as_ref().map(|best| best.values.clone());
        let start = Descent { simplex, values: Vec::new(), is_better: known.is_none(), binding: BTreeSet::new() };
        let levels = &self.program.levels;
        let first_taxed = match &self.program.tax {
            None => levels.len(),
            Some(_) if self.program.tax_from_the_start => 0,
            Some(_) => levels.iter().position(|level| level.needs_tax).unwrap_or(levels.len()),
        };
        let (before, after) = levels.split_at(first_taxed.min(levels.len()));
        let shared =
            if before.is_empty() { Some(start) } else { self.descend(start, before, known.as_deref(), choices, None) }?;
        let Some(tax) = &self.program.tax else {
            return Some(self.finish(shared));
        };
        let mut best: Option<Best> = None;
        for regime in &tax.regimes {
            let mut branch = shared.clone();
            self.enter(regime, &mut branch.simplex);
            let known = match &best {
                Some(best) => Some(best.values.clone()),
                None => known.clone(),
            };
            branch.is_better = match &known {
                None => true,
                Some(known) => is_less(&branch.values, known),
            };
            if let Some(done) = self.descend(branch, after, known.as_deref(), choices, Some(regime)) {
                best = Some(self.finish(done));
            }
        }
        best
    }

    /// Minimises some levels in order. `None` when infeasible, worse, or no better than what is known.
    fn descend(
        &mut self,
        mut descent: Descent<'s>,
        levels: &[Level],
        known: Option<&[f64]>,
        choices: &[Choice],
        regime: Option<&Regime>,
    ) -> Option<Descent<'s>> {
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
            let binding = &mut descent.binding;
            // A limit binds when it has a price at a level that asks for something and does not get all of it.
            let open = value > TIE && level.kind.is_wish();
            descent.simplex.freeze(&level.expression, |row| {
                binding.extend(rows.get(row).and_then(|row| row.limit).filter(|_| open));
            });
        }
        let all = descent.values.len() == self.program.levels.len();
        (descent.is_better || !all).then_some(descent)
    }

    /// Asks the general solver, level by level from the start, when the simplex has given up.
    fn second_opinion(
        &mut self,
        mut descent: Descent<'s>,
        choices: &[Choice],
        regime: Option<&Regime>,
        known: Option<&[f64]>,
    ) -> Option<Descent<'s>> {
        self.second_opinions += 1;
        let mut fresh = Simplex::new(&self.program.model, self.matrix);
        for choice in choices {
            self.apply(*choice, &mut fresh);
        }
        if let Some(regime) = regime {
            self.enter(regime, &mut fresh);
        } else if self.program.tax.is_some() {
            // Without its regime the general solver could not be asked for all levels.
            self.cut = true;
            return None;
        }
        let mut model = self.program.model.clone();
        fresh.copy_bounds(&mut model);
        let objectives: Vec<_> = self.program.levels.iter().map(|level| level.expression.as_slice()).collect();
        let Ok((values, x)) = solve::levels(&model, &objectives) else {
            self.cut = true;
            return None;
        };
        let is_better = known.is_none_or(|known| is_less(&values, known));
        fresh.set_values(&x);
        descent.simplex = fresh;
        descent.values = values;
        descent.is_better = is_better;
        is_better.then_some(descent)
    }

    fn finish(&self, descent: Descent<'_>) -> Best {
        let amounts = self
            .program
            .trades
            .iter()
            .map(|column| column.map_or(0.0, |column| descent.simplex.value(column)))
            .collect();
        let flags = (self.program.order_flags.iter())
            .map(|column| column.map_or(1.0, |column| descent.simplex.value(column)))
            .collect();
        Best { values: descent.values, amounts, flags, binding: descent.binding }
    }

    fn enter(&self, regime: &Regime, simplex: &mut Simplex<'_>) {
        let Some(tax) = &self.program.tax else { return };
        simplex.bound_column(tax.short, regime.short.0, regime.short.1);
        simplex.bound_column(tax.long, regime.long.0, regime.long.1);
        simplex.bound_row(tax.net_row, regime.net.0, regime.net.1);
        for row in &regime.rows {
            simplex.bound_row(*row, 0.0, f64::INFINITY);
        }
    }

    fn apply(&self, choice: Choice, simplex: &mut Simplex<'_>) {
        let orders = &self.draft.ground.orders;
        let mut close = |order: usize| {
            let trades = orders.get(order).map(|order| order.trades.as_slice()).unwrap_or_default();
            for column in trades.iter().filter_map(|trade| self.program.trades.get(*trade).copied().flatten()) {
                simplex.bound_column(column, 0.0, 0.0);
            }
            if let Some(flag) = self.program.order_flags.get(order).copied().flatten() {
                simplex.bound_column(flag, 0.0, 0.0);
            }
        };
        let side = |identity: usize, side: Side| {
            let matching = orders.iter().enumerate();
            matching.filter(move |(_, order)| order.identity == identity && order.side == side).map(|(index, _)| index)
        };
        match choice {
            Choice::Close(order) => close(order),
            Choice::SellOnly(identity) => side(identity, Side::Buy).for_each(&mut close),
            Choice::BuyOnly(identity) => side(identity, Side::Sell).for_each(&mut close),
            Choice::Open(order) => {
                if let Some(row) = self.program.order_rows.get(order).copied().flatten() {
                    simplex.bound_row(row, self.draft.min_trade, f64::INFINITY);
                }
                if let Some(flag) = self.program.order_flags.get(order).copied().flatten() {
                    simplex.bound_column(flag, 1.0, 1.0);
                }
            }
        }
    }

    /// Returns the two ways to decide something that a solution leaves open, the likelier first.
    fn undecided(&self, amounts: &[f64], flags: &[f64]) -> Option<(Choice, Choice)> {
        let orders = &self.draft.ground.orders;
        let placed: Vec<f64> = orders
            .iter()
            .map(|order| order.trades.iter().filter_map(|trade| amounts.get(*trade)).sum::<f64>())
            .collect();
        let identities = 1 + orders.iter().map(|order| order.identity).max().unwrap_or(0);
        let mut sides = vec![(0.0_f64, 0.0_f64); identities];
        for (order, amount) in orders.iter().zip(&placed) {
            if let Some((sold, bought)) = sides.get_mut(order.identity) {
                match order.side {
                    Side::Sell => *sold += amount,
                    Side::Buy => *bought += amount,
                }
            }
        }
        let worst = sides
            .iter()
            .enumerate()
            .map(|(identity, (sold, bought))| (sold.min(*bought), identity, sold >= bought))
            .filter(|(both, _, _)| *both > DUST)
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        if let Some((_, identity, sells)) = worst {
            let (sell, buy) = (Choice::SellOnly(identity), Choice::BuyOnly(identity));
            return Some(if sells { (sell, buy) } else { (buy, sell) });
        }
        let least = self.draft.min_trade;
        let small = placed
            .iter()
            .enumerate()
            .filter(|(_, amount)| **amount > DUST && **amount < least - DUST)
            .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        if let Some((order, amount)) = small {
            let (open, close) = (Choice::Open(order), Choice::Close(order));
            return Some(if 2.0 * amount >= least { (open, close) } else { (close, open) });
        }
        let too_many = self
            .draft
            .max_trades
            .is_some_and(|(_, most)| placed.iter().filter(|amount| **amount > DUST).count() > most as usize);
        if self.program.has_tickets || too_many {
            let loose = placed
                .iter()
                .zip(flags)
                .enumerate()
                .filter(|(_, (amount, flag))| **amount > DUST && **flag < 1.0 - 1e-7)
                .max_by(|a, b| a.1.0.total_cmp(b.1.0).then(b.0.cmp(&a.0)));
            return loose.map(|(order, _)| (Choice::Open(order), Choice::Close(order)));
        }
        None
    }
}

/// Returns whether a vector of level values is better than another, level by level.
fn is_less(values: &[f64], known: &[f64]) -> bool {
    for (value, known) in values.iter().zip(known) {
        match against(Some(*known), *value) {
            std::cmp::Ordering::Less => return true,
            std::cmp::Ordering::Greater => return false,
            std::cmp::Ordering::Equal => {}
        }
    }
    false
}
