//! What the sleeves need from other stages: forbidden purchases, money coming in, and what unwinding costs.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Setup;
use crate::diagnostics::{Diagnostic, Sink};
use crate::market::Market;
use crate::model::{Portfolio, Side, Symbol};
use crate::plan::WashSales;
use crate::rules::strength::{OnStop, Strength};
use crate::signals::Level;
use crate::signals::screen::Screen;
use crate::tax;
use crate::trades::Trade;
use crate::units::{Decimal, Money};

/// Returns the sleeve symbols that were sold at a loss (or with an unknown result) in a taxable account in the last 30
/// days, with the day from which they may be bought again.
pub(super) fn blocked(portfolio: &Portfolio, setup: &Setup, as_of: NaiveDate) -> BTreeMap<Symbol, NaiveDate> {
    let mut found = BTreeMap::new();
    if setup.trading.trading.wash_sales != WashSales::Block {
        return found;
    }
    let tax_free =
        |name: &str| portfolio.accounts.iter().any(|account| account.label() == name && !account.kind.is_taxable());
    for trade in &portfolio.trades {
        let recent = tax::in_wash_window(as_of, trade.date) && trade.date <= as_of;
        let loss = trade.gain.is_none_or(Money::is_negative);
        if trade.side != Side::Sell || !recent || !loss || tax_free(&trade.account) {
            continue;
        }
        let until = tax::do_not_buy_until(trade.date);
        let identity = setup.registry.identity(&trade.symbol);
        for symbol in setup.rules.sleeves.symbols().filter(|symbol| setup.registry.identity(symbol) == identity) {
            let latest = found.entry(symbol.clone()).or_insert(until);
            *latest = until.max(*latest);
        }
    }
    found
}

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
