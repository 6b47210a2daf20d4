//! Fetched series on the disk: read, joined with what is new, replaced in one step, with a manifest beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};
use broaden::diagnostics::Sink;
use broaden::market::macros::Period;
use broaden::market::wanted::Thing;
use broaden::market::{self, cells};
use broaden::model::RawFile;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::cli::disk::{Disk, folder_of};
use crate::cli::inputs::LARGEST_MARKET;
use crate::cli::outputs::{Guard, Outputs, shown};

/// The first line of a series that may be written over.
const MARK: &str = "# fetched by broaden from ";
/// The same of the manifest.
const LIST: &str = "# what broaden fetch wrote, and from where\n";
/// Its name.
const MANIFEST: &str = "fetched.toml";
/// Sessions are never further apart.
const LONGEST_PAUSE: i64 = 10;
/// A close that is the same on so many days was not traded.
const SAME: usize = 10;
/// Days after the first one asked for: a fund may be younger, and it is said.
const LATE: i64 = 31;
/// The largest one.
const LARGEST_LIST: u64 = 8 << 20;

/// A series of a day a row: the close and the one with dividends, or one value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The names of the columns after the date.
    pub head: Vec<&'static str>,
    /// Values as printed, by day.
    pub rows: BTreeMap<NaiveDate, Vec<String>>,
}

/// What the folder has of a thing.
pub enum Kept {
    /// No file of that name.
    Nothing,
    /// A file that somebody saved by hand.
    Foreign,
    /// A file that was fetched.
    Own(Table),
    /// A file that was fetched, of which nothing can be read now.
    Damaged,
}

/// Returns what the folder has of a thing.
///
/// # Errors
/// Where there is a file that cannot be read.
pub fn kept(disk: &dyn Disk, folder: &Path, thing: &Thing) -> Result<Kept> {
    let path = folder.join(thing.save_as());
    Ok(match text_of(disk, &path, LARGEST_MARKET)? {
        None => Kept::Nothing,
        Some(text) if text.starts_with(MARK) => match Table::read(thing, &text, NaiveDate::MAX) {
            Ok(table) => Kept::Own(table),
            Err(_) => Kept::Damaged,
        },
        Some(_) => Kept::Foreign,
    })
}

/// Returns the text of a file of the folder, without the line that says that it was fetched, and whether it was.
pub fn text_and_owner(disk: &dyn Disk, folder: &Path, name: &str) -> Result<Option<(String, bool)>> {
    let text = text_of(disk, &folder.join(name), LARGEST_MARKET)?;
    Ok(text.map(|text| match text.strip_prefix(MARK) {
        Some(rest) => (rest.split_once('\n').map_or("", |(_, rest)| rest).to_owned(), true),
        None => (text, false),
    }))
}

/// Returns a text, or nothing where there is no file. What is no UTF-8 was not written here.
fn text_of(disk: &dyn Disk, path: &Path, most: u64) -> Result<Option<String>> {
    match disk.read(path, most) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read {}", shown(path))),
    }
}

impl Table {
    /// Reads a text with the reader of market files, without rows of a day or later. An error says why it is no data.
    pub fn read(thing: &Thing, text: &str, before: NaiveDate) -> Result<Table, String> {
        let mut sink = Sink::default();
        let market = market::load(&[RawFile::new(thing.save_as(), text.as_bytes().to_vec())], &mut sink);
        let mut table = Table::default();
        let price = |close: i64| cells::to_price(close).to_string();
        match thing {
            Thing::Closes(symbol) => {
                let adjusted = market.returns(symbol).filter(|_| market.has_dividends(symbol));
                table.head = if adjusted.is_some() { vec!["Close", "Adj Close"] } else { vec!["Close"] };
                if let Some(closes) = market.closes(symbol) {
                    for (day, close) in closes.dates.iter().zip(&closes.values) {
                        let adjusted = adjusted.map(|list| list.at(*day).map_or_else(String::new, price));
                        table.rows.insert(*day, std::iter::once(price(*close)).chain(adjusted).collect());
                    }
                }
            }
            Thing::Series(id) => {
                table.head = vec!["value"];
                let vintages = market.macro_series(id).map(|series| series.vintages.as_slice()).unwrap_or_default();
                for row in vintages.iter().flat_map(|vintage| &vintage.rows) {
                    table
                        .rows
                        .insert(row.reference, vec![row.value.map_or_else(String::new, |value| value.to_string())]);
                }
            }
            Thing::Ready(kind) => {
                table.head = vec!["value"];
                if let Some(series) = market.breadth(*kind) {
                    let values = series.dates.iter().zip(&series.values);
                    table.rows.extend(values.map(|(day, value)| (*day, vec![format!("{value:.4}")])));
                }
            }
            Thing::Panel => {}
        }
        if table.rows.is_empty() {
            let why = sink
                .items
                .first()
                .map_or_else(|| "it holds nothing of that name".to_owned(), |item| item.message.clone());
            return Err(format!("the answer is no data: {why}"));
        }
        table.rows.retain(|day, _| *day < before);
        Ok(table)
    }

    /// Returns the last day.
    pub fn last(&self) -> Option<NaiveDate> {
        self.rows.last_key_value().map(|(day, _)| *day)
    }

    /// Joins newer rows. An error says where they differ from what was there.
    pub fn join(&self, newer: &Table, overlap: usize) -> Result<Table, String> {
        let first = newer.rows.first_key_value().map(|(day, _)| *day).unwrap_or(NaiveDate::MAX);
        let same = self.rows.range(first..);
        if self.head != newer.head || same.clone().count() < overlap.min(self.rows.len()) && first > self.first() {
            return Err("too little of it overlaps".to_owned());
        }
        for (day, old) in same {
            let Some(new) = newer.rows.get(day) else { return Err(format!("{day} is gone")) };
            for (old, new) in old.iter().zip(new) {
                let (Ok(before), Ok(now)) = (old.parse::<f64>(), new.parse::<f64>()) else {
                    if old != new && !old.is_empty() {
                        return Err(format!("{day} was {old} and is {new}"));
                    }
                    continue;
                };
                // Vendors round the last digits anew.
                if (before - now).abs() > 1e-5 * before.abs().max(now.abs()) {
                    return Err(format!("{day} was {old} and is {new}"));
                }
            }
        }
        let mut joined = self.clone();
        joined.rows.extend(newer.rows.iter().map(|(day, values)| (*day, values.clone())));
        Ok(joined)
    }

    fn first(&self) -> NaiveDate {
        self.rows.first_key_value().map_or(NaiveDate::MAX, |(day, _)| *day)
    }

    /// Returns what looks wrong with it: it stopped, it has a hole or the same close for long, or it begins later than it
    /// was asked for from.
    pub fn oddities(&self, thing: &Thing, today: NaiveDate, from: Option<NaiveDate>) -> String {
        let longest = match thing {
            Thing::Series(id) => match market::macros::period(id) {
                Some(Period::Monthly) | None => 75,
                Some(Period::Weekly) => 21,
                Some(Period::Daily) => 14,
            },
            _ => LONGEST_PAUSE,
        };
        let mut found = Vec::new();
        if let Some(last) = self.last().filter(|last| (today - *last).num_days() > longest) {
            found.push(format!("it stopped {} days ago", (today - last).num_days()));
        }
        let days: Vec<NaiveDate> =
            self.rows.iter().filter(|(_, row)| !row.iter().all(String::is_empty)).map(|(day, _)| *day).collect();
        let holes = days.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?)));
        if let Some((before, after)) = holes.rev().find(|(before, after)| (*after - *before).num_days() > longest) {
            found.push(format!("it has nothing between {before} and {after}"));
        }
        if let Some((count, day)) = self.longest_run().filter(|_| matches!(thing, Thing::Closes(_))) {
            found.push(format!("it has the same close {count} days in a row to {day}"));
        }
        if let Some((from, first)) = from.zip(days.first()).filter(|(from, first)| (**first - *from).num_days() > LATE)
        {
            found.push(format!("it begins on {first}, and was asked for from {from}"));
        }
        found.into_iter().fold(String::new(), |text, words| text + "; " + &words)
    }

    /// Returns how many days in a row have the same first value, where that is long, and the last of them.
    fn longest_run(&self) -> Option<(usize, NaiveDate)> {
        let (mut run, mut best) = ((0, None), None::<(usize, NaiveDate)>);
        for (day, row) in &self.rows {
            run = if run.1 == row.first() { (run.0 + 1, run.1) } else { (1, row.first()) };
            if run.0 >= SAME && best.is_none_or(|(count, _)| run.0 > count) {
                best = Some((run.0, *day));
            }
        }
        best
    }

    /// Returns it as a market file.
    pub fn text(&self, thing: &Thing) -> String {
        let head = match thing {
            Thing::Closes(_) => format!("Date,{}", self.head.join(",")),
            Thing::Series(id) => format!("observation_date,{id}"),
            Thing::Ready(broaden::market::Breadth::PercentAbove(window)) => format!("date,pct_above_ma{window}"),
            _ => "date,value".to_owned(),
        };
        let mut text = format!("{head}\n");
        for (day, values) in &self.rows {
            let _ = writeln!(text, "{day},{}", values.join(","));
        }
        text
    }
}

/// A file to be saved.
pub struct Fetched<'a> {
    /// Its name.
    pub name: String,
    /// The source and the address that was asked.
    pub from: (&'a str, &'a str),
    /// What it holds, without the first line.
    pub text: String,
    /// The last day, and the number of rows.
    pub reach: (Option<NaiveDate>, usize),
    /// Whether rows that the folder has are not in it: then its file is kept under another name.
    pub loses: bool,
}

/// Replaces the file of a thing and its line of the manifest, both or neither. Returns where the file that was there is
/// kept, if rows of it are gone.
///
/// # Errors
/// Whatever the disk says, and a file that is not the verb's to replace.
pub fn save(disk: &dyn Disk, guard: &Guard, folder: &Path, fetched: &Fetched) -> Result<Option<String>> {
    let (path, manifest) = (folder.join(&fetched.name), folder.join(MANIFEST));
    [&path, &manifest].into_iter().try_for_each(|path| guard.check_own(disk, path))?;
    let mut outputs = Outputs::new(disk);
    let mut kept = None;
    if fetched.loses {
        kept = keep(disk, &mut outputs, &path, MARK)?;
    }
    let text = format!("{MARK}{}\n{}", fetched.from.0, fetched.text);
    let mut all = match text_of(disk, &manifest, LARGEST_LIST)? {
        None => toml::Table::new(),
        Some(list) if !list.starts_with(LIST) => {
            bail!("{} is no list that fetch wrote; it is not overwritten", shown(&manifest))
        }
        Some(list) => match list.parse() {
            Ok(all) => all,
            // It was edited, or the disk lost a part of it.
            Err(_) => {
                keep(disk, &mut outputs, &manifest, LIST)?;
                toml::Table::new()
            }
        },
    };
    let digest: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let time = chrono::DateTime::from_timestamp(i64::try_from(seconds).unwrap_or(0), 0).unwrap_or_default();
    let mut entry = toml::Table::new();
    for (key, value) in [
        ("source", fetched.from.0.to_owned()),
        ("address", fetched.from.1.to_owned()),
        ("time", time.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ("digest", digest),
        ("last", fetched.reach.0.map_or_else(String::new, |day| day.to_string())),
    ] {
        entry.insert(key.to_owned(), toml::Value::String(value));
    }
    entry.insert("rows".to_owned(), toml::Value::Integer(i64::try_from(fetched.reach.1).unwrap_or(0)));
    all.insert(fetched.name.clone(), toml::Value::Table(entry));
    outputs.stage(&path, text.as_bytes())?;
    outputs.stage(&manifest, format!("{LIST}{all}").as_bytes())?;
    outputs.commit()?;
    Ok(kept)
}

/// Keeps a file as `NAME.bak`, which no run reads. A file of that name that was not kept here stays, and the next free
/// name is taken.
fn keep(disk: &dyn Disk, outputs: &mut Outputs, path: &Path, mark: &str) -> Result<Option<String>> {
    let bytes = disk.read(path, LARGEST_MARKET).with_context(|| format!("could not read {}", shown(path)))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for number in 1.. {
        let number = if number == 1 { String::new() } else { format!(".{number}") };
        let place = folder_of(path).join(format!("{name}{number}.bak"));
        if !place.is_symlink() && text_of(disk, &place, LARGEST_MARKET)?.is_none_or(|text| text.starts_with(mark)) {
            outputs.stage(&place, &bytes)?;
            return Ok(Some(shown(&place)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use broaden::model::Symbol;

    use super::*;
    use crate::cli::faults::with_each_fault;

    #[test]
    fn what_looks_wrong_is_named() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let spy = Thing::Closes(Symbol::new("SPY"));
        let table = |close: fn(usize) -> usize| {
            let days = day("2026-01-05").iter_days().take(30).enumerate();
            Table { head: vec!["Close"], rows: days.map(|(at, day)| (day, vec![close(at).to_string()])).collect() }
        };
        let usual = table(|at| 700 + at);
        assert_eq!(usual.oddities(&spy, day("2026-02-10"), None), "");
        assert_eq!(usual.oddities(&spy, day("2026-02-20"), None), "; it stopped 17 days ago");
        let begins = "; it begins on 2026-01-05, and was asked for from 2005-01-01";
        assert_eq!(usual.oddities(&spy, day("2026-02-10"), Some(day("2005-01-01"))), begins);
        let mut hole = usual.clone();
        hole.rows.retain(|at, _| *at < day("2026-01-10") || *at > day("2026-01-20"));
        let words = "; it has nothing between 2026-01-09 and 2026-01-21";
        assert_eq!(hole.oddities(&spy, day("2026-02-10"), None), words);
        let words = "; it has the same close 12 days in a row to 2026-01-16";
        assert_eq!(table(|at| if at < 12 { 700 } else { 700 + at }).oddities(&spy, day("2026-02-10"), None), words);
    }

    /// Rows that are gone from a file are kept, whatever operation fails, or the file is as it was.
    #[test]
    fn what_is_lost_is_kept_or_nothing_is_changed() {
        let old = format!("{MARK}fred\nobservation_date,UNRATE\n2020-01-01,9\n");
        let fetched = || Fetched {
            name: "UNRATE.csv".to_owned(),
            from: ("fred", "https://x"),
            text: "observation_date,UNRATE\n2026-01-01,4\n".to_owned(),
            reach: (None, 1),
            loses: true,
        };
        for list in [format!("{LIST}[a]\nrows = 1\n"), format!("{LIST}[a\n")] {
            let faults = with_each_fault(false, |disk| {
                let folder = tempfile::tempdir().unwrap();
                let at = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
                fs::write(folder.path().join("UNRATE.csv"), &old).unwrap();
                fs::write(folder.path().join(MANIFEST), &list).unwrap();
                let saved = save(disk, &Guard::default(), folder.path(), &fetched());
                let (file, kept) = (at("UNRATE.csv").unwrap(), at("UNRATE.csv.bak"));
                match &saved {
                    Ok(_) => assert!(file.contains("2026-01-01,4") && kept.as_ref() == Some(&old), "{file}"),
                    Err(_) => assert_eq!((&file, at(MANIFEST).as_ref(), kept), (&old, Some(&list), None)),
                }
                saved.is_ok()
            });
            assert!(faults > 8, "{faults}");
        }
    }
}
