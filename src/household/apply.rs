//! From a plan to the household after it: lots sold and bought, cash, what the tax year has realised, and the trades that
//! the next plan must know of.
//!
//! A backtest and a weekly run go round: household, plan, [`apply`], household.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::{labels, reprice};
use crate::model::{AssetKind, Lot, LotId, Portfolio, Position, Symbol};
use crate::plan::{self, Plan, PlanLot, Problem, TaxSettings};
use crate::tax::{Rates, net};
use crate::units::{Decimal, Money, Price, Shares, Weight};

/// A household after a plan.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What is owned.
    pub portfolio: Portfolio,
    /// Rates and what the tax year has realised, this plan included.
    pub tax: TaxSettings,
    /// Sold, at the prices of the trades, as a weight of the value before: what the turnover limit of a period has used.
    pub turnover: Weight,
    /// Half-spreads and tickets, in dollars.
    pub trading_cost: Money,
}

/// Books the trades of a plan on a day at some prices (those of the problem where none is given). Deposits and withdrawals
/// of the problem have come and gone. A sale takes from the lot that the plan names, or from the oldest shares of a holding
/// at average cost; a purchase becomes a lot of that day whose basis is what was paid, costs included. What was sold within
/// the wash-sale window of its purchase leaves a record of that purchase: it is still a replacement.
pub fn apply(
    portfolio: &Portfolio,
    problem: &Problem,
    plan: &Plan,
    prices: &BTreeMap<Symbol, Price>,
    day: NaiveDate,
) -> Applied {
    let mut at = Problem { as_of: day, ..problem.clone() };
    for (symbol, security) in &mut at.securities {
        security.price = prices.get(symbol).copied().unwrap_or(security.price);
    }
    let outcome = plan::evaluate(&at, &plan.sells, &plan.buys);
    let mut after = portfolio.clone();
    let places: BTreeMap<String, usize> = labels(portfolio).into_iter().zip(0..).collect();
    let lots: BTreeMap<LotId, &PlanLot> = problem.lots.iter().map(|lot| (lot.id, lot)).collect();
    for account in &problem.accounts {
        let moved = outcome.cash.get(&account.id).copied().unwrap_or(account.cash) - account.cash;
        let own = places.get(&account.id).and_then(|place| after.accounts.get_mut(*place));
        let Some(own) = own.filter(|_| !moved.is_zero()) else { continue };
        match own.cash.iter_mut().find(|(currency, _)| currency == "USD") {
            Some((_, cash)) => *cash += moved,
            None => own.cash.push(("USD".to_owned(), moved)),
        }
    }
    // A purchase is among the lots.
    after.trades.extend(plan::booked(&at, &plan.sells, &[]));
    for sale in &plan.sells {
        let Some(lot) = lots.get(&sale.lot) else { continue };
        let account = places.get(&sale.account).and_then(|place| after.accounts.get_mut(*place));
        let position = account.and_then(|account| account.positions.get_mut(lot.origin.position));
        let Some(position) = position else { continue };
        if problem.average_cost.contains(&(sale.account.clone(), sale.symbol.clone())) {
            average(position);
            take_oldest(position, sale.quantity);
        } else {
            take(position, lot.origin.lot, sale.quantity);
        }
    }
    let bought: BTreeSet<(&String, &Symbol)> = plan.buys.iter().map(|buy| (&buy.account, &buy.symbol)).collect();
    for (account, symbol) in bought {
        let own = plan.buys.iter().filter(|buy| buy.account == *account && buy.symbol == *symbol);
        let (mut shares, mut paid) = (Shares::ZERO, at.ticket);
        for buy in own {
            shares += buy.quantity;
            paid += plan::payment(&at, symbol, buy.quantity);
        }
        let home = places.get(account).and_then(|place| after.accounts.get_mut(*place));
        if let Some(home) = home {
            put(
                &mut home.positions,
                symbol,
                Lot { opened: Some(day), cost_basis: Some(paid), ..Lot::new(day.to_string(), shares) },
            );
        }
    }
    for account in &mut after.accounts {
        account.as_of = Some(day);
        account.reported_total = None;
        // Lots and positions keep their places until the last sale is booked.
        for position in &mut account.positions {
            position.lots.retain(|lot| !lot.quantity.is_zero());
        }
        account.positions.retain(|position| position.quantity.is_none_or(|shares| !shares.is_zero()) || position.core);
    }
    after.as_of = Some(day);
    let at_prices = at.securities.iter().map(|(symbol, security)| (symbol.clone(), security.price)).collect();
    reprice(&mut after, &at_prices);
    let before = plan::evaluate(&at, &[], &[]).value.to_f64();
    let tax = TaxSettings {
        realised_short: problem.tax.realised_short + outcome.realised_short,
        realised_long: problem.tax.realised_long + outcome.realised_long,
        ..problem.tax.clone()
    };
    let turnover = Weight(if before > 0.0 { outcome.sold.to_f64() / before } else { 0.0 });
    Applied { portfolio: after, tax, turnover, trading_cost: outcome.trading_cost }
}

/// Returns the tax settings of a later day: in a new year nothing is realised yet, and what was lost beyond the year's
/// limit is carried forward with its character (IRC 1212(b)).
pub fn tax_at(tax: &TaxSettings, from: NaiveDate, to: NaiveDate) -> TaxSettings {
    let mut later = tax.clone();
    for _ in from.year()..to.year() {
        let rates = Rates {
            short: later.short_rate,
            long: later.long_rate,
            ordinary: later.ordinary_rate,
            loss_limit: later.loss_limit,
        };
        let year = net(later.realised_short - later.carry_short, later.realised_long - later.carry_long, &rates);
        (later.realised_short, later.realised_long) = (Money::ZERO, Money::ZERO);
        (later.carry_short, later.carry_long) = (year.carry_short, year.carry_long);
    }
    later
}

/// The part of an amount that some of its shares have; all of it for all shares.
fn part(amount: Money, of: Shares, whole: Shares) -> Money {
    if of == whole {
        return amount;
    }
    amount.times(of.decimal().checked_div(whole.decimal()).unwrap_or_default())
}

/// Takes shares from a lot, or from a position without lots, with their part of the cost.
fn take(position: &mut Position, lot: Option<usize>, shares: Shares) {
    let sold = match lot.and_then(|lot| position.lots.get_mut(lot)) {
        Some(lot) => take_of(lot, shares),
        None => position.cost_basis.zip(position.quantity).map(|(cost, whole)| part(cost, shares, whole)),
    };
    position.cost_basis = position.cost_basis.zip(sold).map(|(cost, sold)| cost - sold);
    position.quantity = position.quantity.map(|quantity| quantity - shares);
    // What the file printed is of before; the price gives the value.
    position.value = None;
}

fn take_of(lot: &mut Lot, shares: Shares) -> Option<Money> {
    let sold = lot.cost_basis.map(|cost| part(cost, shares, lot.quantity));
    let share = |amount: Money| amount - part(amount, shares, lot.quantity);
    lot.gift_value = lot.gift_value.map(share);
    lot.disallowed_loss = lot.disallowed_loss.map(share);
    lot.cost_basis = lot.cost_basis.zip(sold).map(|(cost, sold)| cost - sold);
    lot.quantity -= shares;
    sold
}

/// Gives every share of a holding the average cost (Reg. 1.1012-1(e)); one unknown cost makes all unknown.
fn average(position: &mut Position) {
    let shares: Shares = position.lots.iter().map(|lot| lot.quantity).sum();
    let cost: Option<Money> = position.lots.iter().map(|lot| lot.cost_basis).sum();
    for lot in &mut position.lots {
        lot.cost_basis = cost.map(|cost| part(cost, lot.quantity, shares));
    }
}

/// Takes the oldest shares of a holding.
fn take_oldest(position: &mut Position, shares: Shares) {
    let mut order: Vec<usize> = (0..position.lots.len()).collect();
    order.sort_by_key(|index| position.lots.get(*index).map(|lot| lot.opened));
    let mut left = shares;
    for index in order {
        let own = position.lots.get(index).map_or(Shares::ZERO, |lot| lot.quantity).min(left);
        if own.is_positive() {
            take(position, Some(index), own);
            left -= own;
        }
    }
    if left.is_positive() {
        take(position, None, left);
    }
}

/// Adds a lot to the position of its symbol, or a new position.
pub(crate) fn put(positions: &mut Vec<Position>, symbol: &Symbol, lot: Lot) {
    let own = positions.iter().position(|own| own.canonical.as_ref() == Some(symbol) && own.obstacle().is_none());
    let index = own.unwrap_or_else(|| {
        let mut new = Position::new(AssetKind::Etf, symbol.as_str());
        (new.symbol, new.canonical) = (Some(symbol.to_string()), Some(symbol.clone()));
        (new.quantity, new.cost_basis) = (Some(Shares::ZERO), Some(Money::ZERO));
        // A price makes it a holding that is traded; the right one follows.
        new.price = Some(Price(Decimal::ONE));
        positions.push(new);
        positions.len() - 1
    });
    let Some(position) = positions.get_mut(index) else { return };
    // What was there without lots stays apart, of unknown date.
    let held = position.quantity.unwrap_or_default() - position.lots.iter().map(|lot| lot.quantity).sum::<Shares>();
    if held.is_positive() {
        let known: Option<Money> = position.lots.iter().map(|lot| lot.cost_basis).sum();
        let cost_basis = position.cost_basis.zip(known).map(|(cost, known)| cost - known);
        position.lots.push(Lot { cost_basis, ..Lot::new("held", held) });
    }
    position.quantity = Some(position.quantity.unwrap_or_default() + lot.quantity);
    position.value = None;
    position.cost_basis = position.cost_basis.zip(lot.cost_basis).map(|(cost, paid)| cost + paid);
    position.lots.push(lot);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Side;
    use crate::model::{Account, LotOrigin, TaxTreatment};
    use crate::plan::testing::{Household, dollars};
    use crate::plan::{PlannedBuy, PlannedSale};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn shares(count: i64) -> Shares {
        Shares(Decimal::from(count))
    }

    /// One taxable account `A` with 1,000 of cash and NVDA at 100: 10 of 2020 for 400, 30 of 2026-06-10 for 3,600.
    fn home() -> (Portfolio, Problem) {
        let mut home = Household::taxable(&[("NVDA", 100, 10, 40), ("NVDA", 100, 30, 120)]).with_cash(1_000);
        home.price("XLI", 50);
        for (index, lot) in home.problem.lots.iter_mut().enumerate() {
            lot.origin = LotOrigin { lot: Some(index), ..LotOrigin::default() };
        }
        home.problem.lots[1].acquired = Some(day("2026-06-10"));
        let mut account = Account::new("A", "own");
        (account.name, account.kind) = (Some("A".to_owned()), TaxTreatment::Taxable);
        account.cash = vec![("USD".to_owned(), dollars(1_000))];
        let mut position = Position::new(AssetKind::Equity, "NVDA");
        position.canonical = Some(Symbol::new("NVDA"));
        (position.quantity, position.price) = (Some(shares(40)), Some(Price(Decimal::ONE_HUNDRED)));
        (position.value, position.cost_basis) = (Some(dollars(4_000)), Some(dollars(4_000)));
        let lot = |date: &str, count, cost| Lot {
            opened: Some(day(date)),
            cost_basis: Some(dollars(cost)),
            ..Lot::new(date, shares(count))
        };
        position.lots = vec![lot("2020-01-02", 10, 400), lot("2026-06-10", 30, 3_600)];
        account.positions.push(position);
        (Portfolio { accounts: vec![account], ..Portfolio::default() }, home.problem)
    }

    fn sale(lot: usize, count: i64) -> PlannedSale {
        let (account, symbol) = ("A".to_owned(), Symbol::new("NVDA"));
        PlannedSale { account, symbol, lot: LotId::new(lot), quantity: shares(count) }
    }

    fn buy(symbol: &str, count: i64) -> PlannedBuy {
        PlannedBuy { account: "A".to_owned(), symbol: Symbol::new(symbol), quantity: shares(count) }
    }

    fn brief(portfolio: &Portfolio, position: usize) -> Vec<(String, String, String)> {
        let lots = portfolio.accounts[0].positions[position].lots.iter();
        lots.map(|lot| {
            let opened = lot.opened.map_or_else(String::new, |date| date.to_string());
            (opened, lot.quantity.text(), lot.cost_basis.unwrap().dollars())
        })
        .collect()
    }

    /// All 10 old shares and 15 of the new ones are sold at 110 on a day on which the plan saw 100: long-term
    /// 1,100 - 400 = 700, short-term 1,650 - 1,800 = -150. 20 XLI are bought at 50. Cash: 1,000 + 2,750 - 1,000 = 2,750.
    #[test]
    fn lots_cash_and_the_tax_year_are_those_of_the_trades_at_their_prices() {
        let (portfolio, problem) = home();
        let plan = Plan { sells: vec![sale(0, 10), sale(1, 15)], buys: vec![buy("XLI", 20)], ..Plan::default() };
        let prices = BTreeMap::from([(Symbol::new("NVDA"), Price(Decimal::from(110)))]);
        let after = apply(&portfolio, &problem, &plan, &prices, day("2026-07-01"));
        let account = &after.portfolio.accounts[0];
        assert_eq!(account.cash_in("USD"), Some(dollars(2_750)));
        assert_eq!((after.tax.realised_long, after.tax.realised_short), (dollars(700), dollars(-150)));
        assert_eq!(brief(&after.portfolio, 0), [("2026-06-10".into(), "15".into(), "$1,800.00".into())]);
        assert_eq!(brief(&after.portfolio, 1), [("2026-07-01".into(), "20".into(), "$1,000.00".into())]);
        let values: Vec<_> = account.positions.iter().map(|own| own.value.unwrap().dollars()).collect();
        assert_eq!(values, ["$1,650.00", "$1,000.00"]);
        // 2,750 of 1,000 + 4,400.
        assert!((after.turnover.0 - 2_750.0 / 5_400.0).abs() < 1e-12);
        assert_eq!((account.as_of, after.portfolio.as_of), (Some(day("2026-07-01")), Some(day("2026-07-01"))));
    }

    /// What was bought on 2026-06-10 and sold on 2026-07-01 stays known as a purchase; what was bought in 2020 need not.
    #[test]
    fn sales_and_the_purchases_they_end_are_past_trades() {
        let (portfolio, problem) = home();
        let plan = Plan { sells: vec![sale(0, 10), sale(1, 15)], ..Plan::default() };
        let after = apply(&portfolio, &problem, &plan, &BTreeMap::new(), day("2026-07-01"));
        let brief: Vec<_> = (after.portfolio.trades.iter())
            .map(|trade| (trade.date.to_string(), trade.side, trade.quantity.text(), trade.gain.map(Money::dollars)))
            .collect();
        assert_eq!(
            brief,
            [
                ("2026-07-01".into(), Side::Sell, "10".into(), Some("$600.00".into())),
                ("2026-07-01".into(), Side::Sell, "15".into(), Some("-$300.00".into())),
                ("2026-06-10".into(), Side::Buy, "15".into(), None),
            ]
        );
    }

    /// Half a spread of 10 basis points and a ticket of $1: 20 XLI at 50 cost 1,000 + 1 + 1, and that is their basis.
    #[test]
    fn the_basis_of_a_purchase_is_what_was_paid() {
        let (portfolio, mut problem) = home();
        problem.ticket = dollars(1);
        problem.securities.get_mut(&Symbol::new("XLI")).unwrap().half_spread_bps = Decimal::TEN;
        let plan = Plan { buys: vec![buy("XLI", 20)], ..Plan::default() };
        let after = apply(&portfolio, &problem, &plan, &BTreeMap::new(), day("2026-07-01"));
        assert_eq!(brief(&after.portfolio, 1), [("2026-07-01".into(), "20".into(), "$1,002.00".into())]);
        assert_eq!(after.portfolio.accounts[0].cash_in("USD"), Some(dollars(-2)));
        assert_eq!(after.trading_cost, dollars(2));
    }

    /// 40 shares for 4,000 are 100 each; 25 are sold: the 10 old ones and 15 of the newer, whose other 15 keep 1,500.
    #[test]
    fn a_holding_at_average_cost_loses_its_oldest_shares_at_the_average() {
        let (portfolio, mut problem) = home();
        problem.average_cost.insert(("A".to_owned(), Symbol::new("NVDA")));
        let plan = Plan { sells: vec![sale(0, 25)], ..Plan::default() };
        let after = apply(&portfolio, &problem, &plan, &BTreeMap::new(), day("2026-07-01"));
        assert_eq!(brief(&after.portfolio, 0), [("2026-06-10".into(), "15".into(), "$1,500.00".into())]);
    }

    /// 40 shares of unknown date for 4,000; 10 more at 100: the old ones stay apart.
    #[test]
    fn what_is_bought_beside_shares_of_unknown_date_has_its_own() {
        let (mut portfolio, problem) = home();
        portfolio.accounts[0].positions[0].lots.clear();
        let plan = Plan { buys: vec![buy("NVDA", 10)], ..Plan::default() };
        let after = apply(&portfolio, &problem, &plan, &BTreeMap::new(), day("2026-07-01"));
        let old = (String::new(), "40".into(), "$4,000.00".into());
        assert_eq!(brief(&after.portfolio, 0), [old, ("2026-07-01".into(), "10".into(), "$1,000.00".into())]);
        assert_eq!(after.portfolio.accounts[0].positions[0].quantity, Some(shares(50)));
    }

    /// 2,000 of short-term gain and 9,000 of long-term loss: 7,000 net, 3,000 of it against income, 4,000 carried.
    #[test]
    fn a_new_year_begins_with_what_the_old_one_could_not_use() {
        let (_, problem) = home();
        let tax = TaxSettings { realised_short: dollars(2_000), realised_long: dollars(-9_000), ..problem.tax };
        let same = tax_at(&tax, day("2026-07-01"), day("2026-12-31"));
        assert_eq!(same, tax);
        let next = tax_at(&tax, day("2026-07-01"), day("2027-01-04"));
        assert_eq!((next.realised_short, next.realised_long), (Money::ZERO, Money::ZERO));
        assert_eq!((next.carry_short, next.carry_long), (Money::ZERO, dollars(4_000)));
        assert_eq!(tax_at(&tax, day("2026-07-01"), day("2028-01-03")).carry_long, dollars(1_000));
    }
}
