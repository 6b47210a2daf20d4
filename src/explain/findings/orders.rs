//! What to do: the orders of each account with their lots and reasons.

use std::collections::{BTreeMap, BTreeSet};

use crate::explain::brief::{Place, Section, Table};
use crate::explain::{reasons, words};
use crate::model::{Side, Symbol, TaxTreatment};
use crate::proposal::Proposal;
use crate::trades::{self, Trade, has_tax_by_lot};
use crate::units::Money;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let section = Section::new("do", "What to do", Place::Answer).aside(words::summary(proposal));
    if proposal.trades.is_empty() {
        return Some(section.words(words::why_nothing(proposal)));
    }
    let mut section = section.words(words::exact_tax(proposal));
    let mut by_account: BTreeMap<&str, Vec<&Trade>> = BTreeMap::new();
    for trade in &proposal.trades {
        by_account.entry(&trade.account).or_default().push(trade);
    }
    for (account, trades) in by_account {
        section = section.table(table(proposal, account, &trades));
    }
    Some(section.words(notes(proposal)))
}

fn table(proposal: &Proposal, account: &str, trades: &[&Trade]) -> Table {
    let kind = proposal.problem.accounts.iter().find(|a| a.id == account).map_or(TaxTreatment::Taxable, |a| a.kind);
    let cash = proposal.plan.outcome.cash.get(account);
    let cash = cash.map_or_else(String::new, |cash| format!("; cash after: {}", cash.dollars()));
    let mut table = Table::new("<>>>><", &["", "shares", "", "price", "value", "lot"]);
    table.caption = format!("{account}, {}{cash}", kind.id());
    let mut above: Option<&Trade> = None;
    for trade in trades {
        let row = table.row([
            words::verb(trade.side).to_owned(),
            trade.amount(),
            trade.symbol.to_string(),
            trade.price_words(trade.price),
            trade.value.dollars(),
            lot(trade),
        ]);
        // Lots of one symbol are sold for the same reasons, which are said once.
        let said = above.is_some_and(|above| (above.side, &above.symbol) == (trade.side, &trade.symbol));
        if !said {
            row.notes.extend(reasons::sentences(proposal, trade));
        }
        row.notes.extend(words::lot_cost(proposal, trade));
        row.notes.push(reasons::ids(proposal, trade));
        above = Some(trade);
    }
    table
}

fn lot(trade: &Trade) -> String {
    let Some(lot) = &trade.lot else { return String::new() };
    match words::realised(lot, Money::whole_dollars) {
        Some(realised) => format!("{}  {realised}", words::day(lot.opened)),
        None => lot.opened.map(|date| date.to_string()).unwrap_or_default(),
    }
}

fn notes(proposal: &Proposal) -> Vec<String> {
    let average =
        |trade: &Trade| proposal.problem.average_cost.contains(&(trade.account.clone(), trade.symbol.clone()));
    // What has no date of its own, as inherited shares, may have other lots beside it.
    let has_lots = |trade: &Trade| {
        let own = proposal.problem.lots.iter().filter(|lot| lot.account == trade.account && lot.symbol == trade.symbol);
        own.count() > 1
    };
    let dated = |trade: &Trade| {
        let chosen = |lot: &crate::trades::LotSale| lot.gain.is_some() && (lot.opened.is_some() || has_lots(trade));
        trade.lot.as_ref().is_some_and(chosen) && !average(trade)
    };
    let mut notes = Vec::new();
    let unpriced: BTreeSet<&Symbol> =
        proposal.trades.iter().filter(|trade| trade.in_dollars).map(|trade| &trade.symbol).collect();
    notes.extend(unpriced.into_iter().map(words::unpriced));
    if has_tax_by_lot(&proposal.trades) {
        notes.push(trades::note(&proposal.problem).to_owned());
    }
    if proposal.trades.iter().any(|trade| trade.side == Side::Sell && average(trade)) {
        notes.push("shares at average cost are sold oldest first; there are no lots to choose".to_owned());
    }
    if proposal.trades.iter().any(dated) {
        notes.push("when selling, choose \"specific identification\" and the lots named above".to_owned());
    }
    notes
}
