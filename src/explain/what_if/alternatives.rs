//! The plan under other circumstances.

use crate::model::Measure;
use crate::plan::{Plan, Problem, Route, solve};
use crate::units::{Decimal, Money, Weight};

/// Returns the plan as it would be if gains were not taxed.
pub(super) fn without_tax(problem: &Problem) -> Option<Plan> {
    let mut untaxed = problem.clone();
    untaxed.tax.short_rate = Decimal::ZERO;
    untaxed.tax.long_rate = Decimal::ZERO;
    untaxed.tax.ordinary_rate = Decimal::ZERO;
    untaxed.tax.filing = None;
    solve(&untaxed).ok()
}

/// Returns the plan as it would be if only accounts without tax were traded.
pub(super) fn sheltered_only(problem: &Problem) -> Option<Plan> {
    let mut sheltered = problem.clone();
    let taxable: Vec<String> =
        problem.accounts.iter().filter(|account| account.kind.is_taxable()).map(|account| account.id.clone()).collect();
    for lot in sheltered.lots.iter_mut().filter(|lot| taxable.contains(&lot.account)) {
        lot.lock("only accounts without tax are traded");
    }
    for account in sheltered.accounts.iter_mut().filter(|account| taxable.contains(&account.id)) {
        account.menu = Some(Vec::new());
    }
    solve(&sheltered).ok()
}

/// Returns the plan with a limit on actions a little looser, and in words how much; `None` for other limits.
pub(super) fn looser(problem: &Problem, id: &str) -> Option<(String, Plan)> {
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

/// Returns the problem of one run that looks no farther, without the turnover limit, which is of a run of many. It stays a
/// route, of one stage: what it is compared with is planned by the same rules.
pub(super) fn in_one_run(problem: &Problem) -> Problem {
    let mut other = problem.clone();
    if let Some(route) = other.route.take() {
        other.limits.retain(|limit| !matches!(limit.measure, Measure::Turnover(_)));
        let by = Some(problem.as_of);
        other.route = Some(Route { by, ..route });
    }
    other
}

/// Returns the plan as it would be in one run that nothing but the calendar and what must be kept bounds: no turnover limit,
/// no budget, no count of orders.
pub(super) fn all_now(problem: &Problem) -> Option<Plan> {
    let mut other = in_one_run(problem);
    other.limits.retain(|limit| {
        !matches!(
            limit.measure,
            Measure::Turnover(_) | Measure::GainBudget(_) | Measure::TaxBudget(_) | Measure::MaxTrades(_)
        )
    });
    solve(&other).ok()
}
