//! Trades already made, as the plan sees them: in whose account each was, and what may not be bought because of them.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::{OLDER_THAN_TRADES, Setup, UNCOUNTED_GAINS, why_outside};
use crate::config::UNMATCHED;
use crate::diagnostics::{Diagnostic, Sink, counted, text};
use crate::holdings::key_matches;
use crate::model::{Account, PastTrade, Portfolio, Side, Symbol};
use crate::plan::{TaxSettings, WashSales};
use crate::tax;
use crate::units::{Money, Shares};

/// Returns the trades with the labels of the accounts they were made in. One whose account no file has counts as made
/// outside: a purchase there is a replacement all the same. A sale in an account without tax that is in no figure says
/// nothing, since its loss was none.
pub(super) fn trades(trades: &[PastTrade], accounts: &[(&Account, String, bool)]) -> Vec<PastTrade> {
    let mut found = Vec::new();
    for trade in trades {
        let trade = &super::wash_sales::of_contract(trade);
        let home = accounts.iter().find(|(account, _, _)| !trade.outside && key_matches(&trade.account, account));
        match home {
            Some((account, _, false)) if trade.side == Side::Sell && !account.kind.is_taxable() => {}
            Some((_, label, _)) => found.push(PastTrade { account: label.clone(), ..trade.clone() }),
            _ => found.push(PastTrade { outside: true, ..trade.clone() }),
        }
    }
    found
}

/// Returns what the household sold and has not bought since, by day: a purchase takes back the latest sale first. Trades
/// outside its accounts are not its own.
pub(super) fn sold(trades: &[PastTrade], as_of: NaiveDate) -> BTreeMap<Symbol, Vec<(NaiveDate, Shares)>> {
    let mut own: Vec<&PastTrade> = trades.iter().filter(|trade| !trade.outside && trade.date <= as_of).collect();
    // On one day what was sold is not what was bought for it.
    own.sort_by_key(|trade| (trade.date, trade.side == Side::Sell));
    let mut sold: BTreeMap<Symbol, Vec<(NaiveDate, Shares)>> = BTreeMap::new();
    for trade in own {
        let open = sold.entry(trade.symbol.clone()).or_default();
        if trade.side == Side::Sell {
            open.push((trade.date, trade.quantity));
            continue;
        }
        let mut bought = trade.quantity;
        while let Some((day, shares)) = open.pop() {
            if shares > bought {
                open.push((day, shares - bought));
                break;
            }
            bought -= shares;
        }
    }
    sold.retain(|_, open| !open.is_empty());
    sold
}

/// Warns of trades in accounts that no file has, once per account.
pub(crate) fn check(trades: &[PastTrade], accounts: &[Account], sink: &mut Sink) {
    let mut said = std::collections::BTreeSet::new();
    for trade in trades.iter().filter(|trade| !trade.outside && !trade.account.is_empty()) {
        if accounts.iter().any(|account| key_matches(&trade.account, account)) || !said.insert(&trade.account) {
            continue;
        }
        let name = text::shortened(&trade.account);
        let message = format!("no account of the files matches `{name}`, so its trades count as made outside them");
        let problem = Diagnostic::warning(UNMATCHED, message)
            .hint("name the account as [accounts] does, or write yes in the `outside` column");
        sink.push(trade.place.clone().into_iter().fold(problem, Diagnostic::at));
    }
}

/// Refuses holdings that are older than trades recorded in them up to a day: what was sold would be sold once more, and what
/// was spent be spent. Of trades of the day of an export only a purchase that it lacks says that it is older.
pub(crate) fn check_newer(portfolio: &Portfolio, setup: &Setup, until: Option<NaiveDate>, sink: &mut Sink) {
    for account in &portfolio.accounts {
        let Some(day) = account.as_of else { continue };
        let is_held = |symbol: &Symbol| account.positions.iter().any(|own| own.canonical.as_ref() == Some(symbol));
        let is_missed = |trade: &PastTrade| trade.side == Side::Buy && !is_held(&trade.symbol);
        let is_newer = |trade: &&PastTrade| {
            let is_own = !trade.outside && key_matches(&trade.account, account);
            let is_later = trade.date > day || trade.date == day && is_missed(trade);
            is_own && is_later && until.is_none_or(|until| trade.date <= until)
        };
        let newer: Vec<&PastTrade> = portfolio.trades.iter().filter(is_newer).collect();
        let Some(last) = newer.iter().max_by_key(|trade| trade.date) else { continue };
        let count = counted(newer.len(), "trade", "trades");
        let message = format!(
            "{} is of {day}, and trades.csv has {count} in it since, the last of {}: what was sold would be sold again",
            account.label(),
            last.date
        );
        let problem = match why_outside(account, setup) {
            None => Diagnostic::error(OLDER_THAN_TRADES, message),
            Some(_) => Diagnostic::warning(OLDER_THAN_TRADES, message),
        };
        let then = if last.date > day { format!("; --as-of {day} shows how it stood then") } else { String::new() };
        let problem = problem.hint(format!("export the account again and put the file beside the old one{then}"));
        sink.push(account.place.clone().into_iter().fold(problem, Diagnostic::at));
    }
}

/// Returns whether a trade was made in an account of the files that is not taxed.
pub(super) fn is_sheltered(trade: &PastTrade, accounts: &[Account]) -> bool {
    let home = accounts.iter().find(|account| !trade.outside && key_matches(&trade.account, account));
    home.is_some_and(|account| !account.kind.is_taxable())
}

/// Warns of sales of the tax year whose gains the year's tax does not count: `trades.csv` says what they gained, but not
/// for how long the shares were held.
pub(crate) fn check_gains(
    trades: &[PastTrade],
    accounts: &[Account],
    tax: &TaxSettings,
    as_of: NaiveDate,
    sink: &mut Sink,
) {
    // What says for how long it was held is counted.
    let of_year = |trade: &&PastTrade| {
        let is_open = trade.details.term.is_none() && trade.date <= as_of;
        is_open && trade.date.year() == as_of.year() && !is_sheltered(trade, accounts)
    };
    let sales: Vec<&PastTrade> = trades.iter().filter(|trade| trade.side == Side::Sell).filter(of_year).collect();
    let gains: Money = sales.iter().filter_map(|trade| trade.gain).sum();
    if gains.is_zero() || !(tax.realised_short.is_zero() && tax.realised_long.is_zero()) {
        return;
    }
    let message = format!(
        "the sales of {} in trades.csv realised {}, and `realised-short` and `realised-long` are 0: the year's tax does not count them",
        as_of.year(),
        gains.dollars()
    );
    let problem = Diagnostic::warning(UNCOUNTED_GAINS, message)
        .hint("add them to realised-short or realised-long under [tax], by how long the shares were held");
    sink.push(sales.iter().find_map(|trade| trade.place.clone()).into_iter().fold(problem, Diagnostic::at));
}

/// Returns why sleeves may not be bought now, because they were sold at a loss in the last 30 days; and why their
/// substitutes may not: the same, or do-not-buy, restricted, in a blackout. A sleeve that the user does not want is not
/// replaced.
pub(super) fn closed(
    sleeves: &[Symbol],
    substitutes: &[Symbol],
    trades: &[PastTrade],
    sheltered: impl Fn(&str) -> bool,
    setup: &Setup,
    as_of: NaiveDate,
) -> BTreeMap<Symbol, String> {
    let trading = &setup.trading.trading;
    let mut losses: BTreeMap<String, NaiveDate> = BTreeMap::new();
    for trade in trades.iter().filter(|_| trading.wash_sales == WashSales::Block) {
        let recent = tax::in_wash_window(as_of, trade.date) && trade.date <= as_of;
        let loss = trade.side == Side::Sell && trade.gain.is_none_or(Money::is_negative);
        if recent && loss && (trade.outside || !sheltered(&trade.account)) {
            let date = losses.entry(setup.registry.identity(&trade.symbol)).or_insert(trade.date);
            *date = (*date).max(trade.date);
        }
    }
    let listed = |list: &[(Symbol, _)], symbol: &Symbol| list.iter().any(|(own, _)| own == symbol);
    let sold = |symbol: &Symbol| {
        let date = losses.get(&setup.registry.identity(symbol))?;
        Some(format!("{symbol} was sold at a loss on {date}"))
    };
    let why = |symbol: &Symbol| {
        let window = trading.blackouts.iter().find(|window| window.symbol == *symbol && window.covers(as_of));
        sold(symbol)
            .or_else(|| listed(&trading.do_not_buy, symbol).then(|| format!("{symbol} is in do-not-buy")))
            .or_else(|| listed(&trading.restricted, symbol).then(|| format!("{symbol} is restricted")))
            .or_else(|| window.map(|window| format!("{symbol} is in a blackout until {}", window.to)))
    };
    let sleeves = sleeves.iter().filter_map(|symbol| Some((symbol.clone(), sold(symbol)?)));
    sleeves.chain(substitutes.iter().filter_map(|symbol| Some((symbol.clone(), why(symbol)?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Decimal;

    /// A sale of March that gained 50,000 is said while nothing is given as realised; one of last year, or in an IRA, is not.
    #[test]
    fn gains_that_the_years_tax_leaves_out_are_said() {
        let mut account = Account::new("x", "y");
        (account.name, account.kind) = (Some("Roth".to_owned()), crate::model::TaxTreatment::Roth);
        let said = |date: &str, account_name: &str, realised: i64| {
            let mut home = crate::plan::testing::Household::taxable(&[]);
            home.problem.tax.realised_long = Money(Decimal::from(realised));
            let trade = PastTrade {
                date: date.parse().unwrap(),
                account: account_name.to_owned(),
                symbol: Symbol::new("NVDA"),
                side: Side::Sell,
                quantity: Shares(Decimal::ONE_HUNDRED),
                gain: Some(Money(Decimal::from(50_000))),
                outside: false,
                place: None,
                details: Default::default(),
            };
            let mut sink = Sink::default();
            let as_of = "2026-11-20".parse().unwrap();
            check_gains(&[trade], std::slice::from_ref(&account), &home.problem.tax, as_of, &mut sink);
            sink.items.iter().map(|item| item.message.clone()).collect::<Vec<_>>()
        };
        let warned = said("2026-03-20", "Individual", 0);
        assert!(warned[0].starts_with("the sales of 2026 in trades.csv realised $50,000.00"), "{warned:?}");
        assert_eq!(said("2025-03-20", "Individual", 0), [""; 0]);
        assert_eq!(said("2026-03-20", "Roth", 0), [""; 0]);
        assert_eq!(said("2026-03-20", "Individual", 50_000), [""; 0]);
    }
}
