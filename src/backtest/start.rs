//! What a backtest begins with: the household of a day, or shares of some cash.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::strategy::Weights;
use super::tape::Tape;
use super::{BAD_START, NO_CLOSE, RESTATED};
use crate::diagnostics::{Diagnostic, Sink, text};
use crate::model::{Account, AssetKind, Lot, Portfolio, Position, Symbol, TaxTreatment};
use crate::units::{Decimal, Money, NumberStyle, Price, Shares, parse_number};

/// Reads `60% QQQ, 40% VOO`.
fn parts(text: &str, sink: &mut Sink) -> Option<BTreeMap<Symbol, Decimal>> {
    let mut found = BTreeMap::new();
    let mut problem = |message: String| {
        let problem = Diagnostic::error(BAD_START, message);
        sink.push(problem.hint("for example --start \"60% QQQ, 40% VOO\"; what is left stays cash"));
    };
    for part in text.split([',', '+', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        let words: Vec<&str> = part.split_whitespace().collect();
        let (number, symbol) = match words[..] {
            [number, symbol] if number.ends_with('%') => (number, symbol),
            [symbol, number] if number.ends_with('%') => (number, symbol),
            _ => {
                problem(format!("`{}` of --start is not a percentage and a ticker", text::plain(part)));
                return None;
            }
        };
        let percent = parse_number(number.trim_end_matches('%'), NumberStyle::Point).ok().flatten();
        let Some(percent) = percent.filter(|percent| *percent > Decimal::ZERO) else {
            problem(format!("`{}` of --start is not a percentage above zero", text::plain(number)));
            return None;
        };
        *found.entry(Symbol::new(symbol)).or_insert(Decimal::ZERO) += percent / Decimal::ONE_HUNDRED;
    }
    let all: Decimal = found.values().copied().sum();
    if found.is_empty() {
        problem("--start names nothing".to_owned());
        return None;
    }
    if all > Decimal::ONE {
        problem(format!(
            "--start adds up to {}%, and should be at most 100%",
            (all * Decimal::ONE_HUNDRED).normalize()
        ));
        return None;
    }
    Some(found)
}

/// Returns an account of shares of some cash, bought at the closes of a session without costs.
pub fn of_text(
    text: &str,
    cash: Money,
    kind: TaxTreatment,
    session: usize,
    tape: &Tape<'_>,
    sink: &mut Sink,
) -> Option<Portfolio> {
    let weights = parts(text, sink)?;
    let day = tape.days.get(session).copied()?;
    let mut account = Account::new("broaden", "start");
    (account.name, account.kind, account.as_of) = (Some("Start".to_owned()), kind, Some(day));
    let mut left = cash;
    for (symbol, weight) in &weights {
        let Some(price) = tape.quotes(symbol).close(session).filter(|price| price.is_positive()) else {
            no_close(&[symbol], day, tape, sink);
            return None;
        };
        let shares = Shares(
            (cash.decimal() * weight / price.decimal())
                .round_dp_with_strategy(6, rust_decimal::RoundingStrategy::ToNegativeInfinity),
        );
        left -= price * shares;
        account.positions.push(fresh(symbol, shares, price, price * shares, day));
    }
    account.cash = vec![("USD".to_owned(), left)];
    Some(Portfolio { accounts: vec![account], as_of: Some(day), ..Portfolio::default() })
}

fn fresh(symbol: &Symbol, shares: Shares, price: Price, basis: Money, day: NaiveDate) -> Position {
    let mut position = Position::new(AssetKind::Etf, symbol.as_str());
    (position.symbol, position.canonical) = (Some(symbol.to_string()), Some(symbol.clone()));
    (position.quantity, position.price) = (Some(shares), Some(price));
    (position.value, position.cost_basis) = (Some((price * shares).to_cents()), Some(basis));
    position.lots = vec![Lot { opened: Some(day), cost_basis: Some(basis), ..Lot::new(day.to_string(), shares) }];
    position
}

fn no_close(symbols: &[&Symbol], day: NaiveDate, tape: &Tape<'_>, sink: &mut Sink) {
    let of = |symbol: &&Symbol| match tape.quotes(symbol).first.and_then(|first| tape.days.get(first)) {
        Some(first) => format!("{symbol} (from {first})"),
        None => symbol.to_string(),
    };
    let list: Vec<String> = symbols.iter().map(of).collect();
    let message = format!("the market files have no close on {day} or before it of {}", list.join(", "));
    let hint = "begin later with --from, put their closes into the market folder, or name what is held with --start";
    sink.push(Diagnostic::error(NO_CLOSE, message).hint(hint));
}

/// Says which holdings keep the price they have, and how much of all that is.
fn kept(missing: &[&Symbol], portfolio: &Portfolio, day: NaiveDate, sink: &mut Sink) {
    let positions = || portfolio.accounts.iter().flat_map(|account| &account.positions);
    let is_missing = |position: &&Position| position.canonical.as_ref().is_some_and(|own| missing.contains(&own));
    let value: Money = positions().filter(is_missing).filter_map(Position::base_value).sum();
    let all: Money = positions().filter_map(Position::base_value).sum();
    let list: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let share = value.share_of(all).map_or_else(String::new, |share| format!(", {} of the holdings", share.percent()));
    let message = format!("the market files have no close on {day} of {}{share}", list.join(", "));
    let hint =
        "they keep the price they have and are not traded: put their closes into the market folder to have them move";
    sink.push(Diagnostic::warning(NO_CLOSE, message).hint(hint));
}

/// Keeps a position as it is.
fn hold(position: &mut Position) {
    if position.lots.is_empty()
        && let Some(shares) = position.quantity
    {
        position.lots = vec![Lot { cost_basis: position.cost_basis, ..Lot::new("all", shares) }];
    }
    position.lots.iter_mut().for_each(|lot| lot.hold = Some("the market files have no close of it".to_owned()));
}

/// A price of the holdings that is further from the close of the files is of shares that were split since.
const SPLIT: f64 = 0.1;

/// Takes the household to the closes of a session. Begun before the day of its lots, it is the same weights bought on the
/// first day; a price that a later split has changed changes the number of shares.
pub fn of_household(portfolio: &Portfolio, session: usize, tape: &Tape<'_>, sink: &mut Sink) -> Option<Portfolio> {
    let day = tape.days.get(session).copied()?;
    let mut start = portfolio.clone();
    let restated = portfolio.as_of.is_some_and(|own| (own - day).num_days() > 7);
    let tradable =
        |position: &Position| !position.kind.is_cash() && position.obstacle().is_none() && position.canonical.is_some();
    let held = portfolio.accounts.iter().flat_map(|account| &account.positions).filter(|position| tradable(position));
    let symbols = held.filter_map(|position| position.canonical.as_ref());
    let (mut missing, priced): (Vec<&Symbol>, Vec<&Symbol>) =
        symbols.partition(|symbol| tape.quotes(symbol).close(session).is_none());
    missing.sort();
    missing.dedup();
    if !missing.is_empty() && priced.is_empty() {
        no_close(&missing, day, tape, sink);
        return None;
    }
    if !missing.is_empty() {
        kept(&missing, portfolio, day, sink);
    }
    for position in start.accounts.iter_mut().flat_map(|account| &mut account.positions) {
        if !tradable(position) {
            continue;
        }
        if position.canonical.as_ref().is_some_and(|symbol| missing.contains(&symbol)) {
            hold(position);
            continue;
        }
        let (Some(symbol), Some(own), Some(shares)) = (&position.canonical, position.unit_price(), position.quantity)
        else {
            continue;
        };
        let Some(close) = tape.quotes(symbol).close(session).filter(|close| close.is_positive()) else { continue };
        let ratio = own.decimal() / close.decimal();
        let split = (ratio - Decimal::ONE).abs() > Decimal::from_f64_retain(SPLIT).unwrap_or_default();
        if restated {
            let shares = Shares((shares.decimal() * ratio).round_dp(6));
            let basis = (close * shares).to_cents();
            *position = Position { kind: position.kind, ..fresh(symbol, shares, close, basis, day) };
        } else if split {
            let scaled = |shares: Shares| Shares((shares.decimal() * ratio).round_dp(6));
            position.quantity = Some(scaled(shares));
            position.lots.iter_mut().for_each(|lot| lot.quantity = scaled(lot.quantity));
        }
        position.price = Some(close);
        position.value = position.quantity.map(|shares| (close * shares).to_cents());
    }
    start.as_of = Some(day);
    start.accounts.iter_mut().for_each(|account| account.as_of = Some(day));
    if restated {
        start.trades.clear();
        let message =
            format!("the household is of a later day than {day}: its weights of that day are bought on {day}");
        sink.push(Diagnostic::note(RESTATED, message));
    }
    Some(start)
}

/// Returns the shares of each account's value that its holdings are.
pub fn weights(portfolio: &Portfolio) -> Weights {
    let of = |account: &Account| {
        let mut shares: BTreeMap<Symbol, Decimal> = BTreeMap::new();
        let cash = account.cash_in("USD").unwrap_or_default();
        let whole = cash + account.positions.iter().filter_map(Position::base_value).sum::<Money>();
        for position in account.positions.iter().filter(|position| position.obstacle().is_none()) {
            if let (Some(symbol), Some(value)) = (&position.canonical, position.base_value())
                && let Some(share) = value.decimal().checked_div(whole.decimal())
            {
                *shares.entry(symbol.clone()).or_default() += share;
            }
        }
        shares
    };
    portfolio.accounts.iter().map(of).collect()
}

/// Returns the same accounts holding nothing but one fund, with the cost they had: a lot of the day of the oldest.
pub fn all_in(portfolio: &Portfolio, symbol: &Symbol, session: usize, tape: &Tape<'_>) -> Option<Portfolio> {
    let price = tape.quotes(symbol).close(session).filter(|price| price.is_positive())?;
    let mut start = portfolio.clone();
    for account in &mut start.accounts {
        let (kept, sold): (Vec<Position>, Vec<Position>) =
            std::mem::take(&mut account.positions).into_iter().partition(|position| position.obstacle().is_some());
        let value: Money = sold.iter().filter_map(Position::base_value).sum();
        let cash = account.cash_in("USD").unwrap_or_default();
        let all = value + cash;
        let lots = || sold.iter().flat_map(|position| &position.lots);
        let known: Option<Money> = sold.iter().map(|position| position.cost_basis).sum();
        let day = start.as_of.unwrap_or_default();
        let opened = lots().filter_map(|lot| lot.opened).min().unwrap_or(day);
        account.positions = kept;
        if all.is_positive() {
            let shares = Shares((all.decimal() / price.decimal()).round_dp(6));
            account.positions.push(fresh(symbol, shares, price, known.unwrap_or(value) + cash, opened));
        }
        account.cash = vec![("USD".to_owned(), all - price * shares_of(account, symbol))];
    }
    start.trades.clear();
    Some(start)
}

fn shares_of(account: &Account, symbol: &Symbol) -> Shares {
    let own = account.positions.iter().filter(|position| position.canonical.as_ref() == Some(symbol));
    own.filter_map(|position| position.quantity).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_start_is_said() {
        for (given, said) in [
            ("", "--start names nothing"),
            (" , ", "--start names nothing"),
            ("60% QQQ, 50% VOO", "--start adds up to 110%, and should be at most 100%"),
            ("QQQ", "`QQQ` of --start is not a percentage and a ticker"),
            ("0% QQQ", "`0%` of --start is not a percentage above zero"),
        ] {
            let mut sink = Sink::default();
            assert_eq!(parts(given, &mut sink), None, "{given}");
            let all: Vec<&str> = sink.items.iter().map(|item| item.message.as_str()).collect();
            assert_eq!(all, [said]);
        }
        let found = parts("60% QQQ + VOO 40%", &mut Sink::default()).unwrap();
        assert_eq!(found[&Symbol::new("QQQ")] + found[&Symbol::new("VOO")], Decimal::ONE);
    }
}
