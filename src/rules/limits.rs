//! One file per kind of limit: its keys, its documentation, and the verdict it gives.

pub mod buy_cap;
pub mod cvar_cap;
pub mod gain_budget;
pub mod group_cap;
pub mod issuer_cap;
pub mod mad_cap;
pub mod max_trades;
pub mod position_cap;
pub mod sector_cap;
pub mod tax_budget;
pub mod theme_cap;
pub mod turnover;
pub mod worth;

use std::collections::BTreeMap;

use super::scenarios;
use super::{Context, RuleKind, Verdict};
use crate::config::{Fallback, Fields, Kind, Param};
use crate::model::{Limit, Measure, Risk, Subject, Symbol};
use crate::units::Weight;

/// Keys that every limit takes.
pub(crate) const ENABLED: Param =
    Param { name: "enabled", kind: Kind::Flag, fallback: Fallback::Value("true"), doc: "False turns the limit off." };
/// The word that picks the leaf; read before the table.
pub(crate) const KIND_KEY: Param = Param::required("kind", Kind::Text, "Which kind of limit this is.");
/// Shown beside every trade the limit causes.
pub(crate) const REASON: Param = Param::optional("reason", Kind::Text, "Your own words, shown with the limit.");

/// What a limit remembers of its table.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub id: String,
    pub origin: String,
    pub reason: Option<String>,
}

impl Common {
    /// Takes the id, the origin of the deciding key, and the user's reason.
    pub fn read(fields: &Fields<'_>, deciding: &str) -> Self {
        Common { id: fields.path.clone(), origin: fields.origin(deciding), reason: fields.text("reason") }
    }

    /// Returns a verdict that asks for nothing yet.
    pub fn verdict(&self, kind: &'static RuleKind, subject: Subject) -> Verdict {
        Verdict {
            id: self.id.clone(),
            kind,
            subject,
            fired: false,
            measured: None,
            range: None,
            bound: None,
            trigger: None,
            benchmark: None,
            evidence: String::new(),
            origin: self.origin.clone(),
            reason: self.reason.clone(),
            limits: Vec::new(),
            targets: Vec::new(),
            buyable: Vec::new(),
        }
    }

    /// Returns the verdict of a cap above the benchmark's weight where that is not known: it is off, and says so.
    pub fn off(&self, kind: &'static RuleKind, subject: Subject) -> Verdict {
        let evidence = "off: the benchmark is not known, so there is nothing to be above".to_owned();
        Verdict { evidence, ..self.verdict(kind, subject) }
    }

    /// Returns a verdict that only bounds actions: it never fires by itself.
    pub fn action(
        &self,
        kind: &'static RuleKind,
        subject: Subject,
        evidence: String,
        measure: Measure,
    ) -> Vec<Verdict> {
        let mut verdict = self.verdict(kind, subject);
        verdict.evidence = evidence;
        verdict.limits.push(self.limit(kind, measure));
        vec![verdict]
    }

    /// Returns a limit with the table's id.
    pub fn limit(&self, kind: &'static RuleKind, measure: Measure) -> Limit {
        Limit { id: self.id.clone(), kind: kind.kind, measure, origin: self.origin.clone() }
    }
}

/// What a cap is held against.
pub(crate) struct Cap {
    pub id: String,
    pub kind: &'static RuleKind,
    pub subject: Subject,
    pub cap: f64,
    pub trigger: f64,
    pub benchmark: Option<f64>,
    pub coefficients: BTreeMap<Symbol, f64>,
    /// How much more it could be, given what is not known.
    pub unknown: f64,
}

/// Returns the verdict of a cap on exposure. It fires when the cap is exceeded by more than the trigger.
pub(crate) fn cap_verdict(common: &Common, cap: Cap, context: &Context<'_>) -> Verdict {
    // No minus before a zero.
    let measured = context.exposure_of(&cap.coefficients) + 0.0;
    let over = measured - cap.cap;
    let mut verdict = common.verdict(cap.kind, cap.subject);
    verdict.id = cap.id;
    verdict.fired = over > cap.trigger;
    (verdict.measured, verdict.bound) = (Some(Weight(measured)), Some(Weight(cap.cap)));
    verdict.range = (cap.unknown > 0.0).then_some((Weight(measured), Weight(measured + cap.unknown)));
    verdict.trigger = (cap.trigger > 0.0).then_some(Weight(cap.trigger));
    verdict.benchmark = cap.benchmark.map(Weight);
    let (now, bound) = (Weight(measured).percent(), Weight(cap.cap).percent());
    verdict.evidence = match over > 0.0 {
        true if !verdict.fired => {
            format!("{now} is over {bound}, by less than the trigger of {} points", points(cap.trigger))
        }
        true => format!("{now} is over {bound} by {} points", points(over)),
        false => format!("{now} is under {bound} by {} points", points(-over)),
    };
    if let Some(doubt) = verdict.doubt() {
        verdict.evidence = format!("{doubt}; what is known, {now}, is under {bound}");
    }
    // An untriggered cap still forbids making things worse.
    let effective = if verdict.fired { cap.cap } else { cap.cap.max(measured) };
    verdict.limits.push(Limit {
        id: verdict.id.clone(),
        kind: cap.kind.kind,
        measure: Measure::ExposureCap { coefficients: cap.coefficients, cap: Weight(effective), trigger: Weight(0.0) },
        origin: common.origin.clone(),
    });
    verdict
}

/// Returns the verdict of a cap (and trigger) on risk. Without enough history it is off, and says so.
pub(crate) fn risk_verdict(
    common: &Common,
    kind: &'static RuleKind,
    subject: Subject,
    risk: Risk,
    (cap, trigger): (f64, f64),
    weeks: usize,
    context: &Context<'_>,
) -> Verdict {
    let mut verdict = common.verdict(kind, subject);
    let found = match scenarios::gather(context, weeks) {
        Ok(found) => found,
        Err(why) => {
            verdict.evidence = format!("off: {why}");
            return verdict;
        }
    };
    let held: Vec<(f64, &Vec<f64>)> =
        found.returns.iter().map(|(symbol, moves)| (context.weight_of(symbol), moves)).collect();
    let result = |week: usize| held.iter().map(|(weight, moves)| weight * moves.get(week).unwrap_or(&0.0)).sum();
    let results: Vec<f64> = (0..found.weeks).map(result).collect();
    let measured = match risk {
        Risk::Mad => scenarios::mean_absolute_deviation(&results),
        Risk::Cvar { level } => scenarios::conditional_value_at_risk(&results, level),
    }
    .unwrap_or_default();
    let over = measured - cap;
    verdict.fired = over > trigger;
    (verdict.measured, verdict.bound) = (Some(Weight(measured)), Some(Weight(cap)));
    let side = if over > 0.0 { "over" } else { "under" };
    verdict.evidence = format!(
        "{} is {side} {} by {} points, over {} weeks",
        Weight(measured).percent(),
        Weight(cap).percent(),
        points(over.abs()),
        found.weeks
    );
    if found.stand_in > 0.0005 {
        let share = Weight(found.stand_in).percent();
        verdict.evidence += &format!("; {share} of the value has no history and is taken to move like SPY");
    }
    let cap = Weight(if verdict.fired { cap } else { cap.max(measured) });
    let measure = Measure::RiskCap { risk, returns: found.returns, cap, trigger: Weight(0.0) };
    verdict.limits.push(common.limit(kind, measure));
    verdict
}

/// Returns percentage points with one decimal, no minus before a zero.
pub(crate) fn points(fraction: f64) -> String {
    format!("{:.1}", (fraction * 1000.0).round() / 10.0 + 0.0)
}
