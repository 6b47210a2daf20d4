//! The layouts of market files, recognised by their header or first rows, never by name alone.

mod bars;
mod breadth;
mod chart;
mod fields;
mod ignored;
mod long;
mod members;
mod multiindex;
mod plain;
mod series;
mod splits;
mod wide;

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate, Weekday};

use super::dates::{self, DateOrder, Stamp};
use super::pieces::Pieces;
use super::text::{self, Line, Text};
use super::{AMBIGUOUS_DATES, BAD_ROWS, REFUSED, UNRECOGNISED};
use crate::diagnostics::text as text_of;
use crate::diagnostics::{Diagnostic, Place, Sink, counted};

pub use series::split_vintage;
pub use wide::WideFile;

/// One layout family: how it is recognised and read.
pub struct Layout {
    /// Kebab-case.
    pub id: &'static str,
    /// Where such files come from.
    pub doc: &'static str,
    /// Whether the file is of this layout.
    pub recognises: fn(&Input<'_>) -> bool,
    /// Reads it.
    pub read: fn(&Input<'_>, &mut Pieces, &mut Sink),
}

/// Every layout. The first that recognises a file reads it, so the more particular stand first.
pub const LAYOUTS: &[&Layout] = &[
    &chart::LAYOUT,
    &super::facts::LAYOUT,
    &ignored::LAYOUT,
    &members::LAYOUT,
    &multiindex::LAYOUT,
    &long::SERIES,
    &long::PRICES,
    &breadth::LAYOUT,
    &fields::LAYOUT,
    &bars::LAYOUT,
    &series::LAYOUT,
    &wide::LAYOUT,
    &plain::LAYOUT,
];

/// The header of a file, or its absence.
pub struct Head<'a> {
    /// The header line; the line before the first row when there is none.
    pub line: usize,
    /// Between cells.
    pub delimiter: u8,
    /// The names as written.
    pub names: Vec<Cow<'a, str>>,
    /// The names as compared: lower case, letters and digits.
    pub keys: Vec<String>,
    /// The column of the date.
    pub date: Option<usize>,
}

impl Head<'_> {
    /// Returns the column of the first of some names.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.keys.iter().position(|key| key == name))
    }
    /// Returns whether every name has a column.
    pub fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.keys.iter().any(|key| key == name))
    }
}

/// A file at the moment a layout looks at it.
pub struct Input<'a> {
    /// Its text.
    pub text: &'a Text,
    /// Its header.
    pub head: Head<'a>,
}

const DATE_KEYS: [&str; 13] = [
    "date",
    "datum",
    "fecha",
    "time",
    "timestamp",
    "observationdate",
    "data",
    "fridayofweek",
    "datetime",
    "exdate",
    "tradedate",
    "day",
    "periodstartdate",
];

/// Header words of files that carry no date first: members, holdings, long macro files.
const OTHER_KEYS: [&str; 8] = ["ticker", "symbol", "index", "series", "price", "fundticker", "startdate", "reportdate"];

impl<'a> Input<'a> {
    /// Finds the header among the first lines.
    pub fn new(text: &'a Text) -> Self {
        let lines: Vec<Line<'a>> = text.lines().take(40).collect();
        let mut found = None;
        for line in &lines {
            if line.text.len() > text::LONGEST_HEADER {
                break;
            }
            let delimiter = text::delimiter(line.text);
            let names = text::cells(line.text, delimiter);
            let keys: Vec<String> = names.iter().map(|name| text::key(name)).collect();
            let start = || keys.iter().take(3).map(String::as_str);
            if keys.len() > 1 && start().any(|key| DATE_KEYS.contains(&key) || OTHER_KEYS.contains(&key)) {
                let date = keys.iter().position(|key| DATE_KEYS.contains(&key.as_str()));
                found = Some(Head { line: line.number, delimiter, names, keys, date });
                break;
            }
            if dates::stamp(names.first().map_or("", |cell| cell), DateOrder::MonthFirst).is_some() {
                break;
            }
        }
        let head = found.unwrap_or_else(|| {
            let first = lines.first().filter(|line| line.text.len() <= text::LONGEST_HEADER);
            let delimiter = first.map_or(b',', |line| text::delimiter(line.text));
            Head { line: 0, delimiter, names: Vec::new(), keys: Vec::new(), date: None }
        });
        Input { text, head }
    }

    /// Returns the file's name.
    pub fn name(&self) -> &'a str {
        &self.text.source.name
    }

    /// Returns the name without folders and endings: a hint for what the content does not say.
    pub fn stem(&self) -> &'a str {
        let name = self.name().rsplit(['/', '\\']).next().unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(name);
        [".csv", ".txt", ".json", ".CSV", ".tsv"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
    }

    /// Returns the lines after the header.
    pub fn rows(&self) -> impl Iterator<Item = Line<'a>> {
        let head = self.head.line;
        self.text.lines().filter(move |line| line.number > head)
    }

    /// Returns the rows split into cells, each with its date, oldest first. Rows without a date (footers, notes) are
    /// left out and reported; an unfinished last row of a daily file is too.
    pub fn dated(&self, sink: &mut Sink) -> Vec<Row<'a>> {
        let column = self.head.date.unwrap_or(0);
        let split: Vec<(usize, Vec<Cow<'a, str>>)> =
            self.rows().map(|line| (line.number, text::cells(line.text, self.head.delimiter))).collect();
        let order = self.order(split.iter().filter_map(|(_, cells)| cells.get(column)).map(|cell| &**cell), sink);
        let mut rows = Vec::with_capacity(split.len());
        let mut dropped = Dropped::default();
        let taken = split.last().and_then(|(_, cells)| taken_during_the_session(&cells.join(" ")));
        for (line, cells) in split {
            match cells.get(column).and_then(|cell| dates::stamp(cell, order)) {
                Some(stamp) => {
                    dropped.dated(line);
                    rows.push(Row { line, stamp, cells });
                }
                None => dropped.undated(line),
            }
        }
        dropped.report(self, sink);
        self.report_empty(rows.is_empty(), column, sink);
        drop_far_days(&mut rows, self, sink);
        rows.sort_by_key(|row| (row.stamp.date, row.line));
        let odd = match rows.as_slice() {
            [.., before, last] => {
                last.stamp.minutes.is_some()
                    && before.stamp.minutes.is_some()
                    && last.stamp.minutes != before.stamp.minutes
                    && rows.iter().rev().skip(1).all(|row| row.stamp.minutes == before.stamp.minutes)
            }
            _ => false,
        };
        if let Some(last) = rows.last().filter(|last| odd || taken == Some(last.stamp.date)) {
            sink.push(
                Diagnostic::note(
                    BAD_ROWS,
                    format!("the row of {} was taken during the session and is left out", last.stamp.date),
                )
                .at(Place::line(&self.text.source, last.line)),
            );
            rows.pop();
        }
        rows
    }

    /// Reports a file without a single row that can be read, with the date that could not be.
    pub fn report_empty(&self, empty: bool, column: usize, sink: &mut Sink) {
        if !empty {
            return;
        }
        let place = Place::whole(&self.text.source);
        let first = self.rows().next().map(|line| (line.number, text::cells(line.text, self.head.delimiter)));
        sink.push(match first {
            Some((line, cells)) => {
                let date: String = cells.get(column).map_or("", |cell| cell).chars().take(40).collect();
                Diagnostic::warning(UNRECOGNISED, format!("no row of this file has a date that can be read: `{date}`"))
                    .at(Place::line(&self.text.source, line))
                    .hint("dates such as 2026-11-20, 11/20/2026, 11/20/26, 20.11.2026 or Nov 20, 2026 are understood")
            }
            None => Diagnostic::warning(UNRECOGNISED, "the file has a header and no rows").at(place),
        });
    }

    /// Decides the order of day and month of a column, and says so when nothing settles it.
    pub fn order<'b>(&self, cells: impl Iterator<Item = &'b str>, sink: &mut Sink) -> DateOrder {
        let (order, certain) = dates::sniff_order(cells);
        if !certain {
            sink.push(
                Diagnostic::warning(
                    AMBIGUOUS_DATES,
                    "day and month cannot be told apart in this file; read as month/day/year",
                )
                .at(Place::whole(&self.text.source))
                .hint("save the file again with dates such as 2026-11-20"),
            );
        }
        order
    }
}

/// A row with a date.
pub struct Row<'a> {
    /// Counted from 1.
    pub line: usize,
    /// Its date.
    pub stamp: Stamp,
    /// Its cells.
    pub cells: Vec<Cow<'a, str>>,
}

impl Row<'_> {
    /// Returns a cell, empty when the row is short.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell)
    }
}

/// Returns the day on which a file was taken by its footer, `Downloaded from Barchart.com as of 11-11-2026 11:09am CST`,
/// where that was before four o'clock in New York, so that the row of that day is no close.
fn taken_during_the_session(footer: &str) -> Option<NaiveDate> {
    let (_, rest) = footer.split_once(" as of ")?;
    let mut words = rest.split_whitespace();
    let day = dates::stamp(words.next()?, DateOrder::MonthFirst)?.date;
    let time = words.next()?.to_lowercase();
    let behind = match words.next()? {
        "EST" | "EDT" | "ET" => 0,
        "CST" | "CDT" | "CT" => 60,
        _ => return None,
    };
    let (hours, minutes) = time.get(..time.len().checked_sub(2)?)?.split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let afternoon = if time.ends_with("pm") { 12 } else { 0 };
    ((hours % 12 + afternoon) * 60 + minutes + behind < 16 * 60).then_some(day)
}

/// A row that lies so many days after all others is of a mistyped year.
const FAR: i64 = 400;

/// Leaves out rows whose day lies years after the one before it: one slip would move the day of the answer.
fn drop_far_days(rows: &mut Vec<Row<'_>>, input: &Input<'_>, sink: &mut Sink) {
    let days: Vec<NaiveDate> = rows.iter().map(|row| row.stamp.date).collect();
    let Some(last) = last_sensible(days) else { return };
    let far: Vec<(usize, NaiveDate)> =
        rows.iter().filter(|row| row.stamp.date > last).map(|row| (row.line, row.stamp.date)).collect();
    if let Some((line, day)) = far.first() {
        let message = format!("{day} lies years after {last}, the last of the other days: a mistyped year; left out");
        sink.push(Diagnostic::warning(BAD_ROWS, message).at(Place::line(&input.text.source, *line)));
        rows.retain(|row| row.stamp.date <= last);
    }
}

/// Returns the last day before a hole of years behind which there are only a few rows; `None` where there is none.
pub fn last_sensible(mut days: Vec<NaiveDate>) -> Option<NaiveDate> {
    days.sort_unstable();
    let start = days.len().saturating_sub(4);
    let tail = days.get(start..)?;
    let pair = tail.windows(2).find(|pair| matches!(pair, [a, b] if (*b - *a).num_days() > FAR))?;
    (days.len() >= 8).then(|| pair.first().copied()).flatten()
}

/// Rows that could not be used, for one summary per file.
#[derive(Default)]
pub struct Dropped {
    first: Option<usize>,
    count: usize,
    last_good: usize,
    last_bad: usize,
}

impl Dropped {
    /// Remembers a row that was used.
    pub fn dated(&mut self, line: usize) {
        self.last_good = line;
    }
    /// Remembers a row that was not.
    pub fn undated(&mut self, line: usize) {
        self.count += 1;
        self.last_bad = line;
        self.first.get_or_insert(line);
    }
    /// Adds what was found in rows further down.
    pub fn append(&mut self, later: &Dropped) {
        self.first = self.first.or(later.first);
        self.count += later.count;
        self.last_good = self.last_good.max(later.last_good);
        self.last_bad = self.last_bad.max(later.last_bad);
    }
    /// Says how many rows were left out: a note for a footer, a warning for rows inside the data.
    pub fn report(&self, input: &Input<'_>, sink: &mut Sink) {
        let Some(first) = self.first else { return };
        let footer = first > self.last_good;
        let rows = counted(self.count, "row", "rows");
        let place = Place::line(&input.text.source, first);
        sink.push(if footer {
            Diagnostic::note(BAD_ROWS, format!("{rows} without a date after the data left out")).at(place)
        } else {
            Diagnostic::warning(BAD_ROWS, format!("{rows} without a readable date left out, the first here"))
                .at(place)
                .hint("check the file; a day that is left out is missing from every average over it")
        });
    }
}

/// Returns whether a day can be a trading day at all.
pub fn is_weekday(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Reads one file by the first layout that recognises it.
pub fn read(text: &Text, pieces: &mut Pieces, sink: &mut Sink) {
    let input = Input::new(text);
    if let Some(layout) = LAYOUTS.iter().find(|layout| (layout.recognises)(&input)) {
        (layout.read)(&input, pieces, sink);
        return;
    }
    let place = Place::whole(&text.source);
    sink.push(match refusal(&text.source.text) {
        Some(reason) => {
            let hint = if reason.ends_with("CSV") {
                "every site that gives JSON gives CSV as well"
            } else {
                "download the file again; it holds no prices"
            };
            Diagnostic::warning(REFUSED, reason).at(place).hint(hint)
        }
        None => {
            Diagnostic::warning(UNRECOGNISED, "not a layout of market data that broaden knows; the file is not used")
                .at(place)
                .hint("a first line such as `date,SPY,RSP` or `Date,Open,High,Low,Close,Volume` is understood")
        }
    });
}

/// Returns whether JSON has several dates or many digits, as data have and messages have not.
fn holds_numbers(content: &str) -> bool {
    let dates = content.as_bytes().windows(10).filter(|window| dates::iso(window).is_some()).take(1).count();
    let decimals = content.as_bytes().windows(3).take(100_000);
    let decimals = decimals.filter(|w| matches!(w, [a, b'.', b] if a.is_ascii_digit() && b.is_ascii_digit()));
    dates > 0 || decimals.take(4).count() > 3
}

/// Returns what a vendor's refusal says; vendors send them with a success status and the name of the data file.
fn refusal(content: &str) -> Option<String> {
    let start: String = content.trim_start_matches('\u{feff}').trim_start().chars().take(400).collect();
    let lower = start.to_lowercase();
    if lower.starts_with("<!doctype") || lower.starts_with("<html") {
        return Some("an HTML page, not data: the site asked for a login or a browser check".to_owned());
    }
    if lower.contains("apikey") || lower.contains("api key") {
        return Some("the site asked for an API key instead of sending data".to_owned());
    }
    if lower.contains("limit") && lower.contains("exceeded") {
        return Some("the site's daily limit was exceeded, and it sent no data".to_owned());
    }
    if start.starts_with(['{', '[']) && holds_numbers(content) {
        return Some("JSON of a kind that broaden does not read; save it as CSV".to_owned());
    }
    if start.starts_with('{') {
        let words: String = text_of::masked(&start).chars().filter(|c| !c.is_control()).take(160).collect();
        return Some(format!("a message of the site, not data: {words}"));
    }
    None
}

#[cfg(test)]
pub mod testing {
    //! Reading a text as a file, for the tests of every layout.

    use crate::diagnostics::Sink;
    use crate::market::{Market, load};
    use crate::model::RawFile;

    /// Loads files given as (name, content); returns the market and the codes of what was reported.
    pub fn market(files: &[(&str, &str)]) -> (Market, Vec<String>) {
        let files: Vec<RawFile> =
            files.iter().map(|(name, content)| RawFile::new((*name).to_owned(), content.as_bytes().to_vec())).collect();
        let mut sink = Sink::default();
        let market = load(&files, &mut sink);
        (market, sink.items.iter().map(|item| format!("{} {}", item.severity.word(), item.code.id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::testing::market;

    #[test]
    fn refusals_and_foreign_files_are_named() {
        for (content, code) in [
            ("<!DOCTYPE html><html>", "warning market-refused"),
            ("Get your apikey:\r\n\r\n1. Open", "warning market-refused"),
            ("Exceeded the daily hits limit", "warning market-refused"),
            ("{\"Information\": \"premium\"}", "warning market-refused"),
            ("[{\"date\": \"2026-11-27\", \"close\": 700.1}]", "warning market-refused"),
            ("Dear diary", "warning market-unrecognised"),
        ] {
            let (market, codes) = market(&[("SPY.csv", content)]);
            assert_eq!(codes, [code], "{content}");
            assert!(market.is_empty());
        }
    }

    #[test]
    fn a_footer_says_that_the_last_row_is_no_close() {
        let head = "Time,Open,High,Low,Latest,Change,%Change,Volume\n2026-11-11,1,1,1,701,0,0%,5\n2026-11-10,1,1,1,700,0,0%,5\n";
        for (time, last) in
            [("11:09am CST", "2026-11-10"), ("02:59pm CST", "2026-11-10"), ("03:00pm CST", "2026-11-11")]
        {
            let file = format!("{head}\"Downloaded from Barchart.com as of 11-11-2026 {time}\"\n");
            let (market, _) = market(&[("SPY.csv", &file)]);
            assert_eq!(market.last_session().map(|day| day.to_string()).as_deref(), Some(last), "{time}");
        }
    }

    #[test]
    fn rows_of_a_session_that_is_not_over_or_of_a_day_to_come_are_left_out() {
        let read = |until: &str, files: &[(&str, &str)]| {
            let raw = files.iter().map(|(name, text)| crate::model::RawFile::new(*name, text.as_bytes().to_vec()));
            let given = crate::market::Given { until: until.parse().ok(), ..Default::default() };
            let mut sink = crate::diagnostics::Sink::default();
            let market = crate::market::load_with(&raw.collect::<Vec<_>>(), &given, &mut sink);
            let late =
                sink.items.iter().find(|item| item.code.id == "market-late-rows").map(|item| item.severity.word());
            (market.last_session().map(|day| day.to_string()), late)
        };
        let files = [
            ("SPY.csv", "Date,Close\n2026-11-19,700\n2026-11-20,701\n"),
            ("f.csv", "date,RSP,VIX\n2026-11-19,200,15\n2026-11-20,200,16\n"),
            ("S5TH.csv", "Date,Close\n2026-11-19,60\n2026-11-20,61\n"),
        ];
        for file in files {
            assert_eq!(read("2026-11-19", &[file]).1, Some("note"), "{}", file.0);
            assert_eq!(read("2026-11-20", &[file]).1, None, "{}", file.0);
        }
        assert_eq!(read("2026-11-19", &files).0.as_deref(), Some("2026-11-19"));
        let slip = "Date,Close\n2026-11-19,700\n2027-11-19,701\n";
        assert_eq!(read("2026-11-20", &[("SPY.csv", slip)]), (Some("2026-11-19".to_owned()), Some("warning")));
    }

    #[test]
    fn footers_are_notes_and_holes_are_warnings() {
        let head = "Date,Open,High,Low,Close,Adj Close,Volume\n2020-01-02,1,1,1,10.5,10.5,5\n";
        assert_eq!(market(&[("SPY.csv", &format!("{head}141778\n"))]).1, ["note market-bad-rows"]);
        let hole = format!("{head}oops,1,1,1,1,1,1\n2020-01-03,1,1,1,10.5,10.5,5\n");
        assert_eq!(market(&[("SPY.csv", &hole)]).1, ["warning market-bad-rows"]);
    }
}
