//! Holdings at average cost (Reg. 1.1012-1(e)): every share gets the pooled basis, and shares that a sale cannot tell
//! apart become one lot.

use chrono::NaiveDate;

use crate::model::{PastTrade, Side, Term};
use crate::plan::{PlanLot, term_of};
use crate::units::{Decimal, Money, Shares};

/// Pools the lots of one taxable holding. What a sale takes is the oldest shares, so only neighbours in that order are joined
/// that are long-term both, or of one day: a route knows when each turns long-term; what is locked holds back everything
/// newer. Purchases of the wash-sale window keep their dates as trades, since the joined lot has only its oldest.
pub(super) fn pool(mut lots: Vec<PlanLot>, as_of: NaiveDate) -> (Vec<PlanLot>, Vec<PastTrade>) {
    lots.sort_by_key(|lot| (lot.acquired, lot.origin.position, lot.origin.lot, lot.origin.is_pledged));
    let shares: Shares = lots.iter().map(|lot| lot.quantity).sum();
    // One unknown basis makes the average unknown.
    let basis: Option<Money> = lots.iter().map(|lot| lot.basis).sum();
    let share_of = |quantity: Shares| {
        let part = quantity.decimal().checked_div(shares.decimal()).unwrap_or(Decimal::ZERO);
        basis.map(|basis| basis.times(part))
    };
    let mut pooled: Vec<PlanLot> = Vec::new();
    let mut purchases = Vec::new();
    for lot in lots {
        if let Some(date) = lot.acquired {
            let (account, symbol, quantity) = (lot.account.clone(), lot.symbol.clone(), lot.quantity);
            let side = Side::Buy;
            purchases.push(PastTrade {
                date,
                account,
                symbol,
                side,
                quantity,
                gain: None,
                outside: false,
                place: None,
                details: Default::default(),
            });
        }
        let known = |lot: &PlanLot| lot.acquired.is_some() || lot.term.is_some();
        let alike = |last: &PlanLot| {
            (&last.locked, last.unlocks) == (&lot.locked, lot.unlocks)
                && known(last) == known(&lot)
                && match (term_of(last, as_of, true), term_of(&lot, as_of, true)) {
                    (Term::Long, Term::Long) => true,
                    (one, other) => one == other && last.acquired == lot.acquired,
                }
        };
        match pooled.last_mut() {
            Some(last) if alike(last) => last.quantity += lot.quantity,
            _ => pooled.push(lot),
        }
    }
    let mut held: Option<String> = None;
    for lot in &mut pooled {
        lot.basis = share_of(lot.quantity);
        if held.is_some() && lot.locked.is_none() {
            lot.lock("it is held at average cost, and older shares are locked");
        }
        held = held.or_else(|| lot.locked.clone());
    }
    (pooled, purchases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{LotId, LotOrigin, Symbol};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn lot(id: &str, date: &str, quantity: i64, basis: Option<i64>) -> PlanLot {
        PlanLot {
            id: LotId::default(),
            origin: LotOrigin { own: id.into(), ..LotOrigin::default() },
            account: "A".into(),
            symbol: Symbol::new("VFIAX"),
            quantity: Shares(Decimal::from(quantity)),
            basis: basis.map(|basis| Money(Decimal::from(basis))),
            acquired: Some(day(date)),
            term: None,
            locked: None,
            unlocks: None,
        }
    }

    fn brief(lots: &[PlanLot]) -> Vec<(&str, String, Option<Money>)> {
        lots.iter().map(|lot| (lot.origin.own.as_str(), lot.quantity.text(), lot.basis)).collect()
    }

    #[test]
    fn shares_of_one_holding_period_become_one_lot_with_the_average_basis() {
        let money = |amount: i64| Some(Money(Decimal::from(amount)));
        let lots = vec![
            lot("c", "2026-06-10", 10, Some(1_500)),
            lot("a", "2019-03-01", 60, Some(3_000)),
            lot("b", "2021-03-01", 30, Some(2_500)),
        ];
        let (pooled, purchases) = pool(lots, day("2026-06-30"));
        // 7,000 over 100 shares: 70 each.
        assert_eq!(brief(&pooled), [("a", "90".into(), money(6_300)), ("c", "10".into(), money(700))]);
        assert_eq!(purchases.len(), 3);
    }

    /// 30 turn long-term in December and 12 in September after: as one lot all 42 would be taken for long-term in December.
    #[test]
    fn what_turns_long_term_on_another_day_is_another_lot() {
        let bought =
            [("a", "2025-12-12", 20), ("b", "2025-12-12", 10), ("c", "2026-09-12", 12), ("d", "2020-01-06", 5)];
        let lots = bought.iter().map(|(id, date, shares)| lot(id, date, *shares, Some(10 * shares))).collect();
        let (pooled, _) = pool(lots, day("2026-11-27"));
        let found: Vec<(&str, String)> = brief(&pooled).into_iter().map(|(id, shares, _)| (id, shares)).collect();
        assert_eq!(found, [("d", "5".to_owned()), ("a", "30".to_owned()), ("c", "12".to_owned())]);
    }

    #[test]
    fn an_unknown_basis_is_unknown_for_all_and_a_lock_holds_back_what_is_newer() {
        let locked = |id: &str, date: &str| PlanLot { locked: Some("locked".into()), ..lot(id, date, 5, None) };
        let lots =
            vec![lot("a", "2019-03-01", 60, Some(1)), locked("b", "2020-03-01"), lot("c", "2021-03-01", 30, Some(1))];
        let (pooled, _) = pool(lots, day("2026-06-30"));
        assert_eq!(brief(&pooled), [("a", "60".into(), None), ("b", "5".into(), None), ("c", "30".into(), None)]);
        assert_eq!(
            pooled.iter().map(|lot| lot.locked.as_deref()).collect::<Vec<_>>(),
            [None, Some("locked"), Some("it is held at average cost, and older shares are locked")]
        );
    }
}
