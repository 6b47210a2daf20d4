//! Counting a panel: advances and declines, closes above their averages, new highs and lows. All comparisons are
//! between integers, so they are exact.

use chrono::NaiveDate;

use crate::market::cells::NONE;
use crate::market::{Breadth, Column, Market, Members, Panel};

/// Sessions within which a stock without a membership file must have had a close to count as listed.
const LISTED: usize = 10;

/// What a count over the universe found on one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Stocks for which the answer is yes (advances, above, new highs).
    pub yes: u32,
    /// Stocks for which it is the opposite (declines, not above, new lows).
    pub no: u32,
    /// Stocks with enough closes to say.
    pub eligible: u32,
    /// Stocks of the universe: members, or listed ones without a membership file.
    pub universe: u32,
}

impl Tally {
    /// Returns the part of the universe that could be counted.
    pub fn coverage(self) -> Option<f64> {
        (self.universe > 0).then(|| f64::from(self.eligible) / f64::from(self.universe))
    }
    /// Returns yes in percent of the eligible.
    pub fn percent(self) -> Option<f64> {
        (self.eligible > 0).then(|| 100.0 * f64::from(self.yes) / f64::from(self.eligible))
    }
}

/// One tally per row of the panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// The panel's rows.
    pub sessions: Vec<NaiveDate>,
    /// Beside `sessions`.
    pub tallies: Vec<Tally>,
}

/// What one stock says on one session: yes, no, neither, or nothing.
enum Answer {
    Yes,
    No,
    Neither,
}

/// Runs over every stock and session; `answer` sees the closes up to and with the session.
fn count(
    panel: &Panel,
    members: Option<&Members>,
    rows: usize,
    mut answers: impl FnMut(&[i64], &mut dyn FnMut(usize, Answer)),
) -> Counts {
    let sessions: Vec<NaiveDate> = panel.sessions.iter().take(rows).copied().collect();
    let mut tallies = vec![Tally::default(); sessions.len()];
    if let Some(members) = members {
        count_members(members, &sessions, &mut tallies);
    }
    let mut counted: Vec<bool> = Vec::new();
    for column in &panel.columns {
        let closes = column.closes.get(..sessions.len()).unwrap_or(&column.closes);
        counted.clear();
        match members {
            Some(members) => membership(column, members, &sessions, &mut counted),
            None => {
                counted.resize(sessions.len(), true);
                listed(closes, &mut tallies);
            }
        }
        answers(closes, &mut |row, answer| {
            if let (Some(true), Some(tally)) = (counted.get(row), tallies.get_mut(row)) {
                tally.eligible += 1;
                tally.yes += u32::from(matches!(answer, Answer::Yes));
                tally.no += u32::from(matches!(answer, Answer::No));
            }
        });
    }
    Counts { sessions, tallies }
}

/// The universe with a membership file: everyone who was a member, with or without closes.
fn count_members(members: &Members, sessions: &[NaiveDate], tallies: &mut [Tally]) {
    let row = |day: NaiveDate| sessions.partition_point(|session| *session < day);
    for intervals in members.intervals.values() {
        let mut until = 0;
        for (start, end) in intervals {
            // Intervals of one ticker may overlap; nobody is counted twice.
            let from = row(*start).max(until);
            let to = end.map_or(sessions.len(), row);
            for tally in tallies.iter_mut().take(to).skip(from) {
                tally.universe += 1;
            }
            until = until.max(to);
        }
    }
}

fn membership(column: &Column, members: &Members, sessions: &[NaiveDate], counted: &mut Vec<bool>) {
    counted.resize(sessions.len(), false);
    let row = |day: NaiveDate| sessions.partition_point(|session| *session < day);
    for (start, end) in members.intervals.get(&column.symbol).map_or(&[] as &[_], Vec::as_slice) {
        let to = end.map_or(sessions.len(), row);
        counted.iter_mut().take(to).skip(row(*start)).for_each(|flag| *flag = true);
    }
}

/// The universe without a membership file: who had a close within the last sessions.
fn listed(closes: &[i64], tallies: &mut [Tally]) {
    let mut last: Option<usize> = None;
    for (row, (close, tally)) in closes.iter().zip(tallies).enumerate() {
        if *close != NONE {
            last = Some(row);
        }
        tally.universe += u32::from(last.is_some_and(|last| row - last < LISTED));
    }
}

/// Counts advances (yes) and declines (no): the close against that of the row before, when both are there.
pub fn advances(market: &Market, rows: usize) -> Option<Counts> {
    let answers = |closes: &[i64], tell: &mut dyn FnMut(usize, Answer)| {
        for (row, pair) in closes.windows(2).enumerate() {
            if let [before, close] = *pair
                && before != NONE
                && close != NONE
            {
                tell(
                    row + 1,
                    match close.cmp(&before) {
                        std::cmp::Ordering::Greater => Answer::Yes,
                        std::cmp::Ordering::Less => Answer::No,
                        std::cmp::Ordering::Equal => Answer::Neither,
                    },
                );
            }
        }
    };
    Some(count(market.panel()?, market.members(), rows, answers))
}

/// Counts closes strictly above the mean of the last `window` closes, the session's own included. All of them must be
/// there. Compared as `close * window > sum`.
pub fn above(market: &Market, window: usize, rows: usize) -> Option<Counts> {
    let answers = |closes: &[i64], tell: &mut dyn FnMut(usize, Answer)| {
        let (mut sum, mut present): (i128, usize) = (0, 0);
        for (row, close) in closes.iter().enumerate() {
            sum += i128::from(*close);
            present += usize::from(*close != NONE);
            if let Some(left) = row.checked_sub(window).and_then(|row| closes.get(row)) {
                sum -= i128::from(*left);
                present -= usize::from(*left != NONE);
            }
            if present == window {
                let above = i128::from(*close) * window as i128 > sum;
                tell(row, if above { Answer::Yes } else { Answer::No });
            }
        }
    };
    Some(count(market.panel()?, market.members(), rows, answers))
}

/// Counts new highs (yes) and lows (no): a close beyond all of the `window - 1` closes before it.
pub fn extremes(market: &Market, window: usize, rows: usize) -> Option<Counts> {
    let answers = |closes: &[i64], tell: &mut dyn FnMut(usize, Answer)| {
        // Rows of falling closes and of rising closes: the first of each is the extreme of the window.
        let (mut highs, mut lows) = (std::collections::VecDeque::new(), std::collections::VecDeque::new());
        let mut present = 0;
        for (row, close) in closes.iter().copied().enumerate() {
            let left = row.checked_sub(window);
            present += usize::from(close != NONE);
            present -= usize::from(left.and_then(|left| closes.get(left)).is_some_and(|close| *close != NONE));
            for queue in [&mut highs, &mut lows] {
                while queue.front().is_some_and(|(first, _)| Some(*first) <= left) {
                    queue.pop_front();
                }
            }
            if present == window {
                let higher = highs.front().is_some_and(|(_, high)| close > *high);
                let lower = lows.front().is_some_and(|(_, low)| close < *low);
                tell(
                    row,
                    if higher {
                        Answer::Yes
                    } else if lower {
                        Answer::No
                    } else {
                        Answer::Neither
                    },
                );
            }
            if close != NONE {
                while highs.back().is_some_and(|(_, other)| *other <= close) {
                    highs.pop_back();
                }
                highs.push_back((row, close));
                while lows.back().is_some_and(|(_, other)| *other >= close) {
                    lows.pop_back();
                }
                lows.push_back((row, close));
            }
        }
    };
    Some(count(market.panel()?, market.members(), rows, answers))
}

/// Advances and declines of each session, from the panel or a ready-made series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advances {
    /// Ascending.
    pub sessions: Vec<NaiveDate>,
    /// Advances and declines, beside `sessions`.
    pub counts: Vec<(f64, f64)>,
    /// Part of the universe counted; `None` for ready-made series.
    pub coverage: Vec<Option<f64>>,
    /// The files.
    pub inputs: Vec<String>,
}

/// Where a signal takes breadth from when the files have both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The panel when there is one, else the ready-made series. Never a mixture: their levels differ.
    Auto,
    /// The panel.
    Panel,
    /// The ready-made series.
    Series,
}

impl Origin {
    /// The words of the config.
    pub const WORDS: &'static [&'static str] = &["auto", "panel", "series"];
    /// Returns the origin of a word.
    pub fn from_word(word: &str) -> Origin {
        match word {
            "panel" => Origin::Panel,
            "series" => Origin::Series,
            _ => Origin::Auto,
        }
    }
    /// Returns whether the panel is to be used.
    pub fn uses_panel(self, market: &Market) -> bool {
        self == Origin::Panel || self == Origin::Auto && market.panel().is_some()
    }
}

/// Returns advances and declines up to a day; days on which nobody could be compared are left out.
pub fn advance_decline(market: &Market, origin: Origin, until: NaiveDate) -> Option<Advances> {
    if origin.uses_panel(market) {
        let panel = market.panel()?;
        let rows = panel.sessions.partition_point(|session| *session <= until);
        let counts = advances(market, rows)?;
        let mut found = Advances { inputs: panel.files.clone(), ..Advances::default() };
        for (session, tally) in counts.sessions.iter().zip(&counts.tallies).filter(|(_, tally)| tally.eligible > 0) {
            found.sessions.push(*session);
            found.counts.push((f64::from(tally.yes), f64::from(tally.no)));
            found.coverage.push(tally.coverage());
        }
        return Some(found);
    }
    let (up, down) = (market.breadth(Breadth::Advances)?, market.breadth(Breadth::Declines)?);
    let mut found = Advances { inputs: up.files.iter().chain(&down.files).cloned().collect(), ..Advances::default() };
    found.inputs.dedup();
    for (session, up) in up.dates.iter().zip(&up.values).filter(|(session, _)| **session <= until) {
        if let Some(down) = down.at(*session).filter(|down| up + down > 0.0) {
            found.sessions.push(*session);
            found.counts.push((*up, down));
            found.coverage.push(None);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::layouts::testing::market;

    fn worked() -> Market {
        // The worked case: A rises, B falls, C stands, D has three closes, E jumps at the end.
        market(&[(
            "p.csv",
            "date,AAA,BBB,CCC,DDD,EEE\n2020-01-02,10,20,5,,30\n2020-01-03,11,19,5,,30\n2020-01-06,12,18,5,7,30\n\
             2020-01-07,13,17,5,8,30\n2020-01-08,14,16,5,9,31\n",
        )])
        .0
    }

    #[test]
    fn a_close_equal_to_its_average_is_not_above() {
        let counts = above(&worked(), 5, 5).unwrap();
        let last = counts.tallies[4];
        assert_eq!((last.yes, last.eligible, last.percent(), last.coverage()), (2, 4, Some(50.0), Some(0.8)));
        assert_eq!(counts.tallies[3].eligible, 0);
    }

    #[test]
    fn only_pairs_of_closes_advance_or_decline() {
        let counts = advances(&worked(), 5).unwrap();
        let pairs: Vec<(u32, u32, u32)> = counts.tallies.iter().map(|t| (t.yes, t.no, t.eligible)).collect();
        assert_eq!(pairs, [(0, 0, 0), (1, 1, 4), (1, 1, 4), (2, 1, 5), (3, 1, 5)]);
    }

    #[test]
    fn highs_and_lows_are_beyond_all_closes_before() {
        let counts = extremes(&worked(), 3, 5).unwrap();
        let last = counts.tallies[4];
        assert_eq!((last.yes, last.no, last.eligible), (3, 1, 5));
        assert_eq!(counts.tallies[3].eligible, 4);
    }

    #[test]
    fn members_count_from_their_start_to_the_day_before_their_end() {
        let (market, _) = market(&[
            ("p.csv", "date,AAA,BBB\n2020-01-02,1,1\n2020-01-03,2,2\n2020-01-06,3,3\n2020-01-07,4,4\n"),
            ("m.csv", "ticker,start_date,end_date\nAAA,2020-01-06,\nBBB,2019-01-01,2020-01-06\nZZZ,2019-01-01,\n"),
        ]);
        let counts = advances(&market, 4).unwrap();
        let found: Vec<(u32, u32)> = counts.tallies.iter().map(|t| (t.yes, t.universe)).collect();
        assert_eq!(found, [(0, 2), (1, 2), (1, 2), (1, 2)]);
    }
}
