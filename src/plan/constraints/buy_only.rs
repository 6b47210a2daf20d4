//! Rebalancing with new money alone.

use crate::model::{Measure, Side};
use crate::plan::draft::Draft;

/// Printed by `broaden explain buy-only`.
pub const DOC: &str = "\
Nothing is sold; deposits and idle cash fill the gaps. Hard.";

pub(in crate::plan) fn apply(measure: &Measure, _limit: usize, draft: &mut Draft<'_>) {
    if *measure == Measure::BuyOnly {
        draft.close("nothing is sold in buy-only mode", |trade, _| trade.side == Side::Sell);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::plan::testing::Household;

    #[test]
    fn only_cash_is_used() {
        let mut home = Household::ira(&[("NVDA", 100, 500), ("AGG", 100, 480)]).with_cash(2_000);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        home.target("XLI", 0.10);
        assert_eq!(home.sold(&home.plan(), "NVDA"), "100");
        home.limit("new-money", Measure::BuyOnly);
        let plan = home.plan();
        assert!(plan.sells.is_empty());
        assert_eq!(home.bought(&plan, "XLI"), "20");
    }
}
