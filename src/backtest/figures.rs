//! What a course came to: returns, risk, and what it cost.

use chrono::{Datelike, NaiveDate};

/// Sessions of a year, for what is annualised by sessions.
pub const SESSIONS: f64 = 252.0;

/// Figures of a series of daily returns.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Figures {
    /// Compound growth a year, by calendar days; of less than a year the growth of the span itself.
    pub cagr: f64,
    /// Standard deviation of daily returns, times the root of 252.
    pub volatility: f64,
    /// Deepest fall from a high, a fraction below zero.
    pub drawdown: f64,
    /// Mean over standard deviation of daily returns, times the root of 252, without an interest rate.
    pub sharpe: f64,
    /// The worst calendar year with its return; a first or last year counts as far as it goes.
    pub worst_year: Option<(i32, f64)>,
    /// The return of every calendar year.
    pub years: Vec<(i32, f64)>,
}

/// Days of a year whose first and last session stand for it.
const YEAR: i64 = 360;

/// Returns whether a span is less than a year: three days that would be 1,981% a year are 2.6% of three days.
pub fn is_short(first: NaiveDate, last: NaiveDate) -> bool {
    (last - first).num_days() < YEAR
}

/// Returns the change of each day after the first: `value / before - 1`, without what came in or went out that day.
pub fn returns(values: &[f64], flows: &[f64]) -> Vec<f64> {
    let pairs = values.windows(2).zip(flows.iter().skip(1));
    pairs.filter_map(|(pair, flow)| Some((pair.get(1)? - flow) / pair.first()? - 1.0)).collect()
}

/// Returns after each change how far it is below the highest level before, a fraction below zero.
pub fn falls(changes: &[f64]) -> Vec<f64> {
    let (mut level, mut high) = (1.0_f64, 1.0_f64);
    let fall = |change: &f64| {
        level *= 1.0 + change;
        high = high.max(level);
        level / high - 1.0
    };
    changes.iter().map(fall).collect()
}

/// Computes the figures of a course of values, one for each day.
pub fn figures(days: &[NaiveDate], values: &[f64], flows: &[f64]) -> Figures {
    let changes = returns(values, flows);
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Figures::default() };
    let growth: f64 = changes.iter().map(|change| 1.0 + change).product();
    let years = (*last - *first).num_days() as f64 / 365.25;
    let mut by_year: Vec<(i32, f64)> = Vec::new();
    for (change, day) in changes.iter().zip(days.iter().skip(1)) {
        match by_year.last_mut().filter(|(year, _)| *year == day.year()) {
            Some((_, growth)) => *growth *= 1.0 + change,
            None => by_year.push((day.year(), 1.0 + change)),
        }
    }
    by_year.iter_mut().for_each(|(_, growth)| *growth -= 1.0);
    let (mean, deviation) = moments(&changes);
    Figures {
        cagr: if growth > 0.0 && !is_short(*first, *last) { growth.powf(1.0 / years) - 1.0 } else { growth - 1.0 },
        volatility: deviation * SESSIONS.sqrt(),
        drawdown: falls(&changes).into_iter().fold(0.0, f64::min),
        sharpe: if deviation > 0.0 { mean / deviation * SESSIONS.sqrt() } else { 0.0 },
        worst_year: by_year.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1)),
        years: by_year,
    }
}

/// Returns mean and sample standard deviation.
pub fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    if values.len() < 2 {
        return (values.first().copied().unwrap_or(0.0), 0.0);
    }
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100, 110, 99 over two calendar years: +10%, then -10%; the fall from the high is 10%.
    #[test]
    fn figures_are_those_of_the_days() {
        let days: Vec<NaiveDate> =
            ["2019-12-31", "2020-06-30", "2021-12-31"].iter().map(|day| day.parse().unwrap()).collect();
        let found = figures(&days, &[100.0, 110.0, 99.0], &[0.0; 3]);
        assert!((found.drawdown + 0.1).abs() < 1e-12);
        assert_eq!(found.years.iter().map(|(year, _)| *year).collect::<Vec<_>>(), [2020, 2021]);
        assert_eq!(found.worst_year.map(|(year, _)| year), Some(2021));
        assert!((found.cagr - (0.99_f64.powf(365.25 / 731.0) - 1.0)).abs() < 1e-12);
        // Half a year is not made a year: 10% of it stay 10%.
        let half = figures(&days[..2], &[100.0, 110.0], &[0.0; 2]);
        assert!((half.cagr - 0.1).abs() < 1e-12, "{}", half.cagr);
        let whole = ["2024-01-02", "2024-12-31"].map(|day| day.parse().unwrap());
        assert!(!is_short(whole[0], whole[1]) && is_short(days[0], days[1]));
        // What comes in is no return: 110 with 10 of it new is what it was.
        assert!(returns(&[100.0, 110.0], &[0.0, 10.0])[0].abs() < 1e-12);
    }
}
