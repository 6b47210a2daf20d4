//! What waiting costs: what is over its limits stays in the portfolio that much longer, and moves more than what would
//! replace it. A volatility of `s` a year takes `s^2 / 2` off the growth of each dollar (the drag of variance: the mean
//! logarithm of a return is its mean less half its variance), so a year of waiting costs half the difference in variance.

use std::collections::BTreeMap;

use crate::model::Symbol;

/// Waiting is never priced below this, nor without prices above it.
pub const LEAST: f64 = 0.02;
/// Nor above this, whatever the past year was like.
pub const MOST: f64 = 0.10;
/// Weeks in a year.
const WEEKS: f64 = 52.0;
/// Fewer weeks say nothing about a year.
const FEWEST: usize = 26;

/// The price of waiting a year, per dollar that stays over its limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waiting {
    /// From [`LEAST`] to [`MOST`].
    pub price: f64,
    /// The volatilities a year that it was measured by, of what is over and of what would replace it; `None` without
    /// prices.
    pub measured: Option<(f64, f64)>,
}

/// Returns the price of waiting, from the dollars over the limits by symbol, those of what would replace them, and
/// weekly returns of a symbol, oldest first. Of returns of different length the newest are compared.
pub fn waiting(
    over: &BTreeMap<Symbol, f64>,
    instead: &BTreeMap<Symbol, f64>,
    weekly: impl Fn(&Symbol) -> Option<Vec<f64>>,
) -> Waiting {
    let measured = blend(over, &weekly).zip(blend(instead, &weekly));
    let variances = measured.and_then(|(over, instead)| Some((variance(&over)?, variance(&instead)?)));
    let price = variances.map_or(LEAST, |(over, instead)| ((over - instead) / 2.0).clamp(LEAST, MOST));
    Waiting { price, measured: variances.map(|(over, instead)| (over.sqrt(), instead.sqrt())) }
}

/// Returns the weekly returns of a mix; `None` when one of its parts has none.
fn blend(parts: &BTreeMap<Symbol, f64>, weekly: impl Fn(&Symbol) -> Option<Vec<f64>>) -> Option<Vec<f64>> {
    let whole: f64 = parts.values().sum();
    let moves: Vec<(f64, Vec<f64>)> =
        parts.iter().map(|(symbol, part)| Some((part / whole, weekly(symbol)?))).collect::<Option<_>>()?;
    let weeks = moves.iter().map(|(_, moves)| moves.len()).min().filter(|weeks| *weeks >= FEWEST && whole > 0.0)?;
    let week =
        |back: usize| moves.iter().map(|(part, moves)| part * moves.iter().rev().nth(back).unwrap_or(&0.0)).sum();
    Some((0..weeks).map(week).collect())
}

/// Returns the variance of a year; `None` with fewer than two weeks or numbers that are none.
fn variance(weekly: &[f64]) -> Option<f64> {
    let count = weekly.len() as f64;
    let mean = weekly.iter().sum::<f64>() / count;
    let squares: f64 = weekly.iter().map(|value| (value - mean).powi(2)).sum();
    Some(WEEKS * squares / (count - 1.0)).filter(|variance| count > 1.0 && variance.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves up and down by the same, whose sample variance a year is `volatility^2`.
    fn moves(volatility: f64) -> Vec<f64> {
        let weeks = 52.0_f64;
        let step = volatility * ((weeks - 1.0) / weeks / WEEKS).sqrt();
        (0..52).map(|week| if week % 2 == 0 { step } else { -step }).collect()
    }

    fn price(over: f64, instead: f64) -> Waiting {
        let one = |symbol: &str| BTreeMap::from([(Symbol::new(symbol), 1_000.0)]);
        waiting(&one("NVDA"), &one("RSP"), |symbol| {
            Some(moves(if *symbol == Symbol::new("NVDA") { over } else { instead }))
        })
    }

    /// (0.45^2 - 0.18^2) / 2 = (0.2025 - 0.0324) / 2 = 8.505%.
    #[test]
    fn a_volatile_stock_costs_half_the_difference_in_variance() {
        let found = price(0.45, 0.18);
        assert!((found.price - 0.08505).abs() < 1e-12, "{found:?}");
        let (over, instead) = found.measured.unwrap();
        assert!((over - 0.45).abs() < 1e-12 && (instead - 0.18).abs() < 1e-12);
    }

    #[test]
    fn the_price_has_a_floor_and_a_ceiling_and_without_prices_it_is_the_floor() {
        assert_eq!(price(0.18, 0.17).price, LEAST);
        assert_eq!(price(0.15, 0.30).price, LEAST, "what is over moves less");
        assert_eq!(price(0.90, 0.18).price, MOST);
        let over = BTreeMap::from([(Symbol::new("NVDA"), 1.0)]);
        let unpriced = waiting(&over, &over, |_| None);
        assert_eq!(unpriced, Waiting { price: LEAST, measured: None });
        assert_eq!(waiting(&over, &BTreeMap::new(), |_| Some(moves(0.4))).measured, None);
        assert_eq!(waiting(&over, &over, |_| Some(vec![0.1; 5])).measured, None, "five weeks are no year");
    }

    /// Two that move against each other do not move together: half and half of them is calm.
    #[test]
    fn a_mix_is_measured_as_a_mix() {
        let over = BTreeMap::from([(Symbol::new("A"), 3.0), (Symbol::new("B"), 3.0)]);
        let weekly = |symbol: &Symbol| {
            let sign = if *symbol == Symbol::new("A") { 1.0 } else { -1.0 };
            Some(moves(0.6).into_iter().map(|step| sign * step).collect())
        };
        assert_eq!(waiting(&over, &over, weekly).price, LEAST);
    }
}
