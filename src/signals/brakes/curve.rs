//! `curve`: the yield curve steepening again after an inversion.

use super::{Brake, BrakeKind, BrakeTrack, Level, Measure, Vote, brake_params, released, tail};
use crate::config::{Fields, Kind, Param};
use crate::market::wanted::Want;
use crate::signals::Context;

/// What `broaden explain curve` prints.
pub const DOC: &str = "\
The 10-year minus the 3-month Treasury yield, in points. An inversion (below 0) comes early: recessions tended to begin
when the curve steepened again. It was inverted from 2022 to 2024 without one.

  caution: the 21-day mean is back above 0 after 63 days or more below it, for `hold` days; never a stop

A day's yields are known on the next business day. For scale, a probit of the New York Fed's form gives the chance of a
recession in a year as P = Phi(-0.53 - 0.63 * spread): about 57% at -1.15 points, 4% at 2.

Keys: hold, series (T10Y2Y works too).";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "curve",
    doc: DOC,
    unit: "pp",
    vote: Vote::Caution,
    below: true,
    params: brake_params![
        Param::with_default(
            "hold",
            Kind::Integer(1, 500),
            "126",
            "Business days for which the steepening is a caution."
        ),
        Param::with_default("series", Kind::Text, "\"T10Y3M\"", "The spread in percentage points."),
    ],
    build: |fields: &mut Fields<'_>| {
        Some(Box::new(Curve { hold: usize::try_from(fields.integer("hold")?).ok()?, series: fields.text("series")? }))
    },
};

/// Days of the mean whose sign counts.
const MEAN: usize = 21;
/// Days below zero that make an inversion: about three months.
const INVERSION: usize = 63;

#[derive(Debug)]
struct Curve {
    hold: usize,
    series: String,
}

impl Brake for Curve {
    fn wants(&self) -> Vec<Want> {
        vec![Want::series(&self.series)]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        released(context, &self.series, |rows| {
            let days = tail(rows, MEAN + INVERSION + self.hold);
            let (as_of, value) = days.last().copied()?;
            let means: Vec<bool> =
                days.windows(MEAN).map(|part| part.iter().map(|(_, spread)| spread).sum::<f64>() < 0.0).collect();
            // How long the mean has been at or above zero, and how long it was below before.
            let since = means.iter().rev().take_while(|below| !**below).count();
            let inverted = means.iter().rev().skip(since).take_while(|below| **below).count();
            let steepening = since > 0 && since <= self.hold && inverted >= INVERSION;
            let level = if steepening { Level::Caution } else { Level::None };
            (!means.is_empty()).then_some(Measure { value, as_of, level, imputed: false })
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::Level;
    use crate::signals::testing::{brake, weekdays};

    #[test]
    fn only_the_way_out_of_a_long_inversion_is_a_caution() {
        let days = format!("date,SPY\n{}", weekdays(300, |_| "300".to_owned()));
        let levels = |below: usize| {
            let spread = weekdays(300, |n| if (40..40 + below).contains(&n) { "-1" } else { "1" }.to_owned());
            let found = brake(
                "kind = \"curve\"\nhold = 30",
                &[("f.csv", &days), ("t.csv", &format!("observation_date,T10Y3M\n{spread}"))],
            );
            found.iter().filter(|day| day.level == Level::Caution).count()
        };
        assert_eq!(levels(100), 30);
        assert_eq!(levels(50), 0, "too short to be an inversion");
    }
}
