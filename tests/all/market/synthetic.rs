//! A made-up market from a seed: stocks, funds, macro series. No vendor's data.

use broaden::config::Document;
use broaden::diagnostics::{Sink, Source};
use broaden::market::{self, Market};
use broaden::model::RawFile;
use broaden::rules::strength::{self, Rotation, Strength};
use broaden::signals::{self, History, SignalSetup};
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// A small generator of pseudo-random numbers (SplitMix64), so that a seed gives the same market everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// From -1 to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// Files as named texts, every row beginning with its date.
pub type Files = Vec<(String, String)>;

pub fn weekdays(count: usize) -> Vec<NaiveDate> {
    let start = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap();
    start.iter_days().filter(|d| !matches!(d.weekday(), Weekday::Sat | Weekday::Sun)).take(count).collect()
}

fn walk(random: &mut Random, start: f64, step: f64, days: &[NaiveDate]) -> Vec<f64> {
    let mut value = start;
    days.iter()
        .map(|_| {
            value *= 1.0 + step * random.unit();
            value
        })
        .collect()
}

fn wide(days: &[NaiveDate], columns: &[(String, Vec<Option<f64>>)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut text = format!("date,{}\n", names.join(","));
    for (row, day) in days.iter().enumerate() {
        let cells: Vec<String> =
            columns.iter().map(|(_, values)| values[row].map_or(String::new(), |v| format!("{v:.2}"))).collect();
        text += &format!("{day},{}\n", cells.join(","));
    }
    text
}

fn series(
    id: &str,
    days: impl Iterator<Item = NaiveDate>,
    mut value: impl FnMut(usize) -> Option<f64>,
) -> (String, String) {
    let mut text = format!("observation_date,{id}\n");
    for (index, day) in days.enumerate() {
        text += &format!("{day},{}\n", value(index).map_or(String::new(), |v| format!("{v:.3}")));
    }
    (format!("{id}.csv"), text)
}

/// A market of so many sessions: stocks with holes and late listings, funds, members, every macro series.
pub fn files(seed: u64, sessions: usize) -> Files {
    let mut random = Random(seed);
    let days = weekdays(sessions);
    let end = *days.last().unwrap();
    let stocks: Vec<(String, Vec<Option<f64>>)> = (0..24)
        .map(|n| {
            let (listed, hole) = (if n % 6 == 0 { random.next() as usize % sessions } else { 0 }, 40 + n as u64);
            let path = walk(&mut random, 50.0, 0.03, &days);
            let cell = |(row, value): (usize, f64), random: &mut Random| {
                (row >= listed && (n % 5 != 0 || !random.next().is_multiple_of(hole))).then_some(value)
            };
            (format!("S{n}"), path.into_iter().enumerate().map(|cell_at| cell(cell_at, &mut random)).collect())
        })
        .collect();
    let funds: Vec<(String, Vec<Option<f64>>)> = ["SPY", "RSP", "IWM", "XLI"]
        .into_iter()
        .map(|name| (name.to_owned(), walk(&mut random, 200.0, 0.02, &days).into_iter().map(Some).collect()))
        .collect();
    let adjusted: Vec<(String, Vec<Option<f64>>)> = funds
        .iter()
        .map(|(name, path)| (name.clone(), path.iter().map(|value| value.map(|value| value * 0.9)).collect()))
        .collect();
    let months = || {
        let start = NaiveDate::from_ymd_opt(2016, 1, 1).unwrap();
        (0..60).map(move |n| start + Months::new(n)).take_while(move |day| *day <= end)
    };
    let weeks = |weekday: u64| {
        let start = NaiveDate::from_ymd_opt(2016, 1, 1).unwrap() + Days::new(weekday);
        (0..260).map(move |n| start + Days::new(7 * n)).take_while(move |day| *day <= end)
    };
    let macros = days.clone();
    let mut out = vec![
        ("stocks.csv".to_owned(), wide(&days, &stocks)),
        ("funds.csv".to_owned(), wide(&days, &funds)),
        ("funds-adjusted.csv".to_owned(), wide(&days, &adjusted)),
    ];
    let mut values = Random(seed ^ 0xabcdef);
    let mut wander = |from: f64, step: f64| {
        let mut value = from;
        let mut random = Random(values.next());
        move |_: usize| {
            value += step * random.unit();
            Some(value)
        }
    };
    let mut rate = wander(4.0, 0.25);
    out.push(series("UNRATE", months(), |n| rate(n).filter(|_| n != 21)));
    out.push(series("CPIAUCSL", months(), wander(250.0, 2.0)));
    out.push(series("PAYEMS", months(), wander(150_000.0, 200.0)));
    out.push(series("NFCI", weeks(0), wander(-0.3, 0.15)));
    out.push(series("ICSA", weeks(1), wander(220_000.0, 12_000.0)));
    out.push(series("T10Y3M", macros.iter().copied(), wander(0.0, 0.1)));
    // A spread of hardly a point is taken for a mistake, and not read.
    let mut spread = wander(4.0, 0.2);
    out.push(series("BAMLH0A0HYM2", macros.iter().copied(), |n| spread(n).map(|value: f64| value.max(2.0))));
    out.push(series("VIXCLS", macros.iter().copied(), wander(25.0, 2.0)));
    out
}

/// The files as they would have been on a day: rows of later dates cut off.
pub fn cut(files: &Files, day: NaiveDate) -> Files {
    let before =
        |line: &&str| line.get(..10).and_then(|date| date.parse::<NaiveDate>().ok()).is_none_or(|date| date <= day);
    let text = |content: &str| content.lines().filter(before).map(|line| format!("{line}\n")).collect();
    files.iter().map(|(name, content)| (name.clone(), text(content))).collect()
}

pub fn load(files: &Files) -> Market {
    let raw: Vec<RawFile> =
        files.iter().map(|(name, text)| RawFile::new(name.clone(), text.clone().into_bytes())).collect();
    market::load(&raw, &mut Sink::default())
}

/// Every signal and brake there is, in more than one setting where that matters.
pub const EVERYTHING: &str = r#"
[signals.breadth-200]
min-coverage = "50%"
source = "panel"
[signals.breadth-50]
min-coverage = "50%"
source = "panel"
[signals.ad-line]
source = "panel"
[signals.new-highs]
source = "panel"
[signals.mcclellan]
source = "panel"
[signals.zweig]
source = "panel"
[signals.breadth-20]
kind = "pct-above-ma"
window = 20
min-coverage = "50%"
source = "panel"
[signals.ad-sustained]
kind = "ad-line"
source = "panel"
window = 21
sustained = true
ramp = [0, 2]
weight = 0.10
[signals.rsp-sustained]
kind = "ratio-trend"
of = "RSP"
window = 21
sustained = true
ramp = [0, 2]
weight = 0.10
[signals.level]
kind = "ratio"
of = "IWM"
measure = "change"
window = 10
[signals.highs]
kind = "new-highs-lows"
source = "panel"
window = 30
measure = "index"
[signals.summation]
kind = "mcclellan"
source = "panel"
measure = "summation"
[brakes.claims]
enabled = true
[brakes.months]
kind = "spy-trend"
average = "10-month"
caution = 0
"#;

pub fn configure(text: &str) -> (SignalSetup, Rotation) {
    let mut sink = Sink::default();
    let document = Document::load(Some(Source::file("broaden.toml", text)), &[], &mut sink);
    let setup = signals::configure(&document, &mut sink);
    let rotation = strength::configure(&document, &mut sink);
    assert!(!sink.has_errors(), "{:?}", sink.items);
    (setup, rotation)
}

pub fn replay(files: &Files, config: &str, as_of: NaiveDate) -> (History, Strength) {
    let (setup, rotation) = configure(config);
    let history = signals::history(&setup, &load(files), as_of);
    let strength = strength::replay(&rotation, &setup, &history);
    (history, strength)
}
