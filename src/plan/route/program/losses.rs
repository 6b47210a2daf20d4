//! Nothing is sold beyond need: a loss only where a limit, the money for the targets or a budget ends at its bound. Without
//! this the least tax would be that of every loss there is.

use std::collections::BTreeMap;

use super::Builder;
use crate::model::Measure;
use crate::plan::model::Expression;

/// Nearer than this many basis points to a bound is at it.
pub(in crate::plan::route) const AT: f64 = 1e-3;
/// A spread of bounds that no sum leaves.
const WIDE: f64 = 1e9;

/// A lot that would be sold at a loss.
#[derive(Clone, Debug)]
pub(in crate::plan::route) struct Loss {
    pub columns: Vec<usize>,
    /// Places of the reasons for which it may be sold.
    pub reasons: Vec<usize>,
}

/// Rows that, all at their bounds, are a reason to sell losses.
#[derive(Clone, Debug)]
pub(in crate::plan::route) struct Reason {
    /// Row, its terms, and the bounds it must keep.
    pub conditions: Vec<(usize, Expression, f64, f64)>,
}

impl Builder<'_, '_> {
    fn reason(&mut self, conditions: Vec<(Expression, f64, f64)>) -> usize {
        let conditions = conditions
            .into_iter()
            .map(|(terms, lo, hi)| {
                let row = self.program.model.row(f64::NEG_INFINITY, f64::INFINITY, None, terms.iter().copied());
                (row, terms, lo, hi)
            })
            .collect();
        self.program.reasons.push(Reason { conditions });
        self.program.reasons.len() - 1
    }

    /// Columns of every lot with a loss: its group and trade.
    fn loss_columns(&self) -> BTreeMap<(usize, usize), Vec<usize>> {
        let ground = &self.draft.ground;
        let loses = |trade: &usize| {
            ground.trades.get(*trade).and_then(|trade| trade.gain).is_some_and(|(_, gain)| gain < -1e-12)
        };
        let mut losses: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for sale in &self.program.sales {
            let Some(group) = self.group(sale.group).filter(|group| !group.has_parts()) else { continue };
            if let Some(lot) = group.lots.iter().find(|lot| loses(lot)) {
                losses.entry((sale.group, *lot)).or_default().push(sale.column);
            }
        }
        for part in self.program.parts.iter().filter(|part| loses(&part.trade)) {
            losses.entry((part.group, part.trade)).or_default().push(part.column);
        }
        losses
    }

    pub(super) fn losses(&mut self) {
        let losses = self.loss_columns();
        if losses.is_empty() {
            return;
        }
        let stages = self.program.stages.len();
        let problem = self.draft.ground.problem;
        let symbols: Vec<usize> = losses.keys().filter_map(|(group, _)| Some(self.group(*group)?.symbol)).collect();
        // Caps that end at their bound.
        let mut caps: Vec<(usize, Vec<f64>)> = Vec::new();
        let powers: Vec<f64> = (0..self.draft.ground.accounts.len()).map(|account| self.draft.power(account)).collect();
        for bound in &self.draft.bounds {
            let measure = problem.limits.get(bound.limit).map(|limit| &limit.measure);
            if !matches!(measure, Some(Measure::ExposureCap { .. } | Measure::RiskCap { .. })) {
                continue;
            }
            let shares = self.shares(bound);
            let is_reached = bound.worst > 0.0 || self.draft.reach(bound, &powers) >= bound.most - 1e-6;
            if !is_reached || symbols.iter().all(|symbol| shares.get(*symbol).is_none_or(|share| *share <= 0.0)) {
                continue;
            }
            let changes = self.changes(|symbol| shares.get(symbol).copied().unwrap_or(0.0));
            let terms = changes.into_iter().map(|(column, _, value)| (column, value)).collect();
            let most = if bound.counted { bound.most } else { bound.most.max(bound.constant) };
            let reason = self.reason(vec![(terms, most - bound.constant - 1e-7, WIDE)]);
            caps.push((reason, shares));
        }
        // Cash of an account that is all spent, and on targets only.
        let accounts: Vec<usize> = losses.keys().filter_map(|(group, _)| Some(self.group(*group)?.account)).collect();
        let mut spent: BTreeMap<usize, usize> = BTreeMap::new();
        for account in accounts {
            if spent.contains_key(&account) {
                continue;
            }
            let Some(home) =
                self.draft.ground.accounts.get(account).and_then(|index| problem.accounts.get(*index)).cloned()
            else {
                continue;
            };
            let room = self.dollars(home.reserve - home.cash - home.flow);
            let mut conditions = vec![(self.cash_flows(account, stages), -WIDE, room + AT)];
            let mut bought: BTreeMap<usize, Expression> = BTreeMap::new();
            for purchase in &self.program.purchases {
                let Some(trade) = self.draft.ground.trades.get(purchase.trade) else { continue };
                bought.entry(trade.symbol).or_default().push((purchase.column, 1.0));
            }
            for (symbol, terms) in bought {
                let held = self.draft.ground.held.get(symbol).copied().unwrap_or(0.0);
                let missing = 10_000.0 * self.wished.get(&symbol).copied().unwrap_or(0.0) - held;
                conditions.push((terms, -WIDE, missing.max(0.0) + 1e-7));
            }
            let reason = self.reason(conditions);
            spent.insert(account, reason);
        }
        let budgets = std::mem::take(&mut self.budgets);
        let budgets: Vec<usize> =
            budgets.into_iter().map(|(terms, most)| self.reason(vec![(terms, most - 1e-6, WIDE)])).collect();
        for ((group, _), columns) in losses {
            let Some(group) = self.group(group) else { continue };
            let (symbol, account) = (group.symbol, group.account);
            let of_cap = caps.iter().filter(|(_, shares)| shares.get(symbol).is_some_and(|share| *share > 0.0));
            let mut reasons: Vec<usize> = of_cap.map(|(reason, _)| *reason).collect();
            reasons.extend(spent.get(&account));
            reasons.extend(&budgets);
            self.program.losses.push(Loss { columns, reasons });
        }
    }
}
