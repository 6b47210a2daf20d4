//! What "sustained improvement" means: trend, persistence, cross, and states that do not flicker.

/// Sessions of the long average that persistence and cross are measured against.
const LONG: usize = 50;
/// Sessions of the short average, and over which persistence is counted.
const SHORT: usize = 20;

/// Returns the trend of the last `window` changes of a series at each index ([`z_of`]).
pub fn z(series: &[f64], window: usize) -> Vec<Option<f64>> {
    let at = |end: usize| z_of(series.get(end.checked_sub(window)?..=end)?);
    (0..series.len()).map(at).collect()
}

/// Returns the trend of the N changes between some values:
/// `z = (x_t - x_{t-N}) / (s * sqrt(N))`, s the sample standard deviation of the changes.
///
/// On a random walk z is about standard normal, so 2 is rare. The t-value of a regression line is not used: on a random
/// walk of 63 days it exceeds 2 four times out of five (the spurious regression of Granger and Newbold).
pub fn z_of(part: &[f64]) -> Option<f64> {
    let changes: Vec<f64> =
        part.windows(2).map(|pair| pair.last().unwrap_or(&0.0) - pair.first().unwrap_or(&0.0)).collect();
    let n = changes.len() as f64;
    let mean = changes.iter().sum::<f64>() / n;
    let variance = changes.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let value = (part.last()? - part.first()?) / (variance.sqrt() * n.sqrt());
    value.is_finite().then_some(value)
}

/// Returns the mean of the last `window` values up to each index.
pub fn mean(series: &[f64], window: usize) -> Vec<Option<f64>> {
    let at = |end: usize| {
        let part = series.get((end + 1).checked_sub(window)?..=end)?;
        Some(part.iter().sum::<f64>() / window as f64)
    };
    (0..series.len()).map(at).collect()
}

/// Returns an exponential average with weight `2 / (n + 1)`, seeded with the first value.
pub fn ema(series: &[f64], n: usize) -> Vec<f64> {
    let weight = 2.0 / (n as f64 + 1.0);
    let mut average: Option<f64> = None;
    let step = |x: &f64| {
        let next = average.map_or(*x, |before| before + weight * (x - before));
        average = Some(next);
        next
    };
    series.iter().map(step).collect()
}

/// What a trend looks like on one day beside its z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Share of the last 20 days on which the series was above its own 50-day mean.
    pub persistence: f64,
    /// The 20-day mean is above the 50-day mean.
    pub cross: bool,
    /// z at least 1, persistence at least 0.7, and the cross.
    pub sustained: bool,
}

/// Returns the shape of a series at each index where there is enough of it.
pub fn shape(series: &[f64], window: usize) -> Vec<Option<Shape>> {
    let (z, long, short) = (z(series, window), mean(series, LONG), mean(series, SHORT));
    let above: Vec<Option<bool>> = series.iter().zip(&long).map(|(x, mean)| mean.map(|mean| *x > mean)).collect();
    let at = |index: usize| {
        let days = above.get((index + 1).checked_sub(SHORT)?..=index)?;
        let count = days.iter().copied().collect::<Option<Vec<bool>>>()?.into_iter().filter(|above| *above).count();
        let persistence = count as f64 / SHORT as f64;
        let cross = short.get(index).copied()?? > long.get(index).copied()??;
        let sustained = z.get(index).copied()?? >= 1.0 && persistence >= 0.7 && cross;
        Some(Shape { persistence, cross, sustained })
    };
    (0..series.len()).map(at).collect()
}

/// A state that is entered and left at different levels, each held for some readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hysteresis {
    /// Entered at or above.
    pub enter: f64,
    /// Left at or below.
    pub leave: f64,
    /// Readings in a row that enter.
    pub confirm_enter: usize,
    /// Readings in a row that leave.
    pub confirm_leave: usize,
}

impl Hysteresis {
    /// Returns the state after each reading, off before the first. A missing reading changes nothing and breaks a row.
    pub fn run(&self, readings: &[Option<f64>]) -> Vec<bool> {
        let (mut state, mut row) = (false, 0);
        let step = |reading: &Option<f64>| {
            let turns = reading.is_some_and(|x| if state { x <= self.leave } else { x >= self.enter });
            row = if turns { row + 1 } else { 0 };
            if row >= if state { self.confirm_leave } else { self.confirm_enter } && turns {
                (state, row) = (!state, 0);
            }
            state
        };
        readings.iter().map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_trend_is_reproduced() {
        let ratio = [1.0, 1.002, 1.001, 1.004, 1.006, 1.005, 1.009, 1.01, 1.012, 1.015_f64];
        let logs: Vec<f64> = ratio.iter().map(|r| r.ln()).collect();
        let found = z(&logs, 9);
        assert!((found[9].unwrap() - 2.883_488).abs() < 1e-6);
        assert_eq!(found[8], None);
        assert_eq!(z(&[1.0, 1.0, 1.0], 2)[2], None, "no change at all has no trend");
    }

    #[test]
    fn the_worked_hysteresis_is_reproduced() {
        let series: [i32; 23] =
            [48, 49, 51, 52, 54, 56, 57, 58, 61, 62, 63, 64, 60, 58, 55, 52, 51, 49, 47, 44, 43, 42, 41];
        let readings: Vec<Option<f64>> = series.iter().map(|x| Some(f64::from(*x))).collect();
        let state = Hysteresis { enter: 55.0, leave: 45.0, confirm_enter: 3, confirm_leave: 3 }.run(&readings);
        let expected: Vec<bool> = (0..23).map(|index| (7..21).contains(&index)).collect();
        assert_eq!(state, expected);
    }

    #[test]
    fn a_steady_rise_is_sustained_and_a_fall_is_not() {
        // A wobble, so that the changes have a spread.
        let rise: Vec<f64> = (0..150).map(|t| f64::from(t) * 0.01 + f64::from(t % 3) * 0.01).collect();
        let fall: Vec<f64> = rise.iter().map(|x| -x).collect();
        let last = |series: &[f64]| shape(series, 63).last().copied().flatten().unwrap();
        assert_eq!(last(&rise), Shape { persistence: 1.0, cross: true, sustained: true });
        assert_eq!(last(&fall), Shape { persistence: 0.0, cross: false, sustained: false });
    }

    #[test]
    fn averages_start_where_there_is_enough() {
        assert_eq!(mean(&[1.0, 2.0, 3.0], 2), [None, Some(1.5), Some(2.5)]);
        assert_eq!(ema(&[0.5, 1.0], 3), [0.5, 0.75]);
    }
}
