//! `sahm`: unemployment above its low of the last year.

use super::{Brake, BrakeKind, BrakeTrack, Measure, Vote, above, brake_params, released};
use crate::config::{Fields, Kind, Param};
use crate::market::macros::{self, MacroRow};
use crate::market::wanted::{Thing, Want};
use crate::signals::Context;

/// What `broaden explain sahm` prints.
pub const DOC: &str = "\
The Sahm rule: the 3-month mean of the unemployment rate against the lowest such mean of the 12 months before.

  value = MA3(U) - min(MA3(U) of the previous 12 months)        in percentage points; needs 15 months

0.50 has marked the early months of recessions since 1950; July 2024 (0.53) was a false alarm. A month counts from the
first Friday of the next one, when it is released. The rate is revised each January, so SAHMREALTIME, which holds what
was known at the time, is used when it is in the files. October 2025 has no rate: it lies between its neighbours.

Keys: caution, stop, series, realtime.";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "sahm",
    doc: DOC,
    unit: "pp",
    vote: Vote::Stop,
    below: false,
    params: brake_params![
        Param::with_default("caution", Kind::Number(0.0, 10.0), "0.30", "Points at which the brake is at caution."),
        Param::with_default("stop", Kind::Number(0.0, 10.0), "0.50", "Points at which it is at stop."),
        Param::with_default("series", Kind::Text, "\"UNRATE\"", "The unemployment rate."),
        Param::with_default(
            "realtime",
            Kind::Text,
            "\"SAHMREALTIME\"",
            "The indicator as known at the time, used when it is in the files."
        ),
    ],
    build,
};

#[derive(Debug)]
struct Sahm {
    caution: f64,
    stop: f64,
    series: String,
    realtime: String,
}

fn build(fields: &mut Fields<'_>) -> Option<Box<dyn Brake>> {
    let (series, realtime) = (fields.text("series")?, fields.text("realtime")?);
    Some(Box::new(Sahm { caution: fields.number("caution")?, stop: fields.number("stop")?, series, realtime }))
}

impl Brake for Sahm {
    fn wants(&self) -> Vec<Want> {
        vec![Want { or: vec![Thing::Series(self.realtime.clone())], ..Want::series(&self.series) }]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        if context.market.macro_series(&self.realtime).is_some() {
            return released(context, &self.realtime, |rows| {
                let row = rows.iter().rev().find(|row| row.value.is_some())?;
                let value = row.value?;
                Some(Measure {
                    value,
                    as_of: row.reference,
                    level: above(value, self.caution, self.stop),
                    imputed: false,
                })
            });
        }
        released(context, &self.series, |rows| {
            let (value, as_of, imputed) = indicator(rows)?;
            Some(Measure { value, as_of, level: above(value, self.caution, self.stop), imputed })
        })
    }
}

/// Months that the indicator needs: twelve earlier means of three.
const NEEDED: usize = 15;

fn indicator(rows: &[MacroRow]) -> Option<(f64, chrono::NaiveDate, bool)> {
    let recent = rows.get(rows.len().saturating_sub(2 * NEEDED)..)?;
    let months = macros::months(recent, false);
    let window = months.get(months.len().checked_sub(NEEDED)?..)?;
    let means: Vec<f64> =
        window.windows(3).map(|three| three.iter().map(|month| month.value).sum::<f64>() / 3.0).collect();
    let (current, previous) = means.split_last()?;
    let low = previous.iter().copied().reduce(f64::min)?;
    Some((current - low, window.last()?.first, window.iter().any(|month| month.imputed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::Level;
    use crate::signals::testing::{brake, weekdays};

    const RATES: [f64; 15] = [3.7, 3.6, 3.5, 3.8, 3.8, 3.9, 3.7, 3.7, 3.7, 3.9, 3.8, 3.9, 4.0, 4.1, 4.3];

    fn rows(rates: &[Option<f64>]) -> Vec<MacroRow> {
        let month =
            |n: usize| chrono::NaiveDate::from_ymd_opt(2023 + (4 + n) as i32 / 12, (4 + n as u32) % 12 + 1, 1).unwrap();
        rates
            .iter()
            .enumerate()
            .map(|(n, rate)| MacroRow { reference: month(n), value: *rate, available: None })
            .collect()
    }

    #[test]
    fn the_false_alarm_of_july_2024_is_reproduced() {
        let all: Vec<Option<f64>> = RATES.iter().map(|rate| Some(*rate)).collect();
        let (value, as_of, imputed) = indicator(&rows(&all)).unwrap();
        assert!((value - 0.533_333).abs() < 1e-5 && as_of.to_string() == "2024-07-01" && !imputed);
        assert_eq!(indicator(&rows(&all[..14])), None, "fifteen months are needed");
    }

    #[test]
    fn a_month_counts_from_its_release_and_an_imputed_one_never_stops() {
        let spy: String = format!("date,SPY\n{}", weekdays(10, |_| "300".to_owned()))
            .replace("2020-01-01", "2024-08-01")
            .replace("2020-01-02", "2024-08-02");
        let spy: String = spy.lines().take(3).map(|line| format!("{line}\n")).collect();
        let months: Vec<String> =
            rows(&RATES.map(Some)).iter().map(|row| format!("{},{}\n", row.reference, row.value.unwrap())).collect();
        let found =
            brake("kind = \"sahm\"", &[("f.csv", &spy), ("u.csv", &format!("DATE,UNRATE\n{}", months.concat()))]);
        assert_eq!((found[0].value, found[0].level), (None, Level::None), "July is not out on August 1");
        assert_eq!(found[1].level, Level::Stop, "it is on August 2");
        let hole = months.iter().filter(|line| !line.starts_with("2024-04")).cloned().collect::<String>();
        let found = brake("kind = \"sahm\"", &[("f.csv", &spy), ("u.csv", &format!("DATE,UNRATE\n{hole}"))]);
        assert!(found[1].imputed && found[1].value.unwrap() > 0.5 && found[1].level == Level::Caution);
    }
}
