//! Why an order is made, as a person would say it; the names by which it can be asked about come after.

use crate::model::{AssetKind, Measure, Side, Subject, Symbol};
use crate::proposal::Proposal;
use crate::rules::Verdict;
use crate::trades::{Reason, Trade};

/// Most limits that are named as the reason of an order.
const MOST: usize = 3;

/// Returns the reasons of an order, a sentence each: those that decide first, then what it serves besides.
pub fn sentences(proposal: &Proposal, trade: &Trade) -> Vec<String> {
    let (deciding, others) = proposal.reasons(trade);
    let mut said: Vec<String> = deciding.iter().take(MOST).map(|reason| sentence(proposal, trade, reason)).collect();
    let others = others.iter().filter_map(|reason| verdict(proposal, reason));
    let others: Vec<String> = others.take(MOST).map(|verdict| verdict.subject.to_string()).collect();
    if !others.is_empty() {
        let over = if others.len() > 1 { "they are over their limits" } else { "it is over its limit" };
        said.push(format!("it counts to {} too, and {over}", listed(&others)));
    }
    said
}

/// Returns the names of an order and of what asks for it: `(sell-NVDA-417-2026-03-03; limits.issuer.NVDA, limits.tech)`.
pub fn ids(proposal: &Proposal, trade: &Trade) -> String {
    let (deciding, others) = proposal.reasons(trade);
    let ids: Vec<&str> = deciding.iter().take(MOST).chain(others.iter().take(MOST)).map(|r| r.id.as_str()).collect();
    format!("({}; {})", trade.id, ids.join(", "))
}

fn verdict<'p>(proposal: &'p Proposal, reason: &Reason) -> Option<&'p Verdict> {
    proposal.verdicts.iter().find(|verdict| verdict.id == reason.id)
}

/// Returns one reason; where a rule measures no weight, its own evidence.
pub fn sentence(proposal: &Proposal, trade: &Trade, reason: &Reason) -> String {
    let Some(verdict) = verdict(proposal, reason) else { return reason.evidence.clone() };
    let own = verdict.reason.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
    let (Some(now), Some(bound)) = (verdict.measured, verdict.bound) else { return reason.evidence.clone() };
    let (subject, now, bound) = (&verdict.subject, now.percent(), bound.percent());
    if trade.side == Side::Buy {
        return match verdict.measured.is_some_and(|now| now.0 < LITTLE) {
            true => format!("you own no {subject}, and rotation wants {bound}{own}"),
            false => format!("{subject} is {now} of all you own, and rotation wants {bound}{own}"),
        };
    }
    if verdict.is_sleeve() {
        return format!("{subject} is {now} of all you own, and a stop leaves {bound} of it{own}");
    }
    let cap = verdict.limits.iter().find_map(|limit| match &limit.measure {
        Measure::ExposureCap { coefficients, .. } => Some(coefficients),
        _ => None,
    });
    let Some(coefficients) = cap else { return reason.evidence.clone() + &own };
    let counts = |symbol: &Symbol| coefficients.get(symbol).is_some_and(|share| *share > 0.0);
    let looked_through = !matches!(subject, Subject::Symbol(_) | Subject::Symbols(_));
    let through = if looked_through && holds_fund(proposal, counts) { ", through funds too" } else { "" };
    format!("{subject} is {now} of all you own{through}; your limit is {bound}{own}")
}

/// Weights below this are printed as none.
const LITTLE: f64 = 0.0005;

/// Returns whether a fund is held of which something is true.
fn holds_fund(proposal: &Proposal, counts: impl Fn(&Symbol) -> bool) -> bool {
    let positions = proposal.portfolio.accounts.iter().flat_map(|account| &account.positions);
    let mut funds = positions.filter(|position| matches!(position.kind, AssetKind::Etf | AssetKind::MutualFund));
    funds.any(|position| position.canonical.as_ref().is_some_and(&counts))
}

/// Returns `Apple`, `Apple and mag7`, `Apple, mag7 and tech-broad`.
fn listed(names: &[String]) -> String {
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
