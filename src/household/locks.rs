//! What is left alone: symbols that are restricted or in a blackout, and positions that are never traded.

use chrono::NaiveDate;

use super::Setup;
use crate::model::{Position, Symbol};
use crate::units::Shares;

/// Returns why a symbol is not sold on a day: restricted, or in a blackout.
pub(super) fn hands_off(symbol: &Symbol, setup: &Setup, as_of: NaiveDate) -> Option<String> {
    let trading = &setup.trading.trading;
    let restricted = trading.restricted.iter().any(|(own, _)| own == symbol);
    let window = trading.blackouts.iter().find(|window| window.symbol == *symbol && window.covers(as_of));
    let blackout = window.map(|window| format!("in a blackout until {}", window.to));
    restricted.then(|| "restricted in [trading]".to_owned()).or(blackout)
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
