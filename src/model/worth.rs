//! What a position is worth, and whether the plan may trade it.
//!
//! A file may print a value that is not quantity times price: a stale price, a split in one column only, a wrong
//! multiplier. Which of the three is wrong cannot be known, so the printed value is the one figure of such a position
//! everywhere, and nothing of it is traded: a plan in shares would need a price that fits.

use super::{AssetKind, Currency, Position};
use crate::units::{Decimal, Money, Price, Shares};

/// A printed value may differ from quantity times price by this share of itself (a delayed price, a rounded quantity).
const VALUE_TOLERANCE: Decimal = Decimal::from_parts(5, 0, 0, false, 3);
/// And by this much whatever its size.
const CENTS: Decimal = Decimal::from_parts(5, 0, 0, false, 2);

impl Position {
    /// Returns how much of `price` times `quantity` is money: 1 for shares, 1/100 for bonds (priced per 100 of face),
    /// the multiplier for options.
    pub fn unit_factor(&self) -> Decimal {
        match (self.kind, self.details.multiplier) {
            (AssetKind::Bond, _) => Decimal::new(1, 2),
            (_, Some(multiplier)) => Decimal::from(multiplier),
            (AssetKind::Option, None) => Decimal::ONE_HUNDRED,
            _ => Decimal::ONE,
        }
    }

    /// Returns the price as printed, else the value divided by the quantity (a user's view without a price column).
    pub fn unit_price(&self) -> Option<Price> {
        self.price.or_else(|| {
            let units = self.quantity?.decimal().checked_mul(self.unit_factor())?;
            self.value?.decimal().checked_div(units).map(Price)
        })
    }

    /// Returns why the plan leaves the position alone, `None` when it may trade it. Cash is no position to trade and has
    /// no obstacle.
    pub fn obstacle(&self) -> Option<&'static str> {
        match () {
            () if self.kind.is_cash() => None,
            () if self.kind == AssetKind::Option => Some("options are shown and not traded"),
            () if self.kind == AssetKind::Bond => Some("bonds are shown and not traded"),
            () if self.kind == AssetKind::Crypto => Some("crypto is shown and not traded"),
            () if !self.kind.is_tradable() => Some("not a stock or a fund"),
            () if self.currency != Currency::USD => Some("not in dollars"),
            () if self.quantity.is_none() => Some("the number of shares is unknown"),
            () if self.quantity.is_some_and(Shares::is_negative) => Some("sold short"),
            () if self.unit_price().is_none_or(|price| !price.is_positive()) => Some("no price"),
            () if self.canonical.is_none() => Some("no ticker"),
            () if self.unit_factor() != Decimal::ONE => Some("its price is not that of one share"),
            () if self.contradiction().is_some() => Some("its value is not its shares times its price"),
            () => None,
        }
    }

    /// Returns whether the position could be traded if it had a price.
    pub fn is_unpriced(&self) -> bool {
        self.kind.is_tradable()
            && self.currency == Currency::USD
            && self.unit_price().is_none()
            && self.value.is_none()
            && self.details.value_base.is_none()
    }

    /// Returns the value in the base currency, `None` when unknown.
    pub fn base_value(&self) -> Option<Money> {
        self.details.value_base.or_else(|| if self.currency == Currency::USD { self.value } else { None })
    }

    /// Returns quantity times price, in money; `None` when one is unknown.
    pub fn product(&self) -> Option<Money> {
        let product = self.quantity?.decimal().checked_mul(self.price?.decimal())?;
        let factor = self.unit_factor();
        if factor == Decimal::ONE { Some(Money(product)) } else { product.checked_mul(factor).map(Money) }
    }

    /// Returns quantity times price when the value contradicts it: by more than half a percent, five cents, and what the
    /// rounding of the printed quantity and price explains.
    pub fn contradiction(&self) -> Option<Money> {
        let (value, product) = (self.value?, self.product()?);
        if value == product {
            return None;
        }
        let (quantity, price) = (self.quantity?.decimal(), self.price?.decimal());
        let half_a_unit = |number: Decimal| Decimal::new(5, (number.scale() + 1).min(28));
        // A dollar of cash is a dollar, however it is printed.
        let is_exact = self.kind.is_cash() && price == Decimal::ONE;
        let of_price = if is_exact { Decimal::ZERO } else { half_a_unit(price) };
        let rounding = (of_price.saturating_mul(quantity.abs()))
            .saturating_add(half_a_unit(quantity).saturating_mul(price.abs()))
            .saturating_mul(self.unit_factor());
        let tolerance = value.decimal().abs().saturating_mul(VALUE_TOLERANCE).max(rounding).saturating_add(CENTS);
        ((value - product).abs().decimal() > tolerance).then_some(product)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Symbol;

    fn position(kind: AssetKind, quantity: &str, price: &str, value: &str) -> Position {
        let mut position = Position::new(kind, "x");
        position.canonical = Some(Symbol::new("X"));
        position.quantity = Some(Shares(quantity.parse().unwrap()));
        position.price = Some(Price(price.parse().unwrap()));
        position.value = Some(Money(value.parse().unwrap()));
        position
    }

    #[test]
    fn rounding_and_half_a_percent_are_no_contradiction() {
        let product = |kind, quantity: &str, price: &str, value: &str| {
            position(kind, quantity, price, value).contradiction().map(Money::dollars)
        };
        assert_eq!(product(AssetKind::Etf, "0.008", "33.47", "0.26"), None);
        assert_eq!(product(AssetKind::Bond, "10000", "98.765", "9876.50"), None);
        assert_eq!(product(AssetKind::Option, "-2", "8.45", "-1690"), None);
        assert_eq!(product(AssetKind::Equity, "100", "10.05", "1000"), None);
        assert_eq!(product(AssetKind::Equity, "100", "10.06", "1000").as_deref(), Some("$1,006.00"));
        assert_eq!(product(AssetKind::Equity, "10", "10", "1000").as_deref(), Some("$100.00"));
        assert_eq!(product(AssetKind::MoneyMarket, "500", "1", "600").as_deref(), Some("$500.00"));
        assert_eq!(product(AssetKind::MoneyMarket, "500", "1", "501"), None);
    }

    #[test]
    fn a_position_that_contradicts_itself_is_not_traded() {
        assert_eq!(position(AssetKind::Equity, "10", "100", "1000").obstacle(), None);
        let obstacle = position(AssetKind::Equity, "10", "10", "1000").obstacle();
        assert_eq!(obstacle, Some("its value is not its shares times its price"));
        let mut ten = position(AssetKind::Equity, "10", "10", "1000");
        ten.details.multiplier = Some(10);
        assert_eq!(ten.obstacle(), Some("its price is not that of one share"));
    }
}
