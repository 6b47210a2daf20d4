//! Counting a panel: advances and declines, closes above their averages, new highs and lows. All comparisons are
//! between integers, so they are exact.

use chrono::NaiveDate;

use crate::diagnostics::counted;
use crate::market::cells::NONE;
use crate::market::{Breadth, Column, Market, Members, Panel, halves};

/// Sessions within which a stock without a membership file must have had a close to count as listed.
const LISTED: usize = 10;

/// The part of the universe that must be comparable with the day before, where a signal has no key for it.
pub const COMPARABLE: f64 = 0.8;

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

/// Takes down what one stock says, session by session.
struct Ballot<'a> {
    tallies: &'a mut [Tally],
    /// Sessions on which the stock counts.
    counted: &'a [bool],
}

impl Ballot<'_> {
    /// Takes down an answer for each session in order: whether there is one, whether it is yes, whether it is no.
    /// Without branches, since what the market does cannot be predicted.
    fn take(&mut self, answers: impl Iterator<Item = (bool, bool, bool)>) {
        for ((tally, counted), (valid, yes, no)) in self.tallies.iter_mut().zip(self.counted).zip(answers) {
            let valid = valid & counted;
            tally.eligible += u32::from(valid);
            tally.yes += u32::from(valid & yes);
            tally.no += u32::from(valid & no);
        }
    }
}

/// Runs over every stock; `ask` sees its closes and says what they mean on each session.
fn count(
    panel: &Panel,
    members: Option<&Members>,
    rows: usize,
    mut ask: impl FnMut(&[i64], &mut Ballot<'_>),
) -> Counts {
    let sessions: Vec<NaiveDate> = panel.sessions.iter().take(rows).copied().collect();
    let mut tallies = vec![Tally::default(); sessions.len()];
    if let Some(members) = members {
        count_members(members, &sessions, &mut tallies);
    }
    let mut counted = vec![members.is_none(); sessions.len()];
    for column in &panel.columns {
        let closes = column.closes.get(..sessions.len()).unwrap_or(&column.closes);
        match members {
            Some(members) => membership(column, members, &sessions, &mut counted),
            None => listed(closes, &mut tallies),
        }
        ask(closes, &mut Ballot { tallies: &mut tallies, counted: &counted });
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

fn membership(column: &Column, members: &Members, sessions: &[NaiveDate], counted: &mut [bool]) {
    counted.fill(false);
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
fn advances(panel: &Panel, members: Option<&Members>, rows: usize) -> Counts {
    count(panel, members, rows, |closes, ballot| {
        let before = std::iter::once(&NONE).chain(closes);
        let answer =
            |(close, before): (&i64, &i64)| ((*before != NONE) & (*close != NONE), close > before, close < before);
        ballot.take(closes.iter().zip(before).map(answer));
    })
}

/// Counts closes strictly above the mean of the last `window` closes, the session's own included. All of them must be
/// there. Compared as `close * window > sum`.
fn above(panel: &Panel, members: Option<&Members>, rows: usize, window: usize) -> Counts {
    count(panel, members, rows, |closes, ballot| {
        let highest = closes.iter().copied().max().unwrap_or(NONE);
        let fits = i64::try_from(window + 1).is_ok_and(|window| highest.checked_mul(window).is_some());
        // Sums of dear shares over long windows need more than 64 bits.
        if fits { above_mean::<i64>(closes, window, ballot) } else { above_mean::<i128>(closes, window, ballot) }
    })
}

fn above_mean<T>(closes: &[i64], window: usize, ballot: &mut Ballot<'_>)
where
    T: Copy
        + From<i64>
        + PartialOrd
        + std::ops::Add<Output = T>
        + std::ops::Sub<Output = T>
        + std::ops::Mul<Output = T>,
{
    let length = T::from(i64::try_from(window).unwrap_or(i64::MAX));
    let (mut sum, mut present) = (T::from(0), 0_usize);
    let left = std::iter::repeat_n(&NONE, window).chain(closes);
    ballot.take(closes.iter().zip(left).map(|(close, left)| {
        sum = sum + T::from(*close) - T::from(*left);
        present += usize::from(*close != NONE);
        present -= usize::from(*left != NONE);
        let above = T::from(*close) * length > sum;
        (present == window, above, !above)
    }));
}

/// Counts new highs (yes) and lows (no): a close beyond all of the `window - 1` closes before it.
fn extremes(panel: &Panel, members: Option<&Members>, rows: usize, window: usize) -> Counts {
    let before = window.saturating_sub(1).max(1);
    count(panel, members, rows, |closes, ballot| {
        let high = sliding(closes, before, i64::max);
        let low = sliding(closes, before, i64::min);
        // Before the first full window there is nothing to beat; the count of closes says so.
        let high = std::iter::repeat_n(&NONE, before).chain(&high);
        let low = std::iter::repeat_n(&NONE, before).chain(&low);
        let left = std::iter::repeat_n(&NONE, before + 1).chain(closes);
        let mut present = 0_usize;
        ballot.take(closes.iter().zip(left).zip(high.zip(low)).map(|((close, left), (high, low))| {
            present += usize::from(*close != NONE);
            present -= usize::from(*left != NONE);
            (present == before + 1, close > high, close < low)
        }));
    })
}

/// Returns the extreme of each run of `length` closes, by the index of its first, in three passes whatever the length
/// (van Herk 1992, Gil and Werman 1993): each run is the tail of one block and the head of the next.
fn sliding(closes: &[i64], length: usize, pick: fn(i64, i64) -> i64) -> Vec<i64> {
    let (mut heads, mut tails) = (closes.to_vec(), closes.to_vec());
    for block in heads.chunks_mut(length) {
        let mut extreme = block.first().copied().unwrap_or(NONE);
        for close in block {
            extreme = pick(extreme, *close);
            *close = extreme;
        }
    }
    for block in tails.chunks_mut(length) {
        let mut extreme = block.last().copied().unwrap_or(NONE);
        for close in block.iter_mut().rev() {
            extreme = pick(extreme, *close);
            *close = extreme;
        }
    }
    tails.iter().zip(heads.iter().skip(length - 1)).map(|(tail, head)| pick(*tail, *head)).collect()
}

/// What can be counted over a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Advances and declines.
    Advances,
    /// Closes above their mean of so many.
    Above(usize),
    /// New highs and lows over so many closes.
    Extremes(usize),
}

impl Question {
    fn answer(self, panel: &Panel, members: Option<&Members>, rows: usize) -> Counts {
        match self {
            Question::Advances => advances(panel, members, rows),
            Question::Above(window) => above(panel, members, rows, window),
            Question::Extremes(window) => extremes(panel, members, rows, window),
        }
    }
}

/// Counts the panel up to a row; every question is answered once.
#[derive(Debug)]
pub struct Counter<'a> {
    market: &'a Market,
    rows: usize,
    answers: std::cell::RefCell<std::collections::BTreeMap<Question, std::rc::Rc<Counts>>>,
}

impl<'a> Counter<'a> {
    /// Returns a counter of the sessions up to a day.
    pub fn new(market: &'a Market, until: NaiveDate) -> Self {
        let rows = market.panel().map_or(0, |panel| panel.sessions.partition_point(|session| *session <= until));
        Counter { market, rows, answers: std::cell::RefCell::default() }
    }

    /// Answers questions that will be asked, on two threads.
    pub fn prepare(&self, questions: &[Question]) {
        let Some(panel) = self.market.panel() else { return };
        let (members, rows) = (self.market.members(), self.rows);
        let answer = |questions: &&[Question]| -> Vec<(Question, Counts)> {
            questions.iter().map(|question| (*question, question.answer(panel, members, rows))).collect()
        };
        let (early, late) = questions.split_at(questions.len() / 2);
        let (early, late) = halves::both((&early, &late), answer);
        let shared = early.into_iter().chain(late).map(|(question, counts)| (question, std::rc::Rc::new(counts)));
        self.answers.borrow_mut().extend(shared);
    }

    /// Returns the counts of a question, `None` without a panel.
    pub fn count(&self, question: Question) -> Option<std::rc::Rc<Counts>> {
        let (panel, members) = (self.market.panel()?, self.market.members());
        let mut answers = self.answers.borrow_mut();
        let answer =
            answers.entry(question).or_insert_with(|| std::rc::Rc::new(question.answer(panel, members, self.rows)));
        Some(answer.clone())
    }
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
    /// What was chosen between a panel and ready-made series.
    pub note: Option<String>,
}

/// Where a signal takes breadth from when the files have both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The panel where it is a universe and gives a value on the last sessions, else the ready-made series. Never a
    /// mixture: their levels differ.
    Auto,
    /// The panel, however few stocks it has.
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

    /// Decides between the panel and ready-made series, of which any one serves, by what is known up to the last
    /// session. Where both are there, the choice is said in one line.
    pub fn choose(
        self,
        context: &super::Context<'_>,
        question: Question,
        kinds: &[Breadth],
        min_coverage: f64,
    ) -> Choice {
        let (market, until) = (context.market, context.until());
        let series = kinds.iter().filter_map(|kind| market.breadth(*kind)).filter_map(|series| {
            let days = series.dates.partition_point(|day| *day <= until);
            Some((*series.dates.get(days.checked_sub(1)?)?, series))
        });
        let series = series.max_by_key(|(day, _)| *day);
        match self {
            Origin::Panel => return Choice { panel: true, note: None },
            Origin::Series => return Choice { panel: false, note: None },
            Origin::Auto => {}
        }
        let Some(panel) = market.panel().filter(|panel| panel.is_universe()) else {
            let few = market.panel().map(|panel| {
                format!("{} are no universe for breadth", counted(panel.columns.len(), "stock", "stocks"))
            });
            return Choice { panel: false, note: few.filter(|_| series.is_none()) };
        };
        let Some((reach, ready)) = series else { return Choice { panel: true, note: None } };
        let recent = context.sessions.len().saturating_sub(super::CARRY + 1);
        let recent = context.sessions.get(recent).copied().unwrap_or(NaiveDate::MIN);
        let counts = context.counter.count(question);
        let valid = counts.is_some_and(|counts| {
            let days = counts.sessions.iter().zip(&counts.tallies).rev().take_while(|(day, _)| **day >= recent);
            days.into_iter()
                .any(|(_, tally)| tally.eligible > 0 && tally.coverage().is_some_and(|part| part >= min_coverage))
        });
        let (panel_name, ready_name) = (panel.files.join(", "), ready.files.join(", "));
        let ended = panel.sessions.iter().rev().find(|day| **day <= until);
        let note = match ended {
            _ if valid => format!("counted over {panel_name}; {ready_name} not used"),
            Some(ended) if *ended < recent => {
                format!("from {ready_name} to {reach}; {panel_name} ended {ended}, not used")
            }
            _ => format!("from {ready_name} to {reach}; {panel_name} is too short or has too few closes, not used"),
        };
        Choice { panel: valid, note: Some(note) }
    }
}

/// Where breadth is taken from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// From the panel, not from ready-made series.
    pub panel: bool,
    /// What was chosen, where there was a choice.
    pub note: Option<String>,
}

/// Returns advances and declines up to a day; days on which nobody could be compared are left out.
pub fn advance_decline(context: &super::Context<'_>, origin: Origin, min_coverage: f64) -> Option<Advances> {
    let (market, until) = (context.market, context.until());
    let kinds = [Breadth::Advances, Breadth::Net, Breadth::Line];
    let Choice { panel, note } = origin.choose(context, Question::Advances, &kinds, min_coverage);
    if panel {
        let counts = context.counter.count(Question::Advances)?;
        let mut found = Advances { inputs: market.panel()?.files.clone(), note, ..Advances::default() };
        for (session, tally) in counts.sessions.iter().zip(&counts.tallies).filter(|(_, tally)| tally.eligible > 0) {
            found.sessions.push(*session);
            found.counts.push((f64::from(tally.yes), f64::from(tally.no)));
            found.coverage.push(tally.coverage());
        }
        return Some(found);
    }
    let (up, down) = (market.breadth(Breadth::Advances)?, market.breadth(Breadth::Declines)?);
    let inputs = up.files.iter().chain(&down.files).cloned().collect();
    let mut found = Advances { inputs, note, ..Advances::default() };
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
        let counts = Counter::new(&worked(), NaiveDate::MAX).count(Question::Above(5)).unwrap();
        let last = counts.tallies[4];
        assert_eq!((last.yes, last.eligible, last.percent(), last.coverage()), (2, 4, Some(50.0), Some(0.8)));
        assert_eq!(counts.tallies[3].eligible, 0);
    }

    #[test]
    fn only_pairs_of_closes_advance_or_decline() {
        let counts = Counter::new(&worked(), NaiveDate::MAX).count(Question::Advances).unwrap();
        let pairs: Vec<(u32, u32, u32)> = counts.tallies.iter().map(|t| (t.yes, t.no, t.eligible)).collect();
        assert_eq!(pairs, [(0, 0, 0), (1, 1, 4), (1, 1, 4), (2, 1, 5), (3, 1, 5)]);
    }

    #[test]
    fn highs_and_lows_are_beyond_all_closes_before() {
        let counts = Counter::new(&worked(), NaiveDate::MAX).count(Question::Extremes(3)).unwrap();
        let last = counts.tallies[4];
        assert_eq!((last.yes, last.no, last.eligible), (3, 1, 5));
        assert_eq!(counts.tallies[3].eligible, 4);
    }

    #[test]
    fn dear_shares_are_summed_exactly() {
        // Four closes of 900 million a share: their sum is beyond 64 bits.
        let rows =
            "date,BIG\n2020-01-02,900000000\n2020-01-03,900000000\n2020-01-06,900000000\n2020-01-07,900000000.0001\n";
        let (market, _) = market(&[("p.csv", rows)]);
        let counts = Counter::new(&market, NaiveDate::MAX).count(Question::Above(4)).unwrap();
        assert_eq!((counts.tallies[3].yes, counts.tallies[3].eligible), (1, 1));
    }

    #[test]
    fn the_sliding_extreme_is_that_of_each_run() {
        let closes = [5, 3, 8, 1, 9, 2, 7, 4];
        for length in 1..=closes.len() {
            for pick in [i64::max, i64::min] {
                let plain: Vec<i64> =
                    closes.windows(length).map(|run| run.iter().copied().reduce(pick).unwrap()).collect();
                assert_eq!(sliding(&closes, length, pick), plain, "{length}");
            }
        }
    }

    #[test]
    fn members_count_from_their_start_to_the_day_before_their_end() {
        let (market, _) = market(&[
            ("p.csv", "date,AAA,BBB\n2020-01-02,11,11\n2020-01-03,12,12\n2020-01-06,13,13\n2020-01-07,14,14\n"),
            ("m.csv", "ticker,start_date,end_date\nAAA,2020-01-06,\nBBB,2019-01-01,2020-01-06\nZZZ,2019-01-01,\n"),
        ]);
        let counts = Counter::new(&market, NaiveDate::MAX).count(Question::Advances).unwrap();
        let found: Vec<(u32, u32)> = counts.tallies.iter().map(|t| (t.yes, t.universe)).collect();
        assert_eq!(found, [(0, 2), (1, 2), (1, 2), (1, 2)]);
    }
}
