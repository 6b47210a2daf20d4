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
    use crate::model::Measure;
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
}
