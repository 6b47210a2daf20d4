//! Lines over time: the geometry of the pictures; the markup is in `templates/backtest/`.

use chrono::{Datelike, NaiveDate};

use crate::units::Money;

/// Most points of a line: more are not seen.
const POINTS: usize = 400;
/// The field that lines are drawn in.
const FIELD: (f64, f64) = (1000.0, 100.0);

/// How a height is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Dollars, so that equal growth is equally steep.
    Growth,
    /// Shares of something.
    Percent,
}

/// Some lines over the same days.
#[derive(Debug, PartialEq)]
pub(super) struct Picture {
    /// What it shows.
    pub title: String,
    /// The name of each line, and its points.
    pub lines: Vec<(String, String)>,
    /// Heights with their names.
    pub levels: Vec<(String, String)>,
    /// Places of years with their names.
    pub years: Vec<(String, String)>,
}

/// Draws lines; `None` where there is nothing to see.
pub(super) fn draw(
    title: &str,
    scale: Scale,
    days: &[NaiveDate],
    lines: impl Iterator<Item = (String, Vec<f64>)>,
) -> Option<Picture> {
    let (first, last) = (*days.first()?, *days.last()?);
    let span = (last - first).num_days();
    let lines: Vec<(String, Vec<f64>)> = lines.collect();
    let height = |value: f64| if scale == Scale::Growth { value.max(f64::MIN_POSITIVE).ln() } else { value };
    let all = || lines.iter().flat_map(|(_, values)| values).copied().filter(|value| value.is_finite());
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if span < 1 || low > high || (scale == Scale::Growth && low <= 0.0) {
        return None;
    }
    let (bottom, top) = (height(low), height(high));
    let range = if top > bottom { top - bottom } else { 1.0 };
    let y = |value: f64| FIELD.1 * (top - height(value)) / range;
    let x = |day: NaiveDate| (day - first).num_days() as f64 / span as f64;
    let line = |(name, values): &(String, Vec<f64>)| {
        let points = seen(values).into_iter().filter_map(|index| {
            let (day, value) = (days.get(index)?, values.get(index)?);
            value.is_finite().then(|| format!("{:.1},{:.2}", FIELD.0 * x(*day), y(*value)))
        });
        (name.clone(), points.collect::<Vec<_>>().join(" "))
    };
    // Within a year the quarters are marked too, so that no picture is without days.
    let quarters = span <= 400;
    let step = (last.year() - first.year()) / 8 + 1;
    let years = (first.year() + 1..=last.year()).filter(|year| (year - first.year() - 1) % step == 0);
    let years = years.filter_map(|year| Some((x(NaiveDate::from_ymd_opt(year, 1, 1)?), year.to_string())));
    let months = (first.year()..=last.year()).flat_map(|year| [4, 7, 10].map(|month| (year, month)));
    let months = months.filter_map(|(year, month)| {
        let name = format!("{year}-{month:02}");
        Some((x(NaiveDate::from_ymd_opt(year, month, 1)?), name)).filter(|_| quarters)
    });
    let mut years: Vec<(f64, String)> = years.chain(months).collect();
    years.sort_by(|one, other| one.0.total_cmp(&other.0));
    // The text would be cut at the edges.
    let years = years.into_iter().filter(|(at, _)| (0.04..=0.96).contains(at));
    let years = years.map(|(at, year)| (format!("{:.2}%", 100.0 * at), year));
    Some(Picture {
        title: title.to_owned(),
        lines: lines.iter().map(line).collect(),
        levels: levels(scale, low, high).into_iter().map(|(value, name)| (format!("{:.2}", y(value)), name)).collect(),
        years: years.collect(),
    })
}

/// The places that are drawn of a long list: of each stretch the lowest and the highest, so that no fall is left out, and
/// both ends.
fn seen(values: &[f64]) -> Vec<usize> {
    let size = values.len().div_ceil(POINTS / 2).max(1);
    let mut places = vec![0];
    for (index, part) in values.chunks(size).enumerate() {
        let by = |one: &(usize, &f64), other: &(usize, &f64)| one.1.total_cmp(other.1);
        let (low, high) = (part.iter().enumerate().min_by(by), part.iter().enumerate().max_by(by));
        places.extend([low, high].into_iter().flatten().map(|(at, _)| index * size + at));
    }
    places.extend(values.len().checked_sub(1));
    places.sort_unstable();
    places.dedup();
    places
}

/// Round heights between the lowest and the highest, each with its name.
fn levels(scale: Scale, low: f64, high: f64) -> Vec<(f64, String)> {
    match scale {
        Scale::Percent => {
            let steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];
            let step = steps.into_iter().find(|step| (high - low) / step <= 5.0).unwrap_or(2.0);
            let (from, to) = ((low / step).ceil() as i64, (high / step).floor() as i64);
            let value = |count: i64| (count as f64 * step, format!("{:.0}%", 100.0 * count as f64 * step));
            (from..=to).take(8).map(value).collect()
        }
        Scale::Growth => {
            let decades = (0..15).flat_map(|power| [1.0, 2.0, 5.0].map(|one| one * 10_f64.powi(power)));
            let inside = decades.filter(|value| (low..=high).contains(value));
            let all: Vec<f64> = if inside.clone().count() < 2 { vec![low, high] } else { inside.collect() };
            all.into_iter().map(|value| (value, Money::from_f64(value).whole_dollars())).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 to 200 over a year, with a fall to 50 that lasts a day: it is at the bottom, and drawn.
    #[test]
    fn a_short_fall_is_not_left_out() {
        let days: Vec<NaiveDate> = NaiveDate::from_ymd_opt(2019, 7, 1).unwrap().iter_days().take(1_000).collect();
        let mut values: Vec<f64> = (0..1_000).map(|day| 100.0 + f64::from(day) / 9.99).collect();
        values[497] = 50.0;
        let found = draw("value", Scale::Growth, &days, [("a".to_owned(), values)].into_iter()).unwrap();
        let points: Vec<&str> = found.lines[0].1.split(' ').collect();
        assert!(points.len() <= POINTS + 2 && points.contains(&"497.5,100.00"), "{points:?}");
        assert_eq!((points[0], points[points.len() - 1]), ("0.0,50.00", "1000.0,0.00"));
        assert_eq!(found.levels.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["$50", "$100", "$200"]);
        assert_eq!(found.years.iter().map(|(_, year)| year.as_str()).collect::<Vec<_>>(), ["2020", "2021", "2022"]);
        let short = draw("value", Scale::Growth, &days[..200], [("a".to_owned(), vec![1.0; 200])].into_iter()).unwrap();
        assert_eq!(short.years.iter().map(|(_, year)| year.as_str()).collect::<Vec<_>>(), ["2019-10", "2020"]);
        assert_eq!(draw("value", Scale::Growth, &days[..1], std::iter::empty()), None);
    }

    #[test]
    fn percents_are_round() {
        let names = |low, high| levels(Scale::Percent, low, high).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names(-0.33, 0.0), ["-30%", "-20%", "-10%", "0%"]);
        assert_eq!(names(0.4, 0.43), ["40%", "41%", "42%", "43%"]);
    }
}
