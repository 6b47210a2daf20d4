//! What it would take to be inside the limits, as far as that can be said, and what to write so that it can be said better.

use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section, Table};
use crate::explain::words;
use crate::proposal::{Open, Proposal, Unsaid};
use crate::units::Money;

/// A difference of less is none.
const WORTH: Money = Money(crate::units::Decimal::ONE);

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let open = proposal.open.as_ref()?;
    let mut table = Table::new("><", &[]);
    table.caption =
        "what would change it most, with what to write at the top of broaden.toml (or answer `broaden setup PATH`)"
            .to_owned();
    for (unsaid, number) in open.inputs.iter().zip(1..) {
        let row = table.row([number.to_string(), unsaid.what.clone()]);
        row.aside = changes(unsaid);
        row.notes = std::iter::once(format!("taken as: {}", unsaid.taken)).chain(unsaid.write.clone()).collect();
    }
    let section = Section::new("takes", "What it would take", Place::State)
        .aside(aside(open))
        .words(unknown(open))
        .words(left(open))
        .words(unplanned(open));
    Some(section.table(table))
}

/// Returns what all of it comes to: `sell $52,595 in 11 runs, tax between $2,180 and $4,034`.
fn aside(open: &Open) -> String {
    let (least, most) = (&open.least, &open.most);
    if most.sold < WORTH {
        return "nothing must be sold, as far as is known".to_owned();
    }
    let sold = match most.sold - least.sold < WORTH {
        true => most.sold.whole_dollars(),
        false => between(least.sold, most.sold),
    };
    let tax = match is_open(open) {
        true => format!("tax {}", between(least.tax, most.tax)),
        false => words::tax(most.tax),
    };
    format!("sell {sold} in {}, {tax}", counted(most.runs, "run", "runs"))
}

/// Returns whether the tax is a range.
fn is_open(open: &Open) -> bool {
    open.most.tax - open.least.tax >= WORTH
}

/// Says what the range comes from.
fn unknown(open: &Open) -> Option<String> {
    let names = open.unknown.join(" and ");
    let planned = words::tax(open.planned.tax);
    (is_open(open) && !names.is_empty()).then(|| {
        format!("the range is that of all {names} that are possible, planned at both ends; as planned here: {planned}")
    })
}

/// Says what the plan leaves of it.
fn left(open: &Open) -> Option<String> {
    let left = open.most.sold - open.planned.sold;
    (left >= WORTH && !open.worth.is_empty()).then(|| {
        format!("{} of it is not in this plan, which keeps to {}", left.whole_dollars(), open.worth.join(", "))
    })
}

/// Says that not everything was looked at.
fn unplanned(open: &Open) -> Option<String> {
    let count = counted(open.unplanned, "plan", "plans");
    (open.unplanned > 0).then(|| format!("{count} that this asks for could not be made here: it may be more, or less"))
}

/// Says between what figures lie.
fn changes(unsaid: &Unsaid) -> String {
    let (least, most) = (&unsaid.least, &unsaid.most);
    let figures = [("tax", least.tax, most.tax), ("sales", least.sold, most.sold)];
    let apart: Vec<_> = figures.into_iter().filter(|(_, least, most)| *most - *least >= WORTH).collect();
    // What is bought with more or less of the same sales, after more or less tax, is no news.
    let follows: Money = apart.iter().map(|(_, least, most)| *most - *least).sum::<Money>() + WORTH;
    let bought = ("purchases", least.bought, most.bought);
    let apart = apart.into_iter().chain(Some(bought).filter(|(_, least, most)| *most - *least >= follows));
    apart.map(|(name, least, most)| format!("{name} {}", between(least, most))).collect::<Vec<_>>().join("; ")
}

fn between(low: Money, high: Money) -> String {
    let dollars = |amount: Money| match amount.is_negative() {
        true => format!("-{}", amount.abs().whole_dollars()),
        false => amount.whole_dollars(),
    };
    format!("between {} and {}", dollars(low), dollars(high))
}
