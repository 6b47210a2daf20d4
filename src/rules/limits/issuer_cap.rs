//! A cap on every single issuer, direct and through funds.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Cap, Common, ENABLED, KIND_KEY, REASON, cap_verdict};
use crate::config::{Fields, Kind, Param};
use crate::model::{Subject, Symbol};
use crate::reference::{Composition, Registry};
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "issuer-cap",
    role: Role::Cap,
    doc: "\
Caps the weight of every single issuer: all share classes, direct and through funds.

Above ten percent in one stock is commonly called concentrated, above twenty severe. A fund is not an issuer; the
companies inside it are. Issuers in `except` are left out. With `above-benchmark` the cap of an issuer that is large in
the benchmark itself is its weight there and that much more, where this is above `max`: who holds the index is not told
to pay tax for what it holds.",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("max", Kind::Weight, "Highest weight of an issuer."),
        Param::optional(
            "above-benchmark",
            Kind::Weight,
            "An issuer may have this much more than its weight in the benchmark.",
        ),
        Param::with_default("except", Kind::Symbols, "[]", "Issuers left out, by id or ticker."),
        Param::with_default("trigger", Kind::Weight, "\"0%\"", "The cap acts only when exceeded by more than this."),
    ],
    build,
};

struct IssuerCap {
    common: Common,
    max: f64,
    above_benchmark: Option<f64>,
    trigger: f64,
    except: BTreeSet<String>,
}

fn build(fields: &mut Fields<'_>, registry: &Registry) -> Option<Box<dyn Rule>> {
    let (max, trigger) = (fields.weight("max"), fields.weight("trigger"));
    let above_benchmark = fields.weight("above-benchmark").map(|weight| weight.0);
    let except = fields
        .texts("except")
        .unwrap_or_default()
        .into_iter()
        .map(|(name, _)| registry.get(&Symbol::new(&name)).map_or(name, |instrument| instrument.issuer.clone()));
    let except = except.collect();
    let common = Common::read(fields, "max");
    Some(Box::new(IssuerCap { common, max: max?.0, above_benchmark, trigger: trigger?.0, except }))
}

impl Rule for IssuerCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        // Buying cannot lift an issuer further than this; the others can never come near the cap.
        let most_bought = context
            .strength
            .value
            .0
            .max(context.exposure.cash.share_of(context.exposure.value).map_or(0.0, |w| w.0.max(0.0)));
        // First each issuer's weight and its highest share of a symbol, then the holders of those that matter: funds name
        // thousands of issuers, and few of them can come near the cap.
        let registry = context.registry;
        let known = context.symbols.iter().map(|symbol| match registry.composition(symbol) {
            Some(parts) => (symbol, Cow::Borrowed(parts)),
            None => (symbol, Cow::Owned(registry.look_through(symbol))),
        });
        let known: BTreeMap<&Symbol, Cow<'_, Composition>> = known.collect();
        let mut sizes: HashMap<&str, (f64, f64)> = HashMap::new();
        for (symbol, parts) in &known {
            let weight = context.weight_of(symbol);
            // What was sold and has no price is not bought.
            let may_be_bought = if (context.priced)(symbol) { 1.0 } else { 0.0 };
            for (issuer, fraction) in parts.issuers.iter().filter(|(_, fraction)| **fraction != 0.0) {
                let size = sizes.entry(issuer).or_default();
                *size = (size.0 + weight * fraction, size.1.max(may_be_bought * fraction));
            }
        }
        let near =
            |(weight, steepest): (f64, f64)| weight > self.max / 2.0 || weight + steepest * most_bought > self.max;
        let counted = sizes.into_iter().filter(|(issuer, size)| !self.except.contains(*issuer) && near(*size));
        let counted: BTreeSet<&str> = counted.map(|(issuer, _)| issuer).collect();
        let holders = |issuer: &str| -> BTreeMap<Symbol, f64> {
            let share = |parts: &Composition| parts.issuers.get(issuer).copied().filter(|fraction| *fraction != 0.0);
            known.iter().filter_map(|(symbol, parts)| Some(((*symbol).clone(), share(parts)?))).collect()
        };
        let mut verdicts: Vec<Verdict> =
            counted.into_iter().map(|issuer| self.verdict(issuer, holders(issuer), context)).collect();
        verdicts.extend(self.anonymous(context));
        verdicts
    }
}

impl IssuerCap {
    /// A company that is not known may itself be above the cap.
    fn anonymous(&self, context: &Context<'_>) -> Option<Verdict> {
        let cap = Cap {
            id: format!("{}.unnamed", self.common.id),
            kind: &KIND,
            subject: Subject::household("a company nobody names"),
            cap: self.max,
            trigger: self.trigger,
            benchmark: None,
            coefficients: BTreeMap::new(),
            unknown: context.exposure.anonymous.0,
        };
        let verdict = cap_verdict(&self.common, cap, context);
        verdict.doubt().is_some().then(|| Verdict { limits: Vec::new(), ..verdict })
    }

    fn verdict(&self, issuer: &str, coefficients: BTreeMap<Symbol, f64>, context: &Context<'_>) -> Verdict {
        let ticker = coefficients
            .iter()
            .filter(|(symbol, fraction)| **fraction == 1.0 && context.held.contains_key(symbol))
            .map(|(symbol, _)| symbol.to_string())
            .next();
        let benchmark = context.benchmark(|parts| parts.issuers.get(issuer));
        let room =
            benchmark.zip(self.above_benchmark).map_or(0.0, |(own, more)| if own > 0.0 { own + more } else { 0.0 });
        let cap = Cap {
            id: format!("{}.{}", self.common.id, ticker.unwrap_or_else(|| issuer.to_owned())),
            kind: &KIND,
            subject: Subject::Issuer { id: issuer.to_owned(), name: context.registry.issuer_name(issuer) },
            cap: self.max.max(room),
            trigger: self.trigger,
            benchmark: context.exposure.benchmark.issuers.get(issuer).copied(),
            coefficients,
            unknown: context.exposure.anonymous.0,
        };
        cap_verdict(&self.common, cap, context)
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::House;

    const TEN: &str = "[limits.t]\nkind = \"issuer-cap\"\nmax = \"10%\"\ntrigger = \"0.5%\"";

    /// Two share classes of 6% are one issuer of 12%.
    #[test]
    fn an_issuer_above_its_cap_fires_and_one_below_does_not() {
        let house = House::new(&[("GOOG", 6), ("GOOGL", 6), ("JPM", 7), ("XOM", 10)], 7_100);
        let found = house.verdicts(TEN, "limits.t.");
        let fired: Vec<&str> = found.iter().filter(|v| v.fired).map(|v| v.id.as_str()).collect();
        assert_eq!(fired, ["limits.t.GOOG"]);
        let evidence = |id: &str| found.iter().find(|v| v.id == id).map(|v| v.evidence.as_str());
        assert_eq!(evidence("limits.t.GOOG"), Some("12.0% is over 10.0% by 2.0 points"));
        assert_eq!(evidence("limits.t.JPM"), Some("7.0% is under 10.0% by 3.0 points"));
    }

    /// NVIDIA is 8.46% of SPY: its cap is 11.46%, and that of a company SPY does not hold so much of is 10%.
    #[test]
    fn an_issuer_that_is_large_in_the_benchmark_may_be_larger() {
        let config = format!("{TEN}\nabove-benchmark = \"3%\"");
        let fired = |nvidia: i64, exxon: i64| -> Vec<String> {
            let house = House::new(&[("NVDA", nvidia), ("XOM", exxon)], 10_000 - 100 * (nvidia + exxon));
            let found = house.verdicts(&config, "limits.t.").into_iter();
            found.filter(|verdict| verdict.fired).map(|verdict| verdict.id).collect()
        };
        assert_eq!(fired(11, 11), ["limits.t.XOM"]);
        assert_eq!(fired(12, 10), ["limits.t.NVDA"]);
    }

    #[test]
    fn an_issuer_left_out_is_not_looked_at() {
        let house = House::new(&[("GOOG", 6), ("GOOGL", 6)], 8_800);
        let found = house.verdicts(&format!("{TEN}\nexcept = [\"GOOGL\"]"), "limits.t.");
        assert!(
            found.iter().all(|verdict| !verdict.fired && !verdict.subject.to_string().contains("Alphabet")),
            "{found:?}"
        );
    }
}
