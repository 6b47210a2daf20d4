//! Symbols that are never sold.

use crate::model::{Measure, Side};
use crate::plan::draft::Draft;

/// Printed by `broaden explain do-not-sell`.
pub const DOC: &str = "\
The symbols are not sold in any account, whatever the caps ask. Hard.";

pub(in crate::plan) fn apply(measure: &Measure, _limit: usize, draft: &mut Draft<'_>) {
    let Measure::DoNotSell(symbols) = measure else { return };
    draft.close("do-not-sell", |trade, symbol| trade.side == Side::Sell && symbols.contains(symbol));
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::testing::{Household, dollars};

    #[test]
    fn a_listed_symbol_stays() {
        let mut home = Household::ira(&[("NVDA", 100, 500), ("AGG", 100, 500)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        home.limit("keep", Measure::DoNotSell(vec![Symbol::new("NVDA")]));
        let plan = home.plan();
        assert!(plan.sells.is_empty());
        assert_eq!(plan.outcome.excess["tech"], dollars(10_000));
        home.limit("keep", Measure::DoNotSell(vec![Symbol::new("AGG")]));
        assert_eq!(home.sold(&home.plan(), "NVDA"), "100");
    }
}
