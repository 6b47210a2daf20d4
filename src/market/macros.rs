//! Economic series as they were known on a day: release dates, vintages, missing months.

mod schedule;

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

pub use schedule::{Period, Release, bounds, is_known, known_id, period, period_of_gap};
use schedule::{TABLE, add_month, next_weekday, released};

/// Returns the one spelling of a series id.
pub fn canonical(id: &str) -> String {
    id.trim().to_uppercase()
}

/// One period of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct MacroRow {
    /// First day of the month, Friday or Saturday of the week, or the day.
    pub reference: NaiveDate,
    /// `None` where the file says that there is none.
    pub value: Option<f64>,
    /// The day it came out; filled in from the schedule when the file does not say.
    pub available: Option<NaiveDate>,
}

/// A series as saved on one day.
#[derive(Clone, Debug, Default)]
pub struct Vintage {
    /// `None` for a file of final figures.
    pub saved: Option<NaiveDate>,
    /// The file.
    pub file: String,
    /// In the order of reference dates.
    pub rows: Vec<MacroRow>,
    /// Only what changed that day: ALFRED's rows with `realtime_start`. Together with the earlier ones of the file it
    /// is what a save of that day would have held.
    pub partial: bool,
}

/// A series with everything needed to know what was known when.
#[derive(Clone, Debug)]
pub struct MacroSeries {
    /// FRED id.
    pub id: String,
    /// How often.
    pub period: Period,
    release: Release,
    revised: bool,
    /// Oldest saved first; final figures last.
    pub vintages: Vec<Vintage>,
    /// Every day on which something new could be known.
    changes: Vec<NaiveDate>,
    /// What two files say differently.
    differ: Option<String>,
}

/// Series are printed with two decimals at the least.
const ROUNDING: f64 = 0.011;

/// A series as known on a day.
#[derive(Clone, Debug)]
pub struct KnownRows<'a> {
    /// Published periods, oldest first.
    pub rows: Cow<'a, [MacroRow]>,
    /// Some values were revised after that day, and only the revised ones are in the files.
    pub revised: bool,
}

impl MacroSeries {
    /// Puts the files of a series together. `lag` replaces the schedule by days after the reference date.
    pub fn new(id: &str, mut vintages: Vec<Vintage>) -> MacroSeries {
        let table = TABLE.iter().find(|known| known.id == id);
        for vintage in &mut vintages {
            vintage.rows.sort_by_key(|row| row.reference);
            vintage.rows.dedup_by(|later, first| {
                let same = later.reference == first.reference;
                if same && later.value.is_some() {
                    first.value = later.value;
                }
                same
            });
        }
        let period = table.map_or_else(|| period_of(&vintages), |known| known.period);
        // Without a known schedule the lag is long: late is safe, early is a look into the future.
        let release = table.map_or(
            match period {
                Period::Monthly => Release::AfterMonth(45),
                Period::Weekly => Release::AfterDays(9),
                Period::Daily => Release::AfterDays(3),
            },
            |known| known.release,
        );
        let revised = table.is_none_or(|known| known.revised);
        let key = |v: &Vintage| (v.saved.is_none(), v.saved, v.file.clone());
        vintages.sort_by_key(key);
        let mut series =
            MacroSeries { id: id.to_owned(), period, release, revised, vintages, changes: Vec::new(), differ: None };
        if !revised {
            series.leave_out_what_differs();
        }
        series.fill();
        series
    }

    /// Returns what two files say differently of a series that is never revised.
    pub fn disagreement(&self) -> Option<&str> {
        self.differ.as_deref()
    }

    /// Files of a series that is never revised say the same, or one of them is of another series: then the one that
    /// reaches furthest (of equal ones the first by name) is used alone.
    fn leave_out_what_differs(&mut self) {
        let valued = |vintage: &Vintage| -> BTreeMap<NaiveDate, f64> {
            vintage.rows.iter().filter_map(|row| Some((row.reference, row.value?))).collect()
        };
        let reach =
            |vintage: &Vintage| vintage.rows.iter().rev().find(|row| row.value.is_some()).map(|row| row.reference);
        let order = |a: &&Vintage, b: &&Vintage| reach(a).cmp(&reach(b)).then_with(|| b.file.cmp(&a.file));
        let Some(first) = self.vintages.iter().max_by(order).cloned() else { return };
        let own = valued(&first);
        let differs = |vintage: &Vintage| {
            let mut others = valued(vintage).into_iter();
            others.find_map(|(day, other)| {
                let value = *own.get(&day)?;
                ((value - other).abs() > ROUNDING + 0.005 * value.abs()).then_some((day, value, other))
            })
        };
        let mut differ = None;
        self.vintages.retain(|vintage| match differs(vintage).filter(|_| vintage.file != first.file) {
            Some((day, value, other)) => {
                differ.get_or_insert_with(|| {
                    let (one, two) = (&first.file, &vintage.file);
                    format!(
                        "two files of {} differ, first on {day}: {one} has {value}, {two} has {other}; the first is used alone",
                        self.id
                    )
                });
                false
            }
            None => true,
        });
        self.differ = differ;
    }

    fn fill(&mut self) {
        let (release, mut changes) = (self.release, Vec::new());
        for vintage in &mut self.vintages {
            changes.extend(vintage.saved);
            for row in &mut vintage.rows {
                let rule = released(release, row.reference);
                // What was in a file that day was known that day.
                let day = row.available.unwrap_or_else(|| vintage.saved.map_or(rule, |saved| saved.min(rule)));
                row.available = Some(day);
                changes.push(day);
            }
        }
        changes.sort_unstable();
        changes.dedup();
        self.changes = changes;
    }

    /// Returns a number that changes whenever something new is known: equal numbers mean equal knowledge.
    pub fn knowledge(&self, day: NaiveDate) -> usize {
        self.changes.partition_point(|change| *change <= day)
    }

    /// Returns what was known on a day. Values that were revised are never mixed, since a difference of two would
    /// contain the revision: all come from the newest file saved by the day, or, where that does not reach as far as
    /// what was published, from the oldest one saved later that does (marked as revised). Of a series that is not
    /// revised the files are joined. Nothing is used before it came out.
    pub fn known(&self, day: NaiveDate) -> KnownRows<'_> {
        let out = |row: &MacroRow| row.available.is_some_and(|available| available <= day);
        if let [only] = self.vintages.as_slice() {
            return self.alone(only, day);
        }
        let then = |vintage: &&Vintage| vintage.saved.is_some_and(|saved| saved <= day);
        let (before, after): (Vec<&Vintage>, Vec<&Vintage>) = self.vintages.iter().partition(then);
        // Newest first among the files of that time, oldest first among the later ones.
        let ordered = || before.iter().rev().chain(&after).copied();
        let reach = |vintage: &Vintage| {
            vintage.rows.iter().rev().find(|row| out(row) && row.value.is_some()).map(|row| row.reference)
        };
        if self.revised {
            let Some(furthest) = ordered().filter_map(reach).max() else {
                return KnownRows { rows: Cow::Borrowed(&[]), revised: false };
            };
            let chosen = ordered().find(|vintage| reach(vintage) == Some(furthest));
            match chosen {
                Some(vintage) if !vintage.partial => return self.alone(vintage, day),
                Some(vintage) => return self.merged(ordered().filter(|other| other.file == vintage.file), day),
                None => {}
            }
        }
        self.merged(ordered(), day)
    }

    /// What one file says that was out by a day.
    fn alone<'a>(&self, only: &'a Vintage, day: NaiveDate) -> KnownRows<'a> {
        let out = |row: &MacroRow| row.available.is_some_and(|available| available <= day);
        let count = only.rows.partition_point(out);
        let rows = only.rows.get(..count).unwrap_or_default();
        let revised = !rows.is_empty() && self.is_revised(only, day);
        if only.rows.iter().skip(count).any(out) || !rows.iter().all(out) {
            let rows: Vec<MacroRow> = only.rows.iter().filter(|row| out(row)).cloned().collect();
            return KnownRows { rows: Cow::Owned(rows), revised: self.is_revised(only, day) };
        }
        KnownRows { rows: Cow::Borrowed(rows), revised }
    }

    /// Of each period what the first of some files says that was out by a day.
    fn merged<'a>(&self, vintages: impl Iterator<Item = &'a Vintage>, day: NaiveDate) -> KnownRows<'a> {
        let out = |row: &MacroRow| row.available.is_some_and(|available| available <= day);
        let mut merged: BTreeMap<NaiveDate, (&MacroRow, bool)> = BTreeMap::new();
        for vintage in vintages {
            let revised = self.is_revised(vintage, day);
            for row in vintage.rows.iter().filter(|row| out(row)) {
                merged.entry(row.reference).or_insert((row, revised));
            }
        }
        let revised = merged.values().any(|(_, revised)| *revised);
        KnownRows { rows: Cow::Owned(merged.into_values().map(|(row, _)| row.clone()).collect()), revised }
    }

    fn is_revised(&self, vintage: &Vintage, day: NaiveDate) -> bool {
        self.revised && vintage.saved.is_none_or(|saved| saved > day)
    }

    /// Returns the day by which the period after the last known one should be out. A period that the files know to
    /// have no value is passed over.
    pub fn next_release(&self, known: &KnownRows<'_>) -> Option<NaiveDate> {
        let last = known.rows.last()?.reference;
        let next = match self.period {
            Period::Monthly => add_month(last),
            Period::Weekly => last.checked_add_days(Days::new(7))?,
            Period::Daily => next_weekday(last),
        };
        Some(released(self.release, next))
    }

    /// Returns the names of the files.
    pub fn files(&self) -> Vec<String> {
        self.vintages.iter().map(|vintage| vintage.file.clone()).collect()
    }
}

/// A month with a value, given or put in between two others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Month {
    /// First day.
    pub first: NaiveDate,
    /// The value.
    pub value: f64,
    /// There is no such figure; it lies between its neighbours.
    pub imputed: bool,
}

/// Months missing in a row that may be put in between their neighbours (domain: one was, October 2025).
const LONGEST_GAP: i32 = 2;

/// Returns the unbroken run of months up to the newest. Missing months are put in between their neighbours, on a
/// straight line or at a constant rate of growth; a longer gap ends the run.
pub fn months(rows: &[MacroRow], geometric: bool) -> Vec<Month> {
    let mut run: Vec<Month> = Vec::new();
    for row in rows {
        let Some(value) = row.value else { continue };
        let first = row.reference.with_day(1).unwrap_or(row.reference);
        if let Some(last) = run.last().copied() {
            let missing = month_index(first) - month_index(last.first) - 1;
            if missing > LONGEST_GAP {
                run.clear();
            } else {
                let mut month = last.first;
                for step in 1..=missing {
                    month = add_month(month);
                    let part = f64::from(step) / f64::from(missing + 1);
                    let between = if geometric && last.value > 0.0 && value > 0.0 {
                        last.value * (value / last.value).powf(part)
                    } else {
                        last.value + (value - last.value) * part
                    };
                    run.push(Month { first: month, value: between, imputed: true });
                }
            }
        }
        run.push(Month { first, value, imputed: false });
    }
    run
}

fn month_index(date: NaiveDate) -> i32 {
    date.year() * 12 + date.month0().cast_signed()
}

fn period_of(vintages: &[Vintage]) -> Period {
    let mut gaps: Vec<i64> = vintages
        .iter()
        .flat_map(|vintage| vintage.rows.windows(2))
        .filter_map(|pair| Some((pair.get(1)?.reference - pair.first()?.reference).num_days()))
        .collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).map_or(Period::Monthly, |gap| period_of_gap(*gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rows(list: &[(&str, Option<f64>)]) -> Vec<MacroRow> {
        list.iter().map(|(date, value)| MacroRow { reference: day(date), value: *value, available: None }).collect()
    }

    #[test]
    fn a_missing_month_lies_between_its_neighbours() {
        let given = rows(&[("2025-09-01", Some(4.4)), ("2025-10-01", None), ("2025-11-01", Some(4.6))]);
        let found = months(&given, false);
        assert!((found[1].value - 4.5).abs() < 1e-12 && found[1].imputed && !found[2].imputed);
        let given = rows(&[("2025-09-01", Some(100.0)), ("2025-11-01", Some(121.0))]);
        assert!((months(&given, true)[1].value - 110.0).abs() < 1e-9);
        let gap = rows(&[("2025-01-01", Some(1.0)), ("2025-09-01", Some(2.0))]);
        assert_eq!(months(&gap, false).len(), 1);
    }

    #[test]
    fn the_vintage_of_the_day_is_used() {
        let vintage = |saved: Option<&str>, value: f64| Vintage {
            saved: saved.map(day),
            rows: rows(&[("2025-01-01", Some(value))]),
            ..Vintage::default()
        };
        let series =
            MacroSeries::new("PAYEMS", vec![vintage(Some("2026-03-28"), -48.0), vintage(Some("2025-12-13"), 111.0)]);
        let at = |date: &str| {
            let known = series.known(day(date));
            (known.rows.first().and_then(|row| row.value), known.revised)
        };
        assert_eq!(at("2025-01-31"), (None, false));
        assert_eq!(at("2025-06-01"), (Some(111.0), true));
        assert_eq!(at("2026-01-01"), (Some(111.0), false));
        assert_eq!(at("2026-03-28"), (Some(-48.0), false));
        assert!(series.knowledge(day("2026-03-27")) < series.knowledge(day("2026-03-28")));
    }

    #[test]
    fn two_files_of_a_series_that_is_never_revised_say_the_same_or_one_is_left_out() {
        let file = |name: &str, values: &[(&str, Option<f64>)]| Vintage {
            file: name.to_owned(),
            rows: rows(values),
            ..Vintage::default()
        };
        let (one, two) = (("2026-11-19", Some(15.0)), ("2026-11-20", Some(16.0)));
        let long = file("VIX_History.csv", &[one, two]);
        let known = |other: Vintage| {
            let series = MacroSeries::new("VIXCLS", vec![other, long.clone()]);
            let values: Vec<f64> = series.known(day("2026-11-20")).rows.iter().filter_map(|row| row.value).collect();
            (values, series.disagreement().map(str::to_owned))
        };
        let (values, said) = known(file("VIXCLS.csv", &[("2026-11-18", Some(14.0)), ("2026-11-19", Some(40.0))]));
        assert_eq!(values, [15.0, 16.0]);
        assert!(
            said.is_some_and(|said| said.contains("first on 2026-11-19: VIX_History.csv has 15, VIXCLS.csv has 40"))
        );
        let (values, said) = known(file("VIXCLS.csv", &[("2026-11-18", Some(14.0)), ("2026-11-19", Some(15.004))]));
        assert_eq!((values.len(), said), (3, None));
    }

    #[test]
    fn two_saves_are_never_subtracted_from_each_other() {
        let save = |saved: Option<&str>, level: f64, months: u32| Vintage {
            saved: saved.map(day),
            rows: (0..months)
                .map(|month| MacroRow {
                    reference: NaiveDate::from_ymd_opt(2026, 7 + month, 1).unwrap(),
                    value: Some(level + 100.0 * f64::from(month)),
                    available: None,
                })
                .collect(),
            ..Vintage::default()
        };
        // The save of October does not have October's value, which came out on November 6.
        let files = vec![save(None, 158_000.0, 4), save(Some("2026-10-05"), 159_000.0, 3)];
        let series = MacroSeries::new("PAYEMS", files);
        let values =
            |date: &str| -> Vec<f64> { series.known(day(date)).rows.iter().filter_map(|row| row.value).collect() };
        assert_eq!(values("2026-11-05"), [159_000.0, 159_100.0, 159_200.0]);
        assert_eq!(values("2026-11-06"), [158_000.0, 158_100.0, 158_200.0, 158_300.0]);
    }
}
