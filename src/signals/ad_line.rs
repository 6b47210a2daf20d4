//! `ad-line`: the trend of the advance-decline line.

use super::breadth::{self, Origin};
use super::{Context, Signal, SignalKind, Track, signal_params, trend};
use crate::config::{Fields, Kind, Param};
use crate::market::Breadth;
use crate::market::wanted::Want;

/// What `broaden explain ad-line` prints.
pub const DOC: &str = "\
Trend of the advance-decline line, the running sum of advancing minus declining stocks. Its level is arbitrary, so
only its change over `window` sessions is read, in units of what chance would give:

  z = (ADL_t - ADL_{t-N}) / (s * sqrt(N))        s = sample deviation of the N daily changes

On a random walk z is about standard normal: above 2 is rare. `sustained = true` lets the score count only while z is
at least 1, the line was above its 50-day mean on 70% of the last 20 days, and its 20-day mean is above its 50-day
mean, `confirm` days in a row; it stops counting after as many days without.

Keys: window, source, min-coverage, sustained, confirm; weight and ramp as for every signal.";

/// The registry's entry.
pub const KIND: SignalKind = SignalKind {
    kind: "ad-line",
    doc: DOC,
    unit: "z",
    params: signal_params![
        Param::with_default("window", Kind::Integer(5, 500), "63", "Sessions over which the trend is measured."),
        Param::with_default(
            "source",
            Kind::Choice(Origin::WORDS),
            "\"auto\"",
            "Count the panel, or use ready-made advances and declines."
        ),
        Param::with_default(
            "min-coverage",
            Kind::Weight,
            "0.8",
            "Lowest part of the universe that must be comparable with the day before."
        ),
        super::SUSTAINED,
        super::CONFIRM,
    ],
    build,
};

#[derive(Debug)]
struct AdLine {
    window: usize,
    origin: Origin,
    min_coverage: f64,
    sustained: Option<usize>,
}

fn build(fields: &mut Fields<'_>) -> Option<Box<dyn Signal>> {
    let window = usize::try_from(fields.integer("window")?).ok()?;
    let origin = Origin::from_word(&fields.text("source")?);
    let min_coverage = fields.weight("min-coverage")?.0;
    Some(Box::new(AdLine { window, origin, min_coverage, sustained: super::sustained(fields)? }))
}

impl AdLine {
    /// The trend of a line that a file has, or of the sum of its net advances.
    fn ready_made(&self, context: &Context<'_>) -> Option<Track> {
        if self.origin == Origin::Panel {
            return None;
        }
        let (line, net) = (context.market.breadth(Breadth::Line), context.market.breadth(Breadth::Net));
        let series = line.or(net)?;
        let known = series.dates.partition_point(|day| *day <= context.until());
        let days = series.dates.get(..known)?;
        let mut values = series.values.get(..known)?.to_vec();
        if line.is_none() {
            let mut sum = 0.0;
            for value in &mut values {
                sum += *value;
                *value = sum;
            }
        }
        let (z, shapes) = (trend::z(&values, self.window), trend::shape(&values, self.window));
        let mut track = Track::trend(context, days, &z, &shapes, self.sustained);
        track.inputs.clone_from(&series.files);
        Some(track)
    }
}

impl Signal for AdLine {
    fn wants(&self) -> Vec<Want> {
        Want::advances()
    }

    fn track(&self, context: &Context<'_>) -> Track {
        let Some(days) = breadth::advance_decline(context, self.origin, self.min_coverage) else {
            return self.ready_made(context).unwrap_or_else(|| {
                Track::nothing("no panel of closes and no ready-made advances and declines or their line")
            });
        };
        // The line is 0 on the day before its first change.
        let line: Vec<f64> = std::iter::once(0.0)
            .chain(days.counts.iter().scan(0.0, |sum, (up, down)| {
                *sum += up - down;
                Some(*sum)
            }))
            .collect();
        let enough = days.coverage.iter().map(|part| part.is_none_or(|part| part >= self.min_coverage));
        let z = trend::z(&line, self.window).into_iter().skip(1);
        let values: Vec<Option<f64>> = z.zip(enough).map(|(z, enough)| z.filter(|_| enough)).collect();
        let shapes: Vec<_> = trend::shape(&line, self.window).into_iter().skip(1).collect();
        let mut track = Track::trend(context, &days.sessions, &values, &shapes, self.sustained);
        track.coverage = context.align(days.sessions.iter().copied().zip(days.coverage.iter().copied()));
        track.inputs = days.inputs;
        if let Some(note) = &days.note {
            track.add_note(note);
        }
        track
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::testing::values;

    #[test]
    fn the_trend_of_the_line_is_that_of_its_net_advances() {
        let counts = [
            (300, 190),
            (280, 210),
            (150, 340),
            (320, 170),
            (250, 240),
            (410, 80),
            (120, 370),
            (260, 230),
            (330, 165),
            (305, 185),
        ];
        let rows: String = counts
            .iter()
            .enumerate()
            .map(|(n, (up, down))| format!("2020-01-{:02},{up},{down}\n", [2, 3, 6, 7, 8, 9, 10, 13, 14, 15][n]))
            .collect();
        let file = format!("date,advancing,declining\n{rows}");
        let found = values("kind = \"ad-line\"\nwindow = 5", &[("ad.csv", &file)]);
        // The last five net advances: 330, -250, 30, 165, 120. Their sum is 395, mean 79, sample deviation 213.728800.
        assert!((found[9].unwrap() - 395.0 / (213.728_800 * 5.0_f64.sqrt())).abs() < 1e-6, "{:?}", found[9]);
        assert_eq!(found[3], None);
        assert!(found[4].is_some(), "five changes are there on the fifth day");
        // A ready-made line, and net advances to be summed, say the same from the day on which the line has six points.
        let days = rows.lines().map(|row| &row[..10]);
        let nets = counts.iter().map(|(up, down)| up - down);
        let net: String = days.clone().zip(nets.clone()).map(|(day, net)| format!("{day},{net}\n")).collect();
        let sums = nets.scan(7000, |sum, net| {
            *sum += net;
            Some(*sum)
        });
        let line: String = days.zip(sums).map(|(day, sum)| format!("{day},{sum}\n")).collect();
        for (name, rows) in [("net advances", net), ("ad_line", line)] {
            let same = values("kind = \"ad-line\"\nwindow = 5", &[("s.csv", &format!("date,{name}\n{rows}"))]);
            assert!((same[9].unwrap() - found[9].unwrap()).abs() < 1e-9, "{name} {same:?}");
        }
    }
}
