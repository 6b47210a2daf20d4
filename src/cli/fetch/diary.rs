//! The market diary of the NYSE: advances and declines of the last session and the one before, as JSON, kept in a file of its own
//! that grows with each run. The terms of the usual site forbid programs, so nobody is asked whom the config does not name.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;
use broaden::market::dates::{DateOrder, stamp};
use chrono::NaiveDate;
use serde_json::Value;

use super::Run;
use super::store::{self, Fetched};

/// The file.
pub const FILE: &str = "nyse-diary.csv";
/// Below the address that the config names.
const PATH: &str = "/market-data/stocks/marketsdiary?id=%7B%22application%22%3A%22WSJ%22%2C%22marketsDiaryType%22%3A%22diaries%22%7D&type=mdc_marketsdiary";
/// Its first line.
const HEAD: &str = "date,advancing,declining";
/// Sessions next to each other are no further apart.
const NEXT: i64 = 4;

/// Advances and declines by day.
type Rows = BTreeMap<NaiveDate, (u32, u32)>;

/// What an answer says: the day of the last session, its counts, and those of the session before.
#[derive(Debug, PartialEq)]
struct Diary {
    day: NaiveDate,
    last: (u32, u32),
    before: Option<(u32, u32)>,
}

impl Run<'_> {
    /// Returns the address of the diary, where the config names one.
    pub fn diary_address(&self) -> Option<String> {
        Some(self.addresses.of("diary").trim_end_matches('/'))
            .filter(|base| !base.is_empty())
            .map(|base| base.to_owned() + PATH)
    }

    /// Adds the last sessions to the file. Returns whether it is up to date now, and what to say.
    pub fn diary(&self, address: &str, sessions: &[NaiveDate]) -> (bool, String) {
        match self.grown(address, sessions) {
            Ok(words) => (true, words),
            Err(error) => (false, format!("diary: {error:#}")),
        }
    }

    fn grown(&self, address: &str, sessions: &[NaiveDate]) -> Result<String> {
        let there = store::text_and_owner(self.disk, self.folder, FILE)?;
        if there.as_ref().is_some_and(|(_, own)| !own) {
            return Ok("saved by hand, left alone".to_owned());
        }
        let body = self.client.get(address, None, Duration::from_secs(1))?;
        let diary = read(&String::from_utf8_lossy(&body)).map_err(anyhow::Error::msg)?;
        let old = there.map(|(text, _)| parsed(&text)).unwrap_or_default();
        let (rows, changed) = joined(&old, &diary, sessions, self.today);
        let mut text = format!("{HEAD}\n");
        for (day, (up, down)) in &rows {
            let _ = writeln!(text, "{day},{up},{down}");
        }
        let last = rows.last_key_value().map(|(day, _)| *day);
        let fetched =
            Fetched { name: FILE.to_owned(), from: ("diary", address), text, reach: (last, rows.len()), loses: false };
        self.save(&fetched)?;
        let mut words = format!("{} new rows", rows.len() - old.len());
        if let Some(last) = last {
            let _ = write!(words, " to {last} from diary");
        }
        if let Some((day, was, is)) = changed {
            let _ = write!(words, "; {day} was {} and {}, and is {} and {}", was.0, was.1, is.0, is.1);
        }
        let hole = sessions.iter().rev().find(|day| {
            rows.first_key_value().is_some_and(|(first, _)| first < day)
                && last > Some(**day)
                && !rows.contains_key(day)
        });
        if let Some(day) = hole {
            let _ = write!(words, "; the session of {day} is missing: only the last two are to be had");
        }
        Ok(words)
    }
}

/// Reads an answer, or says why it is none.
fn read(body: &str) -> Result<Diary, String> {
    let none = || "the answer is no market diary".to_owned();
    let json: Value = serde_json::from_str(body).map_err(|_| none())?;
    let data = json.get("data").ok_or_else(none)?;
    let time = data.get("timestamp").and_then(Value::as_str).ok_or_else(none)?;
    // `Friday, November 27, 2026`.
    let date = time.split_once(", ").filter(|(word, _)| !word.contains(' ')).map_or(time, |(_, date)| date);
    let day =
        stamp(date, DateOrder::MonthFirst).ok_or_else(|| format!("the diary has no day that can be read: `{time}`"))?;
    let sets = data.get("instrumentSets").and_then(Value::as_array).ok_or_else(none)?;
    let label = |set: &&Value| set.pointer("/headerFields/0/label").and_then(Value::as_str) == Some("NYSE");
    let rows = sets.iter().find(label).and_then(|set| set.get("instruments")?.as_array());
    let rows = rows.ok_or_else(|| "the diary has no part for the NYSE".to_owned())?;
    let count = |id: &str, field: &str| -> Option<u32> {
        let row = rows.iter().find(|row| row.get("id").and_then(Value::as_str) == Some(id))?;
        row.get(field)?.as_str()?.replace(',', "").parse().ok().filter(|count| *count > 0)
    };
    let both = |field| Some((count("advances", field)?, count("declines", field)?));
    let last = both("latestClose").ok_or_else(|| "the diary has no advances and declines".to_owned())?;
    Ok(Diary { day: day.date, last, before: both("previousClose") })
}

fn parsed(text: &str) -> Rows {
    let row = |line: &str| {
        let mut cells = line.split(',');
        Some((cells.next()?.parse().ok()?, (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?)))
    };
    text.lines().filter_map(row).collect()
}

/// A day whose counts changed, from what to what.
type Changed = (NaiveDate, (u32, u32), (u32, u32));

/// Adds what an answer says. Which day the session before was is taken from the sessions that are known; a day that is not over
/// is left out.
fn joined(old: &Rows, diary: &Diary, sessions: &[NaiveDate], today: NaiveDate) -> (Rows, Option<Changed>) {
    let mut rows = old.clone();
    let mut changed = None;
    let known = sessions.iter().chain(old.keys()).filter(|day| **day < diary.day).max();
    let before = known.filter(|day| (diary.day - **day).num_days() <= NEXT).copied().zip(diary.before);
    let last = Some((diary.day, diary.last)).filter(|(day, _)| *day < today);
    for (day, counts) in before.into_iter().chain(last) {
        if let Some(was) = rows.insert(day, counts).filter(|was| *was != counts) {
            changed = Some((day, was, counts));
        }
    }
    (rows, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_answer_is_read_or_told_why_not() {
        let set = |label: &str, up: &str| {
            format!(
                "{{\"headerFields\":[{{\"value\":\"name\",\"label\":\"{label}\"}}],\"instruments\":[{{\"id\":\"advances\",\"latestClose\":\"{up}\",\"previousClose\":\"1,200\"}},{{\"id\":\"declines\",\"latestClose\":\"900\",\"previousClose\":\"1,500\"}}]}}"
            )
        };
        let answer =
            |sets: &str, time: &str| format!("{{\"data\":{{\"instrumentSets\":[{sets}],\"timestamp\":\"{time}\"}}}}");
        let both = format!("{},{}", set("Nasdaq", "3,000"), set("NYSE", "1,841"));
        let found = Diary { day: day("2026-11-27"), last: (1_841, 900), before: Some((1_200, 1_500)) };
        for time in ["Friday, November 27, 2026", "November 27, 2026"] {
            assert_eq!(read(&answer(&both, time)).unwrap(), found);
        }
        for (body, why) in [
            ("<!DOCTYPE html>".to_owned(), "no market diary"),
            ("{\"message\": \"no\"}".to_owned(), "no market diary"),
            (answer(&both, "soon"), "no day that can be read"),
            (answer(&set("Nasdaq", "3,000"), "November 27, 2026"), "no part for the NYSE"),
            (answer(&set("NYSE", "0"), "November 27, 2026"), "no advances and declines"),
        ] {
            assert!(read(&body).unwrap_err().contains(why), "{body}");
        }
    }

    /// The session before a Monday is a Friday, or a Wednesday before a holiday; where nothing says which, it is left out, and so
    /// is a day that is not over.
    #[test]
    fn the_file_grows_and_no_day_is_guessed() {
        let diary = Diary { day: day("2026-11-30"), last: (10, 20), before: Some((30, 40)) };
        let today = day("2026-12-01");
        let rows = |old: &[(&str, (u32, u32))], sessions: &[&str], today| {
            let old = old.iter().map(|(text, counts)| (day(text), *counts)).collect();
            let sessions: Vec<NaiveDate> = sessions.iter().map(|text| day(text)).collect();
            let (rows, changed) = joined(&old, &diary, &sessions, today);
            (
                rows.keys().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                changed.map(|(day, ..)| day.to_string()),
            )
        };
        assert_eq!(rows(&[], &[], today), ("2026-11-30".to_owned(), None));
        assert_eq!(rows(&[], &["2026-11-25", "2026-11-27"], today).0, "2026-11-27 2026-11-30");
        assert_eq!(rows(&[], &["2026-11-20"], today).0, "2026-11-30");
        assert_eq!(rows(&[("2026-11-27", (30, 40))], &[], today), ("2026-11-27 2026-11-30".to_owned(), None));
        let revised = rows(&[("2026-11-27", (31, 40))], &[], today);
        assert_eq!(revised, ("2026-11-27 2026-11-30".to_owned(), Some("2026-11-27".to_owned())));
        assert_eq!(rows(&[], &["2026-11-27"], day("2026-11-30")).0, "2026-11-27");
    }
}
