//! A cap on how much the portfolio moves from week to week.

use super::{Common, ENABLED, KIND_KEY, REASON, risk_verdict};
use crate::config::{Fields, Kind, Param};
use crate::model::Risk;
use crate::reference::Registry;
use crate::rules::{Context, Rule, RuleKind, Verdict};

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "mad-cap",
    doc: "\
Caps the mean absolute deviation of past weekly returns from their mean, as a share of the portfolio, had you held then
what you hold now.
    mad = 1/T * sum |r_t - mean|        (Konno and Yamazaki 1991)
Weekly returns come from the market folder. What has no history there is taken to move like SPY, times its leverage, and
the share of it is told; cash does not move.",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("max", Kind::Weight, "Highest mean absolute deviation of a week, as a share of the portfolio."),
        Param::with_default("weeks", Kind::Integer(52, 2_000), "156", "How many past weeks are looked at."),
        Param::with_default("trigger", Kind::Weight, "\"0%\"", "The cap acts only when exceeded by more than this."),
    ],
    build,
};

struct MadCap {
    common: Common,
    max: f64,
    weeks: usize,
    trigger: f64,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let (max, weeks, trigger) = (fields.weight("max"), fields.integer("weeks"), fields.weight("trigger"));
    let common = Common::read(fields, "max");
    let weeks = usize::try_from(weeks?).ok()?;
    Some(Box::new(MadCap { common, max: max?.0, weeks, trigger: trigger?.0 }))
}

impl Rule for MadCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let subject = "mean move of a week".to_owned();
        vec![risk_verdict(&self.common, KIND.kind, subject, Risk::Mad, (self.max, self.trigger), self.weeks, context)]
    }
}
