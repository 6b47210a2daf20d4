//! The levels of the objective in dollars, and how far a plan is from the best there could be.

use super::{Mode, Outcome, Plan, Problem};
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

    /// Returns which of two bounds says more: the one that is higher at the first aim where they differ.
    pub(super) fn higher(self, other: Levels) -> Levels {
        let differ = AIMS.into_iter().map(|(_, of)| (of(&self), of(&other))).find(|(own, its)| own != its);
        if differ.is_some_and(|(own, its)| own < its) { other } else { self }
    }
}

/// Returns what the accounts trade, in words: `whole shares`, or `the steps that trade`.
pub fn shares(problem: &Problem) -> &'static str {
    let all_whole = problem.accounts.iter().all(|account| account.increment == Decimal::ONE);
    if all_whole { "whole shares" } else { "the steps that trade" }
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

/// Aims that ask for something.
const WISHES: usize = 5;

/// How far a plan is from its bounds, at the first aim where it is a cent or more above them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Name of the aim.
    pub aim: &'static str,
    /// What the plan comes to.
    pub plan: Money,
    /// What no plan can be below, not even one in any fractions of shares.
    pub fractions: Money,
    /// What no plan can be below in the shares that its accounts trade, at the same trading cost, where that is known.
    pub whole: Option<Money>,
    /// What they trade.
    pub shares: &'static str,
}

impl Distance {
    /// Whether the plan is as good as the shares that its accounts trade allow, to the cent.
    pub fn is_proven(&self) -> bool {
        self.whole.is_some_and(|whole| (self.plan - whole).to_cents() <= Money::ZERO)
    }

    /// Returns the distance in words, without a full stop.
    pub fn text(&self) -> String {
        let fractions = format!("the best in fractions has {}", self.fractions.dollars());
        let own = format!("{} {}", self.aim, self.plan.dollars());
        match self.whole {
            Some(_) if self.is_proven() => format!("{own}: proven the least in {}; {fractions}", self.shares),
            Some(whole) => {
                format!("{own}: {} allow no less than {}; {fractions}", self.shares, whole.dollars())
            }
            None => format!("{own}; {fractions}"),
        }
    }
}

impl Plan {
    /// Returns the first aim at which the plan is above its bound; `None` without a bound, and for a plan that no other
    /// can beat.
    pub fn distance(&self, problem: &Problem) -> Option<Distance> {
        let fractions = self.bound.as_ref()?;
        let shares = shares(problem);
        let place = |aim: Aim, plan: Money, of: &dyn Fn(&Levels) -> Money| {
            let whole = self.whole_bound.as_ref().map(of);
            let found = Distance { aim: aim.0, plan, fractions: of(fractions), whole, shares };
            ((plan - found.fractions).to_cents() > Money::ZERO).then_some(found)
        };
        let own = &self.outcome.levels;
        match &problem.mode {
            Mode::Lexicographic => {
                AIMS.into_iter().take(WISHES).find_map(|aim| place(aim, aim.1(own), &|levels| aim.1(levels)))
            }
            Mode::Priced { cap, target } => {
                let priced = own.excess.times(*cap) + own.gaps.times(*target) + own.cost;
                let shortfall = AIMS.into_iter().next();
                shortfall.and_then(|aim| place(aim, aim.1(own), &|levels| aim.1(levels))).or_else(|| {
                    // In a bound they are not known apart.
                    let aim: Aim = ("excess and gaps at their prices, tax and trading cost", |levels| levels.cost);
                    place(aim, priced, &|levels| aim.1(levels))
                })
            }
        }
    }
}

/// Dollars of a level to the millionth: at the least of a level a cent of it can be worth hundreds of dollars of the next.
pub(super) fn millionths(dollars: f64) -> Money {
    let rounded = Decimal::from_f64_retain(dollars).unwrap_or_default().round_dp(6);
    // Nothing has no sign: `-0.00` is for floats.
    if rounded.is_zero() { Money::ZERO } else { Money(rounded) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{Household, dollars};

    /// 3,000 of 10,000 in shares of 700: four, and 200 are missing; that a fifth would be above the cap is proven.
    #[test]
    fn a_plan_says_how_far_it_is_from_its_bounds() {
        let mut home = Household::ira(&[("AGG", 100, 40)]).with_cash(6_000);
        home.price("XLI", 700);
        home.target("XLI", 0.30);
        home.cap("pos", &[("XLI", 1.0)], 0.30, 0.0);
        let mut plan = home.plan();
        let found = plan.distance(&home.problem).unwrap();
        let text = "gaps of sleeves $200.00: proven the least in whole shares; the best in fractions has $0.00";
        assert_eq!(found.text(), text);
        plan.whole_bound.as_mut().unwrap().gaps = dollars(150);
        let found = plan.distance(&home.problem).unwrap();
        let text = "gaps of sleeves $200.00: whole shares allow no less than $150.00; the best in fractions has $0.00";
        assert_eq!((found.is_proven(), found.text().as_str()), (false, text));
        plan.whole_bound = None;
        let found = plan.distance(&home.problem).unwrap();
        assert_eq!(found.text(), "gaps of sleeves $200.00; the best in fractions has $0.00");
    }

    /// A target of 30% that misses 300 misses 3 less when trading takes 10 from the value.
    #[test]
    fn a_bound_allows_for_the_cost_of_trading() {
        let mut home = Household::ira(&[("AGG", 100, 40)]).with_cash(6_000);
        home.target("XLI", 0.30);
        home.target("XLF", 0.10);
        let bound = Levels { gaps: dollars(300), largest_gap: dollars(200), ..Levels::default() };
        let mut nothing = Outcome::default();
        assert_eq!(bound.clone().at_cost(&home.problem, &nothing, dollars(10)), bound);
        home.problem.caps_after_costs = false;
        let lowered = bound.clone().at_cost(&home.problem, &nothing, dollars(10));
        assert_eq!((lowered.gaps.to_cents(), lowered.largest_gap.to_cents()), (dollars(296), dollars(197)));
        // A cap of half the value is five dollars higher when trading takes ten dollars less.
        home.cap("pos", &[("XLI", 1.0)], 0.50, 0.0);
        let over = Levels { excess: dollars(30), ..bound.clone() };
        assert_eq!(over.clone().at_cost(&home.problem, &nothing, dollars(-10)), over);
        nothing.excess.insert("pos".to_owned(), dollars(40));
        let cheaper = over.clone().at_cost(&home.problem, &nothing, dollars(-10));
        assert_eq!((cheaper.excess.to_cents(), cheaper.gaps), (dollars(25), dollars(300)));
        assert_eq!(over.clone().at_cost(&home.problem, &nothing, dollars(10)).excess, dollars(30));
        assert_eq!((bound.clone().higher(over.clone()), over.clone().higher(lowered.clone())), (over.clone(), over));
        assert_eq!(lowered.higher(bound.clone()), bound);
        assert_eq!(bound.clone().at_cost(&home.problem, &nothing, Money::ZERO), bound);
    }

    /// Cash of 2,010 for 200 shares at 10, at 50 basis points: 6,010 are missing before the cost of 10, and 4,000 of 6,000
    /// after it. Whole shares cost nothing here, so all that is known is the bound in fractions, which is before costs.
    #[test]
    fn what_is_called_the_least_is_not_above_the_plan() {
        let mut home = Household::ira(&[("AGG", 100, 40)]).with_cash(2_010);
        home.problem.caps_after_costs = false;
        for symbol in ["XLI", "XLF"] {
            home.price(symbol, 10);
            home.target(symbol, 0.50);
        }
        for security in home.problem.securities.values_mut() {
            security.half_spread_bps = Decimal::from(50);
        }
        let plan = home.plan();
        assert_eq!((plan.outcome.trading_cost, plan.outcome.levels.gaps), (dollars(10), dollars(4_000)));
        assert_eq!(plan.whole_bound.map(|whole| whole.gaps.to_cents()), Some(dollars(4_000)));
    }

    #[test]
    fn nothing_has_no_sign() {
        for dollars in [-0.0, -1e-9, 0.0] {
            assert_eq!(millionths(dollars).decimal().to_string(), Money::ZERO.decimal().to_string(), "{dollars}");
        }
        assert_eq!(millionths(-0.0000014), Money(Decimal::new(-1, 6)));
    }

    #[test]
    fn a_plan_that_reaches_everything_has_no_distance() {
        let mut home = Household::ira(&[("AGG", 100, 40)]).with_cash(6_000);
        home.price("XLI", 500);
        home.target("XLI", 0.30);
        let mut plan = home.plan();
        assert_eq!(plan.distance(&home.problem), None);
        home.problem.mode = Mode::Priced { cap: Decimal::ONE, target: Decimal::ONE };
        assert_eq!(home.plan().distance(&home.problem), None);
        plan.bound = None;
        assert_eq!(plan.distance(&home.problem), None);
    }
}
