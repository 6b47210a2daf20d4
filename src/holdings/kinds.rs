//! What a holding is, from what its row says: the broker's word, the symbol's shape, the words of the description.

use crate::model::AssetKind;
use crate::reference;

/// Returns whether a symbol is a CUSIP: nine letters and digits, some of them digits. No ticker has nine characters.
pub fn is_cusip(symbol: &str) -> bool {
    symbol.len() == 9
        && symbol.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && symbol.bytes().any(|byte| byte.is_ascii_digit())
}

/// Returns whether a text is an ISIN: two letters, nine letters and digits, a check digit that is right.
pub fn is_isin(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 12 || !bytes.iter().take(2).all(u8::is_ascii_uppercase) {
        return false;
    }
    let mut digits = Vec::with_capacity(24);
    for byte in bytes {
        match byte {
            b'0'..=b'9' => digits.push(u32::from(byte - b'0')),
            b'A'..=b'Z' => {
                let value = u32::from(byte - b'A') + 10;
                digits.extend([value / 10, value % 10]);
            }
            _ => return false,
        }
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| if index % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

/// What brokers call each kind, in lower case.
const BROKERS_WORDS: &[(AssetKind, &[&str])] = &[
    (AssetKind::Equity, &["equity", "equities", "stock", "stocks", "common", "common stock", "adr", "reit"]),
    (AssetKind::Etf, &["etf", "etfs", "etfs & closed end funds", "exchange_traded_fund", "exchange traded fund"]),
    (AssetKind::MutualFund, &["mutual fund", "mutual funds", "mutual_fund", "fund"]),
    (AssetKind::Bond, &["fixed income", "bond", "bonds", "cd"]),
    (AssetKind::Option, &["option", "options", "equity and index options"]),
    (
        AssetKind::MoneyMarket,
        &["cash and money market", "money market", "money_market", "money market funds", "cash & money market funds"],
    ),
    (AssetKind::Cash, &["cash"]),
    (AssetKind::Crypto, &["crypto", "cryptocurrency", "cryptocurrencies"]),
    (
        AssetKind::Other,
        &[
            "alternative investments",
            "alternative investment",
            "other",
            "futures",
            "warrants",
            "cfds",
            "forex",
            "rights",
            "structured products",
        ],
    ),
];

/// Returns the kind that a broker's own word for it means; `None` for words that do not decide.
pub fn from_word(word: &str) -> Option<AssetKind> {
    let word = word.trim();
    if word.is_empty() {
        return None;
    }
    let means = |words: &&[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    BROKERS_WORDS.iter().find(|(_, words)| means(words)).map(|(kind, _)| *kind)
}

/// What a word of a description tells; a description tells what all its words do.
mod tells {
    pub const COIN: u16 = 1;
    /// A fund that holds coins is no coin.
    pub const WRAPPED: u16 = 1 << 1;
    pub const MONEY: u16 = 1 << 2;
    pub const MARKET: u16 = 1 << 3;
    pub const SWEEP: u16 = 1 << 4;
    pub const TRADED: u16 = 1 << 5;
    pub const FUND: u16 = 1 << 6;
    pub const DEBT: u16 = 1 << 7;
}
use tells::{COIN, DEBT, FUND, MARKET, MONEY, SWEEP, TRADED, WRAPPED};

const VOCABULARY: &[(&str, u16)] = &[
    ("ADMIRAL", FUND),
    ("BILL", DEBT),
    ("BITCOIN", COIN),
    ("BOND", DEBT),
    ("BONDS", DEBT),
    ("CD", DEBT),
    ("CL", FUND),
    ("DEBENTURE", DEBT),
    ("ETF", TRADED | WRAPPED),
    ("ETHEREUM", COIN),
    ("ETN", TRADED),
    ("FD", FUND),
    ("FDS", FUND),
    ("FUND", FUND | WRAPPED),
    ("FUNDS", FUND),
    ("IDX", FUND),
    ("INDEX", FUND),
    ("INSTL", FUND),
    ("ISHARES", TRADED),
    ("LPATH", FUND),
    ("MARKET", MARKET),
    ("MKT", MARKET),
    ("MONEY", MONEY),
    ("MUNI", DEBT),
    ("NOTE", DEBT),
    ("NOTES", DEBT),
    ("SPDR", TRADED),
    ("SWEEP", SWEEP),
    ("TARGET", FUND),
    ("TR", FUND),
    ("TREAS", DEBT),
    ("TREASURIES", DEBT),
    ("TREASURY", DEBT),
    ("TRUST", WRAPPED),
    ("UCITS", TRADED),
];

/// What a description tells.
struct Words {
    tells: u16,
    /// A date such as 11/15/34 or a rate such as 4.25%.
    dated: bool,
}

impl Words {
    fn of(name: &str) -> Self {
        let upper = name.to_ascii_uppercase();
        let meaning = |word| VOCABULARY.iter().find(|(known, _)| *known == word).map_or(0, |(_, tells)| *tells);
        Words {
            tells: upper
                .split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '&')
                .map(meaning)
                .fold(0, |all, one| all | one),
            dated: name.split_whitespace().any(|word| word.matches('/').count() == 2 || word.contains('%')),
        }
    }

    /// Returns whether the words tell something.
    fn tell(&self, what: u16) -> bool {
        self.tells & what != 0
    }
}

/// Returns the kind that symbol and description suggest. A plain ticker of which nothing is known is a stock.
pub fn guess(symbol: Option<&str>, name: &str) -> AssetKind {
    let words = Words::of(name);
    let symbol = symbol.unwrap_or("");
    let bare = symbol.split('.').next().unwrap_or("");
    if matches!(symbol, "CORE" | "FCASH" | "CASH" | "USD") {
        return AssetKind::Cash;
    }
    if crypto(symbol) || words.tell(COIN) && !words.tell(WRAPPED) {
        return AssetKind::Crypto;
    }
    if words.tell(MONEY) && words.tell(MARKET) || (symbol.len() == 5 && symbol.ends_with("XX")) || words.tell(SWEEP) {
        return AssetKind::MoneyMarket;
    }
    let share_class =
        || name.contains('(') && ["(ACC)", "(DIST)"].iter().any(|class| name.to_uppercase().contains(class));
    if words.tell(TRADED) || is_etf(symbol) || share_class() {
        return AssetKind::Etf;
    }
    let cusip = is_cusip(symbol);
    if symbol.is_empty() || cusip || symbol.contains(' ') {
        if words.tell(DEBT) && (words.dated || cusip) {
            return AssetKind::Bond;
        }
        let dated_symbol = symbol.split_whitespace().any(|word| word.matches('/').count() == 2);
        if words.dated || (dated_symbol && (symbol.contains('%') || symbol.contains(" 1/"))) {
            return AssetKind::Bond;
        }
        if cusip {
            return if words.tell(FUND) { AssetKind::MutualFund } else { AssetKind::Other };
        }
    }
    if symbol.is_empty() {
        return if name.is_empty() { AssetKind::Other } else { AssetKind::MutualFund };
    }
    if bare.len() == 5 && bare.ends_with('X') && bare.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return AssetKind::MutualFund;
    }
    AssetKind::Equity
}

/// Returns whether a ticker, whatever its case, is that of an exchange traded fund that the registry knows.
pub fn is_etf(symbol: &str) -> bool {
    let ticker = symbol.split_once(':').map_or(symbol, |(_, ticker)| ticker);
    if ticker.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return reference::is_etf(&ticker.to_ascii_uppercase());
    }
    reference::is_etf(ticker)
}

fn crypto(symbol: &str) -> bool {
    symbol
        .strip_suffix("-USD")
        .or_else(|| symbol.strip_suffix("USD"))
        .map_or(matches!(symbol, "BTC" | "ETH" | "SOL" | "DOGE" | "XRP"), |coin| {
            matches!(coin, "BTC" | "ETH" | "SOL" | "DOGE" | "XRP" | "ADA" | "LTC" | "BCH")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_shapes_decide() {
        for (symbol, name, kind) in [
            ("VTI", "VANGUARD INDEX FDS VANGUARD TOTAL STK MKT ETF", AssetKind::Etf),
            ("VTI", "", AssetKind::Etf),
            ("BRKB", "BERKSHIRE HATHAWAY INC COM USD0.0033 CLASS B", AssetKind::Equity),
            ("91282CPU9", "UNITED STATES TREAS SER BK-2031 4.00000% 11/30/2030", AssetKind::Bond),
            ("912797KX4", "US TREASURY BILL 26 U S T BILL DUE 12/24/26", AssetKind::Bond),
            ("58507M107", "MEDEXAMPLE HLDGS ESCROW CUSIP", AssetKind::Other),
            ("09261F572", "BTC LPATH IDX 2050 N", AssetKind::MutualFund),
            ("FXAIX", "FIDELITY 500 INDEX FUND", AssetKind::MutualFund),
            ("SPAXX", "HELD IN MONEY MARKET", AssetKind::MoneyMarket),
            ("FCASH", "HELD IN FCASH", AssetKind::Cash),
            ("KEY BANK CD FDIC INS 3.85% 08/24/2026", "", AssetKind::Bond),
            ("T 4 1/4 11/15/34", "US TREASURY N/B 4 1/4 11/15/34", AssetKind::Bond),
            ("BTC-USD", "", AssetKind::Crypto),
            ("VUAG", "Vanguard S&P 500 (Acc)", AssetKind::Etf),
            ("629999590", "", AssetKind::Other),
        ] {
            assert_eq!(guess(Some(symbol), name), kind, "{symbol} {name}");
        }
        assert_eq!(guess(None, "Target Retirement 2050 Trust"), AssetKind::MutualFund);
        assert_eq!(guess(None, "U S TREASURY NOTE 4.250% 11/15/34"), AssetKind::Bond);
    }

    #[test]
    fn isins_are_checked_by_their_digit() {
        assert!(is_isin("US0231351067") && is_isin("IE00BK5BQT80") && !is_isin("US0231351068"));
        assert!(is_cusip("912797KX4") && !is_cusip("ABCDEFGHI"));
    }
}
