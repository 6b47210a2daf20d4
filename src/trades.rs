//! From the plan's numbers to orders a person can place: prices, proceeds, gains, and the reason of every line.

mod line;
mod reasons;
mod taxed;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::model::{LotId, LotOrigin, Side, Symbol, Term};
use crate::plan::{self, Horizon, Plan, PlanLot, PlannedSale, Problem};
use crate::rules::Verdict;
use crate::tax::{self, BreakEven, break_even, deferral_weight};
use crate::units::{Decimal, Money, Price, Shares};

pub use line::{Line, lines};
use reasons::{buy_reasons, pays_for, raises_cash, sell_reasons};
pub use taxed::Taxed;
pub(crate) use taxed::note;

/// Why a trade is made. It names a rule of the config, so that it can be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Id of the limit or target: `limits.issuer.NVDA`, `sleeve.XLI`; `cash` for raising cash, `sleeves.neutral` for
    /// investing what is left of it.
    pub id: String,
    /// The evidence, ending in numbers.
    pub evidence: String,
}

/// What a sale takes from one lot.
#[derive(Clone, Debug, PartialEq)]
pub struct LotSale {
    /// Which lot.
    pub lot: LotId,
    /// Where it comes from.
    pub origin: LotOrigin,
    /// When it was bought.
    pub opened: Option<NaiveDate>,
    /// How long it was held.
    pub term: Term,
    /// Gain, negative for a loss; `None` when the basis is unknown or the account is not taxed.
    pub gain: Option<Money>,
    /// Tax per dollar sold: at the flat rate of its class, before netting, or what it adds to the tax of the year by the
    /// tables; `None` in accounts without tax.
    pub cost_per_dollar: Option<f64>,
    /// What the replacement must earn to repay the tax of this sale (domain brief 5.6); `None` without a gain that is
    /// taxed.
    pub worth: Option<Worth>,
    /// The cheapest lot of the same symbol, anywhere in the household, that is for sale and that the plan leaves (partly)
    /// unsold.
    pub next_best: Option<NextBest>,
}

/// When a sale repays its tax. The rate is that of the tax per dollar sold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worth {
    /// Extra return a year that the replacement needs, a fraction.
    pub break_even: BreakEven,
    /// Years it has.
    pub years: f64,
    /// Yearly growth assumed.
    pub growth: f64,
    /// The whole bill: rate times gain.
    pub tax: Money,
    /// What the bill weighs if one of the long-term rate would come at the end, unless it would never come
    /// ([`deferral_weight`] of it).
    pub deferral_cost: Money,
}

impl Worth {
    /// Says it in words: `repaid by 0.80% more a year over 10 years (1.74% if never taxed otherwise)`.
    pub fn words(&self) -> String {
        let percent = |fraction: f64| format!("{:.2}%", fraction * 100.0);
        let years = if self.years == 1.0 { "1 year".to_owned() } else { format!("{} years", self.years) };
        let (later, never) = (percent(self.break_even.if_taxed_later), percent(self.break_even.if_never_taxed));
        format!("repaid by {later} more a year over {years} ({never} if never taxed otherwise)")
    }
}

/// A lot that was not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct NextBest {
    /// Which lot.
    pub lot: LotId,
    /// Where it comes from.
    pub origin: LotOrigin,
    /// Account of the lot.
    pub account: String,
    /// When it was bought.
    pub opened: Option<NaiveDate>,
    /// Tax per dollar sold; `None` in accounts without tax, or where the basis is unknown.
    pub cost_per_dollar: Option<f64>,
}

/// One order. It cannot exist without a reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Trade {
    /// Its name, by which it can be decided: `sell-NVDA-417-2026-03-03`.
    pub id: String,
    /// Key of the account.
    pub account: String,
    /// Buy or sell.
    pub side: Side,
    /// What.
    pub symbol: Symbol,
    /// How many shares.
    pub quantity: Shares,
    /// Market price used.
    pub price: Price,
    /// Whether no price is known: then a share counts as a dollar, and the order is one of dollars.
    pub in_dollars: bool,
    /// Quantity times price, to the cent.
    pub value: Money,
    /// A limit price worth trying: the price less or plus half the spread, to the cent.
    pub limit_hint: Price,
    /// The lot of a sale.
    pub lot: Option<LotSale>,
    first_reason: Reason,
    more_reasons: Vec<Reason>,
}

impl Trade {
    /// Returns why the trade is made; at least one reason.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        std::iter::once(&self.first_reason).chain(&self.more_reasons)
    }

    /// Returns how many shares; `None` where no price is known.
    pub fn shares(&self) -> Option<Shares> {
        Some(self.quantity).filter(|_| !self.in_dollars)
    }

    /// Returns a price of the trade; `None` where none is known.
    pub fn known(&self, price: Price) -> Option<Price> {
        Some(price).filter(|_| !self.in_dollars)
    }

    /// Returns how many shares, or about how many dollars: `12`, `about $31,000`.
    pub fn amount(&self) -> String {
        self.shares().map_or_else(|| format!("about {}", self.value.whole_dollars()), |shares| shares.text())
    }

    /// Returns how much of what: `12 XLI`, `about $31,000 of RSP`.
    pub fn words(&self) -> String {
        let of = if self.in_dollars { " of" } else { "" };
        format!("{}{of} {}", self.amount(), self.symbol)
    }

    /// Returns a price of the trade in words.
    pub fn price_words(&self, price: Price) -> String {
        self.known(price).map_or_else(|| "no price".to_owned(), Price::dollars)
    }
}

/// A symbol that must not be bought for a while, lest a loss be disallowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoNotBuy {
    /// The symbol sold at a loss.
    pub symbol: Symbol,
    /// Symbols that count as the same.
    pub also: Vec<Symbol>,
    /// First day on which it may be bought again: the 31st day after the sale (IRC 1091).
    pub until: NaiveDate,
    /// A fund for the same purpose that may be bought at once.
    pub instead: Option<Symbol>,
}

/// Returns the plan's trades with their reasons: by account, sells before buys, symbols in order.
pub fn trades(problem: &Problem, plan: &Plan, verdicts: &[Verdict], horizon: Option<&Horizon>) -> Vec<Trade> {
    let lots: BTreeMap<LotId, &PlanLot> = problem.lots.iter().map(|lot| (lot.id, lot)).collect();
    let taxed = Taxed::of(problem, &plan.outcome);
    let cheapest = Cheapest::of(problem, plan);
    let lines = lines(problem);
    let sold: BTreeMap<LotId, &str> = lines.iter().filter_map(|line| Some((line.lot?, line.id.as_str()))).collect();
    let bought = lines.iter().filter(|line| line.side == Side::Buy);
    let bought: BTreeMap<_, &str> =
        bought.map(|line| ((line.account.as_str(), &line.symbol), line.id.as_str())).collect();
    let mut trades = Vec::new();
    for sale in &plan.sells {
        let Some(security) = problem.securities.get(&sale.symbol) else { continue };
        let taxable = problem.accounts.iter().any(|account| account.id == sale.account && account.kind.is_taxable());
        let (term, gain) = plan.outcome.gains.get(&sale.lot).copied().unwrap_or((Term::Short, None));
        let gain = gain.filter(|_| taxable);
        let value = (security.price * sale.quantity).to_f64();
        let per_dollar = |gain: &Money| (value > 0.0).then(|| taxed.on_sold(term, *gain) * gain.to_f64() / value);
        let lot = lots.get(&sale.lot).copied();
        let lot_sale = LotSale {
            lot: sale.lot,
            origin: lot.map(|lot| lot.origin.clone()).unwrap_or_default(),
            opened: lot.and_then(|lot| lot.acquired),
            term,
            gain,
            cost_per_dollar: gain.as_ref().and_then(per_dollar),
            worth: horizon.and_then(|horizon| worth(&taxed, value, term, gain?, horizon)),
            next_best: cheapest.instead_of(sale).map(|lot| NextBest {
                lot: lot.id,
                origin: lot.origin.clone(),
                account: lot.account.clone(),
                opened: lot.acquired,
                cost_per_dollar: taxed.per_dollar(lot),
            }),
        };
        let mut reasons = sell_reasons(&sale.symbol, verdicts);
        reasons.extend(pays_for(problem, plan, &sale.account).filter(|_| reasons.is_empty()));
        reasons.extend(raises_cash(problem, &sale.account));
        let id = sold.get(&sale.lot).copied().unwrap_or_default();
        trades.push(trade(
            id,
            &sale.account,
            Side::Sell,
            &sale.symbol,
            sale.quantity,
            security,
            Some(lot_sale),
            reasons,
        ));
    }
    for buy in &plan.buys {
        let Some(security) = problem.securities.get(&buy.symbol) else { continue };
        let reasons = buy_reasons(&buy.symbol, verdicts);
        let id = bought.get(&(buy.account.as_str(), &buy.symbol)).copied().unwrap_or_default();
        let own = trade(id, &buy.account, Side::Buy, &buy.symbol, buy.quantity, security, None, reasons);
        trades.push(Trade { in_dollars: problem.in_dollars.contains(&buy.symbol), ..own });
    }
    trades.sort_by(|a, b| {
        let key = |t: &Trade| (t.account.clone(), t.side, t.symbol.clone(), t.lot.as_ref().map(|l| (l.opened, l.lot)));
        key(a).cmp(&key(b))
    });
    trades
}

#[expect(clippy::too_many_arguments, reason = "the parts of a line")]
fn trade(
    id: &str,
    account: &str,
    side: Side,
    symbol: &Symbol,
    quantity: Shares,
    security: &crate::plan::Security,
    lot: Option<LotSale>,
    mut reasons: Vec<Reason>,
) -> Trade {
    let price = security.price;
    let half = price.decimal().saturating_mul(security.half_spread_bps) / Decimal::from(10_000);
    let hint = if side == Side::Sell { price.decimal() - half } else { price.decimal() + half };
    let first_reason = if reasons.is_empty() {
        match side {
            Side::Sell => Reason { id: "cash".to_owned(), evidence: "cash is needed in this account".to_owned() },
            Side::Buy => {
                let evidence = format!("{symbol} takes the cash that goes to no sleeve");
                Reason { id: "sleeves.neutral".to_owned(), evidence }
            }
        }
    } else {
        reasons.remove(0)
    };
    Trade {
        id: id.to_owned(),
        account: account.to_owned(),
        side,
        symbol: symbol.clone(),
        quantity,
        price,
        in_dollars: false,
        value: (price * quantity).to_cents(),
        limit_hint: Price(hint.round_dp(2)),
        lot,
        first_reason,
        more_reasons: reasons,
    }
}

/// Whether anything sold has a tax per dollar of its own.
pub(crate) fn has_tax_by_lot(trades: &[Trade]) -> bool {
    trades.iter().any(|trade| trade.lot.as_ref().is_some_and(|lot| lot.cost_per_dollar.is_some()))
}

/// Returns when a sale repays its tax; `None` without a gain that is taxed.
fn worth(taxed: &Taxed<'_>, value: f64, term: Term, gain: Money, horizon: &Horizon) -> Option<Worth> {
    if !gain.is_positive() || value <= 0.0 {
        return None;
    }
    let fraction = (gain.to_f64() / value).min(1.0);
    let now = taxed.on_sold(term, gain);
    if now <= 0.0 {
        return None;
    }
    let later = taxed.at_end(term, gain, horizon.years);
    let break_even = break_even(fraction, now, later, horizon.years, horizon.growth)?;
    let weight = deferral_weight(now, later, horizon.years, horizon.growth, horizon.never_taxed);
    let tax = Money::from_f64(now * gain.to_f64());
    let deferral_cost = Money::from_f64(tax.to_f64() * weight).to_cents();
    Some(Worth { break_even, years: horizon.years, growth: horizon.growth, tax: tax.to_cents(), deferral_cost })
}

/// The cheapest lots that are left of each symbol that is sold, and of each symbol in each account, by tax per dollar: two
/// of each, since the first may be the one that is sold.
struct Cheapest<'p> {
    lots: BTreeMap<(&'p Symbol, Option<&'p str>), Priced<'p>>,
}

/// Lots with their tax per dollar.
type Priced<'p> = Vec<(f64, &'p PlanLot)>;

impl<'p> Cheapest<'p> {
    fn of(problem: &'p Problem, plan: &Plan) -> Self {
        let sold: BTreeMap<LotId, Shares> = plan.sells.iter().map(|sale| (sale.lot, sale.quantity)).collect();
        let symbols: BTreeSet<&Symbol> = plan.sells.iter().map(|sale| &sale.symbol).collect();
        let taxed = Taxed::of(problem, &plan.outcome);
        let mut left: Priced<'_> = problem
            .lots
            .iter()
            .filter(|lot| symbols.contains(&lot.symbol) && lot.locked.is_none())
            .filter(|lot| !plan.held_back.contains_key(&lot.id))
            .filter(|lot| sold.get(&lot.id).is_none_or(|quantity| *quantity < lot.quantity))
            .map(|lot| (taxed.per_dollar(lot).unwrap_or(0.0), lot))
            .collect();
        left.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        let mut cheapest = Cheapest { lots: BTreeMap::new() };
        for (cost, lot) in left {
            for account in [None, Some(lot.account.as_str())] {
                let lots = cheapest.lots.entry((&lot.symbol, account)).or_default();
                if lots.len() < 2 {
                    lots.push((cost, lot));
                }
            }
        }
        cheapest
    }

    /// Returns the lot that would be sold instead of another: the cheapest, of those that cost the same one in the same
    /// account.
    fn instead_of(&self, sale: &PlannedSale) -> Option<&'p PlanLot> {
        let first = |account| self.lots.get(&(&sale.symbol, account))?.iter().find(|(_, lot)| lot.id != sale.lot);
        match (first(Some(sale.account.as_str())), first(None)) {
            (Some((cost, lot)), Some((least, _))) if cost <= least => Some(lot),
            (_, any) => any.map(|(_, lot)| *lot),
        }
    }
}

/// Returns what must not be bought anywhere in the household because a loss would be disallowed: what the plan sells at
/// a loss, and what was sold at a loss in the last 30 days. Substitutes (and what they stand in for) are named where they
/// may be bought at once.
pub fn do_not_buy(problem: &Problem, trades: &[Trade], stand_ins: &BTreeMap<Symbol, Symbol>) -> Vec<DoNotBuy> {
    let mut until: BTreeMap<Symbol, (String, NaiveDate)> = plan::barred(problem);
    for trade in trades.iter().filter(|trade| trade.side == Side::Sell) {
        let taxable = problem.accounts.iter().any(|account| account.id == trade.account && account.kind.is_taxable());
        let loss = trade.lot.as_ref().and_then(|lot| lot.gain).is_some_and(Money::is_negative);
        let Some(security) = problem.securities.get(&trade.symbol).filter(|_| taxable && loss) else { continue };
        let first = tax::do_not_buy_until(problem.as_of);
        until.insert(trade.symbol.clone(), (security.identity.clone(), first));
    }
    let identities: Vec<String> = until.values().map(|(identity, _)| identity.clone()).collect();
    let is_free = |symbol: &Symbol| {
        let own = problem.securities.get(symbol).map_or(symbol.as_str(), |security| security.identity.as_str());
        !identities.iter().any(|barred| barred == own)
    };
    let partner = |symbol: &Symbol| {
        let sleeve = stand_ins.iter().find(|(_, other)| *other == symbol).map(|(sleeve, _)| sleeve);
        stand_ins.get(symbol).or(sleeve).filter(|other| is_free(other)).cloned()
    };
    let entry = |(symbol, (identity, until)): (&Symbol, &(String, NaiveDate))| {
        let same = problem.securities.iter().filter(|(other, own)| own.identity == *identity && *other != symbol);
        let also = same.map(|(other, _)| other.clone()).collect();
        DoNotBuy { symbol: symbol.clone(), also, until: *until, instead: partner(symbol) }
    };
    until.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PastTrade;
    use crate::plan::testing::{Household, dollars};

    #[test]
    fn what_a_trim_must_earn_is_told_beside_the_whole_bill() {
        // 50 NVDA at 500 dollars that cost 100: 80% of the proceeds are gain, taxed at 15%.
        let mut home = Household::taxable(&[("NVDA", 500, 100, 100), ("AGG", 100, 500, 100)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.25, 0.0);
        let plan = home.plan();
        let horizon = Horizon { years: 10.0, growth: 0.06, never_taxed: 0.0 };
        let lot = |horizon: &Horizon| trades(&home.problem, &plan, &[], Some(horizon))[0].lot.clone().unwrap();
        let worth = lot(&horizon).worth.unwrap();
        assert_eq!(worth.tax, dollars(3_000));
        assert_eq!(worth.break_even, break_even(0.8, 0.15, 0.15, 10.0, 0.06).unwrap());
        // 1 - 1.06^-10 = 44.1605% of the bill; all of it if the gain would never be taxed.
        assert_eq!(worth.deferral_cost.dollars(), "$1,324.82");
        assert_eq!(lot(&Horizon { never_taxed: 1.0, ..horizon }).worth.unwrap().deferral_cost, dollars(3_000));
        let mut loss = Household::taxable(&[("NVDA", 500, 100, 600), ("AGG", 100, 500, 100)]);
        loss.cap("tech", &[("NVDA", 1.0)], 0.25, 0.0);
        let sold = trades(&loss.problem, &loss.plan(), &[], Some(&horizon));
        assert_eq!(sold[0].lot.as_ref().unwrap().worth, None);
    }

    /// Against a search through all lots, for every lot as if it were the one sold.
    #[test]
    fn the_next_best_lot_is_the_cheapest_left_and_of_those_one_of_the_same_account() {
        let mut home = Household::taxable(&[("NVDA", 90, 100, 100), ("AGG", 100, 500, 100)]);
        for (index, basis) in [2_000, 2_000, 9_000, 2_000, 1_000].into_iter().enumerate() {
            let mut lot = home.problem.lots[0].clone();
            lot.id = LotId::new(10 + index);
            lot.account = if index % 2 == 0 { lot.account } else { "other".to_owned() };
            lot.basis = Some(dollars(basis));
            home.problem.lots.push(lot);
        }
        let mut other = home.problem.accounts[0].clone();
        other.id = "other".to_owned();
        home.problem.accounts.push(other);
        home.cap("tech", &[("NVDA", 1.0)], 0.5, 0.0);
        let plan = home.plan();
        let cheapest = Cheapest::of(&home.problem, &plan);
        let mut compared = 0;
        for sold in home.problem.lots.iter().filter(|lot| lot.symbol.as_str() == "NVDA") {
            let mut sale = plan.sells.iter().find(|sale| sale.symbol == sold.symbol).unwrap().clone();
            (sale.lot, sale.account) = (sold.id, sold.account.clone());
            let left = |lot: &&PlanLot| {
                let used = plan.sells.iter().find(|sale| sale.lot == lot.id).map(|sale| sale.quantity);
                lot.symbol == sale.symbol && lot.id != sale.lot && used.is_none_or(|used| used < lot.quantity)
            };
            let cost = |lot: &PlanLot| Taxed::first(&home.problem).per_dollar(lot).unwrap_or(0.0);
            let best = home.problem.lots.iter().filter(left).min_by(|a, b| {
                cost(a)
                    .total_cmp(&cost(b))
                    .then((a.account != sale.account).cmp(&(b.account != sale.account)))
                    .then(a.id.cmp(&b.id))
            });
            assert_eq!(cheapest.instead_of(&sale).map(|lot| &lot.id), best.map(|lot| &lot.id), "{}", sale.lot.index());
            compared += usize::from(best.is_some());
        }
        assert_eq!(compared, 6);
    }

    #[test]
    fn losses_of_the_plan_and_of_the_last_month_are_not_bought_back() {
        let mut home = Household::taxable(&[("XLI", 100, 500, 120), ("AGG", 100, 500, 100)]);
        home.cap("industrials", &[("XLI", 1.0)], 0.40, 0.0);
        home.problem.trades.push(PastTrade {
            date: "2026-06-10".parse().unwrap(),
            account: "A".into(),
            symbol: Symbol::new("VFH"),
            side: Side::Sell,
            quantity: Shares(Decimal::ONE),
            gain: None,
            outside: false,
            place: None,
            details: Default::default(),
        });
        let pairs = [("XLI", "VIS"), ("XLF", "VFH")].map(|(one, other)| (Symbol::new(one), Symbol::new(other)));
        let orders = trades(&home.problem, &home.plan(), &[], None);
        let found = do_not_buy(&home.problem, &orders, &BTreeMap::from(pairs));
        let brief: Vec<_> =
            found.iter().map(|entry| (entry.symbol.as_str(), entry.until.to_string(), entry.instead.clone())).collect();
        assert_eq!(
            brief,
            [
                ("VFH", "2026-07-11".to_owned(), Some(Symbol::new("XLF"))),
                ("XLI", "2026-07-31".to_owned(), Some(Symbol::new("VIS")))
            ]
        );
    }
}
