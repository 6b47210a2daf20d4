//! One option, every broker's spelling: all become the OCC symbol `VTI   261218C00300000`.

use chrono::NaiveDate;

use super::dates;
use crate::model::Position;
use crate::units::{Decimal, NumberStyle, parse_number};

/// An option contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionContract {
    /// Ticker of the underlying.
    pub underlying: String,
    /// Last day.
    pub expiry: NaiveDate,
    /// Call, else put.
    pub call: bool,
    /// Strike price.
    pub strike: Decimal,
}

impl OptionContract {
    /// Returns the 21 characters of the Options Clearing Corporation; `None` for a strike that does not fit.
    pub fn occ(&self) -> Option<String> {
        let thousandths = self.strike.checked_mul(Decimal::ONE_THOUSAND)?.trunc().normalize();
        let side = if self.call { 'C' } else { 'P' };
        let strike = format!("{thousandths:0>8}");
        // Contracts on class shares are listed without the point: BRKB.
        let root: String = self.underlying.chars().filter(char::is_ascii_alphanumeric).collect();
        (strike.len() == 8 && root.len() <= 6)
            .then(|| format!("{root:<6}{}{side}{strike}", self.expiry.format("%y%m%d")))
    }
}

/// Returns the contract of an option position.
pub fn contract(position: &Position) -> Option<OptionContract> {
    parse(position.symbol.as_deref()?).or_else(|| parse(&position.name))
}

/// Reads an option in any of the spellings of Schwab, Fidelity, E*TRADE, Interactive Brokers (statement and Flex),
/// Wealthsimple, thinkorswim (with the underlying in front) and Robinhood.
pub fn parse(text: &str) -> Option<OptionContract> {
    // The shortest is `A261218C1`; almost every symbol is shorter.
    const SHORTEST: usize = 9;
    if text.len() < SHORTEST {
        return None;
    }
    let text = text.trim().trim_start_matches('-').trim();
    if !(SHORTEST..=60).contains(&text.len()) || !text.is_ascii() || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut words: Vec<&str> = text.split_whitespace().filter(|word| !word.starts_with('(')).collect();
    // `BRK B 18DEC26 300 C`: a class share takes two words.
    let root;
    if let [first, class, rest, ..] = words.as_slice()
        && class.len() == 1
        && class.bytes().all(|byte| byte.is_ascii_uppercase())
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        root = format!("{first}.{class}");
        words.splice(..2, [root.as_str()]);
    }
    match words.as_slice() {
        // VTI 12/18/2026 300.00 C, MSFT 2027-06-17 480 C
        [root, expiry, strike, side] if dates::date(expiry).is_some() && side.len() == 1 => {
            build(root, dates::date(expiry)?, side, strike)
        }
        // NVDA 9/18/2026 Call $200.00
        [root, expiry, side, strike] if expiry.contains('/') => build(root, dates::date(expiry)?, side, strike),
        // VTI 18DEC26 300 C
        [root, expiry, strike, side] if side.len() == 1 => build(root, packed_day(expiry)?, side, strike),
        // VTI Dec 18 '26 $300 Call
        [root, month, day, year, strike, side] if year.starts_with('\'') => {
            let year = year.trim_start_matches('\'');
            let year: i32 = year.parse().ok().filter(|_| year.len() == 2)?;
            let expiry = NaiveDate::from_ymd_opt(2000 + year, dates::month(month)?, day.parse().ok()?)?;
            build(root, expiry, side, strike)
        }
        // MSFT 100 17 JUN 27 480 CALL
        [root, multiplier, day, month, year, strike, side] if multiplier.bytes().all(|b| b.is_ascii_digit()) => {
            let year: i32 = year.parse().ok().filter(|_| year.len() == 2)?;
            let expiry = NaiveDate::from_ymd_opt(2000 + year, dates::month(month)?, day.parse().ok()?)?;
            build(root, expiry, side, strike)
        }
        // VTI   261218C00300000
        [root, rest] => occ(root, rest),
        // VTI261218C300, VTI261218C00300000
        [one] => {
            // `O:SPY261218P00500000`, and `SPY_121826P500` with the year last.
            let one = one.strip_prefix("O:").unwrap_or(one);
            if let Some((root, rest)) = one.split_once('_') {
                let (month_day, year) = (rest.get(..4)?, rest.get(4..6)?);
                return occ(root, &format!("{year}{month_day}{}", rest.get(6..)?));
            }
            let digits = one.find(|c: char| c.is_ascii_digit())?;
            let (root, rest) = one.split_at_checked(digits)?;
            occ(root, rest)
        }
        _ => None,
    }
    .or_else(|| loose(&words))
}

/// Reads an option whose parts stand in another order: `SPY $500 Put 12/18/2026`, `PUT SPY $500 EXP 12/18/26`,
/// `SPY Dec 18 2026 500 P`, `SPY 12/18/26 P500`. Each part must be there once, and nothing else.
fn loose(words: &[&str]) -> Option<OptionContract> {
    let (mut root, mut expiry, mut side, mut strike) = (None, None, None, None);
    let mut rest = words;
    // A part that is there twice makes it something else.
    fn take<T>(slot: &mut Option<T>, found: T) -> Option<()> {
        slot.replace(found).is_none().then_some(())
    }
    let is_side = |word: &str| matches!(word.to_ascii_uppercase().as_str(), "C" | "P" | "CALL" | "PUT");
    while let [word, after @ ..] = rest {
        rest = after;
        let fused = [word.split_at_checked(1), word.split_at_checked(word.len() - 1).map(|(a, b)| (b, a))];
        let fused = fused.into_iter().flatten().find(|(letter, number)| is_side(letter) && is_price(number));
        if word.eq_ignore_ascii_case("EXP") {
            continue;
        }
        if is_side(word) {
            take(&mut side, *word)?;
        } else if let Some((letter, number)) = fused {
            take(&mut side, letter)?;
            take(&mut strike, number)?;
        } else if let Some(day) = dates::date(word).or_else(|| packed_day(word)) {
            take(&mut expiry, day)?;
        } else if let Some((day, behind)) = spelled_day(word, after) {
            take(&mut expiry, day)?;
            rest = behind;
        } else if is_price(word) {
            take(&mut strike, *word)?;
        } else {
            take(&mut root, *word)?;
        }
    }
    build(root.filter(|root| root.bytes().all(|byte| !byte.is_ascii_lowercase()))?, expiry?, side?, strike?)
}

/// Returns whether a text is that of an option of which a part is not said, such as the year: `SPY 12/18 500P`,
/// `SPY DEC 26 500 PUT`. Its price is that of one share of a hundred all the same.
pub fn resembles(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let fused = |word: &str| {
        word.is_ascii()
            && word.len() > 1
            && word.split_at_checked(word.len() - 1).is_some_and(|(number, side)| {
                matches!(side, "C" | "P" | "c" | "p") && is_price(number) && !number.contains('/')
            })
    };
    let is_side = |word: &str| ["CALL", "PUT"].iter().any(|side| side.eq_ignore_ascii_case(word));
    let is_day = |word: &str| {
        dates::month(word).is_some() || word.split_once('/').is_some_and(|(a, b)| is_price(a) && is_price(b))
    };
    let count = |is: &dyn Fn(&str) -> bool| words.iter().filter(|word| is(word)).count();
    let others: Vec<&&str> =
        words.iter().filter(|word| !fused(word) && !is_side(word) && !is_day(word) && !is_price(word)).collect();
    let root =
        matches!(others.as_slice(), [root] if root.len() <= 6 && root.bytes().all(|byte| !byte.is_ascii_lowercase()));
    let strike = count(&fused) == 1 || count(&is_side) == 1 && count(&is_price) > 0;
    root && count(&is_day) == 1 && strike && count(&fused) + count(&is_side) == 1
}

/// Returns whether a text is that of an option that lacks its strike, its side or its day: `SPY 26DEC18`, `SPY DEC26 C`,
/// `SPY Call`. A stock has neither a day nor a side.
pub fn lacks_a_part(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [root, rest @ ..] = words.as_slice() else { return false };
    let is_root = root.len() <= 6 && root.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'.');
    if !is_root || rest.is_empty() || !text.is_ascii() || parse(text).is_some() || resembles(text) {
        return false;
    }
    let (mut days, mut sides, mut numbers, mut left) = (0, 0, 0, rest);
    while let [word, after @ ..] = left {
        left = after;
        let fused =
            word.split_at_checked(word.len() - 1).is_some_and(|(number, side)| is_side(side) && is_price(number));
        if let Some((_, behind)) = spelled_day(word, after) {
            (days, left) = (days + 1, behind);
        } else if is_side(word) {
            sides += 1;
        } else if fused {
            (sides, numbers) = (sides + 1, numbers + 1);
        } else if dates::date(word).is_some() || is_packed(word) || dates::month(word).is_some() {
            days += 1;
        } else if is_price(word) {
            numbers += 1;
        } else {
            return false;
        }
    }
    // Behind a month alone a number may be the year; `BAC P` is a share of a class.
    let class = rest.iter().all(|word| word.len() == 1);
    !class && days + sides > 0 && days <= 1 && sides <= 1 && numbers <= 2
}

fn is_side(word: &str) -> bool {
    ["C", "P", "CALL", "PUT", "CALLS", "PUTS"].iter().any(|side| side.eq_ignore_ascii_case(word))
}

/// Returns whether a word is a day whose parts stand together, in whatever order: `26DEC18`, `18DEC26`, `DEC26`, `261218`.
fn is_packed(word: &str) -> bool {
    let month = |at: usize| word.get(at..at + 3).is_some_and(|name| dates::month(name).is_some());
    let digits = |part: Option<&str>| {
        part.is_some_and(|part| matches!(part.len(), 2 | 4) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let both = |at: usize| month(at) && digits(word.get(..at)) && digits(word.get(at + 3..));
    let packed = word.len() == 6 && dates::date(&format!("20{word}")).is_some();
    packed || both(2) || both(4) || month(0) && digits(word.get(3..))
}

fn is_price(text: &str) -> bool {
    let digits = text.trim_start_matches('$');
    digits.bytes().any(|byte| byte.is_ascii_digit()) && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Reads a day of three words, `Dec 18 2026` or `18 Dec 26`, and returns what stands behind it.
fn spelled_day<'a, 'w>(first: &str, after: &'a [&'w str]) -> Option<(NaiveDate, &'a [&'w str])> {
    let [second, year, behind @ ..] = after else { return None };
    let (month, day) = match (dates::month(first), dates::month(second)) {
        (Some(month), None) => (month, *second),
        (None, Some(month)) => (month, first),
        _ => return None,
    };
    let day = day.trim_end_matches(',').parse().ok()?;
    let digits = year.trim_start_matches('\'');
    let year: i32 = digits.parse().ok()?;
    let year = match digits.len() {
        2 => 2000 + year,
        4 => year,
        _ => return None,
    };
    Some((NaiveDate::from_ymd_opt(year, month, day)?, behind))
}

/// `18DEC26`.
fn packed_day(text: &str) -> Option<NaiveDate> {
    let (day, month, year) = (text.get(..2)?, text.get(2..5)?, text.get(5..)?);
    let year: i32 = year.parse().ok().filter(|_| year.len() == 2)?;
    NaiveDate::from_ymd_opt(2000 + year, dates::month(month)?, day.parse().ok()?)
}

/// `261218C00300000` (strike in thousandths) or `261218C300`.
fn occ(root: &str, rest: &str) -> Option<OptionContract> {
    let (day, side, strike) = (rest.get(..6)?, rest.get(6..7)?, rest.get(7..)?);
    let day = dates::date(&format!("20{day}"))?;
    let contract = build(root, day, side, strike)?;
    let packed = strike.len() == 8 && strike.bytes().all(|byte| byte.is_ascii_digit());
    let strike = if packed { contract.strike.checked_div(Decimal::ONE_THOUSAND)? } else { contract.strike };
    Some(OptionContract { strike, ..contract })
}

fn build(root: &str, expiry: NaiveDate, side: &str, strike: &str) -> Option<OptionContract> {
    let plausible =
        (1..=6).contains(&root.len()) && root.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '/');
    let call = match side.to_ascii_uppercase().as_str() {
        "C" | "CALL" => true,
        "P" | "PUT" => false,
        _ => return None,
    };
    let strike = parse_number(strike, NumberStyle::Point).ok().flatten()?.normalize();
    plausible.then(|| OptionContract { underlying: root.to_uppercase(), expiry, call, strike })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_lacks_a_part_is_known_as_one() {
        for text in [
            "SPY 26DEC18",
            "SPY 26DEC18 C",
            "SPY DEC26",
            "SPY 12/18/2026",
            "SPY Call",
            "SPY 26DEC18 500",
            "SPY 500 Call",
            "SPY 18DEC26",
            "SPY Dec 18 2026",
            "SPY 261218",
            "SPY DEC 26",
        ] {
            assert!(lacks_a_part(text), "{text}");
        }
        for text in [
            "SPY",
            "BRK B",
            "BAC P",
            "GOOG C",
            "BRK.B",
            "SPY US",
            "T 4 1/4 11/15/34",
            "NVDA US Equity",
            "SPY 12/18/2026 500 C",
            "Total Call Fund",
            "CASH 2026",
        ] {
            assert!(!lacks_a_part(text), "{text}");
        }
    }

    #[test]
    fn every_spelling_is_the_same_contract() {
        for text in [
            "VTI 12/18/2026 300.00 C",
            " -VTI261218C300",
            "VTI Dec 18 '26 $300 Call",
            "VTI 18DEC26 300 C",
            "VTI   261218C00300000",
            "VTI 100 18 DEC 26 300 CALL",
            "VTI 12/18/2026 Call $300.00",
            "VTI 2026-12-18 300 C",
            "VTI 12/18/26 C300",
            "VTI 300C 12/18/26",
            "VTI 12/18/2026 300.00 Call",
            "VTI Dec 18 2026 300 Call",
            "VTI 18 Dec 26 300 Call",
            "VTI 2026-12-18 300 CALL",
            "VTI $300 Call 12/18/2026",
            "CALL VTI $300 EXP 12/18/26",
            "VTI_121826C300",
            "O:VTI261218C00300000",
        ] {
            assert_eq!(parse(text).and_then(|c| c.occ()).as_deref(), Some("VTI   261218C00300000"), "{text}");
        }
        assert_eq!(parse("PANW 09/11/2026 327.50 P").unwrap().occ().as_deref(), Some("PANW  260911P00327500"));
        assert_eq!(
            parse("VTI 100 (Weeklys) 18 DEC 26 .5 PUT").unwrap().occ().as_deref(),
            Some("VTI   261218P00000500")
        );
    }

    #[test]
    fn an_option_without_its_year_is_one() {
        for text in ["SPY 12/18 500P", "SPY $500 Put 12/18", "SPY DEC 26 500 PUT"] {
            assert!(resembles(text), "{text}");
        }
        for text in ["BRK B", "T 4 1/4 11/15/34", "SPY DEC 26", "VANGUARD 500", "CALL MAY 5 FUND CO"] {
            assert!(!resembles(text), "{text}");
        }
    }

    #[test]
    fn options_on_class_shares_drop_the_point() {
        for text in [
            "BRK/B 12/18/2026 480.00 P",
            "-BRKB261218P480",
            "BRK.B Dec 18 '26 $480 Put",
            "BRK B 18DEC26 480 P",
            "BRKB  261218P00480000",
            "BRK.B 100 18 DEC 26 480 PUT",
            "BRK.B 12/18/2026 Put $480.00",
        ] {
            assert_eq!(parse(text).and_then(|c| c.occ()).as_deref(), Some("BRKB  261218P00480000"), "{text}");
        }
    }

    #[test]
    fn other_symbols_are_no_options() {
        for text in [
            "VTI",
            "BRK B",
            "91282CPU9",
            "912797KX4",
            "T 4 1/4 11/15/34",
            "KEY BANK CD FDIC INS 3.85% 08/24/2026",
            "09261F572",
            "T 4.25 11/15/34",
            "CALL OF DUTY 12/18/26 300",
            "Capital Group 12/18/2026 P 300",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
