//! From names of lines to lots and purchases: the problem of a plan around decisions, and whether they can be.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BAD_QUANTITY, Choice, DecidedLine, Decision, Decisions, IMPOSSIBLE_DECISION, NO_CASH, NOT_PROPOSED, OTHER_PROPOSAL,
    OVER_LIMIT, OVERSOLD, UNKNOWN_LINE,
};
use crate::diagnostics::{Code, Diagnostic, Sink, nearest};
use crate::model::{Limit, Measure, Side};
use crate::plan::{self, Plan, PlanLot, PlannedBuy, PlannedSale, Problem};
use crate::trades::{Line, lines};
use crate::units::Shares;

/// The problem around decisions, and the lines that they are of.
pub struct Resolved {
    /// For the plan.
    pub problem: Problem,
    /// In the order of the lines; `now` follows from the plan.
    pub lines: Vec<DecidedLine>,
}

impl Resolved {
    /// Returns whether a plan does what is decided already: what is accepted in the same quantity, nothing of the rest.
    pub fn agrees(&self, plan: &Plan) -> bool {
        let sold = |sale: &PlannedSale| plan.sells.contains(sale);
        let bought = |buy: &PlannedBuy| plan.buys.contains(buy);
        let decided = &self.problem.decided;
        let left = self.lines.iter().filter(|line| line.choice != Choice::Accept);
        decided.sells.iter().all(sold)
            && decided.buys.iter().all(bought)
            && left.into_iter().all(|l| l.proposed.is_zero())
    }
}

/// Returns the shares of each line in a plan.
pub(super) fn shares_in(plan: &Plan, line: &Line) -> Shares {
    match line.lot {
        Some(lot) => plan.sells.iter().filter(|sale| sale.lot == lot).map(|sale| sale.quantity).sum(),
        None => {
            let own = plan.buys.iter().filter(|buy| buy.account == line.account && buy.symbol == line.symbol);
            own.map(|buy| buy.quantity).sum()
        }
    }
}

fn problem_of(code: Code, decision: &Decision, message: String) -> Diagnostic {
    let problem = Diagnostic::error(code, message);
    match &decision.place {
        Some(place) => problem.at(place.clone()),
        None => problem,
    }
}

/// Finds what decisions mean beside the plan they are about. `None` when one of them means nothing; the sink then says why.
pub fn resolve(problem: &Problem, base: &Plan, decisions: &Decisions, sink: &mut Sink) -> Option<Resolved> {
    let lines = lines(problem);
    let meant = meant(&lines, base, decisions, sink)?;
    if let Some((day, place)) = decisions.as_of.as_ref().filter(|(day, _)| *day != problem.as_of) {
        let message = format!("the decisions were made on the proposal of {day}, and this one is of {}", problem.as_of);
        sink.push(Diagnostic::note(OTHER_PROPOSAL, message).at(place.clone()).hint("look at the quantities again"));
    }
    let mut after = problem.clone();
    // The way on from here has the date that it had.
    if let (Some(route), Some(way)) = (&mut after.route, &base.route) {
        route.by = route.by.or(Some(way.by));
    }
    for (line, decision) in &meant {
        forbid(&mut after, line, decision.choice);
    }
    let (mut good, mut around) = (true, None);
    for (line, decision) in meant.iter().filter(|(_, decision)| decision.choice == Choice::Accept) {
        let mut quantity = decision.quantity.unwrap_or_else(|| shares_in(base, line));
        if quantity.is_zero() {
            // What was not proposed may be in the plan without what is rejected.
            let plan = around.get_or_insert_with(|| plan::solve(&after).unwrap_or_default());
            quantity = shares_in(plan, line);
        }
        match fault(problem, line, decision, quantity) {
            Some(fault) => {
                sink.push(fault);
                good = false;
            }
            None => fix(&mut after, line, quantity),
        }
    }
    if !good {
        return None;
    }
    let told = |(line, decision): &(&Line, &Decision)| DecidedLine {
        id: line.id.clone(),
        choice: decision.choice,
        account: line.account.clone(),
        side: line.side,
        symbol: line.symbol.clone(),
        proposed: shares_in(base, line),
        now: Shares::ZERO,
    };
    Some(Resolved { problem: after, lines: meant.iter().map(told).collect() })
}

/// The lines that decisions are about. A decision on a line comes before one on its order.
fn meant<'l, 'd>(
    lines: &'l [Line],
    base: &Plan,
    decisions: &'d Decisions,
    sink: &mut Sink,
) -> Option<Vec<(&'l Line, &'d Decision)>> {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let names = BTreeSet::from([super::key(&line.id), super::key(&line.order)]);
        names.into_iter().for_each(|name| by_name.entry(name).or_default().push(index));
    }
    let mut found: BTreeMap<usize, (bool, &Decision)> = BTreeMap::new();
    let mut good = true;
    for decision in decisions.iter() {
        let Some(own) = by_name.get(&super::key(&decision.id)) else {
            let planned = lines.iter().filter(|line| !shares_in(base, line).is_zero());
            let planned: Vec<&str> = planned.map(|line| line.id.as_str()).collect();
            let all = lines.iter().flat_map(|line| [line.id.as_str(), line.order.as_str()]);
            let near = nearest(&decision.id, planned.iter().copied()).or_else(|| nearest(&decision.id, all));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if planned.is_empty() => "the plan has no lines".to_owned(),
                None => format!("the lines of the plan are {}", listed(&planned)),
            };
            let message = format!("`{}` is the name of no line", decision.id);
            sink.push(problem_of(UNKNOWN_LINE, decision, message).hint(hint));
            good = false;
            continue;
        };
        let is_line =
            |index: &usize| lines.get(*index).is_some_and(|own| super::key(&own.id) == super::key(&decision.id));
        let exact = own.iter().any(is_line);
        // An order is accepted as it is: those of its lots that are in the plan.
        let is_meant = |index: &&usize| {
            exact
                || decision.choice != Choice::Accept
                || lines.get(**index).is_some_and(|l| !shares_in(base, l).is_zero())
        };
        let own: Vec<usize> = own.iter().filter(is_meant).copied().collect();
        if own.is_empty() || (own.len() > 1 && decision.quantity.is_some()) {
            let (code, message) = match own.len() {
                0 => (NOT_PROPOSED, format!("`{}` is accepted, and the plan sells none of its lots", decision.id)),
                many => (
                    BAD_QUANTITY,
                    format!("`{}` is an order of {many} lots: its quantity is that of which?", decision.id),
                ),
            };
            sink.push(problem_of(code, decision, message).hint("name the lot: `SELL-TICKER-ACCOUNT-DAY`"));
            good = false;
        }
        for index in own {
            let slot = found.entry(index).or_insert((exact, decision));
            if exact && !slot.0 {
                *slot = (true, decision);
            }
        }
    }
    good.then(|| found.into_iter().filter_map(|(index, (_, one))| Some((lines.get(index)?, one))).collect())
}

fn listed(names: &[&str]) -> String {
    const MOST: usize = 12;
    let more = if names.len() > MOST { format!(" and {} more", names.len() - MOST) } else { String::new() };
    format!("{}{more}", names.iter().take(MOST).copied().collect::<Vec<_>>().join(", "))
}

/// Leaves out what is rejected or put off.
fn forbid(problem: &mut Problem, line: &Line, choice: Choice) {
    match (choice, line.lot) {
        (Choice::Accept, _) => {}
        (Choice::Reject, Some(id)) => {
            for lot in problem.lots.iter_mut().filter(|lot| lot.id == id) {
                lot.lock("you rejected its sale");
            }
        }
        (Choice::Reject, None) => {
            let home = problem.accounts.iter_mut().filter(|account| account.id == line.account);
            home.for_each(|account| account.do_not_buy.push(line.symbol.clone()));
        }
        (Choice::Later, Some(id)) => {
            problem.decided.lots_later.insert(id);
        }
        (Choice::Later, None) => {
            problem.decided.buys_later.insert((line.account.clone(), line.symbol.clone()));
        }
    }
}

fn fix(problem: &mut Problem, line: &Line, quantity: Shares) {
    let (account, symbol) = (line.account.clone(), line.symbol.clone());
    match line.lot {
        Some(lot) => problem.decided.sells.push(PlannedSale { account, symbol, lot, quantity }),
        None => problem.decided.buys.push(PlannedBuy { account, symbol, quantity }),
    }
}

/// What is wrong with accepting a line at a quantity, whatever else is planned.
fn fault(problem: &Problem, line: &Line, decision: &Decision, quantity: Shares) -> Option<Diagnostic> {
    let id = &line.id;
    if quantity.is_zero() {
        let message = format!("`{id}` is accepted as it is, and the plan does not have it");
        let hint = format!("give the shares: `--quantity {id}=N`");
        return Some(problem_of(NOT_PROPOSED, decision, message).hint(hint));
    }
    let home = problem.accounts.iter().find(|account| account.id == line.account)?;
    let lot = line.lot.and_then(|id| problem.lots.iter().find(|lot| lot.id == id));
    if let Some(lot) = lot.filter(|lot| quantity > lot.quantity) {
        let (shares, held) = (quantity.text(), lot.quantity.text());
        let message = format!("{shares} shares of `{id}` are to be sold, and {held} are held");
        return Some(problem_of(OVERSOLD, decision, message).hint(format!("sell at most {held}")));
    }
    let is_all = lot.is_some_and(|lot| lot.quantity == quantity);
    let in_steps = quantity.decimal().checked_rem(home.increment).is_some_and(|rest| rest.is_zero());
    if !is_all && !in_steps {
        let step = home.increment.normalize();
        let message = format!("{} trades in steps of {step}, and {} is none", line.account, quantity.text());
        let hint = "give whole shares, or set `fractional` of the account in [accounts]";
        return Some(problem_of(BAD_QUANTITY, decision, message).hint(hint));
    }
    let message = format!("`{id}` cannot be done: {}", barred(problem, line)?);
    Some(problem_of(IMPOSSIBLE_DECISION, decision, message).hint("take the decision back"))
}

/// Returns why a line can be in no plan, whatever its quantity.
pub fn barred(problem: &Problem, line: &Line) -> Option<String> {
    let home = problem.accounts.iter().find(|account| account.id == line.account)?;
    let lot = line.lot.and_then(|id| problem.lots.iter().find(|lot| lot.id == id));
    let forbids = |limit: &&Limit| match (&limit.measure, line.side) {
        (Measure::DoNotSell(symbols), Side::Sell) | (Measure::DoNotBuy(symbols), Side::Buy) => {
            symbols.contains(&line.symbol)
        }
        (Measure::BuyOnly, Side::Sell) => true,
        _ => false,
    };
    if let Some(limit) = problem.limits.iter().find(forbids) {
        return Some(format!("{} forbids it", limit.id));
    }
    match lot {
        Some(lot) => unsellable(lot, home.kind.is_taxable(), home.do_not_sell.contains(&line.symbol)),
        None if home.do_not_buy.contains(&line.symbol) => Some("do-not-buy in [accounts]".to_owned()),
        None if home.menu.as_ref().is_some_and(|menu| !menu.contains(&line.symbol)) => {
            Some("the account does not offer it".to_owned())
        }
        None => None,
    }
}

fn unsellable(lot: &PlanLot, taxable: bool, do_not_sell: bool) -> Option<String> {
    let unknown = (taxable && lot.basis.is_none()).then(|| "its cost basis is unknown, and so is the tax".to_owned());
    lot.locked.clone().or_else(|| do_not_sell.then(|| "do-not-sell in [accounts]".to_owned())).or(unknown)
}

/// Says what a plan around decisions cannot be, and which limits the decisions go beyond; these are returned in words.
pub fn check(problem: &Problem, plan: &Plan, decisions: &Decisions, sink: &mut Sink) -> BTreeSet<String> {
    let places = decisions.iter().filter(|one| one.choice == Choice::Accept).filter_map(|one| one.place.clone());
    let place = places.into_iter().next();
    let at = |problem: Diagnostic| match &place {
        Some(place) => problem.at(place.clone()),
        None => problem,
    };
    let mut passed = BTreeSet::new();
    let mut short = false;
    for account in &problem.accounts {
        let before = account.cash + account.flow;
        let left = plan.outcome.cash.get(&account.id).copied().unwrap_or(before);
        let bought = problem.decided.buys.iter().any(|buy| buy.account == account.id);
        if left >= account.reserve.min(before) || !bought {
            continue;
        }
        short = true;
        let message = format!(
            "the purchases you accept in {} leave {} in cash there, {} less than must stay",
            account.id,
            left.dollars(),
            (account.reserve.min(before) - left).dollars()
        );
        let hint = format!("accept a sale in {}, or buy fewer shares there", account.id);
        sink.push(at(Diagnostic::error(NO_CASH, message)).hint(hint));
    }
    for breach in plan::verify(problem, plan) {
        let limit = problem.limits.iter().find(|limit| limit.id == breach.rule);
        let is_order_rule = limit.is_some_and(|limit| {
            matches!(limit.measure, Measure::DoNotBuy(_) | Measure::DoNotSell(_) | Measure::BuyOnly)
        });
        let may_pass = (limit.is_some() && !is_order_rule) || breach.rule == "set-aside-tax";
        if may_pass {
            let words = format!("{}: {}", breach.rule, breach.message);
            let message = format!("what you accept goes beyond a limit of yours: {words}");
            sink.push(Diagnostic::warning(OVER_LIMIT, message).hint("it is done as you decided"));
            passed.insert(words);
        } else if !(short && breach.rule == "cash") {
            let message = format!("what you accept can be in no plan: {}: {}", breach.rule, breach.message);
            let hint = match breach.rule.as_str() {
                "near-long-term" => "take it back, or let such gains be sold: --set trading.near-long-term-days=0",
                "wash-sale" => "take it back, or have wash sales told of alone: --set trading.wash-sale=warn",
                _ => "take a decision back",
            };
            sink.push(at(Diagnostic::error(IMPOSSIBLE_DECISION, message)).hint(hint));
        }
    }
    passed
}
