//! What a holding is, from what its row says: the broker's word, the symbol's shape, the words of the description.

use super::currencies;
pub use super::security_numbers::{is_cusip, is_debt_number, is_isin};
use crate::model::AssetKind;
use crate::reference;
use crate::units::Decimal;

/// What brokers call each kind, in lower case.
const BROKERS_WORDS: &[(AssetKind, &[&str])] = &[
    (AssetKind::Equity, &["equity", "equities", "stock", "stocks", "stk", "common", "common stock", "adr", "reit"]),
    (
        AssetKind::Etf,
        &[
            "etf",
            "etfs",
            "etfs & closed end funds",
            "exchange_traded_fund",
            "exchange traded fund",
            "exchange-traded fund",
        ],
    ),
    (AssetKind::MutualFund, &["mutual fund", "mutual funds", "mutual_fund", "fund"]),
    (AssetKind::Bond, &["fixed income", "bond", "bonds", "corporate bond", "municipal bond", "treasury", "cd"]),
    (
        AssetKind::Option,
        &[
            "option",
            "options",
            "opt",
            "call",
            "calls",
            "put",
            "puts",
            "call option",
            "put option",
            "equity option",
            "equity and index options",
        ],
    ),
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
            "fut",
            "future",
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

/// Returns the kind that the word of a row means. A class of assets, `Other` or `Crypto`, is no kind of what is known by its
/// ticker: a fund of gold or of coins is a fund.
pub fn of_row(word: &str, symbol: &str, name: &str) -> Option<AssetKind> {
    let kind = from_word(word)?;
    let vague = kind == AssetKind::Crypto
        || ["other", "alternative investment", "alternative investments"]
            .iter()
            .any(|vague| vague.eq_ignore_ascii_case(word.trim()));
    let told = vague && reference::is_listed(symbol.trim()) && guess(Some(symbol.trim()), name) != AssetKind::Crypto;
    Some(if told { security(symbol.trim(), name) } else { kind })
}

/// Returns whether a symbol has the shape of a ticker of the United States: up to five letters, perhaps with a class.
pub fn is_ticker(symbol: &str) -> bool {
    let root = symbol.split(['.', '/', '-']).next().unwrap_or_default();
    (1..=5).contains(&root.len())
        && root.bytes().all(|byte| byte.is_ascii_alphabetic())
        && symbol.len() <= root.len() + 2
}

/// Returns whether a description has a day or a rate, as that of a bond does.
pub fn is_dated(name: &str) -> bool {
    Words::of(name).dated
}

/// What a word of a description tells; a description tells what all its words do.
mod tells {
    pub const COIN: u32 = 1;
    /// A fund that holds coins is no coin.
    pub const WRAPPED: u32 = 1 << 1;
    pub const MONEY: u32 = 1 << 2;
    pub const MARKET: u32 = 1 << 3;
    pub const SWEEP: u32 = 1 << 4;
    pub const TRADED: u32 = 1 << 5;
    pub const FUND: u32 = 1 << 6;
    pub const DEBT: u32 = 1 << 7;
    pub const COMPANY: u32 = 1 << 8;
    pub const CASH: u32 = 1 << 9;
    pub const DEPOSIT: u32 = 1 << 10;
    /// What a deposit is called when it is at a bank and not a certificate.
    pub const BANKED: u32 = 1 << 11;
    pub const SETTLEMENT: u32 = 1 << 12;
    /// A right to shares, which is no share.
    pub const RIGHT: u32 = 1 << 13;
    /// Money that is owed.
    pub const BORROWED: u32 = 1 << 14;
    /// What money at a bank or in a fund of a broker is called, and what else is.
    pub const KEPT: u32 = 1 << 15;
    /// Money that is there until a day.
    pub const TERM: u32 = 1 << 16;
    /// The bare word for a fund, and for money.
    pub const VEHICLE: u32 = 1 << 17;
    /// Of money, that it is not invested.
    pub const UNINVESTED: u32 = 1 << 18;
}
use tells::{
    BANKED, BORROWED, CASH, COIN, COMPANY, DEBT, DEPOSIT, FUND, KEPT, MARKET, MONEY, RIGHT, SETTLEMENT, SWEEP, TERM,
    TRADED, UNINVESTED, VEHICLE, WRAPPED,
};

#[rustfmt::skip]
const VOCABULARY: &[(u32, &[&str])] = &[
    (COIN, &["BITCOIN", "ETHEREUM", "SOLANA", "DOGECOIN", "CARDANO", "LITECOIN", "RIPPLE", "XRP"]),
    (WRAPPED, &["TRUST", "FUND", "ETF", "TR"]),
    (MONEY, &["MONEY"]),
    (MARKET, &["MARKET", "MKT"]),
    (SWEEP, &["SWEEP"]),
    (TRADED, &["ETF", "ETFS", "ETN", "ISHARES", "SPDR", "UCITS"]),
    (FUND, &["ADMIRAL", "CL", "FD", "FDS", "FUND", "FUNDS", "IDX", "INDEX", "INSTL", "LPATH", "PLAN", "TARGET", "TR"]),
    (DEBT, &["BILL", "BOND", "BONDS", "CD", "DEBENTURE", "MUNI", "NOTE", "NOTES", "TREAS", "TREASURIES", "TREASURY"]),
    (COMPANY, &["INC", "CORP", "LTD", "PLC", "CO", "COM", "COMPANY", "HLDGS", "HOLDINGS", "GROUP", "GRP", "ADS", "ADR"]),
    (CASH, &["CASH", "FCASH", "DOLLAR", "DOLLARS", "CURRENCY", "USD", "CORE", "PENDING", "UNSETTLED", "SAVINGS", "CHECKING", "LIQUIDITY"]),
    (CASH, &["现金", "現金", "BARGELD", "EFECTIVO", "CONTANTI"]),
    (BORROWED, &["MARGIN", "DEBIT", "LOAN"]),
    (DEPOSIT, &["DEPOSIT", "DEPOSITS"]),
    (BANKED, &["BANK", "INSURED", "FDIC", "CASH", "PROGRAM"]),
    (SETTLEMENT, &["SETTLEMENT"]),
    (KEPT, &["SAVINGS", "CASH", "RESERVE", "RESERVES", "RASP", "INSURED", "FDIC"]),
    (VEHICLE, &["FUND", "FUNDS", "FD", "FDS"]),
    (UNINVESTED, &["UNSETTLED", "SETTLED", "UNINVESTED", "PENDING"]),
    (TERM, &["CERTIFICATE", "CERTIFICATES", "TERM"]),
    (RIGHT, &["WARRANT", "WARRANTS", "WT", "WTS", "RIGHTS", "RTS"]),
];

/// What a description tells.
struct Words {
    tells: u32,
    /// A date such as 11/15/34 or a rate such as 4.25%.
    dated: bool,
}

impl Words {
    fn of(name: &str) -> Self {
        let upper = name.to_ascii_uppercase();
        let meaning = |word: &str| {
            let told = VOCABULARY.iter().filter(|(_, words)| words.contains(&word));
            told.fold(0, |all, (tells, _)| all | tells)
        };
        let words = upper.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '&');
        Words {
            tells: words.map(meaning).fold(0, |all, one| all | one),
            dated: name.split_whitespace().any(|word| word.matches('/').count() == 2 || word.contains('%')),
        }
    }

    /// Returns whether the words tell something.
    fn tell(&self, what: u32) -> bool {
        self.tells & what != 0
    }

    /// Returns whether they tell of money at a bank that can be taken out any day.
    fn deposit(&self) -> bool {
        self.tell(DEPOSIT) && self.tell(BANKED) && !self.dated && !self.tell(DEBT | COMPANY)
    }

    /// Returns whether they are those of a coin, and of no fund that holds it.
    fn coin(&self) -> bool {
        self.tell(COIN) && !self.tell(WRAPPED | COMPANY | TRADED)
    }

    fn money_fund(&self) -> bool {
        self.tell(MONEY) && self.tell(MARKET | VEHICLE) || self.tell(SWEEP) || self.tell(SETTLEMENT) && self.tell(FUND)
    }

    /// Returns whether they are those of cash and of nothing that has a price.
    fn cash(&self) -> bool {
        // `Unsettled funds` are money.
        let funds = self.tell(UNINVESTED) && self.tell(VEHICLE);
        let fund = self.tell(FUND | WRAPPED) && !self.money_fund() && !funds;
        (self.tell(CASH) || funds || self.deposit() || self.money_fund())
            && !fund
            && !self.tell(COMPANY | TRADED | DEBT | COIN)
            && !self.dated
    }
}

/// Returns whether a name is that of a company.
pub fn is_company(name: &str) -> bool {
    Words::of(name).tell(COMPANY)
}

/// Returns whether a name is that of a fund, a bond or a money market, which may be held without a count of shares.
pub fn is_fund(name: &str) -> bool {
    // What money is kept for is called a fund as well.
    const KEPT: &[&str] =
        &["EMERGENCY", "RAINY", "SINKING", "VACATION", "TRAVEL", "HOUSE", "HOME", "CAR", "WEDDING", "COLLEGE", "SLUSH"];
    let upper = name.to_ascii_uppercase();
    if upper.split(|c: char| !c.is_alphanumeric()).any(|word| KEPT.contains(&word)) {
        return false;
    }
    let words = Words::of(name);
    words.tell(FUND | TRADED | WRAPPED | DEBT) || words.cash() || words.money_fund()
}

/// Returns whether a name at a price of exactly one is that of money at a bank or in a money fund: `PREFERRED DEPOSIT`,
/// `BOFA GOVERNMENT RESERVES`. A bank may be a share too, where the symbol is that of one.
pub fn is_kept(symbol: &str, name: &str) -> bool {
    let words = Words::of(name);
    let certain = words.tell(DEPOSIT | SWEEP | KEPT) || words.money_fund();
    let bank = words.tell(BANKED) && !is_ticker(symbol);
    (certain || bank && !words.tell(FUND | WRAPPED))
        && !words.tell(COMPANY | TRADED | DEBT | COIN | RIGHT | TERM | BORROWED)
        && !words.dated
}

/// Returns whether a name is that of money that is owed to the broker or a plan.
pub fn is_borrowed(name: &str) -> bool {
    let words = Words::of(name);
    words.tell(BORROWED) && !words.tell(COMPANY | TRADED | FUND | WRAPPED | DEBT)
}

/// Codes of currencies that alone in a row are money.
const MONEYS: &[&str] = &["EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "NZD", "HKD", "SGD"];

/// Symbols that mean cash where the name does not say otherwise: each is that of a security too.
const CASH_SYMBOLS: &[&str] = &["CASH", "USD", "CORE", "FCASH"];

/// Returns the currency of a row whose symbol and name are those of cash: `CUR:USD`, `$CASH`, `Cash & Cash Investments`.
/// Whether it is cash is for its price to say.
pub fn cash_currency(symbol: &str, name: &str) -> Option<String> {
    let upper = symbol.to_ascii_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_mark = |word: &&str| matches!(*word, "CUR" | "CASH" | "CURRENCY");
    let marked = words.iter().any(is_mark) && words.iter().all(|word| is_mark(word) || currencies::is_code(word));
    let named = name.is_empty() || Words::of(name).cash();
    let code = words.iter().find(|word| currencies::is_code(word)).copied();
    if marked && (words.len() > 1 || symbol.starts_with('$') || named) {
        return Some(code.unwrap_or("USD").to_owned());
    }
    if of_pair(symbol).is_some() {
        return None;
    }
    // No share of which many are held has the code of one of these.
    if MONEYS.contains(&symbol) && name.is_empty() {
        return Some(symbol.to_owned());
    }
    if CASH_SYMBOLS.contains(&upper.as_str()) {
        return named.then(|| "USD".to_owned());
    }
    let is_ticker = !symbol.is_empty() && symbol.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let label = if symbol.is_empty() { name } else { symbol };
    if !label.is_empty() && label.bytes().all(|byte| byte == b'$') {
        return Some("USD".to_owned());
    }
    (!is_ticker && Words::of(label).cash()).then(|| currencies::in_words(label).unwrap_or("USD").to_owned())
}

/// Returns the kind that symbol and description suggest. A plain ticker of which nothing is known is a stock.
pub fn guess(symbol: Option<&str>, name: &str) -> AssetKind {
    let words = Words::of(name);
    let symbol = symbol.unwrap_or("");
    if symbol.contains(':') && cash_currency(symbol, "").is_some() {
        return AssetKind::Cash;
    }
    if CASH_SYMBOLS.contains(&symbol) && (name.is_empty() || words.cash() || name.starts_with("HELD IN")) {
        return AssetKind::Cash;
    }
    if is_coin(symbol, &words, name.is_empty()) {
        return AssetKind::Crypto;
    }
    if words.money_fund()
        || words.deposit()
        || symbol.len() == 5 && symbol.get(3..).is_some_and(|end| end.eq_ignore_ascii_case("XX"))
    {
        return AssetKind::MoneyMarket;
    }
    security(symbol, name)
}

/// Like [`guess`], for what the broker says is neither cash nor a coin.
pub fn security(symbol: &str, name: &str) -> AssetKind {
    let words = Words::of(name);
    let bare = symbol.split('.').next().unwrap_or("");
    let share_class =
        || name.contains('(') && ["(ACC)", "(DIST)"].iter().any(|class| name.to_uppercase().contains(class));
    if words.tell(TRADED) || is_etf(symbol) || share_class() {
        return AssetKind::Etf;
    }
    // Whatever the broker calls it, nothing else is quoted so.
    if of_pair(symbol).is_some() {
        return AssetKind::Crypto;
    }
    if words.tell(RIGHT) {
        return AssetKind::Other;
    }
    let cusip = is_cusip(symbol);
    if symbol.is_empty() || cusip || symbol.contains(' ') {
        if words.tell(DEBT) && (words.dated || cusip) || is_debt_number(symbol) && !words.tell(FUND | WRAPPED) {
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

/// A bare symbol of a coin is that of a stock or a fund too, so a name decides.
fn is_coin(symbol: &str, words: &Words, nameless: bool) -> bool {
    let is = |list: &[&str], text: &str| list.contains(&text);
    // Without a mark between them only a coin that is known is one.
    let joined = symbol.strip_suffix("USD").is_some_and(|coin| is(COINS, coin) || is(STOCKS_TOO, coin));
    words.coin() || of_pair(symbol).is_some() || joined || nameless && is(COINS, symbol) && !is_etf(symbol)
}

/// Returns what a pair is quoted for, as `BTC` of `BTC-USD`: a coin, since no security and no cash is quoted so. Two
/// currencies are a rate, and a word for cash beside the dollar is cash.
fn of_pair(symbol: &str) -> Option<&str> {
    let told = symbol.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')).map(|(_, pair)| pair);
    if let Some(pair) = told.filter(|pair| !pair.contains('(')) {
        return of_pair(pair).filter(|coin| COINS.contains(coin) || STOCKS_TOO.contains(coin));
    }
    let pair = symbol.rsplit_once(':').map_or(symbol, |(_, pair)| pair);
    let (coin, quoted) = pair.split_once(['-', '/', '_', ' '])?;
    let is_dollar = ["USD", "USDT", "USDC"].iter().any(|code| quoted.eq_ignore_ascii_case(code));
    let is_name = (2..=10).contains(&coin.len()) && coin.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let upper = coin.to_ascii_uppercase();
    // Words stand beside blanks.
    let known = !pair.contains(' ') || COINS.contains(&upper.as_str());
    let cash = Words::of(coin).tell(CASH | SWEEP | MONEY | BORROWED | DEPOSIT | BANKED) || upper == "CUR";
    (is_dollar && is_name && known && !cash && !currencies::is_code(&upper)).then_some(coin)
}

/// Returns whether a symbol is that of a coin quoted in dollars: `BTC-USD`.
pub fn is_pair(symbol: &str) -> bool {
    of_pair(symbol).is_some()
}

/// Coins whose ticker is no stock of which many are held.
const COINS: &[&str] = &[
    "BTC", "ETH", "SOL", "DOGE", "XRP", "ADA", "AVAX", "DOT", "SHIB", "XLM", "MATIC", "USDC", "USDT", "ALGO", "XTZ",
    "HBAR",
];
/// Coins whose ticker is that of a company.
const STOCKS_TOO: &[&str] = &["LTC", "BCH", "LINK", "ATOM", "UNI"];

/// Coins whose ticker is that of a stock or fund too, and the prices between which neither can be told.
const TWO_MEANINGS: &[(&str, i64, i64)] = &[
    ("BTC", 500, 5_000),
    ("ETH", 150, 300),
    ("SOL", 5, 15),
    ("BCH", 60, 120),
    ("LTC", 0, i64::MAX),
    ("LINK", 0, i64::MAX),
    ("ATOM", 0, i64::MAX),
];

/// Returns whether a ticker without a name is a coin, where its price tells; `None` where it may be one or a security.
pub fn is_coin_at(symbol: &str, price: Option<Decimal>) -> Option<bool> {
    let Some((_, below, above)) = TWO_MEANINGS.iter().find(|(coin, ..)| *coin == symbol) else {
        return Some(COINS.contains(&symbol) || of_pair(symbol).is_some());
    };
    let price = price?;
    match (price <= Decimal::from(*below), price >= Decimal::from(*above)) {
        (true, _) => Some(false),
        (_, true) => Some(true),
        _ => None,
    }
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

    /// `USD` behind a mark is what a coin is quoted in, and no word for cash.
    #[test]
    fn a_pair_with_the_dollar_is_a_coin_and_no_cash() {
        for symbol in [
            "BTC-USD",
            "ETH-USD",
            "SOL/USD",
            "FOO-USD",
            "btc-usd",
            "BTC USD",
            "CRYPTO:BTC-USD",
            "BTC_USDT",
            "Chainlink (LINK-USD)",
        ] {
            assert_eq!(cash_currency(symbol, ""), None, "{symbol}");
            assert_eq!(cash_currency(symbol, "Bitcoin USD"), None, "{symbol}");
            assert_eq!(
                (guess(Some(symbol), ""), is_coin_at(symbol, None)),
                (AssetKind::Crypto, Some(true)),
                "{symbol}"
            );
        }
        assert_eq!(cash_currency("", "Bitcoin USD"), None);
        for symbol in ["CASH-USD", "CUR:USD", "USD", "SWEEP-USD", "Cash USD", "CUR-USD", "Cash (USD)"] {
            assert_eq!(cash_currency(symbol, "").as_deref(), Some("USD"), "{symbol}");
        }
    }

    #[test]
    fn names_of_deposits_are_those_of_cash() {
        for name in [
            "BANK OF AMERICA, NA RASP",
            "PREFERRED DEPOSIT",
            "INSURED SAVINGS",
            "BOFA GOVERNMENT RESERVES",
            "FDIC SWEEP PROGRAM",
            "MONEY MARKET FUND",
            "GOVERNMENT CASH RESERVES FUND",
        ] {
            assert!(is_kept("990286916", name), "{name}");
        }
        for name in [
            "CD Ally Bank 4.1% 2027",
            "CERTIFICATE OF DEPOSIT",
            "BANK OF AMERICA CORP",
            "BANK LOAN FUND",
            "STABLE VALUE FUND",
            "US TREASURY BILL 12/24/26",
            "",
        ] {
            assert!(!is_kept("990286916", name), "{name}");
        }
        assert!(!is_kept("FRCB", "FIRST REPUBLIC BANK"));
    }
}
