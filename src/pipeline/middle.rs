//! The middle of the way, from a household and what the market says to the problem of a plan: the same for the run of a
//! day and for every decision of a backtest.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{rotation, waiting};
use crate::exposure::Exposure;
use crate::household::{Answered, Household, Setup};
use crate::market::Market;
use crate::model::Symbol;
use crate::plan::{Problem, Route, TaxSettings};
use crate::rules::gates::{self, Gate};
use crate::rules::sleeves::Tilt;
use crate::rules::strength::Strength;
use crate::rules::{self, Verdict};
use crate::units::Money;

/// What the market says on a day, as far as rules ask.
#[derive(Clone, Debug)]
pub struct Weather {
    /// How far rotation has gone.
    pub strength: Strength,
    /// Which sleeves take part.
    pub gates: BTreeMap<Symbol, Gate>,
    /// What the economy does to their shares.
    pub tilts: BTreeMap<Symbol, Tilt>,
}

impl Weather {
    /// Reads the market on a day.
    pub fn of(setup: &Setup, market: &Market, as_of: NaiveDate, strength: Strength) -> Weather {
        let sleeves = &setup.rules.sleeves;
        Weather {
            strength,
            gates: rules::sleeves::gates(sleeves, |symbol| gates::gate(symbol, market, as_of, &setup.rotation)),
            tilts: sleeves.tilts(&setup.signals.readings(market, as_of)),
        }
    }
}

/// Asks every rule about a household.
pub fn verdicts(
    setup: &Setup,
    market: &Market,
    as_of: NaiveDate,
    exposure: &Exposure,
    weather: &Weather,
    pool: &Household,
) -> Vec<Verdict> {
    let context = rules::Context {
        exposure,
        registry: &setup.registry,
        strength: &weather.strength,
        gates: &weather.gates,
        tilts: &weather.tilts,
        deposits: pool.deposits(),
        withdrawals: pool.withdrawals(),
        to_raise: pool.to_raise(),
        smallest_sale: &|most| pool.smallest_sale(most, &setup.trading.trading),
        unwinding: rotation::unwinding(setup, &weather.strength),
        held: &pool.held,
        priced: &|symbol| pool.price(symbol).is_some(),
        symbols: &pool.symbols(),
        weekly: &|symbol, weeks| rules::scenarios::weekly(market, symbol, as_of, weeks),
        closed: &pool.closed,
        stand_ins: &setup.rules.sleeves.stand_ins(),
        sold: &pool.sold,
    };
    rules::verdicts(&setup.rules, &context)
}

/// Returns the problem of a plan that the verdicts ask for.
pub fn problem(
    setup: &Setup,
    market: &Market,
    as_of: NaiveDate,
    verdicts: &[Verdict],
    strength: &Strength,
    (pool, asked): (&Household, &Answered),
    tax: (TaxSettings, Money),
) -> Problem {
    let mut problem = pool.problem(rules::mandate(verdicts), tax, setup, &asked.keep);
    problem.trim_order = rotation::trim_order(market, &pool.symbols(), as_of);
    // What a stop leaves is left at once.
    if rotation::unwinding(setup, strength).is_some() {
        problem.route = None;
    }
    if problem.route.is_some() && setup.trading.route.wait_price.is_none() {
        let price = waiting::measured(&problem, market, as_of).price;
        problem.route = problem.route.map(|route| Route { wait_price: price, ..route });
    }
    problem
}
