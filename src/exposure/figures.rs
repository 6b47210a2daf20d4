//! The figures: what a measured household or account is made of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::active::ActiveShare;
use crate::diagnostics::counted;
use crate::model::{Sector, Symbol};
use crate::reference::TECH_BROAD;
use crate::units::{Money, Weight};

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
        let key = toml_key(&self.label);
        match self.through_fund {
            true => format!("[instruments.{key}]\nlike = \"SPY\"    # or sectors = {{ ... }}, or tech = \"30%\""),
            false => format!(
                "[instruments.{key}]\nsector = \"...\"    # such as information-technology; a fund: like = \"SPY\""
            ),
        }
    }
}

/// Returns a ticker or name as a TOML key, quoted where it must be.
pub(crate) fn toml_key(text: &str) -> String {
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return text.to_owned();
    }
    let mut key = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => key.extend(['\\', c]),
            c if c.is_control() => key.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => key.push(c),
        }
    }
    key.push('"');
    key
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
    /// Instruments that may hold more of it than is known, by label, with how much of the household value.
    pub hidden: BTreeMap<String, Weight>,
}

impl ThemeExposure {
    /// Returns how much more than what is known it could be.
    pub fn unknown(&self) -> f64 {
        (self.high.0 - self.weight.0).max(0.0)
    }

    /// Says what may hold more of it, the most first: `not every name in FELG and 2 others is known`.
    pub fn hidden_words(&self) -> String {
        let mut order: Vec<(&String, &Weight)> = self.hidden.iter().collect();
        order.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then_with(|| a.0.cmp(b.0)));
        let (name, others) = match order.as_slice() {
            [] => return "every name is known".to_owned(),
            [(name, _)] => (name, String::new()),
            [(name, _), rest @ ..] => (name, format!(" and {}", counted(rest.len(), "other", "others"))),
        };
        format!("what is in {name}{others} is not known by name")
    }
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
    /// The instrument of the registry it is, where it is known.
    pub symbol: Option<Symbol>,
    /// Its value.
    pub value: Money,
    /// Of the household value.
    pub weight: Weight,
    /// Whether it is a fund.
    pub through_fund: bool,
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
    /// Lines sold short, options written among them: zero or below. All weights are of the net value, after them.
    pub short: Weight,
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
    /// The most that one company could weigh beyond what is known, in what no company is known of: a quarter of a fund
    /// (IRC 851(b)(3) allows no more), all of what may be no fund.
    pub anonymous: Weight,
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

    /// Returns the effective number of issuers, 1 / HHI after look-through; cash is no issuer. `None` when no issuer is
    /// known.
    pub fn effective_issuers(&self) -> Option<f64> {
        (self.hhi_issuers > 0.0).then(|| 1.0 / self.hhi_issuers)
    }

    /// Returns the weight of the largest issuers together; one that is short on balance is none of them.
    pub fn top_issuers(&self, count: usize) -> Weight {
        Weight(self.issuers.iter().take(count).map(|issuer| issuer.weight.0.max(0.0)).sum())
    }

    /// Returns the weight of the largest lines together, cash and shorts left out.
    pub fn top_lines(&self, count: usize) -> Weight {
        Weight(self.lines.iter().take(count).map(|line| line.weight.0.max(0.0)).sum())
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

    /// Returns how many instruments are not known well enough to say what of a theme is in them.
    pub fn opaque(&self) -> usize {
        let hidden = self.themes.values().flat_map(|theme| theme.hidden.keys());
        hidden.chain(self.unknown.iter().map(|one| &one.label)).collect::<BTreeSet<_>>().len()
    }

    /// Returns the tech weight of the default definition.
    pub fn tech(&self) -> Weight {
        self.theme(TECH_BROAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_is_a_key_of_the_config() {
        for name in ["NVDA", "BRK.B", "Large Cap \"Index\" Trust", "a\\b\u{7}\u{e9}", ""] {
            let text = format!("[instruments.{}]\nsector = \"45\"\n", toml_key(name));
            let parsed: toml::Table = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(parsed["instruments"].as_table().unwrap().contains_key(name), "{text}");
        }
        assert_eq!(toml_key("NVDA"), "NVDA");
    }
}
