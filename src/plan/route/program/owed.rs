//! Cash that is owed, and what may be sold for it of what no limit and no target asks for.

use std::collections::BTreeMap;

use super::{Builder, Sale};
use crate::model::Side;
use crate::plan::PlanAccount;
use crate::plan::draft::Draft;
use crate::plan::model::Expression;

/// What a program makes of cash that is owed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan::route) enum Owed {
    /// Nothing is: what limits and targets ask for stands alone.
    Forgiven,
    /// It is raised. Of what nothing else asks for about so many basis points are sold after tax, so that no purchase is a
    /// reason to sell more of it: what is owed beyond what this run sells anyway. The cost chooses among all there is.
    Raised(f64),
}

impl Owed {
    /// Whether anything could be sold for cash alone, so that it must be known what is sold without.
    pub fn is_any(draft: &Draft<'_>) -> bool {
        draft.ground.trades.iter().any(|trade| trade.side == Side::Sell && !trade.asked && trade.most > 0.0)
    }
}

impl Builder<'_, '_> {
    /// Cash of an account before the first run, and its reserve, in basis points.
    pub(super) fn cash_and_reserve(&self, home: &PlanAccount) -> (f64, f64) {
        let scale = self.draft.ground.scale;
        let (had, reserve) = (scale * (home.cash + home.flow).to_f64(), scale * home.reserve.to_f64());
        (if self.owed == Owed::Forgiven { had.max(reserve) } else { had }, reserve)
    }

    /// Sales of what nothing but the cash asks for.
    pub(super) fn unasked(&self) -> Vec<Sale> {
        let is_unasked = |sale: &&Sale| self.group(sale.group).is_some_and(|group| !group.asked);
        self.program.sales.iter().filter(is_unasked).copied().collect()
    }

    /// What is sold beyond the most that is meant to be of what nothing but the cash asks for.
    pub(in crate::plan::route) fn beyond_owed(&mut self) -> Expression {
        let problem = self.draft.ground.problem;
        let own = self.unasked();
        let Owed::Raised(most) = self.owed else {
            for sale in own {
                if let Some(column) = self.program.model.columns.get_mut(sale.column) {
                    column.hi = 0.0;
                }
            }
            return Expression::new();
        };
        if own.is_empty() {
            return Expression::new();
        }
        let home = |sale: &Sale| {
            let account = self.group(sale.group)?.account;
            problem.accounts.get(*self.draft.ground.accounts.get(account)?)
        };
        let after_tax = |sale: &Sale| 1.0 - home(sale).map_or(0.0, |home| self.kept_of(home, sale));
        let mut terms: Expression = own.iter().map(|sale| (sale.column, after_tax(sale))).collect();
        let beyond = self.program.model.column(0.0, f64::INFINITY);
        terms.push((beyond, -1.0));
        self.program.model.row(f64::NEG_INFINITY, most, None, terms);
        vec![(beyond, 1.0)]
    }

    /// The accounts that owe cash: what this run raises in each, and what it owes, in basis points.
    pub(in crate::plan::route) fn still_owed(&self) -> BTreeMap<usize, (Expression, f64)> {
        let ground = &self.draft.ground;
        let mut owed = BTreeMap::new();
        for (place, index) in ground.accounts.iter().enumerate() {
            let Some(home) = ground.problem.accounts.get(*index) else { continue };
            let missing = ground.scale * (home.reserve - home.cash - home.flow).to_f64();
            let raises = |sale: &Sale| {
                let own = self.group(sale.group).filter(|group| sale.stage == 0 && group.account == place);
                own.map_or(0.0, |group| 1.0 - group.spread - self.kept_of(home, sale))
            };
            let raised = self.program.sold(raises);
            if missing > 0.0 {
                owed.insert(place, (raised, missing));
            }
        }
        owed
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::model::Measure;
    use crate::plan::Route;
    use crate::plan::testing::{Household, dollars};
    use crate::units::Weight;

    /// Of $100,000 $20,000 are withdrawn. AAPL may be a tenth of the rest, $8,000: 50 of 130 shares are too many, each taxed,
    /// and 150 of AGG come to the rest of the cash for nothing. All of AAPL was sold, since a limit asked for some of it.
    #[test]
    fn a_withdrawal_takes_what_limits_sell_and_then_what_costs_least() {
        let mut home = Household::taxable(&[("AAPL", 100, 130, 10), ("AGG", 100, 870, 100)]);
        home.cap("aapl", &[("AAPL", 1.0)], 0.10, 0.0);
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home.problem.accounts[0].flow = dollars(-20_000);
        let plan = home.plan();
        assert_eq!(["AAPL", "AGG"].map(|symbol| home.sold(&plan, symbol)), ["50", "150"]);
        // Where what no limit asks for is the dearer, more of what one asks for is sold.
        home.problem.lots[1].basis = Some(dollars(870 * 5));
        let plan = home.plan();
        assert_eq!(["AAPL", "AGG"].map(|symbol| home.sold(&plan, symbol)), ["130", "70"]);
    }

    /// AAPL is at a loss, and 25 shares bring it to its limit; AMZN, over its own, may be sold next month only. For the rest of
    /// what is withdrawn AGG, taxed, was sold, since no limit of AAPL ended at its bound with more of it sold.
    #[test]
    fn a_loss_is_sold_for_what_is_withdrawn_before_what_is_taxed() {
        let mut home = Household::taxable(&[("AAPL", 100, 120, 150), ("AMZN", 100, 150, 50), ("AGG", 100, 730, 5)]);
        home.cap("aapl", &[("AAPL", 1.0)], 0.10, 0.0);
        home.cap("amzn", &[("AMZN", 1.0)], 0.10, 0.0);
        let amzn = &mut home.problem.lots[1];
        (amzn.locked, amzn.unlocks) =
            (Some("locked".into()), home.problem.as_of.checked_add_days(chrono::Days::new(30)));
        home.problem.route = Some(Route::default());
        home.problem.accounts[0].flow = dollars(-5_000);
        let plan = home.plan();
        assert_eq!(["AAPL", "AGG"].map(|symbol| home.sold(&plan, symbol)), ["50", "0"]);
        // None of it is sold later, when nothing is withdrawn.
        let later = plan.route.iter().flat_map(|way| &way.stages[1..]).flat_map(|stage| &stage.sells);
        let later: BTreeMap<&str, f64> = later.map(|sale| (sale.symbol.as_str(), sale.quantity.to_f64())).collect();
        assert_eq!(later, [("AMZN", 55.0)].into());
    }

    /// MSFT is over its limit for good: each dollar of it costs too much. It was sold for what is withdrawn all the same, before
    /// what costs nothing, since that left less over.
    #[test]
    fn what_costs_too_much_is_not_sold_because_cash_is_needed() {
        let mut home = Household::taxable(&[("MSFT", 100, 300, 1), ("AGG", 100, 700, 100)]);
        home.cap("msft", &[("MSFT", 1.0)], 0.10, 0.0);
        home.limit("worth", Measure::Worth(Weight(0.11)));
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home.problem.accounts[0].flow = dollars(-5_000);
        let plan = home.plan();
        assert_eq!(["MSFT", "AGG"].map(|symbol| home.sold(&plan, symbol)), ["0", "50"]);
        // Where it costs less than the rest it is sold, and 15,500 of the 25,000 that are left are over 9,500.
        home.problem.lots[1].basis = Some(dollars(0));
        let plan = home.plan();
        assert_eq!(["MSFT", "AGG"].map(|symbol| home.sold(&plan, symbol)), ["50", "0"]);
        assert_eq!(plan.route.unwrap().cannot["msft"], dollars(15_500));
    }

    /// What is withdrawn opens no door: AGG pays for the withdrawal and not for the target, for which AAPL goes.
    #[test]
    fn no_purchase_is_a_reason_to_sell_more_of_what_nobody_asks_for() {
        let mut home = Household::taxable(&[("AAPL", 100, 130, 10), ("AGG", 100, 870, 100)]);
        home.cap("aapl", &[("AAPL", 1.0)], 0.10, 0.0);
        home.target("XLI", 0.05);
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home.problem.accounts[0].flow = dollars(-20_000);
        let plan = home.plan();
        assert_eq!(["AAPL", "AGG"].map(|symbol| home.sold(&plan, symbol)), ["90", "150"]);
        assert_eq!(home.bought(&plan, "XLI"), "40");
    }
}
