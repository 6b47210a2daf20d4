//! `spy-trend`: the index itself below its long average.

use super::{Brake, BrakeDay, BrakeKind, BrakeTrack, Level, Vote, brake_params};
use crate::config::{Fields, Kind, Param};
use crate::market::cells;
use crate::market::wanted::Want;
use crate::model::Symbol;
use crate::signals::{Context, trend};
use chrono::{Datelike, NaiveDate};

/// What `broaden explain spy-trend` prints.
pub const DOC: &str = "\
The close of the index fund, dividends included, against its long moving average: the fast brake, from prices alone.

  average = \"200-day\": value = 100 * (close / SMA200 - 1). Caution when it is below `caution` (-3) for `confirm` days;
  stop when besides the average itself is lower than 20 days before.
  average = \"10-month\" (Faber): the same with month-end closes and their mean of 10; checked at month-ends only.

Its stop together with the caution of any other brake is a stop of the whole.

Keys: caution, average, confirm, of.";

/// The registry's entry.
pub const KIND: BrakeKind = BrakeKind {
    kind: "spy-trend",
    doc: DOC,
    unit: "%",
    vote: Vote::Lead,
    below: true,
    params: brake_params![
        Param::with_default("of", Kind::Symbol, "\"SPY\"", "The fund."),
        Param::with_default(
            "average",
            Kind::Choice(&["200-day", "10-month"]),
            "\"200-day\"",
            "Daily closes and their 200-day mean, or month-ends and their 10-month mean."
        ),
        Param::with_default(
            "caution",
            Kind::Number(-50.0, 50.0),
            "-3",
            "Percent from the average below which it is a caution, and a stop when the average falls."
        ),
        Param::with_default(
            "confirm",
            Kind::Integer(1, 60),
            "3",
            "Sessions in a row that it must be below (200-day only)."
        ),
    ],
    build: |fields: &mut Fields<'_>| {
        let confirm = usize::try_from(fields.integer("confirm")?).ok()?;
        let (of, caution) = (fields.symbol("of")?, fields.number("caution")?);
        Some(Box::new(SpyTrend { of, caution, confirm, monthly: fields.text("average")? == "10-month" }))
    },
};

/// Sessions of the daily average.
const WINDOW: usize = 200;
/// Sessions over which the average must fall for a stop.
const SLOPE: usize = 20;
/// Month-ends of Faber's average.
const MONTHS: usize = 10;

#[derive(Debug)]
struct SpyTrend {
    of: Symbol,
    caution: f64,
    confirm: usize,
    monthly: bool,
}

impl Brake for SpyTrend {
    fn wants(&self) -> Vec<Want> {
        vec![Want::closes(&self.of)]
    }

    fn track(&self, context: &Context<'_>) -> BrakeTrack {
        let Some(closes) = context.market.returns(&self.of) else {
            let days = vec![BrakeDay::default(); context.sessions.len()];
            return BrakeTrack { days, missing: Some(format!("no closes of {}", self.of)), ..BrakeTrack::default() };
        };
        let count = closes.dates.partition_point(|day| *day <= context.until());
        let dates = closes.dates.get(..count).unwrap_or_default();
        let prices: Vec<f64> = closes.values.iter().take(count).map(|close| cells::to_f64(*close)).collect();
        let found = if self.monthly { self.monthly(dates, &prices) } else { self.daily(dates, &prices) };
        let mut held = BrakeDay::default();
        let aligned = context.align(dates.iter().copied().zip(found.into_iter().map(Some)));
        let days = aligned
            .into_iter()
            .map(|day| {
                held = day.unwrap_or(held);
                held
            })
            .collect();
        BrakeTrack { days, inputs: vec![self.of.to_string()], missing: None }
    }
}

impl SpyTrend {
    fn daily(&self, dates: &[NaiveDate], prices: &[f64]) -> Vec<BrakeDay> {
        let means = trend::mean(prices, WINDOW);
        let (mut row, mut days) = (0, Vec::with_capacity(dates.len()));
        for (index, (date, price)) in dates.iter().zip(prices).enumerate() {
            let mean = means.get(index).copied().flatten();
            let value = mean.map(|mean| 100.0 * (price / mean - 1.0));
            row = if value.is_some_and(|value| value < self.caution) { row + 1 } else { 0 };
            let before = index.checked_sub(SLOPE).and_then(|before| means.get(before).copied().flatten());
            let falling = mean.zip(before).is_some_and(|(mean, before)| mean < before);
            let level = match () {
                () if row >= self.confirm && falling => Level::Stop,
                () if row >= self.confirm => Level::Caution,
                () => Level::None,
            };
            days.push(BrakeDay { value, as_of: value.map(|_| *date), level, ..BrakeDay::default() });
        }
        days
    }

    /// A month is over when a close of the next one is there: nothing is assumed about the calendar.
    fn monthly(&self, dates: &[NaiveDate], prices: &[f64]) -> Vec<BrakeDay> {
        let (mut ends, mut last): (Vec<f64>, Option<(NaiveDate, f64)>) = (Vec::new(), None);
        let (mut state, mut days) = (BrakeDay::default(), Vec::with_capacity(dates.len()));
        for (date, price) in dates.iter().zip(prices) {
            if let Some((day, close)) = last.filter(|(day, _)| day.month() != date.month()) {
                ends.push(close);
                let means = trend::mean(&ends, MONTHS);
                let mean = means.last().copied().flatten();
                let before = means.len().checked_sub(2).and_then(|before| means.get(before).copied().flatten());
                let value = mean.map(|mean| 100.0 * (close / mean - 1.0));
                let level = match value.filter(|value| *value < self.caution) {
                    Some(_) if mean.zip(before).is_some_and(|(mean, before)| mean < before) => Level::Stop,
                    Some(_) => Level::Caution,
                    None => Level::None,
                };
                state = BrakeDay { value, as_of: value.map(|_| day), level, ..BrakeDay::default() };
            }
            last = Some((*date, *price));
            days.push(state);
        }
        days
    }
}

#[cfg(test)]
mod tests {
    use crate::signals::Level;
    use crate::signals::testing::{brake, weekdays};

    /// Flat at 100, then at 90 from a day on.
    fn fall(from: usize, count: usize) -> String {
        format!("date,SPY\n{}", weekdays(count, |n| if n >= from { "90" } else { "100" }.to_owned()))
    }

    #[test]
    fn a_fall_is_a_caution_after_three_days_and_a_stop_when_the_average_falls() {
        let days = brake("kind = \"spy-trend\"", &[("f.csv", &fall(250, 260))]);
        assert_eq!(days[198].value, None);
        assert_eq!(days[199].value, Some(0.0));
        assert_eq!((days[250].level, days[251].level), (Level::None, Level::None));
        // The average of 20 days before was 100, and is lower now.
        assert_eq!(days[252].level, Level::Stop);
        let short = brake("kind = \"spy-trend\"", &[("f.csv", &fall(205, 210))]);
        assert_eq!(short[207].level, Level::Caution, "no average 20 days before");
    }

    #[test]
    fn month_ends_count_when_the_month_is_over() {
        let days = brake("kind = \"spy-trend\"\naverage = \"10-month\"", &[("f.csv", &fall(215, 240))]);
        let first = days.iter().position(|day| day.level != Level::None).unwrap();
        // 2020-10-28 is weekday 215; November begins with weekday 218.
        assert_eq!((first, days[first].as_of.unwrap().to_string()), (218, "2020-10-30".to_owned()));
    }
}
