//! What the sleeves need from other stages: who is sold first, and what unwinding costs.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Setup;
use crate::diagnostics::{Diagnostic, Sink};
use crate::market::Market;
use crate::model::{Side, Symbol};
use crate::rules::strength::{OnStop, Strength};
use crate::signals::Level;
use crate::signals::screen::Screen;
use crate::trades::Trade;
use crate::units::{Decimal, Money};

/// Returns how a stop sells sleeves down to their targets, if one does.
pub(super) fn unwinding(setup: &Setup, strength: &Strength) -> Option<&'static str> {
    if strength.brake.level != Level::Stop || !strength.data || strength.frozen.is_some() {
        return None;
    }
    match setup.rotation.on_stop {
        OnStop::Freeze => None,
        OnStop::Glide => Some("glide"),
        OnStop::Exit => Some("exit"),
    }
}

/// Says what the sales of an unwinding realise, before anyone places them.
pub(super) fn report_unwinding(trades: &[Trade], sink: &mut Sink) {
    let unwinds = |trade: &&Trade| trade.reasons().any(|reason| reason.id.starts_with("sleeve."));
    let sales: Vec<&Trade> = trades.iter().filter(|trade| trade.side == Side::Sell).filter(unwinds).collect();
    if sales.is_empty() {
        return;
    }
    let gain = |wanted| {
        let lots = sales.iter().filter_map(|trade| trade.lot.as_ref()).filter(|lot| lot.term == wanted);
        lots.filter_map(|lot| lot.gain).sum::<Money>()
    };
    let tax = |trade: &&Trade| {
        let rate = Decimal::from_f64_retain(trade.lot.as_ref()?.cost_per_dollar?)?;
        Some(trade.value.times(rate).to_cents())
    };
    let tax: Money = sales.iter().filter_map(tax).sum();
    let message = format!(
        "a stop unwinds the rotation: its sales realise {} short-term and {} long-term, about {} of tax before netting",
        gain(crate::model::Term::Short).dollars(),
        gain(crate::model::Term::Long).dollars(),
        tax.dollars()
    );
    sink.push(
        Diagnostic::warning(super::UNWINDING, message).hint("`on-stop = \"freeze\"` in [rotation] sells nothing"),
    );
}

/// Returns who is sold first where the cost is the same: what fails more of the screen. Stocks that it does not know
/// are in the middle.
pub(super) fn trim_order(market: &Market, symbols: &[Symbol], as_of: NaiveDate) -> BTreeMap<Symbol, u8> {
    let screen = Screen::new(market);
    symbols.iter().filter_map(|symbol| Some((symbol.clone(), screen.verdict(symbol, as_of)?.trim_rank()))).collect()
}
