//! What a sale may cost per dollar that it brings the household nearer to its limits.

mod far;
#[cfg(test)]
mod tests;

use chrono::Datelike;
use far::Far;

use crate::model::{Measure, PastTrade, Side, Symbol, Term};
use crate::plan::draft::{Bound, Draft};
use crate::plan::ground::{Ground, Trade, beta, is_active};
use crate::plan::route::year::{Step, Year};
use crate::units::{Decimal, Money};

/// Printed by `broaden explain worth`.
pub const DOC: &str = "\
A sale must earn its tax. It is dear where
  rate * gain + half-spread > max * removes
per dollar sold: at the short- or long-term rate of its day, with what a dollar of it removes of what must be sold, each
dollar once. That is its share in a broken cap, its proceeds invested, beside the share of the last dollar that would be
sold for that cap if what has most of it went first: 1 where it is needed, and less where others would do with less.
Dear sales are made only as far as losses shelter them: those of earlier, and those that the plan sells.
  sum of dear gains <= net losses so far + losses sold
A loss that would be deducted from other income in a year of the plan shelters nothing that would be dear at the rate of that
income too: it is worth more there.
With a filing status and income the rate is that of the bracket, each year's own: what is dear from a net gain of E on is
sold in that year as far as E goes, beside the losses that are used in it.
  sum of a year's gains that are dear from E on <= E + losses used in it
What was realised elsewhere this year is in the way of it; gains of earlier runs that are not dear are not.
What is far over may cost more: of what is above twice its cap, less what is not dear, a dollar may cost 2 * max, from
the lot with the least gain up. What is left then is at most twice the cap.
No tax is paid to buy a target: in a route the tax is the least that limits ask for, and targets get what is there, the
proceeds of those sales, and what is sold free of tax. And a holding with a taxed gain is sold only if its share in some
broken cap is half or more. What is untaxed or at a loss is free of both; but in a route a dollar that moves must save
two cents of tax, and a fund with a little of what is over does not go whole to spare a small gain. Where cash is owed,
what is dear or not asked for is sold as far as that needs it; in a plan of this run alone everything is free then.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::Worth(most) = measure else { return };
    let worth = Worth::new(limit, most.0, &draft.ground);
    let zones = worth.zones(&draft.ground, draft.ground.problem.as_of.year());
    if draft.ground.must_raise_cash() {
        // What is dear is sold for the cash alone.
        let is_dear = |trade: &Trade| zones.first().is_some_and(|zone| worth.is_dear(trade, zone));
        draft.ground.trades.iter_mut().filter(|trade| is_dear(trade)).for_each(|trade| trade.asked = false);
        return;
    }
    let first = zones.first().map(|zone| (zone, worth.undeducted(&draft.ground, 1), true));
    for (zone, part, is_better_deducted) in first.into_iter().chain(zones.iter().map(|zone| (zone, 1.0, false))) {
        for reach in worth.reaches().iter().copied() {
            let counts = |trade: &Trade| {
                let is_long = trade.gain.is_some_and(|(term, _)| term == Term::Long);
                let is_dear = worth.is_dear_within(reach, trade, is_long, zone);
                is_dear && (!is_better_deducted || worth.is_better_deducted(trade))
            };
            let terms = draft.terms(|trade| match trade.gain.filter(|_| trade.side == Side::Sell) {
                Some((_, gain)) if gain < 0.0 => part * gain,
                Some((_, gain)) if counts(trade) => gain,
                _ => 0.0,
            });
            let most = zone.room + part * worth.sheltered + worth.beyond(reach);
            draft.bound(Bound {
                limit,
                terms,
                cost: 0.0,
                constant: 0.0,
                most,
                worst: 0.0,
                counted: false,
                state: false,
            });
        }
    }
    draft.worth = Some(worth);
}

/// The limit, ready for use. Gains are in basis points.
#[derive(Clone, Debug)]
pub(in crate::plan) struct Worth {
    /// Index of the limit.
    pub limit: usize,
    most: f64,
    /// What a dollar of each symbol removes.
    removes: Vec<f64>,
    /// Net losses so far.
    pub sheltered: f64,
    /// What a dollar of loss saves where there is no gain.
    saved_by_loss: f64,
    /// Net gain so far, and the gains of earlier runs of this year that are in it.
    so_far: f64,
    earlier: Vec<Earlier>,
    far: Far,
}

/// Which dear sales a bound is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan) enum Reach {
    /// All: those for what is far over, and those that losses shelter.
    All,
    /// Those that nothing far over asks for.
    Near,
}

#[derive(Clone, Debug)]
struct Earlier {
    symbol: Symbol,
    gain: f64,
    value: f64,
    sale: Sale,
}

/// What decides whether a sale is dear.
#[derive(Clone, Copy, Debug)]
struct Sale {
    symbol: usize,
    is_long: bool,
    /// Gain per dollar sold.
    gain: f64,
    spread: f64,
}

/// Gains of a year between two changes of the rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan) struct Zone {
    /// What may be realised before it, of what is dear in it.
    pub room: f64,
    short: f64,
    long: f64,
}

impl Worth {
    fn new(limit: usize, most: f64, ground: &Ground<'_>) -> Worth {
        let tax = &ground.problem.tax;
        let net = tax.realised_short + tax.realised_long - tax.carry_short - tax.carry_long;
        let so_far = ground.scale * net.to_f64();
        let year = Year::new(tax, ground.problem.as_of.year());
        let (removes, earlier, saved_by_loss) = (removes(ground), earlier(ground), year.saved_by_loss());
        let far = Far::default();
        let mut worth = Worth { limit, most, removes, sheltered: 0.0, saved_by_loss, so_far, earlier, far };
        let this_year = ground.problem.as_of.year();
        worth.far = Far::new(&worth, ground, &[this_year, this_year + 1]);
        let steps = year.steps();
        let losses = steps.first().map_or(0.0, |step| (-worth.used(step)).max(0.0));
        // What is dear in a bracket and went beyond it was sheltered.
        let beyond = steps.iter().map(|step| worth.used(step) + losses - ground.scale * step.from);
        worth.sheltered = (losses - beyond.fold(0.0, f64::max)).max(0.0);
        worth
    }

    /// Whether a gain is dear at what the loss that shelters it would save otherwise.
    pub fn is_better_deducted(&self, trade: &Trade) -> bool {
        let rate = self.saved_by_loss;
        trade.gain.is_some_and(|(_, gain)| self.is_over(&self.sale(trade, true, gain), rate, rate))
    }

    /// All losses: net of this year so far, and those that may be sold.
    pub fn losses(&self, ground: &Ground<'_>) -> f64 {
        let losses = ground.trades.iter().filter_map(|trade| Some(-trade.most * trade.gain?.1));
        self.sheltered + losses.filter(|own| *own > 0.0).sum::<f64>()
    }

    /// The part of all losses, those that may be sold among them, that no year of a plan would deduct. The part is taken of
    /// each: all of them less the deduction is not linear where they are fewer.
    pub fn undeducted(&self, ground: &Ground<'_>, years: usize) -> f64 {
        let all = self.losses(ground);
        let deducted = ground.scale * ground.problem.tax.loss_limit.to_f64() * years as f64;
        if all > deducted { 1.0 - deducted / all } else { 0.0 }
    }

    /// Whether a sale costs more than it may in a zone.
    pub fn is_dear(&self, trade: &Trade, zone: &Zone) -> bool {
        trade.gain.is_some_and(|(term, _)| self.is_dear_as(trade, term == Term::Long, zone))
    }

    /// The same of a sale of some term.
    pub fn is_dear_as(&self, trade: &Trade, is_long: bool, zone: &Zone) -> bool {
        trade.gain.is_some_and(|(_, gain)| self.is_over(&self.sale(trade, is_long, gain), zone.short, zone.long))
    }

    /// The same of those that a bound is of.
    pub fn is_dear_within(&self, reach: Reach, trade: &Trade, is_long: bool, zone: &Zone) -> bool {
        let term = if is_long { Term::Long } else { Term::Short };
        let is_counted = reach == Reach::All || !self.far.allows(self, trade, term, zone.short, zone.long);
        is_counted && self.is_dear_as(trade, is_long, zone)
    }

    /// The bounds that dear sales have: one where nothing is far over.
    pub fn reaches(&self) -> &'static [Reach] {
        if self.far.gains > 0.0 { &[Reach::All, Reach::Near] } else { &[Reach::All] }
    }

    /// Dear gains that may be realised though no loss shelters them.
    pub fn beyond(&self, reach: Reach) -> f64 {
        if reach == Reach::All { self.far.gains } else { 0.0 }
    }

    /// The same where all of a symbol counts as its lot with the largest gain.
    pub fn most_beyond(&self, reach: Reach) -> f64 {
        if reach == Reach::All { self.far.most } else { 0.0 }
    }

    fn sale(&self, trade: &Trade, is_long: bool, gain: f64) -> Sale {
        Sale { symbol: trade.symbol, is_long, gain, spread: trade.spread }
    }

    fn is_over(&self, sale: &Sale, short: f64, long: f64) -> bool {
        self.is_over_times(1.0, sale, short, long)
    }

    /// Whether a sale costs more than so many times what it may.
    fn is_over_times(&self, times: f64, sale: &Sale, short: f64, long: f64) -> bool {
        let removes = self.removes.get(sale.symbol).copied().unwrap_or(1.0);
        let rate = if sale.is_long { long } else { short };
        sale.gain > 0.0 && rate * sale.gain + sale.spread > times * self.most * removes
    }

    /// The zones of a year from the first in which anything may still be realised.
    pub fn zones(&self, ground: &Ground<'_>, year: i32) -> Vec<Zone> {
        let steps = Year::new(&ground.problem.tax, year).steps();
        let is_this = year == ground.problem.as_of.year();
        let zone = |step: &Step| {
            let used = if is_this { self.used(step) + self.sheltered } else { 0.0 };
            Zone { room: (ground.scale * step.from - used).max(0.0), short: step.short, long: step.long }
        };
        let zones: Vec<Zone> = steps.iter().map(zone).collect();
        let full = zones.iter().take_while(|zone| zone.room <= 0.0).count();
        zones.into_iter().skip(full.saturating_sub(1)).collect()
    }

    /// Net gain so far that is in the way of what is dear from a step on: gains of earlier runs that are not are beside it, and
    /// so are those of what was far over, or the order of weeks would decide what is sold.
    fn used(&self, step: &Step) -> f64 {
        let beside = self.earlier.iter().filter(|own| !self.is_over(&own.sale, step.short, step.long));
        self.so_far - beside.map(|own| own.gain).sum::<f64>() - self.far.earlier
    }
}

/// Gains of this year's recorded sales.
fn earlier(ground: &Ground<'_>) -> Vec<Earlier> {
    let problem = ground.problem;
    let sold = |trade: &&PastTrade| {
        let is_own = trade.side == Side::Sell && !trade.outside;
        is_own && trade.date <= problem.as_of && trade.date.year() == problem.as_of.year()
    };
    let gain = |trade: &PastTrade| {
        let (gain, term) = (trade.gain.filter(|gain| gain.is_positive())?, trade.details.term?);
        let account = problem.accounts.iter().find(|own| own.id == trade.account)?;
        let value = (trade.details.price? * trade.quantity).to_f64();
        // What is sold out may have no price any more, and removed what it was sold for.
        let symbol = ground.symbols.binary_search(&&trade.symbol).unwrap_or(usize::MAX);
        let spread = problem.securities.get(&trade.symbol).map_or(Decimal::ZERO, |own| own.half_spread_bps);
        let spread = Money(spread).to_f64() / 10_000.0;
        let sale = Sale { symbol, is_long: term == Term::Long, gain: gain.to_f64() / value, spread };
        (account.kind.is_taxable() && value > 0.0).then(|| Earlier {
            symbol: trade.symbol.clone(),
            gain: ground.scale * gain.to_f64(),
            value: ground.scale * value,
            sale,
        })
    };
    problem.trades.iter().filter(sold).filter_map(gain).collect()
}

/// The share of the last dollar that is sold for a cap, when what has most of it goes first; nothing can be sold where it is
/// zero.
fn last_share(over: f64, shares: &mut [(f64, f64)]) -> f64 {
    shares.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut left, mut last) = (over, 0.0);
    for (share, most) in shares.iter().filter(|(share, _)| *share > 0.0) {
        if left <= 0.0 {
            break;
        }
        left -= share * most;
        last = *share;
    }
    last
}

/// What a dollar sold of each symbol removes of what must be sold, by the cap for which it removes most.
fn removes(ground: &Ground<'_>) -> Vec<f64> {
    let mut removes: Vec<Option<f64>> = vec![None; ground.symbols.len()];
    for limit in &ground.problem.limits {
        let Measure::ExposureCap { coefficients, cap, trigger } = &limit.measure else { continue };
        let exposure = ground.exposure(coefficients);
        if !is_active(exposure, cap.0, trigger.0) {
            continue;
        }
        let instead = ground.problem.neutral.as_ref().map_or(0.0, |neutral| beta(coefficients, neutral));
        let share =
            |symbol: usize| ground.symbols.get(symbol).map_or(0.0, |symbol| beta(coefficients, symbol) - instead);
        let sold = ground.trades.iter().filter(|trade| trade.side == Side::Sell && trade.most > 0.0);
        let mut shares: Vec<(f64, f64)> = sold.map(|trade| (share(trade.symbol), trade.most)).collect();
        let last = last_share(exposure - 10_000.0 * cap.0, &mut shares);
        for (symbol, most) in removes.iter_mut().enumerate().filter(|_| last > 0.0) {
            *most = Some(most.unwrap_or(0.0).max((share(symbol) / last).min(1.0)));
        }
    }
    removes.into_iter().map(|most| most.unwrap_or(1.0)).collect()
}
