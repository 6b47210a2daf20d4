//! Lots that are older than their position: what was sold since is taken from them, what was bought since is added.
//!
//! First by the recorded trades (which lot was sold, what was bought when and at what price), then by the order in which the
//! broker relieves lots. What no order explains is left as shares without lots, and said.

use chrono::NaiveDate;

use super::settings::key_matches;
use crate::model::{Account, Lot, PastTrade, Side, Symbol};
use crate::units::{Decimal, Money, Shares};

/// The order in which a broker takes what is sold from lots, where none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relief {
    /// The oldest first: what brokers do for stocks where nothing else was chosen (Reg. 1.1012-1(c)).
    #[default]
    Fifo,
    /// The dearest first.
    Hifo,
    /// Lots are named at each sale: without a record of it nothing is known.
    Specific,
}

impl Relief {
    /// The words of the config.
    pub const IDS: &'static [&'static str] = &["fifo", "hifo", "specific"];

    /// Returns the order of a word.
    pub fn from_id(id: &str) -> Option<Relief> {
        match id {
            "fifo" => Some(Relief::Fifo),
            "hifo" => Some(Relief::Hifo),
            "specific" => Some(Relief::Specific),
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Relief::Fifo => "the oldest first (lot-relief = \"fifo\")",
            Relief::Hifo => "the dearest first (lot-relief = \"hifo\")",
            Relief::Specific => "lots are named at each sale (lot-relief = \"specific\")",
        }
    }
}

/// What was done to lots to make them those of a position.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Relieved {
    /// Shares that recorded sales took.
    pub recorded: Shares,
    /// Shares of recorded purchases.
    pub bought: Shares,
    /// Shares that the broker's order took, with that order in words; `None` where it took none.
    pub by_order: Option<(Shares, &'static str)>,
    /// Shares that have no lot.
    pub without: Shares,
}

/// Makes lots of an earlier day those of a position that has `held` shares now. `None` where nothing explains the
/// difference: more is gone than any record says, and the broker's order is to name the lots.
pub fn relieve(
    lots: &mut Vec<Lot>,
    held: Shares,
    since: Option<NaiveDate>,
    (account, symbol): (&Account, &Symbol),
    trades: &[PastTrade],
    relief: Relief,
) -> Option<Relieved> {
    let mut done = Relieved::default();
    let sum = |lots: &[Lot]| lots.iter().map(|lot| lot.quantity).sum::<Shares>();
    let is_own = |trade: &&PastTrade| {
        trade.symbol == *symbol
            && !trade.outside
            && key_matches(&trade.account, account)
            && since.is_none_or(|day| trade.date > day)
            && account.as_of.is_none_or(|day| trade.date <= day)
    };
    let own: Vec<&PastTrade> = trades.iter().filter(is_own).collect();
    for trade in own.iter().filter(|trade| trade.side == Side::Buy) {
        // Lots that are downloaded after it have it already.
        let is_known = lots.iter().any(|lot| lot.opened == Some(trade.date) && lot.quantity == trade.quantity);
        let shares = trade.quantity;
        if !is_known && sum(lots) + shares <= held + sold(&own) {
            let cost = trade.details.price.map(|price| (price * shares).to_cents());
            lots.push(Lot { opened: Some(trade.date), cost_basis: cost, ..Lot::new(trade.date.to_string(), shares) });
            done.bought += shares;
        }
    }
    // The newest first, as far as it goes: an older one may be in the lots already.
    for trade in own.iter().rev().filter(|trade| trade.side == Side::Sell) {
        let open = (sum(lots) - held).min(trade.quantity);
        if !open.is_positive() {
            break;
        }
        let named = |lot: &Lot| trade.details.opened.is_some() && lot.opened == trade.details.opened;
        let mut left = open;
        if lots.iter().any(named) {
            left = take(lots, left, |lot| named(lot).then_some(()));
        } else if relief != Relief::Specific {
            left = by_order(lots, left, relief);
        }
        done.recorded += open - left;
    }
    let over = sum(lots) - held;
    if over.is_positive() {
        if relief == Relief::Specific {
            return None;
        }
        let left = by_order(lots, over, relief);
        done.by_order = Some((over - left, relief.words()));
    }
    lots.retain(|lot| lot.quantity.is_positive());
    let missing = held - sum(lots);
    if missing.is_positive() {
        lots.push(Lot::new("new", missing));
        done.without = missing;
    }
    Some(done)
}

fn sold(trades: &[&PastTrade]) -> Shares {
    trades.iter().filter(|trade| trade.side == Side::Sell).map(|trade| trade.quantity).sum()
}

fn by_order(lots: &mut [Lot], shares: Shares, relief: Relief) -> Shares {
    let cost = |lot: &Lot| {
        let cost = lot.cost_basis.and_then(|cost| cost.decimal().checked_div(lot.quantity.decimal()));
        -cost.unwrap_or_default()
    };
    take(lots, shares, |lot| match relief {
        Relief::Hifo => Some((cost(lot), lot.opened)),
        _ => Some((Decimal::ZERO, lot.opened)),
    })
}

/// Takes shares from lots in an order; those without a place in it are left. Returns what is left to take.
fn take<K: Ord>(lots: &mut [Lot], shares: Shares, order: impl Fn(&Lot) -> Option<K>) -> Shares {
    let mut places: Vec<(K, usize)> =
        lots.iter().enumerate().filter_map(|(index, lot)| Some((order(lot)?, index))).collect();
    places.sort();
    let mut left = shares;
    for (_, index) in places {
        let Some(lot) = lots.get_mut(index) else { continue };
        let part = lot.quantity.min(left);
        if !part.is_positive() {
            continue;
        }
        let rest = (lot.quantity - part).decimal().checked_div(lot.quantity.decimal()).unwrap_or_default();
        let keep = |amount: Money| amount.times(rest);
        lot.cost_basis = lot.cost_basis.map(keep);
        lot.gift_value = lot.gift_value.map(keep);
        lot.disallowed_loss = lot.disallowed_loss.map(keep);
        lot.quantity -= part;
        left -= part;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TradeDetails;
    use crate::units::Price;

    fn shares(count: i64) -> Shares {
        Shares(Decimal::from(count))
    }

    fn lot(day: &str, count: i64, cost: i64) -> Lot {
        Lot { opened: day.parse().ok(), cost_basis: Some(Money(Decimal::from(cost))), ..Lot::new(day, shares(count)) }
    }

    fn trade(day: &str, side: Side, count: i64, opened: Option<&str>) -> PastTrade {
        PastTrade {
            date: day.parse().unwrap(),
            account: "...417".to_owned(),
            symbol: Symbol::new("NVDA"),
            side,
            quantity: shares(count),
            gain: None,
            outside: false,
            place: None,
            details: TradeDetails {
                price: Some(Price(Decimal::ONE_HUNDRED)),
                opened: opened.and_then(|day| day.parse().ok()),
                term: None,
                proposed: None,
            },
        }
    }

    /// 10 shares of 2020 for 400 and 30 of 2025 for 3,600.
    fn after(held: i64, trades: &[PastTrade], relief: Relief) -> Option<(Vec<String>, Relieved)> {
        let mut account = Account::new("x", "y");
        (account.mask, account.as_of) = (Some("417".to_owned()), "2026-11-20".parse().ok());
        let mut lots = vec![lot("2020-01-02", 10, 400), lot("2025-06-10", 30, 3_600)];
        let symbol = Symbol::new("NVDA");
        let done = relieve(&mut lots, shares(held), None, (&account, &symbol), trades, relief)?;
        let brief = |lot: &Lot| {
            let day = lot.opened.map_or_else(|| "-".to_owned(), |day| day.to_string());
            format!("{day} {} {}", lot.quantity.text(), lot.cost_basis.map_or("?".to_owned(), |cost| cost.dollars()))
        };
        Some((lots.iter().map(brief).collect(), done))
    }

    #[test]
    fn a_recorded_sale_takes_from_the_lot_that_it_names() {
        let sale = trade("2026-11-13", Side::Sell, 20, Some("2025-06-10"));
        let (lots, done) = after(20, std::slice::from_ref(&sale), Relief::Fifo).unwrap();
        assert_eq!(lots, ["2020-01-02 10 $400.00", "2025-06-10 10 $1,200.00"]);
        assert_eq!(done, Relieved { recorded: shares(20), ..Relieved::default() });
        // Lots that were downloaded after it are as they are.
        assert_eq!(after(40, &[sale], Relief::Fifo).unwrap().1, Relieved::default());
    }

    #[test]
    fn without_a_record_the_brokers_order_decides_and_is_named() {
        let (lots, done) = after(25, &[], Relief::Fifo).unwrap();
        assert_eq!(lots, ["2025-06-10 25 $3,000.00"]);
        assert_eq!(done.by_order.unwrap().0, shares(15));
        let (lots, _) = after(25, &[], Relief::Hifo).unwrap();
        assert_eq!(lots, ["2020-01-02 10 $400.00", "2025-06-10 15 $1,800.00"]);
        assert_eq!(after(25, &[], Relief::Specific), None);
    }

    /// 5 shares were bought at 100 and are recorded; 2 more are of nobody knows when.
    #[test]
    fn what_was_bought_since_is_a_lot_of_its_day_or_has_none() {
        let buy = trade("2026-11-13", Side::Buy, 5, None);
        let (lots, done) = after(47, &[buy], Relief::Fifo).unwrap();
        assert_eq!(lots[2..], ["2026-11-13 5 $500.00", "- 2 ?"]);
        assert_eq!((done.bought, done.without, done.by_order), (shares(5), shares(2), None));
    }
}
