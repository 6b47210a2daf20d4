//! What is odd about a household before anything is planned: prices that cannot be, accounts that two entries mean,
//! reserves that are not there, entries for what nobody holds.

use chrono::NaiveDate;

use super::reserve::reserve;
use super::{
    EMPLOYER_STOCK, FUTURE_LOT, Flows, Household, NEGATIVE_PRICE, NEUTRAL_OVER, NEUTRAL_UNPRICED, PAST_DEADLINE,
    RESERVE_SHORT, Setup, TWO_ENTRIES,
};
use crate::config::{IMPOSSIBLE_VALUE, UNMATCHED};
use crate::diagnostics::{Diagnostic, Place, Sink, nearest};
use crate::holdings::AccountSettings;
use crate::model::{Limit, Portfolio, Position, Symbol};
use crate::units::{Money, Price};

impl Household {
    /// Reports prices that cannot be, accounts that two entries mean, and reserves that are not there.
    pub fn check_accounts(portfolio: &Portfolio, setup: &Setup, flows: &Flows, sink: &mut Sink) {
        for (index, account) in portfolio.accounts.iter().enumerate() {
            let label = account.label();
            for position in account.positions.iter().filter(|position| position.price.is_some_and(Price::is_negative)) {
                let message = format!("the price of {} is below zero", position.label());
                let problem = Diagnostic::error(NEGATIVE_PRICE, message).hint("correct the file");
                sink.push(position.place.clone().into_iter().fold(problem, Diagnostic::at));
            }
            let entries: Vec<&AccountSettings> = setup.accounts.iter().filter(|entry| entry.matches(account)).collect();
            if let [first, second, ..] = entries.as_slice() {
                let message = format!("`{}` and `{}` both mean {label}", first.name, second.name);
                let problem = Diagnostic::error(TWO_ENTRIES, message).at(second.place.clone());
                sink.push(problem.with(first.place.clone(), "the other").hint("put all keys under one of them"));
            }
            let settings = entries.first();
            let core = |position: &&Position| position.core && position.kind.is_cash();
            let positions: Money = account.positions.iter().filter_map(Position::base_value).sum();
            let sweep: Money = account.positions.iter().filter(core).filter_map(Position::base_value).sum();
            let there = account.cash_in("USD").unwrap_or_default();
            let value = there + flows.net(index) + positions + account.pending.unwrap_or_default();
            // What a withdrawal takes of a reserve is sold for; only what was never there is said, and of the share that is
            // kept in every account nothing: it comes with the first sale.
            let cash = there + flows.deposit(index);
            let wanted = reserve(settings.copied(), value, setup);
            let is_own = settings.is_some_and(|own| own.reserve.is_positive() || own.reserve_share.is_some());
            if is_own && wanted > cash + sweep {
                let have = (cash + sweep).dollars();
                let message = format!("the reserve of {label} is {}, and its cash {have}", wanted.dollars());
                let problem = Diagnostic::warning(RESERVE_SHORT, message);
                let problem = problem.hint(
                    "nothing is sold to build a reserve: the cash that is there stays, and what sales raise may be spent",
                );
                sink.push(settings.iter().fold(problem, |problem, settings| problem.at(settings.place.clone())));
            }
        }
        for account in &portfolio.accounts {
            if let Some(cash) = account.cash_in("USD").filter(|cash| cash.is_negative()) {
                let message = format!("{} has a margin debit of {}", account.label(), cash.abs().dollars());
                sink.push(
                    Diagnostic::warning(RESERVE_SHORT, message)
                        .hint("nothing is sold to repay it; what is sold in this account for other reasons repays it first, and nothing is bought there before; then the route is planned again"),
                );
            }
        }
    }

    /// Warns of entries for what nobody holds, and notes what depends on the payer of the salary.
    pub fn check_entries(&self, setup: &Setup, value: Money, sink: &mut Sink) {
        let held = || self.held.keys().map(Symbol::as_str);
        let trading = &setup.trading.trading;
        for (symbol, place) in &trading.employer_stock {
            let Some(own) = self.held.get(symbol).and_then(|own| own.share_of(value)) else { continue };
            let message =
                format!("{symbol} is {} of the portfolio, and your salary comes from the same company", own.percent());
            sink.push(
                Diagnostic::note(EMPLOYER_STOCK, message)
                    .at(place.clone())
                    .hint("a position-cap or issuer-cap of its own keeps it small"),
            );
        }
        let of_all = super::preferred(setup).into_iter().filter(|_| self.neutral(setup).is_none());
        let of_all = of_all.map(|symbol| (symbol, None));
        let of_accounts = setup.accounts.iter().filter_map(|own| Some((own.neutral.clone()?, Some(own.place.clone()))));
        let takes_the_rest =
            of_all.chain(of_accounts).map(|(symbol, place)| (symbol, place, "take what sleeves do not"));
        let safe = setup.rules.sleeves.safe.clone().into_iter().map(|symbol| {
            let place = setup.document.root.table("sleeves").and_then(|sleeves| sleeves.get("safe"));
            (symbol, place.map(|node| node.place.clone()), "take deposits while the rotation is frozen")
        });
        for (symbol, place, role) in takes_the_rest.chain(safe) {
            if self.price(&symbol).is_none() {
                let known = setup.registry.get(&symbol).is_some();
                let why = if known { "and has no price here" } else { "has no price and is not known" };
                let message = format!("{symbol} is to {role}, {why}: the cash stays idle");
                let hint = "correct the ticker, add its prices to the market folder, or name a fund that is held";
                let problem = Diagnostic::warning(NEUTRAL_UNPRICED, message).hint(hint);
                sink.push(place.into_iter().fold(problem, Diagnostic::at));
            }
        }
        let named = |list: &[(Symbol, Place)], name: &'static str| {
            list.iter().map(|(symbol, place)| (symbol.clone(), place.clone(), name)).collect::<Vec<_>>()
        };
        let entries = named(&trading.do_not_sell, "do-not-sell");
        for (symbol, place, name) in entries.into_iter().chain(named(&trading.employer_stock, "employer-stock")) {
            if !self.held.contains_key(&symbol) {
                let message = format!("`{symbol}` is in {name}, but nobody holds it");
                let hint = match nearest(symbol.as_str(), held()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "remove it, or check the spelling".to_owned(),
                };
                sink.push(Diagnostic::warning(UNMATCHED, message).at(place).hint(hint));
            }
        }
    }
}

/// Most years that a route is planned over.
const MOST_YEARS: i64 = 10;

/// Refuses a deadline that nobody plans for, and warns of one that has passed.
pub(crate) fn check_deadline(as_of: NaiveDate, setup: &Setup, sink: &mut Sink) {
    let Some(by) = setup.trading.route.by.filter(|_| setup.trading.route.looks_ahead) else { return };
    let problem = if by < as_of {
        let message = format!("`route.by` is {by}, before {as_of}: all that is over a limit is due in this run");
        Diagnostic::warning(PAST_DEADLINE, message)
            .hint("remove the key, and the plan chooses the day; or give a later one")
    } else if (by - as_of).num_days() > 366 * MOST_YEARS {
        let message = format!("`route.by` is {by}, more than {MOST_YEARS} years after {as_of}");
        Diagnostic::error(IMPOSSIBLE_VALUE, message).hint("for no deadline remove the key: the plan chooses one")
    } else {
        return;
    };
    let node = setup.document.root.table("route").and_then(|route| route.get("by"));
    sink.push(node.map(|node| node.place.clone()).into_iter().fold(problem, Diagnostic::at));
}

/// Warns of funds that cannot take what sleeves do not, since they are what is over a limit.
pub(crate) fn check_neutral(pool: &Household, limits: &[Limit], setup: &Setup, sink: &mut Sink) {
    for (symbol, id) in pool.takes_too_much(limits, setup) {
        let message =
            format!("{symbol} is to take what sleeves do not, and is itself over {id}: nothing is put into it");
        let other = another(&symbol, &super::preferred(setup));
        let such = other.map_or_else(String::new, |other| format!(", such as \"{other}\""));
        let hint = format!("name a fund in `sleeves.neutral` that has less of it{such}");
        sink.push(Diagnostic::warning(NEUTRAL_OVER, message).hint(hint));
    }
}

/// Returns a fund of many companies to name instead of one, which is not tried already.
fn another(symbol: &Symbol, tried: &[Symbol]) -> Option<&'static str> {
    ["RSP", "VTV"].into_iter().find(|other| *other != symbol.as_str() && tried.iter().all(|own| own.as_str() != *other))
}

/// Warns of lots that were bought after the day of the answer.
pub(crate) fn check_lots(as_of: NaiveDate, portfolio: &Portfolio, sink: &mut Sink) {
    for position in portfolio.accounts.iter().flat_map(|account| &account.positions) {
        for opened in position.lots.iter().filter_map(|lot| lot.opened).filter(|opened| *opened > as_of) {
            let message =
                format!("a lot of {} is of {opened}, after {as_of}, the day of this answer", position.label());
            let problem = Diagnostic::warning(FUTURE_LOT, message).hint("correct the date of the lot, or `--as-of`");
            sink.push(position.place.clone().into_iter().fold(problem, Diagnostic::at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fund_is_named_instead_of_itself() {
        let (rsp, nvda, vtv) = (Symbol::new("RSP"), Symbol::new("NVDA"), Symbol::new("VTV"));
        assert_eq!(another(&nvda, std::slice::from_ref(&nvda)), Some("RSP"));
        assert_eq!(another(&rsp, std::slice::from_ref(&rsp)), Some("VTV"));
        assert_eq!(another(&rsp, &[rsp.clone(), vtv]), None);
    }
}
