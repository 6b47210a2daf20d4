//! Issuers' holdings files: exact look-through, recognised by content, dated.
//!
//! A file replaces the bundled contents of its fund. What it does not classify goes by the fund's sector weights, else
//! it is unclassified. Data older than 45 days are warned about; older than 120 days they give way to newer bundled ones.

pub(crate) mod archive;
mod grid;
mod invesco;
mod ishares;
mod issuers;
mod nport;
mod own;
mod ssga;
mod take;
mod vanguard;
mod workbook;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use csv::StringRecord;

use super::{Entry, FUND_FILE_UNREADABLE, Registry};
use crate::config::UNMATCHED;
use crate::diagnostics::{Diagnostic, Place, Sink, Source};
use crate::model::{RawFile, Sector, Symbol};
use grid::{Grid, Input};

/// One layout of holdings files.
pub struct Format {
    /// Its id.
    pub id: &'static str,
    /// What it is, how it is recognised, and its quirks.
    pub doc: &'static str,
    /// Reads the file; `None` when it has another layout.
    pub(crate) read: fn(&Input) -> Option<Reading>,
}

/// Every layout, in the order tried.
pub const FORMATS: &[Format] =
    &[invesco::FORMAT, ishares::FORMAT, ssga::FORMAT, vanguard::FORMAT, nport::FORMAT, issuers::FORMAT, own::FORMAT];

/// What a file says.
#[derive(Debug)]
pub(crate) enum Reading {
    /// Holdings of funds.
    Funds(Vec<FundFile>),
    /// The user's own instruments.
    Instruments(Vec<own::Row>),
}

/// The holdings of one fund as a file gives them.
#[derive(Debug, Default)]
pub(crate) struct FundFile {
    pub ticker: Option<String>,
    pub name: Option<String>,
    pub as_of: Option<NaiveDate>,
    pub rows: Vec<Row>,
    /// Lines that could not be read, counted from 1, and why.
    pub skipped: Vec<(usize, String)>,
}

/// One line of a holdings file.
#[derive(Debug)]
pub(crate) struct Row {
    pub ticker: Option<String>,
    pub name: String,
    /// The sector the file gives.
    pub sector: Option<Sector>,
    /// Fraction of the fund.
    pub weight: f64,
    pub class: Class,
    /// The ticker is one of a US exchange.
    pub american: bool,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Equity,
    Cash,
    NonEquity,
}

/// Which file is of which fund, as the config says, and where it says so.
type Links = BTreeMap<String, (Symbol, Place)>;

/// Reads holdings files into the registry.
pub(crate) fn apply(
    registry: &mut Registry,
    files: &[RawFile],
    links: &Links,
    as_of: Option<NaiveDate>,
    sink: &mut Sink,
) {
    for (name, (_, place)) in links {
        if !files.iter().any(|file| file.name == *name || base_name(&file.name) == name) {
            sink.push(
                Diagnostic::warning(UNMATCHED, format!("no holdings file is named `{name}`"))
                    .at(place.clone())
                    .hint("hand the file in beside the others, or correct its name"),
            );
        }
    }
    if !files.is_empty() {
        // Names are those of the table, so that the order of the files does not matter.
        let _ = registry.named("");
    }
    for file in files {
        let input = Input::new(file);
        let source = Source::file(file.name.clone(), input.text());
        match FORMATS.iter().find_map(|format| (format.read)(&input)) {
            None => sink.push(
                Diagnostic::warning(
                    FUND_FILE_UNREADABLE,
                    format!("{} is not a fund holdings file that broaden knows, and is not used", base_name(&file.name)),
                )
                .at(Place::whole(&source))
                .hint("`broaden explain --list` names the layouts; a table with the columns ticker, name and weight is one"),
            ),
            Some(Reading::Instruments(rows)) => own::apply(registry, rows, &source, sink),
            Some(Reading::Funds(funds)) => {
                for fund in funds {
                    take::take(registry, fund, file, &source, links, as_of, sink);
                }
            }
        }
    }
    share_within_index(registry);
}

/// Funds of the same index hold the same: one that has no file of its own takes the newest file of its group.
fn share_within_index(registry: &mut Registry) {
    let bundled = |entry: &Entry| entry.instrument.origin.starts_with(super::table::ORIGIN);
    let mut newest: BTreeMap<String, (Option<NaiveDate>, Symbol)> = BTreeMap::new();
    for (symbol, entry) in registry.entries.iter().filter(|(_, entry)| !bundled(entry)) {
        if let (Some(group), Some(contents)) = (&entry.instrument.identity_group, entry.contents()) {
            let candidate = (contents.as_of, symbol.clone());
            let best = newest.entry(group.clone()).or_insert_with(|| candidate.clone());
            if candidate.0 > best.0 {
                *best = candidate;
            }
        }
    }
    for (group, (_, of)) in newest {
        let Some(source) = registry.entries.get(&of).cloned() else { continue };
        for entry in registry.entries.values_mut() {
            if entry.instrument.identity_group.as_ref() == Some(&group) && bundled(entry) {
                entry.contents = source.contents.clone();
                entry.file_of = Some(of.clone());
                entry.instrument.origin = format!("{} ({of}, same index)", source.instrument.origin);
            }
        }
    }
}

/// Returns the name of a file without its folders.
fn base_name(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

/// Returns what a line is by the words funds use for cash and for derivatives.
fn class_of(name: &str, kind: &str) -> Class {
    let (name, kind) = (name.to_uppercase(), kind.to_lowercase());
    let cash_kinds = ["cash", "money market", "currency", "cash collateral", "repurchase"];
    let other_kinds = ["futures", "forward", "swap", "option", "bond", "fixed income", "treasury", "warrant on debt"];
    let cash_names =
        ["US DOLLAR", "USD CASH", "CMT MARKET LIQUIDITY", "CASH COLLATERAL", "CASH/RECEIVABLES", "NET OTHER ASSETS"];
    if other_kinds.iter().any(|word| kind.contains(word)) {
        Class::NonEquity
    } else if cash_kinds.iter().any(|word| kind.contains(word)) || cash_names.iter().any(|word| name.starts_with(word))
    {
        Class::Cash
    } else {
        Class::Equity
    }
}

/// Returns whether a name of an exchange, in capitals, is one of the United States. Exactly: "Nyse Euronext - Euronext
/// Paris" and "Nasdaq Omx Helsinki" are abroad.
fn is_american(exchange: &str) -> bool {
    const AMERICAN: [&str; 9] = [
        "NASDAQ",
        "NYSE",
        "NEW YORK STOCK EXCHANGE",
        "NEW YORK STOCK EXCHANGE INC.",
        "NYSE ARCA",
        "NYSE MKT",
        "NYSE AMERICAN",
        "CBOE BZX",
        "BATS",
    ];
    AMERICAN.contains(&exchange)
}

/// Returns the ticker of a cell, `None` for the marks that say there is none.
fn ticker(cell: &str) -> Option<String> {
    let cell = cell.trim();
    (!crate::units::is_null(cell) && cell.len() <= 15).then(|| cell.to_owned())
}

/// Reads the rows below a header. `read` gives a row, `None` for lines that are no holding.
fn rows(
    grid: &Grid,
    header: usize,
    read: impl Fn(&StringRecord) -> Option<Result<Row, String>>,
) -> (Vec<Row>, Vec<(usize, String)>) {
    let (mut rows, mut skipped) = (Vec::new(), Vec::new());
    for (line, cells) in grid.lines.iter().skip(header + 1) {
        match read(cells) {
            Some(Ok(row)) => rows.push(row),
            Some(Err(why)) => skipped.push((*line, why)),
            None => {}
        }
    }
    (rows, skipped)
}

#[cfg(test)]
mod tests;
