//! What is bought, in whole shares, from the cash that is there.

use super::Table;
use crate::model::Side;
use crate::units::Money;

impl Table<'_, '_> {
    /// Buys what was planned, or as much of each as there is money for: in each account, and in all taxable ones together.
    fn spend(&mut self, buys: &[usize], free: &[Money], pool: Money, taxable: impl Fn(usize) -> bool) {
        let wanted = |place: usize| -> f64 {
            let own = buys.iter().filter(|index| self.trade(**index).is_some_and(|trade| trade.account == place));
            own.map(|index| self.planned(*index)).sum()
        };
        let all_taxable: f64 = (0..free.len()).filter(|place| taxable(*place)).map(wanted).sum();
        let scale = self.draft.ground.scale;
        let share = |have: Money, want: f64| {
            if want > 0.0 { (scale * have.to_f64() / want * 0.999).clamp(0.0, 1.0) } else { 1.0 }
        };
        let shares: Vec<f64> = (free.iter().enumerate())
            .map(|(place, free)| {
                let own = share(*free, wanted(place));
                if taxable(place) { own.min(share(pool, all_taxable)) } else { own }
            })
            .collect();
        for index in buys {
            let Some(trade) = self.trade(*index) else { continue };
            let part = self.planned(*index) * shares.get(trade.account).copied().unwrap_or(0.0);
            let mut steps = Self::steps_of(trade, part);
            if !self.has_room(*index, steps) {
                let room = self.bounds.get(*index).into_iter().flatten().filter(|(_, value)| *value > 0.0);
                let least = room
                    .map(|(bound, value)| self.slack.get(*bound).copied().unwrap_or(0.0).max(0.0) / value)
                    .fold(f64::INFINITY, f64::min);
                steps = Self::steps_of(trade, part.min(least));
            }
            self.set(*index, steps);
        }
    }

    /// Buys from the cash that is there, less what the tax of the sales takes.
    pub(super) fn purchases(&mut self) {
        let ground = &self.draft.ground;
        let problem = ground.problem;
        let buys = self.of_side(Side::Buy);
        if buys.is_empty() {
            return;
        }
        let reserve =
            |index: &usize| problem.accounts.get(*index).map_or(Money::ZERO, |home| home.reserve.max(Money::ZERO));
        let reserves: Vec<Money> = ground.accounts.iter().map(reserve).collect();
        let taxable = |place: usize| {
            ground
                .accounts
                .get(place)
                .and_then(|index| problem.accounts.get(*index))
                .is_some_and(|a| a.kind.is_taxable())
        };
        let due = if problem.set_aside_tax { self.tax().max(Money::ZERO) } else { Money::ZERO };
        // What is left to spend: in each account, and in all taxable ones together.
        let left = |table: &Self| -> (Vec<Money>, Money) {
            let free: Vec<Money> = table.cash().iter().zip(&reserves).map(|(cash, reserve)| *cash - *reserve).collect();
            let pool = free.iter().enumerate().filter(|(place, _)| taxable(*place));
            let pool: Money = pool.map(|(_, free)| (*free).max(Money::ZERO)).sum();
            (free, pool - due)
        };
        // Where the tax leaves less than was planned, what takes the rest gives way to the targets.
        let is_rest = |index: &usize| {
            let symbol = ground.trades.get(*index).and_then(|trade| ground.symbols.get(trade.symbol));
            symbol.is_some_and(|symbol| problem.is_neutral(symbol))
        };
        let (rest, targets): (Vec<usize>, Vec<usize>) = buys.iter().partition(|index| is_rest(index));
        for own in [targets, rest] {
            let (free, pool) = left(self);
            self.spend(&own, &free, pool, taxable);
        }
        self.top_up(&buys, left, taxable, Self::planned_still);
        if problem.route.is_none() {
            self.top_up(&buys, left, taxable, Self::instead);
        }
        self.drop_small(&buys);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Symbol;
    use crate::plan::Route;
    use crate::plan::testing::Household;
    use crate::units::Decimal;

    /// 20,000 of NVDA are sold with a tax of 15% of 19,800, which is kept: 17,030 are left for 15,000 of XLI and 5,000 of RSP.
    #[test]
    fn the_neutral_fund_gives_way_to_targets_where_the_tax_leaves_less() {
        let mut home = Household::taxable(&[("NVDA", 100, 600, 1), ("AGG", 100, 400, 100)]);
        home.cap("nvda", &[("NVDA", 1.0)], 0.40, 0.0);
        home.price("RSP", 100);
        home.target("XLI", 0.15);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        (home.problem.set_aside_tax, home.problem.tax.long_rate) = (true, Decimal::new(15, 2));
        let plan = home.plan();
        let traded = (home.sold(&plan, "NVDA"), home.bought(&plan, "XLI"), home.bought(&plan, "RSP"));
        assert_eq!(traded, ("200".to_owned(), "150".to_owned(), "20".to_owned()));
    }
}
