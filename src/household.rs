//! The household as the plan sees it: a portfolio, the settings and what is asked for this run become what can be traded,
//! what only counts, and at which prices; with rules it becomes the [`Problem`] of a plan.
//!
//! A leaf for each question about people and accounts: who trades, what must stay in cash, what comes and goes, what is
//! locked or pledged, what a gift or a holding at average cost is taxed by, which trades before today still count.

mod apply;
mod asked;
mod average_cost;
mod check;
mod distributions;
mod flows;
mod gift;
mod locks;
mod orders;
mod owed;
mod past_trades;
mod pledge;
mod prices;
mod problem;
mod rates;
mod recorded;
mod reserve;
mod scope;
mod setup;
#[cfg(test)]
mod testing;
mod wash_sales;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Months, NaiveDate};

use crate::diagnostics::Sink;
use crate::holdings::AccountSettings;
use crate::market::Market;
use crate::model::{Account, AssetKind, LotId, LotOrigin, PastTrade, Portfolio, Position, Symbol, TaxTreatment};
use crate::plan::{FixedHolding, Plan, PlanAccount, PlanLot, Problem};
use crate::proposal::{Excluded, Flow};
use crate::units::{Decimal, Money, Price};

pub(crate) use apply::put;
pub use apply::{Applied, apply, tax_at};
pub use asked::{Answered, WhatIf};
pub(crate) use check::{check_deadline, check_lots, check_neutral};
pub use distributions::distributions;
pub use flows::Flows;
pub(crate) use owed::{DUE, check as check_owed};
pub use owed::{owed, unpaid};
pub(crate) use past_trades::{check as check_trades, check_gains, check_newer, check_replaced};
pub use prices::{fill_prices, reprice};
pub use problem::{alone, hold_back};
pub use rates::value_in_dollars;
pub use recorded::with_records;
pub use scope::in_scope;
pub(crate) use scope::why_outside;
pub use setup::{Read, Setup};

use locks::{Lock, hands_off, locked_until, longest, untradable};
use pledge::{Written, pledge, written};
use reserve::reserve;

crate::codes! {
    RATED "rates-elsewhere" "Something is held in another currency, and its file prints no rate. It is valued at the last rate of FRED's series in the market files (DEXUSEU for the euro, DEXJPUS for the yen, and so on), and is not traded. Without one it has no value, and that is said.";
    STALE_PRICE "stale-price" "The close or rate that prices a holding is more than five sessions older than the day of the answer, so its weight may be wrong by what it moved since. One that is older than three months is not used.";
    PAST_DEADLINE "past-deadline" "`by` of `[route]` is a day that has passed, so that every limit is due in this run, whatever its tax. Without the key the plan chooses the day.";
    NEUTRAL_OVER "neutral-over" "The fund that is to take what sleeves do not has more of something than its limit allows, and the limit is exceeded: it is sold for it, and not bought. The next fund of the list takes its place, or the cash stays.";
    NEUTRAL_UNPRICED "neutral-unpriced" "The fund that is to take what sleeves do not, here or in an account, or deposits while the rotation is frozen, has no price and is not known, so it cannot be bought. A known one without a price is ordered in dollars.";
    FUTURE_LOT "future-lot" "A lot was bought after the day of the answer, so its date is mistyped or the answer is for a day too early. It is planned as short-term.";
    WASH_SALE "wash-sale" "The plan sells at a loss what was bought within 30 days, so part of the loss is not deductible now (IRC 1091): it is added to the basis of the replacement, or lost for good when that is in an IRA.";
    UNDATED_REPLACEMENT "undated-replacement" "The plan sells at a loss what another account, or the rest of the same one, holds with no purchase date, or an option to buy it. If any of that, or a reinvested dividend, was bought within 30 days of the sale, the loss is not deductible (IRC 1091), and lost for good where the account is an IRA (Rev. Rul. 2008-5).";
    UNCOUNTED_GAINS "uncounted-gains" "Sales in trades.csv of this tax year have gains, and nothing is given as realised this year, so the tax of the plan is reckoned as if there were none. How long the shares were held stands in no row, so they are not added by themselves.";
    REPLACED_LOSS "replaced-loss" "A recorded loss of the tax year is not deducted as far as the same was bought within 30 days after its sale, in any account (IRC 1091). trades.csv has the whole loss, and the year's tax counts it until the row says less.";
    SOLD_REPLACEMENT "sold-replacement" "The plan sells what was bought less than 30 days ago while the same is held at a loss. A replacement that is sold again is still one (IRC 1091), and after the sale no file says that it was bought: a row of trades.csv does.";
    TAX_NOT_COVERED "tax-not-covered" "Recorded sales made tax due that is not paid yet, and less cash than that is in the taxable accounts. Nothing is sold for it; what is there stays. `paid` under [tax] says what is paid already.";
    RESERVE_SHORT "reserve-short" "An account has less cash than its reserve. Nothing is sold to build it, nor to repay a margin debit; but nothing is bought in an account with a debit, so that what is sold there repays it.";
    WITHDRAWAL_TOO_LARGE "withdrawal-too-large" "More is to be withdrawn from an account than it is worth.";
    FLOW_OUTSIDE "flow-outside" "Money is to come to an account that is in no figure, or to leave it, so nothing would change: the account is out of scope in [accounts], or not kept in US dollars.";
    TWO_ENTRIES "ambiguous-account" "Two entries of [accounts] mean the same account, so one of them would be ignored.";
    OLDER_THAN_TRADES "older-than-trades" "The holdings of an account are older than trades that are recorded in it, so what was sold since is counted as held, and what was bought is not. A newer export shows both. Of the day of the export itself only a purchase that it lacks says that it is older.";
    PRICES_DIFFER "prices-differ" "Two exports print different prices of one ticker, by more than half a percent, usually because they are of different days. Each holding counts at its printed value in every figure, and the plan trades at the newer price (of one day, that of the account first by name).";
    PRICED "priced-elsewhere" "A file prints shares and no price (a list of tickers, a replayed history). They are priced as another export of the household prices the same ticker, else at the last close of the market files, of at most three months before the day of the answer, with a warning where that is more than five sessions. Without either they have no value, and that is said.";
    NEGATIVE_PRICE "negative-price" "A price is below zero, so no figure of the position can be right.";
    EMPLOYER_STOCK "employer-stock" "Stock of the company that pays your salary: if it does badly, both may suffer at once.";
    UNKNOWN_TICKER "unknown-ticker" "`--keep` names a ticker that no account holds, so the question would not be asked. `broaden holdings` lists what is held.";
    UNKNOWN_ACCOUNT "unknown-account" "An option names an account that is not in the files. Accounts are named as in [accounts]: by their number, their last digits or their name.";
    BAD_AMOUNT "bad-amount" "`--deposit` and `--withdraw` take an amount of dollars above zero, with the account before it where there are several: `...1234=5000`.";
}

/// Symbols by value, for the stages that need both.
pub(crate) type Values = BTreeMap<Symbol, Money>;

/// Holdings sorted into what can be traded and what only counts.
pub struct Household {
    accounts: Vec<PlanAccount>,
    lots: Vec<PlanLot>,
    fixed: Vec<FixedHolding>,
    prices: BTreeMap<Symbol, Price>,
    /// What takes the rest of the cash and has no price: it is ordered in dollars, and a share of it counts as one.
    in_dollars: BTreeSet<Symbol>,
    /// Value of each symbol over the household, fixed holdings included.
    pub held: Values,
    /// What is left alone, with the reason.
    pub excluded: Vec<Excluded>,
    /// Why a sleeve or its substitute may not be bought now.
    pub closed: BTreeMap<Symbol, String>,
    /// What was sold and not bought since, where rotation may come back (`symmetric`): by day, at today's price.
    pub sold: BTreeMap<Symbol, Vec<(NaiveDate, Money)>>,
    trades: Vec<PastTrade>,
    average_cost: BTreeSet<(String, Symbol)>,
    /// Accounts of the files that are in no figure: what is bought there replaces what is sold here.
    elsewhere: BTreeMap<String, TaxTreatment>,
    undated: Vec<wash_sales::Undated>,
    as_of: NaiveDate,
}

impl Household {
    /// Sorts a portfolio. Prices of what is held come from the holdings; those of what may be bought from the market.
    pub fn new(
        portfolio: &Portfolio,
        setup: &Setup,
        market: &Market,
        as_of: NaiveDate,
        (asked, flows): (&Answered, &Flows),
        prices: &BTreeMap<Symbol, Price>,
    ) -> Household {
        let mut pool = Household {
            accounts: Vec::new(),
            lots: Vec::new(),
            fixed: Vec::new(),
            prices: BTreeMap::new(),
            in_dollars: BTreeSet::new(),
            held: BTreeMap::new(),
            excluded: Vec::new(),
            closed: BTreeMap::new(),
            sold: BTreeMap::new(),
            trades: Vec::new(),
            average_cost: BTreeSet::new(),
            elsewhere: BTreeMap::new(),
            undated: Vec::new(),
            as_of,
        };
        pool.prices =
            prices::newest_prices(portfolio).into_iter().map(|(symbol, quote)| (symbol, quote.price)).collect();
        let mut homes = Vec::new();
        for ((index, account), label) in portfolio.accounts.iter().enumerate().zip(labels(portfolio)) {
            let settings = setup.accounts.iter().find(|settings| settings.matches(account));
            let why = why_outside(account, setup);
            homes.push((account, label.clone(), why.is_none()));
            for position in &account.positions {
                let in_plan = why.is_none() && untradable(position, setup).is_none();
                let (dated, undated) = wash_sales::purchases(&label, position, in_plan, setup);
                pool.trades.extend(dated);
                pool.undated.extend(undated);
            }
            match why {
                Some(why) => {
                    pool.outside(account, &label, why);
                    pool.elsewhere.insert(label, account.kind);
                }
                None => {
                    pool.account(account, label.clone(), settings, setup, flows.net(index));
                    if !asked.trades_in(index) {
                        pool.leave_alone(&label);
                    }
                }
            }
        }
        let past = past_trades::trades(&portfolio.trades, &homes);
        let sold = if setup.rotation.symmetric { past_trades::sold(&past, as_of) } else { BTreeMap::new() };
        pool.trades.extend(past);
        let stand_ins = setup.rules.sleeves.stand_ins();
        let others: Vec<Symbol> = stand_ins.values().cloned().collect();
        let sheltered = |id: &str| pool.accounts.iter().any(|account| account.id == id && !account.kind.is_taxable());
        let bought: Vec<Symbol> = buyable(setup).into_iter().chain(sold.keys().cloned()).collect();
        pool.closed = past_trades::closed(&bought, &others, &pool.trades, sheltered, setup, as_of);
        // A substitute is only needed where its sleeve is closed.
        let substitutes = stand_ins.into_iter().filter(|(sleeve, _)| pool.closed.contains_key(sleeve));
        let wanted: Vec<Symbol> = bought.into_iter().chain(substitutes.map(|(_, other)| other)).collect();
        for symbol in wanted {
            if !pool.prices.contains_key(&symbol)
                && let Some((_, price)) = market.price(&symbol, as_of)
            {
                let price = prices.get(&symbol).copied().unwrap_or(price);
                pool.prices.insert(symbol, price);
            }
        }
        for (symbol, sales) in sold {
            if let Some(price) = pool.price(&symbol) {
                let sales = sales.into_iter().map(|(day, shares)| (day, price * shares)).collect();
                pool.sold.insert(symbol, sales);
            }
        }
        number(&mut pool.lots);
        pool
    }

    /// Returns the fund that takes what sleeves do not: of those that are preferred the first that has a price.
    fn neutral(&self, setup: &Setup) -> Option<Symbol> {
        self.priced(setup).next()
    }

    fn priced(&self, setup: &Setup) -> impl Iterator<Item = Symbol> {
        preferred(setup).into_iter().filter(|symbol| self.prices.contains_key(symbol))
    }

    /// Has what is to take the rest ordered in dollars where it has no price and it is known what it is. Nothing that goes on
    /// with what was bought can do so.
    pub fn order_in_dollars(&mut self, setup: &Setup) {
        let is_known = |symbol: &Symbol| setup.registry.get(symbol).is_some();
        let of_all = preferred(setup).into_iter().filter(|_| self.neutral(setup).is_none()).filter(is_known);
        let of_accounts = setup.accounts.iter().filter_map(|settings| settings.neutral.clone()).filter(is_known);
        let all: BTreeSet<Symbol> = of_all.into_iter().chain(of_accounts).collect();
        for symbol in all.into_iter().filter(|symbol| !self.prices.contains_key(symbol)).collect::<Vec<_>>() {
            self.prices.insert(symbol.clone(), Price(Decimal::ONE));
            self.in_dollars.insert(symbol);
        }
    }

    fn account(
        &mut self,
        account: &Account,
        label: String,
        settings: Option<&AccountSettings>,
        setup: &Setup,
        flow: Money,
    ) {
        let mut cash = account.cash_in("USD").unwrap_or_default();
        let mut value = cash + flow;
        let calls = written(account, self.as_of);
        for (index, position) in account.positions.iter().enumerate() {
            value += position.base_value().unwrap_or_default();
            if position.core && position.kind.is_cash() {
                cash += position.base_value().unwrap_or_default();
                continue;
            }
            match untradable(position, setup) {
                Some(why) => self.exclude(&label, position, why, setup),
                None => {
                    let taxable = account.kind.is_taxable();
                    self.tradable((&label, taxable), index, position, settings, &calls, setup);
                }
            }
        }
        let zero = Money::ZERO;
        // Money on its way out is spent; money on its way in counts, but cannot be spent yet.
        let pending = account.pending.unwrap_or_default();
        cash += pending.min(zero);
        if pending.is_positive() {
            self.fixed.push(FixedHolding { symbol: Symbol::new("PENDING"), value: pending });
        }
        value += pending;
        // A reserve never forces a sale, and neither does a margin debit: what must stay is at most what is there. But what is
        // sold in the account pays the debit back first: nothing earns its interest for sure.
        let owes = (cash + flow.max(zero)).is_negative();
        // An employer's plan offers its own funds: without its menu only those are known that it holds.
        let held = || account.positions.iter().filter_map(|position| position.canonical.clone()).collect();
        let menu = settings.and_then(|settings| settings.menu.clone());
        let menu = menu.or_else(|| (account.kind == TaxTreatment::K401).then(held));
        let reserve = reserve(settings, value, setup).min(cash + flow.max(zero));
        let trading = &setup.trading.trading;
        let usual = if trading.whole_shares { Decimal::ONE } else { trading.increment };
        self.accounts.push(PlanAccount {
            id: label,
            kind: account.kind,
            cash,
            flow,
            reserve,
            menu: if owes { Some(Vec::new()) } else { menu },
            neutral: settings.and_then(|settings| settings.neutral.clone()),
            do_not_buy: settings.map_or_else(Vec::new, |settings| settings.do_not_buy.clone()),
            do_not_sell: settings.map_or_else(Vec::new, |settings| settings.do_not_sell.clone()),
            increment: settings.and_then(|settings| settings.fractional).unwrap_or(usual),
        });
    }

    /// Takes an account out of trading, for `--only` another one. It still counts in every figure.
    fn leave_alone(&mut self, label: &str) {
        for lot in self.lots.iter_mut().filter(|lot| lot.account == label) {
            lot.lock("the account is not one of `--only`");
        }
        for account in self.accounts.iter_mut().filter(|account| account.id == label) {
            account.menu = Some(Vec::new());
        }
    }

    /// Lists an account that is in no figure.
    fn outside(&mut self, account: &Account, label: &str, why: &str) {
        let positions: Money = account.positions.iter().filter_map(Position::base_value).sum();
        let value = (account.base_currency == "USD").then(|| positions + account.cash_in("USD").unwrap_or_default());
        self.excluded.push(Excluded {
            account: label.to_owned(),
            label: "the whole account".to_owned(),
            value,
            why: why.to_owned(),
            counted: false,
        });
    }

    fn exclude(&mut self, account: &str, position: &Position, why: String, setup: &Setup) {
        let value = position.base_value();
        if !position.kind.is_cash() {
            self.excluded.push(Excluded {
                account: account.to_owned(),
                label: position.label(),
                value,
                why,
                counted: true,
            });
        }
        let Some(value) = value else { return };
        let known = setup.registry.resolve(position).or_else(|| position.canonical.clone());
        let symbol = known.unwrap_or_else(|| Symbol::new(&position.label()));
        // Options are worth what they are worth, but what they expose to is not in their value.
        let symbol = if position.kind == AssetKind::Option { Symbol::new(&format!("OPTION {symbol}")) } else { symbol };
        let held = self.held.entry(symbol.clone()).or_default();
        *held += value;
        self.fixed.push(FixedHolding { symbol, value });
    }

    fn tradable(
        &mut self,
        (account, taxable): (&str, bool),
        index: usize,
        position: &Position,
        settings: Option<&AccountSettings>,
        calls: &BTreeMap<Symbol, Vec<Written>>,
        setup: &Setup,
    ) {
        let (Some(symbol), Some(price), Some(quantity)) =
            (&position.canonical, position.unit_price(), position.quantity)
        else {
            return;
        };
        let printed = position.base_value().filter(|_| self.prices.get(symbol).is_some_and(|newest| *newest != price));
        let price = *self.prices.entry(symbol.clone()).or_insert(price);
        // What an older price printed more or less counts, and cannot be sold.
        let apart = printed.map(|printed| printed - price * quantity).filter(|apart| !apart.is_zero());
        self.fixed.extend(apart.map(|value| FixedHolding { symbol: symbol.clone(), value }));
        *self.held.entry(symbol.clone()).or_default() += price * quantity + apart.unwrap_or_default();
        let until = settings.and_then(|settings| settings.locked.iter().find(|(name, _)| name == symbol));
        let locked = settings
            .filter(|settings| settings.do_not_sell.contains(symbol))
            .map(|_| ("do-not-sell in [accounts]".to_owned(), None));
        let until = until.filter(|(_, date)| *date > self.as_of).map(|(_, date)| locked_until(*date));
        let locked = longest(locked.into_iter().chain(until).chain(hands_off(symbol, setup, self.as_of)));
        let lot = |origin, quantity, basis, acquired, term, lock: Option<Lock>| PlanLot {
            // The number comes when the lots of the household are in order.
            id: LotId::default(),
            origin,
            account: account.to_owned(),
            symbol: symbol.clone(),
            quantity,
            basis,
            acquired,
            term,
            unlocks: lock.as_ref().and_then(|(_, day)| *day),
            locked: lock.map(|(why, _)| why),
        };
        let mut lots = Vec::new();
        if position.lots.is_empty() {
            let origin = LotOrigin { position: index, place: position.place.clone(), ..LotOrigin::default() };
            lots.push(lot(origin, quantity, position.cost_basis, None, None, locked));
        } else {
            for (number, own) in position.lots.iter().enumerate() {
                let origin = LotOrigin {
                    position: index,
                    lot: Some(number),
                    own: own.id.clone(),
                    is_pledged: false,
                    place: own.place.clone().or_else(|| position.place.clone()),
                };
                let until = own.locked_until.filter(|date| *date > self.as_of).map(locked_until);
                let later = own.opened.filter(|date| *date > self.as_of);
                let later = later.map(|date| (format!("bought on {date}, after the day of the plan"), None));
                let held = own.hold.clone().map(|why| (why, None));
                let lock = longest([locked.clone(), until, later, held].into_iter().flatten());
                let basis = gift::basis(own, price);
                lots.push(lot(origin, own.quantity, basis, own.opened, own.term, lock));
            }
        }
        if let Some(calls) = calls.get(symbol) {
            pledge(&mut lots, calls, price);
        }
        if taxable && settings.is_some_and(|settings| settings.average_cost.contains(symbol)) {
            let (pooled, purchases) = average_cost::pool(lots, self.as_of);
            lots = pooled;
            self.trades.extend(purchases);
            self.average_cost.insert((account.to_owned(), symbol.clone()));
        }
        self.lots.extend(lots);
    }

    /// Returns what comes to the accounts and leaves them.
    pub fn flows(&self) -> Vec<Flow> {
        Flow::of(&self.accounts)
    }

    /// Returns the money that comes in, account by account, without what goes out elsewhere.
    pub fn deposits(&self) -> Money {
        self.accounts.iter().map(|account| account.flow.max(Money::ZERO)).sum()
    }

    /// Returns the money that goes out, account by account.
    pub fn withdrawals(&self) -> Money {
        self.accounts.iter().map(|account| (-account.flow).max(Money::ZERO)).sum()
    }

    /// Returns what of it is not there in cash.
    pub fn to_raise(&self) -> Money {
        self.accounts.iter().map(PlanAccount::to_raise).sum()
    }

    /// Says what the losses of a plan depend on that its problem does not know.
    pub fn check_losses(&self, problem: &Problem, plan: &Plan, sink: &mut Sink) {
        wash_sales::check(&self.undated, problem, plan, sink);
    }

    /// Returns the price of a held or buyable symbol.
    pub fn price(&self, symbol: &Symbol) -> Option<Price> {
        self.prices.get(symbol).copied()
    }

    /// Returns every symbol that limits need coefficients for: what is held, what may be bought, and what was sold in a year,
    /// since a route goes on by what was over before its first sale.
    pub fn symbols(&self) -> Vec<Symbol> {
        let since = self.as_of.checked_sub_months(Months::new(12)).unwrap_or(self.as_of);
        let own = self.trades.iter().filter(|trade| !trade.outside && trade.date > since);
        let traded = own.map(|trade| &trade.symbol);
        let all: BTreeSet<&Symbol> = self.prices.keys().chain(self.held.keys()).chain(traded).collect();
        all.into_iter().cloned().collect()
    }
}

/// Returns the key of every account in a plan: its label. Accounts of one name were told apart when they were read.
pub(crate) fn labels(portfolio: &Portfolio) -> Vec<String> {
    portfolio.accounts.iter().map(Account::label).collect()
}

/// Puts lots in order by what they are, and numbers them; of equal lots the first in its file comes first, and it does not
/// matter which is which.
fn number(lots: &mut [PlanLot]) {
    lots.sort_by(|one, other| {
        let key = |lot: &PlanLot| (lot.acquired, lot.term, lot.basis, lot.quantity);
        let file = |lot: &PlanLot| (lot.origin.position, lot.origin.lot, lot.origin.is_pledged);
        (&one.account, &one.symbol, key(one), &one.locked, &one.origin.own, file(one)).cmp(&(
            &other.account,
            &other.symbol,
            key(other),
            &other.locked,
            &other.origin.own,
            file(other),
        ))
    });
    for (index, lot) in lots.iter_mut().enumerate() {
        lot.id = LotId::new(index);
    }
}

fn buyable(setup: &Setup) -> Vec<Symbol> {
    setup.rules.sleeves.symbols().cloned().chain(takers(setup)).collect()
}

/// What may take the money that sleeves do not, anywhere.
fn takers(setup: &Setup) -> impl Iterator<Item = Symbol> + '_ {
    preferred(setup).into_iter().chain(setup.accounts.iter().filter_map(|settings| settings.neutral.clone()))
}

/// What is to take the money that sleeves do not, in order of preference: an equal-weighted S&P 500 fund when nothing is
/// configured; nothing where it is left in cash.
pub fn preferred(setup: &Setup) -> Vec<Symbol> {
    setup.rules.sleeves.neutral.clone().unwrap_or_else(|| vec![Symbol::new("RSP")])
}
