//! Nothing is sold beyond need: a loss only where a limit, the money for the targets or a budget ends at its bound, and what
//! lowers no limit only to pay for targets. Without this the least tax would be that of every loss there is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::{Builder, Owed, Purchase, Sale};
use crate::model::Measure;
use crate::plan::PlanAccount;
use crate::plan::draft::Bound;
use crate::plan::ground::Trade;
use crate::plan::model::Expression;
use crate::units::Money;

/// Nearer than this many basis points to a bound is at it.
pub(in crate::plan::route) const AT: f64 = 1e-3;
/// A spread of bounds that no sum leaves.
const WIDE: f64 = 1e9;

/// A lot that would be sold at a loss.
#[derive(Clone, Debug)]
pub(in crate::plan::route) struct Loss {
    pub columns: Vec<usize>,
    /// Places of the reasons for which it may be sold.
    pub reasons: Vec<usize>,
}

/// Rows that, all at their bounds, are a reason to sell losses.
#[derive(Clone, Debug)]
pub(in crate::plan::route) struct Reason {
    /// Row, its terms, and the bounds it must keep.
    pub conditions: Vec<(usize, Expression, f64, f64)>,
}

impl<'d> Builder<'d, '_> {
    fn reason(&mut self, conditions: Vec<(Expression, f64, f64)>) -> usize {
        let conditions = conditions
            .into_iter()
            .map(|(terms, lo, hi)| {
                let row = self.program.model.row(f64::NEG_INFINITY, f64::INFINITY, None, terms.iter().copied());
                (row, terms, lo, hi)
            })
            .collect();
        self.program.reasons.push(Reason { conditions });
        self.program.reasons.len() - 1
    }

    /// Columns of every lot with a loss in every year: its group and trade.
    fn loss_columns(&self) -> BTreeMap<(usize, usize, i32), Vec<usize>> {
        let ground = &self.draft.ground;
        let loses = |trade: &usize| {
            ground.trades.get(*trade).and_then(|trade| trade.gain).is_some_and(|(_, gain)| gain < -1e-12)
        };
        let mut losses: BTreeMap<(usize, usize, i32), Vec<usize>> = BTreeMap::new();
        for sale in &self.program.sales {
            let Some(group) = self.group(sale.group).filter(|group| !group.has_parts()) else { continue };
            if let Some(lot) = group.lots.iter().find(|lot| loses(lot)) {
                let year = self.program.stages.get(sale.stage).map_or(0, |stage| stage.first.year());
                losses.entry((sale.group, *lot, year)).or_default().push(sale.column);
            }
        }
        for part in self.program.parts.iter().filter(|part| loses(&part.trade)) {
            let class = self.group(part.group).and_then(|group| group.classes.get(part.class));
            let year = class.map_or(0, |class| class.year);
            losses.entry((part.group, part.trade, year)).or_default().push(part.column);
        }
        losses
    }

    /// Caps that are broken or may come to be, with what a dollar of each symbol has beyond what the neutral fund has, and
    /// that. Only what lowers the cap's measure when its proceeds are invested is sold for its sake: of anything else more
    /// could be sold the nearer the cap is brought to its bound, and at the next run there would be no need.
    fn reached(&self) -> Vec<(&'d Bound, Vec<f64>, f64)> {
        let draft = self.draft;
        let powers: Vec<f64> = (0..draft.ground.accounts.len()).map(|account| draft.power(account)).collect();
        let is_cap = |bound: &&Bound| {
            let measure = draft.ground.problem.limits.get(bound.limit).map(|limit| &limit.measure);
            matches!(measure, Some(Measure::ExposureCap { .. } | Measure::RiskCap { .. }))
        };
        let is_reached = |bound: &&Bound| bound.worst > 0.0 || draft.reach(bound, &powers) >= bound.most - 1e-6;
        let beyond = |bound| {
            let shares = self.shares(bound);
            let intended = self.neutral.and_then(|neutral| shares.get(neutral)).copied().unwrap_or(0.0);
            (bound, shares.into_iter().map(|share| share - intended).collect(), intended)
        };
        draft.bounds.iter().filter(is_cap).filter(is_reached).map(beyond).collect()
    }

    /// What lowers no cap when the neutral fund is bought for it is sold for targets, and not to leave more room in a cap for
    /// losses that are worth something.
    pub(super) fn needless(&mut self) {
        let caps = self.reached();
        let lowers =
            |symbol: usize| caps.iter().any(|(_, shares, _)| shares.get(symbol).is_some_and(|share| *share > 0.0));
        let is_other = |sale: &&Sale| self.group(sale.group).is_some_and(|group| group.asked && !lowers(group.symbol));
        let others: Vec<(usize, usize)> =
            self.program.sales.iter().filter(is_other).map(|sale| (sale.column, sale.stage)).collect();
        if self.neutral.is_none() || others.is_empty() {
            return;
        }
        let is_neutral = |trade: &Trade| {
            self.draft
                .ground
                .symbols
                .get(trade.symbol)
                .is_some_and(|symbol| self.draft.ground.problem.is_neutral(symbol))
        };
        let is_target =
            |purchase: &&Purchase| self.draft.ground.trades.get(purchase.trade).is_some_and(|trade| !is_neutral(trade));
        let targets: Vec<(usize, usize)> =
            self.program.purchases.iter().filter(is_target).map(|purchase| (purchase.column, purchase.stage)).collect();
        let owed = |home: &PlanAccount| self.dollars((home.reserve - home.cash - home.flow).max(Money::ZERO));
        let owed: f64 = self.draft.ground.problem.accounts.iter().map(owed).sum();
        // From every stage on: when the rest is planned again, what was bought before is no reason any more.
        let stages: BTreeSet<usize> = others.iter().map(|(_, stage)| *stage).collect();
        for from in stages {
            let since = |own: &[(usize, usize)], sign: f64| -> Expression {
                own.iter().filter(|(_, stage)| *stage >= from).map(|(column, _)| (*column, sign)).collect()
            };
            let terms = since(&others, 1.0).into_iter().chain(since(&targets, -1.0));
            self.program.model.row(f64::NEG_INFINITY, owed, None, terms);
        }
    }

    /// Cash that an account owes and this run raises no more than: then losses are sold for it, and now.
    fn for_what_is_owed(&mut self, losses: &BTreeMap<(usize, usize, i32), Vec<usize>>) -> BTreeMap<usize, usize> {
        let mut reasons = BTreeMap::new();
        if self.owed == Owed::Forgiven {
            return reasons;
        }
        for (account, (raised, missing)) in self.program.owed.clone() {
            let is_own = |group: usize| self.group(group).is_some_and(|group| group.account == account);
            let own = losses.iter().filter(|((group, ..), _)| is_own(*group));
            let groups: BTreeSet<usize> = own.clone().map(|((group, ..), _)| *group).collect();
            let now = |sale: &Sale| if sale.stage == 0 && groups.contains(&sale.group) { -1.0 } else { 0.0 };
            let mut later = self.program.sold(now);
            // A column that stands for this run alone is on both sides.
            later.extend(own.flat_map(|(_, columns)| columns).map(|column| (*column, 1.0)));
            let reason = self.reason(vec![(raised, -WIDE, missing + AT), (later, -WIDE, 0.0)]);
            reasons.insert(account, reason);
        }
        reasons
    }

    pub(super) fn losses(&mut self) {
        let losses = self.loss_columns();
        if losses.is_empty() {
            return;
        }
        let stages = self.program.stages.len();
        let problem = self.draft.ground.problem;
        let symbols: Vec<usize> = losses.keys().filter_map(|(group, ..)| Some(self.group(*group)?.symbol)).collect();
        let draft = self.draft;
        let trade = |purchase: &Purchase| draft.ground.trades.get(purchase.trade);
        let wished: BTreeSet<usize> =
            self.wished.iter().filter(|(_, weight)| **weight > 0.0).map(|(own, _)| *own).collect();
        let held = |symbol: usize| draft.ground.held.get(symbol).copied().unwrap_or(0.0);
        // Caps that end at their bound.
        let mut caps: Vec<(usize, Vec<f64>)> = Vec::new();
        for (bound, shares, intended) in self.reached() {
            if symbols.iter().all(|symbol| shares.get(*symbol).is_none_or(|share| *share <= 0.0)) {
                continue;
            }
            // Where the fund that takes the rest has a little of it, a target counts as no less, what is held of it too: to leave
            // it unfilled is no way to make room for losses.
            let is_little = matches!(problem.limits.get(bound.limit).map(|limit| &limit.measure),
                Some(Measure::ExposureCap { cap, .. }) if problem.adds_little(intended, *cap));
            let share = |symbol: usize| shares.get(symbol).map_or(0.0, |share| share + intended);
            let more = |symbol: usize| match is_little && wished.contains(&symbol) {
                true => (intended - share(symbol)).max(0.0),
                false => 0.0,
            };
            let of_sales = self.program.sold(|sale| -self.group(sale.group).map_or(0.0, |group| share(group.symbol)));
            let of_purchase = |own: &Purchase| trade(own).map(|trade| share(trade.symbol) + more(trade.symbol));
            let bought = self.program.purchases.iter().filter_map(|own| Some((own.column, of_purchase(own)?)));
            let terms = of_sales.into_iter().chain(bought.filter(|(_, share)| *share != 0.0)).collect();
            let of_held: f64 = wished.iter().map(|symbol| more(*symbol) * held(*symbol)).sum();
            let most = if bound.counted { bound.most } else { bound.most.max(bound.constant) };
            let reason = self.reason(vec![(terms, most - bound.constant - of_held - 1e-7, WIDE)]);
            // The cap asks for so much less where targets are bought, and of what lowers it for a loss least is left then.
            let short = |symbol: &usize| (10_000.0 * self.wished.get(symbol).unwrap_or(&0.0) - held(*symbol)).max(0.0);
            let spared = |symbol: &usize| short(symbol) * (-shares.get(*symbol).unwrap_or(&0.0)).max(0.0);
            let spared: f64 = wished.iter().map(spared).sum();
            let lowers = |trade: &&Trade| shares.get(trade.symbol).copied().filter(|share| *share > 1e-9);
            let worth = |trade: &Trade| Some(-trade.gain?.1 / lowers(&trade)?);
            let dearest = draft.ground.trades.iter().filter_map(worth).fold(0.0, f64::max);
            self.program.losses_spared += spared * dearest;
            caps.push((reason, shares));
        }
        // Cash that is all spent, in the account and wherever a target may be bought, and on targets only.
        let accounts: Vec<usize> = losses.keys().filter_map(|(group, ..)| Some(self.group(*group)?.account)).collect();
        let of_targets = self.program.purchases.iter().filter_map(trade).filter(|trade| wished.contains(&trade.symbol));
        let of_targets: BTreeSet<usize> = of_targets.map(|trade| trade.account).collect();
        let mut bought: BTreeMap<usize, Expression> = BTreeMap::new();
        for purchase in &self.program.purchases {
            let Some(trade) = trade(purchase) else { continue };
            bought.entry(trade.symbol).or_default().push((purchase.column, 1.0));
        }
        let mut spent: BTreeMap<usize, usize> = BTreeMap::new();
        for account in accounts {
            if spent.contains_key(&account) {
                continue;
            }
            let mut conditions = Vec::new();
            for own in of_targets.iter().copied().chain((!of_targets.contains(&account)).then_some(account)) {
                let Some(index) = self.draft.ground.accounts.get(own) else { continue };
                let Some(home) = problem.accounts.get(*index) else { continue };
                let room = self.dollars(home.reserve - home.cash - home.flow);
                conditions.push((self.cash_flows(own, stages), -WIDE, room + AT));
            }
            for (symbol, terms) in &bought {
                let missing = 10_000.0 * self.wished.get(symbol).copied().unwrap_or(0.0) - held(*symbol);
                conditions.push((terms.clone(), -WIDE, missing.max(0.0) + 1e-7));
            }
            let reason = self.reason(conditions);
            spent.insert(account, reason);
        }
        // A budget that is used up is a reason to sell losses of its own year, which make room in it, and of no other.
        let mut budgets: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        for (year, terms, most) in std::mem::take(&mut self.budgets) {
            let reason = self.reason(vec![(terms, most - 1e-6, WIDE)]);
            budgets.entry(year).or_default().push(reason);
        }
        let owed = self.for_what_is_owed(&losses);
        for ((group, _, year), columns) in losses {
            let Some(group) = self.group(group) else { continue };
            let (symbol, account) = (group.symbol, group.account);
            let of_cap = caps.iter().filter(|(_, shares)| shares.get(symbol).is_some_and(|share| *share > 0.0));
            let mut reasons: Vec<usize> = of_cap.map(|(reason, _)| *reason).collect();
            reasons.extend(spent.get(&account));
            reasons.extend(owed.get(&account));
            reasons.extend(budgets.get(&year).into_iter().flatten());
            self.program.losses.push(Loss { columns, reasons });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::Route;
    use crate::plan::testing::{Household, dollars};
    use crate::units::Decimal;

    fn with_neutral(mut home: Household, betas: &[(&str, f64)], cap: f64) -> Household {
        home.price("RSP", 100);
        home.cap("tech", betas, cap, 0.0);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home
    }

    /// A fund with less tech than what its proceeds buy raises tech: it is not sold at a loss for the sake of the cap.
    #[test]
    fn a_loss_is_sold_for_a_cap_only_where_that_lowers_what_it_caps() {
        let lots = [("NVDA", 100, 500, 100), ("VTV", 100, 400, 150), ("AGG", 100, 100, 100)];
        let home = with_neutral(Household::taxable(&lots), &[("NVDA", 1.0), ("VTV", 0.1), ("RSP", 0.15)], 0.45);
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "VTV"), "0");
        // 54,000 of tech, 45,000 allowed: 9,000 at 85 cents a dollar is 105.88 shares, rounded down.
        assert_eq!(home.sold(&plan, "NVDA"), "105");
    }

    /// The budget of 2027 that is used up makes no room in 2026.
    #[test]
    fn a_budget_is_a_reason_for_the_losses_of_its_own_year() {
        let lots = [("NVDA", 100, 200, 20), ("SMH", 100, 300, 110), ("AGG", 100, 500, 100)];
        let mut home = with_neutral(Household::taxable(&lots), &[("NVDA", 1.0), ("SMH", 1.0), ("RSP", 0.15)], 0.45);
        home.problem.route = Some(Route { by: "2027-01-31".parse().ok(), ..Route::default() });
        home.limit("gains", Measure::GainBudget(dollars(4_000)));
        let plan = home.plan();
        let sold: f64 = plan.route.iter().flat_map(|way| &way.stages).map(|stage| stage.sold.to_f64()).sum();
        // 5,000 over the cap at 85 cents a dollar: 5,882, and not the whole loss of 3,000.
        assert!((5_800.0..5_900.0).contains(&sold), "{sold}");
    }

    /// What is sold for the cap costs less than half of the tax budget, which gives no reason to sell a loss: to pay the rest
    /// of it on paper, for a loss that is worth more in the years after, was taken for one.
    #[test]
    fn a_tax_budget_that_is_used_up_on_paper_is_no_reason() {
        let lots = [("NVDA", 100, 200, 50), ("VTV", 100, 400, 350), ("AGG", 100, 400, 100)];
        let mut home = with_neutral(Household::taxable(&lots), &[("NVDA", 1.0), ("VTV", 0.1), ("RSP", 0.15)], 0.20);
        home.limit("tax", Measure::TaxBudget(dollars(1_000)));
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "VTV"), "0");
        // 4,000 over the cap at 85 cents a dollar, half of it gain.
        assert_eq!(
            (home.sold(&plan, "NVDA"), plan.outcome.tax),
            ("47".to_owned(), dollars(47 * 50).times(Decimal::new(15, 2)))
        );
    }

    /// VTV, a tenth tech, was sold for RSP, which has more: that left more of the cap to be met by a loss that saves tax.
    #[test]
    fn what_lowers_no_limit_is_not_sold_to_make_room_for_a_loss() {
        let lots = [("NVDA", 100, 500, 101), ("VTV", 100, 400, 100), ("AGG", 100, 100, 100)];
        let home = with_neutral(Household::taxable(&lots), &[("NVDA", 1.0), ("VTV", 0.1), ("RSP", 0.15)], 0.45);
        let plan = home.plan();
        assert_eq!(home.sold(&plan, "VTV"), "0");
        // 54,000 of tech, 45,000 allowed: 9,000 at 85 cents a dollar.
        assert_eq!(home.sold(&plan, "NVDA"), "105");
    }
}
