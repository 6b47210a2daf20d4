//! An account: how it is taxed and how that is known, what may be traded in it, its cash before and after.

use super::words;
use crate::diagnostics::counted;
use crate::holdings::key_matches;
use crate::model::{AccountKindOrigin, Side, Symbol};
use crate::proposal::Proposal;
use crate::units::Money;

/// Returns what is known of the accounts that a name means.
pub(super) fn lines(proposal: &Proposal, name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let all = || proposal.portfolio.accounts.iter();
    let mut meant: Vec<_> = all().filter(|account| key_matches(name, account)).collect();
    // Part of a label is enough to ask about an account, where it cannot mean a ticker.
    if meant.is_empty() && name.chars().count() >= 3 && !proposal.problem.securities.contains_key(&Symbol::new(name)) {
        meant = all().filter(|account| account.label().to_lowercase().contains(&name.to_lowercase())).collect();
    }
    for account in meant {
        let label = account.label();
        let origin = match &account.kind_origin {
            AccountKindOrigin::Config(Some(place)) => format!("says {}", place.locator()),
            AccountKindOrigin::Config(None) => "says its file".to_owned(),
            AccountKindOrigin::GuessedFromName => "guessed from its name; set [accounts] to change it".to_owned(),
            AccountKindOrigin::Assumed => "assumed; set [accounts] to change it".to_owned(),
        };
        lines.push(format!("{label}: {}, {origin}", account.kind.id()));
        lines.extend(account.place.as_ref().map(|place| format!("  read from {}", place.locator())));
        lines.extend(account.as_of.map(|day| format!("  as of {day}")));
        let value: Money = account.positions.iter().filter_map(crate::model::Position::base_value).sum();
        let holdings = counted(account.positions.len(), "holding", "holdings");
        lines.push(format!("  {holdings}, {}", value.dollars()));
        let Some(own) = proposal.problem.accounts.iter().find(|own| own.id == label) else {
            lines.push("  in no figure of this run".to_owned());
            continue;
        };
        if !own.kind.is_taxable() {
            lines.push("  sales here are not taxed".to_owned());
        }
        let sum = |side| {
            let own = proposal.trades.iter().filter(|trade| trade.account == label && trade.side == side);
            own.map(|trade| trade.value).sum::<Money>().dollars()
        };
        let flow = match own.flow {
            flow if flow.is_positive() => format!(" + {} coming", flow.dollars()),
            flow if flow.is_negative() => format!(" - {} going", flow.abs().dollars()),
            _ => String::new(),
        };
        let after = proposal.plan.outcome.cash.get(&label).map_or_else(String::new, |cash| cash.dollars());
        lines.push(format!(
            "  cash {}{flow} + sales {} - purchases {}, less spreads = {after}; {} must stay",
            own.cash.dollars(),
            sum(Side::Sell),
            sum(Side::Buy),
            own.reserve.dollars()
        ));
        let list = |symbols: &[Symbol]| symbols.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match &own.menu {
            Some(menu) if menu.is_empty() => lines.push("  nothing is bought here".to_owned()),
            Some(menu) => lines.push(format!("  only these are bought here: {}", list(menu))),
            None => {}
        }
        if !own.do_not_buy.is_empty() {
            lines.push(format!("  never bought here: {}", list(&own.do_not_buy)));
        }
        if !own.do_not_sell.is_empty() {
            lines.push(format!("  never sold here: {}", list(&own.do_not_sell)));
        }
        for lot in proposal.problem.lots.iter().filter(|lot| lot.account == label) {
            if let Some(why) = proposal.plan.held_back.get(&lot.id).or(lot.locked.as_ref()) {
                let opened = words::of_day(lot.acquired);
                lines.push(format!("  not for sale: {} {} {opened}: {why}", lot.quantity.text(), lot.symbol));
            }
        }
        for trade in proposal.trades.iter().filter(|trade| trade.account == label) {
            let verb = words::verb(trade.side);
            let ids: Vec<&str> = trade.reasons().map(|reason| reason.id.as_str()).collect();
            lines.push(format!("  {verb} {} {}: {}", trade.amount(), trade.symbol, ids.join(", ")));
        }
    }
    lines
}
