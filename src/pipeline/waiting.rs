//! The price of waiting, measured: by what is over its limits, and what would replace it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::market::Market;
use crate::model::{Measure, Reaction, Symbol};
use crate::plan::{Outcome, Problem};
use crate::rules::scenarios::weekly;
use crate::rules::waiting::{Waiting, waiting};
use crate::units::Money;

/// Weeks that volatilities are measured over.
const WEEKS: usize = 52;

/// Returns what a year of waiting costs per dollar that must be sold and is not.
pub(super) fn measured(problem: &Problem, market: &Market, as_of: NaiveDate) -> Waiting {
    let nothing = crate::plan::evaluate(problem, &[], &[]);
    let over = over(problem, &nothing);
    let instead = instead(problem, &nothing, over.values().sum());
    waiting(&over, &instead, |symbol| weekly(market, symbol, as_of, WEEKS))
}

/// Dollars over the caps by symbol: what each is over by, divided as its holdings are.
fn over(problem: &Problem, nothing: &Outcome) -> BTreeMap<Symbol, f64> {
    let mut held: BTreeMap<&Symbol, f64> = BTreeMap::new();
    for lot in &problem.lots {
        let worth = problem.securities.get(&lot.symbol).map_or(Money::ZERO, |own| own.price * lot.quantity);
        *held.entry(&lot.symbol).or_default() += worth.to_f64();
    }
    let counted = |symbol: &Symbol| held.get(symbol).copied().unwrap_or(0.0);
    let mut over: BTreeMap<Symbol, f64> = BTreeMap::new();
    for limit in &problem.limits {
        let Measure::ExposureCap { coefficients, .. } = &limit.measure else { continue };
        let excess = nothing.excess.get(&limit.id).map_or(0.0, |excess| excess.to_f64());
        let all: f64 = coefficients.iter().map(|(symbol, share)| share * counted(symbol)).sum();
        if excess <= 0.0 || all <= 0.0 {
            continue;
        }
        for (symbol, share) in coefficients.iter().filter(|(symbol, share)| **share > 0.0 && counted(symbol) > 0.0) {
            *over.entry(symbol.clone()).or_default() += excess * share * counted(symbol) / all;
        }
    }
    over
}

/// Dollars of what takes the proceeds: what the targets miss first, and the neutral fund for the rest.
fn instead(problem: &Problem, nothing: &Outcome, over: f64) -> BTreeMap<Symbol, f64> {
    let mut instead: BTreeMap<Symbol, f64> = BTreeMap::new();
    let mut left = over;
    for target in problem.targets.iter().filter(|target| target.reaction == Reaction::Fill) {
        let gap = nothing.gaps.get(&target.id).map_or(0.0, |gap| gap.to_f64()).min(left);
        left -= gap;
        *instead.entry(target.symbol.clone()).or_default() += gap;
    }
    if let Some(neutral) = &problem.neutral {
        *instead.entry(neutral.clone()).or_default() += left;
    }
    instead.retain(|_, dollars| *dollars > 0.0);
    instead
}
