//! The tax of one calendar year as a function of its net short- and long-term results.
//!
//! The function is not convex: a short-term loss shelters long-term gain, a net loss meets ordinary income only up to its
//! limit, and what is left is carried on. On each of a few polyhedra ("regimes") it is, and there it is a sum of maxima of
//! affine pieces. Amounts are dollars here; [`super::tax`] scales them.

use crate::plan::{TaxSettings, yearly};
use crate::tax::Brackets;
use crate::units::{Decimal, Money};

/// Coefficients of the short-term result, the long-term result, and a constant.
pub(in crate::plan) type Affine = (f64, f64, f64);

/// The year's tax, by flat rates or by the federal tables.
#[derive(Clone, Debug)]
pub(in crate::plan) struct Year {
    /// Most net loss against ordinary income.
    pub limit: f64,
    rates: Rates,
}

/// What a further dollar of gain costs, from a net gain on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::plan) struct Step {
    pub from: f64,
    pub short: f64,
    pub long: f64,
}

#[derive(Clone, Debug)]
enum Rates {
    Flat { short: f64, long: f64, ordinary: f64 },
    Tables(Box<Tables>),
}

#[derive(Clone, Debug)]
struct Tables {
    /// Ordinary taxable income, and modified adjusted gross income, without gains.
    income: f64,
    magi: f64,
    threshold: f64,
    ordinary: Vec<f64>,
    long: Vec<f64>,
    state: (f64, f64),
}

/// A polyhedron on which the year's tax is a sum of maxima of affine functions, and what is carried into the next year.
#[derive(Clone, Debug)]
pub(in crate::plan) struct Regime {
    /// `a * short + b * long <= c`.
    pub faces: Vec<Affine>,
    /// The tax is the sum over these of the largest of each.
    pub terms: Vec<Vec<Affine>>,
    pub carry_short: Affine,
    pub carry_long: Affine,
    /// Whether it holds where neither result is a loss.
    pub of_gains: bool,
}

impl Regime {
    /// Whether a point lies in it.
    pub fn holds(&self, short: f64, long: f64, slack: f64) -> bool {
        self.faces.iter().all(|(a, b, most)| a * short + b * long <= most + slack)
    }
}

/// Rates of the ordinary brackets, and of the zones of long-term gain (IRC 1(j), 1(h)).
const ORDINARY: [f64; 7] = [0.10, 0.12, 0.22, 0.24, 0.32, 0.35, 0.37];
const LONG: [f64; 3] = [0.0, 0.15, 0.20];
/// Net investment income tax (IRC 1411).
const SURTAX: f64 = 0.038;
const NONE: Affine = (0.0, 0.0, 0.0);

fn stepped(x: f64, tops: &[f64], rates: &[f64]) -> f64 {
    let mut below = 0.0;
    let mut sum = 0.0;
    for (place, rate) in rates.iter().enumerate() {
        let top = tops.get(place).copied().unwrap_or(f64::INFINITY);
        if x > below {
            sum += rate * (x.min(top) - below);
        }
        below = top;
    }
    sum
}

impl Tables {
    fn ordinary(&self, x: f64) -> f64 {
        stepped(x.max(0.0), &self.ordinary, &ORDINARY)
    }

    fn stacked(&self, x: f64) -> f64 {
        stepped(x.max(0.0), &self.long, &LONG)
    }

    fn surtax(&self, net: f64) -> f64 {
        let full = |net: f64| SURTAX * net.min(self.magi + net - self.threshold).max(0.0);
        full(net) - full(0.0)
    }

    /// What a loss against ordinary income does to the tax: a deduction saves nothing where there is no income.
    fn offset(&self, used: f64) -> f64 {
        let federal = self.ordinary(self.income - used) - self.ordinary(self.income);
        federal - self.state.0 * used.min(self.income.max(0.0))
    }

    /// Ends of brackets and zones, as gains above the income.
    fn ends(&self, most: f64) -> Vec<f64> {
        let tops = self.ordinary.iter().chain(&self.long);
        let mut ends: Vec<f64> = tops.map(|top| top - self.income).chain([-self.income]).collect();
        ends.retain(|end| *end > 0.0 && *end < most);
        ends.sort_by(f64::total_cmp);
        ends.dedup();
        ends
    }
}

/// The affine pieces of a convex piecewise linear function of one variable: slope and constant.
fn pieces(function: impl Fn(f64) -> f64, lo: f64, hi: f64, ends: &[f64]) -> Vec<(f64, f64)> {
    let mut points = vec![lo];
    points.extend(ends.iter().copied().filter(|end| *end > lo && *end < hi));
    points.push(hi);
    let pieces = points.windows(2).filter_map(|pair| {
        let (from, to) = (*pair.first()?, *pair.last()?);
        let slope = (function(to) - function(from)) / (to - from);
        (to > from).then(|| (slope, function(from) - slope * from))
    });
    pieces.collect()
}

impl Year {
    /// Returns the function of a calendar year.
    pub fn new(settings: &TaxSettings, year: i32) -> Year {
        let number = |rate: Decimal| Money(rate).to_f64();
        let limit = settings.loss_limit.to_f64();
        let rates = match yearly::income(settings, year) {
            Some((filing, income, tables)) => Rates::Tables(Box::new(Tables {
                income: income.taxable.to_f64(),
                magi: yearly::magi(income, &tables).to_f64(),
                threshold: filing.status.niit_threshold().to_f64(),
                ordinary: tops(&tables).0,
                long: tops(&tables).1,
                state: (number(filing.state_short), number(filing.state_long)),
            })),
            None => Rates::Flat {
                short: number(settings.short_rate),
                long: number(settings.long_rate),
                ordinary: number(settings.ordinary_rate),
            },
        };
        Year { limit, rates }
    }

    /// Returns what the first dollar of a net loss saves of the tax on other income.
    pub fn saved_by_loss(&self) -> f64 {
        match &self.rates {
            Rates::Flat { ordinary, .. } => *ordinary,
            Rates::Tables(t) => -t.offset(1.0),
        }
    }

    /// Returns what a further dollar costs, from no gain on, each class as if all gains were of it.
    pub fn steps(&self) -> Vec<Step> {
        match &self.rates {
            Rates::Flat { short, long, .. } => vec![Step { from: 0.0, short: *short, long: *long }],
            Rates::Tables(t) => {
                let mut ends = t.ends(f64::INFINITY);
                ends.extend(Some(t.threshold - t.magi).filter(|end| *end > 0.0));
                ends.sort_by(f64::total_cmp);
                // Brackets end at whole dollars, and incomes are given to the cent.
                let next = |from: f64| from + 1.0 / 128.0;
                let slope = |function: &dyn Fn(f64) -> f64, from: f64| 128.0 * (function(next(from)) - function(from));
                let step = |from: f64| {
                    let surtax = slope(&|net| t.surtax(net), from);
                    let ordinary = slope(&|gain| t.ordinary(t.income + gain), from);
                    let stacked = slope(&|gain| t.stacked(t.income + gain), from);
                    Step { from, short: ordinary + surtax + t.state.0, long: stacked + surtax + t.state.1 }
                };
                std::iter::once(0.0).chain(ends).map(step).collect()
            }
        }
    }

    /// Returns the tax against a year without gains, and the short- and long-term losses carried on (IRC 1212(b):
    /// short-term losses meet ordinary income first).
    pub fn of(&self, short: f64, long: f64) -> (f64, f64, f64) {
        let net = short + long;
        if net >= 0.0 {
            let (short, long) = match (short >= 0.0, long >= 0.0) {
                (true, true) => (short, long),
                (true, false) => (net, 0.0),
                _ => (0.0, net),
            };
            return (self.on_gain(short, long), 0.0, 0.0);
        }
        let mut lost_short = (-short).max(0.0);
        let mut lost_long = (-long).max(0.0);
        if short > 0.0 {
            lost_long -= short;
        }
        if long > 0.0 {
            lost_short -= long;
        }
        let used = self.limit.min(-net);
        let of_short = used.min(lost_short);
        (self.on_offset(used), lost_short - of_short, lost_long - (used - of_short))
    }

    fn on_gain(&self, short: f64, long: f64) -> f64 {
        match &self.rates {
            Rates::Flat { short: on_short, long: on_long, .. } => on_short * short + on_long * long,
            Rates::Tables(t) => {
                let stacked = t.stacked(t.income + short + long) - t.stacked(t.income + short);
                let ordinary = t.ordinary(t.income + short) - t.ordinary(t.income);
                ordinary + stacked + t.surtax(short + long) + t.state.0 * short + t.state.1 * long
            }
        }
    }

    /// What a loss against ordinary income does to the tax.
    fn on_offset(&self, used: f64) -> f64 {
        match &self.rates {
            Rates::Flat { ordinary, .. } => -ordinary * used,
            Rates::Tables(t) => t.offset(used),
        }
    }

    /// Returns every regime; `most` bounds what gains can come to.
    pub fn regimes(&self, most: f64) -> Vec<Regime> {
        let limit = self.limit;
        let plain = |faces: Vec<Affine>, terms: Vec<Vec<Affine>>, of_gains: bool| Regime {
            faces,
            terms,
            carry_short: NONE,
            carry_long: NONE,
            of_gains,
        };
        let regime = |faces, terms| plain(faces, terms, false);
        let of_gains = |faces, terms| plain(faces, terms, true);
        let gain_of_long = vec![(1.0, 0.0, 0.0), (-1.0, -1.0, 0.0)];
        let gain_of_short = vec![(0.0, 1.0, 0.0), (-1.0, -1.0, 0.0)];
        let small_loss = vec![(1.0, 1.0, 0.0), (-1.0, -1.0, limit)];
        let mut found = Vec::new();
        let full = vec![vec![(0.0, 0.0, self.on_offset(limit))]];
        match &self.rates {
            Rates::Flat { short, long, ordinary } => {
                if short >= long {
                    // A short-term loss that shelters long-term gain is one more piece of the same maximum.
                    let faces = vec![(0.0, -1.0, 0.0), (-1.0, -1.0, 0.0)];
                    found.push(of_gains(faces, vec![vec![(*short, *long, 0.0), (*long, *long, 0.0)]]));
                } else {
                    found.push(of_gains(vec![(-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)], vec![vec![(*short, *long, 0.0)]]));
                    found.push(regime(gain_of_long, vec![vec![(*long, *long, 0.0)]]));
                }
                found.push(regime(gain_of_short, vec![vec![(*short, *short, 0.0)]]));
                found.push(regime(small_loss, vec![vec![(*ordinary, *ordinary, 0.0)]]));
            }
            Rates::Tables(t) => {
                let ends = t.ends(most);
                let base = t.ordinary(t.income) - t.stacked(t.income);
                let over = |gain: f64| t.ordinary(t.income + gain) - t.stacked(t.income + gain) - base;
                let stacked = |gain: f64| t.stacked(t.income + gain) - t.stacked(t.income);
                let ordinary = |gain: f64| t.ordinary(t.income + gain) - t.ordinary(t.income);
                let on_net = |(slope, constant): (f64, f64)| (slope, slope, constant);
                let surtax: Vec<Affine> =
                    pieces(|net| t.surtax(net), 0.0, most, &[t.threshold - t.magi]).into_iter().map(on_net).collect();
                let on_long: Vec<Affine> = pieces(stacked, 0.0, most, &ends)
                    .into_iter()
                    .map(|(s, c)| (s + t.state.1, s + t.state.1, c))
                    .collect();
                // The slope in the short-term gain may fall where long-term zones end: cut there.
                let mut cuts = vec![0.0];
                let slopes = pieces(over, 0.0, most, &ends);
                for (pair, end) in slopes.windows(2).zip(&ends) {
                    if let [(one, _), (two, _)] = pair
                        && *two < one - 1e-12
                    {
                        cuts.push(*end);
                    }
                }
                cuts.push(most);
                for pair in cuts.windows(2) {
                    let [lo, hi] = pair else { continue };
                    let first: Vec<Affine> =
                        pieces(over, *lo, *hi, &ends).into_iter().map(|(s, c)| (s + t.state.0, t.state.1, c)).collect();
                    let second: Vec<Affine> = pieces(stacked, 0.0, most, &ends).into_iter().map(on_net).collect();
                    let faces = vec![(-1.0, 0.0, -lo), (1.0, 0.0, *hi), (0.0, -1.0, 0.0)];
                    found.push(of_gains(faces, vec![first, second, surtax.clone()]));
                }
                found.push(regime(gain_of_long, vec![on_long, surtax.clone()]));
                let on_short = pieces(ordinary, 0.0, most, &ends)
                    .into_iter()
                    .map(|(s, c)| (s + t.state.0, s + t.state.0, c))
                    .collect();
                found.push(regime(gain_of_short, vec![on_short, surtax]));
                let mut low: Vec<f64> = t.ordinary.iter().map(|top| top - t.income).collect();
                low.push(-t.income);
                low.retain(|end| *end > -limit && *end < 0.0);
                low.sort_by(f64::total_cmp);
                let on_loss = pieces(|net| t.offset(-net), -limit, 0.0, &low).into_iter().map(on_net).collect();
                found.push(regime(small_loss, vec![on_loss]));
            }
        }
        let carried = |faces: Vec<Affine>, carry_short: Affine, carry_long: Affine| Regime {
            faces,
            terms: full.clone(),
            carry_short,
            carry_long,
            of_gains: false,
        };
        let all = (-1.0, -1.0, -limit);
        found.push(carried(vec![(1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (1.0, 1.0, -limit)], all, NONE));
        found.push(carried(vec![(-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0, -limit)], NONE, all));
        found.push(carried(vec![(1.0, 0.0, -limit), (0.0, 1.0, 0.0)], (-1.0, 0.0, -limit), (0.0, -1.0, 0.0)));
        let under = vec![(1.0, 0.0, 0.0), (-1.0, 0.0, limit), (0.0, 1.0, 0.0), (1.0, 1.0, -limit)];
        found.push(carried(under, NONE, all));
        found
    }

    /// Returns affine functions that the tax is nowhere below in a box, as close as their slopes allow.
    pub fn below(&self, (short_lo, short_hi): (f64, f64), (long_lo, long_hi): (f64, f64)) -> Vec<Affine> {
        let mut at_short = vec![short_lo, short_hi, 0.0];
        let at_long = [long_lo, long_hi, 0.0];
        let mut at_net = vec![0.0, -self.limit];
        let mut slopes = vec![(0.0, 0.0)];
        match &self.rates {
            Rates::Flat { short, long, ordinary } => {
                slopes.extend([(*short, *long), (*long, *long), (*short, *short), (*ordinary, *ordinary)]);
            }
            Rates::Tables(t) => {
                let ends = t.ends(short_hi.max(0.0) + long_hi.max(0.0) + 1.0);
                at_short.extend(&ends);
                at_net.extend(&ends);
                at_net.extend([t.threshold - t.magi, -t.income]);
                let slope =
                    |from: f64, short: f64, long: f64| self.on_gain(from + short, long + 0.0) - self.on_gain(from, 0.0);
                for from in std::iter::once(0.0).chain(ends.iter().copied().map(|end| end + 1.0)) {
                    slopes.push((slope(from, 1.0, 0.0), slope(from, 0.0, 1.0)));
                    let long = self.on_gain(0.0, from + 1.0) - self.on_gain(0.0, from);
                    slopes.push((long, long));
                }
            }
        }
        let mut points: Vec<(f64, f64)> = Vec::new();
        for s in &at_short {
            points.extend(at_long.iter().map(|l| (*s, *l)));
            points.extend(at_net.iter().map(|n| (*s, n - s)));
        }
        for n in &at_net {
            points.extend(at_long.iter().map(|l| (n - l, *l)));
        }
        points.retain(|(s, l)| {
            (short_lo - 1e-9..=short_hi + 1e-9).contains(s) && (long_lo - 1e-9..=long_hi + 1e-9).contains(l)
        });
        let least = |a: f64, b: f64| {
            points.iter().map(|(s, l)| self.of(*s, *l).0 - a * s - b * l).fold(f64::INFINITY, f64::min)
        };
        slopes.into_iter().map(|(a, b)| (a, b, least(a, b))).filter(|(_, _, c)| c.is_finite()).collect()
    }
}

fn tops(tables: &Brackets) -> (Vec<f64>, Vec<f64>) {
    (
        tables.ordinary.iter().map(|top| f64::from(*top)).collect(),
        tables.long.iter().map(|top| f64::from(*top)).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{Household, dollars};

    fn flat() -> Year {
        Year::new(&Household::ira(&[]).problem.tax, 2026)
    }

    /// A single filer in a state that takes 5%.
    fn by_tables(taxable: i64, magi: Option<i64>) -> Year {
        let mut home = Household::ira(&[]);
        home.single(taxable);
        let filing = home.problem.tax.filing.as_mut().unwrap();
        (filing.state_short, filing.state_long) = (Decimal::new(5, 2), Decimal::new(5, 2));
        filing.years.get_mut(&2026).unwrap().magi = magi.map(dollars);
        Year::new(&home.problem.tax, 2026)
    }

    /// 37% short, 15% long, 37% ordinary.
    #[test]
    fn losses_shelter_in_the_order_of_schedule_d() {
        let year = flat();
        for ((short, long), (tax, carry_short, carry_long)) in [
            ((1_000.0, 2_000.0), (670.0, 0.0, 0.0)),
            ((-1_000.0, 3_000.0), (300.0, 0.0, 0.0)),
            ((3_000.0, -1_000.0), (740.0, 0.0, 0.0)),
            ((-2_000.0, -500.0), (-925.0, 0.0, 0.0)),
            ((-2_000.0, -5_000.0), (-1_110.0, 0.0, 4_000.0)),
            ((-5_000.0, 1_000.0), (-1_110.0, 1_000.0, 0.0)),
        ] {
            let found = year.of(short, long);
            for (own, wanted) in [(found.0, tax), (found.1, carry_short), (found.2, carry_long)] {
                assert!((own - wanted).abs() < 1e-9, "{short} {long}: {found:?}");
            }
        }
    }

    /// Single, $195,000 of taxable income and as much as $199,000 of magi: 24% and 15% until the 32% bracket at 201,775,
    /// the surtax above 200,000 of magi. 20% of long-term gain begins at 545,500.
    #[test]
    fn steps_are_where_brackets_end() {
        assert_eq!(flat().steps().len(), 1);
        let steps = by_tables(195_000, Some(199_000)).steps();
        let rounded = |step: &Step| [step.short, step.long].map(|rate| (rate * 1_000.0).round() as i64);
        let found: Vec<_> = steps.iter().map(|step| (step.from, rounded(step))).collect();
        let wanted = [
            (0.0, [290, 200]),
            (1_000.0, [328, 238]),
            (6_775.0, [408, 238]),
            (61_225.0, [438, 238]),
            (350_500.0, [438, 288]),
            (445_600.0, [458, 288]),
        ];
        assert_eq!(found, wanted);
    }

    /// 5% of the state and 10% on the 2,000 that there is, whatever of 3,000 is deducted; 15,000 of gain in the 0% zone.
    #[test]
    fn a_deduction_saves_nothing_where_there_is_no_income() {
        let tax = |income: i64, short: f64, long: f64| by_tables(income, None).of(short, long).0.round() as i64;
        assert_eq!([tax(2_000, -9_000.0, 0.0), tax(2_000, -1_000.0, 0.0)], [-300, -150]);
        assert_eq!([tax(0, -9_000.0, 0.0), tax(-9_000, -9_000.0, 0.0), tax(0, 0.0, 15_000.0)], [0, 0, 750]);
    }

    /// Everywhere some regime holds, and there its terms and carries are those of the function.
    #[test]
    fn regimes_cover_the_plane_and_give_the_tax() {
        for year in [flat(), by_tables(40_000, None), by_tables(2_000, None), by_tables(-9_000, None)] {
            let below = year.below((-40_000.0, 300_000.0), (-80_000.0, 600_000.0));
            let regimes = year.regimes(2e6);
            for s in (-8..60).map(|n| f64::from(n) * 4_700.0) {
                for l in (-8..60).map(|n| f64::from(n) * 9_100.0) {
                    let (tax, carry_short, carry_long) = year.of(s, l);
                    let at = |(a, b, c): Affine| a * s + b * l + c;
                    let regime = regimes.iter().find(|regime| regime.holds(s, l, 1e-6)).unwrap();
                    let terms: f64 = regime
                        .terms
                        .iter()
                        .map(|term| term.iter().map(|piece| at(*piece)).fold(f64::NEG_INFINITY, f64::max))
                        .sum();
                    assert!((terms - tax).abs() < 1e-6, "{s} {l}: {terms} {tax}");
                    assert!((at(regime.carry_short) - carry_short).abs() < 1e-6, "{s} {l}");
                    assert!((at(regime.carry_long) - carry_long).abs() < 1e-6, "{s} {l}");
                    assert!(below.iter().all(|piece| at(*piece) <= tax + 1e-6), "{s} {l}");
                }
            }
        }
    }
}
