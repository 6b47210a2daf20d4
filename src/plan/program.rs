//! The linear program: the draft's trades and bounds as columns and rows, and the levels of the objective.
//!
//! The tax of Schedule D netting is not convex, so it is written as pieces ("regimes") on each of which it is: with S
//! and L the net short- and long-term results and N = S + L,
//!
//! ```text
//! N >= 0, L >= 0    tax = max(short*S + long*L, long*N)    (a short-term loss first shelters long-term gain)
//! N >= 0, L <= 0    tax = short*N
//! N <= 0            tax = max(ordinary*N, -ordinary*limit)
//! ```
//!
//! One program that let the solver choose would understate the tax (domain brief 8.3).

mod limits;
mod tax;

use std::collections::BTreeSet;

use super::draft::Draft;
use super::levels::millionths;
use super::model::{Expression, Model};
use super::verify::SET_ASIDE;
use super::{Levels, Mode};
use crate::model::{Reaction, Side};
use crate::units::Money;

/// What a level of the objective measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LevelKind {
    CashShortfall,
    Excess,
    Gaps,
    LargestGap,
    Cost,
    /// Priced excess, gaps and cost together, in priced mode.
    Priced,
    Turnover,
    SignedTax,
    TieBreak,
}

/// Rank of symbols that `trim_order` does not name.
const MIDDLE: u8 = 100;

impl LevelKind {
    /// Whether the level asks for something, rather than choosing among equals.
    pub fn is_wish(self) -> bool {
        !matches!(self, LevelKind::Turnover | LevelKind::SignedTax | LevelKind::TieBreak)
    }
}

/// One level: minimised after the levels before it are at their least.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub kind: LevelKind,
    pub expression: Expression,
    /// Whether the tax must be right for this level to be right.
    pub needs_tax: bool,
}

/// A piece of the tax function: bounds of S, L and N, and which of the affine pieces hold.
#[derive(Clone, Debug)]
pub(super) struct Regime {
    pub short: (f64, f64),
    pub long: (f64, f64),
    pub net: (f64, f64),
    pub rows: Vec<usize>,
}

/// Where the tax block is in the model.
#[derive(Clone, Debug)]
pub(super) struct TaxBlock {
    pub short: usize,
    pub long: usize,
    pub net_row: usize,
    pub regimes: Vec<Regime>,
}

/// The model with the meaning of its parts.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub model: Model,
    /// Column of each trade; `None` for closed ones.
    pub trades: Vec<Option<usize>>,
    pub levels: Vec<Level>,
    pub tax: Option<TaxBlock>,
    /// Row with the dollars of each order whose size is decided.
    pub order_rows: Vec<Option<usize>>,
    /// Zero-or-one column of each order, where orders are counted or cost a ticket.
    pub order_flags: Vec<Option<usize>>,
    /// Whether levels before the tax already depend on it.
    pub tax_from_the_start: bool,
    /// The level of the sum of several gaps, when their largest is not a level of its own.
    pub untold_gaps: Option<usize>,
    /// Whether a fractional order flag understates a cost.
    pub has_tickets: bool,
}

/// Parts of the program that are only written when a solution has shown that they matter.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    /// Orders whose size is decided: nothing or at least the minimum.
    pub orders: BTreeSet<usize>,
    /// Whether the largest gap is a level of its own: not when all gaps can be closed.
    pub largest: bool,
}

impl Program {
    pub fn new(draft: &Draft<'_>, parts: &Parts) -> Program {
        Builder::new(draft, parts).finish()
    }

    /// Returns level values as dollars. In priced mode the levels that are priced together are not known apart.
    pub fn bound(&self, draft: &Draft<'_>, values: &[f64]) -> Levels {
        let mut levels = Levels::default();
        let before =
            draft.ground.scale * super::outcome::year(draft.ground.problem, Money::ZERO, Money::ZERO).1.tax.to_f64();
        for (level, value) in self.levels.iter().zip(values) {
            let dollars = |value: f64| {
                if draft.ground.scale > 0.0 { millionths(value / draft.ground.scale) } else { Money::ZERO }
            };
            match level.kind {
                LevelKind::CashShortfall => levels.cash_shortfall = dollars(*value),
                LevelKind::Excess => levels.excess = dollars(*value),
                LevelKind::Gaps => levels.gaps = dollars(*value),
                // Without a column of its own the level stood for the sum, which bounds nothing here.
                LevelKind::LargestGap if self.untold_gaps.is_some() => {}
                LevelKind::LargestGap => levels.largest_gap = dollars(*value),
                LevelKind::Cost | LevelKind::Priced => levels.cost = dollars(*value),
                LevelKind::Turnover => levels.turnover = dollars(*value),
                LevelKind::SignedTax if !level.expression.is_empty() => levels.signed_tax = dollars(value - before),
                LevelKind::SignedTax | LevelKind::TieBreak => {}
            }
        }
        levels
    }
}

struct Builder<'d, 'a> {
    draft: &'d Draft<'a>,
    parts: &'d Parts,
    model: Model,
    trades: Vec<Option<usize>>,
    flags: Vec<Option<usize>>,
    /// Trading cost; `None` when nothing costs anything.
    cost: Option<usize>,
    ticket: f64,
}

impl<'d, 'a> Builder<'d, 'a> {
    fn new(draft: &'d Draft<'a>, parts: &'d Parts) -> Self {
        let mut model = Model::default();
        let mut trades = vec![None; draft.ground.trades.len()];
        for order in &draft.ground.orders {
            let mut open: Vec<(f64, usize)> = (order.trades.iter())
                .filter_map(|trade| draft.ground.trades.get(*trade).map(|found| (found, *trade)))
                .filter(|(found, _)| found.most > 0.0)
                .map(|(found, trade)| (found.tax(&draft.ground.problem.tax), trade))
                .collect();
            open.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let mut alike = Vec::new();
            for (_, trade) in open {
                let Some((slot, found)) = trades.get_mut(trade).zip(draft.ground.trades.get(trade)) else { continue };
                let column = model.column(0.0, found.most);
                *slot = Some(column);
                alike.push(column);
            }
            model.alike.push(alike);
        }
        let ticket = draft.ground.scale * draft.ground.problem.ticket.to_f64();
        Builder { draft, parts, model, trades, flags: vec![None; draft.ground.orders.len()], cost: None, ticket }
    }

    /// Open trades with their columns.
    fn open(&self) -> impl Iterator<Item = (usize, &'d super::ground::Trade)> + use<'_, 'd, 'a> {
        self.trades.iter().zip(&self.draft.ground.trades).filter_map(|(column, trade)| column.map(|c| (c, trade)))
    }

    fn finish(mut self) -> Program {
        self.order_flags();
        self.trading_cost();
        let excess = self.bounds();
        let (gaps, widest) = self.targets();
        let (tax, due, signed) = self.tax_block();
        let shortfalls = self.cash(due);
        // What a later attempt may add stands at the end, so that it can start where this one stood.
        let largest = self.largest(&gaps, widest);
        let order_rows = self.order_rows();
        let is_untold = gaps.len() > 1 && largest.is_none();
        let levels = self.levels(shortfalls, excess, gaps, largest, due, signed);
        let untold_gaps = levels.iter().position(|level| level.kind == LevelKind::Gaps).filter(|_| is_untold);
        let problem = self.draft.ground.problem;
        let tax_from_the_start =
            problem.set_aside_tax || self.draft.tax_budget.is_some() || matches!(problem.mode, Mode::Priced { .. });
        Program {
            model: self.model,
            trades: self.trades,
            levels,
            tax,
            order_rows,
            order_flags: self.flags,
            tax_from_the_start,
            untold_gaps,
            has_tickets: self.ticket > 0.0,
        }
    }

    fn order_rows(&mut self) -> Vec<Option<usize>> {
        if self.parts.orders.is_empty() {
            return vec![None; self.draft.ground.orders.len()];
        }
        let mut rows = Vec::new();
        for (index, order) in self.draft.ground.orders.iter().enumerate() {
            if !self.parts.orders.contains(&index) {
                rows.push(None);
                continue;
            }
            let terms: Vec<(usize, f64)> =
                order.trades.iter().filter_map(|trade| self.column_of(*trade)).map(|column| (column, 1.0)).collect();
            rows.push((!terms.is_empty()).then(|| self.model.row(0.0, f64::INFINITY, None, terms)));
        }
        rows
    }

    fn column_of(&self, trade: usize) -> Option<usize> {
        self.trades.get(trade).copied().flatten()
    }

    fn trading_cost(&mut self) {
        let mut terms: Vec<(usize, f64)> = self
            .open()
            .filter(|(_, trade)| trade.spread > 0.0)
            .map(|(column, trade)| (column, -trade.spread))
            .collect();
        if self.ticket > 0.0 {
            terms.extend(self.flags.iter().flatten().map(|flag| (*flag, -self.ticket)));
        }
        if terms.is_empty() {
            return;
        }
        let cost = self.model.column(0.0, f64::INFINITY);
        terms.push((cost, 1.0));
        let row = self.model.row(0.0, 0.0, None, terms);
        self.model.basics.push((row, cost));
        self.cost = Some(cost);
    }

    fn with_cost(&self, terms: &mut Vec<(usize, f64)>, coefficient: f64) {
        if let Some(cost) = self.cost {
            terms.push((cost, coefficient));
        }
    }

    /// Returns the gaps, and the place of the widest before any trade.
    fn targets(&mut self) -> (Expression, usize) {
        let ground = &self.draft.ground;
        let mut targets: Vec<_> =
            ground.problem.targets.iter().filter(|target| target.reaction == Reaction::Fill).collect();
        targets.sort_by_key(|target| &target.id);
        let mut gaps = Vec::new();
        let mut widest = (0.0, 0);
        for target in targets {
            let Ok(symbol) = ground.symbols.binary_search(&&target.symbol) else { continue };
            let held = ground.held.get(symbol).copied().unwrap_or(0.0);
            let of_symbol = ground.by_symbol.get(symbol).into_iter().flatten();
            let mut terms: Vec<(usize, f64)> = of_symbol
                .filter_map(|trade| Some((self.column_of(*trade)?, ground.trades.get(*trade)?)))
                .map(|(column, trade)| (column, if trade.side == Side::Buy { 1.0 } else { -1.0 }))
                .collect();
            let weight = target.weight.0;
            let missing = 10_000.0 * weight - held;
            if terms.iter().all(|(_, value)| *value > 0.0) && missing <= 0.0 {
                continue;
            }
            if !self.draft.at_gross_value {
                self.with_cost(&mut terms, weight);
            }
            let gap = self.model.column(0.0, f64::INFINITY);
            terms.push((gap, 1.0));
            let row = self.model.row(missing, f64::INFINITY, None, terms);
            if missing > 0.0 {
                self.model.basics.push((row, gap));
            }
            if missing > widest.0 {
                widest = (missing, gaps.len());
            }
            gaps.push((gap, 1.0));
        }
        (gaps, widest.1)
    }

    /// Returns the column of the largest gap, where it is a level of its own. With one gap the largest is the sum.
    fn largest(&mut self, gaps: &Expression, widest: usize) -> Option<usize> {
        if gaps.len() < 2 || !self.parts.largest {
            return None;
        }
        let largest = self.model.column(0.0, f64::INFINITY);
        for (index, (gap, _)) in gaps.iter().enumerate() {
            let row = self.model.row(0.0, f64::INFINITY, None, [(largest, 1.0), (*gap, -1.0)]);
            if index == widest {
                self.model.basics.push((row, largest));
            }
        }
        Some(largest)
    }

    /// Cash never crosses accounts. Returns the shortfalls.
    fn cash(&mut self, due: Option<usize>) -> Expression {
        let problem = self.draft.ground.problem;
        let mut shortfalls = Vec::new();
        let mut set_aside = Vec::new();
        for (place, index) in self.draft.ground.accounts.iter().enumerate() {
            let Some(account) = problem.accounts.get(*index) else { continue };
            let free = self.draft.ground.scale * (account.cash + account.flow - account.reserve).to_f64();
            let mut terms: Vec<(usize, f64)> = self
                .open()
                .filter(|(_, trade)| trade.account == place)
                .map(|(column, trade)| match trade.side {
                    Side::Buy => (column, 1.0 + trade.spread),
                    Side::Sell => (column, trade.spread - 1.0),
                })
                .collect();
            if self.ticket > 0.0 {
                let flags = self.draft.ground.orders.iter().zip(&self.flags);
                terms.extend(
                    flags.filter(|(order, _)| order.account == place).filter_map(|(_, f)| f.map(|f| (f, self.ticket))),
                );
            }
            if free < 0.0 {
                let missing = self.model.column(0.0, -free);
                terms.push((missing, -1.0));
                self.model.high.push(missing);
                shortfalls.push((missing, 1.0));
            }
            if due.is_some() && problem.set_aside_tax && account.kind.is_taxable() {
                let kept = self.model.column(0.0, f64::INFINITY);
                terms.push((kept, 1.0));
                set_aside.push((kept, 1.0));
            }
            if !terms.is_empty() {
                self.model.row(f64::NEG_INFINITY, free, None, terms);
            }
        }
        if let Some(due) = due
            && !set_aside.is_empty()
        {
            set_aside.push((due, -1.0));
            self.model.row(self.draft.margin_of(SET_ASIDE), f64::INFINITY, None, set_aside);
        }
        shortfalls
    }

    fn levels(
        &self,
        shortfalls: Expression,
        excess: Expression,
        gaps: Expression,
        largest: Option<usize>,
        due: Option<usize>,
        signed: Option<usize>,
    ) -> Vec<Level> {
        let mut cost: Expression = due.map(|due| (due, 1.0)).into_iter().collect();
        cost.extend(self.cost.map(|cost| (cost, 1.0)));
        let turnover: Expression = self.open().map(|(column, _)| (column, 1.0)).collect();
        let count = turnover.len().max(1) as f64;
        // What fails more of the screen is sold first where everything before is equal.
        let problem = self.draft.ground.problem;
        let trim = |trade: &super::ground::Trade| {
            let symbol = self.draft.ground.symbols.get(trade.symbol).filter(|_| trade.side == Side::Sell);
            symbol.and_then(|symbol| problem.trim_order.get(*symbol)).copied().unwrap_or(MIDDLE)
        };
        let ranks = self.open().map(|(_, trade)| if problem.trim_order.is_empty() { 0 } else { trim(trade) });
        let steps = if problem.trim_order.is_empty() { 1.0 } else { f64::from(u8::MAX) + 1.0 };
        let tie_break = turnover.iter().zip(ranks).enumerate().map(|(rank, ((column, _), trim))| {
            (*column, 1.0 + (f64::from(trim) + (rank as f64 / count).sqrt()) / steps)
        });
        let level = |kind, expression, needs_tax| Level { kind, expression, needs_tax };
        let mut levels = vec![level(LevelKind::CashShortfall, shortfalls, false)];
        match &self.draft.ground.problem.mode {
            Mode::Lexicographic => {
                levels.push(level(LevelKind::Excess, excess, false));
                // Without a column of its own the largest gap is the only one, or none is left.
                let single = gaps.clone();
                levels.push(level(LevelKind::Gaps, gaps, false));
                let largest = largest.map_or(single, |largest| vec![(largest, 1.0)]);
                levels.push(level(LevelKind::LargestGap, largest, false));
                levels.push(level(LevelKind::Cost, cost, true));
            }
            Mode::Priced { cap, target } => {
                let (cap, target) = (Money(*cap).to_f64(), Money(*target).to_f64());
                let mut priced: Expression = excess.into_iter().map(|(column, value)| (column, cap * value)).collect();
                priced.extend(gaps.into_iter().map(|(column, value)| (column, target * value)));
                priced.extend(cost);
                levels.push(level(LevelKind::Priced, priced, true));
            }
        }
        let tie_break: Expression = tie_break.collect();
        levels.push(level(LevelKind::Turnover, turnover, true));
        levels.push(level(LevelKind::SignedTax, signed.map(|year| (year, 1.0)).into_iter().collect(), true));
        levels.push(level(LevelKind::TieBreak, tie_break, true));
        levels
    }
}
