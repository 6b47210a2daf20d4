//! From the columns of a solution to the route as plain data.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};

use super::groups::{is_long, is_open};
use super::program::{Program, Purchase};
use super::search::Best;
use super::{Cadence, Route, RouteBuy, RoutePlan, RouteSale, RouteStage, RouteYear, Wait, WaitCause};
use crate::model::{LotId, Measure, Side, Term};
use crate::plan::draft::Draft;
use crate::plan::ground::{Ground, Trade};
use crate::plan::{PlannedBuy, PlannedSale, Problem, TaxSettings, outcome, term_of, yearly};
use crate::units::{Decimal, Money, Shares};

/// Fewer shares than these that rounding leaves are the solver's dust.
const LEAST_SHARES: f64 = 5e-4;
/// Dollars that are no trade.
const DUST: f64 = 0.005;

/// Basis points that a stage sells of a lot.
struct Slice {
    stage: usize,
    trade: usize,
    amount: f64,
}

/// Returns what this run trades, in basis points by trade of the ground.
pub(super) fn this_run(draft: &Draft<'_>, program: &Program, x: &[f64]) -> Vec<f64> {
    let mut amounts = vec![0.0; draft.ground.trades.len()];
    let mut add = |trade: usize, amount: f64| {
        if let Some(slot) = amounts.get_mut(trade) {
            *slot += amount;
        }
    };
    slices(draft, program, x).iter().filter(|own| own.stage == 0).for_each(|own| add(own.trade, own.amount));
    let bought = |own: &Purchase| x.get(own.column).copied().unwrap_or(0.0);
    program.purchases.iter().filter(|own| own.stage == 0).for_each(|own| add(own.trade, bought(own)));
    amounts
}

/// Tells the lots of each group apart: in a class the one with the least gain is sold first, so that a loss comes before
/// the gain that it shelters, and what may never be needed last.
fn slices(draft: &Draft<'_>, program: &Program, x: &[f64]) -> Vec<Slice> {
    let at = |column: usize| x.get(column).copied().unwrap_or(0.0).max(0.0);
    let mut slices = Vec::new();
    for (index, group) in program.groups.iter().enumerate() {
        let mut left: BTreeMap<usize, f64> = group
            .lots
            .iter()
            .map(|lot| (*lot, draft.ground.trades.get(*lot).map_or(0.0, |trade| trade.most)))
            .collect();
        for (place, class) in group.classes.iter().enumerate() {
            let mut queue: Vec<(usize, f64)> = if group.has_parts() {
                let own = |part: &&super::program::Part| part.group == index && part.class == place;
                program.parts.iter().filter(own).map(|part| (part.trade, at(part.column))).collect()
            } else {
                group.lots.iter().map(|lot| (*lot, left.get(lot).copied().unwrap_or(0.0))).collect()
            };
            let stages = class.stages.iter().filter_map(|stage| {
                let sale = program.sales.iter().find(|sale| sale.group == index && sale.stage == *stage)?;
                Some((*stage, at(sale.column)))
            });
            for (stage, amount) in stages {
                let mut open = amount;
                for (trade, rest) in &mut queue {
                    let part = rest.min(open);
                    if part > 0.0 {
                        *rest -= part;
                        open -= part;
                        if let Some(left) = left.get_mut(trade) {
                            *left -= part;
                        }
                        slices.push(Slice { stage, trade: *trade, amount: part });
                    }
                }
            }
        }
    }
    slices
}

/// Returns the route.
pub(super) fn plan(draft: &Draft<'_>, route: &Route, program: &Program, best: &Best, proven: bool) -> RoutePlan {
    let ground = &draft.ground;
    let problem = ground.problem;
    let dollars = |amount: f64| amount / program.scale.max(f64::MIN_POSITIVE);
    let money = |amount: f64| Money(Decimal::from_f64_retain(dollars(amount)).unwrap_or_default().round_dp(4));
    let at = |column: usize| best.x.get(column).copied().unwrap_or(0.0);
    let account = |place: usize| {
        ground
            .accounts
            .get(place)
            .and_then(|index| problem.accounts.get(*index))
            .map_or(String::new(), |a| a.id.clone())
    };
    let shares = |amount: f64, unit: f64| {
        Shares(Decimal::from_f64_retain(amount / unit.max(f64::MIN_POSITIVE)).unwrap_or_default().round_dp(6))
    };
    let missed = program.gaps.iter().map(|(symbol, gap)| (*symbol, at(*gap))).collect();
    let to_sell: f64 = program.asked.now(&missed);
    let mut stages: Vec<RouteStage> = program
        .stages
        .iter()
        .zip(&program.left)
        .map(|(stage, left)| RouteStage {
            first: stage.first,
            last: stage.last,
            runs: stage.runs,
            sells: Vec::new(),
            buys: Vec::new(),
            sold: Money::ZERO,
            still_to_sell: left.map_or(Money::ZERO, |left| money(at(left))),
        })
        .collect();
    let mut years: BTreeMap<i32, RouteYear> = BTreeMap::new();
    let slices = slices(draft, program, &best.x);
    for own in slices.iter().filter(|own| dollars(own.amount) > DUST) {
        let (Some(trade), Some(stage)) = (ground.trades.get(own.trade), stages.get_mut(own.stage)) else { continue };
        let (Some(symbol), Some(lot)) = (ground.symbols.get(trade.symbol), trade.lot) else { continue };
        stage.sold += money(own.amount);
        let quantity = shares(own.amount, trade.unit);
        stage.sells.push(RouteSale { account: account(trade.account), symbol: (*symbol).clone(), lot, quantity });
        let year = years.entry(stage.first.year()).or_default();
        if let Some((_, gain)) = trade.gain {
            let gain = money(own.amount * gain);
            if is_long(ground, trade, stage.first) { year.long += gain } else { year.short += gain }
        }
    }
    for own in program.purchases.iter().filter(|own| dollars(at(own.column)) > DUST) {
        let (Some(trade), Some(stage)) = (ground.trades.get(own.trade), stages.get_mut(own.stage)) else { continue };
        let Some(symbol) = ground.symbols.get(trade.symbol) else { continue };
        let quantity = shares(at(own.column), trade.unit);
        stage.buys.push(RouteBuy { account: account(trade.account), symbol: (*symbol).clone(), quantity });
    }
    for year in program.years.iter().map(|year| year.year).chain(program.tail.years.iter().copied()) {
        years.entry(year).or_default();
    }
    tax_of_years(&problem.tax, &mut years);
    let per_run = program.per_run.is_finite().then(|| money(program.per_run));
    let (runs, done_by) = ending(draft.ground.problem, per_run, route, &stages);
    let mut over_at_deadline = BTreeMap::new();
    let cash_and_value = |limit: usize| problem.limits.get(limit).map(|limit| limit.id.clone());
    for bound in &draft.bounds {
        let measure = problem.limits.get(bound.limit).map(|limit| &limit.measure);
        if !matches!(measure, Some(Measure::ExposureCap { .. } | Measure::RiskCap { .. })) {
            continue;
        }
        let mut change = 0.0;
        let of_trade: BTreeMap<usize, f64> = bound.terms.iter().copied().collect();
        for own in &slices {
            change += of_trade.get(&own.trade).copied().unwrap_or(0.0) * own.amount;
        }
        for own in &program.purchases {
            change += of_trade.get(&own.trade).copied().unwrap_or(0.0) * at(own.column);
        }
        if let Some(id) = cash_and_value(bound.limit) {
            let over = money((bound.constant + change - bound.most).max(0.0));
            let slot: &mut Money = over_at_deadline.entry(id).or_insert(over);
            *slot = (*slot).max(over);
        }
    }
    // What is sold for cash alone lowers a cap too, though no limit counts on it.
    let named = |(limit, column): &(usize, usize)| {
        let id = cash_and_value(*limit)?;
        let over = over_at_deadline.get(&id).copied().unwrap_or_default();
        Some((id, money(at(*column)).min(over)))
    };
    let sum = |terms: &[(usize, f64)]| terms.iter().map(|(column, value)| value * at(*column)).sum::<f64>();
    let mut forced_by: Vec<String> = best.binding.iter().filter_map(|limit| cash_and_value(*limit)).collect();
    forced_by.sort();
    forced_by.dedup();
    RoutePlan {
        by: program.by,
        tax: years.values().map(|year| year.tax).sum(),
        trading_cost: money(program.cost.iter().map(|own| sum(own)).sum()),
        wait_cost: money(sum(&program.waiting)),
        per_run,
        wait_price: route.wait_price,
        sold: stages.iter().map(|stage| stage.sold).sum(),
        runs,
        done_by,
        to_sell: money(to_sell),
        to_sell_at_deadline: money(program.unsold.iter().map(|(_, column)| at(*column)).sum()),
        cannot: program.cannot.iter().filter_map(named).collect(),
        over_at_deadline,
        gaps_at_deadline: program
            .gaps
            .iter()
            .filter_map(|(symbol, gap)| Some(((**ground.symbols.get(*symbol)?).clone(), money(at(*gap)))))
            .collect(),
        waits: waits(draft, &stages, &years),
        forced_by,
        stages,
        years,
        proven,
    }
}

/// The incremental tax of every year, exactly, with the losses that go from year to year.
pub(crate) fn tax_of_years(settings: &TaxSettings, years: &mut BTreeMap<i32, RouteYear>) {
    let mut carry = [(settings.carry_short, settings.carry_long); 2];
    let mut realised = (settings.realised_short, settings.realised_long);
    for (year, own) in years {
        let mut tax = [Money::ZERO; 2];
        for (slot, ((short, long), with)) in tax.iter_mut().zip(carry.iter_mut().zip([true, false])) {
            let (gain_short, gain_long) = if with { (own.short, own.long) } else { (Money::ZERO, Money::ZERO) };
            let netted =
                yearly::year(settings, *year, realised.0 + gain_short - *short, realised.1 + gain_long - *long);
            (*short, *long) = (netted.carry_short, netted.carry_long);
            *slot = netted.tax;
        }
        let [with, without] = tax;
        own.tax = (with - without).to_cents();
        realised = (Money::ZERO, Money::ZERO);
    }
}

impl RoutePlan {
    /// Takes over what this run trades in shares. What rounding left of a sale is sold at the next run, or is left where
    /// there is none.
    pub(in crate::plan) fn settle(
        &mut self,
        problem: &Problem,
        route: &Route,
        sells: &[PlannedSale],
        buys: &[PlannedBuy],
    ) {
        let place = |id: LotId| problem.lots.iter().position(|lot| lot.id == id);
        let price = |sale: &RouteSale| {
            problem.securities.get(&sale.symbol).map_or(Money::ZERO, |security| security.price * sale.quantity)
        };
        let Some((now, later)) = self.stages.split_first_mut() else { return };
        let planned = std::mem::take(&mut now.sells);
        let to_buy = std::mem::take(&mut now.buys);
        now.sells = (sells.iter())
            .filter_map(|sale| {
                let lot = place(sale.lot)?;
                let (account, symbol) = (sale.account.clone(), sale.symbol.clone());
                Some(RouteSale { account, symbol, lot, quantity: sale.quantity })
            })
            .collect();
        now.buys = (buys.iter())
            .map(|buy| RouteBuy { account: buy.account.clone(), symbol: buy.symbol.clone(), quantity: buy.quantity })
            .collect();
        now.sold = now.sells.iter().map(price).sum();
        for sale in planned {
            let sold = now.sells.iter().find(|own| own.lot == sale.lot).map_or(Shares::ZERO, |own| own.quantity);
            let left = RouteSale { quantity: sale.quantity - sold, ..sale };
            let dollars = price(&left);
            if dollars.to_f64() <= DUST || left.quantity.to_f64() < LEAST_SHARES {
                continue;
            }
            // At the next run that may sell it: what is bought later counts on the money.
            let may_sell = |stage: &&mut RouteStage| !route.is_closed(&left.symbol, stage.first, stage.last);
            match later.iter_mut().find(may_sell) {
                Some(stage) => {
                    stage.sold += dollars;
                    match stage.sells.iter_mut().find(|own| own.lot == left.lot) {
                        Some(own) => own.quantity += left.quantity,
                        None => stage.sells.push(left),
                    }
                }
                None => self.to_sell_at_deadline += dollars,
            }
        }
        // Where cash is owed more is sold than the fractions say: of a lot that ends there, less is left for later.
        for sale in &now.sells {
            let held = problem.lots.get(sale.lot).map_or(Shares::ZERO, |lot| lot.quantity);
            let all = later.iter().flat_map(|stage| &stage.sells).filter(|own| own.lot == sale.lot);
            let mut over = sale.quantity + all.map(|own| own.quantity).sum::<Shares>() - held;
            for stage in later.iter_mut() {
                for own in stage.sells.iter_mut().filter(|own| own.lot == sale.lot) {
                    let less = over.max(Shares::ZERO).min(own.quantity);
                    (over, own.quantity) = (over - less, own.quantity - less);
                    stage.sold -= price(&RouteSale { quantity: less, ..own.clone() });
                }
                stage.sells.retain(|own| own.quantity.is_positive());
            }
        }
        // What whole shares cost beyond the plan is not there for what is bought later.
        for account in &problem.accounts {
            let worth = |buys: &[RouteBuy]| -> Money {
                let own = buys.iter().filter(|buy| buy.account == account.id);
                own.map(|buy| outcome::payment(problem, &buy.symbol, buy.quantity)).sum()
            };
            let mut more = worth(&now.buys) - worth(&to_buy);
            let own = later.iter_mut().flat_map(|stage| &mut stage.buys).filter(|buy| buy.account == account.id);
            for buy in own {
                let whole = outcome::payment(problem, &buy.symbol, buy.quantity);
                if !more.is_positive() || !whole.is_positive() {
                    continue;
                }
                let part = more.min(whole);
                more -= part;
                let kept = (whole - part).decimal().checked_div(whole.decimal()).unwrap_or_default();
                buy.quantity = Shares((buy.quantity.decimal() * kept).trunc_with_scale(6));
            }
        }
        later.iter_mut().for_each(|stage| stage.buys.retain(|buy| buy.quantity.is_positive()));
        (self.runs, self.done_by) = ending(problem, self.per_run, route, &self.stages);
        self.sold = self.stages.iter().map(|stage| stage.sold).sum();
        self.realise(problem);
    }

    /// Works the gains and the tax of every year out again from the sales of the stages.
    fn realise(&mut self, problem: &Problem) {
        self.years.values_mut().for_each(|own| *own = RouteYear::default());
        for stage in &self.stages {
            let year = self.years.entry(stage.first.year()).or_default();
            for sale in &stage.sells {
                let Some(lot) = problem.lots.get(sale.lot) else { continue };
                let is_taxable = problem.accounts.iter().any(|own| own.id == lot.account && own.kind.is_taxable());
                let Some(gain) = outcome::gain(problem, lot, sale.quantity).filter(|_| is_taxable) else { continue };
                match term_of(lot, stage.first, !gain.is_negative()) {
                    Term::Short => year.short += gain,
                    Term::Long => year.long += gain,
                }
            }
        }
        tax_of_years(&problem.tax, &mut self.years);
        self.tax = self.years.values().map(|year| year.tax).sum();
    }
}

/// Runs until the last that trades enough for an order, and its day: what is less is what rounding left.
fn ending(
    problem: &Problem,
    per_run: Option<Money>,
    route: &Route,
    stages: &[RouteStage],
) -> (usize, Option<NaiveDate>) {
    let price = |buy: &RouteBuy| problem.securities.get(&buy.symbol).map(|own| own.price * buy.quantity);
    let smallest = problem.limits.iter().filter_map(|limit| match limit.measure {
        Measure::MinTrade(least) => Some(least),
        _ => None,
    });
    let smallest = smallest.fold(Money(Decimal::ONE), Money::max);
    let mut before = 0;
    let mut last = (0, None);
    let per_run = per_run.map_or(f64::INFINITY, Money::to_f64);
    for stage in stages {
        let bought: Money = stage.buys.iter().filter_map(price).sum();
        if stage.sold + bought >= smallest {
            let runs = stage.sold.to_f64() / per_run - 1e-4;
            let own = if runs.is_finite() { (runs.ceil().max(1.0) as usize).min(stage.runs) } else { 1 };
            let later = (own - 1) as u32;
            let day = match route.cadence {
                Cadence::Weekly => stage.first.checked_add_days(Days::new(7 * u64::from(later))),
                Cadence::Monthly => stage.first.checked_add_months(Months::new(later)),
            };
            last = (before + own, day);
        }
        before += stage.runs;
    }
    last
}

/// Whether a sale of a later year would be taxed in this one, all else as it is: then its tax is less later, or later.
fn is_taxed_now(
    ground: &Ground<'_>,
    trade: &Trade,
    sale: &RouteSale,
    stage: &RouteStage,
    years: &BTreeMap<i32, RouteYear>,
) -> bool {
    let problem = ground.problem;
    let Some(lot) = problem.lots.get(sale.lot) else { return false };
    let Some(gain) = outcome::gain(problem, lot, sale.quantity).filter(|_| trade.gain.is_some()) else { return false };
    let tax = |now: bool| -> Money {
        let mut years = years.clone();
        let mut add = |day: NaiveDate, gain: Money| {
            let year = years.entry(day.year()).or_default();
            if is_long(ground, trade, day) { year.long += gain } else { year.short += gain }
        };
        add(stage.first, -gain);
        if now {
            add(problem.as_of, gain);
        }
        tax_of_years(&problem.tax, &mut years);
        years.values().map(|year| year.tax).sum()
    };
    tax(true) > tax(false) + Money(Decimal::ONE)
}

/// Lots that this run leaves and a later one sells, and what they wait for.
fn waits(draft: &Draft<'_>, stages: &[RouteStage], years: &BTreeMap<i32, RouteYear>) -> Vec<Wait> {
    let ground = &draft.ground;
    let Some(now) = stages.first() else { return Vec::new() };
    let mut waits: Vec<Wait> = Vec::new();
    for (before, stage) in stages.iter().zip(stages.iter().skip(1)) {
        for sale in &stage.sells {
            let is_known = waits.iter().any(|wait| wait.lot == sale.lot);
            if is_known || now.sells.iter().any(|own| own.lot == sale.lot) {
                continue;
            }
            let of_lot = |trade: &&Trade| trade.side == Side::Sell && trade.lot == Some(sale.lot);
            let Some(trade) = ground.trades.iter().find(of_lot) else { continue };
            let has_gain = trade.gain.is_some_and(|(_, gain)| gain > 0.0);
            let turns = is_long(ground, trade, stage.first) && !is_long(ground, trade, before.first);
            let id = ground.problem.lots.get(sale.lot).map(|lot| lot.id);
            let is_shut =
                || trade.opens.is_some_and(|opens| opens > before.first) || !is_open(ground, trade, before.first);
            let cause = if id.is_some_and(|id| ground.problem.decided.lots_later.contains(&id)) {
                WaitCause::Decided
            } else if has_gain && turns {
                WaitCause::LongTerm
            } else if is_shut() {
                WaitCause::Window
            } else if stage.first.year() > now.first.year() && is_taxed_now(ground, trade, sale, stage, years) {
                WaitCause::TaxYear
            } else {
                WaitCause::Turnover
            };
            waits.push(Wait { lot: sale.lot, until: stage.first, cause });
        }
    }
    waits
}
