//! Cash of every account after every stage: what is owed and missing, what lies idle, and what comes in and goes out.

use super::{Builder, Owed, Sale};
use crate::plan::PlanAccount;
use crate::plan::model::{Expression, Model};
use crate::plan::verify::SET_ASIDE;

/// Columns of cash.
#[derive(Debug, Default)]
pub(in crate::plan::route) struct Cash {
    pub short: Expression,
    pub idle: Vec<(usize, usize)>,
    pub idle_end: Expression,
}

impl Builder<'_, '_> {
    /// Cash of each account after every stage. Returns what is short, what lies idle after each stage where the neutral
    /// fund could be bought, and at the end.
    pub(super) fn cash(&mut self) -> Cash {
        let mut cash = Cash::default();
        let ground = &self.draft.ground;
        let problem = ground.problem;
        let stages = self.program.stages.len();
        for (place, index) in ground.accounts.iter().enumerate() {
            let Some(home) = problem.accounts.get(*index) else { continue };
            let (had, reserve) = self.cash_and_reserve(home);
            let may_invest = self.program.purchases.iter().any(|purchase| {
                let trade = ground.trades.get(purchase.trade);
                trade.is_some_and(|trade| trade.account == place && Some(trade.symbol) == self.neutral_in(home))
            });
            for stage in 0..stages {
                let flows = self.cash_flows(place, stage);
                if flows.is_empty() && had >= reserve && !may_invest {
                    continue;
                }
                let short = self.program.model.column(0.0, f64::INFINITY);
                cash.short.push((short, 1.0));
                let kept = if stage == 0 && had < reserve { self.kept_for_tax(home, place) } else { Expression::new() };
                let terms = flows.iter().chain(&kept).copied().chain([(short, 1.0)]);
                let row = self.program.model.row(reserve - had, f64::INFINITY, None, terms);
                if had < reserve {
                    self.program.model.basics.push((row, short));
                }
                if may_invest {
                    let idle = |least: f64, model: &mut Model| {
                        let column = model.column(0.0, f64::INFINITY);
                        let negative = flows.iter().map(|(column, value)| (*column, -value));
                        let row = model.row(least, f64::INFINITY, None, negative.chain([(column, 1.0)]));
                        if least > 0.0 {
                            model.basics.push((row, column));
                        }
                        column
                    };
                    let column = idle(had - reserve, &mut self.program.model);
                    cash.idle.push((column, stage));
                    if stage + 1 == stages {
                        cash.idle_end.push((column, 1.0));
                    }
                }
            }
        }
        let short = self.set_aside();
        cash.short.extend(short.map(|short| (short, 1.0)));
        cash
    }

    /// What the taxable accounts together keep of this run for the tax that an earlier attempt left missing. Returns the
    /// column of what is short of it.
    fn set_aside(&mut self) -> Option<usize> {
        let ground = &self.draft.ground;
        let aside = self.draft.margin_of(SET_ASIDE);
        if aside <= 0.0 || self.owed == Owed::Forgiven {
            return None;
        }
        let (mut over, mut flows) = (0.0, Expression::new());
        for (place, index) in ground.accounts.iter().enumerate() {
            let Some(home) = ground.problem.accounts.get(*index).filter(|home| home.kind.is_taxable()) else {
                continue;
            };
            over += ground.scale * (home.cash + home.flow - home.reserve).to_f64();
            flows.extend(self.cash_flows(place, 0));
        }
        let short = self.program.model.column(0.0, f64::INFINITY);
        flows.push((short, 1.0));
        let row = self.program.model.row(aside - over, f64::INFINITY, None, flows);
        if over < aside {
            self.program.model.basics.push((row, short));
        }
        Some(short)
    }

    /// What the sales of this run leave to their tax where cash is owed: each at its own rate, before losses shelter it. To
    /// the cent it is raised in whole shares.
    fn kept_for_tax(&self, home: &PlanAccount, account: usize) -> Expression {
        let is_own = |sale: &Sale| self.group(sale.group).is_some_and(|group| group.account == account);
        self.program.sold(|sale| if sale.stage == 0 && is_own(sale) { -self.kept_of(home, sale) } else { 0.0 })
    }

    /// What a dollar of a sale leaves to its tax in an account, where that is set aside.
    pub(super) fn kept_of(&self, home: &PlanAccount, sale: &Sale) -> f64 {
        let problem = self.draft.ground.problem;
        if !problem.set_aside_tax || !home.kind.is_taxable() {
            return 0.0;
        }
        let lots = self.group(sale.group).into_iter().flat_map(|group| &group.lots);
        let trades = lots.filter_map(|lot| self.draft.ground.trades.get(*lot));
        trades.map(|trade| trade.tax(&problem.tax)).fold(0.0, f64::max)
    }

    /// What comes in and goes out of an account until the end of a stage.
    pub(in crate::plan::route) fn cash_flows(&self, account: usize, until: usize) -> Expression {
        let mut flows = Expression::new();
        for sale in self.program.sales.iter().filter(|sale| sale.stage <= until) {
            if let Some(group) = self.group(sale.group).filter(|group| group.account == account) {
                flows.push((sale.column, 1.0 - group.spread));
            }
        }
        for purchase in self.program.purchases.iter().filter(|purchase| purchase.stage <= until) {
            let trade = self.draft.ground.trades.get(purchase.trade);
            if let Some(trade) = trade.filter(|trade| trade.account == account) {
                flows.push((purchase.column, -1.0 - trade.spread));
            }
        }
        flows
    }
}
