//! What a plan in fractions keeps of its room: where whole shares and cents break a rule that it keeps, it is planned again
//! that much farther inside.

use super::draft::Margins;
use super::round::Trades;
use super::{Breach, PlannedBuy, PlannedSale, Problem};
use crate::model::LotId;
use crate::units::{Decimal, Shares};

/// Dollars of room that the first further attempt gives up.
const FIRST: f64 = 0.01;
/// How much more each further attempt gives up.
const GROWTH: i32 = 2;
/// Attempts after the first: the last gives up $1,311, more than a share of most of what is traded.
pub(super) const ATTEMPTS: usize = 17;

/// Widens the margin of the rule that was broken. `scale` is basis points per dollar.
pub(super) fn widen(margins: &mut Margins, breach: &Breach, attempt: usize, scale: f64) {
    let attempt = i32::try_from(attempt).unwrap_or(i32::MAX);
    margins.insert(breach.rule.clone(), scale * FIRST * f64::from(GROWTH).powi(attempt));
}

/// Returns the same trades with a step more or less of one of them.
pub(super) fn neighbours(problem: &Problem, sells: &[PlannedSale], buys: &[PlannedBuy]) -> Vec<Trades> {
    let step = |account: &str| {
        let home = problem.accounts.iter().find(|home| home.id == account);
        home.map_or(Decimal::ONE, |home| if problem.whole_shares { home.increment } else { Decimal::new(1, 3) })
    };
    let held = |lot: LotId| problem.lots.iter().find(|own| own.id == lot).map(|own| own.quantity.decimal());
    let mut found = Vec::new();
    for (index, sale) in sells.iter().enumerate() {
        let (own, step) = (sale.quantity.decimal(), step(&sale.account));
        let most = held(sale.lot).unwrap_or(own);
        for quantity in [(own - step).max(Decimal::ZERO), (own + step).min(most)] {
            let mut other = sells.to_vec();
            if let Some(sale) = other.get_mut(index) {
                sale.quantity = Shares(quantity);
            }
            other.retain(|sale| sale.quantity.is_positive());
            found.push((other, buys.to_vec()));
        }
    }
    for (index, buy) in buys.iter().enumerate() {
        let fewer = (buy.quantity.decimal() - step(&buy.account)).max(Decimal::ZERO);
        let mut other = buys.to_vec();
        if let Some(buy) = other.get_mut(index) {
            buy.quantity = Shares(fewer);
        }
        other.retain(|buy| buy.quantity.is_positive());
        found.push((sells.to_vec(), other));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_gives_up_more_room() {
        let breach = Breach { rule: "gains".to_owned(), message: String::new() };
        let mut margins = Margins::new();
        let kept = [0, 1, 2, 16].map(|attempt| {
            widen(&mut margins, &breach, attempt, 0.5);
            margins["gains"]
        });
        assert_eq!(kept, [0.005, 0.01, 0.02, 327.68]);
    }
}
