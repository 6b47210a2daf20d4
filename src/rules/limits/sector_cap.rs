//! A cap on a sector, or on every sector.

use super::{Cap, Common, ENABLED, KIND_KEY, REASON, cap_verdict};
use crate::config::{Fields, Kind, Param};
use crate::model::{Sector, Subject};
use crate::reference::{Registry, sector_named, unknown_sector};
use crate::rules::{Context, Role, Rule, RuleKind, Verdict};

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "sector-cap",
    role: Role::Cap,
    doc: "\
Caps the weight of GICS sectors, counted through funds.

Without `sectors` it holds each of the eleven to `max`, except those in `except` (tech has a cap of its own).
A sector above the cap is sold down to it, at the least tax for all limits together; a cap that holds is never broken by a buy.",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("max", Kind::Weight, "Highest weight of a sector."),
        Param::optional("sectors", Kind::Texts, "The sectors capped; all when absent."),
        Param::with_default("except", Kind::Texts, "[]", "Sectors left out."),
        Param::with_default("trigger", Kind::Weight, "\"0%\"", "The cap acts only when exceeded by more than this."),
    ],
    build,
};

struct SectorCap {
    common: Common,
    sectors: Vec<Sector>,
    max: f64,
    trigger: f64,
}

fn build(fields: &mut Fields<'_>, _: &Registry) -> Option<Box<dyn Rule>> {
    let named = sectors(fields, "sectors");
    let except = sectors(fields, "except").unwrap_or_default();
    let sectors = named.unwrap_or(Sector::ALL.to_vec()).into_iter().filter(|sector| !except.contains(sector)).collect();
    let (max, trigger) = (fields.weight("max"), fields.weight("trigger"));
    let common = Common::read(fields, "max");
    Some(Box::new(SectorCap { common, sectors, max: max?.0, trigger: trigger?.0 }))
}

fn sectors(fields: &mut Fields<'_>, key: &str) -> Option<Vec<Sector>> {
    let mut found = Vec::new();
    for (name, place) in fields.texts(key)? {
        match sector_named(&name) {
            Some(sector) => found.push(sector),
            None => {
                let problem = unknown_sector(&name).at(place);
                fields.sink().push(problem);
            }
        }
    }
    Some(found)
}

impl Rule for SectorCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let verdict = |sector: &Sector| {
            let cap = Cap {
                id: format!("{}.{}", self.common.id, sector.id()),
                kind: &KIND,
                subject: Subject::Sector(*sector),
                cap: self.max,
                trigger: self.trigger,
                benchmark: context.exposure.benchmark.sectors.get(sector).copied(),
                coefficients: context.coefficients(|symbol| context.registry.sector_fraction(symbol, *sector)),
                unknown: context.exposure.unclassified.0.max(0.0),
            };
            cap_verdict(&self.common, cap, context)
        };
        self.sectors.iter().map(verdict).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Sector, Subject};
    use crate::rules::testing::House;

    #[test]
    fn a_sector_above_its_cap_fires_and_one_below_does_not() {
        let house = House::new(&[("JPM", 35), ("XOM", 10)], 5_500);
        let config = "[limits.t]\nkind = \"sector-cap\"\nmax = \"30%\"\nexcept = [\"information-technology\"]";
        let found = house.verdicts(config, "limits.t.");
        assert_eq!(found.len(), 10);
        let fired: Vec<&Subject> = found.iter().filter(|v| v.fired).map(|v| &v.subject).collect();
        assert_eq!(fired, [&Subject::Sector(Sector::Financials)]);
        let energy = found.iter().find(|verdict| verdict.subject == Subject::Sector(Sector::Energy)).unwrap();
        assert_eq!(energy.evidence, "10.0% is under 30.0% by 20.0 points");
    }
}
