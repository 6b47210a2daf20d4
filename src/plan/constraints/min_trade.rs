//! The smallest order worth placing.

use crate::model::Measure;
use crate::plan::draft::Draft;

/// Printed by `broaden explain min-trade`.
pub const DOC: &str = "\
An order (one symbol, one side, one account) is either nothing or at least this many dollars at market price. Hard. Dust
is not traded; a broken cap is repaired with the smallest allowed order, so give the cap a trigger if that is too much.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::MinTrade(least) = measure else { return };
    draft.min_trade = draft.min_trade.max(draft.ground.scale * least.to_f64() + draft.margin(limit));
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::Route;
    use crate::plan::testing::{Household, dollars};

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
}
