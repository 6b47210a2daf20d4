//! Writes a book of random households in JSON Lines, for `broaden batch`: the same seed gives the same book.
//!
//! ```text
//! cargo run --release --example random_book -- 10000 40 400 > book.jsonl
//! broaden batch book.jsonl --market portfolios/demo/market > plans.jsonl
//! ```
//!
//! The numbers are how many households, and the fewest and most lots of each; a fourth is the seed.
#![expect(clippy::print_stdout, reason = "an example prints")]

#[allow(dead_code, reason = "only the dice are used here")]
#[path = "support/random.rs"]
mod random;

use chrono::{Days, NaiveDate};
use random::Dice;
use serde_json::{Value, json};

/// Tickers of the bundled table, with a price in cents.
const HOLDINGS: [(&str, i64); 32] = [
    ("AAPL", 26_840),
    ("MSFT", 51_210),
    ("NVDA", 18_233),
    ("AMZN", 23_120),
    ("GOOGL", 28_470),
    ("META", 62_950),
    ("TSLA", 40_110),
    ("AVGO", 34_420),
    ("AMD", 21_530),
    ("ORCL", 22_460),
    ("CRM", 24_180),
    ("JPM", 30_540),
    ("BAC", 5_230),
    ("UNH", 32_710),
    ("JNJ", 19_840),
    ("LLY", 89_560),
    ("PG", 15_170),
    ("KO", 7_120),
    ("HD", 38_260),
    ("CAT", 56_330),
    ("XOM", 11_640),
    ("CVX", 15_480),
    ("HON", 20_050),
    ("LIN", 43_880),
    ("VOO", 61_370),
    ("QQQ", 60_840),
    ("QQQM", 24_875),
    ("VTI", 32_790),
    ("VTV", 18_940),
    ("IJR", 12_160),
    ("VXUS", 7_610),
    ("SCHD", 2_770),
];

const ACCOUNTS: [(&str, &str); 4] =
    [("Joint", "taxable"), ("Individual", "taxable"), ("Rollover IRA", "traditional"), ("Roth IRA", "roth")];

fn cents(amount: i64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

fn household(dice: &mut Dice, number: u64, lots: i64) -> Value {
    let today = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default();
    let mut tickers = HOLDINGS;
    dice.shuffle(&mut tickers);
    let tickers = tickers.get(..usize::try_from(dice.between(10, 28)).unwrap_or(10)).unwrap_or(&tickers);
    let count = usize::try_from(dice.between(2, 4)).unwrap_or(2);
    let mut accounts: Vec<Vec<Vec<Value>>> = vec![vec![Vec::new(); tickers.len()]; count];
    for _ in 0..lots {
        // More in the first account, as people have it.
        let account = usize::try_from(dice.between(0, 5)).unwrap_or(0);
        let account = if account < count { account } else { 0 };
        let ticker = usize::try_from(dice.below(tickers.len() as u64)).unwrap_or(0);
        let (Some((_, price)), Some(lots)) =
            (tickers.get(ticker), accounts.get_mut(account).and_then(|own| own.get_mut(ticker)))
        else {
            continue;
        };
        let shares = dice.between(1, 60);
        let cost = price * shares * (dice.between(30, 115) + dice.between(0, 20)) / 100;
        let days = u64::try_from(dice.between(5, 2_500)).unwrap_or(5);
        let opened = today.checked_sub_days(Days::new(days)).unwrap_or(today);
        lots.push(json!({ "opened": opened.to_string(), "quantity": shares, "cost-basis": cents(cost) }));
    }
    let accounts = accounts.into_iter().zip(ACCOUNTS).enumerate().map(|(at, (positions, (name, kind)))| {
        let held = positions.into_iter().zip(tickers).filter(|(lots, _)| !lots.is_empty());
        let positions: Vec<Value> = held
            .map(|(lots, (symbol, price))| json!({ "symbol": symbol, "price": cents(*price), "lot": lots }))
            .collect();
        json!({
            "name": name,
            "mask": format!("{at}{:03}", number % 1_000),
            "kind": kind,
            "cash": cents(dice.between(0, 2_000_000)),
            "as-of": today.to_string(),
            "position": positions,
        })
    });
    let accounts: Vec<Value> = accounts.collect();
    json!({ "id": format!("household-{number:06}"), "account": accounts })
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (count, low, high) =
        (numbers.next().unwrap_or(100), numbers.next().unwrap_or(40), numbers.next().unwrap_or(400));
    let mut dice = Dice::new(numbers.next().unwrap_or(1));
    for number in 1..=count {
        let lots = dice.between(i64::try_from(low).unwrap_or(40), i64::try_from(high).unwrap_or(400));
        println!("{}", household(&mut dice, number, lots));
    }
}
