//! Fundamentals files: columns recognised by name, quarters summed to years, figures dated.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::dates::{self, DateOrder};
use super::layouts::{Head, Input, Layout, split_vintage};
use super::{BAD_CELLS, cells, text};
use crate::diagnostics::{Diagnostic, Place, Sink, counted};
use crate::model::Symbol;

/// A figure that a test uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it; flows are of a year, money in dollars")]
pub enum Fact {
    FreeCashFlow,
    NetDebt,
    Ebitda,
    Ebit,
    Interest,
    Equity,
    Assets,
    NetIncome,
    ForwardEps,
    ForwardEpsBefore,
    EpsGrowth,
    EpsDeviation,
    RevisionsUp,
    RevisionsDown,
    ForwardPe,
    TotalDebt,
    PriceToCashFlow,
}

/// Column names (letters and digits only), as users, Yahoo, Finviz and Zacks write them.
const COLUMNS: &[(&str, Fact)] = &[
    ("freecashflow", Fact::FreeCashFlow),
    ("fcf", Fact::FreeCashFlow),
    ("netdebt", Fact::NetDebt),
    ("ebitda", Fact::Ebitda),
    ("ebit", Fact::Ebit),
    ("interest", Fact::Interest),
    ("interestexpense", Fact::Interest),
    ("equity", Fact::Equity),
    ("stockholdersequity", Fact::Equity),
    ("assets", Fact::Assets),
    ("totalassets", Fact::Assets),
    ("netincome", Fact::NetIncome),
    ("forwardeps", Fact::ForwardEps),
    ("forwardeps90d", Fact::ForwardEpsBefore),
    ("forwardeps90daysago", Fact::ForwardEpsBefore),
    ("epsgrowthnextyear", Fact::EpsGrowth),
    ("epsgrowthnexty", Fact::EpsGrowth),
    ("epsnexty", Fact::EpsGrowth),
    ("epsstdev", Fact::EpsDeviation),
    ("revisionsup", Fact::RevisionsUp),
    ("revisionsdown", Fact::RevisionsDown),
    ("forwardpe", Fact::ForwardPe),
    ("fwdpe", Fact::ForwardPe),
    ("totaldebt", Fact::TotalDebt),
    ("pfcf", Fact::PriceToCashFlow),
    ("pricetofreecashflow", Fact::PriceToCashFlow),
];

/// What sectors and industries of financial companies are called.
const FINANCIAL: [&str; 6] = ["financial", "bank", "insur", "capital markets", "asset management", "mortgage"];

/// Days after the end of a quarter by which its figures are out: the limit for large companies is 40 to 60.
const REPORT_LAG: u64 = 60;

/// What is known about one company.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    sector: Option<String>,
    /// Values by the day they were known; quarters by their own end.
    values: BTreeMap<Fact, Vec<Dated>>,
}

#[derive(Clone, Copy, Debug)]
struct Dated {
    available: Option<NaiveDate>,
    /// End of the quarter, for figures of one quarter.
    quarter: Option<NaiveDate>,
    value: f64,
}

impl Fact {
    /// A figure that accrues over time, so that a year is the sum of four quarters.
    fn is_flow(self) -> bool {
        matches!(self, Fact::FreeCashFlow | Fact::Ebitda | Fact::Ebit | Fact::Interest | Fact::NetIncome)
    }
}

impl Facts {
    /// Returns the sector as the file names it.
    pub fn sector(&self) -> Option<&str> {
        self.sector.as_deref()
    }

    /// Returns whether its debt is its business.
    pub fn is_financial(&self) -> bool {
        let sector = self.sector().map(str::to_lowercase).unwrap_or_default();
        FINANCIAL.iter().any(|word| sector.contains(word))
    }

    /// Returns a figure as known on a day: the newest, or for flows of quarters the sum of the last four within a year.
    pub fn get(&self, fact: Fact, as_of: NaiveDate) -> Option<f64> {
        let known = self.values.get(&fact)?.iter().filter(|dated| dated.available.is_none_or(|day| day <= as_of));
        let mut known: Vec<&Dated> = known.collect();
        known.sort_by_key(|dated| (dated.quarter, dated.available));
        let last = known.last()?;
        match last.quarter {
            Some(end) if fact.is_flow() => {
                let quarters: BTreeMap<NaiveDate, f64> =
                    known.iter().filter_map(|d| Some((d.quarter?, d.value))).collect();
                let year: Vec<(&NaiveDate, &f64)> = quarters.iter().rev().take(4).collect();
                let first = year.last().filter(|_| year.len() == 4)?.0;
                // Four quarters in a row begin about nine months before the last ends.
                ((end - *first).num_days() <= 300).then(|| year.iter().map(|(_, value)| **value).sum())
            }
            _ => Some(last.value),
        }
    }

    /// Returns the day the newest figure was known.
    pub fn newest(&self, as_of: NaiveDate) -> Option<NaiveDate> {
        let days = self.values.values().flatten().filter_map(|dated| dated.available);
        days.filter(|day| *day <= as_of).max()
    }
}

/// Returns the columns of a header that hold figures, and that of the symbol; none of figures for any other file.
fn columns(head: &Head<'_>) -> Option<(usize, Vec<(usize, Fact)>)> {
    let symbol = head.column(&["symbol", "ticker"])?;
    let known = |key: &String| COLUMNS.iter().find(|(name, _)| name == key).map(|(_, fact)| *fact);
    let found: Vec<(usize, Fact)> =
        head.keys.iter().enumerate().filter_map(|(index, key)| Some((index, known(key)?))).collect();
    (!found.is_empty()).then_some((symbol, found))
}

/// Fundamentals of companies.
pub const LAYOUT: Layout = Layout {
    id: "fundamentals",
    doc: "One row per company, or per company and quarter (`report_date`), with columns by name: `symbol`, `sector`, \
          `free_cash_flow`, `net_debt`, `ebitda`, `forward_pe` and so on; Finviz exports and quarterly tables too. An \
          `available_at` column says when a row was known. Used by the screen.",
    recognises: |input| columns(&input.head).is_some() && input.head.column(&["close", "adjclose"]).is_none(),
    read: |input, pieces, sink| read(input, &mut pieces.facts, sink),
};

/// Adds what a file says to the companies.
fn read(input: &Input<'_>, companies: &mut BTreeMap<Symbol, Facts>, sink: &mut Sink) {
    let Some((symbol, columns)) = columns(&input.head) else { return };
    let column = |names: &[&str]| input.head.column(names);
    let (sector, quarter, available) = (column(&["sector"]), column(&["reportdate"]), column(&["availableat", "date"]));
    // A table without dates is of the day it was saved, if its name says so (`snapshot_2026-08-22.csv`).
    let (_, saved) = split_vintage(input.stem());
    let mut bad = BTreeSet::new();
    for line in input.rows() {
        let cells = text::cells(line.text, input.head.delimiter);
        let cell = |column: usize| cells.get(column).map_or("", |cell| cell);
        let date = |column: Option<usize>| dates::stamp(cell(column?), DateOrder::MonthFirst).map(|stamp| stamp.date);
        if cell(symbol).is_empty() {
            continue;
        }
        let facts = companies.entry(Symbol::new(cell(symbol))).or_default();
        if let Some(name) = sector.map(cell).filter(|name| !name.is_empty()) {
            facts.sector = Some(name.to_owned());
        }
        let quarter = date(quarter);
        let reported = quarter.and_then(|end| end.checked_add_days(Days::new(REPORT_LAG)));
        let known = date(available).or(reported).or(saved);
        for (column, fact) in &columns {
            match cells::number(cell(*column)) {
                Ok(Some(value)) => {
                    facts.values.entry(*fact).or_default().push(Dated { available: known, quarter, value });
                }
                Ok(None) => {}
                Err(_) => {
                    bad.insert(line.number);
                }
            }
        }
    }
    if let Some(line) = bad.first() {
        let message = format!(
            "figures that are not numbers in {}, the first here; they are unknown",
            counted(bad.len(), "row", "rows")
        );
        sink.push(Diagnostic::warning(BAD_CELLS, message).at(Place::line(&input.text.source, *line)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(csv: &str) -> (BTreeMap<Symbol, Facts>, Vec<String>) {
        let (market, codes) = super::super::layouts::testing::market(&[("f.csv", csv)]);
        (market.facts().clone(), codes)
    }

    #[test]
    fn four_quarters_make_a_year_when_they_are_known() {
        let rows = "symbol,report_date,Free Cash Flow\nA,2025-01-31,1\nA,2025-04-30,2\nA,2025-07-31,3\nA,2025-10-31,4\nA,2026-01-31,\n";
        let (companies, _) = facts(rows);
        let flow = |day: &str| companies[&Symbol::new("A")].get(Fact::FreeCashFlow, day.parse().unwrap());
        assert_eq!(flow("2025-12-29"), None, "the fourth quarter is not out");
        assert_eq!(flow("2025-12-30"), Some(10.0));
        let (holed, _) = facts(&rows.replace("A,2025-07-31,3\n", "A,2024-10-31,3\n"));
        assert_eq!(holed[&Symbol::new("A")].get(Fact::FreeCashFlow, "2026-06-01".parse().unwrap()), None);
    }

    #[test]
    fn a_table_without_dates_is_of_the_day_in_its_name() {
        let csv = "Symbol,Name,Sector,Price/Earnings,EBITDA\nJPM,JPMorgan,Diversified Banks,15,100\n";
        let (market, _) = super::super::layouts::testing::market(&[("snapshot_2026-08-22.csv", csv)]);
        let bank = &market.facts()[&Symbol::new("JPM")];
        let at = |day: &str| bank.get(Fact::Ebitda, day.parse().unwrap());
        assert_eq!((at("2026-08-21"), at("2026-08-22")), (None, Some(100.0)));
        assert!(bank.is_financial());
    }

    #[test]
    fn finviz_exports_are_understood() {
        let csv = "\"No.\",\"Ticker\",\"Company\",\"Sector\",\"Forward P/E\",\"EPS Growth Next Year\"\n1,\"NVDA\",\"NVIDIA Corp\",\"Technology\",30.5,\"12.5%\"\n";
        let (companies, codes) = facts(csv);
        let nvda = &companies[&Symbol::new("NVDA")];
        let day = "2026-11-20".parse().unwrap();
        assert_eq!((nvda.get(Fact::ForwardPe, day), nvda.get(Fact::EpsGrowth, day)), (Some(30.5), Some(12.5)));
        assert!(codes.is_empty() && nvda.sector() == Some("Technology"));
    }

    #[test]
    fn files_without_known_columns_and_text_are_reported() {
        assert_eq!(facts("a,b\n1,2\n").1, ["warning market-unrecognised"]);
        assert_eq!(facts("symbol,ebitda\nA,lots\n").1, ["warning market-bad-cells"]);
    }
}
