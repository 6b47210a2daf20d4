//! How much tax may be caused.

use super::{Common, ENABLED, KIND_KEY, REASON};
use crate::config::{Fields, Kind, Param};
use crate::model::{Measure, Subject};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};
use crate::units::Money;

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "tax-budget",
    role: Role::Orders,
    doc: "\
Bounds the tax that sales add to the bill of a calendar year, at the rates of [tax], with that of earlier runs of it; with
`horizon = \"this-run\"` in [route] that of one run alone. Hard.",
    params: &[KIND_KEY, ENABLED, REASON, Param::required("max", Kind::Money, "Most tax of a year, in dollars.")],
    build,
};

struct TaxBudget {
    common: Common,
    max: Money,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let max = fields.money("max");
    let common = Common::read(fields, "max");
    Some(Box::new(TaxBudget { common, max: max? }))
}

impl Rule for TaxBudget {
    fn verdicts(&self, _: &Context<'_>) -> Vec<Verdict> {
        let evidence = format!("at most {} of tax is caused in a year", self.max.dollars());
        self.common.action(&KIND, Subject::household("tax of sales"), evidence, Measure::TaxBudget(self.max))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::rules::testing::House;
    use crate::units::{Decimal, Money};

    /// A bound on actions: it never fires by itself, whatever is held. That the plan keeps it is tested with the plan.
    #[test]
    fn the_bound_is_handed_to_the_plan() {
        let found = House::new(&[("NVDA", 90)], 1_000).verdict("kind = \"tax-budget\"\nmax = 500");
        assert!(!found.fired);
        assert_eq!(found.limits[0].measure, Measure::TaxBudget(Money(Decimal::from(500))));
    }
}
