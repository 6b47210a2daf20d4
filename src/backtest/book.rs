//! What is owned on a day of a backtest, and what happens to it: dividends, orders, tax.

mod tax;

pub use tax::cheapest;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{Datelike, Days, NaiveDate};

use super::ledger::{Bought, Disallowed, Ledger, Lost};
use super::tape::{Quotes, Tape};
use crate::household::{self, Answered, Flows, Household, Setup};
use crate::market::Market;
use crate::model::{Lot, LotId, Mandate, PastTrade, Portfolio, Position, Side, Symbol, Term};
use crate::plan::{self, Plan, Problem};
use crate::units::{Decimal, Money, Price, Shares};

/// An order that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The day of the trade.
    pub day: NaiveDate,
    /// The account.
    pub account: String,
    /// Buy or sell.
    pub side: Side,
    /// What.
    pub symbol: Symbol,
    /// How many shares.
    pub quantity: Shares,
    /// At which close.
    pub price: Price,
    /// The gain of a sale, before wash sales; `None` for purchases and where it does not matter.
    pub gain: Option<Money>,
    /// Why: the rule that asked for it.
    pub reason: String,
}

/// What is to be carried out at a later close.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What it was decided from.
    pub problem: Problem,
    /// What was decided.
    pub plan: Plan,
    /// Why, by account, symbol and side.
    pub reasons: BTreeMap<(String, Symbol, Side), String>,
}

/// What a backtest shares with all that happens in it.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The config.
    pub setup: &'a Setup,
    /// The files.
    pub market: &'a Market,
    /// Day by day.
    pub tape: &'a Tape<'a>,
    /// Dividends buy more of what paid them.
    pub reinvest: bool,
    /// What comes and goes every month.
    pub monthly: &'a Answered,
    /// The plan of a run alone buys what a route would with the cash that is left.
    pub invests: bool,
    /// Once it is set no further day is lived through.
    pub stop: &'a AtomicBool,
}

impl Scene<'_> {
    fn day(&self, session: usize) -> NaiveDate {
        self.tape.days.get(session).copied().unwrap_or_default()
    }
}

/// What is owned.
pub struct Book {
    /// Accounts, positions, lots, and the trades that the next plan must know of.
    pub portfolio: Portfolio,
    /// What is owed.
    pub ledger: Ledger,
    /// What was done.
    pub orders: Vec<Order>,
    /// Half-spreads and commissions so far.
    pub costs: Money,
    /// Sold so far.
    pub sold: Money,
    /// Tax paid so far.
    pub tax_paid: Money,
    /// The last year whose tax is paid.
    paid: i32,
    /// The last year in which lots were put together.
    tidied: i32,
    /// How often what is held has changed.
    pub changes: usize,
    /// Shares with their closes, and what has no close.
    shown: Option<(Vec<Shown>, Money)>,
}

/// Shares with their closes.
type Shown = (Arc<Quotes>, Decimal);

/// What marks a lot as bought by a dividend.
const REINVESTED: &str = "reinvested";

impl Book {
    /// Opens a book. What was bought within the wash-sale window before the first day may replace what is sold after it.
    pub fn new(mut portfolio: Portfolio, mut ledger: Ledger, day: NaiveDate, setup: &Setup) -> Book {
        // Without lots a holding is one: what is sold of it must not be mistaken for what dividends have added since.
        for position in portfolio.accounts.iter_mut().flat_map(|account| &mut account.positions) {
            if let (true, true, Some(held)) = (position.kind.is_tradable(), position.lots.is_empty(), position.quantity)
            {
                position.lots = vec![Lot { cost_basis: position.cost_basis, ..Lot::new("held", held) }];
            }
        }
        for (account, own) in portfolio.accounts.iter().enumerate() {
            for (symbol, lot) in own.positions.iter().flat_map(lots) {
                if let Some(date) = lot.opened {
                    let identity = setup.registry.identity(symbol);
                    ledger.buy(Bought { account, symbol: symbol.clone(), identity, date, left: lot.quantity });
                }
            }
        }
        Book {
            portfolio,
            ledger,
            orders: Vec::new(),
            costs: Money::ZERO,
            sold: Money::ZERO,
            tax_paid: Money::ZERO,
            paid: day.year() - 1,
            tidied: day.year(),
            changes: 0,
            shown: None,
        }
    }

    /// Returns the value at the close of a session.
    pub fn value(&mut self, session: usize, tape: &Tape<'_>) -> Money {
        let portfolio = &self.portfolio;
        let (shares, rest) = self.shown.get_or_insert_with(|| {
            let (mut shares, mut rest) = (Vec::new(), Money::ZERO);
            for account in &portfolio.accounts {
                rest += account.cash_in("USD").unwrap_or_default() + account.pending.unwrap_or_default();
                for position in &account.positions {
                    match quoted(position, tape) {
                        Some((quotes, quantity)) => shares.push((quotes, quantity.decimal())),
                        None => rest += position.base_value().unwrap_or_default(),
                    }
                }
            }
            (shares, rest)
        });
        let held = shares.iter().filter_map(|(quotes, shares)| Some(quotes.close(session)?.decimal() * shares));
        *rest + Money(held.sum())
    }

    fn changed(&mut self) {
        self.shown = None;
        self.changes += 1;
    }

    /// Gives every holding its close.
    pub fn reprice(&mut self, session: usize, tape: &Tape<'_>) {
        let day = tape.days.get(session).copied();
        for account in &mut self.portfolio.accounts {
            account.as_of = day;
            for position in &mut account.positions {
                let close = quoted(position, tape).and_then(|(quotes, shares)| Some((quotes.close(session)?, shares)));
                if let Some((price, shares)) = close {
                    position.price = Some(price);
                    position.value = Some((price * shares).to_cents());
                }
            }
        }
        self.portfolio.as_of = day;
    }

    /// Takes the dividends of a session, on what was held at the close before.
    pub fn dividends(&mut self, session: usize, scene: &Scene<'_>) {
        let day = scene.day(session);
        let (mut bought, mut paid_any) = (Vec::new(), false);
        for (index, account) in self.portfolio.accounts.iter_mut().enumerate() {
            let mut cash = Money::ZERO;
            let mut lots = Vec::new();
            for position in &account.positions {
                let Some((quotes, shares)) = quoted(position, scene.tape) else { continue };
                let Some(paid) = quotes.dividends.get(&session) else { continue };
                let (Some(price), Some(symbol)) = (quotes.close(session), position.canonical.clone()) else { continue };
                let amount = Money(shares.decimal() * paid).to_cents();
                if account.kind.is_taxable() {
                    self.ledger.dividend(day, amount);
                }
                let more = amount.decimal().checked_div(price.decimal()).unwrap_or_default();
                let more = Shares(more.round_dp(6));
                if scene.reinvest && more.is_positive() {
                    lots.push((symbol, more, amount));
                } else {
                    cash += amount;
                }
            }
            paid_any |= !cash.is_zero() || !lots.is_empty();
            add_cash(account, cash);
            for (symbol, quantity, amount) in lots {
                let lot = Lot { opened: Some(day), cost_basis: Some(amount), ..Lot::new(REINVESTED, quantity) };
                household::put(&mut account.positions, &symbol, lot);
                let identity = scene.setup.registry.identity(&symbol);
                bought.push(Bought { account: index, symbol, identity, date: day, left: quantity });
            }
        }
        if paid_any {
            self.changed();
        }
        for one in bought {
            for found in self.ledger.buy(one) {
                self.step_up(&found);
            }
        }
    }

    /// Carries out a decision at the closes of a session. What the cash does not pay for is not bought.
    pub fn execute(&mut self, decision: &Decision, session: usize, scene: &Scene<'_>) {
        let day = scene.day(session);
        let mut at = Problem { as_of: day, ..decision.problem.clone() };
        let mut prices = BTreeMap::new();
        for (symbol, security) in &mut at.securities {
            if let Some(price) = scene.tape.quotes(symbol).close(session) {
                security.price = price;
                prices.insert(symbol.clone(), price);
            }
        }
        let mut plan = decision.plan.clone();
        affordable(&at, &mut plan);
        let outcome = plan::evaluate(&at, &plan.sells, &plan.buys);
        let accounts: BTreeMap<String, usize> = household::labels(&self.portfolio).into_iter().zip(0..).collect();
        let place = |label: &String| accounts.get(label).copied().unwrap_or_default();
        self.portfolio = household::apply(&self.portfolio, &decision.problem, &plan, &prices, day).portfolio;
        let recent = |trade: &PastTrade| trade.date.checked_add_days(Days::new(61)).is_some_and(|last| last >= day);
        self.portfolio.trades.retain(recent);
        self.costs += outcome.trading_cost;
        self.sold += outcome.sold;
        let mut moved = Vec::new();
        let lots: BTreeMap<LotId, Option<NaiveDate>> = at.lots.iter().map(|lot| (lot.id, lot.acquired)).collect();
        let why = |account: &String, symbol: &Symbol, side| {
            decision.reasons.get(&(account.clone(), symbol.clone(), side)).cloned().unwrap_or_default()
        };
        for sale in &plan.sells {
            let account = place(&sale.account);
            let taxable = self.portfolio.accounts.get(account).is_some_and(|account| account.kind.is_taxable());
            let (term, gain) = outcome.gains.get(&sale.lot).copied().unwrap_or((Term::Short, None));
            let gain = gain.filter(|_| taxable);
            let Some(price) = at.securities.get(&sale.symbol).map(|security| security.price) else { continue };
            self.orders.push(Order {
                day,
                account: sale.account.clone(),
                side: Side::Sell,
                symbol: sale.symbol.clone(),
                quantity: sale.quantity,
                price,
                gain,
                reason: why(&sale.account, &sale.symbol, Side::Sell),
            });
            let Some(gain) = gain else { continue };
            self.ledger.realise(day, term, gain);
            if let Some(per_share) = (-gain).decimal().checked_div(sale.quantity.decimal())
                && gain.is_negative()
            {
                moved.extend(self.ledger.lose(Lost {
                    own: (account, sale.symbol.clone(), lots.get(&sale.lot).copied().flatten()),
                    identity: scene.setup.registry.identity(&sale.symbol),
                    date: day,
                    term,
                    per_share,
                    left: sale.quantity,
                }));
            }
        }
        for buy in &plan.buys {
            let account = place(&buy.account);
            let Some(price) = at.securities.get(&buy.symbol).map(|security| security.price) else { continue };
            self.orders.push(Order {
                day,
                account: buy.account.clone(),
                side: Side::Buy,
                symbol: buy.symbol.clone(),
                quantity: buy.quantity,
                price,
                gain: None,
                reason: why(&buy.account, &buy.symbol, Side::Buy),
            });
            let identity = scene.setup.registry.identity(&buy.symbol);
            let symbol = buy.symbol.clone();
            moved.extend(self.ledger.buy(Bought { account, symbol, identity, date: day, left: buy.quantity }));
        }
        moved.iter().for_each(|found| self.step_up(found));
        self.changed();
    }

    /// Adds a disallowed loss to the basis of its replacement, which then is held as long as what was sold was.
    fn step_up(&mut self, found: &Disallowed) {
        let Some(account) = self.portfolio.accounts.get_mut(found.account) else { return };
        if !account.kind.is_taxable() {
            return;
        }
        let position = account.positions.iter_mut().find(|own| own.canonical.as_ref() == Some(&found.symbol));
        let mut left = found.shares;
        if let Some(position) = position {
            let mut more = Vec::new();
            for lot in position.lots.iter_mut().filter(|lot| lot.opened == Some(found.bought)) {
                let part = lot.quantity.min(left);
                if !part.is_positive() {
                    break;
                }
                left -= part;
                let loss = share(found.loss, part, found.shares);
                let basis = lot.cost_basis.map(|basis| share(basis, part, lot.quantity));
                let opened = Days::new(u64::try_from(found.held).unwrap_or(0));
                more.push(Lot {
                    opened: found.bought.checked_sub_days(opened),
                    quantity: part,
                    cost_basis: basis.map(|basis| basis + loss),
                    disallowed_loss: Some(loss),
                    wash_sale: true,
                    ..lot.clone()
                });
                lot.cost_basis = lot.cost_basis.zip(basis).map(|(all, basis)| all - basis);
                lot.quantity -= part;
                position.cost_basis = position.cost_basis.map(|cost| cost + loss);
            }
            position.lots.extend(more);
            position.lots.retain(|lot| !lot.quantity.is_zero());
        }
        let moved = found.shares - left;
        if moved.is_positive() {
            // The lot tells another day now; that it was bought on this one still counts for later losses.
            self.portfolio.trades.push(PastTrade {
                date: found.bought,
                account: account.label(),
                symbol: found.symbol.clone(),
                side: Side::Buy,
                quantity: moved,
                gain: None,
                outside: false,
                place: None,
                details: Default::default(),
            });
        }
        if left.is_positive() {
            // The replacement is sold already: its own result takes the loss.
            let loss = share(found.loss, left, found.shares);
            self.ledger.realise(found.bought, Term::Short, -loss);
        }
    }

    /// Returns the problem of the household as it is, with nothing asked of it but what comes and goes.
    pub fn problem(&self, day: NaiveDate, flows: &Flows, scene: &Scene<'_>) -> Problem {
        let asked = Answered::default();
        let none = BTreeMap::new();
        let pool = Household::new(&self.portfolio, scene.setup, scene.market, day, (&asked, flows), &none);
        pool.problem(Mandate::default(), (self.ledger.settings(day), Money::ZERO), scene.setup, &asked.keep)
    }

    /// Puts, once a year, what dividends bought more than a year ago into one lot for each holding, dated as the latest of
    /// them. In an account without tax no lot matters.
    pub fn tidy(&mut self, day: NaiveDate) {
        if self.tidied >= day.year() {
            return;
        }
        self.tidied = day.year();
        let old = day.checked_sub_days(Days::new(400));
        for account in &mut self.portfolio.accounts {
            let sheltered = !account.kind.is_taxable();
            for position in &mut account.positions {
                let (merged, mut kept): (Vec<Lot>, Vec<Lot>) = std::mem::take(&mut position.lots)
                    .into_iter()
                    .partition(|lot| lot.id == REINVESTED && lot.opened.is_some() && (sheltered || lot.opened < old));
                kept.extend(merged.into_iter().reduce(|one, other| Lot {
                    opened: one.opened.max(other.opened),
                    quantity: one.quantity + other.quantity,
                    cost_basis: one.cost_basis.zip(other.cost_basis).map(|(one, other)| one + other),
                    ..one
                }));
                position.lots = kept;
            }
        }
    }
}

/// The lots of a position, with its ticker.
fn lots(position: &Position) -> impl Iterator<Item = (&Symbol, &Lot)> {
    position.lots.iter().filter_map(|lot| Some((position.canonical.as_ref()?, lot)))
}

/// The closes and shares of a holding that is traded.
fn quoted(position: &Position, tape: &Tape<'_>) -> Option<(Arc<Quotes>, Shares)> {
    let tradable = position.kind.is_tradable() && position.currency == "USD";
    let quotes = tape.quotes(position.canonical.as_ref().filter(|_| tradable)?);
    quotes.first.and(position.quantity).map(|shares| (quotes, shares))
}

fn add_cash(account: &mut crate::model::Account, amount: Money) {
    match account.cash.iter_mut().find(|(currency, _)| currency == "USD") {
        Some((_, cash)) => *cash += amount,
        None => account.cash.push(("USD".to_owned(), amount)),
    }
}

/// The part of an amount that some shares of a whole have.
fn share(amount: Money, part: Shares, whole: Shares) -> Money {
    if part == whole {
        return amount;
    }
    amount.times(part.decimal().checked_div(whole.decimal()).unwrap_or_default()).to_cents()
}

/// Cuts purchases that the cash of their account does not pay for at these prices, the last first.
fn affordable(at: &Problem, plan: &mut Plan) {
    let cash = plan::evaluate(at, &plan.sells, &plan.buys).cash;
    for account in &at.accounts {
        let floor = (account.cash + account.flow).min(Money::ZERO);
        let mut short = floor - cash.get(&account.id).copied().unwrap_or_default();
        for buy in plan.buys.iter_mut().rev().filter(|buy| buy.account == account.id) {
            let Some(price) = at.securities.get(&buy.symbol).map(|security| security.price) else { continue };
            if !short.is_positive() || !price.is_positive() {
                break;
            }
            let steps = (short.decimal() / (price.decimal() * account.increment)).ceil();
            let cut = Shares(steps * account.increment).min(buy.quantity);
            buy.quantity -= cut;
            short -= price * cut;
        }
    }
    plan.buys.retain(|buy| buy.quantity.is_positive());
}
