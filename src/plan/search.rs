//! The search for the best plan: the levels of the objective one after the other, over the pieces of the tax function
//! and over the choices a linear program cannot make (sell or buy a symbol, trade at least the minimum or not at all).
//!
//! Branch and bound over whole vectors of level values: a branch is cut as soon as one level is worse than the best
//! plan so far with the levels before it equal. Nodes are counted, not timed, so that the answer never depends on the
//! machine.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::draft::Draft;
use super::program::{Level, LevelKind, Parts, Program, Regime};
use super::simplex::{Matrix, Simplex, Standing, Stop};
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
    /// Where the simplex stood.
    standing: Option<Rc<Standing>>,
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

/// Searches for the best plan, first without the parts of the program that hardly ever matter.
pub(super) fn search(draft: &Draft<'_>) -> (Program, Found) {
    let mut parts = Parts::default();
    let mut standing = None;
    loop {
        let program = Program::new(draft, &parts);
        if let Some(found) = attempt(draft, &program, &mut parts, &mut standing) {
            return (program, found);
        }
    }
}

/// Searches with some parts of the program; `None` when a solution shows that more are needed, which are then added.
fn attempt(
    draft: &Draft<'_>,
    program: &Program,
    parts: &mut Parts,
    standing: &mut Option<Rc<Standing>>,
) -> Option<Found> {
    let matrix = Matrix::new(&program.model);
    let mut search = Search { draft, program, matrix: &matrix, best: None, second_opinions: 0, cut: false };
    let mut stack: Vec<(Vec<Choice>, Option<Rc<Standing>>)> = vec![(Vec::new(), standing.take())];
    let mut nodes = 0;
    while let Some((choices, from)) = stack.pop() {
        nodes += 1;
        if nodes > MOST_NODES {
            search.cut = true;
            break;
        }
        let Some(found) = search.relax(&choices, from.as_deref()) else { continue };
        let open_gaps = program.untold_gaps.and_then(|level| found.values.get(level)).is_some_and(|gaps| *gaps > TIE);
        let small = search.small_orders(&found.amounts);
        let untold = small.iter().filter(|order| !parts.orders.contains(order)).count();
        if open_gaps || untold > 0 {
            parts.largest |= open_gaps;
            parts.orders.extend(small);
            *standing = found.standing;
            return None;
        }
        let open = search.undecided(&found.amounts, &found.flags);
        if open.is_empty() {
            search.best = Some(found);
            continue;
        }
        // The likely choices all at once, and every way to differ from them first at one.
        let mut likely = choices;
        let mut children = Vec::new();
        for (choice, other) in open {
            children.push((with(&likely, other), found.standing.clone()));
            likely.push(choice);
        }
        stack.extend(children);
        stack.push((likely, found.standing));
    }
    Some(Found { best: search.best, complete: !search.cut, second_opinions: search.second_opinions })
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
    fn relax(&mut self, choices: &[Choice], from: Option<&Standing>) -> Option<Best> {
        let mut simplex = Simplex::new(&self.program.model, self.matrix);
        for choice in choices {
            self.apply(*choice, &mut simplex);
        }
        if let Some(standing) = from {
            simplex.adopt(standing);
        }
        let known = self.best.as_ref().map(|best| best.values.clone());
        let start = Descent { simplex, values: Vec::new(), is_better: known.is_none(), binding: BTreeSet::new() };
        let levels = self.program.levels.as_slice();
        // The tie-break is for the best piece of the tax function alone.
        let (wishes, tie_break) = levels.split_at(levels.len().saturating_sub(1));
        let first_taxed = match &self.program.tax {
            None => wishes.len(),
            Some(_) if self.program.tax_from_the_start => 0,
            Some(_) => wishes.iter().position(|level| level.needs_tax).unwrap_or(wishes.len()),
        };
        let (before, after) = wishes.split_at(first_taxed);
        let shared =
            if before.is_empty() { start } else { self.descend(start, before, known.as_deref(), choices, None)? };
        let mut best: Option<(Descent<'s>, Option<&Regime>)> = None;
        match &self.program.tax {
            None => best = Some((shared, None)),
            Some(tax) => {
                for regime in &tax.regimes {
                    let mut branch = shared.clone();
                    self.enter(regime, &mut branch.simplex);
                    let known = best.as_ref().map(|(best, _)| best.values.clone()).or_else(|| known.clone());
                    branch.is_better = known.as_ref().is_none_or(|known| is_less(&branch.values, known));
                    if let Some(done) = self.descend(branch, after, known.as_deref(), choices, Some(regime)) {
                        best = Some((done, Some(regime)));
                    }
                }
            }
        }
        let (mut best, regime) = best?;
        // A plan that only ties with the best one so far is not worth breaking ties for.
        best.is_better = known.as_ref().is_none_or(|known| is_less(&best.values, known));
        if !best.is_better {
            return None;
        }
        let done = self.descend(best, tie_break, known.as_deref(), choices, regime)?;
        Some(self.finish(done))
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
        // A second opinion has all levels already.
        if descent.values.len() == self.program.levels.len() {
            return Some(descent);
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
        let all = descent.values.len() + 1 >= self.program.levels.len();
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
        let standing = Some(Rc::new(descent.simplex.standing()));
        Best { values: descent.values, amounts, flags, binding: descent.binding, standing }
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

    /// Dollars of each order, in basis points.
    fn placed(&self, amounts: &[f64]) -> Vec<f64> {
        let orders = self.draft.ground.orders.iter();
        orders.map(|order| order.trades.iter().filter_map(|trade| amounts.get(*trade)).sum()).collect()
    }

    /// Orders that are neither nothing nor large enough.
    fn small_orders(&self, amounts: &[f64]) -> Vec<usize> {
        let least = self.draft.min_trade;
        if least <= 0.0 {
            return Vec::new();
        }
        let placed = self.placed(amounts).into_iter().enumerate();
        placed.filter(|(_, amount)| *amount > DUST && *amount < least - DUST).map(|(order, _)| order).collect()
    }

    /// Returns the two ways to decide everything that a solution leaves open, the likelier first.
    fn undecided(&self, amounts: &[f64], flags: &[f64]) -> Vec<(Choice, Choice)> {
        let orders = &self.draft.ground.orders;
        let placed = self.placed(amounts);
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
        let mut both: Vec<(f64, usize, bool)> = sides
            .iter()
            .enumerate()
            .map(|(identity, (sold, bought))| (sold.min(*bought), identity, sold >= bought))
            .filter(|(both, _, _)| *both > DUST)
            .collect();
        both.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        if !both.is_empty() {
            let choices = both.into_iter().map(|(_, identity, sells)| {
                let (sell, buy) = (Choice::SellOnly(identity), Choice::BuyOnly(identity));
                if sells { (sell, buy) } else { (buy, sell) }
            });
            return choices.collect();
        }
        let least = self.draft.min_trade;
        let mut small: Vec<(f64, usize)> = self
            .small_orders(amounts)
            .into_iter()
            .filter_map(|order| placed.get(order).map(|amount| (*amount, order)))
            .collect();
        small.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        if !small.is_empty() {
            let choices = small.into_iter().map(|(amount, order)| {
                let (open, close) = (Choice::Open(order), Choice::Close(order));
                if 2.0 * amount >= least { (open, close) } else { (close, open) }
            });
            // Opening one may make room for others: decide only those of one kind at once.
            return choices.take(8).collect();
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
            return loose.map(|(order, _)| (Choice::Open(order), Choice::Close(order))).into_iter().collect();
        }
        Vec::new()
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
