//! Dear sales, over the route: only as far as losses shelter them.

use std::collections::BTreeSet;

use super::{Builder, Sale};
use crate::plan::ground::{HALF, Trade};
use crate::plan::model::Expression;
use crate::plan::route::groups::{Class, Group};
use crate::units::Money;

impl Builder<'_, '_> {
    /// What is over the caps at the end of what is too dear to be sold on any day, with no losses to shelter it, counting the
    /// sales of what is mostly of what is over. It is in what must be sold, and would make the sale of all else needless.
    pub(in crate::plan::route) fn kept_too_dear(&mut self) -> Expression {
        let draft = self.draft;
        let Some(worth) = &draft.worth else { return Expression::new() };
        let (trades, rates) = (&draft.ground.trades, self.rates());
        let losses = trades.iter().filter_map(|trade| Some(-trade.most * trade.gain?.1)).filter(|loss| *loss > 0.0);
        let sheltered = worth.sheltered + losses.sum::<f64>();
        let is_dear = |group: &Group, lot: &usize| {
            let trade = trades.get(*lot);
            let rate = |class: &Class| if class.long { rates.1 } else { rates.0 };
            let always = |trade: &Trade| group.classes.iter().all(|class| worth.is_dear(trade, rate(class)));
            let gain = |trade: &Trade| trade.most * trade.gain.map_or(0.0, |(_, gain)| gain);
            trade.is_some_and(|trade| always(trade) && gain(trade) > sheltered)
        };
        let kept: BTreeSet<usize> = (self.program.groups.iter())
            .filter(|group| group.asked && group.lots.iter().any(|lot| is_dear(group, lot)))
            .map(|group| group.symbol)
            .collect();
        let mut over = Expression::new();
        for bound in draft.bounds.iter().filter(|bound| bound.counted && !kept.is_empty()) {
            let shares = self.shares(bound);
            let intended = self.neutral.and_then(|neutral| shares.get(neutral)).copied().unwrap_or(0.0);
            let has = |symbol: usize, least: f64| shares.get(symbol).is_some_and(|share| share - intended >= least);
            let is_free = |group: &&Group| !group.taxed && has(group.symbol, HALF);
            let could_help = self.program.groups.iter().any(|group| is_free(&group));
            if bound.constant <= bound.most || !could_help || !kept.iter().any(|symbol| has(*symbol, HALF)) {
                continue;
            }
            let of_sale = |sale: &Sale| {
                let symbol = self.group(sale.group).map(|group| group.symbol).filter(|symbol| has(*symbol, HALF));
                symbol.and_then(|symbol| shares.get(symbol)).map_or(0.0, |share| intended - share)
            };
            let mut terms = self.program.sold(of_sale);
            let column = self.program.model.column(0.0, f64::INFINITY);
            terms.push((column, -1.0));
            let row = self.program.model.row(f64::NEG_INFINITY, bound.most - bound.constant, None, terms);
            self.program.model.basics.push((row, column));
            over.push((column, 1.0));
        }
        over
    }

    /// Rates of short- and long-term gains.
    fn rates(&self) -> (f64, f64) {
        let tax = &self.draft.ground.problem.tax;
        (Money(tax.short_rate).to_f64(), Money(tax.long_rate).to_f64())
    }

    /// A lot may be dear while its gain is short-term, and not afterwards.
    pub(super) fn worth(&mut self) {
        let Some(worth) = &self.draft.worth else { return };
        let (short, long) = self.rates();
        let counted = |trade: usize, is_long: bool| {
            let trade: &Trade = self.draft.ground.trades.get(trade)?;
            let (_, gain) = trade.gain?;
            let rate = if is_long { long } else { short };
            (gain < 0.0 || worth.is_dear(trade, rate)).then_some((gain, gain > 0.0))
        };
        let mut terms: Expression = Vec::new();
        let mut has_dear = false;
        let mut add = |column: usize, found: Option<(f64, bool)>| {
            if let Some((gain, is_dear)) = found {
                terms.push((column, gain));
                has_dear |= is_dear;
            }
        };
        for sale in &self.program.sales {
            let Some(group) = self.group(sale.group).filter(|group| !group.has_parts()) else { continue };
            let class = group.classes.iter().find(|class| class.stages.contains(&sale.stage));
            let (Some(class), Some(lot)) = (class, group.lots.first()) else { continue };
            add(sale.column, counted(*lot, class.long));
        }
        for part in &self.program.parts {
            let class = self.group(part.group).and_then(|group| group.classes.get(part.class));
            add(part.column, class.and_then(|class| counted(part.trade, class.long)));
        }
        if has_dear {
            let (limit, most) = (worth.limit, worth.sheltered - self.draft.margin(worth.limit));
            self.program.model.row(f64::NEG_INFINITY, most.max(0.0), Some(limit), terms);
        }
    }
}
