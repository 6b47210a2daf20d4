//! What must be known before acting: warnings of the run, cash that lies idle, limits that no sale can meet, what
//! withdrawals cost, and cash that is not to be spent.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::left::idle_cash;
use crate::diagnostics::{Diagnostic, Severity};
use crate::explain::brief::{Place, Section};
use crate::explain::words;
use crate::household::DUE;
use crate::model::{Limit, Measure, Symbol};
use crate::proposal::Proposal;
use crate::units::{Money, Weight};

/// Names of holdings in one sentence.
const MOST_NAMES: usize = 3;

/// Says it, the gravest first.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let mut raised: Vec<&Diagnostic> =
        proposal.diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Note).collect();
    raised.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let raised = raised.into_iter().map(|item| format!("{}: {}", item.severity.word(), said(item, true)));
    let idle = idle_cash(proposal).map(|words| format!("warning: {words}"));
    let kept = proposal.problem.kept_for_tax;
    let kept = kept.is_positive().then(|| {
        let (kept, year) = (kept.whole_dollars(), proposal.as_of.year());
        let due = if (proposal.as_of.month(), proposal.as_of.day()) <= DUE {
            format!("what last year's owe is due by 15 April {year}, what this year's owe a year later")
        } else {
            format!("it is due by 15 April {}", year + 1)
        };
        format!("Of the cash, {kept} stays for the tax of sales that trades.csv records; {due}, estimates of it sooner")
    });
    let words =
        idle.into_iter().chain(untraded(proposal)).chain(raised).chain(proposal.distributions.words()).chain(kept);
    Section::new("warnings", "Know before you act", Place::Head).words(words).if_any()
}

/// Says of each cap that what is never traded, or not to be sold, exceeds by itself.
fn untraded(proposal: &Proposal) -> Vec<String> {
    let (problem, value) = (&proposal.problem, proposal.plan.outcome.value);
    let mut kept: BTreeMap<&Symbol, Money> = BTreeMap::new();
    for holding in &problem.fixed {
        *kept.entry(&holding.symbol).or_default() += holding.value;
    }
    for lot in problem.lots.iter().filter(|lot| lot.locked.is_some() && lot.unlocks.is_none()) {
        let price = problem.securities.get(&lot.symbol).map(|security| security.price);
        *kept.entry(&lot.symbol).or_default() += price.map_or(Money::ZERO, |price| price * lot.quantity);
    }
    let alone = |limit: &Limit| {
        let Measure::ExposureCap { coefficients, cap, .. } = &limit.measure else { return None };
        let part = |(symbol, held): (&&Symbol, &Money)| {
            let share = coefficients.get(*symbol).copied().unwrap_or_default() * held.share_of(value)?.0;
            (share > 0.0).then(|| (share, symbol.to_string()))
        };
        let mut parts: Vec<(f64, String)> = kept.iter().filter_map(part).collect();
        parts.sort_by(|one, other| other.0.total_cmp(&one.0));
        let all: f64 = parts.iter().map(|(share, _)| share).sum();
        let names: Vec<String> = parts.into_iter().take(MOST_NAMES).map(|(_, name)| name).collect();
        let is_over = all > cap.0 && proposal.plan.outcome.excess.get(&limit.id).is_some_and(|over| over.is_positive());
        is_over.then(|| {
            format!(
                "warning: what is not to be sold here ({}) is {} {} alone, and your limit is {}: no sale of the rest can meet it ({})",
                names.join(", "),
                Weight(all).percent(),
                words::subject(proposal, &limit.id),
                cap.percent(),
                limit.id
            )
        })
    };
    problem.limits.iter().filter_map(alone).collect()
}

/// Says a diagnostic in a line, with its place, and its hint where that is wanted.
pub fn said(item: &Diagnostic, hinted: bool) -> String {
    let place = item.place.as_ref().map_or_else(String::new, |place| format!(" ({})", place.locator()));
    let after = if item.message.ends_with('?') { " " } else { "; " };
    let hint = item.hint.as_ref().filter(|_| hinted).map_or_else(String::new, |hint| format!("{after}{hint}"));
    format!("{}{place}{hint}", item.message)
}
