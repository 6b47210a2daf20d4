//! What a holding is, from what its row says: the broker's word, the symbol's shape, the words of the description.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::model::AssetKind;
use crate::units::trimmed;

/// Widely held exchange traded funds, for exports that print a ticker and nothing else. Everything that costs money
/// (look-through, themes) is decided by the reference registry, not here.
const ETFS: &str = include_str!("etfs.txt");

static LIST: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| ETFS.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect());

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

/// Returns the kind that a broker's own word for it means; `None` for words that do not decide.
pub fn from_word(word: &str) -> Option<AssetKind> {
    Some(match trimmed(word).to_ascii_lowercase().as_str() {
        "equity" | "equities" | "stock" | "stocks" | "common" | "common stock" | "adr" | "reit" => AssetKind::Equity,
        "etf" | "etfs" | "etfs & closed end funds" | "exchange_traded_fund" | "exchange traded fund" => AssetKind::Etf,
        "mutual fund" | "mutual funds" | "mutual_fund" | "fund" => AssetKind::MutualFund,
        "fixed income" | "bond" | "bonds" | "cd" => AssetKind::Bond,
        "option" | "options" | "equity and index options" => AssetKind::Option,
        "cash and money market"
        | "money market"
        | "money_market"
        | "money market funds"
        | "cash & money market funds" => AssetKind::MoneyMarket,
        "cash" => AssetKind::Cash,
        "crypto" | "cryptocurrency" | "cryptocurrencies" => AssetKind::Crypto,
        "alternative investments"
        | "alternative investment"
        | "other"
        | "futures"
        | "warrants"
        | "cfds"
        | "forex"
        | "rights"
        | "structured products" => AssetKind::Other,
        _ => return None,
    })
}

/// Returns the kind that symbol and description suggest. A plain ticker of which nothing is known is a stock.
pub fn guess(symbol: Option<&str>, name: &str) -> AssetKind {
    let words = name.to_uppercase();
    let has = |list: &[&str]| words.split(|c: char| !c.is_alphanumeric() && c != '&').any(|word| list.contains(&word));
    let symbol = symbol.unwrap_or("");
    let bare = symbol.split('.').next().unwrap_or("");
    if matches!(symbol, "CORE" | "FCASH" | "CASH" | "USD" | "QACDS") && symbol != "QACDS" {
        return AssetKind::Cash;
    }
    if crypto(symbol) || has(&["BITCOIN", "ETHEREUM"]) && !has(&["ETF", "TRUST", "FUND"]) {
        return AssetKind::Crypto;
    }
    if has(&["MONEY"]) && has(&["MARKET", "MKT"]) || (symbol.len() == 5 && symbol.ends_with("XX")) || has(&["SWEEP"]) {
        return AssetKind::MoneyMarket;
    }
    if has(&["ETF", "ETN", "UCITS", "ISHARES", "SPDR"])
        || is_etf(symbol)
        || words.contains("(ACC)")
        || words.contains("(DIST)")
    {
        return AssetKind::Etf;
    }
    let cusip = is_cusip(symbol);
    let fund = has(&["FUND", "FUNDS", "FD", "FDS", "IDX", "INDEX", "TARGET", "TR", "CL", "ADMIRAL", "INSTL", "LPATH"]);
    if symbol.is_empty() || cusip || symbol.contains(' ') {
        let dated = words.split_whitespace().any(|word| word.matches('/').count() == 2 || word.contains('%'));
        if has(&[
            "TREAS",
            "TREASURY",
            "TREASURIES",
            "BILL",
            "NOTE",
            "NOTES",
            "BOND",
            "BONDS",
            "CD",
            "MUNI",
            "DEBENTURE",
        ]) && (dated || cusip)
        {
            return AssetKind::Bond;
        }
        let dated_symbol = symbol.split_whitespace().any(|word| word.matches('/').count() == 2);
        if dated || (dated_symbol && (symbol.contains('%') || symbol.contains(" 1/"))) {
            return AssetKind::Bond;
        }
        if cusip {
            return if fund { AssetKind::MutualFund } else { AssetKind::Other };
        }
    }
    if symbol.is_empty() {
        return if words.is_empty() { AssetKind::Other } else { AssetKind::MutualFund };
    }
    if bare.len() == 5 && bare.ends_with('X') && bare.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return AssetKind::MutualFund;
    }
    AssetKind::Equity
}

/// Returns whether a ticker is in the short list of exchange traded funds.
pub fn is_etf(symbol: &str) -> bool {
    let upper = symbol.to_ascii_uppercase();
    let root = upper.split_once(':').map_or(upper.as_str(), |(_, ticker)| ticker);
    LIST.contains(root)
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
