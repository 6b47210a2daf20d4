//! Questions answered by solving again: what the next point costs, which limits conflict, what each limit changed,
//! what the plan would be without tax. Duals of a degenerate program are not unique; a second answer is.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Measure, Symbol};
use crate::plan::{Plan, Problem, WashSales, solve};
use crate::proposal::Proposal;
use crate::units::{Decimal, Money, Shares, Weight};

/// Excess below this is rounding, not a broken limit.
pub const CENT: Money = Money(Decimal::from_parts(1, 0, 0, false, 2));

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

/// Most rungs of a ladder.
const RUNGS: usize = 32;
/// Points below the bound that a ladder looks at.
const BELOW: u32 = 20;
/// With more lots than this a solve takes so long that a ladder is short.
const MANY_LOTS: usize = 1_000;

/// Returns the ladder of a cap from where the household stands to well below its bound, a point at a time, or until
/// nothing more can be had. `None` when the id is no cap on an exposure.
pub fn ladder_of(proposal: &Proposal, id: &str) -> Option<Vec<Rung>> {
    let problem = &proposal.problem;
    let bound = problem.limits.iter().find_map(|limit| match &limit.measure {
        Measure::ExposureCap { cap, .. } if limit.id == id => Some(*cap),
        _ => None,
    })?;
    let now = proposal.plan.nothing.weights.get(id).copied().unwrap_or(bound.0);
    // Whole points from the bound, so that the bound itself is a rung.
    let above = ((now - bound.0) * 100.0).ceil().clamp(0.0, RUNGS as f64) as u32;
    let below = if problem.lots.len() > MANY_LOTS { 2 } else { BELOW };
    let mut rungs: Vec<Rung> = Vec::new();
    for step in 0..=(above + below) {
        let cap = bound.0 + f64::from(above) / 100.0 - f64::from(step) / 100.0;
        if cap < -1e-9 || rungs.len() >= RUNGS {
            break;
        }
        let cap = Weight((cap * 1e9).round() / 1e9);
        let Some(mut rung) = ladder(problem, id, &[cap]).and_then(|mut found| found.pop()) else { continue };
        rung.marginal = rungs.last().map(|last| rung.tax - last.tax);
        let stuck = rung.excess > CENT && rungs.last().is_some_and(|last| last.excess > CENT);
        rungs.push(rung);
        if stuck {
            break;
        }
    }
    Some(rungs)
}

/// Neighbouring rungs of the same price.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The cap it begins at.
    pub from: Weight,
    /// The cap it ends at.
    pub to: Weight,
    /// Tax of each point.
    pub per_point: Money,
}

/// Returns a ladder as steps of one price, without the rungs that cannot be reached.
pub fn steps(rungs: &[Rung]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for pair in rungs.windows(2) {
        let [above, rung] = pair else { continue };
        // To the cent: a part of a lot's cost may be a third of something.
        let Some(marginal) = rung.marginal.map(Money::to_cents) else { continue };
        if rung.excess > CENT {
            break;
        }
        match steps.last_mut() {
            Some(step) if step.per_point == marginal => step.to = rung.cap,
            _ => steps.push(Step { from: above.cap, to: rung.cap, per_point: marginal }),
        }
    }
    steps
}

/// Something that can be taken away to see whether a broken cap can then be kept.
#[derive(Clone, Debug, PartialEq)]
enum Restraint {
    Limit(String),
    Symbol(String, Symbol),
    Locks,
    Accounts,
    WashSales,
    NearLongTerm,
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
    if problem.accounts.iter().any(|account| !account.do_not_sell.is_empty()) {
        restraints.push(Restraint::Accounts);
    }
    if problem.wash_sales == WashSales::Block {
        restraints.push(Restraint::WashSales);
    }
    if problem.near_long_term_days > 0 {
        restraints.push(Restraint::NearLongTerm);
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
                Restraint::Accounts => "do-not-sell in [accounts]".to_owned(),
                Restraint::WashSales => "trading.wash-sale".to_owned(),
                Restraint::NearLongTerm => "trading.near-long-term-days".to_owned(),
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
        Restraint::Accounts => problem.accounts.iter_mut().for_each(|account| account.do_not_sell.clear()),
        Restraint::WashSales => problem.wash_sales = WashSales::Warn,
        Restraint::NearLongTerm => problem.near_long_term_days = 0,
    }
}

/// What leaving a limit or target out changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The limit or target.
    pub id: String,
    /// Symbols of which another number of shares would be sold over all accounts: with it, without it.
    pub sales: Vec<(Symbol, Shares, Shares)>,
    /// The same for purchases.
    pub buys: Vec<(Symbol, Shares, Shares)>,
    /// Tax with it minus tax without it.
    pub tax: Money,
    /// Dollars sold with it minus without it.
    pub sold: Money,
}

/// Shares by symbol, over all accounts.
type BySymbol = BTreeMap<Symbol, Shares>;

/// Returns the symbols whose shares differ, with both numbers.
fn differences(with: BySymbol, without: &BySymbol) -> Vec<(Symbol, Shares, Shares)> {
    let symbols: BTreeSet<&Symbol> = with.keys().chain(without.keys()).collect();
    let of = |all: &BySymbol, symbol: &Symbol| all.get(symbol).copied().unwrap_or_default();
    let both = symbols.into_iter().map(|symbol| (symbol.clone(), of(&with, symbol), of(without, symbol)));
    both.filter(|(_, with, without)| with != without).collect()
}

/// Solves without a limit or target; `None` when there is none with the id, or it changes nothing.
pub fn leave_one_out(problem: &Problem, plan: &Plan, id: &str) -> Option<Difference> {
    let mut other = problem.clone();
    other.limits.retain(|limit| limit.id != id);
    other.targets.retain(|target| target.id != id);
    if other.limits.len() == problem.limits.len() && other.targets.len() == problem.targets.len() {
        return None;
    }
    let other = solve(&other).ok()?;
    if (&other.sells, &other.buys) == (&plan.sells, &plan.buys) {
        return None;
    }
    let sales = |plan: &Plan| {
        let mut all = BySymbol::new();
        plan.sells.iter().for_each(|sale| *all.entry(sale.symbol.clone()).or_default() += sale.quantity);
        all
    };
    let buys = |plan: &Plan| {
        let mut all = BySymbol::new();
        plan.buys.iter().for_each(|buy| *all.entry(buy.symbol.clone()).or_default() += buy.quantity);
        all
    };
    Some(Difference {
        id: id.to_owned(),
        sales: differences(sales(plan), &sales(&other)),
        buys: differences(buys(plan), &buys(&other)),
        tax: plan.outcome.tax - other.outcome.tax,
        sold: plan.outcome.sold - other.outcome.sold,
    })
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

/// Returns the plan with a limit on actions a little looser, and in words how much; `None` for other limits.
pub fn looser(problem: &Problem, id: &str) -> Option<(String, Plan)> {
    let mut other = problem.clone();
    let withdrawn = problem.accounts.iter().any(|account| account.flow.is_negative());
    let limit = other.limits.iter_mut().find(|limit| limit.id == id)?;
    let point = |weight: &mut Weight| {
        weight.0 = (weight.0 + 0.01).min(1.0);
        format!("with a point more ({})", weight.percent())
    };
    let thousand = |money: &mut Money| {
        *money += Money(Decimal::from(1_000));
        format!("with $1,000 more ({})", money.dollars())
    };
    let words = match &mut limit.measure {
        // What a withdrawal needs comes on top: the whole is no share of the config, and may be more than all that stays.
        Measure::Turnover(most) if withdrawn => {
            most.0 += 0.01;
            "with a point more of what stays".to_owned()
        }
        Measure::Turnover(most) => point(most),
        Measure::BuyCap { cap, .. } => point(cap),
        Measure::GainBudget(most) | Measure::TaxBudget(most) => thousand(most),
        Measure::MaxTrades(most) => {
            *most += 1;
            format!("with one order more ({most})")
        }
        _ => return None,
    };
    Some((words, solve(&other).ok()?))
}

/// Says what cash a plan lacks that the plan at hand has, which the other figures do not tell; nothing when it lacks none.
pub fn lacking(other: &Plan, plan: &Plan) -> String {
    let (short, now) = (other.outcome.levels.cash_shortfall, plan.outcome.levels.cash_shortfall);
    if short > now + CENT { format!("; cash would be short by {}", short.dollars()) } else { String::new() }
}

/// Returns the plan as it would be if a symbol were sold in no account.
pub fn without_selling(problem: &Problem, symbol: &Symbol) -> Option<Plan> {
    let mut other = problem.clone();
    for lot in other.lots.iter_mut().filter(|lot| lot.symbol == *symbol) {
        lot.locked.get_or_insert_with(|| "asked to be kept".to_owned());
    }
    solve(&other).ok()
}

/// Returns the plan as it would be if a lot were not for sale.
pub fn without_lot(problem: &Problem, id: &str) -> Option<Plan> {
    let mut other = problem.clone();
    for lot in other.lots.iter_mut().filter(|lot| lot.id == id) {
        lot.locked.get_or_insert_with(|| "asked to be kept".to_owned());
    }
    solve(&other).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(cap: f64, tax: i64, marginal: Option<i64>, excess: i64) -> Rung {
        let money = |amount: i64| Money(Decimal::from(amount));
        Rung { cap: Weight(cap), tax: money(tax), marginal: marginal.map(money), excess: money(excess) }
    }

    /// The prices of the worked case F03: nothing for the IRA's lot, 15 for the high one, 120 for the low one.
    #[test]
    fn rungs_of_one_price_are_one_step() {
        let rungs = [
            rung(0.46, 0, None, 0),
            rung(0.45, 0, Some(0), 0),
            rung(0.44, 15, Some(15), 0),
            rung(0.43, 30, Some(15), 0),
            rung(0.42, 150, Some(120), 0),
            rung(0.41, 150, Some(0), 500),
        ];
        let found: Vec<(f64, f64, String)> =
            steps(&rungs).iter().map(|step| (step.from.0, step.to.0, step.per_point.dollars())).collect();
        let expected = [(0.46, 0.45, "$0.00"), (0.45, 0.43, "$15.00"), (0.43, 0.42, "$120.00")];
        assert_eq!(found, expected.map(|(from, to, price)| (from, to, price.to_owned())));
    }
}
