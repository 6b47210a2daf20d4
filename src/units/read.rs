//! Numbers as the files of brokers print them.

use super::{Decimal, LARGEST_INPUT, MOST_DECIMALS};

/// How a file writes its decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberStyle {
    /// `1,234.56`.
    Point,
    /// `1.234,56` or `1 234,56`.
    Comma,
}

/// Why a cell is not a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// The text is something else.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// The magnitude is beyond anything a household holds.
    #[error("`{0}` is larger than broaden accepts (one trillion)")]
    TooLarge(String),
}

/// Texts that say "unknown" in broker files. Unknown is not zero.
const NULLS: [&str; 14] = [
    "",
    "-",
    "--",
    "---",
    "n/a",
    "#n/a",
    "na",
    "incomplete",
    "not applicable",
    "null",
    "none",
    "not available",
    "\u{2014}",
    "\u{2013}",
];

/// Returns a symbol without the footnote marks behind it.
pub(crate) fn unstarred(symbol: &str) -> &str {
    symbol.trim().trim_end_matches('*').trim_end()
}

/// Returns whether a cell says that the value is not known.
pub fn is_null(text: &str) -> bool {
    let text = text.trim();
    NULLS.iter().any(|null| text.eq_ignore_ascii_case(null))
}

/// Reads a number as brokers print it: `$1,234.56`, `-$1.00`, `$-1425.63`, `($700.00)`, `+0.57%`, `.1250`, `3.70E-09`,
/// `1 950,60`. Nulls (`--`, `N/A`, `Incomplete`, empty) are `Ok(None)`. A percent sign is dropped, not applied.
///
/// # Errors
/// [`NumberError`] for text that is not a number or is beyond [`LARGEST_INPUT`].
pub fn parse_number(text: &str, style: NumberStyle) -> Result<Option<Decimal>, NumberError> {
    if is_null(text) {
        return Ok(None);
    }
    let bad = || NumberError::NotANumber(shortened(text));
    let trimmed = text.trim();
    if trimmed.len() > 100 {
        return Err(bad());
    }
    // What is in dollars is no other number: `US$300`, `300 USD`. Ledgers write the minus behind.
    let trimmed = trimmed.strip_prefix("US").filter(|rest| rest.starts_with('$')).unwrap_or(trimmed);
    let trimmed = trimmed.strip_suffix("USD").map_or(trimmed, str::trim_end);
    let (trimmed, behind) = match trimmed.strip_suffix('-') {
        Some(rest) if rest.ends_with(|c: char| c.is_ascii_digit()) => (rest, true),
        _ => (trimmed, false),
    };
    // Spreadsheets write `$(700.00)` where brokers write `($700.00)`.
    let inner = trimmed.strip_prefix('$').map_or(trimmed, str::trim_start);
    let (body, bracketed) = match inner.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (trimmed, false),
    };
    let mut negative = bracketed || behind;
    let mut signs = usize::from(bracketed) + usize::from(behind);
    let mut plain = String::new();
    let (group, point) = match style {
        NumberStyle::Point => (',', '.'),
        NumberStyle::Comma => ('.', ','),
    };
    let mut previous = ' ';
    let mut groups: Option<u32> = None;
    let mut parted = false;
    for character in body.chars() {
        match character {
            '-' | '\u{2212}' if plain.is_empty() => {
                negative = true;
                signs += 1;
            }
            '+' if plain.is_empty() => signs += 1,
            '-' | '+' if matches!(previous, 'e' | 'E') => plain.push(character),
            '$' | '%' => {}
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' => parted |= previous.is_ascii_digit(),
            digit if digit.is_ascii_digit() => {
                // A blank within a number parts thousands; `1 2` is two numbers.
                if std::mem::take(&mut parted) {
                    if plain.contains(['.', 'e']) || groups.is_some_and(|digits| digits != 3) {
                        return Err(bad());
                    }
                    groups = Some(0);
                }
                plain.push(digit);
                groups = groups.map(|digits| if plain.contains(['.', 'e']) { digits } else { digits + 1 });
            }
            'e' | 'E' if !plain.is_empty() => plain.push('e'),
            other if other == point => plain.push('.'),
            other if other == group && !plain.contains('.') && groups.is_none_or(|digits| digits == 3) => {
                groups = Some(0)
            }
            _ => return Err(bad()),
        }
        previous = character;
    }
    // `182,33` is a decimal comma, and no hundred times as much.
    if groups.is_some_and(|digits| digits != 3) {
        return Err(bad());
    }
    if signs > 1 || !plain.chars().any(|c| c.is_ascii_digit()) {
        return Err(bad());
    }
    let value = if plain.contains('e') {
        Decimal::from_scientific(&plain).map_err(|_| bad())?
    } else {
        // More digits than a decimal holds are cut, never rounded into the next unit.
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        if fraction.contains('.') {
            return Err(bad());
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > 13 {
            return Err(NumberError::TooLarge(shortened(text)));
        }
        let kept: String = fraction.chars().take(MOST_DECIMALS as usize).collect();
        let whole = if whole.is_empty() { "0" } else { whole };
        let joined = if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") };
        joined.parse::<Decimal>().map_err(|_| bad())?
    };
    let value = if value.scale() > MOST_DECIMALS { value.round_dp(MOST_DECIMALS) } else { value };
    if value.abs() > Decimal::from(LARGEST_INPUT) {
        return Err(NumberError::TooLarge(shortened(text)));
    }
    Ok(Some(if negative && !value.is_zero() { -value } else { value }))
}

/// Returns a text as a message shows it: without control characters, and its first forty only.
pub(crate) fn shortened(text: &str) -> String {
    let mut characters = text.trim().chars().filter(|c| !c.is_control());
    let mut shown: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        parse_number(text, NumberStyle::Point).unwrap().map(|value| value.normalize().to_string())
    }

    #[test]
    fn broker_numbers_are_read() {
        for (text, value) in [
            ("$1,234.56", "1234.56"),
            ("-$1.00", "-1"),
            ("$-1425.63", "-1425.63"),
            ("+$1.12", "1.12"),
            ("($700.00)", "-700"),
            ("(500.00)", "-500"),
            (" $(82.20) ", "-82.2"),
            (".1250", "0.125"),
            ("-.02", "-0.02"),
            ("1,784.87", "1784.87"),
            ("+0.57%", "0.57"),
            ("-100.0000", "-100"),
            (" 12 ", "12"),
            ("1 234 567.5 %", "1234567.5"),
            ("1'234", "1234"),
            ("1  234", "1234"),
            ("- $ 12", "-12"),
            ("3.70E-09", "0.000000003700"),
            ("0.123456789012345678901234567890", "0.123456789012"),
        ] {
            assert_eq!(
                read(text).as_deref(),
                Some(value.trim_end_matches('0')).filter(|v| v.contains('.')).or(Some(value)),
                "{text}"
            );
        }
        for (text, number) in
            [("US$300", "300"), ("3,000.50 USD", "3000.50"), ("USD", ""), ("-US$1", ""), ("500.25-", "-500.25")]
        {
            let read = parse_number(text, NumberStyle::Point).ok().flatten().map(|read| read.to_string());
            assert_eq!(read.unwrap_or_default(), number, "{text}");
        }
        assert!(parse_number("-500-", NumberStyle::Point).is_err());
        assert_eq!(parse_number("1 950,60", NumberStyle::Comma).unwrap().unwrap().to_string(), "1950.60");
        assert_eq!(parse_number("1\u{a0}950,60", NumberStyle::Comma).unwrap().unwrap().to_string(), "1950.60");
    }

    #[test]
    fn unknown_is_not_zero() {
        for text in ["", "--", "N/A", "n/a", "Incomplete", "not applicable", "null", "#N/A"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "182,33",
            "1,5",
            "12,34,5",
            "1,2345",
            "$1,23.50",
            "abc",
            "1.2.3",
            "12x",
            "--5",
            "$",
            "e5",
            "1e999",
            "9999999999999999",
            "(-5)",
            "1 2",
            "1 2345",
            "12 34 567",
            "1.5 000",
        ] {
            assert!(parse_number(text, NumberStyle::Point).is_err(), "{text}");
        }
    }
}
