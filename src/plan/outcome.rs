//! What a list of trades does, in decimals: the figures that are printed.

use std::collections::BTreeMap;

use chrono::Datelike;
use rust_decimal::prelude::FromPrimitive;

use super::ground::{portfolio_value, term_of};
use super::{Levels, Outcome, PlanLot, PlannedBuy, PlannedSale, Problem};
use crate::model::{LotId, Measure, Reaction, Symbol, Term};
use crate::tax::Netting;
use crate::units::{Decimal, Money, Shares};

impl Outcome {
    /// Returns by how much the cap that is exceeded most is exceeded. A dollar that is sold may serve several caps, so that
    /// their sum counts it several times.
    pub fn furthest_over(&self) -> Money {
        self.excess.values().copied().max().unwrap_or_default()
    }
}

/// Returns a weight or coefficient as a decimal of at most twelve places.
pub(super) fn decimal(value: f64) -> Decimal {
    // A float below a thousand holds its trillionths exactly; the general conversion takes a tenth of a plan's time.
    if value.abs() < 1e3 {
        return Decimal::new((value * 1e12).round() as i64, 12);
    }
    Decimal::from_f64(value).unwrap_or_default().round_dp(12)
}

/// Returns the cash a sale brings: shares times price less half the spread, rounded down to the cent.
pub(super) fn proceeds(problem: &Problem, symbol: &Symbol, quantity: Shares) -> Money {
    let (gross, half) = gross_and_spread(problem, symbol, quantity);
    Money((gross - half).decimal().round_dp_with_strategy(2, rust_decimal::RoundingStrategy::ToNegativeInfinity))
}

/// Returns the cash a purchase takes: shares times price plus half the spread, rounded up to the cent.
pub(crate) fn payment(problem: &Problem, symbol: &Symbol, quantity: Shares) -> Money {
    let (gross, half) = gross_and_spread(problem, symbol, quantity);
    Money((gross + half).decimal().round_dp_with_strategy(2, rust_decimal::RoundingStrategy::ToPositiveInfinity))
}

fn gross_and_spread(problem: &Problem, symbol: &Symbol, quantity: Shares) -> (Money, Money) {
    let Some(security) = problem.securities.get(symbol) else { return (Money::ZERO, Money::ZERO) };
    let gross = security.price * quantity;
    (gross, gross.times(security.half_spread_bps.saturating_mul(Decimal::new(1, 4))))
}

/// Returns the gain of a sale of so much of a lot; `None` where its basis is unknown.
pub(super) fn gain(problem: &Problem, lot: &PlanLot, quantity: Shares) -> Option<Money> {
    let (basis, security) = (lot.basis?, problem.securities.get(&lot.symbol)?);
    // The sold part of the basis; a whole lot takes all of it.
    let part = if quantity == lot.quantity {
        basis
    } else {
        basis.times(quantity.decimal().checked_div(lot.quantity.decimal()).unwrap_or_default())
    };
    Some(security.price * quantity - part)
}

/// Returns the year with and without some more realised gain.
pub(super) fn year(problem: &Problem, short: Money, long: Money) -> (Netting, Netting) {
    let before_short = problem.tax.realised_short - problem.tax.carry_short;
    let before_long = problem.tax.realised_long - problem.tax.carry_long;
    let of = |short, long| super::yearly::year(&problem.tax, problem.as_of.year(), short, long);
    (of(before_short + short, before_long + long), of(before_short, before_long))
}

/// Computes what some trades do. Trades of unknown lots, accounts or symbols count for nothing; `verify` reports them.
pub(super) fn evaluate(problem: &Problem, sells: &[PlannedSale], buys: &[PlannedBuy]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut cash: BTreeMap<String, Money> =
        problem.accounts.iter().map(|account| (account.id.clone(), account.cash + account.flow)).collect();
    let mut change: BTreeMap<&Symbol, Money> = BTreeMap::new();
    let mut orders = std::collections::BTreeSet::new();
    let mut spread = Money::ZERO;
    let lots: BTreeMap<LotId, &PlanLot> = problem.lots.iter().map(|lot| (lot.id, lot)).collect();
    for sale in sells {
        let Some(lot) = lots.get(&sale.lot).filter(|_| problem.securities.contains_key(&sale.symbol)) else { continue };
        let (gross, half) = gross_and_spread(problem, &sale.symbol, sale.quantity);
        outcome.sold += gross;
        spread += half;
        *change.entry(&sale.symbol).or_default() += -gross;
        *cash.entry(sale.account.clone()).or_default() += proceeds(problem, &sale.symbol, sale.quantity);
        orders.insert((&sale.account, &sale.symbol, false));
        let gain = gain(problem, lot, sale.quantity);
        let term = term_of(lot, problem.as_of, gain.is_none_or(|gain| !gain.is_negative()));
        let taxable = problem.accounts.iter().any(|account| account.id == sale.account && account.kind.is_taxable());
        if taxable {
            match term {
                Term::Short => outcome.realised_short += gain.unwrap_or_default(),
                Term::Long => outcome.realised_long += gain.unwrap_or_default(),
            }
        }
        let slot = outcome.gains.entry(sale.lot).or_insert((term, Some(Money::ZERO)));
        slot.1 = slot.1.zip(gain).map(|(sum, gain)| sum + gain);
    }
    for buy in buys {
        let (gross, half) = gross_and_spread(problem, &buy.symbol, buy.quantity);
        outcome.bought += gross;
        spread += half;
        *change.entry(&buy.symbol).or_default() += gross;
        *cash.entry(buy.account.clone()).or_default() += -payment(problem, &buy.symbol, buy.quantity);
        orders.insert((&buy.account, &buy.symbol, true));
    }
    let mut tickets = Money::ZERO;
    for (account, _, _) in &orders {
        tickets += problem.ticket;
        *cash.entry((*account).clone()).or_default() += -problem.ticket;
    }
    // The levels count costs by formula, to the fraction of a cent; what is printed is what is booked.
    let cost = spread + tickets;
    outcome.value = portfolio_value(problem) - cost;
    let (with, without) = year(problem, outcome.realised_short, outcome.realised_long);
    outcome.tax = with.tax - without.tax;
    let had: Money = problem.accounts.iter().map(|account| account.cash + account.flow).sum();
    let left: Money = cash.values().copied().sum();
    outcome.trading_cost = had + outcome.sold - outcome.bought - left;
    outcome.cash = cash;
    exposures(problem, &change, &mut outcome);
    let due = outcome.tax.max(Money::ZERO);
    outcome.levels = Levels {
        cash_shortfall: shortfall(problem, &outcome, due),
        largest_gap: outcome.gaps.values().copied().max().unwrap_or_default().max(Money::ZERO),
        cost: due + cost,
        turnover: outcome.sold + outcome.bought,
        signed_tax: outcome.tax,
        ..outcome.levels
    };
    outcome.value = portfolio_value(problem) - outcome.trading_cost;
    outcome
}

/// Cash that is missing to the reserves, and to the tax that is set aside.
fn shortfall(problem: &Problem, outcome: &Outcome, due: Money) -> Money {
    let mut missing = Money::ZERO;
    let mut free = Money::ZERO;
    for account in &problem.accounts {
        let over = outcome.cash.get(&account.id).copied().unwrap_or_default() - account.reserve;
        missing += (-over).max(Money::ZERO);
        if account.kind.is_taxable() {
            free += over.max(Money::ZERO);
        }
    }
    if problem.set_aside_tax { missing + (due - free).max(Money::ZERO) } else { missing }
}

fn exposures(problem: &Problem, change: &BTreeMap<&Symbol, Money>, outcome: &mut Outcome) {
    let mut held: BTreeMap<&Symbol, Money> = BTreeMap::new();
    for lot in &problem.lots {
        if let Some(security) = problem.securities.get(&lot.symbol) {
            *held.entry(&lot.symbol).or_default() += security.price * lot.quantity;
        }
    }
    for holding in &problem.fixed {
        *held.entry(&holding.symbol).or_default() += holding.value;
    }
    let before_value = portfolio_value(problem);
    let sum = |coefficients: &BTreeMap<Symbol, f64>, held: &BTreeMap<&Symbol, Money>| -> Money {
        coefficients.iter().filter_map(|(symbol, beta)| held.get(symbol).map(|value| value.times(decimal(*beta)))).sum()
    };
    let before = held.clone();
    for (symbol, amount) in change {
        *held.entry(symbol).or_default() += *amount;
    }
    for limit in &problem.limits {
        match &limit.measure {
            Measure::ExposureCap { coefficients, cap, trigger } => {
                let exposure = sum(coefficients, &held);
                let base = if problem.caps_after_costs { outcome.value } else { before_value };
                let excess = (exposure - base.times(decimal(cap.0))).max(Money::ZERO);
                let acts =
                    sum(coefficients, &before) > before_value.times(decimal(cap.0) + decimal(trigger.0.max(0.0)));
                if acts {
                    outcome.levels.excess += excess;
                }
                outcome.excess.insert(limit.id.clone(), excess);
                outcome.weights.insert(limit.id.clone(), exposure.share_of(outcome.value).map_or(0.0, |w| w.0));
            }
            Measure::RiskCap { risk, returns, cap, trigger } => {
                let of = |held: &BTreeMap<&Symbol, Money>| {
                    let held = held.iter().map(|(symbol, value)| (*symbol, value.to_f64())).collect();
                    Money(decimal(super::risk::slope(*risk, returns, &held).0))
                };
                let now = of(&held);
                let base = if problem.caps_after_costs { outcome.value } else { before_value };
                let excess = (now - base.times(decimal(cap.0))).max(Money::ZERO);
                if of(&before) > before_value.times(decimal(cap.0) + decimal(trigger.0.max(0.0))) {
                    outcome.levels.excess += excess;
                }
                outcome.excess.insert(limit.id.clone(), excess);
                outcome.weights.insert(limit.id.clone(), now.share_of(outcome.value).map_or(0.0, |w| w.0));
            }
            Measure::ExposureFloor { coefficients, .. } => {
                let exposure = sum(coefficients, &held);
                outcome.weights.insert(limit.id.clone(), exposure.share_of(outcome.value).map_or(0.0, |w| w.0));
            }
            Measure::BuyCap { symbols, .. } => {
                let value: Money = held.iter().filter(|(symbol, _)| symbols.contains(symbol)).map(|(_, v)| *v).sum();
                outcome.weights.insert(limit.id.clone(), value.share_of(outcome.value).map_or(0.0, |w| w.0));
            }
            _ => {}
        }
    }
    for target in &problem.targets {
        let value = held.get(&target.symbol).copied().unwrap_or_default();
        let gap = (outcome.value.times(decimal(target.weight.0)) - value).max(Money::ZERO);
        if target.reaction == Reaction::Fill {
            outcome.levels.gaps += gap;
            outcome.gaps.insert(target.id.clone(), gap);
        }
    }
}
