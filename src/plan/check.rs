//! What a problem must be to be planned at all. Everything wrong is reported at once.

use std::collections::BTreeSet;

use super::{Mode, PlanError, Problem};
use crate::model::{Measure, Risk};
use crate::units::Decimal;

/// Checks a problem.
///
/// # Errors
/// [`PlanError`] with every problem found.
pub(super) fn check(problem: &Problem) -> Result<(), PlanError> {
    let mut found = Vec::new();
    let mut accounts = BTreeSet::new();
    for account in &problem.accounts {
        if !accounts.insert(&account.id) {
            found.push(format!("two accounts are called `{}`", account.id));
        }
        if account.increment <= Decimal::ZERO {
            found.push(format!("the share step of `{}` must be above zero", account.id));
        }
    }
    for (symbol, security) in &problem.securities {
        if !security.price.is_positive() {
            found.push(format!("the price of {symbol} must be above zero"));
        }
        if security.half_spread_bps < Decimal::ZERO || security.half_spread_bps >= Decimal::from(10_000) {
            found.push(format!("the half-spread of {symbol} must be from 0 to 10,000 basis points"));
        }
    }
    let mut lots = BTreeSet::new();
    for lot in &problem.lots {
        if !lots.insert(lot.id) {
            found.push(format!("two lots have the id of `{}`", lot.words()));
        }
        if !accounts.contains(&lot.account) {
            found.push(format!("lot `{}` is in the account `{}`, which is not there", lot.words(), lot.account));
        }
        if !problem.securities.contains_key(&lot.symbol) {
            found.push(format!("lot `{}` is of {}, which has no price", lot.words(), lot.symbol));
        }
        if !lot.quantity.is_positive() {
            found.push(format!("lot `{}` has no shares", lot.words()));
        }
    }
    for target in &problem.targets {
        if !problem.securities.contains_key(&target.symbol) {
            found.push(format!("target `{}` is for {}, which has no price", target.id, target.symbol));
        }
        if !target.weight.0.is_finite() || target.weight.0 < 0.0 {
            found.push(format!("the weight of target `{}` must be zero or more", target.id));
        }
    }
    for limit in &problem.limits {
        let (weights, coefficients) = match &limit.measure {
            Measure::ExposureCap { coefficients, cap, trigger } => (vec![cap.0, trigger.0], Some(coefficients)),
            Measure::ExposureFloor { coefficients, floor } => (vec![floor.0], Some(coefficients)),
            Measure::RiskCap { risk, returns, cap, trigger } => {
                let scenarios = returns.values().next().map_or(0, Vec::len);
                if returns.values().any(|moves| moves.len() != scenarios || moves.iter().any(|r| !r.is_finite())) {
                    found.push(format!("the scenarios of `{}` are not one number per symbol and scenario", limit.id));
                }
                if let Risk::Cvar { level } = risk
                    && !(0.0..1.0).contains(level)
                {
                    found.push(format!("the level of `{}` must be from 0 to below 1", limit.id));
                }
                (vec![cap.0, trigger.0], None)
            }
            Measure::BuyCap { cap, .. } => (vec![cap.0], None),
            Measure::Turnover(most) => (vec![most.0], None),
            Measure::MinTrade(least) if least.is_negative() => (vec![-1.0], None),
            _ => (Vec::new(), None),
        };
        if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0) {
            found.push(format!("the bound of `{}` must be zero or more", limit.id));
        }
        if coefficients.is_some_and(|map| map.values().any(|value| !value.is_finite())) {
            found.push(format!("a coefficient of `{}` is not a number", limit.id));
        }
    }
    let tax = &problem.tax;
    for (name, rate) in [("short", tax.short_rate), ("long", tax.long_rate), ("ordinary", tax.ordinary_rate)] {
        if !(Decimal::ZERO..Decimal::ONE).contains(&rate) {
            found.push(format!("the {name} tax rate must be from 0% to below 100%"));
        }
    }
    if tax.loss_limit.is_negative() || tax.carry_short.is_negative() || tax.carry_long.is_negative() {
        found.push("the loss limit and carryforwards are given as positive amounts".to_owned());
    }
    if problem.ticket.is_negative() {
        found.push("the cost per trade is negative".to_owned());
    }
    if let Mode::Priced { cap, target } = &problem.mode
        && (*cap < Decimal::ZERO || *target < Decimal::ZERO)
    {
        found.push("the prices of cap excess and target gaps must be zero or more".to_owned());
    }
    if found.is_empty() { Ok(()) } else { Err(PlanError::Malformed(found)) }
}
