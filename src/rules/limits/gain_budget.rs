//! How much gain may be realised.

use super::{Common, ENABLED, KIND_KEY, REASON};
use crate::config::{Fields, Kind, Param};
use crate::model::{Measure, Subject};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};
use crate::units::Money;

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "gain-budget",
    role: Role::Orders,
    doc: "\
Bounds the net gain that is realised in taxable accounts in a calendar year, short- and long-term together, with what
earlier runs of it realised; with `horizon = \"this-run\"` in [route] that of one run alone. Hard.",
    params: &[KIND_KEY, ENABLED, REASON, Param::required("max", Kind::Money, "Most net gain of a year, in dollars.")],
    build,
};

struct GainBudget {
    common: Common,
    max: Money,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let max = fields.money("max");
    let common = Common::read(fields, "max");
    Some(Box::new(GainBudget { common, max: max? }))
}

impl Rule for GainBudget {
    fn verdicts(&self, _: &Context<'_>) -> Vec<Verdict> {
        let evidence = format!("at most {} of net gain is realised in a year", self.max.dollars());
        self.common.action(&KIND, Subject::household("net gain"), evidence, Measure::GainBudget(self.max))
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
        let found = House::new(&[("NVDA", 90)], 1_000).verdict("kind = \"gain-budget\"\nmax = 10000");
        assert!(!found.fired);
        assert_eq!(found.evidence, "at most $10,000.00 of net gain is realised in a year");
        assert_eq!(found.limits[0].measure, Measure::GainBudget(Money(Decimal::from(10_000))));
    }
}
