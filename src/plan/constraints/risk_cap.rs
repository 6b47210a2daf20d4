//! A cap on the risk of the portfolio over past returns: conditional value at risk, or mean absolute deviation.

use crate::model::Measure;
use crate::plan::draft::Draft;
use crate::plan::risk;

/// Printed by `broaden explain risk-cap`.
pub const DOC: &str = "\
Caps what the portfolio would have lost or how much it would have moved over past scenarios, as a weight of its value:
cvar = the mean loss in the worst (1 - level) of them, mad = the mean absolute deviation from the mean. Like a cap on an
exposure: repaired when broken by more than its trigger, never made worse. Cash does not move.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    if matches!(measure, Measure::RiskCap { .. }) {
        let held = draft.ground.holdings();
        risk::cut(measure, limit, draft, &held);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use crate::model::{Measure, Risk, Symbol};
    use crate::plan::testing::{Household, dollars};
    use crate::units::Weight;

    fn risk_cap(risk: Risk, cap: f64, returns: &[(&str, &[f64])]) -> Measure {
        let returns: BTreeMap<Symbol, Vec<f64>> =
            returns.iter().map(|(symbol, moves)| (Symbol::new(symbol), moves.to_vec())).collect();
        Measure::RiskCap { risk, returns: Arc::new(returns), cap: Weight(cap), trigger: Weight(0.0) }
    }

    const HALF: Risk = Risk::Cvar { level: 0.5 };
    const NVDA: &[f64] = &[-0.10, -0.02, 0.01, 0.05];
    const AGG: &[f64] = &[0.0, 0.0, 0.0, 0.0];

    #[test]
    fn risk_is_sold_down_to_the_cap_and_a_kept_cap_left_alone() {
        // 1,000 shares: the worst half of the scenarios loses 6% on average, the mean absolute deviation is 4.5%.
        let mut home = Household::ira(&[("NVDA", 100, 1_000)]);
        for (risk, whole) in [(HALF, 0.06), (Risk::Mad, 0.045)] {
            home.limit("risk", risk_cap(risk, whole, &[("NVDA", NVDA)]));
            assert!(home.plan().sells.is_empty(), "{risk:?}");
            home.limit("risk", risk_cap(risk, 0.75 * whole, &[("NVDA", NVDA)]));
            let plan = home.plan();
            assert_eq!(home.sold(&plan, "NVDA"), "250", "{risk:?}");
            assert_eq!(plan.outcome.excess["risk"], dollars(0), "{risk:?}");
            assert!((plan.outcome.weights["risk"] - 0.75 * whole).abs() < 1e-12, "{risk:?}");
        }
    }

    /// What loses most depends on what is left: the worst scenarios of the remaining portfolio are other ones, and the first
    /// linear function alone would stop too early.
    #[test]
    fn the_worst_scenarios_change_as_risk_is_sold() {
        let xom: &[f64] = &[0.04, 0.03, -0.09, -0.07];
        let mut home = Household::ira(&[("NVDA", 100, 700), ("XOM", 100, 300)]);
        home.limit("risk", risk_cap(HALF, 0.012, &[("NVDA", NVDA), ("XOM", xom), ("AGG", AGG)]));
        let plan = home.plan();
        assert!(plan.outcome.weights["risk"] <= 0.012 + 1e-9, "{:?}", plan.outcome.weights);
        // Left are n of NVDA and x of XOM. Any two scenarios together lose at most 2.4% of 1,000 shares; what binds are the
        // first with the third, 0.09 n + 0.05 x <= 24, and the third with the fourth, 0.16 x - 0.06 n <= 24. They meet at
        // n = 151.7 and x = 206.9, where most stays: 358.6 shares.
        let left = |symbol: &str, had: f64| had - home.sold(&plan, symbol).parse::<f64>().unwrap();
        let (n, x) = (left("NVDA", 700.0), left("XOM", 300.0));
        assert!(0.09 * n + 0.05 * x <= 24.0 + 1e-9 && 0.16 * x - 0.06 * n <= 24.0 + 1e-9, "{n} {x}");
        assert!(n + x >= 357.0, "{n} {x}");
    }

    #[test]
    fn a_purchase_may_not_lift_the_risk_above_the_cap() {
        let mut home = Household::ira(&[("AGG", 100, 900)]).with_cash(10_000);
        home.target("XLI", 0.10);
        assert_eq!(home.bought(&home.plan(), "XLI"), "100");
        // The worst half of the scenarios loses 6%: at 0.3% of the portfolio 50 shares fit.
        home.limit("risk", risk_cap(HALF, 0.003, &[("XLI", NVDA), ("AGG", AGG)]));
        assert_eq!(home.bought(&home.plan(), "XLI"), "50");
    }
}
