//! What the layouts found, before it is put together.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::facts::Facts;
use super::layouts::{Input, WideFile};
use super::macros::{MacroRow, Vintage};
use super::special::{self, Breadth, Special};
use super::{cells, macros};
use crate::diagnostics::Place;
use crate::model::Symbol;

/// Whether closes contain the dividends paid since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// Nothing says; taken as unadjusted.
    #[default]
    Unknown,
    /// As traded, splits worked in: what breadth and trades need.
    Unadjusted,
    /// Dividends worked in: what returns need.
    Adjusted,
}

impl Basis {
    /// Returns what a file says about itself: a comment such as `# adjusted closes`, else `adj` in its name.
    pub fn said_by(comments: &str, stem: &str) -> Basis {
        let stem = stem.to_lowercase();
        match () {
            () if comments.contains("unadjusted") || comments.contains("not adjusted") => Basis::Unadjusted,
            () if comments.contains("adjusted") || comments.contains("total return") => Basis::Adjusted,
            () if stem.contains("unadj") => Basis::Unadjusted,
            () if stem.contains("adj") => Basis::Adjusted,
            () => Basis::Unknown,
        }
    }
}

/// One symbol of one file.
#[derive(Clone, Debug, Default)]
pub struct Bars {
    /// As the file or its name spells it.
    pub name: String,
    /// What `close` is.
    pub basis: Basis,
    /// The file.
    pub file: String,
    /// Ascending.
    pub dates: Vec<NaiveDate>,
    /// Scaled closes, beside `dates`.
    pub close: Vec<i64>,
    /// Scaled adjusted closes where the file has them.
    pub adjusted: Vec<i64>,
    /// For diagnostics.
    pub place: Option<Place>,
}

impl Bars {
    /// Returns empty bars of a symbol.
    pub fn new(name: &str, basis: Basis, input: &Input<'_>) -> Bars {
        let place = Some(Place::whole(&input.text.source));
        Bars { name: name.to_owned(), basis, file: input.name().to_owned(), place, ..Bars::default() }
    }
}

/// A ready-made breadth series of one file.
#[derive(Clone, Debug)]
pub struct BreadthFile {
    /// The file.
    pub file: String,
    /// Ascending by date.
    pub values: Vec<(NaiveDate, f64)>,
}

/// Everything the layouts found.
#[derive(Default)]
pub struct Pieces {
    /// Wide panels.
    pub wide: Vec<WideFile>,
    /// One-symbol files.
    pub bars: Vec<Bars>,
    /// Membership intervals `start <= day < end`.
    pub members: BTreeMap<Symbol, Vec<(NaiveDate, Option<NaiveDate>)>>,
    /// Macro series by id.
    pub macros: BTreeMap<String, Vec<Vintage>>,
    /// Ready-made breadth.
    pub breadth: BTreeMap<Breadth, Vec<BreadthFile>>,
    /// Fundamentals by company.
    pub facts: BTreeMap<Symbol, Facts>,
}

impl Pieces {
    /// Adds one symbol's bars; tickers of breadth and macro series go where they belong.
    pub fn add_bars(&mut self, bars: Bars) {
        if bars.dates.is_empty() {
            return;
        }
        let days = || {
            let rows = bars.dates.iter().zip(&bars.close).filter(|(_, close)| **close != cells::NONE);
            rows.map(|(date, close)| (*date, cells::to_f64(*close)))
        };
        let whole = || bars.close.iter().all(|close| close % cells::SCALE == 0);
        let counted = special::count(&bars.name).filter(|_| whole()).map(Special::Breadth);
        match special::meaning(&bars.name).or(counted) {
            Some(Special::Breadth(kind)) => self.add_breadth(kind, &bars.file, days().collect()),
            Some(Special::Macro(id)) => {
                let rows = days().map(|(reference, value)| MacroRow { reference, value: Some(value), available: None });
                let rows = rows.collect();
                self.add_macro(id, None, &bars.file, rows);
            }
            None => self.bars.push(bars),
        }
    }

    /// Adds a ready-made breadth series. A percentage of exactly 0 or beyond 100, or a negative count, is a missing
    /// value: the tails of vendors' files are zeros.
    pub fn add_breadth(&mut self, kind: Breadth, file: &str, mut values: Vec<(NaiveDate, f64)>) {
        values.retain(|(_, value)| match kind {
            Breadth::PercentAbove(_) => *value > 0.0 && *value <= 100.0,
            Breadth::Net | Breadth::Line => true,
            Breadth::Advances | Breadth::Declines | Breadth::Unchanged => *value >= 0.0,
        });
        if !values.is_empty() {
            self.breadth.entry(kind).or_default().push(BreadthFile { file: file.to_owned(), values });
        }
    }

    /// Adds a macro series as saved on a day, if that is known.
    pub fn add_macro(&mut self, id: &str, saved: Option<NaiveDate>, file: &str, rows: Vec<MacroRow>) {
        let id = macros::canonical(id);
        self.macros.entry(id).or_default().push(Vintage { saved, file: file.to_owned(), rows });
    }
}
