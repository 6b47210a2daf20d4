//! Two risk measures that fit a linear program: mean absolute deviation and conditional value at risk.
//!
//! MAD is `1/T sum |r_t - mean|` (Konno and Yamazaki 1991). CVaR at level `b` is the mean loss in the worst `1 - b` of the
//! scenarios, `min over a of a + 1/((1-b) T) sum max(0, -r_t - a)` (Rockafellar and Uryasev 2000).
//!
//! Both are the largest of finitely many linear functions of the holdings: for CVaR one for every choice of worst
//! scenarios, for MAD one for every choice of signs. So instead of a column and a row per scenario the program gets the one
//! linear function that holds at the present portfolio, and another one whenever a solution turns out to be riskier than
//! the functions so far say. Each is a bound like that of any cap, which the rounding understands too.

use std::collections::BTreeMap;

use super::draft::{Bound, Draft};
use super::ground::is_active;
use crate::model::{Measure, Risk, Symbol};
use crate::units::Shares;

/// Most linear functions of one cap.
const MOST_CUTS: usize = 60;

/// Returns the risk of some holdings, and what a dollar of each symbol adds to it (a subgradient: the risk is the sum of
/// slope times holding, and no other holdings have less risk than their sum).
pub(super) fn slope(
    risk: Risk,
    returns: &BTreeMap<Symbol, Vec<f64>>,
    held: &BTreeMap<&Symbol, f64>,
) -> (f64, BTreeMap<Symbol, f64>) {
    let count = returns.values().map(Vec::len).min().unwrap_or(0);
    let mut results = vec![0.0_f64; count];
    for (symbol, moves) in returns {
        let amount = held.get(symbol).copied().unwrap_or(0.0);
        for (result, change) in results.iter_mut().zip(moves) {
            *result += amount * change;
        }
    }
    let scenarios = count as f64;
    let mut shares = vec![0.0_f64; count];
    match risk {
        Risk::Cvar { level } => {
            let mut worst: Vec<(usize, f64)> = results.iter().copied().enumerate().collect();
            worst.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            let tail = (1.0 - level) * scenarios;
            let mut left = tail;
            for (index, _) in worst {
                let part = left.clamp(0.0, 1.0);
                left -= part;
                if let Some(share) = shares.get_mut(index) {
                    *share = if tail > 0.0 { -part / tail } else { 0.0 };
                }
            }
        }
        Risk::Mad => {
            let mean = results.iter().sum::<f64>() / scenarios.max(1.0);
            let signs: Vec<f64> =
                results.iter().map(|result| if *result == mean { 0.0 } else { (result - mean).signum() }).collect();
            // Each deviation is from the mean, which moves with every scenario.
            let balance = signs.iter().sum::<f64>() / scenarios.max(1.0);
            for (share, sign) in shares.iter_mut().zip(&signs) {
                *share = (sign - balance) / scenarios.max(1.0);
            }
        }
    }
    let slopes: BTreeMap<Symbol, f64> = (returns.iter())
        .map(|(symbol, moves)| {
            (symbol.clone(), shares.iter().zip(moves).map(|(share, change)| share * change).sum::<f64>())
        })
        .collect();
    let value = slopes.iter().map(|(symbol, slope)| slope * held.get(symbol).copied().unwrap_or(0.0)).sum();
    (value, slopes)
}

/// Adds to a draft the linear function that gives the risk of some holdings (basis points by symbol).
pub(super) fn cut(measure: &Measure, limit: usize, draft: &mut Draft<'_>, held: &BTreeMap<&Symbol, f64>) {
    let Measure::RiskCap { risk, returns, cap, trigger } = measure else { return };
    let (now, _) = slope(*risk, returns, &draft.ground.holdings());
    let (_, slopes) = slope(*risk, returns, held);
    let most = 10_000.0 * cap.0;
    let terms = draft.exposure_terms(&slopes);
    let bound = Bound {
        limit,
        terms,
        cost: if draft.ground.problem.caps_after_costs { cap.0 } else { 0.0 },
        constant: draft.ground.exposure(&slopes),
        most,
        worst: (now - most).max(0.0),
        counted: is_active(now, cap.0, trigger.0),
        state: true,
    };
    draft.bound(bound);
}

/// Adds what a draft does not know yet of the risk of its own best plan, continuous and in whole shares. False when the
/// plan is as risky as the draft thinks; then it is the answer.
pub(super) fn sharpen(draft: &mut Draft<'_>, amounts: &[f64]) -> bool {
    let problem = draft.ground.problem;
    let caps: Vec<usize> = (problem.limits.iter().enumerate())
        .filter(|(_, limit)| matches!(limit.measure, Measure::RiskCap { .. }))
        .map(|(index, _)| index)
        .collect();
    if caps.is_empty() {
        return false;
    }
    let rounded = super::round::round(draft, amounts);
    let after = super::outcome::evaluate(problem, &rounded.0, &rounded.1);
    let nothing = super::outcome::evaluate(problem, &[], &[]);
    let continuous = draft.ground.holdings_after(amounts);
    let mut whole = draft.ground.holdings();
    let mut add = |symbol: &Symbol, quantity: Shares, sign: f64| {
        let worth = problem.securities.get(symbol).map_or(0.0, |security| (security.price * quantity).to_f64());
        if let Some(amount) = whole.get_mut(symbol) {
            *amount += sign * draft.ground.scale * worth;
        }
    };
    rounded.0.iter().for_each(|sale| add(&sale.symbol, sale.quantity, -1.0));
    rounded.1.iter().for_each(|buy| add(&buy.symbol, buy.quantity, 1.0));
    let mut found = Vec::new();
    for index in caps {
        let Some(limit) = problem.limits.get(index) else { continue };
        let Measure::RiskCap { risk, returns, cap, .. } = &limit.measure else { continue };
        let cuts: Vec<&Bound> = draft.bounds.iter().filter(|bound| bound.limit == index).collect();
        if cuts.len() >= MOST_CUTS {
            continue;
        }
        let at = |bound: &&Bound| {
            let moved = bound.terms.iter().map(|(trade, value)| value * amounts.get(*trade).copied().unwrap_or(0.0));
            bound.constant + moved.sum::<f64>()
        };
        let known = cuts.iter().map(at).fold(f64::NEG_INFINITY, f64::max);
        let (value, _) = slope(*risk, returns, &continuous);
        if value > known.max(10_000.0 * cap.0) + 1e-6 {
            found.push((index, continuous.clone()));
        }
        let excess = |outcome: &super::Outcome| outcome.excess.get(&limit.id).copied().unwrap_or_default().to_f64();
        let costs = if !problem.caps_after_costs { after.trading_cost.to_f64() } else { 0.0 };
        if excess(&after) > excess(&nothing) + cap.0 * costs + 5e-6 {
            found.push((index, whole.clone()));
        }
    }
    for (index, held) in &found {
        if let Some(limit) = problem.limits.get(*index) {
            cut(&limit.measure, *index, draft, held);
        }
    }
    !found.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scenarios::{conditional_value_at_risk, mean_absolute_deviation};

    #[test]
    fn the_slope_gives_the_risk_and_bounds_it_elsewhere() {
        let (a, b) = (Symbol::new("A"), Symbol::new("B"));
        let returns =
            BTreeMap::from([(a.clone(), vec![-0.1, -0.02, 0.01, 0.05]), (b.clone(), vec![0.02, -0.04, 0.03, -0.01])]);
        let moves = |held: &BTreeMap<&Symbol, f64>| -> Vec<f64> {
            (0..4).map(|t| held.iter().map(|(symbol, x)| x * returns[*symbol][t]).sum()).collect()
        };
        for (x, y) in [(1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (0.3, 0.7)] {
            let held = BTreeMap::from([(&a, x), (&b, y)]);
            let (cvar, cvar_slope) = slope(Risk::Cvar { level: 0.5 }, &returns, &held);
            let (mad, mad_slope) = slope(Risk::Mad, &returns, &held);
            assert!((cvar - conditional_value_at_risk(&moves(&held), 0.5).unwrap()).abs() < 1e-12);
            assert!((mad - mean_absolute_deviation(&moves(&held)).unwrap()).abs() < 1e-12);
            let other = BTreeMap::from([(&a, 0.8), (&b, 0.2)]);
            let at = |slope: &BTreeMap<Symbol, f64>| slope[&a] * 0.8 + slope[&b] * 0.2;
            assert!(at(&cvar_slope) <= conditional_value_at_risk(&moves(&other), 0.5).unwrap() + 1e-12);
            assert!(at(&mad_slope) <= mean_absolute_deviation(&moves(&other)).unwrap() + 1e-12);
        }
    }
}
