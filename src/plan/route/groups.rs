//! Lots that a route need not tell apart: those of one holding that may be sold in the same stages, in the same class.
//!
//! Of lots without tax only the sum matters. Of others it matters in which year and class each is sold, but not in which
//! stage of it, so that a group has one column a stage, and one a lot for each of its classes.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::calendar::Stage;
use crate::model::{Side, Term};
use crate::plan::ground::{Ground, Trade, term_of};
use crate::tax;

/// Stages of one tax year in which a sale is of one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub year: i32,
    pub long: bool,
    pub stages: Vec<usize>,
}

/// Lots of one holding that are open and long-term in the same stages.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub account: usize,
    pub symbol: usize,
    /// Trades of the ground, the least gain first.
    pub lots: Vec<usize>,
    /// Basis points of all of them.
    pub value: f64,
    /// Half-spread as a fraction.
    pub spread: f64,
    /// Whether any of them has a taxable gain or loss.
    pub taxed: bool,
    /// Whether a limit or target asks for their sale.
    pub asked: bool,
    pub classes: Vec<Class>,
}

impl Group {
    /// Whether the lots are told apart.
    pub fn has_parts(&self) -> bool {
        self.taxed && self.lots.len() > 1
    }

    /// Stages in which it may be sold.
    pub fn stages(&self) -> impl Iterator<Item = usize> + '_ {
        self.classes.iter().flat_map(|class| class.stages.iter().copied())
    }
}

/// Whether a blackout keeps something from being traded on some day between two.
pub(super) fn is_closed(ground: &Ground<'_>, trade: &Trade, first: NaiveDate, last: NaiveDate) -> bool {
    let route = ground.problem.route.as_ref();
    ground.symbols.get(trade.symbol).zip(route).is_some_and(|(symbol, route)| route.is_closed(symbol, first, last))
}

/// Whether a lot may be sold on a day.
pub(super) fn is_open(ground: &Ground<'_>, trade: &Trade, day: NaiveDate) -> bool {
    if trade.opens.is_some_and(|opens| day < opens) || is_closed(ground, trade, day, day) {
        return false;
    }
    let lot = trade.lot.and_then(|lot| ground.problem.lots.get(lot));
    let has_gain = trade.gain.is_some_and(|(_, gain)| gain > 0.0);
    let until_long = lot.and_then(|lot| lot.acquired).and_then(|acquired| tax::days_until_long(acquired, day));
    !(has_gain && until_long.is_some_and(|days| days <= ground.problem.near_long_term_days))
}

/// Whether a sale on a day is long-term.
pub(super) fn is_long(ground: &Ground<'_>, trade: &Trade, day: NaiveDate) -> bool {
    let Some((_, gain)) = trade.gain else { return false };
    let lot = trade.lot.and_then(|lot| ground.problem.lots.get(lot));
    lot.is_some_and(|lot| term_of(lot, day, gain >= 0.0) == Term::Long)
}

/// What a lot is in a stage: not for sale, short-term or long-term. In a stage in which it changes it is what it is at
/// first, so that no promise depends on the last run.
fn state(ground: &Ground<'_>, trade: &Trade, stage: &Stage) -> u8 {
    let is_closed = is_closed(ground, trade, stage.first, stage.last);
    if is_closed || !is_open(ground, trade, stage.first) || !is_open(ground, trade, stage.last) {
        return 0;
    }
    1 + u8::from(is_long(ground, trade, stage.first))
}

/// Returns the groups of everything that may be sold in some stage or later.
pub(super) fn groups(ground: &Ground<'_>, stages: &[Stage]) -> Vec<Group> {
    let mut groups: BTreeMap<(usize, usize, bool, Vec<u8>), Vec<usize>> = BTreeMap::new();
    for (index, trade) in ground.trades.iter().enumerate() {
        if trade.side == Side::Sell && trade.most > 0.0 {
            // What is sold for cash alone is sold now.
            let state = |(place, stage)| if place == 0 || trade.asked { state(ground, trade, stage) } else { 0 };
            let states = stages.iter().enumerate().map(state).collect();
            groups.entry((trade.account, trade.symbol, trade.asked, states)).or_default().push(index);
        }
    }
    let gain = |lot: &usize| ground.trades.get(*lot).and_then(|trade| trade.gain).map_or(0.0, |(_, gain)| gain);
    let group = |((account, symbol, asked, states), mut lots): ((usize, usize, bool, Vec<u8>), Vec<usize>)| {
        lots.sort_by(|one, other| gain(one).total_cmp(&gain(other)).then(one.cmp(other)));
        let mut classes: Vec<Class> = Vec::new();
        for (place, (state, stage)) in states.iter().zip(stages).enumerate().filter(|(_, (state, _))| **state > 0) {
            let (year, long) = (stage.first.year(), *state == 2);
            match classes.iter_mut().find(|class| class.year == year && class.long == long) {
                Some(class) => class.stages.push(place),
                None => classes.push(Class { year, long, stages: vec![place] }),
            }
        }
        Group {
            account,
            symbol,
            value: lots.iter().filter_map(|lot| ground.trades.get(*lot)).map(|trade| trade.most).sum(),
            spread: lots.first().and_then(|lot| ground.trades.get(*lot)).map_or(0.0, |trade| trade.spread),
            asked,
            taxed: lots.iter().any(|lot| gain(lot).abs() > 1e-12),
            lots,
            classes,
        }
    };
    groups.into_iter().map(group).collect()
}

/// Returns what it would lose to gather a run with the one before it: the dollars whose class or permission changes, as far
/// as tax depends on it.
pub(super) fn change(ground: &Ground<'_>, one: NaiveDate, two: NaiveDate) -> f64 {
    let rates = &ground.problem.tax;
    let apart = crate::units::Money(rates.short_rate - rates.long_rate).to_f64().max(0.05);
    let mut weight = 0.0;
    for trade in &ground.trades {
        let is_shut =
            |day: NaiveDate| trade.opens.is_some_and(|opens| day < opens) || is_closed(ground, trade, day, day);
        if is_shut(one) != is_shut(two) {
            weight += trade.most.min(10_000.0) * 0.05;
        }
        let Some((_, gain)) = trade.gain.filter(|(_, gain)| *gain != 0.0) else { continue };
        if is_long(ground, trade, one) != is_long(ground, trade, two) {
            weight += trade.most * gain.abs() * apart;
        } else if is_open(ground, trade, one) != is_open(ground, trade, two) {
            weight += trade.most * gain.abs() * apart * 0.1;
        }
    }
    weight
}
