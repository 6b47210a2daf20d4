//! How fast: what the whole way costs when it is to be done by another day.

use std::cmp::Ordering;

use chrono::NaiveDate;

use crate::explain::brief::{Place, Section, Table};
use crate::proposal::{Deadline, Proposal};
use crate::units::{Decimal, Money};

/// What a later day must save of the household to be worth it, as when the plan chooses its own.
const WORTH: Decimal = Decimal::from_parts(5, 0, 0, false, 4);
/// Less than this is no difference.
const DOLLAR: Money = Money(Decimal::ONE);

/// Says it, where another day costs something else.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let route = proposal.plan.route.as_ref()?;
    let all = &proposal.what_if.deadlines;
    let own = all.get(&route.by)?;
    // A later day under which more is left or paid is no way to go: until the plan's own day the same could be done.
    let cost = |found: &Deadline| found.tax + found.wait_cost;
    let worth = proposal.plan.nothing.value.times(WORTH);
    let is_cheaper = |found: &Deadline| found.left <= own.left + DOLLAR && cost(found) < cost(own) - worth;
    let is_shown = |by: NaiveDate, found: &Deadline| match by.cmp(&route.by) {
        Ordering::Less => differs(own, found),
        Ordering::Equal => true,
        Ordering::Greater => is_cheaper(found),
    };
    let rows: Vec<(NaiveDate, &Deadline)> =
        all.iter().filter(|(by, found)| is_shown(**by, found)).map(|(by, found)| (*by, found)).collect();
    if rows.len() < 2 {
        return None;
    }
    let yearly = |left: Money| {
        let price = Money::from_f64(left.to_f64() * route.wait_price);
        format!("{} a year", price.whole_dollars())
    };
    let mut table = Table::new("<<>>>", &["", "last run", "tax", "waiting", "still to sell"]);
    for (by, found) in rows {
        let name = if by == proposal.problem.as_of { "all of it now".to_owned() } else { format!("until {by}") };
        let last = found.done_by.map_or_else(|| "none".to_owned(), |day| day.to_string());
        // What is left then goes on waiting.
        let waiting = match found.left > DOLLAR {
            true => format!("{} + {}", found.wait_cost.dollars(), yearly(found.left)),
            false => found.wait_cost.dollars(),
        };
        let row = table.row([name, last, found.tax.dollars(), waiting, found.left.whole_dollars()]);
        if by == route.by {
            row.aside = "this plan".to_owned();
        }
    }
    table.row([
        "never".to_owned(),
        "none".to_owned(),
        Money::ZERO.dollars(),
        yearly(route.to_sell),
        route.to_sell.whole_dollars(),
    ]);
    // Days after the plan's own are there where it took the last that it may choose by itself.
    let later = all.iter().filter(|(by, found)| **by > route.by && is_cheaper(found));
    let cheaper = later.min_by_key(|(_, found)| cost(found)).map(|(by, found)| {
        let saved = (cost(own) - cost(found)).whole_dollars();
        format!("a plan takes three tax years at most unasked; `route.by = \"{by}\"` in broaden.toml saves {saved} more, waiting priced in")
    });
    Section::new("pace", "How fast", Place::After)
        .aside("tax of all years, in fractions of shares")
        .table(table)
        .words(cheaper)
        .if_any()
}

/// Whether another day costs something else, or leaves something else.
fn differs(own: &Deadline, other: &Deadline) -> bool {
    let apart = |one: Money, two: Money| (one - two).abs() >= DOLLAR;
    apart(own.tax, other.tax) || apart(own.left, other.left) || apart(own.wait_cost, other.wait_cost)
}
