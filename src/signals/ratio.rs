//! `ratio`: the level of one fund against another, for information and charts.

use super::{Context, Signal, SignalKind, Track, signal_params, trend};
use crate::config::{Kind, Param};
use crate::market::cells;
use crate::market::wanted::Want;
use crate::model::Symbol;

/// What `broaden explain ratio` prints.
pub const DOC: &str = "\
One fund's close over another's: the ratio itself, its mean over `window` sessions, or its change over them in percent.

  ratio = of / to        mean = mean of the last N ratios        change = 100 * (ratio_t / ratio_{t-N} - 1)

For information and charts: levels drift for years, so the score uses `ratio-trend`. `dividends = false` takes closes
as traded.

Keys: of, to, measure, window, dividends; weight (0 by default) and ramp as for every signal.";

/// The registry's entry.
pub const KIND: SignalKind = SignalKind {
    kind: "ratio",
    doc: DOC,
    unit: "",
    params: signal_params![
        Param::required("of", Kind::Symbol, "The fund in the numerator."),
        Param::with_default("to", Kind::Symbol, "\"SPY\"", "The fund in the denominator."),
        Param::with_default(
            "measure",
            Kind::Choice(&["ratio", "mean", "change"]),
            "\"ratio\"",
            "The ratio, its mean, or its change in percent."
        ),
        Param::with_default("window", Kind::Integer(1, 500), "63", "Sessions of the mean or change."),
        Param::with_default("dividends", Kind::Flag, "true", "Use closes with dividends where the files have them."),
    ],
    build: |fields| {
        let window = usize::try_from(fields.integer("window")?).ok()?;
        let (of, to, dividends) = (fields.symbol("of")?, fields.symbol("to")?, fields.flag("dividends")?);
        let measure = match fields.text("measure")?.as_str() {
            "mean" => Measure::Mean,
            "change" => Measure::Change,
            _ => Measure::Ratio,
        };
        Some(Box::new(Ratio { of, to, measure, window, dividends }))
    },
};

#[derive(Clone, Copy, Debug)]
enum Measure {
    Ratio,
    Mean,
    Change,
}

#[derive(Debug)]
struct Ratio {
    of: Symbol,
    to: Symbol,
    measure: Measure,
    window: usize,
    dividends: bool,
}

impl Signal for Ratio {
    fn wants(&self) -> Vec<Want> {
        vec![Want::closes(&self.of), Want::closes(&self.to)]
    }

    fn track(&self, context: &Context<'_>) -> Track {
        let market = context.market;
        let closes = |symbol| if self.dividends { market.returns(symbol) } else { market.closes(symbol) };
        let (Some(of), Some(to)) = (closes(&self.of), closes(&self.to)) else {
            return Track::nothing(format!("no closes of {} or {}", self.of, self.to));
        };
        let (mut days, mut ratios) = (Vec::new(), Vec::new());
        for (day, close) in of.dates.iter().zip(&of.values).filter(|(day, _)| **day <= context.until()) {
            if let Some(other) = to.at(*day) {
                days.push(*day);
                ratios.push(cells::to_f64(*close) / cells::to_f64(other));
            }
        }
        let values: Vec<Option<f64>> = match self.measure {
            Measure::Ratio => ratios.iter().copied().map(Some).collect(),
            Measure::Mean => trend::mean(&ratios, self.window),
            Measure::Change => {
                let before = |index: usize| index.checked_sub(self.window).and_then(|before| ratios.get(before));
                let change = |(index, ratio): (usize, &f64)| before(index).map(|before| 100.0 * (ratio / before - 1.0));
                ratios.iter().enumerate().map(change).collect()
            }
        };
        let track = Track::of(context, days.iter().copied().zip(values));
        Track { inputs: vec![format!("{} / {}", self.of, self.to)], ..track }
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::testing::values;

    #[test]
    fn level_mean_and_change_are_of_the_chosen_closes() {
        let plain = ("f.csv", "date,RSP,SPY\n2020-01-02,50,100\n2020-01-03,60,100\n");
        let adjusted = ("f-adj.csv", "date,RSP,SPY\n2020-01-02,40,100\n2020-01-03,60,100\n");
        let found = |more: &str| values(&format!("kind = \"ratio\"\nof = \"RSP\"\n{more}"), &[plain, adjusted]);
        assert_eq!(found(""), [Some(0.4), Some(0.6)]);
        assert_eq!(found("dividends = false"), [Some(0.5), Some(0.6)]);
        assert_eq!(found("measure = \"mean\"\nwindow = 2"), [None, Some(0.5)]);
        let change = found("measure = \"change\"\nwindow = 1\ndividends = false")[1].unwrap();
        assert!((change - 20.0).abs() < 1e-9);
    }
}
