//! The stages of a route, walked through in decimals: lots, cash, the turnover limit of every run, both sides, caps and
//! the gains, taxes and budgets of every year.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;

use super::{Checker, SLACK, first_long_day, fraction};
use crate::model::{Measure, Symbol, Term};
use crate::plan::{Route, RoutePlan, RouteStage};
use crate::units::Decimal;

/// Fractions of shares of later runs are given to the millionth, of prices that may be high.
const CENTS: Decimal = Decimal::from_parts(50, 0, 0, false, 2);
/// Taxes are given to the cent.
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

impl Checker<'_> {
    pub(super) fn route(&mut self) {
        let (Some(route), Some(way)) = (&self.problem.route, &self.plan.route) else { return };
        // A share that rounding leaves is sold at the next run, beside what that sells.
        let share: Decimal = self.plan.sells.iter().map(|sale| self.price(&sale.symbol)).sum::<Decimal>() + CENTS;
        let mut found = self.route_trades(way);
        found.extend(self.route_turnover(route, way, share));
        found.extend(self.route_cash(way));
        found.extend(self.route_caps(way, share));
        found.extend(self.route_years(route, way, share));
        for (rule, message) in found {
            self.breach(rule, message);
        }
    }

    fn worth(&self, symbol: &Symbol, quantity: crate::units::Shares) -> Decimal {
        self.price(symbol) * quantity.decimal()
    }

    /// Whether something is in a blackout on some day of a stage.
    fn is_blacked_out(&self, symbol: &Symbol, stage: &RouteStage) -> bool {
        let windows = self.problem.route.iter().flat_map(|route| &route.blackouts);
        windows.filter(|own| own.symbol == *symbol).any(|own| !(own.to < stage.first || stage.last < own.from))
    }

    fn route_trades(&self, way: &RoutePlan) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut left: BTreeMap<usize, Decimal> = BTreeMap::new();
        let (mut sold, mut bought) = (BTreeSet::new(), BTreeSet::new());
        for stage in &way.stages {
            for sale in &stage.sells {
                let Some(lot) = self.problem.lots.get(sale.lot) else {
                    found.push(("lots".to_owned(), format!("the route sells a lot that is not there: {}", sale.lot)));
                    continue;
                };
                let is_locked = lot.locked.is_some() && lot.unlocks.is_none_or(|day| stage.first < day);
                let is_locked = is_locked || self.is_blacked_out(&sale.symbol, stage);
                if lot.account != sale.account || lot.symbol != sale.symbol || is_locked {
                    found
                        .push(("lots".to_owned(), format!("the route may not sell {} of {}", lot.symbol, lot.account)));
                }
                let left = left.entry(sale.lot).or_insert(lot.quantity.decimal());
                *left -= sale.quantity.decimal();
                if *left < -Decimal::new(1, 4) || !sale.quantity.is_positive() {
                    found.push(("lots".to_owned(), format!("the route oversells {} of {}", lot.symbol, lot.account)));
                }
                sold.insert(self.identity(&sale.symbol));
            }
            let early = stage.buys.iter().filter(|buy| self.is_blacked_out(&buy.symbol, stage));
            found.extend(early.map(|buy| ("lots".to_owned(), format!("the route may not buy {}", buy.symbol))));
            bought.extend(stage.buys.iter().map(|buy| self.identity(&buy.symbol)));
        }
        found.extend(
            sold.intersection(&bought)
                .map(|both| ("both-sides".to_owned(), format!("the route sells and buys {both}"))),
        );
        found
    }

    fn route_turnover(&self, route: &Route, way: &RoutePlan, share: Decimal) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let value = self.value_before();
        for limit in &self.problem.limits {
            let Measure::Turnover(most) = &limit.measure else { continue };
            let per_run = fraction(most.0) * value;
            for (place, stage) in way.stages.iter().enumerate() {
                let room = match place {
                    0 => (per_run - route.used_turnover.decimal()).max(Decimal::ZERO) + CENTS,
                    _ => Decimal::from(stage.runs) * per_run + share,
                };
                let sold: Decimal = stage.sells.iter().map(|sale| self.worth(&sale.symbol, sale.quantity)).sum();
                if sold > room {
                    found
                        .push((limit.id.clone(), format!("the stage from {} sells {sold}, above {room}", stage.first)));
                }
            }
        }
        found
    }

    fn route_cash(&self, way: &RoutePlan) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut cash: BTreeMap<&str, Decimal> = BTreeMap::new();
        for account in &self.problem.accounts {
            cash.insert(&account.id, account.cash.decimal() + account.flow.decimal());
        }
        // This run is checked to the cent elsewhere; purchases of later ones know nothing of what rounding left.
        for stage in &way.stages {
            for sale in &stage.sells {
                let amount = self.worth(&sale.symbol, sale.quantity) - self.spread(&sale.symbol, sale.quantity);
                *cash.entry(&sale.account).or_default() += amount;
            }
            for buy in &stage.buys {
                let amount = self.worth(&buy.symbol, buy.quantity) + self.spread(&buy.symbol, buy.quantity);
                *cash.entry(&buy.account).or_default() -= amount;
            }
            for account in &self.problem.accounts {
                let before = account.cash.decimal() + account.flow.decimal();
                let least = account.reserve.decimal().min(before) - CENTS;
                let left = cash.get(account.id.as_str()).copied().unwrap_or_default();
                if left < least {
                    let message = format!("{left} is left in {} after {}, below {least}", account.id, stage.last);
                    found.push(("cash".to_owned(), message));
                }
            }
        }
        found
    }

    /// No cap is exceeded by more than before, after any stage.
    fn route_caps(&self, way: &RoutePlan, share: Decimal) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let value = self.value_before();
        for limit in &self.problem.limits {
            let Measure::ExposureCap { coefficients, cap, .. } = &limit.measure else { continue };
            let of = |symbol: &Symbol| fraction(coefficients.get(symbol).copied().unwrap_or(0.0));
            let lots = self.problem.lots.iter().map(|lot| of(&lot.symbol) * self.worth(&lot.symbol, lot.quantity));
            let fixed = self.problem.fixed.iter().map(|holding| of(&holding.symbol) * holding.value.decimal());
            let mut exposure: Decimal = lots.chain(fixed).sum();
            let mut most = (fraction(cap.0) * value).max(exposure) + share;
            for stage in &way.stages {
                exposure -=
                    stage.sells.iter().map(|s| of(&s.symbol) * self.worth(&s.symbol, s.quantity)).sum::<Decimal>();
                exposure +=
                    stage.buys.iter().map(|b| of(&b.symbol) * self.worth(&b.symbol, b.quantity)).sum::<Decimal>();
                let buys = stage.buys.iter().map(|buy| (buy.account.as_str(), &buy.symbol, buy.quantity));
                most += self.may_add((coefficients, *cap), buys);
                if exposure > most {
                    found.push((limit.id.clone(), format!("{exposure} after {}, above {most}", stage.last)));
                }
            }
        }
        found
    }

    /// Gains of a stage, short- and long-term, by the day of its first run.
    fn stage_gains(&self, stage: &RouteStage) -> (Decimal, Decimal) {
        let mut gains = (Decimal::ZERO, Decimal::ZERO);
        for sale in &stage.sells {
            let Some(lot) = self.problem.lots.get(sale.lot) else { continue };
            let taxable = self.problem.accounts.iter().any(|a| a.id == lot.account && a.kind.is_taxable());
            let Some(gain) = self.gain_of(lot, sale.quantity).filter(|_| taxable) else { continue };
            let is_long = match (lot.acquired, lot.term) {
                (Some(acquired), _) => stage.first >= first_long_day(acquired),
                (None, Some(term)) => term == Term::Long,
                (None, None) => gain < Decimal::ZERO,
            };
            if is_long { gains.1 += gain } else { gains.0 += gain }
        }
        gains
    }

    fn route_years(&self, route: &Route, way: &RoutePlan, share: Decimal) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let tax = &self.problem.tax;
        let mut gains: BTreeMap<i32, (Decimal, Decimal)> =
            way.years.keys().map(|year| (*year, Default::default())).collect();
        for stage in &way.stages {
            let (short, long) = self.stage_gains(stage);
            let own = gains.entry(stage.first.year()).or_default();
            (own.0, own.1) = (own.0 + short, own.1 + long);
        }
        // With the route, with what is realised already alone, and without what earlier runs of the route realised.
        let mut carries = [(tax.carry_short.decimal(), tax.carry_long.decimal()); 3];
        let mut before = (tax.realised_short.decimal(), tax.realised_long.decimal());
        let mut earlier = (route.realised_short.decimal(), route.realised_long.decimal());
        let mut used = route.realised_short.decimal() + route.realised_long.decimal();
        let mut total = Decimal::ZERO;
        let this = self.problem.as_of.year();
        let gains_of = gains.len();
        for (year, (short, long)) in gains {
            // This run's budgets are kept to the cent; what rounding left of it may fall into the next year.
            let trades_later = |stage: &RouteStage| stage.first.year() == this && !stage.sells.is_empty();
            let slack = match year == this {
                true if !way.stages.iter().skip(1).any(trades_later) => SLACK,
                true => CENTS,
                false => share,
            };
            let mut bills = [Decimal::ZERO; 3];
            let added = [(short, long), Default::default(), (-earlier.0, -earlier.1)];
            for ((bill, carry), own) in bills.iter_mut().zip(&mut carries).zip(added) {
                let (net_short, net_long) = (before.0 + own.0 - carry.0, before.1 + own.1 - carry.1);
                *bill = self.tax_of_year(year, net_short, net_long);
                *carry = self.carried(net_short, net_long);
            }
            let [with, without, floor] = bills;
            total += with - without;
            // What a carried loss that is used up no longer saves in years after the route is no tax of theirs.
            let is_of_route = way.stages.iter().any(|stage| stage.first.year() == year);
            let named = way.years.get(&year).map_or(Decimal::ZERO, |own| own.tax.decimal());
            if (with - without - named).abs() > CENT {
                found.push(("tax".to_owned(), format!("the tax of {year} is {}, and not {named}", with - without)));
            }
            for limit in self.problem.limits.iter().filter(|_| is_of_route) {
                match &limit.measure {
                    Measure::GainBudget(most) if short + long + used > most.decimal().max(used) + slack => {
                        found.push((limit.id.clone(), format!("{} is gained in {year}", short + long)));
                    }
                    Measure::TaxBudget(most)
                        if with - floor > most.decimal().max(Decimal::ZERO).max(without - floor) + slack =>
                    {
                        found.push((limit.id.clone(), format!("{} of tax in {year}", with - floor)));
                    }
                    _ => {}
                }
            }
            (before, earlier) = Default::default();
            used = Decimal::ZERO;
        }
        if (total - way.tax.decimal()).abs() > CENT * Decimal::from(gains_of.max(1)) {
            found.push(("tax".to_owned(), format!("the tax of the route is {total}, and not {}", way.tax)));
        }
        found
    }

    /// Losses that a year leaves to the next, as positive amounts: short-term ones meet ordinary income first.
    fn carried(&self, short: Decimal, long: Decimal) -> (Decimal, Decimal) {
        let zero = Decimal::ZERO;
        let lost = (-(short + long)).max(zero);
        let used = lost.min(self.problem.tax.loss_limit.decimal());
        let of_short = (-short - long.max(zero)).max(zero);
        let from_short = used.min(of_short);
        (of_short - from_short, (lost - of_short) - (used - from_short))
    }

    /// The tax of a calendar year by the tables where they hold, else by the flat rates.
    pub(super) fn tax_of_year(&self, year: i32, short: Decimal, long: Decimal) -> Decimal {
        let tax = &self.problem.tax;
        let Some(filing) = &tax.filing else { return self.year(short, long) };
        let Some((income, tables)) = filing.of_year(year) else { return self.year(short, long) };
        let (zero, limit, net) = (Decimal::ZERO, tax.loss_limit.decimal(), short + long);
        // What Schedule D leaves to be taxed of each, or to be taken off wages.
        let (taxed_short, taxed_long) = match (net < zero, short >= zero, long >= zero) {
            (true, ..) => (zero, zero),
            (_, true, true) => (short, long),
            (_, true, false) => (net, zero),
            _ => (zero, net),
        };
        let offset = (-net).max(zero).min(limit);
        let wages = income.taxable.decimal();
        let steps = |income: Decimal, tops: &[u32], rates: &[i64]| -> Decimal {
            let mut below = zero;
            let mut sum = zero;
            for (place, rate) in rates.iter().enumerate() {
                let top = tops.get(place).map_or(income, |top| Decimal::from(*top)).min(income);
                sum += (top - below).max(zero) * Decimal::new(*rate, 2);
                below = below.max(top);
            }
            sum
        };
        let ordinary = |income: Decimal| steps(income.max(zero), &tables.ordinary, &[10, 12, 22, 24, 32, 35, 37]);
        let stacked = |income: Decimal| steps(income.max(zero), &tables.long, &[0, 15, 20]);
        let deduction = Decimal::from(tables.standard_deduction);
        let magi = income.magi.map_or(wages + deduction, |magi| magi.decimal());
        let over = (magi + net.max(zero) - filing.status.niit_threshold().decimal()).max(zero);
        // Deductions that income does not use come off the gain.
        let base = wages + taxed_short - offset;
        ordinary(base) - ordinary(wages) + stacked(base + taxed_long) - stacked(base)
            + net.max(zero).min(over) * Decimal::new(38, 3)
            + filing.state_short * (taxed_short - offset.min(wages.max(zero)))
            + filing.state_long * taxed_long
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Measure;
    use crate::plan::testing::{Household, dollars};
    use crate::plan::{Route, verify};

    /// 80 dollars of gain a share, and 12 of tax.
    #[test]
    fn a_budget_of_this_year_is_kept_to_the_cent() {
        let gain = |amount| Measure::GainBudget(dollars(amount));
        let tax = |amount| Measure::TaxBudget(dollars(amount));
        for (most, less) in [(gain(4_000), gain(3_999)), (tax(600), tax(599))] {
            let mut home = Household::taxable(&[("NVDA", 100, 500, 20), ("AGG", 100, 500, 100)]);
            home.cap("tech", &[("NVDA", 1.0)], 0.40, 0.0);
            home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
            home.limit("budget", most);
            let plan = home.plan();
            assert_eq!(home.sold(&plan, "NVDA"), "50");
            home.limit("budget", less);
            let breaches = verify(&home.problem, &plan);
            assert!(breaches.iter().any(|breach| breach.rule == "budget"), "{breaches:?}");
            assert_eq!(home.sold(&home.plan(), "NVDA"), "49");
        }
    }

    /// Deductions are 9,000 more than the income: 58,450 of gain are untaxed, and 9,550 more are due 15%.
    #[test]
    fn deductions_that_income_does_not_use_come_off_the_gain() {
        let mut home = Household::taxable(&[("AAPL", 100, 900, 15), ("AGG", 100, 100, 100)]);
        home.cap("aapl", &[("AAPL", 1.0)], 0.10, 0.0);
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        home.single(-9_000);
        home.problem.set_aside_tax = true;
        let plan = home.plan();
        assert_eq!((home.sold(&plan, "AAPL"), plan.outcome.tax.dollars()), ("800".to_owned(), "$1,432.50".to_owned()));
    }

    /// 98.7654 shares in fractions are 98 of this run, and a route that says no more.
    #[test]
    fn the_route_says_what_whole_shares_realise() {
        let mut home = Household::taxable(&[("NVDA", 81, 500, 20), ("AGG", 100, 320, 100)]);
        home.cap("tech", &[("NVDA", 1.0)], 0.45, 0.0);
        home.problem.route = Some(Route { by: Some(home.problem.as_of), ..Route::default() });
        let plan = home.plan();
        let route = plan.route.as_ref().unwrap();
        assert_eq!((route.tax, route.sold), (plan.outcome.tax, plan.outcome.sold));
        assert!(plan.outcome.tax.is_positive() && route.years[&2026].long == plan.outcome.realised_long);
        let mut other = plan.clone();
        other.route.as_mut().unwrap().years.get_mut(&2026).unwrap().tax += dollars(1);
        assert!(verify(&home.problem, &other).iter().any(|breach| breach.rule == "tax"));
    }
}
