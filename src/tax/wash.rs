//! Wash sales (IRC 1091): which part of a loss is disallowed because the shares were bought back.
//!
//! The window is 30 calendar days before to 30 after the sale, both included. Loss sales are taken in date order, the
//! purchases of each window in date order, each bought share is used once, and no more is disallowed than was lost. A
//! purchase in an IRA loses the loss for good (Rev. Rul. 2008-5); elsewhere it is added to the basis of the new shares.
//! Shares of the very purchase that is sold are no replacement (Rev. Rul. 56-602).

use chrono::{Days, NaiveDate};

use crate::units::{Decimal, Money, Shares};

/// Days before and after a loss sale.
const WINDOW: u64 = 30;

/// A sale at a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct LossSale {
    /// Names the sale in the result: its place in the caller's list.
    pub id: usize,
    /// Trade date.
    pub date: NaiveDate,
    /// Shares sold.
    pub quantity: Shares,
    /// Loss per share, positive.
    pub loss_per_share: Decimal,
    /// The purchase the sold shares come from, which is no replacement of itself.
    pub own: Option<usize>,
}

/// A purchase of the same or a substantially identical security anywhere in the household.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// Names the purchase in the result: its place in the caller's list.
    pub id: usize,
    /// Trade date.
    pub date: NaiveDate,
    /// Shares bought.
    pub quantity: Shares,
    /// Bought in an account whose basis does not matter (IRA, Roth, HSA, 401k).
    pub tax_deferred: bool,
}

/// Shares of a purchase matched to a loss sale.
#[derive(Clone, Debug, PartialEq)]
pub struct WashMatch {
    /// Which purchase.
    pub purchase: usize,
    /// Shares of it that are used up.
    pub shares: Shares,
    /// Loss disallowed.
    pub disallowed: Money,
    /// Part that is added to the basis of the new shares.
    pub basis_step_up: Money,
    /// Part that is gone for good.
    pub permanently_lost: Money,
}

/// What is left of a loss.
#[derive(Clone, Debug, PartialEq)]
pub struct WashResult {
    /// Which sale.
    pub sale: usize,
    /// Realised.
    pub loss: Money,
    /// Not deductible now.
    pub disallowed: Money,
    /// Deductible.
    pub allowed: Money,
    /// Why.
    pub matches: Vec<WashMatch>,
}

/// Returns the first day on which a purchase no longer falls into the window of a loss sale: the sale plus 31 days.
pub fn do_not_buy_until(sale: NaiveDate) -> NaiveDate {
    sale.checked_add_days(Days::new(WINDOW + 1)).unwrap_or(sale)
}

/// Returns whether a purchase falls into the window of a sale.
pub(crate) fn in_window(sale: NaiveDate, purchase: NaiveDate) -> bool {
    purchase.signed_duration_since(sale).num_days().unsigned_abs() <= WINDOW
}

/// Matches loss sales of one security with purchases of it. Results are in date order, then by id.
pub fn match_wash_sales(sales: &[LossSale], purchases: &[Purchase]) -> Vec<WashResult> {
    let mut sales: Vec<&LossSale> = sales.iter().collect();
    sales.sort_by_key(|sale| (sale.date, sale.id));
    let mut bought: Vec<(&Purchase, Shares)> = purchases.iter().map(|purchase| (purchase, purchase.quantity)).collect();
    bought.sort_by_key(|(purchase, _)| (purchase.date, purchase.id));
    let mut results = Vec::new();
    for sale in sales {
        let mut open = sale.quantity;
        let mut matches = Vec::new();
        for (purchase, left) in &mut bought {
            let shares = open.min(*left);
            let is_own = sale.own == Some(purchase.id);
            if is_own || !in_window(sale.date, purchase.date) || !shares.is_positive() {
                continue;
            }
            open -= shares;
            *left -= shares;
            let disallowed = Money(shares.decimal().saturating_mul(sale.loss_per_share)).to_cents();
            let (kept, lost) =
                if purchase.tax_deferred { (Money::ZERO, disallowed) } else { (disallowed, Money::ZERO) };
            matches.push(WashMatch {
                purchase: purchase.id,
                shares,
                disallowed,
                basis_step_up: kept,
                permanently_lost: lost,
            });
        }
        let loss = Money(sale.quantity.decimal().saturating_mul(sale.loss_per_share)).to_cents();
        let disallowed = matches.iter().map(|found| found.disallowed).sum::<Money>().min(loss);
        results.push(WashResult { sale: sale.id, loss, disallowed, allowed: loss - disallowed, matches });
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn shares(count: i64) -> Shares {
        Shares(Decimal::from(count))
    }

    fn buy(id: usize, date: &str, quantity: i64, tax_deferred: bool) -> Purchase {
        Purchase { id, date: day(date), quantity: shares(quantity), tax_deferred }
    }

    fn sale(id: usize, date: &str, quantity: i64, loss: i64) -> LossSale {
        let (quantity, loss_per_share) = (shares(quantity), Decimal::from(loss));
        LossSale { id, date: day(date), quantity, loss_per_share, own: None }
    }

    #[test]
    fn each_bought_share_is_used_once() {
        let sales = [sale(2, "2026-07-10", 50, 10), sale(1, "2026-06-30", 100, 20)];
        let buys = [buy(3, "2026-07-31", 40, false), buy(1, "2026-06-18", 5, true), buy(2, "2026-07-30", 60, false)];
        let results = match_wash_sales(&sales, &buys);
        let short: Vec<_> = results.iter().map(|r| (r.sale, r.disallowed, r.allowed)).collect();
        let money = |amount: i64| Money(Decimal::from(amount));
        assert_eq!(short, [(1, money(1300), money(700)), (2, money(400), money(100))]);
        assert_eq!(results[0].matches[0].permanently_lost, money(100));
        assert_eq!(results[0].matches[1].basis_step_up, money(1200));
    }

    #[test]
    fn a_purchase_does_not_replace_its_own_shares() {
        let own = LossSale { own: Some(1), ..sale(1, "2026-06-30", 50, 10) };
        let buys = [buy(1, "2026-06-18", 80, false), buy(2, "2026-06-20", 20, false)];
        let money = |amount: i64| Money(Decimal::from(amount));
        assert_eq!(match_wash_sales(std::slice::from_ref(&own), &buys)[0].disallowed, money(200));
        // An older lot is replaced by it all the same.
        let results = match_wash_sales(&[own, sale(2, "2026-06-30", 50, 10)], &buys);
        assert_eq!(results.iter().map(|r| r.disallowed).collect::<Vec<_>>(), [money(200), money(500)]);
    }

    #[test]
    fn the_window_is_sixty_one_days() {
        for (date, inside) in [("2026-05-31", true), ("2026-05-30", false), ("2026-07-30", true), ("2026-07-31", false)]
        {
            assert_eq!(in_window(day("2026-06-30"), day(date)), inside, "{date}");
        }
        assert_eq!(do_not_buy_until(day("2026-06-30")), day("2026-07-31"));
    }
}
