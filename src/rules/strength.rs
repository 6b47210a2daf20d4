//! The rotation strength: from signals to a score, through the brakes, along a glide path, replayed from history.
//!
//! `score = sum(weight * clamp((x - from) / (to - from), 0, 1))` over the signals that have data, weights scaled to
//! those; `target = score * multiplier`; the applied strength follows the target by steps. It is a pure function of
//! the market files, the config and the date: nothing is remembered between runs.

mod brake;
mod days;
mod glide;
mod history;
mod present;
mod settings;
mod turns;

use chrono::NaiveDate;

pub use days::{Day, days};
pub use glide::{glide, is_run};
pub use history::history_csv;
pub use settings::{Cadence, OnStop, PARAMS, Rotation, configure};
pub use turns::Turns;

use brake::{BrakeMachine, combined};
use present::{brakes, number, parts};

use crate::diagnostics::counted;
use crate::signals::{History, Level, Reading, SignalSetup};
use crate::units::Weight;

/// What `broaden explain rotation` prints.
pub const DOC: &str = "\
The strength of the rotation, from 0 (none) to 1. The score of the signals is multiplied by the brakes (1, `caution`,
or 0 at stop); the applied strength then follows that target.

  fall: at once, by at most `step`        rise: after `confirm` runs in a row asked for it, by at most `step`
  differences up to `deadband` are left alone, but a target of 0 is reached; steps are `spacing` sessions apart, a
  calendar week counting as five

Runs are at each session (daily), on Fridays (weekly; a week without a Friday session is made up on the next session),
or on the first session of a month (monthly, when the month before is known to be over). At stop the strength is
frozen, glides to 0, or goes to 0 at once, as `on-stop` says; in the last two cases sleeves are sold down to what is
left of their targets, and the tax of that is said first. With too little data (`min-weight`) the last strength is
kept. Breadth and regime timing have weak, sample-dependent evidence: this is your rule, not an edge.";

/// All brakes together on a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BrakeState {
    /// What holds.
    pub level: Level,
    /// Which brakes are on and why it holds, in words.
    pub reasons: Vec<String>,
}

/// What one signal adds to the score.
#[derive(Clone, Debug, PartialEq)]
pub struct ScorePart {
    /// What it read.
    pub reading: Reading,
    /// What the value is printed with: `%`, `z`.
    pub unit: &'static str,
    /// Values of score 0 and 1; `None` for signals without a weight.
    pub ramp: Option<(f64, f64)>,
    /// From 0 to 1; 0 without a value.
    pub score: f64,
    /// As configured, all weights adding up to 1.
    pub weight: f64,
    /// What it adds to the score, after the weights were scaled to the signals with data.
    pub contribution: f64,
    /// How far it is from the next end of its ramp, in words.
    pub distance: String,
    /// Where the weight comes from.
    pub origin: String,
}

/// What one brake says.
#[derive(Clone, Debug, PartialEq)]
pub struct BrakeReading {
    /// What it read.
    pub reading: Reading,
    /// What the value is printed with.
    pub unit: &'static str,
    /// As this brake alone sees it.
    pub state: Level,
    /// Its threshold of caution.
    pub caution: Option<f64>,
    /// Its threshold of stop.
    pub stop: Option<f64>,
    /// How far it is from its next threshold, in words.
    pub distance: String,
    /// That distance in units of the threshold (0 on it, 1 as far as the threshold itself); `None` without a value.
    pub nearness: Option<f64>,
}

/// The rotation strength with everything it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// What is applied, from 0 to 1.
    pub value: Weight,
    /// The value before the last change, and the last run on which it held.
    pub previous: Option<(NaiveDate, f64)>,
    /// The score of the last session; `None` with too little data.
    pub score: Option<f64>,
    /// Score times multiplier: where the strength goes.
    pub target: f64,
    /// All brakes together.
    pub brake: BrakeState,
    /// 1, `caution` or 0.
    pub multiplier: f64,
    /// The signals, in id order; those for information have weight 0.
    pub parts: Vec<ScorePart>,
    /// The brakes, in id order.
    pub brakes: Vec<BrakeReading>,
    /// Why nothing is done for rotation in this run, if so.
    pub frozen: Option<String>,
    /// The applied strength on every session.
    pub path: Vec<(NaiveDate, f64)>,
    /// The first session with a score: before it the strength of 0 says nothing.
    pub since: Option<NaiveDate>,
    /// All brakes together on every session, beside `path`.
    pub levels: Vec<Level>,
    /// There are market data.
    pub data: bool,
}

impl Strength {
    /// The applied strength on the sessions from the first score on.
    fn known(&self) -> &[(NaiveDate, f64)] {
        let start = self.since.map_or(self.path.len(), |since| self.path.partition_point(|(day, _)| *day < since));
        self.path.get(start..).unwrap_or_default()
    }

    /// Returns how often it changed and turned; `None` without a history.
    pub fn turns(&self) -> Option<Turns> {
        Turns::of(self.known())
    }

    /// Returns on which part of the sessions it was at a value or above; `None` without a history.
    pub fn reached(&self, at: f64) -> Option<Weight> {
        turns::reached(self.known(), at)
    }

    /// Returns the weight that a signal has in the score: those of the signals without a value are shared among the others.
    pub fn weight_of(&self, part: &ScorePart) -> f64 {
        let known = self.parts.iter().filter(|part| part.reading.value.is_some());
        let known: f64 = known.map(|part| part.weight).sum();
        if known > 0.0 { part.weight / known } else { part.weight }
    }

    /// Returns the strength that was applied on a day; 0 before the first session.
    pub fn on(&self, day: NaiveDate) -> f64 {
        let after = self.path.partition_point(|(session, _)| *session <= day);
        after.checked_sub(1).and_then(|last| self.path.get(last)).map_or(0.0, |(_, value)| *value)
    }

    /// Returns the strength without market data: 0.
    pub fn without_data() -> Strength {
        Strength {
            value: Weight(0.0),
            previous: None,
            score: None,
            target: 0.0,
            brake: BrakeState::default(),
            multiplier: 1.0,
            parts: Vec::new(),
            brakes: Vec::new(),
            frozen: Some("no market data".to_owned()),
            path: Vec::new(),
            since: None,
            levels: Vec::new(),
            data: false,
        }
    }
}

/// Returns the score of a session and the weight that had data: renormalised, `None` below `min_weight`.
fn score(rotation: &Rotation, setup: &SignalSetup, history: &History, session: usize) -> (Option<f64>, f64) {
    let (mut sum, mut available) = (0.0, 0.0);
    for (index, entry) in setup.signals.iter().enumerate().filter(|(_, entry)| entry.weight > 0.0) {
        if let Some((at, value)) = history.value(index, session) {
            available += entry.weight;
            sum += if history.counts(index, at) { entry.weight * entry.score(value) } else { 0.0 };
        }
    }
    let enough = available > 0.0 && available >= rotation.min_weight - 1e-9;
    (enough.then(|| sum / available), available)
}

/// Calendar days after which the whole history is too old to act on.
const TOO_OLD: i64 = 10;

/// Replays the strength over all sessions of a history.
pub fn replay(rotation: &Rotation, setup: &SignalSetup, history: &History) -> Strength {
    let any = history.signals.iter().any(|track| track.values.iter().any(Option::is_some));
    let Some(last) = history.sessions.len().checked_sub(1).filter(|_| any) else {
        let mut strength = Strength::without_data();
        strength.parts = parts(rotation, setup, history);
        strength.brakes = brakes(setup, history);
        return strength;
    };
    let days::Replay { machine, glide, target, since, days } = days::run(rotation, setup, history);
    let now = days.last().and_then(|day| day.score);
    let path = days.iter().map(|day| (day.day, day.value)).collect();
    let levels = days.iter().map(|day| day.level).collect();
    let level = machine.level;
    let frozen = match (history.sessions.get(last), history.as_of) {
        _ if !rotation.enabled => Some("rotation is turned off".to_owned()),
        _ if level == Level::Stop && rotation.on_stop == OnStop::Freeze => {
            Some("brake: a stop freezes the rotation where it is".to_owned())
        }
        _ if now.is_none() => {
            let available = score(rotation, setup, history, last).1;
            Some(format!(
                "data: only {:.0}% of the signals' weight has values, {:.0}% is needed; the last strength is kept",
                100.0 * available,
                100.0 * rotation.min_weight
            ))
        }
        (Some(day), Some(as_of)) if (as_of - *day).num_days() > TOO_OLD => Some(format!(
            "data: the market files end on {day}, {} ago",
            counted((as_of - *day).num_days(), "day", "days")
        )),
        _ => None,
    };
    Strength {
        value: Weight(glide.applied),
        previous: glide.previous,
        score: now,
        target: if level == Level::Stop { 0.0 } else { target },
        brake: BrakeState { level, reasons: reasons(setup, history, last, &machine, rotation) },
        multiplier: multiplier(rotation, level),
        parts: parts(rotation, setup, history),
        brakes: brakes(setup, history),
        frozen,
        path,
        since,
        levels,
        data: true,
    }
}

fn multiplier(rotation: &Rotation, level: Level) -> f64 {
    match level {
        Level::None => 1.0,
        Level::Caution => rotation.caution,
        Level::Stop => 0.0,
    }
}

fn reasons(
    setup: &SignalSetup,
    history: &History,
    session: usize,
    machine: &BrakeMachine,
    rotation: &Rotation,
) -> Vec<String> {
    let mut reasons = Vec::new();
    for (entry, track) in setup.brakes.iter().zip(&history.brakes) {
        let Some(day) = track.days.get(session).filter(|day| day.level > Level::None) else { continue };
        let value = day.value.map_or_else(|| "no value".to_owned(), |value| number(value, entry.unit));
        let stale = if day.stale { ", stale" } else { "" };
        reasons.push(format!("{} at {} ({value}{stale})", entry.id, day.level.word()));
    }
    let raw = combined(setup, history, session);
    if machine.level > raw {
        let left = rotation.release.saturating_sub(machine.clear.0);
        reasons.push(format!(
            "{} holds until {} more",
            machine.level.word(),
            counted(left, "clear session", "clear sessions")
        ));
    } else if machine.level < raw {
        reasons.push(format!("{} not confirmed yet", raw.word()));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Document;
    use crate::diagnostics::Sink;
    use crate::market::layouts::testing::market;
    use crate::signals;
    use crate::signals::testing::{setup, weekdays};

    /// A breadth series of the given percents, one per weekday from 2020-01-01, as the only signal.
    fn over(config: &str, rotation: &Rotation, percents: &[f64]) -> Strength {
        let text = format!("[signals.b]\nkind = \"pct-above-ma\"\nramp = [0, 100]\nweight = 1\n{config}");
        let (setup, problems) = setup(&text);
        assert!(problems.is_empty(), "{problems:?}");
        let series = weekdays(percents.len(), |n| percents[n].to_string());
        let (market, _) = market(&[("s.csv", &format!("date,pct_above_ma200\n{series}"))]);
        let history = signals::history(&setup, &market, market.last_session().unwrap());
        replay(rotation, &setup, &history)
    }

    fn daily() -> Rotation {
        Rotation { cadence: Cadence::Daily, confirm: 1, spacing: 1, ..Rotation::default() }
    }

    fn applied(strength: &Strength) -> Vec<f64> {
        strength.path.iter().map(|(_, value)| (value * 1e6).round() / 1e6).collect()
    }

    #[test]
    fn the_worked_glide_path_is_reproduced() {
        let mut applied = 0.0;
        for (target, expected) in
            [(0.6, 0.25), (0.6, 0.5), (0.6, 0.6), (0.6, 0.6), (0.62, 0.6), (0.2, 0.35), (0.2, 0.2)]
        {
            applied = glide(applied, target, 0.25, 0.05);
            assert!((applied - expected).abs() < 1e-9, "{target}: {applied}");
        }
        let path = over("", &daily(), &[60.0, 60.0, 60.0, 60.0, 62.0, 20.0, 20.0]);
        assert_eq!(self::applied(&path), [0.25, 0.5, 0.6, 0.6, 0.6, 0.35, 0.2]);
    }

    /// Breadth of 60% on a ramp of 0 to 100 asks for 0.6; where nothing moves it there, it is not said to go there.
    #[test]
    fn where_the_strength_goes_is_where_it_can_go() {
        let said = |rotation: &Rotation, percents: &[f64]| over("", rotation, percents).heads(rotation).unwrap();
        let score = "score 0.600 x 1.00 for brakes: ";
        assert_eq!(said(&daily(), &[60.0]), format!("{score}the strength goes to 0.600"));
        assert_eq!(said(&daily(), &[60.0; 3]), format!("{score}the strength is at 0.600"));
        let off = Rotation { enabled: false, ..daily() };
        assert_eq!(said(&off, &[60.0]), format!("{score}rotation is turned off, so the strength stays at 0.000"));
        let still = Rotation { step: 0.0, ..daily() };
        assert_eq!(said(&still, &[60.0]), format!("{score}0.600, and the strength stays at 0.000: `step` is 0"));
        let path = [60.0, 60.0, 60.0, 63.0];
        let near = "score 0.630 x 1.00 for brakes: 0.630, and the strength stays at 0.600: that is within the deadband of 0.05";
        assert_eq!(said(&daily(), &path), near);
        let mut frozen = over("", &daily(), &[60.0]);
        frozen.frozen = Some("brake: a stop".to_owned());
        assert!(frozen.heads(&daily()).unwrap().ends_with("stays at 0.250 while rotation is frozen"));
        // A target of 0 is reached, however near it is.
        let none = Strength { value: Weight(0.03), target: 0.0, frozen: None, ..frozen };
        assert!(none.heads(&daily()).unwrap().ends_with("the strength goes to 0.000"));
    }

    #[test]
    fn a_rise_waits_for_confirmation_and_a_fall_does_not() {
        let rotation = Rotation { confirm: 2, ..daily() };
        let path = over("", &rotation, &[60.0, 60.0, 10.0, 60.0, 10.0, 60.0, 60.0]);
        assert_eq!(applied(&path), [0.0, 0.25, 0.1, 0.1, 0.1, 0.1, 0.35]);
        assert_eq!(path.previous.map(|(day, value)| (day.to_string(), value)), Some(("2020-01-08".to_owned(), 0.1)));
    }

    /// Two hundred made-up histories: from one session to the next the strength moves by its step at most, stays between 0
    /// and 1, and comes out the same every time.
    #[test]
    fn a_step_is_never_larger_and_a_replay_never_different() {
        let mut state = 7_u64;
        let mut random = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % end
        };
        for _ in 0..200 {
            let percents: Vec<f64> = (0..40).map(|_| (2 + random(99)) as f64).collect();
            let step = (1 + random(30)) as f64 / 100.0;
            let cadence = [Cadence::Daily, Cadence::Weekly, Cadence::Monthly][random(3) as usize];
            let rotation = Rotation { step, cadence, confirm: 1 + random(3) as usize, ..daily() };
            let once = over("", &rotation, &percents);
            let mut before = 0.0;
            for (day, value) in &once.path {
                assert!(
                    (value - before).abs() <= step + 1e-12 && (0.0..=1.0).contains(value),
                    "{day}: {before} {value}"
                );
                before = *value;
            }
            assert_eq!(once.path, over("", &rotation, &percents).path);
        }
    }

    #[test]
    fn weekly_runs_are_on_fridays_or_made_up_after() {
        let rotation = Rotation { confirm: 1, ..Rotation::default() };
        // Wednesday 2020-01-01 is the first run, Friday 01-03 too close after it, Friday 01-10 the next.
        let path = applied(&over("", &rotation, &[60.0; 13]));
        assert_eq!(path[..7], [0.25; 7]);
        assert_eq!(path[7], 0.5);
        assert!(is_run(Cadence::Weekly, "2020-01-09".parse().ok(), "2020-01-13".parse().unwrap()));
        assert!(!is_run(Cadence::Weekly, "2020-01-10".parse().ok(), "2020-01-13".parse().unwrap()));
        assert!(is_run(Cadence::Monthly, "2020-01-31".parse().ok(), "2020-02-03".parse().unwrap()));
    }

    /// The worked scores: three trends and a percentage through ramps and brakes.
    #[test]
    fn the_worked_scores_are_reproduced() {
        let (setup, _) = setup(
            "[signals.a]\nkind = \"pct-above-ma\"\nramp = [40, 70]\nweight = 0.30\n[signals.b]\nkind = \"ad-line\"\nramp = [0, 2]\nweight = 0.20\n\
             [signals.c]\nkind = \"ratio-trend\"\nof = \"RSP\"\nramp = [0, 2]\nweight = 0.25\n[signals.d]\nkind = \"ratio-trend\"\nof = \"IWM\"\nramp = [0, 2]\nweight = 0.25\n",
        );
        let rotation = Rotation::default();
        let scored = |values: [Option<f64>; 4]| {
            let track = |value| signals::Track { values: vec![value], ..signals::Track::default() };
            let sessions = vec!["2026-11-20".parse().unwrap()];
            let history = History { sessions, signals: values.map(track).to_vec(), brakes: Vec::new(), as_of: None };
            score(&rotation, &setup, &history, 0).0
        };
        let close = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?}");
        let values = [Some(61.0), Some(1.5), Some(1.0), Some(0.4)];
        close(scored(values), 0.535);
        close(scored(values).map(|score| score * multiplier(&rotation, Level::Caution)), 0.2675);
        close(scored([Some(75.0), Some(3.0), Some(2.5), Some(2.2)]), 1.0);
        assert_eq!(multiplier(&rotation, Level::Stop), 0.0);
        // Without the first the weight is 0.7 and is scaled up; without two it is 0.5 and too little.
        close(scored([None, Some(1.5), Some(1.0), Some(0.4)]), (0.15 + 0.125 + 0.05) / 0.7);
        assert_eq!(scored([None, None, Some(1.0), Some(0.4)]), None);
    }

    #[test]
    fn cautions_are_confirmed_stops_are_not_and_both_take_time_to_clear() {
        let rotation = Rotation { release: 3, ..Rotation::default() };
        let mut machine = BrakeMachine::default();
        let (n, c, s) = (Level::None, Level::Caution, Level::Stop);
        let raw = [c, n, c, c, n, n, n, s, n, c, n, n, n, n];
        let held: Vec<Level> = raw.iter().map(|level| machine.step(&rotation, *level)).collect();
        assert_eq!(held, [n, n, n, c, c, c, n, s, s, s, c, c, c, n]);
    }

    #[test]
    fn a_stop_freezes_glides_or_exits() {
        let days = |on_stop| {
            let rotation = Rotation { on_stop, release: 2, ..daily() };
            // Junk spreads and financial conditions in stop together from the fourth weekday on.
            let (setup, _) = setup(
                "[signals.b]\nkind = \"pct-above-ma\"\nramp = [0, 100]\nweight = 1\n[brakes.h]\nkind = \"hy-oas\"\n[brakes.n]\nkind = \"spy-trend\"\n",
            );
            let track = |levels: &[Level]| signals::BrakeTrack {
                days: levels.iter().map(|level| signals::BrakeDay { level: *level, ..Default::default() }).collect(),
                ..Default::default()
            };
            let (n, s) = (Level::None, Level::Stop);
            let levels = [n, n, n, s, s, s];
            let sessions: Vec<NaiveDate> =
                weekdays(6, |_| String::new()).lines().map(|line| line[..10].parse().unwrap()).collect();
            let values = vec![Some(60.0); 6];
            let history = History {
                as_of: sessions.last().copied(),
                sessions,
                signals: vec![signals::Track { values, ..Default::default() }],
                brakes: vec![track(&levels), track(&levels)],
            };
            replay(&rotation, &setup, &history)
        };
        let frozen = days(OnStop::Freeze);
        assert_eq!(applied(&frozen), [0.25, 0.5, 0.6, 0.6, 0.6, 0.6]);
        assert!(frozen.frozen.is_some() && frozen.target == 0.0 && frozen.brake.level == Level::Stop);
        assert_eq!(applied(&days(OnStop::Glide)), [0.25, 0.5, 0.6, 0.35, 0.1, 0.0]);
        assert_eq!(applied(&days(OnStop::Exit)), [0.25, 0.5, 0.6, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn without_data_the_strength_is_zero_and_says_so() {
        let (setup, _) = setup("");
        let strength = replay(&Rotation::default(), &setup, &History::default());
        assert_eq!((strength.value, strength.data), (Weight(0.0), false));
        assert!(strength.frozen.is_some());
    }

    #[test]
    fn missing_values_keep_the_last_strength() {
        let mut percents = vec![60.0; 6];
        percents.extend([60.0; 12]);
        let text = "[signals.b]\nkind = \"pct-above-ma\"\nramp = [0, 100]\nweight = 1\n";
        let (setup, _) = setup(text);
        let spy = format!("date,SPY\n{}", weekdays(18, |_| "300".to_owned()));
        let series = weekdays(6, |n| percents[n].to_string());
        let (market, _) = market(&[("s.csv", &format!("date,pct_above_ma200\n{series}")), ("f.csv", &spy)]);
        let history = signals::history(&setup, &market, market.last_session().unwrap());
        let strength = replay(&daily(), &setup, &history);
        assert_eq!(applied(&strength).last(), Some(&0.6));
        assert!(strength.frozen.unwrap().starts_with("data:"));
    }

    #[test]
    fn the_template_holds_the_defaults() {
        let mut sink = Sink::default();
        assert_eq!(configure(&Document::defaults(), &mut sink), Rotation::default());
        assert!(sink.items.is_empty());
    }

    #[test]
    fn the_history_has_the_columns_of_the_reference_files() {
        // Two names are no universe: the signal and the strength are unknown.
        let (market, _) = market(&[("p.csv", "date,AAA,BBB\n2020-01-02,10,5\n2020-01-03,12,5\n2020-01-06,13,4\n")]);
        let (setup, _) = setup("[signals.x]\nkind = \"pct-above-ma\"\nwindow = 2\n");
        let (csv, _) = history_csv(&market, &setup, &daily(), market.last_session().unwrap());
        insta::assert_snapshot!(csv, @r"
        date,adv,dec,unch,n_ad,net,ad_line,above_200,n_200,pct_above_200dma,above_50,n_50,pct_above_50dma,signals.x,strength
        2020-01-02,0,0,0,0,0,0,0,0,,0,0,,,
        2020-01-03,1,0,1,2,1,1,0,0,,0,0,,,
        2020-01-06,1,1,0,2,0,1,0,0,,0,0,,,
        ");
    }
}
