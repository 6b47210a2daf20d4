//! Currencies as files write them: a code, a sign, a word, or the exchange of a ticker.

use super::FOREIGN;
use super::report::Report;
use super::table::Row;
use crate::diagnostics::Diagnostic;
use crate::model::Currency;
use crate::reference;

/// Codes that a symbol or a name may stand for.
#[rustfmt::skip]
const CODES: &[&str] = &[
    "USD", "EUR", "GBP", "CAD", "CHF", "JPY", "AUD", "NZD", "HKD", "SGD", "SEK", "NOK", "DKK", "CNY", "CNH", "INR", "KRW",
    "TWD", "MXN", "BRL", "ZAR", "ILS", "PLN", "CZK", "HUF", "TRY", "THB", "GBX",
];

/// What else they are called, in lower case.
const WORDS: &[(&str, &[&str])] = &[
    (
        "USD",
        &["us$", "$", "u.s. dollar", "u.s. dollars", "us dollar", "us dollars", "dollar", "dollars", "usd$", "美元"],
    ),
    ("EUR", &["€", "euro", "euros"]),
    // London quotes in pence, which no code of three letters should hide.
    ("GBX", &["pence", "gbp pence", "penny sterling"]),
    ("GBP", &["£", "pound", "pounds", "pound sterling", "sterling", "british pound"]),
    ("CAD", &["c$", "ca$", "can$", "canadian dollar", "canadian dollars"]),
    ("AUD", &["a$", "au$", "australian dollar"]),
    ("HKD", &["hk$", "hong kong dollar", "港元", "港币", "港幣"]),
    ("CNY", &["人民币", "人民幣"]),
    ("JPY", &["¥", "yen", "japanese yen"]),
    ("CHF", &["fr", "sfr", "franc", "swiss franc", "swiss francs"]),
    ("INR", &["₹", "rupee", "rupees"]),
];

/// Returns whether a text is a code of a currency, in capitals.
pub fn is_code(text: &str) -> bool {
    CODES.contains(&text)
}

/// Returns the currency that a cell names; that of no currency for a text that is none.
pub fn named(text: &str) -> Currency {
    let text = text.trim();
    if text == "GBp" || text == "GBX" || text == "GBx" {
        return "GBX".into();
    }
    let lower = text.to_lowercase();
    if let Some((code, _)) = WORDS.iter().find(|(_, words)| words.contains(&lower.as_str())) {
        return (*code).into();
    }
    let code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if code { text.to_uppercase().into() } else { Currency::UNKNOWN }
}

/// Returns what stands before the currency at the end of a column's name, and that currency: `value (eur)`, `price £`.
pub fn behind(name: &str) -> Option<(&str, Currency)> {
    let name = name.trim_end();
    let sign = |c: char| matches!(c, '€' | '£' | '¥' | '₹');
    let (rest, word) = match name.strip_suffix(')').and_then(|inner| inner.rsplit_once('(')) {
        Some(parts) => parts,
        None => match name.rsplit_once(' ') {
            Some(parts) => parts,
            None => name.char_indices().next_back().filter(|(_, last)| sign(*last)).map(|(at, _)| name.split_at(at))?,
        },
    };
    let lower = word.trim().to_lowercase();
    let known = is_code(&lower.to_uppercase()) || WORDS.iter().any(|(_, words)| words.contains(&lower.as_str()));
    (known && !rest.trim().is_empty()).then(|| (rest.trim(), named(word)))
}

/// Returns the currency that a cell of a row names, `None` for an empty one. A text that is none is reported.
pub fn of_cell(row: &Row<'_>, column: Option<usize>, report: &mut Report) -> Option<Currency> {
    let column = column.filter(|column| !row.is_null(Some(*column)))?;
    let currency = named(row.text(column));
    if currency == Currency::UNKNOWN {
        let message =
            format!("`{}` is no currency that broaden knows; the row has no value in dollars", row.text(column));
        report.push(
            Diagnostic::warning(FOREIGN, message)
                .at(row.cell_place(column))
                .hint("write the code of the currency, such as USD; where the file ends here, download it again"),
        );
    }
    Some(currency)
}

/// Returns the code of a currency that one of the words of a name means.
pub fn in_words(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let phrase = |words: &[&str]| words.iter().any(|word| word.contains(' ') && lower.contains(word));
    if let Some((code, _)) = WORDS.iter().find(|(_, words)| phrase(words)) {
        return Some(code);
    }
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| {
        let code = CODES.iter().find(|code| code.eq_ignore_ascii_case(word)).copied();
        code.or_else(|| WORDS.iter().skip(1).find(|(_, words)| words.contains(&word)).map(|(code, _)| *code))
    })
}

/// Returns the currency in which the exchange of a ticker quotes, by the suffix that Yahoo gives it or the exchange before
/// it. `None` for a ticker without one.
pub fn of_exchange(symbol: &str) -> Option<&'static str> {
    let (prefix, rest) = symbol.split_once(':').map_or(("", symbol), |(prefix, rest)| (prefix, rest));
    match prefix {
        "TSE" | "TSX" | "TSXV" | "CVE" | "NEO" => return Some("CAD"),
        "LON" | "LSE" => return Some("GBX"),
        "ETR" | "FRA" | "XETRA" | "EPA" | "AMS" | "BIT" | "BME" | "EBR" => return Some("EUR"),
        "SWX" => return Some("CHF"),
        "ASX" => return Some("AUD"),
        "TYO" => return Some("JPY"),
        "HKG" => return Some("HKD"),
        _ => {}
    }
    // `MKC.V` is a share class of New York.
    if reference::share_class(&rest.replace('.', "")).is_some() {
        return None;
    }
    match rest.rsplit_once('.')?.1 {
        "TO" | "V" | "NE" | "CN" => Some("CAD"),
        "DE" | "F" | "PA" | "AS" | "MI" | "MC" | "BR" | "VI" | "LS" | "HE" | "IR" | "SG" | "DU" | "MU" => Some("EUR"),
        "L" => Some("GBX"),
        "SW" => Some("CHF"),
        "HK" => Some("HKD"),
        "T" => Some("JPY"),
        "AX" => Some("AUD"),
        "ST" => Some("SEK"),
        "CO" => Some("DKK"),
        "OL" => Some("NOK"),
        "SA" => Some("BRL"),
        "NS" | "BO" => Some("INR"),
        "KS" | "KQ" => Some("KRW"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_named_in_many_ways_and_never_guessed() {
        for (text, code) in [
            ("USD", "USD"),
            ("US$", "USD"),
            ("$", "USD"),
            ("usd", "USD"),
            ("Euro", "EUR"),
            ("£", "GBP"),
            ("C$", "CAD"),
            ("GBp", "GBX"),
            ("GBX", "GBX"),
            ("GBP", "GBP"),
            ("Canadian Dollar", "CAD"),
            ("Brass", "XXX"),
            ("??", "XXX"),
        ] {
            assert_eq!(named(text), Currency::from(code), "{text}");
        }
        assert_eq!(
            (of_exchange("VFV.TO"), of_exchange("MKC.V"), of_exchange("TSE:VFV")),
            (Some("CAD"), None, Some("CAD"))
        );
        for (name, told) in [
            ("value (eur)", Some(("value", "EUR"))),
            ("price £", Some(("price", "GBP"))),
            ("price£", Some(("price", "GBP"))),
            ("market value (c$)", Some(("market value", "CAD"))),
            ("price (pence)", Some(("price", "GBX"))),
            ("cost usd", Some(("cost", "USD"))),
            ("price now", None),
            ("total cost", None),
            ("eur", None),
        ] {
            assert_eq!(behind(name), told.map(|(rest, code)| (rest, Currency::from(code))), "{name}");
        }
        assert_eq!((in_words("Cash EUR"), in_words("Canadian dollar")), (Some("EUR"), Some("CAD")));
    }
}
