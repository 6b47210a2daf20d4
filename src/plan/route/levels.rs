//! The aims of a route, in order: each is minimised after those before it are at their least.

use chrono::Datelike;

use super::program::{Builder, Cash, Gaps, float};
use super::year::Year;
use crate::model::Side;
use crate::plan::PlanAccount;
use crate::plan::model::Expression;
use crate::units::Money;

/// What no sale of at least a twentieth of an effect can cure is left, and not chased.
const CANNOT: f64 = 20.0;
/// What a year's delay of a tax is worth where the order of sales asks for a price and none is given.
const INTEREST: f64 = 0.03;
const WAITING: f64 = 0.02;
/// The highest federal rate on a gain: 37% and 3.8% on investment income (IRC 1, 1411).
const TOP_RATE: f64 = 0.408;
/// What a dollar that is moved must save in tax, where trades must earn what they cost. Without it a fund with 6% of a stock
/// that is over its cap would go whole, were it free, to spare the gain of 6% of its value.
const MOVED: f64 = 0.02;

/// What a level measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aim {
    /// Cash that is owed and missing.
    Shortfall,
    /// What is sold for it, beyond what else is sold, of what no limit and no target asks for: no purchase is a reason to
    /// sell more of it.
    Unasked,
    /// What budgets of a year stay overrun by, where earlier runs used more than they have.
    Overrun,
    /// Dollars that would still have to be sold at the end, each once.
    ToSell,
    /// Tax and waiting of what limits ask for, where a sale must earn its tax: for targets no more is paid. After the idle cash
    /// then.
    Earned,
    /// What is over caps because it costs too much to be sold: what is free of tax is sold for them all the same.
    Kept,
    Gaps,
    LargestGap,
    /// Cash that lies idle at the end where it could be invested.
    Idle,
    /// What purchases of the neutral fund add to caps at the end, and no sale makes good.
    Added,
    /// Tax of every year, trading cost, and the price of waiting.
    Cost,
    Tax,
    Sold,
    /// Sell early, and what is taxed after what is not.
    Order,
    /// What targets and cash miss on the way.
    GapsOverTime,
    ExcessOverTime,
    Turnover,
    /// What is bought where it costs tax later.
    Location,
    TieBreak,
}

/// One level.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub aim: Aim,
    pub expression: Expression,
    /// What is kept of it for the aims after it: rows at what they come to then, and so much more. The value itself where none.
    pub kept: Vec<(usize, f64)>,
    /// Whether it is left out where all is sold that limits ask for: then it asks for nothing that the aims after it do not.
    pub unless_met: bool,
}

impl Builder<'_, '_> {
    pub(super) fn levels(&mut self, cash: Cash, gaps: Gaps) {
        let ground = &self.draft.ground;
        let problem = ground.problem;
        let stages = self.program.stages.len();
        let waiting = self.waiting();
        let unasked = self.beyond_owed();
        let kept_too_dear = self.kept_too_dear();
        let program = &self.program;
        let mut tax: Expression = program.years.iter().map(|year| (year.tax, 1.0)).collect();
        let weight = problem.tax.deferral_weight;
        let mut cost: Expression = program.years.iter().map(|year| (year.tax, weight * year.weight)).collect();
        cost.extend(program.tail.column.map(|column| (column, weight)));
        // A loss comes before the gains for which it makes room, taxed or not.
        let is_plain = program.losses.is_empty() && self.budgets.is_empty();
        let rates = match &problem.tax.filing {
            Some(_) if !is_plain => (0.30, 0.15),
            _ => self.highest_rates(),
        };
        if weight < 1.0 {
            // Later a gain is long-term: what it is taxed above that now does not come later anyway.
            let more = (1.0 - weight) * (rates.0 - rates.1).max(0.0);
            let short = program.years.iter().flat_map(|year| self.gains(year.year, false));
            cost.extend(short.filter(|(_, gain)| *gain > 0.0).map(|(column, gain)| (column, more * gain)));
        }
        tax.extend(program.tail.column.map(|column| (column, 1.0)));
        let (taxed, mut earned) = (cost.clone(), Expression::new());
        cost.extend(program.cost.iter().flatten().copied());
        cost.extend(waiting.iter().copied());
        // Also where cash is owed, which only lifts what a sale for it may cost.
        if self.must_earn {
            cost.extend(program.sold(|_| MOVED));
            if !gaps.each.is_empty() || !kept_too_dear.is_empty() {
                earned = cost.clone();
            }
        }
        let span =
            |stage: usize| if stage == 0 { 1.0 } else { program.stages.get(stage).map_or(1.0, |s| s.runs as f64) };
        // Sell early; but a taxed sale waits for its turn, since it may never be needed.
        let price = if self.route.wait_price > 0.0 { self.route.wait_price } else { WAITING };
        let interest = if self.route.discount > 0.0 { self.route.discount } else { INTEREST };
        let mut order: Expression = Vec::new();
        let mut turns: Expression = Vec::new();
        for (stage, left) in program.left.iter().enumerate().take(stages.saturating_sub(1)) {
            order.extend(left.map(|left| (left, span(stage))));
        }
        for sale in &program.sales {
            let Some(group) = program.groups.get(sale.group).filter(|group| group.taxed) else { continue };
            let long = group.classes.iter().any(|class| class.long && class.stages.contains(&sale.stage));
            let lots = || group.lots.iter().filter_map(|lot| ground.trades.get(*lot));
            let gain = lots().filter_map(|lot| Some(lot.most * lot.gain?.1)).sum::<f64>() / group.value.max(1e-9);
            let later: f64 = (sale.stage..stages.saturating_sub(1)).map(span).sum();
            let rate = if long { rates.1 } else { rates.0 };
            turns.push((sale.column, interest / price * later * gain * rate));
        }
        // A gain that a loss shelters is not taxed, and uses it up.
        let known = &problem.tax;
        let lost = known.carry_short + known.carry_long > known.realised_short + known.realised_long;
        if !is_plain || lost {
            order.append(&mut turns);
        }
        let mut on_the_way: Expression = gaps.each.iter().map(|(gap, stage)| (*gap, 2.0 * span(*stage))).collect();
        on_the_way.extend(cash.idle.iter().map(|(idle, stage)| (*idle, span(*stage))));
        let last = stages.saturating_sub(1);
        let overs = self.overs.iter().map(|(over, stage)| (*over, if *stage < last { span(*stage) } else { 1.0 }));
        let mut unsold: Expression = program.unsold.iter().map(|(_, column)| (*column, 1.0)).collect();
        unsold.extend(program.cannot.iter().map(|(_, column)| (*column, CANNOT)));
        let (overruns, added) = (program.overruns.clone(), program.added.clone());
        let sold = program.sold(|_| 1.0);
        let mut turnover = sold.clone();
        turnover.extend(program.purchases.iter().map(|purchase| (purchase.column, 1.0)));
        let is_taxable = |account: usize| {
            let home = ground.accounts.get(account).and_then(|index| problem.accounts.get(*index));
            home.is_some_and(|home| home.kind.is_taxable())
        };
        let in_taxable = program
            .purchases
            .iter()
            .filter(|purchase| ground.trades.get(purchase.trade).is_some_and(|trade| is_taxable(trade.account)));
        let location: Expression = in_taxable.map(|purchase| (purchase.column, 1.0)).collect();
        let trim = |symbol: usize| {
            let rank = ground.symbols.get(symbol).and_then(|symbol| problem.trim_order.get(*symbol));
            f64::from(rank.copied().unwrap_or(100)) / 256.0
        };
        let groups = program.groups.len().max(1) as f64;
        let trades = ground.trades.len().max(1) as f64;
        let mut tie_break: Expression = Vec::new();
        for sale in &program.sales {
            let symbol = program.groups.get(sale.group).map_or(0, |group| group.symbol);
            tie_break.push((sale.column, 1.0 + sale.stage as f64 + trim(symbol) + sale.group as f64 / groups / 256.0));
        }
        for purchase in &program.purchases {
            let rank = purchase.trade as f64 / trades;
            tie_break.push((purchase.column, 1.0 + purchase.stage as f64 + rank));
        }
        // Lots of a group that are equally good: the one with the least gain, and then the oldest.
        for (rank, part) in program.parts.iter().enumerate() {
            tie_break.push((part.column, rank as f64 / program.parts.len().max(1) as f64 / 65_536.0));
        }
        let each = gaps.each.iter().filter(|(_, stage)| *stage == last).map(|(gap, _)| (*gap, 1.0)).collect();
        let level = |aim, expression| Level { aim, expression, kept: Vec::new(), unless_met: false };
        let mut levels = vec![
            level(Aim::Shortfall, cash.short),
            level(Aim::Unasked, unasked),
            level(Aim::Overrun, overruns),
            level(Aim::ToSell, unsold),
            level(Aim::Earned, earned),
            level(Aim::Kept, kept_too_dear),
            level(Aim::Gaps, each),
            level(Aim::LargestGap, gaps.largest.map(|largest| (largest, 1.0)).into_iter().collect()),
            level(Aim::Idle, cash.idle_end),
            level(Aim::Added, added),
            level(Aim::Cost, cost),
            level(Aim::Tax, tax),
            level(Aim::Sold, sold),
            level(Aim::Order, order),
            level(Aim::GapsOverTime, on_the_way),
            level(Aim::ExcessOverTime, overs.collect()),
            level(Aim::Turnover, turnover),
            level(Aim::Location, location),
            level(Aim::TieBreak, tie_break),
        ];
        let place = |aim| levels.iter().position(|level| level.aim == aim);
        if let (Some(earned), Some(idle), true) = (place(Aim::Earned), place(Aim::Idle), self.must_earn) {
            // The least tax is that with all invested: what is bought has some of what is capped too.
            levels.get_mut(earned..=idle).into_iter().for_each(|own| own.rotate_right(1));
        }
        // Less may be sold at a loss for targets, and no more at a gain.
        let dearest = match &problem.tax.filing {
            Some(filing) => TOP_RATE + float(filing.state_short).max(float(filing.state_long)),
            None => float(problem.tax.short_rate.max(problem.tax.long_rate).max(problem.tax.ordinary_rate)),
        };
        let spared = dearest * self.program.losses_spared;
        let mut realised = Expression::new();
        for (long, rate) in [(false, rates.0), (true, rates.1)] {
            let gains = self.program.years.iter().flat_map(|year| self.gains(year.year, long));
            realised.extend(gains.filter(|(_, gain)| *gain > 0.0).map(|(column, gain)| (column, rate * gain)));
        }
        // Where nothing must be sold at the end, what is too dear keeps nothing over its caps.
        for level in levels.iter_mut().filter(|level| level.aim == Aim::Kept) {
            level.unless_met = true;
        }
        for level in levels.iter_mut().filter(|level| level.aim == Aim::Earned && !level.expression.is_empty()) {
            let allowed = self.waits_for_targets();
            level.unless_met = self.is_paid_for();
            let mut row =
                |terms: &Expression| self.program.model.row(f64::NEG_INFINITY, f64::INFINITY, None, terms.clone());
            level.kept = vec![(row(&taxed), spared), (row(&waiting), allowed)];
            if spared > 0.0 {
                level.kept.push((row(&realised), 0.0));
            }
        }
        debug_assert!(ground.trades.iter().all(|trade| trade.side == Side::Buy || trade.lot.is_some()));
        self.program.waiting = waiting;
        self.program.turns = turns;
        self.program.levels = levels;
    }

    /// Rates of the last dollar of short- and long-term gain, if all were sold this year: nothing is taxed that stays untaxed then.
    fn highest_rates(&self) -> (f64, f64) {
        let (ground, tax) = (&self.draft.ground, &self.draft.ground.problem.tax);
        let gains =
            ground.trades.iter().filter_map(|trade| Some(trade.most * trade.gain?.1)).filter(|gain| *gain > 0.0);
        let known = tax.realised_short + tax.realised_long - tax.carry_short - tax.carry_long;
        let all = gains.sum::<f64>() / ground.scale.max(f64::MIN_POSITIVE) + known.to_f64();
        let steps = Year::new(tax, ground.problem.as_of.year()).steps();
        let last = steps.iter().rev().find(|step| step.from < all).or(steps.first());
        last.map_or((0.0, 0.0), |step| (step.short, step.long))
    }

    /// Whether the cash at hand and what limits ask for come to all that targets miss: then nothing is sold for these.
    fn is_paid_for(&self) -> bool {
        let problem = self.draft.ground.problem;
        let over = |home: &PlanAccount| self.dollars((home.cash + home.flow - home.reserve).max(Money::ZERO));
        let cash: f64 = problem.accounts.iter().map(over).sum();
        let missed = &self.program.asked.missed;
        cash + self.program.asked.now(missed) >= missed.values().sum()
    }

    /// The most that the price of waiting grows by because targets have some of what is capped too.
    fn waits_for_targets(&self) -> f64 {
        let route = self.route;
        let years = (self.program.by - self.draft.ground.problem.as_of).num_days() as f64 / 365.0;
        route.wait_price * years.max(0.0) * self.program.asked.of_targets()
    }

    /// The price of waiting: at each end of a month a twelfth of the yearly price of the dollars that still must be sold.
    fn waiting(&mut self) -> Expression {
        let mut waiting = Expression::new();
        let first = self.program.years.first().map_or(0, |year| year.year);
        let monthly = |year: i32, months: u32| {
            (1.0 + self.route.discount).powi(first - year) * self.route.wait_price * f64::from(months) / 12.0
        };
        for stage in 0..self.program.stages.len() {
            let Some(own) = self.program.stages.get(stage).cloned() else { continue };
            let Some(left) = self.program.left.get(stage).copied().flatten() else { continue };
            let year = own.first.year();
            if own.months_after > 0 {
                waiting.push((left, monthly(year, own.months_after)));
            }
            let Some(before) = stage.checked_sub(1).and_then(|before| self.program.left.get(before)).copied().flatten()
            else {
                continue;
            };
            // Within a stage what is sold is sold as early as the turnover limit lets it.
            for (runs, months) in own.months {
                let still = self.program.model.column(0.0, f64::INFINITY);
                self.program.model.row(0.0, f64::INFINITY, None, [(still, 1.0), (left, -1.0)]);
                if self.program.per_run.is_finite() {
                    let sold = runs as f64 * self.program.per_run;
                    self.program.model.row(-sold, f64::INFINITY, None, [(still, 1.0), (before, -1.0)]);
                }
                waiting.push((still, monthly(year, months)));
            }
        }
        waiting
    }
}
