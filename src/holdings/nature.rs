//! What a file most likely is that no reader knows, why it is not enough, and which download is.

use super::input::Input;
use super::{READERS, UNRECOGNISED, generic, transactions};
use crate::diagnostics::{Diagnostic, Place};

/// Columns of prices by day.
const PRICES: &[&[&str]] = &[&["open"], &["high"], &["low"], &["close", "close/last", "adj close"]];
/// Columns of what a fund holds.
const FUND: &[&[&str]] = &[&["weight", "weight (%)", "weight %", "weighting", "% of net assets", "sedol"], FUND_NAMES];
const FUND_NAMES: &[&str] = &[
    "ticker",
    "symbol",
    "name",
    "holding ticker",
    "holding name",
    "stockticker",
    "stock ticker",
    "security name",
    "securityname",
    "description",
];

/// Says what a file is, where its content tells.
pub fn tell(input: &Input<'_>) -> Option<Diagnostic> {
    let text = input.text();
    let start = text.trim_start().get(..2000).unwrap_or(text.trim_start()).to_lowercase();
    let is = |what: &str, why: &str| {
        Some(
            Diagnostic::error(UNRECOGNISED, format!("this is {what}: {why}"))
                .at(Place::whole(input.source))
                .hint(format!("{}; `broaden explain BROKER` says more", downloads(text))),
        )
    };
    if start.starts_with("!type:") || start.starts_with("!account") {
        return is("a QIF file (Quicken) of transactions", "what is held is not in it");
    }
    if start.contains("<edgarsubmission") || start.contains("<nport") {
        return is("a filing with the SEC", "where it says what a fund holds, give it with --funds");
    }
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        return is("a web page", "a download that has expired, or a page saved from the browser");
    }
    if input.has(PRICES) {
        return is(
            "a history of prices",
            "it says nothing of what is owned; as market data it belongs into the market folder",
        );
    }
    if let Some((place, why)) = transactions::in_header(input) {
        return Some(transactions::refuse(input, place, &why));
    }
    if input.has(FUND) || input.has(&[generic::OF_A_FUND, FUND_NAMES]) {
        return is(
            "a list of what a fund holds",
            "give it with --funds, and the account's positions as holdings; a table of your own is known by a column with its \
             cost or its account",
        );
    }
    if let Some(row) = bare_list(input) {
        return Some(
            Diagnostic::error(
                UNRECOGNISED,
                "this may be a list of tickers and shares: nothing says what its numbers are",
            )
            .at(row)
            .hint("write the line `ticker,shares` above it"),
        );
    }
    if start.starts_with(['{', '['])
        && ["\"holdings\"", "\"securities\"", "\"positions\"", "\"qty\""].iter().any(|key| text.contains(key))
    {
        return is(
            "the answer of an interface of an aggregator or broker (JSON)",
            "of such files broaden reads those of Plaid, SnapTrade, Schwab's Trader API and Ghostfolio, and lists with a symbol and a quantity",
        );
    }
    None
}

/// Returns the first row of a list whose rows are a ticker and a number each, without a header.
fn bare_list(input: &Input<'_>) -> Option<Place> {
    let ticker = |text: &str| {
        (1..=6).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'.' || byte == b'-')
    };
    let mut rows = input.head.rows().filter(|row| !row.is_blank()).peekable();
    let first = rows.peek()?.place();
    rows.all(|row| row.len() == 2 && ticker(row.text(0)) && row.quiet(Some(1)).is_some()).then_some(first)
}

/// Returns which download to choose: of the broker that the file names, else of the best known.
pub fn downloads(text: &str) -> String {
    let lower = text.get(..text.floor_char_boundary(20_000)).unwrap_or_default().to_lowercase();
    let known = || READERS.iter().filter(|reader| !reader.download.is_empty());
    // Of a bank called Morgan the other half of the name tells which.
    let word = |broker: &'static str| match broker {
        "Morgan Stanley holdings" => "morgan stanley".to_owned(),
        _ => broker
            .split([' ', '(', ','])
            .find(|word| word.len() > 4 && *word != "Charles")
            .unwrap_or("?")
            .to_lowercase(),
    };
    let named = known().find(|reader| lower.contains(&word(reader.broker)));
    let few: Vec<_> = named.into_iter().chain(known().filter(|_| named.is_none()).take(3)).collect();
    let ways: Vec<String> = few.iter().map(|reader| format!("{}: {}", reader.broker, reader.download)).collect();
    format!("download the positions instead ({})", ways.join("; "))
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::portfolio;

    #[test]
    fn what_is_no_list_of_holdings_is_called_what_it_is() {
        let said = |text: &str| portfolio(&[text]).1.items[0].message.clone();
        for (text, what) in [
            ("<!DOCTYPE html><html><body>Sign in</body></html>\n", "this is a web page"),
            ("!Type:Invst\nD1/5/2026\nNBuy\nYVTI\n^\n", "this is a QIF file"),
            ("<?xml version=\"1.0\"?><edgarSubmission></edgarSubmission>\n", "this is a filing with the SEC"),
            ("VTI,10\nBRK.B,2.5\n", "this may be a list of tickers and shares"),
            ("Date,Open,High,Low,Close,Volume\n2026-11-20,1,2,1,2,100\n", "this is a history of prices"),
            ("Ticker,Name,Weight (%),Shares\nAAPL,Apple,7.1,100\n", "this is a list of what a fund holds"),
            ("{\"accounts\":[],\"holdings\":[],\"other\":[]}\n", "this is the answer of an interface"),
            (
                "Run Date,Action,Symbol,Description,Quantity,Price ($),Amount ($)\n11/20/2026,YOU BOUGHT,VTI,V,1,300,-300\n",
                "the file lists transactions",
            ),
            (
                "Date,Description,Amount,Balance\n11/01/2026,Employer match,$250.00,$980.00\n",
                "the file lists transactions",
            ),
            (
                "TransactionDate,TransactionType,SecurityType,Symbol,Quantity,Amount,Price\n11/20/26,Bought,EQ,VTI,1,-300,300\n",
                "the file lists transactions",
            ),
        ] {
            assert!(said(text).starts_with(what), "{}", said(text));
        }
    }
}
