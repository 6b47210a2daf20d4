//! A cap on the mean loss in the worst weeks.

use super::{Common, ENABLED, KIND_KEY, REASON, risk_verdict};
use crate::config::{Fields, Kind, Param};
use crate::model::{Risk, Subject};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "cvar-cap",
    role: Role::Cap,
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
        let subject = Subject::household(format!("mean loss of the worst {worst:.0}% of weeks"));
        let risk = Risk::Cvar { level: self.level };
        vec![risk_verdict(&self.common, &KIND, subject, risk, (self.max, self.trigger), self.weeks, context)]
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Symbol;
    use crate::rules::testing::{House, cap_of};

    /// A fund that falls 10%, 2% and rises 1%, 5% in turn, for 60 weeks; SPY moves half as much.
    fn house() -> House {
        let mut house = House::new(&[("XLI", 50)], 5_000);
        let moves: Vec<f64> = [-0.10, -0.02, 0.01, 0.05].into_iter().cycle().take(60).collect();
        let half = moves.iter().map(|change| change / 2.0).collect();
        house.weekly.extend([(Symbol::new("XLI"), moves), (Symbol::new("SPY"), half)]);
        house
    }

    #[test]
    fn risk_above_the_cap_fires_and_risk_below_does_not() {
        let at = |max: &str| house().verdict(&format!("kind = \"cvar-cap\"\nmax = {max:?}\nlevel = 0.75\n"));
        let over = at("1%");
        assert!(over.fired && over.evidence.starts_with("5.0% is over 1.0% by"), "{}", over.evidence);
        assert!((over.measured.unwrap().0 - 0.05).abs() < 1e-12 && (cap_of(&over) - 0.01).abs() < 1e-12);
        let kept = at("10%");
        assert!(!kept.fired && kept.evidence.contains("is under 10.0% by") && kept.evidence.ends_with("over 60 weeks"));
    }

    #[test]
    fn what_has_no_history_moves_like_the_index_and_the_share_is_told() {
        let mut house = house();
        house.weekly.remove(&Symbol::new("XLI"));
        let found = house.verdict("kind = \"cvar-cap\"\nmax = \"1%\"\nlevel = 0.75\n");
        assert!((found.measured.unwrap().0 - 0.025).abs() < 1e-12, "{found:?}");
        assert!(found.evidence.ends_with("50.0% of the value has no history and is taken to move like SPY"));
        house.weekly.clear();
        let off = house.verdict("kind = \"cvar-cap\"\nmax = \"1%\"\nlevel = 0.75\n");
        assert_eq!((off.fired, off.evidence.as_str(), off.limits.len()), (false, "off: no weekly history of SPY", 0));
    }
}
