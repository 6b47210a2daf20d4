//! What is decided on a day: by the rules through the same stages as `advise`, or by a fixed share of each holding.

use std::collections::BTreeMap;

use super::book::{Book, Decision, Scene, cheapest};
use crate::exposure;
use crate::household::{self, Answered, Flows, Household, in_scope};
use crate::model::Symbol;
use crate::pipeline::{self, Weather};
use crate::plan::{self, Plan, PlanAccount, PlannedBuy, PlannedSale, Problem};
use crate::trades;
use crate::units::{Decimal, Money, Shares};

/// Shares of each account's value, by account in order.
pub type Weights = Vec<BTreeMap<Symbol, Decimal>>;

/// Asks the rules, as `advise` does on that day. `None` when nothing is to be done.
pub fn rules(book: &Book, session: usize, weather: &Weather, flows: &Flows, scene: &Scene<'_>) -> Option<Decision> {
    let setup = scene.setup;
    let day = scene.tape.days.get(session).copied()?;
    let asked = Answered::default();
    let scope = in_scope(&flows.applied(&book.portfolio), setup);
    let exposure = exposure::measure(&scope, &setup.registry, &setup.household.benchmark);
    if !exposure.value.is_positive() {
        return None;
    }
    let pool = Household::new(&book.portfolio, setup, scene.market, day, (&asked, flows), &BTreeMap::new());
    let verdicts = pipeline::verdicts(setup, scene.market, day, &exposure, weather, &pool);
    let moves = pool.deposits().is_positive() || pool.withdrawals().is_positive();
    // A plan that no rule asks anything of does nothing but with idle cash, which a run that is planned alone leaves.
    let asked_for = moves || verdicts.iter().any(|verdict| verdict.fired);
    if !asked_for && !scene.invests && !setup.trading.route.looks_ahead {
        return None;
    }
    let owed = household::unpaid(&setup.trading, day, |year| book.unpaid(year));
    let tax = (book.ledger.settings(day), owed);
    let problem = pipeline::problem(setup, scene.market, day, &verdicts, &weather.strength, (&pool, &asked), tax);
    let plan = if asked_for || problem.route.is_some() { plan::solve(&problem).ok()? } else { nothing(&problem) };
    let plan = if scene.invests && problem.route.is_none() { invested(&problem, plan) } else { plan };
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

/// The plan that does nothing.
fn nothing(problem: &Problem) -> Plan {
    let outcome = plan::evaluate(problem, &[], &[]);
    Plan { nothing: outcome.clone(), outcome, ..Plan::default() }
}

/// Puts what the plan of a run alone leaves of the cash into what takes it in each account, as the plan of a route does; not
/// where the independent checker finds anything against it.
fn invested(problem: &Problem, mut plan: Plan) -> Plan {
    let mut due = if problem.set_aside_tax { plan.outcome.tax.max(Money::ZERO) } else { Money::ZERO };
    for account in &problem.accounts {
        let cash = plan.outcome.cash.get(&account.id).copied().unwrap_or_default();
        let mut free = (cash - account.reserve).max(Money::ZERO);
        if account.kind.is_taxable() {
            let kept = free.min(due);
            (free, due) = (free - kept, due - kept);
        }
        let Some(neutral) = problem.neutral_in(account) else { continue };
        let Some(security) = problem.securities.get(neutral) else { continue };
        let share = plan::payment(problem, neutral, Shares(account.increment));
        let steps = (free - problem.ticket).decimal().checked_div(share.decimal()).unwrap_or_default().floor();
        let quantity = Shares(steps * account.increment);
        if !(security.price * quantity).is_positive() {
            continue;
        }
        let mut more = plan.clone();
        match more.buys.iter_mut().find(|buy| buy.account == account.id && buy.symbol == *neutral) {
            Some(buy) => buy.quantity += quantity,
            None => more.buys.push(PlannedBuy { account: account.id.clone(), symbol: neutral.clone(), quantity }),
        }
        more.buys.sort();
        more.outcome = plan::evaluate(problem, &more.sells, &more.buys);
        if plan::verify(problem, &more).is_empty() {
            plan = more;
        }
    }
    plan
}

/// Returns the problem of the household, with the prices of what has fixed shares in it.
fn open(book: &Book, session: usize, weights: &Weights, flows: &Flows, scene: &Scene<'_>) -> Option<Problem> {
    let day = scene.tape.days.get(session).copied()?;
    let mut problem = book.problem(day, flows, scene);
    let wanted = weights.iter().flat_map(BTreeMap::keys).cloned();
    for symbol in wanted {
        if let Some(price) = scene.tape.quotes(&symbol).close(session) {
            let identity = scene.setup.registry.identity(&symbol);
            let half_spread_bps = scene.setup.trading.trading.half_spread_bps;
            problem.securities.entry(symbol).or_insert(plan::Security { price, half_spread_bps, identity });
        }
    }
    Some(problem)
}

/// What is done in an account that is to have fixed shares.
type Moves = (Vec<PlannedSale>, Vec<PlannedBuy>);

fn decided(
    problem: Problem,
    weights: &Weights,
    moves: impl Fn(&Problem, &PlanAccount, &BTreeMap<Symbol, Decimal>) -> Moves,
) -> Option<Decision> {
    let mut plan = Plan::default();
    for (account, weights) in problem.accounts.iter().zip(weights) {
        let (sells, buys) = moves(&problem, account, weights);
        plan.sells.extend(sells);
        plan.buys.extend(buys);
    }
    plan.sells.sort();
    let comes = problem.accounts.iter().any(|account| !account.flow.is_zero());
    let nothing = plan.sells.is_empty() && plan.buys.is_empty();
    (comes || !nothing).then_some(Decision { problem, plan, reasons: BTreeMap::new() })
}

/// Brings every account back to fixed shares of its value. `None` when nothing is to be done.
pub fn fixed(book: &Book, session: usize, weights: &Weights, flows: &Flows, scene: &Scene<'_>) -> Option<Decision> {
    decided(open(book, session, weights, flows, scene)?, weights, rebalanced)
}

/// Spends what comes on fixed shares, and sells what costs least tax for what leaves. `None` when nothing comes or goes.
pub fn held(book: &Book, session: usize, weights: &Weights, flows: &Flows, scene: &Scene<'_>) -> Option<Decision> {
    if flows.is_none() {
        return None;
    }
    decided(open(book, session, weights, flows, scene)?, weights, |problem, account, weights| {
        let price = |symbol| Some(problem.securities.get(symbol)?.price.decimal());
        let steps = |symbol, share: &Decimal| {
            let wanted = (account.flow.decimal() * share).checked_div(price(symbol)? * account.increment)?;
            let quantity = Shares(wanted.floor() * account.increment);
            let (account, symbol) = (account.id.clone(), Symbol::clone(symbol));
            quantity.is_positive().then_some(PlannedBuy { account, symbol, quantity })
        };
        let buys = weights.iter().filter_map(|(symbol, share)| steps(symbol, share)).collect();
        (cheapest(problem, |id| *id == account.id, account.to_raise()), buys)
    })
}

/// The orders that bring an account to its shares: the lots of highest cost are sold first.
fn rebalanced(problem: &Problem, account: &PlanAccount, weights: &BTreeMap<Symbol, Decimal>) -> Moves {
    let price = |symbol: &Symbol| problem.securities.get(symbol).map(|security| security.price.decimal());
    let mut held: BTreeMap<&Symbol, Decimal> = BTreeMap::new();
    for lot in problem.lots.iter().filter(|lot| lot.account == account.id) {
        *held.entry(&lot.symbol).or_default() += lot.quantity.decimal();
    }
    let worth: Decimal = held.iter().filter_map(|(symbol, shares)| Some(price(symbol)? * shares)).sum();
    let value = worth + (account.cash + account.flow).decimal();
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
