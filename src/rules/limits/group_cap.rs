//! A cap on some holdings together: a fund family, or any list of tickers.

use super::{Cap, Common, ENABLED, KIND_KEY, REASON, cap_verdict};
use crate::config::{Fields, Kind, Param};
use crate::model::{Subject, Symbol};
use crate::reference::Registry;
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "group-cap",
    role: Role::Cap,
    doc: "\
Caps the weight of some holdings together, each by its own line: the tickers in `members`, and every holding whose name
begins with `family` (\"Fidelity\"). What is inside a fund does not count here (`issuer-cap` and `theme-cap` do that).",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::optional("members", Kind::Symbols, "The holdings counted together."),
        Param::optional("family", Kind::Text, "How the names of those that count too begin."),
        Param::required("max", Kind::Weight, "Highest weight of all of them."),
        Param::with_default("trigger", Kind::Weight, "\"0%\"", "The cap acts only when exceeded by more than this."),
    ],
    build,
};

struct GroupCap {
    common: Common,
    members: Vec<Symbol>,
    family: Option<String>,
    max: f64,
    trigger: f64,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let members: Vec<Symbol> =
        fields.symbols("members").unwrap_or_default().into_iter().map(|(symbol, _)| symbol).collect();
    let family = fields.text("family").map(|family| family.trim().to_lowercase()).filter(|family| !family.is_empty());
    if members.is_empty() && family.is_none() {
        fields.reject("max", "a group-cap without `members` or `family` caps nothing", "members = [\"QQQ\", \"VGT\"]");
        return None;
    }
    let (max, trigger) = (fields.weight("max"), fields.weight("trigger"));
    let common = Common::read(fields, "max");
    Some(Box::new(GroupCap { common, members, family, max: max?.0, trigger: trigger?.0 }))
}

impl GroupCap {
    fn counts(&self, symbol: &Symbol, registry: &Registry) -> bool {
        let of_family = |family: &String| {
            registry.get(symbol).is_some_and(|instrument| instrument.name.to_lowercase().starts_with(family.as_str()))
        };
        self.members.contains(symbol) || self.family.as_ref().is_some_and(of_family)
    }
}

impl Rule for GroupCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let counts = |symbol: &Symbol| self.counts(symbol, context.registry);
        let held = context.symbols.iter().filter(|symbol| context.held.contains_key(symbol) && counts(symbol));
        let cap = Cap {
            id: self.common.id.clone(),
            kind: &KIND,
            subject: Subject::Symbols(held.cloned().collect()),
            cap: self.max,
            trigger: self.trigger,
            benchmark: None,
            coefficients: context.coefficients(|symbol| f64::from(u8::from(counts(symbol)))),
            unknown: 0.0,
        };
        vec![cap_verdict(&self.common, cap, context)]
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::House;

    #[test]
    fn holdings_together_above_their_cap_fire_and_below_it_do_not() {
        let house = House::new(&[("QQQ", 30), ("VGT", 20), ("BND", 40)], 1_000);
        let at =
            |max: &str| house.verdict(&format!("kind = \"group-cap\"\nmembers = [\"QQQ\", \"VGT\"]\nmax = {max:?}"));
        assert!(at("40%").fired && at("40%").evidence == "50.0% is over 40.0% by 10.0 points");
        assert!(!at("60%").fired);
        assert_eq!(at("40%").subject.to_string(), "QQQ + VGT");
    }

    /// VGT and BND are Vanguard's, QQQ is not.
    #[test]
    fn a_family_is_known_by_its_name() {
        let house = House::new(&[("QQQ", 30), ("VGT", 20), ("BND", 40)], 1_000);
        let found = house.verdict("kind = \"group-cap\"\nfamily = \"Vanguard\"\nmax = \"50%\"");
        assert_eq!((found.fired, found.evidence.as_str()), (true, "60.0% is over 50.0% by 10.0 points"));
    }
}
