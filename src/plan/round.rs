//! From the continuous optimum to shares that can be traded: round, repair, improve.
//!
//! A simplex vertex has few fractional trades, but rounding them one by one breaks a limit more often than not. So the
//! rounded trades are repaired and then improved by steps of one share, alone and in pairs, as long as the vector of level
//! values (with broken hard limits in front) gets better. Improvements stay within a few shares of the continuous
//! answer: beyond that, the cents that a whole share leaves above a cap would be paid for with everything that matters
//! less. Everything is counted in dollars as a broker books them. Deterministic: trades are tried in canonical order.

use super::draft::Draft;
use super::{Mode, Outcome, PlannedBuy, PlannedSale, Problem};
use crate::model::{Reaction, Side, Term};
use crate::units::{Decimal, Money, Shares};

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
    state: bool,
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
    /// search would trade for no purpose but to spend, because that lowers every target a little.
    planned_cost: f64,
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

/// Rounds a continuous plan from several starts. Returns the trades that keep every hard limit, best first; starts that
/// cannot be repaired are left out.
pub(super) fn round(draft: &Draft<'_>, amounts: &[f64]) -> Vec<Trades> {
    let fresh = Table::new(draft);
    let mut results: Vec<(Score, Trades)> = Vec::new();
    for start in [Start::Outward, Start::Inward, Start::Raising, Start::Nothing] {
        // The later starts are for plans that the first one could not round, or left short of cash.
        if results.iter().any(|(score, _)| score.first() == Some(&0.0) && score.get(1) == Some(&0.0)) {
            break;
        }
        let mut table = fresh.clone();
        table.start(start, amounts);
        table.settle();
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

impl<'d, 'a> Table<'d, 'a> {
    fn new(draft: &'d Draft<'a>) -> Self {
        let ground = &draft.ground;
        let problem = ground.problem;
        let scale = if ground.scale > 0.0 { ground.scale } else { 1.0 };
        let mut targets = Vec::new();
        let mut by_symbol: Vec<Vec<usize>> = vec![Vec::new(); ground.symbols.len()];
        for target in problem.targets.iter().filter(|target| target.reaction == Reaction::Fill) {
            let Ok(symbol) = ground.symbols.binary_search(&&target.symbol) else { continue };
            if let Some(list) = by_symbol.get_mut(symbol) {
                list.push(targets.len());
            }
            let held = ground.held.get(symbol).copied().unwrap_or(0.0) / scale;
            targets.push(Target { weight: target.weight.0, held, gap: 0.0 });
        }
        let mut pieces: Vec<Piece> = (ground.trades.iter())
            .map(|trade| {
                let step = crate::units::Shares(trade.step).to_f64();
                let shares = trade.shares.map_or(f64::INFINITY, |shares| Shares(shares).to_f64());
                let whole = trade.shares.map_or(i64::MAX / 4, |shares| {
                    let steps = shares.checked_div(trade.step).unwrap_or_default().floor();
                    i64::try_from(steps).unwrap_or(i64::MAX / 4)
                });
                let exact =
                    trade.shares.is_none_or(|shares| shares.checked_rem(trade.step).is_some_and(|rest| rest.is_zero()));
                let most = match (trade.most > 0.0, exact) {
                    (false, _) => 0,
                    (true, true) => whole,
                    (true, false) => whole + 1,
                };
                Piece {
                    side: trade.side,
                    account: trade.account,
                    order: trade.order,
                    identity: ground.orders.get(trade.order).map_or(0, |order| order.identity),
                    price: trade.unit / scale,
                    spread: trade.spread,
                    step,
                    whole,
                    most,
                    shares,
                    gain: trade.gain,
                    bounds: Vec::new(),
                    targets: by_symbol.get(trade.symbol).cloned().unwrap_or_default(),
                }
            })
            .collect();
        let mut limits = Vec::new();
        for bound in &draft.bounds {
            for (trade, value) in &bound.terms {
                if let Some(piece) = pieces.get_mut(*trade) {
                    piece.bounds.push((limits.len(), *value));
                }
            }
            limits.push(Limit {
                cost: bound.cost,
                constant: bound.constant / scale,
                most: bound.most / scale,
                worst: bound.worst / scale,
                counted: bound.counted,
                state: bound.state,
                broken: 0.0,
                excess: 0.0,
            });
        }
        let accounts = (ground.accounts.iter())
            .filter_map(|index| problem.accounts.get(*index))
            .map(|account| {
                let cash = (account.cash + account.flow).to_f64();
                let reserve = account.reserve.to_f64();
                Account { cash, reserve, shortfall: (reserve - cash).max(0.0), taxable: account.kind.is_taxable() }
            })
            .collect();
        let tax = &problem.tax;
        let money = |rate: Decimal| Shares(rate).to_f64();
        let rates = (money(tax.short_rate), money(tax.long_rate), money(tax.ordinary_rate), tax.loss_limit.to_f64());
        let before = (ground.before.0 / scale, ground.before.1 / scale);
        let count = ground.orders.len();
        let identities = 1 + ground.orders.iter().map(|order| order.identity).max().unwrap_or(0);
        let steps = vec![0; pieces.len()];
        let window = pieces.iter().map(|piece| (0, piece.most)).collect();
        Table {
            draft,
            pieces,
            limits,
            targets,
            accounts,
            rates,
            before,
            without: year(rates, before.0, before.1),
            value: ground.value.to_f64(),
            ticket: problem.ticket.to_f64(),
            min_trade: draft.min_trade / scale,
            max_trades: draft.max_trades.map_or(f64::INFINITY, |(_, most)| f64::from(most)),
            tax_budget: draft.tax_budget.map_or(f64::INFINITY, |(_, most)| most / scale),
            prices: match &problem.mode {
                Mode::Lexicographic => None,
                Mode::Priced { cap, target } => Some((money(*cap), money(*target))),
            },
            fractional: vec![false; steps.len()],
            steps,
            window,
            planned_cost: 0.0,
            most_cost: 0.0,
            broken: 0.0,
            excess: 0.0,
            gaps: 0.0,
            placed: 0,
            spread: 0.0,
            turnover: 0.0,
            short: 0.0,
            long: 0.0,
            orders: vec![0.0; count],
            sides: vec![(0.0, 0.0); identities],
        }
    }

    /// What is within a millionth of a step of a whole one is that one.
    fn start(&mut self, start: Start, amounts: &[f64]) {
        if start == Start::Nothing {
            return;
        }
        let scale = self.draft.ground.scale;
        for (index, amount) in amounts.iter().enumerate() {
            let Some(piece) = self.pieces.get(index) else { continue };
            if *amount <= 1e-9 || scale <= 0.0 {
                continue;
            }
            let shares = amount / scale / piece.price;
            let exact = shares / piece.step;
            let near = exact.round();
            // A millionth of a step, or what the solver's tolerance is in shares.
            let close = (1e-6_f64).max(2e-7 / scale / piece.price / piece.step);
            let short = self.accounts.get(piece.account).is_some_and(|account| account.shortfall > 0.0);
            let raising = start == Start::Raising && short;
            let is_whole = (exact - near).abs() <= close || shares >= piece.shares * (1.0 - 1e-12) - 1e-9;
            if let Some(fractional) = self.fractional.get_mut(index) {
                *fractional = !is_whole;
            }
            let steps = if shares >= piece.shares * (1.0 - 1e-12) - 1e-9 {
                piece.most
            } else if (exact - near).abs() <= close {
                near as i64
            } else if piece.side == Side::Sell && (start == Start::Outward || raising) {
                exact.ceil() as i64
            } else if piece.side == Side::Buy && start == Start::Raising {
                exact.floor() as i64 - WINDOW
            } else {
                exact.floor() as i64
            };
            self.shift(index, steps.clamp(0, piece.most));
        }
    }

    /// Changes the steps of a trade and everything that follows from it.
    fn shift(&mut self, index: usize, change: i64) {
        let (Some(piece), Some(steps)) = (self.pieces.get(index), self.steps.get_mut(index)) else { return };
        let (from, to) = (piece.quantity(*steps), piece.quantity(*steps + change));
        *steps += change;
        let (was, is) = (from * piece.price, to * piece.price);
        let moved = is - was;
        self.spread += moved * piece.spread;
        self.turnover += moved;
        let cash = match piece.side {
            Side::Sell => cents_down(is * (1.0 - piece.spread)) - cents_down(was * (1.0 - piece.spread)),
            Side::Buy => cents_up(was * (1.0 + piece.spread)) - cents_up(is * (1.0 + piece.spread)),
        };
        if let Some(account) = self.accounts.get_mut(piece.account) {
            account.cash += cash;
        }
        if let Some((term, gain)) = piece.gain {
            match term {
                Term::Short => self.short += moved * gain,
                Term::Long => self.long += moved * gain,
            }
        }
        for (limit, value) in &piece.bounds {
            if let Some(limit) = self.limits.get_mut(*limit) {
                limit.constant += value * moved;
                let (broken, excess) = limit.parts(self.planned_cost, self.most_cost);
                self.broken += broken - limit.broken;
                self.excess += excess - limit.excess;
                (limit.broken, limit.excess) = (broken, excess);
            }
        }
        for target in &piece.targets {
            if let Some(target) = self.targets.get_mut(*target) {
                target.held += if piece.side == Side::Buy { moved } else { -moved };
                let gap = (target.weight * (self.value - self.planned_cost) - target.held).max(0.0);
                self.gaps += gap - target.gap;
                target.gap = gap;
            }
        }
        if let Some(order) = self.orders.get_mut(piece.order) {
            self.broken -= small(*order, self.min_trade);
            self.placed -= usize::from(*order > 0.0);
            *order += moved;
            if order.abs() < 1e-9 {
                *order = 0.0;
            }
            self.broken += small(*order, self.min_trade);
            self.placed += usize::from(*order > 0.0);
        }
        if let Some((sold, bought)) = self.sides.get_mut(piece.identity) {
            self.broken -= over(sold.min(*bought));
            match piece.side {
                Side::Sell => *sold += moved,
                Side::Buy => *bought += moved,
            }
            self.broken += over(sold.min(*bought));
        }
    }

    /// Fixes the costs at which limits and targets are judged, and sums everything up anew.
    fn settle(&mut self) {
        self.planned_cost = self.cost();
        let whole = self.draft.ground.problem.whole_shares;
        let is_free = self.ticket == 0.0 && self.pieces.iter().all(|piece| piece.spread == 0.0);
        self.most_cost = match (whole, is_free) {
            (true, false) => 1.02 * self.planned_cost + self.ticket + 0.05,
            _ => self.planned_cost,
        };
        self.sum_up();
    }

    fn sum_up(&mut self) {
        (self.broken, self.excess, self.gaps) = (0.0, 0.0, 0.0);
        for limit in &mut self.limits {
            (limit.broken, limit.excess) = limit.parts(self.planned_cost, self.most_cost);
            self.broken += limit.broken;
            self.excess += limit.excess;
        }
        for target in &mut self.targets {
            target.gap = (target.weight * (self.value - self.planned_cost) - target.held).max(0.0);
            self.gaps += target.gap;
        }
        self.broken += self.orders.iter().map(|order| small(*order, self.min_trade)).sum::<f64>();
        self.broken += self.sides.iter().map(|(sold, bought)| over(sold.min(*bought))).sum::<f64>();
        self.placed = self.orders.iter().filter(|order| **order > 0.0).count();
    }

    /// The levels in dollars, broken hard limits first. Smaller is better, in order.
    fn score(&self) -> Score {
        let cost = self.cost();
        // Sums kept by adding and subtracting: less than a millionth of a cent is nothing.
        let mut broken = if self.broken > 1e-8 { self.broken } else { 0.0 };
        broken += (self.placed as f64 - self.max_trades).max(0.0) * 1e6;
        let year = year(self.rates, self.before.0 + self.short, self.before.1 + self.long);
        let tax = year - self.without;
        let due = tax.max(0.0);
        broken += over(due - self.tax_budget);
        let mut shortfall = 0.0;
        let mut free = 0.0;
        let tickets = self.tickets_by_account();
        for (place, account) in self.accounts.iter().enumerate() {
            let left = account.cash - tickets.get(place).copied().unwrap_or(0.0) - account.reserve;
            let missing = (-left).max(0.0);
            // To the cent: half a cent is a rounding error of the sum, not of the account.
            broken += if missing > account.shortfall + 0.005 { missing - account.shortfall } else { 0.0 };
            shortfall += if missing > 0.005 { missing } else { 0.0 };
            if account.taxable {
                free += left.max(0.0);
            }
        }
        if self.draft.ground.problem.set_aside_tax {
            let missing = over(due - free);
            let raising = self.accounts.iter().any(|account| account.shortfall > 0.0);
            shortfall += missing;
            broken += if raising { 0.0 } else { missing };
        }
        match self.prices {
            None => {
                let largest = self.targets.iter().map(|target| target.gap).fold(0.0, f64::max);
                [broken, shortfall, self.excess, self.gaps, largest, due + cost, self.turnover, tax]
            }
            Some((cap, target)) => {
                let priced = cap * self.excess + target * self.gaps + due + cost;
                [broken, shortfall, priced, self.turnover, tax, 0.0, 0.0, 0.0]
            }
        }
    }

    fn cost(&self) -> f64 {
        self.spread + self.ticket * self.placed as f64
    }

    fn tickets_by_account(&self) -> Vec<f64> {
        if self.ticket <= 0.0 {
            return Vec::new();
        }
        let mut tickets = vec![0.0; self.accounts.len()];
        for (order, placed) in self.draft.ground.orders.iter().zip(&self.orders) {
            if *placed > 0.0
                && let Some(sum) = tickets.get_mut(order.account)
            {
                *sum += self.ticket;
            }
        }
        tickets
    }

    fn can(&self, index: usize, change: i64) -> bool {
        match (self.steps.get(index), self.window.get(index)) {
            (Some(steps), Some((least, most))) => (*least..=*most).contains(&(steps + change)),
            _ => false,
        }
    }

    /// Keeps every trade near its continuous answer and where it stands now.
    fn narrow(&mut self, amounts: &[f64]) {
        let scale = self.draft.ground.scale;
        for (index, amount) in amounts.iter().enumerate() {
            let (Some(piece), Some(steps)) = (self.pieces.get(index), self.steps.get(index)) else { continue };
            let exact = if scale > 0.0 { amount / scale / piece.price / piece.step } else { 0.0 };
            let least = (exact.floor() as i64).min(*steps) - WINDOW;
            let most = (exact.ceil() as i64).max(*steps) + WINDOW;
            if let Some(window) = self.window.get_mut(index) {
                *window = (least.max(0), most.min(piece.most));
            }
        }
    }

    /// Makes some moves if they lead to a better score.
    fn attempt(&mut self, moves: &[(usize, i64)], score: &mut Score) -> bool {
        if !moves.iter().all(|(index, change)| self.can(*index, *change)) {
            return false;
        }
        for (index, change) in moves {
            self.shift(*index, *change);
        }
        let next = self.score();
        if is_less(&next, score) {
            *score = next;
            return true;
        }
        for (index, change) in moves.iter().rev() {
            self.shift(*index, -change);
        }
        false
    }

    /// The trades worth moving: those in the plan, the neighbours of its sales, and purchases for open targets; first
    /// those that the continuous plan has in fractions.
    fn candidates(&self) -> Vec<usize> {
        let mut chosen = Vec::new();
        for order in &self.draft.ground.orders {
            let used = order.trades.iter().any(|trade| self.steps.get(*trade).is_some_and(|steps| *steps > 0));
            let mut spare = 2;
            for trade in &order.trades {
                let (Some(steps), Some(piece)) = (self.steps.get(*trade), self.pieces.get(*trade)) else { continue };
                if piece.most == 0 {
                    continue;
                }
                if *steps > 0 {
                    chosen.push(*trade);
                } else if used && spare > 0 {
                    spare -= 1;
                    chosen.push(*trade);
                } else if piece.side == Side::Buy && piece.targets.iter().any(|target| self.is_open(*target)) {
                    chosen.push(*trade);
                }
            }
        }
        chosen.sort_by_key(|trade| (!self.fractional.get(*trade).copied().unwrap_or(false), *trade));
        chosen
    }

    /// The candidates that have a part in something broken.
    fn suspects(&self, candidates: &[usize]) -> Vec<usize> {
        let tight: Vec<bool> =
            (self.accounts.iter()).map(|account| account.reserve - account.cash > account.shortfall - 0.005).collect();
        let is_suspect = |trade: &usize| {
            let Some(piece) = self.pieces.get(*trade) else { return false };
            let order = self.orders.get(piece.order).copied().unwrap_or(0.0);
            let (sold, bought) = self.sides.get(piece.identity).copied().unwrap_or((0.0, 0.0));
            piece.bounds.iter().any(|(limit, _)| self.limits.get(*limit).is_some_and(|limit| limit.broken > 0.0))
                || small(order, self.min_trade) > 0.0
                || over(sold.min(bought)) > 0.0
                || tight.get(piece.account).copied().unwrap_or(false)
        };
        let found: Vec<usize> = candidates.iter().copied().filter(is_suspect).collect();
        // What is broken may belong to no trade alone: the tax, or the number of orders.
        if found.is_empty() { candidates.to_vec() } else { found }
    }

    fn is_open(&self, target: usize) -> bool {
        self.targets.get(target).is_some_and(|target| target.gap > 0.0)
    }

    /// Repairs broken hard limits, each time by the move that does most: alone, and where that does nothing in pairs.
    fn repair(&mut self) {
        let mut score = self.score();
        for _ in 0..MOST_STEPS {
            if score.first() == Some(&0.0) {
                return;
            }
            self.sum_up();
            let candidates = self.candidates();
            let suspects = self.suspects(&candidates);
            let alone = suspects.iter().flat_map(|index| [vec![(*index, 1)], vec![(*index, -1)]]);
            let best = self.best(alone, &score).or_else(|| {
                let mut together = Vec::new();
                for first in suspects.iter().take(MOST_PAIRED) {
                    for second in candidates.iter().take(2 * MOST_PAIRED).filter(|second| *second != first) {
                        let pairs = self.pairs(*first, *second).into_iter();
                        together.extend(pairs.map(|(one, other)| vec![(*first, one), (*second, other)]));
                    }
                }
                self.best(together.into_iter(), &score)
            });
            let Some((moves, next)) = best else { return };
            for (index, change) in moves {
                self.shift(index, change);
            }
            score = next;
        }
    }

    /// Returns the moves with the best score, if it is better than what is.
    fn best(
        &mut self,
        all: impl Iterator<Item = Vec<(usize, i64)>>,
        score: &Score,
    ) -> Option<(Vec<(usize, i64)>, Score)> {
        let mut best: Option<(Vec<(usize, i64)>, Score)> = None;
        for moves in all {
            if !moves.iter().all(|(index, change)| self.can(*index, *change)) {
                continue;
            }
            for (index, change) in &moves {
                self.shift(*index, *change);
            }
            let next = self.score();
            for (index, change) in moves.iter().rev() {
                self.shift(*index, -change);
            }
            let repaired = next.first() < score.first();
            if repaired && best.as_ref().is_none_or(|(_, best)| is_less(&next, best)) {
                best = Some((moves, next));
            }
        }
        best
    }

    /// Improves the levels of a whole-share plan. A continuous plan is the optimum already.
    fn improve(&mut self) {
        let mut score = self.score();
        let mut made = 0;
        while made < MOST_STEPS {
            let candidates = self.candidates();
            let mut moved = 0;
            for index in &candidates {
                for change in [1, -1] {
                    while made < MOST_STEPS && self.attempt(&[(*index, change)], &mut score) {
                        made += 1;
                        moved += 1;
                    }
                }
            }
            self.sum_up();
            if moved > 0 {
                continue;
            }
            let paired: Vec<usize> = candidates.iter().copied().take(MOST_PAIRED).collect();
            for (place, first) in paired.iter().enumerate() {
                for second in paired.iter().skip(place + 1) {
                    for (one, other) in self.pairs(*first, *second) {
                        while made < MOST_STEPS && self.attempt(&[(*first, one), (*second, other)], &mut score) {
                            made += 1;
                            moved += 1;
                        }
                    }
                }
            }
            if moved == 0 {
                return;
            }
        }
    }

    /// Steps of two trades that move about the same money, up and down, with and against each other.
    fn pairs(&self, first: usize, second: usize) -> Vec<(i64, i64)> {
        let dollars = |index: usize| self.pieces.get(index).map_or(1.0, |piece| piece.price * piece.step);
        let ratio = dollars(first) / dollars(second);
        let (more, is_first) = if ratio >= 1.0 { (ratio, true) } else { (1.0 / ratio, false) };
        let (low, high) = ((more + 1e-9).floor().min(1e6) as i64, (more - 1e-9).ceil().min(1e6) as i64);
        let mut pairs = Vec::new();
        for many in [low, high] {
            for (one, other) in [(1, 1), (-1, -1), (1, -1), (-1, 1)] {
                let pair = if is_first { (one, other * many) } else { (one * many, other) };
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        pairs
    }

    fn trades(&self) -> Trades {
        let ground = &self.draft.ground;
        let (mut sells, mut buys) = (Vec::new(), Vec::new());
        for ((trade, piece), steps) in ground.trades.iter().zip(&self.pieces).zip(&self.steps) {
            if *steps <= 0 {
                continue;
            }
            let quantity = match trade.shares {
                Some(shares) if *steps > piece.whole => Shares(shares),
                _ => Shares((trade.step * Decimal::from(*steps)).normalize()),
            };
            let account = ground.accounts.get(trade.account).and_then(|index| ground.problem.accounts.get(*index));
            let (Some(account), Some(symbol)) = (account, ground.symbols.get(trade.symbol)) else { continue };
            let (account, symbol) = (account.id.clone(), (*symbol).clone());
            match trade.lot.and_then(|lot| ground.problem.lots.get(lot)) {
                Some(lot) => sells.push(PlannedSale { account, symbol, lot: lot.id.clone(), quantity }),
                None => buys.push(PlannedBuy { account, symbol, quantity }),
            }
        }
        sells.sort();
        buys.sort();
        (sells, buys)
    }
}

impl Limit {
    /// Dollars by which the limit is broken, and by which its cap is exceeded.
    fn parts(&self, planned_cost: f64, most_cost: f64) -> (f64, f64) {
        // What is above its cap already may seem a little higher as costs shrink the value: no exposure was added.
        let above = if self.state && self.worst > 0.0 {
            self.constant - self.most - self.worst
        } else {
            self.constant + (self.cost * most_cost).max(self.cost * planned_cost) - self.most - self.worst
        };
        let excess = if self.counted { self.constant + self.cost * planned_cost - self.most } else { 0.0 };
        (over(above), excess.max(0.0))
    }
}

/// Dollars by which something is exceeded, if by more than nothing.
fn over(excess: f64) -> f64 {
    if excess > SLACK { excess } else { 0.0 }
}

/// Dollars that an order lacks to be nothing or large enough.
fn small(order: f64, least: f64) -> f64 {
    if order > 1e-9 { over(least - order) } else { 0.0 }
}

fn cents_down(dollars: f64) -> f64 {
    (dollars * 100.0 + 1e-6).floor() / 100.0
}

fn cents_up(dollars: f64) -> f64 {
    (dollars * 100.0 - 1e-6).ceil() / 100.0
}

/// The year's tax at flat rates (short, long, ordinary, limit).
fn year((short_rate, long_rate, ordinary, limit): (f64, f64, f64, f64), short: f64, long: f64) -> f64 {
    let net = short + long;
    if net < 0.0 {
        -ordinary * (-net).min(limit)
    } else if long < 0.0 {
        short_rate * net
    } else if short < 0.0 {
        long_rate * net
    } else {
        short_rate * short + long_rate * long
    }
}

fn is_less(one: &Score, other: &Score) -> bool {
    for (one, other) in one.iter().zip(other) {
        if one < &(other - TIE) {
            return true;
        }
        if one > &(other + TIE) {
            return false;
        }
    }
    false
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
