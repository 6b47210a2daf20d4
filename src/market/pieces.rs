//! What the layouts found, before it is put together.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::exchange::{self, Exchange};
use super::facts::Facts;
use super::layouts::{Input, WideFile};
use super::macros::{MacroRow, Vintage};
use super::special::{self, Breadth, Special};
use super::{EXCHANGE, IMPOSSIBLE, LATE_ROWS, OTHER_MARKET, WEEKLY, cells, macros};
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

/// How the first line of a fetched file begins, in lower case.
const FETCHED: &str = "# fetched by broaden";

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
    /// The file was fetched: for a sleeve, a signal or a holding, so it is no part of a universe, however many there are.
    pub fetched: bool,
    /// For diagnostics.
    pub place: Option<Place>,
}

impl Bars {
    /// Returns empty bars of a symbol.
    pub fn new(name: &str, basis: Basis, input: &Input<'_>) -> Bars {
        let place = Some(Place::whole(&input.text.source));
        let fetched = input.text.comments().starts_with(FETCHED);
        Bars { name: name.to_owned(), basis, file: input.name().to_owned(), place, fetched, ..Bars::default() }
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
    /// Of which exchange advances and declines are wanted.
    pub advances: Exchange,
    /// Fundamentals by company.
    pub facts: BTreeMap<Symbol, Facts>,
    /// What was refused while the pieces were collected.
    pub problems: Vec<Diagnostic>,
}

/// The last rows decide too: a history may go on in weeks after years of days.
const TAIL: usize = 12;

/// Returns whether the days are further apart than sessions are: weekly or monthly rows, in all or at the end.
pub fn is_sparse(days: &[NaiveDate]) -> bool {
    [days, last_few(days)].into_iter().any(|days| median_gap(days).is_some_and(|gap| gap >= 5))
}

fn last_few(days: &[NaiveDate]) -> &[NaiveDate] {
    days.get(days.len().saturating_sub(TAIL)..).unwrap_or_default()
}

/// A percentage moves by less than this within a day: what does so came in another unit before.
const UNLIKELY_MOVE: f64 = 20.0;

/// Returns whether percentages are fractions, all of them or up to a day or from it on.
fn holds_fractions(values: &[(NaiveDate, f64)]) -> bool {
    let changes = |pair: &[(NaiveDate, f64)]| match pair {
        [(_, a), (_, b)] => a.min(*b) <= 1.0 && a.max(*b) > UNLIKELY_MOVE,
        _ => false,
    };
    !values.is_empty() && (values.iter().all(|(_, value)| *value <= 1.0) || values.windows(2).any(changes))
}

/// Returns the middle of the distances between days, in days; `None` for fewer than five days, which say nothing.
fn median_gap(days: &[NaiveDate]) -> Option<i64> {
    let mut gaps: Vec<i64> =
        days.windows(2).filter_map(|pair| Some((*pair.get(1)? - *pair.first()?).num_days())).collect();
    gaps.sort_unstable();
    (gaps.len() >= 4).then(|| gaps.get(gaps.len() / 2).copied()).flatten()
}

impl Pieces {
    /// Leaves out what the files say of later days than the last whose session is over: the price of the running session is
    /// no close, and a day to come is a mistyped one.
    pub fn leave_out_after(&mut self, until: NaiveDate) {
        let mut late: BTreeMap<NaiveDate, String> = BTreeMap::new();
        let mut cut = |days: &[NaiveDate], file: &str| {
            let kept = days.partition_point(|day| *day <= until);
            if let Some(last) = days.last().filter(|_| kept < days.len()) {
                late.insert(*last, file.to_owned());
            }
            kept
        };
        for file in &mut self.wide {
            let kept = cut(&file.sessions, &file.name);
            file.sessions.truncate(kept);
            file.columns.values_mut().for_each(|column| column.truncate(kept));
        }
        for bars in &mut self.bars {
            let kept = cut(&bars.dates, &bars.file);
            [&mut bars.close, &mut bars.adjusted].into_iter().for_each(|values| values.truncate(kept));
            bars.dates.truncate(kept);
        }
        for file in self.breadth.values_mut().flatten() {
            let days: Vec<NaiveDate> = file.values.iter().map(|(day, _)| *day).collect();
            file.values.truncate(cut(&days, &file.file));
        }
        for vintage in self.macros.values_mut().flatten() {
            let days: Vec<NaiveDate> =
                vintage.rows.iter().map(|row| row.reference).filter(|day| *day > until).collect();
            cut(&days, &vintage.file);
            vintage.rows.retain(|row| row.reference <= until);
        }
        self.bars.retain(|bars| !bars.dates.is_empty());
        self.breadth.values_mut().for_each(|files| files.retain(|file| !file.values.is_empty()));
        self.breadth.retain(|_, files| !files.is_empty());
        let Some((last, file)) = late.pop_last() else { return };
        self.problems.push(if until.succ_opt() == Some(last) {
            Diagnostic::note(
                LATE_ROWS,
                format!("the row of {last}, whose session is not over, is left out, as in {file}"),
            )
        } else {
            let message = format!("{file} has a row of {last}, a day to come; what lies after {until} is left out");
            Diagnostic::warning(LATE_ROWS, message)
                .hint("a mistyped year or month moves the day of the answer: correct it")
        });
    }

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
                let (place, of) = (bars.place.clone(), Some(special::exchange(&bars.name)));
                self.add_breadth((kind, of), &bars.file, place, days().collect());
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
    /// fraction, counts with decimals (volumes), weekly sums, counts of another exchange than the one that is wanted.
    pub fn add_breadth(
        &mut self,
        (kind, of): (Breadth, Option<Exchange>),
        file: &str,
        place: Option<Place>,
        mut values: Vec<(NaiveDate, f64)>,
    ) {
        if exchange::is_counted(kind) && !self.is_of_exchange(kind, of, place.as_ref()) {
            return;
        }
        let impossible = |value: f64| match kind {
            Breadth::PercentAbove(_) => !(0.0..=100.0).contains(&value),
            Breadth::Net | Breadth::Line => false,
            Breadth::Advances | Breadth::Declines | Breadth::Unchanged => value < 0.0,
        };
        if let Some((day, value)) = values.iter().find(|(_, value)| impossible(*value)) {
            let message = format!("{} of {day} is {value}, which it cannot be; such values are left out", kind.name());
            let mut diagnostic = Diagnostic::warning(IMPOSSIBLE, message);
            diagnostic.place.clone_from(&place);
            self.problems.push(diagnostic);
        }
        values.retain(|(_, value)| !impossible(*value) && (*value > 0.0 || !matches!(kind, Breadth::PercentAbove(_))));
        let counts = matches!(kind, Breadth::Advances | Breadth::Declines | Breadth::Unchanged);
        let days: Vec<NaiveDate> = values.iter().map(|(day, _)| *day).collect();
        let refused = match () {
            () if is_sparse(&days) => Some((WEEKLY, "its rows are weekly or monthly, and sessions are needed")),
            () if matches!(kind, Breadth::PercentAbove(_)) && holds_fractions(&values) => {
                Some((IMPOSSIBLE, "values of 1 and less are fractions, not percent: multiply them by 100"))
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

    /// Returns whether counts are of the exchange that is wanted. One that nothing names is taken for it.
    fn is_of_exchange(&mut self, kind: Breadth, of: Option<Exchange>, place: Option<&Place>) -> bool {
        let wanted = self.advances;
        let problem = match of {
            Some(of) if of == wanted => return true,
            Some(of) => {
                let message = format!("not used as {}: these are of the {}", kind.name(), of.name());
                let key = of.name().to_lowercase();
                Diagnostic::warning(OTHER_MARKET, message)
                    .hint(format!("`advances-of = \"{key}\"` under [market] in broaden.toml counts those instead"))
            }
            None => {
                let message = format!(
                    "nothing says of which exchange these advances and declines are; taken for those of the {}",
                    wanted.name()
                );
                Diagnostic::note(EXCHANGE, message).hint("put `nyse` or `nasdaq` into the name of the file")
            }
        };
        let problem = Diagnostic { place: place.cloned(), ..problem };
        // Once for a file, whatever columns it has.
        if !self.problems.iter().any(|other| (other.code, &other.place) == (problem.code, &problem.place)) {
            self.problems.push(problem);
        }
        of.is_none()
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
        let periods =
            || [days.as_slice(), last_few(&days)].into_iter().filter_map(median_gap).map(macros::period_of_gap);
        if let Some(period) = macros::period(&id)
            && !vintage.partial
            && let Some(found) = periods().find(|found| *found != period)
        {
            let (found, wanted) = (found.word(), period.word());
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
