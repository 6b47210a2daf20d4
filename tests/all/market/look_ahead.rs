//! Appending future rows never changes a past value: for every signal, every brake, the gates and the strength.

use broaden::model::Symbol;
use broaden::rules::gates::gate;
use broaden::rules::strength::Rotation;
use broaden::signals::{BRAKES, SIGNALS};
use chrono::{Days, Months, NaiveDate};
use proptest::prelude::*;

use super::synthetic::{EVERYTHING, Files, Random, configure, cut, files, load, replay, weekdays};

const SESSIONS: usize = 330;

#[test]
fn every_kind_is_in_the_test() {
    let (setup, _) = configure(EVERYTHING);
    for kind in SIGNALS {
        assert!(setup.signals.iter().any(|entry| entry.kind == kind.kind), "{}", kind.kind);
    }
    for kind in BRAKES {
        assert!(setup.brakes.iter().any(|entry| entry.kind == kind.kind), "{}", kind.kind);
    }
}

#[test]
fn the_made_up_markets_move_every_signal_and_brake() {
    let (setup, _) = configure(EVERYTHING);
    let last = *weekdays(SESSIONS).last().unwrap();
    let (history, strength) = replay(&files(7, SESSIONS), EVERYTHING, last);
    for (entry, track) in setup.signals.iter().zip(&history.signals) {
        assert!(track.values.iter().flatten().count() > 30, "{}", entry.id);
    }
    for (entry, track) in setup.brakes.iter().zip(&history.brakes) {
        assert!(track.days.iter().filter(|day| day.value.is_some()).count() > 30, "{}", entry.id);
    }
    assert!(strength.path.iter().any(|(_, value)| *value > 0.0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() })]

    #[test]
    fn the_past_does_not_change(seed in any::<u64>(), session in 30..SESSIONS, cadence in 0..3_usize, stop in 0..3_usize) {
        let rotation = format!(
            "[rotation]\ncadence = \"{}\"\non-stop = \"{}\"\nconfirm = 1\n",
            ["daily", "weekly", "monthly"][cadence], ["freeze", "glide", "exit"][stop],
        );
        let config = format!("{EVERYTHING}{rotation}");
        let all = files(seed, SESSIONS);
        let days = weekdays(SESSIONS);
        let (day, last) = (days[session], *days.last().unwrap());
        let (whole, strength) = replay(&all, &config, last);
        let (then, strength_then) = replay(&cut(&all, day), &config, day);
        prop_assert_eq!(&whole.sessions[..then.sessions.len()], &then.sessions[..]);
        for (a, b) in whole.signals.iter().zip(&then.signals) {
            prop_assert_eq!(&a.values[..b.values.len()], &b.values[..]);
            prop_assert_eq!(a.counts.get(..b.counts.len()), Some(&b.counts[..]));
        }
        for (a, b) in whole.brakes.iter().zip(&then.brakes) {
            prop_assert_eq!(&a.days[..b.days.len()], &b.days[..]);
        }
        prop_assert_eq!(&strength.path[..strength_then.path.len()], &strength_then.path[..]);
        prop_assert_eq!(&strength.levels[..strength_then.levels.len()], &strength_then.levels[..]);
        // The date alone cuts as well as the files do.
        let (dated, _) = replay(&all, &config, day);
        for (a, b) in dated.signals.iter().zip(&then.signals) {
            prop_assert_eq!(&a.values, &b.values);
        }
        let (sleeve, usual) = (Symbol::new("XLI"), Rotation::default());
        let (market, market_then) = (load(&all), load(&cut(&all, day)));
        prop_assert_eq!(gate(&sleeve, &market, day, &usual), gate(&sleeve, &market_then, day, &usual));
        let (setup, _) = configure(&config);
        let readings = setup.readings(&market, day);
        prop_assert!(session < 100 || readings.values().filter(|driver| driver.reading.is_some()).count() >= 3);
        prop_assert_eq!(readings, setup.readings(&market_then, day));
    }

    #[test]
    fn steps_are_within_the_limit_and_the_strength_within_bounds(seed in any::<u64>()) {
        let last = *weekdays(SESSIONS).last().unwrap();
        let (history, strength) = replay(&files(seed, SESSIONS), EVERYTHING, last);
        for pair in strength.path.windows(2) {
            prop_assert!((pair[1].1 - pair[0].1).abs() <= 0.25 + 1e-9);
        }
        prop_assert!(strength.path.iter().all(|(_, value)| (0.0..=1.0).contains(value)));
        let sum: f64 = strength.parts.iter().map(|part| part.contribution).sum();
        prop_assert!(strength.score.is_none_or(|score| (score - sum).abs() < 1e-9));
        let (setup, _) = configure(EVERYTHING);
        for (entry, track) in setup.signals.iter().zip(&history.signals).filter(|(e, _)| e.kind == "pct-above-ma") {
            prop_assert!(track.values.iter().flatten().all(|value| (0.0..=100.0).contains(value)), "{}", entry.id);
        }
    }
}

/// Saves of a payroll series on three days, each revising everything before.
fn vintages(seed: u64) -> Vec<(NaiveDate, (String, String))> {
    let mut random = Random(seed);
    [120_usize, 200, 290]
        .into_iter()
        .map(|session| {
            let saved = weekdays(SESSIONS)[session];
            let months = (0..40).map(|n| NaiveDate::from_ymd_opt(2016, 1, 1).unwrap() + Months::new(n));
            let rows: String = months
                .take_while(|month| *month + Days::new(31) < saved)
                .map(|month| format!("{month},{:.0}\n", 150_000.0 + 100.0 * random.unit()))
                .collect();
            (saved, (format!("PAYEMS_{saved}.csv"), format!("observation_date,PAYEMS\n{rows}")))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_later_save_of_a_series_changes_nothing_before_it(seed in any::<u64>(), session in 130..SESSIONS) {
        let day = weekdays(SESSIONS)[session];
        let mut all: Files = files(seed, SESSIONS).into_iter().filter(|(name, _)| name != "PAYEMS.csv").collect();
        let mut then = cut(&all, day);
        let mut last = day;
        for (saved, file) in vintages(seed) {
            if saved <= day {
                then.push(file.clone());
                last = saved;
            }
            all.push(file);
        }
        // Up to the last save every published month is in the files; later ones come with the next save.
        let (whole, _) = replay(&all, "", last);
        let (past, _) = replay(&then, "", last);
        let (setup, _) = configure("");
        let jobs = setup.brakes.iter().position(|entry| entry.kind == "jobs").unwrap();
        prop_assert!(past.brakes[jobs].days.iter().any(|day| day.value.is_some()));
        prop_assert_eq!(&whole.brakes[jobs].days, &past.brakes[jobs].days);
    }
}
