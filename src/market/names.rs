//! Symbols as files spell them, and what the name of a file says about its symbol.

use super::{macros, special};

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
    "date",
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
    "mutual",
    "ohlc",
    "ohlcv",
    "price",
    "prices",
    "quotes",
    "raw",
    "stock",
    "stooq",
    "alphavantage",
    "barchart",
    "candles",
    "chart",
    "com",
    "download",
    "eodhd",
    "google",
    "hist",
    "investing",
    "marketwatch",
    "quote",
    "series",
    "table",
    "ticker",
    "tradingview",
    "wsj",
    "thousands",
    "tiingo",
    "unadjusted",
    "us",
    "value",
    "yahoo",
    "yfinance",
];

/// What files are called by vendors that do not print the ticker, without the usual words: the whole name, not a part
/// of it, since "Nasdaq 100 Stocks Above 200-Day Average" and "CBOE Gold Volatility Index" are other series.
const KNOWN: &[(&str, &str)] = &[
    ("s p 500 stocks above 200 day average", "S5TH"),
    ("s p 500 stocks above 100 day average", "S5OH"),
    ("s p 500 stocks above 50 day average", "S5FI"),
    ("s p 500 stocks above 20 day average", "S5TW"),
    ("nyse advancing stocks", "NSHU"),
    ("nyse declining stocks", "NSHD"),
    ("cboe volatility index", "VIX"),
    ("spdr s p 500 etf trust", "SPY"),
    ("state street spdr s p 500 etf trust", "SPY"),
    ("invesco s p 500 equal weight etf", "RSP"),
    ("ishares russell 2000 etf", "IWM"),
];

/// Words behind such a name: `CBOE Volatility Index Historical Data`.
const TAIL: [&str; 5] = ["historical", "data", "history", "price", "csv"];

/// Returns the symbol that a file name hints at: `SPY`, `spy.us`, `SPY_daily`, `RSP-2020`, `BATS_SPY, 1D`,
/// `spy_daily_historical-data-05-05-2026`, `Stocks_Above_200-Day_Average_$S5TH`. A `$TICKER`, a ticker in brackets or
/// an exact known name decides; where several words could be the symbol, none is.
pub fn symbol_hint(stem: &str) -> Option<String> {
    // Browsers number a second download: `SPY(1)`, `SPY (2)`.
    let stem = stem.strip_suffix(')').and_then(|stem| stem.rsplit_once('(')).map_or(stem, |(name, number)| {
        if number.bytes().all(|byte| byte.is_ascii_digit()) { name.trim_end() } else { stem }
    });
    if let Some(marked) = stem
        .split([' ', '_', '-', ',', '(', ')'])
        .find(|token| token.strip_prefix(['$', '^']).is_some_and(|body| is_ticker(&body.to_uppercase())))
    {
        return Some(marked.to_uppercase());
    }
    if is_stooq(stem) {
        let name = stem.to_lowercase();
        return name.strip_suffix(".us").or_else(|| name.strip_suffix("_us_d")).map(str::to_uppercase);
    }
    // TradingView: exchange, symbol, then the interval behind a comma.
    if let Some((symbol, _)) = stem.split_once(", ") {
        return symbol.rsplit('_').next().filter(|name| is_ticker(name)).map(str::to_owned);
    }
    // MarketWatch: `Download Data - FUND_US_ARCX_SPY`, which is kind, country, exchange, symbol.
    if let Some((_, code)) = stem.split_once(" - ")
        && let [_, country, exchange, symbol] = code.split('_').collect::<Vec<_>>().as_slice()
        && country.len() == 2
        && exchange.len() == 4
    {
        return Some((*symbol).to_owned()).filter(|name| is_ticker(name));
    }
    let bracketed = stem.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(symbol, _)| symbol);
    if let Some(symbol) = bracketed.filter(|symbol| is_ticker(symbol)) {
        return Some(symbol.to_owned());
    }
    let spoken: String = stem.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let mut words: Vec<&str> = spoken.split_whitespace().collect();
    while words.last().is_some_and(|word| TAIL.contains(word) || word.bytes().all(|byte| byte.is_ascii_digit())) {
        words.pop();
    }
    let spoken = words.join(" ");
    if let Some((_, symbol)) = KNOWN.iter().find(|(name, _)| *name == spoken) {
        return Some((*symbol).to_owned());
    }
    let class = stem
        .split_once(['-', '.', '_'])
        .is_some_and(|(root, class)| is_ticker(root) && class.len() == 1 && is_ticker(class));
    if is_ticker(stem) || class {
        return Some(stem.replace('_', "."));
    }
    let left: Vec<&str> = words_left(stem).collect();
    match left.as_slice() {
        [only] if is_ticker(only) || special::meaning(only).is_some() || macros::is_known(only) => {
            Some((*only).to_owned())
        }
        // In lower case a symbol is what is left when everything else is a usual word or a date.
        [only] if !stem.contains(' ') && only.len() <= 5 && only.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Some(only.to_uppercase())
        }
        // Beside other words it may be a part of their name: `inverse_SPY`, `SPY_puts`.
        _ => None,
    }
}

/// Returns the economic series that a file name says: what is left of it without the usual words and dates, and no word
/// somewhere in it, since `UNRATE_CA` and `NFCI_leverage` are other series.
pub fn series_hint(stem: &str) -> Option<String> {
    let left: Vec<&str> = words_left(stem).collect();
    match left.as_slice() {
        [only] => macros::known_id(only).map(str::to_owned).or_else(|| {
            let plain = (2..=20).contains(&only.len())
                && only.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            plain.then(|| (*only).to_owned())
        }),
        _ => None,
    }
}

/// Returns the words of a name that are neither usual ones nor dates.
fn words_left(stem: &str) -> impl Iterator<Item = &str> {
    let is_word = |token: &str| WORDS.iter().any(|word| word.eq_ignore_ascii_case(token));
    let is_number = |token: &str| token.bytes().all(|byte| byte.is_ascii_digit());
    let tokens = stem.split([' ', '_', '-', ',', '.', '(', ')']);
    tokens.filter(move |token| !token.is_empty() && !is_word(token) && !is_number(token))
}

/// Words that say of which other market breadth is.
const MARKETS: [&str; 22] = [
    "nasdaq", "nasd", "ndx", "qqq", "russell", "rut", "dow", "djia", "amex", "tsx", "ftse", "dax", "cac", "nikkei",
    "stoxx", "midcap", "smallcap", "canada", "europe", "japan", "china", "india",
];

/// Returns the word of a name that says that breadth is of another market than the NYSE or the S&P 500.
pub fn other_market(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let mut tokens = lower.split(|c: char| !c.is_ascii_alphabetic());
    tokens.find_map(|token| MARKETS.into_iter().find(|word| *word == token))
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

/// Returns whether the head of a column can be the ticker of a stock: `BRK-B`, `aapl`; not `us_ppi_yoy` or `$OVX`.
pub fn can_be_stock(name: &str) -> bool {
    let (root, class) = name.split_once(['-', '.', '/', ' ']).unwrap_or((name, ""));
    (1..=6).contains(&root.len())
        && root.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && root.bytes().any(|byte| byte.is_ascii_alphabetic())
        && class.len() <= 3
        && class.bytes().all(|byte| byte.is_ascii_alphanumeric())
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
            ("Crude_Oil_VIX_$OVX", Some("$OVX")),
            ("NYSE_Advancing_Volume_$NVLU", Some("$NVLU")),
            ("Percent_of_Stocks_Above_200-Day Average_$MMTH", Some("$MMTH")),
            ("Nasdaq 100 Stocks Above 200-Day Average Historical Data", None),
            ("CBOE Gold Volatility Index Historical Data", None),
            ("NASD_Advancing_Stocks", None),
            ("Download Data - FUND_US_ARCX_SPY", Some("SPY")),
            ("SPDR S&P 500 ETF Trust Historical Data", Some("SPY")),
            ("State Street SPDR S&P 500 ETF Trust (SPY)", Some("SPY")),
            ("SPDR Gold Shares Historical Data", None),
            ("BAMLH0A0HYM2", Some("BAMLH0A0HYM2")),
            ("SPY(1)", Some("SPY")),
            ("AAPL (3)", Some("AAPL")),
            ("prices of my funds", None),
            ("my prices", None),
            ("HistoricalData_1712345678901", None),
            ("inverse_SPY", None),
            ("SPY_puts", None),
            ("SPY_download", Some("SPY")),
            ("mutual_fund_FXAIX_yahoo", Some("FXAIX")),
            ("investing_com_SPX_thousands", Some("SPX")),
        ] {
            assert_eq!(symbol_hint(stem).as_deref(), symbol, "{stem}");
        }
    }

    #[test]
    fn a_series_and_a_market_are_known_by_whole_names() {
        for (stem, id) in [
            ("UNRATE", Some("UNRATE")),
            ("fred_unrate", Some("UNRATE")),
            ("fred_date_value_NFCI", Some("NFCI")),
            ("UNRATE (1)", Some("UNRATE")),
            ("USREC", Some("USREC")),
            ("UNRATE_CA", None),
            ("NFCI_leverage", None),
            ("my numbers", None),
        ] {
            assert_eq!(series_hint(stem).as_deref(), id, "{stem}");
        }
        for (name, word) in [
            ("Nasdaq % above 200", Some("nasdaq")),
            ("pct_above_200_ndx", Some("ndx")),
            ("nasdaq100_breadth", Some("nasdaq")),
            ("% Above 50 DMA", None),
            ("nyse_daily", None),
            ("shadow", None),
        ] {
            assert_eq!(other_market(name), word, "{name}");
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
