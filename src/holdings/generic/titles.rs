//! What single texts above and between tables say: an account, a class of holdings, a day, or what is not held.

use super::part::Part;
use crate::diagnostics::{Diagnostic, Place};
use crate::holdings::report::Report;
use crate::holdings::table::Row;
use crate::holdings::{REFUSED, accounts, dates, kinds, totals};

/// What a table is called that is no account.
const CLASSES: &[&str] = &[
    "positions",
    "holdings",
    "portfolio",
    "my portfolio",
    "assets",
    "investments",
    "securities",
    "funds",
    "index funds",
    "individual stocks",
    "us stocks",
    "international stocks",
    "international",
    "domestic",
    "core",
    "satellite",
    "tax lots",
    "open tax lots",
    "open lots",
    "lots",
    "lot details",
    "details",
    "detail",
    "summary",
    "current",
    "current holdings",
    "current positions",
    "open positions",
    "my holdings",
    "my positions",
    "account positions",
    "account holdings",
];

/// What is not held though it is listed.
const APART: &[&[&str]] = &[
    &["sold"],
    &["closed"],
    &["exited"],
    &["realized"],
    &["realised"],
    &["watchlist"],
    &["watch", "list"],
    &["watching"],
    &["wishlist"],
    &["wish", "list"],
    &["to", "buy"],
    &["buy", "list"],
    &["ideas"],
    &["planned"],
    &["proposed"],
    &["former"],
    &["past"],
    &["previous"],
    &["history"],
    &["target"],
    &["targets"],
    &["model"],
    &["benchmark"],
    &["archive"],
    &["archived"],
];

/// Words beside which these mean something else: `Target Retirement 2050`, `Past Employer 401k`.
const HELD: &[&str] = &[
    "date",
    "retirement",
    "fund",
    "funds",
    "employer",
    "401k",
    "401",
    "ira",
    "account",
    "accounts",
    "plan",
    "roth",
    "held",
    "end",
    "trust",
];

/// Returns whether a single text heads what is not held: `Sold positions`, `Watchlist`, `To buy`, `Target`.
pub fn is_apart(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.len() <= 4
        && !words.iter().any(|word| HELD.contains(word))
        && APART.iter().any(|wanted| words.windows(wanted.len()).any(|window| window == *wanted))
}

/// Refuses tables of several days or years under one another: each shows the same holdings at another time.
pub fn of_several_days(parts: &[Part<'_, '_>], above: &[Row<'_>], report: &mut Report) -> bool {
    let time = |text: &str| -> Option<String> {
        let year = text.trim_end_matches(':');
        let is_year = year.len() == 4
            && (year.starts_with("20") || year.starts_with("19"))
            && year.bytes().all(|byte| byte.is_ascii_digit());
        if is_year {
            return Some(year.to_owned());
        }
        dates::find(text).map(|when| when.date.to_string())
    };
    let (mut first, mut owner): (Option<(String, Place)>, Option<String>) = (None, None);
    for (at, part) in parts.iter().enumerate() {
        // What stands above a header stands at the end of the table before it.
        let before = match at.checked_sub(1).and_then(|at| parts.get(at)) {
            Some(earlier) => earlier.rows.as_slice(),
            None => above,
        };
        let rows = before.iter().rev().take_while(|row| row.only().is_some());
        let told = rows.chain(&part.preamble).chain(&part.title).filter_map(|row| Some((time(row.only()?)?, row)));
        let Some((day, row)) = told.last() else { continue };
        let place = row.place();
        // Two accounts may be of two days.
        let named = part.account.or(part.title.and_then(|title| title.only())).or(row.only());
        let account = named.filter(|name| accounts::guess(name).is_some()).map(str::to_owned);
        if let (Some(account), Some(earlier)) = (&account, &owner)
            && account != earlier
        {
            continue;
        }
        owner = owner.or(account);
        match &first {
            Some((earlier, also)) if *earlier != day => {
                let message = format!("the tables are of several days, {earlier} and {day}");
                report.push(
                    Diagnostic::error(REFUSED, message)
                        .at(place)
                        .with(also.clone(), "also here")
                        .hint("leave the newest in the file: of several days each holding would count several times"),
                );
                return true;
            }
            Some(_) => {}
            None => first = Some((day, place)),
        }
    }
    false
}

/// Returns whether a text is the number of an account, in full or its end: `X12345678`, `...1234`, `1234-5678`.
pub fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let masked =
        text.starts_with("...") || text.starts_with(['*', '\u{2026}']) || text.to_lowercase().starts_with("xx");
    // An amount is none.
    let marks = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '*' | '#' | '\u{2026}') || masked && c == '.';
    text.chars().all(marks) && (digits >= 6 && digits * 2 > text.len() || masked && digits >= 3)
}

/// Returns whether a text is that of a class of holdings.
pub fn is_class(text: &str) -> bool {
    kinds::from_word(text).is_some() || CLASSES.contains(&text.to_lowercase().as_str())
}

/// Returns whether a single text may be the name of an account: `Stocks` and `ETFs` are parts of one.
pub fn may_be_account(text: &str) -> bool {
    let names = text.len() <= 60 && dates::find(text).is_none() && !totals::says_total(text) && !is_class(text);
    names && kinds::cash_currency("", text).is_none()
}

/// Returns the account of a line `Account: Roth IRA`, in one cell or two.
pub fn account_line<'t>(row: &Row<'t>) -> Option<&'t str> {
    const WORDS: &[&str] = &["account", "account name", "account number", "portfolio"];
    if let Some((word, name)) = row.only().and_then(|text| text.split_once(':')) {
        let name = name.trim();
        return Some(name).filter(|name| !name.is_empty() && WORDS.contains(&word.trim().to_lowercase().as_str()));
    }
    let word = row.text(0).trim_end_matches(':').to_lowercase();
    let is_pair = row.filled(3) == 2 && WORDS.contains(&word.as_str());
    row.texts().skip(1).find(|text| is_pair && !text.is_empty())
}
