//! The levels of the objective in dollars.

use super::{Outcome, Problem};
use crate::model::Measure;
use crate::units::{Decimal, Money};

/// The value of each level of the objective, in dollars, in order of importance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    /// Cash that a withdrawal or reserve misses.
    pub cash_shortfall: Money,
    /// Sum over caps of the dollars above them.
    pub excess: Money,
    /// Sum over targets of the dollars missing. The target of a sleeve is what `[sleeves] return-to` brings it to, which may
    /// be less than the weight that rotation gives it.
    pub gaps: Money,
    /// Largest of them.
    pub largest_gap: Money,
    /// Incremental tax above zero, plus trading cost.
    pub cost: Money,
    /// Bought plus sold.
    pub turnover: Money,
    /// Incremental tax with its sign.
    pub signed_tax: Money,
}

impl Levels {
    /// Returns a bound for plans that cost so many dollars more to trade than it allows for: targets shrink with the value
    /// of the portfolio, so their gaps may be smaller by their share of the cost. Of plans that cost less, the excess may be
    /// smaller by the share of the caps that are exceeded when nothing is done; the others are never broken. Not where the formulas are taken to the letter, for the program then knows the cost.
    pub(super) fn at_cost(mut self, problem: &Problem, nothing: &Outcome, more: Money) -> Levels {
        if problem.caps_after_costs {
            return self;
        }
        let targets = || problem.targets.iter().map(|target| target.weight.0);
        let exceeded = |id: &str| nothing.excess.get(id).is_some_and(|excess| excess.is_positive());
        let caps = problem.limits.iter().filter(|limit| exceeded(&limit.id)).filter_map(|limit| match &limit.measure {
            Measure::ExposureCap { cap, .. } | Measure::RiskCap { cap, .. } => Some(cap.0),
            _ => None,
        });
        let share = |weight: f64| more.abs().times(Decimal::from_f64_retain(weight).unwrap_or_default());
        let lowered = |level: Money, by: Money| (level - by).max(Money::ZERO).min(level);
        if more.is_positive() {
            self.gaps = lowered(self.gaps, share(targets().sum()));
            self.largest_gap = lowered(self.largest_gap, share(targets().fold(0.0, f64::max)));
        } else {
            self.excess = lowered(self.excess, share(caps.sum()));
        }
        self
    }
}

/// A level as an aim: its name in reports, and where its value stands.
pub type Aim = (&'static str, fn(&Levels) -> Money);

/// The aims of a plan in the order of importance. The last two only choose between plans that are equally good.
pub const AIMS: [Aim; 7] = [
    ("cash shortfall", |levels| levels.cash_shortfall),
    ("excess over caps", |levels| levels.excess),
    ("gaps of sleeves", |levels| levels.gaps),
    ("largest gap", |levels| levels.largest_gap),
    ("tax above zero and trading cost", |levels| levels.cost),
    ("bought and sold", |levels| levels.turnover),
    ("tax with its sign", |levels| levels.signed_tax),
];

/// Dollars of a level to the millionth: at the least of a level a cent of it can be worth hundreds of dollars of the next.
pub(super) fn millionths(dollars: f64) -> Money {
    let rounded = Decimal::from_f64_retain(dollars).unwrap_or_default().round_dp(6);
    // Nothing has no sign: `-0.00` is for floats.
    if rounded.is_zero() { Money::ZERO } else { Money(rounded) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_sign() {
        for dollars in [-0.0, -1e-9, 0.0] {
            assert_eq!(millionths(dollars).decimal().to_string(), Money::ZERO.decimal().to_string(), "{dollars}");
        }
        assert_eq!(millionths(-0.0000014), Money(Decimal::new(-1, 6)));
    }
}
