//! What must always hold for a plan, over random households, and the worked cases.
//!
//! The fourteen invariants of a plan, and where each is tested:
//!
//! 1. nothing oversold, no borrowing, cash not below its reserve: `every_plan_passes_the_independent_checker`
//! 2. cash to the cent per account, from rounded trades: the same (`cash` and `figures` of the checker)
//! 3. nothing bought and sold: the same (`both-sides`)
//! 4. no cap made worse: the same
//! 5. monotone in caps, budgets and lists: `more_freedom_never_leaves_more_excess`,
//!    `a_lower_cap_is_kept_or_gives_no_more_tech`
//! 6. the tax is that of netting: `the_tax_is_that_of_netting`, `the_program_does_not_understate_the_tax`
//! 7. rows in any order, lots split: `the_order_of_rows_changes_nothing`, `splitting_a_lot_changes_no_total`
//! 8. applied, it asks for nothing more: `a_plan_that_was_carried_out_is_not_proposed_again`
//! 9. a compliant household is left alone: `a_compliant_household_is_left_alone`
//! 10. scale: `ten_times_the_household_gives_ten_times_the_plan`
//! 11. no wash sale: `wash_sales_are_blocked_or_only_warned_about`, and the checker
//! 12. no signal looks ahead: `tests/market/look_ahead.rs`
//! 13. strength moves by its step at most, the same every time: `a_step_is_never_larger_and_a_replay_never_different`
//! 14. without taxes nothing is missed by more: `without_taxes_nothing_is_missed_by_more`

#[path = "../../examples/support/bounds.rs"]
mod bounds;
#[path = "../../examples/support/case.rs"]
pub mod case;
#[path = "../../examples/support/market_tables.rs"]
mod market_tables;
#[path = "../../examples/support/random.rs"]
pub mod random;
#[path = "../../examples/support/tables.rs"]
mod tables;

use std::sync::atomic::{AtomicUsize, Ordering};

use bounds::beats_bound;
use broaden::model::{Limit, LotId, LotOrigin, Measure, PastTrade, Side, Symbol};
use broaden::plan::{Mode, Plan, PlanLot, Problem, Route, TaxSettings, WashSales, evaluate, solve, verify, washed};
use broaden::tax::{Rates, net};
use broaden::units::{Decimal, Money, Shares, Weight};
use random::{Dice, Shape, household};

/// Dollars that rounding to a thousandth of a share may move.
const ROUNDING: f64 = 2.0;

fn plan_of(problem: &Problem) -> Plan {
    let plan = solve(problem);
    assert!(plan.is_ok(), "{plan:?}");
    plan.unwrap_or_default()
}

fn continuous(seed: u64) -> Problem {
    Problem { whole_shares: false, ..household(seed, Shape::Plain) }
}

fn shape(seed: u64) -> Shape {
    if seed.is_multiple_of(2) { Shape::Plain } else { Shape::Full }
}

/// Runs a check over seeds on all cores.
fn for_seeds(seeds: std::ops::Range<u64>, check: impl Fn(u64) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    std::thread::scope(|scope| {
        for worker in 0..threads {
            let (seeds, check) = (seeds.clone(), &check);
            scope.spawn(move || {
                for seed in seeds.filter(|seed| seed % threads == worker) {
                    check(seed);
                }
            });
        }
    });
}

#[test]
fn worked_cases_come_out_as_worked() {
    let mut ran = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let table: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let result = match tables::RUNNERS.iter().find(|(start, _)| name.starts_with(start)) {
            Some((_, runner)) => runner(&table),
            None if name.starts_with(['T', 'R']) => case::check(&table),
            None => continue,
        };
        assert_eq!(result, Ok(()), "{name}");
        ran += 1;
    }
    assert!(ran >= 60, "{ran}");
}

/// Invariants 1 to 4 and 11: no lot oversold, cash to the cent, nothing on both sides, no cap worse, no wash sale; and the
/// outcome is that of the trades. 10,000 households.
#[test]
fn every_plan_passes_the_independent_checker() {
    let (traded, fallen_back) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for_seeds(0..10_000, |seed| {
        let problem = household(seed, shape(seed));
        let plan = plan_of(&problem);
        traded.fetch_add(usize::from(!plan.sells.is_empty() || !plan.buys.is_empty()), Ordering::Relaxed);
        fallen_back.fetch_add(usize::from(!plan.notes.is_empty()), Ordering::Relaxed);
        assert_eq!(verify(&problem, &plan), [], "seed {seed}");
        assert_eq!(evaluate(&problem, &plan.sells, &plan.buys), plan.outcome, "seed {seed}");
        for account in &problem.accounts {
            let before = account.cash + account.flow;
            assert!(plan.outcome.cash[&account.id] >= account.reserve.min(before), "seed {seed}");
        }
        for (id, excess) in &plan.outcome.excess {
            let before = plan.nothing.excess[id];
            let costs = if before.is_positive() { plan.outcome.trading_cost.to_f64() } else { 0.0 };
            assert!(excess.to_f64() <= before.to_f64() + costs + 1e-4, "seed {seed}: {id}");
        }
    });
    // Where no plan passes, the answer is to do nothing, with a note: that would keep all of the above.
    let (traded, fallen_back) = (traded.into_inner(), fallen_back.into_inner());
    assert!(traded >= 8_000 && fallen_back <= 5, "{traded} households trade, {fallen_back} plans have notes");
}

/// The checker finds what is wrong with a spoiled plan: otherwise the test above would prove nothing.
#[test]
fn the_checker_finds_spoiled_plans() {
    let mut spoiled = 0;
    for seed in 0..300 {
        let problem = household(seed, Shape::Plain);
        let plan = plan_of(&problem);
        if let Some(sale) = plan.sells.first() {
            let lot = problem.lots.iter().find(|lot| lot.id == sale.lot).unwrap();
            let mut other = plan.clone();
            other.sells[0].quantity = Shares(lot.quantity.decimal() + Decimal::ONE);
            assert!(verify(&problem, &other).iter().any(|breach| breach.rule == "lots"), "seed {seed}");
            let mut other = plan.clone();
            other.sells[0].quantity = Shares(-sale.quantity.decimal());
            assert!(!verify(&problem, &other).is_empty(), "seed {seed}");
            spoiled += 1;
        }
        if !plan.buys.is_empty() {
            let mut other = plan.clone();
            other.buys[0].quantity = Shares(Decimal::from(1_000_000));
            assert!(verify(&problem, &other).iter().any(|breach| breach.rule == "cash"), "seed {seed}");
            let mut other = plan.clone();
            other.buys[0].symbol = Symbol::new("NVDA");
            assert!(verify(&problem, &other).iter().any(|breach| breach.rule == "buys"), "seed {seed}");
        }
    }
    assert!(spoiled > 100, "{spoiled}");
}

/// A sale must earn its tax, alone and over a route: the checker works out by itself which gains are dear, and that no more of
/// them are realised than losses shelter. The limit bites, and does not stop everything.
#[test]
fn no_gain_is_realised_that_costs_more_than_it_may() {
    let (left, sold) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for_seeds(0..600, |seed| {
        let mut problem = household(seed, shape(seed));
        if seed % 3 == 0 {
            problem.route =
                Some(Route { by: problem.as_of.checked_add_days(chrono::Days::new(60)), ..Route::default() });
        }
        let free = plan_of(&problem);
        let measure = Measure::Worth(Weight(0.005 + 0.02 * (seed % 5) as f64));
        problem.limits.push(Limit { id: "worth".into(), kind: "test", measure, origin: "test".into() });
        let plan = plan_of(&problem);
        assert_eq!(verify(&problem, &plan), [], "seed {seed}");
        left.fetch_add(usize::from(!verify(&problem, &free).is_empty()), Ordering::Relaxed);
        sold.fetch_add(usize::from(!plan.sells.is_empty()), Ordering::Relaxed);
    });
    let (left, sold) = (left.into_inner(), sold.into_inner());
    assert!(left > 40 && sold > 200, "{left} {sold}");
}

/// Invariant 5: a larger gain budget never leaves more excess, more to hold on to never less.
#[test]
fn more_freedom_never_leaves_more_excess() {
    for_seeds(0..1_000, |seed| {
        let mut problem = continuous(seed);
        problem.limits.retain(|limit| limit.id != "gain_budget" && limit.id != "do_not_sell");
        let with = |measure: Measure| {
            let mut problem = problem.clone();
            problem.limits.push(Limit { id: "extra".into(), kind: "test", measure, origin: "test".into() });
            plan_of(&problem).outcome.levels
        };
        let budget = |dollars: i64| with(Measure::GainBudget(Money(Decimal::from(dollars))));
        let (small, large) = (budget(500), budget(2_000));
        assert!(large.cash_shortfall.to_f64() <= small.cash_shortfall.to_f64() + ROUNDING, "seed {seed}");
        if (large.cash_shortfall - small.cash_shortfall).abs().to_f64() < 0.01 {
            assert!(large.excess.to_f64() <= small.excess.to_f64() + ROUNDING, "seed {seed}");
        }
        let free = plan_of(&problem).outcome.levels;
        let held = with(Measure::DoNotSell(vec![Symbol::new("NVDA"), Symbol::new("MSFT")]));
        if (free.cash_shortfall - held.cash_shortfall).abs().to_f64() < 0.01 {
            assert!(held.excess.to_f64() >= free.excess.to_f64() - ROUNDING, "seed {seed}");
        }
    });
}

/// Invariant 5: for caps c1 < c2, tech after c1 is at most the larger of c1 and tech after c2. (Not that a lower cap never
/// gives more tech: X01 is a counterexample.)
#[test]
fn a_lower_cap_is_kept_or_gives_no_more_tech() {
    for_seeds(0..1_000, |seed| {
        let with_cap = |cap: f64| {
            let mut problem = continuous(seed);
            problem
                .limits
                .retain(|limit| limit.id == "tech" || limit.id == "max_turnover" || limit.id == "do_not_sell");
            for limit in &mut problem.limits {
                if let Measure::ExposureCap { cap: own, .. } = &mut limit.measure {
                    *own = Weight(cap);
                }
            }
            let plan = plan_of(&problem);
            (plan.outcome.weights["tech"], plan.outcome.levels.cash_shortfall)
        };
        let ((low, short), (high, other)) = (with_cap(0.2), with_cap(0.3));
        if (short - other).abs().to_f64() < 0.01 {
            assert!(low <= 0.2_f64.max(high) + 1e-4, "seed {seed}: {low} and {high}");
        }
    });
}

/// Invariant 6: the tax of a plan is that of an independent netting of its sales.
#[test]
fn the_tax_is_that_of_netting() {
    for_seeds(0..1_500, |seed| {
        let problem = household(seed, Shape::Plain);
        let plan = plan_of(&problem);
        let (mut short, mut long) = (Money::ZERO, Money::ZERO);
        for sale in &plan.sells {
            let lot = problem.lots.iter().find(|lot| lot.id == sale.lot).unwrap();
            let account = problem.accounts.iter().find(|account| account.id == sale.account).unwrap();
            if !account.kind.is_taxable() {
                continue;
            }
            let share = sale.quantity.decimal() / lot.quantity.decimal();
            let gain = problem.securities[&lot.symbol].price * sale.quantity - lot.basis.unwrap().times(share);
            match broaden::tax::term_on(lot.acquired.unwrap(), problem.as_of) {
                broaden::model::Term::Short => short += gain,
                broaden::model::Term::Long => long += gain,
            }
        }
        let tax = &problem.tax;
        let rates = Rates {
            short: tax.short_rate,
            long: tax.long_rate,
            ordinary: tax.ordinary_rate,
            loss_limit: tax.loss_limit,
        };
        let before = (tax.realised_short - tax.carry_short, tax.realised_long - tax.carry_long);
        let expected = net(before.0 + short, before.1 + long, &rates).tax - net(before.0, before.1, &rates).tax;
        assert_eq!(plan.outcome.tax.to_cents(), expected.to_cents(), "seed {seed}");
    });
}

/// The tax of the continuous plan is the tax the program planned with: no piece of the tax function cheats.
#[test]
fn the_program_does_not_understate_the_tax() {
    for_seeds(0..1_500, |seed| {
        let problem = continuous(seed);
        let plan = plan_of(&problem);
        let Some(bound) = &plan.bound else { return };
        let (cost, planned) = (plan.outcome.levels.cost.to_f64(), bound.cost.to_f64());
        assert!((cost - planned).abs() <= ROUNDING, "seed {seed}: {cost} and {planned}");
    });
}

/// What is called the least is not above the plan it is printed beside.
#[test]
fn no_plan_is_better_than_its_bounds() {
    for_seeds(0..3_000, |seed| {
        let problem = household(seed, shape(seed));
        assert_eq!(beats_bound(&problem, &plan_of(&problem)), None, "seed {seed}");
    });
}

/// Invariant 7: the order of rows changes nothing.
#[test]
fn the_order_of_rows_changes_nothing() {
    for_seeds(0..2_000, |seed| {
        let problem = household(seed, shape(seed));
        let mut other = problem.clone();
        let mut dice = Dice::new(seed ^ 0xabc);
        dice.shuffle(&mut other.accounts);
        dice.shuffle(&mut other.lots);
        dice.shuffle(&mut other.limits);
        dice.shuffle(&mut other.targets);
        dice.shuffle(&mut other.buyable);
        dice.shuffle(&mut other.trades);
        let (one, two) = (plan_of(&problem), plan_of(&other));
        assert_eq!((one.sells, one.buys), (two.sells, two.buys), "seed {seed}");
    });
}

/// Invariant 7: a lot split in two halves of the same purchase changes no total.
#[test]
fn splitting_a_lot_changes_no_total() {
    for_seeds(0..1_000, |seed| {
        let problem = continuous(seed);
        let mut split = problem.clone();
        split.lots = (problem.lots.iter())
            .flat_map(|lot| {
                let half = |second: usize| PlanLot {
                    id: LotId::new(2 * lot.id.index() + second),
                    quantity: Shares(lot.quantity.decimal() / Decimal::TWO),
                    basis: lot.basis.map(|basis| Money(basis.decimal() / Decimal::TWO)),
                    ..lot.clone()
                };
                [half(0), half(1)]
            })
            .collect();
        let (one, two) = (plan_of(&problem).outcome.levels, plan_of(&split).outcome.levels);
        for (one, two) in [(one.excess, two.excess), (one.gaps, two.gaps), (one.cost, two.cost)] {
            assert!((one - two).abs().to_f64() <= ROUNDING, "seed {seed}: {one} and {two}");
        }
    });
}

/// What the household is after a plan, with its purchases, gains, and used budgets.
fn applied(problem: &Problem, plan: &Plan) -> Problem {
    let mut next = problem.clone();
    for account in &mut next.accounts {
        account.cash = plan.outcome.cash[&account.id] - account.flow;
    }
    for sale in &plan.sells {
        let Some(lot) = next.lots.iter_mut().find(|lot| lot.id == sale.lot) else { continue };
        let share = sale.quantity.decimal() / lot.quantity.decimal();
        lot.basis = lot.basis.map(|basis| basis - basis.times(share));
        lot.quantity -= sale.quantity;
        let gain = plan.outcome.gains[&sale.lot].1;
        let (side, quantity) = (Side::Sell, sale.quantity);
        let (account, symbol) = (sale.account.clone(), sale.symbol.clone());
        let date = problem.as_of;
        next.trades.push(PastTrade {
            date,
            account,
            symbol,
            side,
            quantity,
            gain,
            outside: false,
            place: None,
            details: Default::default(),
        });
    }
    next.lots.retain(|lot| lot.quantity.is_positive());
    // Purchases count for wash sales although their lots are gone.
    for lot in &problem.lots {
        if let Some(date) = lot.acquired {
            let (account, symbol, quantity) = (lot.account.clone(), lot.symbol.clone(), lot.quantity);
            let side = Side::Buy;
            next.trades.push(PastTrade {
                date,
                account,
                symbol,
                side,
                quantity,
                gain: None,
                outside: false,
                place: None,
                details: Default::default(),
            });
        }
    }
    // It is still the same day: what was bought is not sold, what was sold is not bought.
    let kin = |traded: &Symbol| -> Vec<Symbol> {
        let identity = &problem.securities[traded].identity;
        problem
            .securities
            .iter()
            .filter(|(_, own)| own.identity == *identity)
            .map(|(symbol, _)| symbol.clone())
            .collect()
    };
    let bought = Measure::DoNotSell(plan.buys.iter().flat_map(|buy| kin(&buy.symbol)).collect());
    let sold = Measure::DoNotBuy(plan.sells.iter().flat_map(|sale| kin(&sale.symbol)).collect());
    for measure in [bought, sold] {
        next.limits.push(Limit { id: "same day".into(), kind: "test", measure, origin: "test".into() });
    }
    for (index, buy) in plan.buys.iter().enumerate() {
        let price = next.securities[&buy.symbol].price;
        next.lots.push(PlanLot {
            id: LotId::new(1_000 + index),
            origin: LotOrigin::default(),
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
    next.tax.realised_short += plan.outcome.realised_short;
    next.tax.realised_long += plan.outcome.realised_long;
    for limit in &mut next.limits {
        match &mut limit.measure {
            Measure::GainBudget(budget) => {
                *budget = *budget - plan.outcome.realised_short - plan.outcome.realised_long;
            }
            Measure::Turnover(most) => {
                most.0 = (most.0 * plan.nothing.value.to_f64() - plan.outcome.sold.to_f64()).max(0.0)
                    / plan.outcome.value.to_f64().max(1.0);
            }
            _ => {}
        }
    }
    next
}

/// Invariant 8: after a plan there is (almost) nothing left to do.
#[test]
fn a_plan_that_was_carried_out_is_not_proposed_again() {
    let moved = std::sync::Mutex::new(Vec::new());
    for_seeds(0..1_000, |seed| {
        let mut problem = household(seed, Shape::Plain);
        problem.whole_shares = true;
        for account in &mut problem.accounts {
            account.increment = if seed.is_multiple_of(2) { Decimal::new(1, 3) } else { Decimal::ONE };
        }
        // As `advise` plans: to the letter of the formulas, spending for nothing would shrink a target. Costs leave a
        // filled cap exceeded by cents, which is below its trigger.
        problem.caps_after_costs = false;
        for limit in &mut problem.limits {
            if let Measure::ExposureCap { trigger, .. } = &mut limit.measure {
                trigger.0 = 0.005;
            }
        }
        // Tax set aside is due later; the next run must not spend it, which only the user's reserve can say.
        problem.set_aside_tax = false;
        let plan = plan_of(&problem);
        let again = plan_of(&applied(&problem, &plan));
        let dollars = again.outcome.levels.turnover.to_f64();
        // One more share of something may fit once the rounded cash is counted again.
        if dollars > (0.002 * plan.outcome.value.to_f64()).max(530.0) {
            moved.lock().unwrap().push((seed, dollars));
        }
    });
    let moved = moved.into_inner().unwrap();
    assert!(moved.is_empty(), "{} {:?}", moved.len(), moved.iter().take(10).collect::<Vec<_>>());
}

/// Invariant 9: a household that keeps every rule gets an empty plan, even with losses to harvest.
#[test]
fn a_compliant_household_is_left_alone() {
    for_seeds(0..1_500, |seed| {
        let mut problem = household(seed, shape(seed));
        problem.targets.clear();
        for account in &mut problem.accounts {
            (account.reserve, account.flow) = (Money::ZERO, Money::ZERO);
        }
        for limit in &mut problem.limits {
            if let Measure::ExposureCap { cap, .. } | Measure::RiskCap { cap, .. } = &mut limit.measure {
                *cap = Weight(1.5);
            }
        }
        let plan = plan_of(&problem);
        assert!(plan.sells.is_empty() && plan.buys.is_empty(), "seed {seed}");
    });
}

/// Invariant 10: ten times the household gives ten times the plan in fractions.
#[test]
fn ten_times_the_household_gives_ten_times_the_plan() {
    let compared = AtomicUsize::new(0);
    let ten = Decimal::TEN;
    for_seeds(0..1_000, |seed| {
        let problem = continuous(seed);
        let mut large = problem.clone();
        for account in &mut large.accounts {
            (account.cash, account.flow) = (account.cash.times(ten), account.flow.times(ten));
            account.reserve = account.reserve.times(ten);
        }
        for lot in &mut large.lots {
            lot.quantity = Shares(lot.quantity.decimal() * ten);
            lot.basis = lot.basis.map(|basis| basis.times(ten));
        }
        for limit in &mut large.limits {
            if let Measure::GainBudget(budget) = &mut limit.measure {
                *budget = budget.times(ten);
            }
        }
        let tax = &problem.tax;
        large.tax = TaxSettings {
            loss_limit: tax.loss_limit.times(ten),
            realised_short: tax.realised_short.times(ten),
            realised_long: tax.realised_long.times(ten),
            carry_short: tax.carry_short.times(ten),
            carry_long: tax.carry_long.times(ten),
            ..tax.clone()
        };
        let (Some(one), Some(two)) = (plan_of(&problem).bound, plan_of(&large).bound) else { return };
        compared.fetch_add(1, Ordering::Relaxed);
        for (one, two) in [(one.excess, two.excess), (one.gaps, two.gaps), (one.cost, two.cost)] {
            assert!((one.times(ten) - two).abs().to_f64() <= 0.1, "seed {seed}: {one} and {two}");
        }
    });
    assert!(compared.into_inner() >= 990);
}

/// Invariant 14: without taxes no goal is missed by more, of the plan in fractions: where a cap and a budget both bind, a
/// thousandth of a share that is not sold (15 cents of tech, seed 74) leaves 50 times as much of a fund with 2% tech unbought.
#[test]
fn without_taxes_nothing_is_missed_by_more() {
    let compared = AtomicUsize::new(0);
    for_seeds(0..1_000, |seed| {
        let problem = continuous(seed);
        let mut free = problem.clone();
        (free.tax.short_rate, free.tax.long_rate) = (Decimal::ZERO, Decimal::ZERO);
        free.tax.ordinary_rate = Decimal::ZERO;
        let (Some(with), Some(without)) = (plan_of(&problem).bound, plan_of(&free).bound) else { return };
        compared.fetch_add(1, Ordering::Relaxed);
        let better = |one: Money, other: Money| one.to_f64() < other.to_f64() - 0.01;
        let levels =
            [(with.cash_shortfall, without.cash_shortfall), (with.excess, without.excess), (with.gaps, without.gaps)];
        for (with, without) in levels {
            assert!(!better(with, without), "seed {seed}: {with} and {without}");
            if better(without, with) {
                break;
            }
        }
    });
    assert!(compared.into_inner() >= 990);
}

/// Invariant 11: where wash sales block, no loss is sold that is not wholly deductible; where they only warn, losses are
/// sold that are not, each of them is told, and what is told adds up.
#[test]
fn wash_sales_are_blocked_or_only_warned_about() {
    let (mut told, mut held) = (0, 0);
    for seed in 0..600 {
        let plan_with = |wash_sales: WashSales| {
            let problem = Problem {
                wash_sales,
                mode: Mode::Lexicographic,
                caps_after_costs: false,
                ..household(seed, Shape::Full)
            };
            let plan = plan_of(&problem);
            (washed(&problem, &plan), plan)
        };
        let (lost, plan) = plan_with(WashSales::Block);
        assert_eq!(lost, [], "seed {seed}");
        held += plan.held_back.values().filter(|reason| reason.contains("wash sale")).count();
        let (lost, plan) = plan_with(WashSales::Warn);
        assert!(!plan.held_back.values().any(|reason| reason.contains("wash sale")), "seed {seed}");
        for loss in &lost {
            assert_eq!(loss.allowed + loss.deferred + loss.lost, loss.loss, "seed {seed}");
            assert!(plan.sells.iter().any(|sale| sale.lot == loss.lot), "seed {seed}");
        }
        told += lost.len();
    }
    assert!(held > 50 && told > 20, "{held} lots held back, {told} losses told");
}
