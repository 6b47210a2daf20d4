//! The problem of a plan: the household with the limits and targets of the rules, and how much may be sold in a run.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::Household;
use super::orders::{action_limits, half_spread, smallest_order};
use super::setup::Setup;
use crate::diagnostics::Place;
use crate::model::{Limit, Mandate, Measure, Reaction, Symbol};
use crate::plan::{
    self, Cadence, Decided, Mode, PlanAccount, PlanLot, Problem, Route, Security, TaxSettings, TradingSettings,
};
use crate::rules::strength;
use crate::units::{Decimal, Money, Price, Shares, Weight};

/// Leaves nothing to be traded: too much of the household has no value.
pub fn hold_back(problem: &mut Problem) {
    for lot in &mut problem.lots {
        lot.lock("too much of what is held has no value for any order");
    }
    problem.buyable.clear();
    // Nor does the neutral fund take the cash.
    problem.accounts.iter_mut().for_each(|account| account.menu = Some(Vec::new()));
}

/// What the budgets of `[tax]` are; those under `[limits]` are of a run.
const OF_THE_YEAR: &str = "tax";

/// How often one runs, as the turnover limit counts it.
fn cadence(setup: &Setup) -> Cadence {
    match setup.rotation.cadence {
        strength::Cadence::Monthly => Cadence::Monthly,
        strength::Cadence::Daily | strength::Cadence::Weekly => Cadence::Weekly,
    }
}

/// Leaves of limits that are of a period or a year what a run that is planned alone still has.
fn leave(limits: &mut [Limit], used: Weight, tax: &TaxSettings, year: i32) {
    let (short, long) = (tax.realised_short, tax.realised_long);
    let taxed = plan::netted(tax, year, short - tax.carry_short, long - tax.carry_long).tax;
    let left = |most: Money, used: Money| (most - used).max(Money::ZERO);
    for limit in limits {
        let of_the_year = limit.kind == OF_THE_YEAR;
        match &mut limit.measure {
            Measure::Turnover(most) => most.0 = (most.0 - used.0).max(0.0),
            Measure::TaxBudget(most) if of_the_year => *most = left(*most, taxed),
            Measure::GainBudget(most) if of_the_year => *most = left(*most, short + long),
            _ => {}
        }
    }
}

/// Returns the problem of this run alone: for cash that is owed and that a route leaves missing. `value` is that of the
/// household.
pub fn alone(problem: &Problem, value: Money) -> Option<Problem> {
    let route = problem.route.as_ref()?;
    let mut alone = Problem { route: None, ..problem.clone() };
    let used = route.used_turnover.share_of(value).unwrap_or_default();
    leave(&mut alone.limits, used, &problem.tax, chrono::Datelike::year(&problem.as_of));
    Some(alone)
}

/// While rotation is frozen the rules ask for the safe fund, with what is deposited: it takes the cash of the accounts that this
/// comes to, where all of them offer it, and is bought in no other.
fn keep_deposits_safe(mandate: &mut Mandate, accounts: &mut [PlanAccount], safe: &Symbol) {
    let asked = mandate.targets.iter().any(|own| own.symbol == *safe && own.reaction == Reaction::Fill);
    let offers = |account: &PlanAccount| account.menu.as_ref().is_none_or(|menu| menu.contains(safe));
    let mut deposits = accounts.iter().filter(|account| account.flow.is_positive());
    if !asked || !deposits.all(offers) {
        return;
    }
    mandate.targets.retain(|own| own.symbol != *safe);
    mandate.buyable.retain(|own| own != safe);
    for account in accounts.iter_mut().filter(|account| account.flow.is_positive()) {
        account.neutral = Some(safe.clone());
    }
}

impl Household {
    /// Returns the value of everything that counts, after deposits and withdrawals.
    fn value(&self) -> Money {
        let cash: Money = self.accounts.iter().map(|account| account.cash + account.flow).sum();
        let fixed: Money = self.fixed.iter().map(|holding| holding.value).sum();
        let lots = self.lots.iter().filter_map(|lot| Some(self.price(&lot.symbol)? * lot.quantity));
        cash + fixed + lots.sum::<Money>()
    }

    /// Returns the most that is sold in one run, as a weight of the value after deposits and withdrawals: a share of the
    /// value before withdrawals, and what these need beyond the cash that is there. Someone who takes money out has asked
    /// for those sales, and a gradual rotation is no reason to come up short.
    fn turnover(&self, most: Weight, trading: &TradingSettings, raised: Money) -> Weight {
        let after = self.value();
        if !after.is_positive() {
            return most;
        }
        let before = (after + self.withdrawals()).to_f64();
        let share = (most.0 * before).max(self.smallest_sale(most, trading).map_or(0.0, Money::to_f64));
        Weight((share + raised.to_f64()) / after.to_f64())
    }

    /// Returns what sales may bring of the cash that is owed: in each account no more than what may be sold there. The rest would
    /// be room for sales that help nobody.
    fn may_raise(&self, limits: &[Limit]) -> Money {
        let is_kept = |symbol: &Symbol| {
            limits.iter().any(|limit| matches!(&limit.measure, Measure::DoNotSell(kept) if kept.contains(symbol)))
        };
        let of = |account: &PlanAccount| {
            // A lot without a cost is not sold where it is taxed.
            let is_open = |lot: &&PlanLot| {
                let is_known = lot.basis.is_some() || !account.kind.is_taxable();
                lot.account == account.id && lot.locked.is_none() && is_known
            };
            let for_sale = self.lots.iter().filter(is_open);
            let for_sale = for_sale.filter(|lot| !account.do_not_sell.contains(&lot.symbol) && !is_kept(&lot.symbol));
            let most: Money = for_sale.filter_map(|lot| Some(self.price(&lot.symbol)? * lot.quantity)).sum();
            account.to_raise().min(most)
        };
        self.accounts.iter().map(of).sum()
    }

    /// Returns the smallest order that can be placed at all, where what may be sold in a run is less: a household so small, or
    /// whose every share costs more, could else never act. Of the symbols held it is the largest that is no more than twice the smallest order, so that
    /// any of these can be sold, else the smallest.
    pub fn smallest_sale(&self, most: Weight, trading: &TradingSettings) -> Option<Money> {
        let least = smallest_order(trading, self.value());
        let room = (self.value() + self.withdrawals()).to_f64() * most.0;
        if !most.0.is_sign_positive() || most.0 == 0.0 {
            return None;
        }
        let sale = |lot: &PlanLot| {
            let price = self.price(&lot.symbol).filter(|price| price.is_positive())?;
            let account = self.accounts.iter().find(|account| account.id == lot.account)?;
            let step = price.decimal().checked_mul(account.increment)?;
            let steps = least.decimal().checked_div(step)?.ceil();
            let held: Money = self
                .lots
                .iter()
                .filter(|other| other.symbol == lot.symbol && other.account == lot.account)
                .map(|lot| price * lot.quantity)
                .sum();
            let order = (price * Shares(steps * account.increment)).to_cents();
            (order <= held).then_some(order)
        };
        let orders: Vec<Money> = self.lots.iter().filter_map(sale).collect();
        if room >= least.to_f64() && orders.iter().any(|order| order.to_f64() <= room) {
            return None;
        }
        let near = orders.iter().filter(|order| **order <= least.times(Decimal::TWO)).max();
        near.or(orders.iter().min()).copied()
    }

    /// Dollars that recorded trades sold in the period of the day.
    fn sold_in_period(&self, setup: &Setup) -> Money {
        super::recorded::sold_in_period(&self.trades, cadence(setup), self.as_of, |symbol| {
            // What is ordered in dollars has no price: its dollar is none.
            self.price(symbol).filter(|_| !self.in_dollars.contains(symbol))
        })
    }

    /// The fund that takes what sleeves do not, under limits: of those that have a price the first of which no more than a little
    /// would be added to what is over its limit, or else the first that is not itself over one.
    fn neutral_under(&self, limits: &[Limit], setup: &Setup) -> Option<Symbol> {
        let broken = self.broken(limits);
        let adds = |symbol: &Symbol| {
            broken.iter().any(|(_, share, cap)| share(symbol) > 0.0 && !plan::is_little(share(symbol), *cap))
        };
        let is_over = |symbol: &Symbol| broken.iter().any(|(_, share, cap)| share(symbol) > cap.0);
        self.priced(setup).find(|symbol| !adds(symbol)).or_else(|| self.priced(setup).find(|symbol| !is_over(symbol)))
    }

    /// Returns each fund that was to take what sleeves do not, and has more of what is over a limit than that allows: to buy
    /// it is what the limit forbids.
    pub fn takes_too_much(&self, limits: &[Limit], setup: &Setup) -> Vec<(Symbol, String)> {
        let broken = self.broken(limits);
        let over = |symbol: Symbol| {
            let (id, ..) = broken.iter().find(|(_, share, cap)| share(&symbol) > cap.0)?;
            Some((symbol, (*id).to_owned()))
        };
        self.priced(setup).filter_map(over).collect()
    }

    /// The caps that are exceeded: each with its id, what a dollar of a symbol has of it, and the cap.
    fn broken<'l>(&self, limits: &'l [Limit]) -> Vec<(&'l str, impl Fn(&Symbol) -> f64 + use<'l>, Weight)> {
        let value = self.value();
        let share_of = |held: &Money| held.share_of(value).unwrap_or_default().0;
        let broken = |limit: &'l Limit| {
            let Measure::ExposureCap { coefficients, cap, .. } = &limit.measure else { return None };
            let of = move |symbol: &Symbol| coefficients.get(symbol).copied().unwrap_or_default();
            let exposure: f64 = self.held.iter().map(|(symbol, held)| of(symbol) * share_of(held)).sum();
            (exposure > cap.0).then_some((limit.id.as_str(), of, *cap))
        };
        limits.iter().filter_map(broken).collect()
    }

    /// How far the plan looks. Sales of this period that are already carried out use up its turnover. Priced excess is
    /// weighed in a single run, and a cap on risk, which no price of waiting knows, acts in one.
    fn route(&self, setup: &Setup, limits: &[Limit], tax: &TaxSettings, raised: Money) -> Option<Route> {
        let settings = &setup.trading.route;
        let at_once = limits.iter().any(|limit| matches!(limit.measure, Measure::RiskCap { .. }));
        if !settings.looks_ahead || at_once || matches!(setup.trading.trading.mode, Mode::Priced { .. }) {
            return None;
        }
        // A budget is of the whole year, with what is realised already.
        let has_budget = limits.iter().any(|own| matches!(own.measure, Measure::TaxBudget(_) | Measure::GainBudget(_)));
        let realised = |gain: Money| if has_budget { gain } else { Money::ZERO };
        Some(Route {
            cadence: cadence(setup),
            by: settings.by,
            // What is owed is raised in this run, beside what a run may sell.
            used_turnover: self.sold_in_period(setup) - raised,
            wait_price: settings.wait_price.unwrap_or(0.02),
            discount: settings.discount,
            realised_short: realised(tax.realised_short),
            realised_long: realised(tax.realised_long),
            blackouts: setup.trading.trading.blackouts.clone(),
        })
    }

    /// Returns the problem of the plan. What is `owed` in tax of earlier sales stays in cash.
    pub fn problem(
        &self,
        mut mandate: Mandate,
        (tax, owed): (TaxSettings, Money),
        setup: &Setup,
        keep: &[(Symbol, Place)],
    ) -> Problem {
        let mut accounts = self.accounts.clone();
        let kept_for_tax = super::owed::keep(&mut accounts, owed);
        for account in &mut accounts {
            account.neutral = account.neutral.take().filter(|symbol| self.prices.contains_key(symbol));
        }
        if let Some(safe) = &setup.rules.sleeves.safe {
            keep_deposits_safe(&mut mandate, &mut accounts, safe);
        }
        let trading = &setup.trading.trading;
        let security = |symbol: &Symbol, price: Price| Security {
            price,
            half_spread_bps: half_spread(symbol, setup),
            identity: setup.registry.identity(symbol),
        };
        let securities = self.prices.iter().map(|(symbol, price)| (symbol.clone(), security(symbol, *price))).collect();
        let mut limits = mandate.limits;
        limits.extend(action_limits(trading, self.value(), self.as_of, keep));
        let raised = self.may_raise(&limits);
        for limit in &mut limits {
            if let Measure::Turnover(most) = &mut limit.measure {
                *most = self.turnover(*most, trading, raised);
            }
        }
        let unpriced = self.trades.iter().map(|trade| &trade.symbol).filter(|s| !self.prices.contains_key(s));
        let identities = unpriced.map(|symbol| (symbol.clone(), setup.registry.identity(symbol))).collect();
        let (tax_budget, gain_budget) = &setup.trading.budgets;
        let budget = |(most, origin): &(Money, String), name: &str, measure: fn(Money) -> Measure| Limit {
            id: format!("tax.{name}"),
            kind: OF_THE_YEAR,
            measure: measure(*most),
            origin: origin.clone(),
        };
        limits.extend(tax_budget.iter().map(|own| budget(own, "budget", Measure::TaxBudget)));
        limits.extend(gain_budget.iter().map(|own| budget(own, "gain-budget", Measure::GainBudget)));
        limits.sort_by(|a, b| a.id.cmp(&b.id));
        let route = self.route(setup, &limits, &tax, raised);
        let share = |used: Money| used.share_of(self.value()).unwrap_or_default();
        if route.is_none() {
            leave(&mut limits, share(self.sold_in_period(setup)), &tax, self.as_of.year());
        }
        // A route counts the period and the year itself, and what is owed in its first run only.
        for limit in limits.iter_mut().filter(|_| route.is_some()) {
            if let Measure::Turnover(most) = &mut limit.measure {
                most.0 = (most.0 - share(raised).0).max(0.0);
            }
        }
        let neutral = self.neutral_under(&limits, setup);
        Problem {
            as_of: self.as_of,
            accounts,
            kept_for_tax,
            securities,
            in_dollars: self.in_dollars.clone(),
            lots: self.lots.clone(),
            fixed: self.fixed.clone(),
            limits,
            targets: mandate.targets,
            buyable: mandate.buyable.into_iter().filter(|symbol| self.prices.contains_key(symbol)).collect(),
            tax,
            trades: self.trades.clone(),
            identities,
            average_cost: self.average_cost.clone(),
            elsewhere: self.elsewhere.clone(),
            decided: Decided::default(),
            wash_sales: trading.wash_sales,
            caps_after_costs: false,
            // What an account trades in is its own increment.
            whole_shares: true,
            near_long_term_days: trading.near_long_term_days,
            set_aside_tax: trading.set_aside_tax,
            ticket: trading.ticket,
            mode: trading.mode.clone(),
            sleeves: setup.rules.sleeves.funds(),
            trim_order: BTreeMap::new(),
            route,
            neutral,
        }
    }
}
