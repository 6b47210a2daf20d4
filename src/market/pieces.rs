//! What the layouts found, before it is put together.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::facts::Facts;
use super::layouts::{Input, WideFile};
use super::macros::{MacroRow, Vintage};
use super::special::{self, Breadth, Special};
use super::{IMPOSSIBLE, WEEKLY, cells, macros};
use crate::diagnostics::{Diagnostic, Place, counted};
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
            () if stem.contains("adj") || stem.replace(['_', '-'], " ").contains("total return") => Basis::Adjusted,
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
    /// For diagnostics.
    pub place: Option<Place>,
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
    /// What was refused while the pieces were collected.
    pub problems: Vec<Diagnostic>,
}

/// Returns whether the days are further apart than sessions are: weekly or monthly rows.
pub fn is_sparse(days: &[NaiveDate]) -> bool {
    median_gap(days).is_some_and(|gap| gap >= 5)
}

/// Returns the middle of the distances between days, in days; `None` for fewer than five days, which say nothing.
fn median_gap(days: &[NaiveDate]) -> Option<i64> {
    let mut gaps: Vec<i64> =
        days.windows(2).filter_map(|pair| Some((*pair.get(1)? - *pair.first()?).num_days())).collect();
    gaps.sort_unstable();
    (gaps.len() >= 4).then(|| gaps.get(gaps.len() / 2).copied()).flatten()
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
        // FRED's series as TradingView and Cboe save them, with the columns of bars.
        let series = || macros::known_id(&bars.name).map(Special::Macro);
        match special::meaning(&bars.name).or(counted).or_else(series) {
            Some(Special::Breadth(kind)) => {
                let place = bars.place.clone();
                self.add_breadth(kind, &bars.file, place, days().collect());
            }
            Some(Special::Macro(id)) => {
                let rows = days().map(|(reference, value)| MacroRow { reference, value: Some(value), available: None });
                let rows = rows.collect();
                let place = bars.place.clone();
                self.add_macro(id, Vintage { file: bars.file.clone(), rows, ..Vintage::default() }, place);
            }
            None => self.bars.push(bars),
        }
    }

    /// Adds a ready-made breadth series. A percentage of exactly 0 or beyond 100, or a negative count, is a missing
    /// value: the tails of vendors' files are zeros. What cannot be such a series is refused: a percentage given as a
    /// fraction, counts with decimals (volumes), weekly sums.
    pub fn add_breadth(&mut self, kind: Breadth, file: &str, place: Option<Place>, mut values: Vec<(NaiveDate, f64)>) {
        values.retain(|(_, value)| match kind {
            Breadth::PercentAbove(_) => *value > 0.0 && *value <= 100.0,
            Breadth::Net | Breadth::Line => true,
            Breadth::Advances | Breadth::Declines | Breadth::Unchanged => *value >= 0.0,
        });
        let counts = matches!(kind, Breadth::Advances | Breadth::Declines | Breadth::Unchanged);
        let days: Vec<NaiveDate> = values.iter().map(|(day, _)| *day).collect();
        let refused = match () {
            () if is_sparse(&days) => Some((WEEKLY, "its rows are weekly or monthly, and sessions are needed")),
            () if matches!(kind, Breadth::PercentAbove(_)) && values.len() > 1 && values.iter().all(|v| v.1 <= 1.0) => {
                Some((IMPOSSIBLE, "no value is above 1, so these are fractions, not percent: multiply them by 100"))
            }
            () if counts && values.iter().any(|(_, value)| value.fract() != 0.0) => {
                Some((IMPOSSIBLE, "counts of stocks are whole numbers; these look like volumes"))
            }
            () => None,
        };
        if let Some((code, why)) = refused {
            let mut diagnostic = Diagnostic::warning(code, format!("not used as {}: {why}", kind.name()));
            diagnostic.place = place;
            self.problems.push(diagnostic);
            return;
        }
        if !values.is_empty() {
            self.breadth.entry(kind).or_default().push(BreadthFile { file: file.to_owned(), values, place });
        }
    }

    /// Adds a save of a macro series. Rows that do not come as often as the series does, and values that it cannot
    /// have (an unemployment rate of 0.04, an index given as a yearly change), are refused.
    pub fn add_macro(&mut self, id: &str, mut vintage: Vintage, place: Option<Place>) {
        let id = macros::canonical(id);
        let mut problem = |code, message: String| {
            let mut diagnostic = Diagnostic::warning(code, message);
            diagnostic.place = place.clone();
            self.problems.push(diagnostic);
        };
        let valued = |row: &&MacroRow| row.value.is_some();
        let mut days: Vec<NaiveDate> = vintage.rows.iter().filter(valued).map(|row| row.reference).collect();
        days.sort_unstable();
        if let Some(period) = macros::period(&id)
            && !vintage.partial
            && let Some(gap) = median_gap(&days)
            && macros::period_of_gap(gap) != period
        {
            let (found, wanted) = (macros::period_of_gap(gap).word(), period.word());
            let message = format!("{id} is not used: its rows are {found}, and the series is {wanted}");
            problem(WEEKLY, message);
            return;
        }
        if let Some((low, high)) = macros::bounds(&id) {
            let outside = |row: &&MacroRow| row.value.is_some_and(|value| !(low..=high).contains(&value));
            let strange: Vec<&MacroRow> = vintage.rows.iter().filter(outside).collect();
            if let Some((first, value)) = strange.first().and_then(|row| Some((row.reference, row.value?))) {
                let what = match strange.len() {
                    all if all == days.len() => "no value of the file is used".to_owned(),
                    few => format!("{} left out", counted(few, "such value is", "such values are")),
                };
                let message = format!("{id} of {first} is {value}, and lies between {low} and {high}; {what}");
                problem(IMPOSSIBLE, message);
                if strange.len() == days.len() {
                    return;
                }
                for row in &mut vintage.rows {
                    row.value = row.value.filter(|value| (low..=high).contains(value));
                }
            }
        }
        self.macros.entry(id).or_default().push(vintage);
    }
}
