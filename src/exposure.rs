//! How much of the household is what: look-through, themes, concentration, beside the benchmark.
//!
//! Every weight is a fraction of one value: all valued positions, cash, money funds and pending money, in the base
//! currency. Parts add up: sectors, non-equity, cash, derivatives and unclassified make 1 plus the leverage of funds.

mod active;
mod check;
mod diversification;
mod figures;
mod lines;
mod slices;
mod stress;
mod winner;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::{Portfolio, Symbol};
use crate::reference::{Composition, Registry};
use crate::units::{Decimal, Money, Weight};

pub use active::ActiveShare;
pub use check::{
    CODES, FUND_DATA_AGED, LOW_COVERAGE, NO_BENCHMARK, TOO_LITTLE_VALUED, UNVALUED, check, check_benchmark,
    check_overrides, too_little_valued,
};
pub use diversification::{Diversification, RULES as DIVERSIFICATION_RULES};
pub(crate) use figures::toml_key;
pub use figures::{Benchmark, Contribution, Exposure, FULL_COVERAGE, IssuerExposure, LineExposure, ThemeExposure};
pub(crate) use lines::{base_currency, common_base};
pub use slices::{Slice, contributions_to};
pub use stress::{SCENARIOS, Scenario, StressLine};
pub use winner::{ScoredLine, Winner, winner, winners};

use lines::{Line, LineKind};

/// What exposure is, for `broaden explain exposure`.
pub const DOC: &str = "\
Exposure says what the household is made of, funds opened to three levels: by sector, theme and issuer.

Every weight is a fraction of one value: all valued positions, cash, money funds and pending money, of all accounts, in
the base currency. Options count in the value at their market price and in no sector. Leveraged funds count with their
multiple, so the parts add up to 1 plus the leverage. What nothing is known about is unclassified: it is in the value,
never in a theme, and widens the theme's interval.

HHI is the sum of squared weights, 1/HHI the effective number: of lines (cash is one), and of issuers after look-through
(cash is none; the unnamed rest of a fund counts as many small ones). Concentration alarms use the issuer variant.

Deposits and withdrawals that are asked for come first: `broaden exposure` and `broaden advise` measure the household as
it is after them and say so; `broaden holdings` shows the files as they are. A withdrawal of more than the cash leaves cash
below zero, which sales must raise: the value is what stays.

Lines sold short count below zero in all of it, and weights are of the net value, after them and after borrowed cash: a
weight can be above 100%, parts still add up to the whole, and an effective number below 1 says that a few names are more
than all you own.

Sources: the instrument table built in, issuers' holdings files, and [instruments] in broaden.toml; later ones win.";

/// The texts of `broaden explain` of this stage.
pub const DOCS: &[(&str, &str)] = &[
    ("exposure", DOC),
    ("active-share", active::DOC),
    ("diversification", diversification::DOC),
    ("stress", stress::DOC),
    ("winner", winner::DOC),
];

/// Measures a household.
///
/// ```
/// use broaden::exposure::measure;
/// use broaden::model::{Account, AssetKind, Portfolio, Position, Symbol};
/// use broaden::reference::Registry;
/// use broaden::units::Money;
///
/// let mut fund = Position::new(AssetKind::Etf, "Invesco QQQ Trust");
/// fund.canonical = Some(Symbol::new("QQQ"));
/// fund.value = Some(Money(50_000.into()));
/// let mut account = Account::new("schwab", "positions");
/// account.cash = vec![("USD".to_owned(), Money(50_000.into()))];
/// account.positions = vec![fund];
/// let household = Portfolio { accounts: vec![account], ..Portfolio::default() };
///
/// let exposure = measure(&household, &Registry::bundled(), &Symbol::new("SPY"));
/// assert_eq!(exposure.tech().percent(), "37.6%");
/// assert_eq!(exposure.themes["tech-broad"].contributions[0].label, "QQQ");
/// ```
pub fn measure(portfolio: &Portfolio, registry: &Registry, benchmark: &Symbol) -> Exposure {
    let (lines, unvalued) = lines::collect(portfolio, registry, None);
    of_lines(&lines, unvalued, registry, benchmark)
}

/// Measures each account by itself, in the order of the portfolio. Indices in contributions are the portfolio's.
pub fn by_account(portfolio: &Portfolio, registry: &Registry, benchmark: &Symbol) -> Vec<Exposure> {
    (0..portfolio.accounts.len())
        .map(|index| {
            let (lines, unvalued) = lines::collect(portfolio, registry, Some(index));
            of_lines(&lines, unvalued, registry, benchmark)
        })
        .collect()
}

fn of_lines(lines: &[Line], unvalued: Vec<String>, registry: &Registry, benchmark: &Symbol) -> Exposure {
    let value: Money = lines.iter().map(|line| line.value).sum();
    let whole = value.to_f64();
    let weigh = |amount: Money| if value.is_positive() { amount.to_f64() / whole } else { 0.0 };
    let mut out = Exposure { value, unvalued, ..Exposure::default() };
    out.benchmark = beside(registry, benchmark);
    for id in registry.themes().into_iter().map(|(id, _)| id) {
        out.themes.insert(id, ThemeExposure::default());
    }

    // Each instrument is opened once, whatever the number of rows and accounts that hold it.
    let mut sums: BTreeMap<(&str, Option<&Symbol>, LineKind), (Money, &Line)> = BTreeMap::new();
    let (mut direct, mut through) = (Blend::default(), Blend::default());
    for line in lines {
        if line.kind == LineKind::Cash {
            out.cash += line.value;
        } else {
            sums.entry((&line.label, line.symbol.as_ref(), line.kind)).or_insert((Money::ZERO, line)).0 += line.value;
        }
    }
    let mut squares = vec![weigh(out.cash)];
    out.cash_weight = Weight(weigh(out.cash));
    for ((label, ..), (amount, line)) in &sums {
        let weight = weigh(*amount);
        squares.push(weight);
        out.short.0 += weight.min(0.0);
        out.lines.push(LineExposure {
            label: (*label).to_owned(),
            symbol: line.symbol.clone(),
            value: *amount,
            weight: Weight(weight),
            through_fund: line.through_fund,
        });
        if line.kind == LineKind::Derivative {
            out.derivatives.0 += weight;
            continue;
        }
        let parts = line.parts(registry);
        let total = parts.sectors.values().sum::<f64>() + parts.non_equity + parts.cash + parts.unclassified;
        out.leverage.0 += weight * (total - 1.0);
        let side = if line.through_fund { &mut through } else { &mut direct };
        side.add(parts, weight);
    }
    let (mut whole_parts, through) = (direct.sum(), through.sum());
    crate::reference::accumulate(&mut whole_parts, &through, 1.0);
    out.cash_weight.0 += whole_parts.cash;
    out.as_of = whole_parts.as_of;
    out.non_equity = Weight(whole_parts.non_equity);
    out.unclassified = Weight(whole_parts.unclassified);
    out.anonymous = Weight(whole_parts.anonymous);
    out.sectors = whole_parts.sectors.iter().map(|(sector, weight)| (*sector, Weight(*weight))).collect();
    out.coverage = 1.0 - out.unclassified.0.max(0.0);
    out.active_share = active::share(&whole_parts, out.cash_weight.0 + out.derivatives.0, registry, benchmark);
    out.hhi_lines = squares.iter().map(|weight| weight * weight).sum();
    let invested: f64 = squares.iter().skip(1).sum();
    if invested > 0.0 {
        out.hhi_invested = squares.iter().skip(1).map(|weight| (weight / invested).powi(2)).sum();
    }
    out.hhi_issuers = whole_parts.issuers.values().map(|weight| weight * weight).sum();
    out.named = Weight(whole_parts.issuers.values().sum());
    out.issuers = whole_parts
        .issuers
        .into_iter()
        .map(|(issuer, weight)| IssuerExposure {
            name: registry.issuer_name(&issuer),
            through_funds: Weight(through.issuers.get(&issuer).copied().unwrap_or(0.0)),
            issuer,
            weight: Weight(weight),
        })
        .collect();
    out.issuers.sort_by(|a, b| b.weight.0.total_cmp(&a.weight.0).then_with(|| a.issuer.cmp(&b.issuer)));
    out.lines.sort_by(|a, b| b.value.cmp(&a.value).then_with(|| a.label.cmp(&b.label)));
    contributions(lines, registry, &weigh, &mut out);
    out
}

/// A weighted sum of compositions. Funds of the same index share one, which is added up once, with their weights together:
/// a list of thousands of names is long.
#[derive(Default)]
struct Blend<'a> {
    parts: Vec<(Cow<'a, Composition>, f64)>,
    /// Where a shared composition stands in the list, by its address.
    places: BTreeMap<*const Composition, usize>,
}

impl<'a> Blend<'a> {
    fn add(&mut self, parts: Cow<'a, Composition>, weight: f64) {
        if let Cow::Borrowed(shared) = &parts {
            let place = *self.places.entry(std::ptr::from_ref(*shared)).or_insert(self.parts.len());
            if let Some((_, sum)) = self.parts.get_mut(place) {
                *sum += weight;
                return;
            }
        }
        self.parts.push((parts, weight));
    }

    fn sum(self) -> Composition {
        let mut out = Composition::default();
        let parts: Vec<(&Composition, f64)> = self.parts.iter().map(|(parts, weight)| (&**parts, *weight)).collect();
        crate::reference::accumulate_all(&mut out, &parts);
        out
    }
}

/// Says which position adds what to each theme, to the unknown and to the derivatives.
fn contributions(lines: &[Line], registry: &Registry, weigh: &dyn Fn(Money) -> f64, out: &mut Exposure) {
    for line in lines {
        let Some(position) = line.position else { continue };
        let weight = weigh(line.value);
        let contribution = |fraction: f64| Contribution {
            account: line.account,
            position,
            label: line.label.clone(),
            value: line.value,
            fraction,
            weight: Weight(weight * fraction),
            through_fund: line.through_fund,
        };
        match line.kind {
            LineKind::Derivative => out.derivative_positions.push(contribution(1.0)),
            LineKind::Cash => {}
            LineKind::Invested => {
                let parts = line.parts(registry);
                if parts.unclassified != 0.0 {
                    out.unknown.push(contribution(parts.unclassified));
                }
                for (id, theme) in &mut out.themes {
                    let fraction = parts.themes.get(id).copied().unwrap_or(0.0);
                    let (low, high) = parts.theme_range.get(id).copied().unwrap_or((fraction, fraction));
                    theme.low.0 += (weight * low).min(weight * high);
                    theme.high.0 += (weight * low).max(weight * high);
                    let width = (weight * (high - low)).abs();
                    if width > 0.0 {
                        theme.hidden.entry(line.label.clone()).or_default().0 += width;
                    }
                    if fraction != 0.0 {
                        theme.contributions.push(contribution(fraction));
                    }
                }
            }
        }
    }
    for theme in out.themes.values_mut() {
        sort(&mut theme.contributions);
        theme.weight = Weight(theme.contributions.iter().map(|one| one.weight.0).sum());
        let through = theme.contributions.iter().filter(|one| one.through_fund);
        theme.through_funds = Weight(through.map(|one| one.weight.0).sum());
    }
    sort(&mut out.unknown);
    sort(&mut out.derivative_positions);
}

fn sort(contributions: &mut [Contribution]) {
    contributions.sort_by(|a, b| {
        b.weight
            .0
            .total_cmp(&a.weight.0)
            .then_with(|| (&a.label, a.account, a.position).cmp(&(&b.label, b.account, b.position)))
    });
}

fn beside(registry: &Registry, benchmark: &Symbol) -> Benchmark {
    let parts = registry.look_through(benchmark);
    let named: f64 = parts.issuers.values().sum();
    let equity: f64 = parts.sectors.values().sum();
    let squares: f64 = parts.issuers.values().map(|weight| weight * weight).sum();
    Benchmark {
        symbol: benchmark.to_string(),
        // With less than half of it named, the figure would say more about our list than about the fund.
        effective_issuers: (named > 0.5 && squares > 0.0).then(|| (equity + parts.unclassified).powi(2) / squares),
        sectors: parts.sectors,
        themes: parts.themes,
        issuers: parts.issuers,
        as_of: parts.as_of,
    }
}

/// Returns a weight of the value as money, to the cent.
pub fn dollars(weight: Weight, of: Money) -> Money {
    of.times(Decimal::from_f64_retain(weight.0).unwrap_or_default()).to_cents()
}
