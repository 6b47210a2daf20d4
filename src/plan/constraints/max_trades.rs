//! How many orders a plan may have.

use crate::model::Measure;
use crate::plan::draft::Draft;

/// Printed by `broaden explain max-trades`.
pub const DOC: &str = "\
A plan has at most this many orders (one symbol, one side, one account each). Hard. The most useful ones are kept.";

pub(in crate::plan) fn apply(measure: &Measure, limit: usize, draft: &mut Draft<'_>) {
    let Measure::MaxTrades(most) = measure else { return };
    if draft.max_trades.is_none_or(|(_, already)| *most < already) {
        draft.max_trades = Some((limit, *most));
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::Route;
    use crate::plan::testing::Household;
    use crate::units::Weight;

    #[test]
    fn the_most_useful_orders_are_kept() {
        let mut home = Household::ira(&[("NVDA", 100, 300), ("MSFT", 100, 300), ("AGG", 100, 400)]);
        home.cap("nvda", &[("NVDA", 1.0)], 0.10, 0.0);
        home.cap("msft", &[("MSFT", 1.0)], 0.20, 0.0);
        assert_eq!(home.plan().sells.len(), 2);
        home.limit("few", Measure::MaxTrades(1));
        let plan = home.plan();
        assert_eq!((plan.sells.len(), home.sold(&plan, "NVDA").as_str()), (1, "200"));
    }

    /// 20,000 of NVDA go, and of the two orders the other buys 5,000 of XLI; the rest waits in cash, though RSP could take all.
    #[test]
    fn a_target_comes_before_what_takes_the_rest() {
        let mut home = Household::ira(&[("NVDA", 100, 300), ("AGG", 100, 700)]);
        home.cap("nvda", &[("NVDA", 1.0)], 0.10, 0.0);
        home.target("XLI", 0.05);
        home.price("RSP", 100);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.limit("worth", Measure::Worth(Weight(0.25)));
        home.limit("few", Measure::MaxTrades(2));
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        let plan = home.plan();
        let traded = [home.sold(&plan, "NVDA"), home.bought(&plan, "XLI"), home.bought(&plan, "RSP")];
        assert_eq!(traded, ["200", "50", "0"].map(str::to_owned));
    }
}
