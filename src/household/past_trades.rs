//! Trades already made, as the plan sees them: in whose account each was, and what may not be bought because of them.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::{OLDER_THAN_TRADES, REPLACED_LOSS, Setup, UNCOUNTED_GAINS, why_outside};
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

/// Refuses holdings that are older than trades recorded in them up to a day (a vest to come is none): what was sold would be
/// sold once more, and what was spent be spent. Of trades of the day of an export only a purchase that it lacks says that it is older.
pub(crate) fn check_newer(portfolio: &Portfolio, setup: &Setup, until: NaiveDate, sink: &mut Sink) {
    for account in &portfolio.accounts {
        let Some(day) = account.as_of else { continue };
        let is_held = |symbol: &Symbol| account.positions.iter().any(|own| own.canonical.as_ref() == Some(symbol));
        let is_missed = |trade: &PastTrade| trade.side == Side::Buy && !is_held(&trade.symbol);
        let is_newer = |trade: &&PastTrade| {
            let is_own = !trade.outside && key_matches(&trade.account, account);
            let is_later = trade.date > day || trade.date == day && is_missed(trade);
            is_own && is_later && trade.date <= until
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

/// Days after a sale in which a purchase of the same takes the loss of as many shares away (IRC 1091(a)).
const REPLACED: i64 = 30;

/// Warns of recorded losses of the tax year that a purchase since has taken away in part, in whichever account: of each share
/// bought that of one sold (IRC 1091(b)). What the broker reports later is in no row, so the gain of the row must go by it.
pub(crate) fn check_replaced(trades: &[PastTrade], accounts: &[Account], as_of: NaiveDate, sink: &mut Sink) {
    let mut bought: BTreeMap<&Symbol, Vec<(NaiveDate, Shares)>> = BTreeMap::new();
    for trade in trades.iter().filter(|trade| trade.side == Side::Buy && trade.date <= as_of) {
        bought.entry(&trade.symbol).or_default().push((trade.date, trade.quantity));
    }
    let is_loss = |trade: &&PastTrade| {
        let of_year = trade.date.year() == as_of.year() && trade.date <= as_of && !is_sheltered(trade, accounts);
        of_year && trade.side == Side::Sell && !trade.outside && trade.gain.is_some_and(Money::is_negative)
    };
    let mut sales: Vec<&PastTrade> = trades.iter().filter(is_loss).collect();
    sales.sort_by_key(|trade| trade.date);
    for sale in sales {
        let mut replaced = Shares::ZERO;
        for (day, left) in bought.get_mut(&sale.symbol).into_iter().flatten() {
            if (1..=REPLACED).contains(&day.signed_duration_since(sale.date).num_days()) {
                let taken = (*left).min(sale.quantity - replaced);
                (*left, replaced) = (*left - taken, replaced + taken);
            }
        }
        let part = replaced.decimal().checked_div(sale.quantity.decimal()).unwrap_or_default();
        let (Some(gain), true) = (sale.gain, replaced.is_positive()) else { continue };
        let lost = (-gain.times(part)).to_cents();
        let message = format!(
            "{} {} were bought within 30 days after they were sold at a loss on {}: {} of that loss is not deducted",
            replaced.text(),
            sale.symbol,
            sale.date,
            lost.dollars()
        );
        let hint = format!(
            "write {} as the gain of the row, unless your broker says otherwise; the rest is in the basis of what was bought, or gone where that is an IRA",
            (gain + lost).decimal()
        );
        let problem = Diagnostic::warning(REPLACED_LOSS, message).hint(hint);
        sink.push(sale.place.clone().into_iter().fold(problem, Diagnostic::at));
    }
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

    /// Of 23 shares sold at a loss of 11,500 five were bought again in another account, and two a month and a day later: 2,500.
    #[test]
    fn a_recorded_loss_that_was_replaced_is_said() {
        let trade = |date: &str, account: &str, side: Side, quantity: i64, gain: Option<i64>| PastTrade {
            date: date.parse().unwrap(),
            account: account.to_owned(),
            symbol: Symbol::new("META"),
            side,
            quantity: Shares(Decimal::from(quantity)),
            gain: gain.map(|gain| Money(Decimal::from(gain))),
            outside: false,
            place: None,
            details: Default::default(),
        };
        let trades = [
            trade("2026-11-20", "Joint", Side::Sell, 23, Some(-11_500)),
            trade("2026-11-25", "IRA", Side::Buy, 5, None),
            trade("2026-12-21", "Joint", Side::Buy, 2, None),
        ];
        let said = |trades: &[PastTrade], day: &str| {
            let mut sink = Sink::default();
            check_replaced(trades, &[], day.parse().unwrap(), &mut sink);
            let words = |item: &Diagnostic| format!("{}; {}", item.message, item.hint.clone().unwrap_or_default());
            sink.items.iter().map(words).collect::<Vec<_>>()
        };
        let words = "5 META were bought within 30 days after they were sold at a loss on 2026-11-20: $2,500.00 of that loss is not deducted; write -9000";
        let all = said(&trades, "2026-12-31");
        assert!(all.len() == 1 && all[0].starts_with(words), "{all:?}");
        assert_eq!(said(&trades, "2026-11-24"), [""; 0]);
        assert_eq!(said(&trades, "2027-01-02"), [""; 0]);
    }

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
