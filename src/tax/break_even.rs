//! How much better a replacement must do to repay the tax of a trim.
//!
//! Selling a dollar with gain fraction `g` at rate `t` leaves `1 - t*g`. Held `H` years at growth `r`, the old holding
//! is worth `(1+r)^H`, less `u*((1+r)^H - (1-g))` if it is sold and taxed then, or nothing if it never is (gift to
//! charity, step-up at death). `u` is the rate of that day: the long-term one, even where the sale of today is
//! short-term. The replacement, with a fresh basis, is worth `(1-t*g)(1+r+a)^H` and, in the first case, is taxed at `u`
//! on its own gain. `a` is the break-even extra return.

/// What a trim must earn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakEven {
    /// Extra return a year if the old holding would be taxed at the end anyway; a fraction.
    pub if_taxed_later: f64,
    /// Extra return a year if the old holding would never be taxed and the new one neither; a fraction.
    pub if_never_taxed: f64,
    /// Tax paid now less the present value of the tax that would come at the end, as a fraction of the sale:
    /// `g*(t - u*(1+r)^-H)`.
    pub deferral_cost: f64,
}

/// Returns the part of the tax of a sale that is lost by paying it now: `1 - (1-p)(u/t)(1+r)^-H`, where `rate` (`t`) is
/// that of today, `later` (`u`) that of the end, and `p` (`never_taxed`) how likely the gain would never be taxed
/// otherwise. 1 is the whole bill. Below zero waiting would cost more than selling; without a tax today it is 0.
pub fn deferral_weight(rate: f64, later: f64, years: f64, growth: f64, never_taxed: f64) -> f64 {
    if rate <= 0.0 { 0.0 } else { 1.0 - (1.0 - never_taxed) * (later / rate) * (1.0 + growth).powf(-years) }
}

/// Returns the break-even of selling with a gain that is `gain` of the proceeds, at a tax `rate`, where a gain at the
/// end of the horizon is taxed at `later`, for a horizon in `years` at a yearly `growth`. `None` when an argument is out
/// of range (a gain above 1 or below 0, no horizon).
pub fn break_even(gain: f64, rate: f64, later: f64, years: f64, growth: f64) -> Option<BreakEven> {
    let sane = (0.0..=1.0).contains(&gain)
        && [rate, later].iter().all(|rate| (0.0..1.0).contains(rate))
        && years > 0.0
        && growth > -1.0;
    if !sane || !years.is_finite() || !growth.is_finite() {
        return None;
    }
    let grown = (1.0 + growth).powf(years);
    let kept = 1.0 - rate * gain;
    let hold_taxed = grown - later * (grown - (1.0 - gain));
    // kept * (f - later * (f - 1)) = hold_taxed, solved for the growth factor f of the replacement.
    let factor_taxed = (hold_taxed / kept - later) / (1.0 - later);
    let factor_never = grown / kept;
    let yearly = |factor: f64| factor.powf(1.0 / years) - 1.0 - growth;
    Some(BreakEven {
        if_taxed_later: yearly(factor_taxed),
        if_never_taxed: yearly(factor_never),
        deferral_cost: rate * gain * deferral_weight(rate, later, years, growth, 0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighty_percent_gain_over_ten_years() {
        let result = break_even(0.8, 0.188, 0.188, 10.0, 0.06).unwrap();
        assert!((result.if_taxed_later - 0.00801).abs() < 5e-6, "{result:?}");
        assert!((result.if_never_taxed - 0.01742).abs() < 5e-6, "{result:?}");
        assert!((result.deferral_cost - 0.06642).abs() < 5e-6, "{result:?}");
    }

    /// Half of it gain, short-term at 37% today and long-term at 20% in ten years: kept 0.815, held
    /// 1.06^10 - 0.20 (1.06^10 - 0.5) = 1.53268, so f = (1.53268 / 0.815 - 0.20) / 0.80 = 2.10073 and f^0.1 - 1.06 = 1.71%.
    #[test]
    fn a_short_term_gain_would_be_long_term_at_the_end() {
        let result = break_even(0.5, 0.37, 0.20, 10.0, 0.06).unwrap();
        assert!((result.if_taxed_later - 0.0171).abs() < 5e-5, "{result:?}");
        // 0.185 now, or 0.10 in ten years, worth 0.055839 today.
        assert!((result.deferral_cost - 0.129_161).abs() < 5e-7, "{result:?}");
    }

    /// Domain brief 5.6: 1 - 1.06^-10 = 0.4416 where the gain would be taxed anyway, all of it where never.
    #[test]
    fn the_weight_of_a_tax_is_its_time_value() {
        for (rate, later, never, weight) in
            [(0.2, 0.2, 0.0, 0.441_605), (0.2, 0.2, 1.0, 1.0), (0.37, 0.2, 0.0, 0.698_165), (0.0, 0.2, 0.0, 0.0)]
        {
            assert!((deferral_weight(rate, later, 10.0, 0.06, never) - weight).abs() < 1e-6, "{rate} {later} {never}");
        }
    }

    #[test]
    fn no_gain_costs_nothing() {
        let result = break_even(0.0, 0.2, 0.2, 5.0, 0.06).unwrap();
        assert!(result.if_taxed_later.abs() < 1e-12 && result.if_never_taxed.abs() < 1e-12);
        assert_eq!(break_even(1.2, 0.2, 0.2, 5.0, 0.06), None);
        assert_eq!(break_even(0.5, 0.2, 0.2, 0.0, 0.06), None);
    }
}
