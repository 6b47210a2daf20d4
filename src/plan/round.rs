//! From the continuous optimum to shares that can be traded: round, repair, improve.
//!
//! A simplex vertex has few fractional trades, but rounding them one by one breaks a limit more often than not. So the
//! rounded trades are repaired and then improved by steps of one share, alone, in pairs and in the sets that use up what
//! cash is left, as long as the vector of level values (with broken hard limits in front) gets better. Improvements stay within a few shares of the continuous
//! answer: beyond that, the cents that a whole share leaves above a cap would be paid for with everything that matters
//! less. Everything is counted in dollars as a broker books them. Deterministic: trades are tried in canonical order.

mod count;
mod fill;
mod improve;
mod moves;
mod raise;
mod repair;
mod table;

use super::draft::Draft;
use super::program::Whole;
use super::search::{self, Best, Searched};
use super::{Mode, Outcome, PlannedBuy, PlannedSale, Problem};
use crate::model::{Side, Term};
use crate::units::{Decimal, Money};
use count::is_less;

/// Values closer than this many dollars are equal.
const TIE: f64 = 1e-6;
/// A limit may be missed by this many dollars, less than the checker's slack.
const SLACK: f64 = 2e-6;
/// Most improving steps.
const MOST_STEPS: usize = 3_000;
/// Shares that a trade may be moved away from the continuous answer.
const WINDOW: i64 = 3;
/// Most trades that are moved in pairs.
const MOST_PAIRED: usize = 48;

type Score = [f64; 8];

/// A trade in steps.
#[derive(Clone)]
struct Piece {
    side: Side,
    account: usize,
    order: usize,
    identity: usize,
    price: f64,
    spread: f64,
    step: f64,
    /// Steps that are whole; one more means the whole lot with its fraction.
    whole: i64,
    most: i64,
    shares: f64,
    gain: Option<(Term, f64)>,
    /// Bound and coefficient.
    bounds: Vec<(usize, f64)>,
    /// Targets of the symbol.
    targets: Vec<usize>,
}

impl Piece {
    fn quantity(&self, steps: i64) -> f64 {
        if steps > self.whole { self.shares } else { steps as f64 * self.step }
    }
}

#[derive(Clone)]
struct Target {
    weight: f64,
    held: f64,
    gap: f64,
}

#[derive(Clone)]
struct Limit {
    cost: f64,
    constant: f64,
    most: f64,
    worst: f64,
    counted: bool,
    /// Dollars by which the limit is broken, and by which its cap is exceeded.
    broken: f64,
    excess: f64,
}

#[derive(Clone)]
struct Account {
    cash: f64,
    reserve: f64,
    shortfall: f64,
    taxable: bool,
}

/// The trades being rounded, with everything a score needs kept up to date.
#[derive(Clone)]
struct Table<'d, 'a> {
    draft: &'d Draft<'a>,
    pieces: Vec<Piece>,
    limits: Vec<Limit>,
    targets: Vec<Target>,
    accounts: Vec<Account>,
    rates: (f64, f64, f64, f64),
    before: (f64, f64),
    without: f64,
    value: f64,
    ticket: f64,
    min_trade: f64,
    max_trades: f64,
    tax_budget: f64,
    prices: Option<(f64, f64)>,
    /// Trades that the continuous plan has in fractions.
    fractional: Vec<bool>,
    // State.
    steps: Vec<i64>,
    /// Fewest and most steps of each trade.
    window: Vec<(i64, i64)>,
    /// Trading cost of the continuous plan. Excess and gaps are judged at the portfolio value after this cost: else the
    /// search would trade for no purpose but to spend, because that lowers every target a little. It follows the trades
    /// only where the formulas are taken to the letter (`caps_after_costs`).
    planned_cost: f64,
    costs_move: bool,
    /// Trading cost at which hard limits are judged: a little more than planned, so that moves need not look at each.
    most_cost: f64,
    /// Sums of what the limits, targets, orders and sides contribute to the score.
    broken: f64,
    excess: f64,
    gaps: f64,
    placed: usize,
    spread: f64,
    turnover: f64,
    short: f64,
    long: f64,
    orders: Vec<f64>,
    sides: Vec<(f64, f64)>,
}

/// How a fractional number of shares becomes whole at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// Sales up, purchases down: what a cap asks for.
    Outward,
    /// Both down: what a limit on sales asks for.
    Inward,
    /// Sales up where cash must be raised and down elsewhere, purchases a few shares fewer: what a withdrawal asks for
    /// when a limit on sales leaves no room. The room is filled again afterwards.
    Raising,
    /// Nothing is traded yet.
    Nothing,
}

/// Sells and buys in canonical order.
pub(super) type Trades = (Vec<PlannedSale>, Vec<PlannedBuy>);

/// Searches for the best plan in whole shares with the linear program. Returns the search, for its bound, and the amounts
/// it came to, which are whole unless it was cut short.
pub(super) fn in_whole_shares(draft: &Draft<'_>, searched: &Searched, best: &Best) -> (Searched, Vec<Vec<f64>>) {
    let mut table = Table::new(draft);
    table.start(Start::Outward, &best.amounts);
    table.settle();
    let scale = draft.ground.scale;
    let (cost, most_cost) = (scale * table.planned_cost, scale * table.most_cost);
    let whole = Whole { amounts: best.amounts.clone(), cost, most_cost };
    let searched = search::in_whole_shares(draft, searched, best, whole);
    let found = &searched.found;
    let mut starts: Vec<Vec<f64>> = Vec::new();
    starts.extend(found.best.as_ref().map(|best| best.amounts.clone()).or_else(|| found.deepest.clone()));
    // A search that was cut short may stand anywhere.
    if !found.complete && found.is_deep {
        starts.push(best.amounts.clone());
    }
    (searched, starts)
}

/// Rounds a continuous plan from several starts, the first of them given ones. Returns the trades that keep every hard
/// limit, best first; starts that cannot be repaired are left out.
pub(super) fn round(draft: &Draft<'_>, amounts: &[f64], whole: &[Vec<f64>]) -> Vec<Trades> {
    let fresh = Table::new(draft);
    let mut results: Vec<(Score, Trades)> = Vec::new();
    let given = whole.iter().map(|amounts| (Start::Outward, amounts.as_slice()));
    let own = [Start::Outward, Start::Inward, Start::Raising, Start::Nothing].map(|start| (start, amounts));
    let mut wanted = whole.len();
    for (place, (start, amounts)) in given.chain(own).enumerate() {
        // The later starts are for plans that the first ones could not round, or left short of cash.
        let is_good = |score: &Score| score.first() == Some(&0.0) && score.get(1) == Some(&0.0);
        if place >= wanted && results.iter().any(|(score, _)| is_good(score)) {
            break;
        }
        let mut table = fresh.clone();
        table.start(start, amounts);
        table.settle();
        // Whole shares that break a limit by a cent are worth no more than others.
        if place < whole.len() && table.score().first() != Some(&0.0) {
            wanted = whole.len() + 1;
        }
        table.repair();
        table.narrow(amounts);
        if draft.ground.problem.whole_shares {
            table.improve();
        }
        results.push((table.score(), table.trades()));
    }
    results.retain(|(score, _)| score.first() == Some(&0.0));
    // Stable: of equally good plans the one from the earlier start stays in front.
    results.sort_by(|(one, _), (other, _)| match (is_less(one, other), is_less(other, one)) {
        (true, _) => std::cmp::Ordering::Less,
        (_, true) => std::cmp::Ordering::Greater,
        _ => std::cmp::Ordering::Equal,
    });
    results.into_iter().map(|(_, trades)| trades).collect()
}

/// Rounds the sales of a continuous plan down, and makes of its purchases the best that the cash allows.
pub(super) fn with_sales_rounded_down(draft: &Draft<'_>, amounts: &[f64]) -> Trades {
    let mut table = Table::new(draft);
    table.start(Start::Inward, amounts);
    table.settle();
    table.narrow(amounts);
    let mut score = table.score();
    for index in 0..table.pieces.len() {
        let is_buy = table.pieces.get(index).is_some_and(|piece| piece.side == Side::Buy);
        while is_buy && table.attempt(&[(index, 1)], &mut score) {}
    }
    let (sells, buys) = table.trades();
    (super::average::oldest_first(draft.ground.problem, sells), buys)
}

/// Returns whether an outcome is worse than another, level by level. Excess and gaps that are only the trading cost's
/// share of the portfolio value do not count.
pub(super) fn is_worse(problem: &Problem, outcome: &Outcome, than: &Outcome) -> bool {
    let states = problem.limits.len() + problem.targets.len();
    let cost = Money(Decimal::from(states)).decimal() * outcome.trading_cost.decimal();
    let vector = |outcome: &Outcome| {
        let levels = &outcome.levels;
        match &problem.mode {
            Mode::Lexicographic => vec![
                (levels.cash_shortfall, false),
                (levels.excess, true),
                (levels.gaps, true),
                (levels.largest_gap, true),
                (levels.cost, false),
                (levels.turnover, false),
                (levels.signed_tax, false),
            ],
            Mode::Priced { cap, target } => vec![
                (levels.cash_shortfall, false),
                (levels.excess.times(*cap) + levels.gaps.times(*target) + levels.cost, true),
                (levels.turnover, false),
                (levels.signed_tax, false),
            ],
        }
    };
    for ((own, of_state), (other, _)) in vector(outcome).into_iter().zip(vector(than)) {
        let slack = if of_state { cost } else { Decimal::ZERO };
        if own.decimal() > other.decimal() + slack {
            return true;
        }
        if own < other {
            return false;
        }
    }
    false
}
