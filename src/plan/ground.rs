//! What may be traded at all, in one canonical order: every lot that may be sold, every purchase that may be made, and
//! why the rest is held back.
//!
//! Sorting here makes the plan independent of the order of rows in any file. Amounts are basis points of the portfolio
//! value.

mod universe;

pub(super) use universe::HALF;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::average::Queue;
use super::wash::{Bought, recent_losses, recent_purchases, replacement};
use super::{Limit, PlanError, PlanLot, Problem, TaxSettings, WashSales};
use crate::diagnostics::counted;
use crate::model::{LotId, Measure, Side, Symbol, Term};
use crate::tax;
use crate::units::{Decimal, Money, Shares};

/// Why most lots are not sold.
pub(crate) const NOT_ASKED: &str = "no broken limit asks for it";
/// Why others are not, where a sale must earn its tax.
const MOSTLY_OTHER: &str = "less than half of it is of what is over a limit, and its gain is taxed";

/// One possible trade: the sale of (part of) a lot, or the purchase of a symbol in an account.
#[derive(Clone, Debug)]
pub(super) struct Trade {
    pub side: Side,
    pub account: usize,
    pub symbol: usize,
    /// Trades of the same account, symbol and side.
    pub order: usize,
    /// The lot sold.
    pub lot: Option<usize>,
    /// Basis points per share.
    pub unit: f64,
    /// Half-spread as a fraction.
    pub spread: f64,
    /// Most that can be traded, in basis points; 0 when closed.
    pub most: f64,
    /// Smallest step in shares.
    pub step: Decimal,
    /// Shares of the lot; for purchases, no bound.
    pub shares: Option<Decimal>,
    /// Taxable gain per basis point sold, with its term.
    pub gain: Option<(Term, f64)>,
    /// Whether a limit or target asks for it, and its tax is not too dear: what is sold only because cash is owed is sold in
    /// this run, and least.
    pub asked: bool,
    /// First day on which it is allowed, where that is not today: only a route has later days.
    pub opens: Option<NaiveDate>,
}

impl Trade {
    /// Returns the rate of its gain; nothing where there is none that is taxed.
    pub fn rate(&self, settings: &TaxSettings) -> f64 {
        match self.gain {
            Some((Term::Short, _)) => Money(settings.short_rate).to_f64(),
            Some((Term::Long, _)) => Money(settings.long_rate).to_f64(),
            None => 0.0,
        }
    }

    /// Returns what a dollar of it would cost in tax if nothing else were traded and nothing sheltered it.
    pub fn tax(&self, settings: &TaxSettings) -> f64 {
        self.gain.map_or(0.0, |(_, gain)| self.rate(settings) * gain)
    }
}

/// The trades that a broker sees as one order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub account: usize,
    pub side: Side,
    /// Wash-sale identity of the symbol.
    pub identity: usize,
    pub trades: Vec<usize>,
}

/// The prepared problem.
#[derive(Clone, Debug)]
pub(super) struct Ground<'a> {
    pub problem: &'a Problem,
    /// Basis points per dollar.
    pub scale: f64,
    /// Portfolio value after flows, in dollars.
    pub value: Money,
    /// Indices into the problem's accounts, in id order.
    pub accounts: Vec<usize>,
    pub symbols: Vec<&'a Symbol>,
    /// Value held of each symbol in all accounts, fixed holdings included, in basis points.
    pub held: Vec<f64>,
    pub trades: Vec<Trade>,
    pub orders: Vec<Order>,
    /// Trades of each symbol.
    pub by_symbol: Vec<Vec<usize>>,
    /// Of the symbols for sale those that no limit asks for any more, by index: a route that is under way pays for targets with
    /// them, and for nothing else.
    pub paying: BTreeSet<usize>,
    /// Why a lot may not be sold, by lot id.
    pub held_back: BTreeMap<LotId, String>,
    /// Why a symbol may not be bought although it is buyable.
    pub not_bought: BTreeMap<Symbol, String>,
    /// Net realised before the plan, carryforwards included, in basis points.
    pub before: (f64, f64),
}

/// Returns the long- or short-term character of a sale of a lot on a day. Without a date the broker's word counts;
/// without either a gain is short-term and a loss long-term, the dearer reading of both.
pub fn term_of(lot: &PlanLot, as_of: NaiveDate, is_gain: bool) -> Term {
    match (lot.acquired, lot.term) {
        (Some(acquired), _) => tax::term_on(acquired, as_of),
        (None, Some(term)) => term,
        (None, None) if is_gain => Term::Short,
        (None, None) => Term::Long,
    }
}

/// Returns the value of everything after deposits and withdrawals.
pub(super) fn portfolio_value(problem: &Problem) -> Money {
    let cash: Money = problem.accounts.iter().map(|account| account.cash + account.flow).sum();
    let lots: Money = problem
        .lots
        .iter()
        .filter_map(|lot| problem.securities.get(&lot.symbol).map(|security| security.price * lot.quantity))
        .sum();
    let fixed: Money = problem.fixed.iter().map(|holding| holding.value).sum();
    cash + lots + fixed
}

impl<'a> Ground<'a> {
    /// Prepares a problem that has been checked.
    pub fn new(problem: &'a Problem) -> Result<Self, PlanError> {
        super::check::check(problem)?;
        let value = portfolio_value(problem);
        let scale = if value.is_positive() { 10_000.0 / value.to_f64() } else { 0.0 };
        let mut accounts: Vec<usize> = (0..problem.accounts.len()).collect();
        accounts.sort_by_key(|index| problem.accounts.get(*index).map(|account| &account.id));
        let symbols: Vec<&Symbol> = problem.securities.keys().collect();
        let mut ground = Ground {
            problem,
            scale,
            value,
            accounts,
            symbols,
            held: Vec::new(),
            trades: Vec::new(),
            orders: Vec::new(),
            by_symbol: Vec::new(),
            paying: BTreeSet::new(),
            held_back: BTreeMap::new(),
            not_bought: BTreeMap::new(),
            before: (
                scale * (problem.tax.realised_short - problem.tax.carry_short).to_f64(),
                scale * (problem.tax.realised_long - problem.tax.carry_long).to_f64(),
            ),
        };
        ground.held = ground.values_held();
        if value.is_positive() {
            ground.add_sales();
            ground.add_purchases();
            ground.collect_orders();
        }
        Ok(ground)
    }

    fn values_held(&self) -> Vec<f64> {
        let mut held = vec![Money::ZERO; self.symbols.len()];
        let lots = self.problem.lots.iter().filter_map(|lot| {
            self.problem.securities.get(&lot.symbol).map(|security| (&lot.symbol, security.price * lot.quantity))
        });
        let fixed = self.problem.fixed.iter().map(|holding| (&holding.symbol, holding.value));
        for (symbol, value) in lots.chain(fixed) {
            if let Some(total) = self.symbols.binary_search(&symbol).ok().and_then(|index| held.get_mut(index)) {
                *total += value;
            }
        }
        held.into_iter().map(|value| self.scale * value.to_f64()).collect()
    }

    /// Returns the exposure of the whole portfolio to a set of coefficients, before any trade, in basis points.
    pub fn exposure(&self, coefficients: &BTreeMap<Symbol, f64>) -> f64 {
        let traded: f64 = coefficients
            .iter()
            .filter_map(|(symbol, beta)| {
                let index = self.symbols.binary_search(&symbol).ok()?;
                Some(beta * self.held.get(index)?)
            })
            .sum();
        let only_fixed: f64 = self
            .problem
            .fixed
            .iter()
            .filter(|holding| !self.problem.securities.contains_key(&holding.symbol))
            .map(|holding| self.scale * holding.value.to_f64() * beta(coefficients, &holding.symbol))
            .sum();
        traded + only_fixed
    }

    /// Returns what is held of every symbol before any trade, in basis points.
    pub fn holdings(&self) -> BTreeMap<&'a Symbol, f64> {
        let mut held: BTreeMap<&Symbol, f64> = self.symbols.iter().copied().zip(self.held.iter().copied()).collect();
        for holding in &self.problem.fixed {
            if !self.problem.securities.contains_key(&holding.symbol) {
                *held.entry(&holding.symbol).or_default() += self.scale * holding.value.to_f64();
            }
        }
        held
    }

    /// Returns the same after some trades.
    pub fn holdings_after(&self, amounts: &[f64]) -> BTreeMap<&'a Symbol, f64> {
        let mut held = self.holdings();
        for (trade, amount) in self.trades.iter().zip(amounts) {
            let sign = if trade.side == Side::Buy { 1.0 } else { -1.0 };
            if let Some(own) = self.symbols.get(trade.symbol).and_then(|symbol| held.get_mut(symbol)) {
                *own += sign * amount;
            }
        }
        held
    }

    /// Returns whether cash must be raised somewhere: a withdrawal or reserve is not covered.
    pub fn must_raise_cash(&self) -> bool {
        self.problem.accounts.iter().any(|account| account.cash + account.flow < account.reserve)
    }

    fn add_sales(&mut self) {
        let problem = self.problem;
        let universe = self.universe();
        self.paying = universe.paying.iter().filter_map(|own| self.symbols.binary_search(own).ok()).collect();
        let is_owed = self.must_raise_cash();
        let purchases = recent_purchases(problem);
        let accounts: BTreeMap<&str, usize> = (self.accounts.iter())
            .enumerate()
            .filter_map(|(place, index)| problem.accounts.get(*index).map(|account| (account.id.as_str(), place)))
            .collect();
        let mut lots: Vec<(usize, usize, usize)> = Vec::new();
        for (index, lot) in problem.lots.iter().enumerate() {
            let account = accounts.get(lot.account.as_str()).copied();
            let symbol = self.symbols.binary_search(&&lot.symbol).ok();
            if let (Some(account), Some(symbol)) = (account, symbol) {
                lots.push((account, symbol, index));
            }
        }
        lots.sort_by_key(|(account, symbol, index)| {
            (*account, *symbol, problem.lots.get(*index).map(|lot| (lot.acquired, lot.id)))
        });
        let turnover = |limit: &'a Limit| match limit.measure {
            Measure::Turnover(most) => Some((&limit.id, 10_000.0 * most.0 + 1e-6)),
            _ => None,
        };
        let turnover = problem.limits.iter().find_map(turnover).filter(|_| problem.route.is_some());
        let is_decided = |lot: &PlanLot| problem.decided.sells.iter().any(|sale| sale.lot == lot.id);
        let mut queue = Queue::default();
        for (account, symbol, index) in lots {
            let Some(lot) = problem.lots.get(index) else { continue };
            let Some(security) = problem.securities.get(&lot.symbol) else { continue };
            let Some(home) = self.accounts.get(account).and_then(|index| problem.accounts.get(*index)) else {
                continue;
            };
            let unit = self.scale * security.price.to_f64();
            let most = unit * lot.quantity.to_f64();
            let gain = (security.price * lot.quantity).to_f64();
            let gain = lot.basis.map(|basis| 1.0 - basis.to_f64() / gain);
            let mut opens = None;
            let is_free = !home.kind.is_taxable() || gain.is_some_and(|gain| gain <= 0.0);
            let unasked = universe.forbids(&lot.symbol, is_free);
            let step = if problem.whole_shares { home.increment } else { Decimal::new(1, 3) };
            let smallest = unit * Shares(step.min(lot.quantity.decimal())).to_f64();
            let too_large =
                turnover.filter(|(_, room)| problem.whole_shares && smallest > *room && !is_owed && !is_decided(lot));
            let reason = if let Some(why) = unasked.filter(|_| !is_owed) {
                Some(why.to_owned())
            } else {
                let own = if home.do_not_sell.contains(&lot.symbol) {
                    Some("do-not-sell in this account".to_owned())
                } else if let Some((id, _)) = too_large {
                    Some(format!("a share of it costs more than {id} lets a run sell"))
                } else {
                    let found = held_back(problem, &purchases, lot, home.kind.is_taxable(), gain);
                    let found = decided_later(problem, problem.decided.lots_later.contains(&lot.id), found);
                    opens = found.as_ref().and_then(|(_, opens)| *opens);
                    found.map(|(reason, _)| reason)
                };
                let is_own = own.is_some();
                queue.next(problem, lot, own).inspect(|_| opens = opens.filter(|_| is_own))
            };
            if let Some(reason) = reason {
                self.held_back.insert(lot.id, reason);
                if opens.is_none() || problem.route.is_none() {
                    continue;
                }
            }
            self.trades.push(Trade {
                side: Side::Sell,
                account,
                symbol,
                order: 0,
                lot: Some(index),
                unit,
                spread: Money(security.half_spread_bps).to_f64() / 10_000.0,
                most,
                step,
                shares: Some(lot.quantity.decimal()),
                gain: gain
                    .filter(|_| home.kind.is_taxable())
                    .map(|gain| (term_of(lot, problem.as_of, gain >= 0.0), gain)),
                asked: unasked.is_none(),
                opens,
            });
        }
    }

    fn add_purchases(&mut self) {
        let problem = self.problem;
        let blocked = recent_losses(problem);
        for account in 0..self.accounts.len() {
            let Some(home) = self.accounts.get(account).and_then(|index| problem.accounts.get(*index)) else {
                continue;
            };
            let buyable: BTreeSet<&Symbol> = problem.buyable.iter().chain(problem.neutral_in(home)).collect();
            for symbol in &buyable {
                let Some(security) = problem.securities.get(symbol) else { continue };
                let Ok(index) = self.symbols.binary_search(symbol) else { continue };
                let lost = blocked.get(security.identity.as_str()).map(|date| {
                    let until = tax::do_not_buy_until(*date);
                    (format!("sold at a loss on {date}: buying before {until} would be a wash sale"), Some(until))
                });
                let waits = problem.decided.buys_later.contains(&(home.id.clone(), (*symbol).clone()));
                let closed = decided_later(problem, waits, lost);
                let opens = closed.as_ref().and_then(|(_, opens)| *opens);
                if let Some((reason, _)) = closed {
                    self.not_bought.insert((*symbol).clone(), reason);
                    if problem.route.is_none() {
                        continue;
                    }
                }
                let allowed = home.menu.as_ref().is_none_or(|menu| menu.contains(symbol));
                if !allowed || home.do_not_buy.contains(symbol) {
                    continue;
                }
                self.trades.push(Trade {
                    side: Side::Buy,
                    account,
                    symbol: index,
                    order: 0,
                    lot: None,
                    unit: self.scale * security.price.to_f64(),
                    spread: Money(security.half_spread_bps).to_f64() / 10_000.0,
                    most: f64::INFINITY,
                    step: if problem.whole_shares { home.increment } else { Decimal::new(1, 3) },
                    shares: None,
                    gain: None,
                    asked: true,
                    opens,
                });
            }
        }
    }

    fn collect_orders(&mut self) {
        let mut identities: BTreeMap<&str, usize> = BTreeMap::new();
        for security in self.problem.securities.values() {
            let next = identities.len();
            identities.entry(security.identity.as_str()).or_insert(next);
        }
        let mut orders: BTreeMap<(usize, Side, usize), usize> = BTreeMap::new();
        self.by_symbol = vec![Vec::new(); self.symbols.len()];
        for (index, trade) in self.trades.iter_mut().enumerate() {
            let key = (trade.account, trade.side, trade.symbol);
            if let Some(list) = self.by_symbol.get_mut(trade.symbol) {
                list.push(index);
            }
            let identity = self
                .symbols
                .get(trade.symbol)
                .and_then(|symbol| self.problem.securities.get(symbol))
                .and_then(|security| identities.get(security.identity.as_str()))
                .copied()
                .unwrap_or_default();
            let order = *orders.entry(key).or_insert_with(|| {
                self.orders.push(Order { account: trade.account, side: trade.side, identity, trades: Vec::new() });
                self.orders.len() - 1
            });
            trade.order = order;
            if let Some(order) = self.orders.get_mut(order) {
                order.trades.push(index);
            }
        }
    }
}

/// Returns the coefficient of a symbol; a symbol that is missing has none.
pub(super) fn beta(coefficients: &BTreeMap<Symbol, f64>, symbol: &Symbol) -> f64 {
    coefficients.get(symbol).copied().unwrap_or(0.0)
}

/// Returns whether a cap acts: the exposure (of 10,000) is above it by more than the trigger.
pub(super) fn is_active(exposure: f64, cap: f64, trigger: f64) -> bool {
    exposure > 10_000.0 * (cap + trigger.max(0.0)) + 1e-9
}

/// What is not traded today for a reason, and not before the next run where that is decided.
fn decided_later(
    problem: &Problem,
    is_decided: bool,
    found: Option<(String, Option<NaiveDate>)>,
) -> Option<(String, Option<NaiveDate>)> {
    let next = super::decided::next_day(problem);
    match found {
        _ if !is_decided => found,
        None => Some((super::decided::WAITS.to_owned(), Some(next))),
        Some((reason, opens)) => Some((reason, opens.map(|opens| opens.max(next)))),
    }
}

/// Why a lot may not be sold today, other than by the rules, and from which day on it may, where that is known.
fn held_back(
    problem: &Problem,
    purchases: &[Bought<'_>],
    lot: &PlanLot,
    taxable: bool,
    gain: Option<f64>,
) -> Option<(String, Option<NaiveDate>)> {
    if let Some(reason) = &lot.locked {
        let Some(unlocks) = lot.unlocks else { return Some((reason.clone(), None)) };
        // What else keeps it from being sold may do so for longer.
        let free = PlanLot { locked: None, ..lot.clone() };
        let opens = match held_back(problem, purchases, &free, taxable, gain) {
            None => Some(unlocks),
            Some((_, opens)) => opens.map(|opens| opens.max(unlocks)),
        };
        return Some((reason.clone(), opens));
    }
    if !taxable {
        return None;
    }
    let Some(gain) = gain else {
        return Some(("its cost basis is unknown, and so is the tax".to_owned(), None));
    };
    if gain > 0.0
        && let Some(days) = lot.acquired.and_then(|acquired| tax::days_until_long(acquired, problem.as_of))
        && days <= problem.near_long_term_days
    {
        let value = problem.securities.get(&lot.symbol).map_or(Money::ZERO, |security| security.price * lot.quantity);
        let gain = lot.basis.map_or(Money::ZERO, |basis| value - basis);
        let saved = gain.times(problem.tax.short_rate - problem.tax.long_rate);
        let from = lot.acquired.map(tax::long_from).unwrap_or(problem.as_of);
        let saving = if saved.is_positive() { format!(": waiting saves {}", saved.dollars()) } else { String::new() };
        let reason = format!("its gain turns long-term on {from}, in {}{saving}", counted(days, "day", "days"));
        return Some((reason, Some(from)));
    }
    if gain < 0.0 && problem.wash_sales == WashSales::Block {
        return replacement(problem, purchases, lot).map(|(first, last)| {
            let reason = format!("a purchase on {first} would make its loss a wash sale");
            (reason, Some(tax::do_not_buy_until(last)))
        });
    }
    None
}
