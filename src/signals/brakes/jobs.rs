//! `jobs`: how many jobs the economy adds.

use super::{Brake, BrakeKind, BrakeTrack, Level, Measure, Vote, brake_params, released};
use crate::config::{Fields, Kind, Param};
use crate::market::macros;
use crate::market::wanted::Want;
use crate::signals::Context;

/// What `broaden explain jobs` prints.
pub const DOC: &str = "\
Mean monthly change of nonfarm payrolls over 3 months, in thousands.

  value = (P_t - P_{t-3}) / 3        caution below 50, stop below 0

A month counts from the first Friday of the next one. Payrolls are revised twice and then to a benchmark, so a file of
final figures shows what nobody knew: the change of January 2025 was first +111, later -48. Save the series again from
time to time with the date in the file's name, and each day uses the file of its time.

Keys: caution, stop, series. Its stop counts as a caution in the combination.";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "jobs",
    doc: DOC,
    unit: "k",
    vote: Vote::Caution,
    below: true,
    params: brake_params![
        Param::with_default(
            "caution",
            Kind::Number(-10000.0, 10000.0),
            "50",
            "Thousands of jobs a month below which it is a caution."
        ),
        Param::with_default(
            "stop",
            Kind::Number(-10000.0, 10000.0),
            "0",
            "Thousands of jobs a month below which it is a stop."
        ),
        Param::with_default("series", Kind::Text, "\"PAYEMS\"", "Payrolls in thousands."),
    ],
    build: |fields: &mut Fields<'_>| {
        Some(Box::new(Jobs {
            caution: fields.number("caution")?,
            stop: fields.number("stop")?,
            series: fields.text("series")?,
        }))
    },
};

#[derive(Debug)]
struct Jobs {
    caution: f64,
    stop: f64,
    series: String,
}

impl Brake for Jobs {
    fn wants(&self) -> Vec<Want> {
        vec![Want::series(&self.series)]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        released(context, &self.series, |rows| {
            let months = macros::months(rows.get(rows.len().saturating_sub(12)..)?, false);
            let window = months.get(months.len().checked_sub(4)?..)?;
            let (first, last) = (window.first()?, window.last()?);
            let value = (last.value - first.value) / 3.0;
            let level = match () {
                () if value < self.stop => Level::Stop,
                () if value < self.caution => Level::Caution,
                () => Level::None,
            };
            // Only the ends of the window enter the mean.
            Some(Measure { value, as_of: last.first, level, imputed: first.imputed || last.imputed })
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::Level;
    use crate::signals::testing::{brake, weekdays};

    #[test]
    fn the_mean_change_of_three_months_decides() {
        let days = format!("date,SPY\n{}", weekdays(10, |_| "300".to_owned()));
        let level = |last: i32| {
            let file = format!(
                "observation_date,PAYEMS\n2019-08-01,150000\n2019-09-01,150100\n2019-10-01,150200\n2019-11-01,{last}\n"
            );
            let day = brake("kind = \"jobs\"", &[("f.csv", &days), ("p.csv", &file)])[0];
            (day.value.unwrap().round(), day.level)
        };
        assert_eq!(level(150_300), (100.0, Level::None));
        assert_eq!(level(150_147), (49.0, Level::Caution));
        assert_eq!(level(149_970), (-10.0, Level::Stop));
    }
}
