//! What the plan changes and leaves: limits before and after, what stops it, doing nothing, what is near, and the
//! record of the run.

use super::MOST_ROWS;
use crate::diagnostics::counted;
use crate::explain;
use crate::model::Subject;
use crate::proposal::Proposal;
use crate::report::page::Page;
use crate::rules::Verdict;
use crate::units::{Money, Weight};

/// Most rules that did not fire and are named.
const NEAREST: usize = 3;
/// A change of weight that is worth a row, if nothing else is.
const WORTH: f64 = 0.005;

/// Writes what changes.
pub(super) fn changes(page: &mut Page, proposal: &Proposal) {
    if proposal.trades.is_empty() {
        return;
    }
    page.heading("WHAT CHANGES", "");
    let mut rows = vec![["", "before", "after", "limit"].map(str::to_owned).to_vec()];
    for verdict in proposal.verdicts.iter().filter(|verdict| !verdict.is_sleeve()) {
        let (Some(before), Some(after)) =
            (proposal.plan.nothing.weights.get(&verdict.id), proposal.plan.outcome.weights.get(&verdict.id))
        else {
            continue;
        };
        if verdict.fired || (before - after).abs() >= WORTH {
            // What a buy cap is about is a list of tickers that its id names in short.
            let name = if matches!(verdict.subject, Subject::Symbols(_)) {
                verdict.id.clone()
            } else {
                format!("{} ({})", verdict.subject, verdict.id)
            };
            let limit = verdict.bound.map_or_else(String::new, Weight::percent);
            rows.push(vec![name, Weight(*before).percent(), Weight(*after).percent(), limit]);
        }
    }
    page.table(2, "<>>>", &rows);
}

/// Writes what is left, what doing nothing means, and what going back would cost.
pub(super) fn left(page: &mut Page, proposal: &Proposal) {
    let lines = explain::left(proposal);
    if !lines.is_empty() {
        page.heading("WHAT WAS LEFT", "");
        lines.iter().for_each(|line| page.sentence(2, line));
        explain::stopped(proposal, MOST_ROWS).iter().for_each(|line| page.sentence(2, line));
    }
    page.heading("DOING NOTHING", &explain::nothing(proposal));
    if proposal.trades.is_empty() {
        return;
    }
    let cost = proposal.reversal_cost().whole_dollars();
    page.heading(
        "REVERSING THIS",
        &format!("would cost about {cost}: the tax is not given back, and spreads are paid again"),
    );
}

/// Writes which rules were nearest to firing.
pub(super) fn quiet_rules(page: &mut Page, proposal: &Proposal) {
    let mut quiet: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| !verdict.fired).collect();
    if quiet.is_empty() {
        return;
    }
    page.heading("WHAT DID NOT FIRE", &counted(quiet.len(), "rule", "rules"));
    quiet.sort_by(|a, b| b.nearness().total_cmp(&a.nearness()).then_with(|| a.id.cmp(&b.id)));
    for verdict in quiet.iter().take(NEAREST) {
        page.sentence(2, &format!("{}: {}", verdict.id, verdict.evidence));
    }
    if quiet.len() > NEAREST {
        page.line(format!("  and {} further away: `broaden explain PATH` lists them", quiet.len() - NEAREST));
    }
}

/// Writes what is never traded.
pub(super) fn excluded(page: &mut Page, proposal: &Proposal) {
    if proposal.excluded.is_empty() {
        return;
    }
    let total: Money = proposal.excluded.iter().filter_map(|holding| holding.value).map(Money::abs).sum();
    page.heading("SHOWN AND LEFT ALONE", &total.dollars());
    let short = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let rows: Vec<Vec<String>> = proposal
        .excluded
        .iter()
        .map(|holding| {
            let value = holding.value.map_or_else(|| "unknown".to_owned(), Money::dollars);
            // The digits of the account tell it apart.
            let account = holding.account.split_whitespace().next().unwrap_or_default();
            vec![short(account, 12), short(&holding.label, 24), value]
        })
        .collect();
    for (line, holding) in page.layout("<<>", &rows).into_iter().zip(&proposal.excluded) {
        page.line(format!("  {line}  {}", holding.why));
    }
}

/// Writes how the answer was found and from what.
pub(super) fn record(page: &mut Page, proposal: &Proposal) {
    page.text.push('\n');
    for note in &proposal.plan.notes {
        page.sentence(0, note);
    }
    if !proposal.plan.solver.is_empty() {
        page.sentence(0, &format!("solver: {}", proposal.plan.solver));
    }
    let defaults = if proposal.has_config {
        ""
    } else {
        " All rules are defaults: `broaden init` writes them to a file you can edit."
    };
    let digest: String = proposal.config_digest.chars().take(12).collect();
    page.sentence(0, &format!("inputs {}; config {digest}.{defaults}", inputs(proposal)));
    if let Some(trade) = proposal.trades.first() {
        page.sentence(0, &format!("next: `broaden explain {} PATH`, `-o report.html`, `-o orders.csv`", trade.symbol));
    }
}

/// Returns the files with the beginning of their digests, the folder they share said once.
fn inputs(proposal: &Proposal) -> String {
    let folder = |name: &str| name.rfind('/').map_or(0, |end| end + 1);
    let own = proposal.files.iter().filter(|file| file.role != "previous");
    let names: Vec<&str> = own.map(|file| file.name()).collect();
    let first = names.first().copied().unwrap_or_default();
    let mut shared = first.get(..folder(first)).unwrap_or_default();
    while !shared.is_empty() && !names.iter().all(|name| name.starts_with(shared)) {
        let up = shared.trim_end_matches('/');
        shared = up.get(..folder(up)).unwrap_or_default();
    }
    let shared = if names.len() > 1 { shared } else { "" };
    let list: Vec<String> = proposal
        .files
        .iter()
        .map(|file| {
            let name = file.name().strip_prefix(shared).unwrap_or(file.name());
            format!("{name} {}", file.sha256().chars().take(8).collect::<String>())
        })
        .collect();
    let shared = if shared.is_empty() { String::new() } else { format!("in {shared}: ") };
    format!("{shared}{}", list.join(", "))
}
