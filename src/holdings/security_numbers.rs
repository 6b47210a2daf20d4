//! Numbers of securities, by their shape: CUSIP and ISIN.

/// Returns whether a symbol is a CUSIP: nine letters and digits, some of them digits. No ticker has nine characters.
pub fn is_cusip(symbol: &str) -> bool {
    symbol.len() == 9
        && symbol.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && symbol.bytes().any(|byte| byte.is_ascii_digit())
}

/// Returns whether a symbol is the CUSIP of a debt: its issue, the seventh and eighth characters, has a letter, where that of
/// a share has digits alone (CUSIP Global Services, "About CUSIP identifiers").
pub fn is_debt_number(symbol: &str) -> bool {
    let issuer = symbol.bytes().take(6).filter(u8::is_ascii_digit).count();
    is_cusip(symbol)
        && issuer >= 3
        && symbol.bytes().skip(6).take(2).any(|byte| byte.is_ascii_uppercase())
        && symbol.ends_with(|last: char| last.is_ascii_digit())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn isins_are_checked_by_their_digit() {
        assert!(is_isin("US0231351067") && is_isin("IE00BK5BQT80") && !is_isin("US0231351068"));
        assert!(is_cusip("912797KX4") && !is_cusip("ABCDEFGHI"));
        // Apple's notes and shares, a bill, a CD, a fund.
        for (cusip, debt) in
            [("037833AK6", true), ("037833100", false), ("912797KX4", true), ("02587DN38", true), ("09261F572", false)]
        {
            assert_eq!(is_debt_number(cusip), debt, "{cusip}");
        }
    }
}
