//! The household as the plan sees it: what can be traded, what only counts, and at which prices.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::flows::Flows;
use super::hands::{action_limits, basis, half_spread, hands_off, pledge, pledged, untradable};
use super::what_if::Answered;
use super::{
    EMPLOYER_STOCK, NEGATIVE_PRICE, PRICES_DIFFER, RESERVE_SHORT, Setup, TWO_ENTRIES, Values, average, past,
    why_outside,
};
use crate::config::UNMATCHED;
use crate::diagnostics::{Diagnostic, Place, Sink, nearest};
use crate::holdings::AccountSettings;
use crate::market::Market;
use crate::model::{Account, AssetKind, Limit, Mandate, Measure, PastTrade, Portfolio, Position, Side, Symbol};
use crate::plan::{Cadence, FixedHolding, Mode, PlanAccount, PlanLot, Problem, Route, Security, TaxSettings};
use crate::proposal::{Excluded, Flow};
use crate::rules::strength;
use crate::units::{Decimal, Money, Price, Shares, Weight};

/// Holdings sorted into what can be traded and what only counts.
pub struct Pool {
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

impl Pool {
    /// Sorts a portfolio. Prices of what is held come from the holdings; those of what may be bought from the market.
    pub fn new(
        portfolio: &Portfolio,
        setup: &Setup,
        market: &Market,
        as_of: NaiveDate,
        (asked, flows): (&Answered, &Flows),
        prices: &BTreeMap<Symbol, Price>,
    ) -> Pool {
        let mut pool = Pool {
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
        pool.prices = newest_prices(portfolio).into_iter().map(|(symbol, quote)| (symbol, quote.price)).collect();
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
        let past = past::trades(&portfolio.trades, &homes);
        pool.trades.extend(past);
        let stand_ins = setup.rules.sleeves.stand_ins();
        let others: Vec<Symbol> = stand_ins.values().cloned().collect();
        let sheltered = |id: &str| pool.accounts.iter().any(|account| account.id == id && !account.kind.is_taxable());
        pool.closed = past::closed(&buyable(setup), &others, &pool.trades, sheltered, setup, as_of);
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
        pool.lots.sort_by(|a, b| {
            (&a.account, &a.symbol, a.acquired, &a.id).cmp(&(&b.account, &b.symbol, b.acquired, &b.id))
        });
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
        let lot = |id: String, quantity, basis, acquired, term, locked| PlanLot {
            id,
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
            let id = format!("{account} {symbol} #{index}");
            lots.push(lot(id, quantity, position.cost_basis, None, None, locked));
        } else {
            for (number, own) in position.lots.iter().enumerate() {
                let id = format!("{account} {symbol} #{index}.{number} {}", own.id);
                let until = own.locked_until.filter(|date| *date > self.as_of);
                let until = until.map(|date| format!("locked until {date}"));
                let later = own.opened.filter(|date| *date > self.as_of);
                let until = until.or(later.map(|date| format!("bought on {date}, after the day of the plan")));
                let until = until.or_else(|| own.hold.clone());
                let basis = basis(own, price);
                lots.push(lot(id, own.quantity, basis, own.opened, own.term, locked.clone().or(until)));
            }
        }
        if let Some(shares) = pledged.get(symbol) {
            pledge(&mut lots, *shares);
        }
        if taxable && settings.is_some_and(|settings| settings.average_cost.contains(symbol)) {
            let (pooled, purchases) = average::pool(lots, self.as_of);
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

    /// Reports prices that cannot be, accounts that two entries mean, and reserves that are not there.
    pub fn check_accounts(portfolio: &Portfolio, setup: &Setup, flows: &Flows, sink: &mut Sink) {
        check_prices(portfolio, sink);
        for (index, account) in portfolio.accounts.iter().enumerate() {
            let label = account.label();
            for position in account.positions.iter().filter(|position| position.price.is_some_and(Price::is_negative)) {
                let message = format!("the price of {} is below zero", position.label());
                let problem = Diagnostic::error(NEGATIVE_PRICE, message).hint("correct the file");
                sink.push(position.place.clone().into_iter().fold(problem, Diagnostic::at));
            }
            let entries: Vec<&AccountSettings> = setup.accounts.iter().filter(|entry| entry.matches(account)).collect();
            if let [first, second, ..] = entries.as_slice() {
                let message = format!("`{}` and `{}` both mean {label}", first.name, second.name);
                let problem = Diagnostic::error(TWO_ENTRIES, message).at(second.place.clone());
                sink.push(problem.with(first.place.clone(), "the other").hint("put all keys under one of them"));
            }
            let settings = entries.first();
            let core = |position: &&Position| position.core && position.kind.is_cash();
            let positions: Money = account.positions.iter().filter_map(Position::base_value).sum();
            let sweep: Money = account.positions.iter().filter(core).filter_map(Position::base_value).sum();
            let there = account.cash_in("USD").unwrap_or_default();
            let value = there + flows.net(index) + positions + account.pending.unwrap_or_default();
            // What a withdrawal takes of a reserve is sold for; only what was never there is said.
            let cash = there + flows.deposit(index);
            let wanted = reserve(settings.copied(), value, setup);
            if wanted.is_positive() && wanted > cash + sweep {
                let have = (cash + sweep).dollars();
                let message = format!("the reserve of {label} is {}, and its cash {have}", wanted.dollars());
                let problem = Diagnostic::warning(RESERVE_SHORT, message);
                let problem = problem.hint(
                    "nothing is sold to build a reserve: the cash that is there stays, and what sales raise may be spent",
                );
                sink.push(settings.iter().fold(problem, |problem, settings| problem.at(settings.place.clone())));
            }
        }
        for account in &portfolio.accounts {
            if let Some(cash) = account.cash_in("USD").filter(|cash| cash.is_negative()) {
                let message = format!("{} has a margin debit of {}", account.label(), cash.abs().dollars());
                sink.push(
                    Diagnostic::warning(RESERVE_SHORT, message)
                        .hint("nothing is sold to repay it, and nothing is bought on it"),
                );
            }
        }
    }

    /// Warns of entries for what nobody holds, and notes what depends on the payer of the salary.
    pub fn check_entries(&self, setup: &Setup, value: Money, sink: &mut Sink) {
        let held = || self.held.keys().map(Symbol::as_str);
        let trading = &setup.trading.trading;
        for (symbol, place) in &trading.employer_stock {
            let Some(own) = self.held.get(symbol).and_then(|own| own.share_of(value)) else { continue };
            let message =
                format!("{symbol} is {} of the portfolio, and your salary comes from the same company", own.percent());
            sink.push(
                Diagnostic::note(EMPLOYER_STOCK, message)
                    .at(place.clone())
                    .hint("a position-cap or issuer-cap of its own keeps it small"),
            );
        }
        let named = |list: &[(Symbol, Place)], name: &'static str| {
            list.iter().map(|(symbol, place)| (symbol.clone(), place.clone(), name)).collect::<Vec<_>>()
        };
        let entries = named(&trading.do_not_sell, "do-not-sell");
        for (symbol, place, name) in entries.into_iter().chain(named(&trading.employer_stock, "employer-stock")) {
            if !self.held.contains_key(&symbol) {
                let message = format!("`{symbol}` is in {name}, but nobody holds it");
                let hint = match nearest(symbol.as_str(), held()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "remove it, or check the spelling".to_owned(),
                };
                sink.push(Diagnostic::warning(UNMATCHED, message).at(place).hint(hint));
            }
        }
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
    fn turnover(&self, most: Weight) -> Weight {
        let after = self.value();
        if !after.is_positive() {
            return most;
        }
        let before = (after + self.withdrawals()).to_f64();
        Weight((most.0 * before + self.to_raise().to_f64()) / after.to_f64())
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
        let sold = self.trades.iter().filter(|trade| trade.side == Side::Sell && !trade.outside && in_period(trade.date));
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
                *most = self.turnover(*most);
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
            tax,
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

fn buyable(setup: &Setup) -> Vec<Symbol> {
    setup.rules.sleeves.symbols().cloned().chain([neutral(setup)]).collect()
}

/// What takes the money that sleeves do not: an equal-weighted S&P 500 fund when nothing is configured.
fn neutral(setup: &Setup) -> Symbol {
    setup.rules.sleeves.neutral.clone().unwrap_or_else(|| Symbol::new("RSP"))
}
/// A price as an export prints it.
#[derive(Clone, Debug)]
struct Quote {
    price: Price,
    day: Option<NaiveDate>,
    account: String,
}

/// Returns the newest price of every tradable holding; of one day, that of the account first by name, whatever the order
/// of the files.
fn newest_prices(portfolio: &Portfolio) -> BTreeMap<Symbol, Quote> {
    let mut quotes: BTreeMap<Symbol, Quote> = BTreeMap::new();
    for (account, symbol, price) in quoted(portfolio) {
        let quote = Quote { price, day: account.as_of, account: account.label() };
        match quotes.get_mut(&symbol) {
            Some(known) if (quote.day, &known.account) <= (known.day, &quote.account) => {}
            Some(known) => *known = quote,
            None => drop(quotes.insert(symbol, quote)),
        }
    }
    quotes
}

/// Every tradable holding with its price.
fn quoted(portfolio: &Portfolio) -> impl Iterator<Item = (&Account, Symbol, Price)> {
    portfolio.accounts.iter().flat_map(|account| {
        let tradable = account.positions.iter().filter(|position| position.obstacle().is_none());
        tradable.filter_map(move |position| Some((account, position.canonical.clone()?, position.unit_price()?)))
    })
}

/// Warns where accounts print different prices of one thing: the plan has one price for each, and what is measured from
/// the printed values differs by as much.
fn check_prices(portfolio: &Portfolio, sink: &mut Sink) {
    let newest = newest_prices(portfolio);
    for account in &portfolio.accounts {
        for position in account.positions.iter().filter(|position| position.obstacle().is_none()) {
            let (Some(symbol), Some(price), Some(shares)) =
                (&position.canonical, position.unit_price(), position.quantity)
            else {
                continue;
            };
            let Some(quote) = newest.get(symbol) else { continue };
            let (own, at_newest) = (price * shares, quote.price * shares);
            let apart = (own - at_newest).abs();
            if apart.decimal() * Decimal::from(200) <= at_newest.abs().decimal() {
                continue;
            }
            let message = format!(
                "{symbol} is at {} in {} and at {} in {}",
                price.dollars(),
                account.label(),
                quote.price.dollars(),
                quote.account
            );
            let problem = Diagnostic::warning(PRICES_DIFFER, message).hint(format!(
                "the plan trades at the newer price; the printed value is {} away from it: give exports of one day",
                apart.dollars()
            ));
            sink.push(position.place.clone().into_iter().fold(problem, Diagnostic::at));
        }
    }
}

/// Returns the cash to keep in an account that is worth so much: the larger of its dollars and its share.
fn reserve(settings: Option<&AccountSettings>, value: Money, setup: &Setup) -> Money {
    let dollars = settings.map_or(Money::ZERO, |settings| settings.reserve);
    let share = settings.and_then(|settings| settings.reserve_share).unwrap_or(setup.household.cash_reserve);
    dollars.max(value.times(Decimal::from_f64_retain(share.0).unwrap_or_default())).to_cents()
}
