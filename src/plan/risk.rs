//! Two risk measures that fit a linear program: mean absolute deviation and conditional value at risk.
//!
//! MAD is `1/T sum |r_t - mean|` (Konno and Yamazaki 1991). CVaR at level `b` is the mean loss in the worst `1 - b` of the
//! scenarios, `min over a of a + 1/((1-b) T) sum max(0, -r_t - a)` (Rockafellar and Uryasev 2000).

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

#[cfg(test)]
mod tests {
    use super::*;

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
