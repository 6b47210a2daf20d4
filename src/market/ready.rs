//! Ready-made breadth: the files of a kind joined, without the days that were no sessions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::pieces::BreadthFile;
use super::special::Breadth;
use super::{Closes, NON_SESSIONS, Series};
use crate::diagnostics::{Diagnostic, Sink, counted};

/// Joins the files of each kind and leaves out days on which the reference fund did not trade, and counts that repeat
/// both numbers of the day before: vendors fill holidays with them.
pub(super) fn series(
    files: BTreeMap<Breadth, Vec<BreadthFile>>,
    fund: Option<&Closes>,
    sink: &mut Sink,
) -> BTreeMap<Breadth, Series> {
    let mut found: BTreeMap<Breadth, Series> = files.into_iter().map(|(kind, files)| (kind, join(files))).collect();
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

/// The file that reaches furthest holds where files overlap.
fn join(mut files: Vec<BreadthFile>) -> Series {
    files.sort_by(|a, b| (a.values.last().map(|v| v.0), &a.file).cmp(&(b.values.last().map(|v| v.0), &b.file)));
    let mut all: BTreeMap<NaiveDate, f64> = BTreeMap::new();
    let names = files.iter().map(|file| file.file.clone()).collect();
    for file in files {
        all.extend(file.values);
    }
    Series { files: names, dates: all.keys().copied().collect(), values: all.values().copied().collect() }
}
