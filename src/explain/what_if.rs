//! Questions answered by solving again: what the next point costs, which limits conflict, what each limit changed,
//! what the plan would be without tax. Duals of a degenerate program are not unique; a second answer is.

use crate::model::{Measure, Symbol};
use crate::plan::{Plan, PlannedBuy, PlannedSale, Problem, solve};
use crate::units::{Decimal, Money, Weight};

/// Excess below this is rounding, not a broken limit.
const CENT: Money = Money(Decimal::from_parts(1, 0, 0, false, 2));

/// One rung of a price ladder.
#[derive(Clone, Debug, PartialEq)]
pub struct Rung {
    /// The cap asked for.
    pub cap: Weight,
    /// Tax of the plan with that cap.
    pub tax: Money,
    /// Tax of the last step down, `None` on the first rung.
    pub marginal: Option<Money>,
    /// What stays above the cap.
    pub excess: Money,
}

/// Returns the plan's tax for a range of caps, from the highest down. `None` when there is no such cap.
pub fn ladder(problem: &Problem, id: &str, caps: &[Weight]) -> Option<Vec<Rung>> {
    problem.limits.iter().find(|limit| limit.id == id && matches!(limit.measure, Measure::ExposureCap { .. }))?;
    let mut rungs: Vec<Rung> = Vec::new();
    for cap in caps {
        let mut asked = problem.clone();
        for limit in asked.limits.iter_mut().filter(|limit| limit.id == id) {
            if let Measure::ExposureCap { cap: bound, .. } = &mut limit.measure {
                *bound = *cap;
            }
        }
        let Ok(plan) = solve(&asked) else { continue };
        let excess = plan.outcome.excess.get(id).copied().unwrap_or_default();
        let marginal = rungs.last().map(|rung| plan.outcome.tax - rung.tax);
        rungs.push(Rung { cap: *cap, tax: plan.outcome.tax, marginal, excess });
    }
    Some(rungs)
}

/// Returns the caps a ladder looks at: one point apart, two above the bound and four below it, none negative.
pub fn rungs_around(bound: Weight) -> Vec<Weight> {
    (-2..=4).map(|step| Weight(bound.0 - f64::from(step) / 100.0)).filter(|cap| cap.0 >= 0.0 && cap.0 <= 1.0).collect()
}

/// Something that can be taken away to see whether a broken cap can then be kept.
#[derive(Clone, Debug, PartialEq)]
enum Restraint {
    Limit(String),
    Symbol(String, Symbol),
    Locks,
}

/// Returns the smallest set of limits that together keep a cap from being met (deletion filter): the cap and what
/// stands in its way. Empty when the plan meets it.
pub fn conflict(problem: &Problem, plan: &Plan, id: &str) -> Vec<String> {
    let broken = |plan: &Plan| plan.outcome.excess.get(id).is_some_and(|excess| *excess > CENT);
    if !broken(plan) {
        return Vec::new();
    }
    let mut current = problem.clone();
    // Other state limits do not stop this one from being repaired unless they are worth more to repair; they are taken
    // away first, so that what is left is the cap against limits on actions.
    let mut restraints: Vec<Restraint> = Vec::new();
    for limit in &problem.limits {
        match &limit.measure {
            Measure::DoNotSell(symbols) => {
                restraints.extend(symbols.iter().map(|symbol| Restraint::Symbol(limit.id.clone(), symbol.clone())));
            }
            Measure::DoNotBuy(_) => {}
            _ if limit.id != id => restraints.push(Restraint::Limit(limit.id.clone())),
            _ => {}
        }
    }
    if problem.lots.iter().any(|lot| lot.locked.is_some()) {
        restraints.push(Restraint::Locks);
    }
    let mut needed = vec![id.to_owned()];
    for restraint in restraints {
        let mut without = current.clone();
        take_away(&mut without, &restraint);
        match solve(&without) {
            Ok(plan) if broken(&plan) => current = without,
            _ => needed.push(match restraint {
                Restraint::Limit(id) => id,
                Restraint::Symbol(id, symbol) => format!("{id} {symbol}"),
                Restraint::Locks => "locked lots".to_owned(),
            }),
        }
    }
    needed
}

fn take_away(problem: &mut Problem, restraint: &Restraint) {
    match restraint {
        Restraint::Limit(id) => problem.limits.retain(|limit| limit.id != *id),
        Restraint::Symbol(id, symbol) => {
            for limit in problem.limits.iter_mut().filter(|limit| limit.id == *id) {
                if let Measure::DoNotSell(symbols) = &mut limit.measure {
                    symbols.retain(|other| other != symbol);
                }
            }
        }
        Restraint::Locks => problem.lots.iter_mut().for_each(|lot| lot.locked = None),
    }
}

/// What leaving a limit or target out changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The limit or target.
    pub id: String,
    /// Sales of the plan that would not be made, with fewer or no shares.
    pub fewer_sales: Vec<PlannedSale>,
    /// Purchases of the plan that would not be made, with fewer or no shares.
    pub fewer_buys: Vec<PlannedBuy>,
    /// Tax with it minus tax without it.
    pub tax: Money,
    /// Dollars sold with it minus without it.
    pub sold: Money,
}

/// Solves without a limit or target; `None` when there is none with the id, or it changes nothing.
pub fn leave_one_out(problem: &Problem, plan: &Plan, id: &str) -> Option<Difference> {
    let mut without = problem.clone();
    without.limits.retain(|limit| limit.id != id);
    without.targets.retain(|target| target.id != id);
    if without.limits.len() == problem.limits.len() && without.targets.len() == problem.targets.len() {
        return None;
    }
    let other = solve(&without).ok()?;
    let less_sold =
        |sale: &&PlannedSale| !other.sells.iter().any(|found| found.lot == sale.lot && found.quantity >= sale.quantity);
    let less_bought = |buy: &&PlannedBuy| {
        !other
            .buys
            .iter()
            .any(|found| found.account == buy.account && found.symbol == buy.symbol && found.quantity >= buy.quantity)
    };
    let difference = Difference {
        id: id.to_owned(),
        fewer_sales: plan.sells.iter().filter(less_sold).cloned().collect(),
        fewer_buys: plan.buys.iter().filter(less_bought).cloned().collect(),
        tax: plan.outcome.tax - other.outcome.tax,
        sold: plan.outcome.sold - other.outcome.sold,
    };
    let changes = !difference.fewer_sales.is_empty() || !difference.fewer_buys.is_empty() || !difference.sold.is_zero();
    changes.then_some(difference)
}

/// Returns the plan as it would be if gains were not taxed.
pub fn without_tax(problem: &Problem) -> Option<Plan> {
    let mut untaxed = problem.clone();
    untaxed.tax.short_rate = Decimal::ZERO;
    untaxed.tax.long_rate = Decimal::ZERO;
    untaxed.tax.ordinary_rate = Decimal::ZERO;
    solve(&untaxed).ok()
}

/// Returns the plan as it would be if only accounts without tax were traded.
pub fn sheltered_only(problem: &Problem) -> Option<Plan> {
    let mut sheltered = problem.clone();
    let taxable: Vec<String> =
        problem.accounts.iter().filter(|account| account.kind.is_taxable()).map(|account| account.id.clone()).collect();
    for lot in sheltered.lots.iter_mut().filter(|lot| taxable.contains(&lot.account)) {
        lot.locked = Some("only accounts without tax are traded".to_owned());
    }
    for account in sheltered.accounts.iter_mut().filter(|account| taxable.contains(&account.id)) {
        account.menu = Some(Vec::new());
    }
    solve(&sheltered).ok()
}
