//! A cap on a theme that tightens with rotation strength, over a floor that keeps a core.

use super::{Cap, Common, ENABLED, KIND_KEY, REASON, cap_verdict};
use crate::config::{Bound, Fields, Kind, Param};
use crate::diagnostics::{Diagnostic, SourceKind};
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

The cap glides from `base` at rotation strength 0 to `min` at the strength `full` and above:
    cap = base - min(1, strength / full) * (base - min)
Both are weights, or so many points above the benchmark's own weight on the day: `base = \"benchmark + 8\"`. A household
that has less of the theme than the benchmark is then never told to sell it. Choose for `full` a strength that is
reached: `broaden signals` says how often it was.
When the theme is above the cap by more than `trigger`, the plan sells it down to the cap, at the
least tax for all limits together.
No plan takes the theme below `floor`: trimming is risk management, not an exit; a cap below it is at the floor.
Without a strength of the day (no market data, too few or too old, a brake at stop) the cap is at `base`.",
    params: &[
        KIND_KEY,
        ENABLED,
        REASON,
        Param::required("theme", Kind::Text, "The theme that is capped."),
        Param::required("base", Kind::Bound, "The cap at rotation strength 0."),
        Param::optional("min", Kind::Bound, "The cap at the strength `full`; the base when absent."),
        Param::with_default("full", Kind::Number(0.01, 1.0), "1", "The strength at which the cap is at `min`."),
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
    base: Bound,
    min: Bound,
    full: f64,
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
    let (base, floor, trigger) = (fields.bound("base"), fields.weight("floor"), fields.weight("trigger"));
    let min = fields.bound("min").or(base);
    let full = fields.number("full");
    if let (Some(base), Some(min)) = (base, min)
        && above(min, base)
    {
        let message = format!("`min` {min} is above `base` {base}");
        fields.reject_together(
            &["min", "base"],
            message,
            "the cap tightens from `base` to `min` as rotation strength grows",
        );
    }
    if let (Some(min), Some(floor)) = (min.and_then(Bound::fixed), floor)
        && floor > min
    {
        let message = format!("the floor of {} lies above the cap of {}", floor.percent(), min.percent());
        let mut problem = Diagnostic::error(CAP_BELOW_FLOOR, message)
            .hint("raise `min` (or `base`), or lower `floor`: no portfolio can be above the one and below the other");
        problem.place = fields.place_of_any(&["floor", "min", "base"]);
        let cap = fields.place_of_any(&["min", "base"]).filter(|place| problem.place.as_ref() != Some(place));
        if let Some(place) = cap.filter(|place| place.source.kind != SourceKind::BuiltIn) {
            problem = problem.with(place, "the cap at strength 1");
        }
        fields.sink().push(problem);
    }
    let common = Common::read(fields, "base");
    Some(Box::new(ThemeCap {
        common,
        theme: theme?,
        base: base?,
        min: min?,
        full: full?,
        floor: floor.map(|weight| weight.0),
        trigger: trigger?.0,
    }))
}

fn same_sort(one: Bound, other: Bound) -> bool {
    one.fixed().is_some() == other.fixed().is_some()
}

/// Returns whether a bound is above another on every day; of different sorts that depends on the day.
fn above(one: Bound, other: Bound) -> bool {
    same_sort(one, other) && one.at(Some(0.0)) > other.at(Some(0.0))
}

impl Rule for ThemeCap {
    fn verdicts(&self, context: &Context<'_>) -> Vec<Verdict> {
        let benchmark = context.benchmark(|parts| parts.themes.get(&self.theme));
        let (Some(base), Some(min)) = (self.base.at(benchmark), self.min.at(benchmark)) else {
            return vec![self.common.off(&KIND, Subject::Theme(self.theme.clone()))];
        };
        let min = min.min(base);
        // What is frozen, too old or missing is no strength of the day: it moves no cap.
        let strength = if context.strength.frozen.is_some() { 0.0 } else { context.strength.value.0 };
        let glided = gliding_cap(base, min, (strength / self.full).min(1.0));
        let cap = glided.max(self.floor.unwrap_or(0.0));
        let coefficients = context.coefficients(|symbol| context.registry.theme_fraction(symbol, &self.theme));
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
            },
            context,
        );
        if min < base {
            let (from, to) = (Weight(base).percent(), Weight(min).percent());
            let reached = context.strength.reached(self.full);
            let often =
                reached.map_or_else(String::new, |part| format!(", reached on {} of the sessions", part.percent()));
            let at = match self.full < 1.0 {
                true => format!(" at strength {:.2}{often}", self.full),
                false => String::new(),
            };
            let now = match context.strength.frozen.as_deref() {
                Some(why) => format!("it is at {from}: {why}"),
                None => format!("strength {strength:.2}"),
            };
            verdict.evidence += &format!(" (the cap glides from {from} to {to}{at}; {now})");
        }
        if cap > glided {
            verdict.evidence += &format!(" (its cap of {} is below the floor)", Weight(glided).percent());
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

    /// A stop, a market file that is too old, one that says too little, and none at all: one answer.
    #[test]
    fn without_a_strength_of_the_day_the_cap_is_at_its_base() {
        let none = House::new(&[("NVDA", 60)], 4_000).verdict(TECH);
        for why in ["brake: a stop", "data: too old", "data: too few"] {
            let mut house = House::new(&[("NVDA", 60)], 4_000).at(0.5);
            house.strength.frozen = Some(why.to_owned());
            let frozen = house.verdict(TECH);
            assert!(
                frozen.fired && frozen.evidence.ends_with(&format!("it is at 45.0%: {why})")),
                "{}",
                frozen.evidence
            );
            assert_eq!((cap_of(&frozen), frozen.fired), (cap_of(&none), none.fired));
        }
    }

    const ABOVE: &str =
        "kind = \"theme-cap\"\ntheme = \"tech-broad\"\nbase = \"benchmark + 8\"\nmin = \"benchmark\"\nfull = 0.4";

    /// SPY has 52.9% of its own: the cap is 60.9%, and at half of `full` 56.9%.
    #[test]
    fn a_cap_above_the_benchmark_moves_with_it() {
        let spy = crate::reference::Registry::bundled().theme_fraction(&crate::model::Symbol::new("SPY"), "tech-broad");
        for (strength, more) in [(0.0, 0.08), (0.2, 0.04), (0.4, 0.0), (0.9, 0.0)] {
            let found = House::new(&[("NVDA", 70)], 3_000).at(strength).verdict(ABOVE);
            assert!(found.fired && (cap_of(&found) - spy - more).abs() < 1e-9, "{strength}: {}", found.evidence);
        }
    }

    /// Whatever the strength, the index itself and what has less of the theme sells nothing.
    #[test]
    fn a_household_below_the_benchmark_is_not_told_to_sell() {
        for strength in [0.0, 0.5, 1.0] {
            assert!(!House::new(&[("SPY", 100)], 0).at(strength).verdict(ABOVE).fired);
            assert!(!House::new(&[("NVDA", 50)], 5_000).at(strength).verdict(ABOVE).fired);
        }
    }
}
