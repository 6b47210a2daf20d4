//! What a route promises, held against carrying it out run by run at still prices.

use std::ops::Range;

use broaden::model::{Limit, LotId, LotOrigin, Measure, PastTrade, Side, Term, TradeDetails};
use broaden::plan::{Cadence, Plan, PlanLot, Problem, evaluate, realised_tax, solve, verify};
use broaden::units::{Money, Price, Shares, Weight};
use chrono::{Datelike, Days, Months, NaiveDate};

use super::{case, routes};

/// Most runs of a household.
const MOST_RUNS: usize = 40;

/// What was found over some households.
#[derive(Debug, Default)]
pub struct Found {
    /// Broken promises, in words.
    pub broken: Vec<String>,
    /// Households whose first run trades.
    pub trading: usize,
    /// Plans that carry a note of a plan that was thrown away.
    pub fallen: usize,
    /// Runs carried out.
    pub runs: usize,
}

/// Checks the households of some seeds.
pub fn check(seeds: Range<u64>) -> Found {
    checked(seeds, |_| None)
}

/// Checks them where a sale must earn its tax: at most 5 to 25 cents a dollar, by the seed.
pub fn check_worth(seeds: Range<u64>) -> Found {
    checked(seeds, |seed| Some(Measure::Worth(Weight(0.05 + 0.05 * (seed % 5) as f64))))
}

fn checked(seeds: Range<u64>, also: impl Fn(u64) -> Option<Measure>) -> Found {
    let mut found = Found::default();
    for seed in seeds {
        match case::problem(&routes::case(seed)) {
            Ok(mut problem) => {
                let limit = |measure| Limit { id: "worth".into(), kind: "test", measure, origin: "test".into() };
                problem.limits.extend(also(seed).map(limit));
                household(seed, &problem, &mut found);
            }
            Err(problems) => found.broken.push(format!("seed {seed}: {}", problems.join("; "))),
        }
    }
    found
}

fn household(seed: u64, problem: &Problem, found: &mut Found) {
    let Some(first) = run(seed, problem, found) else { return };
    found.trading += usize::from(!first.sells.is_empty() || !first.buys.is_empty());
    let Some(announced) = first.route.as_ref() else {
        found.broken.push(format!("seed {seed}: there is no route: {}", first.notes.join("; ")));
        return;
    };
    // The deadline stays while the route is carried out.
    let mut problem = problem.clone();
    if let Some(route) = &mut problem.route {
        route.by = Some(announced.by);
    }
    free_first(seed, &problem, &first, found);
    let most = announced.tax.to_f64();
    let last = announced.years.keys().next_back().copied().unwrap_or_default();
    let (mut plan, mut shares) = (first, 0.0);
    for _ in 0..MOST_RUNS {
        let prices = plan.sells.iter().filter_map(|sale| problem.securities.get(&sale.symbol));
        shares += prices.map(|security| security.price.to_f64()).sum::<f64>();
        let Some(next) = applied(&problem, &plan) else { return };
        let year_ends = next.as_of.year() != problem.as_of.year();
        problem = next;
        if year_ends || problem.route.as_ref().and_then(|route| route.by).is_some_and(|by| problem.as_of > by) {
            return;
        }
        let Some(own) = run(seed, &problem, found) else { return };
        plan = own;
        let Some(way) = &plan.route else { return };
        // What is paid and what the rest still costs is no more than was announced, but for a share of each sale at the
        // highest rate.
        let total = paid(&problem, last) + way.tax.to_f64();
        if total > most + 5.0 + 0.4 * shares {
            found.broken.push(format!("seed {seed}: announced {most:.2}, on {} {total:.2}", problem.as_of));
            return;
        }
        if way.runs == 0 {
            return;
        }
    }
}

/// The tax of what the route has realised this year: of this year and of those that a loss is carried to, as far as the
/// announcement counted.
fn paid(problem: &Problem, last: i32) -> f64 {
    let Some(route) = &problem.route else { return 0.0 };
    let mut without = problem.clone();
    without.tax.realised_short -= route.realised_short;
    without.tax.realised_long -= route.realised_long;
    (realised_tax(problem, last) - realised_tax(&without, last)).to_f64()
}

fn run(seed: u64, problem: &Problem, found: &mut Found) -> Option<Plan> {
    found.runs += 1;
    match solve(problem) {
        Ok(plan) => {
            let breaches = verify(problem, &plan);
            found.broken.extend(breaches.iter().take(1).map(|b| format!("seed {seed}: {}: {}", b.rule, b.message)));
            found.fallen += usize::from(plan.notes.iter().any(|note| note.contains("thrown away")));
            Some(plan)
        }
        Err(error) => {
            found.broken.push(format!("seed {seed}: {error}"));
            None
        }
    }
}

/// While something untaxed of a holding is left in another account, nothing of it is sold at a gain: the tax could be less.
fn free_first(seed: u64, problem: &Problem, plan: &Plan, found: &mut Found) {
    for sale in &plan.sells {
        let has_gain =
            plan.outcome.gains.get(&sale.lot).is_some_and(|(_, gain)| gain.is_some_and(|g| g.to_f64() > 1.0));
        let taxable = |id: &str| problem.accounts.iter().any(|account| account.id == id && account.kind.is_taxable());
        if !has_gain || !taxable(&sale.account) {
            continue;
        }
        let sold = |lot: &PlanLot| -> Shares {
            plan.sells.iter().filter(|own| own.lot == lot.id).map(|own| own.quantity).sum()
        };
        let free = problem.lots.iter().any(|lot| {
            lot.symbol == sale.symbol
                && !taxable(&lot.account)
                && !plan.held_back.contains_key(&lot.id)
                && (lot.quantity - sold(lot)).to_f64() > 1.5
        });
        let gains_matter = plan.route.as_ref().is_some_and(|way| way.tax.to_f64() > 1.0);
        if free && gains_matter {
            found.broken.push(format!("seed {seed}: {} is taxed while some of it is free", sale.symbol));
        }
    }
}

/// The household of the next run, when a plan was carried out at still prices.
pub fn applied(problem: &Problem, plan: &Plan) -> Option<Problem> {
    let mut next = problem.clone();
    let outcome = evaluate(problem, &plan.sells, &plan.buys);
    for account in &mut next.accounts {
        account.cash = *outcome.cash.get(&account.id)?;
        account.flow = Money::ZERO;
    }
    for sale in &plan.sells {
        let lot = next.lots.iter_mut().find(|lot| lot.id == sale.lot)?;
        let share = sale.quantity.decimal().checked_div(lot.quantity.decimal())?;
        lot.basis = lot.basis.map(|basis| basis - basis.times(share));
        lot.quantity -= sale.quantity;
        next.trades.push(past(
            problem.as_of,
            &sale.account,
            &sale.symbol,
            Side::Sell,
            sale.quantity,
            Some(outcome.gains.get(&sale.lot)?),
            problem.securities.get(&sale.symbol)?.price,
        ));
    }
    next.lots.retain(|lot| lot.quantity.is_positive());
    for (count, buy) in plan.buys.iter().enumerate() {
        let price = next.securities.get(&buy.symbol)?.price;
        next.trades.push(past(problem.as_of, &buy.account, &buy.symbol, Side::Buy, buy.quantity, None, price));
        next.lots.push(PlanLot {
            id: LotId::new(next.lots.iter().map(|lot| lot.id).max().map_or(0, |id| id.index() + 1)),
            origin: LotOrigin { own: format!("{} {} {count}", problem.as_of, buy.symbol), ..LotOrigin::default() },
            account: buy.account.clone(),
            symbol: buy.symbol.clone(),
            quantity: buy.quantity,
            basis: Some(price * buy.quantity),
            acquired: Some(problem.as_of),
            term: None,
            locked: None,
            unlocks: None,
        });
    }
    let route = next.route.as_mut()?;
    let day = next_run(problem.as_of, route.cadence)?;
    next.tax.realised_short += outcome.realised_short;
    next.tax.realised_long += outcome.realised_long;
    route.realised_short += outcome.realised_short;
    route.realised_long += outcome.realised_long;
    route.used_turnover = Money::ZERO;
    next.as_of = day;
    Some(next)
}

fn next_run(day: NaiveDate, cadence: Cadence) -> Option<NaiveDate> {
    match cadence {
        Cadence::Weekly => day.checked_add_days(Days::new(7)),
        Cadence::Monthly => day.checked_add_months(Months::new(1)),
    }
}

fn past(
    date: NaiveDate,
    account: &str,
    symbol: &broaden::model::Symbol,
    side: Side,
    quantity: Shares,
    realised: Option<&(Term, Option<Money>)>,
    price: Price,
) -> PastTrade {
    let (account, symbol) = (account.to_owned(), symbol.clone());
    let gain = realised.and_then(|(_, gain)| *gain);
    let details = TradeDetails { price: Some(price), term: realised.map(|(term, _)| *term), ..Default::default() };
    PastTrade { date, account, symbol, side, quantity, gain, outside: false, place: None, details }
}
