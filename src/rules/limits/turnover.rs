//! How much may be sold in one run.

use super::{Common, ENABLED, KIND_KEY, REASON};
use crate::config::{Fields, Kind, Param};
use crate::model::{Measure, Subject};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};
use crate::units::Weight;

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "turnover",
    role: Role::Orders,
    doc: "\
Bounds the dollars sold in one run, as a share of the portfolio value (one-way turnover). What a withdrawal needs beyond
the cash that is there is sold on top. Hard: what the bound leaves undone is reported and comes up again in the next
run. It makes rotation gradual. Where that share is less than the smallest order, the smallest order may be sold.",
    params: &[KIND_KEY, ENABLED, REASON, Param::required("max", Kind::Weight, "Most that is sold in one run.")],
    build,
};

struct Turnover {
    common: Common,
    max: Weight,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let max = fields.weight("max");
    let common = Common::read(fields, "max");
    Some(Box::new(Turnover { common, max: max? }))
}

impl Rule for Turnover {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let before = if context.withdrawals.is_positive() { ", as it was before withdrawals," } else { "" };
        let beyond = match context.to_raise {
            amount if amount.is_positive() => format!(", and {} that they need beyond the cash", amount.dollars()),
            _ => String::new(),
        };
        let small = match (context.smallest_sale)(self.max) {
            Some(order) => format!(", or one order of {}, the smallest there can be", order.dollars()),
            None => String::new(),
        };
        let most = self.max.percent();
        let evidence = format!("at most {most} of the portfolio{before} is sold in one run{small}{beyond}");
        self.common.action(&KIND, Subject::household("sold per run"), evidence, Measure::Turnover(self.max))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::rules::testing::House;
    use crate::units::{Money, Weight};

    /// A bound on actions: it never fires by itself, whatever is held. That the plan keeps it is tested with the plan.
    #[test]
    fn the_bound_is_handed_to_the_plan() {
        let found = House::new(&[("NVDA", 90)], 1_000).verdict("kind = \"turnover\"\nmax = \"5%\"");
        assert!(!found.fired);
        assert_eq!(found.evidence, "at most 5.0% of the portfolio is sold in one run");
        assert_eq!(found.limits[0].measure, Measure::Turnover(Weight(0.05)));
        let mut small = House::new(&[("NVDA", 9)], 100);
        small.smallest_sale = Some(Money(536.into()));
        assert_eq!(
            small.verdict("kind = \"turnover\"\nmax = \"5%\"").evidence,
            "at most 5.0% of the portfolio is sold in one run, or one order of $536.00, the smallest there can be"
        );
        let mut house = House::new(&[("NVDA", 90)], 1_000);
        house.withdrawals = (Money(5_000.into()), Money(4_000.into()));
        assert_eq!(
            house.verdict("kind = \"turnover\"\nmax = \"5%\"").evidence,
            "at most 5.0% of the portfolio, as it was before withdrawals, is sold in one run, and $4,000.00 that they need \
             beyond the cash"
        );
    }
}
