//! How much gain may be realised in one run.

use super::{Common, ENABLED, KIND_KEY, REASON};
use crate::config::{Fields, Kind, Param};
use crate::model::Measure;
use crate::reference::Registry;
use crate::rules::{Context, Rule, RuleKind, Verdict};
use crate::units::Money;

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "gain-budget",
    doc: "\
Bounds the net gain that one run realises in taxable accounts, short- and long-term together. Hard.",
    params: &[KIND_KEY, ENABLED, REASON, Param::required("max", Kind::Money, "Most net gain of one run, in dollars.")],
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
        let evidence = format!("at most {} of net gain is realised in one run", self.max.dollars());
        self.common.action(KIND.kind, "gain per run", evidence, Measure::GainBudget(self.max))
    }
}
