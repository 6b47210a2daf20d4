//! Sleeves that the smallest order brings above what they are brought to: a share, or `min-trade`, is more than they are
//! short of.

use crate::explain::brief::{Place, Section};
use crate::model::{Limit, Measure, Reaction, Target};
use crate::plan::{Plan, Problem};
use crate::proposal::Proposal;
use crate::units::{Decimal, Money, Shares};

/// Less than this many dollars too much is rounding.
const WORTH: Money = Money(Decimal::from_parts(5, 0, 0, false, 1));

/// A sleeve that is bought for more than it is short of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overshot {
    /// The id of its target: `sleeves.XLB`.
    pub id: String,
    /// What it is short of before the plan.
    pub short: Money,
    /// What is bought.
    pub bought: Money,
    /// Why no less is.
    pub why: String,
}

impl Overshot {
    /// Returns by how much it ends above what it is brought to.
    pub fn over(&self) -> Money {
        self.bought - self.short
    }

    /// Returns the sentence, without a full stop.
    pub fn text(&self) -> String {
        let (short, bought, over) = (self.short.dollars(), self.bought.dollars(), self.over().dollars());
        format!(
            "{} is short by {short} and bought for {bought}, {}: {over} above what it is brought to",
            self.id, self.why
        )
    }
}

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let words = overshot(proposal).iter().map(Overshot::text).collect::<Vec<_>>();
    Section::new("overshot", "Bought beyond its target", Place::After).words(words).if_any()
}

/// Returns the sleeves that the smallest order overshoots, in the order of the targets.
pub fn overshot(proposal: &Proposal) -> Vec<Overshot> {
    of(&proposal.problem, &proposal.plan)
}

fn of(problem: &Problem, plan: &Plan) -> Vec<Overshot> {
    // What takes the rest is bought for more than its own target.
    let filled = problem
        .targets
        .iter()
        .filter(|target| target.reaction == Reaction::Fill && !problem.is_neutral(&target.symbol));
    filled.filter_map(|target| of_target(problem, plan, target)).collect()
}

fn of_target(problem: &Problem, plan: &Plan, target: &Target) -> Option<Overshot> {
    let price = problem.securities.get(&target.symbol)?.price;
    let lots = problem.lots.iter().filter(|lot| lot.symbol == target.symbol);
    let fixed = problem.fixed.iter().filter(|holding| holding.symbol == target.symbol);
    let held: Money = lots.map(|lot| price * lot.quantity).chain(fixed.map(|holding| holding.value)).sum();
    let weight = Decimal::from_f64_retain(target.weight.0).unwrap_or_default();
    let short = plan.outcome.value.times(weight) - held;
    let buys = || plan.buys.iter().filter(|buy| buy.symbol == target.symbol);
    let shares: Shares = buys().map(|buy| buy.quantity).sum();
    let bought = price * shares;
    if !short.is_positive() || bought - short <= WORTH {
        return None;
    }
    let least = problem.limits.iter().find_map(|limit| match &limit.measure {
        Measure::MinTrade(least) => Some((limit.id.as_str(), *least)),
        _ => None,
    });
    let step = buys()
        .filter_map(|buy| problem.accounts.iter().find(|account| account.id == buy.account))
        .map(|account| account.increment)
        .max()
        .filter(|_| problem.whole_shares)
        .unwrap_or_default();
    let one = price * Shares(step);
    let why = match least {
        Some((id, least)) if least > short && least > one => {
            format!("the smallest order ({id} is {})", least.dollars())
        }
        _ if one > short && step == Decimal::ONE => "one share".to_owned(),
        _ if one > short => format!("{} of a share, the least that trades", Shares(step).text()),
        // A part of a share too much, of many, is no order's fault.
        _ if bought - short <= one.max(least.map_or(Money::ZERO, |(_, least)| least)) => return None,
        _ => {
            let counts = |limit: &&Limit| match &limit.measure {
                Measure::ExposureFloor { coefficients, floor } => {
                    coefficients.get(&target.symbol).is_some_and(|share| *share > 0.0) && floor.0 > 0.0
                }
                _ => false,
            };
            let floor = problem.limits.iter().find(counts)?;
            format!("since what it holds counts for {}, under which more can then be sold", floor.id)
        }
    };
    Some(Overshot { id: target.id.clone(), short, bought, why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{Household, dollars};

    fn texts(home: &Household) -> Vec<String> {
        of(&home.problem, &home.plan()).iter().map(Overshot::text).collect()
    }

    /// 1% of 10,000 is 100; 60 of it are held.
    fn household() -> Household {
        let mut home = Household::ira(&[("XLB", 60, 1)]).with_cash(9_940);
        home.target("XLB", 0.01);
        home
    }

    /// A tenth of XLB counts for the floor, so each 10 of it let one more NVDA of 100 go.
    #[test]
    fn a_sleeve_may_be_bought_for_what_it_lets_be_sold() {
        let mut home = Household::ira(&[("NVDA", 100, 50), ("XLB", 10, 1)]).with_cash(4_990);
        home.cap("issuer", &[("NVDA", 1.0)], 0.10, 0.0);
        home.floor("tech.floor", &[("NVDA", 1.0), ("XLB", 0.1)], 0.45);
        home.target("XLB", 0.05);
        let plan = home.plan();
        assert!(home.bought(&plan, "XLB").parse::<i64>().unwrap() > 60);
        let said = texts(&home);
        assert!(
            said[0].contains("since what it holds counts for tech.floor, under which more can then be sold"),
            "{said:?}"
        );
    }

    #[test]
    fn one_share_may_be_more_than_a_sleeve_needs() {
        let home = household();
        let said = "sleeve.XLB is short by $40.00 and bought for $60.00, one share: $20.00 above what it is brought to";
        assert_eq!(texts(&home), [said]);
        let mut steps = household();
        steps.problem.accounts[0].increment = Decimal::new(5, 1);
        // A gap of 40 is two halves of 60; one of 25 is one.
        let said = "sleeve.XLB is short by $40.00 and bought for $60.00";
        assert_eq!(texts(&steps).iter().filter(|text| text.contains(said)).count(), 0);
        steps.problem.targets[0].weight = crate::units::Weight(0.0085);
        let said = "sleeve.XLB is short by $25.00 and bought for $30.00, 0.5 of a share, the least that trades: $5.00 \
                    above what it is brought to";
        assert_eq!(texts(&steps), [said]);
    }

    #[test]
    fn the_smallest_order_may_be_more_than_a_sleeve_needs() {
        let mut home = household();
        home.limit("trading.min-trade", Measure::MinTrade(dollars(500)));
        let said = "sleeve.XLB is short by $40.00 and bought for $540.00, the smallest order (trading.min-trade is \
                    $500.00): $500.00 above what it is brought to";
        assert_eq!(texts(&home), [said]);
        home.problem.whole_shares = false;
        let text = texts(&home).pop().unwrap();
        assert!(text.contains("bought for $500.") && text.contains("the smallest order"), "{text}");
    }

    #[test]
    fn a_part_of_a_share_too_much_of_many_is_no_ones_fault() {
        let mut home = household();
        home.target("XLF", 0.30);
        home.price("XLF", 70);
        home.problem.targets.remove(0);
        let plan = home.plan();
        assert_eq!((home.bought(&plan, "XLF").as_str(), of(&home.problem, &plan)), ("43", vec![]));
        // What was above its target before is not brought there by an order.
        home.target("XLB", 0.001);
        assert_eq!(texts(&home), Vec::<String>::new());
    }
}
