//! The whole history as a table.

use chrono::NaiveDate;

use super::{Rotation, Strength, replay};
use crate::market::Market;
use crate::signals::breadth::{self, Question};
use crate::signals::{self, SignalSetup};

/// Returns the whole history as CSV: one row per session with the counts of breadth over the panel (columns of the
/// reference files), then a column per signal and brake by id, then the applied strength, which is
/// returned beside it. Unknown is blank.
pub fn history_csv(market: &Market, setup: &SignalSetup, rotation: &Rotation, as_of: NaiveDate) -> (String, Strength) {
    use std::fmt::Write;
    let counter = breadth::Counter::new(market, as_of);
    counter.prepare(&[Question::Above(200), Question::Advances, Question::Above(50)]);
    let history = signals::history_with(setup, market, as_of, &counter);
    let strength = replay(rotation, setup, &history);
    let count = |question| counter.count(question).unwrap_or_default();
    let (advances, long, short) = (count(Question::Advances), count(Question::Above(200)), count(Question::Above(50)));
    let mut out = String::from(
        "date,adv,dec,unch,n_ad,net,ad_line,above_200,n_200,pct_above_200dma,above_50,n_50,pct_above_50dma",
    );
    let ids = setup.signals.iter().map(|entry| &entry.id).chain(setup.brakes.iter().map(|entry| &entry.id));
    ids.for_each(|id| {
        out.push(',');
        out.push_str(id);
    });
    out.push_str(",strength\n");
    let (mut row, mut line) = (0, 0_i64);
    for (index, day) in history.sessions.iter().enumerate() {
        let _ = write!(out, "{day}");
        if advances.sessions.get(row) == Some(day) {
            let pair = advances.tallies.get(row).copied().unwrap_or_default();
            let net = i64::from(pair.yes) - i64::from(pair.no);
            line += net;
            let unchanged = pair.eligible - pair.yes - pair.no;
            let _ = write!(out, ",{},{},{unchanged},{},{net},{line}", pair.yes, pair.no, pair.eligible);
            for counts in [&*long, &*short] {
                let tally = counts.tallies.get(row).copied().unwrap_or_default();
                let _ = write!(out, ",{},{},", tally.yes, tally.eligible);
                if let Some(percent) = tally.percent() {
                    let _ = write!(out, "{percent:.6}");
                }
            }
            row += 1;
        } else {
            out.push_str(",,,,,,,,,,,,");
        }
        let signals = history.signals.iter().map(|track| track.values.get(index).copied().flatten());
        let brakes = history.brakes.iter().map(|track| track.days.get(index).and_then(|day| day.value));
        for value in signals.chain(brakes) {
            out.push(',');
            if let Some(value) = value {
                let _ = write!(out, "{value:.6}");
            }
        }
        let applied = strength.path.get(index).map(|(_, applied)| *applied);
        let _ = match applied {
            Some(applied) => writeln!(out, ",{applied:.6}"),
            None => writeln!(out, ","),
        };
    }
    (out, strength)
}
