//! Cash that must stay.

use super::Setup;
use crate::holdings::AccountSettings;
use crate::units::{Decimal, Money};

/// Returns the cash to keep in an account that is worth so much: the larger of its dollars and its share.
pub(super) fn reserve(settings: Option<&AccountSettings>, value: Money, setup: &Setup) -> Money {
    let dollars = settings.map_or(Money::ZERO, |settings| settings.reserve);
    let share = settings.and_then(|settings| settings.reserve_share).unwrap_or(setup.household.cash_reserve);
    dollars.max(value.times(Decimal::from_f64_retain(share.0).unwrap_or_default())).to_cents()
}
