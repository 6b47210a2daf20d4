//! The program of a route: what is sold and bought in every stage, as columns and rows.
//!
//! Amounts are basis points of the value before trades. Limits and targets are shares of that value, so that no trading
//! cost moves them.

mod cash;
mod limits;
mod losses;
mod owed;
mod paying;
mod tax;
mod unsold;
mod worth;

use std::collections::BTreeMap;

use super::Route;
use super::calendar::{Stage, runs, stages};
use super::groups::{Group, change, groups, is_closed};
use super::levels::Level;
use crate::model::{Measure, Reaction, Side};
use crate::plan::PlanAccount;
use crate::plan::draft::Draft;
use crate::plan::model::{Expression, Model};
use crate::units::{Decimal, Money};
use chrono::{Datelike, NaiveDate};

pub(super) use cash::Cash;
pub(super) use losses::{Loss, Reason};
pub(super) use owed::Owed;
pub(super) use tax::{Tail, TaxYear};
pub(super) use unsold::Asked;

/// Lots up to which every month, and every change of a lot's class, begins a stage of its own.
const FEW_LOTS: usize = 24;
/// Most stages then, and otherwise.
const MANY_STAGES: usize = 40;
const FEW_STAGES: usize = 7;

/// What a group sells in a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sale {
    pub group: usize,
    pub stage: usize,
    pub column: usize,
}

/// What is bought in an account in a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purchase {
    pub trade: usize,
    pub stage: usize,
    pub column: usize,
}

/// What of one lot is sold in a class of its group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub group: usize,
    pub class: usize,
    pub trade: usize,
    pub column: usize,
}

/// The model with the meaning of its parts.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub model: Model,
    pub by: NaiveDate,
    pub stages: Vec<Stage>,
    pub groups: Vec<Group>,
    pub sales: Vec<Sale>,
    pub purchases: Vec<Purchase>,
    pub parts: Vec<Part>,
    pub levels: Vec<Level>,
    /// What is added to the order of sales where the route is taxed: gains wait for their turn then.
    pub turns: Expression,
    pub years: Vec<TaxYear>,
    pub tail: Tail,
    /// What budgets stay overrun by.
    pub overruns: Expression,
    /// What purchases of the neutral fund add to caps that are exceeded at the end.
    pub added: Expression,
    pub losses: Vec<Loss>,
    pub reasons: Vec<Reason>,
    /// The most of losses that are not sold because targets, filled, leave less to be sold for caps.
    pub losses_spared: f64,
    /// Row with the dollars of each order whose size can be decided: of this run, and of the whole route.
    pub orders: Vec<OrderRow>,
    /// Wash-sale identities that may be sold and bought, with the columns of either side.
    pub sides: Vec<(Expression, Expression)>,
    /// What this run raises in each account that owes cash, and what it owes.
    pub owed: BTreeMap<usize, (Expression, f64)>,
    /// Dollars that still must be sold after each stage.
    pub left: Vec<Option<usize>>,
    /// What asks for them.
    pub asked: Asked,
    /// Holdings that would still have to be sold at the end, by symbol.
    pub unsold: Vec<(usize, usize)>,
    /// What no allowed sale cures, by limit.
    pub cannot: Vec<(usize, usize)>,
    /// Price of waiting as part of the cost.
    pub waiting: Expression,
    /// Trading cost of every stage.
    pub cost: Vec<Expression>,
    /// What each target misses at the end.
    pub gaps: Vec<(usize, usize)>,
    /// Most that is sold in a run.
    pub per_run: f64,
    /// Basis points of a dollar.
    pub scale: f64,
}

/// An order of this run, or what the route trades of a symbol on one side of an account.
#[derive(Clone, Debug)]
pub(super) struct OrderRow {
    pub of_route: bool,
    pub account: usize,
    pub symbol: usize,
    pub side: Side,
    /// Whether it buys what takes the rest, and no target.
    pub takes_the_rest: bool,
    pub row: usize,
    pub columns: Expression,
}

pub(super) struct Builder<'d, 'a> {
    pub draft: &'d Draft<'a>,
    pub route: &'d Route,
    pub program: Program,
    pub owed: Owed,
    /// The symbol of the neutral fund.
    pub neutral: Option<usize>,
    /// Whether a sale must earn its tax.
    pub must_earn: bool,
    /// Weight that every target asks for, by symbol.
    pub wished: BTreeMap<usize, f64>,
    /// Excess of the caps to be repaired, with the stage.
    pub overs: Vec<(usize, usize)>,
    /// Budgets of the years: the year, what they bound, and where.
    pub budgets: Vec<(i32, Expression, f64)>,
}

impl Program {
    /// Builds the program of the runs until a day.
    pub fn new(draft: &Draft<'_>, route: &Route, by: NaiveDate, owed: Owed) -> Program {
        let ground = &draft.ground;
        let as_of = ground.problem.as_of;
        let days = runs(as_of, route.cadence, by);
        let sellable = ground.trades.iter().filter(|trade| trade.side == Side::Sell && trade.most > 0.0).count();
        let is_small = sellable <= FEW_LOTS;
        let most = if is_small { MANY_STAGES } else { FEW_STAGES };
        let stages = stages(&days, most, |one, two| {
            let month = if is_small && one.month() != two.month() { 1e-6 } else { 0.0 };
            month + change(ground, one, two)
        });
        let groups = groups(ground, &stages);
        let program = Program {
            model: Model::default(),
            by,
            cost: vec![Expression::new(); stages.len()],
            left: vec![None; stages.len()],
            stages,
            groups,
            sales: Vec::new(),
            purchases: Vec::new(),
            parts: Vec::new(),
            levels: Vec::new(),
            turns: Expression::new(),
            years: Vec::new(),
            tail: Tail::default(),
            overruns: Expression::new(),
            added: Expression::new(),
            losses: Vec::new(),
            reasons: Vec::new(),
            losses_spared: 0.0,
            orders: Vec::new(),
            sides: Vec::new(),
            owed: BTreeMap::new(),
            asked: Asked::default(),
            unsold: Vec::new(),
            cannot: Vec::new(),
            waiting: Expression::new(),
            gaps: Vec::new(),
            per_run: f64::INFINITY,
            scale: ground.scale,
        };
        let place = |symbol| ground.symbols.binary_search(&symbol).ok();
        let neutral = ground.problem.neutral.as_ref().and_then(place);
        let mut wished: BTreeMap<usize, f64> = BTreeMap::new();
        for target in ground.problem.targets.iter().filter(|target| target.reaction == Reaction::Fill) {
            if let Some(symbol) = place(&target.symbol) {
                *wished.entry(symbol).or_default() += target.weight.0;
            }
        }
        let must_earn = ground.problem.limits.iter().any(|limit| matches!(limit.measure, Measure::Worth(_)));
        let (overs, budgets) = (Vec::new(), Vec::new());
        let mut builder = Builder { draft, route, program, owed, neutral, must_earn, wished, overs, budgets };
        builder.build();
        builder.program
    }

    /// Columns of all sales with what a basis point of each is worth to a function.
    pub fn sold(&self, value: impl Fn(&Sale) -> f64) -> Expression {
        self.sales.iter().map(|sale| (sale.column, value(sale))).filter(|(_, value)| *value != 0.0).collect()
    }
}

impl Builder<'_, '_> {
    fn build(&mut self) {
        self.sales();
        self.purchases();
        self.capacity();
        self.sides();
        self.orders();
        let cash = self.cash();
        self.ends();
        self.limits();
        let gaps = self.gaps();
        self.unsold();
        self.floors();
        self.tax();
        self.worth();
        self.needless();
        self.paying();
        self.program.owed = self.still_owed();
        self.losses();
        self.levels(cash, gaps);
    }

    fn group(&self, index: usize) -> Option<&Group> {
        self.program.groups.get(index)
    }

    /// The symbol of what takes in an account what targets do not.
    fn neutral_in(&self, home: &PlanAccount) -> Option<usize> {
        let ground = &self.draft.ground;
        ground.symbols.binary_search(&ground.problem.neutral_in(home)?).ok()
    }

    fn sales(&mut self) {
        let groups = std::mem::take(&mut self.program.groups);
        for (index, group) in groups.iter().enumerate() {
            let mut all: Vec<(usize, f64)> = Vec::new();
            for stage in group.stages() {
                let column = self.program.model.column(0.0, group.value);
                self.program.sales.push(Sale { group: index, stage, column });
                if let Some(cost) = self.program.cost.get_mut(stage).filter(|_| group.spread > 0.0) {
                    cost.push((column, group.spread));
                }
                all.push((column, 1.0));
            }
            if all.len() > 1 {
                self.program.model.row(f64::NEG_INFINITY, group.value, None, all);
            }
            if group.has_parts() {
                self.parts(index, group);
            }
        }
        self.program.groups = groups;
    }

    /// Columns for the lots of a group: in each class they come to what the group sells in its stages.
    fn parts(&mut self, index: usize, group: &Group) {
        let mut of_lot: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
        for (place, class) in group.classes.iter().enumerate() {
            let is_own = |sale: &&Sale| sale.group == index && class.stages.contains(&sale.stage);
            let mut terms: Vec<(usize, f64)> = self
                .program
                .sales
                .iter()
                .rev()
                .take(group.stages().count())
                .filter(is_own)
                .map(|s| (s.column, 1.0))
                .collect();
            for trade in &group.lots {
                let most = self.draft.ground.trades.get(*trade).map_or(0.0, |trade| trade.most);
                let column = self.program.model.column(0.0, most);
                self.program.parts.push(Part { group: index, class: place, trade: *trade, column });
                terms.push((column, -1.0));
                of_lot.entry(*trade).or_default().push((column, 1.0));
            }
            self.program.model.row(0.0, 0.0, None, terms);
        }
        if group.classes.len() > 1 {
            for (trade, columns) in of_lot {
                let most = self.draft.ground.trades.get(trade).map_or(0.0, |trade| trade.most);
                self.program.model.row(f64::NEG_INFINITY, most, None, columns);
            }
        }
    }

    fn purchases(&mut self) {
        for (index, trade) in self.draft.ground.trades.iter().enumerate() {
            if trade.side != Side::Buy || trade.most <= 0.0 {
                continue;
            }
            for (stage, own) in self.program.stages.iter().enumerate() {
                let is_closed = is_closed(&self.draft.ground, trade, own.first, own.last);
                if is_closed || trade.opens.is_some_and(|opens| own.first < opens) {
                    continue;
                }
                let column = self.program.model.column(0.0, 20_000.0);
                self.program.purchases.push(Purchase { trade: index, stage, column });
                if let Some(cost) = self.program.cost.get_mut(stage).filter(|_| trade.spread > 0.0) {
                    cost.push((column, trade.spread));
                }
            }
        }
    }

    /// The turnover limit: of each run, so of a stage as often as it has runs. This run has what is left of its period.
    fn capacity(&mut self) {
        let scale = self.draft.ground.scale;
        let problem = self.draft.ground.problem;
        for (index, limit) in problem.limits.iter().enumerate() {
            let Measure::Turnover(most) = &limit.measure else { continue };
            let per_run = 10_000.0 * most.0;
            let used = scale * self.route.used_turnover.to_f64();
            self.program.per_run = self.program.per_run.min(per_run);
            for stage in 0..self.program.stages.len() {
                let runs = self.program.stages.get(stage).map_or(0, |stage| stage.runs) as f64;
                let most = if stage == 0 { (per_run - used).max(0.0) } else { runs * per_run };
                let own = self.program.sold(|sale| if sale.stage == stage { 1.0 } else { 0.0 });
                if !own.is_empty() {
                    self.program.model.row(f64::NEG_INFINITY, most, Some(index), own);
                }
            }
        }
    }

    fn identity(&self, symbol: usize) -> &str {
        let ground = &self.draft.ground;
        let security = ground.symbols.get(symbol).and_then(|symbol| ground.problem.securities.get(*symbol));
        security.map_or("", |security| security.identity.as_str())
    }

    /// One identity is sold or bought along the whole route, never both: that keeps every wash-sale window clear.
    fn sides(&mut self) {
        let mut sides: BTreeMap<&str, (Expression, Expression)> = BTreeMap::new();
        for sale in &self.program.sales {
            let Some(group) = self.group(sale.group) else { continue };
            sides.entry(self.identity(group.symbol)).or_default().0.push((sale.column, 1.0));
        }
        for purchase in &self.program.purchases {
            let Some(trade) = self.draft.ground.trades.get(purchase.trade) else { continue };
            sides.entry(self.identity(trade.symbol)).or_default().1.push((purchase.column, 1.0));
        }
        self.program.sides =
            sides.into_values().filter(|(sold, bought)| !sold.is_empty() && !bought.is_empty()).collect();
    }

    /// Orders of this run, where they must reach a size; and what the whole route trades, since no run can place less than
    /// that.
    fn orders(&mut self) {
        if self.draft.min_trade <= 0.0 && self.draft.max_trades.is_none() {
            return;
        }
        let mut orders: BTreeMap<(bool, usize, Side, usize), Expression> = BTreeMap::new();
        let mut add = |stage: usize, account, side, symbol, column| {
            orders.entry((true, account, side, symbol)).or_default().push((column, 1.0));
            if stage == 0 {
                orders.entry((false, account, side, symbol)).or_default().push((column, 1.0));
            }
        };
        for sale in &self.program.sales {
            let Some(group) = self.program.groups.get(sale.group) else { continue };
            add(sale.stage, group.account, Side::Sell, group.symbol, sale.column);
        }
        for purchase in &self.program.purchases {
            let Some(trade) = self.draft.ground.trades.get(purchase.trade) else { continue };
            add(purchase.stage, trade.account, Side::Buy, trade.symbol, purchase.column);
        }
        for ((of_route, account, side, symbol), columns) in orders {
            let row = self.program.model.row(f64::NEG_INFINITY, f64::INFINITY, None, columns.iter().copied());
            let is_target = self.wished.contains_key(&symbol);
            let name = self.draft.ground.symbols.get(symbol);
            let is_neutral = name.is_some_and(|name| self.draft.ground.problem.is_neutral(name));
            let takes_the_rest = side == Side::Buy && is_neutral && !is_target;
            self.program.orders.push(OrderRow { of_route, account, symbol, side, takes_the_rest, row, columns });
        }
    }

    /// What targets miss after every stage. Returns the columns with their stage, and that of the largest at the end.
    fn gaps(&mut self) -> Gaps {
        let mut gaps = Gaps::default();
        let stages = self.program.stages.len();
        let wished = std::mem::take(&mut self.wished);
        for (symbol, weight) in &wished {
            let held = self.draft.ground.held.get(*symbol).copied().unwrap_or(0.0);
            let change = self.changes(|own| if own == *symbol { 1.0 } else { 0.0 });
            let missing = 10_000.0 * weight - held;
            if missing <= 0.0 && change.iter().all(|(_, _, value)| *value > 0.0) {
                continue;
            }
            for stage in 0..stages {
                let gap = self.program.model.column(0.0, f64::INFINITY);
                let until =
                    change.iter().filter(|(_, own, _)| *own <= stage).map(|(column, _, value)| (*column, *value));
                let row = self.program.model.row(missing, f64::INFINITY, None, until.chain([(gap, 1.0)]));
                if missing > 0.0 {
                    self.program.model.basics.push((row, gap));
                }
                gaps.each.push((gap, stage));
                if stage + 1 == stages {
                    self.program.gaps.push((*symbol, gap));
                }
            }
        }
        if self.program.gaps.len() > 1 {
            let largest = self.program.model.column(0.0, f64::INFINITY);
            for (_, gap) in &self.program.gaps {
                self.program.model.row(0.0, f64::INFINITY, None, [(largest, 1.0), (*gap, -1.0)]);
            }
            gaps.largest = Some(largest);
        }
        // What is left over goes to the neutral fund, and not to more of a sleeve than its target.
        if self.neutral.is_some() || self.draft.ground.problem.accounts.iter().any(|home| home.neutral.is_some()) {
            let mut bought: BTreeMap<usize, Expression> = BTreeMap::new();
            for purchase in &self.program.purchases {
                let Some(trade) = self.draft.ground.trades.get(purchase.trade) else { continue };
                let symbol = self.draft.ground.symbols.get(trade.symbol);
                if symbol.is_none_or(|symbol| !self.draft.ground.problem.is_neutral(symbol)) {
                    bought.entry(trade.symbol).or_default().push((purchase.column, 1.0));
                }
            }
            for (symbol, columns) in bought {
                let held = self.draft.ground.held.get(symbol).copied().unwrap_or(0.0);
                let most = (10_000.0 * wished.get(&symbol).copied().unwrap_or(0.0) - held).max(0.0);
                self.program.model.row(f64::NEG_INFINITY, most, None, columns);
            }
        }
        self.wished = wished;
        gaps
    }

    /// The change of something by every sale and purchase, given what a dollar of a symbol has of it: column, stage and
    /// coefficient.
    pub(super) fn changes(&self, share: impl Fn(usize) -> f64) -> Vec<(usize, usize, f64)> {
        let sales = self.program.sales.iter().filter_map(|sale| {
            let group = self.group(sale.group)?;
            Some((sale.column, sale.stage, -share(group.symbol)))
        });
        let purchases = self.program.purchases.iter().filter_map(|purchase| {
            let trade = self.draft.ground.trades.get(purchase.trade)?;
            Some((purchase.column, purchase.stage, share(trade.symbol)))
        });
        sales.chain(purchases).filter(|(_, _, value)| *value != 0.0).collect()
    }

    pub(super) fn dollars(&self, amount: Money) -> f64 {
        self.draft.ground.scale * amount.to_f64()
    }
}

/// Columns of gaps.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    pub each: Vec<(usize, usize)>,
    pub largest: Option<usize>,
}

/// Returns a weight as a float.
pub(super) fn float(weight: Decimal) -> f64 {
    Money(weight).to_f64()
}
