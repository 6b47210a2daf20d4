//! Market data that the config wants and no file has: what hangs on them, and where they are to be had.

use crate::explain::brief::{Place, Section, Table};
use crate::proposal::Proposal;

/// Files that are named; the rest is counted.
const NAMED: usize = 6;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let missing = &proposal.missing;
    let mut table = Table::new("<<<", &["save as", "for, and its part of the strength", "site"]);
    for one in missing.iter().take(NAMED) {
        let weight = if one.weight > 0.0 { format!(", {:.0}%", 100.0 * one.weight) } else { String::new() };
        let first: Vec<&str> = one.wanted_for.iter().take(2).map(String::as_str).collect();
        let more = if one.wanted_for.len() > first.len() { " and others" } else { "" };
        // The first site is enough here.
        let site = one.by_hand.split([',', ';']).next().unwrap_or_default();
        table.row([one.save_as.clone(), format!("{}{more}{weight}", first.join(", ")), site.to_owned()]);
    }
    let more = missing.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("and {more} more; ") } else { String::new() };
    let words = format!("{more}`broaden fetch` gets most of them, and `broaden market` lists all with their ways");
    let served = 100.0 * (1.0 - missing.iter().map(|one| one.weight).sum::<f64>());
    Section::new("missing", "Market data that are missing", Place::State)
        .aside(format!("files for {:.0}% of the strength are there", served.max(0.0)))
        .table(table)
        .if_any()
        .map(|section| section.words([words]))
}
