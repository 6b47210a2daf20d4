//! Questions answered by solving again, once, before anything is rendered: what the next point costs, which limits conflict,
//! what each limit changed, what the plan would be under other circumstances. Duals of a degenerate program are not unique;
//! a second answer is. All of it is asked of the program in fractions of shares, where a difference is no rounding.

mod alternatives;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use alternatives::{all_now, in_one_run, looser, sheltered_only, without_tax};
use chrono::NaiveDate;

use super::{rule, ticker};

use crate::model::{LotId, Measure, Side, Symbol};
use crate::plan::{LAST_OWN_YEAR, Outcome, Plan, Problem, Route, WashSales, end_of_tax_year, solve};
use crate::proposal::{Circumstance, Deadline, Difference, Looser, Proposal, Rung, Wanted, WhatIf};
use crate::units::{Decimal, Money, Price, Shares, Weight};

/// Excess below this is rounding, not a broken limit.
pub const CENT: Money = Money(Decimal::from_parts(1, 0, 0, false, 2));
/// A plan in fractions is snapped to thousandths of a share: the shares that a lot may be off by.
const SNAPPED: Shares = Shares(Decimal::from_parts(2, 0, 0, false, 3));
/// Tax that is snapping, not a price.
const DIME: Money = Money(Decimal::from_parts(1, 0, 0, false, 1));

/// Answers what is wanted about a proposal.
pub fn find(proposal: &Proposal, wanted: &Wanted) -> WhatIf {
    // Every answer looks as far ahead as the plan does.
    let by = proposal.plan.route.as_ref().map(|route| route.by);
    let route = proposal.problem.route.clone().map(|route| Route { by: by.or(route.by), ..route });
    let problem = Problem { whole_shares: false, route, ..proposal.problem.clone() };
    let mut found = WhatIf::default();
    if *wanted == Wanted::Orders {
        return found;
    }
    let Ok(plan) = solve(&problem) else { return found };
    let asked = Asked { proposal, plan: &plan, noise: noise(&problem), problem: &problem };
    let mut questions = BTreeSet::new();
    match wanted {
        Wanted::Orders => {}
        Wanted::Words => asked.words(&mut questions),
        Wanted::Report => asked.report(&mut questions),
        Wanted::Everything => {
            asked.report(&mut questions);
            asked.everything(&mut questions);
        }
        Wanted::About(name) => asked.about(name, &mut questions),
    }
    asked.answer(&questions.into_iter().collect::<Vec<_>>(), &mut found);
    let own = plan.route.as_ref().filter(|_| !found.deadlines.is_empty());
    found.deadlines.extend(own.map(|route| (route.by, Deadline::from(route))));
    found.fractions = Some(plan.outcome);
    found
}

/// What is answered by solving again; each on its own, and so on a core of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Alternative(Circumstance),
    Deadline(NaiveDate),
    Ladder(String),
    Conflict(String),
    Without(String),
    Looser(String),
    Lot(LotId),
    Kept(Symbol),
}

/// Returns the dollars that snapping a plan may be off by: those of the dearest share, at least a dollar.
fn noise(problem: &Problem) -> Money {
    let dearest = problem.securities.values().map(|security| security.price).reduce(Price::max);
    dearest.map_or(Money(Decimal::ONE), |price| (price * SNAPPED).max(Money(Decimal::ONE)))
}

/// The questions about one proposal.
struct Asked<'p> {
    proposal: &'p Proposal,
    /// In fractions of shares.
    problem: &'p Problem,
    /// Its plan.
    plan: &'p Plan,
    noise: Money,
}

impl Asked<'_> {
    /// What every report shows.
    fn report(&self, questions: &mut BTreeSet<Question>) {
        self.words(questions);
        questions.extend(self.proposal.leading_cap().map(|cap| Question::Ladder(cap.id.clone())));
    }

    /// What a report in words shows.
    fn words(&self, questions: &mut BTreeSet<Question>) {
        questions.extend([Circumstance::AllNow, Circumstance::ShelteredOnly].map(Question::Alternative));
        questions.extend(self.others().map(Question::Deadline));
        // Which of the limits that a sale serves is its reason.
        let sales = self.proposal.trades.iter().filter(|trade| trade.side == Side::Sell);
        let ids = sales.flat_map(|trade| trade.reasons().map(|reason| reason.id.clone()));
        questions.extend(ids.map(Question::Without));
    }

    /// The deadline of a route with something to sell.
    fn deadline(&self) -> Option<NaiveDate> {
        let route = self.plan.route.as_ref()?;
        (route.by > self.problem.as_of && route.to_sell > Money(Decimal::ONE)).then_some(route.by)
    }

    /// The other ones that it is compared with: those that are nearer, and two more where the plan took the last that it may
    /// choose by itself. Otherwise a later one was not chosen because it saves little.
    fn others(&self) -> impl Iterator<Item = NaiveDate> + use<'_> {
        let end = |years| end_of_tax_year(self.problem.as_of, years);
        let own = self.deadline();
        let asked = self.proposal.problem.route.as_ref().and_then(|route| route.by);
        let last = own.is_some_and(|own| asked.is_none() && own == end(LAST_OWN_YEAR));
        let later = (1..=LATER).filter(move |_| last).map(move |years| end(LAST_OWN_YEAR + years));
        let nearer = (0..).map(end).take(TAX_YEARS).take_while(move |by| own.is_some_and(|own| *by < own));
        nearer.chain(later)
    }

    /// What the explanation of the whole plan shows.
    fn everything(&self, questions: &mut BTreeSet<Question>) {
        questions.insert(Question::Alternative(Circumstance::Untaxed));
        for verdict in self.proposal.verdicts.iter().filter(|verdict| verdict.fired) {
            questions.extend([Question::Without(verdict.id.clone()), Question::Conflict(verdict.id.clone())]);
        }
        questions.extend(self.problem.limits.iter().map(|limit| Question::Without(limit.id.clone())));
    }

    /// What is shown of one name.
    fn about(&self, name: &str, questions: &mut BTreeSet<Question>) {
        let of: [fn(String) -> Question; 4] =
            [Question::Without, Question::Ladder, Question::Conflict, Question::Looser];
        questions.extend(rule::ids(self.proposal, name).into_iter().flat_map(|id| of.map(|of| of(id.clone()))));
        let sales = &self.proposal.plan.sells;
        let lots = ticker::lots(self.proposal, name).into_iter().map(|lot| lot.id);
        questions.extend(lots.filter(|id| sales.iter().any(|sale| sale.lot == *id)).map(Question::Lot));
        let symbol = Symbol::new(name);
        questions.extend(sales.iter().any(|sale| sale.symbol == symbol).then_some(Question::Kept(symbol)));
    }

    /// Answers all questions on all cores. What is answered does not depend on who answers first.
    fn answer(&self, questions: &[Question], found: &mut WhatIf) {
        let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get()).min(questions.len());
        let next = AtomicUsize::new(0);
        let work = || {
            let mut own = WhatIf::default();
            while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.one(question, &mut own);
            }
            own
        };
        std::thread::scope(|scope| {
            // Fewer where the system gives no more; this thread answers too.
            let started = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
            let others: Vec<_> = (1..threads).map_while(started).collect();
            found.take(work());
            for other in others {
                match other.join() {
                    Ok(own) => found.take(own),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }

    fn one(&self, question: &Question, found: &mut WhatIf) {
        match question {
            Question::Alternative(circumstance) => {
                let plan = match circumstance {
                    Circumstance::Untaxed => without_tax(self.problem),
                    Circumstance::ShelteredOnly => sheltered_only(self.problem),
                    Circumstance::AllNow => all_now(self.problem),
                };
                let deadline = plan.as_ref().and_then(|plan| plan.route.as_ref()).map(Deadline::from);
                let is_asked = *circumstance == Circumstance::AllNow && self.deadline().is_some();
                found.deadlines.extend(deadline.filter(|_| is_asked).map(|found| (self.problem.as_of, found)));
                found.alternatives.extend(plan.map(|plan| (*circumstance, plan.outcome)));
            }
            Question::Deadline(by) => {
                let mut other = self.problem.clone();
                other.route = other.route.map(|route| Route { by: Some(*by), ..route });
                let plan = solve(&other).ok().and_then(|plan| plan.route);
                found.deadlines.extend(plan.as_ref().map(|route| (*by, Deadline::from(route))));
            }
            Question::Ladder(id) => found.ladders.extend(self.ladder_of(id).map(|rungs| (id.clone(), rungs))),
            Question::Conflict(id) => {
                let set = conflict(self.problem, self.plan, id, self.noise);
                found.conflicts.extend((!set.is_empty()).then(|| (id.clone(), set)));
            }
            Question::Without(id) => {
                let limits = self.problem.limits.iter().map(|limit| &limit.id);
                if limits.chain(self.problem.targets.iter().map(|target| &target.id)).any(|known| known == id) {
                    found.without.insert(id.clone(), self.leave_one_out(id));
                }
            }
            Question::Looser(id) => {
                let plan = looser(self.problem, id);
                found.looser.extend(plan.map(|(by, plan)| (id.clone(), Looser { by, outcome: plan.outcome })));
            }
            Question::Lot(id) => {
                found.lots.extend(self.locked(|lot| lot.id == *id).map(|plan| (*id, plan.outcome)));
            }
            Question::Kept(symbol) => {
                let plan = self.locked(|lot| lot.symbol == *symbol);
                found.kept.extend(plan.map(|plan| (symbol.clone(), plan.outcome)));
            }
        }
    }

    /// Returns the plan as it would be if some lots were not for sale.
    fn locked(&self, lots: impl Fn(&crate::plan::PlanLot) -> bool) -> Option<Plan> {
        let mut other = self.problem.clone();
        for lot in other.lots.iter_mut().filter(|lot| lots(lot)) {
            lot.lock("asked to be kept");
        }
        solve(&other).ok()
    }

    /// Returns the ladder of a cap from where the household stands to well below its bound, a point at a time, or until
    /// nothing more can be had. `None` when the id is no cap on an exposure.
    fn ladder_of(&self, id: &str) -> Option<Vec<Rung>> {
        let bound = self.problem.limits.iter().find_map(|limit| match &limit.measure {
            Measure::ExposureCap { cap, .. } if limit.id == id => Some(*cap),
            _ => None,
        })?;
        let now = self.plan.nothing.weights.get(id).copied().unwrap_or(bound.0);
        // Whole points from the bound, so that the bound itself is a rung.
        let above = ((now - bound.0) * 100.0).ceil().clamp(0.0, RUNGS as f64) as u32;
        let below = if self.problem.lots.len() > MANY_LOTS { 2 } else { BELOW };
        let mut rungs: Vec<Rung> = Vec::new();
        for step in 0..=(above + below) {
            let cap = bound.0 + f64::from(above) / 100.0 - f64::from(step) / 100.0;
            if cap < -1e-9 || rungs.len() >= RUNGS {
                break;
            }
            let cap = Weight((cap * 1e9).round() / 1e9);
            let mut asked = in_one_run(self.problem);
            for limit in asked.limits.iter_mut().filter(|limit| limit.id == id) {
                if let Measure::ExposureCap { cap: bound, .. } = &mut limit.measure {
                    *bound = cap;
                }
            }
            let Ok(plan) = solve(&asked) else { continue };
            // What snapping is off by is no excess, and no tax.
            let over = |excess: Money| if excess > self.noise { excess } else { Money::ZERO };
            let excess = over(plan.outcome.excess.get(id).copied().unwrap_or_default());
            let tax = plan.outcome.tax;
            let moved = |last: &Rung| Some(tax - last.tax).filter(|more| more.abs() > DIME).unwrap_or_default();
            let marginal = rungs.last().map(moved);
            let stuck = !excess.is_zero() && rungs.last().is_some_and(|last| !last.excess.is_zero());
            rungs.push(Rung { cap, tax, marginal, excess });
            if stuck {
                break;
            }
        }
        Some(rungs)
    }

    /// Solves without a limit or target; `None` when it changes nothing.
    fn leave_one_out(&self, id: &str) -> Option<Difference> {
        let mut other = self.problem.clone();
        other.limits.retain(|limit| limit.id != id);
        other.targets.retain(|target| target.id != id);
        let other = solve(&other).ok()?;
        let differences = |with: BySymbol, without: &BySymbol| -> Vec<(Symbol, Shares, Shares)> {
            let symbols: BTreeSet<&Symbol> = with.keys().chain(without.keys()).collect();
            let of = |all: &BySymbol, symbol: &Symbol| all.get(symbol).copied().unwrap_or_default();
            let both = symbols.into_iter().map(|symbol| (symbol.clone(), of(&with, symbol), of(without, symbol)));
            let moved = |symbol: &Symbol, by: Shares| {
                self.problem.securities.get(symbol).is_none_or(|security| (security.price * by).abs() > self.noise)
            };
            both.filter(|(symbol, with, without)| moved(symbol, *with - *without)).collect()
        };
        let difference = Difference {
            sales: differences(sales(self.plan), &sales(&other)),
            buys: differences(buys(self.plan), &buys(&other)),
            tax: beyond(self.plan.outcome.tax - other.outcome.tax, DIME),
            sold: beyond(self.plan.outcome.sold - other.outcome.sold, self.noise),
        };
        let nothing = difference.sales.is_empty() && difference.buys.is_empty();
        (!nothing || !difference.tax.is_zero() || !difference.sold.is_zero()).then_some(difference)
    }
}

/// Returns an amount, or nothing where it is no more than snapping.
fn beyond(amount: Money, noise: Money) -> Money {
    if amount.abs() > noise { amount } else { Money::ZERO }
}

/// Shares by symbol, over all accounts.
type BySymbol = BTreeMap<Symbol, Shares>;

fn sales(plan: &Plan) -> BySymbol {
    let mut all = BySymbol::new();
    plan.sells.iter().for_each(|sale| *all.entry(sale.symbol.clone()).or_default() += sale.quantity);
    all
}

fn buys(plan: &Plan) -> BySymbol {
    let mut all = BySymbol::new();
    plan.buys.iter().for_each(|buy| *all.entry(buy.symbol.clone()).or_default() += buy.quantity);
    all
}

/// Most nearer ends of tax years that a route is compared with, and later ones.
const TAX_YEARS: usize = 3;
const LATER: i32 = 2;
/// Most rungs of a ladder.
const RUNGS: usize = 32;
/// Points below the bound that a ladder looks at.
const BELOW: u32 = 20;
/// With more lots than this a solve takes so long that a ladder is short.
const MANY_LOTS: usize = 1_000;

/// Neighbouring rungs of the same price.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The cap it begins at.
    pub from: Weight,
    /// The cap it ends at.
    pub to: Weight,
    /// Tax of each point.
    pub per_point: Money,
}

/// Returns a ladder as steps of one price, without the rungs that cannot be reached.
pub fn steps(rungs: &[Rung]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for pair in rungs.windows(2) {
        let [above, rung] = pair else { continue };
        // To the cent: a part of a lot's cost may be a third of something.
        let Some(marginal) = rung.marginal.map(Money::to_cents) else { continue };
        if rung.excess > CENT {
            break;
        }
        match steps.last_mut() {
            Some(step) if (step.per_point - marginal).abs() <= DIME => step.to = rung.cap,
            _ => steps.push(Step { from: above.cap, to: rung.cap, per_point: marginal }),
        }
    }
    steps
}

/// Something that can be taken away to see whether a broken cap can then be kept.
#[derive(Clone, Debug, PartialEq)]
enum Restraint {
    Limit(String),
    Symbol(String, Symbol),
    Locks,
    Accounts,
    WashSales,
    NearLongTerm,
}

/// Returns the smallest set of limits that together keep a cap from being met in this run (deletion filter): the cap and what
/// stands in its way. Empty when the plan meets it, or could.
fn conflict(problem: &Problem, plan: &Plan, id: &str, noise: Money) -> Vec<String> {
    let broken = |plan: &Plan| plan.outcome.excess.get(id).is_some_and(|excess| *excess > noise);
    if !broken(plan) {
        return Vec::new();
    }
    // In this run: a route may leave it until a cheaper day, and that is no conflict.
    let now = |route: &Route| Route { by: Some(problem.as_of), ..route.clone() };
    let mut current = Problem { route: problem.route.as_ref().map(now), ..problem.clone() };
    if !solve(&current).is_ok_and(|plan| broken(&plan)) {
        return Vec::new();
    }
    // Other state limits do not stop this one from being repaired unless they are worth more to repair; they are taken
    // away first, so that what is left is the cap against limits on actions.
    let mut restraints: Vec<Restraint> = Vec::new();
    for limit in &problem.limits {
        match &limit.measure {
            Measure::DoNotSell(symbols) => {
                restraints.extend(symbols.iter().map(|symbol| Restraint::Symbol(limit.id.clone(), symbol.clone())));
            }
            Measure::DoNotBuy(_) => {}
            _ if limit.id != id => restraints.push(Restraint::Limit(limit.id.clone())),
            _ => {}
        }
    }
    if problem.lots.iter().any(|lot| lot.locked.is_some()) {
        restraints.push(Restraint::Locks);
    }
    if problem.accounts.iter().any(|account| !account.do_not_sell.is_empty()) {
        restraints.push(Restraint::Accounts);
    }
    if problem.wash_sales == WashSales::Block {
        restraints.push(Restraint::WashSales);
    }
    if problem.near_long_term_days > 0 {
        restraints.push(Restraint::NearLongTerm);
    }
    let mut needed = vec![id.to_owned()];
    for restraint in restraints {
        let mut without = current.clone();
        take_away(&mut without, &restraint);
        match solve(&without) {
            Ok(plan) if broken(&plan) => current = without,
            _ => needed.push(match restraint {
                Restraint::Limit(id) => id,
                Restraint::Symbol(id, symbol) => format!("{id} {symbol}"),
                Restraint::Locks => "locked lots".to_owned(),
                Restraint::Accounts => "do-not-sell in [accounts]".to_owned(),
                Restraint::WashSales => "trading.wash-sale".to_owned(),
                Restraint::NearLongTerm => "trading.near-long-term-days".to_owned(),
            }),
        }
    }
    needed
}

fn take_away(problem: &mut Problem, restraint: &Restraint) {
    match restraint {
        Restraint::Limit(id) => problem.limits.retain(|limit| limit.id != *id),
        Restraint::Symbol(id, symbol) => {
            for limit in problem.limits.iter_mut().filter(|limit| limit.id == *id) {
                if let Measure::DoNotSell(symbols) = &mut limit.measure {
                    symbols.retain(|other| other != symbol);
                }
            }
        }
        Restraint::Locks => problem.lots.iter_mut().for_each(|lot| lot.locked = None),
        Restraint::Accounts => problem.accounts.iter_mut().for_each(|account| account.do_not_sell.clear()),
        Restraint::WashSales => problem.wash_sales = WashSales::Warn,
        Restraint::NearLongTerm => problem.near_long_term_days = 0,
    }
}

/// Says what cash a plan lacks that the plan at hand has, which the other figures do not tell; nothing when it lacks none.
pub fn lacking(other: &Outcome, plan: &Outcome) -> String {
    let (short, now) = (other.levels.cash_shortfall, plan.levels.cash_shortfall);
    if short > now + CENT { format!("; cash would be short by {}", short.dollars()) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(cap: f64, tax: i64, marginal: Option<i64>, excess: i64) -> Rung {
        let money = |amount: i64| Money(Decimal::from(amount));
        Rung { cap: Weight(cap), tax: money(tax), marginal: marginal.map(money), excess: money(excess) }
    }

    /// The prices of the worked case F03: nothing for the IRA's lot, 15 for the high one, 120 for the low one.
    #[test]
    fn rungs_of_one_price_are_one_step() {
        let rungs = [
            rung(0.46, 0, None, 0),
            rung(0.45, 0, Some(0), 0),
            rung(0.44, 15, Some(15), 0),
            rung(0.43, 30, Some(15), 0),
            rung(0.42, 150, Some(120), 0),
            rung(0.41, 150, Some(0), 500),
        ];
        let found: Vec<(f64, f64, String)> =
            steps(&rungs).iter().map(|step| (step.from.0, step.to.0, step.per_point.dollars())).collect();
        let expected = [(0.46, 0.45, "$0.00"), (0.45, 0.43, "$15.00"), (0.43, 0.42, "$120.00")];
        assert_eq!(found, expected.map(|(from, to, price)| (from, to, price.to_owned())));
    }
}
