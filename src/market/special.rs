//! Tickers that are not prices: breadth and volatility series that vendors serve like shares.

use super::exchange::Exchange;
use crate::reference;

/// A ready-made breadth series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Breadth {
    /// Issues that rose.
    Advances,
    /// Issues that fell.
    Declines,
    /// Issues that did neither.
    Unchanged,
    /// Percent (0 to 100) of issues above their average of that many sessions.
    PercentAbove(u16),
    /// Advances less declines of the day.
    Net,
    /// The running sum of those: the advance-decline line.
    Line,
}

impl Breadth {
    /// Returns a name for messages: `percent above 200`.
    pub fn name(self) -> String {
        match self {
            Breadth::Advances => "advances".to_owned(),
            Breadth::Declines => "declines".to_owned(),
            Breadth::Unchanged => "unchanged".to_owned(),
            Breadth::PercentAbove(window) => format!("percent above {window}"),
            Breadth::Net => "advances less declines".to_owned(),
            Breadth::Line => "advance-decline line".to_owned(),
        }
    }
}

/// What such a ticker means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// A breadth series.
    Breadth(Breadth),
    /// A macro series, by its FRED id.
    Macro(&'static str),
}

/// Tickers as Barchart, StockCharts, TradingView and Unicorn spell them, without `$` and `^`.
const TABLE: &[(&str, Special)] = &[
    ("S5TW", Special::Breadth(Breadth::PercentAbove(20))),
    ("S5FI", Special::Breadth(Breadth::PercentAbove(50))),
    ("S5OH", Special::Breadth(Breadth::PercentAbove(100))),
    ("S5TH", Special::Breadth(Breadth::PercentAbove(200))),
    ("SPXA20R", Special::Breadth(Breadth::PercentAbove(20))),
    ("SPXA50R", Special::Breadth(Breadth::PercentAbove(50))),
    ("SPXA100R", Special::Breadth(Breadth::PercentAbove(100))),
    ("SPXA200R", Special::Breadth(Breadth::PercentAbove(200))),
    ("NYAD", Special::Breadth(Breadth::Net)),
    ("NSHU", Special::Breadth(Breadth::Advances)),
    ("NSHD", Special::Breadth(Breadth::Declines)),
    ("ADVN", Special::Breadth(Breadth::Advances)),
    ("DECN", Special::Breadth(Breadth::Declines)),
    ("DECLN", Special::Breadth(Breadth::Declines)),
    ("UNCHN", Special::Breadth(Breadth::Unchanged)),
    ("VIX", Special::Macro("VIXCLS")),
    ("QSHU", Special::Breadth(Breadth::Advances)),
    ("QSHD", Special::Breadth(Breadth::Declines)),
    ("ADVQ", Special::Breadth(Breadth::Advances)),
    ("DECQ", Special::Breadth(Breadth::Declines)),
    ("DECLQ", Special::Breadth(Breadth::Declines)),
    ("UNCHQ", Special::Breadth(Breadth::Unchanged)),
];

/// Those of [`TABLE`] that count issues of Nasdaq; the others count those of the NYSE.
const OF_NASDAQ: [&str; 6] = ["QSHU", "QSHD", "ADVQ", "DECQ", "DECLQ", "UNCHQ"];

/// Returns the exchange whose issues a ticker of [`meaning`] or [`count`] counts.
pub fn exchange(token: &str) -> Exchange {
    let token = token.trim_start_matches(['$', '^']).to_uppercase();
    if OF_NASDAQ.contains(&token.as_str()) { Exchange::Nasdaq } else { Exchange::Nyse }
}

/// Returns what a ticker means if it is not a price. `ADV` and `DECL` alone are not here: they may be shares.
pub fn meaning(token: &str) -> Option<Special> {
    let token = token.trim_start_matches(['$', '^']).to_uppercase();
    TABLE.iter().find(|(name, _)| *name == token).map(|(_, special)| *special)
}

/// Tickers of counts that may be shares as well: TradingView serves the counts of the NYSE as `USI:ADV` and the like.
const COUNTS: &[(&str, Breadth)] = &[
    ("ADV", Breadth::Advances),
    ("DECL", Breadth::Declines),
    ("DEC", Breadth::Declines),
    ("UNCH", Breadth::Unchanged),
];

/// Returns what a ticker counts if all its values are whole numbers, which the closes of a share never are.
pub fn count(token: &str) -> Option<Breadth> {
    let token = token.trim_start_matches(['$', '^']);
    COUNTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(token)).map(|(_, kind)| *kind)
}

/// Returns whether a symbol is a fund or an index: something that is not a member of a breadth universe.
pub fn is_fund(symbol: &str) -> bool {
    symbol.starts_with(['^', '$']) || reference::is_etf(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_tickers_have_a_meaning_whatever_their_prefix() {
        assert_eq!(meaning("$S5TH"), Some(Special::Breadth(Breadth::PercentAbove(200))));
        assert_eq!(meaning("advn"), Some(Special::Breadth(Breadth::Advances)));
        assert_eq!(meaning("^VIX"), Some(Special::Macro("VIXCLS")));
        assert_eq!(meaning("NVDA"), None);
        assert!(is_fund("RSP") && is_fund("^GSPC") && !is_fund("NVDA"));
    }
}
