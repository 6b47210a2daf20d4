//! `hy-oas`: the yield spread of junk bonds.

use super::{Brake, BrakeKind, BrakeTrack, Level, Measure, Vote, brake_params, released, tail};
use crate::config::{Fields, Kind, Param};
use crate::market::wanted::Want;
use crate::signals::Context;

/// What `broaden explain hy-oas` prints.
pub const DOC: &str = "\
The option-adjusted spread of high-yield bonds (ICE BofA, BAMLH0A0HYM2), in percent: what lenders ask for default risk.

  caution: above 4.5, or up by 1.0 in 63 days        stop: above 6.0, or up by 2.0

3 to 5 is called normal, 5 to 7 a warning, above 10 a crisis. Since April 2026 FRED gives only the last three years;
earlier history needs your own file. A day is known on the next business day.

Keys: caution, stop, caution-rise, stop-rise, series.";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "hy-oas",
    doc: DOC,
    unit: "%",
    vote: Vote::Stop,
    below: false,
    params: brake_params![
        Param::with_default("caution", Kind::Number(0.0, 50.0), "4.5", "Percent above which it is a caution."),
        Param::with_default("stop", Kind::Number(0.0, 50.0), "6.0", "Percent above which it is a stop."),
        Param::with_default("caution-rise", Kind::Number(0.0, 50.0), "1.0", "Rise over 63 days that is a caution."),
        Param::with_default("stop-rise", Kind::Number(0.0, 50.0), "2.0", "Rise over 63 days that is a stop."),
        Param::with_default("series", Kind::Text, "\"BAMLH0A0HYM2\"", "The spread in percent."),
    ],
    build: |fields: &mut Fields<'_>| {
        Some(Box::new(HyOas {
            caution: (fields.number("caution")?, fields.number("caution-rise")?),
            stop: (fields.number("stop")?, fields.number("stop-rise")?),
            series: fields.text("series")?,
        }))
    },
};

/// Days over which a rise is measured.
const DAYS: usize = 63;

#[derive(Debug)]
struct HyOas {
    caution: (f64, f64),
    stop: (f64, f64),
    series: String,
}

impl Brake for HyOas {
    fn wants(&self) -> Vec<Want> {
        vec![Want::series(&self.series)]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        released(context, &self.series, |rows| {
            let days = tail(rows, DAYS + 1);
            let (as_of, value) = days.last().copied()?;
            let rise = days.first().filter(|_| days.len() > DAYS).map_or(0.0, |(_, before)| value - before);
            let beyond = |(level, most): (f64, f64)| value > level || rise >= most - super::EPSILON;
            let level = match () {
                () if beyond(self.stop) => Level::Stop,
                () if beyond(self.caution) => Level::Caution,
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
    fn a_level_or_a_rise_is_enough() {
        let days = format!("date,SPY\n{}", weekdays(81, |_| "300".to_owned()));
        let level = |from: f64, to: f64| {
            let rows = weekdays(80, |n| format!("{}", if n > 70 { to } else { from }));
            brake("kind = \"hy-oas\"", &[("f.csv", &days), ("h.csv", &format!("DATE,BAMLH0A0HYM2\n{rows}"))])
                .last()
                .unwrap()
                .level
        };
        assert_eq!(level(3.0, 3.5), Level::None);
        assert_eq!(level(3.0, 4.0), Level::Caution);
        assert_eq!(level(4.6, 4.6), Level::Caution);
        assert_eq!(level(3.0, 5.0), Level::Stop);
        assert_eq!(level(6.1, 6.1), Level::Stop);
    }
}
