//! A limit with a little less room: where whole shares and cents break a limit that the plan in fractions keeps, it is
//! planned again that much farther inside.

use super::ground::portfolio_value;
use super::round::Trades;
use super::{Breach, PlannedBuy, PlannedSale, Problem};
use crate::model::{LotId, Measure};
use crate::units::{Decimal, Money, Shares, Weight};

/// Dollars of room that the first further attempt gives up.
const FIRST: f64 = 0.01;
/// How much more each further attempt gives up.
const GROWTH: i32 = 2;
/// Attempts after the first: the last gives up $1,311, more than a share of most of what is traded.
pub(super) const ATTEMPTS: usize = 17;

/// Returns the problem with less room in the limit that was broken; `None` where nothing is to be narrowed.
pub(super) fn narrowed(problem: &Problem, breach: &Breach, attempt: usize) -> Option<Problem> {
    let value = portfolio_value(problem).to_f64();
    let attempt = i32::try_from(attempt).unwrap_or(i32::MAX);
    let dollars = FIRST * f64::from(GROWTH).powi(attempt);
    let (money, weight) = (Money(Decimal::from_f64_retain(dollars)?), Weight(dollars / value));
    let mut other = problem.clone();
    let limit = other.limits.iter_mut().find(|limit| limit.id == breach.rule)?;
    let less = |own: &mut Weight| own.0 = (own.0 - weight.0).max(0.0);
    match &mut limit.measure {
        Measure::ExposureCap { cap, .. } | Measure::BuyCap { cap, .. } | Measure::RiskCap { cap, .. } => less(cap),
        Measure::Turnover(most) => less(most),
        Measure::ExposureFloor { floor, .. } => floor.0 += weight.0,
        Measure::GainBudget(most) | Measure::TaxBudget(most) => *most = (*most - money).max(Money::ZERO),
        _ => return None,
    }
    Some(other)
}

/// Returns the same trades with a step more or less of one of them.
pub(super) fn neighbours(problem: &Problem, sells: &[PlannedSale], buys: &[PlannedBuy]) -> Vec<Trades> {
    let step = |account: &str| {
        let home = problem.accounts.iter().find(|home| home.id == account);
        home.map_or(Decimal::ONE, |home| if problem.whole_shares { home.increment } else { Decimal::new(1, 3) })
    };
    let held = |lot: LotId| problem.lots.iter().find(|own| own.id == lot).map(|own| own.quantity.decimal());
    let mut found = Vec::new();
    for (index, sale) in sells.iter().enumerate() {
        let (own, step) = (sale.quantity.decimal(), step(&sale.account));
        let most = held(sale.lot).unwrap_or(own);
        for quantity in [(own - step).max(Decimal::ZERO), (own + step).min(most)] {
            let mut other = sells.to_vec();
            if let Some(sale) = other.get_mut(index) {
                sale.quantity = Shares(quantity);
            }
            other.retain(|sale| sale.quantity.is_positive());
            found.push((other, buys.to_vec()));
        }
    }
    for (index, buy) in buys.iter().enumerate() {
        let fewer = (buy.quantity.decimal() - step(&buy.account)).max(Decimal::ZERO);
        let mut other = buys.to_vec();
        if let Some(buy) = other.get_mut(index) {
            buy.quantity = Shares(fewer);
        }
        other.retain(|buy| buy.quantity.is_positive());
        found.push((sells.to_vec(), other));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::Household;

    #[test]
    fn each_attempt_gives_up_more_room() {
        let mut problem = Household::taxable(&[]).problem();
        problem.limits = vec![crate::model::Limit {
            id: "gains".to_owned(),
            kind: "gain-budget",
            measure: Measure::GainBudget(Money(Decimal::from(100))),
            origin: "test".to_owned(),
        }];
        let breach = |rule: &str| Breach { rule: rule.to_owned(), message: String::new() };
        let left = |attempt| match narrowed(&problem, &breach("gains"), attempt).unwrap().limits[0].measure {
            Measure::GainBudget(most) => most.to_cents().to_string(),
            _ => String::new(),
        };
        assert_eq!([left(0), left(1), left(2), left(15)].map(|left| left.to_owned()), ["99.99", "99.98", "99.96", "0"]);
        assert!(narrowed(&problem, &breach("cash"), 0).is_none());
    }
}
