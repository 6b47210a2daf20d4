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

mod average;
mod check;
mod constraints;
#[cfg(test)]
mod crosscheck;
mod draft;
mod ground;
mod levels;
mod model;
mod obstacles;
mod outcome;
mod program;
mod risk;
mod round;
mod search;
mod settings;
mod simplex;
mod solve;
#[cfg(test)]
pub(crate) mod testing;
mod verify;
mod wash;
mod whole_cost;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::diagnostics::counted;
use crate::model::{Limit, LotId, LotOrigin, PastTrade, Symbol, Target, TaxTreatment, Term};
use crate::units::{Decimal, Money, Price, Shares};

pub use constraints::{CONSTRAINTS, Constraint};
pub use ground::term_of;
pub use levels::{AIMS, Distance, Levels, shares};
pub use obstacles::what_stops;
pub(crate) use outcome::payment;
pub use settings::{
    Blackout, CODES, ExactTax, Horizon, Settings, TAX_PARAMS, TRADING_PARAMS, TaxProfile, TradingSettings, settings,
};
pub use verify::Breach;
pub use wash::{Washed, barred, washed};
pub use whole_cost::{RoundedDown, WholeCost};

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
}

impl PlanLot {
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

/// Flat rates and what has been realised before.
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
    /// Cost per trade, in dollars.
    pub ticket: Money,
    /// Weighing of the levels.
    pub mode: Mode,
    /// Which symbols are sold first where everything else is equal, from 0; those not named are in the middle, at 100.
    pub trim_order: BTreeMap<Symbol, u8>,
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
    /// The same for whole shares, where the program can tell what they cost: no whole-share plan at this trading cost can be
    /// better. Not below [`Self::bound`].
    pub whole_bound: Option<Levels>,
    /// What whole shares cost, where they make the plan clearly dearer than the best one in fractions.
    pub whole_cost: Option<WholeCost>,
    /// Ids of the limits that stop the plan from doing better: those with a price, until [`what_stops`] adds the others.
    pub binding: Vec<String>,
    /// What the reader should know: a level that could not be solved, a fallback taken.
    pub notes: Vec<String>,
    /// Why a lot could not be sold, by lot id.
    pub held_back: BTreeMap<LotId, String>,
    /// Why a buyable symbol could not be bought.
    pub not_bought: BTreeMap<Symbol, String>,
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
    let mut draft = draft::Draft::new(ground::Ground::new(problem)?);
    let mut searched = search::search(&draft, solve::STARTS_FROM);
    while searched.found.best.as_ref().is_some_and(|best| risk::sharpen(&mut draft, &best.amounts)) {
        searched = search::search(&draft, solve::STARTS_FROM);
    }
    let (program, found) = (&searched.program, &searched.found);
    let nothing = evaluate(problem, &[], &[]);
    let mut plan = Plan {
        outcome: nothing.clone(),
        nothing,
        held_back: draft.ground.held_back.clone(),
        not_bought: draft.ground.not_bought.clone(),
        solver: OWN_SOLVER.to_owned(),
        ..Plan::default()
    };
    if !found.complete {
        plan.notes.push("the search stopped at its limit of nodes: a better plan may exist".to_owned());
    }
    if found.started {
        plan.solver = format!("{OWN_SOLVER}, started by {}", solve::NAME);
    }
    if found.second_opinions > 0 {
        plan.solver = format!("{OWN_SOLVER}, and {} where it gave up", solve::NAME);
        plan.notes.push(format!(
            "solved by {}: {}",
            solve::NAME,
            counted(found.second_opinions, "program", "programs")
        ));
    }
    let Some(best) = &found.best else {
        plan.notes.push("no program could be solved: the plan is to do nothing".to_owned());
        return Ok(plan);
    };
    let least = found.least();
    plan.bound = least.map(|values| program.bound(&draft, values));
    plan.binding = binding(problem, best);
    let whole = problem.whole_shares.then(|| round::in_whole_shares(&draft, &searched, best));
    if let Some((whole, _)) = &whole {
        plan.whole_bound = whole.found.least().map(|values| whole.program.bound(&draft, values));
    }
    let starts = whole.as_ref().map(|(_, starts)| starts.as_slice()).unwrap_or_default();
    for (sells, buys) in round::round(&draft, &best.amounts, starts) {
        let sells = average::oldest_first(problem, sells);
        let candidate = Plan { outcome: evaluate(problem, &sells, &buys), sells, buys, ..plan.clone() };
        let breaches = verify(problem, &candidate);
        match breaches.first() {
            None if round::is_worse(problem, &candidate.outcome, &plan.nothing) => {}
            None => {
                let cost = candidate.outcome.trading_cost;
                let planned = whole.as_ref().map_or(Money::ZERO, |(whole, _)| whole.planned_cost(&draft));
                let bound = candidate.bound.clone().map(|bound| bound.at_cost(problem, &plan.nothing, cost));
                let own =
                    candidate.whole_bound.clone().map(|bound| bound.at_cost(problem, &plan.nothing, cost - planned));
                // Where whole shares cost nothing, the one in fractions knows as much, and allows for no cost.
                let fractions = bound.clone().filter(|_| whole.is_some());
                let whole_bound = [own, fractions].into_iter().flatten().reduce(Levels::higher);
                let whole_cost = whole.as_ref().and_then(|_| whole_cost::compare(&draft, &best.amounts, &candidate));
                return Ok(Plan { bound, whole_bound, whole_cost, ..candidate });
            }
            Some(breach) => plan.notes.push(format!("a plan was thrown away: {}: {}", breach.rule, breach.message)),
        }
    }
    plan.notes.push("no better plan than doing nothing passed the check".to_owned());
    Ok(plan)
}

/// The ids of the limits with a price at some level that is not at zero.
fn binding(problem: &Problem, best: &search::Best) -> Vec<String> {
    let mut ids: Vec<String> =
        best.binding.iter().filter_map(|index| problem.limits.get(*index)).map(|limit| limit.id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
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
