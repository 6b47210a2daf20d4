//! What changed since an earlier proposal, and why.

use super::MOST_ROWS;
use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section, Table};
use crate::explain::words;
use crate::proposal::{Cause, OrderChange, Proposal};

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let since = proposal.since.as_ref()?;
    let same = counted(since.same, "order", "orders");
    let changed = since.orders.len();
    let aside = match changed {
        0 => format!("{} of {}: no order changed, {same} the same", since.name, since.as_of),
        _ => format!(
            "{} of {}: {} changed, {same} the same",
            since.name,
            since.as_of,
            counted(changed, "order", "orders")
        ),
    };
    let mut table = Table::new("<<", &[]);
    for (index, order) in since.orders.iter().enumerate() {
        let (word, what) = change(order);
        let row = table.row([word.to_owned(), what]);
        let lots = order.lots.iter().map(|lot| format!("lot {}: {} -> {}", lot.lot, lot.before, lot.after));
        row.notes.extend(lots);
        // Said once for orders that changed for the same reasons.
        if since.orders.get(index + 1).is_none_or(|next| next.because != order.because) {
            row.notes.extend(order.because.iter().map(|because| format!("because {because}")));
        }
    }
    let mut done = Table::new("<<>>", &["", "order", "proposed", "done"]);
    done.caption = "what became of it, by the recorded trades".to_owned();
    for order in &since.done {
        let word = match (order.proposed, order.done) {
            (proposed, done) if proposed == done => "done",
            (_, done) if done.is_zero() => "not done",
            (proposed, _) if proposed.is_zero() => "not proposed",
            (proposed, done) if done > proposed => "beyond it",
            _ => "in part",
        };
        let what = format!("{} {} in {}", words::verb(order.side), order.symbol, order.account);
        done.row([word.to_owned(), what, order.proposed.text(), order.done.text()]);
    }
    let drift = since.drift.iter().take(MOST_ROWS).map(|own| {
        let percent = |weight: f64| crate::units::Weight(weight).percent();
        format!("{}: {} was to be left, and it is {}", own.id, percent(own.planned), percent(own.now))
    });
    let drift: Vec<String> = drift.collect();
    let mut different = Vec::new();
    for kind in ["program", "day", "option", "config", "holdings", "signal", "price"] {
        let of_kind: Vec<&Cause> = since.causes.iter().filter(|cause| cause.kind == kind).collect();
        different.extend(of_kind.iter().take(MOST_ROWS).map(|cause| format!("{kind}: {}", cause.words())));
        if of_kind.len() > MOST_ROWS {
            let rest = counted(of_kind.len() - MOST_ROWS, "smaller one", "smaller ones");
            different.push(format!("{kind}: and {rest} in --json"));
        }
    }
    if !different.is_empty() {
        different.insert(0, "what is different:".to_owned());
    }
    let section = Section::new("since", "Since an earlier proposal", Place::State).aside(aside).table(table);
    Some(section.table(done).words(drift).words(different).words(since.notes.iter().cloned()))
}

/// Returns `new` with `buy 90 KRE in ...417 Individual`, or `changed` with `sell 14 -> 48 AAPL in ...`.
fn change(order: &OrderChange) -> (&'static str, String) {
    let verb = words::verb(order.side);
    let tail = format!("{} in {}", order.symbol, order.account);
    match (&order.before, &order.after) {
        (None, Some(after)) => ("new", format!("{verb} {after} {tail}")),
        (Some(before), None) => ("gone", format!("{verb} {before} {tail}")),
        (before, after) => {
            let text = |shares: &Option<String>| shares.clone().unwrap_or_else(|| "0".to_owned());
            ("changed", format!("{verb} {} -> {} {tail}", text(before), text(after)))
        }
    }
}
