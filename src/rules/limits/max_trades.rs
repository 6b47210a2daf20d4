//! How many trades one run may propose.

use super::{Common, ENABLED, KIND_KEY, REASON};
use crate::config::{Fields, Kind, Param};
use crate::diagnostics::counted;
use crate::model::{Measure, Subject};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "max-trades",
    role: Role::Orders,
    doc: "\
Bounds the number of orders of one run: sells of one symbol in one account count once, however many lots. Hard.",
    params: &[KIND_KEY, ENABLED, REASON, Param::required("max", Kind::Integer(0, 100_000), "Most orders of one run.")],
    build,
};

struct MaxTrades {
    common: Common,
    max: i64,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let max = fields.integer("max");
    let common = Common::read(fields, "max");
    Some(Box::new(MaxTrades { common, max: max? }))
}

impl Rule for MaxTrades {
    fn verdicts(&self, _: &Context<'_>) -> Vec<Verdict> {
        let evidence = format!("at most {} in one run", counted(self.max, "order", "orders"));
        self.common.action(
            &KIND,
            Subject::household("orders per run"),
            evidence,
            Measure::MaxTrades(u32::try_from(self.max).unwrap_or(u32::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::rules::testing::House;

    /// A bound on actions: it never fires by itself, whatever is held. That the plan keeps it is tested with the plan.
    #[test]
    fn the_bound_is_handed_to_the_plan() {
        let found = House::new(&[("NVDA", 90)], 1_000).verdict("kind = \"max-trades\"\nmax = 6");
        assert!(!found.fired);
        assert_eq!(found.evidence, "at most 6 orders in one run");
        assert_eq!(found.limits[0].measure, Measure::MaxTrades(6));
    }
}
