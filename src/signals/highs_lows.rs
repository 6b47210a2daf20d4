//! `new-highs-lows`: how many stocks make new highs and lows, for information.

use super::{Context, Signal, SignalKind, Track, breadth, signal_params};
use crate::config::{Kind, Param};
use crate::market::wanted::{Thing, Want};

/// What `broaden explain new-highs-lows` prints.
pub const DOC: &str = "\
New highs minus new lows, in percent of the stocks that have `window` closes. A new high is a close above all of the
window's closes before it. With `measure = \"index\"` the high-low index: the 10-day mean of highs / (highs + lows).

  net = 100 * (highs - lows) / eligible        index = 100 * mean of 10 days of highs / (highs + lows)

Keys: window, measure, source; weight (0 by default) and ramp as for every signal.";

/// The registry's entry.
pub const KIND: SignalKind = SignalKind {
    kind: "new-highs-lows",
    doc: DOC,
    unit: "%",
    params: signal_params![
        Param::with_default("window", Kind::Integer(2, 600), "252", "Closes over which a high or low is new."),
        Param::with_default(
            "measure",
            Kind::Choice(&["net", "index"]),
            "\"net\"",
            "Net new highs, or the high-low index."
        ),
        Param::with_default(
            "source",
            Kind::Choice(&["auto", "panel"]),
            "\"auto\"",
            "`panel` counts a list of fewer than 50 stocks too."
        ),
    ],
    build: |fields| {
        let window = usize::try_from(fields.integer("window")?).ok()?;
        let few = fields.text("source")? == "panel";
        Some(Box::new(HighsLows { window, index: fields.text("measure")? == "index", few }))
    },
};

/// Days over which the index is averaged.
const INDEX_DAYS: usize = 10;

#[derive(Debug)]
struct HighsLows {
    window: usize,
    index: bool,
    /// A panel that is no universe will do.
    few: bool,
}

impl Signal for HighsLows {
    fn wants(&self) -> Vec<Want> {
        vec![Thing::Panel.into()]
    }

    fn track(&self, context: &Context<'_>) -> Track {
        let counts = context.counter.count(breadth::Question::Extremes(self.window));
        let universe = context.market.panel().is_some_and(|panel| self.few || panel.is_universe());
        let Some(counts) = counts.filter(|_| universe) else { return Track::nothing("no panel of closes") };
        let mut ratios: Vec<Option<f64>> = Vec::new();
        let mut values = Vec::new();
        for (day, tally) in counts.sessions.iter().zip(&counts.tallies) {
            let (highs, lows) = (f64::from(tally.yes), f64::from(tally.no));
            let net = (tally.eligible > 0).then(|| 100.0 * (highs - lows) / f64::from(tally.eligible));
            ratios.push((highs + lows > 0.0).then(|| 100.0 * highs / (highs + lows)));
            let recent = ratios.get(ratios.len().saturating_sub(INDEX_DAYS)..).unwrap_or_default();
            let known: Vec<f64> = recent.iter().copied().flatten().collect();
            let index = (ratios.len() >= INDEX_DAYS && !known.is_empty() && net.is_some())
                .then(|| known.iter().sum::<f64>() / known.len() as f64);
            values.push((*day, if self.index { index } else { net }));
        }
        let inputs = context.market.panel().map(|panel| panel.files.clone()).unwrap_or_default();
        Track { inputs, ..Track::of(context, values.into_iter()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::testing::values;

    #[test]
    fn highs_and_lows_are_netted_over_the_eligible() {
        let panel = "date,AAA,BBB,CCC,DDD\n2020-01-02,11,19,15,\n2020-01-03,12,18,15,11\n2020-01-06,13,17,15,12\n2020-01-07,14,18,16,13\n";
        let found = values("kind = \"new-highs-lows\"\nsource = \"panel\"\nwindow = 3", &[("p.csv", panel)]);
        // On the last day A, C and D are above their two closes before, B is between.
        assert_eq!(found, [None, None, Some(0.0), Some(75.0)]);
    }
}
