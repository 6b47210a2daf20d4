//! `claims`: new claims for unemployment benefits rising from their low.

use super::{Brake, BrakeKind, BrakeTrack, Measure, Vote, above, brake_params, released, tail};
use crate::config::{Fields, Kind, Param};
use crate::market::wanted::Want;
use crate::signals::Context;

/// What `broaden explain claims` prints.
pub const DOC: &str = "\
The 4-week mean of initial claims against its low of the last 52 weeks, in percent.

  value = 100 * (mean4 / min(mean4 of 52 weeks) - 1)        caution at 15, stop at 25

A week to Saturday is known from the Thursday after. Off by default: it overlaps with the Sahm rule.

Keys: caution, stop, series. Its stop counts as a caution in the combination.";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "claims",
    doc: DOC,
    unit: "%",
    vote: Vote::Caution,
    below: false,
    params: brake_params![
        Param::with_default(
            "caution",
            Kind::Number(0.0, 1000.0),
            "15",
            "Percent above the low at which it is a caution."
        ),
        Param::with_default("stop", Kind::Number(0.0, 1000.0), "25", "Percent above the low at which it is a stop."),
        Param::with_default("series", Kind::Text, "\"ICSA\"", "Weekly initial claims."),
    ],
    build: |fields: &mut Fields<'_>| {
        Some(Box::new(Claims {
            caution: fields.number("caution")?,
            stop: fields.number("stop")?,
            series: fields.text("series")?,
        }))
    },
};

const MEAN: usize = 4;
const YEAR: usize = 52;

#[derive(Debug)]
struct Claims {
    caution: f64,
    stop: f64,
    series: String,
}

impl Brake for Claims {
    fn wants(&self) -> Vec<Want> {
        vec![Want::series(&self.series)]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        released(context, &self.series, |rows| {
            let weeks = tail(rows, YEAR + MEAN - 1);
            let means: Vec<f64> = weeks
                .windows(MEAN)
                .map(|four| four.iter().map(|(_, claims)| claims).sum::<f64>() / MEAN as f64)
                .collect();
            let low = means.iter().copied().reduce(f64::min).filter(|low| *low > 0.0)?;
            let value = 100.0 * (means.last()? / low - 1.0);
            let level = above(value, self.caution, self.stop);
            (means.len() == YEAR).then_some(Measure { value, as_of: weeks.last()?.0, level, imputed: false })
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::Level;
    use crate::signals::testing::{brake, weekdays};

    #[test]
    fn the_rise_from_the_low_decides() {
        let days = format!("date,SPY\n{}", weekdays(5, |_| "300".to_owned()));
        let last = |claims: u32| {
            let start = chrono::NaiveDate::from_ymd_opt(2018, 11, 24).unwrap();
            let rows: String = (0..57)
                .map(|n| format!("{},{}\n", start + chrono::Days::new(7 * n), if n >= 53 { claims } else { 200_000 }))
                .collect();
            let day = *brake("kind = \"claims\"", &[("f.csv", &days), ("i.csv", &format!("DATE,ICSA\n{rows}"))])
                .last()
                .unwrap();
            (day.value.map(f64::round), day.level)
        };
        assert_eq!(last(220_000), (Some(10.0), Level::None));
        assert_eq!(last(240_000), (Some(20.0), Level::Caution));
        assert_eq!(last(260_000), (Some(30.0), Level::Stop));
    }
}
