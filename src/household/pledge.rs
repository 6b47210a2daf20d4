//! Shares that written calls pledge: they must stay.

use std::collections::BTreeMap;

use crate::model::{Account, AssetKind, LotOrigin, Symbol};
use crate::plan::PlanLot;
use crate::units::{Decimal, Shares};

/// Returns the shares that written calls of an account pledge, by underlying: they must stay.
pub(super) fn pledged(account: &Account) -> BTreeMap<Symbol, Shares> {
    let mut shares: BTreeMap<Symbol, Shares> = BTreeMap::new();
    for position in account.positions.iter().filter(|position| position.kind == AssetKind::Option) {
        let Some(quantity) = position.quantity.filter(|quantity| quantity.is_negative()) else { continue };
        let Some((underlying, true)) = crate::holdings::underlying(position) else { continue };
        let multiplier = Decimal::from(position.details.multiplier.unwrap_or(100));
        *shares.entry(underlying).or_default() += Shares(-quantity.decimal() * multiplier);
    }
    shares
}

/// Locks the newest lots up to a number of shares, splitting one where needed.
pub(super) fn pledge(lots: &mut Vec<PlanLot>, shares: Shares) {
    let mut left = shares;
    let mut split = Vec::new();
    for lot in lots.iter_mut().rev() {
        if !left.is_positive() {
            break;
        }
        let locked = lot.quantity.min(left);
        left -= locked;
        let why = "pledged to a written call".to_owned();
        if locked == lot.quantity {
            (lot.locked, lot.unlocks) = (Some(why), None);
        } else {
            let part = locked.decimal() / lot.quantity.decimal();
            let basis = lot.basis.map(|basis| basis.times(part).to_cents());
            split.push(PlanLot {
                origin: LotOrigin { is_pledged: true, ..lot.origin.clone() },
                quantity: locked,
                basis,
                locked: Some(why),
                unlocks: None,
                ..lot.clone()
            });
            lot.quantity -= locked;
            lot.basis = lot.basis.zip(basis).map(|(whole, part)| whole - part);
        }
    }
    lots.extend(split);
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
        pledge(&mut lots, Shares(Decimal::from(150)));
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

    /// Two calls written on 100 shares each pledge 200; a call that is held, or a written put, pledges nothing.
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
        let found: Vec<_> =
            pledged(&account).into_iter().map(|(symbol, shares)| (symbol.to_string(), shares.text())).collect();
        assert_eq!(found, [("NVDA".to_owned(), "200".to_owned())]);
    }
}
