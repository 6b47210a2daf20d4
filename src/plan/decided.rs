//! Planning around what a person has decided: accepted lines are done, so the rest is planned for the household as it is
//! after them, with what they leave of its limits.
//!
//! Nothing in the programs knows of decisions. A limit on actions has less room by what is accepted, a cap that acted still
//! acts, the year has realised the gains, cash has moved, and both sides of a security stay apart. The plan is then told of
//! the household as it was.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::ground::{self, Ground};
use super::{
    FixedHolding, Outcome, Plan, PlanAccount, PlanError, PlannedBuy, PlannedSale, Problem, RoutePlan, evaluate,
};
use crate::model::{LotId, Measure, Side, Symbol};
use crate::units::{Decimal, Money, Shares, Weight};

/// What is decided of this run before it is planned. What is forbidden for good is not here: its lots are locked, and its
/// purchases are in the lists of the accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// Sold, in just these quantities.
    pub sells: Vec<PlannedSale>,
    /// Bought, in just these quantities.
    pub buys: Vec<PlannedBuy>,
    /// Lots of which nothing (more) is sold in this run; a later run of a route may.
    pub lots_later: BTreeSet<LotId>,
    /// What is not bought (or no more of it) in an account in this run; a later run of a route may.
    pub buys_later: BTreeSet<(String, Symbol)>,
}

/// Why a lot or a purchase waits.
pub(super) const WAITS: &str = "you decided it for this run";

impl Decided {
    /// Returns whether something is to be done just so.
    fn is_fixed(&self) -> bool {
        !self.sells.is_empty() || !self.buys.is_empty()
    }
}

/// The first day on which what waits may be traded: that of any later run.
pub(super) fn next_day(problem: &Problem) -> NaiveDate {
    problem.as_of.succ_opt().unwrap_or(problem.as_of)
}

/// Finds the best plan around what is decided, with the planner of the rest.
pub(super) fn around(problem: &Problem, plan: impl Fn(&Problem) -> Result<Plan, PlanError>) -> Result<Plan, PlanError> {
    if !problem.decided.is_fixed() {
        return plan(problem);
    }
    super::check::check(problem)?;
    let decided = &problem.decided;
    let done = evaluate(problem, &decided.sells, &decided.buys);
    let after = after(problem, &done)?;
    let rest = plan(&after)?;
    let mut sells = [decided.sells.clone(), rest.sells].concat();
    let mut buys = [decided.buys.clone(), rest.buys].concat();
    sells.sort();
    buys.sort();
    let mut route = rest.route;
    if let Some(way) = &mut route {
        told_of(problem, &after, &done, way);
        if let Some(own) = &problem.route {
            way.settle(problem, own, &sells, &buys);
        }
    }
    let (outcome, nothing) = (evaluate(problem, &sells, &buys), evaluate(problem, &[], &[]));
    // The least that a plan in fractions comes to is of the rest alone.
    Ok(Plan { sells, buys, outcome, nothing, route, bound: None, ..rest })
}

/// The household after what is decided.
fn after(problem: &Problem, done: &Outcome) -> Result<Problem, PlanError> {
    let decided = &problem.decided;
    let mut after = problem.clone();
    (after.decided.sells, after.decided.buys) = (Vec::new(), Vec::new());
    for account in &mut after.accounts {
        let left = done.cash.get(&account.id).copied().unwrap_or(account.cash + account.flow);
        account.cash = left - account.flow;
    }
    take(problem, &mut after);
    let identity = |symbol: &Symbol| problem.securities.get(symbol).map(|security| security.identity.as_str());
    let sold: BTreeSet<_> = decided.sells.iter().filter_map(|sale| identity(&sale.symbol)).collect();
    let bought: BTreeSet<_> = decided.buys.iter().filter_map(|buy| identity(&buy.symbol)).collect();
    // What is sold is bought nowhere in the plan, and what is bought is not sold.
    let closed = problem.securities.iter().filter(|(_, own)| sold.contains(own.identity.as_str()));
    let closed: Vec<Symbol> = closed.map(|(symbol, _)| symbol.clone()).collect();
    for account in &mut after.accounts {
        account.do_not_buy.extend(closed.iter().cloned());
    }
    for lot in after.lots.iter_mut().filter(|lot| identity(&lot.symbol).is_some_and(|own| bought.contains(own))) {
        lot.lock("it is bought in the same plan");
    }
    after.trades.extend(super::booked(problem, &decided.sells, &decided.buys));
    for buy in &decided.buys {
        let price = problem.securities.get(&buy.symbol).map_or(Money::ZERO, |security| security.price * buy.quantity);
        after.fixed.push(FixedHolding { symbol: buy.symbol.clone(), value: price });
        after.decided.buys_later.insert((buy.account.clone(), buy.symbol.clone()));
    }
    limits(problem, done, &mut after)?;
    after.tax.realised_short += done.realised_short;
    after.tax.realised_long += done.realised_long;
    keep_tax(problem, done, &mut after);
    only_what_is_asked(problem, &mut after)?;
    Ok(after)
}

/// Takes what is sold from its lots; nothing more of them is sold in this run.
fn take(problem: &Problem, after: &mut Problem) {
    let mut sold: BTreeMap<LotId, Shares> = BTreeMap::new();
    for sale in &problem.decided.sells {
        *sold.entry(sale.lot).or_default() += sale.quantity;
    }
    for lot in &mut after.lots {
        let Some(shares) = sold.get(&lot.id) else { continue };
        let part = shares.decimal().checked_div(lot.quantity.decimal()).unwrap_or_default();
        lot.basis = lot.basis.map(|basis| basis - basis.times(part));
        lot.quantity -= *shares;
        after.decided.lots_later.insert(lot.id);
    }
    after.lots.retain(|lot| lot.quantity.is_positive());
}

/// What is left of the limits on actions, and caps that act still.
fn limits(problem: &Problem, done: &Outcome, after: &mut Problem) -> Result<(), PlanError> {
    let decided = &problem.decided;
    let before = Ground::new(problem)?;
    let value = ground::portfolio_value(problem);
    let sells = decided.sells.iter().map(|sale| (&sale.account, &sale.symbol, Side::Sell));
    let buys = decided.buys.iter().map(|buy| (&buy.account, &buy.symbol, Side::Buy));
    let orders = sells.chain(buys).collect::<BTreeSet<_>>().len();
    let gain = done.realised_short + done.realised_long;
    let has_route = after.route.is_some();
    let mut has_budget = false;
    // Where what is owed comes on top of what a run may sell, what is decided uses up no room for it.
    let on_top = problem.route.as_ref().map_or(Money::ZERO, |route| (-route.used_turnover).max(Money::ZERO));
    let still_owed = owed(after).min(owed(problem)).min(on_top);
    let mut most_sold = None;
    for limit in &mut after.limits {
        match &mut limit.measure {
            Measure::Turnover(most) if has_route => {
                let dollars = value.times(Decimal::from_f64_retain(most.0).unwrap_or_default());
                most_sold = Some(most_sold.map_or(dollars, |known: Money| known.min(dollars)));
            }
            Measure::Turnover(most) => {
                most.0 = (most.0 - done.sold.share_of(value).unwrap_or(Weight(0.0)).0).max(0.0);
            }
            Measure::MaxTrades(most) => *most = most.saturating_sub(u32::try_from(orders).unwrap_or(u32::MAX)),
            Measure::TaxBudget(most) => {
                has_budget = true;
                if !has_route {
                    *most -= done.tax;
                }
            }
            Measure::GainBudget(most) => {
                has_budget = true;
                if !has_route {
                    *most -= gain;
                }
            }
            Measure::ExposureCap { coefficients, cap, trigger }
                if ground::is_active(before.exposure(coefficients), cap.0, trigger.0) =>
            {
                trigger.0 = 0.0;
            }
            Measure::RiskCap { risk, returns, cap, trigger } => {
                let (now, _) = super::risk::slope(*risk, returns, &before.holdings());
                if ground::is_active(now, cap.0, trigger.0) {
                    trigger.0 = 0.0;
                }
            }
            _ => {}
        }
    }
    if let Some(route) = &mut after.route {
        route.used_turnover += done.sold;
        if let Some(most) = most_sold.filter(|_| still_owed.is_positive()) {
            route.used_turnover = route.used_turnover.min(most - still_owed);
        }
        if has_budget {
            route.realised_short += done.realised_short;
            route.realised_long += done.realised_long;
        }
    }
    Ok(())
}

/// Cash that is owed and is not there.
fn owed(problem: &Problem) -> Money {
    let missing = |own: &PlanAccount| (own.reserve - own.cash - own.flow).max(Money::ZERO);
    problem.accounts.iter().map(missing).sum()
}

/// The tax of what is decided stays in cash, where it is there.
fn keep_tax(problem: &Problem, done: &Outcome, after: &mut Problem) {
    let mut due = if problem.set_aside_tax { done.tax.max(Money::ZERO) } else { Money::ZERO };
    for account in after.accounts.iter_mut().filter(|account| account.kind.is_taxable()) {
        let part = (account.cash + account.flow - account.reserve).max(Money::ZERO).min(due);
        account.reserve += part;
        due -= part;
    }
}

/// A purchase that is decided may lack its cash. It comes from what would be sold anyway: a person who wants a purchase has
/// not asked for sales that no limit asks for.
fn only_what_is_asked(problem: &Problem, after: &mut Problem) -> Result<(), PlanError> {
    let is_short = |problem: &Problem| problem.accounts.iter().any(|own| own.cash + own.flow < own.reserve);
    if is_short(problem) || !is_short(after) {
        return Ok(());
    }
    let before = Ground::new(problem)?;
    let asked = before.universe();
    for lot in after.lots.iter_mut().filter(|lot| asked.forbids(&lot.symbol, false).is_some()) {
        lot.lock(ground::NOT_ASKED);
    }
    Ok(())
}

/// Tells the route of the rest as that of the household as it was.
fn told_of(problem: &Problem, after: &Problem, done: &Outcome, way: &mut RoutePlan) {
    let place = |index: usize| {
        let id = after.lots.get(index)?.id;
        problem.lots.iter().position(|lot| lot.id == id)
    };
    for sale in way.stages.iter_mut().flat_map(|stage| &mut stage.sells) {
        sale.lot = place(sale.lot).unwrap_or(sale.lot);
    }
    for wait in &mut way.waits {
        wait.lot = place(wait.lot).unwrap_or(wait.lot);
    }
    if let Some(now) = way.stages.first_mut() {
        now.buys.extend(problem.decided.buys.iter().map(|buy| super::RouteBuy {
            account: buy.account.clone(),
            symbol: buy.symbol.clone(),
            quantity: buy.quantity,
        }));
    }
    let year = way.years.entry(problem.as_of.year()).or_default();
    year.short += done.realised_short;
    year.long += done.realised_long;
    super::route::tax_of_years(&problem.tax, &mut way.years);
    way.tax = way.years.values().map(|year| year.tax).sum();
    way.sold += done.sold;
    way.to_sell += done.sold;
    way.trading_cost += done.trading_cost;
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, TaxTreatment};
    use crate::plan::testing::{Household, dollars};
    use crate::plan::{PlannedSale, Route, solve};
    use crate::units::{Decimal, Shares, Weight};

    /// 5,000 may be sold, and on top of it the 4,000 that are withdrawn from the IRA. That 6,000 of XLE are sold elsewhere, as was
    /// decided, is no reason to leave the withdrawal short.
    #[test]
    fn what_is_decided_leaves_room_for_a_withdrawal() {
        let mut home = Household::taxable(&[("XLE", 100, 100, 150), ("AGG", 100, 400, 100), ("NVDA", 100, 500, 50)]);
        let mut ira = home.problem.accounts[0].clone();
        (ira.id, ira.kind, ira.flow) = ("B".to_owned(), TaxTreatment::Traditional, dollars(-4_000));
        home.problem.accounts.push(ira);
        home.problem.lots[2].account = "B".to_owned();
        home.limit("turnover", Measure::Turnover(Weight(0.05)));
        let xle = &home.problem.lots[0];
        let quantity = Shares(Decimal::from(60));
        let sale = PlannedSale { account: xle.account.clone(), symbol: xle.symbol.clone(), lot: xle.id, quantity };
        home.problem.decided.sells.push(sale);
        home.problem.route =
            Some(Route { by: Some(home.problem.as_of), used_turnover: dollars(-4_000), ..Route::default() });
        // Beyond the limit, as was decided: that is told, and is no fault of the plan.
        let plan = solve(&home.problem).unwrap();
        assert_eq!(["XLE", "NVDA"].map(|symbol| home.sold(&plan, symbol)), ["60", "40"]);
    }
}
