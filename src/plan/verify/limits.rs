//! Every limit as it is written, against the holdings before and after.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::{Breach, Checker, SLACK, first_long_day, fraction};
use crate::model::{Measure, PastTrade, Side, Symbol, Term};
use crate::plan::PlanLot;
use crate::units::{Decimal, Money, Shares, Weight};

/// The share in a cap from which on a holding is sold for it.
const HALF: f64 = 0.5;

impl Checker<'_> {
    /// How far above its cap something may end that was so far above it: no further (domain brief 8.2, "do no harm"). But
    /// where caps are held against the value before costs, what those costs take from it is not held against the plan.
    fn allowed(&self, was: Decimal, share_of_costs: Decimal) -> Decimal {
        if self.problem.caps_after_costs { was } else { was + share_of_costs }
    }

    /// What purchases of the fund that takes the rest may add to what is at a cap or above it, where it has little of it.
    pub(super) fn may_add<'b>(
        &self,
        (coefficients, cap): (&BTreeMap<Symbol, f64>, Weight),
        buys: impl Iterator<Item = (&'b str, &'b Symbol, Shares)>,
    ) -> Decimal {
        let one = |(account, symbol, quantity): (&str, &Symbol, Shares)| {
            let home = self.problem.accounts.iter().find(|home| home.id == account)?;
            let share = coefficients.get(symbol).copied().filter(|share| self.problem.adds_little(*share, cap))?;
            let is_rest = self.problem.neutral_in(home) == Some(symbol);
            is_rest.then(|| fraction(share) * self.price(symbol) * quantity.decimal())
        };
        buys.filter_map(one).sum()
    }

    pub(super) fn limits(&mut self) {
        let mut before: BTreeMap<Symbol, Decimal> = BTreeMap::new();
        let mut value = Decimal::ZERO;
        for account in &self.problem.accounts {
            value += account.cash.decimal() + account.flow.decimal();
        }
        for lot in &self.problem.lots {
            let worth = self.price(&lot.symbol) * lot.quantity.decimal();
            value += worth;
            *before.entry(lot.symbol.clone()).or_default() += worth;
        }
        for holding in &self.problem.fixed {
            value += holding.value.decimal();
            *before.entry(holding.symbol.clone()).or_default() += holding.value.decimal();
        }
        let mut after = before.clone();
        let (mut sold, mut cost) = (Decimal::ZERO, Decimal::ZERO);
        for sale in &self.plan.sells {
            let dollars = self.price(&sale.symbol) * sale.quantity.decimal();
            *after.entry(sale.symbol.clone()).or_default() -= dollars;
            sold += dollars;
            cost += self.spread(&sale.symbol, sale.quantity);
        }
        for buy in &self.plan.buys {
            *after.entry(buy.symbol.clone()).or_default() += self.price(&buy.symbol) * buy.quantity.decimal();
            cost += self.spread(&buy.symbol, buy.quantity);
        }
        let orders = self.orders();
        cost += self.problem.ticket.decimal() * Decimal::from(orders.len());
        let value_after = value - cost;
        let exposure = |coefficients: &BTreeMap<Symbol, f64>, held: &BTreeMap<Symbol, Decimal>| -> Decimal {
            coefficients
                .iter()
                .filter_map(|(symbol, beta)| held.get(symbol).map(|value| *value * fraction(*beta)))
                .sum()
        };
        let mut found = Vec::new();
        for limit in &self.problem.limits {
            let mut by = Decimal::ZERO;
            let broken = match &limit.measure {
                Measure::ExposureCap { coefficients, cap, .. } => {
                    let buys = self.plan.buys.iter().map(|buy| (buy.account.as_str(), &buy.symbol, buy.quantity));
                    let more = self.may_add((coefficients, *cap), buys);
                    let cap = fraction(cap.0);
                    let was = (exposure(coefficients, &before) - cap * value).max(Decimal::ZERO);
                    let is = (exposure(coefficients, &after) - cap * value_after).max(Decimal::ZERO);
                    let allowed = self.allowed(was, cap * cost) + more;
                    by = is - allowed;
                    (is > allowed + SLACK).then(|| format!("the excess grows from {was} to {is}"))
                }
                Measure::RiskCap { risk, returns, cap, .. } => {
                    let cap = fraction(cap.0);
                    let was = (super::risk::dollars(*risk, returns, &before) - cap * value).max(Decimal::ZERO);
                    let is = (super::risk::dollars(*risk, returns, &after) - cap * value_after).max(Decimal::ZERO);
                    let allowed = self.allowed(was, cap * cost);
                    by = is - allowed;
                    (is > allowed + SLACK).then(|| format!("the risk above the cap grows from {was} to {is}"))
                }
                Measure::ExposureFloor { coefficients, floor } => {
                    let floor = fraction(floor.0);
                    let was = exposure(coefficients, &before) - floor * value;
                    let is = exposure(coefficients, &after) - floor * value_after;
                    by = -is;
                    (was >= Decimal::ZERO && is < -SLACK).then(|| format!("{is} below the floor"))
                }
                Measure::BuyCap { symbols, cap } => {
                    let sum = |held: &BTreeMap<Symbol, Decimal>| -> Decimal {
                        symbols.iter().collect::<BTreeSet<_>>().iter().filter_map(|s| held.get(*s).copied()).sum()
                    };
                    let bought = self.plan.buys.iter().any(|buy| symbols.contains(&buy.symbol));
                    let over = sum(&after) - fraction(cap.0) * value_after;
                    (bought && over > SLACK).then(|| format!("{over} above the maximum"))
                }
                Measure::Turnover(most) => {
                    let used = self.problem.route.as_ref().map_or(Decimal::ZERO, |r| r.used_turnover.decimal());
                    let most = fraction(most.0) * value - used;
                    let most = most.max(Decimal::ZERO);
                    (sold > most + SLACK).then(|| format!("{sold} is sold, more than {most}"))
                }
                // Those of a route are of its years: `route.rs` of this room.
                Measure::GainBudget(_) | Measure::TaxBudget(_) if self.plan.route.is_some() => None,
                Measure::GainBudget(budget) => {
                    let (short, long) = self.realised();
                    let most = budget.decimal().max(Decimal::ZERO);
                    (short + long > most + SLACK).then(|| format!("{} of gain, more than {most}", short + long))
                }
                Measure::TaxBudget(budget) => {
                    let tax = self.tax();
                    let most = budget.decimal().max(Decimal::ZERO);
                    (tax > most + SLACK).then(|| format!("{tax} of tax, more than {most}"))
                }
                Measure::Worth(most) => self.too_dear(fraction(most.0), &before, value),
                Measure::MinTrade(least) => orders
                    .iter()
                    .find(|(_, dollars)| **dollars < least.decimal() - SLACK)
                    .map(|((account, symbol, _), dollars)| format!("{dollars} of {symbol} in {account} is too small")),
                Measure::MaxTrades(most) => {
                    (orders.len() > *most as usize).then(|| format!("{} orders, more than {most}", orders.len()))
                }
                Measure::BuyOnly => (!self.plan.sells.is_empty()).then(|| "something is sold".to_owned()),
                Measure::DoNotSell(symbols) => (self.plan.sells.iter())
                    .find(|sale| symbols.contains(&sale.symbol))
                    .map(|sale| format!("{} is sold", sale.symbol)),
                Measure::DoNotBuy(symbols) => (self.plan.buys.iter())
                    .find(|buy| symbols.contains(&buy.symbol))
                    .map(|buy| format!("{} is bought", buy.symbol)),
            };
            if let Some(message) = broken {
                found.push(Breach { rule: limit.id.clone(), message, by: Money(by) });
            }
        }
        self.breaches.append(&mut found);
    }

    /// Gains that cost more by themselves than a sale may, were nothing else realised in the year, beyond every loss there
    /// is: none may be realised, but for what is above twice a cap at no more than twice the cost.
    fn too_dear(&self, most: Decimal, held: &BTreeMap<Symbol, Decimal>, value: Decimal) -> Option<String> {
        let accounts = &self.problem.accounts;
        let owed = accounts.iter().any(|own| own.cash + own.flow < own.reserve);
        let tax = &self.problem.tax;
        let taxed = |lot: &PlanLot| accounts.iter().any(|own| own.id == lot.account && own.kind.is_taxable());
        let twice = |symbol: &Symbol| self.above_twice_a_cap(symbol, held, value);
        let mut far: BTreeMap<&str, (Decimal, Decimal, Decimal)> = BTreeMap::new();
        let mut dear = Decimal::ZERO;
        for sale in &self.plan.sells {
            let Some(lot) = self.lot(sale.lot).filter(|lot| taxed(lot)) else { continue };
            let Some(gain) = self.gain_of(lot, sale.quantity) else { continue };
            let is_long = match (lot.acquired, lot.term) {
                (Some(acquired), _) => self.problem.as_of >= first_long_day(acquired),
                (None, term) => term == Some(Term::Long),
            };
            let (short, long) = if is_long { (Decimal::ZERO, gain) } else { (gain, Decimal::ZERO) };
            let year = self.problem.as_of.year();
            let alone = self.tax_of_year(year, short, long) - self.tax_of_year(year, Decimal::ZERO, Decimal::ZERO);
            let dollars = self.price(&sale.symbol) * sale.quantity.decimal();
            let costs_over = |times: Decimal| alone > times * most * dollars + SLACK;
            if !costs_over(Decimal::ONE) {
                continue;
            }
            match twice(&sale.symbol).filter(|_| !costs_over(Decimal::TWO)) {
                Some((cap, above, share)) => {
                    let known = far.entry(cap).or_default();
                    *known = (known.0 + gain, known.1 + share * dollars, above);
                }
                None => dear += gain,
            }
        }
        // Of what goes below twice the cap the losses must shelter the gain.
        for (gain, gone, above) in far.into_values() {
            let part = above.checked_div(gone).unwrap_or_default();
            dear += (gain - gain * part).max(Decimal::ZERO);
        }
        let losses = self.problem.lots.iter().filter(|lot| taxed(lot));
        let losses = losses.filter_map(|lot| Some((-self.gain_of(lot, lot.quantity)?).max(Decimal::ZERO)));
        // Gains of this year's earlier runs may stand beside what those losses shelter.
        let as_of = self.problem.as_of;
        let of_year = |own: &&PastTrade| own.date <= as_of && own.date.year() == as_of.year();
        let is_counted = |own: &&PastTrade| own.side == Side::Sell && !own.outside && own.details.term.is_some();
        let earlier = self.problem.trades.iter().filter(of_year).filter(is_counted);
        let earlier: Money = earlier.filter_map(|own| own.gain.filter(|gain| gain.is_positive())).sum();
        let carried = tax.carry_short + tax.carry_long - tax.realised_short - tax.realised_long + earlier;
        let sheltered: Decimal = losses.sum::<Decimal>() + carried.decimal().max(Decimal::ZERO);
        (!owed && dear > sheltered + SLACK).then(|| format!("{dear} of dear gain, and {sheltered} of losses"))
    }

    /// The cap by which a symbol is furthest above twice of it, the dollars above, and its share, at least half.
    fn above_twice_a_cap(
        &self,
        symbol: &Symbol,
        held: &BTreeMap<Symbol, Decimal>,
        value: Decimal,
    ) -> Option<(&str, Decimal, Decimal)> {
        let caps = self.problem.limits.iter().filter_map(|limit| {
            let Measure::ExposureCap { coefficients, cap, .. } = &limit.measure else { return None };
            let share = coefficients.get(symbol).copied().filter(|share| *share >= HALF)?;
            let of = |(own, dollars): (&Symbol, &Decimal)| coefficients.get(own).map(|beta| fraction(*beta) * *dollars);
            let above = held.iter().filter_map(of).sum::<Decimal>() - Decimal::TWO * fraction(cap.0) * value;
            Some((limit.id.as_str(), above, fraction(share))).filter(|_| above > Decimal::ZERO)
        });
        caps.max_by_key(|(_, above, _)| *above)
    }
}
