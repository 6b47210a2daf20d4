//! Holdings at average cost: one basis for every share, and the oldest shares are sold first.
//!
//! Reg. 1.1012-1(e): under the average basis method all shares of a fund in an account have the same basis, and those
//! sold are the ones held longest. The lots of such a holding come with the pooled basis already; what is left is the
//! order. A linear program cannot say "this lot only after that one", and hardly needs to: with a gain the older,
//! long-term shares are never dearer, so they go first by themselves. With a loss the newer, short-term shares would be
//! the better ones to sell; they stay closed while older ones are there.

use std::collections::BTreeMap;

use super::ground::term_of;
use super::{PlanLot, PlannedSale, Problem};
use crate::model::Term;
use crate::units::Shares;

/// The lots of one average-cost holding, seen oldest first.
#[derive(Default)]
pub(super) struct Queue<'a> {
    last: Option<&'a PlanLot>,
    first_term: Option<Term>,
    blocked: bool,
}

fn is_average(problem: &Problem, lot: &PlanLot) -> bool {
    problem.average_cost.contains(&(lot.account.clone(), lot.symbol.clone()))
}

impl<'a> Queue<'a> {
    /// Takes the next lot in the order of accounts, symbols and dates, with its own reason for not being sold, and
    /// returns the reason that holds.
    pub fn next(&mut self, problem: &Problem, lot: &'a PlanLot, own: Option<String>) -> Option<String> {
        if problem.average_cost.is_empty() || !is_average(problem, lot) {
            return own;
        }
        let same = self.last.is_some_and(|last| last.account == lot.account && last.symbol == lot.symbol);
        if !same {
            *self = Queue::default();
        }
        self.last = Some(lot);
        let value = problem.securities.get(&lot.symbol).map(|security| security.price * lot.quantity);
        let is_gain = lot.basis.zip(value).is_none_or(|(basis, value)| value >= basis);
        let term = term_of(lot, problem.as_of, is_gain);
        let first = *self.first_term.get_or_insert(term);
        let dearer = term != first && !(is_gain && problem.tax.long_rate <= problem.tax.short_rate);
        let waits = "it is held at average cost, and older shares are sold first";
        let reason = own.or_else(|| (self.blocked || dearer).then(|| waits.to_owned()));
        self.blocked |= reason.is_some();
        reason
    }
}

/// Moves what is sold of average-cost holdings to their oldest lots; the other sales stay as they are.
pub(super) fn oldest_first(problem: &Problem, sells: Vec<PlannedSale>) -> Vec<PlannedSale> {
    if problem.average_cost.is_empty() {
        return sells;
    }
    let mut totals: BTreeMap<_, Shares> = BTreeMap::new();
    let mut result = Vec::new();
    for sale in sells {
        let key = (sale.account.clone(), sale.symbol.clone());
        if problem.average_cost.contains(&key) {
            *totals.entry(key).or_default() += sale.quantity;
        } else {
            result.push(sale);
        }
    }
    for ((account, symbol), mut left) in totals {
        let mut lots: Vec<&PlanLot> =
            problem.lots.iter().filter(|lot| lot.account == account && lot.symbol == symbol).collect();
        lots.sort_by_key(|lot| (lot.acquired, lot.id));
        for lot in lots {
            let quantity = left.min(lot.quantity);
            if quantity.is_positive() {
                left -= quantity;
                let (account, symbol, lot) = (account.clone(), symbol.clone(), lot.id);
                result.push(PlannedSale { account, symbol, lot, quantity });
            }
        }
    }
    result.sort();
    result
}

#[cfg(test)]
mod tests {
    use crate::model::LotId;
    use crate::model::Symbol;
    use crate::plan::testing::{Household, dollars};
    use crate::plan::{Problem, verify};
    use crate::units::{Decimal, Shares};

    /// 300 shares at 100 dollars, an average basis of 80 or 120, half of them two years old and half a month; 700 of AGG.
    fn fund(basis: i64) -> Household {
        let mut home =
            Household::taxable(&[("VFIAX", 100, 150, basis), ("VFIAX", 100, 150, basis), ("AGG", 100, 700, 100)]);
        home.problem.lots[1].acquired = Some("2026-03-02".parse().unwrap());
        home.problem.average_cost.insert(("A".to_owned(), Symbol::new("VFIAX")));
        home
    }

    fn sold(home: &Household) -> Vec<(usize, String)> {
        home.plan().sells.iter().map(|sale| (sale.lot.index(), sale.quantity.text())).collect()
    }

    #[test]
    fn the_oldest_shares_go_first_at_a_gain() {
        let mut home = fund(80);
        home.cap("stocks", &[("VFIAX", 1.0)], 0.10, 0.0);
        let text = |lot: usize, quantity: &str| (lot, quantity.to_owned());
        assert_eq!(sold(&home), [text(0, "150"), text(1, "50")]);
        home.cap("stocks", &[("VFIAX", 1.0)], 0.20, 0.0);
        assert_eq!(sold(&home), [text(0, "100")]);
    }

    /// A short-term loss saves 37 cents, a long-term one as well here; the newer shares wait all the same.
    #[test]
    fn at_a_loss_the_newer_shares_wait_until_the_older_are_gone() {
        let mut home = fund(120);
        home.cap("stocks", &[("VFIAX", 1.0)], 0.10, 0.0);
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "VFIAX"), "150");
        assert_eq!(plan.outcome.excess["stocks"], dollars(5_000));
        assert_eq!(plan.held_back[&LotId::new(1)], "it is held at average cost, and older shares are sold first");
        home.problem.average_cost.clear();
        assert_eq!(home.sold(&home.plan(), "VFIAX"), "200");
    }

    #[test]
    fn what_is_locked_holds_back_what_is_newer() {
        let mut home = fund(80);
        home.problem.lots[0].locked = Some("locked until 2027".to_owned());
        home.cap("stocks", &[("VFIAX", 1.0)], 0.10, 0.0);
        assert!(home.plan().sells.is_empty());
        home.problem.average_cost.clear();
        assert_eq!(sold(&home), [(1, "150".to_owned())]);
    }

    #[test]
    fn the_checker_refuses_the_newer_before_the_older() {
        let mut home = fund(80);
        home.cap("stocks", &[("VFIAX", 1.0)], 0.20, 0.0);
        let mut plan = home.plan();
        let rules = |problem: &Problem, plan: &crate::plan::Plan| {
            verify(problem, plan).into_iter().map(|breach| breach.rule).collect::<Vec<_>>()
        };
        plan.sells[0].lot = LotId::new(1);
        plan.outcome = crate::plan::evaluate(&home.problem, &plan.sells, &plan.buys);
        assert_eq!(rules(&home.problem, &plan), ["average-cost"]);
        plan.sells[0].quantity = Shares(Decimal::new(1005, 1));
        assert!(rules(&home.problem, &plan).contains(&"average-cost".to_owned()));
    }
}
