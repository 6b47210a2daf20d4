//! A ticker or one of its lots: what it counts to, what the plan does with it and why, and what each lot costs.

use super::findings::unsold::why_kept;
use super::{what_if, words};
use crate::diagnostics::counted;
use crate::model::{Measure, Position, Subject, Symbol};
use crate::plan::{Outcome, PlanLot};
use crate::proposal::Proposal;
use crate::tax;
use crate::trades::{self, Line, Taxed};
use crate::units::{Money, Shares};

/// Takes `NVDA 2021-11-04` apart.
fn dated(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once([' ', ':', '@']) {
        Some((ticker, day)) if day.len() == 10 && day.parse::<chrono::NaiveDate>().is_ok() => {
            (ticker.trim(), Some(day))
        }
        _ => (name, None),
    }
}

/// Returns the lines that a name is of: one, or all of an order.
fn named(proposal: &Proposal, name: &str) -> Vec<Line> {
    let is = |line: &Line| line.id.eq_ignore_ascii_case(name) || line.order.eq_ignore_ascii_case(name);
    let looks =
        ["sell-", "buy-"].iter().any(|side| name.get(..side.len()).is_some_and(|s| s.eq_ignore_ascii_case(side)));
    // A household has thousands of them, and most names are none.
    if looks { trades::lines(&proposal.problem).into_iter().filter(is).collect() } else { Vec::new() }
}

/// Returns the lots that a name means: `NVDA 2021-11-04`, the name of their line, or the id of a lot in a report or the JSON.
pub(super) fn lots<'p>(proposal: &'p Proposal, name: &str) -> Vec<&'p PlanLot> {
    let lines = named(proposal, name);
    let of_line = |lot: &&PlanLot| lines.iter().any(|line| line.lot == Some(lot.id));
    if !lines.is_empty() {
        return proposal.problem.lots.iter().filter(of_line).collect();
    }
    // The id of a lot may end in a day, and is no ticker with a day all the same.
    let is_id = |lot: &&PlanLot| lot.words() == name || lot.origin.words(&lot.symbol) == name;
    let found: Vec<&PlanLot> = proposal.problem.lots.iter().filter(is_id).collect();
    let (ticker, Some(day)) = dated(name) else { return found };
    if !found.is_empty() {
        return found;
    }
    let symbol = Symbol::new(ticker);
    let of_day = |lot: &&PlanLot| lot.symbol == symbol && lot.acquired.is_some_and(|date| date.to_string() == day);
    proposal.problem.lots.iter().filter(of_day).collect()
}

/// Whether a position is known by a ticker: as reports name it, or as the broker spells it.
fn is_of(position: &Position, symbol: &Symbol) -> bool {
    position.canonical.as_ref() == Some(symbol)
        || position.symbol.as_ref().is_some_and(|own| Symbol::new(own) == *symbol)
}

/// Returns what is known of a ticker (`NVDA`), of lots of it (`NVDA 2021-11-04`, or the id of a lot in the JSON) or of a
/// line (`sell-NVDA-417-2021-11-04`).
pub(super) fn lines(proposal: &Proposal, name: &str) -> Vec<String> {
    let (ticker, day) = dated(name);
    let symbol = Symbol::new(ticker);
    let lots = lots(proposal, name);
    if !lots.is_empty() {
        return lots.into_iter().flat_map(|lot| lot_lines(proposal, lot)).collect();
    }
    if let Some(bought) = named(proposal, name).first() {
        return ticker_lines(proposal, &bought.symbol);
    }
    let mut positions = proposal.portfolio.accounts.iter().flat_map(|account| &account.positions);
    // What is cash has no lots, and is held all the same.
    let held = proposal.problem.lots.iter().any(|lot| lot.symbol == symbol)
        || positions.any(|position| is_of(position, &symbol));
    let fixed = proposal.excluded.iter().any(|holding| Symbol::new(&holding.label) == symbol);
    if day.is_some() || !(held || fixed || proposal.problem.securities.contains_key(&symbol)) {
        return Vec::new();
    }
    ticker_lines(proposal, &symbol)
}

fn ticker_lines(proposal: &Proposal, symbol: &Symbol) -> Vec<String> {
    let price = proposal.price(symbol).map(|price| format!(" at {}", price.dollars()));
    let mut lines = vec![format!("{symbol}{}", price.unwrap_or_default())];
    for holding in proposal.excluded.iter().filter(|holding| Symbol::new(&holding.label) == *symbol) {
        lines.push(format!("  in {}: never traded, {}", holding.account, holding.why));
    }
    for account in &proposal.portfolio.accounts {
        for position in account.positions.iter().filter(|position| is_of(position, symbol)) {
            let place = position.place.as_ref().map_or_else(String::new, |place| format!(" ({})", place.locator()));
            let value = position.base_value().map_or_else(|| "unknown value".to_owned(), Money::dollars);
            if position.kind.is_cash() {
                lines.push(format!("  {value} in {}: it counts as cash{place}", account.label()));
                continue;
            }
            let quantity = position.quantity.map_or_else(|| "?".to_owned(), Shares::text);
            lines.push(format!("  {quantity} in {}, {value}{place}", account.label()));
        }
    }
    lines.extend(counts(proposal, symbol));
    let names = trades::lines(&proposal.problem);
    for lot in proposal.problem.lots.iter().filter(|lot| lot.symbol == *symbol) {
        let name = names.iter().find(|line| line.lot == Some(lot.id));
        let name = name.map_or_else(String::new, |line| format!(" ({})", line.id));
        lines.push(format!("  {}{name}", lot_line(proposal, lot)));
    }
    let mut own = proposal.problem.lots.iter().filter(|lot| lot.symbol == *symbol);
    if own.any(|lot| taxed(proposal).per_dollar(lot).is_some()) {
        lines.push(format!("  {}", trades::note(&proposal.problem)));
    }
    for trade in proposal.trades.iter().filter(|trade| trade.symbol == *symbol) {
        let verb = words::verb(trade.side);
        lines.push(format!("  {verb} {} in {}, {}", trade.amount(), trade.account, trade.value.dollars()));
        for reason in trade.reasons() {
            let origin =
                proposal.verdicts.iter().find(|verdict| verdict.id == reason.id).map(|verdict| &verdict.origin);
            let origin = origin.map_or_else(String::new, |origin| format!(" (bound from {origin})"));
            lines.push(format!("    because {} {}{origin}", reason.id, reason.evidence));
        }
    }
    if let Some(why) = proposal.plan.not_bought.get(symbol) {
        lines.push(format!("  not bought: {why}"));
    }
    for verdict in proposal
        .verdicts
        .iter()
        .filter(|verdict| verdict.is_target() && verdict.subject == Subject::Symbol(symbol.clone()))
    {
        lines.push(format!("  {}: {} (from {})", verdict.id, verdict.evidence, verdict.origin));
    }
    for stop in proposal.do_not_buy.iter().filter(|stop| stop.symbol == *symbol || stop.also.contains(symbol)) {
        lines
            .push(format!("  not to be bought in any account until {}: {} is sold at a loss", stop.until, stop.symbol));
    }
    lines.extend(kept(proposal, symbol));
    lines
}

/// Says which limits the ticker counts to and how much of it.
fn counts(proposal: &Proposal, symbol: &Symbol) -> Vec<String> {
    let mut lines = Vec::new();
    for verdict in &proposal.verdicts {
        let share = verdict.limits.iter().find_map(|limit| match &limit.measure {
            Measure::ExposureCap { coefficients, .. } => coefficients.get(symbol),
            _ => None,
        });
        if let Some(share) = share {
            let percent = share * 100.0;
            lines.push(format!("  counts {percent:.1}% of each dollar to {}: {}", verdict.id, verdict.evidence));
        }
    }
    lines
}

/// Says what keeping the ticker would change, when the plan sells it.
fn kept(proposal: &Proposal, symbol: &Symbol) -> Option<String> {
    let other = proposal.what_if.kept.get(symbol)?;
    Some(format!("  if it were kept (--keep {symbol}): {}", instead(proposal, other)?))
}

/// Says what another plan costs and leaves, beside the plan at hand.
fn instead(proposal: &Proposal, other: &Outcome) -> Option<String> {
    let plan = proposal.what_if.fractions.as_ref()?;
    let (excess, now) = (other.furthest_over().dollars(), plan.furthest_over().dollars());
    let (tax, tax_now) = (other.tax.dollars(), plan.tax.dollars());
    let lacking = what_if::lacking(other, plan);
    Some(format!(
        "tax {tax} instead of {tax_now}, {excess} over the cap that is exceeded most instead of {now}{lacking}"
    ))
}

/// Returns one line about a lot.
fn lot_line(proposal: &Proposal, lot: &PlanLot) -> String {
    let opened = words::of_day(lot.acquired);
    let sold = proposal.plan.sells.iter().find(|sale| sale.lot == lot.id).map(|sale| sale.quantity.text());
    let what = match (proposal.plan.held_back.get(&lot.id).or(lot.locked.as_ref()), sold) {
        (_, Some(quantity)) => format!("the plan sells {quantity}"),
        (Some(why), None) => format!("not for sale: {why}"),
        (None, None) => "kept".to_owned(),
    };
    format!("lot {opened}, {} in {}: {}; {what}", lot.quantity.text(), lot.account, cost(proposal, lot))
}

/// Prices gains beside those of the plan.
fn taxed(proposal: &Proposal) -> Taxed<'_> {
    Taxed::of(&proposal.problem, &proposal.plan.outcome)
}

/// Says what a lot costs per dollar sold.
fn cost(proposal: &Proposal, lot: &PlanLot) -> String {
    let taxable =
        proposal.problem.accounts.iter().any(|account| account.id == lot.account && account.kind.is_taxable());
    match taxed(proposal).per_dollar(lot) {
        _ if !taxable => "no tax on a sale".to_owned(),
        Some(cost) => format!("{} of tax per dollar sold", words::cents(cost)),
        None => "cost unknown, so the tax is".to_owned(),
    }
}

/// Returns the chain from a lot's cost to what the plan does with it.
fn lot_lines(proposal: &Proposal, lot: &PlanLot) -> Vec<String> {
    let problem = &proposal.problem;
    let mut lines = vec![format!("{}: {}", lot.symbol, lot_line(proposal, lot))];
    lines.extend(lot.origin.place.iter().map(|place| format!("  it stands in {}", place.locator())));
    let Some(security) = problem.securities.get(&lot.symbol) else { return lines };
    let value = security.price * lot.quantity;
    let shares = lot.quantity.text();
    match lot.basis {
        Some(basis) => lines.push(format!(
            "  {shares} x {} = {}, cost {}, gain {}",
            security.price.dollars(),
            value.dollars(),
            basis.dollars(),
            (value - basis).dollars()
        )),
        None => lines.push(format!("  {shares} x {} = {}, cost unknown", security.price.dollars(), value.dollars())),
    }
    let taxable = problem.accounts.iter().any(|account| account.id == lot.account && account.kind.is_taxable());
    if taxable {
        let gain = lot.basis.is_none_or(|basis| value >= basis);
        let term = crate::plan::term_of(lot, problem.as_of, gain);
        let rate = crate::units::Weight(taxed(proposal).on_next(term, gain)).percent();
        let until = lot.acquired.and_then(|date| tax::days_until_long(date, problem.as_of)).filter(|days| *days > 0);
        let until =
            until.map_or_else(String::new, |days| format!(", {} before it is long-term", counted(days, "day", "days")));
        lines.push(format!("  {}-term on {}{until}: rate {rate}", term.id(), problem.as_of));
    }
    let sale = proposal.trades.iter().filter_map(|trade| trade.lot.as_ref()).find(|sale| sale.lot == lot.id);
    lines.extend(sale.and_then(|sale| sale.worth.as_ref()).map(|worth| format!("  its tax is {}", worth.words())));
    let mut others: Vec<&PlanLot> =
        problem.lots.iter().filter(|other| other.symbol == lot.symbol && other.id != lot.id).collect();
    others.sort_by(|a, b| {
        let of = |lot: &PlanLot| taxed(proposal).per_dollar(lot).unwrap_or(0.0);
        of(a).total_cmp(&of(b)).then_with(|| a.id.cmp(&b.id))
    });
    if !others.is_empty() {
        lines.push("  the other lots, cheapest first:".to_owned());
        lines.extend(others.iter().map(|other| format!("    {}", lot_line(proposal, other))));
    }
    let held_back = proposal.plan.held_back.contains_key(&lot.id) || lot.locked.is_some();
    if !held_back && !proposal.plan.sells.iter().any(|sale| sale.lot == lot.id) {
        lines.push(format!("  it is kept: {}", why_kept(proposal, &lot.symbol)));
    }
    let other = proposal.what_if.lots.get(&lot.id).and_then(|other| instead(proposal, other));
    lines.extend(other.map(|words| format!("  without this lot: {words}")));
    lines
}
