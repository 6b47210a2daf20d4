//! What a sale may cost.

use super::{Common, ENABLED, KIND_KEY, REASON};
use crate::config::{Fields, Kind, Param};
use crate::model::{Measure, Subject};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};
use crate::units::Weight;

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "worth",
    role: Role::Orders,
    doc: "\
A sale must earn its tax: what would cost more tax and trading cost than `max` per dollar that must be sold, each dollar
once, is left, and the report says so. No tax is paid to buy a sleeve: sleeves get the cash that is there, the proceeds
of what limits ask to be sold, and what is sold free of tax. Losses that shelter a gain count, unless they would save more
of the tax on other income, and so do the cheaper rates of later years; with a filing status and income each year's brackets decide, and what is too dear from one on is
sold up to it. And what has a taxed gain is sold only if at least half of it is of what is over a limit: an index
fund that is a third tech is no way to own less tech, unless it is untaxed or at a loss; and even then a dollar that
moves must save two cents of tax. What is above twice its cap is a risk of its own, and may cost twice as much a dollar. Cash that is
owed is raised whatever it costs.",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("max", Kind::Weight, "Most tax and cost per dollar: \"25%\" is 25 cents."),
    ],
    build,
};

struct Worth {
    common: Common,
    max: Weight,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let max = fields.weight("max");
    let common = Common::read(fields, "max");
    Some(Box::new(Worth { common, max: max? }))
}

impl Rule for Worth {
    fn verdicts(&self, _: &Context<'_>) -> Vec<Verdict> {
        let cents = 100.0 * self.max.0;
        let evidence = format!("a dollar that must be sold may cost {cents:.0} cents of tax and trading cost");
        self.common.action(&KIND, Subject::household("cost of a sale"), evidence, Measure::Worth(self.max))
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::rules::testing::House;
    use crate::units::Weight;

    /// A bound on actions: it never fires by itself, whatever is held. That the plan keeps it is tested with the plan.
    #[test]
    fn the_bound_is_handed_to_the_plan() {
        let found = House::new(&[("NVDA", 90)], 1_000).verdict("kind = \"worth\"\nmax = \"25%\"");
        assert!(!found.fired);
        assert_eq!(found.evidence, "a dollar that must be sold may cost 25 cents of tax and trading cost");
        assert_eq!(found.limits[0].measure, Measure::Worth(Weight(0.25)));
    }
}
