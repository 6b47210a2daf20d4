//! A cap on the mean loss in the worst weeks.

use super::{Common, ENABLED, KIND_KEY, REASON, risk_verdict};
use crate::config::{Fields, Kind, Param};
use crate::model::Risk;
use crate::reference::Registry;
use crate::rules::{Context, Rule, RuleKind, Verdict};

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "cvar-cap",
    doc: "\
Caps the conditional value at risk: the mean loss, as a share of the portfolio, in the worst `1 - level` of past weeks, had
you held then what you hold now.
    cvar = min over a of a + 1/((1 - level) T) * sum max(0, loss_t - a)        (Rockafellar and Uryasev 2000)
Weekly returns come from the market folder. What has no history there is taken to move like SPY, times its leverage, and
the share of it is told; cash does not move. The past is no promise: it is a limit on what was, not a forecast.",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("max", Kind::Weight, "Highest mean loss in the worst weeks, as a share of the portfolio."),
        Param::with_default("level", Kind::Number(0.5, 0.99), "0.95", "0.95 looks at the worst 5% of weeks."),
        Param::with_default("weeks", Kind::Integer(52, 2_000), "156", "How many past weeks are looked at."),
        Param::with_default("trigger", Kind::Weight, "\"0%\"", "The cap acts only when exceeded by more than this."),
    ],
    build,
};

struct CvarCap {
    common: Common,
    max: f64,
    level: f64,
    weeks: usize,
    trigger: f64,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let (max, weeks, trigger) = (fields.weight("max"), fields.integer("weeks"), fields.weight("trigger"));
    let level = fields.number("level");
    let common = Common::read(fields, "max");
    let weeks = usize::try_from(weeks?).ok()?;
    Some(Box::new(CvarCap { common, max: max?.0, level: level?, weeks, trigger: trigger?.0 }))
}

impl Rule for CvarCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let worst = 100.0 * (1.0 - self.level);
        let subject = format!("mean loss of the worst {worst:.0}% of weeks");
        let risk = Risk::Cvar { level: self.level };
        vec![risk_verdict(&self.common, KIND.kind, subject, risk, (self.max, self.trigger), self.weeks, context)]
    }
}
