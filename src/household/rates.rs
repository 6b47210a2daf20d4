//! What is held in other currencies, in dollars: by the rates of the market files, where the export prints none.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::prices::{OLDEST_CLOSE, is_stale};
use super::{RATED, STALE_PRICE};
use crate::diagnostics::{Diagnostic, Sink};
use crate::exposure::{base_currency, common_base};
use crate::market::Market;
use crate::model::{Account, AssetKind, Portfolio, Position};
use crate::units::{Decimal, Money};

/// The rates that were used, by currency.
type Used = BTreeMap<String, (NaiveDate, Decimal)>;

/// Values what is not in dollars, cash too, so that it counts. A household that is kept in one other currency is left in it.
pub fn value_in_dollars(portfolio: &mut Portfolio, market: &Market, as_of: NaiveDate, sink: &mut Sink) {
    if common_base(portfolio).is_none_or(|base| base != "USD") {
        return;
    }
    let mut used = Used::new();
    let mut rate = |currency: &str| {
        let (day, rate) = market.rate(currency, as_of)?;
        if (as_of - day).num_days() > OLDEST_CLOSE {
            return None;
        }
        used.insert(currency.to_owned(), (day, rate));
        Some(rate)
    };
    for account in &mut portfolio.accounts {
        in_dollars(account, &mut rate);
    }
    report(&used, as_of, sink);
}

fn in_dollars(account: &mut Account, mut rate: impl FnMut(&str) -> Option<Decimal>) {
    let base = base_currency(account).to_owned();
    for position in &mut account.positions {
        let amount = match (position.details.value_base, position.value.or_else(|| position.product())) {
            (Some(value), _) if base != "USD" => Some((base.clone(), value)),
            (None, Some(value)) if position.currency != "USD" => Some((position.currency.to_string(), value)),
            _ => None,
        };
        if let Some(value) = amount.and_then(|(currency, value)| Some(value.times(rate(&currency)?))) {
            position.details.value_base = Some(value.to_cents());
        }
    }
    let (foreign, own): (Vec<_>, Vec<_>) =
        std::mem::take(&mut account.cash).into_iter().partition(|(code, _)| code != "USD");
    account.cash = own;
    for (currency, amount) in foreign {
        match rate(&currency).filter(|_| !amount.is_zero()) {
            Some(rate) => account.positions.push(cash(&currency, amount, amount.times(rate).to_cents())),
            None => account.cash.push((currency, amount)),
        }
    }
}

fn cash(currency: &str, amount: Money, dollars: Money) -> Position {
    let mut position = Position::new(AssetKind::Cash, format!("{currency} cash"));
    position.currency = currency.into();
    position.value = Some(amount);
    position.details.value_base = Some(dollars);
    position
}

fn report(used: &Used, as_of: NaiveDate, sink: &mut Sink) {
    if used.is_empty() {
        return;
    }
    let words: Vec<String> =
        used.iter().map(|(code, (day, rate))| format!("{code} at ${} ({day})", rate.round_dp(6).normalize())).collect();
    let message = format!("valued in dollars by the rates of the market files: {}", words.join(", "));
    sink.push(Diagnostic::note(RATED, message).hint("an export that prints its own rates is not touched"));
    let old: Vec<&str> =
        used.iter().filter(|(_, (day, _))| is_stale(*day, as_of)).map(|(code, _)| code.as_str()).collect();
    if !old.is_empty() {
        let message = format!("rates are older than five sessions: {}", old.join(", "));
        sink.push(Diagnostic::warning(STALE_PRICE, message).hint("`broaden fetch` gets newer ones"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market;
    use crate::model::RawFile;

    #[test]
    fn shares_and_cash_abroad_count_at_the_rate_of_the_day() {
        let files = [
            RawFile::new("DEXJPUS.csv", b"observation_date,DEXJPUS\n2026-11-20,160\n".to_vec()),
            RawFile::new("DEXUSEU.csv", b"observation_date,DEXUSEU\n2026-11-10,1.25\n".to_vec()),
        ];
        let market = market::load(&files, &mut Sink::default());
        let mut toyota = Position::new(AssetKind::Equity, "Toyota");
        toyota.currency = "JPY".into();
        toyota.value = Some(Money(280_000.into()));
        let mut account = Account::new("x", "y");
        account.cash = vec![
            ("USD".to_owned(), Money(5.into())),
            ("EUR".to_owned(), Money(100.into())),
            ("SEK".to_owned(), Money(7.into())),
        ];
        account.positions = vec![toyota];
        let mut portfolio = Portfolio { accounts: vec![account], ..Portfolio::default() };
        let mut sink = Sink::default();
        value_in_dollars(&mut portfolio, &market, NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(), &mut sink);
        let account = &portfolio.accounts[0];
        let values: Vec<String> =
            account.positions.iter().filter_map(|p| p.details.value_base).map(Money::dollars).collect();
        assert_eq!(values, ["$1,750.00", "$125.00"]);
        assert_eq!(account.cash.len(), 2, "without a rate kronor stay as they are");
        let codes: Vec<&str> = sink.items.iter().map(|item| item.code.id).collect();
        assert_eq!(codes, ["rates-elsewhere", "stale-price"]);
    }
}
