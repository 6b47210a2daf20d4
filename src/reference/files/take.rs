//! A file's holdings become the contents of a fund in the registry: whose they are, whether they are the newest, and
//! what their lines are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Class, FundFile, Links, Row, base_name, grid};
use crate::diagnostics::{Diagnostic, Place, Sink, Source, counted};
use crate::model::{RawFile, Sector, Symbol};
use crate::reference::{
    CONTENTS_SUM, Contents, Entry, FUND_DATA_OLD, FUND_FILE_EMPTY, FUND_FILE_UNNAMED, FUND_ROWS_SKIPPED, Held, Holding,
    Instrument, InstrumentKind, OLD_AFTER_DAYS, Registry, STALE_AFTER_DAYS, is_etf, names, table,
};
use chrono::NaiveDate;

/// Weights this far from the whole are reported.
const SLACK: f64 = 0.02;

/// Takes the holdings of one fund into the registry.
pub(super) fn take(
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
    let total = |fund: &FundFile| -> f64 { fund.rows.iter().map(|row| row.weight).sum() };
    if fund.rows.len() > 5 && (total(&fund) * 100.0 - 1.0).abs() <= SLACK {
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
    // What a leveraged fund owns and owes beside its shares is how it multiplies them.
    if registry.get(&symbol).is_some_and(|known| known.multiple != 1.0) {
        fund.rows.retain(|row| row.class == Class::Equity);
    }
    let total = total(&fund);
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
        name: fund.name.clone().unwrap_or_else(|| symbol.to_string()),
        kind: InstrumentKind::Etf,
        ..Instrument::unknown(&symbol)
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
        // Of funds without contents of their own the ticker is one only in capitals: `CSPX_holdings`, not `my_dog`.
        let listed = |word: &&str| is_fund(&Symbol::new(word)) || is_etf(word);
        let mut found: Vec<Symbol> = words.filter(listed).map(Symbol::new).collect();
        found.dedup();
        if found.len() == 1 { found.pop() } else { None }
    })
}

fn report_rows(fund: &FundFile, source: &Arc<Source>, sink: &mut Sink) {
    let Some((line, why)) = fund.skipped.first() else { return };
    let more = match fund.skipped.len() {
        1 => String::new(),
        count => format!(", and {} more", counted(count - 1, "row", "rows")),
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
    let bundled = registry.get(symbol).is_some_and(|known| known.origin.starts_with(table::ORIGIN));
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
