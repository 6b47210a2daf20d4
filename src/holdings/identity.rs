//! What a holding is: its symbol as it is meant, its ticker and its kind.

use super::{currencies, kinds, options};
use crate::model::{AssetKind, Position, Symbol};
use crate::reference;
use crate::units::{Decimal, is_null, unstarred};

/// Returns what is said of the kind of a row, unless its numbers contradict that: money has a price of one, and what is
/// priced in percent of its face is worth a hundredth of quantity times price.
pub fn priced(
    symbol: &str,
    name: &str,
    said: Option<AssetKind>,
    (quantity, price, value): (Option<Decimal>, Option<Decimal>, Option<Decimal>),
) -> Option<AssetKind> {
    let symbol = unstarred(symbol);
    let contract = || options::parse(symbol).is_some() || options::parse(name).is_some() || options::resembles(symbol);
    let bond = || kinds::guess(Some(symbol), name) == AssetKind::Bond && !contract();
    let said = said.or_else(|| bond().then_some(AssetKind::Bond));
    // A class of assets that is called bonds holds funds too, which are not priced in percent; a bond has no ticker.
    if said == Some(AssetKind::Bond) && value.is_none() && kinds::is_ticker(symbol) && !kinds::is_dated(name) {
        let kind = kinds::security(symbol, name);
        return Some(if kind == AssetKind::Bond { AssetKind::Other } else { kind });
    }
    // What is kept as cash may be a fund of short bonds, known by its ticker.
    let known = reference::is_listed(symbol) && kinds::cash_currency(symbol, name).is_none();
    if said == Some(AssetKind::Cash) && price.is_none() && known {
        return Some(kinds::security(symbol, name));
    }
    let (Some(quantity), Some(price)) = (quantity, price) else { return said };
    let one = (price - Decimal::ONE).abs() <= Decimal::new(1, 2);
    if said.is_none() && !one && kinds::guess(Some(symbol), name).is_cash() {
        return Some(kinds::security(symbol, name));
    }
    // `Cash` also says how a stock was paid for: not on margin.
    if said == Some(AssetKind::Cash)
        && !one
        && !currencies::is_code(symbol)
        && kinds::cash_currency(symbol, name).is_none()
    {
        return Some(kinds::security(symbol, name));
    }
    let product = quantity.saturating_mul(price);
    let is_worth =
        |worth: Decimal| value.is_some_and(|value| (value - worth).abs() <= value.abs() * Decimal::new(5, 3));
    if said == Some(AssetKind::Option)
        && is_worth(product)
        && !is_worth(product.saturating_mul(Decimal::ONE_HUNDRED))
        && !contract()
    {
        return Some(kinds::security(symbol, name));
    }
    // A price of one or less is that of a dollar of face.
    let of_one = value.is_none() && !product.is_zero() && price <= Decimal::TWO;
    if said == Some(AssetKind::Bond) && (of_one || is_worth(product) && !is_worth(product / Decimal::ONE_HUNDRED)) {
        let kind = kinds::security(symbol, name);
        return Some(if kind == AssetKind::Bond { AssetKind::Other } else { kind });
    }
    said
}

/// Returns a symbol as it is meant: without characters that cannot be seen, a spreadsheet's mark of a text, the sign of a
/// ticker and footnote marks.
fn spelled(symbol: &str) -> String {
    let seen = |c: &char| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let symbol: String = symbol.chars().filter(seen).collect();
    let symbol = unstarred(shown(&symbol));
    let bare = symbol.trim_start_matches(['\'', '$', '\u{2019}']);
    let bare = if bare.starts_with(|c: char| c.is_ascii_alphanumeric()) { bare } else { symbol };
    let bare = unmarked(bare);
    // A sheet in small letters means the same.
    let small = bare.len() <= 5 && bare.bytes().all(|byte| byte.is_ascii_lowercase());
    if small { bare.to_ascii_uppercase() } else { bare.to_owned() }
}

/// Returns what a formula shows, `=HYPERLINK("...","VTI")`, and what stands between single quotes.
fn shown(symbol: &str) -> &str {
    let formula = symbol.strip_prefix('=').and_then(|formula| {
        let (_, last) = formula.trim_end_matches([')', ' ']).strip_suffix('"')?.rsplit_once('"')?;
        Some(last)
    });
    let quoted = || symbol.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    formula.or_else(quoted).unwrap_or(symbol)
}

/// Returns a symbol without the mark of a footnote behind it: `NVDA†`, `NVDA¹`, `NVDA [1]`.
fn unmarked(symbol: &str) -> &str {
    let bare =
        symbol.trim_end_matches(['\u{2020}', '\u{2021}', '^', '\u{b9}', '\u{b2}', '\u{b3}', '\u{ae}', '\u{2122}']);
    let note = |open, close| {
        let (before, number) = bare.strip_suffix(close)?.rsplit_once(open)?;
        let is_note = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
        is_note.then(|| before.trim_end())
    };
    note('[', ']').or_else(|| note('(', ')')).filter(|before| !before.is_empty()).unwrap_or(bare)
}

/// Returns the ticker and the name of a symbol that holds both, where the ticker is known: `NVIDIA Corp (NVDA)`,
/// `NVDA - NVIDIA Corp`.
fn described(symbol: &str) -> Option<(&str, &str)> {
    let behind = || symbol.strip_suffix(')')?.rsplit_once(" (").map(|(name, ticker)| (ticker, name));
    let before = || symbol.split_once(" - ");
    let (ticker, name) = behind().or_else(before)?;
    let (ticker, name) = (ticker.trim(), name.trim());
    (ticker.bytes().all(|byte| !byte.is_ascii_lowercase()) && reference::is_listed(ticker)).then_some((ticker, name))
}

/// Returns the ticker of a symbol that is one: `NASDAQ:GOOG`, `NVDA.US`, `BRK_B`, `LENB`. One of another country's
/// exchange is that exchange's.
fn ticker(symbol: &str) -> Option<Symbol> {
    const AMERICAN: &[&str] = &[
        "NASDAQ",
        "NASDAQGS",
        "NASDAQGM",
        "NASDAQCM",
        "NYSE",
        "NYSEARCA",
        "NYSEAMERICAN",
        "ARCA",
        "AMEX",
        "BATS",
        "CBOE",
        "OTC",
        "OTCMKTS",
        "MUTF",
        "US",
        "XNAS",
        "XNYS",
        "ARCX",
        "NYSE ARCA",
        "NYSE AMERICAN",
        "NMS",
        "NGM",
        "NYQ",
        "PCX",
        "STK",
    ];
    let is_american = |exchange: &str| AMERICAN.iter().any(|known| known.eq_ignore_ascii_case(exchange.trim()));
    let bare = match symbol.split_once(':') {
        Some((exchange, ticker)) if is_american(exchange) => ticker.trim(),
        Some((ticker, exchange)) if is_american(exchange) => ticker.trim(),
        Some(_) => return None,
        None => symbol,
    };
    // Terminals: `NVDA US Equity`, `NVDA UW`; `NVDA.OQ`.
    const ENDS: &[&str] = &[".US", ".us", "-US", ".O", ".OQ", " US", " UW", " UQ", " UN", " UP", " UR", " UA"];
    let listing = bare.strip_suffix(" Equity").unwrap_or(bare);
    let bare = ENDS.iter().find_map(|end| listing.strip_suffix(end)).unwrap_or(bare);
    let mark = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'/' | b' ' | b'_');
    let is_ticker = !bare.is_empty() && bare.len() <= 12 && bare.bytes().all(mark);
    is_ticker.then(|| Symbol::new(reference::share_class(bare).unwrap_or(bare)))
}

/// Returns a position of which symbol, name and kind are known.
pub fn identify(symbol: &str, name: &str, said: Option<AssetKind>) -> Position {
    let bare = &*spelled(symbol);
    let (bare, name) = match described(bare).filter(|_| options::parse(bare).is_none()) {
        Some((ticker, told)) => (ticker, if is_null(name) { told } else { name }),
        // A list of funds has both in one column.
        None if is_null(bare) => described(name.trim()).unwrap_or((bare, name)),
        None => (bare, name),
    };
    // `NA` and `NULL` may be tickers too: of a company, or where nothing else says what is held.
    let spoken = matches!(bare, "NA" | "NULL") && (is_null(name) || kinds::is_company(name));
    let bare = if is_null(bare) && !spoken { "" } else { bare };
    let name = if is_null(name) { "" } else { name.trim() };
    if matches!(said, None | Some(AssetKind::Option))
        && let Some((contract, shown)) = options::parse(bare).map(|contract| (contract, bare)).or_else(|| {
            // The symbol may be that of what the option is on.
            let whose = bare.is_empty() || name.split_whitespace().next() == Some(bare);
            options::parse(name).filter(|_| whose).map(|contract| (contract, name))
        })
    {
        let shown = shown.trim_start_matches('-').trim().into();
        let mut position = Position::new(AssetKind::Option, name);
        position.symbol = Some(shown);
        position.canonical = contract.occ().map(|occ| Symbol::new(&occ));
        position.details.multiplier = Some(100);
        return position;
    }
    let said = said.or_else(|| options::resembles(bare).then_some(AssetKind::Option));
    let symbol = (!bare.is_empty()).then_some(bare);
    let cusip = symbol.is_some_and(kinds::is_cusip);
    let kind = match said {
        // A CUSIP called "Equity" is an escrow, a right or a delisted line: nothing a market order can reach.
        Some(AssetKind::Equity) if cusip => AssetKind::Other,
        Some(AssetKind::Equity) if symbol.is_some_and(kinds::is_pair) => AssetKind::Crypto,
        Some(AssetKind::MoneyMarket) if kinds::guess(symbol, name) == AssetKind::Cash => AssetKind::Cash,
        Some(AssetKind::Cash) if kinds::guess(symbol, "") == AssetKind::MoneyMarket => AssetKind::MoneyMarket,
        Some(kind) => kind,
        None => kinds::guess(symbol, name),
    };
    let mut position = Position::new(kind, name);
    position.symbol = symbol.map(str::to_owned);
    if let Some(cusip) = symbol.filter(|_| cusip) {
        position.details.cusip = Some(cusip.into());
    }
    if !matches!(kind, AssetKind::Bond | AssetKind::Cash | AssetKind::Option) {
        position.canonical = symbol.filter(|_| !cusip).and_then(ticker);
    }
    if kind == AssetKind::Option {
        position.details.multiplier = Some(100);
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_follows_from_symbol_and_name() {
        let option = identify(" -VTI261218C310", "VTI DEC 18 2026 $310 CALL", None);
        assert_eq!(option.symbol.as_deref(), Some("VTI261218C310"));
        assert_eq!((option.kind, option.details.multiplier), (AssetKind::Option, Some(100)));
        assert_eq!(option.canonical.unwrap().as_str(), "VTI   261218C00310000");
        let described = identify("NVDA", "NVDA 12/18/2026 200.00 C", None);
        assert_eq!(
            (described.kind, described.canonical.unwrap().as_str()),
            (AssetKind::Option, "NVDA  261218C00200000")
        );
        let undated = identify("SPY 12/18 500P", "", None);
        assert_eq!((undated.kind, undated.details.multiplier, undated.canonical), (AssetKind::Option, Some(100), None));
        let core = identify("SPAXX**", "HELD IN MONEY MARKET", None);
        assert_eq!((core.symbol.as_deref(), core.kind), (Some("SPAXX"), AssetKind::MoneyMarket));
        let right = identify("000CVR000", "CVR", Some(AssetKind::Equity));
        assert_eq!((right.kind, right.canonical), (AssetKind::Other, None));
        assert_eq!(identify("BRK/B", "", None).canonical.unwrap().as_str(), "BRK.B");
        assert_eq!(identify("NASDAQ:GOOG", "", None).canonical.unwrap().as_str(), "GOOG");
        assert_eq!(identify("null", "U S TREASURY NOTE 4.250% 11/15/34", None).symbol, None);
    }

    #[test]
    fn a_ticker_is_known_in_each_of_its_spellings() {
        for (symbol, ticker) in [
            ("\u{feff}VIG", "VIG"),
            ("AVUV\u{200b}", "AVUV"),
            ("'VTI", "VTI"),
            ("$AAPL", "AAPL"),
            ("NVDA.US", "NVDA"),
            ("BRK_B", "BRK.B"),
            ("LENB", "LEN.B"),
            ("NYSEARCA:VTI", "VTI"),
            ("MKC.V", "MKC.V"),
            ("NVDA US Equity", "NVDA"),
            ("NVDA UW", "NVDA"),
            ("NVDA.OQ", "NVDA"),
            ("NVDA-US", "NVDA"),
            ("NVDA:NASDAQ", "NVDA"),
            ("NasdaqGS:NVDA", "NVDA"),
            ("BRK/B US", "BRK.B"),
            ("NVDA\u{2020}", "NVDA"),
            ("NVDA [1]", "NVDA"),
            ("NVIDIA Corp (NVDA)", "NVDA"),
            ("NVDA - NVIDIA Corp", "NVDA"),
            ("TRP", "TRP"),
            ("VFV.TO", "VFV.TO"),
        ] {
            assert_eq!(identify(symbol, "", None).canonical.map(|found| found.to_string()).as_deref(), Some(ticker));
        }
        assert_eq!(identify("TSE:SHOP", "", None).canonical, None);
        assert_eq!(identify("NA", "Nano Labs Ltd", None).canonical.unwrap().as_str(), "NA");
        assert_eq!(identify("NA", "Target Retirement 2050 Trust", None).symbol, None);
        assert_eq!(identify("ABCWS", "ABC ACQUISITION CORP WTS", None).kind, AssetKind::Other);
    }

    #[test]
    fn a_word_for_the_kind_does_not_stand_against_the_numbers() {
        let bond = |quantity: i64, price: i64, value: i64| {
            priced(
                "SCHZ",
                "SCHWAB US AGGREGATE BOND ETF",
                Some(AssetKind::Bond),
                (Some(quantity.into()), Some(price.into()), Some(value.into())),
            )
        };
        assert_eq!(bond(500, 23, 11_500), Some(AssetKind::Etf));
        assert_eq!(bond(1000, 98, 980), Some(AssetKind::Bond));
        // How it was paid for is not what it is.
        let cash = |symbol: &str, price: i64| {
            let numbers = (Some(10.into()), Some(price.into()), Some((10 * price).into()));
            priced(symbol, "", Some(AssetKind::Cash), numbers)
        };
        assert_eq!(cash("VTI", 300), Some(AssetKind::Etf));
        assert_eq!(cash("VTI", 1), Some(AssetKind::Cash));
        assert_eq!(cash("EUR", 2), Some(AssetKind::Cash));
    }
}
