//! Past weekly returns of everything held or buyable, and the two measures of risk over them: mean absolute deviation
//! (Konno and Yamazaki 1991) and conditional value at risk (Rockafellar and Uryasev 2000).

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};

use super::Context;
use crate::market::{Market, REFERENCE_FUND, cells};
use crate::model::Symbol;

/// Fewest weeks that say anything about risk.
pub const FEWEST: usize = 52;
/// Days by which a close may be older than the end of its week.
const STALE: u64 = 7;

/// Weekly returns of every symbol, oldest first.
pub struct Scenarios {
    /// By symbol, equally long.
    pub returns: Arc<BTreeMap<Symbol, Vec<f64>>>,
    /// How many weeks.
    pub weeks: usize,
    /// Share of the portfolio's value that has no history of its own and is taken to move like the index fund.
    pub stand_in: f64,
}

/// Returns the mean absolute deviation of equally likely returns; `None` without any.
pub fn mean_absolute_deviation(returns: &[f64]) -> Option<f64> {
    let count = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / count;
    (!returns.is_empty()).then(|| returns.iter().map(|value| (value - mean).abs()).sum::<f64>() / count)
}

/// Returns the conditional value at risk of equally likely returns as a loss, positive when it is one; `None` without
/// returns or with a level outside 0 to below 1.
pub fn conditional_value_at_risk(returns: &[f64], level: f64) -> Option<f64> {
    if returns.is_empty() || !(0.0..1.0).contains(&level) {
        return None;
    }
    let mut losses: Vec<f64> = returns.iter().map(|value| -value).collect();
    losses.sort_by(|a, b| b.total_cmp(a));
    // The tail in scenarios; its last one may count in part.
    let mut left = (1.0 - level) * losses.len() as f64;
    let tail = left;
    let mut sum = 0.0;
    for loss in losses {
        let part = left.min(1.0);
        sum += part * loss;
        left -= part;
        if left <= 0.0 {
            break;
        }
    }
    Some(sum / tail)
}

/// Returns the weekly returns of a symbol up to a day, oldest first: a week is five sessions of the index fund. As many as
/// asked for, or fewer where the index fund has fewer; `None` when a close is missing.
pub fn weekly(market: &Market, symbol: &Symbol, as_of: NaiveDate, weeks: usize) -> Option<Vec<f64>> {
    let sessions = &market.returns(&Symbol::new(REFERENCE_FUND))?.dates;
    let known = sessions.get(..sessions.partition_point(|day| *day <= as_of))?;
    let mut ends: Vec<NaiveDate> = known.iter().rev().step_by(5).take(weeks.checked_add(1)?).copied().collect();
    ends.reverse();
    let close = |day: NaiveDate| -> Option<f64> {
        let oldest = day.checked_sub_days(Days::new(STALE))?;
        match market.returns(symbol) {
            Some(closes) => {
                let (date, close) = closes.on_or_before(day)?;
                (date >= oldest).then_some(cells::to_f64(close))
            }
            None => {
                let (date, close) = market.panel()?.on_or_before(symbol, day)?;
                (date >= oldest).then_some(cells::to_f64(close))
            }
        }
    };
    let closes: Vec<f64> = ends.into_iter().map(close).collect::<Option<_>>()?;
    let moves = closes.windows(2).map(|pair| match pair {
        [before, after] if *before > 0.0 => Some(after / before - 1.0),
        _ => None,
    });
    moves.collect()
}

/// Gathers the scenarios of a portfolio. What has no history moves like the index fund, times its leverage; cash and what
/// is waiting to settle does not move.
///
/// # Errors
/// Why there are none, in words.
pub fn gather(context: &Context<'_>, weeks: usize) -> Result<Scenarios, String> {
    let index = Symbol::new(REFERENCE_FUND);
    let Some(reference) = (context.weekly)(&index, weeks) else {
        return Err(format!("no weekly history of {REFERENCE_FUND}"));
    };
    if reference.len() < FEWEST {
        return Err(format!("{} weeks of {REFERENCE_FUND} are too few, {FEWEST} are needed", reference.len()));
    }
    let mut returns = BTreeMap::new();
    let mut stand_in = 0.0;
    for symbol in context.symbols {
        let own = (context.weekly)(symbol, weeks).filter(|own| own.len() == reference.len());
        let parts = context.registry.look_through(symbol);
        let moves = match own {
            Some(own) => own,
            None if symbol.as_str() == "PENDING" || parts.cash >= 0.999 => continue,
            None => {
                stand_in += context.weight_of(symbol).abs();
                let multiple = context.registry.get(symbol).map_or(1.0, |instrument| instrument.multiple);
                reference.iter().map(|change| multiple * change).collect()
            }
        };
        returns.insert(symbol.clone(), moves);
    }
    Ok(Scenarios { returns: Arc::new(returns), weeks: reference.len(), stand_in })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::layouts::testing::market;
    use crate::signals::testing::weekdays;

    #[test]
    fn a_week_is_five_sessions_of_the_index_fund() {
        // A gains 1% from one session to the next five times, then stands still; B begins late.
        let close = |n: usize| 1.01_f64.powi(i32::try_from(n.min(5)).unwrap());
        let late = |n: usize| if n < 3 { String::new() } else { "10".to_owned() };
        let rows = weekdays(12, |n| format!("100,{:.6},{}", 100.0 * close(n), late(n)));
        let (market, _) = market(&[("f.csv", &format!("date,SPY,A,B\n{rows}"))]);
        let last = market.last_session().unwrap();
        let of = |symbol: &str, weeks: usize| weekly(&market, &Symbol::new(symbol), last, weeks);
        // Sessions 11, 6 and 1: four of the five gains lie between 1 and 6.
        let a = of("A", 10).unwrap();
        assert!((a[0] - (1.01_f64.powi(4) - 1.0)).abs() < 1e-6 && a[1].abs() < 1e-9, "{a:?}");
        assert_eq!(of("SPY", 10), Some(vec![0.0, 0.0]));
        assert_eq!(of("B", 10), None);
        assert_eq!(of("B", 1), Some(vec![0.0]));
        assert_eq!(of("C", 1), None);
        // Nothing after the day of the answer is looked at.
        let early = weekly(&market, &Symbol::new("A"), last.checked_sub_days(Days::new(1)).unwrap(), 1).unwrap();
        assert_eq!(early.len(), 1);
    }

    #[test]
    fn four_scenarios_by_hand() {
        let returns = [-0.1, -0.02, 0.01, 0.05];
        let close = |value: Option<f64>, expected: f64| assert!((value.unwrap() - expected).abs() < 1e-12, "{value:?}");
        close(mean_absolute_deviation(&returns), 0.045);
        close(conditional_value_at_risk(&returns, 0.5), 0.06);
        close(conditional_value_at_risk(&returns, 0.75), 0.10);
        // One and a half of four scenarios: (10% + 2% / 2) / 1.5.
        close(conditional_value_at_risk(&returns, 0.625), 0.11 / 1.5);
        assert_eq!(conditional_value_at_risk(&[], 0.5), None);
    }
}
