//! `vix`: implied volatility that stays high.

use super::{Brake, BrakeKind, BrakeTrack, Level, Measure, Vote, above, brake_params, released, tail};
use crate::config::{Fields, Kind, Param};
use crate::market::wanted::Want;
use crate::signals::Context;

/// What `broaden explain vix` prints.
pub const DOC: &str = "\
The mean of the last 10 closes of the VIX.

  caution above 25, stop above 35, each only after `confirm` sessions in a row

Spikes revert within days (August 2024), so the mean and the confirmation come first, and its stop counts as a caution
in the combination. A close is known on its day.

Keys: caution, stop, confirm, series.";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "vix",
    doc: DOC,
    unit: "",
    vote: Vote::Caution,
    below: false,
    params: brake_params![
        Param::with_default("caution", Kind::Number(0.0, 200.0), "25", "Mean at which it is a caution."),
        Param::with_default("stop", Kind::Number(0.0, 200.0), "35", "Mean at which it is a stop."),
        Param::with_default("confirm", Kind::Integer(1, 60), "5", "Sessions in a row that a level must hold."),
        Param::with_default("series", Kind::Text, "\"VIXCLS\"", "The closes."),
    ],
    build: |fields: &mut Fields<'_>| {
        let confirm = usize::try_from(fields.integer("confirm")?).ok()?;
        let (caution, stop) = (fields.number("caution")?, fields.number("stop")?);
        Some(Box::new(Vix { caution, stop, confirm, series: fields.text("series")? }))
    },
};

/// Closes of the mean.
const DAYS: usize = 10;

#[derive(Debug)]
struct Vix {
    caution: f64,
    stop: f64,
    confirm: usize,
    series: String,
}

impl Brake for Vix {
    fn wants(&self) -> Vec<Want> {
        vec![Want::series(&self.series)]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        let mut track = released(context, &self.series, |rows| {
            let days = tail(rows, DAYS);
            let value = days.iter().map(|(_, close)| close).sum::<f64>() / DAYS as f64;
            let level = above(value, self.caution, self.stop);
            (days.len() == DAYS).then_some(Measure { value, as_of: days.last()?.0, level, imputed: false })
        });
        let raw: Vec<Level> = track.days.iter().map(|day| day.level).collect();
        for (index, day) in track.days.iter_mut().enumerate().filter(|(_, day)| !day.stale) {
            let window = (index + 1).checked_sub(self.confirm).and_then(|first| raw.get(first..=index));
            day.level = window.and_then(|window| window.iter().min()).copied().unwrap_or(Level::None);
        }
        track
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::Level;
    use crate::signals::testing::{brake, weekdays};

    #[test]
    fn a_spike_passes_and_a_siege_does_not() {
        let days = format!("date,SPY\n{}", weekdays(60, |_| "300".to_owned()));
        let worst = |high: std::ops::Range<usize>| {
            let rows = weekdays(60, |n| if high.contains(&n) { "60" } else { "15" }.to_owned());
            let found = brake("kind = \"vix\"", &[("f.csv", &days), ("VIX.csv", &format!("DATE,VIXCLS\n{rows}"))]);
            found.iter().map(|day| day.level).max().unwrap()
        };
        assert_eq!(worst(30..32), Level::None, "the mean never reaches 25");
        assert_eq!(worst(30..34), Level::Caution);
        assert_eq!(worst(30..50), Level::Stop);
    }
}
