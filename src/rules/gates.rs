//! Participation gates: which sleeve funds take part in the advance, replayed from history.

use chrono::NaiveDate;

use super::strength::{Rotation, is_run};
use crate::diagnostics::counted;
use crate::market::{Market, REFERENCE_FUND, cells};
use crate::model::Symbol;
use crate::signals::trend;

/// What `broaden explain gate` prints.
pub const DOC: &str = "\
A sleeve fund takes part in the advance while its close, dividends included, is above its 200-day mean and its return
of 126 sessions beats that of SPY. Only then money goes to it.

  opens: close > SMA200 and momentum - SPY's > 0        closes: close <= SMA200 or momentum - SPY's < -2 points

It opens when as many runs in a row find it so as [rotation] asks for a rise of the strength (`confirm`, at its
`cadence`), and closes at once. Between 0 and -2 points it stays what it was, so that noise does not open and close it. The state is replayed from the
start of the data. What a closed sleeve would have had goes to the neutral fund or stays in cash, not to the others.";

/// Sessions of the average.
pub const AVERAGE: usize = 200;
/// Sessions of the momentum: about six months.
pub const MOMENTUM: usize = 126;
/// Lead over the index, as a fraction, above which a gate opens.
pub const OPEN_ABOVE: f64 = 0.0;
/// Lead below which it closes.
pub const CLOSE_BELOW: f64 = -0.02;

/// Whether a fund takes part.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// Money may go to it.
    pub open: bool,
    /// The session since which that holds.
    pub since: Option<NaiveDate>,
    /// The session of the readings.
    pub as_of: Option<NaiveDate>,
    /// Close over the 200-day mean, less one: 0.03 is 3% above.
    pub value_vs_sma200: Option<f64>,
    /// Return of 126 sessions less SPY's, as a fraction.
    pub momentum_126_vs_spy: Option<f64>,
    /// Trend of the logarithm of fund over SPY across 126 sessions, for weighting by strength.
    pub z126: Option<f64>,
    /// Runs in a row that found it ready to open; 0 when it is open.
    pub asked: usize,
    /// In words: `below its 200-day`, `behind SPY by 3.1 points`, `no data`.
    pub reason: String,
}

impl Gate {
    /// Says what would open or close it: `opens 1.2 points above SPY`, `closes 3.4% lower, or 2.1 points behind`.
    pub fn distance(&self) -> Option<String> {
        let (above, lead) = (self.value_vs_sma200?, self.momentum_126_vs_spy?);
        let points = |fraction: f64| format!("{:.1} points", 100.0 * fraction);
        Some(if self.open {
            // The close would have to fall to its mean: 3% above it is a fall of 3 / 1.03 percent.
            let fall = 100.0 * above / (1.0 + above);
            format!("closes if it falls {fall:.1}%, or {} against {REFERENCE_FUND}", points(lead - CLOSE_BELOW))
        } else {
            let rise = (above <= 0.0).then(|| format!("rises {:.1}% to its 200-day", -100.0 * above / (1.0 + above)));
            let gain = (lead <= OPEN_ABOVE).then(|| format!("gains {} on {REFERENCE_FUND}", points(OPEN_ABOVE - lead)));
            let needs: Vec<String> = rise.into_iter().chain(gain).collect();
            if needs.is_empty() {
                "opens when enough runs in a row find it so".to_owned()
            } else {
                format!("opens if it {}", needs.join(" and "))
            }
        })
    }

    fn closed(reason: impl Into<String>) -> Gate {
        Gate {
            open: false,
            since: None,
            as_of: None,
            value_vs_sma200: None,
            momentum_126_vs_spy: None,
            z126: None,
            asked: 0,
            reason: reason.into(),
        }
    }
}

/// Returns whether a fund takes part on a day, from its closes up to that day. Like the strength it opens only when some
/// runs in a row find it so.
pub fn gate(symbol: &Symbol, market: &Market, as_of: NaiveDate, rotation: &Rotation) -> Gate {
    Replay::new(symbol, market, as_of, rotation).on(as_of)
}

/// The gate of a fund on every day, computed once.
pub struct Replay {
    /// Why there is none.
    missing: String,
    days: Vec<NaiveDate>,
    /// Closes of the fund and of the index.
    closes: Vec<(f64, f64)>,
    states: Vec<Option<State>>,
    confirm: usize,
}

/// A gate on one session.
#[derive(Clone, Copy)]
struct State {
    open: bool,
    since: NaiveDate,
    /// Runs in a row that found it ready to open, or open.
    asked: usize,
    above: f64,
    lead: f64,
}

impl Replay {
    /// Replays the gate of a fund from the start of the data to a day.
    pub fn new(symbol: &Symbol, market: &Market, until: NaiveDate, rotation: &Rotation) -> Replay {
        let index = Symbol::new(REFERENCE_FUND);
        let (days, closes, states, confirm) = (Vec::new(), Vec::new(), Vec::new(), rotation.confirm);
        let mut replay = Replay { missing: String::new(), days, closes, states, confirm };
        let (Some(fund), Some(spy)) = (market.returns(symbol), market.returns(&index)) else {
            let missing = if market.returns(symbol).is_none() { symbol.as_str() } else { REFERENCE_FUND };
            replay.missing = format!("no data: no closes of {missing}");
            return replay;
        };
        replay.missing = format!("no data: {symbol} needs {AVERAGE} closes");
        for (day, close) in fund.dates.iter().zip(&fund.values).take_while(|(day, _)| **day <= until) {
            if let Some(spy) = spy.at(*day) {
                replay.days.push(*day);
                replay.closes.push((cells::to_f64(*close), cells::to_f64(spy)));
            }
        }
        let own: Vec<f64> = replay.closes.iter().map(|(own, _)| *own).collect();
        let means = trend::mean(&own, AVERAGE);
        let lead = |session: usize| {
            let (own, other) = replay.closes.get(session)?;
            let (own_before, other_before) = replay.closes.get(session.checked_sub(MOMENTUM)?)?;
            Some(own / own_before - other / other_before)
        };
        let mut known: Option<State> = None;
        let mut before = None;
        for (session, day) in replay.days.iter().enumerate() {
            let run = is_run(rotation.cadence, before.replace(*day), *day);
            if let (Some(mean), Some(lead)) = (means.get(session).copied().flatten(), lead(session)) {
                let above = own.get(session).map_or(0.0, |close| close / mean - 1.0);
                let was_open = known.is_some_and(|state| state.open);
                let asks = above > 0.0 && if was_open { lead >= CLOSE_BELOW } else { lead > OPEN_ABOVE };
                let asked = match (asks, run) {
                    (true, true) => known.map_or(0, |state| state.asked) + 1,
                    (false, true) => 0,
                    (_, false) => known.map_or(0, |state| state.asked),
                };
                let open = asks && (was_open || run && asked >= rotation.confirm);
                let since = known.filter(|state| state.open == open).map_or(*day, |state| state.since);
                known = Some(State { open, since, asked, above, lead });
            }
            replay.states.push(known);
        }
        replay
    }

    /// Returns the gate on a day.
    pub fn on(&self, as_of: NaiveDate) -> Gate {
        let session = self.days.partition_point(|day| *day <= as_of).checked_sub(1);
        let state = session.and_then(|session| Some((session, (*self.states.get(session)?)?)));
        let Some((session, State { open, since, asked, above, lead })) = state else {
            return Gate::closed(self.missing.clone());
        };
        let first = session.saturating_sub(MOMENTUM);
        let ratios: Vec<f64> =
            self.closes.get(first..=session).into_iter().flatten().map(|(own, other)| (own / other).ln()).collect();
        let asked = if open { 0 } else { asked };
        let points = 100.0 * lead;
        let reason = match () {
            () if above <= 0.0 => format!("{:.1}% below its 200-day", -100.0 * above),
            () if lead < 0.0 && !open => format!("behind {REFERENCE_FUND} by {:.1} points", -points),
            () if lead < 0.0 => format!("behind {REFERENCE_FUND} by {:.1} points, within the tolerance of 2", -points),
            () if !open => format!(
                "ahead of {REFERENCE_FUND} by {points:.1} points, on {asked} of {} that open it",
                counted(self.confirm, "run", "runs")
            ),
            () => format!("{:.1}% above its 200-day, ahead of {REFERENCE_FUND} by {points:.1} points", 100.0 * above),
        };
        Gate {
            open,
            since: Some(since),
            as_of: self.days.get(session).copied(),
            value_vs_sma200: Some(above),
            momentum_126_vs_spy: Some(lead),
            z126: trend::z_of(&ratios),
            asked,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::layouts::testing::market;
    use crate::signals::testing::weekdays;

    /// SPY flat at 100 and a fund whose closes a function gives.
    fn gate_of(count: usize, close: impl Fn(usize) -> f64) -> Gate {
        let rows = weekdays(count, |n| format!("{},100", close(n)));
        let (market, _) = market(&[("f.csv", &format!("date,XLI,SPY\n{rows}"))]);
        gate(&Symbol::new("XLI"), &market, market.last_session().unwrap(), &Rotation::default())
    }

    #[test]
    fn a_leader_is_in_and_laggards_are_out_with_the_reason() {
        let rising = gate_of(220, |n| 100.0 + n as f64 * 0.1);
        assert!(rising.open && rising.reason.contains("ahead of SPY"), "{}", rising.reason);
        let falling = gate_of(220, |n| 100.0 - n as f64 * 0.1);
        assert!(!falling.open && falling.reason.contains("below its 200-day"), "{}", falling.reason);
        // Above its mean, which still remembers lower closes, but lower than 126 sessions ago.
        let behind = gate_of(220, |n| match n {
            0..93 => 60.0,
            93..100 => 110.0,
            _ => 105.0,
        });
        assert!(!behind.open && behind.reason == "behind SPY by 4.5 points", "{}", behind.reason);
        // 219 days at 0.1: the close is 121.9, its mean 111.95, so a fall of 8.2% closes it; the lead is 11.5 points.
        assert_eq!(rising.distance().as_deref(), Some("closes if it falls 8.2%, or 13.5 points against SPY"));
        assert_eq!(behind.distance().as_deref(), Some("opens if it gains 4.5 points on SPY"));
        assert!(gate_of(150, |_| 100.0).reason.starts_with("no data"));
    }

    #[test]
    fn within_the_tolerance_it_stays_what_it_was() {
        // The lead is 11 points while the close of 126 sessions before was 90, and -1 point at the end.
        let after = gate_of(240, |n| match n {
            0..100 => 90.0,
            100..230 => 100.0,
            _ => 99.0,
        });
        let lead = after.momentum_126_vs_spy.unwrap();
        assert!((lead + 0.01).abs() < 1e-9 && after.value_vs_sma200.unwrap() > 0.0);
        assert!(after.open, "it was open before, and -1 point does not close it");
        // The same end without ever having led.
        let fresh = gate_of(240, |n| match n {
            0..60 => 60.0,
            60..114 => 100.0,
            _ => 99.0,
        });
        assert!((fresh.momentum_126_vs_spy.unwrap() - lead).abs() < 1e-9 && fresh.value_vs_sma200.unwrap() > 0.0);
        assert!(!fresh.open && fresh.reason == "behind SPY by 1.0 points", "{}", fresh.reason);
    }

    /// Flat at 100 and ahead from session 220 on, a Wednesday: the first Friday asks once, the second opens it.
    #[test]
    fn it_opens_when_two_runs_in_a_row_find_it_so_and_closes_at_once() {
        let at = |count: usize| gate_of(count, |n| if n < 220 { 100.0 } else { 110.0 });
        let first = (221..240).find(|count| at(*count).asked == 1).unwrap();
        assert!(!at(first).open && at(first).reason.ends_with("on 1 of 2 runs that open it"), "{}", at(first).reason);
        assert!(!at(first + 4).open && at(first + 5).open, "a week later");
        let fallen = gate_of(first + 6, |n| if n < 220 || n > first + 4 { 100.0 } else { 110.0 });
        assert!(!fallen.open, "{}", fallen.reason);
    }

    #[test]
    fn a_day_knows_nothing_of_later_ones() {
        let rows = weekdays(260, |n| format!("{},100", 100.0 + (n as f64 * 0.37).sin() * 5.0 + n as f64 * 0.05));
        let (all, _) = market(&[("f.csv", &format!("date,XLI,SPY\n{rows}"))]);
        let cut = all.sessions()[230];
        let head: String = rows.lines().take(231).map(|line| format!("{line}\n")).collect();
        let (part, _) = market(&[("f.csv", &format!("date,XLI,SPY\n{head}"))]);
        let of = |market| gate(&Symbol::new("XLI"), market, cut, &Rotation::default());
        assert_eq!(of(&all), of(&part));
    }
}
