//! What the config wants of the market folder, what serves it, and where the rest is to be had.

use chrono::NaiveDate;
use serde::Serialize;

use super::plain;
use crate::market::wanted::Thing;

fn date<S: serde::Serializer>(day: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

fn day<S: serde::Serializer>(day: &Option<NaiveDate>, serializer: S) -> Result<S::Ok, S::Error> {
    day.map(|day| day.to_string()).serialize(serializer)
}

/// One thing that a signal, brake, driver or sleeve wants.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What it is for: `breadth-200`, `brake sahm`, `sleeve XLI`; several where they want the same.
    #[serde(rename = "for")]
    pub wanted_for: Vec<String>,
    /// What it is, in words.
    pub what: String,
    /// The part of the rotation strength that hangs on it, from 0 to 1.
    pub weight: f64,
    /// The files that serve it; empty when it is missing.
    pub files: Vec<String>,
    /// Last day or period with a value.
    #[serde(serialize_with = "day")]
    pub last: Option<NaiveDate>,
    /// Days from that to the day of the answer.
    pub age_days: Option<i64>,
    /// The name to save it under.
    pub save_as: String,
    /// Where it is to be had by hand.
    pub by_hand: String,
    /// What serves it, or is asked for.
    #[serde(skip)]
    pub thing: Thing,
    /// The source that `broaden fetch` takes it from; absent when it cannot.
    pub fetch: Option<String>,
}

/// The checklist.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Checklist {
    /// The day of the answer.
    #[serde(serialize_with = "date")]
    pub as_of: NaiveDate,
    /// Everything wanted: what carries weight first.
    pub rows: Vec<Row>,
    /// Files that nothing uses, with what they were taken for.
    pub unused: Vec<(String, String)>,
}

impl Row {
    fn wanted_for(&self) -> String {
        plain(&self.wanted_for.join(", "))
    }
}

impl Checklist {
    /// Returns the part of the strength that has data, from 0 to 1.
    pub fn served(&self) -> f64 {
        // The sum of nothing is -0, and would be printed so.
        self.rows.iter().filter(|row| !row.files.is_empty()).fold(0.0, |sum, row| sum + row.weight)
    }

    /// Returns the rows without a file.
    pub fn missing(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.files.is_empty())
    }

    /// Returns the whole table as text.
    pub fn text(&self) -> String {
        let mut text = format!(
            "market data as of {}: {} of {} files are there, for {:.0}% of the strength\n",
            self.as_of,
            self.rows.len() - self.missing().count(),
            self.rows.len(),
            100.0 * self.served()
        );
        let there: Vec<[String; 4]> = self
            .rows
            .iter()
            .filter(|row| !row.files.is_empty())
            .map(|row| {
                let age = row.age_days.map_or_else(String::new, |days| format!("{days} d"));
                let last = row.last.map_or_else(String::new, |day| day.to_string());
                [row.wanted_for(), plain(&short(&row.files)), last, age]
            })
            .collect();
        if !there.is_empty() {
            let head = ["for", "file", "last", "age"].map(str::to_owned);
            let lines: Vec<[String; 4]> = std::iter::once(head).chain(there).collect();
            let width =
                |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
            let (first, second) = (width(0).unwrap_or(0).min(60), width(1).unwrap_or(0));
            text.push('\n');
            for [wanted, file, last, age] in lines {
                text.push_str(format!("  {wanted:<first$}  {file:<second$}  {last:<10}  {age:>6}").trim_end());
                text.push('\n');
            }
        }
        text.push_str(&self.missing_text());
        if !self.unused.is_empty() {
            text.push_str("\nfiles that nothing uses\n");
            for (file, what) in &self.unused {
                text.push_str(&format!("  {} (taken as {})\n", plain(&short(std::slice::from_ref(file))), plain(what)));
            }
        }
        text
    }

    /// Returns what is missing, each with the name to save it under and where it is: the short form for reports.
    pub fn missing_text(&self) -> String {
        let mut text = String::new();
        for (index, row) in self.missing().enumerate() {
            if index == 0 {
                text.push_str("\nmissing\n");
            }
            let weight =
                if row.weight > 0.0 { format!(", {:.0}% of the strength", 100.0 * row.weight) } else { String::new() };
            text.push_str(&format!("  {}: {} (for {}{weight})\n", row.save_as, row.what, row.wanted_for()));
            text.push_str(&format!("      {}\n", row.by_hand));
            match &row.fetch {
                Some(source) => text.push_str(&format!("      broaden fetch gets it ({source})\n")),
                None => text.push_str("      broaden fetch does not get it\n"),
            }
        }
        text
    }

    /// Returns the table as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// Names without their folders.
fn short(files: &[String]) -> String {
    let names: Vec<&str> = files.iter().map(|file| file.rsplit(['/', '\\']).next().unwrap_or(file)).collect();
    names.join(", ")
}
