//! How much of an extreme winner a position is: a figure for ranking and explaining; trades come from caps and cost.
//!
//! `0.5 clamp((w/cap - 0.5)/0.5) + 0.25 clamp(r/0.40) + 0.25 clamp((price/SMA200 - 1)/0.30)`, each clamped to 0..1, where
//! w is the weight, cap the cap on a position, r the 12-month return over the benchmark's. Extreme from 0.6, with a
//! weight of at least 3%. (A default of this project, not a fact of finance.)

use chrono::{Months, NaiveDate};

use super::Exposure;
use crate::market::{Closes, Market, cells};
use crate::model::Symbol;
use crate::units::Weight;

/// What the winner score is, for `broaden explain winner`.
pub const DOC: &str = "\
The winner score ranks and explains positions; trades come from caps and cost, not from it.

score = 0.5 x clamp((w/cap - 0.5)/0.5) + 0.25 x clamp(r/0.40) + 0.25 x clamp((price/SMA200 - 1)/0.30)

w is the weight of the position, cap the cap on a position, r its 12-month return less the benchmark's; clamp cuts to
0..1. From 0.6, with a weight of at least 3%, a position is an extreme winner. A part that is not known adds nothing,
and the score says how much of it is known. The weights are a default of broaden, not a fact of finance.

Stocks are scored, not funds: a fund is many companies. Returns need closes of the stock and of the benchmark in the
market folder, of the last ten days and of a year before; dividends count where both files have them.";

/// The weights of the three parts: size, return, stretch.
const PARTS: [f64; 3] = [0.5, 0.25, 0.25];
/// The score from which a position is an extreme winner.
const EXTREME: f64 = 0.6;
/// A position below this is never extreme.
const SMALLEST: f64 = 0.03;
/// Closes in the average.
const AVERAGE: usize = 200;
/// A last close older than this many days says nothing of today.
const STALE_DAYS: i64 = 10;

/// The score of a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Winner {
    /// From 0 to 1; parts that are not known add nothing.
    pub score: f64,
    /// How much of the score could be computed, from 0 to 1.
    pub known: f64,
    /// Whether it counts as extreme.
    pub extreme: bool,
}

/// Scores a position. `excess_return` is the 12-month return less the benchmark's (0.40 is 40 points); `stretch` is
/// price over its 200-day average, less 1. Both are fractions, `None` when unknown.
pub fn winner(weight: Weight, cap: Weight, excess_return: Option<f64>, stretch: Option<f64>) -> Winner {
    let size = (cap.0 > 0.0).then(|| (weight.0 / cap.0 - 0.5) / 0.5);
    let parts = [size, excess_return.map(|r| r / 0.40), stretch.map(|s| s / 0.30)];
    let mut out = Winner { score: 0.0, known: 0.0, extreme: false };
    for (share, part) in PARTS.into_iter().zip(parts) {
        if let Some(part) = part.filter(|part| part.is_finite()) {
            out.score += share * part.clamp(0.0, 1.0);
            out.known += share;
        }
    }
    out.extreme = out.score >= EXTREME - 1e-12 && weight.0 >= SMALLEST;
    out
}

/// A stock that is held, with its score and what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredLine {
    /// Its ticker.
    pub label: String,
    /// Of the household value, held directly.
    pub weight: Weight,
    /// Return of 12 months less the benchmark's, a fraction.
    pub excess_return: Option<f64>,
    /// Price over its 200-day average, less 1.
    pub stretch: Option<f64>,
    /// The score.
    pub winner: Winner,
}

/// Scores every stock that is held with at least 3%, highest score first. `cap` is the cap on a position.
pub fn winners(exposure: &Exposure, cap: Weight, market: &Market, as_of: NaiveDate) -> Vec<ScoredLine> {
    let index = Symbol::new(&exposure.benchmark.symbol);
    let stocks = exposure.lines.iter().filter(|line| !line.through_fund && line.weight.0 >= SMALLEST);
    let mut scored: Vec<ScoredLine> = stocks
        .filter_map(|line| {
            let symbol = line.symbol.as_ref()?;
            let excess_return = excess_return(market, symbol, &index, as_of);
            let stretch = traded(market, symbol).and_then(|closes| stretch(&closes, as_of));
            let winner = winner(line.weight, cap, excess_return, stretch);
            Some(ScoredLine { label: line.label.clone(), weight: line.weight, excess_return, stretch, winner })
        })
        .collect();
    scored.sort_by(|a, b| b.winner.score.total_cmp(&a.winner.score).then_with(|| a.label.cmp(&b.label)));
    scored
}

/// Closes as traded: of a file of the symbol's own, else of the panel.
fn traded(market: &Market, symbol: &Symbol) -> Option<Closes> {
    market.closes(symbol).cloned().or_else(|| {
        let panel = market.panel()?;
        let at = panel.columns.binary_search_by(|column| column.symbol.cmp(symbol)).ok()?;
        let closes = panel.sessions.iter().zip(&panel.columns.get(at)?.closes);
        let (dates, values) = closes.filter(|(_, close)| **close != cells::NONE).map(|(d, c)| (*d, *c)).unzip();
        Some(Closes { dates, values })
    })
}

/// Like with like: with dividends where both have them, else both as traded.
fn excess_return(market: &Market, symbol: &Symbol, index: &Symbol, as_of: NaiveDate) -> Option<f64> {
    let both = market.has_dividends(symbol) && market.has_dividends(index);
    let of = |symbol: &Symbol| match both {
        true => market.returns(symbol).and_then(|closes| year(closes, as_of)),
        false => traded(market, symbol).and_then(|closes| year(&closes, as_of)),
    };
    Some(of(symbol)? - of(index)?)
}

/// Return of the 12 months to a day; `None` without a fresh close or one of a year before.
fn year(closes: &Closes, as_of: NaiveDate) -> Option<f64> {
    let near = |wanted: NaiveDate| {
        closes.on_or_before(wanted).filter(|(day, _)| (wanted - *day).num_days() <= STALE_DAYS).map(|(_, close)| close)
    };
    let (now, before) = (near(as_of)?, near(as_of.checked_sub_months(Months::new(12))?)?);
    (before > 0).then(|| cells::to_f64(now) / cells::to_f64(before) - 1.0)
}

/// Price over the mean of the last 200 closes, less 1.
fn stretch(closes: &Closes, as_of: NaiveDate) -> Option<f64> {
    let rows = closes.dates.partition_point(|day| *day <= as_of);
    let (last, day) = (closes.values.get(rows.checked_sub(1)?)?, closes.dates.get(rows - 1)?);
    let window = closes.values.get(rows.checked_sub(AVERAGE)?..rows)?;
    let mean = window.iter().map(|close| cells::to_f64(*close)).sum::<f64>() / AVERAGE as f64;
    ((as_of - *day).num_days() <= STALE_DAYS && mean > 0.0).then(|| cells::to_f64(*last) / mean - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::layouts::testing::market;
    use std::fmt::Write as _;

    /// 400 days of closes ending on 2026-11-20: NVDA doubles in a straight line, SPY stands still.
    fn closes() -> Market {
        let last = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let file = |price: &dyn Fn(i64) -> f64| {
            (0..400).fold("Date,Close\n".to_owned(), |mut text, at| {
                let day = last - chrono::TimeDelta::days(399 - at);
                writeln!(text, "{day},{:.4}", price(at)).unwrap();
                text
            })
        };
        let (stock, index) = (file(&|at| 100.0 + at as f64 / 3.99), file(&|_| 500.0));
        market(&[("NVDA.csv", &stock), ("SPY.csv", &index)]).0
    }

    #[test]
    fn returns_and_stretch_come_from_the_market_files() {
        let market = closes();
        let symbol = Symbol::new("NVDA");
        let last = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let days: Vec<f64> = traded(&market, &symbol).unwrap().values.iter().map(|c| cells::to_f64(*c)).collect();
        let dates = traded(&market, &symbol).unwrap().dates;
        let at = dates.iter().rposition(|day| *day <= last - chrono::TimeDelta::days(365)).unwrap();
        let wanted = days.last().unwrap() / days[at] - 1.0;
        assert!((excess_return(&market, &symbol, &Symbol::new("SPY"), last).unwrap() - wanted).abs() < 1e-12);
        let mean = days[days.len() - 200..].iter().sum::<f64>() / 200.0;
        let found = stretch(&traded(&market, &symbol).unwrap(), last).unwrap();
        assert!((found - (days.last().unwrap() / mean - 1.0)).abs() < 1e-12 && found > 0.1, "{found}");
        // Closes that end long before the day say nothing of it.
        let later = last + chrono::TimeDelta::days(30);
        assert_eq!(excess_return(&market, &symbol, &Symbol::new("SPY"), later), None);
        assert_eq!(stretch(&traded(&market, &symbol).unwrap(), later), None);
        assert_eq!(excess_return(&market, &Symbol::new("AAPL"), &Symbol::new("SPY"), last), None);
    }

    #[test]
    fn the_score_follows_the_formula() {
        // Half a cap is nothing, a full cap half a point; 20 of 40 points of return an eighth; 15% of 30% an eighth.
        let full = winner(Weight(0.10), Weight(0.10), Some(0.20), Some(0.15));
        assert!((full.score - 0.75).abs() < 1e-12 && full.extreme);
        assert_eq!(winner(Weight(0.05), Weight(0.10), Some(0.0), Some(-0.2)).score, 0.0);
        assert_eq!(winner(Weight(0.50), Weight(0.10), Some(2.0), Some(2.0)).score, 1.0);
    }

    #[test]
    fn a_small_position_is_never_extreme_and_unknown_is_said() {
        assert!(!winner(Weight(0.02), Weight(0.02), Some(1.0), Some(1.0)).extreme);
        let unknown = winner(Weight(0.10), Weight(0.10), None, None);
        assert_eq!((unknown.score, unknown.known, unknown.extreme), (0.5, 0.5, false));
    }
}
