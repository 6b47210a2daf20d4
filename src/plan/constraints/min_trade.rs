//! The smallest order worth placing.

use crate::model::Measure;
use crate::plan::draft::Draft;

/// Printed by `broaden explain min-trade`.
pub const DOC: &str = "\
An order (one symbol, one side, one account) is either nothing or at least this many dollars at market price. Hard. Dust
is not traded; a broken cap is repaired with the smallest allowed order, so give the cap a trigger if that is too much. A
route trades of a symbol as much in all, or nothing: what is less waits for no later run, and no more tax is paid to make a
sale for a target large enough.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::MinTrade(least) = measure else { return };
    draft.min_trade = draft.min_trade.max(draft.ground.scale * least.to_f64() + draft.margin(limit));
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::testing::{Household, dollars};
    use crate::plan::{Plan, Route};
    use crate::units::{Decimal, Shares};

    #[test]
    fn an_order_is_nothing_or_large_enough() {
        let mut home = Household::ira(&[("NVDA", 100, 401), ("AGG", 100, 599)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        home.limit("dust", Measure::MinTrade(dollars(500)));
        assert_eq!(home.sold(&home.plan(), "NVDA"), "5");
        home.limit("dust", Measure::MinTrade(dollars(50)));
        assert_eq!(home.sold(&home.plan(), "NVDA"), "1");
    }

    /// $195 of XLI can never be bought: the cash goes to the fund that takes the rest, and waits for no later run.
    #[test]
    fn what_misses_less_than_an_order_keeps_no_cash() {
        let mut home = Household::ira(&[("NVDA", 100, 60), ("AGG", 100, 64)]).with_cash(600);
        home.target("XLI", 0.015);
        home.price("RSP", 100);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.problem.route = Some(Route::default());
        home.limit("dust", Measure::MinTrade(dollars(500)));
        let plan = home.plan();
        assert_eq!((home.bought(&plan, "XLI"), home.bought(&plan, "RSP")), ("0".to_owned(), "6".to_owned()));
        assert_eq!(plan.not_bought[&Symbol::new("XLI")], "less than the smallest order is missing");
        home.limit("dust", Measure::MinTrade(dollars(100)));
        assert_eq!(home.bought(&home.plan(), "XLI"), "2");
    }

    /// $426 of NVDA are above the cap, at 90 cents of gain a dollar: no run can sell them but as an order of $500, so none is
    /// announced for later. $300 of cash are no order of RSP, and nothing is sold to make them one.
    #[test]
    fn what_no_run_can_place_does_not_wait_for_a_later_one() {
        let mut home = Household::taxable(&[("NVDA", 50, 86, 5), ("AGG", 100, 925, 100)]).with_cash(50);
        home.price("RSP", 100);
        home.cap("nvda", &[("NVDA", 1.0)], 0.04, 0.0);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.problem.route = Some(Route::default());
        home.limit("dust", Measure::MinTrade(dollars(500)));
        let plan = home.plan();
        let later = |plan: &Plan| {
            let stages = &plan.route.as_ref().unwrap().stages[1..];
            stages.iter().flat_map(|stage| &stage.buys).count() + stages.iter().flat_map(|stage| &stage.sells).count()
        };
        assert_eq!(
            (home.sold(&plan, "NVDA").as_str(), home.bought(&plan, "RSP").as_str(), later(&plan)),
            ("10", "5", 0)
        );
        let mut home = home.with_cash(300);
        home.cap("nvda", &[("NVDA", 1.0)], 0.10, 0.0);
        let plan = home.plan();
        assert_eq!((plan.sells.len(), plan.buys.len(), later(&plan)), (0, 0, 0));
    }

    /// JPM is at its cap, and XLF has a tenth of it: $5,000 of XLF need $500 of JPM sold, less than an order, and taxed. So XLF
    /// is not bought, and IWM, which was to pay for it, is not sold either.
    #[test]
    fn a_sale_for_a_target_goes_with_its_purchase() {
        let mut home = Household::taxable(&[("JPM", 100, 100, 5), ("IWM", 100, 100, 100), ("AGG", 100, 800, 100)]);
        home.cap("jpm", &[("JPM", 1.0), ("XLF", 0.1)], 0.10, 0.005);
        home.price("RSP", 100);
        home.target("XLF", 0.05);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.problem.route = Some(Route::default());
        home.cap("iwm", &[("IWM", 1.0)], 0.10, 0.005);
        for symbol in ["JPM", "IWM"] {
            home.sold_yesterday(symbol);
        }
        // Both were over their caps, and by more than the band.
        home.problem.trades.iter_mut().for_each(|sale| sale.quantity = Shares(Decimal::from(6)));
        home.limit("dust", Measure::MinTrade(dollars(1_000)));
        let plan = home.plan();
        assert_eq!((plan.sells.len(), plan.buys.len()), (0, 0));
        assert_eq!(plan.route.unwrap().to_sell, dollars(0));
        // As an order it is placed.
        home.limit("dust", Measure::MinTrade(dollars(500)));
        let plan = home.plan();
        let traded = (home.sold(&plan, "JPM"), home.sold(&plan, "IWM"), home.bought(&plan, "XLF"));
        assert_eq!(traded, ("5".to_owned(), "45".to_owned(), "50".to_owned()));
    }
}
