//! Symbols as files spell them, and what the name of a file says about its symbol.

use super::special;

/// Words of file names that are no symbols: exchanges before one, and what vendors add behind it.
const WORDS: &[&str] = &[
    "amex",
    "arca",
    "bats",
    "cboe",
    "index",
    "nasdaq",
    "nyse",
    "nysearca",
    "otc",
    "tvc",
    "usi",
    "adj",
    "adjusted",
    "bars",
    "close",
    "closes",
    "csv",
    "d",
    "daily",
    "data",
    "day",
    "dly",
    "eod",
    "etf",
    "export",
    "fred",
    "fund",
    "full",
    "historical",
    "history",
    "max",
    "ohlc",
    "ohlcv",
    "price",
    "prices",
    "quotes",
    "raw",
    "stock",
    "stooq",
    "tiingo",
    "unadjusted",
    "us",
    "yahoo",
    "yfinance",
];

/// What files of breadth and volatility are called by vendors that do not print the ticker.
const PHRASES: &[(&str, &str)] = &[
    ("above 200 day", "S5TH"),
    ("above 50 day", "S5FI"),
    ("above 20 day", "S5TW"),
    ("advancing", "NSHU"),
    ("declining", "NSHD"),
    ("volatility index", "VIX"),
];

/// Returns the symbol that a file name hints at: `SPY`, `spy.us`, `SPY_daily`, `RSP-2020`, `BATS_SPY, 1D`,
/// `spy_daily_historical-data-05-05-2026`, `Stocks_Above_200-Day_Average_$S5TH`.
pub fn symbol_hint(stem: &str) -> Option<String> {
    if is_stooq(stem) {
        let name = stem.to_lowercase();
        return name.strip_suffix(".us").or_else(|| name.strip_suffix("_us_d")).map(str::to_uppercase);
    }
    // TradingView: exchange, symbol, then the interval behind a comma.
    if let Some((symbol, _)) = stem.split_once(", ") {
        return symbol.rsplit('_').next().filter(|name| is_ticker(name)).map(str::to_owned);
    }
    let tokens = || stem.split([' ', '_', '-', ',', '.']).filter(|token| !token.is_empty());
    if let Some(known) = tokens().find(|token| special::meaning(token).is_some()) {
        return Some(known.to_owned());
    }
    let spoken: String = stem.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    if let Some((_, symbol)) = PHRASES.iter().find(|(phrase, _)| spoken.contains(phrase)) {
        return Some((*symbol).to_owned());
    }
    let class = stem
        .split_once(['-', '.', '_'])
        .is_some_and(|(root, class)| is_ticker(root) && class.len() == 1 && is_ticker(class));
    if is_ticker(stem) || class {
        return Some(stem.replace('_', "."));
    }
    let is_word = |token: &str| WORDS.iter().any(|word| word.eq_ignore_ascii_case(token));
    if let Some(token) = tokens().find(|token| is_ticker(token) && !is_word(token)) {
        return Some(token.to_owned());
    }
    // In lower case a symbol is what is left when everything else is a usual word or a date.
    let left: Vec<&str> =
        tokens().filter(|token| !is_word(token) && !token.bytes().all(|b| b.is_ascii_digit())).collect();
    match left.as_slice() {
        [only] if !stem.contains(' ') && only.len() <= 5 && only.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Some(only.to_uppercase())
        }
        _ => None,
    }
}

/// Returns whether a file is named as Stooq names its downloads, whose closes contain the dividends.
pub fn is_stooq(stem: &str) -> bool {
    let name = stem.to_lowercase();
    name.ends_with(".us") || name.ends_with("_us_d")
}

fn is_ticker(token: &str) -> bool {
    let body = token.trim_start_matches(['$', '^']);
    (1..=6).contains(&body.len())
        && body.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '.')
        && body.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
        && body.chars().any(|c| c.is_ascii_uppercase())
}

/// Returns a symbol of a table without its exchange: `SPY.US` (Stooq, EODHD), `NYSE:JPM`, `JPM US Equity` (Bloomberg).
pub fn plain(name: &str) -> &str {
    let name = name.trim();
    let name = name.rsplit_once(':').map_or(name, |(_, symbol)| symbol);
    let name = name.strip_suffix(" US Equity").unwrap_or(name);
    name.strip_suffix(".US").or_else(|| name.strip_suffix(".us")).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hint_at_symbols() {
        for (stem, symbol) in [
            ("SPY", Some("SPY")),
            ("spy", Some("SPY")),
            ("spy.us", Some("SPY")),
            ("spy_us_d", Some("SPY")),
            ("us.us", Some("US")),
            ("KRE.US", Some("KRE")),
            ("SPY_daily", Some("SPY")),
            ("daily_adjusted_SPY", Some("SPY")),
            ("BRK-B", Some("BRK-B")),
            ("BATS_SPY, 1D", Some("SPY")),
            ("BATS_SPY, 1D_8c1f2", Some("SPY")),
            ("CBOE_DLY_VIX, 1D", Some("VIX")),
            ("NYSE_BRK.B, 1D", Some("BRK.B")),
            ("spy_daily_historical-data-05-05-2026", Some("SPY")),
            ("spy_price-history-05-05-2026", Some("SPY")),
            ("SPY ETF Stock Price History", Some("SPY")),
            ("CBOE Volatility Index Historical Data", Some("VIX")),
            ("NYSE_Advancing_Stocks_$NSHU", Some("$NSHU")),
            ("NYSE_Advancing_Stocks", Some("NSHU")),
            ("S&P 500 Stocks Above 200-Day Average", Some("S5TH")),
            ("VIX_History", Some("VIX")),
            ("prices of my funds", None),
            ("my prices", None),
            ("HistoricalData_1712345678901", None),
        ] {
            assert_eq!(symbol_hint(stem).as_deref(), symbol, "{stem}");
        }
    }

    #[test]
    fn exchanges_are_taken_off_symbols() {
        for name in ["JPM", "JPM.US", "NYSE:JPM", "JPM US Equity", " JPM "] {
            assert_eq!(plain(name), "JPM", "{name}");
        }
        assert_eq!(plain("BRK.B"), "BRK.B");
    }
}
