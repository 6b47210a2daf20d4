//! What whole shares cost: the plan beside the best one in fractions of shares, where they make it dearer.
//!
//! The levels stand in strict order, so a whole-share plan may pay hundreds of dollars of tax to get the last few dollars
//! of an excess below a cap. That is what the rules ask for, and the reader must be able to see it.

use super::draft::Draft;
use super::levels::shares;
use super::round::{self, Trades};
use super::{Levels, Mode, Outcome, Plan, PlannedBuy, PlannedSale, Problem, evaluate, verify};
use crate::model::Side;
use crate::units::{Decimal, Money, Shares};

/// Less than this is not worth a sentence.
const WORTH: i64 = 50;
/// Nor less than this part of what the best plan in fractions costs.
const PART: Decimal = Decimal::from_parts(5, 0, 0, false, 2);
/// Decimals of a share in the plan in fractions.
const PLACES: u32 = 6;

/// What whole shares add to the tax and trading cost.
#[derive(Clone, Debug, PartialEq)]
pub struct WholeCost {
    /// Tax above zero and trading cost of the plan.
    pub plan: Money,
    /// The same of the best plan in fractions, its tax by the same rules.
    pub fractions: Money,
    /// Dollars that the plan sells more than that one; less, where below zero.
    pub sold_more: Money,
    /// The best plan in fractions with its sales rounded down, where that is allowed and cheaper.
    pub rounded_down: Option<RoundedDown>,
    /// Whether limits and sleeves come before any tax.
    pub is_strict: bool,
    /// What the accounts trade: whole shares, or steps that are fractions in some of them.
    pub shares: &'static str,
}

/// A plan in whole shares that pays less and reaches less.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundedDown {
    /// Its tax above zero and trading cost.
    pub cost: Money,
    /// Dollars that it leaves above caps, beyond those that the plan leaves.
    pub excess_more: Money,
    /// Dollars that sleeves miss beyond those of the plan.
    pub gaps_more: Money,
}

impl WholeCost {
    /// Returns what is paid more than in fractions.
    pub fn more(&self) -> Money {
        self.plan - self.fractions
    }

    /// Returns what is paid, what it buys, and what changes it, without a full stop.
    pub fn text(&self) -> String {
        let mut text = format!(
            "in {} the plan pays {} of tax and trading cost, {} more than the best in fractions ({})",
            self.shares,
            self.plan.dollars(),
            self.more().dollars(),
            self.fractions.dollars()
        );
        if !self.sold_more.to_cents().is_zero() {
            let word = if self.sold_more.is_negative() { "less" } else { "more" };
            text += &format!(", and sells {} {word}", self.sold_more.abs().dollars());
        }
        if self.is_strict {
            text += ": limits and sleeves come before tax, to the last of them";
        }
        if let Some(down) = &self.rounded_down {
            let reached = [(down.excess_more, "above limits"), (down.gaps_more, "missing in sleeves")]
                .into_iter()
                .filter(|(more, _)| !more.to_cents().is_zero())
                .map(|(more, what)| {
                    let word = if more.is_negative() { "less" } else { "more" };
                    format!("{} {word} {what}", more.abs().dollars())
                });
            let reached: Vec<String> = reached.collect();
            let leaving =
                if reached.is_empty() { String::new() } else { format!("would leave {} and ", reached.join(" and ")) };
            let less = (self.plan - down.cost).dollars();
            text += &format!(". Its sales rounded down instead {leaving}pay {less} less");
        }
        text += ". Smaller steps change it, where the broker trades them: `trading.whole-shares = false` with its \
                 `trading.increment`, or `fractional` of an account";
        if self.is_strict {
            text += "; `trading.mode = \"priced\"` weighs such dollars against their tax";
        }
        text
    }
}

/// Whether one cost is so far above another that it is worth a sentence.
fn is_dearer(cost: Money, than: Money) -> bool {
    cost - than > than.times(PART).max(Money(Decimal::from(WORTH)))
}

/// Compares a plan in whole shares with the continuous one it was rounded from.
pub(super) fn compare(draft: &Draft<'_>, amounts: &[f64], plan: &Plan) -> Option<WholeCost> {
    let problem = draft.ground.problem;
    let of = |(sells, buys): &Trades| evaluate(problem, sells, buys);
    let fractions = of(&in_fractions(draft, amounts));
    let own = &plan.outcome;
    if !is_dearer(own.levels.cost, fractions.levels.cost) {
        return None;
    }
    let down = round::with_sales_rounded_down(draft, amounts);
    let outcome = of(&down);
    Some(WholeCost {
        plan: own.levels.cost,
        fractions: fractions.levels.cost,
        sold_more: own.sold - fractions.sold,
        rounded_down: rounded_down(problem, plan, down, outcome),
        is_strict: problem.mode == Mode::Lexicographic,
        shares: shares(problem),
    })
}

/// Returns what sales rounded down would do, if that is a plan, cheaper, and leaves nobody short of cash.
fn rounded_down(problem: &Problem, plan: &Plan, (sells, buys): Trades, outcome: Outcome) -> Option<RoundedDown> {
    let (own, other): (&Levels, Levels) = (&plan.outcome.levels, outcome.levels.clone());
    let candidate = Plan { sells, buys, outcome, ..plan.clone() };
    let is_allowed = other.cash_shortfall <= own.cash_shortfall && verify(problem, &candidate).is_empty();
    (is_allowed && is_dearer(own.cost, other.cost)).then(|| RoundedDown {
        cost: other.cost,
        excess_more: other.excess - own.excess,
        gaps_more: other.gaps - own.gaps,
    })
}

/// Returns the continuous plan as trades in small parts of shares.
fn in_fractions(draft: &Draft<'_>, amounts: &[f64]) -> Trades {
    let ground = &draft.ground;
    let (mut sells, mut buys) = (Vec::new(), Vec::new());
    for (trade, amount) in ground.trades.iter().zip(amounts) {
        let shares = Decimal::from_f64_retain(amount / trade.unit).unwrap_or_default().round_dp(PLACES);
        let quantity = Shares(trade.shares.map_or(shares, |most| shares.min(most)));
        let account = ground.accounts.get(trade.account).and_then(|index| ground.problem.accounts.get(*index));
        let (Some(account), Some(symbol)) = (account, ground.symbols.get(trade.symbol)) else { continue };
        if !quantity.is_positive() {
            continue;
        }
        let (account, symbol) = (account.id.clone(), (*symbol).clone());
        match (trade.side, trade.lot.and_then(|lot| ground.problem.lots.get(lot))) {
            (Side::Sell, Some(lot)) => sells.push(PlannedSale { account, symbol, lot: lot.id, quantity }),
            (Side::Buy, _) => buys.push(PlannedBuy { account, symbol, quantity }),
            (Side::Sell, None) => {}
        }
    }
    (super::average::oldest_first(ground.problem, sells), buys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{Household, dollars};

    /// Ten shares of 700 without gain and ten that are all gain; 10.1 of the twenty are above the cap.
    fn household() -> Household {
        let mut home = Household::taxable(&[("NVDA", 700, 10, 700), ("NVDA", 700, 10, 0)]).with_cash(21_000);
        home.cap("nvda", &[("NVDA", 1.0)], 0.198, 0.0);
        home
    }

    #[test]
    fn the_last_share_and_what_it_buys_are_said() {
        let mut home = household();
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "NVDA"), "11");
        let cost = plan.whole_cost.clone().unwrap();
        // 15% of 700, and of a tenth of it.
        assert_eq!((cost.plan, cost.plan), (dollars(105), plan.outcome.tax));
        assert_eq!(
            (cost.fractions.to_cents().dollars().as_str(), cost.more().dollars().as_str()),
            ("$10.50", "$94.50")
        );
        assert_eq!(cost.sold_more.dollars(), "$630.00");
        let down = cost.rounded_down.clone().unwrap();
        assert_eq!((down.cost, down.excess_more, down.gaps_more), (Money::ZERO, dollars(70), Money::ZERO));
        assert_eq!(
            cost.text(),
            "in whole shares the plan pays $105.00 of tax and trading cost, $94.50 more than the best in fractions \
             ($10.50), and sells $630.00 more: limits and sleeves come before tax, to the last of them. Its sales rounded \
             down instead would leave $70.00 more above limits and pay $105.00 less. Smaller steps change it, where the \
             broker trades them: `trading.whole-shares = false` with its `trading.increment`, or `fractional` of an \
             account; `trading.mode = \"priced\"` weighs such dollars against their tax"
        );
        // Where other steps trade they are called so.
        home.problem.accounts[0].increment = Decimal::TWO;
        let steps = home.plan().whole_cost.unwrap().text();
        assert!(steps.starts_with("in the steps that trade the plan pays $210.00"), "{steps}");
        // What the sentence says of fractions is what they do.
        home.problem.whole_shares = false;
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), plan.outcome.tax.dollars().as_str()), ("10.1", "$10.50"));
        assert_eq!(plan.whole_cost, None);
    }

    #[test]
    fn what_is_worth_no_sentence_gets_none() {
        let mut home = household();
        // A tax of 5% makes it 31.50.
        home.problem.tax.long_rate = Decimal::new(5, 2);
        assert_eq!(home.plan().whole_cost, None);
        // So much is paid anyway that 94.50 are less than a twentieth of it.
        let mut home = Household::taxable(&[("NVDA", 700, 40, 0)]).with_cash(7_000);
        home.cap("nvda", &[("NVDA", 1.0)], 0.198, 0.0);
        let plan = home.plan();
        assert_eq!((plan.outcome.tax, plan.whole_cost), (dollars(3_255), None));
        assert!(is_dearer(dollars(1_155), dollars(1_060)) && !is_dearer(dollars(1_113), dollars(1_060)));
    }

    #[test]
    fn what_would_not_be_allowed_is_no_alternative() {
        // A withdrawal of all the cash but what eleven shares bring.
        let mut home = household();
        home.problem.limits.clear();
        home.problem.accounts[0].flow = dollars(-21_000 - 7_070);
        let plan = home.plan();
        let cost = plan.whole_cost.unwrap();
        assert_eq!((home.sold(&home.plan(), "NVDA").as_str(), cost.rounded_down), ("11", None));
    }
}
