//! A whole household in one text, to be damaged and advised on: its holdings, config, market and fund files after lines
//! such as `=== holdings/a.toml`. What comes of it must hold whatever the text is.

use std::collections::BTreeMap;

use broaden::diagnostics::text::is_unseen;
use broaden::diagnostics::{Sink, Source, render};
use broaden::model::{RawFile, Side, Symbol};
use broaden::pipeline::{self, Inputs};
use broaden::plan::{WashSales, verify};
use broaden::proposal::Proposal;
use broaden::report::{Options, RENDERERS};
use broaden::units::Shares;
use chrono::{Days, NaiveDate};

/// What begins a file.
const BEGIN: &str = "=== ";

/// What came of a household.
#[derive(Debug)]
pub enum Outcome {
    /// An error, with its reason.
    Refused,
    /// A plan of so many orders.
    Planned(usize),
    /// What may never be.
    Broken(Vec<String>),
}

/// Returns the files of a text.
pub fn inputs(bytes: &[u8]) -> Inputs {
    let mut inputs = Inputs { today: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap_or_default(), ..Inputs::default() };
    let mut name = "holdings/a.toml".to_owned();
    let mut begun = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(BEGIN.as_bytes()) {
            Some(next) => {
                put(&mut inputs, &name, std::mem::take(&mut begun));
                name = String::from_utf8_lossy(next).trim().to_owned();
            }
            None => begun.extend_from_slice(line),
        }
    }
    put(&mut inputs, &name, begun);
    inputs
}

fn put(inputs: &mut Inputs, name: &str, bytes: Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let file = RawFile::new(name, bytes);
    match name.split('/').next().unwrap_or_default() {
        "market" => inputs.market.push(file),
        "funds" => inputs.funds.push(file),
        "config" => inputs.config = Some(Source::file("broaden.toml", String::from_utf8_lossy(file.bytes()))),
        _ => inputs.holdings.push(file),
    }
}

/// Advises on the household of a text.
pub fn advise(bytes: &[u8]) -> Outcome {
    let inputs = inputs(bytes);
    let mut sink = Sink::default();
    let proposal = pipeline::advise(&inputs, &mut sink);
    let mut broken = Vec::new();
    for item in sink.items.iter().take(50) {
        let shown = render(item, false);
        if has_marks(&shown) {
            broken.push(format!("a diagnostic moves the cursor or hides something: {shown:?}"));
        }
    }
    if proposal.is_some() == sink.has_errors() {
        broken.push(format!("a plan: {}, errors: {}", proposal.is_some(), sink.has_errors()));
    }
    broken.extend(sink.items.iter().filter(|item| item.code.id == "plan-failed").map(|item| item.message.clone()));
    let Some(proposal) = proposal else {
        return if broken.is_empty() { Outcome::Refused } else { Outcome::Broken(broken) };
    };
    let breaches = verify(&proposal.problem, &proposal.plan);
    broken.extend(breaches.into_iter().map(|breach| format!("{}: {}", breach.rule, breach.message)));
    broken.extend(oversold(&proposal));
    broken.extend(washed(&proposal));
    for renderer in RENDERERS {
        let text = (renderer.render)(&proposal, Options { width: 100, colour: false });
        if has_marks(&text) {
            broken.push(format!("{} moves the cursor or hides something", renderer.id));
        }
        if renderer.id == "json" && serde_json::from_str::<serde_json::Value>(&text).is_err() {
            broken.push("the JSON is none".to_owned());
        }
    }
    if broken.is_empty() { Outcome::Planned(proposal.trades.len()) } else { Outcome::Broken(broken) }
}

/// Whether a text moves the cursor or hides something.
pub fn has_marks(text: &str) -> bool {
    text.chars().any(|letter| letter != '\n' && (letter.is_control() || is_unseen(letter)))
}

/// From the files alone: no more is sold of a ticker than its accounts hold.
fn oversold(proposal: &Proposal) -> Vec<String> {
    let mut held: BTreeMap<&Symbol, Shares> = BTreeMap::new();
    for position in proposal.portfolio.accounts.iter().flat_map(|account| &account.positions) {
        if let (Some(symbol), Some(quantity)) = (&position.canonical, position.quantity) {
            *held.entry(symbol).or_default() += quantity.max(Shares::default());
        }
    }
    let mut sold: BTreeMap<&Symbol, Shares> = BTreeMap::new();
    for trade in proposal.trades.iter().filter(|trade| trade.side == Side::Sell) {
        *sold.entry(&trade.symbol).or_default() += trade.quantity;
    }
    let beyond = sold.into_iter().filter(|(symbol, sold)| held.get(symbol).is_some_and(|held| held < sold));
    beyond.map(|(symbol, sold)| format!("{sold} of {symbol} are sold and fewer held")).collect()
}

/// From the files alone: no loss is booked on what any account of the household bought in the 30 days before, but for the
/// shares themselves (IRC 1091).
fn washed(proposal: &Proposal) -> Vec<String> {
    if proposal.problem.wash_sales != WashSales::Block {
        return Vec::new();
    }
    let from = proposal.as_of.checked_sub_days(Days::new(30)).unwrap_or(proposal.as_of);
    let losses = proposal.trades.iter().filter_map(|trade| {
        let sale = trade.lot.as_ref()?;
        sale.gain.is_some_and(|gain| gain.is_negative()).then_some((trade, sale))
    });
    let mut found = Vec::new();
    for (trade, sale) in losses {
        for account in &proposal.portfolio.accounts {
            for position in account.positions.iter().filter(|own| own.canonical.as_ref() == Some(&trade.symbol)) {
                let recent = position.lots.iter().filter(|lot| {
                    let within = lot.opened.is_some_and(|day| (from..=proposal.as_of).contains(&day));
                    within && lot.quantity.is_positive() && lot.opened != sale.opened
                });
                found.extend(recent.map(|lot| {
                    format!("{} is sold with a loss, {} bought {:?}", trade.symbol, account.label(), lot.opened)
                }));
            }
        }
    }
    found
}

/// Numbers that can be had again.
pub struct Dice(u64);

impl Dice {
    /// Begins a sequence.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below another.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, things: &[&'a T]) -> Option<&'a T> {
        things.get(self.below(things.len())).copied()
    }
}

/// Values that a key or cell may not expect.
const VALUES: [&str; 40] = [
    "0",
    "-0",
    "1",
    "-1",
    "0.000001",
    "999999999999",
    "1e30",
    "-1e-30",
    "nan",
    "inf",
    "\"\"",
    "\"0%\"",
    "\"100%\"",
    "\"99.99%\"",
    "\"0.01%\"",
    "\"150%\"",
    "true",
    "[]",
    "{}",
    "[\"NVDA\"]",
    "\"NVDA\"",
    "\"BND\"",
    "\"benchmark + 3\"",
    "2026-11-20",
    "2026-11-01",
    "2026-10-20",
    "2025-11-20",
    "2028-02-29",
    "0001-01-01",
    "9999-12-31",
    "\"1,000\"",
    "\"(5)\"",
    "\"$5\"",
    "\"=1+1\"",
    "\"\u{202e}x\"",
    "\"a\\nb\"",
    "3",
    "7.5",
    "\"12345678901234567890\"",
    "\"5%\"",
];

/// Lines that a file of the household may hold.
const LINES: [&str; 34] = [
    "[[account]]",
    "[[account.position]]",
    "symbol = \"NVDA\"",
    "symbol = \"IVV\"",
    "kind = \"roth\"",
    "kind = \"hsa\"",
    "kind = \"taxable\"",
    "kind = \"ira\"",
    "currency = \"CAD\"",
    "cash = -5000",
    "cash = 250000",
    "price = 0.0001",
    "quantity = 0.5",
    "lot = [{ opened = 2026-11-15, quantity = 100, cost-basis = \"18500\" }]",
    "lot = [{ opened = 2024-01-10, quantity = 30, cost-basis = \"90000\", locked-until = 2027-01-01 }]",
    "[tax]",
    "[trading]",
    "whole-shares = false",
    "min-trade = 0",
    "max-trades = 3",
    "mode = \"priced\"",
    "set-aside-tax = true",
    "wash-sale = \"warn\"",
    "do-not-sell = [\"NVDA\"]",
    "do-not-buy = [\"XLF\"]",
    "[limits.tech]",
    "[limits.turnover]",
    "max = \"3%\"",
    "enabled = false",
    "[household]",
    "cash-reserve = \"20%\"",
    "out-of-scope = true",
    "=== market/x.csv",
    "=== config",
];

/// Returns a household whose text is damaged in one to six places; a part may come from another.
pub fn mutated(text: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for _ in 0..=dice.below(6) {
        let at = dice.below(lines.len());
        match dice.below(10) {
            // Another value for a key, or another cell.
            0..=3 => {
                let (value, with) = (dice.pick(&VALUES).unwrap_or_default(), dice.below(40));
                let Some(line) = lines.get_mut(at) else { continue };
                let text = String::from_utf8_lossy(line).into_owned();
                let end = text.trim_end().to_owned();
                *line = match end.split_once(" = ") {
                    Some((key, _)) => format!("{key} = {value}\n").into_bytes(),
                    None => {
                        let mut cells: Vec<&str> = end.split(',').collect();
                        let count = cells.len();
                        if let Some(cell) = cells.get_mut(with % count.max(1)) {
                            *cell = value.trim_matches('"');
                        }
                        format!("{}\n", cells.join(",")).into_bytes()
                    }
                };
            }
            4..=5 => {
                let line = dice.pick(&LINES).unwrap_or_default();
                lines.insert(at, format!("{line}\n").into_bytes());
            }
            6 => drop((!lines.is_empty()).then(|| lines.remove(at))),
            7 => {
                let again: Vec<Vec<u8>> = lines.iter().skip(at).take(1 + dice.below(12)).cloned().collect();
                lines.splice(at..at, again);
            }
            8 => {
                let whole: Vec<Vec<u8>> = other.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                let from = dice.below(whole.len());
                let part = whole.into_iter().skip(from).take(1 + dice.below(20));
                lines.splice(at..at, part);
            }
            _ => {
                let Some(line) = lines.get_mut(at) else { continue };
                let place = dice.below(line.len());
                let bit = 1_u8 << dice.below(8);
                if let Some(byte) = line.get_mut(place) {
                    *byte ^= bit;
                }
            }
        }
    }
    lines.concat()
}
