//! From paths on the command line to the bytes of a run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use broaden::codes;
use broaden::diagnostics::{Diagnostic, Sink, Source, SourceKind};
use broaden::model::RawFile;
use broaden::pipeline::{Inputs, WhatIf};
use chrono::NaiveDate;
use clap::Args;

codes! {
    MISSING_FILE "missing-file" "The path names nothing that can be read. Check the spelling and the folder you are in.";
    NO_HOLDINGS "no-holdings" "No holdings were found: name a broker's export or a TOML portfolio, or a folder that holds one.";
    TOO_LARGE "too-large" "The file is larger than any export; broaden does not read it.";
}

/// Largest holdings file that is read.
const LARGEST: u64 = 64 << 20;
/// Largest market file that is read; panels of many stocks over decades are big.
const LARGEST_MARKET: u64 = 1 << 30;

/// What every verb that reads files takes.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Broker exports, TOML portfolios, or folders that hold them with broaden.toml and market/; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
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

/// Reads a single file, such as an earlier proposal. A problem goes to the sink.
pub fn read_file(path: &Path, sink: &mut Sink) -> Option<RawFile> {
    read(path, LARGEST, sink)
}

/// Reads everything a run needs. Problems with single files go to the sink, all of them.
pub fn gather(paths: &[PathBuf], options: &Options, sink: &mut Sink) -> Result<Inputs> {
    let mut inputs = Inputs {
        overrides: options.overrides.clone(),
        without: options.without.clone(),
        as_of: options.as_of,
        today: today(),
        ..Inputs::default()
    };
    let mut config = options.config.clone();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::Read::take(std::io::stdin(), LARGEST + 1), &mut bytes)
                .context("could not read standard input")?;
            inputs.holdings.push(RawFile::new("-", bytes));
        } else if path.is_dir() {
            folder(path, &mut inputs, &mut config, sink);
        } else if path.file_name().is_some_and(|name| name == "broaden.toml") {
            config.get_or_insert_with(|| path.clone());
        } else {
            inputs.holdings.extend(read(path, LARGEST, sink));
        }
    }
    inputs.holdings.sort_by(|a, b| a.name.cmp(&b.name));
    for path in &options.market {
        market(path, DEEPEST, &mut inputs, sink);
    }
    if options.no_config {
        config = None;
    } else if config.is_none() {
        config = find_config(paths);
    }
    if let Some(path) = config
        && let Some(file) = read(&path, LARGEST, sink)
    {
        match file.text() {
            Some(text) => inputs.config = Some(Source::of(SourceKind::File, &file.name, text)),
            None => {
                let message = format!("{} is not UTF-8 text", file.name);
                sink.push(Diagnostic::error(MISSING_FILE, message).hint("save it as UTF-8"));
            }
        }
    }
    if inputs.holdings.is_empty() && !sink.has_errors() && !paths.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let message = format!("no holdings in {}", names.join(", "));
        let hint = "name a broker's export (.csv), or a folder that holds one; `broaden init` writes a sample";
        sink.push(Diagnostic::error(NO_HOLDINGS, message).hint(hint));
    }
    Ok(inputs)
}

/// Refuses to write over a file of the run, or between the market or fund files that the next run reads.
pub fn protect<'p>(targets: impl IntoIterator<Item = &'p Path>, inputs: &Inputs) -> Result<()> {
    let folder_of = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().ok()
    };
    let files = |list: &[RawFile]| list.iter().map(|file| PathBuf::from(&file.name)).collect::<Vec<_>>();
    let folders = [files(&inputs.market), files(&inputs.funds)].concat();
    let mut read = [files(&inputs.holdings), folders.clone()].concat();
    read.extend(inputs.config.iter().map(|source| PathBuf::from(&source.name)));
    let read: Vec<PathBuf> = read.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let folders: Vec<PathBuf> = folders.iter().filter_map(|path| folder_of(path)).collect();
    for path in targets {
        let Some(folder) = folder_of(path) else { continue };
        let target = path.file_name().map(|name| folder.join(name)).unwrap_or_default();
        if read.contains(&target) || path.canonicalize().is_ok_and(|path| read.contains(&path)) {
            bail!("{} is one of the files that are read; it is not overwritten", path.display());
        }
        let is_household = folder.file_name().is_some_and(|name| name == "market" || name == "funds");
        if is_household && folders.contains(&folder) {
            bail!("{} would be read by the next run on that folder; write it elsewhere", path.display());
        }
    }
    Ok(())
}

/// The one place that knows what day it is: the day in New York, since markets, holding periods and wash-sale windows go by
/// it. In a US evening it is already tomorrow in Greenwich.
fn today() -> NaiveDate {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    new_york_day(i64::try_from(seconds).unwrap_or(0))
}

/// Returns the day in New York at so many seconds since 1970 UTC: five hours behind, four from 2:00 on the second Sunday
/// of March to 2:00 of summer time on the first Sunday of November (15 U.S.C. 260a), which are 7:00 and 6:00 UTC.
fn new_york_day(seconds: i64) -> NaiveDate {
    let utc = chrono::DateTime::UNIX_EPOCH.naive_utc() + chrono::TimeDelta::seconds(seconds);
    let change = |month, week, hour| {
        let sunday =
            NaiveDate::from_weekday_of_month_opt(chrono::Datelike::year(&utc), month, chrono::Weekday::Sun, week);
        sunday.and_then(|day| day.and_hms_opt(hour, 0, 0))
    };
    let is_summer = change(3, 2, 7).is_some_and(|from| utc >= from) && change(11, 1, 6).is_some_and(|to| utc < to);
    (utc - chrono::TimeDelta::hours(if is_summer { 4 } else { 5 })).date()
}

/// How many folders below a market folder are looked into: `market/etf/`, `market/stocks/prices/`.
const DEEPEST: usize = 2;

/// What is read in a market folder. Workbooks and the like are read so that they can be refused by name.
const MARKET: [&str; 12] =
    ["csv", "txt", "tsv", "json", "gz", "xlsx", "xls", "xlsm", "ods", "zip", "parquet", "feather"];
const HOLDINGS: [&str; 8] = ["csv", "txt", "toml", "json", "xml", "xlsx", "tsv", "xls"];

/// Takes a household folder apart: holdings beside broaden.toml, prices in market/, fund contents in funds/.
fn folder(path: &Path, inputs: &mut Inputs, config: &mut Option<PathBuf>, sink: &mut Sink) {
    for entry in entries(path, sink) {
        let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if entry.is_dir() {
            match name.as_str() {
                "market" => market(&entry, DEEPEST, inputs, sink),
                "funds" => {
                    let files: Vec<PathBuf> = entries(&entry, sink).into_iter().filter(|file| file.is_file()).collect();
                    inputs.funds.extend(files.iter().filter_map(|file| read(file, LARGEST, sink)));
                }
                _ => {}
            }
        } else if name == "broaden.toml" {
            config.get_or_insert(entry);
        } else if is_holdings(&entry) {
            inputs.holdings.extend(read(&entry, LARGEST, sink));
        }
    }
}

/// Takes the files of a market folder and of the folders in it, no deeper: a folder named by mistake may hold anything.
fn market(path: &Path, depth: usize, inputs: &mut Inputs, sink: &mut Sink) {
    if !path.is_dir() {
        inputs.market.extend(read(path, LARGEST_MARKET, sink));
        return;
    }
    for entry in entries(path, sink) {
        if entry.is_dir() {
            if depth > 0 {
                market(&entry, depth - 1, inputs, sink);
            }
        } else if entry.extension().is_none() || MARKET.iter().any(|ending| has_extension(&entry, ending)) {
            inputs.market.extend(read(&entry, LARGEST_MARKET, sink));
        }
    }
}

/// Returns whether a file of a household folder is read as holdings, going by its ending.
pub fn is_holdings(path: &Path) -> bool {
    HOLDINGS.iter().any(|ending| has_extension(path, ending))
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().and_then(|found| found.to_str()).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

/// Lists a folder in name order, without hidden files.
fn entries(path: &Path, sink: &mut Sink) -> Vec<PathBuf> {
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    match std::fs::read_dir(path) {
        Ok(list) => {
            let mut found: Vec<PathBuf> =
                list.flatten().map(|entry| entry.path()).filter(|path| !hidden(path)).collect();
            found.sort();
            found
        }
        Err(error) => {
            sink.push(Diagnostic::error(MISSING_FILE, format!("could not read {}: {error}", path.display())));
            Vec::new()
        }
    }
}

fn read(path: &Path, largest: u64, sink: &mut Sink) -> Option<RawFile> {
    let name = path.display().to_string();
    let problem =
        |text: String| Diagnostic::error(MISSING_FILE, text).hint("check the spelling and the folder you are in");
    match std::fs::metadata(path) {
        Ok(data) if data.len() > largest => {
            let message = format!("{name} has {} MB; exports are smaller than {} MB", data.len() >> 20, largest >> 20);
            sink.push(Diagnostic::error(TOO_LARGE, message).hint("is it the right file?"));
            return None;
        }
        Ok(data) if !data.is_file() => {
            sink.push(problem(format!("{name} is not a file")));
            return None;
        }
        Ok(_) => {}
        Err(error) => {
            let why = if error.kind() == std::io::ErrorKind::NotFound {
                "there is no such file".to_owned()
            } else {
                error.to_string()
            };
            sink.push(problem(format!("could not read {name}: {why}")));
            return None;
        }
    };
    match std::fs::read(path) {
        Ok(bytes) => Some(RawFile::new(name, bytes)),
        Err(error) => {
            sink.push(problem(format!("could not read {name}: {error}")));
            None
        }
    }
}

/// Looks for broaden.toml beside the first holdings file, then upward from the current folder.
fn find_config(paths: &[PathBuf]) -> Option<PathBuf> {
    let beside = paths.iter().find(|path| path.is_file()).map(|path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.join("broaden.toml")
    });
    let here = std::env::current_dir().ok();
    let upward = here.iter().flat_map(|folder| folder.ancestors().map(|folder| folder.join("broaden.toml")));
    beside.into_iter().chain(upward).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Around midnight on both sides, in winter, in summer, and on the two days when the clocks change.
    #[test]
    fn today_is_the_day_in_new_york() {
        let day = |utc: &str| {
            let time = chrono::NaiveDateTime::parse_from_str(utc, "%Y-%m-%d %H:%M").unwrap();
            new_york_day(time.and_utc().timestamp()).to_string()
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
}
