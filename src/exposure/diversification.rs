//! The diversification rules of funds, as report lines: how a household would stand under rules made for professionals.
//!
//! * 5/25/50 (IRC 851(b)(3)): issuers above 5% make at most 50% together, none above 25%.
//! * 75-5-10 (1940 Act 5(b)(1)): on 75% of assets no issuer above 5%, so at most 25% in issuers above 5%; the 10% of an
//!   issuer's votes cannot matter to a household.
//! * 5/10/40 (UCITS): no issuer above 10%, and those above 5% make at most 40% together.
//!
//! Issuers are counted after look-through, share classes together, which is stricter than the laws. They bind nobody
//! here: optional lines.

use super::Exposure;
use crate::units::Weight;

/// What the diversification lines are, for `broaden explain diversification`.
pub const DOC: &str = "\
How the household would stand under the diversification rules of professional funds. They bind no household.

5-25-50 (Internal Revenue Code 851(b)(3)): issuers above 5% make at most 50% together, none is above 25%.
75-5-10 (Investment Company Act 5(b)(1)): on 75% of assets no issuer is above 5%, so issuers above 5% make at most 25%.
5-10-40 (UCITS directive): no issuer above 10%, those above 5% make at most 40% together.

Issuers are counted after look-through with all share classes together, which is stricter than the laws themselves.";

/// One rule: bounds on the largest issuer, and on the sum of those above 5%.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Highest weight of one issuer, where it has one.
    pub largest: Option<f64>,
    /// Highest sum of the issuers above 5%.
    pub large_together: f64,
}

/// Every rule.
pub const RULES: &[Rule] = &[
    Rule { id: "5-25-50", name: "regulated investment company, 5/25/50", largest: Some(0.25), large_together: 0.50 },
    Rule { id: "75-5-10", name: "diversified fund, 75-5-10", largest: None, large_together: 0.25 },
    Rule { id: "5-10-40", name: "UCITS, 5/10/40", largest: Some(0.10), large_together: 0.40 },
];

/// An issuer is large above this.
const LARGE: f64 = 0.05;
/// A weight this little above a bound is rounding.
const EPSILON: f64 = 1e-9;

/// How the household stands under a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diversification {
    /// Which one.
    pub rule: &'static Rule,
    /// Weight of the largest issuer.
    pub largest: Weight,
    /// Sum of the issuers above 5%.
    pub large_together: Weight,
    /// Whether both bounds are kept.
    pub holds: bool,
}

impl Exposure {
    /// Returns how the household would stand under each rule.
    pub fn diversification(&self) -> Vec<Diversification> {
        let largest = self.issuers.first().map_or(0.0, |issuer| issuer.weight.0);
        let together: f64 = self.issuers.iter().map(|issuer| issuer.weight.0).filter(|w| *w > LARGE + EPSILON).sum();
        let line = |rule: &'static Rule| Diversification {
            rule,
            largest: Weight(largest),
            large_together: Weight(together),
            holds: rule.largest.is_none_or(|bound| largest <= bound + EPSILON)
                && together <= rule.large_together + EPSILON,
        };
        RULES.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::IssuerExposure;

    fn holds(weights: &[f64]) -> Vec<bool> {
        let issuer = |weight: &f64| IssuerExposure {
            issuer: String::new(),
            name: String::new(),
            weight: Weight(*weight),
            through_funds: Weight(0.0),
        };
        let exposure = Exposure { issuers: weights.iter().map(issuer).collect(), ..Exposure::default() };
        exposure.diversification().iter().map(|line| line.holds).collect()
    }

    #[test]
    fn each_rule_has_its_own_edge() {
        assert_eq!(holds(&[0.25, 0.25, 0.05, 0.05]), [true, false, false]);
        assert_eq!(holds(&[0.26, 0.05]), [false, false, false]);
        assert_eq!(holds(&[0.25, 0.05, 0.05]), [true, true, false]);
        assert_eq!(holds(&[0.10, 0.10, 0.10, 0.10, 0.05]), [true, false, true]);
        assert_eq!(holds(&[0.05; 20]), [true, true, true]);
        assert_eq!(holds(&[]), [true, true, true]);
    }
}
