//! `broaden fetch --constituents`: who belongs to the S&P 500 from when to when, and the closes of today's members in one
//! table, over as many runs as it takes: each goes on where the last one stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;
use broaden::diagnostics::Sink;
use broaden::market;
use broaden::market::wanted::Thing;
use broaden::model::{RawFile, Symbol};
use chrono::{Days, Months, NaiveDate};
use indicatif::ProgressBar;

use super::store::{self, Fetched, Table};
use super::{OVERLAP, OVERLAP_DAYS, Run, Source, enough};

const MEMBERS: &str = "members.csv";
const PANEL: &str = "stocks.csv";
/// A list with fewer members is no list of an index.
const FEWEST: usize = 50;
/// What a moving average of 200 days and two years of its history need.
const MONTHS: Months = Months::new(36);
/// Columns asked for between two saves.
const BATCH: usize = 25;
/// Answers that tell which session was the last.
const SAMPLE: usize = 3;
/// Failures in a row after which it is not the symbols that fail.
const PATIENCE: usize = 5;

/// Closes by day, as printed.
type Closes = BTreeMap<NaiveDate, Vec<String>>;
/// The same of each symbol.
type Columns = BTreeMap<Symbol, Closes>;
/// New closes, where they are from, and whether they replace what was there.
type Column = (Closes, &'static Source, bool);

impl Run<'_> {
    /// Returns the requests that would be made.
    pub(super) fn plan_constituents(&self) -> String {
        let members = self.addresses.of("members");
        format!("{MEMBERS}: GET {members}\n{PANEL}: the closes of each member, a request each\n")
    }

    /// Fetches the members and then their closes. Returns whether they are up to date, and what to say.
    pub(super) fn constituents(&self, bar: &ProgressBar) -> Result<(bool, Vec<String>)> {
        let mut lines = Vec::new();
        let members = match self.members()? {
            Ok((members, words)) => {
                lines.push(format!("{MEMBERS}: {words}"));
                members
            }
            Err(why) => return Ok((false, vec![format!("{MEMBERS}: {why}")])),
        };
        let (mut columns, mut loses) = match store::text_and_owner(self.disk, self.folder, PANEL)? {
            None => (Columns::new(), false),
            Some((_, false)) => {
                lines.push(format!("{PANEL}: saved by hand, left alone"));
                return Ok((true, lines));
            }
            Some((text, true)) => columns_of(&text).map_or((Columns::new(), true), |columns| (columns, false)),
        };
        bar.set_length(members.len() as u64);
        let (mut failed, mut in_a_row, mut asked, mut last) = (Vec::new(), 0, 0, None);
        let mut from = String::new();
        for symbol in &members {
            bar.set_message(symbol.to_string());
            bar.inc(1);
            let own = columns.get(symbol).and_then(|column| column.last_key_value()).map(|(day, _)| *day);
            // What the first answers of this run end with is the last session: one alone may be of a stock that is gone.
            if asked >= SAMPLE && own >= last {
                continue;
            }
            match self.column(symbol, columns.get(symbol)) {
                Ok((rows, source, replaced)) => {
                    last = last.max(rows.last_key_value().map(|(day, _)| *day));
                    columns.insert(symbol.clone(), rows);
                    loses |= replaced;
                    from = source.id.to_owned();
                    (in_a_row, asked) = (0, asked + 1);
                }
                Err(why) => {
                    failed.push(format!("{symbol}: {why}"));
                    in_a_row += 1;
                }
            }
            if in_a_row == PATIENCE {
                break;
            }
            if asked > 0 && asked % BATCH == 0 && in_a_row == 0 {
                self.save_panel(&columns, &from, std::mem::take(&mut loses))?;
            }
        }
        if asked > 0 {
            self.save_panel(&columns, &from, loses)?;
        }
        let there = members.iter().filter(|symbol| columns.contains_key(symbol)).count();
        let until = last.map_or_else(String::new, |day| format!(" to {day}"));
        lines.push(format!("{PANEL}: {there} of {} members{until}, {asked} asked for now", members.len()));
        lines.extend(failed.iter().take(PATIENCE).map(|words| format!("  {words}")));
        let more = failed.len().saturating_sub(PATIENCE);
        if more > 0 {
            lines.push(format!("  and {more} more"));
        }
        let stopped = in_a_row == PATIENCE;
        if stopped {
            lines.push("stopped, since one after the other failed; run it again to go on".to_owned());
        }
        // Some members of a list have another name elsewhere.
        Ok((!stopped && failed.len() * 20 <= members.len(), lines))
    }

    /// Returns the members of today: of a list that is saved by hand, else of a new one, else of the last one.
    fn members(&self) -> Result<Result<(BTreeSet<Symbol>, String), String>> {
        let kept = store::text_and_owner(self.disk, self.folder, MEMBERS)?;
        let today = self.today;
        if let Some((text, false)) = &kept {
            return Ok(members_of(text, today).map(|list| (list, "saved by hand, left alone".to_owned())));
        }
        let address = self.addresses.of("members").to_owned();
        let body = self.client.get(&address, None, std::time::Duration::from_secs(1));
        let text = body.map_err(|failure| failure.to_string());
        let text = text.and_then(|body| String::from_utf8(body).map_err(|_| "the answer is not text".to_owned()));
        match text.and_then(|text| Ok((members_of(&text, today)?, text))) {
            Ok((list, text)) => {
                let words = format!("{} members", list.len());
                let reach = (Some(today), text.lines().count());
                let fetched =
                    Fetched { name: MEMBERS.to_owned(), from: ("members", &address), text, reach, loses: false };
                self.save(&fetched)?;
                Ok(Ok((list, words)))
            }
            Err(why) => match kept {
                Some((text, true)) => {
                    Ok(members_of(&text, today).map(|list| (list, format!("{why}; the last one is used"))))
                }
                _ => self.members_of_today(&why),
            },
        }
    }

    /// Fetches the list of those who are members now, where the one with their days cannot be had.
    fn members_of_today(&self, why: &str) -> Result<Result<(BTreeSet<Symbol>, String), String>> {
        let address = self.addresses.of("companies").to_owned();
        let body = self.client.get(&address, None, std::time::Duration::from_secs(1));
        let text = body.map_err(|failure| failure.to_string());
        let text = text.map(|body| with_days(&String::from_utf8_lossy(&body)));
        let list = match text.and_then(|text| Ok((members_of(&text, self.today)?, text))) {
            Ok((list, text)) => {
                let reach = (Some(self.today), text.lines().count());
                let from = ("companies", address.as_str());
                let fetched = Fetched { name: MEMBERS.to_owned(), from, text, reach, loses: false };
                self.save(&fetched)?;
                list
            }
            Err(other) => return Ok(Err(format!("{why}; {other}"))),
        };
        let words = format!("{why}; the {} members of today instead, whose past looks better than it was", list.len());
        Ok(Ok((list, words)))
    }

    /// Fetches the closes of a member, joined to what is there.
    fn column(&self, symbol: &Symbol, old: Option<&Closes>) -> Result<Column, String> {
        let thing = Thing::Closes(symbol.clone());
        if !thing.is_plain() {
            return Err("no such name can be asked for".to_owned());
        }
        let first = self.today.checked_sub_months(MONTHS).unwrap_or(self.today);
        let last = old.and_then(|old| old.last_key_value()).map(|(day, _)| *day);
        let from = last.and_then(|day| day.checked_sub_days(Days::new(OVERLAP_DAYS))).unwrap_or(first);
        let sources: Vec<&'static Source> = self.sources(&thing).collect();
        let mut failures = Vec::new();
        for source in sources {
            let asked = self.ask(source, &thing, from).and_then(|(table, _)| match old {
                None => Ok((closes(table), false)),
                Some(old) => match closes_table(old.clone()).join(&closes_table(closes(table)), OVERLAP) {
                    Ok(joined) => Ok((joined.rows, false)),
                    Err(_) => {
                        let (table, _) = self.ask(source, &thing, first)?;
                        enough(table.rows.len(), old.range(first..).count()).map(|()| (closes(table), true))
                    }
                },
            });
            match asked {
                Ok((rows, replaced)) => return Ok((rows, source, replaced)),
                Err(why) => failures.push(format!("{}: {why}", source.id)),
            }
        }
        Err(failures.join("; "))
    }

    fn save_panel(&self, columns: &Columns, source: &str, loses: bool) -> Result<()> {
        let days: BTreeSet<&NaiveDate> = columns.values().flat_map(BTreeMap::keys).collect();
        let names: Vec<String> = columns.keys().map(ToString::to_string).collect();
        let mut text = format!("date,{}\n", names.join(","));
        for day in &days {
            let _ = write!(text, "{day}");
            for column in columns.values() {
                let close = column.get(day).and_then(|values| values.first()).map_or("", String::as_str);
                let _ = write!(text, ",{close}");
            }
            text.push('\n');
        }
        let reach = (days.last().map(|day| **day), days.len());
        let fetched = Fetched { name: PANEL.to_owned(), from: (source, self.addresses.of(source)), text, reach, loses };
        self.save(&fetched).map(|_| ())
    }
}

/// Returns the closes without those that contain dividends: breadth is counted on closes.
fn closes(table: Table) -> Closes {
    table.rows.into_iter().map(|(day, values)| (day, values.into_iter().take(1).collect())).collect()
}

fn closes_table(rows: Closes) -> Table {
    Table { head: vec!["Close"], rows }
}

/// Returns a list of companies (`Symbol,Security,...,Date added,...`) as members with their days. Those without a day
/// belonged to the first five hundred.
fn with_days(companies: &str) -> String {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(companies.as_bytes());
    let head = reader.headers().cloned().unwrap_or_default();
    let column = |name: &str| head.iter().position(|cell| cell == name);
    let (symbol, added) = (column("Symbol"), column("Date added"));
    let mut text = String::from("ticker,start_date,end_date\n");
    for row in reader.records().flatten() {
        let cell = |column: Option<usize>| column.and_then(|column| row.get(column)).unwrap_or_default();
        let day: Option<NaiveDate> = cell(added).parse().ok();
        let day = day.map_or_else(|| "1957-03-04".to_owned(), |day| day.to_string());
        let _ = writeln!(text, "{},{day},", cell(symbol));
    }
    text
}

/// Returns the members of a day. An error says why it is no list.
fn members_of(text: &str, day: NaiveDate) -> Result<BTreeSet<Symbol>, String> {
    let mut sink = Sink::default();
    let market = market::load(&[RawFile::new(MEMBERS, text.as_bytes().to_vec())], &mut sink);
    let all = market.members().map(|members| &members.intervals);
    let inside = |list: &[(NaiveDate, Option<NaiveDate>)]| {
        list.iter().any(|(from, to)| *from <= day && to.is_none_or(|to| day < to))
    };
    let list: BTreeSet<Symbol> =
        all.into_iter().flatten().filter(|(_, list)| inside(list)).map(|(symbol, _)| symbol.clone()).collect();
    let why = || sink.items.first().map_or_else(String::new, |item| format!(": {}", item.message));
    if list.len() < FEWEST { Err(format!("the answer is no list of members{}", why())) } else { Ok(list) }
}

/// Reads the table that was written here; nothing where it is damaged.
fn columns_of(text: &str) -> Option<Columns> {
    let mut lines = text.lines();
    let names: Vec<Symbol> = lines.next()?.strip_prefix("date,")?.split(',').map(Symbol::new).collect();
    let mut columns = Columns::new();
    for line in lines {
        let mut cells = line.split(',');
        let day: NaiveDate = cells.next()?.parse().ok()?;
        let closes: Vec<&str> = cells.collect();
        if closes.len() != names.len() {
            return None;
        }
        for (name, close) in names.iter().zip(closes).filter(|(_, close)| !close.is_empty()) {
            close.parse::<f64>().ok()?;
            columns.entry(name.clone()).or_default().insert(day, vec![close.to_owned()]);
        }
    }
    Some(columns)
}
