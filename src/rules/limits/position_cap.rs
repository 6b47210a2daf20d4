//! A cap on named holdings.

use super::{Cap, Common, ENABLED, KIND_KEY, REASON, cap_verdict};
use crate::config::{Fields, Kind, Param};
use crate::model::{Subject, Symbol};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "position-cap",
    role: Role::Cap,
    doc: "\
Caps the weight of named holdings, each by its own line: what is inside a fund does not count here (`issuer-cap` does
that).",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("symbols", Kind::Symbols, "The holdings capped."),
        Param::required("max", Kind::Weight, "Highest weight of each."),
        Param::with_default("trigger", Kind::Weight, "\"0%\"", "The cap acts only when exceeded by more than this."),
    ],
    build,
};

struct PositionCap {
    common: Common,
    symbols: Vec<Symbol>,
    max: f64,
    trigger: f64,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let symbols = fields.symbols("symbols").map(|list| list.into_iter().map(|(symbol, _)| symbol).collect());
    let (max, trigger) = (fields.weight("max"), fields.weight("trigger"));
    let common = Common::read(fields, "max");
    Some(Box::new(PositionCap { common, symbols: symbols?, max: max?.0, trigger: trigger?.0 }))
}

impl Rule for PositionCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let verdict = |symbol: &Symbol| {
            let cap = Cap {
                id: format!("{}.{symbol}", self.common.id),
                kind: &KIND,
                subject: Subject::Symbol(symbol.clone()),
                cap: self.max,
                trigger: self.trigger,
                benchmark: None,
                coefficients: context.coefficients(|other| f64::from(u8::from(other == symbol))),
                unknown: 0.0,
            };
            cap_verdict(&self.common, cap, context)
        };
        self.symbols.iter().map(verdict).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::House;

    /// What a fund holds of it does not count.
    #[test]
    fn a_holding_above_its_cap_fires_and_one_below_does_not() {
        let house = House::new(&[("NVDA", 9), ("SPY", 50)], 4_100);
        let at = |max: &str| house.verdict(&format!("kind = \"position-cap\"\nsymbols = [\"NVDA\"]\nmax = {max:?}"));
        assert!(at("8%").fired);
        let kept = at("9.5%");
        assert_eq!((kept.fired, kept.evidence.as_str()), (false, "9.0% is under 9.5% by 0.5 points"));
    }
}
