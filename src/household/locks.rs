//! What is left alone: symbols that are restricted or in a blackout, and positions that are never traded.

use chrono::NaiveDate;

use super::Setup;
use crate::model::{Position, Symbol};
use crate::units::Shares;

/// Why something is not sold, and the first day on which it is again, where there is one.
pub(super) type Lock = (String, Option<NaiveDate>);

/// Returns why a symbol is not sold on a day: restricted, or in a blackout.
pub(super) fn hands_off(symbol: &Symbol, setup: &Setup, as_of: NaiveDate) -> Option<Lock> {
    let trading = &setup.trading.trading;
    let restricted = trading.restricted.iter().any(|(own, _)| own == symbol);
    let windows = trading.blackouts.iter().filter(|window| window.symbol == *symbol && window.covers(as_of));
    let blackouts = windows.map(|window| (format!("in a blackout until {}", window.to), window.to.succ_opt()));
    longest(restricted.then(|| ("restricted in [trading]".to_owned(), None)).into_iter().chain(blackouts))
}

/// Returns the lock that holds longest: one without an end, or the last to end; the first of equals.
pub(super) fn longest(locks: impl IntoIterator<Item = Lock>) -> Option<Lock> {
    let is_longer = |one: &Lock, other: &Lock| match (one.1, other.1) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(one), Some(other)) => one > other,
    };
    locks.into_iter().reduce(|longest, own| if is_longer(&own, &longest) { own } else { longest })
}

/// What is locked until a day may be sold on it.
pub(super) fn locked_until(day: NaiveDate) -> Lock {
    (format!("locked until {day}"), Some(day))
}

/// Returns why a position is never traded, `None` when it may be.
pub(super) fn untradable(position: &Position, setup: &Setup) -> Option<String> {
    if position.kind.is_cash() {
        return Some("cash equivalent, not spent by the plan".to_owned());
    }
    if let Some(why) = position.obstacle() {
        return Some(why.to_owned());
    }
    let multiple =
        position.canonical.as_ref().and_then(|symbol| setup.registry.get(symbol)).map_or(1.0, |i| i.multiple);
    if multiple != 1.0 {
        return Some("leveraged and inverse funds are not traded".to_owned());
    }
    position.quantity.is_none_or(Shares::is_zero).then(|| "no shares".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::household::testing::{position, setup};
    use crate::units::Decimal;

    #[test]
    fn a_blackout_holds_on_its_first_and_last_day_and_no_other() {
        let setup = setup("[trading]\nrestricted = [\"GE\"]\nblackout = { ACME = [\"2026-12-15\", \"2027-02-05\"] }\n");
        let why = |symbol: &str, day: &str| hands_off(&Symbol::new(symbol), &setup, day.parse().unwrap());
        let opens = "2027-02-06".parse().ok();
        for (day, held) in [("2026-12-14", false), ("2026-12-15", true), ("2027-02-05", true), ("2027-02-06", false)] {
            assert_eq!(why("ACME", day), held.then(|| ("in a blackout until 2027-02-05".to_owned(), opens)), "{day}");
        }
        assert_eq!(why("GE", "2026-12-14"), Some(("restricted in [trading]".to_owned(), None)));
        assert_eq!(why("MSFT", "2026-12-20"), None);
    }

    #[test]
    fn of_several_locks_the_longest_holds() {
        let lock = |why: &str, day: Option<&str>| (why.to_owned(), day.map(|day| day.parse().unwrap()));
        let (near, far, for_good) =
            (lock("near", Some("2026-12-04")), lock("far", Some("2027-06-01")), lock("for good", None));
        assert_eq!(longest([near.clone(), far.clone()]), Some(far.clone()));
        assert_eq!(longest([far.clone(), near.clone()]), Some(far.clone()));
        assert_eq!(longest([near, for_good.clone(), far, lock("too", None)]), Some(for_good));
        assert_eq!(longest([]), None);
    }

    #[test]
    fn leveraged_funds_and_what_has_no_shares_are_not_traded() {
        let setup = setup("");
        let why = |symbol: &str, shares: i64| untradable(&position(symbol, shares, 50), &setup);
        assert_eq!(why("SPY", 3), None);
        assert_eq!(why("TQQQ", 3).as_deref(), Some("leveraged and inverse funds are not traded"));
        assert_eq!(why("SPY", 0).as_deref(), Some("no shares"));
        let short = crate::model::Position { quantity: Some(Shares(-Decimal::ONE)), ..position("SPY", 1, 50) };
        assert_eq!(untradable(&short, &setup).as_deref(), Some("sold short"));
    }
}
