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
    use crate::model::Measure;
    use crate::plan::testing::Household;

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
}
