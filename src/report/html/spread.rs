//! How the household is spread, now and after the plan, against its limits and the benchmark; and what makes it tech.

use super::label::Label;
use super::picture::{Axis, Bar, Ticks, Weights};
use crate::exposure::ThemeExposure;
use crate::model::{Sector, Subject};
use crate::proposal::Proposal;
use crate::rules::Verdict;
use crate::units::{Money, Weight};

/// Most rows of a list before the rest is added up.
const MOST_ROWS: usize = 15;

/// The section.
pub(super) struct Spread {
    pub benchmark: Label,
    pub themes: BarTable,
    pub issuers: BarTable,
    pub sectors: BarTable,
    pub contributions: Option<Contributions>,
    pub effective: Option<String>,
    pub effective_benchmark: Option<String>,
    pub coverage: String,
    pub unknown: Vec<(Label, String)>,
    pub unvalued: Vec<Label>,
}

/// A table whose last column is a bar.
pub(super) struct BarTable {
    pub caption: &'static str,
    pub ticks: Ticks,
    pub rows: Vec<Row>,
}

/// One row of it.
pub(super) struct Row {
    pub name: Label,
    pub note: Label,
    pub now: String,
    pub after: String,
    pub cap: String,
    pub benchmark: String,
    pub bar: Bar,
}

/// What adds up to a theme.
pub(super) struct Contributions {
    pub theme: Label,
    pub total: String,
    pub through_funds: String,
    pub ticks: Ticks,
    pub rows: Vec<Contribution>,
}

/// One holding's part.
pub(super) struct Contribution {
    pub name: Label,
    pub note: &'static str,
    pub value: String,
    pub fraction: String,
    pub weight: String,
    pub bar: Bar,
}

/// A row before the scale of its table is known.
struct Draft {
    name: Label,
    note: Label,
    weights: Weights,
}

impl Spread {
    pub fn new(proposal: &Proposal) -> Spread {
        let exposure = &proposal.exposure;
        let count = |hhi: f64| (hhi > 0.0 && hhi.is_finite()).then(|| format!("{:.1}", 1.0 / hhi));
        let known = |symbol: &str| if symbol.is_empty() { Label::name("benchmark") } else { Label::short(symbol) };
        let shown = exposure.unknown.iter().filter(|part| part.weight.0 >= 0.0005).take(MOST_ROWS);
        Spread {
            benchmark: known(&exposure.benchmark.symbol),
            themes: table("Themes, counted through funds", themes(proposal)),
            issuers: table("Largest issuers, all share classes, direct and through funds", issuers(proposal)),
            sectors: table("Sectors (GICS), cash and the rest; these add up to everything", sectors(proposal)),
            contributions: main_theme(proposal).and_then(|(id, theme)| contributions(id, theme)),
            effective: count(exposure.hhi_issuers),
            effective_benchmark: exposure.benchmark.effective_issuers.map(|count| format!("{count:.1}")),
            coverage: Weight(exposure.coverage).percent(),
            unknown: shown.map(|part| (Label::name(&part.label), part.value.dollars())).collect(),
            unvalued: exposure.unvalued.iter().map(Label::name).collect(),
        }
    }
}

fn main_theme(proposal: &Proposal) -> Option<(&str, &ThemeExposure)> {
    let id = proposal.leading_cap()?.capped_theme()?;
    Some((id, proposal.exposure.themes.get(id)?))
}

/// Returns what a limit measured: now, after the plan, its bound and the benchmark's figure.
fn weights_of(proposal: &Proposal, verdict: &Verdict) -> Weights {
    let plan = &proposal.plan;
    Weights {
        now: plan.nothing.weights.get(&verdict.id).copied().or(verdict.measured.map(|weight| weight.0)),
        after: plan.outcome.weights.get(&verdict.id).copied(),
        cap: verdict.bound.map(|weight| weight.0),
        benchmark: verdict.benchmark.map(|weight| weight.0),
    }
}

/// Returns what lies beyond a limit before and after, where anything does.
fn over_note(weights: Weights) -> Label {
    let over = |weight: Option<f64>| Some(weight? - weights.cap?).filter(|over| *over > 0.0005);
    Label::words(match (over(weights.now), over(weights.after)) {
        (Some(now), Some(after)) => {
            format!("over by {:.1} points now, {:.1} after", now * 100.0, after * 100.0)
        }
        (Some(now), None) if weights.after.is_some() => {
            format!("over by {:.1} points now, inside its limit after", now * 100.0)
        }
        (Some(now), None) => format!("over by {:.1} points", now * 100.0),
        (None, Some(after)) => format!("over by {:.1} points after", after * 100.0),
        (None, None) => String::new(),
    })
}

fn themes(proposal: &Proposal) -> Vec<Draft> {
    let mut rows = Vec::new();
    let capped = proposal.verdicts.iter().filter_map(|verdict| Some((verdict.capped_theme()?, verdict)));
    let mut caps: Vec<(&str, &Verdict)> = capped.collect();
    let main = proposal.leading_cap().map(|verdict| &verdict.id);
    caps.sort_by_key(|(_, verdict)| Some(&verdict.id) != main);
    for (id, verdict) in &caps {
        let weights = weights_of(proposal, verdict);
        rows.push(Draft { name: Label::name(id), note: over_note(weights), weights });
    }
    for (id, theme) in &proposal.exposure.themes {
        if !caps.iter().any(|(capped, _)| capped == id) {
            let benchmark = proposal.exposure.benchmark.themes.get(id).copied();
            let weights = Weights { now: Some(theme.weight.0), benchmark, ..Weights::default() };
            rows.push(Draft { name: Label::name(id), note: Label::name("no limit"), weights });
        }
    }
    rows
}

fn issuers(proposal: &Proposal) -> Vec<Draft> {
    let exposure = &proposal.exposure;
    let rows = exposure.issuers.iter().take(8).map(|issuer| {
        let own = |about: &Subject| matches!(about, Subject::Issuer { id, .. } if *id == issuer.issuer);
        let weights = match proposal.cap_on(own) {
            Some(verdict) => weights_of(proposal, verdict),
            None => Weights {
                now: Some(issuer.weight.0),
                benchmark: exposure.benchmark.issuers.get(&issuer.issuer).copied(),
                ..Weights::default()
            },
        };
        let mut note = over_note(weights).to_string();
        if issuer.through_funds.0 >= 0.0005 {
            let sep = if note.is_empty() { "" } else { "; " };
            note.push_str(&format!("{sep}{} through funds", issuer.through_funds.percent()));
        }
        Draft { name: Label::name(&issuer.name), note: Label::words(note), weights }
    });
    rows.collect()
}

fn sectors(proposal: &Proposal) -> Vec<Draft> {
    let exposure = &proposal.exposure;
    let sector = |sector: &Sector| {
        let weights = match proposal.cap_on(|about| *about == Subject::Sector(*sector)) {
            Some(verdict) => weights_of(proposal, verdict),
            None => Weights {
                now: Some(exposure.sectors.get(sector).map_or(0.0, |weight| weight.0)),
                benchmark: exposure.benchmark.sectors.get(sector).copied(),
                ..Weights::default()
            },
        };
        Draft { name: Label::name(sector.id()), note: over_note(weights), weights }
    };
    let mut rows: Vec<Draft> = Sector::ALL.iter().map(sector).collect();
    let now = |row: &Draft| row.weights.now.unwrap_or(0.0);
    // Equal weights stay in the order of their GICS codes.
    rows.sort_by(|a, b| now(b).total_cmp(&now(a)));
    let plain = |name: &str, now: f64, after: Option<f64>| Draft {
        name: Label::name(name),
        note: Label::default(),
        weights: Weights { now: Some(now), after, ..Weights::default() },
    };
    rows.push(plain("bonds, commodities and the like", exposure.non_equity.0, None));
    let cash = exposure.cash.share_of(exposure.value).map_or(0.0, |weight| weight.0);
    rows.push(plain("cash", cash, cash_after(proposal)));
    rows.push(plain("unknown", exposure.unclassified.0, None));
    rows
}

/// Returns the weight of cash after the plan: what is there after deposits and withdrawals, and what the trades add or use.
fn cash_after(proposal: &Proposal) -> Option<f64> {
    let plan = &proposal.plan;
    if plan.outcome.cash.is_empty() || plan.nothing.cash.is_empty() {
        return None;
    }
    let sum = |outcome: &crate::plan::Outcome| outcome.cash.values().copied().sum::<Money>();
    let after = proposal.exposure.cash + sum(&plan.outcome) - sum(&plan.nothing);
    after.share_of(plan.outcome.value).map(|weight| weight.0)
}

fn table(caption: &'static str, drafts: Vec<Draft>) -> BarTable {
    let axis = Axis::holding(drafts.iter().flat_map(|draft| draft.weights.values()));
    let percent = |weight: Option<f64>| weight.map_or_else(|| "\u{2013}".to_owned(), |w| Weight(w).percent());
    let rows = drafts.into_iter().map(|draft| Row {
        bar: draft.weights.bar(&draft.name.to_string(), axis),
        now: percent(draft.weights.now),
        after: percent(draft.weights.after),
        cap: percent(draft.weights.cap),
        benchmark: percent(draft.weights.benchmark),
        name: draft.name,
        note: draft.note,
    });
    BarTable { caption, ticks: axis.ticks(), rows: rows.collect() }
}

fn contributions(id: &str, theme: &ThemeExposure) -> Option<Contributions> {
    let parts = &theme.contributions;
    let axis = Axis::holding(parts.iter().map(|part| part.weight.0));
    let bar = |name: &str, weight: f64| Weights { now: Some(weight), ..Weights::default() }.bar(name, axis);
    let mut rows: Vec<Contribution> = parts
        .iter()
        .take(MOST_ROWS)
        .map(|part| Contribution {
            name: Label::name(&part.label),
            note: if part.through_fund { "through the fund" } else { "" },
            value: part.value.dollars(),
            fraction: Weight(part.fraction).percent(),
            weight: part.weight.percent(),
            bar: bar(&part.label, part.weight.0),
        })
        .collect();
    let rest = parts.get(MOST_ROWS..).unwrap_or_default();
    if !rest.is_empty() {
        let weight: f64 = rest.iter().map(|part| part.weight.0).sum();
        let name = format!("{} more together", rest.len());
        rows.push(Contribution {
            bar: bar(&name, weight),
            name: Label::name(name),
            note: "",
            value: rest.iter().map(|part| part.value).sum::<Money>().dollars(),
            fraction: "\u{2013}".to_owned(),
            weight: Weight(weight).percent(),
        });
    }
    (!rows.is_empty()).then(|| Contributions {
        theme: Label::name(id),
        total: theme.weight.percent(),
        through_funds: theme.through_funds.percent(),
        ticks: axis.ticks(),
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure;

    #[test]
    fn a_note_says_what_is_over_before_and_after() {
        let note =
            |now, after, cap| over_note(Weights { now: Some(now), after, cap: Some(cap), benchmark: None }).to_string();
        assert_eq!(note(0.613, Some(0.564), 0.384), "over by 22.9 points now, 18.0 after");
        assert_eq!(note(0.182, Some(0.1), 0.1), "over by 8.2 points now, inside its limit after");
        assert_eq!(note(0.182, None, 0.1), "over by 8.2 points");
        assert_eq!(note(0.05, Some(0.06), 0.1), "");
    }

    #[test]
    fn many_contributions_are_added_up() {
        let part = |index: usize| exposure::Contribution {
            account: 0,
            position: index,
            label: format!("T{index}"),
            value: Money(crate::units::Decimal::from(100)),
            fraction: 1.0,
            weight: Weight(0.01),
            through_fund: false,
        };
        let theme = ThemeExposure { contributions: (0..20).map(part).collect(), ..ThemeExposure::default() };
        let table = contributions("tech", &theme).unwrap();
        let last = table.rows.last().unwrap();
        assert_eq!((table.rows.len(), last.name.to_string().as_str()), (16, "5 more together"));
        assert_eq!((last.value.as_str(), last.weight.as_str()), ("$500.00", "5.0%"));
    }
}
