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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::household::testing::{account, dollars, setup};

    /// Of $50,000: 2% is $1,000, which is more than $600 and less than $1,500; an account's own 4% is $2,000.
    #[test]
    fn the_larger_of_dollars_and_share_stays() {
        let of = |own: &str| {
            let setup = setup(&format!("[household]\ncash-reserve = \"2%\"\n[accounts.Joint]\n{own}\n"));
            let settings = setup.accounts.iter().find(|settings| settings.matches(&account("Joint", 0, vec![])));
            assert!(settings.is_some());
            reserve(settings, dollars(50_000), &setup)
        };
        assert_eq!([of("reserve = 600"), of("reserve = 1500")], [dollars(1_000), dollars(1_500)]);
        assert_eq!(reserve(None, dollars(50_000), &setup("[household]\ncash-reserve = 0\n")), Money::ZERO);
    }
}
