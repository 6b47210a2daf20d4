//! The market day by day: the last close of each symbol on every session, and what it paid.
//!
//! Dividends come from the two kinds of closes: where the files have closes as traded and closes with dividends, a
//! dividend is what makes the return of its ex-date that of the closes with dividends. Where only one kind is there,
//! nothing is paid: the closes hold it already, or nobody knows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use crate::market::{Market, cells};
use crate::model::Symbol;
use crate::units::{Decimal, Price};

/// A part of the price below which a difference of two files is their rounding and no dividend.
const LEAST: f64 = 1e-4;

/// The closes and dividends of a symbol, a row for each session.
#[derive(Debug, Default)]
pub struct Quotes {
    /// The close of the session, else the last before it; `None` before the first.
    pub closes: Vec<Option<Price>>,
    /// What a share paid, by session of its ex-date.
    pub dividends: BTreeMap<usize, Decimal>,
    /// The first session with a close.
    pub first: Option<usize>,
}

impl Quotes {
    /// Returns the close of a session, or the last one before it.
    pub fn close(&self, session: usize) -> Option<Price> {
        self.closes.get(session).copied().flatten()
    }
}

/// The market as a backtest goes through it.
pub struct Tape<'m> {
    market: &'m Market,
    /// Every session of the files.
    pub days: &'m [NaiveDate],
    known: Mutex<BTreeMap<Symbol, Arc<Quotes>>>,
}

impl<'m> Tape<'m> {
    /// Opens a market.
    pub fn new(market: &'m Market) -> Self {
        Tape { market, days: market.sessions(), known: Mutex::default() }
    }

    /// Returns the session of a day, or the first after it.
    pub fn session(&self, day: NaiveDate) -> usize {
        self.days.partition_point(|session| *session < day)
    }

    /// Returns the closes and dividends of a symbol; empty for one that no file knows.
    pub fn quotes(&self, symbol: &Symbol) -> Arc<Quotes> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(symbol.clone()).or_insert_with(|| Arc::new(self.read(symbol))).clone()
    }

    fn read(&self, symbol: &Symbol) -> Quotes {
        let own: BTreeMap<NaiveDate, i64> = match self.market.closes(symbol) {
            Some(closes) => closes.dates.iter().copied().zip(closes.values.iter().copied()).collect(),
            None => self.of_panel(symbol),
        };
        let adjusted = self.market.returns(symbol).filter(|_| self.market.has_dividends(symbol));
        let mut quotes = Quotes::default();
        let mut last: Option<(i64, Option<i64>)> = None;
        let mut shown = None;
        for (session, day) in self.days.iter().enumerate() {
            if let Some(close) = own.get(day) {
                let with = adjusted.and_then(|closes| closes.at(*day));
                if let (Some((before, Some(with_before))), Some(with)) = (last, with)
                    && let Some(paid) = paid(*close, before, with, with_before)
                {
                    quotes.dividends.insert(session, paid);
                }
                last = Some((*close, with));
                shown = Some(cells::to_price(*close));
                quotes.first = quotes.first.or(Some(session));
            }
            quotes.closes.push(shown);
        }
        quotes
    }

    fn of_panel(&self, symbol: &Symbol) -> BTreeMap<NaiveDate, i64> {
        let Some(panel) = self.market.panel() else { return BTreeMap::new() };
        let Some(column) = panel.columns.iter().find(|column| column.symbol == *symbol) else {
            return BTreeMap::new();
        };
        let days = panel.sessions.iter().copied().zip(column.closes.iter().copied());
        days.filter(|(_, close)| *close != cells::NONE).collect()
    }
}

/// Returns the dividend that explains a day: `before * with / with_before - close`.
fn paid(close: i64, before: i64, with: i64, with_before: i64) -> Option<Decimal> {
    let float = cells::to_f64;
    let paid = float(before) * float(with) / float(with_before) - float(close);
    (paid > LEAST * float(close)).then(|| Decimal::from_f64_retain(paid).map(|paid| paid.round_dp(6))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::layouts::testing::market;

    /// 100, then 99 after a dividend of 2: with dividends the day before is 98 / 100 of its close, and the return 1%.
    #[test]
    fn a_dividend_is_the_difference_of_the_two_returns() {
        let close = "date,AAA\n2020-01-02,100\n2020-01-03,99\n2020-01-06,99\n";
        let with = "date,AAA\n2020-01-02,98.0198\n2020-01-03,99\n2020-01-06,99\n";
        let (market, _) = market(&[("c.csv", close), ("c-adj.csv", with)]);
        let tape = Tape::new(&market);
        let quotes = tape.quotes(&Symbol::new("AAA"));
        assert_eq!(quotes.dividends.keys().collect::<Vec<_>>(), [&1]);
        assert_eq!(quotes.dividends[&1].round_dp(3), Decimal::from(2));
        assert_eq!(quotes.close(2), Some(Price(Decimal::from(99))));
        assert_eq!(tape.quotes(&Symbol::new("NONE")).first, None);
    }
}
