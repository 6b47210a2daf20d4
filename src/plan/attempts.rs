//! From a plan in fractions to one that passes the check. Where whole shares and cents break a rule that the fractions
//! keep, it is planned again that much farther inside; where nothing passes, nothing is done, and a note says so.

use super::draft::{Draft, Margins};
use super::ground::Ground;
use super::verify::SET_ASIDE;
use super::{AIMS, Breach, OWN_SOLVER, Plan, PlanError, PlannedBuy, PlannedSale, Problem};
use super::{average, evaluate, in_fractions, risk, round, verify};
use crate::model::LotId;
use crate::units::{Decimal, Money, Shares};

/// Dollars of room that the first further attempt gives up.
const FIRST: f64 = 0.01;
/// How much more each further attempt gives up.
const GROWTH: i32 = 2;
/// Attempts after the first: the last gives up $1,311, more than a share of most of what is traded.
const MORE: usize = 17;
/// Of these, the ones that look for the tax of what is sold for cash, and what they raise for a dollar that is short: what is
/// sold for it is taxed too.
const FOR_TAX: usize = 6;
const TAXED_TOO: f64 = 1.2;

/// Plans, and plans again until a plan passes the check. `twice` asks a second solver about the first attempt.
pub(super) fn planned(problem: &Problem, twice: bool) -> Result<Plan, PlanError> {
    let nothing = evaluate(problem, &[], &[]);
    let idle = Plan { outcome: nothing.clone(), nothing, solver: OWN_SOLVER.to_owned(), ..Plan::default() };
    let scale = Ground::new(problem)?.scale;
    let (mut first, mut margins) = (None, Margins::new());
    let mut nearest: Option<Plan> = None;
    for attempt in 0..=MORE {
        let (plan, trades) = attempted(problem, &margins, &idle, twice && attempt == 0)?;
        let Some((sells, buys)) = trades else { break };
        let mut candidate = with(problem, &plan, sells, buys);
        let mut breach = verify(problem, &candidate).into_iter().next();
        // A step more or less of one order is often all that is wrong: the best of these.
        if breach.is_some() {
            let near = neighbours(problem, &candidate.sells, &candidate.buys).into_iter();
            let near = near.map(|(sells, buys)| with(problem, &plan, sells, buys));
            let allowed = near.filter(|other| verify(problem, other).is_empty());
            let aims = |plan: &Plan| AIMS.map(|(_, of)| of(&plan.outcome.levels).to_cents());
            if let Some(best) = allowed.min_by_key(aims) {
                (candidate, breach) = (best, None);
            }
        }
        let Some(breach) = breach else {
            // The tax of what is sold for cash that is owed is known only when it is sold.
            let short = |plan: &Plan| plan.outcome.levels.cash_shortfall.to_cents();
            let is_nearer = nearest.as_ref().is_none_or(|known| short(&candidate) < short(known));
            // What is short beyond it, no further attempt raises.
            let of_tax = Money::ZERO..=candidate.outcome.tax.to_cents();
            let is_short =
                problem.set_aside_tax && short(&candidate).is_positive() && of_tax.contains(&short(&candidate));
            if is_short && attempt < FOR_TAX {
                let before = margins.get(SET_ASIDE).copied().unwrap_or(0.0);
                let due = candidate.outcome.tax.max(Money::ZERO).to_f64();
                let more = (scale * due).max(before + scale * TAXED_TOO * short(&candidate).to_f64());
                margins.insert(SET_ASIDE.to_owned(), more);
                nearest = if is_nearer { Some(candidate) } else { nearest };
                continue;
            }
            let candidate = nearest.filter(|_| !is_nearer).unwrap_or(candidate);
            // What no plan can be better than is that of the limits as they are.
            let bound = first.map_or(candidate.bound.clone(), |(plan, _): (Plan, _)| plan.bound);
            let cost = candidate.outcome.trading_cost;
            let bound = bound.map(|bound| bound.at_cost(problem, &candidate.nothing, cost));
            return Ok(Plan { bound, ..candidate });
        };
        first = first.or_else(|| {
            let note = format!("a plan was thrown away: {}: {}", breach.rule, breach.message);
            Some((Plan { notes: [plan.notes, vec![note]].concat(), ..plan }, candidate.sells))
        });
        widen(&mut margins, &breach, attempt, scale);
    }
    if let Some(nearest) = nearest {
        return Ok(nearest);
    }
    let Some((plan, sells)) = first else { return Ok(attempted(problem, &margins, &idle, twice)?.0) };
    // Where a purchase breaks a rule that only the checker knows, the sales may stand alone.
    let sales = with(problem, &plan, sells, Vec::new());
    if verify(problem, &sales).is_empty() {
        return Ok(sales);
    }
    let note = "no better plan than doing nothing passed the check".to_owned();
    // A route whose first step is not taken leads nowhere.
    Ok(Plan { notes: [plan.notes, vec![note]].concat(), route: None, outcome: idle.outcome, ..plan })
}

/// The plan with its trades, what they do, and a route that begins with them.
fn with(problem: &Problem, plan: &Plan, sells: Vec<PlannedSale>, buys: Vec<PlannedBuy>) -> Plan {
    let mut plan = plan.clone();
    if let (Some(route), Some(way)) = (&problem.route, &mut plan.route) {
        way.settle(problem, route, &sells, &buys);
    }
    Plan { outcome: evaluate(problem, &sells, &buys), sells, buys, ..plan }
}

/// Plans in fractions and rounds to shares; no trades where no program could be solved.
fn attempted(
    problem: &Problem,
    margins: &Margins,
    idle: &Plan,
    twice: bool,
) -> Result<(Plan, Option<round::Trades>), PlanError> {
    let mut plan = idle.clone();
    let mut draft = Draft::new(Ground::new(problem)?, margins);
    let mut solution = in_fractions(&draft, twice);
    while solution.as_ref().is_some_and(|solution| risk::sharpen(&mut draft, &solution.amounts)) {
        solution = in_fractions(&draft, twice);
    }
    plan.held_back = draft.ground.held_back.clone();
    plan.not_bought = draft.ground.not_bought.clone();
    let Some(solution) = solution else {
        plan.notes.push("no program could be solved: the plan is to do nothing".to_owned());
        return Ok((plan, None));
    };
    plan.bound = solution.bound;
    plan.route = solution.route;
    plan.binding = solution.binding;
    plan.notes.extend(solution.notes);
    plan.solver = solution.solver;
    let (sells, buys) = round::round(&draft, &solution.amounts);
    Ok((plan, Some((average::oldest_first(problem, sells), buys))))
}

/// Widens the margin of the rule that was broken: by what it is broken by, where that is known, since tax that is set aside
/// leaves more in cash than the fractions do. `scale` is basis points per dollar.
fn widen(margins: &mut Margins, breach: &Breach, attempt: usize, scale: f64) {
    let attempt = i32::try_from(attempt).unwrap_or(i32::MAX);
    let before = margins.get(&breach.rule).copied().unwrap_or(0.0);
    let more = scale * FIRST * f64::from(GROWTH).powi(attempt);
    margins.insert(breach.rule.clone(), more.max(before + scale * breach.by.to_f64()));
}

/// Returns the same trades with a step more or less of one of them.
fn neighbours(problem: &Problem, sells: &[PlannedSale], buys: &[PlannedBuy]) -> Vec<round::Trades> {
    let step = |account: &str| {
        let home = problem.accounts.iter().find(|home| home.id == account);
        home.map_or(Decimal::ONE, |home| if problem.whole_shares { home.increment } else { Decimal::new(1, 3) })
    };
    let held = |lot: LotId| problem.lots.iter().find(|own| own.id == lot).map(|own| own.quantity.decimal());
    let mut found = Vec::new();
    for (index, sale) in sells.iter().enumerate() {
        let (own, step) = (sale.quantity.decimal(), step(&sale.account));
        let most = held(sale.lot).unwrap_or(own);
        for quantity in [(own - step).max(Decimal::ZERO), (own + step).min(most)] {
            let mut other = sells.to_vec();
            if let Some(sale) = other.get_mut(index) {
                sale.quantity = Shares(quantity);
            }
            other.retain(|sale| sale.quantity.is_positive());
            found.push((other, buys.to_vec()));
        }
    }
    for (index, buy) in buys.iter().enumerate() {
        let fewer = (buy.quantity.decimal() - step(&buy.account)).max(Decimal::ZERO);
        let mut other = buys.to_vec();
        if let Some(buy) = other.get_mut(index) {
            buy.quantity = Shares(fewer);
        }
        other.retain(|buy| buy.quantity.is_positive());
        found.push((sells.to_vec(), other));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_gives_up_more_room() {
        let breach = |by| Breach { rule: "gains".to_owned(), message: String::new(), by: Money(Decimal::from(by)) };
        let mut margins = Margins::new();
        let kept = [0, 1, 2, 16].map(|attempt| {
            widen(&mut margins, &breach(0), attempt, 0.5);
            margins["gains"]
        });
        assert_eq!(kept, [0.005, 0.01, 0.02, 327.68]);
        // What it is broken by comes on top of what was given up in vain.
        let mut margins = Margins::new();
        let kept = [(16_000, 0), (700, 1), (0, 2)].map(|(by, attempt)| {
            widen(&mut margins, &breach(by), attempt, 0.5);
            margins["gains"]
        });
        assert_eq!(kept, [8_000.0, 8_350.0, 8_350.0]);
    }

    /// Everything but a tenth may be sold, and a third of what it costs goes to the tax: what is left buys too little of the
    /// neutral fund to stay above the floor. That was found only after rounding, by more than any attempt gave up.
    #[test]
    fn tax_that_keeps_cash_from_being_invested_costs_no_plan() {
        use crate::model::Symbol;
        use crate::plan::Route;
        use crate::plan::testing::Household;
        let mut home = Household::taxable(&[("NVDA", 100, 1_000, 1)]);
        home.price("RSP", 100);
        home.problem.neutral = Some(Symbol::new("RSP"));
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home.problem.set_aside_tax = true;
        home.problem.tax.long_rate = Decimal::new(33, 2);
        home.cap("issuer", &[("NVDA", 1.0)], 0.10, 0.0);
        home.floor("core", &[("NVDA", 1.0), ("RSP", 0.5)], 0.45);
        let plan = home.plan();
        let kept = 1_000.0 - plan.outcome.sold.to_f64() / 100.0;
        // x shares are kept: x + 0.5 * (1,000 - x) * (1 - 0.33 * 0.99) >= 450 where x is 171.
        assert!((171.0..190.0).contains(&kept), "{kept}: {:?}", plan.notes);
    }

    /// $50,000 are withdrawn by who has $88,000 of income, where $98,900 are untaxed: x shares of $100 with $90 of gain each
    /// must come to 50,000 + 0.15 * (88,000 + 90 x - 98,900), so x is 559.1.
    #[test]
    fn the_tax_of_what_is_withdrawn_is_raised_too() {
        use crate::plan::testing::{Household, dollars};
        use crate::plan::{Filing, Income, Route};
        use crate::tax::FilingStatus;
        let mut home = Household::taxable(&[("AAPL", 100, 1_000, 10)]);
        let income = Income { taxable: dollars(88_000), magi: None };
        home.problem.tax.filing = Some(Filing {
            status: FilingStatus::Joint,
            state_short: Decimal::ZERO,
            state_long: Decimal::ZERO,
            years: [(2026, income)].into(),
        });
        (home.problem.tax.short_rate, home.problem.tax.long_rate) = (Decimal::new(12, 2), Decimal::ZERO);
        home.problem.set_aside_tax = true;
        home.problem.accounts[0].flow = dollars(-50_000);
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        let plan = home.plan();
        let sold = plan.outcome.sold.to_f64() / 100.0;
        assert!((560.0..564.0).contains(&sold), "{sold}");
        let due = 0.15 * (90.0 * sold - 10_900.0);
        assert_eq!((plan.outcome.tax.to_f64(), plan.outcome.levels.cash_shortfall), (due, Money::ZERO));
    }
}
