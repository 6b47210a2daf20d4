//! Makes the market folder of `portfolios/demo`: invented prices, shaped like a narrow advance that broadens.
//!
//! `cargo run --release --example synthetic_market -- portfolios/demo/market`
//!
//! Every number is made here from a fixed seed; none is a real price. Stocks share a market factor, mega-cap tech runs
//! ahead for the first two thirds, and the rest catches up in the last third. Each path is scaled to end at the price
//! the demo's exports print.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::{Datelike, Days, NaiveDate, Weekday};

const SESSIONS: usize = 600;
const TURN: usize = 450;
const SEED: u64 = 20_261_120;
const LABEL: &str = "# SYNTHETIC: invented by examples/synthetic_market.rs from a fixed seed; not real prices";

/// Full-day closings of the exchange in the two and a half years before the demo's date.
const HOLIDAYS: [(i32, u32, u32); 23] = [
    (2024, 7, 4),
    (2024, 9, 2),
    (2024, 11, 28),
    (2024, 12, 25),
    (2025, 1, 1),
    (2025, 1, 9),
    (2025, 1, 20),
    (2025, 2, 17),
    (2025, 4, 18),
    (2025, 5, 26),
    (2025, 6, 19),
    (2025, 7, 4),
    (2025, 9, 1),
    (2025, 11, 27),
    (2025, 12, 25),
    (2026, 1, 1),
    (2026, 1, 19),
    (2026, 2, 16),
    (2026, 4, 3),
    (2026, 5, 25),
    (2026, 6, 19),
    (2026, 7, 3),
    (2026, 9, 7),
];

/// Ticker, last price, group. `M` mega-cap tech, `T` other tech, `I` industrials, `B` materials, `F` financials,
/// `E` energy, `D` defensive.
const STOCKS: &str = "NVDA 182.33 M,AAPL 268.40 M,MSFT 512.10 M,GOOGL 281.05 M,AMZN 231.90 M,META 655.20 M,TSLA 402.50 M,AVGO 349.00 M,\
ORCL 231.15 T,CRM 244.60 T,ADBE 341.20 T,CSCO 76.85 T,IBM 303.40 T,TXN 171.25 T,QCOM 168.90 T,AMD 214.35 T,\
CAT 561.30 I,GE 301.75 I,HON 198.45 I,UNP 224.10 I,DE 478.65 I,ETN 352.80 I,LMT 462.15 I,UPS 94.70 I,EMR 129.55 I,CSX 35.40 I,\
LIN 418.90 B,SHW 331.25 B,FCX 41.60 B,NUE 152.35 B,APD 259.80 B,ECL 261.70 B,DOW 23.85 B,NEM 88.10 B,\
JPM 305.20 F,BAC 53.45 F,WFC 85.60 F,GS 795.10 F,MS 164.85 F,USB 48.30 F,PNC 191.45 F,TFC 45.90 F,RF 25.15 F,FITB 43.20 F,\
XOM 117.35 E,CVX 154.60 E,COP 91.25 E,SLB 37.80 E,EOG 108.45 E,PSX 138.90 E,MPC 194.35 E,OXY 42.10 E,\
JNJ 203.50 D,PG 148.20 D,KO 71.65 D,WMT 107.40 D,MRK 96.30 D,COST 915.80 D,NEE 84.75 D,DUK 124.35 D,SO 91.90 D,PEP 147.55 D";

/// Fund, last price, weights over the groups M T I B F E D, dividend yield per year.
const FUNDS: [(&str, f64, [f64; 7], f64); 12] = [
    ("SPY", 667.30, [0.34, 0.14, 0.10, 0.04, 0.14, 0.05, 0.19], 0.011),
    ("RSP", 189.95, [0.04, 0.14, 0.20, 0.10, 0.18, 0.10, 0.24], 0.016),
    ("IWM", 244.80, [0.0, 0.15, 0.27, 0.10, 0.30, 0.10, 0.08], 0.010),
    ("QQQ", 604.20, [0.55, 0.30, 0.05, 0.01, 0.0, 0.01, 0.08], 0.005),
    ("VOO", 612.75, [0.34, 0.14, 0.10, 0.04, 0.14, 0.05, 0.19], 0.011),
    ("QQQM", 248.75, [0.55, 0.30, 0.05, 0.01, 0.0, 0.01, 0.08], 0.005),
    ("XLI", 153.02, [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0], 0.013),
    ("XLB", 89.41, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0], 0.018),
    ("XLF", 53.20, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0], 0.014),
    ("KRE", 63.15, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0], 0.026),
    ("XLE", 91.08, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0], 0.032),
    ("BIL", 91.60, [0.0; 7], 0.040),
];

const GROUPS: [&str; 7] = ["M", "T", "I", "B", "F", "E", "D"];

/// Daily drift of each group before and after the turn, in percent.
const DRIFT: [(f64, f64); 7] =
    [(0.17, 0.05), (0.05, 0.03), (-0.03, 0.11), (-0.05, 0.07), (-0.02, 0.10), (-0.05, -0.02), (0.0, 0.03)];

/// SplitMix64 (Steele, Lea, Flood 2014): enough for invented prices, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A bell-shaped number with mean 0 and deviation 1: the sum of twelve uniforms.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.next() >> 11) as f64 / (1u64 << 53) as f64).sum::<f64>() - 6.0
    }
}

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).context("name the folder to write, for example portfolios/demo/market")?;
    let folder = Path::new(&folder);
    let days = sessions();
    let mut random = Random(SEED);
    let market: Vec<f64> = (0..SESSIONS).map(|_| 0.6 * random.normal()).collect();
    let groups: Vec<Vec<f64>> = DRIFT
        .iter()
        .map(|(before, after)| {
            (0..SESSIONS)
                .map(|t| {
                    (if t < TURN { before } else { after })
                        + market.get(t).copied().unwrap_or(0.0)
                        + 0.35 * random.normal()
                })
                .collect()
        })
        .collect();

    let mut names = Vec::new();
    let mut stocks = Vec::new();
    for entry in STOCKS.split(',') {
        let mut words = entry.split_whitespace();
        let (name, last, group) =
            (words.next().context("ticker")?, words.next().context("price")?, words.next().context("group")?);
        let group = GROUPS.iter().position(|g| *g == group).and_then(|g| groups.get(g)).context("group")?;
        let returns: Vec<f64> = group.iter().map(|r| r + 1.1 * random.normal()).collect();
        names.push(name);
        stocks.push(path(&returns, last.parse()?));
    }
    write(folder, "stocks.csv", &table(&days, &names, &stocks, ""))?;
    let mut members = format!("{LABEL}\nticker,start_date,end_date\n");
    for name in &names {
        writeln!(members, "{name},2000-01-03,")?;
    }
    write(folder, "members.csv", &members)?;

    let mut closes = Vec::new();
    let mut adjusted = Vec::new();
    for (index, (_, last, weights, dividend)) in FUNDS.iter().enumerate() {
        let noise = if index == 11 { 0.0 } else { 0.05 };
        let total: Vec<f64> = (0..SESSIONS)
            .map(|t| {
                let mix: f64 = weights.iter().zip(&groups).map(|(w, g)| w * g.get(t).copied().unwrap_or(0.0)).sum();
                mix + noise * random.normal()
            })
            .collect();
        closes.push(path(&total, *last));
        // Adjusted closes include the dividend, spread evenly over the year.
        adjusted.push(path(&total.iter().map(|r| r + dividend * 100.0 / 252.0).collect::<Vec<_>>(), *last));
    }
    let funds: Vec<&str> = FUNDS.iter().map(|fund| fund.0).collect();
    write(folder, "funds.csv", &table(&days, &funds, &closes, ""))?;
    write(folder, "funds-adjusted.csv", &table(&days, &funds, &adjusted, "# adjusted closes\n"))?;

    let mut rate = String::from(LABEL);
    rate.push_str("\nobservation_date,UNRATE\n");
    for month in 0..34 {
        let level = 4.1 + 0.1 * f64::from(month >= 14) + 0.1 * f64::from(month >= 26);
        writeln!(rate, "{}-{:02}-01,{level:.1}", 2024 + month / 12, month % 12 + 1)?;
    }
    write(folder, "UNRATE.csv", &rate)?;

    let mut conditions = String::from(LABEL);
    conditions.push_str("\nDate,Value\n");
    let mut friday = date(2024, 7, 5);
    let mut level = -0.52;
    while friday <= date(2026, 11, 13) {
        level += 0.01 * random.normal() - 0.02 * (level + 0.5);
        writeln!(conditions, "{friday},{level:.5}")?;
        friday = friday + Days::new(7);
    }
    write(folder, "NFCI.csv", &conditions)
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// The last sessions up to 2026-11-20, oldest first.
fn sessions() -> Vec<NaiveDate> {
    let mut day = date(2026, 11, 20);
    let mut days = Vec::new();
    while days.len() < SESSIONS {
        let closed = HOLIDAYS.iter().any(|(y, m, d)| date(*y, *m, *d) == day);
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !closed {
            days.push(day);
        }
        day = day - Days::new(1);
    }
    days.reverse();
    days
}

/// Prices whose daily percent changes are the returns and whose last is the given price.
fn path(returns: &[f64], last: f64) -> Vec<f64> {
    let mut prices = vec![last];
    for change in returns.iter().skip(1).rev() {
        let next = prices.last().copied().unwrap_or(last) / (1.0 + change / 100.0);
        prices.push(next);
    }
    prices.reverse();
    prices
}

fn table(days: &[NaiveDate], names: &[&str], columns: &[Vec<f64>], remark: &str) -> String {
    let mut text = format!("{LABEL}\n{remark}date,{}\n", names.join(","));
    for (row, day) in days.iter().enumerate() {
        text.push_str(&day.to_string());
        for column in columns {
            let _ = write!(text, ",{:.2}", column.get(row).copied().unwrap_or(0.0));
        }
        text.push('\n');
    }
    text
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(name), text).with_context(|| format!("could not write {name}"))
}
