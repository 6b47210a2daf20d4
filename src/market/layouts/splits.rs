//! Closes as traded, made comparable across splits: Tiingo, Alpha Vantage and EODHD print what was paid on the day.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::Row;
use crate::diagnostics::{Diagnostic, Sink};
use crate::market::SPLIT;
use crate::market::cells::{self, NONE};
use crate::market::pieces::Bars;

/// Divides earlier closes by the split factors of a column (1 on days without a split).
pub fn by_factors(rows: &[Row<'_>], column: usize, bars: &mut Bars) {
    let factors: BTreeMap<NaiveDate, f64> = rows
        .iter()
        .filter_map(|row| Some((row.stamp.date, cells::number(row.cell(column)).ok()??)))
        .filter(|(_, factor)| *factor > 0.0)
        .collect();
    divide(bars, &factors);
}

/// Across a longer hole the dividends of years add up to what looks like a split.
const LONGEST_PAUSE: i64 = 10;

/// Finds splits where the adjusted closes do not follow the closes: `(adj_t / adj_{t-1}) / (close_t / close_{t-1})` is
/// then the factor, while a dividend moves it by a few percent only.
pub fn by_adjusted(bars: &mut Bars, sink: &mut Sink) {
    let mut factors = BTreeMap::new();
    let days: Vec<(NaiveDate, f64, f64)> = (bars.dates.iter().zip(&bars.close).zip(&bars.adjusted))
        .filter(|((_, close), adjusted)| **close != NONE && **adjusted != NONE)
        .map(|((date, close), adjusted)| (*date, cells::to_f64(*close), cells::to_f64(*adjusted)))
        .collect();
    for pair in days.windows(2) {
        if let [(before, close, adjusted), (date, close_now, adjusted_now)] = pair
            && (*date - *before).num_days() <= LONGEST_PAUSE
            && let Some(factor) = simple((adjusted_now / adjusted) / (close_now / close))
        {
            factors.insert(*date, factor);
        }
    }
    if let Some((date, factor)) = factors.first_key_value() {
        let message = format!("closes of {} before {date} are divided by {factor} for a split", bars.name);
        let mut diagnostic = Diagnostic::note(SPLIT, message);
        diagnostic.place = bars.place.clone();
        sink.push(diagnostic);
        divide(bars, &factors);
    }
}

/// Returns the split ratio that a factor is within 2% of: n for 1, 3 for 2, or 1 for n. A factor of 5 for 4 or 4 for 3 is
/// a special dividend as often, so none is inferred from it.
fn simple(factor: f64) -> Option<f64> {
    let near = |ratio: f64| (factor / ratio - 1.0).abs() < 0.02;
    let whole = (2..=100).map(f64::from);
    let ratios = whole.clone().chain([1.5]).chain(whole.map(|n| 1.0 / n)).collect::<Vec<f64>>();
    ratios.into_iter().find(|ratio| near(*ratio))
}

fn divide(bars: &mut Bars, factors: &BTreeMap<NaiveDate, f64>) {
    let mut product = 1.0;
    for (date, close) in bars.dates.iter().zip(&mut bars.close).rev() {
        if product != 1.0 {
            *close = (*close as f64 / product).round() as i64;
        }
        product *= factors.get(date).copied().unwrap_or(1.0);
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::model::Symbol;

    const HEAD: &str = "Date,Open,High,Low,Close,Adjusted_close,Volume\n";

    fn first(rows: &str) -> (String, Vec<String>) {
        let (market, codes) = market(&[("KRE.csv", &format!("{HEAD}{rows}"))]);
        (market.price(&Symbol::new("KRE"), "2020-01-02".parse().unwrap()).unwrap().1.to_string(), codes)
    }

    #[test]
    fn a_split_that_only_the_adjusted_closes_show_is_taken_out() {
        let (price, codes) = first("2020-01-02,1,1,1,100,24.8,5\n2020-01-03,1,1,1,25.25,25,5\n");
        assert_eq!(price, "25");
        assert!(codes.contains(&"note market-split".to_owned()), "{codes:?}");
    }

    #[test]
    fn a_dividend_is_not_a_split() {
        let (price, codes) = first("2020-01-02,1,1,1,100,90,5\n2020-01-03,1,1,1,98,90,5\n");
        assert!(!codes.contains(&"note market-split".to_owned()), "{codes:?}");
        assert_eq!(price, "100");
        let (price, codes) = first("2020-01-02,1,1,1,100,80,5\n2020-01-03,1,1,1,80,80,5\n");
        assert_eq!((price.as_str(), codes.iter().any(|code| code.ends_with("split"))), ("100", false), "a fifth");
        let (price, _) = first("2020-01-02,1,1,1,100,66,5\n2025-01-03,1,1,1,100,100,5\n");
        assert_eq!(price, "100", "dividends of five years");
        assert!(!codes.contains(&"note market-split".to_owned()), "{codes:?}");
    }
}
