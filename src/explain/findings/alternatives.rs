//! What the same money would do otherwise: all of it now, only what is not taxed, nothing.

use crate::explain::brief::{Place, Section, Table};
use crate::plan::Outcome;
use crate::proposal::{Circumstance, Proposal};

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let found = &proposal.what_if;
    if found.alternatives.is_empty() || (proposal.trades.is_empty() && !worth_it(proposal)) {
        return None;
    }
    let mut table = Table::new("<>>>>", &["", "sells", "tax", "furthest over", "sleeves short"]);
    let mut add = |name: &str, outcome: &Outcome| {
        let levels = &outcome.levels;
        let row = table.row([
            name.to_owned(),
            outcome.sold.dollars(),
            outcome.tax.dollars(),
            outcome.furthest_over().dollars(),
            levels.gaps.dollars(),
        ]);
        // A plan that does not raise what is withdrawn is no cheaper one.
        if levels.cash_shortfall.is_positive() {
            row.aside = format!("cash short {}", levels.cash_shortfall.dollars());
        }
    };
    for (circumstance, name) in [
        (Circumstance::AllNow, "all of it now"),
        (Circumstance::ShelteredOnly, "only accounts without tax"),
        (Circumstance::Untaxed, "if gains were not taxed"),
    ] {
        if let Some(outcome) = found.alternatives.get(&circumstance) {
            add(name, outcome);
        }
    }
    add("this plan", &proposal.plan.outcome);
    add("doing nothing", &proposal.plan.nothing);
    Section::new("alternatives", "What the same money would do otherwise", Place::After)
        .aside("in fractions of shares, other than this plan")
        .table(table)
        .if_any()
}

/// Where nothing is sold, other plans are of interest only if they would do something.
fn worth_it(proposal: &Proposal) -> bool {
    proposal.what_if.alternatives.values().any(|outcome| !outcome.sold.is_zero() || !outcome.bought.is_zero())
}
