//! How likely the best of many variants is only lucky: combinatorially symmetric cross-validation, and the Sharpe ratio
//! deflated by the number of trials.
//!
//! Bailey, Borwein, Lopez de Prado and Zhu, "The Probability of Backtest Overfitting" (2015); Bailey and Lopez de Prado,
//! "The Deflated Sharpe Ratio" (2014). All ratios are per period, without an interest rate.

use std::collections::BTreeSet;

use super::figures::moments;

/// Euler's constant, as the expected largest of many normal numbers needs it.
const EULER: f64 = 0.577_215_664_901_532_9;

/// Returns of variants over the same periods. Its shape is a type: a transposed matrix would give other numbers without an
/// error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Returns {
    /// One list per variant, of equal length, a number for each period.
    variants: Vec<Vec<f64>>,
}

impl Returns {
    /// Takes the returns of each variant; those of unequal length are cut to the shortest.
    pub fn of_variants(mut variants: Vec<Vec<f64>>) -> Returns {
        let shortest = variants.iter().map(Vec::len).min().unwrap_or(0);
        variants.iter_mut().for_each(|own| own.truncate(shortest));
        Returns { variants }
    }

    /// Leaves out variants that are what an earlier one is, to the last bit. They are one trial and not several: beside its
    /// double the best is never above the middle of the ranks, as if it had been luck.
    pub fn different(mut self) -> Returns {
        let mut seen = BTreeSet::new();
        self.variants.retain(|own| seen.insert(own.iter().map(|value| value.to_bits()).collect::<Vec<u64>>()));
        self
    }

    /// Returns the number of variants.
    pub fn count(&self) -> usize {
        self.variants.len()
    }

    /// Returns the ratio of each variant, mean over sample deviation.
    pub fn ratios(&self) -> Vec<f64> {
        self.variants.iter().map(|own| Observed::of(own).ratio).collect()
    }

    /// Returns the number of periods.
    pub fn periods(&self) -> usize {
        self.variants.first().map_or(0, Vec::len)
    }
}

/// Sums of a block of periods, from which mean and deviation of any union of blocks follow.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn of(values: &[f64], centre: f64) -> Sums {
        let mut sums = Sums { count: values.len() as f64, ..Sums::default() };
        for value in values {
            sums.sum += value - centre;
            sums.squares += (value - centre).powi(2);
        }
        sums
    }

    fn add(&mut self, other: &Sums) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// Mean over sample standard deviation; 0 where nothing moves.
    fn ratio(&self, centre: f64) -> f64 {
        let mean = self.sum / self.count;
        let variance = (self.squares - self.count * mean * mean) / (self.count - 1.0);
        if variance > 0.0 { (centre + mean) / variance.sqrt() } else { 0.0 }
    }
}

/// What cross-validation says of choosing the best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossValidated {
    /// How often what was best on the known half ends in the lower half of the others on the unknown one.
    pub overfit: f64,
    /// How often it has a mean below zero there.
    pub loss: f64,
}

/// Cross-validates: over every way to take half of `blocks` equal stretches of time as
/// known, what becomes of the variant that is best there. `None` with less than two
/// variants, an odd number of blocks, or less than two periods in a block. Periods that fill no block are left out at the
/// beginning.
pub fn cross_validated(returns: &Returns, blocks: usize) -> Option<CrossValidated> {
    let (count, size) = (returns.variants.len(), returns.periods().checked_div(blocks)?);
    if count < 2 || !(2..=20).contains(&blocks) || blocks % 2 == 1 || size < 2 {
        return None;
    }
    let skip = returns.periods() - size * blocks;
    let sums: Vec<(f64, Vec<Sums>)> = returns
        .variants
        .iter()
        .map(|own| {
            let own = own.get(skip..).unwrap_or_default();
            let centre = moments(own).0;
            (centre, own.chunks(size).map(|block| Sums::of(block, centre)).collect())
        })
        .collect();
    let (mut lower, mut lost, mut all) = (0_u32, 0_u32, 0_u32);
    for mask in 0_u32..1 << blocks {
        if mask.count_ones() as usize * 2 != blocks {
            continue;
        }
        let of = |(centre, own): &(f64, Vec<Sums>), known: bool| {
            let mut sum = Sums::default();
            let blocks = own.iter().enumerate().filter(|(block, _)| (mask >> block & 1 == 1) == known);
            blocks.for_each(|(_, block)| sum.add(block));
            sum.ratio(*centre)
        };
        let mut best = (0, f64::NEG_INFINITY);
        for (index, own) in sums.iter().enumerate() {
            let ratio = of(own, true);
            if ratio > best.1 {
                best = (index, ratio);
            }
        }
        let after: Vec<f64> = sums.iter().map(|own| of(own, false)).collect();
        let own = after.get(best.0).copied().unwrap_or(f64::NEG_INFINITY);
        let below = after.iter().filter(|other| **other < own).count() as f64;
        let same = after.iter().filter(|other| **other == own).count() as f64;
        // Its average rank from 1; the middle of N + 1 is where the logit is 0.
        let rank = below + (same + 1.0) / 2.0;
        lower += u32::from(2.0 * rank <= count as f64 + 1.0);
        lost += u32::from(own < 0.0);
        all += 1;
    }
    let part = |count: u32| f64::from(count) / f64::from(all);
    Some(CrossValidated { overfit: part(lower), loss: part(lost) })
}

/// Returns the standard normal distribution function.
pub fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// Returns its inverse, by halving: exact to the last digits, and fast enough for what it is asked.
pub fn quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if normal(middle) < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// Returns the expected largest of some independent standard normal numbers, by the approximation of the paper.
pub fn expected_largest(trials: f64) -> f64 {
    if trials <= 1.0 {
        return 0.0;
    }
    let e = std::f64::consts::E;
    (1.0 - EULER) * quantile(1.0 - 1.0 / trials) + EULER * quantile(1.0 - 1.0 / (trials * e))
}

/// What a Sharpe ratio is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// Mean over sample standard deviation, per period.
    pub ratio: f64,
    /// Periods.
    pub periods: f64,
    /// Skewness of the returns.
    pub skew: f64,
    /// Kurtosis of the returns; 3 for a normal distribution.
    pub kurtosis: f64,
}

impl Observed {
    /// Measures some returns.
    pub fn of(returns: &[f64]) -> Observed {
        let (mean, deviation) = moments(returns);
        let count = returns.len().max(1) as f64;
        let central = |power: i32| returns.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / count;
        let variance = central(2);
        let (skew, kurtosis) = if variance > 0.0 {
            (central(3) / variance.powf(1.5), central(4) / (variance * variance))
        } else {
            (0.0, 3.0)
        };
        let ratio = if deviation > 0.0 { mean / deviation } else { 0.0 };
        Observed { ratio, periods: returns.len() as f64, skew, kurtosis }
    }

    /// Returns the probability that the true ratio is above another (Bailey and Lopez de Prado 2012).
    pub fn above(&self, other: f64) -> f64 {
        let Observed { ratio, periods, skew, kurtosis } = *self;
        let width = (1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio).max(f64::MIN_POSITIVE).sqrt();
        normal((ratio - other) * (periods - 1.0).max(0.0).sqrt() / width)
    }

    /// Returns the probability that the true ratio is above what the best of so many trials would show without any skill.
    pub fn deflated(&self, trials: f64, variance: f64) -> f64 {
        self.above(benchmark(trials, variance))
    }
}

/// Returns the ratio that the best of some trials without skill is expected to show, from the variance of their ratios.
pub fn benchmark(trials: f64, variance: f64) -> f64 {
    variance.max(0.0).sqrt() * expected_largest(trials)
}

/// Returns the years below which the best of some trials without skill is expected to show a yearly Sharpe ratio of 1.
pub fn least_years(trials: f64) -> f64 {
    expected_largest(trials).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() < within, "{found} instead of {expected}");
    }

    /// The matrix of the reference: a congruential generator, row by row, with a drift of the first column.
    fn made_up(periods: usize, variants: usize, seed: u64, drift: f64) -> Returns {
        let mut x = seed;
        let mut columns = vec![Vec::with_capacity(periods); variants];
        for _ in 0..periods {
            for (index, column) in columns.iter_mut().enumerate() {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let u = ((x >> 11) as f64 + 0.5) / 2_f64.powi(53);
                column.push((u - 0.5) * 0.02 + if index == 0 { drift } else { 0.0 });
            }
        }
        Returns::of_variants(columns)
    }

    #[test]
    fn the_reference_probabilities_are_reproduced() {
        for (periods, variants, blocks, seed, drift, expected) in [
            (1_000, 10, 8, 7, 0.0, 29.0 / 70.0),
            (240, 6, 6, 5, 0.001, 6.0 / 20.0),
            (1_000, 20, 10, 3, 0.002, 0.0),
            (1_000, 100, 8, 42, 0.0, 26.0 / 70.0),
        ] {
            close(cross_validated(&made_up(periods, variants, seed, drift), blocks).unwrap().overfit, expected, 1e-6);
        }
    }

    #[test]
    fn what_is_no_matrix_has_no_probability() {
        assert_eq!(cross_validated(&made_up(100, 1, 1, 0.0), 8), None);
        assert_eq!(cross_validated(&made_up(100, 4, 1, 0.0), 7), None);
        assert_eq!(cross_validated(&made_up(10, 4, 1, 0.0), 8), None);
        assert_eq!(cross_validated(&Returns::default(), 0), None);
    }

    /// Ten variants, each of them twice or thrice: the probability is that of the ten.
    #[test]
    fn what_is_the_same_is_one_variant() {
        let ten = made_up(1_000, 10, 7, 0.0);
        let doubles =
            Returns::of_variants([ten.variants.clone(), ten.variants.clone(), ten.variants[..3].to_vec()].concat());
        let merged = doubles.clone().different();
        assert_eq!((merged.count(), &merged), (10, &ten));
        close(cross_validated(&merged, 8).unwrap().overfit, 29.0 / 70.0, 1e-6);
        // One that leads in every block is no luck because it was tried twice; with its double it has rank 1.5 of 2.
        let leads = made_up(1_000, 2, 3, 0.01).variants;
        let twice = Returns::of_variants(vec![leads[0].clone(), leads[0].clone()]);
        close(cross_validated(&twice, 8).unwrap().overfit, 1.0, 1e-9);
        assert_eq!(cross_validated(&twice.different(), 8), None);
        let beside = Returns::of_variants(vec![leads[0].clone(), leads[0].clone(), leads[1].clone()]).different();
        close(cross_validated(&beside, 8).unwrap().overfit, 0.0, 1e-9);
    }

    /// Noise: over seeds the mean is near one half. A planted effect: near zero.
    #[test]
    fn noise_is_a_coin_and_an_effect_is_found() {
        let mean = |drift| {
            (1..=40).map(|seed| cross_validated(&made_up(400, 12, seed, drift), 8).unwrap().overfit).sum::<f64>() / 40.0
        };
        let (noise, effect) = (mean(0.0), mean(0.003));
        assert!((0.4..0.6).contains(&noise), "{noise}");
        assert!(effect < 0.01, "{effect}");
    }

    #[test]
    fn the_reference_deflated_ratios_are_reproduced() {
        let observed = |skew, kurtosis| Observed { ratio: 2.5 / 250_f64.sqrt(), periods: 1_250.0, skew, kurtosis };
        let variance = 0.5 / 250.0;
        close(benchmark(100.0, variance), 0.113_172, 1e-6);
        close(observed(-3.0, 10.0).deflated(100.0, variance), 0.900_397, 1e-6);
        close(observed(-3.0, 10.0).deflated(46.0, variance), 0.950_502, 1e-6);
        close(observed(0.0, 3.0).deflated(88.0, variance), 0.950_491, 1e-6);
        close(least_years(45.0), 5.0, 0.05);
        close(least_years(7.0), 1.9, 0.05);
        close(quantile(0.975), 1.959_963_984_540, 1e-9);
    }

    /// Choosing the best of 50 random strategies: a ratio that does not know of the other 49 is fooled nearly every time, a
    /// deflated one is not.
    #[test]
    fn the_best_of_many_is_not_believed() {
        let (mut plain, mut deflated) = (0, 0);
        for seed in 0..40 {
            let returns = made_up(500, 50, 1_000 + seed, 0.0);
            let ratios: Vec<f64> = returns.variants.iter().map(|own| Observed::of(own).ratio).collect();
            let best = returns.variants.iter().map(|own| Observed::of(own)).max_by(|a, b| a.ratio.total_cmp(&b.ratio));
            let best = best.unwrap();
            plain += usize::from(best.above(0.0) > 0.95);
            deflated += usize::from(best.deflated(50.0, moments(&ratios).1.powi(2)) > 0.95);
        }
        assert!(plain >= 34 && deflated == 0, "{plain} {deflated}");
    }
}
