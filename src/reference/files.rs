//! Issuers' holdings files: exact look-through, recognised by content, dated.
//!
//! A file replaces the bundled contents of its fund. What it does not classify goes by the fund's sector weights, else
//! it is unclassified. Data older than 45 days are warned about; older than 120 days they give way to newer bundled ones.

mod grid;
mod invesco;
mod ishares;
mod nport;
mod own;
mod ssga;
mod vanguard;
mod workbook;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use csv::StringRecord;

use super::{
    CONTENTS_SUM, Contents, Entry, FUND_DATA_OLD, FUND_FILE_EMPTY, FUND_FILE_UNNAMED, FUND_FILE_UNREADABLE,
    FUND_ROWS_SKIPPED, Held, Holding, Instrument, InstrumentKind, OLD_AFTER_DAYS, Registry, STALE_AFTER_DAYS, names,
};
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
    &[invesco::FORMAT, ishares::FORMAT, ssga::FORMAT, vanguard::FORMAT, nport::FORMAT, own::FORMAT];

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

/// Weights this far from the whole are reported.
const SLACK: f64 = 0.02;

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
                Diagnostic::error(FUND_FILE_UNREADABLE, "this is not a fund holdings file broaden knows")
                    .at(Place::whole(&source))
                    .hint("it reads iShares, Invesco, SSGA (SPDR), Vanguard and SEC N-PORT files, and your own CSV with symbol and sector"),
            ),
            Some(Reading::Instruments(rows)) => own::apply(registry, rows, &source, sink),
            Some(Reading::Funds(funds)) => {
                for fund in funds {
                    take(registry, fund, file, &source, links, as_of, sink);
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
                entry.instrument.origin = format!("{} ({of}, same index)", source.instrument.origin);
            }
        }
    }
}

fn take(
    registry: &mut Registry,
    mut fund: FundFile,
    file: &RawFile,
    source: &Arc<Source>,
    links: &Links,
    as_of: Option<NaiveDate>,
    sink: &mut Sink,
) {
    fund.as_of = fund.as_of.or_else(|| grid::date_in_name(&file.name));
    if fund.rows.is_empty() && fund.skipped.is_empty() {
        sink.push(
            Diagnostic::warning(FUND_FILE_EMPTY, "the file lists no holdings, so it is not used")
                .at(Place::whole(source))
                .hint("issuers hand out such files for days without data; download it for another day"),
        );
        return;
    }
    let total: f64 = fund.rows.iter().map(|row| row.weight).sum();
    if fund.rows.len() > 5 && (total * 100.0 - 1.0).abs() <= SLACK {
        let message =
            "the weights add up to 1, not to 100: they are fractions where percents belong, so it is not used";
        let hint = "multiply them by 100, or download the file from the issuer again";
        sink.push(Diagnostic::warning(CONTENTS_SUM, message).at(Place::whole(source)).hint(hint));
        return;
    }
    let Some(symbol) = whose(registry, &fund, &file.name, links) else {
        let base = base_name(&file.name);
        let called = fund.name.as_deref().map(|name| format!(" (it calls it \"{name}\")")).unwrap_or_default();
        sink.push(
            Diagnostic::warning(
                FUND_FILE_UNNAMED,
                format!("the file does not say the ticker of its fund{called}; it is not used"),
            )
            .at(Place::whole(source))
            .hint(format!("add [instruments.TICKER] with holdings-file = \"{base}\"")),
        );
        return;
    };
    report_rows(&fund, source, sink);
    if !is_newest(registry, &symbol, &fund, source, as_of, sink) {
        return;
    }
    let contents = contents(registry, &symbol, &fund);
    if !(1.0 - SLACK..=1.0 + SLACK).contains(&total) {
        sink.push(
            Diagnostic::warning(
                CONTENTS_SUM,
                format!("the weights of {symbol} add up to {}", crate::units::Weight(total).percent()),
            )
            .at(Place::whole(source))
            .hint(match total > 1.0 {
                true => "they are scaled to 100%",
                false => "the rest is filled from the built-in table where it has the fund, else it is unclassified",
            }),
        );
    }
    let known = registry.entries.get(&symbol).map(|entry| entry.instrument.clone());
    let mut instrument = known.unwrap_or_else(|| Instrument {
        symbol: symbol.clone(),
        name: fund.name.clone().unwrap_or_else(|| symbol.to_string()),
        kind: InstrumentKind::Etf,
        issuer: symbol.to_string(),
        sector: None,
        themes: Default::default(),
        identity_group: None,
        multiple: 1.0,
        origin: String::new(),
    });
    instrument.origin = match fund.as_of {
        Some(date) => format!("{} as of {date}", file.name),
        None => file.name.clone(),
    };
    registry.entries.insert(symbol, Entry::new(instrument, Some(contents)));
}

/// Returns which fund a file is of: as the config says, as the file says, by its name, or by a ticker in the file name.
fn whose(registry: &Registry, fund: &FundFile, file: &str, links: &Links) -> Option<Symbol> {
    let base = base_name(file);
    if let Some((symbol, _)) = links.get(file).or_else(|| links.get(base)) {
        return Some(symbol.clone());
    }
    if let Some(ticker) = &fund.ticker {
        return Some(Symbol::new(ticker));
    }
    let is_fund = |symbol: &Symbol| registry.get(symbol).is_some_and(|known| known.kind.is_fund());
    let by_name = fund.name.as_deref().and_then(|name| registry.named(name).cloned());
    by_name.filter(is_fund).or_else(|| {
        let words = base.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() >= 3);
        let mut found: Vec<Symbol> = words.map(Symbol::new).filter(is_fund).collect();
        found.dedup();
        if found.len() == 1 { found.pop() } else { None }
    })
}

fn base_name(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

fn report_rows(fund: &FundFile, source: &Arc<Source>, sink: &mut Sink) {
    let Some((line, why)) = fund.skipped.first() else { return };
    let more = match fund.skipped.len() {
        1 => String::new(),
        count => format!(", and {} more rows", count - 1),
    };
    sink.push(
        Diagnostic::warning(FUND_ROWS_SKIPPED, format!("{why}{more}"))
            .at(Place::line(source, *line))
            .hint("download the file again if the rows matter; without them their weight counts as unknown"),
    );
}

/// Checks the age of the data; old ones give way to newer bundled ones, and a second file to the newer one.
fn is_newest(
    registry: &Registry,
    symbol: &Symbol,
    fund: &FundFile,
    source: &Arc<Source>,
    as_of: Option<NaiveDate>,
    sink: &mut Sink,
) -> bool {
    let known = registry.entries.get(symbol).and_then(Entry::contents).and_then(|c| c.as_of);
    let bundled = registry.get(symbol).is_some_and(|known| known.origin.starts_with(super::table::ORIGIN));
    let warn =
        |message: String, hint: &str| Diagnostic::warning(FUND_DATA_OLD, message).at(Place::whole(source)).hint(hint);
    let fresh = "download the holdings from the issuer's page of the fund again";
    let (Some(date), Some(today)) = (fund.as_of, as_of) else {
        if fund.as_of.is_none() {
            sink.push(warn(format!("the holdings of {symbol} have no date, so their age is not known"), fresh));
        }
        return bundled || known.is_none() || fund.as_of.is_none() || known < fund.as_of;
    };
    let age = (today - date).num_days();
    let older = known.is_some_and(|known| known > date);
    if !bundled && older {
        return false;
    }
    if age > STALE_AFTER_DAYS && older {
        let message =
            format!("the holdings of {symbol} are of {date}, {age} days old; the newer built-in ones are used");
        sink.push(warn(message, fresh));
        return false;
    }
    if age > OLD_AFTER_DAYS {
        sink.push(warn(format!("the holdings of {symbol} are of {date}, {age} days old"), fresh));
    }
    true
}

fn contents(registry: &Registry, symbol: &Symbol, fund: &FundFile) -> Contents {
    let mut sums: BTreeMap<(String, Option<Sector>, u8), Holding> = BTreeMap::new();
    for row in &fund.rows {
        let what = match row.class {
            Class::Cash => Held::Cash,
            Class::NonEquity => Held::NonEquity,
            Class::Equity => held(registry, row),
        };
        let key = match &what {
            Held::Symbol(symbol, _) => (symbol.to_string(), None, 0),
            Held::Sector(sector) => (String::new(), Some(*sector), 1),
            Held::Cash => (String::new(), None, 2),
            Held::NonEquity => (String::new(), None, 3),
            Held::Unknown => (String::new(), None, 4),
        };
        sums.entry(key).or_insert(Holding { what, weight: 0.0 }).weight += row.weight;
    }
    let before = registry.entries.get(symbol).and_then(Entry::contents).cloned();
    let mut holdings: Vec<Holding> = sums.into_values().collect();
    let total: f64 = holdings.iter().map(|holding| holding.weight).sum();
    let full_list = total >= 1.0 - SLACK;
    if let (false, Some(before)) = (full_list, &before) {
        fill(&mut holdings, total, before);
    }
    Contents {
        holdings,
        full_list,
        closed: full_list || before.as_ref().is_some_and(|before| before.closed),
        pool: symbol.to_string(),
        as_of: fund.as_of,
        ..before.unwrap_or_default()
    }
}

/// Adds to an incomplete list what was known before and is not in it, as far as there is room.
fn fill(holdings: &mut Vec<Holding>, total: f64, before: &Contents) {
    let missing: Vec<Holding> = before
        .holdings
        .iter()
        .filter(|known| !holdings.iter().any(|holding| same(&holding.what, &known.what)))
        .cloned()
        .collect();
    let wanted: f64 = missing.iter().map(|holding| holding.weight).sum();
    let room = (1.0 - total).max(0.0);
    let scale = if wanted > room { room / wanted } else { 1.0 };
    holdings.extend(missing.into_iter().map(|holding| Holding { weight: holding.weight * scale, ..holding }));
}

fn same(one: &Held, other: &Held) -> bool {
    match (one, other) {
        (Held::Symbol(one, _), Held::Symbol(other, _)) => one == other,
        (one, other) => one == other,
    }
}

/// Returns the instrument of a row. A ticker of a foreign exchange is not taken for the US stock with the same letters,
/// unless the names agree.
fn held(registry: &Registry, row: &Row) -> Held {
    if let (Some(ticker), true) = (&row.ticker, row.american) {
        return Held::Symbol(Symbol::new(ticker), row.sector);
    }
    let key = names::key(&row.name);
    let by_name = || registry.named(&row.name);
    if let Some(ticker) = &row.ticker {
        let symbol = Symbol::new(ticker);
        let agrees = |name: &str| names::key(name).split(' ').next() == key.split(' ').next();
        if registry.get(&symbol).is_some_and(|known| agrees(&known.name)) {
            return Held::Symbol(symbol, row.sector);
        }
    }
    match (by_name(), row.sector) {
        (Some(symbol), _) => Held::Symbol(symbol.clone(), row.sector),
        (None, sector) if !key.is_empty() => Held::Symbol(Symbol::new(&row.name), sector),
        (None, Some(sector)) => Held::Sector(sector),
        (None, None) => Held::Unknown,
    }
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
