//! The household as the plan sees it: a portfolio, the settings and what is asked for this run become what can be traded,
//! what only counts, and at which prices; with rules it becomes the [`Problem`] of a plan.
//!
//! A leaf for each question about people and accounts: who trades, what must stay in cash, what comes and goes, what is
//! locked or pledged, what a gift or a holding at average cost is taxed by, which trades before today still count.

mod asked;
mod average_cost;
mod check;
mod flows;
mod gift;
mod locks;
mod orders;
mod past_trades;
mod pledge;
mod prices;
mod reserve;
mod scope;
mod setup;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use crate::diagnostics::Place;
use crate::holdings::AccountSettings;
use crate::market::Market;
use crate::model::{
    Account, AssetKind, Limit, LotId, LotOrigin, Mandate, Measure, PastTrade, Portfolio, Position, Side, Symbol,
};
use crate::plan::{
    Cadence, FixedHolding, Mode, PlanAccount, PlanLot, Problem, Route, Security, TaxSettings, TradingSettings,
};
use crate::proposal::{Excluded, Flow};
use crate::rules::strength;
use crate::units::{Decimal, Money, Price, Shares, Weight};

pub use asked::{Answered, WhatIf};
pub use flows::Flows;
pub(crate) use past_trades::check as check_trades;
pub use scope::in_scope;
pub(crate) use scope::why_outside;
pub use setup::Setup;

use locks::{hands_off, untradable};
use orders::{action_limits, half_spread, smallest_order};
use pledge::{pledge, pledged};
use reserve::reserve;

crate::codes! {
    RESERVE_SHORT "reserve-short" "An account has less cash than its reserve. Nothing is sold to build it, nor to repay a margin debit, and nothing is bought on one.";
    WITHDRAWAL_TOO_LARGE "withdrawal-too-large" "More is to be withdrawn from an account than it is worth.";
    FLOW_OUTSIDE "flow-outside" "Money is to come to an account that is in no figure, or to leave it, so nothing would change: the account is out of scope in [accounts], or not kept in US dollars.";
    TWO_ENTRIES "ambiguous-account" "Two entries of [accounts] mean the same account, so one of them would be ignored.";
    PRICES_DIFFER "prices-differ" "Two exports print different prices of one ticker, by more than half a percent, usually because they are of different days. The plan trades at the newer price (of one day, that of the account first by name), while weights are measured from the printed values.";
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
    /// Value of each symbol over the household, fixed holdings included.
    pub held: Values,
    /// What is left alone, with the reason.
    pub excluded: Vec<Excluded>,
    /// Why a sleeve or its substitute may not be bought now.
    pub closed: BTreeMap<Symbol, String>,
    trades: Vec<PastTrade>,
    average_cost: BTreeSet<(String, Symbol)>,
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
            held: BTreeMap::new(),
            excluded: Vec::new(),
            closed: BTreeMap::new(),
            trades: Vec::new(),
            average_cost: BTreeSet::new(),
            as_of,
        };
        pool.prices =
            prices::newest_prices(portfolio).into_iter().map(|(symbol, quote)| (symbol, quote.price)).collect();
        let mut labels = BTreeSet::new();
        let mut homes = Vec::new();
        for (index, account) in portfolio.accounts.iter().enumerate() {
            let settings = setup.accounts.iter().find(|settings| settings.matches(account));
            let mut label = account.label();
            while !labels.insert(label.clone()) {
                label.push('\'');
            }
            let why = why_outside(account, setup);
            homes.push((account, label.clone(), why.is_none()));
            match why {
                Some(why) => pool.outside(account, &label, why),
                None => {
                    pool.account(account, label.clone(), settings, setup, flows.net(index));
                    if !asked.trades_in(index) {
                        pool.leave_alone(&label);
                    }
                }
            }
        }
        let past = past_trades::trades(&portfolio.trades, &homes);
        pool.trades.extend(past);
        let stand_ins = setup.rules.sleeves.stand_ins();
        let others: Vec<Symbol> = stand_ins.values().cloned().collect();
        let sheltered = |id: &str| pool.accounts.iter().any(|account| account.id == id && !account.kind.is_taxable());
        pool.closed = past_trades::closed(&buyable(setup), &others, &pool.trades, sheltered, setup, as_of);
        // A substitute is only needed where its sleeve is closed.
        let substitutes = stand_ins.into_iter().filter(|(sleeve, _)| pool.closed.contains_key(sleeve));
        let wanted: Vec<Symbol> = buyable(setup).into_iter().chain(substitutes.map(|(_, other)| other)).collect();
        for symbol in wanted {
            if !pool.prices.contains_key(&symbol)
                && let Some((_, price)) = market.price(&symbol, as_of)
            {
                let price = prices.get(&symbol).copied().unwrap_or(price);
                pool.prices.insert(symbol, price);
            }
        }
        number(&mut pool.lots);
        pool
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
        let pledged = pledged(account);
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
                    self.tradable((&label, taxable), index, position, settings, &pledged, setup);
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
        // A reserve never forces a sale, and a margin debit is not paid back behind the user's back: what must stay is
        // at most what is there.
        let reserve = reserve(settings, value, setup).min(cash + flow.max(zero));
        let trading = &setup.trading.trading;
        let usual = if trading.whole_shares { Decimal::ONE } else { trading.increment };
        self.accounts.push(PlanAccount {
            id: label,
            kind: account.kind,
            cash,
            flow,
            reserve,
            menu: settings.and_then(|settings| settings.menu.clone()),
            do_not_buy: settings.map_or_else(Vec::new, |settings| settings.do_not_buy.clone()),
            do_not_sell: settings.map_or_else(Vec::new, |settings| settings.do_not_sell.clone()),
            increment: settings.and_then(|settings| settings.fractional).unwrap_or(usual),
        });
    }

    /// Takes an account out of trading, for `--only` another one. It still counts in every figure.
    fn leave_alone(&mut self, label: &str) {
        for lot in self.lots.iter_mut().filter(|lot| lot.account == label) {
            lot.locked.get_or_insert_with(|| "the account is not one of `--only`".to_owned());
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
        pledged: &BTreeMap<Symbol, Shares>,
        setup: &Setup,
    ) {
        let (Some(symbol), Some(price), Some(quantity)) =
            (&position.canonical, position.unit_price(), position.quantity)
        else {
            return;
        };
        let price = *self.prices.entry(symbol.clone()).or_insert(price);
        *self.held.entry(symbol.clone()).or_default() += price * quantity;
        let until = settings.and_then(|settings| settings.locked.iter().find(|(name, _)| name == symbol));
        let locked = settings
            .filter(|settings| settings.do_not_sell.contains(symbol))
            .map(|_| "do-not-sell in [accounts]".to_owned())
            .or(until.filter(|(_, date)| *date > self.as_of).map(|(_, date)| format!("locked until {date}")))
            .or_else(|| hands_off(symbol, setup, self.as_of));
        let lot = |origin, quantity, basis, acquired, term, locked| PlanLot {
            // The number comes when the lots of the household are in order.
            id: LotId::default(),
            origin,
            account: account.to_owned(),
            symbol: symbol.clone(),
            quantity,
            basis,
            acquired,
            term,
            locked,
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
                let until = own.locked_until.filter(|date| *date > self.as_of);
                let until = until.map(|date| format!("locked until {date}"));
                let later = own.opened.filter(|date| *date > self.as_of);
                let until = until.or(later.map(|date| format!("bought on {date}, after the day of the plan")));
                let until = until.or_else(|| own.hold.clone());
                let basis = gift::basis(own, price);
                lots.push(lot(origin, own.quantity, basis, own.opened, own.term, locked.clone().or(until)));
            }
        }
        if let Some(shares) = pledged.get(symbol) {
            pledge(&mut lots, *shares);
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

    /// Returns the price of a held or buyable symbol.
    pub fn price(&self, symbol: &Symbol) -> Option<Price> {
        self.prices.get(symbol).copied()
    }

    /// Returns every symbol that limits need coefficients for.
    pub fn symbols(&self) -> Vec<Symbol> {
        let all: BTreeSet<&Symbol> = self.prices.keys().chain(self.held.keys()).collect();
        all.into_iter().cloned().collect()
    }

    /// Returns the value of everything that counts, after deposits and withdrawals.
    fn value(&self) -> Money {
        let cash: Money = self.accounts.iter().map(|account| account.cash + account.flow).sum();
        let fixed: Money = self.fixed.iter().map(|holding| holding.value).sum();
        let lots = self.lots.iter().filter_map(|lot| Some(self.price(&lot.symbol)? * lot.quantity));
        cash + fixed + lots.sum::<Money>()
    }

    /// Returns the most that is sold in one run, as a weight of the value after deposits and withdrawals: a share of the
    /// value before withdrawals, and what these need beyond the cash that is there. Someone who takes money out has asked
    /// for those sales, and a gradual rotation is no reason to come up short.
    fn turnover(&self, most: Weight, trading: &TradingSettings) -> Weight {
        let after = self.value();
        if !after.is_positive() {
            return most;
        }
        let before = (after + self.withdrawals()).to_f64();
        let share = (most.0 * before).max(self.smallest_sale(most, trading).map_or(0.0, Money::to_f64));
        Weight((share + self.to_raise().to_f64()) / after.to_f64())
    }

    /// Returns the smallest order that can be placed at all, where what may be sold in a run is less: a household so small
    /// could else never act. Of the symbols held it is the largest that is no more than twice the smallest order, so that
    /// any of these can be sold, else the smallest.
    pub fn smallest_sale(&self, most: Weight, trading: &TradingSettings) -> Option<Money> {
        let least = smallest_order(trading, self.value());
        let room = (self.value() + self.withdrawals()).to_f64() * most.0;
        if !most.0.is_sign_positive() || most.0 == 0.0 || room >= least.to_f64() {
            return None;
        }
        let sale = |lot: &PlanLot| {
            let price = self.price(&lot.symbol).filter(|price| price.is_positive())?;
            let account = self.accounts.iter().find(|account| account.id == lot.account)?;
            let step = price.decimal().checked_mul(account.increment)?;
            let steps = least.decimal().checked_div(step)?.ceil();
            let held: Money = self
                .lots
                .iter()
                .filter(|other| other.symbol == lot.symbol && other.account == lot.account)
                .map(|lot| price * lot.quantity)
                .sum();
            let order = (price * Shares(steps * account.increment)).to_cents();
            (order <= held).then_some(order)
        };
        let orders: Vec<Money> = self.lots.iter().filter_map(sale).collect();
        let near = orders.iter().filter(|order| **order <= least.times(Decimal::TWO)).max();
        near.or(orders.iter().min()).copied()
    }

    /// How far the plan looks. Sales of this period that are already carried out use up its turnover; priced excess is
    /// weighed in a single run.
    fn route(&self, setup: &Setup, limits: &[Limit], tax: &TaxSettings) -> Option<Route> {
        let settings = &setup.trading.route;
        if !settings.looks_ahead || matches!(setup.trading.trading.mode, Mode::Priced { .. }) {
            return None;
        }
        let cadence = match setup.rotation.cadence {
            strength::Cadence::Monthly => Cadence::Monthly,
            strength::Cadence::Daily | strength::Cadence::Weekly => Cadence::Weekly,
        };
        let in_period = |day: NaiveDate| match cadence {
            Cadence::Weekly => day.iso_week() == self.as_of.iso_week(),
            Cadence::Monthly => (day.year(), day.month()) == (self.as_of.year(), self.as_of.month()),
        };
        let sold =
            self.trades.iter().filter(|trade| trade.side == Side::Sell && !trade.outside && in_period(trade.date));
        let worth = |trade: &PastTrade| self.price(&trade.symbol).map_or(Money::ZERO, |price| price * trade.quantity);
        // A budget is of the whole year, with what is realised already.
        let has_budget = limits.iter().any(|own| matches!(own.measure, Measure::TaxBudget(_) | Measure::GainBudget(_)));
        let realised = |gain: Money| if has_budget { gain } else { Money::ZERO };
        Some(Route {
            cadence,
            by: settings.by,
            used_turnover: sold.map(worth).sum(),
            wait_price: settings.wait_price.unwrap_or(0.02),
            discount: settings.discount,
            realised_short: realised(tax.realised_short),
            realised_long: realised(tax.realised_long),
        })
    }

    /// Returns the problem of the plan.
    pub fn problem(&self, mandate: Mandate, tax: TaxSettings, setup: &Setup, keep: &[(Symbol, Place)]) -> Problem {
        let trading = &setup.trading.trading;
        let security = |symbol: &Symbol, price: Price| Security {
            price,
            half_spread_bps: half_spread(symbol, setup),
            identity: setup.registry.identity(symbol),
        };
        let securities = self.prices.iter().map(|(symbol, price)| (symbol.clone(), security(symbol, *price))).collect();
        let mut limits = mandate.limits;
        limits.extend(action_limits(trading, self.value(), self.as_of, keep));
        for limit in &mut limits {
            if let Measure::Turnover(most) = &mut limit.measure {
                *most = self.turnover(*most, trading);
            }
        }
        let unpriced = self.trades.iter().map(|trade| &trade.symbol).filter(|s| !self.prices.contains_key(s));
        let identities = unpriced.map(|symbol| (symbol.clone(), setup.registry.identity(symbol))).collect();
        let (tax_budget, gain_budget) = &setup.trading.budgets;
        let budget = |(most, origin): &(Money, String), name: &str, measure: fn(Money) -> Measure| Limit {
            id: format!("tax.{name}"),
            kind: "trading",
            measure: measure(*most),
            origin: origin.clone(),
        };
        limits.extend(tax_budget.iter().map(|own| budget(own, "budget", Measure::TaxBudget)));
        limits.extend(gain_budget.iter().map(|own| budget(own, "gain-budget", Measure::GainBudget)));
        limits.sort_by(|a, b| a.id.cmp(&b.id));
        let neutral = neutral(setup);
        let route = self.route(setup, &limits, &tax);
        Problem {
            as_of: self.as_of,
            accounts: self.accounts.clone(),
            securities,
            lots: self.lots.clone(),
            fixed: self.fixed.clone(),
            limits,
            targets: mandate.targets,
            buyable: mandate.buyable.into_iter().filter(|symbol| self.prices.contains_key(symbol)).collect(),
            // A single run is planned at flat rates, and made again with those that its gains really meet.
            tax: TaxSettings { filing: tax.filing.filter(|_| route.is_some()), ..tax },
            trades: self.trades.clone(),
            identities,
            average_cost: self.average_cost.clone(),
            wash_sales: trading.wash_sales,
            caps_after_costs: false,
            // What an account trades in is its own increment.
            whole_shares: true,
            near_long_term_days: trading.near_long_term_days,
            set_aside_tax: trading.set_aside_tax,
            ticket: trading.ticket,
            mode: trading.mode.clone(),
            trim_order: BTreeMap::new(),
            route,
            neutral: Some(neutral).filter(|symbol| self.prices.contains_key(symbol)),
        }
    }
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
    setup.rules.sleeves.symbols().cloned().chain([neutral(setup)]).collect()
}

/// What takes the money that sleeves do not: an equal-weighted S&P 500 fund when nothing is configured.
fn neutral(setup: &Setup) -> Symbol {
    setup.rules.sleeves.neutral.clone().unwrap_or_else(|| Symbol::new("RSP"))
}
