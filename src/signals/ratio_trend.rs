//! `ratio-trend`: the trend of one fund against another.

use super::{Context, Signal, SignalKind, Track, signal_params, trend};
use crate::config::{Fields, Kind, Param};
use crate::market::cells;
use crate::market::wanted::Want;
use crate::model::Symbol;

/// What `broaden explain ratio-trend` prints.
pub const DOC: &str = "\
Trend of the logarithm of one fund's close over another's, dividends included. RSP over SPY asks whether the average
stock keeps up with the index; IWM over SPY whether small companies close the gap.

  x = ln(of / to)        z = (x_t - x_{t-N}) / (s * sqrt(N)), s the sample deviation of the N daily changes

On a random walk z is about standard normal, so 1 is a mild and 2 a strong trend. Such a ratio is partly a bet on
sectors and size, and nearly the mirror image of tech leading, so ratios together should not exceed half the weight.
`sustained = true` lets the score count only in a sustained improvement (see ad-line).

Keys: of, to, window, sustained, confirm; weight and ramp as for every signal.";

/// The registry's entry.
pub const KIND: SignalKind = SignalKind {
    kind: "ratio-trend",
    doc: DOC,
    unit: "z",
    params: signal_params![
        Param::required("of", Kind::Symbol, "The fund in the numerator."),
        Param::with_default("to", Kind::Symbol, "\"SPY\"", "The fund in the denominator."),
        Param::with_default("window", Kind::Integer(5, 500), "63", "Sessions over which the trend is measured."),
        super::SUSTAINED,
        super::CONFIRM,
    ],
    build,
};

#[derive(Debug)]
struct RatioTrend {
    of: Symbol,
    to: Symbol,
    window: usize,
    sustained: Option<usize>,
}

fn build(fields: &mut Fields<'_>) -> Option<Box<dyn Signal>> {
    let window = usize::try_from(fields.integer("window")?).ok()?;
    let (of, to) = (fields.symbol("of")?, fields.symbol("to")?);
    if of == to {
        fields.reject_together(
            &["of", "to"],
            format!("the ratio of {of} to itself never moves"),
            "compare two different funds",
        );
        return None;
    }
    Some(Box::new(RatioTrend { of, to, window, sustained: super::sustained(fields)? }))
}

impl Signal for RatioTrend {
    fn wants(&self) -> Vec<Want> {
        vec![Want::closes(&self.of), Want::closes(&self.to)]
    }

    fn track(&self, context: &Context<'_>) -> Track {
        let market = context.market;
        let (Some(of), Some(to)) = (market.returns(&self.of), market.returns(&self.to)) else {
            let missing: Vec<&str> =
                [&self.of, &self.to].into_iter().filter(|s| market.returns(s).is_none()).map(Symbol::as_str).collect();
            return Track::nothing(format!("no closes of {}", missing.join(" and ")));
        };
        let mut days = Vec::new();
        let mut logs = Vec::new();
        for (day, close) in of.dates.iter().zip(&of.values).filter(|(day, _)| **day <= context.until()) {
            if let Some(other) = to.at(*day) {
                days.push(*day);
                logs.push((cells::to_f64(*close) / cells::to_f64(other)).ln());
            }
        }
        let values = trend::z(&logs, self.window);
        let shapes = trend::shape(&logs, self.window);
        let mut track = Track::trend(context, &days, &values, &shapes, self.sustained);
        track.inputs = vec![format!("{} / {}", self.of, self.to)];
        if !(market.has_dividends(&self.of) && market.has_dividends(&self.to)) {
            track.add_note("without dividends, so it drifts with the difference of the yields");
        }
        track
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::testing::{problems, values};

    #[test]
    fn the_worked_ratio_is_reproduced() {
        let ratio = [1.0, 1.002, 1.001, 1.004, 1.006, 1.005, 1.009, 1.01, 1.012, 1.015];
        let days = [2, 3, 6, 7, 8, 9, 10, 13, 14, 15];
        let rows: String = ratio.iter().zip(days).map(|(r, d)| format!("2020-01-{d:02},{},100\n", r * 100.0)).collect();
        let file = format!("date,RSP,SPY\n{rows}");
        let found = values("kind = \"ratio-trend\"\nof = \"RSP\"\nwindow = 9", &[("f.csv", &file)]);
        assert!((found[9].unwrap() - 2.883_488).abs() < 1e-6);
        assert_eq!(found[8], None);
    }

    #[test]
    fn a_ratio_to_itself_is_refused() {
        assert_eq!(problems("kind = \"ratio-trend\"\nof = \"SPY\"\nramp = [0, 2]"), ["impossible-value"]);
    }
}
