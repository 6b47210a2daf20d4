//! `inflation`: consumer prices speeding up.

use super::{Brake, BrakeKind, BrakeTrack, Level, Measure, Vote, brake_params, released};
use crate::config::{Fields, Kind, Param};
use crate::market::macros;
use crate::market::wanted::Want;
use crate::signals::Context;

/// What `broaden explain inflation` prints.
pub const DOC: &str = "\
Consumer prices of the last 3 months, annualised, against the last 12, in percentage points.

  yoy = CPI_t / CPI_{t-12} - 1        3m = (CPI_t / CPI_{t-3})^4 - 1        value = 3m - yoy

Caution when the gap is above 1 point and yoy above 3%; stop when above 2 points and 4%. A month counts from the 15th
of the next one. October 2025 was never collected: it is put in at a constant rate of growth and the reading is tagged.

Keys: caution, stop (the gap), caution-yoy, stop-yoy (percent), series. Its stop counts as a caution in the combination.";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "inflation",
    doc: DOC,
    unit: "pp",
    vote: Vote::Caution,
    below: false,
    params: brake_params![
        Param::with_default("caution", Kind::Number(-50.0, 50.0), "1", "Gap in points above which it is a caution."),
        Param::with_default("stop", Kind::Number(-50.0, 50.0), "2", "Gap in points above which it is a stop."),
        Param::with_default(
            "caution-yoy",
            Kind::Number(-50.0, 50.0),
            "3",
            "Yearly inflation in percent that a caution needs too."
        ),
        Param::with_default(
            "stop-yoy",
            Kind::Number(-50.0, 50.0),
            "4",
            "Yearly inflation in percent that a stop needs too."
        ),
        Param::with_default("series", Kind::Text, "\"CPIAUCSL\"", "The seasonally adjusted index."),
    ],
    build: |fields: &mut Fields<'_>| {
        Some(Box::new(Inflation {
            caution: (fields.number("caution")?, fields.number("caution-yoy")?),
            stop: (fields.number("stop")?, fields.number("stop-yoy")?),
            series: fields.text("series")?,
        }))
    },
};

#[derive(Debug)]
struct Inflation {
    caution: (f64, f64),
    stop: (f64, f64),
    series: String,
}

impl Brake for Inflation {
    fn wants(&self) -> Vec<Want> {
        vec![Want::series(&self.series)]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        released(context, &self.series, |rows| {
            let months = macros::months(rows.get(rows.len().saturating_sub(20)..)?, true);
            let window = months.get(months.len().checked_sub(13)?..)?;
            let (year, quarter, last) = (window.first()?, window.get(9)?, window.last()?);
            let yoy = 100.0 * (last.value / year.value - 1.0);
            let value = 100.0 * ((last.value / quarter.value).powi(4) - 1.0) - yoy;
            let beyond = |(gap, least): (f64, f64)| value > gap + super::EPSILON && yoy > least + super::EPSILON;
            let level = match () {
                () if beyond(self.stop) => Level::Stop,
                () if beyond(self.caution) => Level::Caution,
                () => Level::None,
            };
            let imputed = year.imputed || quarter.imputed || last.imputed;
            value.is_finite().then_some(Measure { value, as_of: last.first, level, imputed })
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::Level;
    use crate::signals::testing::{brake, weekdays};

    #[test]
    fn the_gap_and_the_year_decide_together() {
        let days = format!("date,SPY\n{}", weekdays(15, |_| "300".to_owned()));
        let last = |before: f64, quarter: f64| {
            // Flat for nine months, then a jump at the last quarter's start; the year's rise is spread before it.
            let rows: String = (0..13)
                .map(|n| {
                    let value = match n {
                        0 => 100.0,
                        1..=9 => before,
                        _ => quarter,
                    };
                    format!("{}-{:02}-01,{value}\n", 2018 + (10 + n) / 12, (10 + n) % 12 + 1)
                })
                .collect();
            *brake("kind = \"inflation\"", &[("f.csv", &days), ("c.csv", &format!("DATE,CPIAUCSL\n{rows}"))])
                .last()
                .unwrap()
        };
        let day = last(102.0, 104.0);
        // 3m: (104/102)^4 - 1 = 8.0765%; yoy 4%; the gap is 4.0765 points, but 4% is not above 4%.
        assert!((day.value.unwrap() - 4.0765).abs() < 1e-3, "{day:?}");
        assert_eq!(day.level, Level::Caution);
        assert_eq!(last(103.0, 105.0).level, Level::Stop);
        assert_eq!(last(101.0, 102.0).level, Level::None);
    }
}
