//! The search for the best route: the aims in order, over the regimes of every year's tax, the side of each identity, and
//! the reasons for which losses may be sold.
//!
//! Branch and bound over whole vectors of level values: a branch ends as soon as one of them is worse than the best route's
//! with those before it equal. Nodes are counted, not timed, so that the answer never depends on the machine.

mod choices;

use std::rc::Rc;

use super::levels::{Aim, Level};
use super::program::{Program, TaxYear};
use crate::model::Side;
use crate::plan::model::{Expression, Model};
use crate::plan::search::is_less;
use crate::plan::simplex::{Matrix, Simplex, Standing, Stop};
use choices::Choice;

/// Amounts below this many basis points are no trade.
const DUST: f64 = 1e-6;
/// Basis points that what is kept of an aim may be off by.
const KEPT: f64 = 1e-7;
/// Most linear programs of a search, and for programs so large that each takes long.
const MOST_NODES: usize = 500;
const NODE_WORK: usize = 400_000;
const LEAST_NODES: usize = 24;
/// Orders whose size is decided one by one.
const MOST_ORDERS: usize = 16;

/// A route with the state of the simplex that found it.
#[derive(Clone, Debug)]
pub(super) struct Best {
    /// One value per level.
    pub values: Vec<f64>,
    pub x: Vec<f64>,
    /// Limits with a price at a level that is not at zero.
    pub binding: Vec<usize>,
    choices: Vec<Choice>,
    simplex: Simplex,
}

/// What a search found.
pub(super) struct Found {
    pub best: Option<Best>,
    /// Whether no route can be better.
    pub complete: bool,
    /// Programs that could not be solved.
    pub unsolved: usize,
}

struct Node {
    choices: Vec<Choice>,
    from: Option<Rc<Standing>>,
    /// Values of the program without the last choice: no route with it can be better.
    least: Vec<f64>,
}

struct Search<'s> {
    program: &'s Program,
    matrix: &'s Rc<Matrix>,
    /// Least basis points of an order, by order.
    least: &'s [f64],
}

/// A program with its matrix and, where it was searched, the best route at the levels that ask for something.
pub(super) struct Candidate {
    pub program: Program,
    pub matrix: Rc<Matrix>,
    pub found: Option<Found>,
}

impl Candidate {
    pub fn new(program: Program) -> Candidate {
        let matrix = Rc::new(Matrix::new(&program.model));
        Candidate { program, matrix, found: None }
    }

    fn search(&self) -> Search<'_> {
        Search { program: &self.program, matrix: &self.matrix, least: &[] }
    }

    /// Searches for the best route at the levels that ask for something, once.
    pub fn searched(&mut self) -> &Found {
        let found = self.found.take().unwrap_or_else(|| self.search().search(Vec::new(), None, None));
        self.found.insert(found)
    }

    /// Searches for the best route of those that are better than some values. Returns whether there is one.
    pub fn searched_below(&mut self, values: &[f64]) -> bool {
        let found = self.search().search(Vec::new(), None, Some(values));
        let is_there = found.best.is_some();
        self.found = Some(found).filter(|_| is_there);
        is_there
    }

    /// Returns values of the levels up to the cost that no route is better than: those of the program without a choice.
    pub fn least(&self) -> Option<Vec<f64>> {
        let levels: Vec<&Level> = self.program.levels.iter().filter(|level| level.aim <= Aim::Cost).collect();
        let node = Node { choices: Vec::new(), from: None, least: Vec::new() };
        self.search().relax(&node, &levels, None).ok().map(|best| best.values)
    }

    /// Returns the best route at every level. `least` is the size that each order must have, and `most` how many orders
    /// this run may have.
    pub fn best(&mut self, least: &[f64], most: Option<u32>) -> Option<(Best, bool)> {
        let found = self.searched();
        let (best, complete) = (found.best.clone()?, found.complete);
        let search = Search { least, ..self.search() };
        let best = search.sized(search.finished(best));
        let best = match most {
            Some(most) => search.fewer(best, most as usize),
            None => best,
        };
        Some((best, complete))
    }
}

/// Returns the model of a route: the program held to the choices that were made.
pub(super) fn chosen(program: &Program, matrix: &Rc<Matrix>, least: &[f64], best: &Best) -> Model {
    let search = Search { program, matrix, least };
    let mut simplex = Simplex::new(&program.model, matrix);
    for choice in &best.choices {
        search.apply(*choice, &mut simplex);
    }
    search.close_losses(&best.choices, &mut simplex);
    for (row, _) in program.levels.iter().flat_map(|level| &level.kept) {
        simplex.bound_row(*row, f64::NEG_INFINITY, best.simplex.most_of_row(*row));
    }
    let mut model = program.model.clone();
    simplex.copy_bounds(&mut model);
    model
}

impl Search<'_> {
    /// The best route of those that are better than what is known from elsewhere.
    fn search(&self, choices: Vec<Choice>, from: Option<Rc<Standing>>, elsewhere: Option<&[f64]>) -> Found {
        let program = self.program;
        let levels = self.wished();
        let most = (NODE_WORK / program.model.columns.len().max(1)).clamp(LEAST_NODES, MOST_NODES);
        let mut found = Found { best: None, complete: true, unsolved: 0 };
        let mut open = vec![Node { choices, from, least: Vec::new() }];
        let mut nodes = 0;
        while let Some(node) = open.pop() {
            let known = found.best.as_ref().map(|best| best.values.as_slice()).or(elsewhere);
            if !node.least.is_empty() && known.is_some_and(|known| !is_less(&node.least, known)) {
                continue;
            }
            if nodes >= most && known.is_some() || nodes >= 4 * most {
                found.complete = false;
                break;
            }
            nodes += 1;
            let solved = match self.relax(&node, &levels, known) {
                Ok(solved) => solved,
                Err(Stop::Infeasible) => continue,
                Err(Stop::Numerical) => {
                    found.unsolved += 1;
                    continue;
                }
            };
            let choices = self.undecided(&solved.x, &node.choices);
            if choices.is_empty() {
                found.best = Some(solved);
                continue;
            }
            let from = Rc::new(solved.simplex.standing());
            // The likeliest is on top of the stack.
            for choice in choices.into_iter().rev() {
                let own = node.choices.iter().copied().chain(choice).collect();
                open.push(Node { choices: own, from: Some(from.clone()), least: solved.values.clone() });
            }
        }
        found.complete &= found.unsolved == 0;
        found
    }

    /// Goes on with the levels that only choose among equals: tax regimes, sides and reasons stay as they are.
    fn finished(&self, best: Best) -> Best {
        let mut own = best.clone();
        let mut close = |expression: &Expression| {
            for (column, _) in expression {
                own.simplex.bound_column(*column, 0.0, 0.0);
            }
        };
        for (sold, bought) in &self.program.sides {
            match (Self::sum(sold, &best.x) > DUST, Self::sum(bought, &best.x) > DUST) {
                (true, _) => close(bought),
                (_, true) => close(sold),
                _ => {
                    close(sold);
                    close(bought);
                }
            }
        }
        let there: Vec<usize> =
            (0..self.program.reasons.len()).filter(|reason| self.is_there(*reason, &best.x)).collect();
        for loss in self.program.losses.iter().filter(|loss| !loss.reasons.iter().any(|own| there.contains(own))) {
            for column in &loss.columns {
                own.simplex.bound_column(*column, 0.0, 0.0);
            }
        }
        for reason in there {
            self.apply(Choice::Tight(reason), &mut own.simplex);
        }
        for (year, block) in self.program.years.iter().enumerate() {
            let at = |column: usize| best.x.get(column).copied().unwrap_or(0.0) / self.program.scale;
            let (short, long) = (at(block.short), at(block.long));
            let chosen = best.choices.iter().any(|own| matches!(own, Choice::Regime { year: own, .. } if *own == year));
            let regime = block.regimes.iter().position(|own| own.regime.holds(short, long, 1e-6));
            if let Some(regime) = regime.filter(|_| !chosen) {
                self.apply(Choice::Regime { year, regime }, &mut own.simplex);
            }
        }
        let done = best.values.len();
        let mut rest: Vec<Level> = self.program.levels.iter().skip(done).cloned().collect();
        let is_taxed = |year: &TaxYear| best.x.get(year.tax).is_some_and(|tax| *tax > DUST);
        if self.program.years.iter().any(is_taxed) {
            let order = rest.iter_mut().filter(|level| level.aim == Aim::Order);
            order.for_each(|level| level.expression.extend(&self.program.turns));
        }
        let rest: Vec<&Level> = rest.iter().collect();
        let finished = own.simplex.restore().and_then(|()| self.descend(&mut own, &rest, None));
        // What is best so far is a route; only the choice among equals is missing.
        if finished.is_ok() { own } else { best }
    }

    /// Orders that are neither nothing nor large enough, with what they come to: those of the whole route first, since what
    /// would wait for a later run is told there; of each the sales, which pay for purchases, and then the largest.
    fn small(&self, x: &[f64]) -> Vec<(usize, f64)> {
        let mut small: Vec<(usize, f64)> = (self.program.orders.iter().zip(self.least).enumerate())
            .map(|(order, (own, least))| (order, Self::sum(&own.columns, x), *least))
            .filter(|(_, sum, least)| *sum > DUST && *sum < least - DUST)
            .map(|(order, sum, _)| (order, sum))
            .collect();
        let kind = |order: usize| self.program.orders.get(order).map(|own| (!own.of_route, own.side == Side::Buy));
        small.sort_by(|one, other| {
            kind(one.0).cmp(&kind(other.0)).then(other.1.total_cmp(&one.1)).then(one.0.cmp(&other.0))
        });
        small
    }

    /// Makes every order nothing or large enough: a sale is made larger where that costs nothing, because what is small now
    /// may be small for ever; a purchase waits. More tax than planned is paid for what is owed and for limits, not for targets.
    fn sized(&self, best: Best) -> Best {
        let mut best = best;
        for _ in 0..MOST_ORDERS {
            let Some((order, _)) = self.small(&best.x).first().copied() else { return best };
            let Some(row) = self.program.orders.get(order) else { return best };
            let is_sale = row.side == Side::Sell;
            let ways: &[Choice] = match row.side {
                Side::Sell => &[Choice::Open(order), Choice::Close(order)],
                // No sale is made for a purchase to be large enough.
                Side::Buy if row.of_route => &[Choice::Close(order)],
                Side::Buy => &[Choice::Close(order), Choice::Open(order)],
            };
            let mut found: Option<Best> = None;
            for way in ways.iter().copied() {
                let Some(own) = self.with(&best, [way]) else { continue };
                let costs_nothing = !is_less(self.wishes(&best), self.wishes(&own));
                let is_better = |known: &Best| {
                    let only_for_targets = is_sale && self.is_dearer(known, &best) && !self.leaves_more(&own, known);
                    only_for_targets || is_less(self.wishes(&own), self.wishes(known))
                };
                if costs_nothing || found.as_ref().is_none_or(is_better) {
                    found = Some(own);
                }
                if costs_nothing {
                    break;
                }
            }
            let Some(own) = found else { break };
            best = self.finished(own);
        }
        let left = self.small(&best.x).into_iter().map(|(order, _)| Choice::Close(order));
        if let Some(own) = self.with(&best, left) {
            best = self.finished(own);
        }
        best
    }

    fn is_dearer(&self, one: &Best, other: &Best) -> bool {
        let tax = self.program.levels.iter().position(|level| level.aim == Aim::Tax);
        let of = |best: &Best| tax.and_then(|level| best.values.get(level)).copied().unwrap_or(0.0);
        of(one) > of(other) + DUST
    }

    /// Whether a route leaves more to raise or to sell than another.
    fn leaves_more(&self, one: &Best, other: &Best) -> bool {
        let first = self.program.levels.iter().take_while(|level| level.aim <= Aim::ToSell).count();
        let of = |best: &'_ Best| best.values.iter().take(first).copied().collect::<Vec<f64>>();
        is_less(&of(other), &of(one))
    }

    /// Keeps the largest orders of this run, and those for targets before what takes the rest.
    fn fewer(&self, best: Best, most: usize) -> Best {
        let of_run = self.program.orders.iter().enumerate().filter(|(_, own)| !own.of_route);
        let mut placed: Vec<(usize, f64)> =
            of_run.map(|(order, own)| (order, Self::sum(&own.columns, &best.x))).collect();
        if placed.iter().filter(|(_, sum)| *sum > DUST).count() <= most {
            return best;
        }
        let is_last = |order: usize| self.program.orders.get(order).is_some_and(|own| own.takes_the_rest);
        placed.sort_by(|one, other| {
            is_last(one.0).cmp(&is_last(other.0)).then(other.1.total_cmp(&one.1)).then(one.0.cmp(&other.0))
        });
        let others = placed.into_iter().skip(most).map(|(order, _)| Choice::Close(order));
        match self.with(&best, others) {
            Some(own) => self.sized(self.finished(own)),
            None => best,
        }
    }

    /// The best route with some more choices about orders. Where it asks for no more with everything else decided as before,
    /// no other decision does better, and none is looked for.
    fn with(&self, best: &Best, more: impl IntoIterator<Item = Choice>) -> Option<Best> {
        let more: Vec<Choice> = more.into_iter().collect();
        let is_order = |choice: &&Choice| matches!(choice, Choice::Open(_) | Choice::Close(_));
        let from = Rc::new(best.simplex.standing());
        let all = best.choices.iter().chain(&more).copied().collect();
        let as_before = Node { choices: all, from: Some(from.clone()), least: Vec::new() };
        let as_before = self.relax(&as_before, &self.wished(), None).ok();
        let as_before = as_before.filter(|own| self.undecided(&own.x, &own.choices).is_empty());
        if as_before.as_ref().is_some_and(|own| !is_less(self.wishes(best), &own.values)) {
            return as_before;
        }
        let choices = best.choices.iter().filter(is_order).chain(&more).copied().collect();
        let elsewhere = as_before.as_ref().map(|own| own.values.as_slice());
        self.search(choices, Some(from), elsewhere).best.or(as_before)
    }

    /// The levels that ask for something.
    fn wished(&self) -> Vec<&Level> {
        self.program.levels.iter().filter(|level| level.aim <= Aim::Sold).collect()
    }

    /// Values of the levels that ask for something.
    fn wishes<'b>(&self, best: &'b Best) -> &'b [f64] {
        best.values.get(..self.wished().len()).unwrap_or(&best.values)
    }

    /// Minimises the levels under the choices of a node. Infeasible also where it is no better than what is known.
    fn relax(&self, node: &Node, levels: &[&Level], known: Option<&[f64]>) -> Result<Best, Stop> {
        let mut simplex = Simplex::new(&self.program.model, self.matrix);
        for choice in &node.choices {
            self.apply(*choice, &mut simplex);
        }
        self.close_losses(&node.choices, &mut simplex);
        if let Some(from) = &node.from {
            simplex.adopt(from);
        }
        simplex.restore()?;
        let mut best =
            Best { values: Vec::new(), x: Vec::new(), binding: Vec::new(), choices: node.choices.clone(), simplex };
        self.descend(&mut best, levels, known)?;
        Ok(best)
    }

    fn descend(&self, best: &mut Best, levels: &[&Level], known: Option<&[f64]>) -> Result<(), Stop> {
        let mut is_met = false;
        for level in levels {
            if level.unless_met && is_met {
                best.values.push(0.0);
                continue;
            }
            let value = best.simplex.minimise(&level.expression)?;
            is_met |= level.aim == Aim::ToSell && value <= DUST;
            best.values.push(value);
            if let Some(known) = known
                && is_less(known, &best.values)
            {
                return Err(Stop::Infeasible);
            }
            for (row, more) in &level.kept {
                let most = best.simplex.row(*row) + more + KEPT;
                best.simplex.bound_row(*row, f64::NEG_INFINITY, most);
            }
            if !level.kept.is_empty() {
                continue;
            }
            let open = value > DUST && level.aim <= Aim::Cost;
            let rows = &self.program.model.rows;
            let binding = &mut best.binding;
            best.simplex.freeze(&level.expression, |row| {
                binding.extend(rows.get(row).and_then(|row| row.limit).filter(|_| open));
            });
        }
        if known.is_some_and(|known| !is_less(&best.values, known)) {
            return Err(Stop::Infeasible);
        }
        best.x = (0..self.program.model.columns.len()).map(|column| best.simplex.value(column)).collect();
        Ok(())
    }

    fn sum(expression: &Expression, x: &[f64]) -> f64 {
        expression.iter().map(|(column, value)| value * x.get(*column).copied().unwrap_or(0.0)).sum()
    }
}
