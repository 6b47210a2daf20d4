//! Fetched series on the disk: read, joined with what is new, replaced in one step, with a manifest beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use broaden::diagnostics::Sink;
use broaden::market::wanted::Thing;
use broaden::market::{self, cells};
use broaden::model::RawFile;
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

/// The first line of a file that may be written over.
const MARK: &str = "# fetched by broaden from ";

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
}

/// Returns what the folder has of a thing.
pub fn kept(folder: &Path, thing: &Thing) -> Kept {
    match std::fs::read_to_string(folder.join(thing.save_as())) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Kept::Nothing,
        Ok(text) if text.starts_with(MARK) => match Table::read(thing, &text, NaiveDate::MAX) {
            Ok(table) => Kept::Own(table),
            Err(_) => Kept::Nothing,
        },
        _ => Kept::Foreign,
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

    /// Returns what looks wrong with it: it stopped.
    pub fn oddities(&self, today: NaiveDate) -> String {
        match self.last() {
            Some(last) if (today - last).num_days() > 75 => {
                format!("; it stopped {} days ago", (today - last).num_days())
            }
            _ => String::new(),
        }
    }

    fn text(&self, thing: &Thing, source: &str) -> String {
        let head = match thing {
            Thing::Closes(_) => format!("Date,{}", self.head.join(",")),
            Thing::Series(id) => format!("observation_date,{id}"),
            Thing::Ready(broaden::market::Breadth::PercentAbove(window)) => format!("date,pct_above_ma{window}"),
            _ => "date,value".to_owned(),
        };
        let mut text = format!("{MARK}{source}\n{head}\n");
        for (day, values) in &self.rows {
            let _ = writeln!(text, "{day},{}", values.join(","));
        }
        text
    }
}

/// Replaces the file of a thing in one step, then its line of the manifest.
pub fn save(folder: &Path, thing: &Thing, source: &str, address: &str, table: &Table) -> Result<()> {
    let name = thing.save_as();
    let text = table.text(thing, source);
    replace(&folder.join(&name), &text)?;
    let manifest = folder.join("fetched.toml");
    let old = std::fs::read_to_string(&manifest).unwrap_or_default();
    let mut all: toml::Table = old.parse().unwrap_or_default();
    let digest: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let time = chrono::DateTime::from_timestamp(i64::try_from(seconds).unwrap_or(0), 0).unwrap_or_default();
    let mut entry = toml::Table::new();
    for (key, value) in [
        ("source", source.to_owned()),
        ("address", address.to_owned()),
        ("time", time.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ("digest", digest),
        ("last", table.last().map_or_else(String::new, |day| day.to_string())),
    ] {
        entry.insert(key.to_owned(), toml::Value::String(value));
    }
    entry.insert("rows".to_owned(), toml::Value::Integer(i64::try_from(table.rows.len()).unwrap_or(0)));
    all.insert(name, toml::Value::Table(entry));
    replace(&manifest, &all.to_string())
}

fn replace(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".broaden-").tempfile_in(folder)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(path).with_context(|| format!("could not write {}", path.display()))?;
    Ok(())
}
