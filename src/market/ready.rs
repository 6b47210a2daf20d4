//! Ready-made breadth: the files of a kind joined, without the days that were no sessions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::pieces::BreadthFile;
use super::special::Breadth;
use super::{Closes, DISAGREE, NON_SESSIONS, Series};
use crate::diagnostics::{Diagnostic, Sink, counted};

/// Values of two files that are further apart than this part of them are not the same.
const TOLERANCE: f64 = 0.005;

/// Joins the files of each kind and leaves out days on which the reference fund did not trade, and counts that repeat
/// both numbers of the day before: vendors fill holidays with them.
pub(super) fn series(
    files: BTreeMap<Breadth, Vec<BreadthFile>>,
    fund: Option<&Closes>,
    sink: &mut Sink,
) -> BTreeMap<Breadth, Series> {
    let mut found: BTreeMap<Breadth, Series> =
        files.into_iter().map(|(kind, files)| (kind, join(kind, files, sink))).collect();
    let copies = copies(found.get(&Breadth::Advances), found.get(&Breadth::Declines));
    let closed = |day: &NaiveDate| {
        fund.is_some_and(|fund| {
            fund.dates.first() <= Some(day) && fund.dates.last() >= Some(day) && fund.at(*day).is_none()
        })
    };
    let mut dropped: BTreeMap<NaiveDate, Breadth> = BTreeMap::new();
    for (kind, series) in &mut found {
        let counts = matches!(kind, Breadth::Advances | Breadth::Declines | Breadth::Unchanged);
        let days = series.dates.iter().copied().zip(series.values.iter().copied());
        let (out, kept): (Vec<_>, Vec<_>) = days.partition(|(day, _)| closed(day) || counts && copies.contains(day));
        dropped.extend(out.into_iter().map(|(day, _)| (day, *kind)));
        (series.dates, series.values) = kept.into_iter().unzip();
    }
    if let Some((first, kind)) = dropped.first_key_value() {
        let message = format!(
            "{} of ready-made breadth left out as no sessions (the reference fund did not trade, or they copy the day before); the first is {first} ({})",
            counted(dropped.len(), "day", "days"),
            kind.name()
        );
        sink.push(Diagnostic::note(NON_SESSIONS, message));
    }
    found
}

/// Days whose advances and declines both equal those of the day before.
fn copies(up: Option<&Series>, down: Option<&Series>) -> BTreeSet<NaiveDate> {
    let (Some(up), Some(down)) = (up, down) else { return BTreeSet::new() };
    let mut before = None;
    let mut copies = BTreeSet::new();
    for (day, advances) in up.dates.iter().zip(&up.values) {
        let Some(pair) = down.at(*day).map(|declines| (*advances, declines)) else { continue };
        if before == Some(pair) {
            copies.insert(*day);
        }
        before = Some(pair);
    }
    copies
}

/// Joins the files of a kind. Where two of them differ on the same day they are of different vendors or markets, and
/// the one that reaches furthest (of equal ones the first by name) is used alone.
fn join(kind: Breadth, mut files: Vec<BreadthFile>, sink: &mut Sink) -> Series {
    files.sort_by(|a, b| (b.values.last().map(|v| v.0), &a.file).cmp(&(a.values.last().map(|v| v.0), &b.file)));
    let mut files = files.into_iter();
    let Some(first) = files.next() else { return Series::default() };
    let mut all: BTreeMap<NaiveDate, f64> = first.values.into_iter().collect();
    let mut names = vec![first.file.clone()];
    for file in files {
        let differ = |(day, value): &&(NaiveDate, f64)| {
            all.get(day).is_some_and(|other| (other - value).abs() > TOLERANCE * other.abs().max(value.abs()))
        };
        if let Some((day, value)) = file.values.iter().find(differ) {
            let message = format!(
                "two files of {} differ, first on {day}: {} has {}, {} has {value}; the first is used alone",
                kind.name(),
                first.file,
                all.get(day).copied().unwrap_or_default(),
                file.file
            );
            let mut diagnostic = Diagnostic::warning(DISAGREE, message);
            diagnostic.place = file.place;
            sink.push(diagnostic.hint("remove the one that is of another market or an older save"));
            continue;
        }
        for (day, value) in file.values {
            all.entry(day).or_insert(value);
        }
        names.push(file.file);
    }
    names.sort();
    Series { files: names, dates: all.keys().copied().collect(), values: all.values().copied().collect() }
}
