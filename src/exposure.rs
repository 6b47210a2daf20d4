//! How much of the household is what: look-through, themes, concentration, beside the benchmark.

use std::collections::BTreeMap;

use crate::model::{Portfolio, Sector, Symbol};
use crate::reference::Registry;
use crate::units::{Money, Weight};

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

/// One theme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ThemeExposure {
    /// Of the household value.
    pub weight: Weight,
    /// The part of it held through funds.
    pub through_funds: Weight,
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
    pub as_of: Option<chrono::NaiveDate>,
}

/// The household's exposure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposure {
    /// The denominator of every weight: all valued positions and cash, in the base currency.
    pub value: Money,
    /// Cash, money funds and pending money.
    pub cash: Money,
    /// Sectors by GICS.
    pub sectors: BTreeMap<Sector, Weight>,
    /// Bonds, commodities and the like.
    pub non_equity: Weight,
    /// What nothing is known about, with the positions that hide it, largest first.
    pub unclassified: Weight,
    /// Positions with an unclassified part.
    pub unknown: Vec<Contribution>,
    /// Themes by id.
    pub themes: BTreeMap<String, ThemeExposure>,
    /// Issuers, largest first.
    pub issuers: Vec<IssuerExposure>,
    /// Sum of squared weights by line (cash included).
    pub hhi_lines: f64,
    /// Sum of squared weights by issuer after look-through (cash excluded from issuers).
    pub hhi_issuers: f64,
    /// One minus the unclassified weight.
    pub coverage: f64,
    /// Positions without a value, or in a currency without a rate: not in any figure.
    pub unvalued: Vec<String>,
    /// Beside it.
    pub benchmark: Benchmark,
}

/// Measures a household.
pub fn measure(_portfolio: &Portfolio, _registry: &Registry, _benchmark: &Symbol) -> Exposure {
    Exposure::default()
}
