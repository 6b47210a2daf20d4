//! Shares that written calls pledge: they must stay until the calls expire.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::locks::longest;
use crate::model::{Account, AssetKind, LotOrigin, Symbol};
use crate::plan::PlanLot;
use crate::units::{Decimal, Price, Shares};

/// Calls that were written on shares of an account.
pub(super) struct Written {
    shares: Shares,
    strike: Decimal,
    expiry: NaiveDate,
}

/// Returns the calls of an account that are still open, by underlying.
pub(super) fn written(account: &Account, as_of: NaiveDate) -> BTreeMap<Symbol, Vec<Written>> {
    let mut calls: BTreeMap<Symbol, Vec<Written>> = BTreeMap::new();
    for position in account.positions.iter().filter(|position| position.kind == AssetKind::Option) {
        let Some(quantity) = position.quantity.filter(|quantity| quantity.is_negative()) else { continue };
        let Some(contract) = crate::holdings::contract(position).filter(|own| own.call && own.expiry >= as_of) else {
            continue;
        };
        let multiplier = Decimal::from(position.details.multiplier.unwrap_or(100));
        let shares = Shares(-quantity.decimal() * multiplier);
        let own = Written { shares, strike: contract.strike, expiry: contract.expiry };
        calls.entry(Symbol::new(&contract.underlying)).or_default().push(own);
    }
    calls
}

/// Locks the newest lots up to the shares of the calls, splitting one where needed: until a call expires where that leaves it
/// worthless at the price of the day, and else for good, since the shares are called away then.
pub(super) fn pledge(lots: &mut Vec<PlanLot>, calls: &[Written], price: Price) {
    let mut calls: Vec<(Option<NaiveDate>, Shares)> = (calls.iter())
        .map(|call| (call.expiry.succ_opt().filter(|_| call.strike >= price.decimal()), call.shares))
        .collect();
    // What stays longest keeps the newest.
    calls.sort_by_key(|(free, _)| (free.is_some(), std::cmp::Reverse(*free)));
    let mut taken = vec![false; lots.len()];
    for (free, shares) in calls {
        let why = match free.and_then(|day| day.pred_opt()) {
            Some(expiry) => format!("pledged to a written call until {expiry}"),
            None => "pledged to a written call".to_owned(),
        };
        let mut left = shares;
        let mut split = Vec::new();
        for (lot, taken) in lots.iter_mut().zip(&mut taken).rev().filter(|(_, taken)| !**taken) {
            if !left.is_positive() {
                break;
            }
            let pledged = lot.quantity.min(left);
            left -= pledged;
            // What else locks it may do so for longer.
            let before = lot.locked.clone().map(|why| (why, lot.unlocks));
            let (locked, unlocks) = longest([(why.clone(), free)].into_iter().chain(before)).unzip();
            let unlocks = unlocks.flatten();
            if pledged == lot.quantity {
                (lot.locked, lot.unlocks, *taken) = (locked, unlocks, true);
                continue;
            }
            let part = pledged.decimal() / lot.quantity.decimal();
            let basis = lot.basis.map(|basis| basis.times(part).to_cents());
            let origin = LotOrigin { is_pledged: true, ..lot.origin.clone() };
            split.push(PlanLot { origin, quantity: pledged, basis, locked, unlocks, ..lot.clone() });
            lot.quantity -= pledged;
            lot.basis = lot.basis.zip(basis).map(|(whole, part)| whole - part);
        }
        taken.resize(taken.len() + split.len(), true);
        lots.extend(split);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LotId, Position};
    use crate::units::Money;

    fn lot(own: &str, shares: i64, basis: i64) -> PlanLot {
        PlanLot {
            id: LotId::default(),
            origin: LotOrigin { own: own.to_owned(), ..LotOrigin::default() },
            account: "A".into(),
            symbol: Symbol::new("NVDA"),
            quantity: Shares(Decimal::from(shares)),
            basis: Some(Money(Decimal::from(basis))),
            acquired: None,
            term: None,
            locked: None,
            unlocks: None,
        }
    }

    /// 150 shares are pledged: the newest lot of 100 whole, and half of the older one with half of its cost.
    #[test]
    fn the_newest_shares_are_pledged_and_a_lot_is_split() {
        let mut lots = vec![lot("old", 100, 1_000), lot("new", 100, 3_000)];
        pledge(&mut lots, &[call(150, 90, "2027-01-15")], Price(Decimal::from(100)));
        let brief: Vec<_> = lots
            .iter()
            .map(|lot| {
                let origin = (lot.origin.own.as_str(), lot.origin.is_pledged);
                (origin, lot.quantity.text(), lot.basis.unwrap().dollars(), lot.locked.is_some())
            })
            .collect();
        assert_eq!(
            brief,
            [
                (("old", false), "50".to_owned(), "$500.00".to_owned(), false),
                (("new", false), "100".to_owned(), "$3,000.00".to_owned(), true),
                (("old", true), "50".to_owned(), "$500.00".to_owned(), true),
            ]
        );
    }

    fn call(shares: i64, strike: i64, expiry: &str) -> Written {
        let (shares, strike) = (Shares(Decimal::from(shares)), Decimal::from(strike));
        Written { shares, strike, expiry: expiry.parse().unwrap() }
    }

    /// At $100 a call at 110 expires worthless, and its shares are free on the day after; one at 90 takes its shares away.
    #[test]
    fn shares_are_free_when_their_call_expires_worthless() {
        let mut lots = vec![lot("old", 100, 1_000), lot("new", 100, 3_000)];
        let calls = [call(100, 110, "2026-12-18"), call(50, 90, "2026-12-18")];
        pledge(&mut lots, &calls, Price(Decimal::from(100)));
        let brief = lots.iter().map(|lot| {
            let free = lot.unlocks.map(|day| day.to_string());
            (lot.origin.own.as_str(), lot.quantity.text(), lot.locked.is_some(), free)
        });
        let free = || Some("2026-12-19".to_owned());
        let expected = [
            ("old", "50", false, None),
            ("new", "50", true, free()),
            ("new", "50", true, None),
            ("old", "50", true, free()),
        ];
        let expected = expected.map(|(own, shares, locked, day)| (own, shares.to_owned(), locked, day));
        assert_eq!(brief.collect::<Vec<_>>(), expected);
    }

    /// Two calls written on 100 shares each pledge 200; a call that is held, or a written put, pledges nothing, and neither
    /// does one that has expired.
    #[test]
    fn only_written_calls_pledge() {
        let mut account = Account::new("x", "y");
        for (name, contracts) in
            [("NVDA 01/15/2027 150.00 C", -2), ("NVDA 01/15/2027 200.00 C", 5), ("NVDA 01/15/2027 90.00 P", -3)]
        {
            let mut option = Position::new(AssetKind::Option, name);
            option.symbol = Some(name.to_owned());
            option.quantity = Some(Shares(Decimal::from(contracts)));
            account.positions.push(option);
        }
        let shares = |day: &str| -> Vec<(String, Vec<String>)> {
            let found = written(&account, day.parse().unwrap());
            let shares = |calls: Vec<Written>| calls.iter().map(|call| call.shares.text()).collect();
            found.into_iter().map(|(symbol, calls)| (symbol.to_string(), shares(calls))).collect()
        };
        assert_eq!(shares("2027-01-15"), [("NVDA".to_owned(), vec!["200".to_owned()])]);
        assert_eq!(shares("2027-01-16"), []);
    }
}
