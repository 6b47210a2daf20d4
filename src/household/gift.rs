//! The basis of what was given (IRC 1015).

use crate::model::Lot;
use crate::units::{Money, Price};

/// Returns the basis of a lot. A gift that was worth less than the giver paid has two: the giver's for a gain and the
/// value of the day for a loss; between them there is neither (IRC 1015(a)).
pub(super) fn basis(lot: &Lot, price: Price) -> Option<Money> {
    let (givers, value) = (lot.cost_basis?, price * lot.quantity);
    match lot.gift_value.filter(|gift| *gift < givers) {
        Some(gift) if value < givers => Some(value.max(gift)),
        _ => Some(givers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Decimal, Shares};

    /// 10 shares that cost the giver 1,000 and were worth 600 on the day; at a price of so many dollars a share.
    fn at(price: i64, gift: Option<i64>) -> Option<i64> {
        let money = |amount: i64| Money(Decimal::from(amount));
        let mut lot = Lot::new("gift", Shares(Decimal::TEN));
        (lot.cost_basis, lot.gift_value) = (Some(money(1_000)), gift.map(money));
        basis(&lot, Price(Decimal::from(price))).map(|basis| basis.to_f64() as i64)
    }

    /// Sold at 1,200: a gain of 200 over the giver's cost. At 800: neither. At 500: a loss of 100 from the value of the day.
    #[test]
    fn a_gift_that_was_worth_less_has_a_basis_for_gains_and_one_for_losses() {
        assert_eq!([120, 100, 80, 60, 50].map(|price| at(price, Some(600)).unwrap()), [1_000, 1_000, 800, 600, 600]);
    }

    #[test]
    fn a_gift_that_was_worth_more_has_the_givers_basis() {
        assert_eq!([120, 50].map(|price| at(price, Some(1_500)).unwrap()), [1_000, 1_000]);
        assert_eq!([120, 50].map(|price| at(price, None).unwrap()), [1_000, 1_000]);
    }

    #[test]
    fn an_unknown_cost_stays_unknown() {
        let mut lot = Lot::new("gift", Shares(Decimal::TEN));
        lot.gift_value = Some(Money(Decimal::from(600)));
        assert_eq!(basis(&lot, Price(Decimal::from(50))), None);
    }
}
