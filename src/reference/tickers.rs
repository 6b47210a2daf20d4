//! Which tickers are exchange traded funds: for exports that print a ticker and nothing else.

use std::collections::HashSet;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn funds_with_and_without_contents_are_known() {
        assert!(is_etf("VTI") && is_etf("VFV.TO") && !is_etf("NVDA") && !is_etf("FXAIX") && !is_etf("SPAXX"));
    }

    /// What is in both would be written down twice, and drift apart.
    #[test]
    fn no_fund_is_listed_twice() {
        let table: HashSet<&str> = table::etfs().collect();
        let twice: Vec<&str> = more().filter(|ticker| table.contains(ticker)).collect();
        assert!(table.len() > 400 && twice.is_empty(), "{twice:?}");
    }
}
