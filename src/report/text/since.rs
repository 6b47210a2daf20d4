//! What changed since an earlier proposal, and why.

use super::MOST_ROWS;
use crate::diagnostics::counted;
use crate::model::Side;
use crate::proposal::{Cause, OrderChange, Since};
use crate::report::page::Page;

/// Writes the section.
pub(super) fn write(page: &mut Page, since: &Since) {
    let same = counted(since.same, "order", "orders");
    let changed = since.orders.len();
    let aside = match changed {
        0 => format!("of {}: no order changed, {same} the same", since.as_of),
        _ => format!("of {}: {} changed, {same} the same", since.as_of, counted(changed, "order", "orders")),
    };
    page.heading(&format!("SINCE {}", since.name), &aside);
    for (index, order) in since.orders.iter().enumerate() {
        page.line(format!("  {}", change(order)));
        for lot in &order.lots {
            page.line(format!("      lot {}: {} -> {}", lot.lot, lot.before, lot.after));
        }
        // Said once for orders that changed for the same reasons.
        if since.orders.get(index + 1).is_none_or(|next| next.because != order.because) {
            for because in &order.because {
                page.sentence(6, &format!("because {because}"));
            }
        }
    }
    if !since.causes.is_empty() {
        page.line("  what is different:");
    }
    for kind in ["program", "day", "option", "config", "holdings", "signal", "price"] {
        let of_kind: Vec<&Cause> = since.causes.iter().filter(|cause| cause.kind == kind).collect();
        for cause in of_kind.iter().take(MOST_ROWS) {
            page.sentence(4, &format!("{kind}: {}", cause.words()));
        }
        if of_kind.len() > MOST_ROWS {
            let rest = counted(of_kind.len() - MOST_ROWS, "smaller one", "smaller ones");
            page.line(format!("    {kind}: and {rest} in --json"));
        }
    }
    for note in &since.notes {
        page.sentence(2, note);
    }
}

/// Returns `new: buy 90 KRE in ...417 Individual`, `gone: ...`, `changed: sell 14 -> 48 AAPL in ...`.
fn change(order: &OrderChange) -> String {
    let verb = if order.side == Side::Sell { "sell" } else { "buy" };
    let tail = format!("{} in {}", order.symbol, order.account);
    match (&order.before, &order.after) {
        (None, Some(after)) => format!("new      {verb} {after} {tail}"),
        (Some(before), None) => format!("gone     {verb} {before} {tail}"),
        (before, after) => {
            let text = |shares: &Option<String>| shares.clone().unwrap_or_else(|| "0".to_owned());
            format!("changed  {verb} {} -> {} {tail}", text(before), text(after))
        }
    }
}
