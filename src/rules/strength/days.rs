//! The replay of the strength session by session: what a decision of any day of the past would have gone by.

use chrono::NaiveDate;

use super::brake::{BrakeMachine, combined};
use super::glide::{Glide, is_run};
use super::{BrakeState, OnStop, Rotation, Strength, multiplier, score};
use crate::signals::{History, Level, SignalSetup};
use crate::units::Weight;

/// What the strength is on a session, from what was known at its close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    /// The session.
    pub day: NaiveDate,
    /// What is applied, from 0 to 1.
    pub value: f64,
    /// All brakes together.
    pub level: Level,
    /// The score; `None` with too little data.
    pub score: Option<f64>,
    /// Score times multiplier.
    pub target: f64,
    /// Some score was known before, or is now.
    pub data: bool,
}

impl Day {
    /// Returns the strength as the rules need it: without the parts and brakes that a report prints.
    pub fn strength(&self, rotation: &Rotation) -> Strength {
        let frozen = match () {
            () if !rotation.enabled => Some("rotation is turned off"),
            () if self.level == Level::Stop && rotation.on_stop == OnStop::Freeze => {
                Some("a stop freezes the rotation")
            }
            () if self.score.is_none() => Some("too few signals have values"),
            () => None,
        };
        Strength {
            value: Weight(self.value),
            score: self.score,
            target: if self.level == Level::Stop { 0.0 } else { self.target },
            brake: BrakeState { level: self.level, reasons: Vec::new() },
            multiplier: multiplier(rotation, self.level),
            frozen: frozen.map(str::to_owned),
            data: self.data,
            ..Strength::without_data()
        }
    }
}

/// The machines of a replay after its last session, and every session.
pub(super) struct Replay {
    pub machine: BrakeMachine,
    pub glide: Glide,
    pub target: f64,
    pub since: Option<NaiveDate>,
    pub days: Vec<Day>,
}

/// Goes through all sessions of a history.
pub(super) fn run(rotation: &Rotation, setup: &SignalSetup, history: &History) -> Replay {
    let (mut machine, mut glide) = (BrakeMachine::default(), Glide::default());
    let mut days = Vec::with_capacity(history.sessions.len());
    let (mut target, mut since) = (0.0, None);
    let mut data = false;
    for (session, day) in history.sessions.iter().enumerate() {
        let level = machine.step(rotation, combined(setup, history, session));
        let now = score(rotation, setup, history, session).0;
        if let Some(score) = now {
            since = since.or(Some(*day));
            target = score * multiplier(rotation, level);
        }
        let frozen = level == Level::Stop && rotation.on_stop == OnStop::Freeze || now.is_none() && level < Level::Stop;
        let before = session.checked_sub(1).and_then(|before| history.sessions.get(before)).copied();
        let exit = level == Level::Stop && rotation.on_stop == OnStop::Exit;
        if rotation.enabled && (exit || is_run(rotation.cadence, before, *day)) {
            if frozen {
                glide.asked = 0;
                glide.last_run = Some(*day);
            } else {
                let target = if level == Level::Stop { 0.0 } else { target };
                glide.run(rotation, session, *day, target, exit);
            }
        }
        data |= history.signals.iter().any(|track| track.values.get(session).copied().flatten().is_some());
        days.push(Day { day: *day, value: glide.applied, level, score: now, target, data });
    }
    Replay { machine, glide, target, since, days }
}

/// Returns the strength of every session of a history.
pub fn days(rotation: &Rotation, setup: &SignalSetup, history: &History) -> Vec<Day> {
    run(rotation, setup, history).days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::layouts::testing::market;
    use crate::rules::strength::{Cadence, replay};
    use crate::signals;
    use crate::signals::testing::{setup, weekdays};

    /// What a session of the replay says is what a run on that day would have said, which knew nothing of later ones.
    #[test]
    fn a_session_is_what_a_run_of_its_day_says() {
        let config = "[signals.b]\nkind = \"pct-above-ma\"\nramp = [0, 100]\nweight = 1\n[brakes.spy-trend]\nkind = \"spy-trend\"\n";
        let (setup, _) = setup(config);
        let rows = weekdays(260, |n| format!("{}", 300.0 + 40.0 * (n as f64 / 40.0).sin()));
        let breadth = weekdays(260, |n| if n % 50 > 40 { String::new() } else { (2 + (n * 37) % 99).to_string() });
        let files = [("f.csv", format!("date,SPY\n{rows}")), ("s.csv", format!("date,pct_above_ma200\n{breadth}"))];
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let (market, _) = market(&files);
        for cadence in [Cadence::Daily, Cadence::Weekly, Cadence::Monthly] {
            let rotation = Rotation { cadence, ..Rotation::default() };
            let end = market.last_session().unwrap();
            let all = days(&rotation, &setup, &signals::history(&setup, &market, end));
            for day in all.iter().step_by(7) {
                let alone = replay(&rotation, &setup, &signals::history(&setup, &market, day.day));
                let own = day.strength(&rotation);
                assert_eq!((own.value, own.score, own.brake.level), (alone.value, alone.score, alone.brake.level));
                assert_eq!((own.data, own.frozen.is_some()), (alone.data, alone.frozen.is_some()), "{day:?}");
                assert_eq!((own.target, own.multiplier), (alone.target, alone.multiplier));
            }
            assert!(all.iter().any(|day| day.value > 0.0));
        }
    }
}
