//! From paths on the command line to the bytes of a run.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use broaden::codes;
use broaden::decisions::{self, Decisions};
use broaden::diagnostics::{Diagnostic, Sink, Source, SourceKind};
use broaden::model::RawFile;
use broaden::pipeline::{Inputs, WhatIf};
use chrono::{NaiveDate, NaiveDateTime};
use clap::Args;

use super::disk::{Disk, folder_of};
use super::outputs::{Guard, shown};

codes! {
    MISSING_FILE "missing-file" "The path names nothing that can be read. Check the spelling and the folder you are in.";
    NO_HOLDINGS "no-holdings" "No holdings were found: name a broker's export or a TOML portfolio, or a folder that holds one.";
    TOO_LARGE "too-large" "The file is larger than any export; broaden does not read it.";
    TWO_DAYS "two-days" "The market files go on after the day of the holdings, or end before it. `signals` answers of the last day of the market, `advise` of the day of the holdings; --as-of asks both of one day.";
    CONFIG_USED "config-used" "The rules come from a broaden.toml that was neither named nor beside the holdings: it was found in the folder you are in, or above it. --config names another, and --no-config uses the defaults.";
    CONFIG_NOT_TRUSTED "config-not-trusted" "A broaden.toml above the folder you are in would decide what is traded, but it belongs to somebody else, others may write it, or it is a link. It is not used: the defaults hold. Name it with --config if you trust it.";
}

/// The name of the config.
pub const CONFIG: &str = "broaden.toml";

/// Largest holdings file that is read.
pub const LARGEST: u64 = 64 << 20;
/// The same in TOML, where each byte takes fifty of memory. Twenty thousand lots have two megabytes.
const LARGEST_TOML: u64 = 4 << 20;
/// Largest config that is read.
pub const LARGEST_CONFIG: u64 = 1 << 20;
/// Largest market file that is read; panels of many stocks over decades are big.
pub const LARGEST_MARKET: u64 = 1 << 30;

/// What every verb that reads files takes.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Broker exports, TOML portfolios, or folders that hold them with broaden.toml and market/; `-` is standard input
    /// [default: the folder you are in, when it has a broaden.toml]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub options: Options,
}

/// Options that change what a run is made from.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// The config to use, instead of broaden.toml beside the holdings
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use the defaults, whatever config is there
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
    /// A folder or file with prices and macro series (can be repeated)
    #[arg(long, value_name = "PATH")]
    pub market: Vec<PathBuf>,
    /// The day of the answer, instead of the latest date of the files
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<NaiveDate>,
    /// The sheet of a workbook to read, instead of the first that fits
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// Override a config value for this run, as in limits.tech.min=25% (can be repeated)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Leave a table or key of the config out for this run, as in limits.tech (can be repeated)
    #[arg(long, value_name = "ID")]
    pub without: Vec<String>,
}

/// Questions for one run, without editing a file.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What if")]
pub struct Questions {
    /// Sell none of this ticker, in any account (can be repeated)
    #[arg(long, value_name = "TICKER")]
    keep: Vec<String>,
    /// Trade in this account only (can be repeated)
    #[arg(long, value_name = "ACCOUNT")]
    only: Vec<String>,
    /// Plan with this much more cash; ACCOUNT is needed where there are several
    #[arg(long, value_name = "[ACCOUNT=]AMOUNT")]
    deposit: Vec<String>,
    /// Plan to take this much out, selling if cash does not suffice
    #[arg(long, value_name = "[ACCOUNT=]AMOUNT")]
    withdraw: Vec<String>,
}

impl Questions {
    /// Returns them as the pipeline takes them.
    pub fn what_if(&self) -> WhatIf {
        WhatIf {
            keep: self.keep.clone(),
            only: self.only.clone(),
            deposit: self.deposit.clone(),
            withdraw: self.withdraw.clone(),
            ..WhatIf::default()
        }
    }
}

/// What is decided about the lines of a proposal.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Decisions")]
pub struct Decided {
    /// Plan around the decisions of a file: names of lines under accept, reject and later, shares under [quantity]
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,
    /// Accept a line as it is proposed, as in sell-NVDA-417-2026-03-03 or buy-XLI-417 (can be repeated)
    #[arg(long, value_name = "ID")]
    accept: Vec<String>,
    /// Reject a line: that lot, that ticker in the account, or that purchase (can be repeated)
    #[arg(long, value_name = "ID")]
    reject: Vec<String>,
    /// Put a line off until a later run (can be repeated)
    #[arg(long, value_name = "ID", hide_short_help = true)]
    later: Vec<String>,
    /// Accept a line with another number of shares (can be repeated)
    #[arg(long, value_name = "ID=SHARES")]
    quantity: Vec<String>,
}

impl Decided {
    /// Reads the file, and puts the options over it.
    pub fn read(&self, disk: &dyn Disk, guard: &mut Guard, sink: &mut Sink) -> Decisions {
        let mut found = Decisions::default();
        if let Some(path) = &self.decisions {
            guard.file(path);
            if let Some(source) = read_text(disk, path, sink) {
                found = decisions::read(&source, sink);
            }
        }
        let options = decisions::Options {
            accept: self.accept.clone(),
            reject: self.reject.clone(),
            later: self.later.clone(),
            quantity: self.quantity.clone(),
        };
        found.over(options.decisions(sink));
        found
    }
}

/// The bytes of a run, and what it must not write over.
#[derive(Default)]
pub struct Gathered {
    /// For the pipeline.
    pub inputs: Inputs,
    /// For whatever is written.
    pub guard: Guard,
    /// The config that was read.
    pub config: Option<PathBuf>,
}

/// Returns the paths to read: those given, or the folder one is in when it is a household.
///
/// # Errors
/// When there is neither.
pub fn named(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if !paths.is_empty() {
        return Ok(paths.to_vec());
    }
    here().map(|here| vec![here]).context(
        "no PATH is given, and the folder you are in is no household: it has no broaden.toml. Name a broker's export, or a \
         folder that holds one",
    )
}

/// Returns the folder one is in when it is a household.
pub fn here() -> Option<PathBuf> {
    Path::new(CONFIG).is_file().then(|| PathBuf::from("."))
}

/// Reads everything a run needs. Problems with single files go to the sink, all of them.
///
/// # Errors
/// When standard input cannot be read.
pub fn gather(disk: &dyn Disk, paths: &[PathBuf], options: &Options, sink: &mut Sink) -> Result<Gathered> {
    let mut gatherer = Gatherer::new(disk, options, sink);
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::Read::take(std::io::stdin(), LARGEST + 1), &mut bytes)
                .context("could not read standard input")?;
            gatherer.found.inputs.holdings.push(RawFile::new("-", bytes));
        } else if path.is_dir() {
            gatherer.household(path);
        } else if path.file_name().is_some_and(|name| name == CONFIG) {
            gatherer.config.get_or_insert_with(|| path.clone());
        } else {
            let file = gatherer.read(path, LARGEST);
            gatherer.found.inputs.holdings.extend(file);
        }
    }
    let mut holdings = std::mem::take(&mut gatherer.found.inputs.holdings);
    holdings.sort_by(|a, b| a.name.cmp(&b.name));
    gatherer.found.inputs.holdings = holdings.into_iter().map(|file| file.of_sheet(options.sheet.clone())).collect();
    gatherer.finish(paths, options);
    let found = gatherer.found;
    if found.inputs.holdings.is_empty() && !sink.has_errors() && !paths.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| shown(path)).collect();
        let message = format!("no holdings in {}", names.join(", "));
        let hint = "name a broker's export (.csv), or a folder that holds one; `broaden init` writes a sample";
        sink.push(Diagnostic::error(NO_HOLDINGS, message).hint(hint));
    }
    Ok(found)
}

/// Reads households, and bare folders of prices, each a market by itself.
pub fn gather_market(disk: &dyn Disk, paths: &[PathBuf], options: &Options, sink: &mut Sink) -> Gathered {
    let mut gatherer = Gatherer::new(disk, options, sink);
    for path in paths {
        if path.is_dir() && (path.join("market").is_symlink() || path.join("market").exists()) {
            gatherer.household(path);
        } else {
            gatherer.market(path, DEEPEST);
        }
    }
    gatherer.finish(paths, options);
    gatherer.found
}

struct Gatherer<'a> {
    disk: &'a dyn Disk,
    sink: &'a mut Sink,
    found: Gathered,
    config: Option<PathBuf>,
}

impl<'a> Gatherer<'a> {
    fn new(disk: &'a dyn Disk, options: &Options, sink: &'a mut Sink) -> Self {
        let now = now();
        let inputs = Inputs {
            overrides: options.overrides.clone(),
            without: options.without.clone(),
            as_of: options.as_of,
            today: now.date(),
            over: Some(over(now)),
            ..Inputs::default()
        };
        let found = Gathered { inputs, guard: Guard::default(), config: None };
        Gatherer { disk, sink, found, config: options.config.clone() }
    }

    /// Reads the markets and the config that the options name, or that stand beside the holdings.
    fn finish(&mut self, paths: &[PathBuf], options: &Options) {
        for path in &options.market {
            self.market(path, DEEPEST);
        }
        if options.no_config {
            self.config = None;
        } else if self.config.is_none() {
            self.config = self.find_config(paths);
        }
        let Some(path) = self.config.take() else { return };
        let Some(file) = self.read(&path, LARGEST_CONFIG) else { return };
        match file.text() {
            Some(text) => {
                self.found.inputs.config = Some(Source::of(SourceKind::File, &file.name, text));
                self.found.config = Some(path);
            }
            None => {
                let message = format!("{} is not UTF-8 text", file.name);
                self.sink.push(Diagnostic::error(MISSING_FILE, message).hint("save it as UTF-8"));
            }
        }
    }

    /// Takes a household folder apart: holdings beside broaden.toml, prices in market/, fund contents in funds/.
    fn household(&mut self, path: &Path) {
        self.found.guard.household(path);
        for entry in self.entries(path) {
            let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            match name.as_str() {
                "market" => self.market(&entry, DEEPEST),
                "funds" => {
                    for file in self.entries(&entry) {
                        if !file.is_dir() {
                            let file = self.read(&file, LARGEST);
                            self.found.inputs.funds.extend(file);
                        }
                    }
                }
                CONFIG => {
                    self.config.get_or_insert(entry);
                }
                // What was decided is none of what is held.
                "decisions.toml" => {}
                _ if entry.is_dir() => {}
                _ if is_holdings(&entry) => {
                    let file = self.read(&entry, LARGEST);
                    self.found.inputs.holdings.extend(file);
                }
                _ => {}
            }
        }
    }

    /// Takes the files of a market folder and of the folders in it, no deeper: a folder named by mistake may hold
    /// anything.
    fn market(&mut self, path: &Path, depth: usize) {
        if !path.is_dir() {
            let file = self.read(path, LARGEST_MARKET);
            self.found.inputs.market.extend(file);
            return;
        }
        self.found.guard.whole(path);
        for entry in self.entries(path) {
            if entry.is_dir() {
                if depth > 0 {
                    self.market(&entry, depth - 1);
                }
            } else if entry.extension().is_none() || MARKET.iter().any(|ending| has_extension(&entry, ending)) {
                let file = self.read(&entry, LARGEST_MARKET);
                self.found.inputs.market.extend(file);
            }
        }
    }

    /// Lists a folder in name order, without hidden files.
    fn entries(&mut self, path: &Path) -> Vec<PathBuf> {
        let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        match self.disk.list(path) {
            Ok(found) => found.into_iter().filter(|path| !hidden(path)).collect(),
            Err(error) => {
                self.sink.push(Diagnostic::error(
                    MISSING_FILE,
                    format!("could not read {}: {}", shown(path), words(&error)),
                ));
                Vec::new()
            }
        }
    }

    fn read(&mut self, path: &Path, largest: u64) -> Option<RawFile> {
        self.found.guard.file(path);
        read(self.disk, path, largest, self.sink)
    }

    /// Looks for broaden.toml beside the first holdings file, then upward from the current folder. One that is found
    /// upward decides about money without being named, so it must be the user's own, and it is told.
    fn find_config(&mut self, paths: &[PathBuf]) -> Option<PathBuf> {
        let beside = paths.iter().find(|path| path.is_file()).map(|path| folder_of(path).join(CONFIG));
        if let Some(found) = beside.filter(|path| path.is_file()) {
            return Some(found);
        }
        let here = std::env::current_dir().ok()?;
        let found =
            here.ancestors().map(|folder| folder.join(CONFIG)).find(|path| path.is_file() || path.is_symlink())?;
        let name = shown(&found);
        if self.disk.is_ours(&found).unwrap_or(false) {
            let message = format!("the config is {name}, found upward from the folder you are in");
            self.sink.push(Diagnostic::note(CONFIG_USED, message));
            return Some(found);
        }
        let message = format!("{name} is not used: it is a link, another user's file, or others may write it");
        let hint = "name it with --config if you trust it, or run with --no-config";
        self.sink.push(Diagnostic::warning(CONFIG_NOT_TRUSTED, message).hint(hint));
        None
    }
}

/// The one place that knows what time it is: that of New York, since markets, holding periods and wash-sale windows go by
/// it. In a US evening it is already tomorrow in Greenwich.
fn now() -> NaiveDateTime {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    new_york(i64::try_from(seconds).unwrap_or(0))
}

/// Returns the time in New York at so many seconds since 1970 UTC: five hours behind, four from 2:00 on the second Sunday
/// of March to 2:00 of summer time on the first Sunday of November (15 U.S.C. 260a), which are 7:00 and 6:00 UTC.
fn new_york(seconds: i64) -> NaiveDateTime {
    let utc = chrono::DateTime::UNIX_EPOCH.naive_utc() + chrono::TimeDelta::seconds(seconds);
    let change = |month, week, hour| {
        let sunday =
            NaiveDate::from_weekday_of_month_opt(chrono::Datelike::year(&utc), month, chrono::Weekday::Sun, week);
        sunday.and_then(|day| day.and_hms_opt(hour, 0, 0))
    };
    let is_summer = change(3, 2, 7).is_some_and(|from| utc >= from) && change(11, 1, 6).is_some_and(|to| utc < to);
    utc - chrono::TimeDelta::hours(if is_summer { 4 } else { 5 })
}

/// Returns the last day whose session is over: the closes of a day are out a quarter of an hour after four.
fn over(now: NaiveDateTime) -> NaiveDate {
    (now - chrono::TimeDelta::minutes(16 * 60 + 15)).date()
}

/// How many folders below a market folder are looked into: `market/etf/`, `market/stocks/prices/`.
const DEEPEST: usize = 2;

/// What is read in a market folder. Workbooks and the like are read so that they can be refused by name.
const MARKET: [&str; 12] =
    ["csv", "txt", "tsv", "json", "gz", "xlsx", "xls", "xlsm", "ods", "zip", "parquet", "feather"];
const HOLDINGS: [&str; 11] = ["csv", "txt", "toml", "json", "xml", "xlsx", "ods", "ofx", "qfx", "tsv", "xls"];

/// Returns whether a file of a household folder is read as holdings, going by its ending.
pub fn is_holdings(path: &Path) -> bool {
    HOLDINGS.iter().any(|ending| has_extension(path, ending))
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().and_then(|found| found.to_str()).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

/// Reads a file. A problem goes to the sink.
pub fn read(disk: &dyn Disk, path: &Path, largest: u64, sink: &mut Sink) -> Option<RawFile> {
    // Every output names files, and brokers put the number of the account into the names.
    let name = shown(path);
    let largest = if has_extension(path, "toml") { largest.min(LARGEST_TOML) } else { largest };
    match disk.read(path, largest) {
        Ok(bytes) => return Some(RawFile::new(name, bytes)),
        Err(error) if error.kind() == ErrorKind::FileTooLarge => {
            let message = format!("{name} has more than {} MB; no such file is so large", largest >> 20);
            sink.push(Diagnostic::error(TOO_LARGE, message).hint("is it the right file?"));
        }
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            let hint = "check the spelling; what comes through a pipe is read as `-`";
            sink.push(Diagnostic::error(MISSING_FILE, format!("{name} is not a file")).hint(hint));
        }
        Err(error) => {
            let message = format!("could not read {name}: {}", words(&error));
            sink.push(Diagnostic::error(MISSING_FILE, message).hint("check the spelling and the folder you are in"));
        }
    }
    None
}

/// Reads a text file that a user writes; `None` after a problem went to the sink.
pub fn read_text(disk: &dyn Disk, path: &Path, sink: &mut Sink) -> Option<Arc<Source>> {
    let file = read(disk, path, LARGEST_CONFIG, sink)?;
    let text = file.text();
    if text.is_none() {
        let message = format!("{} is not UTF-8 text", file.name);
        sink.push(Diagnostic::error(MISSING_FILE, message).hint("save it as UTF-8"));
    }
    text.map(|text| Source::of(SourceKind::File, &file.name, text))
}

fn words(error: &std::io::Error) -> String {
    if error.kind() == ErrorKind::NotFound { "there is no such file".to_owned() } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Around midnight on both sides, in winter, in summer, and on the two days when the clocks change.
    #[test]
    fn today_is_the_day_in_new_york() {
        let day = |utc: &str| {
            let time = chrono::NaiveDateTime::parse_from_str(utc, "%Y-%m-%d %H:%M").unwrap();
            new_york(time.and_utc().timestamp()).date().to_string()
        };
        for (utc, expected) in [
            ("2026-11-20 23:30", "2026-11-20"),
            ("2026-11-21 01:00", "2026-11-20"),
            ("2026-11-21 04:59", "2026-11-20"),
            ("2026-11-21 05:00", "2026-11-21"),
            ("2026-07-01 03:59", "2026-06-30"),
            ("2026-07-01 04:00", "2026-07-01"),
            // Clocks go forward at 2:00 on 2026-03-08: the day before ends at 5:00 UTC, that day at 4:00.
            ("2026-03-08 04:59", "2026-03-07"),
            ("2026-03-09 03:59", "2026-03-08"),
            ("2026-03-09 04:00", "2026-03-09"),
            // And back at 2:00 on 2026-11-01.
            ("2026-11-01 03:59", "2026-10-31"),
            ("2026-11-01 04:00", "2026-11-01"),
            ("2026-11-02 04:59", "2026-11-01"),
            ("2026-11-02 05:00", "2026-11-02"),
        ] {
            assert_eq!(day(utc), expected, "{utc} UTC");
        }
    }

    #[test]
    fn a_session_is_over_a_quarter_past_four() {
        for (time, day) in [("2026-11-20 16:14", "2026-11-19"), ("2026-11-20 16:15", "2026-11-20")] {
            let now = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M").unwrap();
            assert_eq!(over(now).to_string(), day);
        }
    }
}
