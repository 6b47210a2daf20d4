//! The universe of breadth: which stocks and which rows are counted, and what weakens the count.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::cells::{self, NONE};
use super::layouts::WideFile;
use super::pieces::Basis;
use super::{
    Closes, Column, DISAGREE, GAP, LOOKS_ADJUSTED, Market, Members, NON_SESSIONS, Panel, SMALL_UNIVERSE, SURVIVORSHIP,
    special,
};
use crate::diagnostics::{Diagnostic, Sink, counted};
use crate::model::Symbol;

/// Below this many names breadth is that of a list, not of the market: such a list is counted only where the config
/// says so.
pub const SMALLEST: usize = 50;
/// A stock without a close on so many of the last rows is gone.
const LISTED: usize = 10;
/// Rows of a panel further apart than this many days are reported as a gap.
const LONGEST_PAUSE: i64 = 10;

/// Decides the universe of breadth: the stocks of the wide files, else a folder of one-symbol stock files. Where there
/// are too few for a universe, the rows of the small tables as they are, for a signal that asks for them.
pub(super) fn panel(
    wide: Vec<WideFile>,
    few: Vec<WideFile>,
    market: &Market,
    indices: &BTreeSet<Symbol>,
    sink: &mut Sink,
) -> Option<Panel> {
    let (adjusted, plain): (Vec<WideFile>, Vec<WideFile>) =
        wide.into_iter().partition(|file| file.basis == Basis::Adjusted);
    if !plain.is_empty() {
        return Some(merge(plain, sink));
    }
    if !adjusted.is_empty() {
        let names: Vec<&str> = adjusted.iter().map(|file| file.name.as_str()).collect();
        sink.push(looks_adjusted(format!("the stock closes of {} are dividend-adjusted", names.join(", "))));
        return Some(merge(adjusted, sink));
    }
    let is_stock = |symbol: &Symbol| !special::is_fund(symbol.as_str()) && !indices.contains(symbol);
    let stocks: BTreeMap<&Symbol, &Closes> =
        market.adjusted.iter().chain(&market.closes).filter(|(symbol, _)| is_stock(symbol)).collect();
    if stocks.len() < SMALLEST && !few.is_empty() {
        return Some(merge(few, sink));
    }
    if stocks.is_empty() {
        return None;
    }
    let adjusted = stocks.keys().filter(|symbol| !market.closes.contains_key(**symbol)).count();
    if 2 * adjusted > stocks.len() && stocks.len() >= SMALLEST {
        sink.push(looks_adjusted(format!(
            "{adjusted} of {} one-symbol files hold dividend-adjusted closes",
            stocks.len()
        )));
    }
    let mut sessions: Vec<NaiveDate> = stocks.values().flat_map(|closes| closes.dates.iter().copied()).collect();
    sessions.sort_unstable();
    sessions.dedup();
    let column = |symbol: &Symbol, closes: &Closes| Column {
        symbol: symbol.clone(),
        closes: sessions.iter().map(|date| closes.at(*date).unwrap_or(NONE)).collect(),
    };
    let columns = stocks.iter().map(|(symbol, closes)| column(symbol, closes)).collect();
    Some(Panel { sessions, columns, files: vec![counted(stocks.len(), "single stock", "single stocks")] })
}

fn merge(mut files: Vec<WideFile>, sink: &mut Sink) -> Panel {
    files.sort_by(|a, b| (a.sessions.last(), &a.name).cmp(&(b.sessions.last(), &b.name)));
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    if files.len() == 1
        && let Some(file) = files.pop()
    {
        let columns = file.columns.into_iter().map(|(symbol, closes)| Column { symbol, closes }).collect();
        return Panel { sessions: file.sessions, columns, files: names };
    }
    let mut sessions: Vec<NaiveDate> = files.iter().flat_map(|file| file.sessions.iter().copied()).collect();
    sessions.sort_unstable();
    sessions.dedup();
    let mut columns: BTreeMap<Symbol, Vec<i64>> = BTreeMap::new();
    let mut differ: Option<(NaiveDate, Symbol)> = None;
    // Later files overwrite earlier ones: they know of more splits. Where the two differ the earlier is not used at all, or
    // an average would hold closes of both.
    for file in files {
        for (symbol, closes) in file.columns {
            let column = columns.entry(symbol.clone()).or_insert_with(|| vec![NONE; sessions.len()]);
            let rows = || {
                let rows = file.sessions.iter().zip(&closes).filter(|(_, close)| **close != NONE);
                rows.filter_map(|(date, close)| Some((sessions.binary_search(date).ok()?, *date, *close)))
            };
            let before = |index: usize| column.get(index).copied().unwrap_or(NONE);
            let apart = rows().find(|(index, _, close)| cells::differ(before(*index), *close));
            if let Some((_, date, _)) = apart {
                differ.get_or_insert_with(|| (date, symbol.clone()));
                column.fill(NONE);
            }
            for (index, _, close) in rows() {
                if let Some(slot) = column.get_mut(index) {
                    *slot = close;
                }
            }
        }
    }
    if let Some((date, symbol)) = differ {
        let message = format!(
            "the panels differ where they overlap, first {symbol} on {date}; of such stocks the newer file is used alone"
        );
        sink.push(Diagnostic::warning(DISAGREE, message).hint("remove the older file, or the days that both have"));
    }
    let columns = columns.into_iter().map(|(symbol, closes)| Column { symbol, closes }).collect();
    Panel { sessions, columns, files: names }
}

/// A holiday copied from the day before has this many equal closes at least, and no other.
const SMALLEST_COPY: u32 = 20;

/// Leaves out rows that are no sessions: days on which the reference fund did not trade, empty rows, and copies of the
/// row before.
pub(super) fn drop_holidays(panel: &mut Panel, fund: Option<&Closes>, sink: &mut Sink) {
    // Column by column, as they lie in memory.
    let mut found = vec![(0_u32, 0_u32); panel.sessions.len()];
    for column in &panel.columns {
        let before = std::iter::once(&NONE).chain(&column.closes);
        for ((present, same), (close, before)) in found.iter_mut().zip(column.closes.iter().zip(before)) {
            *present += u32::from(*close != NONE);
            *same += u32::from(*close != NONE && close == before);
        }
    }
    let (mut keep, mut first) = (Vec::with_capacity(panel.sessions.len()), None);
    for (date, (present, same)) in panel.sessions.iter().zip(found) {
        let covered = fund.is_some_and(|f| f.dates.first() <= Some(date) && f.dates.last() >= Some(date));
        let closed = covered && fund.is_some_and(|f| f.at(*date).is_none());
        let copied = !covered && present >= SMALLEST_COPY && same == present;
        let empty = present == 0 && panel.columns.len() >= SMALLEST_COPY as usize;
        let drop = closed || empty || copied;
        if drop && present > 0 {
            first.get_or_insert(*date);
        }
        keep.push(!drop);
    }
    let dropped = keep.iter().filter(|keep| !**keep).count();
    if dropped == 0 {
        return;
    }
    let mut flags = keep.iter();
    panel.sessions.retain(|_| flags.next().copied().unwrap_or(true));
    for column in &mut panel.columns {
        let mut flags = keep.iter();
        column.closes.retain(|_| flags.next().copied().unwrap_or(true));
    }
    if let Some(first) = first {
        let message = format!(
            "{} of the panel left out as no sessions (the reference fund did not trade, or they copy the day before), the first {first}",
            counted(dropped, "row", "rows")
        );
        sink.push(Diagnostic::note(NON_SESSIONS, message));
    }
}

fn looks_adjusted(what: String) -> Diagnostic {
    Diagnostic::warning(LOOKS_ADJUSTED, format!("{what}: percentages above an average come out 2 to 4 points too high"))
        .hint("use closes adjusted for splits only (`auto_adjust=False`, column `Close`)")
}

/// Reports what makes the breadth of a panel less than it seems.
pub(super) fn check(panel: &Panel, members: Option<&Members>, sink: &mut Sink) {
    let names = panel.columns.len();
    if names < SMALLEST {
        return;
    }
    if panel_looks_adjusted(panel) {
        sink.push(looks_adjusted(
            "the panel looks dividend-adjusted (old closes are not in cents, new ones are)".to_owned(),
        ));
    }
    if let (Some(members), Some(last)) = (members, panel.sessions.last()) {
        let counted_ones = panel.columns.iter().filter(|column| members.contains(&column.symbol, *last)).count();
        let ended = members.intervals.values().flatten().filter_map(|(_, end)| *end).max();
        if let Some(ended) = ended.filter(|_| members.count(*last) == 0) {
            let message = format!("the membership list ends on {ended}, so nobody is counted after it");
            sink.push(Diagnostic::warning(SMALL_UNIVERSE, message).hint("download a newer list, or remove it"));
        } else if counted_ones < SMALLEST {
            let stocks = counted(counted_ones, "stock", "stocks");
            let message = format!("breadth is that of {stocks}, the members with closes, not of the market");
            sink.push(
                Diagnostic::warning(SMALL_UNIVERSE, message)
                    .hint("use the whole list of members, or a ready-made series such as $S5TH"),
            );
        }
    }
    // Of the stocks of an index about one in a hundred disappears a year at the least.
    let recent = panel.sessions.len().saturating_sub(LISTED);
    let alive = |column: &&Column| column.closes.iter().skip(recent).any(|close| *close != NONE);
    let gone = names - panel.columns.iter().filter(alive).count();
    let expected = names as f64 * panel.sessions.len() as f64 / 252.0 / 100.0;
    if members.is_none() && panel.sessions.len() > 504 && (gone as f64) < expected {
        sink.push(
            Diagnostic::warning(SURVIVORSHIP, "the panel holds only stocks that are still there, so its past looks better than it was (about 5 points over twenty years)")
                .hint("add a membership file: ticker,start_date,end_date"),
        );
    }
    let pairs = panel.sessions.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
    for (before, after) in pairs.filter(|(before, after)| (*after - *before).num_days() > LONGEST_PAUSE) {
        sink.push(Diagnostic::warning(
            GAP,
            format!(
                "the panel has no rows between {before} and {after}; averages and changes across the gap mean little"
            ),
        ));
    }
}

/// Old closes off the cent while the newest are on it: dividends were worked in. A split moves the past of one stock
/// off the cent too, but not of most of them within half a year.
fn panel_looks_adjusted(panel: &Panel) -> bool {
    let rows = panel.sessions.len();
    let on_cent = |from: usize, to: usize| {
        let (mut on, mut all) = (0_usize, 0_usize);
        for column in &panel.columns {
            for close in column.closes.get(from..to).unwrap_or_default().iter().filter(|close| **close != NONE) {
                let cents = cells::to_f64(*close) * 100.0;
                // Vendors' float noise is a few parts in 10^7.
                on += usize::from((cents - cents.round()).abs() < 1e-6 + cents * 3e-7);
                all += 1;
            }
        }
        (all >= 20).then(|| on as f64 / all as f64)
    };
    let Some(newest) = on_cent(rows.saturating_sub(3), rows) else { return false };
    let Some(older) = on_cent(rows.saturating_sub(150), rows.saturating_sub(100)) else { return false };
    newest > 0.7 && older < 0.5
}
