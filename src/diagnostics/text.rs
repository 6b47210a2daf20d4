//! What may be shown of a text that came from a file, a record or the command line: the one sanitiser and the one mask.

use std::ops::Range;

/// Returns whether a character changes how its neighbours are read, or is not seen at all: marks of the reading
/// direction, separators of lines, joiners, fillers, variation selectors, tags (Unicode, `Default_Ignorable_Code_Point`).
pub fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Returns a text on one line that moves no cursor and hides nothing: control characters become blanks, what is unseen
/// goes.
///
/// ```
/// use broaden::diagnostics::text::plain;
///
/// assert_eq!(plain("NV\u{200b}DA\n\u{1b}[31m"), "NVDA  [31m");
/// ```
pub fn plain(text: &str) -> String {
    let kept = text.chars().filter(|character| !is_unseen(*character));
    kept.map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// Keeps a spreadsheet from taking text for a formula (OWASP, "CSV Injection").
pub(crate) fn neutral(text: &str) -> String {
    let shown = plain(text);
    // Full-width and small forms are taken for formulas where the input method is East Asian.
    let starts = |c: char| {
        matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫' | '\u{2212}')
    };
    if text.starts_with(['\t', '\r', '\n']) || shown.trim_start().starts_with(starts) {
        format!("'{shown}")
    } else {
        shown
    }
}

/// Hides what may be the number of an account, in whatever shape: all but the last four letters and digits become
/// asterisks. Amounts and dates stay, and so does the length, which carets count on.
///
/// ```
/// use broaden::diagnostics::text::masked;
///
/// assert_eq!(masked("CMA 7AA-11B22, $12,345.67 of 2026-11-20"), "CMA ***-*1B22, $12,345.67 of 2026-11-20");
/// ```
pub fn masked(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut out = characters.clone();
    for number in numbers(&characters) {
        let letters: Vec<usize> =
            number.filter(|at| characters.get(*at).is_some_and(|character| character.is_alphanumeric())).collect();
        for at in letters.iter().take(letters.len().saturating_sub(KEPT)) {
            if let Some(place) = out.get_mut(*at) {
                *place = '*';
            }
        }
    }
    out.into_iter().collect()
}

/// As [`masked`], for what stands in quotes alone.
pub(super) fn masked_texts(line: &str) -> String {
    let part = |(at, part): (usize, &str)| if at % 2 == 1 { masked(part) } else { part.to_owned() };
    line.split('"').enumerate().map(part).collect::<Vec<_>>().join("\"")
}

/// As [`masked`], where no caret counts: `...1B22`.
pub fn shortened(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for number in numbers(&characters) {
        let tail: Vec<&char> =
            characters.get(number.clone()).unwrap_or_default().iter().filter(|c| c.is_alphanumeric()).collect();
        let hidden = tail.len().saturating_sub(KEPT);
        out.extend(characters.get(from..number.start).unwrap_or_default());
        out.push_str("...");
        out.extend(tail.into_iter().skip(hidden));
        from = number.end;
    }
    out.extend(characters.get(from..).unwrap_or_default());
    out
}

/// Returns the key of a config value as it may be shown: `accounts."...6543".kind`.
pub fn key(key: &str) -> String {
    if key.trim_start().starts_with("accounts.") { shortened(key) } else { key.to_owned() }
}

/// Longest message, in characters: a key or a cell of a hostile file is as long as the file.
const LONGEST: usize = 2_000;

/// Returns a message on one line. What it quotes because it is nothing that it should be (`` `Z98765432` is not a number``,
/// ``a date, not `Z98765432` ``) may be the number of an account: a row may have one column too many.
pub(super) fn said(message: &str) -> String {
    let mut message = plain(message);
    if let Some((cut, _)) = message.char_indices().nth(LONGEST) {
        message.truncate(cut);
        message.push_str("...");
    }
    let mut found = String::with_capacity(message.len());
    let mut rest = message.as_str();
    while let Some(at) = rest.find(['`', '"']) {
        let (before, quoted) = rest.split_at(at);
        let mark = quoted.get(..1).unwrap_or_default();
        let Some((inner, after)) = quoted.get(1..).and_then(|quoted| quoted.split_once(mark)) else { break };
        // The key of an account in the config.
        let is_account = before.ends_with("accounts.");
        let is_wrong = is_account
            || [" is not a", " is no ", " is larger "].iter().any(|words| after.starts_with(words))
            || [", not ", " not the text ", ": string "].iter().any(|words| before.ends_with(words));
        found.push_str(&without_keys(before));
        found.push_str(mark);
        found.push_str(&if is_wrong { masked(inner) } else { without_keys(inner) });
        found.push_str(mark);
        rest = after;
    }
    found + &without_keys(rest)
}

/// Hides the keys of accounts: `accounts.U9876543.kind`, `accounts."7AA-98B76"`.
fn without_keys(text: &str) -> String {
    let mut parts = text.split_inclusive("accounts.");
    let mut found = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let quoted = part.strip_prefix('"').and_then(|inner| inner.find('"')).map(|end| end + 1);
        let bare = || part.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
        let (key, rest) = part.split_at(quoted.or_else(bare).unwrap_or(part.len()));
        found.push_str(&masked(key));
        found.push_str(rest);
    }
    found
}

/// Characters of an account's number that are shown.
const KEPT: usize = 4;
/// Digits from which a number may be that of an account.
const FEWEST_DIGITS: usize = 5;
/// The same where digits stand in groups with blanks between them, as columns of small numbers do too.
const FEWEST_IN_GROUPS: usize = 8;

/// A word of letters and digits.
#[derive(Clone)]
struct Group {
    place: Range<usize>,
    digits: usize,
    /// Most digits one after the other.
    row: usize,
    has_small: bool,
}

impl Group {
    fn len(&self) -> usize {
        self.place.len()
    }
    fn is_number(&self) -> bool {
        self.digits == self.len()
    }
}

/// Digits of any script, and full-width ones.
fn is_digit(character: char) -> bool {
    character.is_ascii_digit() || (character.is_numeric() && !character.is_ascii())
}

/// Returns where numbers of accounts may stand: words joined by a hyphen, a dot, an underscore or a blank are one.
fn numbers(characters: &[char]) -> Vec<Range<usize>> {
    let groups = groups(characters);
    let between = |one: &Group, two: &Group| characters.get(one.place.end..two.place.start).unwrap_or_default();
    let mut found = Vec::new();
    let mut first = 0;
    while let Some(group) = groups.get(first) {
        let iban = group.len() == 4
            && group.digits == 2
            && characters
                .get(group.place.start..group.place.start + 2)
                .is_some_and(|two| two.iter().all(char::is_ascii_uppercase));
        let mut last = first;
        let mut blanks = false;
        while let (Some(one), Some(two)) = (groups.get(last), groups.get(last + 1)) {
            let joined = !one.has_small && !two.has_small;
            match between(one, two) {
                ['-' | '_' | '.' | '\u{2010}'..='\u{2015}'] if joined => {}
                [' ' | '\u{a0}' | '\u{2007}' | '\u{202f}']
                    if joined && (one.is_number() && two.is_number() || iban && one.len() == 4 && two.len() <= 4) =>
                {
                    blanks = true;
                }
                _ => break,
            }
            last += 1;
        }
        let run = groups.get(first..=last).unwrap_or_default();
        let text = |part: &[Group]| -> String {
            let ends =
                (part.first().map_or(0, |group| group.place.start), part.last().map_or(0, |group| group.place.end));
            characters.get(ends.0..ends.1).unwrap_or_default().iter().collect()
        };
        // A date before or after says nothing about an account.
        let mut part = if is_date(&text(run)) { &[] } else { run };
        for _ in 0..2 {
            for length in [3, 1] {
                if let Some((_, rest)) = part.split_at_checked(length).filter(|(head, _)| is_full_date(&text(head))) {
                    // Brokers put the time of a download behind its day: Individual-Positions-2026-11-20-101500.
                    part = if is_time(&text(rest)) { &[] } else { rest };
                }
                if let Some(at) = part.len().checked_sub(length)
                    && let Some((rest, tail)) = part.split_at_checked(at)
                    && is_full_date(&text(tail))
                {
                    part = rest;
                }
            }
        }
        if let (Some(start), Some(end)) = (part.first(), part.last())
            && is_account(part, blanks, characters)
        {
            found.push(start.place.start..end.place.end);
        }
        first = last + 1;
    }
    found
}

fn groups(characters: &[char]) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    let mut row = 0;
    for (at, character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            row = 0;
            continue;
        }
        if found.last().is_none_or(|group| group.place.end != at) {
            found.push(Group { place: at..at, digits: 0, row: 0, has_small: false });
            row = 0;
        }
        let Some(group) = found.last_mut() else { continue };
        group.place.end = at + 1;
        row = if is_digit(*character) { row + 1 } else { 0 };
        group.digits += usize::from(is_digit(*character));
        group.row = group.row.max(row);
        group.has_small |= character.is_lowercase();
    }
    found
}

/// Whether a run of words may be the number of an account.
fn is_account(run: &[Group], blanks: bool, characters: &[char]) -> bool {
    let digits: usize = run.iter().map(|group| group.digits).sum();
    let Some(first) = run.first() else { return false };
    let before = first.place.start.checked_sub(1).and_then(|at| characters.get(at));
    // With decimals, or in a currency.
    if !blanks && run.iter().all(Group::is_number) {
        let has_decimals = run.len() == 2 && characters.get(first.place.end) == Some(&'.');
        let is_money = matches!(before, Some('$' | '€' | '£' | '¥' | '＄'));
        if has_decimals || run.len() == 1 && is_money {
            return false;
        }
    }
    if run.len() == 1 {
        // Such as HQ1ABC23CAD: some brokers number accounts with letters.
        let coded = first.len() >= 8 && first.digits >= 2 && !first.has_small;
        return coded || if first.has_small { first.row >= FEWEST_DIGITS } else { first.digits >= FEWEST_DIGITS };
    }
    digits >= if blanks { FEWEST_IN_GROUPS } else { FEWEST_DIGITS }
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

fn is_within(part: &str, range: std::ops::RangeInclusive<u32>) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse().is_ok_and(|number| range.contains(&number))
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && is_within(part, 1900..=2100)
}

fn is_day(part: &str) -> bool {
    part.len() <= 2 && is_within(part, 1..=31)
}

fn is_month(part: &str) -> bool {
    is_day(part) || MONTHS.contains(&part)
}

/// 2026-11-20, 20.11.2026, 20-NOV-2026, 20261120, 20261120T101500 and the like.
fn is_full_date(text: &str) -> bool {
    let text = text.split('T').next().unwrap_or_default();
    match text.split(['-', '.', '_']).collect::<Vec<_>>()[..] {
        [one, two, three] => {
            is_year(one) && is_month(two) && is_day(three) || is_day(one) && is_month(two) && is_year(three)
        }
        [one] if one.len() == 8 && one.is_ascii() => {
            let (head, tail) = one.split_at(4);
            let (middle, last) = tail.split_at(2);
            is_within(head, 1990..=2099) && is_within(middle, 1..=12) && is_within(last, 1..=31)
        }
        _ => false,
    }
}

/// 101500, a time of day.
fn is_time(text: &str) -> bool {
    let part = |at: usize, most: u32| text.get(at..at + 2).is_some_and(|part| is_within(part, 0..=most));
    text.len() == 6 && part(0, 23) && part(2, 59) && part(4, 59)
}

/// Also 11-20-26, what follows a month in letters, as in Nov-20-2026, and 1999_2024.
fn is_date(text: &str) -> bool {
    is_full_date(text)
        || match text.split(['-', '.', '_']).collect::<Vec<_>>()[..] {
            [one, two, three] => is_day(one) && is_day(two) && three.len() == 2 && is_within(three, 0..=99),
            // The last is what files are called that hold some years.
            [one, two] => is_day(one) && is_year(two) || is_year(one) && (is_day(two) || is_year(two) && one <= two),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_is_hidden_in_whatever_shape() {
        for (shown, hidden) in [
            ("7AA-11B22", "***-*1B22"),
            ("9876-5432", "****-5432"),
            ("9876 5432 10", "**** **32 10"),
            ("987.654.321", "***.**4.321"),
            ("98_765_432", "**_**5_432"),
            ("W-1234-5678-90", "*-****-**78-90"),
            ("No.98765432", "No.****5432"),
            ("Z98765432", "*****5432"),
            ("U9876543_20260101_20260904.csv", "****6543_20260101_20260904.csv"),
            ("HQ1ABC23CAD", "*******3CAD"),
            ("GB29 NWBK 6016 1331 9268 19", "**** **** **** **** **68 19"),
            ("９８７６５４３２", "****５４３２"),
            ("acct123456789x", "**********789x"),
            ("2026-11-20-987654 and 101500", "2026-11-20-**7654 and **1500"),
        ] {
            assert_eq!(masked(shown), hidden, "{shown}");
        }
        let line = "reserve = 250000 # [\"Z98765432\", \"45%\", \"2026-11-20\"]";
        assert_eq!(masked_texts(line), "reserve = 250000 # [\"*****5432\", \"45%\", \"2026-11-20\"]");
        assert_eq!(shortened("IRA 7AA-11B22 of me"), "IRA ...1B22 of me");
    }

    #[test]
    fn amounts_dates_and_words_stay() {
        for text in [
            "$12,345.67 and -$98765432 of 1,234,567.89",
            "12345.678 shares at 0.00012345",
            "2026-11-20 and 20.11.2026 and 20-NOV-2026 and 20261120",
            "Individual-Positions-2026-11-20.csv, Portfolio_Positions_Nov-20-2026.csv, 11-20-26",
            "close_1999_2024.csv.gz, 2005-2025, 2024_11",
            "Individual-Positions-2026-11-20-101500.csv, export_20261120_235959",
            "S&P 500, Target 2050, 401(k), BRK.B, 7-10 Year",
            "limits.turnover.max=10%",
            "0.1.0",
        ] {
            assert_eq!(masked(text), text);
        }
        for (message, shown) in [
            ("12345 `Z98765432` is not a number\n", "12345 `*****5432` is not a number "),
            ("`a` takes 500, not the text \"Z98765432\"", "`a` takes 500, not the text \"*****5432\""),
            ("`kind` is one of `a`, not `Z98765432`; did", "`kind` is one of `a`, not `*****5432`; did"),
            ("invalid type: string \"Z98765432\", expected", "invalid type: string \"*****5432\", expected"),
            ("`cash`: `98765432109876` is larger than", "`cash`: `**********9876` is larger than"),
            (
                "no key of [accounts.\"7AA-98B76\"] or accounts.U9876543.a",
                "no key of [accounts.\"***-*8B76\"] or accounts.****6543.a",
            ),
            ("in `accounts.\"7AA-98B76\".kind`", "in `accounts.\"***-*8B76\".kind`"),
            ("`accounts.U9876543` is unknown", "`accounts.****6543` is unknown"),
            ("a ` alone, \"12345678\" and `sell-X-12345678`", "a ` alone, \"12345678\" and `sell-X-12345678`"),
        ] {
            assert_eq!(said(message), shown);
        }
        assert_eq!(said(&"é".repeat(1 << 20)).chars().count(), LONGEST + 3);
    }

    proptest! {
        /// However digits are cut into groups, no more than the last four of them stay.
        #[test]
        fn a_canary_never_passes(digits in "[3-9][0-9]{7,11}", cut in 1_usize..5, join in "[-_. ]", around in "[ ,;\"()]") {
            let groups: Vec<String> = digits.as_bytes().chunks(cut.max(2)).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
            // Two groups with a dot are a number with decimals.
            prop_assume!(join != "." || groups.len() > 2);
            let text = masked(&format!("{around}{}{around}", groups.join(&join)));
            let left: String = text.chars().filter(char::is_ascii_digit).collect();
            prop_assert!(left.len() <= KEPT && digits.ends_with(&left), "{} {}", groups.join(&join), text);
        }

        #[test]
        fn what_is_shown_is_plain_and_as_long(text in "\\PC*|.*") {
            prop_assert!(!plain(&text).chars().any(|c| c.is_control() || is_unseen(c)));
            prop_assert_eq!(masked(&text).chars().count(), text.chars().count());
        }
    }
}
