//! Risk caps, worked out in another way than the model's: the conditional value at risk by its minimisation formula over
//! every candidate for its parameter, the mean absolute deviation by its definition, both in decimals.

use std::collections::BTreeMap;

use super::fraction;
use crate::model::{Risk, Symbol};
use crate::units::Decimal;

/// Returns the risk in dollars of some holdings over scenarios.
pub(super) fn dollars(risk: Risk, returns: &BTreeMap<Symbol, Vec<f64>>, held: &BTreeMap<Symbol, Decimal>) -> Decimal {
    let count = returns.values().map(Vec::len).min().unwrap_or(0);
    let result = |scenario: usize| -> Decimal {
        let moved =
            returns.iter().filter_map(|(symbol, moves)| Some(*held.get(symbol)? * fraction(*moves.get(scenario)?)));
        moved.sum()
    };
    let results: Vec<Decimal> = (0..count).map(result).collect();
    let scenarios = Decimal::from(count.max(1));
    match risk {
        Risk::Mad => {
            let mean = results.iter().copied().sum::<Decimal>() / scenarios;
            results.iter().map(|result| (*result - mean).abs()).sum::<Decimal>() / scenarios
        }
        Risk::Cvar { level } => {
            let tail = (Decimal::ONE - fraction(level)) * scenarios;
            let at = |parameter: Decimal| {
                let beyond: Decimal = results.iter().map(|result| (-*result - parameter).max(Decimal::ZERO)).sum();
                parameter + beyond.checked_div(tail).unwrap_or_default()
            };
            results.iter().map(|result| at(-*result)).min().unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_scenarios_by_hand() {
        let symbol = Symbol::new("A");
        let returns = BTreeMap::from([(symbol.clone(), vec![-0.1, -0.02, 0.01, 0.05])]);
        let held = BTreeMap::from([(symbol, Decimal::from(1_000))]);
        for (risk, cents) in [
            (Risk::Cvar { level: 0.5 }, 6_000),
            (Risk::Cvar { level: 0.75 }, 10_000),
            // One and a half scenarios: (10% + 2% / 2) / 1.5.
            (Risk::Cvar { level: 0.625 }, 7_333),
            (Risk::Mad, 4_500),
        ] {
            assert_eq!(dollars(risk, &returns, &held).round_dp(2), Decimal::new(cents, 2), "{risk:?}");
        }
    }
}
