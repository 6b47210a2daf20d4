//! Dear sales, over the route: only as far as losses shelter them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::{Builder, Sale};
use crate::plan::constraints::worth::{Reach, Worth, Zone};
use crate::plan::ground::{HALF, Trade};
use crate::plan::model::Expression;
use crate::plan::route::groups::{Class, Group};

impl Builder<'_, '_> {
    /// What is over the caps at the end of what is too dear to be sold on any day, with no losses to shelter it, counting the
    /// sales of what is mostly of what is over. It is in what must be sold, and would make the sale of all else needless.
    pub(in crate::plan::route) fn kept_too_dear(&mut self) -> Expression {
        let draft = self.draft;
        let Some(worth) = &draft.worth else { return Expression::new() };
        let trades = &draft.ground.trades;
        let sheltered = worth.losses(&draft.ground);
        let zones: BTreeMap<i32, Vec<Zone>> = self.zones(worth);
        // What may be realised of a lot in some years.
        let room = |group: &Group, trade: &Trade| -> f64 {
            let of_class = |class: &Class| {
                let zones = zones.get(&class.year).into_iter().flatten();
                let dear = zones.filter(|zone| worth.is_dear_as(trade, class.long, zone));
                (class.year, dear.map(|zone| zone.room).fold(f64::INFINITY, f64::min))
            };
            let mut rooms: BTreeMap<i32, f64> = BTreeMap::new();
            for (year, room) in group.classes.iter().map(of_class) {
                let known = rooms.entry(year).or_default();
                *known = known.max(room);
            }
            rooms.values().sum()
        };
        let is_dear = |group: &Group, lot: &usize| {
            let gain = |trade: &Trade| trade.most * trade.gain.map_or(0.0, |(_, gain)| gain);
            let most = sheltered + worth.beyond(Reach::All);
            trades.get(*lot).is_some_and(|trade| gain(trade) > most + room(group, trade))
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
            // Of other sales only that their money is invested: what is bought counts, with the cash there is.
            let of_sale = |sale: &Sale| {
                let group = self.group(sale.group).filter(|group| group.asked);
                let symbol = group.map(|group| group.symbol).filter(|symbol| has(*symbol, HALF));
                -symbol.and_then(|symbol| shares.get(symbol)).copied().unwrap_or(intended)
            };
            let mut terms = self.program.sold(of_sale);
            let bought =
                self.program.purchases.iter().filter_map(|own| Some((own.column, trades.get(own.trade)?.symbol)));
            terms.extend(bought.filter_map(|(column, symbol)| Some((column, *shares.get(symbol)?))));
            let column = self.program.model.column(0.0, f64::INFINITY);
            terms.push((column, -1.0));
            let row = self.program.model.row(f64::NEG_INFINITY, bound.most - bound.constant, None, terms);
            self.program.model.basics.push((row, column));
            over.push((column, 1.0));
        }
        over
    }

    /// The zones of every year of the route.
    fn zones(&self, worth: &Worth) -> BTreeMap<i32, Vec<Zone>> {
        let years: BTreeSet<i32> = self.program.stages.iter().map(|stage| stage.first.year()).collect();
        years.into_iter().map(|year| (year, worth.zones(&self.draft.ground, year))).collect()
    }

    /// In every year what is dear from a zone on goes as far as that zone is away, and as losses shelter it: those up to the
    /// end of the year, each once.
    pub(super) fn worth(&mut self) {
        let Some(worth) = &self.draft.worth else { return };
        worth.reaches().iter().for_each(|reach| self.worth_within(worth, *reach));
    }

    fn worth_within(&mut self, worth: &Worth, reach: Reach) {
        let mut rows: Vec<(f64, Expression)> = Vec::new();
        let (mut sheltered, mut losses_sold) = (Expression::new(), Expression::new());
        let mut deducted = Expression::new();
        for (year, zones) in self.zones(worth) {
            let gains = [false, true].map(|is_long| self.gains_by_lot(year, is_long));
            let dear = |zone: &Zone| -> Expression {
                let is_dear = |trade: usize, is_long: bool| {
                    let trade = self.draft.ground.trades.get(trade);
                    trade.is_some_and(|trade| worth.is_dear_within(reach, trade, is_long, zone))
                };
                let of_term = |(own, is_long): (&Vec<(usize, usize, f64)>, bool)| -> Expression {
                    let own = own.iter().filter(|(trade, ..)| is_dear(*trade, is_long));
                    own.map(|(_, column, gain)| (*column, *gain)).collect()
                };
                gains.iter().zip([false, true]).flat_map(of_term).collect()
            };
            let is_better_deducted =
                |trade: usize| self.draft.ground.trades.get(trade).is_some_and(|trade| worth.is_better_deducted(trade));
            let first = zones.first().map(&dear).unwrap_or_default();
            let of_first = gains
                .iter()
                .flatten()
                .filter(|(trade, column, _)| is_better_deducted(*trade) && first.iter().any(|(own, _)| own == column));
            deducted.extend(of_first.map(|(_, column, gain)| (*column, *gain)));
            let mut own: Vec<(f64, Expression)> = Vec::new();
            for (room, terms) in zones.iter().map(|zone| (zone.room, dear(zone))) {
                // What is dear from here on goes less far already where nothing joins it.
                if terms.len() > own.last().map_or(0, |(_, known)| known.len()) {
                    own.push((room, terms));
                }
            }
            match own.as_mut_slice() {
                [(room, terms)] if *room <= 0.0 => sheltered.append(terms),
                [] => {}
                several => {
                    let shelter = self.program.model.column(0.0, f64::INFINITY);
                    several.iter_mut().for_each(|(_, terms)| terms.push((shelter, -1.0)));
                    sheltered.push((shelter, 1.0));
                    rows.append(&mut own);
                }
            }
            let losses = gains.iter().flatten().filter(|(.., gain)| *gain < 0.0);
            losses_sold.extend(losses.map(|(_, column, gain)| (*column, *gain)));
            // No run sells what is dear for a loss that is still to come, so no year is planned to.
            if !sheltered.is_empty() {
                rows.push((worth.sheltered + worth.beyond(reach), [sheltered.as_slice(), &losses_sold].concat()));
            }
        }
        if sheltered.is_empty() {
            return;
        }
        if !deducted.is_empty() {
            let part = worth.undeducted(&self.draft.ground, self.program.years.len());
            deducted.extend(losses_sold.iter().map(|(column, gain)| (*column, part * gain)));
            rows.push((part * worth.sheltered + worth.beyond(reach), deducted));
        }
        rows.extend(self.worth_now(worth, reach));
        let (limit, margin) = (worth.limit, self.draft.margin(worth.limit));
        for (most, terms) in rows {
            self.program.model.row(f64::NEG_INFINITY, (most - margin).max(0.0), Some(limit), terms);
        }
    }

    /// A loss comes before what it shelters: this run sells no more of what is dear than the losses up to it, since a loss that
    /// is still to come may never be sold. Of a group the lots with the least gain are sold first; what is dear of it counts as
    /// the lot with the most.
    fn worth_now(&mut self, worth: &Worth, reach: Reach) -> Vec<(f64, Expression)> {
        let draft = self.draft;
        let (trades, year) = (&draft.ground.trades, draft.ground.problem.as_of.year());
        let now: Vec<Sale> = self.program.sales.iter().copied().filter(|sale| sale.stage == 0).collect();
        let mut rows = Vec::new();
        for zone in worth.zones(&draft.ground, year) {
            let mut terms = Expression::new();
            for sale in &now {
                let Some(group) = self.program.groups.get(sale.group) else { continue };
                let is_long = group.classes.iter().any(|class| class.long && class.stages.contains(&0));
                let lots = || group.lots.iter().filter_map(|lot| trades.get(*lot));
                let gains = lots().map(|trade| trade.gain.map_or(0.0, |(_, gain)| gain));
                let most = gains.fold(f64::NEG_INFINITY, f64::max);
                let others = lots().filter(|trade| !worth.is_dear_within(reach, trade, is_long, &zone));
                let others: f64 = others.map(|trade| trade.most).sum();
                if most < 0.0 {
                    terms.push((sale.column, most));
                } else if others < group.value {
                    let dear = self.program.model.column(0.0, f64::INFINITY);
                    self.program.model.row(f64::NEG_INFINITY, others, None, [(sale.column, 1.0), (dear, -1.0)]);
                    terms.push((dear, most));
                }
            }
            if terms.iter().any(|(_, gain)| *gain > 0.0) {
                rows.push((zone.room + worth.sheltered + worth.most_beyond(reach), terms));
            }
        }
        rows
    }
}
