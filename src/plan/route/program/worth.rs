//! Dear sales, over the route: only as far as losses shelter them.

use super::Builder;
use crate::plan::ground::Trade;
use crate::plan::model::Expression;
use crate::units::Money;

impl Builder<'_, '_> {
    /// A lot may be dear while its gain is short-term, and not afterwards.
    pub(super) fn worth(&mut self) {
        let Some(worth) = &self.draft.worth else { return };
        let tax = &self.draft.ground.problem.tax;
        let (short, long) = (Money(tax.short_rate).to_f64(), Money(tax.long_rate).to_f64());
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
