//! The tax of every year as columns and rows: its net results, the pieces of each regime, what is carried on, and what a
//! loss that is carried out of the last year is worth.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::super::year::{Affine, Regime, Year};
use super::Builder;
use crate::model::Measure;
use crate::plan::model::Expression;
use crate::plan::yearly;
use crate::units::Money;

/// The tax block of a year.
#[derive(Clone, Debug)]
pub(in crate::plan::route) struct TaxYear {
    pub year: i32,
    pub function: Year,
    /// Net results, each with what is carried in.
    pub short: usize,
    pub long: usize,
    /// The year's tax.
    pub tax: usize,
    pub carry: (usize, usize),
    /// What the tax is the sum of.
    pub terms: Vec<usize>,
    /// Regimes that the results can reach. The bounds of one alone hold already.
    pub regimes: Vec<Entered>,
    /// Rows that bound the tax from below while no regime is chosen.
    pub below: Vec<usize>,
    /// What a tax paid in this year weighs.
    pub weight: f64,
}

/// A regime with what it bounds.
#[derive(Clone, Debug)]
pub(in crate::plan::route) struct Entered {
    pub regime: Regime,
    /// Rows that hold in it: lower and upper bound.
    pub rows: Vec<(usize, f64, f64)>,
    /// Columns that are nothing in it.
    pub closed: Vec<usize>,
    /// Rows of the pieces of each of its terms with the bound at which the term is that piece, and not above it.
    pub pieces: Vec<Vec<(usize, f64)>>,
}

/// What a loss that is carried out of the last year of the route is worth in the years after it.
#[derive(Clone, Debug, Default)]
pub(in crate::plan::route) struct Tail {
    pub column: Option<usize>,
    pub years: Vec<i32>,
}

/// Years after the first in which a loss that is carried on is still worth something.
const YEARS_COUNTED: i32 = 2;

impl Builder<'_, '_> {
    /// Gains of a year and term: columns with what a basis point sold realises.
    pub(in crate::plan::route) fn gains(&self, year: i32, long: bool) -> Expression {
        self.gains_by_lot(year, long).into_iter().map(|(_, column, gain)| (column, gain)).collect()
    }

    /// The same with the trade of each.
    pub(super) fn gains_by_lot(&self, year: i32, long: bool) -> Vec<(usize, usize, f64)> {
        let ground = &self.draft.ground;
        let gain = |trade: usize| ground.trades.get(trade).and_then(|trade| trade.gain).map_or(0.0, |(_, gain)| gain);
        let mut gains = Vec::new();
        for sale in &self.program.sales {
            let Some(group) = self.group(sale.group).filter(|group| group.taxed && !group.has_parts()) else {
                continue;
            };
            let class = group.classes.iter().find(|class| class.stages.contains(&sale.stage));
            if let (Some(class), [lot]) = (class, group.lots.as_slice())
                && class.year == year
                && class.long == long
            {
                gains.push((*lot, sale.column, gain(*lot)));
            }
        }
        for part in &self.program.parts {
            let class = self.group(part.group).and_then(|group| group.classes.get(part.class));
            if class.is_some_and(|class| class.year == year && class.long == long) && gain(part.trade) != 0.0 {
                gains.push((part.trade, part.column, gain(part.trade)));
            }
        }
        gains
    }

    pub(super) fn tax(&mut self) {
        let problem = self.draft.ground.problem;
        let settings = &problem.tax;
        let mut years: Vec<i32> = self.program.stages.iter().map(|stage| stage.first.year()).collect();
        years.dedup();
        let (Some(first), Some(last)) = (years.first().copied(), years.last().copied()) else { return };
        self.program.tail.years = (last + 1..=last.max(first + YEARS_COUNTED)).collect();
        let discount = |year: i32| (1.0 + self.route.discount).powi(first - year);
        let before = [
            self.dollars(settings.realised_short - settings.carry_short),
            self.dollars(settings.realised_long - settings.carry_long),
        ];
        let mut carried: Option<((usize, usize), [f64; 2])> = None;
        for year in years {
            let known = if year == first { before } else { [0.0, 0.0] };
            let gains = [self.gains(year, false), self.gains(year, true)];
            let range = |side: usize| {
                let (mut lo, mut hi) =
                    (known.get(side).copied().unwrap_or(0.0), known.get(side).copied().unwrap_or(0.0));
                let mut of_lot: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
                for (column, gain) in gains.get(side).into_iter().flatten() {
                    let most = self.program.model.columns.get(*column).map_or(0.0, |column| column.hi) * gain;
                    let slot = of_lot.entry(self.lot_of(*column)).or_default();
                    *slot = (slot.0.min(most), slot.1.max(most));
                }
                for (low, high) in of_lot.into_values() {
                    (lo, hi) = (lo + low, hi + high);
                }
                if let Some((_, most)) = carried {
                    lo -= most.get(side).copied().unwrap_or(0.0);
                }
                (lo, hi)
            };
            let (short_range, long_range) = (range(0), range(1));
            let model = &mut self.program.model;
            let mut result = |side: usize, (lo, hi): (f64, f64)| {
                let column = model.column(lo - 1.0, hi + 1.0);
                let mut terms = vec![(column, 1.0)];
                terms.extend(gains.get(side).into_iter().flatten().map(|(own, gain)| (*own, -gain)));
                if let Some(((short, long), _)) = carried {
                    terms.push((if side == 0 { short } else { long }, 1.0));
                }
                let known = known.get(side).copied().unwrap_or(0.0);
                let row = model.row(known, known, None, terms);
                model.basics.push((row, column));
                column
            };
            let (short, long) = (result(0, short_range), result(1, long_range));
            let block = self.year(year, (short, short_range), (long, long_range), discount(year));
            let most = [(-short_range.0).max(0.0), (-long_range.0).max(0.0)];
            let any = self.program.model.columns.get(block.carry.0).is_some_and(|column| column.hi > 0.0)
                || self.program.model.columns.get(block.carry.1).is_some_and(|column| column.hi > 0.0);
            carried = Some((block.carry, if any { most } else { [0.0, 0.0] }));
            self.budget(&block, &gains, year == first);
            self.program.years.push(block);
        }
        if let Some((carry, [short, long])) = carried
            && short + long > 0.0
        {
            self.tail(carry, discount);
        }
    }

    /// The lot, or else the group after all lots, that a column sells: its columns share what is there.
    fn lot_of(&self, column: usize) -> usize {
        let part = self.program.parts.binary_search_by_key(&column, |part| part.column).ok();
        let part = part.and_then(|place| self.program.parts.get(place)).map(|part| part.trade);
        let sale = self.program.sales.binary_search_by_key(&column, |sale| sale.column).ok();
        let sale = sale.and_then(|place| self.program.sales.get(place));
        part.or_else(|| sale.map(|sale| self.draft.ground.trades.len() + sale.group)).unwrap_or(usize::MAX)
    }

    fn year(
        &mut self,
        year: i32,
        (short, short_range): (usize, (f64, f64)),
        (long, long_range): (usize, (f64, f64)),
        weight: f64,
    ) -> TaxYear {
        let scale = self.draft.ground.scale;
        let function = Year::new(&self.draft.ground.problem.tax, year);
        let dollars = |(lo, hi): (f64, f64)| (lo / scale, hi / scale);
        let (short_dollars, long_dollars) = (dollars(short_range), dollars(long_range));
        let most = 2.0 * (short_dollars.1.max(0.0) + long_dollars.1.max(0.0)) + 1_000_000.0;
        // A regime counts when no face keeps the whole box of reachable results outside.
        let is_possible = |regime: &Regime| {
            regime.faces.iter().all(|(a, b, most)| {
                let least = |factor: f64, (lo, hi): (f64, f64)| (factor * lo).min(factor * hi);
                least(*a, short_dollars) + least(*b, long_dollars) <= most + 1e-9
            })
        };
        let mut regimes: Vec<Regime> = function.regimes(most).into_iter().filter(is_possible).collect();
        if short_dollars.0 >= -1e-9 && long_dollars.0 >= -1e-9 {
            // Others only touch the box at a face that it shares with these.
            regimes.retain(|regime| regime.of_gains);
        }
        let model = &mut self.program.model;
        let carries =
            regimes.iter().any(|regime| regime.carry_short != (0.0, 0.0, 0.0) || regime.carry_long != (0.0, 0.0, 0.0));
        let lost = |(lo, _): (f64, f64)| if carries { (-lo).max(0.0) } else { 0.0 };
        let carry = (model.column(0.0, lost(short_range)), model.column(0.0, lost(long_range)));
        let tax = model.column(f64::NEG_INFINITY, f64::INFINITY);
        let count = regimes.iter().map(|regime| regime.terms.len()).max().unwrap_or(0);
        let terms: Vec<usize> = (0..count).map(|_| model.column(f64::NEG_INFINITY, f64::INFINITY)).collect();
        let is_open = regimes.len() > 1;
        let sum = model.row(
            if is_open { f64::NEG_INFINITY } else { 0.0 },
            if is_open { f64::INFINITY } else { 0.0 },
            None,
            terms.iter().map(|term| (*term, -1.0)).chain([(tax, 1.0)]),
        );
        model.basics.push((sum, tax));
        let free = (f64::NEG_INFINITY, f64::INFINITY);
        let mut entered = Vec::new();
        for regime in regimes {
            let rows = vec![(sum, 0.0, 0.0)];
            let mut own = Entered { regime, rows, closed: Vec::new(), pieces: Vec::new() };
            let mut row = |lo: f64, hi: f64, expression: Vec<(usize, f64)>| {
                let (low, high) = if is_open { free } else { (lo, hi) };
                let row = model.row(low, high, None, expression);
                own.rows.push((row, lo, hi));
                row
            };
            if is_open {
                for (a, b, most) in &own.regime.faces {
                    row(f64::NEG_INFINITY, most * scale, vec![(short, *a), (long, *b)]);
                }
            }
            let pieces = terms.iter().zip(&own.regime.terms).map(|(term, affine)| {
                let piece = |(a, b, constant): &Affine| {
                    let lo = constant * scale;
                    (row(lo, f64::INFINITY, vec![(*term, 1.0), (short, -a), (long, -b)]), lo)
                };
                affine.iter().map(piece).collect()
            });
            own.pieces = pieces.collect();
            let mut closed: Vec<usize> = terms.iter().skip(own.regime.terms.len()).copied().collect();
            let mut carried = |column: usize, (a, b, constant): Affine, closed: &mut Vec<usize>| {
                if (a, b, constant) == (0.0, 0.0, 0.0) {
                    closed.push(column);
                } else {
                    let value = constant * scale;
                    row(value, value, vec![(column, 1.0), (short, -a), (long, -b)]);
                }
            };
            carried(carry.0, own.regime.carry_short, &mut closed);
            carried(carry.1, own.regime.carry_long, &mut closed);
            own.closed = closed;
            entered.push(own);
        }
        let mut below = Vec::new();
        if is_open {
            for (a, b, constant) in function.below(short_dollars, long_dollars) {
                let terms = [(tax, 1.0), (short, -a), (long, -b)];
                below.push(model.row(constant * scale - 1e-9, f64::INFINITY, None, terms));
            }
        } else {
            for column in entered.iter().flat_map(|own| &own.closed) {
                if let Some(column) = model.columns.get_mut(*column) {
                    (column.lo, column.hi) = (0.0, 0.0);
                }
            }
        }
        TaxYear { year, function, short, long, tax, carry, terms, regimes: entered, below, weight }
    }

    /// Budgets of a calendar year: hard, and one of the reasons for which a loss may be sold.
    fn budget(&mut self, block: &TaxYear, gains: &[Expression; 2], is_first: bool) {
        let problem = self.draft.ground.problem;
        let own = (self.route.realised_short, self.route.realised_long);
        let zero = Money::ZERO;
        for (index, limit) in problem.limits.iter().enumerate() {
            match &limit.measure {
                Measure::GainBudget(budget) => {
                    let used = if is_first { own.0 + own.1 } else { zero };
                    let most = self.dollars((*budget).max(zero) - used) - self.draft.margin(index);
                    let terms: Expression = gains.iter().flatten().copied().collect();
                    if !terms.is_empty() {
                        let overrun = self.overrun(-most).map(|column| (column, -1.0));
                        let bounded = terms.iter().copied().chain(overrun);
                        self.program.model.row(f64::NEG_INFINITY, most, Some(index), bounded);
                        self.budgets.push((block.year, terms, most));
                    }
                }
                Measure::TaxBudget(budget) => {
                    // Above what would be due without the route.
                    let without = self.tax_without(block.year, own);
                    let most = self.dollars((*budget).max(zero)) - self.draft.margin(index) + without;
                    let used = self.tax_without(block.year, (zero, zero));
                    let overrun = self.overrun(used - most).map(|column| (column, -1.0));
                    let bounded = std::iter::once((block.tax, 1.0)).chain(overrun);
                    self.program.model.row(f64::NEG_INFINITY, most, Some(index), bounded);
                    self.budgets.push((block.year, vec![(block.tax, 1.0)], most));
                }
                _ => {}
            }
        }
    }

    /// What a budget of a year stays overrun by, where earlier runs used more than it has: those that were to be made good by
    /// a loss later in the year still are. Doing nothing stays allowed.
    fn overrun(&mut self, most: f64) -> Option<usize> {
        let column = (most > 0.0).then(|| self.program.model.column(0.0, most))?;
        self.program.overruns.push((column, 1.0));
        Some(column)
    }

    /// The tax of a year when nothing more is sold, and less was realised this year by some gains, in basis points.
    fn tax_without(&self, year: i32, (short, long): (Money, Money)) -> f64 {
        let settings = &self.draft.ground.problem.tax;
        let this = self.draft.ground.problem.as_of.year();
        let start = (settings.realised_short - settings.carry_short, settings.realised_long - settings.carry_long);
        let mut own = yearly::year(settings, this, start.0 - short, start.1 - long);
        for next in this + 1..=year {
            own = yearly::year(settings, next, -own.carry_short, -own.carry_long);
        }
        self.dollars(own.tax)
    }

    /// The tax of the years after the route when a loss comes in and nothing is sold: its convex envelope.
    fn tail(&mut self, carry: (usize, usize), discount: impl Fn(i32) -> f64) {
        let scale = self.draft.ground.scale;
        let settings = &self.draft.ground.problem.tax;
        let years: Vec<(Year, f64)> =
            self.program.tail.years.iter().map(|year| (Year::new(settings, *year), discount(*year))).collect();
        let Some(limit) = years.first().map(|(year, _)| year.limit).filter(|limit| *limit > 0.0) else { return };
        let worth = |carry: f64| {
            let mut carry = carry;
            let mut total = 0.0;
            for (year, weight) in &years {
                let (tax, short, long) = year.of(0.0, -carry);
                total += weight * tax;
                carry = short + long;
            }
            total
        };
        let mut hull: Vec<(f64, f64)> = Vec::new();
        for step in 0..=(50 * years.len() + 1) {
            let at = step as f64 * limit / 50.0;
            let next = (at, worth(at));
            while let [.., one, two] = hull.as_slice()
                && (two.1 - one.1) * (next.0 - one.0) >= (next.1 - one.1) * (two.0 - one.0)
            {
                hull.pop();
            }
            hull.push(next);
        }
        let column = self.program.model.column(f64::NEG_INFINITY, f64::INFINITY);
        let mut steepest = f64::NEG_INFINITY;
        for pair in hull.windows(2) {
            let [from, to] = pair else { continue };
            let slope = (to.1 - from.1) / (to.0 - from.0);
            if slope > steepest + 1e-9 {
                let terms = [(column, 1.0), (carry.0, -slope), (carry.1, -slope)];
                let row = self.program.model.row((from.1 - slope * from.0) * scale, f64::INFINITY, None, terms);
                if steepest == f64::NEG_INFINITY {
                    self.program.model.basics.push((row, column));
                }
                steepest = slope;
            }
        }
        self.program.tail.column = Some(column);
    }
}
