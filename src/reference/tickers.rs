//! Which tickers are exchange traded funds: for exports that print a ticker and nothing else.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::table;

/// Listed funds whose contents the table does not have.
const MORE: &str = include_str!("table/etfs.txt");

static ETFS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| table::etfs().chain(more()).collect());

fn more() -> impl Iterator<Item = &'static str> {
    MORE.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

/// Returns whether a ticker, in capitals, is that of a listed fund that is built in.
pub fn is_etf(ticker: &str) -> bool {
    ETFS.contains(ticker)
}

static STOCKS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| table::stocks().collect());

/// Returns whether a ticker is that of a stock or a listed fund that is built in.
pub fn is_listed(ticker: &str) -> bool {
    is_etf(ticker) || STOCKS.contains(ticker)
}

/// The share classes of the table, by their tickers without the point.
static CLASSES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let known = &*STOCKS;
    let classes = known.iter().filter(|ticker| ticker.rsplit_once('.').is_some_and(|(_, class)| class.len() == 1));
    let joined = classes.map(|ticker| (ticker.replace('.', ""), *ticker));
    joined.filter(|(joined, _)| !known.contains(joined.as_str())).collect()
});

/// Returns the ticker of a share class that is spelled without its point (`LENB`), as it is built in.
pub fn share_class(joined: &str) -> Option<&'static str> {
    CLASSES.get(joined).copied()
}

/// Tickers with the CUSIPs of their securities.
const NUMBERS: &str = include_str!("table/cusips.txt");

static CUSIPS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let entries = NUMBERS.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(';'));
    let numbers = entries.filter_map(|entry| entry.trim().split_once(' '));
    numbers.flat_map(|(ticker, numbers)| numbers.split(' ').map(move |number| (number, ticker))).collect()
});

/// Returns the ticker of a CUSIP that is built in.
pub fn of_cusip(cusip: &str) -> Option<&'static str> {
    CUSIPS.get(cusip).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn funds_with_and_without_contents_are_known() {
        assert_eq!((share_class("BRKB"), share_class("NVDA")), (Some("BRK.B"), None));
        assert!(is_listed("VTI") && is_listed("NVDA") && !is_listed("ZZZZZ"));
        assert!(is_etf("VTI") && is_etf("VFV.TO") && !is_etf("NVDA") && !is_etf("FXAIX") && !is_etf("SPAXX"));
    }

    #[test]
    fn a_cusip_has_its_check_digit_and_one_ticker() {
        for (cusip, ticker) in
            [("037833100", "AAPL"), ("922908769", "VTI"), ("084670702", "BRK.B"), ("31617H102", "SPAXX")]
        {
            assert_eq!(of_cusip(cusip), Some(ticker));
        }
        assert_eq!(of_cusip("037833109"), None);
        let listed = NUMBERS.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split([' ', ';']));
        assert_eq!(listed.filter(|word| word.len() == 9).count(), CUSIPS.len());
        // The rule of the check digit: every other character counts twice, and the digits of all add up to tens.
        let sum = |cusip: &str| -> u32 {
            let values = cusip.chars().filter_map(|c| c.to_digit(36)).enumerate();
            values.map(|(at, value)| value * (1 + at as u32 % 2)).map(|value| value / 10 + value % 10).sum()
        };
        assert!(CUSIPS.len() > 1500 && CUSIPS.keys().all(|cusip| sum(cusip).is_multiple_of(10)));
    }

    /// What is in both would be written down twice, and drift apart.
    #[test]
    fn no_fund_is_listed_twice() {
        let table: HashSet<&str> = table::etfs().collect();
        let twice: Vec<&str> = more().filter(|ticker| table.contains(ticker)).collect();
        assert!(table.len() > 400 && twice.is_empty(), "{twice:?}");
    }
}
