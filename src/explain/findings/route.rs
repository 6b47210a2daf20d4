//! The route: how far, by when, what it costs in all and by tax year, what comes free first, and what it waits for.

use crate::diagnostics::counted;
use crate::explain::brief::{Place, Section};
use crate::explain::words;
use crate::plan::{RoutePlan, RouteYear, WaitCause};
use crate::proposal::Proposal;
use crate::units::{Decimal, Money};

/// Less than this is rounding.
const DOLLAR: Money = Money(Decimal::ONE);
/// Most lots that wait and are named.
const MOST_WAITS: usize = 3;

/// Says it.
pub fn find(proposal: &Proposal) -> Option<Section> {
    let route = proposal.plan.route.as_ref()?;
    if route.to_sell.is_zero() && route.sold.is_zero() {
        return None;
    }
    let words = [Some(far(route)), Some(cost(route)), free(route, proposal), Some(waiting(route))];
    Some(
        Section::new("route", "The route", Place::Answer)
            .aside(done(route))
            .words(words.into_iter().flatten())
            .words(carried(route))
            .words(waits(route, proposal))
            .words(forced(route, proposal)),
    )
}

/// Returns by when it is done.
fn done(route: &RoutePlan) -> String {
    match route.done_by {
        Some(day) => format!("{} until {day}", counted(route.runs, "run", "runs")),
        None => format!("nothing is traded until {}", route.by),
    }
}

/// Says what must be sold, what of it is left at the end, and what stays over its limit whatever is sold: in one breath,
/// because either alone contradicts the other.
fn far(route: &RoutePlan) -> String {
    if route.to_sell < DOLLAR {
        return "nothing must be sold to be inside every limit".to_owned();
    }
    let (all, left, by) = (route.to_sell.whole_dollars(), route.to_sell_at_deadline, route.by);
    let open = if left.to_cents().is_positive() {
        format!("{} of it is still to be sold on {by}", left.whole_dollars())
    } else {
        format!("none of it is left on {by}")
    };
    let over: Vec<String> = (route.cannot.iter())
        .filter(|(_, over)| over.to_cents().is_positive())
        .map(|(id, over)| format!("{id} by {}", over.whole_dollars()))
        .collect();
    if over.is_empty() {
        return format!("{all} must be sold to be inside every limit, each dollar once; {open}");
    }
    format!(
        "{all} can be sold to come nearer to the limits, each dollar once; {open}; what no allowed sale cures stays over: {}",
        over.join(", ")
    )
}

fn cost(route: &RoutePlan) -> String {
    let is_said = |own: &RouteYear| !own.tax.is_zero() || !own.is_idle();
    let years: Vec<String> = (route.years.iter())
        .filter(|(_, own)| is_said(own))
        .map(|(year, own)| format!("{} in {year}", own.tax.dollars()))
        .collect();
    let years = if years.is_empty() { String::new() } else { format!(" ({})", years.join(", ")) };
    format!("{} in all{years}, trading cost {}", words::tax(route.tax), route.trading_cost.dollars())
}

/// Says why a year has a tax in which no gain is realised.
fn carried(route: &RoutePlan) -> Vec<String> {
    let of = |is_it: fn(Money) -> bool, words: &str| -> Option<String> {
        let idle = route.years.iter().filter(|(_, own)| own.is_idle() && is_it(own.tax));
        let years: Vec<String> = idle.map(|(year, _)| year.to_string()).collect();
        (!years.is_empty()).then(|| format!("no gain or loss is realised in {}: {words}", years.join(" and ")))
    };
    let lacked = of(Money::is_positive, "that tax is the deduction of losses that earlier sales use up");
    let saved = of(Money::is_negative, "what is saved there is the deduction of losses of earlier sales");
    lacked.into_iter().chain(saved).collect()
}

/// Says what of this run's sales comes without tax.
fn free(route: &RoutePlan, proposal: &Proposal) -> Option<String> {
    let taxed = |trade: &&crate::trades::Trade| {
        let of_dollar = trade.lot.as_ref().and_then(|lot| lot.cost_per_dollar);
        of_dollar.is_some_and(|tax| tax > 0.0)
    };
    let sells = || proposal.trades.iter().filter(|trade| trade.side == crate::model::Side::Sell);
    let free: Money = sells().filter(|trade| !taxed(trade)).map(|trade| trade.value).sum();
    let all: Money = sells().map(|trade| trade.value).sum();
    let first = route.stages.first()?.first;
    (!all.is_zero()).then(|| {
        format!(
            "first what is untaxed or at a loss: {} of the {} of {first}",
            free.whole_dollars(),
            all.whole_dollars()
        )
    })
}

fn waiting(route: &RoutePlan) -> String {
    format!(
        "waiting a year is priced at {:.1}%: {} over the route",
        route.wait_price * 100.0,
        route.wait_cost.dollars()
    )
}

fn waits(route: &RoutePlan, proposal: &Proposal) -> Vec<String> {
    let one = |wait: &crate::plan::Wait| {
        let lot = proposal.problem.lots.get(wait.lot)?;
        let why = match wait.cause {
            WaitCause::LongTerm => "its gain turns long-term",
            WaitCause::Window => "a lock, a blackout, a written call or a wash-sale window ends",
            WaitCause::Decided => "you put it off",
            WaitCause::TaxYear => "the next tax year begins",
            WaitCause::Turnover => return None,
        };
        let day = words::of_day(lot.acquired);
        Some(format!("{} {day} in {} is sold not before {}: {why}", lot.symbol, lot.account, wait.until))
    };
    route.waits.iter().filter_map(one).take(MOST_WAITS).collect()
}

fn forced(route: &RoutePlan, proposal: &Proposal) -> Option<String> {
    let named: Vec<String> = route.forced_by.iter().map(|id| words::limit_of(proposal, id)).collect();
    (!named.is_empty()).then(|| format!("what would change it: {}", named.join(", ")))
}
