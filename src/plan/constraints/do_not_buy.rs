//! Symbols that are never bought.

use crate::model::{Measure, Side};
use crate::plan::draft::Draft;

/// Printed by `broaden explain do-not-buy`.
pub const DOC: &str = "\
The symbols are not bought in any account, whatever the targets ask. Hard.";

pub(in crate::plan) fn apply(measure: &Measure, _limit: usize, draft: &mut Draft<'_>) {
    let Measure::DoNotBuy(symbols) = measure else { return };
    draft.close("do-not-buy", |trade, symbol| trade.side == Side::Buy && symbols.contains(symbol));
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::plan::testing::Household;

    #[test]
    fn a_listed_symbol_is_not_bought() {
        let mut home = Household::ira(&[("AGG", 100, 900)]).with_cash(10_000);
        home.target("XLI", 0.05);
        assert_eq!(home.bought(&home.plan(), "XLI"), "50");
        home.limit("never", Measure::DoNotBuy(vec![Symbol::new("XLI")]));
        assert!(home.plan().buys.is_empty());
    }
}
