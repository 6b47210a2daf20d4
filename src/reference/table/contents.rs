//! What the funds of the bundled table hold: the last column of `funds.txt` and the lists of `constituents.txt`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::NaiveDate;

use super::{FUNDS, header};
use crate::model::{Sector, Symbol};
use crate::reference::{Contents, Held, Holding};

const CONSTITUENTS: &str = include_str!("constituents.txt");

/// A fund's line of the table, not read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bundled {
    pub symbol: &'static str,
    /// The last column: `45:33.5 50:10.5 ...`, `=SPY` or `+VTI:60 BND:40`.
    pub inside: &'static str,
    /// No member of a theme is in the fund without being named.
    pub closed: bool,
    /// The month the contents are of, `2025-12`.
    pub date: &'static str,
}

impl Bundled {
    /// Reads what the fund holds. What cannot be read goes to `problems`; a test holds them empty.
    pub(crate) fn read(self, problems: &mut Vec<String>) -> Contents {
        if let Some(other) = self.inside.strip_prefix('=') {
            return match line_of(other) {
                Some(of) if !of.inside.starts_with('=') => of.read(problems),
                _ => {
                    problems.push(format!("{} = {other}", self.symbol));
                    Contents::default()
                }
            };
        }
        let date = format!("{}-01", self.date);
        let as_of = NaiveDate::parse_from_str(&date, "%Y-%m-%d").ok();
        let mut inside = Contents { closed: self.closed, pool: self.symbol.to_owned(), as_of, ..Contents::default() };
        let (made_of_funds, parts) = match self.inside.strip_prefix('+') {
            Some(parts) => (true, parts),
            None => (false, self.inside),
        };
        for part in parts.split_whitespace() {
            match weighted(part).map(|(what, weight)| (what, weight / 100.0)) {
                Some((symbol, weight)) if made_of_funds => {
                    inside.holdings.push(Holding { what: Held::Symbol(Symbol::new(symbol), None), weight });
                }
                Some(("bond" | "other", weight)) => inside.non_equity += weight,
                Some(("cash", weight)) => inside.cash += weight,
                Some((code, weight)) => match code.parse().ok().and_then(Sector::from_code) {
                    Some(sector) => {
                        inside.sectors.insert(sector, weight);
                    }
                    None => problems.push(format!("{} {part}", self.symbol)),
                },
                None => problems.push(format!("{} {part}", self.symbol)),
            }
        }
        inside.full_list = made_of_funds;
        if inside.sectors.is_empty() && !made_of_funds {
            // All bonds or all gold: nothing that ages.
            inside.as_of = None;
        }
        // Rounded weights are brought back to the whole they are of.
        let total: f64 = inside.sectors.values().sum::<f64>() + inside.non_equity + inside.cash;
        if total > 0.0 {
            inside.sectors.values_mut().for_each(|weight| *weight /= total);
            inside.non_equity /= total;
            inside.cash /= total;
        }
        let named = list(self.symbol, DEEPEST, problems);
        let held = |(symbol, weight)| Holding { what: Held::Symbol(symbol, None), weight };
        inside.holdings.extend(named.into_iter().map(held));
        inside
    }
}

/// Returns the line of a fund.
fn line_of(symbol: &str) -> Option<Bundled> {
    FUNDS.lines().filter(|line| line.starts_with(symbol)).find_map(|line| {
        let mut columns = line.split('|').map(str::trim);
        let (own, flags, inside) = (columns.next()?, columns.nth(1)?, columns.next()?);
        let closed = !flags.split_whitespace().any(|flag| flag == "open");
        (own == symbol).then(|| Bundled { symbol: own, inside, closed, date: row_date(flags) })
    })
}

/// Returns the month of a row's figures: of its source, `from=ishares-2025-11`, or else of the table.
pub(super) fn row_date(flags: &'static str) -> &'static str {
    let source = flags.split_whitespace().find_map(|flag| flag.strip_prefix("from="));
    source.and_then(|source| source.len().checked_sub(7).and_then(|at| source.get(at..))).unwrap_or(table_date())
}

/// Returns the month of the rows that name no source of their own.
fn table_date() -> &'static str {
    static DATE: OnceLock<&str> = OnceLock::new();
    DATE.get_or_init(|| header(FUNDS, "date"))
}

/// Lists refer to other lists at most this deep.
const DEEPEST: u32 = 3;

/// Returns the named constituents of a fund as fractions; empty for a fund without a list.
fn list(fund: &str, depth: u32, problems: &mut Vec<String>) -> BTreeMap<Symbol, f64> {
    let mut named = BTreeMap::new();
    for word in words().get(fund).into_iter().flatten() {
        match weighted(word) {
            Some((symbol, weight)) => match symbol.strip_prefix('*') {
                Some(other) if depth > 0 => {
                    let scaled = list(other, depth - 1, problems).into_iter();
                    named.extend(scaled.map(|(symbol, share)| (symbol, share * weight)));
                }
                Some(_) => problems.push(format!("{fund} {word}")),
                None => {
                    named.insert(Symbol::new(symbol), weight / 100.0);
                }
            },
            None => problems.push(format!("{fund} {word}")),
        }
    }
    named
}

/// Returns the words of the lists, by fund.
fn words() -> &'static BTreeMap<&'static str, Vec<&'static str>> {
    static WORDS: OnceLock<BTreeMap<&str, Vec<&str>>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut fund = "";
        for line in CONSTITUENTS.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            if !line.starts_with(' ') {
                fund = words.next().unwrap_or_default();
            }
            lists.entry(fund).or_default().extend(words);
        }
        lists
    })
}

/// Returns every list, for tests of the table.
#[cfg(test)]
pub(super) fn lists(problems: &mut Vec<String>) -> BTreeMap<String, BTreeMap<Symbol, f64>> {
    let heads = CONSTITUENTS.lines().filter(|line| !line.starts_with(['#', ' ']) && !line.trim().is_empty());
    let funds = heads.filter_map(|line| line.split_whitespace().next());
    funds.map(|fund| (fund.to_owned(), list(fund, DEEPEST, problems))).collect()
}

/// Reads `NVDA:7.8`.
pub(super) fn weighted(word: &str) -> Option<(&str, f64)> {
    let (what, weight) = word.split_once(':')?;
    Some((what, weight.parse().ok()?))
}
