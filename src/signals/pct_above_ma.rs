//! `pct-above-ma`: the percent of stocks whose close is above its own moving average.

use super::breadth::{self, Origin, Question};
use super::{Context, Signal, SignalKind, Track, signal_params};
use crate::config::{Fields, Kind, Param};
use crate::market::Breadth;
use crate::market::wanted::{Thing, Want};

/// What `broaden explain pct-above-ma` prints.
pub const DOC: &str = "\
Percent of stocks whose close is strictly above the mean of its own last `window` closes (today's included). Only
stocks with all of those closes count; with a membership file, only members of the day. A rise led by a few names
leaves this low; a broad one lifts it. Above 50 is called healthy, above 70 a strong uptrend, below 30 washed out.

  percent = 100 * above / eligible        refused when eligible / members < min-coverage

The closes must not contain dividends: that alone adds 2 to 4 points. With `source = \"series\"` a ready-made series
such as $S5TH is used. With `auto` it is the panel, if it has 50 stocks and gives a value on the last sessions, else
the series; never a mixture, because their levels differ.

Keys: window, source, min-coverage; weight and ramp as for every signal.";

/// The registry's entry.
pub const KIND: SignalKind = SignalKind {
    kind: "pct-above-ma",
    doc: DOC,
    unit: "%",
    params: signal_params![
        Param::with_default("window", Kind::Integer(2, 500), "200", "Sessions of the moving average."),
        Param::with_default(
            "source",
            Kind::Choice(Origin::WORDS),
            "\"auto\"",
            "Count the panel, or use a ready-made series."
        ),
        Param::with_default(
            "min-coverage",
            Kind::Weight,
            "0.9",
            "Lowest part of the universe that must have enough closes."
        ),
    ],
    build,
};

#[derive(Debug)]
struct PctAboveMa {
    window: u16,
    origin: Origin,
    min_coverage: f64,
}

fn build(fields: &mut Fields<'_>) -> Option<Box<dyn Signal>> {
    let window = u16::try_from(fields.integer("window")?).ok()?;
    let origin = Origin::from_word(&fields.text("source")?);
    Some(Box::new(PctAboveMa { window, origin, min_coverage: fields.weight("min-coverage")?.0 }))
}

impl Signal for PctAboveMa {
    fn wants(&self) -> Vec<Want> {
        vec![Want { thing: Thing::Ready(Breadth::PercentAbove(self.window)), or: vec![Thing::Panel] }]
    }

    fn track(&self, context: &Context<'_>) -> Track {
        let market = context.market;
        let question = Question::Above(usize::from(self.window));
        let kinds = [Breadth::PercentAbove(self.window)];
        let choice = self.origin.choose(context, question, &kinds, self.min_coverage);
        if choice.panel {
            let counts = context.counter.count(question);
            let Some(counts) = counts else { return Track::nothing("no panel of closes") };
            let days: Vec<_> = counts.sessions.iter().copied().zip(&counts.tallies).collect();
            let enough = |tally: &breadth::Tally| tally.coverage().is_some_and(|part| part >= self.min_coverage);
            let values = days.iter().map(|(day, tally)| (*day, tally.percent().filter(|_| enough(tally))));
            let mut track = Track::of(context, values);
            track.coverage = context.align(days.iter().map(|(day, tally)| (*day, tally.coverage())));
            track.inputs = market.panel().map(|panel| panel.files.clone()).unwrap_or_default();
            track.note = choice.note;
            if let Some((_, last)) = days.last().filter(|(_, tally)| !enough(tally)) {
                let part = 100.0 * last.coverage().unwrap_or(0.0);
                track.note = Some(format!(
                    "only {} of {} stocks ({part:.0}%) have {} closes; {:.0}% are needed",
                    last.eligible,
                    last.universe,
                    self.window,
                    100.0 * self.min_coverage
                ));
            }
            return track;
        }
        let Some(series) = market.breadth(Breadth::PercentAbove(self.window)) else {
            let why = format!("no panel of closes and no ready-made percent above the {}-day average", self.window);
            return Track::nothing(match choice.note {
                Some(note) => format!("{why}; {note}"),
                None => why,
            });
        };
        let days = series.dates.iter().copied().zip(series.values.iter().map(|value| Some(*value)));
        Track { inputs: series.files.clone(), note: choice.note, ..Track::of(context, days) }
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::testing::values;

    const PANEL: &str = "date,AAA,BBB,CCC,DDD,EEE\n2020-01-02,10,20,5,,30\n2020-01-03,11,19,5,,30\n2020-01-06,12,18,5,7,30\n\
                         2020-01-07,13,17,5,8,30\n2020-01-08,14,16,5,9,31\n";

    #[test]
    fn thin_coverage_gives_no_value() {
        let config = |coverage: &str| {
            format!("kind = \"pct-above-ma\"\nsource = \"panel\"\nwindow = 5\nmin-coverage = {coverage}")
        };
        assert_eq!(values(&config("0.8"), &[("p.csv", PANEL)]).last(), Some(&Some(50.0)));
        assert_eq!(values(&config("0.9"), &[("p.csv", PANEL)]).last(), Some(&None));
    }

    #[test]
    fn a_ready_made_series_serves_when_there_is_no_panel() {
        let series = ("s.csv", "date,pct_above_ma200\n2020-01-07,55.5\n2020-01-08,56.5\n");
        assert_eq!(values("kind = \"pct-above-ma\"", &[series]), [Some(55.5), Some(56.5)]);
        let both = values("kind = \"pct-above-ma\"\nsource = \"series\"", &[series, ("p.csv", PANEL)]);
        assert_eq!(both.last(), Some(&Some(56.5)));
    }
}
