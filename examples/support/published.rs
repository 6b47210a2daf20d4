//! Figures that were published, and counts that can be made again: what the program finds is held against them.

use std::collections::BTreeMap;

use broaden::tax::{FilingStatus, GainIncome, brackets, federal_tax};
use broaden::units::{Decimal, Money};

/// What was compared, and each comparison that failed.
#[derive(Default)]
pub struct Compared {
    /// How many comparisons came out equal.
    pub equal: usize,
    /// What differs, in words.
    pub different: Vec<String>,
}

impl Compared {
    fn that<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: &T, published: &T) {
        if found == published {
            self.equal += 1;
        } else {
            self.different.push(format!("{what}: {found:?}, and it should be {published:?}"));
        }
    }
}

/// Holds the federal tables against `tests/published/federal.csv`: the tax on so many dollars and on a hundred more, and the
/// standard deduction.
pub fn federal(table: &str) -> Compared {
    let mut compared = Compared::default();
    for row in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let status = cells.get(2).and_then(|cell| FilingStatus::from_id(cell));
        let (Some(kind), Some(year), Some(status)) = (cells.first(), number(&cells, 1), status) else {
            compared.different.push(format!("`{row}` is no row"));
            continue;
        };
        let year = i32::try_from(year.mantissa()).unwrap_or_default();
        let Some(over) = number(&cells, 3) else { continue };
        if *kind == "deduction" {
            let found = brackets(year, status).ok().map(|tables| Decimal::from(tables.standard_deduction));
            compared.that(row, &found, &Some(over));
            continue;
        }
        let tax = |amount: Decimal| {
            let (ordinary, long) = if *kind == "long" { (Decimal::ZERO, amount) } else { (amount, Decimal::ZERO) };
            let income = GainIncome {
                ordinary_taxable: Money(ordinary),
                net_short: Money::ZERO,
                net_long: Money(long),
                magi: Money::ZERO,
            };
            federal_tax(year, status, &income).ok().map(|tax| tax.total().0.normalize())
        };
        let (base, rate) = (number(&cells, 4), number(&cells, 5));
        compared.that(row, &tax(over), &base.map(|base| base.normalize()));
        // A hundred dollars more cost the rate in dollars.
        let more = base.zip(rate).map(|(base, rate)| (base + rate).normalize());
        compared.that(&format!("{row}, and 100 more"), &tax(over + Decimal::from(100)), &more);
    }
    compared
}

fn number(cells: &[&str], at: usize) -> Option<Decimal> {
    cells.get(at).and_then(|cell| cell.parse().ok())
}

/// Counts a wide table of closes anew, in whole cents and without the program, and holds every session of a history of
/// `broaden signals --history` against the counts: advances and declines, and stocks above their means of 200 and 50 closes.
pub fn breadth(closes: &str, history: &str) -> Compared {
    let rows: Vec<Vec<&str>> =
        closes.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').collect()).collect();
    let stocks = rows.first().map_or(0, Vec::len);
    let cents = |row: &Vec<&str>, stock: usize| -> Option<i64> {
        let cell = row.get(stock)?;
        let (whole, part) = cell.split_once('.').unwrap_or((cell, "0"));
        Some(whole.parse::<i64>().ok()? * 100 + format!("{part:0<2}").parse::<i64>().ok()?)
    };
    let days: Vec<&Vec<&str>> = rows.iter().skip(1).collect();
    let mut counted: BTreeMap<&str, [i64; 6]> = BTreeMap::new();
    for (at, day) in days.iter().enumerate() {
        let mut counts = [0; 6];
        for stock in 1..stocks {
            let Some(close) = cents(day, stock) else { continue };
            if let Some(before) = at.checked_sub(1).and_then(|at| cents(days.get(at)?, stock)) {
                counts[usize::from(close < before)] += i64::from(close != before);
            }
            for (place, window) in [(2, 200), (4, 50)] {
                let first = (at + 1).checked_sub(window);
                let sum: Option<i64> = first
                    .and_then(|first| days.get(first..=at)?.iter().map(|day| cents(day, stock)).sum::<Option<i64>>());
                if let Some(sum) = sum {
                    counts[place] += i64::from(close * i64::try_from(window).unwrap_or(1) > sum);
                    counts[place + 1] += 1;
                }
            }
        }
        counted.insert(day.first().copied().unwrap_or_default(), counts);
    }
    let mut compared = Compared::default();
    let mut lines = history.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let places = ["adv", "dec", "above_200", "n_200", "above_50", "n_50"]
        .map(|name| head.iter().position(|column| *column == name).unwrap_or(usize::MAX));
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let day = cells.first().copied().unwrap_or_default();
        let told = places.map(|place| cells.get(place).and_then(|cell| cell.parse().ok()));
        // A session of the other files alone has no counts.
        if told.iter().all(Option::is_none) {
            continue;
        }
        let own = counted.get(day).map(|counts| counts.map(Some));
        compared.that(day, &Some(told), &own);
    }
    compared
}
