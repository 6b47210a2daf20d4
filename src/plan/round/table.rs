//! The table that trades are rounded on: from the draft to pieces in whole steps, and back to trades.

use super::count::year;
use super::{Account, Limit, Piece, Start, Table, Target, Trades, WINDOW};
use crate::model::{Reaction, Side};
use crate::plan::draft::Draft;
use crate::plan::{Mode, PlannedBuy, PlannedSale};
use crate::units::{Decimal, Shares};

impl<'d, 'a> Table<'d, 'a> {
    pub(super) fn new(draft: &'d Draft<'a>) -> Self {
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
            costs_move: problem.whole_shares && problem.caps_after_costs,
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
    pub(super) fn start(&mut self, start: Start, amounts: &[f64]) {
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

    pub(super) fn trades(&self) -> Trades {
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
                Some(lot) => sells.push(PlannedSale { account, symbol, lot: lot.id, quantity }),
                None => buys.push(PlannedBuy { account, symbol, quantity }),
            }
        }
        sells.sort();
        buys.sort();
        (sells, buys)
    }
}
