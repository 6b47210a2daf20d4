//! What stops a plan from doing more, beyond the limits that have a price in the continuous program: one more step of
//! anything that would bring it nearer to its aims, and that a single limit forbids. A floor that leaves room for a part of
//! a share, or a smallest order that is more than there is, has no price.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mode, Outcome, Plan, PlannedBuy, PlannedSale, Problem, evaluate, verify};
use crate::model::{LotId, Measure, Symbol};
use crate::units::{Decimal, Money, Shares};

/// Differences of less than a cent are none.
const CENT: Money = Money(Decimal::from_parts(1, 0, 0, false, 2));
/// Most sales, and most purchases, that are tried.
const MOST: usize = 24;
/// The smallest order stops a plan when it holds back more than a tenth of what is traded. What other limits leave over is
/// often less than it, and no more than the rest of a division.
const TENTH: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

/// Returns the ids of the limits that stop a plan: those with a price, without the caps that are themselves exceeded where
/// excess has a price, and those that alone forbid a better step.
///
/// Dozens of plans are evaluated for it, so it is for the plan that is shown, and not for each that is compared with it.
pub fn what_stops(problem: &Problem, plan: &Plan) -> Vec<String> {
    let mut ids: BTreeSet<String> = plan.binding.iter().cloned().collect();
    if problem.mode != Mode::Lexicographic {
        // Its price asks for its own repair, which is no obstacle to it.
        ids.retain(|id| plan.outcome.excess.get(id).is_none_or(|excess| *excess <= CENT));
    }
    let small = |id: &str| problem.limits.iter().any(|own| own.id == id && matches!(own.measure, Measure::MinTrade(_)));
    let known = |id: &str| problem.limits.iter().any(|limit| limit.id == id);
    for Step { sells, buys, is_large } in steps(problem, plan) {
        let outcome = evaluate(problem, &sells, &buys);
        if !is_better(problem, &outcome, &plan.outcome) {
            continue;
        }
        let candidate = Plan { sells, buys, outcome, ..plan.clone() };
        let broken: BTreeSet<String> = verify(problem, &candidate).into_iter().map(|breach| breach.rule).collect();
        // Of two that forbid it neither alone does.
        if broken.len() == 1 {
            ids.extend(broken.into_iter().filter(|id| known(id) && small(id) == is_large));
        }
    }
    ids.into_iter().collect()
}

/// Whether an outcome comes nearer to what is asked for.
fn is_better(problem: &Problem, outcome: &Outcome, than: &Outcome) -> bool {
    let aims = |outcome: &Outcome| {
        let levels = &outcome.levels;
        match &problem.mode {
            Mode::Lexicographic => vec![levels.cash_shortfall, levels.excess, levels.gaps],
            Mode::Priced { cap, target } => {
                vec![levels.cash_shortfall, levels.excess.times(*cap) + levels.gaps.times(*target) + levels.cost]
            }
        }
    };
    let differs = |(own, other): &(Money, Money)| (*own - *other).abs() > CENT;
    aims(outcome).into_iter().zip(aims(than)).find(differs).is_some_and(|(own, other)| own < other)
}

/// A plan with a little more of one thing.
struct Step {
    sells: Vec<PlannedSale>,
    buys: Vec<PlannedBuy>,
    /// Whether it is enough to ask for the smallest order, rather than the least that trades.
    is_large: bool,
}

/// Returns the plan with more of each thing that counts to what is not reached, what counts most first.
fn steps(problem: &Problem, plan: &Plan) -> Vec<Step> {
    let levels = &plan.outcome.levels;
    if levels.cash_shortfall <= CENT && levels.excess <= CENT && levels.gaps <= CENT {
        return Vec::new();
    }
    let step = |account: &str| match problem.accounts.iter().find(|own| own.id == account) {
        Some(own) if problem.whole_shares => Shares(own.increment),
        _ => Shares(Decimal::new(1, 3)),
    };
    let least = problem.limits.iter().find_map(|limit| match &limit.measure {
        Measure::MinTrade(least) => Some(*least),
        _ => None,
    });
    let least = least.unwrap_or_default();
    // One step more of an order that is placed, and of another as many as the smallest order has; then a tenth of all that
    // is traded, where that is less than the smallest order.
    let more = |account: &str, symbol: &Symbol, ordered: Shares, traded: Money| -> Vec<(bool, Shares)> {
        let price = problem.securities.get(symbol).map(|security| security.price.decimal()).unwrap_or_default();
        let step = step(account).decimal();
        let steps = |dollars: Decimal| {
            let steps = dollars.checked_div(price * step).unwrap_or_default().ceil();
            Shares(steps.max(Decimal::ONE) * step)
        };
        let tenth = steps(traded.decimal() * TENTH / (Decimal::ONE - TENTH));
        let is_small = Money(price * (ordered + tenth).decimal()) < least;
        let first = steps(if ordered.is_zero() { least.decimal() } else { Decimal::ZERO });
        [(false, first)].into_iter().chain(is_small.then_some((true, tenth))).collect()
    };
    // What a limit on sales that is named already forbids need not be looked at.
    let turnover = problem.limits.iter().find_map(|limit| match &limit.measure {
        Measure::Turnover(most) if plan.binding.contains(&limit.id) => Some(most.0),
        _ => None,
    });
    let room = turnover.map(|most| Money::from_f64(most * plan.nothing.value.to_f64()) - plan.outcome.sold);
    let fits = |symbol: &Symbol, more: Shares| {
        let dollars = problem.securities.get(symbol).map(|security| security.price * more).unwrap_or_default();
        room.is_none_or(|room| dollars <= room)
    };
    let mut found = Vec::new();
    for (account, symbol) in worth_selling(problem, plan) {
        let sold = |id: LotId| plan.sells.iter().find(|sale| sale.lot == id).map_or(Shares::ZERO, |sale| sale.quantity);
        let lots = problem.lots.iter().filter(|lot| lot.account == account && lot.symbol == *symbol);
        let open = lots.filter(|lot| lot.locked.is_none() && sold(lot.id) < lot.quantity);
        // The one that is sold in part goes on.
        let Some(lot) = open.max_by_key(|lot| sold(lot.id)) else { continue };
        let ordered = plan.sells.iter().filter(|sale| sale.account == account && sale.symbol == *symbol);
        let ordered = ordered.map(|sale| sale.quantity).sum();
        for (is_large, more) in more(account, symbol, ordered, plan.outcome.sold) {
            let quantity = (sold(lot.id) + more).min(lot.quantity);
            if !fits(symbol, quantity - sold(lot.id)) {
                continue;
            }
            let mut sells: Vec<PlannedSale> = plan.sells.iter().filter(|sale| sale.lot != lot.id).cloned().collect();
            let (account, symbol, lot) = (account.to_owned(), symbol.clone(), lot.id);
            sells.push(PlannedSale { account, symbol, lot, quantity });
            sells.sort();
            found.push(Step { sells, buys: plan.buys.clone(), is_large });
        }
    }
    let short =
        problem.targets.iter().filter(|target| plan.outcome.gaps.get(&target.id).is_some_and(|gap| *gap > CENT));
    let accounts = problem.accounts.iter().map(|account| &account.id);
    let places = short.flat_map(|target| accounts.clone().map(move |account| (account, &target.symbol)));
    for (account, symbol) in places.take(MOST) {
        let same = |buy: &&PlannedBuy| buy.account == *account && buy.symbol == *symbol;
        let before = plan.buys.iter().find(same).map_or(Shares::ZERO, |buy| buy.quantity);
        for (is_large, more) in more(account, symbol, before, plan.outcome.bought) {
            let mut buys: Vec<PlannedBuy> = plan.buys.iter().filter(|buy| !same(buy)).cloned().collect();
            let (account, symbol, quantity) = (account.clone(), symbol.clone(), before + more);
            buys.push(PlannedBuy { account, symbol, quantity });
            buys.sort();
            found.push(Step { sells: plan.sells.clone(), buys, is_large });
        }
    }
    found
}

/// Returns the holdings, by account, that count to a cap that stays exceeded, or bring cash that is short: those that count
/// most first.
fn worth_selling<'a>(problem: &'a Problem, plan: &Plan) -> Vec<(&'a str, &'a Symbol)> {
    let exceeded: Vec<&BTreeMap<Symbol, f64>> = problem
        .limits
        .iter()
        .filter(|limit| plan.outcome.excess.get(&limit.id).is_some_and(|excess| *excess > CENT))
        .filter_map(|limit| match &limit.measure {
            Measure::ExposureCap { coefficients, .. } => Some(coefficients),
            _ => None,
        })
        .collect();
    let is_short = plan.outcome.levels.cash_shortfall > CENT;
    let weight = |symbol: &Symbol| -> f64 {
        let counts: f64 = exceeded.iter().filter_map(|coefficients| coefficients.get(symbol)).sum();
        counts + f64::from(is_short)
    };
    let mut held: BTreeMap<(&str, &Symbol), f64> = BTreeMap::new();
    for lot in &problem.lots {
        let price = problem.securities.get(&lot.symbol).map_or(0.0, |security| security.price.to_f64());
        let counts = weight(&lot.symbol) * price * lot.quantity.to_f64();
        *held.entry((&lot.account, &lot.symbol)).or_default() += counts;
    }
    let mut held: Vec<_> = held.into_iter().filter(|(_, counts)| *counts > 0.0).collect();
    held.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    held.into_iter().take(MOST).map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{Household, dollars};
    use crate::units::Weight;

    /// Eight shares of 300 are 24% of 10,000: four come to 12%, and a fifth to 9%. In fractions a cap of 10% and a floor of
    /// 9.5% do not meet.
    #[test]
    fn a_floor_that_leaves_room_for_a_part_of_a_share_is_named() {
        let mut home = Household::ira(&[("NVDA", 300, 8)]).with_cash(7_600);
        home.cap("tech", &[("NVDA", 1.0)], 0.10, 0.0);
        home.floor("tech.floor", &[("NVDA", 1.0)], 0.095);
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), plan.outcome.levels.excess), ("4", dollars(200)));
        assert_eq!(plan.binding, ["tech.floor"]);
        home.problem.limits.pop();
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), plan.binding), ("5", vec![]));
    }

    /// With a smallest order of 5,000 and sales of at most 1,000 nothing can be sold.
    #[test]
    fn a_smallest_order_that_holds_sales_back_is_named() {
        let mut home = Household::ira(&[("NVDA", 100, 60), ("AGG", 100, 40)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.10, 0.0);
        home.limit("turnover", Measure::Turnover(Weight(0.10)));
        home.limit("min-trade", Measure::MinTrade(dollars(5_000)));
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "NVDA"), "0");
        assert!(plan.binding.contains(&"min-trade".to_owned()), "{:?}", plan.binding);
        // All of it is below the smallest order.
        home.limit("min-trade", Measure::MinTrade(dollars(6_001)));
        home.problem.limits.retain(|limit| limit.id != "turnover");
        assert_eq!(home.plan().binding, ["min-trade"]);
        // A smallest order that changes nothing is not named, nor where it only keeps the rest of a division.
        home.limit("turnover", Measure::Turnover(Weight(0.10)));
        home.limit("min-trade", Measure::MinTrade(dollars(500)));
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), plan.binding), ("10", vec!["turnover".to_owned()]));
        let mut home = Household::ira(&[("NVDA", 300, 60), ("AMD", 40, 30)]);
        home.cap("tech", &[("NVDA", 1.0), ("AMD", 1.0)], 0.10, 0.0);
        home.limit("turnover", Measure::Turnover(Weight(0.0971)));
        home.limit("min-trade", Measure::MinTrade(dollars(1_500)));
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), home.sold(&plan, "AMD").as_str()), ("6", "0"));
        assert_eq!((plan.outcome.sold, plan.binding), (dollars(1_800), vec!["turnover".to_owned()]));
    }

    #[test]
    fn a_cap_that_is_not_worth_its_price_does_not_stop_the_plan() {
        let mut home = Household::taxable(&[("NVDA", 100, 60, 10)]).with_cash(4_000);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        // A dollar of it costs 13.5 cents of tax.
        home.problem.mode = Mode::Priced { cap: Decimal::new(10, 2), target: Decimal::new(2, 2) };
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), plan.binding), ("0", vec![]));
        home.problem.mode = Mode::Priced { cap: Decimal::new(20, 2), target: Decimal::new(2, 2) };
        home.limit("turnover", Measure::Turnover(Weight(0.10)));
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), plan.binding), ("10", vec!["turnover".to_owned()]));
    }
}
