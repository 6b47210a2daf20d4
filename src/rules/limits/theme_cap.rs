//! A cap on a theme that tightens with rotation strength, over a floor that keeps a core.

use super::{Cap, Common, ENABLED, KIND_KEY, REASON, cap_verdict};
use crate::config::{Fields, Kind, Param};
use crate::diagnostics::Diagnostic;
use crate::exposure::ThemeExposure;
use crate::model::{Limit, Measure, Subject};
use crate::reference::{Registry, unknown_theme};
use crate::rules::{CAP_BELOW_FLOOR, Context, Role, Rule, RuleKind, Verdict};
use crate::units::Weight;

/// The registry entry.
pub static KIND: RuleKind = RuleKind {
    kind: "theme-cap",
    role: Role::Cap,
    doc: "\
Caps the weight of a theme, counted through funds.

The cap glides from `base` at rotation strength 0 to `min` at strength 1:
    cap = base - strength * (base - min)
When the theme is above the cap by more than `trigger`, the plan sells it down to the cap, cheapest lots first.
No plan takes the theme below `floor`: trimming is risk management, not an exit.
While a brake stops rotation, a gliding cap is left alone rather than forced on a falling market.",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("theme", Kind::Text, "The theme that is capped."),
        Param::required("base", Kind::Weight, "The cap at rotation strength 0."),
        Param::optional("min", Kind::Weight, "The cap at rotation strength 1; the base when absent."),
        Param::optional("floor", Kind::Weight, "No plan takes the theme below this weight."),
        Param::with_default("trigger", Kind::Weight, "\"0%\"", "The cap acts only when exceeded by more than this."),
    ],
    build,
};

/// Returns the cap at a rotation strength: `base - strength * (base - min)` (domain brief 4.2).
pub fn gliding_cap(base: f64, min: f64, strength: f64) -> f64 {
    base - strength * (base - min)
}

struct ThemeCap {
    common: Common,
    theme: String,
    base: f64,
    min: f64,
    floor: Option<f64>,
    trigger: f64,
}

fn build(fields: &mut Fields<'_>, registry: &Registry) -> Option<Box<dyn Rule>> {
    let theme = fields.text("theme");
    if let Some(name) = &theme {
        let themes = registry.themes();
        if !themes.iter().any(|(id, _)| id == name) {
            let mut problem = unknown_theme(name, themes.iter().map(|(id, _)| id.as_str()));
            if let Some(place) = fields.place("theme") {
                problem = problem.at(place);
            }
            fields.sink().push(problem);
            return None;
        }
    }
    let (base, floor, trigger) = (fields.weight("base"), fields.weight("floor"), fields.weight("trigger"));
    let min = fields.weight("min").or(base);
    if let (Some(base), Some(min)) = (base, min)
        && min > base
    {
        let message = format!("`min` {} is above `base` {}", min.percent(), base.percent());
        fields.reject("min", message, "the cap tightens from `base` to `min` as rotation strength grows");
    }
    if let (Some(min), Some(floor)) = (min, floor)
        && floor > min
    {
        let message = format!("the floor of {} lies above the cap of {}", floor.percent(), min.percent());
        let mut problem = Diagnostic::error(CAP_BELOW_FLOOR, message)
            .hint("raise `min` (or `base`), or lower `floor`: no portfolio can be above the one and below the other");
        if let Some(place) = fields.place(if fields.is_given("floor") { "floor" } else { "min" }) {
            problem = problem.at(place);
        }
        if let Some(place) = fields.place("min") {
            problem = problem.with(place, "the cap at strength 1");
        }
        fields.sink().push(problem);
    }
    let common = Common::read(fields, "base");
    Some(Box::new(ThemeCap {
        common,
        theme: theme?,
        base: base?.0,
        min: min?.0,
        floor: floor.map(|weight| weight.0),
        trigger: trigger?.0,
    }))
}

impl Rule for ThemeCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let strength = context.strength.value.0;
        let cap = gliding_cap(self.base, self.min, strength);
        let coefficients = context.coefficients(|symbol| context.registry.theme_fraction(symbol, &self.theme));
        let glides = self.min < self.base;
        let mut verdict = cap_verdict(
            &self.common,
            Cap {
                id: self.common.id.clone(),
                kind: &KIND,
                subject: Subject::Theme(self.theme.clone()),
                cap,
                trigger: self.trigger,
                benchmark: context.exposure.benchmark.themes.get(&self.theme).copied(),
                coefficients: coefficients.clone(),
                unknown: context.exposure.themes.get(&self.theme).map_or(0.0, ThemeExposure::unknown),
                frozen: context.freeze().filter(|_| glides),
            },
            context,
        );
        if glides {
            let (base, min) = (Weight(self.base).percent(), Weight(self.min).percent());
            verdict.evidence += &format!(" (the cap glides from {base} to {min}; strength {strength:.2})");
        }
        if let Some(floor) = self.floor {
            verdict.limits.push(Limit {
                id: format!("{}.floor", self.common.id),
                kind: KIND.kind,
                measure: Measure::ExposureFloor { coefficients, floor: Weight(floor) },
                origin: self.common.origin.clone(),
            });
        }
        vec![verdict]
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::rules::testing::{House, cap_of};

    const TECH: &str = "kind = \"theme-cap\"\ntheme = \"tech-broad\"\nbase = \"45%\"\nmin = \"30%\"\nfloor = \"25%\"\ntrigger = \"1%\"";

    #[test]
    fn a_theme_above_its_cap_fires_and_one_below_does_not() {
        let over = House::new(&[("NVDA", 60)], 4_000).verdict(TECH);
        assert!(over.fired && over.evidence.starts_with("60.0% is over 45.0% by 15.0 points"), "{}", over.evidence);
        assert!((cap_of(&over) - 0.45).abs() < 1e-12);
        assert!(over.limits.iter().any(|limit| matches!(limit.measure, Measure::ExposureFloor { .. })));
        let under = House::new(&[("NVDA", 40)], 6_000).verdict(TECH);
        assert!(!under.fired && under.evidence.starts_with("40.0% is under 45.0% by 5.0 points"), "{}", under.evidence);
    }

    #[test]
    fn the_cap_glides_with_strength_and_waits_for_its_trigger() {
        // 45% less half of 15 points.
        let gliding = House::new(&[("NVDA", 40)], 6_000).at(0.5).verdict(TECH);
        assert!(gliding.fired && (cap_of(&gliding) - 0.375).abs() < 1e-12);
        let within = House::new(&[("NVDA", 38)], 6_200).at(0.5).verdict(TECH);
        assert!(!within.fired && (cap_of(&within) - 0.38).abs() < 1e-12, "never made worse");
    }

    #[test]
    fn a_frozen_rotation_leaves_the_gliding_cap_alone() {
        let mut house = House::new(&[("NVDA", 60)], 4_000).at(0.5);
        house.strength.frozen = Some("sahm at stop".to_owned());
        let frozen = house.verdict(TECH);
        assert!(!frozen.fired && frozen.evidence.contains("left alone: sahm at stop"), "{}", frozen.evidence);
        assert!((cap_of(&frozen) - 0.60).abs() < 1e-12);
    }
}
