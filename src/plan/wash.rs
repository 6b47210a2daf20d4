//! Wash sales: which purchases would replace what is sold at a loss, what was sold at a loss lately, and what a plan
//! that only warns gives away.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Plan, PlanLot, PlannedBuy, PlannedSale, Problem, WashSales};
use crate::model::{LotId, PastTrade, Side, Symbol, TradeDetails};
use crate::tax::{self, LossSale, Purchase, match_wash_sales};
use crate::units::{Money, Shares};

/// A purchase in the wash-sale window.
pub(super) struct Bought<'a> {
    identity: &'a str,
    symbol: &'a Symbol,
    /// `None` when it was made outside the household's files.
    account: Option<&'a str>,
    date: NaiveDate,
    quantity: Shares,
    /// Known by the lot that it made, of which some is left or sold, not by a row of `trades.csv`.
    from_lot: bool,
}

impl<'a> Bought<'a> {
    /// One purchase is what an account bought of a symbol on a day.
    fn name(&self) -> (Option<&'a str>, &'a Symbol, NaiveDate) {
        (self.account, self.symbol, self.date)
    }

    /// Whether it is the purchase that made a lot (Rev. Rul. 56-602: no replacement of itself).
    fn made(&self, lot: &PlanLot) -> bool {
        self.account == Some(lot.account.as_str()) && *self.symbol == lot.symbol && Some(self.date) == lot.acquired
    }
}

/// Returns the wash-sale identity of a symbol; one of which nothing is known can still be the replacement of itself.
fn identity<'a>(problem: &'a Problem, symbol: &'a Symbol) -> &'a str {
    let held = problem.securities.get(symbol).map(|security| security.identity.as_str());
    held.or_else(|| problem.identities.get(symbol).map(String::as_str)).unwrap_or(symbol.as_str())
}

/// Returns every purchase of the household in the window, from lots, from past and planned trades, and from the lots of past
/// sales.
pub(super) fn recent_purchases(problem: &Problem) -> Vec<Bought<'_>> {
    let lots = problem.lots.iter().filter_map(|lot| {
        let (symbol, account) = (&lot.symbol, Some(lot.account.as_str()));
        let (date, quantity) = (lot.acquired?, lot.quantity);
        Some(Bought { identity: identity(problem, symbol), symbol, account, date, quantity, from_lot: true })
    });
    let trades = problem.trades.iter().filter(|trade| trade.side == Side::Buy).map(|trade| {
        let account = (!trade.outside).then_some(trade.account.as_str());
        let (symbol, date, quantity) = (&trade.symbol, trade.date, trade.quantity);
        Bought { identity: identity(problem, symbol), symbol, account, date, quantity, from_lot: false }
    });
    // What was sold again was bought: of it no lot is left, or less.
    let sold = problem.trades.iter().filter(|trade| trade.side == Side::Sell).filter_map(|trade| {
        let account = (!trade.outside).then_some(trade.account.as_str());
        let (symbol, date, quantity) = (&trade.symbol, trade.details.opened?, trade.quantity);
        Some(Bought { identity: identity(problem, symbol), symbol, account, date, quantity, from_lot: true })
    });
    lots.chain(trades).chain(sold).filter(|bought| tax::in_wash_window(problem.as_of, bought.date)).collect()
}

/// Returns the first and the last date of the purchases that would replace a loss lot: the same identity, anywhere in the
/// household, within 30 days either side, and not the purchase that made the lot.
pub(super) fn replacement(
    problem: &Problem,
    purchases: &[Bought<'_>],
    lot: &PlanLot,
) -> Option<(NaiveDate, NaiveDate)> {
    let own = identity(problem, &lot.symbol);
    let others = purchases.iter().filter(|bought| bought.identity == own && !bought.made(lot));
    let dates = others.map(|bought| (bought.date, bought.date));
    dates.reduce(|(first, last), (date, _)| (first.min(date), last.max(date)))
}

/// Whether sales in an account are not taxed, traded or not.
fn is_sheltered(problem: &Problem, id: &str) -> bool {
    let own = problem.accounts.iter().find(|account| account.id == id).map(|account| account.kind);
    own.or_else(|| problem.elsewhere.get(id).copied()).is_some_and(|kind| !kind.is_taxable())
}

/// Returns whether a past trade is a sale at a loss (or with an unknown result), in the last 30 days, outside the
/// accounts without tax: buying the same again would make it a wash sale.
fn is_recent_loss(problem: &Problem, trade: &PastTrade) -> bool {
    let sheltered = || is_sheltered(problem, &trade.account);
    trade.side == Side::Sell
        && trade.gain.is_none_or(Money::is_negative)
        && tax::in_wash_window(problem.as_of, trade.date)
        && trade.date <= problem.as_of
        && (trade.outside || !sheltered())
}

/// Returns the identities sold at a loss in the last 30 days, with the latest date: they are not bought anywhere.
pub(super) fn recent_losses(problem: &Problem) -> BTreeMap<&str, NaiveDate> {
    let mut losses = BTreeMap::new();
    if problem.wash_sales != WashSales::Block {
        return losses;
    }
    for trade in problem.trades.iter().filter(|trade| is_recent_loss(problem, trade)) {
        let date: &mut NaiveDate = losses.entry(identity(problem, &trade.symbol)).or_insert(trade.date);
        *date = (*date).max(trade.date);
    }
    losses
}

/// What was sold at a loss lately and must not be bought back, with the first day on which it may: by symbol, each with
/// its identity.
pub fn barred(problem: &Problem) -> BTreeMap<Symbol, (String, NaiveDate)> {
    let mut until: BTreeMap<Symbol, (String, NaiveDate)> = BTreeMap::new();
    for trade in problem.trades.iter().filter(|trade| is_recent_loss(problem, trade)) {
        let first = tax::do_not_buy_until(trade.date);
        let slot =
            until.entry(trade.symbol.clone()).or_insert_with(|| (identity(problem, &trade.symbol).to_owned(), first));
        slot.1 = slot.1.max(first);
    }
    until
}

/// Returns the trades of a plan as the next plan must know of them: its sales with what they realised, its purchases, and
/// the purchases of lately of which shares are sold. These are replacements still: the window of a loss looks at what was
/// bought, not at what is left of it (Reg. 1.1091-1(a)).
pub(crate) fn booked(problem: &Problem, sells: &[PlannedSale], buys: &[PlannedBuy]) -> Vec<PastTrade> {
    let trade = |account: &str, symbol: &Symbol, side, quantity, date, gain, term| PastTrade {
        date,
        account: account.to_owned(),
        symbol: symbol.clone(),
        side,
        quantity,
        gain,
        outside: false,
        place: None,
        details: TradeDetails {
            price: problem.securities.get(symbol).map(|security| security.price),
            term,
            ..TradeDetails::default()
        },
    };
    let gains = super::evaluate(problem, sells, buys).gains;
    let lots: BTreeMap<LotId, &PlanLot> = problem.lots.iter().map(|lot| (lot.id, lot)).collect();
    let mut trades = Vec::new();
    for sale in sells {
        let (term, gain) = gains.get(&sale.lot).map_or((None, None), |(term, gain)| (Some(*term), *gain));
        trades.push(trade(&sale.account, &sale.symbol, Side::Sell, sale.quantity, problem.as_of, gain, term));
        let acquired = lots.get(&sale.lot).and_then(|lot| lot.acquired);
        if let Some(date) = acquired.filter(|date| tax::in_wash_window(problem.as_of, *date)) {
            trades.push(trade(&sale.account, &sale.symbol, Side::Buy, sale.quantity, date, None, None));
        }
    }
    let bought =
        buys.iter().map(|buy| trade(&buy.account, &buy.symbol, Side::Buy, buy.quantity, problem.as_of, None, None));
    trades.extend(bought);
    trades
}

/// What the tax office makes of a loss that a plan realises although its replacement was bought.
#[derive(Clone, Debug, PartialEq)]
pub struct Washed {
    /// What was sold.
    pub symbol: Symbol,
    /// Its lot.
    pub lot: LotId,
    /// Realised loss, positive.
    pub loss: Money,
    /// Deductible now.
    pub allowed: Money,
    /// Added to the basis of the replacement.
    pub deferred: Money,
    /// Gone for good: the replacement is in an IRA or its kin (Rev. Rul. 2008-5).
    pub lost: Money,
}

/// Returns every loss of a plan that is not wholly deductible, in the order of its sales. A purchase that is both in
/// `trades.csv` and among the lots counts once.
pub fn washed(problem: &Problem, plan: &Plan) -> Vec<Washed> {
    let sheltered = |id: &str| is_sheltered(problem, id);
    let mut found = Vec::new();
    let mut sales: BTreeMap<&str, Vec<LossSale>> = BTreeMap::new();
    let bought = recent_purchases(problem);
    let names: BTreeSet<_> = bought.iter().map(Bought::name).collect();
    let number: BTreeMap<_, usize> = names.into_iter().zip(0..).collect();
    for (index, sale) in plan.sells.iter().enumerate().filter(|(_, sale)| !sheltered(&sale.account)) {
        let gain = plan.outcome.gains.get(&sale.lot).and_then(|(_, gain)| *gain);
        let Some(lot) = problem.lots.iter().find(|lot| lot.id == sale.lot) else { continue };
        let Some(loss) = gain.filter(|gain| gain.is_negative()).map(Money::abs) else { continue };
        let Some(per_share) = loss.decimal().checked_div(sale.quantity.decimal()) else { continue };
        let own = bought.iter().find(|bought| bought.made(lot)).and_then(|bought| number.get(&bought.name()).copied());
        let entry =
            LossSale { id: index, date: problem.as_of, quantity: sale.quantity, loss_per_share: per_share, own };
        sales.entry(identity(problem, &sale.symbol)).or_default().push(entry);
    }
    for (identity, sales) in sales {
        let mut purchases: BTreeMap<usize, Purchase> = BTreeMap::new();
        let mut of_lots: BTreeMap<usize, Shares> = BTreeMap::new();
        for bought in bought.iter().filter(|bought| bought.identity == identity) {
            let Some(id) = number.get(&bought.name()).copied() else { continue };
            let tax_deferred = bought.account.is_some_and(sheltered);
            let slot =
                purchases.entry(id).or_insert(Purchase { id, date: bought.date, quantity: Shares::ZERO, tax_deferred });
            // Lots of one purchase add up; the row of the purchase itself says no less.
            if bought.from_lot {
                let sum = of_lots.entry(id).or_default();
                *sum += bought.quantity;
                slot.quantity = slot.quantity.max(*sum);
            } else {
                slot.quantity = slot.quantity.max(bought.quantity);
            }
        }
        let purchases: Vec<Purchase> = purchases.into_values().collect();
        for result in match_wash_sales(&sales, &purchases).into_iter().filter(|r| r.disallowed.is_positive()) {
            let Some(sale) = plan.sells.get(result.sale) else { continue };
            let lost = result.matches.iter().map(|found| found.permanently_lost).sum::<Money>().min(result.disallowed);
            found.push(Washed {
                symbol: sale.symbol.clone(),
                lot: sale.lot,
                loss: result.loss,
                allowed: result.allowed,
                deferred: result.disallowed - lost,
                lost,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TaxTreatment;
    use crate::plan::testing::{Household, dollars};
    use crate::units::Decimal;

    fn trade(day: &str, account: &str, symbol: &str, side: Side, quantity: i64, gain: Option<i64>) -> PastTrade {
        PastTrade {
            date: day.parse().unwrap(),
            account: account.into(),
            symbol: Symbol::new(symbol),
            side,
            quantity: Shares(Decimal::from(quantity)),
            gain: gain.map(dollars),
            outside: false,
            place: None,
            details: Default::default(),
        }
    }

    /// 500 NVDA at 100 dollars that cost 120, 100 of them to be sold; today is 2026-06-30.
    fn home() -> Household {
        let mut home = Household::taxable(&[("NVDA", 100, 500, 120), ("AGG", 100, 500, 100)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        home
    }

    #[test]
    fn a_vest_a_spouses_purchase_or_a_reinvested_dividend_blocks_the_loss() {
        let sold = |date: &str, outside: bool| {
            let mut home = home();
            home.problem.trades.push(PastTrade { outside, ..trade(date, "wife", "NVDA", Side::Buy, 1, None) });
            home.sold(&home.plan(), "NVDA")
        };
        // A vest four weeks ahead counts like a dividend reinvested four weeks ago; a day beyond the window does not.
        for (date, shares) in [("2026-05-31", "0"), ("2026-05-30", "100"), ("2026-07-30", "0"), ("2026-07-31", "100")] {
            assert_eq!((sold(date, true).as_str(), sold(date, false).as_str()), (shares, shares), "{date}");
        }
    }

    #[test]
    fn the_very_purchase_that_is_sold_is_no_replacement() {
        let mut home = home();
        home.problem.lots[0].acquired = Some("2026-06-15".parse().unwrap());
        home.problem.trades.push(trade("2026-06-15", "A", "NVDA", Side::Buy, 500, None));
        assert_eq!(home.sold(&home.plan(), "NVDA"), "100");
        home.problem.trades[0].account = "other".to_owned();
        assert_eq!(home.sold(&home.plan(), "NVDA"), "0");
    }

    /// 30 bought on the fifth and sold on the twentieth replace what is sold on the thirtieth: the window looks at what was
    /// bought. The row of the sale names the day, and no lot is left.
    #[test]
    fn what_was_bought_and_sold_again_is_a_replacement() {
        let sold = |opened: &str| {
            let mut home = home();
            let mut sale = trade("2026-06-20", "A", "NVDA", Side::Sell, 30, Some(50));
            sale.details.opened = opened.parse().ok();
            home.problem.trades.push(sale);
            home.sold(&home.plan(), "NVDA")
        };
        assert_eq!(["2026-06-05", "2026-05-30"].map(sold), ["0", "100"]);
    }

    #[test]
    fn what_was_sold_out_at_a_loss_bars_its_kin() {
        let mut home = Household::ira(&[("AGG", 100, 900)]).with_cash(10_000);
        home.target("SPY", 0.05);
        home.problem.trades.push(trade("2026-06-10", "B", "VOO", Side::Sell, 10, Some(-100)));
        // Nothing says that they track the same index.
        assert_eq!(home.bought(&home.plan(), "SPY"), "50");
        home.problem.identities.insert(Symbol::new("VOO"), "sp500".to_owned());
        if let Some(spy) = home.problem.securities.get_mut(&Symbol::new("SPY")) {
            spy.identity = "sp500".to_owned();
        }
        let plan = home.plan();
        assert!(plan.buys.is_empty());
        assert_eq!(
            plan.not_bought[&Symbol::new("SPY")],
            "sold at a loss on 2026-06-10: buying before 2026-07-11 would be a wash sale"
        );
        let until = barred(&home.problem);
        assert_eq!(until[&Symbol::new("VOO")], ("sp500".to_owned(), "2026-07-11".parse().unwrap()));
        // In an account without tax there is no loss to lose.
        home.problem.trades[0].account = "A".to_owned();
        assert_eq!(home.bought(&home.plan(), "SPY"), "50");
    }

    #[test]
    fn a_plan_that_only_warns_says_what_is_allowed_deferred_and_lost() {
        let mut home = home();
        home.problem.wash_sales = WashSales::Warn;
        assert_eq!(washed(&home.problem, &home.plan()), []);
        let mut ira = home.problem.accounts[0].clone();
        (ira.id, ira.kind) = ("B".to_owned(), TaxTreatment::Roth);
        home.problem.accounts.push(ira);
        // 100 shares lose 20 each: 30 were bought in the IRA, 10 in the taxable account, of which 4 are left as a lot.
        home.problem.trades.push(trade("2026-06-18", "B", "NVDA", Side::Buy, 30, None));
        home.problem.trades.push(trade("2026-06-20", "A", "NVDA", Side::Buy, 10, None));
        let mut left = home.problem.lots[0].clone();
        (left.id, left.quantity) = (LotId::new(9), Shares(Decimal::from(4)));
        (left.acquired, left.basis) = (Some("2026-06-20".parse().unwrap()), Some(dollars(400)));
        home.problem.lots.push(left);
        home.problem.limits.clear();
        home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
        let plan = home.plan();
        let found = washed(&home.problem, &plan);
        assert_eq!(found.len(), 1);
        let first = &found[0];
        assert_eq!((first.deferred, first.lost), (dollars(200), dollars(600)));
        assert_eq!(first.allowed, first.loss - dollars(800));
    }
}
