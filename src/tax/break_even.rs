//! How much better a replacement must do to repay the tax of a trim.
//!
//! Selling a dollar with gain fraction `g` at rate `t` leaves `1 - t*g`. Held `H` years at growth `r`, the old holding
//! is worth `(1+r)^H`, less `t*((1+r)^H - (1-g))` if it is sold and taxed then, or nothing if it never is (gift to
//! charity, step-up at death). The replacement, with a fresh basis, is worth `(1-t*g)(1+r+a)^H` and, in the first case,
//! is taxed on its own gain. `a` is the break-even extra return.

/// What a trim must earn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakEven {
    /// Extra return a year if the old holding would be taxed at the end anyway; a fraction.
    pub if_taxed_later: f64,
    /// Extra return a year if the old holding would never be taxed and the new one neither; a fraction.
    pub if_never_taxed: f64,
    /// Time value of the tax paid early, as a fraction of the sale: `t*g*(1-(1+r)^-H)`.
    pub deferral_cost: f64,
}

/// Returns the break-even of selling with a gain that is `gain` of the proceeds, at a tax `rate`, for a horizon in
/// `years` at a yearly `growth`. `None` when an argument is out of range (a gain above 1 or below 0, no horizon).
pub fn break_even(gain: f64, rate: f64, years: f64, growth: f64) -> Option<BreakEven> {
    let sane = (0.0..=1.0).contains(&gain) && (0.0..1.0).contains(&rate) && years > 0.0 && growth > -1.0;
    if !sane || !years.is_finite() || !growth.is_finite() {
        return None;
    }
    let grown = (1.0 + growth).powf(years);
    let kept = 1.0 - rate * gain;
    let hold_taxed = grown - rate * (grown - (1.0 - gain));
    // kept * (f - rate * (f - 1)) = hold_taxed, solved for the growth factor f of the replacement.
    let factor_taxed = (hold_taxed / kept - rate) / (1.0 - rate);
    let factor_never = grown / kept;
    let yearly = |factor: f64| factor.powf(1.0 / years) - 1.0 - growth;
    Some(BreakEven {
        if_taxed_later: yearly(factor_taxed),
        if_never_taxed: yearly(factor_never),
        deferral_cost: rate * gain * (1.0 - 1.0 / grown),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighty_percent_gain_over_ten_years() {
        let result = break_even(0.8, 0.188, 10.0, 0.06).unwrap();
        assert!((result.if_taxed_later - 0.00801).abs() < 5e-6, "{result:?}");
        assert!((result.if_never_taxed - 0.01742).abs() < 5e-6, "{result:?}");
        assert!((result.deferral_cost - 0.06642).abs() < 5e-6, "{result:?}");
    }

    #[test]
    fn no_gain_costs_nothing() {
        let result = break_even(0.0, 0.2, 5.0, 0.06).unwrap();
        assert!(result.if_taxed_later.abs() < 1e-12 && result.if_never_taxed.abs() < 1e-12);
        assert_eq!(break_even(1.2, 0.2, 5.0, 0.06), None);
        assert_eq!(break_even(0.5, 0.2, 0.0, 0.06), None);
    }
}
