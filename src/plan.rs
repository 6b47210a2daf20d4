//! The linear program over lots and accounts: which lots to sell and what to buy, and the proof that it is allowed.
//!
//! ```text
//! Problem -> ground (what may be traded) -> draft (limits as bounds, one leaf each) -> program (columns, rows, levels)
//!         -> search (levels in order, pieces of the tax, choices) -> round (shares) -> verify -> Plan
//! ```
//!
//! The levels of the objective, each minimised after those before it: cash shortfall; excess over caps; target gaps;
//! largest gap; tax above zero plus trading cost; turnover; signed tax; and last a tie-break, the first account, symbol
//! and oldest lot in order. Limits on actions are hard, limits on the state are repaired, so doing nothing is always
//! a plan and no plan is worse. Every plan passes [`verify`] before it is returned.

mod attempts;
mod average;
mod check;
mod constraints;
#[cfg(test)]
mod crosscheck;
mod decided;
mod draft;
mod ground;
mod levels;
mod model;
mod outcome;
mod program;
mod risk;
mod round;
mod route;
mod search;
mod settings;
mod simplex;
mod solve;
mod stops;
#[cfg(test)]
pub(crate) mod testing;
mod verify;
mod wash;
mod yearly;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::diagnostics::counted;
use crate::model::{Limit, LotId, LotOrigin, PastTrade, Symbol, Target, TaxTreatment, Term};
use crate::tax::{Brackets, FilingStatus, newest_brackets};
use crate::units::{Decimal, Money, Price, Shares, Weight};

pub use constraints::{CONSTRAINTS, Constraint};
pub use decided::Decided;
pub(crate) use ground::NOT_ASKED;
pub use ground::term_of;
pub use levels::{AIMS, Levels};
pub(crate) use outcome::payment;
use route::Opinion;
pub(crate) use route::tax_of_years;
pub use route::{
    Cadence, LAST_OWN_YEAR, Route, RouteBuy, RoutePlan, RouteSale, RouteStage, RouteYear, Wait, WaitCause,
    end_of_tax_year,
};
pub use settings::{
    Blackout, Budget, CODES, ExactTax, Horizon, ROUTE_PARAMS, RouteSettings, Settings, TAX_PARAMS, TAX_RATES_ASSUMED,
    TRADING_PARAMS, TaxProfile, TradingSettings, settings,
};
pub use stops::what_stops;
pub use verify::Breach;
pub(crate) use wash::booked;
pub use wash::{Washed, barred, washed};

/// One account as the plan sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanAccount {
    /// Unique key; the label of the account in reports.
    pub id: String,
    /// How trades inside are taxed.
    pub kind: TaxTreatment,
    /// Cash before deposits and withdrawals; negative for a margin debit.
    pub cash: Money,
    /// Deposit (positive) or withdrawal (negative), applied first.
    pub flow: Money,
    /// Cash that must stay; negative where a margin debit that is there may stay too.
    pub reserve: Money,
    /// The only symbols that may be bought here; `None` means any buyable one.
    pub menu: Option<Vec<Symbol>>,
    /// Takes here what targets do not, instead of the household's.
    pub neutral: Option<Symbol>,
    /// Never bought here.
    pub do_not_buy: Vec<Symbol>,
    /// Never sold here.
    pub do_not_sell: Vec<Symbol>,
    /// Smallest share step: 1 for whole shares, 0.001 where fractions trade.
    pub increment: Decimal,
}

impl PlanAccount {
    /// Returns what a withdrawal takes beyond the cash that is there: sales must raise it. A margin debit is none of it.
    pub fn to_raise(&self) -> Money {
        let zero = Money::ZERO;
        (-(self.cash + self.flow)).max(zero).min((-self.flow).max(zero))
    }
}

/// One symbol as the plan sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Security {
    /// Market price.
    pub price: Price,
    /// Half of the bid-ask spread, in basis points of the price.
    pub half_spread_bps: Decimal,
    /// Symbols with the same identity are substantially identical for wash sales.
    pub identity: String,
}

/// One lot as the plan sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanLot {
    /// Unique in the problem.
    pub id: LotId,
    /// Where it comes from.
    pub origin: LotOrigin,
    /// Key of the account.
    pub account: String,
    /// What it is a lot of.
    pub symbol: Symbol,
    /// Shares; fractions are allowed and may be sold only with the whole lot or in increments.
    pub quantity: Shares,
    /// Total cost; `None` when unknown: such a lot is not sold in a taxable account.
    pub basis: Option<Money>,
    /// Trade date; `None` when unknown: a gain is then short-term.
    pub acquired: Option<NaiveDate>,
    /// The broker's own word, used when there is no date.
    pub term: Option<Term>,
    /// Why it may not be sold (locked, do-not-sell, blackout); shown in the explanation.
    pub locked: Option<String>,
    /// First day on which it may be sold again; `None` where that is not known.
    pub unlocks: Option<NaiveDate>,
}

impl PlanLot {
    /// Locks it for good. A reason that is there already stays.
    pub fn lock(&mut self, why: &str) {
        self.locked.get_or_insert_with(|| why.to_owned());
        self.unlocks = None;
    }

    /// Returns how reports name the lot: `...417 AAPL #1.2 2025-12-11`.
    pub fn words(&self) -> String {
        self.origin.words_in(&self.account, &self.symbol)
    }
}

/// A holding the plan never trades but that counts in the value and in exposures: bonds, options, foreign lines.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedHolding {
    /// Key of its coefficients in the limits.
    pub symbol: Symbol,
    /// Its value; negative for a short option.
    pub value: Money,
}

/// Who one is to the federal tables, and what income the gains come on top of.
#[derive(Clone, Debug, PartialEq)]
pub struct Filing {
    /// Filing status.
    pub status: FilingStatus,
    /// A state's flat rate on short-term gain.
    pub state_short: Decimal,
    /// A state's flat rate on long-term gain.
    pub state_long: Decimal,
    /// Income by calendar year; a year without its own takes that of the latest before it.
    pub years: BTreeMap<i32, Income>,
}

impl Filing {
    /// Returns the income of a year, and the federal tables that hold in it.
    pub fn of_year(&self, year: i32) -> Option<(&Income, Brackets)> {
        let income = self.years.range(..=year).next_back().or_else(|| self.years.iter().next())?.1;
        Some((income, newest_brackets(year, self.status)))
    }
}

/// A year's income without gains.
#[derive(Clone, Debug, PartialEq)]
pub struct Income {
    /// Ordinary taxable income.
    pub taxable: Money,
    /// Modified adjusted gross income; `None` means taxable income plus the standard deduction.
    pub magi: Option<Money>,
}

/// Rates and what has been realised before.
#[derive(Clone, Debug, PartialEq)]
pub struct TaxSettings {
    /// On net short-term gain.
    pub short_rate: Decimal,
    /// On net long-term gain.
    pub long_rate: Decimal,
    /// What a dollar of net loss saves against ordinary income.
    pub ordinary_rate: Decimal,
    /// Most net loss against ordinary income: 3,000, or 1,500 filing separately.
    pub loss_limit: Money,
    /// Realised this year, losses negative.
    pub realised_short: Money,
    /// Realised this year, losses negative.
    pub realised_long: Money,
    /// Carried forward from earlier years, as positive losses.
    pub carry_short: Money,
    /// Carried forward from earlier years, as positive losses.
    pub carry_long: Money,
    /// Where it is given, the tax is that of the federal tables, and not of the rates above.
    pub filing: Option<Filing>,
    /// What a dollar of tax on a long-term gain counts for where a route weighs what it costs: 1 is the whole bill, less
    /// means that part of it would come later anyway ([`deferral_weight`](crate::tax::deferral_weight)).
    pub deferral_weight: f64,
}

/// What wash-sale rule applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WashSales {
    /// Loss lots with a replacement in the window are not sold.
    Block,
    /// They may be sold; the report shows what is disallowed.
    Warn,
}

/// How the levels of the objective trade off.
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    /// One level after the other, in the order of the domain brief 8.4.
    Lexicographic,
    /// Prices in dollars per dollar for cap excess and target gaps, against tax and cost.
    Priced {
        /// Per dollar of cap excess.
        cap: Decimal,
        /// Per dollar of target gap.
        target: Decimal,
    },
}

/// Everything the plan needs, and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The day of the trades.
    pub as_of: NaiveDate,
    /// The accounts.
    pub accounts: Vec<PlanAccount>,
    /// Held and buyable symbols.
    pub securities: BTreeMap<Symbol, Security>,
    /// The lots that could be sold.
    pub lots: Vec<PlanLot>,
    /// What counts but is left alone.
    pub fixed: Vec<FixedHolding>,
    /// Limits from the rules.
    pub limits: Vec<Limit>,
    /// Targets from the rules.
    pub targets: Vec<Target>,
    /// What may be bought at all.
    pub buyable: Vec<Symbol>,
    /// Tax rates and history.
    pub tax: TaxSettings,
    /// Trades of the last 31 days (and planned vests), the whole household's.
    pub trades: Vec<PastTrade>,
    /// What has no price and is ordered in dollars: a share of it counts as a dollar.
    pub in_dollars: BTreeSet<Symbol>,
    /// Wash-sale identity of what was traded lately and has no price here: sold out, or held elsewhere.
    pub identities: BTreeMap<Symbol, String>,
    /// Holdings (account and symbol) whose lots share one average basis: they are sold oldest first (Reg.
    /// 1.1012-1(e)).
    pub average_cost: BTreeSet<(String, Symbol)>,
    /// Accounts that are not traded, with how they are taxed: a purchase in one is a replacement, and a loss washed by one
    /// without tax is lost for good.
    pub elsewhere: BTreeMap<String, TaxTreatment>,
    /// Wash-sale handling.
    pub wash_sales: WashSales,
    /// Caps are held against the value after trading costs (domain brief 8.2), to the last cent of spread. A household
    /// that cannot get under its caps in one run could then buy nothing at all, since the spread of every purchase
    /// shrinks the value and so the cap; held against the value before costs it can.
    pub caps_after_costs: bool,
    /// True for plans to be traded: every account in its own increment (1, or 0.001 where fractions trade). False for a
    /// continuous plan snapped to 0.001 share, to be compared with other models.
    pub whole_shares: bool,
    /// Lots with a gain that turn long-term within this many days are not sold; 0 turns it off.
    pub near_long_term_days: u32,
    /// The plan's incremental tax stays in cash in the taxable accounts.
    pub set_aside_tax: bool,
    /// Part of the reserves that is kept for the tax of earlier sales.
    pub kept_for_tax: Money,
    /// Cost per trade, in dollars.
    pub ticket: Money,
    /// Weighing of the levels.
    pub mode: Mode,
    /// How far the plan looks: over the runs until a date, or at this run alone, with the aims of a single run.
    pub route: Option<Route>,
    /// Takes what targets do not.
    pub neutral: Option<Symbol>,
    /// The funds of sleeves, taking part or not: none is sold to pay for another.
    pub sleeves: BTreeSet<Symbol>,
    /// Which symbols are sold first where everything else is equal, from 0; those not named are in the middle, at 100.
    pub trim_order: BTreeMap<Symbol, u8>,
    /// What is decided already, and planned around.
    pub decided: Decided,
}

impl Problem {
    /// Returns what takes in an account what targets do not.
    pub fn neutral_in<'p>(&'p self, account: &'p PlanAccount) -> Option<&'p Symbol> {
        account.neutral.as_ref().or(self.neutral.as_ref())
    }

    /// Returns whether what takes the rest may be bought on a route although it adds to what is at a cap or above it: it has less
    /// than a tenth as much of it as the cap allows. `share` is what a dollar of it has.
    pub fn adds_little(&self, share: f64, cap: Weight) -> bool {
        self.route.is_some() && share > 0.0 && is_little(share, cap)
    }

    /// Returns whether some account buys a symbol with what targets do not take.
    pub fn is_neutral(&self, symbol: &Symbol) -> bool {
        self.neutral.iter().chain(self.accounts.iter().filter_map(|own| own.neutral.as_ref())).any(|own| own == symbol)
    }
}

/// Whether a fund has less than a tenth as much of something as a cap on it allows. `share` is what a dollar of it has.
pub fn is_little(share: f64, cap: Weight) -> bool {
    share < cap.0 / 10.0
}

/// A sale of part of a lot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedSale {
    /// Key of the account.
    pub account: String,
    /// What.
    pub symbol: Symbol,
    /// Which lot.
    pub lot: LotId,
    /// How many shares.
    pub quantity: Shares,
}

/// A purchase.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlannedBuy {
    /// Key of the account.
    pub account: String,
    /// What.
    pub symbol: Symbol,
    /// How many shares.
    pub quantity: Shares,
}

/// What a list of trades does, computed in decimals from the rounded trades.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The objective levels.
    pub levels: Levels,
    /// Net short-term gain realised.
    pub realised_short: Money,
    /// Net long-term gain realised.
    pub realised_long: Money,
    /// Tax with the trades minus tax without.
    pub tax: Money,
    /// Half-spreads and tickets as booked: what every order is rounded to the cent against you is part of it.
    pub trading_cost: Money,
    /// Dollars sold, at market price.
    pub sold: Money,
    /// Dollars bought, at market price.
    pub bought: Money,
    /// Cash per account after the trades.
    pub cash: BTreeMap<String, Money>,
    /// Portfolio value after trading costs (tax is not deducted).
    pub value: Money,
    /// Weight of what each exposure limit bounds, by limit id.
    pub weights: BTreeMap<String, f64>,
    /// Dollars above each cap, by limit id (zero when kept).
    pub excess: BTreeMap<String, Money>,
    /// Dollars below each target, by target id (zero when reached). The target of a sleeve is what it is brought to.
    pub gaps: BTreeMap<String, Money>,
    /// Short- or long-term, and gain, of every sale, by lot id; gain is `None` where the basis is unknown (in accounts
    /// where it does not matter).
    pub gains: BTreeMap<LotId, (Term, Option<Money>)>,
}

/// The solver of `plan/simplex.rs`, as reports name it.
const OWN_SOLVER: &str = "broaden's own simplex";

/// A verified plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Sorted by account, symbol, lot.
    pub sells: Vec<PlannedSale>,
    /// Sorted by account, symbol.
    pub buys: Vec<PlannedBuy>,
    /// What the plan does.
    pub outcome: Outcome,
    /// What doing nothing does.
    pub nothing: Outcome,
    /// The continuous optimum: no whole-share plan can be better at the first level where they differ.
    pub bound: Option<Levels>,
    /// Ids of the limits that stop the plan from doing better: those with a price, until [`what_stops`] adds the others.
    pub binding: Vec<String>,
    /// What the reader should know: a level that could not be solved, a fallback taken.
    pub notes: Vec<String>,
    /// Why a lot could not be sold, by lot id.
    pub held_back: BTreeMap<LotId, String>,
    /// Why a buyable symbol could not be bought.
    pub not_bought: BTreeMap<Symbol, String>,
    /// The way on from here, where the plan looks beyond this run.
    pub route: Option<RoutePlan>,
    /// What solved the programs of this very plan: our own simplex, and the general solver only where it was asked.
    pub solver: String,
}

/// Why there is no plan, not even the one that does nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The problem contradicts itself: every contradiction, in words.
    #[error("the problem cannot be planned: {}", .0.join("; "))]
    Malformed(Vec<String>),
}

/// Finds the best plan. The same problem gives the same plan, whatever the order of its rows.
///
/// # Errors
/// [`PlanError`] when the problem is malformed. A problem that cannot be solved gives the plan that does nothing, with a
/// note.
pub fn solve(problem: &Problem) -> Result<Plan, PlanError> {
    decided::around(problem, |problem| attempts::planned(problem, false))
}

/// Finds the best plan, and asks a second solver about it where the program is not too large: the plan that is proposed, and
/// not each that it is compared with.
///
/// # Errors
/// [`PlanError`] when the problem is malformed.
pub fn solve_twice(problem: &Problem) -> Result<Plan, PlanError> {
    decided::around(problem, |problem| attempts::planned(problem, true))
}

/// A plan before shares are rounded.
struct Solution {
    /// Basis points of each trade.
    amounts: Vec<f64>,
    binding: Vec<String>,
    bound: Option<Levels>,
    route: Option<RoutePlan>,
    notes: Vec<String>,
    solver: String,
}

/// Solves in fractions: the whole route, or this run alone.
fn in_fractions(draft: &draft::Draft<'_>, twice: bool) -> Option<Solution> {
    let problem = draft.ground.problem;
    let named = |limits: &mut dyn Iterator<Item = usize>| -> Vec<String> {
        let mut ids: Vec<String> = limits.filter_map(|index| Some(problem.limits.get(index)?.id.clone())).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    if let Some(route) = problem.route.as_ref().filter(|_| draft.ground.value.is_positive()) {
        let routed = route::solve(draft, route, twice)?;
        return Some(Solution {
            binding: named(&mut routed.binding.iter().copied()),
            amounts: routed.amounts,
            bound: None,
            route: Some(routed.plan),
            notes: routed.notes,
            solver: match routed.opinion {
                Opinion::Same => format!("{OWN_SOLVER} and {}: two solvers agree to the cent", solve::NAME),
                Opinion::NoAnswer => format!("{OWN_SOLVER}; {} found no answer to compare with", solve::NAME),
                Opinion::NotAsked | Opinion::Different(_) => OWN_SOLVER.to_owned(),
            },
        });
    }
    let searched = search::search(draft);
    let (program, found) = (&searched.program, &searched.found);
    let best = found.best.as_ref()?;
    let mut notes = Vec::new();
    let mut solver = OWN_SOLVER.to_owned();
    if !found.complete {
        notes.push("the search stopped at its limit of nodes: a better plan may exist".to_owned());
    }
    if found.second_opinions > 0 {
        solver = format!("{OWN_SOLVER}, and {} where it gave up", solve::NAME);
        notes.push(format!("solved by {}: {}", solve::NAME, counted(found.second_opinions, "program", "programs")));
    }
    Some(Solution {
        amounts: best.amounts.clone(),
        binding: named(&mut best.binding.iter().copied()),
        bound: found.least().map(|values| program.bound(draft, values)),
        route: None,
        notes,
        solver,
    })
}

/// Returns the tax on what is realised already, with what is carried in: of this year, and of those until `last` that a loss
/// is carried on to.
pub fn realised_tax(problem: &Problem, last: i32) -> Money {
    let this = chrono::Datelike::year(&problem.as_of);
    let mut own = outcome::year(problem, Money::ZERO, Money::ZERO).1;
    let mut total = own.tax;
    for year in this + 1..=last {
        own = yearly::year(&problem.tax, year, -own.carry_short, -own.carry_long);
        total += own.tax;
    }
    total
}

/// Computes what some trades do, in decimals.
pub fn evaluate(problem: &Problem, sells: &[PlannedSale], buys: &[PlannedBuy]) -> Outcome {
    outcome::evaluate(problem, sells, buys)
}

/// Checks a plan against everything that must hold, with code that shares nothing with the model. Empty when it may be
/// shown.
pub fn verify(problem: &Problem, plan: &Plan) -> Vec<Breach> {
    verify::verify(problem, plan)
}

/// Nets the results of a calendar year, each with what is carried into it, and taxes them: by the flat rates, or by the
/// federal tables where filing status and income are given (those of the nearest year that has some).
pub fn netted(settings: &TaxSettings, year: i32, short: Money, long: Money) -> crate::tax::Netting {
    yearly::year(settings, year, short, long)
}
