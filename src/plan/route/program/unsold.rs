//! The least dollars that still must be sold after each stage, each dollar once: the sum over holdings of what would have
//! to go so that every cap holds with the proceeds invested as intended, and the targets are paid for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Builder;
use crate::model::{Measure, Symbol};
use crate::plan::draft::Bound;
use crate::plan::model::Model;
use crate::plan::simplex::{Matrix, Simplex};

/// `sum share * what is left of each holding <= most + sum wish * what the target misses at the end`, shares net of what the
/// proceeds are invested in. What is not bought needs neither money nor room: a wish only ever asks for less.
#[derive(Clone, Debug)]
pub(in crate::plan::route) struct Wanted {
    shares: BTreeMap<usize, f64>,
    wishes: BTreeMap<usize, f64>,
    most: f64,
}

/// What is asked of the holdings that are not bought.
#[derive(Clone, Debug, Default)]
pub(in crate::plan::route) struct Asked {
    wanted: Vec<Wanted>,
    /// What of each symbol may be sold.
    free: BTreeMap<usize, f64>,
    /// What each target misses before any run.
    pub missed: BTreeMap<usize, f64>,
}

impl Asked {
    /// Dollars that targets, filled, add to what must be sold.
    pub fn of_targets(&self) -> f64 {
        self.wanted
            .iter()
            .flat_map(|own| &own.wishes)
            .map(|(symbol, wish)| wish * self.missed.get(symbol).unwrap_or(&0.0))
            .sum()
    }

    /// The least dollars that must be sold before any run, given what each target misses at the end.
    pub fn now(&self, missed: &BTreeMap<usize, f64>) -> f64 {
        let mut model = Model::default();
        let columns: Vec<(usize, usize)> =
            self.free.iter().map(|(symbol, value)| (*symbol, model.column(0.0, *value))).collect();
        for own in &self.wanted {
            let share = |symbol: &usize| own.shares.get(symbol).copied().unwrap_or(0.0);
            let terms = columns.iter().map(|(symbol, column)| (*column, -share(symbol)));
            let spared: f64 = own.wishes.iter().filter_map(|(symbol, wish)| Some(wish * missed.get(symbol)?)).sum();
            model.row(f64::NEG_INFINITY, own.most + spared, None, terms);
        }
        let matrix = std::rc::Rc::new(Matrix::new(&model));
        let mut simplex = Simplex::new(&model, &matrix);
        let all: Vec<(usize, f64)> = columns.iter().map(|(_, column)| (*column, 1.0)).collect();
        simplex.restore().and_then(|()| simplex.minimise(&all)).unwrap_or(0.0)
    }
}

impl Builder<'_, '_> {
    /// The last run of the route.
    pub(super) fn last_day(&self) -> NaiveDate {
        self.program.stages.last().map_or(self.draft.ground.problem.as_of, |stage| stage.last)
    }

    /// What of each symbol may ever be sold, in basis points.
    fn for_sale(&self) -> BTreeMap<usize, f64> {
        let mut free: BTreeMap<usize, f64> = BTreeMap::new();
        for group in self.program.groups.iter().filter(|group| group.asked) {
            *free.entry(group.symbol).or_default() += group.value;
        }
        free
    }

    /// Columns of what would still have to be sold of each symbol at the end.
    pub(super) fn ends(&mut self) {
        let sold = self.changes(|_| 1.0);
        let is_sale: BTreeSet<usize> = self.program.sales.iter().map(|sale| sale.column).collect();
        let symbols: BTreeMap<usize, usize> =
            self.program.sales.iter().filter_map(|s| Some((s.column, self.group(s.group)?.symbol))).collect();
        for (symbol, value) in self.for_sale() {
            let column = self.program.model.column(0.0, value);
            let own = sold.iter().filter(|(sale, _, _)| is_sale.contains(sale) && symbols.get(sale) == Some(&symbol));
            let terms: Vec<(usize, f64)> = own.map(|(sale, _, _)| (*sale, 1.0)).chain([(column, 1.0)]).collect();
            if terms.len() > 1 {
                self.program.model.row(f64::NEG_INFINITY, value, None, terms);
            }
            self.program.unsold.push((symbol, column));
        }
    }

    /// Columns of the dollars that must still be sold after each stage.
    pub(super) fn unsold(&mut self) {
        let wanted = self.wanted();
        let buyable = self.buyable();
        let mut free = self.for_sale();
        free.retain(|symbol, _| !buyable.contains(symbol));
        let held = |symbol: &usize| self.draft.ground.held.get(*symbol).copied().unwrap_or(0.0);
        let missed = self.wished.iter().map(|(own, weight)| (*own, (10_000.0 * weight - held(own)).max(0.0))).collect();
        self.program.asked = Asked { wanted: wanted.clone(), free: free.clone(), missed };
        let stages = self.program.stages.len();
        let last_months = self.program.stages.last().is_some_and(|stage| !stage.months.is_empty());
        if stages < 2 {
            return;
        }
        let gaps: BTreeMap<usize, usize> = self.program.gaps.iter().copied().collect();
        for stage in 0..stages {
            if stage + 1 == stages && !last_months {
                continue;
            }
            let left = self.program.model.column(0.0, f64::INFINITY);
            let mut sum = vec![(left, 1.0)];
            let mut columns: BTreeMap<usize, usize> = BTreeMap::new();
            for (symbol, value) in &free {
                if wanted.iter().all(|own| own.shares.get(symbol).is_none_or(|share| *share <= 0.0)) {
                    continue;
                }
                let column = self.program.model.column(0.0, *value);
                columns.insert(*symbol, column);
                sum.push((column, -1.0));
                let sold = self.program.sold(|sale| {
                    let own = self.group(sale.group).is_some_and(|group| group.symbol == *symbol);
                    if own && sale.stage <= stage { 1.0 } else { 0.0 }
                });
                if !sold.is_empty() {
                    self.program.model.row(f64::NEG_INFINITY, *value, None, sold.into_iter().chain([(column, 1.0)]));
                }
            }
            let row = self.program.model.row(0.0, 0.0, None, sum);
            self.program.model.basics.push((row, left));
            for own in &wanted {
                let mut terms = self.program.sold(|sale| {
                    let symbol = self.group(sale.group).map(|group| group.symbol);
                    let share = symbol.and_then(|symbol| own.shares.get(&symbol)).copied().unwrap_or(0.0);
                    if sale.stage <= stage { -share } else { 0.0 }
                });
                terms.extend(
                    columns.iter().map(|(symbol, column)| (*column, -own.shares.get(symbol).copied().unwrap_or(0.0))),
                );
                terms.extend(own.wishes.iter().filter_map(|(symbol, wish)| Some((*gaps.get(symbol)?, -wish))));
                terms.retain(|(_, value)| *value != 0.0);
                self.program.model.row(f64::NEG_INFINITY, own.most, None, terms);
            }
            if let Some(slot) = self.program.left.get_mut(stage) {
                *slot = Some(left);
            }
        }
    }

    /// Symbols that may be bought at all.
    fn buyable(&self) -> BTreeSet<usize> {
        let trades = self.program.purchases.iter().filter_map(|own| self.draft.ground.trades.get(own.trade));
        trades.map(|trade| trade.symbol).collect()
    }

    /// What every cap, and the money for the targets, asks of the holdings that are not bought.
    fn wanted(&self) -> Vec<Wanted> {
        let ground = &self.draft.ground;
        let problem = ground.problem;
        let buyable = self.buyable();
        let held = |symbol: usize| ground.held.get(symbol).copied().unwrap_or(0.0);
        let reserve: f64 = problem.accounts.iter().map(|account| self.dollars(account.reserve)).sum();
        let is_wished = |symbol: &usize| {
            self.wished.get(symbol).is_some_and(|weight| 10_000.0 * weight > held(*symbol))
                && Some(*symbol) != self.neutral
        };
        let wishes: Vec<(usize, f64)> = buyable
            .iter()
            .filter(|symbol| is_wished(symbol))
            .filter_map(|symbol| Some((*symbol, *self.wished.get(symbol)?)))
            .collect();
        let kept: Vec<usize> =
            buyable.iter().copied().filter(|symbol| !is_wished(symbol) && Some(*symbol) != self.neutral).collect();
        let powers: Vec<f64> = (0..ground.accounts.len()).map(|account| self.draft.power(account)).collect();
        let mut wanted = Vec::new();
        for bound in &self.draft.bounds {
            let limit = problem.limits.get(bound.limit);
            let Some(Measure::ExposureCap { coefficients, .. }) = limit.map(|limit| &limit.measure) else { continue };
            if bound.worst <= 0.0 && self.draft.reach(bound, &powers) < bound.most - 1e-6 {
                continue;
            }
            let share_of = |symbol: &Symbol| crate::plan::ground::beta(coefficients, symbol);
            let share = |symbol: usize| ground.symbols.get(symbol).map_or(0.0, |symbol| share_of(symbol));
            let neutral = self.neutral.map_or(0.0, share);
            let cap = self.cap_of(bound);
            let net: f64 = cap - neutral - wishes.iter().map(|(symbol, x)| (share(*symbol) - neutral) * x).sum::<f64>();
            let most = 10_000.0 * net
                - kept.iter().map(|symbol| (share(*symbol) - neutral) * held(*symbol)).sum::<f64>()
                + neutral * reserve;
            let of_wish = wishes.iter().map(|(symbol, _)| (*symbol, (share(*symbol) - neutral).max(0.0))).collect();
            let mut free = self.for_sale();
            if let Some((_, cures)) = self.draft.cures(bound, self.last_day()) {
                free.iter_mut().for_each(|(symbol, most)| *most = most.min(*cures.get(symbol).unwrap_or(&0.0)));
            }
            wanted.push(self.asked(&buyable, |symbol| share_of(symbol) - neutral, of_wish, most, &free));
        }
        // Where a sale must earn its tax nothing taxed is sold for targets, and nothing waits for their money.
        if !wishes.is_empty() && !self.must_earn {
            let net = 1.0 - wishes.iter().map(|(_, x)| x).sum::<f64>();
            let others: f64 = kept.iter().copied().chain(self.neutral).map(held).sum();
            let of_wish = wishes.iter().map(|(symbol, _)| (*symbol, 1.0)).collect();
            wanted.push(self.asked(&buyable, |_| 1.0, of_wish, 10_000.0 * net - reserve - others, &self.for_sale()));
        }
        wanted
    }

    /// The cap, or what is held where that is above it by less than its trigger.
    fn cap_of(&self, bound: &Bound) -> f64 {
        let most = if bound.counted { bound.most } else { bound.most.max(bound.constant) };
        most / 10_000.0
    }

    /// A bound on what is left of the holdings that are not bought; what cannot be sold is not asked for. What has less of
    /// the exposure than the proceeds' fund counts against it when it is sold, but only where everything could go and the
    /// bound hold: else two bounds could ask for opposite sales, and nothing would meet both.
    fn asked(
        &self,
        buyable: &BTreeSet<usize>,
        share: impl Fn(&Symbol) -> f64,
        wishes: BTreeMap<usize, f64>,
        most: f64,
        free: &BTreeMap<usize, f64>,
    ) -> Wanted {
        let mut holdings: Vec<(Option<usize>, f64, f64, f64)> = Vec::new();
        for (symbol, held) in self.draft.ground.holdings() {
            let index = self.draft.ground.symbols.binary_search(&symbol).ok();
            if !index.is_some_and(|index| buyable.contains(&index)) {
                let may_go = index.and_then(|index| free.get(&index)).copied().unwrap_or(0.0);
                holdings.push((index, share(symbol), held, may_go));
            }
        }
        let with_all_sold: f64 = holdings.iter().map(|(_, own, held, may_go)| own * (held - may_go)).sum();
        if most < with_all_sold {
            holdings.iter_mut().for_each(|(_, own, ..)| *own = own.max(0.0));
        }
        let now: f64 = holdings.iter().map(|(_, own, held, _)| own * held).sum();
        let least: f64 =
            holdings.iter().map(|(_, own, held, may_go)| own * (held - may_go) + own.min(0.0) * may_go).sum();
        let shares = holdings.iter().filter_map(|(index, own, ..)| Some(((*index)?, *own))).collect();
        Wanted { shares, wishes, most: most.max(least) - now }
    }
}
