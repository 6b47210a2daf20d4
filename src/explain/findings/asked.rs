//! What was asked for this run only, beside the plan without it.

use std::collections::BTreeMap;

use super::MOST_ROWS;
use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section, Table};
use crate::model::{Side, Symbol};
use crate::proposal::{Asked, Proposal};
use crate::units::{Money, Shares, Weight};

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let base = proposal.base.as_ref()?;
    let asked: Vec<String> = proposal.asked.iter().map(Asked::text).collect();
    let mut changed = changed(base, proposal);
    let mut table = figures(base, proposal);
    table.row(["orders changed".to_owned(), String::new(), orders_changed(base, proposal).to_string()]);
    let rest = changed.rows.len().saturating_sub(MOST_ROWS);
    changed.rows.truncate(MOST_ROWS);
    let rest = (rest > 0).then(|| format!("and {}", counted(rest, "more line", "more lines")));
    let section = Section::new("asked", "What if", Place::Answer).aside(asked.join("  "));
    Some(section.table(table).table(changed).words(rest))
}

/// What both plans come to.
fn figures(base: &Proposal, proposal: &Proposal) -> Table {
    let mut table = Table::new("<>>", &["", "as it is", "what if"]);
    let mut row = |name: &str, of: &dyn Fn(&Proposal) -> Option<String>| {
        let cells = [of(base), of(proposal)];
        if cells.iter().any(Option::is_some) {
            let [before, after] = cells.map(Option::unwrap_or_default);
            table.row([name.to_owned(), before, after]);
        }
    };
    let tax = |money: Money| Some(money.dollars());
    row("tax of this run", &|plan| tax(plan.plan.outcome.tax));
    row("tax of the whole route", &|plan| plan.plan.route.as_ref().and_then(|route| tax(route.tax)));
    if let Some(cap) = proposal.leading_cap().or_else(|| base.leading_cap()) {
        let own = |plan: &Proposal| plan.verdicts.iter().find(|verdict| verdict.id == cap.id).cloned();
        let after = |plan: &Proposal| plan.plan.outcome.weights.get(&cap.id).map(|weight| Weight(*weight).percent());
        row(&format!("{} after", cap.subject), &after);
        row("its limit", &|plan| own(plan)?.bound.map(Weight::percent));
    }
    row("furthest over after", &|plan| tax(plan.plan.outcome.furthest_over()));
    row("sold", &|plan| tax(plan.plan.outcome.sold));
    row("bought", &|plan| tax(plan.plan.outcome.bought));
    row("orders", &|plan| Some(orders(plan).len().to_string()));
    table
}

/// Shares by order: what is bought or sold of a symbol in an account.
fn orders(plan: &Proposal) -> BTreeMap<(&str, Side, &Symbol), Shares> {
    let mut all = BTreeMap::new();
    for trade in &plan.trades {
        *all.entry((trade.account.as_str(), trade.side, &trade.symbol)).or_default() += trade.quantity;
    }
    all
}

fn orders_changed(base: &Proposal, proposal: &Proposal) -> usize {
    let (before, after) = (orders(base), orders(proposal));
    let gone = before.keys().filter(|order| !after.contains_key(order)).count();
    gone + after.iter().filter(|(order, shares)| before.get(order) != Some(shares)).count()
}

/// The lines that differ, with the shares of both.
fn changed(base: &Proposal, proposal: &Proposal) -> Table {
    let mut table = Table::new("<<>>", &["", "line", "as it is", "what if"]);
    let shares = |plan: &Proposal, id: &str| -> Shares {
        plan.trades.iter().filter(|trade| trade.id == id).map(|trade| trade.quantity).sum()
    };
    let gone = base.trades.iter().filter(|trade| !proposal.trades.iter().any(|other| other.id == trade.id));
    for trade in proposal.trades.iter().chain(gone) {
        let (before, after) = (shares(base, &trade.id), shares(proposal, &trade.id));
        if before != after {
            let amount = |shares| proposal.amount(&trade.symbol, shares);
            table.row([change(before, after).to_owned(), trade.id.clone(), amount(before), amount(after)]);
        }
    }
    table
}

/// Returns `new`, `gone` or `changed`.
pub(super) fn change(before: Shares, after: Shares) -> &'static str {
    match (before.is_zero(), after.is_zero()) {
        (true, _) => "new",
        (_, true) => "gone",
        _ => "changed",
    }
}
