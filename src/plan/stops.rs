//! What stops a plan from doing more: the limits with a price in the program, and those that leave less than a share of
//! anything that would bring it nearer to its aims.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::ground::Ground;
use super::{Plan, Problem};
use crate::model::{Limit, Measure, Side};
use crate::units::{Money, Shares};

/// Returns the ids of the limits that stop a plan.
pub fn what_stops(problem: &Problem, plan: &Plan) -> Vec<String> {
    let mut ids: BTreeSet<String> = plan.binding.iter().cloned().collect();
    if problem.route.is_some() {
        // A route may meet these in a later run only: what they leave in this one says whether they stop anything.
        let is_met_later =
            |limit: &&Limit| matches!(limit.measure, Measure::Turnover(_) | Measure::ExposureFloor { .. });
        let met_later = problem.limits.iter().filter(is_met_later).map(|limit| &limit.id);
        met_later.for_each(|id| {
            ids.remove(id);
        });
    }
    let levels = &plan.outcome.levels;
    let is_open =
        [levels.cash_shortfall, levels.excess, levels.gaps].iter().any(|level| level.to_cents().is_positive());
    if let (true, Ok(ground)) = (is_open, Ground::new(problem)) {
        ids.extend(without_room(&Draft::new(ground, &Default::default()), plan));
    }
    ids.into_iter().collect()
}

/// Limits that nothing asks for, but that the trades of a plan come to within a share of.
fn without_room(draft: &Draft<'_>, plan: &Plan) -> Vec<String> {
    let problem = draft.ground.problem;
    let traded = |trade: &super::ground::Trade| -> f64 {
        let home = draft.ground.accounts.get(trade.account).and_then(|index| problem.accounts.get(*index));
        let symbol = draft.ground.symbols.get(trade.symbol);
        let (Some(home), Some(symbol)) = (home, symbol) else { return 0.0 };
        let shares: Shares = match trade.side {
            Side::Sell => {
                let lot = trade.lot.and_then(|lot| problem.lots.get(lot)).map(|lot| lot.id);
                plan.sells.iter().filter(|sale| Some(sale.lot) == lot).map(|sale| sale.quantity).sum()
            }
            Side::Buy => {
                let own = plan.buys.iter().filter(|buy| buy.account == home.id && buy.symbol == **symbol);
                own.map(|buy| buy.quantity).sum()
            }
        };
        trade.unit * shares.to_f64()
    };
    let amounts: Vec<f64> = draft.ground.trades.iter().map(traded).collect();
    let stops = draft.bounds.iter().filter(|bound| !bound.counted).filter(|bound| {
        let mut left = bound.most + bound.worst - bound.constant - draft.used(bound);
        let mut step = 0.0_f64;
        let harmless = draft.harmless(bound);
        let terms = bound.terms.iter().filter(|(index, _)| !harmless.iter().any(|(own, _)| own == index));
        for (index, value) in terms {
            left -= value * amounts.get(*index).copied().unwrap_or(0.0);
            let trade = draft.ground.trades.get(*index).filter(|trade| trade.most > 0.0 && *value > 0.0);
            step = step.max(trade.map_or(0.0, |trade| value * trade.unit * Shares(trade.step).to_f64()));
        }
        // What moves nothing, or what a share is far below, stops nothing.
        step > 0.0 && left < step.min(draft.ground.scale * Money(MOST).to_f64())
    });
    stops.filter_map(|bound| Some(problem.limits.get(bound.limit)?.id.clone())).collect()
}

/// A share of more dollars than this is not what a limit leaves for want of a share.
const MOST: crate::units::Decimal = crate::units::Decimal::from_parts(2_000, 0, 0, false, 0);

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::plan::Route;
    use crate::plan::testing::{Household, dollars};
    use crate::units::Weight;

    /// Nothing may be sold for 60 days; the runs after it are each filled.
    #[test]
    fn a_limit_that_only_later_runs_meet_stops_nothing_now() {
        let mut home = Household::taxable(&[("NVDA", 100, 500, 50), ("AGG", 100, 500, 100)]);
        home.cap("nvda", &[("NVDA", 1.0)], 0.10, 0.0);
        home.limit("turnover", Measure::Turnover(Weight(0.05)));
        home.problem.route = Some(Route::default());
        let stops = |home: &Household| super::what_stops(&home.problem, &home.plan());
        assert_eq!(stops(&home), ["turnover"]);
        let lot = &mut home.problem.lots[0];
        (lot.locked, lot.unlocks) =
            (Some("in a blackout".to_owned()), home.problem.as_of.checked_add_days(chrono::Days::new(60)));
        let plan = home.plan();
        assert_eq!((plan.sells.len(), stops(&home)), (0, Vec::<String>::new()));
        assert!(plan.route.unwrap().stages.iter().any(|stage| stage.sold.is_positive()));
    }

    /// 600 of tax are 4,000 of gain: 50 of 100 shares. And the floor, which the route comes to weeks later, stops nothing now.
    #[test]
    fn a_budget_that_is_used_up_stops_the_plan() {
        let mut home = Household::taxable(&[("NVDA", 100, 500, 20), ("AGG", 100, 500, 100)]);
        home.cap("nvda", &[("NVDA", 1.0)], 0.40, 0.0);
        home.limit("budget", Measure::TaxBudget(dollars(600)));
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "NVDA").as_str(), plan.binding), ("50", vec!["budget".to_owned()]));
        home.limit("budget", Measure::TaxBudget(dollars(60_000)));
        home.floor("floor", &[("NVDA", 1.0)], 0.45);
        assert_eq!(home.plan().binding, ["floor"]);
        home.limit("turnover", Measure::Turnover(Weight(0.01)));
        home.problem.route = Some(Route::default());
        assert_eq!(home.plan().binding, ["turnover"]);
    }
}
