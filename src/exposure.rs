//! How much of the household is what: look-through, themes, concentration, beside the benchmark.
//!
//! Every weight is a fraction of one value: all valued positions, cash, money funds and pending money, in the base
//! currency. Parts add up: sectors, non-equity, cash, derivatives and unclassified make 1 plus the leverage of funds.

mod active;
mod check;
mod diversification;
mod lines;
mod slices;
mod stress;
mod winner;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::model::{Portfolio, Sector, Symbol};
use crate::reference::{Composition, Registry, TECH_BROAD};
use crate::units::{Decimal, Money, Weight};

pub use active::ActiveShare;
pub use check::{CODES, FUND_DATA_AGED, LOW_COVERAGE, NO_BENCHMARK, UNVALUED, check, check_overrides};
pub use diversification::{Diversification, RULES as DIVERSIFICATION_RULES};
pub use slices::{Slice, contributions_to};
pub use stress::{SCENARIOS, Scenario, StressLine};
pub use winner::{Winner, winner};

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

Sources: the instrument table built in, issuers' holdings files, and [instruments] in broaden.toml; later ones win.";

/// The texts of `broaden explain` of this stage.
pub const DOCS: &[(&str, &str)] = &[
    ("exposure", DOC),
    ("active-share", active::DOC),
    ("diversification", diversification::DOC),
    ("stress", stress::DOC),
    ("winner", winner::DOC),
];

/// Below this coverage the tech weight is shown as an interval.
pub const FULL_COVERAGE: f64 = 0.95;

/// An interval narrower than half a point says nothing on a screen with one decimal.
const NARROW: f64 = 0.005;

/// What one position adds to a theme or an issuer.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// Index of the account in the portfolio.
    pub account: usize,
    /// Index of the position in the account.
    pub position: usize,
    /// Ticker or name.
    pub label: String,
    /// Value of the position.
    pub value: Money,
    /// Share of the position's dollars that count.
    pub fraction: f64,
    /// Share of the household value that it adds.
    pub weight: Weight,
    /// Whether it counts through a fund.
    pub through_fund: bool,
}

impl Contribution {
    /// Returns the part of the value that counts.
    pub fn amount(&self) -> Money {
        Money::from_f64(self.value.to_f64() * self.fraction)
    }

    /// Returns the lines of `broaden.toml` that would classify an unknown position.
    pub fn config_lines(&self) -> String {
        let plain = self.label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let key = if plain { self.label.clone() } else { format!("{:?}", self.label) };
        match self.through_fund {
            true => format!("[instruments.{key}]\nlike = \"SPY\"    # or sectors = {{ ... }}, or tech = \"30%\""),
            false => format!(
                "[instruments.{key}]\nsector = \"...\"    # such as information-technology; a fund: like = \"SPY\""
            ),
        }
    }
}

/// One theme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThemeExposure {
    /// Of the household value; what is known.
    pub weight: Weight,
    /// The part of it held through funds.
    pub through_funds: Weight,
    /// The lowest it can be, given what is not known.
    pub low: Weight,
    /// The highest it can be, given what is not known.
    pub high: Weight,
    /// Largest first; they add up to `weight`.
    pub contributions: Vec<Contribution>,
}

/// One issuer, direct and through funds, all share classes.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuerExposure {
    /// Issuer id.
    pub issuer: String,
    /// Its name.
    pub name: String,
    /// Of the household value.
    pub weight: Weight,
    /// The part of it held through funds.
    pub through_funds: Weight,
}

/// One instrument, in all accounts together.
#[derive(Clone, Debug, PartialEq)]
pub struct LineExposure {
    /// Ticker or name.
    pub label: String,
    /// Its value.
    pub value: Money,
    /// Of the household value.
    pub weight: Weight,
}

/// The same measures of the benchmark fund.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Benchmark {
    /// Its ticker.
    pub symbol: String,
    /// By sector.
    pub sectors: BTreeMap<Sector, f64>,
    /// By theme.
    pub themes: BTreeMap<String, f64>,
    /// By issuer.
    pub issuers: BTreeMap<String, f64>,
    /// Effective number of issuers (1 / HHI); `None` when its constituents are not known.
    pub effective_issuers: Option<f64>,
    /// Date of its data.
    pub as_of: Option<NaiveDate>,
}

/// The household's exposure, or one account's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposure {
    /// The denominator of every weight: all valued positions and cash, in the base currency.
    pub value: Money,
    /// Cash, money funds and pending money.
    pub cash: Money,
    /// Cash as above and cash inside funds.
    pub cash_weight: Weight,
    /// Sectors by GICS.
    pub sectors: BTreeMap<Sector, Weight>,
    /// Bonds, commodities and the like.
    pub non_equity: Weight,
    /// Options, at their market value; their exposure is not in any sector or theme.
    pub derivatives: Weight,
    /// Positions that are derivatives, largest first.
    pub derivative_positions: Vec<Contribution>,
    /// Exposure beyond the value, from leveraged funds; negative for inverse ones.
    pub leverage: Weight,
    /// What nothing is known about, with the positions that hide it, largest first.
    pub unclassified: Weight,
    /// Positions with an unclassified part.
    pub unknown: Vec<Contribution>,
    /// Themes by id.
    pub themes: BTreeMap<String, ThemeExposure>,
    /// Issuers, largest first.
    pub issuers: Vec<IssuerExposure>,
    /// Instruments without cash, largest first.
    pub lines: Vec<LineExposure>,
    /// Sum of squared weights by line (cash included).
    pub hhi_lines: f64,
    /// The same over what is invested: cash left out of numerator and denominator.
    pub hhi_invested: f64,
    /// Sum of squared weights by issuer after look-through (cash excluded from issuers).
    pub hhi_issuers: f64,
    /// Weight of everything that has an issuer's name; the rest of funds is counted as infinitely many small ones.
    pub named: Weight,
    /// One minus the unclassified weight.
    pub coverage: f64,
    /// Half the sum of absolute differences to the benchmark, an interval where funds are not fully known.
    pub active_share: ActiveShare,
    /// Date of the oldest fund data that a figure rests on; `None` when no fund is held.
    pub as_of: Option<NaiveDate>,
    /// Positions without a value, or in a currency without a rate: not in any figure.
    pub unvalued: Vec<String>,
    /// Beside it.
    pub benchmark: Benchmark,
}

impl Exposure {
    /// Returns the weight of a theme; 0 for one that is not there.
    pub fn theme(&self, id: &str) -> Weight {
        self.themes.get(id).map_or(Weight(0.0), |theme| theme.weight)
    }

    /// Returns the effective number of lines, 1 / HHI, cash counted as a line; `None` for an empty household.
    pub fn effective_lines(&self) -> Option<f64> {
        (self.hhi_lines > 0.0).then(|| 1.0 / self.hhi_lines)
    }

    /// Returns the effective number of issuers among what is held in stocks: the square of the equity weight over the
    /// sum of squared issuer weights. `None` when no issuer is known.
    pub fn effective_issuers(&self) -> Option<f64> {
        let equity: f64 = self.sectors.values().map(|weight| weight.0).sum();
        (self.hhi_issuers > 0.0 && equity > 0.0).then(|| equity * equity / self.hhi_issuers)
    }

    /// Returns the weight of the largest issuers together.
    pub fn top_issuers(&self, count: usize) -> Weight {
        Weight(self.issuers.iter().take(count).map(|issuer| issuer.weight.0).sum())
    }

    /// Returns the weight of the largest lines together, cash left out.
    pub fn top_lines(&self, count: usize) -> Weight {
        Weight(self.lines.iter().take(count).map(|line| line.weight.0).sum())
    }

    /// Returns a sector's weight less the benchmark's, for every sector either holds.
    pub fn active_sectors(&self) -> BTreeMap<Sector, Weight> {
        let own = |sector: &Sector| self.sectors.get(sector).map_or(0.0, |weight| weight.0);
        let other = |sector: &Sector| self.benchmark.sectors.get(sector).copied().unwrap_or(0.0);
        let both = self.sectors.keys().chain(self.benchmark.sectors.keys());
        both.map(|sector| (*sector, Weight(own(sector) - other(sector)))).collect()
    }

    /// Returns how far a theme is over a cap: points of the value, and dollars. Zero when it is not over.
    pub fn over(&self, theme: &str, cap: Weight) -> (Weight, Money) {
        let points = (self.theme(theme).0 - cap.0).max(0.0);
        (Weight(points), Money::from_f64(points * self.value.to_f64()))
    }

    /// Returns the interval of a theme when coverage is too low to give one figure.
    pub fn interval(&self, theme: &str) -> Option<(Weight, Weight)> {
        let theme = self.themes.get(theme)?;
        let width = theme.high.0 - theme.low.0;
        let wide = width > 1.0 - FULL_COVERAGE || self.coverage < FULL_COVERAGE && width > NARROW;
        wide.then_some((theme.low, theme.high))
    }

    /// Returns the tech weight of the default definition.
    pub fn tech(&self) -> Weight {
        self.theme(TECH_BROAD)
    }
}

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
/// assert_eq!(exposure.tech().percent(), "34.4%");
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
    let (mut whole_parts, mut through) = (Composition::default(), Composition::default());
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
        out.lines.push(LineExposure { label: (*label).to_owned(), value: *amount, weight: Weight(weight) });
        if line.kind == LineKind::Derivative {
            out.derivatives.0 += weight;
            continue;
        }
        let parts = line.parts(registry);
        let total = parts.sectors.values().sum::<f64>() + parts.non_equity + parts.cash + parts.unclassified;
        out.leverage.0 += weight * (total - 1.0);
        let side = if line.through_fund { &mut through } else { &mut whole_parts };
        crate::reference::accumulate(side, &parts, weight);
    }
    crate::reference::accumulate(&mut whole_parts, &through, 1.0);
    out.cash_weight.0 += whole_parts.cash;
    out.as_of = whole_parts.as_of;
    out.non_equity = Weight(whole_parts.non_equity);
    out.unclassified = Weight(whole_parts.unclassified);
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
