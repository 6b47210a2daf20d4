//! `nfci`: financial conditions by the Chicago Fed.

use super::{Brake, BrakeKind, BrakeTrack, Level, Measure, Vote, brake_params, released, tail};
use crate::config::{Fields, Kind, Param};
use crate::market::wanted::Want;
use crate::signals::Context;

/// What `broaden explain nfci` prints.
pub const DOC: &str = "\
The National Financial Conditions Index: 0 is average, above is tighter than average.

  caution: above `caution` (-0.25) and up by `rise` (0.2) in 8 weeks        stop: above `stop` (0)

A week to Friday is known from the Wednesday after. The whole history is estimated anew each week, so today's file
does not show what was known in the past; the reading says so unless vintages are given.

Keys: caution, stop, rise, series.";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "nfci",
    doc: DOC,
    unit: "",
    vote: Vote::Stop,
    below: false,
    params: brake_params![
        Param::with_default("caution", Kind::Number(-5.0, 10.0), "-0.25", "Level above which a rise is a caution."),
        Param::with_default("stop", Kind::Number(-5.0, 10.0), "0", "Level above which it is a stop."),
        Param::with_default("rise", Kind::Number(0.0, 10.0), "0.2", "Rise over 8 weeks that a caution needs."),
        Param::with_default("series", Kind::Text, "\"NFCI\"", "The index."),
    ],
    build: |fields: &mut Fields<'_>| {
        let (caution, stop, rise) = (fields.number("caution")?, fields.number("stop")?, fields.number("rise")?);
        Some(Box::new(Nfci { caution, stop, rise, series: fields.text("series")? }))
    },
};

/// Weeks over which a rise is measured.
const WEEKS: usize = 8;

#[derive(Debug)]
struct Nfci {
    caution: f64,
    stop: f64,
    rise: f64,
    series: String,
}

impl Brake for Nfci {
    fn wants(&self) -> Vec<Want> {
        vec![Want::series(&self.series)]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        released(context, &self.series, |rows| {
            let weeks = tail(rows, WEEKS + 1);
            let (as_of, value) = weeks.last().copied()?;
            let before = weeks.first().filter(|_| weeks.len() > WEEKS).map(|(_, value)| *value);
            let rising = before.is_some_and(|before| value - before >= self.rise - super::EPSILON);
            let level = match () {
                () if value > self.stop => Level::Stop,
                () if value > self.caution && rising => Level::Caution,
                () => Level::None,
            };
            Some(Measure { value, as_of, level, imputed: false })
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::Level;
    use crate::signals::testing::{brake, weekdays};

    #[test]
    fn a_level_needs_a_rise_for_caution_and_nothing_more_for_stop() {
        let days = format!("date,SPY\n{}", weekdays(8, |_| "300".to_owned()));
        let weeks = ["11-01", "11-08", "11-15", "11-22", "11-29", "12-06", "12-13", "12-20", "12-27"];
        let level = |from: f64, to: f64| {
            let rows: String = weeks
                .iter()
                .enumerate()
                .map(|(n, day)| format!("2019-{day},{}\n", if n == 8 { to } else { from }))
                .collect();
            brake("kind = \"nfci\"", &[("f.csv", &days), ("NFCI.csv", &format!("Date,Value\n{rows}"))])[0].level
        };
        assert_eq!(level(-0.5, -0.2), Level::Caution);
        assert_eq!(level(-0.3, -0.2), Level::None, "high, but not rising");
        assert_eq!(level(-0.5, -0.3), Level::None, "rising, but low");
        assert_eq!(level(0.3, 0.1), Level::Stop);
    }
}
