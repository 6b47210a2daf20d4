//! What is decided on a day: by the rules through the same stages as `advise`, or by a fixed share of each holding.

use std::collections::BTreeMap;

use super::book::{Book, Decision, Scene};
use crate::exposure;
use crate::household::{Answered, Flows, Household, in_scope};
use crate::model::Symbol;
use crate::pipeline::{self, Weather};
use crate::plan::{self, Plan, PlanAccount, PlannedBuy, PlannedSale, Problem};
use crate::trades;
use crate::units::{Decimal, Money, Shares};

/// Shares of each account's value, by account in order.
pub type Weights = Vec<BTreeMap<Symbol, Decimal>>;

/// Asks the rules, as `advise` does on that day. `None` when nothing is to be done.
pub fn rules(book: &Book, session: usize, weather: &Weather, scene: &Scene<'_>) -> Option<Decision> {
    let setup = scene.setup;
    let day = scene.tape.days.get(session).copied()?;
    let asked = Answered::default();
    let flows = Flows::new(&book.portfolio, setup, &asked);
    let scope = in_scope(&flows.applied(&book.portfolio), setup);
    let exposure = exposure::measure(&scope, &setup.registry, &setup.household.benchmark);
    if !exposure.value.is_positive() {
        return None;
    }
    let pool = Household::new(&book.portfolio, setup, scene.market, day, (&asked, &flows), &BTreeMap::new());
    let verdicts = pipeline::verdicts(setup, scene.market, day, &exposure, weather, &pool);
    let moves = pool.deposits().is_positive() || pool.withdrawals().is_positive();
    // A plan that no rule asks anything of does nothing.
    if !moves && !verdicts.iter().any(|verdict| verdict.fired) {
        return None;
    }
    // The tax of a year is raised in April, from cash or by sales.
    let tax = (book.ledger.settings(day), Money::ZERO);
    let problem = pipeline::problem(setup, scene.market, day, &verdicts, &weather.strength, (&pool, &asked), tax);
    let plan = plan::solve(&problem).ok()?;
    if !moves && plan.sells.is_empty() && plan.buys.is_empty() {
        return None;
    }
    let reason = |trade: &trades::Trade| {
        let first = trade.reasons().next().map(|reason| reason.id.clone());
        ((trade.account.clone(), trade.symbol.clone(), trade.side), first.unwrap_or_default())
    };
    let reasons = trades::trades(&problem, &plan, &verdicts, None).iter().map(reason).collect();
    Some(Decision { problem, plan, reasons })
}

/// Brings every account back to fixed shares of its value. `None` when nothing is to be done.
pub fn fixed(book: &Book, session: usize, weights: &Weights, scene: &Scene<'_>) -> Option<Decision> {
    let day = scene.tape.days.get(session).copied()?;
    let mut problem = book.problem(day, scene);
    let none = BTreeMap::new();
    let wanted = weights.iter().flat_map(BTreeMap::keys).cloned();
    for symbol in wanted {
        if let Some(price) = scene.tape.quotes(&symbol).close(session) {
            let identity = scene.setup.registry.identity(&symbol);
            let half_spread_bps = scene.setup.trading.trading.half_spread_bps;
            problem.securities.entry(symbol).or_insert(plan::Security { price, half_spread_bps, identity });
        }
    }
    let mut plan = Plan::default();
    for (index, account) in problem.accounts.iter().enumerate() {
        let (sells, buys) = rebalanced(&problem, account, weights.get(index).unwrap_or(&none));
        plan.sells.extend(sells);
        plan.buys.extend(buys);
    }
    plan.sells.sort();
    let nothing = plan.sells.is_empty() && plan.buys.is_empty();
    (!nothing).then_some(Decision { problem, plan, reasons: BTreeMap::new() })
}

/// The orders that bring an account to its shares: the lots of highest cost are sold first.
fn rebalanced(
    problem: &Problem,
    account: &PlanAccount,
    weights: &BTreeMap<Symbol, Decimal>,
) -> (Vec<PlannedSale>, Vec<PlannedBuy>) {
    let price = |symbol: &Symbol| problem.securities.get(symbol).map(|security| security.price.decimal());
    let mut held: BTreeMap<&Symbol, Decimal> = BTreeMap::new();
    for lot in problem.lots.iter().filter(|lot| lot.account == account.id) {
        *held.entry(&lot.symbol).or_default() += lot.quantity.decimal();
    }
    let worth: Decimal = held.iter().filter_map(|(symbol, shares)| Some(price(symbol)? * shares)).sum();
    let value = worth + account.cash.decimal();
    let (mut sells, mut buys) = (Vec::new(), Vec::new());
    let mut symbols: Vec<&Symbol> = held.keys().copied().chain(weights.keys()).collect();
    symbols.sort();
    symbols.dedup();
    // What is kept as it is, keeps its share of the value.
    let is_kept = |symbol: &Symbol| {
        let own = problem.lots.iter().filter(|lot| lot.account == account.id && lot.symbol == *symbol);
        own.map(|lot| &lot.locked).any(Option::is_some)
    };
    for symbol in symbols.into_iter().filter(|symbol| !is_kept(symbol)) {
        let Some(price) = price(symbol).filter(|price| *price > Decimal::ZERO) else { continue };
        let wanted = value * weights.get(symbol).copied().unwrap_or_default() / price;
        let change = wanted - held.get(symbol).copied().unwrap_or_default();
        let steps = (change.abs() / account.increment).floor() * account.increment;
        if steps.is_zero() {
            continue;
        }
        if change > Decimal::ZERO {
            buys.push(PlannedBuy { account: account.id.clone(), symbol: symbol.clone(), quantity: Shares(steps) });
            continue;
        }
        let mut lots: Vec<_> =
            problem.lots.iter().filter(|lot| lot.account == account.id && lot.symbol == *symbol).collect();
        let cost = |lot: &plan::PlanLot| {
            lot.basis.and_then(|basis: Money| basis.decimal().checked_div(lot.quantity.decimal()))
        };
        lots.sort_by(|a, b| cost(b).cmp(&cost(a)).then_with(|| a.id.cmp(&b.id)));
        let mut left = Shares(steps);
        for lot in lots {
            let quantity = lot.quantity.min(left);
            if quantity.is_positive() {
                let (account, symbol) = (account.id.clone(), symbol.clone());
                sells.push(PlannedSale { account, symbol, lot: lot.id, quantity });
                left -= quantity;
            }
        }
    }
    (sells, buys)
}
