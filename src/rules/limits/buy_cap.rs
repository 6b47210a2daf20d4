//! A cap on what may be bought of some symbols together.

use super::{Common, ENABLED, KIND_KEY, REASON};
use crate::config::{Fields, Kind, Param};
use crate::model::{Measure, Subject, Symbol};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};
use crate::units::Weight;

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "buy-cap",
    role: Role::Purchases,
    doc: "\
Buys may not lift the combined weight of the symbols above `max`. Hard, but it binds buys only: what is already held
above it is never sold for it.",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("symbols", Kind::Symbols, "The symbols counted together."),
        Param::required("max", Kind::Weight, "Highest combined weight that buying may reach."),
    ],
    build,
};

struct BuyCap {
    common: Common,
    symbols: Vec<Symbol>,
    max: Weight,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let symbols = fields.symbols("symbols").map(|list| list.into_iter().map(|(symbol, _)| symbol).collect());
    let max = fields.weight("max");
    let common = Common::read(fields, "max");
    Some(Box::new(BuyCap { common, symbols: symbols?, max: max? }))
}

impl Rule for BuyCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        // What stands in for a sleeve is counted with it.
        let mut symbols = self.symbols.clone();
        for symbol in &self.symbols {
            let stand_in = context.stand_ins.get(symbol).filter(|other| context.symbols.contains(other));
            symbols.extend(stand_in.filter(|other| !self.symbols.contains(other)).cloned());
        }
        let now = Weight(symbols.iter().map(|symbol| context.weight_of(symbol)).sum());
        let evidence = format!("{} now; buying may lift it to {}", now.percent(), self.max.percent());
        let measure = Measure::BuyCap { symbols, cap: self.max };
        let mut verdicts = self.common.action(&KIND, Subject::Symbols(self.symbols.clone()), evidence, measure);
        if let Some(verdict) = verdicts.first_mut() {
            (verdict.measured, verdict.bound) = (Some(now), Some(self.max));
        }
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Measure, Symbol};
    use crate::rules::testing::House;

    const CAP: &str = "kind = \"buy-cap\"\nsymbols = [\"XLI\", \"XLB\"]\nmax = \"8%\"";

    /// It bounds purchases: held above it, it asks for nothing.
    #[test]
    fn it_never_fires_and_hands_its_bound_to_the_plan() {
        for (shares, evidence) in
            [(5, "5.0% now; buying may lift it to 8.0%"), (20, "20.0% now; buying may lift it to 8.0%")]
        {
            let found = House::new(&[("XLI", shares)], 10_000 - 100 * shares).verdict(CAP);
            assert_eq!((found.fired, found.evidence.as_str()), (false, evidence));
        }
    }

    #[test]
    fn what_stands_in_for_a_fund_is_counted_with_it() {
        let mut house = House::new(&[("XLI", 5), ("VIS", 2)], 9_300);
        house.stand_ins.insert(Symbol::new("XLI"), Symbol::new("VIS"));
        let found = house.verdict(CAP);
        assert!((found.measured.unwrap().0 - 0.07).abs() < 1e-12);
        let counts = |measure: &Measure| matches!(measure, Measure::BuyCap { symbols, .. } if symbols.contains(&Symbol::new("VIS")));
        assert!(counts(&found.limits[0].measure), "{found:?}");
    }
}
