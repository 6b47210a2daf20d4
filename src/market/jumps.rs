//! Falls and rises within a day that are splits as a rule: asked about, and not taken for a crash meanwhile.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::cells::{self, NONE};
use super::{Closes, Market, SPLIT, SPLIT_QUESTION, special};
use crate::config::{Document, NodeValue, Table, WRONG_TYPE};
use crate::diagnostics::{Diagnostic, Sink, counted};
use crate::model::Symbol;

/// What `broaden explain splits` prints.
pub const DOC: &str = "\
Closes as traded fall by half on the day of a 2:1 split, and nothing in the file says that it is one. Where a close
changes within a day, beside SPY, as 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50 or 100 shares for one would do it
(or the reverse), or falls as 5:4, 4:3 or 3:2 would, while it moves little on the days around, and the file has no adjusted
closes that settle it, broaden asks, and uses no close before that day until it is answered (in a panel of stocks 5:4, 4:3 and
3:2 are not looked for: among hundreds a fall like that is news):

  [splits]
  XLB = [\"2025-12-05 2:1\"]        # two new shares for one old; earlier closes are divided by 2
  ACME = [\"2026-03-02 none\"]      # no split: it fell that much";

/// New shares for one old by ticker and day; 1 for a change that was none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Splits(BTreeMap<Symbol, BTreeMap<NaiveDate, f64>>);

/// Reads `[splits]`. Every problem is pushed to the sink.
pub fn configure(document: &Document, sink: &mut Sink) -> Splits {
    let mut splits = Splits::default();
    let empty = Table::default();
    for (ticker, node) in &document.root.table("splits").unwrap_or(&empty).entries {
        let list = match &node.value {
            NodeValue::List(list) => list.as_slice(),
            _ => std::slice::from_ref(node),
        };
        for node in list {
            let answer = match &node.value {
                NodeValue::Text(text) => read(text),
                _ => None,
            };
            match answer {
                Some((day, ratio)) => {
                    splits.0.entry(Symbol::new(ticker)).or_default().insert(day, ratio);
                }
                None => sink.push(
                    Diagnostic::error(WRONG_TYPE, format!("[splits] {ticker} holds no split"))
                        .at(node.place.clone())
                        .hint(
                            "write \"2025-12-05 2:1\" for two new shares for one old, \"2025-12-05 none\" for no split",
                        ),
                ),
            }
        }
    }
    splits
}

fn read(text: &str) -> Option<(NaiveDate, f64)> {
    let (day, ratio) = text.trim().split_once(' ')?;
    let day = day.parse().ok()?;
    if ratio.trim() == "none" {
        return Some((day, 1.0));
    }
    let (new, old) = ratio.split_once(':')?;
    let (new, old): (f64, f64) = (new.trim().parse().ok()?, old.trim().parse().ok()?);
    (new > 0.0 && old > 0.0 && new.is_finite() && old.is_finite()).then_some((day, new / old))
}

/// What the market did on a day.
const REFERENCE: &str = "SPY";
/// The usual ratios.
const RATIOS: [f64; 16] = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0];
/// Those of a fraction: 5:4, 4:3, 3:2.
const SMALL: [f64; 3] = [1.25, 4.0 / 3.0, 1.5];
/// How much a change must look like a split before it is taken for one.
#[derive(Clone, Copy)]
struct Proof {
    /// The price moves that day too: how far from the ratio it may end.
    tolerance: f64,
    /// How many times as far as it moves on other days.
    quiet: f64,
    /// Whether only dear shares are split, and cheap ones joined.
    usual: bool,
}

/// A split falls on a day like any other. Shares that halve or double by themselves do so among days of large moves: of the
/// 8 such days near a ratio in the closes of 594 members of the S&P 500 from 2014 to 2024 the change was at most 15 times
/// the usual move around it (Fossil in 2018; GameStop in 2021 less than 6 times). A split of 2:1 where 2% is usual is 35
/// times that.
const FALL: Proof = Proof { tolerance: 0.1, quiet: 8.0, usual: false };
const RISE: Proof = Proof { tolerance: 0.04, quiet: 15.0, usual: false };
/// Among the hundreds of a panel a few fall by about half, and a price more often doubles than two shares become one.
const PANEL: Proof = Proof { tolerance: 0.03, quiet: 15.0, usual: true };
/// A fund does not fall by a fifth or a third on a day like any other: in 51 of them from 2005 to 2026 none did. Of 594
/// companies from 2014 to 2024 14 did so on bad news, within these bounds, in ten years.
const OF_FUND: Proof = Proof { tolerance: 0.03, quiet: 10.0, usual: false };
const OF_SHARE: Proof = Proof { tolerance: 0.02, quiet: 20.0, usual: false };

/// Whose closes they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Fund,
    Share,
    /// One of the hundreds of a panel.
    Member,
}

impl Whose {
    fn of(symbol: &Symbol) -> Whose {
        if special::is_fund(symbol.as_str()) { Whose::Fund } else { Whose::Share }
    }

    /// Returns whether a change is large enough to be looked at.
    fn is_large(self, change: f64) -> bool {
        change > 1.7 || change < if self == Whose::Member { 0.6 } else { 0.85 }
    }

    /// Returns how much a change must look like which splits.
    fn proof(self, change: f64) -> (Proof, &'static [f64]) {
        match self {
            Whose::Member => (PANEL, &RATIOS),
            _ if change > 1.0 => (RISE, &RATIOS),
            _ if change < 0.6 => (FALL, &RATIOS),
            Whose::Fund => (OF_FUND, &SMALL),
            Whose::Share => (OF_SHARE, &SMALL),
        }
    }
}
/// Moves before and after a change that tell what is usual.
const BEFORE: usize = 20;
const AFTER: usize = 10;
/// Companies split dear shares and join cheap ones: below this many dollars little is split, above it little joined.
const CHEAP: f64 = 20.0;
/// Between closes further apart much may have happened.
const LONGEST_PAUSE: i64 = 10;

/// Returns the ratio that a change from a price looks like: 2 for a fall by half, 0.5 for a rise to the double. Of a
/// single symbol any price counts: it is asked about, and whoever knows can answer.
fn looks_like(price: f64, change: f64, (proof, ratios): (Proof, &[f64])) -> Option<f64> {
    let near = |factor: f64| {
        let apart = |ratio: &f64| (factor / ratio - 1.0).abs();
        let nearest = ratios.iter().copied().min_by(|a, b| apart(a).total_cmp(&apart(b)));
        nearest.filter(|ratio| apart(ratio) <= proof.tolerance)
    };
    if change < 1.0 {
        near(1.0 / change).filter(|_| !proof.usual || price >= CHEAP)
    } else {
        near(change).filter(|_| !proof.usual || price <= CHEAP).map(|ratio| 1.0 / ratio)
    }
}

/// Returns the usual move around the move at an index: the median before or after it, whichever is larger.
fn usual_move(moves: &[f64], at: usize) -> f64 {
    let median = |part: &[f64]| {
        let mut sorted = part.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
    };
    let before = moves.get(at.saturating_sub(BEFORE)..at).unwrap_or_default();
    let after = moves.get(at + 1..moves.len().min(at + 1 + AFTER)).unwrap_or_default();
    median(before).max(median(after))
}

/// Days on which closes change, beside those of the reference fund, as by a split, with the ratio and the change.
fn jumps<'a>(
    days: impl Iterator<Item = (&'a NaiveDate, &'a i64)>,
    whose: Whose,
    fund: Option<&Closes>,
) -> Vec<(NaiveDate, f64, f64)> {
    let closes: Vec<(NaiveDate, i64)> =
        days.filter(|(_, close)| **close != NONE).map(|(day, close)| (*day, *close)).collect();
    let change = |pair: &[(NaiveDate, i64)]| match pair {
        [(_, old), (_, new)] => *new as f64 / *old as f64,
        _ => 1.0,
    };
    let is_large = |pair: &[(NaiveDate, i64)]| whose.is_large(change(pair));
    if !closes.windows(2).any(is_large) {
        return Vec::new();
    }
    let moves: Vec<f64> = closes.windows(2).map(|pair| change(pair).ln().abs()).collect();
    let pairs = closes.windows(2).enumerate().filter(|(_, pair)| is_large(pair));
    let judged = pairs.filter_map(|(at, pair)| {
        let [(last, old), (day, _)] = pair else { return None };
        let change = change(pair);
        let market = fund.and_then(|fund| Some(cells::to_f64(fund.at(*day)?) / cells::to_f64(fund.at(*last)?)));
        let (proof, ratios) = whose.proof(change);
        let ratio = looks_like(cells::to_f64(*old), change / market.unwrap_or(1.0), (proof, ratios))?;
        let is_near = (*day - *last).num_days() <= LONGEST_PAUSE;
        let is_quiet = change.ln().abs() >= proof.quiet * usual_move(&moves, at);
        (is_near && is_quiet).then_some((*day, ratio, change))
    });
    judged.collect()
}

/// What was asked, and of which symbol: day, ratio and change.
type Question = (Symbol, NaiveDate, f64, f64);

/// Every such day is decided by the answers, else by adjusted closes of the same days; else it is asked about, and
/// nothing before it is used.
#[derive(Default)]
pub(super) struct Asked {
    closes: Vec<Question>,
    panel: Vec<Question>,
    /// The reference fund, as its file has it.
    fund: Option<Closes>,
}

impl Asked {
    /// Decides the closes of funds and single stocks.
    pub(super) fn settle_closes(&mut self, market: &mut Market, splits: &Splits, sink: &mut Sink) {
        self.fund = market.closes.get(&Symbol::new(REFERENCE)).cloned();
        let fund = self.fund.as_ref();
        for (symbol, closes) in &mut market.closes {
            let beside = fund.filter(|_| symbol.as_str() != REFERENCE);
            settle_closes(symbol, closes, (market.adjusted.get(symbol), beside), splits, &mut self.closes, sink);
        }
        for (symbol, closes) in &mut market.adjusted {
            // Beside closes of the same days the adjusted ones are believed.
            if !market.closes.contains_key(symbol) {
                settle_closes(symbol, closes, (None, fund), splits, &mut self.closes, sink);
            }
        }
    }

    /// Decides the columns of the panel.
    pub(super) fn settle_panel(&mut self, market: &mut Market, splits: &Splits) {
        let Some(panel) = &mut market.panel else { return };
        for column in &mut panel.columns {
            for (day, ratio, change) in
                jumps(panel.sessions.iter().zip(&column.closes), Whose::Member, self.fund.as_ref())
            {
                let answer = splits.0.get(&column.symbol).and_then(|days| days.get(&day));
                let until = panel.sessions.partition_point(|session| *session < day);
                let earlier = column.closes.iter_mut().take(until).filter(|close| **close != NONE);
                match answer {
                    Some(factor) => earlier.for_each(|close| *close = (*close as f64 / factor).round() as i64),
                    None => {
                        earlier.for_each(|close| *close = NONE);
                        let known =
                            self.closes.iter().any(|(symbol, date, ..)| *symbol == column.symbol && *date == day);
                        if !known {
                            self.panel.push((column.symbol.clone(), day, ratio, change));
                        }
                    }
                }
            }
        }
    }

    /// Asks.
    pub(super) fn report(self, sink: &mut Sink) {
        for (symbol, day, ratio, change) in self.closes {
            let message = format!(
                "{symbol} {} within a day on {day}, as a split of {} would do; no close before that day is used",
                moved(change),
                words(ratio)
            );
            sink.push(question(message, &symbol, day, ratio));
        }
        if let Some((symbol, day, ratio, change)) = self.panel.first() {
            let message = format!(
                "{} of the panel {} within a day as by a split, first {symbol} on {day} ({}); their closes before are not used",
                counted(self.panel.len(), "stock", "stocks"),
                if self.panel.len() == 1 { "moves" } else { "move" },
                moved(*change),
            );
            sink.push(question(message, symbol, *day, *ratio));
        }
    }
}

fn moved(change: f64) -> String {
    if change < 1.0 { format!("fell by {:.0}%", 100.0 * (1.0 - change)) } else { format!("rose to {change:.1} times") }
}

fn words(ratio: f64) -> String {
    if let Some(at) = SMALL.iter().position(|small| *small == ratio) {
        return format!("{}:{}", 5 - at, 4 - at);
    }
    if ratio >= 1.0 { format!("{ratio:.0}:1") } else { format!("1:{:.0}", 1.0 / ratio) }
}

fn question(message: String, symbol: &Symbol, day: NaiveDate, ratio: f64) -> Diagnostic {
    let hint = format!(
        "if it was one, write {symbol} = [\"{day} {}\"] under [splits] in broaden.toml; if not, [\"{day} none\"]; or save closes that are adjusted for splits",
        words(ratio)
    );
    Diagnostic::warning(SPLIT_QUESTION, message).hint(hint)
}

fn settle_closes(
    symbol: &Symbol,
    closes: &mut Closes,
    (smooth, fund): (Option<&Closes>, Option<&Closes>),
    splits: &Splits,
    asked: &mut Vec<(Symbol, NaiveDate, f64, f64)>,
    sink: &mut Sink,
) {
    for (day, ratio, change) in jumps(closes.dates.iter().zip(&closes.values), Whose::of(symbol), fund) {
        let until = closes.dates.partition_point(|date| *date < day);
        let before = until.checked_sub(1).and_then(|index| closes.dates.get(index)).copied();
        let adjusted = smooth
            .zip(before)
            .and_then(|(smooth, before)| Some(cells::to_f64(smooth.at(day)?) / cells::to_f64(smooth.at(before)?)));
        let answer = splits.0.get(symbol).and_then(|days| days.get(&day)).copied();
        let factor = match (answer, adjusted) {
            (Some(answer), _) => Some(answer),
            // The adjusted closes fall as much: it did fall. They do not: it was a split.
            (None, Some(adjusted)) if (adjusted / change - 1.0).abs() < 0.2 => Some(1.0),
            // A dividend of a fifth does the same to both.
            (None, Some(_)) if (0.7..1.5).contains(&ratio) => Some(1.0),
            (None, Some(_)) => Some(ratio),
            (None, None) => None,
        };
        match factor {
            Some(factor) if factor != 1.0 => {
                let earlier = closes.values.iter_mut().take(until);
                earlier.for_each(|close| *close = (*close as f64 / factor).round() as i64);
                let message = format!("closes of {symbol} before {day} are divided by {factor} for a split");
                sink.push(Diagnostic::note(SPLIT, message));
            }
            Some(_) => {}
            None => {
                closes.dates.drain(..until);
                closes.values.drain(..until);
                asked.push((symbol.clone(), day, ratio, change));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Source;
    use crate::market::load_with;
    use crate::model::RawFile;

    const CLOSES: &str = "Date,Close\n2026-02-19,90\n2026-02-20,90\n2026-02-23,45\n2026-02-24,45\n";

    fn closes(config: &str, files: &[(&str, &str)]) -> (Vec<f64>, Vec<&'static str>) {
        let files: Vec<RawFile> =
            files.iter().map(|(name, text)| RawFile::new(*name, text.as_bytes().to_vec())).collect();
        let document = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut Sink::default());
        let mut sink = Sink::default();
        let market = load_with(&files, &configure(&document, &mut sink).into(), &mut sink);
        let values = market.closes(&Symbol::new("XLB")).map(|closes| closes.values.clone()).unwrap_or_default();
        let codes = sink.items.iter().map(|item| item.code.id).filter(|id| id.contains("split") || *id == "wrong-type");
        (values.into_iter().map(cells::to_f64).collect(), codes.collect())
    }

    #[test]
    fn a_fall_by_half_is_asked_about_and_the_answer_holds() {
        let file = [("XLB.csv", CLOSES)];
        assert_eq!(closes("", &file), (vec![45.0, 45.0], vec!["market-split-question"]));
        let answered = "[splits]\nXLB = [\"2026-02-23 2:1\"]\n";
        assert_eq!(closes(answered, &file), (vec![45.0; 4], vec!["market-split"]));
        let fell = "[splits]\nXLB = \"2026-02-23 none\"\n";
        assert_eq!(closes(fell, &file), (vec![90.0, 90.0, 45.0, 45.0], vec![]));
        assert_eq!(closes("[splits]\nXLB = \"2:1\"\n", &file).1, ["wrong-type", "market-split-question"]);
    }

    #[test]
    fn adjusted_closes_of_the_same_days_settle_it() {
        let fell = CLOSES.replace("90", "88").replace("45", "44.5");
        let smooth = "Date,Close\n2026-02-19,44\n2026-02-20,44\n2026-02-23,44.5\n2026-02-24,45\n";
        assert_eq!(closes("", &[("XLB.csv", CLOSES), ("XLB_adj.csv", smooth)]), (vec![45.0; 4], vec!["market-split"]));
        let both = closes("", &[("XLB.csv", CLOSES), ("XLB_adj.csv", &fell)]);
        assert_eq!(both, (vec![90.0, 90.0, 45.0, 45.0], vec![]));
    }

    /// Closes that move by so much a day around a day on which they change by a factor.
    fn around(daily: f64, factor: f64, start: f64) -> String {
        // Five sessions a week, from a Monday.
        let first = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap();
        let day = |row: usize| first + chrono::Days::new((row / 5 * 7 + row % 5) as u64);
        let mut close = start;
        let rows = (0..60).map(|row| {
            // Up and down in turns; at row 30 the change, up or down.
            close *= if row == 30 {
                factor
            } else if row % 2 == 0 {
                1.0 + daily
            } else {
                1.0 / (1.0 + daily)
            };
            format!("{},{close:.4}\n", day(row))
        });
        format!("Date,Close\n{}", rows.collect::<String>())
    }

    #[test]
    fn a_move_among_large_moves_is_no_split_and_keeps_its_history() {
        let asked = |text: &str| {
            let (values, codes) = closes("", &[("XLB.csv", text)]);
            (values.len(), !codes.is_empty())
        };
        // GameStop of 2021-02-24: from 11.24 to 22.93 while 10% a day were usual.
        assert_eq!(asked(&around(0.10, 22.93 / 11.24, 11.24)), (60, false));
        assert_eq!(asked(&around(0.10, 0.5, 90.0)), (60, false));
        // A reverse split, and splits, on days like any other.
        assert_eq!(asked(&around(0.02, 4.05, 5.0)), (30, true));
        assert_eq!(asked(&around(0.02, 0.49, 90.0)), (30, true));
        assert_eq!(asked(&around(0.04, 0.1, 400.0)), (30, true));
        // A rise that is near no ratio.
        assert_eq!(asked(&around(0.02, 1.9, 5.0)), (60, false));
    }

    /// 5:4, 4:3, 3:2 and 7:1, of funds and of shares; not what a market or bad news does.
    #[test]
    fn splits_of_every_usual_ratio_are_asked_about() {
        let asked = |files: &[(&str, &str)]| {
            let files: Vec<RawFile> = files.iter().map(|(name, text)| RawFile::new(*name, text.as_bytes())).collect();
            let mut sink = Sink::default();
            let _ = load_with(&files, &Splits::default().into(), &mut sink);
            let questions = sink.items.iter().filter(|item| item.code == SPLIT_QUESTION);
            questions.map(|item| item.hint.clone().unwrap_or_default()).collect::<String>()
        };
        for (factor, words) in [
            (0.80, "5:4"),
            (0.75, "4:3"),
            (0.667, "3:2"),
            (0.5, "2:1"),
            (1.0 / 7.0, "7:1"),
            (2.0, "1:2"),
            (7.0, "1:7"),
            (12.0, "1:12"),
        ] {
            for name in ["XLB.csv", "KO.csv"] {
                let text = around(0.01, factor, 20.0);
                let found = asked(&[(name, &text)]);
                assert!(found.contains(&format!("2026-02-16 {words}")), "{name} {factor}: {found}");
                let beside = asked(&[(name, &text), ("SPY.csv", &around(0.01, factor, 400.0))]);
                assert!(!beside.contains("KO = ") && !beside.contains("XLB = "), "{beside}");
            }
        }
        // The same market on another day of the same fall: beside it the fund is a split of 5:4.
        let found = asked(&[("XLB.csv", &around(0.004, 0.775, 90.0)), ("SPY.csv", &around(0.004, 0.963, 400.0))]);
        assert!(found.contains("XLB = [\"2026-02-16 5:4\"]"), "{found}");
        assert_eq!(asked(&[("XLB.csv", &around(0.004, 0.775, 90.0))]), "");
        // Meta of 2022-10-27 fell by a quarter, among days of 3%.
        assert_eq!(asked(&[("META.csv", &around(0.03, 0.754, 130.0))]), "");
        // A crash: a fund among funds, while all move by a lot.
        assert_eq!(asked(&[("XLE.csv", &around(0.05, 0.8, 50.0))]), "");
    }

    #[test]
    fn a_fall_that_no_split_makes_is_a_fall_and_any_other_is_asked_about() {
        let text = CLOSES.replace("45", "55");
        assert_eq!(closes("", &[("XLB.csv", &text)]), (vec![90.0, 90.0, 55.0, 55.0], vec![]));
        let question = vec!["market-split-question"];
        for (before, after) in [("90", "49.5"), ("9", "4.5"), ("90", "30.6"), ("90", "22.5"), ("90", "9"), ("30", "60")]
        {
            let text = CLOSES.replace("90", before).replace("45", after);
            let found = closes("", &[("XLB.csv", &text)]);
            assert_eq!((found.0.len(), &found.1), (2, &question), "{before} {after}");
        }
    }
}
